cimport cython
from libc.stdint cimport int64_t

from pellucid.core.node cimport Node
from pellucid.core.geometry cimport Meta, contiguous, make
from pellucid.core.saved cimport Saved, linked
from pellucid.core.state cimport State, current, sees_inside
from pellucid.core.storage cimport Storage
from pellucid.core.tensor cimport TensorBase, blank, tensor_over


cdef extern from *:
    """
    /* A class that differs from its compiled base in its name alone. It is static as its base is, so that objects of both are made,
       traversed and freed at the same speed: those of a class made by Python count references to it, and look up what it may override. */
    static PyObject *named_type(PyObject *base, PyObject *name) {
        PyTypeObject *type;
        Py_ssize_t size;
        const char *text = PyUnicode_AsUTF8AndSize(name, &size);
        char *kept = text ? PyMem_Malloc(size + 1) : NULL;
        if (!kept)
            return text ? PyErr_NoMemory() : NULL;
        memcpy(kept, text, size + 1);
        type = PyMem_Calloc(1, sizeof(PyTypeObject));
        if (!type) {
            PyMem_Free(kept);
            return PyErr_NoMemory();
        }
        Py_SET_REFCNT((PyObject *)type, 1);
        Py_SET_TYPE(type, Py_TYPE(base));
        type->tp_name = kept;
        type->tp_base = (PyTypeObject *)base;
        type->tp_basicsize = ((PyTypeObject *)base)->tp_basicsize;
        type->tp_flags = Py_TPFLAGS_DEFAULT;
        if (PyType_Ready(type) < 0)                                     /* the type stays: nobody frees static ones */
            return NULL;
        Py_INCREF(type);
        return (PyObject *)type;
    }
    /* A new object of such a class: what `base.__new__` does, without looking for it. */
    static inline PyObject *new_named(PyObject *base, PyObject *type, PyObject *empty) {
        return ((PyTypeObject *)base)->tp_new((PyTypeObject *)type, empty, NULL);
    }
    """
    object named_type(object base, str name)
    OpNode new_named(object base, object type, tuple empty)


cdef enum:
    GRAD = 0
    GRADS = 1
    RESULT = 2
    RESULTS = 3
    VALUE = 4
    META = 5
    RESULT_META = 6
    LINK = 7


@cython.final
cdef class Recipe:
    cdef readonly tuple needs
    cdef readonly tuple names
    cdef readonly object rule
    cdef readonly tuple keeps
    cdef readonly tuple keeps_results
    cdef bytes codes
    cdef bytes indices
    cdef bytes places
    cdef bint small
    cdef bint keeps_all
    cdef bint keeps_numbers
    cdef bint saves_tensors
    cdef readonly bint all_results
    cdef readonly list fused
    cdef readonly list passes
    cdef int64_t count
    cpdef fuse(self, object op, bint plain)


cdef class OpNode(Node):
    cdef readonly object op
    cdef readonly tuple key
    cdef readonly Recipe recipe
    cdef tuple saved
    cdef tuple storages
    cdef int64_t[4] versions
    cdef int64_t offset
    cdef bytes gradable
    cdef bint packed
    @cython.locals(recipe=Recipe, state=State, i=int64_t, code=int, index=int64_t, arguments=list, before=bint,
                   plain=int64_t, passes=tuple)
    cpdef apply(self, list grads, bint create, tuple asked=*)
    @cython.locals(value=TensorBase, expected=int64_t)
    cdef object unpack(self, int64_t index, bint create)
    @cython.locals(tensor=TensorBase, storage=Storage)
    cdef object unpack_result(self, int64_t index)
    @cython.locals(meta=Meta)
    cdef object link(self, int64_t index)
    cdef object defined(self, list grads, int64_t k)
    @cython.locals(i=int64_t)
    cdef list spread(self, object found, tuple needs)
    @cython.locals(i=int64_t, k=int64_t)
    cdef list spread_fused(self, object found, tuple needs, tuple passes, object grad)
