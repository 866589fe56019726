"""Places: elements read from, or written to, where indices say. Indexing, gather and scatter, embedding go through
here.

Two shapes of walk. *Across* (`along` false): the indices of the dimensions `dims` broadcast against each other, the
operand's other dimensions stay where they are. *Along*: there is one index, of as many dimensions as the operand, whose
values stand for places along the one dimension. All indices are in range (the public operators see to that); kernels
clamp them nevertheless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import le
from types import FunctionType
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...codegen.kernel import Launch
from ...codegen.schedules import maps
from ...codegen.schedules.loop import Arg
from ...codegen.targets.target import Target
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Plan
from .declare import Parameters, names_besides, plan_of, scalar_kinds
from .maps import to_compute
from .spec import Place

__all__ = ["geometry", "gather", "scatter", "COMBINE"]


def _added(old: Any, new: Any) -> Any:
    return old | new if m.is_bool(old) else old + new


def _multiplied(old: Any, new: Any) -> Any:
    return old & new if m.is_bool(old) else old * new


COMBINE: dict[str | None, Callable | None] = {None: None, "add": _added, "multiply": _multiplied}


def geometry(input: Meta, indices: Sequence[Meta], dims: Sequence[int],
             along: bool) -> tuple[tuple[int, ...], tuple[int, ...], list]:
    """The shape of the walk; the strides over it of the input, 0 where an index decides; and those of each index.
    RuntimeError where the walk would leave the input: the public operators have looked, but at tensors that another
    thread may have changed since.
    """
    check(all(-1 < d < input.ndim for d in dims), "a dimension of {} of a tensor with {}", list(dims), input.ndim)
    if along:
        (index,), (dim,) = indices, dims
        check(index.ndim == input.ndim and all(d == dim or n <= input.sizes[d] for d, n in enumerate(index.sizes)),
              "an index of shape {} along dimension {} of a tensor of shape {}", list(index.sizes), dim,
              list(input.sizes))
        return index.sizes, tuple(0 if d == dim else stride for d, stride in enumerate(input.strides)), [index.strides]
    shape = metas.broadcast_shapes(*(index.sizes for index in indices))
    rest = [d for d in range(input.ndim) if d not in dims]
    together = list(dims) == list(range(dims[0], dims[0] + len(dims)))
    before, after = (rest[:dims[0]], rest[dims[0]:]) if together else ([], rest)
    strides = [[0] * len(before) + list(metas.broadcast_strides(index, shape)) + [0] * len(after) for index in indices]
    return ((*(input.sizes[d] for d in before), *shape, *(input.sizes[d] for d in after)),
            (*(input.strides[d] for d in before), *(0 for _ in shape), *(input.strides[d] for d in after)),
            [tuple(s) for s in strides])


def _indexed(meta: Meta, strides: tuple[int, ...], dims: Sequence[int]) -> Arg:
    """An operand whose address the inputs 1, 2, ... move, along its dimensions `dims`."""
    return Arg(meta.stored, strides, tuple(range(1, 1 + len(dims))), tuple(meta.strides[d] for d in dims),
               tuple(meta.sizes[d] for d in dims))


def _first(value: Any, *indices: Any) -> Any:
    return value


def gather(function: FunctionType | None = None, *, name: str = "") -> Any:
    """Declare an operator that reads: `function(input, indices, dims, along, ordered, ...)` only names what there is;
    more parameters are for its derivative. With `ordered` the result is laid out as the operands are, else
    contiguous."""
    if function is None:
        return lambda function: gather(function, name=name)
    name = name or function.__name__
    parameters = Parameters.of_kinds(function, "input", "indices")

    def planner(op: Any, key: tuple[Any, ...]) -> Plan:
        input, indices, dims, along, ordered = key[:5]
        shape, strides, index_strides = geometry(input, indices, dims, along)
        given = [metas.make(shape, s, meta.dtype)
                 for meta, s in zip((input, *indices), (strides, *index_strides), strict=True)]
        output = metas.elementwise(shape, given, input.dtype, input.device) if ordered else metas.contiguous(shape,
            input.dtype, input.device)

        def build(target: Target) -> list[Launch]:
            inputs = [_indexed(input, strides, dims),
                      *(Arg(meta.stored, s) for meta, s in zip(indices, index_strides, strict=True))]
            return maps.map_plan("pick", _first, shape, [Arg(output.dtype, output.strides)], inputs, cost=0.1,
                                 vector_bytes=target.vector_bytes)

        return plan_of((output,), build)

    op = core_op.Op(name, parameters.public(function), parameters.declared, planner,
                    aliases=names_besides(parameters.names))
    op.spec = Place(at="indices", reads="input", linear=("input",))
    op.literal = False
    return op


def scatter(function: FunctionType | None = None, *, name: str = "") -> Any:
    """Declare an operator that writes, only ever run in place, by callers who saw to it that neither indices nor value
    share the input's memory: `function(input, indices, value, dims, along, combine, skip)` only names what there is.
    `combine` is a word of COMBINE; values whose (first) index is `skip` add nothing."""
    if function is None:
        return lambda function: scatter(function, name=name)
    name = name or function.__name__
    parameters = Parameters.of_kinds(function, "input value", "indices", numbers="value", scalars="skip")

    def into(op: Any, key: tuple[Any, ...], outputs: Sequence[Meta]) -> Plan:
        input, indices, value, dims, along, combine, skip = key
        check(skip is None or combine == "add", "{}: only sums can skip an index", name)
        output, = outputs
        shape, strides, index_strides = geometry(output, indices, dims, along)

        def build(target: Target) -> list[Launch]:
            # the operand that is written over only lends its pointer
            nothing = Arg(input.dtype, (0,) * len(shape))
            tensors = [Arg(meta.stored, s) for meta, s in zip(indices, index_strides, strict=True)]
            if isinstance(value, Meta):
                check(not along or value.ndim == len(shape) and all(map(le, shape, value.sizes)),
                      "a value of shape {} for an index of shape {}", list(value.sizes), list(shape))
                tensors.append(Arg(value.stored,
                                   value.strides[:len(shape)] if along else metas.broadcast_strides(value, shape)))
            return maps.map_plan("place", _placed(output.dtype, len(indices)), shape, [_indexed(output, strides, dims)],
                                 [nothing, *tensors], scalar_kinds([value, skip]), COMBINE[combine], cost=0.2,
                                 vector_bytes=target.vector_bytes)

        return plan_of((output,), build)

    op = core_op.Op(name, parameters.public(function), parameters.declared, lambda op, key: into(op, key, (key[0],)),
                    into=into, aliasing=True, aliases=names_besides(parameters.names))
    op.spec = Place(at="indices", writes="input")
    op.literal = False
    return op


@lru_cache(256)
def _placed(dtype: dtypes.dtype, count: int) -> Callable:
    """The body of a writing kernel: (any element, indices, value, the index to skip)."""
    def body(nothing: Any, *rest: Any) -> Any:
        value = to_compute(rest[count], dtype)
        if len(rest) == count + 1:
            return value
        return m.where(m.convert(rest[0], "i64") == rest[count + 1], m.zero(value), value)

    return body
