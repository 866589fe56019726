"""Gather and scatter along a dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ...core.meta import SCALAR_TYPES, contiguous_format, wrap_dim
from ...core.tensor import TensorBase
from ..arrange.view import expand, reshape, slice_, unsqueeze
from ..families.composites import composite
from ..made.arguments import unseen
from ..maps import arithmetic
from .kernels import INDEX_TYPES, OUT_OF_BOUNDS, _check_range, _pick, _place, _written

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


def _with_dims(*tensors: Tensor) -> list[Tensor]:
    return [one if one.ndim else unsqueeze(one, 0) for one in tensors]


@composite
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False, out: Tensor | None = None) -> Tensor:
    """`result[i][j] = input[index[i][j]][j]` for dim 0, and so on: one index for each element of the result."""
    found = _gathered(input, dim, index, False)
    return found if out is None else _written(out, found, input, index)


def _gathered(input: Tensor, dim: int, index: Tensor, from_end: bool) -> Tensor:
    """`gather`, with `from_end` by indices that may be negative."""
    dim = wrap_dim(dim, input.ndim)
    if index.numel() == 0:
        return reshape(slice_(reshape(input, -1), 0, 0, 0), index.shape).clone()
    check(index.dtype in INDEX_TYPES, "gather(): Expected dtype int32/int64 for index")
    whole, places = _with_dims(input, index)
    check(places.ndim == whole.ndim, "Index tensor must have the same number of dimensions as input tensor")
    for d, size in enumerate(places.shape):
        check(d == dim or size <= whole.shape[d],
              "Size does not match at dimension {} expected index {} to be no larger than self {} "
              "apart from dimension {}", d, list(index.shape), list(input.shape), dim)
    size = whole.shape[dim]
    _check_range(places, -size if from_end else 0, size, OUT_OF_BOUNDS, dim, size, error=RuntimeError)
    found = _pick(whole, [places], (dim,), True, False)
    return found if index.ndim else reshape(found, ())


@composite(out=True, exact="result")
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """`gather` with broadcasting, along `dim` also by negative indices; without `dim` among all elements in order."""
    check(indices.dtype is dtypes.int64, "torch.take_along_dim(): dtype of indices should be Long but got {}",
          SCALAR_TYPES[indices.dtype.name])
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1))
    check(input.ndim == indices.ndim,
          "torch.take_along_dim(): input and indices should have the same number of dimensions, but got {} "
          "dimensions for input, and {} dimensions for indices", input.ndim, indices.ndim)
    dim = wrap_dim(dim, input.ndim, False)
    shape = metas.broadcast_pair([1 if d == dim else size for d, size in enumerate(input.shape)],
                                 [1 if d == dim else size for d, size in enumerate(indices.shape)])
    wide = [expand(one, [one.shape[d] if d == dim else size for d, size in enumerate(shape)])
            for one in (input, indices)]
    return _gathered(wide[0], dim, wide[1], True)


def _scatter(name: str, input: Tensor, dim: int, index: Tensor, value: Any, combine: str | None) -> Tensor:
    dim = wrap_dim(dim, input.ndim)
    check(index.dtype in INDEX_TYPES, "scatter(): Expected dtype int32/int64 for index")
    if isinstance(value, TensorBase):
        check(value.dtype is input.dtype, "scatter(): Expected self.dtype to be equal to src.dtype")
    else:
        arithmetic.expect_fit(value, input)
    if index.numel() == 0:                       # shapes are not looked at; yet it is a write, with a history
        nothing = [0] * max(input.ndim, 1)
        index = index.reshape(nothing)
        value = value.reshape(-1).narrow(0, 0, 0).reshape(nothing) if isinstance(value, TensorBase) else value
    whole, places = _with_dims(input, index)
    check(places.ndim == whole.ndim, "Index tensor must have the same number of dimensions as self tensor")
    fits = all(d == dim or size <= whole.shape[d] for d, size in enumerate(places.shape))
    if isinstance(value, TensorBase):
        value, = _with_dims(value)
        check(places.ndim == value.ndim, "Index tensor must have the same number of dimensions as src tensor")
        check(fits and all(size <= value.shape[d] for d, size in enumerate(places.shape)),
              "Expected index {} to be no larger than self {} apart from dimension {} and to be no larger size than "
              "src {}", list(index.shape), list(input.shape),
              dim, list(value.shape))
    check(fits, "Expected index {} to be no larger than self {} apart from dimension {}", list(index.shape),
          list(input.shape), dim)
    _check_range(places, 0, whole.shape[dim], OUT_OF_BOUNDS, dim, whole.shape[dim], error=RuntimeError)
    _place(whole, [places], value, (dim,), True, combine)
    return input


@composite
def scatter_(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
             reduce: str | None = None) -> Tensor:
    """Write `src` (a tensor or a number): `input[index[i][j]][j] = src[i][j]` for dim 0, and so on, in place."""
    check(src is not None or value is not None, 'scatter() missing 1 required positional arguments: "src"',
          error=TypeError)
    check(reduce in (None, "add", "multiply"), "reduce argument must be either add or multiply.")
    return _scatter("scatter", input, dim, index, src if value is None else value, reduce)


@composite(exact="result")
def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
            reduce: str | None = None) -> Tensor:
    """A copy of `input` with `src` (a tensor or a number) written at indices along a dimension; see `scatter_`."""
    return unseen(scatter_(input.clone(memory_format=contiguous_format), dim, index, src, value=value, reduce=reduce))


@composite
def scatter_add_(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add `src`: `input[index[i][j]][j] += src[i][j]` for dim 0, and so on, in place. An index may occur repeatedly."""
    check(isinstance(src, TensorBase), "scatter_add(): argument 'src' (position 3) must be Tensor, not {}",
          type(src).__name__, error=TypeError)
    return _scatter("scatter_add", input, dim, index, src, "add")


@composite(out=True, exact="result")
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with `src` added at indices along a dimension; see `scatter_add_`."""
    return unseen(scatter_add_(input.clone(memory_format=contiguous_format), dim, index, src))
