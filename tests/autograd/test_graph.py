"""backward and grad as users call them; saved-tensor hooks, gradient edges, hooks on several tensors."""

from __future__ import annotations

import pytest

import pellucid as torch
from pellucid.autograd import Variable, backward, grad
from pellucid.autograd.graph import (
    GradientEdge,
    Node,
    disable_saved_tensors_hooks,
    get_gradient_edge,
    increment_version,
    register_multi_grad_hook,
    save_on_cpu,
    saved_tensors_hooks,
)


@pytest.fixture
def x():
    return torch.tensor([1.0, 2.0], requires_grad=True)


def test_backward_of_several_tensors(x):
    y = x * x
    backward((y.sum(), (y * x).sum()))
    assert x.grad.tolist() == [5, 16]
    x.grad = None
    backward([x * 2, x * 3], [torch.ones(2), torch.ones(2)])
    assert x.grad.tolist() == [5, 5]
    x.grad = None
    backward(x * 2, torch.ones(2), inputs=x)
    assert x.grad.tolist() == [2, 2]


def test_grad(x):
    y = x * x
    w = torch.ones(1, requires_grad=True)
    assert grad(y.sum(), x)[0].tolist() == [2, 4]
    assert (grad([y], [x, w], [torch.ones(2)], retain_graph=True, allow_unused=True)[1] is None
            if y.grad_fn.freed is None else True)
    y = x * x
    found = grad(y.sum(), (x, w), materialize_grads=True)
    assert found[1].tolist() == [0]
    with pytest.raises(ValueError, match="Expected allow_unused to be True or not passed when materialize_grads=True"):
        grad(y.sum(), x, materialize_grads=True, allow_unused=False)
    with pytest.raises(RuntimeError, match="`inputs` argument to `grad\\(\\)` cannot be empty"):
        grad(y.sum(), [])
    y = x * x
    rows, = grad(y, x, torch.eye(2), is_grads_batched=True)
    assert rows.tolist() == [[2, 0], [0, 4]]


def test_gradient_penalty(x):
    w = torch.tensor([3.0, 4.0], requires_grad=True)
    y = (w * x * x).sum()
    g, = grad(y, x, create_graph=True)
    (g * g).sum().backward()
    assert w.grad.tolist() == [24, 128] and x.grad.tolist() == [72, 256]


def test_gradient_edges(x):
    y = x * 2
    edge = get_gradient_edge(y)
    assert (edge.node is y.grad_fn and edge.output_nr == 0 and isinstance(edge.node, Node)
            and isinstance(edge, GradientEdge))
    assert get_gradient_edge(edge) is edge and get_gradient_edge(x).node.variable is x
    z = (y * y).sum()
    gy, gx = grad(z, (edge, get_gradient_edge(x)), retain_graph=True)
    assert gy.tolist() == [4, 8] and gx.tolist() == [8, 16]
    backward(edge, torch.ones(2))
    assert x.grad.tolist() == [2, 2]
    with pytest.raises(RuntimeError, match="does not require gradients"):
        get_gradient_edge(torch.ones(1))


def test_saved_tensors_hooks(x):
    packed, unpacked = [], []

    def pack(t):
        packed.append(t.detach().clone())
        return len(packed) - 1

    def unpack(i):
        unpacked.append(i)
        return packed[i]
    with saved_tensors_hooks(pack, unpack):
        y = (x.exp() * x).sum()
    assert len(packed) >= 3 and not unpacked
    y.backward()
    expected = (torch.tensor([1.0, 2.0]).exp() * torch.tensor([2.0, 3.0])).tolist()
    assert torch.allclose(x.grad, torch.tensor(expected)) and sorted(unpacked) == list(range(len(packed)))
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        with saved_tensors_hooks(pack, unpack):                 # the innermost counts
            count = len(packed)
            x.exp()
            assert len(packed) == count + 1


def test_save_on_cpu_and_disabling(x):
    with save_on_cpu():
        y = x.exp().sum()
    y.backward()
    assert torch.allclose(x.grad, x.detach().exp())
    with disable_saved_tensors_hooks("not here"):
        with pytest.raises(RuntimeError, match="not here"):
            with saved_tensors_hooks(lambda t: t, lambda t: t):
                pass
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        pass


def test_hooks_on_several_tensors(x):
    a, b, c = x * 2, x * 3, x * 4
    seen = []
    handle = register_multi_grad_hook((a, b, c, x),
                                      lambda grads: seen.append([None if g is None else g.tolist() for g in grads]))
    (a + b).sum().backward(retain_graph=True)
    assert seen == [[[1, 1], [1, 1], None, [5, 5]]]
    grad((a * c).sum(), c)
    assert seen[1:] == [[None, None, [2, 4], None]]
    handle.remove()
    (a + b).sum().backward()
    assert len(seen) == 2
    first = []
    a, b = x * 2, x * 3
    register_multi_grad_hook((a, b), lambda g: first.append(g.tolist()), mode="any")
    (a * 5 + b).sum().backward(retain_graph=True)
    (a * 5 + b).sum().backward()
    assert len(first) == 2
    with pytest.raises(ValueError, match="Expects mode to be one of"):
        register_multi_grad_hook((a,), print, mode="some")
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't require gradient"):
        register_multi_grad_hook((torch.ones(1),), print)


def test_increment_version(x):
    y = x * 2
    z = (y * y).sum()
    increment_version(y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.backward()
    a, b = torch.ones(1), torch.ones(1)
    before = a._version, b._version
    increment_version([a, b])
    assert (a._version, b._version) == (before[0] + 1, before[1] + 1)


def test_variables(x):
    assert isinstance(x, Variable) and isinstance(Variable(x), torch.Tensor)
    v = Variable(torch.ones(2), requires_grad=True)
    assert v.requires_grad and v.is_leaf


def test_a_layer_by_hand_learns():
    torch.manual_seed(0)
    w = torch.zeros(3, requires_grad=True)
    data = torch.randn(64, 3)
    wanted = data @ torch.tensor([1.0, -2.0, 3.0])
    for _ in range(200):
        loss = ((data @ w - wanted) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
            w.grad = None
    assert torch.allclose(w, torch.tensor([1.0, -2.0, 3.0]), atol=1e-3)
