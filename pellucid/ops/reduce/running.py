"""Running sums, products and extremes."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Callable

from ... import dtypes
from ...codegen import math as m
from ...codegen.schedules.scans import Scan
from ...dtypes import dtype
from ..families.maps import to_compute
from ..families.scans import running, scan
from ..families.types import BOOL_TO_INT64
from ..maps.functions import log_add_exp


@scan(running(lambda s, x: s + x), promotes=BOOL_TO_INT64, linear=("input",))
def cumsum(input, dim, *, dtype=None):
    """Running sums along `dim`."""


@scan(running(lambda s, x: s + x), promotes=BOOL_TO_INT64, reverse=True, public=False, linear=("input",))
def _cumsum_reversed(input, dim):
    """Running sums from the end of `dim`."""


@cumsum.derivative
def _(grad, dim):
    return _cumsum_reversed(grad, dim)


@_cumsum_reversed.derivative
def _(grad, dim):
    return cumsum(grad, dim)


@scan(running(lambda s, x: s * x), promotes=BOOL_TO_INT64)
def cumprod(input, dim, *, dtype=None):
    """Running products along `dim`."""


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


@scan(running(log_add_exp), supports="fc", inplace=False, error="logcumsumexp_out_cpu")
def logcumsumexp(input, dim):
    """`log(cumsum(exp(input)))` along `dim`, without overflow."""


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


def _extreme_so_far(above: bool) -> Callable[[dtype], Scan]:
    """The rule of (the largest or smallest so far, its last place)."""
    def rule(d: dtype) -> Scan:
        def step(s, i, x):
            x = to_compute(x, d)
            further = x >= s[0] if above else x <= s[0]
            new = (x != x) | ((s[0] == s[0]) & further)
            return m.where(new, x, s[0]), m.where(new, i, s[1])

        def start(x):
            x = to_compute(x, d)
            return x, m.where(x != x, m.zero(m.convert(x, "i64")), m.zero(m.convert(x, "i64")))

        return Scan(start, step, lambda *s: s)

    return rule


def _values_and_indices(d: dtype) -> tuple[dtype, ...]:
    return d, dtypes.int64


_EXTREMES = {"supports": "buif", "outs": _values_and_indices, "inplace": False}


@scan(_extreme_so_far(True), returns=namedtuple("cummax", "values indices")._make, **_EXTREMES)
def cummax(input, dim):
    """(values, indices): the largest element so far along `dim`, and its last position."""


@scan(_extreme_so_far(False), returns=namedtuple("cummin", "values indices")._make, **_EXTREMES)
def cummin(input, dim):
    """(values, indices): the smallest element so far along `dim`, and its last position."""


def _extreme_backward(grad, result1, dim, input_meta):
    return grad if input_meta.ndim == 0 else grad.new_zeros(input_meta.shape).scatter_add(dim, result1, grad)


cummax.derivative(_extreme_backward)
cummin.derivative(_extreme_backward)
