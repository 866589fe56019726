"""Schedules for element-by-element work: maps (with gather and scatter), scans, compaction, and the update of many tensors at once.

Called by the families in `ops`, which give a body, the operands as `Arg`s, and the shape; what comes back is a list of `Launch`es.
A schedule first collapses the dimensions (size 1 goes, neighbours that are one walk in every operand merge), then sorts each
operand into a layout class by its innermost stride:

    u  one element after the other        plain vector loads
    z  stride 0: one value a row          loaded once before the row, in every lane
    g  any other stride                   gather

Sizes and strides are arguments of the kernel; the classes, the number of outer dimensions and the types are its text, so a new
shape never means a new compilation. An operand may be *indexed*: its address then also depends on the values of other operands
(advanced indexing, embedding, scatter). Indices are wrapped and clamped here, so that no index can leave the operand; that they
are in range is checked, with a message, by the operator.

    words    [outputs] [inputs] [scalars] inner rows rows_a_chunk block blocks_a_row, sizes of outer dimensions,
             then for each operand: outer strides, inner stride (class g), and a stride and a size for each index

Knows nothing of tensors; strides come in elements and become bytes here.
"""

from __future__ import annotations

import math as pymath
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..dtypes import dtype
from . import cpu
from .ir import BITS, Builder, Kernel, Launch, Value
from .math import Complex

__all__ = ["Arg", "CHUNK", "collapse", "map_plan", "scan_plan", "compact_plan", "multi_kernel", "Access", "decompose", "load_scalars"]

CHUNK = 16384                   # elements a chunk: fixed, so that work is cut by shape alone
STREAM_BYTES = 16 << 20         # outputs beyond this (half a last-level cache) bypass the cache


class Arg(NamedTuple):
    """One operand as a schedule sees it: its type and its strides (elements) along the loop's dimensions. `index` names the inputs
    whose values move its address, each by `index_strides` (elements) within `index_sizes`."""

    dtype: dtype
    strides: tuple[int, ...]
    index: tuple[int, ...] = ()
    index_strides: tuple[int, ...] = ()
    index_sizes: tuple[int, ...] = ()


def collapse(shape: Sequence[int], strides: Sequence[Sequence[int]], sort: bool = True) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Fewer dimensions for the same walk: ones dropped, dimensions sorted by the first operand's strides (the smallest last), and
    neighbours merged where every operand goes through both in one stride."""
    dims = [d for d, size in enumerate(shape) if size != 1]
    if sort:
        # an output's stride decides; inputs only where it has none (it is reduced there, or indexed)
        dims.sort(key=lambda d: tuple(-abs(s[d]) for s in strides))
    sizes: list[int] = []
    merged: list[list[int]] = [[] for _ in strides]
    for d in dims:
        if sizes and all(m[-1] == s[d] * shape[d] for m, s in zip(merged, strides)):
            sizes[-1] *= shape[d]
            for m, s in zip(merged, strides):
                m[-1] = s[d]
        else:
            sizes.append(shape[d])
            for m, s in zip(merged, strides):
                m.append(s[d])
    return tuple(sizes), [tuple(m) for m in merged]


def inner_class(stride: int) -> str:
    return "u" if stride == 1 else "z" if stride == 0 else "g"


def decompose(b: Builder, number: Value, sizes: Sequence[Value]) -> list[Value]:
    """The index of a row-major number in each dimension."""
    indices: list[Value] = []
    for size in reversed(sizes[1:]):
        number, rest = b.divmod(number, size)
        indices.append(rest)
    if sizes:
        indices.append(number)
    return indices[::-1]


def move(b: Builder, pointer: Value, indices: Sequence[Value], strides: Sequence[Value]) -> Value:
    for index, stride in zip(indices, strides):
        pointer = b.offset(pointer, index * stride)
    return pointer


def load_scalars(b: Builder, first: int, kinds: Sequence[str], lanes: int) -> tuple[list, int]:
    """The scalars of the argument list, in every lane: kind i is an i64, f an f64, c two f64. Returns them and the next word."""
    found: list = []
    for kind in kinds:
        word = b.splat(b.word(first, "i64" if kind == "i" else "f64"), lanes)
        if kind == "c":
            found.append(Complex(word, b.splat(b.word(first + 1, "f64"), lanes)))
            first += 1
        else:
            found.append(word)
        first += 1
    return found, first


def load_strides(b: Builder, first: int, outer: int, operands: int, each: int) -> tuple[list[Value], list[list[Value]]]:
    """The sizes of the outer dimensions, from word `first` on, then `each` strides of every operand."""
    at = first + outer
    return [b.word(first + k) for k in range(outer)], [[b.word(at + k * each + d) for d in range(each)] for k in range(operands)]


class Access:
    """Loads and stores of one operand along a row: by its class, complex numbers as pairs."""

    def __init__(self, b: Builder, dtype: dtype, cls: str, pointer: Value, lanes: int, stride: Value | None = None):
        self.b, self.dtype, self.cls, self.pointer, self.lanes, self.stride = b, dtype, cls, pointer, lanes, stride
        self.size = dtype.itemsize
        if cls == "g" and lanes > 1:
            self.steps = b.splat(stride, lanes) * b.iota("i64", lanes)
        if cls == "z":
            self.value = self._splat(self._load_one(pointer))

    def _load_one(self, pointer: Value):
        ir = self.dtype.ir
        if self.dtype.is_complex:
            return Complex(self.b.load(pointer, ir), self.b.load(self.b.offset(pointer, self.size // 2), ir))
        return self.b.load(pointer, ir)

    def _splat(self, value):
        if isinstance(value, Complex):
            return Complex(self.b.splat(value.re, self.lanes), self.b.splat(value.im, self.lanes))
        return self.b.splat(value, self.lanes)

    def at(self, i: Value) -> Value:
        return self.b.offset(self.pointer, i * self.size if self.cls == "u" else i * self.stride)

    def load(self, i: Value, mask: Value | None = None, count: Value | None = None):
        """The lanes that start at element `i`; lanes outside the mask (the first `count`) are not touched."""
        b, ir, lanes = self.b, self.dtype.ir, self.lanes
        if self.cls == "z":
            return self.value
        if lanes == 1:
            return self._load_one(self.at(i))
        if self.cls == "g":
            if self.dtype.is_complex:
                return Complex(b.gather(self.at(i), self.steps, ir, mask), b.gather(self.at(i), self.steps + self.size // 2, ir, mask))
            return b.gather(self.at(i), self.steps, ir, mask)
        if self.dtype.is_complex:
            both = b.load(self.at(i), ir, 2 * lanes, None if mask is None else b.first(count * 2, 2 * lanes))
            return Complex(b.shuffle(both, None, range(0, 2 * lanes, 2)), b.shuffle(both, None, range(1, 2 * lanes, 2)))
        return b.load(self.at(i), ir, lanes, mask)

    def prefetch(self, i: Value) -> None:
        """Ask for the lanes that start at element `i`, if they are neighbours."""
        if self.cls == "u":
            for line in range(0, self.lanes * self.size, 64):
                self.b.prefetch(self.b.offset(self.at(i), line))

    def gather(self, offsets: Value, mask: Value | None = None):
        """Elements at byte offsets from the operand's start."""
        b, ir = self.b, self.dtype.ir
        if self.lanes == 1:
            return self._load_one(b.offset(self.pointer, offsets))
        if self.dtype.is_complex:
            return Complex(b.gather(self.pointer, offsets, ir, mask), b.gather(self.pointer, offsets + self.size // 2, ir, mask))
        return b.gather(self.pointer, offsets, ir, mask)

    def store(self, i: Value, value, mask: Value | None = None, count: Value | None = None, stream: bool = False) -> None:
        b, ir, lanes = self.b, self.dtype.ir, self.lanes
        if self.dtype.is_complex:
            re, im = (b.convert(part, ir) for part in (value.re, value.im))
            if lanes == 1:
                b.store(self.at(i), re, ir)
                b.store(b.offset(self.at(i), self.size // 2), im, ir)
            elif self.cls == "u":
                both = b.shuffle(re, im, [k // 2 + (k % 2) * lanes for k in range(2 * lanes)])
                b.store(self.at(i), both, ir, None if mask is None else b.first(count * 2, 2 * lanes))
            else:
                b.scatter(self.at(i), self.steps, re, ir, mask)
                b.scatter(self.at(i), self.steps + self.size // 2, im, ir, mask)
        elif self.cls == "u" or lanes == 1:
            b.store(self.at(i), value, ir, mask, stream)
        else:
            b.scatter(self.at(i), self.steps, value, ir, mask)

    def scatter(self, offsets: Value, value, mask: Value | None = None) -> None:
        b, ir = self.b, self.dtype.ir
        parts = [(value, 0)] if not self.dtype.is_complex else [(value.re, 0), (value.im, self.size // 2)]
        for part, extra in parts:
            if self.lanes == 1:
                b.store(b.offset(self.pointer, offsets + extra), part, ir)
            else:
                b.scatter(self.pointer, offsets + extra, part, ir, mask)


def fit(b: Builder, value, d: dtype, lanes: int):
    """A body's result as lanes of the type that `d` computes in: constants become vectors, real numbers complex where wanted."""
    if d.is_complex:
        if not isinstance(value, Complex):
            value = Complex(value, 0.0)
        return Complex(_lanes(b, value.re, d.compute, lanes), _lanes(b, value.im, d.compute, lanes))
    if isinstance(value, Complex):
        value = value.re
    return _lanes(b, value, d.compute, lanes)


def _lanes(b: Builder, value, type: str, lanes: int) -> Value:
    if not isinstance(value, Value):
        return b.const(type, value, lanes)
    return b.splat(b.convert(value, type), lanes)


# ---- maps -----------------------------------------------------------------------------------------------------------------------

class _Layout(NamedTuple):
    """What of a map's operands is part of the kernel's text."""

    outer: int                                   # outer dimensions
    classes: tuple[str, ...]                     # of outputs, then inputs
    stream: bool = False
    serial: bool = False                         # one element after the other: indexed writes that may meet


def map_plan(name: str, body: Callable, shape: Sequence[int], outs: Sequence[Arg], ins: Sequence[Arg], scalars: Sequence[str] = (),
             accumulate: bool = False, cost: float = 0.3, pointers: int | None = None) -> list[Launch]:
    """Plan `outs = body(*ins, *scalars)` at every index of `shape`. `pointers` says how many pointers the argument list has, if other
    launches of the same plan use more than this one's operands.

    `body` must be hashable and stable (the kernel is remembered by it). With an indexed output the writes go in order, on one
    thread, the last write wins; `accumulate` adds to what is there. `cost` is the body's ns an element, beyond memory traffic.
    """
    args = [*outs, *ins]
    total = pymath.prod(shape)
    if total == 0:
        return []
    serial = any(a.index for a in outs)
    sizes, strides = collapse(shape, [a.strides for a in args], sort=not serial)      # indexed writes go in row-major order
    if not sizes:
        sizes, strides = (1,), [(0,)] * len(args)
    inner, outer = sizes[-1], sizes[:-1]
    classes = tuple("u" if inner == 1 and k < len(outs) else inner_class(s[-1]) for k, s in enumerate(strides))
    rows = pymath.prod(outer)
    bytes = sum(total * a.dtype.itemsize for a, c in zip(args, classes) if c != "z")
    stream = (not serial and not outer and all(c == "u" for c in classes[:len(outs)]) and not any(a.dtype.is_complex for a in outs)
              and sum(total * a.dtype.itemsize for a in outs) >= STREAM_BYTES)
    tile = _tile_dim(args, strides, classes, sizes) if not serial and len(outs) == 1 and not any(a.index for a in args) else None
    if serial:
        rows_a_chunk, block, blocks = rows, inner, 1
    elif inner > CHUNK:
        rows_a_chunk, block, blocks = 1, CHUNK, -(-inner // CHUNK)
    else:
        rows_a_chunk, block, blocks = max(1, CHUNK // inner), inner, 1
    if tile is not None and (pointers or len(args)) == len(args):
        return _tile_plan(name, body, tile, sizes, args, strides, classes, len(outs), tuple(scalars), total * cost + bytes * 0.1)
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
                         tuple(a.index for a in args), tuple(scalars), accumulate, pointers or len(args), cpu.vector_bytes())
    gathered = sum(total for c in classes if c == "g") + sum(total for a in args if a.index)
    work = total * cost + bytes * 0.05 + gathered * 1.0 + rows * 8
    return [Launch(kernel, tuple(words), -(-rows // rows_a_chunk) * blocks, work)]


def lanes_for(dtypes: Sequence[dtype], vector_bytes: int) -> int:
    """How many elements a vector step takes: as many as the widest type fits in a register."""
    widest = max((BITS[d.compute] // 8 if d.compute != "i1" else 1) for d in dtypes)
    return max(2, min(64, vector_bytes // max(widest, 1)))


@lru_cache(4096)
def _map_kernel(name: str, body: Callable, layout: _Layout, outs: tuple[dtype, ...], ins: tuple[dtype, ...], index: tuple[tuple[int, ...], ...],
                scalars: tuple[str, ...], accumulate: bool, npointers: int, vector_bytes: int) -> Kernel:
    b = Builder("map_" + name)
    dtypes = (*outs, *ins)
    count, nout = len(dtypes), len(outs)
    indexed_lanes = layout.serial and any(layout.classes[nout + j] != "z" for k in range(nout) for j in index[k])
    lanes = 1 if indexed_lanes or layout.serial and any(c == "g" for c in layout.classes[:nout]) else lanes_for(dtypes, vector_bytes)
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
        """An index as an offset that cannot leave the operand."""
        i = b.convert(i, "i64")
        extent = b.splat(extent, i.lanes)
        i = b.select(i < 0, i + extent, i)
        last = extent - 1
        i = b.select(i > last, last, i)
        return b.select(i < 0, b.const("i64", 0, i.lanes), i)

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
            if cls == "z" and by_lane.get(k):
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

        def step(i: Value, mask: Value | None, left: Value | None, stream: bool = False) -> None:
            loaded: dict[int, Value] = {}
            for k in order:
                if k >= nout:
                    loaded[k] = access[k].gather(offsets(k, i, loaded), mask) if by_lane.get(k) else access[k].load(i, mask, left)
            results = body(*(loaded[nout + j] for j in range(len(ins))), *values)
            for k, result in enumerate(results if isinstance(results, tuple) else (results,)):
                result = fit(b, result, dtypes[k], lanes)
                if by_lane.get(k):
                    where = offsets(k, i, loaded)
                    if accumulate:
                        result = _plus(access[k].gather(where, mask), result)
                    access[k].scatter(where, result, mask)
                else:
                    if accumulate:
                        result = _plus(access[k].load(i, mask, left), result)
                    access[k].store(i, result, mask, left, stream)

        if lanes == 1:
            with b.loop(lo, hi) as loop:
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


def _plus(a, c):
    if isinstance(a, Value) and a.type == "i1":
        return a | c
    return a + c


# ---- transposed operands: square tiles turned in registers ------------------------------------------------------------------------

def _tile_dim(args, strides, classes, sizes) -> int | None:
    """The outer dimension along which the gathered inputs are contiguous, if turning tiles pays."""
    if classes[0] != "u" or "g" not in classes or len(sizes) < 2 or sizes[-1] < 8:
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


@lru_cache(1024)
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
                            loaded.append(turned[k][r])
                        elif classes[k] == "z":
                            loaded.append(Access(b, dtypes[k], "z", here, lanes).value)
                        else:
                            loaded.append(Access(b, dtypes[k], "u", here, lanes).load(i, mask, width))
                    result = fit(b, body(*loaded, *values), dtypes[0], lanes)
                    Access(b, dtypes[0], "u", b.offset(at[0], strides[0][-2] * r), lanes).store(i, result, mask, width)

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


# ---- scans ------------------------------------------------------------------------------------------------------------------------

class Scan(NamedTuple):
    """A running value along one dimension: `start(x)` the state after the first element, `step(state, x, i)` after each other;
    `result(state)` what is written. States are tuples of values."""

    start: Callable
    step: Callable
    result: Callable


def scan_plan(name: str, scan: Scan, shape: Sequence[int], dim: int, outs: Sequence[Arg], ins: Sequence[Arg], reverse: bool = False) -> list[Launch]:
    """Plan a scan along `dim`: lanes go across the other dimensions, one after the other along it."""
    args = [*outs, *ins]
    length, total = shape[dim], pymath.prod(shape)
    if total == 0:
        return []
    rest = [d for d in range(len(shape)) if d != dim]
    sizes, strides = collapse([shape[d] for d in rest], [[a.strides[d] for d in rest] for a in args])
    if not sizes:
        sizes, strides = (1,), [(0,)] * len(args)
    inner, outer = sizes[-1], sizes[:-1]
    classes = tuple("u" if inner == 1 and k < len(outs) else inner_class(s[-1]) for k, s in enumerate(strides))
    lanes = 1 if inner < 4 or "g" in classes else lanes_for([a.dtype for a in args], cpu.vector_bytes())
    blocks = -(-inner // lanes)
    rows = pymath.prod(outer)
    a_chunk = max(1, CHUNK // (length * lanes))
    words = [length, inner, blocks, rows * blocks, a_chunk, *outer]
    for a, s in zip(args, strides):
        size = a.dtype.itemsize
        along = a.strides[dim] * size
        words += [*(t * size for t in s[:-1]), s[-1] * size, along if not reverse else -along, along * (length - 1) if reverse else 0]
    kernel = _scan_kernel(name, scan, len(outer), classes, tuple(a.dtype for a in args), len(outs), lanes)
    return [Launch(kernel, tuple(words), -(-(rows * blocks) // a_chunk), total * 1.5)]


@lru_cache(1024)
def _scan_kernel(name, scan: Scan, nouter, classes, dtypes, nout, lanes) -> Kernel:
    b = Builder("scan_" + name)
    count = len(dtypes)
    pointers = [b.word(k, "ptr") for k in range(count)]
    t = count
    length, inner, blocks, items, a_chunk = (b.word(t + k) for k in range(5))
    sizes, strides = load_strides(b, t + 5, nouter, count, nouter + 3)
    with b.loop(b.begin, b.end) as chunk:
        first = chunk.index * a_chunk
        with b.loop(first, b.min(first + a_chunk, items)) as item:
            number, block = b.divmod(item.index, blocks)
            indices = decompose(b, number, sizes)
            lo = block * lanes
            count_left = inner - lo
            mask = None if lanes == 1 else b.first(count_left, lanes)
            at = [b.offset(b.offset(move(b, p, indices, s[:nouter]), lo * s[nouter]), s[nouter + 2]) for p, s in zip(pointers, strides)]
            zero = b.const("i64", 0)

            def load(i: Value) -> list:
                return [Access(b, dtypes[k], "u" if lanes == 1 else classes[k], b.offset(at[k], i * strides[k][nouter + 1]), lanes).load(zero, mask, count_left)
                        for k in range(nout, count)]

            def store(i: Value, state: tuple) -> None:
                results = scan.result(*state)
                for k, value in enumerate(results if isinstance(results, tuple) else (results,)):
                    Access(b, dtypes[k], "u", b.offset(at[k], i * strides[k][nouter + 1]), lanes).store(zero, fit(b, value, dtypes[k], lanes), mask, count_left)

            state = scan.start(*load(zero))
            store(zero, state)
            flat = _flatten(state)
            with b.loop(1, length, 1, flat) as loop:
                state = scan.step(_unflatten(state, loop.carried), b.splat(loop.index, lanes), *load(loop.index))
                store(loop.index, state)
                loop.next(*_flatten(state))
    return b.kernel()


def _flatten(state: tuple) -> tuple[Value, ...]:
    return tuple(v for s in state for v in ((s.re, s.im) if isinstance(s, Complex) else (s,)))


def _unflatten(like: tuple, flat: Sequence[Value]) -> tuple:
    values, found = iter(flat), []
    for s in like:
        found.append(Complex(next(values), next(values)) if isinstance(s, Complex) else next(values))
    return tuple(found)


# ---- compaction: the places of true elements, or the elements there -----------------------------------------------------------------

def compact_plan(count: int) -> list[Launch]:
    """Write the positions (int64) of the true bytes among `count` contiguous ones. One thread, in order; the output's size must be
    their number, and nothing is written beyond it."""
    return [Launch(_compact_kernel(), (count,), 1, count * 1.0)] if count else []


@lru_cache(1)
def _compact_kernel() -> Kernel:
    b = Builder("compact")
    out, mask, count = b.word(0, "ptr"), b.word(1, "ptr"), b.word(2)
    with b.loop(b.begin, b.end):
        with b.loop(0, count, 1, (b.const("i64", 0),)) as loop:
            (position,) = loop.carried
            hit = b.load(b.offset(mask, loop.index), "b8")
            with b.when(hit):
                b.store(b.offset(out, position * 8), loop.index, "i64")
            loop.next(position + b.convert(hit, "i64"))
    return b.kernel()


# ---- the update of many tensors at once --------------------------------------------------------------------------------------------

@lru_cache(1024)
def multi_kernel(name: str, body: Callable, columns: tuple[dtype, ...], written: tuple[int, ...], pointers: int, scalars: int, vector_bytes: int) -> Kernel:
    """One body over the elements of many groups of tensors (parameter, gradient, state ...), written back in place.

    words    `pointers` pointers, `scalars` numbers (f64), then the table of `multi_words`
    """
    b = Builder("multi_" + name)
    lanes = lanes_for(columns, vector_bytes)
    values = [b.splat(b.word(pointers + k, "f64"), lanes) for k in range(scalars)]
    table = pointers + scalars
    room = b.word(table)
    with b.loop(b.begin, b.end) as chunk:
        group = b.word(chunk.index + (table + 1)) + (table + 1)             # the first word of this chunk's group
        n, first, place = b.word(group), b.word(group + 1), b.word(group + 2)
        lo = (chunk.index - first) * CHUNK
        hi = b.min(lo + CHUNK, n)
        access = [Access(b, d, "u", b.word(place + room * k, "ptr"), lanes) for k, d in enumerate(columns)]

        def step(i: Value, mask: Value | None, left: Value | None) -> None:
            results = body(*(a.load(i, mask, left) for a in access), *values)
            for k, result in zip(written, results if isinstance(results, tuple) else (results,)):
                access[k].store(i, fit(b, result, columns[k], lanes), mask, left)

        full = lo + (((hi - lo) >> lanes.bit_length() - 1) << lanes.bit_length() - 1)
        with b.loop(lo, full, lanes) as loop:
            step(loop.index, None, None)
        with b.when(full < hi):
            step(full, b.first(hi - full, lanes), hi - full)
    return b.kernel()


def multi_words(numels: Sequence[int], places: Sequence[int], room: int) -> tuple[list[int], int]:
    """The table of `multi_kernel`: how far apart columns are among the pointers; for each chunk the word where its group begins; for each
    group its number of elements, its first chunk and its place in a column. Returns the words and the number of chunks."""
    chunks = [-(-n // CHUNK) for n in numels]
    total = sum(chunks)
    heads: list[int] = []
    groups: list[int] = []
    first = 0
    for n, count, place in zip(numels, chunks, places):
        heads += [total + len(groups)] * count
        groups += [n, first, place]
        first += count
    return [room, *heads, *groups], total
