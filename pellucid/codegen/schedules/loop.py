"""What all schedules share: operands with their layout classes, loads and stores of a row, merged dimensions.

Called by the schedules of this package. Knows strides and types, not what is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...dtypes import dtype
from ..ir import Builder, Value
from ..math import Complex, convert

__all__ = ["Arg", "CHUNK", "collapse", "Access", "decompose", "load_scalars"]


CHUNK = 16384                   # elements a chunk: fixed, so that work is cut by shape alone
STREAM_BYTES = 16 << 20         # outputs beyond this (half a last-level cache) bypass the cache


class Arg(NamedTuple):
    """One operand as a schedule sees it: its type and its strides (elements) along the loop's dimensions. `index` names
    the inputs whose values move its address, each by `index_strides` (elements) within `index_sizes`."""

    dtype: dtype
    strides: tuple[int, ...]
    index: tuple[int, ...] = ()
    index_strides: tuple[int, ...] = ()
    index_sizes: tuple[int, ...] = ()


def collapse(shape: Sequence[int], strides: Sequence[Sequence[int]],
             sort: bool = True) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Fewer dimensions for the same walk: ones dropped, dimensions sorted by the first operand's strides (the smallest
    last), and neighbours merged where every operand goes through both in one stride."""
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
    """The scalars of the argument list, in every lane: kind i is an i64, f an f64, c two f64. Returns them and the next
    word.
    """
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
    return [b.word(first + k) for k in range(outer)], [[b.word(at + k * each + d) for d in range(each)]
                                                       for k in range(operands)]


def shown(value, d: dtype):
    """What a view shows of the numbers in memory, by the form of its type; and the other way round."""
    if not (d.conj or d.neg):
        return value
    if isinstance(value, Complex):
        return Complex(-value.re if d.neg else value.re, value.im if d.neg and d.conj else -value.im)
    return -value


class Access:
    """Loads and stores of one operand along a row: by its class, complex numbers as pairs. The one place where kernels
    see the form of a type, that of a conjugated or negated view."""

    def __init__(self, b: Builder, dtype: dtype, cls: str, pointer: Value, lanes: int, stride: Value | None = None):
        self.b, self.dtype, self.cls, self.pointer, self.lanes, self.stride = b, dtype, cls, pointer, lanes, stride
        self.size = dtype.itemsize
        if cls == "g" and lanes > 1:
            self.steps = b.splat(stride, lanes) * b.iota("i64", lanes)
        if cls == "r" and lanes > 1:
            self.steps = b.iota("i64", lanes) * -self.size
        if cls == "z":
            self.value = self._splat(self._load_one(pointer))

    def _load_one(self, pointer: Value):
        ir = self.dtype.ir
        if self.dtype.is_complex:
            return shown(Complex(self.b.load(pointer, ir), self.b.load(self.b.offset(pointer, self.size // 2), ir)),
                         self.dtype)
        return shown(self.b.load(pointer, ir), self.dtype)

    def _splat(self, value):
        if isinstance(value, Complex):
            return Complex(self.b.splat(value.re, self.lanes), self.b.splat(value.im, self.lanes))
        return self.b.splat(value, self.lanes)

    def at(self, i: Value) -> Value:
        step = self.stride if self.cls == "g" else -self.size if self.cls == "r" else self.size
        return self.b.offset(self.pointer, i * step)

    def load(self, i: Value, mask: Value | None = None, count: Value | None = None):
        """The lanes that start at element `i`; lanes outside the mask (the first `count`) are not touched."""
        if self.cls == "z":
            return self.value
        if self.lanes == 1:
            return self._load_one(self.at(i))
        return shown(self._load_lanes(i, mask, count), self.dtype)

    def _load_lanes(self, i: Value, mask: Value | None, count: Value | None):
        b, ir, lanes = self.b, self.dtype.ir, self.lanes
        if self.cls == "r" and mask is None:                     # neighbours, from the last to the first
            start, back = b.offset(self.at(i), (1 - lanes) * self.size), range(lanes - 1, -1, -1)
            if self.dtype.is_complex:
                both = b.load(start, ir, 2 * lanes)
                return Complex(b.shuffle(both, None, [2 * k for k in back]),
                               b.shuffle(both, None, [2 * k + 1 for k in back]))
            return b.shuffle(b.load(start, ir, lanes), None, list(back))
        if self.cls in "gr":
            if self.dtype.is_complex:
                return Complex(b.gather(self.at(i), self.steps, ir, mask),
                               b.gather(self.at(i), self.steps + self.size // 2, ir, mask))
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
            return shown(Complex(b.gather(self.pointer, offsets, ir, mask),
                                 b.gather(self.pointer, offsets + self.size // 2, ir, mask)), self.dtype)
        return shown(b.gather(self.pointer, offsets, ir, mask), self.dtype)

    def store(self, i: Value, value, mask: Value | None = None, count: Value | None = None,
              stream: bool = False) -> None:
        b, ir, lanes = self.b, self.dtype.ir, self.lanes
        value = shown(value, self.dtype)
        if self.dtype.is_complex:
            re, im = value.re, value.im
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
        value = shown(value, self.dtype)
        parts = [(value, 0)] if not self.dtype.is_complex else [(value.re, 0), (value.im, self.size // 2)]
        for part, extra in parts:
            if self.lanes == 1:
                b.store(b.offset(self.pointer, offsets + extra), part, ir)
            else:
                b.scatter(self.pointer, offsets + extra, part, ir, mask)


def fit(b: Builder, value, d: dtype, lanes: int):
    """A body's result as lanes of the type that `d` computes in: constants become vectors, real numbers complex where
    wanted.
    """
    if d.is_complex:
        if not isinstance(value, Complex):
            value = Complex(value, 0.0)
        return Complex(_lanes(b, value.re, d.compute, lanes), _lanes(b, value.im, d.compute, lanes))
    return _lanes(b, convert(value, d.compute) if isinstance(value, Complex) else value, d.compute, lanes)


def _lanes(b: Builder, value, type: str, lanes: int) -> Value:
    if not isinstance(value, Value):
        return b.const(type, value, lanes)
    return b.splat(b.convert(value, type), lanes)
