"""Tensors of other libraries by DLPack, under the names of torch.utils.dlpack: `from_dlpack`, `to_dlpack`."""

from __future__ import annotations

from typing import Any

from ..ops import from_dlpack
from ..tensor import Tensor

__all__ = ["from_dlpack", "to_dlpack"]


def to_dlpack(tensor: Tensor) -> Any:
    """The tensor's memory in a capsule, which one `from_dlpack` may take."""
    return tensor.__dlpack__()
