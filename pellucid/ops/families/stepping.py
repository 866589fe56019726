"""The stepping mode: kernels run as Python, so that a debugger goes on into them.

With PELLUCID_INTERPRET=1, or inside `with stepping():`, a map's body is called on NumPy arrays of its operands'
elements, and every other kernel is interpreted instruction by instruction (`codegen.interpret`). Set
PELLUCID_UNCOMPILED=1 as well to step through the core and the engine. Slow; values are those of the compiled kernels to
the last bits that NumPy's functions share with ours.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...codegen import interpret
from ...codegen.math.primitives import convert, rounded, type_of
from ...codegen.schedules.loop import shown
from ...codegen.targets import interpreter
from ...core.meta import Meta
from ...core.op import forget_plans
from ...dtypes import dtype

__all__ = ["stepping", "whole_map"]

@contextmanager
def stepping() -> Iterator[None]:
    """Run kernels as Python inside the block. Plans that are kept are forgotten on the way in and out."""
    before = interpreter.switch(True)
    forget_plans()
    try:
        yield
    finally:
        interpreter.switch(before)
        forget_plans()


def _array(address: int, meta: Meta, shape: Sequence[int], strides: Sequence[int]) -> np.ndarray:
    """An operand's elements where they lie; of types that NumPy lacks, their bits."""
    typestr = meta.dtype.typestr or f"<u{meta.itemsize}"
    holder = type("operand", (),
                  {"__array_interface__": {"version": 3, "data": (address, False), "typestr": typestr,
                                           "shape": tuple(shape),
                                                          "strides": tuple(s * meta.itemsize for s in strides)}})()
    return np.asarray(holder)


def whole_map(name: str, body: Callable, kinds: Sequence[Any], raw: Sequence[bool], common: dtype,
              rounds: Sequence[bool], narrow: bool,
                    made: Sequence[Meta], tensors: Sequence[Meta], strides: Callable[[Meta], Sequence[int]],
              numbers: Sequence[str]) -> Callable:
    """A map on whole arrays: its body is called once, on NumPy arrays of the operands where they lie (see
    Launch.whole).
    """
    shape = tuple(made[0].shape)

    def kernel(words: list[int], begin: int, end: int) -> None:
        outs = [_array(w, m, shape, strides(m)) for w, m in zip(words, made)]
        operands = iter([shown(interpret.widen(_array(w, m, shape, strides(m)), m.dtype), m.stored)
                         for w, m in zip(words[len(made):], tensors)])
        left = iter(words[len(made) + len(tensors):])
        given = iter([_number(left, kind) for kind in numbers])
        arguments = []
        for kind, keep, rough in zip(kinds, raw, rounds):
            if kind == "tensor" or kind == "number":
                value = next(operands if kind == "tensor" else given)
                value = value if keep else _compute(value, common)
                arguments.append(rounded(value, common.ir) if rough else value)
            else:
                if kind[0] == "default":
                    next(given)
                arguments.append(kind[1])
        with np.errstate(all="ignore"):
            results = body(*arguments)
            results = rounded(results, common.ir) if narrow and type_of(results) == common.compute else results
        for out, meta, value in zip(outs, made, results if isinstance(results, tuple) else (results,)):
            out[...] = interpret.narrow(shown(value, meta.stored), meta.dtype, shape)

    kernel.__name__ = name
    return kernel


def _number(words: Iterator[int], kind: str) -> Any:
    value = next(words)
    if kind == "i":
        return value
    real = struct.unpack("d", struct.pack("q", value))[0]
    return real if kind == "f" else complex(real, struct.unpack("d", struct.pack("q", next(words)))[0])


def _compute(value: Any, d: dtype) -> Any:
    if d.is_complex:
        z = interpret.Complex.of(value)
        return interpret.Complex(convert(z.re, d.compute), convert(z.im, d.compute))
    return convert(value, d.compute)
