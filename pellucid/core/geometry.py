# cython: overflowcheck=True
"""What describes a tensor: Size, memory formats and Meta, that is shape, strides, element type and device. Immutable
values.

Called by everything above, most of it through core/meta.py. A Meta does not hold the storage offset, which belongs to
the tensor: so equal metas may be shared, and are keys of the plans in core/op.py. Knows nothing of memory.

Sizes, strides and offsets are the boundary of memory safety. No arithmetic here, in layout.py and in view.py can wrap:
what is typed in the .pxd files is checked for overflow, all else is Python integers, and `make` refuses what cannot be
addressed in int64 bytes. Strides may be negative.
"""

from operator import index

from pellucid.core.devices import OBJECTS, resolve
from pellucid.device import CPU
from pellucid.dtypes import DTYPES, OPAQUE


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
SCALAR_TYPES = {d.name: d.title for d in (*DTYPES, *OPAQUE.values())}

_cpu = CPU
_devices = OBJECTS
_largest = (1 << 63) - 1
_contiguous = {}


def type_name(meta):
    """PyTorch's name of a kind of tensor in messages: torch.FloatTensor."""
    return f"torch.{'' if meta.device is _cpu else meta.device.type + '.'}{SCALAR_TYPES[meta.dtype.name]}Tensor"


class Meta:
    """Shape, strides, dtype and device of a tensor, and what follows from them. Immutable; made by `contiguous` and
    `make`.

    `sizes` is the shape as a plain tuple, for use inside; `shape` is the same as a Size, for users. `dtype` is the type
    that users see, `stored` the form of it (see pellucid/dtypes.py) that memory holds: another only of conjugated and
    negated views. What shows the same memory takes over the one, results are of the other. `contiguous` is
    what it is to users, who do not care for the strides of dimensions of size 1; `row_major` says that the strides are
    those of `contiguous()` to the last.
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
        return self is other or (self.stored is other.stored and self.device is other.device
                                 and self.sizes == other.sizes and self.strides == other.strides)

    def __eq__(self, other):
        return self.same(other) if isinstance(other, Meta) else NotImplemented

    def __hash__(self):
        if not self.hashed:
            self.hashed = hash((self.sizes, self.strides, id(self.stored), id(self.device))) or 1
        return self.hashed

    def __repr__(self):
        strides = "" if self.contiguous else f", strides={self.strides}"
        device = "" if self.device is _cpu else f", device={self.device}"
        form = ", conj" * self.stored.conj + ", neg" * self.stored.neg
        return f"Meta({list(self.sizes)}, {self.dtype.name}{form}{strides}{device})"

    def __reduce__(self):
        return make, (self.sizes, self.strides, self.stored, self.device)


# Making metas ----------------------------------------------------------------------------------------------------

def make(shape, strides, dtype, device=CPU):
    """The meta of these sizes and strides (in elements), of elements of a type or a form of one.

    RuntimeError for a negative size or a span that int64 cannot address.
    """
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
    except OverflowError:  # nothing to a tensor without elements, if the numbers themselves are possible
        if 0 not in shape or min(shape) < 0 or max(*shape, *strides) > _largest or -min(strides) > _largest:
            raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)} and "
                               f"strides={list(strides)}") from None
        numel, row_major = 0, False
    if device is not _cpu:
        device = the_device(device)
    meta = Meta.__new__(Meta)
    meta.sizes = shape
    meta.strides = strides
    meta.stored = dtype
    meta.dtype = dtype.plain
    meta.device = device
    meta.numel = numel
    meta.itemsize = itemsize
    meta.ndim = ndim
    meta.contiguous = in_order or numel == 0
    meta.row_major = row_major
    meta.size = None
    meta.dense = meta.hashed = 0
    return meta


def the_device(device):
    """The one object for a device. There is one CPU and one meta device, whatever index was asked for."""
    found = _devices.get(device)
    if found is None:
        found = resolve(device)
        found = _devices.setdefault(found, found)
        if device.index is not None:                     # without a number it is whichever is current
            _devices[device] = found
    return found


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
    """The same geometry with elements of another type, or another form of a type."""
    if meta.stored is dtype:
        return meta
    if meta.row_major:
        return contiguous(meta.sizes, dtype, meta.device)
    return make(meta.sizes, meta.strides, dtype, meta.device)


def with_device(meta, device):
    """The same geometry elsewhere."""
    if meta.device is device:
        return meta
    if meta.row_major:
        return contiguous(meta.sizes, meta.stored, device)
    return make(meta.sizes, meta.strides, meta.stored, device)


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
