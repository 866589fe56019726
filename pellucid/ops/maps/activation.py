"""Activations: the functions between a network's layers, each one scalar body (see `families.maps`)."""

from __future__ import annotations

import inspect
import math
from functools import wraps
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...core.tensor import TensorBase
from ..families.composites import composite
from ..families.maps import pointwise
from ..made.copy import check_number
from ..made.size import full
from .arithmetic import FLOATING

# PyTorch's derivatives of what follows a threshold, of pools and of nll_loss are functions of their own, which depend
# on all they look at: the second derivative is zero, but there. A rule marked so does the same where it runs on
# tensors; what its comparisons have lost is attached again.

@pointwise(supports="f", operands=("gradient", "input"), public=False, inplace=False)
def _attached(gradient, input):
    return gradient


@_attached.derivative
def _(grad):
    return grad, m.zero(grad)


def attached(gradient: Any, input: Any) -> Any:
    """A gradient that depends on `input`, a tensor or (a kernel's value, no link) none, with slope zero."""
    return _attached(gradient, input) if isinstance(input, TensorBase) and input.requires_grad else gradient


def flat(rule: Any) -> Any:
    """A derivative (grad, input or result, ...) that depends on what it names beside grad with slope zero."""
    place = next(k for k, name in enumerate(inspect.signature(rule).parameters) if name != "grad")

    @wraps(rule)
    def found(*values):
        return attached(rule(*values), values[place])

    return found


def _not_bool(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    check(common is not dtypes.bool, "Boolean inputs not supported for relu")
    return common


@pointwise(supports="uif", cost=0.05, into_dtype=_not_bool)
def relu(input):
    """`max(input, 0)`; NaN stays."""
    return m.maximum(input, 0)


@relu.derivative
@flat
def _(result, grad):                                      # the strides are those of the first, as in PyTorch
    return m.where(result <= 0, 0, grad)                   # a NaN passes


@pointwise(supports="f", cost=1.0, exact=True)
def gelu(input, *, approximate: str = "none"):
    """`x * P(X <= x)` for a normal X; with approximate="tanh" by a tanh (https://arxiv.org/abs/1606.08415)."""
    check(approximate in ("none", "tanh"), "approximate argument must be either none or tanh.")
    if approximate == "tanh":
        inner = (input + input * input * input * 0.044715) * math.sqrt(2 / math.pi)
        return input * 0.5 * (m.tanh(inner) + 1)
    return input * m.ndtr(input)


@gelu.derivative
def _(grad, input, approximate):
    if approximate == "tanh":
        scale = math.sqrt(2 / math.pi)
        t = m.tanh((input + input * input * input * 0.044715) * scale)
        return grad * (0.5 * (t + 1) + input * 0.5 * (1 - t * t) * (input * input * (3 * 0.044715) + 1) * scale)
    return grad * (m.ndtr(input) + input * m.exp(input * input * -0.5) * (1 / math.sqrt(2 * math.pi)))


@pointwise(supports=FLOATING, cost=1.0)
def silu(input):
    """`x * sigmoid(x)`."""
    return input * m.sigmoid(input)


@silu.derivative
def _(grad, input):
    s = m.sigmoid(input)
    return grad * m.conj(s * (input * (1 - s) + 1))


@pointwise(supports="f", scalars=("negative_slope",), cost=0.1)
def leaky_relu(input, negative_slope=0.01):
    """`x` where positive, else `negative_slope * x`."""
    return m.where(input > 0, input, input * negative_slope)


leaky_relu.fitting = check_number


@leaky_relu.derivative
@flat
def _(input, grad, negative_slope):
    return m.where(input > 0, grad, grad * negative_slope)


@pointwise(supports="f", cost=0.1, public=False, inplace=False)
def prelu_kernel(input, weight):
    """`x` where positive, else `weight * x`."""
    return m.where(input > 0, input, weight * input)


@prelu_kernel.derivative
def _(grad, input, weight):
    positive = input > 0
    # no infinity where the product is not chosen
    below, share = m.where(positive, 0, input), m.where(positive, 0, weight)
    of_input, of_weight = m.where(positive, grad, share * grad), m.where(positive, 0, below * grad)
    return attached(of_input, input), attached(attached(of_weight, input), weight)


@pointwise(supports="f", scalars=("alpha", "scale", "input_scale"), cost=1.0)
def elu(input, alpha=1.0, scale=1.0, input_scale=1.0):
    """`scale * x` where positive, else `scale * alpha * (exp(input_scale * x) - 1)`."""
    return m.where(input > 0, input * scale, m.expm1(input * input_scale) * alpha * scale)


elu.fitting = check_number


@elu.derivative
def _(grad, input, alpha, scale, input_scale):
    # where it is not chosen the exponential is one of 0: run on tensors, an infinity there would be NaN times 0 in the
    # second derivative
    below = m.where(input < 0, input, 0)
    return m.where(input <= 0, grad * m.exp(below * input_scale) * alpha * scale * input_scale, grad * scale)


@pointwise(supports="f", scalars=("beta", "threshold"), cost=2.0, exact=True)
def softplus(input, beta=1.0, threshold=20.0):
    """`log(1 + exp(beta * x)) / beta`, and `x` where beta * x > threshold."""
    return m.where(input * beta > threshold, input, m.log1p(m.exp(input * beta)) / beta)


softplus.fitting = check_number


@softplus.derivative
def _(grad, input, beta, threshold):
    turned = input * beta
    return m.where(turned > threshold, grad, grad * m.sigmoid(m.where(turned >= threshold, threshold, turned)))


@pointwise(supports="uif", scalars=("min_val", "max_val"), cost=0.05)
def hardtanh(input, min_val=-1.0, max_val=1.0):
    """`x` limited to min_val .. max_val."""
    return m.minimum(m.maximum(input, min_val), max_val)


@hardtanh.derivative
@flat
def _(grad, input, min_val, max_val):
    return m.where((input <= min_val) | (input >= max_val), 0, grad)


@pointwise(supports="f", cost=0.1)
def hardsigmoid(input):
    """`relu6(x + 3) / 6`."""
    return m.minimum(m.maximum(input + 3, 0), 6) / 6


@hardsigmoid.derivative
@flat
def _(grad, input):
    return m.where((input > -3) & (input < 3), grad / 6, 0)


@pointwise(supports="f", cost=0.1)
def hardswish(input):
    """`x * relu6(x + 3) / 6`."""
    return input * m.minimum(m.maximum(input + 3, 0), 6) / 6


@hardswish.derivative
def _(grad, input):
    inside = m.where((input <= -3) | (input >= 3), 0, input)
    return m.where(input <= -3, 0, m.where(input < 3, grad * (inside / 3 + 0.5), grad))


@pointwise(supports="f", cost=2.5)
def mish(input):
    """`x * tanh(softplus(x))`."""
    return input * m.tanh(m.where(input > 20, input, m.log1p(m.exp(input))))


@mish.derivative
def _(grad, input):
    s = m.sigmoid(input)
    t = m.tanh(m.where(input > 20, input, m.log1p(m.exp(input))))
    return grad * (t + input * s * (1 - t * t))


@pointwise(supports="f", cost=1.5, contiguous=True, exact=True)
def logsigmoid(input):
    """`log(sigmoid(x))` without overflow."""
    return m.minimum(input, 0) - m.log1p(m.exp(-m.abs(input)))


@logsigmoid.derivative
def _(grad, input):
    return grad * m.sigmoid(-input)


@pointwise(supports="uif", scalars=("threshold", "value"), operands=("input",), cost=0.05)
def threshold(input, threshold, value):
    """`x` where it is above the threshold, else `value`."""
    return m.where(input <= threshold, value, input)


threshold.fitting = check_number


@threshold.derivative
@flat
def _(input, grad, threshold):
    return m.where(input <= threshold, 0, grad)


@pointwise(supports="f", scalars=("lambd",), cost=0.1, public=False, inplace=False)
def _hardshrink(input, lambd=0.5):
    return m.where((input >= -lambd) & (input <= lambd), 0, input)


@_hardshrink.derivative
@flat
def _(grad, input, lambd):
    return m.where((input >= -lambd) & (input <= lambd), 0, grad)


@composite(out=True, exact="result")
def hardshrink(input, lambd=0.5):
    """0 where `|x| <= lambd`, else `x`. A half-precision type has a lambd of its own."""
    d = input.meta.dtype
    return _hardshrink(input, full((), lambd, dtype=d).item() if d.is_floating_point and d.itemsize == 2 else lambd)


@pointwise(supports="f", scalars=("lambd",), cost=0.1, public=False, inplace=False)
def _softshrink(input, lambd=0.5):
    return m.where(input > lambd, input - lambd, m.where(input < -lambd, input + lambd, input * 0))


@_softshrink.derivative
@flat
def _(grad, input, lambd):
    return m.where((input >= -lambd) & (input <= lambd), 0, grad)


@composite(exact="result")
def softshrink(input, lambd=0.5):
    """`x` moved towards 0 by lambd, 0 in between."""
    check(lambd >= 0, "lambda must be greater or equal to 0, but found to be {}", lambd)
    return _softshrink(input, lambd)


@composite(inplace=True)
def relu6(input):
    """`x` limited to 0 .. 6."""
    return hardtanh(input, 0.0, 6.0)


@composite(inplace=True)
def selu(input):
    """`elu` with the constants that keep mean and variance (https://arxiv.org/abs/1706.02515)."""
    return elu(input, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946)


@composite(inplace=True)
def celu(input, alpha=1.0):
    """`max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`."""
    check(alpha != 0, "ZeroDivisionError: alpha cannot be 0 for CELU")
    return elu(input, alpha, 1.0, 1.0 / alpha)
