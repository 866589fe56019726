cimport cython
from libc.stdint cimport int64_t

from pellucid.core.geometry cimport Meta, contiguous, with_dtype
from pellucid.core.layout cimport is_dense
from pellucid.core.node cimport Node, next_order, target_of
from pellucid.core.numbers cimport write_same
from pellucid.core.slots cimport Slots, slots
from pellucid.core.state cimport State, current, here
from pellucid.core.storage cimport Storage
from pellucid.core.tensor cimport TensorBase, blank


cdef extern from *:
    """
    static inline int64_t references(PyObject *object) { return (int64_t)Py_REFCNT(object); }
    """
    int64_t references(object o)


cdef int64_t _alone


@cython.final
cdef class Arrival:
    cdef public int64_t missing
    cdef public bint needed
    cdef public list grads
    cdef public dict captures
    cdef TensorBase leaf


cpdef bint will_arrive(object target) except -1
@cython.locals(tensor=TensorBase)
cdef int64_t count_references(list grads, int64_t i) except -1
@cython.locals(meta=Meta, tensor=TensorBase, held=TensorBase)
cdef int deliver(Arrival arrival, object target, int64_t number, list gradients, int64_t i, bint create, Node source) except -1
@cython.locals(meta=Meta, tensor=TensorBase)
cpdef matched(object grad, Meta meta, Node source, int64_t index)
@cython.locals(i=int64_t, parent=int64_t, node=Node)
cdef int push(list heap, Node node) except -1
@cython.locals(i=int64_t, child=int64_t, n=int64_t, last=Node, top=Node, a=Node, b=Node)
cdef Node pop(list heap)
@cython.locals(arrival=Arrival, grad=TensorBase, stored=TensorBase)
cdef int accumulate(TensorBase leaf, Arrival arrival, bint create) except -1
@cython.locals(arrival=Arrival, node=Node)
cdef Arrival arrival_at(object target)
cdef object key(object target)
@cython.locals(node=Node, arrival=Arrival, stack=list, nodes=list)
cdef list discover(list roots, dict arrivals)
@cython.locals(tensor=TensorBase)
cdef tuple _root(object x)
@cython.locals(tensor=TensorBase, meta=Meta, one=TensorBase)
cdef object _initial(int64_t i, object target, int64_t number, object output, object gradient)
@cython.locals(i=int64_t, targets=list, numbers=list, gradients=list)
cdef tuple _roots(object outputs, object grad_outputs)
cdef int _finish_leaf(TensorBase leaf, Arrival arrival, bint create, list results) except -1
cdef bint _asked(Arrival arrival) except -1
cdef list evaluate(Node node, Arrival arrival, bint create, tuple asked)
@cython.locals(arrival=Arrival, i=int64_t)
cdef int send(Node node, list gradients, dict arrivals, list heap, bint create, bint partial, list results) except -1
@cython.locals(state=State, node=Node, evaluating=Node, arrival=Arrival, i=int64_t, before=bint, partial=bint, outer=int64_t, waiting=dict, queued=list, found=list, heap=list)
cdef int walk(list targets, list numbers, list gradients, bint retain, bint create, dict wanted, set into, list results) except -1
@cython.locals(arrival=Arrival, node=Node, i=int64_t)
cdef int prune(list nodes, dict arrivals, dict wanted, set into) except -1
