"""Convolutions of 1, 2 and 3 dimensions and their transposes.

One class holds the arguments, one more turns them round for the transposed ones; those with a number only name their
function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pellucid import ops
from pellucid.autograd import no_grad
from pellucid.nn import functional as F
from pellucid.nn import init
from pellucid.nn.modules.module import Module
from pellucid.nn.modules.utils import _ntuple
from pellucid.nn.parameter import Parameter
from pellucid.tensor import Tensor

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

_Size = int | Sequence[int]


class _ConvNd(Module):
    """Arguments, weights and padding of a convolution over the last `_dims` dimensions.

    Args:
        in_channels, out_channels: number of channels, dimension -1 - _dims of input and output.
        kernel_size, stride, dilation: a number, or one a dimension.
        padding: zeros added on both sides, or 'valid' (none), or 'same' (the size stays; stride 1 only).
        groups: the channels are convolved in so many separate groups.
        bias: whether to add a learned bias to each channel.
        padding_mode: 'zeros', 'reflect', 'replicate' or 'circular'.

    Shape: input (N, in, *) or (in, *), output (N, out, *); weight (out, in / groups, *kernel_size).
    """

    _dims: int
    transposed = False
    weight: Tensor
    bias: Tensor | None
    in_channels: int
    out_channels: int
    groups: int
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...]

    def __init__(self, in_channels: int, out_channels: int, kernel_size: _Size, stride: _Size = 1,
                 padding: str | _Size = 0,
                 dilation: _Size = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        each = _ntuple(self._dims)
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'same', 'valid'}}")
        if padding == "same" and any(s != 1 for s in each(stride)):
            raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in (modes := ("zeros", "reflect", "replicate", "circular")):
            raise ValueError(f"padding_mode must be one of {modes}, but got padding_mode='{padding_mode}'")
        self.in_channels, self.out_channels, self.groups, self.padding_mode = (in_channels, out_channels, groups,
                                                                               padding_mode)
        self.kernel_size, self.stride, self.dilation = each(kernel_size), each(stride), each(dilation)
        self.padding = padding if isinstance(padding, str) else each(padding)
        self.output_padding = each(0)
        self._reversed_padding_repeated_twice = self._margins()
        channels = (in_channels, out_channels // groups) if self.transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(ops.empty((*channels, *self.kernel_size), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(ops.empty(out_channels, device=device, dtype=dtype)) if bias
                                else None)
        self.reset_parameters()

    def _margins(self) -> tuple[int, ...]:
        """The padding as F.pad wants it: (before, after) of each dimension, the last one first."""
        if not isinstance(self.padding, str):
            return tuple(p for p in reversed(self.padding) for _ in range(2))
        totals = [d * (k - 1) * (self.padding == "same") for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        return tuple(margin for total in reversed(totals) for margin in (total // 2, total - total // 2))

    def reset_parameters(self) -> None:
        with no_grad():
            if self.weight.is_contiguous():
                init._uniform_by_fan_in(self.weight, self.bias)
            else:                                         # the numbers go in logical order whatever the memory format
                plain = self.weight.new_empty(self.weight.shape)
                init._uniform_by_fan_in(plain, self.bias)
                self.weight.copy_(plain)

    def _convolve(self, function: Callable[..., Any], input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode), 0
        return function(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        zeros, ones = (0,) * self._dims, (1,) * self._dims
        defaults = {"padding": zeros, "dilation": ones, "output_padding": zeros, "groups": 1}
        shown = "".join(f", {name}={getattr(self, name)}" for name, usual in defaults.items()
                        if getattr(self, name) != usual)
        shown += ", bias=False" * (self.bias is None)
        shown += f", padding_mode={self.padding_mode}" * (self.padding_mode != "zeros")
        return f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}" + shown


class Conv1d(_ConvNd):
    _dims = 1

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return self._convolve(F.conv1d, input, weight, bias)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class Conv2d(_ConvNd):
    _dims = 2

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return self._convolve(F.conv2d, input, weight, bias)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class Conv3d(_ConvNd):
    _dims = 3

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        return self._convolve(F.conv3d, input, weight, bias)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)


class _ConvTransposeNd(_ConvNd):
    """The transpose of a convolution: it maps the shape of its output back to that of its input.

    Args:
        output_padding: added to one side of the output; chosen by `output_size`, where forward gets one.
        The others as for the convolution. Weight (in, out / groups, *kernel_size).
    """

    output_padding: tuple[int, ...]

    transposed = True

    def __init__(self, in_channels: int, out_channels: int, kernel_size: _Size, stride: _Size = 1, padding: _Size = 0,
                 output_padding: _Size = 0, groups: int = 1, bias: bool = True, dilation: _Size = 1,
                 padding_mode: str = "zeros", device: Any = None, dtype: Any = None) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
                         device, dtype)
        self.output_padding = _ntuple(self._dims)(output_padding)

    def _output_padding(self, input: Tensor, output_size: Sequence[int] | None) -> tuple[int, ...]:
        if output_size is None:
            return self.output_padding
        n, batched = self._dims, 2 if input.dim() == self._dims + 2 else 1
        wanted = list(output_size[batched:] if len(output_size) == n + batched else output_size)
        if len(wanted) != n:
            raise ValueError(f"ConvTranspose{n}D: for {input.dim()}D input, output_size must have {n} or {n + batched} "
                             f"elements (got {len(wanted)})")
        low = [(size - 1) * s - 2 * p + d * (k - 1) + 1 for size, s, p, d, k in
               zip(input.shape[batched:], self.stride, self.padding, self.dilation, self.kernel_size, strict=True)]
        high = [size + s - 1 for size, s in zip(low, self.stride, strict=True)]
        if not all(a <= size <= b for a, size, b in zip(low, wanted, high, strict=True)):
            raise ValueError(f"requested an output size of {wanted}, but valid sizes range from {low} to {high} "
                             f"(for an input of {input.shape[2:]})")
        return tuple(size - a for size, a in zip(wanted, low, strict=True))

    def _transpose(self, function: Callable[..., Any], input: Tensor, output_size: Sequence[int] | None) -> Tensor:
        return function(input, self.weight, self.bias, self.stride, self.padding,
                        self._output_padding(input, output_size), self.groups, self.dilation)


class ConvTranspose1d(_ConvTransposeNd):
    _dims = 1

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return self._transpose(F.conv_transpose1d, input, output_size)


class ConvTranspose2d(_ConvTransposeNd):
    _dims = 2

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return self._transpose(F.conv_transpose2d, input, output_size)


class ConvTranspose3d(_ConvTransposeNd):
    _dims = 3

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return self._transpose(F.conv_transpose3d, input, output_size)


for _conv, _title in [(_conv, "A {}-dimensional convolution.") for _conv in (Conv1d, Conv2d, Conv3d)] + [
        (_conv, "The transpose of a {}-dimensional convolution.")
        for _conv in (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)]:
    _rest = (_conv.__mro__[1].__doc__ or "").partition("\n")[2]                   # python -OO strips docstrings
    _conv.__doc__ = _title.format(_conv._dims) + "\n" + _rest
