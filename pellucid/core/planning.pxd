cimport cython

from pellucid.core.call cimport admit, check_statics, check_still, key_of
from pellucid.core.plan cimport HOST, KERNEL, VIEW, Plan, is_form
from pellucid.core.record cimport Declaration
from pellucid.core.slots cimport Slots, slots
from pellucid.core.state cimport State
from pellucid.core.tensor cimport TensorBase


cdef class Planning(Declaration):
    cdef readonly int kind
    cdef readonly object planner
    cdef readonly object into
    cdef public bint literal
    cdef dict plans
    cdef dict into_plans
    cdef Plan last

    @cython.final
    @cython.locals(plan=Plan)
    cdef tuple find(self, State state, tuple values)
    @cython.final
    @cython.locals(plan=Plan, pairs=list)
    cdef Plan plan_for(self, tuple key)
    @cython.final
    @cython.locals(found=Plan)
    cdef Plan plan_into(self, tuple key, tuple metas)


@cython.locals(tensor=TensorBase)
cdef object resolved(object value)
