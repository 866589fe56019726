"""Operators that are plain Python over others: composites, of which all follows from their parts, and host operators,
recorded as one.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from ... import dtypes
from ...check import check
from ...core import op as core_op
from .declare import Parameters, names_besides, register
from .spec import Composite, Host
from .types import expect_dtype, type_name

__all__ = ["composite", "delivered", "host"]


def composite(function: FunctionType | None = None, *, inplace: bool = False, public: bool = True, name: str = "",
              exact: bool | str = False, out: bool = False) -> Any:
    """Declare an operator made of others: its derivative follows from theirs. With `inplace` there is also `name_`,
    which computes from a copy of its first argument and writes the result over it. All take an `out=`: with `exact` it
    must have just the first argument's type, which is seen before anything is computed, with `exact="result"` the
    result's; `out` says that PyTorch documents it, so that it shows."""
    if function is None:
        return lambda function: composite(function, inplace=inplace, public=public, name=name, exact=exact, out=out)
    if exact is True:
        function = _exactly(function)
    op = core_op.Op(name or function.__name__, function, (), None, kind=core_op.COMPOSITE,
                    aliases=names_besides(inspect.signature(function).parameters))
    op.spec = Composite(parts=function)
    op.shows_out, op.exact = out, exact == "result"
    if inplace:
        def write(input, *args, **kwargs):
            found = op(input.clone(), *args, **kwargs)
            check(found.meta.shape == input.meta.shape, "output with shape {} doesn't match the broadcast shape {}",
                  list(input.meta.shape), list(found.meta.shape))
            check(dtypes.can_cast(found.meta.dtype, input.meta.dtype),
                  "result type {} can't be cast to the desired output type {}",
                  type_name(found.meta.dtype), type_name(input.meta.dtype))
            return input.copy_(found)

        write.__name__ = write.__qualname__ = function.__name__ + "_"
        write.__module__ = function.__module__
        write.__doc__ = f"`{function.__name__}`, written over the first argument."
        write.__wrapped__ = function
        register(composite(write, public=False))
    return register(op) if public else op


def host(function: FunctionType | None = None, *, operands: str = "", lists: str = "", name: str = "",
         public: bool = True, returns: Callable | None = None, exact: bool = False) -> Any:
    """Declare an operator whose function makes its results by itself: of other operators or of a library (LAPACK, FFT),
    or in a shape that depends on data. It runs unrecorded and is recorded as one. `operands` and `lists` name the
    parameters that are tensors and sequences of them (a `?` behind a name: or None); without names the first one is a
    tensor. `exact`: an `out=` must have just the result's type."""
    if function is None:
        return lambda function: host(function, operands=operands, lists=lists, name=name, public=public,
                                     returns=returns, exact=exact)
    parameters = Parameters.of_kinds(function,
                                     operands or ("" if lists else next(iter(inspect.signature(function).parameters))),
                                     lists)
    op = core_op.Op(name or function.__name__, function, parameters.declared, None, kind=core_op.HOST, returns=returns,
                    aliases=names_besides(parameters.names))
    op.spec, op.exact = Host(compute=function), exact
    return register(op) if public else op


def _exactly(function: FunctionType) -> FunctionType:
    op = core_op.Op(function.__name__, function, (), None, kind=core_op.COMPOSITE)
    op.spec = Composite(parts=function)

    @functools.wraps(function)
    def exactly(*args, out=None, **kwargs):
        if out is None:
            return function(*args, **kwargs)
        if args and hasattr(args[0], "meta") and hasattr(out, "meta"):
            expect_dtype(args[0].meta.dtype, out.meta.dtype)
        return op(*args, out=out, **kwargs)

    return exactly


@composite(public=False)
def delivered(found):
    """A finished result: what writes it to an `out=` (resized, with a warning, where it has another shape) is what all
    operators have.
    """
    return found
