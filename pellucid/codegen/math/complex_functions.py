"""The same functions of complex numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .complex import Complex, hypot, square_abs, zero
from .exponential import LOG2E, exp, exp2, expm1, sigmoid, tanh
from .hyperbolic import acosh, asinh, atanh, cosh, sinh
from .logarithm import log, log1p, log2, log10
from .polynomial import INF, NAN
from .power import pow, rsqrt
from .primitives import Function, abs, constant, copysign, floats, fma, isfinite, isinf, sqrt, where
from .remainder import reciprocal
from .trigonometric import PI, acos, asin, atan, atan2, cos, sin, tan

__all__ = ["angle", "angle_gradient"]


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
    im = where((y == 0) | (wild & (x == 0)), copysign(constant(x, 0.0), x) * copysign(constant(x, 1.0), y),
               sinh(x) * sin(y))
    return Complex(where(wild & isinf(x), INF, cosh(x) * cos(y)), im)


@_complex(tanh)
def _tanh_complex(z):
    """Kahan's: (b rho s + i t) / (1 + b s^2) with t = tan y, b = 1 + t^2, s = sinh x, rho = cosh x."""
    wild = ~isfinite(z.im)
    large = (abs(z.re) > 20.0) & (~wild | isinf(z.re))
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
    return Complex(where(z.re == 0, z.re, re), where(far, copysign(size, z.im), asinh(a.re * b.im - a.im * b.re)))


@_complex(acos)
def _acos_complex(z):
    a, b = sqrt(1.0 - z), sqrt(z + 1.0)
    far, size = _far(z)
    re = where(far, atan2(abs(z.im), z.re), 2.0 * atan2(a.re, b.re))
    return Complex(where(z.re == 0, constant(re, PI / 2), re),
                   where(far, -copysign(size, z.im), asinh(b.re * a.im - b.im * a.re)))


@_complex(acosh)
def _acosh_complex(z):
    a, b = sqrt(z - 1.0), sqrt(z + 1.0)
    far, size = _far(z)
    im = where(far, atan2(z.im, z.re), 2.0 * atan2(a.im, b.re))
    return Complex(where(far, size, asinh(a.re * b.re + a.im * b.im)),
                   where(z.re == 0, copysign(constant(im, PI / 2), z.im), im))


@_complex(atanh)
def _atanh_complex(z):
    x, y = abs(z.re), z.im
    far, _ = _far(z)
    re = 0.25 * log1p(4.0 * x / fma(1.0 - x, 1.0 - x, y * y))
    im = 0.5 * atan2(y + y, (1.0 - x) * (x + 1.0) - y * y)
    back = where(isinf(z), 0.0, (1.0 / where(far, z, 1.0)).re)
    im = where(far, where(y == y, copysign(constant(y, PI / 2), y), y), im)
    return Complex(where(z.re == 0, z.re, copysign(where(far, abs(back), re), z.re)), im)


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
    return zero(grad)


@_complex(angle_gradient)
def _angle_gradient_complex(grad, z):
    square = square_abs(z)
    scale = where(square == 0, 0.0, grad.re / where(square == 0, 1.0, square))
    return Complex(-z.im * scale, z.re * scale)
