"""Masks: where true elements are, and the elements there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...check import check
from ...codegen.schedules import compact
from ...core import meta as metas
from ...core.devices import has_data
from ...core.meta import SCALAR_TYPES, contiguous_format
from ...core.tensor import TensorBase
from ..arrange.view import expand, owned, reshape, slice_, unsqueeze
from ..families.composites import composite, host
from ..families.declare import plan_of
from ..families.planned import structured
from ..made.arguments import unseen
from ..made.copy import copy_
from ..maps import arithmetic, comparison, selection
from ..reduce.truth import count_nonzero
from .kernels import MASK_TYPES, _pick, _place, _written

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


@structured(operands="mask", public=False)
def _positions(mask, count):
    """The row-major positions of the `count` true elements of a contiguous mask."""
    return plan_of((metas.contiguous((count,), dtypes.int64, mask.device),),
                   lambda target: compact.compact_plan(mask.numel, count))


_positions.nondifferentiable()


def true_positions(input: Tensor) -> Tensor:
    """The row-major positions of the elements that are not 0."""
    check(has_data(input.device),
          "aten::nonzero: a meta tensor has no data, so the shape of the result is not known")
    mask = (input.detach() if input.dtype is dtypes.bool else comparison.ne(input.detach(), 0)).contiguous()
    return _positions(mask, count_nonzero(mask).item())


def _coordinates(positions: Tensor, shape: Sequence[int]) -> Tensor:
    """The index in each dimension (a row a dimension) of row-major positions."""
    if len(shape) == 1:
        return reshape(positions, (1, positions.numel()))
    found = positions.new_empty((len(shape), positions.numel()))
    for dim in reversed(range(len(shape))):
        if dim:
            arithmetic.remainder(positions, shape[dim], out=found.select(0, dim))
            positions = arithmetic.floor_divide(positions, shape[dim])
        else:
            found.select(0, 0).copy_(positions)
    return found


@host(exact=True)
def nonzero(input, as_tuple=False):
    """The indices of all elements that are not 0: a row each, or with `as_tuple` a tensor for each dimension."""
    if as_tuple and input.ndim == 0:
        input = unsqueeze(input, 0)
    found = unseen(_coordinates(true_positions(input), input.shape))
    return tuple(found.unbind(0)) if as_tuple else owned(found.t())


nonzero.nondifferentiable()


@composite
def argwhere(input: Tensor) -> Tensor:
    """The indices of all elements that are not 0, a row each."""
    return nonzero(input)


@composite
def where(condition: Tensor, input: Any = None, other: Any = None, *, out: Tensor | None = None) -> Any:
    """`input` where the condition holds, else `other`, elementwise with broadcasting. The condition alone: the indices
    where it holds, a tensor for each dimension."""
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    check(not isinstance(condition, TensorBase) or condition.dtype in MASK_TYPES,
          "where expected condition to be a boolean tensor, but got a tensor with dtype "
          "{}", getattr(condition, "dtype", None))
    # to PyTorch a number is a tensor of float32 here, of which float16 makes an infinity
    if not any(isinstance(x, TensorBase) and x.dtype.is_floating_point and x.itemsize < 4 for x in (input, other)):
        arithmetic.expect_fit(input, input, other)
        arithmetic.expect_fit(other, input, other)
    return (selection.where(condition, input, other) if out is None
            else selection.where(condition, input, other, out=out))


@composite
def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements where the mask is true, in one dimension; input and mask broadcast."""
    if out is not None:
        return _written(out, masked_select(input, mask), input, mask)
    check(mask.dtype is dtypes.bool, "masked_select: expected BoolTensor for mask")
    shape = metas.broadcast_pair(input.shape, mask.shape)
    return _pick(reshape(expand(input, shape), -1), [true_positions(expand(mask, shape))], (0,), False, False)


@composite
def masked_scatter_(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Write the elements of `source`, in order, where the mask is true."""
    check(mask.dtype is dtypes.bool, "masked_scatter_ only supports boolean masks, but got mask with dtype {}",
          mask.dtype)
    check(input.dtype is source.dtype, "masked_scatter: expected self and source to have same dtypes but got {} and {}",
          SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[source.dtype.name])
    if not has_data(input.device):
        return copy_(input, input)
    positions = true_positions(expand(mask, input.shape))
    check(source.numel() >= positions.numel(), "Number of elements of source < number of ones in mask")
    values = slice_(reshape(source, -1), 0, 0, positions.numel())
    values = values.clone() if values.memory is input.memory else values
    if input.ndim:
        places = list(_coordinates(positions, input.shape).unbind(0))
        return _place(input, places, values, range(input.ndim), False, None)
    return copy_(input, reshape(values, ()) if positions.numel() else input)


@composite
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the elements of `source`, in order, where the mask is true; input and mask broadcast."""
    shape = metas.broadcast_pair(input.shape, mask.shape)
    return unseen(masked_scatter_(expand(input, shape).clone(memory_format=contiguous_format), mask, source))
