"""The error function and the normal distribution."""

from __future__ import annotations

from typing import Any

from .exponential import _exp_parts_low, _power_of_two
from .polynomial import polynomial
from .power import _product
from .primitives import FLOAT, abs, copysign, floats, fma, type_of, where

__all__ = ["erf", "erfc", "ndtr"]


#     erf(x) / x - 1 in z = x*x, |x| <= 0.85
_ERF = {
    "f32": (0.12837916612625122, -0.37612590193748474, 0.11282864958047867, -0.026807287707924843,
            0.0050577037036418915, -0.0006348518654704094),
    "f64": (0.12837916709551256, -0.3761263890318352, 0.11283791670944184, -0.026866170643111257, 0.005223977606116762,
            -0.0008548325929232601, 0.00012055293574457186, -1.4924712255289854e-05, 1.6447130999199484e-06,
            -1.6206309422850978e-07, 1.3710961884931921e-08, -7.779434442828472e-10),
}
#     e**(a*a) erfc(a) (1 + a sqrt(pi)) = 1 + a P(a) / Q(a), 0 <= a <= 10.3 (f32), 27.5 (f64); a P / Q < 0.19
_ERFC_P = {
    "f32": (0.644075334072113, 0.5862374305725098, 0.24252502620220184, 0.04558008164167404),
    "f64": (0.6440746838100037, 1.2658741853954503, 1.2350551454331198, 0.7696082363077074, 0.3344425918473779,
            0.10469203613853689, 0.023604032876802163, 0.003708950168973568, 0.00037150778471336295,
            1.8366178779440016e-05),
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
    """erfc(a) for 0 <= a <= the limit: (Q + aP) / (Q * line) * e**-square, given line = 1 + a sqrt(pi) and the square
    of a as sums of two. That Q is rounded does no harm, being the same above and below; what other steps lose is
    carried along in the `_low` parts."""
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
            0.007123291348226518, 0.0010397956942742417, 0.000106583302777026, 6.976856902598055e-06,
            2.2422034435569538e-07),
}
_NDTR_Q = {
    "f32": (1.0, 1.6734994649887085, 1.2009308338165283, 0.4684116244316101, 0.1014963760972023, 0.010256209410727024),
    "f64": (1.0, 2.4537399284339303, 2.8170322016770277, 2.001460551748488, 0.9801186949818412, 0.34832689161468333,
            0.09198109702142043, 0.01812148413907413, 0.0026238696740925427, 0.00026772675739617944,
            1.7488386780136767e-05, 5.620370549093562e-07),
}


@floats
def ndtr(x):
    """P(X <= x) for a normal X, with its digits where that is small. For speed (gelu is x * ndtr(x)) no more is carried
    than must be: 6 units in the last place in the left tail."""
    type = type_of(x)
    a = _capped(x, 14.6 if type == "f32" else 38.8)
    half = a * 0.5
    square = a * half
    shift = FLOAT[type].bias // 2
    y = polynomial(a, [c * 2.0**-shift for c in _NDTR_P[type]]) / polynomial(a, _NDTR_Q[type])
    bits, p, low = _exp_parts_low(-square, fma(-half, a, square), FLOAT[type].bias + shift)
    tail = fma(y, p + low, y) * _power_of_two(bits, type)
    return where(x < 0, tail, 1.0 - tail)
