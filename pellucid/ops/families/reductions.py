"""Reductions: a rule for each accumulating type, kernels over any dimensions."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen.schedules import reductions
from ...codegen.schedules.loop import Arg
from ...codegen.schedules.reductions import Reduction
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Plan
from ...dtypes import dtype
from .declare import Parameters, argument, names_besides, plan_of, register
from .maps import to_compute
from .spec import Reduce
from .types import BOOL, DEFAULT, common_device, expect_dtypes, output_dtype, result_dtype, type_name

__all__ = ["reduction", "normal_dims", "reduce_op"]


def normal_dims(dim: Any, ndim: int, empty_is_all: bool = True) -> tuple[int, ...]:
    """The dimensions that `dim` (None, an int, a sequence) names, wrapped and sorted. Raises IndexError and, for
    repeats, RuntimeError.
    """
    check(ndim <= 64, "only tensors with up to 64 dims are supported")
    if dim is None or (empty_is_all and isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(ndim))
    given = (dim,) if isinstance(dim, int) else tuple(dim)
    found = [metas.wrap_dim(d, ndim, True) for d in given]
    for k, d in enumerate(found):
        check(d not in found[:k], "dim {} appears multiple times in the list of dims", d)
    return tuple(sorted(found)) if ndim else ()


def reduced_shape(shape: Sequence[int], dims: Sequence[int], keepdim: bool) -> tuple[int, ...]:
    return tuple(1 if d in dims else s for d, s in enumerate(shape) if keepdim or d not in dims)


def kept_strides(out: Meta, ndim: int, dims: Sequence[int], keepdim: bool) -> tuple[int, ...]:
    """An output's strides along all dimensions of the input (0 along the reduced ones)."""
    if keepdim:
        return tuple(0 if d in dims else out.strides[d] for d in range(ndim))
    left = iter(out.strides)
    return tuple(0 if d in dims else next(left) for d in range(ndim))


def reduce_op(name: str, red: Reduction, inputs: Sequence[Meta], dims: Sequence[int], keepdim: bool,
              outs: Sequence[dtype], numbers: Sequence[str] = (), cost: float = 0.1) -> Plan:
    """The plan of a reduction of operands (broadcast against each other) over `dims`."""
    shape = metas.broadcast_shapes(*(i.shape for i in inputs))
    device = common_device(name, inputs)
    made = tuple(metas.contiguous(reduced_shape(shape, dims, keepdim), d, device) for d in outs)
    args = [Arg(o.dtype, kept_strides(o, len(shape), dims, keepdim))
            for o in made], [argument(i, shape) for i in inputs]
    return plan_of(made, lambda target: reductions.reduce_plan(name, red, shape, dims, *args, tuple(numbers), cost))


def reduction(rule: Callable[[dtype], Reduction], promotes: str = DEFAULT, supports: str = "buifc",
              outs: Callable | None = None, empty: bool = True,
              returns: Callable | None = None, public: bool = True, cost: float = 0.1, exact: bool = False,
              linear: Sequence[str] = (), error: type[Exception] = NotImplementedError,
              refusal: str = '"{}" not implemented for \'{}\'') -> Callable:
    """Declare a reduction. Parameters without a default are operands (broadcast against each other); the others are
    among `dim` (annotated `int` where it can only be one), `keepdim` and `dtype`. `rule(compute type)` gives the
    Reduction.

    empty      whether a reduction of no elements has a value
    outs       the types of the outputs, from the type computed in and the input's
    exact      whether an `out=` must have just the result's type
    error      what is raised for types that are not supported, and
    refusal    in which words, given the operator's name and the type
    """

    def declare(function: FunctionType) -> Any:
        signature = inspect.signature(function).parameters.values()
        parameters = Parameters.of(function, [p.name for p in signature if p.default is p.empty and p.name != "dim"],
                                   ())
        name = function.__name__.lstrip("_").removesuffix("_dim")
        single = any(p.name == "dim" and p.annotation == "int" for p in signature)

        def planner(op: Any, key: tuple[Any, ...]) -> Plan:
            given = parameters.named(key)
            inputs = [part for part in key if isinstance(part, Meta)]
            check(not single or given["dim"] is None or hasattr(given["dim"], "__index__"),
                  "{}(): argument 'dim' must be int, not {}", name, type(given.get("dim")).__name__, error=TypeError)
            asked = None if given.get("dtype") is None else dtypes.element_type(name, given["dtype"])
            common = asked or result_dtype(inputs)
            if asked is None or promotes == BOOL:
                common, out = output_dtype(common, promotes)
            else:
                out = common
            usable = common.kind in supports
            check(usable or error is NotImplementedError, refusal, name, type_name(common), error=error)
            # all and any over () look at each element alone
            dims = normal_dims(given.get("dim"), inputs[0].ndim, promotes != BOOL)
            if not empty:
                check(inputs[0].numel or given.get("dim") not in (None, ()),
                      "{}(): Expected reduction dim to be specified for input.numel() == 0. "
                      "Specify the reduction dim with the 'dim' argument.", name,
                      error=IndexError if single else RuntimeError)
                for d in dims:
                    check(inputs[0].shape[d] != 0, "{}(): Expected reduction dim {} to have non-zero size.", name, d,
                          error=IndexError)
            check(usable, refusal, name, type_name(common), error=error)      # after the dimensions, as in PyTorch
            types = (out,) if outs is None else outs(common, inputs[0].dtype)
            return reduce_op(name, _typed(rule, common), inputs, dims, bool(given.get("keepdim", False)), types,
                             cost=cost)

        def into(op: Any, key: tuple[Any, ...], results: tuple[Meta, ...]) -> None:
            """No kernel of its own for an `out=` of another type or layout, which is copied to; but is its type one
            that will do?
            """
            if exact or parameters.named(key).get("dtype") is not None:
                expect_dtypes(planner(op, key), results)
            elif promotes == BOOL:
                check(results[0].dtype in (dtypes.bool, dtypes.uint8),
                      "{} only supports bool tensor for result, got: {}", name, type_name(results[0].dtype))

        op = core_op.Op(name, parameters.public(function), parameters.declared, planner, into=into, returns=returns,
                        aliases=names_besides(parameters.names))
        op.typed_by = parameters.typed_by()
        op.spec = Reduce(rule=rule, dims=("dim",), linear=tuple(linear))
        op.literal = False
        return register(op) if public else op

    return declare


@lru_cache(1024)
def _typed(rule: Callable[[dtype], Reduction], common: dtype) -> Reduction:
    """A Reduction that takes elements of any type and computes in `common`."""
    red = rule(common)
    step = red.step
    if red.indexed:
        return red._replace(step=lambda state, position, *xs: step(state, position,
                                                                   *(to_compute(x, common) for x in xs)))
    return red._replace(step=lambda state, *xs: step(state, *(to_compute(x, common) for x in xs)))
