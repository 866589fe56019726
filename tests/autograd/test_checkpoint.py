"""checkpoint: the same gradients with less kept, the same random numbers in both runs."""

from __future__ import annotations

import pytest

import pellucid as torch
from pellucid.core.memory import memory_stats
from pellucid.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential


def leaf(*shape, seed=0):
    torch.manual_seed(seed)
    return torch.rand(*shape, dtype=torch.float64).requires_grad_()


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_same_gradients_and_random_numbers(reentrant, dropout):
    found = []
    for checkpointed in (False, True):
        x, w = leaf(8, 8), leaf(8, 8, seed=1)
        block = lambda x: torch.nn.functional.dropout((x @ w).tanh(), dropout)           # noqa: B023
        torch.manual_seed(3)
        y = x
        for _ in range(3):
            y = checkpoint(block, y, use_reentrant=reentrant) if checkpointed else block(y)
        y.sum().backward()
        found.append((y.detach(), x.grad, w.grad, torch.rand(3)))
    for plain, again in zip(*found):
        assert torch.allclose(plain, again, rtol=1e-12)


def test_keywords_double_backward_and_grad():
    x = leaf(3, 3)
    y = checkpoint(lambda x, power=2: (x ** power).sin(), x, use_reentrant=False, power=3)
    g, = torch.autograd.grad(y.sum(), x, create_graph=True)
    h, = torch.autograd.grad(g.sum(), x)
    x2 = x.detach().requires_grad_()
    g2, = torch.autograd.grad((x2 ** 3).sin().sum(), x2, create_graph=True)
    assert torch.allclose(g, g2) and torch.allclose(h, torch.autograd.grad(g2.sum(), x2)[0])


def test_sequential():
    for reentrant in (True, False):
        x = leaf(3)
        functions = [torch.exp, torch.sin, torch.tanh, torch.cos, torch.sigmoid]
        checkpoint_sequential(functions, 2, x, use_reentrant=reentrant).sum().backward()
        y = x.detach().requires_grad_()
        y.exp().sin().tanh().cos().sigmoid().sum().backward()
        assert torch.allclose(x.grad, y.grad)


def test_memory_is_given_up():
    x = torch.rand(100_000, requires_grad=True)
    function = lambda x: x.exp().sin().cos().tanh()
    function(x).sum().backward()
    kept = []
    for act in (function, lambda x: checkpoint(function, x, use_reentrant=False)):
        before = memory_stats()["live"]
        y = act(x)
        kept.append(memory_stats()["live"] - before)
        del y
    assert kept[1] < 600_000 < 1_200_000 < kept[0]


@pytest.mark.parametrize("act, error, message", [
    (lambda x: checkpoint(torch.exp, x, use_reentrant=True, out=None), ValueError, "Unexpected keyword arguments: out"),
    (lambda x: torch.autograd.grad(checkpoint(torch.exp, x, use_reentrant=True).sum(), x), RuntimeError,
     "When use_reentrant=True"),
    (lambda x: checkpoint(torch.exp, x, use_reentrant=False, determinism_check="x"), ValueError,
     "determinism_check should be one of")])
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act(leaf(3))


def test_a_second_run_that_differs():
    runs = []

    def function(x):
        runs.append(1)
        return x[:len(runs)].exp()

    with pytest.raises(CheckpointError, match="have different metadata"):
        checkpoint(function, leaf(3), use_reentrant=False).sum().backward()
