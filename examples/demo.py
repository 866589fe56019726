"""What `make demo` runs: train on digits, draw the result, and show the way of one backward step through the source.

The second part is observed, not told: a fresh process, its core uncompiled so that Python can watch it, computes
`a.tanh().sum().backward()` under a tracer, which notes the stack of calls at three moments: when the derivative rule is
called, when its kernel is turned into machine code, and when that is launched.
"""

from __future__ import annotations

import argparse
import linecache
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

import digits

import pellucid
from pellucid.codegen.targets import cpu

ENOUGH = 0.98
ROOT = Path(pellucid.__file__).resolve().parent
OUTPUT = "digits.png"


@dataclass(frozen=True)
class Frame:
    """One call on the stack: where it stands in the source."""

    file: str
    line: int
    function: str

    @classmethod
    def of(cls, frame) -> Frame:
        return cls(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)

    @property
    def place(self) -> str:
        path = Path(self.file)
        return f"{path.relative_to(ROOT.parent) if path.is_relative_to(ROOT) else path.name}:{self.line}"

    @property
    def source(self) -> str:
        return re.sub(r"\s{2,}#.*", "", linecache.getline(self.file, self.line).strip())


def stack(frame) -> list[Frame]:
    """The calls from the user's line down to this frame, without those in between that belong to other libraries."""
    found = []
    while frame is not None:
        if Path(frame.f_code.co_filename).is_relative_to(ROOT) or frame.f_code.co_name == "one_step":
            found.append(Frame.of(frame))
        frame = frame.f_back
    return found[::-1]


def one_step(a) -> None:
    loss = a.tanh().sum()
    loss.backward()


@dataclass
class Moment:
    """Something to stop at: what the reader is told, and whether a call is it. `calls` and `kernel` are what was seen.
    """

    title: str
    is_it: Callable[[CodeType], bool]
    calls: list[Frame] = field(default_factory=list)
    kernel: Any = None


def moments() -> list[Moment]:
    return [
        Moment("The derivative rule is called, to become the body of a kernel",
               lambda code: code is pellucid.tanh.rule.__code__),
        Moment("The finished kernel is turned into machine code", lambda code: code is cpu.compile.__code__),
        Moment("The machine code is called",
               lambda code: code.co_name == "call" and code.co_filename.endswith("twins.py")),
    ]


def watch() -> list[Moment]:
    """One step forward and back. The moments are awaited in order, and only below a node of the graph that is being
    walked.
    """
    a = pellucid.tensor([0.0, 0.5, -1.0], requires_grad=True)
    awaited, seen = moments(), []

    def on_call(frame, event, argument):
        if len(seen) < len(awaited) and awaited[len(seen)].is_it(frame.f_code):
            if {"backward", "apply"} <= {call.function for call in stack(frame)}:
                return on_first_line

    def on_first_line(frame, event, argument):
        if event == "line":
            moment = awaited[len(seen)]
            moment.calls, moment.kernel = stack(frame), frame.f_locals.get("kernel")
            seen.append(moment)
            frame.f_trace_lines = False  # one line is enough

    sys.settrace(on_call)
    try:
        one_step(a)
    finally:
        sys.settrace(None)
    if len(seen) < len(awaited):
        raise SystemExit(
            f"only {len(seen)} of {len(awaited)} moments were seen: this program and the engine have drifted apart")
    return seen


def show(seen: list[Moment]) -> None:
    """Each stack, leaving out what the one before has shown already; after the second, what became of the rule."""
    print("\nThe way of one backward step, a.tanh().sum().backward(), as it was just observed:")
    before: list[Frame] = []
    for number, moment in enumerate(seen, 1):
        same = 0
        while same < min(len(before), len(moment.calls)) and before[same] == moment.calls[same]:
            same += 1
        print(f"\n{number}. {moment.title}")
        if same:
            print(f"     ... below line {moment.calls[same - 1].place}")
        for call in moment.calls[same:]:
            print(f"     {call.place:34} {call.function:14} {call.source[:88]}")
        if moment.kernel is not None:
            print("\n   The rule as the inner loop of that kernel, a vector of elements at a time:")
            print("".join(f"       {line}\n" for line in inner_loop(moment.kernel.text())), end="")
            print("   and as the processor's instructions:")
            print("".join(f"       {line}\n" for line in arithmetic(cpu.emit(moment.kernel, assembly=True))), end="")
        before = moment.calls


def inner_loop(text: str) -> list[str]:
    """The innermost `for` of a printed kernel."""
    lines = text.splitlines()
    start = max(range(len(lines)), key=lambda i: len(lines[i]) - len(lines[i].lstrip()) if " for " in lines[i] else -1)
    depth = len(lines[start]) - len(lines[start].lstrip())
    end = next((i for i in range(start + 1, len(lines)) if len(lines[i]) - len(lines[i].lstrip()) <= depth), len(lines))
    return textwrap.dedent("\n".join(lines[start:end])).splitlines()


def arithmetic(assembly: str) -> list[str]:
    """The first block of instructions, from label to jump, that multiplies vectors."""
    blocks = re.split(r"^[.\w]+:.*$", assembly, flags=re.MULTILINE)
    found = next((block for block in blocks if re.search(r"\b(v?mulps|fmul)\b", block)), "")
    return [line.split("#")[0].strip().replace("\t", " ") for line in found.splitlines() if line.strip()
            and line.strip()[0] not in ".#"]


def trace() -> None:
    """Watch in a fresh process, which runs the core as Python and has no kernels yet."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "PELLUCID_UNCOMPILED": "1", "PELLUCID_CACHE": empty}
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "--watch"], check=True, env=environment)
    print(
        "Set PELLUCID_UNCOMPILED=1 and put a breakpoint on any of these lines. docs/tour.md goes the same way, "
        "explained.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--watch", action="store_true", help="only the second part, in this process")
    options = parser.parse_args()
    if options.watch:
        show(watch())
        return
    print("Training a small convolutional network on the 1437 handwritten digits, holding out 360 others:\n")
    model, test_set, history = digits.train(pellucid)
    accuracy = history["accuracy"][-1]
    digits.plot(OUTPUT, pellucid, model, test_set, history)
    print(f"\n{accuracy:.2%} of {len(test_set)} held-out digits. The curve and some predictions are in {OUTPUT}.")
    trace()
    if accuracy < ENOUGH:
        raise SystemExit(f"{accuracy:.2%} is less than {ENOUGH:.0%}: something is wrong")


if __name__ == "__main__":
    main()
