cimport cython
from libc.stdint cimport int64_t

from pellucid.core.geometry cimport Meta, wrap_dim
from pellucid.core.layout cimport check_bounds, extent
from pellucid.core.numbers cimport read_number
from pellucid.core.observe cimport observing
from pellucid.core.operators cimport Operators
from pellucid.core.sharing cimport view_as_array
from pellucid.core.slots cimport Slots, slots
from pellucid.core.state cimport State, current
from pellucid.core.storage cimport Storage, allocate, outside, twin


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
    """
    object pellucid_make(object base, object type, tuple empty)
    void pellucid_export_buffer(object type)


@cython.final
cdef class Trail:
    cdef public Trail parent
    cdef public object op
    cdef public tuple arguments
    cdef public int64_t index
    cdef Trail root
    cdef bint turns
    cdef int64_t start
    cdef int64_t depth


@cython.final
cdef class View:
    cdef public TensorBase base
    cdef public Trail trail
    cdef public Meta meta
    cdef public int64_t offset
    cdef public int64_t version
    cdef public int kind


cdef class TensorBase(Operators):
    cdef readonly Storage memory
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
    cdef public bint detached
    cdef object __weakref__
    cdef bint wants_grad(self) except -1
    @cython.locals(other=TensorBase)
    cpdef TensorBase alias(self, object type)
    cpdef become(self, Storage storage, Meta meta, int64_t offset)
    cpdef reach(self, Meta meta)


cdef object _cpu

@cython.locals(tensor=TensorBase)
cdef TensorBase tensor_over(Storage storage, Meta meta, int64_t offset)
@cython.locals(root=Storage, reach=int64_t)
cpdef resize_memory(Storage storage, int64_t nbytes)
@cython.locals(tensor=TensorBase, end=int64_t)
cdef int _lie_in(Storage storage, list others, int64_t beyond, int64_t most) except -1
cpdef TensorBase blank(Meta meta, int64_t offset=*, bint zero=*)
@cython.locals(tensor=TensorBase)
cpdef TensorBase new_tensor(Storage storage, Meta meta, int64_t offset)
cpdef TensorBase wrap(Storage storage, Meta meta, int64_t offset=*)
cdef bint _overridden
cpdef bint any_overriding() except -1
cpdef bint overriding(object type) except -1
@cython.locals(other=View)
cdef View copy_of(View view)
cdef bint is_tensor_type(object kind) except -1
@cython.locals(other=TensorBase)
cdef TensorBase _relinked(TensorBase source, object type)
