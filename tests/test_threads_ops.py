"""Threads and fork as a program meets them: through tensors, operators and training. The pool itself is tested in
tests/core/test_threads.py.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import pellucid as torch
from pellucid.core import is_compiled

ROOT = Path(__file__).resolve().parent.parent


def train(seed: int, steps: int = 3) -> list[float]:
    """Loss and sums of the weights of a model that is quick, and large enough that its products, sums and maps are
    shared among threads.
    """
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.empty(200, n).normal_(generator=generator) for n in (300, 40))
    layers = torch.nn.Sequential(torch.nn.Linear(300, 400), torch.nn.Tanh(), torch.nn.Linear(400, 40))
    for p in layers.parameters():
        p.detach().normal_(0, 0.05, generator=generator)
    optimiser = torch.optim.SGD(layers.parameters(), lr=0.1, momentum=0.9)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = ((layers(x) - y) ** 2).mean()
        loss.backward()
        optimiser.step()
    return [loss.item(), *[p.detach().double().sum().item() for p in layers.parameters()]]


FORK = "import pellucid as torch\n" + inspect.getsource(train) + """
import os, threading, warnings
warnings.simplefilter("ignore")

def in_child(work):
    child = os.fork()
    if child:
        return child
    good = False
    try:
        good = work()
    finally:
        os._exit(0 if good else 1)

torch.set_num_threads(2)
wanted = train(1)

def work():
    "Train again, with the pool that the fork left behind, with another number of threads, and in a child of the child."
    good = train(1) == wanted and torch.get_num_threads() == 2
    torch.set_num_threads(3)
    good = good and train(1) == wanted and train(2) == other
    grandchild = in_child(lambda: train(1) == wanted)
    return good and os.waitpid(grandchild, 0)[1] == 0

other = train(2)
children = [in_child(work) for _ in range(2)]
assert train(1) == wanted, "the parent goes on meanwhile"
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]

# a fork while another thread is computing
stop = threading.Event()

def compute():
    while not stop.is_set():
        train(2, 1)

busy = threading.Thread(target=compute)
busy.start()
children = [in_child(lambda: train(1) == wanted) for _ in range(3)]
ended = [os.waitpid(child, 0)[1] for child in children]
stop.set()
busy.join()
assert ended == [0, 0, 0], ended
print("trained")
"""


@pytest.fixture(autouse=True)
def same_number_afterwards():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_trains():
    done = subprocess.run([sys.executable, "-c", FORK], cwd=ROOT, capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stdout) == (0, "trained\n"), done.stderr


def together(*work) -> list:
    """What functions return that run in threads of their own, started as one."""
    barrier, results = threading.Barrier(len(work)), [None] * len(work)

    def run(k):
        barrier.wait()
        try:
            results[k] = work[k]()
        except BaseException as failure:
            results[k] = failure

    threads = [threading.Thread(target=run, args=(k,)) for k in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_that_train_at_once_do_not_disturb_each_other(threads):
    torch.set_num_threads(threads)
    alone = [train(seed) for seed in (1, 2)]                    
    assert together(lambda: train(1), lambda: train(2)) == alone
    assert together(lambda: train(2), lambda: train(2)) == [alone[1]] * 2  


# ---- the GIL: what each family of kernels says of its work decides whether other Python threads run meanwhile --------

def long_work() -> dict:
    """A call of some ten milliseconds on one thread, for each family of kernels."""
    F, draw = torch.nn.functional, torch.Generator().manual_seed(0)
    x = torch.empty(2000, 2000).normal_(generator=draw)
    index, image = torch.randint(0, 2000, (2000, 2000),
                                 generator=draw), torch.empty(4, 32, 64, 64).normal_(generator=draw)
    small, large, leaf = torch.ones(64, 32, 3, 3), torch.ones(32, 32, 5,
                                                              5), torch.ones(32, 32, 3, 3, requires_grad=True)
    made = F.conv2d(image, leaf, padding=1)
    gradient, weights = torch.ones_like(made), torch.ones(4_000_000, requires_grad=True)
    weights.grad = torch.ones(4_000_000)
    optimiser = torch.optim.AdamW([weights])
    return {
        "map": lambda: torch.erf(x), "turned copy": lambda: x.t().contiguous(),
        "sum": lambda: x.double().pow(2.5).sum(), "argmax": lambda: x.argmax(0),
        "softmax": lambda: torch.softmax(x, 1), "layer norm": lambda: F.layer_norm(x, (2000,)),
        "cumsum": lambda: x.cumsum(0),
        "gather": lambda: x.gather(0, index), "scatter": lambda: torch.zeros(2000, 2000).scatter_add(0, index, x),
        "mask": lambda: x[x > 0], "matrix product": lambda: x[:800, :800] @ x[:800, :800],
        "convolution": lambda: F.conv2d(image, large, padding=2),
        "convolution by Winograd": lambda: F.conv2d(image, small, padding=1),
        "pooling": lambda: F.max_pool2d(image, 3, 1, 1),
        "backward": lambda: torch.autograd.grad(made, leaf, gradient, retain_graph=True),
        "random": lambda: torch.randn(2_000_000, generator=draw), "optimiser": optimiser.step,
    }


@pytest.mark.skipif(not is_compiled(), reason="ctypes releases the GIL always")
def test_other_python_threads_run_during_long_kernels():
    """Another thread notes the time; some of its notes must fall into the middle of each long call."""
    torch.set_num_threads(1)
    notes, stop = [], threading.Event()

    def note():
        while not stop.is_set():
            notes.append(time.perf_counter())
            time.sleep(0.0003)

    def others_run(work) -> bool:
        notes.clear()
        begin = time.perf_counter()
        work()
        quarter = (time.perf_counter() - begin) / 4
        return any(begin + quarter < at < begin + 3 * quarter for at in list(notes))

    other = threading.Thread(target=note)
    other.start()
    try:
        held = [name for name, work in long_work().items() if not (work(), any(others_run(work) for _ in range(20)))[1]]
    finally:
        stop.set()
        other.join()
    assert not held, f"the GIL is held during {held}"


# ---- manners: what the pool's threads do when there is nothing to do, and where they run -----------------------------

pooled = pytest.mark.skipif(not is_compiled() or not hasattr(os, "sched_getaffinity"), reason="no pool of threads here")


@pooled
def test_idle_threads_sleep():
    """A thread that has nothing to do watches for some microseconds, not for good."""
    torch.set_num_threads(3)
    x = torch.randn(400, 400)
    for _ in range(5):
        x @ x
    time.sleep(0.02)
    begin = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - begin < 0.1


MOVE = """
import ctypes, os, sys, time
import pellucid as torch
from pellucid.core import memory

torch.set_num_threads(2)
kernel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64,
                          ctypes.c_int64)(lambda words, begin, end: time.sleep(0.001))
address = ctypes.cast(kernel, ctypes.c_void_p).value

def job():
    frame = memory.take_frame()
    # all sleep now and then, so that a helper on the caller's CPU has its turn
    memory.run(address, frame, 8, 10**8)
    memory.give_frame(frame)

before = set(os.listdir("/proc/self/task"))
job()
(helper,) = map(int, set(os.listdir("/proc/self/task")) - before)
everywhere, libc = os.sched_getaffinity(0), ctypes.CDLL(None)
end = time.monotonic() + 60
# on a busy machine the caller itself may be moved, again and again
while time.monotonic() < end:
    here = libc.sched_getcpu()
    os.sched_setaffinity(helper, {here})
    job()                                             # the helper notes that it runs here
    if libc.sched_getcpu() == here and os.sched_getaffinity(helper) == {here}:
        job()
        if os.sched_getaffinity(helper) == everywhere - {here}:
            break
else:
    sys.exit("a helper was left on the CPU of its caller")
assert os.sched_getaffinity(0) == everywhere, "the caller itself is not bound"

# a child that forks off has threads of its own: those of its parent, whose numbers it has inherited, are left alone
for _ in range(12):
    here = libc.sched_getcpu()
    os.sched_setaffinity(helper, {here})
    job()
    bound = os.sched_getaffinity(helper)
    child = os.fork()
    if not child:
        job()
        os._exit(0)
    assert os.waitpid(child,
                      0)[1] == 0 and os.sched_getaffinity(helper) == bound, "a child moved a thread of its parent"
"""


@pooled
@pytest.mark.skipif(hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) < 2,
                    reason="one CPU: everyone is on it")
def test_a_helper_on_its_caller_s_cpu_is_moved():
    """It would wait there for the caller, who waits for it."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", MOVE], cwd=ROOT, capture_output=True, text=True,
                          timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr


def test_one_tensor_is_read_by_many_threads():
    x = torch.arange(300_000, dtype=torch.float32).reshape(300, 1000).requires_grad_()
    expected, gradient = x.detach().sum(1).tolist(), 2 * x.detach()

    def read():
        for _ in range(10):
            assert x.sum(1).tolist() == expected
        (found,) = torch.autograd.grad((x * x).sum(), x)
        assert torch.equal(found, gradient)

    together(read, read, read)


def test_gradients_of_a_shared_leaf_are_all_added():
    weight = torch.ones(1000, requires_grad=True)

    def add(factor):
        for _ in range(20):
            (weight * factor).sum().backward()

    together(lambda: add(1.0), lambda: add(2.0), lambda: add(4.0))
    assert weight.grad.tolist() == [140.0] * 1000


def test_modes_are_a_thread_s_own():
    """no_grad, and the kind of gradients wanted, in one thread do not reach another."""
    inside, seen = threading.Barrier(2), []

    def without():
        with torch.no_grad():
            inside.wait()
            seen.append(torch.is_grad_enabled())
            inside.wait()

    def with_():
        inside.wait()
        seen.append((torch.ones(3, requires_grad=True) * 2).requires_grad and torch.is_grad_enabled())
        inside.wait()

    together(without, with_)
    assert sorted(seen) == [False, True] and torch.is_grad_enabled()


def test_the_number_of_threads():
    before = torch.get_num_threads()
    assert before >= 1
    torch.set_num_threads(2)
    assert torch.get_num_threads() == 2
    for wrong in (0, -3):
        with pytest.raises(RuntimeError, match="set_num_threads expects a positive integer"):
            torch.set_num_threads(wrong)
    with pytest.raises(TypeError):
        torch.set_num_threads("two")
    assert torch.get_num_threads() == 2 and together(torch.get_num_threads, torch.get_num_threads) == [2, 2]


def test_the_number_changes_no_result_and_may_change_at_any_time():
    x = torch.randn(500, 700)
    wanted, stop = (x.t() @ x).tolist(), threading.Event()

    def change():
        while not stop.is_set():
            for threads in (1, 3, 2):
                torch.set_num_threads(threads)

    def compute():
        try:
            return all((x.t() @ x).tolist() == wanted for _ in range(5))
        finally:
            stop.set()

    assert together(change, compute)[1]


def test_tensors_freed_in_another_thread():
    """A tensor may be made in one thread, used in a second and dropped in a third, with the graph that it ends."""
    made, ends = [], []

    def make():
        for k in range(50):
            leaf = torch.full((100, 100), float(k), requires_grad=True)
            made.append((leaf, (leaf * 2).exp().clamp(max=10.0)))

    def use():
        while len(ends) < 50:
            if made:
                leaf, end = made.pop()
                end.sum().backward()
                ends.append(leaf.grad is not None)
                del leaf, end

    together(make, use)
    assert all(ends) and len(ends) == 50


def test_a_mask_that_another_thread_changes_while_its_elements_are_counted_and_taken():
    """What is taken is then one moment's or another's; it is never written beyond the memory for it."""
    mask, x = torch.zeros(200_000, dtype=torch.bool), torch.arange(200_000)
    stop = threading.Event()

    def flip() -> None:
        while not stop.is_set():
            mask.fill_(True)
            mask.fill_(False)

    flipping = threading.Thread(target=flip)
    flipping.start()
    try:
        for _ in range(100):
            for found in (mask.nonzero(), x[mask], torch.masked_select(x, mask)):
                assert found.numel() <= 200_000 and (found.numel() == 0 or 0 <= found.min() and found.max() < 200_000)
            torch.zeros(200_000, dtype=torch.int64).masked_scatter_(mask, x)
    finally:
        stop.set()
        flipping.join()


@pytest.mark.parametrize("left, after", [(2**32 - 1, 0), (0, 624), (624, 624), (1, 2**31), (600, 600)])
def test_a_state_half_written_by_another_thread_reads_nothing_but_the_state(left, after):
    generator = torch.Generator()
    state = generator._words.numpy()
    state[-2:] = left, after
    first = torch.rand(2000, generator=generator)
    state[:] = torch.Generator()._words.numpy()
    state[-2:] = left, after
    assert torch.equal(first, torch.rand(2000, generator=generator))
    assert 0 < int(state[-2]) <= 624 and int(state[-1]) <= 624
