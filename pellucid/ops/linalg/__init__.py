"""Matrix products and what is made of them."""

from __future__ import annotations

from . import einsum, product, products
