"""`_version` of every result: 0 for memory that nobody has written before, and the base's own for a view; one more for
each write.
"""

from __future__ import annotations

import re

import pytest

import pellucid as torch
from pellucid.ops import REGISTRY
from tests.ops.calls import LAYOUT_MATTERS, MADE, SMALL, Findings, fits, laid_out, mapped, operator, sample, tensors_of


def check_fresh(results, args):
    given = {t.untyped_storage().data_ptr() for t in tensors_of(args) if t.numel()}
    for k, t in enumerate(tensors_of(results)):
        if t._version != 0 and t.untyped_storage().data_ptr() not in given:
            raise ValueError(f"result {k} starts at version {t._version}")


@pytest.mark.parametrize("name, k, large", [c for c in SMALL if c.values[0] not in LAYOUT_MATTERS])
def test_results(name, k, large):
    findings = Findings()
    for grad in (False, True):
        args, kwargs = sample(name, k, grad=grad, dtype=torch.float32)
        with findings("with a gradient" if grad else "without"):
            check_fresh(operator(name)(*args, **kwargs), (args, kwargs))
        if any(fits("transposed", t) for t in tensors_of(args)):
            turned = mapped(args, lambda t: laid_out("transposed", t).requires_grad_(t.requires_grad))
            with findings("transposed"):
                check_fresh(operator(name)(*turned, **kwargs), (turned, kwargs))
    findings.settle()


@pytest.mark.parametrize("name, k", MADE)
def test_what_is_created(name, k):
    args, kwargs = sample(name, k, dtype=torch.float32, large=None)
    findings = Findings()
    with findings(""):
        check_fresh(operator(name)(*args, **kwargs), (args, kwargs))
    findings.settle()


@pytest.mark.parametrize("name, k, large", [c for c in SMALL if c.values[0] + "_" in REGISTRY])
def test_in_place(name, k, large):
    """One write, one count; none where the result does not fit."""
    args, kwargs = sample(name, k)
    try:
        REGISTRY[name + "_"](*args, **kwargs)
    except RuntimeError as error:
        assert re.search("doesn't match the broadcast shape|can't be cast", str(error))
        assert args[0]._version == 0
        return
    assert args[0]._version == 1


def test_what_stays_the_same_is_not_counted_as_a_change():
    x = torch.ones(2, 3).t()
    assert x.resize_(3, 2)._version == 0 and x.stride() == (1, 3) and x.resize_as_(x)._version == 0
    assert torch.arange(3, out=torch.empty(0))._version == 1 and x.resize_(2, 2)._version == 1
