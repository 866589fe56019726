"""Numbers in and out of a storage: Python's own numbers read from and written to its bytes, by NumPy's names of types.

Called by core/tensor.py and core/arrays.py (item, tolist) and by pellucid/ops (tensor, arange, full). One of the
modules of the C border. Where a type has no counterpart in C the way leads through NumPy.
"""

import cython

from pellucid.core.observe import tell

if cython.compiled:
    from cython.cimports.pellucid.core.system import copy_bytes, letter_of, number_at, put_numbers, put_ramp
else:
    from pellucid.core.observe import observers
    from pellucid.core.sharing import view_as_array


def read_number(storage, byte_offset, itemsize, typestr):
    """The element at a byte offset as a Python number, of NumPy's type `typestr`."""
    if observers:
        tell("read", storage)
    if cython.compiled and storage.address and byte_offset >= 0 and itemsize <= storage.nbytes - byte_offset:
        found = number_at(storage.address + byte_offset, ord(typestr[1]), itemsize)
        if found is not None:
            return found
    return view_as_array(storage, byte_offset, (), (), typestr, True).item()


def read_list(storage, byte_offset, shape, strides, itemsize, typestr):
    """The elements, `strides` apart as counted in elements, as nested lists of Python numbers (of no dimensions, the
    number). RuntimeError if they are not all inside.
    """
    if observers:
        tell("read", storage)
    letter = ord(typestr[1])
    # c, and f of two bytes
    if cython.compiled and storage.address and (letter != 99 and (letter != 102 or itemsize > 2)):
        if inside(byte_offset, storage.nbytes, shape, strides, itemsize, itemsize):
            storage.lent += 1                    # making lists may free objects, whose finalizers may do anything
            try:
                return _listed(storage.address + byte_offset, shape, strides, 0, itemsize, letter)
            finally:
                storage.lent -= 1
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
    """NumPy's letter (b, i, f) of what a list or tuple of Python's own numbers, mixed as they promote, would be kept
    as; else None.
    """
    if cython.compiled:
        letter = letter_of(numbers)
        return None if letter == 0 else "b" if letter == 98 else "f" if letter == 102 else "i"
    return None


def write_numbers(storage, numbers, itemsize, typestr):
    """Fill a storage's first bytes with the numbers of a list or tuple.

    False where that takes NumPy; some may then have been written.
    """
    done = _put(storage, numbers, itemsize, typestr)
    if observers and done:
        tell("wrote", storage, "numbers")
    return done


def _put(storage, numbers, itemsize, typestr):
    if cython.compiled and storage.address and not storage.readonly:
        return put_numbers(storage.address, ord(typestr[1]), itemsize, numbers, storage.nbytes // itemsize)
    return False


def write_same(storage, number, count, itemsize, typestr):
    """Fill a storage's first bytes with one number `count` times. False where that takes a kernel."""
    if count > storage.nbytes // itemsize or not _put(storage, (number,), itemsize, typestr):
        return False
    done, nbytes = itemsize, count * itemsize
    while done < nbytes:
        more = done if done <= nbytes - done else nbytes - done
        copy_bytes(storage.address + done, storage.address, more)
        done += more
    if observers:
        tell("wrote", storage, "numbers")
    return True


def write_ramp(storage, start, step, count, itemsize, typestr):
    """Fill a storage's first bytes with start, start + step, ..., which int64 and, if that is the type, the type's
    mantissa can hold. False where that takes a kernel.
    """
    letter = ord(typestr[1])
    if not (cython.compiled and storage.address and not storage.readonly and 0 <= count <= storage.nbytes // itemsize):
        return False
    if not (itemsize == 8 and (letter == 105 or letter == 102) or itemsize == 4 and letter == 102):
        return False
    put_ramp(storage.address, letter, itemsize, start, step, count)
    if observers:
        tell("wrote", storage, "ramp")
    return True
