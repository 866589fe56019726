cimport cython
from libc.stdint cimport int64_t

from pellucid.core.memory cimport Storage, adopt, adopt_array, allocate, layout_of, phantom, read_list, read_number, view_as_array
from pellucid.core.meta cimport Meta, check_bounds, contiguous, extent, make, wrap_dim


cdef extern from *:
    """
    /* An object of a subclass, made by its compiled base: neither __new__ nor __init__ of the subclass run. */
    static inline PyObject *pellucid_make(PyObject *base, PyObject *type, PyObject *empty) {
        return ((PyTypeObject *)base)->tp_new((PyTypeObject *)type, empty, NULL);
    }
    /* The buffer protocol, through NumPy's array of the same memory. Python has no word for it before 3.12's __buffer__. */
    static inline int pellucid_getbuffer(PyObject *tensor, Py_buffer *view, int flags) {
        PyObject *array = PyObject_CallMethod(tensor, "numpy", NULL);
        int failed = -1;
        if (array) {
            failed = PyObject_GetBuffer(array, view, flags);
            Py_DECREF(array);
        } else
            view->obj = NULL;
        return failed;
    }
    static inline void pellucid_export_buffer(PyObject *type) {
        static PyBufferProcs procs = {pellucid_getbuffer, NULL};
        ((PyTypeObject *)type)->tp_as_buffer = &procs;
    }
    /* Python looks `+` up by name in a subclass whose base has both __add__ and __radd__ as methods, as Cython makes them. Tensor
       defines none of its own, so it takes the base's functions; assigning Tensor.__add__ later still has its effect. */
    static inline void pellucid_inherit_numbers(PyObject *type, PyObject *base) {
        *((PyTypeObject *)type)->tp_as_number = *((PyTypeObject *)base)->tp_as_number;
    }
    """
    object pellucid_make(object base, object type, tuple empty)
    void pellucid_inherit_numbers(object type, object base)
    void pellucid_export_buffer(object type)


@cython.final
cdef class Trail:
    cdef public Trail parent
    cdef public object op
    cdef public tuple arguments
    cdef public int64_t index


@cython.final
cdef class View:
    cdef public TensorBase base
    cdef public Trail trail
    cdef public Meta meta
    cdef public int64_t offset
    cdef public int64_t version
    cdef public int kind


cdef class TensorBase:
    cdef readonly Storage storage
    cdef readonly Meta meta
    cdef readonly int64_t offset
    cdef public object node
    cdef public int64_t output_nr
    cdef public View view_of
    cdef public object hooks
    cdef object _grad
    cdef bint _requires_grad
    cdef public bint overrides
    cdef public bint inference
    cdef object __weakref__
    cdef bint wants_grad(self) except -1
    @cython.locals(other=TensorBase)
    cpdef TensorBase alias(self, object type)
    cpdef _take(self, TensorBase value)
    cpdef become(self, Storage storage, Meta meta, int64_t offset)


@cython.final
cdef class Slots:
    cdef public object tensor_type, current, backward, refresh, disabled, torch_function, alias
    cdef public object add, sub, mul, truediv, floordiv, remainder, pow, matmul, lshift, rshift, bitwise_and, bitwise_or, bitwise_xor
    cdef public object add_, sub_, mul_, truediv_, floordiv_, remainder_, pow_, lshift_, rshift_, and_, or_, xor_
    cdef public object neg, positive, abs, bitwise_not, lt, le, gt, ge, eq, ne
    cdef public object getitem, setitem, unbind, sum_to_size, to_dtype, to_device, real, ones_like, zeros, clone, copy_, zero_
    cdef public object strided

cdef Slots slots


@cython.locals(tensor=TensorBase)
cdef TensorBase tensor_over(Storage storage, Meta meta, int64_t offset)
cpdef TensorBase blank(Meta meta, int64_t offset=*, bint zero=*)
@cython.locals(tensor=TensorBase)
cpdef TensorBase new_tensor(Storage storage, Meta meta, int64_t offset)
cpdef TensorBase wrap(Storage storage, Meta meta, int64_t offset=*)
cdef dict _layouts
@cython.locals(meta=Meta)
cpdef TensorBase fresh(tuple sizes, object dtype, bint zero=*)
@cython.locals(meta=Meta, seen=dict)
cpdef TensorBase over_array(object array, object dtype)
@cython.locals(meta=Meta)
cpdef object shared_array(TensorBase tensor)
@cython.locals(meta=Meta)
cpdef object nested_list(TensorBase tensor)
cdef bint _overridden
cpdef bint any_overriding() except -1
cpdef bint overriding(object type) except -1
cpdef Storage own_version(Storage storage)
cpdef bint is_operand(object x) except -1
@cython.locals(step=Trail)
cpdef follow(Trail trail, object tensor)
@cython.locals(other=View)
cdef View copy_of(View view)
@cython.locals(view=View, base=TensorBase, trail=Trail)
cdef int retrace(TensorBase tensor) except -1
cdef bint is_tensor_type(object kind) except -1
@cython.locals(other=TensorBase)
cdef TensorBase _relinked(TensorBase source, object type)
