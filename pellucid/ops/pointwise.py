"""Operators that compute each element by itself: arithmetic, comparison, logic, mathematical functions.

Each is one declaration: a scalar body, and its derivative where it has one. Bodies use Python's operators and `m` (codegen.math)
only, so that one text is kernel, formula under `create_graph`, and oracle. A gradient is written for one element; broadcasting,
types and summing back to an input's shape are not its business.
"""

from __future__ import annotations

import math
from typing import Any

from .. import dtypes
from ..check import check
from ..codegen import math as m
from ..core.meta import Meta
from .copy import check_number, masked_apart
from .family import ANY, BOOL, COMPLEX_TO_REAL, EITHER, INT_TO_FLOAT, NONE, REGISTRY, composite, expect_tensors, pointwise, register, result_dtype

builtin_complex, any_of, all_of = complex, any, all
ALL, NO_COMPLEX, INTEGRAL, FLOATING, NO_BOOL, REAL = "buifc", "buif", "bui", "fc", "uifc", "uif"
STORED = ALL + "s"                   # no arithmetic: what types that are only stored can do too


# ---- arithmetic -------------------------------------------------------------------------------------------------------------------

def expect_fit(number: Any, *operands: Any) -> None:
    """RuntimeError if a number is one that the type of an operation of these operands cannot hold: kernels would wrap it, silently."""
    if isinstance(number, (int, float)) and not -128 <= number <= 127:             # these any type holds (unsigned ones wrap negative numbers)
        check_number(number, result_dtype([x.meta if hasattr(x, "meta") else type(x) for x in operands if x is not None]))


def _with_alpha(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    alpha = key["alpha"]
    check(alpha is not bool or common is dtypes.bool, "Boolean alpha only supported for Boolean results.")
    check(alpha is not float or not common.is_integral, "For integral input tensors, argument alpha must not be a floating point number.")
    check(alpha is not builtin_complex or common.is_complex, "For non-complex input tensors, argument alpha must not be a complex number.")
    return common


def _subtracted(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    for part in (key["input"], key["other"]):
        check(part is not bool and not (isinstance(part, Meta) and part.dtype is dtypes.bool), "Subtraction, the `-` operator, with a bool tensor is "
              "not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.")
    return _with_alpha(key, common)


@pointwise(cost=0.05, numbers=ANY, into_dtype=_with_alpha)
def add(input, other, *, alpha=1):
    """`input + alpha * other`, elementwise with broadcasting and type promotion."""
    return input + other * alpha


@add.derivative
def _(grad, alpha):
    return grad, grad * alpha


@pointwise(cost=0.05, numbers=ANY, into_dtype=_subtracted)
def sub(input, other, *, alpha=1):
    """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
    return input - other * alpha


@sub.derivative
def _(grad, alpha):
    return grad, -grad * alpha


@pointwise(cost=0.05, numbers=ANY)
def mul(input, other):
    """`input * other`, elementwise with broadcasting and type promotion."""
    return input * other


@mul.derivative("input")
def _(grad, other):
    return grad * m.conj(other)


@mul.derivative("other")
def _(grad, input):
    return grad * m.conj(input)


@pointwise(promotes=INT_TO_FLOAT, cost=0.1, numbers=ANY)
def true_divide(input, other):
    """`input / other`; integers divide as floating-point numbers."""
    return input / other


@true_divide.derivative("input")
def _(grad, other):
    return grad / m.conj(other)


@true_divide.derivative("other")
def _(grad, input, other):
    return -grad * m.conj(input / other / other)


@pointwise(supports=REAL, numbers=ANY)
def floor_divide(input, other):
    """The quotient rounded towards minus infinity. Raises RuntimeError where an integer divisor is 0."""
    return m.floor_div(input, other)


@pointwise(supports=REAL, numbers=ANY)
def trunc_divide(input, other):
    """The quotient rounded towards zero. Raises RuntimeError where an integer divisor is 0."""
    return m.trunc_div(input, other)


@floor_divide.derivative
def _(grad):
    return m.zero(grad), m.zero(grad)


@trunc_divide.derivative
def _(grad):
    return m.zero(grad), m.zero(grad)


@pointwise(supports=REAL, numbers=EITHER)
def remainder(input, other):
    """Python's modulus: the result has the sign of `other`. Raises RuntimeError where an integer divisor is 0."""
    return m.remainder(input, other)


@remainder.derivative("input")
def _(grad):
    return grad


@remainder.derivative("other")
def _(grad, input, other):
    return -grad * m.floor_div(input, other)


@pointwise(supports=REAL)
def fmod(input, other):
    """C's fmod: the result has the sign of `input`. Raises RuntimeError where an integer divisor is 0."""
    return m.fmod(input, other)


@fmod.derivative("input")
def _(grad):
    return grad


@fmod.derivative("other")
def _(grad, input, other):
    return -grad * m.trunc_div(input, other)


@pointwise(supports=NO_BOOL, cost=1.5, numbers=EITHER, public=False)
def pow(input, exponent):
    """`input ** exponent`, elementwise with broadcasting and type promotion."""
    return m.pow(input, exponent)


@pow.derivative("input")
def _(grad, input, exponent):
    return grad * m.conj(m.where(exponent == 0, 0.0, exponent * m.pow(input, exponent - 1)))


@pow.derivative("exponent")
def _(grad, input, exponent, result):
    return grad * m.conj(m.where((input == 0) & (exponent == exponent), m.where(m.real(exponent) >= 0, 0.0, result * m.log(input)), result * m.log(input)))


def _power(plain: Any, name: str) -> Any:
    def power(input, exponent):
        if type(exponent) is int and not 0 <= exponent < 128 and hasattr(input, "meta") and input.meta.dtype.is_integral:
            check(exponent >= 0, "Integers to negative integer powers are not allowed.")
            check_number(exponent, input.meta.dtype)
        return plain(input, exponent)

    power.__name__ = power.__qualname__ = name
    power.__doc__ = plain.__doc__
    return composite(power)


pow, pow_ = _power(pow, "pow"), _power(pow.inplace(), "pow_")


@pointwise(supports=NO_BOOL, cost=0.05, error=RuntimeError)
def neg(input):
    """`-input`."""
    return -input


@neg.derivative
def _(grad):
    return -grad


@pointwise(promotes=COMPLEX_TO_REAL, supports=NO_BOOL, cost=0.05)
def abs(input):
    """The absolute value; of a complex number its length."""
    return m.abs(input)


@abs.derivative
def _(grad, input):
    return grad * m.sgn(input)


_abs_ = REGISTRY["abs_"]


@composite
def abs_(input):
    """`abs`, written over the input. Complex tensors raise: the result is real."""
    check(not input.meta.dtype.is_complex, "In-place abs is not supported for complex tensors.")
    return _abs_(input)


@pointwise(supports=NO_COMPLEX, cost=0.1)
def sign(input):
    """-1, 0 or 1 by the sign of each element; NaN gives 0."""
    return m.sign(input)


@sign.derivative
def _(grad):
    return m.zero(grad)


@pointwise(cost=0.2)
def sgn(input):
    """The sign; of a complex number `z / |z|`, and 0 where z is 0."""
    return m.sgn(input)


@sgn.derivative
def _(grad, input, result):
    length = m.abs(input)
    turned = m.where(length == 0, 0.0, (grad - result * m.real(grad * m.conj(result))) / m.where(length == 0, 1.0, length))
    return turned if m.is_complex(input) else grad * 0.0


@pointwise(cost=0.05, into_dtype=lambda key, common: dtypes.int64 if common is dtypes.bool else common)
def square(input):
    """`input * input`."""
    return input * input


@square.derivative
def _(grad, input):
    return grad * m.conj(input * 2)


@pointwise(promotes=INT_TO_FLOAT, cost=0.1)
def reciprocal(input):
    """`1 / input`."""
    return m.reciprocal(input)


@reciprocal.derivative
def _(grad, result):
    return -grad * m.conj(result * result)


@pointwise(promotes=INT_TO_FLOAT, cost=0.2)
def sqrt(input):
    """The square root."""
    return m.sqrt(input)


@sqrt.derivative
def _(grad, result):
    return grad / m.conj(result * 2)


@pointwise(promotes=INT_TO_FLOAT, cost=0.2)
def rsqrt(input):
    """`1 / sqrt(input)`."""
    return m.rsqrt(input)


@rsqrt.derivative
def _(grad, result):
    return grad * m.conj(result * result * result) * -0.5


def _lerp_dtype(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    d = key["input"].dtype
    check(d.kind in FLOATING, '"lerp" not implemented for \'{}\'', d.title, error=NotImplementedError)
    for name in ("end", "weight"):
        given = key[name].dtype if isinstance(key[name], Meta) else d
        check(given is d, "expected dtype {} for `{}` but got dtype {}", d, name, given)
    return common


@pointwise(supports=FLOATING, cost=0.1, numbers="weight", into_dtype=_lerp_dtype)
def lerp(input, end, weight):
    """`input + weight * (end - input)`, from the nearer end."""
    far = m.abs(weight) < 0.5
    return m.where(far, input + weight * (end - input), end - (end - input) * (1 - weight))


@lerp.derivative("input")
def _(grad, weight):
    return grad * m.conj(1 - weight)


@lerp.derivative("end")
def _(grad, weight):
    return grad * m.conj(weight)


@lerp.derivative("weight")
def _(grad, input, end):
    return grad * m.conj(end - input)


@pointwise(cost=0.1, scalars=("value",), numbers=NONE)
def addcmul(input, tensor1, tensor2, *, value=1):
    """`input + value * tensor1 * tensor2`."""
    return input + tensor1 * tensor2 * value


# PyTorch checks the negated factor of a subtraction
add.fitting, addcmul.fitting, sub.fitting = check_number, check_number, lambda alpha, dtype: check_number(-alpha, dtype)


@addcmul.derivative("input")
def _(grad):
    return grad


@addcmul.derivative("tensor1")
def _(grad, tensor2, value):
    return grad * m.conj(tensor2 * value)


@addcmul.derivative("tensor2")
def _(grad, tensor1, value):
    return grad * m.conj(tensor1 * value)


@pointwise(cost=0.1, scalars=("value",), supports=FLOATING, numbers=NONE, error=RuntimeError)
def addcdiv(input, tensor1, tensor2, *, value=1):
    """`input + value * tensor1 / tensor2`."""
    return input + tensor1 / tensor2 * value


@addcdiv.derivative("input")
def _(grad):
    return grad


@addcdiv.derivative("tensor1")
def _(grad, tensor2, value):
    return grad * m.conj(value / tensor2)


@addcdiv.derivative("tensor2")
def _(grad, tensor1, tensor2, value):
    return -grad * m.conj(tensor1 / tensor2 / tensor2 * value)


# ---- comparison and logic -----------------------------------------------------------------------------------------------------------

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
def _(grad):
    return grad, m.zero(grad)


# ---- selection ------------------------------------------------------------------------------------------------------------------------

@pointwise(supports=STORED, keep=("condition",), cost=0.05, operands=("condition", "input", "other"), public=False, exact=True)
def where(condition, input, other):
    """`input` where the condition holds, else `other`."""
    return m.where(m.true(condition), input, other)


@where.derivative
def _(grad, condition):
    return None, m.where(m.true(condition), grad, 0), m.where(m.true(condition), 0, grad)


def _filled_dtype(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    value, d = key["value"], key["input"].dtype
    check(not isinstance(value, Meta) or value.ndim == 0, "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
          value.ndim if isinstance(value, Meta) else 0)
    check(key["mask"].dtype is dtypes.bool, "masked_fill_ only supports boolean masks, but got mask with dtype {}", key["mask"].dtype)
    check(value is not builtin_complex and not (isinstance(value, Meta) and value.dtype.is_complex) or d.is_complex,
          "value cannot be converted to type {} without overflow", d)
    return d


@pointwise(keep=("mask",), operands=("input", "mask", "value"), cost=0.05, into_dtype=_filled_dtype, numbers="value", contiguous=True)
def masked_fill(input, mask, value):
    """`value` where the mask is true, else `input`."""
    return m.where(m.true(mask), value, input)


@masked_fill.derivative
def _(grad, mask):
    return m.where(m.true(mask), 0, grad), None, m.where(m.true(mask), grad, 0)


def _filled(plain: Any, name: str) -> Any:
    def fill(input, mask, value):
        if hasattr(input, "meta"):
            if not hasattr(value, "meta"):
                expect_fit(value, input)
            elif value.storage is input.storage:           # x[x > 2] = x[1]: the number that is there now
                value = value.clone()
        return plain(input, mask, value)

    fill.__name__ = fill.__qualname__ = name
    fill.__doc__ = plain.__doc__
    return composite(fill)


masked_fill, masked_fill_ = _filled(masked_fill, "masked_fill"), _filled(masked_apart(masked_fill.inplace()), "masked_fill_")


@pointwise(supports=NO_COMPLEX, cost=0.05, numbers=NONE)
def maximum(input, other):
    """The larger element; NaN wins."""
    return m.maximum(input, other)


@maximum.derivative
def _(grad, input, other):
    half = m.where(input == other, grad / 2, grad)
    return m.where(input < other, 0, half), m.where(input > other, 0, half)


@pointwise(supports=NO_COMPLEX, cost=0.05, numbers=NONE)
def minimum(input, other):
    """The smaller element; NaN wins."""
    return m.minimum(input, other)


@minimum.derivative
def _(grad, input, other):
    half = m.where(input == other, grad / 2, grad)
    return m.where(input > other, 0, half), m.where(input < other, 0, half)


@pointwise(supports=NO_COMPLEX, cost=0.05, numbers=NONE)
def fmax(input, other):
    """The larger element; a number wins over NaN."""
    return m.fmax(input, other)


@fmax.derivative
def _(grad, input, other):
    mine = (input >= other) | m.isnan(other)
    return m.where(mine, grad, 0), m.where(mine, 0, grad)


@pointwise(supports=NO_COMPLEX, cost=0.05, numbers=NONE)
def fmin(input, other):
    """The smaller element; a number wins over NaN."""
    return m.fmin(input, other)


@fmin.derivative
def _(grad, input, other):
    mine = (input <= other) | m.isnan(other)
    return m.where(mine, grad, 0), m.where(mine, 0, grad)


def _clamp_dtype(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    bounds = [part for part in (key["min"], key["max"]) if part is not None]
    check(bounds, "torch.clamp: At least one of 'min' or 'max' must not be None")
    check(len({isinstance(part, Meta) for part in bounds}) == 1, "clamp() received an invalid combination of arguments: 'min' and 'max' must both be "
          "Tensors, or both Numbers", error=TypeError)
    return common


@pointwise(supports=NO_COMPLEX, operands=("input", "min", "max"), cost=0.05, into_dtype=_clamp_dtype)
def clamp(input, min=None, max=None):
    """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
    if min is not None:
        input = m.maximum(input, min)
    return input if max is None else m.minimum(input, max)


@clamp.derivative
def _(grad, input, min, max):
    low = None if min is None else input < min
    high = None if max is None else input > max
    inside = low if high is None else high if low is None else low | high
    below = None if min is None else m.where(low if max is None else low & (min < max), grad, 0)
    above = None if max is None else m.where(high if min is None else high | (max < min), grad, 0)
    return m.where(inside, 0, grad), below, above


def _clamped(plain: Any, name: str) -> Any:
    def clamp(input, min=None, max=None, *, out=None):
        if hasattr(input, "meta"):
            expect_fit(min, input, min, max)
            expect_fit(max, input, min, max)
        if out is None:
            return plain(input, min, max)
        numbers = [bound for bound in (min, max) if isinstance(bound, (int, float))]
        if numbers and hasattr(out, "meta"):
            wanted = result_dtype([input.meta, *map(type, numbers)])
            check(out.meta.dtype is wanted, "Found dtype {} but expected {}", out.meta.dtype.title, wanted.title)
        return plain(input, min, max, out=out)

    clamp.__name__ = clamp.__qualname__ = name
    clamp.__doc__ = plain.__doc__
    return composite(clamp)


clamp, clamp_ = _clamped(clamp, "clamp"), _clamped(clamp.inplace(), "clamp_")


@pointwise(supports="buif", operands=("input",), scalars=("nan", "posinf", "neginf"), cost=0.1, public=False)
def nan_to_num(input, nan=0.0, posinf=0.0, neginf=0.0):
    if not m.is_float(input):
        return input
    return m.where(m.isnan(input), nan, m.where(m.isinf(input), m.where(input > 0, posinf, neginf), input))


@nan_to_num.derivative
def _(grad, input):
    return m.where(m.isfinite(input), grad, 0)


def _finite(plain: Any, name: str) -> Any:
    def replaced(input, nan=None, posinf=None, neginf=None):
        d = input.meta.dtype
        if d.is_complex:
            parts = replaced(REGISTRY["view_as_real"](input), nan, posinf, neginf)
            return input if name.endswith("_") else REGISTRY["view_as_complex"](parts)
        largest = dtypes.finfo(d).max if d.is_floating_point else 0.0          # the kernel computes in a wider type than 2 bytes
        return plain(input, 0.0 if nan is None else nan, largest if posinf is None else posinf, -largest if neginf is None else neginf)

    replaced.__name__ = replaced.__qualname__ = name
    replaced.__doc__ = "NaN and infinities replaced, by default by 0 and the largest finite numbers."
    return composite(replaced)


nan_to_num, nan_to_num_ = _finite(nan_to_num, "nan_to_num"), _finite(nan_to_num.inplace(), "nan_to_num_")


# ---- rounding -----------------------------------------------------------------------------------------------------------------------

def _rounding(name: str, text: str):
    def body(input):
        return getattr(m, name)(input) if m.is_float(input) else input

    body.__name__, body.__doc__, body.__qualname__ = name, text, name
    op = pointwise(supports="uif", cost=0.05)(body)

    @op.derivative
    def _(grad):
        return m.zero(grad)

    return op


floor = _rounding("floor", "The largest integer not above each element.")
ceil = _rounding("ceil", "The smallest integer not below each element.")
trunc = _rounding("trunc", "The integer part of each element.")


def _rounded_dtype(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    check(key["decimals"] is None or not common.is_integral, '"round" with decimals not implemented for \'{}\'', common.title, error=NotImplementedError)
    return common


@pointwise(supports=REAL, operands=("input",), scalars=(), cost=0.1, into_dtype=_rounded_dtype)
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


@pointwise(supports="f", cost=0.05)
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


# ---- functions ------------------------------------------------------------------------------------------------------------------------

def _function(name: str, text: str, derivative, supports: str = FLOATING, cost: float = 1.0):
    """A function of one number: the body is codegen.math's."""
    def body(input):
        return getattr(m, name)(input)

    body.__name__, body.__doc__, body.__qualname__ = name, text, name
    op = pointwise(promotes=INT_TO_FLOAT, supports=supports, cost=cost)(body)
    op.derivative(derivative)
    return op


exp = _function("exp", "e to the power of each element.", lambda grad, result: grad * m.conj(result), cost=0.6)
expm1 = _function("expm1", "`exp(x) - 1`, accurate near 0.", lambda grad, result: grad * m.conj(result + 1))
exp2 = _function("exp2", "2 to the power of each element.", lambda grad, result: grad * m.conj(result * math.log(2)), cost=0.6)
log = _function("log", "The natural logarithm.", lambda grad, input: grad / m.conj(input))
log1p = _function("log1p", "`log(1 + x)`, accurate near 0.", lambda grad, input: grad / m.conj(input + 1))
log2 = _function("log2", "The logarithm to base 2.", lambda grad, input: grad / m.conj(input * math.log(2)))
log10 = _function("log10", "The logarithm to base 10.", lambda grad, input: grad / m.conj(input * math.log(10)))
sin = _function("sin", "The sine (radians).", lambda grad, input: grad * m.conj(m.cos(input)))
cos = _function("cos", "The cosine (radians).", lambda grad, input: -grad * m.conj(m.sin(input)))
tan = _function("tan", "The tangent (radians).", lambda grad, result: grad * m.conj(result * result + 1))
asin = _function("asin", "The angle whose sine each element is.", lambda grad, input: grad * m.conj(m.rsqrt(1 - input * input)))
acos = _function("acos", "The angle whose cosine each element is.", lambda grad, input: -grad * m.conj(m.rsqrt(1 - input * input)))
atan = _function("atan", "The angle whose tangent each element is.", lambda grad, input: grad / m.conj(input * input + 1))
sinh = _function("sinh", "The hyperbolic sine.", lambda grad, input: grad * m.conj(m.cosh(input)))
cosh = _function("cosh", "The hyperbolic cosine.", lambda grad, input: grad * m.conj(m.sinh(input)))
asinh = _function("asinh", "The inverse of sinh.", lambda grad, input: grad * m.conj(m.rsqrt(input * input + 1)))
acosh = _function("acosh", "The inverse of cosh.", lambda grad, input: grad * m.conj(m.rsqrt(input - 1) * m.rsqrt(input + 1)))
atanh = _function("atanh", "The inverse of tanh.", lambda grad, input: grad / m.conj(1 - input * input))
erf = _function("erf", "The error function.", lambda grad, input: grad * m.exp(-input * input) * (2 / math.sqrt(math.pi)), "f")
erfc = _function("erfc", "`1 - erf(x)`, accurate for large x.", lambda grad, input: grad * m.exp(-input * input) * (-2 / math.sqrt(math.pi)), "f")
sigmoid = _function("sigmoid", "`1 / (1 + exp(-x))`.", lambda grad, result: grad * m.conj((1 - result) * result))


@pointwise(promotes=INT_TO_FLOAT)
def tanh(input):
    """The hyperbolic tangent of each element."""
    return m.tanh(input)


@tanh.derivative
def _(grad, result):                               # names `result`, so `input` is free to die
    return grad * m.conj(1 - result * result)


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.5, numbers=NONE)
def atan2(input, other):
    """The angle of the point (other, input), from -pi to pi."""
    return m.atan2(input, other)


@atan2.derivative
def _(grad, input, other):
    length = input * input + other * other
    share = m.where(length == 0, 0.0, grad / length)         # 0 where the angle is not defined, as for PyTorch
    return share * other, -share * input


def log_add_exp(a, b):
    """`log(exp(a) + exp(b))` of two values in a kernel; the larger real part leads."""
    swap = m.real(a) < m.real(b)
    high, low = m.where(swap, b, a), m.where(swap, a, b)
    if not m.is_complex(a):
        high = m.maximum(a, b)
        return m.where(m.isinf(high) & (a == b), high, high + m.log1p(m.exp(-m.abs(a - b))))
    return m.where(m.isinf(m.real(high)) & (m.real(a) == m.real(b)), high, high + m.log(m.exp(low - high) + 1))


@pointwise(supports=FLOATING, cost=2.0, numbers=NONE)
def logaddexp(input, other):
    """`log(exp(input) + exp(other))` without overflow."""
    return log_add_exp(input, other)


@logaddexp.derivative
def _(grad, input, other, result):
    return grad * m.conj(m.exp(input - result)), grad * m.conj(m.exp(other - result))


@pointwise(supports="f", cost=2.0, numbers=NONE)
def logaddexp2(input, other):
    """`log2(2**input + 2**other)` without overflow."""
    larger = m.maximum(input, other)
    return m.where(m.isinf(larger) & (input == other), larger, larger + m.log1p(m.exp2(-m.abs(input - other))) * (1 / math.log(2)))


@logaddexp2.derivative
def _(grad, input, other, result):
    return grad * m.exp2(input - result), grad * m.exp2(other - result)


@pointwise(supports="f", cost=0.5, numbers=NONE)
def hypot(input, other):
    """`sqrt(input**2 + other**2)` without overflow."""
    return m.hypot(input, other)


@hypot.derivative
def _(grad, input, other, result):
    return grad * (input / result), grad * (other / result)


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.0, numbers=EITHER)
def xlogy(input, other):
    """`input * log(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
    return m.where(m.isnan(other), other, m.where(input == 0, 0.0, input * m.log(other)))


@xlogy.derivative
def _(grad, input, other):
    return m.where((input == 0) & (other <= 0), 0.0, grad * m.log(other)), grad * input / other


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.0, numbers=EITHER)
def special_xlog1py(input, other):
    """`input * log1p(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
    return m.where(m.isnan(other), other, m.where(input == 0, 0.0, input * m.log1p(other)))


@special_xlog1py.derivative
def _(grad, input, other):
    return m.where((input == 0) & (other <= -1), 0.0, grad * m.log1p(other)), grad * input / (other + 1)


@pointwise(promotes=INT_TO_FLOAT, cost=2.0)
def sinc(input):
    """`sin(pi * x) / (pi * x)`, and 1 where x is 0."""
    turned = input * math.pi
    return m.where(input == 0, 1.0, m.sin(turned) / turned)


@sinc.derivative
def _(grad, input):
    turned = input * math.pi
    slope = (turned * m.cos(turned) - m.sin(turned)) / (turned * input)
    return m.where(turned * turned == 0, 0.0, grad * m.conj(slope))


def _scaling(name: str, text: str, factor: float):
    def body(input):
        return input * factor

    body.__name__, body.__doc__, body.__qualname__ = name, text, name
    op = pointwise(promotes=INT_TO_FLOAT, supports="f", cost=0.05, error=RuntimeError)(body)

    @op.derivative
    def _(grad):
        return grad * factor

    return op


deg2rad = _scaling("deg2rad", "Degrees as radians.", math.pi / 180)
rad2deg = _scaling("rad2deg", "Radians as degrees.", 180 / math.pi)


@pointwise(promotes=INT_TO_FLOAT, supports="f", scalars=(), operands=("input",), cost=1.0)
def logit(input, eps=None):
    """`log(x / (1 - x))`, x first limited to eps .. 1 - eps if `eps` is given."""
    if eps is not None:
        input = m.minimum(m.maximum(input, eps), 1 - eps)
    return m.log(input / (1 - input))


@logit.derivative
def _(grad, input, eps):
    inside = (input >= (0.0 if eps is None else eps)) & (input <= (1.0 if eps is None else 1 - eps))
    return m.where(inside, grad / (input * (1 - input)), math.nan if eps is None else 0.0)


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.0)
def special_entr(input):
    """`-x * log(x)`; 0 at 0 and -infinity below."""
    return m.where(m.isnan(input), input, m.where(input > 0, -input * m.log(input), m.where(input == 0, 0.0, -math.inf + input * 0)))


@special_entr.derivative
def _(grad, input):
    return grad * (-1 - m.log(input))


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.0)
def special_ndtr(input):
    """The area under the standard normal curve up to each element."""
    return m.erfc(input * -math.sqrt(0.5)) * 0.5


@special_ndtr.derivative
def _(grad, input):
    return grad * m.exp(input * input * -0.5) * (1 / math.sqrt(2 * math.pi))


# ---- complex numbers ---------------------------------------------------------------------------------------------------------------

@pointwise(cost=0.05, public=False)
def _conj_physical(input):
    return m.conj(input)


@_conj_physical.derivative
def _(grad):
    return m.conj(grad)


@composite
def conj_physical(input):
    """The complex conjugate, computed; a real tensor is returned as it is."""
    return _conj_physical(input) if input.meta.dtype.is_complex else input


conj_physical_ = register(_conj_physical.inplace("conj_physical_"))


@pointwise(promotes=COMPLEX_TO_REAL, cost=1.5, inplace=False, into_dtype=lambda key, common: dtypes.get_default_dtype() if common.is_integral else common)
def angle(input):
    """The angle of a complex number; of a real one 0 or pi."""
    return m.angle(input)


@angle.derivative
def _(grad, input):
    return m.angle_gradient(grad, input)


def _pair_dtype(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    given = [part.dtype for part in key.values()]
    titles = [d.title for d in given]
    check(all_of(d.is_floating_point for d in given), "Expected both inputs to be Half, Float or Double tensors but got {} and {}", *titles)
    check(given[0] is given[1], "Expected object of scalar type {} but got scalar type {} for second argument", *titles)
    check(common.itemsize > 2, '"complex" not implemented for \'{}\': there are no complex numbers of half precision here', titles[0],
          error=NotImplementedError)
    return common.to_complex()


@pointwise(operands=("real", "imag"), cost=0.1, inplace=False, into_dtype=_pair_dtype, numbers=NONE, exact=True)
def complex(real, imag):
    """The complex numbers of these real and imaginary parts."""
    return m.Complex(m.real(real), m.real(imag))


@complex.derivative
def _(grad):
    return m.real(grad), m.imag(grad)


@composite
def polar(abs, angle):
    """The complex numbers of these lengths and angles."""
    expect_tensors("polar", abs=abs, angle=angle)
    return complex(mul(abs, cos(angle)), mul(abs, sin(angle)))


@composite
def isreal(input):
    """Whether the imaginary part is 0."""
    return REGISTRY["imag"](input) == 0 if input.meta.dtype.is_complex else REGISTRY["ones_like"](input, dtype=dtypes.bool)


# ---- forms of the above --------------------------------------------------------------------------------------------------------------------


def _integral(x: Any) -> bool:
    return x.meta.dtype.is_integral if hasattr(x, "meta") else isinstance(x, int)


def _guarded(op: Any, ending: str) -> Any:
    """A division that raises where an integer divisor is 0; kernels themselves do not trap."""
    plain = REGISTRY[op.__name__ + ending]
    number = op.parameters[0].numbers

    def divide(input, other, **kwargs):
        if _integral(other) and _integral(input) and (number or hasattr(input, "meta")):
            if hasattr(other, "meta"):
                zero = other.meta.device.type != "meta" and (other == 0).any().item()
            else:                                          # a number is cut to the type's bits
                d = input.meta.dtype if hasattr(input, "meta") else dtypes.bool
                zero = other & ((1 << (64 if d is dtypes.bool else 8 * d.itemsize)) - 1) == 0
            check(not zero, "ZeroDivisionError: {}: an integer divisor is 0", op.__name__ + ending)
        return plain(input, other, **kwargs)

    divide.__name__ = divide.__qualname__ = op.__name__ + ending
    divide.__doc__ = op.__doc__
    return composite(divide)


for _op in (floor_divide, trunc_divide, remainder, fmod):
    for _ending in ("", "_"):
        _guarded(_op, _ending)

def _divided(inplace: str) -> Any:
    def div(input, other, *, rounding_mode=None):
        check(rounding_mode in (None, "trunc", "floor"), "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{}'", rounding_mode)
        names = {None: "true_divide", "trunc": "trunc_divide", "floor": "floor_divide"}
        return REGISTRY[names[rounding_mode] + inplace](input, other)

    div.__name__ = div.__qualname__ = "div" + inplace
    div.__doc__ = "`input / other`; with rounding_mode=\"trunc\" or \"floor\" the quotient is rounded, and integers stay integers."
    return composite(div)


div, div_ = _divided(""), _divided("_")


@composite(inplace=True)
def ldexp(input, other):
    """`input * 2**other`."""
    expect_tensors("ldexp", input=input, other=other)
    return mul(input, pow(2.0, other))


def _widest(*operands: Any) -> Any:
    """The operands of `float_power`, tensors in double precision."""
    wide = dtypes.complex128 if any_complex(operands) else dtypes.float64
    return [x.to(wide) if hasattr(x, "meta") else x for x in operands]


def any_complex(operands: Any) -> bool:
    return any_of(x.meta.dtype.is_complex if hasattr(x, "meta") else type(x) is builtin_complex for x in operands)


@composite
def float_power(input, exponent):
    """`input ** exponent` in double precision."""
    return pow(*_widest(input, exponent))


@composite
def float_power_(input, exponent):
    """`float_power`, written over the input, which must have its type."""
    wide = dtypes.complex128 if any_complex((input, exponent)) else dtypes.float64
    check(input.meta.dtype is wide, "the base given to float_power_ has dtype {} but the operation's result requires dtype {}", input.meta.dtype, wide)
    return REGISTRY["pow_"](input, _widest(exponent)[0])


@composite
def rsub(input, other, *, alpha=1):
    """`other - alpha * input`."""
    expect_tensors("rsub", input=input)
    return sub(other, input, alpha=alpha)


@composite
def positive(input):
    """The input itself."""
    check(input.meta.dtype is not dtypes.bool, "The `+` operator, on a bool tensor is not supported.")
    return input


@composite(inplace=True)
def clamp_min(input, min):
    """Elements not below min."""
    return clamp(input, min)


@composite(inplace=True)
def clamp_max(input, max):
    """Elements not above max."""
    return clamp(input, None, max)


@composite
def isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether `|input - other| <= atol + rtol * |other|`; equal infinities are close."""
    expect_tensors("isclose", input=input, other=other)
    close = eq(input, other)
    for name, value in (("rtol", rtol), ("atol", atol)):
        check(value >= 0, "{} must be greater than or equal to zero, but got {}", name, value)
    check(input.meta.dtype is other.meta.dtype, "{} did not match {}", input.meta.dtype, other.meta.dtype)
    if input.meta.dtype is dtypes.bool:
        input, other = input.to(dtypes.uint8), other.to(dtypes.uint8)
    if equal_nan:
        close = close | (isnan(input) & isnan(other))
    if rtol == 0 and atol == 0:
        return close
    distance = abs(sub(input, other))
    return close | (isfinite(distance) & (distance <= abs(other) * rtol + atol))


@composite
def allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False):
    """Whether all elements are close (see `isclose`)."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all().item())


@composite
def equal(input, other):
    """Whether two tensors have the same shape and elements."""
    expect_tensors("equal", input=input, other=other)
    return input.meta.shape == other.meta.shape and bool((input == other).all().item())


@composite
def is_nonzero(input):
    """Whether the one element is not 0."""
    check(input.meta.numel == 1, "Boolean value of Tensor with {} is ambiguous", "no values" if input.meta.numel == 0 else "more than one value")
    return bool(input.item())


ALIASES = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg", "absolute": "abs", "clip": "clamp", "fix": "trunc", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "arctan2": "atan2", "greater": "gt",
    "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne",
}
for _alias, _name in ALIASES.items():
    for _end in ("", "_"):
        if _name + _end in REGISTRY:
            REGISTRY[_alias + _end] = REGISTRY[_name + _end]
