"""What an operator declares (its parameters, its derivative), and how a call of it is recorded in the graph.

Declaration is the lower half of Op, apart from it because a call that nobody differentiates needs none of this:
`Op.run` asks `wanted` or knows the answer, and then `record` leaves an OpNode behind the results.
"""

import cython

from pellucid.core.derivative import OpNode, Recipe, node_type
from pellucid.core.hooks import note_traceback
from pellucid.core.plan import REQUIRED

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.geometry import contiguous
    from pellucid.core.node import Node, target_of
    from pellucid.core.plan import OPERAND, OPERANDS
    from pellucid.core.saved import Saved, check_savable, linked
    from pellucid.core.tensor import TensorBase, blank
    from pellucid.core.write import copy_over

    def new_named(base, type, empty):
        return base.__new__(type)


def _named(rule, name):
    """A rule that was declared as `_` or as a lambda, under a name that tracebacks, profiles and debuggers show; so are
    those that it wraps.
    """
    if rule.__name__ in ("_", "<lambda>"):
        rule.__name__ = rule.__qualname__ = name
        rule.__code__ = rule.__code__.replace(co_name=name, co_qualname=name)
    if hasattr(rule, "__wrapped__"):
        _named(rule.__wrapped__, name)
    return rule


class Declaration:
    """Name, parameters and derivative of an operator. The rest of it, how it is called, is Op.

    node_name    what its nodes in the graph are called; whoever declares it says where PyTorch has another name
    """

    def __init__(self, name, function, parameters, aliases, mutates):
        self.name, self.function, self.parameters, self.aliases = name, function, tuple(parameters), aliases or {}
        self.node_name = "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Backward0"
        self.rule = None
        self.rules, self.recipes = {}, {}
        self.is_nondifferentiable = self.records = False

        declared = self.parameters
        self.kinds = bytes([p.kind for p in declared])
        self.takes_number = bytes([bool(p.numbers) for p in declared])
        self.bools = bytes([p.bools for p in declared])
        self.count = len(declared)
        self.positional = sum(not p.keyword_only for p in declared)
        self.defaults = tuple(p.default for p in declared)
        self.tails = [None if REQUIRED in self.defaults[n:] or n > self.positional else self.defaults[n:]
                      for n in range(self.count + 1)]
        self.variadic = next((i for i, p in enumerate(declared) if p.variadic), -1)
        self.by_name = {p.name: i for i, p in enumerate(declared)}
        self.by_name |= {other: self.by_name[name] for other, name in self.aliases.items() if name in self.by_name}
        self.operands = tuple(i for i, p in enumerate(declared) if p.kind in (OPERAND, OPERANDS))
        self.has_lists = OPERANDS in self.kinds
        self.zeros = (0,) * len(self.operands)
        self.mutated = tuple(i for i, p in enumerate(declared) if p.name in mutates)

    def derivative(self, *rules, **per_operand):
        """`@op.derivative`: the rule of all operands; `@op.derivative("other")`, `op.derivative(other=rule)`: the rule
        of one.
        """
        if len(rules) == 1 and callable(rules[0]):
            self.rule = _named(rules[0], f"{self.name}_backward")
        elif rules:
            def decorate(rule):
                self.derivative(**{name: rule for name in rules})
                return rule
            return decorate
        self.rules.update({name: _named(rule, f"{self.name}_backward_{name}") for name, rule in per_operand.items()})
        self.recipes, self.recent, self.recent_mask = {}, None, -1
        self.records = True
        return rules[0] if rules else self

    def nondifferentiable(self):
        """Say that there is no derivative: results never require grad."""
        self.is_nondifferentiable = True
        return self

    def recipe(self, needs):
        """The derivative for the operands that `needs` marks."""
        found = self.recipes.get(needs)
        if found is None:
            found = self.recipes[needs] = Recipe(self, needs)
        return found

    # Recording

    def wanted(self, values):
        """Whether any operand wants a gradient."""
        for i in range(self.count):
            value = values[i]
            if isinstance(value, TensorBase):
                tensor = value
                if tensor.wants_grad():
                    return True
            elif self.kinds[i] == OPERANDS:
                for item in value:
                    tensor = item
                    if tensor.wants_grad():
                        return True
        return False

    def record(self, state, key, values, outputs, metas, gradable):
        """Leave a node behind `outputs`."""
        node = self.begin(state, key, values)
        node.gradable = gradable
        self.save(state, node, values, outputs, None)
        node.outputs = metas
        number = 0
        for tensor in outputs:
            if gradable[number]:
                tensor.node = node
                tensor.output_nr = number
            number += 1
        return 0

    def begin(self, state, key, values):
        """A node that points to where the operands' gradients go."""
        if self.node_type is None:
            self.node_type = node_type(self.node_name)
        node = new_named(OpNode, self.node_type, ())
        node.op, node.key = self, key
        if not cython.compiled:
            node.versions = [0] * 4
        node.recipe = self.aim(node, values)
        node.number()
        if state.anomaly:
            note_traceback(state, node)
        return node

    def begin_inplace(self, state, key, values):
        """(node, values to save from) of a write in place.

        If the derivative needs what is overwritten, that is a copy of it.
        """
        node = self.begin(state, key, values)
        if 0 in node.recipe.keeps:
            tensor = values[0]
            copy = blank(contiguous(tensor.meta.sizes, tensor.meta.dtype, tensor.meta.device))
            copy_over(state, (copy,), (tensor,))
            values = (linked(copy, tensor.node, tensor.output_nr), *values[1:])
        return node, values

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.nonecheck(False)
    def aim(self, node, values):
        """Point the node to where the operands' gradients go; the recipe for just those that go anywhere."""
        if self.has_lists:
            return self.aim_lists(node, values)
        first = second = None
        targets = None
        mask = number = k = 0
        for i in range(self.count):
            if self.kinds[i] != OPERAND:
                continue
            value = values[i]
            target = None
            if isinstance(value, TensorBase):
                tensor = value
                target = target_of(tensor)
                if target is not None:
                    mask |= 1 << k
                    if target is not tensor:
                        number |= tensor.output_nr
            if k == 0:
                first = target
            elif k == 1:
                second = target
            else:
                if targets is None:
                    targets = [first, second]
                targets.append(target)
            k += 1
        node.targets = tuple(targets) if targets is not None else (first, second) if k == 2 else (first,)
        node.numbers = self.zeros if number == 0 else self.numbers_of(node.targets, values)
        if mask != self.recent_mask:
            self.recent = self.recipe(tuple([target is not None for target in node.targets]))
            self.recent_mask = mask
        return self.recent

    def numbers_of(self, targets, values):
        """Which results of their nodes the operands are."""
        tensors = [item for i in self.operands for item in (values[i] if self.kinds[i] == OPERANDS else (values[i],))]
        return tuple([tensor.output_nr if isinstance(target, Node) else 0
                      for target, tensor in zip(targets, tensors, strict=True)])

    def aim_lists(self, node, values):
        """The same for operators on sequences of tensors."""
        targets = []
        for i in self.operands:
            for item in values[i] if self.kinds[i] == OPERANDS else (values[i],):
                targets.append(target_of(item) if isinstance(item, TensorBase) else None)
        node.targets = tuple(targets)
        node.numbers = self.numbers_of(node.targets, values)
        return self.recipe(self.needs_of(node.targets, values))

    def needs_of(self, targets, values):
        """Which operands have a target: a bool an OPERAND, a tuple of bools an OPERANDS."""
        needs = []
        k = 0
        for i in self.operands:
            if self.kinds[i] == OPERANDS:
                needs.append(tuple([target is not None for target in targets[k:k + len(values[i])]]))
                k += len(values[i])
            else:
                needs.append(targets[k] is not None)
                k += 1
        return tuple(needs)

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.nonecheck(False)
    def save(self, state, node, values, outputs, written):
        """Keep what the derivative names, and the versions.

        `written`: what is being written in place; its version is not yet counted up.
        """
        recipe = node.recipe
        if not recipe.small or state.saved_hooks:
            self.save_packed(state, node, values, outputs, written)
            return 0
        k = 0
        if recipe.keeps_numbers and self.all_defaults(recipe, node.key):
            node.saved = self.defaults
        elif recipe.keeps:
            saved = None if recipe.keeps_all and written is None else [None] * self.count
            for i in recipe.keeps:
                value = values[i]
                if isinstance(value, TensorBase):
                    tensor = value
                    if tensor.inference:
                        check_savable(tensor)
                    storage = tensor.memory
                    node.versions[k] = storage.version
                    if storage.changed is None:
                        storage.changed = True
                    if written is not None and storage is written.memory:
                        value = linked(tensor, tensor.node, tensor.output_nr)       # else node -> tensor -> node
                if saved is not None:
                    saved[i] = value
                k += 1
            node.saved = values if saved is None else tuple(saved)
        if recipe.keeps_results:
            kept = []
            for i in recipe.keeps_results:
                tensor = outputs[i]
                storage = tensor.memory
                node.versions[k] = storage.version + (written is not None)
                if storage.changed is None:
                    storage.changed = True
                kept.append(storage)
                k += 1
            node.storages = tuple(kept)
            tensor = outputs[0]
            node.offset = tensor.offset
        return 0

    def all_defaults(self, recipe, key):
        """Whether the numbers that the derivative keeps are the defaults."""
        for i in recipe.keeps:
            if key[i] is not None:
                return False
        return True

    def save_packed(self, state, node, values, outputs, written):
        """The same by Saved objects: there are many tensors, or saved_tensors_hooks want to see them."""
        recipe = node.recipe
        hooks = state.saved_hooks[-1] if state.saved_hooks else None
        saved = [None] * self.count
        for i in recipe.keeps:
            value = values[i]
            if isinstance(value, TensorBase):
                if written is not None and value.memory is written.memory:
                    value = linked(value, value.node, value.output_nr)
                saved[i] = Saved(value, None, hooks)
            elif self.kinds[i] == OPERANDS:
                saved[i] = tuple([Saved(item, None, hooks) for item in value])
            else:
                saved[i] = value
        node.saved = tuple(saved)
        node.packed = True
        kept = []
        for i in range(len(outputs)) if recipe.all_results else recipe.keeps_results:
            one = Saved(outputs[i], i if node.gradable is None or node.gradable[i] else None, hooks, node)
            one.version += written is not None
            kept.append(one)
        node.storages = tuple(kept)


if not cython.compiled:
    Declaration.variadic, Declaration.recent, Declaration.recent_mask, Declaration.node_type = -1, None, -1, None
