"""Convolution in one, two and three dimensions: forward, and the gradient of the input; that of the weight is in
`weight_gradient.py`.

    c = Convolution.of(n, c, o, spatial, kernel, stride, padding, dilation, groups, dtype)
    forward(c, bias=..., activation=...)    act(conv(input, weight) + bias)      words: output, input, weight[, bias]
    input_gradient(c, bias=...)             the input's gradient; also transposed convolution
                                            words: input's, output's gradient, weight[, bias]

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
gradient is a convolution of the output's gradient for every phase of the stride, with the taps that hit it.

Every sum has one order, given by the shape: the same bits for any number of threads. Half types are summed in float32
and rounded once; integers wrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import inf, prod
from typing import NamedTuple

from ..dense.tile import Activation, micro_tile
from ..ir import Builder, Kernel, Launch, Value, writer
from . import depthwise, winograd
from .convolution import ACCUMULATORS, Convolution, layouts, numbers, settings
from .frame import (
    COMPUTE,
    Frame,
    Layout,
    Places,
    arguments,
    bytes_of,
    frame,
    launch,
    pack,
    span,
    strip,
    turn,
    up,
    weave,
)

__all__ = ["forward", "input_gradient"]


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
    at, limit = Places.of(bias), ACCUMULATORS[vector_bytes]
    lanes = vector_bytes // bytes_of(COMPUTE[x.dtype])
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
    three = (three_by_three(most[1:], all_taps) if settings.winograd and len(jobs) == 1
             and len(most[0].shifts) == most[0].count == 1 else None)
    if three is not None:
        found = winograd.plan(x.dtype, x.n, x.groups, inner, outer, sizes[1:], [axis.count for axis in most[1:]],
                              three[0], x_layout, y_layout, strides, three[1], bias, activation, vector_bytes, limit,
                              at, inf if settings.winograd == "always" else cycles)
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


def three_by_three(axes: Sequence[Axis], all_taps: Sequence[int]) -> tuple[list[int], list[int]] | None:
    """(where windows begin, their nine taps in the order in which they read the input) of 3x3 windows without strides
    or dilation; None of others."""
    if any(not (axis.step == axis.hop == 1 and len(axis.shifts) == 3 and abs(axis.shifts[0] - axis.shifts[2]) == 2)
           for axis in axes):
        return None
    order = [sorted(zip(axis.shifts, axis.taps)) for axis in axes]
    return ([line[0][0] for line in order],
            [all_taps[sum(places)] for places in product(*([k for _, k in line] for line in order))])


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
