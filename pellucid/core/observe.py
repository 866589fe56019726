"""Observers: who is told of all that happens to the memory of tensors, and nothing is asked while there is none.

    launched    a kernel has run: which, for which operator, on which memory, with which words. It can be run again
    wrote       memory was written by other means: numbers, a ramp, zeros, a copy between devices
    lent        its address was handed out, to an array, a buffer, a program: whoever has it may read and write
    read        numbers left for Python: item, tolist, bool
    raised      a write in place was counted: the version of memory was raised
    allocated   memory was taken from the allocator, or from a device's
    freed       memory was given back
    ran         an operator that works outside of kernels (LAPACK, FFT) has made its results

While somebody observes, plans are made anew, with launches that tell; that is why a launch asks nothing otherwise. In
the same way blocks and versions pass where they can be told of (`_watch` in storage.py and inplace.py).
What an observer itself does while it is told is not told. All threads are observed.
"""

import threading

__all__ = ["Observer", "observing", "on_change", "tell"]

observers = []
_telling = threading.local()
_changed = []


class Observer:
    """In its `with` block, told of all that happens to memory. Override what is of interest.

    Example:
        >>> class Names(Observer):
        ...     def launched(self, launch):
        ...         print(launch.operator, launch.kernel)
    """

    def launched(self, launch):
        """A kernel has run: a `Launched` (see ops/families/observed.py)."""

    def wrote(self, storage, how):
        """A storage was written to without a kernel; `how`: "numbers", "ramp", "zeros", or "copy" of bytes from
        or to another device."""

    def lent(self, storage):
        """The address of a storage has become known outside."""

    def read(self, storage):
        """Numbers of a storage have become Python's."""

    def raised(self, storage):
        """The version of a storage was raised: by a write in place, or by who says that there was one."""

    def allocated(self, storage, nbytes):
        """A storage has got memory: `nbytes` from its address on, which may be more than it asked for."""

    def freed(self, device, address, nbytes):
        """Memory was given back, with the address and size that were told when it was allocated."""

    def ran(self, op, values, results):
        """The operator `op` has made `results`, a tuple of tensors, from `values` outside of kernels."""

    def __enter__(self):
        observers.append(self)
        if len(observers) == 1:
            _plans_are_stale()
        return self

    def __exit__(self, *exception):
        observers.remove(self)
        if not observers:
            _plans_are_stale()


def on_change(forget):
    """Have `forget` called whenever the first observer comes or the last one goes: what has been made for launches that
    do not tell, or that do, is of no use any more."""
    _changed.append(forget)


def _plans_are_stale():
    for forget in _changed:
        forget()


def observing():
    """Whether anybody is to be told."""
    return len(observers) > 0


def tell(what, *facts):
    """Tell all observers: the name of a method of Observer, and its arguments."""
    if getattr(_telling, "on", False):
        return
    _telling.on = True
    try:
        for observer in list(observers):
            getattr(observer, what)(*facts)
    finally:
        _telling.on = False
