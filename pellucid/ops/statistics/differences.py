"""Differences of neighbours, and areas under curves."""

from __future__ import annotations

import builtins
from typing import Any

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ..arrange.join import cat
from ..families.composites import composite


@composite(out=True, exact="result")
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """Differences of neighbours along `dim`, `n` times over; `prepend` and `append` are put before and behind first."""
    check(input.meta.ndim > 0, "diff expects input to be at least one-dimensional")
    check(type(n) is int, "diff(): argument 'n' must be int, not {}", type(n).__name__, error=TypeError)
    check(n >= 0, "order must be non-negative but got {}", n)
    dim = metas.wrap_dim(dim, input.meta.ndim)
    if n == 0:
        return input.clone()
    ends = [x for x in (prepend, input, append) if x is not None]
    for x in ends:
        check(x.meta.ndim == input.meta.ndim, "diff expects prepend or append to be the same dimension as input")
    if len(ends) > 1:
        input = cat(ends, dim)
    for _ in range(builtins.min(n, input.meta.shape[dim])):
        size = input.meta.shape[dim] - 1
        later, sooner = input.narrow(dim, 1, size), input.narrow(dim, 0, size)
        input = later.logical_xor(sooner) if input.meta.dtype is dtypes.bool else later - sooner
    return input


def _steps_between(x: Any, y: Any, dim: int) -> Any:
    """The distances between the points `x` along `dim` of `y`."""
    points = x.reshape([-1 if d == dim % y.meta.ndim else 1
                        for d in range(y.meta.ndim)]) if x.meta.ndim == 1 and y.meta.ndim > 1 else x
    return diff(points, dim=dim if points.meta.ndim > 1 else 0)


def _strips(y: Any, x: Any, dim: int) -> Any:
    """The areas between neighbours along `dim`, twice; with no `x` they are 1 wide."""
    size = y.meta.shape[dim] - 1
    if size < 0:
        return y.narrow(dim, 0, 0)
    both = y.narrow(dim, 0, size) + y.narrow(dim, 1, size)
    return both if x is None else both * _steps_between(x, y, dim)


@composite
def trapezoid(y, x=None, *, dx=1.0, dim=-1):
    """The area under `y` along `dim` by trapezoids, at points `x` or `dx` apart."""
    for name, points in (("y", y), ("x", x)):
        check(points is None or points.meta.dtype is not dtypes.bool,
              "trapezoid: received a bool input for `{}`, but bool is not supported", name)
    if not y.meta.shape[dim]:
        return y.detach().sum(dim, dtype=y.meta.dtype)
    if x is None:                                          # all but half of the ends: integers of 8 bits do not wrap
        return (y.sum(dim) - (y.select(dim, 0) + y.select(dim, -1)) * 0.5) * dx
    return _strips(y, x, dim).sum(dim) / 2.0


@composite
def cumulative_trapezoid(y, x=None, *, dx=1.0, dim=-1):
    """The area under `y` so far along `dim`."""
    areas = _strips(y, x, dim).cumsum(dim)
    return areas * (dx / 2.0) if x is None else areas / 2.0
