cimport cython
from libc.stdint cimport int64_t

from pellucid.core.call cimport bind, check_still, explain, is_stranger, wrong_type
from pellucid.core.derivative cimport OpNode, Recipe
from pellucid.core.elsewhere cimport launch_elsewhere
from pellucid.core.frames cimport Frame, Template, give_frame, take_frame
from pellucid.core.geometry cimport Meta, with_dtype
from pellucid.core.inplace cimport check_inplace, rebase, track, wrote
from pellucid.core.layout cimport check_bounds
from pellucid.core.plan cimport (
    COMPOSITE, HOST, INPLACE, KERNEL, OPERAND, OPERANDS, SCALAR, STATIC, VIEW, Plan, Step, gradable_of, is_default,
    start_of,
)
from pellucid.core.planning cimport Planning
from pellucid.core.observe cimport observing
from pellucid.core.state cimport State, current, sees_inside
from pellucid.core.storage cimport Storage, allocate
from pellucid.core.tensor cimport TensorBase, any_overriding, blank, tensor_over
from pellucid.core.threads cimport run, run_body
from pellucid.core.write cimport (
    DIFFERS, RESIZED, any_wanting, check_cast, check_exact, copy_over, fit, hazard, no_derivative, overlapping, resize, sharing, targets_of, write_made, wrong_count, wrong_shape,
)


cdef extern from *:
    """
    typedef PyObject *(*pellucid_starter)(PyObject *, PyObject *);
    static pellucid_starter pellucid_start;
    static ternaryfunc pellucid_call;

    static PyObject *pellucid_fast_call(PyObject *op, PyObject *args, PyObject *kwargs) {
        return kwargs == NULL ? pellucid_start(op, args) : pellucid_call(op, args, kwargs);
    }

    /* Methods of classes that are not bound before they are called, and calls without keywords that need no empty dictionary. */
    static inline void pellucid_make_methods(PyObject *type, pellucid_starter start) {
        PyTypeObject *t = (PyTypeObject *)type;
        t->tp_flags |= Py_TPFLAGS_METHOD_DESCRIPTOR;
        pellucid_start = start;
        pellucid_call = t->tp_call;
        t->tp_call = pellucid_fast_call;
    }
    """
    ctypedef object (*pellucid_starter)(object, tuple)
    void pellucid_make_methods(object type, pellucid_starter start)


@cython.locals(op=Op)
cdef object _start(object called, tuple args)


@cython.final
cdef class Op(Planning):
    cdef public object fuse
    cdef public object fitting
    cdef readonly bint aliasing
    cdef public bint exact
    cdef public int typed_by
    cdef readonly object returns
    cdef readonly Op base
    cdef dict __dict__
    cdef object __weakref__
    cdef bint takes_out

    @cython.locals(state=State, values=tuple)
    cdef object start(self, tuple args)
    @cython.locals(n=int64_t, place=int64_t)
    cdef tuple values_of(self, tuple args)
    @cython.locals(values=tuple)
    cdef object dispatch(self, State state, tuple args, dict kwargs)
    cdef object execute(self, State state, tuple values)
    @cython.locals(i=int64_t, kind=int, tensor=TensorBase, key=tuple, found=int)
    cdef int has_key(self, Plan plan, tuple values, bint no_overrides) except -1
    @cython.locals(match=int, plan=Plan, tensor=TensorBase, outputs=tuple)
    cdef object run(self, State state, tuple values)
    @cython.locals(i=int64_t)
    cdef int check_numbers(self, Plan plan, tuple values) except -1
    @cython.locals(i=int64_t)
    cpdef list words_of_numbers(self, Plan plan, tuple values)
    @cython.locals(i=int64_t, index=int64_t, kind=int, tensor=TensorBase, frame=Frame, step=Step, scratch=Storage, steps=tuple)
    cpdef int launch(self, Plan plan, tuple outputs, tuple values) except -1
    @cython.locals(plan=Plan, source=TensorBase, tensor=TensorBase, meta=Meta, i=int64_t, offset=int64_t, made=list, outputs=tuple)
    cdef object run_view(self, State state, tuple values)
    @cython.locals(tensor=TensorBase, view=TensorBase)
    cdef object view_inplace(self, State state, tuple values)
    @cython.locals(plan=Plan, recording=bint)
    cdef object run_host(self, State state, tuple values)
    @cython.locals(plan=Plan, direct=Plan, tensor=TensorBase, target=TensorBase, wanted=bint, danger=bint, blind=bint, how=int, match=int)
    cdef object write(self, State state, tuple values, tuple targets, bint inplace)
    @cython.locals(tensor=TensorBase, node=OpNode, made=tuple, kept=tuple)
    cdef int carry_out(self, State state, Plan plan, Plan direct, tuple values, tuple targets, bint wanted, bint blind) except -1
    @cython.locals(target=TensorBase, wanted=bint)
    cdef int check_before_kernel(self, State state, tuple values, tuple targets, bint inplace, object dtype,
                                 bint exact) except -1
    @cython.locals(tensor=TensorBase, meta=Meta)
    cdef object write_resized(self, State state, Plan plan, tuple values, tuple targets)
    cdef object write_any(self, State state, tuple values, tuple targets, bint inplace)
