"""Every operator after `set_default_dtype`, having been called before it: the plans that it made must not keep the old
default.
"""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as torch
from pellucid.core.planning import forget_plans
from tests.ops.calls import MADE, SMALL, mapped, operator, sample, tensors_of


def whole(x):
    """Integers in place of floats: their results have the default type, where they are not integers."""
    return (x * 3).to(torch.int64) if x.is_floating_point() else x


def outcome(name, args, kwargs):
    torch.manual_seed(0)
    try:
        found = operator(name)(*args, **kwargs)
    except Exception as error:
        return type(error)
    contents = name not in ("empty", "empty_like", "empty_strided", "empty_permuted", "new_empty", "new_empty_strided")
    return [(t.dtype, t.resolve_conj().numpy() if contents and t.dtype.numpy_name else None)
            for t in tensors_of(found)] or [found]


def agree(found, expected):
    if isinstance(expected, type) or isinstance(found, type):
        assert found == expected
        return
    assert [pair[0] for pair in found if isinstance(pair, tuple)] == [pair[0] for pair in expected
                                                                      if isinstance(pair, tuple)]
    for a, b in zip(found, expected, strict=True):
        if isinstance(a, tuple) and a[1] is not None:
            np.testing.assert_array_equal(a[1], b[1])


def check(name, args, kwargs):
    """Under float32, float64, float32, without and with plans from before."""
    expected = {}
    try:
        for dtype in (torch.float32, torch.float64):
            torch.set_default_dtype(dtype)
            forget_plans()
            expected[dtype] = outcome(name, args, kwargs)
        for dtype in (torch.float32, torch.float64):
            torch.set_default_dtype(dtype)
            agree(outcome(name, args, kwargs), expected[dtype])
            agree(outcome(name, args, kwargs), expected[dtype])
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("name, k, large", SMALL)
def test_operators_of_integers(name, k, large):
    args, kwargs = sample(name, k)
    check(name, mapped(args, whole), mapped(kwargs, whole))


@pytest.mark.parametrize("name, k", MADE)
def test_what_is_created(name, k):
    check(name, *sample(name, k, dtype=torch.float32, large=None))
