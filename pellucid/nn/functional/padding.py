"""Padding by a constant, by reflection, repetition or going around."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pellucid import ops
from pellucid.check import check
from pellucid.core.meta import contiguous_format, memory_format, suggested_format
from pellucid.ops.families.composites import composite
from pellucid.ops.made.arguments import unseen
from pellucid.ops.made.copy import check_number
from pellucid.tensor import Tensor

__all__ = ["pad"]


@composite(public=False)
def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad by `pad` = (before, after) of each dimension, the last one first; negative numbers crop.

    `mode` is 'constant' (with `value`), 'reflect', 'replicate' or 'circular'.
    """
    for place, width in enumerate(pad):
        check(hasattr(width, "__index__") and (place > 0 or not isinstance(width, bool)),
              "pad(): argument 'pad' (position 2) must be tuple of ints, but found element of type {} at pos {}",
              type(width).__name__, place, error=TypeError)
    check(len(pad) % 2 == 0, "Padding length must be divisible by 2")
    check(len(pad) <= 2 * input.dim(),
          "Padding length should be less than or equal to two times the input dimension but got padding "
          "length {} and input of dimension {}", len(pad), input.dim())
    sides = [(input.dim() - 1 - i, pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)]
    if mode == "constant":
        check_number(0 if value is None else value, input.dtype)
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
    return (padded.clone(memory_format=layout) if padded.memory is input.memory
            else padded.contiguous(memory_format=layout))


def _pad_edges(input: Tensor, mode: str, dim: int, before: int, after: int) -> Tensor:
    """`pad` of one dimension by what is at its edges."""
    size = input.shape[dim]
    if mode == "circular":
        check(max(before, after) <= size, "Padding value causes wrapping around more than once.")
        check(size + before + after >= 0, "Negative padding value is resulting in an empty dimension")
        kept = size + min(before, 0) + min(after, 0)                 # it is cropped first, then wrapped around
        check(max(before, after) <= kept, "Padding value causes wrapping around more than once.")
        input, size, before, after = input.narrow(dim, max(-before, 0), kept), kept, max(before, 0), max(after, 0)
    else:
        check(size + before + after > 0, "input (size {} of dimension {}) is too small. Calculated output size: {}",
              size, dim, size + before + after)
    check(mode != "reflect" or max(before, after) < size,
          "Argument #4: Padding size should be less than the corresponding input dimension, but "
          "got: padding ({}, {}) at dimension {} of input {}", before, after, dim, list(input.shape))
    if not (before or after):
        return input
    start, kept = max(-before, 0), size + min(before, 0) + min(after, 0)
    parts = [input.narrow(dim, start, kept)] if kept > 0 else []
    if before > 0:
        parts.insert(0, _EDGES[mode](input, dim, size, True, before))
    if after > 0:
        parts.append(_EDGES[mode](input, dim, size, False, after))
    found = parts[0] if len(parts) == 1 else ops.cat(parts, dim)
    # cropped on one side by more than there is, what was added on the other is cropped too
    return found if kept >= 0 else found.narrow(dim, -kept if before < 0 else 0, size + before + after)


def _layout(input: Tensor) -> memory_format:
    """The memory format that results shaped like `input` have: the one that its strides speak for."""
    return suggested_format(input.meta)


def _reflected(input: Tensor, dim: int, size: int, front: bool, count: int) -> Tensor:
    return input.narrow(dim, 1 if front else size - 1 - count, count).flip(dim)


def _repeated(input: Tensor, dim: int, size: int, front: bool, count: int) -> Tensor:
    edge = input.narrow(dim, 0 if front else size - 1, 1)
    return edge.expand([count if d == dim else n for d, n in enumerate(input.shape)])


def _around(input: Tensor, dim: int, size: int, front: bool, count: int) -> Tensor:
    return input.narrow(dim, size - count if front else 0, count)


# What stands in front of, or behind, a line of `size` elements, `count` of them.
_EDGES: dict[str, Callable[[Tensor, int, int, bool, int], Tensor]] = {
    "reflect": _reflected, "replicate": _repeated, "circular": _around,
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
