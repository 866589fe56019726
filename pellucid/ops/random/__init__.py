"""Random numbers: the generator and what it draws."""

from __future__ import annotations

from . import distributions, draws, generator
