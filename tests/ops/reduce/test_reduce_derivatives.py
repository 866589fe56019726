"""First and second derivatives of reductions and running values at zeros, ties, infinities and NaN."""

from __future__ import annotations

import pytest

import pellucid
from tests.ops.slopes import inf, nan, same, slopes

# name: (function, row, the first derivatives of the results' sum, the second: those of the sum of the first)
CASES = {
    "prod": (lambda x: x.prod(), [2, 0, 3], [0, 6, 0], [3, 5, 2]),
    "prod of two zeros": (lambda x: x.prod(0), [2, 3, 0, 0], [0, 0, 0, 0], [0, 0, 6, 6]),
    "prod of three zeros": (lambda x: x.prod(0, True), [2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]),
    "prod of one": (lambda x: x.prod(), [0], [1], [0]),
    "prod of 0-d": (lambda x: x.sum().prod(), [0, 0], [1, 1], [0, 0]),
    "cumprod": (lambda x: x.cumprod(0), [2, 0, 3], [1, 8, 0], [4, 6, 2]),
    "cumprod of two zeros": (lambda x: x.cumprod(0), [0, 2, 0, 0], [3, 0, 0, 0], [3, 1, 2, 0]),
    "cumprod of zeros": (lambda x: x.cumprod(0), [0, 0, 0], [1, 0, 0], [1, 1, 0]),
    "cumprod of infinities": (lambda x: x.cumprod(0), [inf, 1, 2], [4, inf, inf], [4, inf, nan]),
    "max": (lambda x: x.max(), [nan, 1, 2], [1, 0, 0], [0, 0, 0]),
    "max of two NaN": (lambda x: x.max(), [1, nan, nan], [0, 0.5, 0.5], [0, 0, 0]),
    "min": (lambda x: x.min(), [1, nan, 2], [0, 1, 0], [0, 0, 0]),
    "amax": (lambda x: x.amax(0), [1, 3, 3, 2], [0, 0.5, 0.5, 0], [0] * 4),
    "amin of NaN": (lambda x: x.amin(0, True), [1, nan], [0, 1], [0, 0]),
    "aminmax": (lambda x: sum(pellucid.aminmax(x)), [1, 3, 1], [0.5, 1, 0.5], [0] * 3),
    "std of a constant": (lambda x: x.std(), [1, 1, 1], [0, 0, 0], [0, 0, 0]),
    "std_mean of a constant": (lambda x: sum(pellucid.std_mean(x)), [1, 1], [0.5, 0.5], [0, 0]),
    "var of a constant": (lambda x: x.var(0), [1, 1, 1], [0, 0, 0], [0, 0, 0]),
    "var of infinities": (lambda x: x.var(), [inf, 1, 2], [nan, -inf, -inf], None),
    "std": (lambda x: x.std(0, correction=0), [1e-30, -1e-30], [0.5, -0.5], [0, 0]),
    "logsumexp of little": (lambda x: x[None].logsumexp((0, 1), True), [-inf, 1, 1], [0, 0.5, 0.5], [0, 0, 0]),
    "logcumsumexp": (lambda x: x.logcumsumexp(0), [inf, 1, 2], [3, 0, 0], [0, 0, 0]),
    "logcumsumexp from -inf": (lambda x: x.logcumsumexp(0), [-inf, -inf, 1, -inf], [0, 0, 2, 0], [0] * 4),
    "cummax": (lambda x: x.cummax(0)[0], [1, 1, nan, 3], [1, 1, 2, 0], [0] * 4),
    "norm of 0": (lambda x: x.norm(), [0, 0], [0, 0], [0, 0]),
    "norm 3 of 0": (lambda x: x.norm(3, 0, True), [0, 0], [0, 0], [0, 0]),
    "norm 4 of little": (lambda x: x.norm(4), [1e-15, -1e-15], [0.5**0.75, -(0.5**0.75)], None),
    "norm 3 of much": (lambda x: x.norm(3), [1e15, 0], [1, 0], None),
    "norm 1.5 beside 0": (lambda x: x.norm(1.5), [0, 4], [0, 1], [0, 0]),
    "the largest of NaN": (lambda x: x.norm(inf), [nan, 1, -2], [0, 0, 0], [0, 0, 0]),
    "the largest of two": (lambda x: x.norm(inf), [-2, 1, 2], [-0.5, 0, 0.5], [0, 0, 0]),
    "nansum": (lambda x: x.nansum(), [nan, inf, 1], [0, 1, 1], [0] * 3),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_first_and_second_derivatives(name, dtype):
    function, row, first, second = CASES[name]
    _, found, again = slopes(function, [row], getattr(pellucid, dtype))
    same(found, [first])
    if second is not None:
        same(again, [second])


@pytest.mark.parametrize("row, expected", [([inf, 1, 2], [nan, inf, inf]), ([1e30, -1e30, 1], [-inf, inf, -inf]),
                                           ([0, inf, 2], [inf, 0, 0]), ([2, 0, 3], [0, 6, 0]), ([0, 0, 3], [0, 0, 0])])
def test_products_without_a_graph(row, expected):
    """Without a second derivative the result is divided by each factor, as PyTorch does it; zeros are counted."""
    x = pellucid.tensor([row, row], dtype=pellucid.float32, requires_grad=True)
    x.prod(1).sum().backward()
    same([x.grad.numpy()], [[expected, expected]])


def test_an_infinite_gradient_reaches_the_largest_only():
    for function in (pellucid.amax, pellucid.max, lambda x: x.norm(inf)):
        x = pellucid.tensor([1.0, 3, 2], requires_grad=True)
        function(x).backward(pellucid.tensor(inf))
        assert x.grad.tolist() == [0, inf, 0]


def test_the_length_of_nothing_has_a_slope_for_the_gradient_of_its_gradient():
    """Which is the gradient times the direction, here 0, and not 0 divided by the length."""
    x, weight = pellucid.zeros(2, requires_grad=True), pellucid.tensor(3.0, requires_grad=True)
    first, = pellucid.autograd.grad(x.norm(), x, weight, create_graph=True)
    assert first.tolist() == [0, 0] and pellucid.autograd.grad(first.sum(), weight)[0].item() == 0


def test_deviations_beyond_the_range_of_squares():
    assert pellucid.tensor([1e30, -1e30]).std().item() == pytest.approx(2**0.5 * 1e30)
    assert pellucid.tensor([3e20, -3e20]).var().item() == inf
    assert pellucid.tensor([[1e-30, -1e-30]]).std(1).tolist() == pytest.approx([2**0.5 * 1e-30])
    variance, mean = pellucid.var_mean(pellucid.tensor([inf, 1, 2]))
    assert variance.isnan() and mean == inf
    x = pellucid.tensor([1e30, -1e30], requires_grad=True)
    x.std().backward()
    assert x.grad.tolist() == pytest.approx([0.5**0.5, -(0.5**0.5)])


@pytest.mark.parametrize("dim", [0, 1, -1])
@pytest.mark.parametrize("name", ["cumprod", "logcumsumexp", "prod"])
def test_derivatives_to_third_order_at_zeros(name, dim):
    """Against differences, with more than one zero along the dimension; complex as well."""
    for dtype in (pellucid.float64, pellucid.complex128):
        x = pellucid.tensor([[1.5, 0, -2, 0], [0, 1, 0.5, 3], [0, 2, 1, -1]], dtype=dtype, requires_grad=True)

        def first(x):
            y = getattr(x, name)(dim)
            return pellucid.autograd.grad(y, x, pellucid.ones_like(y), create_graph=True)[0]

        assert pellucid.autograd.gradcheck(lambda x: getattr(x, name)(dim), x)
        assert pellucid.autograd.gradgradcheck(lambda x: getattr(x, name)(dim), x)
        assert pellucid.autograd.gradgradcheck(first, x)
