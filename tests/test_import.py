"""`import pellucid`: what it brings in, what it must not, and that it is quick."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import types
from functools import cache
from pathlib import Path

import pytest

import pellucid

ROOT = Path(__file__).resolve().parent.parent

# other frameworks; what is needed by the first kernel, by one function, by a dataset or a plot; and what starts
# processes or threads
NOT_IMPORTED = {"torch", "llvmlite", "scipy", "matplotlib", "sklearn", "mpmath", "Cython", "tqdm", "pandas", "PIL",
                "IPython", "pytest", "setuptools",
                "multiprocessing", "asyncio", "concurrent", "subprocess", "tempfile", "unittest", "email", "http",
                "xml", "sqlite3", "logging"}


def run(program: str, *options: str, **environment: str) -> str:
    done = subprocess.run([sys.executable, *options, "-c", program], cwd=ROOT, capture_output=True, text=True,
                          timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT), **environment})
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "an import is silent"
    return done.stdout


@cache
def imported(*statements: str) -> frozenset[str]:
    """The packages and modules of the first level that statements import."""
    found = json.loads(run("\n".join([*statements, "import json, sys",
                                      "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"])))
    return frozenset(found)


def test_nothing_heavy_or_foreign_is_imported():
    # NumPy is the one package needed always; what it imports itself is not our doing
    assert sorted((imported("import pellucid") - imported("import numpy")) & NOT_IMPORTED) == []
    assert "torch" not in imported("import pellucid") and "llvmlite" not in imported("import pellucid")


def test_making_and_viewing_tensors_needs_no_compiler():
    assert "llvmlite" not in imported("import pellucid", "x = pellucid.tensor([[1.0, 2.0], [3.0, 4.0]])",
                                      "x.t()[0].tolist(), repr(x), x.numpy()",
                                      "pellucid.nn.Linear(2, 3, device='meta')(pellucid.empty(5, 2, device='meta'))")


def test_it_works_without_docstrings_and_assertions():
    assert run("import pellucid; print(pellucid.nn.Conv2d(1, 1, 1)(pellucid.ones(1, 1, 1, 1)).shape)",
               "-OO") == "torch.Size([1, 1, 1, 1])\n"


def test_nothing_is_written_or_started_by_an_import(tmp_path):
    program = ("import threading, pellucid; print(threading.active_count(), "
               "len(__import__('os').listdir('/proc/self/task')))")
    assert run(program, PELLUCID_CACHE=str(tmp_path / "kernels")).split()[0] == "1"
    assert list(tmp_path.iterdir()) == []


def test_an_import_is_quick():
    """With its bytecode there, the package takes less time than NumPy does, or not much more; compiling bytecode is not
    counted.
    """
    program = ("import time, numpy.random, ctypes, inspect; begin = time.process_time(); import pellucid; "
               "print(time.process_time() - begin)")
    times = [float(run(program, PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=str(ROOT / ".cache" / "bytecode")))
             for _ in range(4)]
    assert min(times[1:]) < 0.25


def test_names_of_the_package():
    expected = """Tensor Size Generator dtype device finfo iinfo nn optim autograd linalg special utils random cuda
        no_grad enable_grad set_grad_enabled inference_mode tensor as_tensor from_numpy zeros ones empty full arange
        linspace rand randn randint randperm manual_seed initial_seed set_num_threads get_num_threads set_default_dtype
        get_default_dtype promote_types can_cast result_type float32 float64 float16 bfloat16 float8_e4m3fn float8_e5m2
        int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool complex64 complex128 half float double long int short add
        mul matmul mm bmm sum mean softmax cat stack where einsum strided contiguous_format channels_last
        preserve_format inf nan pi e newaxis is_tensor is_grad_enabled __version__""".split()
    assert [name for name in expected if not hasattr(pellucid, name)] == []


@pytest.mark.parametrize("name",
                         ["nn", "nn.functional", "nn.init", "optim", "optim.lr_scheduler", "autograd", "utils",
                          "utils.data", "linalg", "special",
                                  "random", "cuda", "backends", "backends.cudnn", "version"])
def test_packages_are_there_without_an_import_of_their_own(name):
    found = pellucid
    for part in name.split("."):
        found = getattr(found, part)
    assert (isinstance(found, types.ModuleType) and found.__name__ == f"pellucid.{name}"
            and (found.__doc__ or "").strip())


def test_public_names_come_from_the_package():
    """No module that the package happens to import shows as a part of it."""
    shown = {name: value for name, value in vars(pellucid).items() if not name.startswith("_")}
    foreign = [name for name, value in shown.items() if isinstance(value, types.ModuleType)
               and not value.__name__.startswith("pellucid")]
    assert foreign == []


@pytest.mark.parametrize("module, name, said", [
    (pellucid, "nosuchname", ""), (pellucid.nn.functional, "nosuchname", ""),
    (pellucid.nn, "nosuchname", "'torch.nn.nosuchname', it is not in this version"),
    (pellucid.nn, "Liner", "Did you mean: 'Linear'"),
    (pellucid.optim, "AdmaW", "'AdamW'"), (pellucid.linalg, "nosuchname", "'torch.linalg.nosuchname'"),
    (pellucid.cuda, "nosuchname", "torch.cuda"),
])
def test_an_absent_name_is_explained(module, name, said):
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute '{name}'.*{said}"):
        getattr(module, name)
    assert not hasattr(module, name)


@pytest.mark.parametrize("module", [pellucid, pellucid.nn.functional], ids=lambda module: module.__name__)
def test_functions_are_looked_up_fast(module):
    """CPython has a fast way to load from a module, for modules of just that class without a `__getattr__`."""
    assert type(module) is types.ModuleType and "__getattr__" not in vars(module)
