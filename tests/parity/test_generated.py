"""Random programs in both frameworks (see generated/), the same ones in each run. And the comparison itself."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from tests.parity import generate
from tests.parity.generated import known, shrink

DIFFERENCES = Path(__file__).resolve().parent.parent.parent / "docs" / "differences.md"
COUNT = 600
OPEN = 0  # so many of them may differ unlisted


@pytest.fixture(scope="module")
def lab(ours, theirs):
    return generate.Lab(ours.__name__)


def options(**others) -> argparse.Namespace:
    return argparse.Namespace(
        **{
            "workers": len(os.sched_getaffinity(0)),
            "examples": 0,
            "shrink": 0.0,
            "seconds": 3600.0,
            "progress": False,
            **others,
        }
    )


def test_programs_agree(lab, capsys):
    """`python -m tests.parity.generate --count 600` runs the same ones and makes short what differs."""
    answers = generate.run(lab, [f"0:{k}" for k in range(COUNT)], options())
    generate.report(answers)
    assert len(answers) == COUNT and not any("broken" in answer for answer in answers)
    assert sum(bool(answer["found"]) for answer in answers) <= OPEN, capsys.readouterr().out[-20000:]


@pytest.mark.parametrize("entry", known.read(), ids=lambda entry: entry.sign)
def test_known_differences_are_there(lab, entry):
    assert entry.see in DIFFERENCES.read_text()
    found = lab.signatures(entry.show)
    assert any(entry.explains(sign, entry.show[: one.step + 1]) for sign, one in found.items()), (
        "nothing to explain any more"
    )


MENDED = Path(known.__file__).with_name("mended.txt").read_text()


@pytest.mark.parametrize("program", [line for line in MENDED.splitlines() if line and line[0] != "#"])
def test_mended_differences_stay_mended(lab, program):
    lines = program.split("; ")
    assert [
        str(one)
        for sign, one in lab.signatures(lines).items()
        if not any(entry.explains(sign, lines[: one.step + 1]) for entry in lab.known)
    ] == []


# ---- the comparison itself


@pytest.fixture(scope="module")
def faulty(theirs):
    return generate.Lab("tests.parity.faulty")


def test_torch_agrees_with_itself(theirs):
    answers = generate.run(generate.Lab("torch"), [f"itself:{k}" for k in range(150)], options())
    assert [(finding["sign"], finding["program"]) for answer in answers for finding in answer["found"]] == []
    assert not any("broken" in answer for answer in answers)
    lines, raised = (sum(answer[key] for answer in answers) for key in ("lines", "raised"))
    assert lines > 1000 and 0.05 < raised / lines < 0.3, "most lines succeed, and a share raises"


@pytest.mark.parametrize(
    "line, sign",
    [
        ("y = torch.tanh(x)", "tanh: value"),
        ("y = torch.cosh(x)", "cosh: dtype torch.float32 | torch.float64"),
        ("y = torch.square(x)", "square: shape"),
        ("torch.exp(x).sum().backward()", "backward: grad.value"),
        ("y = torch.gather(x, 0, torch.tensor([9]))", "gather: exception RuntimeError | KeyError"),
        ("y = torch.sin(x)", None),
    ],
)
def test_faults_are_seen(faulty, line, sign):
    found = faulty.signatures(["x = torch.tensor([1.0, 2.0], requires_grad=True)", line])
    assert next(iter(found), None) == sign if sign is None else sign in found


def test_rounding_is_no_difference(faulty):
    """A result that noise of the size of rounding moves as far as it differs is no finding; a fault of 0.001 is."""
    assert "sub: value" not in faulty.signatures(["x = torch.tensor([0.3, 0.7])", "y = x * 1e7", "z = y.sin()"])
    assert faulty.signatures(["x = torch.tensor([0.3])", "y = torch.tanh(x)"])


def test_a_crash_is_a_finding(faulty, monkeypatch):
    """abs ends the process; the programs behind it are run by another."""
    explore = generate.Lab.explore

    def crash(self, seed):
        if seed == "crash:1":
            self.announce(self.ours.__name__)
            self.ours.abs(None)
        return explore(self, seed)

    monkeypatch.setattr(generate.Lab, "explore", crash)
    answers = generate.run(faulty, [f"crash:{k}" for k in range(4)], options(workers=1, examples=0))
    assert [answer["seed"] for answer in answers] == [f"crash:{k}" for k in range(4)]
    assert [finding["sign"] for finding in answers[1]["found"]] == ["crash: SIGSEGV in tests.parity.faulty"]


def test_short_programs(faulty):
    program = [
        "a = torch.tensor([[1.0, 2.5], [3.0, 4.0]])",
        "b = a.t()[1:, None]",
        "c = a + 1",
        "d = torch.tanh(b.clone()) * 2",
        "e = c.sum()",
    ]
    short = shrink.shrink(program, lambda lines: bool(faulty.signatures(lines)), 30.0)
    assert len(short) == 1 and "tanh" in short[0] and len(short[0]) < 45
