"""Threads and fork as a program meets them: through tensors, operators and training. The pool itself is tested in tests/core/test_threads.py."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import pellucid as torch

ROOT = Path(__file__).resolve().parent.parent


def train(seed: int, steps: int = 3) -> list[float]:
    """Loss and sums of the weights of a model that is quick, and large enough that its products, sums and maps are shared among threads."""
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
