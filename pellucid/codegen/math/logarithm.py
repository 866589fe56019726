"""Logarithms of every base, and log1p."""

from __future__ import annotations

from typing import Any

from .polynomial import INF, NAN, _bits, polynomial
from .primitives import FLOAT, abs, bitcast, constant, floats, fma, type_of, where

__all__ = ["log", "log10", "log1p", "log2"]


#     (2 atanh(s) - 2s) / s^3 in z = s*s, s = f / (2 + f), 1 + f from sqrt(1/2) to sqrt(2)
_LOG = {
    "f32": (0.6666666269302368, 0.40000972151756287, 0.2849879264831543, 0.242788165807724),
    "f64": (0.6666666666666735, 0.3999999999940747, 0.28571428744144295, 0.22222198378155913, 0.18183575184402448,
            0.15313755216545702, 0.14799072075544673),
}
_SQRT_HALF = {"f32": 0x3F3504F3, "f64": 0x3FE6A09E667F3BCD}
LN2_SHORT = {"f32": (0.693145751953125, 1.428606765330187e-06), "f64": (0.6931471805598903, 5.497923018708371e-14)}


def _split(x: Any) -> tuple[Any, Any]:
    """(e, m): x = 2**e * m with m from sqrt(1/2) to sqrt(2), for finite x > 0, subnormal ones included."""
    type = type_of(x)
    f = FLOAT[type]
    small = x < f.tiny
    scaled = where(small, x * 2.0 ** (f.mantissa + 1), x)
    bits = bitcast(scaled, f.uint) + ((f.bias << f.mantissa) - _SQRT_HALF[type])
    biased = bitcast((bits >> f.mantissa) | _bits(type, 2.0**f.mantissa), type)
    e = biased - where(small, constant(x, 2.0**f.mantissa + f.bias + f.mantissa + 1), 2.0**f.mantissa + f.bias)
    return e, bitcast((bits & ((1 << f.mantissa) - 1)) + _SQRT_HALF[type], type)


def _log_special(x: Any, y: Any) -> Any:
    """y = log(x), right also where x is 0, negative, infinite or NaN."""
    return where(x < INF, where(x > 0, y, where(x < 0, NAN, constant(x, -INF))), x)


@floats
def log(x):
    """Natural logarithm."""
    type = type_of(x)
    e, m = _split(x)
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    half = f * f * 0.5
    high, low = LN2_SHORT[type]
    rest = fma(e, low, s * fma(z, polynomial(z, _LOG[type]), half))
    return _log_special(x, fma(e, high, f - (half - rest)))


def _log_parts(m: Any) -> tuple[Any, Any]:
    """log(m) as a sum of two, for m from sqrt(1/2) to sqrt(2)."""
    f = m - 1.0
    s = f / (f + 2.0)
    z = s * s
    half = f * f * 0.5
    high = fma(f * -0.5, f, f)
    return high, fma(f * -0.5, f, f - high) + s * fma(z, polynomial(z, _LOG[type_of(m)]), half)


def _log_to_base(x: Any, factors: tuple[float, float], units: tuple[float, float]) -> Any:
    """log(x) * (the sum of factors); units are the logarithm of 2, the first short enough to be multiplied by an
    exponent exactly.
    """
    e, m = _split(x)
    high, low = _log_parts(m)
    y = high * factors[0]
    low = fma(high, factors[0], -y) + fma(low, factors[0], high * factors[1])
    whole = e * units[0]
    total = whole + y
    return _log_special(x, total + ((whole - total) + y + fma(e, units[1], low)))


_LOG2 = {
    "f32": ((1.4426950216293335, 1.925963033500011e-08), (1.0, 0.0)),
    "f64": ((1.4426950408889634, 2.0355273740931033e-17), (1.0, 0.0)),
}
_LOG10 = {
    "f32": ((0.4342944920063019, -1.0103049952192578e-08), (0.301025390625, 4.605039066518657e-06)),
    "f64": ((0.4342944819032518, 1.098319650216765e-17), (0.30102999566395283, 2.8363394551044964e-14)),
}


@floats
def log2(x):
    """Logarithm to base 2; exact for powers of 2."""
    return _log_to_base(x, *_LOG2[type_of(x)])


@floats
def log10(x):
    """Logarithm to base 10."""
    return _log_to_base(x, *_LOG10[type_of(x)])


def _log1p(x: Any, low: Any = 0.0) -> Any:
    """log(1 + x + low) for x > -1 and a low far below x: the logarithm of u = 1 + x, corrected for what u lost."""
    type = type_of(x)
    u = x + 1.0
    lost = where(x > 1.0, 1.0 - (u - x), x - (u - 1.0)) + low
    f = FLOAT[type]
    bits = bitcast(u, f.uint) + ((f.bias << f.mantissa) - _SQRT_HALF[type])
    biased = bits >> f.mantissa
    e = bitcast(biased | _bits(type, 2.0**f.mantissa), type) - (2.0**f.mantissa + f.bias)
    m = bitcast((bits & ((1 << f.mantissa) - 1)) + _SQRT_HALF[type], type)
    lost = where(e < f.bias - 2, lost * bitcast((2 * f.bias - biased) << f.mantissa, type), 0.0)
    near = e == 0.0
    t = where(near, x, m - 1.0)
    rest = where(near, low, lost) * fma(t, t, 1.0 - t)
    s = t / (t + 2.0)
    z = s * s
    half = t * t * 0.5
    ln2, ln2_low = LN2_SHORT[type]
    return fma(e, ln2, t - (half - (fma(e, ln2_low, rest) + s * fma(z, polynomial(z, _LOG[type]), half))))


@floats
def log1p(x):
    """log(1 + x), accurate near 0."""
    y = _log1p(x)
    return where(abs(x) < FLOAT[type_of(x)].tiny, x, _log_special(x + 1.0, y))
