"""Frames: the 64-bit words that a kernel is given.

Called by core/op.py at each launch. A Template holds the words of a step that never change. One of the modules of the C
border.
"""

import cython

if cython.compiled:
    from cython.cimports.pellucid.core.system import copy_bytes, load, store, store_double, system_allocate, system_free
else:
    from pellucid.core.twins import (
        copy_bytes,
        freeing,
        last_of,
        load,
        store,
        store_double,
        system_allocate,
        system_free,
    )

_spare = None
_spares = []                                     # the same, uncompiled: threads take turns between any two lines


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
            raise RuntimeError(f"DefaultCPUAllocator: can't allocate memory: you tried to allocate {8 * frame.count} "
                               "bytes")
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
            self.forget()
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
                raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate "
                                   f"{8 * room} bytes")
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
            raise storage.refuse(byte_offset)
        store(self.reserve(index, 1), storage.address + byte_offset)
        if self.keeping:
            self.kept.append(storage)
            storage.lent += 1
        return 1

    def put_scalar(self, index, value):
        """Word `index` becomes a Python number: an integer as int64 or uint64, a float's bits, a complex number's in
        two words.
        """
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

    def storages(self):
        """The storages that this frame's pointers point into, each once, as far as it keeps them alive."""
        return list(dict.fromkeys(self.kept))

    def put_template(self, index, template):
        """The words of `template`, from word `index` on, which become the last of the frame."""
        copy_bytes(self.reserve(index, template.count), template.address, 8 * template.count)
        self.count = index + template.count
        return template.count

    def forget(self):
        if self.keeping:
            for storage in self.kept:
                storage.lent -= 1
            self.kept.clear()
        self.count = 0
        return 0


if not cython.compiled:
    Template.address = Template.count = Frame.address = Frame.room = Frame.count = 0
    Frame.lent = Frame.keeping = False
    Template.__del__, Frame.__del__ = freeing(Template.__dealloc__), freeing(Frame.__dealloc__)


def take_frame(keeping=True):
    """An empty frame, yours until `give_frame`; dropping it instead (an exception) is as good. Any number may be out at
    once.

    It keeps the storages of its pointers alive, unless told that the GIL is held throughout: then nobody can take them
    away.
    """
    global _spare
    frame = _spare if cython.compiled else last_of(_spares)
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
    if frame.room <= 4096:  # the words of a thousand tensors once need not be held for good
        if cython.compiled:
            frame.next = _spare
            _spare = frame
        else:
            _spares.append(frame)
    return 0
