"""Mathematical functions of elements."""

from __future__ import annotations

import math

from ...codegen import math as m
from ..families.declare import EITHER, NONE
from ..families.maps import pointwise
from ..families.types import INT_TO_FLOAT
from .arithmetic import FLOATING


def _function(name: str, text: str, derivative, supports: str = FLOATING, cost: float = 1.0):
    """A function of one number: the body is codegen.math's."""
    def body(input):
        return getattr(m, name)(input)

    body.__name__, body.__doc__, body.__qualname__ = name, text, name
    op = pointwise(promotes=INT_TO_FLOAT, supports=supports, cost=cost)(body)
    op.derivative(derivative)
    return op


def _acosh_slope(grad, input):
    # as PyTorch's, whose square has no sign; this one does not overflow
    size = input if m.is_complex(input) else m.abs(input)
    return grad * m.conj(m.rsqrt(size - 1) * m.rsqrt(size + 1))


exp = _function("exp", "e to the power of each element.", lambda grad, result: grad * m.conj(result), cost=0.6)
expm1 = _function("expm1", "`exp(x) - 1`, accurate near 0.", lambda grad, result: grad * m.conj(result + 1))
exp2 = _function("exp2", "2 to the power of each element.", lambda grad, result: grad * m.conj(result * math.log(2)),
                 cost=0.6)
log = _function("log", "The natural logarithm.", lambda grad, input: grad / m.conj(input))
log1p = _function("log1p", "`log(1 + x)`, accurate near 0.", lambda grad, input: grad / m.conj(input + 1))
log1p.node_name = "Log1PBackward0"
log2 = _function("log2", "The logarithm to base 2.", lambda grad, input: grad / m.conj(input * math.log(2)))
log10 = _function("log10", "The logarithm to base 10.", lambda grad, input: grad / m.conj(input * math.log(10)))
sin = _function("sin", "The sine (radians).", lambda grad, input: grad * m.conj(m.cos(input)))
cos = _function("cos", "The cosine (radians).", lambda grad, input: -grad * m.conj(m.sin(input)))

def _less_square(x):
    """1 - x * x, on PyTorch's side of the cut where x is real but of a complex type."""
    less = 1 - x * x
    return less + 0j if m.is_complex(x) else less                        # never -0i


tan = _function("tan", "The tangent (radians).", lambda grad, result: grad * m.conj(result * result + 1))
asin = _function("asin", "The angle whose sine each element is.",
                 lambda grad, input: grad * m.conj(m.rsqrt(_less_square(input))))
acos = _function("acos", "The angle whose cosine each element is.",
                 lambda grad, input: -grad * m.conj(m.rsqrt(_less_square(input))))
atan = _function("atan", "The angle whose tangent each element is.",
                 lambda grad, input: grad / m.conj(input * input + 1))
sinh = _function("sinh", "The hyperbolic sine.", lambda grad, input: grad * m.conj(m.cosh(input)))
cosh = _function("cosh", "The hyperbolic cosine.", lambda grad, input: grad * m.conj(m.sinh(input)))
asinh = _function("asinh", "The inverse of sinh.", lambda grad, input: grad * m.conj(m.rsqrt(input * input + 1)))
acosh = _function("acosh", "The inverse of cosh.", _acosh_slope)
atanh = _function("atanh", "The inverse of tanh.", lambda grad, input: grad / m.conj(_less_square(input)))
erf = _function("erf", "The error function.",
                lambda grad, input: grad * m.exp(-input * input) * (2 / math.sqrt(math.pi)), "f")
erfc = _function("erfc", "`1 - erf(x)`, accurate for large x.",
                 lambda grad, input: grad * m.exp(-input * input) * (-2 / math.sqrt(math.pi)), "f")
sigmoid = _function("sigmoid", "`1 / (1 + exp(-x))`.", lambda grad, result: grad * m.conj((1 - result) * result))


@pointwise(promotes=INT_TO_FLOAT)
def tanh(input):
    """The hyperbolic tangent of each element."""
    return m.tanh(input)


@tanh.derivative
def _(grad, result):                               # names `result`, so `input` is free to die
    return grad * m.conj(1 - result * result)


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.5, numbers=NONE)
def atan2(input, other):
    """The angle of the point (other, input), from -pi to pi."""
    return m.atan2(input, other)


@atan2.derivative
def _(grad, input, other):
    length = input * input + other * other
    # 0 where the angle is not defined, as for PyTorch
    share = m.where(length == 0, 0.0, grad / m.where(length == 0, 1.0, length))
    return share * other, -share * input


def log_add_exp(a, b):
    """`log(exp(a) + exp(b))` of two values in a kernel; the larger real part leads."""
    swap = m.real(a) < m.real(b)
    high, low = m.where(swap, b, a), m.where(swap, a, b)
    if not m.is_complex(a):
        high = m.maximum(a, b)
        return m.where(m.isinf(high) & (a == b), high, high + m.log1p(m.exp(-m.abs(a - b))))
    return m.where(m.isinf(m.real(high)) & (m.real(a) == m.real(b)), high, high + m.log(m.exp(low - high) + 1))


@pointwise(supports=FLOATING, cost=2.0, numbers=NONE)
def logaddexp(input, other):
    """`log(exp(input) + exp(other))` without overflow."""
    return log_add_exp(input, other)


def _share(input, other, scale=1.0):
    alike = (input == other) & m.isinf(m.real(input))
    part = m.sigmoid(m.where(alike, 0.0, input - other) * scale)
    return m.where(alike & (m.real(input) < 0), 0.0, part)


@pointwise(supports=FLOATING, cost=1.0, public=False, inplace=False)
def share_of_sum(input, other):
    """`exp(input) / (exp(input) + exp(other))`: half of equal infinities, and nothing of a sum of nothing, where both
    are -infinity.
    """
    return _share(input, other)


@share_of_sum.derivative
def _(grad, input, other):
    slope = grad * m.conj(_share(input, other) * _share(other, input))
    return slope, -slope


@logaddexp.derivative
def _(grad, input, other):
    return grad * m.conj(_share(input, other)), grad * m.conj(_share(other, input))


@pointwise(supports="f", cost=2.0, numbers=NONE)
def logaddexp2(input, other):
    """`log2(2**input + 2**other)` without overflow."""
    larger = m.maximum(input, other)
    return m.where(m.isinf(larger) & (input == other), larger,
                   larger + m.log1p(m.exp2(-m.abs(input - other))) * (1 / math.log(2)))


@logaddexp2.derivative
def _(grad, input, other):
    return grad * _share(input, other, math.log(2)), grad * _share(other, input, math.log(2))


@pointwise(supports="f", cost=0.5, numbers=NONE)
def hypot(input, other):
    """`sqrt(input**2 + other**2)` without overflow."""
    return m.hypot(input, other)


@hypot.derivative
def _(grad, input, other, result):
    return grad * (input / result), grad * (other / result)


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.0, numbers=EITHER)
def xlogy(input, other):
    """`input * log(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
    return m.where(m.isnan(other), other, m.where(input == 0, 0.0, input * m.log(other)))


@xlogy.derivative
def _(grad, input, other):
    none = ((input == 0) & (other <= 0)) | ((grad == 0) & (other == other))
    return m.where(none, 0.0, grad * m.log(m.where(none, m.zero(grad) + 1, other))), grad * input / other


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.0, numbers=EITHER)
def special_xlog1py(input, other):
    """`input * log1p(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
    return m.where(m.isnan(other), other, m.where(input == 0, 0.0, input * m.log1p(other)))


@special_xlog1py.derivative
def _(grad, input, other):
    none = (input == 0) & (other <= -1)
    return m.where(none, 0.0, grad * m.log1p(m.where(none, m.zero(grad), other))), grad * input / (other + 1)


@pointwise(promotes=INT_TO_FLOAT, cost=2.0)
def sinc(input):
    """`sin(pi * x) / (pi * x)`, and 1 where x is 0."""
    turned = input * math.pi
    return m.where(input == 0, 1.0, m.sin(turned) / turned)


_SINC_SLOPE = [(-1) ** k * 2 * k / math.factorial(2 * k + 1) for k in range(1, 9)]


@sinc.derivative
def _(input, grad):
    turned = input * math.pi
    near = m.abs(turned) < 0.5                             # there the difference below would cancel
    small, large = m.where(near, turned, 0.0), m.where(near, 1.0, turned)
    series = 0.0
    for coefficient in reversed(_SINC_SLOPE):
        series = series * (small * small) + coefficient
    series = series * small
    return grad * m.conj(m.where(near, series, (large * m.cos(large) - m.sin(large)) / (large * large)) * math.pi)


def _scaling(name: str, text: str, factor: float):
    def body(input):
        return input * factor

    body.__name__, body.__doc__, body.__qualname__ = name, text, name
    op = pointwise(promotes=INT_TO_FLOAT, supports="f", cost=0.05, error=RuntimeError)(body)

    @op.derivative
    def _(grad):
        return grad * factor

    return op


deg2rad = _scaling("deg2rad", "Degrees as radians.", math.pi / 180)
rad2deg = _scaling("rad2deg", "Radians as degrees.", 180 / math.pi)
deg2rad.node_name, rad2deg.node_name = "Deg2RadBackward0", "Rad2DegBackward0"


@pointwise(promotes=INT_TO_FLOAT, supports="f", scalars=(), operands=("input",), cost=1.0)
def logit(input, eps=None):
    """`log(x / (1 - x))`, x first limited to eps .. 1 - eps if `eps` is given."""
    if eps is not None:
        input = m.minimum(m.maximum(input, eps), 1 - eps)
    return m.log(input / (1 - input))


@logit.derivative
def _(grad, input, eps):
    inside = (input >= (0.0 if eps is None else eps)) & (input <= (1.0 if eps is None else 1 - eps))
    return m.where(inside, grad / (input * (1 - input)), math.nan if eps is None else 0.0)


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.0)
def special_entr(input):
    """`-x * log(x)`; 0 at 0 and -infinity below."""
    return m.where(m.isnan(input), input,
                   m.where(input > 0, -input * m.log(input), m.where(input == 0, 0.0, m.constant(input, -math.inf))))


@special_entr.derivative
def _(grad, input):
    return grad * (-1 - m.log(input))


@pointwise(promotes=INT_TO_FLOAT, supports="f", cost=1.0)
def special_ndtr(input):
    """The area under the standard normal curve up to each element."""
    return m.erfc(input * -math.sqrt(0.5)) * 0.5


@special_ndtr.derivative
def _(grad, input):
    return grad * m.exp(input * input * -0.5) * (1 / math.sqrt(2 * math.pi))
