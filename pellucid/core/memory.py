"""The C border: memory, raw addresses, running machine code, threads. The only file of the package that touches any of them.

Called by core/tensor.py (Storage) and core/op.py (Frame, run). Knows neither shapes nor dtypes: everything here is bytes,
64-bit words and numbers of chunks. All C types stand in memory.pxd, what is asked of the system in system.pxd; without a
compiler the same lines run on the ctypes twins below, serially.

Relies on the GIL: only `_take`, `_worker` and `_share` run without it, and they touch `_pool` alone.
"""

import os
import sys

import cython
import numpy

from pellucid.device import CPU, META

if cython.compiled:
    from cython.cimports.pellucid.core.system import (  # isort: skip
        add_and_fetch, after_fork, array_bytes, array_layout, array_low, array_readonly, atomic_load, atomic_store, bit_length, call,
        compare_and_swap, copy_bytes, current_cpu, export_buffer, futex_wait, futex_wake, huge_pages, lend_bytes, letter_of, load, map_pages,
        move_off,
        number_at, pause_processor, put_numbers, put_ramp, start_thread, store, store_double, system_allocate, system_free, thread_id,
        unmap_pages, usable_cpus, zero_bytes,
    )
else:
    import ctypes
    import mmap
    from types import SimpleNamespace

    _libc = ctypes.CDLL(None)
    _blocks = SimpleNamespace(heads=0, limit=0, live=0, peak=0, pooled=0, hits=0, misses=0, system_calls=0)
    _pool = SimpleNamespace(threads=1)
    _kernel = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 3)
    _kernels = {}

    def _imported(name, result, *arguments):
        function = getattr(_libc, name)
        function.restype, function.argtypes = result, arguments
        return function

    _memalign = _imported("posix_memalign", ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
    _mmap = _imported("mmap", ctypes.c_int64, ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long)
    _munmap = _imported("munmap", ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
    system_free = _imported("free", None, ctypes.c_void_p)
    copy_bytes, bit_length = ctypes.memmove, int.bit_length

    def system_allocate(alignment, nbytes):
        found = ctypes.c_int64(0)
        return 0 if _memalign(ctypes.addressof(found), alignment, nbytes) else found.value

    def map_pages(nbytes):
        return max(_mmap(None, nbytes, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0), 0)

    def unmap_pages(address, nbytes):
        if nbytes > 0:
            _munmap(address, nbytes)

    def huge_pages(address, nbytes):
        pass

    def zero_bytes(address, nbytes):
        ctypes.memset(address, 0, nbytes)

    def load(address):
        return ctypes.c_int64.from_address(address).value

    def store(address, value):
        if not -1 << 63 <= value < 1 << 63:
            raise OverflowError("Python int too large to convert to C long")
        ctypes.c_int64.from_address(address).value = value

    def store_double(address, value):
        ctypes.c_double.from_address(address).value = value

    def call(address, words, begin, end):
        if address not in _kernels:
            _kernels[address] = _kernel(address)
        _kernels[address](words, begin, end)

    def usable_cpus():
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def after_fork(child):
        pass


_cpu = CPU
_spare = None
_ndarray = numpy.ndarray
_numpy_types = {}


# Storage ----------------------------------------------------------------------------------------------------------------------

@cython.freelist(256)
@cython.no_gc
@cython.cclass
class Storage:
    """A piece of memory, shared by all views of it.

    `nbytes`, `device`, `owner` (whose memory it is, None for our own) and `readonly` never change. `version` counts the writes
    in place; `changed` is None or the (file, line) of the last one. Made by `allocate`, `adopt` and `phantom` only: an object
    that holds an address can neither be built from one, nor copied, nor pickled.
    """

    def __init__(self):
        raise TypeError("Storage has no public constructor: use allocate(), adopt() or phantom()")

    def __dealloc__(self):
        if self.pooled:
            _give_back(self.address, self.pooled - 1)

    def data_ptr(self):
        """The address of the first byte, 0 where there is no memory (the meta device)."""
        return self.address

    def __repr__(self):
        return f"Storage(nbytes={self.nbytes}, device={self.device}, version={self.version})"

    def __reduce__(self):
        raise TypeError("a Storage holds an address: it can be neither copied nor pickled, only its bytes can")


if not cython.compiled:
    Storage.address = Storage.nbytes = Storage.version = Storage.pooled = 0
    Storage.changed = Storage.owner = Storage.device = None
    Storage.readonly = False

    def _freed(storage, going_down=sys.is_finalizing):
        if not going_down():                     # then the functions below are gone, and the memory goes by itself
            storage.__dealloc__()

    Storage.__del__ = _freed
    LONG = 10_000


def allocate(nbytes, zero=False):
    """Memory for `nbytes` bytes at a multiple of 64, zeroed if asked. RuntimeError if there is none; nothing has changed then."""
    index = _class_of(nbytes)
    size = _size_of(index)
    address = load(_blocks.heads + 8 * index) if nbytes >= 0 else 0
    if address:
        store(_blocks.heads + 8 * index, load(address))
        _blocks.hits += 1
        _blocks.pooled -= size
    else:
        address = _missed(index, nbytes)
        zero = zero and size < 2 << 20                   # newly mapped pages are zero
    if zero:
        if cython.compiled and nbytes > 1 << 20:
            with cython.nogil:
                zero_bytes(address, nbytes)
        else:
            zero_bytes(address, nbytes)
    _blocks.live += size
    if _blocks.live > _blocks.peak:
        _blocks.peak = _blocks.live
    storage = Storage.__new__(Storage)
    storage.address = address
    storage.nbytes = nbytes
    storage.pooled = index + 1
    storage.device = _cpu
    return storage


def phantom(nbytes, device=META):
    """A storage that has a size and no memory: what a tensor on the meta device has."""
    storage = Storage.__new__(Storage)
    storage.nbytes = nbytes
    storage.device = device
    return storage


def adopt(source):
    """A storage over the memory of `source` (a NumPy array, or anything that has the buffer protocol), which it keeps alive.

    It spans the bytes that `source` touches and starts at the lowest of them, which for negative strides is not the first element.
    """
    array = source if type(source) is _ndarray else numpy.asarray(source if isinstance(source, _ndarray) else memoryview(source))
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
    """`adopt` with what the array says of itself in `__array_struct__`: the same as `__array_interface__`, and ten times as fast."""
    storage = Storage.__new__(Storage)
    storage.address = array_low(header)
    storage.nbytes = array_bytes(header)
    storage.readonly = array_readonly(header)
    storage.owner = array
    storage.device = _cpu
    return storage


def layout_of(header):
    """An array's shape and strides as bytes; None unless its elements are plain numbers in this machine's byte order."""
    return array_layout(header)


def _lend(storage, view, flags):
    """The buffer protocol of a storage: all its bytes."""
    whole = storage
    return lend_bytes(whole, view, whole.address, whole.nbytes, whole.readonly, flags)


class _Loan:
    """What an exported array keeps alive where storages do not have the buffer protocol, which only the compiled core can give them."""

    __slots__ = ("__array_interface__", "storage")


def view_as_array(storage, byte_offset, shape, byte_strides, typestr, readonly=False):
    """A NumPy array over a part of `storage`, which lives as long as the array does. RuntimeError if the part is not inside.

    Without `byte_strides` its elements lie one after the other."""
    if not storage.address:
        raise RuntimeError(f"a tensor on the {storage.device} device has no memory to share")
    kind = _numpy_types.get(typestr)
    if kind is None:
        kind = _numpy_types[typestr] = numpy.dtype(typestr)
    if type(shape) is not tuple:
        shape = tuple(shape)
    if byte_strides is not None and type(byte_strides) is not tuple:
        byte_strides = tuple(byte_strides)
    if not _inside(byte_offset, storage.nbytes, shape, byte_strides, 1, kind.itemsize):
        raise RuntimeError(f"an array of shape {list(shape)}, byte strides {byte_strides and list(byte_strides)} and type {typestr} at "
                           f"byte {byte_offset} is out of bounds for storage of size {storage.nbytes}")
    if not cython.compiled:
        loan = _Loan()
        loan.storage = storage
        loan.__array_interface__ = {"data": (storage.address + byte_offset, readonly or storage.readonly), "shape": shape,
                                    "strides": byte_strides, "typestr": typestr, "version": 3}
        return numpy.asarray(loan)
    if byte_strides is None:
        array = _ndarray(shape, kind, storage, byte_offset)
    else:
        array = _ndarray(shape, kind, storage, byte_offset, byte_strides)
    if readonly and not storage.readonly:
        array.flags.writeable = False
    return array


def read_number(storage, byte_offset, itemsize, typestr):
    """The element at a byte offset as a Python number, of NumPy's type `typestr`."""
    if cython.compiled and storage.address and byte_offset >= 0 and itemsize <= storage.nbytes - byte_offset:
        found = number_at(storage.address + byte_offset, ord(typestr[1]), itemsize)
        if found is not None:
            return found
    return view_as_array(storage, byte_offset, (), (), typestr, True).item()


def read_list(storage, byte_offset, shape, strides, itemsize, typestr):
    """The elements, `strides` apart as counted in elements, as nested lists of Python numbers (of no dimensions, the number). RuntimeError
    if they are not all inside."""
    letter = ord(typestr[1])
    if cython.compiled and storage.address and (letter != 99 and (letter != 102 or itemsize > 2)):           # c, and f of two bytes
        if _inside(byte_offset, storage.nbytes, shape, strides, itemsize, itemsize):
            return _listed(storage.address + byte_offset, shape, strides, 0, itemsize, letter)
    # of a dimension of one element it does not matter, and it may be too long for bytes to count
    byte_strides = [0 if shape[i:i + 1] == (1,) else stride * itemsize for i, stride in enumerate(strides)]
    return view_as_array(storage, byte_offset, shape, byte_strides, typestr, True).tolist()


def _listed(address, shape, strides, dim, itemsize, letter):
    if dim == len(shape):
        return number_at(address, letter, itemsize)
    size = shape[dim]
    step = itemsize * strides[dim] if size > 1 else 0
    if dim + 1 == len(shape):
        return [number_at(address + i * step, letter, itemsize) for i in range(size)]
    return [_listed(address + i * step, shape, strides, dim + 1, itemsize, letter) for i in range(size)]


def number_kind(numbers):
    """NumPy's letter (b, i, f) of what a list or tuple of Python's own numbers, mixed as they promote, would be kept as; else None."""
    if cython.compiled:
        letter = letter_of(numbers)
        return None if letter == 0 else "b" if letter == 98 else "f" if letter == 102 else "i"
    return None


def write_numbers(storage, numbers, itemsize, typestr):
    """Fill a storage's first bytes with the numbers of a list or tuple. False where that takes NumPy; some may then have been written."""
    if cython.compiled and storage.address and not storage.readonly:
        return put_numbers(storage.address, ord(typestr[1]), itemsize, numbers, storage.nbytes // itemsize)
    return False


def write_same(storage, number, count, itemsize, typestr):
    """Fill a storage's first bytes with one number `count` times. False where that takes a kernel."""
    if not write_numbers(storage, (number,), itemsize, typestr) or count > storage.nbytes // itemsize:
        return False
    done, nbytes = itemsize, count * itemsize
    while done < nbytes:
        more = done if done <= nbytes - done else nbytes - done
        copy_bytes(storage.address + done, storage.address, more)
        done += more
    return True


def write_ramp(storage, start, step, count, itemsize, typestr):
    """Fill a storage's first bytes with start, start + step, ..., which int64 and, if that is the type, the type's mantissa can hold.
    False where that takes a kernel."""
    letter = ord(typestr[1])
    if not (cython.compiled and storage.address and not storage.readonly and 0 <= count <= storage.nbytes // itemsize):
        return False
    if not (itemsize == 8 and (letter == 105 or letter == 102) or itemsize == 4 and letter == 102):
        return False
    put_ramp(storage.address, letter, itemsize, start, step, count)
    return True


def _inside(byte_offset, nbytes, shape, strides, unit, itemsize):
    """Whether an array of these strides, in units of so many bytes (row-major without), that begins at a byte offset stays inside `nbytes`
    bytes. Nothing that is multiplied here can overflow, whatever the numbers."""
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


# The allocator ----------------------------------------------------------------------------------------------------------------
# Blocks come in classes, four to an octave (64, 128, ... 512, 640, 768, 896, 1024, 1280, ... bytes). A free block is kept on its class's
# list, a chain through the blocks' own first words. Blocks of 2 MiB and more are mapped at multiples of 2 MiB and asked to be huge
# pages: a first touch then costs a third. What is kept is bounded by `limit`; beyond it the largest blocks go back first.

def _class_of(nbytes):
    units = (nbytes - 1) >> 6 if nbytes > 0 else 0
    shift = bit_length(units) - 3
    return 4 * shift + (units >> shift) if shift > 0 else units


def _size_of(index):
    shift = (index >> 2) - 1
    return ((index & 3) + 5) << (shift + 6) if shift > 0 else (index + 1) << 6


def _missed(index, nbytes):
    """A new block from the system, if need be after handing back all that is kept."""
    if nbytes < 0:
        raise RuntimeError(f"cannot allocate {nbytes} bytes: the size is negative")
    address = 0
    if nbytes <= 1 << 47:                                # no address space is larger, and a size cannot overflow
        size = _size_of(index)
        address = _from_system(size)
        if not address and _blocks.pooled:
            _trim(0)
            address = _from_system(size)
    if not address:
        raise RuntimeError(f"[enforce fail at pellucid/core/memory.py] DefaultCPUAllocator: can't allocate memory: you tried to allocate "
                           f"{nbytes} bytes. In use: {_blocks.live} bytes, kept for reuse: {_blocks.pooled} bytes")
    _blocks.misses += 1
    return address


def _from_system(size):
    _blocks.system_calls += 1
    if size < 2 << 20:
        return system_allocate(64, size)
    whole = map_pages(size + (2 << 20))
    if not whole:
        return 0
    start = (whole + (2 << 20) - 1) & -(2 << 20)
    unmap_pages(whole, start - whole)
    unmap_pages(start + size, whole + (2 << 20) - start)
    huge_pages(start, size)
    return start


def _to_system(address, size):
    _blocks.system_calls += 1
    if size < 2 << 20:
        system_free(address)
    else:
        unmap_pages(address, size)
    return 0


def _give_back(address, index):
    size = _size_of(index)
    _blocks.live -= size
    if _blocks.pooled + size > _blocks.limit:
        if size > _blocks.limit:
            return _to_system(address, size)
        _trim(_blocks.limit - size)
    head = _blocks.heads + 8 * index
    store(address, load(head))
    store(head, address)
    _blocks.pooled += size
    return 0


def _trim(target):
    """Hand blocks back to the system, the largest first, until at most `target` bytes are kept."""
    index = 255
    while index >= 0 and _blocks.pooled > target:
        head = _blocks.heads + 8 * index
        address = load(head)
        if address:
            store(head, load(address))
            size = _size_of(index)
            _blocks.pooled -= size
            _to_system(address, size)
        else:
            index -= 1
    return 0


def empty_cache():
    """Hand all memory that is kept for reuse back to the system."""
    _trim(0)


def memory_stats():
    """What the allocator has done, in bytes (live, peak, pooled, limit) and in numbers of calls (hits, misses, system_calls)."""
    return {"live": _blocks.live, "peak": _blocks.peak, "pooled": _blocks.pooled, "limit": _blocks.limit, "hits": _blocks.hits,
            "misses": _blocks.misses, "system_calls": _blocks.system_calls}


def reset_peak_memory_stats():
    """Let `peak` start again from what is live now."""
    _blocks.peak = _blocks.live


def set_pool_limit(nbytes):
    """Keep at most `nbytes` bytes for reuse. At the start it is a quarter of the machine's memory, or PELLUCID_POOL_BYTES."""
    if nbytes < 0:
        raise RuntimeError(f"set_pool_limit expects a size in bytes, got {nbytes}")
    _blocks.limit = nbytes
    _trim(nbytes)


def _machine_memory():
    """Bytes that this process may use: the machine's, or fewer in a container."""
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        with open("/sys/fs/cgroup/memory.max") as file:
            return min(size, int(file.read()))
    except (OSError, ValueError):                        # no such file, or "max"
        return size


# Frames: the words of a launch ------------------------------------------------------------------------------------------------

class Template:
    """The words of a step that never change (sizes, strides), kept as C words: `Template((3, 4, 12, 1))`."""

    def __init__(self, words):
        if self.address:
            raise TypeError("a Template cannot be changed")
        frame = take_frame()
        for word in words:
            frame.put_scalar(frame.count, word)
        self.address = system_allocate(64, max(8 * frame.count, 64))
        if not self.address:
            raise RuntimeError(f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {8 * frame.count} bytes")
        self.count = frame.count
        copy_bytes(self.address, frame.address, 8 * frame.count)
        give_frame(frame)

    def __dealloc__(self):
        if self.address:
            system_free(self.address)

    def __repr__(self):
        return f"Template({tuple(self.words())})"

    def words(self):
        """The words as signed Python integers."""
        return [load(self.address + 8 * i) for i in range(self.count)]

    def __reduce__(self):
        raise TypeError("a Template holds an address: it can be neither copied nor pickled")


@cython.no_gc
@cython.cclass
class Frame:
    """The array of 64-bit words that a kernel is given; see `take_frame`."""

    def __init__(self):
        raise TypeError("Frame has no public constructor: use take_frame()")

    def __dealloc__(self):
        if self.address:
            system_free(self.address)

    def __reduce__(self):
        raise TypeError("a Frame holds an address: it can be neither copied nor pickled")

    def words(self):
        """The words so far as signed Python integers."""
        return [load(self.address + 8 * i) for i in range(self.count)]

    def reserve(self, index, words):
        """Make room for words index .. index + words - 1; the address of the first."""
        if index < 0 or index > self.room - words:
            if not (self.lent and 0 <= index < 1 << 24 and words < 1 << 24):
                raise IndexError(f"word {index} of a frame of {self.room}")
            room = 2 * (index + words)
            address = system_allocate(64, 8 * room)
            if not address:
                raise RuntimeError(f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {8 * room} bytes")
            copy_bytes(address, self.address, 8 * self.count)
            system_free(self.address)
            self.address, self.room = address, room
        if index + words > self.count:
            self.count = index + words
        return self.address + 8 * index

    def put(self, index, value):
        """Word `index` becomes `value`. Returns the number of words used, as all of these do."""
        store(self.reserve(index, 1), value)
        return 1

    def put_pointer(self, index, storage, byte_offset):
        """Word `index` becomes the address of byte `byte_offset` of `storage`."""
        if byte_offset < 0 or byte_offset > storage.nbytes or not storage.address:
            raise RuntimeError(f"byte {byte_offset} is not in a storage of {storage.nbytes} bytes on the {storage.device} device")
        store(self.reserve(index, 1), storage.address + byte_offset)
        if self.keeping:
            self.kept.append(storage)
        return 1

    def put_scalar(self, index, value):
        """Word `index` becomes a Python number: an integer as int64 or uint64, a float's bits, a complex number's in two words."""
        if isinstance(value, float):
            store_double(self.reserve(index, 1), value)
            return 1
        if isinstance(value, int):
            try:
                return self.put(index, value)
            except OverflowError:
                if not 0 <= value < 1 << 64:
                    raise RuntimeError("value cannot be converted to type int64_t without overflow") from None
                return self.put(index, value - (1 << 64))
        if isinstance(value, complex):
            number = value
            store_double(self.reserve(index, 2), number.real)
            store_double(self.reserve(index + 1, 1), number.imag)
            return 2
        raise TypeError(f"a kernel takes numbers, not {type(value).__name__}")

    def put_template(self, index, template):
        """The words of `template`, from word `index` on, which become the last of the frame."""
        copy_bytes(self.reserve(index, template.count), template.address, 8 * template.count)
        self.count = index + template.count
        return template.count

    def forget(self):
        if self.keeping:
            self.kept.clear()
        self.count = 0
        return 0


if not cython.compiled:
    Template.address = Template.count = Frame.address = Frame.room = Frame.count = 0
    Frame.lent = Frame.keeping = False
    Template.__del__, Frame.__del__ = Template.__dealloc__, Frame.__dealloc__


def take_frame(keeping=True):
    """An empty frame, yours until `give_frame`; dropping it instead (an exception) is as good. Any number may be out at once.

    It keeps the storages of its pointers alive, unless told that the GIL is held throughout: then nobody can take them away.
    """
    global _spare
    frame = _spare
    if frame is not None:
        _spare = frame.next
    else:
        frame = Frame.__new__(Frame)
        frame.room = 192
        frame.address = system_allocate(64, 8 * 192)
        if not frame.address:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1536 bytes")
        frame.kept = []
    frame.next = None
    frame.lent, frame.keeping = True, keeping
    return frame


def give_frame(frame):
    """Hand a frame back for the next launch."""
    global _spare
    if not frame.lent:
        raise RuntimeError("this frame has been handed back already")
    frame.forget()
    frame.lent = False
    if frame.room <= 4096:                               # the words of a thousand tensors once need not be held for good
        frame.next = _spare
        _spare = frame
    return 0


# Running kernels --------------------------------------------------------------------------------------------------------------

def run(address, frame, chunks, work):
    """Do chunks 0 .. chunks - 1 of the kernel at `address` on the words of `frame`. `work` is one thread's time for it all, in ns.

    Short work stays on the caller with the GIL held; from 10 us (LONG) the GIL is released, from 20 us awake threads help, and from 50 us
    sleeping ones are woken: waking one costs its caller 15 to 20 us.
    """
    if not address:
        raise RuntimeError("there is no kernel at address 0")
    if chunks <= 0:
        return 0
    if not cython.compiled or work < LONG:
        call(address, frame.address, 0, chunks)
    else:
        words = frame.address
        with cython.nogil:
            if chunks == 1 or work < 20_000 or _pool.threads == 1:
                call(address, words, 0, chunks)
            else:
                _share(address, words, chunks, work)
    return 0


def run_body(body, frame, chunks):
    """The same for an interpreted kernel: a Python callable of (list of words, begin, end)."""
    if chunks > 0:
        body(frame.words(), 0, chunks)
    return 0


# The thread pool --------------------------------------------------------------------------------------------------------------
# One job at a time. Its chunks are taken by ticket, by whoever is awake, so no worker is ever waited for that has not begun, and which
# thread does which chunk changes nothing: chunks depend on shapes alone. `tickets` is generation << 31 | tickets left, so that a
# worker that was suspended between reading it and taking one cannot take a ticket of a later job. `left` counts tickets not finished.

def _take():
    """Take one ticket and do its chunks; False if there was none."""
    ticket = atomic_load(cython.address(_pool.tickets))
    while ticket & 0x7fffffff:
        if compare_and_swap(cython.address(_pool.tickets), ticket, ticket - 1):
            begin = (_pool.issued - (ticket & 0x7fffffff)) * _pool.batch
            end = begin + _pool.batch
            call(_pool.kernel, _pool.words, begin, end if end < _pool.chunks else _pool.chunks)
            if add_and_fetch(cython.address(_pool.left), -1) == 0 and atomic_load(cython.address(_pool.waiting)):
                futex_wake(cython.address(_pool.left), 1)
            return True
        ticket = atomic_load(cython.address(_pool.tickets))
    return False


def _worker(argument):
    """The life of worker number `argument`: take tickets, watch a while for more, sleep until the bell."""
    index = cython.cast(cython.Py_ssize_t, argument)
    _pool.workers[index].cpu = current_cpu()
    _pool.workers[index].thread = thread_id()
    idle = 0
    while True:
        threads = atomic_load(cython.address(_pool.threads))
        if index >= threads - 1:                         # set_num_threads has no use for this one now
            futex_wait(cython.address(_pool.threads), threads)
        elif _take():
            idle = 0
            cpu = current_cpu()
            if cpu != _pool.workers[index].cpu:
                _pool.workers[index].cpu = cpu
        elif idle < 4000:                                # longer, and it starves the thread it waits for
            pause_processor()
            idle += 1
        else:
            seen = atomic_load(cython.address(_pool.bell))
            add_and_fetch(cython.address(_pool.asleep), 1)
            if not atomic_load(cython.address(_pool.tickets)) & 0x7fffffff:
                futex_wait(cython.address(_pool.bell), seen)
            add_and_fetch(cython.address(_pool.asleep), -1)
            idle = 0


def _share(address, words, chunks, work):
    """Run a kernel on all threads, the caller among them."""
    if not compare_and_swap(cython.address(_pool.busy), 0, 1):
        call(address, words, 0, chunks)                  # another Python thread has the pool
        return
    helpers = (_pool.threads if _pool.threads < chunks else chunks) - 1
    if helpers > 256:
        helpers = 256
    while work >= 50_000 and _pool.started < helpers and not start_thread(_worker, _pool.started):
        _pool.started += 1
    awake = _pool.threads - 1 if _pool.threads - 1 < _pool.started else _pool.started
    awake -= atomic_load(cython.address(_pool.asleep))
    if _pool.started == 0 or (awake <= 0 and work < 50_000):
        atomic_store(cython.address(_pool.busy), 0)
        call(address, words, 0, chunks)
        return
    _pool.kernel, _pool.words, _pool.chunks, _pool.batch = address, words, chunks, 1
    if chunks > 64 * _pool.threads:
        _pool.batch = (chunks + 64 * _pool.threads - 1) // (64 * _pool.threads)
    _pool.issued = (chunks + _pool.batch - 1) // _pool.batch
    atomic_store(cython.address(_pool.left), _pool.issued)
    generation = (_pool.tickets >> 31) + 1
    atomic_store(cython.address(_pool.tickets), (generation << 31) + _pool.issued)
    if work >= 50_000:
        if _pool.threads <= _pool.cpus:                  # a worker left on the caller's CPU would wait for the caller, and stay there
            cpu = current_cpu()
            for i in range(_pool.started):
                if _pool.workers[i].cpu == cpu and _pool.workers[i].thread:
                    move_off(_pool.workers[i].thread, cpu)
        if atomic_load(cython.address(_pool.asleep)):
            add_and_fetch(cython.address(_pool.bell), 1)
            futex_wake(cython.address(_pool.bell), helpers)
    while _take():
        pass
    idle = 0
    seen = atomic_load(cython.address(_pool.left))
    while seen:
        if idle < 20000:
            pause_processor()
            idle += 1
        else:                                            # a worker has lost its CPU in the middle of a chunk: leave it ours
            atomic_store(cython.address(_pool.waiting), 1)
            futex_wait(cython.address(_pool.left), seen)
            atomic_store(cython.address(_pool.waiting), 0)
        seen = atomic_load(cython.address(_pool.left))
    atomic_store(cython.address(_pool.busy), 0)


def _forked():
    """In a forked child: the workers are not there; the next large job starts its own."""
    _pool.started = _pool.asleep = _pool.busy = _pool.waiting = _pool.left = 0
    _pool.tickets = (_pool.tickets >> 31) << 31
    for i in range(256):
        _pool.workers[i].thread = 0                      # lest a thread of the parent be moved


def set_num_threads(threads):
    """Use `threads` threads, the caller among them. Results do not depend on it, not in a single bit."""
    if type(threads) is not int:
        raise TypeError(f"set_num_threads expects an int, but got {type(threads).__name__}")
    if threads < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    if cython.compiled:
        atomic_store(cython.address(_pool.threads), threads)
        add_and_fetch(cython.address(_pool.bell), 1)     # sleepers look again which of the two to wait for
        futex_wake(cython.address(_pool.bell), 256)
        futex_wake(cython.address(_pool.threads), 256)
    else:
        _pool.threads = threads                          # remembered; one thread does the work


def get_num_threads():
    """How many threads a large kernel may use: PELLUCID_NUM_THREADS, OMP_NUM_THREADS or the CPUs of this process at the start."""
    return _pool.threads


def _threads_wanted():
    for name in ("PELLUCID_NUM_THREADS", "OMP_NUM_THREADS"):
        first = os.environ.get(name, "").split(",")[0].strip()
        if first.isdigit() and int(first) > 0:
            return int(first)
    return usable_cpus()


_blocks.heads = system_allocate(64, 8 * 256)
zero_bytes(_blocks.heads, 8 * 256)
_limit = os.environ.get("PELLUCID_POOL_BYTES", "")
_blocks.limit = int(_limit) if _limit.isdigit() else _machine_memory() // 4
_pool.threads = _threads_wanted()
if cython.compiled:
    _pool.cpus = usable_cpus()
after_fork(_forked)
if cython.compiled:
    export_buffer(Storage, _lend)
