"""Finished kernels: their program, its text, what is remembered of them, and a run of one (`Launch`).

A kernel's text has two readers: people, and the tables of compiled kernels, in memory and on the disk, which know it by
its digest. Once there is machine code nobody needs the program but whoever debugs, and it is some fifty times the size
of the code; so it is forgotten then, and written once more if it is asked for. For that the functions that write
kernels are decorated as `writer`s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, wraps
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .ir import Block, Instr, Value

__all__ = ["Kernel", "Launch", "Program", "listing", "writer"]


class Program(NamedTuple):
    """What a kernel does: its instructions, the three arguments, and how many values there are."""

    body: Block
    words: Value
    begin: Value
    end: Value
    size: int


class Kernel:
    """A finished kernel: a name for people, and its program. A target that has made machine code of it calls `forget`:
    a program is fifty times the size of its code. Who wants to see or interpret it afterwards has it written once more,
    if a `writer` wrote it."""

    __slots__ = ("name", "_program", "_write", "_digest")

    def __init__(self, name: str, program: Program | None):
        self.name, self._digest = name, b""
        self._program = program
        self._write: Callable[[], Program] | None = None

    def program(self) -> Program:
        """The instructions, written once more where they were forgotten."""
        program = self._program
        if program is None:
            program = self._write()
            if _digest(self.name, program) != self._digest:
                raise RuntimeError(
                    f"kernel {self.name} is written in more than one way: what its writer writes depends on more than "
                    "the arguments")
        return program

    def text(self) -> str:
        """The program as text, one instruction a line, loops indented."""
        return _text(self.name, self.program())

    def digest(self) -> bytes:
        """Of the text: equal for kernels that do the same under the same name."""
        if not self._digest:
            self._digest = _digest(self.name, self.program())
        return self._digest

    def forget(self) -> None:
        """Keep the digest alone, if the program can be written again."""
        if self._write is not None:
            self.digest()
            self._program = None

    def walk(self) -> Iterator[Instr]:
        """Every instruction, bodies after their loop."""
        stack = [self.program().body]
        while stack:
            for instr in stack.pop().instrs:
                yield instr
                if instr.body is not None:
                    stack.append(instr.body)


class Launch(NamedTuple):
    """One run of a kernel, as a schedule plans it from shapes: `words` follow the pointers and scalars in the kernel's
    argument list, `chunks` is the number of independent pieces (it depends on shapes alone), `work` estimates the ns
    that one thread needs. For targets that want that (`Target.whole`) a family may give instead of a program what works
    on NumPy arrays, called with (all words, 0, chunks)."""

    kernel: Kernel
    words: tuple[int, ...]
    chunks: int
    work: float
    whole: Callable[[list[int], int, int], None] | None = None


def writer(function: Callable) -> Callable:
    """Decorates a function that writes a kernel, alone or first in a tuple: what it returns is remembered by its
    arguments, which alone decide it.
    """
    @lru_cache(4096)
    @wraps(function)
    def remembered(*args: Any, **kwargs: Any) -> Any:
        def again() -> Program:
            return _kernel(function(*args, **kwargs)).program()

        made = function(*args, **kwargs)
        _kernel(made)._write = again
        return made

    return remembered


def _kernel(made: Kernel | tuple) -> Kernel:
    return made[0] if isinstance(made, tuple) else made


def _text(name: str, program: Program) -> str:
    lines = [f"kernel {name}({program.words!r} words, {program.begin!r} begin, {program.end!r} end)"]
    lines += listing(program.body, "  ")
    return "\n".join(lines) + "\n"


def _digest(name: str, program: Program) -> bytes:
    return blake2b(_text(name, program).encode(), digest_size=20).digest()


def listing(block: Block, indent: str = "") -> list[str]:
    """A block's lines, one an instruction, bodies of loops and branches indented."""
    lines: list[str] = []
    for instr in block.instrs:
        args = ", ".join(map(repr, instr.args))
        if instr.op == "for":
            carried = ", ".join(f"{inside!r}:{inside.shape} = {first!r}" for first, inside, _ in instr.carried)
            lines.append(f"{indent}for {instr.result!r} in {args}" + (f" carry {carried}" if carried else ""))
            lines += listing(instr.body, indent + "  ")
            if instr.carried:
                lines.append(f"{indent}  yield " + ", ".join(repr(after) for _, _, after in instr.carried)
                             + " -> " + ", ".join(map(repr, instr.results)))
        elif instr.op == "if":
            lines.append(f"{indent}if {args}")
            lines += listing(instr.body, indent + "  ")
            for (before, _, after), result in zip(instr.carried, instr.results):
                lines.append(f"{indent}  {result!r}:{result.shape} = {after!r} else {before!r}")
        else:
            attr = "" if instr.attr is None else f" [{instr.attr}]" if not isinstance(instr.attr,
                tuple) else f" [{' '.join(map(str, instr.attr))}]"
            shapes = " " + " ".join(a.shape
                                    for a in instr.args) if instr.op in ("convert", "bitcast", "store",
                                                                         "scatter") else ""
            head = "" if instr.result is None else f"{instr.result!r}:{instr.result.shape} = "
            lines.append(f"{indent}{head}{instr.op} {args}{shapes}{attr}")
    return lines
