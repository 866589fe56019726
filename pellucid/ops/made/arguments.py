"""What the makers of tensors share: sizes, types, devices, out=, memory that is not yet written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ...core.arrays import fresh
from ...core.devices import storage_on
from ...core.memory import allocate, write_same
from ...core.meta import Meta
from ...core.tensor import TensorBase
from ...core.tensor import new_tensor as make_tensor
from ...device import CPU, Defaults, default_device, device, set_default
from ...device import device as named_device
from .copy import check_number, element_type, fill_, usable_device

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


NUMBERS = (int, float, complex)                              # a bool is an int


def set_default_device(device: Any) -> None:
    """Set where new tensors of this thread go; None is the CPU."""
    place = CPU if device is None else named_device(device)
    usable_device(place)
    set_default(place)


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
            check(fits or given is not sizes or len(sizes) > 1,
                  "{}(): argument 'size' (position 1) must be tuple of ints, not {}", name,
                  type(one).__name__, error=TypeError)
            check(fits,
                  "{}(): argument 'size' failed to unpack the object at pos {} with error \"type must be tuple of "
                  "ints,but got {}\"", name, position + 1, type(one).__name__, error=TypeError)
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
    return make_tensor(allocate(size) if meta.device is CPU else storage_on(meta.device, size), meta, 0)


def _zeroed(meta: Meta) -> Tensor:
    size = meta.numel * meta.itemsize
    return make_tensor(allocate(size, True) if meta.device is CPU else storage_on(meta.device, size, True), meta, 0)


def _filled(meta: Meta, value: Any) -> Tensor:
    """A new tensor with one number everywhere."""
    if value == 0 and not isinstance(value, complex) and math.copysign(1.0, value) > 0:
        return _zeroed(meta)
    return _written(uninitialised(meta), value)


def _written(made: Tensor, value: Any) -> Tensor:
    """A tensor that nobody else has seen yet, with one number everywhere."""
    meta = made.meta
    if (meta.numel <= _FEW and meta.row_major and meta.device is CPU and meta.dtype.typestr
            and type(value) in (int, float)):
        if not 0 <= value <= 127:                            # that fits into all that will be written here
            check_number(value, meta.dtype)
        if write_same(made.memory, value, meta.numel, meta.itemsize, meta.dtype.typestr):
            return made
    return unseen(fill_(made, value))


# so many elements are written sooner than a kernel is looked up
_FEW = 1 << 10


def _plain(sizes: Sequence[Any], size: Any, dtype: Any, device: Any, zero: bool) -> Tensor | None:
    """The new tensor of a call that has nothing to look at twice; else None."""
    if size is not None or device is not None or not (Defaults.untouched or _device(None) is CPU):
        return None
    if dtype is None:
        dtype = dtypes.get_default_dtype()
    return fresh(sizes, dtype, zero) if type(dtype) is dtypes.dtype else None


def _finished(made: Tensor, out: Tensor | None, requires_grad: bool, layout: Any = None,
              pin_memory: bool = False) -> Tensor:
    """What the options that all of these share still want."""
    if layout is not None:
        check(repr(layout) == "torch.strided", "layout {} is not supported: tensors here are strided", layout)
    if pin_memory:
        raise RuntimeError("pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator "
                           "is available on this system.")
    if out is not None:
        made = (out if out.shape == made.shape else out.resize_(made.shape)).copy_(made)
    if requires_grad:
        check(not made.dtype.is_integral, "Only Tensors of floating point and complex dtype can require gradients")
        made.requires_grad_()
    return made


def unseen(made: Tensor) -> Tensor:
    """A tensor that nobody has seen yet as a new one: the writes that made it do not count as changes."""
    made.memory.unseen()
    return made


def _check_out(out: Tensor, dtype: Any, device: Any) -> None:
    """What is asked for besides `out` must be what `out` is."""
    given = out.dtype if dtype is None else element_type("out", dtype)
    check(given is out.dtype, "dtype {} does not match dtype of out parameter ({})", given.title, out.dtype.title)
    check(device is None or usable_device(device) == out.device,
          "device type {} does not match device type of out parameter ({})", device, out.device)


def _number(function: str, name: str, position: int, given: Any) -> Any:
    """A Python number, also from NumPy's and from a tensor without dimensions."""
    if isinstance(given, np.generic) or isinstance(given, TensorBase) and given.ndim == 0:
        given = given.item()
    check(isinstance(given, NUMBERS), "{}(): argument '{}' (position {}) must be Number, not {}", function, name,
          position, type(given).__name__, error=TypeError)
    return given
