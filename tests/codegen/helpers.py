"""What the tests of the kernel language share: kernels around a body, run as machine code and by the interpreter."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

import numpy as np

from pellucid.codegen import interpret
from pellucid.codegen.ir import BITS, Builder, Kernel
from pellucid.codegen.math.primitives import NUMPY
from pellucid.codegen.targets import cpu

_KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
MEMORY = {"b8": np.bool_, "bf16": np.uint16, **NUMPY}


def elementwise(name: str, body: Callable, ins: Sequence[str], outs: Sequence[str], lanes: int) -> Kernel:
    """outs[i] = body(ins[i]) for i < n, whole vectors first and a masked tail; words are outputs, inputs, n."""
    b = Builder(name)
    targets, sources = ([b.word(k + first, "ptr") for k in range(len(types))]
                        for types, first in ((outs, 0), (ins, len(outs))))
    n = b.word(len(outs) + len(ins))

    def place(pointer, index, type):
        return b.offset(pointer, index * (BITS[type] // 8))

    def at(index, mask=None):
        results = body(*(b.load(place(p, index, t), t, lanes, mask) for p, t in zip(sources, ins)))
        for pointer, value, type in zip(targets, results if isinstance(results, tuple) else (results,), outs):
            b.store(place(pointer, index, type), value, type, mask)

    full = n - (n & (lanes - 1))
    with b.loop(0, full, lanes) as loop:
        at(loop.index)
    if lanes > 1:
        with b.when(full < n):
            at(full, b.first(n - full, lanes))
    return b.kernel()


def _word(word: object) -> int:
    if isinstance(word, np.ndarray):
        return word.__array_interface__["data"][0]
    return word if isinstance(word, int) else int(np.float64(word).view(np.int64))


def call(kernel: Kernel, words: Sequence[object], begin: int = 0, end: int = 1) -> None:
    """Run a kernel's machine code; arrays among the words are passed by their addresses."""
    run_at(cpu.compile(kernel), words, begin, end)


def run_at(address: int, words: Sequence[object], begin: int = 0, end: int = 1) -> None:
    raw = np.array([_word(w) for w in words], np.int64)
    _KERNEL(address)(raw.ctypes.data, begin, end)


def both(kernel: Kernel, outs: Sequence[np.ndarray], rest: Sequence[object], begin: int = 0,
         end: int = 1) -> list[np.ndarray]:
    """What machine code writes, after a check that the interpreter writes the same bytes (NaNs may differ in sign and
    payload).
    """
    compiled, interpreted = [o.copy() for o in outs], [o.copy() for o in outs]
    call(kernel, [*compiled, *rest], begin, end)
    interpret.run(kernel, [*interpreted, *rest], begin, end)
    for a, b in zip(compiled, interpreted):
        np.testing.assert_array_equal(a, b)
        same = a.reshape(-1).view(np.uint8) == b.reshape(-1).view(np.uint8)
        assert np.all(same.reshape(a.size, a.itemsize).all(1) | (a != a).ravel())
    return compiled


def apply(body: Callable, arrays: Sequence[np.ndarray], outs: Sequence[str], lanes: int,
          name: str = "body") -> list[np.ndarray]:
    """A body over arrays, by machine code and by the interpreter."""
    types = [next(t for t, n in NUMPY.items() if np.dtype(n) == a.dtype) for a in arrays]
    ins = ["b8" if t == "i1" else t for t in types]
    made = [np.zeros(len(arrays[0]), MEMORY[t]) for t in outs]
    return both(elementwise(name, body, ins, outs, lanes), made, [*arrays, len(arrays[0])])
