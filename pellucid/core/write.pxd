cimport cython
from libc.stdint cimport int64_t

from pellucid.core.geometry cimport Meta, contiguous, with_dtype
from pellucid.core.layout cimport is_dense, overlap
from pellucid.core.plan cimport is_form
from pellucid.core.slots cimport Slots, slots
from pellucid.core.state cimport State
from pellucid.core.tensor cimport TensorBase, blank


cdef enum:
    SAME = 0
    DIFFERS = 1
    RESIZED = 2


@cython.locals(tensor=TensorBase, meta=Meta, i=int64_t, how=int)
cdef int fit(tuple outputs, tuple targets, bint inplace) except -1
cdef object targets_of(str name, object targets)
@cython.locals(tensor=TensorBase)
cdef bint any_wanting(object targets) except -1
cpdef int check_exact(object dtype, object wanted) except -1
cdef int check_cast(object dtype, object wanted) except -1
cdef bint check_target(TensorBase tensor, Meta meta, bint inplace) except -1
cdef int resize(TensorBase tensor, Meta meta, bint keeping_strides) except -1
cdef bint sharing(TensorBase tensor, tuple values) except -1
cdef int check_itself(TensorBase target) except -1
@cython.locals(target=TensorBase, found=int)
cdef int hazard(tuple values, tuple targets, bint aliasing) except -1
@cython.locals(how=int64_t)
cdef int collision(TensorBase target, TensorBase tensor, bint aliasing) except -1
cdef copy_over(State state, tuple targets, tuple made)
cdef object write_made(str name, State state, object targets, object result, bint wanted, bint exact=*,
                       bint keeping_strides=*)
cdef object overlapping(str what=*)
cdef object wrong_count(str name, int64_t wanted, int64_t given)
cdef object wrong_shape(Meta meta, Meta wanted)
cdef object no_derivative(str name)
