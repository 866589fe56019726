"""Adam (Kingma and Ba, 2014), and with `decoupled_weight_decay` AdamW."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from pellucid import ops
from pellucid.codegen import math as m
from pellucid.optim.optimizer import Optimizer, advance, by_key, check_options, fma, number, run, step_dtype
from pellucid.tensor import Tensor

__all__ = ["Adam"]


@functools.cache
def rule(decay: str, amsgrad: bool, maximize: bool, steep: bool) -> Callable[..., Any]:
    """The update of one number. `decay` is '', 'gradient' (weight decay as a part of the gradient) or 'decoupled'.

    Of the scalars, `weight1` and `weight2` are 1 - beta1 and 1 - beta2, `shrink` is the factor of the decay, and the
    bias corrections have become `step_size` = lr / (1 - beta1^t) and `root` = sqrt(1 - beta2^t). `steep` is weight1 >=
    1/2: the mean is then reckoned from the gradient's side, which makes beta1 = 0 exact.
    """
    def adam(param: Any, grad: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any, step_size: Any, weight1: Any,
             beta2: Any, weight2: Any, root: Any, eps: Any, shrink: Any) -> tuple[Any, ...]:
        if maximize:
            grad = -grad
        if decay == "decoupled":
            param = param * shrink
        elif decay == "gradient":
            grad = fma(shrink, param, grad)
        change = grad - exp_avg
        exp_avg = fma(weight1 - 1, change, grad) if steep else fma(weight1, change, exp_avg)
        exp_avg_sq = fma(weight2 * grad, grad, exp_avg_sq * beta2)
        if amsgrad:
            max_exp_avg_sq = m.maximum(max_exp_avg_sq, exp_avg_sq)
        denom = m.sqrt(max_exp_avg_sq if amsgrad else exp_avg_sq) / root + eps
        return param - step_size * exp_avg / denom, exp_avg, exp_avg_sq, max_exp_avg_sq

    if amsgrad:
        return adam
    return functools.wraps(adam)(
        lambda param, grad, mean, square, *scalars: adam(param, grad, mean, square, None, *scalars)[:3])


def _check_scalar(name: str, value: Any, foreach: bool | None, capturable: bool) -> None:
    if isinstance(value, Tensor):
        if foreach and not capturable:
            raise ValueError(f"{name} as a Tensor is not supported for capturable=False and foreach=True")
        if value.numel() != 1:
            raise ValueError(f"Tensor {name} must be 1-element")


class Adam(Optimizer):
    """Steps of the mean gradient over the root of the mean squared gradient, both decaying and corrected for starting
    at 0.

    Args:
        params: parameters, or groups of them.
        lr: learning rate.
        betas: decay of the mean and of the mean square.
        eps: added to the root.
        weight_decay: adds weight_decay * param to the gradient; with `decoupled_weight_decay` shrinks the parameter
        instead (AdamW).
        amsgrad: divide by the largest mean square so far (Reddi et al., 2018).
        maximize: go up.
        differentiable: let autograd record the step.
        foreach, fused: accepted; there is one implementation. capturable: for CUDA graphs only.
    """

    def __init__(self, params: Iterable[Any], lr: float | Tensor = 1e-3,
                 betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None,
                 maximize: bool = False,
                 capturable: bool = False, differentiable: bool = False, fused: bool | None = None,
                 decoupled_weight_decay: bool = False) -> None:
        _check_scalar("lr", lr, foreach, capturable)
        if not 0.0 <= lr:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not 0.0 <= eps:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for i, beta in enumerate(betas):
            if not 0.0 <= beta < 1.0:
                raise ValueError(f"Invalid beta parameter at index {i}: {beta}")
        if not 0.0 <= weight_decay:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not (all(isinstance(beta, float) for beta in betas) or all(isinstance(beta, Tensor) for beta in betas)):
            raise ValueError("betas must be either both floats or both Tensors")
        for i, beta in enumerate(betas):
            _check_scalar(f"betas[{i}]", beta, foreach, capturable)
        betas = tuple(beta.squeeze() if isinstance(beta, Tensor) else beta for beta in betas)
        super().__init__(params,
                         {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
                                  "maximize": maximize, "foreach": foreach, "capturable": capturable,
                          "differentiable": differentiable,
                                  "fused": fused, "decoupled_weight_decay": decoupled_weight_decay})
        check_options(foreach, fused, differentiable)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in (("amsgrad", False), ("maximize", False), ("foreach", None), ("capturable", False),
                                ("differentiable", False), ("decoupled_weight_decay", False), ("fused", None)):
                group.setdefault(name, value)
            for param in group["params"]:
                row = self.state.get(param, {})
                if row and not isinstance(row["step"], Tensor):               # as old state dicts have it
                    row["step"] = ops.tensor(float(row["step"]), dtype=step_dtype())

    def _row(self, param: Tensor, amsgrad: bool) -> dict[str, Tensor]:
        """The state of a parameter, made when it is first needed."""
        row = self.state[param]
        if not row:
            row["step"] = ops.zeros((), dtype=step_dtype())
            row["exp_avg"], row["exp_avg_sq"] = ops.zeros_like(param), ops.zeros_like(param)
            if amsgrad:
                row["max_exp_avg_sq"] = ops.zeros_like(param)
        return row

    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> None:
        differentiable, amsgrad = group["differentiable"], group["amsgrad"]
        value = (lambda option: option) if differentiable else number
        if group["capturable"] and any(param.device.type != "cuda" for param in params):
            raise AssertionError("If capturable=True, params and state_steps must be on supported devices: ['cuda'].")
        rows = [self._row(param, amsgrad) for param in params]
        state = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")[:3 if amsgrad else 2]
        columns = [params, grads, *([row[name] for row in rows] for name in state)]

        lr, (beta1, beta2), weight_decay = value(group["lr"]), map(value, group["betas"]), value(group["weight_decay"])
        decays = isinstance(weight_decay, Tensor) or weight_decay != 0
        decoupled = group["decoupled_weight_decay"]
        decay = "" if not decays else "decoupled" if decoupled else "gradient"
        update = rule(decay, amsgrad, group["maximize"], number(beta1) <= 0.5)
        shrink = 1 - lr * weight_decay if decoupled else weight_decay
        outputs = (0, 2, 3, 4)[:len(state) + 1]
        for step, part in by_key(advance([row["step"] for row in rows]), columns):
            step_size, root = lr / (1 - beta1 ** step), (1 - beta2 ** step) ** 0.5
            run(update, outputs, part, (step_size, 1 - beta1, beta2, 1 - beta2, root, group["eps"], shrink),
                differentiable)
