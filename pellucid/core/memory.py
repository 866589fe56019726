"""The C border: memory, raw addresses, machine code, threads. Only the modules listed here touch any of them.

    storage      a piece of memory, and the allocator of its blocks
    sharing      memory of and for NumPy arrays and buffers
    devices      other types of devices, whose memory has no address here
    numbers      Python's numbers in and out of a storage
    frames       the words that a kernel is given
    threads      running kernels, on one thread or on all
    system.pxd   what they ask of the system in C; twins.py: the same by ctypes, for the uncompiled core

Everything in them is bytes, 64-bit words and numbers of chunks: they know neither shapes nor dtypes. Here stand the
names that the rest of the package may use. They rely on the GIL.
"""

from pellucid.core.frames import Frame, Template, give_frame, take_frame
from pellucid.core.numbers import number_kind, read_list, read_number, write_numbers, write_ramp, write_same
from pellucid.core.sharing import adopt, view_as_array
from pellucid.core.storage import (
    Storage,
    allocate,
    empty_cache,
    memory_stats,
    on_device,
    phantom,
    reset_peak_memory_stats,
    set_pool_limit,
    twin,
)
from pellucid.core.threads import get_num_threads, run, run_body, set_num_threads

__all__ = ["Frame", "Storage", "Template", "adopt", "allocate", "empty_cache", "get_num_threads", "give_frame",
           "memory_stats", "number_kind", "on_device",
           "phantom", "read_list", "read_number", "reset_peak_memory_stats", "run", "run_body", "set_num_threads",
           "set_pool_limit", "take_frame", "twin",
           "view_as_array", "write_numbers", "write_ramp", "write_same"]
