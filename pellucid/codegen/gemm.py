"""Matrix products: packing, the micro-kernel, epilogues, and the choice of a path by shape and layout.

    plan(a, b, out, m, n, k, ...) -> (launches, bytes of scratch)        out[.., m, n] = act(alpha * a[.., m, k] @ b[.., k, n] + beta * bias)

Called by the operators of linear algebra; convolution and attention use `micro_tile`. Knows strides, element types and sizes, no
tensors. Sizes and strides reach the kernels as words: only layout classes, types and the epilogue are part of their text.

How it works. One operand, the *left*, is read element by element and broadcast; the other, the *right*, is read as vectors along
the columns of the result. A tile of rows x vectors accumulators stays in registers over the whole depth k (`micro_tile`). Which
operand plays which part is free, since (a b)^T = b^T a^T: the plan takes the orientation that packs and wastes least, and a tile of
the transposed result is turned in registers before it is stored. The right operand is read in place where its columns are
neighbours and it is small, else packed into panels as wide as a tile; the left one is packed only where it would be slow to read.

    product     everything of some size, and every direct case: tiny, outer product, vector times matrix, batches of small ones
    dots        at most 8 rows against a right operand that is contiguous along k: vectors run along k (matrix times vector)
    pack        panels of the right (or left) operand, turned where it lies the other way, widened to the type of the arithmetic
    finish      sums the parts of a product whose depth was split to make enough chunks, and applies the epilogue

Every element is one chain of fused multiply-adds in the order of k (16 chains in `dots`), cut by shape alone: the same bits for any
number of threads and any width of the vectors. Half types are summed in float32 and rounded once; integers wrap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from . import cpu
from .ir import BITS, Builder, Kernel, Launch, Value, is_float

__all__ = ["Operand", "Activation", "plan", "micro_tile", "transpose"]

# memory type -> (type of the arithmetic, planes): small integers are summed in i32, whose low bits are theirs; a complex number is two planes
_ARITHMETIC = {"f32": ("f32", 1), "f64": ("f64", 1), "f16": ("f32", 1), "bf16": ("f32", 1), "c64": ("f32", 2), "c128": ("f64", 2),
               "i8": ("i32", 1), "u8": ("i32", 1), "i16": ("i32", 1), "u16": ("i32", 1), "i32": ("i32", 1), "u32": ("u32", 1),
               "i64": ("i64", 1), "u64": ("u64", 1)}
_PART = {"c64": "f32", "c128": "f64"}

# bytes of a vector -> rows of a tile -> vectors of a tile; what fits the registers (32, 16, 16)
_TILES = {64: {8: 3, 4: 5, 2: 8, 1: 8}, 32: {4: 3, 2: 4, 1: 8}, 16: {4: 3, 2: 4, 1: 8}}
_COMPLEX_TILES = {64: {4: 3, 2: 4, 1: 4}, 32: {2: 2, 1: 3}, 16: {2: 2, 1: 3}}


class Operand(NamedTuple):
    """A matrix, or a stack of them, in memory: `type` as in `ir`, or c64, c128; strides in elements, batch strides outermost first."""

    type: str
    row_stride: int
    col_stride: int
    batch_strides: tuple[int, ...] = ()

    def transposed(self) -> Operand:
        return self._replace(row_stride=self.col_stride, col_stride=self.row_stride)


class Activation(NamedTuple):
    """A body applied to the result before it is stored, and its name for people and for the kernel's name."""

    name: str
    body: Callable[[Value], Value]


# ---- the micro-kernel --------------------------------------------------------------------------------------------------------------


def _multiply_add(b: Builder, a: tuple[Value, ...], x: tuple[Value, ...], sums: tuple[Value, ...]) -> tuple[Value, ...]:
    """sums + a * x, of one plane or of a complex number's two."""
    if len(sums) == 1:
        return (b.fma(a[0], x[0], sums[0]) if is_float(sums[0].type) else sums[0] + a[0] * x[0],)
    (ar, ai), (xr, xi), (re, im) = a, x, sums
    return b.fma(-ai, xi, b.fma(ar, xr, re)), b.fma(ai, xr, b.fma(ar, xi, im))


def micro_tile(b: Builder, k: Value | int, rows: int, vectors: int, load_a: Callable[[int, Value], Any], load_b: Callable[[int, Value], Any],
               accumulators: Sequence[Any], unroll: int = 1, prefetch: Callable[[Value], None] | None = None, start: Value | int = 0) -> list[Any]:
    """The outer-product loop: accumulators[i * vectors + j] += load_a(i, kk) * load_b(j, kk) for kk in range(start, k).

    `load_a` gives a scalar (it is broadcast) or a vector, `load_b` a vector; addresses should be a pointer from outside the loop
    plus kk times a stride, which LLVM turns into one increment. Each may be a tuple of planes (real, imaginary) if the accumulators
    are. `unroll` steps share one turn of the loop; the order of the sum does not change. `prefetch(kk)` may ask for what comes later.
    """
    planes = accumulators[0] if isinstance(accumulators[0], tuple) else None
    wide = len(planes) if planes is not None else 1

    def as_planes(value: Any) -> tuple[Value, ...]:
        return value if isinstance(value, tuple) else (value,)

    def step(sums: list[tuple[Value, ...]], kk: Value) -> list[tuple[Value, ...]]:
        right = [as_planes(load_b(j, kk)) for j in range(vectors)]
        after = []
        for i in range(rows):
            left = tuple(b.splat(v, right[0][0].lanes) for v in as_planes(load_a(i, kk)))
            after += [_multiply_add(b, left, right[j], sums[i * vectors + j]) for j in range(vectors)]
        return after

    def run(flat: list[Value], first: Value | int, stop: Value | int, steps: int) -> list[Value]:
        with b.loop(first, stop, steps, carried=flat) as loop:
            sums = [tuple(loop.carried[i:i + wide]) for i in range(0, len(flat), wide)]
            if prefetch is not None:
                prefetch(loop.index)
            for u in range(steps):
                sums = step(sums, loop.index + u)
            loop.next(*[v for planes in sums for v in planes])
        return list(loop.results)

    flat = [v for acc in accumulators for v in as_planes(acc)]
    if unroll > 1:
        k, start = (v if isinstance(v, Value) else b.const("i64", v) for v in (k, start))
        whole = start + ((k - start) & -unroll)         # unroll is a power of two
        flat = run(flat, start, whole, unroll)
        start = whole
    flat = run(flat, start, k, 1)
    return flat if planes is None else [tuple(flat[i:i + wide]) for i in range(0, len(flat), wide)]


def transpose(b: Builder, vectors: Sequence[Value]) -> list[Value]:
    """Turn R vectors of L lanes (R a power of two): the lanes of all results, one after the other, are lane 0 of each, lane 1 of each, ..."""
    vectors, lanes = list(vectors), vectors[0].lanes
    if lanes == 1:
        return vectors
    low = [lane // 2 + lanes * (lane % 2) for lane in range(lanes)]
    high = [lane + lanes // 2 for lane in low]
    for _ in range((len(vectors) - 1).bit_length()):            # each turn moves one bit of the row number into the lane number
        half = len(vectors) // 2
        vectors = [b.shuffle(x, y, order) for x, y in zip(vectors[:half], vectors[half:]) for order in (low, high)]
    return vectors


# ---- what a kernel is made for ------------------------------------------------------------------------------------------------------


class _Scalar(NamedTuple):
    """Where a scalar factor (alpha, beta) is: its word, and how it is kept: i64, f64, or c for two f64."""

    word: int
    kind: str


class _Epilogue(NamedTuple):
    """What happens to a sum before it is stored."""

    bias: tuple[str, str, str] | None = None        # memory type, class of its row stride, of its column stride
    bias_word: int = 0
    alpha: _Scalar | None = None
    beta: _Scalar | None = None
    activation: Activation | None = None


class _Spec(NamedTuple):
    """All that the text of a kernel depends on. Stride classes: "1" one, "0" zero, "s" a word."""

    kind: str                                       # product, dots, finish
    bytes: int                                      # of a vector register
    rows: int                                       # of a tile
    vectors: int
    left: tuple[str, str, str]                      # memory type, class of the row stride, of the column stride
    right: tuple[str, str, str]
    out: tuple[str, str, str]
    words: tuple[int, int, int, int, int]           # of the pointers to out, left, right, scratch; the first of the sizes
    right_packed: bool = False                      # copied panel by panel to the kernel's stack
    left_packed: bool = False
    parts: str = ""                                 # "to" or "from": the sums go to, or come from, scratch as a part each of a split depth
    deep: str = ""                                  # the depth is taken in blocks, sums wait in "out" or "scratch" between them
    grid: bool = True                               # more than one block a matrix
    dims: int = 0                                   # batch dimensions
    epilogue: _Epilogue = _Epilogue()

    @property
    def arithmetic(self) -> tuple[str, int]:
        return _ARITHMETIC[self.left[0]]

    @property
    def lanes(self) -> int:
        return self.bytes * 8 // BITS[self.arithmetic[0]]

    def name(self) -> str:
        """For people: what the kernel is, by its types, layouts and epilogue."""
        sides = "_".join("".join(side) for side in ((self.left, self.right) if self.kind != "finish" else ()) + (self.out,))
        activation = self.epilogue.activation
        flags = ["packed"] * self.right_packed + ["bias"] * (self.epilogue.bias is not None)
        flags += [] if activation is None else [activation.name]
        return "_".join(["gemm", self.kind, sides, f"{self.rows}x{self.vectors * self.lanes}", *flags])


_PANEL = 192 << 10                                  # bytes of stack for a panel of the right operand, and for a block of the left one
_TALL = 64                                          # rows of a packed block of the left operand


class _Words:
    """The words of a launch by name: a kernel asks for those it needs, the plan fills them in that order."""

    def __init__(self, b: Builder, first: int):
        self.b, self.first, self.names = b, first, []

    def __call__(self, name: str) -> Value:
        if name not in self.names:
            self.names.append(name)
        return self.b.word(self.first + self.names.index(name))


# ---- operands inside a kernel -------------------------------------------------------------------------------------------------------


class _Matrix:
    """A matrix as a kernel sees it: a pointer, a memory type, strides in bytes (numbers where the layout class fixes them)."""

    def __init__(self, b: Builder, pointer: Value, type: str, row_stride: Value | int, col_stride: Value | int):
        self.b, self.pointer, self.type, self.row_stride, self.col_stride = b, pointer, type, row_stride, col_stride
        self.compute, self.planes = _ARITHMETIC[type]
        self.part = _PART.get(type, type)
        self.part_size = BITS[self.part] // 8
        self.size = self.part_size * self.planes

    def at(self, row: Value | int, col: Value | int = 0) -> Value:
        b = self.b
        return b.offset(b.offset(self.pointer, _times(row, self.row_stride)), _times(col, self.col_stride))

    def _cast(self, value: Value) -> Value:
        return self.b.convert(value, self.compute)

    def element(self, pointer: Value) -> tuple[Value, ...]:
        """One element, as planes in the type of the arithmetic."""
        return tuple(self._cast(self.b.load(self.b.offset(pointer, p * self.part_size), self.part)) for p in range(self.planes))

    def vector(self, pointer: Value, lanes: int, count: Value | None = None) -> tuple[Value, ...]:
        """`lanes` elements along the columns, or the first `count` of them and zeros."""
        b = self.b
        if isinstance(self.col_stride, int) and self.col_stride == 0:
            return tuple(b.splat(v, lanes) for v in self.element(pointer))
        if not isinstance(self.col_stride, int):
            offsets = b.iota("i64", lanes) * b.splat(self.col_stride, lanes)
            mask = None if count is None else b.first(count, lanes)
            return tuple(self._cast(b.gather(b.offset(pointer, p * self.part_size), offsets, self.part, mask)) for p in range(self.planes))
        whole = self._cast(b.load(pointer, self.part, lanes * self.planes, self._mask(count, lanes)))
        if self.planes == 1:
            return (whole,)
        return tuple(b.shuffle(whole, None, range(p, 2 * lanes, 2)) for p in range(2))

    def put(self, pointer: Value, values: tuple[Value, ...], count: Value | None = None) -> None:
        """Store a vector along the columns."""
        b, lanes = self.b, values[0].lanes
        if lanes == 1:
            for p, value in enumerate(values):
                b.store(b.offset(pointer, p * self.part_size), value, self.part)
            return
        if not isinstance(self.col_stride, int):
            offsets = b.iota("i64", lanes) * b.splat(self.col_stride, lanes)
            mask = None if count is None else b.first(count, lanes)
            for p, value in enumerate(values):
                b.scatter(b.offset(pointer, p * self.part_size), offsets, value, self.part, mask)
            return
        whole = values[0] if self.planes == 1 else b.shuffle(*values, [lane // 2 + lanes * (lane % 2) for lane in range(2 * lanes)])
        b.store(pointer, whole, self.part, self._mask(count, lanes))

    def _mask(self, count: Value | None, lanes: int) -> Value | None:
        return None if count is None else self.b.first(count * self.planes, lanes * self.planes)


def _times(a: Value | int, stride: Value | int) -> Value | int:
    return a * stride


def _matrix(b: Builder, w: _Words, side: str, layout: tuple[str, str, str], pointer: Value) -> _Matrix:
    """The operand `side`, its strides fixed or read from the words as its layout class says."""
    type, row, col = layout
    size = BITS[_PART.get(type, type)] // 8 * _ARITHMETIC[type][1]
    strides = [{"1": size, "0": 0}[kind] if kind != "s" else w(f"{side}_{axis}") * size for kind, axis in ((row, "row"), (col, "col"))]
    return _Matrix(b, pointer, type, *strides)


def _dense(b: Builder, pointer: Value, like: _Matrix, row_stride: Value | int) -> _Matrix:
    """A matrix of the type of the arithmetic, rows `row_stride` elements apart: packed panels, parts of a sum."""
    type = like.compute if like.planes == 1 else like.type
    size = BITS[like.compute] // 8 * like.planes
    return _Matrix(b, pointer, type, row_stride * size, size)


class _Item(NamedTuple):
    """One piece of work: a block of one matrix (of one part of its depth)."""

    batch: dict[str, Value | int]                   # side -> offset in elements
    number: Value | int                             # of the matrix in the batch
    row: Value | int
    col: Value | int
    part: Value | int


@contextmanager
def _items(b: Builder, w: _Words, s: _Spec, sides: Sequence[str], parts: bool) -> Iterator[_Item]:
    """Walk the items of the chunks begin..end-1. Columns run fastest, then rows, parts, matrices."""
    if not s.grid and not s.dims and not parts:
        yield _Item(dict.fromkeys(sides, 0), 0, 0, 0, 0)
        return
    group, total = w("group"), w("items")
    with b.loop(b.begin * group, b.min(b.end * group, total)) as loop:
        rest, row, col, part = loop.index, 0, 0, 0
        if s.grid:
            rest, col = b.divmod(rest, w("col_blocks"))
            rest, row = b.divmod(rest, w("row_blocks"))
        if parts:
            rest, part = b.divmod(rest, w("parts"))
        number, offsets = rest, dict.fromkeys(sides, 0)
        for d in reversed(range(s.dims)):
            rest, index = b.divmod(rest, w(f"batch{d}")) if d else (rest, rest)
            offsets = {side: offset + index * w(f"{side}_batch{d}") for side, offset in offsets.items()}
        yield _Item(offsets, number, row, col, part)


# ---- the kernels --------------------------------------------------------------------------------------------------------------------


class _Sums:
    """Where finished sums go: through the epilogue to the result, or as they are to scratch."""

    def __init__(self, b: Builder, s: _Spec, out: _Matrix, bias: _Matrix | None, stage: Value | None = None):
        self.b, self.s, self.out, self.bias = b, s, out, bias
        # whether the columns of what is stored are the rows of a tile, and may be stored as vectors
        self.turns = not isinstance(out.col_stride, int) and isinstance(out.row_stride, int) and out.planes == 1 and 1 < s.rows <= s.lanes
        self.stage = stage
        self.alpha = None if s.epilogue.alpha is None else self._scalar(s.epilogue.alpha)
        self.beta = None if s.epilogue.beta is None else self._scalar(s.epilogue.beta)

    def _scalar(self, scalar: _Scalar) -> tuple[Value, ...]:
        kind = "i64" if scalar.kind == "i64" else "f64"
        planes = self.out.planes
        parts = [self.b.word(scalar.word + p, kind) for p in range(2 if scalar.kind == "c" else 1)]
        parts = [self.b.convert(v, self.out.compute) for v in parts]
        return tuple(parts + [self.b.const(self.out.compute, 0)] * (planes - len(parts)))[:planes]

    def _product(self, a: tuple[Value, ...], x: tuple[Value, ...]) -> tuple[Value, ...]:
        if len(a) == 1:
            return (x[0] * a[0],)
        return x[0] * a[0] - x[1] * a[1], x[0] * a[1] + x[1] * a[0]

    def finish(self, value: tuple[Value, ...], row: Value, col: Value, count: Value | None) -> tuple[Value, ...]:
        """alpha * value + beta * bias, activated. Where beta is 0 the bias does not count, even if it is NaN."""
        b, lanes = self.b, value[0].lanes
        if self.alpha is not None:
            value = self._product(self.alpha, value)
        if self.bias is not None:
            bias = self.bias.vector(self.bias.at(row, col), lanes, count) if lanes > 1 else self.bias.element(self.bias.at(row, col))
            if self.beta is not None:
                zero = self.beta[0] == 0 if len(self.beta) == 1 else (self.beta[0] == 0) & (self.beta[1] == 0)
                bias = tuple(b.select(zero, b.const(v.type, 0, lanes), v) for v in self._product(self.beta, bias))
            value = tuple(v + x for v, x in zip(value, bias))
        if self.s.epilogue.activation is not None:
            value = (self.s.epilogue.activation.body(value[0]),)
        return value

    def put_tile(self, sums: list[tuple[Value, ...]], row: Value, col: Value, rows: Sequence[Value], last_row: Value, count: Value | None) -> None:
        """Store a tile whose first element is (row, col) and whose rows are `rows`: those beyond the last one have its number and are
        stored before it, so that it wins. A tile of one vector may have only `count` columns."""
        b, lanes, vectors = self.b, sums[0][0].lanes, len(sums) // len(rows)
        if self.stage is None:
            done = [self.finish(sum, rows[at // vectors], col + at % vectors * lanes, count) for at, sum in enumerate(sums)]
            for at, value in reversed([*enumerate(done)]):
                self.out.put(self.out.at(rows[at // vectors], col + at % vectors * lanes), value, count)
            return
        # the tile goes to the stack, and from there vector by vector: long epilogues are written once
        stage = _dense(b, self.stage, _like(b, self.out.compute, self.out.planes), vectors * lanes)
        for at, sum in enumerate(sums):
            stage.put(stage.at(at // vectors, at % vectors * lanes), sum)
        height = b.min(last_row - row, len(rows))
        if not self.turns or self.s.epilogue != _Epilogue():
            with b.loop(0, height) as i, b.loop(0, vectors * lanes, lanes) as j:
                at = stage.at(i.index, j.index)
                value = self.finish(stage.vector(at, lanes), row + i.index, col + j.index, count)
                if self.turns:
                    stage.put(at, value)
                else:
                    self.out.put(self.out.at(row + i.index, col + j.index), value, count)
        if self.turns:
            turned = _dense(b, b.offset(self.stage, len(sums) * lanes * stage.size), stage, len(rows))
            mask = b.first(height, len(rows))
            with b.loop(0, vectors * lanes, lanes) as j:
                reads = [stage.vector(stage.at(i, j.index), lanes)[0] for i in range(len(rows))]
                for i, value in enumerate(transpose(b, reads)):
                    turned.put(b.offset(turned.pointer, i * lanes * stage.size), (value,))
                with b.loop(0, lanes if count is None else b.min(count, lanes)) as lane:
                    (piece,) = turned.vector(turned.at(lane.index), len(rows))
                    b.store(self.out.at(row, col + j.index + lane.index), piece, self.out.part, mask)


@lru_cache(None)
def _product(s: _Spec) -> tuple[Kernel, tuple[str, ...]]:
    """Tiles of outer products; also `finish`, which is the same walk over sums that wait in scratch."""
    b = Builder(s.name())
    w = _Words(b, s.words[4])
    lanes, rows = s.lanes, s.rows
    compute, planes = s.arithmetic
    own = _like(b, compute, planes)
    m, n, k = w("m"), w("n"), w("k")
    sides, matrices = _sides(b, w, s)
    scratch = b.word(s.words[3], "ptr") if s.words[3] >= 0 else None
    panel = b.alloca(_PANEL) if s.right_packed else None
    tall = b.alloca(_PANEL + lanes * rows * own.size) if s.left_packed else None        # turning writes some rows too many
    staged = s.epilogue.activation is not None or not isinstance(matrices["out"].col_stride, int)
    stage = b.alloca(rows * (s.vectors + 1) * lanes * own.size) if staged else None

    with _items(b, w, s, sides, s.parts == "to") as item:
        out, left, right, bias = (_shifted(b, matrix, item.batch.get(side, 0)) for side, matrix in matrices.items())
        store = _Sums(b, s, out, bias, stage)
        r0, r1, c0, c1 = b.const("i64", 0), m, b.const("i64", 0), n
        if s.grid:
            r0, c0 = item.row * w("row_block"), item.col * w("col_block")
            r1, c1 = b.min(r0 + w("row_block"), m), b.min(c0 + w("col_block"), n)
        waiting = None                                      # where sums wait: parts, or between blocks of the depth
        if s.deep == "out":
            waiting = out
        elif s.parts or s.deep:
            at = w("sums_at") + item.number * w("sums_matrix") + (item.part * w("sums_part") if s.parts == "to" else 0)
            waiting = _dense(b, b.offset(scratch, at), own, n)

        def tiles(at: Value, col: Value, vectors: int, count: Value | None, k0: Value, k1: Value, last: Value | None) -> None:
            """All tiles of the block that start at column `col`, of the panel at column `at`."""
            if s.right_packed:
                base, step, inner, of = b.offset(panel, (col - at) * own.size), s.vectors * lanes * own.size, None, own
            elif s.kind == "product":
                base, step, inner, of = right.at(k0, col), right.row_stride, count, right
            load_b = lambda j, kk: of.vector(b.offset(base, kk * step + j * lanes * of.size), lanes, inner)  # noqa: E731
            with b.loop(r0, r1, rows) as loop:
                row = loop.index
                here = [row] + [b.min(row + i, r1 - 1) for i in range(1, rows)]
                sums: list[tuple[Value, ...]] = [(b.const(compute, 0, lanes),) * planes] * (rows * vectors)
                if s.kind == "finish":
                    sums = _sum_parts(b, w, waiting, here, col, vectors, lanes, count, sums)
                else:
                    if s.deep:
                        seen = b.select(k0 > first, b.const("i64", lanes) if count is None else count, b.const("i64", 0))
                        sums = [waiting.vector(waiting.at(i, col + j * lanes), lanes, seen) for i in here for j in range(vectors)]
                    if s.left_packed:
                        tile = b.offset(tall, (row - r0) * (k1 - k0) * own.size)
                        load_a = lambda i, kk: own.element(b.offset(tile, kk * (rows * own.size) + i * own.size))  # noqa: E731
                    else:
                        starts = [left.at(i, k0) for i in here]
                        load_a = lambda i, kk: left.element(b.offset(starts[i], kk * left.col_stride))  # noqa: E731
                    sums = micro_tile(b, k1 - k0, rows, vectors, load_a, load_b, sums)
                if s.parts == "to":
                    _put_sums(waiting, sums, here, col, count)
                elif s.deep:
                    with b.when(last):
                        store.put_tile(sums, row, col, here, r1, count)
                    with b.when(~last):
                        _put_sums(waiting, sums, here, col, count)
                else:
                    store.put_tile(sums, row, col, here, r1, count)

        def block(k0: Value, k1: Value, last: Value | None) -> None:
            """All tiles of the item, over the depths k0..k1-1."""
            if s.left_packed:
                turned = _Matrix(b, left.pointer, left.type, left.col_stride, left.row_stride)
                _pack(b, turned, tall, r0, r1, 1, rows, k0, k1, panels=True)
            width = s.vectors * lanes
            with b.loop(c0, c1, width) as loop:
                at = loop.index
                if s.right_packed:
                    _pack(b, right, panel, at, c1, s.vectors, lanes, k0, k1)
                if s.vectors > 1:
                    with b.when(c1 - at >= width):
                        tiles(at, at, s.vectors, None, k0, k1, last)
                stop = b.select(c1 - at >= width, at, c1) if s.vectors > 1 else b.min(at + lanes, c1)
                with b.loop(at, stop, lanes) as tail:
                    tiles(at, tail.index, 1, c1 - tail.index, k0, k1, last)

        first, end = b.const("i64", 0), k
        if s.parts == "to":
            first = item.part * w("part_depth")
            end = b.min(first + w("part_depth"), k)
        if s.deep:
            with b.loop(first, end, w("depth_block")) as loop:
                stop = b.min(loop.index + w("depth_block"), end)
                block(loop.index, stop, stop >= end)
        else:
            block(first, end, None)
    return b.kernel(), tuple(w.names)


def _sides(b: Builder, w: _Words, s: _Spec) -> tuple[list[str], dict[str, _Matrix | None]]:
    """The operands of a kernel, and those that there are, by name."""
    found: dict[str, _Matrix | None] = dict.fromkeys(("out", "left", "right", "bias"))
    found["out"] = _matrix(b, w, "out", s.out, b.word(s.words[0], "ptr"))
    if s.kind != "finish":
        found["left"] = _matrix(b, w, "left", s.left, b.word(s.words[1], "ptr"))
        found["right"] = _matrix(b, w, "right", s.right, b.word(s.words[2], "ptr"))
    if s.epilogue.bias is not None:
        found["bias"] = _matrix(b, w, "bias", s.epilogue.bias, b.word(s.epilogue.bias_word, "ptr"))
    return [side for side, matrix in found.items() if matrix is not None], found


def _like(b: Builder, compute: str, planes: int) -> _Matrix:
    """A matrix of the arithmetic's own type, for its type only."""
    type = compute if planes == 1 else {"f32": "c64", "f64": "c128"}[compute]
    return _Matrix(b, b.words, type, 0, BITS[compute] // 8 * planes)


def _put_sums(waiting: _Matrix, sums: list[tuple[Value, ...]], rows: Sequence[Value], col: Value, count: Value | None) -> None:
    vectors = len(sums) // len(rows)
    for at, value in reversed([*enumerate(sums)]):
        waiting.put(waiting.at(rows[at // vectors], col + at % vectors * value[0].lanes), value, count)


def _sum_parts(b: Builder, w: _Words, waiting: _Matrix, rows: Sequence[Value], col: Value, vectors: int, lanes: int, count: Value | None,
               sums: list[tuple[Value, ...]]) -> list[tuple[Value, ...]]:
    """The parts of a tile, added in their order."""
    planes = len(sums[0])
    with b.loop(0, w("parts"), carried=[v for value in sums for v in value]) as loop:
        part = _Matrix(b, b.offset(waiting.pointer, loop.index * w("sums_part")), waiting.type, waiting.row_stride, waiting.col_stride)
        value = [v for row in rows for j in range(vectors) for v in part.vector(part.at(row, col + j * lanes), lanes, count)]
        loop.next(*[x + v for x, v in zip(loop.carried, value)])
    return [tuple(loop.results[i:i + planes]) for i in range(0, len(value), planes)]


def _pack(b: Builder, source: _Matrix, to: Value, c0: Value, c1: Value, vectors: int, lanes: int, k0: Value, k1: Value, panels: bool = False) -> None:
    """Copy depths k0..k1-1 of a panel of a matrix [k, n] to `to`, row by row, in the type of the arithmetic. It has vectors * lanes columns
    from c0 on, and those from c1 on hold anything. With `panels` there are as many panels (of one vector) as it takes, one after the other.

    Where the source runs along k, blocks of lanes x lanes are read that way and turned; the last one may write up to lanes - 1 rows too many.
    """
    panel = _dense(b, to, source, vectors * lanes)
    depth = k1 - k0
    stop = c1 if panels else b.min(c0 + vectors * lanes, c1)
    if isinstance(source.row_stride, int) and source.row_stride == source.size and not isinstance(source.col_stride, int):
        along = _Matrix(b, source.pointer, source.type, 0, source.size)
        with b.loop(c0, stop, lanes) as columns:
            at = b.offset(to, (columns.index - c0) * (depth if panels else 1) * panel.size)
            starts = [source.at(k0, b.min(columns.index + lane, c1 - 1)) for lane in range(lanes)]
            with b.loop(0, depth, lanes) as loop:
                left = depth - loop.index
                reads = [along.vector(b.offset(start, loop.index * source.size), lanes, left) for start in starts]
                for lane, value in enumerate(zip(*[transpose(b, plane) for plane in zip(*reads)])):
                    panel.put(b.offset(at, (loop.index + lane) * panel.row_stride), value)
        return
    with b.loop(0, depth) as loop:
        row = k0 + loop.index
        if panels:
            with b.loop(c0, stop, lanes) as columns:
                value = source.vector(source.at(row, columns.index), lanes, c1 - columns.index)
                panel.put(b.offset(panel.at(loop.index), (columns.index - c0) * depth * panel.size), value)
            return
        for j in range(vectors):                                        # rows of a matrix lie far apart, each on another page
            b.prefetch(source.at(row + 16, c0 + j * lanes))
        for j in range(vectors):
            panel.put(panel.at(loop.index, j * lanes), source.vector(source.at(row, c0 + j * lanes), lanes, c1 - c0 - j * lanes))


@lru_cache(None)
def _dots(s: _Spec) -> tuple[Kernel, tuple[str, ...]]:
    """Rows of `left` times columns of `right`, vectors along k: `rows` x `vectors` sums of 64 bytes of lanes each, whatever the machine's width."""
    b = Builder(s.name())
    w = _Words(b, s.words[4])
    compute, planes = s.arithmetic
    lanes = 512 // BITS[compute]
    m, n, k = w("m"), w("n"), w("k")
    sides, matrices = _sides(b, w, s)
    with _items(b, w, s, sides, s.parts == "to") as item:
        out, left, right, bias = (_shifted(b, matrix, item.batch.get(side, 0)) for side, matrix in matrices.items())
        store = _Sums(b, s, out, bias)
        along = _Matrix(b, right.pointer, right.type, 0, right.size)
        c0 = item.col * w("col_block") if s.grid else b.const("i64", 0)
        c1 = b.min(c0 + w("col_block"), n) if s.grid else n
        k0, k1 = b.const("i64", 0), k
        if s.parts == "to":
            k0 = item.part * w("part_depth")
            k1 = b.min(k0 + w("part_depth"), k)
            at = w("sums_at") + item.number * w("sums_matrix") + item.part * w("sums_part")
            waiting = _dense(b, b.offset(b.word(s.words[3], "ptr"), at), left, n)
        zero = [b.const(compute, 0, lanes)] * (s.rows * s.vectors * planes)
        with b.loop(c0, c1, s.vectors) as columns, b.loop(0, m, s.rows) as loop:
            row, col = loop.index, columns.index
            lefts = [left.at(row if i == 0 else b.min(row + i, m - 1)) for i in range(s.rows)]
            rights = [right.at(0, col if j == 0 else b.min(col + j, n - 1)) for j in range(s.vectors)]

            def run(sums: list[Value], first: Value, stop: Value, masked: bool) -> list[Value]:
                with b.loop(first, stop, lanes, carried=sums) as steps:
                    count = stop - steps.index if masked else None
                    x = [left.vector(b.offset(p, steps.index * left.col_stride), lanes, count) for p in lefts]
                    y = [along.vector(b.offset(p, steps.index * along.size), lanes, count) for p in rights]
                    before = [steps.carried[i:i + planes] for i in range(0, len(sums), planes)]
                    steps.next(*[v for i in range(s.rows) for j in range(s.vectors) for v in _multiply_add(b, x[i], y[j], before[i * s.vectors + j])])
                return list(steps.results)

            whole = k0 + ((k1 - k0) & -lanes)
            sums = run(run(zero, k0, whole, False), whole, k1, True)
            for i in range(s.rows):
                with nullcontext() if i == 0 else b.when(row + i < m):
                    for j in range(s.vectors):
                        with nullcontext() if j == 0 else b.when(col + j < c1):
                            at = (i * s.vectors + j) * planes
                            value = b.fold(tuple(sums[at:at + planes]), lambda low, high: tuple(x + y for x, y in zip(low, high)))
                            if s.parts == "to":
                                waiting.put(waiting.at(row + i, col + j), value)
                            else:
                                out.put(out.at(row + i, col + j), store.finish(value, row + i, col + j, None))
    return b.kernel(), tuple(w.names)


def _shifted(b: Builder, matrix: _Matrix | None, offset: Value | int) -> _Matrix | None:
    """One matrix of a stack."""
    if matrix is None or isinstance(offset, int):
        return matrix
    moved = b.offset(matrix.pointer, offset * matrix.size)
    return _Matrix(b, moved, matrix.type, matrix.row_stride, matrix.col_stride)


# ---- the choice of a path -----------------------------------------------------------------------------------------------------------


class _Problem(NamedTuple):
    """One product as the plan turns it about: left [m, k], right [k, n], out and bias [m, n], and the words of their pointers."""

    left: Operand
    right: Operand
    out: Operand
    bias: Operand | None
    m: int
    n: int
    k: int
    batch: tuple[int, ...]
    words: tuple[int, int, int, int]                # of out, left, right, bias

    def transposed(self) -> _Problem:
        out, left, right, bias = self.words
        return _Problem(self.right.transposed(), self.left.transposed(), self.out.transposed(), None if self.bias is None else self.bias.transposed(),
                        self.n, self.m, self.k, self.batch, (out, right, left, bias))

    def operands(self) -> list[Operand]:
        return [self.left, self.right, self.out] + ([] if self.bias is None else [self.bias])

    def with_operands(self, operands: Sequence[Operand], **changes: Any) -> _Problem:
        left, right, out, *bias = operands
        return self._replace(left=left, right=right, out=out, bias=bias[0] if bias else None, **changes)


def _collapse(p: _Problem) -> _Problem:
    """Fewer batch dimensions: those of size 1 go, neighbours that run on in every operand become one, and one that runs on along the
    rows of left, out and bias becomes rows where right is the same for all of it."""
    sizes: list[int] = []
    strides: list[list[int]] = []
    for d, size in enumerate(p.batch):
        here = [o.batch_strides[d] for o in p.operands()]
        if size == 1:
            continue
        if sizes and all(outer == inner * size for outer, inner in zip(strides[-1], here)):
            sizes[-1] *= size
            strides[-1] = here
        else:
            sizes.append(size)
            strides.append(here)
    operands = [o._replace(batch_strides=tuple(row[i] for row in strides)) for i, o in enumerate(p.operands())]
    return p.with_operands(operands, batch=tuple(sizes))


def _fold_rows(p: _Problem) -> _Problem:
    """The innermost batch dimension as rows, where it is shared by right and runs on along the rows of the others."""
    while p.batch and p.right.batch_strides[-1] == 0:
        others = [p.left, p.out] + ([] if p.bias is None else [p.bias])
        if p.m == 1:
            others = [o._replace(row_stride=o.batch_strides[-1]) for o in others]
        elif any(o.batch_strides[-1] != p.m * o.row_stride for o in others):
            break
        left, out, *bias = [o._replace(batch_strides=o.batch_strides[:-1]) for o in others]
        right = p.right._replace(batch_strides=p.right.batch_strides[:-1])
        p = p.with_operands([left, right, out, *bias], m=p.m * p.batch[-1], batch=p.batch[:-1])
    return p


def _tidy(p: _Problem) -> _Problem:
    """Strides that nobody uses become those that read fastest."""
    left, right, out, bias = p.left, p.right, p.out, p.bias
    if p.k == 1:
        left, right = left._replace(col_stride=1), right._replace(row_stride=p.n)
    if p.m == 1:
        left, out = left._replace(row_stride=p.k), out._replace(row_stride=p.n)
    if p.n == 1:
        right, out = right._replace(col_stride=1 if right.row_stride != 1 else p.k), out._replace(col_stride=1)
        bias = None if bias is None else bias._replace(col_stride=1)
    return p._replace(left=left, right=right, out=out, bias=bias)


def _ceil(a: int, b: int) -> int:
    return -(-a // b)


def _stride_class(stride: int, allowed: str) -> str:
    return str(stride) if str(stride) in allowed else "s"


class _Shape(NamedTuple):
    """The tile for one orientation, and what the product costs with it, in vector operations."""

    rows: int
    vectors: int
    cost: float


def _shape(p: _Problem, vector_bytes: int) -> _Shape:
    compute, planes = _ARITHMETIC[p.left.type]
    lanes = vector_bytes * 8 // BITS[compute]
    table = (_TILES if planes == 1 else _COMPLEX_TILES)[vector_bytes]
    rows = min(table, key=lambda r: (_ceil(p.m, r) * r * (1 + 0.6 / r), -r))
    cost = _ceil(p.m, rows) * rows * _ceil(p.n, lanes) * p.k * planes * planes * (1 + 0.6 / rows)
    if p.right.col_stride != 1:
        cost += p.k * p.n * (0.5 if p.right.row_stride == 1 else 2.5)
    if p.out.col_stride != 1:
        cost += p.m * p.n * (0.3 if p.out.row_stride == 1 and planes == 1 and 1 < rows <= lanes else 2)
    wide = _ceil(p.n, lanes)
    return _Shape(rows, _ceil(wide, _ceil(wide, table[rows])) if wide <= 2 * table[rows] else table[rows], cost)


_HIGH = 512
_LEFT = 1 << 17
_DIRECT = 4 << 20                                  # bytes over which the right operand may be spread and be read in place
_CHUNK = 1e4                                        # ns: a chunk is worth at least this much
_DEPTH = 768                                        # depths of a panel, about, where the depth must be cut


def plan(a: Operand, b: Operand, out: Operand, m: int, n: int, k: int, batch: Sequence[int] = (), *, bias: Operand | None = None,
         activation: Activation | None = None, alpha: tuple[int, str] | None = None, beta: tuple[int, str] | None = None, accumulate: bool = False,
         words: tuple[int, int, int, int] = (0, 1, 2, 3), pointers: int | None = None, scalars: int = 0,
         vector_bytes: int | None = None) -> tuple[list[Launch], int]:
    """The launches, in order, of out[.., m, n] = act(alpha * a[.., m, k] @ b[.., k, n] + beta * bias[.., m, n]), and the bytes of scratch.

    `batch` are the sizes before the matrix; every operand has one batch stride for each (0 where it is broadcast). `bias` is an operand
    whose strides may be 0 (a row of it for each row: row_stride 0). `accumulate` adds to what is in `out`: the bias is `out` itself.
    `alpha`, `beta` are (number of the scalar word, its kind "i64", "f64" or "c"); None is 1. `words` are the word numbers of the
    pointers to out, a, b and bias, `pointers` how many pointers the argument list has in all (scratch follows them), `scalars` how
    many words of scalars follow.
    """
    if m * n * prod(batch) == 0:
        return [], 0
    if accumulate:
        bias, words = out, (*words[:3], words[0])
    vector_bytes = vector_bytes or cpu.vector_bytes()
    pointers = pointers if pointers is not None else max(words[:3] + words[3:] * (bias is not None)) + 1
    p = _collapse(_Problem(a, b, out, bias, m, n, k, tuple(batch), words))
    p = _tidy(_fold_rows(_fold_rows(p).transposed()).transposed())
    if p.out.type in ("c64", "c128"):
        assert activation is None, "an activation of complex numbers"
    for q in (p, p.transposed()):
        q = _tidy(q)
        if q.m <= 8 and q.right.row_stride == 1 and q.k >= 32 and (q.left.col_stride == 1 or q.m == 1) and (q.right.col_stride != 1 or q.n == 1):
            return _Plan(q, "dots", _Shape(0, 0, 0), vector_bytes, pointers, scalars, alpha, beta, activation).launches()
    sides = [(q, _shape(q, vector_bytes)) for q in (p, _tidy(p.transposed()))]
    q, shape = min(sides, key=lambda side: side[1].cost)
    return _Plan(q, "product", shape, vector_bytes, pointers, scalars, alpha, beta, activation).launches()


class _Plan:
    """Turns one oriented problem into launches: blocks, packing, parts of the depth, scratch."""

    def __init__(self, p: _Problem, kind: str, shape: _Shape, vector_bytes: int, pointers: int, scalars: int,
                 alpha: tuple[int, str] | None, beta: tuple[int, str] | None, activation: Activation | None):
        self.p, self.kind, self.shape, self.bytes, self.pointers, self.scalars = p, kind, shape, vector_bytes, pointers, scalars
        self.alpha, self.beta, self.activation = alpha, beta, activation
        self.compute, self.planes = _ARITHMETIC[p.left.type]
        self.size = BITS[self.compute] // 8 * self.planes
        self.lanes = vector_bytes * 8 // BITS[self.compute]
        self.matrices = prod(p.batch)
        self.scratch = 0
        # ns of one thread: multiply-adds of a 64-byte vector, or the bytes to be moved
        operations = p.m * p.n * p.k * self.matrices * self.planes ** 2 * BITS[self.compute] / 512
        moved = (p.m * p.k + p.k * p.n + p.m * p.n) * self.size * self.matrices
        self.work = operations / 3.3 + moved / 30

    def reserve(self, bytes: int) -> int:
        at = self.scratch
        self.scratch += _ceil(bytes, 64) * 64
        return at

    def spec(self, kind: str, **fields: Any) -> _Spec:
        """A spec with the places of the words; called when all scratch is reserved."""
        p = self.p
        first = self.pointers + (self.scratch > 0)
        scalar = lambda s: None if s is None else _Scalar(first + s[0], s[1])  # noqa: E731
        epilogue = _Epilogue()
        if fields.pop("final", False):
            layout = None if p.bias is None else (p.bias.type, "s", _stride_class(p.bias.col_stride, "10"))
            epilogue = _Epilogue(layout, p.words[3] if layout else 0, scalar(self.alpha), scalar(self.beta) if layout else None, self.activation)
        column = _stride_class(p.left.col_stride, "1")
        base = _Spec(kind, self.bytes, self.shape.rows, self.shape.vectors,
                     left=(p.left.type, _stride_class(p.left.row_stride, "1") if column == "s" else "s", column),
                     right=(p.right.type, "s", "1") if p.right.col_stride == 1 and kind != "dots" else (p.right.type, _stride_class(p.right.row_stride, "1"), "s"),
                     out=(p.out.type, "s", "1") if p.out.col_stride == 1 else (p.out.type, _stride_class(p.out.row_stride, "1"), "s"),
                     words=(p.words[0], p.words[1], p.words[2], self.pointers if self.scratch else -1, first + self.scalars),
                     dims=len(p.batch), epilogue=epilogue)
        return base._replace(**fields)

    def values(self, **more: int) -> dict[str, int]:
        """Every word that a kernel may ask for."""
        p = self.p
        found = {"m": p.m, "n": p.n, "k": p.k} | {f"batch{d}": size for d, size in enumerate(p.batch)}
        for side, operand in (("out", p.out), ("left", p.left), ("right", p.right), ("bias", p.bias)):
            if operand is not None:
                found |= {f"{side}_row": operand.row_stride, f"{side}_col": operand.col_stride}
                found |= {f"{side}_batch{d}": stride for d, stride in enumerate(operand.batch_strides)}
        return found | more

    def launch(self, built: tuple[Kernel, tuple[str, ...]], values: dict[str, int], work: float) -> Launch:
        kernel, names = built
        chunks = _ceil(values["items"], values["group"])
        return Launch(kernel, tuple(values[name] for name in names), chunks, work)

    def launches(self) -> tuple[list[Launch], int]:
        return self._of_dots() if self.kind == "dots" else self._of_product()

    # ---- dots ----

    def _of_dots(self) -> tuple[list[Launch], int]:
        p = self.p
        rows = 4 if p.m > 2 else p.m
        wide = _DOTS[self.bytes][rows] if self.planes == 1 else 1
        columns = max(1, min(wide, p.n))
        pieces = max(1, min(64, int(self.work / _CHUNK)))
        block = _ceil(_ceil(p.n, pieces), columns) * columns
        blocks = _ceil(p.n, block)
        parts, depth = self._parts(self.matrices * _ceil(p.n, 16), 4096)
        sums = self._reserve_sums(parts)
        grid = blocks > 1
        group = max(1, int(_CHUNK / self.work * blocks * parts * self.matrices))
        items = blocks * parts * self.matrices
        values = self.values(col_block=block, col_blocks=blocks, row_blocks=1, parts=parts, part_depth=depth, items=items, group=min(group, items), **sums)
        spec = self.spec("dots", rows=rows, vectors=columns, grid=grid, parts="to" if parts > 1 else "", final=parts == 1)
        found = [self.launch(_dots(spec), values, self.work)]
        if parts > 1:
            found.append(self._finish(values))
        return found, self.scratch

    # ---- a split depth ----

    def _parts(self, cells: int, least: int) -> tuple[int, int]:
        """Into how many parts the depth is cut, and how deep each is: about eight chunks where there would be few `cells` to share out.
        From the shape alone, for this changes the order of the sums."""
        k = self.p.k
        parts = min(_ceil(8, cells), k // least, int(self.work / _CHUNK) + 1)
        if parts < 2:
            return 1, k
        depth = _ceil(_ceil(k, parts), 64) * 64
        return _ceil(k, depth), depth

    def _reserve_sums(self, parts: int, always: bool = False) -> dict[str, int]:
        if parts == 1 and not always:
            return {}
        part = self.p.m * self.p.n * self.size
        return {"sums_at": self.reserve(part * parts * self.matrices), "sums_part": part, "sums_matrix": part * parts}

    def _finish(self, values: dict[str, int]) -> Launch:
        p = self.p
        rows, vectors = 1, 1
        work = values["parts"] * p.m * p.n * self.matrices * self.size / 10
        pieces = max(1, int(work / _CHUNK))
        block = _ceil(p.m, min(pieces, p.m))
        blocks = _ceil(p.m, block)
        values = values | {"row_block": block, "row_blocks": blocks, "col_block": p.n, "col_blocks": 1, "items": blocks * self.matrices, "group": 1}
        spec = self.spec("finish", rows=rows, vectors=vectors, parts="from", final=True)
        return self.launch(_product(spec), values, work)

    # ---- products ----

    def _of_product(self) -> tuple[list[Launch], int]:
        p, lanes = self.p, self.lanes
        rows, vectors = self.shape.rows, self.shape.vectors
        width = vectors * lanes
        narrow = p.left.type != self.compute and self.planes == 1
        small = p.m * p.n * p.k <= 64 ** 3
        step = p.right.row_stride * self.size
        right_packed = p.right.col_stride != 1 or not small and p.m > 32 and (narrow or step > 2048 and p.k * step > _DIRECT)
        left_packed = not small and p.n >= 4 * lanes and (narrow or p.left.col_stride != 1 and p.k * p.left.col_stride * self.size > _LEFT)

        # blocks of a matrix: about twenty-four chunks or a tenth of a millisecond each; what is packed must be used often enough
        chunk = max(_CHUNK, min(self.work / 24, max(1.5e5, self.work / 256)))
        parts, depth = self._parts(self.matrices * _ceil(p.m * p.n, 4096), 512)
        row_block, col_block = _blocks(p.m, p.n, rows, width, _TALL if left_packed else _HIGH, _TALL if right_packed else 1,
                                       self.work / self.matrices / parts / chunk)
        if p.k <= 16 and not right_packed and not small:
            row_block, col_block = rows, p.n                    # mostly stores: along the rows
        row_blocks, col_blocks = _ceil(p.m, row_block), _ceil(p.n, col_block)
        blocks = row_blocks * col_blocks

        # the depth that a panel, or a block of the left operand, has room for
        room = min([_PANEL // (width * self.size) // lanes * lanes] * right_packed + [_PANEL // (row_block * self.size)] * left_packed + [2 * _DEPTH])
        deep, block_depth = "", depth
        sums = self._reserve_sums(parts)
        if depth > room:
            block_depth = _ceil(_ceil(depth, _ceil(depth, min(room, _DEPTH))), 16) * 16
            if parts == 1:
                b, wide = p.bias, p.m > 1 and p.n > 1
                alone = b is None or wide and (b.row_stride == 0 or b.col_stride == 0)          # the bias is not `out` itself
                in_place = alone and _ARITHMETIC[p.out.type] == (p.out.type, 1) and p.out.col_stride == 1
                deep = "out" if in_place else "scratch"
                sums = {} if in_place else self._reserve_sums(1, True)
            else:
                deep = "scratch"

        items = blocks * parts * self.matrices
        group = min(items, max(1, int(chunk * items / self.work)))
        values = self.values(row_block=row_block, row_blocks=row_blocks, col_block=col_block, col_blocks=col_blocks, parts=parts, part_depth=depth,
                             depth_block=block_depth, items=items, group=group, **sums)
        spec = self.spec("product", right_packed=right_packed, left_packed=left_packed, parts="to" if parts > 1 else "", deep=deep, grid=blocks > 1, final=parts == 1)
        launches = [self.launch(_product(spec), values, self.work)]
        if parts > 1:
            launches.append(self._finish(values))
        return launches, self.scratch


_DOTS = {64: {1: 8, 2: 8, 4: 4}, 32: {1: 4, 2: 2, 4: 1}, 16: {1: 4, 2: 2, 4: 1}}       # columns of a tile of dots, by its rows


def _blocks(m: int, n: int, rows: int, width: int, tall: int, low: int, pieces: float) -> tuple[int, int]:
    """The block of rows and of columns (multiples of the tile) that make about `pieces` of a matrix: at most `tall` rows, at least `low`."""
    row_tiles, col_tiles, wanted = _ceil(m, rows), _ceil(n, width), max(1, round(pieces))
    row_blocks = _ceil(row_tiles, max(1, tall // rows))
    most = max(row_blocks, row_tiles // max(1, low // rows))
    col_blocks = min(col_tiles, _ceil(wanted, row_blocks))
    row_blocks = max(row_blocks, min(most, _ceil(wanted, col_blocks)))
    return _ceil(row_tiles, row_blocks) * rows, _ceil(col_tiles, col_blocks) * width
