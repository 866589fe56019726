"""Runs kernels, and bodies, on NumPy: the oracle of the tests, the check on bounds, and what a debugger steps through.

`run(kernel, words, begin, end)` does what the machine code of a kernel does, instruction by instruction and bit by bit,
with vectors as arrays of lanes. Every load and store is held against the end of its buffer; a wrong one raises
IndexError and names the instruction. Memory that nobody wrote is full of NaN. `run_body(body, operands, ...)` calls an
operator's body on whole arrays, in the types that kernels compute in. Called by tests and by the stepping mode; knows
no schedule and no tensor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from ..dtypes import dtype
from . import ir
from .ir import BITS, RAW, Block, Instr, Kernel, Value, is_float
from .kernel import listing
from .math import primitives
from .math.complex import Complex
from .math.primitives import NUMPY

__all__ = ["Pointer", "run", "run_body", "widen", "narrow", "poisoned"]

Find = Callable[[int], tuple[np.ndarray, int]]
_TYPES: dict[str, np.dtype] = {name: np.dtype(type) for name, type in NUMPY.items()}


# ---- memory ----------------------------------------------------------------------------------------------------------

class Pointer:
    """A byte offset into a buffer: one-dimensional bytes, or a list of words (a kernel's arguments)."""

    __slots__ = ("buffer", "offset")

    def __init__(self, buffer: np.ndarray | list, offset: int = 0):
        if isinstance(buffer, np.ndarray) and (buffer.dtype != np.uint8 or buffer.ndim != 1):
            if not buffer.flags.c_contiguous:
                raise ValueError("a strided array is no buffer: pass Pointer(its base, byte offset)")
            buffer = buffer.reshape(-1).view(np.uint8)
        self.buffer, self.offset = buffer, offset

    def __repr__(self) -> str:
        return f"<byte {self.offset} of {self.size}>"

    @property
    def size(self) -> int:
        return len(self.buffer) * 8 if isinstance(self.buffer, list) else self.buffer.nbytes

    @property
    def address(self) -> int:
        return (id(self.buffer) if isinstance(self.buffer, list)
                else self.buffer.__array_interface__["data"][0]) + self.offset


def poisoned(bytes: int) -> np.ndarray:
    """Scratch memory that is NaN until it is written."""
    return np.full(bytes, 0xFF, np.uint8)


class _Words(list):
    """A kernel's arguments. `find`, where given, turns an address into a buffer and the place in it."""

    find: Find | None = None


class _Fault(Exception):
    """An access outside its buffer; becomes an IndexError that names the instruction."""


def _word(pointer: Pointer, type: str) -> Any:
    index, rest = divmod(pointer.offset, 8)
    if rest or not 0 <= index < len(pointer.buffer):
        raise _Fault(f"word {pointer.offset / 8:g} of {len(pointer.buffer)}")
    word = pointer.buffer[index]
    if type == "ptr":
        if isinstance(word, (np.ndarray, list)):
            word = pointer.buffer[index] = Pointer(word)
        elif isinstance(word, int) and getattr(pointer.buffer, "find", None) is not None:
            word = pointer.buffer[index] = Pointer(*pointer.buffer.find(word))
        if not isinstance(word, Pointer):
            raise _Fault(f"word {index} is {word!r}, not a pointer")
        return word
    if isinstance(word, (Pointer, np.ndarray, list)):
        raise _Fault(f"word {index} is a pointer, not {type}")
    if isinstance(word, float) != (type == "f64"):
        bits = np.float64(word).view(np.int64) if isinstance(word, float) else np.int64(word)
        return bits.view(_TYPES[type])
    return _TYPES[type].type(word)


def _place(pointer: Pointer, bytes: int) -> slice:
    if isinstance(pointer.buffer, list):
        raise _Fault("a vector or a narrow value from the argument list")
    if pointer.offset < 0 or pointer.offset + bytes > pointer.buffer.nbytes:
        raise _Fault(f"bytes {pointer.offset}..{pointer.offset + bytes} of {pointer.buffer.nbytes}")
    return slice(pointer.offset, pointer.offset + bytes)


def _places(pointer: Pointer, offsets: np.ndarray, size: int) -> np.ndarray:
    """The numbers of the bytes of many elements, one row each."""
    if isinstance(pointer.buffer, list):
        raise _Fault("a vector from the argument list")
    starts = pointer.offset + offsets
    wrong = (starts < 0) | (starts > pointer.buffer.nbytes - size)
    if wrong.any():
        raise _Fault(f"bytes {starts[wrong][0]}..{starts[wrong][0] + size} of {pointer.buffer.nbytes}")
    return starts[:, None] + np.arange(size)


def _load(i: Instr) -> Callable:
    type, lanes = i.result.type, i.result.lanes
    as_type = _TYPES.get(type)
    size = BITS[type] // 8

    def load(pointer, mask=None):
        if isinstance(pointer.buffer, list) and lanes == 1 and mask is None:
            return _word(pointer, type)
        if as_type is None:
            raise _Fault("a pointer from data")
        if mask is None or mask.all():
            value = pointer.buffer[_place(pointer, size * lanes)].view(as_type)
            return value[0] if lanes == 1 else value.copy()
        return gather(pointer, np.arange(lanes) * size, mask)

    def gather(pointer, offsets, mask=None):
        value = np.zeros(lanes, as_type)
        chosen = slice(None) if mask is None else np.atleast_1d(mask)
        places = _places(pointer, np.atleast_1d(offsets)[chosen], size)
        if places.size:
            value[chosen] = pointer.buffer[places].view(as_type)[:, 0]
        return value[0] if lanes == 1 else value

    return load if i.op == "load" else gather


def _store(i: Instr) -> Callable:
    value_at = 1 if i.op == "store" else 2
    value = i.args[value_at]
    size, lanes = BITS[value.type] // 8, value.lanes

    def store(pointer, value, mask=None):
        if mask is None or mask.all():
            if i.attr == "stream" and pointer.address % (size * lanes):
                raise _Fault(f"a streaming store to address {pointer.address:#x}, no multiple of {size * lanes}")
            pointer.buffer[_place(pointer, size * lanes)] = np.atleast_1d(value).view(np.uint8)
        else:
            scatter(pointer, np.arange(lanes) * size, value, mask)

    def scatter(pointer, offsets, value, mask=None):
        chosen = slice(None) if mask is None else np.atleast_1d(mask)
        places = _places(pointer, np.atleast_1d(offsets)[chosen], size)
        # NumPy stores in order, so that of equal offsets the last lane stays, as in a kernel
        if places.size:
            pointer.buffer[places] = np.ascontiguousarray(np.atleast_1d(value)[chosen]).view(np.uint8).reshape(-1, size)

    return store if i.op == "store" else scatter


# ---- instructions ----------------------------------------------------------------------------------------------------

def _divide(i: Instr) -> Callable:
    """Truncating quotient or remainder of integers. Where the processor would trap, so does this."""
    def divide(a, b):
        if np.any(b == 0) or np.any((b == -1) & (a == np.iinfo(a.dtype).min) & (np.iinfo(a.dtype).min < 0)):
            raise ZeroDivisionError(f"{i.op} of {a} by {b} would trap")
        q = a // b
        q = q + ((q < 0) & (q * b != a)).astype(q.dtype)
        return q if i.op == "div" else a - q * b

    if is_float(i.result.type):
        return np.divide if i.op == "div" else np.fmod
    return divide


def _count(name: str, bits: int) -> Callable:
    """ctlz, cttz, ctpop, lane by lane."""
    rules = {"ctlz": lambda n: bits - n.bit_length(), "cttz": lambda n: (n & -n).bit_length() - 1 if n else bits,
             "ctpop": int.bit_count}
    rule, mask = rules[name], (1 << bits) - 1
    return lambda a: np.array([rule(int(n) & mask) for n in np.atleast_1d(a)],
                              np.asarray(a).dtype).reshape(np.shape(a))[()]


def _convert(i: Instr) -> Callable:
    to = i.result.type
    return lambda a: primitives.convert(a, to)


def _shuffle(i: Instr) -> Callable:
    order = np.maximum(np.array(i.attr), 0)
    if len(i.args) == 1:
        return lambda a: a[order]
    return lambda a, b: np.concatenate([a, b])[order]


def _select(i: Instr) -> Callable:
    return (lambda c, a, b: a if c else b) if i.result.lanes == 1 else np.where


def _call(i: Instr) -> Callable:
    return np.vectorize(getattr(math, i.attr.removesuffix("f")), otypes=[_TYPES[i.result.type]])


def _constantly(value: Any) -> Callable:
    return lambda: value


_MAKE: dict[str, Callable[[Instr], Callable]] = {
    "load": _load, "gather": _load, "store": _store, "scatter": _store, "div": _divide, "rem": _divide,
    "convert": _convert,
    "shuffle": _shuffle, "select": _select, "call": _call, "calls": _call,
    "fma": lambda i: primitives._fma32 if i.result.type == "f32" else primitives._fma64,
    "bitcast": lambda i: lambda a, type=_TYPES[i.result.type]: a.view(type),
    "splat": lambda i: lambda a, lanes=i.result.lanes: np.full(lanes, a),
    "iota": lambda i: _constantly(np.arange(i.result.lanes, dtype=_TYPES[i.result.type])),
    "extract": lambda i: lambda a, lane=i.attr: a[lane],
    "alloca": lambda i: _constantly(None),
    **{name: lambda i, name=name: _count(name, BITS[i.args[0].type]) for name in ("ctlz", "cttz", "ctpop")},
}
_DO: dict[str, Callable] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "shl": np.left_shift, "shr": np.right_shift, "neg": np.negative, "abs": np.abs, "not": np.invert, "sqrt": np.sqrt,
    "floor": np.floor,
    "ceil": np.ceil, "rint": np.rint, "trunc": np.trunc, "eq": np.equal, "ne": np.not_equal, "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater, "ge": np.greater_equal, "any": np.any,
    "offset": lambda p, bytes: Pointer(p.buffer, p.offset + int(bytes)),
    "address": lambda p: np.int64(p.address), "prefetch": lambda p: None,
}


class _Program:
    """A kernel as lists of (function, place of the result, places of the arguments, instruction)."""

    def __init__(self, kernel: Kernel):
        self.constants: dict[int, Any] = {}
        self.allocas: list[tuple[int, int, int]] = []
        self.kernel = kernel.program()
        self.steps = self._block(self.kernel.body)

    def _place(self, value: Value) -> int:
        if value.const is not None and value.id not in self.constants:
            with np.errstate(all="ignore"):
                number = _TYPES[value.type].type(value.const)
            self.constants[value.id] = number if value.lanes == 1 else np.full(value.lanes, number)
        return value.id

    def _block(self, block: Block) -> list[tuple]:
        steps = []
        for i in block.instrs:
            places = tuple(map(self._place, i.args))
            if i.body is not None:
                carried = tuple(tuple(map(self._place, three)) for three in i.carried)
                steps.append((None, self._block(i.body), places, (i, carried, tuple(r.id for r in i.results))))
                continue
            if i.op == "alloca":
                self.allocas.append((i.result.id, *i.attr))
                continue
            do = _DO.get(i.op) or _MAKE[i.op](i)
            steps.append((do, -1 if i.result is None else i.result.id, places, i))
        return steps


@lru_cache(256)
def _program(kernel: Kernel) -> _Program:
    return _Program(kernel)


def run(kernel: Kernel, words: Sequence[Any], begin: int = 0, end: int = 1, find: Find | None = None) -> None:
    """Do chunks begin .. end - 1. `words` holds numbers, and for pointers arrays, `Pointer`s, or addresses, of which
    `find` tells the buffer (as bytes) and the place in it. Raises IndexError where the kernel reaches outside a
    buffer."""
    program = _program(kernel)
    arguments = _Words(words)
    arguments.find = find
    values: list[Any] = [None] * program.kernel.size
    for place, value in program.constants.items():
        values[place] = value
    for place, bytes, align in program.allocas:
        room = poisoned(bytes + align)
        values[place] = Pointer(room, -room.__array_interface__["data"][0] % align)
    words_at, begin_at, end_at = program.kernel.words.id, program.kernel.begin.id, program.kernel.end.id
    values[words_at], values[begin_at], values[end_at] = Pointer(arguments), np.int64(begin), np.int64(end)
    with np.errstate(all="ignore"):
        _run(kernel, program.steps, values)


def _run(kernel: Kernel, steps: list[tuple], values: list[Any]) -> None:
    for do, place, places, i in steps:
        if do is None:
            _control(kernel, place, places, i, values)
            continue
        try:
            result = do(*[values[k] for k in places])
        except _Fault as fault:
            block = Block()
            block.instrs.append(i)
            raise IndexError(f"kernel {kernel.name}: {listing(block)[0]}: {fault}") from None
        if place >= 0:
            values[place] = result


def _control(kernel: Kernel, body: list[tuple], places: tuple[int, ...], more: tuple, values: list[Any]) -> None:
    i, carried, results = more
    state = [values[first] for first, _, _ in carried]
    if i.op == "if":
        if values[places[0]]:
            _run(kernel, body, values)
            state = [values[after] for _, _, after in carried]
    else:
        for index in range(*(int(values[k]) for k in places)):
            values[i.result.id] = np.int64(index)
            for (_, inside, _), value in zip(carried, state):
                values[inside] = value
            _run(kernel, body, values)
            state = [values[after] for _, _, after in carried]
    for place, value in zip(results, state):
        values[place] = value


# ---- bodies ----------------------------------------------------------------------------------------------------------

class _Arrays:
    """NumPy in the place of a Builder, for the formulas of memory types (`ir.widen`, `ir.narrow`)."""

    convert, bitcast, select = staticmethod(primitives.convert), staticmethod(primitives.bitcast), staticmethod(
        np.where)

    @staticmethod
    def compare(predicate: str, a: Any, b: Any) -> Any:
        return _DO[predicate](a, b)

    @staticmethod
    def const(type: str, value: Any, lanes: int = 1) -> Any:
        return NUMPY[type](value)


def _numpy_type(d: dtype) -> np.dtype:
    """The type of the arrays that stand for memory of type d: its own, or where NumPy has no such type that of its
    bits.
    """
    return np.dtype(d.numpy_name or ("uint32" if d.is_complex else NUMPY[RAW[d.ir]]))


def widen(array: np.ndarray, d: dtype) -> Any:
    """An array of type d as a kernel's loads give it: narrow floats as f32 (those that NumPy lacks are given as their
    bits), complex numbers as a pair."""
    if d.is_complex and d.numpy_name is None:
        halves = np.array(array, order="C")[..., None].view(np.float16).astype(np.float32)
        return Complex(halves[..., 0], halves[..., 1])
    if d.is_complex:
        return Complex(np.ascontiguousarray(array.real), np.ascontiguousarray(array.imag))
    if d.numpy_name is None:
        return ir.widen(_Arrays, np.ravel(array), d.ir).reshape(np.shape(array))
    return np.asarray(array, NUMPY[d.compute])


def narrow(value: Any, d: dtype, shape: tuple[int, ...] = ()) -> np.ndarray:
    """A body's result as a kernel's stores leave it in memory of type d."""
    if d.is_complex:
        value = Complex.of(value)
        shape = np.broadcast_shapes(shape, np.shape(value.re))
        if d.numpy_name is None:
            halves = np.empty((*shape, 2), np.float16)
            with np.errstate(over="ignore"):
                halves[..., 0], halves[..., 1] = value.re, value.im
            return halves.view(np.uint32)[..., 0]
        whole = np.empty(shape, d.numpy_name)
        whole.real, whole.imag = value.re, value.im
        return whole
    value = np.asarray(primitives.convert(value, d.compute))
    with np.errstate(all="ignore"):
        if d.numpy_name is None:
            value = ir.narrow(_Arrays, value.ravel(), d.ir).reshape(value.shape)
        value = value.astype(_numpy_type(d))
    return np.array(np.broadcast_to(value, np.broadcast_shapes(shape, value.shape)))


def run_body(body: Callable, operands: Sequence[Any], dtypes: Sequence[dtype | None], compute: dtype | None,
             results: Sequence[dtype]) -> list[np.ndarray]:
    """Call a scalar body on whole arrays (they broadcast), as a kernel would element by element. `dtypes` are the
    operands' types, None for Python numbers; operands are converted to the type in which kernels of `compute` compute,
    or keep their own where that is None."""
    def prepare(x: Any, d: dtype | None) -> Any:
        value = x if d is None else widen(np.asarray(x), d)
        if compute is None:
            return value
        if compute.is_complex:
            z = Complex.of(value)
            return Complex(primitives.convert(z.re, compute.compute), primitives.convert(z.im, compute.compute))
        return primitives.convert(value, compute.compute)

    shape = np.broadcast_shapes(*(np.shape(x) for x in operands))
    with np.errstate(all="ignore"):
        values = body(*map(prepare, operands, dtypes))
    return [narrow(value, d, shape) for value, d in zip(values if isinstance(values, tuple) else (values,), results)]
