"""Normalisation over the last dimensions or over groups of channels: LayerNorm, RMSNorm, GroupNorm."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

from pellucid import ops
from pellucid.nn import functional as F
from pellucid.nn import init
from pellucid.nn.modules.module import Module
from pellucid.nn.parameter import Parameter
from pellucid.tensor import Tensor

__all__ = ["LayerNorm", "GroupNorm", "RMSNorm"]


class _Affine(Module):
    """A learned scale and shift, either of which may be None."""

    weight: Tensor | None
    bias: Tensor | None

    def _make(self, shape: Sequence[int], weight: bool, bias: bool | None, device: Any, dtype: Any) -> None:
        for name, there in (("weight", weight), ("bias", bias)):
            if there is not None:
                self.register_parameter(name, Parameter(ops.empty(shape, device=device, dtype=dtype)) if there
                                        else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        for name, fill in (("weight", init.ones_), ("bias", init.zeros_)):
            if self._parameters.get(name) is not None:
                fill(self._parameters[name])


def _shape(shape: int | Sequence[int]) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, numbers.Integral) else tuple(shape)


class LayerNorm(_Affine):
    """Mean 0 and variance 1 over the last dimensions, of shape `normalized_shape`, then `weight` and `bias`.

    Args: eps is added to the variance; elementwise_affine and bias say whether there are a learned weight and bias.
    """

    normalized_shape: tuple[int, ...]
    eps: float
    elementwise_affine: bool

    def __init__(self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True,
                 bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.normalized_shape, self.eps, self.elementwise_affine = _shape(normalized_shape), eps, elementwise_affine
        self._make(self.normalized_shape, elementwise_affine, elementwise_affine and bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}")


class RMSNorm(_Affine):
    """Root mean square 1 over the last dimensions, of shape `normalized_shape`, then `weight`. `eps` None is that of
    the dtype.
    """

    normalized_shape: tuple[int, ...]
    eps: float | None
    elementwise_affine: bool

    def __init__(self, normalized_shape: int | Sequence[int], eps: float | None = None, elementwise_affine: bool = True,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.normalized_shape, self.eps, self.elementwise_affine = _shape(normalized_shape), eps, elementwise_affine
        self._make(self.normalized_shape, elementwise_affine, None, device, dtype)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(_Affine):
    """Mean 0 and variance 1 over each of `num_groups` groups of channels of (N, C, *), then `weight` and `bias` by
    channel.
    """

    num_groups: int
    num_channels: int
    eps: float
    affine: bool

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, device: Any = None,
                 dtype: Any = None, *, bias: bool = True) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self._make((num_channels,), affine, affine and bias, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}")
