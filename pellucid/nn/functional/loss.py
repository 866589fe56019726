"""Losses. `reduction` is 'none', 'mean' or 'sum'."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

from pellucid import ops
from pellucid.autograd import is_grad_enabled, no_grad
from pellucid.check import check
from pellucid.dtypes import can_cast, int64, promote_types
from pellucid.nn.functional.activation import _expect_floats
from pellucid.nn.functional.normalisation import _single, pairwise_distance
from pellucid.ops.families.composites import composite
from pellucid.ops.maps import loss as one_loss
from pellucid.tensor import Tensor

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "cross_entropy",
    "gaussian_nll_loss", "hinge_embedding_loss", "huber_loss", "kl_div", "l1_loss", "margin_ranking_loss",
    "mse_loss", "multi_margin_loss", "multilabel_soft_margin_loss", "nll_loss", "poisson_nll_loss",
    "smooth_l1_loss", "soft_margin_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss",
]


def reduction_of(reduction: str, size_average: bool | None, reduce: bool | None) -> str:
    """The reduction asked for; `size_average` and `reduce` are its old spelling."""
    if size_average is not None or reduce is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
        warnings.warn(f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.",
                      stacklevel=3)
    check(reduction in ("none", "mean", "sum"), "{} is not a valid value for reduction", reduction, error=ValueError)
    return reduction


def _reduced(loss: Tensor, reduction: str) -> Tensor:
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def _pair(input: Tensor, target: Tensor) -> Sequence[Tensor]:
    if input.shape == target.shape:
        return input, target
    warnings.warn(f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This "
                  "will likely lead to incorrect results due to broadcasting. Please ensure they have the same "
                  "size.", stacklevel=3)
    return ops.broadcast_tensors(input, target)


def _weighted(loss: Tensor, weight: Tensor | None, reduction: str, mean_by_weight: bool) -> Tensor:
    if weight is None:
        return _reduced(loss, reduction)
    check(weight.shape == loss.shape, "Weights and input must have the same size.", error=ValueError)
    if reduction == "mean" and mean_by_weight:
        return (loss * weight).sum() / weight.sum()
    return _reduced(loss * weight, reduction)


@composite(public=False)
def mse_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
             reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """(x - y)^2."""
    reduction = reduction_of(reduction, size_average, reduce)
    a, b = _pair(input, target)
    return (ops.mse_loss(a, b, reduction=reduction) if weight is None
            else _weighted((a - b).square(), weight, reduction, True))


@composite(public=False)
def l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
            reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """|x - y|."""
    reduction = reduction_of(reduction, size_average, reduce)
    a, b = _pair(input, target)
    return _weighted((a - b).abs(), weight, reduction, True)


@composite(public=False)
def smooth_l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
                   reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """d^2 / (2 beta) where d = |x - y| < beta, else d - beta / 2."""
    check(beta >= 0, "smooth_l1_loss does not support negative values for beta.")
    reduction = reduction_of(reduction, size_average, reduce)
    a, b = _pair(input, target)
    _expect_floats("smooth_l1_cpu", a, b)
    return _reduced((a - b).abs() if beta == 0 else one_loss.smooth_l1_loss(a, b, beta), reduction)


@composite(public=False)
def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
               weight: Tensor | None = None) -> Tensor:
    """d^2 / 2 where d = |x - y| < delta, else delta * (d - delta / 2)."""
    check(delta > 0, "huber_loss does not support non-positive values for delta.")
    reduction = reduction_of(reduction, None, None)
    a, b = _pair(input, target)
    common = promote_types(a.dtype, b.dtype)
    check(can_cast(common, input.dtype), "result type {} can't be cast to the desired output type {}", common.title,
          input.dtype.title)
    _expect_floats("huber_cpu", a, b)
    each = one_loss.huber_loss(_single(a), _single(b), delta)
    return _weighted(each, weight, reduction, False).to(input.dtype)


@composite(public=False)
def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
             ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """-x[y] for an `input` of log-probabilities (N, C, *) and a `target` of classes (N, *), weighted by class."""
    reduction = reduction_of(reduction, size_average, reduce)
    return ops.nll_loss(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction)


@composite(public=False)
def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
                  ignore_index: int = -100,
                  reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0) -> Tensor:
    """nll_loss(log_softmax(x)); the target may also be probabilities of the shape of the input."""
    reduction = reduction_of(reduction, size_average, reduce)
    return ops.cross_entropy(input, target, weight=weight, ignore_index=ignore_index, reduction=reduction,
                             label_smoothing=label_smoothing)


@composite(public=False)
def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
                         reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """-(y log p + (1 - y) log(1 - p)), each logarithm at least -100."""
    reduction = reduction_of(reduction, size_average, reduce)
    check(target.shape == input.shape,
          "Using a target size ({}) that is different to the input size ({}) is deprecated. Please ensure "
          "they have the same size.", target.shape, input.shape, error=ValueError)
    check(target.dtype is input.dtype, "Found dtype {} but expected {}", target.dtype.title, input.dtype.title)
    _expect_floats("binary_cross_entropy", input)
    for name, given in (("input", input), ("target", target)):
        check(given.is_meta or bool(((given >= 0) & (given <= 1)).all()),
              "all elements of {} should be between 0 and 1", name)
    loss = one_loss.binary_cross_entropy(input, target)
    return _reduced(loss if weight is None else loss * weight, reduction)


@composite(public=False)
def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                     size_average: bool | None = None,
                                     reduce: bool | None = None, reduction: str = "mean",
                                     pos_weight: Tensor | None = None) -> Tensor:
    """binary_cross_entropy(sigmoid(x), y), without overflow. `pos_weight` weighs the positive targets."""
    reduction = reduction_of(reduction, size_average, reduce)
    check(target.shape == input.shape, "Target size ({}) must be the same as input size ({})", target.shape,
          input.shape, error=ValueError)
    check(can_cast(input.dtype, target.dtype), "result type {} can't be cast to the desired output type {}",
          input.dtype.title, target.dtype.title)
    check(not input.dtype.is_integral, "\"log_sigmoid_cpu\" not implemented for '{}'", input.dtype.title,
          error=NotImplementedError)
    loss = one_loss.binary_cross_entropy_with_logits(input, target, pos_weight)
    loss = loss if weight is None else loss * weight
    return _reduced(loss.to(target.dtype), reduction)                # PyTorch computes in the target's memory


@composite(public=False)
def kl_div(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
           reduction: str = "mean", log_target: bool = False) -> Tensor:
    """y (log y - x) for an `input` of log-probabilities; also with reduction='batchmean', which is the divergence."""
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn("reduction: 'mean' divides the total loss by both the batch size and the support "
                      "size.'batchmean' divides only by the batch size, and aligns with the KL div math "
                      "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
                      "release.", stacklevel=2)
    check(input.is_floating_point() and target.is_floating_point(), "kl_div: Integral inputs not supported.")
    batchmean = reduction == "batchmean"
    reduction = reduction_of("sum" if batchmean else reduction, size_average, reduce)
    if log_target:
        loss = target.exp() * (target - input)
    else:
        loss = target * (ops.where(target == 0, 1.0, target).log() - input)            # 0 log 0 is 0
    loss = _reduced(loss, reduction)
    return loss / input.shape[0] if batchmean and input.dim() else loss


@composite(public=False)
def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
                     size_average: bool | None = None,
                     eps: float = 1e-8, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """Negative log-likelihood of Poisson counts; `full` adds Stirling's approximation of log(y!)."""
    reduction = reduction_of(reduction, size_average, reduce)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return _reduced(loss, reduction)


@composite(public=False)
def gaussian_nll_loss(input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6,
                      reduction: str = "mean") -> Tensor:
    """Negative log-likelihood of a normal distribution with mean `input` and variance `var` (at least `eps`)."""
    check(reduction in ("none", "mean", "sum"), "{} is not valid", reduction, error=ValueError)
    if isinstance(var, float):
        var = var * ops.ones_like(input)
    check(isinstance(var, Tensor), "var must be a Tensor or a float, got {}", type(var).__name__, error=TypeError)
    check(var.is_meta or not (var < 0).any(), "var has negative entry/entries", error=ValueError)
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        else:
            odd = [b for a, b in zip(input.shape, var.shape, strict=False) if a != b]
            check(input.ndim == var.ndim and sum(odd) == 1, "var is of incorrect size", error=ValueError)
    var = var.clone()
    with no_grad():                                       # the limit has no part in the gradient
        var.clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    return _reduced(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)


@composite(public=False)
def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                        size_average: bool | None = None,
                        reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """max(0, -y (x1 - x2) + margin)."""
    reduction = reduction_of(reduction, size_average, reduce)
    check(input1.dim() == input2.dim() == target.dim(),
          "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
          "input1: {}, input2: {}, target: {} ", input1.shape, input2.shape, target.shape)
    return _reduced((-target * (input1 - input2) + margin).clamp(min=0), reduction)


@composite(public=False)
def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, size_average: bool | None = None,
                         reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """x where y is 1, max(0, margin - x) where y is -1."""
    reduction = reduction_of(reduction, size_average, reduce)
    wide = _single(input)
    apart = ops.where(target == 1, ops.zeros_like(wide), (margin - wide).clamp(min=0))
    loss = _reduced(apart + ops.where(target == -1, ops.zeros_like(wide), wide), reduction)
    return loss if wide is input else loss.to(input.dtype)


@composite(public=False)
def soft_margin_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
                     reduction: str = "mean") -> Tensor:
    """log(1 + exp(-y x))."""
    reduction = reduction_of(reduction, size_average, reduce)
    check(not (target.requires_grad and is_grad_enabled()), "The function 'soft_margin_loss' is not differentiable "
          "with respect to argument 'target'. This input cannot have requires_grad True.")
    power = (-input).mul_(target)                    # as PyTorch has it: of the input's type and shape
    if not input.dtype.is_floating_point:
        return _reduced(power.exp_().log1p(), reduction)
    return _reduced(0 - ops.logsigmoid(-power), reduction)                      # not -0 where nothing is lost


@composite(public=False)
def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                size_average: bool | None = None,
                                reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """The mean over classes of -(y log sigmoid(x) + (1 - y) log sigmoid(-x))."""
    reduction = reduction_of(reduction, size_average, reduce)
    loss = -(target * ops.logsigmoid(input) + (1 - target) * ops.logsigmoid(-input))
    return _reduced((loss if weight is None else loss * weight).sum(dim=-1) / input.shape[-1], reduction)


@composite(public=False)
def multi_margin_loss(input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
                      size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """The mean over other classes i of max(0, margin - x[y] + x[i])^p."""
    reduction = reduction_of(reduction, size_average, reduce)
    check(p in (1, 2), "only p == 1 and p == 2 supported", error=ValueError)
    check(weight is None or weight.dim() == 1, "weight must be one-dimensional", error=ValueError)
    rows = input.reshape(1, -1) if input.dim() < 2 else input
    check(target.numel() == rows.shape[0] and target.dim() < 2,
          "multi_margin_loss: target tensor should be 1-D with size equal to the number of input "
          "samples (batch size). Expected target size [{}], but got {}. Input has shape {}.", rows.shape[0],
          list(target.shape), list(input.shape))
    check(weight is None or weight.numel() == rows.shape[1], "inconsistent weight size, expected {} but got {}",
          rows.shape[1], None if weight is None else list(weight.shape))
    check(target.dtype is int64, "expected scalar type Long but found {}", target.dtype.title)
    check(target.is_meta or bool(((target >= 0) & (target < rows.shape[1])).all()), "target out of range")
    index = target.reshape(-1, 1)
    gap = margin - rows.gather(1, index) + rows
    gap = ops.where(gap > 0, gap, 0)                     # of NaN nothing, as in PyTorch
    gap = gap if p == 1 else gap * gap
    gap = gap if weight is None else gap * weight[index]
    others = ops.arange(rows.shape[1], device=input.device) != index
    loss = (gap * others).sum(1) / rows.shape[1]
    return _reduced(loss if target.dim() else loss.squeeze(0), reduction)


@composite(public=False)
def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                          size_average: bool | None = None,
                          reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """1 - cos(x1, x2) where y is 1, max(0, cos(x1, x2) - margin) where y is -1."""
    reduction = reduction_of(reduction, size_average, reduce)
    dim = target.dim()
    check(dim in (0, 1), "0D or 1D target tensor expected, multi-target not supported")
    check(input1.dim() == dim + 1,
          "{}D target tensor expects {}D input tensors, but found inputs with sizes {} and {}.", dim, dim + 1,
          input1.shape, input2.shape)
    tiny = 1e-12
    cos = (input1 * input2).sum(dim) / (((input1 * input1).sum(dim) + tiny)
                                        * ((input2 * input2).sum(dim) + tiny)).sqrt()
    zeros = ops.zeros_like(cos)
    loss = ops.where(target == 1, 1 - cos, zeros) + ops.where(target == -1, (cos - margin).clamp(min=0), zeros)
    return _reduced(loss, reduction)


@composite(public=False)
def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
                        eps: float = 1e-6,
                        swap: bool = False, size_average: bool | None = None, reduce: bool | None = None,
                        reduction: str = "mean") -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) with d the `p`-norm."""
    reduction = reduction_of(reduction, size_average, reduce)
    return triplet_margin_with_distance_loss(anchor, positive, negative, margin=margin, swap=swap, reduction=reduction,
                                             distance_function=lambda a, b: pairwise_distance(a, b, p, eps))


@composite(public=False)
def triplet_margin_with_distance_loss(anchor: Tensor, positive: Tensor, negative: Tensor, *,
                                      distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
                                      margin: float = 1.0, swap: bool = False, reduction: str = "mean") -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin); `swap` also tries d(positive, negative)."""
    reduction = reduction_of(reduction, None, None)
    check(margin > 0, "margin must be greater than 0, got {}", margin, error=ValueError)
    check(anchor.ndim == positive.ndim == negative.ndim,
          "The anchor, positive, and negative tensors are expected to have the same number "
          "of dimensions, but got: anchor {}D, positive {}D, and negative {}D inputs", anchor.ndim, positive.ndim,
          negative.ndim)
    distance = distance_function or pairwise_distance
    near, far = distance(anchor, positive), distance(anchor, negative)
    far = far.minimum(distance(positive, negative)) if swap else far
    return _reduced((margin + near - far).clamp(min=0), reduction)
