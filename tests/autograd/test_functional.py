"""Jacobians and Hessians."""

from __future__ import annotations

import pytest

import pellucid as torch
from pellucid.autograd.functional import hessian, hvp, jacobian, jvp, vhp, vjp

X = torch.tensor([1.0, 2.0, 3.0])


def test_jacobian():
    assert torch.equal(jacobian(lambda x: x * x, X), torch.diag(2 * X) if hasattr(torch, "diag")
                       else torch.eye(3) * (2 * X))
    a, b = jacobian(lambda x, y: (x * y).sum(), (X, X * 2))
    assert a.tolist() == [2, 4, 6] and b.tolist() == [1, 2, 3]
    (aa, ab), (ba, bb) = jacobian(lambda x, y: (x * 2, x.sum() * y), (X, X))
    assert aa.tolist() == (2 * torch.eye(3)).tolist() and ab.tolist() == torch.zeros(3, 3).tolist()
    assert ba.tolist() == [[1] * 3, [2] * 3, [3] * 3] and bb.tolist() == (6 * torch.eye(3)).tolist()
    assert jacobian(lambda x: x.sum(), X).shape == (3,) and not jacobian(lambda x: x.sum(), X).requires_grad
    x = X.clone().requires_grad_()
    jacobian(lambda x: x ** 3, x, create_graph=True).sum().backward()
    assert x.grad.tolist() == [6, 12, 18]
    with pytest.raises(RuntimeError, match="independent of"):
        jacobian(lambda x: torch.ones(2), X, strict=True)
    with pytest.raises(TypeError, match="given to jacobian must be a Tensor"):
        jacobian(lambda x: x, 3)


def test_hessian():
    assert hessian(lambda x: (x ** 3).sum(), X).tolist() == [[6, 0, 0], [0, 12, 0], [0, 0, 18]]
    (aa, ab), (ba, bb) = hessian(lambda x, y: (x * y * y).sum(), (X, X))
    assert aa.abs().sum() == 0 and torch.equal(ab, ba) and bb.tolist() == (2 * torch.eye(3) * X).tolist()
    with pytest.raises(RuntimeError, match="should contain a single element"):
        hessian(lambda x: x, X)


def test_products():
    v = torch.tensor([1.0, 0.0, -1.0])
    out, found = vjp(lambda x: x * x, X, v)
    assert out.tolist() == [1, 4, 9] and found.tolist() == [2, 0, -6]
    out, found = jvp(lambda x: x * x, X, v)
    assert out.tolist() == [1, 4, 9] and found.tolist() == [2, 0, -6]
    assert vjp(lambda x: x.sum(), X)[1].tolist() == [1, 1, 1]
    for product in (hvp, vhp):
        out, found = product(lambda x: (x ** 3).sum(), X, v)
        assert out == 36 and found.tolist() == [6, 0, -18]
    with pytest.raises(RuntimeError, match="The vector v can only be None if"):
        vjp(lambda x: x, X)
    with pytest.raises(RuntimeError, match="Entry 0 in v has invalid size"):
        jvp(lambda x: x, X, torch.ones(2))


def test_inputs_without_dimensions():
    x, y = torch.tensor(2.0), torch.tensor(3.0)
    assert hessian(lambda x: x ** 3, x).item() == 12 and jacobian(lambda x: x ** 3, x).shape == ()
    found = hessian(lambda x, y: x ** 3 * y, (x, y))
    assert [[part.item() for part in row] for row in found] == [[36, 12], [12, 0]]
    assert hessian(lambda x, y: (x ** 3 * y).sum(), (x, torch.ones(2)))[0][1].tolist() == [12, 12]
    assert jacobian(lambda x: x * x, torch.ones(0)).shape == (0, 0)


def test_a_hessian_calls_the_function_once():
    calls = []
    hessian(lambda x: (calls.append(1), (x ** 3).sum())[1], torch.ones(2))
    assert len(calls) == 1
