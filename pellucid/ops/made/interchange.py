"""Tensors and the rest of the numeric world: NumPy arrays, DLPack capsules, buffers, lists, bytes.

Everything goes through one NumPy array that shares the tensor's memory (`raw_array`), or through one storage that
shares an array's (`from_array`). Nothing here records: what a tensor's history is, the callers (Tensor's methods,
printing, pickling) decide.

NumPy has no bfloat16, no complex halves and no 8-bit floats: such a tensor is its bits, as unsigned integers, in
`raw_array`, and float32 (complex64) in `exact_array`; on its way through DLPack the type in the capsule is exchanged
for the time that NumPy handles it.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from ... import dtypes
from ...check import check
from ...codegen.interpret import narrow, widen
from ...core import meta as metas
from ...core.arrays import byte_strides, nested_list, over_array, shared_array
from ...core.devices import has_data, is_host
from ...core.memory import view_as_array
from ...core.state import current
from ...core.tensor import TensorBase
from ..families.composites import composite

_BY_NUMPY = {np.dtype(d.typestr): d for d in dtypes.DTYPES if d.typestr}
_SUPPORTED = ("float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, "
              "uint8, and bool")


# ---- NumPy -----------------------------------------------------------------------------------------------------------

def raw_array(tensor: TensorBase) -> np.ndarray[Any, Any]:
    """An array that shares the tensor's memory; of types that NumPy lacks, their bits. RuntimeError of a view that
    shows other numbers than memory holds."""
    found = shared_array(tensor)
    if found is not None:
        return found
    for bit, word, method in (tensor.is_conj(), "conjugate", "conj"), (tensor.is_neg(), "negative", "neg"):
        check(not bit, "Can't call numpy() on Tensor that has {} bit set. Use tensor.resolve_{}().numpy() instead.",
              word, method)
    return _memory(tensor)


def _memory(tensor: TensorBase) -> np.ndarray[Any, Any]:
    check(has_data(tensor.device), "Cannot copy out of meta tensor; no data!", error=NotImplementedError)
    check(is_host(tensor.device), "the memory of {} cannot be read where it is: use Tensor.cpu() first", tensor.device)
    size = tensor.itemsize
    if tensor.numel() == 0:                                  # may have no memory at all
        return np.empty(tensor.shape, _numpy_type(tensor.dtype))
    return view_as_array(tensor.memory, tensor.storage_offset() * size, tensor.meta.sizes, byte_strides(tensor.meta),
                         _typestr(tensor.dtype))


def exact_array(tensor: TensorBase) -> np.ndarray[Any, Any]:
    """The elements in a type that NumPy has and that holds them exactly: shared, or where it lacks
    theirs a copy as float32 (complex64). Of another device a copy, too."""
    if not is_host(tensor.device) and has_data(tensor.device):
        tensor = tensor.detach().cpu()
    raw = shared_array(tensor)
    if raw is None:
        raw = _memory(tensor)
        if tensor.dtype.kind == "o":
            raw = raw.astype(np.float32) if tensor.dtype.is_floating_point else raw
        elif not tensor.dtype.typestr:
            raw = widen(raw, tensor.dtype)
            raw = narrow(raw, dtypes.complex64) if tensor.dtype.is_complex else raw
        raw = np.conj(raw) if tensor.is_conj() else raw
        raw = np.negative(raw) if tensor.is_neg() else raw
    return raw


def write_array(tensor: TensorBase, values: np.ndarray[Any, Any]) -> None:
    """Write values of any type to all elements of a tensor that nobody else has seen yet; narrow floats round to even.
    """
    check(tensor.dtype.kind != "o", "store_scalar: invalid type")
    raw = raw_array(tensor)
    if raw.dtype == values.dtype and tensor.dtype.typestr:
        raw[...] = values
        return
    wide = dtypes.complex64 if tensor.dtype.is_complex else dtypes.float32
    with np.errstate(over="ignore", invalid="ignore"):
        raw[...] = values if tensor.dtype.typestr else narrow(widen(np.asarray(values, wide.numpy_name), wide),
                                                              tensor.dtype)


def _typestr(dtype: dtypes.dtype) -> str:
    return dtype.typestr or f"<u{dtype.itemsize}"


def _numpy_type(dtype: dtypes.dtype) -> np.dtype:
    return np.dtype(_typestr(dtype))


def dtype_of_array(array: np.ndarray[Any, Any] | np.generic) -> dtypes.dtype:
    """The element type of an array. TypeError for types that tensors do not have, ValueError for foreign byte order."""
    found = _BY_NUMPY.get(array.dtype)
    if found is not None:
        return found
    if array.dtype.byteorder == ">":
        raise ValueError("given numpy array has byte order different from the native byte order. Conversion between "
                         "byte orders is currently not supported.")
    raise TypeError(
        f"can't convert np.ndarray of type numpy.{array.dtype.type.__name__}. The only supported types are: "
        f"{_SUPPORTED}.")


def from_array(array: np.ndarray[Any, Any], dtype: dtypes.dtype | None = None) -> TensorBase:
    """A tensor over the array's memory. Negative strides are fine; writing to a read-only array's tensor raises."""
    return over_array(array, dtype_of_array(array) if dtype is None else dtype)


@composite
def from_numpy(ndarray: np.ndarray[Any, Any]) -> TensorBase:
    """A tensor that shares the array's memory: what is written to one shows in the other."""
    if type(ndarray) is not np.ndarray:
        check(isinstance(ndarray, np.ndarray), "expected np.ndarray (got {})", type(ndarray).__name__, error=TypeError)
    return over_array(ndarray, _BY_NUMPY.get(ndarray.dtype) or dtype_of_array(ndarray))


def to_numpy(tensor: TensorBase, force: bool = False) -> np.ndarray[Any, Any]:
    """The tensor as an array that shares its memory, if `force` after detaching and moving whatever is in the way."""
    if force:
        tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    check(not (tensor.requires_grad and current().grad_enabled),
          "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
    check(is_host(tensor.device),
          "can't convert {} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory "
          "first.", tensor.device.type, error=TypeError)
    check(tensor.dtype.typestr is not None, "Got unsupported ScalarType {}", metas.SCALAR_TYPES[tensor.dtype.name],
          error=TypeError)
    return raw_array(tensor)


def to_list(tensor: TensorBase) -> Any:
    """Nested lists of Python numbers; of a tensor without dimensions the number."""
    check(tensor.dtype.kind != "o", "load_scalar: invalid type")
    found = nested_list(tensor)
    return exact_array(tensor).tolist() if found is None else found


# ---- buffers ---------------------------------------------------------------------------------------------------------

@composite
def frombuffer(buffer: Any, *, dtype: dtypes.dtype, count: int = -1, offset: int = 0,
               requires_grad: bool = False) -> TensorBase:
    """A tensor of one dimension that shares the memory of an object with the buffer protocol, from byte `offset` on."""
    try:
        view = memoryview(buffer)
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    check(isinstance(dtype, dtypes.dtype), "frombuffer(): argument 'dtype' must be torch.dtype, not {}",
          type(dtype).__name__, error=TypeError)
    check(view.c_contiguous, "could not retrieve buffer from object: its bytes do not lie one after the other")
    size, length = dtype.itemsize, view.nbytes
    check(length > 0 and count != 0, "both buffer length ({}) and count ({}) must not be 0", length, count,
          error=ValueError)
    check(0 <= offset < length,
          "offset ({} bytes) must be non-negative and no greater than buffer length ({} bytes) minus 1", offset,
          length, error=ValueError)
    check(count > 0 or (length - offset) % size == 0,
          "buffer length ({} bytes) after offset ({} bytes) must be a multiple of element "
          "size ({})", length - offset, offset, size, error=ValueError)
    count = count if count > 0 else (length - offset) // size
    check(count * size <= length - offset,
          "requested buffer length ({} * {} bytes) after offset ({} bytes) must not be greater than "
          "actual buffer length ({} bytes)", count, size, offset, length, error=ValueError)
    array = np.frombuffer(view, _numpy_type(dtype), count, offset)
    return from_array(array, dtype).requires_grad_(requires_grad)


# ---- DLPack ----------------------------------------------------------------------------------------------------------

_capsule_name = ctypes.pythonapi.PyCapsule_GetName
_capsule_name.restype, _capsule_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
_capsule_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_capsule_pointer.restype, _capsule_pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]

# where a capsule's DLTensor has the two bytes of its type, by the capsule's name: after data, device and ndim, and
# where there is a version after that, the manager, the deleter and the flags
_TYPE_AT = {b"dltensor": 20, b"dltensor_versioned": 52}
_FOREIGN = {dtypes.bfloat16: (4, 16), dtypes.float8_e4m3fn: (10, 8), dtypes.float8_e5m2: (12, 8),
            dtypes.float8_e4m3fnuz: (11, 8),
            dtypes.float8_e5m2fnuz: (13, 8), dtypes.float8_e8m0fnu: (14, 8),
            dtypes.complex32: (5, 32)}                                                     # types that NumPy lacks
_CPU = (1, 0)


def _capsule_type(capsule: Any) -> ctypes.Array:
    """The (code, bits) of a capsule's elements, in place."""
    name = _capsule_name(capsule)
    check(name in _TYPE_AT,
          "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you "
          "might have already constructed a tensor from it once.")
    return (ctypes.c_uint8 * 2).from_address(_capsule_pointer(capsule, name) + _TYPE_AT[name])


class _Writable:
    """An array that may be written to again: NumPy makes those read-only that come in capsules from before versions."""

    def __init__(self, array: np.ndarray[Any, Any]):
        self.array = array
        self.__array_interface__ = array.__array_interface__ | {"data": (array.__array_interface__["data"][0], False)}


class _Exporter:
    """What NumPy wants to import from: an object with a capsule."""

    def __init__(self, capsule: Any):
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return _CPU


def to_capsule(tensor: TensorBase, stream: Any, max_version: tuple[int, int] | None, dl_device: tuple[int, int] | None,
               copy: bool | None) -> Any:
    """The tensor's memory in a DLPack capsule. BufferError where that cannot be."""
    check(not tensor.requires_grad, "Can't export tensors that require gradient, use tensor.detach()",
          error=BufferError)
    check(is_host(tensor.device), "Cannot pack tensors on {}", tensor.device, error=BufferError)
    check(stream is None or isinstance(stream, int), "stream must be ``int`` or ``none``", error=TypeError)
    check(stream is None, "stream should be None on cpu.", error=AssertionError)
    check(dl_device is None or tuple(map(int, dl_device)) == _CPU, "cannot export a tensor on cpu to DLPack device {}",
          dl_device, error=BufferError)
    check(not tensor.is_conj(), "Can't export tensors with the conjugate bit set", error=BufferError)
    check(not tensor.is_neg(), "Can't export tensors with the negative bit set", error=BufferError)
    array = raw_array(tensor)
    capsule = (array.copy() if copy else array).__dlpack__(max_version=max_version)
    if tensor.dtype in _FOREIGN:
        _capsule_type(capsule)[:] = _FOREIGN[tensor.dtype]
    return capsule


@composite
def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> TensorBase:
    """A tensor that shares the memory of another library's tensor: an object with `__dlpack__`, or a capsule."""
    capsule = ext_tensor
    if hasattr(ext_tensor, "__dlpack__"):
        kind = tuple(map(int, ext_tensor.__dlpack_device__()))
        check(kind[0] == 1, "from_dlpack: expected a tensor on the CPU, but its DLPack device is {}", kind,
              error=BufferError)
        options = {} if copy is None else {"copy": copy}
        try:
            capsule = ext_tensor.__dlpack__(max_version=(1, 0), **options)
        except TypeError:                                    # a producer from before versions
            capsule = ext_tensor.__dlpack__()
    check(type(capsule).__name__ == "PyCapsule",
          "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed "
          "only once, so you might have already constructed a tensor from it once.")
    found = _capsule_type(capsule)
    dtype = next((d for d, code in _FOREIGN.items() if tuple(found) == code), None)
    if dtype is not None:
        found[0] = 1                                         # unsigned
    versioned = _capsule_name(capsule) != b"dltensor"
    array = np.from_dlpack(_Exporter(capsule))
    if not versioned:
        array = np.asarray(_Writable(array))
    return from_array(array, dtype) if device is None else from_array(array, dtype).to(device)
