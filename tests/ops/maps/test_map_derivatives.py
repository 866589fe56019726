"""First and second derivatives of maps where formulas break: at infinities, NaN, ties, in branches not taken."""

from __future__ import annotations

import math

import pytest

import pellucid
from pellucid.nn import functional as F
from tests.ops.slopes import inf, nan, same, slopes

# name: (function, operands, their first derivatives, their second derivatives: those of the sum of the first)
CASES = {
    "relu": (F.relu, [[nan, 1, -1, 0]], [[1, 1, 0, 0]], [[0, 0, 0, 0]]),
    "relu of a vector of NaN": (F.relu, [[nan] * 20], [[1] * 20], [[0] * 20]),
    "relu6": (F.relu6, [[nan, -1, 3, 7, 0, 6]], [[1, 0, 1, 0, 0, 0]], [[0] * 6]),
    "hardtanh": (F.hardtanh, [[nan, -2, 0, 2, 1]], [[1, 0, 1, 0, 0]], [[0] * 5]),
    "hardshrink": (F.hardshrink, [[nan, 0.5, -0.6, 1]], [[1, 0, 1, 1]], [[0] * 4]),
    "softshrink": (F.softshrink, [[nan, 0.5, -0.6, 1]], [[1, 0, 1, 1]], [[0] * 4]),
    "elu": (F.elu, [[inf, 1e4, 0, -inf, -1e4]], [[1, 1, 1, 0, 0]], [[0] * 5]),
    "celu": (F.celu, [[inf, 1e4, 0, -inf, -1e4]], [[1, 1, 1, 0, 0]], [[0] * 5]),
    "selu": (F.selu, [[inf, 1e4, -inf]], [[1.0507009873554805, 1.0507009873554805, 0]], [[0] * 3]),
    "elu of NaN": (F.elu, [[nan]], [[1]], [[0]]),
    "hardswish": (F.hardswish, [[inf, -inf, 3, -3, 0, nan]], [[1, 0, 1, 0, 0.5, 1]], [[0, 0, 0, 0, 1 / 3, 0]]),
    "softplus": (lambda x: F.softplus(x, 2.0, 1.0), [[inf, 0.5, 3, 0]], [[1, 0.7310585786300049, 1, 0.5]],
                 [[0, 0, 0, 0.5]]),
    "prelu": (lambda x, w: F.prelu(x[None], w), [[inf, 2, -1], [inf]], [[1, 1, inf], [-1]], [[0, 0, 1], [1]]),
    "clamp": (lambda x: x.clamp(0, 1), [[nan, 0, 1, 2, 0.5]], [[0, 1, 1, 0, 1]], [[0] * 5]),
    "clamp from NaN": (lambda x: x.clamp(nan, 1), [[0, 2, nan]], [[0, 0, 0]], [[0] * 3]),
    "clamp to a tensor": (lambda x, y: x.clamp(max=y), [[nan, 1, 1, 2], [1, nan, 1, 1]], [[0, 0, 1, 0], [0, 0, 0, 1]],
                          [[0] * 4, [0] * 4]),
    "nextafter": (pellucid.nextafter, [[1, 1], [1, 2]], [[0, 1], [0, 0]], [[0, 0], [0, 0]]),
    "atan2": (pellucid.atan2, [[0, 1], [0, 0]], [[0, 0], [0, -1]], [[0, 1], [0, 1]]),
    "acosh": (pellucid.acosh, [[2, -2, 1e30]], [[3**-0.5, 3**-0.5, 1e-30]], [[-2 * 3**-1.5, 2 * 3**-1.5, 0]]),
    "entr": (pellucid.special.entr, [[1, 2]], [[-1, -1 - math.log(2)]], [[-1, -0.5]]),
    "xlogy": (pellucid.xlogy, [[0, 0, 2], [0, -1, 1]], [[0, 0, 0], [nan, 0, 2]], [[inf, -1, 1], [nan, 0, -1]]),
    "logaddexp": (pellucid.logaddexp, [[inf, 0, -inf, inf, -inf, 1], [1, inf, 1, inf, -inf, 1]],
                  [[1, 0, 0, 0.5, 0, 0.5], [0, 1, 1, 0.5, 0, 0.5]], [[0] * 6, [0] * 6]),
    "logaddexp2": (pellucid.logaddexp2, [[inf, 0, -inf, inf, -inf, 1], [1, inf, 1, inf, -inf, 1]],
                   [[1, 0, 0, 0.5, 0, 0.5], [0, 1, 1, 0.5, 0, 0.5]], [[0] * 6, [0] * 6]),
    "sinc": (pellucid.sinc, [[0, 1e-3, 1e-20]], [[0, -0.0032898649, 0]],
             [[-math.pi**2 / 3, -3.2898584, -math.pi**2 / 3]]),
    "pow of 0": (pellucid.pow, [[0, 0, -1, inf], [0, 2, 0, 0]], [[0, 0, 0, 0], [0, 0, nan, inf]],
                 [[nan, 2, -1, 0], [nan, 0, nan, nan]]),
    "a power of 0": (lambda x: 0.0**x, [[-1, 1, 0]], [[-inf, 0, 0]], [[inf, 0, 0]]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_first_and_second_derivatives(name, dtype):
    function, operands, first, second = CASES[name]
    fused, found, again = slopes(function, operands, getattr(pellucid, dtype))
    same(fused, first)
    same(found, first)
    same(again, second)


def test_zero_slopes_of_an_infinite_gradient_are_0():
    for function in (pellucid.sgn, pellucid.sign, pellucid.angle, pellucid.floor):
        x = pellucid.tensor([1.0, 0, nan], requires_grad=True)
        function(x).backward(pellucid.full((3,), inf))
        assert x.grad.tolist() == [0, 0, 0], function.__name__


LOSSES = {
    "smooth_l1": (lambda x, y: F.smooth_l1_loss(x, y, reduction="sum"),
                  [[inf, -inf, 3, 1, 1.5, -2, nan], [0, 1, 3, 2, 1, -inf, 0]], [1, -1, 0, -1, 0.5, 1, nan],
                  [0, 0, 1, 0, 1, 0, 0]),
    "smooth_l1 of beta 2": (lambda x, y: F.smooth_l1_loss(x, y, reduction="sum", beta=2.0), [[inf, 3, 1], [0, 3, 2]],
                            [1, 0, -0.5], [0, 0.5, 0.5]),
    "smooth_l1 of beta 0": (lambda x, y: F.smooth_l1_loss(x, y, reduction="sum", beta=0.0), [[inf, 3, 1], [0, 3, 2]],
                            [1, 0, -1], [0, 0, 0]),
    "huber": (lambda x, y: F.huber_loss(x, y, reduction="sum", delta=2.0), [[inf, 3, 0, 1], [0, 3, 2, 2]],
              [2, 0, -2, -1], [0, 1, 0, 1]),
    "l1": (lambda x, y: F.l1_loss(x, y, reduction="sum"), [[inf, 3, -inf], [0, 3, inf]], [1, 0, -1], [0, 0, 0]),
    "mse": (lambda x, y: F.mse_loss(x, y, reduction="sum"), [[inf, 3], [0, 3]], [inf, 0], [2, 2]),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_at_infinite_and_no_distances(name, dtype):
    """The derivatives for the target are those for the input, negated; second derivatives do not change sign again."""
    function, operands, first, second = LOSSES[name]
    for place, sign in enumerate((1, -1)):
        def of_one(*given, place=place):
            return function(*(x if k == place else x.detach() for k, x in enumerate(given)))

        fused, found, again = (part[place:place + 1] for part in slopes(of_one, operands, getattr(pellucid, dtype)))
        same(fused, [[sign * x for x in first]])
        same(found, [[sign * x for x in first]])
        same(again, [second])


def test_binary_cross_entropy_at_certainty():
    """Nothing is NaN; the derivative for the target is that of the logarithms, which end at -100."""
    operands = [[0, 1, 0.5, 0, 1], [0, 1, 0.5, 1, 0]]
    for dtype in (pellucid.float32, pellucid.float64):
        fused, found, again = slopes(lambda x, y: F.binary_cross_entropy(x, y, reduction="sum"), operands, dtype)
        for first in (fused, found):
            same(first, [[0, 0, 0, -1e12, 1e12], [100, -100, 0, 100, -100]])
        assert all(pellucid.from_numpy(part).isfinite().all() for part in again)


def test_floor_divide_has_no_derivative_but_floored_division_is_flat():
    x = pellucid.tensor([3.0, -5.0], requires_grad=True)
    for function in (lambda x: x // 2, lambda x: pellucid.floor_divide(x, x), lambda x: 7 // x,
                     lambda x: (x * 1).floor_divide_(2)):
        with pytest.raises(RuntimeError, match="derivative for aten::floor_divide is not implemented"):
            function(x).sum().backward()
    for mode in ("floor", "trunc"):
        assert pellucid.autograd.grad(x.div(2, rounding_mode=mode).sum(), x)[0].tolist() == [0, 0]
    first, = pellucid.autograd.grad(pellucid.remainder(x, x * x).sum(), x, create_graph=True)
    assert first.tolist() == [1, -9] and pellucid.autograd.grad(first.sum(), x)[0].tolist() == [0, 2]


def test_a_number_scaled_by_powers_of_two_has_second_derivatives():
    x, weight = (pellucid.tensor([1e-30, 3], dtype=pellucid.float64, requires_grad=True) for _ in range(2))
    slope, = pellucid.autograd.grad(pellucid.ldexp(x, pellucid.tensor([200, -1])), x, weight, create_graph=True)
    assert slope.tolist() == [1e-30 * 2.0**200, 1.5]
    assert pellucid.autograd.grad(slope.sum(), weight)[0].tolist() == [2.0**200, 0.5]


def test_entr_below_0():
    assert pellucid.special.entr(pellucid.tensor([-inf, -1, 0, 1])).tolist() == [-inf, -inf, 0, 0]


def test_no_derivative_is_an_error_of_backward():
    """heaviside has a node, as in PyTorch, whose gradient nobody has written."""
    x = pellucid.ones(2, requires_grad=True)
    y = pellucid.heaviside(x, x)
    assert y.requires_grad and y.grad_fn.name() == "NotImplemented"
    with pytest.raises(RuntimeError, match="heaviside"):
        y.sum().backward()
