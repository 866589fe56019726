"""Products of matrices: what a factor of 0 leaves out."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import tensor as t

NAN, M = float("nan"), (lambda: t([[1.0, 2.0], [3.0, 4.0]]))


@pytest.mark.parametrize("name, left, right", [("addmm", M, M), ("addmv", M, lambda: M()[0]), ("addbmm", lambda: M()[None], lambda: M()[None])])
def test_what_is_taken_0_times_does_not_count(name, left, right):
    add = getattr(pellucid, name)
    start = M()[0] if name == "addmv" else M()
    assert add(start, left() * NAN, right(), alpha=0).tolist() == start.tolist()
    assert add(start * NAN, left() * NAN, right(), alpha=0, beta=0).tolist() == (start * 0).tolist()
    assert add(start * NAN, left(), right(), beta=0).tolist() == add(start * 0, left(), right()).tolist()
    assert pellucid.baddbmm(M(), M()[None] * NAN, M()[None], alpha=0).isnan().all()            # PyTorch looks at it there
    a = left().requires_grad_()
    add(start, a, right(), alpha=0).sum().backward()
    assert a.grad.tolist() == (left() * 0).tolist()
