"""The largest and the smallest, and where they are."""

from __future__ import annotations

import math
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...codegen.schedules.reductions import Reduction
from ...dtypes import dtype
from ..families.composites import composite
from ..families.declare import return_type
from ..families.maps import pointwise
from ..families.reductions import normal_dims, reduction
from ..families.types import BOOL, accumulator
from ..maps.selection import maximum, minimum, where
from .sums import restore


def _lowest(d: dtype) -> Any:
    return -math.inf if d.is_floating_point else False if d is dtypes.bool else dtypes.iinfo(d).min


def _highest(d: dtype) -> Any:
    return math.inf if d.is_floating_point else True if d is dtypes.bool else dtypes.iinfo(d).max


def _amax(d: dtype) -> Reduction:
    return Reduction(((accumulator(d), _lowest(d)),), lambda s, x: (m.maximum(s[0], x),),
                     lambda a, b: (m.maximum(a[0], b[0]),), lambda s, n: s[0])


def _amin(d: dtype) -> Reduction:
    return Reduction(((accumulator(d), _highest(d)),), lambda s, x: (m.minimum(s[0], x),),
                     lambda a, b: (m.minimum(a[0], b[0]),), lambda s, n: s[0])


@reduction(_amax, supports="buif", empty=False, cost=0.05, exact=True)
def amax(input, dim=(), keepdim=False):
    """The largest element over `dim`; NaN wins. Elements that tie share the gradient."""


@reduction(_amin, supports="buif", empty=False, cost=0.05, exact=True)
def amin(input, dim=(), keepdim=False):
    """The smallest element over `dim`; NaN wins. Elements that tie share the gradient."""


@pointwise(promotes=BOOL, supports="f", public=False)
def alike(input, result):
    return (input == result) | (m.isnan(input) & m.isnan(result))


def _extreme_gradient(grad, input, result, dim, keepdim, input_meta):
    hit = alike(input, restore(result, dim, keepdim, input_meta))
    return where(hit, restore(grad / hit.sum(dim, keepdim), dim, keepdim, input_meta), 0)


amax.derivative(_extreme_gradient)
amin.derivative(_extreme_gradient)

_FAR = 2**62


def _with_index(d: dtype, above: bool, results: slice) -> Reduction:
    """The extreme element and the position of the first such: the state is (value, position)."""
    first = _lowest(d) if above else _highest(d)

    def wins(v, i, x, j):
        """Whether (x, j) goes before (v, i): NaN first, then the greater, then the earlier."""
        further = x > v if above else x < v
        return further | ((x != x) & (v == v)) | (((x == v) | ((x != x) & (v != v))) & (j < i))

    def combine(a, b):
        win = wins(*a, *b)
        return m.where(win, b[0], a[0]), m.where(win, b[1], a[1])

    def finish(s, n):
        found = s[results]
        return found if len(found) > 1 else found[0]

    return Reduction(((accumulator(d), first), (dtypes.int64, _FAR)), lambda s, j, x: combine(s, (x, j)), combine,
                     finish, indexed=True)


def _argmax(d: dtype) -> Reduction:
    return _with_index(d, True, slice(1, 2))


def _argmin(d: dtype) -> Reduction:
    return _with_index(d, False, slice(1, 2))


def _max_both(d: dtype) -> Reduction:
    return _with_index(d, True, slice(0, 2))


def _min_both(d: dtype) -> Reduction:
    return _with_index(d, False, slice(0, 2))


def _int64(common: dtype, given: dtype) -> tuple[dtype, ...]:
    return (dtypes.int64,)


def _value_index(common: dtype, given: dtype) -> tuple[dtype, ...]:
    return (given, dtypes.int64)


@reduction(_argmax, supports="uif", empty=False, outs=_int64, cost=0.3, exact=True, error=RuntimeError)
def argmax(input, dim: int = None, keepdim=False):
    """The position (int64) of the first largest element along `dim`, or of the flattened input."""


@reduction(_argmin, supports="uif", empty=False, outs=_int64, cost=0.3, exact=True, error=RuntimeError)
def argmin(input, dim: int = None, keepdim=False):
    """The position (int64) of the first smallest element along `dim`, or of the flattened input."""


argmax.nondifferentiable()
argmin.nondifferentiable()

Max, Min = return_type("max", "values indices"), return_type("min", "values indices")


@reduction(_max_both, supports="buif", empty=False, outs=_value_index, returns=Max._make, public=False, cost=0.3,
           exact=True, error=RuntimeError)
def max_dim(input, dim: int, keepdim=False):
    """(values, indices) of the largest elements along `dim`."""


@reduction(_min_both, supports="buif", empty=False, outs=_value_index, returns=Min._make, public=False, cost=0.3,
           exact=True, error=RuntimeError)
def min_dim(input, dim: int, keepdim=False):
    """(values, indices) of the smallest elements along `dim`."""


def _chosen_gradient(grad, result1, dim, keepdim, input_meta):
    if input_meta.ndim == 0:
        return grad
    index = result1 if keepdim else result1.unsqueeze(dim)
    return grad.new_zeros(input_meta.shape).scatter(dim, index, grad if keepdim else grad.unsqueeze(dim))


max_dim.derivative(_chosen_gradient)
min_dim.derivative(_chosen_gradient)


def _extreme(name: str, whole: Any, along: Any, pair: Any) -> Any:
    def extreme(input, dim=None, keepdim=False, *, other=None, axis=None, keepdims=False, out=None):
        dim, keepdim = axis if dim is None else dim, keepdim or keepdims
        written = {} if out is None else {"out": out}
        if other is not None or hasattr(dim, "meta"):
            return pair(input, dim if other is None else other, **written)
        return whole(input, **written) if dim is None else along(input, dim, keepdim, **written)

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = (f"`{name}(input)`: over all. `{name}(input, dim, keepdim)`: (values, indices) along a "
                       f"dimension. `{name}(input, other)`: elementwise.")
    return composite(extreme)


max = _extreme("max", amax, max_dim, maximum)
min = _extreme("min", amin, min_dim, minimum)

Aminmax = return_type("aminmax", "min max")


@composite
def aminmax(input, *, dim=None, keepdim=False, out=None):
    """(smallest, largest) over `dim`."""
    normal_dims(dim, input.meta.ndim)
    check(dim is None or hasattr(dim, "__index__"), "aminmax(): argument 'dim' must be int, not {}", type(dim).__name__,
          error=TypeError)
    check(out is None or isinstance(out, (tuple, list)) and len(out) == 2,
          "aminmax(): argument 'out' must be tuple of 2 Tensors", error=TypeError)
    check(input.meta.numel or dim is not None,
          "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
    written = ({}, {}) if out is None else ({"out": out[0]}, {"out": out[1]})
    return Aminmax(*(op(input, () if dim is None else dim, keepdim, **w)
                     for op, w in zip((amin, amax), written, strict=True)))
