"""Tensors that another thread changes while an operator works on them: see races.py. And the same made to happen, where
it would end badly: between the look at the operands and the kernel's start.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import pellucid as torch
from pellucid.core import is_compiled, planning
from pellucid.ops.families.declare import plan_of
from pellucid.ops.families.maps import pointwise
from pellucid.ops.families.planned import structured
from pellucid.ops.places.kernels import _pick, _place_
from tests.test_fuzz import verdict

ROOT = Path(__file__).resolve().parent.parent
SHARES = 4


@pytest.mark.skipif(not is_compiled(), reason="uncompiled, threads take turns in the middle of the core too")
def test_no_race_is_fatal():
    """As many processes at a time as there are CPUs."""
    def run(share: int) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-m", "tests.races", "--share", f"{share}/{SHARES}"], cwd=ROOT,
                              capture_output=True, text=True, timeout=900, env={**os.environ, "PYTHONPATH": str(ROOT)})

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        shares = list(pool.map(run, range(1, SHARES + 1)))
    assert not (bad := [verdict(done) for done in shares if done.returncode]), "\n".join(bad)


def test_an_operand_that_changes_while_a_plan_is_made():
    """What Python code may ask of other threads is done here by that code itself."""
    x, meanwhile = torch.ones(1000), []

    def common_type(given, common):
        for change in meanwhile:
            change()
        return common

    @pointwise(public=False, into_dtype=common_type)
    def probe(input):
        return input * 2

    for change in (lambda: x.set_(torch.ones(2)), lambda: setattr(x, "data", torch.ones(2)), lambda: x.resize_(2000),
                   lambda: setattr(x, "data", torch.ones(1000, dtype=torch.float64))):
        x.data = torch.ones(1000)
        meanwhile[:] = [change]
        planning.forget_plans()
        with pytest.raises(RuntimeError, match=r"probe\(\): another thread has changed a tensor"):
            probe(x)
    meanwhile.clear()
    x.data = torch.ones(3)
    assert probe(x).tolist() == [2, 2, 2]


@pytest.mark.parametrize("change", [list.clear, list.pop, lambda them: them.append(them[0]),
                                    lambda them: them[0].set_(torch.ones(1))])
def test_a_list_that_changes_while_a_plan_is_made(change):
    @structured(lists="tensors", public=False)
    def probe(tensors):
        change(given)
        return plan_of((tensors[0],), lambda target: [])

    given = [torch.ones(1000), torch.ones(1000)]
    with pytest.raises(RuntimeError, match=r"probe\(\): another thread has changed a tensor"):
        probe(given)


def test_places_that_do_not_fit():
    """The operators that call these have looked; at tensors that may have been changed since."""
    x, index = torch.zeros(2, 3), torch.zeros(4, 3, dtype=torch.int64)
    for indices, dims in (([index], (1,)), ([index[0]], (0,)), ([index[:2]], (2,)), ([index[:2]], (-1,))):
        with pytest.raises(RuntimeError):
            _pick(x, indices, dims, True, False)
        with pytest.raises(RuntimeError):
            _place_(x, indices, 1.0, dims, True, None)
    with pytest.raises(RuntimeError):
        _pick(x, [index], (2,), False, False)
    for value in (torch.ones(1, 3), torch.ones(2)):
        with pytest.raises(RuntimeError):
            _place_(x, [index[:2]], value, (0,), True, None)
