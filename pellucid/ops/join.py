"""Putting tensors together, repeating, turning round: everything that copies whole pieces."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from .. import dtypes
from ..check import check
from ..codegen import cpu
from ..codegen.ir import Builder, Kernel, Launch
from ..core import meta as metas
from ..core import op as core_op
from ..core.meta import Meta
from ..core.op import Parameter, Plan
from ..core.tensor import TensorBase
from .create import arange, empty, uninitialised
from .family import REGISTRY, common_device, composite, result_dtype, steps

# ---- cat -----------------------------------------------------------------------------------------------------------------------------

PIECE = 1 << 16                 # bytes a chunk of the kernel copies


def _joined(given: Sequence[Meta], dim: int) -> tuple[list[int], Meta, int]:
    """(places of the operands that count, the result, the dimension) of a concatenation: empty vectors are left out."""
    check(len(given) > 0, "torch.cat(): expected a non-empty list of Tensors", error=ValueError)
    for k, meta in enumerate(given):
        check(meta.ndim > 0, "zero-dimensional tensor (at position {}) cannot be concatenated", k)
    places = [k for k, meta in enumerate(given) if meta.ndim != 1 or meta.numel]
    d, device = result_dtype(given), common_device("cat", given)
    if not places:
        return places, metas.contiguous((0,), d, device), 0
    first = given[places[0]]
    dim = metas.wrap_dim(dim, first.ndim)
    for k in places:
        meta = given[k]
        check(meta.ndim == first.ndim, "Tensors must have same number of dimensions: got {} and {}", first.ndim, meta.ndim)
        for axis in range(first.ndim):
            check(axis == dim or meta.shape[axis] == first.shape[axis], "Sizes of tensors must match except in dimension {}. Expected size {} but got "
                  "size {} for tensor number {} in the list.", dim, first.shape[axis], meta.shape[axis], k)
    shape = (*first.shape[:dim], sum(given[k].shape[dim] for k in places), *first.shape[dim + 1:])
    last = first.ndim == 4 and all(metas.is_contiguous(given[k], metas.channels_last) and not given[k].contiguous for k in places)
    if last:
        return places, metas.make(shape, metas.format_strides(shape, metas.channels_last), d, device), dim
    return places, metas.contiguous(shape, d, device), dim


def _rows_planner(op: Any, key: tuple[Any, ...]) -> Plan:
    """One launch for all parts, which are contiguous: each is rows of so many bytes, to be written so far apart."""
    padded, count, dim, stacked = key
    if stacked:                                            # a row, or a piece of one, is a whole tensor: it gets the new dimension first
        dim = metas.wrap_dim(dim, padded[0].ndim + 1)
        padded = [metas.contiguous((*one.sizes[:dim], 1, *one.sizes[dim:]), one.dtype, one.device) for one in padded]
    places, out, dim = _joined(padded[:count], dim)
    rows, inner = math.prod(out.shape[:dim]), math.prod(out.shape[dim + 1:]) * out.itemsize

    def build() -> tuple[Any, ...]:
        widths = [padded[k].shape[dim] * inner for k in places]
        unit = math.gcd(8, *widths)
        heads: list[int] = []
        groups: list[int] = []
        offset, total = 0, sum(-(-rows // _rows_a_piece(width)) * -(-width // PIECE) for width in widths)
        for k, width in zip(places, widths, strict=True):
            pieces = -(-width // PIECE)
            chunks = -(-rows // _rows_a_piece(width)) * pieces
            groups += [width, offset, len(heads), _rows_a_piece(width), max(pieces, 1), 1 + k]
            heads += [2 + total + len(groups) - 6] * chunks
            offset += width
        launch = Launch(_rows_kernel(unit, 1 + len(padded), cpu.vector_bytes()), (rows, offset, *heads, *groups), len(heads), rows * offset * 0.05)
        return steps([launch] if heads else [])

    return Plan((out,), build)


def _rows_a_piece(width: int) -> int:
    return max(1, PIECE // max(width, 1))


@lru_cache(256)
def _rows_kernel(unit: int, table: int, vector_bytes: int) -> Kernel:
    """words   the result, the parts, (`table`:) rows, bytes from row to row of the result; for each chunk where its part's words begin (after
    `table`); for each part its bytes a row, where they begin in the result's, its first chunk, rows a chunk, chunks a row, its pointer's word"""
    b = Builder("cat")
    type, lanes = f"u{8 * unit}", vector_bytes // unit
    out, rows, pitch = b.word(0, "ptr"), b.word(table), b.word(table + 1)
    with b.loop(b.begin, b.end) as chunk:
        group = b.word(chunk.index + (table + 2)) + table
        width, offset, first, height, pieces, place = (b.word(group + k) for k in range(6))
        block, piece = b.divmod(chunk.index - first, pieces)
        low = piece * PIECE
        high = b.min(low + PIECE, width)
        full = low + (((high - low) >> vector_bytes.bit_length() - 1) << vector_bytes.bit_length() - 1)
        source = b.word(place, "ptr")
        start = block * height
        with b.loop(start, b.min(start + height, rows)) as row:
            read, write = b.offset(source, row.index * width), b.offset(out, row.index * pitch + offset)
            with b.loop(low, full, vector_bytes) as loop:
                b.store(b.offset(write, loop.index), b.load(b.offset(read, loop.index), type, lanes), type)
            with b.when(full < high):
                mask = b.first((high - full) >> unit.bit_length() - 1, lanes)
                b.store(b.offset(write, full), b.load(b.offset(read, full), type, lanes, mask), type, mask)
    return b.kernel()


def _rows(tensors, count, dim, stacked):
    """The first `count` of contiguous tensors of one type, one after the other along `dim`, a new one if `stacked`; the others fill the list."""


_rows = core_op.Op("cat_rows", _rows, (Parameter("tensors", core_op.OPERANDS), *(Parameter(n, core_op.STATIC) for n in ("count", "dim", "stacked"))),
                   _rows_planner)


def _in_one_launch(tensors, dim, stacked):
    count = len(tensors)
    room = max(4, 1 << (count - 1).bit_length())           # so that the number of tensors is hardly ever part of the kernel's text
    return _rows([*tensors, *[tensors[0]] * (room - count)], count, dim, stacked)


def _alike(tensors, shaped):
    """Whether all are contiguous, of one type and, if `shaped`, of one shape, and nothing is to be recorded: then one launch is all there is to do."""
    if (type(tensors) is not list and type(tensors) is not tuple) or not tensors or not isinstance(tensors[0], TensorBase):
        return False
    first = tensors[0].meta
    if not first.contiguous:
        return False
    for t in tensors:
        if not isinstance(t, TensorBase) or t.requires_grad:
            return False
        meta = t.meta
        if meta is not first and (not meta.contiguous or meta.dtype is not first.dtype or meta.device is not first.device
                                  or shaped and meta.sizes != first.sizes):
            return False
    return True


def _cat(tensors, dim=0):
    """Tensors one after the other along `dim`; their other sizes must agree (empty 1-d tensors are left out)."""
    count = len(tensors)
    if count and all([t.meta.contiguous and t.meta.dtype is tensors[0].meta.dtype for t in tensors]):
        return _in_one_launch(tensors, dim, False)
    places, meta, dim = _joined([t.meta for t in tensors], dim)
    out = uninitialised(meta)
    start = 0
    for k in places:
        size = tensors[k].meta.shape[dim]
        out.narrow(dim, start, size).copy_(tensors[k])
        start += size
    return out


_cat = core_op.Op("cat", _cat, (Parameter("tensors", core_op.OPERANDS), Parameter("dim", core_op.STATIC, 0)), None, kind=core_op.HOST)


@composite
def cat(tensors, dim=0, *, axis=None, out=None):
    """Tensors one after the other along `dim` (or `axis`); their other sizes must agree (empty 1-d tensors are left out)."""
    dim = dim if axis is None else axis
    if out is None and type(dim) is int and _alike(tensors, False):
        return _in_one_launch(tensors, dim, False)
    check(hasattr(dim, "__index__") and not isinstance(dim, bool), "cat(): argument 'dim' (position 2) must be int, not {}", type(dim).__name__,
          error=TypeError)
    return _cat(tensors, dim) if out is None else _cat(tensors, dim, out=out)


@_cat.derivative
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
    if type(dim) is int and _alike(tensors, True):
        return _in_one_launch(tensors, dim, True)
    check(isinstance(tensors, (tuple, list)), "stack(): argument 'tensors' (position 1) must be tuple of Tensors, not {}", type(tensors).__name__,
          error=TypeError)
    check(len(tensors) > 0, "stack expects a non-empty TensorList")
    shape = tensors[0].meta.shape
    for k, t in enumerate(tensors):
        check(t.meta.shape == shape, "stack expects each tensor to be equal size, but got {} at entry 0 and {} at entry {}", list(shape), list(t.meta.shape), k)
    dim = metas.wrap_dim(dim, len(shape) + 1)
    parts = [t.unsqueeze(dim) for t in tensors]
    last = metas.channels_last
    if len(shape) == 3 and all(metas.is_contiguous(part.meta, last) and not part.meta.contiguous for part in parts):
        parts[0] = parts[0].contiguous()                   # `cat` would take the new dimension for channels and keep them last
    return cat(parts, dim)


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
    check(len(tensors) > 0, "vstack expects a non-empty TensorList")
    return cat([_at_least(t, 2) for t in tensors], 0)


@composite
def dstack(tensors):
    """Tensors along dimension 2."""
    check(len(tensors) > 0, "dstack expects a non-empty TensorList")
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
    if not input.meta.ndim:
        return input.clone()
    index = tuple(slice(None, None, -1) if d in wrapped else slice(None) for d in range(input.meta.ndim))
    order = sorted(range(input.meta.ndim), key=lambda d: -input.meta.strides[d])           # dimensions stay in their order in memory
    back = sorted(range(input.meta.ndim), key=order.__getitem__)
    return input[index].permute(order).clone(memory_format=metas.contiguous_format).permute(back)


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


# ---- diagonals, blocks, turns ------------------------------------------------------------------------------------------------------------

@composite
def diag_embed(input, offset=0, dim1=-2, dim2=-1):
    """Matrices, in the dimensions `dim1` and `dim2` of the result, with the last dimension of `input` on a diagonal and 0 elsewhere."""
    rank = input.meta.ndim + 1
    one, two = metas.wrap_dim(dim1, rank), metas.wrap_dim(dim2, rank)
    check(one != two, "diagonal dimensions cannot be identical {}, {}", dim1, dim2)
    size = input.meta.shape[-1] + abs(offset)
    rest = list(input.meta.shape[:-1])
    for d in sorted((one, two)):
        rest.insert(d, size)
    return REGISTRY["diagonal_scatter"](input.new_zeros(rest), input, offset, one, two)


@composite
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
        check(t.meta.ndim <= 2, "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input {} has {} dimensions", k, t.meta.ndim)
    if not tensors:
        return empty((1, 0))
    parts = [_at_least(t, 2) for t in tensors]
    d = result_dtype([t.meta for t in parts])
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
    return tensors[0] if len(tensors) == 1 else stack([t.reshape(-1) for t in REGISTRY["meshgrid"](*tensors, indexing="ij")], 1)


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
    check(one != two and abs(one - two) != input.meta.ndim, "expected rotation dims to be different, but got dim0 = {} and dim1 = {}", one, two)
    for d in dims:
        check(-input.meta.ndim <= d < input.meta.ndim, "Rotation dim0 out of range, dim0 = {}", d)
    k %= 4
    if k == 2:
        return flip(input, (one, two))
    if k == 0:
        return input.clone(memory_format=metas.contiguous_format)
    return flip(input, (two if k == 1 else one,)).transpose(one, two)


@composite
def repeat_interleave(input, repeats=None, dim=None, *, output_size=None):
    """Each element (or slice along `dim`) `repeats` times, one count for all or one for each; with a tensor of counts alone, their indices."""
    if repeats is None:
        check(input.meta.ndim == 1 and input.meta.dtype.kind in "ui", "repeat_interleave only accept 1D vector as repeat")
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
    counts = repeats if hasattr(repeats, "meta") else REGISTRY["tensor"](repeats)
    check(counts.meta.ndim <= 1, "repeats must be 0-dim or 1-dim tensor")
    check(counts.meta.dtype in (dtypes.int64, dtypes.int32), "repeats has to be Long or Int tensor")
    size = input.meta.shape[dim]
    if counts.meta.numel == 1:
        counts = counts.reshape(1).expand((size,))
    check(counts.meta.numel == size, "repeats must have the same size as input along dim, but got repeats.size(0) = {} and input.size({}) = {}",
          counts.meta.numel, dim,
          size)
    return input.index_select(dim, _repeated(counts))


def _repeated(counts: Any) -> Any:
    """The index 0 as often as the first count says, and so on."""
    check(counts.meta.numel == 0 or bool((counts >= 0).all()), "repeats can not be negative")
    ends = counts.to(dtypes.int64).cumsum(0)
    total = int(ends[-1].item()) if ends.meta.numel else 0
    return ends.new_zeros((total + 1,)).scatter_add(0, ends, ends.new_ones(ends.meta.shape)).narrow(0, 0, total).cumsum(0).to(counts.meta.dtype)


@composite
def constant_pad_nd(input, pad, value=0):
    """The input with `value` around it: `pad` has the widths before and behind the last dimension, the last but one ...; negative ones cut."""
    check(len(pad) % 2 == 0, "Length of pad must be even but instead it equals {}", len(pad))
    check(len(pad) <= 2 * input.meta.ndim, "Length of pad should be no more than twice the number of dimensions of the input. Pad length is {} while the "
          "input has "
          "{} dimensions.", len(pad), input.meta.ndim)
    for k in range(len(pad) // 2):
        dim, before, behind = input.meta.ndim - 1 - k, *pad[2 * k:2 * k + 2]
        size = input.meta.shape[dim] + before + behind
        check(size >= 0, "The input size {}, plus negative padding {} and {}, resulted in a negative output size, which is invalid. Check dimension {} of "
              "your input.",
              input.meta.shape[dim], before, behind, dim)
        start, stop = max(0, -before), input.meta.shape[dim] - max(0, -behind)
        input = input.narrow(dim, min(start, input.meta.shape[dim]), max(0, stop - start))
        edges = [input.new_full((*input.meta.shape[:dim], max(0, n), *input.meta.shape[dim + 1:]), value) for n in (before, behind)]
        if max(before, behind) > 0:
            input = cat([edges[0], input, edges[1]], dim)
    return input if any(n > 0 for n in pad) else input.clone()


# ---- pixels and channels -----------------------------------------------------------------------------------------------------------------

@composite
def pixel_shuffle(input, upscale_factor):
    """(..., C * r * r, H, W) as (..., C, H * r, W * r): channels become r x r blocks of pixels."""
    r = _whole("pixel_shuffle", "upscale_factor", upscale_factor)
    check(input.meta.ndim >= 3, "pixel_shuffle expects input to have at least 3 dimensions, but got input with {} dimension(s)", input.meta.ndim)
    check(r > 0, "pixel_shuffle expects a positive upscale_factor, but got {}", r)
    *batch, c, h, w = input.meta.shape
    check(c % (r * r) == 0, "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but input.size(-3)={} "
          "is not "
          "divisible by {}", c, r * r)
    n = len(batch)
    split = input.reshape(*batch, c // (r * r), r, r, h, w).permute(*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return _laid_out(split.reshape(*batch, c // (r * r), h * r, w * r), input)


def _whole(name: str, parameter: str, value: Any) -> int:
    """An argument that has to be a whole number."""
    check(hasattr(type(value), "__index__") and not isinstance(value, bool), "{}(): argument '{}' (position 2) must be int, not {}", name, parameter,
          type(value).__name__, error=TypeError)
    return operator.index(value)


def _laid_out(found: Any, like: Any) -> Any:
    """A result of its own in the memory format that the input's strides speak for."""
    format = metas.suggested_format(like.meta)
    if found.meta.strides == metas.format_strides(found.meta.shape, format) and found.storage is not like.storage:
        return found
    return found.clone(memory_format=format)


@composite
def pixel_unshuffle(input, downscale_factor):
    """The inverse of `pixel_shuffle`."""
    r = _whole("pixel_unshuffle", "downscale_factor", downscale_factor)
    check(input.meta.ndim >= 3, "pixel_unshuffle expects input to have at least 3 dimensions, but got input with {} dimension(s)", input.meta.ndim)
    check(r > 0, "pixel_unshuffle expects a positive downscale_factor, but got {}", r)
    *batch, c, h, w = input.meta.shape
    check(h % r == 0 and w % r == 0, "pixel_unshuffle expects height and width to be divisible by downscale_factor, but input of size {} is not divisible "
          "by {}",
          [h, w], r)
    n = len(batch)
    split = input.reshape(*batch, c, h // r, r, w // r, r).permute(*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return _laid_out(split.reshape(*batch, c * r * r, h // r, w // r), input)


@composite
def channel_shuffle(input, groups):
    """Channels (dimension 1) dealt out anew: the first of every group, then the second of every group ..."""
    check(input.meta.ndim > 2, "channel_shuffle expects input with > 2 dims, but got input with sizes {}", list(input.meta.shape))
    groups = _whole("channel_shuffle", "groups", groups)
    check(groups > 0, "Number of groups to divide channels in must be positive. Value of groups:{}", groups)
    n, c, *rest = input.meta.shape
    check(c % groups == 0, "Number of channels must be divisible by groups. Got {} channels and {} groups.", c, groups)
    return _laid_out(input.reshape(n, groups, c // groups, *rest).transpose(1, 2).reshape(n, c, *rest), input)


# ---- views as copies ---------------------------------------------------------------------------------------------------------------------

@composite
def alias_copy(input):
    """A copy."""
    return input.clone(memory_format=metas.contiguous_format)


def _copied(name: str) -> Any:
    def copied(*args, **kwargs):
        found = REGISTRY[name](*args, **kwargs)
        return tuple(t.clone(memory_format=metas.contiguous_format) for t in found) if isinstance(found, (tuple, list)) else \
            found.clone(memory_format=metas.contiguous_format)

    copied.__name__ = copied.__qualname__ = name + "_copy"
    copied.__doc__ = f"`{name}`, copied."
    return composite(copied)


@composite
def narrow_copy(input, dim, start, length):
    """`narrow`, copied."""
    check(dim < max(input.meta.ndim, 1), "narrow_copy(): dimension {} is not one of the {} that the tensor has", dim, input.meta.ndim)
    return REGISTRY["narrow"](input, dim, start, length).clone(memory_format=metas.contiguous_format)


VIEWS_WITH_COPIES = """as_strided diagonal expand permute select split split_with_sizes squeeze t transpose unbind unfold unsqueeze view
view_as_complex view_as_real""".split()
for _name in VIEWS_WITH_COPIES:
    _copied(_name)
