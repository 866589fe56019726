"""Batch norm layers: statistics, modes, state dicts."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn


def normal(x, mean, var, eps=1e-5):
    shape = (1, -1) + (1,) * (x.ndim - 2)
    return (x - mean.reshape(shape)) / np.sqrt(var.reshape(shape) + eps)


@pytest.mark.parametrize("kind, shape",
                         [(nn.BatchNorm1d, (5, 3)), (nn.BatchNorm1d, (5, 3, 4)), (nn.BatchNorm2d, (2, 3, 4, 5)),
                                         (nn.BatchNorm3d, (2, 3, 2, 3, 2))])
def test_training_and_evaluation(kind, shape):
    net = kind(3, dtype=pellucid.float64)
    with pellucid.no_grad():
        net.weight.copy_(pellucid.tensor([1.0, 2.0, 3.0]))
        net.bias.fill_(0.5)
    x = pellucid.randn(*shape, dtype=pellucid.float64)
    a = x.numpy()
    dims = (0, *range(2, a.ndim))
    scale = np.array([1.0, 2.0, 3.0]).reshape((1, 3) + (1,) * (a.ndim - 2))
    np.testing.assert_allclose(net(x).detach().numpy(), normal(a, a.mean(dims), a.var(dims)) * scale + 0.5, rtol=1e-6)
    mean, var = 0.1 * a.mean(dims), 0.9 + 0.1 * a.var(dims, ddof=1)
    np.testing.assert_allclose(net.running_mean.numpy(), mean)
    np.testing.assert_allclose(net.running_var.numpy(), var)
    assert net.num_batches_tracked.item() == 1
    net.eval()
    np.testing.assert_allclose(net(x).detach().numpy(), normal(a, mean, var) * scale + 0.5, rtol=1e-6)
    assert net.num_batches_tracked.item() == 1


def test_plain_average():
    net = nn.BatchNorm1d(1, momentum=None, dtype=pellucid.float64)
    batches = [pellucid.randn(4, 1, dtype=pellucid.float64) for _ in range(3)]
    for batch in batches:
        net(batch)
    assert net.running_mean.item() == pytest.approx(np.mean([batch.mean().item() for batch in batches]))


def test_without_statistics_or_parameters():
    net = nn.BatchNorm1d(2, affine=False, track_running_stats=False).eval()
    assert not net.state_dict() and net.running_mean is None and net.num_batches_tracked is None
    x = pellucid.tensor([[1.0, 2.0], [3.0, 6.0]])
    assert net(x).flatten().tolist() == pytest.approx([-1, -1, 1, 1], abs=1e-4)


def test_state_dict_versions():
    net = nn.BatchNorm2d(2)
    state = net.state_dict()
    assert list(state) == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
    assert state._metadata[""] == {"version": 2} and state["num_batches_tracked"].dtype is pellucid.int64
    del state["num_batches_tracked"]
    with pytest.raises(RuntimeError, match="Missing key.*num_batches_tracked"):
        net.load_state_dict(state)
    del state._metadata
    net.load_state_dict(state)


def test_errors_and_repr():
    with pytest.raises(ValueError, match=r"expected 4D input \(got 2D input\)"):
        nn.BatchNorm2d(2)(pellucid.ones(2, 2))
    with pytest.raises(ValueError, match=r"expected 2D or 3D input \(got 4D input\)"):
        nn.BatchNorm1d(2)(pellucid.ones(2, 2, 1, 1))
    with pytest.raises(ValueError,
                       match=r"Expected more than 1 value per channel when training, got input size torch.Size\(\[1, "
                             r"2\]\)"):
        nn.BatchNorm1d(2)(pellucid.ones(1, 2))
    assert repr(
        nn.BatchNorm2d(
        3)) == "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)"
    net = nn.BatchNorm1d(3)
    net(pellucid.randn(4, 3))
    net.reset_parameters()
    assert (net.running_mean.tolist() == [0, 0, 0] and net.running_var.tolist() == [1, 1, 1]
            and net.num_batches_tracked.item() == 0)


FLOAT, DOUBLE, NARROW, LONG = pellucid.float32, pellucid.float64, pellucid.bfloat16, pellucid.int64


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("input, statistics, weight, bias, error, message", [
    (DOUBLE, FLOAT, FLOAT, FLOAT, RuntimeError, "all inputs must share same datatype"),
    (FLOAT, DOUBLE, DOUBLE, DOUBLE, RuntimeError, "expect parameter to have scalar type of Float"),
    (FLOAT, DOUBLE, FLOAT, FLOAT, RuntimeError, "expected scalar type Float but found Double"),
    (FLOAT, FLOAT, FLOAT, DOUBLE, RuntimeError, "expected scalar type Float but found Double"),
    (NARROW, NARROW, FLOAT, FLOAT, RuntimeError, "expect parameter to have scalar type of Float"),
    (NARROW, FLOAT, NARROW, NARROW, RuntimeError, "expected scalar type BFloat16 but found Float"),
    (LONG, FLOAT, FLOAT, FLOAT, NotImplementedError, "not implemented for 'Long'")])
def test_types_that_do_not_go_together(training, input, statistics, weight, bias, error, message):
    x, mean, var = pellucid.ones(4, 3, dtype=input), pellucid.zeros(3, dtype=statistics), pellucid.ones(3,
        dtype=statistics)
    with pytest.raises(error, match=message):
        nn.functional.batch_norm(x, mean, var, pellucid.ones(3, dtype=weight), pellucid.ones(3, dtype=bias), training)


@pytest.mark.parametrize("training", [True, False])
def test_narrow_inputs_with_float_parameters_stay_narrow(training):
    x = pellucid.arange(12.0).view(4, 3).to(NARROW).requires_grad_()
    net = nn.BatchNorm1d(3).train(training)
    y = net(x)
    y.sum().backward()
    assert y.dtype is x.grad.dtype is NARROW and net.weight.grad.dtype is net.running_mean.dtype is FLOAT


@pytest.mark.parametrize("training", [True, False])
def test_layouts(training):
    x = pellucid.randn(2, 3, 4, 5)
    net = nn.BatchNorm2d(3).train(training)
    wanted = net(x)
    for y, strides in ((x.permute(1, 0, 2, 3).contiguous().permute(1, 0, 2, 3), (60, 20, 5, 1)),
                       (x.transpose(2, 3).contiguous().transpose(2, 3), (60, 20, 5, 1)),
                       (x.contiguous(memory_format=pellucid.channels_last), (60, 1, 15, 3))):
        found = net(y)
        assert found.stride() == strides and (found - wanted).abs().max().item() < 1e-6
