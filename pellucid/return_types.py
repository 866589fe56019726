"""The classes of results that have names: `pellucid.return_types.max` is what `max(input, dim)` returns."""

from __future__ import annotations

from .ops.families.declare import RETURN_TYPES

globals().update(RETURN_TYPES)
__all__ = list(RETURN_TYPES)
