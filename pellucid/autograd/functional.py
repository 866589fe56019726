"""Jacobians, Hessians and their products with vectors, of functions of tensors; as torch.autograd.functional."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core import autograd as engine
from ..ops import ones_like, stack, zeros_like
from ..tensor import Tensor
from .grad_mode import enable_grad

__all__ = ["vjp", "jvp", "jacobian", "hessian", "hvp", "vhp"]


def _tuple(x: Any, what: str, function: str) -> tuple[bool, tuple[Any, ...]]:
    """(whether it was a tuple, as a tuple). TypeError unless it holds tensors only."""
    many = isinstance(x, tuple)
    found = x if many else (x,)
    for i, item in enumerate(found):
        if not isinstance(item, Tensor):
            where = f"Value at index {i} of the tuple given as {what} to" if many else f"The {what} given to"
            raise TypeError(f"{where} {function} must be a Tensor but got {type(item)}.")
    return many, found


def _leaves(inputs: tuple[Any, ...], create_graph: bool) -> tuple[Any, ...]:
    """The inputs as tensors of which nothing is known: with a graph, their history stays behind them."""
    return tuple(x.view_as(x) if create_graph and x.requires_grad else x.detach().requires_grad_() for x in inputs)


def _grad(outputs: tuple[Any, ...], inputs: tuple[Any, ...], vectors: tuple[Any, ...], create_graph: bool, strict: bool,
          retain: bool = True) -> tuple[Any, ...]:
    """Gradients, zeros where there are none (with `strict` an error)."""
    pairs = [(out, v) for out, v in zip(outputs, vectors, strict=True) if out.requires_grad]
    if strict and len(pairs) < len(outputs):
        raise RuntimeError(
            "Output of the user-provided function is independent of the inputs. This is not allowed in strict mode.")
    found: tuple[Any, ...] = (None,) * len(inputs)
    if pairs:
        found = engine.grad(tuple(o for o, _ in pairs), inputs, tuple(v for _, v in pairs), retain, create_graph, True)
    if strict and any(grad is None for grad in found):
        raise RuntimeError(
            "The output of the user-provided function is independent of an input. This is not allowed in strict mode.")
    return tuple(zeros_like(x) if grad is None else grad for grad, x in zip(found, inputs, strict=True))


def _vectors(v: Any, like: tuple[Any, ...], many: bool, what: str, function: str) -> tuple[Any, ...]:
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(f"The vector v can only be None if the {what} is a single Tensor with one element.")
        return (ones_like(like[0]),)
    _, v = _tuple(v, "v", function)
    if len(v) != len(like):
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(v)}.")
    for i, (a, b) in enumerate(zip(v, like, strict=True)):
        if a.shape != b.shape:
            raise RuntimeError(f"Entry {i} in v has invalid size: should be {b.shape} but got {a.shape}.")
    return v


def _given(found: tuple[Any, ...], many: bool, create_graph: bool) -> Any:
    found = found if create_graph else tuple(x.detach() for x in found)
    return found if many else found[0]


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple[Any, Any]:
    """(func(*inputs), v . J): the product of a vector with the Jacobian."""
    with enable_grad():
        many, inputs = _tuple(inputs, "inputs", "vjp")
        inputs = _leaves(inputs, create_graph)
        out_many, outputs = _tuple(func(*inputs), "outputs of the user-provided function", "vjp")
        v = _vectors(v, outputs, out_many, "output", "vjp")
        found = _grad(outputs, inputs, v, create_graph, strict)
    return _given(outputs, out_many, create_graph), _given(found, many, create_graph)


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple[Any, Any]:
    """(func(*inputs), J . v), by differentiating backward: u . J is linear in u, and its derivative by u, at v, is J .
    v.
    """
    with enable_grad():
        many, inputs = _tuple(inputs, "inputs", "jvp")
        inputs = _leaves(inputs, create_graph)
        v = _vectors(v, inputs, many, "input to the user-provided function", "jvp")
        out_many, outputs = _tuple(func(*inputs), "outputs of the user-provided function", "jvp")
        dummies = tuple(zeros_like(out).requires_grad_() for out in outputs)
        backward = _grad(outputs, inputs, dummies, True, strict)
        found = _grad(backward, dummies, v, create_graph, False)
    return _given(outputs, out_many, create_graph), _given(found, out_many, create_graph)


def _jacobian_of(out: Tensor, inputs: tuple[Any, ...], create_graph: bool, strict: bool) -> tuple[Any, ...]:
    """The Jacobian of one output by each input, of shape (*out.shape, *input.shape)."""
    rows = []
    for place in range(out.numel()):
        v = zeros_like(out).detach()
        v.view(-1)[place] = 1
        rows.append(_grad((out,), inputs, (v,), create_graph, strict))
    if not rows:
        return tuple(zeros_like(x).expand((*out.shape, *x.shape)) for x in inputs)
    return tuple(stack(column).view((*out.shape, *x.shape))
                 for column, x in zip(zip(*rows, strict=True), inputs, strict=True))


def jacobian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
             vectorize: bool = False, strategy: str = "reverse-mode") -> Any:
    """The Jacobian of func(*inputs): a tensor, or a tuple of them (of tuples of them), as inputs (and outputs) are
    tuples.
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')
    with enable_grad():
        many, inputs = _tuple(inputs, "inputs", "jacobian")
        inputs = _leaves(inputs, create_graph)
        out_many, outputs = _tuple(func(*inputs), "outputs of the user-provided function", "jacobian")
        found = tuple(_given(_jacobian_of(out, inputs, create_graph, strict), many, create_graph) for out in outputs)
    return found if out_many else found[0]


def _scalar(func: Callable[..., Any], inputs: tuple[Any, ...], function: str) -> Tensor:
    out = func(*inputs)
    if not isinstance(out, Tensor):
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if out.numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {function} should contain a single element")
    return out.view(())


def hessian(func: Callable[..., Any], inputs: Any, create_graph: bool = False, strict: bool = False,
            vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode") -> Any:
    """The Hessian of a function with one element as its result: the Jacobian of its gradient."""
    many, given = _tuple(inputs, "inputs", "hessian")

    def gradient(*xs: Tensor) -> tuple[Any, ...]:
        out = _scalar(func, xs, "hessian")
        return _grad((out,), xs, (ones_like(out).detach(),), True, strict)

    found = jacobian(gradient, given, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found if many else found[0][0]


def vhp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple[Any, Any]:
    """(func(*inputs), v . H): the product of a vector with the Hessian."""
    with enable_grad():
        many, inputs = _tuple(inputs, "inputs", "vhp")
        inputs = _leaves(inputs, create_graph)
        v = _vectors(v, inputs, many, "input to the user-provided function", "vhp")
        out = _scalar(func, inputs, "vhp")
        gradient = _grad((out,), inputs, (ones_like(out),), True, strict)
        found = _grad(gradient, inputs, v, create_graph, strict)
    return _given((out,), False, create_graph), _given(found, many, create_graph)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False,
        strict: bool = False) -> tuple[Any, Any]:
    """(func(*inputs), H . v). The Hessian of real numbers is symmetric, so this is vhp, which is the cheaper way."""
    return vhp(func, inputs, v, create_graph, strict)
