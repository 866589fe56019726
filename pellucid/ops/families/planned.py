"""Operators that plan their own kernels: products, windows, copies, random words. And views, which need none."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from ...core import op as core_op
from ...core.op import Plan
from .declare import Parameters, names_besides, positional, register
from .spec import Planned, View
from .types import expect_dtypes

__all__ = ["structured", "view_op"]


def structured(function: FunctionType | None = None, *, operands: str = "", lists: str = "", numbers: str = "",
               scalars: str = "", name: str = "",
               exact: bool | str = False, into: Callable[..., Plan] | None = None, aliasing: bool = False,
               public: bool = True, linear: Sequence[str] = (),
               mutates: Sequence[str] = (), aliases: dict[str, str] | None = None, literal: bool = True) -> Any:
    """Declare an operator that plans its own kernels: called with the key (Metas, number types, statics) it returns a
    Plan.

    operands   names of the parameters that are tensors (a `?` behind one: or None); else those annotated as Meta
    lists      names of those that are sequences of tensors
    numbers    operands that may be numbers              scalars    numbers for the kernel
    exact      whether an `out=` must have just the result's type; or the name of a parameter: if that is given
    into       into(results, *key) is the Plan that writes tensors of these Metas: for `out=` and in-place calls
    aliasing   whether the kernel may write over an operand that lies exactly where the result goes
    literal    whether kernels take memory for what it holds; else they go by `Meta.stored`
    """
    if function is None:
        return lambda function: structured(function, operands=operands, lists=lists, numbers=numbers, scalars=scalars,
                                           name=name, exact=exact, into=into,
                                           aliasing=aliasing, public=public, linear=linear, mutates=mutates,
                                           aliases=aliases, literal=literal)
    parameters = Parameters.of_kinds(function, operands, lists, numbers, scalars)
    plan = positional(function)
    writes = None
    if into is not None:
        writes = lambda op, key, results: into(results, *key)          # noqa: E731
    elif exact:
        asked = next((i for i, p in enumerate(parameters.declared) if p.name == exact), None)

        def writes(op: Any, key: tuple[Any, ...], results: Any) -> None:
            if asked is None or key[asked] is not None:
                expect_dtypes(plan(*key), results)
    shown = name or function.__name__
    op = core_op.Op(shown.lstrip("_") if shown.startswith("__") else shown, parameters.public(function),
                    parameters.declared, lambda op, key: plan(*key), into=writes, aliasing=aliasing, mutates=mutates,
                    aliases=names_besides(parameters.names) | (aliases or {}))
    op.spec = Planned(plan=plan, linear=tuple(linear))
    op.literal = literal
    return register(op) if public else op


def view_op(function: Callable | None = None, *, public: bool = True, name: str | None = None,
            variadic: str | None = None, dims: str | None = None) -> Any:
    """Declare a view: `function(meta, *statics)` gives (Meta, distance), or a list of such pairs for a tuple of views.
    `dims` names the parameters that are dimensions, else those called dim, dim0, dims and the like."""
    if function is None:
        return lambda function: view_op(function, public=public, name=name, variadic=variadic, dims=dims)
    first, *rest = inspect.signature(function).parameters
    parameters = Parameters.of_kinds(function, first, variadic=variadic)
    op = core_op.Op(name or function.__name__, parameters.public(function), parameters.declared, None,
                    kind=core_op.VIEW, aliases=names_besides(parameters.names))
    op.spec = View(look=function, linear=(first,),
                   dims=tuple(dims.split() if dims is not None else [n for n in rest if n.startswith("dim")]))
    return register(op) if public else op
