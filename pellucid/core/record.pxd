cimport cython
from libc.stdint cimport int64_t

from pellucid.core.node cimport Node, target_of
from pellucid.core.derivative cimport OpNode, Recipe, new_named
from pellucid.core.geometry cimport contiguous
from pellucid.core.plan cimport OPERAND, OPERANDS
from pellucid.core.saved cimport Saved, check_savable, linked
from pellucid.core.state cimport State
from pellucid.core.storage cimport Storage
from pellucid.core.tensor cimport TensorBase, blank
from pellucid.core.write cimport copy_over


cdef class Declaration:
    cdef readonly str name
    cdef readonly object function
    cdef readonly tuple parameters
    cdef readonly dict aliases
    cdef readonly bytes kinds
    cdef bytes takes_number
    cdef bytes bools
    cdef readonly int64_t count
    cdef int64_t positional
    cdef readonly tuple defaults
    cdef list tails
    cdef int64_t variadic
    cdef dict by_name
    cdef readonly tuple operands
    cdef readonly bint has_lists
    cdef tuple zeros
    cdef readonly tuple mutated
    cdef readonly object rule
    cdef readonly dict rules
    cdef readonly bint is_nondifferentiable
    cdef bint records
    cdef public str node_name
    cdef object node_type
    cdef dict recipes
    cdef Recipe recent
    cdef int64_t recent_mask

    cpdef Recipe recipe(self, tuple needs)
    @cython.locals(tensor=TensorBase, i=int64_t)
    cdef bint wanted(self, tuple values) except -1
    @cython.locals(node=OpNode, tensor=TensorBase, number=int64_t)
    cdef int record(self, State state, tuple key, tuple values, tuple outputs, tuple metas, bytes gradable) except -1
    @cython.final
    @cython.locals(node=OpNode)
    cdef OpNode begin(self, State state, tuple key, tuple values)
    @cython.locals(node=OpNode, tensor=TensorBase, copy=TensorBase)
    cdef tuple begin_inplace(self, State state, tuple key, tuple values)
    @cython.final
    @cython.locals(tensor=TensorBase, mask=int64_t, i=int64_t, k=int64_t, number=int64_t, targets=list)
    cdef Recipe aim(self, OpNode node, tuple values)
    @cython.final
    cdef Recipe aim_lists(self, OpNode node, tuple values)
    @cython.final
    cdef tuple numbers_of(self, tuple targets, tuple values)
    @cython.final
    cdef tuple needs_of(self, tuple targets, tuple values)
    @cython.locals(recipe=Recipe, tensor=TensorBase, storage=Storage, i=int64_t, k=int64_t, saved=list, kept=list)
    cdef int save(self, State state, OpNode node, tuple values, tuple outputs, TensorBase written) except -1
    @cython.final
    @cython.locals(i=int64_t)
    cdef bint all_defaults(self, Recipe recipe, tuple key) except -1
    @cython.final
    @cython.locals(recipe=Recipe)
    cdef save_packed(self, State state, OpNode node, tuple values, tuple outputs, TensorBase written)
