cimport cython
from libc.stdint cimport int64_t

from pellucid.core.storage cimport Storage


@cython.final
@cython.no_gc
cdef class Template:
    cdef int64_t address
    cdef readonly int64_t count


@cython.final
@cython.no_gc
cdef class Frame:
    cdef int64_t address
    cdef int64_t room
    cdef readonly int64_t count
    cdef list kept
    cdef bint keeping
    cdef bint lent
    cdef Frame next
    @cython.locals(room=int64_t, address=int64_t)
    cdef int64_t reserve(self, int64_t index, int64_t words) except -1
    cpdef int64_t put(self, int64_t index, int64_t value) except -1
    cpdef int64_t put_pointer(self, int64_t index, Storage storage, int64_t byte_offset) except -1
    @cython.locals(number=complex)
    cpdef int64_t put_scalar(self, int64_t index, object value) except -1
    cpdef int64_t put_template(self, int64_t index, Template template) except -1
    @cython.locals(storage=Storage)
    cdef int64_t forget(self) except -1


cdef Frame _spare

@cython.locals(frame=Frame)
cpdef Frame take_frame(bint keeping=*)
cpdef int64_t give_frame(Frame frame) except -1
