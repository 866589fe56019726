"""SGD against its formula, with every option."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import pellucid
from pellucid import nn, optim


def by_hand(param, grads, lr, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, maximize=False):
    buf = None
    for grad in grads:
        grad = -grad if maximize else grad
        grad = grad + weight_decay * param
        if momentum:
            buf = grad if buf is None else momentum * buf + (1 - dampening) * grad
            grad = grad + momentum * buf if nesterov else buf
        param = param - lr * grad
    return param


CASES = [dict(zip(("momentum", "dampening", "weight_decay", "nesterov", "maximize"), case)) for case in
         itertools.product((0.0, 0.9), (0.0, 0.3), (0.0, 0.1), (False, True), (False, True))
         if not (case[3] and (case[0] == 0 or case[1] != 0))]


@pytest.mark.parametrize("options", CASES, ids=str)
def test_every_option(options):
    start, grads = np.random.default_rng(0).normal(size=(2, 3)), np.random.default_rng(1).normal(size=(4, 2, 3))
    p = nn.Parameter(pellucid.tensor(start))
    opt = optim.SGD([p], 0.1, **options)
    for grad in grads:
        p.grad = pellucid.tensor(grad)
        opt.step()
    np.testing.assert_allclose(p.detach().numpy(), by_hand(start, grads, 0.1, **options), rtol=1e-12)


def test_arguments():
    p = [nn.Parameter(pellucid.ones(1))]
    for options, message in (({"lr": -1.0}, "Invalid learning rate: -1.0"),
                             ({"momentum": -1.0}, "Invalid momentum value: -1.0"),
                             ({"weight_decay": -1.0}, "Invalid weight_decay value: -1.0"),
                             ({"nesterov": True}, "Nesterov momentum requires a momentum and zero dampening"),
                             ({"lr": pellucid.ones(2)}, "Tensor lr must be 1-element")):
        with pytest.raises(ValueError, match=message):
            optim.SGD(p, **options)
    with pytest.raises(RuntimeError, match="`fused` and `foreach` cannot be `True` together"):
        optim.SGD(p, fused=True, foreach=True)
    with pytest.raises(RuntimeError, match="`fused` does not support `differentiable`"):
        optim.SGD(p, fused=True, differentiable=True)


@pytest.mark.parametrize("options", [{"foreach": True}, {"fused": True}, {"lr": pellucid.tensor(0.1)}])
def test_other_forms_are_the_same(options):
    a, b = nn.Parameter(pellucid.ones(3)), nn.Parameter(pellucid.ones(3))
    opts = optim.SGD([a], **{"lr": 0.1, "momentum": 0.9}), optim.SGD([b], **{"lr": 0.1, "momentum": 0.9, **options})
    for i in range(3):
        for p, opt in ((a, opts[0]), (b, opts[1])):
            p.grad = pellucid.full((3,), 1.0 + i)
            opt.step()
    assert a.tolist() == pytest.approx(b.tolist(), rel=1e-6)


@pytest.mark.parametrize("dtype", [pellucid.float16, pellucid.bfloat16, pellucid.float64, pellucid.complex64])
def test_types(dtype):
    p = nn.Parameter(pellucid.ones(3, dtype=dtype))
    opt = optim.SGD([p], 0.5, momentum=0.5)
    for _ in range(2):
        p.grad = pellucid.full_like(p, 0.5)
        opt.step()
    assert p.tolist() == [0.375] * 3 and p.dtype is dtype


def test_differentiable():
    """The gradient of a later loss with respect to where the steps started."""
    start = pellucid.tensor([1.0, 2.0], requires_grad=True)
    p = start.clone()
    opt = optim.SGD([p], 0.1, weight_decay=0.5, differentiable=True)
    p.grad = pellucid.ones(2)
    opt.step()
    p.sum().backward()
    assert start.grad.tolist() == pytest.approx([0.95, 0.95])


def test_mixed_types_in_one_group():
    params = [nn.Parameter(pellucid.ones(3, dtype=dtype))
              for dtype in (pellucid.float32, pellucid.float64, pellucid.float32)]
    opt = optim.SGD(params, 0.5)
    for p in params:
        p.grad = pellucid.ones_like(p)
    opt.step()
    assert [p.tolist() for p in params] == [[0.5] * 3] * 3
