"""Comparisons, logic and bits of elements."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ..families.composites import composite
from ..families.declare import EITHER, NONE
from ..families.maps import pointwise
from ..families.types import BOOL, expect_tensors, result_dtype
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


@pointwise(supports=INTEGRAL, cost=0.05, exact=True)
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


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05, inplace=False, exact=True, error=RuntimeError)
def isposinf(input):
    """Whether an element is +infinity."""
    return m.isinf(input) & (input > 0)


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05, inplace=False, exact=True, error=RuntimeError)
def isneginf(input):
    """Whether an element is -infinity."""
    return m.isinf(input) & (input < 0)


@pointwise(promotes=BOOL, supports=NO_COMPLEX, cost=0.05, inplace=False, exact=True)
def signbit(input):
    """Whether the sign bit is set (also of -0.0)."""
    return m.signbit(input)


def _same_type(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    kinds = {part.dtype for part in key.values()}
    check(len(kinds) == 1, "heaviside is not yet implemented for tensors with different dtypes.")
    check(not common.is_complex, "heaviside is not yet implemented for complex tensors.")
    return common


@pointwise(supports=NO_COMPLEX, cost=0.1, numbers=NONE, into_dtype=_same_type, exact=True)
def heaviside(input, values):
    """0 below 0, 1 above, and `values` at 0. Both must have one type."""
    return m.where(input == 0, values, m.convert(input > 0, m.type_of(input)))


# half-precision types as they are computed in: the bit of the last place of normal numbers, the largest number below
# the subnormals' binade (from there on down the steps are equal), the smallest number, the largest
_STEPS = {"float16": (1 << 13, 2.0**-14, 2.0**-24, 65504.0), "bfloat16": (1 << 16, 0.0, 2.0**-133, None)}


@pointwise(supports="f", cost=0.5, numbers=NONE, public=False)
def nextafter(input, other, half=""):
    type = m.type_of(input)
    bits, sign = ("u64", 1 << 63) if type == "f64" else ("u32", 1 << 31)
    unit, even, smallest, largest = _STEPS.get(half, (1, 0.0, 2.0**-1074 if type == "f64" else 2.0**-149, None))
    start, toward = m.bitcast(input, bits), other > input
    moved = m.bitcast(m.where(toward == (input > 0), start + unit, start - unit), type)
    if even:
        moved = m.where(m.abs(input) <= even,
                        m.copysign(input + m.where(toward, smallest, m.constant(input, -smallest)), input), moved)
    moved = m.where(input == 0, m.where(toward, smallest, m.constant(input, -smallest)), moved)
    if largest is not None:
        moved = m.where(m.isinf(input), m.copysign(m.constant(input, largest), input), moved)
    return m.where(m.isnan(input) | m.isnan(other), input + other, m.where(input == other, other, moved))


@heaviside.derivative
def _(grad):
    check(False, "derivative for aten::heaviside is not implemented")


heaviside.node_name = "NotImplemented"


@nextafter.derivative
def _(grad, input, other):
    return m.where(input == other, 0, grad), m.zero(grad)


def _next(plain: Any, name: str) -> Any:
    def after(input, other, *, out=None):
        expect_tensors(name, input=input, other=other)
        common = result_dtype([input.meta, other.meta]).name
        half = common if common in _STEPS else ""
        return plain(input, other, half) if out is None else plain(input, other, half, out=out)

    after.__name__ = after.__qualname__ = name
    after.__doc__ = "The next floating-point number after `input` towards `other`."
    return composite(after, out=not name.endswith("_"))


nextafter, nextafter_ = _next(nextafter, "nextafter"), _next(nextafter.inplace(), "nextafter_")
