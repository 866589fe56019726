# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from typing import Any, Self

class Mode:
    """Sees every operator called in its `with` block, in this thread, before it runs. Tracing, vmap, autocast and
    profiling are modes.

    `handle` decides what is done instead. What it calls is seen by the modes outside of this one, not by this one.
    With `inside` it is not shown composites and derivatives that would run as one kernel, but the operators that they
    consist of."""

    def handle(self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """handle(self, op, args, kwargs)
        --

        The result of op(*args, **kwargs), or whatever shall take its place."""
        ...

    def __enter__(self) -> Any: ...
    def __exit__(self, *exception: Any) -> None: ...

class DisableTorchFunctionSubclass:
    """In its `with` block, no __torch_function__ of a subclass of Tensor is asked."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: Any) -> None: ...

def __getattr__(name: str) -> Any: ...
