"""Custom Functions: what ctx keeps, flags and errors; and what becomes of saved tensors under hooks."""

from __future__ import annotations

import pytest

import pellucid as torch
from pellucid.autograd.function import once_differentiable
from pellucid.autograd.graph import save_on_cpu, saved_tensors_hooks


def leaf(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def make(forward=None, backward=None):
    return type("Made", (torch.autograd.Function,), {
        "forward": staticmethod(forward or (lambda ctx, x: (ctx.save_for_backward(x), x * x)[1])),
        "backward": staticmethod(backward or (lambda ctx, grad: 2 * ctx.saved_tensors[0] * grad))})


def test_derivatives_of_derivatives():
    x = leaf(0.5, 2.0)
    assert torch.autograd.gradcheck(make().apply, (x,)) and torch.autograd.gradgradcheck(make().apply, (x,))


@pytest.mark.parametrize("forward, backward, error, message", [
    (None, lambda ctx, g: (g, g), RuntimeError,
     "function MadeBackward returned an incorrect number of gradients \\(expected 1, got 2\\)"),
    (None, lambda ctx, g: g[:1].expand(3), RuntimeError, "returned an invalid gradient at index 0 - got \\[3\\]"),
    (lambda ctx, x, k=1: x * k, lambda ctx, g: (g, g), RuntimeError,
     "incorrect number of gradients \\(expected 1, got 2\\)"),
    (None, lambda ctx, g: 3, RuntimeError, "expected Variable or None"),
    (None, once_differentiable(lambda ctx, g: g * 2), None, None),
    (lambda ctx, x: (ctx.save_for_backward(3), x * 1)[1], None, TypeError,
     "save_for_backward can only save variables, but argument 0 is of type int"),
    (lambda ctx, x: (ctx.mark_dirty(x), x * 1)[1], lambda ctx, g: g, RuntimeError,
     "Some elements marked as dirty during the forward method")])
def test_errors(forward, backward, error, message):
    def run():
        g, = torch.autograd.grad(make(forward, backward).apply(leaf(1, 2)).sum(), x := leaf(1, 2), allow_unused=True)
        return g, x

    def whole():
        make(forward, backward).apply(leaf(1, 2)).sum().backward()

    if error is None:
        whole()
        assert run()[0] is None
    else:
        with pytest.raises(error, match=message):
            whole()


def test_once_differentiable():
    x = leaf(1, 2)
    g, = torch.autograd.grad(make(None, once_differentiable(lambda ctx, g: g * 2)).apply(x).square().sum(), x,
                             create_graph=True)
    with pytest.raises(RuntimeError,
                       match="trying to differentiate twice a function that was marked with @once_differentiable"):
        g.sum().backward()


@pytest.mark.parametrize("materialize", [True, False])
def test_arguments_outputs_and_missing_gradients(materialize):
    seen = {}

    class Many(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, k, y):
            ctx.set_materialize_grads(materialize)
            ctx.k = k["factor"]
            index = x.argmax()
            ctx.mark_non_differentiable(index)
            return x * ctx.k, y * 1, index

        @staticmethod
        def backward(ctx, gx, gy, gi):
            seen.update(needs=ctx.needs_input_grad, gy=gy)
            return gx * ctx.k, None, None

    x, y = leaf(1, 2), torch.ones(2)
    a, b, index = Many.apply(x, {"factor": 3}, y)
    assert a.requires_grad and b.requires_grad and not index.requires_grad and a.grad_fn.name() == "ManyBackward"
    a.sum().backward()
    assert x.grad.tolist() == [3, 3] and seen["needs"] == (True, False, False)
    assert seen["gy"].tolist() == [0, 0] if materialize else seen["gy"] is None
    with torch.no_grad():
        assert not Many.apply(x, {"factor": 3}, y)[0].requires_grad


def test_setup_context_with_defaults_and_keywords():
    class Power(torch.autograd.Function):
        @staticmethod
        def forward(x, n=2):
            assert not torch.is_grad_enabled()
            return x ** n

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.n = inputs[1]
            ctx.save_for_backward(inputs[0])

        @staticmethod
        def backward(ctx, grad):
            return grad * ctx.n * ctx.saved_tensors[0] ** (ctx.n - 1), None

    for expected, kwargs in ((4, {}), (12, {"n": 3})):
        x = leaf(2)
        Power.apply(x, **kwargs).sum().backward()
        assert x.grad.tolist() == [expected]


def test_keywords_are_inputs_in_the_order_of_the_parameters():
    scale = make(lambda ctx, x, a=1, b=2, *, c=3: x * a * b * c, lambda ctx, g: (g, g * 7))
    x, a = leaf(1), leaf(2)
    assert scale.apply(x, a=a).sum().backward() is None and x.grad.tolist() == [1] and a.grad.tolist() == [7]
    for kwargs, message in [({"b": a}, "missing required argument: 'a'"), ({"c": 1}, "unexpected keyword argument 'c'"),
                            ({"q": 1}, "argument 'q'")]:
        with pytest.raises(TypeError, match=message):
            scale.apply(x, **kwargs)
    with pytest.raises(RuntimeError,
                       match="gradient different than None at position 2, but the corresponding forward input was not "
                             "a Variable"):
        scale.apply(x, 3).sum().backward()


def test_mark_dirty_counts_the_write_and_moves_the_history():
    # a write that autograd does not see
    double = make(lambda ctx, x: (ctx.mark_dirty(x), x.data.mul_(2), x)[2], lambda ctx, g: g * 2)
    x = leaf(1, 2)
    y = x * 3
    square = (y * y).sum()
    assert double.apply(y) is y and y._version == 1
    (y * y).sum().backward()
    assert x.grad.tolist() == [72, 144]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        square.backward()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        double.apply(leaf(1))
    base = x * 3
    double.apply(base[1:])
    assert torch.autograd.grad(base.sum(), x)[0].tolist() == [3, 6]


def test_saved_tensors_are_checked_and_freed():
    y = leaf(1, 2) * 1
    z = make().apply(y)
    assert z.grad_fn.saved_tensors[0].tolist() == [1, 2]
    y.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()
    z = make().apply(leaf(1))
    z.backward()
    for act in (z.backward, lambda: z.grad_fn.saved_tensors):
        with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time"):
            act()


@pytest.mark.parametrize("returned", [lambda x: x, lambda x: x[:1]])
def test_views_that_a_function_returns_must_not_be_written_to(returned):
    out = make(lambda ctx, x: returned(x), lambda ctx, g: g.expand(2) * 5).apply(leaf(1, 2) * 1)
    with pytest.raises(RuntimeError, match="This view was created inside a custom Function"):
        out.mul_(2)


def test_instances_are_not_called():
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        instance = make()()
    with pytest.raises(RuntimeError, match="Legacy autograd function"):
        instance(leaf(1))


def test_saved_tensors_hooks_nest_and_serve_functions_and_operators():
    x = leaf(0.5, 2.0)
    seen = []
    with saved_tensors_hooks(lambda t: (seen.append(t.tolist()), t.detach() * 4)[1], lambda t: t / 4):
        y = make().apply(x) + x.exp()
        with saved_tensors_hooks(lambda t: t.tolist(), lambda t: torch.tensor(t, dtype=torch.float64)):
            z = x.exp()
    assert seen == [[0.5, 2.0], x.exp().tolist()]
    (y + z).sum().backward()
    assert torch.allclose(x.grad, 2 * x.detach() + 2 * x.detach().exp())
    with save_on_cpu():
        assert torch.autograd.gradcheck(lambda x: (x * x.exp()).sin(), (x,))


def test_hooks_get_double_backward_right():
    x = leaf(0.5, 2.0)
    with saved_tensors_hooks(lambda t: t, lambda t: t):
        y = (x.exp() * x).sum()
    g, = torch.autograd.grad(y, x, create_graph=True)
    h, = torch.autograd.grad(g.sum(), x)
    assert torch.allclose(h, ((x + 2) * x.exp()).detach())


@pytest.mark.parametrize("materialize, others",
                         [(True, [[0.0, 0.0], [0, 0], [0.0, 0.0]]), (False, [None, None, [0.0, 0.0]])])
def test_gradients_of_outputs_that_have_none(materialize, others):
    seen = []

    class Four(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx._materialize_non_diff_grads = materialize
            marked = x * 2
            ctx.mark_non_differentiable(marked)
            return x.clone(), marked, x.long(), x * 3

        @staticmethod
        def backward(ctx, *grads):
            seen.extend(grads)
            return grads[0]

    Four.apply(torch.ones(2, requires_grad=True))[0].sum().backward()
    assert [None if grad is None else grad.tolist() for grad in seen] == [[1.0, 1.0], *others]
