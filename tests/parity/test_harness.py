"""The harness itself: torch agrees with torch, and each kind of fault is seen as what it is."""

from __future__ import annotations

import argparse

import pytest

from tests.parity import run


def outcomes(framework: str, names: str, budget: float = 60.0) -> dict[str, dict]:
    """The named entries checked as `make parity` does it."""
    return {result["name"]: result
            for result in run.run(names.split(","), [run.Worker(framework, budget)], progress=False)}


def test_torch_agrees_with_itself():
    """Samples, forms, gradients, errors and lambdas of the table carry over without loss."""
    results = outcomes(
        "torch",
        "add,cat,where,polygamma.polygamma_n_1,nn.functional.dropout,normal,split,linalg.svd,as_strided,index_put,"
        "empty,sgn,chalf"
    )
    assert [name for name, result in results.items() if not run.agrees(result)] == []
    assert results["add"]["states"]["gradients"] == "agree"
    assert results["cat"]["states"]["exceptions"] == "agree"
    assert results["where"]["states"]["strides"] == "agree"


def test_each_fault_is_named():
    results = outcomes("tests.parity.faulty", "tanh,cosh,square,exp,gather,sinh,abs,neg,sigmoid", budget=6.0)
    wrong = {
        name: {aspect for aspect in run.COUNTED if result["states"][aspect] not in ("agree", "untested")}
        for name, result in results.items()
    }
    assert wrong["tanh"] == {"values", "gradients"}
    assert "dtypes" in wrong["cosh"]
    assert "shapes" in wrong["square"]
    assert wrong["exp"] == {"gradients"}
    assert wrong["gather"] == {"exceptions"}
    assert run.absent(results["sinh"]) and "no tests.parity.faulty.sinh" in results["sinh"]["findings"][0][2]
    assert "SIGSEGV" in results["abs"]["findings"][0][2]
    assert "longer than" in results["neg"]["findings"][0][2]
    assert run.agrees(results["sigmoid"]), "the entry after a crash is checked by a fresh worker"


@pytest.fixture
def options():
    return argparse.Namespace(framework="pellucid", update=True)


def test_the_list_only_grows(tmp_path, monkeypatch, options, capsys):
    monkeypatch.setattr(run, "AGREED", tmp_path / "agreed.txt")
    assert run.floor(["add", "tanh"], {"add", "tanh"}, options) == 0
    assert run.read_agreed() == ["add", "tanh"]
    assert run.floor(["add", "mul"], {"add", "mul", "tanh"}, options) == 1, "tanh is lost"
    assert run.read_agreed() == ["add", "mul", "tanh"]
    assert "tanh" in capsys.readouterr().out
    assert run.floor(["mul"], {"mul"}, options) == 0, "what was not checked is not lost"
