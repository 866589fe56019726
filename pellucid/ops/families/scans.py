"""Scans: a running value along one dimension."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen.schedules import scans
from ...codegen.schedules.scans import Scan
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Plan
from ...dtypes import dtype
from . import spec
from .declare import Parameters, argument, names_besides, plan_of, register
from .maps import to_compute
from .types import DEFAULT, expect_dtypes, output_dtype, type_name

__all__ = ["scan", "running", "widest"]


def widest(d: dtype) -> dtype:
    """The type that running values are kept in: float64 for floats, whose errors would add up along them."""
    return {"f": dtypes.float64, "c": dtypes.complex128}.get(d.kind, d)


def running(combine: Callable, joins: str = "", cost: float = 1.0) -> Callable[[dtype], Scan]:
    """The rule of a state and an element: `combine(state, element)`. For the kinds of type `joins` it may as well
    combine with the state of later elements; it takes `cost` ns."""
    def rule(d: dtype) -> Scan:
        wide = widest(d)
        return Scan(lambda i, x: (to_compute(x, wide),), lambda s, i, x: (combine(s[0], to_compute(x, wide)),),
                    lambda s: s, joined if d.kind in joins else None, cost)

    def joined(state: tuple, later: tuple) -> tuple:
        return combine(state[0], later[0]),

    return rule


def scan(rule: Callable[[dtype], Scan], *, promotes: str = DEFAULT, supports: str = "buifc",
         outs: Callable | None = None, reverse: bool = False,
         inplace: bool = True, public: bool = True, returns: Callable | None = None, linear: Sequence[str] = (),
         exact: bool | str = False, error: str = "") -> Callable:
    """Declare a scan along the parameter `dim` of its operands, which come before it and have one shape; `rule(type of
    the result)` is the Scan.

    outs        of several results: their types, from the type of the first
    reverse     from the end to the start
    returns     of several results: makes what is returned of the tuple
    exact       whether an `out=` must have just the result's type; or the name of a parameter: if that is given
    error       what PyTorch's message calls the kernel, for types that are not supported
    """
    typed = lru_cache(None)(rule)

    def declare(function: FunctionType) -> Any:
        name = function.__name__
        names = list(inspect.signature(function).parameters)
        parameters = Parameters.of(function, names[:names.index("dim")], ())
        inputs = len(names[:names.index("dim")])

        def planner(op: Any, key: tuple[Any, ...]) -> Plan:
            given = parameters.named(key)
            input = key[0]
            asked = given.get("dtype")
            out = output_dtype(input.dtype, promotes)[0] if asked is None else dtypes.element_type(name, asked)
            along = metas.wrap_dim(given["dim"], input.ndim, True)
            check(out.kind in supports, '"{}" not implemented for \'{}\'', error or name, type_name(out),
                  error=NotImplementedError)
            results = tuple(metas.contiguous(input.shape, d, input.device)
                            for d in ((out,) if outs is None else outs(out)))
            shape = tuple(input.shape) or (1,)
            args = [argument(result, shape) for result in results], [argument(x, shape) for x in key[:inputs]]
            return plan_of(results,
                           lambda target: scans.scan_plan(name.lstrip("_"), typed(out), shape, along, *args, reverse,
                                                                vector_bytes=target.vector_bytes))

        def into(op: Any, key: tuple[Any, ...], results: Sequence[Meta]) -> None:
            if exact is True or exact and parameters.named(key)[exact] is not None:
                expect_dtypes(planner(op, key), results)

        op = core_op.Op(name, parameters.public(function), parameters.declared, planner, into=into if exact else None,
                        returns=returns, aliases=names_besides(parameters.names))
        op.typed_by = parameters.typed_by()
        op.spec = spec.Scan(rule=typed, reverse=reverse, dims=("dim",), linear=tuple(linear))
        op.literal = False
        if inplace and public:
            register(op.inplace())
        return register(op) if public else op

    return declare
