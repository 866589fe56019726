"""One body run over many tensors at once, in place: what optimisers are made of.

`inplace_map(body, outputs, columns, scalars)` calls `body(*elements, *scalars)` for the elements of column after column
(parameters, gradients, states ...) and writes its results to the columns that `outputs` names. Everything runs as one
kernel launch, in chunks of 16k elements of whichever tensor: a hundred small tensors cost what one large one does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from ...check import check
from ...codegen.ir import Launch
from ...codegen.schedules import many
from ...codegen.targets.target import Target
from ...core import meta as metas
from ...core import op as core_op
from ...core.inplace import wrote
from ...core.meta import Meta
from ...core.op import Parameter, Plan
from .declare import plan_of
from .maps import to_compute
from .spec import Many

__all__ = ["inplace_map"]


def inplace_map(body: Callable, outputs: Sequence[int], columns: Sequence[Sequence[Any]],
                scalars: Sequence[float]) -> None:
    """Run `body` over groups of tensors: `columns[j][i]` is the j-th tensor of group i. Tensors of a group have one
    shape and are stored alike; their elements reach the body in the type that the first column computes in. `body` must
    be the same object at every call.

    Raises RuntimeError where the shapes of a group differ."""
    groups = len(columns[0])
    if not groups:
        return
    # padded, so that the number of tensors is hardly ever part of a kernel's text
    room = max(4, 1 << (groups - 1).bit_length())
    tensors: list[Any] = []
    for column in columns:
        tensors += column
        if room != groups:
            tensors += [column[0]] * (room - groups)
    _multi(body, tuple(outputs), len(columns), len(scalars))(tensors, *scalars, groups)
    for j in outputs:
        for tensor in columns[j]:
            wrote(tensor)


@lru_cache(1024)
def _multi(body: Callable, outputs: tuple[int, ...], count: int, scalars: int) -> Any:
    """The operator that runs one body."""
    def planner(op: Any, key: tuple[Any, ...]) -> Plan:
        flat: tuple[Meta, ...] = key[0]
        groups = key[-1]
        room = len(flat) // count
        columns = [flat[j * room:j * room + groups] for j in range(count)]
        for group in zip(*columns):
            for meta in group[1:]:
                check(meta.sizes == group[0].sizes, "{}: expected tensors of one shape, got {} and {}", body.__name__,
                      list(group[0].sizes), list(meta.sizes))
                check(meta.strides == group[0].strides and metas.is_dense(meta),
                      "{}: expected tensors that are stored alike, got strides {} and {} for "
                      "the shape {}",
                      body.__name__, group[0].strides, meta.strides, list(meta.sizes))
        rows = [tuple(c[i].stored for c in columns) for i in range(groups)]
        kinds = set(rows)

        def build(target: Target) -> list[Launch]:
            made = []
            for types in kinds:                              # usually one: a kernel for each mix of types
                mine = [i for i in range(groups) if rows[i] == types]
                table, chunks = many.multi_words([columns[0][i].numel for i in mine], mine, room)
                kernel = many.multi_kernel(body.__name__, _converted(body, types[0]), types, outputs, count * room,
                                           scalars, target.vector_bytes)
                work = sum(columns[0][i].numel for i in mine) * count * 0.2
                if chunks:
                    made.append(Launch(kernel, tuple(table), chunks, work))
            return made

        return plan_of((), build, device=flat[0].device)

    declared = [Parameter("tensors", core_op.OPERANDS),
                *(Parameter(f"scalar{k}", core_op.SCALAR) for k in range(scalars)), Parameter("groups", core_op.STATIC)]
    op = core_op.Op(body.__name__, body, tuple(declared), planner)
    op.spec = Many(body=body, outputs=outputs)
    op.literal = False
    return op


@lru_cache(1024)
def _converted(body: Callable, d: Any) -> Callable:
    """The body with all its operands, and the numbers, in the type that `d` computes in."""
    def call(*values):
        return body(*(to_compute(v, d) for v in values))

    call.__name__ = body.__name__
    return call
