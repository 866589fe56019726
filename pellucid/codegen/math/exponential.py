"""Exponentials: exp, the logistic function, tanh; powers of two and ten."""

from __future__ import annotations

from typing import Any

from ..ir import Value
from .polynomial import polynomial
from .primitives import FLOAT, NUMERIC, abs, bitcast, clamp, convert, copysign, floats, fma, rint, type_of, where

__all__ = ["exp", "exp2", "expm1", "ldexp", "sigmoid", "tanh"]


LOG2E = 1.4426950408889634
LN2 = {"f32": (0.6931471824645996, -1.9046542121259336e-09), "f64": (0.6931471805599453, 2.3190468138462996e-17)}

#     (e^r - 1 - r) / r^2 on |r| <= ln(2)/2
_EXPM1 = {
    "f32": (0.5, 0.16666539013385773, 0.04166661202907562, 0.008367096073925495, 0.0013917750911787152),
    "f64": (0.5000000000000006, 0.16666666666666685, 0.041666666666572955, 0.008333333333314446, 0.0013888888932614286,
            0.00019841269903363986, 2.4801504146648045e-05, 2.755722763190103e-06, 2.7626451200135e-07,
            2.5114583281687903e-08),
}
_EXP_RANGE = {"f32": (-104.0, 89.0), "f64": (-746.0, 710.0)}


def _exp_reduce(x: Any, offset: int) -> tuple[Any, Any, Any]:
    """(bits, n, r): x = n ln 2 + r, but for the low part of ln 2; n + offset in the low bits of `bits`."""
    type = type_of(x)
    magic = FLOAT[type].magic + offset
    shifted = fma(x, LOG2E, magic)
    n = shifted - magic
    return bitcast(shifted, FLOAT[type].uint), n, fma(n, -LN2[type][0], x)


def _exp_parts(x: Any, offset: int) -> tuple[Any, Any]:
    """(bits, p): e**x = 2**n * (1 + p), n + offset in the low bits of `bits`, |p| < 0.42. NaN stays in p."""
    type = type_of(x)
    bits, n, r = _exp_reduce(x, offset)
    r = fma(n, -LN2[type][1], r)
    return bits, fma(polynomial(r, _EXPM1[type]), r * r, r)


def _exp_parts_low(x: Any, low: Any, offset: int) -> tuple[Any, Any, Any]:
    """The same for e**(x + low), with p as a sum of two."""
    type = type_of(x)
    bits, n, first = _exp_reduce(x, offset)
    low = fma(n, -LN2[type][1], low)
    r = first + low
    return bits, r, fma(polynomial(r, _EXPM1[type]), r * r, (first - r) + low)


def _power_of_two(bits: Any, type: str) -> Any:
    """2**(low bits - bias)."""
    return bitcast(bits << FLOAT[type].mantissa, type)


def ldexp(x: Any, n: Any) -> Any:
    """x * 2**n for whole numbers n (i64), rounded once: in three factors, of which the last alone can leave the normal
    numbers.
    """
    if not isinstance(x, (Value, *NUMERIC)):
        return x.__math__("ldexp", x, n)
    f = FLOAT[type_of(x)]
    left = clamp(n, 3 - 3 * f.bias, 3 * f.bias)
    powers = []
    for _ in range(3):
        part = clamp(left, 1 - f.bias, f.bias)
        left = left - part
        powers.append(_power_of_two(convert(part + f.bias, f.uint), type_of(x)))
    return x * powers[2] * powers[1] * powers[0]


def _exp(x: Any, half: bool = False) -> Any:
    """e**x for any x, in two factors so that subnormal results round once; `half` gives half of it."""
    type = type_of(x)
    lowest, highest = _EXP_RANGE[type]
    bits, p = _exp_parts(clamp(x, lowest, highest + half), 2 * FLOAT[type].bias - half)
    return _scaled(p + 1.0, bits)


def _scaled(y: Any, bits: Any) -> Any:
    """y * 2**(low bits - 2 bias)."""
    type = type_of(y)
    first = bits >> 1
    return y * _power_of_two(first, type) * _power_of_two(bits - first, type)


@floats
def exp(x):
    """e**x."""
    return _exp(x)


@floats
def sigmoid(x):
    """1 / (1 + e**-x), accurate in both tails: e / (1 + e) with e = e**-|x|, less what rounding 1 + e adds to the
    divisor.
    """
    type = type_of(x)
    shift = FLOAT[type].bias // 2                # e is kept times 2**shift, so that the quotient may be subnormal
    a = -abs(x)
    bits, p = _exp_parts(where(_EXP_RANGE[type][0] > a, _EXP_RANGE[type][0], a), FLOAT[type].bias + shift)
    scale = _power_of_two(bits, type)
    small = scale * 2.0**-shift
    whole = small + 1.0
    divisor = fma(small, p, whole)
    lost = fma(small, p, whole - divisor)
    return where(x < 0, fma(scale, p - lost, scale), 2.0**shift) / divisor * 2.0**-shift


#     (tanh(x) - x) / x^3 = P(z) / Q(z), z = x*x, on |x| <= 0.625
_TANH_P = {
    "f32": (-0.3333330750465393, -0.001541088568046689),
    "f64": (-0.33333333333333326, -0.02049685412255476, -0.00019909192016426223),
}
_TANH_Q = {"f32": (1.0, 0.40461060404777527),
           "f64": (1.0, 0.4614905623676497, 0.023288738803043805, 0.0002064415062196196)}


@floats
def tanh(x):
    """Hyperbolic tangent: x + x^3 P / Q near 0, else 1 - 2 / (e**2x + 1); one division serves both."""
    type = type_of(x)
    a = abs(x)
    z = x * x
    limit = 9.1 if type == "f32" else 20.0
    capped = where(limit < a, limit, a)
    bits, p = _exp_parts(capped + capped, FLOAT[type].bias)
    scale = _power_of_two(bits, type)
    small = a < 0.625
    above = where(small, a * z * polynomial(z, _TANH_P[type]), -2.0)
    part = above / where(small, polynomial(z, _TANH_Q[type]), fma(scale, p, scale + 1.0))
    return copysign(part + where(small, a, 1.0), x)


@floats
def expm1(x):
    """e**x - 1, accurate near 0."""
    type = type_of(x)
    f = FLOAT[type]
    bits, p = _exp_parts(clamp(x, -44.0 if type == "f32" else -64.0, _EXP_RANGE[type][1]), f.bias - 1)
    half = _power_of_two(bits, type)
    return where(abs(x) < f.tiny, x, fma(half, p, half - 0.5) * 2.0)


@floats
def exp2(x):
    """2**x; exact for whole x."""
    type = type_of(x)
    low, high = _EXP_RANGE[type]
    x = clamp(x, low * 1.45, high * 1.45)
    whole = rint(x)
    part = x - whole
    ln2, ln2_low = LN2[type]
    r = fma(part, ln2, part * ln2_low)
    bits = bitcast(whole + (FLOAT[type].magic + 2 * FLOAT[type].bias), FLOAT[type].uint)
    return _scaled(fma(polynomial(r, _EXPM1[type]), r * r, r) + 1.0, bits)
