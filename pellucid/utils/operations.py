"""A list of the operators that a block calls: the smallest mode, to see what a program does and how modes are written.

    with list_operations() as seen:
        model(x)
    print(seen)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pellucid.core.modes import Mode

__all__ = ["list_operations"]


class list_operations(Mode):
    """Inside the block every operator is noted, by name and in order, before it runs; the operators that it calls
    itself are not.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []

    def handle(self, op: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self.seen.append(op.__name__)
        return op(*args, **kwargs)

    def __enter__(self) -> list[str]:
        super().__enter__()
        return self.seen
