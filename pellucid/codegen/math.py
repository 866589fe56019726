"""Mathematical functions for kernels, each written once and run on every kind of value (see `primitives.py`).

For f32 and f64; bodies convert first. Each is within 2 units in the last place, with the special values of C's Annex F and
subnormal results (docs/accuracy.md has the measurements). The method throughout: reduce the argument exactly (a fused multiply-add
keeps what rounding would lose), evaluate a minimax polynomial or quotient whose leading coefficients are exact, and add the large
term last. Lanes that need more (a huge argument of sin) are computed by `rare`, a block that is skipped while no lane needs it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from .complex import *  # noqa: F403
from .complex import Complex, hypot
from .primitives import *  # noqa: F403
from .ir import BITS
from .primitives import FLOAT, abs, any_type, bitcast, clamp, constant, convert, copysign, floats, floor, fma, isnan, rare, repeat, rint, signbit, sqrt, trunc, type_of, where

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
_EXPM1 = {"f32": (0.5, 0.16666539013385773, 0.04166661202907562, 0.008367096073925495, 0.0013917750911787152),
          "f64": (0.5000000000000006, 0.16666666666666685, 0.041666666666572955, 0.008333333333314446, 0.0013888888932614286,
                  0.00019841269903363986, 2.4801504146648045e-05, 2.755722763190103e-06, 2.7626451200135e-07, 2.5114583281687903e-08)}
_EXP_RANGE = {"f32": (-104.0, 89.0), "f64": (-746.0, 710.0)}


def _exp_parts(x: Any, offset: int, low: Any = None) -> tuple[Any, Any]:
    """(bits, p): e**(x + low) = 2**n * (1 + p), n + offset in the low bits of `bits`, |p| < 0.42. NaN stays in p."""
    type = type_of(x)
    f, (ln2, ln2_low) = FLOAT[type], LN2[type]
    shifted = fma(x, LOG2E, f.magic + offset)
    n = shifted - (f.magic + offset)
    r = fma(n, -ln2_low, fma(n, -ln2, x))
    if low is not None:
        r = r + low
    return bitcast(shifted, f.uint), fma(polynomial(r, _EXPM1[type]), r * r, r)


def _power_of_two(bits: Any, type: str) -> Any:
    """2**(low bits - bias)."""
    return bitcast(bits << FLOAT[type].mantissa, type)


def _exp(x: Any, low: Any = None, half: bool = False) -> Any:
    """e**(x + low) for any x, in two factors so that subnormal results round once; `half` gives half of it."""
    type = type_of(x)
    lowest, highest = _EXP_RANGE[type]
    bits, p = _exp_parts(clamp(x, lowest, highest + half), 2 * FLOAT[type].bias - half, low)
    first = bits >> 1
    return (p + 1.0) * _power_of_two(first, type) * _power_of_two(bits - first, type)


def _exp_down(x: Any, low: Any = None, times: Any = None) -> Any:
    """times * e**(x + low) for x <= 0 and 0 < times <= 1."""
    type = type_of(x)
    shift = FLOAT[type].bias // 2
    bits, p = _exp_parts(where(_EXP_RANGE[type][0] > x, _EXP_RANGE[type][0], x), FLOAT[type].bias + shift, low)
    y = p + 1.0 if times is None else fma(times, p, times)
    return y * _power_of_two(bits, type) * 2.0**-shift


@floats
def exp(x):
    """e**x."""
    return _exp(x)


@floats
def sigmoid(x):
    """1 / (1 + e**-x), accurate in both tails: e / (1 + e) with e = e**-|x|, and what rounding 1 + e loses given back."""
    type = type_of(x)
    shift = FLOAT[type].bias // 2                # e is kept times 2**shift, so that the quotient may be subnormal
    a = -abs(x)
    bits, p = _exp_parts(where(_EXP_RANGE[type][0] > a, _EXP_RANGE[type][0], a), FLOAT[type].bias + shift)
    scale = _power_of_two(bits, type)
    whole = fma(scale, 2.0**-shift, 1.0)
    e, d = fma(scale, p, scale), fma(scale * 2.0**-shift, p, whole)
    q = where(x < 0, e, 2.0**shift) / d
    lost = fma(scale * 2.0**-shift, p, whole - d)
    return fma(q, lost * fma(d, 0.5, -1.457), q) * 2.0**-shift


#     (tanh(x) - x) / x^3 = P(z) / Q(z), z = x*x, on |x| <= 0.625
_TANH_P = {"f32": (-0.3333330750465393, -0.001541088568046689),
           "f64": (-0.33333333333333326, -0.02049685412255476, -0.00019909192016426223)}
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
_LOG = {"f32": (0.6666666269302368, 0.40000972151756287, 0.2849879264831543, 0.242788165807724),
        "f64": (0.6666666666666735, 0.3999999999940747, 0.28571428744144295, 0.22222198378155913, 0.18183575184402448,
                0.15313755216545702, 0.14799072075544673)}
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


_LOG2 = {"f32": ((1.4426950216293335, 1.925963033500011e-08), (1.0, 0.0)), "f64": ((1.4426950408889634, 2.0355273740931033e-17), (1.0, 0.0))}
_LOG10 = {"f32": ((0.4342944920063019, -1.0103049952192578e-08), (0.301025390625, 4.605039066518657e-06)),
          "f64": ((0.4342944819032518, 1.098319650216765e-17), (0.30102999566395283, 2.8363394551044964e-14))}


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
    first = bits >> 1
    return (fma(polynomial(r, _EXPM1[type]), r * r, r) + 1.0) * _power_of_two(first, type) * _power_of_two(bits - first, type)


# ---- trigonometry -------------------------------------------------------------------------------------------------------------------

PI = 3.141592653589793
PI_PARTS = {"f32": (3.1415927410125732, -8.742277657347586e-08), "f64": (3.141592653589793, 1.2246467991473532e-16)}
_HALF_PI = {"f32": (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15),
            "f64": (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33)}
_REDUCIBLE = {"f32": 2.0**16, "f64": 2.0**20}
#     (sin(r) - r) / r^3 and (cos(r) - 1 + r^2/2) / r^4 in z = r*r, |r| <= pi/4
_SIN = {"f32": (-0.16666655242443085, 0.008332190103828907, -0.00019518405315466225),
        "f64": (-0.16666666666666632, 0.008333333333322314, -0.00019841269829724842, 2.755731366195236e-06, -2.5050753250462108e-08,
                1.5896504234487237e-10)}
_COS = {"f32": (0.04166664555668831, -0.00138873013202101, 2.4430672056041658e-05),
        "f64": (0.0416666666666666, -0.001388888888887399, 2.4801587289394408e-05, -2.755731432589427e-07, 2.087571954149277e-09,
                -1.13594478401765e-11)}
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
    first = fma(n, -a, x)
    r = fma(n, -b, first)
    low = fma(n, -c, fma(n, -b, first - r))
    return rare(abs(x) > _REDUCIBLE[type], (bitcast(shifted, f.uint), r, low), lambda: _reduce_huge(x))


def _reduce_huge(x: Any) -> tuple[Any, Any, Any]:
    """The same for |x| however large (Payne and Hanek): in integers, with those bits of 2/pi that decide quadrant and fraction."""
    type = type_of(x)
    f = FLOAT[type]
    count = 3 if type == "f32" else 6            # 32-bit words of 2/pi: quadrant, cancelled bits (61 at most), result, guard
    bits = convert(bitcast(x, f.uint), "u64")
    exponent = (bits >> f.mantissa) & (2 * f.bias + 1)
    mantissa = (bits & ((1 << f.mantissa) - 1)) | (1 << f.mantissa)
    # bits of 2/pi so high that their product with the mantissa is a multiple of 4 drop out; the first that counts is number `at`
    at = exponent + ((62 - f.bias - f.mantissa) % (1 << 64))
    most = (f.bias + 63 - f.mantissa) // 32
    window = [constant(bits, 0)] * 2 + [constant(bits, _TWO_OVER_PI >> (1280 - 32 * k) & 0xFFFFFFFF) for k in range(1, most + count)]
    step = 1 << most.bit_length() - 1
    while step:                                  # shift by whole words
        take = (at & (step << 5)) != 0
        window = [where(take, window[min(k + step, len(window) - 1)], window[k]) for k in range(min(len(window), step + count))]
        step >>= 1
    shift = 32 - (at & 31)
    window = [(((window[k] << 32) | window[k + 1]) >> shift) & 0xFFFFFFFF for k in range(count)]
    digits = [mantissa] if type == "f32" else [mantissa & 0xFFFFFFFF, mantissa >> 32]
    columns, carry = [], constant(bits, 0)       # mantissa * window modulo 2**(32 * count), from the lowest column
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
_ASIN = {"f32": (0.16666753590106964, 0.07495252043008804, 0.0454760417342186, 0.024152090772986412, 0.042211804538965225),
         "f64": (0.16666666666665383, 0.07500000000342998, 0.04464285682351818, 0.030381959329806515, 0.02237175355824488, 0.017359770574409406,
                 0.013884603746295156, 0.012173244906239212, 0.006511000054345819, 0.019573511987291733, -0.016293467881267596,
                 0.03195855960607339)}
#     (atan(t) - t) / t^3 in z = t*t, 0 <= t <= 1
_ATAN = {"f32": (-0.33333298563957214, 0.1999852955341339, -0.1426401436328888, 0.10950860381126404, -0.08399202674627304, 0.057878728955984116,
                 -0.03109334595501423, 0.01086614839732647, -0.0017821125220507383),
         "f64": (-0.3333333333333307, 0.1999999999995148, -0.14285714282575787, 0.11111111007036845, -0.09090907003054213, 0.07692279838839222,
                 -0.06666404045849819, 0.05880527704729441, -0.05253517911750001, 0.047223195975092294, -0.042191710882392215,
                 0.036641732937603484, -0.029903551892321932, 0.021984450452151628, -0.013900159011767646, 0.007196205816332577,
                 -0.002884759335289223, 0.0008312637812776908, -0.00015214793227959987, 1.3223749100282119e-05)}


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
_SINH = {"f32": (0.1666666716337204, 0.008333311416208744, 0.00019842635083477944, 2.7839255380968098e-06),
         "f64": (0.16666666666666669, 0.008333333333333139, 0.00019841269841437678, 2.7557319155337265e-06, 2.5052123398511066e-08,
                 1.6057240343146187e-10, 7.759312191019366e-13)}


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
    return where(a < FLOAT[type_of(x)].tiny, x, where(a < 1.0, copysign(0.5 * _log1p(y, low), x), where(a == 1.0, copysign(constant(x, INF), x), NAN)))


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

#     erf(x) / x - 1 in z = x*x, |x| <= 0.85;  e**(a*a) erfc(a) = P(a) / Q(a), 0 <= a <= 10.3 (f32), 27.5 (f64)
_ERF = {"f32": (0.12837916612625122, -0.37612590193748474, 0.11282864958047867, -0.026807287707924843, 0.0050577037036418915,
                -0.0006348518654704094),
        "f64": (0.12837916709551256, -0.3761263890318352, 0.11283791670944184, -0.026866170643111257, 0.005223977606116762,
                -0.0008548325929232601, 0.00012055293574457186, -1.4924712255289854e-05, 1.6447130999199484e-06, -1.6206309422850978e-07,
                1.3710961884931921e-08, -7.779434442828472e-10)}
_ERFCX_P = {"f32": (1.0, 1.238116979598999, 0.7312622666358948, 0.22905932366847992, 0.0327705517411232),
            "f64": (1.0, 2.3417331182321393, 2.71846199310815, 2.0214839221194247, 1.0563996832699283, 0.4035521361266203, 0.11397266157162429,
                    0.023527890767036496, 0.003410665688864832, 0.00031573650094049644, 1.4350102038764504e-05)}
_ERFCX_Q = {"f32": (1.0, 2.3664965629577637, 2.4015586376190186, 1.3247450590133667, 0.4060226082801819, 0.05808363854885101),
            "f64": (1.0, 3.470112285327652, 5.6340644033540555, 5.6609853136748995, 3.920474779927365, 1.9704344570429932, 0.7358487761713635,
                    0.20502118911846054, 0.04198191478548068, 0.0060579649811175725, 0.0005596283769643765, 2.543489361948939e-05)}


_ERFC_LIMIT = {"f32": 10.3, "f64": 27.5}


def _tail(a: Any, square: Any, low: Any) -> Any:
    """erfc(a) for 0 <= a <= 10.3 (f32) or 27.5 (f64), given the square of a as a sum of two."""
    type = type_of(a)
    return _exp_down(-square, -low, polynomial(a, _ERFCX_P[type]) / polynomial(a, _ERFCX_Q[type]))


def _capped(x: Any, limit: float) -> Any:
    """|x|, and limit where that is less."""
    a = abs(x)
    return where(limit < a, limit, a)


@floats
def erf(x):
    """The error function."""
    a = _capped(x, _ERFC_LIMIT[type_of(x)])
    z = a * a
    far = 1.0 - _tail(a, z, fma(a, a, -z))
    return where(a < 0.85, fma(x, polynomial(z, _ERF[type_of(x)]), x), copysign(far, x))


@floats
def erfc(x):
    """1 - erf(x), with all its digits where that is small."""
    a = _capped(x, _ERFC_LIMIT[type_of(x)])
    z = a * a
    tail = _tail(a, z, fma(a, a, -z))
    return where(x < 0, 2.0 - tail, tail)


@floats
def ndtr(x):
    """P(X <= x) for a normal X, with all its digits where that is small: erfc(-x / sqrt(2)) / 2."""
    a = _capped(x, _ERFC_LIMIT[type_of(x)] * 1.4142)
    z = a * a * 0.5
    tail = _tail(a * 0.7071067811865476, z, fma(a * 0.5, a, -z)) * 0.5
    return where(x < 0, tail, 1.0 - tail)


# ---- powers -------------------------------------------------------------------------------------------------------------------------

@floats
def rsqrt(x):
    """1 / sqrt(x)."""
    return 1.0 / sqrt(x)


#     (2 atanh(s) - 2s - 2s^3/3) / s^5 in z = s*s
_LOG_HIGH = {"f32": (0.40000152587890625, 0.28547078371047974, 0.23420140147209167),
             "f64": (0.4000000000000229, 0.2857142857008375, 0.22222222522877527, 0.18181784098126458, 0.15386770168648473, 0.13256509161890898,
                     0.1319927639983333)}
_TWO_THIRDS = {"f32": (0.6666666865348816, -1.9868215517249155e-08), "f64": (0.6666666666666666, 3.700743415417188e-17)}


def _product(a: Any, a_low: Any, b: Any, b_low: Any) -> tuple[Any, Any]:
    """(a + a_low) * (b + b_low) as a sum of two."""
    high = a * b
    return high, fma(a, b, -high) + fma(a, b_low, a_low * b)


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
    rest = where(abs(t) < _EXP_RANGE[type][1] * 1.2, fma(y, high, -t) + y * low, 0.0)
    result = _exp(t, rest)
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
