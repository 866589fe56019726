"""`Variable`: what tensors that require grad were called before PyTorch 0.4. Tensors are Variables, and calling it
makes one.
"""

from __future__ import annotations

from typing import Any

from ..core.autograd import queue_callback
from ..tensor import Tensor

__all__ = ["Variable"]


class _Engine:
    """What programs reach by `Variable._execution_engine`."""

    queue_callback = staticmethod(queue_callback)


class _Tensors(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_Tensors):
    """`Variable(data, requires_grad=False)`: a new leaf over the same memory."""

    _execution_engine = _Engine()

    def __new__(cls, data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Any:
        return data.detach().requires_grad_(requires_grad)
