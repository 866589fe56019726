"""Calling operators: arguments, plans, kernels, writing in place, out=, modes and subclasses."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings

import fake_ops as f
import numpy as np
import pytest
from fake_ops import no_grad, tensor, to_array

from pellucid import dtypes
from pellucid.core import op as ops
from pellucid.core.memory import allocate, phantom
from pellucid.core.meta import contiguous
from pellucid.core.modes import DisableTorchFunctionSubclass, Mode, disabled_torch_function
from pellucid.core.op import (
    COMPOSITE,
    OPERAND,
    OPERANDS,
    SCALAR,
    STATIC,
    Op,
    Parameter,
    Plan,
    Step,
)
from pellucid.core.planning import forget_plans
from pellucid.core.state import current
from pellucid.core.tensor import TensorBase, wrap
from pellucid.device import META


@pytest.fixture(autouse=True)
def _fake_ops():
    with f.installed():
        yield


def same(t, expected):
    np.testing.assert_allclose(to_array(t), np.asarray(expected), rtol=1e-6, atol=1e-6)


# Arguments
# ----------------------------------------------------------------------------------------------------------------------

def test_an_operator_looks_like_a_function_and_is_a_method():
    assert f.add.__name__ == "add" and f.add.__doc__ == "The operator add." and repr(f.add) == "<op add>"
    assert f.add_.__name__ == "add_" and inspect.signature(f.softsign) == inspect.signature(f._softsign)
    x, y = tensor([1.0]), tensor([2.0])
    same(x.add(y), [3.0])
    bound = x.add
    same(bound(y, alpha=2), [5.0])
    assert f.Tensor.add is f.add and f.Tensor.add(x, y).tolist() == [3.0]
    op = Op("here", here, (Parameter("input", OPERAND),), lambda op, key: Plan(key))
    assert op.__reduce__() == "here" and op.__module__ == __name__
    globals()["here"], kept = op, here
    try:
        assert pickle.loads(pickle.dumps(op)) is op and copy.deepcopy(op) is op
    finally:
        globals()["here"] = kept
    op.remark = 1                                               # the layers above keep notes here
    assert op.remark == 1


def here():
    """An operator that pickle can find."""


@pytest.mark.parametrize("call, text", [
    (lambda x: f.tanh(), 'tanh\\(\\) missing 1 required positional arguments: "input"'),
    (lambda x: f.add(), 'add\\(\\) missing 2 required positional arguments: "input", "other"'),
    (lambda x: f.tanh(x, x), "tanh\\(\\) takes 1 positional argument but 2 were given"),
    (lambda x: f.sum(x, 0, True, 3), "sum\\(\\) takes from 1 to 3 positional arguments but 4 were given"),
    (lambda x: f.tanh(x, foo=1), "tanh\\(\\) got an unexpected keyword argument 'foo'"),
    (lambda x: f.tanh(x, input=x), "tanh\\(\\) got multiple values for argument 'input'"),
    (lambda x: f.add(x, x, 2), "add\\(\\) takes 2 positional arguments but 3 were given"),
    (lambda x: f.tanh(1.0), "tanh\\(\\): argument 'input' \\(position 1\\) must be Tensor, not float"),
    (lambda x: f.add(x, "a"), "add\\(\\): argument 'other' \\(position 2\\) must be Tensor, not str"),
    (lambda x: f.add(x, None), "add\\(\\): argument 'other' \\(position 2\\) must be Tensor, not NoneType"),
    (lambda x: f.add(x, x, alpha="a"), "add\\(\\): argument 'alpha' \\(position 3\\) must be Number, not str"),
    (lambda x: f.cat(x), "cat\\(\\): argument 'tensors' \\(position 1\\) must be tuple of Tensors, not Tensor"),
    (lambda x: f.cat(3), "must be tuple of Tensors, not int"),
    (lambda x: f.cat([x, 3]), "expected Tensor as element 1 in argument 0, but got int"),
    (lambda x: f.add_(3.0, x), "add_\\(\\): argument 'input' \\(position 1\\) must be Tensor, not float"),
    (lambda x: x + "a", "unsupported operand type"),
    (lambda x: x + None, "unsupported operand type"),
])
def test_bad_calls(call, text):
    with pytest.raises(TypeError, match=text):
        call(tensor([1.0, 2.0]))


def test_keywords_defaults_and_aliases():
    x = tensor([[1.0, 2.0], [3.0, 4.0]])
    same(f.add(input=x, other=x), [[2, 4], [6, 8]])
    same(f.add(x, other=1, alpha=3), [[4, 5], [6, 7]])
    same(f.sum(x, axis=0, keepdims=True), [[4, 6]])
    same(f.sum(x, [0, 1]), 10)
    same(f.sum(x, keepdim=True), [[10]])
    same(f.view_size(x, 4), [1, 2, 3, 4])
    same(f.view_size(x, 4, 1), [[1], [2], [3], [4]])
    same(f.view_size(x, (2, 2)), to_array(x))
    same(f.permute(x, 1, 0), to_array(x).T)
    same(x.permute(dims=(1, 0)), to_array(x).T)
    same(f.select(x, tensor(1), np.int64(0)), [1, 3])           # a 0-d tensor where an integer is meant


def test_numbers_of_all_kinds():
    x, i = tensor([1.0, 2.0]), tensor([1, 2])
    for number in (2, 2.0, True, np.float32(2), np.float64(2), np.int64(2), np.bool_(True)):
        assert f.add(x, number).dtype is dtypes.float32
        same(x + number, np.array([1.0, 2.0]) + number)
        same(number * x, np.array([1.0, 2.0]) * number)
    assert (i + 1).dtype is dtypes.int64 and (i + 1.5).dtype is dtypes.float32 and (x + 1j).dtype is dtypes.complex64
    same(x * (1 + 2j), [1 + 2j, 2 + 4j])
    same(2 - x, [1, 0])
    same(f.scale(x, tensor(3.0)), [3, 6])
    assert f.add.plans.__len__() > 0 if hasattr(f.add, "plans") else True


def test_scalars_are_words_not_keys():
    op = f.fake("poly", "input a=1.0 b=0.0 c=None", lambda x, a, b, c: x * a + np.copysign(1, b) + (c or 0))
    x = tensor([1.0])
    same(op(x), [2.0])
    same(op(x, 3.0), [4.0])
    for value in (4.0, 5.0, 6.0):
        same(op(x, value), [value + 1])
    assert op.counts["plans"] == 2
    same(op(x, 1.0, -0.0), [0.0])                               # not the default: another bit pattern
    same(op(x, c=2.0), [4.0])
    same(op(x, 1), [2.0])                                       # an int is another type than the default
    same(op(x, True), [2.0])
    assert op.counts["plans"] == 6


# Plans
# ----------------------------------------------------------------------------------------------------------------------

def test_one_plan_a_key():
    op = f.fake("one", "input# other# /alpha=1", lambda a, b, c: a + b)
    x, y, z = tensor([1.0, 2.0]), tensor([3.0, 4.0]), tensor([1.0])
    for _ in range(3):
        op(x, y)
        op(x, z)
        op(x, 1)
        op(x, 2.0)
    assert op.counts["plans"] == 4
    op(f.transpose(tensor([[1.0], [2.0]]), 0, 1), y)            # other strides are another key
    assert op.counts["plans"] == 5
    forget_plans()
    op(x, y)
    assert op.counts["plans"] == 6


def test_the_table_of_plans_is_bounded():
    op = Op("growing", here, (Parameter("n", STATIC),), lambda op, key: Plan((contiguous((), dtypes.float32),)))
    for n in range(5000):
        op(n)
    made = []
    op = Op("growing", here, (Parameter("n", STATIC),),
            lambda op, key: made.append(key) or Plan((contiguous((), dtypes.float32),)))
    for n in (1, 2, 1, 2):
        op(n)
    assert made == [(1,), (2,)]


def test_the_words_of_a_kernel():
    seen = []

    def body(words, begin, end):
        seen.append((words, begin, end))
    x, y = tensor([1.0, 2.0]), tensor([[3.0, 4.0], [5.0, 6.0]])
    row = f.select(y, 0, 1)

    def planner(op, key):
        assert key == (x.meta, (row.meta, x.meta), float, None, complex, (1, (2, 3)), None)
        return Plan((x.meta, contiguous((3,), dtypes.int64)),
                    lambda: (Step("a", body, (7, -8), 3, 1), Step("b", body, (), 0, 1)), scratch=100)
    parameters = (Parameter("x", OPERAND), Parameter("xs", OPERANDS), Parameter("n", OPERAND, numbers=True),
                  Parameter("s", SCALAR, 5),
                  Parameter("c", SCALAR, 1), Parameter("t", STATIC, None), Parameter("absent", OPERAND, None))
    op = Op("words", here, parameters, planner)
    a, b = op(x, [row, x], 1.5, 5, 2 + 3j, [1, [2, 3]])
    words, begin, end = seen[0]
    assert (begin, end) == (0, 3) and len(seen) == 1            # no chunks, no call
    assert words[:5] == [a.data_ptr(), b.data_ptr(), x.data_ptr(), row.data_ptr(), x.data_ptr()]
    assert (f.numbers_in(words[6:10], [float, int, complex]) == [1.5, 5, 2 + 3j] and words[10:] == [7, -8]
            and words[5] % 64 == 0)
    assert a.shape == (2,) and b.dtype is dtypes.int64 and b.memory.nbytes >= 24


def test_an_error_of_planner_or_kernel_changes_nothing():
    def fails(words, begin, end):
        raise ValueError("the kernel")
    op = Op("failing", here, (Parameter("x", OPERAND),),
            lambda op, key: Plan(key, lambda: (Step("failing", fails, (), 1, 1),)))
    x = tensor([1.0])
    for _ in range(3):
        with pytest.raises(ValueError, match="the kernel"):
            op(x)
    bad = Op("bad", here, (Parameter("x", OPERAND),), lambda op, key: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            bad(x)
    with pytest.raises(RuntimeError, match="must match the size of tensor b"):
        tensor([1.0, 2.0]) + tensor([1.0, 2.0, 3.0])
    same(x + 1, [2.0])


def test_the_meta_device_makes_no_kernels():
    built = []
    op = Op("quiet", here, (Parameter("x", OPERAND),), lambda op, key: Plan(key, lambda: built.append(1) or ()))
    op.derivative(lambda grad: grad)
    x = wrap(phantom(8), contiguous((2,), dtypes.float32, META)).requires_grad_()
    y = op(x)
    assert y.device is META and y.shape == (2,) and not built and y.requires_grad and y.data_ptr() == 0
    with pytest.raises(RuntimeError, match="Tensor.item\\(\\) cannot be called on meta tensors"):
        f.select(y, 0, 0).item()
    op(tensor([1.0]))
    assert built == [1]


def test_empty_tensors():
    e = tensor(np.zeros((0, 3)))
    assert (e + 1).shape == (0, 3) and (e + tensor([1.0, 2, 3])).numel() == 0
    e.add_(1)
    x = tensor(np.zeros((0, 3)), requires_grad=True)
    (x * 2).sum().backward()
    assert x.grad.shape == (0, 3)


def test_a_later_result_is_saved_alone():
    x = tensor([[1.0, 5.0], [7.0, 2.0]], requires_grad=True)
    found = f.max_dim(x, 1)
    assert found.values.grad_fn._saved_result1.memory is found.indices.memory
    f.scale_(found.values, 3.0)                            # nobody needs the values any more
    f.sum(found.values).backward()
    same(x.grad, [[0, 3], [3, 0]])
    found = f.max_dim(x, 1)
    f.scale_(found.indices, 3)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation: \[torch.LongTensor"):
        f.sum(found.values).backward()


def test_results_with_names():
    found = f.max_dim(tensor([[1.0, 5.0], [7.0, 2.0]]), 1)
    assert type(found) is f.MaxResult and found.values.tolist() == [5.0, 7.0] and found.indices.tolist() == [1, 0]
    assert not found.indices.requires_grad


# Derivatives as operators
# -----------------------------------------------------------------------------------------------------------

def test_fused_derivatives():
    asked, used = [], []

    def fuse(op, needs, plain):
        asked.append(needs)
        recipe = op.recipe(needs)
        assert recipe.names == ("grad", "input", "other")
        assert recipe.rule(5, 2, 3) == (15, 10)                 # the body runs on anything
        if needs == (False, True):
            return None, ()
        wanted = [k for k, need in enumerate(needs) if need]
        fused = f.fake("fused", "grad input# other#",
                       lambda g, a, b: used.append(needs) or tuple((g * b, g * a)[k] for k in wanted),
                       shape=lambda g, a, b: (g,) * len(wanted))
        return fused, (False,) * len(needs)
    op = f.fake("times", "input other#", lambda a, b: a * b, fuse=fuse)
    op.derivative(lambda grad, input, other, needs: (grad * other, grad * input if needs[1] else None))
    fuse_rule = op.recipe
    assert fuse_rule((True, True)).rule(1, 2, 3) == (3, 2)
    x, y = tensor([2.0], requires_grad=True), tensor([3.0], requires_grad=True)
    for _ in range(2):
        op(x, y).sum().backward()
    same(x.grad, [6.0])
    op(x, 5.0).sum().backward() if False else None
    assert asked == [(True, True)] and used == [(True, True)] * 2
    op(tensor([2.0]), y).sum().backward()                       # None: the rule runs on tensors
    same(y.grad, [6.0])
    g, = __import__("pellucid.core.autograd", fromlist=["grad"]).grad((op(x, y).sum(),), (x,), (None,), None, True)
    assert g.requires_grad and used == [(True, True)] * 2       # create_graph runs the rule too


def test_rules_of_single_operands_save_only_what_they_name():
    x, w = tensor([2.0], requires_grad=True), tensor([3.0])
    node = (x * w).grad_fn
    assert node._saved_other is w
    with pytest.raises(AttributeError):
        _ = node._saved_self


def test_needs_of_lists():
    seen = []
    op = f.fake("total", "tensors* scale#", lambda ts, s: np.sum(ts, 0) * s, shape=lambda ts, s: ts[0])

    @op.derivative
    def _(grad, needs, scale):
        seen.append(needs)
        return [grad * scale if need else None for need in needs[0]], None
    a, b = tensor([1.0]), tensor([2.0], requires_grad=True)
    y = op([a, b, b], 3.0)
    assert [target for target, _ in y.grad_fn.next_functions][0] is None
    y.sum().backward()
    same(b.grad, [6.0])
    assert seen == [((False, True, True), False)]


def test_declaring_derivatives():
    op = f.fake("half", "input other", lambda a, b: a + b)
    assert not op(tensor([1.0], requires_grad=True), tensor([1.0])).requires_grad and not op.is_nondifferentiable

    @op.derivative("input")
    def rule(grad):
        return grad
    assert op.rules == {"input": rule}
    with pytest.raises(NotImplementedError, match="derivative for half with respect to 'other' is not implemented"):
        op(tensor([1.0]), tensor([1.0], requires_grad=True))
    op.derivative(lambda grad, nonsense: grad)
    op.rules.clear()
    with pytest.raises(TypeError, match="the derivative of half names 'nonsense'"):
        op(tensor([1.0], requires_grad=True), tensor([1.0]))
    op.derivative(lambda grad: (grad,))
    with pytest.raises(RuntimeError, match="the derivative of half must return 2 gradients"):
        op(tensor([1.0], requires_grad=True), tensor([1.0])).sum().backward()
    assert f.ones_like.is_nondifferentiable


# In place and out=
# ------------------------------------------------------------------------------------------------------------------

def test_in_place():
    x = tensor([1.0, 2.0])
    address = x.data_ptr()
    assert x.add_(1) is x and x.data_ptr() == address and x._version == 1
    same(x, [2, 3])
    x += x
    same(x, [4, 6])
    x -= 1
    x *= tensor([2.0, 3.0])
    same(x, [6, 15])
    t = f.transpose(tensor(np.arange(6.0).reshape(2, 3)), 0, 1)
    t.add_(tensor(np.ones((3, 2))))
    same(t, np.arange(6.0).reshape(2, 3).T + 1)
    gaps = f.slice_(tensor(np.arange(6.0)), 0, None, None, 2)
    gaps.mul_(10.0)
    same(gaps, [0, 20, 40])
    d = tensor([1.0, 2.0], dtypes.float64)
    d.add_(tensor([1.0, 1.0]))
    assert d.dtype is dtypes.float64
    h = tensor([1.0, 2.0])
    h.add_(tensor([1.0, 1.0], dtypes.float64))                  # computed in float64, stored in float32
    assert h.dtype is dtypes.float32
    same(h, [2, 3])
    c = tensor([1.0, 2.0, 3.0])
    # its kernel must not read what it has written: a copy is made
    c.cumsum_()
    same(c, [1, 3, 6])


def test_in_place_errors():
    x = tensor([1.0, 2.0, 3.0])
    with pytest.raises(RuntimeError, match=r"output with shape \[3\] doesn't match the broadcast shape \[2, 3\]"):
        x.add_(tensor(np.ones((2, 3))))
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
        tensor([1, 2]).add_(1.5)
    with pytest.raises(RuntimeError,
                       match="more than one element of the written-to tensor refers to a single memory location"):
        f.expand(tensor([1.0]), (3,)).add_(1)
    with pytest.raises(RuntimeError,
                       match="some elements of the input tensor and the written-to tensor refer to a single memory "
                             "location"):
        f.narrow(x, 0, 1, 2).add_(f.narrow(x, 0, 0, 2))
    same(x, [1, 2, 3])
    square = tensor(np.arange(9.0).reshape(3, 3))
    # overlap with gaps: done by a copy
    f.slice_(square, 1, 0, 3, 2).copy_(f.slice_(f.transpose(square, 0, 1), 1, 0, 3, 2))
    same(square, [[0, 1, 6], [1, 4, 7], [2, 7, 8]])
    x[1:].copy_(x[1:])
    same(x, [1, 2, 3])


def blank(size):
    """A tensor over memory of our own, which can grow."""
    return wrap(allocate(4 * size), contiguous((size,), dtypes.float32))


def test_out():
    x, y = tensor([1.0, 2.0]), tensor([3.0, 4.0])
    out = tensor([0.0, 0.0])
    assert f.add(x, y, out=out) is out and out._version == 1
    same(out, [4, 6])
    assert f.mul(x, y, out=(out,)) is out
    f.add(x, y, out=x)
    same(x, [4, 6])
    wide = tensor([0.0, 0.0], dtypes.float64)
    same(f.add(x, 1, out=wide), [5, 7])
    empty = blank(0)
    f.add(x, y, out=empty)
    same(empty, [7, 10])
    with pytest.warns(UserWarning,
                      match=r"An output with one or more elements was resized since it had shape \[3\], which does not "
                            r"match the required "
                                         r"output shape \[2\]"):
        three = f.add(x, y, out=blank(3))
    assert three.shape == (2,)
    a, b = tensor([0.0, 0.0]), tensor([0.0, 0.0])
    found = f.both(x, out=(a, b))
    assert found[0] is a and found[1] is b
    same(b, [12, 18])
    same(f.nonzero_values(tensor([0.0, 2.0]), out=blank(0)), [2.0])
    with pytest.raises(RuntimeError, match="result type Float can't be cast to the desired output type Long"):
        f.add(x, y, out=tensor([1, 2]))
    with pytest.raises(TypeError, match="argument 'out' must be a tuple of 2 Tensors, got 1"):
        f.both(x, out=a)
    with pytest.raises(TypeError, match="argument 'out' must be Tensor, not int"):
        f.add(x, y, out=3)
    with pytest.raises(TypeError, match="has no form that writes"):
        f.transpose(x, 0, 0, out=a)
    g = tensor([1.0, 2.0], requires_grad=True)
    for call in (lambda: f.add(g, y, out=out), lambda: f.add(x, y, out=g)):
        with pytest.raises(RuntimeError,
                           match="add\\(\\): functions with out=... arguments don't support automatic differentiation"):
            call()
    with no_grad():
        same(f.add(g, y, out=out), [4, 6])


def test_plans_that_write_to_given_tensors_directly():
    made = []

    def into(op, key, metas):
        made.append(metas)
        return plain.into(op, key, metas) if metas[0].dtype is dtypes.float32 else None
    plain = f.fake("direct", "input other#", lambda a, b: a + b)
    op = f.fake("direct", "input other#", lambda a, b: a + b, into=into)
    op_ = op.inplace()
    x = tensor(np.zeros(6))
    gaps = f.slice_(x, 0, None, None, 2)
    op_(gaps, 1)
    op_(gaps, 1)
    same(x, [2, 0, 2, 0, 2, 0])
    op_(x, 1)                                                   # the plan's own meta: nothing to ask
    d = tensor([1.0], dtypes.float64)
    same(op(tensor([2.0]), 1, out=d), [3.0])                    # None: computed, then copied
    same(op(tensor([2.0]), 1, out=d), [3.0])
    assert made == [(gaps.meta,), (d.meta,)]


def test_operators_that_write_to_their_operands():
    p, g = tensor([1.0, 2.0]), tensor([10.0, 10.0])
    assert f.step(p, g, 0.5) is None and p._version == 1 and g._version == 0
    same(p, [-4, -3])
    leaf = tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        f.step(leaf, tensor([1.0]))
    with no_grad():
        f.step(leaf, tensor([1.0]))
    same(leaf, [0.9])


# Other kinds
# ----------------------------------------------------------------------------------------------------------------------

def test_host_operators():
    x = tensor([0.0, 2.0, 3.0], requires_grad=True)
    y = f.nonzero_values(x * 2)
    same(y, [4, 6])
    assert y.grad_fn.name() == "NonzeroValuesBackward0"
    (y * y).sum().backward()
    same(x.grad, [0, 16, 24])


@pytest.mark.parametrize("call, text", [
    (lambda: _composite(lambda input: input.meta)(3),
     "c\\(\\): argument 'input' \\(position 1\\) must be Tensor, not int"),
    (lambda: _composite(lambda *tensors: [t.meta for t in tensors])(tensor(1.0), 3),
     "expected Tensor as element 1 in argument 0, but got int"),
    (lambda: _composite(lambda tensors, dim=0: [t.meta for t in tensors])([3], dim=1),
     "expected Tensor as element 0 in argument 0, but got int"),
    (lambda: _composite(_declared)(tensor(1.0), np.array("x")),
     "argument 'index' \\(position 2\\) must be Tensor, not ndarray"),
    (lambda: _composite(_declared)(tensor(1.0), index=None),
     "argument 'index' \\(position 2\\) must be Tensor, not NoneType"),
])
def test_composites_name_the_argument_that_is_no_tensor(call, text):
    with pytest.raises(TypeError, match=text):
        call()


def test_other_errors_of_composites_are_left_alone():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _composite(lambda input: input.nothing)(tensor(1.0))
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'meta'"):
        _composite(lambda input, weight=None: weight.meta)(tensor(1.0))
    with pytest.raises(KeyError):
        _composite(_declared)(tensor(1.0), tensor(1.0))


def _composite(function):
    return Op("c", function, kind=COMPOSITE)


def _declared(input: Tensor, index: Tensor):  # noqa: F821
    raise KeyError(index)


def test_composites():
    x = tensor([1.0], requires_grad=True)
    y = f.softsign(x)
    assert y.grad_fn.name() == "DivBackward0" and f.softsign.kind == COMPOSITE
    same(f.Tensor.softsign(input=x), to_array(y))


# Modes
# ----------------------------------------------------------------------------------------------------------------------

class Listing(Mode):
    """The small mode that lists operations."""

    def __init__(self, name=""):
        self.name, self.seen = name, []

    def handle(self, op, args, kwargs):
        self.seen.append(op.__name__)
        return op(*args, **kwargs)


def test_a_mode_sees_every_operator():
    x = tensor([1.0, 2.0], requires_grad=True)
    with Listing() as listing:
        y = f.tanh(x) + 1
        z = f.softsign(y)
        x.detach()
        f.add_(y.detach(), 1)
        f.add(y, y, alpha=2)
        y[0] * z
    f.exp(x)
    assert listing.seen == ["tanh", "add", "softsign", "add_", "add", "select", "mul"]
    with listing:
        y.sum().backward()
    assert "mul" in listing.seen[7:] and not current().watched


def test_modes_nest_and_replace():
    outer, seen = Listing(), []

    class Doubling(Mode):
        def handle(self, op, args, kwargs):
            seen.append(op.__name__)
            found = op(*args, **kwargs)
            return found + found if op is f.exp else found      # not seen by this mode, but by those outside
    x = tensor([0.0])
    with outer, Doubling():
        same(f.exp(x), [2.0])
    assert seen == ["exp"] and outer.seen == ["exp", "add"]

    class Refusing(Mode):
        def handle(self, op, args, kwargs):
            raise ValueError(op.__name__)
    with pytest.raises(ValueError, match="tanh"):
        with Refusing():
            f.tanh(x)
    assert not current().modes and not current().watched


def test_modes_are_of_their_thread():
    import threading
    listing = Listing()
    with listing:
        thread = threading.Thread(target=lambda: f.tanh(tensor([1.0])))
        thread.start()
        thread.join()
    assert listing.seen == []


# Subclasses
# ----------------------------------------------------------------------------------------------------------------------

class Plain(f.Tensor):
    """A subclass with nothing of its own: results are of its class."""


class Logging(f.Tensor):
    calls: list = []

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.calls.append((func.__name__, types, len(args), dict(kwargs or {})))
        return super().__torch_function__(func, types, args, kwargs)


class Deaf(f.Tensor):
    __torch_function__ = disabled_torch_function


class Refusing(f.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return NotImplemented


class Duck:
    """No tensor at all."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return "quack", func.__name__, types


def as_(cls, *values, requires_grad=False):
    return tensor(list(values), requires_grad=requires_grad).as_subclass(cls)


def test_results_of_a_subclass_are_of_it():
    x = as_(Plain, 1.0, 2.0)
    for y in (x + 1, 1 - x, x.tanh(), f.cat([x, tensor([1.0])]), f.add(tensor([1.0]), x), x.sum(), x[0],
              f.max_dim(f.unsqueeze(x, 0), 1).values,
              f.softsign(x), f.transpose(f.unsqueeze(x, 0), 0, 1), f.nonzero_values(x)):
        assert type(y) is Plain
    assert type(f.max_dim(f.unsqueeze(x, 0), 1)) is f.MaxResult
    assert x.add_(1) is x
    assert type(as_(Deaf, 1.0) + 1) is f.Tensor and type(tensor([1.0]) + 1) is f.Tensor
    with DisableTorchFunctionSubclass():
        assert type(x + 1) is f.Tensor


def test_torch_function_is_asked_first():
    Logging.calls.clear()
    x = as_(Logging, 1.0, 2.0)
    y = f.add(x, 2, alpha=3)
    assert type(y) is Logging and Logging.calls == [("add", (Logging,), 2, {"alpha": 3})]
    x.mul_(y)
    out = as_(Logging, 0.0, 0.0)
    f.exp(x, out=out)
    f.exp(tensor([1.0, 2.0]), out=out)
    assert [c[0] for c in Logging.calls] == ["add", "mul_", "exp", "exp"]


def test_subclasses_go_before_their_bases():
    class Child(Logging):
        pass
    Logging.calls.clear()
    found = f.add(as_(Logging, 1.0), as_(Child, 1.0))
    assert type(found) is Child and Logging.calls[0][1] == (Child, Logging)
    with pytest.raises(TypeError,
                       match="no implementation found for 'torch.add' on types that implement __torch_function__"):
        f.add(as_(Refusing, 1.0), 1)
    assert type(f.add(as_(Refusing, 1.0), as_(Child, 1.0))) is Child if issubclass(Child, Refusing) else True
    with pytest.raises(TypeError, match="no implementation found"):
        f.add(as_(Plain, 1.0), as_(Logging, 1.0))               # neither knows the other


def test_things_that_are_no_tensors():
    assert f.add(tensor([1.0]), Duck()) == ("quack", "add", (Duck,))
    assert f.tanh(Duck()) == ("quack", "tanh", (Duck,)) and f.cat([tensor([1.0]), Duck()])[1] == "cat"
    assert tensor([1.0]) + Duck() == ("quack", "add", (Duck,))


def test_derivatives_run_on_plain_tensors():
    Logging.calls.clear()
    x = tensor([1.0, 2.0], requires_grad=True)
    w = as_(Logging, 3.0, 4.0)
    y = (x * w).sum()
    Logging.calls.clear()
    y.backward()
    assert Logging.calls == [] and type(x.grad) is f.Tensor
    leaf = as_(Plain, 1.0, requires_grad=True)
    assert leaf.requires_grad and leaf.grad_fn.name() == "AliasBackward0"
    own = tensor([1.0]).as_subclass(Plain).requires_grad_()
    (own * own).sum().backward()
    same(own.grad, [2.0])


# Tensors: what needs no operator
# ------------------------------------------------------------------------------------------------------

def test_what_a_tensor_tells_about_itself():
    x = tensor(np.zeros((2, 3)))
    assert (x.shape, x.size(), x.size(-1), x.stride(), x.stride(0), x.ndim, x.dim(), x.numel(), x.nelement(),
            x.itemsize, x.element_size(), x.nbytes,
            x.storage_offset(), x.dtype, len(x), x.is_floating_point(), x.is_complex()) == (
                (2, 3), (2, 3), 3, (3, 1), 3, 2, 2, 6, 6, 4, 4, 24, 0, dtypes.float32, 2, True, False)
    assert f.select(x, 0, 1).data_ptr() == x.data_ptr() + 12 and hash(x) == id(x)
    with pytest.raises(IndexError, match="Dimension out of range"):
        x.size(2)
    with pytest.raises(TypeError, match="len\\(\\) of a 0-d tensor"):
        len(tensor(1.0))
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        iter(tensor(1.0))
    assert [t.tolist() for t in tensor([[1.0], [2.0]])] == [[1.0], [2.0]]


def test_single_numbers():
    assert (tensor(2.5).item() == 2.5 and tensor([3]).item() == 3 and tensor(True).item() is True
            and tensor(1 + 2j).item() == 1 + 2j)
    assert (int(tensor(2.5)) == 2 and float(tensor(2)) == 2.0 and complex(tensor(1j)) == 1j and bool(tensor([1.0]))
            and not tensor(0))
    assert [10, 20, 30][tensor(1)] == 20
    brain = wrap(tensor([1.0, 0.0]).memory, contiguous((2,), dtypes.bfloat16))
    assert brain[1].item() == 1.0                               # the upper half of a float32
    for call, error, text in [
        (lambda: tensor([1.0, 2.0]).item(), RuntimeError, "a Tensor with 2 elements cannot be converted to Scalar"),
        (lambda: int(tensor([1.0, 2.0])), ValueError, "only one element tensors can be converted to Python scalars"),
        (lambda: bool(tensor([1.0, 2.0])), RuntimeError,
         "Boolean value of Tensor with more than one value is ambiguous"),
        (lambda: bool(tensor(np.zeros(0))), RuntimeError, "Boolean value of Tensor with no values is ambiguous"),
        (lambda: [1, 2][tensor(1.0)], TypeError,
         "only integer tensors of a single element can be converted to an index"),
    ]:
        with pytest.raises(error, match=text):
            call()


def test_comparisons_with_strangers():
    x = tensor([1.0, 2.0])
    assert (x == x).tolist() == [True, True] and (x > 1.5).tolist() == [False, True]
    assert (x == None) is False and (x != "a") is True          # noqa: E711
    assert x in [x] and [x].index(x) == 0


def test_malformed_tensors_raise():
    empty = TensorBase.__new__(f.Tensor)
    for call in (lambda: empty + 1, lambda: empty.shape, lambda: empty.item(), lambda: f.tanh(empty),
                 lambda: empty.backward(), lambda: empty.detach() + 1):
        with pytest.raises((AttributeError, TypeError, RuntimeError)):
            call()
    x = tensor([1.0, 2.0])
    with pytest.raises(RuntimeError, match="out of bounds"):
        wrap(x.memory, contiguous((3,), dtypes.float32))
    with pytest.raises(RuntimeError, match="invalid storage offset"):
        wrap(x.memory, contiguous((1,), dtypes.float32), -1)
    with pytest.raises((AttributeError, TypeError)):
        Op.__new__(Op)(x)
    for thing in (Step("s", 0, (), 1, 1), x.memory):
        with pytest.raises(TypeError, match="neither copied nor pickled"):
            copy.copy(thing)


def test_slots_know_their_names():
    from pellucid.core.tensor import register
    with pytest.raises(AttributeError, match="no slot is named 'nonsense'"):
        register(nonsense=1)


def test_a_warm_call_is_found_without_hashing():
    class Unhashable(tuple):
        def __hash__(self):
            raise AssertionError("the key was hashed")
    op = Op("warm", here, (Parameter("input", OPERAND), Parameter("s", STATIC, None)), lambda op, key: Plan((key[0],)))
    x = tensor([1.0])
    static = (1, 2)
    op(x, static)
    ops.Op.__call__(op, x, static)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        op(x, static)
    with pytest.raises(AssertionError, match="hashed"):
        op(x, Unhashable((1, 2)))
