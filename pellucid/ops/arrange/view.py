"""Views: other shapes and strides over the same memory, and what is composed of them.

A `@view` maps the input's Meta to the view's Meta and the distance from the input's first element to the view's, in
elements of the result (the arithmetic is in core/meta.py); the core shares the storage and links the view to its base.

The derivative of a view that shows every element once arranges the gradient backwards. That of a view that shows a part
puts the gradient into zeros where the view looks (`_embed`), that of one that may show elements more than once adds
them up (`_accumulate`). All are Tensor code, so that they can be differentiated again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from operator import index as to_index
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ...core.meta import Size
from ...core.tensor import TensorBase
from ..families.composites import composite
from ..families.planned import view_op
from ..made.rule import arange
from ..reduce.sums import sum_to

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


def _embed(grad: Tensor, input_meta: metas.Meta, look: Callable, *arguments: Any) -> Tensor:
    """Zeros of the input's shape, holding `grad` where `look` sees it."""
    whole = grad.new_zeros(input_meta.shape)
    look(whole, *arguments).copy_(grad)
    return whole


def _accumulate(grad: Tensor, positions: Tensor, count: int) -> Tensor:
    """A row of `count` zeros to which each element of `grad` is added at its position."""
    return grad.new_zeros((count,)).index_add(0, positions.reshape(-1), grad.reshape(-1))


def _sizes(given: Sequence[Any]) -> Sequence[int]:
    """Sizes given one by one, or as one sequence."""
    return given[0] if len(given) == 1 and isinstance(given[0], (tuple, list)) else given


@view_op(public=False, name="view")
def view_size(input, size):
    """The elements in the same order as another shape."""
    return metas.view(input, size)


@view_op(public=False, name="unsafe_view")
def _fresh_view(input, size):
    """The same, of a copy that nobody else holds."""
    return metas.view(input, size)


def owned(made: Tensor) -> Tensor:
    """A result that is a view of a temporary. Nobody else holds that, so the result is a tensor of its own."""
    made.view_of = None
    return made


def _unshaped(grad: Tensor, input_meta: metas.Meta) -> Tensor:
    return grad.reshape(input_meta.shape)


view_size.derivative(_unshaped)
_fresh_view.derivative(_unshaped)


@view_op(public=False, name="view")
def view_dtype(input, dtype):
    """The same bytes as elements of another type."""
    return metas.view_dtype(input, 0, dtype)


view_dtype.nondifferentiable()


@composite
def view(input: Tensor, *sizes: Any, size: Any = None, dtype: dtypes.dtype | None = None) -> Tensor:
    """The same data as another shape, `x.view(2, -1)`, or as another type, `x.view(torch.int32)`. RuntimeError where
    that needs a copy.
    """
    if sizes and isinstance(sizes[0], dtypes.dtype):
        dtype = sizes[0]
    if dtype is not None:
        return view_dtype(input, dtype)
    check(sizes or size is not None,
          "view() received an invalid combination of arguments - got (), but expected a dtype or a size",
          error=TypeError)
    return view_size(input, _sizes(sizes) if size is None else size)


@composite
def reshape(input: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """The elements in the same order as another shape: a view where strides allow it, else a copy. One size may be -1.
    """
    shape = _sizes(sizes if shape is None else (shape,))
    if metas.reshaped(input.meta, shape) is None:
        return owned(_fresh_view(input.clone(memory_format=metas.contiguous_format), shape))
    return view_size(input, shape)


@composite
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view with the shape of `other`."""
    return view_size(input, other.shape)


@composite
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Reshaped to the shape of `other`."""
    return reshape(input, other.shape)


@composite
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension, contiguous."""
    return reshape(input if input.meta.contiguous else input.clone(memory_format=metas.contiguous_format), -1)


@composite
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Dimensions `start_dim` to `end_dim` made into one."""
    shape = metas.flattened_shape(input.shape, start_dim, end_dim)
    return input if shape == input.shape else reshape(input, shape)


@composite
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Dimension `dim` made into several of `sizes`, of which one may be -1."""
    check(input.ndim > 0 or metas.wrap_dim(dim, 0) != 0 or not sizes,
          "unflatten: dimension specified as {} but tensor has no dimensions", dim)
    return view_size(input, metas.unflattened_shape(input.shape, dim, sizes))


@view_op(variadic="dim")
def squeeze(input, dim=None):
    """Without the dimensions of size 1, or without those of `dim` (an int or several) that have size 1."""
    return metas.squeeze(input, dim)


squeeze.derivative(_unshaped)


@view_op
def unsqueeze(input, dim):
    """With a new dimension of size 1 before `dim`."""
    return metas.unsqueeze(input, dim)


unsqueeze.derivative(_unshaped)


@view_op(variadic="size")
def expand(input, size):
    """Dimensions of size 1 repeated without copying, and new ones before; -1 leaves a size as it is."""
    return metas.expand(input, size)


@expand.derivative
def _(grad):
    return grad                                          # the engine sums a gradient to its input's shape


@composite
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Expanded to the shape of `other`."""
    return expand(input, other.shape)


@composite
def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """The opposite of `expand`: sums over the dimensions in which `size` would be expanded to the input's shape."""
    size = metas.integers(_sizes(size))
    if size and size == tuple(input.shape):
        return input
    return sum_to(input.to(dtypes.int64) if input.dtype.is_integral else input, size)


@composite
def broadcast_to(input: Tensor, size: Sequence[int]) -> Tensor:
    """Expanded to the shape `size`."""
    return expand(input, size)


@composite
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """All tensors expanded to the shape they broadcast to; one that has it is returned as it is."""
    tensors = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    shape = metas.broadcast_shapes(*(tensor.shape for tensor in tensors))
    return tuple(tensor if tuple(tensor.shape) == tuple(shape) else expand(tensor, shape) for tensor in tensors)


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of these shapes broadcast to."""
    return Size(metas.broadcast_shapes(*((shape,) if hasattr(shape, "__index__") else metas.integers(shape)
                                         for shape in shapes)))


@composite
def atleast_1d(*tensors: Any) -> Any:
    """With one dimension at least."""
    return _each(lambda x: x if x.ndim else reshape(x, 1), tensors)


@composite
def atleast_2d(*tensors: Any) -> Any:
    """With two dimensions at least."""
    return _each(lambda x: unsqueeze(x, 0) if x.ndim == 1 else x if x.ndim else reshape(x, 1, 1), tensors)


@composite
def atleast_3d(*tensors: Any) -> Any:
    """With three dimensions at least."""
    return _each(lambda x: x if x.ndim > 2 else unsqueeze(atleast_2d(x), -1), tensors)


def _each(function: Callable, tensors: Sequence[Any]) -> Any:
    if len(tensors) == 1 and not isinstance(tensors[0], (tuple, list)):
        return function(tensors[0])
    return tuple(map(function, tensors[0] if len(tensors) == 1 else tensors))


@view_op
def transpose(input, dim0, dim1):
    """Dimensions `dim0` and `dim1` swapped."""
    return metas.transpose(input, dim0, dim1)


@transpose.derivative
def _(grad, dim0, dim1):
    return grad.transpose(dim0, dim1)


@view_op
def t(input):
    """A matrix transposed; a tensor of fewer dimensions as it is."""
    check(input.ndim <= 2, "t() expects a tensor with <= 2 dimensions, but self is {}D", input.ndim)
    return metas.transpose(input, 0, -1)


@t.derivative
def _(grad):
    return grad.t()


@view_op(variadic="dims")
def permute(input, dims):
    """Dimensions in another order: dimension k of the result is dimension `dims[k]` of the input."""
    return metas.permute(input, dims)


@permute.derivative
def _(grad, dims):
    order = [dim % len(dims) for dim in dims]
    return grad.permute([order.index(dim) for dim in range(len(order))])


@view_op
def movedim(input, source, destination):
    """Dimensions `source` moved to `destination`; the others keep their order."""
    return metas.movedim(input, source, destination)


@movedim.derivative
def _(grad, source, destination):
    return grad.movedim(destination, source)


@composite
def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions swapped and, of complex numbers, the conjugates."""
    check(input.ndim != 1, "tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return _conjugate(_swapped(input, "adjoint()"))


@composite
def matrix_transpose(input: Tensor) -> Tensor:
    """`x.mT`: the last two dimensions swapped."""
    check(input.ndim != 1, "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return _swapped(input, "Tensor.mT")


@composite
def matrix_adjoint(input: Tensor) -> Tensor:
    """`x.mH`: the last two dimensions swapped and, of complex numbers, the conjugates."""
    check(input.ndim != 1, "tensor.mH is only supported on matrices or batches of matrices. Got 1-D tensor.")
    return _conjugate(_swapped(input, "Tensor.mH"))


@composite
def numpy_transpose(input: Tensor) -> Tensor:
    """`x.T`: the dimensions in reverse order."""
    if input.ndim == 2:
        return permute(input, _TURNED)
    if input.ndim != 1:
        warnings.warn(_DEPRECATED_0D.format("Tensor.T") if input.ndim == 0 else _DEPRECATED_T, UserWarning,
                      stacklevel=2)
    return permute(input, tuple(range(input.ndim))[::-1])


@composite
def matrix_h(input: Tensor) -> Tensor:
    """`x.H`: a matrix transposed and, of complex numbers, the conjugates."""
    check(input.ndim in (0, 2), "tensor.H is only supported on matrices (2-D tensors). Got {}-D tensor.{}", input.ndim,
          " For batches of matrices, consider using tensor.mH" if input.ndim > 2 else "")
    return _conjugate(_swapped(input, "Tensor.H"))


_TURNED = (1, 0)
_DEPRECATED_0D = "{} is deprecated on 0-D tensors. This function is the identity in these cases."
_DEPRECATED_T = ("The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it "
                 "will throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
                 "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.")


def _swapped(input: Tensor, name: str) -> Tensor:
    if input.ndim:
        return transpose(input, -2, -1)
    warnings.warn(_DEPRECATED_0D.format(name), UserWarning, stacklevel=4)
    return input


def _conjugate(input: Tensor) -> Tensor:
    return input.conj() if input.is_complex() else input


@view_op
def select(input, dim, index):
    """The slice at `index` of dimension `dim`, which goes away."""
    return metas.select(input, dim, index)


@select.derivative
def _(grad, input_meta, dim, index):
    return _embed(grad, input_meta, select, dim, index)


@view_op(public=False, name="slice")
def slice_(input, dim=0, start=None, end=None, step=1):
    """Elements `start:end:step` of dimension `dim`, as Python slices a list; `step` may be negative."""
    return metas.slice_dim(input, dim, start, end, step)


@slice_.derivative
def _(grad, input_meta, dim, start, end, step):
    return _embed(grad, input_meta, slice_, dim, start, end, step)


@view_op(public=False, name="slice")
def _narrow(input, dim, start, length):
    return metas.narrow(input, dim, start, length)


@_narrow.derivative
def _(grad, input_meta, dim, start, length):
    return _embed(grad, input_meta, _narrow, dim, start, length)


@composite
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """`length` elements of dimension `dim` from `start` on."""
    if isinstance(start, TensorBase):
        check(start.ndim == 0 and start.dtype.is_integral and start.dtype is not dtypes.bool,
              "start must be an 0-dim integral Tensor.")
    return _narrow(input, dim, to_index(start), length)


@view_op
def diagonal(input, offset=0, dim1=0, dim2=1):
    """The diagonal of dimensions `dim1` and `dim2`, as the last dimension; `offset` steps above it (negative: below).
    """
    return metas.diagonal(input, offset, dim1, dim2)


@diagonal.derivative
def _(grad, input_meta, offset, dim1, dim2):
    return _embed(grad, input_meta, diagonal, offset, dim1, dim2)


@view_op
def unfold(input, dimension, size, step):
    """All windows of `size` elements along a dimension, `step` apart; the elements of a window are the last dimension.
    """
    return metas.unfold(input, dimension, size, step)


@unfold.derivative
def _(grad, input_meta, dimension, size, step):
    positions = arange(input_meta.numel, device=grad.device).reshape(input_meta.shape).unfold(dimension, size, step)
    return _accumulate(grad, positions, input_meta.numel).reshape(input_meta.shape)


@view_op(public=False, name="as_strided")
def strided(input, size, stride, delta):
    """Any sizes and strides, `delta` elements after the input's first."""
    check(len(size) == len(stride), "mismatch in length of strides and shape")
    return metas.make(metas.integers(size), metas.integers(stride), input.stored, input.device), delta


@strided.derivative
def _(grad, input_meta, size, stride, delta):
    # both geometries laid over one row of elements; where the input itself shows an element several times, each gets
    # its share
    output_meta = metas.make(size, stride, input_meta.dtype, input_meta.device)
    (first, last), (low, high) = metas.extent(input_meta), metas.extent(output_meta)
    first, last = min(first, low + delta), max(last, high + delta)
    row = arange(last - first + 1, device=grad.device)
    total = _accumulate(grad, strided(row, size, stride, delta - first), row.numel())
    if not metas.is_dense(input_meta):
        shown = strided(row, input_meta.sizes, input_meta.strides, -first)
        times = _accumulate(grad.new_ones(input_meta.shape, dtype=grad.dtype.to_real()), shown, row.numel())
        total = total / times.clamp(min=1)
    return strided(total, input_meta.sizes, input_meta.strides, -first)


@composite
def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """Any sizes and strides (negative ones too) over the input's storage, from element `storage_offset` on.
    RuntimeError outside of it.
    """
    check(storage_offset is None or storage_offset >= 0, "Tensor: invalid storage offset {}", storage_offset)
    return strided(input, size, stride, 0 if storage_offset is None else storage_offset - input.storage_offset())
