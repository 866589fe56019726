"""`checkpoint`: keep what goes into a function instead of what it saves on its way, and run it again when backward
comes by.

Without reentry (the way to use it) the function's graph is there as usual, but its nodes save nothing: what they would
save is a ticket, and the first ticket that is shown in backward runs the function again, which fills all the places.
With reentry the function runs unrecorded as one node, whose derivative runs it again, recorded, and walks back over it:
a walk inside a walk.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from ..autograd import Function, _is_checkpoint_valid, backward, enable_grad, no_grad
from ..autograd.graph import saved_tensors_hooks
from ..core.state import current
from ..ops.random.generator import get_rng_state, set_rng_state
from ..tensor import Tensor

__all__ = ["checkpoint", "checkpoint_sequential", "CheckpointError", "CheckpointFunction", "check_backward_validity",
           "detach_variable", "noop_context_fn", "set_checkpoint_early_stop", "set_checkpoint_debug_enabled"]


class CheckpointError(RuntimeError):
    """The second run of a function did not save what the first did."""


def noop_context_fn() -> tuple[Any, Any]:
    """The contexts of the two runs, if none are given."""
    return nullcontext(), nullcontext()


def detach_variable(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The inputs as leaves that require grad where they did."""
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple(x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs)


def check_backward_validity(inputs: Sequence[Any]) -> None:
    """Warn if nothing will be differentiated."""
    if not any(isinstance(x, Tensor) and x.requires_grad for x in inputs):
        warnings.warn("None of the inputs have requires_grad=True. Gradients will be None", UserWarning, stacklevel=2)


@contextmanager
def _random_state(state: Any) -> Any:
    """The random numbers of `state` inside, afterwards those that would have come; None: leave them alone."""
    if state is None:
        yield
        return
    before = get_rng_state()
    set_rng_state(state)
    try:
        yield
    finally:
        set_rng_state(before)


# With reentry
# ---------------------------------------------------------------------------------------------------------------------

class CheckpointFunction(Function):
    """A function as one node, whose derivative runs it again."""

    @staticmethod
    def forward(ctx: Any, run_function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        check_backward_validity(args)
        ctx.run_function = run_function
        ctx.random_state = get_rng_state() if preserve_rng_state else None
        ctx.args = [None if isinstance(x, Tensor) else x for x in args]
        ctx.places = [i for i, x in enumerate(args) if isinstance(x, Tensor)]
        ctx.save_for_backward(*(args[i] for i in ctx.places))
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple[Any, ...]:
        if not _is_checkpoint_valid():
            raise RuntimeError("When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or "
                               "passing an `inputs` parameter to .backward(). To resolve this error, you can either "
                               "set use_reentrant=False, or call .backward() without passing the `inputs` argument.")
        args = list(ctx.args)
        for i, tensor in zip(ctx.places, ctx.saved_tensors, strict=True):
            args[i] = tensor
        detached = detach_variable(tuple(args))
        with _random_state(ctx.random_state), enable_grad():
            outputs = ctx.run_function(*detached)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [(out, grad) for out, grad in zip(outputs, grads, strict=True) if isinstance(out, Tensor)
                 and out.requires_grad]
        if not pairs:
            raise RuntimeError("none of output has requires_grad=True, this checkpoint() is not necessary")
        backward([out for out, _ in pairs], [grad for _, grad in pairs])
        return (None, None, *(x.grad if isinstance(x, Tensor) else None for x in detached))


# Without
# ----------------------------------------------------------------------------------------------------------------------

class _Settings:
    early_stop: bool | None = None               # None: as the call says
    debug: bool | None = None


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Any:
    """In this context, whether a second run ends as soon as all that is needed has been computed again."""
    before, _Settings.early_stop = _Settings.early_stop, enable
    try:
        yield
    finally:
        _Settings.early_stop = before


@contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Any:
    """In this context, whether errors of a second run show what it saved."""
    before, _Settings.debug = _Settings.debug, enabled
    try:
        yield
    finally:
        _Settings.debug = before


class _Enough(Exception):
    """Ends a second run early."""


class _Run:
    """One checkpointed call: what its nodes would have saved, by the order in which they would have."""

    def __init__(self, again: Callable[[], None], early_stop: bool, check: bool, debug: bool):
        self.again, self.early_stop, self.check, self.debug = again, early_stop, check, debug
        self.metas: list[Any] = []                    # of the first run
        self.found: dict[int, Tensor] = {}       # of the second
        self.walk = 0                            # that the second was for; 0: none is going on
        self.seen: list[Any] = []

    def pack(self, tensor: Tensor) -> int:
        """First run: a ticket for the tensor."""
        self.metas.append(tensor.meta)
        return len(self.metas) - 1

    def unpack(self, ticket: int) -> Tensor:
        """Backward: the tensor, computed again if it is not there. Who looks at a saved tensor without a walk has it
        computed for that.
        """
        walk = current().walk
        if not walk or walk != self.walk or ticket not in self.found:
            self.rerun()
            self.walk = walk
        tensor = self.found.pop(ticket)          # each node asks once a walk; by the last of them all is free
        if not walk:
            self.found = {}
        return tensor

    def rerun(self) -> None:
        self.found, self.seen = {}, []
        with saved_tensors_hooks(self.keep, _not_now):
            try:
                self.again()
            except _Enough:
                pass
        if len(self.seen) != len(self.metas):
            raise CheckpointError("torch.utils.checkpoint: A different number of tensors was saved during the "
                                  "original forward and recomputation.\nNumber of tensors saved during forward: "
                                  f"{len(self.metas)}\nNumber of tensors saved during recomputation: "
                                  f"{len(self.seen)}.{self.listing()}")

    def keep(self, tensor: Tensor) -> None:
        """Second run: put the tensor where its ticket points."""
        place = len(self.seen)
        self.seen.append(tensor.meta)
        if place < len(self.metas):
            first, again = self.metas[place], tensor.meta
            if self.check and (first.sizes, first.dtype, first.device) != (again.sizes, again.dtype, again.device):
                raise CheckpointError("torch.utils.checkpoint: Recomputed values for the following tensors have "
                                      "different metadata than during the forward pass.\ntensor at position "
                                      f"{place}:\nsaved metadata: {first}\nrecomputed metadata: "
                                      f"{again}{self.listing()}")
            self.found[place] = tensor.detach()
            if self.early_stop and place + 1 == len(self.metas):
                raise _Enough

    def listing(self) -> str:
        return f"\nsaved first: {self.metas}\nsaved again: {self.seen}" if self.debug else ""


def _not_now(packed: Any) -> Tensor:
    raise RuntimeError("You are calling backwards on a tensor that is never exposed. Please open an issue.")


def checkpoint(function: Callable[..., Any], *args: Any, use_reentrant: bool | None = None,
               context_fn: Callable[..., Any] = noop_context_fn,
               determinism_check: str = "default", debug: bool = False, early_stop: bool = True, **kwargs: Any) -> Any:
    """function(*args, **kwargs), without keeping what it saves for backward: backward runs it again.

    `use_reentrant=False` is the way to use it; see the head of this file. The random numbers of the two runs are the
    same unless `preserve_rng_state=False`. `context_fn()` gives two contexts for the two runs; `determinism_check`
    "default" compares what both save."""
    preserve_rng_state = kwargs.pop("preserve_rng_state", True)
    if use_reentrant is None:
        warnings.warn("torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. "
                      "use_reentrant=False is recommended, but if you need to preserve the current default behavior, "
                      "you can pass use_reentrant=True.",
                      UserWarning, stacklevel=2)
        use_reentrant = True
    if use_reentrant:
        if kwargs:
            raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
        if context_fn is not noop_context_fn or debug:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve_rng_state, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(f"determinism_check should be one of ['default', 'none'], but got {determinism_check}")
    if not current().grad_enabled:
        return function(*args, **kwargs)

    first, second = context_fn()
    random_state = get_rng_state() if preserve_rng_state else None

    def again() -> None:
        with _random_state(random_state), second, enable_grad():
            function(*args, **kwargs)

    stop = early_stop if _Settings.early_stop is None else _Settings.early_stop
    run = _Run(again, stop, determinism_check == "default", debug if _Settings.debug is None else _Settings.debug)
    with saved_tensors_hooks(run.pack, run.unpack), first:
        return function(*args, **kwargs)


def checkpoint_sequential(functions: Any, segments: int, input: Any, use_reentrant: bool | None = None,
                          **kwargs: Any) -> Any:
    """The functions (or modules of a Sequential) one after the other, all segments but the last as checkpoints."""
    if use_reentrant is None:
        warnings.warn("torch.utils.checkpoint.checkpoint_sequential: the use_reentrant parameter should be passed "
                      "explicitly. use_reentrant=False is recommended, but if you need to preserve the current default "
                      "behavior, you can pass use_reentrant=True.", UserWarning, stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    functions = list(functions.children()) if hasattr(functions, "children") else list(functions)

    def chain(part: list[Any]) -> Callable[..., Any]:
        def run(x: Any) -> Any:
            for function in part:
                x = function(x)
            return x
        return run

    size = len(functions) // segments
    start = 0
    for _ in range(segments - 1):
        input = checkpoint(chain(functions[start:start + size]), input, use_reentrant=use_reentrant,
                           preserve_rng_state=preserve)
        start += size
    return chain(functions[start:])(input)
