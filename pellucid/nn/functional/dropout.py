"""Dropout of elements, of channels, and the kind that keeps mean and variance."""

from __future__ import annotations

import math
import warnings

from pellucid import ops
from pellucid.check import check
from pellucid.ops.families.composites import composite
from pellucid.tensor import Tensor

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d", "feature_alpha_dropout"]


def _check_p(p: float) -> None:
    check(not (p < 0 or p > 1), "dropout probability has to be between 0 and 1, but got {}", p, error=ValueError)
    check(p == p, "dropout probability has to be between 0 and 1, but got {}", p)


@composite(public=False)
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


@composite(public=False)
def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Zero whole channels of (N, C, L) or (C, L)."""
    _check_p(p)
    n = input.dim()
    check(n in (2, 3),
          "dropout1d: Expected 2D or 3D input, but received a {}D input. Note that dropout1d exists to provide "
          "channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional batch "
          "dimension (i.e. 2D or 3D inputs).", n)
    return _batched_feature_dropout(input, p, training, inplace, n == 3)


@composite(public=False)
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


@composite(public=False)
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
        return input.mul_(0) if inplace else input * input.new_zeros(())
    # scale * alpha of selu: what it tends to far below zero, negated
    alpha = 1.7580993408473766
    a = 1.0 / math.sqrt((alpha * alpha * p + 1) * (1 - p))
    noise = _feature_noise(input, p) if feature else ops.empty_like(input).bernoulli_(1 - p)
    shift = (noise - 1).mul_(alpha * a).add_(alpha * a * p)
    noise = noise * a
    return input.mul_(noise).add_(shift) if inplace else input * noise + shift


@composite(public=False)
def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps mean and variance, for networks with SELU."""
    return _alpha_dropout(input, p, training, inplace, False)


@composite(public=False)
def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """`alpha_dropout` of whole channels."""
    return _alpha_dropout(input, p, training, inplace, True)
