cimport cython
from libc.stdint cimport int64_t

from pellucid.core.autograd cimport matched, will_arrive
from pellucid.core.node cimport Node, target_of
from pellucid.core.geometry cimport Meta
from pellucid.core.observe cimport observing
from pellucid.core.slots cimport Slots, slots
from pellucid.core.state cimport State, current, here
from pellucid.core.storage cimport Storage
from pellucid.core.tensor cimport TensorBase, Trail, View, blank


cdef class Overwritten(Node):
    cdef public str label


cdef class CopySlices(Node):
    cdef public Meta meta
    cdef public int64_t offset
    cdef public Trail trail
    cdef public Node inner
    cdef public int64_t position


@cython.locals(trail=Trail)
cdef Trail step(Trail parent, object op, tuple arguments, int64_t index)
cdef Trail shortcut(View view, Trail root, TensorBase result)
@cython.locals(one=Trail)
cpdef follow(Trail trail, object tensor)
@cython.locals(view=View, base=TensorBase, trail=Trail)
cdef int retrace(TensorBase tensor) except -1
@cython.locals(view=View, fresh=TensorBase, state=State, before=bint, watched=bint)
cpdef refresh(TensorBase tensor)
@cython.locals(view=View, storage=Storage)
cpdef check_inplace(State state, TensorBase tensor, bint records)
@cython.locals(view=View, base=TensorBase, copy=CopySlices)
cpdef rebase(TensorBase tensor, Node node, int64_t position=*, int64_t number=*)
cpdef track_custom(TensorBase result, TensorBase source)
@cython.locals(view=View, parent=View, trail=Trail, above=Trail)
cdef int track(State state, TensorBase result, TensorBase source, object op, tuple arguments, int64_t index) except -1
cdef object _plain
cdef int _note(Storage storage) except -1
@cython.locals(storage=Storage)
cpdef wrote(TensorBase tensor)
