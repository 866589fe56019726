"""common_types: names that annotations of layers use."""

from __future__ import annotations

from typing import Union

from pellucid.nn import common_types


def test_sizes():
    assert common_types._size_2_t == Union[int, tuple[int, int]]     # noqa: UP007 (what PyTorch's says of itself)
    assert common_types._size_1_t == Union[int, tuple[int]]          # noqa: UP007
    assert common_types._ratio_3_t == Union[float, tuple[float, float, float]]      # noqa: UP007
