"""Declared functions: from a signature to parameters, from launches to steps, and the registry of public names."""

from __future__ import annotations

import inspect
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from types import FunctionType
from typing import Any

from ...codegen.schedules.loop import Arg
from ...codegen.targets import target_of
from ...codegen.targets.target import Launches, Target
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.observe import observing
from ...core.op import Parameter, Plan, Step
from ...device import device
from .observed import Observed

__all__ = ["REGISTRY", "OTHERS", "EITHER", "ANY", "NONE", "plan_of", "argument", "register", "names_besides",
           "return_type"]


# what NumPy's users may call arguments, as in PyTorch
ALIASES = {"axis": "dim", "keepdims": "keepdim", "a": "input", "x": "input", "x1": "input", "x2": "other",
           "axis0": "dim0", "axis1": "dim1"}

REGISTRY: dict[str, Any] = {}        # public name -> operator: what `pellucid.ops` and Tensor's methods are made of

# which operands of a map may be Python numbers: all but the first; any, if a tensor is left; any; none. Or names, in
# one string
OTHERS, EITHER, ANY, NONE = "but the first", "not all", "any", ""


def plan_of(outputs: Sequence[Meta], build: Callable[[Target], Launches], *,
            differentiable: Sequence[bool] | None = None, device: device | None = None, moved: int = -1) -> Plan:
    """The plan of results that kernels fill: `build(target)` plans their launches for the target of the results' device
    (or of `device`, where there are none), which says what code each becomes. The one place where a launch becomes
    code."""
    where = device or outputs[0].device

    def steps() -> tuple[tuple[Step, ...], int]:
        target = target_of(where.type)
        found = target.plan(build)
        launches, scratch = found if isinstance(found,
                                                tuple) and len(found) == 2 and isinstance(found[1], int) else (found, 0)
        code = (lambda x: Observed(x, target.code(x))) if observing() else target.code
        return tuple(Step(x.kernel.name, code(x), tuple(x.words), x.chunks, int(x.work)) for x in launches), scratch

    return Plan(outputs, steps, differentiable=differentiable, device=device, moved=moved)


def argument(meta: Meta, shape: Sequence[int]) -> Arg:
    """An operand as a schedule sees it when it is broadcast to `shape`."""
    return Arg(meta.stored, metas.broadcast_strides(meta, shape))


class Parameters:
    """A signature sorted into what the core wants to know: operands (tensors or numbers), scalars (numbers for the
    kernel), statics.
    """

    def __init__(self, declared: Sequence[Parameter]):
        self.declared = tuple(declared)
        self.names = [p.name for p in self.declared]

    @classmethod
    def of(cls, function: Callable, operands: Sequence[str] | None = None, scalars: Sequence[str] | None = None,
           numbers: str = NONE, skip: int = 0, optional: frozenset[str] = frozenset()) -> Parameters:
        """The parameters of a declared function, without the first `skip`. Without a list, parameters with no default
        or None are operands, those with a number are scalars, the rest are statics; `optional` operands may be None."""
        declared: list[Parameter] = []
        for p in list(inspect.signature(function).parameters.values())[skip:]:
            if p.name in operands if operands is not None else (p.default is p.empty or p.default is None):
                kind = core_op.OPERAND
            elif p.name in scalars if scalars is not None else type(p.default) in (int, float):
                kind = core_op.SCALAR
            else:
                kind = core_op.STATIC
            default = p.default if p.default is not p.empty else None if p.name in optional else core_op.REQUIRED
            number = kind == core_op.OPERAND and (numbers in (EITHER, ANY) or numbers == OTHERS and bool(declared)
                                                  or p.name in numbers.split())
            declared.append(Parameter(p.name, kind, default, numbers=number, keyword_only=p.kind is p.KEYWORD_ONLY))
        return cls(declared)

    @classmethod
    def of_kinds(cls, function: Callable, operands: str = "", lists: str = "", numbers: str = "", scalars: str = "",
                 variadic: str | None = None) -> Parameters:
        """The parameters of a function, by words (see `structured`); without `operands`, those annotated as Meta are.
        """
        (tensors, optional), (sequences, _) = optional_names(operands), optional_names(lists)
        declared = []
        for p in inspect.signature(function).parameters.values():
            marked = p.annotation if not operands else ""
            kind = core_op.OPERANDS if p.name in sequences or marked == "list[Meta]" else \
                core_op.OPERAND if p.name in tensors or marked in ("Meta", "Meta | None") else \
                core_op.SCALAR if p.name in scalars.split() else core_op.STATIC
            default = (p.default if p.default is not p.empty else None if p.name in optional or marked == "Meta | None"
                       else core_op.REQUIRED)
            declared.append(Parameter(p.name, kind, default, numbers=p.name in numbers.split(),
                                      keyword_only=p.kind is p.KEYWORD_ONLY, variadic=p.name == variadic))
        return cls(declared)

    @classmethod
    def for_values(cls, names: Sequence[str], op: Any) -> Parameters:
        """The parameters of a derivative, by the names of its values (see core/op.py): numbers reach a kernel as such,
        keys are statics.
        """
        mine = {p.name: p for p in op.parameters}
        declared = []
        for n in names:
            static = mine[n].kind == core_op.STATIC if n in mine else n.endswith("_meta")
            number = n in mine and mine[n].kind == core_op.SCALAR or n in mine and mine[n].numbers
            declared.append(Parameter(n, core_op.STATIC if static else core_op.OPERAND, None, numbers=number))
        return cls(declared)

    def typed_by(self) -> int:
        """Where `dtype` stands among the parameters of an operator along `dim`, the second: what it computes in if an
        `out=` does not say it. -1 if there is none."""
        return self.names.index("dtype") if self.names[1:2] == ["dim"] and "dtype" in self.names else -1

    def public(self, function: FunctionType, skip: int = 0) -> FunctionType:
        """The function with the signature that users see: without its first `skip` parameters, and with tensors where
        it is given Metas.
        """
        seen = inspect.signature(function)
        shown = [p.replace(annotation=_SHOWN.get(p.annotation, p.annotation))
                 for p in list(seen.parameters.values())[skip:]]
        function.__signature__ = seen.replace(parameters=shown)
        return function

    def named(self, key: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(self.names, key))

    def numbers(self, key: Sequence[Any]) -> tuple[str, ...]:
        """The kinds of the numbers that the kernel is given: those of number-valued operands and of all scalars."""
        found = []
        for part, p in zip(key, self.declared):
            if p.kind == core_op.SCALAR:
                found.append(_NUMBER_KIND[part if part is not None else type(p.default)] if part is not None
                             or p.default is not None else "")
            elif p.kind == core_op.OPERAND and not isinstance(part, Meta) and part is not None:
                found.append(_NUMBER_KIND[part])
        return tuple(k for k in found if k)


def positional(function: Callable) -> Callable:
    """A declared function called by position, keyword-only parameters included."""
    code = function.__code__
    if not code.co_kwonlyargcount:
        return function
    names = code.co_varnames[code.co_argcount:code.co_argcount + code.co_kwonlyargcount]

    def call(*values):
        return function(*values[:code.co_argcount], **dict(zip(names, values[code.co_argcount:])))

    call.__name__ = function.__name__
    return call


_SHOWN = {"Meta": "Tensor", "Meta | None": "Tensor | None", "list[Meta]": "Sequence[Tensor]"}


def optional_names(words: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """(all names, those behind which a `?` stands) of a string of names."""
    given = words.split()
    return tuple(word.rstrip("?") for word in given), frozenset(word[:-1] for word in given if word.endswith("?"))


def scalar_kinds(parts: Sequence[Any]) -> tuple[str, ...]:
    """The kinds of numbers (i, f, c) that number types among `parts` reach a kernel as."""
    return tuple(_NUMBER_KIND[part] for part in parts if part in _NUMBER_KIND)


_NUMBER_KIND = {bool: "i", int: "i", float: "f", complex: "c"}


def names_besides(parameters: Iterable[str]) -> dict[str, str]:
    """The other names of an operator's parameters; not those that are themselves such a name."""
    own = frozenset(parameters)
    return {other: name for other, name in ALIASES.items() if name in own and other not in own}


def return_type(name: str, fields: str) -> Any:
    """The class of an operator's results, which PyTorch prints with their names: `torch.return_types.max(...)`. Kept in
    RETURN_TYPES.
    """
    base = namedtuple(name, fields)
    kind = RETURN_TYPES[name] = type(name, (base,),
                                     {"__slots__": (), "__repr__": _named_results,
                                      "__module__": "pellucid.return_types",
                                                     "__doc__": f"What `{name}` returns: {', '.join(base._fields)}."})
    return kind


def _named_results(found: Any) -> str:
    inner = ",\n".join(f"{field}={value!r}" for field, value in zip(found._fields, found, strict=True))
    return f"torch.return_types.{type(found).__name__}(\n{inner})"


RETURN_TYPES: dict[str, Any] = {}


def register(op: Any, *names: str) -> Any:
    """Make an operator public, under its own name or others."""
    for name in names or (op.__name__,):
        REGISTRY[name] = op
    return op
