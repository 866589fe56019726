"""Operators on rows: softmax, norms, losses."""

from __future__ import annotations

from . import loss, norm, softmax
