"""Pooling: the maximum or the average over windows of one to three dimensions, and over as many windows as are asked
for.

Each kernel operator takes batched input (N, C, spatial); the public functions add and take away the batch dimension, as
PyTorch does.
"""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...check import check
from ...codegen.schedules import maps
from ...codegen.schedules.loop import Arg
from ...codegen.windows import pool as kernels
from ...codegen.windows import pool_gradient
from ...codegen.windows.frame import Layout, output_size
from ...codegen.windows.pool import Pooling
from ...core import meta as metas
from ...core.meta import Meta
from ...core.op import Plan
from ..families.composites import composite
from ..families.declare import plan_of
from ..families.planned import structured
from ..families.types import type_name
from ..maps.activation import attached
from .conv import _result

builtin_all = all


def _windows(input: Meta, spec: tuple[Any, ...], gradient: Meta | None = None) -> Pooling:
    """`spec` is ("adaptive", sizes) or (kernel, stride, padding, dilation, ceil_mode). RuntimeError where it does not
    fit the input, or a gradient of the output not it: kernels trust what comes from here."""
    spatial, ir = input.shape[2:], input.dtype.ir
    rank = len(spatial)
    lists = spec[1:2] if isinstance(spec, tuple) and spec[:1] == ("adaptive",) else spec[:4] if isinstance(spec,
        tuple) and len(spec) == 5 else ()
    check(1 <= rank <= 3 and lists and builtin_all(isinstance(x, tuple) and len(x) == rank for x in lists),
          "pooling: expected (N, C, spatial) and a window of as many dimensions, got {} and {}", list(input.shape),
          spec)
    p = _planned(input, spatial, ir, spec)
    adaptive = spec[0] == "adaptive"
    check(min((*p.out, *p.kernel, *p.stride, *p.dilation)) >= (0 if adaptive else 1) and min((*p.padding, 0)) == 0,
          "pooling: window {} does not fit input {}", spec, list(input.shape))
    expected = (*input.shape[:2], *p.out[3 - rank:])
    check(gradient is None or tuple(gradient.shape) == expected, "pooling: expected a gradient of shape {}, got {}",
          list(expected), None if gradient is None else list(gradient.shape))
    return p


def _planned(input: Meta, spatial: Any, ir: str, spec: tuple[Any, ...]) -> Pooling:
    if spec[0] == "adaptive":
        if min(spec[1]) <= 0:
            check(min(spec[1]) == 0, "elements of output_size must be greater than or equal to 0 but received {}",
                  list(spec[1]))
            front = 3 - len(spatial)
            return Pooling(input.shape[0], input.shape[1], (1,) * front + tuple(spatial), (1,) * front + tuple(spec[1]),
                           (), (), (), (), ir)
        return Pooling.adaptive(input.shape[0], input.shape[1], spatial, spec[1], ir)
    kernel, stride, padding, dilation, ceil_mode = spec
    return Pooling.of(input.shape[0], input.shape[1], spatial, kernel, stride, padding, dilation, ceil_mode, ir)


def _pooled(input: Meta, p: Pooling) -> Meta:
    return _result((*input.shape[:2], *p.out[3 - (input.ndim - 2):]), input)


@structured
def max_pool(input: Meta, spec):
    """(values, int64 positions in the plane) of the largest elements of the windows."""
    check(input.dtype.kind in "fui", '"max_pool" not implemented for \'{}\'', type_name(input.dtype),
          error=NotImplementedError)
    p = _windows(input, spec)
    out = _pooled(input, p)
    if not out.numel:
        return Plan((out, metas.with_dtype(out, dtypes.int64)))
    return plan_of((out, metas.with_dtype(out, dtypes.int64)), lambda target: kernels.max_pool(
        p, Layout.of(input.strides), Layout.of(out.strides),
        vector_bytes=target.vector_bytes))


def _zero(out: Meta) -> Plan:
    """The plan of a result full of zeros."""
    return plan_of((out,),
                   lambda target: maps.map_plan("zero", _nothing, (out.numel,), [Arg(out.dtype, (1,))], [],
                                                vector_bytes=target.vector_bytes))


def _nothing():
    return 0.0


@structured
def max_pool_gradient(gradient: Meta, indices: Meta, input_shape, spec):
    """The gradient of `max_pool`'s input: each gradient goes to the position that was the largest."""
    like = metas.contiguous(input_shape, gradient.dtype, gradient.device)
    out = _result(input_shape, gradient)
    check(gradient.shape == indices.shape and gradient.strides == indices.strides,
          "max_pool: expected gradient and indices with the same shape and strides, got {} and {}", gradient, indices)
    check(indices.dtype is dtypes.int64, "max_pool: expected int64 indices, got {}", indices.dtype)
    if not gradient.numel:
        return _zero(out)
    p = _windows(like, spec, gradient)
    return plan_of((out,), lambda target: pool_gradient.max_gradient(
        p, Layout.of(gradient.strides), Layout.of(out.strides),
        vector_bytes=target.vector_bytes))


@max_pool.derivative
def _(grads, result1, input_meta, input_link, spec):
    gradient = grads[0]
    if gradient.meta.strides != result1.meta.strides:
        gradient = (_aligned(gradient, result1) if gradient.requires_grad
                    else result1.to(gradient.meta.dtype).copy_(gradient))
    return attached(max_pool_gradient(gradient, result1, tuple(input_meta.shape), spec), input_link)


def _aligned(gradient: Any, like: Any) -> Any:
    """The gradient with the strides of another tensor, recorded."""
    return gradient.clone(memory_format=metas.suggested_format(like.meta))


@max_pool_gradient.derivative("gradient")
def _(grad, indices):
    flat = grad.contiguous().reshape(*grad.meta.shape[:2], -1)
    return flat.gather(2, indices.contiguous().reshape(*indices.meta.shape[:2], -1)).reshape(indices.meta.shape)


@structured
def average_pool(input: Meta, spec, count_include_pad, divisor_override):
    """The averages of the windows."""
    whole = input.dtype is dtypes.int64 and spec[0] != "adaptive"
    check(whole or input.dtype.kind == "f", '"avg_pool" not implemented for \'{}\'', type_name(input.dtype),
          error=NotImplementedError)
    p = _windows(input, spec)
    out = _pooled(input, p)
    if not out.numel:
        return Plan((out,))
    return plan_of((out,), lambda target: kernels.average_pool(
        p, Layout.of(input.strides), Layout.of(out.strides), count_include_pad, divisor_override,
        vector_bytes=target.vector_bytes))


@structured
def average_pool_gradient(gradient: Meta, input_shape, spec, count_include_pad, divisor_override):
    """The gradient of `average_pool`'s input: each gradient is spread over its window."""
    like = metas.contiguous(input_shape, gradient.dtype, gradient.device)
    out = _result(input_shape, gradient)
    if not gradient.numel:
        return _zero(out)
    p = _windows(like, spec, gradient)
    return plan_of((out,), lambda target: pool_gradient.average_gradient(
        p, Layout.of(gradient.strides), Layout.of(out.strides), count_include_pad, divisor_override,
        vector_bytes=target.vector_bytes))


@average_pool.derivative
def _(grad, input_meta, input_link, spec, count_include_pad, divisor_override):
    gradient = average_pool_gradient(grad, tuple(input_meta.shape), spec, count_include_pad, divisor_override)
    # PyTorch's is a mean there
    return gradient if spec == ("adaptive", (1,) * (input_meta.ndim - 2)) else attached(gradient, input_link)


@average_pool_gradient.derivative
def _(grad, spec, count_include_pad, divisor_override):
    return average_pool(grad, spec, count_include_pad, divisor_override)


# ---- the public functions --------------------------------------------------------------------------------------------

def _each(name: str, what: str, value: Any, rank: int) -> tuple[int, ...]:
    check(not isinstance(value, bool), "{}(): argument '{}' must be tuple of ints, not bool", name, what,
          error=TypeError)
    found = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(found) == 1:
        found *= rank
    check(len(found) == rank, "{}: {} must either be a single int, or a tuple of {} ints, got {}", name, what, rank,
          found)
    return found


def _batched(name: str, input: Any, rank: int) -> tuple[Any, bool]:
    meta = input.meta
    check(meta.ndim in (rank + 1, rank + 2), "{}: Expected {}D or {}D (batch mode) tensor for input, but got: {}", name,
          rank + 1, rank + 2, list(meta.shape))
    check(builtin_all(s > 0 for s in meta.shape[-rank - 1:]),
          "{}: Expected input with non-zero size for non-batch dimensions, but got {}", name,
          list(meta.shape))
    return (input, False) if meta.ndim == rank + 2 else (input.unsqueeze(0), True)


def _spec(name: str, rank: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
          ceil_mode: bool) -> tuple[Any, ...]:
    kernel = _each(name, "kernel_size", kernel_size, rank)
    stride = kernel if stride is None or stride == () or stride == [] else _each(name, "stride", stride, rank)
    padding, dilation = _each(name, "padding", padding, rank), _each(name, "dilation", dilation, rank)
    check(builtin_all(k > 0 for k in kernel), "kernel size should be greater than zero, but got kernel {}", kernel)
    check(builtin_all(s > 0 for s in stride), "stride should be greater than zero, but got stride {}", stride)
    check(builtin_all(d > 0 for d in dilation), "dilation should be greater than zero, but got dilation {}", dilation)
    for p, k, d in zip(padding, kernel, dilation):
        check(p >= 0, "pad must be non-negative, but got pad: {}", p)
        check(p <= ((k - 1) * d + 1) // 2,
              "pad should be at most half of effective kernel size, but got pad={}, kernel_size={} and dilation={}", p,
              k, d)
    out = output_size(input.meta.shape[2:], kernel, stride, padding, dilation, ceil_mode)
    check(builtin_all(o > 0 for o in out), "Given input size: {}. Calculated output size: {}. Output size is too small",
          list(input.meta.shape[1:]), [input.meta.shape[1], *out])
    return kernel, stride, padding, dilation, bool(ceil_mode)


def _max(rank: int) -> Any:
    name = f"max_pool{rank}d"

    def pool(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
        check(rank > 1 or return_indices or input.meta.dtype.kind == "f",
              '"max_pool1d_impl" not implemented for \'{}\'', type_name(input.meta.dtype),
              error=NotImplementedError)
        input, single = _batched(name, input, rank)
        values, indices = max_pool(input, _spec(name, rank, input, kernel_size, stride, padding, dilation, ceil_mode))
        if single:
            values, indices = values.squeeze(0), indices.squeeze(0)
        return (values, indices) if return_indices else values

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = (f"The largest element of each window of {rank} dimension{'s' * (rank > 1)}: input (N, C, ...) or "
                    "(C, ...). NaN wins.")
    return composite(pool)


def _average(rank: int) -> Any:
    name = f"avg_pool{rank}d"

    def pool(input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
             divisor_override=None):
        check(divisor_override is None or divisor_override != 0, "divisor must be not zero")
        input, single = _batched(name, input, rank)
        found = average_pool(input, _spec(name, rank, input, kernel_size, stride, padding, 1, ceil_mode),
                             bool(count_include_pad), divisor_override)
        return found.squeeze(0) if single else found

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"The average of each window of {rank} dimension{'s' * (rank > 1)}: input (N, C, ...) or (C, ...)."
    return composite(pool, exact="result")


def _sizes(name: str, output_size: Any, input: Any, rank: int) -> tuple[int, ...]:
    found = (output_size,) * rank if isinstance(output_size, int) or output_size is None else tuple(output_size)
    check(len(found) == rank, "{}: output_size must have {} entries, got {}", name, rank, found)
    check(builtin_all(o is None or o >= 0 for o in found),
          "{}: elements of output_size must be greater than or equal to 0 but received {}", name, found)
    return tuple(s if o is None else o for o, s in zip(found, input.meta.shape[2:]))


def _check_rank(output_size: Any, input: Any) -> None:
    check(not isinstance(output_size, (tuple, list)) or input.meta.ndim > len(output_size),
          "Input dimension should be at least {}",
          1 + len(output_size) if isinstance(output_size, (tuple, list)) else 0, error=ValueError)


def _adaptive_average(rank: int) -> Any:
    name = f"adaptive_avg_pool{rank}d"

    def pool(input, output_size):
        _check_rank(output_size, input)
        if output_size in (1, (1,) * rank, [1] * rank) and (input.meta.dtype.kind != "f" or rank > 1
                                                            and input.meta.ndim - rank not in (1, 2)):
            # as PyTorch: of complex numbers and of any number of dimensions
            return input.mean(tuple(range(-rank, 0)), keepdim=True)
        input, single = _batched(name, input, rank)
        found = average_pool(input, ("adaptive", _sizes(name, output_size, input, rank)), True, None)
        return found.squeeze(0) if single else found

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = ("The averages of as many windows as `output_size` says, which together cover the input. "
                    "None keeps a size.")
    return composite(pool)


def _adaptive_max(rank: int) -> Any:
    name = f"adaptive_max_pool{rank}d"

    def pool(input, output_size, return_indices=False):
        _check_rank(output_size, input)
        check(input.meta.dtype.kind == "f", '"{}" not implemented for \'{}\'', name, type_name(input.meta.dtype),
              error=NotImplementedError)
        input, single = _batched(name, input, rank)
        values, indices = max_pool(input, ("adaptive", _sizes(name, output_size, input, rank)))
        if single:
            values, indices = values.squeeze(0), indices.squeeze(0)
        return (values, indices) if return_indices else values

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = ("The largest elements of as many windows as `output_size` says, which together cover the input. "
                    "None keeps a size.")
    return composite(pool)


max_pool1d, max_pool2d, max_pool3d = map(_max, (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = map(_average, (1, 2, 3))
adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d = map(_adaptive_average, (1, 2, 3))
adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d = map(_adaptive_max, (1, 2, 3))
