"""Pooling in one, two and three dimensions: maximum and average over windows, and the adaptive
kinds. Their gradients are in `pool_gradient.py`.

    p = Pooling.of(planes, spatial, kernel, stride, padding, dilation, ceil_mode, dtype)
    p = Pooling.adaptive(planes, spatial, out, dtype)
    max_pool(p)             words: values, indices (i64, into the plane), input
    average_pool(p)         words: output, input

Each returns (launches, bytes of scratch = 0). Called by the pooling operators; knows strides, element types and sizes,
no tensors. Sizes, windows and strides reach the kernels as words, but a window of at most 8 columns is part of a
kernel's text.

How it works. Vectors run along a row of outputs and walk through the taps of their windows together (`lanes`): a tap is
a plain load where windows are 1 apart, two loads and a shuffle where they are 2 apart, a gather else. Where windows are
wide and outputs few, vectors run along the rows of one window and are folded (`window`). A chunk is a block of planes
or rows and owns what it writes, so the bits do not depend on threads.

As PyTorch does: a maximum takes the first of equal elements, the last NaN; an index counts in the plane.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, prod
from types import SimpleNamespace
from typing import NamedTuple

from ..ir import BITS, Builder, Kernel, Launch, Value, is_float, is_signed, writer
from .frame import COMPUTE, Layout, arguments, bytes_of, launch, output_size, span, up

__all__ = ["Pooling", "max_pool", "average_pool"]


UNROLL = 8                      # columns of a window up to which they are part of the text


class Pooling(NamedTuple):
    """Sizes of one pooling. Spatial tuples have three entries, missing dimensions in front; `kernel` is empty where it
    is adaptive.
    """

    n: int
    c: int
    spatial: tuple[int, ...]
    out: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    dtype: str

    @classmethod
    def of(cls, n: int, c: int, spatial: Sequence[int], kernel: Sequence[int], stride: Sequence[int] = (),
           padding: Sequence[int] = (),
           dilation: Sequence[int] = (), ceil_mode: bool = False, dtype: str = "f32") -> Pooling:
        rank = len(spatial)
        stride, padding, dilation = tuple(stride) or tuple(kernel), tuple(padding) or (0,) * rank, tuple(dilation) or (
            1,) * rank
        out, front = output_size(spatial, kernel, stride, padding, dilation, ceil_mode), 3 - rank
        return cls(n, c, (1,) * front + tuple(spatial), (1,) * front + out, (1,) * front + tuple(kernel), (1,
                   ) * front + stride, (0,) * front + padding, (1,) * front + dilation, dtype)

    @classmethod
    def adaptive(cls, n: int, c: int, spatial: Sequence[int], out: Sequence[int], dtype: str = "f32") -> Pooling:
        """Output i of a dimension covers floor(i * size / out) to ceil((i + 1) * size / out)."""
        front, rank = 3 - len(spatial), len(spatial)
        spatial, out = tuple(spatial), tuple(out)
        if all(size % o == 0 for size, o in zip(spatial, out)):           # all windows are alike
            return (cls.of(n, c, spatial, [size // o for size, o in zip(spatial, out)], dtype=dtype) if prod(spatial)
                    and prod(out) else \
                cls(n, c, (1,) * front + spatial, (1,) * front + out, (), (), (), (), dtype))
        return cls(n, c, (1,) * front + spatial, (1,) * (3 - rank) + out, (), (), (), (), dtype)


_WORDS = ("pblocks psize planes rblocks rsize c od oh ow d h w xn xc xd xh xw yn yc yd yh yw "
          "kd kh kw sd sh sw pd ph pw dd dh dw divisor")


def words(p: Pooling, x: Layout, y: Layout, divisor: int, row_blocks: bool, work: float) -> tuple[dict[str, int], int]:
    """The words of a launch, strides in elements, and how many chunks there are. `x` is the side of the windows, `y`
    that of single values.
    """
    planes, rows = p.n * p.c, p.out[0] * p.out[1]
    want = max(1, min(64, int(work / 20000)))
    pblocks = up(planes, up(planes, min(planes, want)))
    rblocks = up(rows, up(rows, min(rows, up(want, pblocks)))) if row_blocks else 1
    values = dict(pblocks=pblocks, psize=up(planes, pblocks), planes=planes, rblocks=rblocks, rsize=up(rows, rblocks),
                  c=p.c, divisor=divisor,
                  od=p.out[0], oh=p.out[1], ow=p.out[2], d=p.spatial[0], h=p.spatial[1], w=p.spatial[2],
                  xn=x.outer, xc=x.channel, xd=x.spatial[0], xh=x.spatial[1], xw=x.spatial[2],
                  yn=y.outer, yc=y.channel, yd=y.spatial[0], yh=y.spatial[1], yw=y.spatial[2])
    for name, numbers in zip("kspd", (p.kernel, p.stride, p.padding, p.dilation)):
        values |= {name + axis: number for axis, number in zip("dhw", numbers or (1, 1, 1))}
    return values, pblocks * rblocks


class Window(NamedTuple):
    """The taps of one output along one dimension: input indices first, first + step, ... below stop; `extent` counts
    them with padding.
    """

    first: Value
    stop: Value
    step: Value
    count: Value
    extent: Value


def window(b: Builder, a: SimpleNamespace, axis: str, i: Value, adaptive: bool, dilated: bool) -> Window:
    size, out = getattr(a, axis), getattr(a, "o" + axis)
    zero, one = b.const("i64", 0), b.const("i64", 1)
    if adaptive:
        first = b.binary("div", i * size, out)
        stop = b.binary("div", (i + 1) * size + (out - 1), out)
        return Window(first, stop, one, stop - first, stop - first)
    taps, stride, padding, step = (getattr(a, name + axis) for name in "kspd")
    start = i * stride - padding
    stop = b.min(start + (taps - 1) * step + 1, size)
    below = b.select(start < 0, -start, zero)
    if dilated:
        first = start + b.binary("div", below + (step - 1), step) * step
        count = b.select(first < stop, b.binary("div", stop - first + (step - 1), step), zero)
        return Window(first, stop, step, count, count)
    first = start + below
    return Window(first, stop, one, stop - first, b.min(start + taps, size + padding) - start)


def lowest(type: str) -> float | int:
    return -inf if is_float(type) else -(1 << (BITS[type] - 1)) if is_signed(type) else 0


def better(b: Builder, value: Value, best: Value, position: Value, index: Value,
           valid: Value | None) -> tuple[Value, Value]:
    """The larger value and its index; a NaN is larger than all. An index below 0 marks that nothing was taken yet."""
    wins = (value > best) | (index < 0)
    if is_float(value.type):
        wins = wins | (value != value)
    if valid is not None:
        wins = wins & valid
    return b.select(wins, value, best), b.select(wins, position, index)


def plane_of(b: Builder, a: SimpleNamespace, x: Value, plane: Value, side: str, size: int) -> Value:
    n, c = b.divmod(plane, a.c)
    return b.offset(x, (n * getattr(a, side + "n") + c * getattr(a, side + "c")) * size)


class Columns:
    """One vector of outputs along a row: where its lanes' windows start, which lanes exist, and how the taps are read.
    """

    def __init__(self, b: Builder, a: SimpleNamespace, first: Value, lanes: int, index: str, adaptive: bool,
                 access: str):
        self.b, self.a, self.lanes, self.index, self.access = b, a, lanes, index, access
        self.present = b.first(a.ow - first, lanes)
        self.count: Value | None = None
        self.limit = b.splat(b.convert(a.w, index), lanes)
        if adaptive:
            stack = b.alloca(2 * lanes * 8)
            with b.loop(0, lanes) as lane:
                w = window(b, a, "w", b.min(first + lane.index, a.ow - 1), True, False)
                at = b.offset(stack, lane.index * bytes_of(index))
                b.store(at, b.convert(w.first, index), index)
                b.store(b.offset(at, lanes * 8), b.convert(w.count, index), index)
            self.scalar = first
            self.start = b.load(stack, index, lanes)
            self.count = b.load(b.offset(stack, lanes * 8), index, lanes)
        else:
            self.scalar = first * a.sw - a.pw
            self.start = b.iota(index, lanes) * b.splat(b.convert(a.sw, index),
                                                        lanes) + b.splat(b.convert(self.scalar, index), lanes)

    def position(self, tap: Value | int) -> Value:
        """Input columns of a tap."""
        step = self.b.binary("mul", self.a.dw, tap)
        return self.start + self.b.splat(self.b.convert(step, self.index), self.lanes)

    def valid(self, tap: Value | int) -> Value:
        """Which lanes have an input element at a tap."""
        position = self.position(tap)
        inside = self.present & (position >= 0) & (position < self.limit)
        if self.count is not None:
            inside = inside & (self.b.splat(self.b.convert(tap, self.index), self.lanes) < self.count)
        return inside

    def extent(self, padded: bool) -> Value:
        """Columns in each lane's window, with the padding or without, for windows without dilation."""
        b, lanes = self.b, self.lanes
        if self.count is not None:
            return self.count
        stop = self.start + b.splat(b.convert(self.a.kw, self.index), lanes)
        limit = b.splat(b.convert(self.a.w + (self.a.pw if padded else 0), self.index), lanes)
        stop = b.select(stop < limit, stop, limit)
        first = self.start if padded else b.select(self.start < 0, b.const(self.index, 0, lanes), self.start)
        return stop - first

    def reader(self, memory: str, compute: str) -> Callable[[Value, Value | int], Value]:
        """A function (pointer to the row's first element, tap) -> values, 0 where there are none."""
        b, a, lanes, size = self.b, self.a, self.lanes, bytes_of(memory)
        pairs: dict[tuple[int, int], tuple[Value, Value]] = {}

        def contiguous(row: Value, column: Value) -> Value:
            position = b.iota(self.index, lanes) + b.splat(b.convert(column, self.index), lanes)
            return b.load(b.offset(row, column * size), memory, lanes, (position >= 0) & (position < self.limit))

        def read(row: Value, tap: Value | int) -> Value:
            if self.access == "any":
                offsets = b.convert(self.position(tap), "i64") * (a.xw * size)
                return b.convert(b.gather(row, offsets, memory, self.valid(tap)), compute)
            column = self.scalar + b.binary("mul", a.dw, tap)
            if self.access == "unit":
                return b.convert(contiguous(row, column), compute)
            # windows 2 apart, not dilated: taps 2 i and 2 i + 1 share their loads
            even = tap - tap % 2
            key = (row.id, even)
            if key not in pairs:
                low = self.scalar + even
                pairs[key] = contiguous(row, low), contiguous(row, low + lanes)
            return b.convert(b.shuffle(*pairs[key], [2 * i + tap - even for i in range(lanes)]), compute)

        return read


@writer
def lanes_kernel(operation: str, memory: str, lanes: int, index: str, access: str, taps: int, adaptive: bool,
                 dilated: bool, clipped: bool, divide: str, unit_out: bool) -> Kernel:
    """Maximum or average, vectors along rows of outputs. `taps`: columns of the window where these are unrolled, else
    0. `clipped`: some window leaves the input. `divide`: by the window's size with padding (`padded`), without
       (`valid`), or by a `given` number."""
    b = Builder(f"{operation}_pool_{memory}_{access}{taps or ''}")
    maximum, compute, size = operation == "max", COMPUTE[memory], bytes_of(memory)
    a = arguments(b, 3 if maximum else 2, _WORDS)
    y, x = b.word(0, "ptr"), b.word(2 if maximum else 1, "ptr")
    indices = b.word(1, "ptr") if maximum else None
    first_best, none = b.const(compute, lowest(compute) if maximum else 0, lanes), b.const(index, -1, lanes)
    start = (first_best, none) if maximum else (first_best,)
    lane_offsets = None if unit_out else b.iota("i64", lanes) * a.yw
    with b.loop(b.begin, b.end) as chunk:
        pblock, rblock = b.divmod(chunk.index, a.rblocks)
        first_plane, last_plane = span(b, pblock, a.psize, a.planes)
        first_row, last_row = span(b, rblock, a.rsize, a.od * a.oh)
        with b.loop(0, a.ow, lanes) as j:
            columns = Columns(b, a, j.index, lanes, index, adaptive, access)
            static = [(columns.position(k), columns.valid(k) if clipped else None)
                      for k in range(taps)] if maximum else []
            most = a.kw if not adaptive else b.binary("div", a.w + (a.ow - 1), a.ow) + 1
            width = None if maximum or divide == "given" else b.convert(columns.extent(divide == "padded"), compute)
            with b.loop(first_plane, last_plane) as plane, b.loop(first_row, last_row) as row:
                od, oh = b.divmod(row.index, a.oh)
                deep, high = window(b, a, "d", od, adaptive, dilated), window(b, a, "h", oh, adaptive, dilated)
                source = plane_of(b, a, x, plane.index, "x", size)
                read = columns.reader(memory, compute)

                def step(here: Value, base: Value, tap: Value | int, state: Sequence[Value],
                         where: tuple | None = None) -> tuple[Value, ...]:
                    value = read(here, tap)
                    if not maximum:
                        return (state[0] + value,)
                    position, valid = where or (columns.position(tap), columns.valid(tap))
                    return better(b, value, state[0], base + position, state[1], valid)

                with b.loop(deep.first, deep.stop, deep.step, carried=start) as z:
                    with b.loop(high.first, high.stop, high.step, carried=z.carried) as h:
                        here = b.offset(source, (z.index * a.xd + h.index * a.xh) * size)
                        base = b.splat(b.convert((z.index * a.h + h.index) * a.w, index), lanes)
                        if taps:
                            state = h.carried
                            for k in range(taps):
                                state = step(here, base, k, state, static[k] if maximum else None)
                            h.next(*state)
                        else:
                            with b.loop(0, most, carried=h.carried) as k:
                                k.next(*step(here, base, k.index, k.carried))
                            h.next(*k.results)
                    z.next(*h.results)
                n, c = b.divmod(plane.index, a.c)
                at = n * a.yn + c * a.yc + od * a.yd + oh * a.yh + j.index * a.yw
                result = z.results[0]
                if not maximum:
                    result = divided(b, result, width, deep, high, divide, a.divisor, columns.present)
                for pointer, value, type in ((y, result, memory), (indices, z.results[-1], "i64"))[:1 + maximum]:
                    to = b.offset(pointer, at * bytes_of(type))
                    if unit_out:
                        b.store(to, value, type, columns.present)
                    else:
                        b.scatter(to, lane_offsets * bytes_of(type), value, type, columns.present)
    return b.kernel()


def divided(b: Builder, total: Value, width: Value | None, deep: Window, high: Window, divide: str, divisor: Value,
            present: Value | None) -> Value:
    """A sum over a window as an average: divided once by the number of elements. Lanes that are not `present` may have
    none.
    """
    if divide == "given":
        count = divisor
    else:
        count = deep.extent * high.extent if divide == "padded" else deep.count * high.count
    number = b.splat(b.convert(count, total.type), total.lanes)
    if width is not None:
        number = number * width
    if present is not None and not is_float(total.type):
        number = b.select(present, number, b.const(total.type, 1, total.lanes))
    return b.binary("div", total, number)


@writer
def window_kernel(operation: str, memory: str, lanes: int, index: str, adaptive: bool, dilated: bool,
                  divide: str) -> Kernel:
    """Maximum or average, vectors along the rows of one window, folded at its end; for wide windows and few outputs."""
    b = Builder(f"{operation}_pool_{memory}_window")
    maximum, compute, size = operation == "max", COMPUTE[memory], bytes_of(memory)
    a = arguments(b, 3 if maximum else 2, _WORDS)
    y, x = b.word(0, "ptr"), b.word(2 if maximum else 1, "ptr")
    first_best, none = b.const(compute, lowest(compute) if maximum else 0, lanes), b.const(index, -1, lanes)
    start = (first_best, none) if maximum else (first_best,)
    lane = b.iota(index, lanes)

    def larger(low: tuple[Value, Value], high: tuple[Value, Value]) -> tuple[Value, Value]:
        """Of two maxima of parts of a window, the one that a walk through all of it would have found."""
        (va, ia), (vb, ib) = low, high
        wins = (vb > va) | (vb == va) & (ib < ia)
        if is_float(va.type):
            wins = wins | (vb != vb) & ((va == va) | (ib > ia))
        wins = (wins | (ia < 0)) & (ib >= 0)
        return b.select(wins, vb, va), b.select(wins, ib, ia)

    with b.loop(b.begin, b.end) as chunk:
        pblock, rblock = b.divmod(chunk.index, a.rblocks)
        with b.loop(*span(b, pblock, a.psize, a.planes)) as plane, b.loop(*span(b, rblock, a.rsize,
                a.od * a.oh)) as row, b.loop(0, a.ow) as ow:
            od, oh = b.divmod(row.index, a.oh)
            deep, high, wide = (window(b, a, axis, i, adaptive, dilated and axis != "w")
                                for axis, i in (("d", od), ("h", oh), ("w", ow.index)))
            source = plane_of(b, a, x, plane.index, "x", size)
            with b.loop(deep.first, deep.stop, deep.step, carried=start) as z:
                with b.loop(high.first, high.stop, high.step, carried=z.carried) as h:
                    here = b.offset(source, (z.index * a.xd + h.index * a.xh) * size)
                    base = (z.index * a.h + h.index) * a.w
                    with b.loop(wide.first, wide.stop, lanes, carried=h.carried) as w:
                        mask = b.first(wide.stop - w.index, lanes)
                        value = b.convert(b.load(b.offset(here, w.index * size), memory, lanes, mask), compute)
                        if maximum:
                            w.next(*better(b, value, w.carried[0],
                                           lane + b.splat(b.convert(base + w.index, index), lanes), w.carried[1], mask))
                        else:
                            w.next(w.carried[0] + value)
                    h.next(*w.results)
                z.next(*h.results)
            n, c = b.divmod(plane.index, a.c)
            at = n * a.yn + c * a.yc + od * a.yd + oh * a.yh + ow.index * a.yw
            if maximum:
                value, found = b.fold(z.results, larger)
                b.store(b.offset(b.word(1, "ptr"), at * 8), found, "i64")
            else:
                total = b.fold(z.results[0], lambda u, v: u + v)
                width = b.convert(wide.extent if divide == "padded" else wide.count, compute)
                value = divided(b, total, None if divide == "given" else width, deep, high, divide, a.divisor, None)
            b.store(b.offset(y, at * size), value, memory)
    return b.kernel()


def layouts(p: Pooling, x: Layout | None, y: Layout | None) -> tuple[Layout, Layout]:
    return x or Layout.contiguous(p.c, p.spatial), y or Layout.contiguous(p.c, p.out)


def flat(p: Pooling, x: Layout, y: Layout) -> tuple[Pooling, Layout, Layout]:
    """The same pooling with fewer dimensions where one window covers everything: then the plane is a single row."""
    d, h, w = p.spatial
    if p.out == (1, 1, 1) and p.kernel in ((), p.spatial) and not any(p.padding) and x.spatial[1] == w and (d == 1
            or x.spatial[0] == h * w):
        p = p._replace(spatial=(1, 1, d * h * w), kernel=p.kernel and (1, 1, d * h * w), stride=p.stride and (1, 1, 1),
                       dilation=p.kernel and (1, 1, 1))
        return p, x._replace(spatial=(0, 0, x.spatial[2])), y
    return p, x, y


def index_type(p: Pooling) -> str:
    return "i32" if prod(p.spatial) + 2 * max((*p.kernel, *p.padding, *p.stride, 64)) < 1 << 31 else "i64"


def inside(p: Pooling) -> bool:
    """Whether no window leaves the input."""
    return bool(p.kernel) and not any(p.padding) and all(
        (out - 1) * s + d * (k - 1) < size
        for size, out, k, s, d in zip(p.spatial, p.out, p.kernel, p.stride, p.dilation))


def forward(operation: str, p: Pooling, x: Layout | None, y: Layout | None, divisor: int | None, padded: bool,
            vector_bytes: int) -> tuple[list[Launch], int]:
    p, x, y = flat(p, *layouts(p, x, y))
    adaptive, lanes = not p.kernel, vector_bytes // bytes_of(COMPUTE[p.dtype])
    divide = "given" if divisor is not None else "padded" if padded and not adaptive else "valid"
    if operation == "max":
        divide, divisor = "", None
    taps = prod(p.kernel) if p.kernel else prod(up(size, out) + 1 for size, out in zip(p.spatial, p.out))
    wide = p.kernel[2] if p.kernel else p.spatial[2] // p.out[2]
    outputs, work = p.n * p.c * prod(p.out), p.n * p.c * prod(p.out) * taps
    dilated = any(d != 1 for d in p.dilation)
    dilated_columns = bool(p.dilation) and p.dilation[2] != 1
    if wide > p.out[2] and wide >= 4 and x.spatial[2] == 1 and not dilated_columns:
        kernel = window_kernel(operation, p.dtype, lanes, index_type(p), adaptive, dilated, divide)
        work = work / min(lanes, wide) + outputs * 12
    else:
        unit = not adaptive and x.spatial[2] == 1
        access = "unit" if unit and p.stride[2] == 1 else "pair" if unit and p.stride[
            2] == 2 and not dilated_columns and wide <= UNROLL else "any"
        unrolled = wide if not adaptive and wide <= UNROLL else 0
        kernel = lanes_kernel(operation, p.dtype, lanes, index_type(p), access, unrolled, adaptive, dilated,
                              not inside(p), divide, y.spatial[2] == 1)
        work = work * (2.5 if access == "any" else 0.3 if operation == "max" else 0.15) + outputs * 0.3
    values, chunks = words(p, x, y, divisor or 0, True, work)
    return [launch(kernel, _WORDS, values, chunks, work)], 0


def max_pool(p: Pooling, input: Layout | None = None, output: Layout | None = None, *,
             vector_bytes: int) -> tuple[list[Launch], int]:
    """Plan the maxima of windows and their indices; both results have the layout `output`."""
    return forward("max", p, input, output, None, False, vector_bytes)


def average_pool(p: Pooling, input: Layout | None = None, output: Layout | None = None, count_include_pad: bool = True,
                 divisor_override: int | None = None, *, vector_bytes: int) -> tuple[list[Launch], int]:
    """Plan the averages of windows."""
    return forward("average", p, input, output, divisor_override, count_include_pad, vector_bytes)
