"""`Tensor`: the class that users hold. The operators of `pellucid.ops` are its methods; here stands what is no
operator.

The compiled base (core/tensor.py) holds what a tensor is; below, in order: construction, what it tells about itself,
storage, Python's protocols, the interchange with NumPy and DLPack, copies and pickles. At the end the operators are
attached and the core's slots filled.
"""

from __future__ import annotations

import copy
import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from . import dtypes, ops
from . import storage as storages
from .check import check
from .core import meta as metas
from .core.arrays import nested_list, shared_array
from .core.inplace import check_inplace, wrote
from .core.memory import allocate
from .core.meta import contiguous_format
from .core.modes import DisableTorchFunctionSubclass, ask, disabled_torch_function, plain_results
from .core.op import Op, alias
from .core.state import current
from .core.tensor import TensorBase, register, resize_memory, type_name, wrap
from .device import device
from .layouts import strided
from .ops.arrange.view import strided as strided_view
from .ops.made import copy as copies
from .ops.made import interchange
from .ops.made.arguments import NUMBERS, _shape
from .ops.made.data import _is_sequence
from .ops.places import expression
from .printing import to_str
from .storage import TypedStorage, UntypedStorage, memory_of

__all__ = ["Tensor", "is_tensor", "is_storage", "numel", "is_floating_point", "is_complex",
           "is_signed", "is_nonzero", "is_same_size", "is_conj", "is_neg", "TENSOR_TYPES"]


class Tensor(TensorBase):
    """An array of numbers of one type that remembers how it was computed. Made by `pellucid.tensor`, `zeros` and their
    kin.
    """

    _printed_as = "tensor"

    def __new__(cls, *data: Any, size: Any = None, device: Any = None, **given: Any) -> Tensor:
        """PyTorch's old constructor: uninitialised of a size, `Tensor(2, 3)`, or of data, `Tensor([2, 3])`, in the
        default type.
        """
        data = _one_of(data, size, given)
        dtype = data[0].dtype if data and isinstance(data[0], TensorBase) else dtypes.get_default_dtype()
        return _typed(cls, dtype, data, device)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _show_attributes(cls)

    @staticmethod
    def _make_subclass(cls: type, data: Tensor, require_grad: bool = False) -> Any:
        """The data as a new leaf of a subclass, sharing memory."""
        return data.detach().alias(cls).requires_grad_(require_grad)

    # ---- what it is --------------------------------------------------------------------------------------------------

    layout = property(lambda self: strided, doc="How the elements are kept: always `strided`.")
    is_cuda = property(lambda self: self.device.type == "cuda", doc="Whether it lies in a CUDA device's memory.")
    is_cpu = property(lambda self: self.device.type == "cpu", doc="Whether it lies in the CPU's memory.")
    is_meta = property(lambda self: self.device.type == "meta", doc="Whether it has shape and type only, and no data.")
    is_sparse = is_sparse_csr = is_quantized = is_mkldnn = is_nested = is_mps = is_xpu = is_xla = property(
        lambda self: False, doc="False: there is no such tensor here.")

    def ndimension(self) -> int:
        """The number of dimensions."""
        return self.ndim

    def is_contiguous(self, memory_format: Any = contiguous_format) -> bool:
        """Whether the elements lie one after the other in the format's order."""
        return metas.is_contiguous(self.meta, memory_format)

    def is_signed(self) -> bool:
        """Whether its type has negative numbers."""
        return self.dtype.is_signed

    def is_same_size(self, other: Tensor) -> bool:
        """Whether the shapes are equal."""
        return self.shape == other.shape

    def is_set_to(self, tensor: Tensor) -> bool:
        """Whether both are the same elements in memory."""
        return (self.memory is tensor.memory and self.storage_offset() == tensor.storage_offset()
                and self.meta == tensor.meta)

    def is_pinned(self) -> bool:
        """False: there is no accelerator to pin memory for."""
        return False

    def is_shared(self) -> bool:
        """Whether processes that fork off this one share its memory."""
        return self.memory.is_shared()

    def share_memory_(self) -> Self:
        """Move its storage to memory that processes which fork off this one share."""
        self.untyped_storage().share_memory_()
        return self

    def is_nonzero(self) -> bool:
        """Whether the only element is not 0."""
        return bool(self)

    def get_device(self) -> int:
        """The index of the CUDA device, -1 for the CPU."""
        return -1 if self.device.index is None else self.device.index

    def dim_order(self) -> tuple[int, ...]:
        """The dimensions from the one that varies slowest in memory to the fastest."""
        return tuple(sorted(range(self.ndim), key=lambda dim: -self.stride(dim)))

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """PyTorch's name of its type; with an argument (a dtype, such a name, such a class) the tensor as that type."""
        if dtype is None:
            return type_name(self.meta)
        if isinstance(dtype, str):
            check(dtype in _TYPES_BY_NAME, "invalid type: '{}'", dtype, error=ValueError)
            dtype = _TYPES_BY_NAME[dtype]
        if dtype is Tensor:                                  # the default type under its old name
            dtype = dtypes.get_default_dtype()
        check(isinstance(dtype, (_TensorType, dtypes.dtype)), "invalid type: '{}'", getattr(dtype, "__name__", dtype),
              error=ValueError)
        return self.to(dtype.dtype if isinstance(dtype, _TensorType) else dtype)

    def new(self, *data: Any, size: Any = None, device: Any = None) -> Tensor:
        """A tensor of this one's type, of a size or of data, as the old constructor makes it."""
        return _typed(Tensor, self.dtype, _one_of(data, size, {}), self.device if device is None else device)

    # ---- its storage -------------------------------------------------------------------------------------------------

    def untyped_storage(self) -> UntypedStorage:
        """The memory, as bytes."""
        return UntypedStorage.of(self.memory)

    def storage(self) -> TypedStorage:
        """Its memory as elements of its type, in PyTorch's deprecated form: use `untyped_storage()`."""
        warnings.warn(storages.DEPRECATED, UserWarning, stacklevel=2)
        return self._typed_storage()

    def _typed_storage(self) -> TypedStorage:
        """The memory, as elements of this type."""
        return TypedStorage.of(self.untyped_storage(), self.dtype)

    def resize_(self, *sizes: Any, memory_format: Any = None) -> Tensor:
        """Another size in place. What fits of the bytes stays; beyond them is whatever was in memory."""
        check(not self.requires_grad, "cannot resize variables that require grad")
        shape = _shape("resize_", sizes)
        if shape == self.meta.sizes and memory_format is None:
            return self                                      # and its strides are what they are
        strides = metas.format_strides(shape, memory_format or contiguous_format)
        meta = metas.make(shape, strides, self.meta.stored, self.device)
        self.reach(meta)
        wrote(self)
        return self

    def resize_as_(self, the_template: Tensor, memory_format: Any = None) -> Tensor:
        """`resize_` to another tensor's shape."""
        return self.resize_(the_template.shape, memory_format=memory_format)

    def set_(self, source: Any = None, storage_offset: int = 0, size: Any = None, stride: Any = None) -> Tensor:
        """Become another tensor's elements, or a view of a storage; shares memory."""
        if self.requires_grad and current().grad_enabled:
            check_inplace(current(), self, True)
            raise NotImplementedError("the derivative for 'set_' is not implemented.")
        if isinstance(source, TensorBase) and size is None:
            check(source.dtype is self.dtype, "Could not set tensor of type {} to a tensor of type {}", source.dtype,
                  self.dtype)
            form = source.dtype.form(self.is_conj(), self.is_neg())
            self.become(source.memory, metas.with_dtype(source.meta, form), source.storage_offset())
            wrote(self)
            return self
        check(not isinstance(source, TypedStorage) or source.dtype is self.dtype,
              "Expected a Storage of type {} or an UntypedStorage, but got type {} for argument 1 "
              "'storage'", self.dtype.title, getattr(getattr(source, "dtype", None), "title", None))
        storage = allocate(0) if source is None else memory_of(source)
        size = (0,) if source is None else (storage.size() // self.itemsize,) if size is None else metas.integers(size)
        stride = metas.contiguous_strides(size) if stride is None else metas.integers(stride)
        meta = metas.make(size, stride, self.meta.stored, storage.device)
        needed = (storage_offset + metas.extent(meta)[1] + 1) * meta.itemsize if meta.numel else 0
        if needed > storage.size() and storage_offset >= 0:
            resize_memory(storage, needed)
        self.become(storage, meta, storage_offset)
        wrote(self)
        return self

    def apply_(self, callable: Callable) -> Tensor:
        """Replace each element by what a Python function makes of it: slow, on the CPU, and nothing that autograd sees.
        """
        return self._mapped("apply_", callable)

    def map_(self, other: Tensor, callable: Callable) -> Tensor:
        """The same of each element and that of another tensor, which may be broadcast."""
        return self._mapped("map_", callable, other=other)

    def map2_(self, x: Tensor, y: Tensor, callable: Callable) -> Tensor:
        """The same with two other tensors."""
        return self._mapped("map2_", callable, x=x, y=y)

    def _mapped(self, name: str, function: Callable, **others: Tensor) -> Tensor:
        for place, other in others.items():
            check(isinstance(other, TensorBase), "{}(): argument '{}' must be Tensor, not {}", name, place,
                  type(other).__name__, error=TypeError)
            check(type_name(other.meta) == type_name(self.meta), "{}: expected {} for '{}' (got {})", name,
                  type_name(self.meta), place, type_name(other.meta), error=TypeError)
        for one in (self, *others.values()):
            check(not one.requires_grad,
                  "Can't call {0}() on Variable that requires grad. Use var.detach().{0}() instead.", name)
        if self.is_meta:
            return self
        values = list(map(function, *(one.expand(self.shape).flatten().tolist() for one in (self, *others.values()))))
        for value in values:
            check(isinstance(value, NUMBERS), "must be real number, not {}", type(value).__name__, error=TypeError)
        return self.copy_(ops.tensor(values, dtype=self.dtype).view(self.shape))

    def pin_memory(self, device: Any = None) -> Tensor:
        """Raises: there is no accelerator to pin memory for."""
        raise RuntimeError("Cannot access accelerator device when none is available.")

    # ---- Python's protocols ------------------------------------------------------------------------------------------

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        return to_str(self, tensor_contents)

    def __format__(self, spec: str) -> str:
        if self.ndim == 0 and not self.is_meta and type(self) is Tensor:
            return format(self.item(), spec)
        return object.__format__(self, spec)

    def __contains__(self, element: Any) -> bool:
        check(isinstance(element, (TensorBase, int, float, complex)),
              "Tensor.__contains__ only supports Tensor or scalar, but you passed in a {}.", type(element))
        return bool((self == element).any())

    def __reversed__(self) -> Tensor:
        return self[::-1].clone() if self.ndim else self

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self)} - {"__cuda_array_interface__"})

    # ---- Python numbers, NumPy, DLPack -------------------------------------------------------------------------------

    def tolist(self) -> Any:
        """Nested lists of Python numbers; without dimensions, the number."""
        found = nested_list(self)
        return interchange.to_list(self) if found is None else found

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """An array that shares the tensor's memory. Raises where the tensor requires grad, unless `force`."""
        found = None if force or self.requires_grad and current().grad_enabled else shared_array(self)
        return interchange.to_numpy(self, force) if found is None else found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        found = None if self.requires_grad and current().grad_enabled else shared_array(self)
        array = interchange.to_numpy(self) if found is None else found
        if dtype is None or array.dtype == dtype:
            return array.copy() if copy else array
        check(copy is not False, "Unable to avoid copy while creating an array of type {} from a tensor of {}", dtype,
              self.dtype, error=ValueError)
        return array.astype(dtype)

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(self.numpy())                      # asked for by Python 3.12 and later

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> Tensor:
        return interchange.from_array(np.asarray(array))

    def __dlpack__(self, *, stream: Any = None, max_version: tuple[int, int] | None = None, dl_device: Any = None,
                   copy: bool | None = None) -> Any:
        """The memory in a DLPack capsule, for other libraries' `from_dlpack`."""
        return interchange.to_capsule(self, None if stream == -1 else stream, max_version, dl_device, copy)

    def __dlpack_device__(self) -> tuple[int, int]:
        check(self.device.type == "cpu", "Unknown device type {} for Dlpack", self.device.type, error=ValueError)
        return 1, 0

    # ---- copies and pickles ------------------------------------------------------------------------------------------

    def __deepcopy__(self, memo: dict) -> Tensor:
        check(self.is_leaf,
              "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment. "
              " If you were attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm "
              "usage, see https://github.com/pytorch/pytorch/pull/103001")
        if id(self) in memo:
            return memo[id(self)]
        with DisableTorchFunctionSubclass():
            if self.is_conj() or self.is_neg():              # a copy holds what it shows
                made = ops.clone(self.detach()).alias(type(self)).requires_grad_(self.requires_grad)
            else:
                storage = copy.deepcopy(self.untyped_storage(), memo)
                made = _rebuilt(type(self), storage, self.dtype, self.storage_offset(), self.meta.sizes,
                                self.meta.strides, self.requires_grad)
            memo[id(self)] = made
            if self.grad is not None:
                made.grad = copy.deepcopy(self.grad, memo)
            made.__dict__.update(copy.deepcopy(_own_attributes(self), memo))
        return made

    def __reduce_ex__(self, protocol: Any) -> tuple:
        warn_if_has_hooks(self)
        return self._reduced()

    def _reduced(self) -> tuple:
        return (_rebuilt, (type(self), self.untyped_storage(), self.meta.stored, self.storage_offset(), self.meta.sizes,
                           self.meta.strides, self.requires_grad), _own_attributes(self) or None)

    # ---- bodies run on tensors ---------------------------------------------------------------------------------------

    def __math__(self, name: str, *args: Any) -> Any:
        """What `codegen.math`'s function `name` is on tensors: bodies of operators run on them under create_graph."""
        return (_MATH.get(name) or ops.REGISTRY[name])(*args)

    def __where__(self, a: Any, b: Any) -> Tensor:
        return ops.where(self, a, b)

    # ---- methods that are named or ordered otherwise than the function -----------------------------------------------

    T = property(ops.numpy_transpose, doc="The dimensions in reverse order.")
    H = property(ops.matrix_h, doc="A matrix transposed, its elements conjugate.")
    mT = property(ops.matrix_transpose, doc="The last two dimensions swapped.")
    mH = property(ops.matrix_adjoint, doc="The last two dimensions swapped, the elements conjugate.")
    real = property(ops.real, lambda self, value: expression.setitem(ops.real(self), ..., value),
                    doc="The real parts, a view.")
    imag = property(ops.imag, lambda self, value: expression.setitem(ops.imag(self), ..., value),
                    doc="The imaginary parts, a view.")

    def split(self, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
        """Pieces of dimension `dim`: of one size, the last perhaps smaller, or of the sizes listed."""
        return ops.split(self, split_size, dim)

    def where(self, condition: Tensor, other: Any) -> Tensor:
        """The elements where the condition holds, else those of `other`."""
        return ops.where(condition, self, other)


def _angle_gradient(grad: Tensor, x: Tensor) -> Tensor:
    """The gradient of `angle`: across the number's direction, by its distance from 0."""
    square = _square_abs(x)
    return x * 1j * ops.where(square == 0, 0.0, ops.real(grad) / square) if x.is_complex() else ops.zeros_like(grad)


def _square_abs(x: Tensor) -> Tensor:
    return ops.real(x * ops.conj(x)) if x.is_complex() else x * x


_BY_IR = {d.ir: d for d in dtypes.DTYPES if not d.is_complex} | {"i1": dtypes.bool}

# the functions of codegen.math that are no operators under their own names
_MATH: dict[str, Callable] = {
    "rint": ops.round, "floor_div": lambda a, b: ops.div(a, b, rounding_mode="floor"), "trunc_div": ops.trunc_divide,
    "shift_left": ops.bitwise_left_shift,
    "shift_right": ops.bitwise_right_shift, "fma": lambda a, b, c: a * b + c,
    "hypot": lambda a, b: ops.sqrt(a * a + b * b),
    "ndtr": lambda x: ops.erfc(x * -(0.5 ** 0.5)) * 0.5, "square_abs": _square_abs, "zero": ops.zeros_like,
    "angle_gradient": _angle_gradient,
    "true": lambda x: x if x.dtype is dtypes.bool else x != 0, "is_float": lambda x: not x.dtype.is_integral,
    "is_complex": lambda x: x.dtype.is_complex, "convert": lambda x, type: copies.converted(x, _BY_IR[type], x.device),
    "largest": lambda x: (dtypes.iinfo if x.dtype.is_integral else dtypes.finfo)(x.dtype).max,
}


# ---- the old constructors --------------------------------------------------------------------------------------------

def _one_of(data: tuple, size: Any, given: dict[str, Any]) -> tuple:
    """What an old constructor was given, by position or as size=, data= or other=."""
    keywords = ({} if size is None else {"size": metas.Size(metas.integers(size))}) | given
    check(len(keywords) <= (not data) and keywords.keys() <= {"size", "data", "other"},
          "new() received an invalid combination of arguments: {}", ", ".join(keywords) or "none", error=TypeError)
    return data or tuple(keywords.values())


def _typed(cls: type, dtype: dtypes.dtype, data: tuple, device: Any) -> Any:
    """What `Tensor(...)`, `FloatTensor(...)` and `x.new(...)` make: of sizes, of a sequence of data, of another tensor.
    """
    if not data:
        made = ops.empty(0, dtype=dtype, device=device)
    elif isinstance(data[0], TensorBase):
        check(len(data) == 1, "new() takes one tensor", error=TypeError)
        check(dtype is data[0].dtype, "expected a tensor of {} (got one of {})", dtype, data[0].dtype, error=TypeError)
        made = alias(data[0])
    elif isinstance(data[0], (UntypedStorage, TypedStorage)):
        check(len(data) == 1, "new() takes one storage", error=TypeError)
        made = ops.empty(0, dtype=dtype, device=data[0].device).set_(data[0])
    elif isinstance(data[0], metas.Size) and len(data) == 1:
        made = ops.empty(data[0], dtype=dtype, device=device)
    elif hasattr(data[0], "__index__") and not _is_sequence(data[0]):
        made = ops.empty(*data, dtype=dtype, device=device)
    else:
        check(len(data) == 1 and _is_sequence(data[0]), "new(): data must be a sequence (got {})",
              type(data[0]).__name__, error=TypeError)
        made = ops.tensor(data[0], dtype=dtype, device=device)
    return made if cls is Tensor else made.as_subclass(cls)


class _TensorType(type):
    """The class of `FloatTensor` and its like: calling one makes a Tensor, `isinstance` asks for the dtype."""

    dtype: dtypes.dtype

    def __new__(cls, name: str, bases: tuple, space: dict[str, Any]) -> _TensorType:
        check(not bases, "type 'torch.{}' is not an acceptable base type",
              getattr(bases[0] if bases else None, "__name__", ""), error=TypeError)
        return super().__new__(cls, name, bases, space)

    def __call__(cls, *data: Any, size: Any = None, device: Any = None, **given: Any) -> Tensor:
        return _typed(Tensor, cls.dtype, _one_of(data, size, given), device)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.dtype and instance.is_cpu

    def __repr__(cls) -> str:
        return f"<class 'torch.{cls.__name__}'>"


TENSOR_TYPES: dict[str, _TensorType] = {
    f"{name}Tensor": _TensorType(f"{name}Tensor", (),
                                 {"dtype": getattr(dtypes, d), "__doc__": f"A tensor of {d}, as PyTorch used to name "
                                                                          "it."})
    for d, name in metas.SCALAR_TYPES.items() if not d.startswith(("complex", "float8"))
    and d not in ("uint16", "uint32", "uint64", *dtypes.OPAQUE)
}
_TYPES_BY_NAME = {f"torch.{name}": kind for name, kind in TENSOR_TYPES.items()}


# ---- subclasses that want to see everything --------------------------------------------------------------------------

# Operators ask the class of their operands by themselves. The other methods and attributes stay as fast as they are:
# where a class has a __torch_function__ of its own, it is the class that is given ones that ask.

_INTERNAL = frozenset(
    "memory meta offset node output_nr view_of hooks overrides inference detached alias become resize wants_grad "
    "as_subclass new".split())
_PROTOCOLS = frozenset("""__len__ __bool__ __int__ __float__ __complex__ __index__ __contains__ __reversed__ __repr__
                       __format__ __array__ __array_wrap__ __deepcopy__ __reduce_ex__ __dlpack__ __dlpack_device__
                       _version _base _is_view""".split())


def _asking(function: Callable, *args: Any, **kwargs: Any) -> Any:
    """`function(*args, **kwargs)`, unless a __torch_function__ wants it otherwise."""
    if current().no_overrides:
        return function(*args, **kwargs)
    return ask(function, f"Tensor.{function.__name__}", args, kwargs)


def _method(function: Callable) -> Callable:
    @functools.wraps(function)
    def method(*args: Any, **kwargs: Any) -> Any:
        return _asking(function, *args, **kwargs)

    return method


def _attribute(own: Any) -> property:
    return property(lambda self: _asking(own.__get__, self), lambda self, value: _asking(own.__set__, self, value),
                    lambda self: _asking(own.__delete__, self), own.__doc__)


def _show_attributes(cls: type) -> None:
    """Let a subclass's __torch_function__, if it is the class's own, see what Tensor has besides operators."""
    static = inspect.getattr_static
    default = static(cls, "__torch_function__") is static(TensorBase, "__torch_function__")
    if default or cls.__torch_function__ is disabled_torch_function:
        return
    for name, own in {**vars(TensorBase), **vars(Tensor)}.items():
        shown = name in _PROTOCOLS or not (name.startswith("_") or name in _INTERNAL)
        if not shown or isinstance(own, (Op, staticmethod, classmethod)) or static(cls, name) is not own:
            continue
        if hasattr(type(own), "__set__"):
            setattr(cls, name, _attribute(own))
        elif callable(own):
            setattr(cls, name, _method(own))


# ---- pickles ---------------------------------------------------------------------------------------------------------

def _own_attributes(tensor: Tensor) -> dict[str, Any]:
    """What a user has hung on a tensor. (Where the core runs uncompiled, its own fields are in the same place.)"""
    return {name: value for name, value in tensor.__dict__.items() if not hasattr(TensorBase, name)}


def warn_if_has_hooks(tensor: Tensor) -> None:
    """A UserWarning for each hook on the tensor's gradient: a pickle will not have it."""
    owner = tensor if tensor.grad_fn is None else tensor.node
    for hook in () if owner.hooks is None else owner.hooks.tensor.get(tensor.output_nr, {}).values():
        if not hasattr(hook, "__torch_unserializable__"):
            warnings.warn(f"backward hook {hook!r} on tensor will not be serialized.  If this is expected, you can "
                          "decorate the function with @torch.utils.hooks.unserializable_hook to suppress this "
                          "warning", UserWarning, stacklevel=2)


def _rebuilt(cls: type, storage: UntypedStorage, dtype: dtypes.dtype, offset: int, sizes: tuple, strides: tuple,
             requires_grad: bool) -> Any:
    """A leaf over a storage. RuntimeError unless it lies inside."""
    memory = storage._storage
    made = wrap(memory, metas.make(sizes, strides, dtype, memory.device), offset)
    return (made if cls is Tensor else made.alias(cls)).requires_grad_(requires_grad)


# ---- questions that are functions too --------------------------------------------------------------------------------

def is_tensor(obj: object) -> bool:
    """Whether the object is a tensor."""
    return isinstance(obj, Tensor)


def is_storage(obj: object) -> bool:
    """Whether the object is a storage."""
    return isinstance(obj, (UntypedStorage, TypedStorage))


def _question(name: str) -> Callable[..., Any]:
    method = getattr(Tensor, name)

    def ask(input: Tensor, *args: Any) -> Any:
        check(isinstance(input, TensorBase), "{}(): argument 'input' (position 1) must be Tensor, not {}", name,
              type(input).__name__, error=TypeError)
        return getattr(input, name)(*args)       # a subclass may have a say

    ask.__name__ = ask.__qualname__ = name
    ask.__doc__ = method.__doc__
    return ask


numel, is_floating_point, is_complex, is_signed, is_nonzero, is_same_size, is_conj, is_neg = map(
    _question, ("numel", "is_floating_point", "is_complex", "is_signed", "is_nonzero", "is_same_size", "is_conj",
                "is_neg"))


# ---- operators as methods, and the core's slots ----------------------------------------------------------------------

# operators that are no methods: those that make or join tensors, those of nn.functional, and parts of others
_FUNCTIONS = frozenset("""
    empty zeros ones full empty_strided empty_permuted empty_like zeros_like ones_like full_like tensor as_tensor
    asarray scalar_tensor arange linspace logspace eye tril_indices triu_indices meshgrid from_numpy frombuffer
    from_dlpack normal rand rand_like randint randint_like randn randn_like randperm broadcast_tensors atleast_1d
    atleast_2d atleast_3d cat concat concatenate stack hstack vstack dstack column_stack row_stack view_as_real
    view_as_complex numpy_transpose matrix_transpose matrix_adjoint matrix_h std_mean var_mean rsub fill sum_to to_copy
    trunc_divide trunc_divide_ maximum_ minimum_ fmax_ fmin_ logaddexp_ isnan_ isinf_ isfinite_ celu elu elu_ gelu gelu_
    hardshrink_ hardsigmoid hardsigmoid_ hardswish hardswish_ hardtanh hardtanh_ leaky_relu leaky_relu_ logsigmoid
    logsigmoid_ mish mish_ relu6 selu silu silu_ softplus softplus_ softshrink threshold threshold_ dropout layer_norm
    native_layer_norm batch_norm batch_norm_train linear logaddexp2_ complex polar relu6_ selu_ celu_ trapezoid
    cumulative_trapezoid block_diag cartesian_prod combinations constant_pad_nd pixel_shuffle pixel_unshuffle
    channel_shuffle alias_copy as_strided_copy diagonal_copy expand_copy permute_copy select_copy split_copy
    split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy unsqueeze_copy view_copy
    view_as_complex_copy view_as_real_copy tensordot vander einsum
""".split())
_FUNCTION_MODULES = ("pellucid.ops.windows.", "pellucid.ops.rows.loss", "pellucid.ops.places.embedding")


def attach(registry: dict[str, Any]) -> None:
    """Make the operators methods of Tensor, unless they are functions only or Tensor has its own."""
    for name, op in registry.items():
        if not (name in _FUNCTIONS or op.__module__.startswith(_FUNCTION_MODULES)
                or name.startswith(("linalg_", "special_")) or name in vars(Tensor)):
            setattr(Tensor, name, op)


def _slot_table(registry: dict[str, Any]) -> dict[str, Any]:
    named = dict(
        truediv="true_divide", floordiv="floor_divide", lshift="bitwise_left_shift", rshift="bitwise_right_shift",
        truediv_="true_divide_", floordiv_="floor_divide_", lshift_="bitwise_left_shift_",
        rshift_="bitwise_right_shift_", and_="bitwise_and_", or_="bitwise_or_", xor_="bitwise_xor_",
        sum_to_size="sum_to", conj_view="_conj", neg_view="_neg_view")
    same = ("add sub mul remainder pow matmul bitwise_and bitwise_or bitwise_xor add_ sub_ mul_ remainder_ pow_ neg "
            "positive abs bitwise_not lt le gt ge eq ne unbind real ones_like zeros clone copy_ zero_").split()
    return {slot: registry[name]
            for slot, name in (named | {name: name for name in same}).items()} | {"strided": strided_view}


def _to_dtype(tensor: Tensor, dtype: dtypes.dtype) -> Tensor:
    return copies.converted(tensor, dtype, tensor.device)


def _to_device(tensor: Tensor, where: device) -> Tensor:
    return copies.converted(tensor, tensor.dtype, where)


attach(ops.REGISTRY)
plain_results.update((Tensor.grad.__get__, Tensor._base.__get__))
register(tensor_type=Tensor, getitem=expression.getitem, setitem=expression.setitem, to_dtype=_to_dtype,
         to_device=_to_device, of_array=interchange.from_array,
         **_slot_table(ops.REGISTRY))
