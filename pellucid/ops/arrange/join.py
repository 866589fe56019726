"""Joining tensors: cat, stack and their kin."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen.ir import Builder, Kernel, Launch, Value, writer
from ...codegen.targets.target import Target
from ...core import meta as metas
from ...core.meta import Meta
from ...core.tensor import TensorBase
from ..families.composites import composite, host
from ..families.declare import plan_of, register
from ..families.planned import structured
from ..families.types import common_device, result_dtype
from ..made.arguments import uninitialised, unseen

PIECE = 1 << 16                 # bytes a chunk of the kernel copies
BLOCK = 1 << 11                 # rows of single elements a chunk copies of each part: the cache keeps their lines


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
        check(meta.ndim == first.ndim, "Tensors must have same number of dimensions: got {} and {}", first.ndim,
              meta.ndim)
        for axis in range(first.ndim):
            check(axis == dim or meta.shape[axis] == first.shape[axis],
                  "Sizes of tensors must match except in dimension {}. Expected size {} but got "
                  "size {} for tensor number {} in the list.", dim, first.shape[axis], meta.shape[axis], k)
    shape = (*first.shape[:dim], sum(given[k].shape[dim] for k in places), *first.shape[dim + 1:])
    layout = metas.suggested_format(first)
    if any(metas.suggested_format(given[k]) is not layout for k in places[1:]):
        layout = metas.contiguous_format
    return places, metas.make(shape, metas.format_strides(shape, layout), d, device), dim


@structured(lists="padded", name="cat_rows", public=False)
def _rows(padded, count, dim, stacked):
    """The first `count` of contiguous tensors of one type, one after the other along `dim`, a new one if `stacked`; the
    others fill the list. One launch for all parts: each is rows of so many bytes, to be written so far apart."""
    # a row, or a piece of one, is a whole tensor: it gets the new dimension first
    if stacked:
        dim = metas.wrap_dim(dim, padded[0].ndim + 1)
        padded = [metas.contiguous((*one.sizes[:dim], 1, *one.sizes[dim:]), one.dtype, one.device) for one in padded]
    places, out, dim = _joined(padded[:count], dim)
    # dimensions as they follow one another in memory: channels may come last where an operand's strides mean both
    order = list(range(out.ndim)) if out.contiguous else list(reversed(metas.suggested_format(out).order))
    place = order.index(dim) if order else 0
    rows, inner = (math.prod(out.shape[d] for d in part) for part in (order[:place], order[place + 1:]))
    inner *= out.itemsize

    def build(target: Target) -> list[Launch]:
        widths = [padded[k].shape[dim] * inner for k in places]
        unit = math.gcd(8, *widths)
        if len(widths) > 1 and set(widths) == {unit}:
            words = (rows, len(places), *[1 + k for k in places])
            return [Launch(_columns_kernel(unit, 1 + len(padded), target.vector_bytes), words, -(-rows // BLOCK),
                           rows * len(widths) * 0.3)]
        heads: list[int] = []
        groups: list[int] = []
        offset, total = 0, sum(-(-rows // _rows_a_piece(width)) * -(-width // PIECE) for width in widths)
        for k, width in zip(places, widths, strict=True):
            pieces = -(-width // PIECE)
            chunks = -(-rows // _rows_a_piece(width)) * pieces
            groups += [width, offset, len(heads), _rows_a_piece(width), max(pieces, 1), 1 + k]
            heads += [2 + total + len(groups) - 6] * chunks
            offset += width
        launch = Launch(_rows_kernel(unit, 1 + len(padded), target.vector_bytes), (rows, offset, *heads, *groups),
                        len(heads), rows * offset * 0.05)
        return [launch] if heads else []

    return plan_of((out,), build)


def _rows_a_piece(width: int) -> int:
    return max(1, PIECE // max(width, 1))


@writer
def _rows_kernel(unit: int, table: int, vector_bytes: int) -> Kernel:
    """words   the result, the parts, (`table`:) rows, bytes from row to row of the result; for each chunk where its
               part's words begin (after
    `table`); for each part its bytes a row, where they begin in the result's, its first chunk, rows a chunk, chunks a
    row, its pointer's word"""
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


@writer
def _columns_kernel(unit: int, table: int, vector_bytes: int) -> Kernel:
    """Parts whose rows are one element each, of `unit` bytes: they become columns.

    words   the result, the parts, (`table`:) rows, how many parts; for each its pointer's word"""
    b = Builder("cat")
    type, lanes = f"u{8 * unit}", min(vector_bytes // unit, 16)
    shift = lanes.bit_length() - 1
    out, rows, count = b.word(0, "ptr"), b.word(table), b.word(table + 1)
    pitch = count * unit
    steps = b.splat(pitch, lanes) * b.iota("i64", lanes)
    with b.loop(b.begin, b.end) as chunk:
        low = chunk.index * BLOCK
        high = b.min(low + BLOCK, rows)
        full = low + (((high - low) >> shift) << shift)
        with b.loop(0, count) as part:
            source, first = b.word(b.word(part.index + (table + 2)), "ptr"), b.offset(out, part.index * unit)

            def copy(row: Value, mask: Value | None = None) -> None:
                found = b.load(b.offset(source, row * unit), type, lanes, mask)
                b.scatter(b.offset(first, row * pitch), steps, found, type, mask)

            with b.loop(low, full, lanes) as loop:
                copy(loop.index)
            with b.when(full < high):
                copy(full, b.first(high - full, lanes))
    return b.kernel()


def _in_one_launch(tensors, dim, stacked):
    count = len(tensors)
    # so that the number of tensors is hardly ever part of the kernel's text
    room = max(4, 1 << (count - 1).bit_length())
    return _rows([*tensors, *[tensors[0]] * (room - count)], count, dim, stacked)


def _alike(tensors, shaped):
    """Whether all are contiguous, of one type and, if `shaped`, of one shape, and nothing is to be recorded: then one
    launch is all there is to do.
    """
    if (type(tensors) is not list
        and type(tensors) is not tuple) or not tensors or not isinstance(tensors[0], TensorBase):
        return False
    first = tensors[0].meta
    if not first.contiguous:
        return False
    for t in tensors:
        if not isinstance(t, TensorBase) or t.requires_grad:
            return False
        meta = t.meta
        if meta is not first and (not meta.contiguous or meta.dtype is not first.dtype
                                  or meta.device is not first.device
                                  or shaped and meta.sizes != first.sizes):
            return False
    return True


@host(lists="tensors", name="cat", public=False)
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
    return unseen(out)


@composite
def cat(tensors, dim=0, *, axis=None, out=None):
    """Tensors one after the other along `dim` (or `axis`); their other sizes must agree (empty 1-d tensors are left
    out).
    """
    dim = dim if axis is None else axis
    if out is None and type(dim) is int and _alike(tensors, False):
        return _in_one_launch(tensors, dim, False)
    check(hasattr(dim, "__index__") and not isinstance(dim, bool),
          "cat(): argument 'dim' (position 2) must be int, not {}", type(dim).__name__,
          error=TypeError)
    if out is None:
        return _cat(tensors, dim)
    for t in tensors if isinstance(out, TensorBase) else ():
        check(dtypes.can_cast(t.meta.dtype, out.meta.dtype),
              "torch.cat(): input types can't be cast to the desired output type {}", out.meta.dtype.title,
              error=TypeError)
    return _cat(tensors, dim, out=out)


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
def stack(tensors, dim=0, *, out=None):
    """Tensors of one shape along a new dimension."""
    if out is None and type(dim) is int and _alike(tensors, True):
        return _in_one_launch(tensors, dim, True)
    check(isinstance(tensors, (tuple, list)),
          "stack(): argument 'tensors' (position 1) must be tuple of Tensors, not {}", type(tensors).__name__,
          error=TypeError)
    check(len(tensors) > 0, "stack expects a non-empty TensorList")
    shape = tensors[0].meta.shape
    for k, t in enumerate(tensors):
        check(t.meta.shape == shape,
              "stack expects each tensor to be equal size, but got {} at entry 0 and {} at entry {}", list(shape),
              list(t.meta.shape), k)
    dim = metas.wrap_dim(dim, len(shape) + 1)
    parts = [t.unsqueeze(dim) for t in tensors]
    last = metas.channels_last
    if len(shape) == 3 and all(metas.is_contiguous(part.meta, last) and not part.meta.contiguous for part in parts):
        # `cat` would take the new dimension for channels and keep them last
        parts[0] = parts[0].contiguous()
    return cat(parts, dim, out=out)


def _at_least(t: Any, n: int) -> Any:
    while t.meta.ndim < n:
        t = t.unsqueeze(0 if t.meta.ndim < 2 else -1)
    return t


def expect_sequence(name: str, tensors: Any) -> None:
    """TypeError for one tensor where several are wanted: its rows would do, but PyTorch's programs would not run on it.
    """
    check(isinstance(tensors, (tuple, list)), "{}(): argument 'tensors' (position 1) must be tuple of Tensors, not {}",
          name, type(tensors).__name__, error=TypeError)


@composite
def hstack(tensors, *, out=None):
    """Tensors side by side: along dimension 1, or 0 for vectors."""
    expect_sequence("hstack", tensors)
    check(len(tensors) > 0, "hstack expects a non-empty TensorList")
    tensors = [_at_least(t, 1) for t in tensors]
    return cat(tensors, 0 if tensors[0].meta.ndim == 1 else 1, out=out)


@composite
def vstack(tensors, *, out=None):
    """Tensors below one another: along dimension 0; vectors are rows."""
    expect_sequence("vstack", tensors)
    check(len(tensors) > 0, "vstack expects a non-empty TensorList")
    return cat([_at_least(t, 2) for t in tensors], 0, out=out)


@composite
def dstack(tensors, *, out=None):
    """Tensors along dimension 2."""
    expect_sequence("dstack", tensors)
    check(len(tensors) > 0, "dstack expects a non-empty TensorList")
    return cat([_at_least(t, 3) for t in tensors], 2, out=out)


@composite
def column_stack(tensors, *, out=None):
    """Vectors as the columns of a matrix, matrices side by side."""
    expect_sequence("column_stack", tensors)
    return cat([t.reshape(-1, 1) if t.meta.ndim <= 1 else t for t in tensors], 1, out=out)


for _alias, _op in {"concat": cat, "concatenate": cat, "row_stack": vstack}.items():

    register(_op, _alias)
