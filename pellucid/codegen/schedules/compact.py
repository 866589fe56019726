"""Compaction: the places of true elements."""

from __future__ import annotations

from ..ir import Builder, Kernel, Launch, writer

__all__ = ["compact_plan"]


def compact_plan(count: int, size: int) -> list[Launch]:
    """Write the positions (int64) of the first `size` true bytes among `count` contiguous ones. One thread, in order.
    Where there are fewer (another thread changed the mask since they were counted) the rest is 0."""
    return [Launch(_compact_kernel(), (count, size), 1, count * 1.0)] if count else []


@writer
def _compact_kernel() -> Kernel:
    b = Builder("compact")
    out, mask, count, size = b.word(0, "ptr"), b.word(1, "ptr"), b.word(2), b.word(3)
    zero = b.const("i64", 0)
    with b.loop(b.begin, b.end):
        with b.loop(0, count, 1, (zero,)) as loop:
            (position,) = loop.carried
            hit = b.load(b.offset(mask, loop.index), "b8") & (position < size)
            with b.when(hit):
                b.store(b.offset(out, position * 8), loop.index, "i64")
            loop.next(position + b.convert(hit, "i64"))
        with b.loop(loop.results[0], size) as rest:
            b.store(b.offset(out, rest.index * 8), zero, "i64")
    return b.kernel()
