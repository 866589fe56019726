"""Adam and AdamW against their formula, with every option."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import pellucid
from pellucid import nn, optim


def by_hand(param, grads, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False, maximize=False,
            decoupled=False):
    m, v, largest = 0.0, 0.0, 0.0
    for t, grad in enumerate(grads, 1):
        grad = -grad if maximize else grad
        if decoupled:
            param = param * (1 - lr * weight_decay)
        else:
            grad = grad + weight_decay * param
        m, v = betas[0] * m + (1 - betas[0]) * grad, betas[1] * v + (1 - betas[1]) * grad * grad
        largest = np.maximum(largest, v)
        denom = np.sqrt((largest if amsgrad else v) / (1 - betas[1] ** t)) + eps
        param = param - lr * m / (1 - betas[0] ** t) / denom
    return param


CASES = [dict(zip(("weight_decay", "amsgrad", "maximize"), case))
         for case in itertools.product((0.0, 0.1), (False, True), (False, True))]
CASES += [{"betas": (0.3, 0.5)}, {"betas": (0.0, 0.9)}, {"eps": 0.1, "lr": 0.5}]


@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("options", CASES, ids=str)
def test_every_option(options, decoupled):
    start, grads = np.random.default_rng(0).normal(size=(2, 3)), np.random.default_rng(1).normal(size=(5, 2, 3))
    grads[2] *= 10                                        # so that the largest square is not the last
    p, q = nn.Parameter(pellucid.tensor(start)), nn.Parameter(pellucid.tensor(start))
    opt = optim.Adam([p], decoupled_weight_decay=decoupled, **options)
    other = optim.AdamW([q], **{"weight_decay": 0.0, **options})
    for grad in grads:
        p.grad = q.grad = pellucid.tensor(grad)
        opt.step()
        other.step()
    np.testing.assert_allclose(p.detach().numpy(), by_hand(start, grads, decoupled=decoupled, **options), rtol=1e-12)
    np.testing.assert_allclose(q.detach().numpy(), by_hand(start, grads, decoupled=True, **options), rtol=1e-12)


def test_defaults():
    p = [nn.Parameter(pellucid.ones(1))]
    assert optim.Adam(p).defaults["weight_decay"] == 0 and optim.AdamW(p).defaults["weight_decay"] == 0.01
    assert optim.AdamW(p).defaults["decoupled_weight_decay"] and isinstance(optim.AdamW(p), optim.Adam)


def test_arguments():
    p = [nn.Parameter(pellucid.ones(1))]
    for options, message in (({"lr": -1.0}, "Invalid learning rate: -1.0"),
                             ({"eps": -1.0}, "Invalid epsilon value: -1.0"),
                             ({"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
                             ({"betas": (0.9, -0.5)}, "Invalid beta parameter at index 1: -0.5"),
                             ({"weight_decay": -1.0}, "Invalid weight_decay value: -1.0"),
                             ({"betas": (0, 0.9)}, "betas must be either both floats or both Tensors"),
                             ({"lr": pellucid.ones(2)}, "Tensor lr must be 1-element"),
                             ({"lr": pellucid.tensor(0.1), "foreach": True},
                              "lr as a Tensor is not supported for capturable=False")):
        with pytest.raises(ValueError, match=message):
            optim.Adam(p, **options)
    with pytest.raises(RuntimeError, match="`fused` and `foreach` cannot be `True` together"):
        optim.Adam(p, fused=True, foreach=True)
    p[0].grad = pellucid.ones(1)
    with pytest.raises(AssertionError, match="If capturable=True, params and state_steps must be on supported devices"):
        optim.Adam(p, capturable=True, foreach=False).step()


@pytest.mark.parametrize("options", [{"foreach": True}, {"fused": True}, {"lr": pellucid.tensor(0.1)},
                                     {"betas": (pellucid.tensor(0.9), pellucid.tensor(0.999))}])
def test_other_forms_are_the_same(options):
    a, b = nn.Parameter(pellucid.ones(3)), nn.Parameter(pellucid.ones(3))
    opts = optim.Adam([a], lr=0.1), optim.Adam([b], **{"lr": 0.1, **options})
    for i in range(3):
        for p, opt in ((a, opts[0]), (b, opts[1])):
            p.grad = pellucid.full((3,), 1.0 + i)
            opt.step()
    assert a.tolist() == pytest.approx(b.tolist(), rel=1e-5)


def test_complex():
    p, q = nn.Parameter(pellucid.ones(2, dtype=pellucid.complex64)), nn.Parameter(pellucid.tensor([[1.0, 0.0]] * 2))
    grad = pellucid.tensor([[0.5, -1.0], [0.1, 2.0]])
    opts = optim.Adam([p], amsgrad=True), optim.Adam([q], amsgrad=True)
    for _ in range(2):
        p.grad, q.grad = pellucid.view_as_complex(grad), grad
        for opt in opts:
            opt.step()
    assert pellucid.view_as_real(p.detach()).tolist() == q.tolist()


def test_differentiable():
    start = pellucid.tensor([1.0, 2.0], dtype=pellucid.float64, requires_grad=True)
    lr = pellucid.tensor(0.1, dtype=pellucid.float64, requires_grad=True)

    def after(start, lr):
        p = start.clone()
        opt = optim.Adam([p], lr=lr, weight_decay=0.3, amsgrad=True, differentiable=True)
        for i in range(2):
            p.grad = pellucid.tensor([0.5, -1.0 - i], dtype=pellucid.float64)
            opt.step()
        return (p * p).sum()

    def value(start, lr):
        return by_hand(np.array(start), [np.array([0.5, -1.0]), np.array([0.5, -2.0])], lr, weight_decay=0.3,
                       amsgrad=True)

    result = after(start, lr)
    result.backward()
    assert result.item() == pytest.approx((value([1.0, 2.0], 0.1) ** 2).sum())
    h = 1e-6
    up, down = (value([1.0, 2.0], 0.1 + d) ** 2 for d in (h, -h))
    assert lr.grad.item() == pytest.approx((up - down).sum() / (2 * h), rel=1e-5)
    up, down = (value([1.0 + d, 2.0], 0.1) ** 2 for d in (h, -h))
    assert start.grad[0].item() == pytest.approx((up - down).sum() / (2 * h), rel=1e-5)


def test_it_learns():
    pellucid.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    x = pellucid.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = pellucid.tensor([[0.0], [1.0], [1.0], [0.0]])
    opt = optim.AdamW(net.parameters(), lr=0.03)
    for _ in range(200):
        opt.zero_grad()
        loss = nn.functional.mse_loss(net(x), y)
        loss.backward()
        opt.step()
    assert loss.item() < 0.01
