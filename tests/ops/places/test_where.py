"""Numbers that meet tensors in `where`."""

from __future__ import annotations

import math

import pytest

import pellucid as torch

MASK = torch.tensor([True, False])


@pytest.mark.parametrize("dtype, number, right", [
    ("float16", -1e9, -math.inf), ("bfloat16", 1e39, math.inf), ("float32", math.inf, math.inf), ("uint8", -1, 255),
])
def test_numbers_beyond_a_type(dtype, number, right):
    """Masks of attention scores are filled so: to PyTorch the number is of float32, and rounded to the type."""
    x = torch.ones(2, dtype=getattr(torch, dtype))
    assert torch.where(MASK, x, number).tolist() == [1, right] and torch.where(MASK, number, x).tolist() == [right, 1]
    assert x.where(MASK, number).dtype is x.dtype


@pytest.mark.parametrize("dtype, number", [("float32", 1e300), ("int8", 300)])
def test_numbers_that_no_element_can_be(dtype, number):
    with pytest.raises(RuntimeError, match="overflow"):
        torch.where(MASK, torch.ones(2, dtype=getattr(torch, dtype)), number)
