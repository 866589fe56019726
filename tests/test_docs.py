"""The documentation is true: its links stand at the lines they name, its code runs, and prints what it says it prints.

A block marked ```python runs, all blocks of a page in one namespace. A line `# -> text` after an expression says what
it prints. A block marked ```python (not run) does not.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def load_relink():
    spec = importlib.util.spec_from_file_location("relink", ROOT / "docs" / "relink.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


relink = load_relink()
PAGES = relink.pages()
BLOCK = re.compile(r"^( *)```python\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
RESULT = re.compile(r"^(?P<code>.*?)\s*# -> (?P<printed>.*)$")


def blocks(page: Path) -> list[tuple[int, str]]:
    """(line, code) of each python block."""
    text = page.read_text()
    return [(text[: match.start()].count("\n") + 2, textwrap.dedent(match[2])) for match in BLOCK.finditer(text)]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_into_the_source(page):
    """`make docs` mends line numbers that have moved."""
    _, wrong = relink.relink(page)
    assert not wrong, "\n".join(wrong)
    for symbol, file, line in relink.links(page):
        text = (page.parent / file).resolve().read_text().splitlines()[line - 1]
        assert symbol.rpartition(".")[2] in text, f"{symbol}: line {line} of {file} reads {text!r}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_between_pages(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{named(page)} links to {target}"


@pytest.fixture
def same_operators():
    """Operators and types of devices that a page declares are gone after it."""
    from pellucid.codegen.targets import TARGETS
    from pellucid.core.devices import DEVICES, remove_device
    from pellucid.ops.families.declare import REGISTRY

    before, devices = dict(REGISTRY), set(DEVICES)
    yield
    REGISTRY.clear()
    REGISTRY.update(before)
    for name in set(DEVICES) - devices:
        remove_device(name)
        TARGETS.pop(name, None)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=named)
def test_code_runs(page, same_operators, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    namespace: dict = {"__name__": "documentation"}
    for line, code in blocks(page):
        run(code, namespace, str(page), line)


def run(code: str, namespace: dict, file: str, line: int) -> None:
    """Execute a block; where a line ends in `# -> text`, the expression on it must print that."""
    pending: list[str] = []
    start = line

    def flush(until: int) -> None:
        nonlocal start
        if pending:
            exec(compile("\n" * (start - 1) + "\n".join(pending), file, "exec"), namespace)
            pending.clear()
        start = until

    for number, text in enumerate(code.splitlines(), line):
        match = RESULT.match(text)
        if match is None or text.startswith((" ", "#")):
            pending.append(text)
            continue
        flush(number)
        value = eval(compile("\n" * (number - 1) + match["code"].strip(), file, "eval"), namespace)
        assert str(value) == match["printed"].strip(), f"{file}:{number}: {match['code'].strip()} prints {value}"
        start = number + 1
    flush(start)


def test_a_wrong_link_is_seen(tmp_path):
    """The check itself, on a page with a moved line, a lost name and a true one."""
    source = tmp_path / "source.py"
    source.write_text("import os\n\n\nclass A:\n    def f(self):\n        pass\n\n\n@A.f\ndef _(x):\n    pass\n")
    page = tmp_path / "page.md"
    page.write_text("[`A.f`](source.py#L5) [`A`](source.py#L1) [`module.A`](source.py#L4) [`gone`](source.py#L1)")
    text, wrong = relink.relink(page)
    assert [message.partition(": ")[2] for message in wrong] == ["A stands at source.py:4, not 1",
                                                                 "gone is not in source.py"]
    assert "[`A`](source.py#L4)" in text


def test_a_wrong_result_is_seen():
    run("x = 1\nx + 1  # -> 2\n", {}, "page", 1)
    with pytest.raises(AssertionError, match="page:2: x prints 1"):
        run("x = 1\nx  # -> 2\n", {}, "page", 1)


# The files of a step: whose functions are called, in this thread or another, by layer.
PASSED = """
import os, sys, threading
import pellucid as torch

root, layers = os.path.dirname(torch.__file__) + os.sep, ("core", "ops", "codegen", "")

def row(name, work):
    seen = set()
    def note(frame, event, argument):
        if event == "call" and frame.f_code.co_filename.startswith(root):
            seen.add(frame.f_code.co_filename.removeprefix(root))
    threading.setprofile(note), sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None), threading.setprofile(None)
    counts = [sum(file.rpartition(os.sep)[0].split(os.sep)[0] == layer for file in seen) for layer in layers]
    return " | ".join(["| " + name, *(str(n or "-") for n in counts), str(len(seen))]) + " |"

a, ones = torch.tensor([0.0, 0.5, -1.0], requires_grad=True), torch.ones(3)
for time in "cold", "warm", "warm":
    a.grad, y = None, []
    rows = [row(f"`a.tanh()`, {time}", lambda: y.append(a.tanh())),
            row(f"its backward, {time}", lambda: y[0].backward(ones))]
    if time == "cold":
        print(*rows, sep="\\n")
print(*rows, sep="\\n")
"""


def test_how_many_files_a_step_passes(tmp_path):
    """As the tour's table says. In a process whose core is Python, and which finds no kernel."""
    done = subprocess.run([sys.executable, "-c", PASSED], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PELLUCID_UNCOMPILED": "1", "PELLUCID_CACHE": str(tmp_path),
                               "PYTHONPATH": str(ROOT)})
    rows = done.stdout.splitlines()
    assert len(rows) == 4, done.stderr
    text = (ROOT / "docs" / "tour.md").read_text()
    assert not [row for row in rows if row not in text], "the table of docs/tour.md should be:\n" + done.stdout
