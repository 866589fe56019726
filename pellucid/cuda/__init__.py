"""CUDA, as far as a program without a GPU asks for it: there is none in this version, and these functions say so.

Seeding is accepted and does nothing, as PyTorch does where it finds no device.
"""

from __future__ import annotations

__all__ = ["is_available", "device_count", "is_initialized", "manual_seed", "manual_seed_all", "empty_cache", "synchronize"]


def is_available() -> bool:
    """Whether tensors can be put on a GPU: not in this version."""
    return False


def device_count() -> int:
    """How many GPUs can be used."""
    return 0


def is_initialized() -> bool:
    """Whether a GPU has been used."""
    return False


def manual_seed(seed: int) -> None:
    """Seed the current GPU's generator: there is none, so nothing happens."""
    int(seed)


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Give back memory that is held for a GPU: none is."""


def synchronize(device: object = None) -> None:
    """Wait for the work given to a GPU. Raises RuntimeError: no GPU can be used."""
    raise RuntimeError("pellucid.cuda.synchronize(): this version has no CUDA devices")
