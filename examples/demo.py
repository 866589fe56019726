"""What `make demo` runs: train on digits, draw the result, and show the way of one backward step through the source.

The second part is observed, not told: a fresh process, its core uncompiled so that Python can watch it, computes
`a.tanh().sum().backward()` under a tracer, which notes the stack of calls at three moments: when the derivative rule is called, when
its kernel is turned into machine code, and when that is launched.
"""

from __future__ import annotations

import argparse
import linecache
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import digits

import pellucid

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
        return linecache.getline(self.file, self.line).strip()


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


# The moments to stop at: (what the reader is told, whether a call is it)
MOMENTS = (
    ("The derivative rule is called, to become the body of a kernel", lambda code: code is pellucid.tanh.rule.__code__),
    (
        "The rule's multiplications and subtractions are turned into machine code",
        lambda code: code is pellucid.codegen.cpu.compile.__code__,
    ),
    ("The machine code is called", lambda code: code.co_name == "call" and code.co_filename.endswith("memory.py")),
)


def watch() -> list[tuple[str, list[Frame]]]:
    """Run one step forward and back; the stacks at the moments, in order. What is watched is what runs below `backward`."""
    a = pellucid.tensor([0.0, 0.5, -1.0], requires_grad=True)
    seen: list[tuple[str, list[Frame]]] = []

    def tracer(frame, event, argument):
        if event == "call" and len(seen) < len(MOMENTS) and MOMENTS[len(seen)][1](frame.f_code):
            calls = stack(frame)
            if any(call.function == "backward" for call in calls) and any(call.function == "apply" for call in calls):
                seen.append((MOMENTS[len(seen)][0], calls))

    sys.settrace(tracer)
    try:
        one_step(a)
    finally:
        sys.settrace(None)
    return seen


def show(seen: list[tuple[str, list[Frame]]]) -> None:
    """Each stack, leaving out what the one before has shown already."""
    print("\nThe way of one backward step, a.tanh().sum().backward(), as it was just observed:\n")
    before: list[Frame] = []
    for number, (title, calls) in enumerate(seen, 1):
        same = 0
        while same < min(len(before), len(calls)) and (before[same].file, before[same].function) == (
            calls[same].file,
            calls[same].function,
        ):
            same += 1
        same = max(0, same - 1)
        print(f"{number}. {title}")
        if same:
            print(f"     ... below {calls[same].function}:")
        for call in calls[same:]:
            print(f"     {call.place:40} {call.function:20} {call.source[:90]}")
        print()
        before = calls
    if len(seen) < len(MOMENTS):
        raise SystemExit(f"only {len(seen)} of {len(MOMENTS)} moments were seen: this program and the engine have drifted apart")


def trace() -> None:
    """Watch in a fresh process, which runs the core as Python and has no kernels yet."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "PELLUCID_UNCOMPILED": "1", "PELLUCID_CACHE": empty}
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "--watch"], check=True, env=environment)
    print("Set PELLUCID_UNCOMPILED=1 and put a breakpoint on any of these lines. docs/tour.md goes the same way, explained.")


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
