"""New tensors: from data, from a size, from a rule.

What a user may write as data (numbers, nested sequences of them, of NumPy scalars, of 0-d tensors) is read here: `tensor` finds shape and
type as PyTorch does and lets NumPy convert the numbers. Constant tensors are filled by `fill_`, counted ones (`arange`, `linspace`) by a
kernel of one position.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import index as to_index
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..check import check
from ..codegen import cpu as target
from ..codegen import math as m
from ..codegen.ir import Builder, Kernel, Launch
from ..codegen.loops import CHUNK, Access, fit, lanes_for, load_scalars
from ..core import meta as metas
from ..core import op as core_op
from ..core.memory import allocate, number_kind, phantom, write_numbers, write_ramp, write_same
from ..core.meta import Meta, contiguous_format, preserve_format
from ..core.op import Parameter, Plan
from ..core.tensor import TensorBase, fresh
from ..core.tensor import new_tensor as make_tensor
from ..device import CPU, Defaults, default_device, device, set_default
from .copy import PYTHON_TYPES, check_number, converted, element_type, fill_, usable_device
from .family import composite, steps
from .interchange import dtype_of_array, from_array, from_dlpack, frombuffer, write_array

if TYPE_CHECKING:
    from ..core.tensor import TensorBase as Tensor

NUMBERS = (int, float, complex)                              # a bool is an int


# ---- arguments that all of these share -----------------------------------------------------------------------------------------------

def set_default_device(device: Any) -> None:
    """Set where new tensors of this thread go; None is the CPU."""
    set_default(CPU if device is None else usable_device(device))


def get_default_device() -> device:
    """Where new tensors of this thread go, unless they are told otherwise."""
    return default_device()


_INT = {int}


def _shape(name: str, sizes: Sequence[Any], keyword: Any = None) -> tuple[int, ...]:
    """A shape given as loose sizes, as one sequence of them, or by keyword."""
    given = sizes if keyword is None else (keyword,)
    check(given, '{}() missing 1 required positional arguments: "size"', name, error=TypeError)
    if isinstance(given[0], (tuple, list)) and len(given) == 1:
        given = given[0]
    if _INT >= set(map(type, given)):
        return tuple(given)
    for position, one in enumerate(given):
        if type(one) is not int:
            fits = hasattr(one, "__index__") and not isinstance(one, bool)
            check(fits or given is not sizes or len(sizes) > 1, "{}(): argument 'size' (position 1) must be tuple of ints, not {}", name,
                  type(one).__name__, error=TypeError)
            check(fits, "{}(): argument 'size' failed to unpack the object at pos {} with error \"type must be tuple of ints,but got {}\"",
                  name, position + 1, type(one).__name__, error=TypeError)
            return metas.integers(given)
    return tuple(given)


def _device(given: Any) -> device:
    """The device that an argument names; None is the default."""
    if given is None:
        return CPU if Defaults.untouched else usable_device(default_device())
    return usable_device(given)


def _dtype(name: str, given: Any) -> dtypes.dtype:
    return dtypes.get_default_dtype() if given is None else element_type(name, given)


def uninitialised(meta: Meta) -> Tensor:
    """A new tensor of this geometry, its elements whatever was in memory."""
    low, high = (0, meta.numel - 1) if meta.row_major else metas.extent(meta)
    size = (high + 1) * meta.itemsize
    check(low == 0, "empty_strided: strides of a new tensor must not be negative, got {}", list(meta.strides))
    return make_tensor(allocate(size) if meta.device.type == "cpu" else phantom(size, meta.device), meta, 0)


def _zeroed(meta: Meta) -> Tensor:
    size = meta.numel * meta.itemsize
    return make_tensor(allocate(size, True) if meta.device.type == "cpu" else phantom(size, meta.device), meta, 0)


def _filled(meta: Meta, value: Any) -> Tensor:
    """A new tensor with one number everywhere."""
    if value == 0 and not isinstance(value, complex) and math.copysign(1.0, value) > 0:
        return _zeroed(meta)
    return _written(uninitialised(meta), value)


def _written(made: Tensor, value: Any) -> Tensor:
    """A tensor that nobody else has seen yet, with one number everywhere."""
    meta = made.meta
    if meta.numel <= _FEW and meta.row_major and meta.device is CPU and meta.dtype.typestr and type(value) in (int, float):
        if not 0 <= value <= 127:                            # that fits into all that will be written here
            check_number(value, meta.dtype)
        if write_same(made.storage, value, meta.numel, meta.itemsize, meta.dtype.typestr):
            return made
    return fill_(made, value)


_FEW = 1 << 10                                               # so many elements are written sooner than a kernel is looked up


def _plain(sizes: Sequence[Any], size: Any, dtype: Any, device: Any, zero: bool) -> Tensor | None:
    """The new tensor of a call that has nothing to look at twice; else None."""
    if size is not None or device is not None or not (Defaults.untouched or _device(None) is CPU):
        return None
    if dtype is None:
        dtype = dtypes.get_default_dtype()
    return fresh(sizes, dtype, zero) if type(dtype) is dtypes.dtype else None


def _finished(made: Tensor, out: Tensor | None, requires_grad: bool, layout: Any = None, pin_memory: bool = False) -> Tensor:
    """What the options that all of these share still want."""
    if layout is not None:
        check(repr(layout) == "torch.strided", "layout {} is not supported: tensors here are strided", layout)
    if pin_memory:
        raise RuntimeError("pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on this "
                           "system.")
    if out is not None:
        made = out.set_(made.to(out.dtype)) if out.shape != made.shape else out.copy_(made)
    if requires_grad:
        check(not made.dtype.is_integral, "Only Tensors of floating point and complex dtype can require gradients")
        made.requires_grad_()
    return made


def _check_out(out: Tensor, dtype: Any, device: Any) -> None:
    """What is asked for besides `out` must be what `out` is."""
    given = out.dtype if dtype is None else element_type("out", dtype)
    check(given is out.dtype, "dtype {} does not match dtype of out parameter ({})", given.title, out.dtype.title)
    check(device is None or usable_device(device) == out.device, "device type {} does not match device type of out parameter ({})", device, out.device)


# ---- of a size -----------------------------------------------------------------------------------------------------------------------

@composite
def empty(*sizes: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = None, device: Any = None,
          requires_grad: bool = False, pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """A tensor of this size whose elements are whatever was in memory."""
    if out is not None:
        _check_out(out, dtype, device)
    made = None if memory_format is not None else _plain(sizes, size, dtype, device, False)
    if made is not None:
        return _finished(made, out, requires_grad, layout, pin_memory)
    shape, dtype, device = _shape("empty", sizes, size), _dtype("empty", dtype), _device(device)
    if memory_format is None or memory_format is contiguous_format:
        meta = metas.contiguous(shape, dtype, device)
    else:
        meta = metas.make(shape, metas.format_strides(shape, memory_format), dtype, device)
    return _finished(uninitialised(meta), out, requires_grad, layout, pin_memory)


@composite
def zeros(*sizes: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = None, device: Any = None,
          requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A tensor of zeros of this size."""
    if out is not None:
        _check_out(out, dtype, device)
    made = _plain(sizes, size, dtype, device, True)
    if made is not None:
        return _finished(made, out, requires_grad, layout, pin_memory)
    shape = _shape("zeros", sizes, size)
    check(min(shape, default=0) >= 0, "zeros: Dimension size must be non-negative.")
    return _finished(_zeroed(metas.contiguous(shape, _dtype("zeros", dtype), _device(device))), out, requires_grad, layout, pin_memory)


@composite
def ones(*sizes: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = None, device: Any = None,
         requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A tensor of ones of this size."""
    if out is not None:
        _check_out(out, dtype, device)
    made = _plain(sizes, size, dtype, device, False)
    if made is None:
        made = uninitialised(metas.contiguous(_shape("ones", sizes, size), _dtype("ones", dtype), _device(device)))
    return _finished(_written(made, 1), out, requires_grad, layout, pin_memory)


@composite
def full(size: Any, fill_value: Any, *, out: Tensor | None = None, dtype: Any = None, layout: Any = None, device: Any = None,
         requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A tensor of this size with one number everywhere; its type is the number's, if no other is given."""
    if out is not None:
        _check_out(out, dtype, device)
    check(isinstance(size, (tuple, list)), "full(): argument 'size' (position 1) must be tuple of ints, not {}", type(size).__name__,
          error=TypeError)
    value = _number("full", "fill_value", 2, fill_value)
    dtype = dtypes.scalar_dtype(type(value)) if dtype is None else element_type("full", dtype)
    return _finished(_filled(metas.contiguous(_shape("full", (size,)), dtype, _device(device)), value), out, requires_grad, layout,
                     pin_memory)


def _number(function: str, name: str, position: int, given: Any) -> Any:
    """A Python number, also from NumPy's and from a tensor without dimensions."""
    if isinstance(given, np.generic) or isinstance(given, TensorBase) and given.ndim == 0:
        given = given.item()
    check(isinstance(given, NUMBERS), "{}(): argument '{}' (position {}) must be Number, not {}", function, name, position,
          type(given).__name__, error=TypeError)
    return given


@composite
def empty_strided(size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
                  pin_memory: bool = False) -> Tensor:
    """A tensor of this size and these strides whose elements are whatever was in memory."""
    size, stride = metas.integers(size), metas.integers(stride)
    check(min(stride, default=0) >= 0, "Storage size calculation overflowed with sizes={} and strides={}", list(size), list(stride))
    meta = metas.make(size, stride, _dtype("empty_strided", dtype), _device(device))
    return _finished(uninitialised(meta), None, requires_grad, layout, pin_memory)


@composite
def empty_permuted(size: Any, physical_layout: Sequence[int], *, dtype: Any = None, layout: Any = None, device: Any = None,
                   requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A dense tensor whose dimensions lie in memory in the order `physical_layout`, the slowest first."""
    size = metas.integers(size)
    check(len(physical_layout) == len(size), "Number of dimensions in size does not match the length of the physical_layout; i.e. "
          "len(size) = {} is not equal to len(physical_layout) = {}", len(size), len(physical_layout))
    for dim in physical_layout:
        check(0 <= dim < len(size), "Dimension out of range (expected to be between 0 and {}, but got {} at index {}).  NB: negative dims "
              "not currently supported; file an issue if you want it.", len(size) - 1, dim, list(physical_layout).index(dim))
    check(len(set(physical_layout)) == len(size), "Duplicate dim not allowed")
    strides = dict(zip(physical_layout, metas.contiguous_strides([size[dim] for dim in physical_layout]), strict=True))
    meta = metas.make(size, [strides[dim] for dim in range(len(size))], _dtype("empty_permuted", dtype), _device(device))
    return _finished(uninitialised(meta), None, requires_grad, layout, pin_memory)


# ---- like another ----------------------------------------------------------------------------------------------------------------------

def _like(name: str, input: Any, dtype: Any, device: Any, memory_format: Any) -> Meta:
    check(isinstance(input, TensorBase), "{}(): argument 'input' (position 1) must be Tensor, not {}", name, type(input).__name__,
          error=TypeError)
    return metas.like(input.meta, input.dtype if dtype is None else element_type(name, dtype),
                      input.device if device is None else usable_device(device), memory_format or preserve_format)


@composite
def empty_like(input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
               pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """A tensor like `input`, its elements whatever was in memory."""
    return _finished(uninitialised(_like("empty_like", input, dtype, device, memory_format)), None, requires_grad, layout, pin_memory)


@composite
def zeros_like(input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
               pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """A tensor of zeros like `input`."""
    return _finished(_zeroed(_like("zeros_like", input, dtype, device, memory_format)), None, requires_grad, layout, pin_memory)


@composite
def ones_like(input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
              pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """A tensor of ones like `input`."""
    return _finished(_filled(_like("ones_like", input, dtype, device, memory_format), 1), None, requires_grad, layout, pin_memory)


@composite
def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
              pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """A tensor like `input` with one number everywhere."""
    value = _number("full_like", "fill_value", 2, fill_value)
    return _finished(_filled(_like("full_like", input, dtype, device, memory_format), value), None, requires_grad, layout, pin_memory)


def _new(name: str, input: Tensor, sizes: Sequence[Any], size: Any, dtype: Any, device: Any) -> Meta:
    return metas.contiguous(_shape(name, sizes, size), input.dtype if dtype is None else element_type(name, dtype),
                            input.device if device is None else usable_device(device))


@composite
def new_empty(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False,
              layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of this size and the input's type and device, its elements whatever was in memory."""
    return _finished(uninitialised(_new("new_empty", input, sizes, size, dtype, device)), None, requires_grad, layout, pin_memory)


@composite
def new_zeros(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False,
              layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of zeros of this size and the input's type and device."""
    return _finished(_zeroed(_new("new_zeros", input, sizes, size, dtype, device)), None, requires_grad, layout, pin_memory)


@composite
def new_ones(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False,
             layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of ones of this size and the input's type and device."""
    return _finished(_filled(_new("new_ones", input, sizes, size, dtype, device), 1), None, requires_grad, layout, pin_memory)


@composite
def new_full(input: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
             layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of this size and the input's type and device with one number everywhere."""
    value = _number("new_full", "fill_value", 2, fill_value)
    return _finished(_filled(_new("new_full", input, (size,), None, dtype, device), value), None, requires_grad, layout, pin_memory)


@composite
def new_empty_strided(input: Tensor, size: Any, stride: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
                      layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of this size, these strides and the input's type and device, its elements whatever was in memory."""
    return empty_strided(size, stride, dtype=input.dtype if dtype is None else dtype, device=input.device if device is None else device,
                         requires_grad=requires_grad, layout=layout, pin_memory=pin_memory)


@composite
def new_tensor(input: Tensor, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, layout: Any = None,
               pin_memory: bool = False) -> Tensor:
    """A tensor of these data, of the input's type and device if no others are given."""
    return tensor(data, dtype=input.dtype if dtype is None else dtype, device=input.device if device is None else device,
                  requires_grad=requires_grad, pin_memory=pin_memory)


# ---- of data -------------------------------------------------------------------------------------------------------------------------

def _is_sequence(data: Any) -> bool:
    return (hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, (TensorBase, str, bytes, dict, np.generic))
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
    check(not shape or not isinstance(data, (str, bytes)), "too many dimensions '{}'", type(data).__name__, error=ValueError)
    return tuple(shape)


def _collect(data: Any, shape: tuple[int, ...], dim: int, leaves: list[Any]) -> None:
    """All elements in order, after checking that every sequence has the length that the shape says."""
    check(_is_sequence(data), "not a sequence", error=TypeError)
    check(len(data) == shape[dim], "expected sequence of length {} at dim {} (got {})", shape[dim], dim, len(data), error=ValueError)
    if dim + 1 == len(shape):
        leaves.extend(data)
    else:
        for part in data:
            _collect(part, shape, dim + 1, leaves)


def _number_of(value: Any, dtype: dtypes.dtype) -> Any:
    """An element as a number that NumPy converts."""
    if isinstance(value, TensorBase):
        if value.numel() != 1:
            raise (TypeError("only integer tensors of a single element can be converted to an index") if dtype.is_integral
                   else ValueError("only one element tensors can be converted to Python scalars"))
        return value.item()
    if _is_sequence(value):
        name = type(value).__name__
        raise TypeError(f"'{name}' object cannot be interpreted as an integer" if dtype.is_integral else f"must be real number, not {name}")
    return value


def _array_of(leaves: list[Any], dtype: dtypes.dtype) -> np.ndarray:
    """The elements as an array from which those of type `dtype` can be cast."""
    if dtype.is_complex:
        return np.array(leaves, np.complex128)
    wide = [value for value in leaves if isinstance(value, complex)]
    if wide and dtype is not dtypes.bool:
        raise TypeError("must be real number, not complex" if dtype.is_floating_point else "'complex' object cannot be interpreted as an "
                        "integer")
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
def tensor(data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A new tensor of these data: a number, nested sequences of numbers, a NumPy array, a tensor. Always copies.

    Without a dtype: bools give bool, ints int64, floats the default type, complex numbers the complex type that goes with it; NumPy's
    scalars and tensors bring theirs.
    """
    dtype = None if dtype is None else element_type("tensor", dtype)
    if isinstance(data, TensorBase):
        warnings.warn(_COPY_CONSTRUCT, UserWarning, stacklevel=2)
        made = converted(data.detach(), dtype or data.dtype, data.device if device is None else usable_device(device), copy=True)
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
    elif not isinstance(data, TensorBase):
        return tensor(data, dtype=dtype, device=device)
    return converted(data, dtype or data.dtype, data.device if device is None else usable_device(device))


def _has_buffer(obj: Any) -> bool:
    try:
        return not isinstance(obj, np.generic) and memoryview(obj) is not None
    except TypeError:
        return False


@composite
def asarray(obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool = False) -> Tensor:
    """The object as a tensor. Shares memory with tensors, arrays, DLPack producers and buffers where it can, unless `copy` forbids it."""
    dtype = None if dtype is None else element_type("asarray", dtype)
    if isinstance(obj, TensorBase):
        found = obj
    elif isinstance(obj, np.ndarray):
        found = from_array(obj)
    elif hasattr(obj, "__dlpack__"):
        found = from_dlpack(obj)
    elif _has_buffer(obj):
        found = frombuffer(obj, dtype=dtype or dtypes.get_default_dtype())
    else:
        check(copy is not False, "can't alias arbitrary sequence into a tensor.", error=ValueError)
        return tensor(obj, dtype=dtype, device=device, requires_grad=requires_grad)
    where = found.device if device is None else usable_device(device)
    check(copy is not False or dtype in (None, found.dtype), "can't alias tensor with dtype '{}' into dtype '{}'.",
          metas.SCALAR_TYPES[found.dtype.name], metas.SCALAR_TYPES[(dtype or found.dtype).name], error=ValueError)
    check(copy is not False or where == found.device, "can't alias tensor from device '{}' to '{}'.", found.device, where, error=ValueError)
    made = converted(found, dtype or found.dtype, where, copy=bool(copy))
    return _finished(made, None, True) if requires_grad else made


@composite
def scalar_tensor(s: Any, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
                  pin_memory: bool = False) -> Tensor:
    """A tensor without dimensions that holds a number."""
    return full((), s, dtype=dtypes.get_default_dtype() if dtype is None else dtype, device=device, requires_grad=requires_grad,
                layout=layout, pin_memory=pin_memory)


# ---- of a rule -------------------------------------------------------------------------------------------------------------------------

def _counted(name: str, body: Callable, numbers: int) -> Any:
    """An internal operator: `count` elements, each `body(position, *numbers)`, positions and numbers in float64 or, of integers, int64."""
    names = ("a", "b", "c")[:numbers]

    def planner(op: Any, key: tuple[Any, ...]) -> Plan:
        count, dtype, where = key[numbers:]
        output = metas.contiguous((count,), dtype, where)
        kinds = tuple("f" if part is float else "i" for part in key[:numbers])
        kernel = lambda: _counted_kernel(name, body, dtype, kinds, target.vector_bytes())          # noqa: E731
        return Plan((output,), lambda: steps([Launch(kernel(), (count,), -(-count // CHUNK), count * 0.3)] if count else []))

    parameters = (*(Parameter(n, core_op.SCALAR) for n in names),
                  *(Parameter(n, core_op.STATIC) for n in ("count", "dtype", "device")))
    op = core_op.Op(name, body, parameters, planner)
    op.nondifferentiable()
    return op


@lru_cache(256)
def _counted_kernel(name: str, body: Callable, dtype: dtypes.dtype, kinds: tuple[str, ...], vector_bytes: int) -> Kernel:
    b = Builder(name)
    lanes = lanes_for((dtype, dtypes.int64), vector_bytes)
    numbers, first = load_scalars(b, 1, kinds, lanes)
    count = b.word(first)
    out = Access(b, dtype, "u", b.word(0, "ptr"), lanes)

    def write(i: Any, mask: Any = None, left: Any = None) -> None:
        position = b.splat(i, lanes) + b.iota("i64", lanes)
        value = body(position if kinds[0] == "i" else b.convert(position, "f64"), *numbers)
        out.store(i, fit(b, value, dtype, lanes), mask, left)

    with b.loop(b.begin, b.end) as chunk:
        low = chunk.index * CHUNK
        high = b.min(low + CHUNK, count)
        full = low + (((high - low) >> lanes.bit_length() - 1) << lanes.bit_length() - 1)
        with b.loop(low, full, lanes) as loop:
            write(loop.index)
        with b.when(full < high):
            write(full, b.first(high - full, lanes), high - full)
    return b.kernel()


def _ramp(position: Any, start: Any, step: Any) -> Any:
    return position * step + start


def _between(position: Any, start: Any, end: Any, last: Any) -> Any:
    """From both ends, so that the last element is exactly the end; rounded once, which integers, cut off from it, show."""
    step = (end - start) / last
    return m.where(position + position < last, m.fma(position, step, start), m.fma(position - last, step, end))


_arange = _counted("arange", _ramp, 2)
_linspace = _counted("linspace", _between, 3)


def _real(function: str, name: str, position: int, given: Any) -> Any:
    number = _number(function, name, position, given)
    check(not isinstance(number, complex), "value cannot be converted to type double without overflow")
    return number


def _few(bounds: Sequence[Any], dtype: Any) -> Tensor | None:
    """`arange` of a few small whole numbers, in a type that holds them all exactly; None where there is more to it."""
    kind = number_kind(bounds)
    if kind == "f" and all([type(bound) is int or bound.is_integer() for bound in bounds]):
        bounds = tuple(map(int, bounds))
    elif kind != "i":
        return None
    low, high, by = (0, *bounds, 1) if len(bounds) == 1 else (*bounds, 1) if len(bounds) == 2 else bounds if len(bounds) == 3 else (0, 0, 0)
    if dtype is None:
        dtype = dtypes.int64 if kind == "i" else dtypes.get_default_dtype()
    if not by or dtype not in _COUNTS or max(abs(low), abs(high), abs(by)) > 1 << 12 or not (Defaults.untouched or _device(None) is CPU):
        return None
    count = -((low - high) // by)
    if count < 0:
        return None
    meta = metas.contiguous((count,), dtype)
    storage = allocate(count * meta.itemsize)
    return make_tensor(storage, meta, 0) if write_ramp(storage, low, by, count, meta.itemsize, dtype.typestr) else None


_COUNTS = frozenset((dtypes.int64, dtypes.float32, dtypes.float64))


@composite
def arange(*bounds: Any, start: Any = None, end: Any = None, step: Any = None, out: Tensor | None = None, dtype: Any = None,
           layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """The numbers start, start + step, ... up to but without `end`: `arange(end)`, `arange(start, end)`, `arange(start, end, step)`."""
    if out is not None:
        _check_out(out, dtype, device)
    if start is end is step is device is out is None:
        made = _few(bounds, dtype)
        if made is not None:
            return _finished(made, out, requires_grad, layout, pin_memory)
    check(len(bounds) <= 3, "arange() takes at most 3 positional arguments", error=TypeError)
    given = dict(zip(("end",) if len(bounds) == 1 and end is None else ("start", "end", "step"), bounds, strict=False))
    for name, value in (("start", start), ("end", end), ("step", step)):
        check(value is None or name not in given, "arange() got multiple values for argument '{}'", name, error=TypeError)
        if value is not None:
            given[name] = value
    check("end" in given, 'arange() missing 1 required positional arguments: "end"', error=TypeError)
    low, high, stride = (_real("arange", name, k + 1, given.get(name, default)) for k, (name, default) in
                         enumerate((("start", 0), ("end", None), ("step", 1))))
    floating = any(isinstance(number, float) for number in (low, high, stride))
    dtype = out.dtype if dtype is None and out is not None else dtype
    dtype = element_type("arange", dtype) if dtype is not None else dtypes.get_default_dtype() if floating else dtypes.int64
    check(math.isfinite(low) and math.isfinite(high), "unsupported range: {} -> {}", low, high)
    check(dtype.kind in "uif", "\"arange_cpu\" not implemented for '{}'", metas.SCALAR_TYPES[dtype.name], error=NotImplementedError)
    kind = float if dtype.is_floating_point else int
    first, last, by = kind(low), kind(high), kind(stride)
    check(by != 0, "step must be nonzero", error=ValueError if stride else RuntimeError)
    check((last - first) * by >= 0, "upper bound and lower bound inconsistent with step sign")
    count = -((first - last) // by) if dtype is dtypes.int64 else math.ceil((float(high) - float(low)) / float(stride))
    made = _arange(first, by, count, dtype, _device(device))
    return _finished(made, out, requires_grad, layout, pin_memory)


def _spaced(name: str, start: Any, end: Any, steps: Any, dtype: Any, device: Any) -> tuple[Any, dtypes.dtype]:
    """Numbers at equal distances in float64 (or complex128), and the type that they are wanted in."""
    for given in (start, end):
        check(not isinstance(given, TensorBase) or given.ndim == 0, "{} only supports 0-dimensional start and end tensors, but got start "
              "with {} dimension(s) and end with {} dimension(s).", name, getattr(start, "ndim", 0), getattr(end, "ndim", 0))
    low, high = _number(name, "start", 1, start), _number(name, "end", 2, end)
    count = to_index(steps)
    check(count >= 0, "number of steps must be non-negative")
    inferred = dtypes.get_default_dtype()
    wide = isinstance(low, complex) or isinstance(high, complex)
    inferred = inferred.to_complex() if wide else inferred
    dtype = inferred if dtype is None else element_type(name, dtype)
    check(dtype.is_complex or not wide, "torch.{}(): inferred dtype {} can't be safely cast to passed dtype {}", name,
          "c10::complex<float>", metas.SCALAR_TYPES[dtype.name])
    check(dtype is not dtypes.bool, "\"{}_cpu\" not implemented for 'Bool'", name, error=NotImplementedError)
    if dtype.is_integral:
        low, high = int(low), int(high)
    where, last = _device(device), float(max(count - 1, 1))
    parts = [_linspace(float(a), float(b), last, count, dtypes.float64, where)
             for a, b in ((low.real, high.real), (low.imag, high.imag))[:1 + dtype.is_complex]]
    if not dtype.is_complex:
        return parts[0], dtype
    pairs = parts[0].new_empty((count, 2))
    for k, part in enumerate(parts):
        pairs.select(1, k).copy_(part)
    return pairs.view(dtypes.complex128).squeeze(1), dtype


@composite
def linspace(start: Any, end: Any, steps: int, *, out: Tensor | None = None, dtype: Any = None, layout: Any = None, device: Any = None,
             requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included."""
    if out is not None:
        _check_out(out, dtype, device)
    made, dtype = _spaced("linspace", start, end, steps, dtype, device)
    return _finished(made.to(dtype), out, requires_grad, layout, pin_memory)


@composite
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, out: Tensor | None = None, dtype: Any = None, layout: Any = None,
             device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """`base` to the powers of `linspace(start, end, steps)`."""
    if out is not None:
        _check_out(out, dtype, device)
    made, dtype = _spaced("logspace", start, end, steps, dtype, device)
    return _finished((base ** made).to(dtype), out, requires_grad, layout, pin_memory)


@composite
def eye(n: int, m: int | None = None, *, out: Tensor | None = None, dtype: Any = None, layout: Any = None, device: Any = None,
        requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A matrix of n rows and m (or n) columns with ones on its diagonal and zeros elsewhere."""
    if out is not None:
        _check_out(out, dtype, device)
    check(n >= 0, "n must be greater or equal to 0, got {}", n)
    check(m is None or m >= 0, "m must be greater or equal to 0, got {}", m)
    made = zeros(n, n if m is None else m, dtype=dtype, device=device)
    made.diagonal().fill_(1)
    return _finished(made, out, requires_grad, layout, pin_memory)


def _triangle(name: str, choose: Callable, row: int, col: int, offset: int, dtype: Any, device: Any) -> Tensor:
    check(row >= 0, "row must be non-negative, got{}", row)
    check(col >= 0, "col must be non-negative, got{}", col)
    made = from_array(np.stack(choose(row, offset, col)).astype(np.int64))
    return converted(made, dtypes.int64 if dtype is None else element_type(name, dtype), _device(device))


@composite
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None) -> Tensor:
    """Rows and columns, as the two rows of a matrix, of the elements on and below a diagonal."""
    return _triangle("tril_indices", np.tril_indices, row, col, offset, dtype, device)


@composite
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None, layout: Any = None) -> Tensor:
    """Rows and columns, as the two rows of a matrix, of the elements on and above a diagonal."""
    return _triangle("triu_indices", np.triu_indices, row, col, offset, dtype, device)


@composite
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of a grid: each of the 1-d tensors expanded over the dimensions of all. `indexing` 'xy' swaps the first two."""
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    check(given, "meshgrid expects a non-empty TensorList")
    if indexing is None:
        warnings.warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.", UserWarning,
                      stacklevel=2)
    check(indexing in (None, "ij", "xy"), 'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {}', indexing)
    for one in given:
        check(one.ndim <= 1, "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {}", one)
        check(one.dtype is given[0].dtype, "meshgrid expects all tensors to have the same dtype")
        check(one.device == given[0].device, "meshgrid expects all tensors to have the same device")
    swap = indexing == "xy" and len(given) > 1
    ordered = [given[1], given[0], *given[2:]] if swap else list(given)
    shape = [one.numel() for one in ordered]
    grids = [one.reshape([-1 if dim == k else 1 for dim in range(len(shape))]).expand(shape) for k, one in enumerate(ordered)]
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)
