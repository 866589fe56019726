"""nn.functional: compositions against their formulas, derivatives, edges and errors. What is an operator is tested with
the operators.
"""

from __future__ import annotations

import inspect
import math
import pickle

import numpy as np
import pytest

import pellucid
from pellucid.nn import functional as F

INF = math.inf
X = [-INF, -800.0, -21.0, -3.0, -0.5, -0.0, 0.0, 0.5, 1.0, 6.0, 21.0, 800.0, INF, math.nan]


def leaf(values, dtype=pellucid.float64):
    return pellucid.tensor(values, dtype=dtype, requires_grad=True)


def derivative(function, x, h=1e-6):
    return (function(x + h).item() - function(x - h).item()) / (2 * h)


def test_all_is_there_and_sorted():
    assert F.__all__ == sorted(F.__all__)
    for name in F.__all__:
        assert callable(getattr(F, name))


# ---- activations ----

def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


FORMULAS = {
    F.relu: lambda x: max(x, 0.0),
    F.relu6: lambda x: min(max(x, 0.0), 6.0),
    F.silu: lambda x: x * sigmoid(x),
    F.hardtanh: lambda x: min(max(x, -1.0), 1.0),
    F.leaky_relu: lambda x: x if x > 0 else 0.01 * x,
    F.elu: lambda x: x if x > 0 else math.expm1(x),
    F.celu: lambda x: x if x > 0 else math.expm1(x),
    F.selu: lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * math.expm1(x)),
    F.softplus: lambda x: x if x > 20 else math.log1p(math.exp(x)),
    F.logsigmoid: lambda x: min(x, 0.0) - math.log1p(math.exp(-abs(x))),
    F.hardsigmoid: lambda x: min(max(x + 3, 0.0), 6.0) / 6,
    F.hardswish: lambda x: x * min(max(x + 3, 0.0), 6.0) / 6,
    F.mish: lambda x: x * math.tanh(math.log1p(math.exp(x)) if x < 20 else x),
    F.softsign: lambda x: x / (1 + abs(x)),
    F.tanhshrink: lambda x: x - math.tanh(x),
    F.hardshrink: lambda x: x if abs(x) > 0.5 else 0.0,
    F.softshrink: lambda x: x - 0.5 if x > 0.5 else x + 0.5 if x < -0.5 else 0.0,
    F.sigmoid: sigmoid,
    F.tanh: math.tanh,
}


@pytest.mark.parametrize("function, formula", FORMULAS.items(), ids=[f.__name__ for f in FORMULAS])
def test_activation(function, formula):
    values = [x for x in X if abs(x) < 1000]
    x = leaf(values)
    y = function(x)
    assert y.tolist() == pytest.approx([formula(v) for v in values], rel=1e-9, abs=1e-12)
    y.sum().backward()
    assert not x.grad.isnan().any()                        # no branch that was not taken spoils the gradient
    for i, value in enumerate(values):
        if 0 < abs(value) < 700 and abs(abs(value) - 0.5) > 0.01 and value not in (1.0, -3.0, 6.0):
            slope = derivative(function, pellucid.tensor(value, dtype=pellucid.float64))
            assert x.grad[i].item() == pytest.approx(slope, rel=1e-4, abs=1e-6)
    assert function(pellucid.tensor([math.nan])).isnan().all()
    assert function(pellucid.randn(3)).dtype is pellucid.float32


def test_gradients_at_the_edges():
    for function, expected in ((F.logsigmoid, 0.5), (F.elu, 1.0), (F.relu, 0.0), (F.softplus, 0.5)):
        x = leaf(0.0)
        function(x).backward()
        assert x.grad.item() == expected
    x = leaf([-1.0, 1.0])
    F.hardtanh(x).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_threshold_glu_prelu():
    assert F.threshold(pellucid.tensor([0.5, 1.0, 2.0, math.nan]), 1.0, 9.0).tolist()[:3] == [9.0, 9.0, 2.0]
    x = pellucid.randn(2, 6)
    assert F.glu(x).tolist() == (x[:, :3] * x[:, 3:].sigmoid()).tolist()
    with pytest.raises(RuntimeError, match="Halving dimension must be even, but dimension 1 is size 3"):
        F.glu(x[:, :3])
    with pytest.raises(RuntimeError, match="glu does not support scalars"):
        F.glu(pellucid.tensor(1.0))
    weight = pellucid.tensor([0.1, 0.2])
    assert F.prelu(pellucid.tensor([[-1.0, -1.0], [2.0, 2.0]]),
                   weight).flatten().tolist() == pytest.approx([-0.1, -0.2, 2.0, 2.0])
    with pytest.raises(RuntimeError, match="Mismatch of parameter numbers and input channel size"):
        F.prelu(pellucid.ones(2, 3), weight)
    with pytest.raises(ValueError, match="min_val cannot be greater than max_val"):
        F.hardtanh(x, 2, 1)


PLANES = pellucid.linspace(-1, 1, 64, dtype=pellucid.float64)
FLAT = {f"{name}_pool{n}d": (lambda x, name=name, n=n: getattr(F,
                                                               f"{name}_pool{n}d")(x.reshape(1, 1,
    *(64 // 4 ** (n - 1), *(4,) * (n - 1))), 2))
        for name in ("max", "avg", "adaptive_max", "adaptive_avg") for n in (1, 2, 3)}
FLAT |= {"nll_loss": lambda x: F.nll_loss(x.reshape(16, 4), pellucid.arange(16) % 4, ignore_index=3),
         "prelu": lambda x: F.prelu(x, pellucid.full((1,), 0.2, dtype=x.dtype)),
         "nll_loss 4d": lambda x: F.nll_loss(x.reshape(2, 4, 8), pellucid.arange(16).reshape(2, 8) % 4, PLANES[60:],
                                             reduction="none"),
         "prelu's weight": lambda x: F.prelu(-PLANES.reshape(1, 64), x)}


@pytest.mark.parametrize("name", FLAT)
def test_second_derivatives_that_are_zero_but_there(name):
    """As in PyTorch, whose derivatives of these depend on the input without using its values."""
    x = PLANES.clone().requires_grad_()
    first, = pellucid.autograd.grad(FLAT[name](x * 1).sum(), x, create_graph=True)
    plain, = pellucid.autograd.grad(FLAT[name](x).sum(), x)
    assert first.requires_grad and pellucid.equal(first, plain) and not plain.requires_grad
    second, = pellucid.autograd.grad(first.sum(), x)
    assert second.shape == (64,) and not second.any()


def test_the_slopes_of_prelu_depend_on_each_other():
    x, w = pellucid.tensor([-1.0, 2.0, -3.0], requires_grad=True), pellucid.tensor([0.5], requires_grad=True)
    first = pellucid.autograd.grad(F.prelu(x, w).sum(), (x, w), create_graph=True)
    assert [g.tolist() for g in first] == [[0.5, 1.0, 0.5], [-4.0]]
    assert [g.tolist() for g in pellucid.autograd.grad(first[0].sum(), (x, w),
                                                       retain_graph=True)] == [[0.0, 0.0, 0.0], [2.0]]
    assert [g.tolist() for g in pellucid.autograd.grad(first[1].sum(), (x, w))] == [[1.0, 0.0, 1.0], [0.0]]


def test_averages_of_all_are_means():
    """Whose derivative does not depend on the input."""
    for n in (1, 2, 3):
        x = pellucid.ones(1, 1, *(4,) * n, requires_grad=True)
        assert not pellucid.autograd.grad(getattr(F, f"adaptive_avg_pool{n}d")(x, 1).sum(), x,
                                          create_graph=True)[0].requires_grad


def test_rrelu():
    x = pellucid.tensor([[-1.0, 2.0, 0.0], [-3.0, -0.0, 5.0]])
    y = F.rrelu(x, 0.1, 0.3, training=True)
    slopes = (y / x)[x < 0]
    assert ((slopes >= 0.1) & (slopes <= 0.3)).all() and y[x > 0].tolist() == [2.0, 5.0]
    assert F.rrelu(x, 0.1, 0.3).tolist() == F.leaky_relu(x, 0.2).tolist()


def test_softmax():
    x = pellucid.randn(3, 4, dtype=pellucid.float64)
    expected = np.exp(x.numpy()) / np.exp(x.numpy()).sum(1, keepdims=True)
    np.testing.assert_allclose(F.softmax(x, 1).numpy(), expected)
    np.testing.assert_allclose(F.softmin(-x, dim=1).numpy(), expected)
    np.testing.assert_allclose(F.log_softmax(x, 1).numpy(), np.log(expected))
    assert F.softmax(x.float(), 1, dtype=pellucid.float64).dtype is pellucid.float64
    for function in (F.softmax, F.softmin, F.log_softmax):
        with pytest.warns(UserWarning, match=f"Implicit dimension choice for {function.__name__} has been deprecated"):
            assert function(x).tolist() == function(x, 1).tolist()


def test_gumbel_softmax():
    x = leaf(np.zeros((5, 3)).tolist())
    soft = F.gumbel_softmax(x, tau=0.5)
    assert soft.sum(1).tolist() == pytest.approx([1.0] * 5)
    hard = F.gumbel_softmax(x.t(), hard=True, dim=0)
    assert (hard.sum(0).tolist() == pytest.approx([1.0] * 5) and set(hard.detach().round(decimals=6).flatten().tolist())
            == {0.0, 1.0})
    (hard * pellucid.arange(15).view(3, 5)).sum().backward()
    assert x.grad.any()


# ---- padding, pooling ----

@pytest.mark.parametrize("mode, numpy_mode",
                         [("constant",) * 2, ("reflect",) * 2, ("replicate", "edge"), ("circular", "wrap")])
def test_pad(mode, numpy_mode):
    x = pellucid.randn(2, 3, 5)
    assert F.pad(x, (2, 1, 0, 1) if mode == "constant" else (2, 1), mode).tolist() == np.pad(
        x.numpy(), [(0, 0), (0, 1) if mode == "constant" else (0, 0), (2, 1)], mode=numpy_mode).tolist()
    y = x.clone().requires_grad_()
    F.pad(y, (2, 1), mode).sum().backward()
    assert y.grad.sum().item() == pytest.approx(30 if mode == "constant" else 48)
    assert F.pad(x, (0, 0), mode).tolist() == x.tolist()


def test_pad_crops_and_checks():
    x = pellucid.arange(6).view(2, 3)
    assert F.pad(x, (-1, 1), value=9).tolist() == [[1, 2, 9], [4, 5, 9]] and F.pad(x, (-1, 1)).dtype is pellucid.int64
    for pad, mode, error, message in (((1,), "constant", RuntimeError, "Padding length must be divisible by 2"),
                                      ((1,) * 6, "constant", RuntimeError,
                                       "Padding length should be less than or equal to two times"),
                                      ((1, 1), "none", NotImplementedError, "Unrecognised padding mode none")):
        with pytest.raises(error, match=message):
            F.pad(x, pad, mode)
    y = pellucid.zeros(1, 2, 3)
    with pytest.raises(RuntimeError, match="Padding size should be less than the corresponding input dimension"):
        F.pad(y, (3, 0), "reflect")
    with pytest.raises(RuntimeError, match="Padding value causes wrapping around more than once"):
        F.pad(y, (4, 0), "circular")
    with pytest.raises(RuntimeError, match="Padding mode \"reflect\" doesn't take in value argument"):
        F.pad(y, (1, 0), "reflect", 2.0)


def test_adaptive_max_pool_takes_the_first_of_equals():
    values, places = F.adaptive_max_pool2d(pellucid.ones(1, 1, 4, 4), 2, return_indices=True)
    assert places.flatten().tolist() == [0, 2, 8, 10]
    values, places = F.adaptive_max_pool1d(pellucid.tensor([[1.0, 5.0, 2.0, 4.0, 3.0]]), 3, return_indices=True)
    assert values.tolist() == [[5.0, 5.0, 4.0]] and places.tolist() == [[1, 1, 3]]


# ---- dropout ----

def test_dropout_checks():
    for function, shape in ((F.dropout, (2,)), (F.alpha_dropout, (2,)), (F.dropout1d, (2, 2)),
                            (F.dropout2d, (1, 1, 1, 1)),
                            (F.dropout3d, (1, 1, 1, 1)), (F.feature_alpha_dropout, (2, 2))):
        with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1, but got -1"):
            function(pellucid.ones(*shape), -1)
    with pytest.raises(RuntimeError, match="dropout1d: Expected 2D or 3D input, but received a 1D input"):
        F.dropout1d(pellucid.ones(2))
    with pytest.warns(UserWarning, match="dropout2d: Received a 3D input"):
        F.dropout2d(pellucid.ones(2, 2, 2))
    with pytest.warns(UserWarning, match="dropout3d: Received a 2-D input"):
        F.dropout3d(pellucid.ones(2, 2), training=False)


# ---- indices, normalisation, distances ----

def test_one_hot():
    assert F.one_hot(pellucid.tensor([[0, 2], [1, 0]])).tolist() == [[[1, 0, 0], [0, 0, 1]], [[0, 1, 0], [1, 0, 0]]]
    assert F.one_hot(pellucid.tensor([1]), 3).tolist() == [[0, 1, 0]]
    assert F.one_hot(pellucid.empty(0, 2, dtype=pellucid.int64), 3).shape == (0, 2, 3)
    for tensor, classes, message in ((pellucid.tensor([1.0]), -1, "one_hot is only applicable to index tensor"),
                                     (pellucid.tensor([-1]), -1, "Class values must be non-negative"),
                                     (pellucid.tensor([3]), 3, "Class values must be smaller than num_classes"),
                                     (pellucid.empty(0, dtype=pellucid.int64), -1,
                                      "Can not infer total number of classes from empty")):
        with pytest.raises(RuntimeError, match=message):
            F.one_hot(tensor, classes)


def test_norms():
    x = leaf([[3.0, -4.0], [0.0, 0.0]])
    y = F.normalize(x)
    assert y.flatten().tolist() == pytest.approx([0.6, -0.8, 0, 0])
    y.sum().backward()
    assert not x.grad.isnan().any()
    for p, expected in ((1.0, 7.0), (2.0, 5.0), (3.0, 91 ** (1 / 3)), (INF, 4.0), (0.0, 2.0)):
        zero = pellucid.zeros(1, 2, dtype=pellucid.float64)
        assert F.pairwise_distance(x[:1].detach(), zero, p, 0.0).item() == pytest.approx(expected)
    assert F.cosine_similarity(x[:1].detach(), pellucid.tensor([[4.0, 3.0]]).double()).item() == pytest.approx(0)
    out = pellucid.empty(2, 2, dtype=pellucid.float64)
    assert F.normalize(x.detach(), out=out) is out and out.flatten().tolist() == pytest.approx([0.6, -0.8, 0, 0])


def test_bilinear_checks():
    w = pellucid.ones(2, 3, 4)
    for a, b, message in (((1, 3), (2, 4), "input batch dimensions do not match at dim 0: got 1 and 2"),
                          ((1, 2), (1, 4), "input1 size does not match weight size: got 2 but expected 3")):
        with pytest.raises(RuntimeError, match=message):
            F.bilinear(pellucid.ones(*a), pellucid.ones(*b), w)


def test_group_norm_checks():
    with pytest.raises(RuntimeError, match="Expected number of channels in input to be divisible by num_groups"):
        F.group_norm(pellucid.ones(2, 6, 3), 4)
    with pytest.raises(RuntimeError, match="Expected at least 2 dimensions for input tensor but received 1"):
        F.group_norm(pellucid.ones(2), 1)
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        F.group_norm(pellucid.ones(1, 2), 2)


def test_batch_norm_checks():
    for options, message in (({"training": True, "eps": 0.0},
                              "batch_norm eps must be positive during training, but got 0.0"),
                             ({"eps": -1.0}, "batch_norm eps must be non-negative, but got -1.0")):
        with pytest.raises(ValueError, match=message):
            F.batch_norm(pellucid.ones(2, 2), pellucid.zeros(2), pellucid.ones(2), **options)


# ---- losses ----

def logit(p):
    return math.log(p / (1 - p))


LOSSES = [
    (F.l1_loss, (2.0, 0.5), 1.5), (F.mse_loss, (2.0, 0.5), 2.25), (F.smooth_l1_loss, (2.0, 0.5), 1.0),
    (F.smooth_l1_loss, (1.0, 0.5), 0.125),
    (F.huber_loss, (2.0, 0.5), 1.0), (F.huber_loss, (1.0, 0.5), 0.125),
    (F.binary_cross_entropy, (0.25, 1.0), -math.log(0.25)), (F.binary_cross_entropy, (0.0, 1.0), 100.0),
    (F.binary_cross_entropy, (1.0, 1.0), 0.0), (F.binary_cross_entropy_with_logits, (-1000.0, 1.0), 1000.0),
    (F.binary_cross_entropy_with_logits, (logit(0.25), 1.0), -math.log(0.25)),
    (F.kl_div, (math.log(0.5), 0.25), 0.25 * math.log(0.5)), (F.kl_div, (-1.0, 0.0), 0.0),
    (F.poisson_nll_loss, (0.5, 2.0), math.exp(0.5) - 1.0), (F.soft_margin_loss, (0.5, -1.0), math.log1p(math.exp(0.5))),
    (F.hinge_embedding_loss, (0.3, -1.0), 0.7), (F.hinge_embedding_loss, (0.3, 1.0), 0.3),
]


@pytest.mark.parametrize("function, arguments, expected", LOSSES, ids=[f"{f.__name__}{a}" for f, a, _ in LOSSES])
@pytest.mark.filterwarnings("ignore:reduction. .mean. divides")
def test_loss(function, arguments, expected):
    x, y = leaf([[arguments[0]]]), pellucid.tensor([[arguments[1]]], dtype=pellucid.float64)
    for reduction in ("mean", "sum"):
        assert function(x, y, reduction=reduction).item() == pytest.approx(expected, abs=1e-12)
    each = function(pellucid.cat([x, x]), pellucid.cat([y, y]), reduction="none")
    assert each.shape == (2, 1)
    each.sum().backward()
    assert x.grad.isfinite().all()
    with pytest.raises(ValueError, match="none at all is not a valid value for reduction"):
        function(x, y, reduction="none at all")


def test_binary_cross_entropy_gradient():
    x = leaf([0.2, 0.0, 1.0])
    F.binary_cross_entropy(x, pellucid.tensor([1.0, 0.0, 1.0]).double(), reduction="sum").backward()
    assert x.grad.tolist() == pytest.approx([-5.0, 0.0, 0.0])
    x = leaf([0.2, 0.7])
    g, = pellucid.autograd.grad(F.binary_cross_entropy(x, pellucid.tensor([1.0, 0.0]).double(), reduction="sum"), x,
                                create_graph=True)
    g.sum().backward()
    assert x.grad.tolist() == pytest.approx([25.0, 1 / 0.09])
    with pytest.raises(RuntimeError, match="all elements of input should be between 0 and 1"):
        F.binary_cross_entropy(pellucid.tensor([1.5]), pellucid.tensor([1.0]))
    with pytest.raises(ValueError, match="Using a target size"):
        F.binary_cross_entropy(pellucid.tensor([0.5]), pellucid.tensor(1.0))


def test_weights_of_losses():
    x, y, w = pellucid.tensor([1.0, 2.0]), pellucid.tensor([0.0, 0.0]), pellucid.tensor([3.0, 1.0])
    assert F.l1_loss(x, y, weight=w).item() == 5 / 4 and F.mse_loss(x, y, weight=w).item() == 7 / 4
    assert (F.huber_loss(x, y, weight=w).item() == (3 * 0.5 + 1.5) / 2
            and F.l1_loss(x, y, weight=w, reduction="none").tolist() == [3.0, 2.0])
    with pytest.raises(ValueError, match="Weights and input must have the same size"):
        F.mse_loss(x, y, weight=w[:1])


def test_sizes_of_targets():
    for function in (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss):
        with pytest.warns(UserWarning, match="that is different to the input size"):
            assert function(pellucid.ones(3, 1), pellucid.zeros(2)).dim() == 0
    with pytest.raises(ValueError, match="Target size .* must be the same as input size"):
        F.binary_cross_entropy_with_logits(pellucid.ones(2), pellucid.ones(1))


def test_margin_losses():
    x = pellucid.tensor([[0.1, 0.9, 0.4]])
    assert F.multi_margin_loss(x, pellucid.tensor([2])).item() == pytest.approx((0.7 + 1.5) / 3)
    assert F.multi_margin_loss(x[0], pellucid.tensor(2), p=2,
                               reduction="none").item() == pytest.approx((0.49 + 2.25) / 3)
    a, b, c = pellucid.zeros(1, 2), pellucid.ones(1, 2), pellucid.tensor([[2.0, 0.0]])
    assert F.triplet_margin_loss(a, b, c, p=1).item() == pytest.approx(1.0, abs=1e-5)
    assert F.triplet_margin_loss(a, b, c, swap=True).item() == pytest.approx(1.0, abs=1e-4)
    assert F.margin_ranking_loss(pellucid.tensor([1.0]), pellucid.tensor([3.0]), pellucid.tensor([1.0]),
                                 0.5).item() == 2.5
    with pytest.raises(ValueError, match="margin must be greater than 0, got -1"):
        F.triplet_margin_loss(a, b, c, margin=-1)
    with pytest.raises(RuntimeError, match="margin_ranking_loss : All input tensors should have same dimension"):
        F.margin_ranking_loss(a, b[0], c)
    y = pellucid.tensor([1.0])
    assert F.cosine_embedding_loss(a + 1, b, y).item() == pytest.approx(0, abs=1e-6)
    assert F.cosine_embedding_loss(a + 1, c, -y, margin=0.1).item() == pytest.approx(math.sqrt(0.5) - 0.1)


def test_likelihoods():
    x, y = pellucid.tensor([1.0, 2.0]), pellucid.tensor([0.0, 4.0])
    assert F.gaussian_nll_loss(x, y, 2.0, full=True, reduction="none").tolist() == pytest.approx(
        [0.5 * (math.log(2) + d / 2 + math.log(2 * math.pi)) for d in (1, 4)])
    for var, message in ((-1.0, "var has negative"), (pellucid.tensor([1.0, -1.0]), "var has negative"),
                         (pellucid.ones(3), "var is of incorrect")):
        with pytest.raises(ValueError, match=message):
            F.gaussian_nll_loss(x, y, var)
    stirling = 4 * math.log(4) - 4 + 0.5 * math.log(8 * math.pi)
    found = F.poisson_nll_loss(x, y, False, True, reduction="none").tolist()
    assert found == pytest.approx([1.0, 2 - 4 * math.log(2) + stirling], rel=1e-5)


def test_kl_divergence():
    p, q = pellucid.tensor([[0.25, 0.75]]), pellucid.tensor([[0.5, 0.5]])
    expected = 0.25 * math.log(0.5) + 0.75 * math.log(1.5)
    assert F.kl_div(q.log(), p, reduction="batchmean").item() == pytest.approx(expected)
    assert F.kl_div(q.log(), p.log(), reduction="sum", log_target=True).item() == pytest.approx(expected)
    with pytest.warns(UserWarning, match="'mean' divides the total loss by both the batch size and the support size"):
        F.kl_div(q.log(), p)


def test_old_spelling_of_reduction():
    x, y = pellucid.tensor([1.0, 3.0]), pellucid.zeros(2)
    with pytest.warns(UserWarning, match="please use reduction='sum' instead"):
        assert F.mse_loss(x, y, size_average=False).item() == 10
    with pytest.warns(UserWarning, match="please use reduction='none' instead"):
        assert F.l1_loss(x, y, reduce=False).tolist() == [1.0, 3.0]


def test_signatures_are_whole():
    """What is an operator takes PyTorch's arguments too."""
    for name, parameters in {"conv2d": "input weight bias stride padding dilation groups",
                             "conv_transpose1d": "input weight bias stride padding output_padding groups dilation",
                             "max_pool2d": "input kernel_size stride padding dilation ceil_mode return_indices",
                             "layer_norm": "input normalized_shape weight bias eps", "linear": "input weight bias",
                             "embedding":
                             "input weight padding_idx max_norm norm_type scale_grad_by_freq sparse"}.items():
        try:
            found = list(inspect.signature(getattr(F, name)).parameters)
        except ValueError:
            continue
        assert (found in (parameters.split(), ["args", "kwargs"])
                or found[:len(parameters.split())] == parameters.split())


# ---- what may be written over ----

OVER = {
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True), "layer_norm": lambda x: F.layer_norm(x, (4,)),
    "group_norm": lambda x: F.group_norm(x, 2), "max_pool1d": lambda x: F.max_pool1d(x, 2),
    "conv1d": lambda x: F.conv1d(x, x.detach()[:, :, :2]),
    "max": lambda x: x.max(2)[0],
    "cross_entropy": lambda x: F.cross_entropy(x[0], pellucid.tensor([0, 3, 1, 2]), reduction="none"),
    "adaptive_max_pool1d": lambda x: F.adaptive_max_pool1d(x, 2), "dropout": F.dropout,
    "linear": lambda x: F.linear(x, x.detach()[0]),
}


@pytest.mark.parametrize("name", OVER)
def test_results_may_be_written_over(name):
    """`out += identity` and ReLU(inplace=True) follow these in half of all programs: their derivatives do without the
    result.
    """
    x = pellucid.arange(48.0).reshape(3, 4, 4).sin().requires_grad_()
    gradients = []
    for write in (lambda y: y * 2 + 1, lambda y: y.mul_(2).add_(1)):
        pellucid.manual_seed(0)
        gradients.append(pellucid.autograd.grad(write(OVER[name](x)).square().sum(), x)[0].tolist())
    assert gradients[0] == gradients[1]


# ---- padding, layouts, types ----

def test_circular_padding_crops_first():
    x = pellucid.arange(5.0).reshape(1, 1, 5)
    for pad, expected in (((1, -2), [2, 0, 1, 2]), ((-2, 1), [2, 3, 4, 2]), ((3, -1), [1, 2, 3, 0, 1, 2, 3]),
                          ((-1, -1), [1, 2, 3]), ((5, 5), [0, 1, 2, 3, 4] * 3)):
        assert F.pad(x, pad, "circular").flatten().tolist() == expected


def test_results_keep_channels_last():
    x = pellucid.arange(120.0).sin().reshape(2, 3, 4, 5).to(memory_format=pellucid.channels_last)
    for mode, like in (("constant", True), ("reflect", True), ("replicate", True), ("circular", False)):
        y = F.pad(x, (1, 1, 1, 1), mode)
        assert y.is_contiguous(memory_format=pellucid.channels_last) == like
        assert y.tolist() == F.pad(x.contiguous(), (1, 1, 1, 1), mode).tolist()
    assert F.group_norm(x, 3).is_contiguous(memory_format=pellucid.channels_last)


def test_results_that_are_contiguous_always():
    x = pellucid.arange(12.0).sin().reshape(3, 4).t()
    for y in (F.rms_norm(x, (3,)), F.rrelu(x, training=True)):
        assert y.is_contiguous()


def test_group_norm_of_halves_rounds_once():
    x = pellucid.arange(24.0).sin().reshape(2, 4, 3)
    weight, bias = pellucid.arange(4.0) + 0.3, pellucid.arange(4.0) - 0.7
    for dtype in (pellucid.float16, pellucid.bfloat16):
        low = x.to(dtype)
        expected = F.group_norm(low.float(), 2, weight, bias).to(dtype)
        found = F.group_norm(low, 2, weight, bias)                   # parameters in float32 are allowed
        assert found.dtype is dtype and found.tolist() == expected.tolist()


def test_norms_have_gradients_everywhere():
    for p in (0, 1, 2, 3.0, math.inf):
        x = pellucid.zeros(2, 3, requires_grad=True)
        F.pairwise_distance(x, pellucid.zeros(2, 3), p, eps=0.0).sum().backward()
        assert x.grad is None if p == 0 else not x.grad.isnan().any()


def test_multi_margin_loss_of_one_sample():
    for x in (t(3), t()):
        assert F.multi_margin_loss(x, pellucid.tensor(0), reduction="none").shape == ()
        assert F.multi_margin_loss(x, pellucid.tensor([0]), reduction="none").shape == (1,)


def test_in_place_names():
    for name, args in {"elu": (0.5,), "celu": (2.0,), "selu": (), "leaky_relu": (0.3,), "hardtanh": (-0.1, 0.1),
                       "rrelu": (), "threshold": (0.1, 2.0)}.items():
        x = pellucid.tensor([-2.0, -0.05, 0.05, 3.0])
        expected = getattr(F, name)(x, *args).tolist()
        assert getattr(F, name + "_")(x, *args) is x and x.tolist() == expected


def test_a_hard_sample_is_contiguous():
    y = F.gumbel_softmax(pellucid.zeros(4, 5), hard=True, dim=0)
    assert y.is_contiguous() and y.sum(0).tolist() == [1.0] * 5


def test_meta_has_no_data_to_look_at():
    x = pellucid.empty(4, 5, device="meta")
    for y in (F.rrelu(x, training=True), F.one_hot(pellucid.empty(4, dtype=pellucid.int64, device="meta"), 5),
              F.binary_cross_entropy(x, x), F.gaussian_nll_loss(x, x, x),
              F.multi_margin_loss(x, pellucid.empty(4, dtype=pellucid.int64, device="meta"))):
        assert y.is_meta


def t(*shape, dtype=pellucid.float32):
    return pellucid.ones(shape, dtype=dtype)


REFUSED = [
    (lambda: F.pad(t(3), (1, 1), "reflect"), NotImplementedError,
     "Padding size 2 is not supported for 1D input tensor"),
    (lambda: F.pad(t(3, 3), (1, 1, 1, 1), "replicate"), NotImplementedError,
     "Padding size 4 is not supported for 2D input tensor"),
    (lambda: F.pad(t(1, 1, 3, 3), (1, 1), "circular"), NotImplementedError,
     "Padding size 2 is not supported for 4D input tensor"),
    (lambda: F.pad(t(0, 5), (1, 1), "reflect"), RuntimeError,
     r"other non-zero dimensions for input, but got: \[0, 5\]"),
    (lambda: F.pad(t(1, 2, 5), (-3, -2), "reflect"), RuntimeError, "is too small. Calculated output size: 0"),
    (lambda: F.pad(t(1, 2, 5), (-3, -3), "circular"), RuntimeError,
     "Negative padding value is resulting in an empty dimension"),
    (lambda: F.prelu(t(4, 5), t(1, 5)), RuntimeError, "to be a scalar or 1D tensor, but got: ndim = 2"),
    (lambda: F.prelu(t(4), t(1, dtype=pellucid.float64)), RuntimeError,
     "Type promoting not supported. Got Float and Double"),
    (lambda: F.prelu(t(4, dtype=pellucid.int64), t(1, dtype=pellucid.int64)), NotImplementedError,
     "not implemented for 'Long'"),
    (lambda: F.group_norm(t(2, 4), 2, t(4, dtype=pellucid.float64)), RuntimeError, "mixed dtype"),
    (lambda: F.group_norm(t(2, 4), 2, t(3)), RuntimeError,
     "Expected weight to be a vector of size equal to the number of channels"),
    (lambda: F.group_norm(t(2, 4), 0), RuntimeError, "Expected num groups to be greater than 0, got 0"),
    (lambda: F.group_norm(t(2, 4, dtype=pellucid.int64), 2), NotImplementedError, "not implemented for 'Long'"),
    (lambda: F.cosine_similarity(t(2, 3, dtype=pellucid.int64), t(2, 3, dtype=pellucid.int64)), RuntimeError,
     "common dtype to be floating point"),
    (lambda: F.normalize(t(2, 3, dtype=pellucid.int64)), RuntimeError, "Expected a floating point or complex tensor"),
    (lambda: F.binary_cross_entropy(t(2), t(2, dtype=pellucid.float64)), RuntimeError,
     "Found dtype Double but expected Float"),
    (lambda: F.binary_cross_entropy_with_logits(t(2), t(2, dtype=pellucid.int64)), RuntimeError,
     "result type Float can't be cast"),
    (lambda: F.kl_div(t(2), t(2, dtype=pellucid.int64), reduction="sum"), RuntimeError,
     "Integral inputs not supported"),
    (lambda: F.multi_margin_loss(t(2, 3), pellucid.tensor([0, 3])), RuntimeError, "target out of range"),
    (lambda: F.multi_margin_loss(t(2, 3), pellucid.tensor([0])), RuntimeError,
     r"Expected target size \[2\], but got \[1\]"),
    (lambda: F.multi_margin_loss(t(2, 3), t(2)), RuntimeError, "expected scalar type Long but found Float"),
    (lambda: F.multi_margin_loss(t(2, 3), pellucid.tensor([0, 1]), weight=t(4)), RuntimeError,
     r"inconsistent weight size, expected 3 but got \[4\]"),
    (lambda: F.gaussian_nll_loss(t(2), t(2), 1), TypeError, "var must be a Tensor or a float"),
    (lambda: F.glu(t(4, 4), 2), IndexError, "Dimension out of range"),
    (lambda: pellucid.nn.CircularPad1d(1)(t(3)), ValueError, r"expected 2D or 3D input \(got 1D input\)"),
]


@pytest.mark.parametrize("call, error, message", REFUSED, ids=[message for _, _, message in REFUSED])
def test_what_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_logits_are_computed_in_the_type_of_the_target():
    x = t(3, dtype=pellucid.float64)
    assert F.binary_cross_entropy_with_logits(x, t(3)).dtype is pellucid.float32
    assert F.binary_cross_entropy_with_logits(t(3), x, pos_weight=t(3)).dtype is pellucid.float64


# ---- seen whole ----

class Stranger:
    """No tensor; says what was called."""

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return func, types, len(args), kwargs


@pytest.mark.parametrize("name", F.__all__)
def test_a_class_with_torch_function_sees_the_function_itself(name):
    function, count = getattr(F, name), 3 if name == "embedding" or "conv" in name else 2 if name in ("linear",
        "layer_norm") else 1
    assert function(*[Stranger()] * count) == (function, (Stranger,), count, {})


def test_a_subclass_sees_the_function_and_not_its_parts():
    seen = []

    class Watching(pellucid.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            seen.append(func)
            return super().__torch_function__(func, types, args, kwargs or {})

    assert F.mse_loss(Stranger(), 1, reduction="sum") == (F.mse_loss, (Stranger,), 2, {"reduction": "sum"})
    found = F.softmin(pellucid.ones(2, 4).as_subclass(Watching), dim=1)
    assert seen == [F.softmin] and type(found) is Watching and pickle.loads(pickle.dumps(F.softmin)) is F.softmin


def test_rms_norm_of_complex_numbers():
    """As PyTorch computes it: by the mean of the squares, not of the squared lengths."""
    x = pellucid.tensor([[1 + 1j, 2 - 1j]])
    expected = x / (x.square().mean(-1, keepdim=True) + pellucid.finfo(x.dtype).eps).sqrt()
    assert pellucid.allclose(F.rms_norm(x, (2,)), expected)
