"""Convolutions and pools."""

from __future__ import annotations

from . import conv, pool
