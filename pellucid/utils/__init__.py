"""What does not belong to one layer: `hooks` (handles of registered functions) and `data` (data sets and loaders)."""

from __future__ import annotations

from pellucid.utils import data as data
from pellucid.utils import hooks as hooks

__all__ = ["data", "hooks"]
