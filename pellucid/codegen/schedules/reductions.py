"""Schedules that bring many elements together: reductions, and row programs (softmax, layer norm and their like).

Called by the families in `ops`. A reduction is a small state with a first value, a step, a way to combine two states
and an end (`Reduction`). However many threads run and whatever the processor's vectors, the order of the additions is
fixed by the shape
alone: lanes (64, or 16 for short rows) each take every 64th element of a piece of about 16k elements, lanes meet in a
tree of halves, and the pieces, written to scratch as states, are reduced again the same way. So the bits do not depend
on the machine's load, and the error grows with the logarithm of the size, not the size.

Two walks: *rows*, where the reduced elements are neighbours (lanes along them), and *columns*, where the kept ones are
(lanes across). A *row program* is a body over whole rows, with `row.sum(x)` and its kin inside: it is run once for each
depth of reductions that it contains, with what is not known yet marked `UNKNOWN`, then once more to write the rows.

Knows nothing of tensors; strides come in elements and become bytes here.
"""

from __future__ import annotations

import math as pymath
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...dtypes import dtype
from ..ir import Builder, Kernel, Launch, Value, writer
from ..math import Complex
from .loop import CHUNK, Access, Arg, collapse, decompose, fit, inner_class, load_scalars, move
from .scans import _flatten, _unflatten

__all__ = ["Reduction", "reduce_plan"]


COLUMN_ROWS = 256               # rows that one column piece adds before it becomes a partial state
BLOCK = 16                      # elements that a lane adds one after the other before it adds up blocks


class Reduction(NamedTuple):
    """`state` lists (type, first value); `step(state, *elements, *scalars)` takes elements in (with `indexed`, also
    their int64 position after the state); `combine(a, b)` joins two states, the earlier one first; `finish(state,
    count)` gives the outputs. `lanes` may be fewer where the order of the elements changes nothing: there is less to
    compile."""

    state: tuple[tuple[dtype, object], ...]
    step: Callable
    combine: Callable
    finish: Callable
    indexed: bool = False
    lanes: int = 64


def _first(b: Builder, red: Reduction, lanes: int) -> tuple:
    return tuple(fit(b, value, d, lanes) for d, value in red.state)


def _choose(b: Builder, mask: Value | None, new: tuple, old: tuple) -> tuple:
    if mask is None:
        return new
    return tuple(Complex(b.select(mask, x.re, y.re), b.select(mask, x.im, y.im)) if isinstance(x, Complex)
                 else b.select(mask, x, y)
                 for x, y in zip(new, old))


def _fold(b: Builder, state: tuple, combine: Callable) -> tuple:
    folded = b.fold(_flatten(state),
                    lambda low, high: _flatten(combine(_unflatten(state, low), _unflatten(state, high))))
    return _unflatten(state, folded)


class _Geometry(NamedTuple):
    """A reduction after collapsing: kept and reduced dimensions apart, each operand's strides split the same way."""

    kept: tuple[int, ...]
    reduced: tuple[int, ...]
    kept_strides: list[tuple[int, ...]]            # outputs, then inputs
    reduced_strides: list[tuple[int, ...]]


def _split(shape: Sequence[int], dims: Sequence[int], strides: Sequence[Sequence[int]], nout: int,
           ordered: bool) -> _Geometry:
    keep = [d for d in range(len(shape)) if d not in dims]
    kept, kept_strides = collapse([shape[d] for d in keep], [[s[d] for d in keep] for s in strides])
    inputs = strides[nout:]
    reduced, reduced_strides = collapse([shape[d] for d in sorted(dims)],
                                        [[s[d] for d in sorted(dims)] for s in inputs], sort=not ordered)
    return _Geometry(kept, reduced, kept_strides, [()] * nout + reduced_strides)


def reduce_plan(name: str, red: Reduction, shape: Sequence[int], dims: Sequence[int], outs: Sequence[Arg],
                ins: Sequence[Arg], scalars: Sequence[str] = (), cost: float = 0.1) -> tuple[list[Launch], int]:
    """Plan `outs = reduce(ins)` over `dims` of `shape`. Strides of every Arg run over all of `shape` (outputs: anything
    along `dims`). Returns the launches and the bytes of scratch they share."""
    args = [*outs, *ins]
    count = pymath.prod(shape[d] for d in dims)
    results = pymath.prod(s for d, s in enumerate(shape) if d not in dims)
    if results == 0:
        return [], 0
    geometry = _split(shape, dims, [a.strides for a in args], len(outs), red.indexed)
    bytes = sum(count * results * a.dtype.itemsize for a in ins)
    return _stages(name, red, geometry, count, tuple(a.dtype for a in outs), tuple(a.dtype for a in ins),
                   tuple(scalars), bytes * 0.05 + count * results * cost + results * 10)


def _stages(name: str, red: Reduction, g: _Geometry, count: int, outs: tuple[dtype, ...], ins: tuple[dtype, ...],
            scalars: tuple[str, ...], work: float) -> tuple[list[Launch], int]:
    nout = len(outs)
    states = tuple(d for d, _ in red.state)
    launches: list[Launch] = []
    write = 0                                      # bytes of scratch used so far: each stage writes behind the last
    first = True
    sources = ins
    extra_out = [g.kept_strides[k] for k in range(nout)]
    kept, reduced = g.kept, g.reduced
    kept_in, reduced_in = g.kept_strides[nout:], g.reduced_strides[nout:]
    offsets_in = [0] * len(ins)
    while True:
        column = bool(kept) and (not reduced or abs(kept_in[0][-1]) < abs(reduced_in[0][-1])) and kept_in[0][-1] != 0
        if column:
            inner, outer_kept, outer_reduced = kept[-1], kept[:-1], reduced
            rows = pymath.prod(reduced)
            lanes = red.lanes if inner > 16 else 16
            qblock, iblock, pieces_i = min(COLUMN_ROWS, max(rows, 1)), 1, 1
            pieces = max(1, -(-rows // qblock))
            blocks = -(-inner // lanes)
            n = 1
        else:
            n = reduced[-1] if reduced else 1
            outer_kept, outer_reduced = kept, reduced[:-1]
            rows = pymath.prod(outer_reduced)
            lanes = red.lanes if n > 16 else 16
            iblock = min(max(n, 1), CHUNK)
            pieces_i = max(1, -(-n // iblock))
            qblock = max(1, CHUNK // iblock) if pieces_i == 1 else 1
            qblock = min(qblock, max(rows, 1))
            pieces = max(1, -(-rows // qblock)) * pieces_i
            inner, blocks = 1, 1
        last = pieces == 1
        items = pymath.prod(outer_kept) * blocks * pieces
        size = (min(qblock, max(rows, 1)) * lanes) if column else max(1, qblock * iblock)
        a_chunk = max(1, CHUNK // max(size, 1))
        K = pymath.prod(outer_kept)
        # strides of where results go: the outputs, or states laid out [kept outer][piece][inner]
        if last:
            out_types = outs
            out_kept, out_piece = extra_out, [0] * nout
            out_offsets = [0] * nout
        else:
            out_types = states
            contiguous = []
            step = pieces * inner
            for s in reversed(outer_kept):
                contiguous.append(step)
                step *= s
            out_kept = [tuple(reversed(contiguous)) + ((1,) if column else ())] * len(states)
            out_piece = [inner] * len(states)
            out_offsets = []
            for d in states:
                out_offsets.append(write)
                write += -(-K * pieces * inner * d.itemsize // 64) * 64
        classes = tuple(inner_class((kept_in if column else reduced_in)[k][-1] if (column or reduced) else 0)
                        for k in range(len(sources)))
        out_classes = tuple(("u" if inner == 1 else inner_class(out_kept[k][-1])) if column else "u"
                            for k in range(len(out_types)))
        words = [inner, n, rows, qblock, iblock, pieces_i, pieces, blocks, items, a_chunk, count, *outer_kept,
                 *outer_reduced]
        for k, d in enumerate(out_types):
            size = d.itemsize
            s = out_kept[k]
            words += [t * size for t in s[:len(outer_kept)]]
            words += [s[-1] * size if column else 0, out_piece[k] * size, out_offsets[k]]
        for k, d in enumerate(sources):
            size = d.itemsize
            ks = kept_in[k]
            rs = reduced_in[k]
            words += [t * size for t in ks[:len(outer_kept)]]
            words += [t * size for t in rs[:len(outer_reduced)]]
            words += [(ks[-1] if column else rs[-1] if rs else 0) * size, offsets_in[k]]
        kernel = _reduce_kernel(name, red, column, len(outer_kept), len(outer_reduced), sources, classes, out_types,
                                out_classes, nout, len(ins), first, last, lanes, scalars)
        launches.append(Launch(kernel, tuple(words), -(-items // a_chunk), work))
        if last:
            return launches, write
        # what was written is read by the next stage: kept dimensions as they are, one reduced dimension of `pieces`
        kept = outer_kept + ((inner,) if column else ())
        kept_in = [out_kept[0]] * len(states)
        reduced, reduced_in = (pieces,), [(inner,)] * len(states)
        offsets_in = out_offsets
        sources, first = states, False
        work = work / max(1, qblock if column else qblock * iblock) + 500


@writer
def _reduce_kernel(name: str, red: Reduction, column: bool, nkept: int, nreduced: int, sources: tuple[dtype, ...],
                   classes: tuple[str, ...],
                   targets: tuple[dtype, ...], target_classes: tuple[str, ...], nout: int, nin: int, first: bool,
                   last: bool, lanes: int, scalars: tuple[str, ...]) -> Kernel:
    b = Builder(("columns_" if column else "rows_") + name + ("" if first else "_again"))
    scratch = 0 if first and last else 1
    values, t = load_scalars(b, nout + nin + scratch, scalars, lanes)
    inner, n, rows, qblock, iblock, pieces_i, pieces, blocks, items, a_chunk, count = (b.word(t + k) for k in range(11))
    t += 11
    kept_sizes = [b.word(t + k) for k in range(nkept)]
    reduced_sizes = [b.word(t + nkept + k) for k in range(nreduced)]
    t += nkept + nreduced

    def base(k: int, outputs: bool, from_scratch: bool, offset: Value) -> Value:
        if from_scratch:
            return b.offset(b.word(nout + nin, "ptr"), offset)
        return b.word(k if outputs else nout + k, "ptr")

    target = []
    for k in range(len(targets)):
        kept = [b.word(t + d) for d in range(nkept)]
        target.append((kept, b.word(t + nkept), b.word(t + nkept + 1), base(k, True, not last, b.word(t + nkept + 2))))
        t += nkept + 3
    source = []
    for k in range(len(sources)):
        kept = [b.word(t + d) for d in range(nkept)]
        reduced = [b.word(t + nkept + d) for d in range(nreduced)]
        t += nkept + nreduced
        source.append((kept, reduced, b.word(t), base(k, False, not first, b.word(t + 1))))
        t += 2

    def take(state: tuple, loaded: list, position: Value | None) -> tuple:
        if not first:
            return red.combine(state, tuple(loaded))
        if red.indexed:
            return red.step(state, position, *loaded, *values)
        return red.step(state, *loaded, *values)

    def write(state: tuple, indices: list[Value], piece: Value, cols: tuple[Value, Value, Value] | None) -> None:
        width = lanes if cols else 1
        results = red.finish(state, count) if last else state
        for k, result in enumerate(results if isinstance(results, tuple) else (results,)):
            kept, inner_stride, piece_stride, pointer = target[k]
            at = b.offset(move(b, pointer, indices, kept), piece * piece_stride)
            value = fit(b, result, targets[k], width)
            if cols is None:
                Access(b, targets[k], "u", at, 1).store(b.const("i64", 0), value)
            else:
                lo, mask, left = cols
                Access(b, targets[k], target_classes[k], b.offset(at, lo * inner_stride), lanes,
                       inner_stride).store(b.const("i64", 0), value, mask, left)

    with b.loop(b.begin, b.end) as chunk:
        start = chunk.index * a_chunk
        with b.loop(start, b.min(start + a_chunk, items)) as item:
            number, block = b.divmod(item.index, blocks) if column else (item.index, b.const("i64", 0))
            number, piece = b.divmod(number, pieces)
            indices = decompose(b, number, kept_sizes)
            at = [move(b, pointer, indices, kept) for kept, _, _, pointer in source]
            state = _first(b, red, lanes)
            if column:
                lo = block * lanes
                left = inner - lo
                mask = b.first(left, lanes)
                at = [b.offset(p, lo * s[2]) for p, s in zip(at, source)]
                q0 = piece * qblock
                q1 = b.min(q0 + qblock, rows)
                with b.loop(q0, q1, BLOCK, _flatten(state)) as blocks_:
                    with b.loop(blocks_.index, b.min(blocks_.index + BLOCK, q1), 1, _flatten(state)) as loop:
                        where = decompose(b, loop.index, reduced_sizes)
                        loaded = [Access(b, d, c, move(b, p, where, s[1]), lanes,
                                         s[2]).load(b.const("i64", 0), mask, left)
                                  for d, c, p, s in zip(sources, classes, at, source)]
                        position = b.splat(loop.index, lanes) if red.indexed else None
                        loop.next(*_flatten(take(_unflatten(state, loop.carried), loaded, position)))
                    blocks_.next(*_flatten(red.combine(_unflatten(state, blocks_.carried),
                                                       _unflatten(state, loop.results))))
                write(_unflatten(state, blocks_.results), indices, piece, (lo, mask, left))
            else:
                piece_q, piece_i = b.divmod(piece, pieces_i)
                q0, i0 = piece_q * qblock, piece_i * iblock
                i1 = b.min(i0 + iblock, n)
                full = i0 + (((i1 - i0) >> lanes.bit_length() - 1) << lanes.bit_length() - 1)
                with b.loop(q0, b.min(q0 + qblock, rows), 1, _flatten(state)) as outer:
                    where = decompose(b, outer.index, reduced_sizes)
                    access = [Access(b, d, c, move(b, p, where, s[1]), lanes, s[2])
                              for d, c, p, s in zip(sources, classes, at, source)]
                    row_start = outer.index * n

                    def step(i: Value, carried: Sequence[Value], mask: Value | None, left: Value | None) -> tuple:
                        old = _unflatten(state, carried)
                        position = b.splat(row_start + i, lanes) + b.iota("i64", lanes) if red.indexed else None
                        return _flatten(_choose(b, mask, take(old, [a.load(i, mask, left) for a in access], position),
                                                old))

                    with b.loop(i0, full, lanes * BLOCK, outer.carried) as part:
                        with b.loop(part.index, b.min(part.index + lanes * BLOCK, full), lanes,
                                    _flatten(state)) as loop:
                            loop.next(*step(loop.index, loop.carried, None, None))
                        part.next(*_flatten(red.combine(_unflatten(state, part.carried),
                                                        _unflatten(state, loop.results))))
                    with b.loop(full, i1, lanes, part.results) as tail:
                        tail.next(*step(tail.index, tail.carried, b.first(i1 - tail.index, lanes), i1 - tail.index))
                    outer.next(*tail.results)
                write(_fold(b, _unflatten(state, outer.results), red.combine), indices, piece, None)
    return b.kernel()
