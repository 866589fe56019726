"""Clipping of gradients."""

from __future__ import annotations

import math

import pytest

import pellucid
from pellucid import nn
from pellucid.nn.utils import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm


def parameters():
    a, b, c = (nn.Parameter(pellucid.zeros(2)) for _ in range(3))
    a.grad, b.grad = pellucid.tensor([3.0, 0.0]), pellucid.tensor([0.0, -4.0])
    return [a, b, c]


@pytest.mark.parametrize("p, norm", [(2.0, 5.0), (1.0, 7.0), (math.inf, 4.0), (3, 91 ** (1 / 3))])
def test_norm(p, norm):
    all = parameters()
    assert clip_grad_norm_(iter(all), 1.0, p).item() == pytest.approx(norm)
    assert get_total_norm([q.grad for q in all[:2]], p).item() == pytest.approx(1.0, rel=1e-5)
    assert all[0].grad.tolist() == pytest.approx([3 / norm, 0], rel=1e-5)
    assert clip_grad_norm_(all, 10.0, p).item() == pytest.approx(1.0, rel=1e-5)
    assert all[0].grad.tolist() == pytest.approx([3 / norm, 0], rel=1e-5)


def test_one_tensor_and_none():
    a = parameters()[0]
    assert clip_grad_norm_(a, 1.5).item() == 3.0 and a.grad[0].item() == pytest.approx(1.5)
    assert clip_grad_norm_([], 1.0).item() == 0.0
    with pytest.warns(UserWarning, match="`parameters` is an empty generator"):
        clip_grad_norm_((x for x in ()), 1.0)
    clip_grads_with_norm_(a, 1.5, pellucid.tensor(3.0))
    assert a.grad[0].item() == pytest.approx(0.75)


def test_not_finite():
    a = parameters()[0]
    a.grad[0] = math.nan
    with pytest.raises(RuntimeError, match="The total norm of order 2.0 for gradients from `parameters` is non-finite"):
        clip_grad_norm_(a, 1.0, error_if_nonfinite=True)
    assert clip_grad_norm_(a, 1.0).isnan()


def test_value():
    all = parameters()
    clip_grad_value_(all, 2)
    assert all[0].grad.tolist() == [2.0, 0.0] and all[1].grad.tolist() == [0.0, -2.0]


def test_the_name_of_old():
    w = pellucid.ones(2, requires_grad=True)
    w.grad = pellucid.tensor([3.0, 4.0])
    with pytest.warns(FutureWarning, match="clip_grad_norm is now deprecated"):
        assert nn.utils.clip_grad_norm(w, 1.0).item() == 5
    assert w.grad.tolist() == pytest.approx([0.6, 0.8])
