"""`Function`: an operation with a derivative of the user's own.

`F.apply(...)` runs F.forward without recording and hangs one node behind its tensors; that node is the `ctx` which
forward, setup_context and backward see. Each Function class has a node class of its own, named as in PyTorch, F +
"Backward".
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

from ..core.inplace import check_inplace, rebase, track_custom, wrote
from ..core.node import Node
from ..core.saved import Saved, freed_error
from ..core.state import current
from ..core.tensor import TensorBase
from ..ops import zeros
from ..tensor import Tensor
from .grad_mode import is_grad_enabled, no_grad

__all__ = ["FunctionCtx", "BackwardCFunction", "FunctionMeta", "Function", "once_differentiable", "InplaceFunction",
           "NestedIOFunction"]


class FunctionCtx:
    """What a custom function says about one of its calls."""

    to_save: tuple[Any, ...] = ()
    dirty_tensors: tuple[Any, ...] = ()
    non_differentiable: tuple[Any, ...] = ()
    materialize_grads: bool = True
    _materialize_non_diff_grads: bool = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep these for backward, where they are `ctx.saved_tensors`. Call it at most once."""
        self.to_save = tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep these for jvp."""
        self.saved_for_forward = tensors

    def mark_dirty(self, *args: Tensor) -> None:
        """Say that these inputs were modified in place."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args: Tensor) -> None:
        """Say that these outputs have no gradient."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """Whether gradients that are not there reach backward as zeros (the default) or as None."""
        self.materialize_grads = value


class BackwardCFunction(FunctionCtx, Node):
    """The node of a custom function, and its ctx."""

    _forward_cls: type[Function]
    _saved: tuple[Any, ...] | None = ()
    _tensors: tuple[bool, ...] = ()                      # which inputs were tensors
    _gradable: tuple[bool, ...] = ()                     # which outputs may have a gradient
    needs_input_grad: tuple[bool, ...] = ()
    freed: Any

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What was saved, checked for changes since."""
        if self._saved is None:
            raise freed_error(self.freed)
        return tuple(None if saved is None else saved.unpack(self) for saved in self._saved)

    saved_variables = saved_tensors

    def apply(self, grads: list[Any], create: bool, asked: Any = None) -> list[Any]:
        """Call the user's backward."""
        function = self._forward_cls
        if function.backward is not Function.backward and function.vjp is not Function.vjp:
            raise RuntimeError("Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
                               "should only implement one of them.")
        backward = function.vjp if function.vjp is not Function.vjp else function.backward
        if self.materialize_grads:
            grads = [_zeros(meta) if grad is None and meta is not None
                     and (gradable or self._materialize_non_diff_grads) else grad
                     for grad, meta, gradable in zip(grads, self.outputs, self._gradable, strict=True)]
        found = backward(self, *grads)
        found = list(found) if isinstance(found, (tuple, list)) else [found]
        expected = len(self.targets)
        while len(found) > expected and found[-1] is None:
            found.pop()
        if len(found) != expected:
            raise RuntimeError(
                f"function {self.name()} returned an incorrect number of gradients (expected {expected}, got "
                f"{len(found)})")
        for i, (gradient, is_tensor) in enumerate(zip(found, self._tensors, strict=True)):
            if gradient is not None and not is_tensor:
                raise RuntimeError(f"function {self.name()} returned a gradient different than None at position "
                                   f"{i + 1}, but the corresponding forward input was not a Variable")
        return found

    def release(self, place: Any) -> None:
        if self._saved:
            self._saved, self.freed = None, place

    def _save(self) -> None:
        """Turn what save_for_backward was given into Saved objects; outputs have their place in the graph by now."""
        hooks = current().saved_hooks[-1] if current().saved_hooks else None
        saved = []
        for i, tensor in enumerate(self.to_save):
            if tensor is not None and not isinstance(tensor, TensorBase):
                raise TypeError(
                    f"save_for_backward can only save variables, but argument {i} is of type {type(tensor).__name__}")
            saved.append(None if tensor is None
                         else Saved(tensor, tensor.output_nr if tensor.node is self else None, hooks, self))
        self._saved, self.to_save = tuple(saved), ()


def _zeros(meta: Any) -> Tensor:
    return zeros(meta.sizes, dtype=meta.dtype, device=meta.device)


class FunctionMeta(type):
    """Gives every Function class its node class."""

    def __init__(cls, name: str, bases: tuple[Any, ...], attributes: dict[str, Any]):
        cls._backward_cls = type(name + "Backward", (BackwardCFunction,),
                                 {"_forward_cls": cls, "__module__": cls.__module__})
        super().__init__(name, bases, attributes)


class Function(metaclass=FunctionMeta):
    """Subclass it with static methods `forward(ctx, *args)` and `backward(ctx, *grad_outputs)`, and call `apply`.

    Or `forward(*args)` together with `setup_context(ctx, inputs, output)`.

        >>> class Exp(Function):
        ...     @staticmethod
        ...     def forward(ctx, x):
        ...         result = x.exp()
        ...         ctx.save_for_backward(result)
        ...         return result
        ...
        ...     @staticmethod
        ...     def backward(ctx, grad):
        ...         result, = ctx.saved_tensors
        ...         return grad * result
    """

    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any):
        warnings.warn(f"{type(self)} should not be instantiated. Methods on autograd functions are all static, so you "
                      "should invoke them on the class itself. Instantiating an autograd function will raise an error "
                      "in a future version of PyTorch.", DeprecationWarning, stacklevel=2)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("Legacy autograd function with non-static forward method is deprecated. Please use "
                           "new-style autograd function with static forward method. (Example: "
                           "https://pytorch.org/docs/stable/autograd.html#torch.autograd.Function)")

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """The operation. With `setup_context` it gets no ctx."""
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """What forward would have done with ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """One gradient an input of forward, from one an output; None for what has none."""
        raise NotImplementedError("You must implement either the backward or vjp method for your custom "
                                  "autograd.Function to use it with backward mode AD.")

    @staticmethod
    def vjp(ctx: Any, *grad_outputs: Any) -> Any:
        """Another name of backward."""
        raise NotImplementedError("You must implement either the backward or vjp method for your custom "
                                  "autograd.Function to use it with backward mode AD.")

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """One tangent an output, from one an input: forward mode."""
        raise NotImplementedError(
            "You must implement the jvp function for custom autograd.Function to use it with forward mode AD.")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run the operation and record it as one node."""
        separate = cls.setup_context is not Function.setup_context
        if separate or kwargs:
            args = _inputs(cls.forward, args, kwargs, separate)
        ctx = cls._backward_cls()
        ctx._tensors = tuple(isinstance(arg, TensorBase) for arg in args)
        ctx.needs_input_grad = tuple(isinstance(arg, TensorBase) and arg.requires_grad for arg in args)
        records = is_grad_enabled() and any(ctx.needs_input_grad)
        ctx.connect(args if records else ())
        with no_grad():
            if separate:
                output = cls.forward(*args)
                cls.setup_context(ctx, args, output)
            else:
                output = cls.forward(ctx, *args)
        many = isinstance(output, tuple)
        outputs = _place(ctx, args, output if many else (output,), records)
        if records:
            ctx._save()
        # they point back to ctx: a cycle would hold memory until gc finds it
        ctx.dirty_tensors = ctx.non_differentiable = ()
        return outputs if many else outputs[0]


def _inputs(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any],
            separate: bool) -> tuple[Any, ...]:
    """The inputs in the order of forward's parameters: as in PyTorch, what is given by keyword is an input like others
    and has a gradient. With a setup_context so is what is left to its default."""
    kinds = inspect.Parameter
    parameters = [p for p in inspect.signature(forward).parameters.values()
                  if p.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)]
    parameters = parameters[0 if separate else 1:][len(args):]
    wrong = next((name for name in kwargs if all(name != p.name for p in parameters)), None)
    if wrong is not None:
        raise TypeError(f"forward() got an unexpected keyword argument '{wrong}'")
    inputs, left = list(args), dict(kwargs)
    for p in parameters:
        if not (left or separate):
            break
        if p.name not in left and (p.default is kinds.empty or not separate):
            raise TypeError(f"forward() missing required argument: '{p.name}' (position {len(inputs)})")
        inputs.append(left.pop(p.name, p.default))
    return tuple(inputs)


def _is_one_of(tensor: Tensor, tensors: tuple[Any, ...]) -> bool:
    return any(tensor is other for other in tensors)


def _place(ctx: BackwardCFunction, inputs: tuple[Any, ...], outputs: tuple[Any, ...], records: bool) -> tuple[Any, ...]:
    """Give the outputs their place in the graph."""
    for tensor in ctx.dirty_tensors:
        if not _is_one_of(tensor, outputs):
            raise RuntimeError("Some elements marked as dirty during the forward method were not returned as output. "
                               "The inputs that are modified inplace must all be outputs of the Function.")
    ctx.outputs = tuple(out.meta if isinstance(out, TensorBase) else None for out in outputs)
    ctx._gradable = tuple(isinstance(out, TensorBase) and out.dtype.category >= 2
                          and not _is_one_of(out, ctx.non_differentiable)
                          for out in outputs)
    return tuple(_place_one(ctx, inputs, out, number, records) if isinstance(out, TensorBase) else out
                 for number, out in enumerate(outputs))


def _place_one(ctx: BackwardCFunction, inputs: tuple[Any, ...], out: Tensor, number: int, records: bool) -> Tensor:
    is_input, is_dirty = _is_one_of(out, inputs), _is_one_of(out, ctx.dirty_tensors)
    if not (records and ctx._gradable[number]):
        if not out.requires_grad:
            return out
        return out.detach() if is_input or out._is_view() else out.detach_()
    if is_dirty:
        position = next((i for i, x in enumerate(inputs) if x is out), -1)
        if out._is_view() and len([x for x in ctx.outputs if x is not None]) > 1:
            raise RuntimeError("If your Function modifies inplace an input that is a view of another Tensor, your "
                               "Function cannot return more than one Tensor. This is not supported by the current "
                               "autograd engine. You should either make sure the input is not a view (using .clone() "
                               "for example) or make your Function only return one Tensor (potentially splitting it "
                               "into two Functions: one doing the inplace that returns a single Tensor and a second "
                               "one that does the other operations).")
        if out.requires_grad and not out._is_view() and out.is_leaf:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
        check_inplace(current(), out, True)
        if position < 0:
            raise RuntimeError("a tensor that was marked as dirty is not an input of the Function")
        wrote(out)                               # it may have been written to in ways that nobody has counted
        rebase(out, ctx, position, number)
        return out
    # returned as it is: another tensor, so that there are two places in the graph
    if is_input:
        source, out = out, out.alias(type(out))
        track_custom(out, source)
    elif out._is_view():
        track_custom(out, None)
    out.node, out.output_nr = ctx, number
    return out


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of `backward`: it runs unrecorded, and differentiating its results is an error."""

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        with no_grad():
            outputs = fn(ctx, *args)
        if not is_grad_enabled() or not any(isinstance(arg, TensorBase) and arg.requires_grad for arg in args):
            return outputs
        many = isinstance(outputs, tuple)
        outputs = outputs if many else (outputs,)
        error = _TwiceError(outputs)
        results = tuple(error.mark(out, number) if isinstance(out, TensorBase) else out
                        for number, out in enumerate(outputs))
        return results if many else results[0]

    return wrapper


class _TwiceError(Node):
    """Stands behind what must not be differentiated again."""

    def __init__(self, outputs: tuple[Any, ...]):
        super().__init__()
        self.outputs = tuple(out.meta if isinstance(out, TensorBase) else None for out in outputs)

    def mark(self, tensor: Tensor, number: int) -> Tensor:
        marked = tensor.detach()
        marked.node, marked.output_nr = self, number
        return marked

    def name(self) -> str:
        return "Error"

    def apply(self, grads: list[Any], create: bool, asked: Any = None) -> list[Any]:
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")


class InplaceFunction(Function):
    """A Function that may work in place; kept for programs that name it."""

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace


class NestedIOFunction(Function):
    """PyTorch's old form for nested arguments; subclasses of it must be made ordinary Functions."""

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("NestedIOFunction is not supported: give a Function's forward its tensors one by one")
