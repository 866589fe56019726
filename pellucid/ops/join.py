"""Putting tensors together, repeating, turning round: everything that copies whole pieces."""

from __future__ import annotations

from typing import Any

from ..check import check
from ..core import meta as metas
from ..core import op as core_op
from ..core.op import Parameter
from .create import arange, empty
from .family import REGISTRY, composite, register, result_dtype


def _cat(tensors, dim=0):
    """Tensors one after the other along `dim`; their other sizes must agree (empty 1-d tensors are left out)."""
    check(len(tensors) > 0, "torch.cat(): expected a non-empty list of Tensors", error=ValueError)
    given = [t for t in tensors if not (t.meta.ndim == 1 and t.meta.numel == 0)]
    for k, t in enumerate(tensors):
        check(t.meta.ndim > 0, "zero-dimensional tensor (at position {}) cannot be concatenated", k)
    d = result_dtype([t.meta for t in tensors])
    if not given:
        return empty((0,), dtype=d)
    first = given[0].meta
    dim = metas.wrap_dim(dim, first.ndim)
    total = 0
    for k, t in enumerate(given):
        check(t.meta.ndim == first.ndim, "Tensors must have same number of dimensions: got {} and {}", first.ndim, t.meta.ndim)
        for axis in range(first.ndim):
            check(axis == dim or t.meta.shape[axis] == first.shape[axis],
                  "Sizes of tensors must match except in dimension {}. Expected size {} but got size {} for tensor number {} in the list.", dim, first.shape[axis],
                  t.meta.shape[axis], k)
        total += t.meta.shape[dim]
    shape = (*first.shape[:dim], total, *first.shape[dim + 1:])
    out = empty(shape, dtype=d, device=first.device)
    last = metas.channels_last
    if first.ndim == 4 and all(metas.is_contiguous(t.meta, last) and not t.meta.contiguous for t in given):
        out = empty(shape, dtype=d, device=first.device, memory_format=last)
    start = 0
    for t in given:
        size = t.meta.shape[dim]
        out.narrow(dim, start, size).copy_(t)
        start += size
    return out


_cat.__name__ = _cat.__qualname__ = "cat"
cat = register(core_op.Op("cat", _cat, (Parameter("tensors", core_op.OPERANDS), Parameter("dim", core_op.STATIC, 0)), None, kind=core_op.HOST, aliases={"axis": "dim"}))


@cat.derivative
def _(grad, tensors_meta, dim, needs):
    ndim = grad.meta.ndim
    dim = metas.wrap_dim(dim, ndim)
    start, found = 0, []
    for meta, need in zip(tensors_meta, needs[0]):
        if meta.ndim == 1 and meta.numel == 0:
            found.append(grad.new_zeros(meta.shape) if need else None)
            continue
        size = meta.shape[dim]
        found.append(grad.narrow(dim, start, size) if need else None)
        start += size
    return found


@composite
def stack(tensors, dim=0):
    """Tensors of one shape along a new dimension."""
    tensors = list(tensors)
    check(len(tensors) > 0, "stack expects a non-empty TensorList")
    shape = tensors[0].meta.shape
    for k, t in enumerate(tensors):
        check(t.meta.shape == shape, "stack expects each tensor to be equal size, but got {} at entry 0 and {} at entry {}", list(shape), list(t.meta.shape), k)
    dim = metas.wrap_dim(dim, len(shape) + 1)
    return cat([t.unsqueeze(dim) for t in tensors], dim)


def _at_least(t: Any, n: int) -> Any:
    while t.meta.ndim < n:
        t = t.unsqueeze(0 if t.meta.ndim < 2 else -1)
    return t


@composite
def hstack(tensors):
    """Tensors side by side: along dimension 1, or 0 for vectors."""
    check(len(tensors) > 0, "hstack expects a non-empty TensorList")
    tensors = [_at_least(t, 1) for t in tensors]
    return cat(tensors, 0 if tensors[0].meta.ndim == 1 else 1)


@composite
def vstack(tensors):
    """Tensors below one another: along dimension 0; vectors are rows."""
    return cat([_at_least(t, 2) for t in tensors], 0)


@composite
def dstack(tensors):
    """Tensors along dimension 2."""
    return cat([_at_least(t, 3) for t in tensors], 2)


@composite
def column_stack(tensors):
    """Vectors as the columns of a matrix, matrices side by side."""
    return cat([t.reshape(-1, 1) if t.meta.ndim <= 1 else t for t in tensors], 1)


for _alias, _op in {"concat": cat, "concatenate": cat, "row_stack": vstack}.items():

    REGISTRY[_alias] = _op


@composite
def repeat(input, *sizes):
    """The input repeated `sizes` times along each dimension (new ones come first)."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    check(len(sizes) >= input.meta.ndim, "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    for size in sizes:
        check(size >= 0, "Trying to create tensor with negative dimension {}: {}", size, list(sizes))
    shape = (1,) * (len(sizes) - input.meta.ndim) + tuple(input.meta.shape)
    paired, wide = [], []
    for times, size in zip(sizes, shape):
        paired += [1, size]
        wide += [times, size]
    return input.reshape(paired).expand(wide).clone().reshape([t * s for t, s in zip(sizes, shape)])


@composite
def tile(input, dims):
    """`repeat`, with missing leading repeats taken as 1."""
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    return repeat(input, *((1,) * (input.meta.ndim - len(dims)) + dims))


@composite
def flip(input, dims):
    """A copy with the order along `dims` reversed."""
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    wrapped = {metas.wrap_dim(d, input.meta.ndim, True) for d in dims}
    check(len(wrapped) == len(dims), "dim appears multiple times in the list of dims")
    if not input.meta.ndim:
        return input.clone()
    index = tuple(slice(None, None, -1) if d in wrapped else slice(None) for d in range(input.meta.ndim))
    return input[index].clone(memory_format=metas.contiguous_format)


@composite
def fliplr(input):
    """`flip` along dimension 1."""
    check(input.meta.ndim >= 2, "Input must be >= 2-d.")
    return flip(input, (1,))


@composite
def flipud(input):
    """`flip` along dimension 0."""
    check(input.meta.ndim >= 1, "Input must be >= 1-d.")
    return flip(input, (0,))


@composite
def roll(input, shifts, dims=None):
    """A copy with elements moved by `shifts` along `dims`, those that leave coming back at the other end."""
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if dims is None or dims == ():
        check(len(shifts) == 1, "shifts and dimensions must align. shifts: {}, dims:0", len(shifts))
        return roll(input.reshape(-1), shifts, (0,)).reshape(input.meta.shape)
    dims = (dims,) if isinstance(dims, int) else tuple(dims)
    check(len(shifts) == len(dims), "shifts and dimensions must align. shifts: {}, dims:{}", len(shifts), len(dims))
    found = input
    for shift, dim in zip(shifts, dims):
        size = found.meta.shape[dim]
        if size and shift % size:
            at = size - shift % size
            found = cat([found.narrow(dim, at, size - at), found.narrow(dim, 0, at)], dim)
    return found.clone() if found is input else found


def _triangle(name: str, doc: str, keep_lower: bool) -> Any:
    def triangle(input, diagonal=0):
        check(input.meta.ndim >= 2, "{}: input tensor must have at least 2 dimensions", name)

        rows, columns = input.meta.shape[-2:]
        row, column = arange(rows).unsqueeze(1), arange(columns)
        out = column > row + diagonal if keep_lower else column < row + diagonal
        return input.masked_fill(out, 0)

    triangle.__name__ = triangle.__qualname__ = name
    triangle.__doc__ = doc
    return composite(triangle, inplace=True)


tril = _triangle("tril", "The lower triangle of each matrix, 0 above the given diagonal.", True)
triu = _triangle("triu", "The upper triangle of each matrix, 0 below the given diagonal.", False)

