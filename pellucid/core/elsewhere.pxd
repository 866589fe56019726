from libc.stdint cimport int64_t

from pellucid.core.plan cimport Plan
from pellucid.core.record cimport Declaration
from pellucid.core.tensor cimport TensorBase, tensor_over


cdef int64_t launch_elsewhere(Declaration op, Plan plan, tuple outputs, tuple values) except -1
cdef int _move(TensorBase target, TensorBase source) except -1
cdef TensorBase _brought(TensorBase tensor, object place)
