"""The thread pool: which threads run, what they must not change, fork, and two Python threads at once."""

import ctypes
import os
import subprocess
import sys
import threading
import time

import llvmlite.binding as llvm
import numpy as np
import pytest

from pellucid.core import is_compiled, memory
from pellucid.core.memory import (
    Template,
    adopt,
    allocate,
    get_num_threads,
    give_frame,
    run,
    set_num_threads,
    take_frame,
    view_as_array,
)

# out[chunk] = a number that takes `steps` dependent multiplications to find
SLOW = """
define void @slow(ptr %words, i64 %begin, i64 %end) {
entry:
  %place = getelementptr i64, ptr %words, i64 1
  %steps = load i64, ptr %place
  %address = load i64, ptr %words
  %out = inttoptr i64 %address to ptr
  br label %chunk
chunk:
  %c = phi i64 [%begin, %entry], [%next, %done]
  %more = icmp slt i64 %c, %end
  br i1 %more, label %loop, label %exit
loop:
  %i = phi i64 [0, %chunk], [%i1, %loop]
  %x = phi i64 [%c, %chunk], [%x2, %loop]
  %x1 = mul i64 %x, 6364136223846793005
  %x2 = add i64 %x1, 1442695040888963407
  %i1 = add i64 %i, 1
  %again = icmp slt i64 %i1, %steps
  br i1 %again, label %loop, label %done
done:
  %to = getelementptr i64, ptr %out, i64 %c
  store i64 %x2, ptr %to
  %next = add i64 %c, 1
  br label %chunk
exit:
  ret void
}
"""


@pytest.fixture(scope="module")
def slow():
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(SLOW),
                                        llvm.Target.from_default_triple().create_target_machine())
    engine.finalize_object()
    yield engine.get_function_address("slow")
    engine.close()


@pytest.fixture(autouse=True)
def same_number_afterwards():
    before = get_num_threads()
    yield
    set_num_threads(before)


def launch(address, chunks, steps=300, work=None):
    out = allocate(8 * chunks, zero=True)
    frame = take_frame()
    frame.put_pointer(0, out, 0)
    frame.put_template(1, Template((steps,)))
    run(address, frame, chunks, chunks * steps if work is None else work)
    give_frame(frame)
    return view_as_array(out, 0, (chunks,), (8,), "<i8")


def expected(chunks, steps=300):
    value = np.arange(chunks, dtype=np.uint64)
    for _ in range(steps):
        value = value * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
    return value.view(np.int64)


def test_number_of_threads():
    set_num_threads(3)
    assert get_num_threads() == 3
    for wrong in (0, -1):
        with pytest.raises(RuntimeError, match="set_num_threads expects a positive integer"):
            set_num_threads(wrong)
    for wrong in (1.0, "2", None):
        with pytest.raises(TypeError):
            set_num_threads(wrong)
    assert get_num_threads() == 3


@pytest.mark.parametrize("setting, threads", [
    ({"PELLUCID_NUM_THREADS": "5", "OMP_NUM_THREADS": "3"}, 5), ({"OMP_NUM_THREADS": "3"}, 3),
    ({"OMP_NUM_THREADS": "4,2"}, 4),
    ({"OMP_NUM_THREADS": "none"}, None), ({}, None),
])
def test_default_number(setting, threads):
    clean = {name: value
             for name, value in os.environ.items() if name not in ("PELLUCID_NUM_THREADS", "OMP_NUM_THREADS")}
    found = subprocess.run([sys.executable, "-c", "from pellucid.core import memory; print(memory.get_num_threads())"],
                           env=clean | setting, capture_output=True, text=True, check=True, cwd=os.getcwd())
    assert int(found.stdout) == (threads or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("chunks", [1, 2, 5, 300, 20_000])
def test_same_result_for_any_number(slow, threads, chunks):
    set_num_threads(threads)
    wanted = expected(chunks)
    for _ in range(20):
        assert (launch(slow, chunks) == wanted).all()


def test_workers_help(slow):
    if not is_compiled() or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one thread does all")
    threads = set()
    kernel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(
        lambda words, begin, end: (threads.add(threading.get_native_id()), time.sleep(0.002)) and None)
    address = ctypes.cast(kernel, ctypes.c_void_p).value
    set_num_threads(3)
    run(address, take_frame(), 30, 10 ** 8)
    assert len(threads) == 3
    threads.clear()
    set_num_threads(2)
    run(address, take_frame(), 30, 10 ** 8)
    assert len(threads) == 2
    threads.clear()
    set_num_threads(1)
    run(address, take_frame(), 30, 10 ** 8)
    assert threads == {threading.get_native_id()}
    threads.clear()
    set_num_threads(4)
    run(address, take_frame(), 30, 10 ** 8)
    assert len(threads) == 4


def test_short_work_stays_on_the_caller():
    threads = set()
    kernel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(
        lambda words, begin, end: threads.add(threading.get_native_id()))
    set_num_threads(2)
    for _ in range(50):
        run(ctypes.cast(kernel, ctypes.c_void_p).value, take_frame(), 8, 19_000)
    assert threads == {threading.get_native_id()}


def test_the_gil_is_released_in_long_kernels(slow):
    if not is_compiled():
        pytest.skip("ctypes releases it always")
    set_num_threads(1)
    beats, stop = [], threading.Event()

    def beat():
        while not stop.is_set():
            beats.append(time.perf_counter())
            time.sleep(0.001)

    other = threading.Thread(target=beat)
    other.start()
    begin = time.perf_counter()
    launch(slow, 100, 1_000_000)                         # about 0.1 s
    end = time.perf_counter()
    stop.set()
    other.join()
    assert len([t for t in beats if begin < t < end]) >= 5


def test_two_python_threads_at_once(slow):
    set_num_threads(2)
    wrong, wanted = [], expected(2000)

    def work():
        for _ in range(60):
            if not (launch(slow, 2000) == wanted).all():
                wrong.append(1)

    others = [threading.Thread(target=work) for _ in range(4)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert not wrong


def test_changing_the_number_while_kernels_run(slow):
    wanted, stop = expected(500), threading.Event()

    def change():
        while not stop.is_set():
            for threads in (1, 3, 2, 5):
                set_num_threads(threads)

    other = threading.Thread(target=change)
    other.start()
    try:
        for _ in range(200):
            assert (launch(slow, 500) == wanted).all()
    finally:
        stop.set()
        other.join()


FORK = """
import os, sys, warnings
sys.path.insert(0, {tests!r})
import test_threads as t
t.llvm.initialize_native_target(); t.llvm.initialize_native_asmprinter()
machine = t.llvm.Target.from_default_triple().create_target_machine()
engine = t.llvm.create_mcjit_compiler(t.llvm.parse_assembly(t.SLOW), machine)
engine.finalize_object()
slow = engine.get_function_address("slow")
t.set_num_threads(3)
wanted = t.expected(2000)
assert (t.launch(slow, 2000) == wanted).all()
warnings.simplefilter("ignore")
children = []
for _ in range(3):
    child = os.fork()
    if not child:
        good = all((t.launch(slow, 2000) == wanted).all() for _ in range(20))
        grandchild = os.fork()
        if not grandchild:
            os._exit(0 if (t.launch(slow, 2000) == wanted).all() else 1)
        good = good and os.waitpid(grandchild, 0)[1] == 0
        os._exit(0 if good else 1)
    children.append(child)
    assert (t.launch(slow, 2000) == wanted).all()
assert all(os.waitpid(child, 0)[1] == 0 for child in children)
print("forked")
"""


def test_fork_after_use():
    found = subprocess.run([sys.executable, "-c", FORK.format(tests=os.path.dirname(__file__))], capture_output=True,
                           text=True, timeout=60, cwd=os.getcwd())
    assert found.stdout == "forked\n", found.stderr


def test_memory_of_a_running_kernel_is_not_reused():
    """Another thread may drop every other reference to an operand while the GIL is released: the frame still has one.
    """
    source = np.zeros(1 << 16, np.uint8)
    frame = take_frame()
    frame.put_pointer(0, adopt(source), 0)
    references = sys.getrefcount(source)
    give_frame(frame)
    assert sys.getrefcount(source) == references - 1


def test_stack_of_a_worker_is_large():
    """Kernels keep up to a megabyte of scratch on the stack; the pool gives its threads eight."""
    if not is_compiled():
        pytest.skip("no workers")
    set_num_threads(3)
    sizes = set()
    libc = ctypes.CDLL(None)

    def body(words, begin, end):
        attributes = ctypes.create_string_buffer(256)
        size = ctypes.c_size_t()
        libc.pthread_self.restype = ctypes.c_void_p
        libc.pthread_getattr_np(ctypes.c_void_p(libc.pthread_self()), attributes)
        libc.pthread_attr_getstacksize(attributes, ctypes.byref(size))
        sizes.add(size.value)
        time.sleep(0.002)

    kernel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(body)
    run(ctypes.cast(kernel, ctypes.c_void_p).value, take_frame(), 12, 10 ** 8)
    assert min(sizes) >= 7 << 20


def test_statistics_survive_threads(slow):
    set_num_threads(2)
    live = memory.memory_stats()["live"]
    for _ in range(50):
        launch(slow, 100)
    assert memory.memory_stats()["live"] == live
