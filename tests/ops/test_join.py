"""Operators that put whole tensors together: strides of results and forms of arguments."""

from __future__ import annotations

import pytest

import pellucid


def test_stacks_are_contiguous():
    x = pellucid.arange(24.0).view(2, 3, 4).permute(2, 0, 1)                       # unsqueezed, it would pass for channels last
    found = pellucid.stack([x, x + 1])
    assert found.is_contiguous() and found[1].tolist() == (x + 1).tolist() and found[0].tolist() == x.tolist()
    with pytest.raises(TypeError, match="stack\\(\\): argument 'tensors'"):
        pellucid.stack(x)


def test_flips_keep_the_order_of_dimensions_in_memory():
    x = pellucid.arange(24.0).view(2, 3, 4).permute(2, 0, 1)
    for dims in ((0,), (1, 2), (-1,)):
        found = x.flip(dims)
        assert found.stride() == x.stride() and found.tolist() == x.numpy()[tuple(slice(None, None, -1) if d in [k % 3 for k in dims] else slice(None)
                                                                                  for d in range(3))].tolist()
    x.requires_grad_()
    (x.flip(0) * pellucid.arange(4.0).view(4, 1, 1)).sum().backward()
    assert x.grad[:, 0, 0].tolist() == [3, 2, 1, 0]


def test_dimensions_one_by_one():
    x = pellucid.arange(6).view(2, 3)
    assert x.flip(0, 1).tolist() == [[5, 4, 3], [2, 1, 0]] and x.tile(2, 1).shape == (4, 3) and x.tile((2,)).shape == (2, 6)
