"""The package opt_einsum, which is not used: `einsum` finds its own order of contraction."""

from __future__ import annotations

from typing import Any

__all__ = ["get_opt_einsum", "is_available"]

enabled = False
strategy: str | None = None


def is_available() -> bool:
    """Whether it can be used: it cannot."""
    return False


def get_opt_einsum() -> Any:
    """The package, if it can be used: None."""
    return None
