"""Declared functions: from a signature to parameters, from launches to steps, and the registry of public names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ...codegen.ir import Launch
from ...codegen.schedules.loop import Arg
from ...codegen.targets import cpu
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Parameter, Step
from .stepping import interpreted_launch, is_stepping

__all__ = ["REGISTRY", "OTHERS", "EITHER", "ANY", "NONE", "steps", "argument", "register"]


REGISTRY: dict[str, Any] = {}        # public name -> operator: what `pellucid.ops` and Tensor's methods are made of

# which operands of a map may be Python numbers: all but the first; any, if a tensor is left; any; none. Or names, in one string
OTHERS, EITHER, ANY, NONE = "but the first", "not all", "any", ""


def steps(launches: Sequence[Launch]) -> tuple[Step, ...]:
    """Compiled (or, in the stepping mode, interpreted): what the core runs."""
    if is_stepping():
        return tuple(map(interpreted_launch, launches))
    return tuple(Step(x.kernel.name, cpu.compile(x.kernel), tuple(x.words), x.chunks, int(x.work)) for x in launches)


def argument(meta: Meta, shape: Sequence[int]) -> Arg:
    """An operand as a schedule sees it when it is broadcast to `shape`."""
    return Arg(meta.dtype, metas.broadcast_strides(meta, shape))


class Parameters:
    """A signature sorted into what the core wants to know: operands (tensors or numbers), scalars (numbers for the kernel), statics.

    Without a list, parameters with no default or None are operands, those with a number are scalars, the rest are statics."""

    def __init__(self, function: Callable, operands: Sequence[str] | None = None, scalars: Sequence[str] | None = None, numbers: str = OTHERS):
        self.declared: list[Parameter] = []
        for p in inspect.signature(function).parameters.values():
            if p.name in operands if operands is not None else (p.default is p.empty or p.default is None):
                kind = core_op.OPERAND
            elif p.name in scalars if scalars is not None else type(p.default) in (int, float):
                kind = core_op.SCALAR
            else:
                kind = core_op.STATIC
            default = core_op.REQUIRED if p.default is p.empty else p.default
            number = kind == core_op.OPERAND and (numbers in (EITHER, ANY) or numbers == OTHERS and bool(self.declared) or p.name in numbers.split())
            self.declared.append(Parameter(p.name, kind, default, numbers=number, keyword_only=p.kind is p.KEYWORD_ONLY))
        self.names = [p.name for p in self.declared]

    def named(self, key: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(self.names, key))

    def numbers(self, key: Sequence[Any]) -> tuple[str, ...]:
        """The kinds of the numbers that the kernel is given: those of number-valued operands and of all scalars."""
        found = []
        for part, p in zip(key, self.declared):
            if p.kind == core_op.SCALAR:
                found.append(_NUMBER_KIND[part if part is not None else type(p.default)] if part is not None or p.default is not None else "")
            elif p.kind == core_op.OPERAND and not isinstance(part, Meta) and part is not None:
                found.append(_NUMBER_KIND[part])
        return tuple(k for k in found if k)


def scalar_kinds(parts: Sequence[Any]) -> tuple[str, ...]:
    """The kinds of numbers (i, f, c) that number types among `parts` reach a kernel as."""
    return tuple(_NUMBER_KIND[part] for part in parts if part in _NUMBER_KIND)


_NUMBER_KIND = {bool: "i", int: "i", float: "f", complex: "c"}


def register(op: Any, name: str | None = None) -> Any:
    """Make an operator public, under its own name or another."""
    REGISTRY[name or op.__name__] = op
    return op
