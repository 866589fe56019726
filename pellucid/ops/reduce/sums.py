"""Sums, products, means and moments."""

from __future__ import annotations

import builtins
import math
import warnings
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...codegen.schedules.loop import Arg
from ...codegen.schedules.reductions import Reduction, reduce_plan
from ...core import meta as metas
from ...core.meta import Meta
from ...core.state import current
from ...dtypes import dtype
from ..families.composites import composite
from ..families.declare import argument, plan_of
from ..families.maps import pointwise, to_compute
from ..families.planned import structured
from ..families.reductions import _typed, normal_dims, reduction
from ..families.types import BOOL_TO_INT64, accumulator
from .running import other_products


def restore(tensor: Any, dim: Any, keepdim: bool, meta: Meta) -> Any:
    """A reduced tensor with its reduced dimensions back, as 1s, to broadcast against what was reduced."""
    if keepdim or tensor.meta.ndim == 0:               # a 0-d tensor broadcasts as it is
        return tensor
    for d in normal_dims(dim, meta.ndim):
        tensor = tensor.unsqueeze(d)
    return tensor


def size_of(dim: Any, meta: Meta) -> int:
    return math.prod(meta.shape[d] for d in normal_dims(dim, meta.ndim)) if meta.ndim else 1


def _sum(d: dtype) -> Reduction:
    return Reduction(((accumulator(d), 0),), lambda s, x: (s[0] + x,), lambda a, b: (a[0] + b[0],), lambda s, n: s[0])


@reduction(_sum, promotes=BOOL_TO_INT64, cost=0.03, linear=("input",))
def sum(input, dim=None, keepdim=False, *, dtype=None):
    """The sum over `dim` (None: over all). Integers are added as int64."""


@sum.derivative
def _(grad, dim, keepdim, input_meta):
    return restore(grad, dim, keepdim, input_meta).expand(input_meta.sizes)


@structured(linear=("input",), literal=False)
def sum_to(input: Meta, size):
    """The sum over the dimensions in which `size` would be expanded to the input's shape: what the engine does to the
    gradient of an operand that was broadcast."""
    shape, new = tuple(input.shape), input.ndim - len(size)
    check(new >= 0 and builtins.all(have == want or want == 1 for have, want in zip(shape[new:], size)),
          "size {{{}}} is not expandable to size {{{}}}.", list(size), list(shape))
    dims = tuple(d for d, have in enumerate(shape) if d < new or have != size[d - new])
    out = metas.contiguous(tuple(size), input.dtype, input.device)
    strides = (0,) * new + tuple(0 if new + k in dims else stride for k, stride in enumerate(out.strides))
    return plan_of((out,),
                   lambda target: reduce_plan("sum_to", _typed(_sum, input.dtype), shape, dims,
                                              [Arg(out.dtype, strides)], [argument(input, shape)],
                                                   (), 0.03))


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
        return total / m.convert(n, m.type_of(real))

    return _sum(d)._replace(finish=finish)


@reduction(_mean, supports="fc", cost=0.03, error=RuntimeError, linear=("input",),
           refusal="{}(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. "
                   "Got: {}")
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


@pointwise(keep=("zeros",), public=False)
def _product_of_others(grad, input, product, zeros):
    """With one zero only its own derivative is not 0; with two none is."""
    share = m.where(zeros == 0, product / m.where(input == 0, 1.0, input), product)
    return m.where((zeros == 0) | ((zeros == 1) & (input == 0)), grad * m.conj(share), 0.0)


@prod.derivative
def _(grad, input, dim, keepdim, input_meta):
    grad = restore(grad, dim, keepdim, input_meta)
    if current().grad_enabled:                             # the second derivative looks at pairs of elements
        flat = input.reshape(-1) if dim is None else input
        return grad * other_products(flat, 0 if dim is None else dim).reshape(input_meta.shape).conj()
    zero = input == 0
    count = restore(zero.sum(dim, keepdim), dim, keepdim, input_meta)
    product = restore(input.masked_fill(zero, 1).prod(dim, keepdim), dim, keepdim, input_meta)
    return _product_of_others(grad, input, product, count)


def double(d: dtype) -> dtype:
    """The type in which squares of elements of type `d` are added up: those of float32 would leave its range."""
    return dtypes.complex128 if d.is_complex else dtypes.float64


def _deviations(d: dtype) -> Reduction:
    wide = double(d)

    def step(s, x, shift):
        distance = to_compute(x, wide) - to_compute(shift, wide)
        return s[0] + m.square_abs(distance), s[1] + distance

    def finish(s, n):
        mean = s[1] / m.convert(n, "f64")
        return m.maximum(s[0] - m.square_abs(mean) * m.convert(n, "f64"), 0.0), mean

    return Reduction(((dtypes.float64, 0.0), (wide, 0.0)), step, lambda a, b: (a[0] + b[0], a[1] + b[1]), finish)


@reduction(_deviations, supports="fc", outs=lambda common, given: (dtypes.float64, double(common)), public=False)
def deviations(input, shift, dim=None, keepdim=False):
    """In double precision the sum of squared distances from the mean over `dim`, and how far the mean is from `shift`,
    which is one of the elements or near the mean: so little is lost that one pass will do."""


@deviations.derivative("input")
def _(grads, input, dim, keepdim, input_meta):
    of_squares, of_mean = (None if grad is None else restore(grad, dim, keepdim, input_meta) for grad in grads)
    wide, slope = accumulator(input_meta.dtype), None
    if of_squares is not None:
        # by itself, for the second derivative and where an element is infinite
        mean = input.mean(dim, True, dtype=double(input_meta.dtype))
        slope = (input.to(wide) - mean.to(wide)) * (of_squares * 2).to(wide.to_real())
    if of_mean is not None:
        even = (of_mean / size_of(dim, input_meta)).to(wide)
        slope = even.expand(input_meta.shape) if slope is None else slope + even
    return slope.to(input_meta.dtype)


def _square_sum(d: dtype) -> Reduction:
    return Reduction(((dtypes.float64, 0.0),), lambda s, x: (s[0] + m.square_abs(to_compute(x, double(d))),),
                     lambda a, b: (a[0] + b[0],), lambda s, n: s[0])


@reduction(_square_sum, supports="fc", outs=lambda common, given: (dtypes.float64,), public=False)
def square_sum(input, dim=None, keepdim=False):
    """The sum of `|input|**2` over `dim`, in double precision."""


@pointwise(supports="f", public=False, inplace=False)
def _root(variance):
    return m.sqrt(variance)


@_root.derivative
def _(grad, result):
    return m.where(result == 0, 0.0, grad / (m.where(result == 0, 1.0, result) * 2))


def _moments(name: str, input: Any, dim: Any, unbiased: Any, correction: Any, keepdim: bool) -> tuple[Any, Any]:
    """(variance, mean) in double precision, both with the reduced dimensions as `keepdim` says."""
    if isinstance(dim, bool):                                              # var(unbiased)
        dim, unbiased = None, dim
    kind = input.meta.dtype.kind
    check(unbiased is None or correction is None, "{}() takes either unbiased or correction, not both", name,
          error=TypeError)
    check(kind in "fc", "std and var only support floating point and complex dtypes")
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    if size_of(dim or None if isinstance(dim, (tuple, list)) else dim, input.meta) <= correction:
        warnings.warn(f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction "
                      "factor (input numel divided by output numel).", UserWarning, stacklevel=3)
    dim = None if isinstance(dim, (tuple, list)) and not dim else dim
    shift, dims = input.detach(), normal_dims(dim, input.meta.ndim)
    if input.meta.dtype is double(input.meta.dtype):
        shift = shift.mean(dim, True)
    elif input.meta.numel:
        for d in dims if input.meta.ndim else ():
            shift = shift.narrow(d, 0, 1)
    else:
        shift = shift.new_zeros((1,) * input.meta.ndim)
    # an infinity less an infinity would be NaN in the mean as well
    shift = shift.nan_to_num(0.0, 0.0, 0.0)
    squares, offset = deviations(input, shift, dim, keepdim)
    shift = shift if keepdim or not shift.meta.ndim else shift.squeeze(dims)
    return squares / builtins.max(0.0, size_of(dim, input.meta) - correction), offset + shift


@composite
def var(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The variance over `dim`, divided by n - correction (default 1)."""
    return _moments("var", input, dim, unbiased, correction, keepdim)[0].to(input.meta.dtype.to_real())


@composite
def std(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The standard deviation over `dim`: the root of `var`."""
    return _root(_moments("std", input, dim, unbiased, correction, keepdim)[0]).to(input.meta.dtype.to_real())


@composite
def var_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """(variance, mean) over `dim`."""
    variance, center = _moments("var_mean", input, dim, unbiased, correction, keepdim)
    return variance.to(input.meta.dtype.to_real()), center.to(input.meta.dtype)


@composite
def std_mean(input, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """(standard deviation, mean) over `dim`."""
    variance, center = _moments("std_mean", input, dim, unbiased, correction, keepdim)
    return _root(variance).to(input.meta.dtype.to_real()), center.to(input.meta.dtype)
