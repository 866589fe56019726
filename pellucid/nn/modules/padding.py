"""Padding layers: `padding` is a number, or (before, after) of each padded dimension, the last one first."""

from __future__ import annotations

from collections.abc import Sequence

from pellucid.check import check
from pellucid.nn import functional as F
from pellucid.nn.modules.module import Module
from pellucid.nn.modules.utils import _ntuple
from pellucid.tensor import Tensor

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d", "ReplicationPad3d", "ZeroPad1d",
    "ZeroPad2d", "ZeroPad3d",
]


class _PadNd(Module):
    """Pads the last `_dims` dimensions in the way `_mode`."""

    _dims: int
    _mode: str
    padding: tuple[int, ...]

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__()
        self.padding = _ntuple(2 * self._dims)(padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    _mode = "constant"

    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad:
    """Mixed into ConstantPadNd."""

    def __init__(self, padding: int | Sequence[int]) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_ConstantPadNd):
    """Pads with `value`."""

    _dims = 1


class ConstantPad2d(_ConstantPadNd):
    """Pads with `value`."""

    _dims = 2


class ConstantPad3d(_ConstantPadNd):
    """Pads with `value`."""

    _dims = 3


class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """Pads with zeros."""


class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """Pads with zeros."""


class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """Pads with zeros."""


class ReflectionPad1d(_PadNd):
    """Pads with the mirror image, the edge not repeated."""

    _dims, _mode = 1, "reflect"


class ReflectionPad2d(_PadNd):
    """Pads with the mirror image, the edge not repeated."""

    _dims, _mode = 2, "reflect"


class ReflectionPad3d(_PadNd):
    """Pads with the mirror image, the edge not repeated."""

    _dims, _mode = 3, "reflect"


class ReplicationPad1d(_PadNd):
    """Pads with the edge."""

    _dims, _mode = 1, "replicate"


class ReplicationPad2d(_PadNd):
    """Pads with the edge."""

    _dims, _mode = 2, "replicate"


class ReplicationPad3d(_PadNd):
    """Pads with the edge."""

    _dims, _mode = 3, "replicate"


class _CircularPadNd(_PadNd):
    _mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        check(input.dim() - self._dims in (1, 2), "expected {}D or {}D input (got {}D input)", self._dims + 1,
              self._dims + 2, input.dim(), error=ValueError)
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """Pads with the other end."""

    _dims = 1


class CircularPad2d(_CircularPadNd):
    """Pads with the other end."""

    _dims = 2


class CircularPad3d(_CircularPadNd):
    """Pads with the other end."""

    _dims = 3
