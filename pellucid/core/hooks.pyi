# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from typing import Any, Self

class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook back; also a context manager that does."""

    id: int
    next_id: int

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None: ...
    def remove(self) -> None:
        """remove(self)
        --"""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: Any) -> None: ...

def __getattr__(name: str) -> Any: ...
