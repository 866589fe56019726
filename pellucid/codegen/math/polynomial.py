"""What the functions share: polynomials, bits of constants."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from .primitives import constant, fma

__all__ = ["polynomial"]


INF, NAN = float("inf"), float("nan")


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """c0 + c1 x + c2 x^2 + ... by Horner's rule."""
    *rest, total = coefficients
    if not rest:
        return constant(x, total)
    for c in reversed(rest):
        total = fma(total, x, c)
    return total


def _bits(type: str, value: float) -> int:
    """The bits of a number as an unsigned integer."""
    return int.from_bytes(struct.pack({"f32": ">f", "f64": ">d"}[type], value), "big")
