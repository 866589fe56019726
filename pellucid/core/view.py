# cython: overflowcheck=True
"""Views as arithmetic: what a view shows, given the meta of its source.

The functions return (Meta, change of the offset in elements); those whose rule depends on where the source begins take
that offset as their second argument. Called by pellucid/ops, whose operators of kind VIEW they are. What a view means
to autograd stands in core/inplace.py.
"""

from operator import index

import cython

from pellucid.core.geometry import SCALAR_TYPES, wrap_dims

if not cython.compiled:                          # compiled, these come from geometry.pxd
    from pellucid.core.geometry import contiguous, contiguous_strides, count, integers, make, with_dtype, wrap_dim


def expand(meta, sizes):
    """Repeat dimensions of size 1, and add leading ones, without copying; -1 keeps a size."""
    sizes = integers(sizes)
    missing = len(sizes) - meta.ndim
    if missing < 0:
        raise RuntimeError(f"expand(torch.{SCALAR_TYPES[meta.dtype.name]}Tensor{{{list(meta.sizes)}}}, "
                           f"size={list(sizes)}): the number of sizes provided ({len(sizes)}) must be greater or equal "
                           f"to the number of dimensions in the tensor ({meta.ndim})")
    shape, strides = list(sizes), [0] * len(sizes)
    for dim in reversed(range(len(sizes))):
        if dim >= missing:
            size, stride = meta.sizes[dim - missing], meta.strides[dim - missing]
        else:
            size, stride = 1, shape[dim + 1] * strides[dim + 1] if dim + 1 < len(sizes) else 0
        if sizes[dim] == -1:
            if dim < missing:
                raise RuntimeError("The expanded size of the tensor (-1) isn't allowed in a leading, non-existing "
                                   f"dimension {dim}")
            shape[dim] = size
        elif size != sizes[dim]:
            if size != 1:
                raise RuntimeError(f"The expanded size of the tensor ({sizes[dim]}) must match the existing size "
                                   f"({size}) at non-singleton dimension {dim}.  Target sizes: {list(sizes)}.  Tensor "
                                   f"sizes: {list(meta.sizes)}")
            stride = 0
        strides[dim] = stride
    return make(shape, strides, meta.stored, meta.device), 0


def permute(meta, dims):
    """The dimensions in another order."""
    if len(dims) != meta.ndim:
        raise RuntimeError("permute(sparse_coo): number of dimensions in the tensor input does not match the length of "
                           f"the desired ordering of dimensions i.e. input.dim() = {meta.ndim} is not equal to "
                           f"len(dims) = {len(dims)}")
    order = []
    for dim in dims:
        order.append(wrap_dim(dim, meta.ndim))
        if order[-1] in order[:-1]:
            raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _ordered(meta, order), 0


def _ordered(meta, order):
    return make([meta.sizes[dim] for dim in order], [meta.strides[dim] for dim in order], meta.stored, meta.device)


def transpose(meta, dim0, dim1):
    """Two dimensions exchanged."""
    dim0, dim1 = wrap_dim(dim0, meta.ndim), wrap_dim(dim1, meta.ndim)
    if dim0 == dim1:
        return meta, 0
    sizes, strides = list(meta.sizes), list(meta.strides)
    sizes[dim0], sizes[dim1] = sizes[dim1], sizes[dim0]
    strides[dim0], strides[dim1] = strides[dim1], strides[dim0]
    return make(sizes, strides, meta.stored, meta.device), 0


def movedim(meta, source, destination):
    """The dimensions `source` at the places `destination`, the others in their order."""
    source = (source,) if hasattr(source, "__index__") else tuple(source)
    destination = (destination,) if hasattr(destination, "__index__") else tuple(destination)
    if len(source) != len(destination):
        raise RuntimeError(f"movedim: Invalid source or destination dims: source ({list(source)} dims) should contain "
                           f"the same number of dims as destination ({list(destination)} dims)")
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
    return make(sizes, strides, meta.stored, meta.device), 0


def _resized(meta, dim, size, stride):
    sizes, strides = list(meta.sizes), list(meta.strides)
    sizes[dim], strides[dim] = size, stride
    return make(sizes, strides, meta.stored, meta.device)


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
    if length == 0 and meta.strides[dim] < 0:                          # no place before the memory
        start = 0
    return _resized(meta, dim, length, meta.strides[dim]), start * meta.strides[dim]


def select(meta, dim, position):
    """One element of a dimension, which goes."""
    if meta.ndim == 0:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim, position = wrap_dim(dim, meta.ndim), index(position)
    size = meta.sizes[dim]
    if not -size <= position < size:
        raise IndexError(f"select(): index {position} out of range for tensor of size {list(meta.sizes)} at dimension "
                         f"{dim}")
    position += size if position < 0 else 0
    sizes, strides = list(meta.sizes), list(meta.strides)
    del sizes[dim]
    delta = position * strides.pop(dim)
    return make(sizes, strides, meta.stored, meta.device), delta


def slice_dim(meta, dim, start=None, stop=None, step=None):
    """`[start:stop:step]` along one dimension, as Python has it; a negative step walks backwards."""
    if meta.ndim == 0:
        raise RuntimeError("slice() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, meta.ndim)
    start, stop, step = slice(start, stop, step).indices(meta.sizes[dim])
    length = len(range(start, stop, step))
    if start < 0 or (length == 0 and meta.strides[dim] < 0):         # nothing to walk over backwards
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
                [meta.strides[dim] for dim in keep]
                + [meta.strides[first] + meta.strides[second]], meta.stored, meta.device), delta


def unfold(meta, dim, size, step):
    """Every window of `size` elements along a dimension, `step` apart, as a new last dimension."""
    for name, place, value in (("size", 2, size), ("step", 3, step)):
        if isinstance(value, bool):
            raise TypeError(f"unfold(): argument '{name}' (position {place}) must be int, not bool")
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
    return make(windows.sizes + (size,), windows.strides + (stride,), meta.stored, meta.device), 0


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
        raise RuntimeError(f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified "
                           "dimension size -1 can be any value and is ambiguous")
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")


def view_strides(shape, strides, new_shape):
    """The strides that show the elements of (shape, strides) as `new_shape`, None if no strides can. The shapes have
    equal products.

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
        return contiguous(shape, meta.stored, meta.device)
    strides = view_strides(meta.sizes, meta.strides, shape)
    return None if strides is None else make(shape, strides, meta.stored, meta.device)


def view(meta, shape):
    """The same as a view function: RuntimeError where it takes a copy."""
    found = reshaped(meta, shape)
    if found is None:
        raise RuntimeError("view size is not compatible with input tensor's size and stride (at least one dimension "
                           "spans across two contiguous subspaces). Use .reshape(...) instead.")
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
        raise RuntimeError(f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
                           f"({shape[dim]}) in the input tensor") from error
    return shape[:dim] + inner + shape[dim + 1:]


def as_strided(meta, offset, size, stride, storage_offset=None):
    """Any sizes and strides over the same storage. Its bounds are the caller's to check, with `check_bounds`."""
    size, stride = integers(size), integers(stride)
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(step < 0 for step in stride):
        raise RuntimeError(f"as_strided: Negative strides are not supported at the moment, got strides: {list(stride)}")
    return make(size, stride, meta.stored, meta.device), 0 if storage_offset is None else index(storage_offset) - offset


def conj(meta):
    """The complex conjugates: the same memory as another form of its type."""
    return with_dtype(meta, meta.stored.form(not meta.stored.conj, meta.stored.neg)), 0


def neg(meta):
    """The negatives, likewise."""
    if meta.dtype.kind == "b":
        raise NotImplementedError("\"neg_cpu\" not implemented for 'Bool'")
    return with_dtype(meta, meta.stored.form(meta.stored.conj, not meta.stored.neg)), 0


def view_dtype(meta, offset, dtype):
    """The same bytes as elements of another type; of another size, and the last dimension grows or shrinks."""
    if meta.stored is not meta.dtype:
        raise RuntimeError("torch.Tensor.view is not supported for "
                           f"{'conjugate view tensors' if meta.stored.conj else 'tensors with negative bit set'} when "
                           "converting to a different dtype.")
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
        return make(meta.sizes[:-1] + (meta.sizes[-1] * ratio,), strides
                    + [1], dtype, meta.device), offset * ratio - offset
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
    return make(meta.sizes[:-1] + (meta.sizes[-1] // ratio,), strides
                + [1], dtype, meta.device), offset // ratio - offset


def view_as_real(meta, offset):
    """Complex numbers as pairs of real ones, in a new last dimension."""
    if not meta.dtype.is_complex:
        raise RuntimeError("view_as_real is only supported for complex tensors")
    if meta.stored.conj:
        raise RuntimeError("view_as_real doesn't work on unresolved conjugated tensors.  To resolve the conjugate "
                           "tensor so you can view it as real, use self.resolve_conj(); however, be warned that the "
                           "resulting tensor will NOT alias the original.")
    strides = [2 * stride for stride in meta.strides]
    dtype = meta.dtype.to_real().form(False, meta.stored.neg)
    return make(meta.sizes + (2,), strides + [1], dtype, meta.device), offset


def view_as_complex(meta, offset):
    """Pairs of real numbers, the last dimension, as complex ones."""
    if meta.dtype.name not in ("float16", "float32",
                               "float64") or meta.dtype.to_complex().itemsize != 2 * meta.itemsize:
        raise RuntimeError("view_as_complex is only supported for half, float and double tensors, but got a tensor of "
                           f"scalar type: {SCALAR_TYPES[meta.dtype.name]}")
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
    dtype = meta.dtype.to_complex().form(False, meta.stored.neg)
    return make(meta.sizes[:-1], strides, dtype, meta.device), offset // 2 - offset


def real(meta, offset):
    """The real parts of complex numbers; a real tensor is its own."""
    return _part(meta, offset, 0) if meta.dtype.is_complex else (meta, 0)


def imag(meta, offset):
    """The imaginary parts of complex numbers."""
    if not meta.dtype.is_complex:
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return _part(meta, offset, 1)


def _part(meta, offset, which):
    dtype = meta.dtype.to_real().form(False, meta.stored.neg != (meta.stored.conj and which == 1))
    return make(meta.sizes, [2 * stride for stride in meta.strides], dtype, meta.device), offset + which
