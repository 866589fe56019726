"""What belongs to no one layer: `data` (data sets and loaders), `hooks` (handles of registered functions), `checkpoint`
(memory for time), `dlpack` (tensors of other libraries)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid.absent import absent as _absent
from pellucid.utils import checkpoint as checkpoint
from pellucid.utils import data as data
from pellucid.utils import dlpack as dlpack
from pellucid.utils import hooks as hooks

__all__ = ["checkpoint", "data", "dlpack", "hooks"]

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
