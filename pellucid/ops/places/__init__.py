"""Operators on places: indexing, gather and scatter, masks, embedding."""

from __future__ import annotations

from . import embedding, expression, index, kernels, masks, scatter
