"""The type stubs: what tools/stubs.py would write, a type for everything public, documentation that an editor shows.

tests/typing has checkers read them.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid
from pellucid.core.op import Op

ROOT = Path(__file__).resolve().parent.parent


def test_stubs_are_fresh():
    """`make stubs` writes them anew."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    done = subprocess.run([sys.executable, "tools/stubs.py", "--check"], cwd=ROOT, capture_output=True, text=True,
                          timeout=300, env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stdout + done.stderr


def functions(path: str, inside: str | None = None) -> dict[str, list[ast.FunctionDef]]:
    """The functions of a stub, or the methods of a class in it, in all their forms."""
    body = ast.parse((ROOT / "pellucid" / path).read_text()).body
    if inside:
        body = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == inside).body
    found: dict[str, list[ast.FunctionDef]] = {}
    for node in body:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(node)
    return found


def is_typed(node: ast.FunctionDef, method: bool) -> bool:
    """Whether parameters and result have types, and the result's is not Any."""
    a = node.args
    parameters = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))][method:]
    return (all(p.annotation is not None for p in parameters) and node.returns is not None
            and ast.unparse(node.returns) != "Any")


ANYTHING = {"item", "tolist", "__torch_function__", "__dlpack__"}                # what these return, no type says

PLACES = [("ops/__init__.pyi", None), ("tensor.pyi", "Tensor"), ("tensor.pyi", None),
          ("nn/functional/__init__.pyi", None)]


@pytest.mark.parametrize("path, inside", PLACES)
def test_everything_has_a_type(path, inside):
    untyped = [name for name, forms in functions(path, inside).items() if name not in ANYTHING
               and not is_typed(forms[0], bool(inside))]
    assert untyped == []


def test_no_operator_and_no_attribute_is_left_out():
    operators = functions("ops/__init__.pyi")
    assert [name for name in pellucid.ops.__all__ if name not in operators
            and isinstance(getattr(pellucid.ops, name), Op)] == []
    body = next(node for node in ast.parse((ROOT / "pellucid" / "tensor.pyi").read_text()).body
                if isinstance(node, ast.ClassDef)).body
    known = {node.name if isinstance(node, ast.FunctionDef) else node.target.id for node in body
             if isinstance(node, (ast.FunctionDef, ast.AnnAssign))}
    inside = (
        "detached reach memory meta offset node output_nr view_of hooks overrides inference "
        "alias become wants_grad").split()
    assert sorted({name for name in dir(pellucid.Tensor) if not name.startswith("_")} - known - {*inside}) == []
    shown = {name for name in vars(pellucid) if not name.startswith("_")} - {"annotations"}
    text = ast.parse((ROOT / "pellucid" / "__init__.pyi").read_text()).body
    passed = {alias.asname for node in text if isinstance(node, ast.ImportFrom) for alias in node.names}
    passed |= {node.target.id if isinstance(node, ast.AnnAssign) else node.name for node in text
               if isinstance(node, (ast.AnnAssign, ast.ClassDef))}
    # modules that an import inside of the package brings along are no names that it passes on
    assert sorted(name for name in shown - passed if not isinstance(getattr(pellucid, name), type(pellucid))) == []


@pytest.mark.parametrize("path, inside", PLACES)
def test_documentation_shows(path, inside):
    """At least 98 % of what is public has a docstring in the stub, which is where an editor looks."""
    shown = {name: forms[0] for name, forms in functions(path, inside).items() if not name.startswith("_")}
    bare = [name for name, node in shown.items() if ast.get_docstring(node) is None]
    assert len(bare) <= 0.02 * len(shown), bare
