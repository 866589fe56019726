cimport cython
from libc.stdint cimport int64_t

from pellucid.core.geometry cimport Meta, contiguous, contiguous_strides, count, integers, make, with_dtype, wrap_dim


cpdef tuple expand(Meta meta, object sizes)
cpdef tuple permute(Meta meta, object dims)
cdef Meta _ordered(Meta meta, list order)
@cython.locals(sizes=list, strides=list)
cpdef tuple transpose(Meta meta, object dim0, object dim1)
cpdef tuple squeeze(Meta meta, object dim=*)
@cython.locals(sizes=list, strides=list)
cpdef tuple unsqueeze(Meta meta, object dim)
@cython.locals(sizes=list, strides=list)
cdef Meta _resized(Meta meta, int64_t dim, object size, object stride)
cpdef tuple narrow(Meta meta, object dim, object start, object length)
@cython.locals(sizes=list, strides=list)
cpdef tuple select(Meta meta, object dim, object position)
cpdef tuple slice_dim(Meta meta, object dim, object start=*, object stop=*, object step=*)
cpdef tuple inferred_shape(object shape, object numel)
cpdef object view_strides(object shape, object strides, object new_shape)
cpdef Meta reshaped(Meta meta, object shape)
cpdef tuple view(Meta meta, object shape)
