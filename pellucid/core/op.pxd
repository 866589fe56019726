cimport cython
from libc.stdint cimport int64_t

from pellucid.core.autograd cimport (
    Node, Saved, State, _linked, check_inplace, check_savable, current, rebase, target_of, track, wrote,
)
from pellucid.core.derivative cimport OpNode, Recipe, new_named
from pellucid.core.memory cimport LONG, Frame, Storage, Template, allocate, give_frame, run, run_body, take_frame
from pellucid.core.meta cimport Meta, check_bounds, contiguous, extent, is_dense, overlap
from pellucid.core.tensor cimport Slots, TensorBase, any_overriding, blank, tensor_over, slots


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
cdef bint _is_stranger(tuple args) except -1
cpdef enum:
    OPERAND = 0
    OPERANDS = 1
    SCALAR = 2
    STATIC = 3

cpdef enum:
    KERNEL = 0
    VIEW = 1
    COMPOSITE = 2
    HOST = 3
    INPLACE = 4

@cython.final
cdef class Step:
    cdef readonly str name
    cdef int64_t address
    cdef readonly object body
    cdef readonly Template template
    cdef readonly int64_t chunks
    cdef readonly int64_t work
    cpdef Step after(self, tuple words)


@cython.final
cdef class Plan:
    cdef readonly tuple outputs
    cdef readonly object build
    cdef readonly int64_t scratch
    cdef public tuple key
    cdef tuple deltas
    cdef tuple steps
    cdef bint virtual
    cdef bytes places
    cdef bytes numbers
    cdef bint narrow
    cdef tuple constants
    cdef bint long
    cdef bint many
    cdef bytes gradable
    cdef Meta first
    cdef int64_t size
    cdef Plan settle(self, Op op, tuple key)
    cpdef tuple launches(self)


@cython.final
cdef class Op:
    cdef readonly str name
    cdef readonly object function
    cdef readonly tuple parameters
    cdef readonly object planner
    cdef readonly int kind
    cdef public object fuse
    cdef public object fitting
    cdef readonly object into
    cdef readonly bint aliasing
    cdef readonly object returns
    cdef readonly dict aliases
    cdef readonly Op base
    cdef readonly object rule
    cdef readonly dict rules
    cdef readonly bint is_nondifferentiable
    cdef readonly str node_name
    cdef object node_type
    cdef dict plans
    cdef dict into_plans
    cdef dict recipes
    cdef dict __dict__
    cdef object __weakref__
    cdef Plan last
    cdef Recipe recent
    cdef int64_t recent_mask
    cdef readonly bytes kinds
    cdef bytes numbers
    cdef bytes truths
    cdef readonly int64_t count
    cdef int64_t positional
    cdef bint takes_out
    cdef tuple defaults
    cdef list tails
    cdef dict by_name
    cdef bint records
    cdef readonly bint has_lists
    cdef readonly tuple operands
    cdef tuple zeros
    cdef tuple mutated
    cdef int64_t variadic

    @cython.locals(state=State, n=int64_t, values=tuple)
    cdef object start(self, tuple args)
    cdef object dispatch(self, State state, tuple args, dict kwargs)
    @cython.locals(values=list, place=int64_t, given=int64_t, i=int64_t)
    cdef tuple bind(self, tuple args, dict kwargs)
    cdef object execute(self, State state, tuple values)
    @cython.locals(i=int64_t, kind=int, tensor=TensorBase, key=tuple, found=int)
    cdef int fits(self, Plan plan, tuple values, bint deaf) except -1
    @cython.locals(i=int64_t, kind=int, tensor=TensorBase, parts=list, metas=list)
    cdef tuple key_of(self, tuple values, bint deaf)
    cdef bint gives_number(self, int64_t i, object part) except -1
    cdef object find(self, State state, tuple values)
    @cython.locals(plan=Plan, pairs=list)
    cdef Plan plan_for(self, tuple key)
    @cython.locals(fit=int, plan=Plan, tensor=TensorBase, outputs=tuple)
    cdef object run(self, State state, tuple values)
    @cython.locals(i=int64_t, index=int64_t, kind=int, tensor=TensorBase, frame=Frame, step=Step, scratch=Storage, steps=tuple)
    cdef int launch(self, Plan plan, tuple outputs, tuple values) except -1
    @cython.locals(plan=Plan, source=TensorBase, tensor=TensorBase, meta=Meta, i=int64_t, offset=int64_t, made=list, outputs=tuple)
    cdef object run_view(self, State state, tuple values)
    @cython.locals(tensor=TensorBase, view=TensorBase)
    cdef object turn(self, State state, tuple values)
    @cython.locals(plan=Plan, recording=bint)
    cdef object run_host(self, State state, tuple values)
    @cython.locals(plan=Plan, direct=Plan, tensor=TensorBase, node=OpNode, meta=Meta, i=int64_t, wanted=bint, danger=bint)
    cdef object write(self, State state, tuple values, tuple targets, bint inplace)
    cdef object write_any(self, State state, tuple values, tuple targets, bint inplace)
    cdef object targets_of(self, object targets)
    cdef object write_made(self, State state, object targets, object result, bint wanted)
    cdef check_target(self, TensorBase tensor, Meta meta, bint inplace)
    @cython.locals(target=TensorBase, found=int)
    cdef int hazard(self, tuple values, tuple targets) except -1
    @cython.locals(how=int64_t)
    cdef int collision(self, TensorBase target, TensorBase tensor) except -1
    @cython.locals(found=Plan)
    cdef Plan plan_into(self, tuple key, tuple metas)
    @cython.locals(tensor=TensorBase, i=int64_t)
    cdef bint wanted(self, tuple values) except -1
    @cython.locals(node=OpNode, tensor=TensorBase, number=int64_t)
    cdef int record(self, State state, tuple key, tuple values, tuple outputs, tuple metas, bytes gradable) except -1
    @cython.locals(node=OpNode)
    cdef OpNode begin(self, State state, tuple key, tuple values)
    @cython.locals(node=OpNode, tensor=TensorBase, copy=TensorBase)
    cdef tuple begin_inplace(self, State state, tuple key, tuple values)
    @cython.locals(tensor=TensorBase, mask=int64_t, i=int64_t, k=int64_t, number=int64_t, targets=list)
    cdef Recipe aim(self, OpNode node, tuple values)
    cdef Recipe aim_lists(self, OpNode node, tuple values)
    cdef tuple numbers_of(self, tuple targets, tuple values)
    cdef tuple needs_of(self, tuple targets, tuple values)
    @cython.locals(recipe=Recipe, tensor=TensorBase, storage=Storage, i=int64_t, k=int64_t, saved=list, kept=list)
    cdef int save(self, State state, OpNode node, tuple values, tuple outputs, TensorBase written) except -1
    @cython.locals(i=int64_t)
    cdef bint all_defaults(self, Recipe recipe, tuple key) except -1
    @cython.locals(recipe=Recipe)
    cdef save_packed(self, State state, OpNode node, tuple values, tuple outputs, TensorBase written)
    cdef copy_over(self, State state, tuple targets, tuple made)
    cpdef Recipe recipe(self, tuple needs)


cdef int64_t _bytes_of(Meta meta) except -1
cdef int64_t start_of(TensorBase tensor) except -1
cdef bint _is_default(object value, object default) except -1
