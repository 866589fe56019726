"""Linear, Bilinear, Identity."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn


def test_linear():
    net = nn.Linear(3, 2)
    x = pellucid.randn(4, 5, 3)
    expected = x.numpy() @ net.weight.detach().numpy().T + net.bias.detach().numpy()
    np.testing.assert_allclose(net(x).detach().numpy(), expected, rtol=1e-5, atol=1e-6)
    assert repr(net) == "Linear(in_features=3, out_features=2, bias=True)"
    plain = nn.Linear(3, 2, bias=False, dtype=pellucid.float64)
    assert plain.bias is None and "bias" in plain._parameters and plain.weight.dtype is pellucid.float64


def test_the_seed_gives_pytorchs_weights():
    pellucid.manual_seed(0)
    net = nn.Linear(2, 2)
    assert net.weight.tolist() == [[-0.005293981172144413, 0.37932288646698],
                                   [-0.5819807648658752, -0.5203874707221985]]
    assert net.bias.tolist() == [-0.27234524488449097, 0.1896158903837204]


def test_bilinear():
    net = nn.Bilinear(3, 4, 2)
    a, b = pellucid.randn(5, 3), pellucid.randn(5, 4)
    expected = np.einsum("ni,oij,nj->no", a.numpy(), net.weight.detach().numpy(), b.numpy()) + net.bias.detach().numpy()
    np.testing.assert_allclose(net(a, b).detach().numpy(), expected, rtol=1e-4, atol=1e-5)
    assert repr(net) == "Bilinear(in1_features=3, in2_features=4, out_features=2, bias=True)"
    with pytest.raises(ValueError, match="in1_features must be > 0"):
        nn.Bilinear(0, 1, 1)


def test_identity():
    x = pellucid.ones(2)
    assert nn.Identity(54, anything=1)(x) is x


def test_what_is_no_matrix():
    F = nn.functional
    with pytest.raises(RuntimeError, match="need to be at least 1D, but they are 0D and 2D"):
        F.linear(pellucid.tensor(1.0), pellucid.ones(3, 4))
    for x, bias in ((pellucid.ones(2, 4), pellucid.tensor(1.0)), (pellucid.ones(3, 2, 4), pellucid.ones(1))):
        with pytest.raises(RuntimeError, match="mat2 must be a matrix, got 1-D tensor"):
            F.linear(x, pellucid.ones(4), bias)
    assert F.linear(pellucid.ones(3, 2, 4), pellucid.ones(4), pellucid.tensor(1.0)).tolist() == [[5.0, 5.0]] * 3
