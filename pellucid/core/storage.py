"""A piece of memory and where it comes from: Storage, which all views of one tensor share, and the allocator of its
blocks.

Called by core/tensor.py and by whatever makes tensors. Knows neither shapes nor dtypes: bytes. One of the modules of
the C border, as core/memory.py lists them: only these touch addresses. C types stand in the .pxd files, what is asked
of the system in system.pxd; without a compiler the same lines run on the ctypes functions of twins.py.
"""

import os
import weakref

import cython

from pellucid.core.observe import on_change, tell
from pellucid.device import CPU, META

if cython.compiled:
    from cython.cimports.pellucid.core.system import (  # isort: skip
        bit_length, copy_bytes, huge_pages, map_pages, pop_block, push_block, system_allocate, system_free, unmap_pages,
                                                      zero_bytes,
    )
else:
    from types import SimpleNamespace

    from pellucid.core.observe import observers
    from pellucid.core.twins import (
        bit_length,
        copy_bytes,
        freeing,
        huge_pages,
        map_pages,
        pop_block,
        push_block,
        system_allocate,
        system_free,
        unmap_pages,
        zero_bytes,
    )

    _blocks = SimpleNamespace(heads=0, limit=0, live=0, peak=0, pooled=0, hits=0, misses=0, system_calls=0,
                              watched=False, highest=0, kept=0)

_cpu = CPU


class Held:
    """The owner of a storage's memory where that is not simply its own. `room`: how many bytes there are, where the
    storage has shrunk and tensors that were made before may reach beyond what it says; else 0.
    """

    __slots__ = ("room",)

    def __init__(self, room=0):
        self.room = room


class Block(Held):
    """Memory of another device: its DeviceType (core/devices.py), its address there (0: none, it has been given back),
    and the object that it lives as long as.
    """

    __slots__ = ("kind", "address", "owner", "place", "nbytes")

    def __init__(self, kind, address, owner, room=0, place=None, nbytes=0):
        self.room, self.kind, self.address, self.owner = room, kind, address, owner
        self.place, self.nbytes = place, nbytes

    def __del__(self):
        if self.address:
            tell("freed", self.place, self.address, self.nbytes)


class Shared(Held):
    """Memory that other processes see: who keeps it, and the file that it shows, if any."""

    __slots__ = ("source", "filename")

    def __init__(self, source, filename=None):
        self.room, self.source, self.filename = 0, source, filename


@cython.freelist(256)
@cython.no_gc
@cython.cclass
class Storage:
    """A piece of memory, shared by all views of it.

    `device` and `readonly` never change, `nbytes` and `owner` (whose memory it is: None for our own) only in `resize`
    and `share`. `version` counts the writes in place; `changed` is None or the (file, line) of the last one. `lent`
    counts those who hold the address: arrays, buffers, kernels that run without the GIL. `twins`: weak references to
    what `twin` made of this one. Made by `allocate`, `adopt`, `phantom`, `on_device` and `twin` only: an object that
    holds an address can neither be built from one, nor copied, nor pickled.
    """

    def __init__(self):
        raise TypeError("Storage has no public constructor: use allocate(), adopt() or phantom()")

    def __dealloc__(self):
        if self.pooled:
            _give_back(self.address, self.pooled - 1)

    def data_ptr(self):
        """The address of the first byte, as its device counts; 0 where there is no memory (the meta device)."""
        block = self.root().owner
        return block.address if isinstance(block, Block) else self.address

    def root(self):
        """The storage that this one is a twin of, else itself: one object for one piece of memory."""
        return self.owner if isinstance(self.owner, Storage) else self

    def size(self):
        """The bytes that it has now. `nbytes` is how far views of it may reach: after it has been emptied, as far as
        before.
        """
        root = self.root()
        block = root.owner
        there = block.address if isinstance(block, Block) else root.address or root.device is not _cpu
        return root.nbytes if there else 0

    def resizable(self):
        """Whether it may have another size: its memory is nobody else's, and nobody holds the address."""
        root = self.root()
        if root.device is not _cpu:
            return True
        owner = root.owner
        if root.address and not root.pooled and (not isinstance(owner, Shared) or owner.filename is not None):
            return False
        return not any([one.lent for one in (root, *root.living_twins())])

    def resize(self, nbytes):
        """Have another size, for all that share it. What was in it stays as far as it fits; beyond is whatever was in
        memory.

        Memory is given back by becoming empty only: a storage that shrinks holds what it held, for tensors may reach
        that far. Which must not be used before it has grown again, core/tensor.py sees to (`resize_memory`).
        """
        root = self.root()
        if nbytes < 0:
            raise RuntimeError(f"cannot allocate {nbytes} bytes: the size is negative")
        if not root.resizable():
            raise RuntimeError("Trying to resize storage that is not resizable")
        reach = root.nbytes
        # but not those that have been set apart because they reach farther
        sharers = [one for one in (root, *root.living_twins()) if one.nbytes <= reach or one.nbytes <= nbytes]
        room = max(nbytes, reach, root.owner.room if isinstance(root.owner, Held) else 0)
        if root.device is _cpu:
            root.move(nbytes, room)
        elif isinstance(root.owner, Block):
            kind, old, place = root.owner.kind, root.size(), root.device
            if nbytes == 0:
                root.owner = Block(kind, 0, None, room)
            else:
                other = kind.storage(room, place)
                if old:
                    kind.copy(other.data_ptr(), place.index, root.data_ptr(), place.index, min(old, nbytes))
                root.owner = other.owner
                root.owner.room = room
        else:
            reach = nbytes                               # there is no memory that anything could be outside of
        for one in sharers:
            one.address, one.nbytes = root.address, nbytes or reach

    def move(self, nbytes, room):
        """Lie in a block of `room` bytes, the first `nbytes` of which are of use; in none where that is 0."""
        if nbytes and self.pooled and room <= _size_of(self.pooled - 1):
            self.owner = Held(room) if room > nbytes else None
            return 0
        address, pooled = self.address, self.pooled
        self.address = self.pooled = 0
        if nbytes:
            other = allocate(room)
            if address:
                copy_bytes(other.address, address, min(nbytes, self.nbytes))
            self.address, self.pooled = other.address, other.pooled
            other.pooled = 0
        self.owner = Held(room) if room > nbytes else None
        if pooled:
            _give_back(address, pooled - 1)
        return 0

    def share(self, memory, filename=None):
        """Lie in memory that other processes see, a storage of its own that is as large as this one's memory."""
        root = self.root()
        sharers = [root, *root.living_twins()]
        if any([one.lent for one in sharers]):
            raise RuntimeError("memory that an array or a buffer holds cannot move to where other processes see it")
        if not root.address or not memory.address or memory.nbytes < root.nbytes:
            raise RuntimeError(f"{root!r} cannot move to {memory!r}")
        address, pooled = root.address, root.pooled
        copy_bytes(memory.address, address, root.nbytes)
        root.owner, root.pooled = Shared(memory.owner, filename), 0
        for one in sharers:
            if one.nbytes <= root.nbytes:
                one.address = memory.address
        if pooled:
            _give_back(address, pooled - 1)

    def show(self, filename):
        """Say that its memory, which it has from another, is that of a file."""
        self.owner = Shared(self.owner, filename)

    def unseen(self):
        """Count writes from now on: nobody has seen the ones before."""
        self.version = 0

    def is_shared(self):
        """Whether other processes see its memory."""
        return isinstance(self.root().owner, Shared)

    def file(self):
        """The name of the file that its memory shows, or None."""
        owner = self.root().owner
        return owner.filename if isinstance(owner, Shared) else None

    def refuse(self, byte_offset):
        """The error of somebody who wants to use the memory from a byte on, which is not there."""
        size = self.size()
        if self.device is _cpu and not self.address:
            return RuntimeError(f"this tensor lies outside of its storage, which has been resized to {size} bytes")
        return RuntimeError(f"byte {byte_offset} is not in a storage of {size} bytes on the {self.device} device")

    def living_twins(self):
        found = [] if self.twins is None else [reference() for reference in self.twins]
        return [one for one in found if one is not None]

    def __repr__(self):
        return f"Storage(nbytes={self.nbytes}, device={self.device}, version={self.version})"

    def __reduce__(self):
        raise TypeError("a Storage holds an address: it can be neither copied nor pickled, only its bytes can")


if not cython.compiled:
    Storage.address = Storage.nbytes = Storage.version = Storage.pooled = Storage.lent = 0
    Storage.changed = Storage.owner = Storage.device = Storage.twins = None
    Storage.readonly = False
    Storage.__del__ = freeing(Storage.__dealloc__)


def allocate(nbytes, zero=False):
    """Memory for `nbytes` bytes at a multiple of 64, zeroed if asked.

    RuntimeError if there is none; nothing has changed then.
    """
    index = _class_of(nbytes)
    size = _size_of(index)
    address = pop_block(_blocks.heads + 8 * index) if nbytes >= 0 else 0
    clean = False
    if address:
        _blocks.hits += 1
        _blocks.pooled -= size
    else:
        address = _missed(index, nbytes)
        clean = size >= 2 << 20                          # newly mapped pages are zero
    _blocks.live += size
    storage = Storage.__new__(Storage)
    storage.address = address
    storage.nbytes = nbytes
    storage.pooled = index + 1
    storage.device = _cpu
    if _blocks.live > _blocks.peak:                      # always, while somebody observes
        _blocks.peak = _blocks.live
        if _blocks.watched:
            _blocks.highest, _blocks.peak = max(_blocks.highest, _blocks.live), -1
            tell("allocated", storage, size)
    if zero:
        if not clean:
            if cython.compiled and nbytes > 1 << 20:
                with cython.nogil:
                    zero_bytes(address, nbytes)
            else:
                zero_bytes(address, nbytes)
        if observers:
            tell("wrote", storage, "zeros")
    return storage


def phantom(nbytes, device=META):
    """A storage that has a size and no memory: what a tensor on the meta device has."""
    storage = Storage.__new__(Storage)
    storage.nbytes = nbytes
    storage.device = device
    return storage


def on_device(block, nbytes, device):
    """A storage over memory that another device has given out."""
    storage = phantom(nbytes, device)
    storage.owner = block
    if observers:
        tell("allocated", storage, nbytes)
    return storage


def twin(storage):
    """The same memory with a version counter of its own."""
    root = storage.root()
    other = Storage.__new__(Storage)
    other.address, other.nbytes = storage.address, storage.nbytes
    other.readonly, other.device, other.owner = root.readonly, root.device, root
    if root.twins is None:
        root.twins = []
    elif len(root.twins) % 32 == 31:
        root.twins = [reference for reference in root.twins if reference() is not None]
    root.twins.append(weakref.ref(other))
    return other


def outside(storage, reach):
    """The twin in which tensors lie that reach beyond a storage that has shrunk: it has no address."""
    other = twin(storage)
    other.address, other.nbytes, other.version = 0, reach, storage.root().version
    return other


# The allocator --------------------------------------------------------------------------------------------------------
# Blocks come in classes, four to an octave (64, 128, ... 512, 640, 768, 896, 1024, 1280, ... bytes). A free block is
# kept on its class's list, a chain through the blocks' own first words. Blocks of 2 MiB and more are mapped at
# multiples of 2 MiB and asked to be huge pages: a first touch then costs a third. What is kept is bounded by `limit`;
# beyond it the largest blocks go back first.

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
        raise RuntimeError("[enforce fail at pellucid/core/memory.py] DefaultCPUAllocator: can't allocate memory: you "
                           f"tried to allocate {nbytes} bytes. In use: {_blocks.live} bytes, kept for reuse: "
                           f"{_blocks.pooled} bytes")
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
    if _blocks.pooled + size > _blocks.limit:            # always, while somebody observes
        limit = _blocks.limit
        if _blocks.watched:
            limit = _blocks.kept
            tell("freed", _cpu, address, size)
        if size > limit:
            return _to_system(address, size)
        if _blocks.pooled + size > limit:
            _trim(limit - size)
    push_block(_blocks.heads + 8 * index, address)
    _blocks.pooled += size
    return 0


def _trim(target):
    """Hand blocks back to the system, the largest first, until at most `target` bytes are kept."""
    index = 255
    while index >= 0 and _blocks.pooled > target:
        address = pop_block(_blocks.heads + 8 * index)
        if address:
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
    """What the allocator has done, in bytes (live, peak, pooled, limit) and in numbers of calls (hits, misses,
    system_calls).
    """
    return {"live": _blocks.live, "peak": _blocks.highest if _blocks.watched else _blocks.peak,
            "pooled": _blocks.pooled, "limit": _blocks.kept if _blocks.watched else _blocks.limit,
            "hits": _blocks.hits, "misses": _blocks.misses, "system_calls": _blocks.system_calls}


def reset_peak_memory_stats():
    """Let `peak` start again from what is live now."""
    if _blocks.watched:
        _blocks.highest = _blocks.live
    else:
        _blocks.peak = _blocks.live


def set_pool_limit(nbytes):
    """Keep at most `nbytes` bytes for reuse.

    At the start it is a quarter of the machine's memory, or PELLUCID_POOL_BYTES.
    """
    if nbytes < 0:
        raise RuntimeError(f"set_pool_limit expects a size in bytes, got {nbytes}")
    if _blocks.watched:
        _blocks.kept = nbytes
    else:
        _blocks.limit = nbytes
    _trim(nbytes)


def _watch():
    """Have every block that is taken or given back pass where it can be told of, while somebody observes: as if each
    were the most there ever was, and too much to keep.
    """
    watched = len(observers) > 0
    if watched and not _blocks.watched:
        _blocks.highest, _blocks.kept, _blocks.peak, _blocks.limit = _blocks.peak, _blocks.limit, -1, -1
    elif _blocks.watched and not watched:
        _blocks.peak, _blocks.limit = _blocks.highest, _blocks.kept
    _blocks.watched = watched


on_change(_watch)


def _machine_memory():
    """Bytes that this process may use: the machine's, or fewer in a container."""
    size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        with open("/sys/fs/cgroup/memory.max") as file:
            return min(size, int(file.read()))
    except (OSError, ValueError):                        # no such file, or "max"
        return size

_blocks.heads = system_allocate(64, 8 * 256)
zero_bytes(_blocks.heads, 8 * 256)
_limit = os.environ.get("PELLUCID_POOL_BYTES", "")
_blocks.limit = int(_limit) if _limit.isdigit() else _machine_memory() // 4
