"""Tensors from and for others: over NumPy arrays, as NumPy arrays, as nested lists; new ones of plain sizes.

Called by pellucid/ops (from_numpy, numpy, tolist, empty, zeros) and by pellucid/tensor.py.
"""

import cython
import numpy

if not cython.compiled:                          # compiled, these come from arrays.pxd
    from pellucid.core.geometry import contiguous, make
    from pellucid.core.layout import extent
    from pellucid.core.numbers import read_list
    from pellucid.core.sharing import adopt, view_as_array
    from pellucid.core.storage import allocate
    from pellucid.core.tensor import new_tensor, wrap


def fresh(sizes, dtype, zero=False):
    """A new row-major leaf on the CPU, zeroed if asked.

    None unless the sizes are plain: loose ints or one tuple or list of them.
    """
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    elif not sizes:
        return None
    for size in sizes:
        if type(size) is not int or size < 0:
            return None
    meta = contiguous(sizes, dtype)
    return new_tensor(allocate(meta.numel * meta.itemsize, zero), meta, 0)


_layouts = {}                                    # {dtype: {shape and strides as bytes: meta}} of arrays seen


def over_array(array, dtype):
    """A leaf over the memory of a NumPy array whose elements are of type `dtype`. Negative strides are fine."""
    if type(array) is not numpy.ndarray:
        array = numpy.asarray(array)                 # a subclass may say anything of itself
    if cython.compiled:
        header = array.__array_struct__
        layout = layout_of(header)
        seen = _layouts.get(dtype)
        if seen is None:
            seen = _layouts[dtype] = {}
        if layout is not None:
            meta = seen.get(layout)
            if meta is None:
                if len(seen) >= 1024:
                    seen.clear()
                meta = seen[layout] = _array_meta(array, dtype)
            return wrap(adopt_array(array, header), meta, 0 if meta.row_major else -extent(meta)[0])
    meta = _array_meta(array, dtype)
    return wrap(adopt(array), meta, -extent(meta)[0])                  # a storage starts at the lowest byte


def _array_meta(array, dtype):
    size = dtype.itemsize
    if any([stride % size for stride in array.strides]):
        raise ValueError("given numpy array strides not a multiple of the element byte size. Copy the numpy array to "
                         "reallocate the memory.")
    return make(array.shape, tuple([stride // size for stride in array.strides]), dtype)


def shared_array(tensor):
    """A NumPy array over a tensor's memory.

    None where there is none, there are no elements, NumPy has no such type, or the tensor shows other numbers than
    memory holds.
    """
    meta = tensor.meta
    typestr = meta.dtype.typestr
    if typestr is None or meta.numel == 0 or tensor.memory.address == 0 or meta.stored is not meta.dtype:
        return None
    return view_as_array(tensor.memory, tensor.offset * meta.itemsize, meta.sizes, None if meta.row_major
                         else byte_strides(meta), typestr)


def byte_strides(meta):
    """The strides of a tensor with elements in bytes.

    A dimension of size 1 may have one that bytes cannot count: 0 is as good.
    """
    size = meta.itemsize
    return [0 if n == 1 and abs(stride) * size >= 1 << 63 else stride * size
            for n, stride in zip(meta.sizes, meta.strides, strict=True)]


def nested_list(tensor):
    """The elements as nested lists of Python numbers. None where `shared_array` is None."""
    meta = tensor.meta
    typestr = meta.dtype.typestr
    if typestr is None or meta.numel == 0 or tensor.memory.address == 0 or meta.stored is not meta.dtype:
        return None
    return read_list(tensor.memory, tensor.offset * meta.itemsize, meta.sizes, meta.strides, meta.itemsize, typestr)
