"""Automatic differentiation, as torch.autograd. The graph and the walk over it are in core/autograd.py; here are the
public names.

`graph` (nodes, saved tensors), `function` (custom operations), `grad_mode`, `anomaly_mode`, `gradcheck` and
`functional` (Jacobians).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..absent import absent as _absent
from ..core import autograd as engine
from ..core.node import GradientEdge
from ..core.state import current
from ..core.tensor import TensorBase
from ..ops import stack, zeros_like
from . import anomaly_mode as anomaly_mode
from . import function as function
from . import functional as functional
from . import grad_mode as grad_mode
from . import graph as graph
from . import variable as variable
from .anomaly_mode import detect_anomaly, is_anomaly_check_nan_enabled, is_anomaly_enabled, set_detect_anomaly
from .function import Function, NestedIOFunction
from .grad_mode import (
    enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled,
    set_multithreading_enabled,
)
from .gradcheck import gradcheck, gradgradcheck
from .variable import Variable

__all__ = ["Variable", "Function", "backward", "grad_mode", "NestedIOFunction", "detect_anomaly", "enable_grad", "grad",
           "gradcheck",
           "gradgradcheck", "inference_mode", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_grad_enabled",
           "is_inference_mode_enabled", "no_grad", "set_detect_anomaly", "set_grad_enabled",
           "set_multithreading_enabled", "variable"]

_Tensors = Any                                   # a tensor, a GradientEdge, or a sequence of them


def _sequence(x: _Tensors) -> tuple[Any, ...]:
    return (x,) if isinstance(x, (TensorBase, GradientEdge)) else tuple(x)


def _gradients(x: Any, count: int) -> tuple[Any, ...]:
    return (None,) * count if x is None else (x,) if isinstance(x, TensorBase) else tuple(x)


def backward(tensors: _Tensors, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
             grad_variables: Any = None, inputs: _Tensors | None = None) -> None:
    """Add the gradients of `tensors` to .grad of the leaves they were computed from, or of `inputs` only.

    `grad_tensors` is what each of them starts with; scalars start with 1. The graph is freed unless `retain_graph`;
    with `create_graph` the gradients are themselves recorded."""
    tensors = _sequence(tensors)
    grad_tensors = grad_variables if grad_tensors is None else grad_tensors
    engine.backward(tensors, _gradients(grad_tensors, len(tensors)), retain_graph, create_graph, inputs)


def grad(outputs: _Tensors, inputs: _Tensors, grad_outputs: Any = None, retain_graph: bool | None = None,
         create_graph: bool = False,
         only_inputs: bool = True, allow_unused: bool | None = None, is_grads_batched: bool = False,
         materialize_grads: bool = False) -> tuple[Any, ...]:
    """The sum of the gradients of `outputs` with respect to each of `inputs`; no .grad is touched.

    Where an input was not used: an error, or None with `allow_unused`, or zeros with `materialize_grads`. With
    `is_grads_batched` the first dimension of `grad_outputs` counts them, and results get such a dimension too."""
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.")
    allow_unused = materialize_grads if allow_unused is None else allow_unused
    outputs, inputs = _sequence(outputs), _sequence(inputs)
    grad_outputs = _gradients(grad_outputs, len(outputs))
    if not inputs:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    if is_grads_batched:
        return _batched(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads)
    found = engine.grad(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused)
    if materialize_grads:
        if any(result is None and isinstance(x, GradientEdge) for result, x in zip(found, inputs, strict=True)):
            raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
        found = tuple(zeros_like(x, requires_grad=create_graph) if result is None else result
                      for result, x in zip(found, inputs, strict=True))
    return found


def _batched(outputs: Sequence[Any], inputs: Sequence[Any], grad_outputs: Sequence[Any], retain_graph: bool | None,
             create_graph: bool, allow_unused: bool, materialize_grads: bool) -> tuple[Any, ...]:
    """One walk a row of the gradients."""
    count = next(g.shape[0] for g in grad_outputs if g is not None)
    keep = create_graph if retain_graph is None else retain_graph
    rows = [grad(outputs, inputs, [None if g is None else g[i] for g in grad_outputs], keep or i + 1 < count,
                 create_graph, True, allow_unused, False, materialize_grads) for i in range(count)]
    return tuple(None if column[0] is None else stack(column) for column in zip(*rows, strict=True))


def _is_checkpoint_valid() -> bool:
    """Whether the walk under way is for all leaves, as reentrant checkpoints need."""
    return not current().partial

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
