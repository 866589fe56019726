"""`Module`: a tree of named parameters, buffers and modules with a `forward`. Base class of every layer and every
network.

What a module keeps is in three tables by name, `_parameters`, `_buffers` and `_modules`; assigning an attribute of the
right type puts it in. Whatever is in a table is in the instance's `__dict__` too (`_Table` sees to it), so that
`self.weight` is one look-up in a dict. Hooks are in tables by id, made when first touched, so a module without hooks
has none and a call costs one test:

    module(x) ── no table of hooks was touched, here or globally? ──> forward(x)
                 else ──> forward pre-hooks, forward (its gradients tapped), forward hooks

An error that passes through a call gets a note with the place of the innermost module: "in encoder.3.fc1: Linear(...)".
Knows tensors only by their public interface, like any user.
"""

from __future__ import annotations

import inspect
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, ParamSpec, Protocol, Self, TypeVar

from pellucid import ops
from pellucid.autograd import no_grad
from pellucid.device import device as Device
from pellucid.dtypes import dtype as Dtype
from pellucid.dtypes import element_type
from pellucid.nn.modules.hooks import (
    CALL_HOOKS,
    CALLED_EVERYWHERE,
    EVERYWHERE,
    HOOKS,
    TABLES,
    Hooks,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from pellucid.nn.modules.state import State, tensor_like
from pellucid.nn.parameter import Buffer, Parameter
from pellucid.tensor import Tensor

__all__ = [
    "Module", "register_module_forward_pre_hook", "register_module_forward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_full_backward_hook", "register_module_backward_hook", "register_module_buffer_registration_hook",
    "register_module_module_registration_hook", "register_module_parameter_registration_hook",
]

_P = ParamSpec("_P")
_R = TypeVar("_R", covariant=True)


class _HasForward(Protocol[_P, _R]):
    """What a call of a module is to a type checker: a call of its forward, arguments and result alike."""

    def forward(self, *args: _P.args, **kwargs: _P.kwargs) -> _R: ...



class _Table(dict):
    """One of a module's tables by name, mirrored in the module's `__dict__`. Pickles and copies as a plain dict."""

    __slots__ = ("_owner",)

    def __init__(self, owner: Module, items: Mapping[str, Any] = {}) -> None:       # noqa: B006 (never written)
        super().__init__(items)
        self._owner = weakref.ref(owner)
        owner.__dict__.update(items)

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        if (owner := self._owner()) is not None:
            owner.__dict__[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        if (owner := self._owner()) is not None:
            owner.__dict__.pop(name, None)

    def pop(self, name: str, *default: Any) -> Any:
        if name not in self:
            return super().pop(name, *default)
        value = self[name]
        del self[name]
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    popitem, clear = MutableMapping.popitem, MutableMapping.clear       # all by the methods above
    update, setdefault = MutableMapping.update, MutableMapping.setdefault


def _typename(value: object) -> str:
    if isinstance(value, Tensor):
        return value.type()
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _indented(text: str, spaces: int = 2) -> str:
    """`text` with its lines after the first moved to the right."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(" " * spaces + line if line.strip() else "" for line in rest)])


_TO = frozenset(("device", "dtype", "tensor", "non_blocking", "memory_format"))


def _parse_to(*args: Any, **given: Any) -> tuple[Any, ...]:
    """The arguments of `to` in any of its forms: (device), (dtype), (device, dtype), (tensor), each with non_blocking.
    """
    flags = [arg for arg in args if isinstance(arg, bool)]
    if "copy" in given or len(flags) > 1:
        raise RuntimeError(".to() does not accept copy argument")
    for arg in args:
        kind = ("non_blocking" if isinstance(arg, bool) else "tensor" if isinstance(arg, Tensor) else "dtype"
                if isinstance(arg, Dtype | type)
                else "device" if isinstance(arg, (str, int, Device)) else None if arg is None else "?")
        if kind == "?" or kind in given:
            raise TypeError(
                f"to() received an invalid combination of arguments - got ({', '.join(map(_typename, args))})")
        if kind is not None:
            given[kind] = arg
    if not given.keys() <= _TO:
        raise TypeError(f"to() got an unexpected keyword argument '{next(iter(given.keys() - _TO))}'")
    device, dtype, tensor = map(given.get, ("device", "dtype", "tensor"))
    if tensor is not None:
        device, dtype = tensor.device, tensor.dtype
    return (None if device is None else Device(device), None if dtype is None else element_type("to", dtype),
            given.get("non_blocking", False), given.get("memory_format"))


def _locate(module: Module, error: BaseException) -> None:
    """Keep one note on `error` that tells the place of the innermost module, seen from the outermost that it has passed
    so far.
    """
    inner, old = error.__dict__.get("_raised_in", (module, None))
    path = next((name for name, candidate in module.named_modules() if candidate is inner), None)
    if path is None:                                      # called, but not a part of this one
        return
    shown = inner.extra_repr().split("\n")[0] if not inner._modules else "..."
    note = f"in {path}{': ' if path else ''}{inner._get_name()}({shown})"
    if old is None:
        error.add_note(note)
    elif old in error.__notes__:
        error.__notes__[error.__notes__.index(old)] = note
    error._raised_in = inner, note


class Module(Hooks, State):
    """Base class of all layers and networks. Subclasses call `super().__init__()`, assign parts as attributes and
    define `forward`.

    Example:
        >>> class Model(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.hidden, self.output = nn.Linear(4, 16), nn.Linear(16, 2)
        ...     def forward(self, x):
        ...         return self.output(F.relu(self.hidden(x)))
    """

    training: bool
    _version: int = 1                    # in the state dict's _metadata; a class that changes its keys raises it
    call_super_init: bool = False        # whether __init__ passes its arguments on, for multiple inheritance
    dump_patches: bool = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and kwargs:
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'")
        if not self.call_super_init and args:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given")
        self.__dict__.update(training=True, _parameters=_Table(self), _buffers=_Table(self), _modules=_Table(self),
                             _non_persistent_buffers_set=set())
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes. Every subclass defines it."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    # ---- Calling ----

    def __call__(self: _HasForward[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            if self._hooked or CALLED_EVERYWHERE:
                return self._call_with_hooks(args, kwargs)
            return self.forward(*args, **kwargs)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            _locate(self, error)
            raise

    _call_impl = __call__

    # ---- Registration ----

    def _check_name(self, noun: str, table: str, name: str) -> None:
        if table not in self.__dict__:
            raise AttributeError(f"cannot assign {noun} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{noun} name should be a string. Got {_typename(name)}")
        if "." in name:
            raise KeyError(f'{noun} name can\'t contain "."' + f", got: {name}" * (noun == "module"))
        if not name:
            raise KeyError(f'{noun} name can\'t be empty string ""')
        if name not in self.__dict__[table] and hasattr(self, name):
            raise KeyError(f"attribute '{name}' already exists")

    def _set(self, table: str, name: str, value: Any) -> None:
        """Put `value` into a table, through the global registration hooks."""
        for hook in EVERYWHERE.registration[table].values():
            changed = hook(self, name, value)
            value = value if changed is None else changed
        self.__dict__[table][name] = value

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep `tensor` as state that is not trained: moved by `to`, and in the state dict if `persistent`."""
        self._check_name("buffer", "_buffers", name)
        if tensor is not None and not tensor_like(tensor):
            raise TypeError(
                f"cannot assign '{_typename(tensor)}' object to buffer '{name}' (torch Tensor or None required)")
        self._set("_buffers", name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Keep `param` (None for a parameter that this instance does not have) as `self.<name>`."""
        self._check_name("parameter", "_parameters", name)
        if param is None:
            self._parameters[name] = None
            return
        if not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{_typename(param)}' object to parameter '{name}' (torch.nn.Parameter or None "
                "required)")
        if param.grad_fn is not None:
            raise ValueError(f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created "
                             f"explicitly. To express '{name}' as a function of another Tensor, compute the value in "
                             "the forward() method.")
        self._set("_parameters", name, param)

    def add_module(self, name: str, module: Module | None) -> None:
        """Keep `module` as `self.<name>`."""
        if not (module is None or isinstance(module, Module)):
            raise TypeError(f"{_typename(module)} is not a Module subclass")
        self._check_name("module", "_modules", name)
        self._set("_modules", name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """The same as `add_module`."""
        self.add_module(name, module)

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in own:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, "_parameters")
            self.register_parameter(name, value)
        elif name in own.get("_parameters", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as parameter '{name}' (torch.nn.Parameter or None expected)")
            self.register_parameter(name, None)
        elif isinstance(value, Module):
            if "_modules" not in own:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, "_modules")
            self._set("_modules", name, value)
        elif name in own.get("_modules", ()):
            if value is not None:
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as child module '{name}' (torch.nn.Module or None expected)")
            self._set("_modules", name, None)
        elif name in own.get("_buffers", ()) or isinstance(value, Buffer):
            if not (value is None or tensor_like(value)):
                raise TypeError(
                    f"cannot assign '{_typename(value)}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None "
                    "expected)")
            persistent = value.persistent if isinstance(value, Buffer) else name not in self._non_persistent_buffers_set
            if type(self).register_buffer is Module.register_buffer or "persistent" in inspect.signature(
                    self.register_buffer).parameters:
                self.register_buffer(name, value, persistent)
            elif persistent:
                self.register_buffer(name, value)
            else:
                raise RuntimeError("Registering a non-persistent buffer on a Module subclass that implements "
                                   "register_buffer() without the persistent argument is not allowed.")
        else:
            super().__setattr__(name, _Table(self, value) if name in TABLES else value)

    def _forget(self, name: str, kept: str) -> None:
        """Take `name` out of everything but the table `kept`, before it gets another kind of value."""
        for table in TABLES:
            if table != kept:
                self.__dict__[table].pop(name, None)
        self._non_persistent_buffers_set.discard(name)
        if name not in self.__dict__[kept]:
            self.__dict__.pop(name, None)

    def __getattr__(self, name: str) -> Any:
        if name in HOOKS:                                # touched for the first time
            if name in CALL_HOOKS:
                self.__dict__["_hooked"] = True
            return self.__dict__.setdefault(name, OrderedDict())
        for table in TABLES:                             # only where a subclass pickles its __dict__ by itself
            if name in (found := self.__dict__.get(table, ())):
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for table in TABLES:
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted(key for key in {*dir(type(self)), *self.__dict__, *HOOKS} if not key[:1].isdigit())

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        for table in TABLES:
            for name, value in state.get(table, {}).items():
                if state.get(name) is value:              # the mirror, which __setstate__ makes again
                    state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for table in TABLES:
            self.__dict__[table] = _Table(self, state.get(table, {}))
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        if any(state.get(table) for table in CALL_HOOKS):
            self.__dict__["_hooked"] = True

    # ---- Walking the tree ----

    def named_modules(self, memo: set[Module] | None = None, prefix: str = "",
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """This module and all below, each with its path; one that is there twice comes once, unless `remove_duplicate`
        is off.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def _named_members(self, get_members_fn: Callable[[Module], Iterable[tuple[str, Any]]], prefix: str = "",
                       recurse: bool = True, remove_duplicate: bool = True) -> Iterator[tuple[str, Any]]:
        memo = set()
        for path, module in self.named_modules(prefix=prefix,
                                               remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]:
            for name, value in get_members_fn(module):
                if value is None or value in memo:
                    continue
                if remove_duplicate:
                    memo.add(value)
                yield f"{path}.{name}" if path else name, value

    def named_parameters(self, prefix: str = "", recurse: bool = True,
                         remove_duplicate: bool = True) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their paths, each once unless `remove_duplicate` is off; `recurse=False` keeps to this
        module.
        """
        yield from self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def named_buffers(self, prefix: str = "", recurse: bool = True,
                      remove_duplicate: bool = True) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their paths, as `named_parameters`."""
        yield from self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, each once."""
        memo = set()
        for name, module in self._modules.items():
            if module is not None and module not in memo:
                memo.add(module)
                yield name, module

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def children(self) -> Iterator[Module]:
        for _, module in self.named_children():
            yield module

    def get_submodule(self, target: str) -> Module:
        """The module at the path `target`, this one for ''."""
        module = self
        for name in target.split(".") if target else ():
            module = _member(module, name, Module, "an nn.Module")
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at the path `target`."""
        path, _, name = target.rpartition(".")
        return _member(self.get_submodule(path), name, Parameter, "an nn.Parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at the path `target`."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        buffer = _member(owner, name, object, "")
        if name not in owner._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffer

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put `module` at the path `target`; with `strict` only where one is already."""
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        if strict or hasattr(owner, name):
            _member(owner, name, Module, "an nn.Module")
        setattr(owner, name, module)

    # ---- Changing all of it ----

    def apply(self, fn: Callable[[Module], None]) -> Self:
        """Call `fn` on every module, children first."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replace the data of parameters and gradients, and the buffers, by `fn` of them. Parameters stay the same
        objects if they can.
        """
        for module in self.children() if recurse else ():
            module._apply(fn)
        for name, param in self._parameters.items():
            if param is None:
                continue
            grad = param.grad
            with no_grad():
                applied = fn(param)
                applied_grad = None if grad is None else fn(grad)
            if param.is_meta == applied.is_meta:
                param.data = applied
                if grad is not None:
                    grad.data = applied_grad
            else:                                         # data comes into being, or goes: another tensor
                new = self._parameters[name] = Parameter(applied, param.requires_grad)
                if grad is not None:
                    new.grad = applied_grad.requires_grad_(grad.requires_grad)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move or cast, in place: to(device), to(dtype), to(device, dtype), to(tensor), to(memory_format=...).

        A dtype changes floating and complex tensors only; a memory format those of 4 or 5 dimensions.
        """
        device, dtype, non_blocking, memory_format = _parse_to(*args, **kwargs)
        if dtype is not None:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(
                    f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}")
            if dtype.is_complex:
                warnings.warn("Complex modules are a new feature under active development whose design may change, and "
                              "some modules might not work as expected when using complex tensors as parameters or "
                              "buffers.", stacklevel=2)

        def convert(t: Tensor) -> Tensor:
            cast = dtype if t.is_floating_point() or t.is_complex() else None
            layout = {} if memory_format is None or t.dim() not in (4, 5) else {"memory_format": memory_format}
            try:
                return t.to(device=device, dtype=cast, non_blocking=non_blocking, **layout)
            except NotImplementedError as error:
                if str(error) != "Cannot copy out of meta tensor; no data!":
                    raise
                raise NotImplementedError(f"{error} Please use torch.nn.Module.to_empty() instead of "
                                          "torch.nn.Module.to() when moving module from meta to a different "
                                          "device.") from None

        return self._apply(convert)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Move to `device` without copying the values."""
        return self._apply(lambda t: ops.empty_like(t, device=device), recurse)

    def cpu(self) -> Self:
        return self._apply(lambda t: t.cpu())

    def cuda(self, device: Any = None) -> Self:
        return self._apply(lambda t: t.cuda(device))

    def type(self, dst_type: Dtype | str) -> Self:
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Self:
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Self:
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Self:
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Self:
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def share_memory(self) -> Self:
        return self._apply(lambda t: t.share_memory_())

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and below: dropout and batch norm behave by it."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        """`train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for parameter in self.parameters():
            clear_grad(parameter, set_to_none)

    # ---- Showing ----

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses of the module's repr."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr().split("\n") if self.extra_repr() else []
        children = [f"({name}): {_indented(repr(module))}" for name, module in self._modules.items()]
        if not children and len(extra) <= 1:
            return f"{self._get_name()}({''.join(extra)})"
        return f"{self._get_name()}(\n  " + "\n  ".join(extra + children) + "\n)"


def _member(module: Module, name: str, kind: type[Any], noun: str) -> Any:
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    value = getattr(module, name)
    if not isinstance(value, kind):
        raise AttributeError(f"`{name}` is not {noun}")
    return value


def clear_grad(parameter: Tensor, set_to_none: bool) -> None:
    """Drop the gradient of a parameter, or make it zeros that no graph hangs on."""
    if (grad := parameter.grad) is None:
        return
    if set_to_none:
        parameter.grad = None
        return
    if grad.grad_fn is not None:
        grad.detach_()
    else:
        grad.requires_grad_(False)
    grad.zero_()
