"""Compaction: the places of true elements."""

from __future__ import annotations

from ..ir import Builder, Kernel, Launch, writer
from .loop import CHUNK

__all__ = ["compact_plan"]

_LANES = 16


def compact_plan(count: int, size: int) -> tuple[list[Launch], int]:
    """Write the positions (int64) of the first `size` true bytes among `count` contiguous ones, in order. Where there
    are fewer (another thread changed the mask since they were counted) the rest is 0. Returns the launches and the
    bytes of scratch they share: chunks count theirs, each learns where it begins, and they write."""
    if not count:
        return [], 0
    chunks = -(-count // CHUNK)
    words = (count, size, chunks)
    return [Launch(_count_kernel(), words, chunks, count * 0.05), Launch(_begin_kernel(), words, 1, chunks),
            Launch(_compact_kernel(), words, chunks, count * 0.6)], 8 * (chunks + 1)


@writer
def _count_kernel() -> Kernel:
    b = Builder("compact_counts")
    mask, counts, count = b.word(1, "ptr"), b.word(2, "ptr"), b.word(3)
    none = b.const("i32", 0, _LANES)
    with b.loop(b.begin, b.end) as chunk:
        first = chunk.index * CHUNK
        last = b.min(first + CHUNK, count)
        with b.loop(first, last, _LANES, (none,)) as loop:
            left = last - loop.index
            hits = b.load(b.offset(mask, loop.index), "b8", _LANES, b.first(left, _LANES))
            loop.next(loop.carried[0] + b.convert(hits, "i32"))
        b.store(b.offset(counts, chunk.index * 8), b.convert(b.fold(loop.results[0], lambda x, y: x + y), "i64"), "i64")
    return b.kernel()


@writer
def _begin_kernel() -> Kernel:
    """The counts become the places where chunks begin to write, no place beyond the output's end."""
    b = Builder("compact_begins")
    counts, size, chunks, zero = b.word(2, "ptr"), b.word(4), b.word(5), b.const("i64", 0)
    with b.loop(b.begin, b.end):
        with b.loop(0, chunks, 1, (zero,)) as loop:
            at = b.offset(counts, loop.index * 8)
            after = b.min(loop.carried[0] + b.load(at, "i64"), size)
            b.store(at, loop.carried[0], "i64")
            loop.next(after)
        b.store(b.offset(counts, chunks * 8), size, "i64")
    return b.kernel()


@writer
def _compact_kernel() -> Kernel:
    b = Builder("compact")
    out, mask, begins, count = b.word(0, "ptr"), b.word(1, "ptr"), b.word(2, "ptr"), b.word(3)
    zero = b.const("i64", 0)
    with b.loop(b.begin, b.end) as chunk:
        first = chunk.index * CHUNK
        begin, end = (b.load(b.offset(begins, (chunk.index + k) * 8), "i64") for k in range(2))
        last = b.min(first + CHUNK, count)
        with b.loop(first, last, _LANES, (begin,)) as several:
            left = last - several.index
            hits = b.load(b.offset(mask, several.index), "b8", _LANES, b.first(left, _LANES))
            with b.when(b.any(hits), several.carried[0]) as some:
                with b.loop(several.index, b.min(several.index + _LANES, last), 1, several.carried) as loop:
                    (position,) = loop.carried
                    # no branch on the element, which would be guessed wrong half the time: what is not true is written
                    # over by the next
                    with b.when(position < end):
                        b.store(b.offset(out, position * 8), loop.index, "i64")
                    loop.next(position + b.convert(b.load(b.offset(mask, loop.index), "b8"), "i64"))
                some.next(*loop.results)
            several.next(*some.results)
        with b.loop(several.results[0], end) as rest:
            b.store(b.offset(out, rest.index * 8), zero, "i64")
    return b.kernel()
