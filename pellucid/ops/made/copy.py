"""Moving elements: copies, conversions, fills. What `clone`, `to`, `contiguous`, `copy_` and assignment come down to.

All are one map kernel with the identity as its body: loads widen, stores narrow. A copy that writes over a tensor does
not read what was there, so that tensor's strides are given as 0 to the schedule, which then loads one element a row at
most.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...check import check
from ...codegen.schedules import maps
from ...codegen.schedules.loop import Arg
from ...core import meta as metas
from ...core.devices import DEVICES, has_data
from ...core.meta import Meta, contiguous_format, preserve_format
from ...core.op import Plan
from ...core.tensor import TensorBase
from ...device import CPU, device
from ...dtypes import PYTHON_TYPES as PYTHON_TYPES
from ...dtypes import element_type
from ..families.composites import composite
from ..families.declare import argument, plan_of, register, scalar_kinds
from ..families.planned import structured

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


def _same(value: Any) -> Any:
    return value


def _new(old: Any, value: Any) -> Any:
    return value


# narrow floats, whose loads widen, as the integers that have their bits
_BITS = {d: {1: dtypes.uint8, 2: dtypes.uint16, 4: dtypes.uint32}[d.itemsize]
         for d in (*dtypes.DTYPES, *dtypes.OPAQUE.values()) if d.kind == "o" or d.ir != d.compute and d.kind in "fsc"}


def _arguments(shape: Sequence[int], *operands: Meta) -> list[Arg]:
    """Operands as the schedule sees them. Between equal types bits are moved: nothing is converted and a NaN keeps its
    own.
    """
    found = [argument(operand, shape) for operand in operands]
    same = all(operand.stored is operands[0].stored for operand in operands)
    for operand in operands:
        check(same or operand.dtype.kind != "o", "\"copy_kernel\" not implemented for '{}'", operand.dtype.title,
              error=NotImplementedError)
    return [a._replace(dtype=_BITS.get(a.dtype.plain, a.dtype.plain)) for a in found] if same else found


# ---- copies ----------------------------------------------------------------------------------------------------------

def _copied(name: str, input: Meta, output: Meta) -> Plan:
    if not has_data(output.device):
        return Plan((output,), None)
    check(has_data(input.device), "Cannot copy out of meta tensor; no data!", error=NotImplementedError)
    same = input.strides == output.strides and input.stored is output.stored and metas.is_dense(input)
    moved = 0 if same and input.device is not output.device else -1              # its bytes, as they are
    return plan_of((output,),
                   lambda target: maps.map_plan(name, _same, output.sizes,
                                                *([a] for a in _arguments(output.sizes, output, input)),
                                                             cost=0.02, vector_bytes=target.vector_bytes), moved=moved)


@structured(linear=("input",), literal=False)
def clone(input: Meta, *, memory_format=None):
    """A copy, with the input's order of elements in memory or in a given one."""
    return _copied("clone", input, metas.like(input, memory_format=memory_format or preserve_format))


@structured(linear=("input",), literal=False)
def to_copy(input: Meta, dtype, device, memory_format):
    """A copy of another type, on another device, in another order of elements."""
    return _copied("to_copy", input, metas.like(input, dtype, device, memory_format))


@clone.derivative
def _(grad):
    return grad


@to_copy.derivative
def _(grad, input_meta):
    return grad.to(input_meta.device)


# ---- writes ----------------------------------------------------------------------------------------------------------

def _over(output: Meta, input: Meta, source: Any, name: str) -> Plan:
    """All elements of `output` written from the second operand; the first only lends its pointer."""
    nothing = Arg(input.dtype, (0,) * output.ndim)
    out, *given = _arguments(output.sizes, output, source) if isinstance(source,
                                                                         Meta) else [argument(output, output.sizes)]
    return plan_of((output,),
                   lambda target: maps.map_plan(name, _new, output.sizes, [out], [nothing, *given],
                                                scalar_kinds([source]), cost=0.02,
                                                             vector_bytes=target.vector_bytes))


@structured(operands="input src", numbers="src",
            into=lambda results, input, src, non_blocking: _over(results[0], input, src, "copy"),
            aliasing=True, public=False, aliases={"other": "src"}, literal=False)
def copy(input, src, non_blocking=False):
    """`src`, broadcast to the shape of `input` and converted to its type."""
    if isinstance(src, Meta):                                # else a number
        check(has_data(src.device) or not has_data(input.device), "Cannot copy out of meta tensor; no data!",
              error=NotImplementedError)
        # raises, with PyTorch's words, where the source does not fit
        metas.expand(src, input.sizes)
    return _over(metas.like(input), input, src, "copy")


@structured(operands="input value", numbers="value",
            into=lambda results, input, value: _over(results[0], input, value, "fill"), aliasing=True,
            public=False, literal=False)
def fill(input, value):
    """`value` in every element, in the shape and type of `input`."""
    check(not isinstance(value, Meta) or value.ndim == 0,
          "fill_ only supports 0-dimension value tensor but got tensor with {} dimensions.",
          getattr(value, "ndim", 0))
    return _over(metas.like(input), input, value, "fill")


def _nothing(grad: Tensor) -> Tensor:
    return zero_(grad.detach().clone())          # not even with create_graph is there anything to differentiate


def _all(grad: Tensor) -> Tensor:
    return grad


to_copy.anywhere, copy.anywhere = ("input",), ("src",)
copy.derivative(input=_nothing, src=_all)
fill.derivative(input=_nothing, value=_all)


copy.node_name = "CopyBackwards"
copy_ = register(copy.inplace())
_fill_ = fill.inplace()

# what PyTorch's messages call the types of numbers
_C_TYPES = {"bool": "bool", "uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int",
            "int64": "int64_t",
            "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
            "complex32": "c10::complex<c10::Half>", "complex64": "c10::complex<float>",
            "complex128": "c10::complex<double>", "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t",
            **{d.name: f"c10::{d.title}" for d in dtypes.DTYPES if d.kind == "s"}}


def check_number(value: Any, dtype: dtypes.dtype) -> None:
    """RuntimeError if a Python number cannot be a value of type `dtype`: too large, NaN or infinite as an integer,
    complex as a real. OverflowError for integers that no type has, TypeError for what is no number."""
    check(hasattr(value, "real"), "value must be Number, not {}", type(value).__name__, error=TypeError)
    if isinstance(value, int) and not -2**63 <= value < 2**64:
        raise OverflowError("int too big to convert" if value > 0 else "can't convert negative int to unsigned")
    check(dtype.kind != "o", "\"fill_cpu\" not implemented for '{}'", dtype.title, error=NotImplementedError)
    fits = dtype.is_complex or dtype is dtypes.bool or not isinstance(value, complex) or value.imag == 0
    if fits and dtype.is_integral and dtype is not dtypes.bool:
        limits, real = dtypes.iinfo(dtype), value.real
        # unsigned types wrap negative integers
        low = limits.min or (-limits.max if isinstance(value, int) else 0)
        fits = low <= real <= limits.max                                                  # False for NaN
    elif fits and dtype.is_floating_point and not isinstance(value, bool):
        limits, real = dtypes.finfo(dtype), value.real
        fits = real != real or real in (math.inf, -math.inf) or limits.min <= real <= limits.max
    check(fits, "value cannot be converted to type {} without overflow", _C_TYPES[dtype.name])


def apart(input: Tensor, name: str = "") -> Tensor:
    """An expanded tensor with each of its places in memory once, a view: what may be filled with one number. PyTorch
    warns of some, named here.
    """
    if input.meta.contiguous or not metas.overlaps_itself(input.meta):
        return input
    if name:
        warnings.warn(f"Use of {name} on expanded tensors is deprecated. Please clone() the tensor before performing "
                      "this operation. This also applies to advanced indexing e.g. "
                      f"{'tensor[indices] = tensor' if name == 'index_put_' else 'tensor[mask] = scalar'}", UserWarning,
                      stacklevel=3)
    for dim, stride in enumerate(input.meta.strides):
        if stride == 0:
            input = input.narrow(dim, 0, 1)
    return input


def masked_apart(fill: Any) -> Any:
    """`fill(input, mask, value)`, masked_fill_, for expanded tensors too."""
    def masked(input: Tensor, mask: Tensor, value: Any) -> Tensor:
        found = apart(input, "masked_fill_")
        if found is not input and mask.dtype is dtypes.bool:                  # else it is refused
            mask = mask.expand(input.meta.shape).any([dim
                                                      for dim, stride in enumerate(input.meta.strides)
                                                      if stride == 0], True)
        fill(found, mask, value)
        return input

    masked.__doc__ = fill.__doc__
    return masked


def fill_each(input: Tensor, value: Any) -> Tensor:
    """Set every element to a number or a 0-d tensor, in place. RuntimeError for an expanded tensor."""
    if isinstance(value, (int, float, complex)):
        check_number(value, input.dtype)
        if type(value) is int and value >= 2**63 and input.dtype is not dtypes.uint64:
            value = float(value)                 # kernels know no integer of that size
    elif value is not input and isinstance(value, TensorBase) and value.memory is input.memory:
        value = value.clone()                    # a number, which is read before anything is written
    return _fill_(input, value)


@composite
def fill_(input: Tensor, value: Any) -> Tensor:
    """Set every element to a number, in place."""
    fill_each(apart(input) if isinstance(value, (int, float, complex)) else input, value)
    return input


register(fill)


@composite
def zero_(input: Tensor) -> Tensor:
    """Set every element to 0, in place."""
    _fill_(apart(input), 0)
    return input


# ---- conversions -----------------------------------------------------------------------------------------------------

def usable_device(given: Any) -> device:
    """The device that a user names, as tensors know it. What PyTorch's builds for a CPU raise for one that does not
    exist here.
    """
    found = given if type(given) is device else device(given)
    if found.type == "cpu":
        return CPU
    if found.type in ("cuda", "xpu") and found.type not in DEVICES:
        raise AssertionError(f"Torch not compiled with {found.type.upper()} enabled")
    check(found.type in DEVICES, "this version has no support for '{}' devices", found.type, error=NotImplementedError)
    return metas.the_device(found)


def converted(input: Tensor, dtype: dtypes.dtype, device: device, copy: bool = False,
              memory_format: Any = None) -> Tensor:
    """`input` itself where it is already all that, else a copy."""
    if (not copy and dtype is input.dtype and device == input.device
            and (memory_format in (None, preserve_format) or memory_format is metas.suggested_format(input.meta))):
        return input
    return to_copy(input, dtype, device, memory_format or preserve_format)


@composite
def to(input: Tensor, *args: Any, device: Any = None, dtype: Any = None, other: Any = None, non_blocking: bool = False,
       copy: bool = False, memory_format: Any = None) -> Tensor:
    """The tensor as another type, on another device or in another memory format: `x.to(torch.float64)`, `x.to("meta",
    torch.int8)`, `x.to(other)`. The tensor itself where nothing would change."""
    rest = list(args)
    if rest and isinstance(rest[0], TensorBase):
        other = rest.pop(0)
    elif rest and (rest[0] is None or isinstance(rest[0], (str, int, type(CPU))) and not isinstance(rest[0], bool)):
        device = rest.pop(0)
        dtype = rest.pop(0) if rest and not isinstance(rest[0], bool) else dtype
    elif rest and not isinstance(rest[0], bool):
        dtype = rest.pop(0)
    check(len(rest) <= 2, "to() takes at most 4 positional arguments", error=TypeError)
    copy = rest[1] if len(rest) == 2 else copy
    if other is not None:
        device, dtype = other.device, other.dtype
    return converted(input, input.dtype if dtype is None else element_type("to", dtype),
                     input.device if device is None else usable_device(device), copy, memory_format)


@composite
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor as the type, and on the device, of `other`."""
    return converted(input, other.dtype, other.device)


@composite
def contiguous(input: Tensor, memory_format: Any = contiguous_format) -> Tensor:
    """The tensor itself where its elements lie in order, else a copy where they do."""
    if memory_format is metas.preserve_format and input.is_contiguous():
        return input
    return input if metas.is_contiguous(input.meta, memory_format) else clone(input, memory_format=memory_format)


@composite
def cpu(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor in the CPU's memory."""
    return converted(input, input.dtype, CPU, memory_format=memory_format)


@composite
def cuda(input: Tensor, device: Any = None, non_blocking: bool = False, memory_format: Any = None) -> Tensor:
    """Raises: this build knows no CUDA device."""
    return converted(input, input.dtype, usable_device("cuda" if device is None else device),
                     memory_format=memory_format)


def _cast(name: str, dtype: dtypes.dtype) -> Any:
    def cast(input: Tensor, memory_format: Any = None) -> Tensor:
        return converted(input, dtype, input.device, memory_format=memory_format)

    cast.__name__, cast.__doc__ = name, f"The tensor as {dtype}; itself if it is one."
    return composite(cast)


for _name, _dtype in {"bool": dtypes.bool, "byte": dtypes.uint8, "char": dtypes.int8, "short": dtypes.int16,
                      "int": dtypes.int32, "long": dtypes.int64, "half": dtypes.float16, "bfloat16": dtypes.bfloat16,
                      "float": dtypes.float32,
                      "double": dtypes.float64, "chalf": dtypes.complex32, "cfloat": dtypes.complex64,
                      "cdouble": dtypes.complex128}.items():
    _cast(_name, _dtype)
