"""`x ** n` for numbers n that need no logarithm: values and two derivatives beside PyTorch, at each type's edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import pellucid

EDGES = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, math.inf, -math.inf, math.nan, 3e38, -3e38, 1e-45, 1e-20, -1e-20]
VALUES = {
    "float32": EDGES, "float64": EDGES, "float16": EDGES, "bfloat16": EDGES,
    "complex64": [complex(a, b) for a in EDGES[:6] for b in EDGES[:6]],
    "int64": [0, 1, -1, 2, -3, 100, 2**31 - 1, 2**62], "int8": [0, 1, -1, 2, -3, 100], "uint8": [0, 1, 2, 100, 255],
}
EXPONENTS = (0, 1, 2, 3, -1, -2, 0.5, -0.5, 0.0, 1.0, 2.0, 3.0, -1.0, True)
TOLERANCE = {"float16": 2e-3, "bfloat16": 1e-2, "float64": 1e-15, "complex64": 1e-5}


def outcome(framework, dtype: str, exponent, inplace: bool):
    """[(type, values)] of the result and two derivatives, or the exception's type."""
    x = framework.tensor(VALUES[dtype], dtype=getattr(framework, dtype))
    try:
        if "int" in dtype or inplace:
            found = [x.clone().pow_(exponent) if inplace else x ** exponent]
        else:
            result = x.requires_grad_() ** exponent
            first, = framework.autograd.grad(result.sum(), x, create_graph=True)
            found = [result, first]
            if first.requires_grad:
                found += framework.autograd.grad(first.sum(), x)
    except (RuntimeError, TypeError) as error:
        return type(error)
    return [(str(t.dtype).split(".")[1], np.asarray(t.detach().tolist())) for t in found]


@pytest.mark.parametrize("inplace", [False, True], ids=["new", "inplace"])
@pytest.mark.parametrize("exponent", EXPONENTS)
@pytest.mark.parametrize("dtype", VALUES)
def test_powers(dtype, exponent, inplace):
    ours, theirs = (outcome(framework, dtype, exponent, inplace) for framework in (pellucid, torch))
    if not isinstance(theirs, list):
        assert ours is theirs
        return
    assert [d for d, _ in ours] == [d for d, _ in theirs]
    for (_, a), (_, b) in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, TOLERANCE.get(dtype, 1e-6), 0)
        if a.dtype.kind == "f":
            known = ~np.isnan(b)
            assert (np.signbit(a) == np.signbit(b))[known].all(), "signs of zeros"
