"""Sines, cosines, tangents and their inverses."""

from __future__ import annotations

from typing import Any

from ..ir import BITS
from .polynomial import INF, NAN, polynomial
from .primitives import (
    FLOAT,
    abs,
    bitcast,
    constant,
    convert,
    copysign,
    floats,
    fma,
    isnan,
    rare,
    signbit,
    sqrt,
    type_of,
    where,
)

__all__ = ["acos", "asin", "atan", "atan2", "cos", "sin", "tan"]


PI = 3.141592653589793
PI_PARTS = {"f32": (3.1415927410125732, -8.742277657347586e-08), "f64": (3.141592653589793, 1.2246467991473532e-16)}
_HALF_PI = {
    "f32": (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15),
    "f64": (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33),
}
_REDUCIBLE = {"f32": 2.0**16, "f64": 2.0**20}
#     (sin(r) - r) / r^3 and (cos(r) - 1 + r^2/2) / r^4 in z = r*r, |r| <= pi/4
_SIN = {
    "f32": (-0.16666655242443085, 0.008332190103828907, -0.00019518405315466225),
    "f64": (-0.16666666666666632, 0.008333333333322314, -0.00019841269829724842, 2.755731366195236e-06,
            -2.5050753250462108e-08, 1.5896504234487237e-10),
}
_COS = {
    "f32": (0.04166664555668831, -0.00138873013202101, 2.4430672056041658e-05),
    "f64": (0.0416666666666666, -0.001388888888887399, 2.4801587289394408e-05, -2.755731432589427e-07,
            2.087571954149277e-09, -1.13594478401765e-11),
}
_TWO_OVER_PI = int("a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e0"
                   "06492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f4"
                   "9c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d"
                   # times 2**1280
                   "7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6babf0cfbc209af4361d", 16)


def _reduce(x: Any) -> tuple[Any, Any, Any]:
    """(q, r, low): x = (4k + q) * pi/2 + r + low with |r| <= pi/4, q in the two low bits of an unsigned integer."""
    type = type_of(x)
    f = FLOAT[type]
    a, b, c = _HALF_PI[type]
    shifted = fma(x, 2 / PI, f.magic)
    n = shifted - f.magic
    first = fma(n, -a, x)                        # exact
    part = n * b
    r = first - part
    back = r - first
    low = fma(n, -c, ((first - (r - back)) - (part + back)) - fma(n, b, -part))
    return rare(abs(x) > _REDUCIBLE[type], (bitcast(shifted, f.uint), r, low), lambda: _reduce_huge(x))


def _reduce_huge(x: Any) -> tuple[Any, Any, Any]:
    """The same for |x| however large (Payne and Hanek): in integers, with those bits of 2/pi that decide quadrant and
    fraction.
    """
    type = type_of(x)
    f = FLOAT[type]
    # 32-bit words of 2/pi: quadrant, cancelled bits (61 at most), result, guard
    count = 3 if type == "f32" else 6
    bits = bitcast(x, f.uint)
    exponent = (bits >> f.mantissa) & (2 * f.bias + 1)
    mantissa = convert((bits & ((1 << f.mantissa) - 1)) | (1 << f.mantissa), "u64")
    # bits of 2/pi so high that their product with the mantissa is a multiple of 4 drop out; the first that counts is
    # number `at`
    at = exponent + ((62 - f.bias - f.mantissa) % (1 << BITS[f.uint]))
    most = (f.bias + 63 - f.mantissa) // 32
    window = [constant(bits, 0)] * 2 + [constant(bits, _TWO_OVER_PI >> (1280 - 32 * k) & 0xFFFFFFFF)
                                        for k in range(1, most + count)]
    step = 1 << most.bit_length() - 1
    while step:                                  # shift by whole words
        take = (at & (step << 5)) != 0
        window = [where(take, window[min(k + step, len(window) - 1)], window[k])
                  for k in range(min(len(window), step + count))]
        step >>= 1
    window = [convert(word, "u64") for word in window]
    shift = 32 - convert(at & 31, "u64")
    window = [(((window[k] << 32) | window[k + 1]) >> shift) & 0xFFFFFFFF for k in range(count)]
    digits = [mantissa] if type == "f32" else [mantissa & 0xFFFFFFFF, mantissa >> 32]
    columns, carry = [], constant(mantissa, 0)   # mantissa * window modulo 2**(32 * count), from the lowest column
    for k in range(count):
        low, high = carry & 0xFFFFFFFF, carry >> 32
        for j, digit in enumerate(digits[: k + 1]):
            product = digit * window[count - 1 - (k - j)]
            low, high = low + (product & 0xFFFFFFFF), high + (product >> 32)
        columns.append(low & 0xFFFFFFFF)
        carry = high + (low >> 32)
    # 2 bits of quadrant (to the nearest), 62 of fraction
    top = ((columns[-1] << 32) | columns[-2]) + (1 << 61)
    fraction = convert(top & ((1 << 62) - 1), "i64") - (1 << 61)
    unit = 2.0**-62
    if type == "f32":
        angle = convert(fraction, "f64") * (PI / 2 * unit)
        r = convert(angle, "f32")
        low = convert(angle - convert(r, "f64"), "f32")
    else:
        tail = (columns[-3] << 32) | columns[-4]
        first = convert(fraction >> 11, "f64") * 2.0**11
        second = convert((convert(fraction & 0x7FF, "u64") << 42) | (tail >> 22), "f64") * 2.0**-42
        high = first + second
        rest = (first - high) + second + convert(tail & 0x3FFFFF, "f64") * 2.0**-64
        pi, pi_low, _ = (unit * c for c in _HALF_PI[type])
        r = high * pi
        low = fma(high, pi, -r) + fma(rest, pi, high * pi_low)
    negative = x < 0
    quadrant = convert(top >> 62, f.uint)
    r = where(abs(x) < INF, r, NAN)
    return where(negative, 4 - quadrant, quadrant), where(negative, -r, r), where(negative, -low, low)


def _sin_cos(r: Any, low: Any) -> tuple[Any, Any, Any, Any]:
    """(s, t, c, d): sine s + t and cosine c + d of r + low, |r| <= pi/4, as large terms and small ones."""
    z = r * r
    half = z * 0.5
    one = 1.0 - half
    return (r, fma(r * z, polynomial(z, _SIN[type_of(r)]), low),
            one, fma(z * z, polynomial(z, _COS[type_of(r)]), (1.0 - one) - half) - r * low)


def _flip(y: Any, q: Any) -> Any:
    """-y where bit 1 of q is set."""
    f = FLOAT[type_of(y)]
    return bitcast(bitcast(y, f.uint) ^ ((q & 2) << (f.sign.bit_length() - 2)), type_of(y))


@floats
def sin(x):
    """Sine, of any x to the last places."""
    q, r, low = _reduce(x)
    s, t, c, d = _sin_cos(r, low)
    return where(x == 0, x, _flip(where(q & 1 == 0, s + t, c + d), q))


@floats
def cos(x):
    """Cosine, of any x to the last places."""
    q, r, low = _reduce(x)
    s, t, c, d = _sin_cos(r, low)
    return _flip(where(q & 1 == 0, c + d, s + t), q + (q & 1) * 2)


@floats
def tan(x):
    """Tangent, of any x to the last places: the quotient with its remainder."""
    q, r, low = _reduce(x)
    s, t, c, d = _sin_cos(r, low)
    even = q & 1 == 0
    a, a_low, b, b_low = where(even, s, -c), where(even, t, -d), where(even, c, s), where(even, d, t)
    over, under = a + a_low, b + b_low
    inverse = 1.0 / under
    y = over * inverse
    rest = fma(-y, under, over) + fma(-y, (b - under) + b_low, (a - over) + a_low)
    return where(x == 0, x, fma(rest, inverse, y))


#     (asin(s) - s) / s^3 in z = s*s, 0 <= s <= 0.5
_ASIN = {
    "f32": (0.16666753590106964, 0.07495252043008804, 0.0454760417342186, 0.024152090772986412, 0.042211804538965225),
    "f64": (0.16666666666665383, 0.07500000000342998, 0.04464285682351818, 0.030381959329806515, 0.02237175355824488,
            0.017359770574409406, 0.013884603746295156, 0.012173244906239212, 0.006511000054345819,
            0.019573511987291733, -0.016293467881267596, 0.03195855960607339),
}
#     (atan(t) - t) / t^3 in z = t*t, 0 <= t <= 1
_ATAN = {
    "f32": (-0.33333298563957214, 0.1999852955341339, -0.1426401436328888, 0.10950860381126404, -0.08399202674627304,
            0.057878728955984116, -0.03109334595501423, 0.01086614839732647, -0.0017821125220507383),
    "f64": (-0.3333333333333307, 0.1999999999995148, -0.14285714282575787, 0.11111111007036845, -0.09090907003054213,
            0.07692279838839222, -0.06666404045849819, 0.05880527704729441, -0.05253517911750001, 0.047223195975092294,
            -0.042191710882392215, 0.036641732937603484, -0.029903551892321932, 0.021984450452151628,
            -0.013900159011767646,
            0.007196205816332577, -0.002884759335289223, 0.0008312637812776908, -0.00015214793227959987,
            1.3223749100282119e-05),
}


def _asin_parts(x: Any) -> tuple[Any, Any, Any]:
    """(near, s, t): asin(|x|) is s + t where |x| <= 0.5, else pi/2 - 2 (s + t)."""
    a = abs(x)
    near = a <= 0.5
    z = where(near, a * a, fma(a, -0.5, 0.5))
    root = sqrt(z)
    s = where(near, a, root)
    lost = fma(-root, root, z) * (0.5 / where(root == 0, 1.0, root))
    return near, s, fma(s * z, polynomial(z, _ASIN[type_of(x)]), where(near, 0.0, lost))


@floats
def asin(x):
    """The angle from -pi/2 to pi/2 whose sine is x; NaN where |x| > 1."""
    near, s, t = _asin_parts(x)
    pi, pi_low = (0.5 * c for c in PI_PARTS[type_of(x)])
    return copysign(where(near, s + t, (pi - 2.0 * s) + (pi_low - 2.0 * t)), x)


@floats
def acos(x):
    """The angle from 0 to pi whose cosine is x; NaN where |x| > 1."""
    near, s, t = _asin_parts(x)
    pi, pi_low = PI_PARTS[type_of(x)]
    negative = x < 0
    s, t = where(negative, -s, s), where(negative, -t, t)
    far = where(negative, constant(x, pi), 0.0) + (2.0 * s + (2.0 * t + where(negative, constant(x, pi_low), 0.0)))
    middle = 0.5 * pi - s
    return where(near, middle + ((0.5 * pi - middle) - s + (0.5 * pi_low - t)), far)


@floats
def atan(x):
    """The angle from -pi/2 to pi/2 whose tangent is x."""
    a, one = abs(x), constant(x, 1.0)
    steep = a > 1.0
    t = where(steep, one, a) / where(steep, a, one)
    z = t * t
    low = t * z * polynomial(z, _ATAN[type_of(x)])
    pi, pi_low = (0.5 * c for c in PI_PARTS[type_of(x)])
    return copysign(where(steep, pi - (t - (pi_low - low)), t + low), x)


@floats
def atan2(y, x):
    """The angle from -pi to pi of the point (x, y), signed zeros and infinities as in C."""
    a, b = abs(y), abs(x)
    steep = a > b
    small, large = where(steep, b, a), where(steep, a, b)
    same = small == large                        # also two infinities; two zeros give 0
    t = where(same & (large != 0), 1.0, small / where(large == 0, 1.0, large))
    z = t * t
    low = t * z * polynomial(z, _ATAN[type_of(x)])
    pi, pi_low = PI_PARTS[type_of(x)]
    left = signbit(x)
    # steep: pi/2 -+ t; left: pi - t; else t
    flipped = steep != left
    t, low = where(flipped, -t, t), where(flipped, -low, low)
    base = where(steep, 0.5 * pi, where(left, constant(x, pi), 0.0))
    base_low = where(steep, 0.5 * pi_low, where(left, constant(x, pi_low), 0.0))
    return where(isnan(x) | isnan(y), x + y, copysign(base + (t + (low + base_low)), y))
