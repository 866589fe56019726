"""How gradients flow: the walk back over the graph that operators leave behind.

Each operator whose operands want gradients leaves a Node (core/node.py). The node knows, for each operand, whom to
hand that operand's gradient: the node that computed the operand, or, if nobody did, the tensor itself, a leaf, which
keeps its gradient in .grad. So the graph points backward only, from results to what they were computed from:

    x (leaf) <-- MulBackward <-- SumBackward <-- loss.node          loss = (x * y).sum()
    y (leaf) <------'

`backward` hands the node of the loss a 1 and walks. Three observations make the walk short:

  * A node was numbered when it was made, and what it points to is older. So "the newest node first" visits every node
    after all that could still send it something, and it is PyTorch's order too: gradients are added up in the same
    order, hooks run in the same order.
  * A gradient that nobody else holds may be written to. Whoever wants to add to it or keep it asks how many references
    there are.
  * What a node computed is thrown away as soon as its gradient has been handed on, so memory falls while the walk
    proceeds.

Called by core/op.py (which makes the nodes of operators), by pellucid/autograd (custom functions, hooks, the public
names) and, through a slot, by Tensor.backward. Knows no operator by name except those in `slots`, and no kernel.

Everything runs on the calling thread, without recursion: a graph a million nodes deep is walked, and freed, like any
other.
"""

import sys

import cython

from pellucid.core.hooks import check_nan, note_place, replaced, run_after, run_before, run_between
from pellucid.core.node import AccumulateGrad, GradientEdge, Node
from pellucid.core.slots import register
from pellucid.core.state import describe
from pellucid.dtypes import float32

__all__ = ["State", "current", "backward", "grad", "here", "describe", "queue_callback"]

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.geometry import contiguous, with_dtype
    from pellucid.core.layout import is_dense
    from pellucid.core.node import next_order, target_of
    from pellucid.core.numbers import write_same
    from pellucid.core.slots import slots
    from pellucid.core.state import State, current, here
    from pellucid.core.tensor import TensorBase, blank

    references = sys.getrefcount


# 1. The walk ----------------------------------------------------------------------------------------------------------

class Arrival:
    """What the walk knows of one node or leaf: how many gradients are still to come, and the sum of those that have, a
    result each.

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
        arrival.leaf = target                    # lest another take its place in memory, which is its name here
    return arrival


def key(target):
    """What a dictionary knows a node or leaf by. Users may have given their tensors an `__eq__` of its own."""
    return target if isinstance(target, Node) else id(target)


def discover(roots, arrivals):
    """Find all that can be reached from `roots`, and count who sends what to whom. Returns the nodes."""
    nodes, stack = [], []
    for target in roots:
        if key(target) not in arrivals:
            arrivals[key(target)] = arrival_at(target)
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
            arrival = arrivals.get(key(target))
            if arrival is None:
                arrival = arrivals[key(target)] = arrival_at(target)
                stack.append(target)
            arrival.missing += 1
    return nodes


def prune(nodes, arrivals, wanted, into):
    """Leave only the ways that lead to what is wanted: `wanted` captures gradients, the leaves `into` accumulate them,
    and the nodes `into` are run for what users hung on them.
    """
    for name, arrival in arrivals.items():
        arrival.missing = 0
        arrival.captures = wanted.get(name)
        arrival.needed = name in into
    for node in sorted(nodes, key=_by_order):    # the oldest first: a node is needed if something it points to is
        arrival = arrivals[node]
        if not arrival.needed:
            arrival.needed = any(_asked(arrivals[key(target)]) for target in node.targets if target is not None)
    for node in nodes:
        if arrivals[node].needed:
            for target in node.targets:
                if target is not None:
                    arrivals[key(target)].missing += 1


def _by_order(node):
    return node.order


def will_arrive(target):
    """Whether the walk under way has yet to hand a gradient to this node or leaf."""
    arrivals = current().arrivals
    return arrivals is not None and key(target) in arrivals and _asked(arrivals[key(target)])


def _asked_of(node, arrivals):
    """Which of its operands' gradients a node shall compute."""
    return tuple([target is not None and _asked(arrivals[key(target)]) for target in node.targets])


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
    return references(tensor) + references(tensor.memory)


_alone = count_references([blank(contiguous((), float32))], 0)


def matched(grad, meta, source, index):
    """A gradient made to match the tensor it is for: summed over what was broadcast, cast to its dtype."""
    if not isinstance(grad, TensorBase):
        raise RuntimeError(f"expected Variable or None (got {type(grad).__name__})")
    tensor = grad
    if tensor.meta is meta:
        return tensor
    if tensor.meta.device is not meta.device:
        raise RuntimeError(f"Function {source.name()} returned an invalid gradient at index {index} - expected device "
                           f"{meta.device} but got {tensor.meta.device}")
    if tensor.meta.sizes != meta.sizes:
        if not _sums_to(tensor.meta.sizes, meta.sizes):
            raise RuntimeError(f"Function {source.name()} returned an invalid gradient at index {index} - got "
                               f"{list(tensor.meta.sizes)} but expected shape compatible with {list(meta.sizes)}")
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
    """Add gradients[i] to what has arrived for result `number` of `target`; it is taken out of the list, so as to hold
    it only once.
    """
    grad = gradients[i]
    gradients[i] = None
    if grad is None:
        return 0
    meta = target.outputs[number] if isinstance(target, Node) else target.meta
    tensor = matched(grad, meta, source, i)
    grad = None
    grads = arrival.grads
    held = grads[number]
    if held is None:
        grads[number] = tensor
    elif not create and count_references(grads, number) == _alone + 1 and is_dense(held.meta):  # `held` is one more
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
        form = grad.meta.stored
        copy = blank(with_dtype(leaf.meta, form) if dense else contiguous(grad.meta.sizes, form, grad.meta.device))
        slots.copy_(copy, grad)
        leaf._grad = copy
    return 0


def _accumulate_alone(leaf, grad, create):
    """Add one gradient to leaf.grad: what the face of a leaf does when it is called."""
    arrival = arrival_at(leaf)
    arrival.grads[0] = grad
    accumulate(leaf, arrival, create)


def _finish_leaf(leaf, arrival, create, results):
    """All that happens to a leaf when its gradient is complete."""
    if leaf.hooks is not None:
        run_before(leaf, arrival)
    _capture(arrival, results)
    if not arrival.needed or not leaf.wants_grad():
        return 0
    hooks = leaf.hooks
    if hooks is not None:
        run_between(hooks.before, arrival.grads)
    if arrival.grads[0] is not None:
        accumulate(leaf, arrival, create)
    if hooks is not None:
        seen = leaf
        for hook in list(hooks.accumulated.values()):
            seen = replaced(hook, seen, hook(seen))         # all that becomes of what one returns: the next is given it
        run_after(hooks.after, [], arrival.grads)
    return 0


def _capture(arrival, results):
    if arrival.captures is not None:
        for number, places in arrival.captures.items():
            for place in places:
                results[place] = arrival.grads[number]


def evaluate(node, arrival, create, asked):
    """The gradients that a node sends on, and what users have hung on it."""
    hooks = node.hooks
    if hooks is not None and hooks.before:
        run_between(hooks.before, arrival.grads)
    if asked is None or True in asked:
        found = list(node.apply(arrival.grads, create, asked))
    else:
        found = [None] * len(node.targets)
    if hooks is not None and hooks.after:
        found = run_after(hooks.after, found, arrival.grads)
    arrival.grads = None                         # they have been used: nobody but `found` holds what passed through
    return found


def send(node, gradients, arrivals, heap, create, partial, results):
    """Hand on the gradients that a node has computed. `partial`: only to those that are asked for theirs."""
    for i in range(len(node.targets)):
        target = node.targets[i]
        if target is None:
            continue
        arrival = arrivals[key(target)]
        if partial and not _asked(arrival):
            continue
        deliver(arrival, target, node.numbers[i], gradients, i, create, node)
        arrival.missing -= 1
        if arrival.missing == 0:
            if isinstance(target, Node):
                push(heap, target)
            else:
                del arrivals[key(target)]
                _finish_leaf(target, arrival, create, results)
    return 0


def walk(targets, numbers, gradients, retain, create, wanted, into, results):
    """Hand `gradients` to the roots (targets[i], result numbers[i]) and walk back.

    Without `wanted`, every leaf accumulates. With it: results[place] = gradient for what it asks, and only the leaves
    `into` accumulate.
    """
    state = current()
    arrivals = {}
    nodes = discover(targets, arrivals)
    if wanted is not None:
        prune(nodes, arrivals, wanted, into)
    del nodes
    place = None if retain else here()
    heap = []
    before, outer, evaluating = state.grad_enabled, state.walk, state.evaluating
    partial, waiting, queued = state.partial, state.arrivals, state.callbacks
    state.callbacks = []
    state.grad_enabled, state.walk, state.partial, state.arrivals = create, next_order(), wanted is not None, arrivals
    try:
        for i in range(len(targets)):
            deliver(arrivals[key(targets[i])], targets[i], numbers[i], gradients, i, create, None)
        for target in targets:
            arrival = arrivals[key(target)]
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
                run_before(node, arrival)
            if arrival.captures is not None:
                _capture(arrival, results)
            if not arrival.needed:
                continue

            state.evaluating = node
            try:
                found = evaluate(node, arrival, create, None if wanted is None else _asked_of(node, arrivals))
                if state.anomaly and state.check_nan:
                    check_nan(node, found)
                if place is not None:
                    node.release(place)
                send(node, found, arrivals, heap, create, wanted is not None, results)
            except Exception as error:
                note_place(error, node, state)
                raise
        for callback in state.callbacks:         # which may queue others
            callback()
    finally:
        state.grad_enabled, state.walk, state.evaluating = before, outer, evaluating
        state.partial, state.arrivals = partial, waiting
        state.callbacks = queued
    return 0


def queue_callback(callback):
    """Have `callback()` called at the end of the backward walk under way in this thread, unless it raises. RuntimeError
    outside of a walk.
    """
    state = current()
    if state.walk == 0:
        raise RuntimeError("Final callbacks can only be installed during backward pass.")
    state.callbacks.append(callback)


# 2. backward and grad -------------------------------------------------------------------------------------------------

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
        one = blank(contiguous(meta.sizes, meta.dtype, meta.device))
        if meta.dtype.typestr and write_same(one.memory, 1.0, 1, meta.itemsize, meta.dtype.typestr):
            return one
        return slots.ones_like(one)
    if not isinstance(gradient, TensorBase):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    if gradient.shape != meta.shape:
        raise RuntimeError(f"Mismatch in shape: grad_output[{i}] has a shape of {gradient.shape} and output[{i}] has a "
                           f"shape of {meta.shape}.")
    if gradient.dtype.is_complex != meta.dtype.is_complex:
        raise RuntimeError("For complex Tensors, both grad_output and output are required to have the same dtype. "
                           f"Mismatch in dtype: grad_output[{i}] has a dtype of {gradient.dtype} and output[{i}] has a "
                           f"dtype of {meta.dtype}.")
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
    into = set()
    for i, x in enumerate(inputs):
        target, number = _root(x)
        if target is None:
            raise RuntimeError(f"One of the differentiated Tensors given as 'inputs' to 'backward', number {i}, does "
                               "not require grad")
        if isinstance(target, Node):
            x.retain_grad()
        into.add(key(target))
    walk(targets, numbers, gradients, retain, create_graph, {}, into, [])


def grad(outputs, inputs, grad_outputs, retain_graph=None, create_graph=False, allow_unused=False):
    """The gradients of `outputs` with respect to `inputs`; no leaf's .grad is touched."""
    retain = create_graph if retain_graph is None else retain_graph
    targets, numbers, gradients = _roots(outputs, grad_outputs)
    wanted = {}
    for place, x in enumerate(inputs):
        target, number = _root(x)
        if target is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        wanted.setdefault(key(target), {}).setdefault(number, []).append(place)
    results = [None] * len(inputs)
    walk(targets, numbers, gradients, retain, create_graph, wanted, set(), results)
    for place, result in enumerate(results):
        if result is not None or allow_unused:
            continue
        raise RuntimeError(f"The differentiated Tensor at index {place} appears to not have been used in the graph. "
                           "Set allow_unused=True if this is the desired behavior.")
    return tuple(results)


if not cython.compiled:
    Node.targets = Node.numbers = Node.outputs = Node.code = Node.hooks = Node.freed = Node.extra = None
    Node.order = Node.instruction = 0

register(backward=backward, accumulate=_accumulate_alone)
