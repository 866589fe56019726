"""Padding layers."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn

MODES = {"Zero": "constant", "Reflection": "reflect", "Replication": "edge", "Circular": "wrap"}


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", MODES)
def test_as_numpy(kind, n):
    x = pellucid.randn(2, 3, *range(4, 4 + n))
    sides = tuple(range(1, 2 * n + 1)) if n == 1 else (1, 2, 2, 1, 3, 0)[:2 * n]
    widths = [(0, 0)] * 2 + [sides[2 * i:2 * i + 2] for i in reversed(range(n))]
    net = getattr(nn, f"{kind}Pad{n}d")(sides)
    assert net(x).tolist() == np.pad(x.numpy(), widths, mode=MODES[kind]).tolist()
    assert repr(net) == f"{kind}Pad{n}d({sides})"
    assert getattr(nn, f"{kind}Pad{n}d")(2).padding == (2,) * (2 * n)


def test_constant():
    net = nn.ConstantPad1d((1, -1), 3.5)
    assert net(pellucid.zeros(1, 2)).tolist() == [[3.5, 0.0]]
    assert repr(net) == "ConstantPad1d(padding=(1, -1), value=3.5)"


def test_gradient():
    x = pellucid.zeros(1, 1, 3, requires_grad=True)
    nn.ReplicationPad1d((2, 1))(x).sum().backward()
    assert x.grad.tolist() == [[[3.0, 1.0, 2.0]]]
