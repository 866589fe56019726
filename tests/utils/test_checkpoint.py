"""Running a function again in place of keeping what it saves."""

from __future__ import annotations

import pytest

import pellucid as torch
from pellucid import nn
from pellucid.utils.checkpoint import (
    CheckpointError,
    checkpoint,
    checkpoint_sequential,
    set_checkpoint_debug_enabled,
    set_checkpoint_early_stop,
)


@pytest.fixture
def x():
    return torch.tensor([0.5, 1.0], requires_grad=True)


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_gradients_are_the_same(x, use_reentrant):
    calls = []

    def function(a, b, factor):
        calls.append(torch.is_grad_enabled())
        return (a.exp() * b).tanh() * factor, a.sum()
    w = torch.tensor([2.0, 3.0], requires_grad=True)
    y, z = function(x, w, 2)
    (y.sum() + z).backward()
    expected = x.grad.tolist(), w.grad.tolist()
    x.grad = w.grad = None
    calls.clear()
    y, z = checkpoint(function, x, w, 2, use_reentrant=use_reentrant)
    assert len(calls) == 1
    (y.sum() + z).backward()
    assert (x.grad.tolist(), w.grad.tolist()) == expected and len(calls) == 2


@pytest.mark.parametrize("use_reentrant", [True, False])
def test_random_numbers_are_the_same(x, use_reentrant):
    seen = []

    def function(a):
        mask = torch.rand(2)
        seen.append(mask.tolist())
        return a.exp() * mask
    torch.manual_seed(3)
    y = checkpoint(function, x, use_reentrant=use_reentrant)
    following = torch.rand(2).tolist()
    y.sum().backward()
    assert seen[0] == seen[1] and following not in seen
    checkpoint(function, x, use_reentrant=use_reentrant, preserve_rng_state=False).sum().backward()
    assert seen[2] != seen[3]


def test_what_is_kept_until_backward(x):
    import gc
    import weakref
    alive = []

    def function(a):
        b = a.exp()
        alive.append(weakref.ref(b))
        return (b * b).sum()
    gc.disable()
    try:
        y = checkpoint(function, x, use_reentrant=False)
        assert alive[0]() is None
        y.backward()
    finally:
        gc.enable()


def test_without_reentry_anything_goes(x):
    function = torch.sin
    g, = torch.autograd.grad(checkpoint(function, x, use_reentrant=False).sum(), x, create_graph=True)
    assert torch.allclose(g, x.detach().cos())
    gg, = torch.autograd.grad(g.sum(), x)
    assert torch.allclose(gg, -x.detach().sin())
    y = checkpoint(lambda a, *, scale: {"out": a.exp() * scale}, x, use_reentrant=False, scale=3.0)["out"].sum()
    y.backward(retain_graph=True)
    y.backward()
    assert torch.allclose(x.grad, 6 * x.detach().exp())
    nested = checkpoint(lambda a: checkpoint(lambda b: b.exp().sin(), a * 2, use_reentrant=False).tanh(), x,
                        use_reentrant=False)
    x.grad = None
    nested.sum().backward()
    plain = x.detach().requires_grad_()
    (plain * 2).exp().sin().tanh().sum().backward()
    assert torch.allclose(x.grad, plain.grad)
    with torch.no_grad():
        assert not checkpoint(function, x, use_reentrant=False).requires_grad


def test_early_stop(x):
    ended = []

    def function(a):
        y = a.exp()
        ended.append(1)
        return y
    for stop, count in ((True, 1), (False, 2)):
        ended.clear()
        with set_checkpoint_early_stop(stop):
            y = checkpoint(function, x, use_reentrant=False)
        y.sum().backward()
        assert len(ended) == count


def test_a_second_run_that_differs(x):
    runs = [0]

    def fewer(a):
        runs[0] += 1
        return a.exp().exp() if runs[0] == 1 else a.exp()
    with pytest.raises(CheckpointError,
                       match="A different number of tensors was saved during the original forward and recomputation.\n"
                                              "Number of tensors saved during forward: 2\nNumber of tensors saved "
                                              "during recomputation: 1."):
        checkpoint(fewer, x, use_reentrant=False).sum().backward()
    runs[0] = 0

    def other(a):
        runs[0] += 1
        return a.exp() if runs[0] == 1 else torch.cat([a, a]).exp()
    with set_checkpoint_debug_enabled(True), pytest.raises(CheckpointError,
                                                           match="have different metadata(.|\n)*saved first"):
        checkpoint(other, x, use_reentrant=False).sum().backward()
    runs[0] = 0
    checkpoint(lambda a: a.exp(), x, use_reentrant=False, determinism_check="none").sum().backward()


def test_contexts_of_the_two_runs(x):
    from contextlib import contextmanager
    seen = []

    @contextmanager
    def note(name):
        seen.append(name)
        yield
    checkpoint(torch.exp, x, use_reentrant=False, context_fn=lambda: (note("first"), note("second"))).sum().backward()
    assert seen == ["first", "second"]


def test_with_reentry(x):
    with pytest.warns(UserWarning, match="the use_reentrant parameter should be passed explicitly"):
        checkpoint(torch.sin, x)
    with pytest.raises(RuntimeError,
                       match="When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad\\(\\)"):
        torch.autograd.grad(checkpoint(torch.sin, x, use_reentrant=True).sum(), x)
    with pytest.warns(UserWarning, match="None of the inputs have requires_grad=True. Gradients will be None"):
        assert not checkpoint(torch.sin, x.detach(), use_reentrant=True).requires_grad
    with pytest.raises(ValueError, match="Unexpected keyword arguments: foo"):
        checkpoint(torch.sin, x, use_reentrant=True, foo=1)
    with pytest.raises(RuntimeError,
                       match="none of output has requires_grad=True, this checkpoint\\(\\) is not necessary"):
        checkpoint(lambda a: a.detach(), x, use_reentrant=True).sum().backward()
    assert checkpoint(torch.sin, x, use_reentrant=True).grad_fn.name() == "CheckpointFunctionBackward"


@pytest.mark.parametrize("use_reentrant", [True, False])
@pytest.mark.parametrize("segments", [1, 2, 3])
def test_sequential(use_reentrant, segments):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 1))
    x = torch.randn(3, 2, requires_grad=True)
    model(x).sum().backward()
    expected = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    checkpoint_sequential(model, segments, x, use_reentrant=use_reentrant).sum().backward()
    for p, g in zip(model.parameters(), expected, strict=True):
        assert torch.equal(p.grad, g)


def test_each_look_at_a_saved_tensor_runs_the_function_again():
    runs = []
    x = torch.ones(2, requires_grad=True)
    y = checkpoint(lambda x: (runs.append(1), x.sin().exp())[1], x, use_reentrant=False)
    for count in (2, 3):
        assert y.grad_fn._saved_result.tolist() == y.tolist() and len(runs) == count
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert len(runs) == 5
