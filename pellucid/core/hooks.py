"""Functions that users hang on tensors and nodes, how the walk calls them, and what anomaly detection adds.

    Hooks       the hooks of one node or leaf               RemovableHandle   what registering one returns
    run_before, run_between, run_after                      called by the walk in core/autograd.py, if there are hooks
    note_place, note_traceback, check_nan                        where an error or a NaN comes from

Called by core/tensor.py (which makes Hooks) and core/autograd.py. Nodes and tensors are objects like others here.
"""

import traceback
import warnings
import weakref
from collections import OrderedDict

import cython

from pellucid.core.devices import has_data, is_host
from pellucid.core.geometry import type_name
from pellucid.core.state import describe
from pellucid.device import CPU
from pellucid.dtypes import float32

if not cython.compiled:                          # compiled, these come from hooks.pxd
    from pellucid.core.layout import is_dense
    from pellucid.core.sharing import view_as_array
    from pellucid.core.slots import slots
    from pellucid.core.state import ROOT


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook back; also a context manager that does."""

    next_id = 0

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        extra = () if extra_dict is None else extra_dict if isinstance(extra_dict, list) else (extra_dict,)
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extra)

    def remove(self):
        for reference in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = reference()
            if hooks is not None and self.id in hooks:
                del hooks[self.id]

    def __getstate__(self):
        return self.hooks_dict_ref(), self.id, tuple(reference() for reference in self.extra_dict_ref)

    def __setstate__(self, state):
        hooks, self.id, extra = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self.extra_dict_ref = tuple(weakref.ref(OrderedDict() if d is None else d) for d in extra)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()


class Hooks:
    """The hooks of one node, or of one leaf, by the moment they run at, in that order.

    tensor: {output_nr: hooks on the gradient of that result}; retains: {output_nr: weak reference to the tensor that
    keeps it}; before(grad_outputs) and after(grad_inputs, grad_outputs) the node runs; accumulated(tensor), of a leaf:
    when .grad is ready.
    """

    def __init__(self):
        self.tensor = {}
        self.retains = {}
        self.before, self.after, self.accumulated = OrderedDict(), OrderedDict(), OrderedDict()

    @staticmethod
    def add(where, hook):
        handle = RemovableHandle(where)
        where[handle.id] = hook
        return handle

    def add_tensor_hook(self, output_nr, hook):
        return self.add(self.tensor.setdefault(output_nr, OrderedDict()), hook)

    def retain(self, tensor):
        self.retains[tensor.output_nr] = weakref.ref(tensor)

    def retained(self, output_nr):
        reference = self.retains.get(output_nr)
        return None if reference is None else reference()


def hooks_of(owner):
    """The Hooks of a node or a leaf, made on first use."""
    if owner.hooks is None:
        owner.hooks = Hooks()
    return owner.hooks


# How the walk calls them ----------------------------------------------------------------------------------------------

def _run_tensor_hooks(owner, number, grads):
    """The hooks on the gradient of one tensor, each of which may replace it."""
    for hook in list(owner.hooks.tensor[number].values()):
        grads[number] = replaced(hook, grads[number], hook(grads[number]))


def replaced(hook, before, found):
    """What is to be used instead of `before` after `hook` returned `found`: that, if it is as `before` is."""
    if found is None:
        return before
    if before is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    name = getattr(hook, "__name__", type(hook).__name__)
    if not isinstance(found, slots.tensor_base):
        raise TypeError(f"expected Variable, but hook returned '{type(found).__name__}'")
    if found.dtype is not before.dtype or found.device != before.device:
        raise RuntimeError(f"hook '{name}' has changed the type of value (was {type_name(before.meta)} got "
                           f"{type_name(found.meta)})")
    if found.shape != before.shape:
        raise RuntimeError(f"hook '{name}' has changed the size of value")
    return found


def run_before(owner, arrival):
    """What users want done with the gradients that have arrived, before they are used."""
    grads, hooks = arrival.grads, owner.hooks
    for number in hooks.tensor:                  # also of a result that got no gradient, while another one did
        _run_tensor_hooks(owner, number, grads)
    for number in hooks.retains:
        tensor = hooks.retained(number)
        if number >= 0 and tensor is not None and grads[number] is not None:
            kept, grad = tensor.grad, grads[number]  # whoever would write to the gradient now sees that it is held
            if kept is not None:
                grad = slots.add(kept, grad)
            elif not is_dense(grad.meta) or grad._is_view():         # a number shown many times cannot be written to
                grad = slots.clone(grad)
            tensor.grad = grad


def _all_replaced(hook, before, found):
    """The same for a hook of a node, which is given and returns several."""
    if found is None:
        return before
    if not isinstance(found, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(found).__name__}'")
    if len(found) != len(before):
        name = getattr(hook, "__name__", type(hook).__name__)
        raise RuntimeError(f"hook '{name}' has returned an incorrect number of values (got {len(found)}, but expected "
                           f"{len(before)})")
    return [replaced(hook, *pair) for pair in zip(before, found, strict=True)]


def run_between(hooks, grads):
    for hook in list(hooks.values()):
        grads[:] = _all_replaced(hook, grads, hook(tuple(grads)))


def run_after(hooks, gradients, grads):
    for hook in list(hooks.values()):
        gradients = _all_replaced(hook, gradients, hook(tuple(gradients), tuple(grads)))
    return gradients


# Errors, and anomaly detection ----------------------------------------------------------------------------------------

def note_place(error, node, state):
    """Add to an error on its way out of a derivative where the operation was recorded."""
    if not getattr(error, "_pellucid_blamed", False):
        error.add_note(f"This is an error of the derivative {node.name()} of the operation at {describe(node.place)}")
        try:
            error._pellucid_blamed = True
        except AttributeError:                   # exceptions with slots: the note may come twice
            pass
    if state.anomaly:
        _show_forward(node)


def _show_forward(node):
    stack = node.metadata.get("traceback_")
    if stack is None:
        text = (f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly during "
                "forward pass for more information.")
    else:
        text = f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{''.join(stack)}"
    warnings.warn(text, UserWarning, stacklevel=2)
    parent = node.metadata.get("parent_")
    if parent is not None:
        warnings.warn(f"\n\nPrevious calculation was induced by {parent.name()}. Traceback of forward call that "
                      f"induced the previous calculation:\n{''.join(parent.metadata.get('traceback_', ()))}",
                      UserWarning, stacklevel=2)


def note_traceback(state, node):
    """In anomaly mode every node keeps the stack that it was recorded in, and the node whose derivative recorded it."""
    stack = traceback.extract_stack()
    while len(stack) > 1 and stack[-1].filename.startswith(ROOT):
        stack.pop()
    node.metadata["traceback_"] = stack.format()
    if state.evaluating is not None:
        node.metadata["parent_"] = state.evaluating


def check_nan(node, gradients):
    for i, grad in enumerate(gradients):
        if grad is not None and _has_nan(grad):
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")


def _has_nan(tensor):
    meta = tensor.meta
    if not has_data(meta.device) or not (meta.dtype.is_floating_point or meta.dtype.is_complex):
        return False
    if not is_host(meta.device):
        return _has_nan(slots.to_device(tensor.detach(), CPU))
    if meta.dtype.typestr is None:
        return _has_nan(slots.to_dtype(tensor, float32))      # NumPy has no bfloat16
    array = view_as_array(tensor.memory, tensor.offset * meta.itemsize, meta.sizes,
                          tuple(s * meta.itemsize for s in meta.strides),
                          meta.dtype.typestr, True)
    return bool((array != array).any())
