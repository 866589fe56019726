"""Layer norm and batch norm."""

from __future__ import annotations

from typing import Any

from ...check import check
from ...codegen import math as m
from ...codegen.ir import UNKNOWN
from ...codegen.schedules.reductions import Reduction
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Parameter, Plan
from ...dtypes import dtype
from ..families.composites import composite, structured
from ..families.maps import pointwise
from ..families.reductions import reduction
from ..families.rows import TensorRow, row_op, with_constant
from ..families.types import type_name
from ..reduce.sums import accumulator
from .softmax import check_types


def _smaller(x):
    """A factor, a power of two, that brings the largest numbers of x's type where their squares can be added up."""
    return 1.0 if x is UNKNOWN else 2.0**-64 if m.type_of(x) == "f32" else 2.0**-512


def _centered(row, x, eps):
    """(mean, variance, 1 / sqrt(variance + eps)) of a row. The rounding of a mean is mended by the mean of what is left; squares that leave the
    type's range are added up once more, made smaller."""
    rough = row.mean(x)
    d = x - rough
    small = d * _smaller(d)
    rest, squares = row.mean(d), row.mean(d * d)
    over = m.isinf(squares)
    scaled = row.mean(small * small, over)
    variance = m.maximum(squares - rest * rest, 0.0)
    return rough + rest, variance, m.rsqrt(m.where(over, scaled, variance + eps)) * m.where(over, _smaller(scaled), m.constant(scaled, 1.0))


def _layer_norm_body(row, x, weight, bias, eps):
    center, _, scale = _centered(row, x, eps)
    y = (x - center) * scale
    if weight is not None:
        y = y * weight
    if bias is not None:
        y = y + bias
    return y, center, scale


def _normalised_gradient(row, grad, x, weight, center, scale):
    """The gradient through (x - mean) * scale, where mean and scale are the row's own."""
    g = grad if weight is None else grad * weight
    xhat = (x - center) * scale
    return (g - row.mean(g) - xhat * row.mean(g * xhat)) * scale


def _last_dims(name: str, input: Meta, normalized_shape: tuple[int, ...]) -> tuple[int, ...]:
    n = len(normalized_shape)
    check(n > 0, "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got normalized_shape = {}",
          list(normalized_shape))
    check(input.ndim >= n and tuple(input.shape[input.ndim - n:]) == tuple(normalized_shape),
          "Given normalized_shape={}, expected input with shape [*, {}], but got input of size{}", list(normalized_shape),
          ", ".join(map(str, normalized_shape)), list(input.shape))
    return tuple(range(input.ndim - n, input.ndim))


@structured
def native_layer_norm(input: Meta, normalized_shape, weight: Meta | None, bias: Meta | None, eps):
    """(y, mean, rstd): see `layer_norm`. The statistics have the input's shape with the normalised dimensions as 1, and a type of at least 32 bits."""
    dims = _last_dims("layer_norm", input, normalized_shape)
    check_types(input, weight, bias)
    check(input.dtype.is_floating_point, '"LayerNormKernelImpl" not implemented for \'{}\'', type_name(input.dtype), error=NotImplementedError)
    for name, part in (("weight", weight), ("bias", bias)):
        check(part is None or tuple(part.shape) == tuple(normalized_shape),
              "Expected {0} to be of same shape as normalized_shape, but got {0} of shape {1} and normalized_shape = {2}", name,
              None if part is None else list(part.shape), list(normalized_shape))
    stats = accumulator(input.dtype)
    eps = float(eps)

    return row_op("layer_norm", with_constant(_layer_norm_body, eps), input.shape, dims, [(input.dtype, "row"), (stats, "one"), (stats, "one")],
                  [input, weight, bias], stats, keepdim=True, differentiable=(True, False, False))


def _parameter_sums(d: dtype) -> Any:
    acc = accumulator(d)
    return Reduction(((acc, 0.0), (acc, 0.0)), lambda s, g, x, c, r: (s[0] + g * ((x - c) * r), s[1] + g), lambda a, b: (a[0] + b[0], a[1] + b[1]),
                     lambda s, n: s)


@reduction(_parameter_sums, supports="f", outs=lambda common, given: (common, common), public=False)
def layer_norm_parameters(grad, input, center, scale, dim=None):
    """(gradient of the weight, gradient of the bias): sums over the rows."""


def _input_gradient_plan(op: Any, key: tuple[Any, ...]) -> Plan:
    grad, input, weight, center, scale, dims = key
    return row_op("layer_norm_backward", _normalised_gradient, input.shape, dims, [(input.dtype, "row")], [grad, input, weight, center, scale],
                  accumulator(input.dtype))


_input_gradient = core_op.Op("layer_norm_input_gradient", _normalised_gradient,
                             (*(Parameter(n, core_op.OPERAND, None) for n in ("grad", "input", "weight", "center", "scale")),
                              Parameter("dims", core_op.STATIC)), _input_gradient_plan)


@native_layer_norm.derivative
def _(grad, input, weight, result1, result2, normalized_shape, needs):
    dims = tuple(range(input.meta.ndim - len(normalized_shape), input.meta.ndim))
    center, scale = _statistics(input, dims, result1, result2)
    rest = tuple(range(dims[0]))
    product = grad * ((input - center) * scale)
    return (_normalised_gradient(TensorRow(dims), grad, input, weight, center, scale) if needs[0] else None,
            (product.sum(rest) if rest else product) if needs[1] else None, (grad.sum(rest) if rest else grad) if needs[2] else None)


def _statistics(input: Any, dims: tuple[int, ...], center: Any, scale: Any) -> tuple[Any, Any]:
    """Mean and scale as functions of the input, so that the second derivative goes through them; the values are those given."""
    mean = input.mean(dims, keepdim=True)
    variance = (input - mean).square().mean(dims, keepdim=True)
    eps = (1 / scale.square() - variance).detach()
    return mean, (variance + eps).rsqrt()


def _fuse_layer_norm(op: Any, needs: tuple[bool, ...]) -> Any:
    names = [n for n in op.recipe(needs).names if n != "needs"]

    def gradients(*values):
        given = dict(zip(names, values))
        grad, input, weight = given["grad"], given["input"], given["weight"]
        center, scale = given["result1"], given["result2"]
        ndim = input.meta.ndim
        dims = tuple(range(ndim - len(given["normalized_shape"]), ndim))
        found = [_input_gradient(grad, input, weight, center, scale, dims)] if needs[0] else []
        if any(needs[1:]):
            rest = tuple(range(dims[0]))
            pair = layer_norm_parameters(grad, input, center, scale, rest) if rest else (grad * ((input - center) * scale), grad)
            found += [g for g, need in zip(pair, needs[1:]) if need]
        return tuple(found) if len(found) > 1 else found[0]

    gradients.__name__ = "layer_norm_backward"
    return core_op.Op("layer_norm_backward", gradients, (), None, kind=core_op.COMPOSITE)


native_layer_norm.fuse = _fuse_layer_norm
_layer_norm = native_layer_norm


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
    check(isinstance(normalized_shape, (tuple, list)), "layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not {}",
          type(normalized_shape).__name__, error=TypeError)
    shape = tuple(normalized_shape)
    return _layer_norm(input, shape, weight, bias, eps)[0]


def _batch_norm_body(row, x, weight, bias, eps):
    center, variance, scale = _centered(row, x, eps)
    y = (x - center) * (scale if weight is None else scale * weight)
    return (y if bias is None else y + bias), center, scale, variance


def _batch_norm_gradient(row, grad, x, weight, center, scale):
    xhat = (x - center) * scale
    along, plain = row.sum(grad * xhat), row.sum(grad)
    n = row.count(plain)
    g = (grad - (plain + xhat * along) / n) * (scale if weight is None else scale * weight)
    return g, along, plain


def _channel(meta: Meta | None, ndim: int) -> Meta | None:
    """A tensor of one value a channel as it broadcasts against (N, C, ...)."""
    if meta is None:
        return None
    return metas.make((1, meta.shape[0]) + (1,) * (ndim - 2), (0, meta.strides[0]) + (0,) * (ndim - 2), meta.dtype, meta.device)


def _check_channels(input: Meta, **parts: Meta | None) -> None:
    check(input.ndim >= 2, "batch_norm: expected an input of at least 2 dimensions (N, C, ...), got {}", list(input.shape))
    for name, part in parts.items():
        check(part is None or (part.ndim == 1 and part.shape[0] == input.shape[1]), "{} should contain {} elements not {}", name, input.shape[1],
              None if part is None else part.numel)


def _channel_dims(input: Meta) -> tuple[int, ...]:
    return tuple(d for d in range(input.ndim) if d != 1)


@structured
def batch_norm_train(input: Meta, weight: Meta | None, bias: Meta | None, eps):
    """(y, mean, rstd, biased variance), statistics over all dimensions but the second."""
    _check_channels(input, weight=weight, bias=bias)
    check(input.dtype.is_floating_point, '"batch_norm" not implemented for \'{}\'', type_name(input.dtype), error=NotImplementedError)
    stats = accumulator(input.dtype)
    return row_op("batch_norm", with_constant(_batch_norm_body, float(eps)), input.shape, _channel_dims(input),
                  [(input.dtype, "row"), (stats, "one"), (stats, "one"), (stats, "one")],
                  [input, _channel(weight, input.ndim), _channel(bias, input.ndim)], stats, layouts=(input,), differentiable=(True, False, False, False))


def _batch_backward_plan(op: Any, key: tuple[Any, ...]) -> Plan:
    grad, input, weight, center, scale = key
    stats = accumulator(input.dtype)
    return row_op("batch_norm_backward", _batch_norm_gradient, input.shape, _channel_dims(input),
                  [(input.dtype, "row"), (stats, "one"), (stats, "one")],
                  [grad, input, *(_channel(part, input.ndim) for part in (weight, center, scale))], stats, layouts=(input,))


_batch_backward = core_op.Op("batch_norm_backward", _batch_norm_gradient,
                             tuple(Parameter(n, core_op.OPERAND, None) for n in ("grad", "input", "weight", "center", "scale")), _batch_backward_plan)


@batch_norm_train.derivative
def _(grad, input, weight, result1, result2, needs):
    dims = _channel_dims(input.meta)
    shape = (1, -1) + (1,) * (input.meta.ndim - 2)
    center, scale = _statistics(input, dims, result1.reshape(shape), result2.reshape(shape))
    weight = None if weight is None else weight.reshape(shape)
    return (_normalised_gradient(TensorRow(dims), grad, input, weight, center, scale), (grad * ((input - center) * scale)).sum(dims) if needs[1] else None,
            grad.sum(dims) if needs[2] else None)


def _fuse_batch_norm(op: Any, needs: tuple[bool, ...]) -> Any:
    names = [n for n in op.recipe(needs).names if n != "needs"]

    def gradients(*values):
        given = dict(zip(names, values))
        found = _batch_backward(given["grad"], given["input"], given["weight"], given["result1"], given["result2"])
        found = tuple(g for g, need in zip(found, needs) if need)
        return found if len(found) > 1 else found[0]

    gradients.__name__ = "batch_norm_backward"
    return core_op.Op("batch_norm_backward", gradients, (), None, kind=core_op.COMPOSITE)


batch_norm_train.fuse = _fuse_batch_norm


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
def batch_norm(input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-05, cudnn_enabled=True):
    """Normalise each channel (dimension 1) by the batch's mean and variance (training), which then move the running ones by
    `momentum`, or by the running ones (https://arxiv.org/abs/1502.03167)."""
    meta = input.meta
    if not meta.numel:
        found = input.clone() if weight is None or not weight.meta.numel else input * weight[0]
        return found if bias is None or not bias.meta.numel else found + bias[0]
    _check_channels(meta, running_mean=None if running_mean is None else running_mean.meta, running_var=None if running_var is None else running_var.meta,
                    weight=None if weight is None else weight.meta, bias=None if bias is None else bias.meta)
    check(meta.dtype.is_floating_point, '"batch_norm" not implemented for \'{}\'', type_name(meta.dtype), error=NotImplementedError)
    check_types(meta, *(None if part is None else part.meta for part in (weight, bias, running_mean, running_var)))
    if not meta.contiguous:
        input = input.contiguous(memory_format=metas.suggested_format(meta))        # what the result will be: PyTorch keeps no other order
    if not training:
        check(running_mean is not None and running_var is not None, "Expected running_mean and running_var to be defined when training=False")
        shape = (1, meta.shape[1]) + (1,) * (meta.ndim - 2)
        parts = [None if part is None else part.reshape(shape) for part in (running_mean, running_var, weight, bias)]
        return batch_norm_eval(input, *parts, eps=eps)
    n = meta.numel // meta.shape[1] if meta.shape[1] else 0
    check(n > 1, "Expected more than 1 value per channel when training, got input size {}", metas.Size(meta.shape), error=ValueError)
    y, center, _, variance = batch_norm_train(input, weight, bias, eps)
    if running_mean is not None:
        running_mean.lerp_(center.detach().to(running_mean.meta.dtype), momentum)
    if running_var is not None:
        running_var.lerp_((variance.detach() * (n / (n - 1))).to(running_var.meta.dtype), momentum)
    return y
