"""Keeps the links from the documentation into the source true.

    python docs/relink.py            rewrite the line numbers that have moved
    python docs/relink.py --check    only say which have

A link reads [`Op.__call__`](../pellucid/core/op.py#L283): the text between backquotes names what stands at the line. It
may be a class, a function, a method, a name assigned at the top of the file, or `tanh.derivative`, the decorator of
that rule. Leading module names (`loops.map_plan`) are for the reader. tests/test_docs.py runs the check.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[`([\w.@]+)(?:\(\))?`\]\(([\w./-]+\.py)#L(\d+)\)")


@cache
def names(path: Path) -> dict[str, int]:
    """Qualified name -> line, for what a file defines; the first of several definitions counts."""
    found: dict[str, int] = {}

    def walk(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                for decorator in child.decorator_list:
                    found.setdefault(ast.unparse(decorator).partition("(")[0], decorator.lineno)
                found.setdefault(prefix + child.name, child.lineno)
                walk(child, prefix + child.name + ".")
            elif isinstance(child, (ast.Assign, ast.AnnAssign)):
                targets = child.targets if isinstance(child, ast.Assign) else [child.target]
                for target in targets:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            found.setdefault(prefix + name.id, child.lineno)
            elif not isinstance(child, ast.expr):
                walk(child, prefix)

    walk(ast.parse(path.read_text()), "")
    return found


def line_of(symbol: str, path: Path) -> int | None:
    """The line at which `symbol` is defined in a file."""
    parts = symbol.lstrip("@").split(".")
    for start in range(len(parts)):
        if (line := names(path).get(".".join(parts[start:]))) is not None:
            return line
    return None


def links(page: Path) -> Iterator[tuple[str, str, int]]:
    """(symbol, file, line) of every link into the source."""
    for symbol, file, line in LINK.findall(page.read_text()):
        yield symbol, file, int(line)


def relink(page: Path) -> tuple[str, list[str]]:
    """The page with true line numbers, and what was wrong in it."""
    wrong: list[str] = []

    def true(match: re.Match) -> str:
        symbol, file, line = match[1], match[2], int(match[3])
        path = (page.parent / file).resolve()
        now = line_of(symbol, path) if path.exists() else None
        if now is None:
            wrong.append(f"{page.name}: {symbol} is not in {file}")
            return match[0]
        if now != line:
            wrong.append(f"{page.name}: {symbol} stands at {file}:{now}, not {line}")
        return match[0].replace(f"#L{line})", f"#L{now})")

    return LINK.sub(true, page.read_text()), wrong


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def main() -> int:
    lost = False
    for page in pages():
        text, wrong = relink(page)
        for message in wrong:
            print(message)
        lost |= any("is not in" in message for message in wrong)
        if "--check" in sys.argv:
            lost |= bool(wrong)
        elif text != page.read_text():
            page.write_text(text)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
