"""Row programs: several reductions and maps over the same rows, in one kernel.

The body is run several times by `_trial`, which finds what each reduction needs; then the kernel reads a row as often
as there are reductions that wait for one another. Called by ops/families/rows.
"""

from __future__ import annotations

import math as pymath
from collections.abc import Callable, Sequence

from .. import math as m
from ..ir import Builder, Kernel, Launch, Value, writer
from ..unknown import UNKNOWN
from .loop import CHUNK, Access, Arg, collapse, decompose, fit, inner_class, load_scalars, move
from .maps import lanes_for

__all__ = ["row_plan"]


class Row:
    """What a row program's body calls on whole rows while a kernel is written: each reduction is known, being summed,
    or unknown.
    """

    KINDS = {"sum": (0.0, lambda a, c: a + c), "max": (-pymath.inf, m.maximum), "min": (pymath.inf, m.minimum)}

    def __init__(self, b: Builder, known: dict[int, Value], lanes: int, count: Value, index: Value | None,
                 kept: dict[int, tuple[Value, int]] | None = None):
        self.b, self.known, self.lanes, self.length, self.index_value = b, known, lanes, count, index
        self.found: dict[int, tuple[str, Value]] = {}
        self.conditions: dict[int, Value] = {}      # of reductions that are rarely needed: whether they are
        self.reductions = 0
        self.keeps = 0
        self.kept = kept                            # values already stored, by number; None while nothing can be kept
        self.to_keep: dict[int, tuple[Value, int]] = {}

    def _reduce(self, kind: str, x, when=None):
        number = self.reductions
        self.reductions += 1
        if when is not None:
            self.conditions[number] = when
        if number in self.known:
            return self.b.splat(self.known[number], self.lanes)
        if x is not UNKNOWN:
            self.found[number] = (kind, self.b.splat(x, self.lanes))
        return UNKNOWN

    def sum(self, x, when=None):
        """The sum over the row. With `when`, a condition that follows from other reductions, the row is read for it
        only where that holds; it is 0 elsewhere."""
        return self._reduce("sum", x, when)

    def max(self, x):
        return self._reduce("max", x)

    def min(self, x):
        return self._reduce("min", x)

    def mean(self, x, when=None):
        total = self.sum(x, when)
        return total if total is UNKNOWN else total / self.count(total)

    def count(self, like: Value) -> Value:
        """The number of elements in the row, in the type of `like`."""
        return UNKNOWN if like is UNKNOWN else self.b.splat(self.b.convert(self.length, like.type), like.lanes)

    @property
    def index(self):
        """The int64 position of each element in its row."""
        return UNKNOWN if self.index_value is None else self.index_value

    def pick(self, x, index):
        """The element at position `index` of the row (0 where the row has no such place)."""
        if x is UNKNOWN or self.index is UNKNOWN:
            return self.sum(UNKNOWN)
        return self.sum(m.where(self.index == index, x, 0.0))

    def saved(self, values, compute: Callable):
        """Values that were saved, which `compute` would give again."""
        return values

    def keep(self, compute: Callable):
        """An expensive value of every element: computed once, kept in the first output's row until it is written."""
        number = self.keeps
        self.keeps += 1
        if self.kept is not None and number in self.kept:
            value, inside = self.kept[number]
            self.reductions += inside               # the reductions that computing it would have passed
            return value
        before = self.reductions
        value = compute()
        if value is not UNKNOWN:
            self.to_keep[number] = (value, self.reductions - before)
        return value


def row_plan(name: str, body: Callable, shape: Sequence[int], dims: Sequence[int], outs: Sequence[Arg],
             kinds: Sequence[str], ins: Sequence[Arg], scalars: Sequence[str] = (), cost: float = 2.0) -> list[Launch]:
    """Plan `outs = body(row, *ins, *scalars)` where a row is all of `dims`. An output of kind "row" has a value for
    every element, one of kind "one" a single value a row."""
    args = [*outs, *ins]
    total = pymath.prod(shape)
    rows = pymath.prod(s for d, s in enumerate(shape) if d not in dims)
    if rows == 0 or (total == 0 and "one" not in kinds):
        return []
    keep = [d for d in range(len(shape)) if d not in dims]
    kept, kept_strides = collapse([shape[d] for d in keep], [[a.strides[d] for d in keep] for a in args])
    along = sorted(dims)
    ranked = [a for a, kind in zip(outs, kinds) if kind == "row"] + list(ins)
    lead = next((a for a in ranked if any(a.strides[d] for d in along)), ranked[0])
    order = [lead, *(a for a in args if a is not lead)]
    rest, rest_strides = collapse([shape[d] for d in along], [[a.strides[d] for d in along] for a in order])
    by_arg = {id(a): s for a, s in zip(order, rest_strides)}
    strides = [by_arg[id(a)] for a in args]
    if not rest:
        rest, strides = (1,), [(0,)] * len(args)
    n, outer = rest[-1], rest[:-1]
    if _across(kept, kept_strides, [s[-1] for s, a in zip(strides, args) if any(a.strides[d] for d in along)]):
        return _column_plan(name, body, n, outer, kept, outs, tuple(kinds), ins, kept_strides, strides, tuple(scalars),
                            total * cost * 0.2)
    classes = tuple("u" if n == 1 and k < len(outs) else inner_class(s[-1]) for k, s in enumerate(strides))
    varying = tuple(any(t != 0 and z != 1 for t, z in zip(s, rest)) for s in strides)
    repeats = pymath.prod(outer)
    lanes = 32 if n > 16 else 16
    a_chunk = max(1, CHUNK // max(1, n * repeats))
    words = [n, repeats, rows, a_chunk, n * repeats, *kept, *outer]
    for a, ks, rs in zip(args, kept_strides, strides):
        size = a.dtype.itemsize
        words += [*(t * size for t in ks), *(t * size for t in rs)]
    kernel = _row_kernel(name, body, len(kept), len(outer), tuple(a.dtype for a in outs), tuple(kinds),
                         tuple(a.dtype for a in ins), classes, varying, tuple(scalars), lanes)
    return [Launch(kernel, tuple(words), -(-rows // a_chunk),
                   total * cost * 0.2 + sum(total * a.dtype.itemsize for a in args) * 0.05 + rows * 20)]


def _across(kept: Sequence[int], strides: Sequence[Sequence[int]], along: Sequence[int]) -> bool:
    """Whether lanes go across rows: where those lie side by side, and their own elements apart."""
    return (bool(kept) and kept[-1] >= 8 and all(s[-1] in (0, 1) for s in strides) and bool(along)
            and all(abs(s) != 1 for s in along))


COLUMN_BLOCK = 256              # elements of a row that a lane adds up before it adds up blocks


def _column_plan(name, body, n, outer, kept, outs, kinds, ins, kept_strides, strides, scalars, work) -> list[Launch]:
    """The plan of rows that are columns: neighbouring lanes work on neighbouring rows."""
    args = [*outs, *ins]
    lanes = lanes_for([a.dtype for a in args if a.dtype.ir not in ("i64", "b8")] or [args[0].dtype], 64)
    inner, repeats = kept[-1], pymath.prod(outer)
    blocks = -(-inner // lanes)
    items = pymath.prod(kept[:-1]) * blocks
    a_chunk = max(1, CHUNK // max(1, n * repeats * lanes))
    words = [n, repeats, inner, blocks, items, a_chunk, n * repeats, *kept[:-1], *outer]
    for a, ks, rs in zip(args, kept_strides, strides):
        size = a.dtype.itemsize
        words += [*(t * size for t in ks[:-1]), *(t * size for t in rs)]
    classes = tuple("u" if k < len(outs) else inner_class(s[-1]) for k, s in enumerate(kept_strides))
    varying = tuple(any(t != 0 and z != 1 for t, z in zip(s, (*outer, n))) for s in strides)
    kernel = _column_kernel(name, body, len(kept) - 1, len(outer), tuple(a.dtype for a in outs), kinds,
                            tuple(a.dtype for a in ins), classes, varying, scalars, lanes)
    return [Launch(kernel, tuple(words), -(-items // a_chunk), work + items * 20)]


@writer
def _column_kernel(name, body, nkept, nouter, outs, kinds, ins, classes, varying, scalars, lanes) -> Kernel:
    b = Builder("columns_" + name)
    nout, dtypes_ = len(outs), (*outs, *ins)
    count = len(dtypes_)
    pointers = [b.word(k, "ptr") for k in range(count)]
    values, t = load_scalars(b, count, scalars, lanes)
    n, repeats, inner, blocks, items, a_chunk, length = (b.word(t + k) for k in range(7))
    kept_sizes, outer_sizes = [b.word(t + 7 + k) for k in range(nkept)], [b.word(t + 7 + nkept + k)
                                                                          for k in range(nouter)]
    t += 7 + nkept + nouter
    strides = []
    for _ in dtypes_:
        strides.append(([b.word(t + k) for k in range(nkept)], [b.word(t + nkept + k) for k in range(nouter + 1)]))
        t += nkept + nouter + 1
    room = kinds[0] == "row" and outs[0].ir == outs[0].compute and not outs[0].is_complex
    zero = b.const("i64", 0)

    def run(row: Row, loaded: list) -> tuple:
        results = body(row, *loaded, *values)
        return results if isinstance(results, tuple) else (results,)

    with b.loop(b.begin, b.end) as chunk:
        start = chunk.index * a_chunk
        with b.loop(start, b.min(start + a_chunk, items)) as item:
            number, block = b.divmod(item.index, blocks)
            indices, lo = decompose(b, number, kept_sizes), block * lanes
            left = inner - lo
            mask = b.first(left, lanes)
            at = [b.offset(move(b, p, indices, s[0]), lo * d.itemsize) if c == "u" else move(b, p, indices, s[0])
                  for p, s, d, c in zip(pointers, strides, dtypes_, classes)]
            known: dict[int, Value] = {}
            kept: dict[int, tuple[str, int]] = {}
            fixed = {k: Access(b, dtypes_[k], classes[k], at[k], lanes).load(zero, mask, left)
                     for k in range(nout, count) if not varying[k]}

            def here(k: int, where: Sequence[Value]) -> Access:
                return Access(b, dtypes_[k], classes[k], move(b, at[k], where, strides[k][1]), lanes)

            def element(where: Sequence[Value]) -> list:
                return [fixed[k] if k in fixed else here(k, where).load(zero, mask, left) for k in range(nout, count)]

            def at_element(position: Value, where: Sequence[Value]) -> Row:
                held = {k: (b.convert(here(0, where).load(zero, mask, left), type), inside)
                        for k, (type, inside) in kept.items()}
                return Row(b, known, lanes, length, b.splat(position, lanes), held)

            def of_row() -> Row:
                return Row(b, known, lanes, length, None, {k: (UNKNOWN, inside) for k, (_, inside) in kept.items()})

            def settled() -> list:
                return [fixed.get(k, UNKNOWN) for k in range(nout, count)]

            def walk(turn: Callable[..., tuple], first: tuple[Value, ...], combine: Callable) -> tuple[Value, ...]:
                """Go along the row, `turn(position, place, carried)` an element; blocks keep their sums apart."""
                with b.loop(0, repeats, 1, first) as outer:
                    where = decompose(b, outer.index, outer_sizes)
                    with b.loop(0, n, COLUMN_BLOCK, outer.carried) as part:
                        with b.loop(part.index, b.min(part.index + COLUMN_BLOCK, n), 1, first) as loop:
                            loop.next(*turn(outer.index * n + loop.index, [*where, loop.index], loop.carried))
                        part.next(*combine(part.carried, loop.results))
                    outer.next(*part.results)
                return outer.results

            while True:
                trial = _trial(body, known, kept, ins, scalars, lanes)
                if not trial.found:
                    break
                order = sorted([k for k in trial.found if k not in trial.conditions] or trial.found)
                spec = [(trial.found[k][0], trial.found[k][1].type) for k in order]
                first = tuple(b.const(type, Row.KINDS[kind][0], lanes) for kind, type in spec)
                new_keeps = dict(trial.to_keep) if room and order[0] not in trial.conditions else {}

                def turn(position, where, carried, spec=spec, order=order, new_keeps=new_keeps):
                    row = at_element(position, where)
                    run(row, element(where))
                    if new_keeps and not kept:
                        here(0, where).store(zero, fit(b, row.to_keep[min(new_keeps)][0], outs[0], lanes), mask, left)
                    return tuple(Row.KINDS[kind][1](old, row.found[number][1]) for (kind, _), number,
                                 old in zip(spec, order, carried))

                def reduced(turn=turn, spec=spec, first=first) -> tuple[Value, ...]:
                    return walk(turn, first,
                                lambda a, c: tuple(Row.KINDS[kind][1](x, y) for (kind, _), x, y in zip(spec, a, c)))

                row = of_row()
                run(row, settled())
                if order[0] in trial.conditions:
                    needed = row.conditions[order[0]]
                    for number in order[1:]:
                        needed = needed | row.conditions[number]
                    with b.when(b.any(needed), *first) as branch:
                        branch.next(*reduced())
                    known.update(zip(order, branch.results))
                else:
                    known.update(zip(order, reduced()))
                if new_keeps and not kept:
                    number = min(new_keeps)
                    value, inside = new_keeps[number]
                    kept[number] = (value.type, inside)

            if "row" in kinds:
                def write(position, where, carried):
                    row = at_element(position, where)
                    for k, (kind, result) in enumerate(zip(kinds, run(row, element(where)))):
                        if kind == "row":
                            here(k, where).store(zero, fit(b, result, outs[k], lanes), mask, left)
                    return ()

                run(of_row(), settled())
                walk(write, (), lambda a, c: ())
            if "one" in kinds:
                for k, (kind, result) in enumerate(zip(kinds, run(of_row(), settled()))):
                    if kind == "one":
                        if result is UNKNOWN:
                            raise TypeError(
                                f"{name}: output {k} is one value a row, but its body makes it of single elements")
                        Access(b, outs[k], "u", at[k], lanes).store(zero, fit(b, result, outs[k], lanes), mask, left)
    return b.kernel()


@writer
def _row_kernel(name, body, nkept, nouter, outs, kinds, ins, classes, varying, scalars, lanes) -> Kernel:
    b = Builder("row_" + name)
    nout, dtypes_ = len(outs), (*outs, *ins)
    pointers = [b.word(k, "ptr") for k in range(len(dtypes_))]
    t0 = len(dtypes_)
    values, t = load_scalars(b, t0, scalars, lanes)
    ones, _ = load_scalars(b, t0, scalars, 1)
    n, repeats, rows, a_chunk, length = (b.word(t + k) for k in range(5))
    kept_sizes = [b.word(t + 5 + k) for k in range(nkept)]
    outer_sizes = [b.word(t + 5 + nkept + k) for k in range(nouter)]
    t += 5 + nkept + nouter
    strides = []
    for _ in dtypes_:
        strides.append(([b.word(t + k) for k in range(nkept)], [b.word(t + nkept + k) for k in range(nouter)],
                        b.word(t + nkept + nouter)))
        t += nkept + nouter + 1
    # an expensive value may wait in the first output while its row is worked on, if it is stored there unrounded
    room = kinds[0] == "row" and outs[0].ir == outs[0].compute and not outs[0].is_complex

    def run(row: Row, loaded: list, scalars_: list) -> tuple:
        results = body(row, *loaded, *scalars_)
        return results if isinstance(results, tuple) else (results,)

    with b.loop(b.begin, b.end) as chunk:
        start = chunk.index * a_chunk
        with b.loop(start, b.min(start + a_chunk, rows)) as item:
            indices = decompose(b, item.index, kept_sizes)
            at = [move(b, p, indices, s[0]) for p, s in zip(pointers, strides)]
            known: dict[int, Value] = {}
            kept: dict[int, tuple[str, int]] = {}
            fixed = {k: Access(b, dtypes_[k], "z", at[k], lanes) for k in range(nout, len(dtypes_)) if not varying[k]}

            def walk(turn: Callable[..., tuple], first: tuple[Value, ...], combine: Callable) -> tuple[Value, ...]:
                """Go along the row, `turn(accesses, i, carried, mask, left)` a vector; blocks of CHUNK keep their sums
                apart.
                """
                with b.loop(0, repeats, 1, first) as outer:
                    where = decompose(b, outer.index, outer_sizes)
                    here = [fixed[k] if k in fixed
                            else Access(b, dtypes_[k], classes[k], move(b, at[k], where, strides[k][1]), lanes,
                                        strides[k][2])
                            if k >= nout or kinds[k] == "row" else None for k in range(len(dtypes_))]
                    with b.loop(0, n, CHUNK, outer.carried) as part:
                        stop = b.min(part.index + CHUNK, n)
                        full = part.index + (((stop - part.index) >> lanes.bit_length() - 1) << lanes.bit_length() - 1)
                        base = outer.index * n
                        with b.loop(part.index, full, lanes, first) as loop:
                            loop.next(*turn(here, base, loop.index, loop.carried, None, None))
                        with b.loop(full, stop, lanes, loop.results) as tail:
                            tail.next(*turn(here, base, tail.index, tail.carried, b.first(stop - tail.index, lanes),
                                            stop - tail.index))
                        part.next(*combine(part.carried, tail.results))
                    outer.next(*part.results)
                return outer.results

            def settle() -> Row:
                """What follows from known values alone is computed here, once a row, and found again inside the loops.
                """
                row = Row(b, known, lanes, length, None, {k: (UNKNOWN, inside) for k, (_, inside) in kept.items()})
                run(row, [UNKNOWN if varying[k] else fixed[k].value for k in range(nout, len(dtypes_))], values)
                return row

            def load(here: list, i: Value, mask, left) -> list:
                return [here[k].load(i, mask, left) for k in range(nout, len(dtypes_))]

            while True:
                # what does this pass find? Asked on a builder that is thrown away
                trial = _trial(body, known, kept, ins, scalars, lanes)
                if not trial.found:
                    break
                often = [k for k in trial.found if k not in trial.conditions]
                order = sorted(often or trial.found)          # rare ones wait until nothing else can be done
                spec = [(trial.found[k][0], trial.found[k][1].type) for k in order]
                first = tuple(b.const(type, Row.KINDS[kind][0], lanes) for kind, type in spec)
                new_keeps = dict(trial.to_keep) if room and often else {}

                def turn(here, base, i, carried, mask, left, spec=spec, order=order, new_keeps=new_keeps):
                    row = Row(b, known, lanes, length, b.splat(base + i, lanes) + b.iota("i64", lanes),
                              {k: (b.convert(here[0].load(i, mask, left), type), inside)
                               for k, (type, inside) in kept.items()})
                    run(row, load(here, i, mask, left), values)
                    if new_keeps and not kept:
                        number = min(new_keeps)
                        here[0].store(i, fit(b, row.to_keep[number][0], outs[0], lanes), mask, left)
                    after = []
                    for (kind, _), number, old in zip(spec, order, carried):
                        new = Row.KINDS[kind][1](old, row.found[number][1])
                        after.append(new if mask is None else b.select(mask, new, old))
                    return tuple(after)

                def reduced(turn=turn, spec=spec, first=first) -> list[Value]:
                    results = walk(turn, first,
                                   lambda a, c: tuple(Row.KINDS[kind][1](x, y) for (kind, _), x, y in zip(spec, a, c)))
                    return [b.fold(value, Row.KINDS[kind][1]) for (kind, _), value in zip(spec, results)]

                conditions = settle().conditions
                if often:
                    found = reduced()
                else:
                    needed = b.extract(conditions[order[0]], 0)
                    for number in order[1:]:
                        needed = needed | b.extract(conditions[number], 0)
                    with b.when(needed, *(b.const(type, 0) for _, type in spec)) as branch:
                        branch.next(*reduced())
                    found = branch.results
                known.update(zip(order, found))
                if new_keeps and not kept:
                    number = min(new_keeps)
                    value, inside = new_keeps[number]
                    kept[number] = (value.type, inside)

            if "row" in kinds:
                # while this row, in the cache by now, is written, the next one is on its way
                following = decompose(b, b.min(item.index + 1, rows - 1), kept_sizes)
                ahead = [Access(b, dtypes_[k], classes[k], move(b, pointers[k], following, strides[k][0]), lanes,
                                strides[k][2])
                         for k in range(nout, len(dtypes_)) if varying[k] and not nouter]

                def write(here, base, i, carried, mask, left):
                    if mask is None:
                        for access in ahead:
                            access.prefetch(i)
                    row = Row(b, known, lanes, length, b.splat(base + i, lanes) + b.iota("i64", lanes),
                              {k: (b.convert(here[0].load(i, mask, left), type), inside)
                               for k, (type, inside) in kept.items()})
                    results = run(row, load(here, i, mask, left), values)
                    for k, (kind, result) in enumerate(zip(kinds, results)):
                        if kind == "row":
                            here[k].store(i, fit(b, result, outs[k], lanes), mask, left)
                    return ()

                settle()
                walk(write, (), lambda a, c: ())
            if "one" in kinds:
                loaded = [UNKNOWN if varying[k] else Access(b, dtypes_[k], "z", at[k], 1).value
                          for k in range(nout, len(dtypes_))]
                results = run(Row(b, known, 1, length, None, {k: (UNKNOWN, inside) for k, (_, inside) in kept.items()}),
                              loaded, ones)
                for k, (kind, result) in enumerate(zip(kinds, results)):
                    if kind == "one":
                        if result is UNKNOWN:
                            raise TypeError(
                                f"{name}: output {k} is one value a row, but its body makes it of single elements")
                        Access(b, outs[k], "u", at[k], 1).store(b.const("i64", 0), fit(b, result, outs[k], 1))
    return b.kernel()


def _trial(body: Callable, known: dict, kept: dict, ins, scalars, lanes) -> Row:
    """Run a body on a scratch builder to see which reductions the next pass can do."""
    scratch = Builder("trial")
    pointer = scratch.words
    loaded = [Access(scratch, d, "z", pointer, lanes).value for d in ins]
    values, _ = load_scalars(scratch, 0, scalars, lanes)
    row = Row(scratch, {k: scratch.const(v.type, 0) for k, v in known.items()}, lanes, scratch.begin,
              scratch.splat(scratch.begin, lanes),
              {k: (scratch.const(type, 0, lanes), inside) for k, (type, inside) in kept.items()})
    body(row, *loaded, *values)
    return row
