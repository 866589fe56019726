"""CosineSimilarity, PairwiseDistance."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn

A, B = pellucid.tensor([[3.0, 4.0], [1.0, 0.0]]), pellucid.tensor([[0.0, 0.0], [0.0, 2.0]])


def test_distance():
    assert nn.PairwiseDistance(eps=0.0)(A, B).tolist() == pytest.approx([5.0, 5.0**0.5])
    assert nn.PairwiseDistance(1.0, 0.0, True)(A, B).tolist() == [[7.0], [3.0]]


def test_similarity():
    assert nn.CosineSimilarity()(A, A).tolist() == pytest.approx([1.0, 1.0])
    assert nn.CosineSimilarity(dim=0)(A, B).tolist() == pytest.approx([0.0, 0.0])
