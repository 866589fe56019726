"""Convolution in one, two and three dimensions: forward, and the gradients of input and weight.

    c = Convolution.of(n, c, o, spatial, kernel, stride, padding, dilation, groups, dtype)
    forward(c, bias=..., activation=...)     output = act(conv(input, weight) + bias)          words: output, input,
                                             weight[, bias]
    input_gradient(c, bias=...)              the input's gradient; also transposed convolution words: input's, output's
                                             gradient, weight[, bias]
    weight_gradient(c, bias=...)             the weight's gradient (and the bias's)            words: weight's[,
                                             bias's], output's gradient, input

Each returns (launches, bytes of scratch), the scratch pointer following the operands. Called by ops/windows/conv.py;
knows strides, element types and sizes, no tensors. Sizes, strides, windows and dilations reach the kernels as words;
tiles, types and epilogues are their text.

How it works. A convolution is a sum over *taps*: every element of the window adds a shifted and scaled copy of the
input. No patch is ever copied; the micro-kernel of `gemm.py` walks channels and a table of taps (byte offsets of input
and weight, among the words), one operand read as scalars and broadcast, the other as vectors:

    channels   vectors along output channels, scalars are pixels: any window, stride and dilation without waste; results
               are turned before the store
    pixels     vectors along a row of output pixels, scalars are weights: few channels, depthwise
    winograd   F(4x4, 3x3) (`winograd.py`): 3x3 windows of stride 1
    depthwise  one input channel for each output channel (`depthwise.py`)

Weights are packed into panels first. The input is read in place where the window never leaves it, else copied once into
a frame of zeros (and, for `pixels` with a stride, sorted by phase, so that neighbours are neighbours). The input's
gradient is a convolution of the output's gradient for every phase of the stride, with the taps that hit it. The
weight's gradient is a sum over pixels: the output's gradient is turned into panels block by block, the input's scalars
are the rows of the tile (`channels`), or vectors of both are multiplied and folded at the end (`pixels`); blocks of
images, cut by shape, have sums of their own that are added in order.

Every sum has one order, given by the shape: the same bits for any number of threads. Half types are summed in float32
and rounded once; integers wrap.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import product
from math import inf, prod
from typing import NamedTuple

from ..dense.tile import Activation, micro_tile
from ..ir import Builder, Kernel, Launch, Value, writer
from . import depthwise, winograd
from .frame import (
    COMPUTE,
    Frame,
    Layout,
    Places,
    add_parts,
    arguments,
    bytes_of,
    clear,
    finish,
    frame,
    launch,
    output_size,
    pack,
    span,
    strip,
    turn,
    up,
    weave,
)

__all__ = ["Convolution", "Layout", "forward", "input_gradient", "weight_gradient", "settings", "output_size"]

ACCUMULATORS = {64: 28, 32: 12, 16: 12}                       # vector registers that a tile may fill, of 32, 16 and 16


class Convolution(NamedTuple):
    """Sizes of one convolution. Spatial tuples have three entries, missing dimensions in front; `padding` is what
    stands before the first element (behind the last one there is as much as `out` asks for)."""

    n: int
    c: int
    o: int
    spatial: tuple[int, ...]
    out: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    dtype: str

    @classmethod
    def of(cls, n: int, c: int, o: int, spatial: Sequence[int], kernel: Sequence[int], stride: Sequence[int] = (),
           padding: Sequence[int] = (), dilation: Sequence[int] = (), groups: int = 1, dtype: str = "f32",
           out: Sequence[int] | None = None) -> Convolution:
        """Fill in defaults and leading dimensions. `out` is needed only where sizes do not follow (transposed
        convolution, uneven padding).
        """
        rank = len(spatial)
        stride, padding, dilation = tuple(stride) or (1,) * rank, tuple(padding) or (0,) * rank, tuple(dilation) or (
            1,) * rank
        if out is None:
            out = output_size(spatial, kernel, stride, padding, dilation)
        front = 3 - rank
        return cls(n, c, o, (1,) * front + tuple(spatial), (1,) * front + tuple(out), (1,) * front + tuple(kernel), (1,
                   ) * front + stride, (0,) * front + padding, (1,) * front + dilation, groups, dtype)

    def stepping(self) -> Convolution:
        """The same with a stride of 1 where it leads nowhere, lest it decide how much of the input is laid out."""
        return self._replace(stride=tuple(s if size > 1 else 1 for s, size in zip(self.stride, self.out)))


class settings:
    """What a user may choose, for plans made from then on. `winograd` rounds about twice as badly as the direct sum;
    PELLUCID_WINOGRAD=0 turns it off. Tests set it to "always", which means also where it is slower."""

    winograd: bool | str = os.environ.get("PELLUCID_WINOGRAD", "1") != "0"


# ---- forward, and the gradient of the input --------------------------------------------------------------------------


class Tile(NamedTuple):
    """The shape of a micro-tile. `channels`: rows = high x wide pixels, vectors along output channels. `pixels`: rows =
    `wide` output channels, vectors along a row of pixels, `partial` where the row is narrower than they are."""

    kind: str
    high: int
    wide: int
    vectors: int
    partial: bool
    cycles: float


def choose(o: int, rows: int, columns: int, depth: int, lanes: int, limit: int, store: str) -> Tile:
    """The tile that needs the fewest cycles for one image: multiply-adds, loads (half a cycle each), and what a store
    costs where `store` (column, channel, none) says which elements of the output are neighbours."""
    found: list[Tile] = []
    for vectors in range(1, 5):
        for high in range(1, min(4, rows) + 1):
            for wide in range(1, min(columns, limit // (vectors * high)) + 1):
                count = high * wide
                tiles = up(columns, wide) * up(rows, high) * up(o, vectors * lanes)
                put = vectors * (up(count, lanes) * 5 * lanes + 2 * lanes if store == "column"
                                 else count * 2 if store == "channel" else count * lanes)
                cycles = depth * (max(count * vectors, (count + vectors) / 2, 4) + 1) + put + 30
                found.append(Tile("channels", high, wide, vectors, False, tiles * cycles))
        partial = vectors * lanes > columns
        for wide in range(1, min(o, limit // vectors, 8) + 1):
            tiles = up(columns, vectors * lanes) * rows * up(o, wide)
            cycles = depth * (max(wide * vectors, (wide + 2 * vectors) / 2, 4) + 1) + (2 if store == "column"
                else 2 * lanes) * vectors * wide + 30
            found.append(Tile("pixels", 1, wide, vectors, partial, tiles * cycles))
        if partial:
            break
    return min(found, key=lambda t: (t.cycles, t.kind, -t.wide))


_WALK = ("wblocks wsize rblocks rsize pblocks psize panels o c taps xn xg xc xd xh yn yg yo yd yh yw wpanel wc "
         "od oh ow hgroups wtiles rows x0 y0 w0")


@writer
def walk_kernel(kind: str, high: int, wide: int, vectors: int, partial: bool, memory: str, compute: str, lanes: int,
                spacing: int, one_tap: bool,
                store: str, bias: bool, activation: Activation | None, x_word: int, at: Places) -> Kernel:
    """The convolution itself. A chunk is a block of panels, of rows (images x depths x groups of `high` output rows)
    and of tiles in a row.

    The table holds, for each tap, the bytes to add to the addresses of input and weights. `store` says which stride of
    the output is that of neighbours: `column`, `channel` or `none`. Tiles at the end of a row or column are moved back
    to fit: some results are then computed twice, to the same bits.
    """
    b = Builder(f"conv_{kind}_{memory}_{high}x{wide}x{vectors}")
    a, size, out_size = arguments(b, at.free, _WALK), bytes_of(compute), bytes_of(memory)
    x, w, y = b.offset(b.word(x_word, "ptr"), a.x0), b.offset(b.word(at.scratch, "ptr"),
                                                              a.w0), b.offset(b.word(at.out, "ptr"), a.y0)
    biases = b.word(at.bias, "ptr") if bias else None
    channels = kind == "channels"
    count, columns = high * wide, wide if channels else vectors * lanes
    width = vectors * lanes if channels else wide
    stack = b.alloca(up(count, lanes) * lanes * width * size) if channels and store != "channel" else None
    inside = [b.first(a.ow - v * lanes, lanes) for v in range(vectors)] if partial else None
    steps = b.iota("i64", lanes) * a.yw if store == "none" or store == "channel" and not channels else None

    def epilogue(value: Value, shift: Value | None) -> Value:
        if shift is not None:
            value = value + shift
        return activation.body(value) if activation is not None else value

    def sums(xt: Value, wt: Value) -> list[Value]:
        rows = [b.offset(xt, a.xh * r) if r else xt for r in range(high)] if channels else [xt]
        zero = [b.const(compute, 0, lanes)] * ((count if channels else wide) * vectors)

        def run(depth: Value, x_offset, w_offset, accumulators: Sequence[Value]) -> list[Value]:
            def pixel(i: int, k: Value) -> Value:
                return b.load(b.offset(b.offset(rows[i // wide], x_offset(k)), i % wide * spacing), compute)

            def pixels(v: int, k: Value) -> Value:
                return b.load(b.offset(b.offset(xt, x_offset(k)), v * lanes * size), compute, lanes,
                              inside[v] if inside else None)

            def weight(i: int, k: Value) -> Value:
                return b.load(b.offset(b.offset(wt, w_offset(k)), i * size), compute)

            def weights(v: int, k: Value) -> Value:
                return b.load(b.offset(b.offset(wt, w_offset(k)), v * lanes * size), compute, lanes)

            if channels:
                return micro_tile(b, depth, count, vectors, pixel, weights, accumulators)
            return micro_tile(b, depth, wide, vectors, weight, pixels, accumulators)

        if one_tap:
            here, there = b.word(a.table), b.word(a.table + 1)
            return run(a.c, lambda k: k * a.xc + here, lambda k: k * a.wc + there, zero)
        with b.loop(0, a.c, carried=zero) as c:
            here, there = c.index * a.xc, c.index * a.wc
            c.next(*run(a.taps, lambda t: here + b.word(t * 2 + a.table),
                        lambda t: there + b.word(t * 2 + (a.table + 1)), c.carried))
        return list(c.results)

    def part(first: int, stop: int) -> Value | None:
        """A mask of lanes first..stop - 1, None for all."""
        lane = b.iota("i32", lanes)
        return None if stop - first == lanes else (lane >= first) & (lane < stop)

    def put_channels(yt: Value, left: Value, total: list[Value]) -> None:
        if store == "channel":
            masks = [b.first(left - v * lanes, lanes) for v in range(vectors)]
            for i in range(count):
                to = b.offset(yt, a.yh * (i // wide) + a.yw * (i % wide))
                for v in range(vectors):
                    b.store(b.offset(to, v * lanes * out_size), total[i * vectors + v], memory, masks[v])
            return
        for i, value in enumerate(total):
            b.store(b.offset(stack, i * lanes * size), value, compute)
        present = b.min(left, b.const("i64", width))
        with b.loop(0, present, strip(compute)) as channel:
            for first in range(0, count, lanes):
                for i, value in enumerate(turn(b, b.offset(stack, first * width * size), width * size, lanes,
                                               channel.index * size, compute)):
                    with b.when(channel.index + i < present):
                        to = b.offset(yt, (channel.index + i) * a.yo)
                        # the part of output row r in the vector
                        for r in range(first // wide, min(high, up(first + lanes, wide))):
                            lane, stop = max(0, r * wide - first), min(lanes, (r + 1) * wide - first)
                            mask = part(lane, stop)
                            if store == "column" and stop - lane == 1:
                                # LLVM 22 stores four bytes where a masked store of one or two bytes has a constant mask
                                # of one lane
                                b.store(b.offset(to, a.yh * r + (first + lane - r * wide) * out_size),
                                        b.extract(value, lane), memory)
                            elif store == "column":
                                b.store(b.offset(to, a.yh * r + (first - r * wide) * out_size), value, memory, mask)
                            else:
                                b.scatter(b.offset(to, a.yh * r + a.yw * (first - r * wide)), steps, value, memory,
                                          mask)

    def put_pixels(yt: Value, left: Value, total: list[Value]) -> None:
        for i in range(wide):
            with b.when(left > i):
                to = b.offset(yt, a.yo * i)
                for v in range(vectors):
                    mask = inside[v] if inside else None
                    if store == "column":
                        b.store(b.offset(to, v * lanes * out_size), total[i * vectors + v], memory, mask)
                    else:
                        b.scatter(b.offset(to, a.yw * (v * lanes)), steps, total[i * vectors + v], memory, mask)

    with b.loop(b.begin, b.end) as chunk:
        rest, wblock = b.divmod(chunk.index, a.wblocks)
        rest, rblock = b.divmod(rest, a.rblocks)
        g, pblock = b.divmod(rest, a.pblocks)
        with b.loop(*span(b, pblock, a.psize, a.panels)) as panel:
            left = a.o - panel.index * width
            wt = b.offset(w, (g * a.panels + panel.index) * a.wpanel)
            shifts: list[Value | None] = [None] * max(vectors, wide)
            if bias:
                start = b.offset(biases, (g * a.o + panel.index * width) * out_size)
                if channels:
                    shifts = [b.load(b.offset(start, v * lanes * out_size), memory, lanes,
                                     b.first(left - v * lanes, lanes)) for v in range(vectors)]
                else:
                    last = b.min(left, b.const("i64", wide)) - 1
                    shifts = [b.convert(b.load(b.offset(start, b.min(last, b.const("i64", i)) * out_size), memory),
                                        compute) for i in range(wide)]
                shifts = [b.convert(s, compute) for s in shifts]
            with b.loop(*span(b, rblock, a.rsize, a.rows)) as row:
                nd, hgroup = b.divmod(row.index, a.hgroups)
                n, d = b.divmod(nd, a.od)
                h = b.min(hgroup * high, a.oh - high) if high > 1 else hgroup
                xr = b.offset(x, n * a.xn + g * a.xg + d * a.xd + h * a.xh)
                yr = b.offset(y, n * a.yn + g * a.yg + panel.index * (a.yo * width) + d * a.yd + h * a.yh)
                with b.loop(*span(b, wblock, a.wsize, a.wtiles)) as tile:
                    column = b.const("i64", 0) if partial else b.min(tile.index * columns, a.ow - columns)
                    total = sums(b.offset(xr, column * spacing), wt)
                    total = [epilogue(value, shifts[i % vectors if channels else i // vectors])
                             for i, value in enumerate(total)]
                    (put_channels if channels else put_pixels)(b.offset(yr, column * a.yw), left, total)
    return b.kernel()


class Axis(NamedTuple):
    """One spatial dimension of a correlation: y[start + j * hop] = sum over taps of x[j * step + shift] * w[tap], for 0
    <= j < count. Taps are numbered so that the sum over dimensions is the tap's number in the window."""

    count: int
    step: int
    shifts: tuple[int, ...]
    taps: tuple[int, ...]
    start: int = 0
    hop: int = 1


def split(total: int, *limits: int) -> list[int]:
    """How many blocks each dimension is cut into so that about `total` come out, the first dimensions first."""
    blocks = []
    for limit in limits:
        blocks.append(up(limit, up(limit, max(1, min(limit, total)))))
        total = up(total, blocks[-1])
    return blocks


def correlate(x: Convolution, jobs: list[list[Axis]], inner: int, outer: int, sizes: Sequence[int],
              result: Sequence[int], x_layout: Layout,
              y_layout: Layout, strides: tuple[int, int, int], taps: Layout, bias: bool, activation: Activation | None,
              vector_bytes: int) -> tuple[list[Launch], int]:
    """Plan correlations that share input, weights and output. `inner` and `outer` are input and output channels of a
    group, `sizes` and `result` the spatial sizes of input and output, `strides` (of output channel, input channel,
    group) and `taps` those of the weight."""
    if not x.n * outer * prod(result):
        return [], 0
    compute, at, limit = COMPUTE[x.dtype], Places.of(bias), ACCUMULATORS[vector_bytes]
    size = bytes_of(compute)
    lanes = vector_bytes // size
    all_taps = [sum(k * s for k, s in zip(index, taps.spatial)) for index in product(*map(range, x.kernel))]
    if not inner * prod(sizes) * len(all_taps):               # nothing to sum: no tap, and nothing is read
        jobs, inner, sizes, all_taps = [[Axis(count, 1, (), ()) for count in result]], 0, (1, 1, 1), []
    low = [min((min(job[i].shifts) for job in jobs if job[i].shifts), default=0) for i in range(3)]
    high = [max((max(job[i].shifts) + (job[i].count - 1) * job[i].step + 1 for job in jobs if job[i].shifts), default=1)
            for i in range(3)]
    if len(jobs) == 1:
        jobs, sizes, low, high, x_layout, y_layout = merge(jobs[0], sizes, low, high, x_layout, y_layout)
    most = max(jobs, key=lambda job: prod(axis.count for axis in job))
    if inner == 1 and len(jobs) == 1 and len(most[0].shifts) == most[0].count == 1 and (outer == 1 or x.c == x.groups):
        found = one_channel(x, most, outer, sizes, x_layout, y_layout, strides, all_taps, bias, activation,
                            vector_bytes, at)
        if found is not None:
            return found, 0
    store = "column" if y_layout.spatial[2] == 1 else "channel" if y_layout.channel == 1 else "none"
    tile = choose(outer, most[1].count, most[2].count, inner * max(1, prod(len(axis.taps) for axis in most)), lanes,
                  limit, store)
    cycles = tile.cycles * most[0].count * x.n * x.groups
    if settings.winograd and len(jobs) == 1 and len(most[0].shifts) == most[0].count == 1 and all(
            axis.step == axis.hop == 1 and len(axis.shifts) == 3 and abs(axis.shifts[0] - axis.shifts[2]) == 2
            for axis in most[1:]):
        # the taps in the order in which they read the input
        order = [sorted(zip(axis.shifts, axis.taps)) for axis in most[1:]]
        nine = [all_taps[sum(places)] for places in product(*([k for _, k in line] for line in order))]
        found = winograd.plan(x.dtype, x.n, x.groups, inner, outer, sizes[1:], [axis.count for axis in most[1:]],
                              [line[0][0] for line in order],
                              x_layout, y_layout, strides, nine, bias, activation, vector_bytes, limit, at,
                              inf if settings.winograd == "always" else cycles)
        if found is not None:
            return found
    channels = tile.kind == "channels"
    launches, scratch = [], 64
    if all_taps:
        packing, panels = pack(x.dtype, x.groups, (lanes, tile.vectors) if channels else (tile.wide, 1), outer, inner,
                               strides, all_taps, at.w, at, 0)
        launches, scratch = [packing], up(panels, 64) * 64
    source = Frame(x_layout, (0, 0, 0), 1, x.dtype)
    if inner:
        phases = 1 if channels else most[2].step
        source = frame(x.dtype, x.n, inner * x.groups, x_layout, sizes, low, high, phases, vector_bytes, at.x, at,
                       scratch)
    launches += source.launches
    used, target, ends = scratch + source.bytes, 0, []
    if y_layout.spatial[2] == 1 and len({job[2].start for job in jobs}) == 2:
        # even and odd columns are computed apart: side by side first, woven into the result at the end
        half = up(result[2], 2)
        ends, target = [weave(x.dtype, x.n, outer * x.groups, result, y_layout, vector_bytes, up(used, 64) * 64,
                              at)], up(used, 64) * 64
        y_layout = Layout.contiguous(outer * x.groups, (*result[:2], 2 * half))
        used = target + x.n * y_layout.outer * bytes_of(x.dtype)
        jobs = [[*job[:2], job[2]._replace(start=job[2].start * half, hop=1)] for job in jobs]
    each = cycles / prod(axis.count * max(1, len(axis.taps)) for axis in most) / 3            # ns for a tap and a pixel
    for job in jobs:
        to = at._replace(out=at.scratch) if ends else at
        launches.append(walk(x, job, tile, inner, outer, len(all_taps), source, scratch, y_layout, target, bias,
                             activation, lanes, to, each))
    return launches + ends, used


def one_channel(x: Convolution, job: list[Axis], outer: int, sizes: Sequence[int], x_layout: Layout, y_layout: Layout,
                strides: tuple[int, int, int],
                taps: Sequence[int], bias: bool, activation: Activation | None, vector_bytes: int,
                at: Places) -> list[Launch] | None:
    """Plan a correlation of one input channel a group as a depthwise one, where there are enough groups for that."""
    lines = [sorted(zip(axis.shifts, axis.taps)) for axis in job[1:]]
    steps = [line[1][0] - line[0][0] if len(line) > 1 else 1 for line in lines]
    if x.groups < 4 or outer > 2 or any(axis.hop != 1 for axis in job):
        return None
    # without scratch there is no word for it
    at = at._replace(free=at.free - 1)
    return depthwise.plan(x.dtype, x.n, x.groups * outer, outer, sizes[1:], [axis.count for axis in job[1:]],
                          (len(lines[0]), len(lines[1])),
                          (job[1].step, job[2].step), (steps[0], steps[1]), [line[0][0] for line in lines], x_layout,
                          y_layout, strides[0] if outer > 1 else strides[2],
                          [taps[sum(t for _, t in pair)] for pair in product(*lines)], bias, activation,
                          vector_bytes, at)


def walk(x: Convolution, job: list[Axis], tile: Tile, inner: int, outer: int, window: int, source: Frame, scratch: int,
         y_layout: Layout,
         target: int, bias: bool, activation: Activation | None, lanes: int, at: Places, each: float) -> Launch:
    """Plan one correlation whose weights are packed and whose input is in place or in its frame at `scratch`; `target`:
    the byte at which results start."""
    count, hits = [axis.count for axis in job], list(product(*(zip(axis.shifts, axis.taps) for axis in job)))
    compute, channels = COMPUTE[x.dtype], tile.kind == "channels"
    size, out_size = bytes_of(compute), bytes_of(x.dtype)
    width = tile.vectors * lanes if channels else tile.wide
    # every job uses the tile of the largest one where it fits
    if channels and (count[1] < tile.high or count[2] < tile.wide):
        tile = tile._replace(high=min(tile.high, count[1]), wide=min(tile.wide, count[2]))
    elif not channels and (count[2] < tile.vectors * lanes) != tile.partial:
        tile = tile._replace(vectors=up(count[2], lanes), partial=True)
    columns = tile.wide if channels else tile.vectors * lanes
    (xd, xh, _), (yd, yh, yw) = source.layout.spatial, (stride * axis.hop
                                                        for stride, axis in zip(y_layout.spatial, job))
    store = "column" if yw == 1 else "channel" if y_layout.channel == 1 and channels else "none"
    kernel = walk_kernel(*tile[:5], x.dtype, compute, lanes, (job[2].step if channels else 1) * size, len(hits) == 1,
                         store, bias, activation, at.scratch if source.launches else at.x, at)
    panels, rows, wtiles = up(outer, width), x.n * count[0] * up(count[1], tile.high), up(count[2], columns)
    work = each * prod(count) * max(1, len(hits))
    want = max(1, int(min(64, work / 30000)) // x.groups)
    if panels * width * window > x.n * prod(count):                # the larger operand is the one that is cut
        pblocks, rblocks, wblocks = split(want, panels, rows, wtiles)
    else:
        rblocks, wblocks, pblocks = split(want, rows, wtiles, panels)
    values = dict(
        wblocks=wblocks, wsize=up(wtiles, wblocks), rblocks=rblocks, rsize=up(rows, rblocks), pblocks=pblocks,
        psize=up(panels, pblocks), panels=panels, o=outer, c=inner, taps=len(hits), xn=source.layout.outer * size,
        xg=source.layout.channel * inner * size,
        xc=source.layout.channel * size, xd=job[0].step * xd * size, xh=job[1].step * xh * size,
        yn=y_layout.outer * out_size, yg=y_layout.channel * outer * out_size, yo=y_layout.channel * out_size,
        yd=yd * out_size, yh=yh * out_size,
        yw=yw * out_size, wpanel=inner * window * width * size, wc=window * width * size, od=count[0], oh=count[1],
        ow=count[2], hgroups=up(count[1], tile.high), wtiles=wtiles, rows=rows, x0=scratch if source.launches else 0,
        y0=target + sum(axis.start * stride for axis, stride in zip(job, y_layout.spatial)) * out_size, w0=0)
    table = [word for hit in hits
             for word in (source.offset([shift for shift, _ in hit]) * size,
                          sum(place for _, place in hit) * width * size)]
    return launch(kernel, _WALK, values, wblocks * rblocks * pblocks * x.groups, work, table)


def merge(job: list[Axis], sizes, low, high, x_layout: Layout, y_layout: Layout):
    """The same correlation with fewer dimensions: those of one element go to the front, and where a window of one
    element walks over all of the image, dimensions that are one walk in input and output become one."""
    entries = [[axis, size, lo, hi, xs, ys]
               for axis, size, lo, hi, xs, ys in zip(job, sizes, low, high, x_layout.spatial, y_layout.spatial)]
    kept: list[list] = []
    for entry in entries:
        axis, size, lo, hi, xs, ys = entry
        plain = axis.shifts == axis.taps == (0,)
        if plain and axis.count == size == 1:
            continue
        if kept and plain and kept[-1][0].shifts == kept[-1][0].taps == (0,) and axis.step == kept[-1][
                0].step == 1 and axis.count == size \
                and kept[-1][0].count == kept[-1][1] and kept[-1][4] == xs * size and kept[-1][5] == ys * size:
            outer = kept.pop()
            whole = size * outer[1]
            kept.append([axis._replace(count=whole), whole, 0, whole, xs, ys])
        else:
            kept.append(entry)
    while len(kept) < 3:
        kept.insert(0, [Axis(1, 1, (0,), (0,)), 1, 0, 1, 0, 0])
    if kept[2][0].count == kept[2][1] == 1:                   # nothing was left: one pixel
        kept[2][4] = kept[2][5] = 1
    axes, sizes, low, high, xs, ys = map(list, zip(*kept))
    return [axes], sizes, low, high, x_layout._replace(spatial=tuple(xs)), y_layout._replace(spatial=tuple(ys))


def forward(x: Convolution, input: Layout | None = None, weight: Layout | None = None, output: Layout | None = None,
            bias: bool = False, activation: Activation | None = None, *, vector_bytes: int) -> tuple[list[Launch], int]:
    """Plan a convolution. Layouts default to contiguous ones; the bias is contiguous."""
    x = x.stepping()
    input, weight, output = layouts(x, input, weight, output)
    job = [Axis(out, s, tuple(k * d - p for k in range(kernel)), tuple(k * number for k in range(kernel)))
           for out, s, p, d, kernel, number in zip(x.out, x.stride, x.padding, x.dilation, x.kernel, numbers(x))]
    inner, outer = x.c // x.groups, x.o // x.groups
    return correlate(x, [job], inner, outer, x.spatial, x.out, input, output,
                     (weight.outer, weight.channel, weight.outer * outer), weight,
                     bias, activation, vector_bytes)


def input_gradient(x: Convolution, gradient: Layout | None = None, weight: Layout | None = None,
                   output: Layout | None = None, bias: bool = False,
                   activation: Activation | None = None, *, vector_bytes: int) -> tuple[list[Launch], int]:
    """Plan the gradient of the input (of layout `output`) from that of the output (`gradient`). A transposed
    convolution is this: its input is the output of `x`, its result the input of `x`, and it may have a bias for each
    channel of that."""
    output, weight, gradient = layouts(x, output, weight, gradient)
    axes = []
    for size, s, p, d, kernel, number in zip(x.spatial, x.stride, x.padding, x.dilation, x.kernel, numbers(x)):
        phases = []
        for phase in range(min(s, size)):
            hits = [k for k in range(kernel) if (phase + p - k * d) % s == 0]
            phases.append(Axis(up(size - phase, s), 1, tuple((phase + p - k * d) // s for k in hits),
                               tuple(k * number for k in hits), phase, s))
        axes.append(phases)
    inner, outer = x.o // x.groups, x.c // x.groups
    return correlate(x, [list(job) for job in product(*axes)], inner, outer, x.out, x.spatial, gradient, output,
                     (weight.channel, weight.outer, weight.outer * inner), weight, bias, activation, vector_bytes)


def numbers(x: Convolution) -> tuple[int, int, int]:
    """By how much the number of a tap grows along each dimension of the window."""
    return x.kernel[1] * x.kernel[2], x.kernel[2], 1


def layouts(x: Convolution, input: Layout | None, weight: Layout | None,
            output: Layout | None) -> tuple[Layout, Layout, Layout]:
    return (input or Layout.contiguous(x.c, x.spatial), weight or Layout.contiguous(x.c // x.groups, x.kernel),
            output or Layout.contiguous(x.o, x.out))


# ---- the gradient of the weight --------------------------------------------------------------------------------------

PIXELS_BYTES = 96 << 10         # of the output's gradient, turned, that one block of a chunk holds on the stack

_SUM = (
    "nblocks nsize n groups pblocks psize panels o q taps kw xn xg xc xd xh gn gg go gd gh gw od rows rsize oh ow "
    "wsize flat steps x0 to shift")


@writer
def channels_sum_kernel(high: int, wide: int, vectors: int, ragged: bool, memory: str, compute: str, lanes: int,
                        spacing: int, dilation: int,
                        store: str, bias: bool, x_word: int, g_word: int, scratch: int, free: int) -> Kernel:
    """Partial sums of the weight's gradient, vectors along output channels: [image block][group][panel][c, kd,
    kh][kw][lane].

    A tile is `high` rows of the window (of one or several channels) x `wide` neighbouring columns of it. For each block
    of pixels, the output's gradient is turned into [pixel][lane] on the stack; the tile's scalars are the pixels that
    its taps see. A chunk is a block of images and of panels. The bias's partial sums follow at `shift`.
    """
    b = Builder(f"conv_weight_{memory}_{high}x{wide}x{vectors}")
    a, size, in_size = arguments(b, free, _SUM), bytes_of(compute), bytes_of(memory)
    x, gradient = b.offset(b.word(x_word, "ptr"), a.x0), b.word(g_word, "ptr")
    target = b.offset(b.word(scratch, "ptr"), a.to)
    width = vectors * lanes
    row_bytes, count = width * size, high * wide
    stack = b.alloca(PIXELS_BYTES + lanes * row_bytes)
    zero = b.const(compute, 0, lanes)
    block = b.alloca(lanes * lanes * size)
    if store == "column":                       # lanes behind the last channel stay 0
        with b.loop(0, lanes) as i:
            b.store(b.offset(block, i.index * (lanes * size)), zero, compute)

    def turn_pixels(from_: Value, to: Value, length: Value, left: Value) -> None:
        """`length` pixels of one panel to the stack."""
        def pixel_by_pixel() -> None:
            offsets = b.iota("i64", lanes) * a.go
            masks = [b.first(left - v * lanes, lanes) for v in range(vectors)]
            with b.loop(0, length) as j:
                here, there = b.offset(from_, j.index * a.gw), b.offset(to, j.index * row_bytes)
                for v in range(vectors):
                    at = b.offset(here, a.go * (v * lanes))
                    value = b.load(at, memory, lanes,
                                   masks[v]) if store == "channel" else b.gather(at, offsets, memory, masks[v])
                    b.store(b.offset(there, v * lanes * size), value, compute)

        if store != "column":
            return pixel_by_pixel()
        with b.loop(0, length, lanes) as j, b.loop(0, vectors) as v:
            mask = b.first(length - j.index, lanes)
            here = b.offset(from_, v.index * a.go * lanes + j.index * in_size)
            with b.loop(0, b.min(left - v.index * lanes, b.const("i64", lanes))) as i:
                b.store(b.offset(block, i.index * (lanes * size)),
                        b.load(b.offset(here, i.index * a.go), memory, lanes, mask), compute)
            there = b.offset(to, j.index * row_bytes + v.index * (lanes * size))
            with b.loop(0, lanes, strip(compute)) as i:
                for k, value in enumerate(turn(b, block, lanes * size, lanes, i.index * size, compute)):
                    b.store(b.offset(there, (i.index + k) * row_bytes), value, compute)

    with b.loop(b.begin, b.end) as chunk:
        rest, nblock = b.divmod(chunk.index, a.nblocks)
        g, pblock = b.divmod(rest, a.pblocks)
        first_panel, last_panel = span(b, pblock, a.psize, a.panels)
        number = (nblock * a.groups + g) * a.panels
        with b.loop((number + first_panel) * a.steps, (number + last_panel) * a.steps) as i:
            for v in range(vectors):
                b.store(b.offset(target, i.index * row_bytes + v * lanes * size), zero, compute)
        if bias:
            with b.loop(number + first_panel, number + last_panel) as i:
                for v in range(vectors):
                    b.store(b.offset(target, a.shift + i.index * row_bytes + v * lanes * size), zero, compute)
        with b.loop(*span(b, nblock, a.nsize, a.n)) as n, b.loop(0, a.rows, a.rsize) as rblock, b.loop(0, a.ow,
                a.wsize) as column, \
                b.loop(first_panel, last_panel) as panel:
            first, stop = rblock.index, b.min(rblock.index + a.rsize, a.rows)
            length = b.min(a.wsize, a.ow - column.index)
            source = b.offset(gradient, n.index * a.gn + g * a.gg + panel.index * (a.go * width) + column.index * a.gw)
            whole = a.flat != 0
            runs = b.select(whole, b.const("i64", 1), stop - first)
            run = b.select(whole, (stop - first) * length, length)
            with b.loop(0, runs) as r:
                d, h = b.divmod(first + r.index, a.oh)
                turn_pixels(b.offset(source, d * a.gd + h * a.gh), b.offset(stack, r.index * length * row_bytes), run,
                            a.o - panel.index * width)
            into = b.offset(target, (number + panel.index) * a.steps * row_bytes)
            if bias:
                total = b.offset(target, a.shift + (number + panel.index) * row_bytes)
                here = [b.offset(total, v * lanes * size) for v in range(vectors)]
                with b.loop(0, (stop - first) * length, carried=[b.load(p, compute, lanes) for p in here]) as j:
                    at = b.offset(stack, j.index * row_bytes)
                    j.next(*[c + b.load(b.offset(at, v * lanes * size), compute, lanes)
                             for v, c in enumerate(j.carried)])
                for p, value in zip(here, j.results):
                    b.store(p, value, compute)
            xs = b.offset(x, n.index * a.xn + g * a.xg + column.index * spacing)
            with b.loop(0, a.q, high) as q, b.loop(0, a.kw, wide) as k:
                q0 = b.min(q.index, a.q - high) if ragged else q.index
                k0 = b.min(k.index, a.kw - wide) if ragged else k.index
                starts = []
                for i in range(high):
                    c, t = b.divmod(q0 + i, a.taps)
                    starts.append(b.offset(xs, c * a.xc + b.word(t + a.table) + k0 * dilation))
                places = [b.offset(into, ((q0 + i) * a.kw + (k0 + j)) * row_bytes + v * lanes * size)
                          for i in range(high) for j in range(wide) for v in range(vectors)]
                with b.loop(first, stop, carried=[b.load(p, compute, lanes) for p in places]) as row:
                    d, h = b.divmod(row.index, a.oh)
                    shift = d * a.xd + h * a.xh
                    pixels = b.offset(stack, (row.index - first) * length * row_bytes)
                    here = [b.offset(p, shift) for p in starts]
                    row.next(*micro_tile(b, length, count, vectors,
                                         lambda i, j: b.load(b.offset(here[i // wide],
                                                                      j * spacing + i % wide * dilation), compute),
                                         lambda v, j: b.load(b.offset(pixels, j * row_bytes + v * lanes * size),
                                                             compute, lanes), row.carried))
                for i in range(count):
                    values = list(zip(places, row.results))[i * vectors:(i + 1) * vectors]
                    if ragged:           # the last tile is moved back to fit: what another tile has summed stays
                        with b.when((q0 + i // wide >= q.index) & (k0 + i % wide >= k.index)):
                            for p, value in values:
                                b.store(p, value, compute)
                    else:
                        for p, value in values:
                            b.store(p, value, compute)
    return b.kernel()


_DOT = "nblocks nsize n q taps o xn xg xc xd xh gn gg go gd gh od rows oh ow x0 g0 to shift part opart groups"


@writer
def pixels_sum_kernel(high: int, wide: int, memory: str, compute: str, lanes: int, bias: bool, x_word: int, g_word: int,
                      scratch: int, free: int) -> Kernel:
    """Partial sums of the weight's gradient, vectors along rows of pixels, folded at the end: [image
    block][group][o][c, tap]. A tile is `high` output channels x `wide` taps; a chunk is a block of images of one group.
    The bias's partial sums follow at `shift`."""
    b = Builder(f"conv_weight_pixels_{memory}_{high}x{wide}")
    a, size, in_size = arguments(b, free, _DOT), bytes_of(compute), bytes_of(memory)
    x, gradient = b.offset(b.word(x_word, "ptr"), a.x0), b.offset(b.word(g_word, "ptr"), a.g0)
    target = b.offset(b.word(scratch, "ptr"), a.to)
    zero = b.const(compute, 0, lanes)
    whole = a.ow - b.binary("rem", a.ow, lanes)
    tail = b.first(a.ow - whole, lanes)
    with b.loop(b.begin, b.end) as chunk:
        g, nblock = b.divmod(chunk.index, a.nblocks)
        into = b.offset(target, nblock * a.part + g * a.o * a.q * size)
        sums_into = b.offset(target, a.shift + nblock * a.opart + g * a.o * size)
        first_image, last_image = span(b, nblock, a.nsize, a.n)
        with b.loop(0, a.o, high) as o, b.loop(0, a.q, wide) as q:
            o0, q0 = b.min(o.index, a.o - high), b.min(q.index, a.q - wide)
            shifts = []
            for j in range(wide):
                c, t = b.divmod(q0 + j, a.taps)
                shifts.append(c * a.xc + b.word(t + a.table))
            xg, gg = b.offset(x, g * a.xg), b.offset(gradient, g * a.gg + o0 * a.go)
            with b.loop(first_image, last_image, carried=[zero] * (high * wide + high * bias)) as n:
                with b.loop(0, a.rows, carried=n.carried) as row:
                    d, h = b.divmod(row.index, a.oh)
                    xr = b.offset(xg, n.index * a.xn + d * a.xd + h * a.xh)
                    gr = b.offset(gg, n.index * a.gn + d * a.gd + h * a.gh)
                    taps, grads = [b.offset(xr, s) for s in shifts], [b.offset(gr, a.go * i) for i in range(high)]

                    def step(j: Value, mask: Value | None, sums: Sequence[Value]) -> list[Value]:
                        left = [b.convert(b.load(b.offset(p, j * in_size), memory, lanes, mask), compute)
                                for p in grads]
                        out = []
                        right = [b.load(b.offset(p, j * size), compute, lanes, mask) for p in taps]
                        for i in range(high):
                            out += [b.fma(left[i], r, s) if compute[0] == "f" else s + left[i] * r
                                    for r, s in zip(right, sums[i * wide:(i + 1) * wide])]
                        return out + [s + value for s, value in zip(sums[high * wide:], left)]

                    with b.loop(0, whole, lanes, carried=row.carried) as j:
                        j.next(*step(j.index, None, j.carried))
                    with b.loop(whole, a.ow, lanes, carried=j.results) as j:
                        j.next(*step(j.index, tail, j.carried))
                    row.next(*j.results)
                n.next(*row.results)
            for i in range(high):
                for j in range(wide):
                    b.store(b.offset(into, ((o0 + i) * a.q + (q0 + j)) * size),
                            b.fold(n.results[i * wide + j], lambda u, v: u + v), compute)
                if bias:
                    b.store(b.offset(sums_into, (o0 + i) * size),
                            b.fold(n.results[high * wide + i], lambda u, v: u + v), compute)
    return b.kernel()


def weight_gradient(x: Convolution, gradient: Layout | None = None, input: Layout | None = None,
                    weight: Layout | None = None, bias: bool = False, *, vector_bytes: int) -> tuple[list[Launch], int]:
    """Plan the gradient of the weight from those of the output and the input; with `bias`, a second result is the sum
    of the output's gradient for each channel. The result must be contiguous: `weight` is here for symmetry and is
    checked."""
    if weight is not None:
        sizes = (x.o, x.c // x.groups, *x.kernel)
        strides = (*Layout.contiguous(x.c // x.groups, x.kernel)[:2], *Layout.contiguous(1, x.kernel).spatial)
        assert all(size == 1 or a == b for size, a, b
                   in zip(sizes, (*weight[:2], *weight.spatial), strides)), "the weight's gradient is contiguous"
    x = x.stepping()
    input, _, gradient = layouts(x, input, None, gradient)
    lanes = vector_bytes // bytes_of(COMPUTE[x.dtype])
    at = Places(0, 2 + bias, 1 + bias, 1, 3 + bias, 4 + bias)      # x: the input; w: the output's gradient
    inner, outer, windows = x.c // x.groups, x.o // x.groups, x.o * (x.c // x.groups) * prod(x.kernel)
    if not x.n * prod(x.out):
        return [clear(x.dtype, vector_bytes, count, i, 3 + bias) for i, count in enumerate([windows, x.o][:1 + bias])
                if count], 0
    if not windows and not bias * x.o:
        return [], 0
    low = [-p for p in x.padding]
    high = [(out - 1) * s + (k - 1) * d + 1 - p
            for out, s, k, d, p in zip(x.out, x.stride, x.kernel, x.dilation, x.padding)]
    steps = x.n * prod(x.out) * x.groups * inner * prod(x.kernel)
    if settings.winograd and windows and x.kernel == (1, 3, 3) and x.stride[1:] == x.dilation[1:] == (1,
            1) and x.spatial[0] == x.out[0] == 1:
        found = winograd.weight_plan(x.dtype, x.n, x.groups, inner, outer, x.spatial[1:], x.out[1:], low[1:], input,
                                     gradient, bias, vector_bytes, at,
                                     inf if settings.winograd == "always" else steps * up(outer, lanes) * 1.1)
        if found is not None:
            return found
    by_channels = outer * 2 >= lanes or not windows
    source = Frame(input, (0, 0, 0), 1, x.dtype)
    if windows:
        source = frame(x.dtype, x.n, x.c, input, x.spatial, low, high, 1 if by_channels else x.stride[2], vector_bytes,
                       at.x, at, 0)
    to = up(source.bytes, 64) * 64
    other = Frame(gradient, (0, 0, 0), 1, x.dtype)
    if not by_channels and gradient.spatial[2] != 1:               # vectors want columns that are neighbours
        other = frame(x.dtype, x.n, x.o, gradient, x.out, (0, 0, 0), x.out, 1, vector_bytes, at.w, at, to)
    size, g_size = bytes_of(COMPUTE[x.dtype]), bytes_of(other.dtype)
    (xd, xh, _), (gd, gh, gw) = source.layout.spatial, other.layout.spatial
    values = dict(
        n=x.n, o=outer, xn=source.layout.outer * size, xg=source.layout.channel * inner * size,
        xc=source.layout.channel * size,
        xd=x.stride[0] * xd * size, xh=x.stride[1] * xh * size, gn=other.layout.outer * g_size,
        gg=other.layout.channel * outer * g_size,
        go=other.layout.channel * g_size, gd=gd * g_size, gh=gh * g_size, gw=gw * g_size, od=x.out[0],
        rows=x.out[0] * x.out[1], oh=x.out[1], ow=x.out[2], x0=0, g0=to if other.launches else 0, groups=x.groups)
    to += up(other.bytes, 64) * 64
    plan = channels_sum if by_channels else pixels_sum
    launches, bytes = plan(x, values, source, other, lanes, ACCUMULATORS[vector_bytes], bias, steps, to, at)
    return [*source.launches, *other.launches, *launches], to + bytes


def pixels_sum(x: Convolution, values: dict[str, int], source: Frame, other: Frame, lanes: int, limit: int, bias: bool,
               steps: int, to: int, at: Places) -> tuple[list[Launch], int]:
    """Plan the sums with vectors along rows of pixels: few output channels in a group. Returns the bytes used behind
    `to`.
    """
    compute, outer, q = COMPUTE[x.dtype], x.o // x.groups, x.c // x.groups * prod(x.kernel)
    size, count = bytes_of(compute), x.o * q
    wide = min(q, 9, limit - 1)
    high = max(1, min(outer, (limit - wide - 1) // (wide + 1)))
    work = steps * outer * (up(x.out[2], lanes) / x.out[2]) / 2
    nblocks = split(up(max(1, min(32, int(work / 50000))), x.groups), x.n)[0]
    kernel = pixels_sum_kernel(high, wide, other.dtype, compute, lanes, bias, at.scratch if source.launches else at.x,
                               at.scratch if other.launches else at.w, at.scratch, at.free)
    shift = up(nblocks * count * size, 64) * 64
    values |= dict(nblocks=nblocks, nsize=up(x.n, nblocks), q=q, taps=prod(x.kernel), to=to, shift=shift,
                   part=count * size, opart=x.o * size)
    table = [source.offset([k * d - p for k, d, p in zip(index, x.dilation, x.padding)]) * size
             for index in product(*map(range, x.kernel))]
    launches = [launch(kernel, _DOT, values, nblocks * x.groups, work, table),
                add_parts(x.dtype, lanes, 1, count, 0, nblocks, count * size, to, 0, at)]
    if bias:
        launches.append(add_parts(x.dtype, lanes, 1, x.o, 0, nblocks, x.o * size, to + shift, 1, at))
    return launches, shift + nblocks * x.o * size


def channels_sum(x: Convolution, values: dict[str, int], source: Frame, other: Frame, lanes: int, limit: int,
                 bias: bool, steps: int, to: int, at: Places) -> tuple[list[Launch], int]:
    """Plan the sums with vectors along output channels. Returns the bytes used behind `to`."""
    compute, outer, taps, kw = COMPUTE[x.dtype], x.o // x.groups, x.kernel[0] * x.kernel[1], x.kernel[2]
    size, q, (gd, gh, gw) = bytes_of(compute), x.c // x.groups * taps, other.layout.spatial
    tall, wide, vectors = choose_sum(max(q, 1), max(kw, 1), outer, lanes, limit)
    width = vectors * lanes
    panels, pitch = up(outer, width), width * size
    work = steps * up(outer, lanes) / 3
    # what a block of images costs is its partial sums, written and read again
    want = max(1, min(32, int(work / 50000)))
    nblocks = split(min(up(want, x.groups * panels), max(1, x.n * prod(x.out) // 64)), x.n)[0]
    pblocks = split(up(want, x.groups * nblocks), panels)[0]
    store = "column" if gw == 1 else "channel" if other.layout.channel == 1 else "none"
    pixels = PIXELS_BYTES // pitch
    wsize, rsize = min(x.out[2], pixels), max(1, min(values["rows"], pixels // x.out[2]))
    flat = gw == 1 and wsize == x.out[2] and gh == x.out[2] and (x.out[0] == 1 or gd == x.out[1] * gh)
    kernel = channels_sum_kernel(tall, wide, vectors, q % tall != 0 or kw % wide != 0, x.dtype, compute, lanes,
                                 x.stride[2] * size,
                                 x.dilation[2] * size, store, bias, at.scratch if source.launches else at.x, at.w,
                                 at.scratch, at.free)
    part = x.groups * panels * q * kw * pitch
    shift = nblocks * part
    values |= dict(nblocks=nblocks, nsize=up(x.n, nblocks), pblocks=pblocks, psize=up(panels, pblocks), panels=panels,
                   q=q, taps=taps, kw=kw, rsize=rsize, wsize=wsize, flat=int(flat), steps=q * kw, to=to, shift=shift)
    table = [source.offset([k * d - p for k, d, p in zip((*index, 0), x.dilation, x.padding)]) * size
             for index in product(*map(range, x.kernel[:2]))]
    launches = [launch(kernel, _SUM, values, nblocks * pblocks * x.groups, work, table)]
    if q * kw:
        launches.append(finish(x.dtype, x.groups, (lanes, vectors), outer, q * kw, nblocks, part, to, 0, at))
    if bias:
        launches.append(add_parts(x.dtype, lanes, x.groups, outer, panels * pitch, nblocks, x.groups * panels * pitch,
                                  to + shift, 1, at))
    return launches, shift + (nblocks * x.groups * panels * bias + lanes) * pitch


def choose_sum(q: int, kw: int, outer: int, lanes: int, limit: int) -> tuple[int, int, int]:
    """Rows and columns of the window, and vectors of output channels, in a tile of `channels_sum_kernel`: the fewest
    cycles a pixel.
    """
    found = []
    for vectors in range(1, min(4, up(outer, lanes)) + 1):
        for wide in range(1, min(kw, limit // vectors) + 1):
            for high in range(1, min(q, 8, limit // (vectors * wide)) + 1):
                count = high * wide
                tiles = up(q, high) * up(kw, wide) * up(outer, vectors * lanes)
                cost = tiles * (max(count * vectors, (count + 2 * vectors) / 2, 4) + 1)
                found.append((cost, q % high != 0 or kw % wide != 0, -count * vectors, high, wide, vectors))
    return min(found)[3:]
