"""The gradient of a convolution's weight (and bias): a sum over pixels.

    weight_gradient(c, bias=...)    words: weight's[, bias's], output's gradient, input

The output's gradient is turned into panels block by block, the input's scalars are the rows of the tile (`channels`),
or vectors of both are multiplied and folded at the end (`pixels`). Blocks of images, cut by shape, have sums of their
own that are added in order. What a convolution is: `convolution.py`; forward and the input's gradient: `conv.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import inf, prod

from ..dense.tile import micro_tile
from ..ir import Builder, Kernel, Launch, Value, writer
from . import winograd
from .conv import split
from .convolution import ACCUMULATORS, Convolution, layouts, settings
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
    span,
    strip,
    turn,
    up,
)

__all__ = ["weight_gradient"]


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
