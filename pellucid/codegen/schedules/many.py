"""The update of many tensors at once: one launch for all parameters of an optimiser's step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...dtypes import dtype
from ..ir import Builder, Kernel, Value, writer
from .loop import CHUNK, Access, fit
from .maps import lanes_for

__all__ = ["multi_kernel"]


@writer
def multi_kernel(name: str, body: Callable, columns: tuple[dtype, ...], written: tuple[int, ...], pointers: int,
                 scalars: int, vector_bytes: int) -> Kernel:
    """One body over the elements of many groups of tensors (parameter, gradient, state ...), written back in place.

    words    `pointers` pointers, `scalars` numbers (f64), then the table of `multi_words`
    """
    b = Builder("multi_" + name)
    lanes = lanes_for(columns, vector_bytes)
    values = [b.splat(b.word(pointers + k, "f64"), lanes) for k in range(scalars)]
    table = pointers + scalars
    room = b.word(table)
    with b.loop(b.begin, b.end) as chunk:
        group = b.word(chunk.index + (table + 1)) + (table + 1)             # the first word of this chunk's group
        n, first, place = b.word(group), b.word(group + 1), b.word(group + 2)
        lo = (chunk.index - first) * CHUNK
        hi = b.min(lo + CHUNK, n)
        access = [Access(b, d, "u", b.word(place + room * k, "ptr"), lanes) for k, d in enumerate(columns)]

        def step(i: Value, mask: Value | None, left: Value | None) -> None:
            results = body(*(a.load(i, mask, left) for a in access), *values)
            for k, result in zip(written, results if isinstance(results, tuple) else (results,)):
                access[k].store(i, fit(b, result, columns[k], lanes), mask, left)

        full = lo + (((hi - lo) >> lanes.bit_length() - 1) << lanes.bit_length() - 1)
        with b.loop(lo, full, lanes) as loop:
            step(loop.index, None, None)
        with b.when(full < hi):
            step(full, b.first(hi - full, lanes), hi - full)
    return b.kernel()


def multi_words(numels: Sequence[int], places: Sequence[int], room: int) -> tuple[list[int], int]:
    """The table of `multi_kernel`: how far apart columns are among the pointers; for each chunk the word where its
    group begins; for each group its number of elements, its first chunk and its place in a column. Returns the words
    and the number of chunks."""
    chunks = [-(-n // CHUNK) for n in numels]
    total = sum(chunks)
    heads: list[int] = []
    groups: list[int] = []
    first = 0
    for n, count, place in zip(numels, chunks, places):
        heads += [total + len(groups)] * count
        groups += [n, first, place]
        first += count
    return [room, *heads, *groups], total
