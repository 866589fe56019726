"""Tensors by a rule: ranges, grids, triangles."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from operator import index as to_index
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...codegen.ir import Builder, Kernel, Launch, writer
from ...codegen.schedules.loop import CHUNK, Access, fit, load_scalars
from ...codegen.schedules.maps import lanes_for
from ...core import meta as metas
from ...core.memory import allocate, number_kind, write_ramp
from ...core.op import Plan
from ...core.tensor import TensorBase
from ...core.tensor import new_tensor as make_tensor
from ...device import CPU, Defaults
from ..families.composites import composite
from ..families.declare import plan_of
from ..families.planned import structured
from .arguments import _check_out, _device, _finished, _number, uninitialised, unseen
from .copy import check_number, converted, element_type
from .interchange import raw_array
from .size import zeros

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


def _counted(output: metas.Meta, name: str, body: Callable, *numbers: type) -> Plan:
    """A vector of which each element is `body(position, *numbers)`, positions and numbers in float64 or, of integers,
    int64.
    """
    count = output.numel
    kinds = tuple("f" if kind is float else "i" for kind in numbers)
    return plan_of((output,),
                   lambda target: [Launch(_counted_kernel(name, body, output.dtype, kinds, target.vector_bytes), (count,
                                          ), -(-count // CHUNK),
                                                  count * 0.3)] if count else [])


@writer
def _counted_kernel(name: str, body: Callable, dtype: dtypes.dtype, kinds: tuple[str, ...],
                    vector_bytes: int) -> Kernel:
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
    """From both ends, so that the last element is exactly the end; rounded once, which integers, cut off from it, show.
    """
    step = (end - start) / last
    return m.where(position + position < last, m.fma(position, step, start), m.fma(position - last, step, end))


@structured(scalars="start step", name="arange", public=False)
def _arange(start, step, count, dtype, device):
    """`start + position * step`."""
    return _counted(metas.contiguous((count,), dtype, device), "arange", _ramp, start, step)


@structured(scalars="start end last", name="linspace", public=False)
def _linspace(start, end, last, count, dtype, device):
    """From `start` to `end` at position `last`."""
    return _counted(metas.contiguous((count,), dtype, device), "linspace", _between, start, end, last)


_arange.nondifferentiable()
_linspace.nondifferentiable()


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
    low, high, by = (0, *bounds, 1) if len(bounds) == 1 else (*bounds,
                                                              1) if len(bounds) == 2 else bounds if len(
        bounds) == 3 else (0, 0, 0)
    if dtype is None:
        dtype = dtypes.int64 if kind == "i" else dtypes.get_default_dtype()
    if not by or dtype not in _COUNTS or max(abs(low), abs(high),
                                             abs(by)) > 1 << 12 or not (Defaults.untouched or _device(None) is CPU):
        return None
    count = -((low - high) // by)
    if (high - low) * by < 0:
        return None
    meta = metas.contiguous((count,), dtype)
    storage = allocate(count * meta.itemsize)
    return make_tensor(storage, meta, 0) if write_ramp(storage, low, by, count, meta.itemsize, dtype.typestr) else None


_COUNTS = frozenset((dtypes.int64, dtypes.float32, dtypes.float64))


@composite
def arange(*bounds: Any, start: Any = None, end: Any = None, step: Any = None, out: Tensor | None = None,
           dtype: Any = None,
           layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """The numbers start, start + step, ... up to but without `end`: `arange(end)`, `arange(start, end)`, `arange(start,
    end, step)`.
    """
    if out is not None:
        _check_out(out, dtype, device)
    if start is end is step is device is out is None:
        made = _few(bounds, dtype)
        if made is not None:
            return _finished(made, out, requires_grad, layout, pin_memory)
    check(len(bounds) <= 3, "arange() takes at most 3 positional arguments", error=TypeError)
    given = dict(zip(("end",) if len(bounds) == 1 and end is None else ("start", "end", "step"), bounds, strict=False))
    for name, value in (("start", start), ("end", end), ("step", step)):
        check(value is None or name not in given, "arange() got multiple values for argument '{}'", name,
              error=TypeError)
        if value is not None:
            given[name] = value
    check("end" in given, 'arange() missing 1 required positional arguments: "end"', error=TypeError)
    low, high, stride = (_real("arange", name, k + 1, given.get(name, default)) for k, (name, default) in
                         enumerate((("start", 0), ("end", None), ("step", 1))))
    floating = any(isinstance(number, float) for number in (low, high, stride))
    dtype = out.dtype if dtype is None and out is not None else dtype
    dtype = element_type("arange",
                         dtype) if dtype is not None else dtypes.get_default_dtype() if floating else dtypes.int64
    check(math.isfinite(low) and math.isfinite(high), "unsupported range: {} -> {}", low, high)
    check(dtype.kind in "uif", "\"arange_cpu\" not implemented for '{}'", metas.SCALAR_TYPES[dtype.name],
          error=NotImplementedError)
    check(stride == stride, "step must be nonzero")
    kind = float if dtype.is_floating_point else int
    first, last, by = kind(low), kind(high), kind(stride)
    check(by != 0, "step must be nonzero", error=ValueError if stride else RuntimeError)
    check(last == first or (last > first) == (by > 0), "upper bound and lower bound inconsistent with step sign")
    count = -((first - last) // by) if dtype is dtypes.int64 else math.ceil((float(high) - float(low)) / float(stride))
    made = _arange(first, by, count, dtype, _device(device))
    if out is not None and out.numel() not in (0, count):
        warnings.warn(f"The number of elements in the out tensor of shape {list(out.shape)} is {out.numel()} which "
                      f"does not match the computed number of elements {count}. Note that this may occur as a result "
                      "of rounding error. The out tensor will be resized to a tensor of shape "
                      f"({count},).", UserWarning, stacklevel=2)
    return _finished(_shaped(made, out), out, requires_grad, layout, pin_memory)


def _shaped(made: Tensor, out: Tensor | None) -> Tensor:
    """A vector in the shape of an `out=` of as many elements, which keeps it."""
    return made if out is None or out.numel() != made.numel() else made.reshape(out.shape)


def _spaced(name: str, start: Any, end: Any, steps: Any, dtype: Any, device: Any,
            out: Tensor | None) -> tuple[Any, dtypes.dtype]:
    """Numbers at equal distances in float64 (or complex128), and the type that they are wanted in."""
    for given in (start, end):
        check(not isinstance(given, TensorBase) or given.ndim == 0,
              "{} only supports 0-dimensional start and end tensors, but got start with {} dimension(s) and end with "
              "{} dimension(s).", name, getattr(start, "ndim", 0),
              getattr(end, "ndim", 0))
    low, high = _number(name, "start", 1, start), _number(name, "end", 2, end)
    count = to_index(steps)
    check(count >= 0, "number of steps must be non-negative")
    inferred = dtypes.get_default_dtype()
    wide = isinstance(low, complex) or isinstance(high, complex)
    inferred = inferred.to_complex() if wide else inferred
    dtype = out.dtype if out is not None else inferred if dtype is None else element_type(name, dtype)
    check(dtype.is_complex or not wide or out is not None,
          "torch.{}(): inferred dtype {} can't be safely cast to passed dtype {}", name, "c10::complex<float>",
          metas.SCALAR_TYPES[dtype.name])
    check(count < 2 or dtype not in (dtypes.bool, dtypes.complex32), "\"{}_cpu\" not implemented for '{}'", name,
          dtype.title, error=NotImplementedError)
    if count < 2:
        high = low = 0 if count == 0 else low if dtype.is_complex else low.real
    for number in (low, high) if count > 1 or dtype.is_integral else ():
        check_number(number, dtype)
    if not dtype.is_complex:
        low, high = (int(x.real) if dtype.is_integral else x.real for x in (low, high))
    where, last = _device(device), float(max(count - 1, 1))
    parts = [_linspace(float(a), float(b), last, count, dtypes.float64, where)
             for a, b in ((low.real, high.real), (low.imag, high.imag))[:1 + dtype.is_complex]]
    if not dtype.is_complex:
        return parts[0], dtype
    pairs = parts[0].new_empty((count, 2))
    for k, part in enumerate(parts):
        pairs.select(1, k).copy_(part)
    found = unseen(pairs).view(dtypes.complex128).squeeze(1)
    found.view_of = None                                    # nobody else holds the pairs
    return found, dtype


@composite
def linspace(start: Any, end: Any, steps: int, *, out: Tensor | None = None, dtype: Any = None, layout: Any = None,
             device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included."""
    if out is not None:
        _check_out(out, dtype, device)
    made, dtype = _spaced("linspace", start, end, steps, dtype, device, out)
    return _finished(_shaped(made, out).to(dtype), out, requires_grad, layout, pin_memory)


@composite
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, out: Tensor | None = None, dtype: Any = None,
             layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """`base` to the powers of `linspace(start, end, steps)`."""
    if out is not None:
        _check_out(out, dtype, device)
    made, dtype = _spaced("logspace", start, end, steps, dtype, device, out)
    return _finished((base ** _shaped(made, out)).to(dtype), out, requires_grad, layout, pin_memory)


@composite
def eye(n: int, m: int | None = None, *, out: Tensor | None = None, dtype: Any = None, layout: Any = None,
        device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A matrix of n rows and m (or n) columns with ones on its diagonal and zeros elsewhere."""
    if out is not None:
        _check_out(out, dtype, device)
    check(n >= 0, "n must be greater or equal to 0, got {}", n)
    check(m is None or m >= 0, "m must be greater or equal to 0, got {}", m)
    made = zeros(n, n if m is None else m, dtype=dtype, device=device)
    made.diagonal().fill_(1)
    made = unseen(made)
    return _finished(made, out, requires_grad, layout, pin_memory)


def _below(row: int, col: int, offset: int) -> int:
    """How many elements of a matrix lie on and below a diagonal."""
    # the rows between these grow by one element each
    first, full = max(0, -offset), min(row, max(0, col - offset - 1))
    growing = max(0, full - first)
    return growing * (first + full + 1 + 2 * offset) // 2 + max(0, row - max(first, full)) * col


def _triangle(name: str, upper: bool, row: int, col: int, offset: int, dtype: Any, device: Any) -> Tensor:
    """Time and memory are those of the result: it is counted, and refused if it is too large, before anything is made.
    """
    row, col, offset = metas.integers((row, col, offset))
    check(row >= 0, "row must be non-negative, got{}", row)
    check(col >= 0, "col must be non-negative, got{}", col)
    total = row * col - _below(row, col, offset - 1) if upper else _below(row, col, offset)
    made = uninitialised(metas.contiguous((2, total), dtypes.int64))
    if total:
        rows = np.arange(0, min(row, col - offset)) if upper else np.arange(max(0, -offset), row)
        first = np.maximum(rows + offset, 0) if upper else np.zeros_like(rows)
        counts = col - first if upper else np.minimum(rows + offset + 1, col)
        found = raw_array(made)
        found[0] = np.repeat(rows, counts)
        found[1] = np.arange(total)
        found[1] -= np.repeat(np.cumsum(counts) - counts - first, counts)
    return converted(made, dtypes.int64 if dtype is None else element_type(name, dtype), _device(device))


@composite
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None,
                 layout: Any = None) -> Tensor:
    """Rows and columns, as the two rows of a matrix, of the elements on and below a diagonal."""
    return _triangle("tril_indices", False, row, col, offset, dtype, device)


@composite
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None,
                 layout: Any = None) -> Tensor:
    """Rows and columns, as the two rows of a matrix, of the elements on and above a diagonal."""
    return _triangle("triu_indices", True, row, col, offset, dtype, device)


@composite
def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of a grid: each of the 1-d tensors expanded over the dimensions of all. `indexing` 'xy' swaps the
    first two.
    """
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    check(given, "meshgrid expects a non-empty TensorList")
    if indexing is None:
        warnings.warn("torch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
                      UserWarning, stacklevel=2)
    check(indexing in (None, "ij", "xy"), 'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {}',
          indexing)
    for one in given:
        check(one.ndim <= 1, "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {}", one)
        check(one.dtype is given[0].dtype, "meshgrid expects all tensors to have the same dtype")
        check(one.device == given[0].device, "meshgrid expects all tensors to have the same device")
    swap = indexing == "xy" and len(given) > 1
    ordered = [given[1], given[0], *given[2:]] if swap else list(given)
    shape = [one.numel() for one in ordered]
    grids = [one.reshape([-1 if dim == k else 1 for dim in range(len(shape))]).expand(shape)
             for k, one in enumerate(ordered)]
    if swap:
        grids[0], grids[1] = grids[1], grids[0]
    return tuple(grids)
