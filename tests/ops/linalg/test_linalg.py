"""Products of matrices: what a factor of 0 leaves out."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import tensor as t

NAN, M = float("nan"), (lambda: t([[1.0, 2.0], [3.0, 4.0]]))


@pytest.mark.parametrize("name, left, right",
                         [("addmm", M, M), ("addmv", M, lambda: M()[0]),
                          ("addbmm", lambda: M()[None], lambda: M()[None])])
def test_what_is_taken_0_times_does_not_count(name, left, right):
    add = getattr(pellucid, name)
    start = M()[0] if name == "addmv" else M()
    assert add(start, left() * NAN, right(), alpha=0).tolist() == start.tolist()
    assert add(start * NAN, left() * NAN, right(), alpha=0, beta=0).tolist() == (start * 0).tolist()
    assert add(start * NAN, left(), right(), beta=0).tolist() == add(start * 0, left(), right()).tolist()
    # PyTorch looks at it there
    assert pellucid.baddbmm(M(), M()[None] * NAN, M()[None], alpha=0).isnan().all()
    a = left().requires_grad_()
    add(start, a, right(), alpha=0).sum().backward()
    assert a.grad.tolist() == (left() * 0).tolist()


@pytest.mark.parametrize("dtype", [pellucid.int8, pellucid.uint8, pellucid.int32, pellucid.bool])
def test_einsum_of_small_integers_keeps_their_type_where_nothing_is_summed_apart(dtype):
    a, b = pellucid.ones(1, 3).to(dtype), pellucid.ones(2, 3).to(dtype)
    for equation, operands, shape in (("ij,ik->jk", (a, a), (3, 3)), ("ij,kl->ijkl", (b, a), (2, 3, 1, 3)),
                                      ("ij,ij->ji", (b, b), (3, 2)), ("i...,j...->ij", (a[:, :1], b[:, :1]), (1, 2))):
        found = pellucid.einsum(equation, *operands)
        assert found.dtype is dtype and found.shape == shape and (found == 1).all()
    assert (pellucid.einsum("ij,k->k", b, a[0]).tolist() == [6, 6, 6]
            and pellucid.einsum("ij->i", b).dtype is pellucid.int64)
    if dtype is not pellucid.bool:
        assert pellucid.einsum("ij,kj->ik", b, b).dtype is dtype
