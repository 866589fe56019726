"""Covariances and correlations."""

from __future__ import annotations

from ... import dtypes
from ...check import check
from ...core.devices import has_data
from ..families.composites import composite
from ..maps.complex import complex


@composite
def cov(input, *, correction=1, fweights=None, aweights=None):
    """The covariances of the rows of `input`, columns being observations, weighted by counts `fweights` and by
    `aweights`.
    """
    check(input.meta.ndim <= 2,
          "cov(): expected input to have two or fewer dimensions but got an input with {} dimensions", input.meta.ndim)
    check(input.meta.dtype is not dtypes.bool, "cov(): bool dtype is not supported for input")
    rows = input.reshape(1, -1) if input.meta.ndim < 2 else input
    count = rows.meta.shape[1]
    weights = None
    for name, w, kinds in (("fweights", fweights, "ui"), ("aweights", aweights, "f")):
        if w is None:
            continue
        check(w.meta.ndim <= 1, "cov(): expected {} to have one or fewer dimensions but got {} with {} dimensions",
              name, name, w.meta.ndim)
        check(w.meta.dtype.kind in kinds, "cov(): expected {} to have {} dtype but got {} with {} dtype", name,
              "integral" if kinds == "ui" else "floating point", name,
              w.meta.dtype)
        check(w.meta.numel == count,
              "cov(): expected {} to have the same numel as there are observations in the input but got {} != {}", name,
              w.meta.numel, count)
        check(count == 0 or not has_data(w.meta.device) or bool((w >= 0).all()), "cov(): {} cannot be negative", name)
        weights = w if weights is None else weights * w
    rows = rows if rows.meta.dtype.kind in "fc" else rows.to(dtypes.get_default_dtype())
    total = weights.sum() if weights is not None else rows.new_ones(()).to(dtypes.int64) * count
    check(weights is None or count == 0 or not has_data(total.meta.device) or bool(total != 0),
          "cov(): weights sum to zero, can't be normalized")
    mean = ((rows if weights is None else rows * weights).sum(1) / total).unsqueeze(1)
    share = total - (correction if aweights is None else correction * (weights * aweights).sum() / total)
    apart = rows - mean
    return ((apart if weights is None else apart * weights)
            @ apart.transpose(0, 1).conj() / share.clamp(min=0)).squeeze()


@composite
def corrcoef(input):
    """The correlations of the rows of `input`, columns being observations."""
    check(input.meta.ndim <= 2,
          "corrcoef(): expected input to have two or fewer dimensions but got an input with {} dimensions",
          input.meta.ndim)
    found = cov(input)
    if found.meta.ndim == 0:
        return found / found
    spread = (found.diagonal().real if found.meta.dtype.is_complex else found.diagonal()).sqrt()
    found = found / spread.unsqueeze(1) / spread
    if found.meta.dtype.is_complex:
        return complex(found.real.clamp(-1, 1), found.imag.clamp(-1, 1))
    return found.clamp(-1, 1)
