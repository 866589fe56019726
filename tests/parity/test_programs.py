"""Programs for PyTorch run unchanged but for the import, and their losses agree step by step."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).with_name("programs")
STEPS = 20


def program(name, framework, monkeypatch):
    """The module of a program, with `framework` where it says torch."""
    text = (PROGRAMS / f"{name}.py").read_text()
    text = re.sub(r"^import torch$", f"import {framework} as torch", text, flags=re.M)
    text = re.sub(r"^(import|from) torch\b", rf"\1 {framework}", text, flags=re.M)
    module = types.ModuleType(f"{framework}_{name}")
    monkeypatch.setitem(sys.modules, module.__name__, module)        # where dataclasses look
    exec(compile(text, f"{name}.py", "exec"), vars(module))
    return module


@pytest.mark.parametrize("name", sorted(path.stem for path in PROGRAMS.glob("[a-z]*.py")))
def test_losses_agree(ours, theirs, name, monkeypatch):
    found = [program(name, framework.__name__, monkeypatch).losses(STEPS) for framework in (ours, theirs)]
    assert len(found[0]) == len(found[1]) > STEPS
    for step, (our, their) in enumerate(zip(*found, strict=True)):
        assert abs(our - their) <= 1e-4 * abs(their), f"{step}: {our} against {their}"
