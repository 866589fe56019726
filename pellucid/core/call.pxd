cimport cython
from libc.stdint cimport int64_t

from pellucid.core.geometry cimport Meta
from pellucid.core.inplace cimport check_inplace
from pellucid.core.plan cimport EITHER, NO_BOOLS, ONLY_BOOLS, OPERAND, OPERANDS, SCALAR, STATIC, Plan, is_default
from pellucid.core.record cimport Declaration
from pellucid.core.state cimport current
from pellucid.core.tensor cimport TensorBase


cdef tuple _in_order(Declaration op, list values, dict kwargs, tuple factors)
@cython.locals(values=list, place=int64_t, given=int64_t, i=int64_t)
cdef tuple bind(Declaration op, tuple args, dict kwargs)
cdef tuple admit(Declaration op, tuple values, bint no_overrides)
@cython.locals(i=int64_t)
cdef int check_statics(Declaration op, tuple key) except -1
@cython.locals(i=int64_t, tensor=TensorBase, meta=Meta, still=bint)
cdef int check_still(Declaration op, Plan plan, tuple outputs, tuple values) except -1
cdef object wrong_type(Declaration op, int64_t i, object value)
cdef object explain(Declaration op, object error, tuple args, dict kwargs)
cdef bint is_stranger(tuple args) except -1
cdef object hashable(object value)
@cython.locals(i=int64_t, kind=int, tensor=TensorBase, parts=list, metas=list)
cdef tuple key_of(Declaration op, tuple values, bint no_overrides)
