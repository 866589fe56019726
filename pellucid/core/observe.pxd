cdef list observers

cpdef bint observing()
