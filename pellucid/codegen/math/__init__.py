"""Mathematical functions for kernels, each written once and run on every kind of value (see `primitives`).

For f32 and f64; bodies convert first. Each is within 2 units in the last place, with the special values of C's Annex F
and subnormal results (docs/accuracy.md has the measurements). The method throughout: reduce the argument exactly (a
fused multiply-add keeps what rounding would lose), evaluate a minimax polynomial or quotient whose leading coefficients
are exact, and add the large term last. Lanes that need more (a huge argument of sin) are computed by `rare`, a block
that is skipped while no lane needs it.
"""

from __future__ import annotations

from .complex import Complex, conj, hypot, imag, real, sgn, square_abs, zero
from .complex_functions import angle, angle_gradient
from .error import erf, erfc, ndtr
from .exponential import exp, exp2, expm1, ldexp, sigmoid, tanh
from .hyperbolic import acosh, asinh, atanh, cosh, sinh
from .library import libm_cos, libm_exp, libm_log, libm_log1p, libm_sin, libm_tan
from .logarithm import log, log10, log1p, log2
from .polynomial import polynomial
from .power import SHORT, pow, power, rsqrt
from .primitives import (
    Function, abs, bitcast, ceil, clamp, constant, convert, copysign, floor, fma, fmax, fmin, is_bool, is_complex,
    is_float,
    isfinite, isinf, isnan, largest, maximum, minimum, rare, repeat, rint, rounded, shift_left, shift_right,
    sign, signbit, sqrt, true, trunc, trunc_div, type_of, where,
)
from .remainder import floor_div, fmod, reciprocal, remainder
from .trigonometric import acos, asin, atan, atan2, cos, sin, tan

__all__ = [
    "Complex", "Function", "SHORT", "abs", "acos", "acosh", "angle", "angle_gradient", "asin", "asinh", "atan",
    "atan2", "atanh", "bitcast", "ceil", "clamp", "conj", "constant", "convert", "copysign", "cos", "cosh", "erf",
    "erfc", "exp", "exp2", "expm1", "floor", "floor_div", "fma", "fmax", "fmin", "fmod", "hypot", "imag", "is_bool",
    "is_complex", "is_float", "isfinite", "isinf", "isnan", "largest", "ldexp", "libm_cos", "libm_exp", "libm_log",
    "libm_log1p", "libm_sin", "libm_tan", "log", "log10", "log1p", "log2", "maximum", "minimum", "ndtr",
    "polynomial", "pow", "power", "rare", "real", "reciprocal", "remainder", "repeat", "rint", "rounded", "rsqrt",
    "sgn", "shift_left", "shift_right", "sigmoid", "sign", "signbit", "sin", "sinh", "sqrt", "square_abs", "tan",
    "tanh", "true", "trunc", "trunc_div", "type_of", "where", "zero",
]
