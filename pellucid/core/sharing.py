"""Memory that others see too: storages over NumPy arrays and buffers, and arrays over storages.

Called by core/arrays.py and by pellucid/ops (from_numpy, numpy, DLPack). One of the modules of the C border. Whoever
asks for a part of a storage is held to its bounds here (`inside`), whatever the numbers.
"""

import cython
import numpy

from pellucid.core.observe import tell
from pellucid.device import CPU

if cython.compiled:
    from cython.cimports.pellucid.core.system import (  # isort: skip
        array_bytes, array_layout, array_low, array_readonly, export_buffer, lend_bytes,
    )
else:
    from pellucid.core.observe import observers
    from pellucid.core.storage import Storage

_cpu = CPU
_ndarray = numpy.ndarray
_numpy_types = {}


def adopt(source):
    """A storage over the memory of `source` (a NumPy array, or anything that has the buffer protocol), which it keeps
    alive.

    It spans the bytes that `source` touches and starts at the lowest of them, which for negative strides is not the
    first element.
    """
    array = source if type(source) is _ndarray else numpy.asarray(source if isinstance(source, _ndarray)
                                                                  else memoryview(source))
    if array.dtype.hasobject:
        raise TypeError(f"can't share the memory of an array of type {array.dtype}: it holds Python objects")
    if cython.compiled:
        return adopt_array(array, array.__array_struct__)
    address, readonly = array.__array_interface__["data"]
    low, high = _span(array.shape, array.strides, array.itemsize)
    storage = Storage.__new__(Storage)
    storage.address, storage.nbytes = address + low, high - low
    storage.readonly = readonly
    storage.owner = array
    storage.device = _cpu
    return storage


def adopt_array(array, header):
    """`adopt` with what the array says of itself in `__array_struct__`: the same as `__array_interface__`, and ten
    times as fast.
    """
    storage = Storage.__new__(Storage)
    storage.address = array_low(header)
    storage.nbytes = array_bytes(header)
    storage.readonly = array_readonly(header)
    storage.owner = array
    storage.device = _cpu
    return storage


def layout_of(header):
    """An array's shape and strides as bytes; None unless its elements are plain numbers in this machine's byte order.
    """
    return array_layout(header)


def _lend(storage, view, flags):
    """The buffer protocol of a storage: all its bytes."""
    whole = storage
    failed = lend_bytes(whole, view, whole.address, whole.nbytes, whole.readonly, flags)
    whole.lent += 1
    return failed


def _take_back(storage, view):
    """A buffer is no longer used."""
    whole = storage
    whole.lent -= 1


@cython.no_gc
@cython.cclass
class Loan:
    """What an exported array keeps alive: as long as there is one, the storage stays where it is."""

    def __init__(self):
        raise TypeError("Loan has no public constructor: arrays get theirs from view_as_array()")

    def __dealloc__(self):
        if self.storage is not None:
            self.storage.lent -= 1

    def __reduce__(self):
        raise TypeError("a Loan stands for an address: it can be neither copied nor pickled")


if not cython.compiled:
    Loan.__del__ = Loan.__dealloc__


def _lend_loan(loan, view, flags):
    """The buffer protocol of a loan: all bytes of its storage. It outlives the buffer, so nothing is counted."""
    lent = loan
    whole = lent.storage
    return lend_bytes(loan, view, whole.address, whole.nbytes, whole.readonly, flags)


def _nothing(loan, view):
    """A loan is given back when it dies."""


def view_as_array(storage, byte_offset, shape, byte_strides, typestr, readonly=False):
    """A NumPy array over a part of `storage`, which lives as long as the array does. RuntimeError if the part is not
    inside.

    Without `byte_strides` its elements lie one after the other."""
    if not storage.address:
        if storage.device is _cpu:
            raise storage.refuse(byte_offset)
        raise RuntimeError(f"a tensor on the {storage.device} device has no memory to share")
    kind = _numpy_types.get(typestr)
    if kind is None:
        kind = _numpy_types[typestr] = numpy.dtype(typestr)
    if type(shape) is not tuple:
        shape = tuple(shape)
    if byte_strides is not None and type(byte_strides) is not tuple:
        byte_strides = tuple(byte_strides)
    if not inside(byte_offset, storage.nbytes, shape, byte_strides, 1, kind.itemsize):
        raise RuntimeError(f"an array of shape {list(shape)}, byte strides {byte_strides and list(byte_strides)} and "
                           f"type {typestr} at byte {byte_offset} is out of bounds for storage of size "
                           f"{storage.nbytes}")
    if observers:
        tell("lent", storage)
    loan = Loan.__new__(Loan)
    loan.storage = storage
    storage.lent += 1
    if not cython.compiled:
        data = storage.address + byte_offset, readonly or storage.readonly
        loan.__array_interface__ = {"data": data, "shape": shape, "strides": byte_strides, "typestr": typestr,
                                    "version": 3}
        return numpy.asarray(loan)
    if byte_strides is None:
        array = _ndarray(shape, kind, loan, byte_offset)
    else:
        array = _ndarray(shape, kind, loan, byte_offset, byte_strides)
    if readonly and not storage.readonly:
        array.flags.writeable = False
    return array


def inside(byte_offset, nbytes, shape, strides, unit, itemsize):
    """Whether an array of these strides, in units of so many bytes (row-major without), that begins at a byte offset
    stays inside `nbytes` bytes. Nothing that is multiplied here can overflow, whatever the numbers.
    """
    ndim = len(shape)
    if byte_offset < 0 or byte_offset > nbytes or (strides is not None and len(strides) != ndim):
        return False
    empty = False
    for dim in range(ndim):
        size = shape[dim]
        if size < 0:
            return False
        if size == 0:
            empty = True
    if empty:
        return True
    below, above = byte_offset, nbytes - byte_offset - itemsize         # bytes left below and above what is touched
    count = 1
    for dim in range(ndim):
        size = shape[dim]
        if strides is None:
            if size > nbytes // count:
                return False
            count *= size
        elif size > 1:
            stride = strides[dim]
            if stride > above or stride < -below:
                return False
            stride *= unit
            if stride > 0:
                if stride > above or size - 1 > above // stride:
                    return False
                above -= (size - 1) * stride
            elif stride < 0:
                if stride < -below or size - 1 > below // -stride:
                    return False
                below -= (size - 1) * -stride
    return above >= 0 if strides is not None else count <= (nbytes - byte_offset) // itemsize


def _span(shape, byte_strides, itemsize):
    """The bytes touched, as (lowest, end), relative to the first element."""
    if 0 in shape:
        return 0, 0
    steps = [(size - 1) * stride for size, stride in zip(shape, byte_strides)]
    return sum(step for step in steps if step < 0), sum(step for step in steps if step > 0) + itemsize


if cython.compiled:
    export_buffer(Storage, _lend, _take_back)
    export_buffer(Loan, _lend_loan, _nothing)
