# What the C border asks of the operating system and of the processor: thin casts, so that everything above them is Python.
# Addresses are int64 throughout; the C border's uncompiled twins of these names are ctypes calls of the same functions.
from libc.stdint cimport int64_t

cdef extern from * nogil:
    """
    #include <pthread.h>
    #include <sched.h>
    #include <signal.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    #include <sys/mman.h>

    static inline int64_t system_allocate(int64_t alignment, int64_t nbytes) {
        void *p;
        return posix_memalign(&p, (size_t)alignment, (size_t)nbytes) ? 0 : (int64_t)p;
    }
    static inline void system_free(int64_t p) { free((void *)p); }
    static inline int64_t map_pages(int64_t nbytes) {
        void *p = mmap(NULL, (size_t)nbytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return p == MAP_FAILED ? 0 : (int64_t)p;
    }
    static inline void unmap_pages(int64_t p, int64_t nbytes) { if (nbytes > 0) munmap((void *)p, (size_t)nbytes); }
    static inline int64_t load(int64_t p) { return *(int64_t *)p; }
    static inline void store(int64_t p, int64_t value) { *(int64_t *)p = value; }
    /* The chain of free blocks that starts at `head`: each begins with the address of the next. */
    static inline int64_t pop_block(int64_t head) {
        int64_t block = load(head);
        if (block) store(head, load(block));
        return block;
    }
    static inline void push_block(int64_t head, int64_t block) { store(block, load(head)); store(head, block); }
    static inline void store_double(int64_t p, double value) { *(double *)p = value; }
    static inline void copy_bytes(int64_t to, int64_t from, int64_t nbytes) { memcpy((void *)to, (void *)from, (size_t)nbytes); }
    static inline void zero_bytes(int64_t p, int64_t nbytes) { memset((void *)p, 0, (size_t)nbytes); }
    static inline int64_t bit_length(int64_t x) { return x ? 64 - __builtin_clzll((unsigned long long)x) : 0; }
    static inline void call(int64_t kernel, int64_t words, int64_t begin, int64_t end) {
        ((void (*)(int64_t *, int64_t, int64_t))kernel)((int64_t *)words, begin, end);
    }

    /* The number at an address as a Python object, by NumPy's letter for its kind and its size; None for kinds that C does not have. */
    static inline PyObject *number_at(int64_t p, int kind, int64_t size) {
        const void *at = (const void *)p;
        double real; float single; int64_t word = 0;
        switch (kind) {
        case 'b': return PyBool_FromLong(*(const unsigned char *)at != 0);
        case 'f':
            if (size == 4) { memcpy(&single, at, 4); return PyFloat_FromDouble(single); }
            if (size == 8) { memcpy(&real, at, 8); return PyFloat_FromDouble(real); }
            break;
        case 'i': {
            memcpy(&word, at, (size_t)size);
            int unused = 64 - 8 * (int)size;                            /* sign extension; machines are little-endian */
            return PyLong_FromLongLong((long long)((int64_t)((uint64_t)word << unused) >> unused));
        }
        case 'u': memcpy(&word, at, (size_t)size); return PyLong_FromUnsignedLongLong((unsigned long long)word);
        }
        Py_RETURN_NONE;
    }

    /* Python's own numbers written as elements, by NumPy's letter and size. 0 where one is of another type or does not fit. Runs no Python
       code, so that `numbers` (a list or a tuple) cannot change meanwhile. */
    static inline int put_element(int64_t p, int kind, int64_t size, PyObject *number) {
        double real; float single; long long word; int overflow;
        if (kind == 'b') {
            if (size != 1 || !PyBool_Check(number)) return 0;
            *(unsigned char *)p = number == Py_True;
            return 1;
        }
        if (kind == 'f' && PyFloat_CheckExact(number)) real = PyFloat_AS_DOUBLE(number);
        else {
            if (!PyLong_CheckExact(number)) return 0;
            word = PyLong_AsLongLongAndOverflow(number, &overflow);
            if (overflow) return 0;
            if (kind == 'i') {
                if (size < 1 || size > 8) return 0;
                long long limit = (long long)((UINT64_C(1) << (8 * size - 1)) - 1);
                if (word > limit || word < -limit - 1) return 0;
                memcpy((void *)p, &word, (size_t)size);                 /* machines are little-endian */
                return 1;
            }
            if (word > 1LL << 53 || word < -(1LL << 53)) return 0;      /* would be rounded twice */
            real = (double)word;
        }
        if (kind != 'f' || (size != 4 && size != 8)) return 0;
        single = (float)real;
        memcpy((void *)p, size == 4 ? (void *)&single : (void *)&real, (size_t)size);
        return 1;
    }
    static inline int put_numbers(int64_t p, int kind, int64_t size, PyObject *numbers, int64_t room) {
        if (!(PyList_Check(numbers) || PyTuple_Check(numbers)) || PySequence_Fast_GET_SIZE(numbers) > room) return 0;
        for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(numbers); i++)
            if (!put_element(p + i * size, kind, size, PySequence_Fast_GET_ITEM(numbers, i))) return 0;
        return 1;
    }
    /* The letter of the elements that a list or tuple of Python's own numbers asks for; 0 where there is something else in it. */
    static inline int letter_of(PyObject *numbers) {
        int found = 0;
        if (!(PyList_Check(numbers) || PyTuple_Check(numbers))) return 0;
        for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(numbers); i++) {
            PyObject *number = PySequence_Fast_GET_ITEM(numbers, i);
            int letter = PyFloat_CheckExact(number) ? 'f' : PyLong_CheckExact(number) ? 'i' : PyBool_Check(number) ? 'b' : 0;
            if (!letter || (found && (letter == 'b') != (found == 'b'))) return 0;
            if (found != 'f') found = letter;
        }
        return found;
    }
    /* start, start + step, ...: exact, as the caller sees to */
    static inline void put_ramp(int64_t p, int kind, int64_t size, int64_t start, int64_t step, int64_t count) {
        if (kind == 'i') for (int64_t i = 0; i < count; i++) ((int64_t *)p)[i] = start + i * step;
        else if (size == 4) for (int64_t i = 0; i < count; i++) ((float *)p)[i] = (float)(start + i * step);
        else for (int64_t i = 0; i < count; i++) ((double *)p)[i] = (double)(start + i * step);
    }

    /* What a NumPy array says of itself (`__array_struct__`): the address of the lowest byte that it touches, how many there are to the
       highest, and whether they may be written to. */
    typedef struct { int two, dims; char kind; int size, flags; Py_intptr_t *shape, *strides; void *data; PyObject *description; } Array;

    static inline int64_t array_reach(Array *array, int up) {
        int64_t reach = up ? array->size : 0;
        for (int i = 0; i < array->dims; i++) {
            if (array->shape[i] == 0) return 0;
            if ((array->strides[i] > 0) == up) reach += (array->shape[i] - 1) * array->strides[i];
        }
        return reach;
    }
    static inline int64_t array_low(PyObject *capsule) {
        Array *array = (Array *)PyCapsule_GetPointer(capsule, NULL);
        return array ? (int64_t)array->data + array_reach(array, 0) : -1;
    }
    static inline int64_t array_bytes(PyObject *capsule) {
        Array *array = (Array *)PyCapsule_GetPointer(capsule, NULL);
        return array ? array_reach(array, 1) - array_reach(array, 0) : -1;
    }
    static inline int array_readonly(PyObject *capsule) {
        Array *array = (Array *)PyCapsule_GetPointer(capsule, NULL);
        return array ? !(array->flags & 0x400) : -1;                    /* NPY_ARRAY_WRITEABLE */
    }

    /* Shape and strides as bytes, for a dictionary's key; None for elements that are not plain numbers in this machine's byte order. */
    static inline PyObject *array_layout(PyObject *capsule) {
        Array *array = (Array *)PyCapsule_GetPointer(capsule, NULL);
        if (!array) return NULL;
        if (!strchr("biufc", array->kind) || !(array->flags & 0x200)) Py_RETURN_NONE;           /* NPY_ARRAY_NOTSWAPPED */
        size_t part = array->dims * sizeof(Py_intptr_t);
        PyObject *key = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)(2 * part));
        if (key && part) {
            memcpy(PyBytes_AS_STRING(key), array->shape, part);
            memcpy(PyBytes_AS_STRING(key) + part, array->strides, part);
        }
        return key;
    }

    /* The buffer protocol: bytes that lie where they are as long as `owner` lives. */
    static inline int lend_bytes(PyObject *owner, Py_buffer *view, int64_t p, int64_t nbytes, int readonly, int flags) {
        view->obj = NULL;
        if (p) return PyBuffer_FillInfo(view, owner, (void *)p, (Py_ssize_t)nbytes, readonly, flags);
        PyErr_SetString(PyExc_BufferError, "there is no memory to share");
        return -1;
    }
    static inline void export_buffer(PyObject *type, getbufferproc lend, releasebufferproc take_back) {
        PyBufferProcs *procs = PyMem_RawCalloc(1, sizeof(PyBufferProcs));     /* for as long as the type, that is for good */
        procs->bf_getbuffer = lend;
        procs->bf_releasebuffer = take_back;
        ((PyTypeObject *)type)->tp_as_buffer = procs;
    }

    #define atomic_load(p) __atomic_load_n(p, __ATOMIC_SEQ_CST)
    #define atomic_store(p, value) __atomic_store_n(p, value, __ATOMIC_SEQ_CST)
    #define add_and_fetch(p, value) __atomic_add_fetch(p, value, __ATOMIC_SEQ_CST)
    #define compare_and_swap(p, old, new) __sync_bool_compare_and_swap(p, old, new)
    #if defined(__x86_64__) || defined(__i386__)
    #define pause_processor() __builtin_ia32_pause()
    #elif defined(__aarch64__)
    #define pause_processor() __asm__ __volatile__("yield")
    #else
    #define pause_processor() ((void)0)
    #endif

    #ifdef __linux__
    #include <linux/futex.h>
    #include <sys/syscall.h>

    static inline void huge_pages(int64_t p, int64_t nbytes) { madvise((void *)p, (size_t)nbytes, MADV_HUGEPAGE); }
    /* futexes compare 32 bits: the low half of the word, hence little-endian machines */
    static inline void futex_wait(int64_t *p, int64_t seen) { syscall(SYS_futex, p, FUTEX_WAIT_PRIVATE, (int)seen, NULL, NULL, 0); }
    static inline void futex_wake(int64_t *p, int64_t n) { syscall(SYS_futex, p, FUTEX_WAKE_PRIVATE, (int)n, NULL, NULL, 0); }
    static inline int64_t thread_id(void) { return syscall(SYS_gettid); }
    static inline int64_t current_cpu(void) { return sched_getcpu(); }
    static inline int64_t usable_cpus(void) {
        cpu_set_t set;
        return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
    }
    static inline void move_off(int64_t thread, int64_t cpu) {          /* let `thread` run on the caller's other CPUs only */
        cpu_set_t set;
        if (sched_getaffinity(0, sizeof set, &set)) return;
        CPU_CLR((int)cpu, &set);
        if (CPU_COUNT(&set)) sched_setaffinity((pid_t)thread, sizeof set, &set);
    }
    static inline int start_thread(void *(*body)(void *), int64_t argument) {
        pthread_attr_t attributes;
        pthread_t thread;
        sigset_t all, before;                                           /* signals are for Python's threads */
        sigfillset(&all);
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, 8 << 20);                /* kernels keep their scratch on the stack */
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int failed = pthread_create(&thread, &attributes, body, (void *)argument);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        pthread_attr_destroy(&attributes);
        return failed;
    }
    static inline void after_fork(void (*child)(void)) { pthread_atfork(NULL, NULL, child); }
    #else                                                               /* elsewhere every kernel runs on its caller's thread */
    static inline void huge_pages(int64_t p, int64_t nbytes) { (void)p; (void)nbytes; }
    static inline void futex_wait(int64_t *p, int64_t seen) { (void)p; (void)seen; }
    static inline void futex_wake(int64_t *p, int64_t n) { (void)p; (void)n; }
    static inline int64_t thread_id(void) { return 0; }
    static inline int64_t current_cpu(void) { return -1; }
    static inline int64_t usable_cpus(void) { return 1; }
    static inline void move_off(int64_t thread, int64_t cpu) { (void)thread; (void)cpu; }
    static inline int start_thread(void *(*body)(void *), int64_t argument) { (void)body; (void)argument; return 1; }
    static inline void after_fork(void (*child)(void)) { (void)child; }
    #endif
    """
    int64_t system_allocate(int64_t alignment, int64_t nbytes)
    void system_free(int64_t p)
    int64_t map_pages(int64_t nbytes)
    void unmap_pages(int64_t p, int64_t nbytes)
    void huge_pages(int64_t p, int64_t nbytes)
    int64_t load(int64_t p)
    void store(int64_t p, int64_t value)
    int64_t pop_block(int64_t head)
    void push_block(int64_t head, int64_t block)
    void store_double(int64_t p, double value)
    void copy_bytes(int64_t to, int64_t source, int64_t nbytes)
    void zero_bytes(int64_t p, int64_t nbytes)
    int64_t bit_length(int64_t x)
    void call(int64_t kernel, int64_t words, int64_t begin, int64_t end)
    int64_t atomic_load(int64_t *p)
    void atomic_store(int64_t *p, int64_t value)
    int64_t add_and_fetch(int64_t *p, int64_t value)
    bint compare_and_swap(int64_t *p, int64_t old, int64_t new)
    void pause_processor()
    void futex_wait(int64_t *p, int64_t seen)
    void futex_wake(int64_t *p, int64_t n)
    int64_t thread_id()
    int64_t current_cpu()
    int64_t usable_cpus()
    void move_off(int64_t thread, int64_t cpu)
    int start_thread(void *(*body)(void *) noexcept nogil, int64_t argument)
    void after_fork(void (*child)() noexcept nogil)

cdef extern from *:
    object number_at(int64_t p, int kind, int64_t size)
    bint put_numbers(int64_t p, int kind, int64_t size, object numbers, int64_t room)
    int letter_of(object numbers)
    void put_ramp(int64_t p, int kind, int64_t size, int64_t start, int64_t step, int64_t count)
    int64_t array_low(object capsule) except? -1
    int64_t array_bytes(object capsule) except -1
    int array_readonly(object capsule) except -1
    object array_layout(object capsule)
    int lend_bytes(object owner, Py_buffer *view, int64_t p, int64_t nbytes, bint readonly, int flags) except -1
    void export_buffer(object type, int (*lend)(object, Py_buffer *, int) except -1,
                       void (*take_back)(object, Py_buffer *) noexcept)
