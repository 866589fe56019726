"""How gradients flow: the graph that operators leave behind, and the walk back over it.

Each operator whose operands want gradients leaves a Node. The node knows, for each operand, whom to hand that operand's gradient: the node
that computed the operand, or, if nobody did, the tensor itself, a leaf, which keeps its gradient in .grad. So the graph points backward
only, from results to what they were computed from:

    x (leaf) <-- MulBackward <-- SumBackward <-- loss.node          loss = (x * y).sum()
    y (leaf) <------'

`backward` hands the node of the loss a 1 and walks. Three observations make the walk short:

  * A node was numbered when it was made, and what it points to is older. So "the newest node first" visits every node after all that could
    still send it something, and it is PyTorch's order too: gradients are added up in the same order, hooks run in the same order.
  * A gradient that nobody else holds may be written to. Whoever wants to add to it or keep it asks how many references there are.
  * What a node computed is thrown away as soon as its gradient has been handed on, so memory falls while the walk proceeds.

Called by core/op.py (which makes the nodes of operators), by pellucid/autograd (custom functions, hooks, the public names) and, through
a slot, by Tensor.backward. Knows no operator by name except those in `slots`, and no kernel.

Everything runs on the calling thread, without recursion: a graph a million nodes deep is walked, and freed, like any other.
"""

import itertools
import linecache
import os
import sys
import threading
import traceback
import warnings
import weakref
from collections import namedtuple

import cython

from pellucid.core.memory import view_as_array
from pellucid.core.tensor import CUSTOM, DEFAULT, INFERENCE, MULTIPLE, NO_GRAD, Hooks, hooks_of, register, type_name
from pellucid.dtypes import float32

__all__ = ["State", "current", "Node", "Saved", "GradientEdge", "AccumulateGrad", "backward", "grad", "here", "describe"]

if not cython.compiled:                          # compiled, these come from autograd.pxd
    from pellucid.core.meta import contiguous, is_dense
    from pellucid.core.tensor import TensorBase, Trail, View, blank, follow, retrace, slots

    _local = threading.local()
    _threads = itertools.count(1)
    references = sys.getrefcount

    def this_thread():
        if not hasattr(_local, "number"):
            _local.number = next(_threads)
        return _local.number

    def user_code(root):
        frame = sys._getframe(1)
        while frame.f_code.co_filename.startswith(root) and frame.f_back is not None:
            frame = frame.f_back
        _local.instruction = frame.f_lasti
        return frame.f_code

    def last_instruction():
        return _local.instruction


# 1. What is going on in this thread -----------------------------------------------------------------------------------------------

class State:
    """The modes of one thread. `busy` is the one thing a warm operator asks: whether anything but grad mode wants its attention.

    grad_enabled    nodes are recorded                      inference     results are inference tensors (grad_enabled is False then)
    lifted          grad mode was turned on inside of inference mode: to those who ask, no more
    modes           a stack of objects that see every operator before it runs                       anomaly, check_nan    detect_anomaly
    saved_hooks     a stack of (pack, unpack)               no_overrides  __torch_function__ is not asked
    walk            the number of the backward walk under way, 0 if none; of it:
    arrivals        what is still to be visited                           partial       it is not for every leaf
    evaluating      the node whose derivative is being computed
    """

    def __init__(self):
        self.busy = self.inference = self.anomaly = self.no_overrides = self.partial = self.lifted = False
        self.grad_enabled = self.check_nan = True
        self.modes, self.saved_hooks = [], []
        self.evaluating = self.arrivals = None
        self.walk = 0
        self.thread = this_thread()

    def settle(self):
        """Recompute `busy`, after any of the things behind it has changed."""
        self.busy = len(self.modes) > 0 or len(self.saved_hooks) > 0 or self.anomaly


_state = State()                                 # of the thread that asked last
_kept = threading.local()
_kept.state = _state


def current():
    """The State of the calling thread."""
    global _state
    if _state.thread != this_thread():
        if not hasattr(_kept, "state"):
            _kept.state = State()
        _state = _kept.state
    return _state


# 2. Where in the user's program -------------------------------------------------------------------------------------------------

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep      # frames of files in here are not the user's


def here():
    """Where the program is: (code object, instruction) of the innermost frame outside this package."""
    code = user_code(ROOT)
    return code, last_instruction()


def _line(place):
    """(file, line, function) of what `here` returned."""
    code, instruction = place
    number = code.co_firstlineno
    for start, end, line in code.co_lines():
        if start <= instruction < end and line is not None:
            number = line
    return code.co_filename, number, code.co_name


def describe(place):
    """A place as text: file, line, function, and the line itself if its file can be read."""
    if not isinstance(place, tuple) or place[0] is None:
        return "an unknown place"
    filename, number, function = _line(place)
    source = linecache.getline(filename, number).strip()
    return f"{filename}:{number}, in {function}" + (f": {source}" if source else "")


# 3. Nodes -------------------------------------------------------------------------------------------------------------------------

GradientEdge = namedtuple("GradientEdge", ["node", "output_nr", "ownership_token"], defaults=[None], module="pellucid.autograd.graph")
GradientEdge.__doc__ = "A place in the graph: the result number `output_nr` of `node`. Stands for a tensor in backward() and grad()."

_order = 0


@cython.trashcan(True)
@cython.cclass
class Node:
    """One recorded operation.

    targets, numbers     for each operand: whom its gradient goes to (Node, leaf or None), and which result of that node the operand was
    outputs              a Meta a result: what its gradient must look like
    order                larger than the order of all targets
    code, instruction    where in the user's program it was recorded
    freed                where the first backward was that threw away what had been saved; else None

    A subclass computes: apply(grads, create, asked) takes one gradient (or None) a result and returns one (or None) an operand. `create`
    says that the computation itself is to be recorded; `asked`, if not None, which operands' gradients anybody wants (a bool a target).
    """

    def __init__(self):
        self.targets = self.numbers = self.outputs = ()
        self.code = self.hooks = self.freed = self.extra = None
        self.number()

    def number(self):
        """Take the next number, and note the line of the user's program."""
        global _order
        _order += 1
        self.order = _order
        self.code = user_code(ROOT)
        self.instruction = last_instruction()
        return 0

    def apply(self, grads, create, asked=None):
        """The gradients of the operands, from those of the results."""
        raise NotImplementedError(f"{type(self).__name__} has no derivative")

    def release(self, place):
        """Throw away what was saved: a backward without retain_graph, at `place`, has used it."""

    def connect(self, tensors):
        """Point to where the gradients of these operands (tensors, or anything else) go."""
        pairs = [(target_of(t), t.output_nr) if isinstance(t, TensorBase) else (None, 0) for t in tensors]
        self.targets = tuple(target for target, _ in pairs)
        self.numbers = tuple(0 if isinstance(target, TensorBase) or target is None else number for target, number in pairs)

    # What users may ask of a grad_fn

    def name(self):
        return type(self).__name__

    @property
    def place(self):
        return (self.code, self.instruction)

    @property
    def next_functions(self):
        """(node, number) a operand; leaves show themselves as AccumulateGrad."""
        return tuple((AccumulateGrad.of(target) if isinstance(target, TensorBase) else target, number)
                     for target, number in zip(self.targets, self.numbers, strict=True))

    @property
    def metadata(self):
        """A dictionary for the user's own notes."""
        if self.extra is None:
            self.extra = {}
        return self.extra

    @property
    def _input_metadata(self):
        return self.outputs

    def _sequence_nr(self):
        return self.order

    def register_hook(self, hook):
        """Call hook(grad_inputs, grad_outputs) after this node; a tuple that it returns replaces grad_inputs."""
        return Hooks.add(hooks_of(self).after, hook)

    def register_prehook(self, hook):
        """Call hook(grad_outputs) before this node; a tuple that it returns replaces them."""
        return Hooks.add(hooks_of(self).before, hook)

    def __call__(self, *grads):
        found = self.apply(list(grads), current().grad_enabled, None)
        found = tuple(None if target is None else gradient for gradient, target in zip(found, self.targets, strict=True))
        return found[0] if len(found) == 1 else found

    def __repr__(self):
        return f"<{type(self).__name__} object at {id(self):#x}>"


class AccumulateGrad(Node):
    """The face that a leaf shows in `next_functions`. The leaf itself stands in the graph; hooks on its face are kept by the leaf."""

    @staticmethod
    def of(leaf):
        reference = hooks_of(leaf).retains.get(-1)
        face = None if reference is None else reference()
        if face is None:
            face = AccumulateGrad(leaf)
            hooks_of(leaf).retains[-1] = weakref.ref(face)
        return face

    def __init__(self, variable):
        super().__init__()
        self.order = 0
        self.variable, self.hooks, self.outputs = variable, hooks_of(variable), (variable.meta,)

    def name(self):
        return "torch::autograd::AccumulateGrad"

    def apply(self, grads, create, asked=None):
        arrival = arrival_at(self.variable)
        arrival.grads[0] = grads[0]
        accumulate(self.variable, arrival, create)
        return ()


def target_of(tensor):
    """Where a gradient of this tensor goes: the node that computed it, the tensor itself if it is a leaf that wants one, or None."""
    if tensor.view_of is not None:
        refresh(tensor)
    if tensor.node is not None:
        return tensor.node
    return tensor if tensor.wants_grad() else None


def graph_target(tensor):
    """`target_of`, for callers outside the core."""
    return target_of(tensor)


# 4. What nodes save ---------------------------------------------------------------------------------------------------------------

# A derivative may need operands or results again. A node holds the operand itself, but never its own result: the result holds the node. It
# holds another tensor over the same memory then, and gives it its place in the graph back when the derivative asks for it.
#
# A saved tensor must not change before it is used. Every write in place counts up the version of the storage, which all views share; the
# node has noted the version and compares. To be able to say who changed it, a storage that was saved is marked (`changed` is no longer
# None), and writing to a marked storage notes the place. So operations in place cost nothing more while nobody has saved anything.

def wrote(tensor):
    """Count a write in place."""
    storage = tensor.storage
    storage.version += 1
    if storage.changed is not None:
        storage.changed = here()


def remember(tensor):
    """Mark a tensor's storage as saved."""
    if tensor.storage.changed is None:
        tensor.storage.changed = True


def check_savable(tensor):
    if tensor.inference:
        raise RuntimeError("Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
                           "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use it in "
                           "autograd, or use `torch.no_grad()` instead of `torch.inference_mode()`.")


def changed_error(tensor, expected, node, output_nr, saver):
    """The error of a derivative that finds a saved tensor changed: PyTorch's text, and both lines."""
    what = "" if node is None else f", which is output {output_nr} of {node.name()},"
    text = (f"one of the variables needed for gradient computation has been modified by an inplace operation: "
            f"[{type_name(tensor.meta)} {list(tensor.meta.sizes)}]{what} is at version {tensor.storage.version}; expected version {expected} "
            f"instead.")
    if saver is not None:
        text += f"\n  saved by {saver.name()}, at {describe(saver.place)}"
    if isinstance(tensor.storage.changed, tuple):
        text += f"\n  modified in place, at {describe(tensor.storage.changed)}"
    return RuntimeError(text)


def freed_error(place):
    where = f"\n  the first backward, at {describe(place)}" if isinstance(place, tuple) else ""
    return RuntimeError("Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
                        "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
                        "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
                        "after calling backward." + where)


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
        self.version = tensor.storage.version
        leaf = self.node is None and not self.is_result
        self.tensor = tensor if leaf else tensor.alias(type(tensor))
        self.packed = self.unpack_hook = None
        if hooks is not None:
            self.pack(saver, *hooks)

    def pack(self, saver, pack, unpack):
        """Hand the tensor, at its place in the graph, to `pack` and keep what that returns in its place."""
        state = current()
        before, version = state.grad_enabled, self.tensor.storage.version
        node = saver if self.is_result else self.node
        shown = self.tensor if node is None else _linked(self.tensor, node, self.output_nr)
        state.grad_enabled = False
        try:
            self.packed, self.unpack_hook = pack(shown), unpack
        finally:
            state.grad_enabled = before
        if shown.storage.version != version:
            raise RuntimeError("A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
                               "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you "
                               "need to perform in-place operations on the input to a pack hook.")
        if self.node is not None or self.is_result:
            self.tensor = None                   # a leaf is kept all the same: gradients must reach this very tensor

    def unpack(self, owner):
        """The tensor, at its place in the graph. `owner`: the node that saved it."""
        node = owner if self.is_result else self.node
        tensor = self.tensor
        if self.unpack_hook is not None:
            other = self.unpack_hook(self.packed)
            if not isinstance(other, TensorBase):
                raise TypeError(f"Output of saved tensor unpack_hook expected to be a Tensor but got result of type {type(other).__name__}")
            if node is not None:
                return _linked(other, node, self.output_nr)
            if other is tensor or tensor is None or not tensor.wants_grad():
                return other
            tensor = slots.alias(tensor)         # another object than the leaf: its data, the leaf's gradient
            return _linked(other, tensor.node, 0)
        if tensor.storage.version != self.version:
            raise changed_error(tensor, self.version, node, self.output_nr, owner)
        return tensor if node is None else _linked(tensor, node, self.output_nr)


def _linked(tensor, node, output_nr):
    """`tensor`'s data at another place of the graph."""
    other = tensor.alias(type(tensor))
    other.node, other.output_nr = node, output_nr
    return other


# 5. Views and writing in place ------------------------------------------------------------------------------------------------------

# A view shares its base's memory, so writing to one changes the other, and the history of both must say so. The base has the true history:
#
#     base.node   ->  CopySlices(what was done to the view)  ->  the base's node before
#     view.node   ->  made anew, when somebody asks, by repeating the view on the base        (`refresh`)
#
# A view's node is out of date when the storage has been written to since; the version in its View tells.

def track(state, result, source, op, arguments, index):
    """Make `result`, which `op(source, *arguments)` returned (its index-th, or -1 for the only one), a view of `source`'s base."""
    parent = source.view_of
    if source.inference:
        result.inference = True
        return 0
    trail = Trail.__new__(Trail)
    trail.parent = None if parent is None else parent.trail
    trail.op = op
    trail.arguments = arguments
    trail.index = index
    view = View.__new__(View)
    if parent is None:
        view.base, view.meta, view.offset = source, source.meta, source.offset
    else:
        view.base, view.meta, view.offset = parent.base, parent.meta, parent.offset
    if op is slots.strided and parent is not None and result.meta.dtype is view.base.meta.dtype:
        trail.parent = None                      # it shows parts of the storage, which need not be parts of its source
        trail.arguments = (result.meta.sizes, result.meta.strides, result.offset - view.base.offset)
        view.meta, view.offset = view.base.meta, view.base.offset
    view.trail = trail
    view.version = result.storage.version
    view.kind = (INFERENCE if state.inference else NO_GRAD if not state.grad_enabled else MULTIPLE if index >= 0
                 else DEFAULT if parent is None else parent.kind)
    result.view_of = view
    return 0


def track_custom(result, source):
    """Mark a view that a custom Function returned: its node is the user's, so it must not be written to. `source`: an input, returned as is."""
    if source is not None:
        track(current(), result, source, slots.alias, (), -1)
    if result.view_of is not None:
        result.view_of.version = result.storage.version
        result.view_of.kind = CUSTOM


def refresh(tensor):
    """Make a view's node anew if its storage was written to since the node was made."""
    view = tensor.view_of
    if view.version == tensor.storage.version or not view.base.wants_grad():
        return
    if view.kind == NO_GRAD or view.kind == INFERENCE or view.kind == CUSTOM:
        raise _view_error(tensor, "and its base or another view of its base has been modified inplace")
    retrace(tensor)
    if tensor.view_of is None:
        return
    view.version = tensor.storage.version
    state = current()
    before, busy, deaf = state.grad_enabled, state.busy, state.no_overrides
    state.grad_enabled, state.busy, state.no_overrides = True, False, True
    try:
        fresh = follow(view.trail, view.base)
    finally:
        state.grad_enabled, state.busy, state.no_overrides = before, busy, deaf
    tensor.node, tensor.output_nr = fresh.node, fresh.output_nr


_VIEW_ERRORS = {
    MULTIPLE: (" This view is the output of a function that returns multiple views. Such functions do not allow the output views to be "
               "modified inplace. You should replace the inplace operation by an out-of-place one."),
    NO_GRAD: (" Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view and "
              "the inplace either both inside the no_grad block (if you don't want the inplace to be tracked) or both outside (if you want "
              "the inplace to be tracked)."),
    CUSTOM: (" This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to handle "
             "view+inplace would override the custom backward associated with the custom Function, leading to incorrect gradients. This "
             "behavior is forbidden. You can fix this by cloning the output of the custom Function."),
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
    if tensor.storage.readonly:
        raise RuntimeError("the memory of this tensor is read-only (it belongs to an array or a buffer that is): clone() it before writing to it")
    if tensor.inference:
        if not state.inference:
            raise RuntimeError("Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal "
                               "tensor before doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details.")
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


def rebase(tensor, node, position=0, number=0):
    """`tensor` has been overwritten by result `number` of `node`, computed from it (operand number `position`): make that its history."""
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
            slots.copy_(part, fit(first, part.meta, self.inner, self.position))
        return [whole, *found]

    def release(self, place):
        if not will_arrive(self.inner):          # it may stand in the graph by itself too: its result, when it was saved, points to it
            self.inner.release(place)


# 6. The walk ----------------------------------------------------------------------------------------------------------------------

class Arrival:
    """What the walk knows of one node or leaf: how many gradients are still to come, and the sum of those that have, a result each.

    needed      its derivative is to be computed; of a leaf: its .grad is to be added to
    captures    {number of a result: places in the walk's results}, where autograd.grad asked for that gradient
    """



def arrival_at(target):
    """A new Arrival at a node or leaf."""
    arrival = Arrival.__new__(Arrival)
    arrival.missing = 0
    arrival.needed = True
    arrival.captures = None
    if isinstance(target, Node):
        node = target
        arrival.grads = [None] * len(node.outputs)
    else:
        arrival.grads = [None]
    return arrival


def discover(roots, arrivals):
    """Find all that can be reached from `roots`, and count who sends what to whom. Returns the nodes."""
    nodes, stack = [], []
    for target in roots:
        if target not in arrivals:
            arrivals[target] = arrival_at(target)
            stack.append(target)
    while stack:
        found = stack.pop()
        if not isinstance(found, Node):
            continue
        node = found
        nodes.append(node)
        for target in node.targets:
            if target is None:
                continue
            arrival = arrivals.get(target)
            if arrival is None:
                arrival = arrivals[target] = arrival_at(target)
                stack.append(target)
            arrival.missing += 1
    return nodes


def prune(nodes, arrivals, wanted, into):
    """Leave only the ways that lead to what is wanted: `wanted` captures gradients, the leaves `into` accumulate them."""
    for target, arrival in arrivals.items():
        arrival.missing = 0
        arrival.captures = wanted.get(target)
        arrival.needed = not isinstance(target, Node) and target in into
    for node in sorted(nodes, key=_by_order):    # the oldest first: a node is needed if something it points to is
        arrivals[node].needed = any(_asked(arrivals[target]) for target in node.targets if target is not None)
    for node in nodes:
        if arrivals[node].needed:
            for target in node.targets:
                if target is not None:
                    arrivals[target].missing += 1


def _by_order(node):
    return node.order


def will_arrive(target):
    """Whether the walk under way has yet to hand a gradient to this node or leaf."""
    arrivals = current().arrivals
    return arrivals is not None and target in arrivals and _asked(arrivals[target])


def _asked_of(node, arrivals):
    """Which of its operands' gradients a node shall compute."""
    return tuple(target is not None and _asked(arrivals[target]) for target in node.targets)


def _asked(arrival):
    return arrival.needed or arrival.captures is not None


# The nodes that have all their gradients wait in a heap, the newest on top.

def push(heap, node):
    i = len(heap)
    heap.append(node)
    while i > 0:
        parent = (i - 1) >> 1
        above = heap[parent]
        if above.order >= node.order:
            break
        heap[i] = above
        i = parent
    heap[i] = node
    return 0


def pop(heap):
    last = heap.pop()
    n = len(heap)
    if n == 0:
        return last
    top = heap[0]
    i, child = 0, 1
    while child < n:
        a = heap[child]
        if child + 1 < n:
            b = heap[child + 1]
            if b.order > a.order:
                a = b
                child += 1
        if a.order <= last.order:
            break
        heap[i] = a
        i, child = child, 2 * child + 1
    heap[i] = last
    return top


def count_references(grads, i):
    """How often the gradient grads[i] and its memory are referred to. `_alone` if by nobody else."""
    tensor = grads[i]
    return references(tensor) + references(tensor.storage)


_alone = count_references([blank(contiguous((), float32))], 0)


def fit(grad, meta, source, index):
    """A gradient made to match the tensor it is for: summed over what was broadcast, cast to its dtype."""
    if not isinstance(grad, TensorBase):
        raise RuntimeError(f"expected Variable or None (got {type(grad).__name__})")
    tensor = grad
    if tensor.meta is meta:
        return tensor
    if tensor.meta.device is not meta.device:
        raise RuntimeError(f"Function {source.name()} returned an invalid gradient at index {index} - expected device {meta.device} but got "
                           f"{tensor.meta.device}")
    if tensor.meta.sizes != meta.sizes:
        if not _sums_to(tensor.meta.sizes, meta.sizes):
            raise RuntimeError(f"Function {source.name()} returned an invalid gradient at index {index} - got {list(tensor.meta.sizes)} but "
                               f"expected shape compatible with {list(meta.sizes)}")
        tensor = slots.sum_to_size(tensor, meta.sizes)
    if tensor.meta.dtype is not meta.dtype:
        if tensor.meta.dtype.is_complex and not meta.dtype.is_complex:
            tensor = slots.real(tensor)
        if tensor.meta.dtype is not meta.dtype:
            tensor = slots.to_dtype(tensor, meta.dtype)
    return tensor


def _sums_to(sizes, wanted):
    """Whether `wanted` broadcasts to `sizes`."""
    skip = len(sizes) - len(wanted)
    return skip >= 0 and all(w == 1 or w == s for s, w in zip(sizes[skip:], wanted, strict=True))


def deliver(arrival, target, number, gradients, i, create, source):
    """Add gradients[i] to what has arrived for result `number` of `target`; it is taken out of the list, so as to hold it only once."""
    grad = gradients[i]
    gradients[i] = None
    if grad is None:
        return 0
    meta = target.outputs[number] if isinstance(target, Node) else target.meta
    tensor = fit(grad, meta, source, i)
    grad = None
    grads = arrival.grads
    held = grads[number]
    if held is None:
        grads[number] = tensor
    elif not create and count_references(grads, number) == _alone + 1 and is_dense(held.meta):        # `held` is one more
        slots.add_(held, tensor)
    else:
        grads[number] = slots.add(held, tensor)
    return 0


def accumulate(leaf, arrival, create):
    """Add what has arrived to leaf.grad."""
    grad = arrival.grads[0]
    alone = count_references(arrival.grads, 0) == _alone + 1                  # `grad` is one more
    stored = leaf._grad
    if stored is not None:
        if create:
            leaf._grad = slots.add(stored, grad)
        else:
            slots.add_(stored, grad)
        return 0
    dense = is_dense(leaf.meta)
    obeys = grad.meta.strides == leaf.meta.strides if dense else grad.meta.contiguous
    if alone and obeys and not create:
        leaf._grad = grad.alias(slots.tensor_type) if grad.node is not None else grad
    else:                                        # somebody else holds it, or it does not lie in memory as the leaf does
        meta = leaf.meta if dense else contiguous(grad.meta.sizes, grad.meta.dtype, grad.meta.device)
        copy = blank(meta)
        slots.copy_(copy, grad)
        leaf._grad = copy
    return 0


def _call_tensor_hooks(owner, number, grads):
    """The hooks on the gradient of one tensor, each of which may replace it."""
    for hook in list(owner.hooks.tensor[number].values()):
        grads[number] = _replaced(hook, grads[number], hook(grads[number]))


def _replaced(hook, before, found):
    """What is to be used instead of `before` after `hook` returned `found`: that, if it is as `before` is."""
    if found is None:
        return before
    if before is None:
        raise RuntimeError("can't replace a None gradient with a non-None value")
    name = getattr(hook, "__name__", type(hook).__name__)
    if not isinstance(found, TensorBase):
        raise TypeError(f"expected Variable, but hook returned '{type(found).__name__}'")
    if found.dtype is not before.dtype or found.device != before.device:
        raise RuntimeError(f"hook '{name}' has changed the type of value (was {type_name(before.meta)} got {type_name(found.meta)})")
    if found.shape != before.shape:
        raise RuntimeError(f"hook '{name}' has changed the size of value")
    return found


def _hooks_before(owner, arrival):
    """What users want done with the gradients that have arrived, before they are used."""
    grads, hooks = arrival.grads, owner.hooks
    for number in hooks.tensor:
        if grads[number] is not None:
            _call_tensor_hooks(owner, number, grads)
    for number in hooks.retains:
        tensor = hooks.retained(number)
        if number >= 0 and tensor is not None and grads[number] is not None:
            kept, grad = tensor.grad, grads[number]          # whoever would write to the gradient now sees that it is held
            if kept is not None:
                grad = slots.add(kept, grad)
            elif not is_dense(grad.meta):        # a number shown many times cannot be written to
                grad = slots.clone(grad)
            tensor.grad = grad


def _replacing(hook, before, found):
    """The same for a hook of a node, which is given and returns several."""
    if found is None:
        return before
    if not isinstance(found, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(found).__name__}'")
    if len(found) != len(before):
        name = getattr(hook, "__name__", type(hook).__name__)
        raise RuntimeError(f"hook '{name}' has returned an incorrect number of values (got {len(found)}, but expected {len(before)})")
    return [_replaced(hook, *pair) for pair in zip(before, found, strict=True)]


def _hooks_between(hooks, grads):
    for hook in list(hooks.values()):
        grads[:] = _replacing(hook, grads, hook(tuple(grads)))


def _hooks_after(hooks, gradients, grads):
    for hook in list(hooks.values()):
        gradients = _replacing(hook, gradients, hook(tuple(gradients), tuple(grads)))
    return gradients


def _finish_leaf(leaf, arrival, create, results):
    """All that happens to a leaf when its gradient is complete."""
    if leaf.hooks is not None:
        _hooks_before(leaf, arrival)
    _capture(arrival, results)
    if not arrival.needed or not leaf.wants_grad():
        return 0
    hooks = leaf.hooks
    if hooks is not None:
        _hooks_between(hooks.before, arrival.grads)
    if arrival.grads[0] is not None:
        accumulate(leaf, arrival, create)
    if hooks is not None:
        seen = leaf
        for hook in list(hooks.accumulated.values()):
            seen = _replaced(hook, seen, hook(seen))         # all that becomes of what one returns: the next is given it
        _hooks_after(hooks.after, [], arrival.grads)
    return 0


def _capture(arrival, results):
    if arrival.captures is not None:
        for number, places in arrival.captures.items():
            for place in places:
                results[place] = arrival.grads[number]


def _blame(error, node, state):
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
        text = (f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly during forward pass for more "
                "information.")
    else:
        text = f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{''.join(stack)}"
    warnings.warn(text, UserWarning, stacklevel=2)
    parent = node.metadata.get("parent_")
    if parent is not None:
        warnings.warn(f"\n\nPrevious calculation was induced by {parent.name()}. Traceback of forward call that induced the previous "
                      f"calculation:\n{''.join(parent.metadata.get('traceback_', ()))}", UserWarning, stacklevel=2)


def note_traceback(state, node):
    """In anomaly mode every node keeps the stack that it was recorded in, and the node whose derivative recorded it."""
    stack = traceback.extract_stack()
    while len(stack) > 1 and stack[-1].filename.startswith(ROOT):
        stack.pop()
    node.metadata["traceback_"] = stack.format()
    if state.evaluating is not None:
        node.metadata["parent_"] = state.evaluating


def _check_nan(node, gradients):
    for i, grad in enumerate(gradients):
        if grad is not None and _has_nan(grad):
            raise RuntimeError(f"Function '{node.name()}' returned nan values in its {i}th output.")


def _has_nan(tensor):
    meta = tensor.meta
    if meta.device.type == "meta" or not (meta.dtype.is_floating_point or meta.dtype.is_complex):
        return False
    if meta.dtype.typestr is None:
        return _has_nan(slots.to_dtype(tensor, float32))      # NumPy has no bfloat16
    array = view_as_array(tensor.storage, tensor.offset * meta.itemsize, meta.sizes, tuple(s * meta.itemsize for s in meta.strides),
                          meta.dtype.typestr, True)
    return bool((array != array).any())


def walk(targets, numbers, gradients, retain, create, wanted, into, results):
    """Hand `gradients` to the roots (targets[i], result numbers[i]) and walk back.

    Without `wanted`, every leaf accumulates. With it: results[place] = gradient for what it asks, and only the leaves `into` accumulate.
    """
    global _order
    state = current()
    arrivals = {}
    nodes = discover(targets, arrivals)
    if wanted is not None:
        prune(nodes, arrivals, wanted, into)
    del nodes
    place = None if retain else here()
    heap = []
    before, outer, evaluating, partial, waiting = state.grad_enabled, state.walk, state.evaluating, state.partial, state.arrivals
    _order += 1
    state.grad_enabled, state.walk, state.partial, state.arrivals = create, _order, wanted is not None, arrivals
    try:
        for i in range(len(targets)):
            deliver(arrivals[targets[i]], targets[i], numbers[i], gradients, i, create, None)
        for target in targets:
            arrival = arrivals[target]
            if arrival.missing == 0:
                arrival.missing = -1             # a root that was given twice starts once
                if isinstance(target, Node):
                    push(heap, target)
                else:
                    _finish_leaf(target, arrival, create, results)
        while heap:
            node = pop(heap)
            arrival = arrivals.pop(node)
            if node.hooks is not None:
                _hooks_before(node, arrival)
            if arrival.captures is not None:
                _capture(arrival, results)
            if not arrival.needed:
                continue

            state.evaluating = node
            try:
                if node.hooks is not None and node.hooks.before:
                    _hooks_between(node.hooks.before, arrival.grads)
                found = list(node.apply(arrival.grads, create, None if wanted is None else _asked_of(node, arrivals)))
                if node.hooks is not None and node.hooks.after:
                    found = _hooks_after(node.hooks.after, found, arrival.grads)
                if state.anomaly and state.check_nan:
                    _check_nan(node, found)
                arrival = None                   # its gradients have been used: nobody but `found` holds what passed through
                if place is not None:
                    node.release(place)

                for i in range(len(node.targets)):
                    target = node.targets[i]
                    if target is None:
                        continue
                    arrival = arrivals[target]
                    if wanted is not None and not _asked(arrival):
                        continue
                    deliver(arrival, target, node.numbers[i], found, i, create, node)
                    arrival.missing -= 1
                    if arrival.missing == 0:
                        if isinstance(target, Node):
                            push(heap, target)
                        else:
                            del arrivals[target]
                            _finish_leaf(target, arrival, create, results)
            except Exception as error:
                _blame(error, node, state)
                raise
    finally:
        state.grad_enabled, state.walk, state.evaluating, state.partial, state.arrivals = before, outer, evaluating, partial, waiting
    return 0


# 7. backward and grad -------------------------------------------------------------------------------------------------------------

def _root(x):
    """(target, number) of a tensor or GradientEdge."""
    if isinstance(x, TensorBase):
        tensor = x
        target = target_of(tensor)
        return target, 0 if target is tensor else tensor.output_nr
    if isinstance(x, GradientEdge):
        return (x.node.variable, 0) if isinstance(x.node, AccumulateGrad) else (x.node, x.output_nr)
    raise TypeError(f"expected a Tensor or a GradientEdge, got {type(x).__name__}")


def _initial(i, target, number, output, gradient):
    """The gradient that output number i starts with."""
    if isinstance(output, TensorBase):
        tensor = output
        meta = tensor.meta
    else:
        meta = target.outputs[number] if isinstance(target, Node) else target.meta
    if gradient is None:
        if target is None:
            return None
        if meta.numel != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        if not meta.dtype.is_floating_point:
            raise RuntimeError(f"grad can be implicitly created only for real scalar outputs but got {meta.dtype}")
        return slots.ones_like(blank(contiguous(meta.sizes, meta.dtype, meta.device)))
    if not isinstance(gradient, TensorBase):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if gradient.shape != meta.shape:
        raise RuntimeError(f"Mismatch in shape: grad_output[{i}] has a shape of {gradient.shape} and output[{i}] has a shape of {meta.shape}.")
    if gradient.dtype.is_complex != meta.dtype.is_complex:
        raise RuntimeError(f"For complex Tensors, both grad_output and output are required to have the same dtype. Mismatch in dtype: "
                           f"grad_output[{i}] has a dtype of {gradient.dtype} and output[{i}] has a dtype of {meta.dtype}.")
    return gradient


def _roots(outputs, grad_outputs):
    """The roots of a walk (targets, numbers) and the gradients that they start with."""
    if len(outputs) != len(grad_outputs):
        raise RuntimeError(f"got {len(outputs)} tensors and {len(grad_outputs)} gradients")
    targets, numbers, gradients = [], [], []
    for i in range(len(outputs)):
        target, number = _root(outputs[i])
        targets.append(target)
        numbers.append(number)
        gradients.append(_initial(i, target, number, outputs[i], grad_outputs[i]))
    for i in range(len(targets)):
        if targets[i] is None:
            raise RuntimeError(f"element {i} of tensors does not require grad and does not have a grad_fn")
    return targets, numbers, gradients


def backward(tensors, grad_tensors, retain_graph=None, create_graph=False, inputs=None):
    """Accumulate the gradients of `tensors` into the leaves, or into `inputs` only."""
    retain = create_graph if retain_graph is None else retain_graph
    targets, numbers, gradients = _roots(tensors, grad_tensors)
    if inputs is None:
        walk(targets, numbers, gradients, retain, create_graph, None, None, None)
        return
    inputs = (inputs,) if isinstance(inputs, (TensorBase, GradientEdge)) else tuple(inputs)
    if not inputs:
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")
    wanted, into = {}, set()
    for i, x in enumerate(inputs):
        target, number = _root(x)
        if target is None:
            raise RuntimeError(f"One of the differentiated Tensors given as 'inputs' to 'backward', number {i}, does not require grad")
        if isinstance(target, Node):
            x.retain_grad()
            wanted.setdefault(target, {}).setdefault(number, [])
        else:
            into.add(target)
    walk(targets, numbers, gradients, retain, create_graph, wanted, into, [])


def grad(outputs, inputs, grad_outputs, retain_graph=None, create_graph=False, allow_unused=False):
    """The gradients of `outputs` with respect to `inputs`; no leaf's .grad is touched."""
    retain = create_graph if retain_graph is None else retain_graph
    targets, numbers, gradients = _roots(outputs, grad_outputs)
    wanted = {}
    for place, x in enumerate(inputs):
        target, number = _root(x)
        if target is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        wanted.setdefault(target, {}).setdefault(number, []).append(place)
    results = [None] * len(inputs)
    walk(targets, numbers, gradients, retain, create_graph, wanted, set(), results)
    for place, result in enumerate(results):
        if result is not None or allow_unused:
            continue
        raise RuntimeError(f"The differentiated Tensor at index {place} appears to not have been used in the graph. Set allow_unused=True if "
                           "this is the desired behavior.")
    return tuple(results)


if not cython.compiled:
    Node.targets = Node.numbers = Node.outputs = Node.code = Node.hooks = Node.freed = Node.extra = None
    Node.order = Node.instruction = 0

register(backward=backward, refresh=refresh, current=current)
