"""The graph that operators leave behind: its nodes, and where the gradient of a tensor goes.

core/derivative.py has the nodes of operators, pellucid/autograd/function.py those of users' functions; core/autograd.py
walks. Knows no operator and no rule.
"""

import weakref
from collections import namedtuple

import cython

from pellucid.core.hooks import Hooks, hooks_of

__all__ = ["Node", "GradientEdge", "AccumulateGrad", "graph_target"]

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.slots import slots
    from pellucid.core.state import ROOT, current, last_instruction, user_code
    from pellucid.core.tensor import TensorBase


GradientEdge = namedtuple("GradientEdge", ["node", "output_nr", "ownership_token"], defaults=[None],
                          module="pellucid.autograd.graph")
GradientEdge.__doc__ = """A place in the graph: the result number `output_nr` of `node`.

Stands for a tensor in backward() and grad()."""

_order = 0


def next_order():
    """A number larger than all before."""
    global _order
    _order += 1
    return _order


@cython.trashcan(True)
@cython.cclass
class Node:
    """One recorded operation.

    targets, numbers     for each operand: whom its gradient goes to (Node, leaf or None), and which result of that node
                         the operand was
    outputs              a Meta a result: what its gradient must look like
    order                larger than the order of all targets
    code, instruction    where in the user's program it was recorded
    freed                where the first backward was that threw away what had been saved; else None

    A subclass computes: apply(grads, create, asked) takes one gradient (or None) a result and returns one (or None) an
    operand. `create` says that the computation itself is to be recorded; `asked`, if not None, which operands'
    gradients anybody wants (a bool a target).
    """

    def __init__(self):
        self.targets = self.numbers = self.outputs = ()
        self.code = self.hooks = self.freed = self.extra = None
        self.number()

    def number(self):
        """Take the next number, and note the line of the user's program."""
        self.order = next_order()
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
        self.numbers = tuple(0 if isinstance(target, TensorBase) or target is None else number
                             for target, number in pairs)

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
        if len(grads) != len(self.outputs):
            raise TypeError(f"expected {len(self.outputs)} arguments, got {len(grads)} instead")
        found = self.apply(list(grads), current().grad_enabled, None)
        found = tuple(None if target is None else gradient
                      for gradient, target in zip(found, self.targets, strict=True))
        return found[0] if len(found) == 1 else found

    def __repr__(self):
        return f"<{type(self).__name__} object at {id(self):#x}>"


class AccumulateGrad(Node):
    """The face that a leaf shows in `next_functions`.

    The leaf itself stands in the graph; hooks on its face are kept by the leaf.
    """

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
        slots.accumulate(self.variable, grads[0], create)
        return ()


def target_of(tensor):
    """Where a gradient of this tensor goes: the node that computed it, the tensor itself if it is a leaf that wants
    one, or None.
    """
    view = tensor.view_of
    if view is not None and view.version != tensor.memory.version and view.base.wants_grad():
        slots.refresh(tensor)                    # the node is out of date: somebody wrote to the memory since
    if tensor.node is not None:
        return tensor.node
    return tensor if tensor.wants_grad() else None


def graph_target(tensor):
    """`target_of`, for callers outside the core."""
    return target_of(tensor)
