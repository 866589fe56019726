"""no_grad and its kin, as contexts and as decorators."""

from __future__ import annotations

import threading

import pytest

import pellucid as torch
from pellucid.autograd import is_grad_enabled, is_inference_mode_enabled


@pytest.fixture
def x():
    return torch.ones(2, requires_grad=True)


def test_contexts_nest_and_restore(x):
    with torch.no_grad():
        assert not is_grad_enabled() and not (x * 2).requires_grad
        with torch.enable_grad():
            assert (x * 2).requires_grad
        assert not is_grad_enabled()
        with pytest.raises(ValueError):
            with torch.set_grad_enabled(True):
                raise ValueError
        assert not is_grad_enabled()
    assert is_grad_enabled()
    same = torch.no_grad()
    for _ in range(2):
        with same:
            assert not is_grad_enabled()
    assert is_grad_enabled()


def test_set_grad_enabled_acts_at_once():
    torch.set_grad_enabled(False)
    assert not is_grad_enabled()
    torch.set_grad_enabled(True)
    assert is_grad_enabled()

    @torch.set_grad_enabled(False)
    def function():
        return is_grad_enabled()
    assert is_grad_enabled() and function() is False and is_grad_enabled()


@pytest.mark.parametrize("decorate",
                         [torch.no_grad(), torch.no_grad, torch.inference_mode(), torch.inference_mode,
                          torch.inference_mode(True)],
                         ids=["no_grad()", "no_grad", "inference_mode()", "inference_mode", "inference_mode(True)"])
def test_decorators(decorate):
    @decorate
    def function(a, b=1):
        """Its documentation."""
        return a, b, is_grad_enabled()
    assert (function(1, b=2) == (1, 2, False) and is_grad_enabled() and function.__name__ == "function"
            and function.__doc__ == "Its documentation.")

    @decorate
    def recursive(n):
        return is_grad_enabled() or (n and recursive(n - 1))
    assert not recursive(3) and is_grad_enabled()


def test_decorated_generators():
    @torch.no_grad()
    def generator():
        got = []
        try:
            while True:
                try:
                    got.append((yield is_grad_enabled()))
                except KeyError:
                    got.append(("thrown", is_grad_enabled()))
                if len(got) == 3:
                    return got
        finally:
            closed.append(is_grad_enabled())
    closed: list = []
    g = generator()
    assert next(g) is False and is_grad_enabled()
    assert g.send(1) is False and g.throw(KeyError) is False and is_grad_enabled()
    with pytest.raises(StopIteration) as end:
        g.send(2)
    assert end.value.value == [1, ("thrown", False), 2] and closed == [False]
    g = generator()
    next(g)
    g.close()
    assert closed == [False, False] and is_grad_enabled()


def test_grad_mode_inside_of_inference_mode(x):
    """It says that it is on, and nothing is recorded all the same."""
    with torch.inference_mode():
        with torch.enable_grad():
            y = x * 2
            assert is_grad_enabled() and is_inference_mode_enabled() and not y.requires_grad and y.is_inference()
            with torch.no_grad():
                assert not is_grad_enabled()
            with torch.inference_mode(False):
                assert is_grad_enabled() and (x * 2).requires_grad
            with torch.inference_mode():
                assert not is_grad_enabled()
            assert is_grad_enabled()
        assert not is_grad_enabled()
        torch.set_grad_enabled(True)
        assert is_grad_enabled() and not (x * 2).requires_grad
        torch.set_grad_enabled(False)
        assert not is_grad_enabled()
    assert is_grad_enabled() and (x * 2).requires_grad


def test_inference_mode(x):
    with torch.inference_mode():
        y = x * 2
        z = torch.ones(2)
        assert (is_inference_mode_enabled() and not is_grad_enabled() and y.is_inference() and z.is_inference()
                and z.view(2).is_inference())
        with torch.enable_grad():
            assert not (x * 2).requires_grad
        with torch.inference_mode(False):
            assert is_grad_enabled() and (x * 2).requires_grad and not torch.ones(2).is_inference()
        y.add_(1)
    assert not is_inference_mode_enabled() and not (x * 2).is_inference()
    assert not y.clone().is_inference() and not (y + 1).is_inference()
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside InferenceMode is not allowed"):
        y.add_(1)


def test_modes_are_of_their_thread():
    found = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: found.append(is_grad_enabled()))
        thread.start()
        thread.join()
    assert found == [True]


def test_multithreading_is_accepted():
    with torch.autograd.set_multithreading_enabled(False):
        assert is_grad_enabled()


@pytest.mark.parametrize("context", [torch.no_grad, torch.no_grad(), torch.enable_grad(), torch.inference_mode(),
                                     torch.set_grad_enabled(True)])
def test_a_decorated_class_is_made_in_the_context_and_warned_of(context):
    with pytest.warns(FutureWarning, match="Decorating classes is deprecated") as caught:
        @context
        class Made:
            def __init__(self):
                self.recorded = torch.is_grad_enabled()

    assert caught[0].filename == __file__
    assert (Made().recorded is (not isinstance(context, (type, torch.no_grad, torch.inference_mode)))
            and torch.is_grad_enabled())
