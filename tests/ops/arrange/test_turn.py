"""flip and its relatives."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.ops.families.stepping import stepping


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "int8", "int64", "bool", "complex64"])
def test_lines_read_backwards(dtype):
    """Vectors are loaded whole and turned, what is left lane by lane; interpreted alike."""
    draw = np.random.default_rng(0)
    for size in (1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 70, 129):
        whole = draw.integers(-100, 100, (3, size))
        x = pellucid.tensor(whole + 1j * whole[::-1] if dtype == "complex64" else whole).to(getattr(pellucid, dtype))
        wanted = pellucid.stack([x[:, size - 1 - k] for k in range(size)], 1)
        assert pellucid.equal(x.flip(1), wanted) and pellucid.equal(x[:, ::-1] * 1, wanted * 1)
        assert pellucid.equal(x.flip((0, 1)).flip(0), wanted)
    with stepping():
        assert pellucid.equal(x.flip(1), wanted)
