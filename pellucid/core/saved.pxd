cimport cython
from libc.stdint cimport int64_t

from pellucid.core.node cimport Node
from pellucid.core.slots cimport Slots, slots
from pellucid.core.state cimport State, current
from pellucid.core.tensor cimport TensorBase


@cython.final
cdef class Saved:
    cdef public TensorBase tensor
    cdef public int64_t version
    cdef public Node node
    cdef public int64_t output_nr
    cdef public object packed
    cdef public object unpack_hook
    cdef public bint is_result
    @cython.locals(tensor=TensorBase)
    cpdef unpack(self, Node owner)


cpdef remember(TensorBase tensor)
cpdef check_savable(TensorBase tensor)
cdef TensorBase linked(TensorBase tensor, Node node, int64_t output_nr)
