"""Reads grammar.txt: what a line of a random program can be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GRAMMAR = Path(__file__).with_name("grammar.txt")


@dataclass
class Table:
    """Rows of templates of one sort, and how likely it is and each of them."""

    weight: float
    statements: bool
    rows: list[tuple[float, list[str]]] = field(default_factory=list)


def tables(frameworks: tuple[Any, ...]) -> dict[str, Table]:
    """grammar.txt, without the templates that use a name which one of the frameworks lacks."""
    text = re.sub(r"\n    +", " ", GRAMMAR.read_text())
    words: dict[str, list[str]] = {}
    found: dict[str, Table] = {}
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        if match := re.fullmatch(r"\[(\w+) (\d+)( statements)?\]", line):
            table = found[match[1]] = Table(float(match[2]), bool(match[3]))
        elif match := re.fullmatch(r"@(\d+)", line):
            table.rows.append((float(match[1]), []))
        elif not found:
            name, _, rest = line.partition(" = ")
            words[name] = rest.split()
        else:
            times, _, template = line.partition(" x ") if re.match(r"\d+ x ", line) else ("1", "", line)
            table.rows[-1][1].extend(
                [t for t in expanded(template, words) if all(known(t, framework) for framework in frameworks)]
                * int(times)
            )
    for table in found.values():
        table.rows = [row for row in table.rows if row[1]]
    return found


def expanded(template: str, words: dict[str, list[str]]) -> list[str]:
    match = re.search(r"<([A-Z_]+)>", template)
    return (
        [template[: match.start()] + word + template[match.end() :] for word in words[match[1]]]
        if match
        else [template]
    )


def known(template: str, framework: Any) -> bool:
    """Whether a framework has all that a template names."""
    spaces = {"torch": framework, "F": framework.nn.functional, "nn": framework.nn}
    for space, path in re.findall(r"\b(torch|F|nn)((?:\.\w+)+)", template):
        owner = spaces[space]
        for part in path[1:].split("."):
            if not hasattr(owner, part):
                return False
            owner = getattr(owner, part)
            if isinstance(owner, type):
                break
    return all(hasattr(framework.Tensor, name) for name in re.findall(r"\}\.(\w+)\(", template))
