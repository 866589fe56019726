cimport cython
from libc.stdint cimport int64_t

from pellucid.core.frames cimport Template
from pellucid.core.geometry cimport Meta
from pellucid.core.layout cimport extent
from pellucid.core.tensor cimport TensorBase
from pellucid.core.threads cimport LONG


cpdef enum:                                      # what a parameter takes
    OPERAND = 0
    OPERANDS = 1
    SCALAR = 2
    STATIC = 3

cpdef enum:                                      # what an operator does
    KERNEL = 0
    VIEW = 1
    COMPOSITE = 2
    HOST = 3
    INPLACE = 4

cpdef enum:                                      # whether a STATIC takes True and False, which a dictionary takes for 1 and 0
    EITHER = 0
    ONLY_BOOLS = 1
    NO_BOOLS = 2


@cython.final
cdef class Step:
    cdef readonly str name
    cdef public str operator
    cdef int64_t address
    cdef readonly object body
    cdef readonly Template template
    cdef readonly int64_t chunks
    cdef readonly int64_t work
    cpdef Step after(self, tuple words)


@cython.final
cdef class Plan:
    cdef readonly tuple outputs
    cdef readonly object build
    cdef readonly str operator
    cdef readonly int64_t scratch
    cdef public tuple key
    cdef tuple deltas
    cdef tuple steps
    cdef readonly object device
    cdef readonly bint elsewhere
    cdef readonly int64_t moved
    cdef readonly bytes pointers
    cdef readonly bytes scalars
    cdef bint checks_numbers
    cdef bint resolves
    cdef tuple constants
    cdef bint long
    cdef bint many
    cdef bytes gradable
    cdef Meta first
    cdef int64_t size
    cdef Plan lay_out(self, object op, tuple key)
    cpdef tuple launches(self)


@cython.locals(meta=Meta)
cdef bint is_form(object part) except -1
cdef bytes gradable_of(tuple metas)
cdef int64_t _bytes_of(Meta meta) except -1
cdef int64_t start_of(TensorBase tensor) except -1
cdef bint is_default(object value, object default) except -1
