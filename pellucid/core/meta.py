# cython: overflowcheck=True
"""The geometry of a tensor: shape, strides, element type, device. Pure functions of small immutable values.

Called by everything above. A Meta does not hold the storage offset, which belongs to the tensor: so equal metas may be shared, and are
keys of the plans in core/op.py. The functions of views return (Meta, change of the offset in elements); those whose rule depends on
where the view begins take that offset as their second argument. Knows nothing of memory: `check_bounds` is told the storage's size.

Sizes, strides and offsets are the boundary of memory safety. No arithmetic here can wrap: what is typed in meta.pxd is checked for
overflow, all else is Python integers, and `make` refuses what cannot be addressed in int64 bytes. Strides may be negative.
"""

from operator import index

from pellucid.device import CPU, META
from pellucid.dtypes import DTYPES

__all__ = [
    "Size", "Meta", "memory_format", "contiguous_format", "channels_last", "channels_last_3d", "preserve_format", "SCALAR_TYPES",
    "make", "contiguous", "with_dtype", "with_device", "like", "elementwise", "elementwise_strides", "count", "contiguous_strides",
    "format_strides", "is_contiguous", "suggested_format", "is_dense", "overlaps_itself", "overlap", "extent", "check_bounds",
    "wrap_dim", "wrap_dims", "broadcast_pair", "broadcast_shapes", "broadcast_strides", "inferred_shape", "view_strides", "collapse",
    "expand", "permute", "transpose", "movedim", "squeeze", "unsqueeze", "narrow", "select", "slice_dim", "diagonal", "unfold",
    "view", "reshaped", "flattened_shape", "unflattened_shape", "as_strided", "view_dtype", "view_as_real", "view_as_complex",
    "real", "imag",
]


class Size(tuple):
    """The sizes of a tensor's dimensions: a tuple of ints that knows its product."""

    __slots__ = ()
    __module__ = "pellucid"

    def __new__(cls, sizes=()):
        sizes = tuple(sizes)
        for position, size in enumerate(sizes):
            if not hasattr(size, "__index__"):
                raise TypeError(f"torch.Size() takes an iterable of 'int' (item {position} is '{type(size).__name__}')")
        return tuple.__new__(cls, integers(sizes))

    def numel(self):
        """The number of elements."""
        return count(self)

    def __getitem__(self, item):
        found = tuple.__getitem__(self, item)
        return tuple.__new__(Size, found) if isinstance(item, slice) else found

    def __add__(self, other):
        if not isinstance(other, tuple):
            raise TypeError(f'can only concatenate tuple (not "{type(other).__name__}") to torch.Size')
        return Size(tuple(self) + tuple(other))

    def __radd__(self, other):
        return Size(tuple(other) + tuple(self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times):
        return tuple.__new__(Size, tuple(self) * times)

    def __rmul__(self, times):
        return self * times

    def __repr__(self):
        return f"torch.Size({list(self)})"

    def __reduce__(self):
        return Size, (tuple(self),)


class memory_format:
    """In what order a tensor's elements lie. There is one object a format."""

    __slots__ = ("name", "order")
    __module__ = "pellucid"

    def __init__(self, name, order=None):
        self.name, self.order = name, order              # order: the dimensions, from the fastest to the slowest

    def __repr__(self):
        return "torch." + self.name

    def __reduce__(self):
        return self.name


contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last", (1, 3, 2, 0))
channels_last_3d = memory_format("channels_last_3d", (1, 4, 3, 2, 0))

# What PyTorch's messages call the element types.
SCALAR_TYPES = {d.name: d.title for d in DTYPES}

_cpu = CPU
_devices = {CPU: CPU, META: META}                        # devices are compared by identity in here
_largest = (1 << 63) - 1
_contiguous = {}


class Meta:
    """Shape, strides, dtype and device of a tensor, and what follows from them. Immutable; made by `contiguous` and `make`.

    `sizes` is the shape as a plain tuple, for use inside; `shape` is the same as a Size, for users. `contiguous` is what it is to users,
    who do not care for the strides of dimensions of size 1; `row_major` says that the strides are those of `contiguous()` to the last.
    """

    def __init__(self):
        raise TypeError("Meta has no public constructor: use contiguous() or make()")

    @property
    def shape(self):
        if self.size is None:
            self.size = tuple.__new__(Size, self.sizes)
        return self.size

    def same(self, other):
        """Whether two metas are equal."""
        return self is other or (self.dtype is other.dtype and self.device is other.device and self.sizes == other.sizes
                                 and self.strides == other.strides)

    def __eq__(self, other):
        return self.same(other) if isinstance(other, Meta) else NotImplemented

    def __hash__(self):
        if not self.hashed:
            self.hashed = hash((self.sizes, self.strides, id(self.dtype), id(self.device))) or 1
        return self.hashed

    def __repr__(self):
        strides = "" if self.contiguous else f", strides={self.strides}"
        device = "" if self.device is _cpu else f", device={self.device}"
        return f"Meta({list(self.sizes)}, {self.dtype.name}{strides}{device})"

    def __reduce__(self):
        return make, (self.sizes, self.strides, self.dtype, self.device)


# Making metas -----------------------------------------------------------------------------------------------------------------

def make(shape, strides, dtype, device=CPU):
    """The meta of these sizes and strides (in elements). RuntimeError for a negative size or a span that int64 cannot address."""
    if type(shape) is not tuple:
        shape = tuple(shape)
    if type(strides) is not tuple:
        strides = tuple(strides)
    ndim = len(shape)
    if len(strides) != ndim:
        raise RuntimeError(f"dimensionality of sizes ({ndim}) must match dimensionality of strides ({len(strides)})")
    itemsize = dtype.itemsize
    numel, reach, expected, in_order, row_major = 1, 0, 1, True, True
    dim = ndim
    try:
        while dim > 0:
            dim -= 1
            size = shape[dim]
            stride = strides[dim]
            if stride != expected:
                row_major = False
                if stride > _largest or stride < -_largest:
                    raise OverflowError
            if size != 1:
                if size <= 0:
                    if size < 0:
                        raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {list(shape)}")
                    numel = 0
                else:
                    if stride >= 0:
                        reach += (size - 1) * stride
                    else:
                        reach -= (size - 1) * stride
                    numel *= size
                    if stride != expected:
                        in_order = False
                    expected *= size                     # an empty dimension counts as one of size 1
        if reach > _largest or (numel and (reach + 1) * itemsize > _largest) or numel * itemsize > _largest:
            raise OverflowError
    except OverflowError:                                # nothing to a tensor without elements, if the numbers themselves are possible
        if 0 not in shape or min(shape) < 0 or max(shape) > _largest or max(strides) > _largest or -min(strides) > _largest:
            raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and strides={list(strides)}") from None
        numel, row_major = 0, False
    if device is not _cpu:
        device = _devices.setdefault(device, device)
    meta = Meta.__new__(Meta)
    meta.sizes = shape
    meta.strides = strides
    meta.dtype = dtype
    meta.device = device
    meta.numel = numel
    meta.itemsize = itemsize
    meta.ndim = ndim
    meta.contiguous = in_order or numel == 0
    meta.row_major = row_major
    meta.size = None
    meta.dense = meta.hashed = 0
    return meta


def contiguous(shape, dtype, device=CPU):
    """The meta of a new tensor: row-major strides. These are kept, for most tensors have one of a few."""
    if type(shape) is not tuple:
        shape = tuple(shape)
    key = (shape, dtype) if device is _cpu else (shape, dtype, device)
    found = _contiguous.get(key)
    if found is not None:
        for size in shape:
            if type(size) is not int:                    # 2.0 finds what was made for 2, and True what was made for 1
                shape = integers(shape)
                break
    else:
        shape = integers(shape)
        count(shape)                                     # names the sizes alone when they are too large
        found = make(shape, contiguous_strides(shape), dtype, device)
        if len(_contiguous) >= 4096:
            _contiguous.clear()
        _contiguous[key] = found
    return found


def with_dtype(meta, dtype):
    """The same geometry with elements of another type."""
    if meta.dtype is dtype:
        return meta
    return contiguous(meta.sizes, dtype, meta.device) if meta.row_major else make(meta.sizes, meta.strides, dtype, meta.device)


def with_device(meta, device):
    """The same geometry elsewhere."""
    if meta.device is device:
        return meta
    return contiguous(meta.sizes, meta.dtype, device) if meta.row_major else make(meta.sizes, meta.strides, meta.dtype, device)


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
    return contiguous(shape, dtype, device) if strides == contiguous_strides(shape) else make(shape, strides, dtype, device)


def integers(values):
    """Plain Python ints of whatever says it is an integer; TypeError otherwise."""
    return tuple([value if type(value) is int else int(index(value)) for value in values])


def count(shape):
    """The number of elements of a shape. RuntimeError for negative sizes and where int64 cannot count them."""
    product = 1
    try:
        for size in shape:
            if size < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension {size}: {list(shape)}")
            product *= size
        if product > _largest:
            raise OverflowError
    except OverflowError:
        if 0 in shape:
            return 0
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}") from None
    return product


def contiguous_strides(shape):
    """Row-major strides. An empty dimension counts as one of size 1, as in PyTorch."""
    strides, stride = [], 1
    for size in reversed(shape):
        strides.append(stride)
        stride *= size if size > 1 else 1
    strides.reverse()
    return tuple(strides)


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


# Layout -----------------------------------------------------------------------------------------------------------------------

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
    """Whether the elements use a stretch of memory without gaps or overlaps, starting at the first, in whatever order."""
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
    """Whether two elements certainly are one place in memory (an expanded dimension), so that it must not be written to."""
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
        raise RuntimeError(f"setStorage: sizes {list(meta.sizes)}, strides {list(meta.strides)}, storage offset {offset}, and itemsize "
                           f"{meta.itemsize} requiring a storage size of {(index(offset) + index(high) + 1) * index(meta.itemsize)} are "
                           f"out of bounds for storage of size {nbytes}")
    return 0


def overlap(a, a_offset, b, b_offset):
    """How two tensors of one storage share memory: 0 not at all, 1 they are the same elements in the same order, 2 perhaps in part."""
    if a.numel == 0 or b.numel == 0:
        return 0
    if a_offset == b_offset and a.same(b):
        return 1
    a_low, a_high = extent(a)
    b_low, b_high = extent(b)
    if ((a_offset + a_high + 1) * a.itemsize <= (b_offset + b_low) * b.itemsize
            or (b_offset + b_high + 1) * b.itemsize <= (a_offset + a_low) * a.itemsize):
        return 0
    return 2


def elementwise_strides(shape, metas, common=None):
    """The strides of an elementwise result of operands that are broadcast to `shape`; None among them stands for a Python number.

    PyTorch's rule: operands of one shape and one dense order pass it on; otherwise the dimensions are ordered by the operands'
    strides, the first operand that can tell deciding, and the result is dense in that order. `common` is the type that operands are
    promoted to: one of another type counts as the copy that PyTorch makes of it.
    """
    shape = tuple(shape)
    given = [meta if common is None or meta.dtype is common else like(meta, common) for meta in metas if meta is not None]
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
    """The dimensions from the slowest to the fastest, as the operands' (strides, itemsize) have them; a tie keeps row-major order."""

    def slower(left, right):                             # 1: left strides further than right; -1: less far; 0: nobody can tell
        for strides, itemsize in operands:
            a, b = abs(strides[left]) * itemsize, abs(strides[right]) * itemsize
            if a and b:
                if a != b:
                    return 1 if a > b else -1
                if shape[left] > shape[right]:
                    return 1
        return 0

    fastest_first = list(reversed(range(len(shape))))    # insertion sort: "cannot tell" is not transitive, so no other sort will do
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


def collapse(shape, strides):
    """Fewer dimensions for the same walk: (shape, list of strides), size 1 dropped and neighbours joined where every operand allows it."""
    sizes, walks = [], [[] for _ in strides]
    for dim, size in enumerate(shape):
        if size == 1:
            continue
        if sizes and all(walk[-1] == operand[dim] * size for walk, operand in zip(walks, strides)):
            sizes[-1] *= size
            for walk, operand in zip(walks, strides):
                walk[-1] = operand[dim]
        else:
            sizes.append(size)
            for walk, operand in zip(walks, strides):
                walk.append(operand[dim])
    return tuple(sizes), [tuple(walk) for walk in walks]


# Dimensions and broadcasting --------------------------------------------------------------------------------------------------

def wrap_dim(dim, ndim, scalar=True):
    """A dimension counted from 0. A tensor without dimensions is taken to have one, unless `scalar` is false."""
    if type(dim) is not int:
        dim = int(index(dim))
    last = ndim if ndim > 0 or not scalar else 1
    if not -last <= dim < last:
        if last == 0:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        raise IndexError(f"Dimension out of range (expected to be in range of [{-last}, {last - 1}], but got {dim})")
    return dim + last if dim < 0 else dim


def wrap_dims(dims, ndim):
    """Several dimensions counted from 0, each at most once."""
    found = []
    for dim in dims:
        dim = wrap_dim(dim, ndim)
        if dim in found:
            raise RuntimeError(f"dim {dim} appears multiple times in the list of dims")
        found.append(dim)
    return tuple(found)


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
    for dim in range(missing, len(longer)):
        left, right = longer[dim], shorter[dim - missing]
        if left != right:
            if left != 1 and right != 1:
                first, second = (left, right) if longer is a else (right, left)
                raise RuntimeError(f"The size of tensor a ({first}) must match the size of tensor b ({second}) at non-singleton "
                                   f"dimension {dim}")
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
            raise RuntimeError(f"The size of tensor a ({size}) must match the size of tensor b ({wanted}) at non-singleton dimension "
                               f"{missing + dim}")
        strides.append(meta.strides[dim] if size == wanted else 0)
    return tuple(strides)


# Views: (Meta, change of offset) ----------------------------------------------------------------------------------------------

def expand(meta, sizes):
    """Repeat dimensions of size 1, and add leading ones, without copying; -1 keeps a size."""
    sizes = integers(sizes)
    missing = len(sizes) - meta.ndim
    if missing < 0:
        raise RuntimeError(f"expand(torch.{SCALAR_TYPES[meta.dtype.name]}Tensor{{{list(meta.sizes)}}}, size={list(sizes)}): the number "
                           f"of sizes provided ({len(sizes)}) must be greater or equal to the number of dimensions in the tensor "
                           f"({meta.ndim})")
    shape, strides = list(sizes), [0] * len(sizes)
    for dim in reversed(range(len(sizes))):
        if dim >= missing:
            size, stride = meta.sizes[dim - missing], meta.strides[dim - missing]
        else:
            size, stride = 1, shape[dim + 1] * strides[dim + 1] if dim + 1 < len(sizes) else 0
        if sizes[dim] == -1:
            if dim < missing:
                raise RuntimeError(f"The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {dim}")
            shape[dim] = size
        elif size != sizes[dim]:
            if size != 1:
                raise RuntimeError(f"The expanded size of the tensor ({sizes[dim]}) must match the existing size ({size}) at non-singleton "
                                   f"dimension {dim}.  Target sizes: {list(sizes)}.  Tensor sizes: {list(meta.sizes)}")
            stride = 0
        strides[dim] = stride
    return make(shape, strides, meta.dtype, meta.device), 0


def permute(meta, dims):
    """The dimensions in another order."""
    if len(dims) != meta.ndim:
        raise RuntimeError("permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
                           f"ordering of dimensions i.e. input.dim() = {meta.ndim} is not equal to len(dims) = {len(dims)}")
    order = []
    for dim in dims:
        order.append(wrap_dim(dim, meta.ndim))
        if order[-1] in order[:-1]:
            raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _ordered(meta, order), 0


def _ordered(meta, order):
    return make([meta.sizes[dim] for dim in order], [meta.strides[dim] for dim in order], meta.dtype, meta.device)


def transpose(meta, dim0, dim1):
    """Two dimensions exchanged."""
    dim0, dim1 = wrap_dim(dim0, meta.ndim), wrap_dim(dim1, meta.ndim)
    if dim0 == dim1:
        return meta, 0
    sizes, strides = list(meta.sizes), list(meta.strides)
    sizes[dim0], sizes[dim1] = sizes[dim1], sizes[dim0]
    strides[dim0], strides[dim1] = strides[dim1], strides[dim0]
    return make(sizes, strides, meta.dtype, meta.device), 0


def movedim(meta, source, destination):
    """The dimensions `source` at the places `destination`, the others in their order."""
    source = (source,) if hasattr(source, "__index__") else tuple(source)
    destination = (destination,) if hasattr(destination, "__index__") else tuple(destination)
    if len(source) != len(destination):
        raise RuntimeError(f"movedim: Invalid source or destination dims: source ({list(source)} dims) should contain the same number "
                           f"of dims as destination ({list(destination)} dims)")
    origins, places = [wrap_dim(dim, meta.ndim) for dim in source], [wrap_dim(dim, meta.ndim) for dim in destination]
    for name, dims, given in (("source", origins, source), ("destination", places, destination)):
        if len(set(dims)) != len(dims):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({list(given)})")
    if meta.ndim == 0:
        return meta, 0
    moved = dict(zip(places, origins))
    rest = iter([dim for dim in range(meta.ndim) if dim not in origins])
    return _ordered(meta, [moved[place] if place in moved else next(rest) for place in range(meta.ndim)]), 0


def squeeze(meta, dim=None):
    """Without the dimensions of size 1; `dim` (one or several) limits which."""
    if dim is None:
        dims = range(meta.ndim)
    else:
        dims = wrap_dims((dim,) if hasattr(dim, "__index__") else dim, meta.ndim)
    keep = [d for d in range(meta.ndim) if d not in dims or meta.sizes[d] != 1]
    return (meta if len(keep) == meta.ndim else _ordered(meta, keep)), 0


def unsqueeze(meta, dim):
    """With a new dimension of size 1 before `dim`."""
    dim = wrap_dim(dim, meta.ndim + 1)
    sizes, strides = list(meta.sizes), list(meta.strides)
    strides.insert(dim, sizes[dim] * strides[dim] if dim < meta.ndim else 1)
    sizes.insert(dim, 1)
    return make(sizes, strides, meta.dtype, meta.device), 0


def _resized(meta, dim, size, stride):
    sizes, strides = list(meta.sizes), list(meta.strides)
    sizes[dim], strides[dim] = size, stride
    return make(sizes, strides, meta.dtype, meta.device)


def narrow(meta, dim, start, length):
    """`length` elements of one dimension, from `start` on."""
    start, length = integers((start, length))
    if meta.ndim == 0:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    dim = wrap_dim(dim, meta.ndim)
    size = meta.sizes[dim]
    if not -size <= start <= size:
        raise IndexError(f"start out of range (expected to be in range of [{-size}, {size}], but got {start})")
    start += size if start < 0 else 0
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return _resized(meta, dim, length, meta.strides[dim]), start * meta.strides[dim]


def select(meta, dim, position):
    """One element of a dimension, which goes."""
    if meta.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, position = wrap_dim(dim, meta.ndim), index(position)
    size = meta.sizes[dim]
    if not -size <= position < size:
        raise IndexError(f"select(): index {position} out of range for tensor of size {list(meta.sizes)} at dimension {dim}")
    position += size if position < 0 else 0
    sizes, strides = list(meta.sizes), list(meta.strides)
    del sizes[dim]
    delta = position * strides.pop(dim)
    return make(sizes, strides, meta.dtype, meta.device), delta


def slice_dim(meta, dim, start=None, stop=None, step=None):
    """`[start:stop:step]` along one dimension, as Python has it; a negative step walks backwards."""
    if meta.ndim == 0:
        raise RuntimeError("slice() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, meta.ndim)
    start, stop, step = slice(start, stop, step).indices(meta.sizes[dim])
    length = len(range(start, stop, step))
    if start < 0:                                        # nothing left to walk over backwards
        start = 0
    return _resized(meta, dim, length, meta.strides[dim] * step), start * meta.strides[dim]


def diagonal(meta, offset=0, dim1=0, dim2=1):
    """The diagonal of two dimensions as a last one."""
    offset = index(offset)
    first, second = wrap_dim(dim1, meta.ndim), wrap_dim(dim2, meta.ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    length = max(min(meta.sizes[first] + min(offset, 0), meta.sizes[second] - max(offset, 0)), 0)
    keep = [dim for dim in range(meta.ndim) if dim not in (first, second)]
    delta = 0 if length == 0 else offset * meta.strides[second] if offset > 0 else -offset * meta.strides[first]
    return make([meta.sizes[dim] for dim in keep] + [length],
                [meta.strides[dim] for dim in keep] + [meta.strides[first] + meta.strides[second]], meta.dtype, meta.device), delta


def unfold(meta, dim, size, step):
    """Every window of `size` elements along a dimension, `step` apart, as a new last dimension."""
    size, step = integers((size, step))
    dim = wrap_dim(dim, meta.ndim)
    existing, stride = (meta.sizes[dim], meta.strides[dim]) if meta.ndim else (1, 1)
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > existing:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {existing} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    windows = meta if meta.ndim == 0 else _resized(meta, dim, (existing - size) // step + 1, stride * step)
    return make(windows.sizes + (size,), windows.strides + (stride,), meta.dtype, meta.device), 0


def inferred_shape(shape, numel):
    """`shape` with its -1, if it has one, replaced by what `numel` elements leave for it."""
    shape = integers(shape)
    unknown = None
    known = 1
    for dim, size in enumerate(shape):
        if size == -1:
            if unknown is not None:
                raise RuntimeError("only one dimension can be inferred")
            unknown = dim
        elif size < 0:
            raise RuntimeError(f"invalid shape dimension {size} at index {dim} of shape {list(shape)}")
        else:
            known *= size
    if unknown is None:
        if known == numel:
            return shape
    elif known:
        if numel % known == 0:
            return shape[:unknown] + (numel // known,) + shape[unknown + 1:]
    elif numel == 0:
        raise RuntimeError(f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified dimension size -1 can be "
                           "any value and is ambiguous")
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")


def view_strides(shape, strides, new_shape):
    """The strides that show the elements of (shape, strides) as `new_shape`, None if no strides can. The shapes have equal products.

    Dimensions that follow each other in memory form runs; each run is cut anew into dimensions of the new shape.
    """
    if 0 in shape:
        return strides if tuple(shape) == tuple(new_shape) else contiguous_strides(new_shape)
    runs = []                                            # (elements, stride of the last dimension), from the right
    for size, stride in zip(reversed(shape), reversed(strides)):
        if runs and stride == runs[-1][0] * runs[-1][1] and size != 1:
            runs[-1] = (runs[-1][0] * size, runs[-1][1])
        elif not runs or size != 1:
            runs.append((size, stride))
    found, rest = [], iter(runs)
    elements, stride = next(rest, (1, 1))
    for size in reversed(new_shape):
        if elements == 1 and size != 1:
            elements, stride = next(rest)
        if elements % size:
            return None
        found.append(stride)
        elements //= size
        stride *= size
    return tuple(reversed(found))


def reshaped(meta, shape):
    """The view of these elements as `shape` (with at most one -1), None if it takes a copy."""
    shape = inferred_shape(shape, meta.numel)
    if meta.row_major:
        return contiguous(shape, meta.dtype, meta.device)
    strides = view_strides(meta.sizes, meta.strides, shape)
    return None if strides is None else make(shape, strides, meta.dtype, meta.device)


def view(meta, shape):
    """The same as a view function: RuntimeError where it takes a copy."""
    found = reshaped(meta, shape)
    if found is None:
        raise RuntimeError("view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
                           "contiguous subspaces). Use .reshape(...) instead.")
    return found, 0


def flattened_shape(shape, start_dim=0, end_dim=-1):
    """`shape` with the dimensions from `start_dim` to `end_dim` made one."""
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    shape = tuple(shape) or (1,)
    return shape[:start] + (count(shape[start:end + 1]),) + shape[end + 1:]


def unflattened_shape(shape, dim, sizes):
    """`shape` with one dimension made several."""
    dim, sizes = wrap_dim(dim, len(shape)), integers(sizes)
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    shape = tuple(shape) or (1,)
    try:
        inner = inferred_shape(sizes, shape[dim])
    except RuntimeError as error:
        if sizes.count(-1) > 1:
            raise
        raise RuntimeError(f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[dim]}) in the "
                           "input tensor") from error
    return shape[:dim] + inner + shape[dim + 1:]


def as_strided(meta, offset, size, stride, storage_offset=None):
    """Any sizes and strides over the same storage. Its bounds are the caller's to check, with `check_bounds`."""
    size, stride = integers(size), integers(stride)
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(step < 0 for step in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    return make(size, stride, meta.dtype, meta.device), 0 if storage_offset is None else index(storage_offset) - offset


def view_dtype(meta, offset, dtype):
    """The same bytes as elements of another type; of another size, and the last dimension grows or shrinks."""
    old, new = meta.itemsize, dtype.itemsize
    if old == new:
        return make(meta.sizes, meta.strides, dtype, meta.device), 0
    purpose = f"to view {SCALAR_TYPES[meta.dtype.name]} as {SCALAR_TYPES[dtype.name]} (different element sizes)"
    if meta.ndim == 0:
        raise RuntimeError(f"self.dim() cannot be 0 {purpose}")
    if old > new:
        if meta.strides[-1] != 1:
            raise RuntimeError(f"self.stride(-1) must be 1 {purpose}, but got {meta.strides[-1]}")
        ratio = old // new
        strides = [stride * ratio for stride in meta.strides[:-1]]
        return make(meta.sizes[:-1] + (meta.sizes[-1] * ratio,), strides + [1], dtype, meta.device), offset * ratio - offset
    ratio = new // old
    for name, value in (("size(-1)", meta.sizes[-1]), ("storage_offset()", offset)):
        if value % ratio:
            raise RuntimeError(f"self.{name} must be divisible by {ratio} {purpose}, but got {value}")
    if meta.strides[-1] != 1:
        raise RuntimeError(f"self.stride(-1) must be 1 {purpose}, but got {meta.strides[-1]}")
    for dim, stride in enumerate(meta.strides[:-1]):
        if stride % ratio:
            raise RuntimeError(f"self.stride({dim}) must be divisible by {ratio} {purpose}, but got {stride}")
    strides = [stride // ratio for stride in meta.strides[:-1]]
    return make(meta.sizes[:-1] + (meta.sizes[-1] // ratio,), strides + [1], dtype, meta.device), offset // ratio - offset


def view_as_real(meta, offset):
    """Complex numbers as pairs of real ones, in a new last dimension."""
    if not meta.dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    strides = [2 * stride for stride in meta.strides]
    return make(meta.sizes + (2,), strides + [1], meta.dtype.to_real(), meta.device), offset


def view_as_complex(meta, offset):
    """Pairs of real numbers, the last dimension, as complex ones."""
    if meta.dtype.name not in ("float16", "float32", "float64") or meta.dtype.to_complex().itemsize != 2 * meta.itemsize:
        raise RuntimeError("view_as_complex is only supported for half, float and double tensors, but got a tensor of scalar type: "
                           f"{SCALAR_TYPES[meta.dtype.name]}")
    if meta.ndim == 0:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if meta.sizes[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    if meta.strides[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(stride % 2 for size, stride in zip(meta.sizes, meta.strides[:-1]) if size != 1):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if offset % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    strides = [stride // 2 for stride in meta.strides[:-1]]
    return make(meta.sizes[:-1], strides, meta.dtype.to_complex(), meta.device), offset // 2 - offset


def real(meta, offset):
    """The real parts of complex numbers; a real tensor is its own."""
    return _part(meta, offset, 0) if meta.dtype.is_complex else (meta, 0)


def imag(meta, offset):
    """The imaginary parts of complex numbers."""
    if not meta.dtype.is_complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _part(meta, offset, 1)


def _part(meta, offset, which):
    return make(meta.sizes, [2 * stride for stride in meta.strides], meta.dtype.to_real(), meta.device), offset + which
