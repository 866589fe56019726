"""The gradients of pooling, distributed plane by plane in the order of the outputs.

    max_gradient(p)         words: input's gradient, output's gradient, indices
    average_gradient(p)     words: input's gradient, output's gradient

Windows of two columns, 2 apart, which do not overlap, have them written in one pass (`pairs`). A chunk is a block of
planes and owns what it writes, so the bits do not depend on threads. What a pooling is: `pool.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from types import SimpleNamespace

from ..ir import Builder, Kernel, Launch, Value, writer
from .frame import COMPUTE, Layout, arguments, bytes_of, launch, span
from .pool import _WORDS, Columns, Pooling, divided, flat, index_type, inside, layouts, plane_of, window, words

__all__ = ["max_gradient", "average_gradient"]


def clear(b: Builder, a: SimpleNamespace, plane: Value, memory: str, lanes: int, unit: bool) -> None:
    """Zeros in a plane of the input's gradient."""
    size, zero = bytes_of(memory), b.const(COMPUTE[memory], 0, lanes)
    offsets = None if unit else b.iota("i64", lanes) * (a.xw * size)
    with b.loop(0, a.d) as z, b.loop(0, a.h) as h, b.loop(0, a.w, lanes) as w:
        mask = b.first(a.w - w.index, lanes)
        to = b.offset(plane, (z.index * a.xd + h.index * a.xh + w.index * a.xw) * size)
        if unit:
            b.store(to, zero, memory, mask)
        else:
            b.scatter(to, offsets, zero, memory, mask)


@writer
def max_gradient_kernel(memory: str, lanes: int, unit: bool) -> Kernel:
    """Adds each output's gradient where its maximum was, output after output. An index outside the plane is passed
    over.
    """
    b = Builder(f"max_pool_gradient_{memory}")
    compute, size = COMPUTE[memory], bytes_of(memory)
    a = arguments(b, 3, _WORDS)
    x, y, indices = (b.word(i, "ptr") for i in range(3))
    with b.loop(b.begin, b.end) as chunk, b.loop(*span(b, chunk.index, a.psize, a.planes)) as plane:
        target = plane_of(b, a, x, plane.index, "x", size)
        clear(b, a, target, memory, lanes, unit)
        n, c = b.divmod(plane.index, a.c)
        with b.loop(0, a.od) as od, b.loop(0, a.oh) as oh:
            row = n * a.yn + c * a.yc + od.index * a.yd + oh.index * a.yh
            with b.loop(0, a.ow) as ow:
                at = row + ow.index * a.yw
                found = b.load(b.offset(indices, at * 8), "i64")
                with b.when((found >= 0) & (found < a.d * a.h * a.w)):
                    if unit:                              # contiguous, see `max_gradient`
                        place = found
                    else:
                        zh, w = b.divmod(found, a.w)
                        z, h = b.divmod(zh, a.h)
                        place = z * a.xd + h * a.xh + w * a.xw
                    to = b.offset(target, place * size)
                    gradient = b.convert(b.load(b.offset(y, at * size), memory), compute)
                    b.store(to, b.convert(b.load(to, memory), compute) + gradient, memory)
    return b.kernel()


@writer
def disjoint_kernel(memory: str, lanes: int) -> Kernel:
    """The same where windows do not overlap and planes are contiguous: no element has two gradients, and vectors of
    them are scattered.
    """
    b = Builder(f"max_pool_gradient_{memory}_disjoint")
    compute, size = COMPUTE[memory], bytes_of(memory)
    a = arguments(b, 3, _WORDS)
    x, y, indices = (b.word(i, "ptr") for i in range(3))
    elements, count = a.d * a.h * a.w, a.od * a.oh * a.ow
    limit = b.splat(elements, lanes)
    with b.loop(b.begin, b.end) as chunk, b.loop(*span(b, chunk.index, a.psize, a.planes)) as plane:
        target = plane_of(b, a, x, plane.index, "x", size)
        with b.loop(0, elements, lanes) as i:
            b.store(b.offset(target, i.index * size), b.const(compute, 0, lanes), memory,
                    b.first(elements - i.index, lanes))
        n, c = b.divmod(plane.index, a.c)
        row = n * a.yn + c * a.yc
        with b.loop(0, count, lanes) as i:
            mask, at = b.first(count - i.index, lanes), row + i.index
            found = b.load(b.offset(indices, at * 8), "i64", lanes, mask)
            value = b.convert(b.load(b.offset(y, at * size), memory, lanes, mask), compute)
            b.scatter(target, found * size, value, memory, mask & (found >= 0) & (found < limit))
    return b.kernel()


@writer
def pairs_kernel(operation: str, memory: str, lanes: int, index: str, divide: str, exact: bool) -> Kernel:
    """The input's gradient where windows are two columns wide, two apart, do not overlap and do not leave the input.
    `exact`: they cover all of it."""
    b = Builder(f"{operation}_pool_gradient_{memory}_pairs")
    maximum, compute, size = operation == "max", COMPUTE[memory], bytes_of(memory)
    a = arguments(b, 3 if maximum else 2, _WORDS)
    x, y = b.word(0, "ptr"), b.word(1, "ptr")
    zero = b.const(compute, 0, lanes)
    low = [i // 2 + lanes * (i % 2) for i in range(lanes)]
    high = [i + lanes // 2 for i in low]
    number = b.splat(b.convert(a.divisor if divide == "given" else a.kd * a.kh * a.kw, compute), lanes)
    columns = b.iota(index, lanes) * 2
    with b.loop(b.begin, b.end) as chunk, b.loop(*span(b, chunk.index, a.psize, a.planes)) as plane:
        target = plane_of(b, a, x, plane.index, "x", size)
        if not exact:
            clear(b, a, target, memory, lanes, True)
        n, c = b.divmod(plane.index, a.c)
        with b.loop(0, a.od) as od, b.loop(0, a.oh) as oh, b.loop(0, a.ow, lanes) as ow:
            left = a.ow - ow.index
            mask = b.first(left, lanes)
            at = n * a.yn + c * a.yc + od.index * a.yd + oh.index * a.yh + ow.index
            value = b.convert(b.load(b.offset(y, at * size), memory, lanes, mask), compute)
            masks = b.first(left * 2, lanes), b.first(left * 2 - lanes, lanes)
            if maximum:
                found = b.convert(b.load(b.offset(b.word(2, "ptr"), at * 8), "i64", lanes, mask), index)
            else:
                value = b.binary("div", value, number)
            with b.loop(0, a.kd) as kd, b.loop(0, a.kh) as kh:
                z, h = od.index * a.sd + kd.index, oh.index * a.sh + kh.index
                both = [value, value]
                if maximum:
                    first = columns + b.splat(b.convert((z * a.h + h) * a.w + ow.index * 2, index), lanes)
                    both = [b.select(found == first + t, value, zero) for t in range(2)]
                to = b.offset(target, (z * a.xd + h * a.xh + ow.index * 2) * size)
                b.store(to, b.shuffle(*both, low), memory, masks[0])
                b.store(b.offset(to, lanes * size), b.shuffle(*both, high), memory, masks[1])
    return b.kernel()


@writer
def average_gradient_kernel(memory: str, lanes: int, index: str, by_lanes: bool, unit: bool, near: bool, adaptive: bool,
                            divide: str) -> Kernel:
    """Adds each output's share to every element of its window, output after output; vectors run along outputs, tap by
    tap, or (`by_lanes` false) along the rows of one window. `unit`: the gradient's columns are neighbours; `near`:
    those of a vector are."""
    b = Builder(f"average_pool_gradient_{memory}_{'lanes' if by_lanes else 'window'}")
    compute, size = COMPUTE[memory], bytes_of(memory)
    a = arguments(b, 2, _WORDS)
    x, y = b.word(0, "ptr"), b.word(1, "ptr")

    def add(to: Value, value: Value, mask: Value, offsets: Value | None) -> None:
        old = b.load(to, memory, lanes, mask) if offsets is None else b.gather(to, offsets, memory, mask)
        new = b.convert(old, compute) + value
        b.store(to, new, memory, mask) if offsets is None else b.scatter(to, offsets, new, memory, mask)

    with b.loop(b.begin, b.end) as chunk, b.loop(*span(b, chunk.index, a.psize, a.planes)) as plane:
        target = plane_of(b, a, x, plane.index, "x", size)
        clear(b, a, target, memory, lanes, unit)
        n, c = b.divmod(plane.index, a.c)
        with b.loop(0, a.od) as od, b.loop(0, a.oh) as oh:
            deep, high = window(b, a, "d", od.index, adaptive, False), window(b, a, "h", oh.index, adaptive, False)
            row = n * a.yn + c * a.yc + od.index * a.yd + oh.index * a.yh
            if by_lanes:
                offsets = b.iota("i64", lanes) * (a.yw * size)
                with b.loop(0, a.ow, lanes) as ow:
                    columns = Columns(b, a, ow.index, lanes, index, False, "")
                    from_ = b.offset(y, (row + ow.index * a.yw) * size)
                    value = b.convert(b.gather(from_, offsets, memory, columns.present), compute)
                    width = None if divide == "given" else b.convert(columns.extent(divide == "padded"), compute)
                    value = divided(b, value, width, deep, high, divide, a.divisor, columns.present)
                    with b.loop(deep.first, deep.stop) as z, b.loop(high.first, high.stop) as h, b.loop(0, a.kw) as k:
                        here = b.offset(target, (z.index * a.xd + h.index * a.xh) * size)
                        valid = columns.valid(k.index)
                        if near:
                            add(b.offset(here, (columns.scalar + k.index) * size), value, valid, None)
                        else:
                            add(here, value, valid, b.convert(columns.position(k.index), "i64") * (a.xw * size))
            else:
                offsets = None if near else b.iota("i64", lanes) * (a.xw * size)
                with b.loop(0, a.ow) as ow:
                    wide = window(b, a, "w", ow.index, adaptive, False)
                    value = b.convert(b.load(b.offset(y, (row + ow.index * a.yw) * size), memory), compute)
                    width = b.convert(wide.extent if divide == "padded" else wide.count, compute)
                    value = b.splat(divided(b, value, None if divide == "given" else width, deep, high, divide,
                                            a.divisor, None), lanes)
                    with b.loop(deep.first, deep.stop) as z, b.loop(high.first, high.stop) as h, b.loop(wide.first,
                            wide.stop, lanes) as w:
                        to = b.offset(target, (z.index * a.xd + h.index * a.xh + w.index * a.xw) * size)
                        add(to, value, b.first(wide.stop - w.index, lanes), offsets)
    return b.kernel()


def disjoint_pairs(p: Pooling, x: Layout, y: Layout) -> bool:
    """Whether `pairs_kernel` applies."""
    return bool(inside(p) and p.kernel[2] == p.stride[2] == 2 and not any(d != 1 for d in p.dilation)
                and all(s >= k for s, k in zip(p.stride, p.kernel)) and x.spatial[2] == y.spatial[2] == 1)


def dense(sizes: Sequence[int], x: Layout) -> bool:
    """Whether a plane is one run of memory."""
    return all(size == 1 or s == t for size, s, t in zip(sizes, x.spatial, Layout.contiguous(1, sizes).spatial))


def covered(p: Pooling) -> bool:
    return p.kernel == p.stride and all(out * k == size for out, k, size in zip(p.out, p.kernel, p.spatial))


def max_gradient(p: Pooling, gradient: Layout | None = None, output: Layout | None = None, *,
                 vector_bytes: int) -> tuple[list[Launch], int]:
    """Plan the input's gradient (of layout `output`) from the output's and the indices, both of layout `gradient`."""
    x, y = layouts(p, output, gradient)
    lanes, outputs = vector_bytes // bytes_of(COMPUTE[p.dtype]), p.n * p.c * prod(p.out)
    work = p.n * p.c * prod(p.spatial) * 0.1
    # an index is an offset where the plane is contiguous
    unit = dense(p.spatial, x)
    apart = bool(p.kernel) and all(d * (k - 1) < s or out == 1
                                   for k, s, d, out in zip(p.kernel, p.stride, p.dilation, p.out))
    if disjoint_pairs(p, x, y) and (p.out[2] >= 12 or not dense(p.out, y)):
        kernel, work = pairs_kernel("max", p.dtype, lanes, index_type(p), "", covered(p)), work + outputs * 0.2
    elif apart and unit and dense(p.out, y):
        kernel, work = disjoint_kernel(p.dtype, lanes), work + outputs * 0.5
    else:
        kernel, work = max_gradient_kernel(p.dtype, lanes, unit), work + outputs * 1.4
    values, chunks = words(p, x, y, 0, False, work)
    return [launch(kernel, _WORDS, values, chunks, work)], 0


def average_gradient(p: Pooling, gradient: Layout | None = None, output: Layout | None = None,
                     count_include_pad: bool = True,
                     divisor_override: int | None = None, *, vector_bytes: int) -> tuple[list[Launch], int]:
    """Plan the input's gradient (of layout `output`) of an average from the output's."""
    x, y = layouts(p, output, gradient)
    p, x, y = flat(p, x, y)
    adaptive, lanes = not p.kernel, vector_bytes // bytes_of(COMPUTE[p.dtype])
    divide = "given" if divisor_override is not None else "padded" if count_include_pad and not adaptive else "valid"
    outputs = p.n * p.c * prod(p.out)
    work = p.n * p.c * prod(p.spatial) * 0.1
    if not adaptive and disjoint_pairs(p, x, y):
        kernel, work = pairs_kernel("average", p.dtype, lanes, index_type(p), divide, covered(p)), work + outputs * 0.1
    else:
        wide = p.kernel[2] if p.kernel else p.spatial[2]
        by_lanes = not adaptive and wide < lanes and p.out[2] >= wide
        unit = x.spatial[2] == 1
        near = unit and (not by_lanes or p.stride[2] == 1)
        kernel = average_gradient_kernel(p.dtype, lanes, index_type(p), by_lanes, unit, near, adaptive, divide)
        work += outputs * (prod(p.kernel) if p.kernel else prod(p.spatial) / prod(p.out)) * (0.3 if near else 1.2)
    values, chunks = words(p, x, y, divisor_override or 0, False, work)
    return [launch(kernel, _WORDS, values, chunks, work)], 0
