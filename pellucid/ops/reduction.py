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
from ..core import op as core_op
from ..core.meta import Meta
from ..core.op import Parameter, Plan
from ..dtypes import dtype
from .family import (
    BOOL,
    BOOL_TO_INT64,
    COMPLEX_TO_REAL,
    REGISTRY,
    _typed,
    argument,
    composite,
    normal_dims,
    output_dtype,
    reduction,
    register,
    steps,
    structured,
    to_compute,
)
from .pointwise import abs, log_add_exp, maximum, minimum


def accumulator(d: dtype) -> dtype:
    """The type in which elements of type `d` are added up."""
    return dtypes.float32 if d.itemsize == 2 and d.is_floating_point else d


def restore(tensor: Any, dim: Any, keepdim: bool, meta: Meta) -> Any:
    """A reduced tensor with its reduced dimensions back, as 1s, to broadcast against what was reduced."""
    if keepdim or tensor.meta.ndim == 0:               # a 0-d tensor broadcasts as it is
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
    return restore(grad, dim, keepdim, input_meta).expand(input_meta.sizes)


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


@reduction(_nansum, promotes=BOOL_TO_INT64, supports="buif", error=RuntimeError)
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


@reduction(_mean, supports="fc", cost=0.03, error=RuntimeError)
def mean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean over `dim` (None: over all). Of floating-point and complex tensors only."""


@mean.derivative
def _(grad, dim, keepdim, input_meta):
    return (restore(grad, dim, keepdim, input_meta) / size_of(dim, input_meta)).expand(input_meta.shape)


def _prod(d: dtype) -> Reduction:
    return Reduction(((accumulator(d), 1),), lambda s, x: (s[0] * x,), lambda a, b: (a[0] * b[0],), lambda s, n: s[0])


@reduction(_prod, promotes=BOOL_TO_INT64)
def prod(input, dim: int = None, keepdim=False, *, dtype=None):
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
    check(unbiased is None or correction is None, "{}() takes either unbiased or correction, not both", name, error=TypeError)
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


builtin_max, builtin_min, builtin_all = max, min, all


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


@reduction(_amax, supports="buif", empty=False, cost=0.05, exact=True)
def amax(input, dim=(), keepdim=False):
    """The largest element over `dim`; NaN wins. Elements that tie share the gradient."""


@reduction(_amin, supports="buif", empty=False, cost=0.05, exact=True)
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


@reduction(_argmax, supports="uif", empty=False, outs=_int64, cost=0.3, exact=True, error=RuntimeError)
def argmax(input, dim: int = None, keepdim=False):
    """The position (int64) of the first largest element along `dim`, or of the flattened input."""


@reduction(_argmin, supports="uif", empty=False, outs=_int64, cost=0.3, exact=True, error=RuntimeError)
def argmin(input, dim: int = None, keepdim=False):
    """The position (int64) of the first smallest element along `dim`, or of the flattened input."""


argmax.nondifferentiable()
argmin.nondifferentiable()

Max = namedtuple("max", "values indices")
Min = namedtuple("min", "values indices")


@reduction(_max_both, supports="buif", empty=False, outs=_value_index, returns=Max._make, public=False, cost=0.3, exact=True,
           error=RuntimeError)
def max_dim(input, dim: int, keepdim=False):
    """(values, indices) of the largest elements along `dim`."""


@reduction(_min_both, supports="buif", empty=False, outs=_value_index, returns=Min._make, public=False, cost=0.3, exact=True,
           error=RuntimeError)
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
    def extreme(input, dim=None, keepdim=False, *, other=None, axis=None, out=None):
        dim = axis if dim is None else dim
        written = {} if out is None else {"out": out}
        if other is not None or hasattr(dim, "meta"):
            return pair(input, dim if other is None else other, **written)
        return whole(input, **written) if dim is None else along(input, dim, keepdim, **written)

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = f"""`{name}(input)`: over all. `{name}(input, dim, keepdim)`: (values, indices) along a dimension. `{name}(input, other)`: elementwise."""
    return composite(extreme)


max = _extreme("max", amax, max_dim, maximum)
min = _extreme("min", amin, min_dim, minimum)

Aminmax = namedtuple("aminmax", "min max")


@composite
def aminmax(input, *, dim=None, keepdim=False, out=None):
    """(smallest, largest) over `dim`."""
    normal_dims(dim, input.meta.ndim)
    check(dim is None or hasattr(dim, "__index__"), "aminmax(): argument 'dim' must be int, not {}", type(dim).__name__, error=TypeError)
    check(out is None or isinstance(out, (tuple, list)) and len(out) == 2, "aminmax(): argument 'out' must be tuple of 2 Tensors", error=TypeError)
    check(input.meta.numel or dim is not None, "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
    written = ({}, {}) if out is None else ({"out": out[0]}, {"out": out[1]})
    return Aminmax(*(op(input, () if dim is None else dim, keepdim, **w) for op, w in zip((amin, amax), written, strict=True)))


# ---- truth -----------------------------------------------------------------------------------------------------------------------------

def _any(d: dtype) -> Reduction:
    return Reduction(((dtypes.bool, False),), lambda s, x: (s[0] | (x != 0),), lambda a, b: (a[0] | b[0],), lambda s, n: s[0])


def _all(d: dtype) -> Reduction:
    return Reduction(((dtypes.bool, True),), lambda s, x: (s[0] & (x != 0),), lambda a, b: (a[0] & b[0],), lambda s, n: s[0])


def _truth(common: dtype, given: dtype) -> tuple[dtype, ...]:
    return (dtypes.uint8 if given is dtypes.uint8 else dtypes.bool,)


@reduction(_any, promotes=BOOL, supports="buifcs", outs=_truth)
def any(input, dim=None, keepdim=False):
    """Whether one element or more is true (not 0)."""


@reduction(_all, promotes=BOOL, supports="buifcs", outs=_truth)
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
    check(dim is not None, "logsumexp(): argument 'dim' must be tuple of ints, not NoneType", error=TypeError)
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


def _running(combine: Any) -> dict[dtype, Scan]:
    """The scans of a state and an element, computed wide, for every type."""
    def rule(d: dtype) -> Scan:
        return Scan(lambda x: (to_compute(x, d),), lambda s, i, x: (combine(s[0], to_compute(x, d)),), lambda s: s)

    return {d: rule(_wide(d)) for d in dtypes.DTYPES}


_CUMSUM, _CUMPROD, _LOGCUMSUMEXP = _running(lambda s, x: s + x), _running(lambda s, x: s * x), _running(log_add_exp)


def _scan(name: str, rules: dict[dtype, Scan], input: Meta, dim: int, dtype: dtype | None, reverse: bool = False) -> Plan:
    out = dtype or output_dtype(input.dtype, BOOL_TO_INT64)[0]
    check(out.kind != "s", '"{}" not implemented for \'{}\'', name, out.title, error=NotImplementedError)
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


@structured
def logcumsumexp(input: Meta, dim):
    """`log(cumsum(exp(input)))` along `dim`, without overflow."""
    check(input.dtype.kind in "fc", '"logcumsumexp_out_cpu" not implemented for \'{}\'', input.dtype, error=NotImplementedError)
    return _scan("logcumsumexp", _LOGCUMSUMEXP, input, dim, None)


@logcumsumexp.derivative
def _(grad, input, result, dim, input_meta):
    if input_meta.numel == 0 or input_meta.ndim == 0:
        return grad

    lowest = input.real == -math.inf if input_meta.dtype.is_complex else input == -math.inf
    hopeless = result.real == -math.inf if input_meta.dtype.is_complex else result == -math.inf

    def later(weight, none):
        """`exp(input)` times the sum of what comes later of weight * exp(-result): in logarithms, so that nothing overflows."""
        none = none | hopeless
        parts = (weight.masked_fill(none, 1).log() - result.masked_fill(none, 0).conj()).masked_fill(none, -math.inf)
        total = logcumsumexp(parts.flip(dim), dim).flip(dim)
        nothing = lowest | (total.real == -math.inf if input_meta.dtype.is_complex else total == -math.inf)
        return (total.masked_fill(nothing, 0) + input.masked_fill(nothing, 0).conj()).exp().masked_fill(nothing, 0)

    if input_meta.dtype.is_complex:
        return later(grad, grad == 0)
    return later(grad, grad <= 0) - later(-grad, grad >= 0)


def _extreme_so_far(d: dtype, above: bool) -> Scan:
    def step(s, i, x):
        x = to_compute(x, d)
        further = x >= s[0] if above else x <= s[0]
        new = (x != x) | ((s[0] == s[0]) & further)
        return m.where(new, x, s[0]), m.where(new, i, s[1])

    return Scan(lambda x: (to_compute(x, d), x.builder.const("i64", 0, x.lanes)), step, lambda *s: s)


_CUMMAX = {d: _extreme_so_far(d, True) for d in dtypes.DTYPES}
_CUMMIN = {d: _extreme_so_far(d, False) for d in dtypes.DTYPES}


def _cumulative_extreme(name: str, rules: dict[dtype, Scan]) -> Any:
    make = namedtuple(name, "values indices")._make

    def plan(op: Any, key: tuple[Any, ...]) -> Plan:
        input, dim = key
        check(input.dtype.kind not in "cs", '"{}" not implemented for \'{}\'', name, input.dtype.title, error=NotImplementedError)
        outs = metas.contiguous(input.shape, input.dtype, input.device), metas.contiguous(input.shape, dtypes.int64, input.device)
        shape = tuple(input.shape) or (1,)
        along = metas.wrap_dim(dim, input.ndim, True)
        args = [argument(o, shape) for o in outs], [argument(input, shape)]
        return Plan(outs, lambda: steps(loops.scan_plan(name, rules[input.dtype], shape, along, *args)))

    def cumulative(input, dim):
        pass

    cumulative.__doc__ = f"(values, indices): the {'largest' if name == 'cummax' else 'smallest'} element so far along `dim`, and its last position."
    op = core_op.Op(name, cumulative, (Parameter("input", core_op.OPERAND), Parameter("dim", core_op.STATIC)), plan, returns=make)

    @op.derivative
    def _(grad, result1, dim, input_meta):
        return grad if input_meta.ndim == 0 else grad.new_zeros(input_meta.shape).scatter_add(dim, result1, grad)

    return register(op)


cummax, cummin = _cumulative_extreme("cummax", _CUMMAX), _cumulative_extreme("cummin", _CUMMIN)


# ---- norms, differences, areas -----------------------------------------------------------------------------------------------------------

def _vector_norm(x, ord, dim, keepdim):
    size = abs(x)
    if ord == math.inf:
        return size.amax(dim, keepdim)
    if ord == -math.inf:
        return size.amin(dim, keepdim)
    if ord == 0:
        return (x != 0).to(size.meta.dtype).sum(dim, keepdim)
    if ord == 1:
        return size.sum(dim, keepdim)
    if ord == 2:
        return square_distance(x, x.new_zeros(()), dim, keepdim).sqrt()
    return size.pow(ord).sum(dim, keepdim).pow(1.0 / ord)


_norm = core_op.Op("linalg_vector_norm", _vector_norm, (Parameter("x", core_op.OPERAND), Parameter("ord", core_op.STATIC), Parameter("dim", core_op.STATIC),
                                                        Parameter("keepdim", core_op.STATIC)), None, kind=core_op.HOST)


@_norm.derivative
def _(grad, x, result, ord, dim, keepdim, x_meta):
    grad, result = restore(grad, dim, keepdim, x_meta), restore(result, dim, keepdim, x_meta)
    if ord == 0:
        return None
    if ord == 1:
        return x.sgn() * grad
    size = abs(x)
    if ord in (math.inf, -math.inf):
        hit = (size == result) | (result != result)
        return x.sgn() * (grad * hit / restore(hit.sum(dim, keepdim), dim, keepdim, x_meta))
    none = result == 0
    if ord == 2:
        return x * (grad / result).masked_fill(none, 0)
    if ord < 2:                                            # the slope at an element 0 is taken as 0
        return x.sgn() * (size.masked_fill(x == 0, 1).pow(ord - 1).masked_fill(x == 0, 0) * (grad / result.pow(ord - 1)).masked_fill(none, 0))
    return x * size.pow(ord - 2) * (grad / result.pow(ord - 1)).masked_fill(none, 0)


@composite
def linalg_vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """The `ord`-norm of the elements over `dim` (None: over all): sum(|x|**ord)**(1/ord); for ord 0 how many are not 0, for inf the largest."""
    check(x.meta.dtype.kind in "fc", "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}", x.meta.dtype)
    if dtype is not None:
        check(dtype.kind == x.meta.dtype.kind or (dtype.is_complex and x.meta.dtype.is_floating_point),
              "linalg.vector_norm: dtype should be {}, but got {}", "complex" if x.meta.dtype.is_complex else "floating point", dtype)
        x = x.to(dtype)
    dims = normal_dims(dim, x.meta.ndim)
    ord = float(ord)
    if not x.meta.numel and (ord < 0 or ord == math.inf):
        check(dim is not None and len(dims) > 0, "linalg.vector_norm cannot compute the {} norm on an empty tensor because the operation does not have an "
              "identity",
              ord)
        for d in dims:
            check(x.meta.ndim == 0 or x.meta.shape[d], "linalg.vector_norm cannot compute the {} norm on the dimension {} because this dimension is empty "
                  "and the "
                  "operation does not have an identity", ord, d)
    return _norm(x, ord, dims if x.meta.ndim else None, keepdim)


@composite
def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    """The norm of all elements, or over `dim`: see `linalg.vector_norm`; "fro" is the 2-norm."""
    check(p != "nuc" and not isinstance(p, str) or p == "fro", "norm: expected a number or 'fro', got {}", p)
    return linalg_vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)


@composite
def dist(input, other, p=2):
    """The p-norm of `input - other`."""
    return norm(input - other, p)


@composite(inplace=True)
def renorm(input, p, dim, maxnorm):
    """Slices along `dim` whose p-norm is above `maxnorm`, shortened to it."""
    check(p > 0, "renorm: non-positive-norm not supported")
    check(input.meta.ndim > 1, "renorm: input needs at least 2 dimensions, got {} dimensions", input.meta.ndim)
    check(maxnorm >= 0, "renorm: expected maxnorm to be >= 0 but got {}", maxnorm)
    dim = metas.wrap_dim(dim, input.meta.ndim)
    length = linalg_vector_norm(input, p, tuple(d for d in range(input.meta.ndim) if d != dim), True)
    return input * (maxnorm / (length + 1e-7)).masked_fill(length <= maxnorm, 1)


@composite
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of the elements that are not NaN."""
    check(input.meta.dtype.kind in "fc", "nanmean(): expected input to have floating point or complex dtype but got {}", input.meta.dtype)
    return nansum(input, dim, keepdim, dtype=dtype) / input.isnan().logical_not().sum(dim, keepdim)


@composite
def diff(input, n=1, dim=-1, prepend=None, append=None):
    """Differences of neighbours along `dim`, `n` times over; `prepend` and `append` are put before and behind first."""
    check(input.meta.ndim > 0, "diff expects input to be at least one-dimensional")
    check(n >= 0, "order must be non-negative but got {}", n)
    dim = metas.wrap_dim(dim, input.meta.ndim)
    if n == 0:
        return input.clone()
    ends = [x for x in (prepend, input, append) if x is not None]
    for x in ends:
        check(x.meta.ndim == input.meta.ndim, "diff expects prepend or append to be the same dimension as input")
    if len(ends) > 1:
        input = REGISTRY["cat"](ends, dim)
    for _ in range(builtin_min(n, input.meta.shape[dim])):
        size = input.meta.shape[dim] - 1
        later, sooner = input.narrow(dim, 1, size), input.narrow(dim, 0, size)
        input = later.logical_xor(sooner) if input.meta.dtype is dtypes.bool else later - sooner
    return input


def _steps_between(x: Any, y: Any, dim: int) -> Any:
    """The distances between the points `x` along `dim` of `y`."""
    points = x.reshape([-1 if d == dim % y.meta.ndim else 1 for d in range(y.meta.ndim)]) if x.meta.ndim == 1 and y.meta.ndim > 1 else x
    return diff(points, dim=dim if points.meta.ndim > 1 else 0)


def _strips(y: Any, x: Any, dx: Any, dim: int) -> Any:
    """The areas between neighbours along `dim`, twice."""
    size = y.meta.shape[dim] - 1
    if size < 0:
        return y.narrow(dim, 0, 0) * 0.5
    both = y.narrow(dim, 0, size) + y.narrow(dim, 1, size)
    return both * (dx if x is None else _steps_between(x, y, dim)) / 2.0


@composite
def trapezoid(y, x=None, *, dx=1.0, dim=-1):
    """The area under `y` along `dim` by trapezoids, at points `x` or `dx` apart."""
    return _strips(y, x, dx, dim).sum(dim)


@composite
def cumulative_trapezoid(y, x=None, *, dx=1.0, dim=-1):
    """The area under `y` so far along `dim`."""
    return _strips(y, x, dx, dim).cumsum(dim)


@composite
def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariances of the rows of `input`, columns being observations, weighted by counts `fweights` and by `aweights`."""
    check(input.meta.ndim <= 2, "cov(): expected input to have two or fewer dimensions but got an input with {} dimensions", input.meta.ndim)
    check(input.meta.dtype is not dtypes.bool, "cov(): bool dtype is not supported for input")
    rows = input.reshape(1, -1) if input.meta.ndim < 2 else input
    count = rows.meta.shape[1]
    weights = None
    for name, w, kinds in (("fweights", fweights, "ui"), ("aweights", aweights, "f")):
        if w is None:
            continue
        check(w.meta.ndim <= 1, "cov(): expected {} to have one or fewer dimensions but got {} with {} dimensions", name, name, w.meta.ndim)
        check(w.meta.dtype.kind in kinds, "cov(): expected {} to have {} dtype but got {} with {} dtype", name,
              "integral" if kinds == "ui" else "floating point", name,
              w.meta.dtype)
        check(w.meta.numel == count, "cov(): expected {} to have the same numel as there are observations in the input but got {} != {}", name,
              w.meta.numel, count)
        check(count == 0 or bool((w >= 0).all()), "cov(): {} cannot be negative", name)
        weights = w if weights is None else weights * w
    rows = rows if rows.meta.dtype.kind in "fc" else rows.to(dtypes.get_default_dtype())
    total = weights.sum() if weights is not None else rows.new_ones(()).to(dtypes.int64) * count
    check(weights is None or count == 0 or bool(total != 0), "cov(): weights sum to zero, can't be normalized")
    mean = ((rows if weights is None else rows * weights).sum(1) / total).unsqueeze(1)
    share = total - (correction if aweights is None else correction * (weights * aweights).sum() / total)
    apart = rows - mean
    return ((apart if weights is None else apart * weights) @ apart.transpose(0, 1).conj() / share.clamp(min=0)).squeeze()


@composite
def corrcoef(input):
    """The correlations of the rows of `input`, columns being observations."""
    check(input.meta.ndim <= 2, "corrcoef(): expected input to have two or fewer dimensions but got an input with {} dimensions", input.meta.ndim)
    found = cov(input)
    if found.meta.ndim == 0:
        return found / found
    spread = (found.diagonal().real if found.meta.dtype.is_complex else found.diagonal()).sqrt()
    found = found / spread.unsqueeze(1) / spread
    if found.meta.dtype.is_complex:
        return REGISTRY["complex"](found.real.clamp(-1, 1), found.imag.clamp(-1, 1))
    return found.clamp(-1, 1)


@composite
def bincount(input, weights=None, minlength=0):
    """How often each of 0, 1, 2 ... occurs in a vector of counts, or the sum of `weights` where it does."""
    check(input.meta.ndim == 1 and input.meta.dtype.kind in "ui", "bincount only supports 1-d non-negative integral inputs.")
    check(minlength >= 0, "minlength should be >= 0")
    check(weights is None or weights.meta.shape == input.meta.shape, "weights should be 1-d and have the same length as input")
    index = input.to(dtypes.int64)
    low, high = (int(x.item()) for x in aminmax(index)) if index.meta.numel else (0, -1)
    check(low >= 0, "bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        weights = index.new_ones(index.meta.shape)
    elif weights.meta.dtype is not dtypes.float32:
        weights = weights.to(dtypes.float64)
    return weights.detach().new_zeros((builtin_max(high + 1, minlength),)).scatter_add(0, index, weights.detach())


@composite
def histc(input, bins=100, min=0, max=0):
    """How many elements fall into each of `bins` equal parts of min .. max (both 0: of the elements' range)."""
    check(input.meta.dtype.is_floating_point, '"histogram_cpu" not implemented for \'{}\'', input.meta.dtype, error=NotImplementedError)
    check(bins > 0, "bins must be > 0")
    input = input.detach().reshape(-1)
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
