"""Dropout layers: masks, modes. The numbers are PyTorch's for the same seed."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn

KINDS = [(nn.Dropout, (4, 5)), (nn.Dropout1d, (2, 3, 4)), (nn.Dropout2d, (2, 3, 4, 5)), (nn.Dropout3d, (2, 3, 2, 2, 2)),
         (nn.AlphaDropout, (4, 5)), (nn.FeatureAlphaDropout, (2, 3, 4))]


@pytest.mark.parametrize("kind, shape", KINDS)
def test_evaluation_changes_nothing(kind, shape):
    x = pellucid.randn(*shape)
    assert kind(0.5).eval()(x).tolist() == x.tolist() and kind(0.0)(x).tolist() == x.tolist()
    assert not kind(1.0)(x).any()
    assert repr(kind(0.2)) == f"{kind.__name__}(p=0.2, inplace=False)"
    with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1, but got 1.5"):
        kind(1.5)


def test_the_seed_gives_pytorchs_mask():
    pellucid.manual_seed(0)
    assert nn.Dropout(0.5)(pellucid.ones(8)).tolist() == MASK
    pellucid.manual_seed(0)
    assert nn.Dropout2d(0.5)(pellucid.ones(1, 8, 1, 2))[0, :, 0, 1].tolist() == MASK


MASK = [0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0, 2.0]


def test_channels_go_together():
    for kind, shape in KINDS[1:4]:
        kept = kind(0.5)(pellucid.ones(*shape)).flatten(2)
        assert (kept == kept[:, :, :1]).all() and set(kept.flatten().tolist()) <= {0.0, 2.0}
    kept = nn.Dropout1d(0.5)(pellucid.ones(6, 4))          # without a batch
    assert (kept == kept[:, :1]).all()


def test_gradient_is_that_of_the_mask():
    x = pellucid.ones(4, 5, requires_grad=True)
    y = nn.Dropout(0.3)(x)
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()


def test_alpha_dropout_keeps_mean_and_variance():
    y = nn.AlphaDropout(0.3)(pellucid.randn(100, 100))
    assert abs(y.mean().item()) < 0.05 and abs(y.var().item() - 1) < 0.05


def test_in_place():
    for kind, shape in KINDS[:4]:
        x = pellucid.ones(*shape)
        assert kind(0.5, inplace=True)(x) is x and set(x.flatten().tolist()) <= {0.0, 2.0}
