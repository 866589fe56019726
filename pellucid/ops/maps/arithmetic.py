"""Arithmetic of elements."""

from __future__ import annotations

import builtins
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...core.meta import Meta
from ..families.composites import composite
from ..families.declare import ANY, EITHER, NONE
from ..families.maps import pointwise
from ..families.types import COMPLEX_TO_REAL, INT_TO_FLOAT, result_dtype
from ..made.copy import check_number

ALL, NO_COMPLEX, INTEGRAL, FLOATING, NO_BOOL, REAL = "buifc", "buif", "bui", "fc", "uifc", "uif"
STORED = ALL + "s"                   # no arithmetic: what types that are only stored can do too


def expect_fit(number: Any, *operands: Any) -> None:
    """RuntimeError if a number is one that the type of an operation of these operands cannot hold: kernels would wrap
    it, silently.
    """
    # these any type holds (unsigned ones wrap negative numbers)
    if isinstance(number, (int, float)) and not -128 <= number <= 127:
        check_number(number, result_dtype([x.meta if hasattr(x, "meta") else type(x) for x in operands
                                           if x is not None]))


def _with_alpha(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    alpha = key["alpha"]
    check(alpha is not bool or common is dtypes.bool, "Boolean alpha only supported for Boolean results.")
    check(alpha is not float or not common.is_integral,
          "For integral input tensors, argument alpha must not be a floating point number.")
    check(alpha is not builtins.complex or common.is_complex,
          "For non-complex input tensors, argument alpha must not be a complex number.")
    return common


def _subtracted(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    for part in (key["input"], key["other"]):
        check(part is not bool and not (isinstance(part, Meta) and part.dtype is dtypes.bool),
              "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, "
              "use the `~` or `logical_not()` operator instead.")
    return _with_alpha(key, common)


@pointwise(cost=0.05, numbers=ANY, into_dtype=_with_alpha, linear=("input other",))
def add(input, other, *, alpha=1):
    """`input + alpha * other`, elementwise with broadcasting and type promotion."""
    return input + other * alpha


@add.derivative
def _(grad, alpha):
    return grad, grad * alpha


@pointwise(cost=0.05, numbers=ANY, into_dtype=_subtracted, linear=("input other",))
def sub(input, other, *, alpha=1):
    """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
    return input - other * alpha


@sub.derivative
def _(grad, alpha):
    return grad, -grad * alpha


@pointwise(cost=0.05, numbers=ANY, wide=("input", "other"), linear=("input", "other"))
def mul(input, other):
    """`input * other`, elementwise with broadcasting and type promotion."""
    return input * other


@mul.derivative("input")
def _(grad, other):
    return grad * m.conj(other)


@mul.derivative("other")
def _(grad, input):
    return grad * m.conj(input)


@pointwise(promotes=INT_TO_FLOAT, cost=0.1, numbers=ANY, wide=("input", "other"), linear=("input",))
def true_divide(input, other):
    """`input / other`; integers divide as floating-point numbers."""
    return input / other


true_divide.node_name = "DivBackward0"


@true_divide.derivative("input")
def _(grad, other):
    return grad / m.conj(other)


@true_divide.derivative("other")
def _(grad, input, other):
    return -grad * m.conj(input / other / other)


@pointwise(supports=REAL, numbers=ANY, wide=("other",))
def floor_divide(input, other):
    """The quotient rounded towards minus infinity. Raises RuntimeError where an integer divisor is 0."""
    return m.floor_div(input, other)


@pointwise(supports=REAL, numbers=ANY, wide=("other",))
def trunc_divide(input, other):
    """The quotient rounded towards zero. Raises RuntimeError where an integer divisor is 0."""
    return m.trunc_div(input, other)


@floor_divide.derivative
def _(grad):
    # as in PyTorch, whose div(rounding_mode="floor") has one
    check(False, "derivative for aten::floor_divide is not implemented")


floor_divide.node_name = "NotImplemented"


@pointwise(supports=REAL, numbers=ANY, public=False)
def div_floor(input, other):
    """The quotient rounded towards minus infinity, as a function that is flat where it does not jump."""
    return m.floor_div(input, other)


@div_floor.derivative
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
    return m.where(exponent == 0, m.zero(grad), grad * m.conj(exponent * m.pow(input, exponent - 1)))


@pow.derivative("exponent")
def _(grad, input, exponent, result):
    flat = (input == 0) & (m.real(exponent) >= 0)
    return grad * m.conj(m.where(flat, 0.0, result * m.log(m.where(flat, m.zero(result) + 1, input))))


@pointwise(supports=NO_BOOL, cost=0.1, operands=("input",), scalars=(), public=False)
def short_power(input, *, exponent: float):
    """`input ** exponent`, the exponent one of m.SHORT. It is part of the kernel's text."""
    return m.power(input, exponent)


@short_power.derivative
def _(grad, input, exponent):
    return grad * m.conj(m.power(input, exponent - 1) * exponent) if exponent else m.zero(grad)


short_power.node_name = "PowBackward0"


def _short(input: Any, exponent: Any) -> Any:
    """The number in m.SHORT that an exponent is, if the input's type has that power; else None."""
    if (type(exponent) is not int and type(exponent) is not float) or not hasattr(input, "meta"):
        return None
    if input.meta.dtype.is_integral and (type(exponent) is float or exponent < 0 or input.meta.dtype is dtypes.bool):
        return None
    if input.meta.dtype is dtypes.float16 and exponent in (0.5, -0.5):       # PyTorch's root of -0.0 is 0.0 there
        return None
    return m.SHORT.get(exponent)


def _power(plain: Any, short: Any, name: str) -> Any:
    def power(input, exponent, *, out=None):
        known = _short(input, exponent)
        if known is not None:
            return short(input, exponent=known) if out is None else short(input, exponent=known, out=out)
        if type(exponent) is int and not 0 <= exponent < 128 and hasattr(input,
                                                                         "meta") and input.meta.dtype.is_integral:
            check(exponent >= 0, "Integers to negative integer powers are not allowed.")
            check_number(exponent, input.meta.dtype)
        elif type(exponent) is float and hasattr(input, "meta") and input.meta.dtype.is_floating_point:
            check_number(exponent, input.meta.dtype)
        return plain(input, exponent) if out is None else plain(input, exponent, out=out)

    power.__name__ = power.__qualname__ = name
    power.__doc__ = plain.__doc__
    return composite(power)


pow, pow_ = _power(pow, short_power, "pow"), _power(pow.inplace(), short_power.inplace(), "pow_")


@pointwise(supports=NO_BOOL, cost=0.05, exact=True, error=RuntimeError, linear=("input",))
def neg(input):
    """`-input`."""
    return -input


@neg.derivative
def _(grad):
    return -grad


@pointwise(promotes=COMPLEX_TO_REAL, supports=NO_BOOL, cost=0.05, exact=True)
def abs(input):
    """The absolute value; of a complex number its length."""
    return m.abs(input)


@abs.derivative
def _(grad, input):
    return grad * m.sgn(input)


_abs_ = abs.inplace()


@composite
def abs_(input):
    """`abs`, written over the input. Complex tensors raise: the result is real."""
    check(not input.meta.dtype.is_complex, "In-place abs is not supported for complex tensors.")
    return _abs_(input)


@pointwise(supports=NO_COMPLEX, cost=0.1, exact=True)
def sign(input):
    """-1, 0 or 1 by the sign of each element; NaN gives 0."""
    return m.sign(input)


@sign.derivative
def _(grad):
    return m.zero(grad)


@pointwise(cost=0.2, exact=True)
def sgn(input):
    """The sign; of a complex number `z / |z|`, and 0 where z is 0."""
    return m.sgn(input)


@sgn.derivative
def _(grad, input, result):
    length = m.abs(input)
    turned = m.where(length == 0, 0.0,
                     (grad - result * m.real(grad * m.conj(result))) / m.where(length == 0, 1.0, length))
    return turned if m.is_complex(input) else m.zero(grad)


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
    for name in ("end", "weight"):
        part = key[name]
        given = part.dtype if isinstance(part, Meta) and (name == "end" or part.ndim) else d
        check(given is d, "expected dtype {} for `{}` but got dtype {}", d, name, given)
    check(key["weight"] is not builtins.complex or d.is_complex,
          "value cannot be converted to type {} without overflow", d.title)
    check(d.kind in FLOATING, '"lerp" not implemented for \'{}\'', d.title, error=NotImplementedError)
    weight = key["weight"]
    return common if isinstance(weight, Meta) and weight.ndim == 0 else d


@pointwise(supports=FLOATING, cost=0.1, numbers="weight", into_dtype=_lerp_dtype, wide=("weight",))
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


@pointwise(supports=NO_BOOL, cost=0.1, scalars=("value",), numbers=NONE)
def addcmul(input, tensor1, tensor2, *, value=1):
    """`input + value * tensor1 * tensor2`."""
    return input + tensor1 * tensor2 * value


# PyTorch checks the negated factor of a subtraction
add.factors = sub.factors = ("alpha",)
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


def _divided(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    check(any(key[name].dtype.kind in "fc" for name in ("tensor1", "tensor2")),
          "Integer division with addcdiv is no longer supported, and in a future release addcdiv will perform a true "
          "division of tensor1 and tensor2. Use (input + value * trunc(tensor1 / tensor2)).to(input.dtype) or make one "
          "of the two a floating-point tensor")
    return common


@pointwise(cost=0.1, scalars=("value",), supports=FLOATING, numbers=NONE, into_dtype=_divided, error=RuntimeError)
def addcdiv(input, tensor1, tensor2, *, value=1):
    """`input + value * tensor1 / tensor2`."""
    return input + tensor1 / tensor2 * value


addcmul.factors = addcdiv.factors = ("value",)
addcdiv.fitting = check_number


@addcdiv.derivative("input")
def _(grad):
    return grad


@addcdiv.derivative("tensor1")
def _(grad, tensor2, value):
    return grad * m.conj(value / tensor2)


@addcdiv.derivative("tensor2")
def _(grad, tensor1, tensor2, value):
    return -grad * m.conj(tensor1 / tensor2 / tensor2 * value)
