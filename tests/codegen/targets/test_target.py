"""Which code a launch becomes is decided in one place; a target is a class and a row of a table."""

from __future__ import annotations

import ast
import ctypes
from pathlib import Path

import pytest

import pellucid as torch
from pellucid.codegen import targets
from pellucid.codegen.targets import cpu
from pellucid.core.planning import forget_plans

CODEGEN = Path(targets.__file__).parent.parent


class Counting:
    """A target of somebody else: machine code of the host for narrow vectors, called through Python, and counted."""

    vector_bytes, halves, whole = 16, False, False

    def __init__(self):
        self.ran: list[str] = []

    def plan(self, build):
        return build(self)

    def code(self, launch):
        call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(cpu.compile(launch.kernel))

        def run(words, begin, end):
            self.ran.append(launch.kernel.name)
            frame = (ctypes.c_int64 * len(words))(*words)
            call(ctypes.addressof(frame), begin, end)

        return run


@pytest.fixture
def counting(monkeypatch):
    made = Counting()
    monkeypatch.setitem(targets.TARGETS, "cpu", made)
    forget_plans()
    yield made
    monkeypatch.undo()
    forget_plans()


CALLS = {
    "a map": lambda t, x: t.tanh(x), "a broadcast": lambda t, x: x * x[0], "a reduction": lambda t, x: x.sum(1),
    "rows": lambda t, x: t.softmax(x, 1),
    "a scan": lambda t, x: x.cumsum(0), "a product": lambda t, x: x @ x.T, "indexing": lambda t, x: x[t.tensor([2, 0])],
    "a scatter": lambda t, x: t.zeros(5, 7).index_add(0, t.tensor([1, 1, 4]), x[:3]), "cat": lambda t, x: t.cat([x, x]),
    "a window": lambda t, x: t.nn.functional.conv2d(x[None, None], t.ones(1, 1, 2, 2)),
    "a copy": lambda t, x: x.T.contiguous(),
}


@pytest.mark.parametrize("name", CALLS)
def test_operators_run_on_a_target_from_outside(counting, name):
    x = torch.arange(35, dtype=torch.float32).reshape(5, 7) / 35
    counting.ran.clear()
    found = CALLS[name](torch, x)
    assert counting.ran, "nothing was asked of the target"
    counted = found.tolist()
    targets.TARGETS["cpu"] = cpu.Host()
    forget_plans()
    assert torch.allclose(torch.tensor(counted), CALLS[name](torch, x), atol=1e-6)


def test_derivatives_and_optimisers_run_there_too(counting):
    x = torch.ones(3, 4, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.5)
    torch.nn.functional.layer_norm(x * 2, (4,)).tanh().sum().backward()
    counting.ran.clear()
    optimizer.step()
    assert counting.ran and x.grad.shape == (3, 4)


def test_a_device_without_a_target_is_named():
    with pytest.raises(RuntimeError, match="no kernels can be made for the device type 'abacus'"):
        targets.target_of("abacus")


def test_schedules_do_not_ask_which_machine_they_are_for():
    """They are told: vectors' width and all else comes from the target."""
    wrong = [
        str(path.relative_to(CODEGEN))
        for path in CODEGEN.rglob("*.py")
        if path.parent != CODEGEN / "targets"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        and ("targets" in (node.module or "") or any(a.name == "targets" for a in node.names))
    ]
    assert wrong == []
