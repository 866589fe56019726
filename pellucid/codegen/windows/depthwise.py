"""Depthwise convolution: every output channel reads one input channel.

There is no sum over channels to feed the micro-kernel, so the work is bound by loads. A tile is some output rows x one
vector of columns of one plane; each vector of the input is loaded once for all the rows that it reaches, in place, with
a mask where the window leaves the input. The window, its dilation and the step of columns are part of the text; weights
are held in registers where they fit.

    plan(...) -> launches, or None where the general way is to be taken

Called by conv.py; knows strides, element types and sizes, no tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from ..dense.tile import Activation
from ..ir import Builder, Kernel, Launch, Value, is_float, writer
from .frame import COMPUTE, Layout, Places, arguments, bytes_of, launch, span, up

__all__ = ["plan"]

_WORDS = "planes psize c multiplier xn xc xh yn yc yh weight h w oh ow low lowh"
LARGEST = 49                    # taps of a window that is unrolled


@writer
def kernel(memory: str, lanes: int, rows: int, window: tuple[int, int], stride: tuple[int, int],
           dilation: tuple[int, int], bias: bool, activation: Activation | None, at: Places) -> Kernel:
    """A chunk is a block of planes of the output. The table holds the byte offsets of the taps in the weight of a
    channel.
    """
    compute, size = COMPUTE[memory], bytes_of(memory)
    b = Builder(f"conv_depthwise_{memory}_{window[0]}x{window[1]}")
    a = arguments(b, at.free, _WORDS)
    x, w, y = (b.word(place, "ptr") for place in (at.x, at.w, at.out))
    taps = [b.word(a.table + t) for t in range(prod(window))]
    zero, iota = b.const(compute, 0, lanes), b.iota("u32", lanes)

    def add(sum: Value, weight: Value, value: Value) -> Value:
        return b.fma(weight, value, sum) if is_float(compute) else sum + weight * value

    with b.loop(b.begin, b.end) as chunk, b.loop(*span(b, chunk.index, a.psize, a.planes)) as plane:
        n, c = b.divmod(plane.index, a.c)
        weights = [b.splat(b.convert(b.load(b.offset(w, c * a.weight + tap), memory), compute), lanes) for tap in taps]
        shift = b.convert(b.load(b.offset(b.word(at.bias, "ptr"), c * size), memory), compute) if bias else None
        source = b.offset(x, n * a.xn + b.binary("div", c, a.multiplier) * a.xc)
        target = b.offset(y, n * a.yn + c * a.yc)
        with b.loop(0, a.oh, rows) as h, b.loop(0, a.ow, lanes) as j:
            first, top = j.index * stride[1] + a.low, h.index * stride[0] + a.lowh
            sums = [zero] * rows
            for i in range((rows - 1) * stride[0] + (window[0] - 1) * dilation[0] + 1):
                users = [(r, (i - r * stride[0]) // dilation[0]) for r in range(rows)
                         if (i - r * stride[0]) % dilation[0] == 0 and 0 <= (i - r * stride[0]) // dilation[0]
                         < window[0]]
                if not users:
                    continue
                row = top + i
                limit = b.splat(b.convert(b.select((row >= 0) & (row < a.h), a.w, b.const("i64", 0)), "u32"), lanes)
                here, pairs = b.offset(source, row * a.xh), {}

                def read(column: Value, here: Value = here, limit: Value = limit) -> Value:
                    # columns left of the input wrap to large numbers
                    mask = iota + b.splat(b.convert(column, "u32"), lanes) < limit
                    return b.convert(b.load(b.offset(here, column * size), memory, lanes, mask), compute)

                for k in range(window[1]):
                    if stride[1] == 1:
                        value = read(first + k * dilation[1])
                    else:
                        if k % 2 == 0:
                            pairs[k] = read(first + k), read(first + (k + lanes))
                        value = b.shuffle(*pairs[k - k % 2], range(k % 2, 2 * lanes, 2))
                    for r, t in users:
                        sums[r] = add(sums[r], weights[t * window[1] + k], value)
            for r, value in enumerate(sums):
                value = value + shift if shift is not None else value
                value = activation.body(value) if activation is not None else value
                mask = b.first(b.select(h.index + r < a.oh, a.ow - j.index, b.const("i64", 0)), lanes)
                b.store(b.offset(target, (h.index + r) * a.yh + j.index * size), value, memory, mask)
    return b.kernel()


def plan(dtype: str, n: int, channels: int, multiplier: int, sizes: Sequence[int], out: Sequence[int],
         window: tuple[int, int],
         stride: tuple[int, int], dilation: tuple[int, int], low: Sequence[int], x_layout: Layout, y_layout: Layout,
         weight: int, taps: Sequence[int], bias: bool, activation: Activation | None, vector_bytes: int,
         at: Places) -> list[Launch] | None:
    """Plan `channels` output channels, each `multiplier` of which read the same one; the first tap reads at `low`.
    `weight` is the stride of output channels in the weight, `taps` are the places of its taps, in elements."""
    if (x_layout.spatial[2] != 1 or y_layout.spatial[2] != 1 or prod(window) > LARGEST or stride[1] > 2
        or stride[1] == 2 and dilation[1] != 1
            or max(*sizes, *out) >= 1 << 30):
        return None
    size, lanes = bytes_of(dtype), vector_bytes // bytes_of(COMPUTE[dtype])
    rows = min(4 if prod(window) <= 25 else 3, out[0])
    planes = n * channels
    work = planes * prod(out) * (0.4 + prod(window) * 1.5 / lanes) / 2
    psize = up(planes, max(1, min(64, planes, int(work / 20000))))
    values = dict(planes=planes, psize=psize, c=channels, multiplier=multiplier, xn=x_layout.outer * size,
                  xc=x_layout.channel * size,
                  xh=x_layout.spatial[1] * size, yn=y_layout.outer * size, yc=y_layout.channel * size,
                  yh=y_layout.spatial[1] * size,
                  weight=weight * size, h=sizes[0], w=sizes[1], oh=out[0], ow=out[1], low=low[1], lowh=low[0])
    return [launch(kernel(dtype, lanes, rows, window, stride, dilation, bias, activation, at), _WORDS, values,
                   up(planes, psize), work, [tap * size for tap in taps])]
