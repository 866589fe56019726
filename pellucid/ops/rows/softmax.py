"""Softmax and its logarithm."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...core import meta as metas
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Parameter, Plan
from ...dtypes import dtype
from ..families.composites import structured
from ..families.rows import TensorRow, row_op
from ..families.types import type_name


def _one_dim(dim: int, meta: Meta) -> tuple[int, ...]:
    """The dimension of a row program; a 0-d tensor is one row of one element."""
    return (metas.wrap_dim(dim, meta.ndim, True),) if meta.ndim else ()


def _row_kernel_op(name: str, body: Any, operands: tuple[str, ...]) -> Any:
    """A private operator that runs a row program of one result, shaped like its first operand; the last parameter is the dimension."""
    def planner(op: Any, key: tuple[Any, ...]) -> Plan:
        *inputs, dim = key
        lead = inputs[0]
        common = lead.dtype
        return row_op(name, body, lead.shape, _one_dim(dim, lead), [(common, "row")], inputs, common)

    declared = tuple(Parameter(n, core_op.OPERAND) for n in operands) + (Parameter("dim", core_op.STATIC),)
    return core_op.Op(name, body, declared, planner)


def _softmax_body(row, x):
    e = row.keep(lambda: m.exp(x - row.max(x)))
    return e / row.sum(e)


def _softmax_gradient(row, grad, result):
    return result * (grad - row.sum(grad * result))


def _log_softmax_body(row, x):
    top = row.max(x)
    return (x - top) - m.log(row.sum(m.exp(x - top)))          # in this order: at a large top the sum would lose the logarithm's digits


def _log_softmax_gradient(row, grad, result):
    return grad - m.exp(result) * row.sum(grad)


def _softmax_plan(name: str, body: Any, input: Meta, dim: int, dtype: dtype | None) -> Plan:
    out = dtype or input.dtype
    check(out.is_floating_point, '"{}" not implemented for \'{}\'', name, type_name(out), error=NotImplementedError)
    return row_op(name, body, input.shape, _one_dim(dim, input), [(out, "row")], [input], out)


@structured
def softmax(input: Meta, dim, dtype=None):
    """`exp(x) / sum(exp(x))` along `dim`; `dtype` is the type of the result, and is computed in."""
    return _softmax_plan("softmax", _softmax_body, input, dim, dtype)


@structured
def log_softmax(input: Meta, dim, dtype=None):
    """`log(softmax(x))` along `dim`, without overflow."""
    return _softmax_plan("log_softmax", _log_softmax_body, input, dim, dtype)


def _differentiate(op: Any, body: Any) -> None:
    kernel = _row_kernel_op(op.__name__ + "_backward", body, ("grad", "result"))

    @op.derivative
    def _(grad, result, dim):
        return body(TensorRow((dim,)), grad, result) if grad.meta.ndim else body(_Single(), grad, result)

    op.fuse = lambda self, needs: kernel


class _Single(TensorRow):
    """The row of a 0-d tensor: its one element."""

    def __init__(self):
        super().__init__(())

    def sum(self, x):
        return x


_differentiate(softmax, _softmax_gradient)
_differentiate(log_softmax, _log_softmax_gradient)


def check_types(input: Meta, *parts: Meta | None) -> None:
    """Parameters and statistics have the input's type; or all are float32, and the input of a narrow type."""
    given = [part for part in parts if part is not None]
    if given and given[0].dtype is not input.dtype:
        for part in given:
            check(part.dtype is dtypes.float32, "mixed dtype (CPU): expect parameter to have scalar type of Float, got {}", type_name(part.dtype))
        check(input.dtype in (dtypes.bfloat16, dtypes.float16), "mixed dtype (CPU): all inputs must share same datatype, got {} and parameters of {}",
              type_name(input.dtype), type_name(given[0].dtype))
    for part in given:
        check(part.dtype is given[0].dtype, "expected scalar type {} but found {}", type_name(given[0].dtype), type_name(part.dtype))
