"""Norms and distances."""

from __future__ import annotations

import math

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ..families.composites import composite, host
from ..families.reductions import normal_dims
from ..maps.arithmetic import abs
from ..maps.selection import where
from .extremes import alike
from .sums import double, nansum, restore, square_sum


@host(name="linalg_vector_norm", public=False)
def _norm(x, ord, dim, keepdim):
    """The `ord`-norm over `dim`: see linalg_vector_norm."""
    if ord == 2:
        return square_sum(x, dim, keepdim).sqrt().to(x.meta.dtype.to_real())
    size = abs(x)
    if ord == math.inf:
        return size.amax(dim, keepdim)
    if ord == -math.inf:
        return size.amin(dim, keepdim)
    if ord == 0:
        return (x != 0).to(size.meta.dtype).sum(dim, keepdim)
    if ord == 1:
        return size.sum(dim, keepdim)
    return size.to(double(size.meta.dtype)).pow(ord).sum(dim, keepdim).pow(1.0 / ord).to(size.meta.dtype)


@_norm.derivative
def _(grad, x, result, ord, dim, keepdim, x_meta):
    grad, result = restore(grad, dim, keepdim, x_meta), restore(result, dim, keepdim, x_meta)
    if ord == 0:
        return None
    if ord == 1:
        return x.sgn() * grad
    size = abs(x)
    if ord in (math.inf, -math.inf):
        hit = alike(size, result)
        return x.sgn() * where(hit, grad / restore(hit.sum(dim, keepdim), dim, keepdim, x_meta), 0)
    none = result == 0                    # the slope there is 0; divided by 1, its own derivative is not NaN
    length, grad = result.masked_fill(none, 1), grad.masked_fill(none, 0)
    if ord == 2:
        return x * (grad / length)
    if ord > 2:
        return x.sgn() * ((size / length).pow(ord - 1) * grad)
    flat = x == 0                         # the slope there is taken as 0
    return x.sgn() * ((size / length).masked_fill(flat, 1).pow(ord - 1).masked_fill(flat, 0) * grad)


@composite(exact="result")
def linalg_vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """The `ord`-norm of the elements over `dim` (None: over all): sum(|x|**ord)**(1/ord); for ord 0 how many are not 0,
    for inf the largest.
    """
    check(x.meta.dtype.kind in "fc", "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}",
          x.meta.dtype.title)
    if dtype is not None:
        dtype = dtypes.element_type("linalg_vector_norm", dtype)
        check(dtype.kind == x.meta.dtype.kind or (dtype.is_complex and x.meta.dtype.is_floating_point),
              "linalg.vector_norm: dtype should be {}, but got {}",
              "complex" if x.meta.dtype.is_complex else "floating point", dtype)
        x = x.to(dtype)
    dims = normal_dims(dim, x.meta.ndim)
    check(not isinstance(ord, complex), "linalg.vector_norm: Expected a non-complex scalar as the order of norm.")
    ord = float(ord)
    if not x.meta.numel and (ord < 0 or ord == math.inf):
        check(dim is not None and len(dims) > 0,
              "linalg.vector_norm cannot compute the {} norm on an empty tensor because the operation does not have an "
              "identity",
              ord)
        for d in dims:
            check(x.meta.ndim == 0 or x.meta.shape[d],
                  "linalg.vector_norm cannot compute the {} norm on the dimension {} because this dimension is empty "
                  "and the operation does not have an identity", ord, d)
    return _norm(x, ord, dims if x.meta.ndim else None, keepdim)


@composite(out=True, exact="result")
def norm(input, p="fro", dim=None, keepdim=False, dtype=None):
    """The norm of all elements, or over `dim`: see `linalg.vector_norm`; "fro" is the 2-norm."""
    check(not isinstance(p, str) or p == "fro", "norm: expected a number or 'fro', got {}", p)
    return linalg_vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)


@composite
def dist(input, other, p=2):
    """The p-norm of `input - other`, of half-precision tensors rounded once."""
    d = input.meta.dtype
    if d.itemsize == 2 and d.is_floating_point and other.meta.dtype is d:
        return norm(input.to(dtypes.float32) - other, p).to(d)
    return norm(input - other, p)


@composite(inplace=True, out=True, exact="result")
def renorm(input, p, dim, maxnorm):
    """Slices along `dim` whose p-norm is above `maxnorm`, shortened to it."""
    check(p > 0, "renorm: non-positive-norm not supported")
    check(input.meta.ndim > 1, "renorm: input needs at least 2 dimensions, got {} dimensions", input.meta.ndim)
    check(maxnorm >= 0, "renorm: expected maxnorm to be >= 0 but got {}", maxnorm)
    dim = metas.wrap_dim(dim, input.meta.ndim)
    half = input.meta.dtype.itemsize == 2
    length = linalg_vector_norm(input, p, tuple(d for d in range(input.meta.ndim) if d != dim), True,
                                dtype=dtypes.float32 if half else None)
    scale = (maxnorm / (length + 1e-7)).masked_fill((length > maxnorm).logical_not(), 1)
    return (input * scale).to(input.meta.dtype).contiguous()


@composite(out=True)
def nanmean(input, dim=None, keepdim=False, *, dtype=None):
    """The mean of the elements that are not NaN."""
    check(input.meta.dtype.kind in "fc", "nanmean(): expected input to have floating point or complex dtype but got {}",
          input.meta.dtype.title)
    return nansum(input, dim, keepdim, dtype=dtype) / input.isnan().logical_not().sum(dim, keepdim)
