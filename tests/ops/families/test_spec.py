"""Every operator says what it is: the spec that its family leaves on it, which whoever does more than call an operator
matches on.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid as torch
from pellucid.core import op as core_op
from pellucid.core.planning import every_op
from pellucid.ops import REGISTRY
from pellucid.ops.families.spec import Composite, Host, Many, Map, Place, Planned, Reduce, Rows, Scan, Spec, View

OPS = Path(torch.__file__).parent / "ops"
FAMILIES = OPS / "families"


def test_every_public_operator_has_a_spec():
    assert sorted(name for name, op in REGISTRY.items() if not isinstance(op.spec, Spec)) == []


def test_every_declared_operator_has_a_spec():
    """Also those that are not public: all that there are right after the import."""
    program = """
import pellucid
from pellucid.core.planning import every_op
from pellucid.ops.families.spec import Spec
made = every_op()
print(len(made), sorted(op.name for op in made if not isinstance(op.spec, Spec)
                        and op.function.__module__.startswith("pellucid.")))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    count, _, without = done.stdout.strip().partition(" ")
    assert int(count) > 600 and without == "['alias']", "all but the core's own alias"


@pytest.mark.parametrize("name, kind", {
    "tanh": Map, "add": Map, "where": Composite, "sum": Reduce, "max": Composite, "softmax": Rows, "log_softmax": Rows,
    "cumsum": Scan,
    "cummax": Scan, "transpose": View, "split_with_sizes": View, "mm": Planned, "nonzero": Host, "einsum": Composite,
    "tanh_": Map,
}.items(), ids=str)
def test_specs(name, kind):
    assert type(REGISTRY[name].spec) is kind


def test_specs_of_operators_behind_public_ones():
    torch.optim.SGD([parameter := torch.ones(2, requires_grad=True)], lr=0.1)
    parameter.grad = torch.ones(2)
    torch.optim.SGD([parameter], lr=0.1).step()
    found = {(op.name, type(op.spec)) for op in every_op()}
    assert {("index", Place), ("index_put_", Place), ("embedding", Place), ("cat", Host), ("mt19937", Planned)} <= found
    assert Many in {kind for _, kind in found}


def test_in_place_forms_share_the_spec():
    for name, op in REGISTRY.items():
        if op.kind == core_op.INPLACE:
            assert op.spec is op.base.spec, name


def test_specs_name_parameters():
    for name, op in REGISTRY.items():
        known = {p.name for p in op.parameters}
        spec = op.spec
        assert set(spec.dims) <= known or not op.parameters, name
        assert {word for words in spec.linear for word in words.split()} <= known, name


@pytest.mark.parametrize("name", ["add", "sub", "sum", "cumsum", "transpose", "select"])
def test_linear_means_linear(name):
    """f(a + 2 b) = f(a) + 2 f(b) in each set of operands that the spec names."""
    op, statics = REGISTRY[name], {"cumsum": (0,), "transpose": (0, 1), "select": (0, 1)}.get(name, ())
    assert op.spec.linear
    generator = torch.Generator().manual_seed(0)
    for words in op.spec.linear:
        a, b = ([torch.randn(3, 4, generator=generator, dtype=torch.float64) for _ in words.split()] for _ in range(2))
        whole = op(*(x + 2 * y for x, y in zip(a, b)), *statics)
        assert torch.allclose(whole, op(*a, *statics) + 2 * op(*b, *statics))


def test_operators_are_made_by_families_alone():
    """Nothing outside of ops/families makes an Op: what a family supplies, and its spec, no operator can lack."""
    wrong = [
        f"{path.relative_to(OPS)}:{node.lineno}"
        for path in OPS.rglob("*.py")
        if FAMILIES not in path.parents
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Op"
    ]
    assert wrong == []


def test_bodies_use_m_and_operators_only():
    """A body runs on kernel values, on tensors and on NumPy: it never asks for a builder."""
    wrong = [
        f"{path.relative_to(OPS)}:{node.lineno}"
        for path in OPS.rglob("*.py")
        if FAMILIES not in path.parents
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "builder"
    ]
    assert wrong == []
