"""The micro-kernel of products: a tile of the result in registers, fed from rows of one operand and panels of the
other.

Used by the products of this package and by convolutions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..ir import BITS, Builder, Value, is_float

__all__ = ["Operand", "Activation", "micro_tile", "transpose"]


# memory type -> (type of the arithmetic, planes): small integers are summed in i32, whose low bits are theirs; complex
# ones are two planes
_ARITHMETIC = {"f32": ("f32", 1), "f64": ("f64", 1), "f16": ("f32", 1), "bf16": ("f32", 1), "c64": ("f32", 2),
               "c128": ("f64", 2),
               "i8": ("i32", 1), "u8": ("i32", 1), "i16": ("i32", 1), "u16": ("i32", 1), "i32": ("i32", 1),
               "u32": ("u32", 1), "i64": ("i64", 1), "u64": ("u64", 1)}
_PART = {"c64": "f32", "c128": "f64"}

# bytes of a vector -> rows of a tile -> vectors of a tile; what fits the registers (32, 16, 16)
_TILES = {64: {8: 3, 4: 5, 2: 8, 1: 8}, 32: {6: 2, 4: 3, 2: 4, 1: 8}, 16: {4: 3, 2: 4, 1: 8}}
_COMPLEX_TILES = {64: {4: 3, 2: 4, 1: 4}, 32: {2: 2, 1: 3}, 16: {2: 2, 1: 3}}


class Operand(NamedTuple):
    """A matrix, or a stack of them, in memory: `type` as in `ir`, or c64, c128; strides in elements, batch strides
    outermost first.
    """

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

    `load_a` gives a scalar (it is broadcast) or a vector, `load_b` a vector; addresses should be a pointer from outside
    the loop plus kk times a stride: where that is a number, all steps of a turn share one product. Each may be a tuple
    of planes (real, imaginary) if the accumulators are. `unroll` steps share one turn of the loop; the order of the sum
    does not change. `prefetch(kk)` may ask for what comes later.
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
    """Turn R vectors (R a power of two): the lanes of the results, one after the other, are lane 0 of each, lane 1 of
    each, ...

    Seen as bits, an element's place is the number of its vector and, below, its lane. Each step trades one bit of the
    one for one of the other, in pairs of vectors, by shuffles that are one instruction each: within blocks of 16 bytes
    by interleaving, which puts the vector's bit lowest and takes the block's highest; between blocks by exchanging
    them.
    """
    vectors, lanes = list(vectors), vectors[0].lanes
    rows, places = (len(vectors) - 1).bit_length(), (lanes - 1).bit_length()
    if rows == 0:
        return vectors
    block = min(lanes, 128 // BITS[vectors[0].type])
    inner = (block - 1).bit_length()
    # labels of the bits: what the lanes are to be, lowest first, are the bits of the row and then those of the lane;
    # the rest numbers vectors
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
    return [vectors[sum((at >> bit & 1) << held_bit for bit, held_bit in enumerate(order))]
            for at in range(len(vectors))]
