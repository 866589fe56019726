cimport cython
from libc.stdint cimport int64_t

from pellucid.core.frames cimport Frame


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


cdef Pool _pool

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
