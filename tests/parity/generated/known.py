"""Differences that are meant (known.txt): each with its place in docs/differences.md and a program that shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).with_name("known.txt")


@dataclass
class Known:
    sign: str  # a pattern for signatures
    line: str  # a pattern that is found in the line that shows the difference
    program: str  # and one that is found in the program up to there
    see: str  # words of docs/differences.md
    show: list[str]  # a program

    def explains(self, sign: str, lines: list[str]) -> bool:
        return bool(re.fullmatch(self.sign, sign) and re.search(self.line, lines[-1])
                    and re.search(self.program, "\n".join(lines)))


def read() -> list[Known]:
    found = []
    for block in re.sub(r"(?m)^#.*\n", "", LIST.read_text()).split("\n\n"):
        entries = dict(re.findall(r"(?m)^(\w+): (.*)$", block))
        if entries:
            found.append(Known(entries["sign"], entries.get("line", ""), entries.get("program", ""), entries["see"],
                               entries["show"].split("; ")))
    return found
