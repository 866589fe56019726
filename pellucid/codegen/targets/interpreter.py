"""The interpreter as a target: kernels run as Python, so that a debugger goes on into them.

A map's body is called on NumPy arrays of all elements at once, where its family can do that (`Target.whole`); every
other kernel is interpreted instruction by instruction. On with PELLUCID_INTERPRET=1, or inside
ops.families.stepping.stepping().
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

import numpy as np

from .. import interpret
from ..ir import Launch
from . import cpu
from .target import Code, Launches, Target

__all__ = ["TARGET", "is_on", "switch", "memory"]

# bytes: an address space; what is inside is the plan's business, and checked in tests
REACH = 1 << 46


class _State:
    active = os.environ.get("PELLUCID_INTERPRET", "") not in ("", "0")


def is_on() -> bool:
    """Whether kernels run as Python."""
    return _State.active


def switch(on: bool) -> bool:
    """Turn the interpreter on or off; what it was. Plans that exist stay what they are."""
    before, _State.active = _State.active, on
    return before


def memory(address: int) -> tuple[np.ndarray, int]:
    """The bytes around an address, for steps may be negative, as the interpreter's buffer, and its place there."""
    start = max(0, address - REACH)
    return np.ctypeslib.as_array((ctypes.c_uint8 * (address - start + REACH)).from_address(start)), address - start


class Interpreter:
    """Runs the kernels of the host, so that the bits are the same."""

    vector_bytes = property(lambda self: cpu.vector_bytes())
    halves = property(lambda self: cpu.halves_vectors())
    whole = True

    def plan(self, build: Callable[[Target], Launches]) -> Launches:
        return build(self)

    def code(self, launch: Launch) -> Code:
        if launch.whole is not None:
            return launch.whole

        def run(words: list[int], begin: int, end: int) -> None:
            interpret.run(launch.kernel, words, begin, end, find=lambda address: memory(address))

        run.__name__ = launch.kernel.name
        return run


TARGET = Interpreter()
