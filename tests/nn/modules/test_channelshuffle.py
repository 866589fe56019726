"""ChannelShuffle: groups in turn."""

from __future__ import annotations

import pellucid
from pellucid import nn


def test_channels_in_turn():
    net = nn.ChannelShuffle(2)
    assert net(pellucid.arange(6.0).reshape(1, 6, 1))[0, :, 0].tolist() == [0, 3, 1, 4, 2, 5]
    assert repr(net) == "ChannelShuffle(groups=2)"
