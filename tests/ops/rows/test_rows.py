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
    assert x.grad[0].tolist() == pytest.approx([math.exp(one - LOG_SUM) - (k == 1) for k, one in enumerate(LOGITS)], rel=1e-4)


@pytest.mark.parametrize("dtype, size", [("float32", 1e30), ("float32", 1e-3), ("float32", 1e35), ("float64", 1e300), ("bfloat16", 1e30)])
def test_norms_of_numbers_whose_squares_leave_the_range(dtype, size):
    d = getattr(pellucid, dtype)
    values, right = [1.0, -1.0, 2.0, -2.0], [one / 2.5**0.5 for one in (1.0, -1.0, 2.0, -2.0)]
    for length in (1, 20):                                    # a row within a vector, and a long one
        x = (pellucid.tensor(values * length, dtype=pellucid.float64) * size).to(d)
        found = [F.layer_norm(x, (4 * length,), eps=1e-30), F.batch_norm(x[:, None], None, None, training=True, eps=1e-30)[:, 0],
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
