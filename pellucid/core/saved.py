"""What nodes save: tensors that a derivative needs again, held so that they keep nothing alive in a circle and cannot
change unseen.

A derivative may need operands or results again. A node holds the operand itself, but never its own result: the result
holds the node. It holds another tensor over the same memory then, and gives it its place in the graph back when the
derivative asks for it.

A saved tensor must not change before it is used. Every write in place counts up the version of the storage, which all
views share; the node has noted the version and compares. To be able to say who changed it, a storage that was saved is
marked (`changed` is no longer None), and writing to a marked storage notes the place. So operations in place cost
nothing more while nobody has saved anything.

Called by core/op.py and core/derivative.py, which save most tensors without a Saved, and by custom functions.
"""

import cython

from pellucid.core.geometry import type_name
from pellucid.core.state import describe

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.slots import slots
    from pellucid.core.state import current
    from pellucid.core.tensor import TensorBase


def remember(tensor):
    """Mark a tensor's storage as saved."""
    if tensor.memory.changed is None:
        tensor.memory.changed = True


def check_savable(tensor):
    if tensor.inference:
        raise RuntimeError("Inference tensors cannot be saved for backward. Please do not use Tensors created in "
                           "inference mode in computation tracked by autograd. To work around this, you can make a "
                           "clone to get a normal tensor and use it in autograd, or use `torch.no_grad()` instead of "
                           "`torch.inference_mode()`.")


def changed_error(tensor, expected, node, output_nr, saver):
    """The error of a derivative that finds a saved tensor changed: PyTorch's text, and both lines."""
    what = "" if node is None else f", which is output {output_nr} of {node.name()},"
    text = (f"one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[{type_name(tensor.meta)} {list(tensor.meta.sizes)}]{what} is at version {tensor.memory.version}; "
            f"expected version {expected} instead.")
    if saver is not None:
        text += f"\n  saved by {saver.name()}, at {describe(saver.place)}"
    if isinstance(tensor.memory.changed, tuple):
        text += f"\n  modified in place, at {describe(tensor.memory.changed)}"
    return RuntimeError(text)


def freed_error(place):
    where = f"\n  the first backward, at {describe(place)}" if isinstance(place, tuple) else ""
    return RuntimeError("Trying to backward through the graph a second time (or directly access saved tensors after "
                        "they have already been freed). Saved intermediate values of the graph are freed when you call "
                        ".backward() or autograd.grad(). Specify retain_graph=True if you need to backward through the "
                        "graph a second time or if you need to access saved tensors after calling backward." + where)


class Saved:
    """One saved tensor with its place in the graph, for custom functions and wherever saved_tensors_hooks are in force.

    `result` is None for an operand, else the number of the saving node's result that it is.
    """

    def __init__(self, tensor, result=None, hooks=None, saver=None):
        check_savable(tensor)
        remember(tensor)
        self.is_result = result is not None
        self.output_nr = tensor.output_nr if result is None else result
        self.node = None if self.is_result else tensor.grad_fn
        self.version = tensor.memory.version
        leaf = self.node is None and not self.is_result
        self.tensor = tensor if leaf else tensor.alias(type(tensor))
        self.packed = self.unpack_hook = None
        if hooks is not None:
            self.pack(saver, *hooks)

    def pack(self, saver, pack, unpack):
        """Hand the tensor, at its place in the graph, to `pack` and keep what that returns in its place."""
        state = current()
        before, version = state.grad_enabled, self.tensor.memory.version
        node = saver if self.is_result else self.node
        shown = self.tensor if node is None else linked(self.tensor, node, self.output_nr)
        state.grad_enabled = False
        try:
            self.packed, self.unpack_hook = pack(shown), unpack
        finally:
            state.grad_enabled = before
        if shown.memory.version != version:
            raise RuntimeError("A saved tensor pack hook is modifying its input in place. Tensors provided as input to "
                               "pack hook cannot be modified by in-place operations as this can lead to unexpected "
                               "side-effects. Please open an issue if you need to perform in-place operations on the "
                               "input to a pack hook.")
        if self.node is not None or self.is_result:
            self.tensor = None                   # a leaf is kept all the same: gradients must reach this very tensor

    def unpack(self, owner):
        """The tensor, at its place in the graph. `owner`: the node that saved it."""
        node = owner if self.is_result else self.node
        tensor = self.tensor
        if self.unpack_hook is not None:
            other = self.unpack_hook(self.packed)
            if not isinstance(other, TensorBase):
                raise TypeError("Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                                f"{type(other).__name__}")
            if node is not None:
                return linked(other, node, self.output_nr)
            if other is tensor or tensor is None or not tensor.wants_grad():
                return other
            tensor = slots.alias(tensor)         # another object than the leaf: its data, the leaf's gradient
            return linked(other, tensor.node, 0)
        if tensor.memory.version != self.version:
            raise changed_error(tensor, self.version, node, self.output_nr, owner)
        return tensor if node is None else linked(tensor, node, self.output_nr)


def linked(tensor, node, output_nr):
    """`tensor`'s data at another place of the graph."""
    other = tensor.alias(type(tensor))
    other.node, other.output_nr = node, output_nr
    return other
