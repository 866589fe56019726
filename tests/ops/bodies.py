"""The Python functions that become kernels: bodies of operators, and rules of derivatives, of which those of maps and
of rows become kernels too.

    python -m tests.ops.bodies      runs every operator's samples as users step, and prints what no breakpoint reached

Run by families/test_bodies.py, in a process of its own with PELLUCID_INTERPRET=1.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType
from typing import Any

import pellucid as torch
from pellucid.core.op import Op
from pellucid.core.planning import every_op
from pellucid.ops.families import spec
from tests.ops.calls import operator, sample, tensors_of
from tests.ops.samples import CREATED, SAMPLES


def operators() -> list[Op]:
    """All that are declared, also those that no table names; not what the core makes of them."""
    return [op for op in every_op() if op.function.__module__.startswith("pellucid.")
            and not op.function.__module__.startswith("pellucid.core")]


def rules() -> Iterator[tuple[str, Callable]]:
    """(operator, function) of each derivative."""
    for op in operators():
        for rule in [op.rule, *op.rules.values()]:
            while rule is not None:
                yield op.name, rule
                rule = getattr(rule, "__wrapped__", None)


def bodies() -> Iterator[tuple[str, Callable]]:
    """(operator, function) of each body, and of each rule that becomes one."""
    for op in operators():
        match op.spec:
            case spec.Map() | spec.Rows():
                yield op.name, op.function
                yield from ((op.name, inspect.unwrap(rule)) for rule in [op.rule, *op.rules.values()] if rule)
            case spec.Many(body=body):
                yield op.name, body


def declarations() -> Iterator[tuple[str, Callable]]:
    """(operator, function) of each rule of a reduction or a scan, which makes its bodies for a type."""
    for op in operators():
        if isinstance(op.spec, (spec.Reduce, spec.Scan)):
            yield op.name, inspect.unwrap(op.spec.rule)


class Lines:
    """Which of some functions a debugger stops in, by their lines: what a breakpoint there would meet."""

    def __init__(self, codes: set[CodeType]) -> None:
        self.codes, self.reached = codes, set()

    def __call__(self, frame: Any, event: str, argument: Any) -> Any:
        return self.inside if frame.f_code in self.codes and frame.f_code not in self.reached else None

    def inside(self, frame: Any, event: str, argument: Any) -> Any:
        if event == "line":
            self.reached.add(frame.f_code)
        return self.inside


# what draws random numbers, and has no samples
DRAWS = ("uniform_", "normal_", "exponential_", "geometric_ 0.5", "cauchy_", "log_normal_", "random_", "bernoulli_ 0.5")


def walk() -> Iterator[Callable[[], Any]]:
    """Calls that go through every body and rule."""
    for name, calls in SAMPLES.items():
        for number in range(len(calls)):
            yield partial(differentiated, name, number)
    for name, calls in CREATED.items():
        yield from (partial(differentiated, name, number, large=None) for number in range(len(calls)))
    for dtype in torch.float32, torch.float64:
        x = torch.ones(3, dtype=dtype)
        for name, *numbers in map(str.split, DRAWS):
            yield partial(getattr(x, name), *map(float, numbers))
        yield partial(torch.nn.functional.dropout, x)
    yield partial(torch.empty(3, dtype=torch.int64).random_, 0, 2**40)
    yield partial(torch.randint, 2**40, (3,))
    yield partial(torch.empty(3, dtype=torch.int64).random_, -2**63, None)
    yield partial(torch.normal, 0.0, torch.ones(3, requires_grad=True))
    x, z = torch.ones(3, requires_grad=True), torch.ones(3, dtype=torch.complex64, requires_grad=True)
    yield torch.prod(x).backward
    yield torch.floor_divide(x, 2).sum().backward
    yield torch.heaviside(x, x).sum().backward
    yield torch.conj_physical(z).sum().abs().backward


def differentiated(name: str, number: int, **more: Any) -> None:
    found = operator(name)
    args, kwargs = sample(name, number, grad=True, dtype=torch.float32, **more)
    leaves, wanted = [t for t in tensors_of([args, kwargs]) if t.requires_grad], tensors_of(found(*args, **kwargs))
    for deeper in True, False:
        wanted = [t for t in wanted if t.requires_grad]
        if wanted and leaves:
            wanted = [g for g in torch.autograd.grad(wanted, leaves, [torch.ones_like(t) for t in wanted],
                                                     create_graph=deeper, allow_unused=True) if g is not None]


def main() -> int:
    warnings.simplefilter("ignore")
    named: dict[CodeType, str] = {}
    for name, function in bodies():
        named.setdefault(function.__code__, name)
    lines = Lines(set(named))
    sys.settrace(lines)
    for call in walk():
        with contextlib.suppress(RuntimeError, TypeError):
            call()
    sys.settrace(None)
    for code in sorted(set(named) - lines.reached, key=lambda code: (code.co_filename, code.co_firstlineno)):
        print(f"{named[code]}: {code.co_name} at {code.co_filename}:{code.co_firstlineno}")
    print(f"{len(lines.reached)} of {len(named)} functions are reached")
    return len(named) != len(lines.reached)


if __name__ == "__main__":
    sys.exit(main())
