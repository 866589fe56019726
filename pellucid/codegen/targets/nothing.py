"""The target of tensors without data: nothing runs."""

from __future__ import annotations

from collections.abc import Callable

from ..ir import Launch
from .target import Code, Launches, Target

__all__ = ["Nothing"]


class Nothing:
    """Plans no launches."""

    vector_bytes, halves, whole = 16, False, False

    def plan(self, build: Callable[[Target], Launches]) -> Launches:
        return ()

    def code(self, launch: Launch) -> Code:
        raise RuntimeError(f"kernel {launch.kernel.name}: tensors on the meta device have no data to run on")
