"""The kernel language: typed values, straight-line expressions, and the loop nests around them.

A kernel is a function `kernel(words, begin, end)`: `words` points to 64-bit words (pointers, scalars, sizes: see
`Builder.word`), `begin` and `end` number the chunks of work to do. Schedules (`schedules`, `dense`, `windows`) write
kernels by calling a `Builder`; bodies (`math.py`, the operator declarations) are ordinary Python functions called with
`Value`s, whose operators append instructions. Nothing transforms the program afterwards: what is printed is what runs.

Three readers of the same instructions: `llvm.py` turns them into LLVM's text, `interpret.py` runs them on NumPy, and
`kernel.py`, which has what becomes of them when they are finished, prints them.

    type      i1 | i8 i16 i32 i64 | u8 u16 u32 u64 | f16 f32 f64 | ptr, times `lanes` (1 is a scalar, else a vector)
    memory    the same, and b8 (a bool as one byte), bf16 and 8-bit floats (e4m3fn ...): loads widen them to i1 and f32,
              stores narrow them
    control   `for` with carried values, `if`; no other jumps, so every value dominates its uses by nesting alone

Knows nothing of LLVM, schedules, tensors.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .kernel import Kernel, Launch, Program, writer
from .unknown import UNKNOWN

__all__ = ["Value", "Instr", "Block", "Kernel", "Program", "Launch", "Builder", "writer",
           "BITS", "COMPUTE", "is_float", "is_signed", "is_int", "widen", "narrow", "RAW"]

BITS = {"i1": 1, "i8": 8, "i16": 16, "i32": 32, "i64": 64, "u8": 8, "u16": 16, "u32": 32, "u64": 64,
        "f16": 16, "f32": 32, "f64": 64, "ptr": 64, "b8": 8, "bf16": 16}
# memory type -> the type its loads give, where they differ
COMPUTE = {"b8": "i1", "f16": "f32", "bf16": "f32"}
# memory type -> the type of its bits, where LLVM has no such type
RAW = {"b8": "u8", "bf16": "u16"}
for _small in ("e4m3fn", "e5m2", "e4m3fnuz", "e5m2fnuz", "e8m0fnu"):
    BITS[_small], COMPUTE[_small], RAW[_small] = 8, "f32", "u8"


def is_float(type: str) -> bool:
    return type[0] == "f"


def is_signed(type: str) -> bool:
    return type[0] == "i" and type != "i1"


def is_int(type: str) -> bool:
    return type[0] in "iu"


class Value:
    """One typed register of a kernel, or a constant. Python's operators on it append instructions to its builder."""

    __slots__ = ("builder", "id", "type", "lanes", "const")

    def __init__(self, builder: Builder, id: int, type: str, lanes: int, const: object = None):
        self.builder, self.id, self.type, self.lanes, self.const = builder, id, type, lanes, const

    def __repr__(self) -> str:
        if self.const is not None:
            return _constant_text(self.type, self.const)
        return f"%{self.id}"

    @property
    def shape(self) -> str:
        return self.type if self.lanes == 1 else f"{self.type}x{self.lanes}"

    def __bool__(self) -> bool:
        raise TypeError("a kernel body cannot branch on a value: use where(condition, a, b)")

    __hash__ = object.__hash__

    def __add__(self, other): return self.builder.binary("add", self, other)
    def __radd__(self, other): return self.builder.binary("add", other, self)
    def __sub__(self, other): return self.builder.binary("sub", self, other)
    def __rsub__(self, other): return self.builder.binary("sub", other, self)
    def __mul__(self, other): return self.builder.binary("mul", self, other)
    def __rmul__(self, other): return self.builder.binary("mul", other, self)
    def __truediv__(self, other): return self.builder.binary("div", self, other)
    def __rtruediv__(self, other): return self.builder.binary("div", other, self)
    def __and__(self, other): return self.builder.binary("and", self, other)
    def __rand__(self, other): return self.builder.binary("and", other, self)
    def __or__(self, other): return self.builder.binary("or", self, other)
    def __ror__(self, other): return self.builder.binary("or", other, self)
    def __xor__(self, other): return self.builder.binary("xor", self, other)
    def __rxor__(self, other): return self.builder.binary("xor", other, self)
    def __lshift__(self, other): return self.builder.binary("shl", self, other)
    def __rshift__(self, other): return self.builder.binary("shr", self, other)
    def __neg__(self): return self.builder.unary("neg", self)
    def __abs__(self): return self.builder.unary("abs", self)
    def __invert__(self): return self.builder.unary("not", self)
    def __lt__(self, other): return self.builder.compare("lt", self, other)
    def __le__(self, other): return self.builder.compare("le", self, other)
    def __gt__(self, other): return self.builder.compare("gt", self, other)
    def __ge__(self, other): return self.builder.compare("ge", self, other)
    def __eq__(self, other): return self.builder.compare("eq", self, other)      # type: ignore[override]
    def __ne__(self, other): return self.builder.compare("ne", self, other)      # type: ignore[override]


def _constant_text(type: str, value) -> str:
    if is_float(type):
        return "f" + struct.pack(">d", value).hex()
    return str(int(value))


class Instr:
    """`result = op(args) attr`. `for` and `if` hold their body as a Block in `body`."""

    __slots__ = ("op", "result", "args", "attr", "body", "carried", "results")

    def __init__(self, op: str, result: Value | None, args: tuple[Value, ...], attr: object = None,
                 body: Block | None = None):
        self.op, self.result, self.args, self.attr, self.body = op, result, args, attr, body
        self.carried: tuple[tuple[Value, Value, Value], ...] = ()     # of a loop: (initial, inside, after one turn)
        self.results: tuple[Value, ...] = ()                          # of a loop: the carried values after it


class Block:
    """Instructions in order, and what of them may be used again (common subexpressions) while the block is open."""

    __slots__ = ("instrs", "known")

    def __init__(self):
        self.instrs: list[Instr] = []
        self.known: dict = {}


class Builder:
    """Writes one kernel. Values are typed when they are made; a wrong mix raises here, not in LLVM.

    >>> b = Builder("twice")
    >>> x = b.load(b.word(1, "ptr"), "f32")
    >>> b.store(b.word(0, "ptr"), x + x, "f32")
    >>> print(b.kernel().text())            # doctest: +SKIP
    """

    def __init__(self, name: str):
        self.name, self.count = name, 0
        self.blocks = [Block()]
        self.words, self.begin, self.end = self._new("ptr", 1), self._new("i64", 1), self._new("i64", 1)
        self._constants: dict = {}
        # number of a value -> what it is a constant distance from, and that distance
        self._moved: dict[int, tuple[Value, int]] = {}

    def kernel(self) -> Kernel:
        """The kernel, which no more can be added to."""
        assert len(self.blocks) == 1, "a loop is still open, or the kernel is finished"
        program = Program(self._close(), self.words, self.begin, self.end, self.count)
        # values know the builder; it knows them no more, so that they go when the kernel does
        self._constants.clear()
        self._moved.clear()
        del self.words, self.begin, self.end
        return Kernel(self.name, program)

    def _close(self) -> Block:
        """End the innermost block: nothing in it will be used again."""
        block = self.blocks.pop()
        block.known.clear()
        return block

    # ---- making values -----------------------------------------------------------------------------------------------

    def _new(self, type: str, lanes: int) -> Value:
        self.count += 1
        return Value(self, self.count - 1, type, lanes)

    def emit(self, op: str, type: str, lanes: int, args: tuple[Value, ...], attr: object = None,
             pure: bool = True) -> Value:
        """Append an instruction, or return the value of the same pure instruction that is already in scope."""
        key = (op, type, lanes, attr, *[a.id for a in args])
        if pure:
            for block in reversed(self.blocks):
                found = block.known.get(key)
                if found is not None:
                    return found
        result = self._new(type, lanes)
        self.blocks[-1].instrs.append(Instr(op, result, args, attr))
        if pure:
            self.blocks[-1].known[key] = result
        return result

    def effect(self, op: str, args: tuple[Value, ...], attr: object = None) -> None:
        self.blocks[-1].instrs.append(Instr(op, None, args, attr))

    def const(self, type: str, value, lanes: int = 1) -> Value:
        """A constant; a vector of it where lanes > 1. Integers wrap to the type's width."""
        if is_float(type):
            value = float(value)
            key: tuple = (type, lanes, struct.pack("d", value))
        else:
            bits = BITS[type]
            value = int(value) & ((1 << bits) - 1)
            if is_signed(type) and value >> (bits - 1):
                value -= 1 << bits
            key = (type, lanes, value)
        found = self._constants.get(key)
        if found is None:
            found = self._constants[key] = self._new(type, lanes)
            found.const = value
        return found

    def lift(self, value, like: Value) -> Value:
        """`value` (a Value or a Python number) as a value with the type and lanes of `like`."""
        if not isinstance(value, Value):
            if isinstance(value, float) and is_int(like.type):
                raise TypeError(f"a float constant {value} with a value of type {like.type}")
            return self.const(like.type, value, like.lanes)
        if value.lanes != like.lanes:
            if value.lanes == 1:
                return self.splat(value, like.lanes)
            raise TypeError(f"{value.lanes} lanes where {like.lanes} are wanted")
        return value

    def pair(self, a, b) -> tuple[Value, Value]:
        like = a if isinstance(a, Value) and (not isinstance(b, Value) or a.lanes >= b.lanes) else b
        a, b = self.lift(a, like), self.lift(b, like)
        if a.type != b.type:
            raise TypeError(f"operands of types {a.type} and {b.type}: convert one")
        return a, b

    # ---- arithmetic --------------------------------------------------------------------------------------------------

    def binary(self, op: str, a, b) -> Value:
        """add sub mul div rem and or xor shl shr. `div` and `rem` of integers truncate; the divisor must not be 0."""
        if a is UNKNOWN or b is UNKNOWN:
            return UNKNOWN
        if not isinstance(a, (Value, int, float)) or not isinstance(b, (Value, int, float)):
            return NotImplemented
        a, b = self.pair(a, b)
        if a.type == "i1":                       # bools add as `or` and multiply as `and`, as PyTorch's do
            op = {"add": "or", "mul": "and", "sub": "xor"}.get(op, op)
        if op in ("and", "or", "xor", "shl", "shr") and is_float(a.type):
            raise TypeError(f"{op} of floats")
        if b.const is not None:
            if op == "mul" and b.const == 1 or op in ("add", "sub", "shl", "shr", "or",
                                                      "xor") and b.const == 0 and is_int(b.type):
                return a
            if a.const is not None and is_int(a.type) and op in _FOLD:
                return self.const(a.type, _FOLD[op](a.const, b.const), a.lanes)
        if a.const is not None:
            if op == "mul" and a.const == 1 or op == "add" and a.const == 0 and is_int(a.type):
                return b
        if a.shape == "i64" and b.const is not None:
            # (x + c) * k is x * k + c * k: neighbours in an unrolled loop share one product, and differ by what fits an
            # address
            if op == "mul" and a.id in self._moved:
                origin, distance = self._moved[a.id]
                return origin * b + distance * b.const
            if op == "add":
                value = self.emit(op, a.type, a.lanes, (a, b))
                origin, distance = self._moved.get(a.id, (a, 0))
                self._moved[value.id] = origin, distance + b.const
                return value
        return self.emit(op, a.type, a.lanes, (a, b))

    def unary(self, op: str, a: Value) -> Value:
        """neg abs not; of floats also sqrt floor ceil rint trunc; of integers ctlz cttz ctpop."""
        if a is UNKNOWN:
            return UNKNOWN
        if op == "abs" and a.type[0] == "u":
            return a
        return self.emit(op, a.type, a.lanes, (a,))

    def compare(self, predicate: str, a, b) -> Value:
        """eq ne lt le gt ge. With a NaN all are false but `ne`."""
        if a is UNKNOWN or b is UNKNOWN:
            return UNKNOWN
        if not isinstance(b, (Value, int, float)):
            return NotImplemented
        a, b = self.pair(a, b)
        return self.emit(predicate, "i1", a.lanes, (a, b))

    def fma(self, a, b, c) -> Value:
        """a * b + c with one rounding."""
        if a is UNKNOWN or b is UNKNOWN or c is UNKNOWN:
            return UNKNOWN
        like = max((v for v in (a, b, c) if isinstance(v, Value)), key=lambda v: v.lanes)
        a, b, c = self.lift(a, like), self.lift(b, like), self.lift(c, like)
        return self.emit("fma", a.type, a.lanes, (a, b, c))

    def select(self, condition, a, b) -> Value:
        """a where the condition holds, else b."""
        if condition is UNKNOWN or a is UNKNOWN or b is UNKNOWN:
            return UNKNOWN
        if not isinstance(condition, Value):
            condition = self.const("i1", bool(condition))
        if not isinstance(a, Value) and not isinstance(b, Value):
            raise TypeError("where() of two constants: convert one to a value")
        a, b = self.pair(a, b)
        lanes = max(a.lanes, condition.lanes)
        if a.lanes != lanes:
            a, b = self.splat(a, lanes), self.splat(b, lanes)
        if condition.lanes != lanes:
            condition = self.splat(condition, lanes)
        if a is b:
            return a
        return self.emit("select", a.type, lanes, (condition, a, b))

    def convert(self, a: Value, type: str) -> Value:
        """A C cast: floats to integers truncate (wrapping into narrow and unsigned ones), anything to i1 is `!= 0`, f32
        to f16 rounds to even.
        """
        if a is UNKNOWN or a.type == type:
            return a
        if a.const is not None and a.type != "i1" and not (is_float(a.type) and is_int(type)):
            value = a.const
            if type == "f32":
                value = _round_f32(value)
            if type != "f16" and type != "i1":
                return self.const(type, value, a.lanes)
        if type == "i1":
            return self.compare("ne", a, 0)
        if is_float(a.type) and is_int(type) and BITS[type] < 32:
            return self.convert(self.convert(a, "i32"), type)
        if is_float(a.type) and type == "u32":
            return self.convert(self.convert(a, "i64"), type)
        if a.type == "f16" and type == "f64" or a.type == "f64" and type == "f16" or a.type == "f16" and is_int(type):
            return self.convert(self.convert(a, "f32"), type)
        # by i64, which has the negative numbers; the upper half of the range is moved into it
        if is_float(a.type) and type == "u64":
            high = a >= 2.0**63
            low = self.bitcast(self.convert(self.select(high, a - 2.0**63, a), "i64"), "u64")
            return self.select(high, low ^ (1 << 63), low)
        return self.emit("convert", type, a.lanes, (a,))

    def bitcast(self, a: Value, type: str) -> Value:
        """The same bits as another type of the same width."""
        if a is UNKNOWN or a.type == type:
            return a
        assert BITS[a.type] == BITS[type], (a.type, type)
        return self.emit("bitcast", type, a.lanes, (a,))

    # ---- lanes -------------------------------------------------------------------------------------------------------

    def splat(self, a: Value, lanes: int) -> Value:
        """A scalar in every lane."""
        if a is UNKNOWN or a.lanes == lanes:
            return a
        if a.const is not None:
            return self.const(a.type, a.const, lanes)
        return self.emit("splat", a.type, lanes, (a,))

    def iota(self, type: str, lanes: int) -> Value:
        """0, 1, 2, ... (a scalar 0 where lanes == 1)."""
        return self.const(type, 0) if lanes == 1 else self.emit("iota", type, lanes, ())

    def shuffle(self, a: Value, b: Value | None, order: Sequence[int]) -> Value:
        """Lanes picked from a followed by b; -1 is any."""
        assert b is None or (a.type, a.lanes) == (b.type, b.lanes)
        return self.emit("shuffle", a.type, len(order), (a,) if b is None else (a, b), tuple(order))

    def extract(self, a: Value, lane: int) -> Value:
        return a if a.lanes == 1 else self.emit("extract", a.type, 1, (a,), lane)

    def fold(self, a: Value | tuple[Value, ...], combine: Callable) -> Value | tuple[Value, ...]:
        """All lanes combined to one by a fixed tree of halves. `a` may be a tuple of values, combined together."""
        many = isinstance(a, tuple)
        values = a if many else (a,)
        while values[0].lanes > 1:
            half = values[0].lanes // 2
            low = tuple(self.shuffle(v, None, range(half)) if half > 1 else self.extract(v, 0) for v in values)
            high = tuple(self.shuffle(v, None, range(half, 2 * half)) if half > 1 else self.extract(v, 1)
                         for v in values)
            values = combine(low, high) if many else (combine(low[0], high[0]),)
        return values if many else values[0]

    def any(self, a: Value) -> Value:
        """Whether any lane of a mask is set."""
        return a if a.lanes == 1 else self.emit("any", "i1", 1, (a,))

    def first(self, count: Value, lanes: int) -> Value:
        """A mask of the first `count` (i64) lanes."""
        small = self.convert(self.select(count < lanes, count, self.const("i64", lanes)), "i32")
        return self.compare("lt", self.iota("i32", lanes), self.splat(small, lanes))

    # ---- memory ------------------------------------------------------------------------------------------------------

    def word(self, index: int | Value, type: str = "i64") -> Value:
        """Word `index` of the argument list: a pointer, an i64, or the bits of an f64."""
        address = self.offset(self.words, index * 8)
        return self.emit("load", type, 1, (address,), type)          # pure: nobody writes the words while a kernel runs

    def offset(self, pointer: Value, bytes: int | Value) -> Value:
        if not isinstance(bytes, Value):
            if bytes == 0:
                return pointer
            bytes = self.const("i64", bytes)
        if bytes.id in self._moved:
            origin, distance = self._moved[bytes.id]
            return self.offset(self.offset(pointer, origin), distance)
        return self.emit("offset", "ptr", 1, (pointer, bytes))

    def address(self, pointer: Value) -> Value:
        """A pointer as a number, to test its alignment."""
        return self.emit("address", "i64", 1, (pointer,))

    def load(self, pointer: Value, type: str, lanes: int = 1, mask: Value | None = None) -> Value:
        """`lanes` neighbouring elements of memory type `type`; lanes outside the mask are not touched and read 0."""
        raw = RAW.get(type, type)
        args = (pointer,) if mask is None else (pointer, mask)
        return widen(self, self.emit("load", raw, lanes, args, raw, pure=False), type)

    def gather(self, pointer: Value, offsets: Value, type: str, mask: Value | None = None) -> Value:
        """Elements at byte offsets (i64 lanes) from a pointer."""
        raw = RAW.get(type, type)
        args = (pointer, offsets) if mask is None else (pointer, offsets, mask)
        return widen(self, self.emit("gather", raw, offsets.lanes, args, raw, pure=False), type)

    def store(self, pointer: Value, value: Value, type: str, mask: Value | None = None, stream: bool = False) -> None:
        """Store to memory type `type`. `stream` bypasses the cache (the address must be a multiple of the vector's
        size).
        """
        value = narrow(self, value, type)
        self.effect("store", (pointer, value) if mask is None else (pointer, value, mask), "stream" if stream else None)

    def scatter(self, pointer: Value, offsets: Value, value: Value, type: str, mask: Value | None = None) -> None:
        """Store lanes at byte offsets, lane 0 first."""
        value = narrow(self, value, type)
        self.effect("scatter", (pointer, offsets, value) if mask is None else (pointer, offsets, value, mask))

    def alloca(self, bytes: int, align: int = 64) -> Value:
        """Scratch on the stack, for the whole kernel."""
        return self.emit("alloca", "ptr", 1, (), (bytes, align), pure=False)

    def prefetch(self, pointer: Value) -> None:
        self.effect("prefetch", (pointer,))

    def call(self, function: str, type: str, *args: Value) -> Value:
        """A scalar function of the C library (log1p, lgamma, ...), lane by lane where the arguments are vectors."""
        lanes = args[0].lanes
        if lanes == 1:
            return self.emit("call", type, 1, args, function)
        return self.emit("calls", type, lanes, args, function)

    # ---- control -----------------------------------------------------------------------------------------------------

    @contextmanager
    def loop(self, start, stop, step=1, carried: Sequence[Value] = ()) -> Iterator[Loop]:
        """`for index in range(start, stop, step)`. Inside, `loop.index` and `loop.carried`; end the body with
        `loop.next(*values)` where something is carried; afterwards `loop.results` holds what came out."""
        start, stop, step = (v if isinstance(v, Value) else self.const("i64", v) for v in (start, stop, step))
        body = Block()
        loop = Loop(self._new("i64", 1), tuple(self._new(v.type, v.lanes) for v in carried))
        self.blocks.append(body)
        yield loop
        self._close()
        assert len(loop.after) == len(carried), "a loop that carries values must end with loop.next(...)"
        instr = Instr("for", loop.index, (start, stop, step), None, body)
        for first, after in zip(carried, loop.after):
            if (first.type, first.lanes) != (after.type, after.lanes):
                raise TypeError(f"a carried value goes in as {first.shape} and comes out as {after.shape}")
        instr.carried = tuple(zip(carried, loop.carried, loop.after))
        instr.results = loop.results = tuple(self._new(v.type, v.lanes) for v in carried)
        self.blocks[-1].instrs.append(instr)

    @contextmanager
    def when(self, condition: Value, *otherwise: Value) -> Iterator[Loop]:
        """`if condition:`. Where values are to come out, pass what they are if the condition fails, end the body with
        `branch.next(*values)`, and read `branch.results` afterwards."""
        body, branch = Block(), Loop(condition, otherwise)
        self.blocks.append(body)
        yield branch
        self._close()
        assert len(branch.after) == len(otherwise), "an `if` that gives values must end with branch.next(...)"
        instr = Instr("if", None, (condition,), None, body)
        for before, after in zip(otherwise, branch.after):
            if (before.type, before.lanes) != (after.type, after.lanes):
                raise TypeError(f"an `if` gives {after.shape} or else {before.shape}")
        instr.carried = tuple(zip(otherwise, otherwise, branch.after))
        instr.results = branch.results = tuple(self._new(v.type, v.lanes) for v in otherwise)
        self.blocks[-1].instrs.append(instr)

    # ---- integers for addresses --------------------------------------------------------------------------------------

    def min(self, a, b) -> Value:
        """The smaller of two integers."""
        a, b = self.pair(a, b)
        return self.select(a < b, a, b)

    def divmod(self, a: Value, b: Value) -> tuple[Value, Value]:
        """Quotient and remainder of non-negative i64."""
        quotient = self.binary("div", a, b)
        return quotient, a - quotient * b


class Loop:
    """What `Builder.loop` gives to its body (and `Builder.when`: there `index` is the condition)."""

    def __init__(self, index: Value, carried: tuple[Value, ...]):
        self.index, self.carried = index, carried
        self.after: tuple[Value, ...] = ()
        self.results: tuple[Value, ...] = ()

    def next(self, *values: Value) -> None:
        self.after = values


# ---- memory types ----------------------------------------------------------------------------------------------------

# of 8-bit floats: bits of the mantissa, bias of the exponent, the largest code, the one of too large a number (e4m3fn
# has no infinity), that of NaN. Those called fnuz have neither infinities nor -0, whose code means NaN; e8m0fnu is an
# exponent alone
_SMALL = {"e4m3fn": (3, 7, 0x7E, 0x7E, 0x7F), "e5m2": (2, 15, 0x7C, 0x7C, 0x7F), "e4m3fnuz": (3, 8, 0x7F, 0x80, 0x80),
          "e5m2fnuz": (2, 16, 0x7F, 0x80, 0x80)}


def widen(b: Any, raw: Any, type: str) -> Any:
    """What a load gives for the bits in memory. `b` is a Builder, or whatever has its `convert`, `bitcast`, `compare`,
    `select` and `const` for values of another kind (`interpret.py` has)."""
    if type == "b8":
        return b.compare("ne", raw, 0)
    if type == "f16":
        return b.convert(raw, "f32")
    if type == "bf16":
        return b.bitcast(b.convert(raw, "u32") << 16, "f32")
    if type == "e5m2":                                       # the upper half of an f16
        return b.convert(b.bitcast(b.convert(raw, "u16") << 8, "f16"), "f32")
    # an f16 with the mantissa in place and the exponent 8 too small
    if type == "e4m3fn":
        bits = b.convert(raw, "u16")
        value = b.convert(b.bitcast(((bits & 0x80) << 8) | ((bits & 0x7F) << 7), "f16"), "f32") * 256.0
        return b.select(b.compare("eq", bits & 0x7F, 0x7F), b.bitcast(b.bitcast(value, "u32") | 0x7FF00000, "f32"),
                        value)
    # an f32 with the mantissa in place and the exponent too small
    if type in _SMALL:
        mantissa, bias = _SMALL[type][:2]
        bits = b.convert(raw, "u32")
        value = b.bitcast(((bits & 0x80) << 24) | ((bits & 0x7F) << (23 - mantissa)), "f32") * 2.0 ** (127 - bias)
        return b.select(b.compare("eq", bits, 0x80), b.bitcast(b.const("u32", 0x7F800001, _lanes(raw)), "f32"), value)
    if type == "e8m0fnu":
        bits = b.convert(raw, "u32") << 23
        bits = b.select(b.compare("eq", bits, 0), b.const("u32", 0x00400000, _lanes(raw)), bits)
        return b.bitcast(b.select(b.compare("eq", bits, 0x7F800000), b.const("u32", 0x7F800001, _lanes(raw)), bits),
                         "f32")
    return raw


def narrow(b: Any, value: Any, type: str) -> Any:
    """The bits to store for a value: bools as bytes, bfloat16 and 8-bit floats by rounding to even (NaN stays NaN)."""
    if type == "b8":
        return b.convert(b.convert(value, "i1"), "u8")
    if type == "bf16":
        value = b.convert(value, "f32")
        bits = b.bitcast(value, "u32")
        rounded = (bits + (((bits >> 16) & 1) + 0x7FFF)) >> 16
        return b.convert(b.select(b.compare("ne", value, value), b.const("u32", 0x7FC0, _lanes(value)), rounded), "u16")
    if type in _SMALL:
        mantissa, bias, largest, over, nan = _SMALL[type]
        value = b.convert(value, "f32")
        bits = b.bitcast(value, "u32")
        size, cut = bits & 0x7FFFFFFF, 23 - mantissa
        normal = (size - ((127 - bias) << 23) + (((size >> cut) & 1) + ((1 << (cut - 1)) - 1))) >> cut
        # a subnormal's code is what remains in the low bits after an addition that rounds at the place of the smallest
        magic = 2.0 ** (24 - bias - mantissa)
        small = b.bitcast(b.bitcast(size, "f32") + magic, "u32") - (127 + 24 - bias - mantissa << 23)
        code = b.select(b.compare("lt", size, (128 - bias) << 23), small, normal)
        code = b.select(b.compare("gt", code, largest), b.const("u32", over, _lanes(value)), code)
        code = b.select(b.compare("ne", value, value), b.const("u32", nan, _lanes(value)), code)
        signed = code | ((bits >> 24) & 0x80)
        return b.convert(b.select(b.compare("eq", code, 0), code, signed) if nan == 0x80 else signed, "u8")
    # 1.5 and more rounds up; of subnormals, more than half of the smallest normal number
    if type == "e8m0fnu":
        bits = b.bitcast(b.convert(value, "f32"), "u32")
        exponent = (bits >> 23) & 0xFF
        half = b.const("u32", 0x3FFFFF, _lanes(value))
        up = b.convert(b.compare("gt", bits & 0x7FFFFF, b.select(b.compare("eq", exponent, 0), half + 1, half)), "u32")
        return b.convert(b.select(b.compare("eq", exponent, 0xFF), exponent, exponent + up), "u8")
    return b.convert(value, type)


def _lanes(value: Any) -> int:
    return getattr(value, "lanes", 1)


def _round_f32(value: float) -> float:
    try:
        return struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)


_FOLD = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "shl": lambda a, b: a << b,
         "and": lambda a, b: a & b, "or": lambda a, b: a | b, "xor": lambda a, b: a ^ b}
