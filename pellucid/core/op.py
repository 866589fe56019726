"""An operator: what happens between `a.tanh()` and the first instruction of its kernel.

    bind the arguments -> key -> plan (cached) -> allocate the results -> launch the kernels -> record a node

Called by user code (an Op is `pellucid.tanh` and, being a method descriptor, also `Tensor.tanh`) and by the slots of
TensorBase. Made by the families in pellucid/ops. Knows nothing of how kernels are written: a planner, a Python function
that the family sets, answers a key with a Plan. What a family must give, and what it gets, stands in docs/operators.md.

Here stands the hot road. Beside it stand

    plan.py       Parameter, Step, Plan: what a family gives
    record.py     Declaration: Op's lowest part, with its derivative; leaving a node behind
    planning.py   Planning: Op's middle part, how a plan is found or made
    call.py       arguments that are not of the plainest kind
    write.py      what must hold of tensors that are written to
    elsewhere.py  plans whose tensors are not all in the host's memory
"""

import inspect
from types import MethodType

import cython

from pellucid.core import plan as _plan
from pellucid.core.call import Overridden
from pellucid.core.geometry import SCALAR_TYPES
from pellucid.core.inplace import Overwritten
from pellucid.core.modes import ask, overloaded
from pellucid.core.observe import tell
from pellucid.core.plan import REQUIRED, Parameter
from pellucid.core.planning import Planning
from pellucid.core.slots import register

__all__ = ["Op", "Plan", "Step", "Parameter", "REQUIRED", "OPERAND", "OPERANDS", "SCALAR", "STATIC", "KERNEL",
           "VIEW", "COMPOSITE", "HOST", "INPLACE"]

if cython.compiled:                              # names of plan.py that are also asked for here
    globals().update({name: getattr(_plan, name) for name in __all__ if hasattr(_plan, name)})
else:                                            # compiled, these come from the .pxd files
    from pellucid.core.call import bind, check_still, explain, is_stranger, wrong_type
    from pellucid.core.elsewhere import launch_elsewhere
    from pellucid.core.frames import Template, give_frame, take_frame
    from pellucid.core.geometry import with_dtype
    from pellucid.core.inplace import check_inplace, rebase, track, wrote
    from pellucid.core.layout import check_bounds
    from pellucid.core.observe import observing
    from pellucid.core.plan import (
        COMPOSITE,
        HOST,
        INPLACE,
        KERNEL,
        OPERAND,
        OPERANDS,
        SCALAR,
        STATIC,
        VIEW,
        Plan,
        Step,
        gradable_of,
        start_of,
    )
    from pellucid.core.state import current, sees_inside
    from pellucid.core.storage import allocate
    from pellucid.core.tensor import TensorBase, any_overriding, blank, tensor_over
    from pellucid.core.threads import run, run_body
    from pellucid.core.write import (
        DIFFERS,
        RESIZED,
        any_wanting,
        check_cast,
        check_exact,
        copy_over,
        fit,
        hazard,
        no_derivative,
        overlapping,
        resize,
        sharing,
        targets_of,
        write_made,
        wrong_count,
        wrong_shape,
    )

    def pellucid_make_methods(type, start):
        pass


class Op(Planning):
    """An operator. How a family makes one stands in docs/operators.md."""

    def __init__(self, name, function, parameters=(), planner=None, *, kind=KERNEL, fuse=None, into=None,
                 aliasing=False, returns=None, aliases=None, mutates=(), base=None):
        Planning.__init__(self, name, function, parameters, aliases, mutates, kind, planner, into)
        self.spec = None if base is None else base.spec      # what the operator is: set by its family
        # operands that may lie on another device than the results: on any, or in the host's memory
        self.anywhere = self.from_host = ()
        self.factors = ()                    # numbers that deprecated forms give by position
        self.shows_out = False                               # whether a composite's signature has its `out=`
        self.exact = False                       # whether an `out=` must have just the result's type
        self.typed_by = -1                       # the parameter that, not given, is the type of an `out=`
        self.base, self.fuse, self.aliasing, self.returns, self.fitting = base, fuse, aliasing, returns, None
        code = getattr(function, "__code__", None)
        self.takes_out = kind != COMPOSITE or "out" in code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
        self.__name__ = self.__qualname__ = name
        self.__doc__, self.__wrapped__ = function.__doc__, function
        self.__module__ = getattr(function, "__module__", None)

    def inplace(self, name=None):
        """The operator `name_`, which writes its result over its first operand."""
        return Op(name or self.name + "_", self.function, self.parameters, self.planner, kind=INPLACE,
                  aliases=self.aliases, base=self)

    # What Python sees

    def __repr__(self):
        return f"<op {self.name}>"

    @property
    def __signature__(self):
        """The public signature: what was declared, and the `out=` that every operator that computes takes."""
        found = inspect.signature(self.function)
        if not (self.kind in (KERNEL, HOST) or self.shows_out) or self.mutated or "out" in found.parameters:
            return found
        out = inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None)
        return found.replace(parameters=[*found.parameters.values(), out])

    def __reduce__(self):
        return self.name                         # pickle finds it where it was declared

    def __deepcopy__(self, memo):
        return self

    def __copy__(self):
        return self

    def __get__(self, instance, owner):
        return self if instance is None else MethodType(self, instance)

    # Calling

    def __call__(self, *args, **kwargs):
        # compiled, the latter starts in _start
        return self.dispatch(current(), args, kwargs) if kwargs else self.start(args)

    def start(self, args):
        """A call without keywords, the usual one."""
        state = current()
        if state.watched:
            return self.dispatch(state, args, {})
        if self.kind == COMPOSITE:
            if any_overriding() or is_stranger(args):
                return self.dispatch(state, args, {})
            try:
                return self.function(*args)
            except Exception as error:
                explain(self, error, args, {})
                raise
        values = self.values_of(args)
        try:
            return self.execute(state, values)
        except Overridden:
            pass                                 # so that what is raised below stands alone
        return ask(self, self.name, args, {})

    def values_of(self, args):
        """The values of all parameters of a call without keywords."""
        n = len(args)
        place = self.variadic
        if n == self.count and self.positional == n and place < 0:
            return args
        if place >= 0 and place == self.count - 1 and n > place and type(args[place]) is int:
            return (*args[:place], args[place:])                             # x.view(2, 3)
        if place >= 0 and n == self.count and type(args[place]) is tuple:
            return args
        if place >= 0 or n > self.positional or self.tails[n] is None:
            return bind(self, args, {})
        return args + self.tails[n]

    def dispatch(self, state, args, kwargs):
        """Any call: modes first, then subclasses of Tensor, then the work."""
        if state.modes and not (self.kind == COMPOSITE and sees_inside(state)):
            return self.through_mode(state, args, kwargs)
        if self.kind == COMPOSITE:
            if (any_overriding() or is_stranger(args)) and not state.no_overrides and overloaded(args, kwargs):
                return ask(self, self.name, args, kwargs)
            if kwargs.get("out") is not None and not self.takes_out:
                given = dict(kwargs)
                out = given.pop("out")
                targets = out if isinstance(out, (tuple, list)) else (out,)
                wanted = state.grad_enabled and any_wanting(targets_of(self.name, targets))
                hazard((*args, *given.values()), tuple(targets), True)
                return write_made(self.name, state, targets, self.compose(args, given), wanted, self.exact)
            return self.compose(args, kwargs)
        out = kwargs.get("out")
        values = self.values_of(args) if out is not None and len(kwargs) == 1 else bind(self, args, kwargs)
        try:
            if out is None:
                return self.execute(state, values)
            return self.write(state, values, out if isinstance(out, tuple) else (out,), False)
        except Overridden:
            pass
        return ask(self, self.name, args, kwargs)

    def compose(self, args, kwargs):
        """Call the function of a composite."""
        for other in self.aliases.keys() & kwargs.keys():
            kwargs = dict(kwargs)
            name = self.aliases[other]
            if name in kwargs:
                raise TypeError(f"{self.name}() got multiple values for argument '{name}'")
            kwargs[name] = kwargs.pop(other)
        try:
            return self.function(*args, **kwargs)
        except Exception as error:
            explain(self, error, args, kwargs)
            raise

    def through_mode(self, state, args, kwargs):
        """Show the call to the innermost mode. While that decides, the mode itself sees nothing."""
        modes = state.modes
        state.modes = modes[:-1]
        state.update()
        try:
            return modes[-1].handle(self, args, kwargs)
        finally:
            state.modes = modes
            state.update()

    def execute(self, state, values):
        """The work, with all values bound. Raises Overridden if a subclass has a say."""
        if self.kind == KERNEL:
            return self.run(state, values)
        if self.kind == VIEW:
            return self.run_view(state, values)
        if self.kind == INPLACE:
            if not isinstance(values[0], TensorBase):
                raise wrong_type(self, 0, values[0])
            if self.base.kind == VIEW:
                return self.base.view_inplace(state, values)
            return self.base.write(state, values, (values[0],), True)
        return self.run_host(state, values)

    # From values to a plan. Here and where plans are carried out, bounds are not checked in compiled code: there are as
    # many values, and as many parts of a key, as parameters, for `bind` sees to the former, and `key_of` makes the
    # latter.

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.nonecheck(False)
    def has_key(self, plan, values, no_overrides):
        """Whether these values have the key of `plan`, seen by identity alone. Most calls of an operator in a loop have
        that of the last.

        0: perhaps not; 1: they have; 2: they have, and one of them wants a gradient."""
        key = plan.key
        found = 1
        for i in range(self.count):
            kind = self.kinds[i]
            value = values[i]
            if kind == OPERAND and isinstance(value, TensorBase):
                tensor = value
                if tensor.meta is not key[i] or (tensor.overrides and not no_overrides):
                    return 0
                if found == 1 and tensor.wants_grad():
                    found = 2
            elif kind == STATIC:
                if value is not key[i]:
                    return 0
            elif kind == OPERANDS:
                return 0
            elif value is None or key[i] is None:
                if key[i] is not None or (value is not None and value is not self.defaults[i]):
                    return 0
            elif type(value) is not key[i]:
                return 0
        return found

    # Kernels

    def run(self, state, values):
        """Find the plan, allocate, launch, record."""
        plan = self.last
        match = 0 if plan is None else self.has_key(plan, values, state.no_overrides)
        if match == 0:
            plan, values = self.find(state, values)
        if self.mutated:
            self.check_mutated(state, values)

        if plan.many:
            outputs = tuple([blank(meta) for meta in plan.outputs])
        elif plan.elsewhere:
            outputs = (blank(plan.first),)
        else:
            outputs = (tensor_over(allocate(plan.size), plan.first, 0),)
        if plan.elsewhere:
            launch_elsewhere(self, plan, outputs, values)
        else:
            self.launch(plan, outputs, values)

        if self.mutated:
            self.note_mutated(values)
        if state.grad_enabled:
            if self.records and (match == 2 or (match == 0 and self.wanted(values))):
                self.record(state, plan.key, values, outputs, plan.outputs, plan.gradable)
        elif state.inference:
            for tensor in outputs:
                tensor.inference = True
        if not plan.many:
            return outputs[0]
        return self.returns(outputs) if self.returns is not None else outputs if outputs else None

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.nonecheck(False)
    def launch(self, plan, outputs, values):
        """Lay out the words (outputs, tensors, scratch, numbers, the step's own) and run each step on them."""
        steps = plan.steps
        if steps is None:
            steps = plan.launches()
            check_still(self, plan, outputs, values)
        if plan.checks_numbers and self.check_numbers(plan, values):
            check_still(self, plan, outputs, values)
        if not steps:
            return 0
        frame = take_frame(plan.long)
        index = 0
        for tensor in outputs:
            index += frame.put_pointer(index, tensor.memory, start_of(tensor))
        for i in plan.pointers:
            if self.kinds[i] == OPERAND:
                tensor = values[i]
                index += frame.put_pointer(index, tensor.memory, start_of(tensor))
            else:
                for tensor in values[i]:
                    index += frame.put_pointer(index, tensor.memory, start_of(tensor))
        if plan.scratch > 0:
            scratch = allocate(plan.scratch)
            index += frame.put_pointer(index, scratch, 0)
        for i in plan.scalars:
            index += frame.put_scalar(index, self.defaults[i] if plan.key[i] is None else values[i])
        for step in steps:
            frame.put_template(index, step.template)
            if step.body is None:
                run(step.address, frame, step.chunks, step.work)
            else:
                run_body(step.body, frame, step.chunks)
        give_frame(frame)
        return 0

    def check_numbers(self, plan, values):
        """Raise where a number does not fit the result's integer type. Whether Python code was asked."""
        asked = 0
        for i in plan.scalars:
            # these fit any type
            if self.kinds[i] == SCALAR and (type(values[i]) is not int or not -127 <= values[i] <= 127):
                self.fitting(values[i], plan.outputs[0].dtype)
                asked = 1
        return asked

    def words_of_numbers(self, plan, values):
        """The words of a call's numbers, for devices that lay out the words by themselves."""
        if plan.checks_numbers:
            self.check_numbers(plan, values)
        return Template([self.defaults[i] if plan.key[i] is None else values[i] for i in plan.scalars]).words()

    def check_mutated(self, state, values):
        for i in self.mutated:
            for tensor in values[i] if self.kinds[i] == OPERANDS else (values[i],):
                if tensor is not None:
                    check_inplace(state, tensor, state.grad_enabled)

    def note_mutated(self, values):
        for i in self.mutated:
            for tensor in values[i] if self.kinds[i] == OPERANDS else (values[i],):
                if tensor is not None:
                    wrote(tensor)

    # Views

    def run_view(self, state, values):
        """Results over the memory of the first operand."""
        plan = self.last
        if plan is None or not self.has_key(plan, values, state.no_overrides):
            plan, values = self.find(state, values)
        source = values[0]
        made = []
        for i in range(len(plan.outputs)):
            meta = plan.outputs[i]
            offset = source.offset
            if meta.itemsize != source.meta.itemsize:
                if offset * source.meta.itemsize % meta.itemsize:
                    raise RuntimeError("self.storage_offset() must be divisible by "
                                       f"{meta.itemsize // source.meta.itemsize} to view "
                                       f"{SCALAR_TYPES[source.meta.dtype.name]} as {SCALAR_TYPES[meta.dtype.name]} "
                                       f"(different element sizes), but got {offset}")
                offset = offset * source.meta.itemsize // meta.itemsize
            offset += plan.deltas[i]
            check_bounds(meta, offset, source.memory.nbytes)
            tensor = tensor_over(source.memory, meta, offset)
            tensor.inference = source.inference
            made.append(tensor)
        outputs = tuple(made)
        if self.records:
            if state.grad_enabled and source.wants_grad():
                self.record(state, plan.key, values, outputs, plan.outputs, plan.gradable)
            for i in range(len(outputs)):
                track(state, outputs[i], source, self, plan.key[1:], i if plan.many else -1)
        return outputs if plan.many else outputs[0]

    def view_inplace(self, state, values):
        """A view in place: the first operand itself becomes it."""
        tensor = values[0]
        recorded = state.grad_enabled and tensor.wants_grad()
        check_inplace(state, tensor, recorded)
        view = self.run_view(state, values)
        retained = tensor.retains_grad
        if retained:
            del tensor.node.hooks.retains[tensor.output_nr]
        tensor.become(tensor.memory, view.meta, view.offset)
        if tensor.view_of is not None:
            tensor.view_of = view.view_of
        if recorded:
            tensor.node, tensor.output_nr = view.node, view.output_nr
        wrote(tensor)
        if retained:
            tensor.retain_grad()
        return tensor

    # Functions that make their results by themselves

    def run_host(self, state, values):
        """Call the function without recording, and record the call as a whole."""
        plan, values = self.find(state, values)
        recording = state.grad_enabled
        state.grad_enabled = False
        try:
            result = self.function(*values)
        finally:
            state.grad_enabled = recording
        many = isinstance(result, (tuple, list))
        outputs = tuple(result) if many else (result,)
        if observing():
            tell("ran", self, values, outputs)
        if recording and self.records and self.wanted(values):
            metas = tuple([tensor.meta for tensor in outputs])
            self.record(state, plan.key, values, outputs, metas, gradable_of(metas))
        if not many:
            return result
        return outputs if self.returns is None else self.returns(outputs)

    # In place, and out=

    def write(self, state, values, targets, inplace):
        """Compute into `targets`: in place (the target is the first operand), or out=."""
        targets_of(self.name, targets)
        for target in targets:
            if target.overrides and not state.no_overrides:
                raise Overridden
        if self.kind != KERNEL:
            return self.write_any(state, values, targets, inplace)
        # the second parameter of those is `dim`: over all elements the type is the operands'
        if self.typed_by >= 0 and values[self.typed_by] is None and values[1] is not None:
            values = (*values[:self.typed_by], targets[0].meta.dtype, *values[self.typed_by + 1:])
        plan = self.last
        match = 0 if plan is None else self.has_key(plan, values, state.no_overrides)
        if match == 0:
            try:
                plan, values = self.find(state, values)
            except (NotImplementedError, IndexError) as error:       # a leaf is refused before its dimensions are seen
                if inplace or isinstance(error, NotImplementedError):
                    self.check_before_kernel(state, values, targets, inplace, getattr(error, "result", None),
                                             getattr(error, "exact", False))
                raise
        if len(targets) != len(plan.outputs):
            raise wrong_count(self.name, len(plan.outputs), len(targets))
        wanted = state.grad_enabled and self.records and plan.gradable[0] and (
            match == 2 or (match == 0 and self.wanted(values)))
        if not inplace and state.grad_enabled and (wanted or any_wanting(targets)):
            raise no_derivative(self.name)
        blind = inplace and not self.records and state.grad_enabled and any_wanting(targets)
        for tensor in targets:
            check_inplace(state, tensor, wanted or blind)
        danger = hazard(values, targets, True) if self.aliasing else 0
        how = fit(plan.outputs, targets, inplace)
        if how == RESIZED:
            return self.write_resized(state, plan, values, targets)
        if not self.aliasing:
            danger = hazard(values, targets, False)
        direct = plan
        if how == DIFFERS:
            direct = None if self.into is None else self.plan_into(plan.key, tuple([t.meta for t in targets]))
        self.carry_out(state, plan, None if danger else direct, values, targets, wanted, blind)
        if not inplace and plan.many:
            return targets if self.returns is None else self.returns(targets)
        return targets[0]

    def carry_out(self, state, plan, direct, values, targets, wanted, blind):
        """Launch the kernels on the targets by the plan `direct`, or, if there is none, apart, and copy; and record it.

        `blind`: there is no derivative, but what is written over has a history, which ends here."""
        node = None
        kept = values
        if wanted:
            node, kept = self.begin_inplace(state, plan.key, values)
        made = targets
        if direct is None:
            direct, made = plan, tuple([blank(meta) for meta in plan.outputs])
        if direct.elsewhere:
            launch_elsewhere(self, direct, made, values)
        else:
            self.launch(direct, made, values)
        if node is not None:
            self.save(state, node, kept, targets, targets[0])
        if made is not targets:
            copy_over(state, targets, made)
        else:
            for tensor in targets:
                wrote(tensor)
        if node is not None:
            tensor = targets[0]
            node.outputs = (tensor.meta,)
            rebase(tensor, node)
        elif blind:
            rebase(targets[0], Overwritten(targets[0], self.node_name))
        return 0

    def check_before_kernel(self, state, values, targets, inplace, dtype, exact):
        """What PyTorch looks at before it finds no kernel: may it be written to, does it take a result of `dtype`."""
        wanted = state.grad_enabled and self.records and self.wanted(values)
        if wanted and not inplace:
            raise no_derivative(self.name)
        for target in targets:
            if not target.inference:             # which is seen when the write is counted
                check_inplace(state, target, state.grad_enabled and self.wanted(values))
        hazard(values, targets, self.aliasing)
        for target in targets:
            if exact:
                check_exact(dtype, target.meta.dtype)
            if dtype is not None:
                check_cast(dtype, target.meta.dtype)
        return 0

    def write_resized(self, state, plan, values, targets):
        """Give an `out=` the shape of the result, and write it. Operands in the same memory are read before."""
        if self.into is not None:                # is the type one that will do?
            self.plan_into(plan.key, tuple([with_dtype(meta, t.meta.dtype)
                                            for meta, t in zip(plan.outputs, targets, strict=True)]))
        made = None
        if any([sharing(tensor, values) for tensor in targets]):
            for tensor in targets:
                if self.aliasing and any([tensor is value for value in values]):
                    raise wrong_shape(tensor.meta, plan.first)
            made = tuple([blank(meta) for meta in plan.outputs])
            if plan.elsewhere:
                launch_elsewhere(self, plan, made, values)
            else:
                self.launch(plan, made, values)
        for tensor, meta in zip(targets, plan.outputs, strict=True):
            if tensor.meta.sizes != meta.sizes:
                resize(tensor, meta, self.aliasing)
        if made is None:
            return self.write(state, values, targets, False)
        copy_over(state, targets, made)
        if not plan.many:
            return targets[0]
        return targets if self.returns is None else self.returns(targets)

    def write_any(self, state, values, targets, inplace):
        """out= and in place for kinds that have no plan of their own: compute, then copy."""
        if inplace or self.kind == VIEW:
            raise TypeError(f"{self.name}() has no form that writes to a given tensor")
        wanted = state.grad_enabled and ((self.records and self.wanted(values)) or any_wanting(targets))
        if hazard(values, targets, self.aliasing):
            raise overlapping()
        return write_made(self.name, state, targets, self.execute(state, values), wanted, self.exact, True)


def _start(called, args):
    op = called
    return op.start(args)


pellucid_make_methods(Op, _start)


def _alias(meta):
    """Another tensor over the same memory, at the same place of the graph."""
    return meta, 0


alias = Op("alias", _alias, (Parameter("input", OPERAND),), kind=VIEW)


@alias.derivative
def alias_backward(grad):
    return grad


register(alias=alias)
