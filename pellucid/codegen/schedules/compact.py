"""Compaction: the places of true elements."""

from __future__ import annotations

from ..ir import Builder, Kernel, Launch, writer

__all__ = ["compact_plan"]


def compact_plan(count: int) -> list[Launch]:
    """Write the positions (int64) of the true bytes among `count` contiguous ones. One thread, in order; the output's size must be
    their number, and nothing is written beyond it."""
    return [Launch(_compact_kernel(), (count,), 1, count * 1.0)] if count else []


@writer
def _compact_kernel() -> Kernel:
    b = Builder("compact")
    out, mask, count = b.word(0, "ptr"), b.word(1, "ptr"), b.word(2)
    with b.loop(b.begin, b.end):
        with b.loop(0, count, 1, (b.const("i64", 0),)) as loop:
            (position,) = loop.carried
            hit = b.load(b.offset(mask, loop.index), "b8")
            with b.when(hit):
                b.store(b.offset(out, position * 8), loop.index, "i64")
            loop.next(position + b.convert(hit, "i64"))
    return b.kernel()
