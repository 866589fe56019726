"""Convolution, transposed convolution, and their gradients, which are convolutions again.

Three operators carry everything: `convolution` (input, weight -> output), and its gradients with respect to the input
and to the weight. Each is linear in both operands, and the derivative of any of them is made of the other two; a
transposed convolution is the gradient of a convolution with respect to its input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...check import check
from ...codegen.windows import conv as kernels
from ...codegen.windows.convolution import Convolution
from ...codegen.windows.frame import Layout
from ...codegen.windows.weight_gradient import weight_gradient
from ...core import meta as metas
from ...core.meta import Meta
from ..families.composites import composite
from ..families.declare import plan_of
from ..families.planned import structured
from ..families.types import common_device, type_name
from ..maps.complex import complex

builtin_all = all


def _geometry(input_shape: Sequence[int], weight_shape: Sequence[int], spec: tuple[Any, ...], dtype: str,
              out: Sequence[int] | None = None, bias: Meta | None = None, bias_size: int = 0) -> Convolution:
    """The sizes of a convolution. RuntimeError where they do not belong together: kernels trust what comes from here.
    """
    stride, padding, dilation, groups = spec
    rank = len(input_shape) - 2
    lists = (stride, padding, dilation) if out is None else (stride, padding, dilation, out)
    check(1 <= rank <= 3 and len(weight_shape) == rank + 2
          and builtin_all(isinstance(x, tuple) and len(x) == rank for x in lists),
          "convolution: expected input (N, C, spatial), weight (O, C / groups, window) and as many strides, paddings "
          "and dilations as spatial dimensions, got {}, {}, {}", list(input_shape), list(weight_shape), spec)
    check(builtin_all(s > 0 and p >= 0 and d > 0 for s, p, d in zip(*lists[:3])) and groups > 0
          and min(*input_shape, *weight_shape, *lists[-1]) >= 0,
          "convolution: sizes, strides, dilations and groups must be positive, got {}, {}, {}", list(input_shape),
          list(weight_shape), spec)
    check(input_shape[1] == weight_shape[1] * groups and weight_shape[0] % groups == 0,
          "convolution: weight {} in {} groups does not fit input {}",
          list(weight_shape), groups, list(input_shape))
    check(bias is None or (bias.ndim == 1 and bias.shape[0] == bias_size and bias.contiguous
                           and bias.dtype.ir == dtype),
          "convolution: expected a contiguous bias of {} elements of the input's type, got {}", bias_size,
          None if bias is None else list(bias.shape))
    return Convolution.of(input_shape[0], input_shape[1], weight_shape[0], input_shape[2:], weight_shape[2:], stride,
                          padding, dilation, groups, dtype, out)


def _check_gradient(gradient: Meta, c: Convolution) -> None:
    check(tuple(gradient.shape[:2]) == (c.n, c.o),
          "convolution: expected a gradient of {} images and {} channels, got {}", c.n, c.o, list(gradient.shape))


def _result(shape: Sequence[int], *operands: Meta) -> Meta:
    """A result of the first operand's type in the memory format of its operands: channels last if one of them is."""
    shape, device = tuple(shape), common_device("convolution", operands)
    for operand in operands:
        format = metas.suggested_format(operand)
        if format is not metas.contiguous_format:
            return metas.make(shape, metas.format_strides(shape, format), operands[0].dtype, device)
    return metas.contiguous(shape, operands[0].dtype, device)


def _types(name: str, a: Meta, b: Meta) -> str:
    check(a.dtype is b.dtype, "expected scalar type {} but found {}", type_name(a.dtype), type_name(b.dtype))
    check(a.dtype.kind in "fui", '"{}" not implemented for \'{}\'', name, type_name(a.dtype), error=NotImplementedError)
    return a.dtype.ir


@structured
def convolution(input: Meta, weight: Meta, bias: Meta | None, stride, padding, dilation, groups, out=None):
    """Cross-correlation of (N, C, spatial) with (O, C / groups, window): (N, O, out). `out` gives sizes where padding
    is uneven.
    """
    dtype = _types("convolution", input, weight)
    c = _geometry(input.shape, weight.shape, (stride, padding, dilation, groups), dtype, out, bias,
                  weight.shape[0] if weight.ndim else 0)
    rank = input.ndim - 2
    result = _result((c.n, c.o, *c.out[3 - rank:]), input, weight)
    return plan_of((result,), lambda target: kernels.forward(
        c, Layout.of(input.strides), Layout.of(weight.strides), Layout.of(result.strides), bias is not None,
        vector_bytes=target.vector_bytes))


@structured
def conv_input_gradient(gradient: Meta, weight: Meta, bias: Meta | None, input_shape, stride, padding, dilation,
                        groups):
    """The gradient of a convolution's input, of shape `input_shape`; also a transposed convolution."""
    dtype = _types("conv_transpose", gradient, weight)
    c = _geometry(input_shape, weight.shape, (stride, padding, dilation, groups), dtype, tuple(gradient.shape[2:]),
                  bias, input_shape[1])
    _check_gradient(gradient, c)
    result = _result(input_shape, gradient, weight)
    return plan_of((result,), lambda target: kernels.input_gradient(
        c, Layout.of(gradient.strides), Layout.of(weight.strides), Layout.of(result.strides), bias is not None,
        vector_bytes=target.vector_bytes))


@structured
def conv_weight_gradient(gradient: Meta, input: Meta, weight_shape, stride, padding, dilation, groups):
    """The gradient of a convolution's weight, of shape `weight_shape`."""
    dtype = _types("conv_weight_gradient", gradient, input)
    c = _geometry(input.shape, weight_shape, (stride, padding, dilation, groups), dtype, tuple(gradient.shape[2:]))
    _check_gradient(gradient, c)
    result = metas.contiguous(tuple(weight_shape), input.dtype, common_device("convolution", [gradient, input]))
    return plan_of((result,), lambda target: weight_gradient(
        c, Layout.of(gradient.strides), Layout.of(input.strides), Layout.of(result.strides),
        vector_bytes=target.vector_bytes))


def _channel_sum(grad: Any) -> Any:
    return grad.sum((0, *range(2, grad.meta.ndim)))


convolution.derivative("input")(lambda grad, weight, input_meta, stride, padding, dilation, groups:
                                conv_input_gradient(grad, weight, None, tuple(input_meta.shape), stride, padding,
                                                    dilation, groups))
convolution.derivative("weight")(lambda grad, input, weight_meta, stride, padding, dilation, groups:
                                 conv_weight_gradient(grad, input, tuple(weight_meta.shape), stride, padding, dilation,
                                                      groups))
convolution.derivative("bias")(lambda grad: _channel_sum(grad))

conv_input_gradient.derivative("gradient")(lambda grad, weight, gradient_meta, stride, padding, dilation, groups:
                                           convolution(grad, weight, None, stride, padding, dilation, groups,
                                                       tuple(gradient_meta.shape[2:])))
conv_input_gradient.derivative("weight")(lambda grad, gradient, weight_meta, stride, padding, dilation, groups:
                                         conv_weight_gradient(gradient, grad, tuple(weight_meta.shape), stride, padding,
                                                              dilation, groups))
conv_input_gradient.derivative("bias")(lambda grad: _channel_sum(grad))

conv_weight_gradient.derivative("gradient")(lambda grad, input, gradient_meta, stride, padding, dilation, groups:
                                            convolution(input, grad, None, stride, padding, dilation, groups,
                                                        tuple(gradient_meta.shape[2:])))
conv_weight_gradient.derivative("input")(lambda grad, gradient, input_meta, stride, padding, dilation, groups:
                                         conv_input_gradient(gradient, grad, None, tuple(input_meta.shape), stride,
                                                             padding, dilation, groups))


def _each_part(function: Any, input: Any, weight: Any, bias: Any) -> Any:
    """A bilinear function of complex numbers from those of real ones."""
    a, b, w, v = input.real, input.imag, weight.real, weight.imag
    found = complex(function(a, w) - function(b, v), function(a, v) + function(b, w))
    return found if bias is None else found + bias.reshape(-1, *(1,) * (found.meta.ndim - 2))


def _check(name: str, rank: int, input: Any, weight: Any, bias: Any, groups: int, transposed: bool) -> tuple[Any, bool]:
    """Shapes are right, or PyTorch's error; a single image gets its batch dimension."""
    shape = list(weight.meta.shape)
    check(weight.meta.ndim == rank + 2, "weight should have at least three dimensions, expected {} for {}, got {}",
          rank + 2, name, shape)
    check(input.meta.ndim in (rank + 1, rank + 2),
          "Expected {}D (unbatched) or {}D (batched) input to {}, but got input of size: {}", rank + 1, rank + 2,
          name, list(input.meta.shape))
    check(groups > 0, "non-positive groups is not supported")
    check(min(shape[2:]) > 0, "kernel size should be greater than zero, but got {}", " x ".join(map(str, shape[2:])))
    single = input.meta.ndim == rank + 1
    if single:
        input = input.unsqueeze(0)
    channels = input.meta.shape[1]
    if transposed:
        check(shape[0] == channels,
              "Given transposed=1, weight of size {0}, expected input{1} to have {2} channels, but got {3} channels "
              "instead", shape, list(input.meta.shape), shape[0], channels)
        check(channels % groups == 0, "Given groups={}, expected input channels to be divisible by it, got {}", groups,
              channels)
        produced = shape[1] * groups
    else:
        check(shape[1] * groups == channels,
              "Given groups={0}, weight of size {1}, expected input{2} to have {3} channels, but got {4} channels "
              "instead", groups, shape, list(input.meta.shape), shape[1] * groups, channels)
        check(shape[0] >= groups and shape[0] % groups == 0,
              "Given groups={0}, expected weight to be at least {0} at dimension 0 and divisible by it, "
              "but got weight of size {1} instead", groups, shape)
        produced = shape[0]
    if bias is not None:
        check(list(bias.meta.shape) == [produced],
              "Given weight of size {0}, expected bias to be 1-dimensional with {1} elements, but got bias of size "
              "{2} instead",
              shape, produced, list(bias.meta.shape))
        check(bias.meta.dtype is input.meta.dtype, "Input type ({}) and bias type ({}) should be the same",
              type_name(input.meta.dtype), type_name(bias.meta.dtype))
        if not bias.meta.contiguous:
            bias = bias.contiguous()
    return input, bias, single


def _spread(name: str, what: str, value: Any, rank: int, least: int) -> tuple[int, ...]:
    """One number for every dimension, or one for each."""
    found = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(found) == 1:
        found *= rank
    check(len(found) == rank,
          "expected {} to be a single integer value or a list of {} values to match the convolution dimensions, but "
          "got {}={}", what, rank, what, list(found))
    check(builtin_all(v >= least for v in found), "{} {} is not supported",
          "negative" if least == 0 else "non-positive", what)
    return found


def _conv(name: str, rank: int) -> Any:
    def conv(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        input, bias, single = _check(name, rank, input, weight, bias, groups, False)
        stride, dilation = _spread(name, "stride", stride, rank, 1), _spread(name, "dilation", dilation, rank, 1)
        window, sizes, out = weight.meta.shape[2:], input.meta.shape[2:], None
        if isinstance(padding, str):
            check(padding in ("same", "valid"), "Invalid padding string: '{}', should be one of 'valid', 'same'",
                  padding)
            if padding == "same":
                check(builtin_all(s == 1 for s in stride), "padding='same' is not supported for strided convolutions")
                padding, out = tuple(d * (k - 1) // 2 for d, k in zip(dilation, window)), tuple(sizes)
            else:
                padding = (0,) * rank
        padding = _spread(name, "padding", padding, rank, 0)
        for size, k, p, d in zip(sizes, window, padding, dilation):
            check(out is not None or size + 2 * p >= d * (k - 1) + 1,
                  "Calculated padded input size per channel: ({}). Kernel size: ({}). Kernel size can't be "
                  "greater than actual input size", " x ".join(str(s + 2 * q) for s, q in zip(sizes, padding)),
                  " x ".join(map(str, window)))
        if input.meta.dtype.is_complex and weight.meta.dtype is input.meta.dtype:
            result = _each_part(lambda x, w: convolution(x, w, None, stride, padding, dilation, groups, out), input,
                                weight, bias)
        else:
            result = convolution(input, weight, bias, stride, padding, dilation, groups, out)
        return result.squeeze(0) if single else result

    conv.__name__ = conv.__qualname__ = name
    conv.__doc__ = f"""Cross-correlation over {rank} dimension{'s' * (rank > 1)}: input (N, C, ...) or (C, ...),
    weight (O, C / groups, ...), bias (O). `padding` may be "same" or "valid".
    Raises RuntimeError where shapes do not fit."""
    return composite(conv)


def _conv_transpose(name: str, rank: int) -> Any:
    def conv_transpose(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
        input, bias, single = _check(name, rank, input, weight, bias, groups, True)
        stride, dilation = _spread(name, "stride", stride, rank, 1), _spread(name, "dilation", dilation, rank, 1)
        padding, extra = _spread(name, "padding", padding, rank, 0), _spread(name, "output_padding", output_padding,
                                                                             rank, 0)
        window, sizes = weight.meta.shape[2:], input.meta.shape[2:]
        for e, s, d in zip(extra, stride, dilation):
            check(e < s or e < d,
                  "output padding must be smaller than either stride or dilation, but got output_padding {}, stride "
                  "{}, dilation {}", extra, stride,
                  dilation)
        out = tuple((x - 1) * s - 2 * p + d * (k - 1) + e + 1
                    for x, s, p, d, k, e in zip(sizes, stride, padding, dilation, window, extra))
        check(builtin_all(x > 0 for x in out),
              "Given input size per channel: {}. Calculated output size per channel: {}. Output size is too small",
              list(sizes),
              list(out))
        shape = (input.meta.shape[0], weight.meta.shape[1] * groups, *out)
        if input.meta.dtype.is_complex and weight.meta.dtype is input.meta.dtype:
            result = _each_part(lambda x, w: conv_input_gradient(x, w, None, shape, stride, padding, dilation, groups),
                                input, weight, bias)
        else:
            result = conv_input_gradient(input, weight, bias, shape, stride, padding, dilation, groups)
        return result.squeeze(0) if single else result

    conv_transpose.__name__ = conv_transpose.__qualname__ = name
    conv_transpose.__doc__ = f"""Transposed convolution over {rank} dimension{'s' * (rank > 1)}: input (N, C, ...) or
    (C, ...), weight (C, O / groups, ...), bias (O). Raises RuntimeError where shapes do not fit."""
    return composite(conv_transpose)


conv1d, conv2d, conv3d = (_conv(f"conv{rank}d", rank) for rank in (1, 2, 3))
conv_transpose1d, conv_transpose2d, conv_transpose3d = (_conv_transpose(f"conv_transpose{rank}d", rank)
                                                        for rank in (1, 2, 3))
