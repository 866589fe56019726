"""The operator library: every public operator under its name, each declared once, by family.

    families    what each kind of operator supplies; everything below is declarations
    made        where tensors come from and go: made, copied, exchanged with others
    maps        elements by themselves                     reduce      along dimensions: reductions, running values
    arrange     where elements are: views, joins, turns    places      indexing, gather and scatter, masks, embedding
    rows        softmax, norms, losses                     windows     convolutions and pools
    linalg      products                                   statistics  differences, covariances, counts
    random      the generator and what it draws

A folder imports from those above it in this order: families, made, maps, reduce, arrange, then the rest;
tests/test_layering.py holds that. The names of this module are `REGISTRY`; Tensor's methods are the same objects.
"""

from __future__ import annotations

from . import arrange, linalg, made, maps, places, random, reduce, rows, statistics, windows
from .families.declare import REGISTRY

__all__ = sorted(name for name in REGISTRY if not name.startswith("_"))


# operators are attributes like any other; where one is named as a folder of this package is, the folder stays
globals().update({name: op for name, op in REGISTRY.items() if name not in globals()})
