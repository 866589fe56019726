"""Hooks of modules: functions called before and after a module's forward and its gradients, and when its state is read
or written. `Hooks` is the part of `Module` that keeps them, each kind in a table by id, made when first touched; the
functions at the end register hooks for all modules.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

from pellucid.tensor import Tensor
from pellucid.utils import hooks
from pellucid.utils.hooks import RemovableHandle

__all__ = [
    "Hooks", "register_module_forward_pre_hook",
    "register_module_forward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]

TABLES = ("_parameters", "_buffers", "_modules")
CALL_HOOKS = frozenset(("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks"))
HOOKS = CALL_HOOKS | {"_forward_pre_hooks_with_kwargs", "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
                        "_state_dict_hooks",
                        "_state_dict_pre_hooks", "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks"}

# Hooks for all modules: the same tables, once. `CALLED_EVERYWHERE` holds the ids of those that a call must run.
EVERYWHERE = SimpleNamespace(**{name: OrderedDict() for name in HOOKS}, _is_full_backward_hook=None,
                              registration={name: OrderedDict() for name in TABLES})
CALLED_EVERYWHERE: OrderedDict[int, bool] = OrderedDict()


class Hooks:
    """What a module knows of hooks."""

    _hooked: bool = False                # whether a table of hooks that a call must look at exists
    _is_full_backward_hook: bool | None = None

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
                                       or key in EVERYWHERE._forward_hooks_always_called):
                    try:
                        changed = self._forward_hook(key, hook, args, kwargs, result)
                        result = result if changed is None else changed
                    except Exception as error:
                        scope = "global module" if key in EVERYWHERE._forward_hooks else "module"
                        warnings.warn(f"{scope} forward hook with ``always_call=True`` raised an exception that was "
                                      f"silenced as another error was raised in forward: {error}", stacklevel=3)
            raise

    def _forward_hook(self, key: int, hook: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
                      result: Any) -> Any:
        if key in self._forward_hooks_with_kwargs or key in EVERYWHERE._forward_hooks_with_kwargs:
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
        for owner in (EVERYWHERE, self):
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


def own_hooks(module: Hooks, table: str) -> tuple[Callable[..., Any], ...]:
    """The hooks in a table that may never have been touched."""
    return tuple(module.__dict__.get(table, {}).values())


def _both(module: Hooks, table: str) -> list[tuple[int, Callable[..., Any]]]:
    """The hooks of a call, global ones first. A list, because a hook may remove itself."""
    return [*getattr(EVERYWHERE, table).items(), *module.__dict__.get(table, {}).items()]


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


# ---- Hooks for all modules ----

def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, args)` before the forward of every module."""
    return hooks.add(EVERYWHERE._forward_pre_hooks, hook, flags=[CALLED_EVERYWHERE])


def register_module_forward_hook(hook: Callable[..., Any], *, with_kwargs: bool = False,
                                 always_call: bool = False) -> RemovableHandle:
    """Call `hook(module, args, output)` after the forward of every module."""
    return hooks.add(EVERYWHERE._forward_hooks, hook,
                     flags=[CALLED_EVERYWHERE, *_flags(EVERYWHERE, with_kwargs, always_call)])


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_output)` before the gradients of every module."""
    return hooks.add(EVERYWHERE._backward_pre_hooks, hook, flags=[CALLED_EVERYWHERE])


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, grad_input, grad_output)` after the gradients of every module."""
    _only_one_kind(EVERYWHERE, True, "as a global Module hook")
    return hooks.add(EVERYWHERE._backward_hooks, hook, flags=[CALLED_EVERYWHERE])


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Deprecated by PyTorch, see `Module.register_backward_hook`."""
    _only_one_kind(EVERYWHERE, False, "as a global Module hook")
    return hooks.add(EVERYWHERE._backward_hooks, hook, flags=[CALLED_EVERYWHERE])


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, buffer)` whenever a buffer is registered; what it returns replaces the buffer."""
    return hooks.add(EVERYWHERE.registration["_buffers"], hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, submodule)` whenever a module is registered; what it returns replaces it."""
    return hooks.add(EVERYWHERE.registration["_modules"], hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(module, name, parameter)` whenever a parameter is registered; what it returns replaces it."""
    return hooks.add(EVERYWHERE.registration["_parameters"], hook)
