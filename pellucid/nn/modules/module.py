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
from functools import partial
from itertools import chain
from types import SimpleNamespace
from typing import Any, NamedTuple, ParamSpec, Protocol, Self, TypeVar

from pellucid import ops
from pellucid.autograd import no_grad
from pellucid.device import device as Device
from pellucid.dtypes import dtype as Dtype
from pellucid.dtypes import element_type
from pellucid.nn.parameter import Buffer, Parameter
from pellucid.tensor import Tensor
from pellucid.utils import hooks
from pellucid.utils.hooks import RemovableHandle

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


_TABLES = ("_parameters", "_buffers", "_modules")
_CALL_HOOKS = frozenset(("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks"))
_HOOKS = _CALL_HOOKS | {"_forward_pre_hooks_with_kwargs", "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
                        "_state_dict_hooks",
                        "_state_dict_pre_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks"}
_EXTRA_STATE = "_extra_state"

# Hooks for all modules: the same tables, once. `_called_everywhere` holds the ids of those that a call must run.
_everywhere = SimpleNamespace(**{name: OrderedDict() for name in _HOOKS}, _is_full_backward_hook=None,
                              registration={name: OrderedDict() for name in _TABLES})
_called_everywhere: OrderedDict[int, bool] = OrderedDict()


class _IncompatibleKeys(NamedTuple("IncompatibleKeys", [("missing_keys", list[str]), ("unexpected_keys", list[str])])):
    """What `load_state_dict` could not match."""

    __slots__ = ()

    def __repr__(self) -> str:
        return super().__repr__() if self.missing_keys or self.unexpected_keys else "<All keys matched successfully>"

    __str__ = __repr__


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


class Module:
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
    _hooked: bool = False                # whether a table of hooks that a call must look at exists
    _is_full_backward_hook: bool | None = None

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
            if self._hooked or _called_everywhere:
                return self._call_with_hooks(args, kwargs)
            return self.forward(*args, **kwargs)
        except (RuntimeError, TypeError, ValueError, IndexError) as error:
            _locate(self, error)
            raise

    _call_impl = __call__

    def _call_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        result, ran = None, set()
        try:
            for key, hook in _both(self, "_forward_pre_hooks"):
                if key in self._forward_pre_hooks_with_kwargs:
                    changed = hook(self, args, kwargs)
                    if changed is not None and not (isinstance(changed, tuple) and len(changed) == 2):
                        raise RuntimeError(
                            "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got "
                            f"{changed}.")
                    args, kwargs = (args, kwargs) if changed is None else changed
                elif (changed := hook(self, args)) is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
            full, partial_hooks = self._get_backward_hooks()
            pre_hooks = [hook for _, hook in _both(self, "_backward_pre_hooks")]
            tap = hooks.BackwardHook(self, full, pre_hooks) if full or pre_hooks else None
            if tap is not None:
                args = tap.setup_input_hook(args)
            result = self.forward(*args, **kwargs)
            for key, hook in _both(self, "_forward_hooks"):
                ran.add(key)
                changed = self._forward_hook(key, hook, args, kwargs, result)
                result = result if changed is None else changed
            if tap is not None:
                if not isinstance(result, (Tensor, tuple)):
                    warnings.warn("For backward hooks to be called, module output should be a Tensor or a tuple of "
                                  f"Tensors but received {type(result)}", stacklevel=3)
                result = tap.setup_output_hook(result)
            if partial_hooks and (node := _first_tensor(result).grad_fn) is not None:
                for hook in partial_hooks:
                    node.register_hook(partial(hook, self))
                hooks.warn_if_partial(args, result, node)
            return result
        except Exception:
            for key, hook in _both(self, "_forward_hooks"):
                if key not in ran and (key in self._forward_hooks_always_called
                                       or key in _everywhere._forward_hooks_always_called):
                    try:
                        changed = self._forward_hook(key, hook, args, kwargs, result)
                        result = result if changed is None else changed
                    except Exception as error:
                        scope = "global module" if key in _everywhere._forward_hooks else "module"
                        warnings.warn(f"{scope} forward hook with ``always_call=True`` raised an exception that was "
                                      f"silenced as another error was raised in forward: {error}", stacklevel=3)
            raise

    def _forward_hook(self, key: int, hook: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
                      result: Any) -> Any:
        if key in self._forward_hooks_with_kwargs or key in _everywhere._forward_hooks_with_kwargs:
            return hook(self, args, kwargs, result)
        return hook(self, args, result)

    # ---- Hooks: each in its table ----

    def register_forward_pre_hook(self, hook: Callable[..., Any], *, prepend: bool = False,
                                  with_kwargs: bool = False) -> RemovableHandle:
        """Call `hook(module, args)` before forward; what it returns, if not None, is the new arguments.

        With `with_kwargs`, `hook(module, args, kwargs)` returns None or (args, kwargs).
        """
        return hooks.add(self._forward_pre_hooks, hook, prepend, [self._forward_pre_hooks_with_kwargs] * with_kwargs)

    def register_forward_hook(self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False,
                              always_call: bool = False) -> RemovableHandle:
        """Call `hook(module, args, output)` (or `(module, args, kwargs, output)`) after forward; what it returns
        replaces the output.

        With `always_call` also after a forward that raised.
        """
        return hooks.add(self._forward_hooks, hook, prepend, _flags(self, with_kwargs, always_call))

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` before the gradients of the module are computed; it may return a new
        grad_output.
        """
        return hooks.add(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs are there; it may return a new
        grad_input.
        """
        _only_one_kind(self, True, "on a single Module")
        return hooks.add(self._backward_hooks, hook, prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Deprecated by PyTorch: sees the gradients of the last operation of forward only. Use
        `register_full_backward_hook`.
        """
        _only_one_kind(self, False, "on a single Module")
        return hooks.add(self._backward_hooks, hook)

    def _get_backward_hooks(self) -> tuple[list[Callable[..., Any]], list[Callable[..., Any]]]:
        found: dict[bool, list[Callable[..., Any]]] = {True: [], False: []}
        for owner in (_everywhere, self):
            if owner._is_full_backward_hook is not None:
                found[owner._is_full_backward_hook] += owner._backward_hooks.values()
        return found[True], found[False]

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after state_dict; what it returns replaces the state
        dict.
        """
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError("Cannot register the same function as the state dict post hook that was previously "
                               "registered via register_state_dict_post_hook")
        return hooks.add(self._state_dict_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after state_dict, to change it in place."""
        hook._from_public_api = True
        return hooks.add(self._state_dict_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before state_dict."""
        return hooks.add(self._state_dict_pre_hooks, hook)

    def _register_load_state_dict_pre_hook(self, hook: Callable[..., Any],
                                           with_module: bool = False) -> RemovableHandle:
        return hooks.add(self._load_state_dict_pre_hooks, hooks.WithModule(hook, self) if with_module else hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)`
        before loading.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after loading, to change the lists of keys in place."""
        return hooks.add(self._load_state_dict_post_hooks, hook)

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
        for hook in _everywhere.registration[table].values():
            changed = hook(self, name, value)
            value = value if changed is None else changed
        self.__dict__[table][name] = value

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep `tensor` as state that is not trained: moved by `to`, and in the state dict if `persistent`."""
        self._check_name("buffer", "_buffers", name)
        if tensor is not None and not _tensor_like(tensor):
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
            if not (value is None or _tensor_like(value)):
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
            super().__setattr__(name, _Table(self, value) if name in _TABLES else value)

    def _forget(self, name: str, kept: str) -> None:
        """Take `name` out of everything but the table `kept`, before it gets another kind of value."""
        for table in _TABLES:
            if table != kept:
                self.__dict__[table].pop(name, None)
        self._non_persistent_buffers_set.discard(name)
        if name not in self.__dict__[kept]:
            self.__dict__.pop(name, None)

    def __getattr__(self, name: str) -> Any:
        if name in _HOOKS:                                # touched for the first time
            if name in _CALL_HOOKS:
                self.__dict__["_hooked"] = True
            return self.__dict__.setdefault(name, OrderedDict())
        for table in _TABLES:                             # only where a subclass pickles its __dict__ by itself
            if name in (found := self.__dict__.get(table, ())):
                return found[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for table in _TABLES:
            if name in self.__dict__.get(table, ()):
                del self.__dict__[table][name]
                self._non_persistent_buffers_set.discard(name)
                return
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted(key for key in {*dir(type(self)), *self.__dict__, *_HOOKS} if not key[:1].isdigit())

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        for table in _TABLES:
            for name, value in state.get(table, {}).items():
                if state.get(name) is value:              # the mirror, which __setstate__ makes again
                    state.pop(name, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for table in _TABLES:
            self.__dict__[table] = _Table(self, state.get(table, {}))
        self.__dict__.setdefault("_non_persistent_buffers_set", set())
        if any(state.get(table) for table in _CALL_HOOKS):
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

    # ---- State dicts ----

    def get_extra_state(self) -> Any:
        """What a subclass wants in its state dict beside tensors; defined together with `set_extra_state`."""
        raise RuntimeError("Module.get_extra_state() is called only where a subclass defines it")

    def set_extra_state(self, state: Any) -> None:
        """Take what `get_extra_state` gave."""
        raise RuntimeError("Module.set_extra_state() is called only where a subclass defines it")

    def _persistent(self) -> Iterator[tuple[str, Tensor]]:
        """What goes into the state dict, of this module alone."""
        for name, value in chain(self._parameters.items(), self._buffers.items()):
            if value is not None and not (name in self._non_persistent_buffers_set and name in self._buffers):
                yield name, value

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        for name, value in self._persistent():
            destination[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not Module.get_extra_state:
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def state_dict(self, *args: Any, destination: Any = None, prefix: str = "",
                   keep_vars: bool = False) -> dict[str, Any]:
        """All parameters and persistent buffers by path, sharing memory with the module; detached unless `keep_vars`.
        """
        if args:
            warnings.warn("Positional args are being deprecated, use kwargs instead. Refer to "
                          "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for "
                          "details.", FutureWarning, stacklevel=2)
            destination, prefix, keep_vars = (*args, *(destination, prefix, keep_vars)[len(args):])
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        local_metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = local_metadata
        for hook in _own(self, "_state_dict_pre_hooks"):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in _own(self, "_state_dict_hooks"):
            result = hook(self, destination, prefix, local_metadata)
            if result is not None:
                if getattr(hook, "_from_public_api", False):
                    raise RuntimeError("state_dict post-hook must return None")
                destination = result
        return destination

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, local_metadata: dict[str, Any],
                              strict: bool, missing_keys: list[str],
                              unexpected_keys: list[str], error_msgs: list[str]) -> None:
        """Load what is under `prefix` into this module alone. Subclasses override it to read older versions of their
        keys.
        """
        for hook in _own(self, "_load_state_dict_pre_hooks"):
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        assign = local_metadata.get("assign_to_params_buffers", False)
        local = dict(self._persistent())
        for name, param in local.items():
            if (key := prefix + name) in state_dict:
                if (error := self._load_one(name, param, key, state_dict[key], assign)) is not None:
                    error_msgs.append(error)
            elif strict:
                missing_keys.append(key)
        extra = prefix + _EXTRA_STATE
        if type(self).set_extra_state is not Module.set_extra_state:
            if extra in state_dict:
                self.set_extra_state(state_dict[extra])
            elif strict:
                missing_keys.append(extra)
        elif strict and extra in state_dict:
            unexpected_keys.append(extra)
        for key in state_dict if strict else ():
            if key.startswith(prefix) and key != extra:
                name, dot, _ = key[len(prefix):].partition(".")
                if name not in (self._modules if dot else local):
                    unexpected_keys.append(key)

    def _load_one(self, name: str, param: Tensor, key: str, value: Any, assign: bool) -> str | None:
        """Copy or assign `value` to `self.<name>`; the error message, if it cannot be."""
        if not _tensor_like(value):
            return (f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from '
                    f'checkpoint but received {type(value)}')
        if not param.shape and tuple(value.shape) == (1,):              # PyTorch 0.3 had no 0-dimensional tensors
            value = value[0]
        if value.shape != param.shape:
            return (f"size mismatch for {key}: copying a param with shape {value.shape} from checkpoint, the shape in "
                    f"current model is {param.shape}.")
        if param.is_meta and not value.is_meta and not assign:
            warnings.warn(f"for {key}: copying from a non-meta parameter in the checkpoint to a meta parameter in the "
                          "current model, which is a no-op. (Did you mean to pass `assign=True` to assign items in the "
                          "state dictionary to their corresponding key in the module instead of copying them in "
                          "place?)", stacklevel=2)
        try:
            with no_grad():
                if not assign:
                    param.copy_(value)
                elif not isinstance(param, Parameter):
                    setattr(self, name, value)
                elif isinstance(value, Parameter):
                    setattr(self, name, value.requires_grad_(param.requires_grad))
                else:
                    setattr(self, name, Parameter(value, param.requires_grad))
        except Exception as error:
            return (f'While copying the parameter named "{key}", whose dimensions in the model are {param.size()} and '
                    f'whose dimensions in the checkpoint are {value.size()}, an exception occurred : {error.args}.')
        return None

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True,
                        assign: bool = False) -> _IncompatibleKeys:
        """Copy a state dict into the parameters and buffers, or `assign` its tensors to them.

        `strict` makes keys without a counterpart an error; otherwise they are only returned.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []
        metadata = getattr(state_dict, "_metadata", None)
        state_dict = OrderedDict(state_dict)
        if metadata is not None:
            state_dict._metadata = metadata

        def load(module: Module, local: dict[str, Any], prefix: str) -> None:
            local_metadata = {} if metadata is None else metadata.get(prefix[:-1], {})
            if assign:
                local_metadata["assign_to_params_buffers"] = assign
            module._load_from_state_dict(local, prefix, local_metadata, True, missing, unexpected, errors)
            for name, child in module._modules.items():
                if child is not None:
                    below = f"{prefix}{name}."
                    load(child, {key: value for key, value in local.items() if key.startswith(below)}, below)
            incompatible = _IncompatibleKeys(missing, unexpected)
            for hook in _own(module, "_load_state_dict_post_hooks"):
                if hook(module, incompatible) is not None:
                    raise AssertionError("Hooks registered with ``register_load_state_dict_post_hook`` are not "
                                         "expected to return new values, if incompatible_keys need to be modified, it "
                                         "should be done inplace.")

        load(self, state_dict, "")
        for text, keys in (("Unexpected", unexpected), ("Missing", missing)) if strict else ():
            if keys:
                errors.insert(0, "{} key(s) in state_dict: {}. ".format(text, ", ".join(f'"{key}"' for key in keys)))
        if errors:
            raise RuntimeError(
                "Error(s) in loading state_dict for {}:\n\t{}".format(type(self).__name__, "\n\t".join(errors)))
        return _IncompatibleKeys(missing, unexpected)

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


def _tensor_like(value: object) -> bool:
    return isinstance(value, Tensor) or hasattr(type(value), "__torch_function__")


def _member(module: Module, name: str, kind: type[Any], noun: str) -> Any:
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    value = getattr(module, name)
    if not isinstance(value, kind):
        raise AttributeError(f"`{name}` is not {noun}")
    return value


def _own(module: Module, table: str) -> tuple[Callable[..., Any], ...]:
    """The hooks in a table that may never have been touched."""
    return tuple(module.__dict__.get(table, {}).values())


def _both(module: Module, table: str) -> list[tuple[int, Callable[..., Any]]]:
    """The hooks of a call, global ones first. A list, because a hook may remove itself."""
    return [*getattr(_everywhere, table).items(), *module.__dict__.get(table, {}).items()]


def _flags(owner: Any, with_kwargs: bool, always_call: bool) -> list[dict[str, Any]]:
    return [owner._forward_hooks_with_kwargs] * with_kwargs + [owner._forward_hooks_always_called] * always_call


def _only_one_kind(owner: Any, full: bool, where: str) -> None:
    if owner._is_full_backward_hook is (not full):
        raise RuntimeError(
            f"Cannot use both regular backward hooks and full backward hooks {where}. Please use only one of them.")
    owner._is_full_backward_hook = full


def _first_tensor(result: Any) -> Tensor:
    while not isinstance(result, Tensor):
        result = next(value for value in result.values() if isinstance(value, Tensor)) if isinstance(result,
            dict) else result[0]
    return result


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


# ---- Hooks for all modules ----

def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, args)` before the forward of every module."""
    return hooks.add(_everywhere._forward_pre_hooks, hook, flags=[_called_everywhere])


def register_module_forward_hook(hook: Callable[..., Any], *, with_kwargs: bool = False,
                                 always_call: bool = False) -> RemovableHandle:
    """Call `hook(module, args, output)` after the forward of every module."""
    return hooks.add(_everywhere._forward_hooks, hook,
                     flags=[_called_everywhere, *_flags(_everywhere, with_kwargs, always_call)])


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_output)` before the gradients of every module."""
    return hooks.add(_everywhere._backward_pre_hooks, hook, flags=[_called_everywhere])


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` after the gradients of every module."""
    _only_one_kind(_everywhere, True, "as a global Module hook")
    return hooks.add(_everywhere._backward_hooks, hook, flags=[_called_everywhere])


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Deprecated by PyTorch, see `Module.register_backward_hook`."""
    _only_one_kind(_everywhere, False, "as a global Module hook")
    return hooks.add(_everywhere._backward_hooks, hook, flags=[_called_everywhere])


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, buffer)` whenever a buffer is registered; what it returns replaces the buffer."""
    return hooks.add(_everywhere.registration["_buffers"], hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, submodule)` whenever a module is registered; what it returns replaces it."""
    return hooks.add(_everywhere.registration["_modules"], hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, parameter)` whenever a parameter is registered; what it returns replaces it."""
    return hooks.add(_everywhere.registration["_parameters"], hook)
