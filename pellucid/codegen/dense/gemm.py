"""Matrix products: packing, the micro-kernel, epilogues, and the choice of a path by shape and layout.

    plan(a, b, out, m, n, k, ...) -> (launches, bytes of scratch)
    out[.., m, n] = act(alpha * a[.., m, k] @ b[.., k, n] + beta * bias[.., m, n])

Called by the operators of linear algebra; convolution uses `micro_tile`. Knows strides, element types and sizes, no
tensors. Sizes and strides reach the kernels as words: only layout classes, types and the epilogue are part of their
text.

How it works. One operand, the *left*, is read element by element and broadcast; the other, the *right*, is read as
vectors along the columns of the result. A tile of rows x vectors accumulators stays in registers over the whole depth k
(`micro_tile`). Which operand plays which part is free, since (a b)^T = b^T a^T: the plan takes the orientation that
packs and wastes least, and a tile of the transposed result is turned on its way to memory. The right operand is read in
place where its columns are neighbours and its rows not too far apart; else each chunk copies the panel that it works on
to its own stack, turning and widening it as needed, and uses it for hundreds of rows. The left operand, of which a tile
reads little, is used by every chunk: in large products a launch of its own copies all of it, in the order in which
tiles read.

    product     everything of some size, and every direct case: tiny, outer product, vector times matrix, batches of
                small ones
    panels      the copy of the left operand that a large product reads
    dots        at most 8 rows against a right operand that is contiguous along k: vectors run along k (matrix times
                vector)
    finish      sums the parts of a product whose depth was split to make enough chunks, and applies the epilogue

Every element is one chain of fused multiply-adds in the order of k (16 chains of them in `dots`, and one more for each
part), cut by shape alone: the same bits for any number of threads and any width of vectors. Half types are summed in
float32 and rounded once; integers wrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import Any, NamedTuple

from ..ir import BITS, Launch
from .kernels import _PANEL, _built, _Epilogue, _Scalar, _Spec
from .tile import _ARITHMETIC, _COMPLEX_TILES, _TILES, Activation, Operand

__all__ = ["plan"]


class _Problem(NamedTuple):
    """One product as the plan turns it about: left [m, k], right [k, n], out and bias [m, n], and the words of their
    pointers.
    """

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
    """Type and stride classes: columns that are neighbours, else rows that are, else neither. `rows` looks at the rows
    first.
    """
    row, col = operand.row_stride == 1, operand.col_stride == 1
    return ((operand.type, "1", "s") if row and (rows or not col)
            else (operand.type, "s", "1" if col and not rows else "s"))


def _tile(p: _Problem, bytes: int) -> tuple[int, int]:
    """Rows and vectors of the tile, for vectors of so many bytes: the rows that waste least, as many vectors as fit and
    are needed.
    """
    compute, planes = _ARITHMETIC[p.left.type]
    table = (_TILES if planes == 1 else _COMPLEX_TILES)[bytes]
    rows = min(table, key=lambda r: (_ceil(p.m, r) * r * (1 + 0.6 / r), -r))
    wide, most = _ceil(p.n, bytes * 8 // BITS[compute]), table[rows]
    return rows, _ceil(wide, _ceil(wide, most)) if wide <= 2 * most else most


def _cost(p: _Problem) -> float:
    """What a product costs in this orientation, in operations on vectors of 64 bytes (on every machine, so that all
    choose alike).
    """
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
    """From where on operands are copied before they are read. Rows that lie a power of two apart share the sets of the
    first-level cache; where a vector is done with in half a cycle, waiting for them costs up to half of the speed, and
    a copy 5 %."""

    near: int               # bytes from row to row of the right operand up to which it is read in place,
    spread: int             # and bytes in all
    # rows and columns from which on the left one is copied too, so that tiles read it from one place, front to end
    reuse: float


# by the bytes of a vector
_READING = {64: _Reading(0, 512 << 10, 512), 32: _Reading(0, 208 << 10, 256), 16: _Reading(0, 208 << 10, 256)}
_READING_HALVES = _Reading(2048, 4 << 20, inf)
_MOST_PANELS = 64 << 20                             # bytes
_PIECES = 32                                        # chunks of a product, where that gives work enough to each
_CHUNK = 1e4                                        # ns: a chunk is worth at least this much
# depths that are done at once where the right operand is read in place
_DEPTH = 1536
# bytes of a vector -> rows of dots -> columns
_DOTS = {64: {1: 8, 2: 8, 4: 4}, 32: {1: 4, 2: 2, 4: 1}, 16: {1: 4, 2: 2, 4: 1}}


def plan(a: Operand, b: Operand, out: Operand, m: int, n: int, k: int, batch: Sequence[int] = (), *,
         bias: Operand | None = None, activation: Activation | None = None, alpha: tuple[int, str] | None = None,
         beta: tuple[int, str] | None = None,
         accumulate: bool = False, words: tuple[int, int, int, int] = (0, 1, 2, 3), pointers: int | None = None,
         scalars: int = 0, vector_bytes: int, halves: bool = False) -> tuple[list[Launch], int]:
    """The launches, in order, of out[.., m, n] = act(alpha * a[.., m, k] @ b[.., k, n] + beta * bias[.., m, n]), and
    the bytes of scratch.

    `batch` are the sizes before the matrix; every operand has one batch stride for each (0 where it is broadcast).
    `bias` is an operand whose strides may be 0 (a row of it for each row: row_stride 0). `accumulate` adds to what is
    in `out`: the bias is `out` itself. `alpha`, `beta` are (number of the scalar word, its kind "i64", "f64" or "c");
    None is 1. `words` are the word numbers of the pointers to out, a, b and bias, `pointers` how many pointers the
    argument list has in all (scratch follows them), `scalars` how many words of scalars follow. `halves`: the processor
    computes vectors of 64 bytes in two halves.
    """
    if m * n * prod(batch) == 0:
        return [], 0
    if accumulate:
        bias, words = out, (*words[:3], words[0])
    pointers = pointers if pointers is not None else max(words[:3] + words[3:] * (bias is not None)) + 1
    p = _collapse(_Problem(a, b, out, bias, m, n, k, tuple(batch), words))
    p = _tidy(_fold_rows(_fold_rows(p).transposed()).transposed())
    if p.out.type in ("c64", "c128"):
        assert activation is None, "an activation of complex numbers"
    sides = p, _tidy(p.transposed())
    dotted = [q for q in sides if _dotted(q)]
    make = _Plan(dotted[0] if dotted else min(sides, key=_cost), vector_bytes, halves, pointers, scalars, alpha, beta,
                 activation)
    return make.dots() if dotted else make.product()


class _Plan:
    """Turns one oriented problem into launches: blocks, packing, parts of the depth, scratch."""

    def __init__(self, p: _Problem, bytes: int, halves: bool, pointers: int, scalars: int,
                 alpha: tuple[int, str] | None, beta: tuple[int, str] | None,
                 activation: Activation | None):
        self.p, self.bytes, self.pointers, self.scalars = p, bytes, pointers, scalars
        self.alpha, self.beta, self.activation = alpha, beta, activation
        self.compute, self.planes = _ARITHMETIC[p.left.type]
        self.size = BITS[self.compute] // 8 * self.planes
        self.lanes = bytes * 8 // BITS[self.compute]
        self.reading = _READING_HALVES if halves and bytes == 64 else _READING[bytes]
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
        return _Spec(kind, self.bytes, rows, vectors, left=_layout(p.left), right=_layout(p.right, rows=kind == "dots"),
                     out=_layout(p.out), words=words, dims=len(p.batch), epilogue=epilogue, **fields)

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
        """Into how many parts the depth is cut, and how deep each is: about eight chunks where there would be few
        `cells` to share out. From the shape alone, for this changes the order of the sums."""
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
        """The launch that copies the left operand to scratch, and where it lies there: the bytes of a matrix, and for
        each of its rows. Behind the depths of a panel is room for what the last vectors write too many."""
        p, vectors = self.p, _ceil(rows, self.lanes)
        row = (_ceil(p.k, self.lanes) * self.lanes + _ceil(self.lanes, rows)) * self.size
        matrix = _ceil(_ceil(p.m, rows) * rows * row, 64) * 64
        where = {"panels_at": self.scratch, "panels_matrix": matrix, "panels_row": row}
        self.scratch += matrix * self.matrices
        work = 2 * p.m * p.k * self.matrices * self.size / 10
        row_block, _ = _blocks(p.m, 1, rows, 1, p.m, 1, work / self.matrices / _CHUNK)
        row_blocks = _ceil(p.m, row_block)
        return self.launch(self.spec("panels", rows, vectors, False), work, row_block=row_block, row_blocks=row_blocks,
                           col_block=p.n, col_blocks=1, items=row_blocks * self.matrices, group=1, **where), where

    def finish(self, parts: int, sums: dict[str, int]) -> Launch:
        p = self.p
        work = parts * p.m * p.n * self.matrices * self.size / 10
        row_block, _ = _blocks(p.m, 1, 1, 1, p.m, 1, work / self.matrices / _CHUNK)
        row_blocks = _ceil(p.m, row_block)
        return self.launch(self.spec("finish", 1, 1, True, parts="from"), work, parts=parts, row_block=row_block,
                           row_blocks=row_blocks,
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
        launches = [self.launch(spec, self.work, row_block=p.m, row_blocks=1, col_block=block, col_blocks=blocks,
                                parts=parts, part_depth=depth, items=items, group=group, **sums)]
        return launches + ([self.finish(parts, sums)] if parts > 1 else []), self.scratch

    def product(self) -> tuple[list[Launch], int]:
        p, (rows, vectors) = self.p, _tile(self.p, self.bytes)
        width = vectors * self.lanes
        small = p.m * p.n * p.k <= 64 ** 3
        narrow = p.left.type != self.compute and self.planes == 1
        step = p.right.row_stride * self.size
        packed = p.right.col_stride != 1 or not small and p.m > 32 and (narrow or step > self.reading.near
                                                                        and p.k * step > self.reading.spread)

        # blocks of a matrix: about thirty-two chunks, or chunks of about 0.15 ms; a packed panel must be used by enough
        # rows
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
        spec = self.spec("product", rows, vectors, parts == 1, right_packed=packed, left_packed=left_packed,
                         parts="to" if parts > 1 else "", deep=deep, grid=row_blocks * col_blocks > 1)
        depth_block = _ceil(_ceil(depth, blocks), 16) * 16
        launches += [self.launch(spec, self.work, row_block=row_block, row_blocks=row_blocks, col_block=col_block,
                                 col_blocks=col_blocks,
                                parts=parts, part_depth=depth, depth_block=depth_block, items=items, group=group,
                                 **sums, **where)]
        return launches + ([self.finish(parts, sums)] if parts > 1 else []), self.scratch

    def reads_panels(self) -> bool:
        """Whether the left operand is worth a copy in panels: where it is read often, and the copy is not a burden on
        memory.
        """
        p = self.p
        return min(p.m, p.n) >= self.reading.reuse and p.m * p.k * self.size * self.matrices <= _MOST_PANELS

    def may_wait_in_out(self) -> bool:
        """Whether unfinished sums may stand in `out`: it has their type, and the bias cannot be the same memory (one
        that is broadcast).
        """
        p = self.p
        apart = p.bias is None or p.m > 1 and p.n > 1 and 0 in (p.bias.row_stride, p.bias.col_stride)
        return apart and _ARITHMETIC[p.out.type] == (p.out.type, 1) and p.out.col_stride == 1


def _blocks(m: int, n: int, rows: int, width: int, tall: int, low: int, pieces: float) -> tuple[int, int]:
    """The block of rows and of columns, multiples of the tile, that make about `pieces` of a matrix: `low` to `tall`
    rows.
    """
    row_tiles, col_tiles, wanted = _ceil(m, rows), _ceil(n, width), max(1, round(pieces))
    row_blocks = _ceil(row_tiles, max(1, tall // rows))
    most = max(row_blocks, row_tiles // max(1, low // rows))
    col_blocks = min(col_tiles, _ceil(wanted, row_blocks))
    row_blocks = max(row_blocks, min(most, _ceil(wanted, col_blocks)))
    return _ceil(row_tiles, row_blocks) * rows, _ceil(col_tiles, col_blocks) * width
