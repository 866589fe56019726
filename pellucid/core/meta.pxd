cimport cython
from libc.stdint cimport int64_t


@cython.final
cdef class Meta:
    cdef readonly tuple sizes
    cdef readonly tuple strides
    cdef readonly object dtype
    cdef readonly object device
    cdef readonly int64_t numel
    cdef readonly int64_t itemsize
    cdef readonly int64_t ndim
    cdef readonly bint contiguous
    cdef readonly bint row_major
    cdef object size
    cdef int dense
    cdef Py_hash_t hashed
    cdef object __weakref__
    cpdef bint same(self, Meta other) except -1


cdef object _cpu
cdef dict _devices
cdef dict _contiguous
cdef int64_t _largest

@cython.locals(meta=Meta, ndim=int64_t, itemsize=int64_t, numel=int64_t, reach=int64_t, expected=int64_t, dim=int64_t, size=int64_t,
               stride=int64_t, in_order=bint, row_major=bint)
cpdef Meta make(object shape, object strides, object dtype, object device=*)
@cython.locals(key=tuple)
cpdef Meta contiguous(object shape, object dtype, object device=*)
cpdef Meta with_dtype(Meta meta, object dtype)
cpdef Meta with_device(Meta meta, object device)
cpdef Meta like(Meta meta, object dtype=*, object device=*, object memory_format=*)
cpdef tuple integers(object values)
@cython.locals(product=int64_t, size=int64_t)
cpdef int64_t count(object shape) except -1
cpdef tuple contiguous_strides(object shape)
cpdef bint is_dense(Meta meta) except -1
@cython.locals(dim=int64_t, size=int64_t, stride=int64_t, low=int64_t, high=int64_t)
cpdef tuple extent(Meta meta)
@cython.locals(dim=int64_t, size=int64_t, stride=int64_t, low=int64_t, high=int64_t)
cpdef int64_t check_bounds(Meta meta, int64_t offset, int64_t nbytes) except -1
cpdef int64_t overlap(Meta a, int64_t a_offset, Meta b, int64_t b_offset) except -1
cpdef int64_t wrap_dim(object dim, int64_t ndim, bint scalar=*) except -1
@cython.locals(missing=int64_t, dim=int64_t)
cpdef tuple broadcast_pair(object a, object b)
@cython.locals(missing=int64_t, dim=int64_t, size=int64_t, wanted=int64_t)
cpdef tuple broadcast_strides(Meta meta, object shape)

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
