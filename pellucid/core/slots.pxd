cimport cython


cdef extern from *:
    """
    /* Python looks `+` up by name in a subclass whose base has both __add__ and __radd__ as methods, as Cython makes them. Tensor
       defines none of its own, so it takes the base's functions; assigning Tensor.__add__ later still has its effect. */
    static inline void pellucid_inherit_numbers(PyObject *type, PyObject *base) {
        *((PyTypeObject *)type)->tp_as_number = *((PyTypeObject *)base)->tp_as_number;
    }
    """
    void pellucid_inherit_numbers(object type, object base)


@cython.final
cdef class Slots:
    cdef public object tensor_base, tensor_type, backward, accumulate, refresh, disabled, torch_function, alias
    cdef public object add, sub, mul, truediv, floordiv, remainder, pow, matmul, lshift, rshift, bitwise_and, bitwise_or, bitwise_xor
    cdef public object add_, sub_, mul_, truediv_, floordiv_, remainder_, pow_, lshift_, rshift_, and_, or_, xor_
    cdef public object neg, positive, abs, bitwise_not, lt, le, gt, ge, eq, ne
    cdef public object getitem, setitem, unbind, sum_to_size, to_dtype, to_device, real, ones_like, zeros, clone, copy_, zero_
    cdef public object strided, conj_view, neg_view, of_array

cdef Slots slots
