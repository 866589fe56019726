"""Other forms and names of maps, and what follows from several."""

from __future__ import annotations

import builtins
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...core.devices import has_data
from ..families.composites import composite
from ..families.declare import NONE, REGISTRY, register
from ..families.maps import pointwise
from ..families.types import expect_tensors
from . import functions, rounding  # noqa: F401, whose operators are given other names below
from .arithmetic import abs, div_floor, floor_divide, fmod, mul, pow, remainder, sub, trunc_divide
from .comparison import eq, isfinite, isnan
from .selection import clamp


def _integral(x: Any) -> bool:
    return x.meta.dtype.is_integral if hasattr(x, "meta") else isinstance(x, int)


def _is_bool(x: Any) -> bool:
    return x.meta.dtype is dtypes.bool if hasattr(x, "meta") else type(x) is bool


def _guarded(op: Any, ending: str, public: bool = True) -> Any:
    """A division that raises where an integer divisor is 0; kernels themselves do not trap."""
    plain = op.inplace() if ending else op
    number = op.parameters[0].numbers

    def divide(input, other, *, out=None):
        if _integral(other) and _integral(input) and (number or hasattr(input, "meta")):
            if _is_bool(input) and _is_bool(other):
                zero = False                                # which has no kernel: that is told first
            elif hasattr(other, "meta"):
                zero = (has_data(other.meta.device) and (not hasattr(input, "meta") or input.meta.numel)
                        and (other == 0).any().item())
            else:                                          # a number is cut to the type's bits
                d = input.meta.dtype if hasattr(input, "meta") else dtypes.bool
                zero = other & ((1 << (64 if d is dtypes.bool else 8 * d.itemsize)) - 1) == 0 and input.meta.numel
            check(not zero, "ZeroDivisionError: {}: an integer divisor is 0", op.__name__ + ending)
        return plain(input, other) if out is None else plain(input, other, out=out)

    divide.__name__ = divide.__qualname__ = op.__name__ + ending
    divide.__doc__ = op.__doc__
    return composite(divide, public=public)


for _op in (floor_divide, trunc_divide, remainder, fmod):
    for _ending in ("", "_"):
        _guarded(_op, _ending)


def _divided(inplace: str) -> Any:
    floored = _guarded(div_floor, inplace, public=False)

    def div(input, other, *, rounding_mode=None, out=None):
        check(rounding_mode in (None, "trunc", "floor"),
              "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{}'", rounding_mode)
        chosen = floored if rounding_mode == "floor" else REGISTRY[("trunc_divide" if rounding_mode else "true_divide")
                                                                   + inplace]
        return chosen(input, other, **({} if out is None else {"out": out}))

    div.__name__ = div.__qualname__ = "div" + inplace
    div.__doc__ = ("`input / other`; with rounding_mode=\"trunc\" or \"floor\" the quotient is rounded, and "
                   "integers stay integers.")
    return composite(div)


div, div_ = _divided(""), _divided("_")


@pointwise(supports="f", cost=0.3, numbers=NONE, keep=("other",), public=False)
def _ldexp(input, other):
    return m.ldexp(input, m.convert(other, "i64"))


@_ldexp.derivative
def _(grad, other):
    return m.ldexp(grad, m.convert(other, "i64")), None


def _scaled(plain: Any, name: str) -> Any:
    def ldexp(input, other):
        expect_tensors(name, input=input, other=other)
        check(other.meta.dtype is not dtypes.bool or not input.meta.dtype.is_floating_point,
              "\"ldexp_cpu_exp\" not implemented for 'Bool'",
              error=NotImplementedError)
        if input.meta.dtype.is_floating_point and other.meta.dtype.is_integral:
            return plain(input, other)
        two = input.new_full((), 2) if input.meta.dtype.is_complex else 2.0       # in its precision
        return mul(input, pow(two, other)) if name == "ldexp" else input.mul_(pow(two, other))

    ldexp.__name__ = ldexp.__qualname__ = name
    ldexp.__doc__ = "`input * 2**other`."
    return composite(ldexp, out=not name.endswith("_"))


ldexp, ldexp_ = _scaled(_ldexp, "ldexp"), _scaled(_ldexp.inplace(), "ldexp_")


def _widest(what: str, *operands: Any, target: Any = None) -> Any:
    """The operands of `float_power`, tensors in double precision, which what is written to must have."""
    found = builtins.any(x.meta.dtype.is_complex if hasattr(x, "meta") else type(x) is builtins.complex
                         for x in operands)
    wide = dtypes.complex128 if found else dtypes.float64
    expect_tensors("float_power", **({} if target is None else {"out": target}))
    check(target is None or target.meta.dtype is wide,
          "the {} has dtype {} but the operation's result requires dtype {}", what,
          getattr(target, "dtype", None), wide)
    return [x.to(wide) if hasattr(x, "meta") else x for x in operands]


@composite(out=True)
def float_power(input, exponent, *, out=None):
    """`input ** exponent` in double precision."""
    return pow(*_widest("output given to float_power", input, exponent, target=out), out=out)


@composite
def float_power_(input, exponent):
    """`float_power`, written over the input, which must have its type."""
    base, exponent = _widest("base given to float_power_", input, exponent, target=input)
    return base.pow_(exponent)


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


@composite(inplace=True, out=True)
def clamp_min(input, min):
    """Elements not below min."""
    return clamp(input, min)


@composite(inplace=True, out=True)
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
    check(input.meta.numel == 1, "Boolean value of Tensor with {} is ambiguous",
          "no values" if input.meta.numel == 0 else "more than one value")
    return bool(input.item())


ALIASES = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "negative": "neg", "absolute": "abs", "clip": "clamp",
    "fix": "trunc", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "arctan2": "atan2",
    "greater": "gt",
    "greater_equal": "ge", "less": "lt", "less_equal": "le", "not_equal": "ne",
}
for _alias, _name in ALIASES.items():
    for _end in ("", "_"):
        if _name + _end in REGISTRY:
            register(REGISTRY[_name + _end], _alias + _end)
