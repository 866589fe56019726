"""Choices between elements: where, masks, the larger and the smaller, limits."""

from __future__ import annotations

import builtins
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...core.meta import Meta
from ..families.composites import composite
from ..families.declare import NONE
from ..families.maps import pointwise
from ..families.types import result_dtype
from ..made.copy import masked_apart
from .arithmetic import NO_COMPLEX, STORED, expect_fit


@pointwise(supports=STORED, keep=("condition",), cost=0.05, operands=("condition", "input", "other"), public=False,
           exact=True)
def where(condition, input, other):
    """`input` where the condition holds, else `other`."""
    return m.where(m.true(condition), input, other)


@where.derivative
def _(grad, condition):
    return None, m.where(m.true(condition), grad, 0), m.where(m.true(condition), 0, grad)


def _filled_dtype(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    value, d = key["value"], key["input"].dtype
    check(not isinstance(value, Meta) or value.ndim == 0,
          "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
          value.ndim if isinstance(value, Meta) else 0)
    check(key["mask"].dtype is dtypes.bool, "masked_fill_ only supports boolean masks, but got mask with dtype {}",
          key["mask"].dtype)
    check(value is not builtins.complex and not (isinstance(value, Meta) and value.dtype.is_complex) or d.is_complex
          or d is dtypes.bool, "value cannot be converted to type {} without overflow", d)
    return d


@pointwise(keep=("mask",), operands=("input", "mask", "value"), cost=0.05, into_dtype=_filled_dtype, numbers="value",
           contiguous=True)
def masked_fill(input, mask, value):
    """`value` where the mask is true, else `input`."""
    return m.where(m.true(mask), value, input)


@masked_fill.derivative
def _(grad, mask):
    return m.where(m.true(mask), 0, grad), None, m.where(m.true(mask), grad, 0)


def _filled(plain: Any, name: str) -> Any:
    def fill(input, mask, value):
        if hasattr(input, "meta"):
            if not hasattr(value, "meta"):
                expect_fit(value, input)
            elif value.memory is input.memory:           # x[x > 2] = x[1]: the number that is there now
                value = value.clone()
        return plain(input, mask, value)

    fill.__name__ = fill.__qualname__ = name
    fill.__doc__ = plain.__doc__
    return composite(fill)


masked_fill, masked_fill_ = _filled(masked_fill, "masked_fill"), _filled(masked_apart(masked_fill.inplace()),
                                                                         "masked_fill_")


@pointwise(supports=NO_COMPLEX, cost=0.05, numbers=NONE, error=RuntimeError)
def maximum(input, other):
    """The larger element; NaN wins."""
    return m.maximum(input, other)


@maximum.derivative
def _(grad, input, other):
    half = m.where(input == other, grad / 2, grad)
    return m.where(input < other, 0, half), m.where(input > other, 0, half)


@pointwise(supports=NO_COMPLEX, cost=0.05, numbers=NONE, error=RuntimeError)
def minimum(input, other):
    """The smaller element; NaN wins."""
    return m.minimum(input, other)


@minimum.derivative
def _(grad, input, other):
    half = m.where(input == other, grad / 2, grad)
    return m.where(input > other, 0, half), m.where(input < other, 0, half)


@pointwise(supports=NO_COMPLEX, cost=0.05, numbers=NONE, error=RuntimeError)
def fmax(input, other):
    """The larger element; a number wins over NaN."""
    return m.fmax(input, other)


@fmax.derivative
def _(grad, input, other):
    mine = (input >= other) | m.isnan(other)
    return m.where(mine, grad, 0), m.where(mine, 0, grad)


@pointwise(supports=NO_COMPLEX, cost=0.05, numbers=NONE, error=RuntimeError)
def fmin(input, other):
    """The smaller element; a number wins over NaN."""
    return m.fmin(input, other)


@fmin.derivative
def _(grad, input, other):
    mine = (input <= other) | m.isnan(other)
    return m.where(mine, grad, 0), m.where(mine, 0, grad)


def _clamp_dtype(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    bounds = [part for part in (key["min"], key["max"]) if part is not None]
    check(bounds, "torch.clamp: At least one of 'min' or 'max' must not be None")
    check(len({isinstance(part, Meta) for part in bounds}) == 1,
          "clamp() received an invalid combination of arguments: 'min' and 'max' must both be "
          "Tensors, or both Numbers", error=TypeError)
    check(common is not dtypes.bool or (isinstance(bounds[0], Meta) and len(bounds) == 1),
          "\"clamp_cpu\" not implemented for 'Bool'", error=NotImplementedError)
    return common


@pointwise(supports=NO_COMPLEX, operands=("input", "min", "max"), cost=0.05, into_dtype=_clamp_dtype)
def clamp(input, min=None, max=None):
    """Elements limited to min .. max (either may be None; NaN stays). Where min > max the result is max."""
    if min is not None:
        input = m.maximum(input, min)
    return input if max is None else m.minimum(input, max)


@clamp.derivative
def _(grad, input, min, max):
    low = None if min is None else input < min
    high = None if max is None else input > max
    # not where any is NaN
    inside = input >= min if max is None else input <= max if min is None else (input >= min) & (input <= max)
    below = None if min is None else m.where(low if max is None else low & (min < max), grad, 0)
    above = None if max is None else m.where(high if min is None else high | (max < min), grad, 0)
    return m.where(inside, grad, 0), below, above


def _clamped(plain: Any, name: str) -> Any:
    def clamp(input, min=None, max=None, *, out=None):
        if hasattr(input, "meta"):
            expect_fit(min, input, min, max)
            expect_fit(max, input, min, max)
        if out is None:
            return plain(input, min, max)
        numbers = [bound for bound in (min, max) if isinstance(bound, (int, float))]
        if numbers and hasattr(out, "meta"):
            wanted = result_dtype([input.meta, *map(type, numbers)])
            check(out.meta.dtype is wanted, "Found dtype {} but expected {}", out.meta.dtype.title, wanted.title)
        return plain(input, min, max, out=out)

    clamp.__name__ = clamp.__qualname__ = name
    clamp.__doc__ = plain.__doc__
    return composite(clamp, out=not name.endswith("_"))


clamp, clamp_ = _clamped(clamp, "clamp"), _clamped(clamp.inplace(), "clamp_")


@pointwise(operands=("input",), scalars=("nan", "posinf", "neginf"), cost=0.1, public=False)
def nan_to_num(input, nan=0.0, posinf=0.0, neginf=0.0):
    if m.is_complex(input):
        limits = m.real(nan), m.real(posinf), m.real(neginf)
        return m.Complex(_finite_part(m.real(input), *limits), _finite_part(m.imag(input), *limits))
    return _finite_part(input, nan, posinf, neginf) if m.is_float(input) else input


def _finite_part(input, nan, posinf, neginf):
    highest, lowest = m.isinf(input) & (input > 0), m.isinf(input) & (input < 0)
    return m.where(m.isnan(input), nan, m.where(highest, posinf, m.where(lowest, neginf, input)))


@nan_to_num.derivative
def _(grad, input):
    return m.where(m.isfinite(input), grad, 0)


def _finite(plain: Any, name: str) -> Any:
    def replaced(input, nan=None, posinf=None, neginf=None, *, out=None):
        for number, value in (("nan", nan), ("posinf", posinf), ("neginf", neginf)):
            check(not isinstance(value, builtins.complex), "{}(): argument '{}' must be float, not complex", name,
                  number, error=TypeError)
        d = input.meta.dtype
        # the kernel computes in a wider type than 2 bytes
        largest = 0.0 if d.is_integral else dtypes.finfo(d.to_real() if d.is_complex else d).max
        numbers = (0.0 if nan is None else nan, largest if posinf is None else posinf,
                   -largest if neginf is None else neginf)
        return plain(input, *numbers) if out is None else plain(input, *numbers, out=out)

    replaced.__name__ = replaced.__qualname__ = name
    replaced.__doc__ = "NaN and infinities replaced, by default by 0 and the largest finite numbers."
    return composite(replaced, out=not name.endswith("_"), exact=not name.endswith("_"))


nan_to_num, nan_to_num_ = _finite(nan_to_num, "nan_to_num"), _finite(nan_to_num.inplace(), "nan_to_num_")
