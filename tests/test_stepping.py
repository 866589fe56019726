"""A debugger walks from `loss.backward()` through the engine and a derivative rule into the body of a kernel, and sees
each by name; and what is walked through computes what is compiled, bit for bit.

Python's own debugger machinery (bdb, under pdb and the editors') does the walking, in a fresh process whose core and
kernels run as Python. Every operator's samples: test_interpreted.py; that a breakpoint reaches every rule and body:
ops/families/test_bodies.py.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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
                self.seen.append((code.co_filename.partition("pellucid/")[2].rpartition("pellucid/")[2], code.co_name,
                                  frame.f_lineno))
                if code is RULE:
                    self.values = {name: type(value).__name__ for name, value in frame.f_locals.items()}

    RULE = pellucid.tanh.rule.__code__
    a = pellucid.tensor([0.0, 0.5, -1.0], requires_grad=True)
    loss = a.tanh().sum()
    walker = Walker()
    walker.runcall(loss.backward)
    print(json.dumps({"seen": walker.seen, "values": walker.values, "rule": [RULE.co_firstlineno, RULE.co_name],
                      "grad": a.grad.tolist()}))
"""


def walk(**environment: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WALK)], capture_output=True, text=True,
        env={**os.environ, **environment}, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_debugger_goes_all_the_way_down():
    found = walk(PELLUCID_UNCOMPILED="1", PELLUCID_INTERPRET="1")
    functions = [(file, function) for file, function, _ in found["seen"]]
    engine = functions.index(("core/autograd.py", "walk"))
    line, name = found["rule"]
    rule = next(i for i, (file, function, at) in enumerate(found["seen"]) if file == "ops/maps/functions.py"
                and function == name and at >= line)
    assert engine < functions.index(("core/derivative.py", "apply")) < rule
    assert found["values"] == {"grad": "ndarray",
                               "result": "ndarray"}, "the rule is the body of the kernel, and runs on elements"
    assert ("codegen/math/primitives.py",
            "__call__") in functions[rule:], "from the rule on into the functions that it calls"
    assert found["grad"] == pytest.approx([1.0, 0.786448, 0.419974], rel=1e-5)


def test_the_compiled_engine_computes_the_same():
    found = walk(PELLUCID_UNCOMPILED="0", PELLUCID_INTERPRET="0")
    assert found["grad"] == pytest.approx([1.0, 0.786448, 0.419974], rel=1e-5)


PROGRAM = """
import pellucid as torch
a = torch.tensor([0.0, 0.5, -1.0], requires_grad=True)
loss = a.tanh().sum()
loss.backward()
"""
# as docs/debugging.md says: after the import, breakpoints on a body and on a rule
COMMANDS = """
next
break torch.tanh.__wrapped__
break torch.tanh.rule
continue
p ("the body", input.tolist())
continue
p ("the rule", grad.tolist(), result.tolist()[0])
step
p ("below it", __name__)
up
p ("back in the rule", sorted(locals()))
continue
quit
"""


def test_pdb_stops_in_a_body_and_in_a_rule(tmp_path):
    """What a user types, and what is seen there."""
    (tmp_path / "program.py").write_text(PROGRAM.lstrip())
    done = subprocess.run([sys.executable, "-m", "pdb", "program.py"], input=COMMANDS.lstrip(), capture_output=True,
                          text=True, timeout=300, cwd=tmp_path,
                          env={**os.environ, "PELLUCID_UNCOMPILED": "1", "PELLUCID_INTERPRET": "1",
                               "PYTHONPATH": str(Path(__file__).resolve().parent.parent)})
    assert done.returncode == 0, done.stderr
    seen = [line for line in done.stdout.splitlines() if line.startswith("(Pdb) (")]
    assert seen == ["(Pdb) ('the body', [0.0, 0.5, -1.0])", "(Pdb) ('the rule', [1.0, 1.0, 1.0], 0.0)",
                    "(Pdb) ('below it', 'pellucid.codegen.math.primitives')",
                    "(Pdb) ('back in the rule', ['grad', 'result'])"], done.stdout
    assert "return m.tanh(input)" in done.stdout and "return grad * m.conj(1 - result * result)" in done.stdout


# ---- the same bits ---------------------------------------------------------------------------------------------------

ROOT = Path(__file__).resolve().parent.parent
README = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
# the network of examples/digits.py, which imports what only the examples need
DIGITS = """
import ast
import pellucid as torch

file = ast.parse(open("examples/digits.py").read())
(network,) = (node for node in file.body if getattr(node, "name", "") == "network")
exec(compile(ast.Module([network], []), "digits.py", "exec"))
torch.manual_seed(2)
model = network(torch)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
x, labels = torch.rand(2, 1, 8, 8), torch.randint(0, 10, (2,))
for _ in range(2):
    optimizer.zero_grad()
    loss = torch.nn.CrossEntropyLoss()(model(x), labels)
    loss.backward()
    optimizer.step()
"""
SHOW = """
print(loss.item().hex())
for name, p in [*model.named_parameters(), *model.named_buffers()]:
    print(name, p.detach().numpy().tobytes().hex(), p.grad is not None and p.grad.numpy().tobytes().hex())
"""


@pytest.mark.parametrize("program", ["import pellucid\npellucid.manual_seed(0)\n" + README, DIGITS],
                         ids=["README", "digits"])
def test_a_program_computes_the_same_stepped_through(program):
    """Parameters, gradients, running statistics and what dropout drew, after some steps of training."""
    def run(interpret: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-c", program + SHOW], capture_output=True, text=True, timeout=300,
                              cwd=ROOT, env={**os.environ, "PELLUCID_INTERPRET": interpret, "PYTHONPATH": str(ROOT)})

    with ThreadPoolExecutor() as pool:
        stepped, compiled = pool.map(run, "10")
    assert stepped.returncode == compiled.returncode == 0, stepped.stderr + compiled.stderr
    assert stepped.stdout == compiled.stdout and stepped.stdout.count("\n") > 4
