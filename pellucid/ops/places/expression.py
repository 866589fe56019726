"""Index expressions: x[...] and x[...] = y."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from operator import index as to_index
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ...core.meta import SCALAR_TYPES
from ...core.op import alias
from ...core.tensor import TensorBase, type_name
from ..arrange.view import reshape, select, slice_, unsqueeze, view_size
from ..families.composites import composite
from ..families.places import geometry
from ..made.copy import apart, check_number, copy_, fill_each
from ..made.data import tensor
from .kernels import INDEX_TYPES, MASK_TYPES, OUT_OF_BOUNDS, _check_range, _pick, _place
from .masks import _coordinates, true_positions

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


def _as_items(index: Any) -> list[Any]:
    """An index expression as a list of its items."""
    if isinstance(index, tuple):
        return list(index)
    if isinstance(index, list) and len(index) < 32 and any(
            item is None or item is Ellipsis or isinstance(item, (slice, list, tuple, range, TensorBase, np.ndarray))
            for item in index):
        warnings.warn("Using a non-tuple sequence for multidimensional indexing is deprecated and will be changed in "
                      "pytorch 2.9; use x[tuple(seq)] instead of x[seq]. In pytorch 2.9 this will be interpreted as "
                      "tensor index, x[torch.tensor(seq)], which will result either in an error or a different "
                      "result", UserWarning, stacklevel=4)
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
        check(item.dtype in (*INDEX_TYPES, *MASK_TYPES),
              "tensors used as indices must be long, int, byte or bool tensors",
              error=IndexError)
        return item
    check(hasattr(item, "__index__") and not isinstance(item, np.bool_),
          "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got "
          "{})", _type_of(item), error=IndexError)
    return to_index(item)


def _sliced(input: Tensor, dim: int, item: slice) -> Tensor:
    start, stop, step = item.start, item.stop, item.step
    if not ((start is None or type(start) is int) and (stop is None or type(stop) is int)
            and (step is None or type(step) is int)):
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
    """Masks turned into indices: of the dimensions that a mask covers, made one where that takes no copy. (view,
    indices, dimensions)
    """
    given, dims, shift = [], [], 0
    shape = list(input.shape)
    for dim, index in sorted(indices.items()):
        if index.dtype in INDEX_TYPES:
            given.append(index)
            dims.append(dim + shift)
            continue
        if index.dtype is dtypes.uint8:
            warnings.warn("indexing with dtype torch.uint8 is now deprecated, please use a dtype torch.bool instead.",
                          UserWarning, stacklevel=5)
        for k, size in enumerate(index.shape):
            check(size == shape[dim + k],
                  "The shape of the mask {} at index {} does not match the shape of the indexed tensor {} at "
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
    if 0 in shape:
        return                                               # nothing will be looked up
    for dim in dims:
        check(input.shape[dim], "index is out of bounds for dimension with size 0", error=IndexError)
    if 0 in input.shape:
        return
    for index, dim in zip(indices, dims, strict=True):
        size = input.shape[dim]
        _check_range(index, -size, size, OUT_OF_BOUNDS, dim, size)


def _getitem(input: Tensor, index: Any) -> Tensor:
    """The part of a tensor that an index expression names: a view, unless tensors are among the indices."""
    kind = type(index)
    if kind is int or kind is slice:
        if input.ndim == 0:
            raise IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in "
                             "C++ to convert a 0-dim tensor to a "
                             "number" if kind is int else "slice() cannot be applied to a 0-dim tensor.")
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
        if isinstance(value, TensorBase) and value.memory is target.memory:
            value = value.clone()                           # a number, not an operand that overlaps
        fill_each(target, value)                             # which checks that a number fits
    else:
        # x[None] = x: without them, the same elements in the same order
        if value.memory is target.memory:
            target = _stripped(target)
        copy_(target, value if value.shape == target.shape else _stripped(value))


def _stripped(value: Tensor) -> Tensor:
    sizes = value.shape
    leading = next((dim for dim, size in enumerate(sizes) if size != 1), len(sizes))
    return view_size(value, sizes[leading:]) if leading else value


def _setitem(input: Tensor, index: Any, value: Any) -> None:
    """Write a number or a tensor to the part that an index expression names."""
    if isinstance(value, np.generic):
        value = value.item()
    check(isinstance(value, (TensorBase, int, float, complex)), "can't assign a {} to a {}", _type_of(value),
          type_name(input.meta), error=TypeError)
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
            found.masked_fill_(reshape(mask, (*mask.shape, *(1 for _ in range(found.ndim - dim - mask.ndim)))), value)
            return None
    found, given, dims = _unmasked(found, indices)
    _put(found, given, dims, _stripped(value) if isinstance(value, TensorBase) else value, False)
    return None


def _once(name: str, input: Tensor, indices: Sequence[Tensor], dims: Sequence[int]) -> tuple[Tensor, Sequence[Tensor]]:
    """An input that is to be filled with one number, and indices of its dimensions, such that no two elements are one
    place in memory.
    """
    found = apart(input, name)
    return found, indices if found is input else [index * 0 if input.stride(dim) == 0 else index
                                                  for index, dim in zip(indices, dims, strict=True)]


def _put(input: Tensor, indices: Sequence[Tensor], dims: Sequence[int], value: Any, accumulate: bool) -> Tensor:
    """Check everything, then write."""
    _checked(input, indices, dims)
    if isinstance(value, TensorBase):
        check(value.dtype is input.dtype,
              "Index put requires the source and destination dtypes match, got {} for the destination and {} "
              "for the source.", SCALAR_TYPES[input.dtype.name], SCALAR_TYPES[value.dtype.name])
        shape = geometry(input.meta, [index.meta for index in indices], dims, False)[0]
        fits = all(a in (1, b) for a, b in zip(value.shape[::-1], shape[::-1], strict=False))
        check(fits and value.ndim <= len(shape),
              "shape mismatch: value tensor of shape {} cannot be broadcast to indexing result of shape {}",
              list(value.shape), list(shape))
    if not accumulate and (not isinstance(value, TensorBase) or value.ndim == 0):
        input, indices = _once("index_put_", input, indices, dims)
    return _place(input, indices, value, dims, False, "add" if accumulate else None)


getitem = composite(_getitem, name="__getitem__", public=False)
setitem = composite(_setitem, name="__setitem__", public=False)
