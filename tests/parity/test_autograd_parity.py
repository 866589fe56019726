"""The same small autograd program run by both frameworks: the same values and gradients, the same exception types, and PyTorch's message
as the beginning of ours (ours may go on and name lines).

A program is a function of the framework. It returns tensors, numbers, strings, or tuples of such; what it raises is its result too.
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
    return (np.array(found.detach().resolve_conj().tolist() if hasattr(found, "resolve_conj") else found.detach().tolist()),
            tuple(found.shape), str(found.dtype).split(".")[1], found.requires_grad, found.is_leaf)


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
    if isinstance(theirs, tuple):
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
    return re.sub(r"Backward\d+", "Backward", message).strip()


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


# ---------------------------------------------------------------------------------------------------------------- derivatives, orders

POINTWISE = {
    "mul": lambda t, x, y: x * y, "div": lambda t, x, y: x / y, "pow": lambda t, x, y: x ** y, "sub": lambda t, x, y: x - 2 * y,
    "rdiv": lambda t, x, y: 1 / x + y, "square": lambda t, x, y: x ** 2 + y ** 3, "exp_log": lambda t, x, y: x.exp() * y.log(),
    "tanh": lambda t, x, y: (x * y).tanh(), "sigmoid": lambda t, x, y: (x * y).sigmoid(), "sqrt": lambda t, x, y: (x * y).sqrt(),
    "rsqrt": lambda t, x, y: (x * y).rsqrt(), "sin_cos": lambda t, x, y: x.sin() * y.cos(), "atan2": lambda t, x, y: t.atan2(x, y),
    "where": lambda t, x, y: t.where(x > 1, x * y, y * y), "clamp": lambda t, x, y: x.clamp(0.5, 1.2) * y,
    "maximum": lambda t, x, y: t.maximum(x, y) * y, "abs": lambda t, x, y: (x - 1).abs() * y, "erf": lambda t, x, y: t.erf(x * y),
    "log1p": lambda t, x, y: t.log1p(x) * t.expm1(y), "addcmul": lambda t, x, y: t.addcmul(x, y, x, value=0.5),
    "lerp": lambda t, x, y: t.lerp(x, y, 0.3) * x, "gelu": lambda t, x, y: t.nn.functional.gelu(x) * y,
    "silu": lambda t, x, y: t.nn.functional.silu(x) * y, "softplus": lambda t, x, y: t.nn.functional.softplus(x) * y,
    "relu": lambda t, x, y: (x - 1).relu() * y * y,
}
FAMILIES = {
    "sum": lambda t, x, y: (x * y).sum(0).exp(), "mean": lambda t, x, y: (x ** 2).mean(-1, keepdim=True) * y,
    "prod": lambda t, x, y: x.prod(1) * y.sum(1), "var": lambda t, x, y: x.var(1) * y.sum(1), "std": lambda t, x, y: x.std(0) * y,
    "norm": lambda t, x, y: x.norm() * y, "amax": lambda t, x, y: x.amax(1) ** 2 * y.sum(1), "logsumexp": lambda t, x, y: (x * y).logsumexp(1),
    "cumsum": lambda t, x, y: x.cumsum(1) ** 2 * y, "cumprod": lambda t, x, y: x.cumprod(1) * y, "max_dim": lambda t, x, y: x.max(1)[0] ** 2,
    "matmul": lambda t, x, y: (x @ y.t()).tanh(), "mv": lambda t, x, y: x @ y[0] * (x @ y[1]), "dot": lambda t, x, y: x[0].dot(y[1]) ** 2,
    "bmm": lambda t, x, y: t.bmm(x.expand(2, 3, 4), y.t().expand(2, 4, 3)) ** 2, "einsum": lambda t, x, y: t.einsum("ij,kj->ik", x, y) ** 2,
    "addmm": lambda t, x, y: t.addmm(x, x @ y.t(), y, beta=0.5, alpha=2) ** 2, "linear": lambda t, x, y: t.nn.functional.linear(x, y, x[0, :3]) ** 2,
    "softmax": lambda t, x, y: x.softmax(1) * y, "log_softmax": lambda t, x, y: x.log_softmax(0) * y,
    "layer_norm": lambda t, x, y: t.nn.functional.layer_norm(x, (4,), y[0], y[1]) ** 2,
    "batch_norm": lambda t, x, y: t.nn.functional.batch_norm(x, None, None, y[0], y[1], True) ** 2,
    "cross_entropy": lambda t, x, y: t.nn.functional.cross_entropy(x * y, t.tensor([0, 3, 1])),
    "mse": lambda t, x, y: t.nn.functional.mse_loss(x, y), "conv1d": lambda t, x, y: t.nn.functional.conv1d(x[None], y[None, :, :2]) ** 2,
    "conv2d": lambda t, x, y: t.nn.functional.conv2d(x[None, None], y[None, None, :2, :2], padding=1, stride=2) ** 2,
    "max_pool": lambda t, x, y: t.nn.functional.max_pool1d(x[None] * y, 2) ** 2,
    "avg_pool": lambda t, x, y: t.nn.functional.avg_pool1d(x[None], 2, 1) ** 2,
    "index": lambda t, x, y: x[[0, 2, 0], [1, 1, 3]] * y[0, :3], "index_row": lambda t, x, y: x[t.tensor([0, 0, 2])] * y * x,
    "mask": lambda t, x, y: x[x > 1] ** 3, "gather": lambda t, x, y: x.gather(1, t.tensor([[0, 0], [1, 3], [2, 2]])) ** 2,
    "scatter_add": lambda t, x, y: t.zeros(3, 4, dtype=x.dtype).scatter_add(0, t.zeros(3, 4, dtype=t.int64), x * x) * y,
    "index_select": lambda t, x, y: x.index_select(1, t.tensor([3, 3, 0])) ** 2, "masked_fill": lambda t, x, y: x.masked_fill(x > 1, 2.0) ** 2 * y,
    "index_put": lambda t, x, y: x.index_put((t.tensor([0, 1]),), y[:2]) ** 2, "embedding": lambda t, x, y: t.nn.functional.embedding(t.tensor([0, 2, 0]), x) ** 2,
    "cat": lambda t, x, y: t.cat([x, y, x], 1) ** 2, "stack": lambda t, x, y: t.stack([x, y], 1) ** 3, "split": lambda t, x, y: x.split(2, 1)[1] ** 2 * y[:, :2],
    "transpose": lambda t, x, y: x.t() ** 2 @ y, "expand": lambda t, x, y: x[:, :1].expand(3, 4) ** 2 * y, "flip": lambda t, x, y: x.flip(1) * x * y,
    "permute": lambda t, x, y: x.view(3, 2, 2).permute(2, 0, 1).reshape(4, 3) ** 2, "diagonal": lambda t, x, y: x.diagonal() ** 2 * y[0, :3],
    "unfold": lambda t, x, y: x.unfold(1, 2, 1) ** 2, "as_strided": lambda t, x, y: x.as_strided((2, 3), (4, 1), 1) ** 2,
    "squeeze": lambda t, x, y: x.unsqueeze(1).squeeze(1) ** 2, "chunk": lambda t, x, y: x.chunk(2, 1)[0] * x.chunk(2, 1)[1],
    "unbind": lambda t, x, y: x.unbind(0)[0] * x.unbind(0)[2], "roll": lambda t, x, y: x.roll(1, 0) * x, "tril": lambda t, x, y: x.tril() ** 2,
    "repeat": lambda t, x, y: x.repeat(2, 1) ** 2, "pad": lambda t, x, y: t.nn.functional.pad(x, (1, 2)) ** 2, "mul_scalar": lambda t, x, y: x.sum() * y.sum() ** 2,
    "dist": lambda t, x, y: t.dist(x, y) ** 2, "outer": lambda t, x, y: t.outer(x[0], y[0]) ** 2, "float32": lambda t, x, y: x.float().double() ** 2 * y,
    "complex": lambda t, x, y: t.view_as_real(t.complex(x, y) * t.complex(y, x)) if hasattr(t, "view_as_real") else None,
}


@pytest.mark.parametrize("family", [*POINTWISE, *FAMILIES])
def test_three_orders(family, ours, theirs):
    """The function, its gradients, the gradients of those, and once more."""
    function = {**POINTWISE, **FAMILIES}[family]
    if family == "complex":
        pytest.importorskip("numpy")

    def orders(torch):
        x, y = data(torch, 3, 4), data(torch, 3, 4, seed=1)
        value = function(torch, x, y)
        found = [value]
        weight = torch.arange(1, value.numel() + 1, dtype=value.dtype).view(value.shape) / value.numel()
        scalar = (value * weight).sum()
        for order in range(3):
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
