"""What a convolution is to its kernels: its sizes, where its operands lie, and what a user may choose."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from .frame import Layout, output_size

__all__ = ["Convolution", "settings"]


ACCUMULATORS = {64: 28, 32: 12, 16: 12}                       # vector registers that a tile may fill, of 32, 16 and 16


class Convolution(NamedTuple):
    """Sizes of one convolution. Spatial tuples have three entries, missing dimensions in front; `padding` is what
    stands before the first element (behind the last one there is as much as `out` asks for)."""

    n: int
    c: int
    o: int
    spatial: tuple[int, ...]
    out: tuple[int, ...]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    dtype: str

    @classmethod
    def of(cls, n: int, c: int, o: int, spatial: Sequence[int], kernel: Sequence[int], stride: Sequence[int] = (),
           padding: Sequence[int] = (), dilation: Sequence[int] = (), groups: int = 1, dtype: str = "f32",
           out: Sequence[int] | None = None) -> Convolution:
        """Fill in defaults and leading dimensions. `out` is needed only where sizes do not follow (transposed
        convolution, uneven padding).
        """
        rank = len(spatial)
        stride, padding, dilation = tuple(stride) or (1,) * rank, tuple(padding) or (0,) * rank, tuple(dilation) or (
            1,) * rank
        if out is None:
            out = output_size(spatial, kernel, stride, padding, dilation)
        front = 3 - rank
        return cls(n, c, o, (1,) * front + tuple(spatial), (1,) * front + tuple(out), (1,) * front + tuple(kernel), (1,
                   ) * front + stride, (0,) * front + padding, (1,) * front + dilation, groups, dtype)

    def stepping(self) -> Convolution:
        """The same with a stride of 1 where it leads nowhere, lest it decide how much of the input is laid out."""
        return self._replace(stride=tuple(s if size > 1 else 1 for s, size in zip(self.stride, self.out)))


class settings:
    """What a user may choose, for plans made from then on. `winograd` rounds about twice as badly as the direct sum;
    PELLUCID_WINOGRAD=0 turns it off. Tests set it to "always", which means also where it is slower."""

    winograd: bool | str = os.environ.get("PELLUCID_WINOGRAD", "1") != "0"


def numbers(x: Convolution) -> tuple[int, int, int]:
    """By how much the number of a tap grows along each dimension of the window."""
    return x.kernel[1] * x.kernel[2], x.kernel[2], 1


def layouts(x: Convolution, input: Layout | None, weight: Layout | None,
            output: Layout | None) -> tuple[Layout, Layout, Layout]:
    return (input or Layout.contiguous(x.c, x.spatial), weight or Layout.contiguous(x.c // x.groups, x.kernel),
            output or Layout.contiguous(x.o, x.out))
