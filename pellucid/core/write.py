"""What must hold of tensors that are written to, in place and through `out=`, and the copy that brings finished results
there.

Called by core/op.py. A kernel writes to a target directly where that is safe (`hazard`) and the target has the result's
geometry; else the result is made apart and copied.
"""

import warnings

import cython

from pellucid.core.geometry import SCALAR_TYPES
from pellucid.core.layout import overlaps_itself
from pellucid.dtypes import can_cast

if not cython.compiled:                          # compiled, these come from the .pxd files
    SAME, DIFFERS, RESIZED = range(3)

    from pellucid.core.geometry import contiguous, with_dtype
    from pellucid.core.layout import is_dense, overlap
    from pellucid.core.plan import is_form
    from pellucid.core.slots import slots
    from pellucid.core.tensor import TensorBase


def targets_of(name, targets):
    """The tensors given as `out`, checked to be such."""
    for tensor in targets:
        if not isinstance(tensor, TensorBase):
            raise TypeError(f"{name}(): argument 'out' must be Tensor, not {type(tensor).__name__}")
    return targets


def any_wanting(targets):
    """Whether any of these tensors wants a gradient."""
    for tensor in targets:
        if tensor.wants_grad():
            return True
    return False


def check_target(tensor, meta, inplace):
    """Raise unless `tensor` can take a result of `meta`. Whether it must be resized for that, as an `out=` may be."""
    if inplace and tensor.meta.sizes != meta.sizes:
        raise wrong_shape(tensor.meta, meta)
    check_cast(meta.dtype, tensor.meta.dtype)
    if tensor.meta.device is not meta.device:
        raise RuntimeError(f"Expected out tensor to have device {meta.device}, but got {tensor.meta.device} instead")
    if tensor.meta.sizes == meta.sizes:
        return False
    if tensor.meta.numel:
        warnings.warn(f"An output with one or more elements was resized since it had shape {list(tensor.meta.sizes)}, "
                      f"which does not match the required output shape {list(meta.sizes)}. This behavior is "
                      "deprecated, and in a future PyTorch release outputs will not be resized unless they have zero "
                      "elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements "
                      "with t.resize_(0).", UserWarning, stacklevel=2)
    return True


def fit(outputs, targets, inplace):
    """SAME if all targets have the results' metas, DIFFERS if types or strides are others, RESIZED if shapes are; and
    the checks of `check_target`."""
    how = SAME
    for i in range(len(targets)):
        tensor = targets[i]
        meta = outputs[i]
        if tensor.meta is not meta:
            if check_target(tensor, meta, inplace):
                how = RESIZED
            elif how == SAME and tensor.meta != meta:
                how = DIFFERS
    return how


def check_exact(dtype, wanted):
    """Raise where an `out=` is not of the result's type, and PyTorch converts nothing."""
    if dtype is not wanted:
        raise RuntimeError(f"Expected out tensor to have dtype {dtype}, but got {wanted} instead")
    return 0


def check_cast(dtype, wanted):
    """Raise where a result of `dtype` is not stored in tensors of type `wanted`."""
    if not can_cast(dtype, wanted):
        raise RuntimeError(f"result type {SCALAR_TYPES[dtype.name]} can't be cast to the desired output type "
                           f"{SCALAR_TYPES[wanted.name]}")
    return 0


def wrong_count(name, wanted, given):
    return TypeError(f"{name}(): argument 'out' must be a tuple of {wanted} Tensors, got {given}")


def wrong_shape(meta, wanted):
    return RuntimeError(f"output with shape {list(meta.sizes)} doesn't match the broadcast shape {list(wanted.sizes)}")


def resize(tensor, meta, keeping_strides):
    """Give an `out=` the shape of a result, in its memory."""
    dtype, device = tensor.meta.stored, tensor.meta.device
    tensor.reach(with_dtype(meta, dtype) if keeping_strides else contiguous(meta.sizes, dtype, device))


def sharing(tensor, values):
    """Whether any of the values, or of those in lists of them, is a tensor over the memory of `tensor`."""
    root = tensor.memory.root()
    tensors = [item for value in values for item in (value if isinstance(value, (tuple, list)) else (value,))]
    return any([isinstance(one, TensorBase) and one.memory.root() is root for one in tensors])


def overlapping(what="some elements of the input tensor and the written-to tensor refer"):
    """The error of a target that shares memory with what must be read, or with itself."""
    return RuntimeError(f"unsupported operation: {what} to a single memory location. Please clone() the tensor before "
                        "performing the operation.")


def check_itself(target):
    """Raise if a tensor that is written to has two elements at one place."""
    if not target.meta.contiguous and overlaps_itself(target.meta):
        raise overlapping("more than one element of the written-to tensor refers")


def hazard(values, targets, aliasing):
    """Whether the kernel might read what it has already written, so that it must not write to the targets directly.

    `aliasing`: the operator may write over an operand that lies exactly where the result goes."""
    found = 0
    for target in targets:
        check_itself(target)
        for value in values:
            if isinstance(value, TensorBase):
                found |= collision(target, value, aliasing)
            elif isinstance(value, (tuple, list)):
                for item in value:
                    if isinstance(item, TensorBase):
                        found |= collision(target, item, aliasing)
    return found


def collision(target, tensor, aliasing):
    """1 if `tensor` shares memory with the target in a way that calls for a copy.

    RuntimeError where PyTorch raises too; of conjugated and negated views it makes copies (`a += a.mH`).
    """
    if tensor is target:
        return not aliasing
    if tensor.memory is not target.memory and tensor.memory.root() is not target.memory.root():
        return 0
    how = overlap(target.meta, target.offset, tensor.meta, tensor.offset)
    # the same elements under other strides are an overlap too: x[None] and x
    if (how == 2 or (how == 1 and target.meta.strides != tensor.meta.strides)) \
            and is_dense(target.meta) and is_dense(tensor.meta) and not is_form((target.meta, tensor.meta)):
        raise overlapping()
    return how == 2 or (how == 1 and not aliasing)


def copy_over(state, targets, made):
    """Copy results to where they are wanted, unrecorded."""
    before, watched = state.grad_enabled, state.watched
    state.grad_enabled, state.watched = False, False
    try:
        for target, source in zip(targets, made, strict=True):
            slots.copy_(target, source)
    finally:
        state.grad_enabled, state.watched = before, watched


def write_made(name, state, targets, result, wanted, exact=False, keeping_strides=False):
    """Copy a finished result, or a tuple of them, to the tensors given as `out`; `exact`: of just its type. Where they
    are resized, they get the result's strides on demand."""
    made = result if isinstance(result, tuple) else (result,)
    if len(made) != len(targets):
        raise wrong_count(name, len(made), len(targets))
    if wanted or (state.grad_enabled and any([t.requires_grad for t in made])):
        raise no_derivative(name)
    for tensor, source in zip(targets, made, strict=True):
        check_itself(tensor)
        if exact:
            check_exact(source.meta.dtype, tensor.meta.dtype)
        if check_target(tensor, source.meta, False):
            resize(tensor, source.meta, keeping_strides)
    copy_over(state, targets, made)
    if not isinstance(result, tuple):
        return targets[0]
    return result._make(targets) if hasattr(result, "_make") else tuple(targets)


def no_derivative(name):
    """The error of an `out=` where a gradient is wanted."""
    return RuntimeError(f"{name}(): functions with out=... arguments don't support automatic differentiation, but one "
                        "of the arguments requires grad.")
