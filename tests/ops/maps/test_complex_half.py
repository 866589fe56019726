"""Complex halves: pairs of float16 in memory, computed as complex64 and rounded once at the end."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import pellucid as torch

RNG = np.random.default_rng(0)
LAYOUTS = {
    "rows": lambda x: x, "turned": lambda x: x.t(), "steps": lambda x: x[:, ::3], "backwards": lambda x: x[:, ::-1],
    "one column": lambda x: x[:, :1].expand(x.shape), "conjugated": lambda x: x.conj(),
    "negated": lambda x: torch._neg_view(x), "negated conjugates, turned": lambda x: torch._neg_view(x.t().conj()),
}
MAPS = {
    "add": lambda x, y: x + y, "mul": lambda x, y: x * y, "div": lambda x, y: x / y, "exp": lambda x, y: torch.exp(x),
    "where": lambda x, y: torch.where(x.real > 0, x, y), "abs": lambda x, y: x.abs(), "neg": lambda x, y: -x,
    "copy": lambda x, y: x.clone(), "sgn": lambda x, y: x.sgn(), "eq": lambda x, y: x == y,
    "sum": lambda x, y: x.sum(1), "picked": lambda x, y: x[[1, 0, 1]], "cumsum": lambda x, y: x.cumsum(0),
    "real": lambda x, y: x.real,
}


def drawn(*shape):
    return torch.tensor(RNG.uniform(-2, 2, shape) + 1j * RNG.uniform(-2, 2, shape), dtype=torch.complex32)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", MAPS)
def test_computed_wide_and_rounded_once(name, layout):
    x, y = LAYOUTS[layout](drawn(37, 53)), LAYOUTS[layout](drawn(37, 53))
    found, wide = MAPS[name](x, y), MAPS[name](x.to(torch.complex64), y.to(torch.complex64))
    narrow = {torch.complex64: torch.complex32, torch.float32: torch.float16}.get(wide.dtype, wide.dtype)
    assert found.dtype is narrow and found.shape == wide.shape
    assert torch.equal(found, wide.to(narrow))


def test_written_through_every_layout():
    for turn in LAYOUTS.values():
        x = drawn(37, 53)
        held = x.clone()
        if turn(x)._is_view() and 0 in turn(x).stride():
            continue
        view = turn(held)
        view.mul_(1j)
        assert torch.equal(view.to(torch.complex64), (turn(x).to(torch.complex64) * 1j).to(torch.complex32))


def test_made_read_and_converted():
    x = torch.tensor([1 + 2j, -0.5, 70000 + 1j], dtype=torch.chalf)
    assert x.dtype is torch.complex32 and x.tolist() == [1 + 2j, -0.5, complex(np.inf, 1)] and x.itemsize == 4
    assert x[0].item() == 1 + 2j == complex(x[0]) and f"{x[0]}" == "(1+2j)" and bool(x[1])
    assert repr(x[:2]) == "tensor([ 1.0000+2.j, -0.5000+0.j], dtype=torch.complex32)"
    assert torch.view_as_real(x).dtype is torch.float16 and torch.view_as_real(x)[0].tolist() == [1, 2]
    assert torch.view_as_complex(torch.ones(3, 2, dtype=torch.half)).tolist() == [1 + 1j] * 3
    assert torch.complex(x.real, x.imag).dtype is torch.complex32 and torch.equal(torch.complex(x.real, x.imag), x)
    assert x.chalf() is x and x.cfloat().dtype is torch.complex64 and torch.ones(2).chalf().dtype is torch.complex32
    assert x.conj().imag.tolist() == [-2, 0, -1] and x.conj().imag.is_neg()
    assert torch.equal(torch.from_dlpack(x), x) and torch.equal(pickle.loads(pickle.dumps(x)), x)
    assert x.view(torch.uint8).shape == (12,) and x.type() == "torch.ComplexHalfTensor"
    with pytest.raises(TypeError, match="^Got unsupported ScalarType ComplexHalf$"):
        x.numpy()
    with pytest.raises(NotImplementedError, match="not implemented for 'ComplexHalf'"):
        x @ x


def test_gradients():
    x = drawn(5).requires_grad_()
    (x * x.conj()).sum().real.backward()
    assert x.grad.dtype is torch.complex32
    np.testing.assert_allclose(x.grad.tolist(), [2 * z for z in x.tolist()], rtol=2e-3)


def test_the_default_type():
    try:
        torch.set_default_dtype(torch.half)
        assert torch.tensor(1j).dtype is torch.complex32 and (torch.ones(2) * 1j).dtype is torch.complex32
    finally:
        torch.set_default_dtype(torch.float32)
