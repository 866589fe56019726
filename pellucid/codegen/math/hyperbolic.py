"""Hyperbolic functions and their inverses."""

from __future__ import annotations

from .exponential import LN2, _exp
from .logarithm import _log1p
from .polynomial import INF, NAN, polynomial
from .primitives import FLOAT, abs, constant, copysign, floats, fma, sqrt, type_of, where

__all__ = ["acosh", "asinh", "atanh", "cosh", "sinh"]


#     (sinh(x) - x) / x^3 in z = x*x, |x| <= 1
_SINH = {
    "f32": (0.1666666716337204, 0.008333311416208744, 0.00019842635083477944, 2.7839255380968098e-06),
    "f64": (0.16666666666666669, 0.008333333333333139, 0.00019841269841437678, 2.7557319155337265e-06,
            2.5052123398511066e-08, 1.6057240343146187e-10, 7.759312191019366e-13),
}


@floats
def sinh(x):
    """Hyperbolic sine."""
    a = abs(x)
    z = x * x
    half = _exp(a, half=True)
    return where(a < 1.0, fma(x * z, polynomial(z, _SINH[type_of(x)]), x), copysign(half - 0.25 / half, x))


@floats
def cosh(x):
    """Hyperbolic cosine."""
    half = _exp(abs(x), half=True)
    return half + 0.25 / half


@floats
def atanh(x):
    """The inverse of tanh: half the logarithm of (1 + |x|) / (1 - |x|); NaN where |x| > 1."""
    a = abs(x)
    d = 1.0 - a
    y = 2.0 * a / d
    low = (fma(-y, d, 2.0 * a) - y * ((1.0 - d) - a)) / d
    inside = where(a == 1.0, constant(x, INF), 0.5 * _log1p(y, low))
    return where(a < FLOAT[type_of(x)].tiny, x, where(a <= 1.0, copysign(inside, x), NAN))


@floats
def asinh(x):
    """The inverse of sinh."""
    type = type_of(x)
    a = abs(x)
    huge = a > 2.0 ** (FLOAT[type].mantissa + 4)
    b = where(huge, 1.0, a)
    square = b * b
    root = sqrt(square + 1.0)
    part = square / (root + 1.0)
    y = b + part
    inside = where(huge, a, y)
    value = _log1p(inside, where(huge, 0.0, (b - y) + part))
    value = value + where(huge, constant(x, LN2["f64"][0]), 0.0)
    return where((a < FLOAT[type].tiny) | (a != a), x, where(a < INF, copysign(value, x), x))


@floats
def acosh(x):
    """The inverse of cosh, from 0 on; NaN where x < 1."""
    type = type_of(x)
    huge = x > 2.0 ** (FLOAT[type].mantissa + 4)
    t = where(huge, 1.0, x - 1.0)
    square = fma(t, t, t + t)
    root = sqrt(square)
    y = t + root
    value = _log1p(where(huge, x, y), where(huge, 0.0, (root - y) + t))
    value = value + where(huge, constant(x, LN2["f64"][0]), 0.0)
    return where(x < INF, where(x >= 1.0, value, NAN), x)
