"""Where elements are: views, joins, turns."""

from __future__ import annotations

from . import copies, join, pieces, shuffle, turn, view
