"""Optimisers, each one update rule, and schedules of their learning rates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid.absent import absent as _absent
from pellucid.optim import lr_scheduler as lr_scheduler
from pellucid.optim.adam import Adam as Adam
from pellucid.optim.adamw import AdamW as AdamW
from pellucid.optim.optimizer import Optimizer as Optimizer
from pellucid.optim.sgd import SGD as SGD

__all__ = ["Adam", "AdamW", "Optimizer", "SGD", "lr_scheduler"]

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
