"""Row programs at the ends of the numbers: softmax, cross entropy, norms."""

from __future__ import annotations

import math

import pytest

import pellucid
from pellucid.nn import functional as F

LOGITS = [0.0, -4.0, -69.0, -10.0]
LOG_SUM = math.log(sum(math.exp(x) for x in LOGITS))


@pytest.mark.parametrize("shift", [0.0, 1e4, 1e7, -1e7])
def test_logarithms_of_softmax_keep_their_digits_at_large_logits(shift):
    x = (pellucid.tensor([LOGITS]) + shift).requires_grad_()
    assert F.log_softmax(x, 1)[0].tolist() == pytest.approx([one - LOG_SUM for one in LOGITS], rel=1e-5)
    loss = F.cross_entropy(x, pellucid.tensor([1]))
    assert loss.item() == pytest.approx(4 + LOG_SUM, rel=1e-6)
    loss.backward()
    assert x.grad[0].tolist() == pytest.approx([math.exp(one - LOG_SUM) - (k == 1) for k, one in enumerate(LOGITS)],
                                               rel=1e-4)


@pytest.mark.parametrize("dtype, size",
                         [("float32", 1e30), ("float32", 1e-3), ("float32", 1e35), ("float64", 1e300),
                          ("bfloat16", 1e30)])
def test_norms_of_numbers_whose_squares_leave_the_range(dtype, size):
    d = getattr(pellucid, dtype)
    values, right = [1.0, -1.0, 2.0, -2.0], [one / 2.5**0.5 for one in (1.0, -1.0, 2.0, -2.0)]
    for length in (1, 20):                                    # a row within a vector, and a long one
        x = (pellucid.tensor(values * length, dtype=pellucid.float64) * size).to(d)
        found = [F.layer_norm(x, (4 * length,), eps=1e-30),
                 F.batch_norm(x[:, None], None, None, training=True, eps=1e-30)[:, 0],
                 F.group_norm(x[None], 1, eps=1e-30)[0]]
        for one in found:
            assert one.tolist() == pytest.approx(right * length, rel=1e-2 if d is pellucid.bfloat16 else 1e-6)
    y, mean, rstd = pellucid.native_layer_norm(x, (4 * length,), None, None, 1e-30)
    assert y.dtype is mean.dtype is rstd.dtype is d and rstd.item() == pytest.approx(1 / (2.5**0.5 * size), rel=1e-2)


@pytest.mark.parametrize("value", [1.2345e9, -1 / 3, 1e-20, 7e30])
def test_a_normalised_constant_is_zero(value):
    x = pellucid.full((400, 3), value)
    assert not F.batch_norm(x, None, None, training=True).any() and not F.layer_norm(x.t(), (400,)).any()


def test_gradients_of_norms_are_as_before_at_usual_numbers():
    x = pellucid.tensor([[1.0, 2.0, 4.0, 8.0], [0.5, 0.25, -3.0, 1.0]], dtype=pellucid.float64, requires_grad=True)
    assert pellucid.autograd.gradcheck(lambda x: F.layer_norm(x, (4,)), (x,))
    assert pellucid.autograd.gradcheck(lambda x: F.batch_norm(x, None, None, training=True), (x,))


@pytest.mark.parametrize("dtype, digits", [("float32", 1e-6), ("float64", 1e-14), ("bfloat16", 1e-2)])
@pytest.mark.parametrize("shape, dim",
                         [((3, 5, 9), 1), ((2, 2, 100), 1), ((2, 300, 33), 1), ((7, 40), 0), ((2, 3, 16, 20), 1),
                          ((600, 17), 0), ((3, 1, 50), 1),
                                        ((2, 4, 5, 64), 2)])
def test_rows_that_are_columns_are_worked_on_side_by_side(shape, dim, dtype, digits):
    d = getattr(pellucid, dtype)
    x = pellucid.arange(math.prod(shape)).remainder(13).sub(6).mul(0.7).view(shape).to(d).requires_grad_()
    turned = x.detach().movedim(dim, -1).contiguous().requires_grad_()          # the same, rows in one piece
    weight = pellucid.arange(math.prod(shape)).remainder(5).view(shape).to(d)
    for op in (F.softmax, F.log_softmax):
        found, right = op(x, dim), op(turned, -1)
        assert (found.movedim(dim, -1) - right).abs().max() <= digits * 16
        (mine,), (other,) = (pellucid.autograd.grad(one, leaf, w)
                             for one, leaf, w in ((found, x, weight), (right, turned, weight.movedim(dim, -1))))
        assert (mine.movedim(dim, -1) - other).abs().max() <= digits * 100
    if dim == 1 and len(shape) > 2:
        target = pellucid.arange(math.prod(shape) // shape[1]).remainder(shape[1]).view(shape[0], *shape[2:])
        target.view(-1)[0] = -100
        for reduction in ("mean", "sum", "none"):
            found, right = F.cross_entropy(x, target, reduction=reduction), F.cross_entropy(turned.flatten(0, -2),
                target.flatten(), reduction=reduction)
            assert (found.flatten() - right.flatten()).abs().max() <= digits * max(32, right.abs().max().item() * 8)
            mine, = pellucid.autograd.grad(found.sum(), x)
            other, = pellucid.autograd.grad(right.sum(), turned)
            assert (mine.movedim(dim, -1) - other).abs().max() <= digits * 8
