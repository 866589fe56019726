"""Apple's GPUs, which are not used."""

from __future__ import annotations

__all__ = ["is_available", "is_built"]


def is_built() -> bool:
    """Whether this version was built for them: it was not."""
    return False


is_available = is_built
