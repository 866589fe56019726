"""Malformed shapes, strides, dtypes, numbers and indices at every operator: an answer or an ordinary exception each
time, never a crash (see fuzz.py).

In processes of their own, which a crash ends in place of the tests: the last line on their error stream is the call
that did it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import pellucid as torch
from pellucid.core import is_compiled
from pellucid.ops import REGISTRY
from tests import fuzz

ROOT = Path(__file__).resolve().parent.parent
SHARES = 4


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "tests.fuzz", *arguments], cwd=ROOT, capture_output=True, text=True,
                          timeout=900, env={**os.environ, "OMP_NUM_THREADS": "2", **environment})


def verdict(done: subprocess.CompletedProcess) -> str:
    """What to say of a run that did not end well: its findings, and where it crashed the end of its error stream."""
    end = "" if done.returncode in (0, 1) else f"\nended with status {done.returncode}, at:\n{done.stderr[-3000:]}"
    return done.stdout[-6000:] + end


def test_no_call_is_fatal():
    """As many processes at a time as there are CPUs."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        shares = pool.map(lambda share: run("--seed", "0", "--attempts", "8", "--share", f"{share}/{SHARES}"),
                          range(1, SHARES + 1))
    assert not (bad := [verdict(done) for done in shares if done.returncode]), "\n".join(bad)


@pytest.mark.skipif(not is_compiled(), reason="the core under test is uncompiled already")
def test_no_call_is_fatal_to_the_uncompiled_core():
    done = run("--seed", "1", "--attempts", "3", PELLUCID_UNCOMPILED="1")
    assert done.returncode == 0, verdict(done)


# operators that look things up or write where data says, and those whose shapes are arithmetic on numbers: more of them
DANGEROUS = """[] []= as_strided as_strided_ as_strided_scatter gather scatter scatter_add index_select index_add
    index_copy index_fill index_put put take take_along_dim embedding masked_scatter masked_select nll_loss
    cross_entropy bincount repeat_interleave conv1d conv2d conv3d conv_transpose1d conv_transpose2d convolution
    max_pool2d max_pool max_pool_gradient average_pool average_pool_gradient adaptive_max_pool2d avg_pool2d unfold
    cumsum narrow split split_with_sizes diagonal constant_pad_nd roll pixel_shuffle histc randint random_ randperm
    frombuffer set_ resize_ view unflatten einsum tril triu eye arange linspace""".split()


def test_what_could_reach_outside_does_not():
    assert set(DANGEROUS) <= set(fuzz.subjects())
    done = run("--seed", "2", "--attempts", "40", "--only", *DANGEROUS)
    assert done.returncode == 0, verdict(done)


def test_every_operator_is_called():
    """Every one starts from a call that is right; else what is wrong would end it at the door."""
    without = [name for name in fuzz.subjects() if name in REGISTRY and not fuzz.right_calls(name)]
    assert not without
    for name, caller in fuzz.INSIDE.items():
        assert (not any(hasattr(place, name) for place in (torch, torch.Tensor, torch.nn.functional))
                and caller in REGISTRY)


def test_what_was_found():
    """Calls that ended wrongly once."""
    with pytest.raises(RuntimeError, match="alpha cannot be 0 for CELU"):
        torch.celu(torch.ones(3), -0.0)
    x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: ((1 + 2j) ** x).abs(), x)


# ---- the harness itself: each kind of fault is seen ------------------------------------------------------------------


def found(function, *args, in_place: bool = False) -> list[str]:
    return list(fuzz.attempt("faulty", function, list(args), {}, fuzz.Maker(random.Random(0)), in_place, False))


def test_faults_are_seen():
    x, counter = torch.ones(3), iter(range(9))
    assert found(torch.exp, x) == []
    assert "an argument was changed" in found(lambda t: t.add_(1), x.clone())
    assert found(lambda t: t.add_(1), x.clone(), in_place=True) == []
    assert "the second call ends otherwise" in found(lambda t: t * next(counter), x)[0]

    def fail(error):
        raise error

    assert (found(fail, ValueError("this is wrong")) == []
            and found(fail, AttributeError("'int' object has no " "attribute 'ndim'")) == [])
    assert found(fail, ValueError()) == ["ValueError without a word"] * 2
    assert (found(fail, KeyError("x"))[0].startswith("KeyError")
            and found(fail, UnboundLocalError("y"))[0].startswith("UnboundLocalError"))
    assert found(fail, AssertionError())[0].startswith("AssertionError")


@pytest.mark.parametrize("at_end, step", [(True, 12), (False, -1)])
def test_a_touch_outside_is_fatal_or_seen(at_end, step):
    """One byte beyond the guarded side ends the process; on the other side a write is seen."""
    program = (f"from tests.fuzz import Ground; g = Ground(12, {at_end}); import ctypes; "
               f"ctypes.string_at(g.array().ctypes.data + {step}, 1)")
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True)
    assert done.returncode < 0
    ground = fuzz.Ground(12, at_end)
    assert ground.is_whole()
    ground.bytes[ground.start - 1 if at_end else ground.start + 12] = 0
    assert not ground.is_whole()
