"""Normalisation by batches, groups and norms; distances between vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pellucid import ops
from pellucid.check import check
from pellucid.dtypes import finfo, promote_types
from pellucid.nn.functional.activation import _expect_floats
from pellucid.nn.functional.padding import _layout
from pellucid.ops.arrange.view import owned
from pellucid.ops.families.composites import composite
from pellucid.ops.families.composites import delivered as _delivered
from pellucid.ops.families.types import result_type
from pellucid.ops.rows.softmax import check_types
from pellucid.tensor import Tensor

__all__ = ["batch_norm", "cosine_similarity", "group_norm", "normalize", "pairwise_distance", "rms_norm"]


def _check_batch_size(size: Sequence[int], shown: Any) -> None:
    check(size[0] * math.prod(size[2:]) != 1, "Expected more than 1 value per channel when training, got input size {}",
          shown, error=ValueError)


@composite(public=False)
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


@composite(public=False)
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
    result = ops.layer_norm(grouped, grouped.shape[2:], eps=eps).view(input.shape)
    by_channel = (1, channels) + (1,) * (input.dim() - 2)
    result = result if weight is None else result * weight.view(by_channel)
    result = result if bias is None else result + bias.view(by_channel)
    return owned(result.to(input.dtype).contiguous(memory_format=_layout(input)))


@composite(public=False)
def rms_norm(input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None,
             eps: float | None = None) -> Tensor:
    """x / sqrt(mean(x^2) + eps) over the last dimensions, times `weight`. `eps` None is that of the dtype."""
    shape = tuple(normalized_shape)
    check(input.dim() >= len(shape), "Input tensor must have at least {} dimensions, but got {}", len(shape),
          input.dim(), error=ValueError)
    check(shape and tuple(input.shape[-len(shape):]) == shape,
          "Given normalized_shape={}, expected input with shape [*, {}], but got input of "
          "size{}", list(shape), ", ".join(map(str, shape)), list(input.shape))
    if not input.dtype.is_complex:
        _expect_floats("rms_norm", input)
    wide = _single(input).contiguous()
    eps = finfo(wide.dtype).eps if eps is None else eps
    result = wide * (wide.square().mean(tuple(range(-len(shape), 0)), keepdim=True) + eps).rsqrt()
    return (result if weight is None else result * weight).to(input.dtype).contiguous(memory_format=_layout(input))


@composite(public=False)
def normalize(input: Tensor, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12,
              out: Tensor | None = None) -> Tensor:
    """x / max(norm(x), eps) along `dim`."""
    wide = _single(input)
    result = (wide / ops.linalg_vector_norm(wide, p, dim, True).clamp(min=eps)).to(input.dtype)
    return result if out is None else _delivered(result, out=out)


def _single(input: Tensor) -> Tensor:
    """Half precision as float32: what is made of it is rounded once, at the end."""
    return input.float() if input.is_floating_point() and finfo(input.dtype).bits < 32 else input


@composite(public=False)
def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The `p`-norm of `x1 - x2 + eps` over the last dimension."""
    distance = ops.linalg_vector_norm(_single(x1) - _single(x2) + eps, p, -1, keepdim)
    common = result_type(x1, x2)
    return distance.to(common) if common.is_floating_point else distance


@composite(public=False)
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between `x1` and `x2` along `dim`, which may be broadcast."""
    common = promote_types(x1.dtype, x2.dtype)
    check(common.is_floating_point, "expected common dtype to be floating point, yet common dtype is {}", common.title)
    x1, x2 = ops.broadcast_tensors(_single(x1.to(common)), _single(x2.to(common)))
    return (normalize(x1, 2, dim, eps) * normalize(x2, 2, dim, eps)).sum(dim).to(common)
