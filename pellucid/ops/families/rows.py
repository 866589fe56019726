"""Row programs: several reductions and maps over the same rows in one kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from ...check import check
from ...codegen.ir import Value
from ...codegen.math import Complex
from ...codegen.schedules import rows
from ...codegen.schedules.loop import Arg
from ...core import meta as metas
from ...core.meta import Meta
from ...core.op import Plan
from ...dtypes import dtype
from .declare import argument, steps
from .maps import to_compute
from .reductions import kept_strides, reduced_shape
from .types import common_device, type_name

__all__ = ["row_op", "TensorRow"]


def row_op(name: str, body: Callable, shape: Sequence[int], dims: Sequence[int], outs: Sequence[tuple[dtype, str]], inputs: Sequence[Meta | None],
           common: dtype, numbers: Sequence[str] = (), raw: Sequence[bool] | None = None, keepdim: bool = False,
           layouts: Sequence[Meta | None] = (), differentiable: Sequence[bool] | None = None) -> Plan:
    """The plan of a row program over `dims` of `shape`. `outs` lists (type, "row" or "one"); inputs broadcast to `shape`, a None among
    them reaches the body as None."""
    check(common.kind != "s", '"{}" not implemented for \'{}\'', name, type_name(common), error=NotImplementedError)
    made = []
    args = []
    device = common_device(name, [i for i in inputs if i is not None])
    for k, (d, kind) in enumerate(outs):
        if kind == "row":
            like = layouts[k] if k < len(layouts) else None
            out = metas.contiguous(tuple(shape), d, device) if like is None else metas.elementwise(tuple(shape), [like], d, device)
            args.append(Arg(d, tuple(out.strides)))
        else:
            out = metas.contiguous(reduced_shape(shape, dims, keepdim), d, device)
            args.append(Arg(d, kept_strides(out, len(shape), dims, keepdim)))
        made.append(out)
    present = tuple(i is not None for i in inputs)
    wrapped = _row_body(body, present, common, tuple(raw) if raw else (False,) * len(present), len(numbers))
    launches = rows.row_plan(name, wrapped, shape, dims, args, [kind for _, kind in outs], [argument(i, shape) for i in inputs if i is not None],
                               tuple(numbers))
    return Plan(tuple(made), lambda: steps(launches), differentiable=differentiable)


@lru_cache(2048)
def _row_body(body: Callable, present: tuple[bool, ...], common: dtype, raw: tuple[bool, ...], numbers: int) -> Callable:
    def wrapped(row, *values):
        operands = iter(values)
        arguments = []
        for here, keep in zip(present, raw):
            if not here:
                arguments.append(None)
                continue
            value = next(operands)
            arguments.append(value if keep or not isinstance(value, (Value, Complex)) else to_compute(value, common))
        for value in operands:
            arguments.append(value if not isinstance(value, (Value, Complex)) else to_compute(value, common))
        return body(row, *arguments)

    wrapped.__name__ = body.__name__
    return wrapped


@lru_cache(1024)
def with_constant(body: Callable, constant: float) -> Callable:
    """A row program's body with its last argument filled in: the same object each time, so that its kernel is found again."""
    def filled(row, *values):
        return body(row, *values, constant)

    filled.__name__ = body.__name__
    return filled


class TensorRow:
    """What a row program's body calls on whole rows when it runs on tensors: under `create_graph`, and to read it in a debugger."""

    def __init__(self, dims: tuple[int, ...]):
        self.dims = dims

    def sum(self, x: Any) -> Any:
        return x.sum(self.dims, keepdim=True)

    def mean(self, x: Any) -> Any:
        return x.mean(self.dims, keepdim=True)

    def max(self, x: Any) -> Any:
        return x.amax(self.dims, keepdim=True)

    def min(self, x: Any) -> Any:
        return x.amin(self.dims, keepdim=True)

    def keep(self, compute: Callable) -> Any:
        return compute()
