"""Which plans an operator has, and how a call that is not like the last one gets its plan: by its key, from a table or
from the family's planner.

Planning is the middle part of Op, apart from it because a call like the last one needs none of this: `Op.has_key` sees
that by itself.
"""

import weakref

import cython

from pellucid.core.observe import on_change
from pellucid.core.record import Declaration
from pellucid.dtypes import on_default_dtype

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.call import admit, check_statics, check_still, key_of
    from pellucid.core.plan import HOST, KERNEL, VIEW, Plan, is_form
    from pellucid.core.slots import slots
    from pellucid.core.tensor import TensorBase


_every_op = weakref.WeakSet()


def every_op():
    """All operators that there are."""
    return list(_every_op)


def forget_plans():
    """Drop all plans.

    For whoever changes what planners look at besides keys: the default dtype, a setting of the code generator.
    """
    for op in every_op():
        op.forget()


class Planning(Declaration):
    """An operator's kind and planner, and the plans that there are."""

    def __init__(self, name, function, parameters, aliases, mutates, kind, planner, into):
        Declaration.__init__(self, name, function, parameters, aliases, mutates)
        self.kind, self.planner, self.into = kind, planner, into
        # whether its kernels take memory for what it holds, so that they want no conjugated or negated views; a family
        # whose kernels go by the form of a type (see dtypes.py) says that they do not
        self.literal = kind != VIEW
        self.forget()
        _every_op.add(self)

    def forget(self):
        """Drop all plans."""
        self.plans, self.into_plans, self.last = {}, {}, None
        for recipe in self.recipes.values():
            for fused in recipe.fused:
                if fused is not None:
                    fused.forget()

    def find(self, state, values):
        """(plan, values) of a call whose key is not that of the last. Raises Overridden if a subclass has a say."""
        key = key_of(self, values, state.no_overrides)
        if key is None:
            values = admit(self, values, state.no_overrides)
            key = key_of(self, values, state.no_overrides)
        plan = self.plan_for(key)
        if plan.resolves:
            return self.find(state, tuple([resolved(value) for value in values]))
        if plan.steps is None and self.kind == KERNEL:
            check_still(self, plan, (), values)
        return plan, values

    def plan_for(self, key):
        """The plan of a key, made if need be.

        The table is emptied when it is full: shapes that change all the time must not fill memory.
        """
        plan = self.plans.get(key)
        if plan is None:
            check_statics(self, key)
            if self.kind == VIEW:
                found = self.function(*key)
                many = not isinstance(found, tuple)
                pairs = list(found) if many else [found]
                plan = Plan([meta for meta, delta in pairs])
                plan.deltas = tuple([delta for meta, delta in pairs])
                plan.many = many
            elif self.literal and any([is_form(part) for part in key]):
                plan = Plan(())
                plan.resolves = True
            elif self.kind == HOST:
                plan = Plan(())
            else:
                plan = self.planner(self, key)
            if len(self.plans) >= 4096:
                self.plans.clear()
            self.plans[key] = plan if plan.resolves else plan.lay_out(self, key)
        if not plan.resolves:
            self.last = plan
        return plan

    def plan_into(self, key, metas):
        """The plan that writes tensors of just these metas, None if the family has none."""
        if (key, metas) not in self.into_plans:
            found = self.into(self, key, metas)
            if self.literal and is_form(metas):
                found = None
            if len(self.into_plans) >= 4096:
                self.into_plans.clear()
            self.into_plans[key, metas] = None if found is None else found.lay_out(self, key)
        return self.into_plans[key, metas]


def resolved(value):
    """A value, perhaps a list of them, with copies in place of conjugated and negated views."""
    if isinstance(value, TensorBase):
        tensor = value
        return slots.clone(tensor) if is_form(tensor.meta) else tensor
    if isinstance(value, (tuple, list)):
        return tuple([resolved(item) for item in value])
    return value


on_default_dtype(forget_plans)
on_change(forget_plans)
