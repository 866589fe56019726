"""Every operator's samples, called again and again while another thread changes their operands: what they hold, their
shape, their memory. An answer, of one moment or of another, or an ordinary exception; never a crash, and no word from
NumPy or from inside.

    python -m tests.races --share 1/4 --seed 3       a quarter of the samples
    python -m tests.races --only index_put cat --seconds 1    those of some operators, each for a second

Run by test_races.py, in processes of its own. The memory that is swapped in ends at a forbidden page (see fuzz.py), so
that a touch beyond it ends the process: the last line on its error stream is the call.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import random
import re
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import pellucid as torch
from pellucid.core.planning import forget_plans
from pellucid.ops import REGISTRY
from tests.fuzz import ALLOWED, Ground, excused
from tests.ops.calls import operator, sample, tensors_of
from tests.ops.samples import SAMPLES

# What NumPy says. (Python's own word, that a tuple has no such index say, is as good as another: a shape had changed.)
FOREIGN = re.compile(r"for axis \d|operands could not be|out of bounds for array|array at index|mmap")


def grounded(shape: tuple[int, ...], dtype: torch.dtype, number: float) -> tuple[torch.Tensor, Ground]:
    """A tensor whose last byte is the last before a forbidden page."""
    nbytes = int(np.prod(shape, dtype=int)) * dtype.itemsize
    ground = Ground(nbytes, True)
    made = torch.from_numpy(ground.array()).view(dtype).view(shape) if nbytes else torch.empty(shape, dtype=dtype)
    return made.fill_(number), ground


class Meddler(threading.Thread):
    """Changes tensors, and lists of tensors, until it is told to stop."""

    def __init__(self, tensors: list[torch.Tensor], lists: list[list], seed: int) -> None:
        super().__init__()
        self.rng, self.stopped, self.lists = random.Random(seed), threading.Event(), lists
        self.fresh = [t.detach().clone() for t in tensors]
        self.grounds: list[Ground] = []
        self.tensors, self.donors = tensors, [self.donors_of(t) for t in tensors]

    def donors_of(self, t: torch.Tensor) -> list[torch.Tensor]:
        shapes = [tuple(t.shape), tuple(2 * n + 1 for n in t.shape), tuple(n // 2 for n in t.shape),
                  (*t.shape, 2), tuple(t.shape)[1:], tuple(reversed(t.shape))]
        found = [grounded(shape, t.dtype, number) for shape in shapes for number in (0, 1)]
        if t.dtype in (torch.int64, torch.int32):
            found += [grounded(shapes[0], t.dtype, number) for number in (2**31 - 1, -2**31, 7)]
        self.grounds += [ground for _, ground in found]
        return [made for made, _ in found]

    def changes(self, t: torch.Tensor, fresh: torch.Tensor, donors: list[torch.Tensor]) -> list[Callable[[], Any]]:
        rng, other = self.rng, self.rng.choice(donors)
        return [lambda: t.fill_(rng.choice((-1, 0, 1, 2**31 - 1, -2**31) if t.dtype.is_signed else (0, 1, 255))),
                lambda: t.copy_(fresh), lambda: t.resize_(other.shape), lambda: t.resize_(0), lambda: t.set_(other),
                lambda: t.set_(fresh.clone()), lambda: setattr(t, "data", other), lambda: setattr(t, "data", fresh),
                lambda: t.t_(), lambda: t.unsqueeze_(0),
                lambda: t.set_(other.untyped_storage(), 0, tuple(other.shape), tuple(reversed(other.stride())))]

    def restore(self) -> None:
        with torch.no_grad():
            for t, fresh in zip(self.tensors, self.fresh):
                t.data = fresh.clone()

    def changes_of(self, one: list) -> list[Callable[[], Any]]:
        return [lambda: one.append(one[0]), one.pop, one.clear, lambda: one.extend(self.tensors)]

    def run(self) -> None:
        with torch.no_grad():
            while not self.stopped.is_set():
                if self.lists and self.rng.random() < 0.2:
                    changes = self.changes_of(self.rng.choice(self.lists))
                else:
                    place = self.rng.randrange(len(self.tensors))
                    changes = self.changes(self.tensors[place], self.fresh[place], self.donors[place])
                with contextlib.suppress(*ALLOWED, AttributeError):
                    self.rng.choice(changes)()


def foreign(error: BaseException) -> bool:
    """Whether an error speaks of what is inside."""
    return bool(FOREIGN.search(str(error))) or not isinstance(error, ALLOWED) and not excused(error)


def race(function: Callable, args: list, kwargs: dict, seconds: float, seed: int) -> Iterator[str]:
    given = tensors_of([args, list(kwargs.values())])
    meddler = Meddler(given, [a for a in args if isinstance(a, list) and tensors_of(a)], seed)
    meddler.start()
    until, times, seen = time.perf_counter() + seconds, 0, set()
    try:
        while time.perf_counter() < until or times < 2:
            if times % 3 == 0:
                forget_plans()                             # so that others have a turn while plans are made
            if times % 2 == 0:
                meddler.restore()
            times += 1
            try:
                found = [t for t in tensors_of(function(*args, **kwargs)) if t.requires_grad]
                leaves = [t for t in given if t.requires_grad and t.is_leaf]
                if found and leaves:
                    torch.autograd.grad([t.sum() for t in found], leaves, allow_unused=True)
            except Exception as error:
                if foreign(error):
                    text = f"{type(error).__name__}: {error}"
                    if text not in seen:
                        seen.add(text)
                        yield text + "".join(f"\n    {line.filename}:{line.lineno} {line.line}"
                                             for line in traceback.extract_tb(error.__traceback__)[-3:])
    finally:
        meddler.stopped.set()
        meddler.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--share", default="1/1", metavar="K/N")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--seconds", type=float, default=0.02, help="for each sample")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    faulthandler.enable()
    sys.setswitchinterval(1e-6)
    share, of = map(int, options.share.split("/"))
    cases = [(name, k, form) for name in sorted(SAMPLES) for k in range(len(SAMPLES[name]))
             for form in ([name, name + "_"] if name + "_" in REGISTRY else [name])
             if not options.only or name in options.only][share - 1 :: of]
    findings = 0
    for number, (name, k, form) in enumerate(cases):
        args, kwargs = sample(name, k, grad=number % 2 == 0, dtype=torch.float32)
        if not tensors_of([args, kwargs]):
            continue
        print(form, k, file=sys.stderr, flush=True)
        called = operator(name) if form == name else REGISTRY[form]
        listed = [list(a) if isinstance(a, tuple) and tensors_of(a) else a for a in args]
        for finding in race(called, listed, kwargs, options.seconds, options.seed + number):
            print(f"{form} {k}: {finding}", flush=True)
            findings += 1
    print(f"{len(cases)} samples, {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
