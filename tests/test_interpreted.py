"""What operators compute with their kernels interpreted: held against machine code and, access by access, the ends of
memory (see interpreted.py).
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARES = 4


def run(program: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *program.split(), *arguments], cwd=ROOT, capture_output=True, text=True,
                          timeout=900, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_every_operator_interpreted():
    """As many processes at a time as there are CPUs."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        shares = pool.map(lambda share: run("-m tests.interpreted", "--share", f"{share}/{SHARES}"),
                          range(1, SHARES + 1))
    assert not (bad := [done.stdout[-6000:] + done.stderr[-3000:] for done in shares
                        if done.returncode]), "\n".join(bad)


# kernels without the masks of their tails
FAULTS = """
import inspect, sys
from tests import interpreted
from pellucid.codegen import ir

whole = getattr(ir.Builder, sys.argv[1])
signature = inspect.signature(whole)

def beyond(*args, **kwargs):
    given = signature.bind(*args, **kwargs)
    given.arguments.pop("mask", None)
    return whole(*given.args, **given.kwargs)

setattr(ir.Builder, sys.argv[1], beyond)
results = interpreted.results
# as machine code it would do harm
interpreted.results = lambda case: results(case) if interpreted.interpreter.is_on() else []
sys.argv = ["interpreted", "--only", "tanh", "sum"]
sys.exit(interpreted.main())
"""


@pytest.mark.parametrize("what", ["load", "store"])
def test_a_touch_outside_is_seen(what):
    """tanh of 6 elements reads, or writes, a whole vector."""
    done = run("-c", FAULTS, what)
    assert done.returncode == 1 and "IndexError: kernel map_tanh" in done.stdout and f"{what} " in done.stdout, (
        done.stdout + done.stderr)
