"""Embedding: rows of a table picked by index, and its gradient, which adds rows up in order."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...check import check
from ...codegen.schedules import maps
from ...codegen.schedules.loop import Arg
from ...core import meta as metas
from ...core.meta import Meta
from ...core.op import Plan
from ..families.composites import composite, structured
from ..families.declare import steps
from ..families.types import common_device
from ..reduce.range import index_range


def _row(table, index):
    return table


def _added(grad, index):
    return grad


def _zero():
    return 0.0


@structured
def embedding_rows(weight: Meta, indices: Meta):
    """`weight[indices]`: a table (n, d), indices of any shape that are in range."""
    shape = (*indices.shape, weight.shape[1])
    out = metas.contiguous(shape, weight.dtype, common_device("embedding", [weight, indices]))
    table = Arg(weight.dtype, (0,) * indices.ndim + (weight.strides[1],), (1,), (weight.strides[0],), (weight.shape[0],))
    index = Arg(indices.dtype, (*indices.strides, 0))
    return Plan((out,), lambda: steps(maps.map_plan("embedding", _row, shape, [Arg(out.dtype, tuple(out.strides))], [table, index], cost=0.1)))


@structured
def embedding_gradient(gradient: Meta, indices: Meta, rows):
    """The sum, for each row of the table, of the gradients (indices.shape, d) at the places where it was picked."""
    d = gradient.shape[-1]
    out = metas.contiguous((rows, d), gradient.dtype, gradient.device)

    def build():
        zero = maps.map_plan("zero", _zero, (rows, d), [Arg(out.dtype, (d, 1))], [], pointers=3)
        target = Arg(out.dtype, (0,) * indices.ndim + (1,), (1,), (d,), (rows,))
        add = maps.map_plan("embedding_backward", _added, gradient.shape, [target],
                             [Arg(gradient.dtype, tuple(gradient.strides)), Arg(indices.dtype, (*indices.strides, 0))], accumulate=True)
        return steps([*zero, *add])

    return Plan((out,), build)


@embedding_rows.derivative("weight")
def _(grad, indices, weight_meta):
    return embedding_gradient(grad, indices, weight_meta.shape[0])


@embedding_gradient.derivative("gradient")
def _(grad, indices):
    return embedding_rows(grad, indices)


@composite
def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False):
    """Rows of `weight` (n, d) at the indices `input` (any shape): (*input.shape, d). The row `padding_idx` gets no gradient.

    Raises IndexError where an index is not in 0 .. n-1."""
    check(not sparse, "embedding: sparse gradients are not supported")
    check(input.meta.dtype in (dtypes.int64, dtypes.int32), "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; "
          "but got {} instead (while checking arguments for embedding)", input.meta.dtype)
    check(weight.meta.ndim == 2, "'weight' must be 2-D")
    rows = weight.meta.shape[0]
    if input.meta.numel and input.storage.device.type == "cpu":
        low, high = index_range(input)
        check(0 <= low.item() and high.item() < rows, "index out of range in self: an index is {}, the table has {} rows",
              low.item() if low.item() < 0 else high.item(),
              rows, error=IndexError)
    if max_norm is not None:
        _renormalise(weight.detach(), input, max_norm, norm_type)
    found = embedding_rows(weight, input)
    if padding_idx is not None:
        if padding_idx < 0:
            padding_idx += rows
        check(0 <= padding_idx < rows, "Padding_idx must be within num_embeddings", error=AssertionError)
    if padding_idx is not None or scale_grad_by_freq:
        found = _masked(found, input, padding_idx, scale_grad_by_freq, rows)
    return found


def _masked(found: Any, input: Any, padding_idx: int | None, by_frequency: bool, rows: int) -> Any:
    """The same values, with gradients scaled: 0 at padding, divided by how often an index occurs."""
    share = (input != (-1 if padding_idx is None else padding_idx)).to(found.meta.dtype).unsqueeze(-1)
    if by_frequency:
        ones = share.new_ones((*input.meta.shape, 1))
        share = share / embedding_rows(embedding_gradient(ones, input, rows), input)
    return found.detach() + (found - found.detach()) * share if found.requires_grad else found


def _renormalise(weight: Any, input: Any, max_norm: float, norm_type: float) -> None:
    """Rows that are picked and longer than max_norm are shortened, in place."""
    picked = embedding_gradient(weight.new_ones((*input.meta.shape, 1)), input, weight.meta.shape[0]) > 0
    length = weight.abs().pow(norm_type).sum(1, keepdim=True).pow(1.0 / norm_type)
    scale = (max_norm / (length + 1e-7)).clamp(max=1.0).masked_fill(picked.logical_not(), 1.0)
    weight.mul_(scale)
