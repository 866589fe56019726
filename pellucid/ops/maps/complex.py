"""Complex numbers from parts, and parts of complex numbers."""

from __future__ import annotations

import builtins
from typing import Any

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ..families.composites import composite
from ..families.declare import NONE, register
from ..families.maps import pointwise
from ..families.types import COMPLEX_TO_REAL
from ..made.size import ones_like
from .arithmetic import mul
from .functions import cos, sin


@pointwise(cost=0.05, public=False, exact=True)
def _conj_physical(input):
    return m.conj(input)


@_conj_physical.derivative
def _(grad):
    return m.conj(grad)


@composite(out=True, exact="result")
def conj_physical(input):
    """The complex conjugate, computed; a real tensor is returned as it is."""
    return _conj_physical(input) if input.meta.dtype.is_complex else input


conj_physical_ = register(_conj_physical.inplace("conj_physical_"))
register(_conj_physical, "_conj_physical")


@pointwise(promotes=COMPLEX_TO_REAL, cost=1.5, inplace=False, into_dtype=lambda key, common: dtypes.get_default_dtype()
           if common.is_integral else common)
def angle(input):
    """The angle of a complex number; of a real one 0 or pi."""
    return m.angle(input)


@angle.derivative
def _(grad, input):
    return m.angle_gradient(grad, input)


def _pair_dtype(key: dict[str, Any], common: dtypes.dtype) -> dtypes.dtype:
    given = [part.dtype for part in key.values()]
    titles = [d.title for d in given]
    check(builtins.all(d.kind == "f" and d is not dtypes.bfloat16 for d in given),
          "Expected both inputs to be Half, Float or Double tensors but got {} and {}", *titles)
    check(given[0] is given[1], "Expected object of scalar type {} but got scalar type {} for second argument", *titles)
    return common.to_complex()


@pointwise(operands=("real", "imag"), cost=0.1, inplace=False, into_dtype=_pair_dtype, numbers=NONE, exact=True)
def complex(real, imag):
    """The complex numbers of these real and imaginary parts."""
    return m.Complex(m.real(real), m.real(imag))


@complex.derivative
def _(grad):
    return m.real(grad), m.imag(grad)


@composite
def polar(abs, angle, *, out=None):
    """The complex numbers of these lengths and angles."""
    check(abs.meta.dtype is angle.meta.dtype and abs.meta.dtype.kind == "f",
          "Expected both inputs to be Half, Float or Double tensors but got {} and {}",
          abs.meta.dtype.title, angle.meta.dtype.title)
    check(abs.meta.dtype.itemsize > 2, "\"polar_cpu\" not implemented for '{}'", abs.meta.dtype.title,
          error=NotImplementedError)
    return complex(mul(abs, cos(angle)), mul(abs, sin(angle)), **({} if out is None else {"out": out}))


@composite
def isreal(input):
    """Whether the imaginary part is 0."""
    return input.imag == 0 if input.meta.dtype.is_complex else ones_like(input, dtype=dtypes.bool)
