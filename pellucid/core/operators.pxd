from pellucid.core.slots cimport Slots, slots


cdef bint _is_operand(object x) except -1


cdef class Operators:
    pass
