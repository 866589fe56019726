# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from typing import Any, Self

class DisableTorchFunctionSubclass:
    """In its `with` block, no __torch_function__ of a subclass of Tensor is asked."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: Any) -> None: ...

def __getattr__(name: str) -> Any: ...
