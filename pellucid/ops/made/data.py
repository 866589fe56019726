"""Tensors of data: numbers, sequences, arrays, buffers."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ...core.memory import allocate, number_kind, write_numbers
from ...core.tensor import TensorBase
from ...core.tensor import new_tensor as make_tensor
from ...device import CPU
from ..families.composites import composite
from .arguments import _device, _finished, uninitialised
from .copy import PYTHON_TYPES, converted, element_type, usable_device
from .interchange import dtype_of_array, from_array, from_dlpack, frombuffer, write_array
from .size import full

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


@composite
def new_tensor(input: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
               layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of these data, of the input's type and device if no others are given."""
    return tensor(data, dtype=input.dtype if dtype is None else dtype,
                  device=input.device if device is None else device, requires_grad=requires_grad, pin_memory=pin_memory)


def _is_sequence(data: Any) -> bool:
    return (hasattr(data, "__getitem__") and hasattr(data, "__len__")
            and not isinstance(data, (TensorBase, str, bytes, dict, np.generic))
            and getattr(data, "ndim", 1) > 0)


def _leaf_dtype(kind: type, values: list[Any]) -> dtypes.dtype:
    """The type that elements of one Python type ask for."""
    if kind in PYTHON_TYPES:
        return dtypes.scalar_dtype(kind)
    if issubclass(kind, (list, tuple)):                      # will be refused where it stands
        return dtypes.int64
    if issubclass(kind, TensorBase):
        return _promoted({value.dtype for value in values if type(value) is kind})
    if issubclass(kind, np.generic) or kind is np.ndarray:
        return _promoted({dtype_of_array(value) for value in values if type(value) is kind})
    for number in (bool, int, float, complex):
        if issubclass(kind, number):
            return dtypes.scalar_dtype(number)
    check(not issubclass(kind, (str, bytes)), "new(): invalid data type '{}'", kind.__name__, error=TypeError)
    raise RuntimeError(f"Could not infer dtype of {kind.__name__}")


def _promoted(found: Any) -> dtypes.dtype:
    common = None
    for dtype in found:
        common = dtype if common is None else dtypes.promote_types(common, dtype)
    return dtypes.get_default_dtype() if common is None else common


def _nested_shape(data: Any) -> tuple[int, ...]:
    """The shape that the first elements of nested sequences say."""
    shape: list[int] = []
    while _is_sequence(data):
        check(len(shape) < 128, "too many dimensions '{}'", type(data).__name__, error=ValueError)
        shape.append(len(data))
        if shape[-1] == 0:
            break
        data = data[0]
    check(not shape or not isinstance(data, (str, bytes)), "too many dimensions '{}'", type(data).__name__,
          error=ValueError)
    return tuple(shape)


def _collect(data: Any, shape: tuple[int, ...], dim: int, leaves: list[Any]) -> None:
    """All elements in order, after checking that every sequence has the length that the shape says."""
    check(_is_sequence(data), "not a sequence", error=TypeError)
    check(len(data) == shape[dim], "expected sequence of length {} at dim {} (got {})", shape[dim], dim, len(data),
          error=ValueError)
    if dim + 1 == len(shape):
        leaves.extend(data)
    else:
        for part in data:
            _collect(part, shape, dim + 1, leaves)


def _number_of(value: Any, dtype: dtypes.dtype) -> Any:
    """An element as a number that NumPy converts."""
    if isinstance(value, TensorBase):
        if value.numel() != 1:
            raise (TypeError("only integer tensors of a single element can be converted to an index")
                   if dtype.is_integral
                   else ValueError("only one element tensors can be converted to Python scalars"))
        return value.item()
    if _is_sequence(value):
        name = type(value).__name__
        raise TypeError(f"'{name}' object cannot be interpreted as an integer" if dtype.is_integral
                        else f"must be real number, not {name}")
    return value


def _array_of(leaves: list[Any], dtype: dtypes.dtype) -> np.ndarray:
    """The elements as an array from which those of type `dtype` can be cast."""
    check(dtype.kind != "o", "store_scalar: invalid type")
    if dtype.is_complex:
        return np.array(leaves, np.complex128)
    wide = [value for value in leaves if isinstance(value, complex)]
    if wide and dtype is not dtypes.bool:
        raise TypeError("must be real number, not complex" if dtype.is_floating_point
                        else "'complex' object cannot be interpreted as an integer")
    if dtype is dtypes.bool:
        return np.array([bool(value) for value in leaves], np.bool_)
    if dtype.is_floating_point:
        return np.array(leaves, np.float64)
    integers = [int(value) if value == value and abs(value) != math.inf else _overflow(dtype) for value in leaves]
    low, high = (0, 2**64 - 1) if dtype is dtypes.uint64 else (-2**63, 2**63 - 1)
    if integers and (min(integers) < low or max(integers) > high):
        if any(isinstance(value, float) and not low <= value <= high for value in leaves):
            _overflow(dtype)
        check(dtype is dtypes.uint64, "Overflow when unpacking long long", error=ValueError)
        integers[0].to_bytes(8, "little")                    # raises Python's own OverflowError
        raise OverflowError("int too big to convert")
    limits = dtypes.iinfo(dtype)
    if integers and (max(integers) > limits.max or min(integers) < (limits.min or -limits.max)):
        _overflow(dtype)
    if dtype.kind == "u" and any(isinstance(value, float) and value < 0 for value in leaves):      # only integers wrap
        _overflow(dtype)
    return np.array(integers, np.uint64 if dtype is dtypes.uint64 else np.int64)


def _overflow(dtype: dtypes.dtype) -> Any:
    raise RuntimeError(f"value cannot be converted to type {dtype.name} without overflow")


_WRITTEN = frozenset((list, tuple, float, int, bool))
_ROWS = (list, tuple)


def _of_numbers(data: Any, dtype: dtypes.dtype | None) -> Tensor | None:
    """A new tensor of Python's own numbers, alone or in lists of equal length. None where there is more to it."""
    if type(data) in _ROWS:
        leaves, shape = data, [len(data)]
        while leaves and type(leaves[0]) in _ROWS:
            width = len(leaves[0])
            if len(shape) > 16 or not all([type(row) in _ROWS and len(row) == width for row in leaves]):
                return None
            leaves = [number for row in leaves for number in row]
            shape.append(width)
    else:
        leaves, shape = (data,), ()
    kind = number_kind(leaves)
    if kind is None:
        return None
    if dtype is None:
        dtype = dtypes.get_default_dtype() if kind == "f" else dtypes.int64 if kind == "i" else dtypes.bool
    if dtype.typestr is None or (kind == "f" and dtype.kind == "u"):
        return None
    meta = metas.contiguous(tuple(shape), dtype)
    storage = allocate(meta.numel * meta.itemsize)
    return make_tensor(storage, meta, 0) if write_numbers(storage, leaves, meta.itemsize, dtype.typestr) else None


def _from_data(data: Any, dtype: dtypes.dtype | None) -> Tensor:
    """A new tensor in the CPU's memory with these elements."""
    if type(data) in _WRITTEN:
        made = _of_numbers(data, dtype)
        if made is not None:
            return made
    if hasattr(data, "__dlpack__") and not isinstance(data, (np.ndarray, np.generic)):
        found = from_dlpack(data)
        return converted(found, dtype or found.dtype, CPU, copy=True)
    if hasattr(data, "__array_interface__") and not isinstance(data, (np.ndarray, np.generic)):
        data = np.asarray(data)
    if isinstance(data, np.generic) and dtype is not None:
        return _from_data(data.item(), dtype)                # a number: refused where the type cannot hold it
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        found = dtype_of_array(array)
        made = uninitialised(metas.contiguous(array.shape, dtype or found))
        write_array(made, array)
        return made
    shape = _nested_shape(data)
    leaves: list[Any] = []
    if not shape:
        leaves.append(data)
    elif 0 not in shape:
        _collect(data, shape, 0, leaves)
    kinds = set(map(type, leaves))
    found = _promoted({_leaf_dtype(kind, leaves) for kind in kinds})
    dtype = dtype or found
    if not kinds <= PYTHON_TYPES.keys():
        leaves = [_number_of(value, dtype) for value in leaves]
    made = uninitialised(metas.contiguous(shape, dtype))
    if kinds == {float} and dtype.is_floating_point:
        write_array(made, np.array(leaves).reshape(shape))
    else:
        write_array(made, _array_of(leaves, dtype).reshape(shape))
    return made


_COPY_CONSTRUCT = ("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                   "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).")


@composite
def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
           pin_memory: bool = False) -> Tensor:
    """A new tensor of these data: a number, nested sequences of numbers, a NumPy array, a tensor. Always copies.

    Without a dtype: bools give bool, ints int64, floats the default type, complex numbers the complex type that goes
    with it; NumPy's scalars and tensors bring theirs.
    """
    dtype = None if dtype is None else element_type("tensor", dtype)
    if isinstance(data, TensorBase):
        warnings.warn(_COPY_CONSTRUCT, UserWarning, stacklevel=2)
        made = converted(data.detach(), dtype or data.dtype, data.device if device is None else usable_device(device),
                         copy=True)
    else:
        made = _from_data(data, dtype)
        where = _device(device)
        made = made if where is CPU else made.to(where)
    return _finished(made, None, requires_grad, None, pin_memory) if requires_grad or pin_memory else made


@composite
def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The data as a tensor, sharing memory with an array or a tensor where neither type nor device changes."""
    dtype = None if dtype is None else element_type("as_tensor", dtype)
    if isinstance(data, np.ndarray):
        data = from_array(data)
    elif hasattr(data, "__dlpack__") and not isinstance(data, (TensorBase, np.generic)):
        data = from_dlpack(data)
    elif not isinstance(data, TensorBase):
        return tensor(data, dtype=dtype, device=device)
    return converted(data, dtype or data.dtype, data.device if device is None else usable_device(device))


def _has_buffer(obj: Any) -> bool:
    try:
        return not isinstance(obj, np.generic) and memoryview(obj) is not None
    except TypeError:
        return False


@composite
def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
            requires_grad: bool = False) -> Tensor:
    """The object as a tensor. Shares memory with tensors, arrays, DLPack producers and buffers where it can, unless
    `copy` forbids it.
    """
    dtype = None if dtype is None else element_type("asarray", dtype)
    if isinstance(obj, TensorBase):
        found = obj
    elif isinstance(obj, np.ndarray):
        found = from_array(obj)
    elif hasattr(obj, "__dlpack__") or type(obj).__name__ == "PyCapsule":
        found = from_dlpack(obj)
    elif _has_buffer(obj):
        found = frombuffer(obj, dtype=dtype or dtypes.get_default_dtype())
    else:
        check(copy is not False, "can't alias arbitrary sequence into a tensor.", error=ValueError)
        return tensor(obj, dtype=dtype, device=device, requires_grad=requires_grad)
    where = found.device if device is None else usable_device(device)
    check(copy is not False or dtype in (None, found.dtype), "can't alias tensor with dtype '{}' into dtype '{}'.",
          metas.SCALAR_TYPES[found.dtype.name], metas.SCALAR_TYPES[(dtype or found.dtype).name], error=ValueError)
    check(copy is not False or where == found.device, "can't alias tensor from device '{}' to '{}'.", found.device,
          where, error=ValueError)
    made = converted(found, dtype or found.dtype, where, copy=bool(copy))
    return _finished(made, None, True) if requires_grad else made


@composite
def scalar_tensor(s: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
                  pin_memory: bool = False) -> Tensor:
    """A tensor without dimensions that holds a number."""
    return full((), s, dtype=dtypes.get_default_dtype() if dtype is None else dtype, device=device,
                requires_grad=requires_grad, layout=layout, pin_memory=pin_memory)
