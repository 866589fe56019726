cimport cython
from libc.stdint cimport int64_t


@cython.final
@cython.no_gc
cdef class Storage:
    cdef int64_t address
    cdef readonly int64_t nbytes
    cdef public int64_t version
    cdef public object changed
    cdef readonly object owner
    cdef readonly object device
    cdef readonly bint readonly
    cdef int64_t pooled
    cdef object __weakref__
    cpdef int64_t data_ptr(self)


@cython.final
@cython.no_gc
cdef class Template:
    cdef int64_t address
    cdef readonly int64_t count


@cython.final
@cython.no_gc
cdef class Frame:
    cdef int64_t address
    cdef int64_t room
    cdef readonly int64_t count
    cdef list kept
    cdef bint keeping
    cdef bint lent
    cdef Frame next
    @cython.locals(room=int64_t, address=int64_t)
    cdef int64_t reserve(self, int64_t index, int64_t words) except -1
    cpdef int64_t put(self, int64_t index, int64_t value) except -1
    cpdef int64_t put_pointer(self, int64_t index, Storage storage, int64_t byte_offset) except -1
    @cython.locals(number=complex)
    cpdef int64_t put_scalar(self, int64_t index, object value) except -1
    cpdef int64_t put_template(self, int64_t index, Template template) except -1
    cdef int64_t forget(self) except -1


cdef struct Blocks:
    int64_t heads
    int64_t limit
    int64_t live
    int64_t peak
    int64_t pooled
    int64_t hits
    int64_t misses
    int64_t system_calls


cdef struct Worker:
    int64_t thread
    int64_t cpu
    int64_t[6] apart


cdef struct Pool:
    int64_t tickets
    int64_t[7] apart1
    int64_t left
    int64_t waiting
    int64_t[6] apart2
    int64_t bell
    int64_t asleep
    int64_t[6] apart3
    int64_t threads
    int64_t started
    int64_t busy
    int64_t cpus
    int64_t kernel
    int64_t words
    int64_t chunks
    int64_t batch
    int64_t issued
    Worker[256] workers



cdef enum:
    LONG = 10000                                 # ns of work from which the GIL is released


cdef Blocks _blocks
cdef Pool _pool
cdef object _cpu
cdef Frame _spare
cdef object _ndarray
cdef dict _numpy_types

@cython.locals(units=int64_t, shift=int64_t)
cdef int64_t _class_of(int64_t nbytes) noexcept
@cython.locals(shift=int64_t)
cdef int64_t _size_of(int64_t index) noexcept
@cython.locals(size=int64_t, address=int64_t, whole=int64_t, start=int64_t)
cdef int64_t _from_system(int64_t size) noexcept
cdef int64_t _to_system(int64_t address, int64_t size) noexcept
@cython.locals(index=int64_t, size=int64_t, head=int64_t, address=int64_t)
cdef int64_t _trim(int64_t target) noexcept
@cython.locals(size=int64_t, head=int64_t)
cdef int64_t _give_back(int64_t address, int64_t index) noexcept
@cython.locals(size=int64_t, address=int64_t)
cdef int64_t _missed(int64_t index, int64_t nbytes) except -1
@cython.locals(storage=Storage, address=int64_t, index=int64_t, head=int64_t, size=int64_t)
cpdef Storage allocate(int64_t nbytes, bint zero=*)
@cython.locals(storage=Storage)
cpdef Storage phantom(int64_t nbytes, object device=*)
@cython.locals(storage=Storage)
cpdef Storage adopt(object source)
@cython.locals(storage=Storage)
cdef Storage adopt_array(object array, object header)
cdef object layout_of(object header)
@cython.locals(whole=Storage)
cdef int _lend(object storage, Py_buffer *view, int flags) except -1
cpdef object view_as_array(Storage storage, int64_t byte_offset, object shape, object byte_strides, str typestr, bint readonly=*)
cpdef object read_number(Storage storage, int64_t byte_offset, int64_t itemsize, str typestr)
@cython.locals(letter=int)
cpdef object read_list(Storage storage, int64_t byte_offset, tuple shape, tuple strides, int64_t itemsize, str typestr)
@cython.locals(size=int64_t, step=int64_t, i=int64_t)
cdef object _listed(int64_t address, tuple shape, tuple strides, int64_t dim, int64_t itemsize, int letter)
@cython.locals(letter=int)
cpdef object number_kind(object numbers)
cpdef bint write_numbers(Storage storage, object numbers, int64_t itemsize, str typestr) except -1
@cython.locals(done=int64_t, nbytes=int64_t, more=int64_t)
cpdef bint write_same(Storage storage, object number, int64_t count, int64_t itemsize, str typestr) except -1
@cython.locals(letter=int)
cpdef bint write_ramp(Storage storage, int64_t start, int64_t step, int64_t count, int64_t itemsize, str typestr) except -1
@cython.locals(ndim=int64_t, dim=int64_t, size=int64_t, stride=int64_t, below=int64_t, above=int64_t, count=int64_t, empty=bint)
cdef bint _inside(int64_t byte_offset, int64_t nbytes, tuple shape, tuple strides, int64_t unit, int64_t itemsize) except -1

@cython.locals(frame=Frame)
cpdef Frame take_frame(bint keeping=*)
cpdef int64_t give_frame(Frame frame) except -1
@cython.locals(words=int64_t)
cpdef int64_t run(int64_t address, Frame frame, int64_t chunks, int64_t work) except -1
cpdef int64_t run_body(object body, Frame frame, int64_t chunks) except -1

@cython.locals(ticket=int64_t, number=int64_t, begin=int64_t, end=int64_t)
cdef bint _take() noexcept nogil
@cython.locals(index=int64_t, cpu=int64_t, seen=int64_t, idle=int64_t, threads=int64_t)
cdef void *_worker(void *argument) noexcept nogil
@cython.locals(helpers=int64_t, awake=int64_t, cpu=int64_t, i=int64_t, generation=int64_t, seen=int64_t, idle=int64_t)
cdef void _share(int64_t address, int64_t words, int64_t chunks, int64_t work) noexcept nogil
@cython.locals(i=int64_t)
cdef void _forked() noexcept nogil
