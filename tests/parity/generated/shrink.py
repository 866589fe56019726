"""Makes a program that shows a difference as short as it gets: fewer lines, then simpler ones."""

from __future__ import annotations

import ast
import copy
import re
import time
from collections.abc import Callable, Iterator

MODULES = ("torch", "nn", "F", "np", "copy")


def shrink(lines: list[str], shows: Callable[[list[str]], bool], seconds: float) -> list[str]:
    """The shortest program found that still shows it."""
    end = time.monotonic() + seconds

    def holds(candidate: list[str]) -> bool:
        return time.monotonic() < end and shows(candidate)

    before = None
    while before != lines and time.monotonic() < end:
        before = lines
        lines = fewer(lines, holds)
        for k in reversed(range(len(lines))):
            lines = simpler(lines, k, holds)
        lines = without_names(lines, holds)
    return lines


def fewer(lines: list[str], holds: Callable[[list[str]], bool]) -> list[str]:
    """Lines left out: halves first, then one by one from the end."""
    size = max(1, len(lines) // 2)
    while size:
        k = len(lines) - size
        while k >= 0:
            candidate = lines[:k] + lines[k + size :]
            if candidate and holds(candidate):
                lines = candidate
            k -= size
        size //= 2
    return lines


def simpler(lines: list[str], k: int, holds: Callable[[list[str]], bool]) -> list[str]:
    """Line k with parts left out or made plain."""
    changed = True
    while changed:
        changed = False
        for text in variants(lines[k]):
            candidate = lines[:k] + [text] + lines[k + 1 :]
            if holds(candidate):
                lines, changed = candidate, True
                break
    return lines


def without_names(lines: list[str], holds: Callable[[list[str]], bool]) -> list[str]:
    """A name that is only another for a variable is replaced by it; a value that is used once goes where it is used."""
    for k in reversed(range(len(lines))):
        match = re.fullmatch(r"(\w+) = (.+)", lines[k])
        if match is None:
            continue
        name = re.compile(rf"\b{match[1]}\b")
        for text in (match[2], f"({match[2]})"):
            candidate = lines[:k] + [name.sub(lambda _, text=text: text, line) for line in lines[k + 1 :]]
            uses = sum(len(name.findall(line)) for line in lines[k + 1 :])
            if candidate and (match[2].isidentifier() or uses == 1) and holds(candidate):
                lines = candidate
                break
    return lines


def variants(line: str) -> Iterator[str]:
    """The line with one part simpler; each is shorter, or has a plainer constant."""
    tree = ast.parse(line)
    nodes = list(ast.walk(tree))
    seen = {line}
    for place, node in enumerate(nodes):
        for make in edits(node):
            other = copy.deepcopy(tree)
            target = list(ast.walk(other))[place]
            new = make(target)
            if new is not target:
                if isinstance(new, ast.Name) and new.id in MODULES:
                    continue
                other = Replace(target, new).visit(other)
            try:
                text = ast.unparse(ast.fix_missing_locations(other))
            except Exception:  # a part that nothing can stand for
                continue
            if text and "\n" not in text.strip() and text not in seen and plainness(text) < plainness(line):
                seen.add(text)
                yield text


def plainness(text: str) -> tuple[int, int]:
    """Less is plainer: length first, then how odd its numbers are."""
    return len(text), sum("1023456789".index(c) if c in "023456789" else 0 for c in text) + 20 * text.count(
        "nan"
    ) + 20 * text.count("inf")


class Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def edits(node: ast.AST) -> Iterator[Callable[[ast.AST], ast.AST]]:
    if isinstance(node, ast.With):
        yield lambda n: n.body[0]
    if isinstance(node, ast.Call):
        for k in range(len(node.keywords)):
            yield lambda n, k=k: (n.keywords.pop(k), n)[1]
        if node.args:
            yield lambda n: (n.args.pop(), n)[1]
            if not (isinstance(node.func, ast.Attribute) and node.func.attr == "tensor"):
                yield lambda n: n.args[0]
        if isinstance(node.func, ast.Attribute):
            yield lambda n: n.func.value
    if isinstance(node, ast.Subscript):
        yield lambda n: n.value
    if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id in MODULES):
        yield lambda n: n.value
    if isinstance(node, ast.BinOp):
        yield lambda n: n.left
        yield lambda n: n.right
    if isinstance(node, ast.UnaryOp):
        yield lambda n: n.operand
    if isinstance(node, (ast.List, ast.Tuple)):
        for k in reversed(range(len(node.elts))) if len(node.elts) > 1 or isinstance(node, ast.Tuple) else ():
            yield lambda n, k=k: (n.elts.pop(k), n)[1]
        if len(node.elts) == 1:
            yield lambda n: n.elts[0]
    if isinstance(node, ast.Slice):
        for part in ("lower", "upper", "step"):
            if getattr(node, part) is not None:
                yield lambda n, part=part: (setattr(n, part, None), n)[1]
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float, complex))
        and not isinstance(node.value, bool)
    ):
        for plain in (1, 0, 2):
            yield lambda n, plain=plain: ast.Constant(type(n.value)(plain))
    if isinstance(node, ast.Name) and node.id in ("nan", "inf"):
        yield lambda n: ast.Constant(1.0)
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "torch"
        and node.attr in ("float64", "float16", "bfloat16", "int32", "int16", "int8", "complex128")
    ):
        yield lambda n: (
            setattr(
                n, "attr", "complex64" if n.attr == "complex128" else "int64" if n.attr.startswith("int") else "float32"
            ),
            n,
        )[1]
