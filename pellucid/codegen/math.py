"""Mathematical functions for kernels, each written once and run on every kind of value (see `primitives.py`).

For f32 and f64; bodies convert first. Each is within 2 units in the last place, with the special values of C's Annex F and
subnormal results (docs/accuracy.md has the measurements). The method throughout: reduce the argument exactly (a fused multiply-add
keeps what rounding would lose), evaluate a minimax polynomial or quotient whose leading coefficients are exact, and add the large
term last. Lanes that need more (a huge argument of sin) are computed by `rare`, a block that is skipped while no lane needs it.
The file is long because the functions are many; each can be read alone.
"""
# ruff: noqa: I001  (several names a line)

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from .complex import Complex, conj, hypot, imag, real, sgn, square_abs, zero
from .ir import BITS
from .primitives import (
    FLOAT, Function, abs, any_type, bitcast, ceil, clamp, constant, convert, copysign, floats, floor, fma, fmax, fmin, is_complex,
    is_float, isfinite, isinf, isnan, largest, maximum, minimum, rare, repeat, rint, shift_left, shift_right, sign, signbit, sqrt, true,
    trunc, trunc_div, type_of, where,
)

__all__ = [
    "Complex", "Function", "abs", "acos", "acosh", "angle", "angle_gradient", "asin", "asinh", "atan", "atan2", "atanh", "bitcast",
    "ceil", "clamp", "conj", "constant", "convert", "copysign", "cos", "cosh", "erf", "erfc", "exp", "exp2", "expm1", "floor",
    "floor_div", "fma", "fmax", "fmin", "fmod", "hypot", "imag", "is_complex", "is_float", "isfinite", "isinf", "isnan", "largest",
    "log", "log10", "log1p", "log2", "maximum", "minimum", "ndtr", "polynomial", "pow", "rare", "real", "reciprocal", "remainder",
    "repeat", "rint", "rsqrt", "sgn", "shift_left", "shift_right", "sigmoid", "sign", "signbit", "sin", "sinh", "sqrt", "square_abs",
    "tan", "tanh", "true", "trunc", "trunc_div", "type_of", "where", "zero",
]

INF, NAN = float("inf"), float("nan")


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """c0 + c1 x + c2 x^2 + ... by Horner's rule."""
    *rest, total = coefficients
    if not rest:
        return constant(x, total)
    for c in reversed(rest):
        total = fma(total, x, c)
    return total


def _bits(type: str, value: float) -> int:
    """The bits of a number as an unsigned integer."""
    return int.from_bytes(struct.pack({"f32": ">f", "f64": ">d"}[type], value), "big")


# ---- exponentials -------------------------------------------------------------------------------------------------------------------

LOG2E = 1.4426950408889634
LN2 = {"f32": (0.6931471824645996, -1.9046542121259336e-09), "f64": (0.6931471805599453, 2.3190468138462996e-17)}

#     (e^r - 1 - r) / r^2 on |r| <= ln(2)/2
_EXPM1 = {
    "f32": (0.5, 0.16666539013385773, 0.04166661202907562, 0.008367096073925495, 0.0013917750911787152),
    "f64": (0.5000000000000006, 0.16666666666666685, 0.041666666666572955, 0.008333333333314446, 0.0013888888932614286,
            0.00019841269903363986, 2.4801504146648045e-05, 2.755722763190103e-06, 2.7626451200135e-07, 2.5114583281687903e-08),
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
    """1 / (1 + e**-x), accurate in both tails: e / (1 + e) with e = e**-|x|, less what rounding 1 + e adds to the divisor."""
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
_TANH_Q = {"f32": (1.0, 0.40461060404777527), "f64": (1.0, 0.4614905623676497, 0.023288738803043805, 0.0002064415062196196)}


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


# ---- logarithms ---------------------------------------------------------------------------------------------------------------------

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
    """log(x) * (the sum of factors); units are the logarithm of 2, the first short enough to be multiplied by an exponent exactly."""
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


# ---- trigonometry -------------------------------------------------------------------------------------------------------------------

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
    "f64": (-0.16666666666666632, 0.008333333333322314, -0.00019841269829724842, 2.755731366195236e-06, -2.5050753250462108e-08,
            1.5896504234487237e-10),
}
_COS = {
    "f32": (0.04166664555668831, -0.00138873013202101, 2.4430672056041658e-05),
    "f64": (0.0416666666666666, -0.001388888888887399, 2.4801587289394408e-05, -2.755731432589427e-07, 2.087571954149277e-09,
            -1.13594478401765e-11),
}
_TWO_OVER_PI = int("a2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561b7246e3a424dd2e0"
                   "06492eea09d1921cfe1deb1cb129a73ee88235f52ebb4484e99c7026b45f7e413991d639835339f4"
                   "9c845f8bbdf9283b1ff897ffde05980fef2f118b5a0a6d1f6d367ecf27cb09b74f463f669e5fea2d"
                   "7527bac7ebe5f17b3d0739f78a5292ea6bfb5fb11f8d5d0856033046fc7b6babf0cfbc209af4361d", 16)     # times 2**1280


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
    """The same for |x| however large (Payne and Hanek): in integers, with those bits of 2/pi that decide quadrant and fraction."""
    type = type_of(x)
    f = FLOAT[type]
    count = 3 if type == "f32" else 6            # 32-bit words of 2/pi: quadrant, cancelled bits (61 at most), result, guard
    bits = bitcast(x, f.uint)
    exponent = (bits >> f.mantissa) & (2 * f.bias + 1)
    mantissa = convert((bits & ((1 << f.mantissa) - 1)) | (1 << f.mantissa), "u64")
    # bits of 2/pi so high that their product with the mantissa is a multiple of 4 drop out; the first that counts is number `at`
    at = exponent + ((62 - f.bias - f.mantissa) % (1 << BITS[f.uint]))
    most = (f.bias + 63 - f.mantissa) // 32
    window = [constant(bits, 0)] * 2 + [constant(bits, _TWO_OVER_PI >> (1280 - 32 * k) & 0xFFFFFFFF) for k in range(1, most + count)]
    step = 1 << most.bit_length() - 1
    while step:                                  # shift by whole words
        take = (at & (step << 5)) != 0
        window = [where(take, window[min(k + step, len(window) - 1)], window[k]) for k in range(min(len(window), step + count))]
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
    top = ((columns[-1] << 32) | columns[-2]) + (1 << 61)              # 2 bits of quadrant (to the nearest), 62 of fraction
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
            0.017359770574409406, 0.013884603746295156, 0.012173244906239212, 0.006511000054345819, 0.019573511987291733,
            -0.016293467881267596, 0.03195855960607339),
}
#     (atan(t) - t) / t^3 in z = t*t, 0 <= t <= 1
_ATAN = {
    "f32": (-0.33333298563957214, 0.1999852955341339, -0.1426401436328888, 0.10950860381126404, -0.08399202674627304,
            0.057878728955984116, -0.03109334595501423, 0.01086614839732647, -0.0017821125220507383),
    "f64": (-0.3333333333333307, 0.1999999999995148, -0.14285714282575787, 0.11111111007036845, -0.09090907003054213,
            0.07692279838839222, -0.06666404045849819, 0.05880527704729441, -0.05253517911750001, 0.047223195975092294,
            -0.042191710882392215, 0.036641732937603484, -0.029903551892321932, 0.021984450452151628, -0.013900159011767646,
            0.007196205816332577, -0.002884759335289223, 0.0008312637812776908, -0.00015214793227959987, 1.3223749100282119e-05),
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


# ---- hyperbolic ---------------------------------------------------------------------------------------------------------------------

#     (sinh(x) - x) / x^3 in z = x*x, |x| <= 1
_SINH = {
    "f32": (0.1666666716337204, 0.008333311416208744, 0.00019842635083477944, 2.7839255380968098e-06),
    "f64": (0.16666666666666669, 0.008333333333333139, 0.00019841269841437678, 2.7557319155337265e-06, 2.5052123398511066e-08,
            1.6057240343146187e-10, 7.759312191019366e-13),
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


# ---- the error function -------------------------------------------------------------------------------------------------------------

#     erf(x) / x - 1 in z = x*x, |x| <= 0.85
_ERF = {
    "f32": (0.12837916612625122, -0.37612590193748474, 0.11282864958047867, -0.026807287707924843, 0.0050577037036418915,
            -0.0006348518654704094),
    "f64": (0.12837916709551256, -0.3761263890318352, 0.11283791670944184, -0.026866170643111257, 0.005223977606116762,
            -0.0008548325929232601, 0.00012055293574457186, -1.4924712255289854e-05, 1.6447130999199484e-06,
            -1.6206309422850978e-07, 1.3710961884931921e-08, -7.779434442828472e-10),
}
#     e**(a*a) erfc(a) (1 + a sqrt(pi)) = 1 + a P(a) / Q(a), 0 <= a <= 10.3 (f32), 27.5 (f64); a P / Q < 0.19
_ERFC_P = {
    "f32": (0.644075334072113, 0.5862374305725098, 0.24252502620220184, 0.04558008164167404),
    "f64": (0.6440746838100037, 1.2658741853954503, 1.2350551454331198, 0.7696082363077074, 0.3344425918473779,
            0.10469203613853689, 0.023604032876802163, 0.003708950168973568, 0.00037150778471336295, 1.8366178779440016e-05),
}
_ERFC_Q = {
    "f32": (1.0, 2.462841510772705, 2.616198778152466, 1.5263803005218506, 0.5012797713279724, 0.08079416304826736),
    "f64": (1.0, 3.5180301948708212, 5.79573201880852, 5.914803834274803, 4.165356106751257, 2.131753383578875,
            0.8119795231052575, 0.2312210671434084, 0.048517707328959846, 0.007199349903538885, 0.0006873299298045463,
            3.255320430414403e-05),
}
_ERFC_LIMIT = {"f32": 10.3, "f64": 27.5}
_SQRT_PI = {"f32": (1.7724539041519165, -5.324639928971919e-08), "f64": (1.772453850905516, -7.666586499825799e-17)}


def _tail(a: Any, line: tuple[Any, Any], square: Any, square_low: Any) -> Any:
    """erfc(a) for 0 <= a <= the limit: (Q + aP) / (Q * line) * e**-square, given line = 1 + a sqrt(pi) and the square of a as sums of
    two. That Q is rounded does no harm, being the same above and below; what other steps lose is carried along in the `_low` parts."""
    type = type_of(a)
    q, r = polynomial(a, _ERFC_Q[type]), a * polynomial(a, _ERFC_P[type])
    over = q + r
    over_low = (q - over) + r
    under, under_low = _product(q, None, *line)
    inverse = 1.0 / under
    y = over * inverse
    y_low = (fma(-y, under, over) + fma(-y, under_low, over_low)) * inverse
    shift = FLOAT[type].bias // 2                # keeps the power of two normal where the result is not
    bits, p, p_low = _exp_parts_low(-square, -square_low, FLOAT[type].bias + shift)
    return (y + fma(y, p, fma(y, p_low, fma(y_low, p, y_low)))) * _power_of_two(bits, type) * 2.0**-shift


def _line(a: Any, slope: tuple[float, float]) -> tuple[Any, Any]:
    """1 + a * slope as a sum of two, a >= 0."""
    y = fma(a, slope[0], 1.0)
    return y, fma(a, slope[0], 1.0 - y) + a * slope[1]


def _capped(x: Any, limit: float) -> Any:
    """|x|, and limit where that is less."""
    a = abs(x)
    return where(limit < a, limit, a)


def _erfc(a: Any) -> Any:
    """erfc(a) for 0 <= a <= the limit."""
    square = a * a
    return _tail(a, _line(a, _SQRT_PI[type_of(a)]), square, fma(a, a, -square))


@floats
def erf(x):
    """The error function."""
    a = _capped(x, _ERFC_LIMIT[type_of(x)])
    return where(a < 0.85, fma(x, polynomial(a * a, _ERF[type_of(x)]), x), copysign(1.0 - _erfc(a), x))


@floats
def erfc(x):
    """1 - erf(x), with all its digits where that is small."""
    tail = _erfc(_capped(x, _ERFC_LIMIT[type_of(x)]))
    return where(x < 0, 2.0 - tail, tail)


#     e**(x*x/2) P(X <= -x) = P(x) / Q(x), 0 <= x <= 14.6 (f32), 38.8 (f64)
_NDTR_P = {
    "f32": (0.5, 0.4378073215484619, 0.1828376054763794, 0.04048861563205719, 0.004091683309525251),
    "f64": (0.5, 0.8279276838155325, 0.6796154982770375, 0.35735124734755597, 0.13204996040874104, 0.03566930650218124,
            0.007123291348226518, 0.0010397956942742417, 0.000106583302777026, 6.976856902598055e-06, 2.2422034435569538e-07),
}
_NDTR_Q = {
    "f32": (1.0, 1.6734994649887085, 1.2009308338165283, 0.4684116244316101, 0.1014963760972023, 0.010256209410727024),
    "f64": (1.0, 2.4537399284339303, 2.8170322016770277, 2.001460551748488, 0.9801186949818412, 0.34832689161468333,
            0.09198109702142043, 0.01812148413907413, 0.0026238696740925427, 0.00026772675739617944, 1.7488386780136767e-05,
            5.620370549093562e-07),
}


@floats
def ndtr(x):
    """P(X <= x) for a normal X, with its digits where that is small. For speed (gelu is x * ndtr(x)) no more is carried than must be: 6
    units in the last place in the left tail."""
    type = type_of(x)
    a = _capped(x, 14.6 if type == "f32" else 38.8)
    half = a * 0.5
    square = a * half
    shift = FLOAT[type].bias // 2
    y = polynomial(a, [c * 2.0**-shift for c in _NDTR_P[type]]) / polynomial(a, _NDTR_Q[type])
    bits, p, low = _exp_parts_low(-square, fma(-half, a, square), FLOAT[type].bias + shift)
    tail = fma(y, p + low, y) * _power_of_two(bits, type)
    return where(x < 0, tail, 1.0 - tail)


# ---- powers -------------------------------------------------------------------------------------------------------------------------

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


# ---- division with remainder --------------------------------------------------------------------------------------------------------

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
        half = floor(k * 0.5)
        magic = f.magic + f.bias
        first, second = (_power_of_two(bitcast(v + magic, f.uint), type) for v in (half, k - half))
        return (_step_down(r, b * first * second),)

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


# ---- complex numbers ----------------------------------------------------------------------------------------------------------------

def _complex(name: Function) -> Callable:
    """Decorator: the body of a function for one complex number."""
    return lambda body: name.complex(lambda *args: body(*map(Complex.of, args)))


@_complex(exp)
def _exp_complex(z):
    size = exp(z.re)
    wild = ~isfinite(z.im)
    none = constant(size, 0.0)
    re = where(wild & isinf(z.re), size, where(z.im == 0, size, size * cos(z.im)))
    return Complex(re, where(z.im == 0, z.im, where(wild & (size == 0), none, size * sin(z.im))))


@_complex(log)
def _log_complex(z):
    return Complex(_log_abs(z.re, z.im), atan2(z.im, z.re))


def _log_abs(x: Any, y: Any) -> Any:
    """log(hypot(x, y)), by log1p where that is near 0."""
    length = hypot(x, y)
    x, y = abs(x), abs(y)
    large, small = where(x > y, x, y), where(x > y, y, x)
    near = 0.5 * log1p(fma(large - 1.0, large + 1.0, small * small))
    return where((length > 0.7) & (length < 1.4), near, log(length))


@_complex(log1p)
def _log1p_complex(z):
    near = 0.5 * log1p(fma(z.re, z.re + 2.0, z.im * z.im))
    small = (abs(z.re) < 0.5) & (abs(z.im) < 0.5)
    return Complex(where(small, near, _log_abs(z.re + 1.0, z.im)), atan2(z.im, z.re + 1.0))


@_complex(expm1)
def _expm1_complex(z):
    half = sin(z.im * 0.5)
    return Complex(fma(expm1(z.re), cos(z.im), half * half * -2.0), exp(z.re) * sin(z.im))


exp2.complex(lambda z: exp(Complex.of(z) * 0.6931471805599453))
log2.complex(lambda z: log(z) * LOG2E)
log10.complex(lambda z: log(z) * 0.4342944819032518)
reciprocal.complex(lambda z: 1.0 / Complex.of(z))
rsqrt.complex(lambda z: 1.0 / sqrt(z))


@_complex(sigmoid)
def _sigmoid_complex(z):
    left = z.re < 0
    e = exp(where(left, z, -z))                  # |e| <= 1
    return where(left, e, 1.0) / (e + 1.0)


@_complex(sqrt)
def _sqrt_complex(z):
    t = sqrt(0.5 * abs(z.re) + 0.5 * hypot(z.re, z.im))
    u = abs(z.im) / where(t == 0, 1.0, t + t)
    right = z.re >= 0
    re, im = where(right, t, u), copysign(where(right, u, t), z.im)
    infinite = isinf(z.im)
    return Complex(where(infinite, INF, re), where(infinite, z.im, im))


@_complex(sinh)
def _sinh_complex(z):
    x, y = z.re, z.im
    stay = ~isfinite(y) & ((x == 0) | isinf(x))
    return Complex(where(stay, x, sinh(x) * cos(y)), where(y == 0, y, cosh(x) * sin(y)))


@_complex(cosh)
def _cosh_complex(z):
    x, y = z.re, z.im
    wild = ~isfinite(y)
    im = where((y == 0) | (wild & (x == 0)), copysign(constant(x, 0.0), x) * copysign(constant(x, 1.0), y), sinh(x) * sin(y))
    return Complex(where(wild & isinf(x), INF, cosh(x) * cos(y)), im)


@_complex(tanh)
def _tanh_complex(z):
    """Kahan's: (b rho s + i t) / (1 + b s^2) with t = tan y, b = 1 + t^2, s = sinh x, rho = cosh x."""
    wild = ~isfinite(z.im)
    large = abs(z.re) > 20.0
    x = where(large, 0.0, z.re)
    t, s = tan(z.im), sinh(x)
    b = fma(t, t, 1.0)
    d = fma(b, s * s, 1.0)
    e = exp(-abs(z.re))
    far = where(wild, 0.0, 4.0 * sin(z.im) * cos(z.im) * e * e)
    re = where(large, copysign(constant(s, 1.0), z.re), where(wild & (z.re == 0), z.re, b * cosh(x) * s / d))
    return Complex(re, where(z.im == 0, z.im, where(large, far, t / d)))


sin.complex(lambda z: _turn_back(sinh(_turn(z))))
cos.complex(lambda z: cosh(_turn(z)))
tan.complex(lambda z: _turn_back(tanh(_turn(z))))


def _turn(z: Any) -> Complex:
    """i z"""
    z = Complex.of(z)
    return Complex(-z.im, z.re)


def _turn_back(z: Complex) -> Complex:
    """-i z"""
    return Complex(z.im, -z.re)


def _far(z: Complex) -> tuple[Any, Any]:
    """Whether |z| is so large that 1 is nothing beside its square, and log(2 |z|)."""
    return (abs(z.re) > 2.0**30) | (abs(z.im) > 2.0**30), log(hypot(z.re * 0.5, z.im * 0.5)) + 1.3862943611198906


@_complex(asin)
def _asin_complex(z):
    a, b = sqrt(1.0 - z), sqrt(z + 1.0)
    far, size = _far(z)
    re = atan2(z.re, where(far, abs(z.im), a.re * b.re - a.im * b.im))
    return Complex(re, where(far, copysign(size, z.im), asinh(a.re * b.im - a.im * b.re)))


@_complex(acos)
def _acos_complex(z):
    a, b = sqrt(1.0 - z), sqrt(z + 1.0)
    far, size = _far(z)
    re = where(far, atan2(abs(z.im), z.re), 2.0 * atan2(a.re, b.re))
    return Complex(re, where(far, -copysign(size, z.im), asinh(b.re * a.im - b.im * a.re)))


@_complex(acosh)
def _acosh_complex(z):
    a, b = sqrt(z - 1.0), sqrt(z + 1.0)
    far, size = _far(z)
    return Complex(where(far, size, asinh(a.re * b.re + a.im * b.im)), where(far, atan2(z.im, z.re), 2.0 * atan2(a.im, b.re)))


@_complex(atanh)
def _atanh_complex(z):
    x, y = abs(z.re), z.im
    far, _ = _far(z)
    re = 0.25 * log1p(4.0 * x / fma(1.0 - x, 1.0 - x, y * y))
    im = 0.5 * atan2(y + y, (1.0 - x) * (x + 1.0) - y * y)
    back = where(isinf(z), 0.0, (1.0 / where(far, z, 1.0)).re)
    return Complex(copysign(where(far, abs(back), re), z.re), where(far, copysign(constant(y, PI / 2), y), im))


asinh.complex(lambda z: _turn_back(asin(_turn(z))))
atan.complex(lambda z: _turn_back(atanh(_turn(z))))


@_complex(pow)
def _pow_complex(z, w):
    zero = z == 0
    plain = exp(w * log(where(zero, 1.0, z)))
    limit = where(w.re > 0, constant(z.re, 0.0), where(w.re < 0, INF, constant(z.re, NAN)))
    return where(w == 0, 1.0, where(zero, Complex(limit, limit * 0.0), plain))


@floats
def angle(x):
    """The argument of a number: 0 or pi for real ones."""
    return where(x != x, x, where(x < 0, constant(x, PI), 0.0))


@_complex(angle)
def _angle_complex(z):
    return atan2(z.im, z.re)


@floats
def angle_gradient(grad, x):
    """The gradient of `angle`."""
    return grad * 0.0


@_complex(angle_gradient)
def _angle_gradient_complex(grad, z):
    square = square_abs(z)
    scale = where(square == 0, 0.0, grad.re / where(square == 0, 1.0, square))
    return Complex(-z.im * scale, z.re * scale)
