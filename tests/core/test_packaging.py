"""How the core is built, installed and found: without a compiler, without Cython, beside stale binaries."""

import importlib.machinery
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import pellucid.core
from pellucid.version import __version__

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("storage", "geometry", "tensor", "autograd", "op")
SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]


@pytest.fixture
def checkout(tmp_path):
    """A copy of the sources, without anything built."""
    place = tmp_path / "checkout"
    shutil.copytree(ROOT / "pellucid", place / "pellucid", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, place)
        else:
            (place / name).touch()
    return place


def python(place, *arguments, **environment):
    clean = {name: value
             for name, value in os.environ.items() if name not in ("PELLUCID_UNCOMPILED", "PYTHONPATH", "CC")}
    return subprocess.run([sys.executable, *arguments], cwd=place, env=clean | environment, capture_output=True,
                          text=True, timeout=600)


def no_compiler(tmp_path):
    (tmp_path / "empty").mkdir(exist_ok=True)
    return {"PATH": str(tmp_path / "empty"), "CC": "no-such-compiler"}


def test_without_a_compiler(checkout, tmp_path):
    built = python(checkout, "setup.py", "bdist_wheel", "--dist-dir", "wheels", **no_compiler(tmp_path))
    assert built.returncode == 0, built.stderr
    assert "no C compiler was found" in built.stderr and "uncompiled" in built.stderr
    wheel, = (checkout / "wheels").glob("*.whl")
    assert wheel.name.startswith(f"pellucid-{__version__}-")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.endswith((".so", ".c"))]
    for module in MODULES:
        assert f"pellucid/core/{module}.py" in names and f"pellucid/core/{module}.pxd" in names
    assert {"pellucid/__init__.pyi", "pellucid/tensor.pyi", "pellucid/ops/__init__.pyi",
            "pellucid/nn/functional/__init__.pyi"} <= {*names}
    assert "pellucid/py.typed" in names and "pellucid/core/system.pxd" in names
    assert not [name for name in names if name.startswith("tests")]

    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    found = python(installed, "-W", "always", "-c",
                   "import pellucid.core as c; print(c.is_compiled(), c.memory.allocate(8).nbytes)")
    assert found.stdout == "False 8\n", found.stderr
    assert found.stderr.startswith("<string>:1: RuntimeWarning: pellucid's core runs uncompiled")
    quiet = python(installed, "-W", "error", "-c", "import pellucid.core", PELLUCID_UNCOMPILED="1")
    assert quiet.returncode == 0, quiet.stderr


def test_an_error_of_the_compiler_is_an_error(checkout):
    if shutil.which("gcc") is None:
        pytest.skip("no compiler")
    failing = checkout / "failing-compiler"
    failing.write_text("#!/bin/sh\necho 'internal compiler error' >&2\nexit 1\n")
    failing.chmod(0o755)
    built = python(checkout, "setup.py", "build_ext", "--inplace", CC=str(failing), PELLUCID_BUILD_MODULES="storage")
    assert built.returncode != 0 and "internal compiler error" in built.stderr + built.stdout


@pytest.mark.parametrize("empty", ["", " "])
def test_a_compiler_that_is_set_but_empty_is_not_set(checkout, empty):
    built = python(checkout, "setup.py", "build_ext", "--inplace", CC=empty, LDSHARED=empty, CFLAGS="-O0",
                   PELLUCID_BUILD_MODULES="modes")
    assert built.returncode == 0, built.stderr
    assert len([*(checkout / "pellucid" / "core").glob(f"modes{SUFFIX}")]) == bool(shutil.which("cc"))


def test_compiled_modules_need_no_cython_and_no_openmp(checkout):
    """What was built here is what the tests run on; where nothing was, there is nothing to look at."""
    compiled = [path for module in MODULES if (path := ROOT / "pellucid" / "core" / (module + SUFFIX)).exists()]
    if not compiled:
        pytest.skip("nothing is compiled")
    for path in compiled:
        assert b"libgomp" not in path.read_bytes()
        assert path.stat().st_size < 3 << 20             # stripped


def test_uncompiled_needs_no_cython(checkout):
    program = ("import sys; sys.modules['Cython'] = None\n"
               "import pellucid.core as c\n"
               "assert 'cython' not in sys.modules and not c.is_compiled()\n"
               "assert all(m.__file__.endswith('.py') for n, m in sys.modules.items() if n.startswith('pellucid'))\n"
               "import pellucid.core.meta\n"
               "print('fine')")
    found = python(checkout, "-c", program, PELLUCID_UNCOMPILED="1")
    assert found.stdout == "fine\n", found.stderr


def test_the_switch():
    program = ("import pellucid.core as c, pellucid.core.geometry as m; print(c.is_compiled(), "
               "m.__file__.endswith('.py'))")
    assert python(ROOT, "-c", program, PELLUCID_UNCOMPILED="1").stdout == "False True\n"
    if pellucid.core.is_compiled():
        assert python(ROOT, "-c", program).stdout == "True False\n"
        assert python(ROOT, "-c", program, PELLUCID_UNCOMPILED="0").stdout == "True False\n"


@pytest.mark.parametrize("edited", ["storage.py", "storage.pxd", "system.pxd"])
def test_a_stale_binary_raises(checkout, edited):
    core = checkout / "pellucid" / "core"
    newest = max(path.stat().st_mtime for path in core.iterdir())
    (core / ("storage" + SUFFIX)).write_bytes(b"old machine code")
    os.utime(core / ("storage" + SUFFIX), (newest + 5, newest + 5))
    os.utime(core / edited, (newest + 10, newest + 10))
    found = python(checkout, "-c", "import pellucid.core")
    assert ("ImportError" in found.stderr and edited in found.stderr
            and "python setup.py build_ext --inplace" in found.stderr)
    assert python(checkout, "-c", "import pellucid.core", PELLUCID_UNCOMPILED="1").returncode == 0


def test_another_modules_pxd_counts_and_installs_are_not_checked(checkout):
    core = checkout / "pellucid" / "core"
    newest = max(path.stat().st_mtime for path in core.iterdir())
    for module in MODULES:
        (core / (module + SUFFIX)).write_bytes(b"machine code")
        os.utime(core / (module + SUFFIX), (newest + 5, newest + 5))
    os.utime(core / "geometry.pxd", (newest + 10, newest + 10))
    os.utime(core / ("geometry" + SUFFIX), (newest + 20, newest + 20))
    assert "geometry.pxd is newer than" in python(checkout, "-c", "import pellucid.core").stderr
    (checkout / "setup.py").unlink()
    assert "is newer than" not in python(checkout, "-c", "import pellucid.core").stderr
