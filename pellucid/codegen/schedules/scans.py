"""Scans: running values along one dimension.

Lanes go across: across the other dimensions, or, where there are few of those and the scan is long, across blocks of
the dimension itself, each in order. Then there are three launches: the total of each block, the blocks before each
joined from the first on, and the running values from there. Blocks are of one size whatever the number of threads, and
so are the bits.
"""

from __future__ import annotations

import math as pymath
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..ir import BITS, Builder, Kernel, Launch, Value, writer
from ..math import Complex
from .loop import CHUNK, Access, Arg, collapse, decompose, fit, inner_class, load_strides, move
from .maps import lanes_for, transpose16

__all__ = ["scan_plan"]


BLOCK = 528                     # elements of a block: no power of two, lest lanes compete for the cache's sets
LONG = 8 * BLOCK                # from which size a dimension is cut into blocks,
FEW = 64                        # if there are fewer places than this across


class Scan(NamedTuple):
    """A running value along one dimension: `start(i, x)` the state after the first element, `step(state, i, x)` after
    each other; `result(state)` what is written. States are tuples of values. `join(state, later)`, if there is one,
    is the state after the elements of both. `cost` is the ns that one step takes."""

    start: Callable
    step: Callable
    result: Callable
    join: Callable | None = None
    cost: float = 1.0


def scan_plan(name: str, scan: Scan, shape: Sequence[int], dim: int, outs: Sequence[Arg], ins: Sequence[Arg],
              reverse: bool = False, *, vector_bytes: int) -> tuple[list[Launch], int]:
    """Plan a scan along `dim`. Returns the launches and the bytes of scratch they share."""
    args = [*outs, *ins]
    length, total = shape[dim], pymath.prod(shape)
    if total == 0:
        return [], 0
    rest = [d for d in range(len(shape)) if d != dim]
    sizes, strides = collapse([shape[d] for d in rest], [[a.strides[d] for d in rest] for a in args])
    if not sizes:
        sizes, strides = (1,), [(0,)] * len(args)
    dtypes, lanes = tuple(a.dtype for a in args), lanes_for([a.dtype for a in args], vector_bytes)
    along = [a.strides[dim] * a.dtype.itemsize for a in args]
    ways = [[step if not reverse else -step, step * (length - 1) if reverse else 0] for step in along]
    near = all(way[0] == d.itemsize for d, way in zip(dtypes, ways))
    if scan.join is not None and length >= LONG and total // length < FEW and (near or scan.cost > 2):
        return _long_plan(name, scan, length, sizes, strides, ways, dtypes, len(outs), lanes)
    inner, outer = sizes[-1], sizes[:-1]
    classes = tuple("u" if inner == 1 and k < len(outs) else inner_class(s[-1]) for k, s in enumerate(strides))
    lanes = 1 if inner < 4 or "g" in classes and scan.cost <= 2 else lanes
    blocks = -(-inner // lanes)
    rows = pymath.prod(outer)
    a_chunk = max(1, CHUNK // (length * lanes))
    words = [length, inner, blocks, rows * blocks, a_chunk, *outer]
    for d, s, way in zip(dtypes, strides, ways):
        words += [*(t * d.itemsize for t in s), *way]
    kernel = _scan_kernel(name, scan, len(outer), classes, dtypes, len(outs), lanes)
    return [Launch(kernel, tuple(words), -(-(rows * blocks) // a_chunk), total * (scan.cost + 0.5))], 0


@writer
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
            at = [b.offset(b.offset(move(b, p, indices, s[:nouter]), lo * s[nouter]), s[nouter + 2])
                  for p, s in zip(pointers, strides)]
            zero = b.const("i64", 0)

            def lane(k: int, i: Value) -> Access:
                return Access(b, dtypes[k], "u" if lanes == 1 else classes[k],
                              b.offset(at[k], i * strides[k][nouter + 1]), lanes, strides[k][nouter])

            def load(i: Value) -> list:
                return [lane(k, i).load(zero, mask, count_left) for k in range(nout, count)]

            def store(i: Value, state: tuple) -> None:
                for k, value in enumerate(_results(scan, state)):
                    lane(k, i).store(zero, fit(b, value, dtypes[k], lanes), mask, count_left)

            state = scan.start(b.splat(zero, lanes), *load(zero))
            store(zero, state)
            flat = _flatten(state)
            with b.loop(1, length, 1, flat) as loop:
                state = scan.step(_unflatten(state, loop.carried), b.splat(loop.index, lanes), *load(loop.index))
                store(loop.index, state)
                loop.next(*_flatten(state))
    return b.kernel()


def _results(scan: Scan, state: tuple) -> tuple:
    found = scan.result(*state)
    return found if isinstance(found, tuple) else (found,)


# ---- long scans ------------------------------------------------------------------------------------------------------

def _long_plan(name: str, scan: Scan, length: int, sizes: Sequence[int], strides: Sequence[Sequence[int]],
               ways: Sequence[Sequence[int]], dtypes: tuple, nout: int, lanes: int) -> tuple[list[Launch], int]:
    rows, blocks = pymath.prod(sizes), -(-length // BLOCK)
    groups = -(-blocks // lanes)
    words = [length, groups, rows, blocks, *sizes]
    for d, s, way in zip(dtypes, strides, ways):
        words += [*(t * d.itemsize for t in s), *way]
    classes = tuple("u" if way[0] == d.itemsize else "g" for d, way in zip(dtypes, ways))
    totals, kinds = _block_kernel(name, scan, len(sizes), dtypes, nout, lanes, classes, True)
    running, _ = _block_kernel(name, scan, len(sizes), dtypes, nout, lanes, classes, False)
    joined = _join_kernel(name, scan, len(dtypes), lanes, kinds)
    launches = [Launch(totals, tuple(words), rows * groups, rows * length * scan.cost * 0.2),
                Launch(joined, tuple(words), rows, rows * blocks * scan.cost),
                Launch(running, tuple(words), rows * groups, rows * length * scan.cost * 0.4)]
    return launches, len(_flat_types(kinds)) * rows * groups * lanes * 8


def _flat_types(kinds: Sequence[tuple[str, bool]]) -> list[str]:
    return [type for type, is_complex in kinds for _ in range(1 + is_complex)]


class _Group:
    """A group of blocks, one for each lane, of which squares of elements are turned in registers on their way between
    memory, where a block's elements are neighbours, and the stack, where those of a step are. `first` is the number of
    the group's first element, where the pointers `at` point; `ends` whether blocks of it may go beyond the last one,
    number `length` - 1."""

    def __init__(self, b: Builder, scan: Scan, dtypes: tuple, nout: int, lanes: int, classes: tuple[str, ...],
                 along: list[Value], turned: dict[int, Value], at: dict[int, Value], first: Value, length: Value,
                 ends: bool):
        self.b, self.scan, self.dtypes, self.nout, self.lanes, self.classes = b, scan, dtypes, nout, lanes, classes
        self.along, self.turned, self.at, self.first, self.length, self.ends = along, turned, at, first, length, ends
        self.zero = b.const("i64", 0)

    def stack(self, k: int, j: Value | int, part: int) -> Value:
        """Where step j's lanes of operand k stand, of complex numbers one part."""
        return self.b.offset(self.turned[k], j * (self.lanes * 16) + part * (self.lanes * 8))

    def lane(self, k: int, i: Value, number: int) -> tuple[Access, Value | None, Value | None]:
        """A side of a square: the elements of block `number` from `i` on; which are there, and how many."""
        b = self.b
        left = self.length - (self.first + i + number * BLOCK) if self.ends else None
        access = Access(b, self.dtypes[k], self.classes[k],
                        b.offset(self.at[k], (i + number * BLOCK) * self.along[k]), self.lanes, self.along[k])
        return access, None if left is None else b.first(left, self.lanes), left

    def one_by_one(self, k: int, i: Value, fetching: bool) -> None:
        """Elements that are no neighbours: gathers and scatters take longer."""
        b, d = self.b, self.dtypes[k]
        size = BITS[d.compute] // 8 if d.compute != "i1" else 1
        with b.loop(0, self.lanes) as step:
            for number in range(self.lanes):
                to = i + step.index + number * BLOCK
                left = self.length - self.first
                far = b.offset(self.at[k], (b.min(to, left - 1) if self.ends else to) * self.along[k])
                here = [b.offset(self.stack(k, step.index, part), number * size) for part in range(1 + d.is_complex)]
                if fetching:
                    for p, value in zip(here, _flatten((Access(b, d, "u", far, 1).load(self.zero),))):
                        b.store(p, value, _stored(value.type))
                    continue
                parts = [b.load(p, _stored(d.compute)) for p in here]
                with b.when(to < left):
                    Access(b, d, "u", far, 1).store(self.zero, Complex(*parts) if d.is_complex else parts[0])

    def fetch(self, i: Value) -> None:
        """Bring the square that starts at element `i` of each block to the stack."""
        for k in range(self.nout, len(self.dtypes)):
            if self.classes[k] == "g":
                self.one_by_one(k, i, True)
                continue
            found = []
            for number in range(self.lanes):
                access, mask, left = self.lane(k, i, number)
                found.append(_flatten((access.load(self.zero, mask, left),)))
            for part, several in enumerate(zip(*found)):
                for j, value in enumerate(transpose16(self.b, list(several))):
                    self.b.store(self.stack(k, j, part), value, _stored(value.type))

    def deliver(self, i: Value) -> None:
        """Write a square of results to memory."""
        for k in range(self.nout):
            if self.classes[k] == "g":
                self.one_by_one(k, i, False)
                continue
            parts = zip(*(self.parts(k, j) for j in range(self.lanes)))
            for number, several in enumerate(zip(*(transpose16(self.b, list(part)) for part in parts))):
                access, mask, left = self.lane(k, i, number)
                access.store(self.zero, Complex(*several) if len(several) == 2 else several[0], mask, left)

    def parts(self, k: int, j: Value | int) -> list[Value]:
        return [self.b.load(self.stack(k, j, part), _stored(self.dtypes[k].compute), self.lanes)
                for part in range(1 + self.dtypes[k].is_complex)]

    def load(self, j: Value) -> list:
        """The elements of step j of a square."""
        found = [self.parts(k, j) for k in range(self.nout, len(self.dtypes))]
        return [Complex(*parts) if len(parts) == 2 else parts[0] for parts in found]

    def store(self, j: Value, state: tuple) -> None:
        for k, value in enumerate(_results(self.scan, state)):
            for part, one in enumerate(_flatten((fit(self.b, value, self.dtypes[k], self.lanes),))):
                self.b.store(self.stack(k, j, part), one, _stored(one.type))

    def place(self, i: Value) -> Value:
        """The numbers of the elements `i` of each block."""
        return self.b.splat(self.first + i, self.lanes) + self.b.iota("i64", self.lanes) * BLOCK

    def run(self, states: list[Value], totals: bool) -> tuple:
        """Go through the blocks: write their totals to `states`, or their running values, from these states on. Returns
        the parts of a state, (type, whether complex)."""
        b, scan, zero, slots = self.b, self.scan, self.zero, self.b.iota("i64", self.lanes) * 8
        self.fetch(zero)
        elements = self.load(zero)
        state = scan.start(self.place(zero), *elements)
        flat = _flatten(state)
        if not totals:
            before = _unflatten(state, [b.gather(p, slots, _stored(v.type)) for p, v in zip(states, flat)])
            begins = self.place(zero) == 0
            flat = tuple(b.select(begins, new, v)
                         for new, v in zip(flat, _flatten(scan.step(before, self.place(zero), *elements))))
            self.store(zero, _unflatten(state, flat))
        with b.loop(0, BLOCK, self.lanes, flat) as square:
            with b.when(square.index > 0):
                self.fetch(square.index)
            done = b.select(square.index == 0, b.const("i64", 1), zero)
            with b.loop(done, self.lanes, 1, square.carried) as loop:
                after = scan.step(_unflatten(state, loop.carried), self.place(square.index + loop.index),
                                  *self.load(loop.index))
                if not totals:
                    self.store(loop.index, after)
                loop.next(*_flatten(after))
            if not totals:
                self.deliver(square.index)
            square.next(*loop.results)
        if totals:
            for p, value in zip(states, square.results):
                b.scatter(p, slots, value, _stored(value.type))
        return tuple(((s.re if isinstance(s, Complex) else s).type, isinstance(s, Complex)) for s in state)


@writer
def _block_kernel(name: str, scan: Scan, nouter: int, dtypes: tuple, nout: int, lanes: int, classes: tuple[str, ...],
                  totals: bool) -> tuple[Kernel, tuple]:
    """The totals of blocks, to the scratch, or their running values. Also returns the parts of a state."""
    b = Builder(("totals_" if totals else "running_") + name)
    count = len(dtypes)
    t = count + 1
    length, groups, rows = (b.word(t + k) for k in range(3))
    sizes, strides = load_strides(b, t + 4, nouter, count, nouter + 2)
    along, used = [s[nouter] for s in strides], range(nout if totals else 0, count)
    turned = {k: b.alloca(lanes * lanes * 16) for k in used}
    kinds: tuple = ()
    with b.loop(b.begin, b.end) as item:
        row, group = b.divmod(item.index, groups)
        indices = decompose(b, row, sizes)
        first = group * (lanes * BLOCK)
        at = {k: b.offset(b.offset(move(b, b.word(k, "ptr"), indices, strides[k][:nouter]), strides[k][nouter + 1]),
                          first * along[k]) for k in used}
        states = [b.offset(b.word(count, "ptr"), (item.index + rows * groups * c) * (lanes * 8)) for c in range(4)]
        whole = first + lanes * BLOCK <= length
        for condition in (whole, ~whole):
            with b.when(condition):
                kinds = _Group(b, scan, dtypes, nout, lanes, classes, along, turned, at, first, length,
                               condition is not whole).run(states, totals)
    return b.kernel(), kinds


@writer
def _join_kernel(name: str, scan: Scan, count: int, lanes: int, kinds: tuple[tuple[str, bool], ...]) -> Kernel:
    """The totals of a row's blocks, in the scratch, become the states before each block (but the first)."""
    b = Builder("joined_" + name)
    groups, rows, blocks = (b.word(count + 1 + k) for k in range(1, 4))
    types = _flat_types(kinds)
    like = tuple(Complex(None, None) if is_complex else None for _, is_complex in kinds)
    with b.loop(b.begin, b.end) as row:
        at = [b.offset(b.word(count, "ptr"), (row.index + rows * c) * groups * (lanes * 8)) for c in range(len(types))]
        first = [b.load(p, _stored(type)) for p, type in zip(at, types)]
        with b.loop(1, blocks, 1, first) as loop:
            here = [b.offset(p, loop.index * 8) for p in at]
            own = [b.load(p, _stored(type)) for p, type in zip(here, types)]
            for p, type, value in zip(here, types, loop.carried):
                b.store(p, value, _stored(type))
            loop.next(*_flatten(scan.join(_unflatten(like, loop.carried), _unflatten(like, own))))
    return b.kernel()


def _stored(type: str) -> str:
    return "b8" if type == "i1" else type


def _flatten(state: tuple) -> tuple[Value, ...]:
    return tuple(v for s in state for v in ((s.re, s.im) if isinstance(s, Complex) else (s,)))


def _unflatten(like: tuple, flat: Sequence[Value]) -> tuple:
    values, found = iter(flat), []
    for s in like:
        found.append(Complex(next(values), next(values)) if isinstance(s, Complex) else next(values))
    return tuple(found)
