"""LayerNorm, RMSNorm, GroupNorm."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn

DOUBLE = {"dtype": pellucid.float64}


def test_layer_norm():
    net = nn.LayerNorm((3, 4), **DOUBLE)
    x = pellucid.randn(2, 3, 4, **DOUBLE)
    a = x.numpy()
    expected = (a - a.mean((1, 2), keepdims=True)) / np.sqrt(a.var((1, 2), keepdims=True) + 1e-5)
    np.testing.assert_allclose(net(x).detach().numpy(), expected, rtol=1e-6)
    assert repr(net) == "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True, bias=True)"
    assert list(nn.LayerNorm(3, bias=False).state_dict()) == ["weight"]
    assert nn.LayerNorm(3, elementwise_affine=False).weight is None


def test_rms_norm():
    net = nn.RMSNorm(4, eps=1e-3, **DOUBLE)
    x = pellucid.randn(2, 3, 4, **DOUBLE)
    a = x.numpy()
    np.testing.assert_allclose(net(x).detach().numpy(), a / np.sqrt((a * a).mean(-1, keepdims=True) + 1e-3), rtol=1e-6)
    assert repr(net) == "RMSNorm((4,), eps=0.001, elementwise_affine=True)" and list(net.state_dict()) == ["weight"]
    assert "bias" not in net._parameters


@pytest.mark.parametrize("shape", [(2, 6), (2, 6, 3), (2, 6, 3, 2)])
def test_group_norm(shape):
    net = nn.GroupNorm(2, 6, **DOUBLE)
    with pellucid.no_grad():
        net.bias.copy_(pellucid.arange(6))
    x = pellucid.randn(*shape, **DOUBLE)
    a = x.numpy().reshape(2, 2, -1)
    expected = ((a - a.mean(-1, keepdims=True)) / np.sqrt(a.var(-1, keepdims=True) + 1e-5)).reshape(shape)
    np.testing.assert_allclose(net(x).detach().numpy(),
                               expected + np.arange(6.0).reshape((6,) + (1,) * (len(shape) - 2)), rtol=1e-6)
    assert repr(net) == "GroupNorm(2, 6, eps=1e-05, affine=True, bias=True)"
    with pytest.raises(ValueError, match=r"num_channels \(5\) must be divisible by num_groups \(2\)"):
        nn.GroupNorm(2, 5)


@pytest.mark.parametrize("input, weight, bias, message", [
    ("float64", "float32", "float32", "all inputs must share same datatype"),
    ("float32", "float64", "float64", "expect parameter to have scalar type of Float"),
    ("float32", "float32", "float64", "expected scalar type Float but found Double"),
    ("bfloat16", "float32", "bfloat16", "expect parameter to have scalar type of Float"),
    ("int64", "float32", "float32", "all inputs must share same datatype")])
def test_types_that_do_not_go_together(input, weight, bias, message):
    x, weight, bias = (pellucid.ones(4, 6, dtype=getattr(pellucid, d)) for d in (input, weight, bias))
    for norm in (lambda: nn.functional.layer_norm(x, (6,), weight[0], bias[0]),
                 lambda: nn.functional.group_norm(x, 3, weight[0], bias[0])):
        with pytest.raises(RuntimeError, match=message):
            norm()
    with pytest.raises(NotImplementedError, match="rms_norm"):
        nn.functional.rms_norm(x.long(), (6,))


def test_rms_norm_keeps_channels_last():
    x = pellucid.randn(2, 3, 4, 5).contiguous(memory_format=pellucid.channels_last)
    assert nn.functional.rms_norm(x, (5,)).stride() == x.stride()
