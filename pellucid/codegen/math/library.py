"""Functions of the C library, in double precision: random numbers have PyTorch's bits that way.

Everything else is computed by the functions of this package, whose bits do not depend on the system.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from ..ir import Value
from .primitives import Function, floats

__all__ = ["libm_cos", "libm_exp", "libm_log", "libm_log1p", "libm_sin", "libm_tan"]


@lru_cache(None)
def _of_numpy(name: str) -> Callable:
    """The library's own function, of every element of an array."""
    function = getattr(ctypes.CDLL(None), name)
    function.restype, function.argtypes = ctypes.c_double, [ctypes.c_double]
    return np.vectorize(function, otypes=[np.float64])


def _library(name: str) -> Function:
    def body(x):
        return x.builder.call(name, "f64", x) if isinstance(x, Value) else _of_numpy(name)(x)[()]

    body.__name__ = body.__qualname__ = "libm_" + name
    body.__doc__ = f"The C library's {name}, of float64."
    return floats(body)


libm_cos, libm_exp, libm_log, libm_log1p, libm_sin, libm_tan = map(_library,
                                                                   ("cos", "exp", "log", "log1p", "sin", "tan"))
