"""Operators that are plain Python over others, and those that plan by themselves."""

from __future__ import annotations

import inspect
from types import FunctionType
from typing import Any

from ... import dtypes
from ...check import check
from ...core import op as core_op
from ...core.op import Parameter
from .declare import register
from .maps import _positional
from .types import expect_dtypes, type_name

__all__ = ["structured", "composite"]


def composite(function: FunctionType | None = None, *, inplace: bool = False, public: bool = True) -> Any:
    """Declare an operator made of others: its derivative follows from theirs. With `inplace` there is also `name_`, which computes from a
    copy of its first argument and writes the result over it."""
    if function is None:
        return lambda function: composite(function, inplace=inplace, public=public)
    op = core_op.Op(function.__name__, function, (), None, kind=core_op.COMPOSITE)
    if inplace:
        def write(input, *args, **kwargs):
            found = op(input.clone(), *args, **kwargs)
            check(found.meta.shape == input.meta.shape, "output with shape {} doesn't match the broadcast shape {}", list(input.meta.shape),
                  list(found.meta.shape))
            check(dtypes.can_cast(found.meta.dtype, input.meta.dtype), "result type {} can't be cast to the desired output type {}",
                  type_name(found.meta.dtype), type_name(input.meta.dtype))
            return input.copy_(found)

        write.__name__ = write.__qualname__ = function.__name__ + "_"
        write.__module__ = function.__module__
        write.__doc__ = f"`{function.__name__}`, written over the first argument."
        write.__wrapped__ = function
        register(core_op.Op(write.__name__, write, (), None, kind=core_op.COMPOSITE))
    return register(op) if public else op


def structured(function: FunctionType | None = None, *, exact: bool = False) -> Any:
    """Declare an operator that plans its own kernels: called with the key (Metas, number types, statics) it returns a Plan.

    Parameters annotated `Tensor` are operands, `list[Tensor]` a sequence of them, the others statics. With `exact` an `out=` must have just
    the result's type."""
    if function is None:
        return lambda function: structured(function, exact=exact)
    declared = []
    for p in inspect.signature(function).parameters.values():
        kind = {"Meta": core_op.OPERAND, "Meta | None": core_op.OPERAND, "list[Meta]": core_op.OPERANDS}.get(p.annotation, core_op.STATIC)
        default = p.default if p.default is not p.empty else None if p.annotation == "Meta | None" else core_op.REQUIRED
        declared.append(Parameter(p.name, kind, default, keyword_only=p.kind is p.KEYWORD_ONLY))
    plan = _positional(function)
    name = function.__name__
    into = (lambda op, key, results: expect_dtypes(plan(*key), results)) if exact else None
    return register(core_op.Op(name.lstrip("_") if name.startswith("__") else name, function, tuple(declared), lambda op, key: plan(*key), into=into))
