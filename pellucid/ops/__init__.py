"""The operator library: every public operator under its name, each declared once, by family.

    pointwise      elements by themselves; activation  reduction      along dimensions, and running sums
    norm, loss     row programs                        linalg, conv   matrix products and convolutions
    view, index    where elements are                  create, copy, join, interchange    where tensors come from and go
    random         the generator and what it draws     sparse         embedding                multi   many tensors at once

The names of this module are `REGISTRY`; Tensor's methods are the same objects.
"""

from __future__ import annotations

from . import activation, conv, copy, create, family, index, interchange, join, linalg, loss, multi, norm, pointwise, pool, random, reduction, sparse, view
from .family import REGISTRY

__all__ = sorted(name for name in REGISTRY if not name.startswith("_"))


# operators are attributes like any other; where one is named as a module of this package is (view, norm, copy), the module stays
globals().update({name: op for name, op in REGISTRY.items() if name not in globals()})
