"""Comparisons, logic and bits of elements."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ..families.declare import EITHER, NONE
from ..families.maps import pointwise
from ..families.types import BOOL
from .arithmetic import INTEGRAL, NO_COMPLEX, STORED


@pointwise(supports=STORED, promotes=BOOL, cost=0.05)
def eq(input, other):
    """Whether elements are equal (NaN is equal to nothing)."""
    return input == other


@pointwise(supports=STORED, promotes=BOOL, cost=0.05)
def ne(input, other):
    """Whether elements differ."""
    return input != other


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05)
def lt(input, other):
    """Whether `input < other`."""
    return input < other


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05)
def le(input, other):
    """Whether `input <= other`."""
    return input <= other


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05)
def gt(input, other):
    """Whether `input > other`."""
    return input > other


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05)
def ge(input, other):
    """Whether `input >= other`."""
    return input >= other


@pointwise(promotes=BOOL, cost=0.05, numbers=NONE)
def logical_and(input, other):
    """Whether both are true (not 0)."""
    return (input != 0) & (other != 0)


@pointwise(promotes=BOOL, cost=0.05, numbers=NONE)
def logical_or(input, other):
    """Whether one or both are true (not 0)."""
    return (input != 0) | (other != 0)


@pointwise(promotes=BOOL, cost=0.05, numbers=NONE)
def logical_xor(input, other):
    """Whether exactly one is true (not 0)."""
    return (input != 0) ^ (other != 0)


@pointwise(promotes=BOOL, cost=0.05)
def logical_not(input):
    """Whether an element is 0."""
    return input == 0


@pointwise(supports=INTEGRAL, cost=0.05, numbers=EITHER)
def bitwise_and(input, other):
    """`input & other` of integers, logical of bools."""
    return input & other


@pointwise(supports=INTEGRAL, cost=0.05, numbers=EITHER)
def bitwise_or(input, other):
    """`input | other` of integers, logical of bools."""
    return input | other


@pointwise(supports=INTEGRAL, cost=0.05, numbers=EITHER)
def bitwise_xor(input, other):
    """`input ^ other` of integers, logical of bools."""
    return input ^ other


@pointwise(supports=INTEGRAL, cost=0.05)
def bitwise_not(input):
    """`~input` of integers, logical of bools."""
    return ~input


@pointwise(supports="ui", cost=0.05, numbers=EITHER)
def bitwise_left_shift(input, other):
    """`input << other`; a shift outside 0 .. bits-1 gives 0."""
    return m.shift_left(input, other)


@pointwise(supports="ui", cost=0.05, numbers=EITHER)
def bitwise_right_shift(input, other):
    """`input >> other` (arithmetic); a shift outside 0 .. bits-1 gives the sign."""
    return m.shift_right(input, other)


@pointwise(supports=STORED, promotes=BOOL, cost=0.05)
def isnan(input):
    """Whether an element is NaN."""
    return m.isnan(input)


@pointwise(promotes=BOOL, cost=0.05)
def isinf(input):
    """Whether an element is infinite."""
    return m.isinf(input)


@pointwise(promotes=BOOL, cost=0.05)
def isfinite(input):
    """Whether an element is neither infinite nor NaN."""
    return m.isfinite(input)


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05, error=RuntimeError)
def isposinf(input):
    """Whether an element is +infinity."""
    return m.isinf(input) & (input > 0)


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05, error=RuntimeError)
def isneginf(input):
    """Whether an element is -infinity."""
    return m.isinf(input) & (input < 0)


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05)
def signbit(input):
    """Whether the sign bit is set (also of -0.0)."""
    return m.signbit(input)


def _same_type(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    kinds = {part.dtype for part in key.values()}
    check(len(kinds) == 1, "heaviside is not yet implemented for tensors with different dtypes.")
    check(not common.is_complex, "heaviside is not yet implemented for complex tensors.")
    return common


@pointwise(supports=NO_COMPLEX, cost=0.1, numbers=NONE, into_dtype=_same_type)
def heaviside(input, values):
    """0 below 0, 1 above, and `values` at 0. Both must have one type."""
    return m.where(input == 0, values, m.convert(input > 0, m.type_of(input)))


@pointwise(supports="f", cost=0.5, numbers=NONE)
def nextafter(input, other):
    """The next floating-point number after `input` towards `other`."""
    wide = m.type_of(input) == "f64"
    bits, sign = ("u64", 1 << 63) if wide else ("u32", 1 << 31)
    start, goal = m.bitcast(input, bits), m.bitcast(other, bits)
    grows = (input < other) == (input > 0)
    moved = m.where(input == 0, (goal & sign) | 1, m.where(grows, start + 1, start - 1))
    return m.where(m.isnan(input) | m.isnan(other), input + other, m.where(input == other, other, m.bitcast(moved, m.type_of(input))))


heaviside.nondifferentiable()


@nextafter.derivative
def _(grad, input, other):
    return m.where(input == other, 0, grad), m.zero(grad)
