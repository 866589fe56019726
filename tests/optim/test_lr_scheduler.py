"""Schedules: against closed formulas, chaining, saving, and what they warn of."""

from __future__ import annotations

import math

import pytest

import pellucid
from pellucid import nn, optim
from pellucid.optim import lr_scheduler as lrs


def optimizer(lr=0.5, groups=1, kind=optim.SGD, **options):
    return kind([{"params": [nn.Parameter(pellucid.ones(1))], "lr": lr * (i + 1)} for i in range(groups)], lr=lr,
                **options)


def rates(make, steps=12, **options):
    opt = optimizer(**options)
    scheduler, found = make(opt), []
    for _ in range(steps):
        found.append(opt.param_groups[0]["lr"])
        assert scheduler.get_last_lr() == [group["lr"] for group in opt.param_groups]
        opt.step()
        scheduler.step()
    return found


CASES = {
    "lambda": (lambda o: lrs.LambdaLR(o, lambda e: 0.9**e), lambda e: 0.9**e),
    "multiplicative": (lambda o: lrs.MultiplicativeLR(o, lambda e: 0.9), lambda e: 0.9**e),
    "step": (lambda o: lrs.StepLR(o, 3, 0.1), lambda e: 0.1 ** (e // 3)),
    "multistep": (lambda o: lrs.MultiStepLR(o, [2, 5, 5], 0.5), lambda e: 0.5 ** ((e >= 2) + 2 * (e >= 5))),
    "exponential": (lambda o: lrs.ExponentialLR(o, 0.8), lambda e: 0.8**e),
    "constant": (lambda o: lrs.ConstantLR(o, 0.5, 4), lambda e: 0.5 if e < 4 else 1),
    "linear": (lambda o: lrs.LinearLR(o, 0.25, 0.75, 4), lambda e: 0.25 + 0.5 * min(e, 4) / 4),
    "polynomial": (lambda o: lrs.PolynomialLR(o, 20, 2.0), lambda e: (1 - e / 20) ** 2),
    "cosine": (lambda o: lrs.CosineAnnealingLR(o, 4, 0.1), lambda e: 0.2 + 0.8 * (1 + math.cos(math.pi * e / 4)) / 2),
    "restarts": (lambda o: lrs.CosineAnnealingWarmRestarts(o, 4, eta_min=0.1),
                 lambda e: 0.2 + 0.8 * (1 + math.cos(math.pi * (e % 4) / 4)) / 2),
}


@pytest.mark.parametrize("name", CASES)
def test_formula(name):
    make, formula = CASES[name]
    assert rates(make) == pytest.approx([0.5 * formula(e) for e in range(12)])


@pytest.mark.parametrize("name", CASES)
def test_resuming_goes_on(name):
    make, _ = CASES[name]
    whole = rates(make)
    opt = optimizer()
    scheduler = make(opt)
    for _ in range(5):
        opt.step()
        scheduler.step()
    state, groups = scheduler.state_dict(), opt.state_dict()
    assert "optimizer" not in state
    opt = optimizer(lr=9.0)
    scheduler = make(opt)
    opt.load_state_dict(groups)
    scheduler.load_state_dict(state)
    found = []
    for _ in range(5):
        found.append(opt.param_groups[0]["lr"])
        opt.step()
        scheduler.step()
    assert found == pytest.approx(whole[5:10])


def test_several_groups():
    opt = optimizer(groups=2)
    scheduler = lrs.LambdaLR(opt, [lambda e: 0.5**e, lambda e: 1 + e])
    opt.step()
    scheduler.step()
    assert scheduler.get_last_lr() == [0.25, 2.0] and scheduler.base_lrs == [0.5, 1.0]
    with pytest.raises(ValueError, match="Expected 2 lr_lambdas, but got 1"):
        lrs.LambdaLR(opt, [lambda e: 1])


def test_state_of_callable_objects():
    class Decay:
        def __init__(self, rate):
            self.rate = rate

        def __call__(self, epoch):
            return self.rate**epoch

    scheduler, other = lrs.LambdaLR(optimizer(), Decay(0.5)), lrs.LambdaLR(optimizer(), Decay(0.1))
    assert scheduler.state_dict()["lr_lambdas"] == [{"rate": 0.5}]
    assert lrs.LambdaLR(optimizer(), lambda e: 1).state_dict()["lr_lambdas"] == [None]
    other.load_state_dict(scheduler.state_dict())
    assert other.lr_lambdas[0].rate == 0.5


def test_tensor_rates():
    lr = pellucid.tensor(0.5)
    opt = optimizer(lr=0.5)
    opt.param_groups[0]["lr"] = lr
    scheduler = lrs.ExponentialLR(opt, 0.5)
    opt.step()
    scheduler.step()
    assert opt.param_groups[0]["lr"] is lr and lr.item() == 0.25 and scheduler.base_lrs[0].item() == 0.5


def test_one_cycle():
    opt = optimizer(momentum=0.9)
    scheduler, found, momenta = lrs.OneCycleLR(opt, 1.0, total_steps=10, pct_start=0.3), [], []
    for _ in range(10):
        found.append(opt.param_groups[0]["lr"])
        momenta.append(opt.param_groups[0]["momentum"])
        opt.step()
        scheduler.step()
    assert found[0] == pytest.approx(0.04) and found[2] == pytest.approx(1.0) and found[9] == pytest.approx(4e-6)
    assert momenta[0] == pytest.approx(0.95) and momenta[2] == pytest.approx(0.85) and momenta[9] == pytest.approx(0.95)
    with pytest.raises(ValueError, match="Tried to step 11 times. The specified number of total steps is 10"):
        scheduler.step()
    line = rates(lambda o: lrs.OneCycleLR(o, 1.0, epochs=2, steps_per_epoch=4, pct_start=0.5, anneal_strategy="linear",
                                          three_phase=True, cycle_momentum=False), 8)
    assert line == pytest.approx([0.04, 0.36, 0.68, 1.0, 0.68, 0.36, 0.04, 4e-6])
    opt = optimizer(kind=optim.Adam)
    lrs.OneCycleLR(opt, 1.0, total_steps=10)
    assert opt.param_groups[0]["betas"] == (0.95, 0.999)
    for options, message in (({}, "You must define either total_steps OR"),
                             ({"total_steps": 0}, "Expected positive integer total_steps"),
                             ({"total_steps": 5, "pct_start": 2.0}, "Expected float between 0 and 1 pct_start"),
                             ({"total_steps": 5, "anneal_strategy": "no"}, "anneal_strategy must be one of"),
                             ({"epochs": 1.5, "steps_per_epoch": 1}, "Expected positive integer epochs")):
        with pytest.raises(ValueError, match=message):
            lrs.OneCycleLR(optimizer(momentum=0.9), 1.0, **options)


def test_sequential():
    found = rates(lambda o: lrs.SequentialLR(o, [lrs.ConstantLR(o, 0.1, 20), lrs.ExponentialLR(o, 0.5)], [3]), 6)
    assert found == pytest.approx([0.05, 0.05, 0.05, 0.5, 0.25, 0.125])
    opt = optimizer()
    with pytest.raises(ValueError,
                       match="number of schedulers provided to be one more than the number of milestone points"):
        lrs.SequentialLR(opt, [lrs.StepLR(opt, 1)], [1])
    with pytest.raises(ValueError, match="expects at least one scheduler, but got no scheduler"):
        lrs.SequentialLR(opt, [], [])
    with pytest.raises(ValueError, match="expects all schedulers to belong to the same optimizer"):
        lrs.SequentialLR(opt, [lrs.StepLR(optimizer(), 1)], [])
    with pytest.raises(ValueError, match="does not support `ReduceLROnPlateau`"):
        lrs.SequentialLR(opt, [lrs.ReduceLROnPlateau(opt)], [])


def test_chained():
    found = rates(lambda o: lrs.ChainedScheduler([lrs.ConstantLR(o, 0.1, 2), lrs.ExponentialLR(o, 0.5)]), 4)
    assert found == pytest.approx([0.05, 0.025, 0.125, 0.0625])
    opt = optimizer()
    chain = lrs.ChainedScheduler([lrs.StepLR(opt, 1), lrs.StepLR(opt, 2)])
    state = chain.state_dict()
    assert len(state["_schedulers"]) == 2
    chain.load_state_dict(state)


def test_plateau():
    opt = optimizer()
    scheduler, found = lrs.ReduceLROnPlateau(opt, factor=0.5, patience=1, cooldown=1, min_lr=0.1), []
    for metric in (1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9):
        scheduler.step(metric)
        found.append(opt.param_groups[0]["lr"])
    assert (found == [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.1, 0.1, 0.1]
            and scheduler.get_last_lr() == [0.1])
    other = lrs.ReduceLROnPlateau(optimizer(), mode="max", threshold_mode="abs", threshold=0.1)
    other.step(pellucid.tensor(1.0))
    other.step(1.05)
    assert other.best == 1.0 and other.num_bad_epochs == 1
    other.load_state_dict(scheduler.state_dict())
    assert other.mode == "min" and other.best == 0.9
    for options, message in (({"factor": 1.0}, "Factor should be < 1.0"), ({"mode": "best"}, "mode best is unknown!"),
                             ({"threshold_mode": "no"}, "threshold mode no is unknown!"),
                             ({"min_lr": [1, 2]}, "expected 1 min_lrs, got 2")):
        with pytest.raises(ValueError, match=message):
            lrs.ReduceLROnPlateau(optimizer(), **options)


def test_warnings():
    opt = optimizer()
    scheduler = lrs.StepLR(opt, 1)
    with pytest.warns(UserWarning, match="Detected call of `lr_scheduler.step\\(\\)` before `optimizer.step\\(\\)`"):
        scheduler.step()
    with pytest.warns(UserWarning, match="please use `get_last_lr\\(\\)`"):
        scheduler.get_lr()
    opt.step()
    with pytest.warns(UserWarning, match="The epoch parameter in `scheduler.step\\(\\)` was not necessary"):
        scheduler.step(5)
    assert opt.param_groups[0]["lr"] == pytest.approx(0.5e-5)
    opt = optimizer()
    scheduler = lrs.StepLR(opt, 1)
    opt.step = lambda: None
    with pytest.warns(UserWarning, match="Seems like `optimizer.step\\(\\)` has been overridden"):
        scheduler.step()


def test_arguments():
    with pytest.raises(TypeError, match="int is not an Optimizer"):
        lrs.StepLR(1, 1)
    with pytest.raises(KeyError, match="param 'initial_lr' is not specified in param_groups\\[0\\]"):
        lrs.StepLR(optimizer(), 1, last_epoch=3)
    with pytest.raises(ValueError, match="Constant multiplicative factor expected to be between 0 and 1"):
        lrs.ConstantLR(optimizer(), 2.0)
    with pytest.raises(ValueError, match="Starting multiplicative factor"):
        lrs.LinearLR(optimizer(), 0)
    with pytest.raises(ValueError, match="Ending multiplicative factor"):
        lrs.LinearLR(optimizer(), end_factor=2)
    with pytest.raises(ValueError, match="Expected positive integer T_0, but got 0"):
        lrs.CosineAnnealingWarmRestarts(optimizer(), 0)


def test_keys_of_the_state_are_pytorchs():
    optimizer = pellucid.optim.SGD([pellucid.ones(1, requires_grad=True)], lr=1.0)
    assert set(lrs.StepLR(optimizer, 3).state_dict()) == {"step_size", "gamma", "base_lrs", "last_epoch", "_step_count",
                                                          "_is_initial",
                                                                   "_get_lr_called_within_step", "_last_lr"}


def test_the_old_name_of_the_base_class():
    assert issubclass(lrs.StepLR, lrs._LRScheduler)
