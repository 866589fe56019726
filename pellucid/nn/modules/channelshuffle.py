"""The layer that mixes groups of channels."""

from __future__ import annotations

from pellucid.nn import functional as F
from pellucid.nn.modules.module import Module
from pellucid.tensor import Tensor

__all__ = ["ChannelShuffle"]


class ChannelShuffle(Module):
    """(N, g n, *) to (N, n g, *): the channels of `groups` groups in turn."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
