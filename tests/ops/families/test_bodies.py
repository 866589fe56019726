"""Bodies and derivative rules, as their readers and debuggers meet them: made of `m` and operators, with names, and
reached by breakpoints.
"""

from __future__ import annotations

import ast
import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FunctionType

import pellucid as torch
from tests.ops import bodies

ROOT = Path(torch.__file__).resolve().parent.parent
FAMILIES = ROOT / "pellucid" / "ops" / "families"

# Whose attributes a body may ask for: modules, and the row that the body of a row is given.
NAMESPACES = {"m", "math", "row"}
# The same where a reduction or a scan says what its bodies are for a type.
OF_TYPES = {"d", "dtypes", "info", "dtypes.iinfo(d)"}
# Other attributes, and why.
REASONS = {
    "input.requires_grad": "a tensor's, asked of tensors alone: whether the slope is to be attached",
    "_STEPS.get": "a table of numbers",
    "_sum(d)._replace": "a Reduction like another", "_sums_of(d)._replace": "a Scan like another",
    "total.re": "a mean of complex numbers, part by part",
}
# Python's own functions that a body may call, on what is no operand's value.
BUILTINS = {"getattr", "isinstance", "len", "reversed", "slice"}


@cache
def tree(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text())


def nodes(function: FunctionType) -> list[ast.FunctionDef | ast.Lambda]:
    """Where a function stands in its file: by its first line and its parameters; of several such, all."""
    code, found = function.__code__, []
    for node in ast.walk(tree(code.co_filename)):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            first = min(part.lineno for part in (node, *getattr(node, "decorator_list", ())))
            names = tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
            if first == code.co_firstlineno and names == code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]:
                found.append(node)
    return found


def parts(function: FunctionType) -> Iterator[FunctionType]:
    """A function, and those of the operators' files that it calls or has closed over."""
    pending, seen = [function], set()
    while pending:
        one = pending.pop()
        file = Path(one.__code__.co_filename)
        if one.__code__ in seen or not file.is_relative_to(ROOT / "pellucid" / "ops") or FAMILIES in file.parents:
            continue
        seen.add(one.__code__)
        yield one
        around = inspect.getclosurevars(one)
        pending += [value for value in (*around.globals.values(), *around.nonlocals.values())
                    if isinstance(value, FunctionType)]


def strange(function: FunctionType, allowed: set[str]) -> Iterator[str]:
    """What a body says that is neither an operator nor of `m`."""
    found = nodes(function)
    if not found:
        yield "its source is not found"
    around = inspect.getclosurevars(function)
    for node in (n for one in found for part in (one.body if isinstance(one.body, list) else [one.body])
                 for n in ast.walk(part)):
        where = f"{Path(function.__code__.co_filename).name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Attribute):
            if ast.unparse(node.value) not in allowed and ast.unparse(node) not in REASONS:
                yield f"{where}: {ast.unparse(node)}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in around.builtins and node.func.id not in BUILTINS:
                yield f"{where}: {ast.unparse(node)}"
        elif isinstance(node, (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.With, ast.Try, ast.While)):
            yield f"{where}: {ast.unparse(node)}"


def check(functions: Iterator[tuple[str, Callable]], allowed: set[str]) -> int:
    found = {part: name for name, function in functions for part in parts(function)}
    wrong = [f"{name}: {text}" for part, name in found.items() for text in strange(part, allowed)]
    assert not wrong, "\n".join(wrong)
    return len(found)


def test_bodies_are_made_of_m_and_operators():
    """No NumPy, no method of a value, nothing of the builder that a value may have: so that they run on vectors that do
    not exist yet, on arrays, on numbers and on tensors."""
    assert check(bodies.bodies(), NAMESPACES) > 200
    assert check(bodies.declarations(), NAMESPACES | OF_TYPES) > 20


def test_a_strange_body_is_seen():
    def kind(input):
        return input * 2 if input.dtype.kind == "f" else float(input)

    assert [text.partition(": ")[2] for text in strange(kind, NAMESPACES)] == ["float(input)", "input.dtype.kind",
                                                                              "input.dtype"]


def test_rules_have_names():
    """Those that tracebacks, profiles and `where` of pdb show."""
    found, code = list(bodies.rules()), check.__code__                # compiled rules have none
    assert len(found) > 140
    assert not [(name, rule) for name, rule in found
                if not {rule.__name__, getattr(rule, "__code__", code).co_name}.isdisjoint(("_", "<lambda>"))]


def test_breakpoints_reach_every_body_and_rule():
    done = subprocess.run([sys.executable, "-m", "tests.ops.bodies"], cwd=ROOT, capture_output=True, text=True,
                          timeout=300, env={**os.environ, "PELLUCID_INTERPRET": "1", "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
