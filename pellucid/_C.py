"""What PyTorch's documentation takes from its compiled module when it explains how to extend Tensor."""

from __future__ import annotations

from .core.modes import DisableTorchFunctionSubclass
from .core.modes import disabled_torch_function as _disabled_torch_function_impl

__all__ = ["DisableTorchFunctionSubclass", "_disabled_torch_function_impl"]
