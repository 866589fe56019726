"""nn.init: bounds and moments; numbers that PyTorch gives for the same seed; errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.nn import init


def test_gains():
    assert init.calculate_gain("linear") == init.calculate_gain("conv_transpose3d") == init.calculate_gain(
        "sigmoid") == 1
    assert (init.calculate_gain("tanh") == 5 / 3 and init.calculate_gain("relu") == math.sqrt(2)
            and init.calculate_gain("selu") == 0.75)
    assert init.calculate_gain("leaky_relu") == math.sqrt(2 / 1.0001) and init.calculate_gain("leaky_relu", 1) == 1
    for arguments, message in ((("leaky_relu", True), "negative_slope True not a valid number"),
                               (("none",), "Unsupported nonlinearity none")):
        with pytest.raises(ValueError, match=message):
            init.calculate_gain(*arguments)


def test_filling():
    w = nn.Parameter(pellucid.empty(3, 4))
    assert init.constant_(w, 2.5) is w and w.eq(2.5).all() and w.requires_grad and w.grad_fn is None
    assert init.ones_(w).eq(1).all() and not init.zeros_(w).any()
    assert init.eye_(w).tolist() == np.eye(3, 4).tolist()
    with pytest.raises(ValueError, match="Only tensors with 2 dimensions are supported"):
        init.eye_(pellucid.empty(2))


@pytest.mark.parametrize("n", [1, 2, 3])
def test_dirac_is_the_identity(n):
    x = pellucid.randn(1, 4, *(5,) * n)
    net = getattr(nn, f"Conv{n}d")(4, 4, 3, padding=1, bias=False, groups=2)
    init.dirac_(net.weight, groups=2)
    np.testing.assert_allclose(net(x).detach().numpy(), x.numpy())
    with pytest.raises(ValueError, match="Only tensors with 3, 4, or 5 dimensions are supported"):
        init.dirac_(pellucid.empty(2, 2))
    with pytest.raises(ValueError, match="dim 0 must be divisible by groups"):
        init.dirac_(pellucid.empty(3, 2, 2), groups=2)


@pytest.mark.parametrize("fill, std", [
    (lambda w: init.uniform_(w, -2, 4), 6 / math.sqrt(12)), (lambda w: init.normal_(w, 1, 3), 3),
    (lambda w: init.xavier_uniform_(w, 2.0), 2 * math.sqrt(2 / 300)),
    (lambda w: init.xavier_normal_(w), math.sqrt(2 / 300)),
    (lambda w: init.kaiming_uniform_(w, mode="fan_out"), math.sqrt(2 / 200)),
    (lambda w: init.kaiming_normal_(w, nonlinearity="relu"), math.sqrt(2 / 100)),
    (lambda w: init.trunc_normal_(w, std=0.1), 0.1)])
def test_spread(fill, std):
    w = nn.Parameter(pellucid.empty(200, 100))
    assert fill(w) is w
    assert w.std().item() == pytest.approx(std, rel=0.03)


def test_truncation():
    for mean, std, low, high in ((0, 1, -2, 2), (0, 1, -0.3, 0.2), (2, 1, 3, 4), (0, 0.1, 0, 5)):
        w = init.trunc_normal_(pellucid.empty(500), mean, std, low, high)
        assert low <= w.min().item() and w.max().item() <= high
    with pytest.warns(UserWarning, match="mean is more than 2 std from"):
        init.trunc_normal_(pellucid.empty(5), 9, 1, 0, 1)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 3)])
def test_orthogonal(shape):
    w = init.orthogonal_(nn.Parameter(pellucid.empty(shape, dtype=pellucid.float64)),
                         gain=2).detach().numpy().reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)
    with pytest.raises(ValueError, match="Only tensors with 2 or more dimensions are supported"):
        init.orthogonal_(pellucid.empty(3))


def test_sparse():
    w = init.sparse_(pellucid.empty(10, 4), 0.25)
    assert w.eq(0).sum(0).tolist() == [3] * 4 and w.std().item() < 0.02


def numbers(fill, *shape):
    pellucid.manual_seed(0)
    return fill(pellucid.empty(*shape)).flatten().tolist()


@pytest.mark.parametrize("fill, shape, expected", [
    (init.uniform_, (4,), [0.49625658988952637, 0.7682217955589294, 0.08847743272781372, 0.13203048706054688]),
    (lambda w: init.normal_(w, 1.0, 2.0), (4,),
     [4.081992149353027, 0.4131421744823456, -3.357578754425049, 2.1368625164031982]),
    (init.xavier_uniform_, (2, 2),
     [-0.009169445373117924, 0.657006561756134, -1.0080204010009766, -0.9013375639915466]),
    (init.kaiming_normal_, (2, 2), [1.5409960746765137, -0.293428897857666, -2.1787893772125244, 0.5684312582015991]),
    (lambda w: init.trunc_normal_(w, 0.0, 1.0, -1.0, 1.0), (4,),
     [-0.7192575931549072, -0.293428897857666, 0.40334683656692505, 0.5684312582015991]),
    (lambda w: init.trunc_normal_(w, 0.0, 1.0, 0.1, 0.4), (4,),
     [0.24887698888778687, 0.33046653866767883, 0.12654323875904083, 0.13960914313793182]),
    (lambda w: init.sparse_(w, 0.5), (2, 2), [0.015409961342811584, -0.002934289164841175, 0.0, 0.0]),
])
def test_the_seed_gives_pytorchs_numbers(fill, shape, expected):
    assert numbers(fill, *shape) == expected


def test_generators():
    def draw(generator):
        return init.normal_(pellucid.empty(3), generator=generator).tolist()

    g = pellucid.Generator()
    assert draw(g.manual_seed(3)) == draw(g.manual_seed(3)) != draw(None)


def test_errors():
    with pytest.raises(ValueError,
                       match="Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"):
        init.xavier_normal_(pellucid.empty(3))
    with pytest.raises(ValueError, match="Mode none not supported"):
        init.kaiming_normal_(pellucid.empty(3, 3), mode="none")
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        init.kaiming_uniform_(pellucid.empty(0, 3))


def test_names_of_old():
    for name in ("uniform normal constant eye dirac xavier_uniform xavier_normal kaiming_uniform kaiming_normal "
                 "orthogonal sparse").split():
        w, v = (pellucid.zeros(*((4, 4, 3) if name == "dirac" else (4, 4))) for _ in range(2))
        args = {"constant": (3.0,), "sparse": (0.5,)}.get(name, ())
        pellucid.manual_seed(0)
        getattr(nn.init, name + "_")(v, *args)
        pellucid.manual_seed(0)
        with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`."):
            assert getattr(nn.init, name)(w, *args) is w
        assert w.tolist() == v.tolist()
