"""Layer norm and batch norm."""

from __future__ import annotations

from typing import Any

from ...check import check
from ...codegen import math as m
from ...codegen.unknown import UNKNOWN
from ...core import meta as metas
from ...core.meta import Meta
from ..families.composites import composite
from ..families.maps import pointwise
from ..families.rows import row_derivative, rows
from ..families.types import type_name
from .softmax import check_types


def _smaller(x):
    """A factor, a power of two, that brings the largest numbers of x's type where their squares can be added up."""
    return 1.0 if x is UNKNOWN else 2.0**-64 if m.type_of(x) == "f32" else 2.0**-512


def _statistics(row, x, eps):
    """(mean, variance, 1 / sqrt(variance + eps)) of a row. The rounding of a mean is mended by the mean of what is
    left; squares that leave the type's range are added up once more, made smaller."""
    rough = row.mean(x)
    d = x - rough
    small = d * _smaller(d)
    rest, squares = row.mean(d), row.mean(d * d)
    over = m.isinf(squares)
    scaled = row.mean(small * small, over)
    variance = m.maximum(squares - rest * rest, 0.0)
    return rough + rest, variance, m.rsqrt(m.where(over, scaled,
                                                   variance + eps)) * m.where(over, _smaller(scaled),
                                                                              m.constant(scaled, 1.0))


def _plain_statistics(row, x, eps):
    """(mean, 1 / sqrt(variance + eps)), as they follow from a row: what is saved, for the second derivative."""
    center = row.mean(x)
    d = x - center
    return center, m.rsqrt(row.mean(d * d) + eps)


# ---- layer norm ------------------------------------------------------------------------------------------------------

def _last_dims(given: dict[str, Any]) -> tuple[int, ...]:
    """The dimensions that `normalized_shape` names, which it must fit."""
    input, normalized_shape = given["input"], given["normalized_shape"]
    n = len(normalized_shape)
    check(n > 0,
          "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
          "normalized_shape = {}", list(normalized_shape))
    check(input.ndim >= n and tuple(input.shape[input.ndim - n:]) == tuple(normalized_shape),
          "Given normalized_shape={}, expected input with shape [*, {}], but got input of size{}",
          list(normalized_shape), ", ".join(map(str, normalized_shape)), list(input.shape))
    return tuple(range(input.ndim - n, input.ndim))


def _check_layer_norm(given: dict[str, Any]) -> None:
    _last_dims(given)
    shape = list(given["normalized_shape"])
    check_types(given["input"], given["weight"], given["bias"])
    for name in ("weight", "bias"):
        part = given[name]
        check(part is None or list(part.shape) == shape,
              "Expected {0} to be of same shape as normalized_shape, but got {0} of shape {1} and "
              "normalized_shape = {2}", name, None if part is None else list(part.shape), shape)


@rows(results="row one one", shared="weight? bias?", scalars="eps", along=_last_dims, checks=_check_layer_norm,
      keepdim=True, differentiable=(True, False, False), error="LayerNormKernelImpl", public=False)
def native_layer_norm(row, input, normalized_shape, weight, bias, eps):
    """(y, mean, rstd): see `layer_norm`. The statistics have the input's shape with the normalised dimensions as 1."""
    center, _, scale = _statistics(row, input, eps)
    y = (input - center) * scale
    y = y if weight is None else y * weight
    return (y if bias is None else y + bias), center, scale


_layer_norm = native_layer_norm


@row_derivative(_layer_norm)
def layer_norm_backward(row, grad, input, weight, eps, result1, result2):
    center, scale = row.saved((result1, result2), lambda: _plain_statistics(row, input, eps))
    scaled = grad if weight is None else grad * weight
    at = (input - center) * scale
    return (scaled - row.mean(scaled) - at * row.mean(scaled * at)) * scale, grad * at, grad


@composite
def native_layer_norm(input, normalized_shape, weight, bias, eps):
    """(y, mean, rstd): see `layer_norm`. The statistics have the input's shape with the normalised dimensions as 1."""
    y, *statistics = _layer_norm(input, tuple(normalized_shape), weight, bias, eps)
    given = [part.meta.dtype for part in (weight, bias) if part is not None]
    return (y, *(one.to(given[0] if given else input.meta.dtype) for one in statistics))


@composite
def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05, cudnn_enable=True):
    """`(x - mean) / sqrt(var + eps) * weight + bias` over the last dimensions, which must have `normalized_shape`
    (https://arxiv.org/abs/1607.06450). Raises RuntimeError where shapes do not fit."""
    check(isinstance(normalized_shape, (tuple, list)),
          "layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not {}",
          type(normalized_shape).__name__, error=TypeError)
    return _layer_norm(input, tuple(normalized_shape), weight, bias, eps)[0]


# ---- batch norm ------------------------------------------------------------------------------------------------------

def _check_channels(input: Meta, **parts: Meta | None) -> None:
    check(input.ndim >= 2, "batch_norm: expected an input of at least 2 dimensions (N, C, ...), got {}",
          list(input.shape))
    for name, part in parts.items():
        check(part is None or (part.ndim == 1 and part.shape[0] == input.shape[1]),
              "{} should contain {} elements not {}", name, input.shape[1],
              None if part is None else part.numel)


@rows(results="row one one one", one="weight? bias?", scalars="eps",
      along=lambda given: tuple(d for d in range(given["input"].ndim) if d != 1),
      checks=lambda given: _check_channels(given["input"], weight=given["weight"], bias=given["bias"]), like=True,
      differentiable=(True, False, False, False), error="batch_norm")
def batch_norm_train(row, input, weight, bias, eps):
    """(y, mean, rstd, biased variance), statistics over all dimensions but the second."""
    center, variance, scale = _statistics(row, input, eps)
    y = (input - center) * (scale if weight is None else scale * weight)
    return (y if bias is None else y + bias), center, scale, variance


@row_derivative(batch_norm_train)
def batch_norm_backward(row, grad, input, weight, eps, result1, result2):
    center, scale = row.saved((result1, result2), lambda: _plain_statistics(row, input, eps))
    at = (input - center) * scale
    along, plain = row.sum(grad * at), row.sum(grad)
    return (grad - (plain + at * along) / row.count(plain)) * (scale if weight is None
                                                               else scale * weight), along, plain


@pointwise(operands=("input", "center", "variance", "weight", "bias"), scalars=("eps",), supports="f", public=False,
           into_dtype=lambda given, common: given["input"].dtype)
def batch_norm_eval(input, center, variance, weight=None, bias=None, eps=1e-5):
    """Batch norm with given statistics."""
    scale = m.rsqrt(variance + eps)
    y = (input - center) * (scale if weight is None else scale * weight)
    return y if bias is None else y + bias


@batch_norm_eval.derivative
def _(grad, input, center, variance, weight, eps):
    scale = m.rsqrt(variance + eps)
    scaled = scale if weight is None else scale * weight
    distance = input - center
    return grad * scaled, -grad * scaled, grad * distance * scaled * scale * scale * -0.5, grad * distance * scale, grad


@composite
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05,
               cudnn_enabled=True):
    """Normalise each channel (dimension 1) by the batch's mean and variance (training), which then move the running
    ones by `momentum`, or by the running ones (https://arxiv.org/abs/1502.03167)."""
    meta = input.meta
    if not meta.numel:
        found = input.clone() if weight is None or not weight.meta.numel else input * weight[0]
        return found if bias is None or not bias.meta.numel else found + bias[0]
    _check_channels(meta, running_mean=None if running_mean is None else running_mean.meta,
                    running_var=None if running_var is None else running_var.meta,
                    weight=None if weight is None else weight.meta, bias=None if bias is None else bias.meta)
    check(meta.dtype.is_floating_point, '"batch_norm" not implemented for \'{}\'', type_name(meta.dtype),
          error=NotImplementedError)
    check_types(meta, *(None if part is None else part.meta for part in (weight, bias, running_mean, running_var)))
    if not meta.contiguous:
        # what the result will be: PyTorch keeps no other order
        input = input.contiguous(memory_format=metas.suggested_format(meta))
    if not training:
        check(running_mean is not None and running_var is not None,
              "Expected running_mean and running_var to be defined when training=False")
        shape = (1, meta.shape[1]) + (1,) * (meta.ndim - 2)
        parts = [None if part is None else part.reshape(shape) for part in (running_mean, running_var, weight, bias)]
        return batch_norm_eval(input, *parts, eps=eps)
    n = meta.numel // meta.shape[1] if meta.shape[1] else 0
    check(n > 1, "Expected more than 1 value per channel when training, got input size {}", metas.Size(meta.shape),
          error=ValueError)
    y, center, _, variance = batch_norm_train(input, weight, bias, eps)
    if running_mean is not None:
        running_mean.lerp_(center.detach().to(running_mean.meta.dtype), momentum)
    if running_var is not None:
        running_var.lerp_((variance.detach() * (n / (n - 1))).to(running_var.meta.dtype), momentum)
    return y
