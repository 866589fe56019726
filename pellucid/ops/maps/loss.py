"""Losses that are one scalar body of input and target."""

from __future__ import annotations

from ...codegen import math as m
from ..families.maps import pointwise


def _slope_of_distance(grad, distance, limit, within, beyond):
    """The slope of a loss that is a parabola up to a limit, a line from there on: `within` times the distance,
    `beyond`.
    """
    # no infinity where the product is not chosen; a NaN, whose own slope is 0
    inside = m.where(m.abs(distance) < limit, distance, m.where(distance == distance, 0, distance - distance))
    right = m.where(distance >= limit, grad * beyond, grad * (inside * within))
    slope = m.where(distance <= -limit, -grad * beyond, right)
    return slope, -slope


@pointwise(supports="f", scalars=("beta",), operands=("input", "target"), public=False, inplace=False, cost=0.2)
def smooth_l1_loss(input, target, beta):
    """d**2 / (2 beta) where d = |input - target| < beta, else d - beta / 2."""
    d = m.abs(input - target)
    return m.where(d < beta, 0.5 * d * d / beta, d - 0.5 * beta)


@smooth_l1_loss.derivative
def _(grad, input, target, beta):
    return _slope_of_distance(grad, input - target, beta, 1 / beta, 1)


@pointwise(supports="f", scalars=("delta",), operands=("input", "target"), public=False, inplace=False, cost=0.2)
def huber_loss(input, target, delta):
    """d**2 / 2 where d = |input - target| < delta, else delta * (d - delta / 2)."""
    d = m.abs(input - target)
    return m.where(d < delta, 0.5 * d * d, delta * (d - 0.5 * delta))


@huber_loss.derivative
def _(grad, input, target, delta):
    return _slope_of_distance(grad, input - target, delta, 1, delta)


def _log_of(x):
    """The logarithm of a probability, at least -100: that of 0 would be lost in 0 times infinity."""
    none = x <= 0
    return m.where(none, -100.0, m.clamp(m.log(m.where(none, 1.0, x)), -100.0, 0.0))


def _log_of_other(x):
    """`_log_of(1 - x)`."""
    none = x >= 1
    return m.where(none, -100.0, m.clamp(m.log1p(-m.where(none, 0.0, x)), -100.0, 0.0))


@pointwise(supports="f", public=False, inplace=False, cost=2.0)
def binary_cross_entropy(input, target):
    """-(y log p + (1 - y) log(1 - p)) of a probability p and a target y."""
    return (target - 1) * _log_of_other(input) - target * _log_of(input)


@binary_cross_entropy.derivative("input")
def _(grad, input, target):
    return grad * (input - target) / m.clamp((1 - input) * input, 1e-12, 1.0)


@binary_cross_entropy.derivative("target")
def _(grad, input):
    return grad * (_log_of_other(input) - _log_of(input))


def _minus_log_sigmoid(x):
    """`-log(sigmoid(x))`, without overflow; its slope is right at 0 as well, which that of `abs` is not."""
    negative = x < 0
    return m.log1p(m.exp(m.where(negative, x, -x))) - m.where(negative, x, 0.0)


@pointwise(supports="f", operands=("input", "target", "pos_weight"), public=False, inplace=False, cost=1.5)
def binary_cross_entropy_with_logits(input, target, pos_weight=None):
    """`binary_cross_entropy(sigmoid(input), target)`, the part of positive targets times `pos_weight`."""
    weight = 1 if pos_weight is None else (pos_weight - 1) * target + 1
    return (1 - target) * input + _minus_log_sigmoid(input) * weight


@binary_cross_entropy_with_logits.derivative
def _(grad, input, target, pos_weight):
    p = m.sigmoid(input)
    if pos_weight is None:
        return grad * (p - target), grad * -input, None
    log = _minus_log_sigmoid(input)
    of_input = ((pos_weight - 1) * target + 1) * p - pos_weight * target
    return grad * of_input, grad * ((pos_weight - 1) * log - input), grad * target * log
