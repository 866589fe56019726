"""Operators that bring the elements along some dimensions together: sums, extremes, moments, and running sums.

A rule gives, for the type that is computed in, the state of the reduction (`codegen.reduce.Reduction`); the family does shapes,
types and launches. Derivatives here are formulas over tensors.
"""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

from .. import dtypes
from ..check import check
from ..codegen import loops
from ..codegen import math as m
from ..codegen.loops import Arg, Scan
from ..codegen.reduce import Reduction, reduce_plan
from ..core import meta as metas
from ..core.meta import Meta
from ..core.op import Plan
from ..dtypes import dtype
from .family import BOOL, BOOL_TO_INT64, COMPLEX_TO_REAL, _typed, argument, composite, normal_dims, output_dtype, reduction, register, steps, structured, to_compute
from .pointwise import maximum, minimum


def accumulator(d: dtype) -> dtype:
    """The type in which elements of type `d` are added up."""
    return dtypes.float32 if d.itemsize == 2 and d.is_floating_point else d


def restore(tensor: Any, dim: Any, keepdim: bool, meta: Meta) -> Any:
    """A reduced tensor with its reduced dimensions back, as 1s, to broadcast against what was reduced."""
    if keepdim or meta.ndim == 0:
        return tensor
    for d in normal_dims(dim, meta.ndim):
        tensor = tensor.unsqueeze(d)
    return tensor


def size_of(dim: Any, meta: Meta) -> int:
    return math.prod(meta.shape[d] for d in normal_dims(dim, meta.ndim)) if meta.ndim else 1


# ---- sums -----------------------------------------------------------------------------------------------------------------------

def _sum(d: dtype) -> Reduction:
    return Reduction(((accumulator(d), 0),), lambda s, x: (s[0] + x,), lambda a, b: (a[0] + b[0],), lambda s, n: s[0])


@reduction(_sum, promotes=BOOL_TO_INT64, cost=0.03)
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum over `dim` (None: over all). Integers are added as int64."""


@sum.derivative
def _(grad, dim, keepdim, input_meta):
    return restore(grad, dim, keepdim, input_meta).expand(input_meta.shape)


@structured
def sum_to(input: Meta, size):
    """The sum over the dimensions in which `size` would be expanded to the input's shape: what the engine does to the gradient of an
    operand that was broadcast."""
    shape, new = tuple(input.shape), input.ndim - len(size)
    check(new >= 0 and builtin_all(have == want or want == 1 for have, want in zip(shape[new:], size)),
          "size {{{}}} is not expandable to size {{{}}}.", list(size), list(shape))
    dims = tuple(d for d, have in enumerate(shape) if d < new or have != size[d - new])
    out = metas.contiguous(tuple(size), input.dtype, input.device)
    strides = (0,) * new + tuple(0 if new + k in dims else stride for k, stride in enumerate(out.strides))
    launches, scratch = reduce_plan("sum_to", _typed(_sum, input.dtype), shape, dims, [Arg(out.dtype, strides)], [argument(input, shape)], (), 0.03)
    return Plan((out,), lambda: steps(launches), scratch)


@sum_to.derivative
def _(grad, input_meta):
    return grad.expand(input_meta.shape)


def _nansum(d: dtype) -> Reduction:
    return _sum(d)._replace(step=lambda s, x: (s[0] + m.where(x != x, 0, x),))


@reduction(_nansum, promotes=BOOL_TO_INT64, supports="buif")
def nansum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum over `dim`, NaN counting as 0."""


@nansum.derivative
def _(grad, input, dim, keepdim, input_meta):
    return restore(grad, dim, keepdim, input_meta) * input.isnan().logical_not()


def _mean(d: dtype) -> Reduction:
    def finish(s, n):
        total = s[0]
        real = total.re if isinstance(total, m.Complex) else total
        return total / real.builder.convert(n, real.type)

    return _sum(d)._replace(finish=finish)


@reduction(_mean, supports="fc", cost=0.03)
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean over `dim` (None: over all). Of floating-point and complex tensors only."""


@mean.derivative
def _(grad, dim, keepdim, input_meta):
    return (restore(grad, dim, keepdim, input_meta) / size_of(dim, input_meta)).expand(input_meta.shape)


def _prod(d: dtype) -> Reduction:
    return Reduction(((accumulator(d), 1),), lambda s, x: (s[0] * x,), lambda a, b: (a[0] * b[0],), lambda s, n: s[0])


@reduction(_prod, promotes=BOOL_TO_INT64)
def prod(input, dim=None, keepdim=False, *, dtype=None):
    """The product over `dim` (an int; None: over all). Integers are multiplied as int64."""


@prod.derivative
def _(grad, input, dim, keepdim, input_meta):
    zero = input == 0
    count = restore(zero.sum(dim, keepdim), dim, keepdim, input_meta)
    others = input.masked_fill(zero, 1)
    product = restore(others.prod(dim, keepdim), dim, keepdim, input_meta)
    # with one zero only its own derivative is not 0; with two none is
    by_zero = zero.to(product.dtype) * (count == 1)
    return restore(grad, dim, keepdim, input_meta) * (product * by_zero + product * (count == 0) / others).conj()


def _square_distance(d: dtype) -> Reduction:
    def step(s, x, center):
        return (s[0] + m.square_abs(x - center),)

    return Reduction(((accumulator(d.to_real()), 0),), step, lambda a, b: (a[0] + b[0],), lambda s, n: s[0])


@reduction(_square_distance, promotes=COMPLEX_TO_REAL, supports="fc", public=False)
def square_distance(input, center, dim=None, keepdim=False):
    """The sum of `|input - center|**2` over `dim`."""


@square_distance.derivative
def _(grad, input, center, dim, keepdim, input_meta):
    slope = (input - center) * (restore(grad, dim, keepdim, input_meta) * 2)
    return slope, -slope


# ---- moments ------------------------------------------------------------------------------------------------------------------------

def _moments(name: str, input: Any, dim: Any, unbiased: Any, correction: Any, keepdim: bool) -> tuple[Any, Any]:
    """(variance, mean), both with the reduced dimensions as `keepdim` says."""
    if isinstance(dim, bool):                                              # var(unbiased)
        dim, unbiased = None, dim
    check(input.meta.dtype.kind in "fc", "{} only support floating point and complex dtypes", name)
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    dim = None if isinstance(dim, (tuple, list)) and not dim else dim
    center = input.mean(dim, keepdim=True) if dim is not None else input.mean().reshape((1,) * input.meta.ndim)
    # the sum of distances from the mean does not change with the mean, to first order: only `input` carries the gradient
    total = square_distance(input, center, dim, keepdim)
    variance = total / builtin_max(0.0, size_of(dim, input.meta) - correction)
    if not keepdim:
        center = center.reshape(total.meta.shape)
    return variance, center


builtin_max, builtin_all = max, all


@composite
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance over `dim`, divided by n - correction (default 1)."""
    return _moments("var", input, dim, unbiased, correction, keepdim)[0]


@composite
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation over `dim`: the root of `var`."""
    return _moments("std", input, dim, unbiased, correction, keepdim)[0].sqrt()


@composite
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """(variance, mean) over `dim`."""
    return _moments("var_mean", input, dim, unbiased, correction, keepdim)


@composite
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """(standard deviation, mean) over `dim`."""
    variance, center = _moments("std_mean", input, dim, unbiased, correction, keepdim)
    return variance.sqrt(), center


# ---- extremes -------------------------------------------------------------------------------------------------------------------------

def _lowest(d: dtype) -> Any:
    return -math.inf if d.is_floating_point else False if d is dtypes.bool else dtypes.iinfo(d).min


def _highest(d: dtype) -> Any:
    return math.inf if d.is_floating_point else True if d is dtypes.bool else dtypes.iinfo(d).max


def _amax(d: dtype) -> Reduction:
    return Reduction(((accumulator(d), _lowest(d)),), lambda s, x: (m.maximum(s[0], x),), lambda a, b: (m.maximum(a[0], b[0]),), lambda s, n: s[0])


def _amin(d: dtype) -> Reduction:
    return Reduction(((accumulator(d), _highest(d)),), lambda s, x: (m.minimum(s[0], x),), lambda a, b: (m.minimum(a[0], b[0]),), lambda s, n: s[0])


@reduction(_amax, supports="buif", empty=False, cost=0.05)
def amax(input, dim=(), keepdim=False):
    """The largest element over `dim`; NaN wins. Elements that tie share the gradient."""


@reduction(_amin, supports="buif", empty=False, cost=0.05)
def amin(input, dim=(), keepdim=False):
    """The smallest element over `dim`; NaN wins. Elements that tie share the gradient."""


def _extreme_gradient(grad, input, result, dim, keepdim, input_meta):
    hit = input == restore(result, dim, keepdim, input_meta)
    return restore(grad, dim, keepdim, input_meta) * hit / restore(hit.sum(dim, keepdim), dim, keepdim, input_meta)


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

    return Reduction(((accumulator(d), first), (dtypes.int64, _FAR)), lambda s, j, x: combine(s, (x, j)), combine, finish, indexed=True)


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


@reduction(_argmax, supports="buif", empty=False, outs=_int64, cost=0.3)
def argmax(input, dim=None, keepdim=False):
    """The position (int64) of the first largest element along `dim`, or of the flattened input."""


@reduction(_argmin, supports="buif", empty=False, outs=_int64, cost=0.3)
def argmin(input, dim=None, keepdim=False):
    """The position (int64) of the first smallest element along `dim`, or of the flattened input."""


argmax.nondifferentiable()
argmin.nondifferentiable()

Max = namedtuple("max", "values indices")
Min = namedtuple("min", "values indices")


@reduction(_max_both, supports="buif", empty=False, outs=_value_index, returns=Max._make, public=False, cost=0.3)
def max_dim(input, dim, keepdim=False):
    """(values, indices) of the largest elements along `dim`."""


@reduction(_min_both, supports="buif", empty=False, outs=_value_index, returns=Min._make, public=False, cost=0.3)
def min_dim(input, dim, keepdim=False):
    """(values, indices) of the smallest elements along `dim`."""


def _chosen_gradient(grad, results, dim, keepdim, input_meta):
    if input_meta.ndim == 0:
        return grad
    index = results[1] if keepdim else results[1].unsqueeze(dim)
    return grad.new_zeros(input_meta.shape).scatter(dim, index, grad if keepdim else grad.unsqueeze(dim))


max_dim.derivative(_chosen_gradient)
min_dim.derivative(_chosen_gradient)


def _extreme(name: str, whole: Any, along: Any, pair: Any) -> Any:
    def extreme(input, dim=None, keepdim=False, *, other=None, axis=None):
        dim = axis if dim is None else dim
        if other is not None or hasattr(dim, "meta"):
            return pair(input, dim if other is None else other)
        return whole(input) if dim is None else along(input, dim, keepdim)

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = f"""`{name}(input)`: over all. `{name}(input, dim, keepdim)`: (values, indices) along a dimension. `{name}(input, other)`: elementwise."""
    return composite(extreme)


max = _extreme("max", amax, max_dim, maximum)
min = _extreme("min", amin, min_dim, minimum)

Aminmax = namedtuple("aminmax", "min max")


@composite
def aminmax(input, *, dim=None, keepdim=False):
    """(smallest, largest) over `dim`."""
    normal_dims(dim, input.meta.ndim)
    check(input.meta.numel or (dim is not None and (input.meta.ndim == 0 or input.meta.shape[dim])),
          "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
    return Aminmax(amin(input, () if dim is None else dim, keepdim), amax(input, () if dim is None else dim, keepdim))


# ---- truth -----------------------------------------------------------------------------------------------------------------------------

def _any(d: dtype) -> Reduction:
    return Reduction(((dtypes.bool, False),), lambda s, x: (s[0] | (x != 0),), lambda a, b: (a[0] | b[0],), lambda s, n: s[0])


def _all(d: dtype) -> Reduction:
    return Reduction(((dtypes.bool, True),), lambda s, x: (s[0] & (x != 0),), lambda a, b: (a[0] & b[0],), lambda s, n: s[0])


def _truth(common: dtype, given: dtype) -> tuple[dtype, ...]:
    return (dtypes.uint8 if given is dtypes.uint8 else dtypes.bool,)


@reduction(_any, promotes=BOOL, outs=_truth)
def any(input, dim=None, keepdim=False):
    """Whether one element or more is true (not 0)."""


@reduction(_all, promotes=BOOL, outs=_truth)
def all(input, dim=None, keepdim=False):
    """Whether every element is true (not 0)."""


def _count(d: dtype) -> Reduction:
    def step(s, x):
        hit = x != 0
        return (s[0] + hit.builder.convert(hit, "i64"),)

    return Reduction(((dtypes.int64, 0),), step, lambda a, b: (a[0] + b[0],), lambda s, n: s[0])


@reduction(_count, outs=_int64)
def count_nonzero(input, dim=None):
    """How many elements are not 0."""


for _op in (any, all, count_nonzero):
    _op.nondifferentiable()


@composite
def logsumexp(input, dim, keepdim=False):
    """`log(sum(exp(input)))` over `dim`, without overflow."""
    if not (input.meta.dtype.is_floating_point or input.meta.dtype.is_complex):
        input = input.to(dtypes.get_default_dtype())
    if input.meta.numel == 0:
        return input.exp().sum(dim, keepdim).log()
    top = (input.detach().real if input.meta.dtype.is_complex else input.detach()).amax(dim, keepdim=True)
    top = top.masked_fill(top.isinf(), 0)
    total = (input - top).exp().sum(dim, keepdim).log()
    return total + top.reshape(total.meta.shape)


# ---- running sums ------------------------------------------------------------------------------------------------------------------------

def _wide(d: dtype) -> dtype:
    """Running sums of floats are kept in float64: errors would add up along them."""
    return {"f": dtypes.float64, "c": dtypes.complex128}.get(d.kind, d)


_CUMSUM: dict[dtype, Scan] = {
    d: Scan(lambda x, w=_wide(d): (to_compute(x, w),), lambda s, i, x, w=_wide(d): (s[0] + to_compute(x, w),), lambda s: s) for d in dtypes.DTYPES}
_CUMPROD: dict[dtype, Scan] = {
    d: Scan(lambda x, w=_wide(d): (to_compute(x, w),), lambda s, i, x, w=_wide(d): (s[0] * to_compute(x, w),), lambda s: s) for d in dtypes.DTYPES}


def _scan(name: str, rules: dict[dtype, Scan], input: Meta, dim: int, dtype: dtype | None, reverse: bool = False) -> Plan:
    out = dtype or output_dtype(input.dtype, BOOL_TO_INT64)[0]
    result = metas.contiguous(input.shape, out)
    along = metas.wrap_dim(dim, input.ndim, True)
    shape = tuple(input.shape) or (1,)
    args = ([argument(result, shape)], [argument(input, shape)])
    return Plan((result,), lambda: steps(loops.scan_plan(name, rules[out], shape, along, *args, reverse)))


@structured
def cumsum(input: Meta, dim, *, dtype=None):
    """Running sums along `dim`."""
    return _scan("cumsum", _CUMSUM, input, dim, dtype)


@structured
def _cumsum_reversed(input: Meta, dim):
    """Running sums from the end of `dim`."""
    return _scan("cumsum_reversed", _CUMSUM, input, dim, None, True)


register(cumsum.inplace())


@cumsum.derivative
def _(grad, dim):
    return _cumsum_reversed(grad, dim)


@_cumsum_reversed.derivative
def _(grad, dim):
    return cumsum(grad, dim)


@structured
def cumprod(input: Meta, dim, *, dtype=None):
    """Running products along `dim`."""
    return _scan("cumprod", _CUMPROD, input, dim, dtype)


register(cumprod.inplace())


@cumprod.derivative
def _(grad, input, result, dim, input_meta):
    if input_meta.ndim == 0:
        return grad
    zeros = (input == 0).cumsum(dim)
    clean = input.masked_fill(input == 0, 1)
    before = grad * result.conj()
    plain = _cumsum_reversed(before, dim) / clean.conj()
    # at the first zero the products behind it, with that one factor left out, count; before it only what comes before the zero
    first = (input == 0) & (zeros == 1)
    open_products = clean.cumprod(dim) * (zeros <= 1)
    at_zero = _cumsum_reversed(grad * (open_products * (zeros == 1)).conj(), dim)
    return plain.masked_fill(zeros > 0, 0) + at_zero.masked_fill(first.logical_not(), 0)
