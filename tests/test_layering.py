"""The architecture as a test: who may import whom, what stands nowhere, how long a file may be.

    dtypes device layouts check  <  core | codegen (blind to each other)  <  ops  <  tensor  <  the rest  <  __init__

Read from the sources; nothing is imported.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "pellucid"
FILES = sorted(PACKAGE.rglob("*.py"))

# First match counts. Modules of one unit may import each other; a unit may import those of a lower level only.
UNITS = (
    (0, "values", ("pellucid.dtypes", "pellucid.device", "pellucid.check", "pellucid.layouts")),
    (1, "core", ("pellucid.core",)),
    (1, "codegen", ("pellucid.codegen",)),
    (2, "ops", ("pellucid.ops",)),
    (3, "tensor", ("pellucid.tensor", "pellucid.printing", "pellucid.storage")),
    (4, "the rest", ("pellucid.",)),
    (5, "the public namespace", ("pellucid",)),
)

# Inside ops the same holds between folders: made, maps, ... import from those before them. The last are blind to each
# other.
FLOORS = ("families", "made", "maps", "reduce", "arrange")

# Imports of our own package inside a function: "file: module" -> why it cannot stand at the top.
LATE_IMPORTS: dict[str, str] = {
    "core/__init__.py: pellucid.core": "its modules are imported with an answer to `cython.compiled` in place",
}

# Long files (all lines) and functions (lines of code: an explanation may be as long as it has to) want a reason.
FILE_LIMIT, FUNCTION_LIMIT = 600, 60
WRITER = "writes one kernel from top to bottom: cut apart, the loops it opens would be closed elsewhere"
LONG: dict[str, str] = {
    "codegen/windows/conv.py: walk_kernel": WRITER,
    "codegen/windows/weight_gradient.py: channels_sum_kernel": WRITER,
    "codegen/windows/winograd.py: tiles_kernel": WRITER,
    "codegen/schedules/maps.py: _map_kernel": WRITER,
    "codegen/schedules/maps.py: row": WRITER,
    "codegen/schedules/reductions.py: _stages": "plans the stages of a reduction: one table of cases",
    "codegen/schedules/reductions.py: _reduce_kernel": WRITER,
    "codegen/schedules/rows.py: _column_kernel": WRITER,
    "codegen/schedules/rows.py: _row_kernel": WRITER,
}


@dataclass(frozen=True)
class Import:
    module: str  # the module imported, as far as it is one
    line: int
    late: bool  # inside a function


def name_of(path: Path) -> str:
    """pellucid/nn/init.py -> pellucid.nn.init"""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path) for path in FILES} | {name_of(path.parent / "__init__.py") for path in FILES}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imports(path: Path) -> Iterator[Import]:
    """Every import that runs; those under `if TYPE_CHECKING:` do not."""
    package = name_of(path) if path.name == "__init__.py" else name_of(path).rpartition(".")[0]

    def walk(node: ast.AST, late: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                continue
            if isinstance(child, ast.Import):
                for alias in child.names:
                    yield Import(alias.name, child.lineno, late)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                if child.level:
                    base = ".".join(filter(None,
                                           [*package.split(".")[: len(package.split(".")) - child.level + 1],
                                            child.module]))
                for alias in child.names:
                    yield Import(f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base, child.lineno,
                                 late)
            else:
                yield from walk(child, late or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))

    return walk(tree_of(path), False)


def ours(module: str) -> bool:
    return module == "pellucid" or module.startswith("pellucid.")


def unit_of(module: str) -> tuple[int, str]:
    for level, unit, prefixes in UNITS:
        if any(module == prefix or module.startswith(prefix if prefix.endswith(".") else prefix + ".")
               for prefix in prefixes):
            if unit != "the public namespace" or module == "pellucid":
                return level, unit
    raise AssertionError(module)


def code_lines(path: Path) -> set[int]:
    """The lines that hold code."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING,
               tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type not in skipped:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree_of(path)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef,
                             ast.AsyncFunctionDef)) and ast.get_docstring(node) is not None:
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return lines


def relative(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_imports_go_down(path):
    level, unit = unit_of(name_of(path))
    wrong = []
    for found in imports(path):
        if ours(found.module):
            other_level, other_unit = unit_of(found.module)
            if other_unit != unit and other_level >= level:
                wrong.append(f"{relative(path)}:{found.line} ({unit}) imports {found.module} ({other_unit})")
    assert not wrong, "\n".join(wrong)


def floor_of(module: str) -> tuple[int, str]:
    folder = (module.split(".") + [""])[2]
    return (FLOORS.index(folder) if folder in FLOORS else len(FLOORS)), folder


@pytest.mark.parametrize("path",
                         [path for path in FILES if relative(path).count("/") == 2
                          and relative(path).startswith("ops/")], ids=relative)
def test_floors_of_the_operators(path):
    floor, folder = floor_of(name_of(path))
    wrong = []
    for found in imports(path):
        if found.module.startswith("pellucid.ops"):
            other_floor, other = floor_of(found.module)
            if other != folder and other_floor >= floor:
                wrong.append(f"{relative(path)}:{found.line} imports {found.module}")
    assert not wrong, "\n".join(wrong)


def test_no_circles():
    """Two files that import each other are one file, or three."""
    graph = {name_of(path): {found.module for found in imports(path) if ours(found.module)} for path in FILES
             if path.name != "__init__.py"}
    reached: dict[str, set[str]] = {}
    for start in graph:
        seen: set[str] = set()
        pending = [start]
        while pending:
            for module in graph.get(pending.pop(), ()):
                if module not in seen:
                    seen.add(module)
                    pending.append(module)
        reached[start] = seen
    assert sorted(module for module in graph if module in reached[module]) == []


def test_no_operator_is_fetched_by_a_string():
    """REGISTRY["gather"] hides an import from its reader and from the tests above."""
    wrong = [
        f"{relative(path)}:{node.lineno}"
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("REGISTRY")
        and isinstance(node.slice, ast.Constant)
    ]
    assert not wrong


def test_no_late_imports_of_our_own():
    """An import inside a function hides a cycle. The list above names the exceptions."""
    late = {
        f"{relative(path)}: {'pellucid.core' if relative(path) == 'core/__init__.py' else found.module}": found.line
        for path in FILES
        for found in imports(path)
        if found.late and ours(found.module)
    }
    assert sorted(late.keys() - LATE_IMPORTS.keys()) == [], "imports of pellucid inside functions"
    assert sorted(LATE_IMPORTS.keys() - late.keys()) == [], "entries of LATE_IMPORTS that are not needed any more"


def test_nothing_imports_torch():
    wrong = [
        f"{relative(path)}:{found.line}"
        for path in FILES
        for found in imports(path)
        if found.module.partition(".")[0] in ("torch", "functorch", "torchgen")
    ]
    assert not wrong


# Marks that can only be set above a class or a function: trashcan, which long chains need, and checks that a function
# makes superfluous.
CYTHON_WORDS = {"compiled", "cclass", "trashcan", "boundscheck", "wraparound", "nonecheck"}


# Only these touch addresses; core/memory.py lists their names for all others.
BORDER = {f"core/{name}.py" for name in ("storage", "sharing", "numbers", "frames", "threads", "twins")}


def test_the_c_border():
    """Only the modules of the border know C. The others of the core may ask whether they are compiled and mark classes
    and functions; no C types.
    """
    assert {file for file in BORDER if not (PACKAGE / file).exists()} == set()
    wrong = []
    for path in FILES:
        for found in imports(path):
            root = found.module.partition(".")[0]
            if relative(path) in BORDER:
                continue
            if found.module.startswith("cython.cimports") or (root == "cython"
                                                              and not relative(path).startswith("core/")):
                wrong.append(f"{relative(path)}:{found.line} imports {found.module}")
            if root == "ctypes" and relative(path).startswith("core/"):
                wrong.append(f"{relative(path)}:{found.line} imports ctypes")
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "cython":
                if relative(path) not in BORDER and node.attr not in CYTHON_WORDS:
                    wrong.append(f"{relative(path)}:{node.lineno} uses cython.{node.attr}")
    assert not wrong, "\n".join(wrong)


def test_only_targets_know_llvmlite():
    wrong = {relative(path) for path in FILES for found in imports(path) if found.module.partition(".")[0] == "llvmlite"
             if not relative(path).startswith("codegen/targets/")}
    assert not wrong


def test_every_module_says_what_it_is():
    wrong = [relative(path) for path in FILES if not (ast.get_docstring(tree_of(path)) or "").strip()]
    assert not wrong, f"no docstring: {wrong}"


def test_no_drawers():
    """Names that say nothing. `utils` mirrors torch's public name."""
    public = {"utils/__init__.py", "nn/utils/__init__.py", "nn/modules/utils.py"}
    wrong = [relative(path) for path in FILES if path.stem in ("utils", "common", "misc", "helpers")
             and relative(path) not in public]
    assert not wrong


def test_long_files_and_functions_have_a_reason():
    long: dict[str, int] = {}
    for path in FILES:
        lines = code_lines(path)
        size = len(path.read_text().splitlines())
        if size > FILE_LIMIT:
            long[relative(path)] = size
        for node in ast.walk(tree_of(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                size = len(lines & set(range(node.lineno, node.end_lineno + 1)))
                if size > FUNCTION_LIMIT:
                    long[f"{relative(path)}: {node.name}"] = size
    assert sorted((name, size)
                  for name, size in long.items() if name not in LONG) == [], "long, and LONG gives no reason"
    assert sorted(LONG.keys() - long.keys()) == [], "entries of LONG that are not needed any more"


def test_the_compiled_core_lists_its_files():
    """A .pxd beside a .py is what makes a compiled module of it (setup.py, core/__init__.py). Those without have
    nothing to compile: lists of names, ctypes.
    """
    core = {path.stem for path in (PACKAGE / "core").glob("*.py")}
    types = {path.stem for path in (PACKAGE / "core").glob("*.pxd")}
    assert core - types == {"memory", "meta", "twins"}
    assert types - core == {"system"}
