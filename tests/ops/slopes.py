"""First and second derivatives of a function, for tests that state them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import pellucid

inf, nan = math.inf, math.nan


def slopes(function: Callable, operands: Sequence[Any], dtype: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """The derivatives of the sum of results: by the fused kernels, by rules on tensors; and those of the sum of these.
    """
    inputs = [pellucid.tensor(x, dtype=dtype, requires_grad=True) for x in operands]
    fused = pellucid.autograd.grad(function(*inputs).sum(), inputs, allow_unused=True)
    first = pellucid.autograd.grad(function(*inputs).sum(), inputs, create_graph=True, allow_unused=True)
    parts = [x for x in first if x is not None and x.requires_grad]
    second = [None] * len(inputs)
    if parts:
        second = pellucid.autograd.grad(parts, inputs, [pellucid.ones_like(x) for x in parts], allow_unused=True)
    return [[(pellucid.zeros_like(x) if d is None else d).detach().numpy() for x, d in zip(inputs, found)]
            for found in (fused, first, second)]


def same(found: Sequence[Any], expected: Sequence[Any]) -> None:
    """NaN and infinities where they are expected, numbers to rounding in float32."""
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_allclose(x, y, rtol=2e-6, atol=2e-7)
