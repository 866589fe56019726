"""Every operator's samples with each kernel interpreted, and every load and store held against the ends of the storages
that the launch was given.

    python -m tests.interpreted --share 1/4          a quarter of the samples
    python -m tests.interpreted --only conv2d cat    those of some operators

Run by test_interpreted.py, in processes of its own, with the core as Python: what a launch may touch is then known from
the pointers put into its frame. The stepping mode calls the bodies of maps on whole arrays; here their kernels too are
walked through, instruction by instruction. Results must be those of machine code. A line for each that is not, or that
reaches outside.
"""

from __future__ import annotations

import argparse
import bisect
import ctypes
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

os.environ["PELLUCID_UNCOMPILED"] = "1"

import numpy as np  # noqa: E402

import pellucid as torch  # noqa: E402
from pellucid.codegen.targets import interpreter  # noqa: E402
from pellucid.core import memory  # noqa: E402
from pellucid.ops.families import stepping  # noqa: E402
from tests.ops.calls import operator, sample, tensors_of  # noqa: E402
from tests.ops.samples import SAMPLES  # noqa: E402


class Bounds:
    """The storages that frames point into, by address: what `stepping` asks where an address leads."""

    def __init__(self) -> None:
        self.storages: dict[int, int] = {}

    def note(self, frame: Any, index: int, storage: Any, byte_offset: int) -> int:
        self.storages[storage.address] = storage.nbytes
        return PUT(frame, index, storage, byte_offset)

    def find(self, address: int) -> tuple[np.ndarray, int]:
        starts = sorted(self.storages)
        place = bisect.bisect(starts, address) - 1
        if place < 0 or address > starts[place] + self.storages[starts[place]]:
            raise IndexError(f"a pointer to {address:#x}, which is in no storage of this launch")
        start = starts[place]
        return np.ctypeslib.as_array((ctypes.c_uint8 * self.storages[start]).from_address(start)), address - start


PUT = memory.Frame.put_pointer


def interpret_all(bounds: Bounds) -> None:
    """From here on, inside `stepping()`: maps as kernels too, and exact ends."""
    memory.Frame.put_pointer = lambda frame, *rest: bounds.note(frame, *rest)
    interpreter.memory = bounds.find
    interpreter.Interpreter.whole = False


def results(name: str, args: tuple, kwargs: dict) -> list[np.ndarray]:
    """What an operator gives, and the gradients of what it is given."""
    found = tensors_of(operator(name)(*args, **kwargs))
    leaves = [t for t in tensors_of([*args, *kwargs.values()]) if t.requires_grad]
    wanted = [t for t in found if t.requires_grad]
    if leaves and wanted:
        gradients = torch.autograd.grad(wanted, leaves, [torch.ones_like(t) for t in wanted], allow_unused=True)
        found = [*found, *(g for g in gradients if g is not None)]
    return [t.detach().resolve_conj().numpy().copy() for t in found]


def check(name: str, number: int, bounds: Bounds) -> Iterator[str]:
    torch.manual_seed(0)
    expected = results(name, *sample(name, number, grad=True))
    bounds.storages.clear()
    torch.manual_seed(0)
    try:
        with stepping.stepping():
            found = results(name, *sample(name, number, grad=True))
    except Exception as error:
        yield f"{type(error).__name__}: {error}"
        return
    if len(found) != len(expected):
        yield f"{len(found)} results for {len(expected)}"
    for a, b in zip(found, expected):
        if a.shape != b.shape or a.dtype != b.dtype or not np.allclose(a, b, rtol=1e-12, atol=1e-13, equal_nan=True):
            yield f"interpreted {a!r}, machine code {b!r}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--share", default="1/1", metavar="K/N")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    share, of = map(int, options.share.split("/"))
    cases = [(n, k) for n in sorted(SAMPLES) if not options.only or n in options.only
             for k in range(len(SAMPLES[n]))][share - 1 :: of]
    bounds, wrong = Bounds(), 0
    interpret_all(bounds)
    for name, number in cases:
        print(name, number, file=sys.stderr)
        for finding in check(name, number, bounds):
            print(f"{name} {number}: {finding}", flush=True)
            wrong += 1
    print(f"{len(cases)} samples, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
