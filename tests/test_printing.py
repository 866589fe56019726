"""How tensors print. The same against PyTorch, for thousands of tensors and options, is in
tests/parity/test_printing.py.
"""

from __future__ import annotations

import pytest

import pellucid
from pellucid import inf, nan, printing
from pellucid import tensor as t


@pytest.fixture(autouse=True)
def default_options():
    with printing.printoptions():
        yield


@pytest.mark.parametrize("data, text", [
    (3, "tensor(3)"),
    (True, "tensor(True)"),
    (2.5, "tensor(2.5000)"),
    (1 + 2j, "tensor(1.+2.j)"),
    ([], "tensor([])"),
    ([[], []], "tensor([], size=(2, 0))"),
    ([1, -20, 3], "tensor([  1, -20,   3])"),
    ([True, False], "tensor([ True, False])"),
    ([1.0, 2.0], "tensor([1., 2.])"),
    ([1.0, nan, -inf], "tensor([1., nan, -inf])"),
    ([nan, 0.0], "tensor([nan, 0.])"),
    ([0.5, 100.0], "tensor([  0.5000, 100.0000])"),
    ([0.001, 1000.0], "tensor([1.0000e-03, 1.0000e+03])"),
    ([1e9, 1.0], "tensor([1.0000e+09, 1.0000e+00])"),
    ([1.5 - 2j, 3 + 0.25j], "tensor([1.5000-2.0000j, 3.0000+0.2500j])"),
    ([[1, 2], [3, 4]], "tensor([[1, 2],\n        [3, 4]])"),
    ([[[1.0]], [[2.0]]], "tensor([[[1.]],\n\n        [[2.]]])"),
])
def test_contents(data, text):
    assert repr(t(data)) == str(t(data)) == text


@pytest.mark.parametrize("make, text", [
    (lambda: t([1], dtype=pellucid.int32), "tensor([1], dtype=torch.int32)"),
    (lambda: t([], dtype=pellucid.int64), "tensor([], dtype=torch.int64)"),
    (lambda: t([1.5], dtype=pellucid.bfloat16), "tensor([1.5000], dtype=torch.bfloat16)"),
    (lambda: t([1 + 1j], dtype=pellucid.complex128), "tensor([1.+1.j], dtype=torch.complex128)"),
    (lambda: pellucid.zeros(2, 3, device="meta"), "tensor(..., device='meta', size=(2, 3))"),
    (lambda: pellucid.zeros(2, device="meta", dtype=pellucid.int64),
     "tensor(..., device='meta', size=(2,), dtype=torch.int64)"),
    (lambda: t([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
    (lambda: t([1.0], requires_grad=True) * 2, "tensor([2.], grad_fn=<MulBackward0>)"),
    (lambda: t([[1.0]], requires_grad=True)[0], "tensor([1.], grad_fn=<SelectBackward0>)"),
])
def test_suffixes(make, text):
    assert repr(make()) == text


def test_large_tensors_are_summarised():
    assert repr(pellucid.arange(1001)) == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    rows = repr(pellucid.arange(2000).view(20, 100)).split("\n")
    assert (len(rows) == 7 and rows[0] == "tensor([[   0,    1,    2,  ...,   97,   98,   99],"
            and rows[3] == "        ...,")


def test_long_lines_are_broken():
    lines = repr(pellucid.arange(40)).split("\n")
    assert all(len(line) <= 80 for line in lines) and lines[1].startswith("        1")


def test_options():
    pellucid.set_printoptions(precision=2, linewidth=20)
    assert repr(t([1.23456, 2.5])) == "tensor([1.23, 2.50])"
    pellucid.set_printoptions(profile="short", sci_mode=True)
    assert repr(t([1.5])) == "tensor([1.50e+00])"
    pellucid.set_printoptions(profile="default", threshold=4, edgeitems=1)
    assert repr(pellucid.arange(9)) == "tensor([0,  ..., 8])"
    assert printing.get_printoptions() == {"precision": 4, "threshold": 4, "edgeitems": 1, "linewidth": 80,
                                           "sci_mode": None}


def test_more_dimensions_and_longer_strides_than_numpy_has():
    row = "[" * 70 + "1.5000" + "]" * 70
    for d, suffix in ((pellucid.float32, ""), (pellucid.bfloat16, ",\n       dtype=torch.bfloat16")):
        assert repr(pellucid.full((2, *(1,) * 70), 1.5,
                                  dtype=d)) == f"tensor([{row},{70 * chr(10)}        {row}]{suffix})"
    assert repr(pellucid.ones(1).as_strided((1, 1), (2**62, 1))) == "tensor([[1.]])"
    assert repr(pellucid.ones((1,) * 65, dtype=pellucid.int64)) == "tensor(" + "[" * 65 + "1" + "]" * 65 + ")"
    pellucid.set_printoptions(threshold=0, edgeitems=1)
    assert (repr(t(1.5)) == "tensor(1.5000)" and repr(t([[1.5]])) == "tensor([[1.5000]])"
            and repr(t([[1.0, 2, 3]])) == "tensor([[1.,  ..., 3.]])")


def test_subclasses_print_their_name():
    class Mine(pellucid.Tensor):
        pass

    assert repr(t([1.0]).as_subclass(Mine)) == "Mine([1.])"


def test_format():
    assert f"{t(2.5):.2f}|{t(7):4d}|{t([1.5])}" == "2.50|   7|tensor([1.5000])"
    with pytest.raises(TypeError):
        format(t([1.0]), ".2f")
    assert pellucid.ones(1).__repr__(tensor_contents="given") == "tensor(given)"
