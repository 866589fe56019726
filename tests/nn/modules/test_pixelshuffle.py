"""PixelShuffle and PixelUnshuffle: that each calls its function and shows its argument."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn
from pellucid.nn import functional as F

CASES = [
    (nn.PixelShuffle(2), lambda x: F.pixel_shuffle(x, 2), "PixelShuffle(upscale_factor=2)"),
    (nn.PixelUnshuffle(2), lambda x: F.pixel_unshuffle(x, 2), "PixelUnshuffle(downscale_factor=2)"),
]


@pytest.mark.parametrize("net, function, shown", CASES, ids=[shown for _, _, shown in CASES])
def test_each(net, function, shown):
    x = pellucid.arange(64.0).reshape(1, 8, 2, 4)
    assert net(x).tolist() == function(x).tolist() != x.tolist()
    assert repr(net) == shown


def test_there_and_back():
    x = pellucid.arange(64.0).reshape(1, 8, 2, 4)
    assert nn.PixelUnshuffle(2)(nn.PixelShuffle(2)(x)).tolist() == x.tolist()
