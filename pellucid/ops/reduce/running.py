"""Running sums, products and extremes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ... import dtypes
from ...codegen import math as m
from ...codegen.schedules.scans import Scan
from ...dtypes import dtype
from ..families.declare import return_type
from ..families.maps import to_compute
from ..families.scans import running, scan, widest
from ..families.types import BOOL_TO_INT64
from ..maps.functions import log_add_exp, share_of_sum

_sums_of = running(lambda s, x: s + x, "buifc")


def _sums(d: dtype) -> Scan:
    wide = widest(d)
    return _sums_of(d)._replace(start=lambda i, x: (to_compute(x, wide) + 0,))      # -0.0 becomes 0.0


@scan(_sums, promotes=BOOL_TO_INT64, linear=("input",), exact="dtype")
def cumsum(input, dim, *, dtype=None):
    """Running sums along `dim`."""


@scan(_sums_of, promotes=BOOL_TO_INT64, reverse=True, public=False, linear=("input",))
def _cumsum_reversed(input, dim):
    """Running sums from the end of `dim`."""


@cumsum.derivative
def _(grad, dim):
    return _cumsum_reversed(grad, dim)


@_cumsum_reversed.derivative
def _(grad, dim):
    return cumsum(grad, dim)


# not of floats: the product of later elements may overflow where the products so far are 0
@scan(running(lambda s, x: s * x, "bui"), promotes=BOOL_TO_INT64, exact="dtype")
def cumprod(input, dim, *, dtype=None):
    """Running products along `dim`."""


@cumprod.derivative
def _(grad, input, result, dim, input_meta):
    if not input_meta.ndim or not input_meta.numel:
        return grad
    return _moved(result, dim, 1, 1.0).conj() * _recurrences[False, True](grad, input.conj(), dim)


def _recurring(own: bool) -> Callable[[dtype], Scan]:
    """The rule of `y = x + factor * (y before)`, the factor being the element's own or that of the element before."""
    def rule(d: dtype) -> Scan:
        wide = widest(d)

        def start(i, x, factor):
            return to_compute(x, wide), to_compute(factor, wide)

        def step(s, i, x, factor):
            x, factor = start(i, x, factor)
            return x + (factor if own else s[1]) * s[0], factor

        return Scan(start, step, lambda y, factor: y)

    return rule


def _recurrence(own: bool, reverse: bool) -> Any:
    """`y[i] = input[i] + factor[i] * y[i - 1]` along `dim`, with factor[i - 1] unless `own`; from the end, where i - 1
    is i + 1, if `reverse`.

    The derivatives of running products are such sums, to any order; nothing is divided, so zeros and infinities are as
    good as any factor."""
    @scan(_recurring(own), supports="fc", reverse=reverse, public=False, linear=("input",))
    def recurrence(input, factor, dim):
        pass

    @recurrence.derivative
    def _(grad, factor, result, dim):
        back = _recurrences[not own, not reverse](grad, factor.conj(), dim)
        ahead = -1 if reverse else 1
        return back, back * _moved(result, dim, ahead).conj() if own else _moved(back, dim, -ahead) * result.conj()

    return recurrence


_recurrences = {(own, reverse): _recurrence(own, reverse) for own in (False, True) for reverse in (False, True)}


def _moved(x: Any, dim: int, by: int, first: float = 0.0) -> Any:
    """Elements moved by 1 or -1 along `dim`, with `first` where none comes from."""
    moved = x.roll(by, dim)
    moved.narrow(dim, 0 if by > 0 else -1, 1).fill_(first)
    return moved


def other_products(x: Any, dim: int) -> Any:
    """For each element the product of all others along `dim`."""
    only = x.new_zeros(x.meta.shape)
    before, after = only, only.clone()
    before.narrow(dim, 0, 1).fill_(1)
    after.narrow(dim, -1, 1).fill_(1)
    return _recurrences[False, False](before, x, dim) * _recurrences[False, True](after, x, dim)


# not of complex numbers, whose imaginary part is one of many
@scan(running(log_add_exp, "f", 40.0), supports="fc", inplace=False, exact=True, error="logcumsumexp_out_cpu")
def logcumsumexp(input, dim):
    """`log(cumsum(exp(input)))` along `dim`, without overflow."""


@logcumsumexp.derivative
def _(grad, input, result, dim, input_meta):
    if not input_meta.ndim or not input_meta.numel:
        return grad
    before = _moved(result, dim, 1, -math.inf)
    later = _recurrences[False, True](grad, share_of_sum(before, input).conj(), dim)
    return later * share_of_sum(input, before).conj()


def _extreme_so_far(above: bool) -> Callable[[dtype], Scan]:
    """The rule of (the largest or smallest so far, its last place)."""
    def rule(d: dtype) -> Scan:
        def step(s, i, x):
            x = to_compute(x, d)
            further = x >= s[0] if above else x <= s[0]
            new = (x != x) | ((s[0] == s[0]) & further)
            return m.where(new, x, s[0]), m.where(new, i, s[1])

        return Scan(lambda i, x: (to_compute(x, d), i), step, lambda *s: s,
                    lambda s, later: step(s, later[1], later[0]), 3.0)

    return rule


def _values_and_indices(d: dtype) -> tuple[dtype, ...]:
    return d, dtypes.int64


_EXTREMES = {"supports": "buif", "outs": _values_and_indices, "inplace": False, "exact": True}


@scan(_extreme_so_far(True), returns=return_type("cummax", "values indices")._make, **_EXTREMES)
def cummax(input, dim):
    """(values, indices): the largest element so far along `dim`, and its last position."""


@scan(_extreme_so_far(False), returns=return_type("cummin", "values indices")._make, **_EXTREMES)
def cummin(input, dim):
    """(values, indices): the smallest element so far along `dim`, and its last position."""


def _extreme_backward(grad, result1, dim, input_meta):
    return grad if input_meta.ndim == 0 else grad.new_zeros(input_meta.shape).scatter_add(dim, result1, grad)


cummax.derivative(_extreme_backward)
cummin.derivative(_extreme_backward)
