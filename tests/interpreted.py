"""Every operator's samples with kernels run as Python, and held against machine code, to the bit (of NaNs, sign and
payload may differ), in values, gradients and gradients of gradients, and in what is raised.

    python -m tests.interpreted --share 1/4          a quarter of the samples
    python -m tests.interpreted --only conv2d cat    those of some operators

Each sample is run as users step (the bodies of maps called on whole arrays), in several types, in its form in place
too; and once with the kernels of maps as well walked through, instruction by instruction. Every load and store of a
kernel is held against the ends of the storages that the launch was given.

Run by test_interpreted.py, in processes of its own, with the core as Python: what a launch may touch is then known from
the pointers put into its frame. A line for each result that differs, or for a touch outside.
"""

from __future__ import annotations

import argparse
import bisect
import ctypes
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

os.environ["PELLUCID_UNCOMPILED"] = "1"

import numpy as np  # noqa: E402

import pellucid as torch  # noqa: E402
from pellucid.codegen.targets import interpreter  # noqa: E402
from pellucid.core import memory  # noqa: E402
from pellucid.ops import REGISTRY  # noqa: E402
from pellucid.ops.families import stepping  # noqa: E402
from pellucid.ops.made.interchange import exact_array  # noqa: E402
from tests.ops.calls import operator, sample, tensors_of  # noqa: E402
from tests.ops.samples import CREATED, SAMPLES  # noqa: E402


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


def hold(bounds: Bounds) -> None:
    """From here on, inside `stepping()`: exact ends."""
    memory.Frame.put_pointer = lambda frame, *rest: bounds.note(frame, *rest)
    interpreter.memory = bounds.find


class Case(NamedTuple):
    name: str
    number: int
    dtype: torch.dtype = torch.float64
    form: str = "value"          # or "in place", or "made": of the samples that make tensors
    whole: bool = True           # maps as Python calls, in place of their kernels' instructions

    def __str__(self) -> str:
        return f"{self.name} {self.number} {self.dtype} {self.form}{'' if self.whole else ', kernels of maps too'}"


TYPES = torch.float32, torch.bfloat16, torch.complex64, torch.int64


def cases() -> Iterator[Case]:
    """What is run, by the names of operators."""
    for name, calls in sorted(SAMPLES.items()):
        for number in range(len(calls)):
            yield Case(name, number, whole=False)
            yield from (Case(name, number, dtype) for dtype in TYPES)
            if name + "_" in REGISTRY:
                yield Case(name, number, torch.float32, "in place")
    for name, calls in sorted(CREATED.items()):
        if "empty" not in name:
            yield from (Case(name, number, torch.float32, "made") for number in range(len(calls)))


def results(case: Case) -> list[torch.Tensor]:
    """What an operator gives, what it leaves of its operands, and first and second derivatives."""
    args, kwargs = sample(case.name, case.number, grad=case.form == "value", dtype=case.dtype,
                          large=None if case.form == "made" else False)
    given = tensors_of([args, kwargs])
    found = tensors_of((operator(case.name) if case.form != "in place" else REGISTRY[case.name + "_"])(*args, **kwargs))
    leaves, wanted, every = [t for t in given if t.requires_grad], found, [*found, *given]
    for deeper in True, False:
        wanted = [t for t in wanted if t.requires_grad]
        if leaves and wanted:
            wanted = [g for g in torch.autograd.grad(wanted, leaves, [torch.ones_like(t) for t in wanted],
                                                     create_graph=deeper, allow_unused=True) if g is not None]
            every += wanted
    return every


def picture(t: torch.Tensor) -> tuple:
    elements = exact_array(t.detach()).copy()
    parts = elements.reshape(-1).view(elements.real.dtype)
    parts[parts != parts] = np.nan if parts.dtype.kind == "f" else 0
    return str(t.dtype), tuple(t.shape), t.stride(), elements.tobytes()


def outcome(case: Case) -> Any:
    torch.manual_seed(0)
    try:
        return [picture(t) for t in results(case)]
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def check(case: Case, bounds: Bounds) -> Iterator[str]:
    expected = outcome(case)
    bounds.storages.clear()
    interpreter.Interpreter.whole = case.whole
    with stepping.stepping():
        found = outcome(case)
    if isinstance(found, str) or isinstance(expected, str) or len(found) != len(expected):
        if found != expected:
            yield f"interpreted {str(found)[:300]}, machine code {str(expected)[:300]}"
        return
    for number, (a, b) in enumerate(zip(found, expected)):
        if a != b:
            yield f"tensor {number}: interpreted {a}, machine code {b}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--share", default="1/1", metavar="K/N")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    share, of = map(int, options.share.split("/"))
    chosen = [case for case in cases() if not options.only or case.name in options.only][share - 1 :: of]
    bounds, wrong = Bounds(), 0
    hold(bounds)
    for case in chosen:
        print(case, file=sys.stderr)
        for finding in check(case, bounds):
            print(f"{case}: {finding}", flush=True)
            wrong += 1
    print(f"{len(chosen)} samples, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
