"""CUDA, as far as a program without a GPU asks for it: there is none in this version, and these functions say so.

What only asks (how many GPUs, how much of their memory is held) answers none; seeding is accepted and does nothing, as
PyTorch does where it finds no device; whatever needs a GPU raises AssertionError with the words of PyTorch's builds for
a CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..absent import absent as _absent

__all__ = ["Event", "Stream", "current_device", "current_stream", "default_stream", "device_count", "empty_cache",
           "get_device_capability",
           "get_device_name", "get_device_properties", "get_rng_state", "init", "initial_seed", "ipc_collect",
           "is_available", "is_bf16_supported",
           "is_initialized", "manual_seed", "manual_seed_all", "max_memory_allocated", "max_memory_reserved",
           "mem_get_info", "memory_allocated",
           "memory_reserved", "reset_peak_memory_stats", "set_device", "set_rng_state", "synchronize"]


def is_available() -> bool:
    """Whether tensors can be put on a GPU: not in this version."""
    return False


def device_count() -> int:
    """How many GPUs can be used."""
    return 0


def is_initialized() -> bool:
    """Whether a GPU has been used."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether the current GPU computes in bfloat16: there is none."""
    return False


def manual_seed(seed: int) -> None:
    """Seed the current GPU's generator: there is none, so nothing happens."""
    int(seed)


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Give back memory that is held for a GPU: none is."""


def memory_allocated(device: Any = None) -> int:
    """How many bytes of a GPU's memory tensors hold: none."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def _needing(name: str, doc: str) -> Callable:
    def needs(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("Torch not compiled with CUDA enabled")

    needs.__name__ = needs.__qualname__ = name
    needs.__doc__ = f"{doc} Raises AssertionError: no GPU can be used."
    return needs


init, synchronize, set_device = (_needing(*row) for row in (
    ("init", "Start using GPUs."), ("synchronize", "Wait for the work given to a GPU."),
    ("set_device", "Choose the current GPU.")))
current_device, get_device_name, get_device_properties, get_device_capability = (_needing(*row) for row in (
    ("current_device", "The index of the current GPU."), ("get_device_name", "A GPU's name."),
    ("get_device_properties", "What a GPU has."),
    ("get_device_capability", "The version of what a GPU can do.")))
current_stream, default_stream = (_needing(*row) for row in (
    ("current_stream", "The stream that work is given to."), ("default_stream", "The stream that there always is.")))
get_rng_state, set_rng_state, initial_seed = (_needing(*row) for row in (
    ("get_rng_state", "The state of a GPU's generator."), ("set_rng_state", "Set the state of a GPU's generator."),
    ("initial_seed", "The seed of a GPU's generator.")))
mem_get_info, reset_peak_memory_stats, ipc_collect = (_needing(*row) for row in (
    ("mem_get_info", "How many bytes of a GPU's memory are free, and how many there are."),
    ("reset_peak_memory_stats", "Count the most memory that was held anew."),
    ("ipc_collect", "Give back memory that other processes held.")))


class Stream:
    """A queue of work for a GPU, to be named in annotations; making one raises RuntimeError: no GPU can be used."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(f"Tried to instantiate dummy base class {type(self).__name__}")


class Event(Stream):
    """A mark in a stream, likewise."""


if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
