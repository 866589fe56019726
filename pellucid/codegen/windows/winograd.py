"""Winograd's convolution F(4x4, 3x3): 36 multiplications for 16 outputs of a 3x3 window where the direct sum needs 144.

    plan(...)            a convolution            -> (launches, bytes of scratch), or None where the direct sum is
                         expected to be faster
    weight_plan(...)     the weight's gradient       likewise

The input is cut into tiles of 6x6 that overlap by two; a tile and a window are transformed (B' d B, G g G'), multiplied
point by point and summed over channels, which is 36 matrix products, and transformed back (A' m A) to 4x4 outputs. A
chunk does all of this for a few dozen tiles (some rows of tiles of one image, or some small images), in memory of its
own that stays in the cache:

    1  channels are turned into lanes, 16 pixels at a time, into a patch; tiles of the patch are transformed
    2  for each panel of output channels: 36 products by the micro-kernel, rows = tiles, vectors along output channels
    3  sums are transformed back, get bias and activation, and are turned into rows of pixels

The weight's gradient is the same read backwards: tiles of the input (B' d B) and of the output's gradient (A y A') are
multiplied and summed over tiles, rows = input channels, and the sums transformed back (G' m G) once, at the end.

The points of interpolation are 0, +-1/sqrt 2, +-sqrt 2 and infinity: with these the error is about twice that of the
direct sum (with the usual 0, +-1, +-2 six times). An Inf or NaN reaches all outputs of its tiles. Called by conv.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..dense.tile import Activation, micro_tile
from ..ir import Builder, Kernel, Launch, Value, writer
from .frame import COMPUTE, Layout, Places, add_parts, arguments, bytes_of, finish, launch, span, strip, turn, up

__all__ = ["plan", "weight_plan"]

# the points; with a a b b = 1 the first and last rows of B' need no multiplication
A, B = 0.5 ** 0.5, 2.0 ** 0.5
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


def gradient_transform(b: Builder, y: Sequence[Value]) -> list[Value]:
    """A y."""
    def pair(p: float) -> tuple[Value, Value]:
        even, odd = b.fma(y[2], p * p, y[0]), b.fma(y[3], p ** 3, y[1] * p)
        return even + odd, even - odd

    return [y[0], *pair(A), *pair(B), y[3]]


def sums_transform(b: Builder, m: Sequence[Value]) -> list[Value]:
    """G' m."""
    scale = [1 / (2 * p * p * (p * p - q * q)) for p, q in ((A, B), (B, A))]
    even, odd = (m[1] + m[2], m[3] + m[4]), (m[1] - m[2], m[3] - m[4])

    def powers(n: int, pair: tuple[Value, Value]) -> Value:
        return b.fma(pair[1], scale[1] * B ** n, pair[0] * (scale[0] * A ** n))

    return [m[0] + powers(0, even), powers(1, odd), m[5] + powers(2, even)]


class Tiles:
    """What the kernels share: patches of images with channels in lanes, and transforms in both directions, on the
    stack.
    """

    def __init__(self, b: Builder, memory: str, compute: str, lanes: int):
        self.b, self.memory, self.compute, self.lanes = b, memory, compute, lanes
        self.size, self.memory_size = bytes_of(compute), bytes_of(memory)
        self.vector = lanes * self.size
        self.zero = b.const(compute, 0, lanes)
        self.small = b.alloca(36 * self.vector)                       # one tile between its two transforms
        self.block = b.alloca(max(16, lanes) * self.vector)           # one block to turn

    def fill(self, patch: Value, rows: Value, columns: Value, image: Value, first: Value, channels: Value,
             place: tuple[Value, Value],
             sizes: tuple[Value, Value], strides: tuple[Value, Value, Value], source: str) -> None:
        """Copy `rows` x `columns` pixels of a vector's channels, from `first` on, to the patch: [row][column][lane].
        `place` is where they start in the image, of `sizes`; what is outside, and channels that do not exist, are 0.
        `strides`: channel, row, column."""
        b, vector = self.b, self.vector
        present = b.min(b.select(channels > first, channels - first, b.const("i64", 0)), b.const("i64", self.lanes))
        if source == "channel":
            with b.loop(0, rows) as r, b.loop(0, columns) as j:
                row, column = place[0] + r.index, place[1] + j.index
                inside = (row >= 0) & (row < sizes[0]) & (column >= 0) & (column < sizes[1])
                mask = b.first(b.select(inside, present, b.const("i64", 0)), self.lanes)
                here = b.offset(image, first * self.memory_size + row * strides[1] + column * strides[2])
                b.store(b.offset(patch, (r.index * columns + j.index) * vector),
                        b.load(here, self.memory, self.lanes, mask), self.compute)
            return
        with b.loop(present, self.lanes) as i:
            b.store(b.offset(self.block, i.index * vector), self.zero, self.compute)
        iota = b.iota("i32", self.lanes)
        with b.loop(0, rows) as r, b.loop(0, columns, self.lanes) as j:
            row, column = place[0] + r.index, place[1] + j.index
            limit = b.convert(b.select((row >= 0) & (row < sizes[0]), sizes[1], b.const("i64", 0)), "i32")
            position = iota + b.splat(b.convert(column, "i32"), self.lanes)
            mask = (position >= 0) & (position < b.splat(limit, self.lanes))
            here = b.offset(image, first * strides[0] + row * strides[1] + column * self.memory_size)
            with b.loop(0, present) as i:
                value = b.load(b.offset(here, i.index * strides[0]), self.memory, self.lanes, mask)
                b.store(b.offset(self.block, i.index * vector), value, self.compute)
            # up to one vector's lanes of pixels too many: the next row, or room behind the patch
            there = b.offset(patch, (r.index * columns + j.index) * vector)
            with b.loop(0, self.lanes, strip(self.compute)) as i:
                for k, value in enumerate(turn(b, self.block, vector, self.lanes, i.index * self.size, self.compute)):
                    b.store(b.offset(there, (i.index + k) * vector), value, self.compute)

    def transform(self, by: Any, n: int, to: int, load: Any, put: Any) -> None:
        """n x n values to `to` x `to`: columns to `small`, its rows to `put(row, values)`. `load(row, column)`: the row
        is a number.
        """
        b, vector = self.b, self.vector
        with b.loop(0, n) as j:
            for i, value in enumerate(by(b, [load(i, j.index) for i in range(n)])):
                b.store(b.offset(self.small, j.index * vector + i * n * vector), value, self.compute)
        with b.loop(0, to) as i:
            row = b.offset(self.small, i.index * (n * vector))
            put(i.index, by(b, [b.load(b.offset(row, j * vector), self.compute, self.lanes) for j in range(n)]))

    def input_points(self, patch: Value, columns: Value, trows: Value, tcols: Value, into: Value, pitch: int, by: Any,
                     n: int) -> None:
        """Transform the tiles of a patch, 4 apart, one after the other to `into`: 36 points, `pitch` bytes apart."""
        b, vector = self.b, self.vector
        with b.loop(0, trows) as tr, b.loop(0, tcols) as tc:
            tile = b.offset(patch, (tr.index * columns + tc.index) * (4 * vector))
            there = b.offset(into, (tr.index * tcols + tc.index) * (36 * pitch))

            def put(i: Value, values: list[Value]) -> None:
                for j, value in enumerate(values):
                    b.store(b.offset(there, i * (6 * pitch) + j * pitch), value, self.compute)

            self.transform(by, n, 6,
                           lambda i, j: b.load(b.offset(tile, (columns * i + j) * vector), self.compute, self.lanes),
                           put)


_WEIGHTS = "panels lanes c depth lane inner group csize cblocks to"


@writer
def weights_kernel(memory: str, compute: str, lanes: int, vectors: int, from_: int, scratch: int, free: int) -> Kernel:
    """Windows transformed: [group][panel][point][inner channel, rounded up][vectors x lanes], zeros where there are
    none. The table holds the byte offsets of the nine taps; a chunk is a block of inner channels of one panel."""
    b = Builder(f"winograd_weights_{memory}")
    a, size, width = arguments(b, free, _WEIGHTS), bytes_of(compute), lanes * vectors
    source, target = b.word(from_, "ptr"), b.offset(b.word(scratch, "ptr"), a.to)
    offsets = b.iota("i64", lanes) * a.lane
    window = b.alloca(9 * lanes * size)
    with b.loop(b.begin, b.end) as chunk:
        rest, block = b.divmod(chunk.index, a.cblocks)
        group, panel = b.divmod(rest, a.panels)
        with b.loop(*span(b, block, a.csize, a.depth)) as c, b.loop(0, vectors) as v:
            first = (panel * vectors + v.index) * lanes
            mask = b.first(b.select(c.index < a.c, a.lanes - first, b.const("i64", 0)), lanes)
            here = b.offset(source, group * a.group + first * a.lane + c.index * a.inner)
            with b.loop(0, 9) as tap:                   # a gather is much code where the processor has none
                value = b.gather(b.offset(here, b.word(tap.index + a.table)), offsets, memory, mask)
                b.store(b.offset(window, tap.index * (lanes * size)), value, compute)
            taps = [b.load(b.offset(window, tap * lanes * size), compute, lanes) for tap in range(9)]
            there = b.offset(target, ((rest * 36 * a.depth + c.index) * vectors + v.index) * (lanes * size))
            columns = list(zip(*[weight_transform(b, taps[j::3]) for j in range(3)]))
            for i, row in enumerate(columns):
                for j, value in enumerate(weight_transform(b, row)):
                    b.store(b.offset(there, a.depth * ((i * 6 + j) * width * size)), value, compute)
    return b.kernel()


_TILES = ("rgroups igroups pblocks psize images trows tcols tiles n c o cblocks panels h w oh ow th low lowh xn xg xc "
          "xh xw yn yg yo yh yw prows pcols mat patch to")


@writer
def tiles_kernel(rows: int, vectors: int, memory: str, compute: str, lanes: int, source: str, store: str, bias: bool,
                 activation: Activation | None, at: Places) -> Kernel:
    """The convolution, from transformed weights. A chunk is `images` x `trows` rows of tiles and a block of panels
    (where there are few tiles, they are transformed for each of these). `source` and `store` say which stride of input
    and output is that of neighbours, `column` or `channel`."""
    b = Builder(f"winograd_{memory}_{rows}x{vectors}")
    a, size, mem_size = arguments(b, at.free, _TILES), bytes_of(compute), bytes_of(memory)
    x, weights, y = b.word(at.x, "ptr"), b.offset(b.word(at.scratch, "ptr"), a.to), b.word(at.out, "ptr")
    biases = b.word(at.bias, "ptr") if bias else None
    width, vector = vectors * lanes, lanes * size
    tools = Tiles(b, memory, compute, lanes)
    stack = b.alloca(STACK)
    points, matrices, patch = stack, b.offset(stack, a.mat), b.offset(stack, a.patch)
    with b.loop(b.begin, b.end) as chunk:
        rest, rgroup = b.divmod(chunk.index, a.rgroups)
        rest, igroup = b.divmod(rest, a.igroups)
        g, pblock = b.divmod(rest, a.pblocks)
        first_image, first_row = igroup * a.images, rgroup * a.trows
        images = b.min(a.n - first_image, a.images)
        trows = b.min(a.th - first_row, a.trows)
        xg, yg = b.offset(x, first_image * a.xn + g * a.xg), b.offset(y, first_image * a.yn + g * a.yg)
        with b.loop(0, a.cblocks) as cblock, b.loop(0, images) as image:
            tools.fill(patch, a.prows, a.pcols, b.offset(xg, image.index * a.xn), cblock.index * lanes, a.c,
                       (first_row * 4 + a.lowh, a.low), (a.h, a.w), (a.xc, a.xh, a.xw), source)
            into = b.offset(points, (cblock.index * a.tiles + image.index * a.trows * a.tcols) * (36 * vector))
            tools.input_points(patch, a.pcols, trows, a.tcols, into, vector, input_transform, 6)
        with b.loop(*span(b, pblock, a.psize, a.panels)) as panel:
            panel_weights = b.offset(weights, (g * a.panels + panel.index) * a.cblocks * (36 * lanes * width * size))
            with b.loop(0, 36) as point, b.loop(0, a.tiles, rows) as t:
                first_tile = b.min(t.index, a.tiles - rows)
                left = b.offset(points, (first_tile * 36 + point.index) * vector)
                right = b.offset(panel_weights, point.index * a.cblocks * (lanes * width * size))
                with b.loop(0, a.cblocks, carried=[tools.zero] * (rows * vectors)) as cblock:
                    from_left = b.offset(left, cblock.index * a.tiles * (36 * vector))
                    from_right = b.offset(right, cblock.index * (lanes * width * size))
                    cblock.next(*micro_tile(
                        b, b.const("i64", lanes), rows, vectors,
                        lambda i, k, from_left=from_left: b.load(b.offset(from_left, k * size + i * 36 * vector),
                                                                 compute),
                        lambda v, k, from_right=from_right: b.load(b.offset(from_right,
                        k * (width * size) + v * vector), compute, lanes), cblock.carried))
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
                        shift = b.convert(b.load(b.offset(biases, (g * a.o + first) * mem_size), memory, lanes,
                                                 b.first(left, lanes)), compute)
                    from_ = b.offset(matrices, (number * (36 * vectors) + v.index) * vector)
                    row, column = (first_row + tr.index) * 4, tc.index * 4
                    to = b.offset(yg, image.index * a.yn + first * a.yo + row * a.yh + column * a.yw)

                    def put_block(i: Value, values: list[Value], shift: Value | None = shift) -> None:
                        for j, value in enumerate(values):
                            value = value + shift if shift is not None else value
                            value = activation.body(value) if activation is not None else value
                            b.store(b.offset(tools.block, i * (4 * vector) + j * vector), value, compute)

                    def load_sum(i: int, j: Value, from_: Value = from_) -> Value:
                        return b.load(b.offset(from_, j * (width * size) + i * 6 * width * size), compute, lanes)

                    tools.transform(output_transform, 6, 4, load_sum, put_block)
                    present = b.min(left, b.const("i64", lanes))
                    if store == "channel":
                        mask = b.first(present, lanes)
                        with b.loop(0, b.min(a.oh - row, b.const("i64", 4))) as i, b.loop(0,
                                b.min(a.ow - column, b.const("i64", 4))) as j:
                            value = b.load(b.offset(tools.block, (i.index * 4 + j.index) * vector), compute, lanes)
                            b.store(b.offset(to, i.index * a.yh + j.index * a.yw), value, memory, mask)
                    else:
                        masks = [b.first(b.select(a.oh - row > i, a.ow - column, b.const("i64", 0)), 4)
                                 for i in range(4)]
                        with b.loop(0, present, strip(compute)) as lane:
                            for k, pixels in enumerate(turn(b, tools.block, vector, 16, lane.index * size, compute)):
                                with b.when(lane.index + k < present):
                                    channel = b.offset(to, (lane.index + k) * a.yo)
                                    for i, mask in enumerate(masks):
                                        b.store(b.offset(channel, a.yh * i),
                                                b.shuffle(pixels, None, range(4 * i, 4 * i + 4)), memory, mask)
    return b.kernel()


class Shape(NamedTuple):
    """How the work is cut: rows and vectors of a micro-tile, images and rows of tiles of a chunk, and what all of it
    costs in cycles.
    """

    rows: int
    vectors: int
    images: int
    trows: int
    cycles: float


def shape(n: int, groups: int, inner: int, outer: int, out: Sequence[int], lanes: int, size: int,
          limit: int) -> Shape | None:
    """The cut that wastes least, None where a chunk's tiles do not fit its memory."""
    th, tw = up(out[0], 4), up(out[1], 4)
    cblocks, vectors = up(inner, lanes), min(2, up(outer, lanes))
    vector, panels, most = lanes * size, up(outer, vectors * lanes), min(9, limit // vectors)
    found: list[Shape] = []                 # few numbers of rows, so that few kernels are made
    for trows in range(1, th + 1):
        if trows != th and th % trows and trows > 8:
            continue
        for images in range(1, min(n, 16) + 1) if trows == th else (1,):
            tiles, patch = images * trows * tw, (4 * trows + 2) * (4 * tw + 2)
            if (tiles * 36 * (cblocks + vectors) + patch + lanes) * vector > STACK:
                break
            rows = min(range(max(1, min(most, tiles) - 2), min(most, tiles) + 1),
                       key=lambda r: (up(tiles, r) * max(r * vectors + 1, 5), -r))
            chunks = up(n, images) * up(th, trows) * groups
            cycles = chunks * (cblocks * images * (patch * 10 + tiles // images * 180)
                               + panels * (36 * up(tiles, rows) * (cblocks * lanes * max(rows * vectors + 1, 5) + 25)
                                           + tiles * vectors * 260)
                               + 36 * cblocks * lanes * panels * vectors * 2)
            # few chunks leave threads without work
            found.append(Shape(rows, vectors, images, trows, cycles * (1 + 2 / chunks)))
    return min(found, key=lambda s: s.cycles, default=None)


def cut_panels(panels: int, chunks: int, work: float) -> int:
    """Into how many blocks the panels are cut where there are few other chunks for the work (ns)."""
    return up(panels, up(panels, min(panels, max(1, min(up(8, chunks), int(work / chunks / 200e3))))))


def plan(dtype: str, n: int, groups: int, inner: int, outer: int, sizes: Sequence[int], out: Sequence[int],
         low: Sequence[int],
         x_layout: Layout, y_layout: Layout, strides: tuple[int, int, int], taps: Sequence[int], bias: bool,
         activation: Activation | None,
         vector_bytes: int, limit: int, at: Places, direct: float) -> tuple[list[Launch], int] | None:
    """Plan the correlation of images of `sizes` with 3x3 windows, the first tap reading at `low`; `strides` (lane,
    inner channel, group) and `taps` of the weight in elements. None where it would need more cycles than `direct`."""
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
    values = dict(panels=panels, lanes=outer, c=inner, depth=depth, lane=strides[0] * mem_size,
                  inner=strides[1] * mem_size, group=strides[2] * mem_size, csize=csize, cblocks=up(depth, csize), to=0)
    first = launch(weights_kernel(dtype, compute, lanes, vectors, at.w, at.scratch, at.free), _WEIGHTS, values,
                   groups * panels * up(depth, csize), transform / 3, [t * mem_size for t in taps])
    th, tw = up(out[0], 4), up(out[1], 4)
    tiles = images * trows * tw
    xs, ys = [s * mem_size for s in x_layout.spatial], [s * mem_size for s in y_layout.spatial]
    mat = tiles * 36 * cblocks * vector
    chunks = up(th, trows) * up(n, images) * groups
    pblocks = cut_panels(panels, chunks, cycles / 3)
    values = dict(
        rgroups=up(th, trows), igroups=up(n, images), pblocks=pblocks, psize=up(panels, pblocks), images=images,
        trows=trows, tcols=tw, tiles=tiles, n=n, c=inner, o=outer, cblocks=cblocks,
        panels=panels, h=sizes[0], w=sizes[1], oh=out[0], ow=out[1], th=th, low=low[1], lowh=low[0],
        xn=x_layout.outer * mem_size,
        xg=x_layout.channel * inner * mem_size, xc=x_layout.channel * mem_size, xh=xs[1], xw=xs[2],
        yn=y_layout.outer * mem_size,
        yg=y_layout.channel * outer * mem_size, yo=y_layout.channel * mem_size, yh=ys[1], yw=ys[2], prows=4 * trows + 2,
        pcols=4 * tw + 2, mat=mat, patch=mat + tiles * 36 * width * size, to=0)
    kernel = tiles_kernel(rows, vectors, dtype, compute, lanes, source, store, bias, activation, at)
    second = launch(kernel, _TILES, values, chunks * pblocks, cycles / 3)
    return [first, second], groups * panels * 36 * depth * width * size


# ---- the weight's gradient -------------------------------------------------------------------------------------------

_GRADIENT = ("nblocks nsize pblocks psize images trows rgroups tcols tiles n c o cblocks panels groups h w oh ow th "
             "low lowh xn xg xc xh xw gn gg go gh gw prows pcols gpoints patch to shift")


@writer
def gradient_kernel(rows: int, vectors: int, memory: str, compute: str, lanes: int, source: str, from_: str, bias: bool,
                    x_word: int, g_word: int, scratch: int, free: int) -> Kernel:
    """Transformed sums of the weight's gradient: [image block][group][panel][point][inner channel, rounded up][vectors
    x lanes]. A chunk is a block of images and of panels. The bias's partial sums follow at `shift`."""
    b = Builder(f"winograd_gradient_{memory}_{rows}x{vectors}")
    a, size = arguments(b, free, _GRADIENT), bytes_of(compute)
    x, gradient, target = b.word(x_word, "ptr"), b.word(g_word, "ptr"), b.offset(b.word(scratch, "ptr"), a.to)
    width, vector = vectors * lanes, lanes * size
    pitch = width * size
    tools = Tiles(b, memory, compute, lanes)
    stack = b.alloca(STACK)
    points, gradient_points, patch = stack, b.offset(stack, a.gpoints), b.offset(stack, a.patch)
    with b.loop(b.begin, b.end) as chunk:
        rest, nblock = b.divmod(chunk.index, a.nblocks)
        g, pblock = b.divmod(rest, a.pblocks)
        number = (nblock * a.groups + g) * a.panels
        matrix = a.cblocks * (36 * lanes * pitch)
        into, totals = b.offset(target, number * matrix), b.offset(target, a.shift + number * pitch)
        first_panel, last_panel = span(b, pblock, a.psize, a.panels)
        with b.loop(first_panel * matrix, last_panel * matrix, vector) as i:
            b.store(b.offset(into, i.index), tools.zero, compute)
        if bias:
            with b.loop(first_panel * pitch, last_panel * pitch, vector) as i:
                b.store(b.offset(totals, i.index), tools.zero, compute)
        first_image, last_image = span(b, nblock, a.nsize, a.n)
        xg, gg = b.offset(x, g * a.xg), b.offset(gradient, g * a.gg)
        with b.loop(first_image, last_image, a.images) as batch, b.loop(0, a.th, a.trows) as first_row:
            images, trows = b.min(last_image - batch.index, a.images), b.min(a.th - first_row.index, a.trows)
            each = trows * a.tcols
            tiles, row = images * each, first_row.index * 4
            with b.loop(0, a.cblocks) as cblock, b.loop(0, images) as image:
                tools.fill(patch, trows * 4 + 2, a.pcols, b.offset(xg, (batch.index + image.index) * a.xn),
                           cblock.index * lanes, a.c, (row + a.lowh, a.low), (a.h, a.w), (a.xc, a.xh, a.xw), source)
                to = b.offset(points, (cblock.index * a.tiles + image.index * each) * (36 * vector))
                tools.input_points(patch, a.pcols, trows, a.tcols, to, vector, input_transform, 6)
            with b.loop(first_panel, last_panel) as panel:
                with b.loop(0, vectors) as v, b.loop(0, images) as image:
                    columns = a.tcols * 4
                    tools.fill(patch, trows * 4, columns, b.offset(gg, (batch.index + image.index) * a.gn),
                               (panel.index * vectors + v.index) * lanes,
                               a.o, (row, b.const("i64", 0)), (a.oh, a.ow), (a.go, a.gh, a.gw), from_)
                    to = b.offset(gradient_points, image.index * each * (36 * pitch) + v.index * vector)
                    tools.input_points(patch, columns, trows, a.tcols, to, pitch, gradient_transform, 4)
                    if bias:
                        total = b.offset(totals, (panel.index * vectors + v.index) * vector)
                        with b.loop(0, trows * 4 * columns, carried=[b.load(total, compute, lanes)]) as i:
                            i.next(i.carried[0] + b.load(b.offset(patch, i.index * vector), compute, lanes))
                        b.store(total, i.results[0], compute)
                sums = b.offset(into, panel.index * matrix)
                with b.loop(0, 36) as point, b.loop(0, a.cblocks) as cblock, b.loop(0, lanes, rows) as c:
                    left = b.offset(points, (cblock.index * a.tiles * 36 + point.index) * vector + c.index * size)
                    right = b.offset(gradient_points, point.index * pitch)
                    here = b.offset(sums, ((point.index * a.cblocks + cblock.index) * lanes + c.index) * pitch)
                    places = [b.offset(here, i * vector) for i in range(rows * vectors)]
                    total = micro_tile(b, tiles, rows, vectors,
                                       lambda i, t: b.load(b.offset(left, t * (36 * vector) + i * size), compute),
                                       lambda v, t: b.load(b.offset(right, t * (36 * pitch) + v * vector), compute,
                                                           lanes),
                                       [b.load(place, compute, lanes) for place in places])
                    for place, value in zip(places, total):
                        b.store(place, value, compute)
    return b.kernel()


_BACK = "panels parts part cblocks c blocks csize from_ to"


@writer
def back_kernel(memory: str, compute: str, lanes: int, vectors: int, scratch: int, free: int) -> Kernel:
    """Adds the parts' sums in order and transforms them back to windows: [group][panel][inner channel][tap][vectors x
    lanes]. A chunk is a block of inner channels of one panel."""
    b = Builder("winograd_back")
    a, size = arguments(b, free, _BACK), bytes_of(compute)
    room = b.word(scratch, "ptr")
    vector = lanes * size
    pitch = vectors * vector
    tools = Tiles(b, memory, compute, lanes)
    with b.loop(b.begin, b.end) as chunk:
        panel, block = b.divmod(chunk.index, a.blocks)
        with b.loop(*span(b, block, a.csize, a.c)) as c, b.loop(0, vectors) as v:
            from_ = b.offset(room, a.from_ + (panel * a.cblocks * (36 * lanes) + c.index) * pitch + v.index * vector)
            to = b.offset(room, a.to + (panel * a.c + c.index) * (9 * pitch) + v.index * vector)
            step = a.cblocks * (lanes * pitch)

            def load(i: int, j: Value) -> Value:
                here = b.offset(from_, (j + 6 * i) * step)
                with b.loop(1, a.parts, carried=[b.load(here, compute, lanes)]) as part:
                    part.next(part.carried[0] + b.load(b.offset(here, part.index * a.part), compute, lanes))
                return part.results[0]

            def put(i: Value, values: list[Value]) -> None:
                for j, value in enumerate(values):
                    b.store(b.offset(to, i * (3 * pitch) + j * pitch), value, compute)

            tools.transform(sums_transform, 6, 3, load, put)
    return b.kernel()


def _block(nsize: int, th: int, tw: int, cblocks: int, panels: int, lanes: int, vectors: int,
           vector: int) -> tuple[int, int, int] | None:
    """(cycles beside the sums, images, rows of tiles) of the blocks in which the gradient costs least, what they hold
    fitting the stack; None if none does."""
    found = []
    for trows in range(1, th + 1):
        for images in range(1, nsize + 1) if trows == th else (1,):
            tiles, patch = images * trows * tw, (4 * trows + 2) * (4 * tw + 2)
            if (tiles * 36 * (cblocks + vectors) + patch + lanes) * vector <= STACK:
                batches = up(nsize, images) * up(th, trows)
                found.append((batches * (cblocks * images * patch * 10 + 36 * panels * cblocks * lanes * vectors * 5),
                              -tiles, images, trows))
    if not found:
        return None
    overhead, _, images, trows = min(found)
    return overhead, images, trows


def weight_plan(dtype: str, n: int, groups: int, inner: int, outer: int, sizes: Sequence[int], out: Sequence[int],
                low: Sequence[int], x_layout: Layout, g_layout: Layout, bias: bool, vector_bytes: int, at: Places,
                direct: float) -> tuple[list[Launch], int] | None:
    """Plan the gradient of 3x3 windows; `at.x` holds the input, `at.w` the output's gradient. None where `direct`
    cycles are fewer.
    """
    compute = COMPUTE[dtype]
    size, mem_size = bytes_of(compute), bytes_of(dtype)
    lanes = vector_bytes // size
    source, from_ = ("column" if layout.spatial[2] == 1 else "channel" if layout.channel == 1 else ""
                     for layout in (x_layout, g_layout))
    if compute != "f32" or not source or not from_ or max(*sizes, *out) >= 1 << 30:
        return None
    vectors = 3 if vector_bytes == 64 and up(outer, lanes) % 3 == 0 else min(2, up(outer, lanes))
    rows = lanes if vectors == 1 else min(8, lanes)
    th, tw, cblocks, panels = up(out[0], 4), up(out[1], 4), up(inner, lanes), up(outer, vectors * lanes)
    vector, width = lanes * size, lanes * vectors
    cycles = groups * n * th * tw * (36 * panels * cblocks * lanes * (vectors + 0.1) + cblocks * 180
                                     + panels * vectors * 340)
    # partial sums are written and read again: blocks of some size, a number of them that threads can share, not more
    # than memory likes
    matrix = groups * panels * cblocks * lanes * 36 * width * size
    nblocks = 1 << (max(1, int(cycles / 3 / 100e3)).bit_length() - 1)
    nsize = up(n, max(1, min(n, nblocks // groups, 32, (64 << 20) // matrix)))
    nblocks = up(n, nsize)
    block = _block(nsize, th, tw, cblocks, panels, lanes, vectors, vector)
    if block is None:
        return None
    overhead, images, trows = block
    tiles = images * trows * tw
    cycles += groups * nblocks * overhead
    ends = groups * panels * inner * vectors * (36 * (3 + nblocks * 3) + 150)
    if cycles + ends > 0.8 * direct:
        return None
    xs, gs = [s * mem_size for s in x_layout.spatial], [s * mem_size for s in g_layout.spatial]
    gpoints = tiles * 36 * cblocks * vector
    shift, pblocks = nblocks * matrix, cut_panels(panels, nblocks * groups, cycles / 3)
    values = dict(
        nblocks=nblocks, nsize=nsize, pblocks=pblocks, psize=up(panels, pblocks), images=images, trows=trows,
        rgroups=up(th, trows), tcols=tw, tiles=tiles, n=n, c=inner, o=outer,
        cblocks=cblocks, panels=panels, groups=groups, h=sizes[0], w=sizes[1], oh=out[0], ow=out[1], th=th, low=low[1],
        lowh=low[0],
        xn=x_layout.outer * mem_size, xg=x_layout.channel * inner * mem_size, xc=x_layout.channel * mem_size, xh=xs[1],
        xw=xs[2],
        gn=g_layout.outer * mem_size, gg=g_layout.channel * outer * mem_size, go=g_layout.channel * mem_size, gh=gs[1],
        gw=gs[2],
        prows=4 * trows + 2, pcols=4 * tw + 2, gpoints=gpoints, patch=gpoints + tiles * 36 * width * size, to=0,
        shift=shift)
    kernel = gradient_kernel(rows, vectors, dtype, compute, lanes, source, from_, bias, at.x, at.w, at.scratch, at.free)
    main = launch(kernel, _GRADIENT, values, nblocks * pblocks * groups, cycles / 3)
    steps, pitch = inner * 9, groups * panels * width * size
    to = shift + nblocks * pitch
    csize = up(inner, max(1, min(inner, 32 // (groups * panels))))
    values = dict(panels=panels, parts=nblocks, part=matrix, cblocks=cblocks, c=inner, blocks=up(inner, csize),
                  csize=csize, from_=0, to=to)
    back = launch(back_kernel(dtype, compute, lanes, vectors, at.scratch, at.free), _BACK, values,
                  groups * panels * up(inner, csize), ends / 3)
    bytes = groups * panels * steps * width * size
    launches = [main, back, finish(dtype, groups, (lanes, vectors), outer, steps, 1, bytes, to, 0, at)]
    if bias:
        launches.append(add_parts(dtype, lanes, groups, outer, panels * width * size, nblocks, pitch, shift, 1, at))
    return launches, to + bytes + lanes * width * size
