"""Losses that are one scalar body of input and target."""

from __future__ import annotations

from ...codegen import math as m
from ..families.maps import pointwise


def _slope_of_distance(grad, distance, limit, within, beyond):
    """The slope of a loss that is a parabola up to a distance, a line from there on: `within` times the distance, `beyond`."""
    inside = m.where(m.abs(distance) >= limit, 0, distance)              # no infinity where the product is not chosen
    slope = m.where(distance <= -limit, -grad * beyond, m.where(distance >= limit, grad * beyond, grad * (inside * within)))
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
