"""Intel's MKL, which is not used."""

from __future__ import annotations

__all__ = ["is_available"]


def is_available() -> bool:
    """Whether it can be used: it cannot."""
    return False
