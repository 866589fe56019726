"""Where a tensor's data lives: a small value, `device(type, index)`.

`cpu` and `meta` (shape and dtype without data) exist in this build; `cuda` is a type that can be named, so that programs that
ask for it get PyTorch's answer and not a syntax error.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["device", "CPU", "META", "Defaults", "default_device", "set_default"]

_TYPES = ("cpu", "meta", "cuda")


class device:
    """`device("cpu")`, `device("cuda:1")`, `device("cuda", 1)`. Immutable, hashable, compares by value. As a context, new tensors go there."""

    __slots__ = ("type", "index")
    __module__ = "pellucid"

    type: str
    index: int | None

    def __new__(cls, type: str | int | device = "cpu", index: int | None = None) -> device:
        if isinstance(type, device):
            return type
        if isinstance(type, int):
            type, index = "cuda", type
        if not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' must be str, int or device, not {type.__class__.__name__}")
        name, colon, number = type.partition(":")
        if name not in _TYPES or (colon and not number.isdigit()):
            raise RuntimeError(f"Expected one of {', '.join(_TYPES)} device type at start of device string: {type}")
        if colon and index is not None:
            raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {type}")
        self = object.__new__(cls)
        object.__setattr__(self, "type", name)
        object.__setattr__(self, "index", int(number) if colon else index)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"attribute '{name}' of 'device' objects is not writable")

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, device) and (self.type, self.index) == (other.type, other.index))

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __repr__(self) -> str:
        return f"device(type='{self.type}')" if self.index is None else f"device(type='{self.type}', index={self.index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (device, (self.type, self.index))

    def __enter__(self) -> device:
        Defaults.untouched = False
        _here.entered = (*_here.entered, self)
        return self

    def __exit__(self, *exception: object) -> None:
        _here.entered = _here.entered[:-1]

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """As a decorator: the function runs in the context."""
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return wrapper


CPU = device("cpu")
META = device("meta")


class Defaults(threading.local):
    """Where new tensors go, in each thread. `untouched` says to those in a hurry that nobody has yet asked for another place than the CPU."""

    untouched = True
    entered: tuple[device, ...] = (CPU,)         # what set_default_device was given, and whose `with` block this is, the innermost last


_here = Defaults()


def default_device() -> device:
    """Where new tensors go, in this thread."""
    return _here.entered[-1]


def set_default(place: device) -> None:
    """Let new tensors of this thread go there, outside of contexts."""
    Defaults.untouched = False
    _here.entered = (place, *_here.entered[1:])
