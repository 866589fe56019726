"""Embedding: rows of a table picked by index, and its gradient, which adds rows up in order."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...check import check
from ...core.devices import has_data
from ..families.composites import composite
from ..families.places import gather
from ..reduce.range import index_range
from .kernels import _place


@gather(name="embedding")
def _rows(input, indices, dims, along, ordered, padding_idx, by_frequency):
    """`input[indices]`: rows of a table; all else is the derivative's business."""


@_rows.derivative("input")
def _(grad, indices, input_meta, padding_idx, by_frequency):
    return embedding_gradient(grad, indices[0], input_meta.shape[0], padding_idx, by_frequency)


@composite(name="embedding_dense_backward", public=False)
def embedding_gradient(gradient, indices, rows, padding_idx=-1, by_frequency=False):
    """The sum, for each row of the table, of the gradients (indices.shape, d) at the places where it was picked; none
    for the row `padding_idx`. With `by_frequency` a row's sum is divided by how often it was picked."""
    found = _place(gradient.new_zeros((rows, gradient.meta.shape[-1])), [indices], gradient, (0,), False, "add",
                   None if padding_idx < 0 else padding_idx)
    if by_frequency:
        found = found / embedding_gradient(gradient.detach().new_ones((*indices.meta.shape, 1)), indices,
                                           rows).clamp(min=1)
    return found


@composite
def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """Rows of `weight` (n, d) at the indices `input` (any shape): (*input.shape, d). The row `padding_idx` gets no
    gradient.

    Raises IndexError where an index is not in 0 .. n-1."""
    check(not sparse, "embedding: sparse gradients are not supported")
    check(input.meta.dtype in (dtypes.int64, dtypes.int32),
          "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
          "but got {} instead (while checking arguments for embedding)", input.meta.dtype)
    check(weight.meta.ndim == 2, "'weight' must be 2-D")
    rows = weight.meta.shape[0]
    if input.meta.numel and has_data(input.device):
        low, high = index_range(input)
        check(0 <= low.item() and high.item() < rows,
              "index out of range in self: an index is {}, the table has {} rows",
              low.item() if low.item() < 0 else high.item(),
              rows, error=IndexError)
    if max_norm is not None:
        _renormalise(weight.detach(), input, max_norm, norm_type)
    if padding_idx is not None:
        padding_idx += rows if padding_idx < 0 else 0
        check(0 <= padding_idx < rows, "Padding_idx must be within num_embeddings", error=AssertionError)
    return _rows(weight, [input], (0,), False, False, -1 if padding_idx is None else padding_idx, scale_grad_by_freq)


def _renormalise(weight: Any, input: Any, max_norm: float, norm_type: float) -> None:
    """Rows that are picked and longer than max_norm are shortened, in place."""
    picked = embedding_gradient(weight.new_ones((*input.meta.shape, 1)), input, weight.meta.shape[0]) > 0
    length = weight.abs().pow(norm_type).sum(1, keepdim=True).pow(1.0 / norm_type)
    scale = (max_norm / (length + 1e-7)).masked_fill((picked & (length > max_norm)).logical_not(), 1.0)
    weight.mul_(scale)
