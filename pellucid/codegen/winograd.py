"""Winograd's convolution F(4x4, 3x3): 36 multiplications for 16 outputs of a 3x3 window where the direct sum needs 144.

    plan(...) -> (launches, bytes of scratch), or None where the direct sum is expected to be faster

The input is cut into tiles of 6x6 that overlap by two; a tile and a window are transformed (B' d B, G g G'), multiplied point by
point and summed over channels, which is 36 matrix products, and transformed back (A' m A) to 4x4 outputs. A chunk does all of this
for a few dozen tiles (some rows of tiles of one image, or some small images), in memory of its own that stays in the cache:

    1  channels are turned into lanes, 16 pixels at a time, into a patch; tiles of the patch are transformed
    2  for each panel of output channels: 36 products by the micro-kernel, rows = tiles, vectors along output channels
    3  sums are transformed back, get bias and activation, and are turned into rows of pixels

The points of interpolation are 0, +-1/sqrt 2, +-sqrt 2 and infinity: with these the error is about twice that of the direct sum
(with the usual 0, +-1, +-2 six times). An Inf or NaN in the input reaches all outputs of its tiles. Called by conv.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from .frame import COMPUTE, Layout, Places, arguments, bytes_of, launch, span, strip, turn, up
from .gemm import Activation, micro_tile
from .ir import Builder, Kernel, Launch, Value

__all__ = ["plan"]

A, B = 0.5 ** 0.5, 2.0 ** 0.5           # the points; with a a b b = 1 the first and last rows of B' need no multiplication
STACK = 640 << 10                       # bytes a chunk may use for transformed tiles


def input_transform(b: Builder, d: Sequence[Value]) -> list[Value]:
    """B' d."""
    def pair(low: float, high: float) -> tuple[Value, Value]:
        even, odd = b.fma(d[2], -high * high, d[4]), b.fma(d[1], -high * high, d[3])
        return b.fma(odd, low, even), b.fma(odd, -low, even)

    squares = -(A * A + B * B)
    return [b.fma(d[2], squares, d[0] + d[4]), *pair(A, B), *pair(B, A), b.fma(d[3], squares, d[1] + d[5])]


def weight_transform(b: Builder, g: Sequence[Value]) -> list[Value]:
    """G g."""
    def pair(p: float, q: float) -> tuple[Value, Value]:
        scale = 1 / (2 * p * p * (p * p - q * q))
        even, odd = b.fma(g[2], p * p, g[0]) * scale, g[1] * (p * scale)
        return even + odd, even - odd

    return [g[0], *pair(A, B), *pair(B, A), g[2]]


def output_transform(b: Builder, m: Sequence[Value]) -> list[Value]:
    """A' m."""
    even, odd = (m[1] + m[2], m[3] + m[4]), (m[1] - m[2], m[3] - m[4])

    def powers(n: int, pair: tuple[Value, Value]) -> Value:
        return b.fma(pair[1], B ** n, pair[0] * A ** n)

    return [m[0] + (even[0] + even[1]), powers(1, odd), powers(2, even), powers(3, odd) + m[5]]


_WEIGHTS = "panels lanes c depth lane inner group csize cblocks to"


@lru_cache(None)
def weights_kernel(memory: str, compute: str, lanes: int, vectors: int, from_: int, scratch: int, free: int) -> Kernel:
    """Windows transformed: [group][panel][point][inner channel, rounded up][vectors x lanes], zeros where there are none. The table
    holds the byte offsets of the nine taps; a chunk is a block of inner channels of one panel."""
    b = Builder(f"winograd_weights_{memory}")
    a, size, width = arguments(b, free, _WEIGHTS), bytes_of(compute), lanes * vectors
    source, target = b.word(from_, "ptr"), b.offset(b.word(scratch, "ptr"), a.to)
    offsets = b.iota("i64", lanes) * a.lane
    taps = [b.word(a.table + t) for t in range(9)]
    with b.loop(b.begin, b.end) as chunk:
        rest, block = b.divmod(chunk.index, a.cblocks)
        group, panel = b.divmod(rest, a.panels)
        with b.loop(*span(b, block, a.csize, a.depth)) as c, b.loop(0, vectors) as v:
            first = (panel * vectors + v.index) * lanes
            mask = b.first(b.select(c.index < a.c, a.lanes - first, b.const("i64", 0)), lanes)
            here = b.offset(source, group * a.group + first * a.lane + c.index * a.inner)
            window = [b.gather(b.offset(here, tap), offsets, memory, mask) for tap in taps]
            there = b.offset(target, ((rest * 36 * a.depth + c.index) * vectors + v.index) * (lanes * size))
            columns = list(zip(*[weight_transform(b, window[j::3]) for j in range(3)]))
            for i, row in enumerate(columns):
                for j, value in enumerate(weight_transform(b, row)):
                    b.store(b.offset(there, a.depth * ((i * 6 + j) * width * size)), value, compute)
    return b.kernel()


_TILES = ("rgroups igroups images trows tcols tiles n c o cblocks panels h w oh ow th low lowh xn xg xc xh xw yn yg yo yh yw "
          "prows pcols mat patch to")


@lru_cache(None)
def tiles_kernel(rows: int, vectors: int, memory: str, compute: str, lanes: int, source: str, store: str, bias: bool,
                 activation: Activation | None, at: Places) -> Kernel:
    """The convolution, from transformed weights. A chunk is `images` x `trows` rows of tiles. `source` and `store` say which stride of
    input and output is that of neighbours, `column` or `channel`."""
    b = Builder(f"winograd_{memory}_{rows}x{vectors}")
    a, size, mem_size = arguments(b, at.free, _TILES), bytes_of(compute), bytes_of(memory)
    x, weights, y = b.word(at.x, "ptr"), b.offset(b.word(at.scratch, "ptr"), a.to), b.word(at.out, "ptr")
    biases = b.word(at.bias, "ptr") if bias else None
    width, vector = vectors * lanes, lanes * size
    zero = b.const(compute, 0, lanes)
    stack = b.alloca(STACK)
    small = b.alloca(36 * vector)                       # one tile between its two transforms
    block = b.alloca(max(16, lanes) * vector)           # one block to turn
    points, matrices, patch = stack, b.offset(stack, a.mat), b.offset(stack, a.patch)

    def fill_by_columns(image: Value, first: Value, present: Value, row0: Value) -> None:
        with b.loop(present, lanes) as i:
            b.store(b.offset(block, i.index * vector), zero, compute)
        iota = b.iota("i32", lanes)
        with b.loop(0, a.prows) as r, b.loop(0, a.pcols, lanes) as j:
            inside = (row0 + r.index >= 0) & (row0 + r.index < a.h)
            column = j.index + a.low
            limit = b.convert(b.select(inside, a.w, b.const("i64", 0)), "i32")
            position = iota + b.splat(b.convert(column, "i32"), lanes)
            mask = (position >= 0) & (position < b.splat(limit, lanes))
            here = b.offset(image, first * a.xc + (row0 + r.index) * a.xh + column * mem_size)
            with b.loop(0, present) as i:
                b.store(b.offset(block, i.index * vector), b.load(b.offset(here, i.index * a.xc), memory, lanes, mask), compute)
            there = b.offset(patch, (r.index * a.pcols + j.index) * vector)
            with b.loop(0, lanes, strip(compute)) as i:
                for k, value in enumerate(turn(b, block, vector, lanes, i.index * size, compute)):
                    b.store(b.offset(there, (i.index + k) * vector), value, compute)

    def fill_by_channels(image: Value, first: Value, present: Value, row0: Value) -> None:
        with b.loop(0, a.prows) as r, b.loop(0, a.pcols) as j:
            row, column = row0 + r.index, j.index + a.low
            inside = (row >= 0) & (row < a.h) & (column >= 0) & (column < a.w)
            mask = b.first(b.select(inside, present, b.const("i64", 0)), lanes)
            here = b.offset(image, first * mem_size + row * a.xh + column * a.xw)
            b.store(b.offset(patch, (r.index * a.pcols + j.index) * vector), b.load(here, memory, lanes, mask), compute)

    def both_ways(transform: Any, n: int, load: Any, put: Any) -> None:
        """The two passes of a transform of 6x6 values to n x n: columns to `small`, its rows to `put`."""
        with b.loop(0, 6) as j:
            for i, value in enumerate(transform(b, [load(i, j.index) for i in range(6)])):
                b.store(b.offset(small, j.index * vector + i * 6 * vector), value, compute)
        with b.loop(0, n) as i:
            row = b.offset(small, i.index * (6 * vector))
            put(i.index, transform(b, [b.load(b.offset(row, j * vector), compute, lanes) for j in range(6)]))

    with b.loop(b.begin, b.end) as chunk:
        rest, rgroup = b.divmod(chunk.index, a.rgroups)
        g, igroup = b.divmod(rest, a.igroups)
        first_image, first_row = igroup * a.images, rgroup * a.trows
        images = b.min(a.n - first_image, a.images)
        trows = b.min(a.th - first_row, a.trows)
        xg, yg = b.offset(x, first_image * a.xn + g * a.xg), b.offset(y, first_image * a.yn + g * a.yg)
        with b.loop(0, a.cblocks) as cblock, b.loop(0, images) as image:
            first = cblock.index * lanes
            here = b.offset(xg, image.index * a.xn)
            fill = fill_by_columns if source == "column" else fill_by_channels
            fill(here, first, b.min(a.c - first, b.const("i64", lanes)), first_row * 4 + a.lowh)
            with b.loop(0, trows) as tr, b.loop(0, a.tcols) as tc:
                tile = b.offset(patch, (tr.index * a.pcols + tc.index) * (4 * vector))
                number = (image.index * a.trows + tr.index) * a.tcols + tc.index
                into = b.offset(points, (cblock.index * a.tiles + number) * (36 * vector))

                def put_points(i: Value, values: list[Value], into: Value = into) -> None:
                    for j, value in enumerate(values):
                        b.store(b.offset(into, i * (6 * vector) + j * vector), value, compute)

                both_ways(input_transform, 6, lambda i, j, tile=tile: b.load(b.offset(tile, (a.pcols * i + j) * vector), compute, lanes), put_points)
        with b.loop(0, a.panels) as panel:
            panel_weights = b.offset(weights, (g * a.panels + panel.index) * a.cblocks * (36 * lanes * width * size))
            with b.loop(0, 36) as point, b.loop(0, a.tiles, rows) as t:
                first_tile = b.min(t.index, a.tiles - rows)
                left = b.offset(points, (first_tile * 36 + point.index) * vector)
                right = b.offset(panel_weights, point.index * a.cblocks * (lanes * width * size))
                with b.loop(0, a.cblocks, carried=[zero] * (rows * vectors)) as cblock:
                    from_left = b.offset(left, cblock.index * a.tiles * (36 * vector))
                    from_right = b.offset(right, cblock.index * (lanes * width * size))
                    cblock.next(*micro_tile(
                        b, b.const("i64", lanes), rows, vectors,
                        lambda i, k, from_left=from_left: b.load(b.offset(from_left, k * size + i * 36 * vector), compute),
                        lambda v, k, from_right=from_right: b.load(b.offset(from_right, k * (width * size) + v * vector), compute, lanes),
                        cblock.carried))
                into = b.offset(matrices, (first_tile * 36 + point.index) * (width * size))
                for i, value in enumerate(cblock.results):
                    b.store(b.offset(into, (i // vectors * 36 * vectors + i % vectors) * vector), value, compute)
            with b.loop(0, images) as image, b.loop(0, trows) as tr, b.loop(0, a.tcols) as tc, b.loop(0, vectors) as v:
                number = (image.index * a.trows + tr.index) * a.tcols + tc.index
                first = (panel.index * vectors + v.index) * lanes
                left = a.o - first
                with b.when(left > 0):
                    shift = None
                    if bias:
                        shift = b.convert(b.load(b.offset(biases, (g * a.o + first) * mem_size), memory, lanes, b.first(left, lanes)), compute)
                    from_ = b.offset(matrices, (number * (36 * vectors) + v.index) * vector)
                    row, column = (first_row + tr.index) * 4, tc.index * 4
                    to = b.offset(yg, image.index * a.yn + first * a.yo + row * a.yh + column * a.yw)

                    def put_block(i: Value, values: list[Value], shift: Value | None = shift) -> None:
                        for j, value in enumerate(values):
                            value = value + shift if shift is not None else value
                            value = activation.body(value) if activation is not None else value
                            b.store(b.offset(block, i * (4 * vector) + j * vector), value, compute)

                    both_ways(output_transform, 4, lambda i, j, from_=from_: b.load(b.offset(from_, j * (width * size) + i * 6 * width * size), compute, lanes),
                              put_block)
                    present = b.min(left, b.const("i64", lanes))
                    if store == "channel":
                        mask = b.first(present, lanes)
                        with b.loop(0, b.min(a.oh - row, b.const("i64", 4))) as i, b.loop(0, b.min(a.ow - column, b.const("i64", 4))) as j:
                            value = b.load(b.offset(block, (i.index * 4 + j.index) * vector), compute, lanes)
                            b.store(b.offset(to, i.index * a.yh + j.index * a.yw), value, memory, mask)
                    else:
                        masks = [b.first(b.select(a.oh - row > i, a.ow - column, b.const("i64", 0)), 4) for i in range(4)]
                        with b.loop(0, present, strip(compute)) as lane:
                            for k, pixels in enumerate(turn(b, block, vector, 16, lane.index * size, compute)):
                                with b.when(lane.index + k < present):
                                    channel = b.offset(to, (lane.index + k) * a.yo)
                                    for i, mask in enumerate(masks):
                                        b.store(b.offset(channel, a.yh * i), b.shuffle(pixels, None, range(4 * i, 4 * i + 4)), memory, mask)
    return b.kernel()


class Shape(NamedTuple):
    """How the work is cut: rows and vectors of a micro-tile, images and rows of tiles of a chunk, and what all of it costs in cycles."""

    rows: int
    vectors: int
    images: int
    trows: int
    cycles: float


def shape(n: int, groups: int, inner: int, outer: int, out: Sequence[int], lanes: int, size: int, limit: int) -> Shape | None:
    """The cut that wastes least, None where a chunk's tiles do not fit its memory."""
    th, tw = up(out[0], 4), up(out[1], 4)
    cblocks, vectors = up(inner, lanes), min(2, up(outer, lanes))
    vector, panels, most = lanes * size, up(outer, vectors * lanes), limit // vectors
    found: list[Shape] = []
    for trows in range(1, th + 1):
        if trows != th and th % trows and trows > 8:
            continue
        for images in range(1, min(n, 16) + 1) if trows == th else (1,):
            tiles, patch = images * trows * tw, (4 * trows + 2) * (4 * tw + 2)
            if (tiles * 36 * (cblocks + vectors) + patch + lanes) * vector > STACK:
                break
            rows = min(range(1, min(most, tiles) + 1), key=lambda r: (up(tiles, r) * max(r * vectors + 1, (r + vectors) / 2 + 1, 5), -r))
            chunks = up(n, images) * up(th, trows) * groups
            cycles = chunks * (cblocks * images * (patch * 10 + tiles // images * 180)
                               + panels * (36 * up(tiles, rows) * (cblocks * lanes * max(rows * vectors + 1, 5) + 25) + tiles * vectors * 260)
                               + 36 * cblocks * lanes * panels * vectors * 2)
            # few chunks leave threads without work
            found.append(Shape(rows, vectors, images, trows, cycles * (1 + 2 / chunks)))
    return min(found, key=lambda s: s.cycles, default=None)


def plan(dtype: str, n: int, groups: int, inner: int, outer: int, sizes: Sequence[int], out: Sequence[int], low: Sequence[int],
         x_layout: Layout, y_layout: Layout, strides: tuple[int, int, int], taps: Sequence[int], bias: bool, activation: Activation | None,
         vector_bytes: int, limit: int, at: Places, direct: float) -> tuple[list[Launch], int] | None:
    """Plan the correlation of images of `sizes` with 3x3 windows, the first tap reading at `low`; `strides` (lane, inner channel, group)
    and `taps` of the weight in elements. None where it would need more cycles than `direct`."""
    compute = COMPUTE[dtype]
    size, mem_size = bytes_of(compute), bytes_of(dtype)
    lanes = vector_bytes // size
    source = "column" if x_layout.spatial[2] == 1 else "channel" if x_layout.channel == 1 else ""
    store = "column" if y_layout.spatial[2] == 1 else "channel" if y_layout.channel == 1 else ""
    if compute != "f32" or not source or not store or max(sizes) >= 1 << 30:
        return None
    cut = shape(n, groups, inner, outer, out, lanes, size, limit)
    if cut is None:
        return None
    rows, vectors, images, trows, cycles = cut
    cblocks, panels = up(inner, lanes), up(outer, vectors * lanes)
    transform = groups * panels * vectors * cblocks * lanes * 300
    if cycles + transform > 0.8 * direct:
        return None
    depth, width, vector = cblocks * lanes, vectors * lanes, lanes * size
    csize = up(depth, max(1, min(depth, 32 // (groups * panels))))
    values = dict(panels=panels, lanes=outer, c=inner, depth=depth, lane=strides[0] * mem_size, inner=strides[1] * mem_size,
                  group=strides[2] * mem_size, csize=csize, cblocks=up(depth, csize), to=0)
    first = launch(weights_kernel(dtype, compute, lanes, vectors, at.w, at.scratch, at.free), _WEIGHTS, values,
                   groups * panels * up(depth, csize), transform / 3, [t * mem_size for t in taps])
    th, tw = up(out[0], 4), up(out[1], 4)
    tiles = images * trows * tw
    xs, ys = [s * mem_size for s in x_layout.spatial], [s * mem_size for s in y_layout.spatial]
    mat = tiles * 36 * cblocks * vector
    values = dict(
        rgroups=up(th, trows), igroups=up(n, images), images=images, trows=trows, tcols=tw, tiles=tiles, n=n, c=inner, o=outer, cblocks=cblocks,
        panels=panels, h=sizes[0], w=sizes[1], oh=out[0], ow=out[1], th=th, low=low[1], lowh=low[0], xn=x_layout.outer * mem_size,
        xg=x_layout.channel * inner * mem_size, xc=x_layout.channel * mem_size, xh=xs[1], xw=xs[2], yn=y_layout.outer * mem_size,
        yg=y_layout.channel * outer * mem_size, yo=y_layout.channel * mem_size, yh=ys[1], yw=ys[2], prows=4 * trows + 2, pcols=4 * tw + 2,
        mat=mat, patch=mat + tiles * 36 * width * size, to=0)
    kernel = tiles_kernel(rows, vectors, dtype, compute, lanes, source, store, bias, activation, at)
    second = launch(kernel, _TILES, values, up(th, trows) * up(n, images) * groups, cycles / 3)
    return [first, second], groups * panels * 36 * depth * width * size
