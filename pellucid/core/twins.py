"""What the uncompiled core asks of the system: the functions of system.pxd that it needs, by ctypes.

Imported by the modules of the C border where no compiled twin of theirs runs. There are no atomic operations and no
threads in here: uncompiled, a kernel runs on the thread that calls it.
"""

import ctypes
import mmap
import os
import sys
from collections import defaultdict

_libc = ctypes.CDLL(None)
_kernel = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * 3)
_kernels = {}
_free = defaultdict(list)


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


def freeing(dealloc):
    """A `__del__` that does what the compiled class does when an object dies."""
    def die(self, going_down=sys.is_finalizing):
        # then the functions of this package are gone, and memory goes by itself
        if not going_down():
            dealloc(self)
    return die


def load(address):
    return ctypes.c_int64.from_address(address).value


def store(address, value):
    if not -1 << 63 <= value < 1 << 63:
        raise OverflowError("Python int too large to convert to C long")
    ctypes.c_int64.from_address(address).value = value

# Threads take turns between any two lines of Python, and an object may be freed there: these two must be one step each.

def last_of(items):
    """The last item of a list, taken out of it; None of an empty one."""
    try:
        return items.pop()
    except IndexError:
        return None


def pop_block(head):
    return last_of(_free[head]) or 0


def push_block(head, block):
    _free[head].append(block)


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
