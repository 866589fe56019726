cimport cython
from libc.stdint cimport int64_t

from pellucid.core.memory cimport Storage
from pellucid.core.meta cimport Meta, contiguous, is_dense
from pellucid.core.tensor cimport blank, follow, pellucid_make, retrace, slots, Slots, TensorBase, Trail, View


cdef extern from *:
    """
    #include <frameobject.h>
    #if PY_VERSION_HEX < 0x030C0000
    #ifndef Py_BUILD_CORE
    #define Py_BUILD_CORE 1
    #endif
    #include <internal/pycore_frame.h>
    #endif

    static int64_t pellucid_instruction;
    static inline int64_t this_thread(void) { return (int64_t)PyThreadState_Get()->id; }
    static inline int64_t references(PyObject *object) { return (int64_t)Py_REFCNT(object); }

    /* Whether a file's name starts with `root`. The string of a file's name is shared by all of its code: strings are compared once. */
    static int pellucid_ours(PyObject *name, PyObject *root) {
        static struct { PyObject *name; int ours; } known[64];
        size_t place = ((uintptr_t)name >> 4) % 64;
        if (known[place].name != name) {
            Py_INCREF(name);
            Py_XSETREF(known[place].name, name);
            known[place].ours = PyUnicode_Tailmatch(name, root, 0, PY_SSIZE_T_MAX, -1) == 1;
        }
        return known[place].ours;
    }

    /* The code object of the innermost frame whose file does not start with `root` (the outermost frame if all do), and where it is. */
    #if PY_VERSION_HEX < 0x030C0000
    static inline PyObject *user_code(PyObject *root) {                 /* without making frame objects, which costs 40 ns a frame */
        _PyInterpreterFrame *frame = PyThreadState_Get()->cframe->current_frame;
        pellucid_instruction = -1;
        if (!frame)
            Py_RETURN_NONE;
        while (frame->previous && pellucid_ours(frame->f_code->co_filename, root))
            frame = frame->previous;
        pellucid_instruction = _PyInterpreterFrame_LASTI(frame) * (int64_t)sizeof(_Py_CODEUNIT);
        Py_INCREF(frame->f_code);
        return (PyObject *)frame->f_code;
    }
    #else
    static inline PyObject *user_code(PyObject *root) {
        PyFrameObject *frame = PyEval_GetFrame();
        Py_XINCREF(frame);
        while (frame) {
            PyCodeObject *code = PyFrame_GetCode(frame);
            PyFrameObject *back = pellucid_ours(code->co_filename, root) ? PyFrame_GetBack(frame) : NULL;
            if (!back) {
                pellucid_instruction = PyFrame_GetLasti(frame);
                Py_DECREF(frame);
                return (PyObject *)code;
            }
            Py_DECREF(code);
            Py_DECREF(frame);
            frame = back;
        }
        pellucid_instruction = -1;
        Py_RETURN_NONE;
    }
    #endif
    static inline int64_t last_instruction(void) { return pellucid_instruction; }
    """
    int64_t this_thread()
    int64_t references(object o)
    object user_code(str root)
    int64_t last_instruction()


@cython.final
cdef class State:
    cdef public bint busy
    cdef public bint grad_enabled
    cdef public bint inference
    cdef public bint anomaly
    cdef public bint check_nan
    cdef public bint no_overrides
    cdef public bint partial
    cdef public bint lifted
    cdef public list modes
    cdef public list saved_hooks
    cdef public Node evaluating
    cdef public dict arrivals
    cdef public int64_t walk
    cdef int64_t thread
    cpdef settle(self)

cdef State _state
cdef str ROOT
cdef int64_t _order
cdef int64_t _alone

cpdef State current()

cpdef tuple here()


cdef class Node:
    cdef public tuple targets
    cdef public tuple numbers
    cdef public tuple outputs
    cdef public int64_t order
    cdef public object code
    cdef public int64_t instruction
    cdef public object hooks
    cdef public object freed
    cdef public dict extra
    cdef object __weakref__
    cdef int number(self) except -1
    cpdef apply(self, list grads, bint create, tuple asked=*)
    cpdef release(self, object place)


@cython.final
cdef class Saved:
    cdef public TensorBase tensor
    cdef public int64_t version
    cdef public Node node
    cdef public int64_t output_nr
    cdef public object packed
    cdef public object unpack_hook
    cdef public bint is_result
    @cython.locals(tensor=TensorBase)
    cpdef unpack(self, Node owner)


cdef class CopySlices(Node):
    cdef public Meta meta
    cdef public int64_t offset
    cdef public Trail trail
    cdef public Node inner
    cdef public int64_t position


@cython.final
cdef class Arrival:
    cdef public int64_t missing
    cdef public bint needed
    cdef public list grads
    cdef public dict captures


cdef object target_of(TensorBase tensor)
@cython.locals(view=View, fresh=TensorBase, state=State, before=bint, busy=bint)
cpdef refresh(TensorBase tensor)
@cython.locals(view=View, storage=Storage)
cpdef check_inplace(State state, TensorBase tensor, bint records)
@cython.locals(view=View, base=TensorBase, copy=CopySlices)
cpdef rebase(TensorBase tensor, Node node, int64_t position=*, int64_t number=*)
cpdef track_custom(TensorBase result, TensorBase source)
@cython.locals(view=View, parent=View, trail=Trail)
cdef int track(State state, TensorBase result, TensorBase source, object op, tuple arguments, int64_t index) except -1
@cython.locals(storage=Storage)
cpdef wrote(TensorBase tensor)
cpdef remember(TensorBase tensor)

cdef TensorBase _linked(TensorBase tensor, Node node, int64_t output_nr)
cpdef check_savable(TensorBase tensor)
@cython.locals(tensor=TensorBase)
cdef int64_t count_references(list grads, int64_t i) except -1
@cython.locals(meta=Meta, tensor=TensorBase, held=TensorBase)
cdef int deliver(Arrival arrival, object target, int64_t number, list gradients, int64_t i, bint create, Node source) except -1
@cython.locals(meta=Meta, tensor=TensorBase)
cpdef fit(object grad, Meta meta, Node source, int64_t index)
@cython.locals(i=int64_t, parent=int64_t, node=Node)
cdef int push(list heap, Node node) except -1
@cython.locals(i=int64_t, child=int64_t, n=int64_t, last=Node, top=Node, a=Node, b=Node)
cdef Node pop(list heap)
@cython.locals(arrival=Arrival, grad=TensorBase, stored=TensorBase)
cdef int accumulate(TensorBase leaf, Arrival arrival, bint create) except -1
@cython.locals(arrival=Arrival, node=Node)
cdef Arrival arrival_at(object target)
@cython.locals(node=Node, arrival=Arrival, stack=list, nodes=list)
cdef list discover(list roots, dict arrivals)
@cython.locals(tensor=TensorBase)
cdef tuple _root(object x)
@cython.locals(tensor=TensorBase, meta=Meta)
cdef object _initial(int64_t i, object target, int64_t number, object output, object gradient)
@cython.locals(i=int64_t, targets=list, numbers=list, gradients=list)
cdef tuple _roots(object outputs, object grad_outputs)
cdef int _finish_leaf(TensorBase leaf, Arrival arrival, bint create, list results) except -1
cdef bint _asked(Arrival arrival) except -1
@cython.locals(state=State, node=Node, evaluating=Node, arrival=Arrival, i=int64_t, before=bint, partial=bint, outer=int64_t, waiting=dict, found=list, heap=list)
cdef int walk(list targets, list numbers, list gradients, bint retain, bint create, dict wanted, set into, list results) except -1
@cython.locals(arrival=Arrival, node=Node, i=int64_t)
cdef int prune(list nodes, dict arrivals, dict wanted, set into) except -1
