"""Differences of neighbours and what is between them."""

from __future__ import annotations

import pellucid as torch


def test_trapezoids_of_small_integers_do_not_wrap():
    assert torch.trapezoid(torch.arange(144).to(torch.uint8)).item() == 10224.5
    assert torch.trapezoid(torch.arange(5.0), dx=2.0).item() == 16 and torch.trapezoid(torch.tensor([3.0])).item() == 0
    assert torch.trapezoid(torch.empty(2, 0, dtype=torch.int32)).dtype is torch.int32
