cimport cython
from libc.stdint cimport int64_t

from pellucid.core.slots cimport Slots, slots
from pellucid.core.state cimport ROOT, State, current, last_instruction, user_code
from pellucid.core.tensor cimport TensorBase, View


cdef int64_t _order

cdef int64_t next_order() except -1


cdef class Node:
    cdef public tuple targets
    cdef public tuple numbers
    cdef public tuple outputs
    cdef public int64_t order
    cdef public object code
    cdef public int64_t instruction
    cdef public object hooks
    cdef public object freed
    cdef public dict extra
    cdef object __weakref__
    cdef int number(self) except -1
    cpdef apply(self, list grads, bint create, tuple asked=*)
    cpdef release(self, object place)


@cython.locals(view=View)
cdef object target_of(TensorBase tensor)
