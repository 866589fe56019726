# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from pellucid.ops.random.generator import Generator
from pellucid.tensor import Tensor
from pellucid.types import Device, Number, _bool, _complex, _dims, _dtype, _float, _int, _layout, _memory_format, _size

from . import arrange as arrange
from . import families as families
from . import linalg as linalg
from . import made as made
from . import maps as maps
from . import places as places
from . import random as random
from . import reduce as reduce
from . import rows as rows
from . import statistics as statistics
from . import windows as windows

REGISTRY: dict[str, Any]

class _ValuesIndices(NamedTuple):
    values: Tensor
    indices: Tensor

class _MinMax(NamedTuple):
    min: Tensor
    max: Tensor

def abs(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The absolute value; of a complex number its length."""
    ...

def abs_(input: Tensor) -> Tensor:
    """`abs`, written over the input. Complex tensors raise: the result is real."""
    ...

def absolute(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The absolute value; of a complex number its length."""
    ...

def absolute_(input: Tensor) -> Tensor:
    """`abs`, written over the input. Complex tensors raise: the result is real."""
    ...

def acos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle whose cosine each element is."""
    ...

def acos_(input: Tensor) -> Tensor:
    """The angle whose cosine each element is."""
    ...

def acosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of cosh."""
    ...

def acosh_(input: Tensor) -> Tensor:
    """The inverse of cosh."""
    ...

def adaptive_avg_pool1d(input: Tensor, output_size: _int | Sequence[_int | None] | None) -> Tensor:
    """The averages of as many windows as `output_size` says, which together cover the input. None keeps a size."""
    ...

def adaptive_avg_pool2d(input: Tensor, output_size: _int | Sequence[_int | None] | None) -> Tensor:
    """The averages of as many windows as `output_size` says, which together cover the input. None keeps a size."""
    ...

def adaptive_avg_pool3d(input: Tensor, output_size: _int | Sequence[_int | None] | None) -> Tensor:
    """The averages of as many windows as `output_size` says, which together cover the input. None keeps a size."""
    ...

@overload
def adaptive_max_pool1d(
    input: Tensor, output_size: _int | Sequence[_int | None] | None, return_indices: Literal[False] = False
) -> Tensor:
    """The largest elements of as many windows as `output_size` says, which together cover the input. None keeps a size."""
    ...

@overload
def adaptive_max_pool1d(
    input: Tensor, output_size: _int | Sequence[_int | None] | None, *, return_indices: Literal[True]
) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool1d(
    input: Tensor, output_size: _int | Sequence[_int | None] | None, return_indices: _bool = False
) -> Any: ...
@overload
def adaptive_max_pool2d(
    input: Tensor, output_size: _int | Sequence[_int | None] | None, return_indices: Literal[False] = False
) -> Tensor:
    """The largest elements of as many windows as `output_size` says, which together cover the input. None keeps a size."""
    ...

@overload
def adaptive_max_pool2d(
    input: Tensor, output_size: _int | Sequence[_int | None] | None, *, return_indices: Literal[True]
) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool2d(
    input: Tensor, output_size: _int | Sequence[_int | None] | None, return_indices: _bool = False
) -> Any: ...
@overload
def adaptive_max_pool3d(
    input: Tensor, output_size: _int | Sequence[_int | None] | None, return_indices: Literal[False] = False
) -> Tensor:
    """The largest elements of as many windows as `output_size` says, which together cover the input. None keeps a size."""
    ...

@overload
def adaptive_max_pool3d(
    input: Tensor, output_size: _int | Sequence[_int | None] | None, *, return_indices: Literal[True]
) -> tuple[Tensor, Tensor]: ...
@overload
def adaptive_max_pool3d(
    input: Tensor, output_size: _int | Sequence[_int | None] | None, return_indices: _bool = False
) -> Any: ...
def add(
    input: Tensor | Number | _complex,
    other: Tensor | Number | _complex,
    *,
    alpha: Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """`input + alpha * other`, elementwise with broadcasting and type promotion."""
    ...

def add_(input: Tensor, other: Tensor | Number | _complex, *, alpha: Number = 1) -> Tensor:
    """`input + alpha * other`, elementwise with broadcasting and type promotion."""
    ...

def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * sum(batch1 @ batch2)` over the batch."""
    ...

def addbmm_(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """`addbmm`, written over the first argument."""
    ...

def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1, out: Tensor | None = None) -> Tensor:
    """`input + value * tensor1 / tensor2`."""
    ...

def addcdiv_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """`input + value * tensor1 / tensor2`."""
    ...

def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1, out: Tensor | None = None) -> Tensor:
    """`input + value * tensor1 * tensor2`."""
    ...

def addcmul_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
    """`input + value * tensor1 * tensor2`."""
    ...

def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * (mat1 @ mat2)`."""
    ...

def addmm_(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """`addmm`, written over the first argument."""
    ...

def addmv(
    input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * (mat @ vec)`."""
    ...

def addmv_(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """`addmv`, written over the first argument."""
    ...

def addr(
    input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * outer(vec1, vec2)`."""
    ...

def addr_(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """`addr`, written over the first argument."""
    ...

def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions swapped and, of complex numbers, the conjugates."""
    ...

def alias_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy."""
    ...

def all(input: Tensor, dim: _dims = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Whether every element is true (not 0)."""
    ...

def allclose(
    input: Tensor, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False
) -> _bool:
    """Whether all elements are close (see `isclose`)."""
    ...

def amax(input: Tensor, dim: _dims = (), keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The largest element over `dim`; NaN wins. Elements that tie share the gradient."""
    ...

def amin(input: Tensor, dim: _dims = (), keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The smallest element over `dim`; NaN wins. Elements that tie share the gradient."""
    ...

def aminmax(
    input: Tensor, *, dim: _int | None = None, keepdim: _bool = False, out: Sequence[Tensor] | None = None
) -> _MinMax:
    """(smallest, largest) over `dim`."""
    ...

def angle(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle of a complex number; of a real one 0 or pi."""
    ...

def any(input: Tensor, dim: _dims = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """Whether one element or more is true (not 0)."""
    ...

@overload
def arange(
    end: Number,
    *,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    pin_memory: _bool = False,
    requires_grad: _bool = False,
) -> Tensor:
    """The numbers start, start + step, ... up to but without `end`: `arange(end)`, `arange(start, end)`, `arange(start,
    end, step)`."""
    ...

@overload
def arange(
    start: Number,
    end: Number,
    step: Number = 1,
    *,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    pin_memory: _bool = False,
    requires_grad: _bool = False,
) -> Tensor: ...
def arccos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle whose cosine each element is."""
    ...

def arccos_(input: Tensor) -> Tensor:
    """The angle whose cosine each element is."""
    ...

def arccosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of cosh."""
    ...

def arccosh_(input: Tensor) -> Tensor:
    """The inverse of cosh."""
    ...

def arcsin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle whose sine each element is."""
    ...

def arcsin_(input: Tensor) -> Tensor:
    """The angle whose sine each element is."""
    ...

def arcsinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of sinh."""
    ...

def arcsinh_(input: Tensor) -> Tensor:
    """The inverse of sinh."""
    ...

def arctan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle whose tangent each element is."""
    ...

def arctan2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle of the point (other, input), from -pi to pi."""
    ...

def arctan2_(input: Tensor, other: Tensor) -> Tensor:
    """The angle of the point (other, input), from -pi to pi."""
    ...

def arctan_(input: Tensor) -> Tensor:
    """The angle whose tangent each element is."""
    ...

def arctanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of tanh."""
    ...

def arctanh_(input: Tensor) -> Tensor:
    """The inverse of tanh."""
    ...

def argmax(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The position (int64) of the first largest element along `dim`, or of the flattened input."""
    ...

def argmin(input: Tensor, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """The position (int64) of the first smallest element along `dim`, or of the flattened input."""
    ...

def argwhere(input: Tensor) -> Tensor:
    """The indices of all elements that are not 0, a row each."""
    ...

def as_strided(
    input: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None
) -> Tensor:
    """Any sizes and strides (negative ones too) over the input's storage, from element `storage_offset` on.
    RuntimeError outside of it."""
    ...

def as_strided_(
    input: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None
) -> Tensor:
    """`as_strided`, of which the input itself becomes the result."""
    ...

def as_strided_copy(
    input: Tensor,
    size: Sequence[_int],
    stride: Sequence[_int],
    storage_offset: _int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """`as_strided`, copied."""
    ...

def as_strided_scatter(
    input: Tensor, src: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None
) -> Tensor:
    """A copy of `input` in which `as_strided(size, stride, storage_offset)` is `src`."""
    ...

def as_tensor(data: Any, dtype: _dtype | None = None, device: Device = None) -> Tensor:
    """The data as a tensor, sharing memory with an array or a tensor where neither type nor device changes."""
    ...

def asarray(
    obj: Any,
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    copy: _bool | None = None,
    requires_grad: _bool = False,
) -> Tensor:
    """The object as a tensor. Shares memory with tensors, arrays, DLPack producers and buffers where it can, unless
    `copy` forbids it."""
    ...

def asin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle whose sine each element is."""
    ...

def asin_(input: Tensor) -> Tensor:
    """The angle whose sine each element is."""
    ...

def asinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of sinh."""
    ...

def asinh_(input: Tensor) -> Tensor:
    """The inverse of sinh."""
    ...

def atan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle whose tangent each element is."""
    ...

def atan2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The angle of the point (other, input), from -pi to pi."""
    ...

def atan2_(input: Tensor, other: Tensor) -> Tensor:
    """The angle of the point (other, input), from -pi to pi."""
    ...

def atan_(input: Tensor) -> Tensor:
    """The angle whose tangent each element is."""
    ...

def atanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of tanh."""
    ...

def atanh_(input: Tensor) -> Tensor:
    """The inverse of tanh."""
    ...

@overload
def atleast_1d(tensor: Tensor, /) -> Tensor:
    """With one dimension at least."""
    ...

@overload
def atleast_1d(first: Tensor, second: Tensor, /, *tensors: Tensor) -> tuple[Tensor, ...]: ...
@overload
def atleast_1d(tensors: Sequence[Tensor], /) -> tuple[Tensor, ...]: ...
@overload
def atleast_2d(tensor: Tensor, /) -> Tensor:
    """With two dimensions at least."""
    ...

@overload
def atleast_2d(first: Tensor, second: Tensor, /, *tensors: Tensor) -> tuple[Tensor, ...]: ...
@overload
def atleast_2d(tensors: Sequence[Tensor], /) -> tuple[Tensor, ...]: ...
@overload
def atleast_3d(tensor: Tensor, /) -> Tensor:
    """With three dimensions at least."""
    ...

@overload
def atleast_3d(first: Tensor, second: Tensor, /, *tensors: Tensor) -> tuple[Tensor, ...]: ...
@overload
def atleast_3d(tensors: Sequence[Tensor], /) -> tuple[Tensor, ...]: ...
def average_pool(
    input: Tensor, spec: Any, count_include_pad: _bool, divisor_override: _int | None, *, out: Tensor | None = None
) -> Tensor:
    """The averages of the windows."""
    ...

def average_pool_gradient(
    gradient: Tensor,
    input_shape: _size,
    spec: Any,
    count_include_pad: _bool,
    divisor_override: _int | None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The gradient of `average_pool`'s input: each gradient is spread over its window."""
    ...

def avg_pool1d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    ceil_mode: _bool = False,
    count_include_pad: _bool = True,
    divisor_override: _int | None = None,
) -> Tensor:
    """The average of each window of 1 dimension: input (N, C, ...) or (C, ...)."""
    ...

def avg_pool2d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    ceil_mode: _bool = False,
    count_include_pad: _bool = True,
    divisor_override: _int | None = None,
) -> Tensor:
    """The average of each window of 2 dimensions: input (N, C, ...) or (C, ...)."""
    ...

def avg_pool3d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    ceil_mode: _bool = False,
    count_include_pad: _bool = True,
    divisor_override: _int | None = None,
) -> Tensor:
    """The average of each window of 3 dimensions: input (N, C, ...) or (C, ...)."""
    ...

def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
) -> Tensor:
    """`beta * input + alpha * (batch1 @ batch2)` for each matrix of the batch."""
    ...

def baddbmm_(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
    """`baddbmm`, written over the first argument."""
    ...

def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: _bool = False,
    momentum: _float = 0.1,
    eps: _float = 1e-05,
    cudnn_enabled: _bool = True,
) -> Tensor:
    """Normalise each channel (dimension 1) by the batch's mean and variance (training), which then move the running
    ones by `momentum`, or by the running ones (https://arxiv.org/abs/1502.03167)."""
    ...

def batch_norm_train(
    input: Tensor, weight: Tensor, bias: Tensor, eps: Number, *, out: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """(y, mean, rstd, biased variance), statistics over all dimensions but the second."""
    ...

def bernoulli(
    input: Tensor, p: Tensor | _float | None = None, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """1 with the probability that each element gives (or `p`), else 0."""
    ...

def bernoulli_(input: Tensor, p: Tensor | _float = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 (probability `p`, a number or a tensor) and 0."""
    ...

def bfloat16(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.bfloat16; itself if it is one."""
    ...

def bincount(input: Tensor, weights: Tensor | None = None, minlength: _int = 0) -> Tensor:
    """How often each of 0, 1, 2 ... occurs in a vector of counts, or the sum of `weights` where it does."""
    ...

def bitwise_and(
    input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input & other` of integers, logical of bools."""
    ...

def bitwise_and_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input & other` of integers, logical of bools."""
    ...

def bitwise_left_shift(
    input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input << other`; a shift outside 0 .. bits-1 gives 0."""
    ...

def bitwise_left_shift_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input << other`; a shift outside 0 .. bits-1 gives 0."""
    ...

def bitwise_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`~input` of integers, logical of bools."""
    ...

def bitwise_not_(input: Tensor) -> Tensor:
    """`~input` of integers, logical of bools."""
    ...

def bitwise_or(
    input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input | other` of integers, logical of bools."""
    ...

def bitwise_or_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input | other` of integers, logical of bools."""
    ...

def bitwise_right_shift(
    input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input >> other` (arithmetic); a shift outside 0 .. bits-1 gives the sign."""
    ...

def bitwise_right_shift_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input >> other` (arithmetic); a shift outside 0 .. bits-1 gives the sign."""
    ...

def bitwise_xor(
    input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input ^ other` of integers, logical of bools."""
    ...

def bitwise_xor_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input ^ other` of integers, logical of bools."""
    ...

def block_diag(*tensors: Tensor | Sequence[Tensor]) -> Tensor:
    """The matrix with these matrices (vectors are rows) along its diagonal."""
    ...

def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of two batches of matrices: (b, m, k) @ (b, k, n)."""
    ...

def bool(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.bool; itself if it is one."""
    ...

def broadcast_tensors(*tensors: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """All tensors expanded to the shape they broadcast to; one that has it is returned as it is."""
    ...

def broadcast_to(input: Tensor, size: Sequence[_int]) -> Tensor:
    """Expanded to the shape `size`."""
    ...

def byte(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.uint8; itself if it is one."""
    ...

def cartesian_prod(*tensors: Tensor | Sequence[Tensor]) -> Tensor:
    """All combinations of one element of each vector, as rows."""
    ...

def cat(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int | None = None, out: Tensor | None = None) -> Tensor:
    """Tensors one after the other along `dim` (or `axis`); their other sizes must agree (empty 1-d tensors are left
    out)."""
    ...

def cauchy_(input: Tensor, median: _float = 0, sigma: _float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fill with Cauchy numbers."""
    ...

def cdouble(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.complex128; itself if it is one."""
    ...

def ceil(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smallest integer not below each element."""
    ...

def ceil_(input: Tensor) -> Tensor:
    """The smallest integer not below each element."""
    ...

def celu(input: Tensor, alpha: Number = 1.0) -> Tensor:
    """`max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`."""
    ...

def celu_(input: Tensor, alpha: Number = 1.0) -> Tensor:
    """`celu`, written over the first argument."""
    ...

def cfloat(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.complex64; itself if it is one."""
    ...

def chalf(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.complex32; itself if it is one."""
    ...

def channel_shuffle(input: Tensor, groups: _int) -> Tensor:
    """Channels (dimension 1) dealt out anew: the first of every group, then the second of every group ..."""
    ...

def char(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.int8; itself if it is one."""
    ...

def chunk(input: Tensor, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` pieces of dimension `dim`, of one size but for the last."""
    ...

def clamp(
    input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None, *, out: Tensor | None = None
) -> Tensor:
    """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
    ...

def clamp_(input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
    """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
    ...

def clamp_max(input: Tensor, max: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Elements not above max."""
    ...

def clamp_max_(input: Tensor, max: Tensor | Number) -> Tensor:
    """`clamp_max`, written over the first argument."""
    ...

def clamp_min(input: Tensor, min: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
    """Elements not below min."""
    ...

def clamp_min_(input: Tensor, min: Tensor | Number) -> Tensor:
    """`clamp_min`, written over the first argument."""
    ...

def clip(
    input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None, *, out: Tensor | None = None
) -> Tensor:
    """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
    ...

def clip_(input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
    """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
    ...

def clone(input: Tensor, *, memory_format: _memory_format | None = None, out: Tensor | None = None) -> Tensor:
    """A copy, with the input's order of elements in memory or in a given one."""
    ...

def column_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Vectors as the columns of a matrix, matrices side by side."""
    ...

def combinations(input: Tensor, r: _int = 2, with_replacement: _bool = False) -> Tensor:
    """All choices of `r` elements of a vector, in order, as rows."""
    ...

def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex numbers of these real and imaginary parts."""
    ...

def concat(tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int | None = None, out: Tensor | None = None) -> Tensor:
    """Tensors one after the other along `dim` (or `axis`); their other sizes must agree (empty 1-d tensors are left
    out)."""
    ...

def concatenate(
    tensors: Sequence[Tensor], dim: _int = 0, *, axis: _int | None = None, out: Tensor | None = None
) -> Tensor:
    """Tensors one after the other along `dim` (or `axis`); their other sizes must agree (empty 1-d tensors are left
    out)."""
    ...

def conj(input: Tensor) -> Tensor:
    """The complex conjugates, a view: what is written to it is conjugated on its way. Real numbers as they are."""
    ...

def conj_physical(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex conjugate, computed; a real tensor is returned as it is."""
    ...

def conj_physical_(input: Tensor) -> Tensor: ...
def constant_pad_nd(input: Tensor, pad: _size, value: Number = 0) -> Tensor:
    """The input with `value` around it: `pad` has the widths before and behind the last dimension, the last but one
    ...; negative ones cut."""
    ...

def contiguous(input: Tensor, memory_format: _memory_format | None = ...) -> Tensor:
    """The tensor itself where its elements lie in order, else a copy where they do."""
    ...

def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: str | _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Cross-correlation over 1 dimension: input (N, C, ...) or (C, ...),
    weight (O, C / groups, ...), bias (O). `padding` may be "same" or "valid".
    Raises RuntimeError where shapes do not fit."""
    ...

def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: str | _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Cross-correlation over 2 dimensions: input (N, C, ...) or (C, ...),
    weight (O, C / groups, ...), bias (O). `padding` may be "same" or "valid".
    Raises RuntimeError where shapes do not fit."""
    ...

def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: str | _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Cross-correlation over 3 dimensions: input (N, C, ...) or (C, ...),
    weight (O, C / groups, ...), bias (O). `padding` may be "same" or "valid".
    Raises RuntimeError where shapes do not fit."""
    ...

def conv_input_gradient(
    gradient: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    input_shape: _size,
    stride: _int | Sequence[_int],
    padding: _int | Sequence[_int],
    dilation: _int | Sequence[_int],
    groups: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The gradient of a convolution's input, of shape `input_shape`; also a transposed convolution."""
    ...

def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    output_padding: _int | Sequence[_int] = 0,
    groups: _int = 1,
    dilation: _int | Sequence[_int] = 1,
) -> Tensor:
    """Transposed convolution over 1 dimension: input (N, C, ...) or
    (C, ...), weight (C, O / groups, ...), bias (O). Raises RuntimeError where shapes do not fit."""
    ...

def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    output_padding: _int | Sequence[_int] = 0,
    groups: _int = 1,
    dilation: _int | Sequence[_int] = 1,
) -> Tensor:
    """Transposed convolution over 2 dimensions: input (N, C, ...) or
    (C, ...), weight (C, O / groups, ...), bias (O). Raises RuntimeError where shapes do not fit."""
    ...

def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    output_padding: _int | Sequence[_int] = 0,
    groups: _int = 1,
    dilation: _int | Sequence[_int] = 1,
) -> Tensor:
    """Transposed convolution over 3 dimensions: input (N, C, ...) or
    (C, ...), weight (C, O / groups, ...), bias (O). Raises RuntimeError where shapes do not fit."""
    ...

def conv_weight_gradient(
    gradient: Tensor,
    input: Tensor,
    weight_shape: _size,
    stride: _int | Sequence[_int],
    padding: _int | Sequence[_int],
    dilation: _int | Sequence[_int],
    groups: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The gradient of a convolution's weight, of shape `weight_shape`."""
    ...

def convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: _int | Sequence[_int],
    padding: _int | Sequence[_int],
    dilation: _int | Sequence[_int],
    groups: _int,
    out: Tensor | None = None,
) -> Tensor:
    """Cross-correlation of (N, C, spatial) with (O, C / groups, window): (N, O, out). `out` gives sizes where padding
    is uneven."""
    ...

def copy_(input: Tensor, src: Tensor | Number | _complex, non_blocking: _bool = False) -> Tensor:
    """`src`, broadcast to the shape of `input` and converted to its type."""
    ...

def copysign(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """`input` with the sign of `other`."""
    ...

def copysign_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input` with the sign of `other`."""
    ...

def corrcoef(input: Tensor) -> Tensor:
    """The correlations of the rows of `input`, columns being observations."""
    ...

def cos(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The cosine (radians)."""
    ...

def cos_(input: Tensor) -> Tensor:
    """The cosine (radians)."""
    ...

def cosh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic cosine."""
    ...

def cosh_(input: Tensor) -> Tensor:
    """The hyperbolic cosine."""
    ...

def count_nonzero(input: Tensor, dim: _dims = None, *, out: Tensor | None = None) -> Tensor:
    """How many elements are not 0."""
    ...

def cov(
    input: Tensor, *, correction: Number = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariances of the rows of `input`, columns being observations, weighted by counts `fweights` and by
    `aweights`."""
    ...

def cpu(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor in the CPU's memory."""
    ...

def cross(input: Tensor, other: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """The cross products of vectors along `dim`, or along the first dimension of size 3."""
    ...

def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: _bool | None = None,
    ignore_index: _int = -100,
    reduce: _bool | None = None,
    reduction: str = "mean",
    label_smoothing: Any = 0.0,
) -> Tensor:
    """Cross entropy of logits (N, C, ...) or (C) with class indices (N, ...) or (), or with class probabilities of the
    input's shape."""
    ...

def cuda(
    input: Tensor, device: Device = None, non_blocking: _bool = False, memory_format: _memory_format | None = None
) -> Tensor:
    """Raises: this build knows no CUDA device."""
    ...

def cummax(input: Tensor, dim: _int, *, out: Sequence[Tensor] | None = None) -> _ValuesIndices:
    """(values, indices): the largest element so far along `dim`, and its last position."""
    ...

def cummin(input: Tensor, dim: _int, *, out: Sequence[Tensor] | None = None) -> _ValuesIndices:
    """(values, indices): the smallest element so far along `dim`, and its last position."""
    ...

def cumprod(input: Tensor, dim: _int, *, dtype: _dtype | None = None, out: Tensor | None = None) -> Tensor:
    """Running products along `dim`."""
    ...

def cumprod_(input: Tensor, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
    """Running products along `dim`."""
    ...

def cumsum(input: Tensor, dim: _int, *, dtype: _dtype | None = None, out: Tensor | None = None) -> Tensor:
    """Running sums along `dim`."""
    ...

def cumsum_(input: Tensor, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
    """Running sums along `dim`."""
    ...

def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: _float = 1.0, dim: _int = -1) -> Tensor:
    """The area under `y` so far along `dim`."""
    ...

def deg2rad(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Degrees as radians."""
    ...

def deg2rad_(input: Tensor) -> Tensor:
    """Degrees as radians."""
    ...

def diag(input: Tensor, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal."""
    ...

def diag_embed(input: Tensor, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
    """Matrices, in the dimensions `dim1` and `dim2` of the result, with the last dimension of `input` on a diagonal and
    0 elsewhere."""
    ...

def diagflat(input: Tensor, offset: _int = 0) -> Tensor:
    """The matrix with all elements of `input` on a diagonal."""
    ...

def diagonal(input: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """The diagonal of dimensions `dim1` and `dim2`, as the last dimension; `offset` steps above it (negative: below)."""
    ...

def diagonal_copy(
    input: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1, *, out: Tensor | None = None
) -> Tensor:
    """`diagonal`, copied."""
    ...

def diagonal_scatter(input: Tensor, src: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """A copy of `input` in which `diagonal(offset, dim1, dim2)` is `src`."""
    ...

def diff(
    input: Tensor,
    n: _int = 1,
    dim: _int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Differences of neighbours along `dim`, `n` times over; `prepend` and `append` are put before and behind first."""
    ...

def dist(input: Tensor, other: Tensor, p: Number = 2) -> Tensor:
    """The p-norm of `input - other`, of half-precision tensors rounded once."""
    ...

def div(
    input: Tensor, other: Tensor | Number | _complex, *, rounding_mode: str | None = None, out: Tensor | None = None
) -> Tensor:
    """`input / other`; with rounding_mode="trunc" or "floor" the quotient is rounded, and integers stay integers."""
    ...

def div_(input: Tensor, other: Tensor | Number | _complex, *, rounding_mode: str | None = None) -> Tensor:
    """`input / other`; with rounding_mode="trunc" or "floor" the quotient is rounded, and integers stay integers."""
    ...

def divide(
    input: Tensor, other: Tensor | Number | _complex, *, rounding_mode: str | None = None, out: Tensor | None = None
) -> Tensor:
    """`input / other`; with rounding_mode="trunc" or "floor" the quotient is rounded, and integers stay integers."""
    ...

def divide_(input: Tensor, other: Tensor | Number | _complex, *, rounding_mode: str | None = None) -> Tensor:
    """`input / other`; with rounding_mode="trunc" or "floor" the quotient is rounded, and integers stay integers."""
    ...

def dot(input: Tensor, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two vectors, summed (no conjugate is taken)."""
    ...

def double(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.float64; itself if it is one."""
    ...

def dropout(
    input: Tensor, p: Number = 0.5, train: _bool = True, training: _bool | None = None, inplace: _bool = False
) -> Tensor:
    """Elements set to 0 with probability `p`, the others divided by 1 - p; unchanged unless training."""
    ...

def dsplit(input: Tensor, indices_or_sections: _int | Sequence[_int] | Tensor) -> tuple[Tensor, ...]:
    """Pieces of dimension 2, as `tensor_split` makes them; a number of sections must divide it."""
    ...

def dstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors along dimension 2."""
    ...

@overload
def einsum(equation: str, *operands: Tensor | Sequence[Tensor]) -> Tensor:
    """Products of tensors whose dimensions are named by letters, summed over the letters that the result lacks:
    `einsum("ij,jk->ik", a, b)`, or `einsum(a, [0, 1], b, [1, 2], [0, 2])`. "..." stands for dimensions without
    names."""
    ...

@overload
def einsum(*operands: Tensor | Sequence[_int]) -> Tensor: ...
def elu(
    input: Tensor, alpha: Number = 1.0, scale: Number = 1.0, input_scale: Number = 1.0, *, out: Tensor | None = None
) -> Tensor:
    """`scale * x` where positive, else `scale * alpha * (exp(input_scale * x) - 1)`."""
    ...

def elu_(input: Tensor, alpha: Number = 1.0, scale: Number = 1.0, input_scale: Number = 1.0) -> Tensor:
    """`scale * x` where positive, else `scale * alpha * (exp(input_scale * x) - 1)`."""
    ...

def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: _int | None = None,
    max_norm: _float | None = None,
    norm_type: _float = 2.0,
    scale_grad_by_freq: _bool = False,
    sparse: _bool = False,
) -> Tensor:
    """Rows of `weight` (n, d) at the indices `input` (any shape): (*input.shape, d). The row `padding_idx` gets no
    gradient.

    Raises IndexError where an index is not in 0 .. n-1."""
    ...

@overload
def empty(
    size: _size,
    *,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: _memory_format | None = None,
) -> Tensor:
    """A tensor of this size whose elements are whatever was in memory."""
    ...

@overload
def empty(
    *size: _int,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: _memory_format | None = None,
) -> Tensor: ...
def empty_like(
    input: Tensor,
    *,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: _memory_format | None = None,
) -> Tensor:
    """A tensor like `input`, its elements whatever was in memory."""
    ...

def empty_permuted(
    size: _size,
    physical_layout: Sequence[_int],
    *,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A dense tensor whose dimensions lie in memory in the order `physical_layout`, the slowest first."""
    ...

def empty_strided(
    size: _size,
    stride: _int | Sequence[_int],
    *,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of this size and these strides whose elements are whatever was in memory."""
    ...

def eq(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether elements are equal (NaN is equal to nothing)."""
    ...

def eq_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether elements are equal (NaN is equal to nothing)."""
    ...

def equal(input: Tensor, other: Tensor) -> _bool:
    """Whether two tensors have the same shape and elements."""
    ...

def erf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The error function."""
    ...

def erf_(input: Tensor) -> Tensor:
    """The error function."""
    ...

def erfc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`1 - erf(x)`, accurate for large x."""
    ...

def erfc_(input: Tensor) -> Tensor:
    """`1 - erf(x)`, accurate for large x."""
    ...

def exp(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """e to the power of each element."""
    ...

def exp2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """2 to the power of each element."""
    ...

def exp2_(input: Tensor) -> Tensor:
    """2 to the power of each element."""
    ...

def exp_(input: Tensor) -> Tensor:
    """e to the power of each element."""
    ...

@overload
def expand(input: Tensor, size: _size) -> Tensor:
    """Dimensions of size 1 repeated without copying, and new ones before; -1 leaves a size as it is."""
    ...

@overload
def expand(input: Tensor, *size: _int) -> Tensor: ...
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Expanded to the shape of `other`."""
    ...

def expand_copy(input: Tensor, size: _size, *, out: Tensor | None = None) -> Tensor:
    """`expand`, copied."""
    ...

def expm1(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`exp(x) - 1`, accurate near 0."""
    ...

def expm1_(input: Tensor) -> Tensor:
    """`exp(x) - 1`, accurate near 0."""
    ...

def exponential_(input: Tensor, lambd: _float = 1, *, generator: Generator | None = None) -> Tensor:
    """Fill with exponential numbers of rate `lambd`."""
    ...

def eye(
    n: _int,
    m: _int | None = None,
    *,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A matrix of n rows and m (or n) columns with ones on its diagonal and zeros elsewhere."""
    ...

def fill(input: Tensor, value: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """`value` in every element, in the shape and type of `input`."""
    ...

def fill_(input: Tensor, value: Tensor | Number | _complex) -> Tensor:
    """Set every element to a number, in place."""
    ...

def fix(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The integer part of each element."""
    ...

def fix_(input: Tensor) -> Tensor:
    """The integer part of each element."""
    ...

def flatten(input: Tensor, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
    """Dimensions `start_dim` to `end_dim` made into one."""
    ...

@overload
def flip(input: Tensor, dims: _size) -> Tensor:
    """A copy with the order along `dims` reversed."""
    ...

@overload
def flip(input: Tensor, *dims: _int) -> Tensor: ...
def fliplr(input: Tensor) -> Tensor:
    """`flip` along dimension 1."""
    ...

def flipud(input: Tensor) -> Tensor:
    """`flip` along dimension 0."""
    ...

def float(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.float32; itself if it is one."""
    ...

def float_power(
    input: Tensor | Number | _complex, exponent: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input ** exponent` in double precision."""
    ...

def float_power_(input: Tensor, exponent: Tensor | Number | _complex) -> Tensor:
    """`float_power`, written over the input, which must have its type."""
    ...

def floor(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The largest integer not above each element."""
    ...

def floor_(input: Tensor) -> Tensor:
    """The largest integer not above each element."""
    ...

def floor_divide(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """The quotient rounded towards minus infinity. Raises RuntimeError where an integer divisor is 0."""
    ...

def floor_divide_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """The quotient rounded towards minus infinity. Raises RuntimeError where an integer divisor is 0."""
    ...

def fmax(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The larger element; a number wins over NaN."""
    ...

def fmax_(input: Tensor, other: Tensor) -> Tensor:
    """The larger element; a number wins over NaN."""
    ...

def fmin(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smaller element; a number wins over NaN."""
    ...

def fmin_(input: Tensor, other: Tensor) -> Tensor:
    """The smaller element; a number wins over NaN."""
    ...

def fmod(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """C's fmod: the result has the sign of `input`. Raises RuntimeError where an integer divisor is 0."""
    ...

def fmod_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """C's fmod: the result has the sign of `input`. Raises RuntimeError where an integer divisor is 0."""
    ...

def frac(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The fractional part, with the sign of the element."""
    ...

def frac_(input: Tensor) -> Tensor:
    """The fractional part, with the sign of the element."""
    ...

def from_dlpack(ext_tensor: Any, *, device: Device = None, copy: _bool | None = None) -> Tensor:
    """A tensor that shares the memory of another library's tensor: an object with `__dlpack__`, or a capsule."""
    ...

def from_numpy(ndarray: np.ndarray[Any, Any]) -> Tensor:
    """A tensor that shares the array's memory: what is written to one shows in the other."""
    ...

def frombuffer(
    buffer: Any, *, dtype: _dtype, count: _int = -1, offset: _int = 0, requires_grad: _bool = False
) -> Tensor:
    """A tensor of one dimension that shares the memory of an object with the buffer protocol, from byte `offset` on."""
    ...

def full(
    size: _size,
    fill_value: Number | _complex,
    *,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of this size with one number everywhere; its type is the number's, if no other is given."""
    ...

def full_like(
    input: Tensor,
    fill_value: Number | _complex,
    *,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: _memory_format | None = None,
) -> Tensor:
    """A tensor like `input` with one number everywhere."""
    ...

def gather(input: Tensor, dim: _int, index: Tensor, *, sparse_grad: _bool = False, out: Tensor | None = None) -> Tensor:
    """`result[i][j] = input[index[i][j]][j]` for dim 0, and so on: one index for each element of the result."""
    ...

def ge(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether `input >= other`."""
    ...

def ge_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether `input >= other`."""
    ...

def gelu(input: Tensor, *, approximate: str = "none", out: Tensor | None = None) -> Tensor:
    """`x * P(X <= x)` for a normal X; with approximate="tanh" by a tanh (https://arxiv.org/abs/1606.08415)."""
    ...

def gelu_(input: Tensor, *, approximate: str = "none") -> Tensor:
    """`x * P(X <= x)` for a normal X; with approximate="tanh" by a tanh (https://arxiv.org/abs/1606.08415)."""
    ...

def geometric_(input: Tensor, p: _float, *, generator: Generator | None = None) -> Tensor:
    """Fill with geometric numbers of probability `p`."""
    ...

def ger(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of every element of one vector with every element of another."""
    ...

def greater(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether `input > other`."""
    ...

def greater_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether `input > other`."""
    ...

def greater_equal(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether `input >= other`."""
    ...

def greater_equal_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether `input >= other`."""
    ...

def gt(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether `input > other`."""
    ...

def gt_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether `input > other`."""
    ...

def half(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.float16; itself if it is one."""
    ...

def hardshrink(input: Tensor, lambd: Number = 0.5, *, out: Tensor | None = None) -> Tensor:
    """0 where `|x| <= lambd`, else `x`. A half-precision type has a lambd of its own."""
    ...

def hardsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`relu6(x + 3) / 6`."""
    ...

def hardsigmoid_(input: Tensor) -> Tensor:
    """`relu6(x + 3) / 6`."""
    ...

def hardswish(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`x * relu6(x + 3) / 6`."""
    ...

def hardswish_(input: Tensor) -> Tensor:
    """`x * relu6(x + 3) / 6`."""
    ...

def hardtanh(input: Tensor, min_val: Number = -1.0, max_val: Number = 1.0, *, out: Tensor | None = None) -> Tensor:
    """`x` limited to min_val .. max_val."""
    ...

def hardtanh_(input: Tensor, min_val: Number = -1.0, max_val: Number = 1.0) -> Tensor:
    """`x` limited to min_val .. max_val."""
    ...

def heaviside(input: Tensor, values: Tensor, *, out: Tensor | None = None) -> Tensor:
    """0 below 0, 1 above, and `values` at 0. Both must have one type."""
    ...

def heaviside_(input: Tensor, values: Tensor) -> Tensor:
    """0 below 0, 1 above, and `values` at 0. Both must have one type."""
    ...

def histc(input: Tensor, bins: _int = 100, min: Number = 0, max: Number = 0, *, out: Tensor | None = None) -> Tensor:
    """How many elements fall into each of `bins` equal parts of min .. max (both 0: of the elements' range)."""
    ...

def hsplit(input: Tensor, indices_or_sections: _int | Sequence[_int] | Tensor) -> tuple[Tensor, ...]:
    """Pieces of dimension 1, as `tensor_split` makes them; a number of sections must divide it."""
    ...

def hstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors side by side: along dimension 1, or 0 for vectors."""
    ...

def hypot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`sqrt(input**2 + other**2)` without overflow."""
    ...

def hypot_(input: Tensor, other: Tensor) -> Tensor:
    """`sqrt(input**2 + other**2)` without overflow."""
    ...

def imag(input: Tensor) -> Tensor:
    """The imaginary parts, a view."""
    ...

def index_add(
    input: Tensor, dim: _int, index: Tensor, source: Tensor, *, alpha: Number = 1, out: Tensor | None = None
) -> Tensor:
    """A copy of `input` with the slices of `source`, times `alpha`, added to those of dimension `dim` at `index`."""
    ...

def index_add_(input: Tensor, dim: _int, index: Tensor, source: Tensor, *, alpha: Number = 1) -> Tensor:
    """Add the slices of `source`, times `alpha`, to those of dimension `dim` at `index`, in place. An index may occur
    repeatedly."""
    ...

def index_copy(input: Tensor, dim: _int, index: Tensor, source: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy of `input` with the slices of dimension `dim` at `index` replaced by those of `source`."""
    ...

def index_copy_(input: Tensor, dim: _int, index: Tensor, source: Tensor) -> Tensor:
    """Write the slices of `source` to those of dimension `dim` at `index`, in place."""
    ...

def index_fill(input: Tensor, dim: _int, index: Tensor, value: Tensor | Number | _complex) -> Tensor:
    """A copy of `input` with a number in the slices of dimension `dim` at `index`."""
    ...

def index_fill_(input: Tensor, dim: _int, index: Tensor, value: Tensor | Number | _complex) -> Tensor:
    """Write a number to the slices of dimension `dim` at `index`, in place."""
    ...

def index_put(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
    """A copy of `input` with `values` written or added at the indices of the first dimensions."""
    ...

def index_put_(input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
    """Write `values` to (with `accumulate`: add them to) the elements at the indices of the first dimensions, in place."""
    ...

def index_select(input: Tensor, dim: _int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The slices of dimension `dim` at the positions in the 1-d tensor `index`."""
    ...

def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of the vectors along the last dimensions of two tensors, summed; of 0-d ones the product."""
    ...

def int(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.int32; itself if it is one."""
    ...

def is_nonzero(input: Tensor) -> _bool:
    """Whether the one element is not 0."""
    ...

def isclose(
    input: Tensor, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False
) -> Tensor:
    """Whether `|input - other| <= atol + rtol * |other|`; equal infinities are close."""
    ...

def isfinite(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is neither infinite nor NaN."""
    ...

def isfinite_(input: Tensor) -> Tensor:
    """Whether an element is neither infinite nor NaN."""
    ...

def isinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is infinite."""
    ...

def isinf_(input: Tensor) -> Tensor:
    """Whether an element is infinite."""
    ...

def isnan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is NaN."""
    ...

def isnan_(input: Tensor) -> Tensor:
    """Whether an element is NaN."""
    ...

def isneginf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is -infinity."""
    ...

def isposinf(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is +infinity."""
    ...

def isreal(input: Tensor) -> Tensor:
    """Whether the imaginary part is 0."""
    ...

def kron(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Kronecker product: every element of `input` times the whole of `other`."""
    ...

def layer_norm(
    input: Tensor,
    normalized_shape: _size,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: _float = 1e-05,
    cudnn_enable: _bool = True,
) -> Tensor:
    """`(x - mean) / sqrt(var + eps) * weight + bias` over the last dimensions, which must have `normalized_shape`
    (https://arxiv.org/abs/1607.06450). Raises RuntimeError where shapes do not fit."""
    ...

def ldexp(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """`input * 2**other`."""
    ...

def ldexp_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input * 2**other`."""
    ...

def le(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether `input <= other`."""
    ...

def le_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether `input <= other`."""
    ...

def leaky_relu(input: Tensor, negative_slope: Number = 0.01, *, out: Tensor | None = None) -> Tensor:
    """`x` where positive, else `negative_slope * x`."""
    ...

def leaky_relu_(input: Tensor, negative_slope: Number = 0.01) -> Tensor:
    """`x` where positive, else `negative_slope * x`."""
    ...

def lerp(input: Tensor, end: Tensor, weight: Tensor | _float, *, out: Tensor | None = None) -> Tensor:
    """`input + weight * (end - input)`, from the nearer end."""
    ...

def lerp_(input: Tensor, end: Tensor, weight: Tensor | _float) -> Tensor:
    """`input + weight * (end - input)`, from the nearer end."""
    ...

def less(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether `input < other`."""
    ...

def less_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether `input < other`."""
    ...

def less_equal(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether `input <= other`."""
    ...

def less_equal_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether `input <= other`."""
    ...

def linalg_cross(input: Tensor, other: Tensor, *, dim: _int = -1) -> Tensor:
    """The cross products of vectors of three along `dim`."""
    ...

def linalg_diagonal(A: Tensor, *, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
    """The diagonal of each matrix, a view."""
    ...

def linalg_multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of matrices (the first and the last may be vectors), in the order that needs the fewest
    multiplications."""
    ...

def linalg_vander(x: Tensor, *, N: _int | None = None) -> Tensor:
    """The powers 0 .. N-1 (default: as many as elements) of a vector's elements, along a new last dimension."""
    ...

def linalg_vecdot(x: Tensor, y: Tensor, *, dim: _int = -1) -> Tensor:
    """The products of vectors along `dim`, summed; of complex ones the first is conjugated."""
    ...

def linalg_vector_norm(
    x: Tensor, ord: Number = 2, dim: _dims = None, keepdim: _bool = False, *, dtype: _dtype | None = None
) -> Tensor:
    """The `ord`-norm of the elements over `dim` (None: over all): sum(|x|**ord)**(1/ord); for ord 0 how many are not 0,
    for inf the largest."""
    ...

def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None) -> Tensor:
    """`input @ weight.T + bias`: (..., in) with weight (out, in) and bias (out) is (..., out)."""
    ...

def linspace(
    start: Number | Tensor,
    end: Number | Tensor,
    steps: _int,
    *,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included."""
    ...

def log(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The natural logarithm."""
    ...

def log10(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm to base 10."""
    ...

def log10_(input: Tensor) -> Tensor:
    """The logarithm to base 10."""
    ...

def log1p(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`log(1 + x)`, accurate near 0."""
    ...

def log1p_(input: Tensor) -> Tensor:
    """`log(1 + x)`, accurate near 0."""
    ...

def log2(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The logarithm to base 2."""
    ...

def log2_(input: Tensor) -> Tensor:
    """The logarithm to base 2."""
    ...

def log_(input: Tensor) -> Tensor:
    """The natural logarithm."""
    ...

def log_normal_(input: Tensor, mean: _float = 1.0, std: _float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers whose logarithm is normal."""
    ...

def log_softmax(input: Tensor, dim: _int, dtype: _dtype | None = None, *, out: Tensor | None = None) -> Tensor:
    """`log(softmax(x))` along `dim`, without overflow."""
    ...

def logaddexp(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`log(exp(input) + exp(other))` without overflow."""
    ...

def logaddexp2(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`log2(2**input + 2**other)` without overflow."""
    ...

def logaddexp2_(input: Tensor, other: Tensor) -> Tensor:
    """`log2(2**input + 2**other)` without overflow."""
    ...

def logaddexp_(input: Tensor, other: Tensor) -> Tensor:
    """`log(exp(input) + exp(other))` without overflow."""
    ...

def logcumsumexp(input: Tensor, dim: _int, *, out: Tensor | None = None) -> Tensor:
    """`log(cumsum(exp(input)))` along `dim`, without overflow."""
    ...

def logical_and(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether both are true (not 0)."""
    ...

def logical_and_(input: Tensor, other: Tensor) -> Tensor:
    """Whether both are true (not 0)."""
    ...

def logical_not(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether an element is 0."""
    ...

def logical_not_(input: Tensor) -> Tensor:
    """Whether an element is 0."""
    ...

def logical_or(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether one or both are true (not 0)."""
    ...

def logical_or_(input: Tensor, other: Tensor) -> Tensor:
    """Whether one or both are true (not 0)."""
    ...

def logical_xor(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether exactly one is true (not 0)."""
    ...

def logical_xor_(input: Tensor, other: Tensor) -> Tensor:
    """Whether exactly one is true (not 0)."""
    ...

def logit(input: Tensor, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """`log(x / (1 - x))`, x first limited to eps .. 1 - eps if `eps` is given."""
    ...

def logit_(input: Tensor, eps: _float | None = None) -> Tensor:
    """`log(x / (1 - x))`, x first limited to eps .. 1 - eps if `eps` is given."""
    ...

def logsigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`log(sigmoid(x))` without overflow."""
    ...

def logsigmoid_(input: Tensor) -> Tensor:
    """`log(sigmoid(x))` without overflow."""
    ...

def logspace(
    start: Number | Tensor,
    end: Number | Tensor,
    steps: _int,
    base: _float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """`base` to the powers of `linspace(start, end, steps)`."""
    ...

def logsumexp(input: Tensor, dim: _dims, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
    """`log(sum(exp(input)))` over `dim`, without overflow."""
    ...

def long(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.int64; itself if it is one."""
    ...

def lt(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether `input < other`."""
    ...

def lt_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether `input < other`."""
    ...

def masked_fill(input: Tensor, mask: Tensor, value: Tensor | Number | _complex) -> Tensor:
    """`value` where the mask is true, else `input`."""
    ...

def masked_fill_(input: Tensor, mask: Tensor, value: Tensor | Number | _complex) -> Tensor:
    """`value` where the mask is true, else `input`."""
    ...

def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy of `input` with the elements of `source`, in order, where the mask is true; input and mask broadcast."""
    ...

def masked_scatter_(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Write the elements of `source`, in order, where the mask is true."""
    ...

def masked_select(input: Tensor, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements where the mask is true, in one dimension; input and mask broadcast."""
    ...

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The matrix product. Vectors become a row or a column, dimensions before the last two broadcast as batches:
    (..., m, k) @ (..., k, n) is (..., m, n). Raises RuntimeError where sizes or types do not fit."""
    ...

def matrix_adjoint(input: Tensor) -> Tensor:
    """`x.mH`: the last two dimensions swapped and, of complex numbers, the conjugates."""
    ...

def matrix_h(input: Tensor) -> Tensor:
    """`x.H`: a matrix transposed and, of complex numbers, the conjugates."""
    ...

def matrix_transpose(input: Tensor) -> Tensor:
    """`x.mT`: the last two dimensions swapped."""
    ...

@overload
def max(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`max(input)`: over all. `max(input, dim, keepdim)`: (values, indices) along a dimension. `max(input, other)`: elementwise."""
    ...

@overload
def max(input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _ValuesIndices: ...
@overload
def max(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
def max_pool(input: Tensor, spec: Any, *, out: Tensor | None = None) -> Tensor:
    """(values, int64 positions in the plane) of the largest elements of the windows."""
    ...

@overload
def max_pool1d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
    return_indices: Literal[False] = False,
) -> Tensor:
    """The largest element of each window of 1 dimension: input (N, C, ...) or (C, ...). NaN wins."""
    ...

@overload
def max_pool1d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool1d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
    return_indices: _bool = False,
) -> Any: ...
@overload
def max_pool2d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
    return_indices: Literal[False] = False,
) -> Tensor:
    """The largest element of each window of 2 dimensions: input (N, C, ...) or (C, ...). NaN wins."""
    ...

@overload
def max_pool2d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool2d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
    return_indices: _bool = False,
) -> Any: ...
@overload
def max_pool3d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
    return_indices: Literal[False] = False,
) -> Tensor:
    """The largest element of each window of 3 dimensions: input (N, C, ...) or (C, ...). NaN wins."""
    ...

@overload
def max_pool3d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
    *,
    return_indices: Literal[True],
) -> tuple[Tensor, Tensor]: ...
@overload
def max_pool3d(
    input: Tensor,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
    return_indices: _bool = False,
) -> Any: ...
def max_pool_gradient(
    gradient: Tensor, indices: Tensor, input_shape: _size, spec: Any, *, out: Tensor | None = None
) -> Tensor:
    """The gradient of `max_pool`'s input: each gradient goes to the position that was the largest."""
    ...

def maximum(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The larger element; NaN wins."""
    ...

def maximum_(input: Tensor, other: Tensor) -> Tensor:
    """The larger element; NaN wins."""
    ...

def mean(
    input: Tensor, dim: _dims = None, keepdim: _bool = False, *, dtype: _dtype | None = None, out: Tensor | None = None
) -> Tensor:
    """The mean over `dim` (None: over all). Of floating-point and complex tensors only."""
    ...

def meshgrid(*tensors: Tensor | Sequence[Tensor], indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of a grid: each of the 1-d tensors expanded over the dimensions of all. `indexing` 'xy' swaps the
    first two."""
    ...

@overload
def min(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`min(input)`: over all. `min(input, dim, keepdim)`: (values, indices) along a dimension. `min(input, other)`: elementwise."""
    ...

@overload
def min(input: Tensor, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _ValuesIndices: ...
@overload
def min(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
def minimum(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The smaller element; NaN wins."""
    ...

def minimum_(input: Tensor, other: Tensor) -> Tensor:
    """The smaller element; NaN wins."""
    ...

def mish(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`x * tanh(softplus(x))`."""
    ...

def mish_(input: Tensor) -> Tensor:
    """`x * tanh(softplus(x))`."""
    ...

def mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two matrices: (m, k) @ (k, n)."""
    ...

def moveaxis(input: Tensor, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
    """Dimensions `source` moved to `destination`; the others keep their order."""
    ...

def movedim(input: Tensor, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
    """Dimensions `source` moved to `destination`; the others keep their order."""
    ...

def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: _bool | None = None,
    reduce: _bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """The mean (or sum, or each) of `(input - target)**2`."""
    ...

def mul(input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """`input * other`, elementwise with broadcasting and type promotion."""
    ...

def mul_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input * other`, elementwise with broadcasting and type promotion."""
    ...

def multinomial(
    input: Tensor,
    num_samples: _int,
    replacement: _bool = False,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """`num_samples` indices for each row of weights, which need not sum to 1: drawn by a search in the row's running
    sum, or, without replacement (and for one sample), as the largest of weight / exponential noise."""
    ...

def multiply(
    input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input * other`, elementwise with broadcasting and type promotion."""
    ...

def multiply_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input * other`, elementwise with broadcasting and type promotion."""
    ...

def mv(input: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A matrix times a vector: (m, k) @ (k)."""
    ...

def nan_to_num(
    input: Tensor,
    nan: _float | None = None,
    posinf: _float | None = None,
    neginf: _float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """NaN and infinities replaced, by default by 0 and the largest finite numbers."""
    ...

def nan_to_num_(
    input: Tensor, nan: _float | None = None, posinf: _float | None = None, neginf: _float | None = None
) -> Tensor:
    """NaN and infinities replaced, by default by 0 and the largest finite numbers."""
    ...

def nanmean(
    input: Tensor, dim: _dims = None, keepdim: _bool = False, *, dtype: _dtype | None = None, out: Tensor | None = None
) -> Tensor:
    """The mean of the elements that are not NaN."""
    ...

def nansum(
    input: Tensor, dim: _dims = None, keepdim: _bool = False, *, dtype: _dtype | None = None, out: Tensor | None = None
) -> Tensor:
    """The sum over `dim`, NaN counting as 0."""
    ...

def narrow(input: Tensor, dim: _int, start: _int | Tensor, length: _int) -> Tensor:
    """`length` elements of dimension `dim` from `start` on."""
    ...

def narrow_copy(input: Tensor, dim: _int, start: _int | Tensor, length: _int) -> Tensor:
    """`narrow`, copied."""
    ...

def native_layer_norm(
    input: Tensor, normalized_shape: _size, weight: Tensor, bias: Tensor | None, eps: _float
) -> tuple[Tensor, Tensor, Tensor]:
    """(y, mean, rstd): see `layer_norm`. The statistics have the input's shape with the normalised dimensions as 1."""
    ...

def ne(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether elements differ."""
    ...

def ne_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether elements differ."""
    ...

def neg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`-input`."""
    ...

def neg_(input: Tensor) -> Tensor:
    """`-input`."""
    ...

def negative(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`-input`."""
    ...

def negative_(input: Tensor) -> Tensor:
    """`-input`."""
    ...

@overload
def new_empty(
    input: Tensor,
    size: _size,
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    layout: _layout | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of this size and the input's type and device, its elements whatever was in memory."""
    ...

@overload
def new_empty(
    input: Tensor,
    *size: _int,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    layout: _layout | None = None,
    pin_memory: _bool = False,
) -> Tensor: ...
def new_empty_strided(
    input: Tensor,
    size: _size,
    stride: _int | Sequence[_int],
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    layout: _layout | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of this size, these strides and the input's type and device, its elements whatever was in memory."""
    ...

def new_full(
    input: Tensor,
    size: _size,
    fill_value: Number | _complex,
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    layout: _layout | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of this size and the input's type and device with one number everywhere."""
    ...

@overload
def new_ones(
    input: Tensor,
    size: _size,
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    layout: _layout | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of ones of this size and the input's type and device."""
    ...

@overload
def new_ones(
    input: Tensor,
    *size: _int,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    layout: _layout | None = None,
    pin_memory: _bool = False,
) -> Tensor: ...
def new_tensor(
    input: Tensor,
    data: Any,
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    layout: _layout | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of these data, of the input's type and device if no others are given."""
    ...

@overload
def new_zeros(
    input: Tensor,
    size: _size,
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    layout: _layout | None = None,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of zeros of this size and the input's type and device."""
    ...

@overload
def new_zeros(
    input: Tensor,
    *size: _int,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    layout: _layout | None = None,
    pin_memory: _bool = False,
) -> Tensor: ...
def nextafter(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """The next floating-point number after `input` towards `other`."""
    ...

def nextafter_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """The next floating-point number after `input` towards `other`."""
    ...

def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: _bool | None = None,
    ignore_index: _int = -100,
    reduce: _bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Minus the log-probability of the right class: input (N, C, ...) or (C), target (N, ...) or () of class indices."""
    ...

@overload
def nonzero(input: Tensor, *, as_tuple: Literal[False] = False, out: Tensor | None = None) -> Tensor:
    """The indices of all elements that are not 0: a row each, or with `as_tuple` a tensor for each dimension."""
    ...

@overload
def nonzero(input: Tensor, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
def norm(
    input: Tensor,
    p: Number | str = "fro",
    dim: _dims = None,
    keepdim: _bool = False,
    dtype: _dtype | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The norm of all elements, or over `dim`: see `linalg.vector_norm`; "fro" is the 2-norm."""
    ...

@overload
def normal(
    mean: Tensor, std: Tensor | _float = 1, *, generator: Generator | None = None, out: Tensor | None = None
) -> Tensor:
    """Normal numbers: `normal(mean, std)` with tensors for one or both, or numbers and a `size`."""
    ...

@overload
def normal(mean: _float, std: Tensor, *, generator: Generator | None = None, out: Tensor | None = None) -> Tensor: ...
@overload
def normal(
    mean: _float,
    std: _float,
    size: _size,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    pin_memory: _bool = False,
    requires_grad: _bool = False,
) -> Tensor: ...
def normal_(input: Tensor, mean: _float = 0.0, std: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers of the given mean and standard deviation."""
    ...

def not_equal(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Whether elements differ."""
    ...

def not_equal_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Whether elements differ."""
    ...

def numpy_transpose(input: Tensor) -> Tensor:
    """`x.T`: the dimensions in reverse order."""
    ...

@overload
def ones(
    size: _size,
    *,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of ones of this size."""
    ...

@overload
def ones(
    *size: _int,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor: ...
def ones_like(
    input: Tensor,
    *,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: _memory_format | None = None,
) -> Tensor:
    """A tensor of ones like `input`."""
    ...

def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of every element of one vector with every element of another."""
    ...

@overload
def permute(input: Tensor, dims: _size) -> Tensor:
    """Dimensions in another order: dimension k of the result is dimension `dims[k]` of the input."""
    ...

@overload
def permute(input: Tensor, *dims: _int) -> Tensor: ...
def permute_copy(input: Tensor, dims: _int | Sequence[_int], *, out: Tensor | None = None) -> Tensor:
    """`permute`, copied."""
    ...

def pixel_shuffle(input: Tensor, upscale_factor: _int) -> Tensor:
    """(..., C * r * r, H, W) as (..., C, H * r, W * r): channels become r x r blocks of pixels."""
    ...

def pixel_unshuffle(input: Tensor, downscale_factor: _int) -> Tensor:
    """The inverse of `pixel_shuffle`."""
    ...

def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The complex numbers of these lengths and angles."""
    ...

def positive(input: Tensor) -> Tensor:
    """The input itself."""
    ...

def pow(
    input: Tensor | Number | _complex, exponent: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input ** exponent`, elementwise with broadcasting and type promotion."""
    ...

def pow_(input: Tensor, exponent: Tensor | Number | _complex) -> Tensor:
    """`input ** exponent`, elementwise with broadcasting and type promotion."""
    ...

def prod(
    input: Tensor,
    dim: _int | None = None,
    keepdim: _bool = False,
    *,
    dtype: _dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """The product over `dim` (an int; None: over all). Integers are multiplied as int64."""
    ...

def put(input: Tensor, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
    """A copy of `input` with the elements of `source` written (or added) at row-major positions."""
    ...

def put_(input: Tensor, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
    """Write (or add) the elements of `source` at row-major positions, in place."""
    ...

def rad2deg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Radians as degrees."""
    ...

def rad2deg_(input: Tensor) -> Tensor:
    """Radians as degrees."""
    ...

@overload
def rand(
    size: _size,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    names: Any = None,
) -> Tensor:
    """Uniform numbers in [0, 1) of the given size."""
    ...

@overload
def rand(
    *size: _int,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    names: Any = None,
) -> Tensor: ...
def rand_like(
    input: Tensor,
    *,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: _memory_format | None = ...,
) -> Tensor:
    """A tensor of the input's shape, type and layout, filled as `rand` does."""
    ...

@overload
def randint(
    high: _int,
    size: _size,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    pin_memory: _bool = False,
    requires_grad: _bool = False,
) -> Tensor:
    """Whole numbers low <= x < high (low is 0 if only one is given) of the given size, int64 by default."""
    ...

@overload
def randint(
    low: _int,
    high: _int,
    size: _size,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    pin_memory: _bool = False,
    requires_grad: _bool = False,
) -> Tensor: ...
@overload
def randint_like(
    input: Tensor,
    high: _int,
    *,
    memory_format: _memory_format | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    pin_memory: _bool = False,
    requires_grad: _bool = False,
) -> Tensor:
    """Whole numbers low <= x < high in the input's shape, type and layout."""
    ...

@overload
def randint_like(
    input: Tensor,
    low: _int,
    high: _int,
    *,
    memory_format: _memory_format | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    pin_memory: _bool = False,
    requires_grad: _bool = False,
) -> Tensor: ...
@overload
def randn(
    size: _size,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    names: Any = None,
) -> Tensor:
    """Standard normal numbers of the given size; complex ones of variance 1."""
    ...

@overload
def randn(
    *size: _int,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    names: Any = None,
) -> Tensor: ...
def randn_like(
    input: Tensor,
    *,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: _memory_format | None = ...,
) -> Tensor:
    """A tensor of the input's shape, type and layout, filled as `randn` does."""
    ...

@overload
def random_(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Fill with whole numbers: of the type's whole range, below `to`, from `from` to below `to`, or (`to` None) from
    `from` to the largest."""
    ...

@overload
def random_(input: Tensor, to: _int, *, generator: Generator | None = None) -> Tensor: ...
@overload
def random_(input: Tensor, from_: _int, to: _int | None, *, generator: Generator | None = None) -> Tensor: ...
def randperm(
    n: _int,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A random order of 0 .. n-1, int64 by default."""
    ...

def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension, contiguous."""
    ...

def real(input: Tensor) -> Tensor:
    """The real parts, a view; real numbers as they are."""
    ...

def reciprocal(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`1 / input`."""
    ...

def reciprocal_(input: Tensor) -> Tensor:
    """`1 / input`."""
    ...

def relu(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`max(input, 0)`; NaN stays."""
    ...

def relu6(input: Tensor) -> Tensor:
    """`x` limited to 0 .. 6."""
    ...

def relu6_(input: Tensor) -> Tensor:
    """`relu6`, written over the first argument."""
    ...

def relu_(input: Tensor) -> Tensor:
    """`max(input, 0)`; NaN stays."""
    ...

def remainder(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """Python's modulus: the result has the sign of `other`. Raises RuntimeError where an integer divisor is 0."""
    ...

def remainder_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """Python's modulus: the result has the sign of `other`. Raises RuntimeError where an integer divisor is 0."""
    ...

def renorm(input: Tensor, p: Number, dim: _int, maxnorm: _float, *, out: Tensor | None = None) -> Tensor:
    """Slices along `dim` whose p-norm is above `maxnorm`, shortened to it."""
    ...

def renorm_(input: Tensor, p: Number, dim: _int, maxnorm: _float) -> Tensor:
    """`renorm`, written over the first argument."""
    ...

@overload
def repeat(input: Tensor, size: _size, *, repeats: Any = None) -> Tensor:
    """The input repeated `sizes` times along each dimension (new ones come first)."""
    ...

@overload
def repeat(input: Tensor, *size: _int, repeats: Any = None) -> Tensor: ...
@overload
def repeat_interleave(repeats: Tensor, *, output_size: _int | None = None) -> Tensor:
    """Each element (or slice along `dim`) `repeats` times, one count for all or one for each; with a tensor of counts
    alone, their indices."""
    ...

@overload
def repeat_interleave(
    input: Tensor, repeats: Tensor | _int, dim: _int | None = None, *, output_size: _int | None = None
) -> Tensor: ...
@overload
def reshape(input: Tensor, size: _size, *, shape: _size | None = None) -> Tensor:
    """The elements in the same order as another shape: a view where strides allow it, else a copy. One size may be -1."""
    ...

@overload
def reshape(input: Tensor, *size: _int, shape: _size | None = None) -> Tensor: ...
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Reshaped to the shape of `other`."""
    ...

def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself, but of a view that shows conjugates a copy that holds them."""
    ...

def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself, but of a view that shows negatives a copy that holds them."""
    ...

def roll(input: Tensor, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] | None = None) -> Tensor:
    """A copy with elements moved by `shifts` along `dims`, those that leave coming back at the other end."""
    ...

def rot90(input: Tensor, k: _int = 1, dims: _size = (0, 1)) -> Tensor:
    """A copy turned by `k` quarters in the plane of `dims`, from the first towards the second."""
    ...

def round(input: Tensor, *, decimals: _int | None = None, out: Tensor | None = None) -> Tensor:
    """The nearest integer, halves to even; with `decimals`, the nearest multiple of 10**-decimals."""
    ...

def round_(input: Tensor, *, decimals: _int | None = None) -> Tensor:
    """The nearest integer, halves to even; with `decimals`, the nearest multiple of 10**-decimals."""
    ...

def row_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors below one another: along dimension 0; vectors are rows."""
    ...

def rsqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`1 / sqrt(input)`."""
    ...

def rsqrt_(input: Tensor) -> Tensor:
    """`1 / sqrt(input)`."""
    ...

def rsub(input: Tensor, other: Tensor | Number | _complex, *, alpha: Number = 1) -> Tensor:
    """`other - alpha * input`."""
    ...

def scalar_tensor(
    s: Number,
    *,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor without dimensions that holds a number."""
    ...

def scatter(
    input: Tensor,
    dim: _int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:
    """A copy of `input` with `src` (a tensor or a number) written at indices along a dimension; see `scatter_`."""
    ...

def scatter_(
    input: Tensor,
    dim: _int,
    index: Tensor,
    src: Tensor | Number | None = None,
    *,
    value: Number | None = None,
    reduce: str | None = None,
) -> Tensor:
    """Write `src` (a tensor or a number): `input[index[i][j]][j] = src[i][j]` for dim 0, and so on, in place."""
    ...

def scatter_add(input: Tensor, dim: _int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
    """A copy of `input` with `src` added at indices along a dimension; see `scatter_add_`."""
    ...

def scatter_add_(input: Tensor, dim: _int, index: Tensor, src: Tensor) -> Tensor:
    """Add `src`: `input[index[i][j]][j] += src[i][j]` for dim 0, and so on, in place. An index may occur repeatedly."""
    ...

def select(input: Tensor, dim: _int, index: Tensor) -> Tensor:
    """The slice at `index` of dimension `dim`, which goes away."""
    ...

def select_copy(input: Tensor, dim: _int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`select`, copied."""
    ...

def select_scatter(input: Tensor, src: Tensor, dim: _int, index: _int) -> Tensor:
    """A copy of `input` in which `select(dim, index)` is `src`."""
    ...

def selu(input: Tensor) -> Tensor:
    """`elu` with the constants that keep mean and variance (https://arxiv.org/abs/1706.02515)."""
    ...

def selu_(input: Tensor) -> Tensor:
    """`selu`, written over the first argument."""
    ...

def sgn(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sign; of a complex number `z / |z|`, and 0 where z is 0."""
    ...

def sgn_(input: Tensor) -> Tensor:
    """The sign; of a complex number `z / |z|`, and 0 where z is 0."""
    ...

def short(input: Tensor, memory_format: _memory_format | None = None) -> Tensor:
    """The tensor as torch.int16; itself if it is one."""
    ...

def sigmoid(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`1 / (1 + exp(-x))`."""
    ...

def sigmoid_(input: Tensor) -> Tensor:
    """`1 / (1 + exp(-x))`."""
    ...

def sign(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """-1, 0 or 1 by the sign of each element; NaN gives 0."""
    ...

def sign_(input: Tensor) -> Tensor:
    """-1, 0 or 1 by the sign of each element; NaN gives 0."""
    ...

def signbit(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Whether the sign bit is set (also of -0.0)."""
    ...

def silu(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`x * sigmoid(x)`."""
    ...

def silu_(input: Tensor) -> Tensor:
    """`x * sigmoid(x)`."""
    ...

def sin(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sine (radians)."""
    ...

def sin_(input: Tensor) -> Tensor:
    """The sine (radians)."""
    ...

def sinc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`sin(pi * x) / (pi * x)`, and 1 where x is 0."""
    ...

def sinc_(input: Tensor) -> Tensor:
    """`sin(pi * x) / (pi * x)`, and 1 where x is 0."""
    ...

def sinh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic sine."""
    ...

def sinh_(input: Tensor) -> Tensor:
    """The hyperbolic sine."""
    ...

def slice_scatter(
    input: Tensor, src: Tensor, dim: _int = 0, start: _int | None = None, end: _int | None = None, step: _int = 1
) -> Tensor:
    """A copy of `input` in which the elements `start:end:step` of dimension `dim` are `src`."""
    ...

def softmax(input: Tensor, dim: _int, dtype: _dtype | None = None, *, out: Tensor | None = None) -> Tensor:
    """`exp(x) / sum(exp(x))` along `dim`; `dtype` is the type of the result, and is computed in."""
    ...

def softplus(input: Tensor, beta: Number = 1.0, threshold: Number = 20.0, *, out: Tensor | None = None) -> Tensor:
    """`log(1 + exp(beta * x)) / beta`, and `x` where beta * x > threshold."""
    ...

def softplus_(input: Tensor, beta: Number = 1.0, threshold: Number = 20.0) -> Tensor:
    """`log(1 + exp(beta * x)) / beta`, and `x` where beta * x > threshold."""
    ...

def softshrink(input: Tensor, lambd: Number = 0.5) -> Tensor:
    """`x` moved towards 0 by lambd, 0 in between."""
    ...

def special_entr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`-x * log(x)`; 0 at 0 and -infinity below."""
    ...

def special_entr_(input: Tensor) -> Tensor:
    """`-x * log(x)`; 0 at 0 and -infinity below."""
    ...

def special_ndtr(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The area under the standard normal curve up to each element."""
    ...

def special_ndtr_(input: Tensor) -> Tensor:
    """The area under the standard normal curve up to each element."""
    ...

def special_round(input: Tensor, *, decimals: _int = 0) -> Tensor:
    """`round` of floating-point numbers."""
    ...

def special_xlog1py(
    input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input * log1p(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
    ...

def special_xlog1py_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input * log1p(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
    ...

def split(tensor: Tensor, split_size_or_sections: _int | Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
    """Pieces of dimension `dim`: of one size, the last perhaps smaller, or of the sizes listed."""
    ...

def split_copy(
    tensor: Tensor, split_size_or_sections: _int | Sequence[_int], dim: _int = 0, *, out: Tensor | None = None
) -> tuple[Tensor, ...]:
    """`split`, copied."""
    ...

def split_with_sizes(input: Tensor, split_sizes: _size, dim: _int = 0) -> tuple[Tensor, ...]:
    """Pieces of these sizes of dimension `dim`."""
    ...

def split_with_sizes_copy(
    input: Tensor, split_sizes: _size, dim: _int = 0, *, out: Tensor | None = None
) -> tuple[Tensor, ...]:
    """`split_with_sizes`, copied."""
    ...

def sqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The square root."""
    ...

def sqrt_(input: Tensor) -> Tensor:
    """The square root."""
    ...

def square(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`input * input`."""
    ...

def square_(input: Tensor) -> Tensor:
    """`input * input`."""
    ...

@overload
def squeeze(input: Tensor, dim: _size) -> Tensor:
    """Without the dimensions of size 1, or without those of `dim` (an int or several) that have size 1."""
    ...

@overload
def squeeze(input: Tensor, *dim: _int) -> Tensor: ...
@overload
def squeeze_(input: Tensor, dim: _size) -> Tensor:
    """Without the dimensions of size 1, or without those of `dim` (an int or several) that have size 1."""
    ...

@overload
def squeeze_(input: Tensor, *dim: _int) -> Tensor: ...
def squeeze_copy(input: Tensor, dim: _dims = None, *, out: Tensor | None = None) -> Tensor:
    """`squeeze`, copied."""
    ...

def stack(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """Tensors of one shape along a new dimension."""
    ...

@overload
def std(
    input: Tensor,
    dim: _dims = None,
    *,
    correction: Number | None = None,
    keepdim: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The standard deviation over `dim`: the root of `var`."""
    ...

@overload
def std(input: Tensor, unbiased: _bool) -> Tensor: ...
@overload
def std(input: Tensor, dim: _dims, unbiased: _bool, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor: ...
def std_mean(
    input: Tensor,
    dim: _dims = None,
    unbiased: _bool | None = None,
    keepdim: _bool = False,
    *,
    correction: Number | None = None,
) -> tuple[Tensor, Tensor]:
    """(standard deviation, mean) over `dim`."""
    ...

def sub(
    input: Tensor | Number | _complex,
    other: Tensor | Number | _complex,
    *,
    alpha: Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
    ...

def sub_(input: Tensor, other: Tensor | Number | _complex, *, alpha: Number = 1) -> Tensor:
    """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
    ...

def subtract(
    input: Tensor | Number | _complex,
    other: Tensor | Number | _complex,
    *,
    alpha: Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
    ...

def subtract_(input: Tensor, other: Tensor | Number | _complex, *, alpha: Number = 1) -> Tensor:
    """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
    ...

def sum(
    input: Tensor, dim: _dims = None, keepdim: _bool = False, *, dtype: _dtype | None = None, out: Tensor | None = None
) -> Tensor:
    """The sum over `dim` (None: over all). Integers are added as int64."""
    ...

def sum_to(input: Tensor, size: _size, *, out: Tensor | None = None) -> Tensor:
    """The sum over the dimensions in which `size` would be expanded to the input's shape: what the engine does to the
    gradient of an operand that was broadcast."""
    ...

@overload
def sum_to_size(input: Tensor, size: _size) -> Tensor:
    """The opposite of `expand`: sums over the dimensions in which `size` would be expanded to the input's shape."""
    ...

@overload
def sum_to_size(input: Tensor, *size: _int) -> Tensor: ...
def swapaxes(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Dimensions `dim0` and `dim1` swapped."""
    ...

def swapaxes_(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Dimensions `dim0` and `dim1` swapped."""
    ...

def swapdims(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Dimensions `dim0` and `dim1` swapped."""
    ...

def swapdims_(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Dimensions `dim0` and `dim1` swapped."""
    ...

def t(input: Tensor) -> Tensor:
    """A matrix transposed; a tensor of fewer dimensions as it is."""
    ...

def t_(input: Tensor) -> Tensor:
    """A matrix transposed; a tensor of fewer dimensions as it is."""
    ...

def t_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`t`, copied."""
    ...

def take(input: Tensor, index: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The elements at row-major positions; the result has the index's shape."""
    ...

def take_along_dim(input: Tensor, indices: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
    """`gather` with broadcasting, along `dim` also by negative indices; without `dim` among all elements in order."""
    ...

def tan(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The tangent (radians)."""
    ...

def tan_(input: Tensor) -> Tensor:
    """The tangent (radians)."""
    ...

def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The hyperbolic tangent of each element."""
    ...

def tanh_(input: Tensor) -> Tensor:
    """The hyperbolic tangent of each element."""
    ...

def tensor(
    data: Any,
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A new tensor of these data: a number, nested sequences of numbers, a NumPy array, a tensor. Always copies.

    Without a dtype: bools give bool, ints int64, floats the default type, complex numbers the complex type that goes
    with it; NumPy's scalars and tensors bring theirs."""
    ...

def tensor_split(
    input: Tensor, indices_or_sections: Tensor | _int | Sequence[_int], dim: _int = 0
) -> tuple[Tensor, ...]:
    """Pieces of dimension `dim`: a number of nearly equal ones, or between the indices listed."""
    ...

def tensordot(a: Tensor, b: Tensor, dims: _int | Sequence[Sequence[_int]] = 2, *, out: Tensor | None = None) -> Tensor:
    """Products summed over `dims`: the last ones of `a` and first ones of `b` if a number, else (those of a, those of
    b)."""
    ...

def threshold(input: Tensor, threshold: Number, value: Number, *, out: Tensor | None = None) -> Tensor:
    """`x` where it is above the threshold, else `value`."""
    ...

def threshold_(input: Tensor, threshold: Number, value: Number) -> Tensor:
    """`x` where it is above the threshold, else `value`."""
    ...

@overload
def tile(input: Tensor, dims: _size) -> Tensor:
    """`repeat`, with missing leading repeats taken as 1."""
    ...

@overload
def tile(input: Tensor, *dims: _int) -> Tensor: ...
@overload
def to(
    input: Tensor,
    dtype: _dtype,
    non_blocking: _bool = False,
    copy: _bool = False,
    *,
    memory_format: _memory_format | None = None,
) -> Tensor:
    """The tensor as another type, on another device or in another memory format: `x.to(torch.float64)`, `x.to("meta",
    torch.int8)`, `x.to(other)`. The tensor itself where nothing would change."""
    ...

@overload
def to(
    input: Tensor,
    device: Device = None,
    dtype: _dtype | None = None,
    non_blocking: _bool = False,
    copy: _bool = False,
    *,
    memory_format: _memory_format | None = None,
) -> Tensor: ...
@overload
def to(
    input: Tensor,
    other: Tensor,
    non_blocking: _bool = False,
    copy: _bool = False,
    *,
    memory_format: _memory_format | None = None,
) -> Tensor: ...
def to_copy(
    input: Tensor,
    dtype: _dtype | None,
    device: Device,
    memory_format: _memory_format | None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of another type, on another device, in another order of elements."""
    ...

def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal."""
    ...

def transpose(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Dimensions `dim0` and `dim1` swapped."""
    ...

def transpose_(input: Tensor, dim0: _int, dim1: _int) -> Tensor:
    """Dimensions `dim0` and `dim1` swapped."""
    ...

def transpose_copy(input: Tensor, dim0: _int, dim1: _int, *, out: Tensor | None = None) -> Tensor:
    """`transpose`, copied."""
    ...

def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: _float = 1.0, dim: _int = -1) -> Tensor:
    """The area under `y` along `dim` by trapezoids, at points `x` or `dx` apart."""
    ...

def tril(input: Tensor, diagonal: _int = 0) -> Tensor:
    """The lower triangle of each matrix, 0 above the given diagonal."""
    ...

def tril_(input: Tensor, diagonal: _int = 0) -> Tensor:
    """`tril`, written over the first argument."""
    ...

def tril_indices(
    row: _int,
    col: _int,
    offset: _int = 0,
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    layout: _layout | None = None,
) -> Tensor:
    """Rows and columns, as the two rows of a matrix, of the elements on and below a diagonal."""
    ...

def triu(input: Tensor, diagonal: _int = 0) -> Tensor:
    """The upper triangle of each matrix, 0 below the given diagonal."""
    ...

def triu_(input: Tensor, diagonal: _int = 0) -> Tensor:
    """`triu`, written over the first argument."""
    ...

def triu_indices(
    row: _int,
    col: _int,
    offset: _int = 0,
    *,
    dtype: _dtype | None = None,
    device: Device = None,
    layout: _layout | None = None,
) -> Tensor:
    """Rows and columns, as the two rows of a matrix, of the elements on and above a diagonal."""
    ...

def true_divide(
    input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None
) -> Tensor:
    """`input / other`; integers divide as floating-point numbers."""
    ...

def true_divide_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input / other`; integers divide as floating-point numbers."""
    ...

def trunc(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The integer part of each element."""
    ...

def trunc_(input: Tensor) -> Tensor:
    """The integer part of each element."""
    ...

def trunc_divide(input: Tensor, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """The quotient rounded towards zero. Raises RuntimeError where an integer divisor is 0."""
    ...

def trunc_divide_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """The quotient rounded towards zero. Raises RuntimeError where an integer divisor is 0."""
    ...

def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The tensor as the type, and on the device, of `other`."""
    ...

def unbind(input: Tensor, dim: _int = 0) -> tuple[Tensor, ...]:
    """The slices at every index of dimension `dim`."""
    ...

def unbind_copy(input: Tensor, dim: _int = 0, *, out: Tensor | None = None) -> tuple[Tensor, ...]:
    """`unbind`, copied."""
    ...

def unflatten(input: Tensor, dim: _int, sizes: Sequence[_int]) -> Tensor:
    """Dimension `dim` made into several of `sizes`, of which one may be -1."""
    ...

def unfold(input: Tensor, dimension: _int, size: _int, step: _int) -> Tensor:
    """All windows of `size` elements along a dimension, `step` apart; the elements of a window are the last dimension."""
    ...

def unfold_copy(input: Tensor, dimension: _int, size: _int, step: _int, *, out: Tensor | None = None) -> Tensor:
    """`unfold`, copied."""
    ...

def uniform_(input: Tensor, from_: _float = 0.0, to: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with uniform numbers in [from, to)."""
    ...

def unsqueeze(input: Tensor, dim: _int) -> Tensor:
    """With a new dimension of size 1 before `dim`."""
    ...

def unsqueeze_(input: Tensor, dim: _int) -> Tensor:
    """With a new dimension of size 1 before `dim`."""
    ...

def unsqueeze_copy(input: Tensor, dim: _int, *, out: Tensor | None = None) -> Tensor:
    """`unsqueeze`, copied."""
    ...

def vander(x: Tensor, N: _int | None = None, increasing: _bool = False) -> Tensor:
    """The powers N-1 .. 0 of a vector's elements as rows (rising with `increasing`)."""
    ...

@overload
def var(
    input: Tensor,
    dim: _dims = None,
    *,
    correction: Number | None = None,
    keepdim: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The variance over `dim`, divided by n - correction (default 1)."""
    ...

@overload
def var(input: Tensor, unbiased: _bool) -> Tensor: ...
@overload
def var(input: Tensor, dim: _dims, unbiased: _bool, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor: ...
def var_mean(
    input: Tensor,
    dim: _dims = None,
    unbiased: _bool | None = None,
    keepdim: _bool = False,
    *,
    correction: Number | None = None,
) -> tuple[Tensor, Tensor]:
    """(variance, mean) over `dim`."""
    ...

def vdot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two vectors, summed; of complex ones the first is conjugated."""
    ...

@overload
def view(input: Tensor, dtype: _dtype) -> Tensor:
    """The same data as another shape, `x.view(2, -1)`, or as another type, `x.view(torch.int32)`. RuntimeError where
    that needs a copy."""
    ...

@overload
def view(input: Tensor, size: _size) -> Tensor: ...
@overload
def view(input: Tensor, *size: _int) -> Tensor: ...
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view with the shape of `other`."""
    ...

def view_as_complex(input: Tensor) -> Tensor:
    """Pairs of real numbers, in a last dimension of size 2, as complex ones."""
    ...

def view_as_complex_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`view_as_complex`, copied."""
    ...

def view_as_real(input: Tensor) -> Tensor:
    """Complex numbers as pairs of real ones, in a last dimension of size 2."""
    ...

def view_as_real_copy(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`view_as_real`, copied."""
    ...

@overload
def view_copy(input: Tensor, size: _size, *, dtype: _dtype | None = None, out: Tensor | None = None) -> Tensor:
    """`view`, copied."""
    ...

@overload
def view_copy(input: Tensor, *size: _int, dtype: _dtype | None = None, out: Tensor | None = None) -> Tensor: ...
def vsplit(input: Tensor, indices_or_sections: _int | Sequence[_int] | Tensor) -> tuple[Tensor, ...]:
    """Pieces of dimension 0, as `tensor_split` makes them; a number of sections must divide it."""
    ...

def vstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """Tensors below one another: along dimension 0; vectors are rows."""
    ...

@overload
def where(condition: Tensor) -> tuple[Tensor, ...]:
    """`input` where the condition holds, else `other`, elementwise with broadcasting. The condition alone: the indices
    where it holds, a tensor for each dimension."""
    ...

@overload
def where(
    condition: Tensor, input: Tensor | Number, other: Tensor | Number, *, out: Tensor | None = None
) -> Tensor: ...
def xlogy(input: Tensor | Number | _complex, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
    """`input * log(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
    ...

def xlogy_(input: Tensor, other: Tensor | Number | _complex) -> Tensor:
    """`input * log(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
    ...

def zero_(input: Tensor) -> Tensor:
    """Set every element to 0, in place."""
    ...

@overload
def zeros(
    size: _size,
    *,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor:
    """A tensor of zeros of this size."""
    ...

@overload
def zeros(
    *size: _int,
    out: Tensor | None = None,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
) -> Tensor: ...
def zeros_like(
    input: Tensor,
    *,
    dtype: _dtype | None = None,
    layout: _layout | None = None,
    device: Device = None,
    requires_grad: _bool = False,
    pin_memory: _bool = False,
    memory_format: _memory_format | None = None,
) -> Tensor:
    """A tensor of zeros like `input`."""
    ...
