"""The geometry of tensors, in pure functions of small immutable values: the names that the rest of the package uses.

    geometry   Size, Meta and how they are made
    layout     how elements lie in memory; broadcasting; how results lie
    view       what a view shows: (Meta, change of the offset)
"""

from pellucid.core.geometry import (
    SCALAR_TYPES,
    Meta,
    Size,
    channels_last,
    channels_last_3d,
    contiguous,
    contiguous_format,
    contiguous_strides,
    count,
    integers,
    make,
    memory_format,
    preserve_format,
    the_device,
    type_name,
    with_device,
    with_dtype,
    wrap_dim,
    wrap_dims,
)
from pellucid.core.layout import (
    broadcast_pair,
    broadcast_shapes,
    broadcast_strides,
    check_bounds,
    dimension_order,
    elementwise,
    elementwise_strides,
    extent,
    format_strides,
    is_contiguous,
    is_dense,
    like,
    overlap,
    overlaps_itself,
    suggested_format,
)
from pellucid.core.view import (
    as_strided,
    conj,
    diagonal,
    expand,
    flattened_shape,
    imag,
    inferred_shape,
    movedim,
    narrow,
    neg,
    permute,
    real,
    reshaped,
    select,
    slice_dim,
    squeeze,
    transpose,
    unflattened_shape,
    unfold,
    unsqueeze,
    view,
    view_as_complex,
    view_as_real,
    view_dtype,
    view_strides,
)

__all__ = [
    "Meta", "SCALAR_TYPES", "Size", "as_strided", "broadcast_pair", "broadcast_shapes", "broadcast_strides",
    "channels_last", "channels_last_3d", "check_bounds", "conj", "contiguous", "contiguous_format",
    "contiguous_strides", "count", "diagonal", "dimension_order", "elementwise", "elementwise_strides", "expand",
    "extent",
    "flattened_shape", "format_strides", "imag", "inferred_shape", "integers", "is_contiguous", "is_dense", "like",
    "make", "memory_format", "movedim", "narrow", "neg", "overlap", "overlaps_itself", "permute", "preserve_format",
    "real", "reshaped", "select", "slice_dim", "squeeze", "suggested_format", "the_device", "transpose", "type_name",
    "unflattened_shape", "unfold", "unsqueeze", "view", "view_as_complex", "view_as_real", "view_dtype",
    "view_strides", "with_device", "with_dtype", "wrap_dim", "wrap_dims",
]
