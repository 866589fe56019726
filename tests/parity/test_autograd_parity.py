"""The same small autograd program run by both frameworks: the same values and gradients, the same exception types, and
PyTorch's message as the beginning of ours (ours may go on and name lines).

A program is a function of the framework. It returns tensors, numbers, strings, or tuples of such; what it raises is its
result too.
"""

from __future__ import annotations

import contextlib
import re
import warnings

import numpy as np
import pytest

PROGRAMS = {}


def program(function):
    assert function.__name__ not in PROGRAMS, function.__name__
    PROGRAMS[function.__name__] = function
    return function


def data(torch, *shape, seed=0, grad=True, low=0.3, high=1.7):
    """The same numbers in both frameworks, away from 0."""
    values = np.random.default_rng(seed).uniform(low, high, shape)
    return torch.tensor(values, dtype=torch.float64, requires_grad=grad)


def plain(found):
    """A result as something to compare, with all that must agree of a tensor."""
    if found is None or isinstance(found, (bool, int, float, str)):
        return found
    if isinstance(found, (tuple, list)):
        return tuple(plain(item) for item in found)
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items()}
    assert hasattr(found, "requires_grad"), found
    values = np.array(found.detach().clone().tolist())
    return values, tuple(found.shape), str(found.dtype).split(".")[1], found.requires_grad, found.is_leaf


def outcome(function, torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return "result", plain(function(torch))
        except Exception as error:
            return type(error), str(error)


def attempt(function, *args, **kwargs):
    """The text of a call's exception, to go on after it; its type first."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return f"!{type(error).__name__}: {error}"
    return "no error"


def agree(ours, theirs, where="result"):
    if isinstance(ours, tuple) and theirs is None and ours and isinstance(ours[0], np.ndarray):
        assert not ours[0].any(), where          # zeros where PyTorch knows that there is nothing
    elif isinstance(theirs, tuple):
        assert isinstance(ours, tuple) and len(ours) == len(theirs), (where, ours, theirs)
        for i, (a, b) in enumerate(zip(ours, theirs)):
            agree(a, b, f"{where}[{i}]")
    elif isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), where
        for key in theirs:
            agree(ours[key], theirs[key], f"{where}[{key!r}]")
    elif isinstance(theirs, np.ndarray):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11, err_msg=where)
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12), where
    elif isinstance(theirs, str) and theirs.startswith("!"):
        same_message(ours, theirs, where)
    else:
        assert ours == theirs, (where, ours, theirs)


def beginning(message):
    """The first sentence, framework names and addresses left out."""
    message = re.sub(r"0x[0-9a-f]+|pellucid|torch", "", str(message))
    message = re.sub(r"\.(?=\s*$)", "", re.split(r"(?<=[a-z\])])\. |\n|; |\.See|\.You", message)[0])
    # nodes are named in other places, and more often
    message = re.sub(r", which is output \d+ of \w+,", "", message)
    return re.sub(r"Output (\d+) of \w+", r"Output \1", re.sub(r"Backward\d+", "Backward", message)).strip()


def same_message(ours, theirs, where):
    assert beginning(ours).startswith(beginning(theirs)), (where, ours, theirs)


def run(name, ours, theirs):
    function = PROGRAMS[name]
    expected = outcome(function, theirs)
    found = outcome(function, ours)
    if expected[0] == "result":
        assert found[0] == "result", found
        agree(found[1], expected[1])
        return
    assert found[0] != "result", (found, expected)
    assert found[0] is expected[0] or found[0].__name__ == expected[0].__name__, (found, expected)
    same_message(found[1], expected[1], name)


# ----------------------------------------------------------------------------------------------------------------
# derivatives, orders

POINTWISE = {
    "mul": lambda t, x, y: x * y, "div": lambda t, x, y: x / y, "pow": lambda t, x, y: x ** y,
    "sub": lambda t, x, y: x - 2 * y,
    "rdiv": lambda t, x, y: 1 / x + y, "square": lambda t, x, y: x ** 2 + y ** 3,
    "exp_log": lambda t, x, y: x.exp() * y.log(),
    "tanh": lambda t, x, y: (x * y).tanh(), "sigmoid": lambda t, x, y: (x * y).sigmoid(),
    "sqrt": lambda t, x, y: (x * y).sqrt(),
    "rsqrt": lambda t, x, y: (x * y).rsqrt(), "sin_cos": lambda t, x, y: x.sin() * y.cos(),
    "atan2": lambda t, x, y: t.atan2(x, y),
    "where": lambda t, x, y: t.where(x > 1, x * y, y * y), "clamp": lambda t, x, y: x.clamp(0.5, 1.2) * y,
    "maximum": lambda t, x, y: t.maximum(x, y) * y, "abs": lambda t, x, y: (x - 1).abs() * y,
    "erf": lambda t, x, y: t.erf(x * y),
    "log1p": lambda t, x, y: t.log1p(x) * t.expm1(y), "addcmul": lambda t, x, y: t.addcmul(x, y, x, value=0.5),
    "lerp": lambda t, x, y: t.lerp(x, y, 0.3) * x, "gelu": lambda t, x, y: t.nn.functional.gelu(x) * y,
    "silu": lambda t, x, y: t.nn.functional.silu(x) * y, "softplus": lambda t, x, y: t.nn.functional.softplus(x) * y,
    "relu": lambda t, x, y: (x - 1).relu() * y * y,
}
FAMILIES = {
    "sum": lambda t, x, y: (x * y).sum(0).exp(),
    "mean": lambda t, x, y: (x**2).mean(-1, keepdim=True) * y,
    "prod": lambda t, x, y: x.prod(1) * y.sum(1),
    "var": lambda t, x, y: x.var(1) * y.sum(1),
    "std": lambda t, x, y: x.std(0) * y,
    "norm": lambda t, x, y: x.norm() * y,
    "amax": lambda t, x, y: x.amax(1) ** 2 * y.sum(1),
    "logsumexp": lambda t, x, y: (x * y).logsumexp(1),
    "cumsum": lambda t, x, y: x.cumsum(1) ** 2 * y,
    "cumprod": lambda t, x, y: x.cumprod(1) * y,
    "max_dim": lambda t, x, y: x.max(1)[0] ** 2,
    "matmul": lambda t, x, y: (x @ y.t()).tanh(),
    "mv": lambda t, x, y: x @ y[0] * (x @ y[1]),
    "dot": lambda t, x, y: x[0].dot(y[1]) ** 2,
    "bmm": lambda t, x, y: t.bmm(x.expand(2, 3, 4), y.t().expand(2, 4, 3)) ** 2,
    "einsum": lambda t, x, y: t.einsum("ij,kj->ik", x, y) ** 2,
    "addmm": lambda t, x, y: t.addmm(x, x @ y.t(), y, beta=0.5, alpha=2) ** 2,
    "linear": lambda t, x, y: t.nn.functional.linear(x, y, x[0, :3]) ** 2,
    "softmax": lambda t, x, y: x.softmax(1) * y,
    "log_softmax": lambda t, x, y: x.log_softmax(0) * y,
    "layer_norm": lambda t, x, y: t.nn.functional.layer_norm(x, (4,), y[0], y[1]) ** 2,
    "batch_norm": lambda t, x, y: t.nn.functional.batch_norm(x, None, None, y[0], y[1], True) ** 2,
    "cross_entropy": lambda t, x, y: t.nn.functional.cross_entropy(x * y, t.tensor([0, 3, 1])),
    "mse": lambda t, x, y: t.nn.functional.mse_loss(x, y),
    "conv1d": lambda t, x, y: t.nn.functional.conv1d(x[None], y[None, :, :2]) ** 2,
    "conv2d": lambda t, x, y: t.nn.functional.conv2d(x[None, None], y[None, None, :2, :2], padding=1, stride=2) ** 2,
    "max_pool": lambda t, x, y: t.nn.functional.max_pool1d(x[None] * y, 2) ** 2,
    "avg_pool": lambda t, x, y: t.nn.functional.avg_pool1d(x[None], 2, 1) ** 2,
    "index": lambda t, x, y: x[[0, 2, 0], [1, 1, 3]] * y[0, :3],
    "index_row": lambda t, x, y: x[t.tensor([0, 0, 2])] * y * x,
    "mask": lambda t, x, y: x[x > 1] ** 3,
    "gather": lambda t, x, y: x.gather(1, t.tensor([[0, 0], [1, 3], [2, 2]])) ** 2,
    "scatter_add": lambda t, x, y: t.zeros(3, 4, dtype=x.dtype).scatter_add(0, t.zeros(3, 4, dtype=t.int64), x * x) * y,
    "index_select": lambda t, x, y: x.index_select(1, t.tensor([3, 3, 0])) ** 2,
    "masked_fill": lambda t, x, y: x.masked_fill(x > 1, 2.0) ** 2 * y,
    "index_put": lambda t, x, y: x.index_put((t.tensor([0, 1]),), y[:2]) ** 2,
    "embedding": lambda t, x, y: t.nn.functional.embedding(t.tensor([0, 2, 0]), x) ** 2,
    "cat": lambda t, x, y: t.cat([x, y, x], 1) ** 2,
    "stack": lambda t, x, y: t.stack([x, y], 1) ** 3,
    "split": lambda t, x, y: x.split(2, 1)[1] ** 2 * y[:, :2],
    "transpose": lambda t, x, y: x.t() ** 2 @ y,
    "expand": lambda t, x, y: x[:, :1].expand(3, 4) ** 2 * y,
    "flip": lambda t, x, y: x.flip(1) * x * y,
    "permute": lambda t, x, y: x.view(3, 2, 2).permute(2, 0, 1).reshape(4, 3) ** 2,
    "diagonal": lambda t, x, y: x.diagonal() ** 2 * y[0, :3],
    "unfold": lambda t, x, y: x.unfold(1, 2, 1) ** 2,
    "as_strided": lambda t, x, y: x.as_strided((2, 3), (4, 1), 1) ** 2,
    "squeeze": lambda t, x, y: x.unsqueeze(1).squeeze(1) ** 2,
    "chunk": lambda t, x, y: x.chunk(2, 1)[0] * x.chunk(2, 1)[1],
    "unbind": lambda t, x, y: x.unbind(0)[0] * x.unbind(0)[2],
    "roll": lambda t, x, y: x.roll(1, 0) * x,
    "tril": lambda t, x, y: x.tril() ** 2,
    "repeat": lambda t, x, y: x.repeat(2, 1) ** 2,
    "pad": lambda t, x, y: t.nn.functional.pad(x, (1, 2)) ** 2,
    "mul_scalar": lambda t, x, y: x.sum() * y.sum() ** 2,
    "dist": lambda t, x, y: t.dist(x, y) ** 2,
    "outer": lambda t, x, y: t.outer(x[0], y[0]) ** 2,
    "float32": lambda t, x, y: x.float().double() ** 2 * y,
    "complex": lambda t, x, y: t.view_as_real(t.complex(x, y) * t.complex(y, x)),
}


# PyTorch's third derivatives of these are wrong; test_semantics.py holds ours against differences
WRONG_THIRD = {"layer_norm", "batch_norm"}


@pytest.mark.parametrize("family", [*POINTWISE, *FAMILIES])
def test_three_orders(family, ours, theirs):
    """The function, its gradients, the gradients of those, and once more."""
    function = {**POINTWISE, **FAMILIES}[family]
    def orders(torch):
        x, y = data(torch, 3, 4), data(torch, 3, 4, seed=1)
        value = function(torch, x, y)
        found = [value]
        weight = torch.arange(1, value.numel() + 1, dtype=value.dtype).view(value.shape) / value.numel()
        scalar = (value * weight).sum()
        for order in range(2 if family in WRONG_THIRD else 3):
            if not scalar.requires_grad:
                found.append(f"ends at order {order}")
                break
            grads = torch.autograd.grad(scalar, (x, y), create_graph=True, allow_unused=True)
            found.append([None if g is None else g.detach() for g in grads])
            grads = [g for g in grads if g is not None and g.requires_grad]
            if not grads:
                break
            scalar = sum((g * g.detach().cos()).sum() for g in grads)
        return found

    theirs_found, ours_found = outcome(orders, theirs), outcome(orders, ours)
    assert theirs_found[0] == "result", theirs_found
    assert ours_found[0] == "result", ours_found
    agree(ours_found[1], theirs_found[1])


# ----------------------------------------------------------------------------------------------------------------
# backward and grad


@program
def accumulates(t):
    x = data(t, 3)
    (x * 2).sum().backward()
    first = x.grad
    (x * x).sum().backward()
    return x.grad, first is x.grad


@program
def accumulates_with_create_graph(t):
    x = data(t, 3)
    (x ** 3).sum().backward(create_graph=True)
    first = x.grad
    (x ** 2).sum().backward()
    return x.grad, first is x.grad, first


@program
def backward_of_vector(t):
    data(t, 3).exp().backward()


@program
def backward_of_integer(t):
    t.arange(3).sum().backward()


@program
def backward_of_complex(t):
    t.tensor(1 + 2j, requires_grad=True).mul(2).backward()


@program
def backward_with_gradient(t):
    x = data(t, 3)
    x.exp().backward(t.tensor([1.0, 2.0, 3.0], dtype=t.float64))
    return x.grad


@program
def backward_with_bad_gradient(t):
    data(t, 3).exp().backward(t.ones(2, dtype=t.float64))


@program
def backward_with_number(t):
    t.autograd.backward([data(t, 3).sum()], [1.0])


@program
def backward_without_grad(t):
    t.ones(()).backward()


@program
def backward_of_leaf(t):
    x = data(t)
    x.backward()
    x.backward(t.tensor(2.0, dtype=t.float64))
    return x.grad


@program
def backward_twice(t):
    x = data(t, 3)
    y = x.exp().sum()
    y.backward()
    y.backward()


@program
def backward_twice_nothing_saved(t):
    x = data(t, 3)
    y = (x + 2).sum()
    y.backward()
    y.backward()
    return x.grad


@program
def backward_retained(t):
    x = data(t, 3)
    y = (x.exp() * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad, attempt(y.backward)


@program
def backward_inputs(t):
    x, y = data(t, 3), data(t, 3, seed=1)
    (x * y).sum().backward(inputs=[x])
    return x.grad, y.grad


@program
def backward_inputs_middle(t):
    x = data(t, 3)
    y = x * 2
    (y * x).sum().backward(inputs=[y])
    return x.grad, y.grad


@program
def backward_inputs_empty(t):
    data(t, 3).sum().backward(inputs=[])


@program
def backward_inputs_no_grad(t):
    return attempt(data(t, 3).sum().backward, inputs=[t.ones(3)])[:13]


@program
def backward_of_several(t):
    x = data(t, 3)
    t.autograd.backward([(x * 2).sum(), x.exp()], [None, t.ones(3, dtype=t.float64)])
    return x.grad


@program
def backward_of_several_bad_count(t):
    x = data(t, 3)
    t.autograd.backward([x.sum(), x.sum()], [None])


@program
def backward_same_root_twice(t):
    x = data(t, 3)
    y = x.exp().sum()
    t.autograd.backward([y, y])
    return x.grad


@program
def backward_root_inside_graph(t):
    x = data(t, 3)
    y = x.exp()
    z = y * y
    t.autograd.backward([z.sum(), y.sum()])
    return x.grad


@program
def grad_basic(t):
    x, y = data(t, 3), data(t, 3, seed=1)
    return t.autograd.grad((x * y).sum(), (x, y)), x.grad, y.grad


@program
def grad_of_intermediate(t):
    x = data(t, 3)
    y = x.exp()
    z = (y * y * x).sum()
    return t.autograd.grad(z, [y, x, y])


@program
def grad_of_itself(t):
    x = data(t)
    y = x.exp()
    return t.autograd.grad(y, y), t.autograd.grad(x, x)


@program
def grad_unused(t):
    x, y = data(t, 3), data(t, 3, seed=1)
    t.autograd.grad(x.sum(), (x, y))


@program
def grad_allow_unused(t):
    x, y = data(t, 3), data(t, 3, seed=1)
    return t.autograd.grad(x.sum(), (x, y), allow_unused=True)


@program
def grad_materialize(t):
    x, y = data(t, 3), data(t, 3, seed=1)
    return t.autograd.grad(x.sum(), (x, y), materialize_grads=True), t.autograd.grad(x.sum(), (x, y),
        materialize_grads=True, create_graph=True)


@program
def grad_materialize_contradiction(t):
    x = data(t, 3)
    t.autograd.grad(x.sum(), x, allow_unused=False, materialize_grads=True)


@program
def grad_no_inputs(t):
    t.autograd.grad(data(t, 3).sum(), [])


@program
def grad_input_without_grad(t):
    t.autograd.grad(data(t, 3).sum(), t.ones(3))


@program
def grad_output_without_grad(t):
    t.autograd.grad(t.ones(()), data(t, 3))


@program
def grad_frees(t):
    x = data(t, 3)
    y = x.exp().sum()
    t.autograd.grad(y, x)
    t.autograd.grad(y, x)


@program
def grad_batched(t):
    x = data(t, 3)
    return t.autograd.grad(x.exp(), x, t.eye(3, dtype=t.float64), is_grads_batched=True)


@program
def grad_outputs_broadcast(t):
    x = data(t, 3)
    return t.autograd.grad(x.exp(), x, t.ones(1, dtype=t.float64))


@program
def grad_flags(t):
    x = data(t, 3)
    g, = t.autograd.grad((x * 2).sum(), x, create_graph=True)
    h, = t.autograd.grad((x * x).sum(), x, create_graph=True)
    return g.requires_grad, h.requires_grad, h


@program
def requires_grad_flags(t):
    x = data(t, 3)
    y = x * 2
    z = t.ones(3)
    errors = [attempt(lambda: setattr(y, "requires_grad", False)), attempt(t.arange(3).requires_grad_),
              attempt(lambda: setattr(t.arange(3), "requires_grad", True)),
              attempt(t.ones, 3, dtype=t.int64, requires_grad=True),
              attempt(t.tensor, [1, 2], requires_grad=True), attempt(y.requires_grad_, False)]
    return errors, y.requires_grad, y.is_leaf, z.is_leaf, (x > 1).requires_grad, \
        x.argmax().requires_grad, z.requires_grad_() is z, z.requires_grad


@program
def grad_assignment(t):
    x = data(t, 3)
    x.grad = t.ones(3, dtype=t.float64)
    (x * 2).sum().backward()
    found = x.grad.clone()
    errors = [attempt(lambda: setattr(x, "grad", t.ones(2, dtype=t.float64))),
              attempt(lambda: setattr(x, "grad", t.ones(3)))[:70],
              attempt(lambda: setattr(x, "grad", 3)), attempt(lambda: setattr(x, "grad", x))]
    x.grad = None
    return found, errors, x.grad


@program
def grad_aliasing(t):
    x, y = data(t, 3), data(t, 3, seed=1)
    z = x + y
    z.sum().backward()
    x.grad.mul_(5)
    return x.grad, y.grad, x.grad is y.grad


@program
def given_gradient_is_not_kept(t):
    x = data(t, 3)
    g = t.ones(3, dtype=t.float64)
    x.clone().backward(g)
    x.grad.add_(1)
    return g, x.grad


@program
def broadcast_and_cast(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = data(t, 3, 2)
    (x * y).sum().backward()
    return x.grad, y.grad


@program
def scalar_and_zero_sized(t):
    x = t.zeros(0, 3, dtype=t.float64, requires_grad=True)
    (x * 2).sum().backward()
    return x.grad, attempt(x.backward), t.autograd.grad(x.exp(), x, t.ones(0, 3, dtype=t.float64))


@program
def gradient_layout(t):
    x = data(t, 3, 4)
    y = data(t, 4, 3).t().detach().requires_grad_()
    (x.t() * 2).sum().backward()
    (y * x).sum().backward()
    return x.grad.stride(), y.grad.stride()


@program
def diamond(t):
    x = data(t, 3)
    a = x * 2
    b, c = a.exp(), a.sin()
    (b * c + a).sum().backward()
    return x.grad


@program
def detached(t):
    x = data(t, 3)
    y = x.exp()
    z = (y * y.detach()).sum()
    d = y.detach()
    d.zero_()
    return x.detach().requires_grad, y, attempt(z.backward)


@program
def data_attribute(t):
    x = data(t, 3)
    before = x._version
    x.data.mul_(2)
    y = x.exp()
    y.data.fill_(1)
    y.sum().backward()
    d = x.detach()
    d.add_(1)
    return x, x.grad, x._version - before, x.data.requires_grad, x.data._version, d._version


@program
def data_assignment(t):
    x = data(t, 3)
    x.data = t.ones(2, dtype=t.float64)
    x.exp().sum().backward()
    return x, x.grad, attempt(lambda: setattr(x, "data",
                                              t.ones(3, dtype=t.int64))), attempt(lambda: setattr(x, "data", None))


@program
def versions(t):
    x = t.zeros(3)
    found = [x._version]
    for act in (lambda: x.add_(1), lambda: x.__setitem__(0, 2), lambda: x[1:].mul_(2), lambda: x.view(3, 1).zero_(),
                lambda: x.t().copy_(x),
                lambda: x + 1, lambda: t.add(x, 1, out=x), lambda: x.data.add_(1), lambda: x.detach().add_(1),
                lambda: x.fill_(3)):
        act()
        found.append(x._version)
    return found


@program
def detach_in_place(t):
    x = data(t, 3)
    y = x.exp()
    y.detach_()
    view = (x * 2)[:2]
    return y.requires_grad, y.is_leaf, attempt(view.detach_)


@program
def retain_grad(t):
    x = data(t, 3)
    y = x.exp()
    y.retain_grad()
    y.retain_grad()
    (y * y).sum().backward()
    return y.grad, y.retains_grad, x.retains_grad, attempt(t.ones(2).retain_grad), x.grad


@program
def retain_grad_then_in_place(t):
    x = data(t, 3)
    y = x * 2
    y.retain_grad()
    y.mul_(3)
    y.sum().backward()
    return y.grad, x.grad


@program
def retain_grad_twice_in_graph(t):
    x = data(t, 3)
    y = x * 2
    y.retain_grad()
    z = (y * y).sum()
    z.backward(retain_graph=True)
    z.backward()
    return y.grad, x.grad


@program
def nonleaf_grad_is_none(t):
    y = data(t, 3) * 2
    y.sum().backward()
    return y.grad


# ---------------------------------------------------------------------------------------------------------------- modes


@program
def grad_modes(t):
    x = data(t, 3)
    found = [t.is_grad_enabled()]
    with t.no_grad():
        found += [t.is_grad_enabled(), (x * 2).requires_grad, t.ones(3, requires_grad=True).requires_grad]
        with t.enable_grad():
            found += [t.is_grad_enabled(), (x * 2).requires_grad]
        with t.set_grad_enabled(True):
            found.append((x * 2).requires_grad)
        found.append(t.is_grad_enabled())
    t.set_grad_enabled(False)
    found.append(t.is_grad_enabled())
    t.set_grad_enabled(True)

    @t.no_grad()
    def f():
        return t.is_grad_enabled()

    @t.no_grad
    def g():
        return t.is_grad_enabled()

    @t.set_grad_enabled(False)
    def h():
        return t.is_grad_enabled()

    @t.inference_mode()
    def i():
        return t.is_grad_enabled(), t.is_inference_mode_enabled()

    @t.inference_mode
    def j():
        return t.is_inference_mode_enabled()

    @t.enable_grad()
    def k():
        return t.is_grad_enabled()

    found += [f(), g(), h(), i(), j(), t.is_grad_enabled()]
    with t.no_grad():
        found += [k(), t.is_grad_enabled()]
    with t.inference_mode():
        found.append(t.is_grad_enabled())
        # PyTorch says here that grad mode is on, and records nothing all the same
        with t.enable_grad():
            found.append((x * 2).requires_grad)
        with t.inference_mode(False):
            found += [t.is_grad_enabled(), t.is_inference_mode_enabled(), (x * 2).requires_grad]
    with contextlib.suppress(ValueError), t.no_grad():
        raise ValueError
    return found, t.is_grad_enabled()


@program
def generators(t):
    @t.no_grad()
    def numbers():
        got = yield t.is_grad_enabled()
        while got is not None:
            got = yield got, t.is_grad_enabled()
        return t.is_grad_enabled()

    def outer():
        found.append((yield from numbers()))

    found = []
    generator = outer()
    found.append(next(generator))
    found.append(t.is_grad_enabled())
    found.append(generator.send(3))
    found.append(t.is_grad_enabled())
    with contextlib.suppress(StopIteration):
        generator.send(None)
    return found


@program
def inference_tensors(t):
    x = data(t, 3)
    with t.inference_mode():
        y = x * 2
        z = t.ones(3, dtype=t.float64)
        z.add_(1)
        view = x[:2]
    return (y.is_inference(), z.is_inference(), x.is_inference(), y.requires_grad, view.is_inference(),
            attempt(lambda: y.add_(1)), attempt(lambda: x * y), attempt(lambda: (x + y).sum().backward()),
            attempt(lambda: y._version),
            attempt(y.requires_grad_), attempt(lambda: view.add_(1)), y.clone().is_inference(), (y + 1).is_inference(),
            y[:2].is_inference(), attempt(lambda: y[0].add_(1)), attempt(lambda: setattr(y, "requires_grad", False)),
            (x * y.clone()).requires_grad)


@program
def inference_in_place_on_normal(t):
    x = t.ones(3)
    before = x._version
    with t.inference_mode():
        x.add_(1)
        x[0] = 5
    leaf = data(t, 3)
    with t.inference_mode():
        leaf.mul_(2)
    return x, x._version - before, leaf, x.is_inference()


@program
def no_grad_in_place_on_leaf(t):
    x = data(t, 3)
    with t.no_grad():
        x.mul_(2)
        x[0] = 1
        x -= 0.5
    (x * x).sum().backward()
    return x, x.grad


# ---------------------------------------------------------------------------------------------------------------- views
# and writes


def with_grads(t, function, *shapes):
    """function(t, tensors made by an operation, so that they may be written to), and the gradients of the sum of its
    squares weighted.
    """
    leaves = [data(t, *shape, seed=i) for i, shape in enumerate(shapes)]
    out = function(t, *[leaf.clone() for leaf in leaves])
    outs = out if isinstance(out, tuple) else (out,)
    loss = sum((o ** 2 * t.arange(1, o.numel() + 1, dtype=o.dtype).view(o.shape)).sum() for o in outs)
    first = t.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    second = sum((g ** 2).sum() for g in first if g is not None)
    second.backward()
    return outs, first, [leaf.grad for leaf in leaves]


def written(act):
    """A program that does `act(t, x, y)` to a 4x3 tensor, with a 4x3 operand, and returns the tensor or what act
    returns.
    """
    def function(t):
        def inner(t, x, y):
            found = act(t, x, y)
            return x if found is None else found
        return with_grads(t, inner, (4, 3), (4, 3))
    return function


def setitem(x, index, value):
    x[index] = value


def both(t, x, y):
    v = x[1:]
    v.mul_(y[1:])
    return x * 2, v


def view_before_write(t, x, y):
    v = x[0]
    x.mul_(y)
    return v * 3, x


def view_of_view(t, x, y):
    v = x[1:][:, 1]
    v.mul_(y[0, 0])
    return v, x


def written_view_used_twice(t, x, y):
    v = x.view(-1)
    w = x.t()
    v[2:5] *= y[0]
    w[1] += y[:, 2]
    return v.sin(), w.cos(), x


def write_between(t, x, y):
    v = x[0]
    a = v + 1
    x[0] = y[1]
    return a, v, x


WRITES = {
    "add_": lambda t, x, y: x.add_(y),
    "mul_self": lambda t, x, y: x.mul_(x.detach()),
    "exp_": lambda t, x, y: x.exp_(),
    "zero_": lambda t, x, y: x.zero_().add_(y),
    "fill_": lambda t, x, y: x.fill_(2.0) * y,
    "copy_": lambda t, x, y: x.copy_(y),
    "copy_broadcast": lambda t, x, y: x.copy_(y[0]),
    "iadd_row": lambda t, x, y: setitem(x, 0, x[0] + y[0]),
    "set_number": lambda t, x, y: setitem(x, 0, 5.0),
    "set_column": lambda t, x, y: setitem(x, (slice(None), 1), y[:, 0]),
    "set_slice": lambda t, x, y: setitem(x, slice(1, 3), y[:2]),
    "set_strided": lambda t, x, y: setitem(x, (slice(None, None, 2), slice(1, None)), y[:2, :2]),
    "set_mask": lambda t, x, y: setitem(x, x > 1, 0.0),
    "set_mask_tensor": lambda t, x, y: setitem(x, t.tensor([True, False, True, False]), y[:2]),
    "set_list": lambda t, x, y: setitem(x, [0, 2], y[1:3]),
    "set_indices": lambda t, x, y: setitem(x, (t.tensor([0, 1]), t.tensor([1, 2])), y[0, :2]),
    "set_broadcast": lambda t, x, y: setitem(x, slice(1, 3), y[0]),
    "set_all": lambda t, x, y: setitem(x, Ellipsis, y),
    "set_one": lambda t, x, y: setitem(x, (1, 2), y[0, 0]),
    "view_mul": lambda t, x, y: (x.view(-1)[3:6].mul_(y[0]), None)[1],
    "both": both,
    "view_before_write": view_before_write,
    "view_of_view": view_of_view,
    "used_twice": written_view_used_twice,
    "write_between": write_between,
    "transpose_add": lambda t, x, y: (x.t().add_(y.t()), None)[1],
    "diagonal_fill": lambda t, x, y: (x.diagonal().copy_(y[0]), None)[1],
    "narrow_exp": lambda t, x, y: (x.narrow(1, 0, 2).exp_(), None)[1],
    "unsqueeze_mul": lambda t, x, y: (x.unsqueeze(0).mul_(y), None)[1],
    "expand_read": lambda t, x, y: x[0].expand(4, 3) * y,
    "as_strided": lambda t, x, y: (x.as_strided((2, 2), (3, 1), 1).mul_(3), None)[1],
    "masked_fill_": lambda t, x, y: x.masked_fill_(y > 1, 3.0),
    "index_put_": lambda t, x, y: x.index_put_((t.tensor([0, 0]),), y[:2], accumulate=True),
    "index_fill_": lambda t, x, y: x.index_fill_(0, t.tensor([1]), 2.0),
    "scatter_": lambda t, x, y: x.scatter_(0, t.zeros(4, 3, dtype=t.int64).add_(t.tensor([[0], [2], [1], [3]])), y),
    "scatter_add_": lambda t, x, y: x.scatter_add_(0, t.zeros(4, 3, dtype=t.int64), y),
    "index_add_": lambda t, x, y: x.index_add_(0, t.tensor([0, 0]), y[:2]),
    "clamp_": lambda t, x, y: x.clamp_(0.5, 1.0),
    "relu_": lambda t, x, y: x.sub_(1).relu_(),
    "addmul": lambda t, x, y: x.add_(y, alpha=3).mul_(y).sub_(1),
    "row_loop": lambda t, x, y: [x[i].mul_(x[i - 1].clone()) for i in range(1, 4)] and None,
    "iadd": lambda t, x, y: x.__iadd__(y) * x,
    "view_then_base": lambda t, x, y: (x[0].mul_(2), x.mul_(y), x[1].add_(y[0]), x)[3],
    "squeeze": lambda t, x, y: (x.view(4, 1, 3).squeeze(1).mul_(y), None)[1],
    "flatten": lambda t, x, y: (x.flatten().add_(1), None)[1],
    "unfold": lambda t, x, y: (x.view(-1).unfold(0, 2, 2)[:, 0].mul_(3), None)[1],
    "t_": lambda t, x, y: x.t_() * y.t(),
    "unsqueeze_": lambda t, x, y: x.unsqueeze_(0) * y,
    "squeeze_": lambda t, x, y: x.view(1, 4, 3).squeeze_(0) * y,
    "transpose_": lambda t, x, y: x.transpose_(0, 1).mul_(y.t()),
    "chain": lambda t, x, y: (x.view(2, 6)[1].view(2, 3)[0].mul_(y[0]), x.view(-1))[1],
    "read_after": lambda t, x, y: (lambda v: (x.mul_(2), v + v)[1])(x[1:3]),
    "no_grad_write": lambda t, x, y: without(t, lambda: x[0].zero_()),
    "swap": lambda t, x, y: setitem(x, slice(0, 2), x[2:4] * 1),
    "out": lambda t, x, y: x.lerp_(y, 0.25),
    "pow_": lambda t, x, y: x.pow_(2),
    "div_": lambda t, x, y: x.div_(y),
    "write_into_constant": lambda t, x, y: (lambda z: (z[1].copy_(x[0]), z[0].mul_(y[0]), z)[2])(t.ones(2, 3,
    dtype=t.float64)),
    "split_read": lambda t, x, y: x.split(2)[0] * x.split(2)[1],
}


def without(t, act):
    with t.no_grad():
        act()


for _name, _act in WRITES.items():
    PROGRAMS["write_" + _name] = written(_act)


def _error(act):
    return lambda t: act(t, data(t, 4, 3))


ERRORS = {
    "leaf": lambda t, x: x.add_(1),
    "view_of_leaf": lambda t, x: x[0].add_(1),
    "view_of_view_of_leaf": lambda t, x: x.view(-1)[2:].mul_(2),
    "setitem_leaf": lambda t, x: setitem(x, 0, 1.0),
    "setitem_mask_leaf": lambda t, x: setitem(x, x > 1, 1.0),
    "zero_leaf": lambda t, x: x.zero_(),
    "unbind": lambda t, x: (x * 2).unbind(0)[0].add_(1),
    "split": lambda t, x: (x * 2).split(2)[0].mul_(2),
    "chunk": lambda t, x: (x * 2).chunk(2)[1].mul_(2),
    "unpacked": lambda t, x: [row.add_(1) for row in x * 2],
    "unbind_of_leaf": lambda t, x: x.unbind(0)[0].add_(1),
    "view_of_unbind": lambda t, x: (x * 2).unbind(0)[0][:2].add_(1),
    "no_grad_view": lambda t, x: no_grad_view(t, x * 2).mul_(2),
    "no_grad_view_of_leaf": lambda t, x: no_grad_view(t, x).mul_(2),
    "inference_view": lambda t, x: inference_view(t, x * 2).mul_(2),
    "no_grad_unbind": lambda t, x: no_grad_unbind(t, x * 2)[0].mul_(2),
    "detached_view": lambda t, x: (x.detach()[0].mul_(2), x)[1],
    "exp_saved": lambda t, x: changed(x.exp(), lambda y: y.add_(1)),
    "mul_saved": lambda t, x: mul_changed(x * 2),
    "view_write_saved": lambda t, x: changed(x.exp(), lambda y: y[0].zero_()),
    "detach_write_saved": lambda t, x: changed(x.exp(), lambda y: y.detach().zero_()),
    "sigmoid_saved": lambda t, x: changed(x.sigmoid(), lambda y: setitem(y, 0, 0.0)),
    "leaf_saved": lambda t, x: leaf_changed(t, x),
    "matmul_saved": lambda t, x: matmul_changed(x * 2),
    "data_write_not_seen": lambda t, x: (changed(x.exp(), lambda y: y.data.mul_(2)), x.grad)[1],
    "not_saved_operand": lambda t, x: (changed(x + 1, lambda y: y.add_(1)), x.grad)[1],
    "tanh_then_in_place": lambda t, x: (lambda y: (y.mul_(2), y.sum().backward()))(x.tanh()),
    "expanded_write": lambda t, x: (x * 2)[:1].expand(4, 3).add_(1),
    "in_place_dtype": lambda t, x: t.ones(3, dtype=t.int64).add_(1.5),
    "in_place_shape": lambda t, x: t.ones(3).add_(t.ones(2, 3)),
    "requires_grad_into_out": lambda t, x: t.add(x, 1, out=t.zeros(4, 3, dtype=t.float64)),
    "out_requires_grad": lambda t, x: t.add(x.detach(), 1, out=x),
    "requires_grad_false_inplace": lambda t, x: t.ones(4, 3, dtype=t.float64).add_(x).sum().backward() or x.grad,
    "numpy_of_grad": lambda t, x: x.numpy(),
    "deepcopy_nonleaf": lambda t, x: __import__("copy").deepcopy(x * 2),
    "item_vector": lambda t, x: x.item(),
    "bool_vector": lambda t, x: bool(x),
}


def no_grad_view(t, x):
    with t.no_grad():
        return x[0]


def no_grad_unbind(t, x):
    with t.no_grad():
        return x.unbind(0)


def inference_view(t, x):
    with t.inference_mode():
        return x[0]


def changed(y, act):
    loss = y.sum()
    act(y)
    loss.backward()


def mul_changed(y):
    z = (y * y).sum()
    y.add_(1)
    z.backward()


def matmul_changed(y):
    z = (y @ y.t()).sum()
    y[0, 0] = 1
    z.backward()


def leaf_changed(t, x):
    z = (x * x).sum()
    without(t, lambda: x.mul_(2))
    z.backward()


for _name, _act in ERRORS.items():
    PROGRAMS["error_" + _name] = _error(_act)


@program
def view_attributes(t):
    x = data(t, 4, 3)
    y = x * 2
    v = y[1:]
    w = v.t()
    return (
        v._is_view(),
        v._base is y,
        w._base is y,
        y._is_view(),
        y._base,
        v.is_leaf,
        x[0].is_leaf,
        x.detach()._is_view(),
        v._version,
        y.add_(1)._version,
        v._version,
    )


@program
def view_grad_fn_names(t):
    y = data(t, 4, 3) * 2
    v = y[0]
    names = [v.grad_fn.name(), y.grad_fn.name()]
    y.mul_(3)
    names.append(y.grad_fn.name())
    v.add_(1)
    return names, y.grad_fn.name()


@program
def view_of_leaf_in_no_grad(t):
    x = data(t, 3)
    with t.no_grad():
        v = x[:2]
        v.mul_(2)
    return x, v.tolist(), v.requires_grad, attempt(lambda: v * 2), attempt(lambda: v.grad_fn)


@program
def grad_of_view_made_before(t):
    x = data(t, 3)
    y = x.clone()
    v = y.view(3, 1)
    y.mul_(2)
    g, = t.autograd.grad((v ** 2).sum(), x)
    return g


@program
def base_requires_grad_after_write(t):
    base = t.zeros(2, 3, dtype=t.float64)
    view = base[1]
    x = data(t, 3)
    view.mul_(0).add_(x)
    found = base.requires_grad, view.requires_grad, base.is_leaf
    (base ** 2).sum().backward()
    return found, x.grad


# ---------------------------------------------------------------------------------------------------------------- hooks


@program
def tensor_hooks(t):
    x = data(t, 3)
    y = x * 2
    seen = []
    y.register_hook(lambda g: seen.append("a"))
    y.register_hook(lambda g: (seen.append("b"), g * 3)[1])
    handle = y.register_hook(lambda g: (seen.append("c"), g + 1)[1])
    x.register_hook(lambda g: seen.append(g.clone()))
    loss = (y * y).sum()
    loss.backward(retain_graph=True)
    handle.remove()
    handle.remove()
    loss.backward()
    return seen, x.grad


@program
def tensor_hook_errors(t):
    x = data(t, 3)
    found = [attempt(t.ones(3).register_hook, print)]
    for bad in (lambda g: g[:2], lambda g: 3, lambda g: g.float()):
        y = x * 2
        y.register_hook(bad)
        found.append(attempt(y.sum().backward)[:14])
    return found


@program
def node_hooks(t):
    x = data(t, 3)
    y = x.exp()
    z = y * x
    seen = []
    z.grad_fn.register_hook(lambda gi, go: seen.append(("post", len(gi), len(go), gi[0].clone(), go[0].clone())))
    z.grad_fn.register_prehook(lambda go: (seen.append(("pre", go[0].clone())), (go[0] * 2,))[1])
    handle = y.grad_fn.register_hook(lambda gi, go: (gi[0] * 10,))
    z.sum().backward(retain_graph=True)
    first = x.grad.clone()
    handle.remove()
    z.sum().backward()
    return seen, first, x.grad


@program
def hook_and_capture_order(t):
    x = data(t, 3)
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    z = (y * y).sum()
    captured, = t.autograd.grad(z, y, retain_graph=True)
    z.backward()
    return captured, y.grad, x.grad


@program
def post_accumulate(t):
    x, y = data(t, 3), data(t, 3, seed=1)
    seen = []

    def step(p):
        seen.append(p.grad.clone())
        with t.no_grad():
            p.sub_(p.grad, alpha=0.1)
        p.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    y.register_post_accumulate_grad_hook(step)
    (x * y).sum().backward()
    handle.remove()
    (x * y).sum().backward()
    return seen, x, y, x.grad, y.grad, attempt((x * 2).register_post_accumulate_grad_hook, step)


@program
def accumulate_grad_node(t):
    x = data(t, 3)
    node = (x * 2).grad_fn.next_functions[0][0]
    seen = []
    node.register_prehook(lambda g: seen.append("pre"))
    node.register_hook(lambda gi, go: seen.append("post"))
    (x * 2).sum().backward()
    return node.name(), node.variable is x, seen


@program
def saved_hooks(t):
    x = data(t, 3)
    seen = []
    with t.autograd.graph.saved_tensors_hooks(lambda s: (seen.append(s.clone()), s.tolist())[1],
                                              lambda p: (seen.append("unpack"), t.tensor(p, dtype=t.float64))[1]):
        y = (x.exp() * x).sum()
    y.backward()
    return sorted(str(s) for s in seen if s != "unpack") if False else [len(seen),
                                                                        seen.count("unpack") if False else None], x.grad


@program
def saved_hooks_nested_and_bad(t):
    x = data(t, 3)
    hooks = t.autograd.graph.saved_tensors_hooks
    with hooks(lambda s: s * 100, lambda s: s / 100), hooks(lambda s: s.clone(), lambda s: s):
        y = x.exp().sum()
    with hooks(lambda s: s, lambda s: 3):
        z = x.exp().sum()

    def modifying():
        with hooks(lambda s: s.mul_(2), lambda s: s):
            x.exp()

    def disabled():
        with t.autograd.graph.disable_saved_tensors_hooks("not here"), hooks(lambda s: s, lambda s: s):
            x.exp()

    return t.autograd.grad(y, x), attempt(z.backward), attempt(modifying), attempt(disabled)


@program
def save_on_cpu(t):
    x = data(t, 3)
    with t.autograd.graph.save_on_cpu():
        y = (x.exp() * x).sum()
    return t.autograd.grad(y, x)


@program
def multi_grad_hook(t):
    x, y, z = data(t, 3), data(t, 3, seed=1), data(t, 3, seed=2)
    seen = []
    t.autograd.graph.register_multi_grad_hook((x, y, z),
                                              lambda grads: seen.append([None if g is None else g.clone()
                                                                         for g in grads]))
    (x * y).sum().backward()
    (x * y * z).sum().backward()
    return seen


# ----------------------------------------------------------------------------------------------------------------
# custom functions


def square(t, **parts):
    """A Function class for x * x with some parts replaced."""
    class Square(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            x, = ctx.saved_tensors
            return 2 * x * grad

    for name, value in parts.items():
        setattr(Square, name, staticmethod(value))
    return Square


@program
def custom_orders(t):
    x = data(t, 3)
    y = square(t).apply(x)
    g, = t.autograd.grad((y ** 2).sum(), x, create_graph=True)
    h, = t.autograd.grad(g.sum(), x, create_graph=True)
    return y, g, h, t.autograd.grad(h.sum(), x), y.grad_fn.name()


@program
def custom_once_differentiable(t):
    once = t.autograd.function.once_differentiable(lambda ctx, grad: 2 * ctx.saved_tensors[0] * grad)
    x = data(t, 3)
    y = square(t, backward=once).apply(x)
    g, = t.autograd.grad(y.sum(), x, create_graph=True)
    return g, attempt((g.sum() + x.sum()).backward)


@program
def custom_wrong_count(t):
    square(t, backward=lambda ctx, grad: (grad, grad)).apply(data(t, 3)).sum().backward()


@program
def custom_wrong_shape(t):
    square(t, backward=lambda ctx, grad: grad[:2]).apply(data(t, 3)).sum().backward()


@program
def custom_wrong_type(t):
    square(t, backward=lambda ctx, grad: 3).apply(data(t, 3)).sum().backward()


@program
def custom_raises(t):
    def backward(ctx, grad):
        raise KeyError("mine")
    square(t, backward=backward).apply(data(t, 3)).sum().backward()


@program
def custom_saves_number(t):
    square(t, forward=lambda ctx, x: (ctx.save_for_backward(3), x * 1)[1]).apply(data(t, 3))


@program
def custom_twice(t):
    y = square(t).apply(data(t, 3)).sum()
    y.backward()
    y.backward()


@program
def custom_saved_changed(t):
    x = data(t, 3) * 1
    y = square(t).apply(x).sum()
    x.add_(1)
    y.backward()


@program
def custom_many(t):
    class Many(t.autograd.Function):
        @staticmethod
        def forward(ctx, x, k, y, flag=None):
            ctx.k = k
            ctx.needs = ctx.needs_input_grad
            i = x.argmax()
            ctx.mark_non_differentiable(i)
            ctx.set_materialize_grads(flag == "lazy")
            return x * k, y + 1, i, "text"

        @staticmethod
        def backward(ctx, gx, gy, gi, gt):
            seen.append((ctx.needs, gx, gy, gi is None, gt is None))
            return None if gx is None else gx * ctx.k, None, gy, None

    seen = []
    x, y = data(t, 3), data(t, 3, seed=1, grad=False)
    a, b, i, text = Many.apply(x, 3, y, "eager")
    a.sum().backward()
    flags = a.requires_grad, b.requires_grad, i.requires_grad, text
    Many.apply(x, 3, y, "lazy")[0].sum().backward()
    with t.no_grad():
        flags += Many.apply(x, 3, y, "lazy")[0].requires_grad,
    return flags, seen[0], x.grad


@program
def custom_setup_context(t):
    class Power(t.autograd.Function):
        @staticmethod
        def forward(x, n=2):
            return x ** n

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, n = inputs
            ctx.save_for_backward(x)
            ctx.n = n

        @staticmethod
        def backward(ctx, grad):
            x, = ctx.saved_tensors
            return grad * ctx.n * x ** (ctx.n - 1), None

    x = data(t, 3)
    Power.apply(x, 3).sum().backward()
    return x.grad


def in_place(t, dirty=True, returns=True):
    class Double(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            if dirty:
                ctx.mark_dirty(x)
            x.mul_(2)
            return x if returns else x.clone()

        @staticmethod
        def backward(ctx, grad):
            return grad * 2
    return Double


@program
def custom_dirty(t):
    x = data(t, 3)
    y = x * 3
    z = in_place(t).apply(y)
    (y * y).sum().backward()
    return z is y, y, x.grad, y._version


@program
def custom_dirty_leaf(t):
    in_place(t).apply(data(t, 3))


@program
def custom_dirty_view(t):
    x = data(t, 4, 3)
    y = x * 3
    v = y[1]
    in_place(t).apply(v)
    (y * y).sum().backward()
    return y, v, x.grad


@program
def custom_dirty_not_returned(t):
    in_place(t, returns=False).apply(data(t, 3) * 1)


@program
def custom_returns_input(t):
    class Same(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, grad):
            return grad * 5

    x = data(t, 3)
    y = Same.apply(x)
    y.sum().backward()
    return y is x, x.grad, attempt(Same.apply(x * 1).mul_, 2)


@program
def custom_returns_view(t):
    class First(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x[0]

        @staticmethod
        def backward(ctx, grad):
            return grad.expand(4, 3)

    x = data(t, 4, 3)
    y = First.apply(x)
    y.sum().backward()
    return y, x.grad, attempt(First.apply(x * 1).mul_, 2)


@program
def custom_saves_result(t):
    class Exp(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y, None)
            return y

        @staticmethod
        def backward(ctx, grad):
            y, nothing = ctx.saved_tensors
            seen.append(nothing is None)
            return grad * y

    seen = []
    x = data(t, 3)
    y = Exp.apply(x)
    g, = t.autograd.grad(y.sum(), x, create_graph=True)
    h, = t.autograd.grad(g.sum(), x)
    y = Exp.apply(x)
    y.add_(1)
    return seen, g, h, attempt(y.sum().backward)


@program
def custom_unimplemented(t):
    class Nothing(t.autograd.Function):
        pass

    class NoBackward(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    return (attempt(Nothing.apply, data(t, 3)), attempt(NoBackward.apply(data(t, 3)).sum().backward),
            attempt(NoBackward()), attempt(square(t).apply, data(t, 3), x=3)[:10])


# ----------------------------------------------------------------------------------------------------------------
# checkpoint, anomaly


def block(t, w):
    return lambda x, scale=1.0: (x @ w).tanh().mul(scale).sin()


@program
def checkpoints(t):
    check = t.utils.checkpoint.checkpoint
    found = []
    for reentrant in (True, False):
        x, w = data(t, 3, 3), data(t, 3, 3, seed=1)
        y = check(block(t, w), x, use_reentrant=reentrant)
        y = check(block(t, w), y, use_reentrant=reentrant)
        y.sum().backward()
        found += [y.detach(), x.grad, w.grad]
    x, w = data(t, 3, 3), data(t, 3, 3, seed=1)
    y = check(block(t, w), x, use_reentrant=False, scale=0.5)
    found += t.autograd.grad(y.sum(), (x, w), create_graph=True)
    found += [attempt(check, block(t, w), x, use_reentrant=True, scale=0.5),
              attempt(lambda: t.autograd.grad(check(block(t, w), x, use_reentrant=True).sum(), x))]
    return found


@program
def checkpoint_different_second_run(t):
    x = data(t, 3)
    runs = []

    def function(x):
        runs.append(1)
        return x.exp() * (x[:2].sin().sum() if len(runs) == 1 else x.cos())

    t.utils.checkpoint.checkpoint(function, x, use_reentrant=False).sum().backward()


@program
def checkpoint_sequential(t):
    found = []
    for reentrant in (True, False):
        x = data(t, 3)
        y = t.utils.checkpoint.checkpoint_sequential([t.exp, t.sin, t.tanh, t.cos, t.sigmoid], 2, x,
                                                     use_reentrant=reentrant)
        y.sum().backward()
        found += [y, x.grad]
    return found


@program
def checkpoint_dropout(t):
    t.manual_seed(0)
    x = t.ones(100, dtype=t.float64, requires_grad=True)
    y = t.utils.checkpoint.checkpoint(lambda x: t.nn.functional.dropout(x * 3, 0.5) * x, x, use_reentrant=False)
    y.sum().backward()
    return (x.grad.detach() - 2 * y.detach()).abs().max(), t.rand(2)


@program
def anomaly_nan(t):
    x = t.zeros(3, dtype=t.float64, requires_grad=True)
    with t.autograd.detect_anomaly():
        y = (x.sqrt() * 0).sum()
        y.backward()


@program
def anomaly_off(t):
    x = t.zeros(3, dtype=t.float64, requires_grad=True)
    with t.autograd.set_detect_anomaly(True, check_nan=False):
        flags = t.autograd.anomaly_mode.torch.is_anomaly_enabled() if False else True
        (x.sqrt() * 0).sum().backward()
    return x.grad.isnan(), flags


@program
def gradchecks(t):
    x, y = data(t, 2, 2), data(t, 2, 2, seed=1)
    wrong = square(t, backward=lambda ctx, grad: 3 * ctx.saved_tensors[0] * grad).apply
    return (t.autograd.gradcheck(lambda x, y: (x * y).sin(), (x, y)),
            t.autograd.gradgradcheck(lambda x, y: x.exp() @ y, (x, y)),
            attempt(t.autograd.gradcheck, wrong, (x,))[:50], t.autograd.gradcheck(wrong, (x,), raise_exception=False),
            t.autograd.gradcheck(lambda x: x ** 3, (x,), fast_mode=True),
            attempt(t.autograd.gradcheck, lambda x: x * 2, (t.ones(2),)))


@program
def jacobians(t):
    x, y = data(t, 2), data(t, 2, seed=1)
    f = t.autograd.functional
    return (f.jacobian(lambda x: x.exp(), x), f.hessian(lambda x, y: (x * y ** 2).sum(), (x, y)),
            f.vjp(lambda x: x ** 2, x, x.detach()),
            f.jvp(lambda x: x ** 2, x, y.detach()), f.hvp(lambda x: (x ** 3).sum(), x, y.detach()),
            f.vhp(lambda x: (x ** 3).sum(), x, y.detach()))


@program
def deep_graph(t):
    x = t.ones(1, dtype=t.float64, requires_grad=True)
    y = x
    for _ in range(3000):
        y = y + x
    y.backward()
    return x.grad


@program
def graph_walked_by_hand(t):
    x = data(t, 3)
    node = (x.exp() * 2).sum().grad_fn
    names = []
    while node is not None:
        names.append(node.name())
        node = node.next_functions[0][0] if node.next_functions else None
    return names


@program
def gradient_edges(t):
    x = data(t, 3)
    y = x.exp()
    z = (y * y).sum()
    edge = t.autograd.graph.get_gradient_edge(y)
    return t.autograd.grad(z, edge), edge.node.name(), edge.output_nr, attempt(t.autograd.graph.get_gradient_edge,
                                                                               t.ones(2))


# ----------------------------------------------------------------------------------------------------------------
# subclasses


@program
def logging_tensor(t):
    class Logging(t.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append(getattr(func, "__name__", "?"))
            return super().__torch_function__(func, types, args, kwargs or {})

    seen = []
    x = t.ones(3, dtype=t.float64).as_subclass(Logging).requires_grad_()
    seen.clear()
    y = t.add(x, 1) * x
    z = t.stack([y, y]).sum()
    z.backward()
    kinds = [type(a) is Logging for a in (x, y, z, x[0])]
    return [name for name in seen if not name.startswith("__")][:4], kinds, x.grad


@program
def not_implemented(t):
    class Refuses:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return NotImplemented

    class Answers(Refuses):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return func.__name__, len(types)

    x = t.ones(2)
    return attempt(t.add, x, Refuses())[:10], t.add(x,
                                                    Answers()), t.add(Answers(), Refuses()), t.mul(Refuses(), Answers())


@pytest.mark.parametrize("name", list(PROGRAMS))
def test_program(name, ours, theirs):
    run(name, ours, theirs)
