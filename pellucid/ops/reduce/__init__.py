"""Operators along dimensions: reductions and running values."""

from __future__ import annotations

from . import extremes, norms, range, running, sums, truth
