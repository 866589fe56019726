"""What convolution and pooling share: the words of a launch by name, and the copies before and after the sums.

    pack      weights to panels of vectors
    frame     an input inside a border of zeros, widened to the type of the arithmetic, its columns sorted by phase of
              the stride
    weave     even and odd columns of a result put together
    finish    partial sums of panels added, turned and narrowed;  add_parts: the same where nothing is to be turned;
              clear: zeros

Called by conv.py, winograd.py and pool.py; knows strides, element types and sizes, no tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from types import SimpleNamespace
from typing import NamedTuple

from ..ir import BITS, Builder, Kernel, Launch, Value, writer

__all__ = ["COMPUTE", "Layout", "Places", "Frame",
           "arguments", "launch", "span", "turn", "strip", "up", "bytes_of", "output_size", "pack", "frame", "weave",
           "finish", "add_parts", "clear"]

COMPUTE = {"f32": "f32", "f64": "f64", "f16": "f32", "bf16": "f32", "i8": "i32", "u8": "i32", "i16": "i32",
           "u16": "i32", "i32": "i32",
           # small integers are summed in i32, whose low bits are theirs
           "u32": "u32", "i64": "i64", "u64": "u64"}


def bytes_of(type: str) -> int:
    return BITS[type] // 8


class Layout(NamedTuple):
    """Strides in elements of a tensor (first dimension, second dimension, three spatial ones)."""

    outer: int
    channel: int
    spatial: tuple[int, ...]

    @classmethod
    def of(cls, strides: Sequence[int]) -> Layout:
        """From the strides of a tensor with one to three spatial dimensions."""
        spatial = tuple(strides[2:])
        return cls(strides[0], strides[1], (0,) * (3 - len(spatial)) + spatial)

    @classmethod
    def contiguous(cls, channels: int, spatial: Sequence[int]) -> Layout:
        d, h, w = spatial
        return cls(channels * d * h * w, d * h * w, (h * w, w, 1))


def output_size(spatial: Sequence[int], kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int],
                dilation: Sequence[int], ceil_mode: bool = False) -> tuple[int, ...]:
    """Spatial sizes of the result. With `ceil_mode` a last window may hang over, if it starts inside the input or its
    left padding.
    """
    sizes = []
    for x, k, s, p, d in zip(spatial, kernel, stride, padding, dilation):
        out = (x + 2 * p - d * (k - 1) - 1 + (s - 1 if ceil_mode else 0)) // s + 1
        sizes.append(out - 1 if ceil_mode and (out - 1) * s >= x + p else out)
    return tuple(sizes)


# ---- writing kernels -------------------------------------------------------------------------------------------------


class Places(NamedTuple):
    """Which words hold what: the pointers of the result and of both operands, bias, scratch; `free` is the first word
    of a launch.
    """

    out: int
    x: int
    w: int
    bias: int
    scratch: int
    free: int

    @classmethod
    def of(cls, bias: bool) -> Places:
        return cls(0, 1, 2, 3, 3 + bias, 4 + bias)


def arguments(b: Builder, first: int, names: str) -> SimpleNamespace:
    """The words of a launch by name; `table` is the number of the word after them."""
    split = names.split()
    return SimpleNamespace(**{name: b.word(first + i) for i, name in enumerate(split)}, table=first + len(split))


def launch(kernel: Kernel, names: str, values: dict[str, int], chunks: int, work: float,
           table: Sequence[int] = ()) -> Launch:
    return Launch(kernel, (*[values[name] for name in names.split()], *table), chunks, work)


def span(b: Builder, block: Value, size: Value, stop: Value) -> tuple[Value, Value]:
    """Block number to (first, behind last)."""
    first = block * size
    return first, b.min(first + size, stop)


def turn(b: Builder, start: Value, pitch: int, lanes: int, column: Value | int, type: str) -> list[Value]:
    """The columns of a strip of a matrix in memory, rows `pitch` bytes apart: vectors of `lanes` rows, one for each of
    the 16 / size columns at byte `column`.

    Vectors are put together from 16-byte pieces and then turned within these, so that a loop over strips needs few
    instructions.
    """
    count = strip(type)
    here = b.offset(start, column)
    pieces = [b.load(b.offset(here, i * pitch), type, count) for i in range(lanes)]
    vectors = []
    for k in range(count):
        parts = pieces[k::count]
        while len(parts) > 1:
            lanes = 2 * parts[0].lanes
            parts = [b.shuffle(x, y, range(lanes)) for x, y in zip(parts[::2], parts[1::2])]
        vectors.append(parts[0])
    width = 1
    while width < count:
        low = [at + lanes * part + i for at in range(0, lanes, count) for block in range(0, count // 2, width)
               for part in (0, 1)
               for i in range(block, block + width)]
        high = [lane + count // 2 for lane in low]
        pairs = [(i, i + width) for i in range(count) if not i & width]
        turned = dict(zip([i for pair in pairs for i in pair],
                          [b.shuffle(vectors[i], vectors[k], order) for i, k in pairs for order in (low, high)]))
        vectors = [turned[i] for i in range(count)]
        width *= 2
    order = range(count) if count < 4 else (0, 2, 1, 3)
    return [vectors[i] for i in order]


def strip(compute: str) -> int:
    """How many columns `turn` gives."""
    return 16 // bytes_of(compute)


def up(a: int, b: int) -> int:
    """a / b, rounded up."""
    return -(-a // b)


# ---- copies ----------------------------------------------------------------------------------------------------------

_PACK = "panels lanes c taps group lane inner cblocks csize to"


@writer
def pack_kernel(memory: str, compute: str, lanes: int, vectors: int, from_: int, scratch: int, free: int) -> Kernel:
    """Weights to panels: [group][panel][inner channel][tap][vectors x lanes], zeros behind the last lane. A chunk is a
    block of inner channels of one panel."""
    b = Builder(f"conv_pack_{memory}")
    a, width, size = arguments(b, free, _PACK), lanes * vectors, bytes_of(compute)
    source, target = b.word(from_, "ptr"), b.offset(b.word(scratch, "ptr"), a.to)
    offsets = b.iota("i64", lanes) * a.lane
    with b.loop(b.begin, b.end) as chunk:
        rest, block = b.divmod(chunk.index, a.cblocks)
        group, panel = b.divmod(rest, a.panels)
        left = a.lanes - panel * width
        masks = [b.first(left - v * lanes, lanes) if lanes > 1 else None for v in range(vectors)]
        at = b.offset(source, group * a.group + panel * width * a.lane)
        to = b.offset(target, rest * a.c * a.taps * (width * size))
        first, stop = span(b, block, a.csize, a.c)
        with b.loop(first, stop) as c, b.loop(0, a.taps) as t:
            here = b.offset(at, c.index * a.inner + b.word(t.index + a.table))
            there = b.offset(to, (c.index * a.taps + t.index) * (width * size))
            for v in range(vectors):
                here_v = b.offset(here, a.lane * (v * lanes))
                value = b.gather(here_v, offsets, memory, masks[v]) if lanes > 1 else b.load(here_v, memory)
                b.store(b.offset(there, v * lanes * size), value, compute)
    return b.kernel()


def pack(dtype: str, groups: int, width: tuple[int, int], lanes: int, inner: int, strides: tuple[int, int, int],
         taps: Sequence[int], from_: int, at: Places, to: int) -> tuple[Launch, int]:
    """Plan the packing of weights; (lane, inner, group) strides and taps in elements. Returns the launch and the bytes
    of the panels.
    """
    compute, size = COMPUTE[dtype], bytes_of(dtype)
    kernel = pack_kernel(dtype, compute, *width, from_, at.scratch, at.free)
    panels = up(lanes, prod(width))
    elements = groups * panels * prod(width) * inner * len(taps)
    cblocks = max(1, min(inner, elements // (groups * panels * 16384)))
    csize = up(inner, cblocks)
    values = dict(panels=panels, lanes=lanes, c=inner, taps=len(taps), lane=strides[0] * size, inner=strides[1] * size,
                  group=strides[2] * size, cblocks=up(inner, csize), csize=csize, to=to)
    plan = launch(kernel, _PACK, values, groups * panels * up(inner, csize), elements * 0.6, [t * size for t in taps])
    return plan, elements * bytes_of(compute)


_FRAME = "planes psize c xn xc xd xh xw sized sizeh sizew lod loh low d h w to"


@writer
def frame_kernel(memory: str, compute: str, lanes: int, index: str, phases: int, unit: bool, from_: int, scratch: int,
                 free: int) -> Kernel:
    """The input copied into a frame of zeros: [n][c][d][h][phase][w]. A chunk is a block of (n, c) planes. `unit`: its
    columns are neighbours.
    """
    b = Builder(f"conv_frame_{memory}" + (f"_{phases}" if phases > 1 else ""))
    a, size = arguments(b, free, _FRAME), bytes_of(compute)
    source, target = b.word(from_, "ptr"), b.offset(b.word(scratch, "ptr"), a.to)
    step = a.xw * phases
    offsets, iota = b.iota("i64", lanes) * step, b.iota(index, lanes)
    plane_bytes = a.d * a.h * a.w * (phases * size)
    with b.loop(b.begin, b.end) as chunk:
        first, stop = span(b, chunk.index, a.psize, a.planes)
        with b.loop(first, stop) as plane, b.loop(0, a.d) as d, b.loop(0, a.h) as h:
            n, c = b.divmod(plane.index, a.c)
            z, y = d.index + a.lod, h.index + a.loh
            inside = (z >= 0) & (z < a.sized) & (y >= 0) & (y < a.sizeh)
            limit = b.select(inside, a.sizew, b.const("i64", 0))
            at = b.offset(source, n * a.xn + c * a.xc + z * a.xd + y * a.xh)
            to = b.offset(target, plane.index * plane_bytes + (d.index * a.h + h.index) * a.w * (phases * size))
            limits = b.splat(b.convert(limit, index), lanes)

            def read(x: Value, apart: int) -> Value:
                """Columns x, x + apart, ... of the row, zeros outside."""
                position = iota * apart + b.splat(b.convert(x, index), lanes)
                mask, here = (position >= 0) & (position < limits), b.offset(at, x * a.xw)
                return (b.load(here, memory, lanes, mask) if unit and apart == 1
                        else b.gather(here, offsets, memory, mask))

            def put(w: Value, phase: Value | int, value: Value) -> None:
                b.store(b.offset(to, (w + a.w * phase) * size), value, compute, b.first(a.w - w, lanes))

            if phases == 2 and unit:
                with b.loop(0, a.w, lanes) as w:
                    x = w.index * 2 + a.low
                    both = read(x, 1), read(x + lanes, 1)
                    for phase in range(2):
                        put(w.index, phase, b.shuffle(*both, range(phase, 2 * lanes, 2)))
            else:
                with b.loop(0, phases) as phase, b.loop(0, a.w, lanes) as w:
                    put(w.index, phase.index, read(w.index * phases + (a.low + phase.index), phases))
    return b.kernel()


@writer
def turned_frame_kernel(memory: str, compute: str, lanes: int, phases: int, from_: int, scratch: int,
                        free: int) -> Kernel:
    """The same from an input whose channels are neighbours; a chunk is a block of (n, vector of channels)."""
    b = Builder(f"conv_frame_{memory}_turned")
    a, size, memory_size = arguments(b, free, _FRAME), bytes_of(compute), bytes_of(memory)
    source, target = b.word(from_, "ptr"), b.offset(b.word(scratch, "ptr"), a.to)
    vector, zero = lanes * size, b.const("i64", 0)
    block = b.alloca(lanes * vector)
    plane = a.d * a.h * a.w * (phases * size)
    with b.loop(b.begin, b.end) as chunk, b.loop(*span(b, chunk.index, a.psize, a.planes)) as number, b.loop(0,
            a.d) as d, b.loop(0, a.h) as h:
        n, first = b.divmod(number.index, b.binary("div", a.c + (lanes - 1), b.const("i64", lanes)))
        first = first * lanes
        present = b.min(a.c - first, b.const("i64", lanes))
        z, y = d.index + a.lod, h.index + a.loh
        limit = b.select((z >= 0) & (z < a.sized) & (y >= 0) & (y < a.sizeh), a.sizew, zero)
        at = b.offset(source, n * a.xn + first * memory_size + z * a.xd + y * a.xh)
        to = b.offset(target, (n * a.c + first) * plane + (d.index * a.h + h.index) * a.w * (phases * size))
        with b.loop(0, phases) as phase, b.loop(0, a.w, lanes) as w:
            with b.loop(0, lanes) as i:
                x = (w.index + i.index) * phases + phase.index + a.low
                mask = b.first(b.select((x >= 0) & (x < limit), present, zero), lanes)
                b.store(b.offset(block, i.index * vector), b.load(b.offset(at, x * a.xw), memory, lanes, mask), compute)
            there, mask = b.offset(to, (w.index + a.w * phase.index) * size), b.first(a.w - w.index, lanes)
            with b.loop(0, present, strip(compute)) as c:
                for k, value in enumerate(turn(b, block, vector, lanes, c.index * size, compute)):
                    with b.when(c.index + k < present):
                        b.store(b.offset(there, (c.index + k) * plane), value, compute, mask)
    return b.kernel()


class Frame(NamedTuple):
    """An input as the kernels read it: in place, or the copy that `launch` makes in the scratch at `to`. `low` is the
    index that the first element of the frame has in the input; strides in elements of `dtype`."""

    layout: Layout
    low: tuple[int, ...]
    phases: int
    dtype: str
    launches: tuple[Launch, ...] = ()
    bytes: int = 0

    def offset(self, index: Sequence[int]) -> int:
        """Elements from the frame's start to the input's element `index`, which may lie outside of it."""
        z, y, x = (i - first for i, first in zip(index, self.low))
        column = x if self.phases == 1 else x % self.phases * (self.layout.spatial[1] // self.phases) + x // self.phases
        return z * self.layout.spatial[0] + y * self.layout.spatial[1] + column


def frame(dtype: str, n: int, c: int, layout: Layout, sizes: Sequence[int], low: Sequence[int], high: Sequence[int],
          phases: int, vector_bytes: int, from_: int, at: Places, to: int) -> Frame:
    """How the elements with indices low <= i < high are reached, those outside the input being zero."""
    compute = COMPUTE[dtype]
    inside = all(first >= 0 and last <= size for first, last, size in zip(low, high, sizes))
    if inside and compute == dtype and layout.spatial[2] == 1 and phases == 1:
        return Frame(layout, (0, 0, 0), 1, dtype)
    size, lanes = bytes_of(dtype), vector_bytes // bytes_of(compute)
    d, h, w = (hi - lo for lo, hi in zip(low, high))
    w = up(w, phases)
    unit = layout.spatial[2] == 1
    index = "i32" if max(abs(low[2]), high[2], sizes[2]) < 1 << 30 else "i64"
    planes, plane = n * c, d * h * w * phases
    bytes, turned = planes * plane * bytes_of(compute), not unit and layout.channel == 1 and c >= lanes // 2
    if turned:
        kernel, planes, cost = turned_frame_kernel(dtype, compute, lanes, phases, from_, at.scratch, at.free), n * up(c,
            lanes), 0.3
    else:
        kernel, cost = frame_kernel(dtype, compute, lanes, index, phases, unit, from_, at.scratch,
                                    at.free), 0.2 if unit and phases < 3 else 1.5
    psize = up(planes, max(1, min(64, planes, bytes // 65536)))
    xd, xh, xw = (s * size for s in layout.spatial)
    values = dict(planes=planes, psize=psize, c=c, xn=layout.outer * size, xc=layout.channel * size, xd=xd, xh=xh,
                  xw=xw, sized=sizes[0],
                  sizeh=sizes[1], sizew=sizes[2], lod=low[0], loh=low[1], low=low[2], d=d, h=h, w=w, to=to)
    plan = launch(kernel, _FRAME, values, up(planes, psize), n * c * plane * cost)
    inner = Layout(c * plane, plane, (h * w * phases, w * phases, 1))
    return Frame(inner, tuple(low), phases, compute, (plan,), bytes)


_WEAVE = "planes psize c yn yc yd yh d h w half from_"


@writer
def weave_kernel(memory: str, lanes: int, out: int, scratch: int, free: int) -> Kernel:
    """Results for even columns and for odd ones, [n][c][d][h][2][half], put together. A chunk is a block of (n, c)
    planes.
    """
    b = Builder(f"conv_weave_{memory}")
    a, size = arguments(b, free, _WEAVE), bytes_of(memory)
    y, source = b.word(out, "ptr"), b.offset(b.word(scratch, "ptr"), a.from_)
    low = [i // 2 + lanes * (i % 2) for i in range(lanes)]
    high = [i + lanes // 2 for i in low]
    with b.loop(b.begin, b.end) as chunk, b.loop(*span(b, chunk.index, a.psize, a.planes)) as plane:
        n, c = b.divmod(plane.index, a.c)
        with b.loop(0, a.d) as d, b.loop(0, a.h) as h:
            here = b.offset(source, ((plane.index * a.d + d.index) * a.h + h.index) * a.half * (2 * size))
            there = b.offset(y, n * a.yn + c * a.yc + d.index * a.yd + h.index * a.yh)
            with b.loop(0, a.half, lanes) as w:
                mask, left = b.first(a.half - w.index, lanes), a.w - w.index * 2
                both = [b.load(b.offset(here, (w.index + a.half * phase) * size), memory, lanes, mask)
                        for phase in range(2)]
                for i, order in enumerate((low, high)):
                    b.store(b.offset(there, (w.index * 2 + i * lanes) * size), b.shuffle(*both, order), memory,
                            b.first(left - i * lanes, lanes))
    return b.kernel()


def weave(dtype: str, n: int, c: int, sizes: Sequence[int], layout: Layout, vector_bytes: int, from_: int,
          at: Places) -> Launch:
    """Plan the result from its even and odd columns, which lie at byte `from_` of the scratch."""
    size = bytes_of(dtype)
    planes, plane = n * c, prod(sizes)
    psize = up(planes, max(1, min(64, planes, planes * plane // 16384)))
    values = dict(planes=planes, psize=psize, c=c, yn=layout.outer * size, yc=layout.channel * size,
                  yd=layout.spatial[0] * size,
                  yh=layout.spatial[1] * size, d=sizes[0], h=sizes[1], w=sizes[2], half=up(sizes[2], 2), from_=from_)
    return launch(weave_kernel(dtype, vector_bytes // bytes_of(COMPUTE[dtype]), at.out, at.scratch, at.free), _WEAVE,
                  values, up(planes, psize), planes * plane * 0.3)


# ---- partial sums ----------------------------------------------------------------------------------------------------

_FINISH = "parts panels o steps size yo part to blocks"


@writer
def finish_kernel(memory: str, compute: str, lanes: int, vectors: int, out: int, scratch: int, free: int) -> Kernel:
    """Adds partial sums in order and turns [group][panel][step][lane] into [group][lane][step]. A chunk is a block of
    steps of one panel.
    """
    b = Builder(f"conv_finish_{memory}")
    a, size, out_size = arguments(b, free, _FINISH), bytes_of(compute), bytes_of(memory)
    y, source = b.word(out, "ptr"), b.offset(b.word(scratch, "ptr"), a.to)
    row_bytes = lanes * vectors * size
    stack = b.alloca(lanes * lanes * size)
    with b.loop(b.begin, b.end) as chunk:
        rest, block = b.divmod(chunk.index, a.blocks)
        g, panel = b.divmod(rest, a.panels)
        with b.loop(*span(b, block, a.size, a.steps), lanes) as step, b.loop(0, vectors) as v:
            from_ = b.offset(source, (rest * a.steps + step.index) * row_bytes + v.index * (lanes * size))
            left = a.steps - step.index
            # behind the last step stand others, or nothing of meaning: what is read there is not stored
            rows = [b.offset(from_, i * row_bytes) for i in range(lanes)]
            with b.loop(1, a.parts, carried=[b.load(r, compute, lanes) for r in rows]) as part:
                here = b.offset(from_, part.index * a.part)
                part.next(*[c + b.load(b.offset(here, i * row_bytes), compute, lanes)
                            for i, c in enumerate(part.carried)])
            for i, value in enumerate(part.results):
                b.store(b.offset(stack, i * lanes * size), value, compute)
            mask = b.first(left, lanes)
            first = (panel * vectors + v.index) * lanes
            channels = b.min(a.o - first, b.const("i64", lanes))
            with b.loop(0, channels, strip(compute)) as lane:
                for i, value in enumerate(turn(b, stack, lanes * size, lanes, lane.index * size, compute)):
                    with b.when(lane.index + i < channels):
                        b.store(b.offset(y, (g * a.o + first + lane.index + i) * a.yo + step.index * out_size), value,
                                memory, mask)
    return b.kernel()


def finish(dtype: str, groups: int, width: tuple[int, int], o: int, steps: int, parts: int, part: int, from_: int,
           out: int, at: Places) -> Launch:
    """Plan the end of a sum over panels: `parts` blocks, `part` bytes apart at byte `from_` of the scratch, into word
    `out`, contiguous. Up to one vector's lanes of steps are read behind the last block."""
    lanes, vectors = width
    compute, panels = COMPUTE[dtype], up(o, lanes * vectors)
    size = up(max(up(steps, 16), 16), lanes) * lanes
    values = dict(parts=parts, panels=panels, o=o, steps=steps, size=size, yo=steps * bytes_of(dtype), part=part,
                  to=from_, blocks=up(steps, size))
    return launch(finish_kernel(dtype, compute, lanes, vectors, out, at.scratch, at.free), _FINISH, values,
                  groups * panels * up(steps, size), (parts + 2) * part / bytes_of(compute) * 0.15)


_ADD = "blocks count size pitch parts part to"


@writer
def add_kernel(memory: str, compute: str, lanes: int, out: int, scratch: int, free: int) -> Kernel:
    """Adds partial sums in order: rows of `count` elements, `pitch` apart where they were summed, one after the other
    in the result. A chunk is a block of a row."""
    b = Builder(f"conv_add_{memory}")
    a, size = arguments(b, free, _ADD), bytes_of(compute)
    y, source = b.word(out, "ptr"), b.offset(b.word(scratch, "ptr"), a.to)
    with b.loop(b.begin, b.end) as chunk:
        row, block = b.divmod(chunk.index, a.blocks)
        with b.loop(*span(b, block, a.size, a.count), lanes) as i:
            mask = b.first(a.count - i.index, lanes)
            here = b.offset(source, row * a.pitch + i.index * size)
            with b.loop(1, a.parts, carried=[b.load(here, compute, lanes, mask)]) as part:
                part.next(part.carried[0] + b.load(b.offset(here, part.index * a.part), compute, lanes, mask))
            b.store(b.offset(y, (row * a.count + i.index) * bytes_of(memory)), part.results[0], memory, mask)
    return b.kernel()


def add_parts(dtype: str, lanes: int, rows: int, count: int, pitch: int, parts: int, part: int, from_: int, out: int,
              at: Places) -> Launch:
    """Plan the sum of `parts` blocks, `part` bytes apart at byte `from_` of the scratch, into word `out`."""
    size = up(max(1024, up(count, 64)), lanes) * lanes
    kernel = add_kernel(dtype, COMPUTE[dtype], lanes, out, at.scratch, at.free)
    return launch(kernel, _ADD,
                  dict(blocks=up(count, size), count=count, size=size, pitch=pitch, parts=parts, part=part, to=from_),
                  rows * up(count, size), rows * count * parts * 0.3)


_CLEAR = "count size"


@writer
def clear_kernel(memory: str, compute: str, lanes: int, out: int, free: int) -> Kernel:
    """Zeros. A chunk is a block of them."""
    b = Builder(f"conv_clear_{memory}")
    a, y, zero = arguments(b, free, _CLEAR), b.word(out, "ptr"), b.const(compute, 0, lanes)
    with b.loop(b.begin, b.end) as chunk, b.loop(*span(b, chunk.index, a.size, a.count), lanes) as i:
        b.store(b.offset(y, i.index * bytes_of(memory)), zero, memory, b.first(a.count - i.index, lanes))
    return b.kernel()


def clear(dtype: str, vector_bytes: int, count: int, out: int, free: int) -> Launch:
    """Plan `count` zeros in word `out`."""
    lanes = vector_bytes // bytes_of(COMPUTE[dtype])
    size = 16384
    return launch(clear_kernel(dtype, COMPUTE[dtype], lanes, out, free), _CLEAR, dict(count=count, size=size),
                  up(count, size), count * 0.1)
