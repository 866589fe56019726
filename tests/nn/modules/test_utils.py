"""Prefixes of state dict keys."""

from __future__ import annotations

from pellucid import nn
from pellucid.nn.modules.utils import consume_prefix_in_state_dict_if_present


def test_prefix():
    state = nn.Sequential(nn.Linear(1, 1)).state_dict(prefix="module.")
    consume_prefix_in_state_dict_if_present(state, "module.")
    assert list(state) == ["0.weight", "0.bias"] and "0" in state._metadata
    nn.Sequential(nn.Linear(1, 1)).load_state_dict(state)
