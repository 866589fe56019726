"""The derivative of an operator: what must be saved for it, and the node that computes it when backward passes by.

    Recipe    for certain operands of an operator: the rule, which values it names, and hence what must be saved. Made
              once
    OpNode    what one recorded call leaves behind: the key of the call, what the recipe keeps, whom gradients go to.
              Nodes of an operator have a class of their own, for tools that look at type(node).__name__ (`node_type`)

How rules are declared stands in docs/operators.md; core/record.py makes both. A node runs its rule as one kernel if the
family makes one (`fuse`), and on tensors otherwise, or when the computation is itself to be recorded (create_graph).
"""

import inspect

import cython

from pellucid.core.saved import changed_error, freed_error

__all__ = ["Recipe", "OpNode", "node_type"]

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.geometry import contiguous, make
    from pellucid.core.node import Node
    from pellucid.core.saved import Saved, linked
    from pellucid.core.state import current, sees_inside
    from pellucid.core.tensor import TensorBase, blank, tensor_over

    GRAD, GRADS, RESULT, RESULTS, VALUE, META, RESULT_META, LINK = range(8)

    def named_type(base, name):
        return type(name, (base,), {"__slots__": (), "__module__": "builtins"})


class Recipe:
    """The derivative of an operator for certain operands: which values its rule takes, and hence what must be saved.

    names     the values, in the order in which rule(*values) and a fused kernel take them
    needs     the operands in question
    keeps     the parameters, keeps_results the results, that must be saved for it
    """

    def __init__(self, op, needs):
        self.needs = needs
        parameters = [op.parameters[i] for i in op.operands]
        marked = [p.name for p, need in zip(parameters, needs, strict=True)
                  if (any(need) if isinstance(need, tuple) else need)]
        if op.rules:
            missing = [name for name in marked if name not in op.rules]
            if missing:
                raise NotImplementedError(f"derivative for {op.name} with respect to '{missing[0]}' is not implemented")
            rules = {name: (op.rules[name], _argument_names(op.rules[name])) for name in marked}
            named = [name for _, names in rules.values() for name in names]
        else:
            named = _argument_names(op.rule)
        self.names = tuple(name for name in dict.fromkeys(named) if name != "needs")
        if op.rules:
            self.rule = _one_by_one(rules, [p.name for p in parameters], self.names, needs)
        else:
            self.rule = _binding_needs(op.rule, named, needs)

        places = {p.name: i for i, p in enumerate(op.parameters)}
        sources = [self.source(op, name, places) for name in self.names]
        self.codes = bytes([code for code, _ in sources])
        self.indices = bytes([index for _, index in sources])
        self.count = len(sources)
        self.keeps = tuple(sorted({index for code, index in sources if code == VALUE}))
        self.keeps_results = tuple(sorted({index for code, index in sources if code == RESULT}))
        self.keeps_all = len(self.keeps) == op.count
        self.keeps_numbers = len(self.keeps) > 0 and all([op.parameters[i].is_number for i in self.keeps])
        self.all_results = RESULTS in self.codes
        self.places = bytes([self.keeps.index(i) if i in self.keeps else 255 for i in range(op.count)])
        self.small = len(self.keeps) + len(self.keeps_results) <= 4 \
            and not any(op.parameters[i].is_list for i in self.keeps) \
            and not self.all_results and self.keeps_results in ((), (0,))
        self.saves_tensors = any([op.parameters[i].is_tensor
                                  for i in self.keeps]) or len(self.keeps_results) > 0 or self.all_results
        self.fused, self.passes = [None, None], [None, None]

    @staticmethod
    def source(op, name, places):
        """Where the value of this name comes from."""
        if name in places:                       # a STATIC stands in the key
            return META if op.parameters[places[name]].is_static else VALUE, places[name]
        if name.endswith("_meta") and name[:-5] in places:
            return META, places[name[:-5]]
        if name.endswith("_link") and name[:-5] in places:
            return LINK, places[name[:-5]]
        if name[:6] == "result" and name[6:].isdigit():
            return RESULT, int(name[6:])
        words = {"grad": GRAD, "grads": GRADS, "result": RESULT, "results": RESULTS, "result_meta": RESULT_META}
        if name not in words:
            raise TypeError(f"the derivative of {op.name} names {name!r}, which is none of its parameters, grad(s), "
                            "result(s), needs")
        return words[name], 0

    def fuse(self, op, plain):
        """Ask the family for the derivative as one operator. `plain`: all numbers that it names are the defaults.

        `fused[plain]` is this operator, None if there is nothing to compute; `passes[plain]` marks the operands whose
        gradient is that of the result as it came, so that nobody has to copy it. It is empty if the family makes
        nothing."""
        self.fused[plain], self.passes[plain] = (None, ()) if op.fuse is None else op.fuse(op, self.needs, plain)


def _argument_names(rule):
    return list(inspect.signature(rule).parameters)


def _binding_needs(rule, named, needs):
    """`rule` as a function of all it names but `needs`."""
    if "needs" not in named:
        return rule
    place = named.index("needs")

    def bound(*values):
        return rule(*values[:place], needs, *values[place:])
    return bound


def _one_by_one(rules, operands, names, needs):
    """The rules of single operands as one rule."""
    def all_of_them(*values):
        given = dict(zip(names, values, strict=True), needs=needs)
        return tuple([rules[name][0](*[given[n] for n in rules[name][1]]) if name in rules else None
                      for name in operands])
    return all_of_them


@cython.trashcan(True)
@cython.cclass
class OpNode(Node):
    """What an operator leaves behind: itself, the key of the call, and what its derivative wants to see again."""

    def name(self):
        return self.op.node_name

    def apply(self, grads, create, asked=None):
        """One kernel, if the family makes one; the rule on tensors otherwise, and when the computation is itself to be
        recorded.
        """
        recipe = self.recipe
        if asked is not None:
            recipe = self.op.recipe(self.narrowed(asked))
        for grad in grads:
            if grad is not None:
                break
        else:
            return [None] * len(self.targets)
        if self.freed is not None and recipe.saves_tensors:
            raise freed_error(self.freed)
        arguments = []
        for i in range(recipe.count):
            code = recipe.codes[i]
            index = recipe.indices[i]
            if code == GRAD:
                arguments.append(self.defined(grads, 0))
            elif code == VALUE:
                arguments.append(self.unpack(index, create))
            elif code == META:
                arguments.append(self.key[index])
            elif code == RESULT:
                arguments.append(self.unpack_result(index))
            elif code == GRADS:
                arguments.append(tuple([self.defined(grads, k) for k in range(len(grads))]))
            elif code == RESULTS:
                arguments.append(tuple([self.unpack_result(k) for k in range(len(self.outputs))]))
            elif code == LINK:
                arguments.append(self.link(index) if create else None)
            else:
                arguments.append(self.outputs[0])

        state = current()
        before = state.no_overrides
        state.no_overrides = True                # derivatives are written for plain tensors
        try:
            if not (create or (state.watched and sees_inside(state))):
                plain = recipe.keeps_numbers and self.saved is self.op.defaults
                if recipe.passes[plain] is None:
                    recipe.fuse(self.op, plain)
                passes = recipe.passes[plain]
                if passes:
                    fused = recipe.fused[plain]
                    found = () if fused is None else fused(*arguments)
                    return self.spread_fused(found, recipe.needs, passes, grads[0])
            return self.spread(recipe.rule(*arguments), recipe.needs)
        finally:
            state.no_overrides = before

    def defined(self, grads, k):
        """The gradient of result k: zeros if none came, None if there cannot be one."""
        if grads[k] is None and self.outputs[k].dtype.category >= 2:
            meta = self.outputs[k]
            return blank(contiguous(meta.sizes, meta.dtype, meta.device), 0, True)
        return grads[k]

    def unpack(self, index, create):
        """The value of a parameter, as it was when it was saved."""
        found = self.saved[index]
        if self.packed:
            if isinstance(found, Saved):
                return found.unpack(self)
            return [one.unpack(self) for one in found] if isinstance(found, tuple) else found
        if not isinstance(found, TensorBase):
            return found
        value = found
        expected = self.versions[self.recipe.places[index]]
        if value.memory.version != expected:
            target = self.targets[self.op.operands.index(index)]
            node = target if isinstance(target, Node) else None
            raise changed_error(value, expected, node, value.output_nr, self)
        if value.detached and value.node is None:
            if isinstance(self.targets[self.op.operands.index(index)], Node):
                raise RuntimeError("Trying to use a saved tensor that has been detached in-place, i.e. with .detach_()."
                                   "This is not supported, please use out-of-place `.detach()` instead")
        return value

    def link(self, index):
        """An operand's place in the graph with no data but one zero; None if it wants no gradient."""
        place = self.op.operands.index(index)
        target = self.targets[place]
        if not isinstance(target, Node):
            return target
        meta = self.key[index]
        return linked(blank(make(meta.sizes, (0,) * len(meta.sizes), meta.dtype, meta.device), 0, True), target,
                      self.numbers[place])

    def unpack_result(self, index):
        """A result: its memory, at its place in the graph."""
        if self.packed:
            return self.storages[index if self.recipe.all_results
                                 else self.recipe.keeps_results.index(index)].unpack(self)
        storage = self.storages[index]
        tensor = tensor_over(storage, self.outputs[index], self.offset)
        expected = self.versions[len(self.recipe.keeps) + index]
        if storage.version != expected:
            raise changed_error(tensor, expected, self, index, self)
        if self.gradable is None or self.gradable[index]:
            tensor.node = self
            tensor.output_nr = index
        return tensor

    def narrowed(self, asked):
        """`needs` without the operands that nobody asks for."""
        needs = []
        k = 0
        for need in self.recipe.needs:
            if isinstance(need, tuple):
                needs.append(tuple([n and asked[k + j] for j, n in enumerate(need)]))
                k += len(need)
            else:
                needs.append(need and asked[k])
                k += 1
        return tuple(needs)

    def spread(self, found, needs):
        """What a rule returned, one gradient a target."""
        if len(needs) == 1:
            if not isinstance(needs[0], tuple):
                return [found[0] if isinstance(found, tuple) and len(found) == 1 else found]
            found = (found,)
        if not isinstance(found, (tuple, list)) or len(found) != len(needs):
            raise RuntimeError(f"the derivative of {self.op.name} must return {len(needs)} gradients, got {found!r}")
        if not self.op.has_lists:
            return list(found)
        gradients = []
        for i in range(len(needs)):
            if isinstance(needs[i], tuple):
                gradients.extend([None] * len(needs[i]) if found[i] is None else found[i])
            else:
                gradients.append(found[i])
        return gradients

    def spread_fused(self, found, needs, passes, grad):
        """What a fused derivative returned, one a marked operand that is not passed on, as one gradient a target."""
        if not isinstance(found, (tuple, list)):
            found = (found,)
        gradients = []
        k = 0
        for i in range(len(needs)):
            need = needs[i]
            for one in need if isinstance(need, tuple) else (need,):
                if one and passes[i]:
                    gradients.append(grad)
                else:
                    gradients.append(found[k] if one else None)
                    k += one
        return gradients

    def release(self, place):
        """Nothing of what was saved is needed any more."""
        if self.recipe.saves_tensors:
            self.saved = self.storages = None
            self.freed = place

    def __getattr__(self, name):
        """_saved_self, _saved_other, _saved_result: what the node keeps, under PyTorch's names."""
        if name.startswith("_saved_"):
            wanted = name[7:]
            if self.freed is not None:
                raise freed_error(self.freed)
            if wanted[:6] == "result" and self.storages:
                place = int(wanted[6:] or 0)
                if self.recipe.all_results or place in self.recipe.keeps_results:
                    return self.unpack_result(place)
            for i in self.recipe.keeps:
                if self.op.parameters[i].name == wanted or (wanted == "self" and i == 0):
                    return self.unpack(i, False)
        raise AttributeError(f"'{self.name()}' object has no attribute '{name}'")


_node_types = {}


def node_type(name):
    """The class of nodes of this name."""
    found = _node_types.get(name)
    if found is None:
        found = _node_types[name] = named_type(OpNode, name)
    return found


if not cython.compiled:
    OpNode.saved = OpNode.storages = OpNode.gradable = None
    OpNode.offset, OpNode.packed = 0, False
