"""A debugger walks from `loss.backward()` through the engine and a derivative rule into the body of a kernel, and sees each by name.

Python's own debugger machinery (bdb, under pdb and the editors') does the walking, in a fresh process whose core and kernels run as Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

WALK = """
    import bdb, json
    import pellucid

    class Walker(bdb.Bdb):
        def __init__(self):
            super().__init__()
            self.seen, self.values = [], {}

        def user_call(self, frame, arguments):
            self.note(frame)
            self.set_step()

        def user_line(self, frame):
            self.note(frame)
            self.set_step()

        def note(self, frame):
            code = frame.f_code
            if "pellucid" in code.co_filename:
                self.seen.append((code.co_filename.partition("pellucid/")[2].rpartition("pellucid/")[2], code.co_name, frame.f_lineno))
                if code is RULE:
                    self.values = {name: type(value).__name__ for name, value in frame.f_locals.items()}

    RULE = pellucid.tanh.rule.__code__
    a = pellucid.tensor([0.0, 0.5, -1.0], requires_grad=True)
    loss = a.tanh().sum()
    walker = Walker()
    walker.runcall(loss.backward)
    print(json.dumps({"seen": walker.seen, "values": walker.values, "rule": [RULE.co_firstlineno, RULE.co_name], "grad": a.grad.tolist()}))
"""


def walk(**environment: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WALK)], capture_output=True, text=True, env={**os.environ, **environment}, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_debugger_goes_all_the_way_down():
    found = walk(PELLUCID_UNCOMPILED="1", PELLUCID_INTERPRET="1")
    functions = [(file, function) for file, function, _ in found["seen"]]
    engine = functions.index(("core/autograd.py", "walk"))
    line, name = found["rule"]
    rule = next(i for i, (file, function, at) in enumerate(found["seen"]) if file == "ops/pointwise.py" and function == name and at >= line)
    assert engine < functions.index(("core/op.py", "apply")) < rule
    assert found["values"] == {"grad": "ndarray", "result": "ndarray"}, "the rule is the body of the kernel, and runs on elements"
    assert ("codegen/primitives.py", "__call__") in functions[rule:], "from the rule on into the functions that it calls"
    assert found["grad"] == pytest.approx([1.0, 0.786448, 0.419974], rel=1e-5)


def test_the_compiled_engine_computes_the_same():
    found = walk(PELLUCID_UNCOMPILED="0", PELLUCID_INTERPRET="0")
    assert found["grad"] == pytest.approx([1.0, 0.786448, 0.419974], rel=1e-5)
