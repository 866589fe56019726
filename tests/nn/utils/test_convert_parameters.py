"""All parameters as one vector."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn
from pellucid.nn.utils import parameters_to_vector, vector_to_parameters


def test_there_and_back():
    net = nn.Linear(2, 3)
    vector = parameters_to_vector(net.parameters())
    assert vector.tolist() == net.weight.flatten().tolist() + net.bias.tolist() and vector.requires_grad
    vector_to_parameters(pellucid.arange(9.0), net.parameters())
    assert net.weight.tolist() == [[0, 1], [2, 3], [4, 5]] and net.bias.tolist() == [6, 7, 8] and net.bias.requires_grad
    with pytest.raises(TypeError, match="expected torch.Tensor, but got: list"):
        vector_to_parameters([], net.parameters())
    with pytest.raises(TypeError, match="Found two parameters on different devices"):
        parameters_to_vector([net.weight, pellucid.empty(1, device="meta")])
