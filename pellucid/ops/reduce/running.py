"""Running sums, products and extremes."""

from __future__ import annotations

import math
from collections import namedtuple
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...codegen.schedules import scans
from ...codegen.schedules.scans import Scan
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Parameter, Plan
from ...dtypes import dtype
from ..families.composites import structured
from ..families.declare import argument, register, steps
from ..families.maps import to_compute
from ..families.types import BOOL_TO_INT64, output_dtype
from ..maps.functions import log_add_exp


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
    return Plan((result,), lambda: steps(scans.scan_plan(name, rules[out], shape, along, *args, reverse)))


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
        return Plan(outs, lambda: steps(scans.scan_plan(name, rules[input.dtype], shape, along, *args)))

    def cumulative(input, dim):
        pass

    cumulative.__doc__ = f"(values, indices): the {'largest' if name == 'cummax' else 'smallest'} element so far along `dim`, and its last position."
    op = core_op.Op(name, cumulative, (Parameter("input", core_op.OPERAND), Parameter("dim", core_op.STATIC)), plan, returns=make)

    @op.derivative
    def _(grad, result1, dim, input_meta):
        return grad if input_meta.ndim == 0 else grad.new_zeros(input_meta.shape).scatter_add(dim, result1, grad)

    return register(op)


cummax, cummin = _cumulative_extreme("cummax", _CUMMAX), _cumulative_extreme("cummin", _CUMMIN)
