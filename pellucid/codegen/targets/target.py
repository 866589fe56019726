"""A target: what a launch becomes on one kind of device, and what schedules must know of its processor.

Made for the devices in `TARGETS` (targets/__init__.py), a new one by anybody: see docs/operators.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ..ir import Launch

__all__ = ["Target", "Code", "Launches"]

Code = int | Callable[[list[int], int, int], None]      # an address, or a function of (words, first chunk, end)
Launches = Sequence[Launch] | tuple[Sequence[Launch], int]      # with the bytes of scratch that they share, if any


class Target(Protocol):
    """`vector_bytes` is the width of a vector register, `halves` whether the processor computes it in two halves;
    `whole` whether bodies are to be called on NumPy arrays of all elements (see Launch), where a family can do that."""

    vector_bytes: int
    halves: bool
    whole: bool

    def plan(self, build: Callable[[Target], Launches]) -> Launches:
        """The launches that `build`, told this target, gives; none where nothing can run."""

    def code(self, launch: Launch) -> Code:
        """What runs a launch: called with its words, for the chunks from one to another. Asked once a plan."""
