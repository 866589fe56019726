"""What a tensor is: a storage, a meta and an offset into it, and a link to the graph that computed it.

TensorBase is subclassed once by pellucid/tensor.py, which hangs the operators on it as methods, and by users after
that. Here stands what needs no operator: the data's description, the link to the graph, Python's protocols. What needs
one (`a + b`, `backward`) jumps through `slots`, a table that the layers above fill with `register`; nothing here knows
what an operator or a graph node is, beyond being called.

How a tensor is linked to the graph:

    node, output_nr     who computed it, and which of that node's results it is. None: a leaf
    _requires_grad      of a leaf: whether gradients are wanted. (A result requires grad because it has a node.)
    view_of             a View, if it is a view of another tensor (its base) and changes of either have to reach the
                        other's history
    hooks               a Hooks, if somebody hung functions on a leaf
"""

import gc
import warnings

import cython
import numpy

from pellucid.core.devices import has_data, storage_on
from pellucid.core.geometry import SCALAR_TYPES, type_name
from pellucid.core.hooks import Hooks, RemovableHandle, hooks_of
from pellucid.core.observe import tell
from pellucid.core.operators import Operators
from pellucid.core.slots import register, registered
from pellucid.device import CPU
from pellucid.dtypes import bfloat16, complex64, float32

__all__ = ["TensorBase", "View", "Hooks", "RemovableHandle", "register", "registered", "wrap", "type_name"]

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.geometry import wrap_dim
    from pellucid.core.layout import check_bounds, extent
    from pellucid.core.numbers import read_number
    from pellucid.core.observe import observing
    from pellucid.core.sharing import view_as_array
    from pellucid.core.slots import slots
    from pellucid.core.state import current
    from pellucid.core.storage import allocate, outside, twin

    def pellucid_make(base, type, empty):
        return object.__new__(type)


_cpu = CPU


# Views ----------------------------------------------------------------------------------------------------------------

@cython.trashcan(True)
@cython.cclass
class Trail:
    """How a view is found from its base: `op(the parent's view, *arguments)`, and then [index], if the op returns
    several (else -1).

    turns   the op shows the memory as elements of another type; `start`: its result's offset
    root    the last one of its parents that does, None if none does; depth: how many steps it is from there
    """


class View:
    """What a view knows of its base.

    base        the tensor that is no view; its history includes what is written to any view of it
    trail       how to find the same view in another tensor that lies in memory as the base does
    meta, offset   how the base lay when the trail was right. If it lies otherwise now (`t_`, `resize_`), see `retrace`
    version     the storage's version at which the view's node was right. If the storage's is another: make it anew
    kind        where it was made, because some views may not be written to while gradients are recorded
    """


DEFAULT, NO_GRAD, INFERENCE, MULTIPLE, CUSTOM = range(5)

if not cython.compiled:
    View.base = View.trail = View.meta = Trail.parent = Trail.op = Trail.arguments = None
    View.version = View.kind = View.offset = 0
    Trail.index, Trail.root, Trail.turns, Trail.start, Trail.depth = -1, None, False, 0, 0


def copy_of(view):
    """The same said of another tensor: each has its own version."""
    other = View.__new__(View)
    other.base, other.trail, other.meta, other.offset = view.base, view.trail, view.meta, view.offset
    other.version, other.kind = view.version, view.kind
    return other


# Tensors --------------------------------------------------------------------------------------------------------------

def tensor_over(storage, meta, offset):
    """A new leaf, whatever the mode. The caller vouches that meta and offset lie inside the storage."""
    tensor = pellucid_make(TensorBase, slots.tensor_type, ())
    tensor.memory = storage
    tensor.meta = meta
    tensor.offset = offset
    return tensor


def blank(meta, offset=0, zero=False):
    """A new leaf of just these strides and this offset, over memory of its own with anything, or zeros, in it."""
    size = (offset + (extent(meta)[1] + 1 if meta.numel else 0)) * meta.itemsize
    storage = allocate(size, zero) if meta.device is _cpu else storage_on(meta.device, size, zero)
    return tensor_over(storage, meta, offset)


def resize_memory(storage, nbytes):
    """Give a storage another size. Tensors that reach beyond it are refused until it has grown to theirs."""
    root = storage.root()
    reach = root.nbytes
    apart = [one for one in root.living_twins() if one.nbytes > reach]
    root.resize(nbytes)
    if 0 < nbytes < reach and has_data(root.device):
        sharers = [one for one in (root, *root.living_twins()) if one.nbytes <= nbytes]
        _lie_in(outside(root, reach), sharers, nbytes, reach)
    if apart and nbytes:
        _lie_in(root, apart, 0, nbytes)


def _lie_in(storage, others, beyond, most):
    """Let those tensors lie in a storage that lie in others over its memory, and end beyond one byte but not another.
    """
    for found in gc.get_objects():
        if isinstance(found, TensorBase):
            tensor = found
            if tensor.memory is None or not any([tensor.memory is one for one in others]):
                continue
            end = (tensor.offset + extent(tensor.meta)[1] + 1) * tensor.meta.itemsize if tensor.meta.numel else 0
            if beyond < end <= most:
                tensor.memory = storage
    return 0


def new_tensor(storage, meta, offset):
    """A new leaf for a user: an inference tensor in inference mode. Unchecked as well."""
    tensor = tensor_over(storage, meta, offset)
    tensor.inference = current().inference
    return tensor


def wrap(storage, meta, offset=0):
    """A new leaf over existing memory. RuntimeError unless it lies inside the storage."""
    check_bounds(meta, offset, storage.nbytes)
    return new_tensor(storage, meta, offset)


_overridden = False  # whether there ever was a tensor whose class has a say in operators


def overriding(type):
    """Whether operators on a tensor of this class ask its __torch_function__ first."""
    global _overridden
    found = type is not slots.tensor_type and getattr(type, "__torch_function__", slots.disabled) is not slots.disabled
    _overridden = _overridden or found
    return found


def is_tensor_type(kind):
    """Whether objects of this class are tensors, and so large enough for what the core writes into a new one."""
    return isinstance(kind, type) and TensorBase in kind.__mro__


def any_overriding():
    """Whether any tensor of such a class was ever made."""
    return _overridden


def _relinked(source, type):
    """`source` as an object of another class, at the same place in the graph."""
    other = source.alias(type)
    other.node, other.output_nr = source.node, source.output_nr
    if source.view_of is not None:
        other.view_of = copy_of(source.view_of)
    return other


def _not_leaf(flag):
    hint = "" if flag else (" If you want to use a computed variable in a subgraph that doesn't require "
                            "differentiation use var_no_grad = var.detach().")
    return RuntimeError("you can only change requires_grad flags of leaf variables." + hint)


@cython.trashcan(True)
@cython.cclass
class TensorBase(Operators):
    """The compiled half of Tensor."""

    # What it is -------------------------------------------------------------------------------------------------------

    @property
    def shape(self):
        """The sizes of its dimensions."""
        return self.meta.shape

    @property
    def dtype(self):
        """The type of its elements."""
        return self.meta.dtype

    @property
    def device(self):
        """Where its data lies."""
        return self.meta.device

    @property
    def ndim(self):
        """The number of dimensions."""
        return self.meta.ndim

    @property
    def itemsize(self):
        """The bytes of an element."""
        return self.meta.itemsize

    @property
    def nbytes(self):
        """The bytes of all its elements together."""
        return self.meta.numel * self.meta.itemsize

    def dim(self):
        """The number of dimensions."""
        return self.meta.ndim

    def numel(self):
        """The number of elements."""
        return self.meta.numel

    def nelement(self):
        """The number of elements."""
        return self.meta.numel

    def element_size(self):
        """The bytes of an element."""
        return self.meta.itemsize

    def size(self, dim=None):
        """The sizes of its dimensions, or of one."""
        return self.meta.shape if dim is None else self.meta.sizes[wrap_dim(dim, self.meta.ndim, False)]

    def stride(self, dim=None):
        """How many elements apart neighbours along each dimension, or along one, lie in memory."""
        return self.meta.strides if dim is None else self.meta.strides[wrap_dim(dim, self.meta.ndim, False)]

    def storage_offset(self):
        """The element of its storage that it starts at."""
        return self.offset

    def data_ptr(self):
        """The address of its first element; 0 where it has none."""
        address = self.memory.data_ptr()
        if observing():
            tell("lent", self.memory)
        return address + self.offset * self.meta.itemsize if address and self.meta.numel else 0

    def is_floating_point(self):
        """Whether its type is a floating one."""
        return self.meta.dtype.is_floating_point

    def is_complex(self):
        """Whether its type is a complex one."""
        return self.meta.dtype.is_complex

    def is_conj(self):
        """Whether it is a view that shows the conjugates of the numbers in its memory."""
        return self.meta.stored.conj

    def is_neg(self):
        """Whether it is a view that shows the negatives of the numbers in its memory."""
        return self.meta.stored.neg

    # Its value, where it has just one ---------------------------------------------------------------------------------

    def item(self):
        """The only element, as a Python number."""
        meta = self.meta
        if meta.numel != 1:
            raise RuntimeError(f"a Tensor with {meta.numel} elements cannot be converted to Scalar")
        if meta.device is not _cpu:
            if not has_data(meta.device):
                raise RuntimeError(f"Tensor.item() cannot be called on {meta.device.type} tensors")
            return slots.to_device(self.detach(), _cpu).item()
        typestr = meta.dtype.typestr
        if meta.stored is not meta.dtype:
            return slots.clone(self).item()
        if typestr is None and meta.dtype is not bfloat16:    # 8-bit floats, complex halves: kernels know them
            return slots.to_dtype(self, complex64 if meta.dtype.is_complex else float32).item()
        if typestr is None:                           # bfloat16: the upper half of a float32
            raw = view_as_array(self.memory, self.offset * meta.itemsize, (), (), f"<u{meta.itemsize}", True)
            return float((raw.astype(numpy.uint32) << 16).view(numpy.float32))
        return read_number(self.memory, self.offset * meta.itemsize, meta.itemsize, typestr)

    def __bool__(self):
        if self.meta.numel != 1:
            raise RuntimeError("Boolean value of Tensor with "
                               f"{'more than one value' if self.meta.numel else 'no values'} is ambiguous")
        return bool(self.item())

    def _only(self):
        if self.meta.numel != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return self.item()

    def _real(self, name):
        number = self._only()
        if type(number) is not complex:
            return number
        if number.imag != 0:
            raise RuntimeError(f"value cannot be converted to type {name} without overflow")
        return number.real

    def __int__(self):
        return int(self._real("int64_t"))

    def __float__(self):
        return float(self._real("double"))

    def __complex__(self):
        return complex(self._only())

    def __index__(self):
        if self.meta.numel != 1 or not self.meta.dtype.is_integral:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __len__(self):
        if self.meta.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self.meta.sizes[0]

    def __iter__(self):
        if self.meta.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return iter(slots.unbind(self))

    # Its place in the graph -------------------------------------------------------------------------------------------

    def wants_grad(self):
        """requires_grad, for callers inside the core."""
        return self._requires_grad or self.node is not None or (self.view_of is not None
                                                                and self.view_of.base.wants_grad())

    def alias(self, type):
        """Another tensor of class `type` over the same memory, without a history; it shares the version."""
        if type is not slots.tensor_type and not is_tensor_type(type):
            raise TypeError(f"cls must be a type that inherits from Tensor (got {type!r})")
        other = pellucid_make(TensorBase, type, ())
        other.memory = self.memory
        other.meta = self.meta
        other.offset = self.offset
        other.inference = self.inference
        if type is not slots.tensor_type:
            other.overrides = overriding(type)
        return other

    @property
    def requires_grad(self):
        return self.wants_grad()

    @requires_grad.setter
    def requires_grad(self, flag):
        if self.node is not None:
            raise _not_leaf(flag)
        self._set_requires_grad(flag, "floating point and complex dtype")

    def requires_grad_(self, requires_grad=True):
        """Ask for gradients with respect to this tensor, in place."""
        self._set_requires_grad(requires_grad, "floating point dtype")
        return self

    def _set_requires_grad(self, flag, what):
        if self.node is not None:
            if not flag:
                raise _not_leaf(flag)
        elif not flag:
            self._requires_grad = False
        elif not (self.meta.dtype.is_floating_point or self.meta.dtype.is_complex):
            raise RuntimeError(f"only Tensors of {what} can require gradients")
        elif self.inference and not current().inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        else:
            self._requires_grad = True

    @property
    def grad_fn(self):
        """The node that computes its gradient further, None for a leaf."""
        if self.view_of is not None:
            slots.refresh(self)
        return self.node

    @property
    def is_leaf(self):
        """Whether no recorded operation made it."""
        return self.grad_fn is None

    @property
    def grad(self):
        if self._grad is None and self.node is not None and not self.retains_grad:
            warnings.warn("The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
                          "attribute won't be populated during autograd.backward(). If you indeed want the .grad field "
                          "to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you "
                          "access the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead. See "
                          "github.com/pytorch/pytorch/pull/30531 for more information.",
                          UserWarning, stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value):
        if value is not None:
            if not isinstance(value, TensorBase):
                raise TypeError("assigned grad expected to be a Tensor or None but got grad of type "
                                f"{type(value).__name__}")
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            if value.dtype is not self.meta.dtype:
                given, own = SCALAR_TYPES[value.dtype.name], SCALAR_TYPES[self.meta.dtype.name]
                raise RuntimeError(f"attempting to assign a gradient with dtype '{given.lower()}' to a tensor with "
                                   f"grad_dtype '{own}'. The gradient must match the tensor's dtype")
            if value.device != self.meta.device:
                raise RuntimeError(f"attempting to assign a gradient with device type '{value.device.type}' to a "
                                   f"tensor with device type '{self.meta.device.type}'. Please ensure that the "
                                   "gradient and the tensor are on the same device")
            if value.shape != self.meta.shape:
                raise RuntimeError(f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size "
                                   f"'{list(self.meta.shape)}'. Please ensure that the gradient and the tensor are the "
                                   "same size")
        self._grad = value

    @grad.deleter
    def grad(self):
        self._grad = None

    @property
    def retains_grad(self):
        """Whether .grad of this result will be kept; False for leaves, whose .grad always is."""
        hooks = None if self.node is None else self.node.hooks
        return hooks is not None and hooks.retained(self.output_nr) is self

    def retain_grad(self):
        """Keep this result's gradient in .grad, as a leaf's is."""
        if not self.wants_grad():
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.grad_fn is not None:
            hooks_of(self.node).retain(self)

    def register_hook(self, hook):
        """Call hook(grad) when this tensor's gradient is known; what it returns, unless None, takes its place."""
        if not self.wants_grad():
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return hooks_of(self if self.grad_fn is None else self.node).add_tensor_hook(self.output_nr, hook)

    def register_post_accumulate_grad_hook(self, hook):
        """Call hook(tensor) after its .grad has been accumulated."""
        if not self.wants_grad():
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.grad_fn is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        return Hooks.add(hooks_of(self).accumulated, hook)

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        """Add the gradient of this tensor with respect to every leaf that it was computed from to the leaf's .grad."""
        slots.backward((self,), (gradient,), retain_graph, create_graph, inputs)

    def detach(self):
        """The same data without a history.

        Shares memory and version. A subclass that has a say in operators stays one.
        """
        return self.alias(type(self) if self.overrides else slots.tensor_type)

    def detach_(self):
        """Forget this tensor's history."""
        if self.view_of is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead. If you are using "
                               "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as "
                               "True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
                               "these gradients. To fix this error, please refer to the Optimizer.zero_grad() function "
                               "in torch/optim/optimizer.py as the solution.")
        self.detached = self.detached or self.node is not None
        self.node, self.output_nr, self._requires_grad = None, 0, False
        return self

    @property
    def data(self):
        """The same memory with neither history nor version: what is written to it, autograd does not see."""
        found = tensor_over(twin(self.memory), self.meta, self.offset)
        return found.alias(type(self)) if self.overrides else found

    @data.setter
    def data(self, value):
        if not isinstance(value, TensorBase):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self.wants_grad() and not (value.dtype.is_floating_point or value.dtype.is_complex):
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self.become(value.memory, value.meta, value.offset)

    def become(self, storage, meta, offset):
        """Lie elsewhere, in place: the mechanism of `.data = ...`, `set_`, `t_` and `resize_`.

        RuntimeError unless it lies inside the storage. In other memory the version goes on counting where it was.
        """
        check_bounds(meta, offset, storage.nbytes)
        if self.view_of is not None:                 # its trail leads elsewhere now
            self.view_of = copy_of(self.view_of) if storage is self.memory else None
            if self.view_of is not None:
                self.view_of.meta = None
        if storage is not self.memory:
            storage = twin(storage)
            storage.version, storage.changed = self.memory.version, self.memory.changed
        self.memory = storage
        self.meta = meta
        self.offset = offset

    def reach(self, meta):
        """Lie in the same memory with another meta that reaches upward only, for which the memory grows if need be."""
        needed = (self.offset + extent(meta)[1] + 1) * meta.itemsize if meta.numel else 0
        if needed > self.memory.nbytes:
            resize_memory(self.memory, needed)
        self.become(self.memory, meta, self.offset)
        if needed > self.memory.size():                  # it was emptied
            resize_memory(self.memory, needed)
        elif self.memory.nbytes > self.memory.root().nbytes:                     # it was outside
            self.memory = self.memory.root()

    def as_subclass(self, cls):
        """The same tensor as an instance of a subclass of Tensor."""
        source = slots.alias(self) if self.grad_fn is None and self.wants_grad() else self
        return _relinked(source, cls)

    @property
    def _version(self):
        if self.inference:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self.memory.version

    @property
    def _base(self):
        return None if self.view_of is None else self.view_of.base

    def _is_view(self):
        return self.view_of is not None

    def is_inference(self):
        """Whether it was made in inference mode, so that nothing can be recorded of it."""
        return self.inference

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        """What operators on tensors of a subclass do: their work, and make the results instances of the subclass."""
        return slots.torch_function(cls, func, types, args, kwargs or {})

    # The one operator that looks at the type

    def __invert__(self):
        if not self.overrides and not self.meta.dtype.is_integral:
            raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
        return slots.bitwise_not(self)


if not cython.compiled:
    TensorBase.memory = TensorBase.meta = TensorBase._grad = None
    TensorBase.node = TensorBase.view_of = TensorBase.hooks = None
    TensorBase.offset = TensorBase.output_nr = 0
    TensorBase._requires_grad = TensorBase.overrides = TensorBase.inference = TensorBase.detached = False

register(tensor_base=TensorBase, tensor_type=TensorBase)

if cython.compiled:
    pellucid_export_buffer(TensorBase)
