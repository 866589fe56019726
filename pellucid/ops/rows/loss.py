"""Losses that are kernels of their own: cross entropy of class indices, negative log likelihood, mean squared error.

Cross entropy of class indices is a row program that never writes the probabilities: it keeps one number a row, the
logarithm of the sum, from which the gradient is made in one pass.
"""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...codegen.schedules.reductions import Reduction
from ...core.devices import has_data
from ...dtypes import dtype
from ..families.composites import composite
from ..families.planned import view_op
from ..families.reductions import reduction
from ..families.rows import row_derivative, rows
from ..families.types import accumulator
from ..maps.activation import attached
from ..reduce.range import index_range
from .softmax import log_softmax


def _squares(d: dtype, mean: bool) -> Reduction:
    def step(s, x, y):
        distance = x - y
        return (s[0] + distance * distance,)

    def finish(s, n):
        return s[0] / m.convert(n, m.type_of(s[0])) if mean else s[0]

    return Reduction(((accumulator(d), 0.0),), step, lambda a, b: (a[0] + b[0],), finish)


@reduction(lambda d: _squares(d, True), supports="f", public=False)
def mse_mean(input, target):
    """The mean of `(input - target)**2`."""


@reduction(lambda d: _squares(d, False), supports="f", public=False)
def mse_sum(input, target):
    """The sum of `(input - target)**2`."""


@mse_mean.derivative
def _(grad, input, target):
    slope = (input - target) * (grad
                                * (2.0 / (input.meta.numel if input.meta.numel >= target.meta.numel
                                          else target.meta.numel)))
    return slope, -slope


@mse_sum.derivative
def _(grad, input, target):
    slope = (input - target) * (grad * 2)
    return slope, -slope


def check_reduction(reduction: str) -> None:
    check(reduction in ("none", "mean", "sum"), "{} is not a valid value for reduction", reduction, error=ValueError)


@composite
def mse_loss(input, target, size_average=None, reduce=None, reduction="mean", weight=None):
    """The mean (or sum, or each) of `(input - target)**2`."""
    check_reduction(reduction)
    common = dtypes.promote_types(input.meta.dtype, target.meta.dtype)
    check(common.is_floating_point, '"mse_cpu" not implemented for \'{}\'', common.title, error=NotImplementedError)
    if (weight is not None or reduction == "none" or input.meta.shape != target.meta.shape
        or not input.meta.dtype.is_floating_point):
        each = (input - target).square()
        each = each if weight is None else each * weight
        if reduction == "none":
            return each
        return (each.sum() if reduction == "sum" else each.mean() if weight is None
                else each.sum() / weight.expand(each.meta.shape).sum())
    return (mse_mean if reduction == "mean" else mse_sum)(input, target)


@rows(results="one one one", one="target", scalars="ignore_index", keep="target ignore_index", along=lambda given: (1,),
      differentiable=(True, False, False), public=False)
def cross_entropy_rows(row, input, target, ignore_index):
    """(loss of each row, its largest logit, log of the sum of exponentials beside that) for logits (N, C) and class
    indices (N) that are in range. Largest and logarithm stay apart: in their sum large logits would take the
    logarithm's digits."""
    top, total = _top_and_sum(row, input)
    return m.where(target == ignore_index, 0.0, total - (row.pick(input, target) - top)), top, total


@row_derivative(cross_entropy_rows)
def cross_entropy_backward(row, grad, input, target, ignore_index, result1, result2):
    top, total = row.saved((result1, result2), lambda: _top_and_sum(row, input))
    p = m.exp((input - top) - total)
    return m.where(target == ignore_index, 0.0, grad * m.where(row.index == target, p - 1.0, p)), None


def _top_and_sum(row, x):
    """The largest element of a row, and the log of the sum of exponentials of the distances from it."""
    top = row.max(x)
    return top, m.log(row.sum(m.exp(x - top)))


def check_classes(target: Any, classes: int, ignore_index: int) -> bool:
    """Raise IndexError where a class index is neither below `classes` nor the one to ignore; whether any is to be
    ignored is returned.
    """
    if target.meta.numel == 0 or not has_data(target.device):
        return False
    low, high = index_range(target)
    low, high = low.item(), high.item()
    if 0 <= low and high < classes:
        return low <= ignore_index <= high
    bad = ((target < 0) | (target >= classes)) & (target != ignore_index)
    if bool(bad.any()):
        check(False, "Target {} is out of bounds.", int(target[bad][0].item()), error=IndexError)
    return True


@view_op(public=False)
def _chosen_from(input):
    """The log-probabilities as nll_loss sees them."""
    return input, 0


@_chosen_from.derivative
def _(grad, input_link):
    return attached(grad, input_link)


@composite
def nll_loss(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean"):
    """Minus the log-probability of the right class: input (N, C, ...) or (C), target (N, ...) or () of class indices.
    """
    check_reduction(reduction)
    check(target.meta.dtype in (dtypes.int64, dtypes.uint8), "expected target dtype to be Long or Byte, but got {}",
          target.meta.dtype.title)
    if input.meta.ndim == 1:
        check(target.meta.ndim < 2, "0D or 1D target tensor expected, multi-target not supported")
        check(target.meta.numel == 1, "For 1D input, 1D target must have size 1, but got target size: {}",
              target.meta.numel, error=ValueError)
        found = nll_loss(input.unsqueeze(0), target.reshape(1), weight, None, ignore_index, None, reduction)
        return found.squeeze(0) if reduction == "none" else found
    check(input.meta.ndim >= 2, "Expected 2 or more dimensions (got {})", input.meta.ndim, error=ValueError)
    size = target.meta.shape[0] if target.meta.ndim else 0
    check(target.meta.ndim and input.meta.shape[0] == size,
          "Expected input batch_size ({}) to match target batch_size ({}).", input.meta.shape[0], size,
          error=ValueError)
    check(input.meta.ndim > 2 or target.meta.ndim < 2,
          "0D or 1D target tensor expected, multi-target not supported, got target size {}",
          list(target.meta.shape))
    check(tuple(input.meta.shape[2:]) == tuple(target.meta.shape[1:]), "Expected target size {}, got {}",
          [input.meta.shape[0], *input.meta.shape[2:]], list(target.meta.shape))
    check(input.meta.ndim == 2 or target.meta.dtype is dtypes.int64, "expected scalar type Long but found {}",
          target.meta.dtype.title)
    check(input.meta.dtype.is_floating_point, '"nll_loss_out_frame" not implemented for \'{}\'', input.meta.dtype.title,
          error=NotImplementedError)
    classes = input.meta.shape[1]
    ignored = check_classes(target, classes, ignore_index)
    index = target.to(dtypes.int64)
    out = (index == ignore_index) if ignored else None
    safe = index if out is None else index.masked_fill(out, 0)
    each = -(_chosen_from(input) if input.requires_grad else input).gather(1, safe.unsqueeze(1)).squeeze(1)
    share = None
    if weight is not None:
        check(weight.meta.shape == (classes,),
              "weight tensor should be defined either for all {} classes or no classes but got weight tensor of shape: "
              "{}", classes,
              list(weight.meta.shape))
        check(weight.meta.dtype is input.meta.dtype, "expected scalar type {} but found {}", input.meta.dtype.title,
              weight.meta.dtype.title)
        share = weight.index_select(0, safe.reshape(-1)).reshape(safe.meta.shape)
        each = each * share
    if out is not None:
        each = each.masked_fill(out, 0)
        share = (out.logical_not().to(each.meta.dtype) if share is None else share.masked_fill(out, 0))
    if reduction == "none":
        return each
    if reduction == "sum":
        return each.sum()
    return each.mean() if share is None else each.sum() / share.sum()


@composite
def cross_entropy(input, target, weight=None, size_average=None, ignore_index=-100, reduce=None, reduction="mean",
                  label_smoothing=0.0):
    """Cross entropy of logits (N, C, ...) or (C) with class indices (N, ...) or (), or with class probabilities of the
    input's shape.
    """
    check_reduction(reduction)
    check(0 <= label_smoothing <= 1, "label_smoothing must be between 0.0 and 1.0. Got: {}", label_smoothing)
    meta, goal = input.meta, target.meta
    axis = 0 if meta.ndim == 1 else 1
    probabilities = meta.shape == goal.shape
    if not probabilities:
        if (meta.ndim >= 2 and goal.dtype is dtypes.int64 and weight is None and label_smoothing == 0
            and meta.dtype.is_floating_point
                and (meta.shape[0], *meta.shape[2:]) == tuple(goal.shape)):
            ignored = check_classes(target, meta.shape[1], ignore_index)
            each = cross_entropy_rows(input, target, ignore_index)[0]
            if reduction == "none":
                return each
            if reduction == "sum":
                return each.sum()
            return each.sum() / (target != ignore_index).sum() if ignored else each.mean()
        if label_smoothing == 0:
            return nll_loss(log_softmax(input, axis), target, weight, None, ignore_index, None, reduction)
    classes = meta.shape[axis] if meta.ndim else 1
    if probabilities:
        check(goal.dtype.is_floating_point, "Expected floating point type for target with class probabilities, got {}",
              goal.dtype)
        check(ignore_index < 0, "ignore_index is not supported for floating point target")
        check(weight is None or weight.meta.shape == (classes,),
              "cross_entropy: weight tensor should be defined either for all {} classes or no classes "
              "but got weight tensor of shape: {}", classes, None if weight is None else list(weight.meta.shape))
    else:
        check(meta.ndim != 1 or goal.ndim == 0 or goal.shape[0] != 1,
              "cross_entropy: label smoothing of a single example expects a target without "
              "dimensions, got one of shape {}", list(goal.shape))
    logs = log_softmax(input, axis)
    by_class = None if weight is None else weight.reshape((-1,) + (1,
                                                          ) * max(0, meta.ndim - 2)) if meta.ndim > 1 else weight
    if probabilities:
        if label_smoothing:
            target = target * (1 - label_smoothing) + label_smoothing / classes
        each = -(logs * target if by_class is None else logs * target * by_class).sum(axis)
        if reduction == "none":
            return each
        return each.sum() if reduction == "sum" else each.sum() / max(1, meta.numel // max(1, classes))
    plain = nll_loss(logs, target, weight, None, ignore_index, None, reduction)
    ignored = target == ignore_index
    smooth = -(logs if by_class is None else logs * by_class).sum(axis).masked_fill(ignored, 0)
    if reduction == "sum":
        smooth = smooth.sum()
    elif reduction == "mean":
        if weight is None:
            smooth = smooth.sum() / ignored.logical_not().sum()
        else:
            shares = weight.index_select(0,
                                         target.masked_fill(ignored,
                                                            0).reshape(-1)).reshape(goal.shape).masked_fill(ignored, 0)
            smooth = smooth.sum() / shares.sum()
    return plain * (1 - label_smoothing) + smooth * (label_smoothing / classes)
