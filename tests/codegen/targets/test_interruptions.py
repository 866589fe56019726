"""Kernels are made while signals, forks, other threads, the collector, limits and the end of the process come in
between.

Each test is a process of its own, in which LLVM takes half a second for its first kernel: what comes in between comes
while it works."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

SLOW = """
    import gc, os, resource, signal, sys, threading, time
    import pellucid as torch
    from pellucid.codegen.targets import cpu

    x, busy, translate = torch.ones(9), threading.Event(), cpu._translate
    between = []                                    # what is done, once, in the midst of LLVM's work

    def slow(*what):
        if not busy.is_set():
            busy.set()
            while between:
                between.pop()()
            time.sleep(0.5)
        return translate(*what)

    cpu._translate = slow

    def right():
        assert abs(torch.tanh(x)[8].item() - 0.7615942) < 1e-6 and abs(torch.exp(x)[8].item() - 2.7182818) < 1e-6
        return True

    def child_is_right():
        pid = os.fork()
        if pid == 0:
            try:
                signal.alarm(60)
                right()
            except BaseException:
                os._exit(1)
            os._exit(0)
        return lambda: os.waitpid(pid, 0)[1] == 0
"""


def run(program: str, place: Path) -> str:
    program = textwrap.dedent(SLOW) + textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-W", "ignore::DeprecationWarning", "-c", program],
                          cwd=ROOT, text=True, capture_output=True,
                          timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT), "PELLUCID_CACHE": str(place)})
    assert done.returncode == 0, done.stderr
    return done.stdout


PROGRAMS = {
    "a handler uses another operator": """
        signal.signal(signal.SIGALRM, lambda *_: torch.exp(x))
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        torch.tanh(x)
        assert right()
    """,
    "a handler uses the operator whose kernel is being made": """
        signal.signal(signal.SIGALRM, lambda *_: torch.tanh(x))
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        torch.tanh(x)
        assert right()
    """,
    "Ctrl-C": """
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
        start = time.monotonic()
        try:
            torch.tanh(x)
        except KeyboardInterrupt:
            assert time.monotonic() - start < 0.45, "at once, and not when LLVM has done"
        else:
            raise AssertionError("not interrupted")
        other = threading.Thread(target=right)
        other.start()
        assert right()
        other.join()
    """,
    "Ctrl-C again and again": """
        def interrupt():
            while not done.wait(0.011):
                os.kill(os.getpid(), signal.SIGINT)

        cpu._translate, done, count = translate, threading.Event(), 0
        threading.Thread(target=interrupt).start()
        while not done.is_set():
            try:
                for k in range(count, 30):
                    assert (torch.ones(3) * 2).pow(2 + k / 7).add(x[:3]).shape == (3,)
                    for f in (torch.sin, torch.cos, torch.exp, torch.log, torch.tanh, torch.sqrt, torch.erf,
                              torch.sigmoid, torch.neg, torch.floor):
                        f(torch.ones(3, dtype=(torch.float32, torch.float64, torch.int32)[k % 3]))
                    count = k + 1
                done.set()
            except KeyboardInterrupt:
                pass
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        other = threading.Thread(target=right)
        other.start()
        assert right()
        other.join()
    """,
    "a fork while another thread makes a kernel": """
        other = threading.Thread(target=torch.tanh, args=(x,))
        other.start()
        busy.wait()
        well = child_is_right()
        other.join()
        assert well() and right()
    """,
    "a fork by a handler while this thread waits for a kernel": """
        children = []
        signal.signal(signal.SIGALRM, lambda *_: children.append(child_is_right()))
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        torch.tanh(x)
        assert children[0]() and right()
    """,
    "a fork whose child goes on with what was interrupted": """
        pids = []
        signal.signal(signal.SIGALRM, lambda *_: pids.append(os.fork()))
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        assert right()
        if pids[0] == 0:
            os._exit(0)
        assert os.waitpid(pids[0], 0)[1] == 0
    """,
    "the collector runs what uses an operator": """
        class Late:
            def __del__(self):
                found.append(torch.exp(x)[0].item())

        def drop():
            late.clear()
            gc.collect()

        found, late = [], [Late()]
        late[0].itself = late[0]
        between.append(drop)
        torch.tanh(x)
        assert len(found) == 1 and right()
    """,
    "many threads and forks": """
        cpu._translate = lambda *what: (time.sleep(0.02), translate(*what))[1]
        functions = (torch.sin, torch.cos, torch.exp, torch.log, torch.tanh, torch.sqrt, torch.erf, torch.sigmoid,
                     torch.neg, torch.floor)
        threads = [threading.Thread(target=lambda k=k: [functions[(i * (k + 1)) % 10](x) for i in range(10)])
                   for k in range(4)]
        for thread in threads:
            thread.start()
        well = [child_is_right() for _ in range(6)]
        for thread in threads:
            thread.join()
        assert all(child() for child in well) and right()
    """,
    "the end comes while a thread makes a kernel": """
        threading.Thread(target=torch.tanh, args=(x,), daemon=True).start()
        busy.wait()
    """,
    "kernels are made at the end": """
        import atexit
        atexit.register(right)
        class Late:
            def __del__(self):
                torch.sigmoid(x)
        late = Late()
    """,
    "no thread can be started": """
        def refuse(self):
            raise RuntimeError("can't start new thread")
        threading.Thread.start = refuse
        assert right()
    """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_comes_in_between(program, tmp_path):
    run(program, tmp_path)


def test_an_error_of_llvm_is_raised_where_the_kernel_was_wanted(tmp_path):
    run("""
        def fail():
            raise ZeroDivisionError("in LLVM")

        def use():
            held = torch.ones(3)
            gone.append(weakref.ref(held))
            torch.tanh(x)

        import weakref
        gone = []
        gc.disable()
        between.append(fail)
        try:
            use()
        except ZeroDivisionError as error:
            assert str(error) == "in LLVM"
        else:
            raise AssertionError("no error")
        assert gone[0]() is None, "the error is gone, and with it what its frames held"
        assert right()
    """, tmp_path)


LIMITS = """
    def limited(bytes):
        pages = [int(word) for word in open("/proc/self/statm").read().split()]
        resource.setrlimit(limit, (pages[field] * resource.getpagesize() + bytes, resource.RLIM_INFINITY))

    if loaded:
        torch.exp(x)
    limited(20 << 20)
    for _ in range(2):
        try:
            torch.tanh(x)
        except MemoryError as error:
            assert "compiling a kernel may take" in str(error), error
        else:
            raise AssertionError("compiled")
    limited(600 << 20)
    assert right()
"""


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize(("limit", "field"), [("RLIMIT_AS", 0), ("RLIMIT_DATA", 5)])
def test_too_little_memory_for_llvm_is_an_exception(tmp_path, limit, field, loaded):
    """LLVM would end the process."""
    run(f"limit, field, loaded = resource.{limit}, {field}, {loaded}\n" + textwrap.dedent(LIMITS), tmp_path)
