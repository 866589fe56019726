"""Rounding, and signs."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ..families.composites import composite
from ..families.maps import pointwise
from ..families.types import INT_TO_FLOAT
from .arithmetic import REAL


def _rounding(name: str, text: str):
    def body(input):
        return getattr(m, name)(input) if m.is_float(input) else input

    body.__name__, body.__doc__, body.__qualname__ = name, text, name
    op = pointwise(supports="uif", cost=0.05, exact=True)(body)

    @op.derivative
    def _(grad):
        return m.zero(grad)

    return op


floor = _rounding("floor", "The largest integer not above each element.")
ceil = _rounding("ceil", "The smallest integer not below each element.")
trunc = _rounding("trunc", "The integer part of each element.")


def _rounded_dtype(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    check(not isinstance(key["decimals"], float), "round(): argument 'decimals' must be int, not float",
          error=TypeError)
    check(key["decimals"] is None or not common.is_integral, '"round" with decimals not implemented for \'{}\'',
          common.title, error=NotImplementedError)
    return common


@pointwise(supports=REAL, operands=("input",), scalars=(), cost=0.1, into_dtype=_rounded_dtype, exact=True)
def round(input, *, decimals=None):
    """The nearest integer, halves to even; with `decimals`, the nearest multiple of 10**-decimals."""
    if not m.is_float(input):
        return input
    if not decimals:
        return m.rint(input)
    scale = 10.0 ** (decimals if decimals > 0 else -decimals)
    return m.rint(input * scale) / scale if decimals > 0 else m.rint(input / scale) * scale


@round.derivative
def _(grad):
    return m.zero(grad)


@composite
def special_round(input, *, decimals=0):
    """`round` of floating-point numbers."""
    return round(input, decimals=decimals)


@pointwise(supports="f", cost=0.05, exact=True)
def frac(input):
    """The fractional part, with the sign of the element."""
    return input - m.trunc(input)


@frac.derivative
def _(grad):
    return grad


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=0.05)
def copysign(input, other):
    """`input` with the sign of `other`."""
    return m.copysign(input, other)


@copysign.derivative
def _(grad, input, other):
    return grad * m.sign(input) * m.copysign(m.where(input == input, 1.0, 1.0 + input), other), m.zero(grad)
