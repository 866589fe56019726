"""Operators on elements by themselves."""

from __future__ import annotations

from . import activation, arithmetic, comparison, complex, forms, functions, loss, rounding, selection
