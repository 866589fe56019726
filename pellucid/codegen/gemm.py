"""Matrix products: packing, the micro-kernel, epilogues, and the choice of a path by shape and layout.

    plan(a, b, out, m, n, k, ...) -> (launches, bytes of scratch)
    out[.., m, n] = act(alpha * a[.., m, k] @ b[.., k, n] + beta * bias[.., m, n])

Called by the operators of linear algebra; convolution uses `micro_tile`. Knows strides, element types and sizes, no
tensors. Sizes and strides reach the kernels as words: only layout classes, types and the epilogue are part of their text.

How it works. One operand, the *left*, is read element by element and broadcast; the other, the *right*, is read as vectors along
the columns of the result. A tile of rows x vectors accumulators stays in registers over the whole depth k (`micro_tile`). Which
operand plays which part is free, since (a b)^T = b^T a^T: the plan takes the orientation that packs and wastes least, and a tile of
the transposed result is turned on its way to memory. The right operand is read in place where its columns are neighbours and its
rows not too far apart; else each chunk copies the panel that it works on to its own stack, turning and widening it as needed, and uses
it for hundreds of rows. The left operand, of which a tile reads little, is used by every chunk: in large products a launch of its own
copies all of it, in the order in which tiles read.

    product     everything of some size, and every direct case: tiny, outer product, vector times matrix, batches of small ones
    panels      the copy of the left operand that a large product reads
    dots        at most 8 rows against a right operand that is contiguous along k: vectors run along k (matrix times vector)
    finish      sums the parts of a product whose depth was split to make enough chunks, and applies the epilogue

Every element is one chain of fused multiply-adds in the order of k (16 chains of them in `dots`, and one more for each part), cut by
shape alone: the same bits for any number of threads and any width of vectors. Half types are summed in float32 and rounded once;
integers wrap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import inf, prod
from typing import Any, NamedTuple

from . import cpu
from .ir import BITS, Builder, Kernel, Launch, Value, is_float

__all__ = ["Operand", "Activation", "plan", "micro_tile", "transpose"]

# memory type -> (type of the arithmetic, planes): small integers are summed in i32, whose low bits are theirs; complex ones are two planes
_ARITHMETIC = {"f32": ("f32", 1), "f64": ("f64", 1), "f16": ("f32", 1), "bf16": ("f32", 1), "c64": ("f32", 2), "c128": ("f64", 2),
               "i8": ("i32", 1), "u8": ("i32", 1), "i16": ("i32", 1), "u16": ("i32", 1), "i32": ("i32", 1), "u32": ("u32", 1),
               "i64": ("i64", 1), "u64": ("u64", 1)}
_PART = {"c64": "f32", "c128": "f64"}

# bytes of a vector -> rows of a tile -> vectors of a tile; what fits the registers (32, 16, 16)
_TILES = {64: {8: 3, 4: 5, 2: 8, 1: 8}, 32: {6: 2, 4: 3, 2: 4, 1: 8}, 16: {4: 3, 2: 4, 1: 8}}
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


def micro_tile(b: Builder, k: Value | int, rows: int, vectors: int, load_a: Callable[[int, Value], Any],
               load_b: Callable[[int, Value], Any], accumulators: Sequence[Any], unroll: int = 1,
               prefetch: Callable[[Value], None] | None = None, start: Value | int = 0) -> list[Any]:
    """The outer-product loop: accumulators[i * vectors + j] += load_a(i, kk) * load_b(j, kk) for kk in range(start, k).

    `load_a` gives a scalar (it is broadcast) or a vector, `load_b` a vector; addresses should be a pointer from outside the loop
    plus kk times a stride: where that is a number, all steps of a turn share one product. Each may be a tuple of planes (real,
    imaginary) if the accumulators are. `unroll` steps share one turn of the loop; the order of the sum does not change.
    `prefetch(kk)` may ask for what comes later.
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
    """Turn R vectors (R a power of two): the lanes of the results, one after the other, are lane 0 of each, lane 1 of each, ...

    Seen as bits, an element's place is the number of its vector and, below, its lane. Each step trades one bit of the one for one of
    the other, in pairs of vectors, by shuffles that are one instruction each: within blocks of 16 bytes by interleaving, which puts the
    vector's bit lowest and takes the block's highest; between blocks by exchanging them.
    """
    vectors, lanes = list(vectors), vectors[0].lanes
    rows, places = (len(vectors) - 1).bit_length(), (lanes - 1).bit_length()
    if rows == 0:
        return vectors
    block = min(lanes, 128 // BITS[vectors[0].type])
    inner = (block - 1).bit_length()
    # labels of the bits: what the lanes are to be, lowest first, are the bits of the row and then those of the lane; the rest numbers vectors
    wanted = [("row", bit) for bit in range(rows)] + [("lane", bit) for bit in range(places)]
    held = wanted[:rows]                                        # by the bits of the number of a vector

    def trade(bit: int, low: list[int], high: list[int]) -> None:
        for at in range(len(vectors)):
            if not at >> bit & 1:
                pair = vectors[at], vectors[at | 1 << bit]
                vectors[at], vectors[at | 1 << bit] = b.shuffle(*pair, low), b.shuffle(*pair, high)

    for bit in reversed(range(min(rows, inner))):
        low = [lane - lane % block + lane % block // 2 + lanes * (lane % 2) for lane in range(lanes)]
        trade(bit, low, [lane + block // 2 for lane in low])
        held[bit] = "lane", bit + inner - min(rows, inner)
    for place in range(inner, places):
        low = [lane - (1 << place) + lanes if lane >> place & 1 else lane for lane in range(lanes)]
        bit = held.index(wanted[place])
        trade(bit, low, [lane + (1 << place) for lane in low])
        held[bit] = "lane", place
    order = [held.index(label) for label in wanted[places:]]    # bits of a result's number -> bits of a vector's
    return [vectors[sum((at >> bit & 1) << held_bit for bit, held_bit in enumerate(order))] for at in range(len(vectors))]


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

    kind: str                                       # product, dots, finish, panels
    bytes: int                                      # of a vector register
    rows: int                                       # of a tile
    vectors: int
    left: tuple[str, str, str]                      # memory type, class of the row stride, of the column stride
    right: tuple[str, str, str]
    out: tuple[str, str, str]
    words: tuple[int, int, int, int, int]           # of the pointers to out, left, right, scratch; the first of the sizes
    right_packed: bool = False                      # copied panel by panel to the kernel's stack
    left_packed: bool = False                       # read from scratch, where `panels` has copied it
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
        sides = {"finish": (self.out,), "panels": (self.left,)}.get(self.kind, (self.left, self.right, self.out))
        activation = self.epilogue.activation
        flags = ["panels"] * self.left_packed + ["packed"] * self.right_packed + ["bias"] * (self.epilogue.bias is not None)
        flags += [] if activation is None else [activation.name]
        return "_".join(["gemm", self.kind, *map("".join, sides), f"{self.rows}x{self.vectors * self.lanes}", *flags])


_PANEL = 192 << 10                                  # bytes of stack for a panel of the right operand


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
        return b.offset(b.offset(self.pointer, row * self.row_stride), col * self.col_stride)

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


    def shifted(self, elements: Value | int) -> _Matrix:
        """The same matrix elsewhere: one of a stack."""
        moved = self.pointer if isinstance(elements, int) else self.b.offset(self.pointer, elements * self.size)
        return _Matrix(self.b, moved, self.type, self.row_stride, self.col_stride)


def _dense(b: Builder, pointer: Value, arithmetic: tuple[str, int], row_stride: Value | int) -> _Matrix:
    """A matrix of the type of the arithmetic, rows `row_stride` elements apart: packed panels, parts of a sum."""
    compute, planes = arithmetic
    type = compute if planes == 1 else {"f32": "c64", "f64": "c128"}[compute]
    size = BITS[compute] // 8 * planes
    return _Matrix(b, pointer, type, row_stride * size, size)


# ---- the kernels --------------------------------------------------------------------------------------------------------------------


class _Epilogues:
    """Takes sums through the epilogue."""

    def __init__(self, b: Builder, epilogue: _Epilogue, arithmetic: tuple[str, int]):
        self.b, self.epilogue, (self.compute, self.planes) = b, epilogue, arithmetic
        self.alpha, self.beta = (None if s is None else self._scalar(s) for s in (epilogue.alpha, epilogue.beta))

    def _scalar(self, scalar: _Scalar) -> tuple[Value, ...]:
        kind = "i64" if scalar.kind == "i64" else "f64"
        parts = [self.b.convert(self.b.word(scalar.word + p, kind), self.compute) for p in range(2 if scalar.kind == "c" else 1)]
        return (*parts, self.b.const(self.compute, 0))[:self.planes]

    def _scaled(self, a: tuple[Value, ...], x: tuple[Value, ...]) -> tuple[Value, ...]:
        if len(a) == 1:
            return (x[0] * a[0],)
        return x[0] * a[0] - x[1] * a[1], x[0] * a[1] + x[1] * a[0]

    def __call__(self, value: tuple[Value, ...], bias: _Matrix | None, row: Value, col: Value, count: Value | None) -> tuple[Value, ...]:
        """alpha * value + beta * bias, activated. Where beta is 0 the bias does not count, even if it is NaN."""
        b, lanes = self.b, value[0].lanes
        if self.alpha is not None:
            value = self._scaled(self.alpha, value)
        if bias is not None:
            added = bias.vector(bias.at(row, col), lanes, count) if lanes > 1 else bias.element(bias.at(row, col))
            if self.beta is not None:
                zero = self.beta[0] == 0 if self.planes == 1 else (self.beta[0] == 0) & (self.beta[1] == 0)
                added = tuple(b.select(zero, b.const(v.type, 0, lanes), v) for v in self._scaled(self.beta, added))
            value = tuple(v + x for v, x in zip(value, added))
        if self.epilogue.activation is not None:
            value = (self.epilogue.activation.body(value[0]),)
        return value


class _Writer:
    """Writes one kernel: what products and dots share, which is the words, the operands, and the walk over the items of the chunks.

    An item is a block (rows r0..r1-1, columns c0..c1-1, depths k0..k1-1) of one matrix; inside `items` the operands are that matrix's.
    """

    def __init__(self, s: _Spec):
        b = self.b = Builder(s.name())
        self.s, self.words = s, _Words(b, s.words[4])
        self.m, self.n, self.k = (self.words(name) for name in "mnk")
        self.whole = {"out": self._operand("out", s.out, s.words[0])}
        if s.kind != "finish":
            self.whole |= {"left": self._operand("left", s.left, s.words[1]), "right": self._operand("right", s.right, s.words[2])}
        if s.epilogue.bias is not None:
            self.whole["bias"] = self._operand("bias", s.epilogue.bias, s.epilogue.bias_word)
        self.scratch = b.word(s.words[3], "ptr") if s.words[3] >= 0 else None
        self.panels = None                                  # the left operand's, of the matrix in hand
        self.epilogue = _Epilogues(b, s.epilogue, s.arithmetic)

    def _operand(self, side: str, layout: tuple[str, str, str], word: int) -> _Matrix:
        """An operand, its strides fixed or read from the words as its layout class says."""
        type, row, col = layout
        size = BITS[_PART.get(type, type)] // 8 * _ARITHMETIC[type][1]
        strides = [self.words(f"{side}_{axis}") * size if kind == "s" else int(kind) * size for kind, axis in ((row, "row"), (col, "col"))]
        return _Matrix(self.b, self.b.word(word, "ptr"), type, *strides)

    @contextmanager
    def items(self) -> Iterator[None]:
        """Walk the items of the chunks begin..end-1. Columns run fastest, then rows, parts, matrices."""
        b, s, w = self.b, self.s, self.words
        if not s.grid and not s.dims and s.parts != "to":
            self._enter(dict.fromkeys(self.whole, 0), 0, 0, 0, 0)
            yield
            return
        group = w("group")
        with b.loop(b.begin * group, b.min(b.end * group, w("items"))) as loop:
            rest, row, col, part = loop.index, 0, 0, 0
            if s.grid:
                rest, col = b.divmod(rest, w("col_blocks"))
                rest, row = b.divmod(rest, w("row_blocks"))
            if s.parts == "to":
                rest, part = b.divmod(rest, w("parts"))
            number, offsets = rest, dict.fromkeys(self.whole, 0)
            for d in reversed(range(s.dims)):
                rest, index = b.divmod(rest, w(f"batch{d}")) if d else (rest, rest)
                offsets = {side: offset + index * w(f"{side}_batch{d}") for side, offset in offsets.items()}
            self._enter(offsets, number, row, col, part)
            yield

    def _enter(self, offsets: dict[str, Value | int], number: Value | int, row: Value | int, col: Value | int, part: Value | int) -> None:
        b, s, w = self.b, self.s, self.words
        here = {side: matrix.shifted(offsets[side]) for side, matrix in self.whole.items()}
        self.out, self.left, self.right, self.bias = (here.get(side) for side in ("out", "left", "right", "bias"))
        self.r0 = self.c0 = self.k0 = b.const("i64", 0)
        self.r1, self.c1, self.k1 = self.m, self.n, self.k
        if s.grid:
            self.r0, self.c0 = row * w("row_block"), col * w("col_block")
            self.r1, self.c1 = b.min(self.r0 + w("row_block"), self.m), b.min(self.c0 + w("col_block"), self.n)
        if s.parts == "to":
            self.k0 = part * w("part_depth")
            self.k1 = b.min(self.k0 + w("part_depth"), self.k)
        if s.left_packed or s.kind == "panels":
            self.panels = _dense(b, b.offset(self.scratch, w("panels_at") + number * w("panels_matrix")), s.arithmetic, s.rows)
        self.waiting = None                                 # where sums wait: parts of the depth, or between blocks of it
        if s.deep == "out":
            self.waiting = self.out
        elif s.parts or s.deep:
            at = w("sums_at") + number * w("sums_matrix") + (part * w("sums_part") if s.parts == "to" else 0)
            self.waiting = _dense(b, b.offset(self.scratch, at), s.arithmetic, self.n)

    def done(self) -> tuple[Kernel, tuple[str, ...]]:
        return self.b.kernel(), tuple(self.words.names)


class _Products(_Writer):
    """Tiles of outer products; also `finish`, the same walk over sums that wait in scratch."""

    def __init__(self, s: _Spec):
        super().__init__(s)
        b, out, size = self.b, self.whole["out"], BITS[s.arithmetic[0]] // 8 * s.arithmetic[1]
        self.panel = _dense(b, b.alloca(_PANEL), s.arithmetic, s.vectors * s.lanes) if s.right_packed else None
        # whether the columns of what is stored are the rows of a tile, and may be stored as vectors
        self.turns = not isinstance(out.col_stride, int) and isinstance(out.row_stride, int) and out.planes == 1 and s.rows > 1
        self.height = 1 << (s.rows - 1).bit_length()        # of a tile that is turned: rows are filled up to a power of two
        # a long way from sums to memory is written once, for vectors on the stack, and not for each register
        staged = s.epilogue.activation is not None or not isinstance(out.col_stride, int)
        self.stage = b.alloca((s.rows * s.vectors + self.height) * s.lanes * size) if staged else None

    def build(self) -> tuple[Kernel, tuple[str, ...]]:
        b = self.b
        with self.items():
            if self.s.deep:
                with b.loop(self.k0, self.k1, self.words("depth_block")) as loop:
                    stop = b.min(loop.index + self.words("depth_block"), self.k1)
                    self.block(loop.index, stop, stop >= self.k1)
            else:
                self.block(self.k0, self.k1, None)
        return self.done()

    def block(self, k0: Value, k1: Value, last: Value | None) -> None:
        """All panels of the item, over the depths k0..k1-1: tiles as wide as the panel, in a narrower last one tiles of one vector."""
        b, s = self.b, self.s
        width = s.vectors * s.lanes
        with b.loop(self.c0, self.c1, width) as loop:
            at = loop.index
            if s.right_packed:
                _pack(b, self.right, self.panel, at, self.c1, s.vectors, s.lanes, k0, k1)
            stop = b.min(at + s.lanes, self.c1)
            if s.vectors > 1:
                full = self.c1 - at >= width
                with b.when(full):
                    self.tiles(at, at, s.vectors, None, k0, k1, last)
                stop = b.select(full, at, self.c1)
            with b.loop(at, stop, s.lanes) as tail:
                self.tiles(at, tail.index, 1, self.c1 - tail.index, k0, k1, last)

    def tiles(self, at: Value, col: Value, vectors: int, count: Value | None, k0: Value, k1: Value, last: Value | None) -> None:
        """All tiles of the item that start at column `col`, of the panel at column `at`."""
        b, s, lanes = self.b, self.s, self.s.lanes
        load = None
        if s.right_packed:
            start, panel = self.panel.at(0, col - at), self.panel
            load = lambda j, kk: panel.vector(b.offset(start, kk * panel.row_stride + j * lanes * panel.size), lanes)
        elif s.kind == "product":
            start, right = self.right.at(k0, col), self.right
            load = lambda j, kk: right.vector(b.offset(start, kk * right.row_stride + j * lanes * right.size), lanes, count)
        with b.loop(self.r0, self.r1, s.rows) as loop:
            rows = [loop.index] + [b.min(loop.index + i, self.r1 - 1) for i in range(1, s.rows)]
            sums = self.sums(rows, col, vectors, count, k0, k1, load)
            if s.parts == "to":
                self.put_sums(sums, rows, col, count)
            elif last is None:
                self.put_tile(sums, rows, col, count)
            else:
                with b.when(last):
                    self.put_tile(sums, rows, col, count)
                with b.when(~last):
                    self.put_sums(sums, rows, col, count)

    def sums(self, rows: list[Value], col: Value, vectors: int, count: Value | None, k0: Value, k1: Value, load: Callable | None) -> list:
        """The sums of one tile."""
        b, s, lanes, (compute, planes) = self.b, self.s, self.s.lanes, self.s.arithmetic
        sums: list[tuple[Value, ...]] = [(b.const(compute, 0, lanes),) * planes] * (len(rows) * vectors)
        if s.kind == "finish":
            waiting = self.waiting
            with b.loop(0, self.words("parts"), carried=[v for value in sums for v in value]) as loop:
                part = loop.index * self.words("sums_part")
                value = [v for row in rows for j in range(vectors)
                         for v in waiting.vector(b.offset(waiting.at(row, col + j * lanes), part), lanes, count)]
                loop.next(*[x + v for x, v in zip(loop.carried, value)])
            return [tuple(loop.results[i:i + planes]) for i in range(0, len(value), planes)]
        if s.deep:
            seen = b.select(k0 > self.k0, b.const("i64", lanes) if count is None else count, b.const("i64", 0))
            sums = [self.waiting.vector(self.waiting.at(row, col + j * lanes), lanes, seen) for row in rows for j in range(vectors)]
        if self.panels is not None:
            panels = self.panels
            start = b.offset(panels.at(k0), rows[0] * self.words("panels_row"))
            load_a = lambda i, kk: panels.element(b.offset(start, kk * panels.row_stride + i * panels.size))
            return micro_tile(b, k1 - k0, len(rows), vectors, load_a, load, sums, unroll=4)
        left = self.left
        starts = [left.at(row, k0) for row in rows]
        return micro_tile(b, k1 - k0, len(rows), vectors, lambda i, kk: left.element(b.offset(starts[i], kk * left.col_stride)), load, sums)

    # Rows of a tile beyond the last one repeat its number. They are stored before it, so that it wins.

    def put_sums(self, sums: list[tuple[Value, ...]], rows: list[Value], col: Value, count: Value | None) -> None:
        """Put the sums of a tile where they wait."""
        vectors, lanes = len(sums) // len(rows), self.s.lanes
        for at, value in reversed([*enumerate(sums)]):
            self.waiting.put(self.waiting.at(rows[at // vectors], col + at % vectors * lanes), value, count)

    def put_tile(self, sums: list[tuple[Value, ...]], rows: list[Value], col: Value, count: Value | None) -> None:
        """Store a tile, through the epilogue. A tile of one vector may have only `count` columns."""
        b, s, lanes, out, vectors = self.b, self.s, self.s.lanes, self.out, len(sums) // len(rows)
        if self.stage is None:
            places = [(row, col + j * lanes) for row in rows for j in range(vectors)]
            done = [self.epilogue(value, self.bias, *place, count) for value, place in zip(sums, places)]
            for value, place in reversed([*zip(done, places)]):
                out.put(out.at(*place), value, count)
            return
        stage = _dense(b, self.stage, s.arithmetic, vectors * lanes)
        for at, value in enumerate(sums):
            stage.put(stage.at(at // vectors, at % vectors * lanes), value)
        height = b.min(self.r1 - rows[0], len(rows))
        if not self.turns or s.epilogue != _Epilogue():
            with b.loop(0, height) as i, b.loop(0, vectors * lanes, lanes) as j:
                row, column = rows[0] + i.index, col + j.index
                value = self.epilogue(stage.vector(stage.at(i.index, j.index), lanes), self.bias, row, column, count)
                if self.turns:
                    stage.put(stage.at(i.index, j.index), value)
                else:
                    out.put(out.at(row, column), value, count)
        if self.turns:
            self.put_turned(stage, rows, col, vectors, height, count)

    def put_turned(self, stage: _Matrix, rows: list[Value], col: Value, vectors: int, height: Value, count: Value | None) -> None:
        """Store a finished tile whose rows are neighbours in memory, vector by vector turned."""
        b, lanes, out = self.b, self.s.lanes, self.out
        turned = _dense(b, stage.at(len(rows)), self.s.arithmetic, self.height)
        mask = b.first(height, self.height)
        with b.loop(0, vectors * lanes, lanes) as j:
            reads = [stage.vector(stage.at(i, j.index), lanes)[0] for i in range(len(rows))]
            reads += reads[-1:] * (self.height - len(rows))
            for i, value in enumerate(transpose(b, reads)):
                turned.put(b.offset(turned.pointer, i * lanes * turned.size), (value,))
            with b.loop(0, lanes if count is None else b.min(count, lanes)) as lane:
                (piece,) = turned.vector(turned.at(lane.index), self.height)
                b.store(out.at(rows[0], col + j.index + lane.index), piece, out.part, mask)


def _pack(b: Builder, source: _Matrix, panel: _Matrix, c0: Value, c1: Value, vectors: int, lanes: int, k0: Value, k1: Value) -> None:
    """Copy depths k0..k1-1 of a matrix [k, n] to a panel: vectors * lanes columns, from c0 on; those from c1 on hold anything.

    Where the source runs along k, blocks of lanes x lanes are read that way and turned; the last one may write lanes - 1 rows too many.
    Rows of the panel may be shorter than what is written: what reaches into the next one is overwritten by it, and comes after the last.
    """
    if not (isinstance(source.row_stride, int) and source.row_stride == source.size and not isinstance(source.col_stride, int)):
        with b.loop(k0, k1) as loop:
            for j in range(vectors):                                    # the rows of a matrix lie far apart, each on another page
                b.prefetch(source.at(loop.index + 32, c0 + j * lanes))
            for j in range(vectors):
                value = source.vector(source.at(loop.index, c0 + j * lanes), lanes, c1 - c0 - j * lanes)
                panel.put(panel.at(loop.index - k0, j * lanes), value)
        return
    along = _Matrix(b, source.pointer, source.type, 0, source.size)
    last = (b.min(vectors * lanes, c1 - c0) - 1) & -lanes
    with b.loop(0, last + 1, lanes) as columns:                         # the first ones at last: the others reach into them, a row on
        at = last - columns.index
        to = panel.at(0, at)
        starts = [source.at(k0, b.min(c0 + at + lane, c1 - 1)) for lane in range(lanes)]
        with b.loop(0, k1 - k0, lanes) as loop:
            for start in starts:
                b.prefetch(b.offset(b.offset(start, source.col_stride * (vectors * lanes)), loop.index * source.size))
            reads = [along.vector(b.offset(start, loop.index * source.size), lanes, k1 - k0 - loop.index) for start in starts]
            for lane, value in enumerate(zip(*[transpose(b, plane) for plane in zip(*reads)])):
                panel.put(b.offset(to, (loop.index + lane) * panel.row_stride), value)


class _Dots(_Writer):
    """Rows of `left` times columns of `right`, vectors along k: rows x vectors sums of 64 bytes of lanes, whatever the machine's width."""

    def __init__(self, s: _Spec):
        super().__init__(s)
        self.stage = self.b.alloca(s.rows * s.vectors * 16)

    def build(self) -> tuple[Kernel, tuple[str, ...]]:
        b, s = self.b, self.s
        with self.items(), b.loop(self.c0, self.c1, s.vectors) as columns, b.loop(0, self.m, s.rows) as loop:
            rows = [loop.index] + [b.min(loop.index + i, self.m - 1) for i in range(1, s.rows)]
            cols = [columns.index] + [b.min(columns.index + j, self.c1 - 1) for j in range(1, s.vectors)]
            sums = self.sums([self.left.at(row, self.k0) for row in rows], [self.right.at(self.k0, col) for col in cols])
            stage = _dense(b, self.stage, s.arithmetic, s.vectors)
            for at, value in enumerate(sums):
                stage.put(stage.at(at // s.vectors, at % s.vectors), value)
            with b.loop(0, b.min(self.m - rows[0], s.rows)) as i, b.loop(0, b.min(self.c1 - cols[0], s.vectors)) as j:
                row, col, value = rows[0] + i.index, cols[0] + j.index, stage.element(stage.at(i.index, j.index))
                if s.parts == "to":
                    self.waiting.put(self.waiting.at(row, col), value)
                else:
                    self.out.put(self.out.at(row, col), self.epilogue(value, self.bias, row, col, None))
        return self.done()

    def sums(self, lefts: list[Value], rights: list[Value]) -> list[tuple[Value, ...]]:
        b, left, (compute, planes) = self.b, self.left, self.s.arithmetic
        right = _Matrix(b, self.right.pointer, self.right.type, 0, self.right.size)
        lanes, depth = 512 // BITS[compute], self.k1 - self.k0

        def run(sums: list[Value], first: Value | int, masked: bool) -> list[Value]:
            with b.loop(first, depth if masked else whole, lanes, carried=sums) as loop:
                count = depth - loop.index if masked else None
                x = [left.vector(b.offset(p, loop.index * left.col_stride), lanes, count) for p in lefts]
                y = [right.vector(b.offset(p, loop.index * right.size), lanes, count) for p in rights]
                before = [loop.carried[at:at + planes] for at in range(0, len(sums), planes)]
                pairs = [(one, other) for one in x for other in y]
                loop.next(*[v for (one, other), sum in zip(pairs, before) for v in _multiply_add(b, one, other, sum)])
            return list(loop.results)

        whole = depth & -lanes
        sums = run(run([b.const(compute, 0, lanes)] * (len(lefts) * len(rights) * planes), 0, False), whole, True)
        add = lambda low, high: tuple(x + y for x, y in zip(low, high))
        return [b.fold(tuple(sums[at:at + planes]), add) for at in range(0, len(sums), planes)]


class _Panels(_Writer):
    """Copies the left operand to scratch, a panel for each row of tiles: [k, rows of a tile], ready to be read from front to end."""

    def build(self) -> tuple[Kernel, tuple[str, ...]]:
        b, s = self.b, self.s
        with self.items(), b.loop(self.r0, self.r1, s.rows) as loop:
            row, left = loop.index, self.left
            turned = _Matrix(b, left.pointer, left.type, left.col_stride, left.row_stride)
            panel = _dense(b, b.offset(self.panels.pointer, row * self.words("panels_row")), s.arithmetic, s.rows)
            _pack(b, turned, panel, row, b.min(row + s.rows, self.m), s.vectors, s.lanes, self.k0, self.k1)
        return self.done()


@lru_cache(None)
def _built(s: _Spec) -> tuple[Kernel, tuple[str, ...]]:
    """The kernel for a spec, and the names of the words it asks for."""
    return {"dots": _Dots, "panels": _Panels}.get(s.kind, _Products)(s).build()


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
        added = None if self.bias is None else self.bias.transposed()
        return _Problem(self.right.transposed(), self.left.transposed(), self.out.transposed(), added,
                        self.n, self.m, self.k, self.batch, (out, right, left, bias))

    def operands(self) -> list[Operand]:
        return [self.left, self.right, self.out] + ([] if self.bias is None else [self.bias])

    def with_operands(self, operands: Sequence[Operand], **changes: Any) -> _Problem:
        left, right, out, *bias = operands
        return self._replace(left=left, right=right, out=out, bias=bias[0] if bias else None, **changes)


def _collapse(p: _Problem) -> _Problem:
    """Fewer batch dimensions: those of size 1 go, and neighbours that run on in every operand become one."""
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


def _layout(operand: Operand, rows: bool = False) -> tuple[str, str, str]:
    """Type and stride classes: columns that are neighbours, else rows that are, else neither. `rows` looks at the rows first."""
    row, col = operand.row_stride == 1, operand.col_stride == 1
    return (operand.type, "1", "s") if row and (rows or not col) else (operand.type, "s", "1" if col and not rows else "s")


def _tile(p: _Problem, bytes: int) -> tuple[int, int]:
    """Rows and vectors of the tile, for vectors of so many bytes: the rows that waste least, as many vectors as fit and are needed."""
    compute, planes = _ARITHMETIC[p.left.type]
    table = (_TILES if planes == 1 else _COMPLEX_TILES)[bytes]
    rows = min(table, key=lambda r: (_ceil(p.m, r) * r * (1 + 0.6 / r), -r))
    wide, most = _ceil(p.n, bytes * 8 // BITS[compute]), table[rows]
    return rows, _ceil(wide, _ceil(wide, most)) if wide <= 2 * most else most


def _cost(p: _Problem) -> float:
    """What a product costs in this orientation, in operations on vectors of 64 bytes (on every machine, so that all choose alike)."""
    compute, planes = _ARITHMETIC[p.left.type]
    lanes, (rows, _) = 512 // BITS[compute], _tile(p, 64)
    cost = _ceil(p.m, rows) * rows * _ceil(p.n, lanes) * p.k * planes * planes * (1 + 0.6 / rows)
    if p.right.col_stride != 1:
        cost += p.k * p.n * (0.5 if p.right.row_stride == 1 else 2.5)                      # turned, or gathered
    if p.out.col_stride != 1:
        cost += p.m * p.n * (0.3 if p.out.row_stride == 1 and planes == 1 and 1 < rows <= lanes else 2)
    return cost


def _dotted(p: _Problem) -> bool:
    """Whether few rows meet a right operand that is contiguous along k, and not along its columns."""
    along = p.right.row_stride == 1 and (p.right.col_stride != 1 or p.n == 1)
    return p.m <= 8 and p.k >= 32 and along and (p.left.col_stride == 1 or p.m == 1)


class _Reading(NamedTuple):
    """From where on operands are copied before they are read. Rows that lie a power of two apart share the sets of the first-level
    cache; where a vector is done with in half a cycle, waiting for them costs up to half of the speed, and a copy 5 %."""

    near: int               # bytes from row to row of the right operand up to which it is read in place,
    spread: int             # and bytes in all
    reuse: float            # rows and columns from which on the left one is copied too, so that tiles read it from one place, front to end


_READING = {64: _Reading(0, 512 << 10, 512), 32: _Reading(0, 208 << 10, 256), 16: _Reading(0, 208 << 10, 256)}      # by the bytes of a vector
_READING_HALVES = _Reading(2048, 4 << 20, inf)
_MOST_PANELS = 64 << 20                             # bytes
_PIECES = 32                                        # chunks of a product, where that gives work enough to each
_CHUNK = 1e4                                        # ns: a chunk is worth at least this much
_DEPTH = 1536                                       # depths that are done at once where the right operand is read in place
_DOTS = {64: {1: 8, 2: 8, 4: 4}, 32: {1: 4, 2: 2, 4: 1}, 16: {1: 4, 2: 2, 4: 1}}       # bytes of a vector -> rows of dots -> columns


def plan(a: Operand, b: Operand, out: Operand, m: int, n: int, k: int, batch: Sequence[int] = (), *, bias: Operand | None = None,
         activation: Activation | None = None, alpha: tuple[int, str] | None = None, beta: tuple[int, str] | None = None,
         accumulate: bool = False, words: tuple[int, int, int, int] = (0, 1, 2, 3), pointers: int | None = None, scalars: int = 0,
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
    sides = p, _tidy(p.transposed())
    dotted = [q for q in sides if _dotted(q)]
    make = _Plan(dotted[0] if dotted else min(sides, key=_cost), vector_bytes, pointers, scalars, alpha, beta, activation)
    return make.dots() if dotted else make.product()


class _Plan:
    """Turns one oriented problem into launches: blocks, packing, parts of the depth, scratch."""

    def __init__(self, p: _Problem, bytes: int, pointers: int, scalars: int, alpha: tuple[int, str] | None, beta: tuple[int, str] | None,
                 activation: Activation | None):
        self.p, self.bytes, self.pointers, self.scalars = p, bytes, pointers, scalars
        self.alpha, self.beta, self.activation = alpha, beta, activation
        self.compute, self.planes = _ARITHMETIC[p.left.type]
        self.size = BITS[self.compute] // 8 * self.planes
        self.lanes = bytes * 8 // BITS[self.compute]
        self.reading = _READING_HALVES if bytes == cpu.vector_bytes() and cpu.halves_vectors() else _READING[bytes]
        self.matrices = prod(p.batch)
        self.scratch = 0
        # ns of one thread: the multiply-adds of 64-byte vectors, and the bytes to be moved
        operations = p.m * p.n * p.k * self.matrices * self.planes ** 2 * BITS[self.compute] / 512
        moved = (p.m * p.k + p.k * p.n + p.m * p.n) * self.size * self.matrices
        self.work = operations / 3.3 + moved / 30

    def spec(self, kind: str, rows: int, vectors: int, final: bool, **fields: Any) -> _Spec:
        """A spec with the places of the words; asked for when all scratch is reserved."""
        p, first = self.p, self.pointers + (self.scratch > 0)
        epilogue = _Epilogue()
        if final:
            alpha, beta = (None if s is None else _Scalar(first + s[0], s[1]) for s in (self.alpha, self.beta))
            bias = None if p.bias is None else (p.bias.type, "s", {0: "0", 1: "1"}.get(p.bias.col_stride, "s"))
            epilogue = _Epilogue(bias, p.words[3] if bias else 0, alpha, beta if bias else None, self.activation)
        words = (*p.words[:3], self.pointers if self.scratch else -1, first + self.scalars)
        return _Spec(kind, self.bytes, rows, vectors, left=_layout(p.left), right=_layout(p.right, rows=kind == "dots"), out=_layout(p.out),
                     words=words, dims=len(p.batch), epilogue=epilogue, **fields)

    def launch(self, spec: _Spec, work: float, **values: int) -> Launch:
        """A launch, its words filled with what the kernel asks for."""
        p = self.p
        found = {"m": p.m, "n": p.n, "k": p.k} | {f"batch{d}": size for d, size in enumerate(p.batch)} | values
        for side, operand in (("out", p.out), ("left", p.left), ("right", p.right), ("bias", p.bias)):
            if operand is not None:
                found |= {f"{side}_row": operand.row_stride, f"{side}_col": operand.col_stride}
                found |= {f"{side}_batch{d}": stride for d, stride in enumerate(operand.batch_strides)}
        kernel, names = _built(spec)
        return Launch(kernel, tuple(found[name] for name in names), _ceil(values["items"], values["group"]), work)

    def parts(self, cells: int, least: int) -> tuple[int, int]:
        """Into how many parts the depth is cut, and how deep each is: about eight chunks where there would be few `cells` to share out.
        From the shape alone, for this changes the order of the sums."""
        k = self.p.k
        parts = min(_ceil(8, cells), k // least, int(self.work / _CHUNK) + 1)
        if parts < 2:
            return 1, k
        depth = _ceil(_ceil(k, parts), 64) * 64
        return _ceil(k, depth), depth

    def reserve_sums(self, parts: int) -> dict[str, int]:
        """Room in scratch for so many sums of every element of the result."""
        part = self.p.m * self.p.n * self.size
        at, self.scratch = self.scratch, self.scratch + _ceil(part * parts * self.matrices, 64) * 64
        return {"sums_at": at, "sums_part": part, "sums_matrix": part * parts}

    def panels(self, rows: int) -> tuple[Launch, dict[str, int]]:
        """The launch that copies the left operand to scratch, and where it lies there: the bytes of a matrix, and for each of its rows.
        Behind the depths of a panel is room for what the last vectors write too many."""
        p, vectors = self.p, _ceil(rows, self.lanes)
        row = (_ceil(p.k, self.lanes) * self.lanes + _ceil(self.lanes, rows)) * self.size
        matrix = _ceil(_ceil(p.m, rows) * rows * row, 64) * 64
        where = {"panels_at": self.scratch, "panels_matrix": matrix, "panels_row": row}
        self.scratch += matrix * self.matrices
        work = 2 * p.m * p.k * self.matrices * self.size / 10
        row_block, _ = _blocks(p.m, 1, rows, 1, p.m, 1, work / self.matrices / _CHUNK)
        row_blocks = _ceil(p.m, row_block)
        return self.launch(self.spec("panels", rows, vectors, False), work, row_block=row_block, row_blocks=row_blocks, col_block=p.n, col_blocks=1,
                           items=row_blocks * self.matrices, group=1, **where), where

    def finish(self, parts: int, sums: dict[str, int]) -> Launch:
        p = self.p
        work = parts * p.m * p.n * self.matrices * self.size / 10
        row_block, _ = _blocks(p.m, 1, 1, 1, p.m, 1, work / self.matrices / _CHUNK)
        row_blocks = _ceil(p.m, row_block)
        return self.launch(self.spec("finish", 1, 1, True, parts="from"), work, parts=parts, row_block=row_block, row_blocks=row_blocks,
                           col_block=p.n, col_blocks=1, items=row_blocks * self.matrices, group=1, **sums)

    def dots(self) -> tuple[list[Launch], int]:
        p = self.p
        rows = 4 if p.m > 2 else p.m
        columns = 1 if self.planes > 1 or p.n == 1 else _DOTS[self.bytes][rows]
        parts, depth = self.parts(self.matrices * _ceil(p.n, 16), 4096)
        _, block = _blocks(1, p.n, 1, columns, 1, 1, self.work / self.matrices / parts / _CHUNK)
        blocks = _ceil(p.n, block)
        items = blocks * parts * self.matrices
        group = min(items, max(1, int(_CHUNK * items / self.work)))
        sums = self.reserve_sums(parts) if parts > 1 else {}
        spec = self.spec("dots", rows, columns, parts == 1, grid=blocks > 1, parts="to" if parts > 1 else "")
        launches = [self.launch(spec, self.work, row_block=p.m, row_blocks=1, col_block=block, col_blocks=blocks, parts=parts,
                                part_depth=depth, items=items, group=group, **sums)]
        return launches + ([self.finish(parts, sums)] if parts > 1 else []), self.scratch

    def product(self) -> tuple[list[Launch], int]:
        p, (rows, vectors) = self.p, _tile(self.p, self.bytes)
        width = vectors * self.lanes
        small = p.m * p.n * p.k <= 64 ** 3
        narrow = p.left.type != self.compute and self.planes == 1
        step = p.right.row_stride * self.size
        packed = p.right.col_stride != 1 or not small and p.m > 32 and (narrow or step > self.reading.near and p.k * step > self.reading.spread)

        # blocks of a matrix: about thirty-two chunks, or chunks of about 0.15 ms; a packed panel must be used by enough rows
        parts, depth = self.parts(self.matrices * _ceil(p.m, 64) * _ceil(p.n, 64), 512)
        chunk = max(_CHUNK, min(self.work / _PIECES, max(1.5e5, self.work / 256)))
        pieces = self.work / self.matrices / parts / chunk
        row_block, col_block = _blocks(p.m, p.n, rows, width, 1024 if packed else 64, 64 if packed else 1, pieces)
        if p.k <= 16 and not packed and not small:
            row_block, col_block = rows, p.n                    # mostly stores: along the rows
        row_blocks, col_blocks = _ceil(p.m, row_block), _ceil(p.n, col_block)
        items = row_blocks * col_blocks * parts * self.matrices
        group = min(items, max(1, int(chunk * items / self.work)))

        room = _PANEL // (width * self.size) // self.lanes * self.lanes if packed else _DEPTH
        blocks = _ceil(depth, room * 3 // 4) if depth > room else 1                        # of the depth
        deep, sums = "", {}
        if parts > 1:
            deep, sums = "scratch" if blocks > 1 else "", self.reserve_sums(parts)
        elif blocks > 1:
            deep = "out" if self.may_wait_in_out() else "scratch"
            sums = self.reserve_sums(1) if deep == "scratch" else {}
        launches, where, left_packed = [], {}, packed and parts == 1 and self.reads_panels()
        if left_packed:
            copy, where = self.panels(rows)
            launches.append(copy)
        spec = self.spec("product", rows, vectors, parts == 1, right_packed=packed, left_packed=left_packed, parts="to" if parts > 1 else "",
                         deep=deep, grid=row_blocks * col_blocks > 1)
        depth_block = _ceil(_ceil(depth, blocks), 16) * 16
        launches += [self.launch(spec, self.work, row_block=row_block, row_blocks=row_blocks, col_block=col_block, col_blocks=col_blocks,
                                parts=parts, part_depth=depth, depth_block=depth_block, items=items, group=group, **sums, **where)]
        return launches + ([self.finish(parts, sums)] if parts > 1 else []), self.scratch

    def reads_panels(self) -> bool:
        """Whether the left operand is worth a copy in panels: where it is read often, and the copy is not a burden on memory."""
        p = self.p
        return min(p.m, p.n) >= self.reading.reuse and p.m * p.k * self.size * self.matrices <= _MOST_PANELS

    def may_wait_in_out(self) -> bool:
        """Whether unfinished sums may stand in `out`: it has their type, and the bias cannot be the same memory (one that is broadcast)."""
        p = self.p
        apart = p.bias is None or p.m > 1 and p.n > 1 and 0 in (p.bias.row_stride, p.bias.col_stride)
        return apart and _ARITHMETIC[p.out.type] == (p.out.type, 1) and p.out.col_stride == 1


def _blocks(m: int, n: int, rows: int, width: int, tall: int, low: int, pieces: float) -> tuple[int, int]:
    """The block of rows and of columns, multiples of the tile, that make about `pieces` of a matrix: `low` to `tall` rows."""
    row_tiles, col_tiles, wanted = _ceil(m, rows), _ceil(n, width), max(1, round(pieces))
    row_blocks = _ceil(row_tiles, max(1, tall // rows))
    most = max(row_blocks, row_tiles // max(1, low // rows))
    col_blocks = min(col_tiles, _ceil(wanted, row_blocks))
    row_blocks = max(row_blocks, min(most, _ceil(wanted, col_blocks)))
    return _ceil(row_tiles, row_blocks) * rows, _ceil(col_tiles, col_blocks) * width
