"""Repeated, flipped, rolled, turned; triangles, diagonals and blocks."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ..families.composites import composite
from ..families.types import result_dtype
from ..made.data import tensor
from ..made.rule import arange, meshgrid
from ..made.size import empty
from .join import _at_least, cat, stack
from .pieces import diagonal_scatter
from .view import owned


@composite
def repeat(input, *sizes, repeats=None):
    """The input repeated `sizes` times along each dimension (new ones come first)."""
    sizes = sizes if repeats is None else (repeats,)
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    check(len(sizes) >= input.meta.ndim,
          "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    for size in sizes:
        check(size >= 0, "Trying to create tensor with negative dimension {}: {}", size, list(sizes))
    shape = (1,) * (len(sizes) - input.meta.ndim) + tuple(input.meta.shape)
    paired, wide = [], []
    for times, size in zip(sizes, shape):
        paired += [1, size]
        wide += [times, size]
    return owned(input.reshape(paired).expand(wide).clone(memory_format=metas.contiguous_format)
                 .reshape([t * s for t, s in zip(sizes, shape)]))


@composite
def tile(input, dims, *more):
    """`repeat`, with missing leading repeats taken as 1."""
    dims = (dims, *more) if isinstance(dims, int) else tuple(dims)
    return repeat(input, *((1,) * (input.meta.ndim - len(dims)) + dims))


@composite
def flip(input, dims, *more):
    """A copy with the order along `dims` reversed."""
    dims = (dims, *more) if isinstance(dims, int) else tuple(dims)
    wrapped = {metas.wrap_dim(d, input.meta.ndim, True) for d in dims}
    check(len(wrapped) == len(dims), "dim appears multiple times in the list of dims")
    if not dims or not input.meta.ndim:
        return input.clone()
    index = tuple(slice(None, None, -1) if d in wrapped else slice(None) for d in range(input.meta.ndim))
    # dimensions stay in their order in memory
    order = sorted(range(input.meta.ndim), key=lambda d: -input.meta.strides[d])
    back = sorted(range(input.meta.ndim), key=order.__getitem__)
    return owned(input[index].permute(order).clone(memory_format=metas.contiguous_format).permute(back))


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
        return owned(roll(input.reshape(-1), shifts, (0,)).reshape(input.meta.shape))
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
        check(hasattr(diagonal, "__index__"), "{}(): argument 'diagonal' (position 2) must be int, not {}", name,
              type(diagonal).__name__, error=TypeError)
        check(input.meta.ndim >= 2, "{}: input tensor must have at least 2 dimensions", name)

        rows, columns = input.meta.shape[-2:]
        row, column = arange(rows, device=input.meta.device).unsqueeze(1), arange(columns, device=input.meta.device)
        out = column > row + diagonal if keep_lower else column < row + diagonal
        return input.masked_fill(out, 0)

    triangle.__name__ = triangle.__qualname__ = name
    triangle.__doc__ = doc
    return composite(triangle, inplace=True, exact=True)


tril = _triangle("tril", "The lower triangle of each matrix, 0 above the given diagonal.", True)
triu = _triangle("triu", "The upper triangle of each matrix, 0 below the given diagonal.", False)


@composite
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices, in the dimensions `dim1` and `dim2` of the result, with the last dimension of `input` on a diagonal and
    0 elsewhere.
    """
    rank = input.meta.ndim + 1
    one, two = metas.wrap_dim(dim1, rank), metas.wrap_dim(dim2, rank)
    check(one != two, "diagonal dimensions cannot be identical {}, {}", dim1, dim2)
    size = input.meta.shape[-1] + abs(offset)
    rest = list(input.meta.shape[:-1])
    for d in sorted((one, two)):
        rest.insert(d, size)
    return diagonal_scatter(input.new_zeros(rest), input, offset, one, two)


@composite(exact=True, out=True)
def diag(input, diagonal=0):
    """The diagonal of a matrix, or the matrix with a vector on its diagonal."""
    check(input.meta.ndim in (1, 2), "diag(): Supports 1D or 2D tensors. Got {}D", input.meta.ndim)
    return diag_embed(input, diagonal) if input.meta.ndim == 1 else input.diagonal(diagonal).clone()


@composite
def diagflat(input, offset=0):
    """The matrix with all elements of `input` on a diagonal."""
    return diag(input.reshape(-1), offset)


@composite
def block_diag(*tensors):
    """The matrix with these matrices (vectors are rows) along its diagonal."""
    tensors = tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    for k, t in enumerate(tensors):
        check(t.meta.ndim <= 2,
              "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {} has {} dimensions", k,
              t.meta.ndim)
    if not tensors:
        return empty((1, 0))
    d = result_dtype([t.meta for t in tensors])
    parts = [_at_least(t, 2) for t in tensors]
    width, left, rows = sum(t.meta.shape[1] for t in parts), 0, []
    for t in parts:
        height, own = t.meta.shape
        t = t.to(d)
        rows.append(cat([t.new_zeros((height, left)), t, t.new_zeros((height, width - left - own))], 1))
        left += own
    return cat(rows, 0)


@composite
def cartesian_prod(*tensors):
    """All combinations of one element of each vector, as rows."""
    tensors = tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    for t in tensors:
        check(t.meta.ndim == 1, "Expect a 1D vector, but got shape {}", list(t.meta.shape))
    return tensors[0] if len(tensors) == 1 else stack([t.reshape(-1) for t in meshgrid(*tensors, indexing="ij")], 1)


@composite
def combinations(input, r=2, with_replacement=False):
    """All choices of `r` elements of a vector, in order, as rows."""
    check(input.meta.ndim == 1, "Expect a 1D vector, but got shape {}", list(input.meta.shape))
    check(r >= 0, "Expect a non-negative number, but got {}", r)
    if r == 0:
        return input.new_empty((0,))
    places = cartesian_prod(*[arange(input.meta.shape[0])] * r).reshape(-1, r)
    sooner, later = places.narrow(1, 0, r - 1), places.narrow(1, 1, r - 1)
    rows = places[(sooner <= later if with_replacement else sooner < later).all(1)]
    return input[rows]


@composite
def rot90(input, k=1, dims=(0, 1)):
    """A copy turned by `k` quarters in the plane of `dims`, from the first towards the second."""
    check(len(dims) == 2, "expected total rotation dims == 2, but got dims = {}", len(dims))
    check(input.meta.ndim >= 2, "expected total dims >= 2, but got total dims = {}", input.meta.ndim)
    one, two = dims
    check(one != two and abs(one - two) != input.meta.ndim,
          "expected rotation dims to be different, but got dim0 = {} and dim1 = {}", one, two)
    for d in dims:
        check(-input.meta.ndim <= d < input.meta.ndim, "Rotation dim0 out of range, dim0 = {}", d)
    k %= 4
    if k == 2:
        return flip(input, (one, two))
    if k == 0:
        return input.clone(memory_format=metas.contiguous_format)
    return owned(flip(input, (two if k == 1 else one,)).transpose(one, two))


@composite
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Each element (or slice along `dim`) `repeats` times, one count for all or one for each; with a tensor of counts
    alone, their indices.
    """
    if repeats is None:
        check(input.meta.ndim < 2, "repeat_interleave(): 'repeats' is missing: of counts alone, that are the input, "
              "there is one dimension", error=TypeError)
        check(input.meta.ndim == 1 and input.meta.dtype.kind in "ui",
              "repeat_interleave only accept 1D vector as repeat")
        return _repeated(input)
    if dim is None:
        input, dim = input.reshape(-1), 0
    dim = metas.wrap_dim(dim, input.meta.ndim, True)
    if not input.meta.ndim:
        input = input.reshape(1)
    if not hasattr(repeats, "meta") and isinstance(repeats, int):
        check(repeats >= 0, "Repeats must be non-negative")
        wide = input.unsqueeze(dim + 1)
        shape = list(wide.meta.shape)
        shape[dim + 1] = repeats
        return wide.expand(shape).clone(memory_format=metas.contiguous_format).flatten(dim, dim + 1)
    counts = repeats if hasattr(repeats, "meta") else tensor(repeats)
    check(counts.meta.ndim <= 1, "repeats must be 0-dim or 1-dim tensor")
    check(counts.meta.dtype in (dtypes.int64, dtypes.int32), "repeats has to be Long or Int tensor")
    size = input.meta.shape[dim]
    if counts.meta.numel == 1:
        counts = counts.reshape(1).expand((size,))
    check(counts.meta.numel == size,
          "repeats must have the same size as input along dim, but got repeats.size(0) = {} and input.size({}) = {}",
          counts.meta.numel, dim,
          size)
    return input.index_select(dim, _repeated(counts))


def _repeated(counts: Any) -> Any:
    """The index 0 as often as the first count says, and so on."""
    check(counts.meta.numel == 0 or bool((counts >= 0).all()), "repeats can not be negative")
    ends = counts.to(dtypes.int64).cumsum(0)
    total = int(ends[-1].item()) if ends.meta.numel else 0
    return ends.new_zeros((total + 1,)).scatter_add(0, ends, ends.new_ones(ends.meta.shape)).narrow(0, 0,
        total).cumsum(0).to(counts.meta.dtype)


@composite
def constant_pad_nd(input, pad, value=0):
    """The input with `value` around it: `pad` has the widths before and behind the last dimension, the last but one
    ...; negative ones cut.
    """
    check(len(pad) % 2 == 0, "Length of pad must be even but instead it equals {}", len(pad))
    check(len(pad) <= 2 * input.meta.ndim,
          "Length of pad should be no more than twice the number of dimensions of the input. Pad length is {} while "
          "the input has {} dimensions.", len(pad), input.meta.ndim)
    for k in range(len(pad) // 2):
        dim, before, behind = input.meta.ndim - 1 - k, *pad[2 * k:2 * k + 2]
        size = input.meta.shape[dim] + before + behind
        check(size >= 0,
              "The input size {}, plus negative padding {} and {}, resulted in a negative output size, which is "
              "invalid. Check dimension {} of your input.",
              input.meta.shape[dim], before, behind, dim)
        start, stop = max(0, -before), input.meta.shape[dim] - max(0, -behind)
        input = input.narrow(dim, min(start, input.meta.shape[dim]), max(0, stop - start))
        edges = [input.new_full((*input.meta.shape[:dim], max(0, n), *input.meta.shape[dim + 1:]), value)
                 for n in (before, behind)]
        if max(before, behind) > 0:
            input = cat([edges[0], input, edges[1]], dim)
    return input if any(n > 0 for n in pad) else input.clone()
