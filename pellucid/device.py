"""Where a tensor's data lives: a small value, `device(type, index)`.

Tensors can lie on those of the table in core/devices.py, to begin with `cpu` and `meta` (shape and dtype without data);
the others can be named, so that programs that ask for one get PyTorch's answer where they use it.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable
from typing import Any

__all__ = ["device", "CPU", "META", "Defaults", "accelerator", "default_device", "forget_accelerator",
           "name_accelerator", "set_default"]

_TYPES = ("cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia", "xla",
          "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone")
_accelerators: list[str] = []     # types that tensors can lie on besides the host, the last added last
# an index that is given, if only as None, must not be in the string too
_NO_INDEX = object()


class device:
    """`device("cpu")`, `device("cuda:1")`, `device("cuda", 1)`. Immutable, hashable, compares by value. As a context,
    new tensors go there.
    """

    __slots__ = ("type", "index")
    __module__ = "pellucid"

    type: str
    index: int | None

    def __new__(cls, type: Any = None, index: Any = _NO_INDEX, *, device: Any = None) -> Any:
        given = device if type is None else type
        if index is _NO_INDEX:
            if given.__class__ is cls:
                return given
            # the number of an accelerator
            if hasattr(given, "__index__") and not isinstance(given, bool):
                if given < 0:
                    raise RuntimeError("Device index must not be negative")
                given, index = accelerator(), given
        if not isinstance(given, str):
            raise TypeError("device(): argument 'type' (position 1) must be "
                            f"str{', int or device' * (index is _NO_INDEX)}, not {given.__class__.__name__}")
        name, number = _parsed(given)
        if index is not _NO_INDEX:
            if number is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {given}")
            number = _checked(index)
        self = object.__new__(cls)
        object.__setattr__(self, "type", name)
        object.__setattr__(self, "index", number)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"attribute '{name}' of 'device' objects is not writable")

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, device) and (self.type, self.index) == (other.type, other.index))

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __repr__(self) -> str:
        return (f"device(type='{self.type}')" if self.index is None
                else f"device(type='{self.type}', index={self.index})")

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


def _parsed(text: str) -> tuple[str, int | None]:
    """The type and the index that a string names."""
    if not text:
        raise RuntimeError("Device string must not be empty")
    found = re.fullmatch(r"([A-Za-z_]+)(?::(0|[1-9][0-9]*))?", text)
    if found is None:
        raise RuntimeError(f"Invalid device string: '{text}'")
    name, number = found.groups()
    if name not in _TYPES and name not in _accelerators:
        raise RuntimeError(f"Expected one of {', '.join(_TYPES)} device type at start of device string: {name}")
    return name, None if number is None else int(number)


def name_accelerator(name: str) -> None:
    """Let strings name a type of device, and a number alone mean one of that type."""
    if re.fullmatch("[A-Za-z_]+", name) is None:
        raise RuntimeError(f"a type of device is named by letters, not {name!r}")
    if name not in _accelerators:
        _accelerators.append(name)


def forget_accelerator(name: str) -> None:
    """Take that back."""
    _accelerators.remove(name)


def accelerator() -> str:
    """The type of device that a number alone means."""
    if not _accelerators:
        raise RuntimeError("Cannot access accelerator device when none is available.")
    return _accelerators[-1]


def _checked(index: Any) -> int | None:
    """An index given apart from the type."""
    if index is None:
        return None
    if isinstance(index, bool) or not hasattr(index, "__index__"):
        raise TypeError(f"device(): argument 'index' (position 2) must be int, not {index.__class__.__name__}")
    if index < 0:
        raise RuntimeError("Device index must not be negative")
    return int(index)


CPU = device("cpu")
META = device("meta")


class Defaults(threading.local):
    """Where new tensors go, in each thread. `untouched` says to those in a hurry that nobody has yet asked for another
    place than the CPU.
    """

    untouched = True
    # what set_default_device was given, and whose `with` block this is, the innermost last
    entered: tuple[device, ...] = (CPU,)


_here = Defaults()


def default_device() -> device:
    """Where new tensors go, in this thread."""
    return _here.entered[-1]


def set_default(place: device) -> None:
    """Let new tensors of this thread go there, outside of contexts."""
    Defaults.untouched = False
    _here.entered = (place, *_here.entered[1:])
