"""Padding by a constant, by reflection, repetition or going around."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pellucid import ops
from pellucid.check import check
from pellucid.core.meta import contiguous_format, memory_format, suggested_format
from pellucid.dtypes import int64
from pellucid.ops.families.composites import composite
from pellucid.ops.made.arguments import unseen
from pellucid.tensor import Tensor

__all__ = ["pad"]


@composite(public=False)
def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad by `pad` = (before, after) of each dimension, the last one first; negative numbers crop.

    `mode` is 'constant' (with `value`), 'reflect', 'replicate' or 'circular'.
    """
    check(len(pad) % 2 == 0, "Padding length must be divisible by 2")
    check(len(pad) <= 2 * input.dim(),
          "Padding length should be less than or equal to two times the input dimension but got padding "
          "length {} and input of dimension {}", len(pad), input.dim())
    sides = [(input.dim() - 1 - i, pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)]
    if mode == "constant":
        return _pad_constant(input, sides, 0.0 if value is None else value)
    check(mode in _EDGES, "Unrecognised padding mode {}", mode, error=NotImplementedError)
    check(value is None or value == 0, "Padding mode \"{}\" doesn't take in value argument", mode)
    check(input.dim() - len(sides) in (1, 2) and len(sides) <= 3,
          "Padding size {} is not supported for {}D input tensor.\nSupported combinations for non-constant padding:\n  "
          "- 2D or 3D input: padding size = 2 (pads last dimension)\n  - 3D or 4D input: padding size = 4 (pads last 2 "
          "dimensions)\n  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)", len(pad), input.dim(),
          error=NotImplementedError)
    layout = contiguous_format if mode == "circular" else _layout(input)
    check(mode == "circular" or 0 not in input.shape[input.dim() - len(sides) - 1:],
          "Expected {}D or {}D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for input, "
          "but got: {}", len(sides) + 1, len(sides) + 2,
          list(input.shape))
    padded = input
    for dim, before, after in sides:
        padded = _pad_edges(padded, mode, dim, before, after)
    return (padded.clone(memory_format=layout) if padded.storage is input.storage
            else padded.contiguous(memory_format=layout))


def _pad_edges(input: Tensor, mode: str, dim: int, before: int, after: int) -> Tensor:
    """`pad` of one dimension by what is at its edges."""
    size = input.shape[dim]
    if mode == "circular":
        check(max(before, after) <= size, "Padding value causes wrapping around more than once.")
        check(size + before + after >= 0, "Negative padding value is resulting in an empty dimension")
        kept = size + min(before, 0) + min(after, 0)                 # it is cropped first, then wrapped around
        input, size, before, after = input.narrow(dim, max(-before, 0), kept), kept, max(before, 0), max(after, 0)
    else:
        check(size + before + after > 0, "input (size {} of dimension {}) is too small. Calculated output size: {}",
              size, dim, size + before + after)
    check(mode != "reflect" or max(before, after) < size,
          "Argument #4: Padding size should be less than the corresponding input dimension, but "
          "got: padding ({}, {}) at dimension {} of input {}", before, after, dim, list(input.shape))
    if not (before or after):
        return input
    places = [_EDGES[mode](i, size) for i in range(-before, size + after)]
    return input.index_select(dim, ops.tensor(places, dtype=int64, device=input.device))


def _layout(input: Tensor) -> memory_format:
    """The memory format that results shaped like `input` have: the one that its strides speak for."""
    return suggested_format(input.meta)


# Where the element at place i of a padded line of n comes from.
_EDGES: dict[str, Callable[[int, int], int]] = {
    "reflect": lambda i, n: -i if i < 0 else i if i < n else 2 * (n - 1) - i,
    "replicate": lambda i, n: min(max(i, 0), n - 1),
    "circular": lambda i, n: i % n,
}


def _pad_constant(input: Tensor, sides: list[tuple[int, int, int]], value: float) -> Tensor:
    shape, inner, layout = list(input.shape), [slice(None)] * input.dim(), _layout(input)
    for dim, before, after in sides:
        shape[dim] += before + after
        check(shape[dim] >= 0,
              "The input size {}, plus negative padding {} and {} resulted in a negative output size, which is "
              "invalid. Check dimension {} of your input.", input.shape[dim], before, after, dim)
        inner[dim] = slice(max(before, 0), shape[dim] - max(after, 0))
        input = input.narrow(dim, max(-before, 0), input.shape[dim] - max(-before, 0) - max(-after, 0))
    if shape == list(input.shape):                           # nothing is added
        return input.clone()
    padded = ops.empty(shape, dtype=input.dtype, device=input.device, memory_format=layout).fill_(value)
    padded[tuple(inner)] = input
    return unseen(padded)
