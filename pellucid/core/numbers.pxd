cimport cython
from libc.stdint cimport int64_t

from pellucid.core.observe cimport observers
from pellucid.core.sharing cimport inside, view_as_array
from pellucid.core.storage cimport Storage


cpdef object read_number(Storage storage, int64_t byte_offset, int64_t itemsize, str typestr)
@cython.locals(letter=int)
cpdef object read_list(Storage storage, int64_t byte_offset, tuple shape, tuple strides, int64_t itemsize, str typestr)
@cython.locals(size=int64_t, step=int64_t, i=int64_t)
cdef object _listed(int64_t address, tuple shape, tuple strides, int64_t dim, int64_t itemsize, int letter)
@cython.locals(letter=int)
cpdef object number_kind(object numbers)
cdef bint _put(Storage storage, object numbers, int64_t itemsize, str typestr) except -1
cpdef bint write_numbers(Storage storage, object numbers, int64_t itemsize, str typestr) except -1
@cython.locals(done=int64_t, nbytes=int64_t, more=int64_t)
cpdef bint write_same(Storage storage, object number, int64_t count, int64_t itemsize, str typestr) except -1
@cython.locals(letter=int)
cpdef bint write_ramp(Storage storage, int64_t start, int64_t step, int64_t count, int64_t itemsize, str typestr) except -1
