"""Running kernels: machine code called on the words of a frame, by one thread or by all.

Called by core/op.py (`run`). One of the modules of the C border. Only `_take`, `_worker` and `_share` run without the
GIL, and they touch `_pool` alone. Uncompiled, kernels run serially.
"""

import os

import cython

if cython.compiled:
    from cython.cimports.pellucid.core.system import (  # isort: skip
        add_and_fetch, after_fork, atomic_load, atomic_store, call, compare_and_swap, current_cpu, futex_wait,
                                                      futex_wake, move_off,
        pause_processor, start_thread, thread_id, usable_cpus,
    )
else:
    from types import SimpleNamespace

    from pellucid.core.twins import after_fork, call, usable_cpus

    LONG = 10_000
    _pool = SimpleNamespace(threads=1)


def run(address, frame, chunks, work):
    """Do chunks 0 .. chunks - 1 of the kernel at `address` on the words of `frame`. `work` is one thread's time for it
    all, in ns.

    Short work stays on the caller with the GIL held; from 10 us (LONG) the GIL is released, from 20 us awake threads
    help, and from 50 us sleeping ones are woken: waking one costs its caller 15 to 20 us.
    """
    if not address:
        raise RuntimeError("there is no kernel at address 0")
    if chunks <= 0:
        return 0
    if not cython.compiled or work < LONG:
        call(address, frame.address, 0, chunks)
    else:
        words = frame.address
        with cython.nogil:
            if chunks == 1 or work < 20_000 or _pool.threads == 1:
                call(address, words, 0, chunks)
            else:
                _share(address, words, chunks, work)
    return 0


def run_body(body, frame, chunks):
    """The same for an interpreted kernel, a Python callable of (list of words, begin, end), and for an observed one,
    which takes the frame.
    """
    if chunks > 0:
        if hasattr(body, "launched"):
            body.launched(frame, chunks)
        else:
            body(frame.words(), 0, chunks)
    return 0


# The thread pool ------------------------------------------------------------------------------------------------------
# One job at a time. Its chunks are taken by ticket, by whoever is awake, so no worker is ever waited for that has not
# begun, and which thread does which chunk changes nothing: chunks depend on shapes alone. `tickets` is generation << 31
# | tickets left, so that a worker that was suspended between reading it and taking one cannot take a ticket of a later
# job. `left` counts tickets not finished.

def _take():
    """Take one ticket and do its chunks; False if there was none."""
    ticket = atomic_load(cython.address(_pool.tickets))
    while ticket & 0x7fffffff:
        if compare_and_swap(cython.address(_pool.tickets), ticket, ticket - 1):
            begin = (_pool.issued - (ticket & 0x7fffffff)) * _pool.batch
            end = begin + _pool.batch
            call(_pool.kernel, _pool.words, begin, end if end < _pool.chunks else _pool.chunks)
            if add_and_fetch(cython.address(_pool.left), -1) == 0 and atomic_load(cython.address(_pool.waiting)):
                futex_wake(cython.address(_pool.left), 1)
            return True
        ticket = atomic_load(cython.address(_pool.tickets))
    return False


def _worker(argument):
    """The life of worker number `argument`: take tickets, watch a while for more, sleep until the bell."""
    index = cython.cast(cython.Py_ssize_t, argument)
    _pool.workers[index].cpu = current_cpu()
    _pool.workers[index].thread = thread_id()
    idle = 0
    while True:
        threads = atomic_load(cython.address(_pool.threads))
        if index >= threads - 1:                         # set_num_threads has no use for this one now
            futex_wait(cython.address(_pool.threads), threads)
        elif _take():
            idle = 0
            cpu = current_cpu()
            if cpu != _pool.workers[index].cpu:
                _pool.workers[index].cpu = cpu
        elif idle < 4000:                                # longer, and it starves the thread it waits for
            pause_processor()
            idle += 1
        else:
            seen = atomic_load(cython.address(_pool.bell))
            add_and_fetch(cython.address(_pool.asleep), 1)
            if not atomic_load(cython.address(_pool.tickets)) & 0x7fffffff:
                futex_wait(cython.address(_pool.bell), seen)
            add_and_fetch(cython.address(_pool.asleep), -1)
            idle = 0


def _share(address, words, chunks, work):
    """Run a kernel on all threads, the caller among them."""
    if not compare_and_swap(cython.address(_pool.busy), 0, 1):
        call(address, words, 0, chunks)                  # another Python thread has the pool
        return
    helpers = (_pool.threads if _pool.threads < chunks else chunks) - 1
    if helpers > 256:
        helpers = 256
    while work >= 50_000 and _pool.started < helpers and not start_thread(_worker, _pool.started):
        _pool.started += 1
    awake = _pool.threads - 1 if _pool.threads - 1 < _pool.started else _pool.started
    awake -= atomic_load(cython.address(_pool.asleep))
    if _pool.started == 0 or (awake <= 0 and work < 50_000):
        atomic_store(cython.address(_pool.busy), 0)
        call(address, words, 0, chunks)
        return
    _pool.kernel, _pool.words, _pool.chunks, _pool.batch = address, words, chunks, 1
    if chunks > 64 * _pool.threads:
        _pool.batch = (chunks + 64 * _pool.threads - 1) // (64 * _pool.threads)
    _pool.issued = (chunks + _pool.batch - 1) // _pool.batch
    atomic_store(cython.address(_pool.left), _pool.issued)
    generation = (_pool.tickets >> 31) + 1
    atomic_store(cython.address(_pool.tickets), (generation << 31) + _pool.issued)
    if work >= 50_000:
        if _pool.threads <= _pool.cpus:  # a worker left on the caller's CPU would wait for the caller, and stay there
            cpu = current_cpu()
            for i in range(_pool.started):
                if _pool.workers[i].cpu == cpu and _pool.workers[i].thread:
                    move_off(_pool.workers[i].thread, cpu)
        if atomic_load(cython.address(_pool.asleep)):
            add_and_fetch(cython.address(_pool.bell), 1)
            futex_wake(cython.address(_pool.bell), helpers)
    while _take():
        pass
    idle = 0
    seen = atomic_load(cython.address(_pool.left))
    while seen:
        if idle < 20000:
            pause_processor()
            idle += 1
        else:  # a worker has lost its CPU in the middle of a chunk: leave it ours
            atomic_store(cython.address(_pool.waiting), 1)
            futex_wait(cython.address(_pool.left), seen)
            atomic_store(cython.address(_pool.waiting), 0)
        seen = atomic_load(cython.address(_pool.left))
    atomic_store(cython.address(_pool.busy), 0)


def _forked():
    """In a forked child: the workers are not there; the next large job starts its own."""
    _pool.started = _pool.asleep = _pool.busy = _pool.waiting = _pool.left = 0
    _pool.tickets = (_pool.tickets >> 31) << 31
    for i in range(256):
        _pool.workers[i].thread = 0                      # lest a thread of the parent be moved


def set_num_threads(threads):
    """Use `threads` threads, the caller among them. Results do not depend on it, not in a single bit."""
    if type(threads) is not int:
        raise TypeError(f"set_num_threads expects an int, but got {type(threads).__name__}")
    if threads < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    if cython.compiled:
        atomic_store(cython.address(_pool.threads), threads)
        add_and_fetch(cython.address(_pool.bell), 1)     # sleepers look again which of the two to wait for
        futex_wake(cython.address(_pool.bell), 256)
        futex_wake(cython.address(_pool.threads), 256)
    else:
        _pool.threads = threads                          # remembered; one thread does the work


def get_num_threads():
    """How many threads a large kernel may use: PELLUCID_NUM_THREADS, OMP_NUM_THREADS or the CPUs of this process at the
    start.
    """
    return _pool.threads


def _threads_wanted():
    for name in ("PELLUCID_NUM_THREADS", "OMP_NUM_THREADS"):
        first = os.environ.get(name, "").split(",")[0].strip()
        if first.isdigit() and int(first) > 0:
            return int(first)
    return usable_cpus()


_pool.threads = _threads_wanted()
if cython.compiled:
    _pool.cpus = usable_cpus()
after_fork(_forked)
