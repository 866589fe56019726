"""Products that are made of others: inner, outer, Kronecker, cross, chains."""

from __future__ import annotations

import math
from typing import Any

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ..arrange.join import cat, stack
from ..arrange.view import owned
from ..families.composites import composite
from ..made.size import ones_like
from .product import dot, mm


@composite(out=True, exact="result")
def vdot(input, other):
    """The product of two vectors, summed; of complex ones the first is conjugated."""
    return dot(input.conj(), other)


@composite
def linalg_vecdot(x, y, *, dim=-1):
    """The products of vectors along `dim`, summed; of complex ones the first is conjugated."""
    check(x.meta.dtype.kind in "fc", "linalg.vecdot: Expected a floating point or complex tensor as input. Got {}",
          x.meta.dtype)
    check(x.meta.dtype is y.meta.dtype,
          "linalg.vecdot: Expected x and y to have the same dtype, but found x of type {} and y of type {} instead",
          x.meta.dtype.title, y.meta.dtype.title)
    return (x.conj() * y).sum(dim)


@composite(out=True, exact="result")
def inner(input, other):
    """The products of the vectors along the last dimensions of two tensors, summed; of 0-d ones the product."""
    if not input.meta.ndim or not other.meta.ndim:
        return input * other
    check(input.meta.shape[-1] == other.meta.shape[-1],
          "inner() the last dimension must match on both input tensors but got shapes {} and {}",
          list(input.meta.shape), list(other.meta.shape))
    return tensordot(input, other, ([-1], [-1]))


@composite(out=True, exact="result")
def tensordot(a, b, dims=2):
    """Products summed over `dims`: the last ones of `a` and first ones of `b` if a number, else (those of a, those of
    b).
    """
    if isinstance(dims, int):
        check(dims >= 0, "tensordot expects dims >= 0, but got dims={}", dims)
        check(dims <= min(a.meta.ndim, b.meta.ndim), "tensordot expects dims < ndim_a or ndim_b, but got dims={}", dims)
        left, right = list(range(-dims, 0)), list(range(dims))
    else:
        left, right = (d.tolist() if hasattr(d, "meta") else [d] if isinstance(d, int) else list(d) for d in dims)
    check(len(left) == len(right), "both dimension lists should have same length")
    check(a.meta.dtype is b.meta.dtype, "both inputs should have same dtype")
    check(a.meta.dtype is not dtypes.bool, "\"addmm_impl_cpu_\" not implemented for 'Bool'", error=NotImplementedError)
    left, right = [metas.wrap_dim(d, a.meta.ndim) for d in left], [metas.wrap_dim(d, b.meta.ndim) for d in right]
    for i, j in zip(left, right):
        p, q = a.meta.shape[i], b.meta.shape[j]
        check(p == q or 1 in (p, q),
              "contracted dimensions need to match, but first has size {} in dim {} and second has size {} in dim {}",
              p, i, q, j)
        a = a.sum(i, keepdim=True, dtype=a.meta.dtype) if q == 1 and p != 1 else a
        b = b.sum(j, keepdim=True, dtype=b.meta.dtype) if p == 1 and q != 1 else b
    kept_a, kept_b = [d for d in range(a.meta.ndim) if d not in left], [d for d in range(b.meta.ndim) if d not in right]
    rows, columns = [a.meta.shape[d] for d in kept_a], [b.meta.shape[d] for d in kept_b]
    depth = math.prod(a.meta.shape[d] for d in left)
    x = a.permute(kept_a + left).reshape(math.prod(rows), depth)
    return mm(x, b.permute(right + kept_b).reshape(depth, math.prod(columns))).reshape(rows + columns)


@composite(exact="result")
def linalg_cross(input, other, *, dim=-1):
    """The cross products of vectors of three along `dim`."""
    check(input.meta.ndim == other.meta.ndim, "linalg.cross: inputs must have the same number of dimensions.")
    for x in (input, other):
        check(x.meta.shape[dim] == 3 if x.meta.ndim else False,
              "linalg.cross: inputs dimension {} must have length 3. Got {} and {}", dim,
              list(input.meta.shape), list(other.meta.shape))
    check(input.meta.dtype is not dtypes.bool or other.meta.dtype is not dtypes.bool,
          "\"cross\" not implemented for 'Bool'", error=NotImplementedError)
    check(input.meta.dtype is other.meta.dtype, "linalg.cross: expected scalar type {} but found {}",
          input.meta.dtype.title, other.meta.dtype.title)
    a, b = ([x.select(dim, k) for k in range(3)] for x in (input, other))
    return stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]],
                 metas.wrap_dim(dim, input.meta.ndim))


@composite(out=True, exact="result")
def cross(input, other, dim=None):
    """The cross products of vectors along `dim`, or along the first dimension of size 3."""
    if dim is None:
        shape = metas.broadcast_shapes(input.meta.shape, other.meta.shape)
        check(3 in shape, "no dimension of size 3 in input")
        dim = shape.index(3) - len(shape)
    return linalg_cross(input, other, dim=dim)


@composite(out=True)
def kron(input, other):
    """The Kronecker product: every element of `input` times the whole of `other`."""
    rank = max(input.meta.ndim, other.meta.ndim)
    a, b = ((1,) * (rank - x.meta.ndim) + tuple(x.meta.shape) for x in (input, other))
    found = input.reshape([n for size in a for n in (size, 1)]) * other.reshape([n for size in b for n in (1, size)])
    return owned(found.reshape([p * q for p, q in zip(a, b)]))


@composite
def trace(input):
    """The sum of a matrix's diagonal."""
    check(input.meta.dtype is not dtypes.bool, "\"trace\" not implemented for 'Bool'", error=NotImplementedError)
    check(input.meta.ndim == 2, "trace: expected a matrix, but got tensor with dim {}", input.meta.ndim)
    return input.diagonal().sum()


@composite
def linalg_multi_dot(tensors):
    """The product of matrices (the first and the last may be vectors), in the order that needs the fewest
    multiplications.
    """
    n = len(tensors)
    check(n >= 2, "multi_dot(): expected at least 2 tensors but got {}", n)
    for k, t in enumerate(tensors):
        check(t.meta.ndim == 2 or (t.meta.ndim == 1 and k in (0, n - 1)),
              "multi_dot(): tensor {} must be 2D but got {}D", k, t.meta.ndim)
        check(t.meta.dtype is tensors[0].meta.dtype,
              "multi_dot(): all tensors must have be the same dtype but tensor 0 is {} and tensor {} {}",
              tensors[0].meta.dtype, k, t.meta.dtype)
    row, column = tensors[0].meta.ndim == 1, tensors[-1].meta.ndim == 1
    parts = [tensors[0].unsqueeze(0) if row else tensors[0], *tensors[1:-1],
             tensors[-1].unsqueeze(1) if column else tensors[-1]]
    sizes = [parts[0].meta.shape[0], *(t.meta.shape[1] for t in parts)]
    for k, t in enumerate(parts):
        check(t.meta.shape[0] == sizes[k], "multi_dot(): tensors {} and {} with shapes {} and {} cannot be multiplied",
              k - 1, k, list(parts[k - 1].meta.shape), list(t.meta.shape))
    # (multiplications, where to split)
    cost: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(n)}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j] = min((cost[i, k][0] + cost[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                             for k in range(i, j))

    def product(i: int, j: int) -> Any:
        return parts[i] if i == j else mm(product(i, cost[i, j][1]), product(cost[i, j][1] + 1, j))

    found = product(0, n - 1)
    return (found.squeeze((0, 1)) if row and column else found.squeeze(0) if row else found.squeeze(1) if column
            else found)


@composite
def linalg_vander(x, *, N=None):
    """The powers 0 .. N-1 (default: as many as elements) of a vector's elements, along a new last dimension."""
    check(x.meta.ndim > 0 or N is not None, "linalg.vander: x must not be a 0-dim tensor")
    columns = x.meta.shape[-1] if N is None else N
    check(N is None or N > 1, "N must be greater than 1.")
    wide = (x if x.meta.ndim else x.reshape(1)).to(dtypes.int64 if x.meta.dtype.is_integral else x.meta.dtype)
    powers = wide.unsqueeze(-1).expand((*wide.meta.shape, max(0, columns - 1))).cumprod(-1)
    return cat([ones_like(wide).unsqueeze(-1), powers], -1)


@composite
def vander(x, N=None, increasing=False):
    """The powers N-1 .. 0 of a vector's elements as rows (rising with `increasing`)."""
    check(x.meta.ndim == 1, "x must be a one-dimensional tensor.")
    wide = x.to(dtypes.int64) if x.meta.dtype.is_integral else x
    columns = wide.meta.shape[0] if N is None else N
    found = cat([wide.new_ones((wide.meta.shape[0], min(columns, 1))),
                 wide.unsqueeze(-1).expand((-1, max(0, columns - 1))).cumprod(-1)], -1)
    return found if increasing else found.flip(-1)


@composite
def linalg_diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonal of each matrix, a view."""
    return A.diagonal(offset, dim1, dim2)
