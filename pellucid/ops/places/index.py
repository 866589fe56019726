"""index_put, index_select and their kin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ...core.meta import SCALAR_TYPES, contiguous_format, wrap_dim
from ...core.tensor import TensorBase
from ..arrange.view import reshape, unsqueeze, view_size
from ..families.composites import composite
from ..made.arguments import unseen
from ..made.copy import check_number
from ..maps import comparison, selection
from .expression import _once, _put, _unmasked
from .kernels import INDEX_TYPES, MASK_TYPES, OUT_OF_BOUNDS, _check_range, _pick, _place, _written
from .masks import _coordinates

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


@composite
def index_put_(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """Write `values` to (with `accumulate`: add them to) the elements at the indices of the first dimensions, in place.
    """
    check(isinstance(indices, (tuple, list)),
          "index_put(): argument 'indices' (position 1) must be tuple of Tensors, not {}",
          type(indices).__name__, error=TypeError)
    check(isinstance(values, TensorBase), "index_put(): argument 'values' (position 2) must be Tensor, not {}",
          type(values).__name__, error=TypeError)
    found: dict[int, Tensor] = {}
    dim = 0
    for place, index in enumerate(indices):
        check(isinstance(index, TensorBase), "expected Tensor as element {} in argument 0, but got {}", place,
              type(index).__name__, error=TypeError)
        check(index.dtype in (*INDEX_TYPES, *MASK_TYPES),
              "tensors used as indices must be long, int, byte or bool tensors",
              error=IndexError)
        found[dim] = index
        dim += index.ndim if index.dtype in MASK_TYPES else 1
    check(found, "index_put_(): at least one index is expected")
    check(dim <= input.ndim, "too many indices for tensor of dimension {} (got {})", input.ndim, dim, error=IndexError)
    part, given, dims = _unmasked(input, found)
    _put(part, given, dims, values, accumulate)
    return input


@composite
def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with `values` written or added at the indices of the first dimensions."""
    return unseen(index_put_(input.clone(), indices, values, accumulate))


@composite
def index_select(input: Tensor, dim: int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The slices of dimension `dim` at the positions in the 1-d tensor `index`."""
    if out is not None:
        return _written(out, index_select(input, dim, index), input, index)
    check(isinstance(index, TensorBase), "index_select(): argument 'index' (position 2) must be Tensor, not {}",
          type(index).__name__, error=TypeError)
    dim = wrap_dim(dim, input.ndim)
    check(index.ndim <= 1, "index_select(): Index is supposed to be a vector", error=IndexError)
    check(index.dtype in INDEX_TYPES, "index_select(): Expected dtype int32 or int64 for index")
    source = input if input.ndim else unsqueeze(input, 0)
    # PyTorch's exceptions, one for this dimension and one for all others
    if dim == 1:
        _check_range(index, 0, source.shape[dim], "INDICES element is out of DATA bounds, id={index} axis_dim={}",
                     source.shape[dim], error=RuntimeError)
    else:
        _check_range(index, 0, source.shape[dim], "index out of range in self")
    if input.ndim == 0:
        check(index.numel() == 1, "index_select(): Index to scalar can have only 1 value, got {} value(s)",
              index.numel(), error=IndexError)
        return _pick(source, [reshape(index, ())], (0,), False, False)
    return _pick(source, [reshape(index, -1)], (dim,), False, False)


def _one_index(name: str, input: Tensor, dim: int, index: Tensor) -> tuple[Tensor, int, Tensor]:
    """An input with a dimension at least, the dimension, and the index as a vector."""
    dim = wrap_dim(dim, input.ndim)
    return input if input.ndim else unsqueeze(input, 0), dim, index if index.ndim else unsqueeze(index, 0)


@composite
def index_add_(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """Add the slices of `source`, times `alpha`, to those of dimension `dim` at `index`, in place. An index may occur
    repeatedly.
    """
    whole, dim, places = _one_index("index_add_", input, dim, index)
    check(index.ndim <= 1, "index_add_(): Index is supposed to be a vector, but got dim: {} with type: {} and size: {}",
          index.ndim, SCALAR_TYPES[index.dtype.name], list(index.shape), error=IndexError)
    check(index.dtype in INDEX_TYPES, "index_add_(): Expected dtype int32/int64 for index but got: {}",
          SCALAR_TYPES[index.dtype.name])
    check(input.dtype is source.dtype, "index_add_(): self ({}) and source ({}) must have the same scalar type",
          SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[source.dtype.name])
    check(input.ndim == source.ndim or places.numel() != 1 or input.ndim > 0,
          "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = {} "
          "source.shape = {}", list(input.shape), list(source.shape))
    given = source if source.ndim else unsqueeze(source, 0)
    check(given.ndim == whole.ndim and places.numel() == given.shape[dim],
          "index_add_(): Number of indices ({}) should be equal to source.size(dim): ({}), for dim: "
          "{}", places.numel(), given.shape[dim] if dim < given.ndim else 1, dim)
    check(all(d == dim or size == whole.shape[d] for d, size in enumerate(given.shape)),
          "source tensor shape must match self tensor shape, excluding the specified dimension. Got self.shape = {} "
          "source.shape = {}", list(input.shape),
          list(source.shape))
    _check_range(places, 0, whole.shape[dim], "index out of range in self")
    if input.dtype.is_integral:
        check_number(alpha, input.dtype)
        alpha = int(alpha)
    _place(whole, [places], given if alpha == 1 else given * alpha, (dim,), False, "add")
    return input


@composite
def index_copy_(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Write the slices of `source` to those of dimension `dim` at `index`, in place."""
    whole, dim, places = _one_index("index_copy_", input, dim, index)
    check(index.ndim <= 1, "index_copy_(): Index should have dimension 1 or 0 (got {})", index.ndim, error=IndexError)
    check(index.dtype is dtypes.int64, "index_copy_(): Expected a long tensor for index, but got {}",
          SCALAR_TYPES[index.dtype.name])
    check(input.dtype is source.dtype,
          "index_copy_(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
          SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[source.dtype.name])
    check(input.ndim == source.ndim or not input.ndim or not source.ndim,
          "index_copy_(): When source and destination are not scalars, their dimensionality must match. Source "
          "dimensionality ({}), destination dimensionality ({})", source.ndim,
          input.ndim, error=IndexError)
    given = source if source.ndim else reshape(source, [1] * whole.ndim)
    check(places.numel() == given.shape[dim],
          "index_copy_(): Number of indices ({}) should be equal to source.size(dim) ({})",
          places.numel(), given.shape[dim], error=IndexError)
    check(all(d == dim or size == whole.shape[d] for d, size in enumerate(given.shape)),
          "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice shape: {} at "
          "dimension {} and source slice shape: {} at dimension {}.",
          [s for d, s in enumerate(whole.shape) if d != dim], dim, [s for d, s in enumerate(given.shape) if d != dim],
          dim)
    _check_range(places, 0, whole.shape[dim],
                 "index_copy_(): index {index} is out of bounds for dimension {} with size {}", dim,
                 whole.shape[dim])
    _place(whole, [places], given, (dim,), False, None)
    return input


@composite
def index_fill_(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Write a number to the slices of dimension `dim` at `index`, in place."""
    whole, dim, places = _one_index("index_fill_", input, dim, index)
    check(index.dtype is dtypes.int64, "index_fill_(): Expected dtype int64 for index.", error=IndexError)
    check(index.ndim <= 1, "Index has to be a vector/scalar")
    if isinstance(value, TensorBase):
        check(value.ndim == 0,
              "index_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
              value.ndim)
    check(input.dtype.is_complex
          or not (value.dtype.is_complex if isinstance(value, TensorBase) else isinstance(value, complex)),
          "index_fill_(): Converting complex Scalar to non-complex type is not supported")
    _check_range(places, -whole.shape[dim], whole.shape[dim], OUT_OF_BOUNDS, dim, whole.shape[dim])
    whole, (places,) = _once("index_fill_", whole, [places], [dim])
    # its gradient counts an element once, however often the index names it
    if isinstance(value, TensorBase):
        chosen = _place(places.new_zeros((whole.shape[dim],), dtype=dtypes.bool), [places], True, (0,), False, None)
        whole.masked_fill_(reshape(chosen, [-1 if d == dim else 1 for d in range(whole.ndim)]), value.to(input.dtype))
    else:
        check_number(value, input.dtype)
        _place(whole, [places], value, (dim,), False, None)
    return input


@composite(out=True, exact="result")
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """A copy of `input` with the slices of `source`, times `alpha`, added to those of dimension `dim` at `index`."""
    return unseen(index_add_(input.clone(memory_format=contiguous_format), dim, index, source, alpha=alpha))


@composite(out=True, exact="result")
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the slices of dimension `dim` at `index` replaced by those of `source`."""
    return unseen(index_copy_(input.clone(memory_format=contiguous_format), dim, index, source))


@composite
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of `input` with a number in the slices of dimension `dim` at `index`."""
    return unseen(index_fill_(input.clone(), dim, index, value))


@composite
def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements at row-major positions; the result has the index's shape."""
    if out is not None:
        return _written(out, take(input, index), input, index)
    check(index.dtype is dtypes.int64, "take(): Expected a long tensor for index, but got {}",
          SCALAR_TYPES[index.dtype.name])
    count = input.numel()
    check(count or not index.numel(), "take(): tried to take from an empty tensor", error=IndexError)
    _check_range(index, -count, count, "out of range: tried to access index {index} on a tensor of {} elements.", count)
    return _pick(reshape(input, -1), [index], (0,), False, False)


@composite
def put_(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Write (or add) the elements of `source` at row-major positions, in place."""
    check(index.dtype is dtypes.int64, "put_(): Expected a long tensor for index, but got {}",
          SCALAR_TYPES[index.dtype.name])
    check(input.dtype is source.dtype,
          "put_(): self and source expected to have the same dtype, but got self.dtype = {} and source.dtype "
          "= {}", SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[source.dtype.name])
    check(index.numel() == source.numel(),
          "put_(): Expected source and index to have the same number of elements, but got source.numel() "
          "= {}, index.numel() = {}", source.numel(), index.numel(), error=IndexError)
    count = input.numel()
    _check_range(index, -count, count, "out of range: tried to access index {index} on a tensor of {} elements.", count)
    index, source = reshape(index, -1), reshape(source, -1)
    if metas.reshaped(input.meta, (count,)) is not None:
        _place(view_size(input, (count,)), [index], source, (0,), False, "add" if accumulate else None)
    else:
        index = selection.where(comparison.lt(index, 0), index + count, index)
        _place(input, list(_coordinates(index, input.shape).unbind(0)), source, range(input.ndim), False,
               "add" if accumulate else None)
    return input


@composite
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with the elements of `source` written (or added) at row-major positions."""
    return unseen(put_(input.clone(), index, source, accumulate))
