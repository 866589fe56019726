"""The two kernels of indexing: elements taken from places, and put there.

All of indexing, gather and scatter goes through `pick` and `place`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ... import dtypes
from ...check import check
from ...codegen.schedules import maps
from ...codegen.schedules.loop import Arg
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Parameter, Plan
from ...core.tensor import TensorBase
from ..arrange.view import slice_
from ..families.composites import composite
from ..families.declare import scalar_kinds, steps
from ..families.maps import to_compute
from ..families.types import expect_dtype
from ..made.interchange import exact_array
from ..reduce.range import index_range

if TYPE_CHECKING:
    from ...core.tensor import TensorBase as Tensor


INDEX_TYPES = (dtypes.int64, dtypes.int32)
MASK_TYPES = (dtypes.bool, dtypes.uint8)


def _geometry(input: Meta, indices: Sequence[Meta], dims: Sequence[int], along: bool) -> tuple[tuple[int, ...], tuple[int, ...], list]:
    """The shape of the walk; the strides over it of the input, 0 where an index decides; and those of each index."""
    if along:
        (index,), (dim,) = indices, dims
        return index.sizes, tuple(0 if d == dim else stride for d, stride in enumerate(input.strides)), [index.strides]
    shape = metas.broadcast_shapes(*(index.sizes for index in indices))
    rest = [d for d in range(input.ndim) if d not in dims]
    together = list(dims) == list(range(dims[0], dims[0] + len(dims)))
    before, after = (rest[:dims[0]], rest[dims[0]:]) if together else ([], rest)
    strides = [[0] * len(before) + list(metas.broadcast_strides(index, shape)) + [0] * len(after) for index in indices]
    return ((*(input.sizes[d] for d in before), *shape, *(input.sizes[d] for d in after)),
            (*(input.strides[d] for d in before), *(0 for _ in shape), *(input.strides[d] for d in after)), [tuple(s) for s in strides])


def _indexed(meta: Meta, strides: tuple[int, ...], dims: Sequence[int]) -> Arg:
    """An operand whose address the inputs 1, 2, ... move, along its dimensions `dims`."""
    return Arg(meta.dtype, strides, tuple(range(1, 1 + len(dims))), tuple(meta.strides[d] for d in dims),
               tuple(meta.sizes[d] for d in dims))


def _first(value: Any, *indices: Any) -> Any:
    return value


def _pick_planner(op: Any, key: tuple[Any, ...]) -> Plan:
    input, indices, dims, along, ordered = key
    shape, strides, index_strides = _geometry(input, indices, dims, along)
    given = [metas.make(shape, s, meta.dtype) for meta, s in zip((input, *indices), (strides, *index_strides), strict=True)]
    output = metas.elementwise(shape, given, input.dtype, input.device) if ordered else metas.contiguous(shape, input.dtype, input.device)

    def build() -> tuple:
        inputs = [_indexed(input, strides, dims), *(Arg(meta.dtype, s) for meta, s in zip(indices, index_strides, strict=True))]
        return steps(maps.map_plan("pick", _first, shape, [Arg(output.dtype, output.strides)], inputs, cost=0.1))

    return Plan((output,), build)


def _picked(input, indices, dims, along, ordered):
    """The elements of `input` at the indices of its dimensions `dims`, which are in range."""


_pick = core_op.Op("index", _picked, (Parameter("input", core_op.OPERAND), Parameter("indices", core_op.OPERANDS),
                                      *(Parameter(name, core_op.STATIC) for name in ("dims", "along", "ordered"))), _pick_planner)

_COMBINE = {"add": lambda old, new, truth: old | new if truth else old + new,
            "multiply": lambda old, new, truth: old & new if truth else old * new}


def _placing(combine: str | None, dtype: dtypes.dtype, count: int, number: bool) -> Callable:
    """The body of a placing kernel: (old element, indices, value)."""
    found = _BODIES.get((combine, dtype, count, number))
    if found is None:
        def body(old: Any, *rest: Any) -> Any:
            value = to_compute(rest[count], dtype)
            return value if combine is None else _COMBINE[combine](old, value, dtype is dtypes.bool)

        found = _BODIES[combine, dtype, count, number] = body
    return found


_BODIES: dict[tuple[Any, ...], Callable] = {}


def _place_into(op: Any, key: tuple[Any, ...], outputs: Sequence[Meta]) -> Plan:
    input, indices, value, dims, along, combine = key
    output, = outputs
    shape, strides, index_strides = _geometry(output, indices, dims, along)

    def build() -> tuple:
        # where the old element does not matter, any will do: the schedule then loads one a row
        old = _indexed(output, strides, dims) if combine else Arg(output.dtype, (0,) * len(shape))
        tensors = [Arg(meta.dtype, s) for meta, s in zip(indices, index_strides, strict=True)]
        if isinstance(value, Meta):
            tensors.append(Arg(value.dtype, value.strides[:len(shape)] if along else metas.broadcast_strides(value, shape)))
        body = _placing(combine, output.dtype, len(indices), not isinstance(value, Meta))
        return steps(maps.map_plan("place", body, shape, [_indexed(output, strides, dims)], [old, *tensors], scalar_kinds([value]),
                                    cost=0.2))

    return Plan((output,), build)


def _placed(input, indices, value, dims, along, combine):
    """`value` written to (or combined with) the elements of `input` at the indices of its dimensions `dims`, which are in range."""


# only ever run in place, by callers who saw to it that neither indices nor value share the input's memory
_place_ = core_op.Op("index_put", _placed, (Parameter("input", core_op.OPERAND), Parameter("indices", core_op.OPERANDS),
                                            Parameter("value", core_op.OPERAND, numbers=True),
                                            *(Parameter(name, core_op.STATIC) for name in ("dims", "along", "combine"))),
                     lambda op, key: _place_into(op, key, (key[0],)), into=_place_into, aliasing=True)


@_pick.derivative("input")
def _(grad, indices, input_meta, dims, along):
    return _place(grad.new_zeros(input_meta.shape), indices, grad, dims, along, "add")


@_place_.derivative("input")
def _(grad, indices, dims, along, combine):
    check(combine != "multiply", "the derivative for 'scatter' with reduce='multiply' is not implemented")
    return grad if combine == "add" else _place(grad.clone(), indices, 0, dims, along, None)


@_place_.derivative("value")
def _(grad, indices, value_meta, dims, along, combine):
    check(combine != "multiply", "the derivative for 'scatter' with reduce='multiply' is not implemented")
    found = _pick(grad, indices, dims, along, False)
    if along and found.shape != value_meta.shape:           # the value was larger than the index
        whole = grad.new_zeros(value_meta.shape)
        strided_part(whole, found.shape).copy_(found)
        return whole
    return found


_place_ = _place_.inplace()


def strided_part(input: Tensor, sizes: Sequence[int]) -> Tensor:
    """The first `sizes` elements of each dimension, a view."""
    for dim, size in enumerate(sizes):
        input = slice_(input, dim, 0, size)
    return input


def _place(input: Tensor, indices: Sequence[Tensor], value: Any, dims: Sequence[int], along: bool, combine: str | None) -> Tensor:
    """`_place_` for any operands. RuntimeError where they lie in the input's own elements, as far as PyTorch finds out; else there is a copy."""
    apart = list((*indices, value))
    for k, one in enumerate(apart):
        if isinstance(one, TensorBase) and one.storage is input.storage:
            check(not (metas.overlap(input.meta, input.offset, one.meta, one.offset) and metas.is_dense(input.meta) and metas.is_dense(one.meta)),
                  "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location. Please "
                  "clone() the tensor before performing the operation.")
            apart[k] = one.clone()
    return _place_(input, apart[:-1], apart[-1], tuple(dims), along, combine)


def _check_range(index: Tensor, low: int, high: int, message: str, *values: Any, error: type[Exception] = IndexError) -> None:
    """Raise `message`, its {index} filled in, unless all indices are in low .. high - 1."""
    if index.numel() == 0 or index.device.type != "cpu":
        return
    smallest, largest = index_range(index.detach())
    if smallest.item() < low or largest.item() >= high:
        found = exact_array(index.detach())
        raise error(message.format(*values, index=found[(found < low) | (found >= high)][0]))


OUT_OF_BOUNDS = "index {index} is out of bounds for dimension {} with size {}"


@composite(public=False)
def _delivered(found: Tensor) -> Tensor:
    return found


def _written(out: Tensor, found: Tensor, *operands: Tensor) -> Tensor:
    """A result written to an `out=`, which must have its type and share no memory with the operands."""
    check(isinstance(out, TensorBase), "argument 'out' must be Tensor, not {}", type(out).__name__, error=TypeError)
    expect_dtype(found.dtype, out.dtype)
    place = out.meta if out.shape == found.shape else metas.contiguous(found.shape, out.dtype, out.device)      # where PyTorch would write
    for operand in operands:
        check(operand.storage is not out.storage or not metas.overlap(place, out.offset, operand.meta, operand.offset), "unsupported operation: "
              "some elements of the input tensor and the written-to tensor refer to a single memory location. Please clone() the tensor before "
              "performing the operation.")
    return _delivered(found, out=out)
