"""Activation layers: that each calls its function with its arguments, and shows them."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn
from pellucid.nn import functional as F

CASES = [
    (nn.Threshold(0.1, 20), lambda x: F.threshold(x, 0.1, 20), "Threshold(threshold=0.1, value=20)"),
    (nn.ReLU(), F.relu, "ReLU()"),
    (nn.RReLU(0.1, 0.3).eval(), lambda x: F.leaky_relu(x, 0.2), "RReLU(lower=0.1, upper=0.3)"),
    (nn.Hardtanh(-2, 0.5), lambda x: F.hardtanh(x, -2, 0.5), "Hardtanh(min_val=-2, max_val=0.5)"),
    (nn.ReLU6(), F.relu6, "ReLU6()"),
    (nn.Sigmoid(), F.sigmoid, "Sigmoid()"),
    (nn.Hardsigmoid(), F.hardsigmoid, "Hardsigmoid()"),
    (nn.Tanh(), F.tanh, "Tanh()"),
    (nn.SiLU(), F.silu, "SiLU()"),
    (nn.Mish(), F.mish, "Mish()"),
    (nn.Hardswish(), F.hardswish, "Hardswish()"),
    (nn.ELU(0.5), lambda x: F.elu(x, 0.5), "ELU(alpha=0.5)"),
    (nn.CELU(0.5), lambda x: F.celu(x, 0.5), "CELU(alpha=0.5)"),
    (nn.SELU(), F.selu, "SELU()"),
    (nn.GLU(0), lambda x: F.glu(x, 0), "GLU(dim=0)"),
    (nn.GELU("tanh"), lambda x: F.gelu(x, approximate="tanh"), "GELU(approximate='tanh')"),
    (nn.Hardshrink(0.3), lambda x: F.hardshrink(x, 0.3), "Hardshrink(0.3)"),
    (nn.LeakyReLU(0.2), lambda x: F.leaky_relu(x, 0.2), "LeakyReLU(negative_slope=0.2)"),
    (nn.LogSigmoid(), F.logsigmoid, "LogSigmoid()"),
    (nn.Softplus(2.0, 3.0), lambda x: F.softplus(x, 2.0, 3.0), "Softplus(beta=2.0, threshold=3.0)"),
    (nn.Softshrink(0.3), lambda x: F.softshrink(x, 0.3), "Softshrink(0.3)"),
    (nn.PReLU(3), lambda x: F.prelu(x, pellucid.full((3,), 0.25)), "PReLU(num_parameters=3)"),
    (nn.Softsign(), F.softsign, "Softsign()"),
    (nn.Tanhshrink(), F.tanhshrink, "Tanhshrink()"),
    (nn.Softmin(1), lambda x: F.softmin(x, 1), "Softmin(dim=1)"),
    (nn.Softmax(1), lambda x: F.softmax(x, 1), "Softmax(dim=1)"),
    (nn.LogSoftmax(1), lambda x: F.log_softmax(x, 1), "LogSoftmax(dim=1)"),
]


@pytest.mark.parametrize("net, function, shown", CASES, ids=[shown for _, _, shown in CASES])
def test_each(net, function, shown):
    x = pellucid.randn(4, 3) * 2
    assert net(x).tolist() == function(x).tolist()
    assert repr(net) == shown


@pytest.mark.parametrize("kind",
                         [nn.ReLU, nn.ReLU6, nn.SiLU, nn.Mish, nn.SELU, nn.Hardswish, nn.Hardsigmoid, nn.ELU, nn.CELU,
                          nn.LeakyReLU,
                                  nn.Hardtanh, nn.RReLU])
def test_in_place(kind):
    x = pellucid.randn(5)
    expected = kind().eval()(x).tolist()
    leaf = x.clone().requires_grad_()
    y = kind(inplace=True).eval()(leaf * 1)
    y.sum().backward()
    assert y.tolist() == expected
    other = x.clone().requires_grad_()
    kind().eval()(other).sum().backward()
    assert leaf.grad.tolist() == pytest.approx(other.grad.tolist())


def test_inplace_is_shown():
    assert repr(nn.ReLU(True)) == "ReLU(inplace=True)" and repr(nn.ELU(inplace=True)) == "ELU(alpha=1.0, inplace=True)"
    assert repr(nn.Hardswish(True)) == "Hardswish()"


def test_softmax_2d():
    x = pellucid.randn(2, 3, 4, 5)
    assert nn.Softmax2d()(x).tolist() == F.softmax(x, 1).tolist()
    with pytest.raises(ValueError, match="Softmax2d: expected input to be 3D or 4D, got 2D instead"):
        nn.Softmax2d()(x[0, 0])


def test_hardtanh_arguments():
    with pytest.raises(AssertionError, match=r"max_val \(1\) must be greater than min_val \(2\)"):
        nn.Hardtanh(2, 1)
    with pytest.warns(FutureWarning, match="keyword argument `min_value` is deprecated"):
        assert nn.Hardtanh(min_value=-3).min_val == -3


def test_prelu_learns():
    net = nn.PReLU(init=0.5)
    net(pellucid.tensor([-2.0, 3.0])).sum().backward()
    assert net.weight.grad.tolist() == [-2.0]


def test_limits_fit_the_type():
    F, x = nn.functional, pellucid.tensor([0, 1, 2, 100])
    for kind, limits, message in ((pellucid.uint8, (-1, 1), "unsigned type with negative limits"),
                                  (pellucid.int8, (-1, 300), "int8_t without overflow"),
                                  (pellucid.bool, (0, 1), "Bool inputs not supported")):
        for inplace in (False, True):
            with pytest.raises(RuntimeError, match=message):
                F.hardtanh(x.to(kind), *limits, inplace)
    for inplace in (False, True):
        with pytest.raises(RuntimeError, match="uint8_t without overflow"):
            F.threshold(x.to(pellucid.uint8), 1, 300, inplace)
    assert (F.relu6(x.to(pellucid.uint8)).tolist() == [0, 1, 2, 6] and F.hardtanh(x.to(pellucid.int8), -1, 1).tolist()
            == [0, 1, 1, 1])
    with pytest.raises(NotImplementedError, match="glu_cpu"):
        F.glu(x)


def test_logsigmoid_is_contiguous():
    x = pellucid.randn(2, 3, 4, 5).contiguous(memory_format=pellucid.channels_last)
    assert nn.LogSigmoid()(x).is_contiguous()


@pytest.mark.parametrize("function",
                         [F.relu, F.relu6, F.hardtanh, F.leaky_relu, F.hardsigmoid, F.hardshrink, F.softshrink,
                          lambda x: F.threshold(x, 0.1, 2.0)])
def test_second_derivatives_that_vanish_are_there(function):
    x = pellucid.tensor([-2.0, -0.3, 0.0, 0.2, 0.7, 7.0], requires_grad=True)
    slope = pellucid.tensor([1.0, pellucid.inf, 1.0, pellucid.nan, 1.0, 1.0], requires_grad=True)
    found = function(x)
    plain, = pellucid.autograd.grad(found.sum(), x, retain_graph=True)
    grad, = pellucid.autograd.grad(found.sum(), x, create_graph=True)
    assert grad.requires_grad and not plain.requires_grad and grad.tolist() == plain.tolist()
    assert pellucid.autograd.grad(grad.sum(), x, retain_graph=True)[0].tolist() == [0.0] * 6
    grad, = pellucid.autograd.grad(found, x, slope, create_graph=True)
    of_x, of_slope = pellucid.autograd.grad(grad.sum(), (x, slope))
    assert of_x.tolist() == [0.0] * 6 and of_slope.tolist() == plain.tolist()
