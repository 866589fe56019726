# Made by tools/stubs.py from the declarations: edit those, or tools/*.pyi, and run it again.
from collections.abc import Callable
from typing import Any, NamedTuple

from pellucid.tensor import Tensor
from pellucid.utils.hooks import RemovableHandle

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
    gradients anybody wants (a bool a target)."""

    def name(self) -> str: ...
    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """(node, number) a operand; leaves show themselves as AccumulateGrad."""
        ...

    @property
    def metadata(self) -> dict[str, Any]:
        """A dictionary for the user's own notes."""
        ...

    def register_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call hook(grad_inputs, grad_outputs) after this node; a tuple that it returns replaces grad_inputs."""
        ...

    def register_prehook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call hook(grad_outputs) before this node; a tuple that it returns replaces them."""
        ...

    def __call__(self, *grads: Any) -> Any: ...
    def __getattr__(self, name: str) -> Any: ...

class AccumulateGrad(Node):
    """The face that a leaf shows in `next_functions`.

    The leaf itself stands in the graph; hooks on its face are kept by the leaf."""

    variable: Tensor

class GradientEdge(NamedTuple):
    """A place in the graph: the result number `output_nr` of `node`.

    Stands for a tensor in backward() and grad()."""

    node: Node
    output_nr: int
    ownership_token: Any = None

def __getattr__(name: str) -> Any: ...
