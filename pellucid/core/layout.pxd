cimport cython
from libc.stdint cimport int64_t

from pellucid.core.geometry cimport Meta, contiguous, contiguous_strides, make


cpdef bint is_dense(Meta meta) except -1
@cython.locals(dim=int64_t, size=int64_t, stride=int64_t, low=int64_t, high=int64_t)
cpdef tuple extent(Meta meta)
@cython.locals(dim=int64_t, size=int64_t, stride=int64_t, low=int64_t, high=int64_t)
cpdef int64_t check_bounds(Meta meta, int64_t offset, int64_t nbytes) except -1
cpdef int64_t overlap(Meta a, int64_t a_offset, Meta b, int64_t b_offset) except -1
@cython.locals(missing=int64_t, dim=int64_t)
cpdef tuple broadcast_pair(object a, object b)
@cython.locals(missing=int64_t, dim=int64_t, size=int64_t, wanted=int64_t)
cpdef tuple broadcast_strides(Meta meta, object shape)
cpdef Meta like(Meta meta, object dtype=*, object device=*, object memory_format=*)
