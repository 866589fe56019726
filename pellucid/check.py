"""The one way to raise on bad input.

`check(condition, message, *values)` raises when the condition is false. The message is only formatted then, so a check
costs one test. PyTorch's exception types: RuntimeError unless another is named.
"""

from __future__ import annotations

__all__ = ["check"]


def check(condition: object, message: str, *values: object, error: type[Exception] = RuntimeError) -> None:
    """Raise `error(message.format(*values))` unless `condition` is true."""
    if not condition:
        raise error(message.format(*values))
