"""Schedules of the learning rate. `step()` after each epoch (or batch) sets `lr` in every group of the optimiser.

A schedule defines `get_lr`, the rates at `last_epoch` from those before it: schedules can be chained, and each
multiplies what it finds. Where a closed form exists, `_get_closed_form_lr`, it serves `step(epoch)` and SequentialLR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid.absent import absent as _absent
from pellucid.optim.lr_scheduler.base import LRScheduler as LRScheduler
from pellucid.optim.lr_scheduler.base import _LRScheduler as _LRScheduler
from pellucid.optim.lr_scheduler.rules import ConstantLR as ConstantLR
from pellucid.optim.lr_scheduler.rules import CosineAnnealingLR as CosineAnnealingLR
from pellucid.optim.lr_scheduler.rules import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts
from pellucid.optim.lr_scheduler.rules import ExponentialLR as ExponentialLR
from pellucid.optim.lr_scheduler.rules import LambdaLR as LambdaLR
from pellucid.optim.lr_scheduler.rules import LinearLR as LinearLR
from pellucid.optim.lr_scheduler.rules import MultiStepLR as MultiStepLR
from pellucid.optim.lr_scheduler.rules import MultiplicativeLR as MultiplicativeLR
from pellucid.optim.lr_scheduler.rules import OneCycleLR as OneCycleLR
from pellucid.optim.lr_scheduler.rules import PolynomialLR as PolynomialLR
from pellucid.optim.lr_scheduler.rules import StepLR as StepLR
from pellucid.optim.lr_scheduler.several import ChainedScheduler as ChainedScheduler
from pellucid.optim.lr_scheduler.several import ReduceLROnPlateau as ReduceLROnPlateau
from pellucid.optim.lr_scheduler.several import SequentialLR as SequentialLR

__all__ = [
    "LRScheduler", "LambdaLR", "MultiplicativeLR", "StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR",
    "PolynomialLR",
    "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "OneCycleLR", "SequentialLR", "ChainedScheduler",
    "ReduceLROnPlateau",
]

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
