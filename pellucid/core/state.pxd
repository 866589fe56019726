cimport cython
from libc.stdint cimport int64_t


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
    object user_code(str root)
    int64_t last_instruction()


@cython.final
cdef class State:
    cdef public bint watched
    cdef public bint grad_enabled
    cdef public bint inference
    cdef public bint anomaly
    cdef public bint check_nan
    cdef public bint no_overrides
    cdef public bint partial
    cdef public bint lifted
    cdef public list modes
    cdef public list saved_hooks
    cdef public list callbacks
    cdef public object evaluating
    cdef public dict arrivals
    cdef public int64_t walk
    cdef int64_t thread
    cpdef update(self)

cdef bint sees_inside(State state) except -1

cdef State _state
cdef str ROOT

@cython.locals(state=State)
cpdef State current()

cpdef tuple here()
