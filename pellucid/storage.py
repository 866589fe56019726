"""Storages: the memory that tensors share. `UntypedStorage` is bytes; `TypedStorage`, which PyTorch has deprecated, is
elements of one type.

Both are thin: the memory itself is a core Storage, reads and writes go through a NumPy array over it. Nothing here is
recorded, nor counted as a write by autograd.
"""

from __future__ import annotations

import mmap
import os
import sys
import warnings
import weakref
from collections.abc import Iterator
from operator import index as to_index
from typing import Any

import numpy as np

from . import dtypes, ops
from .check import check
from .core import meta as metas
from .core.devices import copy_between, has_data, is_host, storage_on
from .core.memory import Storage, adopt, view_as_array
from .core.tensor import TensorBase, resize_memory, wrap
from .device import CPU
from .device import device as Device
from .ops.made.copy import usable_device

__all__ = ["STORAGE_TYPES", "TypedStorage", "UntypedStorage", "from_file"]

DEPRECATED = ("TypedStorage is deprecated. It will be removed in the future and UntypedStorage will be the only "
               "storage class. This should only matter to you if you are using storages directly.  To access "
               "UntypedStorage directly, use tensor.untyped_storage() instead of tensor.storage()")


def _no_data() -> Any:
    raise NotImplementedError("Not available for 'meta' device type")


class _AnyStorage:
    """What both kinds answer alike."""

    __slots__ = ()
    device: Any
    is_sparse: Any = property(lambda self: False)
    is_sparse_csr: Any = property(lambda self: False)
    is_hpu: Any = property(lambda self: False)
    is_cuda: Any = property(lambda self: self.device.type == "cuda")

    def get_device(self) -> int:
        """The index of the CUDA device, -1 for the CPU."""
        return -1

    def is_pinned(self, device: Any = None) -> bool:
        """Whether the memory is pinned: never."""
        return False

    @property
    def filename(self) -> str | None:
        """The file that the memory shows, if it is one's."""
        return self._core().file()

    def resizable(self) -> bool:
        """Whether `resize_` is allowed: not while anybody else holds the memory, such as a NumPy array."""
        return self._core().resizable()

    def is_shared(self) -> bool:
        """Whether processes that fork off this one share the memory."""
        return self._core().is_shared()

    def share_memory_(self) -> Any:
        """Move to memory that processes which fork off this one share, as all tensors over it do."""
        core = self._core().root()
        check(core.device is CPU, "_share_fd_: only available on CPU")
        if not core.is_shared() and core.size() == core.nbytes:
            core.share(adopt(np.frombuffer(mmap.mmap(-1, core.nbytes or 1), np.uint8)))
        return self

    def pin_memory(self, device: Any = None) -> Any:
        """Raises: there is no accelerator to pin memory for."""
        raise RuntimeError("Cannot access accelerator device when none is available.")

    def cuda(self, device: Any = None, non_blocking: bool = False) -> Any:
        """Raises: this build knows no CUDA device."""
        usable_device("cuda")

    def __copy__(self) -> Any:
        return self.clone()

    def __deepcopy__(self, memo: dict[str, Any]) -> Any:
        return self.clone()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def _listed(self, size: int, name: str) -> str:
        values = "..." if not has_data(self.device) else " " + "\n ".join(map(str, self.tolist()))
        return f"{values}\n[torch.storage.{name}device={self.device}) of size {size}]"


    def _core(self) -> Storage:
        raise NotImplementedError


class UntypedStorage(_AnyStorage):
    """The memory of a tensor, as bytes. There is one such object a storage while anybody holds it, so that tensors
    which share memory share it again after a deep copy or a pickle of both."""

    __slots__ = ("_storage", "__weakref__")

    _known: weakref.WeakValueDictionary[int, UntypedStorage] = weakref.WeakValueDictionary()

    def __init__(self, size: Any = 0, *, device: Any = None):
        """Of so many bytes, or of these bytes: a number, or a sequence of numbers."""
        place = usable_device("cpu" if device is None else device)
        if hasattr(size, "__index__"):
            self._storage = storage_on(place, to_index(size))
        else:
            check(hasattr(size, "__len__"), "torch.UntypedStorage(): Expected a sequence type, but got {}",
                  type(size).__name__)
            for item in size:
                check(hasattr(item, "__index__"),
                      "torch.UntypedStorage(): tried to construct a storage from a sequence ({}), but one of the items "
                      "was of type {} instead of int", type(size).__name__, type(item).__name__)
            check(has_data(place), "torch.UntypedStorage(): 'meta' device type cannot hold values",
                  error=NotImplementedError)
            self._storage = _placed(np.frombuffer(bytes(size), np.uint8), place)
        self._known[id(self._storage)] = self

    @classmethod
    def of(cls, storage: Storage) -> UntypedStorage:
        """The object that stands for a storage of the core."""
        storage = storage.root()                             # `.data` shares the storage, but not the version
        found = cls._known.get(id(storage))
        if found is None:
            found = cls._known[id(storage)] = object.__new__(cls)
            found._storage = storage
        return found

    @classmethod
    def over(cls, array: np.ndarray[Any, Any]) -> UntypedStorage:
        """The memory of an array of bytes, which it keeps alive."""
        return cls.of(adopt(array))

    @classmethod
    def from_file(cls, filename: Any, shared: bool = False, nbytes: int = 0) -> UntypedStorage:
        """The bytes of a file, mapped into memory. With `shared` what is written reaches the file, which is made and
        lengthened as needed.
        """
        try:
            handle = os.open(filename, os.O_RDWR | os.O_CREAT if shared else os.O_RDONLY, 0o600)
        except OSError as error:
            raise RuntimeError(f"unable to open file <{filename}> in {'read-write' if shared else 'read-only'} mode: "
                               f"{error.strerror} ({error.errno})") from error
        try:
            there, wanted = os.fstat(handle).st_size, to_index(nbytes)
            check(shared or wanted <= there, "file <{}> has {} bytes, but {} are asked for", filename, there, wanted)
            if wanted > there:
                os.ftruncate(handle, wanted)
            if not (size := wanted or there):
                return cls(0)
            mapped = mmap.mmap(handle, size, mmap.MAP_SHARED if shared else mmap.MAP_PRIVATE,
                               mmap.PROT_READ | mmap.PROT_WRITE)
        finally:
            os.close(handle)
        made = cls.over(np.frombuffer(mapped, np.uint8))
        made._storage.show(os.fspath(filename))
        return made

    @classmethod
    def from_buffer(cls, buffer: Any, byte_order: str = "native", *, dtype: Any = dtypes.uint8, count: int = -1,
                    offset: int = 0) -> UntypedStorage:
        """A copy of the bytes of an object with the buffer protocol, as elements of `dtype` in this machine's order."""
        check(byte_order in ("native", "little", "big"),
              "invalid byte_order '{}' (expected 'big', 'little' or 'native')", byte_order, error=ValueError)
        size = dtype.itemsize
        data = np.frombuffer(buffer, np.uint8)[offset:]
        check(count >= 0 or len(data) % size == 0, "buffer size ({}) must be a multiple of element size ({})",
              len(data), size, error=ValueError)
        check(count * size <= len(data), "buffer has only {} elements after offset {}, but specified a size of {}",
              len(data) // size, offset, count, error=ValueError)
        data = data[:count * size] if count >= 0 else data
        turned = size > 1 and byte_order not in ("native", sys.byteorder)
        return _storage_of_bytes((data.reshape(-1, size)[:, ::-1] if turned else data).tobytes())

    @property
    def device(self) -> Device:
        """Where the memory lies."""
        return self._storage.device

    def _core(self) -> Storage:
        return self._storage

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._storage.size()

    size = nbytes

    def __len__(self) -> int:
        return self._storage.size()

    def resize_(self, size: int) -> UntypedStorage:
        """Have another number of bytes, for all tensors over it. Those that reach beyond cannot be used until it has
        grown again; what fits stays."""
        check(isinstance(size, (int, np.integer)) and not isinstance(size, bool), "resize_ expects an int, but got {}",
              type(size).__name__)
        resize_memory(self._storage, int(size))
        return self

    def element_size(self) -> int:
        """1: elements are bytes."""
        return 1

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return self._storage.data_ptr()

    def bytes(self) -> np.ndarray[Any, Any]:
        """The bytes as an array that shares the memory."""
        if not has_data(self.device):
            _no_data()
        check(is_host(self.device), "the bytes of a storage on {} cannot be read where they are: use cpu() first",
              self.device)
        size = self._storage.size()
        return view_as_array(self._storage, 0, (size,), (1,), "|u1") if size else np.empty(0, np.uint8)

    def tolist(self) -> list[int]:
        """The bytes as a list."""
        return self._read().tolist()

    def _read(self) -> np.ndarray[Any, Any]:
        """The bytes as an array, of another device as a copy."""
        return self.bytes() if is_host(self.device) or not has_data(self.device) else self.cpu().bytes()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self.over(self.bytes()[self._range(index)])
        check(hasattr(index, "__index__"), "can't index a torch.UntypedStorage with {}", type(index).__name__,
              error=TypeError)
        return self._read()[self._place(index)].item()

    def __setitem__(self, index: Any, value: int) -> None:
        check(isinstance(index, slice) or hasattr(index, "__index__"), "can't index a torch.UntypedStorage with {}",
              type(index).__name__)
        check(0 <= value < 256, "a byte is a number from 0 to 255, got {}", value)
        if not has_data(self.device):
            _no_data()
        one = None if isinstance(index, slice) else self._place(index) % self.nbytes()
        start, stop = (one, one + 1) if one is not None else self._range(index).indices(self.nbytes())[:2]
        copy_between(self._storage, start, _placed(np.full(max(stop - start, 0), value, np.uint8), CPU), 0,
                     max(stop - start, 0))

    def _place(self, index: int) -> int:
        place, size = to_index(index), self.nbytes()
        check(-size <= place < size, "index {} out of range for storage of size {}", index, size, error=IndexError)
        return place

    def _range(self, index: slice) -> slice:
        start, stop, step = index.indices(self.nbytes())
        check(step == 1, "Trying to slice with a step of {}, but only a step of 1 is supported", step)
        return slice(start, stop)

    def fill_(self, value: int) -> UntypedStorage:
        """Set every byte."""
        self[:] = value
        return self

    def copy_(self, source: Any, non_blocking: bool = False) -> UntypedStorage:
        """Take the bytes of another storage of this size."""
        source = source.untyped() if isinstance(source, TypedStorage) else source
        check(source.nbytes() == self.nbytes(), "size does not match, self was {} bytes but src was {} bytes",
              self.nbytes(), source.nbytes())
        if not has_data(self.device):
            _no_data()
        copy_between(self._storage, 0, source._storage, 0, self.nbytes())
        return self

    def clone(self) -> UntypedStorage:
        """A copy."""
        made = UntypedStorage(self.nbytes(), device=self.device)
        return made.copy_(self) if has_data(self.device) else made

    def new(self) -> UntypedStorage:
        """An empty storage."""
        return type(self)(0, device=self.device)

    def cpu(self) -> UntypedStorage:
        """The bytes in the CPU's memory: the storage itself, if it lies there."""
        check(has_data(self.device), "Cannot copy out of meta tensor; no data!", error=NotImplementedError)
        return self if is_host(self.device) else UntypedStorage(self.nbytes()).copy_(self)

    def byteswap(self, dtype: dtypes.dtype) -> None:
        """Reverse the bytes of every element of a type, in place; of complex ones those of each part."""
        size = dtype.to_real().itemsize
        rows = self.bytes()[:self.nbytes() // size * size].reshape(-1, size)
        rows[:] = rows[:, ::-1].copy()

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """The name of its class; with a type, the bytes as numbers of that type."""
        if dtype is None:
            return "torch.storage.UntypedStorage"
        return TypedStorage(wrap_storage=self, dtype=dtypes.uint8).type(dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UntypedStorage) and self._storage is other._storage

    def __hash__(self) -> int:
        return hash(id(self._storage))

    def __repr__(self) -> str:
        return self._listed(self.nbytes(), "UntypedStorage(")

    def __reduce__(self) -> tuple[Any, ...]:
        if self.device.type == "meta":
            return _phantom_of_size, (self.nbytes(),)
        data = self._read().tobytes()
        return _storage_of_bytes, (data,) if is_host(self.device) else (data, self.device)


def _storage_of_bytes(data: Any, device: Any = CPU) -> UntypedStorage:
    return UntypedStorage.of(_placed(np.frombuffer(data, np.uint8), device))


def _placed(data: np.ndarray[Any, Any], device: Any) -> Storage:
    """A new storage of these bytes."""
    storage = storage_on(device, data.size)
    copy_between(storage, 0, adopt(np.ascontiguousarray(data)), 0, data.size)
    return storage


def _phantom_of_size(size: int) -> UntypedStorage:
    return UntypedStorage(size, device="meta")


class TypedStorage(_AnyStorage):
    """Memory as elements of one type, in PyTorch's deprecated form: `tensor.storage()`, `FloatStorage(3)`,
    `FloatStorage([1.0, 2.0])`.
    """

    __slots__ = ("_untyped_storage", "dtype")

    def __init__(self, *size: Any, wrap_storage: UntypedStorage | None = None, dtype: Any = None, device: Any = None,
                 _internal: bool = False):
        """Of so many elements, of these elements, or over an UntypedStorage."""
        if not _internal:
            warnings.warn(DEPRECATED, UserWarning, stacklevel=2)
        check(len(size) <= 1 and (wrap_storage is None or (not size and dtype is not None)),
              "TypedStorage.__init__ received an invalid combination of arguments: give a size, a sequence, or "
              "wrap_storage= and dtype=")
        self.dtype: dtypes.dtype = (dtypes.get_default_dtype() if dtype is None
                                    else dtypes.element_type("TypedStorage", dtype))
        if wrap_storage is not None:
            check(isinstance(wrap_storage, UntypedStorage),
                  "Argument 'wrap_storage' must be UntypedStorage, but got {}", type(wrap_storage),
                  error=TypeError)
            self._untyped_storage = wrap_storage
        elif not size or hasattr(size[0], "__index__"):
            self._untyped_storage = UntypedStorage((to_index(size[0]) if size else 0) * self.dtype.itemsize,
                                                   device=device)
        else:
            self._untyped_storage = UntypedStorage.of(ops.tensor(list(size[0]), dtype=self.dtype,
                                                                 device=device).memory)

    @classmethod
    def of(cls, untyped: UntypedStorage, dtype: dtypes.dtype) -> TypedStorage:
        """The elements of an UntypedStorage, without a word about it."""
        return cls(wrap_storage=untyped, dtype=dtype, _internal=True)

    def _tensor(self) -> Any:
        """The elements as a tensor over the memory."""
        storage = self._untyped_storage._storage
        return wrap(storage, metas.contiguous((self.size(),), self.dtype, storage.device), 0)

    def _made(self, tensor: Any) -> TypedStorage:
        return TypedStorage.of(UntypedStorage.of(tensor.memory), tensor.dtype)

    def _core(self) -> Storage:
        return self._untyped_storage._storage

    def resize_(self, size: int) -> None:
        """Have another number of elements; see UntypedStorage.resize_."""
        self._untyped_storage.resize_(size * self.dtype.itemsize)

    def untyped(self) -> UntypedStorage:
        """The same memory as bytes."""
        return self._untyped_storage

    @property
    def device(self) -> Device:
        """Where the memory lies."""
        return self._untyped_storage.device

    def nbytes(self) -> int:
        """The number of bytes."""
        return self._untyped_storage.nbytes()

    def size(self) -> int:
        """The number of elements."""
        return self.nbytes() // self.dtype.itemsize

    def __len__(self) -> int:
        return self.size()

    def element_size(self) -> int:
        """The number of bytes of an element."""
        return self.dtype.itemsize

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return self._untyped_storage.data_ptr()

    def tolist(self) -> list[Any]:
        """The elements as a list."""
        return self._tensor().tolist() if has_data(self.device) else _no_data()

    def __getitem__(self, index: Any) -> Any:
        check(not isinstance(index, slice), "slices are only supported in UntypedStorage.__getitem__")
        return self._tensor()[self._place(index)].item()

    def __setitem__(self, index: Any, value: Any) -> None:
        self._tensor()[index if isinstance(index, slice) else self._place(index)] = value

    def _place(self, index: Any) -> int:
        check(hasattr(index, "__index__"), "can't index a {} with {}", type(self), type(index))
        place, size = to_index(index), self.size()
        check(-size <= place < size, "index {} out of range for storage of size {}", index, size, error=IndexError)
        return place

    def fill_(self, value: Any) -> TypedStorage:
        """Set every element."""
        self._tensor().fill_(value)
        return self

    def copy_(self, source: Any, non_blocking: bool = False) -> TypedStorage:
        """Take the bytes of another storage of as many."""
        self._untyped_storage.copy_(source)
        return self

    def clone(self) -> TypedStorage:
        """A copy."""
        return TypedStorage.of(self._untyped_storage.clone(), self.dtype)

    def cpu(self) -> TypedStorage:
        """The same elements in the CPU's memory."""
        return TypedStorage.of(self._untyped_storage.cpu(), self.dtype)

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """PyTorch's name of its type; with such a name, such a class or a dtype, the elements converted."""
        if dtype is None:
            return f"torch.{metas.SCALAR_TYPES[self.dtype.name]}Storage"
        name = dtype.removeprefix("torch.") if isinstance(dtype, str) else None
        check(name is None or name in STORAGE_TYPES, "invalid type: '{}'", dtype, error=ValueError)
        wanted = STORAGE_TYPES[name].dtype if name else dtype.dtype if isinstance(dtype,
            _StorageType) else dtypes.element_type("type", dtype)
        return self if wanted is self.dtype else self._made(self._tensor().to(wanted))

    @classmethod
    def from_file(cls, filename: Any, shared: bool = False, size: int = 0, *, dtype: Any = None) -> TypedStorage:
        """`size` elements of a file, mapped into memory; see `UntypedStorage.from_file`."""
        dtype = dtypes.get_default_dtype() if dtype is None else dtype
        return cls.of(UntypedStorage.from_file(filename, shared, size * dtype.itemsize), dtype)

    def pickle_storage_type(self) -> str:
        """The name of its type in a pickle."""
        return f"{metas.SCALAR_TYPES[self.dtype.name]}Storage"

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return object.__hash__(self)

    def __repr__(self) -> str:
        return self._listed(self.size(), f"TypedStorage(dtype={self.dtype}, ")

    def __reduce__(self) -> tuple[Any, ...]:
        return TypedStorage.of, (self._untyped_storage, self.dtype)


def _conversion(name: str, dtype: dtypes.dtype) -> Any:
    def converted(self: Any) -> TypedStorage:
        if isinstance(self, UntypedStorage):
            warnings.warn(DEPRECATED, UserWarning, stacklevel=2)
            self = TypedStorage.of(self, dtypes.uint8)
        return self.type(dtype)

    converted.__name__, converted.__doc__ = name, f"The elements as {dtype}; bytes are numbers from 0 to 255."
    return converted


for _name, _dtype in {"double": dtypes.float64, "float": dtypes.float32, "half": dtypes.float16,
                      "bfloat16": dtypes.bfloat16, "long": dtypes.int64,
                      "int": dtypes.int32, "short": dtypes.int16, "char": dtypes.int8, "byte": dtypes.uint8,
                      "bool": dtypes.bool,
                      "complex_double": dtypes.complex128, "complex_float": dtypes.complex64}.items():
    setattr(_AnyStorage, _name, _conversion(_name, _dtype))


class _StorageType(type):
    """The class of `FloatStorage` and its like: calling one makes a TypedStorage, `isinstance` asks for the dtype."""

    dtype: dtypes.dtype

    def __call__(cls, *size: Any, wrap_storage: UntypedStorage | None = None, device: Any = None) -> TypedStorage:
        warnings.warn(DEPRECATED, UserWarning, stacklevel=2)
        return TypedStorage(*size, wrap_storage=wrap_storage, dtype=cls.dtype, device=device, _internal=True)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, TypedStorage) and instance.dtype is cls.dtype and instance.device.type == "cpu"

    def from_buffer(cls, buffer: Any, byte_order: str = "native", *, count: int = -1, offset: int = 0) -> TypedStorage:
        """A copy of the elements that an object with the buffer protocol holds."""
        return TypedStorage.of(UntypedStorage.from_buffer(buffer, byte_order, dtype=cls.dtype, count=count,
                                                          offset=offset), cls.dtype)

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


STORAGE_TYPES: dict[str, _StorageType] = {
    f"{name}Storage": _StorageType(f"{name}Storage", (),
                                   {"dtype": getattr(dtypes, d),
                                    "__doc__": f"A storage of {d}, as PyTorch used to name it."})
    for d, name in metas.SCALAR_TYPES.items()
    if d not in ("uint16", "uint32", "uint64", "complex32", *dtypes.OPAQUE) and not d.startswith("float8")
}


def from_file(filename: Any, shared: bool | None = None, size: int = 0, *, dtype: Any = None, layout: Any = None,
              device: Any = None, requires_grad: bool = False, pin_memory: bool = False) -> Any:
    """A tensor of `size` elements over the memory that a file is mapped to; see `UntypedStorage.from_file`."""
    check(device is None or usable_device(device).type == "cpu",
          "from_file: a file is mapped to the CPU's memory, not to {}", device)
    kind = dtypes.get_default_dtype() if dtype is None else dtypes.element_type("from_file", dtype)
    return TypedStorage.from_file(filename, bool(shared), size,
                                  dtype=kind)._tensor()[:size].requires_grad_(requires_grad)


def memory_of(storage: Any) -> Storage:
    """The core's Storage behind an UntypedStorage, a TypedStorage or a tensor."""
    if isinstance(storage, TypedStorage):
        storage = storage._untyped_storage
    return (storage._storage if isinstance(storage, UntypedStorage) else storage.memory
            if isinstance(storage, TensorBase) else storage)
