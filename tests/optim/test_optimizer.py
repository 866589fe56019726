"""Optimizer: groups, state dicts, hooks, and how rules run."""

from __future__ import annotations

import copy
import pickle

import pytest

import pellucid
from pellucid import nn, optim
from pellucid.optim import optimizer as optimizer_file


def parameters(count=2):
    return [nn.Parameter(pellucid.full((2,), float(i + 1))) for i in range(count)]


def give_gradients(params, value=1.0):
    for p in params:
        p.grad = pellucid.full_like(p, value)


def test_groups():
    a, b, c = parameters(3)
    opt = optim.SGD([{"params": [a], "lr": 0.5}, {"params": iter([b])}], lr=0.1)
    assert [group["lr"] for group in opt.param_groups] == [0.5, 0.1] and opt.param_groups[1]["params"] == [b]
    opt.add_param_group({"params": c, "lr": 1.0})
    give_gradients([a, b, c])
    opt.step()
    assert a.tolist() == [0.5, 0.5] and b[0].item() == pytest.approx(1.9) and c.tolist() == [2.0, 2.0]
    assert repr(optim.SGD([a], lr=0.1)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n   "
        " lr: 0.1\n"
        "    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)")


def test_named_parameters():
    net = nn.Linear(1, 1)
    opt = optim.SGD(net.named_parameters(), lr=0.1)
    assert (opt.param_groups[0]["param_names"] == ["weight", "bias"]
            and opt.param_groups[0]["params"] == [net.weight, net.bias])
    assert opt.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    with pytest.raises(ValueError,
                       match="all optimizer param groups should be with/without names. cannot add param group without "
                             "names"):
        opt.add_param_group({"params": parameters()})
    with pytest.raises(ValueError, match="Some param names are missing"):
        optim.SGD([("weight", net.weight), net.bias])


def test_wrong_parameters():
    a, b = parameters()
    for params, error, message in ((a, TypeError,
                                    "params argument given to the optimizer should be an iterable of Tensors or dicts"),
                                   ([], ValueError, "optimizer got an empty parameter list"),
                                   ([{"params": {a, b}}], TypeError,
                                    "optimizer parameters need to be organized in ordered collections"),
                                   ([1], TypeError,
                                    "optimizer can only optimize Tensors, but one of the params is int"),
                                   ([a * 1], ValueError, "can't optimize a non-leaf Tensor"),
                                   ([{"params": [a]}, {"params": [a]}], ValueError,
                                    "some parameters appear in more than one")):
        with pytest.raises(error, match=message):
            optim.SGD(params)
    with pytest.raises(TypeError, match="param_group must be a dict, but got <class 'list'>"):
        optim.SGD([a]).add_param_group([b])
    with pytest.warns(UserWarning, match="optimizer contains a parameter group with duplicate parameters"):
        optim.SGD([a, a])


def test_zero_grad():
    params = parameters()
    opt = optim.SGD(params)
    give_gradients(params)
    opt.zero_grad(set_to_none=False)
    assert [p.grad.tolist() for p in params] == [[0, 0], [0, 0]]
    opt.zero_grad()
    assert [p.grad for p in params] == [None, None]


def test_parameters_without_gradients_stay():
    a, b = parameters()
    for opt in (optim.SGD([a, b], 0.1, momentum=0.5), optim.Adam([a, b])):
        a.grad = None
        give_gradients([b])
        before = a.tolist(), b.tolist()
        opt.step()
        assert a.tolist() == before[0] and b.tolist() != before[1] and a not in opt.state
        give_gradients([a])                              # it comes later: its own count of steps
        opt.step()
        assert a.tolist() != before[0]
    assert opt.state[a]["step"].item() == 1 and opt.state[b]["step"].item() == 2


def test_closure():
    a, = parameters(1)
    opt = optim.SGD([a], lr=0.1)

    def closure():
        opt.zero_grad()
        loss = (a * a).sum()
        loss.backward()
        return loss

    with pellucid.no_grad():
        assert opt.step(closure).item() == 2.0
    assert a[0].item() == pytest.approx(0.8)


KINDS = [(optim.SGD, {"lr": 0.1, "momentum": 0.9}), (optim.Adam, {"amsgrad": True}), (optim.AdamW, {})]


def train(opt, params, steps):
    for i in range(steps):
        give_gradients(params, 0.5 + i)
        opt.step()


@pytest.mark.parametrize("kind, options", KINDS)
def test_state_dict(kind, options):
    params, others = parameters(), parameters()
    opt, other = kind(params, **options), kind(others, lr=7.0)
    train(opt, params, 3)
    state = opt.state_dict()
    assert (list(state) == ["state", "param_groups"] and list(state["state"]) == [0, 1]
            and state["param_groups"][0]["params"] == [0, 1])
    other.load_state_dict(pickle.loads(pickle.dumps(state)))
    assert {**other.param_groups[0], "params": 0} == {**opt.param_groups[0], "params": 0}
    for p, q in zip(params, others):
        q.data = p.data.clone()
    train(opt, params, 2)
    train(other, others, 2)
    assert [p.tolist() for p in params] == [q.tolist() for q in others]


def test_state_of_the_kinds():
    params = parameters(1)
    opt = optim.SGD(params, lr=0.1)
    train(opt, params, 1)
    assert opt.state_dict()["state"] == {}
    for kind, keys in ((lambda p: optim.SGD(p, momentum=0.1), ["momentum_buffer"]),
                       (optim.Adam, ["step", "exp_avg", "exp_avg_sq"]),
                       (lambda p: optim.Adam(p, amsgrad=True), ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"])):
        opt = kind(params)
        train(opt, params, 2)
        assert list(opt.state[params[0]]) == keys
    step = opt.state[params[0]]["step"]
    assert step.dtype is pellucid.float32 and step.shape == () and step.item() == 2.0


def test_load_state_dict_fits_types_and_checks():
    a = nn.Parameter(pellucid.ones(2, dtype=pellucid.float64))
    opt = optim.Adam([a])
    train(opt, [a], 1)
    b = parameters(1)
    other = optim.Adam(b)
    other.load_state_dict(opt.state_dict())
    assert other.state[b[0]]["exp_avg"].dtype is pellucid.float32 and other.state[b[0]]["step"].item() == 1
    state = opt.state_dict()
    state["state"][0]["step"] = 5                         # as PyTorch 1.11 wrote it
    other.load_state_dict(state)
    assert isinstance(other.state[b[0]]["step"], pellucid.Tensor) and other.state[b[0]]["step"].item() == 5
    state["param_groups"] = state["param_groups"] * 2
    with pytest.raises(ValueError, match="loaded state dict has a different number of parameter groups"):
        opt.load_state_dict(state)
    state = opt.state_dict()
    state["param_groups"][0]["params"] = [0, 1]
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        opt.load_state_dict(state)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies(duplicate):
    params = parameters()
    opt = optim.Adam(params)
    train(opt, params, 2)
    others, other = duplicate((params, opt))
    train(opt, params, 1)
    train(other, others, 1)
    assert ([p.tolist() for p in params] == [q.tolist() for q in others]
            and other.param_groups[0]["params"][0] is others[0])


def test_hooks():
    params, calls = parameters(1), []
    opt = optim.SGD(params, lr=0.1)
    give_gradients(params)
    handles = [opt.register_step_pre_hook(lambda o, args, kwargs: calls.append(("pre", o is opt, args[0] is opt,
                                                                                kwargs))),
               opt.register_step_post_hook(lambda o, args, kwargs: calls.append("post")),
               optimizer_file.register_optimizer_step_pre_hook(lambda o, args, kwargs: calls.append("global pre")),
               optimizer_file.register_optimizer_step_post_hook(lambda o, args, kwargs: calls.append("global post"))]
    opt.step()
    assert calls == ["global pre", ("pre", True, True, {}), "post", "global post"]
    for handle in handles:
        handle.remove()
    opt.step()
    assert len(calls) == 4
    opt.register_step_pre_hook(lambda o, args, kwargs: 1)
    with pytest.raises(RuntimeError, match="must return None or a tuple of"):
        opt.step()


def test_state_dict_hooks():
    params, calls = parameters(1), []
    opt = optim.SGD(params)
    opt.register_state_dict_pre_hook(lambda o: calls.append("save"))
    opt.register_state_dict_post_hook(lambda o, state: {**state, "more": 1})
    opt.register_load_state_dict_pre_hook(lambda o, state: {k: v for k, v in state.items() if k != "more"})
    opt.register_load_state_dict_post_hook(lambda o: calls.append("loaded"))
    opt.register_load_state_dict_post_hook(lambda o: calls.append("first"), prepend=True)
    state = opt.state_dict()
    assert state["more"] == 1
    opt.load_state_dict(state)
    assert calls == ["save", "first", "loaded"]


def test_an_optimiser_of_ones_own():
    class Sign(optim.Optimizer):
        def __init__(self, params, lr=optimizer_file.required):
            super().__init__(params, {"lr": lr})

        @pellucid.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.add_(p.grad.sign(), alpha=-group["lr"])

    params, calls = parameters(1), []
    with pytest.raises(ValueError,
                       match="parameter group didn't specify a value of required optimization parameter lr"):
        Sign(params)
    opt = Sign(params, lr=0.25)
    opt.register_step_post_hook(lambda *arguments: calls.append(1))
    give_gradients(params, 5.0)
    opt.step()
    assert params[0].tolist() == [0.75, 0.75] and calls == [1]
    for scheduler in (optim.lr_scheduler.StepLR(opt, 1),):
        opt.step()
        scheduler.step()
    assert opt.param_groups[0]["lr"] == 0.025


def test_strides_of_gradients_may_differ():
    a = nn.Parameter(pellucid.zeros(2, 3))
    b = nn.Parameter(pellucid.zeros(2, 3))
    grad = pellucid.arange(6.0).view(3, 2).t()
    for kind, options in KINDS:
        opts = kind([a], **options), kind([b], **options)
        for _ in range(2):
            a.grad, b.grad = grad, grad.contiguous()
            for opt in opts:
                opt.step()
        assert a.tolist() == b.tolist() and a.any()


def test_groups_are_shown_apart():
    a, b = (pellucid.ones(1, requires_grad=True) for _ in range(2))
    shown = repr(pellucid.optim.SGD([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1)).split("\n")
    assert shown[:2] == ["SGD (", "Parameter Group 0"] and shown[-1] == ")"
    assert shown[shown.index("Parameter Group 1") - 1] == "" and "    lr: 0.5" in shown


def test_a_subclass_that_does_not_call_our_init():
    class Own(optim.Optimizer):
        def __init__(self, params):
            self.param_groups, self.state, self.defaults = [{"params": list(params), "lr": 1.0}], {}, {}

        def step(self, closure=None):
            return 3

    own = Own([pellucid.ones(1, requires_grad=True)])
    schedule = optim.lr_scheduler.StepLR(own, 1)
    assert own.step() == 3
    schedule.step()
    assert schedule.get_last_lr() == [0.1]


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam])
def test_parameters_that_show_conjugates(kind):
    found = []
    for held in (pellucid.tensor([1 + 2j, 3 - 1j]), pellucid.tensor([1 - 2j, 3 + 1j]).conj()):
        p = nn.Parameter(held)
        opt = kind([p], lr=0.1)
        for _ in range(3):
            opt.zero_grad()
            (p * p.conj() * pellucid.tensor([1, 2.0])).sum().real.backward()
            opt.step()
        found.append(p.tolist())
    assert p.is_conj() and found[0] == found[1]
