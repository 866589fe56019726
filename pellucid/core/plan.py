"""What a family of operators gives the core: Parameters, and Plans made of Steps.

A Plan says what a call of certain metas and number types returns and which kernels fill it. Made by the planners in
pellucid/ops, kept and carried out by core/op.py. How to make them stands in docs/operators.md.
"""

import math

import cython

from pellucid.core.devices import has_data
from pellucid.device import CPU

if not cython.compiled:                          # compiled, these come from the .pxd files
    from pellucid.core.frames import Template
    from pellucid.core.geometry import Meta
    from pellucid.core.layout import extent
    from pellucid.core.threads import LONG

    OPERAND, OPERANDS, SCALAR, STATIC = range(4)
    KERNEL, VIEW, COMPOSITE, HOST, INPLACE = range(5)
    EITHER, ONLY_BOOLS, NO_BOOLS = range(3)


class _Word:
    """A value that is only itself."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


REQUIRED = _Word("REQUIRED")


class Parameter:
    """One parameter of an operator; see docs/operators.md. `bools`: whether a STATIC takes True and False, which a
    dictionary of plans takes for 1 and 0."""

    __slots__ = ("name", "kind", "default", "numbers", "keyword_only", "variadic", "bools")

    def __init__(self, name, kind, default=REQUIRED, *, numbers=False, keyword_only=False, variadic=False):
        self.name, self.kind, self.default = name, kind, default
        self.numbers, self.keyword_only, self.variadic = numbers, keyword_only, variadic
        self.bools = EITHER
        if kind == STATIC:
            self.bools = ONLY_BOOLS if isinstance(default, bool) else NO_BOOLS if name.startswith("dim") else EITHER

    is_tensor = property(lambda self: self.kind <= OPERANDS)
    is_list = property(lambda self: self.kind == OPERANDS)
    is_number = property(lambda self: self.kind == SCALAR)
    is_static = property(lambda self: self.kind == STATIC)

    def __repr__(self):
        default = "" if self.default is REQUIRED else f"={self.default!r}"
        return f"{self.name}{default}: {('OPERAND', 'OPERANDS', 'SCALAR', 'STATIC')[self.kind]}"


class Step:
    """One launch of a kernel: machine code at an address, a Python function that stands for it, or whatever a target
    for another device makes of a kernel.
    """

    def __init__(self, name, address, words, chunks, work):
        self.name, self.operator = name, ""
        self.address = address if isinstance(address, int) else 0
        self.body = None if isinstance(address, int) else address
        self.template = Template(words)
        self.chunks = chunks
        self.work = work

    @property
    def code(self):
        """What the target made of the kernel."""
        return self.address if self.body is None else self.body

    def after(self, words):
        """The same step, with these words before its own."""
        return Step(self.name, self.code, (*words, *self.template.words()), self.chunks, self.work)

    def __repr__(self):
        return f"<step {self.name} of {self.operator}: {self.chunks} chunks, {self.work} ns>"

    def __reduce__(self):
        raise TypeError("a Step holds an address: it can be neither copied nor pickled")


class Plan:
    """What an operator does for one key: the metas of its results, and the steps that fill them, made when first
    needed.

    device      where it runs: where the results lie (or, where there are none, what is written to)
    elsewhere   whether any of its tensors lies outside the host's memory: see core/elsewhere.py
    moved       the operand whose bytes, on another device, become the result as they are; -1: steps fill it
    resolves    whether there is none but for copies of the operands in place of conjugated and negated views
    """

    def __init__(self, outputs, build=None, scratch=0, differentiable=None, device=None, moved=-1):
        self.outputs = tuple(outputs)
        self.build = build
        self.scratch = scratch
        self.many = len(self.outputs) != 1
        self.deltas = self.steps = None
        self.pointers = self.scalars = b""
        self.constants, self.checks_numbers, self.resolves = (), False, False
        self.operator = ""
        if not self.many:
            self.first = self.outputs[0]
            self.size = _bytes_of(self.first)
        self.device, self.moved = self.outputs[0].device if self.outputs else device or CPU, moved
        self.gradable = gradable_of(self.outputs)
        if differentiable is not None:               # results that the derivative takes no gradient of, statistics say
            self.gradable = bytes([a and b for a, b in zip(self.gradable, differentiable, strict=True)])

    def lay_out(self, op, key):
        """Note where the words of a call with this key come from: the parameters that give pointers, and those that
        give numbers.

        Numbers that are all defaults are no business of a call: they stand before the steps' own words once and for
        all.
        """
        self.key, self.operator = key, op.name
        self.elsewhere = op.kind == KERNEL and lies_elsewhere(op, self, key)
        self.pointers = bytes([i for i in range(op.count)
                               if op.kinds[i] == OPERANDS or (op.kinds[i] == OPERAND and isinstance(key[i], Meta))])
        self.scalars = bytes([i for i in range(op.count) if gives_number(op.kinds[i], op.defaults[i], key[i])])
        self.checks_numbers = op.fitting is not None and self.outputs[0].dtype.is_integral and \
            any([isinstance(key[i], type) and op.kinds[i] == SCALAR for i in self.scalars])
        if not any([isinstance(key[i], type) for i in self.scalars]):
            self.constants = tuple([op.defaults[i] for i in self.scalars])
            self.scalars = b""
        return self

    def launches(self):
        """The steps."""
        if self.steps is None:
            steps = () if self.build is None else self.build()
            if len(steps) == 2 and isinstance(steps[1], int):        # with the scratch that they take
                steps, self.scratch = steps
            steps = tuple(steps)
            self.steps = tuple([step.after(self.constants) for step in steps]) if self.constants else steps
            for step in self.steps:              # a launch knows for whom it is
                step.operator = self.operator
                if hasattr(step.body, "operator"):
                    step.body.operator = self.operator
            self.long = not cython.compiled or any([step.body is not None or step.work >= LONG for step in steps])
        return self.steps

    def __repr__(self):
        return f"<plan of {list(self.outputs)}>"


def lies_elsewhere(op, plan, key):
    """Whether not all tensors of a call lie in the host's memory. RuntimeError where they lie apart: only the host's
    tensors without dimensions may join others, and what the operator names in `anywhere` and, of the host's, in
    `from_host`.
    """
    found = plan.device is not CPU
    for i in op.operands:
        for meta in key[i] if op.kinds[i] == OPERANDS else (key[i],):
            if not isinstance(meta, Meta) or meta.device is plan.device:
                continue
            found = True
            name = op.parameters[i].name
            comes = name in op.anywhere or (meta.device is CPU and i not in op.mutated
                                            and (meta.ndim == 0 or name in op.from_host))
            if not comes and has_data(plan.device):
                raise RuntimeError("Expected all tensors to be on the same device, but found at least two devices, "
                                   f"{plan.device} and {meta.device}!")
    return found


def gives_number(kind, default, part):
    """Whether a parameter, with this part of the key, gives the kernel a number."""
    return kind == SCALAR and (part is not None or default is not None) or kind == OPERAND and isinstance(part, type)


def is_form(part):
    """Whether a Meta, or one of a tuple of them, is that of a conjugated or negated view."""
    if isinstance(part, Meta):
        meta = part
        return meta.stored is not meta.dtype
    return isinstance(part, tuple) and any([is_form(item) for item in part])


def gradable_of(metas):
    """Which of the results may have gradients: those of floating or complex type. A byte a result."""
    return bytes([meta.dtype.category >= 2 for meta in metas])


def _bytes_of(meta):
    """The memory that a new tensor of this meta takes."""
    return (extent(meta)[1] + 1) * meta.itemsize


def start_of(tensor):
    """The byte of its storage at which a tensor starts. An empty one may claim to start anywhere."""
    return tensor.offset * tensor.meta.itemsize if tensor.meta.numel else 0


def is_default(value, default):
    """Whether a number is the default, bit for bit."""
    if value is default:
        return True
    if type(value) is not type(default) or value != default:
        return False
    return not isinstance(value, float) or math.copysign(1.0, value) == math.copysign(1.0, default)
