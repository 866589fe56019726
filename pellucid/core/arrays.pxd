cimport cython

from pellucid.core.geometry cimport Meta, contiguous, make
from pellucid.core.layout cimport extent
from pellucid.core.numbers cimport read_list
from pellucid.core.sharing cimport adopt, adopt_array, layout_of, view_as_array
from pellucid.core.storage cimport allocate
from pellucid.core.tensor cimport TensorBase, new_tensor, wrap


cdef dict _layouts
@cython.locals(meta=Meta)
cpdef TensorBase fresh(tuple sizes, object dtype, bint zero=*)
@cython.locals(meta=Meta, seen=dict)
cpdef TensorBase over_array(object array, object dtype)
@cython.locals(meta=Meta)
cpdef object shared_array(TensorBase tensor)
@cython.locals(meta=Meta)
cpdef object nested_list(TensorBase tensor)
