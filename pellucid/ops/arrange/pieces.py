"""Several views of one tensor, parts of complex numbers, and views written to."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import index as to_index
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ...core.meta import SCALAR_TYPES, wrap_dim
from ...core.tensor import TensorBase
from ..families.composites import composite
from ..families.declare import register
from ..families.planned import view_op
from ..made.arguments import unseen
from ..made.copy import clone
from .join import cat, stack
from .view import as_strided, diagonal, movedim, select, slice_, squeeze, strided, t, transpose, unsqueeze

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


def _pieces(input: metas.Meta, dim: int, sizes: Sequence[int]) -> list[tuple[metas.Meta, int]]:
    starts = [0, *accumulate(sizes)]
    return [metas.narrow(input, dim, start, size) for start, size in zip(starts, sizes, strict=False)]


@view_op(public=False, name="split")
def split_evenly(input, split_size, dim=0):
    """Pieces of `split_size` elements of dimension `dim`; the last may be smaller."""
    check(input.ndim, "split expects at least a 1-dimensional tensor")
    check(split_size >= 0, "split expects split_size be non-negative, but got split_size={}", split_size)
    dim = wrap_dim(dim, input.ndim)
    size = input.sizes[dim]
    check(split_size or not size, "split_size can only be 0 if dimension size is 0, but got dimension size of {}", size)
    return _pieces(input, dim, [min(split_size, size - start) for start in range(0, size, split_size or 1)] or [0])


@view_op
def split_with_sizes(input, split_sizes, dim=0):
    """Pieces of these sizes of dimension `dim`."""
    check(input.ndim, "split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, input.ndim)
    check(min(split_sizes, default=0) >= 0,
          "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={}",
          list(split_sizes))
    check(builtins.sum(split_sizes) == input.sizes[dim],
          "split_with_sizes expects split_sizes to sum exactly to {} (input tensor's size "
          "at dimension {}), but got split_sizes={}", input.sizes[dim], dim, list(split_sizes))
    return _pieces(input, dim, split_sizes)


@split_evenly.derivative
def _(grads, dim):
    return cat(grads, dim)


@split_with_sizes.derivative
def _(grads, dim):
    return cat(grads, dim)


@composite
def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Pieces of dimension `dim`: of one size, the last perhaps smaller, or of the sizes listed."""
    if isinstance(split_size_or_sections, (tuple, list)):
        return split_with_sizes(tensor, split_size_or_sections, dim)
    return split_evenly(tensor, to_index(split_size_or_sections), dim)


@composite
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` pieces of dimension `dim`, of one size but for the last."""
    check(input.ndim, "chunk expects at least a 1-dimensional tensor")
    check(chunks > 0, "chunk expects `chunks` to be greater than 0, got: {}", chunks)
    size = input.shape[wrap_dim(dim, input.ndim)]
    return split_evenly(input, -(-size // chunks), dim) if size else split_with_sizes(input, [0] * chunks, dim)


@composite
def tensor_split(input: Tensor, indices_or_sections: Any = None, dim: int = 0, *, indices: Any = None,
                 sections: Any = None) -> tuple[Tensor, ...]:
    """Pieces of dimension `dim`: a number of nearly equal ones, or between the indices listed."""
    check(input.ndim, "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = wrap_dim(dim, input.ndim)
    size = input.shape[dim]
    where = next((given for given in (indices_or_sections, indices, sections) if given is not None), None)
    if isinstance(where, TensorBase):
        check(where.ndim <= 1,
              "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or one-dimensional tensor, "
              "but got a tensor with {} dims", where.ndim)
        check(where.dtype is dtypes.int64,
              "tensor_split expected tensor_indices_or_sections to have dtype of long, but got {}",
              SCALAR_TYPES[where.dtype.name])
        where = where.tolist()
    if isinstance(where, int):
        check(0 < where < 2**32, "number of sections must be larger than 0 (and less than 2**32), got {}", where,
              error=RuntimeError if where < 2**63 else ValueError)
        small, larger = divmod(size, where)
        where = [k * small + min(k, larger) for k in range(1, where)]
    return tuple(slice_(input, dim, start, end) for start, end in zip([0, *where], [*where, size], strict=True))


def _splitter(name: str, dims: int, dim: Callable[[int], int]) -> Any:
    def splits(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
        check(input.ndim >= dims,
              "torch.{} requires a tensor with at least {} dimension, but got a tensor with {} dimensions!", name, dims,
              input.ndim)
        along = dim(input.ndim)
        if isinstance(indices_or_sections, int):
            size = input.shape[along]
            check(indices_or_sections > 0 and size % indices_or_sections == 0,
                  "torch.{} attempted to split along dimension {}, but the size of the dimension {} is not divisible "
                  "by the split_size {}!", name, along, size,
                  indices_or_sections)
        return tensor_split(input, indices_or_sections, along)

    splits.__name__ = name
    splits.__doc__ = f"Pieces of dimension {dim(3)}, as `tensor_split` makes them; a number of sections must divide it."
    return composite(splits)


hsplit = _splitter("hsplit", 1, lambda ndim: min(ndim - 1, 1))
vsplit = _splitter("vsplit", 2, lambda ndim: 0)
dsplit = _splitter("dsplit", 3, lambda ndim: 2)


@view_op
def unbind(input, dim=0):
    """The slices at every index of dimension `dim`."""
    check(input.ndim, "Dimension specified as {} but tensor has no dimensions", dim, error=IndexError)
    return [metas.select(input, dim, k) for k in range(input.sizes[wrap_dim(dim, input.ndim)])]


@unbind.derivative
def _(grads, dim):
    return stack(grads, dim)


@view_op
def view_as_real(input):
    """Complex numbers as pairs of real ones, in a last dimension of size 2."""
    return metas.view_as_real(input, 0)


@view_as_real.derivative
def _(grad):
    grad = grad.contiguous()
    return view_as_complex(grad.clone() if grad.storage_offset() % 2 else grad)          # pairs start at even places


@view_op
def view_as_complex(input):
    """Pairs of real numbers, in a last dimension of size 2, as complex ones."""
    return metas.view_as_complex(input, 0)


@view_as_complex.derivative
def _(grad):
    return view_as_real(grad)


@composite
def real(input: Tensor) -> Tensor:
    """The real parts, a view; real numbers as they are."""
    if not input.is_complex():
        return input
    return select(view_as_real(conj_view(input) if input.is_conj() else input), -1, 0)


@composite
def imag(input: Tensor) -> Tensor:
    """The imaginary parts, a view."""
    check(input.is_complex(), "imag is not implemented for tensors with non-complex dtypes.")
    parts = neg_view(view_as_real(conj_view(input))) if input.is_conj() else view_as_real(input)
    return select(parts, -1, 1)


@view_op(public=False, name="conj")
def conj_view(input):
    """The complex conjugates: a view, whose memory kernels read as that of conjugates."""
    check(input.dtype.is_complex, "_conj(): expected complex numbers, got {}", input.dtype)
    return metas.conj(input)


@conj_view.derivative
def _(grad):
    return conj(grad)


@view_op(public=False, name="neg_view")
def neg_view(input):
    """The negatives, a view likewise."""
    return metas.neg(input)


@neg_view.derivative
def _(grad):
    return -grad


register(conj_view, "_conj")
register(neg_view, "_neg_view")


@composite
def conj(input: Tensor) -> Tensor:
    """The complex conjugates, a view: what is written to it is conjugated on its way. Real numbers as they are."""
    return conj_view(input) if input.is_complex() else input


@composite
def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself, but of a view that shows conjugates a copy that holds them."""
    return clone(input) if input.is_conj() else input


@composite
def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself, but of a view that shows negatives a copy that holds them."""
    return clone(input) if input.is_neg() else input


def _written(input: Tensor, src: Tensor, look: Callable, *arguments: Any) -> Tensor:
    whole = input.clone()
    part = look(whole, *arguments)
    check(part.shape == src.shape,
          "expected src to have a size equal to the slice of self. src size = {}, slice size = {}",
          list(src.shape), list(part.shape))
    part.copy_(src)
    return unseen(whole)


@composite
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy of `input` in which `select(dim, index)` is `src`."""
    return _written(input, src, select, dim, index)


@composite
def slice_scatter(input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None,
                  step: int = 1) -> Tensor:
    """A copy of `input` in which the elements `start:end:step` of dimension `dim` are `src`."""
    check(input.ndim > 0, "slice() cannot be applied to a 0-dim tensor.", error=IndexError)
    return _written(input, src, slice_, dim, start, end, step)


@composite
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A copy of `input` in which `diagonal(offset, dim1, dim2)` is `src`."""
    return _written(input, src, diagonal, offset, dim1, dim2)


@composite
def as_strided_scatter(input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int],
                       storage_offset: int | None = None) -> Tensor:
    """A copy of `input` in which `as_strided(size, stride, storage_offset)` is `src`."""
    return _written(input, src, as_strided, size, stride, storage_offset)


for _name, _op in (("swapaxes", transpose), ("swapdims", transpose), ("moveaxis", movedim)):
    register(_op, _name)

for _op in (squeeze, unsqueeze, t):
    register(_op.inplace())
_transpose_ = transpose.inplace()
for _name in ("transpose_", "swapaxes_", "swapdims_"):
    register(_transpose_, _name)
_strided_ = strided.inplace()


@composite
def as_strided_(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """`as_strided`, of which the input itself becomes the result."""
    check(storage_offset is None or storage_offset >= 0, "Tensor: invalid storage offset {}", storage_offset)
    return _strided_(input, size, stride, 0 if storage_offset is None else storage_offset - input.storage_offset())
