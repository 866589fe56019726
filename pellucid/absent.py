"""What is said of a name that a module does not have.

PyTorch has thousands of names and this package a part of them, so a program that stops at one wants to know which of
three things it is: misspelt, not written yet, or elsewhere. Used as `__getattr__` by the modules that stand for
torch's, but for `pellucid` and `nn.functional`: programs look functions up there at each step, and to look one up in a
module with a `__getattr__` costs CPython 30 to 40 ns more, an eighth of a small operation. Python's own words name the
module, and a traceback the nearest name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

__all__ = ["absent"]


def absent(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module. Programs ask with `hasattr` too, so an answer is worked out once."""
    @lru_cache(1024)
    def answer(name: str) -> str:
        plain = f"module '{module}' has no attribute '{name}'"
        if name.startswith("_"):
            return plain
        here = [known for known in vars(sys.modules[module]) if not known.startswith("_")]
        near = get_close_matches(name, here, 3, 0.8)
        if near:
            return (
                f"{plain}. Did you mean: {' or '.join(map(repr, near))}? If PyTorch has '{name}', it is not in this "
                "version of pellucid.")
        return (
            f"{plain}: if PyTorch has '{'.'.join(['torch', *module.split('.')[1:], name])}', it is not in this version "
            "of pellucid")

    def __getattr__(name: str) -> Any:
        raise AttributeError(answer(name), name=name, obj=sys.modules[module])

    return __getattr__
