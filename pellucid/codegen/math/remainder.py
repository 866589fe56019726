"""Division with remainder."""

from __future__ import annotations

from typing import Any

from .exponential import _power_of_two
from .logarithm import _split
from .polynomial import INF
from .primitives import (
    FLOAT,
    abs,
    any_type,
    bitcast,
    constant,
    copysign,
    floats,
    floor,
    fma,
    rare,
    repeat,
    trunc,
    trunc_div,
    type_of,
    where,
)

__all__ = ["floor_div", "fmod", "reciprocal", "remainder"]


@any_type
def fmod(x, y):
    """C's remainder, exact, with the sign of x. Of an integer by 0, x."""
    type = type_of(x)
    if type not in FLOAT:
        return x - trunc_div.body(x, y) * y
    a, b = abs(x), abs(y)
    ratio = a / b
    limit = 2.0 ** (FLOAT[type].mantissa - 1)
    (r,) = rare((ratio >= limit) & (a < INF) & (b > 0), (_step_down(a, b),), lambda: (_fmod_huge(a, b),))
    return where((a < INF) & (b == INF), x, copysign(r, x))


def _step_down(r: Any, t: Any) -> Any:
    """r - t * trunc(r / t), exact where the quotient has no more digits than a number."""
    r = fma(-trunc(r / t), t, r)
    r = where(r < 0, r + t, r)                   # the quotient was rounded up
    return where(r >= t, r - t, r)


def _fmod_huge(a: Any, b: Any) -> Any:
    """Multiples of b times ever smaller powers of 2 taken away, as many bits at a time as a quotient has."""
    type = type_of(a)
    f = FLOAT[type]
    bits = f.mantissa - 3
    exponent, _ = _split(b)

    def step(r: Any) -> tuple[Any]:
        ahead, _ = _split(r)
        k = ahead - exponent - float(bits)
        k = where(k > 0, k, 0.0)
        # the distance between the largest and the smallest number is more than two powers can be
        third = floor(k * (1 / 3))
        magic = f.magic + f.bias
        once, rest = (_power_of_two(bitcast(v + magic, f.uint), type) for v in (third, k - third - third))
        return (_step_down(r, b * once * once * rest),)

    return repeat(2 * (f.bias + f.mantissa) // (bits - 1) + 1, step, a)[0]


@any_type
def remainder(x, y):
    """Python's modulus: the sign is y's. Of an integer by 0, x."""
    r = fmod.body(x, y)
    return where((r != 0) & ((y < 0) != (r < 0)), r + y, r)


@any_type
def floor_div(x, y):
    """The quotient rounded down, as Python's `//`. Of an integer by 0, x."""
    if type_of(x) not in FLOAT:
        quotient = trunc_div.body(x, y)
        r = x - quotient * y
        return where((r != 0) & ((y < 0) != (r < 0)), quotient - constant(x, 1), quotient)
    r = fmod.body(x, y)
    ratio = x / y
    quotient = (x - r) / y - where((r != 0) & ((y < 0) != (r < 0)), constant(x, 1.0), 0.0)
    down = floor(quotient)
    down = where(quotient - down > 0.5, down + 1.0, down)
    return where(y == 0, ratio, where(quotient == 0, copysign(constant(x, 0.0), ratio), down))


@floats
def reciprocal(x):
    """1 / x."""
    return 1.0 / x
