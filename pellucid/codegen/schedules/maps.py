"""Maps: one body for every element, over any layout and broadcast, indexed or not.

A map whose operands are transposed to each other is cut into square tiles that are turned in registers. Called by
ops/families.
"""

from __future__ import annotations

import math as pymath
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...dtypes import dtype
from ..ir import BITS, Builder, Kernel, Launch, Value, writer
from .loop import (
    CHUNK,
    STREAM_BYTES,
    Access,
    Arg,
    collapse,
    decompose,
    fit,
    inner_class,
    load_scalars,
    load_strides,
    move,
    shown,
)

__all__ = ["map_plan"]


APART = 16                      # chunks that a walk of indexed writes is cut into, if that takes cutting rows
NARROWEST = 128                 # elements of a row in one of them, at least


class _Layout(NamedTuple):
    """What of a map's operands is part of the kernel's text."""

    outer: int                                   # outer dimensions
    classes: tuple[str, ...]                     # of outputs, then inputs
    stream: bool = False
    serial: bool = False                         # indexed writes: those to one element go in order


def map_plan(name: str, body: Callable, shape: Sequence[int], outs: Sequence[Arg], ins: Sequence[Arg],
             scalars: Sequence[str] = (),
             combine: Callable | None = None, cost: float = 0.3, pointers: int | None = None, *,
             vector_bytes: int) -> list[Launch]:
    """Plan `outs = body(*ins, *scalars)` at every index of `shape`. `pointers` says how many pointers the argument list
    has, if other launches of the same plan use more than this one's operands.

    `body` must be hashable and stable (the kernel is remembered by it). With an indexed output, of which there is one,
    the writes to an element go in order, the last write wins; with `combine(old, new)` that is written. `cost` is the
    body's ns an element, beyond memory traffic.
    """
    args = [*outs, *ins]
    total = pymath.prod(shape)
    if total == 0:
        return []
    serial = any(a.index for a in outs)
    # indexed writes go in row-major order
    sizes, strides = collapse(shape, [a.strides for a in args], sort=not serial)
    if not sizes:
        sizes, strides = (1,), [(0,)] * len(args)
    apart = serial and not _may_overlap([*zip(strides[0], sizes), *zip(outs[0].index_strides, outs[0].index_sizes)])
    if apart:
        sizes, strides = _apart_first(sizes, strides)
    if not serial and len(sizes) > 1 and sizes[-1] < 8 and not any(a.index for a in args):
        sizes, strides = _longer_inside(sizes, strides, len(outs))
    inner, outer = sizes[-1], sizes[:-1]
    classes = tuple("u" if inner == 1 and k < len(outs)
                    else "r" if s[-1] == -1 and k >= len(outs) and not serial and not args[k].index
                    else inner_class(s[-1]) for k, s in enumerate(strides))
    rows = pymath.prod(outer)
    bytes = sum(total * a.dtype.itemsize for a, c in zip(args, classes) if c != "z")
    stream = (not serial and not outer and all(c == "u" for c in classes[:len(outs)])
              and not any(a.dtype.is_complex for a in outs)
              and sum(total * a.dtype.itemsize for a in outs) >= STREAM_BYTES)
    tile = _tile_dim(args, strides, classes, sizes,
                     len(outs)) if not serial and not any(a.index for a in args) else None
    if apart:
        rows_a_chunk, block, blocks = _cut_apart(sizes, strides[0])
    elif serial:
        rows_a_chunk, block, blocks = rows, inner, 1
    elif inner > CHUNK:
        rows_a_chunk, block, blocks = 1, CHUNK, -(-inner // CHUNK)
    else:
        rows_a_chunk, block, blocks = max(1, CHUNK // inner), inner, 1
    if tile is not None and (pointers or len(args)) == len(args):
        return _tile_plan(name, body, tile, sizes, args, strides, classes, len(outs), tuple(scalars),
                          total * cost + bytes * 0.1)
    words: list[int] = [inner, rows, rows_a_chunk, block, blocks, *outer]
    for a, s, c in zip(args, strides, classes):
        size = a.dtype.itemsize
        words += [t * size for t in s[:-1]]
        if c == "g":
            words.append(s[-1] * size)
        for stride, extent in zip(a.index_strides, a.index_sizes):
            words += [stride * size, extent]
    layout = _Layout(len(outer), classes, stream, serial)
    kernel = _map_kernel(name, body, layout, tuple(a.dtype for a in outs), tuple(a.dtype for a in ins),
                         tuple(a.index for a in args), tuple(scalars), combine, pointers or len(args), vector_bytes)
    gathered = sum(total for c in classes if c == "g") + sum(total for a in args if a.index)
    work = total * cost + bytes * 0.05 + gathered * 1.0 + rows * 8
    return [Launch(kernel, tuple(words), -(-rows // rows_a_chunk) * blocks, work)]


def _apart_first(sizes: tuple[int, ...], strides: list[tuple[int, ...]]) -> tuple[tuple[int, ...], list]:
    """The walk of an indexed write with the dimensions first that no index moves the output along (there it has a
    stride of its own): different places in them never meet. The last dimension stays where it is."""
    order = sorted(range(len(sizes) - 1), key=lambda d: strides[0][d] == 0) + [len(sizes) - 1]
    return tuple(sizes[d] for d in order), [tuple(s[d] for d in order) for s in strides]


def _cut_apart(sizes: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, int, int]:
    """How such a walk is cut into chunks that never write to one element: (rows a chunk, elements of a row in a block,
    blocks). Each chunk goes through all indices in order, so that the bits are those of one thread."""
    inner, outer = sizes[-1], sizes[:-1]
    apart = [d for d in range(len(outer)) if strides[d]]
    rows, count = pymath.prod(outer), pymath.prod(outer[d] for d in apart)
    indices = rows // count                      # rows that meet
    chunks = min(count, max(1, rows * inner // CHUNK))
    blocks = min(APART // chunks, inner // NARROWEST, rows * inner // CHUNK) if strides[-1] else 1
    if blocks < 2:
        return -(-count // chunks) * indices, inner, 1
    block = -(-inner // (blocks * NARROWEST)) * NARROWEST
    return -(-count // chunks) * indices, block, -(-inner // block)


def _may_overlap(dims: Sequence[tuple[int, int]]) -> bool:
    """Whether dimensions (stride, size) may lead to one element in two ways."""
    reach = 0
    for stride, size in sorted((abs(s), n) for s, n in dims if s and n > 1):
        if stride <= reach:
            return True
        reach += stride * (size - 1)
    return False


def _longer_inside(sizes: tuple[int, ...], strides: list[tuple[int, ...]],
                   nout: int) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """A walk whose last dimension has but a few elements, with a longer one last along which inputs are contiguous:
    rows cost more than steps.
    """
    best = max(range(len(sizes)), key=lambda d: (sizes[d] >= 32, sum(s[d] == 1 for s in strides[nout:]), sizes[d]))
    if sizes[best] < 32 or all(s[best] != 1 for s in strides[nout:]):
        return sizes, strides
    order = [d for d in range(len(sizes)) if d != best] + [best]
    return tuple(sizes[d] for d in order), [tuple(s[d] for d in order) for s in strides]


def lanes_for(dtypes: Sequence[dtype], vector_bytes: int) -> int:
    """How many elements a vector step takes: as many as the widest type fits in a register."""
    widest = max((BITS[d.compute] // 8 if d.compute != "i1" else 1) for d in dtypes)
    return max(2, min(64, vector_bytes // max(widest, 1)))


@writer
def _map_kernel(name: str, body: Callable, layout: _Layout, outs: tuple[dtype, ...], ins: tuple[dtype, ...],
                index: tuple[tuple[int, ...], ...],
                scalars: tuple[str, ...], combine: Callable | None, npointers: int, vector_bytes: int) -> Kernel:
    b = Builder("map_" + name)
    dtypes = (*outs, *ins)
    count, nout = len(dtypes), len(outs)
    indexed_lanes = layout.serial and any(layout.classes[nout + j] != "z" for k in range(nout) for j in index[k])
    lanes = 1 if indexed_lanes or layout.serial and any(c != "u" for c in layout.classes[:nout]) else lanes_for(dtypes,
        vector_bytes)
    pointers = [b.word(k, "ptr") for k in range(count)]
    values, t = load_scalars(b, npointers, scalars, lanes)
    inner, rows, rows_a_chunk, block, blocks = (b.word(t + k) for k in range(5))
    sizes = [b.word(t + 5 + k) for k in range(layout.outer)]
    t += 5 + layout.outer
    strides: list[list[Value]] = []
    inner_strides: list[Value | None] = []
    index_words: list[list[tuple[Value, Value]]] = []
    for k in range(count):
        strides.append([b.word(t + d) for d in range(layout.outer)])
        t += layout.outer
        inner_strides.append(b.word(t) if layout.classes[k] == "g" else None)
        t += layout.classes[k] == "g"
        index_words.append([(b.word(t + 2 * j), b.word(t + 2 * j + 1)) for j in range(len(index[k]))])
        t += 2 * len(index[k])

    def wrap(i: Value, extent: Value) -> Value:
        """An index as an offset that cannot leave the operand: what is outside goes to the last element."""
        i = b.convert(i, "i64")
        extent = b.splat(extent, i.lanes)
        i = b.bitcast(i + ((i >> 63) & extent), "u64")
        last = b.bitcast(extent - 1, "u64")
        return b.bitcast(b.select(i > last, last, i), "i64")

    def row(lo: Value, hi: Value, at: list[Value]) -> None:
        """Elements lo..hi of the row that starts at the pointers `at`."""
        at = list(at)
        by_lane: dict[int, bool] = {}
        order = [k for k in range(count) if not index[k]] + [k for k in range(count) if index[k]]
        access: dict[int, Access] = {}
        for k in order:
            cls = layout.classes[k]
            if index[k]:
                by_lane[k] = any(layout.classes[nout + j] != "z" for j in index[k])
                if not by_lane[k]:
                    for j, (stride, extent) in zip(index[k], index_words[k]):
                        one = b.extract(access[nout + j].value, 0)
                        at[k] = b.offset(at[k], wrap(one, extent) * stride)
            if cls == "z" and (k < nout or by_lane.get(k) or layout.serial and index[k]):
                # not one value: stored to, or fetched by each lane, or again after each store
                access[k] = Access(b, dtypes[k], "g", at[k], lanes, b.const("i64", 0))
            else:
                access[k] = Access(b, dtypes[k], cls, at[k], lanes, inner_strides[k])

        def offsets(k: int, i: Value, loaded: dict[int, Value]) -> Value:
            """The byte offsets of an indexed operand whose index changes along the row."""
            total = b.splat(b.const("i64", 0), lanes)
            if layout.classes[k] != "z":
                stride = inner_strides[k] if layout.classes[k] == "g" else b.const("i64", dtypes[k].itemsize)
                total = (b.splat(i, lanes) + b.iota("i64", lanes)) * b.splat(stride, lanes)
            for j, (stride, extent) in zip(index[k], index_words[k]):
                total = total + wrap(loaded[nout + j], extent) * b.splat(stride, lanes)
            return total

        def read(i: Value, mask: Value | None, left: Value | None) -> dict[int, Value]:
            loaded: dict[int, Value] = {}
            for k in order:
                if k >= nout:
                    loaded[k] = access[k].gather(offsets(k, i, loaded), mask) if by_lane.get(k) else access[k].load(i,
                        mask, left)
            return loaded

        def write(i: Value, loaded: dict[int, Value], mask: Value | None, left: Value | None, stream: bool) -> None:
            for k, result in enumerate(_results(body(*(loaded[nout + j] for j in range(len(ins))), *values))):
                result = fit(b, result, dtypes[k], lanes)
                if by_lane.get(k):
                    where = offsets(k, i, loaded)
                    if combine is not None:
                        result = fit(b, combine(access[k].gather(where, mask), result), dtypes[k], lanes)
                    access[k].scatter(where, result, mask)
                else:
                    if combine is not None:
                        result = fit(b, combine(access[k].load(i, mask, left), result), dtypes[k], lanes)
                    access[k].store(i, result, mask, left, stream)

        def step(i: Value, mask: Value | None, left: Value | None, stream: bool = False) -> None:
            write(i, read(i, mask, left), mask, left, stream)

        if lanes == 1:
            full = lo
            if indexed_lanes:                    # what is read does not wait for what is written
                full = lo + (((hi - lo) >> 2) << 2)
                with b.loop(lo, full, 4) as loop:
                    each = [loop.index + k for k in range(4)]
                    for i, loaded in [(i, read(i, None, None)) for i in each]:
                        write(i, loaded, None, None, False)
            with b.loop(full, hi) as loop:
                step(loop.index, None, None)
            return
        full = lo + (((hi - lo) >> lanes.bit_length() - 1) << lanes.bit_length() - 1)
        if layout.stream:
            bits = b.address(at[0])
            for k in range(1, nout):
                bits = bits | b.address(at[k])
            bits = bits & (vector_bytes - 1)
            with b.when(bits == 0):
                with b.loop(lo, full, lanes) as loop:
                    step(loop.index, None, None, True)
            with b.when(bits != 0):
                with b.loop(lo, full, lanes) as loop:
                    step(loop.index, None, None)
        else:
            with b.loop(lo, full, lanes) as loop:
                step(loop.index, None, None)
        with b.when(full < hi):
            step(full, b.first(hi - full, lanes), hi - full)

    with b.loop(b.begin, b.end) as chunk:
        if layout.outer == 0:
            lo = chunk.index * block
            row(lo, b.min(lo + block, inner), pointers)
        else:
            rowblock, piece = b.divmod(chunk.index, blocks)
            lo = piece * block
            hi = b.min(lo + block, inner)
            first = rowblock * rows_a_chunk
            with b.loop(first, b.min(first + rows_a_chunk, rows)) as r:
                indices = decompose(b, r.index, sizes)
                row(lo, hi, [move(b, p, indices, s) for p, s in zip(pointers, strides)])
    return b.kernel()


def _results(found: Any) -> tuple[Any, ...]:
    """What a body returned: one value, or a tuple of one for each output."""
    return found if isinstance(found, tuple) else (found,)


def _tile_dim(args, strides, classes, sizes, nout) -> int | None:
    """The outer dimension along which the gathered inputs are contiguous, if turning tiles pays."""
    if any(c != "u" for c in classes[:nout]) or "g" not in classes or len(sizes) < 2 or sizes[-1] < 8:
        return None
    turned = [k for k, c in enumerate(classes) if c == "g"]
    if any(args[k].dtype.itemsize != 4 or args[k].dtype.is_complex for k in turned):
        return None
    for d in range(len(sizes) - 1):
        if sizes[d] >= 8 and all(strides[k][d] == 1 for k in turned):
            return d
    return None


def _tile_plan(name, body, dim, sizes, args, strides, classes, nout, scalars, work) -> list[Launch]:
    """Two dimensions are walked in squares of 16: inputs of class t are read along `dim` and transposed by shuffles."""
    outer = [d for d in range(len(sizes) - 1) if d != dim]
    inner, across = sizes[-1], sizes[dim]
    tiles_across = -(-across // 16)
    rows = pymath.prod(sizes[d] for d in outer)
    strips = rows * tiles_across                                           # a strip is 16 rows of the output
    strips_a_chunk = max(1, CHUNK // (16 * inner))
    words = [inner, across, strips, strips_a_chunk, tiles_across, *(sizes[d] for d in outer)]
    for a, s in zip(args, strides):
        size = a.dtype.itemsize
        words += [s[d] * size for d in outer] + [s[dim] * size, s[-1] * size]
    kernel = _tile_kernel(name, body, len(outer), classes, tuple(a.dtype for a in args), nout, scalars)
    return [Launch(kernel, tuple(words), -(-strips // strips_a_chunk), work)]


def transpose16(b: Builder, rows: list[Value]) -> list[Value]:
    """A square of n x n lanes turned: log2(n) rounds of two-input shuffles."""
    n = len(rows)
    width = 1
    while width < n:
        low = [k if not k & width else k - width + n for k in range(n)]
        high = [k + width if not k & width else k + n for k in range(n)]
        turned = list(rows)
        for k in range(n):
            if not k & width:
                turned[k] = b.shuffle(rows[k], rows[k + width], low)
                turned[k + width] = b.shuffle(rows[k], rows[k + width], high)
        rows = turned
        width *= 2
    return rows


@writer
def _tile_kernel(name, body, nouter, classes, dtypes, nout, scalars) -> Kernel:
    b = Builder("tile_" + name)
    lanes = 16
    count = len(dtypes)
    pointers = [b.word(k, "ptr") for k in range(count)]
    values, t = load_scalars(b, count, scalars, lanes)
    inner, across, strips, strips_a_chunk, tiles_across = (b.word(t + k) for k in range(5))
    sizes, strides = load_strides(b, t + 5, nouter, count, nouter + 2)

    with b.loop(b.begin, b.end) as chunk:
        first = chunk.index * strips_a_chunk
        with b.loop(first, b.min(first + strips_a_chunk, strips)) as strip:
            number, tile = b.divmod(strip.index, tiles_across)
            indices = decompose(b, number, sizes)
            j0 = tile * lanes
            height = b.min(across - j0, b.const("i64", lanes))
            at = [b.offset(move(b, p, indices, s[:-2]), j0 * s[-2]) for p, s in zip(pointers, strides)]

            def square(i: Value, width: Value, full: bool) -> None:
                turned: dict[int, list[Value]] = {}
                for k in range(nout, count):
                    if classes[k] == "g":
                        columns = []
                        for c in range(lanes):
                            where = b.offset(at[k], (i + c) * strides[k][-1])
                            if full:
                                columns.append(b.load(where, dtypes[k].ir, lanes))
                            else:                                          # a column beyond the edge has no lanes
                                live = b.first(b.select(width > c, height, b.const("i64", 0)), lanes)
                                columns.append(b.load(where, dtypes[k].ir, lanes, live))
                        turned[k] = transpose16(b, columns)
                mask = None if full else b.first(width, lanes)

                def line(r: int) -> None:
                    loaded = []
                    for k in range(nout, count):
                        here = b.offset(at[k], strides[k][-2] * r)
                        if classes[k] == "g":
                            loaded.append(shown(turned[k][r], dtypes[k]))
                        elif classes[k] == "z":
                            loaded.append(Access(b, dtypes[k], "z", here, lanes).value)
                        else:
                            loaded.append(Access(b, dtypes[k], "u", here, lanes).load(i, mask, width))
                    for k, result in enumerate(_results(body(*loaded, *values))):
                        out = Access(b, dtypes[k], "u", b.offset(at[k], strides[k][-2] * r), lanes)
                        out.store(i, fit(b, result, dtypes[k], lanes), mask, width)

                for r in range(lanes):
                    if full:
                        line(r)
                    else:
                        with b.when(height > r):
                            line(r)

            whole = b.select(height == lanes, inner >> 4 << 4, b.const("i64", 0))
            with b.loop(0, whole, lanes) as loop:
                square(loop.index, b.const("i64", lanes), True)
            with b.loop(whole, inner, lanes) as loop:
                square(loop.index, b.min(inner - loop.index, b.const("i64", lanes)), False)
    return b.kernel()
