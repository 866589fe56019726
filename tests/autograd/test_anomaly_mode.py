"""detect_anomaly."""

from __future__ import annotations

import warnings

import pytest

import pellucid as torch
from pellucid.autograd import detect_anomaly, is_anomaly_check_nan_enabled, is_anomaly_enabled, set_detect_anomaly


def test_nan_is_found_and_the_forward_stack_is_shown():
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"):
        context = detect_anomaly()
    with context:
        assert is_anomaly_enabled() and is_anomaly_check_nan_enabled()
        x = torch.tensor(-1.0, requires_grad=True)
        y = x.sqrt()
        with pytest.warns(UserWarning,
                          match="Error detected in SqrtBackward0. Traceback of forward call that caused the "
                                "error:(.|\n)*y = x.sqrt"):
            with pytest.raises(RuntimeError, match="Function 'SqrtBackward0' returned nan values in its 0th output."):
                y.backward()
    assert not is_anomaly_enabled()


def test_without_looking_for_nan():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with detect_anomaly(check_nan=False):
            x = torch.tensor(-1.0, requires_grad=True)
            x.sqrt().backward()
    assert x.grad.isnan()


def test_operations_that_derivatives_recorded_name_their_origin():
    with set_detect_anomaly(True):
        x = torch.tensor(0.0, requires_grad=True)
        g, = torch.autograd.grad(x.sqrt() * 1.0, x, create_graph=True) if False else (None,)
        y = x.exp()
        g, = torch.autograd.grad(y, x, create_graph=True)
        nodes = [g.grad_fn, *[n for n, _ in g.grad_fn.next_functions if n is not None]]
        assert any("parent_" in n.metadata and n.metadata["parent_"].name() == "ExpBackward0" for n in nodes)
    assert not is_anomaly_enabled()


def test_set_detect_anomaly_acts_at_once():
    set_detect_anomaly(True, check_nan=False)
    assert is_anomaly_enabled() and not is_anomaly_check_nan_enabled()
    set_detect_anomaly(False)
    assert not is_anomaly_enabled() and is_anomaly_check_nan_enabled()
