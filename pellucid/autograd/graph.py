"""The graph as users see it: its nodes, its edges, and what becomes of the tensors that nodes save."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from ..core.autograd import will_arrive
from ..core.hooks import RemovableHandle
from ..core.inplace import wrote
from ..core.node import AccumulateGrad, GradientEdge, Node, graph_target
from ..core.state import current
from ..core.tensor import TensorBase
from ..tensor import Tensor

__all__ = ["Node", "GradientEdge", "get_gradient_edge", "increment_version", "saved_tensors_hooks", "save_on_cpu",
           "disable_saved_tensors_hooks", "register_multi_grad_hook"]


def get_gradient_edge(tensor: Tensor | GradientEdge) -> GradientEdge:
    """The place in the graph that this tensor's gradient arrives at."""
    if isinstance(tensor, GradientEdge):
        return tensor
    target = graph_target(tensor)
    if target is None:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(AccumulateGrad.of(tensor), 0) if target is tensor else GradientEdge(target, tensor.output_nr)


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Tell autograd that these tensors were written to behind its back."""
    for t in (tensor,) if isinstance(tensor, TensorBase) else tuple(tensor):
        if t.is_inference() and not current().inference:
            raise RuntimeError("Inplace update to inference tensor outside InferenceMode is not allowed.")
        wrote(t)


class _Disabled(threading.local):
    message: str | None = None


_disabled = _Disabled()


class saved_tensors_hooks:
    """In this context, what a node saves is what `pack(tensor)` returns; `unpack` of that gives the derivative its
    tensor back.
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]):
        self.pack_hook: Callable[[Tensor], Any] = pack_hook
        self.unpack_hook: Callable[[Any], Tensor] = unpack_hook

    def __enter__(self) -> None:
        if _disabled.message is not None:
            raise RuntimeError(_disabled.message)
        state = current()
        state.saved_hooks = [*state.saved_hooks, (self.pack_hook, self.unpack_hook)]
        state.update()

    def __exit__(self, *exception: object) -> None:
        state = current()
        state.saved_hooks = state.saved_hooks[:-1]
        state.update()


class save_on_cpu(saved_tensors_hooks):
    """Saved tensors wait for backward in the CPU's memory."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda"):
        super().__init__(lambda tensor: (tensor.device, tensor.cpu()), lambda packed: packed[1].to(packed[0]))


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Any:
    """In this context, using saved_tensors_hooks is an error with this message."""
    before, _disabled.message = _disabled.message, error_message
    try:
        yield
    finally:
        _disabled.message = before


class _Handles(RemovableHandle):
    """Several handles as one."""

    def __init__(self, handles: Sequence[RemovableHandle]):
        self.handles = tuple(handles)

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()

    def __getstate__(self) -> Any:
        return self.handles

    def __setstate__(self, state: Any) -> None:
        self.handles = state


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[..., Any], *,
                             mode: str = "all") -> RemovableHandle:
    """Call fn(gradients) once a backward, when the gradients of all `tensors` are known that it computes (those that it
    does not are None); with mode="any", fn(gradient) at the first."""
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    targets = [graph_target(t) for t in tensors]
    if any(target is None for target in targets):
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    # by walk: [how many gradients are still to come, those that have come]
    under_way: dict[int, list[Any]] = {}

    def hook_of(place: int) -> Callable[..., Any]:
        def hook(grad: Tensor) -> None:
            walk = current().walk
            found = under_way.get(walk)
            if found is None:
                # of walks that ended with an error
                for old in [w for w in under_way if w > walk or len(under_way) > 8]:
                    del under_way[old]
                others = [t for i, t in enumerate(targets) if i != place]
                found = under_way[walk] = [1 + sum(map(will_arrive, others)), [None] * len(targets)]
                if mode == "any":
                    fn(grad)
            found[0] -= 1
            found[1][place] = grad
            if found[0] == 0:
                del under_way[walk]
                if mode == "all":
                    fn(found[1])
        return hook

    return _Handles([t.register_hook(hook_of(i)) for i, t in enumerate(tensors)])
