"""Capsules both ways, under torch.utils.dlpack's names."""

from __future__ import annotations

import pytest

import pellucid
from pellucid.utils.dlpack import from_dlpack, to_dlpack


def test_a_capsule_shares_memory_and_is_taken_once():
    x = pellucid.arange(6.0).view(2, 3)
    capsule = to_dlpack(x)
    y = from_dlpack(capsule)
    y[0, 1] = 7
    assert x[0, 1] == 7 and y.data_ptr() == x.data_ptr() and pellucid.to_dlpack is to_dlpack
    with pytest.raises(RuntimeError, match="can be consumed only once"):
        from_dlpack(capsule)
