"""Stochastic gradient descent, with momentum."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from pellucid import ops
from pellucid.optim.optimizer import Optimizer, by_key, check_options, fma, number, run
from pellucid.tensor import Tensor

__all__ = ["SGD"]


@functools.cache
def rule(decays: bool, momentum: bool, first: bool, nesterov: bool, maximize: bool) -> Callable[..., Any]:
    """The update of one number. Where there is momentum, `buf` is its state; in the `first` step it is only written."""
    def sgd(param: Any, grad: Any, buf: Any, lr: Any, weight_decay: Any, mu: Any, dampened: Any) -> tuple[Any, ...]:
        if maximize:
            grad = -grad
        if decays:
            grad = fma(weight_decay, param, grad)
        if momentum:
            buf = grad if first else fma(dampened, grad, mu * buf)
            grad = fma(mu, buf, grad) if nesterov else buf
        return fma(-lr, grad, param), buf

    if momentum:
        return sgd
    return functools.wraps(sgd)(lambda param, grad, *scalars: sgd(param, grad, None, *scalars)[:1])


class SGD(Optimizer):
    """`param -= lr * grad`, where momentum replaces the gradient by a decaying sum of gradients.

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        momentum: decay of the sum of gradients; 0 keeps no state.
        dampening: each gradient enters the sum times 1 - dampening (the first one whole).
        weight_decay: adds weight_decay * param to the gradient.
        nesterov: look ahead, by adding momentum times the sum to the gradient.
        maximize: go up.
        differentiable: let autograd record the step.
        foreach, fused: accepted; there is one implementation.
    """

    def __init__(self, params: Iterable[Any], lr: float | Tensor = 1e-3, momentum: float = 0, dampening: float = 0,
                 weight_decay: float | Tensor = 0, nesterov: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None) -> None:
        if isinstance(lr, Tensor) and lr.numel() != 1:
            raise ValueError("Tensor lr must be 1-element")
        for text, value in (("learning rate", lr), ("momentum value", momentum), ("weight_decay value", weight_decay)):
            if value < 0.0:
                raise ValueError(f"Invalid {text}: {value}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, {"lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
                                  "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
                                  "differentiable": differentiable, "fused": fused})
        check_options(foreach, fused, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in (("nesterov", False), ("maximize", False), ("foreach", None), ("differentiable", False),
                                ("fused", False)):
                group.setdefault(name, value)

    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> None:
        differentiable, momentum = group["differentiable"], group["momentum"]
        value = (lambda option: option) if differentiable else number
        lr, weight_decay = value(group["lr"]), value(group["weight_decay"])
        decays = isinstance(weight_decay, Tensor) or weight_decay != 0
        scalars = (lr, weight_decay, momentum, 1 - group["dampening"])
        if momentum == 0:
            run(rule(decays, False, False, False, group["maximize"]), (0,), [params, grads], scalars, differentiable)
            return
        rows = [self.state[param] for param in params]
        first = [row.get("momentum_buffer") is None for row in rows]
        for row, param, new in zip(rows, params, first, strict=True):
            if new:
                row["momentum_buffer"] = ops.empty_like(param)
        columns = [params, grads, [row["momentum_buffer"] for row in rows]]
        for new, part in by_key(first, columns):
            run(rule(decays, True, new, group["nesterov"], group["maximize"]), (0, 2), part, scalars, differentiable)
