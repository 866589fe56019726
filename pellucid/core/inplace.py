"""Views and writing in place: how what is written to memory reaches the history of every tensor that shows it.

A view shares its base's memory, so writing to one changes the other, and the history of both must say so. The base has
the true history:

    base.node   ->  CopySlices(what was done to the view)  ->  the base's node before
    view.node   ->  made anew, when somebody asks, by repeating the view on the base        (`refresh`)

A view's node is out of date when the storage has been written to since; the version in its View tells.

Called by core/op.py, through a slot by core/tensor.py and core/autograd.py, and by custom functions.
"""

import cython

from pellucid.core.node import Node
from pellucid.core.observe import on_change, tell
from pellucid.core.slots import register
from pellucid.core.tensor import CUSTOM, DEFAULT, INFERENCE, MULTIPLE, NO_GRAD

if not cython.compiled:                          # compiled, these come from inplace.pxd
    from pellucid.core.autograd import matched, will_arrive
    from pellucid.core.node import target_of
    from pellucid.core.observe import observing
    from pellucid.core.slots import slots
    from pellucid.core.state import current, here
    from pellucid.core.tensor import Trail, View, blank


_plain = None                                    # what `changed` is of a storage that nobody asks about


# Writing --------------------------------------------------------------------------------------------------------------

def wrote(tensor):
    """Count a write in place. The one place where the version of memory is raised, whoever wrote to it."""
    storage = tensor.memory
    storage.version += 1
    if storage.changed is not _plain:
        _note(storage)


def _note(storage):
    """Remember, and tell, where memory was written to: some node has saved it, or somebody observes."""
    if storage.changed is not None:
        storage.changed = here()
    if observing():
        tell("raised", storage)
    return 0


def _watch():
    global _plain
    _plain = Ellipsis if observing() else None


on_change(_watch)


_VIEW_ERRORS = {
    MULTIPLE: (" This view is the output of a function that returns multiple views. Such functions do not allow the "
               "output views to be modified inplace. You should replace the inplace operation by an out-of-place one."),
    NO_GRAD: (" Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
              "moving both the view and the inplace either both inside the no_grad block (if you don't want the "
              "inplace to be tracked) or both outside (if you want the inplace to be tracked)."),
    CUSTOM: (" This view was created inside a custom Function (or because an input was returned as-is) and the "
             "autograd logic to handle view+inplace would override the custom backward associated with the custom "
             "Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the "
             "output of the custom Function."),
}
_VIEW_ERRORS[INFERENCE] = _VIEW_ERRORS[NO_GRAD].replace("no_grad block", "inference_mode block")


def _view_error(tensor, what):
    """The error of a view that neither may be written to nor may follow what is written to its base."""
    kind = tensor.view_of.kind
    if kind == NO_GRAD:
        who = f"A view was created in no_grad mode {what} with grad mode enabled."
    elif kind == INFERENCE:
        who = f"A view was created in inference mode {what} in normal mode."
    elif tensor.node is None:
        who = f"A tensor is a view {what}."
    else:
        who = f"Output {tensor.output_nr} of {tensor.node.name().partition('Backward')[0]} is a view {what}."
    return RuntimeError(who + _VIEW_ERRORS[kind])


def check_inplace(state, tensor, records):
    """Raise if `tensor` must not be written to. `records`: whether the write would be recorded."""
    if tensor.memory.readonly:
        raise RuntimeError("the memory of this tensor is read-only (it belongs to an array or a buffer that is): "
                           "clone() it before writing to it")
    if tensor.inference:
        if not state.inference:
            raise RuntimeError("Inplace update to inference tensor outside InferenceMode is not allowed.You can make a "
                               "clone to get a normal tensor before doing inplace update.See "
                               "https://github.com/pytorch/rfcs/pull/17 for more details.")
        return
    if not records:
        return
    view = tensor.view_of
    if view is not None:
        if view.kind != DEFAULT:
            raise _view_error(tensor, "and is being modified inplace")
        if tensor.wants_grad() and view.base.node is None:
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    if tensor.wants_grad() and target_of(tensor) is tensor:
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


# Views ----------------------------------------------------------------------------------------------------------------

def track(state, result, source, op, arguments, index):
    """Make `result`, which `op(source, *arguments)` returned (its index-th, or -1 for the only one), a view of
    `source`'s base.
    """
    parent = source.view_of
    if source.inference:
        result.inference = True
        return 0
    above = None if parent is None else parent.trail
    trail = step(above, op, arguments, index)
    view = View.__new__(View)
    if parent is None:
        view.base, view.meta, view.offset = source, source.meta, source.offset
    else:
        view.base, view.meta, view.offset = parent.base, parent.meta, parent.offset
    if result.meta.stored is not source.meta.stored:
        trail.turns, trail.start = True, result.offset
    elif parent is not None and (op is slots.strided or trail.depth > 4):
        trail = shortcut(view, trail.root, result)
    view.trail = trail
    view.version = result.memory.version
    view.kind = (INFERENCE if state.inference else NO_GRAD if not state.grad_enabled else MULTIPLE if index >= 0
                 else DEFAULT if parent is None else parent.kind)
    result.view_of = view
    return 0


def step(parent, op, arguments, index):
    """A Trail one step longer than its parent."""
    trail = Trail.__new__(Trail)
    trail.parent, trail.op, trail.arguments, trail.index = parent, op, arguments, index
    trail.depth = 1
    if parent is not None:
        trail.root = parent if parent.turns else parent.root
        trail.depth = 1 if parent.turns else parent.depth + 1
    return trail


def shortcut(view, root, result):
    """A Trail to `result` that is one step long from `root`, where its elements came to be of its type, or from the
    base.

    What `strided` shows of the storage need not be part of its source; and many steps take long to follow.
    """
    if root is None:
        view.meta, view.offset = view.base.meta, view.base.offset
    start = view.offset if root is None else root.start
    return step(root, slots.strided, (result.meta.sizes, result.meta.strides, result.offset - start), -1)


def track_custom(result, source):
    """Mark a view that a custom Function returned: its node is the user's, so it must not be written to.

    `source`: an input, returned as is.
    """
    if source is not None:
        track(current(), result, source, slots.alias, (), -1)
    if result.view_of is not None:
        result.view_of.version = result.memory.version
        result.view_of.kind = CUSTOM


def follow(trail, tensor):
    """What `trail` shows of `tensor`."""
    steps = []
    while trail is not None:
        steps.append(trail)
        trail = trail.parent
    for one in reversed(steps):
        tensor = one.op(tensor, *one.arguments)
        if one.index >= 0:
            tensor = tensor[one.index]
    return tensor


def retrace(tensor):
    """Make a view's trail right if the base lies otherwise than it did, or the view: what stays is the view's place in
    memory.

    Where the base lies in other memory, the tensor is no view of it any more.
    """
    view = tensor.view_of
    base = view.base
    if base.meta is view.meta and base.offset == view.offset:
        return 0
    if base.memory is not tensor.memory:
        tensor.view_of = None
        return 0
    if base.meta != view.meta or base.offset != view.offset:
        if base.meta.dtype is not tensor.meta.dtype:
            raise RuntimeError(f"a view as {tensor.meta.dtype} of a tensor of {base.meta.dtype} cannot follow a change "
                               "of the tensor's shape or strides in place. Make the view anew after the change.")
        view.trail = shortcut(view, None, tensor)
        for op, turned in ((slots.conj_view, base.meta.stored.conj != tensor.meta.stored.conj),
                           (slots.neg_view, base.meta.stored.neg != tensor.meta.stored.neg)):
            if turned:
                view.trail = step(view.trail, op, (), -1)
                view.trail.turns, view.trail.start = True, tensor.offset
    view.meta, view.offset = base.meta, base.offset
    return 0


def refresh(tensor):
    """Make a view's node anew if its storage was written to since the node was made."""
    view = tensor.view_of
    if view.version == tensor.memory.version or not view.base.wants_grad():
        return
    if view.kind == NO_GRAD or view.kind == INFERENCE or view.kind == CUSTOM:
        raise _view_error(tensor, "and its base or another view of its base has been modified inplace")
    retrace(tensor)
    if tensor.view_of is None:
        return
    view.version = tensor.memory.version
    state = current()
    before, watched, no_overrides = state.grad_enabled, state.watched, state.no_overrides
    state.grad_enabled, state.watched, state.no_overrides = True, False, True
    try:
        fresh = follow(view.trail, view.base)
    finally:
        state.grad_enabled, state.watched, state.no_overrides = before, watched, no_overrides
    tensor.node, tensor.output_nr = fresh.node, fresh.output_nr


def rebase(tensor, node, position=0, number=0):
    """`tensor` has been overwritten by result `number` of `node`, computed from it (operand number `position`): make
    that its history.
    """
    retained = tensor.retains_grad
    if retained:
        del tensor.node.hooks.retains[tensor.output_nr]
    if tensor.view_of is not None:
        retrace(tensor)
    view = tensor.view_of
    if view is None:
        tensor.node, tensor.output_nr, tensor._requires_grad = node, number, False
    else:
        base = view.base
        kept = base.retains_grad
        if kept:
            del base.node.hooks.retains[base.output_nr]
        copy = CopySlices(base, view.trail, node, position)
        base.node, base.output_nr, base._requires_grad = copy, 0, False
        if kept:
            base.retain_grad()
        view.version = -1                        # whatever the storage's version is: the node must be made anew
        refresh(tensor)
    if retained:
        tensor.retain_grad()


class Overwritten(Node):
    """A write that did not depend smoothly on what was there, a comparison say: what was there gets zeros for a
    gradient.
    """

    def __init__(self, tensor, label):
        super().__init__()
        self.label = label
        self.connect([tensor])
        self.outputs = (tensor.meta,)

    def name(self):
        return self.label

    def apply(self, grads, create, asked=None):
        return [None if grads[0] is None else blank(self.outputs[0], 0, True)]


@cython.trashcan(True)
@cython.cclass
class CopySlices(Node):
    """Writing to a part of a tensor: the part's gradient goes through what was written, the rest of it straight on."""

    def __init__(self, base, trail, inner, position):
        super().__init__()
        self.trail, self.inner, self.position = trail, inner, position
        self.code, self.instruction = inner.code, inner.instruction
        self.meta, self.offset = base.meta, base.offset
        self.outputs = (base.meta,)
        target = target_of(base)
        others = [i for i in range(len(inner.targets)) if i != position]
        self.targets = (target, *[inner.targets[i] for i in others])
        self.numbers = (base.output_nr if isinstance(target, Node) else 0, *[inner.numbers[i] for i in others])

    def name(self):
        return "torch::autograd::CopySlices"

    def apply(self, grads, create, asked=None):
        grad = grads[0]
        if grad is None:
            return [None] * len(self.targets)
        whole = blank(self.meta, self.offset)
        slots.copy_(whole, grad)
        part = follow(self.trail, whole)
        found = list(self.inner.apply([slots.clone(part)], create, None))
        first = found.pop(self.position)
        if first is None:
            slots.zero_(part)
        else:
            slots.copy_(part, matched(first, part.meta, self.inner, self.position))
        return [whole, *found]

    def release(self, place):
        # it may stand in the graph by itself too: its result, when it was saved, points to it
        if not will_arrive(self.inner):
            self.inner.release(place)


register(refresh=refresh)
