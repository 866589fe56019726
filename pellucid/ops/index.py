"""Indexing: `x[...]`, assignment to it, and the operators that pick or place elements by tensors of indices.

An index expression is taken apart from left to right (`_plan`): numbers, slices, None and `...` become views; masks become the positions of
their true elements; what is left are tensors of indices for some dimensions of the last view. Two kernels do the rest, a map in which the
input's (`_pick`) or the output's (`_place_`) address also depends on the values of indices. They know two ways to lay out indices:

    across   index tensors broadcast with each other; their shape takes the place of the dimensions they index (`x[i, :, j]`)
    along    one index tensor with as many dimensions as the input, looked up along one of them (`gather`)

Kernels wrap and clamp indices, so they never leave the tensor; that they are in range is checked here, before anything is written.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from operator import index as to_index
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..check import check
from ..codegen import loops
from ..codegen.loops import Arg
from ..core import meta as metas
from ..core import op as core_op
from ..core.meta import SCALAR_TYPES, Meta, contiguous_format, wrap_dim
from ..core.op import Parameter, Plan, alias
from ..core.tensor import TensorBase, type_name
from . import pointwise
from .copy import apart, check_number, copy_, fill_each
from .create import tensor
from .family import composite, expect_dtype, register, scalar_kinds, steps, to_compute
from .interchange import exact_array
from .loss import index_range
from .reduction import count_nonzero
from .view import expand, reshape, select, slice_, unsqueeze, view_size

if TYPE_CHECKING:
    from ..core.tensor import TensorBase as Tensor

INDEX_TYPES = (dtypes.int64, dtypes.int32)
MASK_TYPES = (dtypes.bool, dtypes.uint8)


# ---- the two kernels -----------------------------------------------------------------------------------------------------------------

def _geometry(input: Meta, indices: Sequence[Meta], dims: Sequence[int], along: bool) -> tuple[tuple[int, ...], tuple[int, ...], list]:
    """The shape of the walk; the strides over it of the input, 0 where an index decides; and those of each index."""
    if along:
        (index,), (dim,) = indices, dims
        return index.sizes, tuple(0 if d == dim else stride for d, stride in enumerate(input.strides)), [index.strides]
    shape = metas.broadcast_shapes(*(index.sizes for index in indices))
    rest = [d for d in range(input.ndim) if d not in dims]
    together = list(dims) == list(range(dims[0], dims[0] + len(dims)))
    before, after = (rest[:dims[0]], rest[dims[0]:]) if together else ([], rest)
    strides = [[0] * len(before) + list(metas.broadcast_strides(index, shape)) + [0] * len(after) for index in indices]
    return ((*(input.sizes[d] for d in before), *shape, *(input.sizes[d] for d in after)),
            (*(input.strides[d] for d in before), *(0 for _ in shape), *(input.strides[d] for d in after)), [tuple(s) for s in strides])


def _indexed(meta: Meta, strides: tuple[int, ...], dims: Sequence[int]) -> Arg:
    """An operand whose address the inputs 1, 2, ... move, along its dimensions `dims`."""
    return Arg(meta.dtype, strides, tuple(range(1, 1 + len(dims))), tuple(meta.strides[d] for d in dims),
               tuple(meta.sizes[d] for d in dims))


def _first(value: Any, *indices: Any) -> Any:
    return value


def _pick_planner(op: Any, key: tuple[Any, ...]) -> Plan:
    input, indices, dims, along, ordered = key
    shape, strides, index_strides = _geometry(input, indices, dims, along)
    given = [metas.make(shape, s, meta.dtype) for meta, s in zip((input, *indices), (strides, *index_strides), strict=True)]
    output = metas.elementwise(shape, given, input.dtype, input.device) if ordered else metas.contiguous(shape, input.dtype, input.device)

    def build() -> tuple:
        inputs = [_indexed(input, strides, dims), *(Arg(meta.dtype, s) for meta, s in zip(indices, index_strides, strict=True))]
        return steps(loops.map_plan("pick", _first, shape, [Arg(output.dtype, output.strides)], inputs, cost=0.1))

    return Plan((output,), build)


def _picked(input, indices, dims, along, ordered):
    """The elements of `input` at the indices of its dimensions `dims`, which are in range."""


_pick = core_op.Op("index", _picked, (Parameter("input", core_op.OPERAND), Parameter("indices", core_op.OPERANDS),
                                      *(Parameter(name, core_op.STATIC) for name in ("dims", "along", "ordered"))), _pick_planner)

_COMBINE = {"add": lambda old, new, truth: old | new if truth else old + new,
            "multiply": lambda old, new, truth: old & new if truth else old * new}


def _placing(combine: str | None, dtype: dtypes.dtype, count: int, number: bool) -> Callable:
    """The body of a placing kernel: (old element, indices, value)."""
    found = _BODIES.get((combine, dtype, count, number))
    if found is None:
        def body(old: Any, *rest: Any) -> Any:
            value = to_compute(rest[count], dtype)
            return value if combine is None else _COMBINE[combine](old, value, dtype is dtypes.bool)

        found = _BODIES[combine, dtype, count, number] = body
    return found


_BODIES: dict[tuple[Any, ...], Callable] = {}


def _place_into(op: Any, key: tuple[Any, ...], outputs: Sequence[Meta]) -> Plan:
    input, indices, value, dims, along, combine = key
    output, = outputs
    shape, strides, index_strides = _geometry(output, indices, dims, along)

    def build() -> tuple:
        # where the old element does not matter, any will do: the schedule then loads one a row
        old = _indexed(output, strides, dims) if combine else Arg(output.dtype, (0,) * len(shape))
        tensors = [Arg(meta.dtype, s) for meta, s in zip(indices, index_strides, strict=True)]
        if isinstance(value, Meta):
            tensors.append(Arg(value.dtype, value.strides[:len(shape)] if along else metas.broadcast_strides(value, shape)))
        body = _placing(combine, output.dtype, len(indices), not isinstance(value, Meta))
        return steps(loops.map_plan("place", body, shape, [_indexed(output, strides, dims)], [old, *tensors], scalar_kinds([value]),
                                    cost=0.2))

    return Plan((output,), build)


def _placed(input, indices, value, dims, along, combine):
    """`value` written to (or combined with) the elements of `input` at the indices of its dimensions `dims`, which are in range."""


# only ever run in place, by callers who saw to it that neither indices nor value share the input's memory
_place_ = core_op.Op("index_put", _placed, (Parameter("input", core_op.OPERAND), Parameter("indices", core_op.OPERANDS),
                                            Parameter("value", core_op.OPERAND, numbers=True),
                                            *(Parameter(name, core_op.STATIC) for name in ("dims", "along", "combine"))),
                     lambda op, key: _place_into(op, key, (key[0],)), into=_place_into, aliasing=True)


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


def _place(input: Tensor, indices: Sequence[Tensor], value: Any, dims: Sequence[int], along: bool, combine: str | None) -> Tensor:
    """`_place_` for any operands. RuntimeError where they lie in the input's own elements, as far as PyTorch finds out; else there is a copy."""
    apart = list((*indices, value))
    for k, one in enumerate(apart):
        if isinstance(one, TensorBase) and one.storage is input.storage:
            check(not (metas.overlap(input.meta, input.offset, one.meta, one.offset) and metas.is_dense(input.meta) and metas.is_dense(one.meta)),
                  "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location. Please "
                  "clone() the tensor before performing the operation.")
            apart[k] = one.clone()
    return _place_(input, apart[:-1], apart[-1], tuple(dims), along, combine)


def _check_range(index: Tensor, low: int, high: int, message: str, *values: Any, error: type[Exception] = IndexError) -> None:
    """Raise `message`, its {index} filled in, unless all indices are in low .. high - 1."""
    if index.numel() == 0 or index.device.type != "cpu":
        return
    smallest, largest = index_range(index.detach())
    if smallest.item() < low or largest.item() >= high:
        found = exact_array(index.detach())
        raise error(message.format(*values, index=found[(found < low) | (found >= high)][0]))


OUT_OF_BOUNDS = "index {index} is out of bounds for dimension {} with size {}"


@composite(public=False)
def _delivered(found: Tensor) -> Tensor:
    return found


def _written(out: Tensor, found: Tensor, *operands: Tensor) -> Tensor:
    """A result written to an `out=`, which must have its type and share no memory with the operands."""
    check(isinstance(out, TensorBase), "argument 'out' must be Tensor, not {}", type(out).__name__, error=TypeError)
    expect_dtype(found.dtype, out.dtype)
    place = out.meta if out.shape == found.shape else metas.contiguous(found.shape, out.dtype, out.device)      # where PyTorch would write
    for operand in operands:
        check(operand.storage is not out.storage or not metas.overlap(place, out.offset, operand.meta, operand.offset), "unsupported operation: "
              "some elements of the input tensor and the written-to tensor refer to a single memory location. Please clone() the tensor before "
              "performing the operation.")
    return _delivered(found, out=out)


# ---- masks ---------------------------------------------------------------------------------------------------------------------------

def _positions_planner(op: Any, key: tuple[Any, ...]) -> Plan:
    mask, count = key
    return Plan((metas.contiguous((count,), dtypes.int64, mask.device),), lambda: steps(loops.compact_plan(mask.numel)))


def _positions(mask, count):
    """The row-major positions of the `count` true elements of a contiguous mask."""


_positions = core_op.Op("positions", _positions, (Parameter("mask", core_op.OPERAND), Parameter("count", core_op.STATIC)),
                        _positions_planner)
_positions.nondifferentiable()


def true_positions(input: Tensor) -> Tensor:
    """The row-major positions of the elements that are not 0."""
    check(input.device.type == "cpu", "aten::nonzero: a meta tensor has no data, so the shape of the result is not known")
    mask = (input.detach() if input.dtype is dtypes.bool else pointwise.ne(input.detach(), 0)).contiguous()
    return _positions(mask, count_nonzero(mask).item())


def _coordinates(positions: Tensor, shape: Sequence[int]) -> Tensor:
    """The index in each dimension (a row a dimension) of row-major positions."""
    found = positions.new_empty((len(shape), positions.numel()))
    for dim in reversed(range(len(shape))):
        if dim:
            pointwise.remainder(positions, shape[dim], out=found.select(0, dim))
            positions = pointwise.floor_divide(positions, shape[dim])
        else:
            found.select(0, 0).copy_(positions)
    return found


def _nonzero(input, as_tuple=False):
    """The indices of all elements that are not 0: a row each, or with `as_tuple` a tensor for each dimension."""
    if as_tuple and input.ndim == 0:
        input = unsqueeze(input, 0)
    found = _coordinates(true_positions(input), input.shape)
    return tuple(found.unbind(0)) if as_tuple else found.t()


nonzero = register(core_op.Op("nonzero", _nonzero, (Parameter("input", core_op.OPERAND), Parameter("as_tuple", core_op.STATIC, False)),
                              None, kind=core_op.HOST))
nonzero.nondifferentiable()


@composite
def argwhere(input: Tensor) -> Tensor:
    """The indices of all elements that are not 0, a row each."""
    return nonzero(input)


@composite
def where(condition: Tensor, input: Any = None, other: Any = None, *, out: Tensor | None = None) -> Any:
    """`input` where the condition holds, else `other`, elementwise with broadcasting. The condition alone: the indices where it holds, a
    tensor for each dimension."""
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    check(not isinstance(condition, TensorBase) or condition.dtype in MASK_TYPES, "where expected condition to be a boolean tensor, but got a "
          "tensor with dtype {}", getattr(condition, "dtype", None))
    pointwise.expect_fit(input, input, other)
    pointwise.expect_fit(other, input, other)
    return pointwise.where(condition, input, other) if out is None else pointwise.where(condition, input, other, out=out)


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
    check(mask.dtype is dtypes.bool, "masked_scatter_ only supports boolean masks, but got mask with dtype {}", mask.dtype)
    check(input.dtype is source.dtype, "masked_scatter: expected self and source to have same dtypes but got {} and {}",
          SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[source.dtype.name])
    positions = true_positions(expand(mask, input.shape))
    check(source.numel() >= positions.numel(), "Number of elements of source < number of ones in mask")
    values = slice_(reshape(source, -1), 0, 0, positions.numel())
    values = values.clone() if values.storage is input.storage else values
    return _place(input, list(_coordinates(positions, input.shape).unbind(0)), values, range(input.ndim), False, None) if input.ndim else \
        copy_(input, reshape(values, ())) if positions.numel() else input


@composite
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the elements of `source`, in order, where the mask is true; input and mask broadcast."""
    shape = metas.broadcast_pair(input.shape, mask.shape)
    return masked_scatter_(expand(input, shape).clone(memory_format=contiguous_format), mask, source)


# ---- index expressions ---------------------------------------------------------------------------------------------------------------

def _as_items(index: Any) -> list[Any]:
    """An index expression as a list of its items."""
    if isinstance(index, tuple):
        return list(index)
    if isinstance(index, list) and len(index) < 32 and any(
            item is None or item is Ellipsis or isinstance(item, (slice, list, tuple, range, TensorBase, np.ndarray)) for item in index):
        warnings.warn("Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in pytorch 2.9; use "
                      "x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as tensor index, x[torch.tensor(seq)], "
                      "which will result either in an error or a different result", UserWarning, stacklevel=4)
        return list(index)
    return [index]


def _type_of(value: Any) -> str:
    """A type's name as C has it."""
    return f"numpy.{type(value).__name__}" if isinstance(value, (np.generic, np.ndarray)) else type(value).__name__


def _as_index(item: Any) -> Any:
    """An item as None, Ellipsis, a slice, a bool, an int or a tensor."""
    if item is None or item is Ellipsis or isinstance(item, (slice, bool, int)):
        return item
    if isinstance(item, (list, tuple, range, np.ndarray, str)):
        item = tensor(item)
        item = item.long() if item.numel() == 0 else item
    if isinstance(item, TensorBase):
        if item.ndim == 0 and item.dtype.is_integral and item.dtype not in MASK_TYPES:
            return item.item()
        check(item.dtype in (*INDEX_TYPES, *MASK_TYPES), "tensors used as indices must be long, int, byte or bool tensors",
              error=IndexError)
        return item
    check(hasattr(item, "__index__") and not isinstance(item, np.bool_), "only integers, slices (`:`), ellipsis (`...`), None and long or "
          "byte Variables are valid indices (got {})", _type_of(item), error=IndexError)
    return to_index(item)


def _sliced(input: Tensor, dim: int, item: slice) -> Tensor:
    start, stop, step = item.start, item.stop, item.step
    if not ((start is None or type(start) is int) and (stop is None or type(stop) is int) and (step is None or type(step) is int)):
        start, stop, step = (to_index(bound) if hasattr(bound, "__index__") else bound for bound in (start, stop, step))
    return slice_(input, dim, start, stop, step)


def _selected(input: Tensor, dim: int, position: int, place: int) -> Tensor:
    size = input.meta.sizes[dim]
    if not -size <= position < size:
        check(-2**63 <= position < 2**63, "Overflow when unpacking long long", error=ValueError)
        raise IndexError(f"index {position} is out of bounds for dimension {place} with size {size}")
    return select(input, dim, position)


_PLAIN = frozenset((int, slice, type(None), type(Ellipsis)))


def _plan(input: Tensor, index: Any) -> tuple[Tensor, dict[int, Tensor]]:
    """The view that an index expression shows, and the tensors that index some of its dimensions."""
    items = index if type(index) is tuple else _as_items(index)
    for item in items:
        if type(item) not in _PLAIN:
            items = [_as_index(item) for item in items]
            break
    taken = 0
    for item in items:
        kind = type(item)
        if kind is int or kind is slice:
            taken += 1
        elif isinstance(item, TensorBase):
            taken += item.ndim if item.dtype in MASK_TYPES else 1
    if taken > input.ndim:
        raise IndexError(f"too many indices for tensor of dimension {input.ndim}")
    found, dim, indices = input, 0, {}
    for place, item in enumerate(items):
        kind = type(item)
        if kind is int:
            found = _selected(found, dim, item, place)
        elif kind is slice:
            if item != _EVERYTHING:
                found = _sliced(found, dim, item)
            dim += 1
        elif item is None:
            found = unsqueeze(found, dim)
            dim += 1
        elif item is Ellipsis:
            dim += input.ndim - taken
        elif kind is bool or (item.ndim == 0 and item.dtype in MASK_TYPES):
            found = unsqueeze(found, dim)
            indices[dim] = tensor([0][:bool(item)], dtype=dtypes.int64)
            dim += 1
        else:
            indices[dim] = item
            dim += item.ndim if item.dtype in MASK_TYPES else 1
    return found, indices


_EVERYTHING = slice(None)


def _unmasked(input: Tensor, indices: dict[int, Tensor]) -> tuple[Tensor, list[Tensor], tuple[int, ...]]:
    """Masks turned into indices: of the dimensions that a mask covers, made one where that takes no copy. (view, indices, dimensions)"""
    given, dims, shift = [], [], 0
    shape = list(input.shape)
    for dim, index in sorted(indices.items()):
        if index.dtype in INDEX_TYPES:
            given.append(index)
            dims.append(dim + shift)
            continue
        if index.dtype is dtypes.uint8:
            warnings.warn("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.", UserWarning,
                          stacklevel=5)
        for k, size in enumerate(index.shape):
            check(size == shape[dim + k], "The shape of the mask {} at index {} does not match the shape of the indexed tensor {} at "
                  "index {}", list(index.shape), k, shape, dim + k, error=IndexError)
        positions, width, at = true_positions(index), index.ndim, dim + shift
        merged = (*input.shape[:at], index.numel(), *input.shape[at + width:])
        if width == 1 or metas.reshaped(input.meta, merged) is not None:
            input = view_size(input, merged) if width > 1 else input
            given.append(positions)
            dims.append(at)
            shift -= width - 1
        else:
            given += _coordinates(positions, index.shape).unbind(0)
            dims += range(at, at + width)
    return input, given, tuple(dims)


def _checked(input: Tensor, indices: Sequence[Tensor], dims: Sequence[int]) -> None:
    """Raise unless the indices fit each other and the input."""
    shape: tuple[int, ...] = indices[0].shape
    for index in indices[1:]:
        try:
            shape = metas.broadcast_pair(shape, index.shape)
        except RuntimeError:
            raise IndexError("shape mismatch: indexing tensors could not be broadcast together with shapes "
                             + ", ".join(str(list(one.shape)) for one in indices)) from None
    if 0 in shape or 0 in [size for dim, size in enumerate(input.shape) if dim not in dims]:
        return                                               # nothing will be looked up
    for index, dim in zip(indices, dims, strict=True):
        size = input.shape[dim]
        check(size, "index is out of bounds for dimension with size 0", error=IndexError)
        _check_range(index, -size, size, OUT_OF_BOUNDS, dim, size)


def _getitem(input: Tensor, index: Any) -> Tensor:
    """The part of a tensor that an index expression names: a view, unless tensors are among the indices."""
    kind = type(index)
    if kind is int or kind is slice:
        if input.ndim == 0:
            raise IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a "
                             "0-dim "
                             "tensor to a number" if kind is int else "slice() cannot be applied to a 0-dim tensor.")
        return _selected(input, 0, index, 0) if kind is int else _sliced(input, 0, index)
    found, indices = _plan(input, index)
    if not indices:
        return alias(found) if found is input else found
    found, given, dims = _unmasked(found, indices)
    _checked(found, given, dims)
    return _pick(found, given, dims, False, True)


def _assigned(target: Tensor, value: Any) -> None:
    """Copy a value to a view, its leading dimensions of size 1 left out."""
    if not isinstance(value, TensorBase) or value.ndim == 0:
        fill_each(target, value)                             # which checks that a number fits
    else:
        copy_(target, value if value.shape == target.shape else _stripped(value))


def _stripped(value: Tensor) -> Tensor:
    sizes = value.shape
    leading = next((dim for dim, size in enumerate(sizes) if size != 1), len(sizes))
    return view_size(value, sizes[leading:]) if leading else value


def _setitem(input: Tensor, index: Any, value: Any) -> None:
    """Write a number or a tensor to the part that an index expression names."""
    if isinstance(value, np.generic):
        value = value.item()
    check(isinstance(value, (TensorBase, int, float, complex)), "can't assign a {} to a {}", _type_of(value), type_name(input.meta),
          error=TypeError)
    if index is False:
        return
    found, indices = _plan(input, index)
    if not indices:
        return _assigned(found, value)
    if not isinstance(value, TensorBase):
        check_number(value, input.dtype)
    single = next(iter(indices.values()))
    if len(indices) == 1 and single.dtype is dtypes.bool and (not isinstance(value, TensorBase) or value.ndim == 0):
        (dim, mask), = indices.items()
        if tuple(found.shape[dim:dim + mask.ndim]) == tuple(mask.shape):
            pointwise_masked_fill_(found, reshape(mask, (*mask.shape, *(1 for _ in range(found.ndim - dim - mask.ndim)))), value)
            return None
    found, given, dims = _unmasked(found, indices)
    _put(found, given, dims, _stripped(value) if isinstance(value, TensorBase) else value, False)
    return None


def _once(name: str, input: Tensor, indices: Sequence[Tensor], dims: Sequence[int]) -> tuple[Tensor, Sequence[Tensor]]:
    """An input that is to be filled with one number, and indices of its dimensions, such that no two elements are one place in memory."""
    found = apart(input, name)
    return found, indices if found is input else [index * 0 if input.stride(dim) == 0 else index for index, dim in zip(indices, dims, strict=True)]


def _put(input: Tensor, indices: Sequence[Tensor], dims: Sequence[int], value: Any, accumulate: bool) -> Tensor:
    """Check everything, then write."""
    _checked(input, indices, dims)
    if isinstance(value, TensorBase):
        check(value.dtype is input.dtype, "Index put requires the source and destination dtypes match, got {} for the destination and {} "
              "for the source.", SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[value.dtype.name])
        shape = _geometry(input.meta, [index.meta for index in indices], dims, False)[0]
        try:
            fits = metas.broadcast_pair(shape, value.shape) == shape
        except RuntimeError:
            fits = False
        if not fits and metas.count(value.shape[:max(value.ndim - len(shape), 0)]) == 1:
            value, fits = _stripped(value), False
            fits = len(value.shape) <= len(shape) and all(a in (1, b) for a, b in zip(value.shape[::-1], shape[::-1], strict=False))
        check(fits, "shape mismatch: value tensor of shape {} cannot be broadcast to indexing result of shape {}", list(value.shape),
              list(shape))
    if not accumulate and (not isinstance(value, TensorBase) or value.ndim == 0):
        input, indices = _once("index_put_", input, indices, dims)
    return _place(input, indices, value, dims, False, "add" if accumulate else None)


pointwise_masked_fill_ = pointwise.REGISTRY["masked_fill_"]
getitem = core_op.Op("__getitem__", _getitem, kind=core_op.COMPOSITE)
setitem = core_op.Op("__setitem__", _setitem, kind=core_op.COMPOSITE)


# ---- index_put, index_select and their kin -------------------------------------------------------------------------------------------

@composite
def index_put_(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False) -> Tensor:
    """Write `values` to (with `accumulate`: add them to) the elements at the indices of the first dimensions, in place."""
    check(isinstance(indices, (tuple, list)), "index_put(): argument 'indices' (position 1) must be tuple of Tensors, not {}",
          type(indices).__name__, error=TypeError)
    check(isinstance(values, TensorBase), "index_put(): argument 'values' (position 2) must be Tensor, not {}", type(values).__name__,
          error=TypeError)
    found: dict[int, Tensor] = {}
    dim = 0
    for place, index in enumerate(indices):
        check(isinstance(index, TensorBase), "expected Tensor as element {} in argument 0, but got {}", place, type(index).__name__,
              error=TypeError)
        check(index.dtype in (*INDEX_TYPES, *MASK_TYPES), "tensors used as indices must be long, int, byte or bool tensors",
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
    return index_put_(input.clone(), indices, values, accumulate)


@composite
def index_select(input: Tensor, dim: int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The slices of dimension `dim` at the positions in the 1-d tensor `index`."""
    if out is not None:
        return _written(out, index_select(input, dim, index), input, index)
    check(isinstance(index, TensorBase), "index_select(): argument 'index' (position 2) must be Tensor, not {}", type(index).__name__,
          error=TypeError)
    dim = wrap_dim(dim, input.ndim)
    check(index.ndim <= 1, "index_select(): Index is supposed to be a vector", error=IndexError)
    check(index.dtype in INDEX_TYPES, "index_select(): Expected dtype int32 or int64 for index")
    source = input if input.ndim else unsqueeze(input, 0)
    if dim == 1:                                             # PyTorch's exceptions, one for this dimension and one for all others
        _check_range(index, 0, source.shape[dim], "INDICES element is out of DATA bounds, id={index} axis_dim={}", source.shape[dim],
                     error=RuntimeError)
    else:
        _check_range(index, 0, source.shape[dim], "index out of range in self")
    if input.ndim == 0:
        check(index.numel() == 1, "index_select(): Index to scalar can have only 1 value, got {} value(s)", index.numel(), error=IndexError)
        return _pick(source, [reshape(index, ())], (0,), False, False)
    return _pick(source, [reshape(index, -1)], (dim,), False, False)


def _one_index(name: str, input: Tensor, dim: int, index: Tensor) -> tuple[Tensor, int, Tensor]:
    """An input with a dimension at least, the dimension, and the index as a vector."""
    dim = wrap_dim(dim, input.ndim)
    return input if input.ndim else unsqueeze(input, 0), dim, index if index.ndim else unsqueeze(index, 0)


@composite
def index_add_(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """Add the slices of `source`, times `alpha`, to those of dimension `dim` at `index`, in place. An index may occur repeatedly."""
    whole, dim, places = _one_index("index_add_", input, dim, index)
    check(index.ndim <= 1, "index_add_(): Index is supposed to be a vector, but got dim: {} with type: {} and size: {}", index.ndim,
          SCALAR_TYPES[index.dtype.name], list(index.shape), error=IndexError)
    check(index.dtype in INDEX_TYPES, "index_add_(): Expected dtype int32/int64 for index but got: {}", SCALAR_TYPES[index.dtype.name])
    check(input.dtype is source.dtype, "index_add_(): self ({}) and source ({}) must have the same scalar type",
          SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[source.dtype.name])
    given = source if source.ndim else unsqueeze(source, 0)
    check(given.ndim == whole.ndim and places.numel() == given.shape[dim], "index_add_(): Number of indices ({}) should be equal to "
          "source.size(dim): ({}), for dim: {}", places.numel(), given.shape[dim] if dim < given.ndim else 1, dim)
    check(all(d == dim or size == whole.shape[d] for d, size in enumerate(given.shape)), "source tensor shape must match self tensor "
          "shape, excluding the specified dimension. Got self.shape = {} source.shape = {}", list(input.shape), list(source.shape))
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
    check(index.dtype is dtypes.int64, "index_copy_(): Expected a long tensor for index, but got {}", SCALAR_TYPES[index.dtype.name])
    check(input.dtype is source.dtype, "index_copy_(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
          SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[source.dtype.name])
    check(input.ndim == source.ndim or not input.ndim or not source.ndim, "index_copy_(): When source and destination are not scalars, "
          "their dimensionality must match. Source dimensionality ({}), destination dimensionality ({})", source.ndim, input.ndim,
          error=IndexError)
    given = source if source.ndim else reshape(source, [1] * whole.ndim)
    check(places.numel() == given.shape[dim], "index_copy_(): Number of indices ({}) should be equal to source.size(dim) ({})",
          places.numel(), given.shape[dim], error=IndexError)
    check(all(d == dim or size == whole.shape[d] for d, size in enumerate(given.shape)), "index_copy_(): Source/destination tensor must "
          "have same slice shapes. Destination slice shape: {} at dimension {} and source slice shape: {} at dimension {}.",
          [s for d, s in enumerate(whole.shape) if d != dim], dim, [s for d, s in enumerate(given.shape) if d != dim], dim)
    _check_range(places, 0, whole.shape[dim], "index_copy_(): index {index} is out of bounds for dimension {} with size {}", dim,
                 whole.shape[dim])
    _place(whole, [places], given, (dim,), False, None)
    return input


@composite
def index_fill_(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Write a number to the slices of dimension `dim` at `index`, in place."""
    whole, dim, places = _one_index("index_fill_", input, dim, index)
    check(index.dtype in INDEX_TYPES, "index_fill_(): Expected dtype int64 for index.", error=IndexError)
    check(index.ndim <= 1, "Index has to be a vector/scalar")
    if isinstance(value, TensorBase):
        check(value.ndim == 0, "index_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).", value.ndim)
    check(input.dtype.is_complex or not (value.dtype.is_complex if isinstance(value, TensorBase) else isinstance(value, complex)),
          "index_fill_(): Converting complex Scalar to non-complex type is not supported")
    _check_range(places, -whole.shape[dim], whole.shape[dim], OUT_OF_BOUNDS, dim, whole.shape[dim])
    whole, (places,) = _once("index_fill_", whole, [places], [dim])
    if isinstance(value, TensorBase):                        # its gradient counts an element once, however often the index names it
        chosen = _place(places.new_zeros((whole.shape[dim],), dtype=dtypes.bool), [places], True, (0,), False, None)
        pointwise_masked_fill_(whole, reshape(chosen, [-1 if d == dim else 1 for d in range(whole.ndim)]), value.to(input.dtype))
    else:
        check_number(value, input.dtype)
        _place(whole, [places], value, (dim,), False, None)
    return input


@composite
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """A copy of `input` with the slices of `source`, times `alpha`, added to those of dimension `dim` at `index`."""
    return index_add_(input.clone(), dim, index, source, alpha=alpha)


@composite
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the slices of dimension `dim` at `index` replaced by those of `source`."""
    return index_copy_(input.clone(), dim, index, source)


@composite
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of `input` with a number in the slices of dimension `dim` at `index`."""
    return index_fill_(input.clone(), dim, index, value)


@composite
def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements at row-major positions; the result has the index's shape."""
    if out is not None:
        return _written(out, take(input, index), input, index)
    check(index.dtype is dtypes.int64, "take(): Expected a long tensor for index, but got {}", SCALAR_TYPES[index.dtype.name])
    count = input.numel()
    check(count or not index.numel(), "take(): tried to take from an empty tensor", error=IndexError)
    _check_range(index, -count, count, "out of range: tried to access index {index} on a tensor of {} elements.", count)
    return _pick(reshape(input, -1), [index], (0,), False, False)


@composite
def put_(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Write (or add) the elements of `source` at row-major positions, in place."""
    check(index.dtype is dtypes.int64, "put_(): Expected a long tensor for index, but got {}", SCALAR_TYPES[index.dtype.name])
    check(input.dtype is source.dtype, "put_(): self and source expected to have the same dtype, but got self.dtype = {} and source.dtype "
          "= {}", SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[source.dtype.name])
    check(index.numel() == source.numel(), "put_(): Expected source and index to have the same number of elements, but got source.numel() "
          "= {}, index.numel() = {}", source.numel(), index.numel())
    count = input.numel()
    _check_range(index, -count, count, "out of range: tried to access index {index} on a tensor of {} elements.", count)
    index, source = reshape(index, -1), reshape(source, -1)
    if metas.reshaped(input.meta, (count,)) is not None:
        _place(view_size(input, (count,)), [index], source, (0,), False, "add" if accumulate else None)
    else:
        index = pointwise.where(pointwise.lt(index, 0), index + count, index)
        _place(input, list(_coordinates(index, input.shape).unbind(0)), source, range(input.ndim), False, "add" if accumulate else None)
    return input


@composite
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with the elements of `source` written (or added) at row-major positions."""
    return put_(input.clone(), index, source, accumulate)


# ---- gather and scatter --------------------------------------------------------------------------------------------------------------

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
        check(d == dim or size <= whole.shape[d], "Size does not match at dimension {} expected index {} to be no larger than self {} "
              "apart from dimension {}", d, list(index.shape), list(input.shape), dim)
    size = whole.shape[dim]
    _check_range(places, -size if from_end else 0, size, OUT_OF_BOUNDS, dim, size, error=RuntimeError)
    found = _pick(whole, [places], (dim,), True, False)
    return found if index.ndim else reshape(found, ())


@composite
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """`gather` with broadcasting, along `dim` also by negative indices; without `dim` among all elements in order."""
    check(indices.dtype is dtypes.int64, "torch.take_along_dim(): dtype of indices should be Long but got {}", SCALAR_TYPES[indices.dtype.name])
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1))
    check(input.ndim == indices.ndim, "torch.take_along_dim(): input and indices should have the same number of dimensions, but got {} "
          "dimensions for input, and {} dimensions for indices", input.ndim, indices.ndim)
    dim = wrap_dim(dim, input.ndim)
    shape = metas.broadcast_pair([1 if d == dim else size for d, size in enumerate(input.shape)],
                                 [1 if d == dim else size for d, size in enumerate(indices.shape)])
    wide = [expand(one, [one.shape[d] if d == dim else size for d, size in enumerate(shape)]) for one in (input, indices)]
    return _gathered(wide[0], dim, wide[1], True)


def _scatter(name: str, input: Tensor, dim: int, index: Tensor, value: Any, combine: str | None) -> Tensor:
    dim = wrap_dim(dim, input.ndim)
    check(index.dtype in INDEX_TYPES, "scatter(): Expected dtype int32/int64 for index")
    if isinstance(value, TensorBase):
        check(value.dtype is input.dtype, "scatter(): Expected self.dtype to be equal to src.dtype")
    else:
        pointwise.expect_fit(value, input)
    if index.numel() == 0:
        return input
    whole, places = _with_dims(input, index)
    check(places.ndim == whole.ndim, "Index tensor must have the same number of dimensions as self tensor")
    fits = all(d == dim or size <= whole.shape[d] for d, size in enumerate(places.shape))
    if isinstance(value, TensorBase):
        value, = _with_dims(value)
        check(places.ndim == value.ndim, "Index tensor must have the same number of dimensions as src tensor")
        check(fits and all(size <= value.shape[d] for d, size in enumerate(places.shape)), "Expected index {} to be no larger than self "
              "{} apart from dimension {} and to be no larger size than src {}", list(index.shape), list(input.shape), dim,
              list(value.shape))
    check(fits, "Expected index {} to be no larger than self {} apart from dimension {}", list(index.shape), list(input.shape), dim)
    _check_range(places, 0, whole.shape[dim], OUT_OF_BOUNDS, dim, whole.shape[dim], error=RuntimeError)
    _place(whole, [places], value, (dim,), True, combine)
    return input


@composite
def scatter_(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Tensor:
    """Write `src` (a tensor or a number): `input[index[i][j]][j] = src[i][j]` for dim 0, and so on, in place."""
    check(src is not None or value is not None, 'scatter() missing 1 required positional arguments: "src"', error=TypeError)
    check(reduce in (None, "add", "multiply"), "reduce argument must be either add or multiply.")
    return _scatter("scatter", input, dim, index, src if value is None else value, reduce)


@composite
def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Tensor:
    """A copy of `input` with `src` (a tensor or a number) written at indices along a dimension; see `scatter_`."""
    return scatter_(input.clone(), dim, index, src, value=value, reduce=reduce)


@composite
def scatter_add_(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add `src`: `input[index[i][j]][j] += src[i][j]` for dim 0, and so on, in place. An index may occur repeatedly."""
    check(isinstance(src, TensorBase), "scatter_add(): argument 'src' (position 3) must be Tensor, not {}", type(src).__name__,
          error=TypeError)
    return _scatter("scatter_add", input, dim, index, src, "add")


@composite
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` with `src` added at indices along a dimension; see `scatter_add_`."""
    return scatter_add_(input.clone(), dim, index, src)
