"""Tensors that a module registers by being assigned: `Parameter` (trained) and `Buffer` (state that is not).

A Parameter is a Tensor subclass that computes as a Tensor does. Where the data is of a user's own subclass of Tensor,
that class is kept and the tensor is only marked; `isinstance(x, Parameter)` sees the mark. A Buffer is always only a
mark.
"""

from __future__ import annotations

from typing import Any

from pellucid import ops
from pellucid.core.modes import disabled_torch_function
from pellucid.tensor import Tensor

__all__ = ["Parameter", "Buffer"]


class _Marked(type(Tensor)):
    """`isinstance` sees the class's mark on tensors of other classes."""

    def __instancecheck__(cls, instance: object) -> bool:
        return (type.__instancecheck__(cls, instance)
                or (isinstance(instance, Tensor) and getattr(instance, cls._mark, False)))


class Parameter(Tensor, metaclass=_Marked):
    """A tensor that is among the parameters of the module it is assigned to.

    Args:
        data: the values, shared and not copied.
        requires_grad: whether it is trained.
    """

    _mark = "_is_param"
    _printed_as = "tensor"
    __torch_function__ = disabled_torch_function          # what is computed from a Parameter is a Tensor

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            data = ops.empty(0)
        if type(data) in (Tensor, Parameter):
            return Tensor._make_subclass(cls, data, requires_grad)
        marked = data.detach().requires_grad_(requires_grad)
        if type(marked) is not type(data):
            raise RuntimeError(f"Creating a Parameter from an instance of type {type(data).__name__} requires that "
                               "detach() returns an instance of the same type, but return type "
                               f"{type(marked).__name__} was found instead.")
        marked._is_param = True
        return marked

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return self._reduced()                            # hooks stay behind without a warning, as in PyTorch

    def __deepcopy__(self, memo: dict[str, Any]) -> Parameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor, metaclass=_Marked):
    """Marks a tensor so that the module it is assigned to registers it as a buffer, in the state dict if `persistent`.
    """

    _mark = "_is_buffer"
    __torch_function__ = disabled_torch_function

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Buffer:
        data = ops.empty(0) if data is None else data
        marked = data.detach().requires_grad_(data.requires_grad)
        marked.persistent = persistent
        marked._is_buffer = True
        return marked
