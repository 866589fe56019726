"""The kernels of matrix products: tiles, dot products and packed panels, with an epilogue."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ..ir import BITS, Builder, Kernel, Value, writer
from .tile import _ARITHMETIC, _PART, Activation, _multiply_add, micro_tile, transpose


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
    # of the pointers to out, left, right, scratch; the first of the sizes
    words: tuple[int, int, int, int, int]
    right_packed: bool = False                      # copied panel by panel to the kernel's stack
    left_packed: bool = False                       # read from scratch, where `panels` has copied it
    # "to" or "from": the sums go to, or come from, scratch as a part each of a split depth
    parts: str = ""
    # the depth is taken in blocks, sums wait in "out" or "scratch" between them
    deep: str = ""
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
        flags = ["panels"] * self.left_packed + ["packed"] * self.right_packed + ["bias"] * (
            self.epilogue.bias is not None)
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


class _Matrix:
    """A matrix as a kernel sees it: a pointer, a memory type, strides in bytes (numbers where the layout class fixes
    them).
    """

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
        return tuple(self._cast(self.b.load(self.b.offset(pointer, p * self.part_size), self.part))
                     for p in range(self.planes))

    def vector(self, pointer: Value, lanes: int, count: Value | None = None) -> tuple[Value, ...]:
        """`lanes` elements along the columns, or the first `count` of them and zeros."""
        b = self.b
        if isinstance(self.col_stride, int) and self.col_stride == 0:
            return tuple(b.splat(v, lanes) for v in self.element(pointer))
        if not isinstance(self.col_stride, int):
            offsets = b.iota("i64", lanes) * b.splat(self.col_stride, lanes)
            mask = None if count is None else b.first(count, lanes)
            return tuple(self._cast(b.gather(b.offset(pointer, p * self.part_size), offsets, self.part, mask))
                         for p in range(self.planes))
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
        whole = values[0] if self.planes == 1 else b.shuffle(*values,
                                                             [lane // 2 + lanes * (lane % 2)
                                                              for lane in range(2 * lanes)])
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


class _Epilogues:
    """Takes sums through the epilogue."""

    def __init__(self, b: Builder, epilogue: _Epilogue, arithmetic: tuple[str, int]):
        self.b, self.epilogue, (self.compute, self.planes) = b, epilogue, arithmetic
        self.alpha, self.beta = (None if s is None else self._scalar(s) for s in (epilogue.alpha, epilogue.beta))

    def _scalar(self, scalar: _Scalar) -> tuple[Value, ...]:
        kind = "i64" if scalar.kind == "i64" else "f64"
        parts = [self.b.convert(self.b.word(scalar.word + p, kind), self.compute)
                 for p in range(2 if scalar.kind == "c" else 1)]
        return (*parts, self.b.const(self.compute, 0))[:self.planes]

    def _scaled(self, a: tuple[Value, ...], x: tuple[Value, ...]) -> tuple[Value, ...]:
        if len(a) == 1:
            return (x[0] * a[0],)
        return x[0] * a[0] - x[1] * a[1], x[0] * a[1] + x[1] * a[0]

    def __call__(self, value: tuple[Value, ...], bias: _Matrix | None, row: Value, col: Value,
                 count: Value | None) -> tuple[Value, ...]:
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
    """Writes one kernel: what products and dots share, which is the words, the operands, and the walk over the items of
    the chunks.

    An item is a block (rows r0..r1-1, columns c0..c1-1, depths k0..k1-1) of one matrix; inside `items` the operands are
    that matrix's.
    """

    def __init__(self, s: _Spec):
        b = self.b = Builder(s.name())
        self.s, self.words = s, _Words(b, s.words[4])
        self.m, self.n, self.k = (self.words(name) for name in "mnk")
        self.whole = {"out": self._operand("out", s.out, s.words[0])}
        if s.kind != "finish":
            self.whole |= {"left": self._operand("left", s.left, s.words[1]),
                           "right": self._operand("right", s.right, s.words[2])}
        if s.epilogue.bias is not None:
            self.whole["bias"] = self._operand("bias", s.epilogue.bias, s.epilogue.bias_word)
        self.scratch = b.word(s.words[3], "ptr") if s.words[3] >= 0 else None
        self.panels = None                                  # the left operand's, of the matrix in hand
        self.epilogue = _Epilogues(b, s.epilogue, s.arithmetic)

    def _operand(self, side: str, layout: tuple[str, str, str], word: int) -> _Matrix:
        """An operand, its strides fixed or read from the words as its layout class says."""
        type, row, col = layout
        size = BITS[_PART.get(type, type)] // 8 * _ARITHMETIC[type][1]
        strides = [self.words(f"{side}_{axis}") * size if kind == "s" else int(kind) * size
                   for kind, axis in ((row, "row"), (col, "col"))]
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

    def _enter(self, offsets: dict[str, Value | int], number: Value | int, row: Value | int, col: Value | int,
               part: Value | int) -> None:
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
            self.panels = _dense(b, b.offset(self.scratch, w("panels_at") + number * w("panels_matrix")), s.arithmetic,
                                 s.rows)
        # where sums wait: parts of the depth, or between blocks of it
        self.waiting = None
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
        self.turns = not isinstance(out.col_stride, int) and isinstance(out.row_stride,
                                                                        int) and out.planes == 1 and s.rows > 1
        # of a tile that is turned: rows are filled up to a power of two
        self.height = 1 << (s.rows - 1).bit_length()
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
        """All panels of the item, over the depths k0..k1-1: tiles as wide as the panel, in a narrower last one tiles of
        one vector.
        """
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

    def tiles(self, at: Value, col: Value, vectors: int, count: Value | None, k0: Value, k1: Value,
              last: Value | None) -> None:
        """All tiles of the item that start at column `col`, of the panel at column `at`."""
        b, s, lanes = self.b, self.s, self.s.lanes
        load = None
        if s.right_packed:
            start, panel = self.panel.at(0, col - at), self.panel
            load = lambda j, kk: panel.vector(b.offset(start, kk * panel.row_stride + j * lanes * panel.size), lanes)
        elif s.kind == "product":
            start, right = self.right.at(k0, col), self.right
            load = lambda j, kk: right.vector(b.offset(start, kk * right.row_stride + j * lanes * right.size), lanes,
                                              count)
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

    def sums(self, rows: list[Value], col: Value, vectors: int, count: Value | None, k0: Value, k1: Value,
             load: Callable | None) -> list:
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
            sums = [self.waiting.vector(self.waiting.at(row, col + j * lanes), lanes, seen) for row in rows
                    for j in range(vectors)]
        if self.panels is not None:
            panels = self.panels
            start = b.offset(panels.at(k0), rows[0] * self.words("panels_row"))
            load_a = lambda i, kk: panels.element(b.offset(start, kk * panels.row_stride + i * panels.size))
            return micro_tile(b, k1 - k0, len(rows), vectors, load_a, load, sums, unroll=4)
        left = self.left
        starts = [left.at(row, k0) for row in rows]
        return micro_tile(b, k1 - k0, len(rows), vectors,
                          lambda i, kk: left.element(b.offset(starts[i], kk * left.col_stride)), load, sums)

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

    def put_turned(self, stage: _Matrix, rows: list[Value], col: Value, vectors: int, height: Value,
                   count: Value | None) -> None:
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


def _pack(b: Builder, source: _Matrix, panel: _Matrix, c0: Value, c1: Value, vectors: int, lanes: int, k0: Value,
          k1: Value) -> None:
    """Copy depths k0..k1-1 of a matrix [k, n] to a panel: vectors * lanes columns, from c0 on; those from c1 on hold
    anything.

    Where the source runs along k, blocks of lanes x lanes are read that way and turned; the last one may write lanes -
    1 rows too many. Rows of the panel may be shorter than what is written: what reaches into the next one is
    overwritten by it, and comes after the last.
    """
    if not (isinstance(source.row_stride, int) and source.row_stride == source.size
            and not isinstance(source.col_stride, int)):
        with b.loop(k0, k1) as loop:
            # the rows of a matrix lie far apart, each on another page
            for j in range(vectors):
                b.prefetch(source.at(loop.index + 32, c0 + j * lanes))
            for j in range(vectors):
                value = source.vector(source.at(loop.index, c0 + j * lanes), lanes, c1 - c0 - j * lanes)
                panel.put(panel.at(loop.index - k0, j * lanes), value)
        return
    along = _Matrix(b, source.pointer, source.type, 0, source.size)
    last = (b.min(vectors * lanes, c1 - c0) - 1) & -lanes
    # the first ones at last: the others reach into them, a row on
    with b.loop(0, last + 1, lanes) as columns:
        at = last - columns.index
        to = panel.at(0, at)
        starts = [source.at(k0, b.min(c0 + at + lane, c1 - 1)) for lane in range(lanes)]
        with b.loop(0, k1 - k0, lanes) as loop:
            for start in starts:
                b.prefetch(b.offset(b.offset(start, source.col_stride * (vectors * lanes)), loop.index * source.size))
            reads = [along.vector(b.offset(start, loop.index * source.size), lanes, k1 - k0 - loop.index)
                     for start in starts]
            for lane, value in enumerate(zip(*[transpose(b, plane) for plane in zip(*reads)])):
                panel.put(b.offset(to, (loop.index + lane) * panel.row_stride), value)


class _Dots(_Writer):
    """Rows of `left` times columns of `right`, vectors along k: rows x vectors sums of 64 bytes of lanes, whatever the
    machine's width.
    """

    def __init__(self, s: _Spec):
        super().__init__(s)
        self.stage = self.b.alloca(s.rows * s.vectors * 16)

    def build(self) -> tuple[Kernel, tuple[str, ...]]:
        b, s = self.b, self.s
        with self.items(), b.loop(self.c0, self.c1, s.vectors) as columns, b.loop(0, self.m, s.rows) as loop:
            rows = [loop.index] + [b.min(loop.index + i, self.m - 1) for i in range(1, s.rows)]
            cols = [columns.index] + [b.min(columns.index + j, self.c1 - 1) for j in range(1, s.vectors)]
            sums = self.sums([self.left.at(row, self.k0) for row in rows],
                             [self.right.at(self.k0, col) for col in cols])
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
    """Copies the left operand to scratch, a panel for each row of tiles: [k, rows of a tile], ready to be read from
    front to end.
    """

    def build(self) -> tuple[Kernel, tuple[str, ...]]:
        b, s = self.b, self.s
        with self.items(), b.loop(self.r0, self.r1, s.rows) as loop:
            row, left = loop.index, self.left
            turned = _Matrix(b, left.pointer, left.type, left.col_stride, left.row_stride)
            panel = _dense(b, b.offset(self.panels.pointer, row * self.words("panels_row")), s.arithmetic, s.rows)
            _pack(b, turned, panel, row, b.min(row + s.rows, self.m), s.vectors, s.lanes, self.k0, self.k1)
        return self.done()


@writer
def _built(s: _Spec) -> tuple[Kernel, tuple[str, ...]]:
    """The kernel for a spec, and the names of the words it asks for."""
    return {"dots": _Dots, "panels": _Panels}.get(s.kind, _Products)(s).build()
