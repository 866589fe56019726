"""Grad modes, inference mode, the stack of modes that sees operators, and subclasses with __torch_function__."""

from __future__ import annotations

import threading

import pytest

import pellucid as torch
from pellucid.core.modes import DisableTorchFunctionSubclass, Mode
from pellucid.utils.operations import list_operations


@pytest.mark.parametrize("context, enabled",
                         [(torch.no_grad, False), (torch.enable_grad, True),
                          (lambda: torch.set_grad_enabled(False), False),
                                              (lambda: torch.set_grad_enabled(True), True),
                          (torch.inference_mode, False)])
def test_contexts_and_decorators(context, enabled):
    x = torch.ones(2, requires_grad=True)
    for outside in (True, False):
        with torch.set_grad_enabled(outside):
            with context():
                assert torch.is_grad_enabled() is enabled and (x * 2).requires_grad is enabled
            assert torch.is_grad_enabled() is outside
            decorated = context()(lambda: (x * 2).requires_grad)
            assert torch.is_grad_enabled() is outside and decorated() is enabled and torch.is_grad_enabled() is outside
            with pytest.raises(KeyError), context():
                raise KeyError
            assert torch.is_grad_enabled() is outside


def test_set_grad_enabled_as_function():
    torch.set_grad_enabled(False)
    try:
        assert not (torch.ones(2, requires_grad=True) * 2).requires_grad
    finally:
        torch.set_grad_enabled(True)
    assert (torch.ones(2, requires_grad=True) * 2).requires_grad


def test_grad_mode_is_per_thread():
    seen = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        thread.start()
        thread.join()
        assert not torch.is_grad_enabled()
    assert seen == [True]


@pytest.mark.parametrize("act, message", [
    (lambda y, x: y.add_(1), "Inplace update to inference tensor outside InferenceMode is not allowed"),
    (lambda y, x: y * x, "Inference tensors cannot be saved for backward"),
    (lambda y, x: y.requires_grad_(), "Setting requires_grad=True on inference tensor outside InferenceMode"),
    (lambda y, x: y._version, "Inference tensors do not track version counter"),
    (lambda y, x: y[0].zero_(), "Inplace update to inference tensor")])
def test_errors_of_inference_tensors(act, message):
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        y = torch.ones(2)
        y.add_(1)
    with pytest.raises(RuntimeError, match=message):
        act(y, x)
    assert (y + 1).tolist() == [3, 3] and (y.clone() * x).requires_grad


def test_list_operations_in_order():
    x = torch.ones(2, requires_grad=True)
    with list_operations() as seen:
        y = (x * 2).tanh()
        z = y.sum()
        y[0]
    z.exp()
    assert seen[:3] == ["mul", "tanh", "sum"] and "exp" not in seen and len(seen) == 4


def test_modes_nest_the_inner_first():
    seen = []

    class Named(Mode):
        def __init__(self, name):
            self.name = name

        def handle(self, op, args, kwargs):
            seen.append((self.name, op.__name__))
            return op(*args, **kwargs)

    class Replaces(Mode):
        def handle(self, op, args, kwargs):
            return torch.sub(*args) if op.__name__ == "add" else op(*args, **kwargs)

    x = torch.ones(2)
    with Named("outer"), Replaces(), Named("inner"):
        y = x + 3
    assert y.tolist() == [-2, -2] and seen == [("inner", "add"), ("outer", "sub")]
    seen.clear()
    with pytest.raises(KeyError), Named("left"):
        raise KeyError
    x + 1
    assert not seen


def test_modes_are_per_thread():
    x = torch.ones(2)
    with list_operations() as seen:
        thread = threading.Thread(target=lambda: x.exp())
        thread.start()
        thread.join()
    assert seen == []


class Logging(torch.Tensor):
    """The example of PyTorch's documentation."""

    seen: list = []

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        cls.seen.append((func.__name__, tuple(t.__name__ for t in types)))
        return super().__torch_function__(func, types, args, kwargs if kwargs is not None else {})


def test_logging_tensor():
    x = torch.ones(2).as_subclass(Logging)
    Logging.seen.clear()
    y = torch.add(x, 1)
    z = y * torch.ones(2)
    w = torch.stack([torch.ones(2), z])
    assert all(type(a) is Logging for a in (y, z, w))
    assert Logging.seen == [("add", ("Logging",)), ("mul", ("Logging",)), ("stack", ("Logging",))]
    Logging.seen.clear()
    with DisableTorchFunctionSubclass():
        assert type(x + 1) is torch.Tensor
    assert Logging.seen == [] and type(x + 1) is Logging


def test_gradients_through_a_subclass():
    x = torch.ones(2, requires_grad=True)
    (x.as_subclass(Logging).exp() * 2).sum().backward()
    assert torch.allclose(x.grad, 2 * torch.ones(2).exp())


def test_subclass_before_its_base_and_refusals():
    class Deeper(Logging):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return "deeper"

    class Refuses:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return NotImplemented

    x = torch.ones(2)
    assert torch.add(x.as_subclass(Logging), x.as_subclass(Deeper)) == "deeper"
    with pytest.raises(TypeError):
        torch.add(x, Refuses())
