"""An operator: what happens between `a.tanh()` and the first instruction of its kernel.

    bind the arguments -> key -> plan (cached) -> allocate the results -> launch the kernels -> record a node, if a gradient is due

Called by user code (an Op is `pellucid.tanh` and, being a method descriptor, also `Tensor.tanh`) and by the slots of TensorBase.
Made by ops/family.py. Knows nothing of how kernels are written: a planner, a Python function set by the family, answers a key
with a Plan.

How a family makes an Op
------------------------
    Op(name, function, parameters, planner, *, kind=KERNEL, fuse=None, into=None, aliasing=False, returns=None, aliases=None, mutates=())

`function`     the declared Python function: gives __doc__, __signature__, __module__. For the kinds COMPOSITE, HOST and VIEW also the work.
`parameters`   a tuple of Parameter(name, kind, default=REQUIRED, *, numbers=False, keyword_only=False, variadic=False), in order.
                 OPERAND   a tensor; with `numbers` also a Python number; None if that is its default.   Key part: its Meta | the type
                           of the number (bool, int, float, complex; NumPy's numbers have been made into these) | None
                 OPERANDS  a sequence of tensors.                                                        Key part: a tuple of Metas
                 SCALAR    a number handed to the kernel at run time.    Key part: its type | None when it is (the same bits as) the default
                 STATIC    anything hashable (lists have become tuples).                                 Key part: itself
                 A `variadic` STATIC also takes loose numbers: x.view(2, 3). A None-valued OPERAND or SCALAR takes no word.
`planner(op, key) -> Plan`   raises PyTorch's exception on bad shapes and dtypes. Called once a key. `forget_plans()` after set_default_dtype.
`into(op, key, metas) -> Plan | None`   optional: a plan whose kernel writes tensors of these metas (any strides, another dtype of an allowed
                 category) directly: for `out=` and in-place calls whose result does not have the plan's own meta. Without it: compute, then copy_.
`aliasing`     the kernel may write over an operand that lies exactly where the result goes (every map). If False such calls use a copy.
`fuse(op, needs) -> Op | None`   the first-order derivative as one Op, for the operands that `needs` marks (a bool an OPERAND; a tuple of
                 bools an OPERANDS). With recipe = op.recipe(needs), it is called with the values of recipe.names, in that order, and
                 returns one gradient a marked operand (a single one not in a tuple). recipe.rule(*values) is the rule on just these values
                 (`needs`, if it takes it, is bound), giving one gradient an operand. Asked once a `needs`. None: recipe.rule on Tensors.
`returns`      None, or a callable making the result from the tuple of tensors (a named tuple's `_make`).
`aliases`      {"axis": "dim", ...}: other keyword names.
`mutates`      names of OPERAND or OPERANDS parameters that the kernel itself writes to (an optimiser's step); `outputs` may then be empty.

    Step(name, address, words, chunks, work)     `address` int, or a Python function(words: list[int], begin, end)
    Plan(outputs, build, scratch=0, differentiable=None)     `outputs`: Metas; build() -> tuple of Steps, called at the first launch; None: nothing
                                                 to run. `differentiable`: a bool a result, where not all floating ones are

The words of a kernel: outputs, tensor operands, scratch (if scratch > 0), numbers (number-valued OPERANDs and SCALARs, in parameter order;
a SCALAR is passed also when its key part is None, unless its default is None; complex takes two words), then the step's own words.

Kinds:  KERNEL     as above.
        VIEW       function(meta, *rest) -> (Meta, delta), or a list of such pairs (the result is then a tuple of views); needs no planner.
                   The first parameter is an OPERAND, all others are STATIC. delta counts elements of the result's dtype.
        COMPOSITE  function(*args, **kwargs) calls other ops; seen whole by modes and __torch_function__; no parameters, no derivative.
        HOST       function(*values) returns a tensor or a tuple of tensors which it made by itself (LAPACK, results whose shape depends on
                   data); runs without recording, and is recorded as one node afterwards. values are as for KERNEL; needs no planner.

Derivatives:  op.derivative(rule), also as decorator: one rule for all operands; op.derivative("other")(rule): for one operand (then only what
that rule names is saved, if only `other` requires grad: prefer it where operands are expensive to keep). Argument names say what a rule gets:
    grad        the gradient of the only, or first, result          grads       a tuple, one a result (zeros where none came; None if not float)
    result      the only, or first, result                          result1     the second, and so on: only these are saved
    results     all of them
    needs       a bool an OPERAND, a tuple of bools an OPERANDS (in order of parameters)
    <operand>, <scalar>, <static>      its value                    <operand>_meta      its Meta without keeping its data; result_meta likewise
    <operand>_link      its place in the graph, likewise, if the derivative is itself recorded, else None: for one that depends on it with slope zero
A rule of all operands returns one gradient an operand (a list for OPERANDS) in order, or just one if there is one; None is no gradient.
The engine sums a gradient to its operand's shape and casts its dtype. Results of integer or bool dtype never require grad.
op.nondifferentiable(): said, not implied (results never require grad).

op.fitting = check: called with a SCALAR and the result's dtype, if that is of integers, to raise where it does not fit: kernels wrap it, silently.

op.inplace(name=None) -> Op   `name_`, sharing plans. Attributes may be set freely on an Op (batching rules, bodies ...).
"""

import inspect
import math
import warnings
import weakref
from types import MethodType

import cython
import numpy

from pellucid.core.autograd import note_traceback
from pellucid.core.derivative import OpNode, Recipe, node_type
from pellucid.core.meta import SCALAR_TYPES, overlaps_itself
from pellucid.core.modes import ask, overloaded
from pellucid.core.tensor import register
from pellucid.dtypes import can_cast

__all__ = ["Op", "Plan", "Step", "Parameter", "REQUIRED", "OPERAND", "OPERANDS", "SCALAR", "STATIC", "KERNEL",
           "VIEW", "COMPOSITE", "HOST", "INPLACE", "forget_plans"]

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.autograd import Node, Saved, _linked, check_inplace, check_savable, current, rebase, target_of, track, wrote
    from pellucid.core.memory import LONG, Template, allocate, give_frame, run, run_body, take_frame
    from pellucid.core.meta import Meta, check_bounds, contiguous, extent, is_dense, overlap
    from pellucid.core.tensor import TensorBase, any_overriding, blank, slots, tensor_over

    OPERAND, OPERANDS, SCALAR, STATIC = range(4)
    KERNEL, VIEW, COMPOSITE, HOST, INPLACE = range(5)

    def pellucid_make_methods(type, start):
        pass

    def new_named(base, type, empty):
        return base.__new__(type)


class _Word:
    """A value that is only itself."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


REQUIRED = _Word("REQUIRED")
ASK = _Word("ASK")                               # the answer of a call that a __torch_function__ has to be asked about first


# 1. What a family gives -----------------------------------------------------------------------------------------------------------

class Parameter:
    """One parameter of an operator; see above."""

    __slots__ = ("name", "kind", "default", "numbers", "keyword_only", "variadic")

    def __init__(self, name, kind, default=REQUIRED, *, numbers=False, keyword_only=False, variadic=False):
        self.name, self.kind, self.default = name, kind, default
        self.numbers, self.keyword_only, self.variadic = numbers, keyword_only, variadic

    is_tensor = property(lambda self: self.kind <= OPERANDS)
    is_list = property(lambda self: self.kind == OPERANDS)
    is_number = property(lambda self: self.kind == SCALAR)
    is_static = property(lambda self: self.kind == STATIC)

    def __repr__(self):
        default = "" if self.default is REQUIRED else f"={self.default!r}"
        return f"{self.name}{default}: {('OPERAND', 'OPERANDS', 'SCALAR', 'STATIC')[self.kind]}"


class Step:
    """One launch of a kernel: machine code at `address`, or a Python function that stands for it."""

    def __init__(self, name, address, words, chunks, work):
        self.name = name
        self.address = 0 if callable(address) else address
        self.body = address if callable(address) else None
        self.template = Template(words)
        self.chunks = chunks
        self.work = work

    def after(self, words):
        """The same step, with these words before its own."""
        return Step(self.name, self.body or self.address, (*words, *self.template.words()), self.chunks, self.work)

    def __repr__(self):
        return f"<step {self.name}: {self.chunks} chunks, {self.work} ns>"

    def __reduce__(self):
        raise TypeError("a Step holds an address: it can be neither copied nor pickled")


class Plan:
    """What an operator does for one key: the metas of its results, and the steps that fill them, made when first needed."""

    def __init__(self, outputs, build=None, scratch=0, differentiable=None):
        self.outputs = tuple(outputs)
        self.build = build
        self.scratch = scratch
        self.many = len(self.outputs) != 1
        self.deltas = self.steps = None
        self.places = self.numbers = b""
        self.constants, self.narrow = (), False
        if not self.many:
            self.first = self.outputs[0]
            self.size = _bytes_of(self.first)
        self.virtual = any([meta.device.type == "meta" for meta in self.outputs])
        self.gradable = _gradable(self.outputs)
        if differentiable is not None:               # results that the derivative takes no gradient of, statistics say
            self.gradable = bytes([a and b for a, b in zip(self.gradable, differentiable, strict=True)])

    def settle(self, op, key):
        """Note where the words of a call with this key come from: the parameters that give pointers, and those that give numbers.

        Numbers that are all defaults are no business of a call: they stand before the steps' own words once and for all.
        """
        self.key = key
        self.places = bytes([i for i in range(op.count) if op.kinds[i] == OPERANDS or (op.kinds[i] == OPERAND and isinstance(key[i], Meta))])
        self.numbers = bytes([i for i in range(op.count) if op.gives_number(i, key[i])])
        self.narrow = op.fitting is not None and self.outputs[0].dtype.is_integral and \
            any([isinstance(key[i], type) and op.kinds[i] == SCALAR for i in self.numbers])
        if not any([isinstance(key[i], type) for i in self.numbers]):
            self.constants = tuple([op.defaults[i] for i in self.numbers])
            self.numbers = b""
        return self

    def launches(self):
        """The steps."""
        if self.steps is None:
            steps = () if self.build is None or self.virtual else tuple(self.build())
            self.steps = tuple([step.after(self.constants) for step in steps]) if self.constants else steps
            self.long = not cython.compiled or any([step.body is not None or step.work >= LONG for step in steps])
        return self.steps

    def __repr__(self):
        return f"<plan of {list(self.outputs)}>"


def _gradable(metas):
    """Which of the results may have gradients: those of floating or complex type. A byte a result."""
    return bytes([meta.dtype.category >= 2 for meta in metas])


def _bytes_of(meta):
    """The memory that a new tensor of this meta takes."""
    return (extent(meta)[1] + 1) * meta.itemsize


def start_of(tensor):
    """The byte of its storage at which a tensor starts. An empty one may claim to start anywhere."""
    return tensor.offset * tensor.meta.itemsize if tensor.meta.numel else 0


def _truth(parameter):
    """1 if a parameter takes only True and False, 2 if anything but these, 0 if anything. To a dictionary of plans they are the same as 1 and 0."""
    if parameter.kind != STATIC:
        return 0
    return 1 if isinstance(parameter.default, bool) else 2 if parameter.name.startswith("dim") else 0


def _is_default(value, default):
    """Whether a number is the default, bit for bit."""
    if value is default:
        return True
    if type(value) is not type(default) or value != default:
        return False
    return not isinstance(value, float) or math.copysign(1.0, value) == math.copysign(1.0, default)


# 2. Operators ---------------------------------------------------------------------------------------------------------------------

_every_op = weakref.WeakSet()


def forget_plans():
    """Drop all plans. For whoever changes what planners look at besides keys: the default dtype, a setting of the code generator."""
    for op in list(_every_op):
        op.forget()


class Op:
    """An operator. Made by ops/family.py as the head of this file describes."""

    def __init__(self, name, function, parameters=(), planner=None, *, kind=KERNEL, fuse=None, into=None, aliasing=False, returns=None,
                 aliases=None, mutates=(), base=None):
        self.name = name
        self.function = function
        self.parameters = tuple(parameters)
        self.planner = planner
        self.kind = kind
        self.fuse, self.into, self.aliasing, self.returns, self.fitting = fuse, into, aliasing, returns, None
        self.aliases = aliases or {}
        self.base = base
        self.node_name = "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Backward0"
        self.rule = None
        self.rules = {}
        self.is_nondifferentiable = self.records = False
        self.recipes = {}
        self.forget()

        declared = self.parameters
        self.kinds = bytes([p.kind for p in declared])
        self.numbers = bytes([bool(p.numbers) for p in declared])
        self.truths = bytes([_truth(p) for p in declared])
        self.count = len(declared)
        self.takes_out = kind != COMPOSITE or "out" in function.__code__.co_varnames[:function.__code__.co_argcount + function.__code__.co_kwonlyargcount]
        self.positional = sum(not p.keyword_only for p in declared)
        self.defaults = tuple(p.default for p in declared)
        self.tails = [None if REQUIRED in self.defaults[n:] or n > self.positional else self.defaults[n:] for n in range(self.count + 1)]
        self.variadic = next((i for i, p in enumerate(declared) if p.variadic), -1)
        self.by_name = {p.name: i for i, p in enumerate(declared)}
        self.by_name |= {other: self.by_name[name] for other, name in self.aliases.items() if name in self.by_name}
        self.operands = tuple(i for i, p in enumerate(declared) if p.kind in (OPERAND, OPERANDS))
        self.has_lists = OPERANDS in self.kinds
        self.zeros = (0,) * len(self.operands)
        self.mutated = tuple(i for i, p in enumerate(declared) if p.name in mutates)
        _every_op.add(self)
        self.__name__ = self.__qualname__ = name
        self.__doc__, self.__module__ = function.__doc__, getattr(function, "__module__", None)
        self.__wrapped__ = function

    def forget(self):
        """Drop all plans."""
        self.plans, self.into_plans, self.last = {}, {}, None
        for recipe in self.recipes.values():
            if recipe.fused is not None:
                recipe.fused.forget()

    # Declaring the rest

    def derivative(self, *rules, **per_operand):
        """`@op.derivative`: the rule of all operands; `@op.derivative("other")`, `op.derivative(other=rule)`: the rule of one."""
        if len(rules) == 1 and callable(rules[0]):
            self.rule = rules[0]
        elif rules:
            def decorate(rule):
                self.derivative(**{name: rule for name in rules})
                return rule
            return decorate
        self.rules.update(per_operand)
        self.recipes, self.recent, self.recent_mask = {}, None, -1
        self.records = True
        return rules[0] if rules else self

    def nondifferentiable(self):
        """Say that there is no derivative: results never require grad."""
        self.is_nondifferentiable = True
        return self

    def inplace(self, name=None):
        """The operator `name_`, which writes its result over its first operand."""
        return Op(name or self.name + "_", self.function, self.parameters, self.planner, kind=INPLACE, aliases=self.aliases, base=self)

    def recipe(self, needs):
        """The derivative for the operands that `needs` marks."""
        found = self.recipes.get(needs)
        if found is None:
            found = self.recipes[needs] = Recipe(self, needs)
        return found

    # What Python sees

    def __repr__(self):
        return f"<op {self.name}>"

    @property
    def __signature__(self):
        """The public signature: what was declared, tensors called by that name, and the `out=` that every operator that computes takes."""
        found = inspect.signature(self.function)
        parameters = [p.replace(annotation=p.annotation.replace("Meta", "Tensor")) if isinstance(p.annotation, str) else p
                      for p in found.parameters.values()]
        if self.kind in (KERNEL, HOST) and not self.mutated and "out" not in found.parameters:
            parameters.append(inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None))
        return found.replace(parameters=parameters)

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
        return self.dispatch(current(), args, kwargs) if kwargs else self.start(args)      # compiled, the latter starts in _start

    def start(self, args):
        """A call without keywords, the usual one."""
        state = current()
        if state.busy:
            return self.dispatch(state, args, {})
        if self.kind == COMPOSITE:
            if any_overriding() or _is_stranger(args):
                return self.dispatch(state, args, {})
            try:
                return self.function(*args)
            except Exception as error:
                self.blame(error, args, {})
                raise
        n = len(args)
        values = args
        place = self.variadic
        if n != self.count or self.positional != self.count or place >= 0:
            if place >= 0 and place == self.count - 1 and n > place and type(args[place]) is int:
                values = (*args[:place], args[place:])                       # x.view(2, 3)
            elif place >= 0 and n == self.count and type(args[place]) is tuple:
                values = args
            elif place >= 0 or n > self.positional or self.tails[n] is None:
                values = self.bind(args, {})
            else:
                values = args + self.tails[n]
        found = self.execute(state, values)
        return ask(self, self.name, args, {}) if found is ASK else found

    def dispatch(self, state, args, kwargs):
        """Any call: modes first, then subclasses of Tensor, then the work."""
        if state.modes:
            return self.through_mode(state, args, kwargs)
        if self.kind == COMPOSITE:
            if (any_overriding() or _is_stranger(args)) and not state.no_overrides and overloaded(args, kwargs):
                return ask(self, self.name, args, kwargs)
            if kwargs.get("out") is not None and not self.takes_out:
                given = dict(kwargs)
                out = given.pop("out")
                targets = out if isinstance(out, (tuple, list)) else (out,)
                wanted = state.grad_enabled and any([t.requires_grad for t in self.targets_of(targets)])
                return self.write_made(state, targets, self.compose(args, given), wanted)
            return self.compose(args, kwargs)
        out = None
        given = kwargs
        if "out" in kwargs:
            given = dict(kwargs)
            out = given.pop("out")
        values = self.bind(args, given)
        if out is None:
            found = self.execute(state, values)
        else:
            found = self.write(state, values, out if isinstance(out, tuple) else (out,), False)
        return ask(self, self.name, args, kwargs) if found is ASK else found

    def compose(self, args, kwargs):
        """Call the function of a composite."""
        try:
            return self.function(*args, **kwargs)
        except Exception as error:
            self.blame(error, args, kwargs)
            raise

    def blame(self, error, args, kwargs):
        """TypeError if a composite, which checks no types, failed because an argument is no tensor: one that is declared as such, or that was
        asked for an attribute it does not have."""
        try:
            given = inspect.signature(self.function).bind(*args, **kwargs)
        except TypeError:
            return
        asked = error.obj if isinstance(error, AttributeError) else REQUIRED
        for i, p in enumerate(given.signature.parameters.values()):
            value = given.arguments.get(p.name)
            if p.default is not p.empty or isinstance(value, TensorBase) or hasattr(type(value), "__torch_function__"):
                continue
            if p.kind is not p.VAR_POSITIONAL and (p.annotation == "Tensor" or (value is asked and p.annotation is p.empty)):
                raise TypeError(f"{self.name}(): argument '{p.name}' (position {i + 1}) must be Tensor, not {_kind_of(value)}") from error
            for k, item in enumerate(value if isinstance(value, (tuple, list)) else ()):
                if item is asked:
                    raise TypeError(f"expected Tensor as element {k} in argument {i}, but got {_kind_of(item)}") from error

    def through_mode(self, state, args, kwargs):
        """Show the call to the innermost mode. While that decides, the mode itself sees nothing."""
        modes = state.modes
        state.modes = modes[:-1]
        state.settle()
        try:
            return modes[-1].handle(self, args, kwargs)
        finally:
            state.modes = modes
            state.settle()

    def bind(self, args, kwargs):
        """The values of all parameters, in order. TypeError in Python's manner."""
        values = list(args)
        place = self.variadic
        if place >= 0 and len(values) > place and _is_index(values[place]):
            values[place:] = [tuple(values[place:])]
        if len(values) > self.positional:
            least = sum(p.default is REQUIRED and not p.keyword_only for p in self.parameters)
            count = f"{self.positional}" if least == self.positional else f"from {least} to {self.positional}"
            raise TypeError(f"{self.name}() takes {count} positional argument{'' if self.positional == 1 else 's'} but {len(values)} "
                            f"{'was' if len(values) == 1 else 'were'} given")
        given = len(values)
        values += self.defaults[given:]
        for name, value in kwargs.items():
            i = self.by_name.get(name, -1)
            if i < 0:
                raise TypeError(f"{self.name}() got an unexpected keyword argument '{name}'")
            if i < given:
                raise TypeError(f"{self.name}() got multiple values for argument '{name}'")
            values[i] = value
        for value in values:
            if value is REQUIRED:
                missing = [f'"{p.name}"' for p, value in zip(self.parameters, values, strict=True) if value is REQUIRED]
                raise TypeError(f"{self.name}() missing {len(missing)} required positional arguments: {', '.join(missing)}")
        return tuple(values)

    def execute(self, state, values):
        """The work, with all values bound; ASK if a subclass has a say."""
        if self.kind == KERNEL:
            return self.run(state, values)
        if self.kind == VIEW:
            return self.run_view(state, values)
        if self.kind == INPLACE:
            if not isinstance(values[0], TensorBase):
                raise self.wrong_type(0, values[0])
            return self.base.turn(state, values) if self.base.kind == VIEW else self.base.write(state, values, (values[0],), True)
        return self.run_host(state, values)

    # From values to a plan. Here and where plans are carried out, bounds are not checked in compiled code: there are as many values, and
    # as many parts of a key, as parameters, for `bind` sees to the former, and `key_of` makes the latter.

    def gives_number(self, i, part):
        """Whether parameter i, with this part of the key, gives the kernel a number."""
        return self.kinds[i] == SCALAR and (part is not None or self.defaults[i] is not None) or self.kinds[i] == OPERAND and isinstance(part, type)

    @cython.boundscheck(False)
    @cython.wraparound(False)
    @cython.nonecheck(False)
    def fits(self, plan, values, deaf):
        """Whether these values have the key of `plan`, seen by identity alone. Most calls of an operator in a loop have that of the last.

        0: perhaps not; 1: they have; 2: they have, and one of them wants a gradient."""
        key = plan.key
        found = 1
        for i in range(self.count):
            kind = self.kinds[i]
            value = values[i]
            if kind == OPERAND and isinstance(value, TensorBase):
                tensor = value
                if tensor.meta is not key[i] or (tensor.overrides and not deaf):
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

    def key_of(self, values, deaf):
        """The key of a call; None if a value is not of the plainest kind."""
        parts = []
        for i in range(self.count):
            kind = self.kinds[i]
            value = values[i]
            part = value
            if kind == OPERAND:
                if isinstance(value, TensorBase):
                    tensor = value
                    if tensor.overrides and not deaf:
                        return None
                    part = tensor.meta
                    if part is None:
                        raise AttributeError("a tensor that was made by __new__ alone has neither shape nor data")
                elif value is not None or self.defaults[i] is not None:
                    part = type(value)
                    if self.numbers[i] == 0 or (part is not float and part is not int and part is not bool and part is not complex):
                        return None
            elif kind == SCALAR:
                if _is_default(value, self.defaults[i]):
                    part = None
                elif value is not None:
                    part = type(value)
                    if part is not float and part is not int and part is not bool and part is not complex:
                        return None
            elif kind == OPERANDS:
                if not isinstance(value, (tuple, list)):
                    return None
                metas = []
                for item in value:
                    if not isinstance(item, TensorBase):
                        return None
                    tensor = item
                    if tensor.overrides and not deaf:
                        return None
                    metas.append(tensor.meta)
                part = tuple(metas)
            elif type(value) is list:
                part = _hashable(value)
            elif isinstance(value, TensorBase) or (self.truths[i] and (value is True or value is False) != (self.truths[i] == 1)):
                return None
            parts.append(part)
        return tuple(parts)

    def admit(self, values, deaf):
        """The values with NumPy's numbers, 0-d tensors for numbers and the like made plain. ASK if a subclass has a say; else TypeError."""
        admitted = list(values)
        for i, p in enumerate(self.parameters):
            value = values[i]
            if isinstance(value, TensorBase):
                if value.overrides and not deaf:
                    return ASK
                if p.kind == SCALAR or (p.kind == STATIC and value.ndim == 0 and self.truths[i] != 1 and (self.truths[i] == 0 or value.dtype.is_integral)):
                    admitted[i] = int(value.item()) if self.truths[i] else value.item()
                elif p.kind == STATIC:
                    raise self.wrong_type(i, value)
                elif p.kind == OPERANDS:
                    raise TypeError(f"{self.name}(): argument '{p.name}' (position {i + 1}) must be tuple of Tensors, not Tensor")
            elif p.kind == STATIC:
                if self.truths[i] and isinstance(value, (bool, numpy.bool_)) != (self.truths[i] == 1):
                    raise self.wrong_type(i, value)
                if self.truths[i] == 1:
                    admitted[i] = bool(value)
            elif value is None and (p.default is None or p.kind == SCALAR):
                pass
            elif hasattr(type(value), "__torch_function__") and not deaf:
                return ASK
            elif p.kind == OPERANDS:
                if not isinstance(value, (tuple, list)):
                    raise TypeError(f"{self.name}(): argument '{p.name}' (position {i + 1}) must be tuple of Tensors, not {_kind_of(value)}")
                for k, item in enumerate(value):
                    if isinstance(item, TensorBase):
                        if item.overrides and not deaf:
                            return ASK
                    elif hasattr(type(item), "__torch_function__") and not deaf:
                        return ASK
                    else:
                        raise TypeError(f"expected Tensor as element {k} in argument {i}, but got {_kind_of(item)}")
            elif p.kind == SCALAR or p.numbers:
                number = _plain_number(value)
                if number is None:
                    raise self.wrong_type(i, value)
                admitted[i] = number
            else:
                raise self.wrong_type(i, value)
        return tuple(admitted)

    def wrong_type(self, i, value):
        p = self.parameters[i]
        wanted = "Number" if p.kind == SCALAR else "Tensor" if p.kind != STATIC else "bool" if self.truths[i] == 1 else "int"
        return TypeError(f"{self.name}(): argument '{p.name}' (position {i + 1}) must be {wanted}, not {_kind_of(value)}")

    def find(self, state, values):
        """(plan, values) of a call whose key is not that of the last; ASK if a subclass has a say."""
        key = self.key_of(values, state.no_overrides)
        if key is None:
            admitted = self.admit(values, state.no_overrides)
            if admitted is ASK:
                return ASK
            values = admitted
            key = self.key_of(values, state.no_overrides)
        return self.plan_for(key), values

    def plan_for(self, key):
        """The plan of a key, made if need be. The table is emptied when it is full: shapes that change all the time must not fill memory."""
        plan = self.plans.get(key)
        if plan is None:
            if self.kind == VIEW:
                found = self.function(*key)
                many = not isinstance(found, tuple)
                pairs = list(found) if many else [found]
                plan = Plan([meta for meta, delta in pairs])
                plan.deltas = tuple([delta for meta, delta in pairs])
                plan.many = many
            elif self.kind == HOST:
                plan = Plan(())
            else:
                plan = self.planner(self, key)
            if len(self.plans) >= 4096:
                self.plans.clear()
            self.plans[key] = plan.settle(self, key)
        self.last = plan
        return plan

    # Kernels

    def run(self, state, values):
        """Find the plan, allocate, launch, record."""
        plan = self.last
        fit = 0 if plan is None else self.fits(plan, values, state.no_overrides)
        if fit == 0:
            found = self.find(state, values)
            if found is ASK:
                return ASK
            plan, values = found
        if self.mutated:
            self.check_mutated(state, values)

        if plan.many:
            outputs = tuple([blank(meta) for meta in plan.outputs])
        elif plan.virtual:
            outputs = (blank(plan.first),)
        else:
            outputs = (tensor_over(allocate(plan.size), plan.first, 0),)
        if not plan.virtual:
            self.launch(plan, outputs, values)

        if self.mutated:
            self.note_mutated(values)
        if state.grad_enabled:
            if self.records and (fit == 2 or (fit == 0 and self.wanted(values))):
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
        if not steps:
            return 0
        if plan.narrow:
            for i in plan.numbers:
                if self.kinds[i] == SCALAR and (type(values[i]) is not int or not -127 <= values[i] <= 127):      # these fit any type
                    self.fitting(values[i], plan.outputs[0].dtype)
        frame = take_frame(plan.long)
        index = 0
        for tensor in outputs:
            index += frame.put_pointer(index, tensor.storage, start_of(tensor))
        for i in plan.places:
            if self.kinds[i] == OPERAND:
                tensor = values[i]
                index += frame.put_pointer(index, tensor.storage, start_of(tensor))
            else:
                for tensor in values[i]:
                    index += frame.put_pointer(index, tensor.storage, start_of(tensor))
        if plan.scratch > 0:
            scratch = allocate(plan.scratch)
            index += frame.put_pointer(index, scratch, 0)
        for i in plan.numbers:
            index += frame.put_scalar(index, self.defaults[i] if plan.key[i] is None else values[i])
        for step in steps:
            frame.put_template(index, step.template)
            if step.body is None:
                run(step.address, frame, step.chunks, step.work)
            else:
                run_body(step.body, frame, step.chunks)
        give_frame(frame)
        return 0

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
        if plan is None or not self.fits(plan, values, state.no_overrides):
            found = self.find(state, values)
            if found is ASK:
                return ASK
            plan, values = found
        source = values[0]
        made = []
        for i in range(len(plan.outputs)):
            meta = plan.outputs[i]
            offset = source.offset
            if meta.itemsize != source.meta.itemsize:
                if offset * source.meta.itemsize % meta.itemsize:
                    raise RuntimeError(f"self.storage_offset() must be divisible by {meta.itemsize // source.meta.itemsize} to view "
                                       f"{SCALAR_TYPES[source.meta.dtype.name]} as {SCALAR_TYPES[meta.dtype.name]} (different element sizes), "
                                       f"but got {offset}")
                offset = offset * source.meta.itemsize // meta.itemsize
            offset += plan.deltas[i]
            check_bounds(meta, offset, source.storage.nbytes)
            tensor = tensor_over(source.storage, meta, offset)
            tensor.inference = source.inference
            made.append(tensor)
        outputs = tuple(made)
        if self.records:
            if state.grad_enabled and source.wants_grad():
                self.record(state, plan.key, values, outputs, plan.outputs, plan.gradable)
            for i in range(len(outputs)):
                track(state, outputs[i], source, self, plan.key[1:], i if plan.many else -1)
        return outputs if plan.many else outputs[0]

    def turn(self, state, values):
        """A view in place: the first operand itself becomes it."""
        tensor = values[0]
        recorded = state.grad_enabled and tensor.wants_grad()
        check_inplace(state, tensor, recorded)
        found = self.run_view(state, values)
        if found is ASK:
            return ASK
        view = found
        retained = tensor.retains_grad
        if retained:
            del tensor.node.hooks.retains[tensor.output_nr]
        tensor.become(tensor.storage, view.meta, view.offset)
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
        found = self.find(state, values)
        if found is ASK:
            return ASK
        plan, values = found
        recording = state.grad_enabled
        state.grad_enabled = False
        try:
            result = self.function(*values)
        finally:
            state.grad_enabled = recording
        many = isinstance(result, (tuple, list))
        outputs = tuple(result) if many else (result,)
        if recording and self.records and self.wanted(values):
            metas = tuple([tensor.meta for tensor in outputs])
            self.record(state, plan.key, values, outputs, metas, _gradable(metas))
        if not many:
            return result
        return outputs if self.returns is None else self.returns(outputs)

    # In place, and out=

    def write(self, state, values, targets, inplace):
        """Compute into `targets`: in place (the target is the first operand), or out=."""
        for target in targets:
            if not isinstance(target, TensorBase):
                raise TypeError(f"{self.name}(): argument 'out' must be Tensor, not {_kind_of(target)}")
            if target.overrides and not state.no_overrides:
                return ASK
        if self.kind != KERNEL:
            return self.write_any(state, values, targets, inplace)
        plan = self.last
        if plan is None or not self.fits(plan, values, state.no_overrides):
            found = self.find(state, values)
            if found is ASK:
                return ASK
            plan, values = found
        if len(targets) != len(plan.outputs):
            raise TypeError(f"{self.name}(): argument 'out' must be a tuple of {len(plan.outputs)} Tensors, got {len(targets)}")
        wanted = state.grad_enabled and self.records and self.wanted(values)
        if not inplace and state.grad_enabled and (wanted or any([t.requires_grad for t in targets])):
            raise RuntimeError(f"{self.name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
                               "arguments requires grad.")
        direct = plan
        for i in range(len(targets)):
            tensor = targets[i]
            meta = plan.outputs[i]
            check_inplace(state, tensor, wanted)
            if tensor.meta is not meta:
                self.check_target(tensor, meta, inplace)
                if tensor.meta != meta:
                    direct = None
        danger = self.hazard(values, targets)
        if direct is None and self.into is not None:
            direct = self.plan_into(plan.key, tuple([t.meta for t in targets]))
        node = None
        kept = values
        if wanted:
            node, kept = self.begin_inplace(state, plan.key, values)
        if direct is None or danger:
            made = tuple([blank(meta) for meta in plan.outputs])
            if not plan.virtual:
                self.launch(plan, made, values)
            if node is not None:
                self.save(state, node, kept, targets, targets[0])
            self.copy_over(state, targets, made)
        else:
            if not plan.virtual:
                self.launch(direct, targets, values)
            if node is not None:
                self.save(state, node, kept, targets, targets[0])
            for tensor in targets:
                wrote(tensor)
        if node is not None:
            tensor = targets[0]
            node.outputs = (tensor.meta,)
            rebase(tensor, node)
        if not inplace and plan.many:
            return targets if self.returns is None else self.returns(targets)
        return targets[0]

    def write_any(self, state, values, targets, inplace):
        """out= and in place for kinds that have no plan of their own: compute, then copy."""
        if inplace or self.kind == VIEW:
            raise TypeError(f"{self.name}() has no form that writes to a given tensor")
        wanted = state.grad_enabled and (self.wanted(values) or any([t.requires_grad for t in targets]))
        if self.hazard(values, targets):
            raise RuntimeError("unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
                               "location. Please clone() the tensor before performing the operation.")
        result = self.execute(state, values)
        return ASK if result is ASK else self.write_made(state, targets, result, wanted)

    def targets_of(self, targets):
        """The tensors given as `out`, checked to be such."""
        for tensor in targets:
            if not isinstance(tensor, TensorBase):
                raise TypeError(f"{self.name}(): argument 'out' must be Tensor, not {_kind_of(tensor)}")
        return targets

    def write_made(self, state, targets, result, wanted):
        """Copy a finished result, or a tuple of them, to the tensors given as `out`."""
        made = result if isinstance(result, tuple) else (result,)
        if len(made) != len(targets):
            raise TypeError(f"{self.name}(): argument 'out' must be a tuple of {len(made)} Tensors, got {len(targets)}")
        if wanted or (state.grad_enabled and any([t.requires_grad for t in made])):
            raise RuntimeError(f"{self.name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
                               "arguments requires grad.")
        for tensor, source in zip(targets, made, strict=True):
            if not tensor.meta.contiguous and overlaps_itself(tensor.meta):
                raise RuntimeError("unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
                                   "Please clone() the tensor before performing the operation.")
            self.check_target(tensor, source.meta, False)
        self.copy_over(state, targets, made)
        return targets[0] if not isinstance(result, tuple) else result._make(targets) if hasattr(result, "_make") else tuple(targets)

    def check_target(self, tensor, meta, inplace):
        """Raise unless `tensor` can take a result of `meta`; an `out=` of another shape is resized."""
        if tensor.meta.sizes != meta.sizes:
            if inplace:
                raise RuntimeError(f"output with shape {list(tensor.meta.sizes)} doesn't match the broadcast shape {list(meta.sizes)}")
            if tensor.meta.numel:
                warnings.warn(f"An output with one or more elements was resized since it had shape {list(tensor.meta.sizes)}, which does not "
                              f"match the required output shape {list(meta.sizes)}. This behavior is deprecated, and in a future PyTorch "
                              "release outputs will not be resized unless they have zero elements. You can explicitly reuse an out tensor t "
                              "by resizing it, inplace, to zero elements with t.resize_(0).", UserWarning, stacklevel=2)
        if not can_cast(meta.dtype, tensor.meta.dtype):
            raise RuntimeError(f"result type {SCALAR_TYPES[meta.dtype.name]} can't be cast to the desired output type "
                               f"{SCALAR_TYPES[tensor.meta.dtype.name]}")
        if tensor.meta.device is not meta.device:
            raise RuntimeError(f"Expected out tensor to have device {meta.device}, but got {tensor.meta.device} instead")
        if tensor.meta.sizes != meta.sizes:
            fresh = contiguous(meta.sizes, tensor.meta.dtype, tensor.meta.device)
            tensor.become(blank(fresh).storage, fresh, 0)

    def hazard(self, values, targets):
        """Whether the kernel might read what it has already written, so that it must not write to the targets directly."""
        found = 0
        for target in targets:
            if not target.meta.contiguous and overlaps_itself(target.meta):
                raise RuntimeError("unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
                                   "Please clone() the tensor before performing the operation.")
            for value in values:
                if isinstance(value, TensorBase):
                    found |= self.collision(target, value)
                elif isinstance(value, (tuple, list)):
                    for item in value:
                        if isinstance(item, TensorBase):
                            found |= self.collision(target, item)
        return found

    def collision(self, target, tensor):
        """1 if `tensor` shares memory with the target in a way that calls for a copy. RuntimeError where PyTorch raises too."""
        if tensor is target:
            return not self.aliasing
        if tensor.storage is not target.storage:
            return 0
        how = overlap(target.meta, target.offset, tensor.meta, tensor.offset)
        if how == 2 and is_dense(target.meta) and is_dense(tensor.meta):
            raise RuntimeError("unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
                               "location. Please clone() the tensor before performing the operation.")
        return how == 2 or (how == 1 and not self.aliasing)

    def plan_into(self, key, metas):
        """The plan that writes tensors of just these metas, None if the family has none."""
        if (key, metas) not in self.into_plans:
            found = self.into(self, key, metas)
            if len(self.into_plans) >= 4096:
                self.into_plans.clear()
            self.into_plans[key, metas] = None if found is None else found.settle(self, key)
        return self.into_plans[key, metas]

    def copy_over(self, state, targets, made):
        """Copy results to where they are wanted, unrecorded."""
        before, busy = state.grad_enabled, state.busy
        state.grad_enabled, state.busy = False, False
        try:
            for target, source in zip(targets, made, strict=True):
                slots.copy_(target, source)
        finally:
            state.grad_enabled, state.busy = before, busy

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
        """(node, values to save from) of a write in place. If the derivative needs what is overwritten, that is a copy of it."""
        node = self.begin(state, key, values)
        if 0 in node.recipe.keeps:
            tensor = values[0]
            copy = blank(contiguous(tensor.meta.sizes, tensor.meta.dtype, tensor.meta.device))
            self.copy_over(state, (copy,), (tensor,))
            values = (_linked(copy, tensor.node, tensor.output_nr), *values[1:])
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
        return tuple([tensor.output_nr if isinstance(target, Node) else 0 for target, tensor in zip(targets, tensors, strict=True)])

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
        """Keep what the derivative names, and the versions. `written`: what is being written in place; its version is not yet counted up."""
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
                    storage = tensor.storage
                    node.versions[k] = storage.version
                    if storage.changed is None:
                        storage.changed = True
                    if written is not None and storage is written.storage:
                        value = _linked(tensor, tensor.node, tensor.output_nr)       # else node -> tensor -> node
                if saved is not None:
                    saved[i] = value
                k += 1
            node.saved = values if saved is None else tuple(saved)
        if recipe.keeps_results:
            kept = []
            for i in recipe.keeps_results:
                tensor = outputs[i]
                storage = tensor.storage
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
                if written is not None and value.storage is written.storage:
                    value = _linked(value, value.node, value.output_nr)
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


def _start(called, args):
    op = called
    return op.start(args)


pellucid_make_methods(Op, _start)


def _is_stranger(args):
    """Whether the first argument is no tensor, but of a class with a __torch_function__: what `any_overriding` cannot know of."""
    return len(args) > 0 and not isinstance(args[0], TensorBase) and getattr(type(args[0]), "__torch_function__", None) is not None


def _is_index(x):
    """Whether x is one size or dimension, given loosely."""
    return isinstance(x, (int, numpy.integer)) or (isinstance(x, TensorBase) and x.ndim == 0)


def _hashable(value):
    return tuple([_hashable(item) if isinstance(item, list) else item for item in value])


def _plain_number(value):
    """A number of NumPy or of a subclass as a plain one; None for anything else."""
    if isinstance(value, (bool, numpy.bool_)):
        return bool(value)
    if isinstance(value, (int, numpy.integer)):
        return int(value)
    if isinstance(value, (float, numpy.floating)):
        return float(value)
    if isinstance(value, (complex, numpy.complexfloating)):
        return complex(value)
    return None


def _kind_of(value):
    return type(value).__name__


if not cython.compiled:
    Op.variadic, Op.recent, Op.recent_mask, Op.node_type = -1, None, -1, None


def _alias(meta):
    """Another tensor over the same memory, at the same place of the graph."""
    return meta, 0


alias = Op("alias", _alias, (Parameter("input", OPERAND),), kind=VIEW)
alias.derivative(lambda grad: grad)

register(alias=alias)
