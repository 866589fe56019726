"""What is going on in this thread (grad mode, modes, a walk), and where in the user's program it is.

Each thread has a State. A warm operator asks it one thing, `watched`; all else is for those who come when the answer is
yes. Called by everything in the core and by the public context managers (no_grad, detect_anomaly ...).
"""

import linecache
import os
import threading

import cython

if not cython.compiled:                          # compiled, these come from state.pxd
    import itertools
    import sys

    _local = threading.local()
    _threads = itertools.count(1)

    def this_thread():
        if not hasattr(_local, "number"):
            _local.number = next(_threads)
        return _local.number

    def user_code(root):
        frame = sys._getframe(1)
        while frame.f_code.co_filename.startswith(root) and frame.f_back is not None:
            frame = frame.f_back
        _local.instruction = frame.f_lasti
        return frame.f_code

    def last_instruction():
        return _local.instruction


class State:
    """The modes of one thread. `watched` is the one thing a warm operator asks: whether anything but grad mode wants
    its attention.

    grad_enabled    nodes are recorded
    inference       results are inference tensors (grad_enabled is False then)
    lifted          grad mode was turned on inside of inference mode: to those who ask, no more
    modes           a stack of objects that see every operator before it runs
    anomaly         detect_anomaly is on; check_nan: it looks for NaN
    saved_hooks     a stack of (pack, unpack)
    no_overrides    __torch_function__ is not asked
    walk            the number of the backward walk under way, 0 if none; of it:
    arrivals        what is still to be visited
    partial         it is not for every leaf
    evaluating      the node whose derivative is being computed
    callbacks       what is to be called at its end
    """

    def __init__(self):
        self.watched = self.inference = self.anomaly = self.no_overrides = self.partial = self.lifted = False
        self.grad_enabled = self.check_nan = True
        self.modes, self.saved_hooks, self.callbacks = [], [], []
        self.evaluating = self.arrivals = None
        self.walk = 0
        self.thread = this_thread()

    def update(self):
        """Recompute `watched`, after any of the things behind it has changed."""
        self.watched = len(self.modes) > 0 or len(self.saved_hooks) > 0 or self.anomaly


def sees_inside(state):
    """Whether the innermost mode wants to see the parts of composites and of derivatives, one operator at a time."""
    return len(state.modes) > 0 and getattr(state.modes[-1], "inside", False)


_state = State()                                 # of the thread that asked last
_kept = threading.local()
_kept.state = _state


def current():
    """The State of the calling thread."""
    global _state
    state = _state
    if state.thread != this_thread():
        if not hasattr(_kept, "state"):
            _kept.state = State()
        state = _state = _kept.state
    return state


# frames of files in here are not the user's
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def here():
    """Where the program is: (code object, instruction) of the innermost frame outside this package."""
    code = user_code(ROOT)
    return code, last_instruction()


def _line(place):
    """(file, line, function) of what `here` returned."""
    code, instruction = place
    number = code.co_firstlineno
    for start, end, line in code.co_lines():
        if start <= instruction < end and line is not None:
            number = line
    return code.co_filename, number, code.co_name


def describe(place):
    """A place as text: file, line, function, and the line itself if its file can be read."""
    if not isinstance(place, tuple) or place[0] is None:
        return "an unknown place"
    filename, number, function = _line(place)
    source = linecache.getline(filename, number).strip()
    return f"{filename}:{number}, in {function}" + (f": {source}" if source else "")
