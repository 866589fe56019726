"""Embedding."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn


def test_embedding():
    net = nn.Embedding(5, 3, padding_idx=-2)
    assert net.padding_idx == 3 and not net.weight[3].any() and net.weight[2].all()
    index = pellucid.tensor([[0, 3], [1, 1]])
    rows = net(index)
    assert rows.shape == (2, 2, 3) and rows[1, 0].tolist() == net.weight[1].tolist()
    rows.sum().backward()
    assert net.weight.grad.tolist() == [[1.0] * 3, [2.0] * 3, [0.0] * 3, [0.0] * 3, [0.0] * 3]
    with pytest.raises(IndexError):
        net(pellucid.tensor([5]))


def test_gradient_by_frequency():
    net = nn.Embedding(3, 1, scale_grad_by_freq=True)
    net(pellucid.tensor([0, 1, 1])).sum().backward()
    assert net.weight.grad.flatten().tolist() == [1.0, 1.0, 0.0]


def test_max_norm():
    net = nn.Embedding.from_pretrained(pellucid.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]]), max_norm=1.0)
    assert not net.weight.requires_grad
    assert net(pellucid.tensor([0, 1, 0])).flatten().tolist() == pytest.approx([0.6, 0.8, 0.3, 0.4, 0.6, 0.8])
    assert net.weight.flatten().tolist() == pytest.approx([0.6, 0.8, 0.3, 0.4, 6.0, 8.0])


def test_arguments_and_repr():
    with pytest.raises(AssertionError, match="Padding_idx must be within num_embeddings"):
        nn.Embedding(3, 2, 3)
    with pytest.raises(AssertionError, match="Shape of weight does not match num_embeddings and embedding_dim"):
        nn.Embedding(3, 2, _weight=pellucid.zeros(2, 2))
    assert repr(nn.Embedding(3, 2)) == "Embedding(3, 2)"
    assert repr(nn.Embedding(3, 2, 1, 2.0, 3.0, True)) == (
        "Embedding(3, 2, padding_idx=1, max_norm=2.0, norm_type=3.0, scale_grad_by_freq=True)")
