"""Softmax, its logarithm, and the logarithm of a sum of exponentials."""

from __future__ import annotations

import math

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...core.meta import Meta
from ..families.composites import composite
from ..families.reductions import normal_dims
from ..families.rows import row_derivative, rows
from ..families.types import INT_TO_FLOAT, type_name


@rows()
def softmax(row, input, dim, dtype=None):
    """`exp(x) / sum(exp(x))` along `dim`; `dtype` is the type of the result, and is computed in."""
    e = row.keep(lambda: m.exp(input - row.max(input)))
    return e / row.sum(e)


@row_derivative(softmax)
def softmax_backward(row, grad, result):
    return result * (grad - row.sum(grad * result))


@rows()
def log_softmax(row, input, dim, dtype=None):
    """`log(softmax(x))` along `dim`, without overflow."""
    # first: at a large maximum the sum would lose the logarithm's digits
    away = row.keep(lambda: input - row.max(input))
    return away - m.log(row.sum(m.exp(away)))


@row_derivative(log_softmax)
def log_softmax_backward(row, grad, result):
    return grad - m.exp(result) * row.sum(grad)


@rows(results="one", along=lambda given: normal_dims(given["dim"], given["input"].ndim), promotes=INT_TO_FLOAT,
      public=False)
def logsumexp(row, input, dim, keepdim=False):
    top = row.max(input)
    top = m.where(m.isfinite(top), top, 0.0)
    return m.log(row.sum(m.exp(input - top))) + top


@row_derivative(logsumexp)
def logsumexp_backward(row, grad, input, result):
    # of nothing but -inf: no element can change it
    return grad * m.where(result == -math.inf, 0.0, m.exp(input - result))


_logsumexp = logsumexp


@composite(out=True)
def logsumexp(input, dim, keepdim=False):
    """`log(sum(exp(input)))` over `dim`, without overflow."""
    check(dim is not None, "logsumexp(): argument 'dim' must be tuple of ints, not NoneType", error=TypeError)
    if not input.meta.dtype.is_complex:
        return _logsumexp(input, dim, keepdim)
    top = input.detach().real.amax(dim,
                                   keepdim=True) if input.meta.numel else input.detach().real.sum(dim, keepdim=True)
    top = top.masked_fill(top.isinf(), 0)
    total = (input - top).exp().sum(dim, keepdim).log()
    return total + top.reshape(total.meta.shape)


def check_types(input: Meta, *parts: Meta | None) -> None:
    """Parameters and statistics have the input's type; or all are float32, and the input of a narrow type."""
    given = [part for part in parts if part is not None]
    if given and given[0].dtype is not input.dtype:
        for part in given:
            check(part.dtype is dtypes.float32,
                  "mixed dtype (CPU): expect parameter to have scalar type of Float, got {}", type_name(part.dtype))
        check(input.dtype in (dtypes.bfloat16, dtypes.float16),
              "mixed dtype (CPU): all inputs must share same datatype, got {} and parameters of {}",
              type_name(input.dtype), type_name(given[0].dtype))
    for part in given:
        check(part.dtype is given[0].dtype, "expected scalar type {} but found {}", type_name(given[0].dtype),
              type_name(part.dtype))
