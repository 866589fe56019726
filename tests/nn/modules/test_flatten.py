"""Flatten, Unflatten."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn


def test_shapes():
    x = pellucid.zeros(2, 3, 4, 5)
    assert nn.Flatten()(x).shape == (2, 60) and nn.Flatten(0, 1)(x).shape == (6, 4, 5)
    assert nn.Unflatten(1, (1, 3))(x).shape == (2, 1, 3, 4, 5) and nn.Unflatten(-1, [5, -1])(x).shape == (2, 3, 4, 5, 1)
    assert repr(nn.Flatten()) == "Flatten(start_dim=1, end_dim=-1)"
    assert repr(nn.Unflatten(1, (1, 3))) == "Unflatten(dim=1, unflattened_size=(1, 3))"


def test_arguments():
    with pytest.raises(TypeError, match="unflattened_size must be a tuple of ints, but found type int"):
        nn.Unflatten(1, 3)
    with pytest.raises(TypeError,
                       match="unflattened_size must be tuple of ints, but found element of type float at pos 1"):
        nn.Unflatten(1, (1, 2.0))
