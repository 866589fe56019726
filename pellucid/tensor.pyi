# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Self, TypeVar, overload

import numpy as np

from pellucid import Size, TypedStorage, UntypedStorage
from pellucid.autograd.graph import Node
from pellucid.ops import _MinMax, _ValuesIndices
from pellucid.ops.random.generator import Generator
from pellucid.types import (
    Device,
    Number,
    _bool,
    _complex,
    _device,
    _dims,
    _dtype,
    _float,
    _int,
    _layout,
    _memory_format,
    _size,
    _type,
)
from pellucid.utils.hooks import RemovableHandle

_S = TypeVar("_S", bound=Tensor)

class Tensor:
    """An array of numbers of one type that remembers how it was computed. Made by `pellucid.tensor`, `zeros` and their
    kin."""
    def __init__(self, *data: Any, device: Device = None) -> None: ...
    def __add__(self, other: Tensor | Number | _complex) -> Tensor: ...
    def __sub__(self, other: Tensor | Number | _complex) -> Tensor: ...
    def __mul__(self, other: Tensor | Number | _complex) -> Tensor: ...
    def __truediv__(self, other: Tensor | Number | _complex) -> Tensor: ...
    def __floordiv__(self, other: Tensor | Number) -> Tensor: ...
    def __mod__(self, other: Tensor | Number) -> Tensor: ...
    def __pow__(self, other: Tensor | Number | _complex) -> Tensor: ...
    def __matmul__(self, other: Tensor) -> Tensor: ...
    def __and__(self, other: Tensor | _int) -> Tensor: ...
    def __or__(self, other: Tensor | _int) -> Tensor: ...
    def __xor__(self, other: Tensor | _int) -> Tensor: ...
    def __lshift__(self, other: Tensor | _int) -> Tensor: ...
    def __rshift__(self, other: Tensor | _int) -> Tensor: ...
    def __radd__(self, other: Number | _complex) -> Tensor: ...
    def __rsub__(self, other: Number | _complex) -> Tensor: ...
    def __rmul__(self, other: Number | _complex) -> Tensor: ...
    def __rtruediv__(self, other: Number | _complex) -> Tensor: ...
    def __rfloordiv__(self, other: Number) -> Tensor: ...
    def __rmod__(self, other: Number) -> Tensor: ...
    def __rpow__(self, other: Number | _complex) -> Tensor: ...
    def __rmatmul__(self, other: Tensor) -> Tensor: ...
    def __rand__(self, other: _int) -> Tensor: ...
    def __ror__(self, other: _int) -> Tensor: ...
    def __rxor__(self, other: _int) -> Tensor: ...
    def __rlshift__(self, other: _int) -> Tensor: ...
    def __rrshift__(self, other: _int) -> Tensor: ...
    def __iadd__(self, other: Tensor | Number | _complex) -> Self: ...
    def __isub__(self, other: Tensor | Number | _complex) -> Self: ...
    def __imul__(self, other: Tensor | Number | _complex) -> Self: ...
    def __itruediv__(self, other: Tensor | Number | _complex) -> Self: ...
    def __ifloordiv__(self, other: Tensor | Number) -> Self: ...
    def __imod__(self, other: Tensor | Number) -> Self: ...
    def __ipow__(self, other: Tensor | Number | _complex) -> Self: ...
    def __iand__(self, other: Tensor | _int) -> Self: ...
    def __ior__(self, other: Tensor | _int) -> Self: ...
    def __ixor__(self, other: Tensor | _int) -> Self: ...
    def __ilshift__(self, other: Tensor | _int) -> Self: ...
    def __irshift__(self, other: Tensor | _int) -> Self: ...
    def __lt__(self, other: Tensor | Number) -> Tensor: ...
    def __le__(self, other: Tensor | Number) -> Tensor: ...
    def __gt__(self, other: Tensor | Number) -> Tensor: ...
    def __ge__(self, other: Tensor | Number) -> Tensor: ...
    def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: object) -> Tensor: ...  # type: ignore[override]
    def __hash__(self) -> _int: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __bool__(self) -> _bool: ...
    def __int__(self) -> _int: ...
    def __float__(self) -> _float: ...
    def __complex__(self) -> _complex: ...
    def __index__(self) -> _int: ...
    def __len__(self) -> _int: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __getitem__(self, index: Any, /) -> Tensor: ...
    def __setitem__(self, index: Any, value: Tensor | Number | _complex, /) -> None: ...
    def __contains__(self, element: Any, /) -> _bool: ...
    def __reversed__(self) -> Tensor: ...
    def __array__(self, dtype: Any = None, copy: _bool | None = None) -> np.ndarray[Any, Any]: ...
    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[_int, _int] | None = None,
        dl_device: Any = None,
        copy: _bool | None = None,
    ) -> Any: ...
    def __dlpack_device__(self) -> tuple[_int, _int]: ...
    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Sequence[_type[Any]],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any: ...
    @property
    def shape(self) -> Size:
        """The sizes of its dimensions."""
        ...
    @property
    def dtype(self) -> _dtype:
        """The type of its elements."""
        ...
    @property
    def device(self) -> _device:
        """Where its data lies."""
        ...
    @property
    def layout(self) -> _layout:
        """How the elements are kept: always `strided`."""
        ...
    @property
    def ndim(self) -> _int:
        """The number of dimensions."""
        ...
    @property
    def itemsize(self) -> _int:
        """The bytes of an element."""
        ...
    @property
    def nbytes(self) -> _int:
        """The bytes of all its elements together."""
        ...
    @property
    def grad_fn(self) -> Node | None:
        """The node that computes its gradient further, None for a leaf."""
        ...
    @property
    def is_leaf(self) -> _bool:
        """Whether no recorded operation made it."""
        ...
    @property
    def retains_grad(self) -> _bool:
        """Whether .grad of this result will be kept; False for leaves, whose .grad always is."""
        ...
    @property
    def _version(self) -> _int: ...
    @property
    def _base(self) -> Tensor | None: ...
    requires_grad: _bool
    grad: Tensor | None
    data: Tensor
    real: Tensor
    imag: Tensor
    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order."""
        ...
    @property
    def H(self) -> Tensor:
        """A matrix transposed, its elements conjugate."""
        ...
    @property
    def mT(self) -> Tensor:
        """The last two dimensions swapped."""
        ...
    @property
    def mH(self) -> Tensor:
        """The last two dimensions swapped, the elements conjugate."""
        ...
    def dim(self) -> _int:
        """The number of dimensions."""
        ...
    def numel(self) -> _int:
        """The number of elements."""
        ...
    def nelement(self) -> _int:
        """The number of elements."""
        ...
    def element_size(self) -> _int:
        """The bytes of an element."""
        ...
    @overload
    def size(self, dim: None = None) -> Size:
        """The sizes of its dimensions, or of one."""
        ...
    @overload
    def size(self, dim: _int) -> _int: ...
    @overload
    def stride(self, dim: None = None) -> tuple[_int, ...]:
        """How many elements apart neighbours along each dimension, or along one, lie in memory."""
        ...
    @overload
    def stride(self, dim: _int) -> _int: ...
    def storage_offset(self) -> _int:
        """The element of its storage that it starts at."""
        ...
    def data_ptr(self) -> _int:
        """The address of its first element; 0 where it has none."""
        ...
    def is_floating_point(self) -> _bool:
        """Whether its type is a floating one."""
        ...
    def is_complex(self) -> _bool:
        """Whether its type is a complex one."""
        ...
    def is_inference(self) -> _bool:
        """Whether it was made in inference mode, so that nothing can be recorded of it."""
        ...
    def item(self) -> Any:
        """The only element, as a Python number."""
        ...
    def tolist(self) -> Any:
        """Nested lists of Python numbers; without dimensions, the number."""
        ...
    def numpy(self, *, force: _bool = False) -> np.ndarray[Any, Any]:
        """An array that shares the tensor's memory. Raises where the tensor requires grad, unless `force`."""
        ...
    def requires_grad_(self, requires_grad: _bool = True) -> Self:
        """Ask for gradients with respect to this tensor, in place."""
        ...
    def retain_grad(self) -> None:
        """Keep this result's gradient in .grad, as a leaf's is."""
        ...
    def register_hook(self, hook: Callable[[Tensor], Any]) -> RemovableHandle:
        """Call hook(grad) when this tensor's gradient is known; what it returns, unless None, takes its place."""
        ...
    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call hook(tensor) after its .grad has been accumulated."""
        ...
    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: _bool | None = None,
        create_graph: _bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add the gradient of this tensor with respect to every leaf that it was computed from to the leaf's .grad."""
        ...
    def detach(self) -> Tensor:
        """The same data without a history.

        Shares memory and version. A subclass that has a say in operators stays one."""
        ...
    def detach_(self) -> Self:
        """Forget this tensor's history."""
        ...
    def as_subclass(self, cls: _type[_S]) -> _S:
        """The same tensor as an instance of a subclass of Tensor."""
        ...
    @overload
    def where(self, condition: Tensor, other: Tensor | Number) -> Tensor:
        """The elements where the condition holds, else those of `other`."""
        ...
    @overload
    def where(self, condition: Tensor) -> tuple[Tensor, ...]: ...
    def split(self, split_size: _int | Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
        """Pieces of dimension `dim`: of one size, the last perhaps smaller, or of the sizes listed."""
        ...
    @overload
    def type(self, dtype: None = None, non_blocking: _bool = False) -> str:
        """PyTorch's name of its type; with an argument (a dtype, such a name, such a class) the tensor as that type."""
        ...
    @overload
    def type(self, dtype: _dtype | str | _type[Tensor], non_blocking: _bool = False) -> Tensor: ...
    @overload
    def resize_(self, size: _size, *, memory_format: _memory_format = ...) -> Self:
        """Another size in place. What fits of the bytes stays; beyond them is whatever was in memory."""
        ...
    @overload
    def resize_(self, *size: _int, memory_format: _memory_format = ...) -> Self: ...
    def set_(
        self,
        source: Tensor | UntypedStorage | None = None,
        storage_offset: _int = 0,
        size: _size | None = None,
        stride: _size | None = None,
    ) -> Self:
        """Become another tensor's elements, or a view of a storage; shares memory."""
        ...
    def apply_(self, callable: Callable[[Any], Any]) -> Self:
        """Replace each element by what a Python function makes of it: slow, on the CPU, and nothing that autograd sees."""
        ...
    def map_(self, other: Tensor, callable: Callable[[Any, Any], Any]) -> Self:
        """The same of each element and that of another tensor, which may be broadcast."""
        ...
    def map2_(self, x: Tensor, y: Tensor, callable: Callable[[Any, Any, Any], Any]) -> Self:
        """The same with two other tensors."""
        ...

    def abs(self, *, out: Tensor | None = None) -> Tensor:
        """The absolute value; of a complex number its length."""
        ...

    def abs_(self) -> Tensor:
        """`abs`, written over the input. Complex tensors raise: the result is real."""
        ...

    def absolute(self, *, out: Tensor | None = None) -> Tensor:
        """The absolute value; of a complex number its length."""
        ...

    def absolute_(self) -> Tensor:
        """`abs`, written over the input. Complex tensors raise: the result is real."""
        ...

    def acos(self, *, out: Tensor | None = None) -> Tensor:
        """The angle whose cosine each element is."""
        ...

    def acos_(self) -> Tensor:
        """The angle whose cosine each element is."""
        ...

    def acosh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse of cosh."""
        ...

    def acosh_(self) -> Tensor:
        """The inverse of cosh."""
        ...

    def add(self, other: Tensor | Number | _complex, *, alpha: Number = 1, out: Tensor | None = None) -> Tensor:
        """`input + alpha * other`, elementwise with broadcasting and type promotion."""
        ...

    def add_(self, other: Tensor | Number | _complex, *, alpha: Number = 1) -> Tensor:
        """`input + alpha * other`, elementwise with broadcasting and type promotion."""
        ...

    def addbmm(
        self, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * sum(batch1 @ batch2)` over the batch."""
        ...

    def addbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """`addbmm`, written over the first argument."""
        ...

    def addcdiv(self, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1, out: Tensor | None = None) -> Tensor:
        """`input + value * tensor1 / tensor2`."""
        ...

    def addcdiv_(self, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
        """`input + value * tensor1 / tensor2`."""
        ...

    def addcmul(self, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1, out: Tensor | None = None) -> Tensor:
        """`input + value * tensor1 * tensor2`."""
        ...

    def addcmul_(self, tensor1: Tensor, tensor2: Tensor, *, value: Number = 1) -> Tensor:
        """`input + value * tensor1 * tensor2`."""
        ...

    def addmm(
        self, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * (mat1 @ mat2)`."""
        ...

    def addmm_(self, mat1: Tensor, mat2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """`addmm`, written over the first argument."""
        ...

    def addmv(
        self, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * (mat @ vec)`."""
        ...

    def addmv_(self, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """`addmv`, written over the first argument."""
        ...

    def addr(
        self, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * outer(vec1, vec2)`."""
        ...

    def addr_(self, vec1: Tensor, vec2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """`addr`, written over the first argument."""
        ...

    def adjoint(self) -> Tensor:
        """The last two dimensions swapped and, of complex numbers, the conjugates."""
        ...

    def all(self, dim: _dims = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """Whether every element is true (not 0)."""
        ...

    def allclose(self, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> _bool:
        """Whether all elements are close (see `isclose`)."""
        ...

    def amax(self, dim: _dims = (), keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """The largest element over `dim`; NaN wins. Elements that tie share the gradient."""
        ...

    def amin(self, dim: _dims = (), keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """The smallest element over `dim`; NaN wins. Elements that tie share the gradient."""
        ...
    def aminmax(
        self, *, dim: _int | None = None, keepdim: _bool = False, out: Sequence[Tensor] | None = None
    ) -> _MinMax:
        """(smallest, largest) over `dim`."""
        ...

    def angle(self, *, out: Tensor | None = None) -> Tensor:
        """The angle of a complex number; of a real one 0 or pi."""
        ...

    def any(self, dim: _dims = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """Whether one element or more is true (not 0)."""
        ...

    def arccos(self, *, out: Tensor | None = None) -> Tensor:
        """The angle whose cosine each element is."""
        ...

    def arccos_(self) -> Tensor:
        """The angle whose cosine each element is."""
        ...

    def arccosh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse of cosh."""
        ...

    def arccosh_(self) -> Tensor:
        """The inverse of cosh."""
        ...

    def arcsin(self, *, out: Tensor | None = None) -> Tensor:
        """The angle whose sine each element is."""
        ...

    def arcsin_(self) -> Tensor:
        """The angle whose sine each element is."""
        ...

    def arcsinh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse of sinh."""
        ...

    def arcsinh_(self) -> Tensor:
        """The inverse of sinh."""
        ...

    def arctan(self, *, out: Tensor | None = None) -> Tensor:
        """The angle whose tangent each element is."""
        ...

    def arctan2(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The angle of the point (other, input), from -pi to pi."""
        ...

    def arctan2_(self, other: Tensor) -> Tensor:
        """The angle of the point (other, input), from -pi to pi."""
        ...

    def arctan_(self) -> Tensor:
        """The angle whose tangent each element is."""
        ...

    def arctanh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse of tanh."""
        ...

    def arctanh_(self) -> Tensor:
        """The inverse of tanh."""
        ...

    def argmax(self, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """The position (int64) of the first largest element along `dim`, or of the flattened input."""
        ...

    def argmin(self, dim: _int | None = None, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """The position (int64) of the first smallest element along `dim`, or of the flattened input."""
        ...

    def argwhere(self) -> Tensor:
        """The indices of all elements that are not 0, a row each."""
        ...

    def as_strided(self, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None) -> Tensor:
        """Any sizes and strides (negative ones too) over the input's storage, from element `storage_offset` on.
        RuntimeError outside of it."""
        ...

    def as_strided_(self, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None) -> Tensor:
        """`as_strided`, of which the input itself becomes the result."""
        ...

    def as_strided_scatter(
        self, src: Tensor, size: Sequence[_int], stride: Sequence[_int], storage_offset: _int | None = None
    ) -> Tensor:
        """A copy of `input` in which `as_strided(size, stride, storage_offset)` is `src`."""
        ...

    def asin(self, *, out: Tensor | None = None) -> Tensor:
        """The angle whose sine each element is."""
        ...

    def asin_(self) -> Tensor:
        """The angle whose sine each element is."""
        ...

    def asinh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse of sinh."""
        ...

    def asinh_(self) -> Tensor:
        """The inverse of sinh."""
        ...

    def atan(self, *, out: Tensor | None = None) -> Tensor:
        """The angle whose tangent each element is."""
        ...

    def atan2(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The angle of the point (other, input), from -pi to pi."""
        ...

    def atan2_(self, other: Tensor) -> Tensor:
        """The angle of the point (other, input), from -pi to pi."""
        ...

    def atan_(self) -> Tensor:
        """The angle whose tangent each element is."""
        ...

    def atanh(self, *, out: Tensor | None = None) -> Tensor:
        """The inverse of tanh."""
        ...

    def atanh_(self) -> Tensor:
        """The inverse of tanh."""
        ...

    def baddbmm(
        self, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """`beta * input + alpha * (batch1 @ batch2)` for each matrix of the batch."""
        ...

    def baddbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """`baddbmm`, written over the first argument."""
        ...

    def bernoulli(
        self, p: Tensor | _float | None = None, *, generator: Generator | None = None, out: Tensor | None = None
    ) -> Tensor:
        """1 with the probability that each element gives (or `p`), else 0."""
        ...

    def bernoulli_(self, p: Tensor | _float = 0.5, *, generator: Generator | None = None) -> Tensor:
        """Fill with 1 (probability `p`, a number or a tensor) and 0."""
        ...

    def bfloat16(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.bfloat16; itself if it is one."""
        ...

    def bincount(self, weights: Tensor | None = None, minlength: _int = 0) -> Tensor:
        """How often each of 0, 1, 2 ... occurs in a vector of counts, or the sum of `weights` where it does."""
        ...

    def bitwise_and(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input & other` of integers, logical of bools."""
        ...

    def bitwise_and_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input & other` of integers, logical of bools."""
        ...

    def bitwise_left_shift(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input << other`; a shift outside 0 .. bits-1 gives 0."""
        ...

    def bitwise_left_shift_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input << other`; a shift outside 0 .. bits-1 gives 0."""
        ...

    def bitwise_not(self, *, out: Tensor | None = None) -> Tensor:
        """`~input` of integers, logical of bools."""
        ...

    def bitwise_not_(self) -> Tensor:
        """`~input` of integers, logical of bools."""
        ...

    def bitwise_or(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input | other` of integers, logical of bools."""
        ...

    def bitwise_or_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input | other` of integers, logical of bools."""
        ...

    def bitwise_right_shift(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input >> other` (arithmetic); a shift outside 0 .. bits-1 gives the sign."""
        ...

    def bitwise_right_shift_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input >> other` (arithmetic); a shift outside 0 .. bits-1 gives the sign."""
        ...

    def bitwise_xor(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input ^ other` of integers, logical of bools."""
        ...

    def bitwise_xor_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input ^ other` of integers, logical of bools."""
        ...

    def bmm(self, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The products of two batches of matrices: (b, m, k) @ (b, k, n)."""
        ...

    def bool(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.bool; itself if it is one."""
        ...

    def broadcast_to(self, size: Sequence[_int]) -> Tensor:
        """Expanded to the shape `size`."""
        ...

    def byte(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.uint8; itself if it is one."""
        ...
    def cauchy_(self, median: _float = 0, sigma: _float = 1, *, generator: Generator | None = None) -> Tensor:
        """Fill with Cauchy numbers."""
        ...

    def cdouble(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.complex128; itself if it is one."""
        ...

    def ceil(self, *, out: Tensor | None = None) -> Tensor:
        """The smallest integer not below each element."""
        ...

    def ceil_(self) -> Tensor:
        """The smallest integer not below each element."""
        ...

    def cfloat(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.complex64; itself if it is one."""
        ...

    def chalf(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.complex32; itself if it is one."""
        ...

    def char(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.int8; itself if it is one."""
        ...

    def chunk(self, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """At most `chunks` pieces of dimension `dim`, of one size but for the last."""
        ...

    def clamp(
        self, min: Tensor | Number | None = None, max: Tensor | Number | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
        ...

    def clamp_(self, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
        """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
        ...

    def clamp_max(self, max: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
        """Elements not above max."""
        ...

    def clamp_max_(self, max: Tensor | Number) -> Tensor:
        """`clamp_max`, written over the first argument."""
        ...

    def clamp_min(self, min: Tensor | Number, *, out: Tensor | None = None) -> Tensor:
        """Elements not below min."""
        ...

    def clamp_min_(self, min: Tensor | Number) -> Tensor:
        """`clamp_min`, written over the first argument."""
        ...

    def clip(
        self, min: Tensor | Number | None = None, max: Tensor | Number | None = None, *, out: Tensor | None = None
    ) -> Tensor:
        """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
        ...

    def clip_(self, min: Tensor | Number | None = None, max: Tensor | Number | None = None) -> Tensor:
        """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
        ...

    def clone(self, *, memory_format: _memory_format | None = None, out: Tensor | None = None) -> Tensor:
        """A copy, with the input's order of elements in memory or in a given one."""
        ...

    def conj(self) -> Tensor:
        """The complex conjugates, a view: what is written to it is conjugated on its way. Real numbers as they are."""
        ...

    def conj_physical(self, *, out: Tensor | None = None) -> Tensor:
        """The complex conjugate, computed; a real tensor is returned as it is."""
        ...

    def conj_physical_(self) -> Tensor: ...
    def contiguous(self, memory_format: _memory_format | None = ...) -> Tensor:
        """The tensor itself where its elements lie in order, else a copy where they do."""
        ...

    def copy_(self, src: Tensor | Number | _complex, non_blocking: _bool = False) -> Tensor:
        """`src`, broadcast to the shape of `input` and converted to its type."""
        ...

    def copysign(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input` with the sign of `other`."""
        ...

    def copysign_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input` with the sign of `other`."""
        ...

    def corrcoef(self) -> Tensor:
        """The correlations of the rows of `input`, columns being observations."""
        ...

    def cos(self, *, out: Tensor | None = None) -> Tensor:
        """The cosine (radians)."""
        ...

    def cos_(self) -> Tensor:
        """The cosine (radians)."""
        ...

    def cosh(self, *, out: Tensor | None = None) -> Tensor:
        """The hyperbolic cosine."""
        ...

    def cosh_(self) -> Tensor:
        """The hyperbolic cosine."""
        ...

    def count_nonzero(self, dim: _dims = None, *, out: Tensor | None = None) -> Tensor:
        """How many elements are not 0."""
        ...

    def cov(self, *, correction: Number = 1, fweights: Tensor | None = None, aweights: Tensor | None = None) -> Tensor:
        """The covariances of the rows of `input`, columns being observations, weighted by counts `fweights` and by
        `aweights`."""
        ...

    def cpu(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor in the CPU's memory."""
        ...

    def cross(self, other: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
        """The cross products of vectors along `dim`, or along the first dimension of size 3."""
        ...

    def cuda(
        self, device: Device = None, non_blocking: _bool = False, memory_format: _memory_format | None = None
    ) -> Tensor:
        """Raises: this build knows no CUDA device."""
        ...
    def cummax(self, dim: _int, *, out: Sequence[Tensor] | None = None) -> _ValuesIndices:
        """(values, indices): the largest element so far along `dim`, and its last position."""
        ...
    def cummin(self, dim: _int, *, out: Sequence[Tensor] | None = None) -> _ValuesIndices:
        """(values, indices): the smallest element so far along `dim`, and its last position."""
        ...

    def cumprod(self, dim: _int, *, dtype: _dtype | None = None, out: Tensor | None = None) -> Tensor:
        """Running products along `dim`."""
        ...

    def cumprod_(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running products along `dim`."""
        ...

    def cumsum(self, dim: _int, *, dtype: _dtype | None = None, out: Tensor | None = None) -> Tensor:
        """Running sums along `dim`."""
        ...

    def cumsum_(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running sums along `dim`."""
        ...

    def deg2rad(self, *, out: Tensor | None = None) -> Tensor:
        """Degrees as radians."""
        ...

    def deg2rad_(self) -> Tensor:
        """Degrees as radians."""
        ...

    def diag(self, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
        """The diagonal of a matrix, or the matrix with a vector on its diagonal."""
        ...

    def diag_embed(self, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
        """Matrices, in the dimensions `dim1` and `dim2` of the result, with the last dimension of `input` on a diagonal and
        0 elsewhere."""
        ...

    def diagflat(self, offset: _int = 0) -> Tensor:
        """The matrix with all elements of `input` on a diagonal."""
        ...

    def diagonal(self, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """The diagonal of dimensions `dim1` and `dim2`, as the last dimension; `offset` steps above it (negative: below)."""
        ...

    def diagonal_scatter(self, src: Tensor, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """A copy of `input` in which `diagonal(offset, dim1, dim2)` is `src`."""
        ...

    def diff(
        self,
        n: _int = 1,
        dim: _int = -1,
        prepend: Tensor | None = None,
        append: Tensor | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """Differences of neighbours along `dim`, `n` times over; `prepend` and `append` are put before and behind first."""
        ...

    def dim_order(self) -> tuple[_int, ...]:
        """The dimensions from the one that varies slowest in memory to the fastest."""
        ...

    def dist(self, other: Tensor, p: Number = 2) -> Tensor:
        """The p-norm of `input - other`, of half-precision tensors rounded once."""
        ...

    def div(
        self, other: Tensor | Number | _complex, *, rounding_mode: str | None = None, out: Tensor | None = None
    ) -> Tensor:
        """`input / other`; with rounding_mode="trunc" or "floor" the quotient is rounded, and integers stay integers."""
        ...

    def div_(self, other: Tensor | Number | _complex, *, rounding_mode: str | None = None) -> Tensor:
        """`input / other`; with rounding_mode="trunc" or "floor" the quotient is rounded, and integers stay integers."""
        ...

    def divide(
        self, other: Tensor | Number | _complex, *, rounding_mode: str | None = None, out: Tensor | None = None
    ) -> Tensor:
        """`input / other`; with rounding_mode="trunc" or "floor" the quotient is rounded, and integers stay integers."""
        ...

    def divide_(self, other: Tensor | Number | _complex, *, rounding_mode: str | None = None) -> Tensor:
        """`input / other`; with rounding_mode="trunc" or "floor" the quotient is rounded, and integers stay integers."""
        ...

    def dot(self, tensor: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The product of two vectors, summed (no conjugate is taken)."""
        ...

    def double(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.float64; itself if it is one."""
        ...

    def dsplit(self, indices_or_sections: _int | Sequence[_int] | Tensor) -> tuple[Tensor, ...]:
        """Pieces of dimension 2, as `tensor_split` makes them; a number of sections must divide it."""
        ...

    def eq(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether elements are equal (NaN is equal to nothing)."""
        ...

    def eq_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether elements are equal (NaN is equal to nothing)."""
        ...

    def equal(self, other: Tensor) -> _bool:
        """Whether two tensors have the same shape and elements."""
        ...

    def erf(self, *, out: Tensor | None = None) -> Tensor:
        """The error function."""
        ...

    def erf_(self) -> Tensor:
        """The error function."""
        ...

    def erfc(self, *, out: Tensor | None = None) -> Tensor:
        """`1 - erf(x)`, accurate for large x."""
        ...

    def erfc_(self) -> Tensor:
        """`1 - erf(x)`, accurate for large x."""
        ...

    def exp(self, *, out: Tensor | None = None) -> Tensor:
        """e to the power of each element."""
        ...

    def exp2(self, *, out: Tensor | None = None) -> Tensor:
        """2 to the power of each element."""
        ...

    def exp2_(self) -> Tensor:
        """2 to the power of each element."""
        ...

    def exp_(self) -> Tensor:
        """e to the power of each element."""
        ...
    @overload
    def expand(self, size: _size) -> Tensor:
        """Dimensions of size 1 repeated without copying, and new ones before; -1 leaves a size as it is."""
        ...
    @overload
    def expand(self, *size: _int) -> Tensor: ...
    def expand_as(self, other: Tensor) -> Tensor:
        """Expanded to the shape of `other`."""
        ...

    def expm1(self, *, out: Tensor | None = None) -> Tensor:
        """`exp(x) - 1`, accurate near 0."""
        ...

    def expm1_(self) -> Tensor:
        """`exp(x) - 1`, accurate near 0."""
        ...
    def exponential_(self, lambd: _float = 1, *, generator: Generator | None = None) -> Tensor:
        """Fill with exponential numbers of rate `lambd`."""
        ...

    def fill_(self, value: Tensor | Number | _complex) -> Tensor:
        """Set every element to a number, in place."""
        ...

    def fix(self, *, out: Tensor | None = None) -> Tensor:
        """The integer part of each element."""
        ...

    def fix_(self) -> Tensor:
        """The integer part of each element."""
        ...

    def flatten(self, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
        """Dimensions `start_dim` to `end_dim` made into one."""
        ...
    @overload
    def flip(self, dims: _size) -> Tensor:
        """A copy with the order along `dims` reversed."""
        ...
    @overload
    def flip(self, *dims: _int) -> Tensor: ...
    def fliplr(self) -> Tensor:
        """`flip` along dimension 1."""
        ...

    def flipud(self) -> Tensor:
        """`flip` along dimension 0."""
        ...

    def float(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.float32; itself if it is one."""
        ...

    def float_power(self, exponent: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input ** exponent` in double precision."""
        ...

    def float_power_(self, exponent: Tensor | Number | _complex) -> Tensor:
        """`float_power`, written over the input, which must have its type."""
        ...

    def floor(self, *, out: Tensor | None = None) -> Tensor:
        """The largest integer not above each element."""
        ...

    def floor_(self) -> Tensor:
        """The largest integer not above each element."""
        ...

    def floor_divide(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """The quotient rounded towards minus infinity. Raises RuntimeError where an integer divisor is 0."""
        ...

    def floor_divide_(self, other: Tensor | Number | _complex) -> Tensor:
        """The quotient rounded towards minus infinity. Raises RuntimeError where an integer divisor is 0."""
        ...

    def fmax(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The larger element; a number wins over NaN."""
        ...

    def fmin(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The smaller element; a number wins over NaN."""
        ...

    def fmod(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """C's fmod: the result has the sign of `input`. Raises RuntimeError where an integer divisor is 0."""
        ...

    def fmod_(self, other: Tensor | Number | _complex) -> Tensor:
        """C's fmod: the result has the sign of `input`. Raises RuntimeError where an integer divisor is 0."""
        ...

    def frac(self, *, out: Tensor | None = None) -> Tensor:
        """The fractional part, with the sign of the element."""
        ...

    def frac_(self) -> Tensor:
        """The fractional part, with the sign of the element."""
        ...

    def gather(self, dim: _int, index: Tensor, *, sparse_grad: _bool = False, out: Tensor | None = None) -> Tensor:
        """`result[i][j] = input[index[i][j]][j]` for dim 0, and so on: one index for each element of the result."""
        ...

    def ge(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether `input >= other`."""
        ...

    def ge_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether `input >= other`."""
        ...
    def geometric_(self, p: _float, *, generator: Generator | None = None) -> Tensor:
        """Fill with geometric numbers of probability `p`."""
        ...

    def ger(self, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The products of every element of one vector with every element of another."""
        ...

    def get_device(self) -> _int:
        """The index of the CUDA device, -1 for the CPU."""
        ...

    def greater(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether `input > other`."""
        ...

    def greater_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether `input > other`."""
        ...

    def greater_equal(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether `input >= other`."""
        ...

    def greater_equal_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether `input >= other`."""
        ...

    def gt(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether `input > other`."""
        ...

    def gt_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether `input > other`."""
        ...

    def half(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.float16; itself if it is one."""
        ...

    def hardshrink(self, lambd: Number = 0.5, *, out: Tensor | None = None) -> Tensor:
        """0 where `|x| <= lambd`, else `x`. A half-precision type has a lambd of its own."""
        ...

    def heaviside(self, values: Tensor, *, out: Tensor | None = None) -> Tensor:
        """0 below 0, 1 above, and `values` at 0. Both must have one type."""
        ...

    def heaviside_(self, values: Tensor) -> Tensor:
        """0 below 0, 1 above, and `values` at 0. Both must have one type."""
        ...

    def histc(self, bins: _int = 100, min: Number = 0, max: Number = 0, *, out: Tensor | None = None) -> Tensor:
        """How many elements fall into each of `bins` equal parts of min .. max (both 0: of the elements' range)."""
        ...

    def hsplit(self, indices_or_sections: _int | Sequence[_int] | Tensor) -> tuple[Tensor, ...]:
        """Pieces of dimension 1, as `tensor_split` makes them; a number of sections must divide it."""
        ...

    def hypot(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`sqrt(input**2 + other**2)` without overflow."""
        ...

    def hypot_(self, other: Tensor) -> Tensor:
        """`sqrt(input**2 + other**2)` without overflow."""
        ...

    def index_add(
        self, dim: _int, index: Tensor, source: Tensor, *, alpha: Number = 1, out: Tensor | None = None
    ) -> Tensor:
        """A copy of `input` with the slices of `source`, times `alpha`, added to those of dimension `dim` at `index`."""
        ...

    def index_add_(self, dim: _int, index: Tensor, source: Tensor, *, alpha: Number = 1) -> Tensor:
        """Add the slices of `source`, times `alpha`, to those of dimension `dim` at `index`, in place. An index may occur
        repeatedly."""
        ...

    def index_copy(self, dim: _int, index: Tensor, source: Tensor, *, out: Tensor | None = None) -> Tensor:
        """A copy of `input` with the slices of dimension `dim` at `index` replaced by those of `source`."""
        ...

    def index_copy_(self, dim: _int, index: Tensor, source: Tensor) -> Tensor:
        """Write the slices of `source` to those of dimension `dim` at `index`, in place."""
        ...

    def index_fill(self, dim: _int, index: Tensor, value: Tensor | Number | _complex) -> Tensor:
        """A copy of `input` with a number in the slices of dimension `dim` at `index`."""
        ...

    def index_fill_(self, dim: _int, index: Tensor, value: Tensor | Number | _complex) -> Tensor:
        """Write a number to the slices of dimension `dim` at `index`, in place."""
        ...

    def index_put(self, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
        """A copy of `input` with `values` written or added at the indices of the first dimensions."""
        ...

    def index_put_(self, indices: Sequence[Tensor], values: Tensor, accumulate: _bool = False) -> Tensor:
        """Write `values` to (with `accumulate`: add them to) the elements at the indices of the first dimensions, in place."""
        ...

    def index_select(self, dim: _int, index: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The slices of dimension `dim` at the positions in the 1-d tensor `index`."""
        ...

    def inner(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The products of the vectors along the last dimensions of two tensors, summed; of 0-d ones the product."""
        ...

    def int(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.int32; itself if it is one."""
        ...
    def is_conj(self) -> _bool:
        """Whether it is a view that shows the conjugates of the numbers in its memory."""
        ...

    def is_contiguous(self, memory_format: _memory_format | None = ...) -> _bool:
        """Whether the elements lie one after the other in the format's order."""
        ...
    @property
    def is_cpu(self) -> _bool:
        """Whether it lies in the CPU's memory."""
        ...
    @property
    def is_cuda(self) -> _bool:
        """Whether it lies in a CUDA device's memory."""
        ...
    @property
    def is_meta(self) -> _bool:
        """Whether it has shape and type only, and no data."""
        ...
    @property
    def is_mkldnn(self) -> _bool:
        """False: there is no such tensor here."""
        ...
    @property
    def is_mps(self) -> _bool:
        """False: there is no such tensor here."""
        ...
    def is_neg(self) -> _bool:
        """Whether it is a view that shows the negatives of the numbers in its memory."""
        ...
    @property
    def is_nested(self) -> _bool:
        """False: there is no such tensor here."""
        ...
    def is_nonzero(self) -> _bool:
        """Whether the only element is not 0."""
        ...

    def is_pinned(self) -> _bool:
        """False: there is no accelerator to pin memory for."""
        ...
    @property
    def is_quantized(self) -> _bool:
        """False: there is no such tensor here."""
        ...
    def is_same_size(self, other: Tensor) -> _bool:
        """Whether the shapes are equal."""
        ...

    def is_set_to(self, tensor: Tensor) -> _bool:
        """Whether both are the same elements in memory."""
        ...

    def is_shared(self) -> _bool:
        """Whether processes that fork off this one share its memory."""
        ...
    def is_signed(self) -> _bool:
        """Whether its type has negative numbers."""
        ...
    @property
    def is_sparse(self) -> _bool:
        """False: there is no such tensor here."""
        ...
    @property
    def is_sparse_csr(self) -> _bool:
        """False: there is no such tensor here."""
        ...
    @property
    def is_xla(self) -> _bool:
        """False: there is no such tensor here."""
        ...
    @property
    def is_xpu(self) -> _bool:
        """False: there is no such tensor here."""
        ...

    def isclose(self, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False) -> Tensor:
        """Whether `|input - other| <= atol + rtol * |other|`; equal infinities are close."""
        ...

    def isfinite(self, *, out: Tensor | None = None) -> Tensor:
        """Whether an element is neither infinite nor NaN."""
        ...

    def isinf(self, *, out: Tensor | None = None) -> Tensor:
        """Whether an element is infinite."""
        ...

    def isnan(self, *, out: Tensor | None = None) -> Tensor:
        """Whether an element is NaN."""
        ...

    def isneginf(self, *, out: Tensor | None = None) -> Tensor:
        """Whether an element is -infinity."""
        ...

    def isposinf(self, *, out: Tensor | None = None) -> Tensor:
        """Whether an element is +infinity."""
        ...

    def isreal(self) -> Tensor:
        """Whether the imaginary part is 0."""
        ...

    def kron(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The Kronecker product: every element of `input` times the whole of `other`."""
        ...

    def ldexp(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input * 2**other`."""
        ...

    def ldexp_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input * 2**other`."""
        ...

    def le(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether `input <= other`."""
        ...

    def le_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether `input <= other`."""
        ...

    def lerp(self, end: Tensor, weight: Tensor | _float, *, out: Tensor | None = None) -> Tensor:
        """`input + weight * (end - input)`, from the nearer end."""
        ...

    def lerp_(self, end: Tensor, weight: Tensor | _float) -> Tensor:
        """`input + weight * (end - input)`, from the nearer end."""
        ...

    def less(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether `input < other`."""
        ...

    def less_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether `input < other`."""
        ...

    def less_equal(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether `input <= other`."""
        ...

    def less_equal_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether `input <= other`."""
        ...

    def log(self, *, out: Tensor | None = None) -> Tensor:
        """The natural logarithm."""
        ...

    def log10(self, *, out: Tensor | None = None) -> Tensor:
        """The logarithm to base 10."""
        ...

    def log10_(self) -> Tensor:
        """The logarithm to base 10."""
        ...

    def log1p(self, *, out: Tensor | None = None) -> Tensor:
        """`log(1 + x)`, accurate near 0."""
        ...

    def log1p_(self) -> Tensor:
        """`log(1 + x)`, accurate near 0."""
        ...

    def log2(self, *, out: Tensor | None = None) -> Tensor:
        """The logarithm to base 2."""
        ...

    def log2_(self) -> Tensor:
        """The logarithm to base 2."""
        ...

    def log_(self) -> Tensor:
        """The natural logarithm."""
        ...

    def log_normal_(self, mean: _float = 1.0, std: _float = 2.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with numbers whose logarithm is normal."""
        ...

    def log_softmax(self, dim: _int, dtype: _dtype | None = None, *, out: Tensor | None = None) -> Tensor:
        """`log(softmax(x))` along `dim`, without overflow."""
        ...

    def logaddexp(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`log(exp(input) + exp(other))` without overflow."""
        ...

    def logaddexp2(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """`log2(2**input + 2**other)` without overflow."""
        ...

    def logcumsumexp(self, dim: _int, *, out: Tensor | None = None) -> Tensor:
        """`log(cumsum(exp(input)))` along `dim`, without overflow."""
        ...

    def logical_and(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Whether both are true (not 0)."""
        ...

    def logical_and_(self, other: Tensor) -> Tensor:
        """Whether both are true (not 0)."""
        ...

    def logical_not(self, *, out: Tensor | None = None) -> Tensor:
        """Whether an element is 0."""
        ...

    def logical_not_(self) -> Tensor:
        """Whether an element is 0."""
        ...

    def logical_or(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Whether one or both are true (not 0)."""
        ...

    def logical_or_(self, other: Tensor) -> Tensor:
        """Whether one or both are true (not 0)."""
        ...

    def logical_xor(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Whether exactly one is true (not 0)."""
        ...

    def logical_xor_(self, other: Tensor) -> Tensor:
        """Whether exactly one is true (not 0)."""
        ...

    def logit(self, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
        """`log(x / (1 - x))`, x first limited to eps .. 1 - eps if `eps` is given."""
        ...

    def logit_(self, eps: _float | None = None) -> Tensor:
        """`log(x / (1 - x))`, x first limited to eps .. 1 - eps if `eps` is given."""
        ...

    def logsumexp(self, dim: _dims, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor:
        """`log(sum(exp(input)))` over `dim`, without overflow."""
        ...

    def long(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.int64; itself if it is one."""
        ...

    def lt(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether `input < other`."""
        ...

    def lt_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether `input < other`."""
        ...

    def masked_fill(self, mask: Tensor, value: Tensor | Number | _complex) -> Tensor:
        """`value` where the mask is true, else `input`."""
        ...

    def masked_fill_(self, mask: Tensor, value: Tensor | Number | _complex) -> Tensor:
        """`value` where the mask is true, else `input`."""
        ...

    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor:
        """A copy of `input` with the elements of `source`, in order, where the mask is true; input and mask broadcast."""
        ...

    def masked_scatter_(self, mask: Tensor, source: Tensor) -> Tensor:
        """Write the elements of `source`, in order, where the mask is true."""
        ...

    def masked_select(self, mask: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The elements where the mask is true, in one dimension; input and mask broadcast."""
        ...

    def matmul(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The matrix product. Vectors become a row or a column, dimensions before the last two broadcast as batches:
        (..., m, k) @ (..., k, n) is (..., m, n). Raises RuntimeError where sizes or types do not fit."""
        ...
    @overload
    def max(self, *, out: Tensor | None = None) -> Tensor:
        """`max(input)`: over all. `max(input, dim, keepdim)`: (values, indices) along a dimension. `max(input, other)`: elementwise."""
        ...
    @overload
    def max(self, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _ValuesIndices: ...
    @overload
    def max(self, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    def maximum(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The larger element; NaN wins."""
        ...

    def mean(
        self, dim: _dims = None, keepdim: _bool = False, *, dtype: _dtype | None = None, out: Tensor | None = None
    ) -> Tensor:
        """The mean over `dim` (None: over all). Of floating-point and complex tensors only."""
        ...
    @overload
    def min(self, *, out: Tensor | None = None) -> Tensor:
        """`min(input)`: over all. `min(input, dim, keepdim)`: (values, indices) along a dimension. `min(input, other)`: elementwise."""
        ...
    @overload
    def min(self, dim: _int, keepdim: _bool = False, *, out: Sequence[Tensor] | None = None) -> _ValuesIndices: ...
    @overload
    def min(self, other: Tensor, *, out: Tensor | None = None) -> Tensor: ...
    def minimum(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The smaller element; NaN wins."""
        ...

    def mm(self, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The product of two matrices: (m, k) @ (k, n)."""
        ...

    def moveaxis(self, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
        """Dimensions `source` moved to `destination`; the others keep their order."""
        ...

    def movedim(self, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
        """Dimensions `source` moved to `destination`; the others keep their order."""
        ...

    def mul(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input * other`, elementwise with broadcasting and type promotion."""
        ...

    def mul_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input * other`, elementwise with broadcasting and type promotion."""
        ...

    def multinomial(
        self,
        num_samples: _int,
        replacement: _bool = False,
        *,
        generator: Generator | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """`num_samples` indices for each row of weights, which need not sum to 1: drawn by a search in the row's running
        sum, or, without replacement (and for one sample), as the largest of weight / exponential noise."""
        ...

    def multiply(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input * other`, elementwise with broadcasting and type promotion."""
        ...

    def multiply_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input * other`, elementwise with broadcasting and type promotion."""
        ...

    def mv(self, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
        """A matrix times a vector: (m, k) @ (k)."""
        ...

    def nan_to_num(
        self,
        nan: _float | None = None,
        posinf: _float | None = None,
        neginf: _float | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """NaN and infinities replaced, by default by 0 and the largest finite numbers."""
        ...

    def nan_to_num_(
        self, nan: _float | None = None, posinf: _float | None = None, neginf: _float | None = None
    ) -> Tensor:
        """NaN and infinities replaced, by default by 0 and the largest finite numbers."""
        ...

    def nanmean(
        self, dim: _dims = None, keepdim: _bool = False, *, dtype: _dtype | None = None, out: Tensor | None = None
    ) -> Tensor:
        """The mean of the elements that are not NaN."""
        ...

    def nansum(
        self, dim: _dims = None, keepdim: _bool = False, *, dtype: _dtype | None = None, out: Tensor | None = None
    ) -> Tensor:
        """The sum over `dim`, NaN counting as 0."""
        ...

    def narrow(self, dim: _int, start: _int | Tensor, length: _int) -> Tensor:
        """`length` elements of dimension `dim` from `start` on."""
        ...

    def narrow_copy(self, dim: _int, start: _int | Tensor, length: _int) -> Tensor:
        """`narrow`, copied."""
        ...

    def ndimension(self) -> _int:
        """The number of dimensions."""
        ...

    def ne(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether elements differ."""
        ...

    def ne_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether elements differ."""
        ...

    def neg(self, *, out: Tensor | None = None) -> Tensor:
        """`-input`."""
        ...

    def neg_(self) -> Tensor:
        """`-input`."""
        ...

    def negative(self, *, out: Tensor | None = None) -> Tensor:
        """`-input`."""
        ...

    def negative_(self) -> Tensor:
        """`-input`."""
        ...

    def new(self, *data: Any, size: _size | None = None, device: Device = None) -> Tensor:
        """A tensor of this one's type, of a size or of data, as the old constructor makes it."""
        ...
    @overload
    def new_empty(
        self,
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
        self,
        *size: _int,
        dtype: _dtype | None = None,
        device: Device = None,
        requires_grad: _bool = False,
        layout: _layout | None = None,
        pin_memory: _bool = False,
    ) -> Tensor: ...
    def new_empty_strided(
        self,
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
        self,
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
        self,
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
        self,
        *size: _int,
        dtype: _dtype | None = None,
        device: Device = None,
        requires_grad: _bool = False,
        layout: _layout | None = None,
        pin_memory: _bool = False,
    ) -> Tensor: ...
    def new_tensor(
        self,
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
        self,
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
        self,
        *size: _int,
        dtype: _dtype | None = None,
        device: Device = None,
        requires_grad: _bool = False,
        layout: _layout | None = None,
        pin_memory: _bool = False,
    ) -> Tensor: ...
    def nextafter(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """The next floating-point number after `input` towards `other`."""
        ...

    def nextafter_(self, other: Tensor | Number | _complex) -> Tensor:
        """The next floating-point number after `input` towards `other`."""
        ...
    @overload
    def nonzero(self, *, as_tuple: Literal[False] = False, out: Tensor | None = None) -> Tensor:
        """The indices of all elements that are not 0: a row each, or with `as_tuple` a tensor for each dimension."""
        ...
    @overload
    def nonzero(self, *, as_tuple: Literal[True]) -> tuple[Tensor, ...]: ...
    def norm(
        self,
        p: Number | str = "fro",
        dim: _dims = None,
        keepdim: _bool = False,
        dtype: _dtype | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """The norm of all elements, or over `dim`: see `linalg.vector_norm`; "fro" is the 2-norm."""
        ...

    def normal_(self, mean: _float = 0.0, std: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with normal numbers of the given mean and standard deviation."""
        ...

    def not_equal(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Whether elements differ."""
        ...

    def not_equal_(self, other: Tensor | Number | _complex) -> Tensor:
        """Whether elements differ."""
        ...

    def outer(self, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The products of every element of one vector with every element of another."""
        ...
    @overload
    def permute(self, dims: _size) -> Tensor:
        """Dimensions in another order: dimension k of the result is dimension `dims[k]` of the input."""
        ...
    @overload
    def permute(self, *dims: _int) -> Tensor: ...
    def pin_memory(self, device: Device = None) -> Tensor:
        """Raises: there is no accelerator to pin memory for."""
        ...

    def positive(self) -> Tensor:
        """The input itself."""
        ...

    def pow(self, exponent: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input ** exponent`, elementwise with broadcasting and type promotion."""
        ...

    def pow_(self, exponent: Tensor | Number | _complex) -> Tensor:
        """`input ** exponent`, elementwise with broadcasting and type promotion."""
        ...

    def prod(
        self, dim: _int | None = None, keepdim: _bool = False, *, dtype: _dtype | None = None, out: Tensor | None = None
    ) -> Tensor:
        """The product over `dim` (an int; None: over all). Integers are multiplied as int64."""
        ...

    def put(self, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
        """A copy of `input` with the elements of `source` written (or added) at row-major positions."""
        ...

    def put_(self, index: Tensor, source: Tensor, accumulate: _bool = False) -> Tensor:
        """Write (or add) the elements of `source` at row-major positions, in place."""
        ...

    def rad2deg(self, *, out: Tensor | None = None) -> Tensor:
        """Radians as degrees."""
        ...

    def rad2deg_(self) -> Tensor:
        """Radians as degrees."""
        ...
    @overload
    def random_(self, *, generator: Generator | None = None) -> Tensor:
        """Fill with whole numbers: of the type's whole range, below `to`, from `from` to below `to`, or (`to` None) from
        `from` to the largest."""
        ...
    @overload
    def random_(self, to: _int, *, generator: Generator | None = None) -> Tensor: ...
    @overload
    def random_(self, from_: _int, to: _int | None, *, generator: Generator | None = None) -> Tensor: ...
    def ravel(self) -> Tensor:
        """All elements in one dimension, contiguous."""
        ...

    def reciprocal(self, *, out: Tensor | None = None) -> Tensor:
        """`1 / input`."""
        ...

    def reciprocal_(self) -> Tensor:
        """`1 / input`."""
        ...

    def relu(self, *, out: Tensor | None = None) -> Tensor:
        """`max(input, 0)`; NaN stays."""
        ...

    def relu_(self) -> Tensor:
        """`max(input, 0)`; NaN stays."""
        ...

    def remainder(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """Python's modulus: the result has the sign of `other`. Raises RuntimeError where an integer divisor is 0."""
        ...

    def remainder_(self, other: Tensor | Number | _complex) -> Tensor:
        """Python's modulus: the result has the sign of `other`. Raises RuntimeError where an integer divisor is 0."""
        ...

    def renorm(self, p: Number, dim: _int, maxnorm: _float, *, out: Tensor | None = None) -> Tensor:
        """Slices along `dim` whose p-norm is above `maxnorm`, shortened to it."""
        ...

    def renorm_(self, p: Number, dim: _int, maxnorm: _float) -> Tensor:
        """`renorm`, written over the first argument."""
        ...
    @overload
    def repeat(self, size: _size, *, repeats: Any = None) -> Tensor:
        """The input repeated `sizes` times along each dimension (new ones come first)."""
        ...
    @overload
    def repeat(self, *size: _int, repeats: Any = None) -> Tensor: ...
    @overload
    def repeat_interleave(self, *, output_size: _int | None = None) -> Tensor:
        """Each element (or slice along `dim`) `repeats` times, one count for all or one for each; with a tensor of counts
        alone, their indices."""
        ...
    @overload
    def repeat_interleave(
        self, repeats: Tensor | _int, dim: _int | None = None, *, output_size: _int | None = None
    ) -> Tensor: ...
    @overload
    def reshape(self, size: _size, *, shape: _size | None = None) -> Tensor:
        """The elements in the same order as another shape: a view where strides allow it, else a copy. One size may be -1."""
        ...
    @overload
    def reshape(self, *size: _int, shape: _size | None = None) -> Tensor: ...
    def reshape_as(self, other: Tensor) -> Tensor:
        """Reshaped to the shape of `other`."""
        ...

    def resize_as_(self, the_template: Tensor, memory_format: _memory_format | None = None) -> Tensor:
        """`resize_` to another tensor's shape."""
        ...

    def resolve_conj(self) -> Tensor:
        """The tensor itself, but of a view that shows conjugates a copy that holds them."""
        ...

    def resolve_neg(self) -> Tensor:
        """The tensor itself, but of a view that shows negatives a copy that holds them."""
        ...

    def roll(self, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] | None = None) -> Tensor:
        """A copy with elements moved by `shifts` along `dims`, those that leave coming back at the other end."""
        ...

    def rot90(self, k: _int = 1, dims: _size = (0, 1)) -> Tensor:
        """A copy turned by `k` quarters in the plane of `dims`, from the first towards the second."""
        ...

    def round(self, *, decimals: _int | None = None, out: Tensor | None = None) -> Tensor:
        """The nearest integer, halves to even; with `decimals`, the nearest multiple of 10**-decimals."""
        ...

    def round_(self, *, decimals: _int | None = None) -> Tensor:
        """The nearest integer, halves to even; with `decimals`, the nearest multiple of 10**-decimals."""
        ...

    def rsqrt(self, *, out: Tensor | None = None) -> Tensor:
        """`1 / sqrt(input)`."""
        ...

    def rsqrt_(self) -> Tensor:
        """`1 / sqrt(input)`."""
        ...

    def scatter(
        self,
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
        self,
        dim: _int,
        index: Tensor,
        src: Tensor | Number | None = None,
        *,
        value: Number | None = None,
        reduce: str | None = None,
    ) -> Tensor:
        """Write `src` (a tensor or a number): `input[index[i][j]][j] = src[i][j]` for dim 0, and so on, in place."""
        ...

    def scatter_add(self, dim: _int, index: Tensor, src: Tensor, *, out: Tensor | None = None) -> Tensor:
        """A copy of `input` with `src` added at indices along a dimension; see `scatter_add_`."""
        ...

    def scatter_add_(self, dim: _int, index: Tensor, src: Tensor) -> Tensor:
        """Add `src`: `input[index[i][j]][j] += src[i][j]` for dim 0, and so on, in place. An index may occur repeatedly."""
        ...

    def select(self, dim: _int, index: Tensor) -> Tensor:
        """The slice at `index` of dimension `dim`, which goes away."""
        ...

    def select_scatter(self, src: Tensor, dim: _int, index: _int) -> Tensor:
        """A copy of `input` in which `select(dim, index)` is `src`."""
        ...

    def sgn(self, *, out: Tensor | None = None) -> Tensor:
        """The sign; of a complex number `z / |z|`, and 0 where z is 0."""
        ...

    def sgn_(self) -> Tensor:
        """The sign; of a complex number `z / |z|`, and 0 where z is 0."""
        ...

    def share_memory_(self) -> Self:
        """Move its storage to memory that processes which fork off this one share."""
        ...

    def short(self, memory_format: _memory_format | None = None) -> Tensor:
        """The tensor as torch.int16; itself if it is one."""
        ...

    def sigmoid(self, *, out: Tensor | None = None) -> Tensor:
        """`1 / (1 + exp(-x))`."""
        ...

    def sigmoid_(self) -> Tensor:
        """`1 / (1 + exp(-x))`."""
        ...

    def sign(self, *, out: Tensor | None = None) -> Tensor:
        """-1, 0 or 1 by the sign of each element; NaN gives 0."""
        ...

    def sign_(self) -> Tensor:
        """-1, 0 or 1 by the sign of each element; NaN gives 0."""
        ...

    def signbit(self, *, out: Tensor | None = None) -> Tensor:
        """Whether the sign bit is set (also of -0.0)."""
        ...

    def sin(self, *, out: Tensor | None = None) -> Tensor:
        """The sine (radians)."""
        ...

    def sin_(self) -> Tensor:
        """The sine (radians)."""
        ...

    def sinc(self, *, out: Tensor | None = None) -> Tensor:
        """`sin(pi * x) / (pi * x)`, and 1 where x is 0."""
        ...

    def sinc_(self) -> Tensor:
        """`sin(pi * x) / (pi * x)`, and 1 where x is 0."""
        ...

    def sinh(self, *, out: Tensor | None = None) -> Tensor:
        """The hyperbolic sine."""
        ...

    def sinh_(self) -> Tensor:
        """The hyperbolic sine."""
        ...

    def slice_scatter(
        self, src: Tensor, dim: _int = 0, start: _int | None = None, end: _int | None = None, step: _int = 1
    ) -> Tensor:
        """A copy of `input` in which the elements `start:end:step` of dimension `dim` are `src`."""
        ...

    def softmax(self, dim: _int, dtype: _dtype | None = None, *, out: Tensor | None = None) -> Tensor:
        """`exp(x) / sum(exp(x))` along `dim`; `dtype` is the type of the result, and is computed in."""
        ...

    def split_with_sizes(self, split_sizes: _size, dim: _int = 0) -> tuple[Tensor, ...]:
        """Pieces of these sizes of dimension `dim`."""
        ...

    def sqrt(self, *, out: Tensor | None = None) -> Tensor:
        """The square root."""
        ...

    def sqrt_(self) -> Tensor:
        """The square root."""
        ...

    def square(self, *, out: Tensor | None = None) -> Tensor:
        """`input * input`."""
        ...

    def square_(self) -> Tensor:
        """`input * input`."""
        ...
    @overload
    def squeeze(self, dim: _size) -> Tensor:
        """Without the dimensions of size 1, or without those of `dim` (an int or several) that have size 1."""
        ...
    @overload
    def squeeze(self, *dim: _int) -> Tensor: ...
    @overload
    def squeeze_(self, dim: _size) -> Tensor:
        """Without the dimensions of size 1, or without those of `dim` (an int or several) that have size 1."""
        ...
    @overload
    def squeeze_(self, *dim: _int) -> Tensor: ...
    @overload
    def std(
        self, dim: _dims = None, *, correction: Number | None = None, keepdim: _bool = False, out: Tensor | None = None
    ) -> Tensor:
        """The standard deviation over `dim`: the root of `var`."""
        ...
    @overload
    def std(self, unbiased: _bool) -> Tensor: ...
    @overload
    def std(self, dim: _dims, unbiased: _bool, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor: ...
    def storage(self) -> TypedStorage:
        """Its memory as elements of its type, in PyTorch's deprecated form: use `untyped_storage()`."""
        ...

    def sub(self, other: Tensor | Number | _complex, *, alpha: Number = 1, out: Tensor | None = None) -> Tensor:
        """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
        ...

    def sub_(self, other: Tensor | Number | _complex, *, alpha: Number = 1) -> Tensor:
        """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
        ...

    def subtract(self, other: Tensor | Number | _complex, *, alpha: Number = 1, out: Tensor | None = None) -> Tensor:
        """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
        ...

    def subtract_(self, other: Tensor | Number | _complex, *, alpha: Number = 1) -> Tensor:
        """`input - alpha * other`, elementwise with broadcasting and type promotion. Bools raise: use `^`."""
        ...

    def sum(
        self, dim: _dims = None, keepdim: _bool = False, *, dtype: _dtype | None = None, out: Tensor | None = None
    ) -> Tensor:
        """The sum over `dim` (None: over all). Integers are added as int64."""
        ...
    @overload
    def sum_to_size(self, size: _size) -> Tensor:
        """The opposite of `expand`: sums over the dimensions in which `size` would be expanded to the input's shape."""
        ...
    @overload
    def sum_to_size(self, *size: _int) -> Tensor: ...
    def swapaxes(self, dim0: _int, dim1: _int) -> Tensor:
        """Dimensions `dim0` and `dim1` swapped."""
        ...

    def swapaxes_(self, dim0: _int, dim1: _int) -> Tensor:
        """Dimensions `dim0` and `dim1` swapped."""
        ...

    def swapdims(self, dim0: _int, dim1: _int) -> Tensor:
        """Dimensions `dim0` and `dim1` swapped."""
        ...

    def swapdims_(self, dim0: _int, dim1: _int) -> Tensor:
        """Dimensions `dim0` and `dim1` swapped."""
        ...

    def t(self) -> Tensor:
        """A matrix transposed; a tensor of fewer dimensions as it is."""
        ...

    def t_(self) -> Tensor:
        """A matrix transposed; a tensor of fewer dimensions as it is."""
        ...

    def take(self, index: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The elements at row-major positions; the result has the index's shape."""
        ...

    def take_along_dim(self, indices: Tensor, dim: _int | None = None, *, out: Tensor | None = None) -> Tensor:
        """`gather` with broadcasting, along `dim` also by negative indices; without `dim` among all elements in order."""
        ...

    def tan(self, *, out: Tensor | None = None) -> Tensor:
        """The tangent (radians)."""
        ...

    def tan_(self) -> Tensor:
        """The tangent (radians)."""
        ...

    def tanh(self, *, out: Tensor | None = None) -> Tensor:
        """The hyperbolic tangent of each element."""
        ...

    def tanh_(self) -> Tensor:
        """The hyperbolic tangent of each element."""
        ...
    def tensor_split(self, indices_or_sections: Tensor | _int | Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
        """Pieces of dimension `dim`: a number of nearly equal ones, or between the indices listed."""
        ...
    @overload
    def tile(self, dims: _size) -> Tensor:
        """`repeat`, with missing leading repeats taken as 1."""
        ...
    @overload
    def tile(self, *dims: _int) -> Tensor: ...
    @overload
    def to(
        self,
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
        self,
        device: Device = None,
        dtype: _dtype | None = None,
        non_blocking: _bool = False,
        copy: _bool = False,
        *,
        memory_format: _memory_format | None = None,
    ) -> Tensor: ...
    @overload
    def to(
        self,
        other: Tensor,
        non_blocking: _bool = False,
        copy: _bool = False,
        *,
        memory_format: _memory_format | None = None,
    ) -> Tensor: ...
    def trace(self) -> Tensor:
        """The sum of a matrix's diagonal."""
        ...

    def transpose(self, dim0: _int, dim1: _int) -> Tensor:
        """Dimensions `dim0` and `dim1` swapped."""
        ...

    def transpose_(self, dim0: _int, dim1: _int) -> Tensor:
        """Dimensions `dim0` and `dim1` swapped."""
        ...

    def tril(self, diagonal: _int = 0) -> Tensor:
        """The lower triangle of each matrix, 0 above the given diagonal."""
        ...

    def tril_(self, diagonal: _int = 0) -> Tensor:
        """`tril`, written over the first argument."""
        ...

    def triu(self, diagonal: _int = 0) -> Tensor:
        """The upper triangle of each matrix, 0 below the given diagonal."""
        ...

    def triu_(self, diagonal: _int = 0) -> Tensor:
        """`triu`, written over the first argument."""
        ...

    def true_divide(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input / other`; integers divide as floating-point numbers."""
        ...

    def true_divide_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input / other`; integers divide as floating-point numbers."""
        ...

    def trunc(self, *, out: Tensor | None = None) -> Tensor:
        """The integer part of each element."""
        ...

    def trunc_(self) -> Tensor:
        """The integer part of each element."""
        ...

    def type_as(self, other: Tensor) -> Tensor:
        """The tensor as the type, and on the device, of `other`."""
        ...

    def unbind(self, dim: _int = 0) -> tuple[Tensor, ...]:
        """The slices at every index of dimension `dim`."""
        ...

    def unflatten(self, dim: _int, sizes: Sequence[_int]) -> Tensor:
        """Dimension `dim` made into several of `sizes`, of which one may be -1."""
        ...

    def unfold(self, dimension: _int, size: _int, step: _int) -> Tensor:
        """All windows of `size` elements along a dimension, `step` apart; the elements of a window are the last dimension."""
        ...

    def uniform_(self, from_: _float = 0.0, to: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Fill with uniform numbers in [from, to)."""
        ...

    def unsqueeze(self, dim: _int) -> Tensor:
        """With a new dimension of size 1 before `dim`."""
        ...

    def unsqueeze_(self, dim: _int) -> Tensor:
        """With a new dimension of size 1 before `dim`."""
        ...

    def untyped_storage(self) -> UntypedStorage:
        """The memory, as bytes."""
        ...
    @overload
    def var(
        self, dim: _dims = None, *, correction: Number | None = None, keepdim: _bool = False, out: Tensor | None = None
    ) -> Tensor:
        """The variance over `dim`, divided by n - correction (default 1)."""
        ...
    @overload
    def var(self, unbiased: _bool) -> Tensor: ...
    @overload
    def var(self, dim: _dims, unbiased: _bool, keepdim: _bool = False, *, out: Tensor | None = None) -> Tensor: ...
    def vdot(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The product of two vectors, summed; of complex ones the first is conjugated."""
        ...
    @overload
    def view(self, dtype: _dtype) -> Tensor:
        """The same data as another shape, `x.view(2, -1)`, or as another type, `x.view(torch.int32)`. RuntimeError where
        that needs a copy."""
        ...
    @overload
    def view(self, size: _size) -> Tensor: ...
    @overload
    def view(self, *size: _int) -> Tensor: ...
    def view_as(self, other: Tensor) -> Tensor:
        """A view with the shape of `other`."""
        ...

    def vsplit(self, indices_or_sections: _int | Sequence[_int] | Tensor) -> tuple[Tensor, ...]:
        """Pieces of dimension 0, as `tensor_split` makes them; a number of sections must divide it."""
        ...

    def xlogy(self, other: Tensor | Number | _complex, *, out: Tensor | None = None) -> Tensor:
        """`input * log(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
        ...

    def xlogy_(self, other: Tensor | Number | _complex) -> Tensor:
        """`input * log(other)`, and 0 where `input` is 0 (NaN where `other` is)."""
        ...

    def zero_(self) -> Tensor:
        """Set every element to 0, in place."""
        ...

class _TensorType(type):
    """The class of `FloatTensor` and its like: calling one makes a Tensor, `isinstance` asks for the dtype."""

    dtype: _dtype

    def __new__(cls, name: str, bases: tuple, space: dict[str, Any]) -> _TensorType: ...
    def __call__(cls, *data: Any, size: Any = None, device: Any = None, **given: Any) -> Tensor: ...
    def __instancecheck__(cls, instance: object) -> _bool: ...
    def __repr__(cls) -> str: ...

def is_tensor(obj: object) -> _bool:
    """Whether the object is a tensor."""
    ...

def is_storage(obj: object) -> _bool:
    """Whether the object is a storage."""
    ...

def numel(input: Tensor) -> _int:
    """The number of elements."""
    ...

def is_floating_point(input: Tensor) -> _bool:
    """Whether its type is a floating one."""
    ...

def is_complex(input: Tensor) -> _bool:
    """Whether its type is a complex one."""
    ...

def is_signed(input: Tensor) -> _bool:
    """Whether its type has negative numbers."""
    ...

def is_nonzero(input: Tensor) -> _bool:
    """Whether the only element is not 0."""
    ...

def is_same_size(input: Tensor, other: Tensor) -> _bool:
    """Whether the shapes are equal."""
    ...

def is_conj(input: Tensor) -> _bool:
    """Whether it is a view that shows the conjugates of the numbers in its memory."""
    ...

def is_neg(input: Tensor) -> _bool:
    """Whether it is a view that shows the negatives of the numbers in its memory."""
    ...

TENSOR_TYPES: dict[str, Any]
