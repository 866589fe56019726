"""Custom functions."""

from __future__ import annotations

import gc
import weakref

import pytest

import pellucid as torch
from pellucid.autograd import Function, gradcheck, gradgradcheck
from pellucid.autograd.function import once_differentiable


def leaf(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        result = x.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, grad):
        result, = ctx.saved_tensors
        return grad * result


class Product(Function):
    @staticmethod
    def forward(x, y, scale=1.0):
        return x * y * scale

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, y, ctx.scale = inputs
        ctx.save_for_backward(x, y)

    @staticmethod
    def backward(ctx, grad):
        x, y = ctx.saved_tensors
        needs_x, needs_y, _ = ctx.needs_input_grad
        return grad * y * ctx.scale if needs_x else None, grad * x * ctx.scale if needs_y else None, None


def test_gradients_of_both_orders():
    x, y = leaf(0.5, -1.0), leaf(2.0, 3.0)
    assert gradcheck(Exp.apply, (x,)) and gradgradcheck(Exp.apply, (x,))
    assert gradcheck(Product.apply, (x, y)) and gradgradcheck(Product.apply, (x, y))
    assert gradcheck(lambda a: Product.apply(a, y.detach(), 3.0), (x,))
    assert gradcheck(lambda a: Product.apply(a, scale=2.0, y=a), (x,))


def test_the_node_is_the_context():
    x = leaf(1.0)
    y = Exp.apply(x)
    node = y.grad_fn
    assert type(node).__name__ == node.name() == "ExpBackward" and isinstance(node, Exp._backward_cls)
    assert node.next_functions[0][0].variable is x and torch.equal(node.saved_tensors[0], y)
    assert node.saved_tensors[0].grad_fn is node
    y.backward()
    with pytest.raises(RuntimeError, match="directly access saved tensors after they have already been freed"):
        _ = node.saved_tensors


def test_without_recording():
    x = leaf(1.0)
    with torch.no_grad():
        assert not Exp.apply(x).requires_grad
    assert not Exp.apply(x.detach()).requires_grad

    class Identity(Exp):
        @staticmethod
        def forward(ctx, x):
            assert not torch.is_grad_enabled() and ctx.needs_input_grad == (True,)
            return x
    with torch.no_grad():
        assert not Identity.apply(x).requires_grad


def test_all_kinds_of_outputs():
    seen = []

    class Many(Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, None)
            a, b, c = x * 2, x.long(), x * 3
            ctx.mark_non_differentiable(c)
            ctx.note = "kept"
            return a, b, c, 5, None, y

        @staticmethod
        def backward(ctx, *grads):
            seen.append((grads, ctx.saved_tensors, ctx.note))
            return grads[0] * 2 + grads[5], grads[5], None, None          # extra Nones are allowed
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    a, b, c, five, nothing, same = Many.apply(x, y)
    assert a.requires_grad and not b.requires_grad and not c.requires_grad and (five, nothing) == (5, None)
    assert same is not y and same.data_ptr() == y.data_ptr() and same.grad_fn is a.grad_fn and same.output_nr == 5
    a.sum().backward()
    (grads, saved, note), = seen
    assert grads[0].tolist() == [1, 1] and grads[1].tolist() == [0, 0] and grads[2].tolist() == [0, 0] and grads[3] is None and grads[4] is None
    assert saved[0] is x and saved[1] is None and note == "kept" and x.grad.tolist() == [2, 2]


def test_gradients_may_be_left_none():
    seen = []

    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, a, b):
            seen.append((a is None, b is None))
            return None
    x = leaf(1.0)
    Two.apply(x)[1].backward()
    assert seen == [(True, False)] and x.grad is None


def test_writing_in_place():
    class Add(Function):
        @staticmethod
        def forward(ctx, x, y):
            x.add_(y)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad, grad * 10
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    z = x * 1
    assert Add.apply(z, y) is z and z.grad_fn.name() == "AddBackward" and z.tolist() == [4, 6]
    z.sum().backward()
    assert x.grad.tolist() == [1, 1] and y.grad.tolist() == [10, 10]
    base = x * 1
    view = base[0]
    assert Add.apply(view, y[1]) is view
    assert base.grad_fn.name() == "CopySlices"
    x.grad = y.grad = None
    (base * view).sum().backward()
    assert x.grad.tolist() == [12.0, 5.0] and y.grad.tolist() == [0, 120.0]
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad has been used in an in-place operation"):
        Add.apply(leaf(1.0), leaf(1.0))
    with pytest.raises(RuntimeError, match="is a view and is being modified inplace. This view is the output of a function that returns multiple views"):
        Add.apply((x * 1).unbind()[0], y[0])
    plain = torch.zeros(2, dtype=torch.float64)
    Add.apply(plain, y)
    assert plain.requires_grad

    class Forgetful(Add):
        @staticmethod
        def forward(ctx, x, y):
            ctx.mark_dirty(x)
            return x + y
    with pytest.raises(RuntimeError, match="Some elements marked as dirty during the forward method were not returned as output"):
        Forgetful.apply(x * 1, y)

    class Both(Add):
        @staticmethod
        def forward(ctx, x, y):
            x.add_(y)
            ctx.mark_dirty(x)
            return x, y * 1
    with pytest.raises(RuntimeError, match="your Function cannot return more than one Tensor"):
        Both.apply((x * 1)[0], y[0])


def test_views_made_inside_must_not_be_written_to():
    class First(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.size = x.shape
            return x[0]

        @staticmethod
        def backward(ctx, grad):
            found = grad.new_zeros(ctx.size)
            found[0] = grad
            return found

    class Identity(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad * 2
    x = leaf(1.0, 2.0)
    for function in (First, Identity):
        y = function.apply(x * 1)
        assert y._base is not None
        with pytest.raises(RuntimeError, match="This view was created inside a custom Function"):
            y.add_(1)
    y.sum().backward()
    assert x.grad.tolist() == [2, 2]


@pytest.mark.parametrize("found, error, text", [
    (lambda g: torch.ones(3, dtype=torch.float64), RuntimeError, r"Function BadBackward returned an invalid gradient at index 0 - got \[3\]"),
    (lambda g: (g, g), RuntimeError, r"function BadBackward returned an incorrect number of gradients \(expected 1, got 2\)"),
    (lambda g: 3, RuntimeError, r"expected Variable or None \(got int\)"),
])
def test_bad_gradients(found, error, text):
    class Bad(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return found(grad)
    with pytest.raises(error, match=text):
        Bad.apply(leaf(1.0, 2.0)).sum().backward()


def test_bad_calls():
    class Incomplete(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

    class Saver(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(3)
            return x * 1
    x = leaf(1.0)
    with pytest.raises(NotImplementedError, match="You must implement either the backward or vjp method"):
        Incomplete.apply(x).backward()
    with pytest.raises(TypeError, match="save_for_backward can only save variables, but argument 0 is of type int"):
        Saver.apply(x)
    with pytest.raises(TypeError, match="forward\\(\\) got an unexpected keyword argument 'k'"):
        Exp.apply(x, k=1)
    with pytest.raises(TypeError):
        Exp.apply(x, x)
    with pytest.raises(NotImplementedError, match="You must implement the forward function"):
        Function.apply(x)
    with pytest.warns(DeprecationWarning, match="should not be instantiated"):
        old = Exp()
    with pytest.raises(RuntimeError, match="Legacy autograd function with non-static forward method is deprecated"):
        old(x)

    class Twofold(Exp):
        @staticmethod
        def vjp(ctx, grad):
            return grad
    with pytest.raises(RuntimeError, match="Implementing both 'backward' and 'vjp'"):
        Twofold.apply(x).backward()


def test_vjp_is_another_name_of_backward():
    class Triple(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 3

        @staticmethod
        def vjp(ctx, grad):
            return grad * 3
    x = leaf(1.0)
    Triple.apply(x).backward()
    assert x.grad.tolist() == [3]


def test_once_differentiable():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, grad):
            assert not torch.is_grad_enabled()
            x, = ctx.saved_tensors
            return 2 * x * grad
    x = leaf(1.0, 2.0)
    y = (Square.apply(x) * x).sum()
    g, = torch.autograd.grad(y, x, create_graph=True)
    assert g.tolist() == [3, 12]
    with pytest.raises(RuntimeError, match="trying to differentiate twice a function that was marked with @once_differentiable"):
        g.sum().backward()
    Square.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_saved_tensors_must_not_change():
    x = leaf(1.0)
    y = Exp.apply(x)
    y.mul_(2)
    with pytest.raises(RuntimeError, match="output 0 of ExpBackward, is at version 1; expected version 0 instead"):
        y.backward()


def test_saved_outputs_make_no_cycle():
    gc.disable()
    try:
        y = Exp.apply(leaf(1.0))
        alive = weakref.ref(y.grad_fn)
        del y
        assert alive() is None
    finally:
        gc.enable()


def test_operations_recorded_inside_forward_do_not_leak():
    class Inner(Function):
        @staticmethod
        def forward(ctx, x):
            with torch.enable_grad():
                y = x.detach().requires_grad_()
                z = (y * y).sum()
            ctx.inner = torch.autograd.grad(z, y)[0]
            return z

        @staticmethod
        def backward(ctx, grad):
            return ctx.inner * grad
    x = leaf(1.0, 2.0)
    z = Inner.apply(x)
    assert z.grad_fn.name() == "InnerBackward"
    z.backward()
    assert x.grad.tolist() == [2, 4]
