"""Complex numbers for kernel bodies: a pair of real values with the operators of one.

Arithmetic is written on the parts with the primitives, so it runs wherever they run. Products are the plain formula;
quotients scale by the larger part of the divisor (Smith), as PyTorch's do, and so neither overflow nor underflow early.
Used by bodies through operators; the functions (exp, log, ...) are in `math.py`, beside their real forms.
"""

from __future__ import annotations

from typing import Any

from .primitives import (
    Pair,
    abs,
    any_type,
    constant,
    floats,
    fma,
    isfinite,
    isinf,
    isnan,
    sign,
    sqrt,
    true,
    type_of,
    where,
)

__all__ = ["Complex", "hypot", "conj", "real", "imag", "sgn", "square_abs", "zero"]


class Complex(Pair):
    """re + im * i. The parts are values of one type; real operands and Python numbers are taken as they come."""

    __slots__ = ()
    __array_ufunc__ = None                       # so that an array on the left leaves the operator to us
    __hash__ = object.__hash__

    def __init__(self, re: Any, im: Any = 0.0):
        self.re, self.im = re, im

    def __repr__(self) -> str:
        return f"({self.re!r} + {self.im!r}i)"

    @staticmethod
    def of(x: Any) -> Complex:
        """Any number as a complex one."""
        if isinstance(x, Complex):
            return x
        if isinstance(x, complex):
            return Complex(x.real, x.imag)
        return Complex(x, 0.0 if isinstance(x, (bool, int, float)) else constant(x, 0.0))

    def choose(self, condition: Any, a: Any, b: Any) -> Complex:
        """`where` with complex operands."""
        a, b = Complex.of(a), Complex.of(b)
        return Complex(*(where(condition, _like(self.re, x), y) for x, y in ((a.re, b.re), (a.im, b.im))))

    def __add__(self, other: Any) -> Complex:
        if not isinstance(other, (Pair, complex)):
            return Complex(self.re + other, self.im)
        other = Complex.of(other)
        return Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other: Any) -> Complex:
        if not isinstance(other, (Pair, complex)):
            return Complex(self.re - other, self.im)
        other = Complex.of(other)
        return Complex(self.re - other.re, self.im - other.im)

    def __rsub__(self, other: Any) -> Complex:
        return -self + other

    def __mul__(self, other: Any) -> Complex:
        if not isinstance(other, (Pair, complex)):
            return Complex(self.re * other, self.im * other)
        other = Complex.of(other)
        return Complex(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)

    def __truediv__(self, other: Any) -> Complex:
        if not isinstance(other, (Pair, complex)):
            return Complex(self.re / other, self.im / other)
        other = Complex.of(other)
        c, d = _like(self.re, other.re), _like(self.re, other.im)
        swap = abs(c) < abs(d)
        large, small = where(swap, d, c), where(swap, c, d)
        ratio = small / where(large == 0, 1.0, large)
        divisor = where(large == 0, abs(large), large + small * ratio)
        a, b = where(swap, self.im, self.re), where(swap, self.re, self.im)
        part = a * ratio
        return Complex((a + b * ratio) / divisor, where(swap, part - b, b - part) / divisor)

    def __rtruediv__(self, other: Any) -> Complex:
        return Complex.of(_like(self.re, other)) / self

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Complex:
        return Complex(-self.re, -self.im)

    def __eq__(self, other: Any) -> Any:         # type: ignore[override]
        other = Complex.of(other)
        return (self.re == other.re) & (self.im == other.im)

    def __ne__(self, other: Any) -> Any:         # type: ignore[override]
        other = Complex.of(other)
        return (self.re != other.re) | (self.im != other.im)

    def __abs__(self) -> Any:
        return hypot(self.re, self.im)


def _like(x: Any, number: Any) -> Any:
    """A Python number as a value of x's type; anything else as it is."""
    return (constant(x, number) if isinstance(number, (bool, int, float)) and not isinstance(x, (bool, int, float))
            else number)


#        above, times;  below, times: what brings the larger side where its square is a normal number
_SCALE = {"f32": (2.0**60, 2.0**-70, 2.0**-60, 2.0**90), "f64": (2.0**500, 2.0**-600, 2.0**-500, 2.0**600)}


@floats
def hypot(x, y):
    """sqrt(x * x + y * y) without overflow or underflow on the way; infinite where either is."""
    x, y = abs(x), abs(y)
    large, small = where(x > y, x, y), where(x > y, y, x)
    above, down, below, up = _SCALE[type_of(x)]
    one = constant(x, 1.0)
    factor = where(large > above, down, where(large < below, up, one))
    back = where(large > above, 1 / down, where(large < below, 1 / up, one))
    large, small = large * factor, small * factor
    length = sqrt(fma(large, large, small * small)) * back
    return where(isinf(x) | isinf(y), float("inf"), where(isnan(x) | isnan(y), x + y, length))


# ---- parts -----------------------------------------------------------------------------------------------------------

@any_type
def conj(x):
    """The complex conjugate; of a real value, itself."""
    return x


@any_type
def real(x):
    """The real part."""
    return x


@any_type
def imag(x):
    """The imaginary part; of a real value, 0."""
    return constant(x, 0)


@any_type
def zero(x):
    """0 of x's type, whatever x holds: a derivative that vanishes."""
    return constant(x, 0)


@zero.complex
def _zero_of_pair(x):
    return zero(x.re)


@any_type
def sgn(x):
    """The sign; of a complex number z / |z|, and 0 for 0."""
    return sign.body(x)


@any_type
def square_abs(x):
    """|x| squared."""
    return x * x


conj.complex(lambda z: Complex(Complex.of(z).re, -Complex.of(z).im))
real.complex(lambda z: Complex.of(z).re)
imag.complex(lambda z: Complex.of(z).im)


@square_abs.complex
def _(z):
    z = Complex.of(z)
    return z.re * z.re + z.im * z.im


@sgn.complex
def _(z):
    z = Complex.of(z)
    length = abs(z)
    return z / where(length == 0, constant(length, 1.0), length)


abs.complex(lambda z: hypot(Complex.of(z).re, Complex.of(z).im))
isnan.complex(lambda z: isnan(Complex.of(z).re) | isnan(Complex.of(z).im))
isinf.complex(lambda z: isinf(Complex.of(z).re) | isinf(Complex.of(z).im))
isfinite.complex(lambda z: isfinite(Complex.of(z).re) & isfinite(Complex.of(z).im))
true.complex(lambda z: true(Complex.of(z).re) | true(Complex.of(z).im))
