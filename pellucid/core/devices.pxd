from libc.stdint cimport int64_t

from pellucid.core.storage cimport Storage


cpdef bint is_host(object place) except -1
cpdef bint has_data(object place) except -1
cpdef Storage storage_on(object place, int64_t nbytes, bint zero=*)
