cimport cython
from libc.stdint cimport int64_t

from pellucid.core.observe cimport observers


@cython.final
@cython.no_gc
cdef class Storage:
    cdef int64_t address
    cdef readonly int64_t nbytes
    cdef readonly int64_t version
    cdef public object changed
    cdef readonly object owner
    cdef readonly object device
    cdef readonly bint readonly
    cdef int64_t pooled
    cdef int64_t lent
    cdef list twins
    cdef object __weakref__
    cpdef int64_t data_ptr(self)
    cpdef Storage root(self)
    @cython.locals(root=Storage)
    cpdef int64_t size(self) except -1
    @cython.locals(root=Storage, one=Storage)
    cpdef bint resizable(self) except -1
    @cython.locals(root=Storage, other=Storage, one=Storage, room=int64_t, reach=int64_t)
    cpdef resize(self, int64_t nbytes)
    @cython.locals(other=Storage, address=int64_t, pooled=int64_t)
    cdef int move(self, int64_t nbytes, int64_t room) except -1
    @cython.locals(root=Storage, one=Storage, address=int64_t, pooled=int64_t)
    cpdef share(self, Storage memory, object filename=*)
    cdef refuse(self, int64_t byte_offset)


cdef struct Blocks:
    int64_t heads
    int64_t limit
    int64_t live
    int64_t peak
    int64_t pooled
    int64_t hits
    int64_t misses
    int64_t system_calls
    bint watched                                     # whether somebody observes; then these are the peak and the limit
    int64_t highest
    int64_t kept


cdef Blocks _blocks
cdef object _cpu

@cython.locals(units=int64_t, shift=int64_t)
cdef int64_t _class_of(int64_t nbytes) noexcept
@cython.locals(shift=int64_t)
cdef int64_t _size_of(int64_t index) noexcept
@cython.locals(size=int64_t, address=int64_t, whole=int64_t, start=int64_t)
cdef int64_t _from_system(int64_t size) noexcept
cdef int64_t _to_system(int64_t address, int64_t size) noexcept
@cython.locals(index=int64_t, size=int64_t, address=int64_t)
cdef int64_t _trim(int64_t target) noexcept
@cython.locals(size=int64_t, limit=int64_t)
cdef int64_t _give_back(int64_t address, int64_t index) noexcept
@cython.locals(size=int64_t, address=int64_t)
cdef int64_t _missed(int64_t index, int64_t nbytes) except -1
@cython.locals(clean=bint, storage=Storage, address=int64_t, index=int64_t, size=int64_t)
cpdef Storage allocate(int64_t nbytes, bint zero=*)
@cython.locals(storage=Storage)
cpdef Storage phantom(int64_t nbytes, object device=*)
@cython.locals(storage=Storage)
cpdef Storage on_device(object block, int64_t nbytes, object device)
@cython.locals(root=Storage, other=Storage)
cpdef Storage twin(Storage storage)
@cython.locals(other=Storage)
cpdef Storage outside(Storage storage, int64_t reach)
