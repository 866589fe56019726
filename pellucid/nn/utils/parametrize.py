"""Parametrizations: a parameter or buffer of a module that is computed from another one whenever it is read.

    register_parametrization(linear, "weight", Symmetric())
    linear.weight                                      -> Symmetric()(linear.parametrizations.weight.original)

The module gets a class of its own, a subclass of what it was, in which the name is a property; the tensors that are
stored and trained move to `module.parametrizations`. Assigning to the name runs the parametrizations' `right_inverse`
and stores what that gives.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pellucid.autograd import no_grad
from pellucid.nn.modules.container import ModuleDict, ModuleList
from pellucid.nn.modules.module import Module
from pellucid.nn.parameter import Parameter
from pellucid.tensor import Tensor

__all__ = ["ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
           "transfer_parametrizations_and_params", "type_before_parametrizations"]


class _Cache:
    """What was computed, by (id of the module, name), in how many nested `cached()` blocks."""

    depth = 0
    found: dict[tuple[int, str], Tensor] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor at most once in this block. Not while hooks or other threads change parameters.
    """
    _Cache.depth += 1
    try:
        yield
    finally:
        _Cache.depth -= 1
        if not _Cache.depth:
            _Cache.found = {}


def _stored(tensor: Tensor, like: Tensor) -> Tensor:
    """A tensor to store: a Parameter where what it stands for was one."""
    return Parameter(tensor, requires_grad=like.requires_grad) if isinstance(like, Parameter) else tensor


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, the first one first, and what they are computed from: `original`, or
    `original0`, `original1`, ...

    Args:
        modules: the parametrizations.
        original: the tensor that they stand for.
        unsafe: whether they may change its shape and dtype.
    """

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            new: Any = original
            for module in reversed(self):
                if hasattr(module, "right_inverse"):
                    try:
                        new = module.right_inverse(new)
                    except NotImplementedError:
                        pass
        self.is_tensor: bool = isinstance(new, Tensor)
        self.ntensors: int = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            if original.dtype is not new.dtype:
                raise ValueError("When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                                 f"original.dtype: {original.dtype}\nright_inverse(original).dtype: {new.dtype}")
            with no_grad():
                original.set_(new)                       # the same object: optimisers that hold it go on with it
            self._store("original", original)
        for i, part in enumerate(() if self.is_tensor else new):
            if not isinstance(part, Tensor):
                raise ValueError("'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                                 f"Got element {i} of the sequence with type {type(part).__name__}.")
            self._store(f"original{i}", _stored(part, original))
        if not unsafe:
            made = self()
            if not isinstance(made, Tensor):
                raise ValueError(f"A parametrization must return a tensor. Got {type(made).__name__}.")
            if made.dtype is not dtype or made.shape != shape:
                raise ValueError(
                    "Registering a parametrization may not change the dtype or the shape of the tensor, unless "
                    "`unsafe` is True.\n"
                                 f"unparametrized: {dtype}, {tuple(shape)}\nparametrized: {made.dtype}, "
                                 f"{tuple(made.shape)}")

    def _store(self, name: str, tensor: Tensor) -> None:
        self.register_parameter(name, tensor) if isinstance(tensor, Parameter) else self.register_buffer(name, tensor)

    def _originals(self) -> list[Tensor]:
        return [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Store what makes the parametrized tensor `value`."""
        with no_grad():
            for module in reversed(self):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            new = [value] if self.is_tensor else list(value)
            if len(new) != self.ntensors or not all(isinstance(part, Tensor) for part in new):
                raise ValueError("'right_inverse' must return "
                                 f"{'a tensor' if self.is_tensor else f'a sequence of {self.ntensors} tensors'}")
            for part, original in zip(new, self._originals(), strict=True):
                if part.dtype is not original.dtype:
                    raise ValueError(
                        f"The tensor returned by `right_inverse` has dtype {part.dtype} while `original` has dtype "
                        f"{original.dtype}")
                original.set_(part)

    def forward(self) -> Tensor:
        x = self[0](*self._originals())
        for module in list(self)[1:]:
            x = module(x)
        return x


def _inject_new_class(module: Module) -> None:
    """Give a module a class of its own, in which names can be properties."""
    kind = type(module)

    def __getstate__(self: Any) -> Any:
        raise RuntimeError("Serialization of parametrized modules is only supported through state_dict(). See:\n"
                           "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
                           "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training")

    def __deepcopy__(self: Any, memo: dict[str, Any]) -> Any:
        if id(self) in memo:
            return memo[id(self)]
        replica = memo[id(self)] = self.__new__(type(self))
        replica.__dict__ = copy.deepcopy(self.__dict__, memo)
        return replica

    space = {"__getstate__": __getstate__} | ({} if hasattr(kind, "__deepcopy__") else {"__deepcopy__": __deepcopy__})
    module.__class__ = type(f"Parametrized{kind.__name__}", (kind,), space)


def _inject_property(module: Module, name: str) -> None:
    def read(self: Any) -> Tensor:
        if not _Cache.depth:
            return self.parametrizations[name]()
        key = id(self), name
        if key not in _Cache.found:
            _Cache.found[key] = self.parametrizations[name]()
        return _Cache.found[key]

    setattr(type(module), name, property(read, lambda self, value: self.parametrizations[name].right_inverse(value)))


def register_parametrization(module: Module, tensor_name: str, parametrization: Module, *,
                             unsafe: bool = False) -> Module:
    """Let `module.<tensor_name>` be computed by `parametrization` from what is stored; after others that it has
    already. Returns the module.

    `parametrization.right_inverse(value)`, if there is one, gives what is stored for a value. Unless `unsafe`, shape
    and dtype must not change."""
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        found = module.parametrizations[tensor_name]
        if not unsafe:
            before = getattr(module, tensor_name)
            made = parametrization(before)
            if not isinstance(made, Tensor) or made.dtype is not before.dtype or made.shape != before.shape:
                raise ValueError(
                    "Registering a parametrization may not change the dtype or the shape of the tensor, unless "
                    "`unsafe` is True.")
        found.append(parametrization)
        found.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        found = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _inject_new_class(module)
            module.parametrizations = ModuleDict()
        _inject_property(module, tensor_name)
        module.parametrizations[tensor_name] = found
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'")
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrized tensors, or this one."""
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Let `module.<tensor_name>` be a parameter or buffer again: of its present value, or (not `leave_parametrized`) of
    what was stored.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    found = module.parametrizations[tensor_name]
    original = found._originals()[0]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name)
        if found.is_tensor:
            with no_grad():
                original.set_(value)
        else:
            original = Parameter(value) if any(isinstance(part, Parameter) for part in found._originals()) else value
    elif not found.is_tensor:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors.")
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    module.register_parameter(tensor_name, original) if isinstance(original,
        Parameter) else module.register_buffer(tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type[Any]:
    """The class that a module had before it was parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module: Module, to_module: Module,
                                         tensor_name: str | None = None) -> Module:
    """Give a module the parametrizations of another one (of one tensor, or all), with copies of what is stored."""
    if not is_parametrized(from_module):
        return to_module
    for name in from_module.parametrizations if tensor_name is None else (tensor_name,):
        source = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(source._originals()[0].detach().clone()))
        for module in source:
            register_parametrization(to_module, name, copy.deepcopy(module), unsafe=True)
        with no_grad():
            for mine, theirs in zip(to_module.parametrizations[name]._originals(), source._originals(), strict=True):
                mine.set_(theirs.detach().clone())
    return to_module
