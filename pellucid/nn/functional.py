"""The functions of a network: activations, convolutions, pooling, normalisation, dropout, embedding, losses, distances.

Those that are operators come from `ops` as they are. The others are compositions of tensor methods, with PyTorch's
signatures; their derivatives follow from their parts. Called by `nn.modules` and by users.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid import ops
from pellucid.absent import absent as _absent
from pellucid.autograd import no_grad
from pellucid.check import check
from pellucid.core.meta import contiguous_format, memory_format, suggested_format
from pellucid.core.op import Op
from pellucid.dtypes import bool as boolean
from pellucid.dtypes import can_cast, finfo, float64, int64, promote_types
from pellucid.ops.families.composites import composite
from pellucid.ops.families.composites import delivered as _delivered
from pellucid.ops.made.arguments import unseen
from pellucid.ops.made.copy import check_number
from pellucid.ops.maps import loss as one_loss
from pellucid.ops.maps.activation import prelu_kernel
from pellucid.ops.rows.softmax import check_types
from pellucid.tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "elu_",
    "embedding",
    "feature_alpha_dropout",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "group_norm",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "log_softmax",
    "logsigmoid",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "mish",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]

# ---- The operators ----

linear, layer_norm, embedding = ops.linear, ops.layer_norm, ops.embedding
conv1d, conv2d, conv3d = ops.conv1d, ops.conv2d, ops.conv3d
conv_transpose1d, conv_transpose2d, conv_transpose3d = ops.conv_transpose1d, ops.conv_transpose2d, ops.conv_transpose3d
max_pool1d, max_pool2d, max_pool3d = ops.max_pool1d, ops.max_pool2d, ops.max_pool3d
avg_pool1d, avg_pool2d, avg_pool3d = ops.avg_pool1d, ops.avg_pool2d, ops.avg_pool3d
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = (ops.adaptive_avg_pool1d, ops.adaptive_avg_pool2d,
                                                                 ops.adaptive_avg_pool3d)
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = (ops.adaptive_max_pool1d, ops.adaptive_max_pool2d,
                                                                 ops.adaptive_max_pool3d)
pixel_shuffle, pixel_unshuffle, channel_shuffle = ops.pixel_shuffle, ops.pixel_unshuffle, ops.channel_shuffle
gelu, softplus, logsigmoid, hardshrink, softshrink = (ops.gelu, ops.softplus, ops.logsigmoid, ops.hardshrink,
                                                      ops.softshrink)

# ---- Activations ----


def _expect_floats(name: str, *operands: Tensor) -> None:
    """Raise as PyTorch does where it has no kernel for what the operands promote to, but their parts here would work.
    """
    common = functools.reduce(promote_types, (operand.dtype for operand in operands))
    check(common.is_floating_point, '"{}" not implemented for \'{}\'', name, common.title, error=NotImplementedError)


def _into(input: Tensor, function: Callable[..., Tensor], *args: Any) -> Tensor:
    """`function(input, *args)` written over `input`. It reads a copy, so that what autograd saves is not overwritten.
    """
    return input.copy_(function(input.clone(), *args))


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)."""
    return input.relu_() if inplace else input.relu()


def relu_(input: Tensor) -> Tensor:
    """`relu`, in place."""
    return input.relu_()


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    """Hyperbolic tangent."""
    return input.tanh()


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """x * sigmoid(x)."""
    return _into(input, ops.silu) if inplace else ops.silu(input)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """x limited to [min_val, max_val]. At the limits the gradient is 0."""
    check(min_val <= max_val, "min_val cannot be greater than max_val", error=ValueError)
    if input.dtype.is_integral:
        check(input.dtype is not boolean, "Bool inputs not supported for hardtanh")
        check(input.dtype.is_signed or min_val >= 0, "cannot do hardtanh on an unsigned type with negative limits")
        check_number(min_val, input.dtype)
        check_number(max_val, input.dtype)
    return _into(input, ops.hardtanh, min_val, max_val) if inplace else ops.hardtanh(input, min_val, max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """x limited to [0, 6]."""
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, else negative_slope * x."""
    return _into(input, ops.leaky_relu, negative_slope) if inplace else ops.leaky_relu(input, negative_slope)


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


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (exp(x) - 1)."""
    return _into(input, ops.elu, alpha) if inplace else ops.elu(input, alpha)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, else alpha * (exp(x / alpha) - 1)."""
    check(alpha != 0, "ZeroDivisionError: alpha cannot be 0 for CELU")
    return _into(input, ops.elu, alpha, 1.0, 1.0 / alpha) if inplace else ops.elu(input, alpha, 1.0, 1.0 / alpha)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """scale * elu(x, alpha), with the constants that keep mean 0 and variance 1."""
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return _into(input, ops.elu, alpha, scale) if inplace else ops.elu(input, alpha, scale)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """relu6(x + 3) / 6."""
    return _into(input, ops.hardsigmoid) if inplace else ops.hardsigmoid(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * relu6(x + 3) / 6."""
    return _into(input, ops.hardswish) if inplace else ops.hardswish(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """x * tanh(softplus(x))."""
    return _into(input, ops.mish) if inplace else ops.mish(input)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`elu`, in place."""
    return elu(input, alpha, True)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """`celu`, in place."""
    return celu(input, alpha, True)


def selu_(input: Tensor) -> Tensor:
    """`selu`, in place."""
    return selu(input, True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """`hardtanh`, in place."""
    return hardtanh(input, min_val, max_val, True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """`leaky_relu`, in place."""
    return leaky_relu(input, negative_slope, True)


def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False) -> Tensor:
    """`rrelu`, in place."""
    return rrelu(input, lower, upper, training, True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """`threshold`, in place."""
    check_number(value, input.dtype)
    return _into(input, ops.threshold, threshold, value)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """x where x > threshold, else value."""
    check_number(value, input.dtype)
    return _into(input, ops.threshold, threshold, value) if inplace else ops.threshold(input, threshold, value)


def softsign(input: Tensor) -> Tensor:
    """x / (1 + |x|)."""
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """x - tanh(x)."""
    return input - input.tanh()


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half of `dim` times the sigmoid of the second."""
    check(input.dim() > 0, "glu does not support scalars because halving size must be even")
    _expect_floats("glu_cpu", input)
    size = input.size(dim)
    check(size % 2 == 0, "Halving dimension must be even, but dimension {} is size {}", dim % input.dim(), size)
    first, second = input.chunk(2, dim)
    return first * second.sigmoid()


def _softmax_dim(name: str, ndim: int, dim: int | None, stacklevel: int) -> int:
    if dim is not None:
        return dim
    warnings.warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X as an argument.",
                  stacklevel=stacklevel + 1)
    return 0 if ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(x) / sum(exp(x)) along `dim`."""
    return input.softmax(_softmax_dim("softmax", input.dim(), dim, _stacklevel), dtype=dtype)


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """softmax(-x)."""
    return (-input).softmax(_softmax_dim("softmin", input.dim(), dim, _stacklevel), dtype=dtype)


def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """log(softmax(x)), computed as x - logsumexp(x)."""
    return input.log_softmax(_softmax_dim("log_softmax", input.dim(), dim, _stacklevel), dtype=dtype)


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


# ---- Linear, padding ----


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`y[k] = x1 @ weight[k] @ x2 + bias[k]`."""
    outputs, size1, size2 = weight.shape
    for dim, (a, b) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=False)):
        check(a == b, "bilinear(): input batch dimensions do not match at dim {}: got {} and {}", dim, a, b)
    check(input1.dim() == input2.dim(), "bilinear(): input dimensions do not match: got {} and {}", input1.dim(),
          input2.dim())
    for name, found, size in (("input1", input1.shape[-1], size1), ("input2", input2.shape[-1], size2)):
        check(found == size, "bilinear(): {} size does not match weight size: got {} but expected {}", name, found,
              size)
    check(bias is None or bias.shape[0] == outputs,
          "bilinear(): bias size does not match weight size: got {} but expected {}",
          None if bias is None else bias.shape[0], outputs)
    half = (input1 @ weight.permute(1, 0, 2).reshape(size1, outputs * size2)).unflatten(-1, (outputs, size2))
    result = (half @ input2.unsqueeze(-1)).squeeze(-1)
    return result if bias is None else result + bias


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad by `pad` = (before, after) of each dimension, the last one first; negative numbers crop.

    `mode` is 'constant' (with `value`), 'reflect', 'replicate' or 'circular'.
    """
    check(len(pad) % 2 == 0, "Padding length must be divisible by 2")
    check(len(pad) <= 2 * input.dim(),
          "Padding length should be less than or equal to two times the input dimension but got padding "
          "length {} and input of dimension {}", len(pad), input.dim())
    sides = [(input.dim() - 1 - i, pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)]
    if mode == "constant":
        return _pad_constant(input, sides, 0.0 if value is None else value)
    check(mode in _EDGES, "Unrecognised padding mode {}", mode, error=NotImplementedError)
    check(value is None or value == 0, "Padding mode \"{}\" doesn't take in value argument", mode)
    check(input.dim() - len(sides) in (1, 2) and len(sides) <= 3,
          "Padding size {} is not supported for {}D input tensor.\nSupported combinations for non-constant padding:\n  "
          "- 2D or 3D input: padding size = 2 (pads last dimension)\n  - 3D or 4D input: padding size = 4 (pads last 2 "
          "dimensions)\n  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)", len(pad), input.dim(),
          error=NotImplementedError)
    layout = contiguous_format if mode == "circular" else _layout(input)
    check(mode == "circular" or 0 not in input.shape[input.dim() - len(sides) - 1:],
          "Expected {}D or {}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
          "but got: {}", len(sides) + 1, len(sides) + 2,
          list(input.shape))
    padded = input
    for dim, before, after in sides:
        padded = _pad_edges(padded, mode, dim, before, after)
    return (padded.clone(memory_format=layout) if padded.storage is input.storage
            else padded.contiguous(memory_format=layout))


def _pad_edges(input: Tensor, mode: str, dim: int, before: int, after: int) -> Tensor:
    """`pad` of one dimension by what is at its edges."""
    size = input.shape[dim]
    if mode == "circular":
        check(max(before, after) <= size, "Padding value causes wrapping around more than once.")
        check(size + before + after >= 0, "Negative padding value is resulting in an empty dimension")
        kept = size + min(before, 0) + min(after, 0)                 # it is cropped first, then wrapped around
        input, size, before, after = input.narrow(dim, max(-before, 0), kept), kept, max(before, 0), max(after, 0)
    else:
        check(size + before + after > 0, "input (size {} of dimension {}) is too small. Calculated output size: {}",
              size, dim, size + before + after)
    check(mode != "reflect" or max(before, after) < size,
          "Argument #4: Padding size should be less than the corresponding input dimension, but "
          "got: padding ({}, {}) at dimension {} of input {}", before, after, dim, list(input.shape))
    if not (before or after):
        return input
    places = [_EDGES[mode](i, size) for i in range(-before, size + after)]
    return input.index_select(dim, ops.tensor(places, dtype=int64, device=input.device))


def _layout(input: Tensor) -> memory_format:
    """The memory format that results shaped like `input` have: the one that its strides speak for."""
    return suggested_format(input.meta)


# Where the element at place i of a padded line of n comes from.
_EDGES: dict[str, Callable[[int, int], int]] = {
    "reflect": lambda i, n: -i if i < 0 else i if i < n else 2 * (n - 1) - i,
    "replicate": lambda i, n: min(max(i, 0), n - 1),
    "circular": lambda i, n: i % n,
}


def _pad_constant(input: Tensor, sides: list[tuple[int, int, int]], value: float) -> Tensor:
    shape, inner, layout = list(input.shape), [slice(None)] * input.dim(), _layout(input)
    for dim, before, after in sides:
        shape[dim] += before + after
        check(shape[dim] >= 0,
              "The input size {}, plus negative padding {} and {} resulted in a negative output size, which is "
              "invalid. Check dimension {} of your input.", input.shape[dim], before, after, dim)
        inner[dim] = slice(max(before, 0), shape[dim] - max(after, 0))
        input = input.narrow(dim, max(-before, 0), input.shape[dim] - max(-before, 0) - max(-after, 0))
    if shape == list(input.shape):                           # nothing is added
        return input.clone()
    padded = ops.empty(shape, dtype=input.dtype, device=input.device, memory_format=layout).fill_(value)
    padded[tuple(inner)] = input
    return unseen(padded)


# ---- Dropout ----


def _check_p(p: float) -> None:
    check(0.0 <= p <= 1.0, "dropout probability has to be between 0 and 1, but got {}", p, error=ValueError)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero each element with probability `p` and scale the others by 1 / (1 - p)."""
    _check_p(p)
    return ops.dropout(input, p, training, inplace=inplace)


def _feature_noise(input: Tensor, p: float) -> Tensor:
    """A mask of whole channels, of ones and zeros."""
    check(input.dim() >= 2, "Feature dropout requires at least 2 dimensions in the input")
    return input.new_empty((*input.shape[:2], *(1,) * (input.dim() - 2))).bernoulli_(1 - p)


def _feature_dropout(input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    _check_p(p)
    if p == 0 or not training or input.numel() == 0:
        return input
    noise = input.new_zeros(()) if p == 1 else _feature_noise(input, p).div_(1 - p)
    return input.mul_(noise) if inplace else input * noise


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of (N, C, L) or (C, L)."""
    _check_p(p)
    n = input.dim()
    check(n in (2, 3),
          "dropout1d: Expected 2D or 3D input, but received a {}D input. Note that dropout1d exists to provide "
          "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch "
          "dimension (i.e. 2D or 3D inputs).", n)
    return _batched_feature_dropout(input, p, training, inplace, n == 3)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of (N, C, H, W)."""
    if input.dim() not in (3, 4):
        warnings.warn(f"dropout2d: Received a {input.dim()}-D input to dropout2d, which is deprecated and will result "
                      "in an error in a future release. To retain the behavior and silence this warning, please use "
                      "dropout instead. Note that dropout2d exists to provide channel-wise dropout on inputs with 2 "
                      "spatial dimensions, a channel dimension, and an optional batch dimension (i.e. 3D or 4D "
                      "inputs).", stacklevel=2)
    if input.dim() == 3:
        warnings.warn("dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior "
                      "is desired - input is interpreted as shape (N, C, L), where C is the channel dim. To maintain "
                      "the 1D channel-wise dropout behavior, please switch to using dropout1d instead.", stacklevel=2)
    return _feature_dropout(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    if input.dim() not in (4, 5):
        warnings.warn(f"dropout3d: Received a {input.dim()}-D input to dropout3d, which is deprecated and will result "
                      "in an error in a future release. To retain the behavior and silence this warning, please use "
                      "dropout instead.",
                      stacklevel=2)
    return _batched_feature_dropout(input, p, training, inplace, input.dim() == 5)


def _batched_feature_dropout(input: Tensor, p: float, training: bool, inplace: bool, batched: bool) -> Tensor:
    if batched:
        return _feature_dropout(input, p, training, inplace)
    result = _feature_dropout(input.unsqueeze(0), p, training, inplace).squeeze(0)
    return input if inplace else result


def _alpha_dropout(input: Tensor, p: float, training: bool, inplace: bool, feature: bool) -> Tensor:
    _check_p(p)
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        return input.mul_(0.0) if inplace else input * 0.0
    # scale * alpha of selu: what it tends to far below zero, negated
    alpha = 1.7580993408473766
    a = 1.0 / math.sqrt((alpha * alpha * p + 1) * (1 - p))
    noise = _feature_noise(input, p) if feature else ops.empty_like(input).bernoulli_(1 - p)
    shift = (noise - 1).mul_(alpha * a).add_(alpha * a * p)
    noise = noise * a
    return input.mul_(noise).add_(shift) if inplace else input * noise + shift


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps mean and variance, for networks with SELU."""
    return _alpha_dropout(input, p, training, inplace, False)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels."""
    return _alpha_dropout(input, p, training, inplace, True)


# ---- Indices ----


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Zeros of shape (*, num_classes) with a 1 at each index."""
    check(tensor.dtype is int64, "one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.numel() == 0:
        check(num_classes > 0, "Can not infer total number of classes from empty tensor.")
        return tensor.new_zeros((*tensor.shape, num_classes))
    if tensor.is_meta and num_classes > 0:
        return tensor.new_empty((*tensor.shape, num_classes))
    check(tensor.min().item() >= 0, "Class values must be non-negative.")
    largest = tensor.max().item()
    num_classes = largest + 1 if num_classes == -1 else num_classes
    check(largest < num_classes, "Class values must be smaller than num_classes.")
    return (tensor.unsqueeze(-1) == ops.arange(num_classes, device=tensor.device)).to(int64)


# ---- Normalisation, distances ----


def _check_batch_size(size: Sequence[int], shown: Any) -> None:
    check(size[0] * math.prod(size[2:]) != 1, "Expected more than 1 value per channel when training, got input size {}",
          shown, error=ValueError)


def batch_norm(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
               bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5) -> Tensor:
    """Normalise each channel, by the batch (updating the running statistics) if `training`, else by the running
    statistics.
    """
    if training:
        _check_batch_size(input.shape, input.shape)
        check(eps > 0.0, "batch_norm eps must be positive during training, but got {}", eps, error=ValueError)
    check(eps >= 0.0, "batch_norm eps must be non-negative, but got {}", eps, error=ValueError)
    return ops.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def group_norm(input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None,
               eps: float = 1e-5) -> Tensor:
    """Normalise each of `num_groups` groups of channels of (N, C, *), then scale and shift by channel."""
    check(input.dim() >= 2, "Expected at least 2 dimensions for input tensor but received {}", input.dim())
    batch, channels = input.shape[:2]
    check(num_groups > 0, "Expected num groups to be greater than 0, got {}", num_groups)
    check(channels % num_groups == 0,
          "Expected number of channels in input to be divisible by num_groups, but got input of shape {} and "
          "num_groups={}", list(input.shape), num_groups)
    check_types(input.meta, None if weight is None else weight.meta, None if bias is None else bias.meta)
    check(input.is_floating_point(), '"GroupNormKernelImpl" not implemented for \'{}\'', input.dtype.title,
          error=NotImplementedError)
    size = (batch * channels // num_groups, num_groups, *input.shape[2:])
    _check_batch_size(size, list(size))
    for name, part in (("weight", weight), ("bias", bias)):
        check(part is None or part.shape == (channels,),
              "Expected {} to be a vector of size equal to the number of channels in input, but got {} "
              "of shape {} and input of shape {}", name, name, part if part is None else list(part.shape),
              list(input.shape))
    wide = _single(input)
    grouped = wide.reshape(batch, num_groups, channels // num_groups * math.prod(input.shape[2:]))
    result = layer_norm(grouped, grouped.shape[2:], eps=eps).view(input.shape)
    by_channel = (1, channels) + (1,) * (input.dim() - 2)
    result = result if weight is None else result * weight.view(by_channel)
    result = result if bias is None else result + bias.view(by_channel)
    return result.to(input.dtype).contiguous(memory_format=_layout(input))


def rms_norm(input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None,
             eps: float | None = None) -> Tensor:
    """x / sqrt(mean(x^2) + eps) over the last dimensions, times `weight`. `eps` None is that of the dtype."""
    shape = tuple(normalized_shape)
    check(shape and tuple(input.shape[-len(shape):]) == shape,
          "Given normalized_shape={}, expected input with shape [*, {}], but got input of "
          "size{}", list(shape), ", ".join(map(str, shape)), list(input.shape))
    if not input.dtype.is_complex:
        _expect_floats("rms_norm", input)
    wide = _single(input).contiguous()
    eps = finfo(wide.dtype).eps if eps is None else eps
    result = wide * (wide.square().mean(tuple(range(-len(shape), 0)), keepdim=True) + eps).rsqrt()
    return (result if weight is None else result * weight).to(input.dtype).contiguous(memory_format=_layout(input))


def normalize(input: Tensor, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12,
              out: Tensor | None = None) -> Tensor:
    """x / max(norm(x), eps) along `dim`."""
    wide = _single(input)
    result = (wide / ops.linalg_vector_norm(wide, p, dim, True).clamp(min=eps)).to(input.dtype)
    return result if out is None else _delivered(result, out=out)


def _single(input: Tensor) -> Tensor:
    """Half precision as float32: what is made of it is rounded once, at the end."""
    return input.float() if input.is_floating_point() and finfo(input.dtype).bits < 32 else input


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The `p`-norm of `x1 - x2 + eps` over the last dimension."""
    distance = ops.linalg_vector_norm(_single(x1) - _single(x2) + eps, p, -1, keepdim)
    common = promote_types(x1.dtype, x2.dtype)
    return distance.to(common) if common.is_floating_point else distance


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between `x1` and `x2` along `dim`, which may be broadcast."""
    common = promote_types(x1.dtype, x2.dtype)
    check(common.is_floating_point, "expected common dtype to be floating point, yet common dtype is {}", common.title)
    x1, x2 = ops.broadcast_tensors(_single(x1.to(common)), _single(x2.to(common)))
    return (normalize(x1, 2, dim, eps) * normalize(x2, 2, dim, eps)).sum(dim).to(common)


# ---- Losses ----


def _reduction(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """The reduction asked for; `size_average` and `reduce` are its old spelling."""
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        warnings.warn(f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
                      stacklevel=3)
    check(reduction in ("none", "mean", "sum"), "{} is not a valid value for reduction", reduction, error=ValueError)
    return reduction


def _reduced(loss: Tensor, reduction: str) -> Tensor:
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def _pair(input: Tensor, target: Tensor) -> Sequence[Tensor]:
    if input.shape == target.shape:
        return input, target
    warnings.warn(f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This "
                  "will likely lead to incorrect results due to broadcasting. Please ensure they have the same "
                  "size.", stacklevel=3)
    return ops.broadcast_tensors(input, target)


def _weighted(loss: Tensor, weight: Tensor | None, reduction: str, mean_by_weight: bool) -> Tensor:
    if weight is None:
        return _reduced(loss, reduction)
    check(weight.shape == loss.shape, "Weights and input must have the same size.", error=ValueError)
    if reduction == "mean" and mean_by_weight:
        return (loss * weight).sum() / weight.sum()
    return _reduced(loss * weight, reduction)


def mse_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
             reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """(x - y)^2."""
    reduction = _reduction(reduction, size_average, reduce)
    a, b = _pair(input, target)
    return (ops.mse_loss(a, b, reduction=reduction) if weight is None
            else _weighted((a - b).square(), weight, reduction, True))


def l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
            reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """|x - y|."""
    reduction = _reduction(reduction, size_average, reduce)
    a, b = _pair(input, target)
    return _weighted((a - b).abs(), weight, reduction, True)


def smooth_l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
                   reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """d^2 / (2 beta) where d = |x - y| < beta, else d - beta / 2."""
    check(beta >= 0, "smooth_l1_loss does not support negative values for beta.")
    reduction = _reduction(reduction, size_average, reduce)
    a, b = _pair(input, target)
    _expect_floats("smooth_l1_cpu", a, b)
    return _reduced((a - b).abs() if beta == 0 else one_loss.smooth_l1_loss(a, b, beta), reduction)


def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
               weight: Tensor | None = None) -> Tensor:
    """d^2 / 2 where d = |x - y| < delta, else delta * (d - delta / 2)."""
    check(delta > 0, "huber_loss does not support non-positive values for delta.")
    reduction = _reduction(reduction, None, None)
    a, b = _pair(input, target)
    _expect_floats("huber_cpu", a, b)
    each = one_loss.huber_loss(_single(a), _single(b), delta)
    return _weighted(each, weight, reduction, False).to(promote_types(a.dtype, b.dtype))


def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
             ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """-x[y] for an `input` of log-probabilities (N, C, *) and a `target` of classes (N, *), weighted by class."""
    reduction = _reduction(reduction, size_average, reduce)
    return ops.nll_loss(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction)


def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
                  ignore_index: int = -100,
                  reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0) -> Tensor:
    """nll_loss(log_softmax(x)); the target may also be probabilities of the shape of the input."""
    reduction = _reduction(reduction, size_average, reduce)
    return ops.cross_entropy(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction,
                             label_smoothing=label_smoothing)


def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
                         reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """-(y log p + (1 - y) log(1 - p)), each logarithm at least -100."""
    reduction = _reduction(reduction, size_average, reduce)
    check(target.shape == input.shape,
          "Using a target size ({}) that is different to the input size ({}) is deprecated. Please ensure "
          "they have the same size.", target.shape, input.shape, error=ValueError)
    check(target.dtype is input.dtype, "Found dtype {} but expected {}", target.dtype.title, input.dtype.title)
    _expect_floats("binary_cross_entropy", input)
    for name, given in (("input", input), ("target", target)):
        check(given.is_meta or bool(((given >= 0) & (given <= 1)).all()),
              "all elements of {} should be between 0 and 1", name)
    loss = one_loss.binary_cross_entropy(input, target)
    return _reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                     size_average: bool | None = None,
                                     reduce: bool | None = None, reduction: str = "mean",
                                     pos_weight: Tensor | None = None) -> Tensor:
    """binary_cross_entropy(sigmoid(x), y), without overflow. `pos_weight` weighs the positive targets."""
    reduction = _reduction(reduction, size_average, reduce)
    check(target.shape == input.shape, "Target size ({}) must be the same as input size ({})", target.shape,
          input.shape, error=ValueError)
    check(can_cast(input.dtype, target.dtype), "result type {} can't be cast to the desired output type {}",
          input.dtype.title, target.dtype.title)
    loss = one_loss.binary_cross_entropy_with_logits(input, target, pos_weight)
    loss = loss if weight is None else loss * weight
    return _reduced(loss.to(target.dtype), reduction)                # PyTorch computes in the target's memory


def kl_div(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
           reduction: str = "mean", log_target: bool = False) -> Tensor:
    """y (log y - x) for an `input` of log-probabilities; also with reduction='batchmean', which is the divergence."""
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn("reduction: 'mean' divides the total loss by both the batch size and the support "
                      "size.'batchmean' divides only by the batch size, and aligns with the KL div math "
                      "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
                      "release.", stacklevel=2)
    check(input.is_floating_point() and target.is_floating_point(), "kl_div: Integral inputs not supported.")
    batchmean = reduction == "batchmean"
    reduction = _reduction("sum" if batchmean else reduction, size_average, reduce)
    if log_target:
        loss = target.exp() * (target - input)
    else:
        loss = target * (ops.where(target == 0, 1.0, target).log() - input)            # 0 log 0 is 0
    loss = _reduced(loss, reduction)
    return loss / input.shape[0] if batchmean and input.dim() else loss


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
                     size_average: bool | None = None,
                     eps: float = 1e-8, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """Negative log-likelihood of Poisson counts; `full` adds Stirling's approximation of log(y!)."""
    reduction = _reduction(reduction, size_average, reduce)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return _reduced(loss, reduction)


def gaussian_nll_loss(input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6,
                      reduction: str = "mean") -> Tensor:
    """Negative log-likelihood of a normal distribution with mean `input` and variance `var` (at least `eps`)."""
    check(reduction in ("none", "mean", "sum"), "{} is not valid", reduction, error=ValueError)
    if isinstance(var, float):
        var = var * ops.ones_like(input)
    check(isinstance(var, Tensor), "var must be a Tensor or a float, got {}", type(var).__name__, error=TypeError)
    check(var.is_meta or not (var < 0).any(), "var has negative entry/entries", error=ValueError)
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        else:
            odd = [b for a, b in zip(input.shape, var.shape, strict=False) if a != b]
            check(input.ndim == var.ndim and sum(odd) == 1, "var is of incorrect size", error=ValueError)
    var = var.clone()
    with no_grad():                                       # the limit has no part in the gradient
        var.clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    return _reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                        size_average: bool | None = None,
                        reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """max(0, -y (x1 - x2) + margin)."""
    reduction = _reduction(reduction, size_average, reduce)
    check(input1.dim() == input2.dim() == target.dim(),
          "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
          "input1: {}, input2: {}, target: {} ", input1.shape, input2.shape, target.shape)
    return _reduced((-target * (input1 - input2) + margin).clamp(min=0), reduction)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, size_average: bool | None = None,
                         reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """x where y is 1, max(0, margin - x) where y is -1."""
    reduction = _reduction(reduction, size_average, reduce)
    wide = _single(input)
    apart = ops.where(target == 1, ops.zeros_like(wide), (margin - wide).clamp(min=0))
    loss = _reduced(apart + ops.where(target == -1, ops.zeros_like(wide), wide), reduction)
    return loss if wide is input else loss.to(input.dtype)


def soft_margin_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
                     reduction: str = "mean") -> Tensor:
    """log(1 + exp(-y x))."""
    reduction = _reduction(reduction, size_average, reduce)
    return _reduced(-logsigmoid(target * input), reduction)


def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                size_average: bool | None = None,
                                reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """The mean over classes of -(y log sigmoid(x) + (1 - y) log sigmoid(-x))."""
    reduction = _reduction(reduction, size_average, reduce)
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    return _reduced((loss if weight is None else loss * weight).sum(dim=-1) / input.shape[-1], reduction)


def multi_margin_loss(input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
                      size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """The mean over other classes i of max(0, margin - x[y] + x[i])^p."""
    reduction = _reduction(reduction, size_average, reduce)
    check(p in (1, 2), "only p == 1 and p == 2 supported", error=ValueError)
    check(weight is None or weight.dim() == 1, "weight must be one-dimensional", error=ValueError)
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    check(target.numel() == rows.shape[0] and target.dim() < 2,
          "multi_margin_loss: target tensor should be 1-D with size equal to the number of input "
          "samples (batch size). Expected target size [{}], but got {}. Input has shape {}.", rows.shape[0],
          list(target.shape), list(input.shape))
    check(weight is None or weight.numel() == rows.shape[1], "inconsistent weight size, expected {} but got {}",
          rows.shape[1], None if weight is None else list(weight.shape))
    check(target.dtype is int64, "expected scalar type Long but found {}", target.dtype.title)
    check(target.is_meta or bool(((target >= 0) & (target < rows.shape[1])).all()), "target out of range")
    index = target.reshape(-1, 1)
    gap = (margin - rows.gather(1, index) + rows).clamp(min=0) ** p
    gap = gap if weight is None else gap * weight[index]
    others = ops.arange(rows.shape[1], device=input.device) != index
    loss = (gap * others).sum(1) / rows.shape[1]
    return _reduced(loss if target.dim() else loss.squeeze(0), reduction)


def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                          size_average: bool | None = None,
                          reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """1 - cos(x1, x2) where y is 1, max(0, cos(x1, x2) - margin) where y is -1."""
    reduction = _reduction(reduction, size_average, reduce)
    dim = target.dim()
    check(dim in (0, 1), "0D or 1D target tensor expected, multi-target not supported")
    check(input1.dim() == dim + 1,
          "{}D target tensor expects {}D input tensors, but found inputs with sizes {} and {}.", dim, dim + 1,
          input1.shape, input2.shape)
    tiny = 1e-12
    cos = (input1 * input2).sum(dim) / (((input1 * input1).sum(dim) + tiny)
                                        * ((input2 * input2).sum(dim) + tiny)).sqrt()
    zeros = ops.zeros_like(cos)
    loss = ops.where(target == 1, 1 - cos, zeros) + ops.where(target == -1, (cos - margin).clamp(min=0), zeros)
    return _reduced(loss, reduction)


def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
                        eps: float = 1e-6,
                        swap: bool = False, size_average: bool | None = None, reduce: bool | None = None,
                        reduction: str = "mean") -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) with d the `p`-norm."""
    reduction = _reduction(reduction, size_average, reduce)
    return triplet_margin_with_distance_loss(anchor, positive, negative, margin=margin, swap=swap, reduction=reduction,
                                             distance_function=lambda a, b: pairwise_distance(a, b, p, eps))


def triplet_margin_with_distance_loss(anchor: Tensor, positive: Tensor, negative: Tensor, *,
                                      distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
                                      margin: float = 1.0, swap: bool = False, reduction: str = "mean") -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin); `swap` also tries d(positive, negative)."""
    reduction = _reduction(reduction, None, None)
    check(margin > 0, "margin must be greater than 0, got {}", margin, error=ValueError)
    check(anchor.ndim == positive.ndim == negative.ndim,
          "The anchor, positive, and negative tensors are expected to have the same number "
          "of dimensions, but got: anchor {}D, positive {}D, and negative {}D inputs", anchor.ndim, positive.ndim,
          negative.ndim)
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    far = far.minimum(distance(positive, negative)) if swap else far
    return _reduced((margin + near - far).clamp(min=0), reduction)


# ---- Seen whole ----

# Modes and classes with a __torch_function__ see the functions above as they see operators: themselves, not what they
# are made of.
for _name in __all__:
    if not isinstance(globals()[_name], Op):
        globals()[_name] = composite(globals()[_name], public=False)
del _name

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
