cimport cython
from libc.stdint cimport int64_t

from pellucid.core.observe cimport observers
from pellucid.core.storage cimport Storage


@cython.final
@cython.no_gc
cdef class Loan:
    cdef Storage storage


cdef object _cpu
cdef object _ndarray
cdef dict _numpy_types

@cython.locals(storage=Storage)
cpdef Storage adopt(object source)
@cython.locals(storage=Storage)
cdef Storage adopt_array(object array, object header)
cdef object layout_of(object header)
@cython.locals(whole=Storage, failed=int)
cdef int _lend(object storage, Py_buffer *view, int flags) except -1
@cython.locals(lent=Loan, whole=Storage)
cdef int _lend_loan(object loan, Py_buffer *view, int flags) except -1
@cython.locals(whole=Storage)
cdef void _take_back(object storage, Py_buffer *view) noexcept
cdef void _nothing(object loan, Py_buffer *view) noexcept
@cython.locals(loan=Loan)
cpdef object view_as_array(Storage storage, int64_t byte_offset, object shape, object byte_strides, str typestr, bint readonly=*)
@cython.locals(ndim=int64_t, dim=int64_t, size=int64_t, stride=int64_t, below=int64_t, above=int64_t, count=int64_t, empty=bint)
cdef bint inside(int64_t byte_offset, int64_t nbytes, tuple shape, tuple strides, int64_t unit, int64_t itemsize) except -1
