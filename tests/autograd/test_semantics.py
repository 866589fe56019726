"""backward and grad with the real operators: derivatives to any order, accumulation, hooks, deep graphs, memory,
threads.
"""

from __future__ import annotations

import gc
import threading
import time

import pytest

import pellucid as torch
from pellucid.core import is_compiled
from pellucid.core.memory import memory_stats

F = torch.nn.functional
FAMILIES = {
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "square": lambda x, y: x**2 / y**3,
    "transcendental": lambda x, y: (x * y).tanh() + x.exp() * y.log(),
    "where": lambda x, y: torch.where(x > 1, x * y, y**2),
    "addcmul": lambda x, y: torch.addcmul(x, x, y, value=0.5),
    "addcdiv": lambda x, y: torch.addcdiv(x, x, y),
    "lerp": lambda x, y: x.lerp(y, x * y),
    "fmod": lambda x, y: torch.fmod(x, 0.7 * y) * x,
    "remainder": lambda x, y: torch.remainder(x, 0.7 * y) * y,
    "atan2": torch.atan2,
    "sum": lambda x, y: (x * y).sum(0) ** 2,
    "prod": lambda x, y: x.prod(1),
    "var": lambda x, y: x.var(0) * y,
    "std": lambda x, y: x.std(1),
    "logsumexp": lambda x, y: (x * y).logsumexp(1),
    "amax": lambda x, y: x.amax(1) ** 2,
    "cumsum": lambda x, y: x.cumsum(1) ** 2,
    "matmul": lambda x, y: (x @ y.t()) ** 2,
    "mv": lambda x, y: (x @ y[0]).sin(),
    "linear": lambda x, y: F.linear(x, y, x[0, :2]).tanh(),
    "softmax": lambda x, y: (x * y).softmax(1),
    "log_softmax": lambda x, y: x.log_softmax(0) * y,
    "layer_norm": lambda x, y: F.layer_norm(x, (3,), y[0], y[1]) ** 2,
    "batch_norm": lambda x, y: F.batch_norm(x, None, None, y[0], y[1], True) ** 2,
    "conv1d": lambda x, y: F.conv1d(x[None], y[None, :, :2]) ** 2,
    "conv2d": lambda x, y: F.conv2d(x[None, None], y[None, None], padding=1) ** 2,
    "max_pool": lambda x, y: F.max_pool1d((x * y)[None], 2, 1) ** 2,
    "avg_pool": lambda x, y: F.avg_pool1d(x[None], 2, 1) ** 2,
    "cross_entropy": lambda x, y: F.cross_entropy(x * y, torch.tensor([0, 2])),
    "gelu": lambda x, y: F.gelu(x) * y,
    "index": lambda x, y: x[[0, 1, 0], [1, 1, 2]] ** 2,
    "mask": lambda x, y: x[x > 0.8] ** 2,
    "gather": lambda x, y: x.gather(1, torch.tensor([[0, 0], [2, 1]])) ** 2,
    "embedding": lambda x, y: F.embedding(torch.tensor([0, 1, 0]), x) ** 2,
    "cat": lambda x, y: torch.cat([x, y * x]) ** 2,
    "views": lambda x, y: x.t().reshape(2, 3).unsqueeze(0).expand(2, 2, 3).permute(2, 0, 1).diagonal(0, 1, 2) ** 2
    * y.view(-1)[1:4, None],
}


def leaf(*shape, seed=0):
    torch.manual_seed(seed)
    return (torch.rand(*shape, dtype=torch.float64) + 0.4).requires_grad_()


@pytest.mark.parametrize("family", FAMILIES)
def test_first_and_second_derivatives(family):
    inputs = leaf(2, 3), leaf(2, 3, seed=1)
    assert torch.autograd.gradcheck(FAMILIES[family], inputs)
    assert torch.autograd.gradgradcheck(FAMILIES[family], inputs)


@pytest.mark.parametrize("family",
                         ["mul", "pow", "transcendental", "var", "matmul", "softmax", "layer_norm", "batch_norm",
                          "conv2d"])
def test_third_derivatives(family):
    def second(x, y):
        value = FAMILIES[family](x, y).sin().sum()
        first = torch.autograd.grad(value, (x, y), create_graph=True, allow_unused=True)
        return torch.autograd.grad(sum((g ** 2).sum() for g in first if g is not None), x, create_graph=True)[0]

    x, y = leaf(2, 3), leaf(2, 3, seed=1)
    torch.manual_seed(2)
    weight, direction = torch.rand(2, 3, dtype=torch.float64), torch.rand(2, 3, dtype=torch.float64)
    analytical = (torch.autograd.grad((second(x, y) * weight).sum(), x)[0] * direction).sum().item()
    ends = [(second((x.detach() + e * direction).requires_grad_(), y).detach() * weight).sum().item()
            for e in (1e-5, -1e-5)]
    assert analytical == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=2e-4, abs=1e-6)


def test_create_graph_to_fifth_order():
    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    value = x ** 5
    for factor, power in ((5, 4), (20, 3), (60, 2), (120, 1), (120, 0)):
        value, = torch.autograd.grad(value, x, create_graph=True)
        assert value.item() == pytest.approx(factor * 0.7 ** power)


@pytest.mark.parametrize("make, spared", [
    (lambda y, x: y * 2, True), (lambda y, x: y / 2, True), (lambda y, x: y ** 2, False), (lambda y, x: y + x, True),
    (lambda y, x: y * x.detach(), True),
    (lambda y, x: torch.lerp(y, x, 0.5), True), (lambda y, x: torch.addcmul(y, x, x), True),
    (lambda y, x: y @ x.detach().t(), True),
    (lambda y, x: y * x, False), (lambda y, x: y.sum(0), True), (lambda y, x: y.sin(), False)])
def test_operands_that_no_derivative_needs_may_change(make, spared):
    x = leaf(2, 3)
    y = x.clone()
    z = make(y, x).sum()
    y.zero_()
    if spared:
        z.backward()
    else:
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            z.backward()


def test_result_of_a_power_is_not_kept():
    x = leaf(2, 3)
    y = x ** 2
    y.add_(1).sum().backward()
    assert torch.equal(x.grad, 2 * x.detach())


def test_retained_gradients_add_up_over_backwards():
    x = leaf(3)
    y = x * 2
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    (y * 3).sum().backward()
    assert y.grad.tolist() == [4, 4, 4] and x.grad.tolist() == [8, 8, 8]


def test_retained_gradients_may_be_written_to():
    y = leaf(3) * 2
    y.retain_grad()
    y.sum().backward()                           # hands back one number, shown three times
    assert y.grad.mul_(2).tolist() == [2, 2, 2] and y.grad.is_contiguous()


def test_hooks_run_in_order_and_can_be_removed():
    x = leaf(3)
    y = x * 2
    seen = []
    handles = [y.register_hook(lambda g, k=k: seen.append((k, g[0].item())) or g * 2) for k in range(3)]
    handles[1].remove()
    y.sum().backward()
    assert seen == [(0, 1), (2, 2)] and x.grad.tolist() == [8, 8, 8]


def test_optimizer_in_backward_keeps_no_gradients():
    layers = torch.nn.Sequential(*[torch.nn.Linear(4, 4) for _ in range(3)])
    done = []

    def step(p):
        with torch.no_grad():
            p.sub_(0.1 * p.grad)
        p.grad = None
        done.append(p)

    for p in layers.parameters():
        p.register_post_accumulate_grad_hook(step)
    before = [p.detach().clone() for p in layers.parameters()]
    layers(torch.ones(2, 4)).square().sum().backward()
    assert len(done) == 6 and all(p.grad is None for p in layers.parameters())
    # the last layer's are ready first
    assert {id(p) for p in done[:2]} == {id(p) for p in layers[2].parameters()}
    assert all(not torch.equal(a, b) for a, b in zip(before, layers.parameters()))


def test_second_backward_names_the_first():
    x = leaf(3)
    y = x.exp().sum()
    y.backward()
    with pytest.raises(RuntimeError,
                       match=r"(?s)Trying to backward through the graph a second time.*test_semantics\.py:\d+, in "
                             r"test_second.*y\.backward\(\)"):
        y.backward()


def test_failing_derivative_names_the_forward_line():
    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, grad):
            raise KeyError("mine")

    y = Fails.apply(leaf(3))
    with pytest.raises(KeyError, match="mine") as caught:
        y.sum().backward()
    assert any("FailsBackward" in note and "y = Fails.apply(leaf(3))" in note for note in caught.value.__notes__)


def test_deep_graph_is_walked_and_freed():
    depth = 1_000_000 if is_compiled() else 50_000
    x = torch.ones(1, requires_grad=True)
    start = time.perf_counter()
    y = x
    for _ in range(depth):
        y = y + x
    y.backward()
    assert x.grad.item() == depth + 1
    del y
    y = x
    for _ in range(depth):
        y = y * 1.0                              # freed without a walk, with what it saved
    del y
    assert time.perf_counter() - start < 60


class Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x.mul_(2))
        return x

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


@pytest.mark.parametrize("act", [
    lambda x: (x * x).sum().backward(), lambda x: (x.exp() * x).sin(),
    lambda x: torch.autograd.grad((x ** 3).sum(), x, create_graph=True),
    lambda x: x.softmax(0).log().sum().backward(), lambda x: x.clone().view(-1)[3:].mul_(2).exp(),
    lambda x: (x * 2).retain_grad(),
    lambda x: (x * 2).register_hook(lambda g: None),
    lambda x: torch.utils.checkpoint.checkpoint(torch.exp, x, use_reentrant=False).sum().backward(),
    lambda x: torch.utils.checkpoint.checkpoint(torch.exp, x, use_reentrant=False), lambda x: x.split(100)[0] * 2,
    lambda x: (x * 2).grad_fn.next_functions, lambda x: Twice.apply(x.clone()).sum().backward(),
    lambda x: Twice.apply(x.clone()[3:])], ids=range(13))
def test_nothing_is_kept_by_cycles(act):
    x = torch.rand(1000, dtype=torch.float64, requires_grad=True)
    for _ in range(2):                           # the first call makes plans and kernels
        act(x)
        x.grad = None
    gc.collect()
    gc.disable()
    try:
        live = memory_stats()["live"]
        act(x)
        x.grad = None
        assert memory_stats()["live"] == live
    finally:
        gc.enable()


def test_threads_run_backward_at_once():
    found, errors = {}, []

    def work(k):
        try:
            x = torch.full((2000,), float(k), dtype=torch.float64, requires_grad=True)
            for _ in range(20):
                (x * x).sum().backward()
            found[k] = x.grad[0].item()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(1, 5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors and found == {k: 40.0 * k for k in range(1, 5)}


def test_anomaly_shows_the_forward_stack():
    x = torch.zeros(2, requires_grad=True)
    with pytest.warns(UserWarning), torch.autograd.detect_anomaly():
        y = (x.sqrt() * 0).sum()
        with pytest.raises(RuntimeError, match="Function 'SqrtBackward0' returned nan values in its 0th output"):
            y.backward()
    assert not torch.autograd.is_anomaly_enabled()


@pytest.mark.parametrize("factor", [3, -2, 2.01])
def test_gradcheck_catches_a_wrong_derivative(factor):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, grad):
            return factor * ctx.saved_tensors[0] * grad

    x = leaf(2, 2)
    for fast in (False, True):
        with pytest.raises(RuntimeError, match="mismatch for output 0 with respect to input 0"):
            torch.autograd.gradcheck(Square.apply, (x,), fast_mode=fast)
        assert not torch.autograd.gradcheck(Square.apply, (x,), fast_mode=fast, raise_exception=False)


def test_gradgradcheck_catches_a_wrong_second_derivative():
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, grad):
            x, = ctx.saved_tensors
            return grad * 3 * x * x.detach()     # right, but its derivative is not

    x = leaf(2, 2)
    assert torch.autograd.gradcheck(Cube.apply, (x,))
    with pytest.raises(RuntimeError, match="mismatch"):
        torch.autograd.gradgradcheck(Cube.apply, (x,))


# Hooks, where no gradient arrives
# -------------------------------------------------------------------------------------------------------

class NoGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, grad):
        return None


def test_hooks_are_called_with_none():
    x = torch.ones(2, requires_grad=True)
    seen = []
    x.register_hook(seen.append)
    x.register_post_accumulate_grad_hook(lambda t: seen.append("after"))
    y = x * 1
    y.register_hook(seen.append)
    NoGradient.apply(y).sum().backward()
    NoGradient.apply(x).sum().backward()
    assert seen == [None, None, "after", None, "after"] and x.grad is None
    with pytest.raises(RuntimeError, match="can't replace a None gradient with a non-None value"):
        z = x * 1
        z.register_hook(lambda grad: torch.ones(2))
        NoGradient.apply(z).sum().backward()


def test_hooks_of_results_that_get_no_gradient():
    x = torch.ones(3, requires_grad=True)
    first, second, third = (x * 2).unbind()
    seen = []
    first.register_hook(lambda grad: seen.append(("first", grad.item())))
    second.register_hook(lambda grad: seen.append(("second", grad)))
    third.retain_grad()
    first.backward()
    assert seen == [("first", 1.0), ("second", None)] and third.grad is None


def test_a_node_that_is_an_input_runs_what_users_hung_on_it():
    x = torch.ones(3, requires_grad=True)
    y = x.exp()
    seen = []
    y.grad_fn.register_prehook(lambda grads: seen.append("before"))
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append(inputs))
    y.register_hook(lambda grad: seen.append("tensor"))
    y.sum().backward(inputs=(y,))
    assert seen == ["tensor", "before", (None,)] and y.grad.tolist() == [1, 1, 1] and x.grad is None
    with pytest.raises(RuntimeError, match="second time"):
        y.sum().backward()


@pytest.mark.parametrize("count", [0, 2])
def test_a_node_is_called_with_a_gradient_a_result(count):
    y = torch.ones(3, requires_grad=True).sum()
    with pytest.raises(TypeError, match=f"expected 1 arguments, got {count} instead"):
        y.grad_fn(*[torch.ones(())] * count)


def test_leaves_are_told_apart_by_what_they_are():
    class Equal(torch.Tensor):
        def __eq__(self, other):                         # and so has no hash
            return True
    x, y = (torch.ones(3).as_subclass(Equal).requires_grad_() for _ in range(2))
    (x * 2 + y * 3).sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([2] * 3, [3] * 3)
    (x * 2 + y * 3).sum().backward(inputs=[y])
    assert (x.grad.tolist(), y.grad.tolist()) == ([2] * 3, [6] * 3)
    assert torch.autograd.grad((x * 2 + y).sum(), (y, x))[1].tolist() == [2] * 3


def test_names_of_nodes_that_pytorch_calls_otherwise():
    x = torch.ones(2, requires_grad=True)
    found = [y.grad_fn.name() for y in (x / 2, (x * 1).div_(2), x.log1p(), x.deg2rad(), x.rad2deg(), x.tanh())]
    assert found == ["DivBackward0", "DivBackward0", "Log1PBackward0", "Deg2RadBackward0", "Rad2DegBackward0",
                     "TanhBackward0"]
    assert type((x / 2).grad_fn).__name__ == "DivBackward0"
