"""Hooks: functions that users hang on modules and optimisers, kept in ordered tables `{id: function}`.

`add` puts one in and gives the handle that takes it out again. Called by `nn.Module` and `optim.Optimizer`, which own
the tables. `BackwardHook` makes hooks on the gradients of a module: it wraps the module's inputs and outputs in an
identity function of autograd and listens at its two nodes. Knows tensors and autograd, not modules.

    input ── identity ──> forward ──> identity ──> output
                │ grad_input              │ grad_output
                └── the user's hooks <────┘
"""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from pellucid.autograd import Function, is_grad_enabled
from pellucid.core.hooks import RemovableHandle
from pellucid.tensor import Tensor, warn_if_has_hooks

__all__ = ["RemovableHandle", "WithModule", "add", "BackwardHook", "unserializable_hook", "warn_if_has_hooks",
           "warn_if_partial"]


def add(table: OrderedDict[Any, Any], hook: Callable[..., Any], prepend: bool = False,
        flags: Sequence[dict[str, Any]] = ()) -> RemovableHandle:
    """Put `hook` into `table` (first if `prepend`) and set it in each of `flags`."""
    handle = RemovableHandle(table, extra_dict=list(flags))
    table[handle.id] = hook
    if prepend:
        table.move_to_end(handle.id, last=False)
    for flag in flags:
        flag[handle.id] = True
    return handle


def unserializable_hook(f: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a hook: nobody is to be warned that a pickled tensor leaves it behind."""
    f.__torch_unserializable__ = True
    return f


class WithModule:
    """A hook that gets its module as first argument, without keeping it alive."""

    hook: Any

    def __init__(self, hook: Callable[..., Any], module: object) -> None:
        self.hook, self._module = hook, weakref.ref(module)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if (module := self._module()) is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args, **kwargs)

    def __getstate__(self) -> tuple[Any, ...]:
        return self.hook, self._module()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.hook, module = state
        if module is None:
            raise RuntimeError("You are trying to revive the hook of a dead Module!")
        self._module = weakref.ref(module)


class BackwardHookFunction(Function):
    """The identity, there for its node."""

    @staticmethod
    def forward(ctx: Any, *args: Tensor) -> tuple[Tensor, ...]:
        ctx.mark_non_differentiable(*(arg for arg in args if not arg.requires_grad))
        return args

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        return grads


class _Tap:
    """Sends the tensors among some arguments through the identity and keeps where they stood, to pack and unpack their
    gradients.

    It keeps neither the tensors nor the node: the node holds the hook, and the hook this, so that would be a cycle.
    """

    size: int
    places: list[int]
    active: bool

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.size = len(args)
        self.places = [i for i, arg in enumerate(args) if isinstance(arg, Tensor)]
        self.active = is_grad_enabled() and any(args[i].requires_grad for i in self.places)

    def through(self, args: tuple[Any, ...], hook: Callable[..., Any]) -> tuple[Any, ...]:
        if not self.active:
            return args
        wrapped = BackwardHookFunction.apply(*(args[i] for i in self.places))
        wrapped = wrapped if isinstance(wrapped, tuple) else (wrapped,)
        next(tensor.grad_fn for tensor in wrapped if tensor.requires_grad).register_hook(hook)
        values = list(args)
        for i, tensor in zip(self.places, wrapped, strict=True):
            values[i] = tensor
        return tuple(values) if type(args) is tuple else type(args)(*values)            # a named tuple stays one

    def pack(self, grads: Sequence[Tensor | None]) -> tuple[Tensor | None, ...]:
        """One gradient for each argument, None for those that are not tensors."""
        packed: list[Tensor | None] = [None] * self.size
        for i, grad in zip(self.places, grads, strict=True):
            packed[i] = grad
        return tuple(packed)

    def unpack(self, grads: Sequence[Tensor | None]) -> tuple[Tensor | None, ...]:
        return tuple(grads[i] for i in self.places)


def warn_if_partial(inputs: Any, result: Any, node: Any) -> None:
    """A FutureWarning where a hook on `node`, as non-full backward hooks are, sees only a part of what its module is
    given and returns.
    """
    def tensors(values: Any) -> tuple[Any, ...] | None:
        values = (values,) if isinstance(values, Tensor) else values
        return values if isinstance(values, tuple) and all(isinstance(value, Tensor) for value in values) else None

    results, given = tensors(result), tensors(inputs)
    if results is None:
        what, missing = ("hooks on a Module that does not return a single Tensor or a tuple of Tensors",
                         "of the grad_output")
    elif given is None:
        what, missing = ("hooks on a Module that does not take as input a single Tensor or a tuple of Tensors",
                         "of the grad_input")
    elif len({tensor.grad_fn for tensor in results} - {None}) > 1:
        what, missing = "hook when outputs are generated by different autograd Nodes", "grad_output"
    elif {tensor.grad_fn for tensor in given} - {None} != {following for following, _ in node.next_functions}:
        what, missing = "hook when the forward contains multiple autograd Nodes", "grad_input"
    else:
        return
    warnings.warn(f"Using {'a ' * what.startswith('hook ')}non-full backward {what} is deprecated and will be removed "
                  f"in future versions. This hook will be missing some {missing}. Please use "
                  "register_full_backward_hook to get the documented behavior.", FutureWarning, stacklevel=4)


class BackwardHook:
    """A call of a module with hooks on its gradients: `hooks` see (module, grad_input, grad_output), `pre_hooks`
    (module, grad_output).
    """

    module: object
    inputs: _Tap
    outputs: _Tap

    def __init__(self, module: object, hooks: Sequence[Callable[..., Any]],
                 pre_hooks: Sequence[Callable[..., Any]]) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_outputs: tuple[Any, ...] | None = None           # set on the way in, used and dropped on the way out

    def setup_input_hook(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.inputs = _Tap(args)
        return self.inputs.through(args, self._leave)

    def setup_output_hook(self, result: Any) -> Any:
        results = result if isinstance(result, tuple) else (result,)
        self.outputs = _Tap(results)
        results = self.outputs.through(results, self._enter)
        return results if isinstance(result, tuple) else results[0]

    def _enter(self, _: object, grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Backward reaches the module's outputs."""
        grads = self.outputs.pack(grad_outputs)
        for hook in self.pre_hooks:
            grads = self._changed(hook(self.module, grads), grads, "Backward pre hook", "grad_output")
        self.grad_outputs = grads
        if not self.inputs.active:                     # backward never reaches the inputs: the hooks run now
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module outputs since no "
                "inputs "
                          "require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
                          "#torch.nn.Module.register_full_backward_hook for more details.", stacklevel=5)
            for hook in self.hooks:
                result = hook(self.module, (None,) * self.inputs.size, grads)
                if result is not None and not (isinstance(result, tuple) and all(grad is None for grad in result)):
                    raise RuntimeError("Backward hook for Modules where no input requires gradient should always "
                                       "return None or None for all gradients.")
            self.grad_outputs = None
        return self.outputs.unpack(grads)

    def _leave(self, grad_inputs: tuple[Any, ...], _: object) -> tuple[Any, ...] | None:
        """Backward has come through the module."""
        if self.grad_outputs is None:                    # the outputs took no part in this backward
            return None
        grads = self.inputs.pack(grad_inputs)
        for hook in self.hooks:
            grads = self._changed(hook(self.module, grads, self.grad_outputs), grads, "Backward hook", "grad_input")
        self.grad_outputs = None
        return self.inputs.unpack(grads)

    @staticmethod
    def _changed(new: Any, old: tuple[Any, ...], who: str, what: str) -> tuple[Any, ...]:
        if new is None:
            return old
        if not isinstance(new, tuple):
            new = tuple(new) if isinstance(new, list) else (new,)
        if len(new) != len(old):
            raise RuntimeError(f"{who} returned an invalid number of {what}, got {len(new)}, but expected {len(old)}")
        return new
