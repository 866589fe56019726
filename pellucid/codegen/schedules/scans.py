"""Scans: running values along one dimension."""

from __future__ import annotations

import math as pymath
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..ir import Builder, Kernel, Launch, Value, writer
from ..math import Complex
from .loop import CHUNK, Access, Arg, collapse, decompose, fit, inner_class, load_strides, move
from .maps import lanes_for

__all__ = ["scan_plan"]


class Scan(NamedTuple):
    """A running value along one dimension: `start(x)` the state after the first element, `step(state, x, i)` after each
    other; `result(state)` what is written. States are tuples of values."""

    start: Callable
    step: Callable
    result: Callable


def scan_plan(name: str, scan: Scan, shape: Sequence[int], dim: int, outs: Sequence[Arg], ins: Sequence[Arg],
              reverse: bool = False, *, vector_bytes: int) -> list[Launch]:
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
    lanes = 1 if inner < 4 or "g" in classes else lanes_for([a.dtype for a in args], vector_bytes)
    blocks = -(-inner // lanes)
    rows = pymath.prod(outer)
    a_chunk = max(1, CHUNK // (length * lanes))
    words = [length, inner, blocks, rows * blocks, a_chunk, *outer]
    for a, s in zip(args, strides):
        size = a.dtype.itemsize
        along = a.strides[dim] * size
        words += [*(t * size for t in s[:-1]), s[-1] * size, along if not reverse else -along,
                  along * (length - 1) if reverse else 0]
    kernel = _scan_kernel(name, scan, len(outer), classes, tuple(a.dtype for a in args), len(outs), lanes)
    return [Launch(kernel, tuple(words), -(-(rows * blocks) // a_chunk), total * 1.5)]


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

            def load(i: Value) -> list:
                return [Access(b, dtypes[k], "u" if lanes == 1 else classes[k],
                               b.offset(at[k], i * strides[k][nouter + 1]), lanes).load(zero, mask, count_left)
                        for k in range(nout, count)]

            def store(i: Value, state: tuple) -> None:
                results = scan.result(*state)
                for k, value in enumerate(results if isinstance(results, tuple) else (results,)):
                    Access(b, dtypes[k], "u", b.offset(at[k], i * strides[k][nouter + 1]), lanes).store(zero,
                        fit(b, value, dtypes[k], lanes), mask, count_left)

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
