# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from collections.abc import Iterable
from typing import Any, Self, SupportsIndex, overload

class Size(tuple[int, ...]):
    """The sizes of a tensor's dimensions: a tuple of ints that knows its product."""

    def __new__(cls, sizes: Iterable[int] = ()) -> Self: ...
    def numel(self) -> int:
        """numel(self)
        --

        The number of elements."""
        ...

    @overload
    def __getitem__(self, item: SupportsIndex, /) -> int: ...
    @overload
    def __getitem__(self, item: slice, /) -> Size: ...
    def __add__(self, other: tuple[int, ...], /) -> Size: ...  # type: ignore[override]
    def __radd__(self, other: tuple[int, ...], /) -> Size: ...
    def __mul__(self, times: SupportsIndex, /) -> Size: ...
    def __rmul__(self, times: SupportsIndex, /) -> Size: ...

class memory_format:
    """In what order a tensor's elements lie. There is one object a format."""

    name: str

    def __init__(self, name: str, order: tuple[int, ...] | None = None) -> None: ...

contiguous_format: memory_format
preserve_format: memory_format
channels_last: memory_format
channels_last_3d: memory_format

def __getattr__(name: str) -> Any: ...
