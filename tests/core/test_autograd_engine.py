"""The graph, the walk, views and writes in place, with operators of the test's own."""

from __future__ import annotations

import gc
import threading
import time
import warnings
import weakref

import fake_ops as f
import numpy as np
import pytest
from fake_ops import no_grad, tensor, to_array

from pellucid import dtypes
from pellucid.core import is_compiled
from pellucid.core.autograd import backward, grad
from pellucid.core.derivative import OpNode
from pellucid.core.memory import adopt, phantom
from pellucid.core.meta import contiguous
from pellucid.core.node import AccumulateGrad, GradientEdge, Node
from pellucid.core.state import current, describe
from pellucid.core.tensor import wrap


@pytest.fixture(autouse=True)
def _fake_ops():
    with f.installed():
        yield


def leaf(*values, dtype=dtypes.float64):
    return tensor(values, dtype, requires_grad=True)


def gradients(outputs, inputs, grad_outputs=None, **options):
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    return grad(tuple(outputs), tuple(inputs), tuple(grad_outputs or [None] * len(outputs)), **options)


def same(t, expected, tolerance=1e-6):
    np.testing.assert_allclose(to_array(t), np.asarray(expected), atol=tolerance, rtol=tolerance)


def numerical(function, x, eps=1e-6):
    """d sum(function(x)) / d x by differences."""
    values, found = to_array(x), np.zeros(x.shape)
    for place in np.ndindex(values.shape):
        ends = []
        for step in (eps, -eps):
            moved = values.copy()
            moved[place] += step
            ends.append(to_array(function(tensor(moved, dtypes.float64))).sum())
        found[place] = (ends[0] - ends[1]) / (2 * eps)
    return found


def check(function, x):
    """backward of function agrees with differences, and so does its derivative."""
    first, = gradients(function(x).sum(), [x], create_graph=True)
    same(first, numerical(function, x), 1e-5)
    if first.requires_grad:
        weight = tensor(np.linspace(1, 2, x.numel()).reshape(x.shape), dtypes.float64)

        def derivative(y):
            y.requires_grad_()
            return gradients(function(y).sum(), [y], create_graph=True)[0] * weight
        second, = gradients((first * weight).sum(), [x])
        same(second, numerical(derivative, x), 1e-4)


# The walk
# ----------------------------------------------------------------------------------------------------------------------

def test_backward_accumulates_into_leaves():
    x, y = leaf(1, 2, 3), leaf(4, 5, 6)
    loss = (x * y + x).sum()
    assert loss.requires_grad and not loss.is_leaf and x.is_leaf and loss.grad_fn.name() == "SumBackward0"
    loss.backward()
    same(x.grad, [5, 6, 7])
    same(y.grad, [1, 2, 3])
    (x * 2).sum().backward()
    same(x.grad, [7, 8, 9])


def test_classes_of_nodes_tell_the_operator():
    x = leaf(1, 2)
    y, z = x * 3, x * 4
    y.mul_(2)
    assert type(y.grad_fn).__name__ == type(z.grad_fn).__name__ == "MulBackward0" and type(y.grad_fn) is type(z.grad_fn)
    assert (isinstance(z.grad_fn, OpNode) and isinstance(z.grad_fn, Node)
            and type(z.grad_fn) is not type(f.tanh(x).grad_fn))
    reference = weakref.ref(z.grad_fn)
    z.sum().backward()
    same(x.grad, [4, 4])
    del z
    assert reference() is None
    with pytest.raises(AttributeError, match="'MulBackward0' object has no attribute 'other'"):
        getattr(y.grad_fn, "ot" + "her")


def test_the_graph_as_users_see_it():
    x = leaf(1, 2)
    y = x * 3
    node = y.grad_fn
    (face, number), other = node.next_functions
    assert (other == (None, 0) and number == 0 and isinstance(face, AccumulateGrad) and face.variable is x
            and face.name() == "torch::autograd::AccumulateGrad")
    assert node.next_functions[0][0] is face                    # as long as somebody holds it
    node.metadata["mine"] = 1
    assert y.grad_fn.metadata == {"mine": 1} and repr(node).startswith("<MulBackward0 object at 0x")
    assert y.output_nr == 0 and node._sequence_nr() > 0 and node._input_metadata[0].shape == (2,)
    a, b = f.unbind(y)
    assert (a.output_nr, b.output_nr) == (0, 1) and a.grad_fn is b.grad_fn
    same(node(tensor([1.0, 1.0], dtypes.float64))[0], [3, 3])
    same(f.tanh(x).grad_fn._saved_result, np.tanh([1, 2]))
    same((x * y).grad_fn._saved_self, [1, 2])
    with pytest.raises(AttributeError, match="MulBackward0.*_saved_nothing"):
        _ = y.grad_fn._saved_nothing


def test_a_leaf_goes_without_waiting_for_the_collector():
    gc.disable()
    try:
        x = leaf(1, 2)
        (f.tanh(x) * x).sum().backward()
        view = f.select(x * 1, 0, 0)
        view.mul_(2)
        y = x * 2
        y.register_hook(lambda g: None)
        y.sum().backward()
        alive = weakref.ref(x)
        del x, view, y
        assert alive() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("operation", ["tanh_", "mul_", "add_", "sin_", "copy_", "view"])
def test_writing_in_place_makes_no_cycles(operation):
    gc.disable()
    try:
        x = leaf(1, 2)
        y = x * 1
        target = f.select(y, 0, 0) if operation == "view" else y
        if operation == "view":
            target.mul_(y.sum())
        elif operation in ("tanh_", "sin_"):
            getattr(target, operation)()
        else:
            getattr(target, operation)(x)
        alive = weakref.ref(y), weakref.ref(y.grad_fn)
        del y, target
        assert [r() for r in alive] == [None, None]
    finally:
        gc.enable()


def test_order_of_the_walk_is_the_newest_first():
    x = leaf(1.0)
    seen = []
    a = x * 2
    b = x * 3
    c = x * 4
    for name, t in (("a", a), ("b", b), ("c", c)):
        t.register_hook(lambda g, name=name: seen.append(name))
    (a + b + c).sum().backward()
    assert seen == ["c", "b", "a"]


def test_many_paths():
    x = leaf(0.5)
    y = x
    for _ in range(40):                                         # 2 ** 40 paths, 40 nodes
        y = y + y
    y.sum().backward()
    same(x.grad, [2.0 ** 40])
    wide = leaf(1.0)
    parts = [wide * float(i) for i in range(300)]
    f.cat(parts).sum().backward()
    same(wide.grad, [300 * 299 / 2])


def test_a_million_nodes_deep():
    depth = 1_000_000 if is_compiled() else 20_000
    x = leaf(1.0)
    y = x
    for _ in range(depth):
        y = f.view_size(y, (1,))
    y.backward()
    same(x.grad, [1.0])
    y = x
    for _ in range(depth):
        y = f.view_size(y, (1,))
    del y                                                       # freed without a walk


def test_roots_and_errors():
    x = leaf(1, 2)
    y = x * 2
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar outputs"):
        y.backward()
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad and does not have a grad_fn"):
        tensor([1.0]).backward()
    with pytest.raises(RuntimeError,
                       match=r"Mismatch in shape: grad_output\[0\] has a shape of torch.Size\(\[3\]\) and output\[0\] "
                             r"has a shape"):
        y.backward(tensor([1.0, 2, 3]))
    with pytest.raises(RuntimeError, match="got 2 tensors and 1 gradients"):
        gradients((y, y), [x], (y,))
    with pytest.raises(TypeError, match="gradients can be either Tensors or None, but got str"):
        gradients((y,), [x], ("a",))
    with pytest.raises(RuntimeError, match="One of the differentiated Tensors does not require grad"):
        gradients(y.sum(), [tensor([1.0])])
    with pytest.raises(RuntimeError,
                       match="The differentiated Tensor at index 1 appears to not have been used in the graph. Set "
                             "allow_unused=True"):
        gradients(y.sum(), [x, leaf(1.0)])
    assert gradients(y.sum(), [leaf(1.0)], allow_unused=True) == (None,)
    with pytest.raises(RuntimeError, match="real scalar outputs but got torch.complex64"):
        (tensor(np.complex64(1j), requires_grad=True) * 1).backward()
    with pytest.raises(RuntimeError, match="`inputs` argument to `backward\\(\\)` cannot be empty"):
        y.sum().backward(inputs=[])
    z = x.sum()
    z.backward()                                                # a leaf among the roots, and the same root twice
    s = leaf(2.0).sum()
    backward((s, s), (None, None))
    one = tensor(1.0, requires_grad=True)
    one.backward()
    same(one.grad, 1.0)


def test_a_root_inside_the_graph_of_another():
    x = leaf(1.0)
    y = (x * 2).sum()
    z = y * 3
    backward((y, z), (None, None))
    same(x.grad, [8.0])


def test_grad_captures_without_touching_leaves():
    x, w = leaf(1, 2), leaf(3, 4)
    y = x * w
    z = y * y
    gx, gy, again = gradients(z.sum(), [x, y, y], retain_graph=True)
    same(gx, 2 * np.array([3, 8]) * [3, 4])
    same(gy, [6, 16])
    same(again, [6, 16])
    assert x.grad is None and w.grad is None
    same(gradients(z.sum(), [z], retain_graph=True)[0], [1, 1])
    same(gradients(y, [y], (tensor([5.0, 6.0], dtypes.float64),))[0], [5, 6])
    edge = GradientEdge(y.grad_fn, 0)
    same(gradients(z.sum(), [edge])[0], [6, 16])


def test_only_what_is_wanted_is_computed():
    calls = []
    op = f.fake("counted", "input other", lambda a, b: a * b)
    op.derivative(input=lambda grad, other: calls.append("input") or grad * other,
                  other=lambda grad, input: calls.append("other") or grad * input)
    x, y = leaf(2.0), leaf(3.0)
    gradients(op(x, y).sum(), [x])
    assert calls == ["input"]
    dead = op(f.exp(x), y)
    calls.clear()
    hooked = []
    dead.register_hook(hooked.append)
    gradients((dead + op(y, y) * 2).sum(), [y])
    assert len(hooked) == 1 and calls.count("input") == 1


def test_backward_into_some_inputs():
    x, w = leaf(1, 2), leaf(3, 4)
    y = x * w
    (y * y).sum().backward(inputs=[x, y])
    same(x.grad, 2 * np.array([3, 8]) * [3, 4])
    same(y.grad, [6, 16])
    assert w.grad is None and y.retains_grad
    z = (x * w).sum()
    z.backward(inputs=w)
    same(w.grad, [1, 2])


def test_retain_graph_and_second_backward():
    x = leaf(1, 2)
    z = (x * x).sum()
    z.backward(retain_graph=True)
    z.backward()                                                # THE FIRST
    same(x.grad, [4, 8])
    with pytest.raises(RuntimeError, match="Trying to backward through the graph a second time") as caught:
        z.backward()
    assert "# THE FIRST" in str(caught.value) and "test_autograd_engine.py" in str(caught.value)
    with pytest.raises(RuntimeError, match="directly access saved tensors after they have already been freed"):
        _ = (x * x).grad_fn.next_functions and z.grad_fn.next_functions[0][0]._saved_self
    y = (x + x).sum()                                           # saves nothing: may be walked again
    y.backward()
    y.backward()


def test_create_graph_to_any_order():
    x = leaf(0.3, -1.2)
    y = f.sin(x).sum()
    expected = [np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin, np.cos]
    for order in expected:
        g, = gradients(y, [x], create_graph=True)
        same(g, order(np.array([0.3, -1.2])))
        y = g.sum()


@pytest.mark.parametrize("function", [
    lambda x: x * x, lambda x: f.tanh(x) * x, lambda x: f.exp(x) / (x * x + 3.0),
    lambda x: f.sum(x * x, 0) * f.sum(x, 1, True),
    lambda x: f.transpose(x, 0, 1) * f.select(x, 0, 1).sum(), lambda x: f.cat([x, f.sin(x)], 1),
    lambda x: f.both(x)[0] * f.both(x)[1],
    lambda x: f.product([x, f.sin(x), x]), lambda x: f.fma(x, f.sin(x), x, f.exp(x), x),
    lambda x: f.add(x, x * x, alpha=3),
    lambda x: f.scale(x, 4.0) * f.scale(x), lambda x: f.expand(f.select(x, 1, 0), (4, 2)) * 2.0,
    lambda x: f.max_dim(x * x, 1).values,
    lambda x: f.narrow(x, 1, 1, 2) * f.slice_(x, 1, None, None, 2), lambda x: f.strided(x * x, (2, 2), (1, 2), 1),
    lambda x: f.softsign(x),
    lambda x: x * x - f.unbind(x, 0)[1] * f.unbind(x, 0)[0],
])
def test_derivatives(function):
    check(function, tensor(np.linspace(-1, 1.4, 6).reshape(2, 3), dtypes.float64, requires_grad=True))


def test_gradients_fit_their_tensors():
    x = tensor(np.ones((3, 1)), requires_grad=True)
    w = tensor(np.ones((2, 3, 4)), dtypes.float64)
    (x * w).sum().backward()
    same(x.grad, np.full((3, 1), 8.0))
    assert x.grad.dtype is dtypes.float32
    c = tensor([1 + 1j, 2.0])
    r = leaf(1.0, 2.0, dtype=dtypes.float32)
    f.view_as_real(r * c).sum().backward()
    assert r.grad.dtype is dtypes.float32
    same(r.grad, [2, 2])
    bad = f.fake("bad", "input", lambda a: a)
    bad.derivative(lambda grad: tensor([1.0, 2, 3], dtypes.float64))
    with pytest.raises(
        RuntimeError,
        match=r"Function BadBackward0 returned an invalid gradient at index 0 - got \[3\] but expected shape "
              r"compatible with \[2\]"
    ):
        bad(leaf(1, 2)).sum().backward()
    bad.derivative(lambda grad: 3)
    with pytest.raises(RuntimeError, match=r"expected Variable or None \(got int\)"):
        bad(leaf(1, 2)).sum().backward()
    bad.derivative(lambda grad: wrap(phantom(16), contiguous((2,), dtypes.float64, phantom(1).device)))
    with pytest.raises(RuntimeError, match="expected device cpu but got meta"):
        bad(leaf(1, 2)).sum().backward()


def test_gradients_that_are_not_there():
    nothing = f.fake("nothing", "input", lambda a: a)
    nothing.derivative(lambda grad: None)
    x = leaf(1.0)
    (f.tanh(nothing(f.tanh(x))) + x).sum().backward()
    same(x.grad, [1.0])
    y = leaf(2.0)
    a, b = f.both(y)
    a.sum().backward()                                          # b's gradient is zeros
    same(y.grad, [2.0])


def test_gradients_are_taken_over_only_when_nobody_else_holds_them():
    x, y = leaf(1, 2), leaf(3, 4)
    given = tensor([1.0, 1.0], dtypes.float64)
    (x + y).backward(given)
    assert len({id(x.grad), id(y.grad), id(given)}) == 3
    assert len({x.grad.data_ptr(), y.grad.data_ptr(), given.data_ptr()}) == 3
    held = []
    z = leaf(1.0)
    w = z * 2
    w.register_hook(held.append)
    w.sum().backward()
    z.grad.add_(1)
    same(held[0], [1.0])
    u = leaf(1, 2)
    v = u + tensor([0.0, 0.0], dtypes.float64)
    f.view_size(v, (2, 1)).backward(tensor([[1.0], [2.0]], dtypes.float64))
    u.grad.add_(1)
    same(u.grad, [2, 3])


def test_grad_lies_in_memory_as_the_leaf_does():
    x = f.transpose(tensor(np.ones((2, 3)), dtypes.float64), 0, 1)
    x = x.detach().requires_grad_()
    (x * tensor(np.ones((3, 2)), dtypes.float64)).sum().backward()
    assert x.grad.stride() == x.stride() == (1, 3)
    gap = f.slice_(tensor(np.ones(4), dtypes.float64), 0, None, None, 2).detach().requires_grad_()
    (gap * 2).sum().backward()
    assert gap.grad.stride() == (1,)


def test_second_gradients_accumulate_in_place_but_not_under_create_graph():
    x = leaf(1.0)
    (x * 2).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    assert x.grad is first
    (x * x).sum().backward(create_graph=True)
    assert x.grad is not first and x.grad.requires_grad
    same(x.grad, [7.0])


def test_reentrant_backward():
    inner_x = leaf(2.0)
    op = f.fake("outer", "input", lambda a: a)

    def rule(grad):
        with f.grad_mode(True):
            inner = (inner_x * inner_x).sum()
        inner.backward()
        return grad * float(to_array(inner_x.grad)[0])
    op.derivative(rule)
    x = leaf(1.0)
    y = op(x) * 1.0
    y.sum().backward()
    same(x.grad, [4.0])
    shared = x * 3                                              # the inner walk goes through the outer one's nodes

    def hook(g):
        with f.grad_mode(True):
            shared.sum().backward(retain_graph=True)
    z = shared * 2
    z.register_hook(hook)
    x.grad = None
    z.sum().backward()
    same(x.grad, [9.0])


def test_threads_have_their_own_state():
    found = []

    def work():
        found.append(current().grad_enabled)
        x = leaf(1.0)
        (x * 2).sum().backward()
        found.append(to_array(x.grad)[0])
        current().grad_enabled = False
    with no_grad():
        for _ in range(3):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        assert not current().grad_enabled
    assert found == [True, 2.0] * 3 and current().grad_enabled


def test_two_walks_at_once_over_one_graph():
    x = leaf(1.0)
    y = x
    for _ in range(50):
        y = y * 1.0
    z = y.sum()
    errors = []

    def work():
        try:
            for _ in range(20):
                g, = gradients(z, [x], retain_graph=True)
                same(g, [1.0])
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=work) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors


# Hooks
# ----------------------------------------------------------------------------------------------------------------------

def test_hooks_run_in_pytorchs_order():
    x = leaf(1.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append("tensor"))
    y.grad_fn.register_prehook(lambda gs: seen.append("pre"))
    y.grad_fn.register_hook(lambda gi, go: seen.append("post"))
    y.retain_grad()
    x.register_hook(lambda g: seen.append("leaf"))
    face = y.grad_fn.next_functions[0][0]
    face.register_prehook(lambda gs: seen.append("leaf pre"))
    face.register_hook(lambda gi, go: seen.append("leaf post"))
    x.register_post_accumulate_grad_hook(lambda t: seen.append(("accumulated", t is x, t.grad is not None)))
    y.sum().backward()
    assert seen == ["tensor", "pre", "post", "leaf", "leaf pre", ("accumulated", True, True), "leaf post"]
    same(y.grad, [1.0])


def test_hooks_replace_and_are_removed():
    x = leaf(1.0, 2.0)
    y = x * 2
    with y.register_hook(lambda g: g * 10):
        handle = y.register_hook(lambda g: g + 1)
        y.sum().backward(retain_graph=True)
        same(x.grad, [22.0, 22.0])
        handle.remove()
        x.grad = None
        y.sum().backward(retain_graph=True)
        same(x.grad, [20.0, 20.0])
    x.grad = None
    y.grad_fn.register_hook(lambda gi, go: (gi[0] * 3, None))
    pre = y.grad_fn.register_prehook(lambda go: (go[0] * 5,))
    y.sum().backward(retain_graph=True)
    same(x.grad, [30.0, 30.0])
    pre.remove()
    x.grad = None
    x.register_hook(lambda g: g * 0)
    y.sum().backward()
    same(x.grad, [0.0, 0.0])


def test_hook_errors():
    x = leaf(1.0, 2.0)
    for hook, error, text in [
        (lambda g: f.tensor([1.0]), RuntimeError, "has changed the type of value"),
        (lambda g: 3, TypeError, "expected Variable, but hook returned 'int'"),
        (lambda g: f.tensor([1.0], dtypes.float64), RuntimeError, "hook '<lambda>' has changed the size of value"),
    ]:
        y = x * 2
        y.register_hook(hook)
        with pytest.raises(error, match=text):
            y.sum().backward()
    for register in ("register_hook", "register_prehook"):
        for found, error, text in [(1, TypeError, "expected tuple, but hook returned 'int'"),
                                   ((), RuntimeError, "hook '<lambda>' has returned an incorrect"),
                                   ((1,), TypeError, "expected Variable, but hook returned 'int'"),
                                   ((f.tensor([1.0]),), RuntimeError, "hook '<lambda>' has changed the type of value"),
                                   ((f.tensor([1.0], dtypes.float64),), RuntimeError,
                                    "hook '<lambda>' has changed the size of value")]:
            y = f.tanh(x)
            getattr(y.grad_fn, register)(lambda *g, found=found: found)
            with pytest.raises(error, match=text):
                y.sum().backward()
    for found, error, text in [(3, TypeError, "expected Variable, but hook returned 'int'"),
                               (f.tensor([1.0], dtypes.float64), RuntimeError, "size of value")]:
        handle = x.register_post_accumulate_grad_hook(lambda t, found=found: found)
        with pytest.raises(error, match=text):
            f.tanh(x).sum().backward()
        handle.remove()
    with pytest.raises(RuntimeError, match="cannot register a hook on a tensor that doesn't require gradient"):
        tensor([1.0]).register_hook(print)
    with pytest.raises(RuntimeError, match="can't retain_grad on Tensor that has requires_grad=False"):
        tensor([1.0]).retain_grad()
    with pytest.raises(RuntimeError, match="post accumulate grad hooks cannot be registered on non-leaf tensors"):
        y.register_post_accumulate_grad_hook(print)


def test_retain_grad_follows_the_tensor_through_writes_in_place():
    x = leaf(1.0)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append(to_array(g)[0]))      # stays with the value before
    y.retain_grad()
    y.mul_(5)
    assert y.retains_grad
    y.sum().backward()
    same(y.grad, [1.0])
    assert seen == [5.0]
    z = x * 2
    with pytest.warns(UserWarning, match="The .grad attribute of a Tensor that is not a leaf"):
        assert z.grad is None


def test_post_accumulate_hooks_run_as_soon_as_the_gradient_is_complete():
    x, y = leaf(1.0), leaf(1.0)
    seen = []
    a = x * y
    for t, name in ((x, "x"), (y, "y")):
        t.register_post_accumulate_grad_hook(lambda t, name=name: seen.append(name))
    b = a * 2
    a.register_hook(lambda g: seen.append("a"))
    c = b * y
    b.register_hook(lambda g: seen.append("b"))
    c.sum().backward()
    assert seen == ["b", "a", "x", "y"]


def test_a_hook_may_free_the_gradient():
    x = leaf(1.0)
    x.register_post_accumulate_grad_hook(lambda t: setattr(t, "grad", None))
    (x * 2).sum().backward()
    assert x.grad is None


# Saved tensors
# --------------------------------------------------------------------------------------------------------------------

def test_changing_what_was_saved_is_an_error_that_names_both_lines():
    x = leaf(1, 2)
    y = f.tanh(x)                                               # THE FORWARD
    y.add_(1)                                                   # THE CHANGE
    with pytest.raises(RuntimeError) as caught:
        y.sum().backward()
    text = str(caught.value)
    assert ("one of the variables needed for gradient computation has been modified by an inplace operation: "
            "[torch.DoubleTensor [2]], which is output 0 of TanhBackward0, is at version 1; expected version 0 "
            "instead.") in text
    forward, change = text.index("# THE FORWARD"), text.index("# THE CHANGE")
    assert forward < change and text.count("test_autograd_engine.py:") == 2
    notes = caught.value.__notes__
    assert len(notes) == 1 and "TanhBackward0" in notes[0] and "# THE FORWARD" in notes[0]


def test_a_saved_operand_may_not_change_even_through_views_and_bases():
    for change in (lambda y: y.mul_(2), lambda y: f.select(y, 0, 0).zero_(), lambda y: y.detach().add_(1),
                   lambda y: y.__setitem__(0, 1.0)):
        x = leaf(1, 2)
        y = x * 1
        z = (y * y).sum()
        change(y)
        with pytest.raises(RuntimeError, match="modified by an inplace operation.*MulBackward0"):
            z.backward()
    x = leaf(1, 2)
    y = x * 1
    z = (y * y).sum()
    y.data.add_(1)                                              # autograd does not see this
    z.backward()
    w = leaf(3, 4)
    z = (w * w).sum()
    with no_grad():
        w.add_(1)
    with pytest.raises(RuntimeError, match=r"\[torch.DoubleTensor \[2\]\] is at version 1; expected version 0"):
        z.backward()


def test_what_a_derivative_does_not_need_may_change():
    x = leaf(1, 2)
    y = x + 1
    y.mul_(2)
    z = f.exp(y)
    y.mul_(3)
    z.sum().backward()
    same(x.grad, 2 * np.exp([4, 6]))
    frozen = tensor([2.0, 3.0], dtypes.float64)
    w = frozen * x                                              # saves frozen, but not x: frozen wants no gradient
    with no_grad():
        x.add_(1)
    w.sum().backward()


def test_many_saved_tensors():
    ts = [leaf(float(i)) for i in range(1, 6)]
    y = f.fma(*ts).sum()
    y.backward()
    same(ts[0].grad, [120.0])
    y = f.product(ts).sum()
    with no_grad():
        ts[3].add_(1)
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0"):
        y.backward()


def test_saved_tensor_hooks():
    state = current()
    seen = []

    def pack(t):
        seen.append((to_array(t).tolist(), t.requires_grad, current().grad_enabled))
        return "packed", t.detach()

    def unpack(p):
        assert p[0] == "packed"
        return p[1]
    x = leaf(1, 2)
    state.saved_hooks = [(pack, unpack)]
    state.update()
    try:
        y = f.tanh(x * 2) * x
        z = f.product([x, y])
    finally:
        state.saved_hooks = []
        state.update()
    assert [s[1:] for s in seen] == [(True, False)] * 5
    g, = gradients(z.sum(), [x], create_graph=True)
    v = np.array([1.0, 2.0])
    same(g, 2 * v * np.tanh(2 * v) + v * v * 2 * (1 - np.tanh(2 * v) ** 2))
    same(gradients(g.sum(), [x])[0],
         numerical(lambda t: gradients((t.requires_grad_() * t * f.tanh(t * 2)).sum(), [t])[0], x), 1e-4)

    def spoil(t):
        t.add_(1)
    for hooks, error, text in [((spoil, unpack), RuntimeError, "pack hook is modifying its input in place"),
                               ((pack, lambda p: 3), TypeError,
                                "unpack_hook expected to be a Tensor but got result of type int")]:
        state.saved_hooks = [hooks]
        state.update()
        try:
            with pytest.raises(error, match=text):
                f.exp(x).sum().backward()
        finally:
            state.saved_hooks = []
            state.update()


@pytest.mark.parametrize("create", [False, True])
def test_an_operand_detached_in_place_after_it_was_saved_raises(create):
    x = leaf(2.0)
    y = x * x
    z = y * y
    y.detach_()
    with pytest.raises(RuntimeError, match="Trying to use a saved tensor that has been detached in-place"):
        gradients(z.sum(), [x], create_graph=create)
    y.requires_grad_()                                          # now it is a leaf like any other
    same(gradients((y * y).sum(), [y])[0], [8.0])


# Anomalies and blame
# ----------------------------------------------------------------------------------------------------------------

def test_an_error_in_a_derivative_names_the_forward_line():
    broken = f.fake("broken", "input", lambda a: a)
    broken.derivative(lambda grad: 1 / 0)
    y = broken(leaf(1.0)).sum()                                 # THE CULPRIT
    with pytest.raises(ZeroDivisionError) as caught:
        y.backward()
    assert "# THE CULPRIT" in caught.value.__notes__[0]
    assert current().grad_enabled and current().walk == 0


def test_anomaly_mode():
    state = current()
    state.anomaly = True
    state.update()
    try:
        x = leaf(-1.0)
        y = f.sqrt(x).sum()
        with pytest.warns(UserWarning, match="Error detected in SqrtBackward0. Traceback of forward call(.|\n)*f.sqrt"):
            with pytest.raises(RuntimeError, match="Function 'SqrtBackward0' returned nan values in its 0th output"):
                y.backward()
        state.check_nan = False
        f.sqrt(x).sum().backward()
    finally:
        state.anomaly, state.check_nan = False, True
        state.update()


# Views and writing in place
# -----------------------------------------------------------------------------------------------------------

VIEWS = {
    "select": lambda b: f.select(b, 0, 1), "narrow": lambda b: f.narrow(b, 1, 0, 2),
    "transpose": lambda b: f.transpose(b, 0, 1),
    "step": lambda b: f.slice_(b, 1, None, None, 2), "flip": lambda b: f.slice_(b, 1, None, None, -1),
    "view": lambda b: f.view_size(b, (6,)),
    "of a view": lambda b: f.select(f.transpose(b, 0, 1), 0, 2), "strided": lambda b: f.strided(b, (2, 2), (1, 2), 1),
    "all": lambda b: f.view_size(b, (2, 3)),
}


@pytest.mark.parametrize("look", VIEWS.values(), ids=VIEWS.keys())
@pytest.mark.parametrize("write",
                         [lambda v: v.mul_(2), lambda v: v.mul_(v.sum()), lambda v: v.tanh_(),
                          lambda v: v.copy_(f.tanh(v) * 3.0), lambda v: v.zero_(),
                                   lambda v: v.sin_()], ids=["mul", "mul by itself", "tanh", "copy", "zero", "sin"])
@pytest.mark.parametrize("read",
                         [lambda b, v, look: b * b, lambda b, v, look: v * v, lambda b, v, look: look(b) * v.sum()],
                         ids=["base", "view", "other"])
def test_writing_to_views(look, write, read):
    def function(x):
        base = x * 1
        v = look(base)
        write(v)
        return read(base, v, look)
    x = tensor(np.linspace(-1, 1.4, 6).reshape(2, 3), dtypes.float64, requires_grad=True)
    check(function, x)


@pytest.mark.parametrize("look", VIEWS.values(), ids=VIEWS.keys())
def test_writing_to_the_base_changes_the_history_of_views(look):
    def function(x):
        base = x * 1
        v, other = look(base), look(base)
        base.mul_(x)
        v.add_(1)
        base.sin_()
        return other * other + v
    check(function, tensor(np.linspace(-1, 1.4, 6).reshape(2, 3), dtypes.float64, requires_grad=True))


def test_writing_a_recorded_value_into_a_plain_base():
    base = tensor(np.zeros((2, 2)), dtypes.float64)
    view, other = f.select(base, 0, 0), f.select(base, 0, 1)
    w = leaf(2.0, 3.0)
    view.copy_(w)
    assert (base.requires_grad and view.grad_fn.name() == "SelectBackward0"
            and base.grad_fn.name() == "torch::autograd::CopySlices")
    assert other.requires_grad and view._base is base and other.grad_fn is not None
    other.mul_(w)
    (base * base).sum().backward()
    same(w.grad, [4, 6])
    base = tensor(np.zeros(3), dtypes.float64)
    base[1] = w.sum()
    base[1:].sum().backward()
    same(w.grad, [5, 7])


def test_views_of_views_share_the_base_and_versions():
    b = tensor(np.zeros((2, 3)))
    v = f.select(f.transpose(b, 0, 1), 0, 1)
    assert v._base is b and v._is_view() and b._base is None and not b._is_view()
    assert (b._version, v._version) == (0, 0)
    v.add_(1)
    assert (b._version, v._version) == (1, 1)
    d = v.detach()
    d.add_(1)
    assert (b._version, d._version) == (2, 2) and d._base is None
    b.data.add_(1)
    assert b._version == 2
    same(b, [[1, 3, 1], [1, 3, 1]])


def test_which_tensors_may_not_be_written_to():
    x = leaf(1, 2)
    with pytest.raises(RuntimeError,
                       match="a leaf Variable that requires grad is being used in an in-place operation."):
        x.add_(1)
    with pytest.raises(RuntimeError,
                       match="a view of a leaf Variable that requires grad is being used in an in-place operation."):
        f.select(x, 0, 0).add_(1)
    y = x * 1
    with pytest.raises(RuntimeError,
                       match="Output 0 of Unbind is a view and is being modified inplace. This view is the output of a "
                             "function that returns multiple views. Such functions do not allow the output views to be "
                             "modified inplace. You should replace the inplace operation by an out-of-place one."):
        f.unbind(y)[0].add_(1)
    with no_grad():
        v = f.select(y, 0, 0)
        x.add_(1)                                               # allowed, and seen by everyone
    with pytest.raises(RuntimeError,
                       match="A view was created in no_grad mode and is being modified inplace with grad mode enabled"):
        v.add_(1)
    with no_grad():
        v.add_(1)
    same(x, [2, 3])
    plain = tensor([1.0, 2.0], dtypes.float64)
    with no_grad():
        v = f.select(plain, 0, 0)
    v.add_(1)
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        v.mul_(x.sum())
    fixed = wrap(adopt(_readonly(np.zeros(2, "f4"))), contiguous((2,), dtypes.float32))
    with pytest.raises(RuntimeError, match="read-only"):
        fixed.add_(1)


def _readonly(array):
    array.flags.writeable = False
    return array


def test_views_made_without_grad_mode_of_what_wants_grad():
    x = leaf(1, 2)
    with no_grad():
        v = f.select(x, 0, 0)
    assert v.requires_grad and v.is_leaf and v._base is x
    y = x * 1
    with no_grad():
        y.add_(1)
    f.select(y, 0, 0).backward()
    same(x.grad, [1, 0])


def test_unbound_views_after_a_write_to_the_base():
    x = leaf(1, 2)
    base = x * 1
    a, b = f.unbind(base)
    base.mul_(3)
    (a * b).backward()
    same(x.grad, [18, 9])


def test_complex_and_retyped_views():
    x = tensor([1.0 + 2j, 3.0], dtypes.complex128, requires_grad=True)
    base = x * 1
    v = f.view_as_real(base)
    v.mul_(tensor([[1.0, 2.0], [3.0, 4.0]], dtypes.float64))
    v.sum().backward(retain_graph=True)
    same(x.grad, [1 + 2j, 3 + 4j])
    i = f.view_dtype(base, dtypes.int64)
    assert not i.requires_grad and i._base is None and i.shape == (4,)
    part = f.slice_(f.view_dtype(tensor([1.0, 2.0, 3.0, 4.0]), dtypes.float32), 0, 2, None, 1)
    wide = f.view_dtype(part, dtypes.float64)
    assert wide.storage_offset() == 1 and wide.shape == (1,)
    odd = f.slice_(tensor([1.0, 2.0, 3.0, 4.0]), 0, 1, 3, 1)
    with pytest.raises(RuntimeError, match="storage_offset\\(\\) must be divisible by 2"):
        f.view_dtype(odd, dtypes.float64)
    with pytest.raises(RuntimeError, match="out of bounds"):
        f.strided(tensor([1.0, 2.0]), (4,), (1,), 0)


def test_detach_and_data():
    x = leaf(1, 2)
    y = x * 2
    assert not y.detach().requires_grad and y.detach().data_ptr() == y.data_ptr()
    y.detach_()
    assert not y.requires_grad and y.is_leaf
    with pytest.raises(RuntimeError, match="Can't detach views in-place"):
        f.select(x * 2, 0, 0).detach_()
    x.data = tensor([5.0, 6.0, 7.0], dtypes.float64)
    assert x.shape == (3,) and x.requires_grad and x.is_leaf
    with pytest.raises(RuntimeError,
                       match="data set to a tensor that requires gradients must be floating point or complex dtype"):
        x.data = tensor([1, 2])
    with pytest.raises(TypeError, match="Variable data has to be a tensor, but got int"):
        x.data = 3


def test_requires_grad_and_grad_setters():
    i, x = tensor([1, 2]), leaf(1, 2)
    y = x * 2
    with pytest.raises(RuntimeError, match="only Tensors of floating point and complex dtype can require gradients"):
        i.requires_grad = True
    with pytest.raises(RuntimeError, match="only Tensors of floating point dtype can require gradients"):
        i.requires_grad_()
    with pytest.raises(RuntimeError,
                       match="you can only change requires_grad flags of leaf variables. If you want to use"):
        y.requires_grad = False
    with pytest.raises(RuntimeError, match="you can only change requires_grad flags of leaf variables.$"):
        y.requires_grad = True
    x.requires_grad = False
    assert not x.requires_grad
    x.requires_grad_()
    for value, error, text in [(3, TypeError, "assigned grad expected to be a Tensor or None but got grad of type int"),
                               (tensor([1.0, 2, 3], dtypes.float64), RuntimeError,
                                r"gradient of size '\[3\]' to a tensor of size '\[2\]'"),
                               (tensor([1.0, 2]), RuntimeError, "dtype 'float' to a tensor with grad_dtype 'Double'"),
                               (x, RuntimeError, "can't assign Variable as its own grad")]:
        with pytest.raises(error, match=text):
            x.grad = value
    x.grad = tensor([1.0, 2.0], dtypes.float64)
    del x.grad
    assert x.grad is None
    with pytest.raises(AttributeError):
        x.grad_fn = None


def test_inference_tensors():
    state = current()
    x = leaf(1, 2)
    base = x * 1
    state.grad_enabled, state.inference = False, True
    try:
        t = tensor([1.0, 2.0], dtypes.float64) * 2
        assert t.is_inference() and f.select(t, 0, 0).is_inference()
        t.add_(1)
        view = f.select(base, 0, 0)
        assert not view.is_inference() and view._base is base
    finally:
        state.grad_enabled, state.inference = True, False
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside InferenceMode is not allowed"):
        t.add_(1)
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        t * x
    with pytest.raises(RuntimeError, match="Inference tensors do not track version counter"):
        _ = t._version
    with pytest.raises(RuntimeError,
                       match="Setting requires_grad=True on inference tensor outside InferenceMode is not allowed"):
        t.requires_grad_()
    with pytest.raises(RuntimeError,
                       match="A view was created in inference mode and is being modified inplace in normal mode"):
        view.add_(1)
    (t + x).sum().backward()
    same(x.grad, [1, 1])


# Nodes of Python
# ----------------------------------------------------------------------------------------------------------------------

class Doubling(Node):
    def apply(self, grads, create, asked=None):
        self.seen = asked
        return [grads[0] * 2]


def test_a_node_written_in_python():
    x = leaf(1.0)
    node = Doubling()
    node.connect([x])
    out = (x * 2).detach()
    node.outputs = (out.meta,)
    out.node = node
    out.sum().backward()
    same(x.grad, [2.0])
    assert node.name() == "Doubling" and "test_a_node_written_in_python" in describe(node.place)
    incomplete = Node()
    incomplete.connect([x])
    incomplete.outputs = (out.meta,)
    out = out.detach()
    out.node = incomplete
    with pytest.raises(NotImplementedError, match="Node has no derivative"):
        out.sum().backward()


def test_no_warnings_and_no_slow_start():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x = leaf(*range(10))
        started = time.perf_counter()
        for _ in range(100):
            (x * x).sum().backward()
        assert time.perf_counter() - started < 5
