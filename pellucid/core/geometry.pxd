cimport cython
from libc.stdint cimport int64_t


@cython.final
cdef class Meta:
    cdef readonly tuple sizes
    cdef readonly tuple strides
    cdef readonly object dtype
    cdef readonly object stored
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

@cython.locals(meta=Meta, ndim=int64_t, itemsize=int64_t, numel=int64_t, reach=int64_t, expected=int64_t, dim=int64_t,
               size=int64_t, stride=int64_t, in_order=bint, row_major=bint)
cpdef Meta make(object shape, object strides, object dtype, object device=*)
@cython.locals(key=tuple)
cpdef Meta contiguous(object shape, object dtype, object device=*)
cpdef Meta with_dtype(Meta meta, object dtype)
cpdef Meta with_device(Meta meta, object device)
cpdef tuple integers(object values)
@cython.locals(product=int64_t, size=int64_t)
cpdef int64_t count(object shape) except -1
cpdef tuple contiguous_strides(object shape)
cpdef int64_t wrap_dim(object dim, int64_t ndim, bint scalar=*) except -1
