"""Tensors of a size, and like another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...check import check
from ...core import meta as metas
from ...core.meta import Meta, contiguous_format, preserve_format
from ...core.tensor import TensorBase
from ..families.composites import composite
from .arguments import (
    _check_out,
    _device,
    _dtype,
    _filled,
    _finished,
    _number,
    _plain,
    _shape,
    _written,
    _zeroed,
    uninitialised,
)
from .copy import check_number, element_type, usable_device

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


@composite
def empty(*sizes: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = None,
          device: Any = None,
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
def zeros(*sizes: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = None,
          device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A tensor of zeros of this size."""
    if out is not None:
        _check_out(out, dtype, device)
    made = _plain(sizes, size, dtype, device, True)
    if made is not None:
        return _finished(made, out, requires_grad, layout, pin_memory)
    shape = _shape("zeros", sizes, size)
    check(min(shape, default=0) >= 0, "zeros: Dimension size must be non-negative.")
    return _finished(_zeroed(metas.contiguous(shape, _dtype("zeros", dtype), _device(device))), out, requires_grad,
                     layout, pin_memory)


@composite
def ones(*sizes: Any, size: Any = None, out: Tensor | None = None, dtype: Any = None, layout: Any = None,
         device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A tensor of ones of this size."""
    if out is not None:
        _check_out(out, dtype, device)
    made = _plain(sizes, size, dtype, device, False)
    if made is None:
        made = uninitialised(metas.contiguous(_shape("ones", sizes, size), _dtype("ones", dtype), _device(device)))
    return _finished(_written(made, 1), out, requires_grad, layout, pin_memory)


def _expect_size(name: str, size: Any) -> None:
    check(isinstance(size, (tuple, list)), "{}(): argument 'size' (position 1) must be tuple of ints, not {}", name,
          type(size).__name__, error=TypeError)


@composite
def full(size: Any, fill_value: Any, *, out: Tensor | None = None, dtype: Any = None, layout: Any = None,
         device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A tensor of this size with one number everywhere; its type is the number's, if no other is given."""
    if out is not None:
        _check_out(out, dtype, device)
    _expect_size("full", size)
    value = _number("full", "fill_value", 2, fill_value)
    if out is not None:
        check_number(value, out.dtype)
    dtype = (element_type("full", dtype) if dtype is not None else out.dtype if out is not None
             else dtypes.promote_types(dtypes.scalar_dtype(type(value)), dtypes.complex64) if isinstance(value, complex)
             else dtypes.scalar_dtype(type(value)))
    return _finished(_filled(metas.contiguous(_shape("full", (size,)), dtype, _device(device)), value), out,
                     requires_grad, layout, pin_memory)


@composite
def empty_strided(size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
                  requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A tensor of this size and these strides whose elements are whatever was in memory."""
    size, stride = metas.integers(size), metas.integers(stride)
    check(min(stride, default=0) >= 0, "Storage size calculation overflowed with sizes={} and strides={}", list(size),
          list(stride))
    meta = metas.make(size, stride, _dtype("empty_strided", dtype), _device(device))
    return _finished(uninitialised(meta), None, requires_grad, layout, pin_memory)


@composite
def empty_permuted(size: Any, physical_layout: Sequence[int], *, dtype: Any = None, layout: Any = None,
                   device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A dense tensor whose dimensions lie in memory in the order `physical_layout`, the slowest first."""
    size = metas.integers(size)
    check(len(physical_layout) == len(size),
          "Number of dimensions in size does not match the length of the physical_layout; i.e. "
          "len(size) = {} is not equal to len(physical_layout) = {}", len(size), len(physical_layout))
    for dim in physical_layout:
        check(0 <= dim < len(size),
              "Dimension out of range (expected to be between 0 and {}, but got {} at index {}).  NB: negative dims "
              "not currently supported; file an issue if you want it.", len(size) - 1, dim,
              list(physical_layout).index(dim))
    check(len(set(physical_layout)) == len(size), "Duplicate dim not allowed")
    strides = dict(zip(physical_layout, metas.contiguous_strides([size[dim] for dim in physical_layout]), strict=True))
    meta = metas.make(size, [strides[dim] for dim in range(len(size))], _dtype("empty_permuted", dtype),
                      _device(device))
    return _finished(uninitialised(meta), None, requires_grad, layout, pin_memory)


def _like(name: str, input: Any, dtype: Any, device: Any, memory_format: Any) -> Meta:
    check(isinstance(input, TensorBase), "{}(): argument 'input' (position 1) must be Tensor, not {}", name,
          type(input).__name__, error=TypeError)
    return metas.like(input.meta, input.dtype if dtype is None else element_type(name, dtype),
                      input.device if device is None else usable_device(device), memory_format or preserve_format)


@composite
def empty_like(input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
               pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """A tensor like `input`, its elements whatever was in memory."""
    return _finished(uninitialised(_like("empty_like", input, dtype, device, memory_format)), None, requires_grad,
                     layout, pin_memory)


@composite
def zeros_like(input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
               pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """A tensor of zeros like `input`."""
    return _finished(_zeroed(_like("zeros_like", input, dtype, device, memory_format)), None, requires_grad, layout,
                     pin_memory)


@composite
def ones_like(input: Tensor, *, dtype: Any = None, layout: Any = None, device: Any = None, requires_grad: bool = False,
              pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """A tensor of ones like `input`."""
    return _finished(_filled(_like("ones_like", input, dtype, device, memory_format), 1), None, requires_grad, layout,
                     pin_memory)


@composite
def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
              requires_grad: bool = False, pin_memory: bool = False, memory_format: Any = None) -> Tensor:
    """A tensor like `input` with one number everywhere."""
    value = _number("full_like", "fill_value", 2, fill_value)
    return _finished(_filled(_like("full_like", input, dtype, device, memory_format), value), None, requires_grad,
                     layout, pin_memory)


def _new(name: str, input: Tensor, sizes: Sequence[Any], size: Any, dtype: Any, device: Any) -> Meta:
    return metas.contiguous(_shape(name, sizes, size), input.dtype if dtype is None else element_type(name, dtype),
                            input.device if device is None else usable_device(device))


@composite
def new_empty(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
              requires_grad: bool = False, layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of this size and the input's type and device, its elements whatever was in memory."""
    return _finished(uninitialised(_new("new_empty", input, sizes, size, dtype, device)), None, requires_grad, layout,
                     pin_memory)


@composite
def new_zeros(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
              requires_grad: bool = False, layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of zeros of this size and the input's type and device."""
    return _finished(_zeroed(_new("new_zeros", input, sizes, size, dtype, device)), None, requires_grad, layout,
                     pin_memory)


@composite
def new_ones(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None, device: Any = None,
             requires_grad: bool = False, layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of ones of this size and the input's type and device."""
    return _finished(_filled(_new("new_ones", input, sizes, size, dtype, device), 1), None, requires_grad, layout,
                     pin_memory)


@composite
def new_full(input: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
             requires_grad: bool = False, layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of this size and the input's type and device with one number everywhere."""
    _expect_size("new_full", size)
    value = _number("new_full", "fill_value", 2, fill_value)
    return _finished(_filled(_new("new_full", input, (size,), None, dtype, device), value), None, requires_grad, layout,
                     pin_memory)


@composite
def new_empty_strided(input: Tensor, size: Any, stride: Any, *, dtype: Any = None, device: Any = None,
                      requires_grad: bool = False, layout: Any = None, pin_memory: bool = False) -> Tensor:
    """A tensor of this size, these strides and the input's type and device, its elements whatever was in memory."""
    return empty_strided(size, stride, dtype=input.dtype if dtype is None else dtype,
                         device=input.device if device is None else device,
                         requires_grad=requires_grad, layout=layout, pin_memory=pin_memory)
