"""What a result is, apart from its values, beside PyTorch: its version, its strides, whether it is a view, its type
under another default.
"""

from __future__ import annotations

import pytest
import torch

import pellucid
from tests.ops.calls import Findings
from tests.parity import opdb, sweep

pytestmark = pytest.mark.filterwarnings("ignore")

# name -> why it may differ
VERSIONS: dict[str, str] = dict.fromkeys(
    ("diff", "isclose", "nn.functional.pad.circular", "nn.functional.one_hot", "nn.functional.poisson_nll_loss"),
    "PyTorch composes it and writes into its own result: nothing that a program could hold has changed")
TYPES: dict[str, str] = {}
STRIDES: dict[str, str] = {}


def walk(name, dtypes, describe, findings, limit=2):
    entry = sweep.entries()[name]
    theirs, ours = sweep.both(entry)
    for dtype in dtypes:
        for number, item in enumerate(sweep.samples(entry, dtype, limit, most=300)):
            for layout, turn in (("", lambda t: t), (" transposed", turned)):
                args, kwargs = sweep.mapped(sweep.arguments(item), turn)
                given = sweep.carried(sweep.THEIRS, (args, kwargs))
                wanted, error = sweep.attempt(theirs, *given)
                if error is not None:
                    continue
                with findings(f"{str(dtype)[6:]} sample {number}{layout}"):
                    mine = sweep.carried(sweep.OURS, (args, kwargs))
                    found, error = sweep.attempt(ours, *mine)
                    if sweep.lacking(error):
                        continue
                    if error is not None:
                        raise error
                    expected, got = describe(wanted, given), describe(found, mine)
                    assert got == expected, f"{got}, expected {expected}"


def turned(t):
    return t.transpose(0, -1).contiguous().transpose(0, -1) if t.ndim > 1 else t


def versions(value, given):
    return [t._version for t in sweep.tensors(value)]


def layouts(value, given):
    known = {t.untyped_storage().data_ptr() for t in sweep.tensors(given) if t.numel()}
    return [(opdb.significant_strides(t), t.untyped_storage().data_ptr() in known,
             t.storage_offset() if t.numel() else 0, t.is_conj(), t.is_neg())
            for t in sweep.tensors(value)]


def types(value, given):
    return [opdb.dtype_name(t) for t in sweep.tensors(value)]


@pytest.mark.parametrize("name", sweep.each())
def test_versions(name):
    findings = Findings()
    if name not in VERSIONS:
        walk(name, (torch.float32, torch.int64), versions, findings)
    findings.settle()


@pytest.mark.parametrize("name", sweep.each())
def test_strides_and_sharing(name):
    findings = Findings()
    if name not in STRIDES:
        walk(name, (torch.float32, torch.complex64), layouts, findings)
    findings.settle()


@pytest.mark.parametrize("name", sweep.each())
def test_types_under_another_default(name):
    findings = Findings()
    try:
        torch.set_default_dtype(torch.float64)
        pellucid.set_default_dtype(pellucid.float64)
        if name not in TYPES:
            walk(name, (torch.int64, torch.bool, torch.complex64), types, findings)
    finally:
        torch.set_default_dtype(torch.float32)
        pellucid.set_default_dtype(pellucid.float32)
    findings.settle()
