"""Activations: rectified, saturating and gated functions, softmax and its relatives."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid import ops
from pellucid.check import check
from pellucid.dtypes import bool as boolean
from pellucid.dtypes import float64, promote_types
from pellucid.ops.families.composites import composite
from pellucid.ops.made.copy import check_number
from pellucid.ops.maps.activation import prelu_kernel
from pellucid.tensor import Tensor

__all__ = [
    "celu", "celu_", "elu", "elu_", "glu", "gumbel_softmax", "hardsigmoid", "hardswish", "hardtanh", "hardtanh_",
    "leaky_relu", "leaky_relu_", "log_softmax", "mish", "prelu", "relu", "relu6", "relu_", "rrelu", "rrelu_",
    "selu", "selu_", "sigmoid", "silu", "softmax", "softmin", "softsign", "tanh", "tanhshrink", "threshold",
    "threshold_",
]


def _expect_floats(name: str, *operands: Tensor) -> None:
    """Raise as PyTorch does where it has no kernel for what the operands promote to, but their parts here would work.
    """
    common = functools.reduce(promote_types, (operand.dtype for operand in operands))
    check(common.is_floating_point, '"{}" not implemented for \'{}\'', name, common.title, error=NotImplementedError)


def _into(input: Tensor, function: Callable[..., Tensor], *args: Any) -> Tensor:
    """`function(input, *args)` written over `input`. It reads a copy, so that what autograd saves is not overwritten.
    """
    return input.copy_(function(input.clone(), *args))


@composite(public=False)
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)."""
    return input.relu_() if inplace else input.relu()


@composite(public=False)
def relu_(input: Tensor) -> Tensor:
    """`relu`, in place."""
    return input.relu_()


@composite(public=False)
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return input.sigmoid()


@composite(public=False)
def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    return input.tanh()


@composite(public=False)
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x * sigmoid(x)."""
    return _into(input, ops.silu) if inplace else ops.silu(input)


@composite(public=False)
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x limited to [min_val, max_val]. At the limits the gradient is 0."""
    check(input.is_complex() or min_val <= max_val, "min_val cannot be greater than max_val", error=ValueError)
    if input.dtype.is_integral:
        check(input.dtype is not boolean, "Bool inputs not supported for hardtanh")
        check(input.dtype.is_signed or min_val >= 0, "cannot do hardtanh on an unsigned type with negative limits")
        check_number(min_val, input.dtype)
        check_number(max_val, input.dtype)
    return _into(input, ops.hardtanh, min_val, max_val) if inplace else ops.hardtanh(input, min_val, max_val)


@composite(public=False)
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """x limited to [0, 6]."""
    return hardtanh(input, 0.0, 6.0, inplace)


@composite(public=False)
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope * x."""
    return _into(input, ops.leaky_relu, negative_slope) if inplace else ops.leaky_relu(input, negative_slope)


@composite(public=False)
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """leaky_relu with a learned slope, one for all or one a channel."""
    check(weight.dim() < 2, "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {}", weight.dim())
    check(weight.dtype is input.dtype, "prelu: Type promoting not supported. Got {} and {}", input.dtype.title,
          weight.dtype.title)
    check(input.is_floating_point(), '"prelu_cpu" not implemented for \'{}\'', input.dtype.title,
          error=NotImplementedError)
    if weight.numel() != 1:
        check(input.dim() > 0, "Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.dim() > 1 else 1
        check(weight.numel() == channels,
              "Mismatch of parameter numbers and input channel size. Found parameter numbers = {} and channel "
              "size = {}.", weight.numel(), channels)
    slope = weight.reshape((1, -1) + (1,) * (input.dim() - 2) if input.dim() > 1 else (-1,) * input.dim())
    return prelu_kernel(input, slope)


@composite(public=False)
def rrelu(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
          inplace: bool = False) -> Tensor:
    """leaky_relu with a slope drawn from [lower, upper] for each element if `training`, else their mean."""
    check(lower <= upper, "Lower bound should be less than or equal to the upper bound")
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    if input.is_meta:
        return input if inplace else input * 1
    below, slope = input <= 0, input.new_ones(input.shape)
    drawn = ops.empty(int(below.sum()), dtype=float64).uniform_()       # as PyTorch: none for positive elements
    low, high = (lower, upper) if input.dtype is float64 else (float(np.float32(bound)) for bound in (lower, upper))
    slope[below] = (drawn * (high - low) + low).to(input.dtype)
    return input.mul_(slope) if inplace else input.contiguous() * slope


@composite(public=False)
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (exp(x) - 1)."""
    return _into(input, ops.elu, alpha) if inplace else ops.elu(input, alpha)


@composite(public=False)
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (exp(x / alpha) - 1)."""
    check(alpha != 0, "ZeroDivisionError: alpha cannot be 0 for CELU")
    return _into(input, ops.elu, alpha, 1.0, 1.0 / alpha) if inplace else ops.elu(input, alpha, 1.0, 1.0 / alpha)


@composite(public=False)
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """scale * elu(x, alpha), with the constants that keep mean 0 and variance 1."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return _into(input, ops.elu, alpha, scale) if inplace else ops.elu(input, alpha, scale)


@composite(public=False)
def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """relu6(x + 3) / 6."""
    return _into(input, ops.hardsigmoid) if inplace else ops.hardsigmoid(input)


@composite(public=False)
def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * relu6(x + 3) / 6."""
    return _into(input, ops.hardswish) if inplace else ops.hardswish(input)


@composite(public=False)
def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * tanh(softplus(x))."""
    return _into(input, ops.mish) if inplace else ops.mish(input)


@composite(public=False)
def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`elu`, in place."""
    return elu(input, alpha, True)


@composite(public=False)
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`celu`, in place."""
    return celu(input, alpha, True)


@composite(public=False)
def selu_(input: Tensor) -> Tensor:
    """`selu`, in place."""
    return selu(input, True)


@composite(public=False)
def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`hardtanh`, in place."""
    return hardtanh(input, min_val, max_val, True)


@composite(public=False)
def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`leaky_relu`, in place."""
    return leaky_relu(input, negative_slope, True)


@composite(public=False)
def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """`rrelu`, in place."""
    return rrelu(input, lower, upper, training, True)


@composite(public=False)
def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """`threshold`, in place."""
    check_number(value, input.dtype)
    return _into(input, ops.threshold, threshold, value)


@composite(public=False)
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else value."""
    check_number(threshold, input.dtype)
    check_number(value, input.dtype)
    return _into(input, ops.threshold, threshold, value) if inplace else ops.threshold(input, threshold, value)


@composite(public=False)
def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return input / (input.abs() + 1)


@composite(public=False)
def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    return input - input.tanh()


@composite(public=False)
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half of `dim` times the sigmoid of the second."""
    check(input.dim() > 0, "glu does not support scalars because halving size must be even")
    size = input.size(dim)
    check(size % 2 == 0, "Halving dimension must be even, but dimension {} is size {}", dim % input.dim(), size)
    _expect_floats("glu_cpu", input)
    first, second = input.chunk(2, dim)
    return first * second.sigmoid()


def _softmax_dim(name: str, ndim: int, dim: int | None, stacklevel: int) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
                  stacklevel=stacklevel + 1)
    return 0 if ndim in (0, 1, 3) else 1


@composite(public=False)
def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(x) / sum(exp(x)) along `dim`."""
    return input.softmax(_softmax_dim("softmax", input.dim(), dim, _stacklevel), dtype=dtype)


@composite(public=False)
def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """softmax(-x)."""
    return (-input).softmax(_softmax_dim("softmin", input.dim(), dim, _stacklevel), dtype=dtype)


@composite(public=False)
def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """log(softmax(x)), computed as x - logsumexp(x)."""
    return input.log_softmax(_softmax_dim("log_softmax", input.dim(), dim, _stacklevel), dtype=dtype)


@composite(public=False)
def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A sample of the Gumbel-softmax distribution; with `hard` one-hot, but differentiated as if it were soft."""
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -logits.new_empty(logits.shape).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return soft
    hot = soft.new_zeros(soft.shape).scatter_(dim, soft.argmax(dim, keepdim=True), 1.0)
    return hot - soft.detach() + soft
