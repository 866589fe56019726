"""Powers and roots."""

from __future__ import annotations

from typing import Any

from ..ir import BITS
from .complex import zero
from .exponential import _EXP_RANGE, _exp_parts_low, _scaled
from .logarithm import LN2_SHORT, _split
from .polynomial import INF, NAN, polynomial
from .primitives import (
    FLOAT,
    abs,
    any_type,
    bitcast,
    clamp,
    constant,
    floats,
    fma,
    rare,
    repeat,
    signbit,
    sqrt,
    trunc,
    type_of,
    where,
)
from .remainder import reciprocal

__all__ = ["SHORT", "pow", "power", "rsqrt"]

# exponents that need no logarithm, in PyTorch neither
SHORT = {n: n for n in (-2, -1, -0.5, 0, 0.5, 1, 2, 3)}


@floats
def rsqrt(x):
    """1 / sqrt(x)."""
    return 1.0 / sqrt(x)


#     (2 atanh(s) - 2s - 2s^3/3) / s^5 in z = s*s
_LOG_HIGH = {
    "f32": (0.40000152587890625, 0.28547078371047974, 0.23420140147209167),
    "f64": (0.4000000000000229, 0.2857142857008375, 0.22222222522877527, 0.18181784098126458, 0.15386770168648473,
            0.13256509161890898, 0.1319927639983333),
}
_TWO_THIRDS = {"f32": (0.6666666865348816, -1.9868215517249155e-08), "f64": (0.6666666666666666, 3.700743415417188e-17)}


def _product(a: Any, a_low: Any, b: Any, b_low: Any) -> tuple[Any, Any]:
    """(a + a_low) * (b + b_low) as a sum of two."""
    high = a * b
    return high, fma(a, b, -high) + (a * b_low if a_low is None else fma(a, b_low, a_low * b))


def _log_exact(x: Any) -> tuple[Any, Any]:
    """log(x) as a sum of two with half again the digits, for finite x > 0."""
    type = type_of(x)
    e, m = _split(x)
    f, d = m - 1.0, m + 1.0
    inverse = 1.0 / d
    s = f * inverse
    s_low = (fma(-s, d, f) - s * (m - (d - 1.0))) * inverse
    z, z_low = _product(s, s_low, s, s_low)
    third, third_low = _TWO_THIRDS[type]
    more = z * polynomial(z, _LOG_HIGH[type])
    factor = more + third
    cube, cube_low = _product(s, s_low, z, z_low)
    v, v_low = _product(cube, cube_low, factor, (third - factor) + more + third_low)
    y = 2.0 * s + v
    rest = (2.0 * s - y) + v + (2.0 * s_low + v_low)
    ln2, ln2_low = LN2_SHORT[type]
    whole = e * ln2
    total = whole + y
    return total, (whole - total) + y + fma(e, ln2_low, rest)


@any_type
def pow(x, y):
    """x**y, as C's pow; integers by repeated squaring, with a negative exponent 0 but for the bases 1 and -1."""
    if type_of(x) not in FLOAT:
        return _integer_power(x, y)
    type = type_of(x)
    a = abs(x)
    high, low = _log_exact(a)
    high = where(a < INF, where(a > 0, high, -INF), a)
    t = y * high
    lowest, highest = _EXP_RANGE[type]
    rest = where((t > lowest) & (t < highest), fma(y, high, -t) + y * low, 0.0)
    bits, r, rest = _exp_parts_low(clamp(t, lowest, highest), rest, 2 * FLOAT[type].bias)
    result = _scaled(r + rest + 1.0, bits)
    whole = trunc(y) == y
    half = y * 0.5
    odd = whole & (trunc(half) != half)
    result = where(odd & signbit(x), -result, result)
    result = where((x < 0) & (a < INF) & ~whole, NAN, result)
    return where((y == 0) | (x == 1.0) | ((x == -1.0) & (abs(y) == INF)), 1.0, result)


def power(x: Any, n: float) -> Any:
    """x**n for a number n that is part of the kernel's text: if it is SHORT, by products, a root and a division. Of a
    tensor the operator, whose derivative is its own.
    """
    if n not in SHORT or hasattr(x, "__math__"):
        return pow(x, n)
    if n < 0:
        return reciprocal(power(x, -n))
    if n in (0, 0.5):
        return sqrt(x) if n else zero(x) + 1
    return x if n == 1 else x * x if n == 2 else x * x * x


def _integer_power(x: Any, y: Any) -> Any:
    type = type_of(x)
    if type == "i1":
        return x | ~y
    one, zero = constant(x, 1), constant(x, 0)

    def step(result: Any, base: Any, exponent: Any) -> tuple[Any, Any, Any]:
        return where(exponent & 1 == 0, result, result * base), base * base, exponent >> 1

    few = min(6, BITS[type])
    state = one, x, bitcast(y, "u" + type[1:])
    for _ in range(few):
        state = step(*state)
    if BITS[type] > few:
        state = rare(state[2] != 0, state, lambda: repeat(BITS[type] - few, step, *state))
    if type[0] == "u":
        return state[0]
    inverse = where(x == 1, one, where(x == -1, where(y & 1 == 0, one, -one), zero))
    return where(y < 0, inverse, state[0])
