"""Public signatures beside PyTorch's: names, order, defaults. PyTorch's are read from the stubs that it ships, and from
its own where it is Python.

A call as PyTorch documents it must be one here: of a function with several forms, the parameters of at least one must
be ours, in their order and with their defaults, and every parameter of the others must have a name that ours takes.
What differs is in signatures.txt, each with its reason.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import pellucid
from pellucid.core.op import Op

# what nobody asks of this build: named dimensions, quantised and symbolic numbers
LEFT_OUT = {"names", "generator", "pin_memory", "memory_format", "layout", "requires_grad", "self"}
# (name, kind: "" | "*" | "**" | "named", default: text, None for none)
Parameters = list[tuple[str, str, Any]]


@cache
def stub(theirs: Any, path: str) -> dict[str, list[ast.FunctionDef]]:
    """The functions of one of PyTorch's stubs, those of a class as "Class.name", in all their forms."""
    found: dict[str, list[ast.FunctionDef]] = {}
    for node in ast.parse((Path(theirs.__file__).parent / path).read_text()).body:
        for part, prefix in [(node, "")] + [(part, f"{node.name}.")
                                            for part in (node.body if isinstance(node, ast.ClassDef) else ())]:
            if isinstance(part, ast.FunctionDef):
                found.setdefault(prefix + part.name, []).append(part)
    return found


def parameters_of(node: ast.FunctionDef) -> Parameters:
    a = node.args
    positional = [*a.posonlyargs, *a.args]
    defaults = [None] * (len(positional) - len(a.defaults)) + [ast.unparse(default) for default in a.defaults]
    found: Parameters = [(p.arg, "", default) for p, default in zip(positional, defaults, strict=True)]
    found += [(a.vararg.arg, "*", None)] if a.vararg else []
    return found + [(p.arg, "named", ast.unparse(default) if default else None)
                    for p, default in zip(a.kwonlyargs, a.kw_defaults, strict=True)]


def own_parameters(function: Any) -> Parameters:
    kinds = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**",
             inspect.Parameter.KEYWORD_ONLY: "named"}
    return [(p.name, kinds.get(p.kind, ""), None if p.default is p.empty else repr(p.default))
            for p in inspect.signature(function).parameters.values()]


def forms(theirs: Any, place: str, name: str) -> list[Parameters]:
    """The ways that PyTorch documents to call a name; empty where nothing tells."""
    owner = theirs
    for part in filter(None, place.split(".")):
        owner = getattr(owner, part, None)
    value = getattr(owner, name, None)
    if inspect.isfunction(value) or inspect.isclass(value):
        try:
            found = own_parameters(value)
        except ValueError:
            return []
        if [kind for _, kind, _ in found] != ["*", "**"]:
            return [found]
    sources = {"": [("_C/_VariableFunctions.pyi", name)], "Tensor": [("_C/__init__.pyi", f"TensorBase.{name}")],
               "nn.functional": [("_C/_VariableFunctions.pyi", name), ("_C/_nn.pyi", name),
                                 ("nn/functional.pyi", name)],
               "linalg": [("_C/_VariableFunctions.pyi", f"linalg_{name}")]}
    nodes = next((stub(theirs, path)[key] for path, key in sources.get(place, []) if key in stub(theirs, path)), [])
    nodes = [node for node in nodes
             if not {"Dimname", "SymInt"} & {part.id for part in ast.walk(node.args) if isinstance(part, ast.Name)}
             and not any("EllipsisType" in ast.unparse(p.annotation) for p in node.args.args if p.annotation)]
    return [parameters_of(node) for node in nodes]


def plain(text: str | None) -> Any:
    """A default as a value, to compare by; `...` where it says nothing."""
    try:
        value = None if text is None else ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return ...
    if value is ... or isinstance(value, (tuple, list)) and len(value) == 0:
        return ...                                       # a stub that does not tell; an empty size, which is none
    # (1, 1) is 1 in a window's size
    return (value[0] if isinstance(value, (tuple, list)) and len(set(value)) == 1 else value,)


def difference(own: Parameters, form: Parameters) -> str:
    """What a call of this form would stumble over; empty if nothing."""
    names = {name: (kind, default) for name, kind, default in own}
    loose = any(kind == "*" for _, kind, _ in own)
    place = 0
    for name, kind, default in form:
        if name in LEFT_OUT:
            place += kind == "" and name in names
            continue
        if kind == "*":
            if not loose and name not in names:
                return f"*{name} is not taken"
            continue
        at = next((i for i, (own_name, _, _) in enumerate(own) if own_name == name), None)
        if at is None:
            return f"{name} is missing"
        if kind == "" and at != place and not (loose and names[name][0] == "named"):
            return f"{name} is at place {at}, theirs at {place}"
        place += kind == ""
        ours, expected = plain(names[name][1]), plain(default)
        if ... not in (ours, expected) and default is not None and ours != expected:
            return f"{name} is {names[name][1]} by default, theirs {default}"
        if default is None and names[name][1] is not None and len(form) == len(own):
            return f"{name} has a default"
    return ""


def public() -> Iterator[tuple[str, str, Any]]:
    """(place, name, value) of all that is compared."""
    for name, value in sorted(vars(pellucid).items()):
        if not name.startswith("_") and (isinstance(value, Op) or inspect.isfunction(value)):
            yield "", name, value
    for name in sorted(dir(pellucid.Tensor)):
        value = inspect.getattr_static(pellucid.Tensor, name)
        if not name.startswith("_") and callable(value):
            yield "Tensor", name, value
    for place in ("nn", "nn.functional", "nn.init", "nn.utils", "optim", "optim.lr_scheduler", "utils.data", "autograd",
                  "linalg", "special"):
        module: Any = pellucid
        for part in place.split("."):
            module = getattr(module, part)
        for name in module.__all__:
            value = getattr(module, name)
            if isinstance(value, Op) or inspect.isfunction(value) or inspect.isclass(value):
                yield place, name, value


EXCEPTIONS = {line.partition(": ")[0]: line.partition(": ")[2]
              for line in (Path(__file__).parent / "signatures.txt").read_text().splitlines()
              if line and not line.startswith("#")}


def compared(theirs: Any) -> dict[str, str]:
    """What differs, by name."""
    found = {}
    for place, name, value in public():
        expected = forms(theirs, place, name)
        if not expected:
            continue
        own = own_parameters(value)
        if place == "Tensor":
            own, expected = own[1:] if not isinstance(value, staticmethod) else own, [form[1:] if form
                and form[0][0] == "self" else form for form in expected]
        differences = [difference(own, form) for form in expected]
        if "" not in differences:
            # the form that is not an old one stands last
            found[f"{place}.{name}".lstrip(".")] = differences[-1]
            continue
        taken = {parameter for parameter, _, _ in own} | {*getattr(value, "aliases", ())} | LEFT_OUT
        missing = sorted({parameter for form in expected for parameter, kind, _ in form if kind != "*"} - taken)
        if missing and not any(kind == "**" for _, kind, _ in own):
            found[f"{place}.{name}".lstrip(".")] = f"{', '.join(missing)} missing"
    return found


def test_signatures_are_pytorchs(theirs):
    found = compared(theirs)
    assert {name: what for name, what in found.items() if name not in EXCEPTIONS} == {}
    assert [name for name in EXCEPTIONS if name not in found] == [], "these agree now"


@pytest.mark.parametrize("own, form, expected", [
    ([("input", "", None), ("dim", "", "0")], [("input", "", None), ("dim", "", "0")], ""),
    ([("input", "", None), ("dim", "", "0")], [("input", "", None), ("axis", "", "0")], "axis is missing"),
    ([("input", "", None), ("dim", "", "0")], [("dim", "", "0"), ("input", "", None)],
     "dim is at place 1, theirs at 0"),
    ([("input", "", None), ("dim", "", "0")], [("input", "", None), ("dim", "", "1")], "dim is 0 by default, theirs 1"),
])
def test_the_comparison_sees_differences(own, form, expected):
    assert difference(own, form) == expected
