"""The version: pyproject.toml reads it here. `pellucid.__version__` is a `TorchVersion`, which compares as versions do
and not as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

__all__ = ["TorchVersion", "__version__", "cuda", "debug", "git_version", "hip", "xpu"]

__version__ = "0.1.0"
debug = False
cuda: str | None = None              # what it was built for: none of these
hip: str | None = None
xpu: str | None = None
git_version = "Unknown"

_FORM = re.compile(
    r"v?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|rc|alpha|beta|c|pre|preview)[-_.]?(\d*))?(?:[-_.]?(post|rev|r)[-_.]?(\d*))?"
                   r"(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9.]+))?", re.IGNORECASE)
_PHASES = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}


def _order(version: Any) -> tuple[Any, ...] | None:
    """What versions are compared by; None for what is none."""
    text = ".".join(map(str, version)) if isinstance(version, (tuple, list)) else str(version)
    found = _FORM.fullmatch(text.strip())
    if found is None:
        return None
    numbers, phase, of_phase, post, of_post, dev, of_dev, local = found.groups()
    release = [int(number) for number in numbers.split(".")]
    while release and release[-1] == 0:
        release.pop()
    # 1.0.dev0 comes before 1.0a0, which comes before 1.0
    before = -1 if dev and not (phase or post) else 3
    return (release, _PHASES[phase.lower()] if phase else before, int(of_phase or 0),
            -1 if post is None else int(of_post or 0), int(of_dev or 0) if dev else float("inf"),
            [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in (local or "").split(".")])


def _comparison(name: str) -> Callable[..., Any]:
    as_text = getattr(str, name)

    def compare(self: TorchVersion, other: Any) -> Any:
        mine, theirs = _order(self), _order(other)
        if mine is not None and theirs is not None:
            return getattr(mine, name)(theirs)
        return as_text(self, str(other))

    compare.__name__ = name
    return compare


class TorchVersion(str):
    """A version that is text, and that compares with text and with tuples of numbers: `"1.10" > "1.9"`, `>= (1, 2)`."""

    __lt__, __le__, __gt__, __ge__, __eq__, __ne__ = map(_comparison,
                                                         ("__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"))
    __hash__ = str.__hash__
