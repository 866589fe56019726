# cython: overflowcheck=True
"""How the elements of a tensor lie in memory: in which order, how far, over whom; and how those of a result shall lie.

Pure functions of metas. Called by the planners, by core/op.py (`overlap`, `check_bounds`) and by whoever makes tensors.
`check_bounds` is told the storage's size: memory itself is unknown here.
"""

from operator import index

import cython

from pellucid.core.geometry import channels_last, channels_last_3d, contiguous_format, preserve_format
from pellucid.device import CPU

if not cython.compiled:                          # compiled, these come from geometry.pxd
    from pellucid.core.geometry import contiguous, contiguous_strides, make


def format_strides(shape, format):
    """The strides of a tensor of this shape in a memory format."""
    if format is contiguous_format:
        return contiguous_strides(shape)
    if format.order is None:
        raise RuntimeError("unsupported memory format Preserve")
    if len(shape) != len(format.order):
        raise RuntimeError(f"required rank {len(format.order)} tensor to use {format.name} format")
    strides, stride = [0] * len(shape), 1
    for dim in format.order:
        strides[dim] = stride
        stride *= shape[dim]
    return tuple(strides)


def is_contiguous(meta, memory_format=contiguous_format):
    """Whether the elements lie one after the other in the order of the format."""
    if memory_format is contiguous_format:
        return meta.contiguous
    if memory_format.order is None:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    if meta.ndim != len(memory_format.order):
        return False
    expected = format_strides(meta.sizes, memory_format)
    return all(size == 1 or stride == wanted for size, stride, wanted in zip(meta.sizes, meta.strides, expected))


def suggested_format(meta):
    """The format that a tensor's strides speak for: channels_last only where they can mean nothing else."""
    for format in (channels_last, channels_last_3d):
        if meta.ndim == len(format.order) and _like_format(meta, format):
            return format
    return contiguous_format


def _like_format(meta, format):
    smallest = 0
    if meta.strides[1] == 0:
        return False
    for dim in format.order:
        size, stride = meta.sizes[dim], meta.strides[dim]
        if size == 0 or stride < smallest or (dim == 0 and smallest == meta.strides[1]):
            return False                                 # the last: [N, 1, 1, 1] may as well be row-major
        smallest = stride * size if size > 1 else stride
    return True


def is_dense(meta):
    """Whether the elements use a stretch of memory without gaps or overlaps, starting at the first, in whatever order.
    """
    if meta.dense == 0:
        meta.dense = 2 if meta.contiguous or _without_gaps(meta) else 1
    return meta.dense == 2


def _without_gaps(meta):
    expected = 1
    for stride, size in sorted([(stride, size) for size, stride in zip(meta.sizes, meta.strides) if size > 1]):
        if stride != expected:
            return False
        expected *= size
    return True


def overlaps_itself(meta):
    """Whether two elements certainly are one place in memory (an expanded dimension), so that it must not be written
    to.
    """
    return any(stride == 0 and size > 1 for size, stride in zip(meta.sizes, meta.strides)) and meta.numel > 0


def extent(meta):
    """The lowest and the highest element index touched, relative to the first element; (0, -1) of an empty tensor."""
    if meta.numel == 0:
        return 0, -1
    low = high = 0
    for dim in range(meta.ndim):
        size = meta.sizes[dim]
        stride = meta.strides[dim]
        if stride < 0:
            low += (size - 1) * stride
        else:
            high += (size - 1) * stride
    return low, high


def check_bounds(meta, offset, nbytes):
    """RuntimeError unless a tensor that begins at element `offset` stays inside a storage of `nbytes` bytes."""
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    if meta.numel == 0:
        return 0
    low = high = 0
    for dim in range(meta.ndim):
        size = meta.sizes[dim]
        stride = meta.strides[dim]
        if stride < 0:
            low += (size - 1) * stride
        else:
            high += (size - 1) * stride
    if offset + low < 0 or offset > nbytes // meta.itemsize - 1 - high:
        raise RuntimeError(f"setStorage: sizes {list(meta.sizes)}, strides {list(meta.strides)}, storage offset "
                           f"{offset}, and itemsize {meta.itemsize} requiring a storage size of "
                           f"{(index(offset) + index(high) + 1) * index(meta.itemsize)} are out of bounds for storage "
                           f"of size {nbytes}")
    return 0


def _steps(meta):
    return [pair for pair in zip(meta.sizes, meta.strides) if pair[0] != 1]


def overlap(a, a_offset, b, b_offset):
    """How two tensors of one storage share memory: 0 not at all, 1 they are the same elements in the same order, 2
    perhaps in part.
    """
    if a.numel == 0 or b.numel == 0:
        return 0
    if a_offset == b_offset and (a.same(b) or (a.dtype is b.dtype and _steps(a) == _steps(b))):
        return 1
    a_low, a_high = extent(a)
    b_low, b_high = extent(b)
    if ((a_offset + a_high + 1) * a.itemsize <= (b_offset + b_low) * b.itemsize
            or (b_offset + b_high + 1) * b.itemsize <= (a_offset + a_low) * a.itemsize):
        return 0
    return 2


# Broadcasting ----------------------------------------------------------------------------------------------------

def broadcast_pair(a, b):
    """The shape that two shapes broadcast to."""
    if type(a) is not tuple:
        a = tuple(a)
    if type(b) is not tuple:
        b = tuple(b)
    if a == b:
        return a
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    missing = len(longer) - len(shorter)
    result = list(longer)
    for dim in range(len(longer) - 1, missing - 1, -1):       # the error names the last that does not fit
        left, right = longer[dim], shorter[dim - missing]
        if left != right:
            if left != 1 and right != 1:
                first, second = (left, right) if longer is a else (right, left)
                raise RuntimeError(f"The size of tensor a ({first}) must match the size of tensor b ({second}) at "
                                   f"non-singleton dimension {dim}")
            if left == 1:
                result[dim] = right
    return tuple(result)


def broadcast_shapes(*shapes):
    """The shape that all of them broadcast to."""
    result = ()
    for shape in shapes:
        result = broadcast_pair(result, shape)
    return result


def broadcast_strides(meta, shape):
    """The strides with which a tensor is read as one of `shape`: 0 where it is repeated."""
    missing = len(shape) - meta.ndim
    strides = [0] * missing
    for dim in range(meta.ndim):
        size = meta.sizes[dim]
        wanted = shape[missing + dim]
        if size != wanted and size != 1:
            raise RuntimeError(f"The size of tensor a ({size}) must match the size of tensor b ({wanted}) at "
                               f"non-singleton dimension {missing + dim}")
        strides.append(meta.strides[dim] if size == wanted else 0)
    return tuple(strides)


# Results ----------------------------------------------------------------------------------------------------

def elementwise_strides(shape, metas, common=None):
    """The strides of an elementwise result of operands that are broadcast to `shape`; None among them stands for a
    Python number.

    PyTorch's rule: operands of one shape and one dense order pass it on; otherwise the dimensions are ordered by the
    operands' strides, the first operand that can tell deciding, and the result is dense in that order. `common` is the
    type that operands are promoted to: one of another type counts as the copy that PyTorch makes of it.
    """
    shape = tuple(shape)
    given = [meta if common is None or meta.dtype is common else like(meta, common)
             for meta in metas if meta is not None]
    if len(given) == len(metas) and given and all(meta.sizes == shape for meta in given):
        if all(meta.contiguous for meta in given):
            return contiguous_strides(shape)
        if all(is_contiguous(meta, channels_last) for meta in given):
            return format_strides(shape, channels_last)
        if all(is_dense(meta) and meta.strides == given[0].strides for meta in given):
            return given[0].strides
    order = dimension_order(shape, [(broadcast_strides(meta, shape), meta.itemsize) for meta in given])
    if order == tuple(range(len(shape))):
        return contiguous_strides(shape)
    strides, stride = [0] * len(shape), 1
    for dim in reversed(order):
        strides[dim] = stride
        stride *= shape[dim]
    return tuple(strides)


def dimension_order(shape, operands):
    """The dimensions from the slowest to the fastest, as the operands' (strides, itemsize) have them; a tie keeps row-
    major order.
    """

    def slower(left, right):  # 1: left strides further than right; -1: less far; 0: nobody can tell
        for strides, itemsize in operands:
            a, b = abs(strides[left]) * itemsize, abs(strides[right]) * itemsize
            if a and b:
                if a != b:
                    return 1 if a > b else -1
                if shape[left] > shape[right]:
                    return 1
        return 0

    # insertion sort: "cannot tell" is not transitive, so no other sort will do
    fastest_first = list(reversed(range(len(shape))))
    for start in range(1, len(shape)):
        here = start
        for other in reversed(range(start)):
            found = slower(fastest_first[other], fastest_first[here])
            if found > 0:
                fastest_first[other], fastest_first[here] = fastest_first[here], fastest_first[other]
                here = other
            elif found < 0:
                break
    return tuple(reversed(fastest_first))


def like(meta, dtype=None, device=None, memory_format=preserve_format):
    """The meta of what `empty_like` makes: the same order of elements where memory is used without gaps."""
    dtype = meta.dtype if dtype is None else dtype
    device = meta.device if device is None else device
    if memory_format is preserve_format:
        if meta.row_major:
            return contiguous(meta.sizes, dtype, device)
        if is_dense(meta):
            return make(meta.sizes, meta.strides, dtype, device)
        return make(meta.sizes, elementwise_strides(meta.sizes, [meta]), dtype, device)
    if memory_format is contiguous_format:
        return contiguous(meta.sizes, dtype, device)
    return make(meta.sizes, format_strides(meta.sizes, memory_format), dtype, device)


def elementwise(shape, metas, dtype, device=CPU, common=None):
    """The meta of an elementwise result; see `elementwise_strides`."""
    strides = elementwise_strides(shape, metas, common)
    return (contiguous(shape, dtype, device) if strides == contiguous_strides(shape)
            else make(shape, strides, dtype, device))
