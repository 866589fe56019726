"""`Optimizer`: parameters in groups with their options, state by parameter, `step`, `state_dict`. And how an update
rule runs.

A rule is a body over single numbers, `rule(param, grad, *state, *scalars) -> new values`, written with arithmetic and
`codegen.math`. It is the formula one reads, and it is what runs: `run` gives it to `ops.families.many`, which makes one
kernel of it and applies that to all parameters at once, in place. With `differentiable=True` the same body computes on
tensors and autograd records it.

    step() ── for each group: gradients that are there ──> _update(group, params, grads) ──> run(rule, outputs, columns,
    scalars)

Options that change the formula (amsgrad, maximize, ...) choose among rules, made once each by a cached function;
options that are numbers are scalars of the rule. PyTorch's `foreach`, `fused` and `capturable` are accepted: there is
one implementation here.
"""

from __future__ import annotations

import functools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from itertools import chain
from typing import Any

from pellucid import ops
from pellucid.autograd import enable_grad, no_grad
from pellucid.codegen import math as m
from pellucid.dtypes import dtype, float32, float64, get_default_dtype
from pellucid.ops.families import many as multi
from pellucid.tensor import Tensor
from pellucid.utils import hooks
from pellucid.utils.hooks import RemovableHandle

__all__ = ["Optimizer", "ParamsT", "register_optimizer_step_pre_hook", "register_optimizer_step_post_hook"]

ParamsT = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]

_HOOKS = ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks", "_optimizer_state_dict_pre_hooks",
          "_optimizer_state_dict_post_hooks",
          "_optimizer_load_state_dict_pre_hooks", "_optimizer_load_state_dict_post_hooks")
_global_pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
_global_post_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()


class _Required:
    """The default of an option that every group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required: _Required = _Required()


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before every step of every optimiser."""
    return hooks.add(_global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after every step of every optimiser."""
    return hooks.add(_global_post_hooks, hook)


# ---- Running rules ----

def number(value: Any) -> Any:
    """An option given as a tensor, as a number."""
    return value.item() if isinstance(value, Tensor) else value


def fma(a: Any, b: Any, c: Any) -> Any:
    """`a * b + c`, in kernels rounded once: where PyTorch's loops do so, rules do too, and the same gradients give the
    same bits.
    """
    return a * b + c if isinstance(c, Tensor) else m.fma(a, b, c)


def run(rule: Callable[..., Any], outputs: tuple[int, ...], columns: Sequence[list[Tensor]], scalars: tuple[Any, ...],
        differentiable: bool = False) -> None:
    """Apply `rule` to each row of `columns` and write its results over the columns numbered in `outputs`."""
    for param in columns[0]:
        if param.is_complex():                            # rules are for real numbers
            held = [[tensor.resolve_conj() for tensor in column] for column in columns]
            _run(rule, outputs, [[ops.view_as_real(tensor) if tensor.is_complex() else tensor for tensor in column]
                                 for column in held], scalars, differentiable)
            for place in outputs:
                for tensor, copy in zip(columns[place], held[place], strict=True):
                    if copy is not tensor:
                        (tensor if differentiable else tensor.detach()).copy_(copy)
            return
    _run(rule, outputs, columns, scalars, differentiable)


def _run(rule: Callable[..., Any], outputs: tuple[int, ...], columns: Sequence[list[Tensor]], scalars: tuple[Any, ...],
         differentiable: bool) -> None:
    if not differentiable:
        scalars = tuple(map(float, scalars))
        try:
            multi.inplace_map(rule, outputs, columns, scalars)
        except RuntimeError:
            if not _run_as_stored_alike(rule, outputs, columns, scalars):
                raise
        return
    for row in zip(*columns, strict=True):                # of copies: what autograd saves is not overwritten
        results = rule(*(tensor.clone() for tensor in row), *scalars)
        for place, result in zip(outputs, results, strict=True):
            row[place].copy_(result)


@no_grad()
def _run_as_stored_alike(rule: Callable[..., Any], outputs: tuple[int, ...], columns: Sequence[list[Tensor]],
                         scalars: tuple[Any, ...]) -> bool:
    """`run` where a gradient or a state has other strides than its parameter, or the parameter has gaps: on copies.
    False if none has.
    """
    places = [ops.empty_like(param) for param in columns[0]]
    copies = [[tensor if tensor.stride() == place.stride() else ops.empty_like(place).copy_(tensor)
               for tensor, place in zip(column, places, strict=True)] for column in columns]
    if all(copy is tensor for column, copied in zip(columns, copies, strict=True)
           for copy, tensor in zip(copied, column, strict=True)):
        return False
    multi.inplace_map(rule, outputs, copies, scalars)
    for place in outputs:
        for tensor, copy in zip(columns[place], copies[place], strict=True):
            if copy is not tensor:
                tensor.copy_(copy)
    return True


def by_key(keys: list[Any], columns: Sequence[list[Any]]) -> Iterator[tuple[Any, Sequence[list[Any]]]]:
    """The rows of each key together; usually there is one key, and `columns` come back as they are."""
    if keys.count(keys[0]) == len(keys):
        yield keys[0], columns
        return
    for key in dict.fromkeys(keys):
        rows = [i for i, other in enumerate(keys) if other == key]
        yield key, [[column[i] for i in rows] for column in columns]


def _increment(step: Any) -> tuple[Any, ...]:
    return (step + 1,)


def advance(steps: list[Tensor]) -> list[float]:
    """Count up the `step` tensors of some parameters, which state dicts have, and read them."""
    multi.inplace_map(_increment, (0,), (steps,), ())
    return [step.item() for step in steps]


def step_dtype() -> dtype:
    """The type of `step` in the state."""
    return float64 if get_default_dtype() is float64 else float32


# ---- The optimiser ----

def _hooked(step: Callable[..., Any]) -> Callable[..., Any]:
    """`step` with its hooks around it, and noted for the schedulers."""
    @functools.wraps(step)
    def wrapped(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if "_opt_called" in self.__dict__:                # there is a scheduler that wants to know
            self._opt_called = True
        if "_optimizer_step_pre_hooks" not in self.__dict__:      # a subclass that does not call our __init__
            return step(self, *args, **kwargs)
        hooked = (self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks or _global_pre_hooks
                  or _global_post_hooks)
        if not hooked or self.__dict__.get("_stepping"):  # or called by the step of a subclass
            return step(self, *args, **kwargs)
        self._stepping = True
        try:
            for hook in [*_global_pre_hooks.values(), *self._optimizer_step_pre_hooks.values()]:
                if (changed := hook(self, (self, *args), kwargs)) is not None:
                    if not (isinstance(changed, tuple) and len(changed) == 2):
                        raise RuntimeError(
                            f"{step} must return None or a tuple of (new_args, new_kwargs), but got {changed}.")
                    (_, *args), kwargs = changed
            result = step(self, *args, **kwargs)
            for hook in [*self._optimizer_step_post_hooks.values(), *_global_post_hooks.values()]:
                hook(self, (self, *args), kwargs)
            return result
        finally:
            self._stepping = False

    wrapped.hooked = wrapped._wrapped_by_lr_sched = True
    return wrapped


class Optimizer:
    """Base class of optimisers.

    Args:
        params: tensors, or (name, tensor) pairs, or dicts with 'params' and options of that group.
        defaults: the options of groups that do not give their own.
    """

    state: defaultdict[Tensor, Any]
    param_groups: list[dict[str, Any]]
    defaults: dict[str, Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in cls.__dict__ and not getattr(cls.step, "hooked", False):
            cls.step = _hooked(cls.step)

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError("params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                            + params.type())
        self.__dict__.update((name, OrderedDict()) for name in _HOOKS)
        self.defaults, self.state, self.param_groups = defaults, defaultdict(dict), []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the parameters from their gradients. `closure` computes the loss again; its value is returned."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            params, grads = [], []
            for param in group["params"]:
                if (grad := param.grad) is not None:
                    params.append(param)
                    grads.append(grad)
            if params and self.defaults.get("differentiable"):
                with enable_grad():
                    self._update(group, params, grads)
            elif params:
                self._update(group, params, grads)
        return loss

    step = _hooked(step)

    def _update(self, group: dict[str, Any], params: list[Tensor], grads: list[Tensor]) -> None:
        """Update the parameters of one group, those that have gradients. Subclasses define this, or `step`."""
        raise NotImplementedError(f"{type(self).__name__} defines neither step nor _update")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif (grad := param.grad) is not None:
                    grad.detach_() if grad.grad_fn is not None else grad.requires_grad_(False)
                    grad.zero_()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group: a dict with 'params' and whatever options differ from the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError("optimizer parameters need to be organized in ordered collections, but the ordering of "
                            "tensors in sets will change between runs. Please use a list instead.")
        params = [params] if isinstance(params, Tensor) else list(params)
        names = [param[0] for param in params if isinstance(param, tuple)]
        params = param_group["params"] = [param[1] if isinstance(param, tuple) else param for param in params]
        if names:
            if len(names) != len(params):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = names
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(param).__name__}")
            if not (self.defaults.get("differentiable") or param.is_leaf or param.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warnings.warn("optimizer contains a parameter group with duplicate parameters; in future, this will cause "
                          "an error; see github.com/pytorch/pytorch/issues/40967 for more information", stacklevel=3)
        for group in self.param_groups:
            if ("param_names" in param_group) != ("param_names" in group):
                raise ValueError("all optimizer param groups should be with/without names. cannot add param group "
                                 f"{'with' if names else 'without'} names to the optimizer")
            if not set(group["params"]).isdisjoint(params):
                raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    # ---- State dicts: parameters are numbered through all groups ----

    def state_dict(self) -> dict[str, Any]:
        """{'state': {number of the parameter: its state}, 'param_groups': [options, with those numbers as 'params']}.
        """
        for hook in list(self._optimizer_state_dict_pre_hooks.values()):
            hook(self)
        numbers = {}
        for i, param in enumerate(chain.from_iterable(group["params"] for group in self.param_groups)):
            numbers.setdefault(id(param), i)
        groups = [{**{name: value for name, value in group.items() if name != "params"},
                   "params": [numbers[id(param)] for param in group["params"]]} for group in self.param_groups]
        state = {numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in self.state.items()}
        result = {"state": state, "param_groups": groups}
        for hook in list(self._optimizer_state_dict_post_hooks.values()):
            if (changed := hook(self, result)) is not None:
                result = changed
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over state and options; the parameters stay, and are matched by their order."""
        state_dict = state_dict.copy()
        for hook in list(self._optimizer_load_state_dict_pre_hooks.values()):
            if (changed := hook(self, state_dict)) is not None:
                state_dict = changed
        groups, saved = self.param_groups, deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(group["params"]) != len(other["params"]) for group, other in zip(groups, saved, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group")
        params = dict(zip(chain.from_iterable(group["params"] for group in saved),
                          chain.from_iterable(group["params"] for group in groups), strict=True))
        steps_beside = {number for group in saved if group.get("capturable") or group.get("fused")
                        for number in group["params"]}

        def fit(value: Any, param: Tensor, beside: bool, key: Any = None) -> Any:
            """State as the parameter is: on its device, and of its type if that is floating."""
            if isinstance(value, Tensor):
                if key == "step":
                    return value.to(dtype=float32, device=param.device) if beside else value
                return value.to(dtype=param.dtype if param.is_floating_point() else None, device=param.device)
            if isinstance(value, dict):
                return {name: fit(entry, param, beside, name) for name, entry in value.items()}
            if isinstance(value, Iterable):
                return type(value)(fit(entry, param, beside) for entry in value)
            return value

        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            state[params.get(key, key)] = fit(value, params[key], key in steps_beside) if key in params else value
        for group, other in zip(groups, saved, strict=True):
            other["params"] = group["params"]
            if "param_names" in group:
                other.setdefault("param_names", group["param_names"])
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in list(self._optimizer_load_state_dict_post_hooks.values()):
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in _HOOKS:
            self.__dict__.setdefault(name, OrderedDict())
        self.defaults.setdefault("differentiable", False)

    # ---- Hooks ----

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before step; it may return new (args, kwargs)."""
        return hooks.add(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after step."""
        return hooks.add(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before state_dict."""
        return hooks.add(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` after state_dict; it may return another."""
        return hooks.add(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` before loading; it may return another."""
        return hooks.add(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` after loading."""
        return hooks.add(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines += [""] * (i > 0) + [f"Parameter Group {i}"]
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def check_options(foreach: bool | None, fused: bool | None, differentiable: bool) -> None:
    """PyTorch's rules of which implementations exclude each other."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
