"""The stepping mode: kernels run as Python, so that a debugger goes on into them.

With PELLUCID_INTERPRET=1, or inside `with stepping():`, a map's body is called on NumPy arrays of its operands'
elements, and every other kernel is interpreted instruction by instruction (`codegen.interpret`). Set
PELLUCID_UNCOMPILED=1 as well to step through the core and the engine. Slow; values are those of the compiled kernels,
bit for bit (of NaNs, sign and payload may differ).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...codegen import interpret
from ...codegen.schedules.loop import shown
from ...codegen.targets import interpreter
from ...core.meta import Meta
from ...core.planning import forget_plans

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


def whole_map(body: Callable, made: Sequence[Meta], tensors: Sequence[Meta], strides: Callable[[Meta], Sequence[int]],
              numbers: Sequence[str]) -> Callable:
    """A map on whole arrays: its body, as a schedule calls it, is called once, on NumPy arrays of the operands where
    they lie (see Launch.whole).
    """
    shape = tuple(made[0].shape)

    def kernel(words: list[int], begin: int, end: int) -> None:
        outs = [_array(w, m, shape, strides(m)) for w, m in zip(words, made)]
        operands = [shown(interpret.widen(_array(w, m, shape, strides(m)), m.dtype), m.stored)
                    for w, m in zip(words[len(made):], tensors)]
        left = iter(words[len(made) + len(tensors):])
        with np.errstate(all="ignore"):
            results = body(*operands, *[_number(left, kind) for kind in numbers])
        for out, meta, value in zip(outs, made, results if isinstance(results, tuple) else (results,)):
            out[...] = interpret.narrow(shown(value, meta.stored), meta.dtype, shape)

    kernel.__name__ = body.__name__
    return kernel


def _number(words: Iterator[int], kind: str) -> Any:
    value = next(words)
    if kind == "i":
        return value
    real = struct.unpack("d", struct.pack("q", value))[0]
    return real if kind == "f" else complex(real, struct.unpack("d", struct.pack("q", next(words)))[0])
