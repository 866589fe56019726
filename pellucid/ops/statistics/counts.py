"""How often: of integers, and of intervals."""

from __future__ import annotations

import builtins
import math

from ... import dtypes
from ...check import check
from ...core.devices import has_data
from ..families.composites import composite
from ..reduce.extremes import aminmax


@composite
def bincount(input, weights=None, minlength=0):
    """How often each of 0, 1, 2 ... occurs in a vector of counts, or the sum of `weights` where it does."""
    check(input.meta.ndim == 1 and input.meta.dtype.kind in "ui",
          "bincount only supports 1-d non-negative integral inputs.")
    check(minlength >= 0, "minlength should be >= 0")
    check(weights is None or weights.meta.shape == input.meta.shape,
          "weights should be 1-d and have the same length as input")
    index = input.to(dtypes.int64)
    low, high = (int(x.item()) for x in aminmax(index)) if index.meta.numel else (0, -1)
    check(low >= 0, "bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        weights = index.new_ones(index.meta.shape)
    elif weights.meta.dtype is not dtypes.float32:
        weights = weights.to(dtypes.float64)
    return weights.detach().new_zeros((builtins.max(high + 1, minlength),)).scatter_add(0, index, weights.detach())


@composite(out=True, exact="result")
def histc(input, bins=100, min=0, max=0):
    """How many elements fall into each of `bins` equal parts of min .. max (both 0: of the elements' range)."""
    check(input.meta.dtype.is_floating_point, '"histogram_cpu" not implemented for \'{}\'', input.meta.dtype,
          error=NotImplementedError)
    check(bins > 0, "bins must be > 0")
    input = input.detach().reshape(-1)
    if not has_data(input.meta.device):
        return input.new_empty((bins,))
    low, high = min, max
    if low == high and input.meta.numel:
        low, high = (x.item() for x in aminmax(input))
    if low == high:
        low, high = low - 1, high + 1
    check(math.isfinite(low) and math.isfinite(high), "range of [{}, {}] is not finite", low, high)
    check(low < high, "max must be larger than min")
    inside = input[(input >= low) & (input <= high)]
    place = ((inside - low) / (high - low) * bins).to(dtypes.int64).clamp(max=bins - 1)
    return input.new_zeros((bins,)).scatter_add(0, place, inside.new_ones(inside.meta.shape))
