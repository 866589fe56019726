"""The two kernels of indexing: elements taken from places, and put there.

All of indexing, gather and scatter goes through `pick` and `place`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ...core.devices import has_data
from ...core.tensor import TensorBase
from ..arrange.view import slice_
from ..families.composites import delivered
from ..families.places import gather, scatter
from ..families.types import expect_dtype
from ..made.interchange import exact_array
from ..reduce.range import index_range

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


INDEX_TYPES = (dtypes.int64, dtypes.int32)
MASK_TYPES = (dtypes.bool, dtypes.uint8)


@gather(name="index")
def _pick(input, indices, dims, along, ordered):
    """The elements of `input` at the indices of its dimensions `dims`, which are in range."""


@scatter(name="index_put")
def _place_(input, indices, value, dims, along, combine, skip=None):
    """`value` written to (or combined with) the elements of `input` at the indices of its dimensions `dims`, which are
    in range.
    """


_pick.from_host = _place_.from_host = ("indices",)      # an index may lie there whatever it is for


@_pick.derivative("input")
def _(grad, indices, input_meta, dims, along):
    return _place(grad.new_zeros(input_meta.shape), indices, grad, dims, along, "add")


@_place_.derivative("input")
def _(grad, indices, dims, along, combine):
    check(combine != "multiply", "the derivative for 'scatter' with reduce='multiply' is not implemented")
    return grad if combine == "add" else _place(grad.clone(), indices, 0, dims, along, None)


@_place_.derivative("value")
def _(grad, indices, value_meta, dims, along, combine):
    check(combine != "multiply", "the derivative for 'scatter' with reduce='multiply' is not implemented")
    found = _pick(grad, indices, dims, along, False)
    if along and found.shape != value_meta.shape:           # the value was larger than the index
        whole = grad.new_zeros(value_meta.shape)
        strided_part(whole, found.shape).copy_(found)
        return whole
    return found


_place_ = _place_.inplace()


def strided_part(input: Tensor, sizes: Sequence[int]) -> Tensor:
    """The first `sizes` elements of each dimension, a view."""
    for dim, size in enumerate(sizes):
        input = slice_(input, dim, 0, size)
    return input


def _place(input: Tensor, indices: Sequence[Tensor], value: Any, dims: Sequence[int], along: bool, combine: str | None,
           skip: int | None = None) -> Tensor:
    """`_place_` for any operands. RuntimeError where they lie in the input's own elements, as far as PyTorch finds out;
    else there is a copy.
    """
    apart = list((*indices, value))
    for k, one in enumerate(apart):
        if isinstance(one, TensorBase) and one.memory is input.memory:
            check(not (metas.overlap(input.meta, input.offset, one.meta, one.offset) and metas.is_dense(input.meta)
                       and metas.is_dense(one.meta)),
                  "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
                  "single memory location. Please clone() the tensor before performing the operation.")
            apart[k] = one.clone()
    return _place_(input, apart[:-1], apart[-1], tuple(dims), along, combine, skip)


def _check_range(index: Tensor, low: int, high: int, message: str, *values: Any,
                 error: type[Exception] = IndexError) -> None:
    """Raise `message`, its {index} filled in, unless all indices are in low .. high - 1."""
    if index.numel() == 0 or not has_data(index.device):
        return
    smallest, largest = (bound.item() for bound in index_range(index.detach()))
    if smallest < low or largest >= high:
        found = exact_array(index.detach())
        outside = found[(found < low) | (found >= high)]
        # none is left where another thread has put it right meanwhile
        first = outside[0] if outside.size else smallest if smallest < low else largest
        raise error(message.format(*values, index=first))


OUT_OF_BOUNDS = "index {index} is out of bounds for dimension {} with size {}"


def _written(out: Tensor, found: Tensor, *operands: Tensor) -> Tensor:
    """A result written to an `out=`, which must have its type and share no memory with the operands."""
    check(isinstance(out, TensorBase), "argument 'out' must be Tensor, not {}", type(out).__name__, error=TypeError)
    expect_dtype(found.dtype, out.dtype)
    # where PyTorch would write
    place = out.meta if out.shape == found.shape else metas.contiguous(found.shape, out.dtype, out.device)
    for operand in operands:
        check(operand.memory is not out.memory or not metas.overlap(place, out.offset, operand.meta, operand.offset),
              "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
              "memory location. Please clone() the tensor before performing the operation.")
    return delivered(found, out=out)
