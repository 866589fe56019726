"""Statistics: differences, covariances, counts."""

from __future__ import annotations

from . import counts, covariance, differences
