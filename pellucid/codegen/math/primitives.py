"""What the functions of `math.py` and the bodies of operators are made of: values of four kinds, and the primitives on
them.

    ir.Value            appends instructions (one lane or many): the kernel
    UNKNOWN             gives UNKNOWN
    numbers, ndarrays   NumPy: the oracle of the tests, and what a debugger steps through
    anything else       asks the object: `x.__math__(name, *args)`, and `condition.__where__(a, b)` (a Tensor, in double
                        backward)

Python's operators work on all four already; here is what operators cannot say. Python numbers among the operands adopt
the type of the others. No lane traps, whatever it holds: integer division is guarded, and what a masked-off lane
computes is ignored. Called by `math.py`, `complex.py`, and through them by operator declarations and schedules; knows
nothing of tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import update_wrapper
from typing import Any, NamedTuple

import numpy as np

from ..ir import BITS, Value, is_signed
from ..unknown import UNKNOWN

__all__ = [
    "FLOAT", "NUMERIC", "NUMPY", "Float", "Function", "Pair", "abs", "any_type", "bitcast", "ceil", "clamp", "constant",
    "convert",
    "copysign", "floats", "floor", "fma", "fmax", "fmin", "is_bool", "is_complex", "is_float", "isfinite", "isinf",
    "isnan", "largest", "maximum",
    "minimum", "rare", "repeat", "rint", "shift_left", "shift_right", "sign", "signbit", "sqrt", "true", "trunc",
    "trunc_div", "type_of",
    "where",
]

NUMERIC = (bool, int, float, np.ndarray, np.generic)
NUMPY = {"i1": np.bool_, "i8": np.int8, "i16": np.int16, "i32": np.int32, "i64": np.int64, "u8": np.uint8,
         "u16": np.uint16, "u32": np.uint32, "u64": np.uint64, "f16": np.float16, "f32": np.float32, "f64": np.float64}
_TYPES = {np.dtype(value): name for name, value in NUMPY.items()}
_PYTHON = {bool: "i1", int: "i64", float: "f64"}


class Float(NamedTuple):
    """What bit arithmetic on a floating type needs to know. `magic` + n has n in its low bits, for |n| < 2**(mantissa -
    1).
    """

    uint: str
    mantissa: int
    bias: int
    magic: float
    tiny: float                  # the smallest normal number
    sign: int                    # the bit


FLOAT = {"f32": Float("u32", 23, 127, 1.5 * 2.0**23, 2.0**-126, 1 << 31),
         "f64": Float("u64", 52, 1023, 1.5 * 2.0**52, 2.0**-1022, 1 << 63)}


# ---- kinds of values -------------------------------------------------------------------------------------------------

class Pair:
    """Base of `complex.Complex`: how dispatch knows a complex number without knowing its arithmetic."""

    __slots__ = ("re", "im")


def type_of(x: Any) -> str:
    """The kernel type of a value: f32, i64, i1, ..."""
    if isinstance(x, Value):
        return x.type
    return _PYTHON[type(x)] if type(x) in _PYTHON else _TYPES[x.dtype]


def _numpy(args: Sequence[Any], floating: bool) -> list[Any]:
    """Python numbers as NumPy values of the arrays' type, where integers wrap as `Builder.const` has them do; without
    an array, of the widest of their own.
    """
    like = next((a.dtype.type for a in args if isinstance(a, (np.ndarray, np.generic))), None)
    if like is None:
        like = np.float64 if floating else NUMPY[max((_PYTHON[type(a)] for a in args), key=("i1", "i64", "f64").index)]
    return [a if isinstance(a, (np.ndarray, np.generic)) else _wrapped(a, like) for a in args]


def _wrapped(number: Any, like: type) -> Any:
    try:
        return like(number)
    except OverflowError:
        return np.array(number).astype(like)[()]


class Function:
    """A body, written for values of one type, callable on every kind of value. `@f.complex` adds its body for complex
    numbers.
    """

    def __init__(self, body: Callable, floating: bool):
        update_wrapper(self, body)
        self.body, self.floating, self.complex_body = body, floating, None

    def __repr__(self) -> str:
        return f"<kernel function {self.__name__}>"

    def complex(self, body: Callable) -> Callable:
        """Decorator: what to do with complex operands, all of them given as pairs."""
        self.complex_body = body
        return body

    def __call__(self, *args: Any) -> Any:
        like = None
        for a in args:
            if isinstance(a, Value):
                if like is None or a.lanes > like.lanes:
                    like = a
            elif a is UNKNOWN:
                return UNKNOWN
            elif isinstance(a, (Pair, complex)):
                if self.complex_body is None:
                    raise TypeError(f"{self.__name__} is not defined for complex numbers")
                with np.errstate(all="ignore"):
                    found = self.complex_body(*args)
                if isinstance(found, Pair) and {type(b) for b in args} <= {bool, int, float, complex}:
                    # of Python's numbers one of Python's numbers, which meets tensors as such
                    return complex(found.re, found.im)
                return found
            elif not isinstance(a, NUMERIC):
                if not hasattr(a, "__math__"):
                    raise TypeError(f"{self.__name__} of {type(a).__name__}: a number or a tensor is wanted")
                return a.__math__(self.__name__, *args)
        if like is not None:
            values = [like.builder.lift(a, like) for a in args]
            self._check(values)
            return self.body(*values)
        values = _numpy(args, self.floating)
        self._check(values)
        with np.errstate(all="ignore"):
            return self.body(*values)

    def _check(self, values: Sequence[Any]) -> None:
        types = {type_of(v) for v in values}
        if len(types) > 1 or self.floating and types.isdisjoint(FLOAT):
            wanted = "f32 or f64" if self.floating else "one type"
            raise TypeError(f"{self.__name__} of {', '.join(type_of(v) for v in values)}: convert to {wanted}")


def floats(body: Callable) -> Function:
    """A function of f32 or f64."""
    return Function(body, True)


def any_type(body: Callable) -> Function:
    """A function of values of any one type."""
    return Function(body, False)


def constant(x: Any, value: Any) -> Any:
    """A number as a value like x: its kind, type and lanes."""
    if x is UNKNOWN:
        return x
    return x.builder.const(x.type, value, x.lanes) if isinstance(x, Value) else NUMPY[type_of(x)](value)


# ---- choice ----------------------------------------------------------------------------------------------------------

def where(condition: Any, a: Any, b: Any) -> Any:
    """a where the condition holds, else b. Both are computed."""
    if UNKNOWN is condition or UNKNOWN is a or UNKNOWN is b:
        return UNKNOWN
    if isinstance(a, Pair) or isinstance(b, Pair):
        return (a if isinstance(a, Pair) else b).choose(condition, a, b)
    if isinstance(condition, (bool, np.bool_)):
        if not (isinstance(a, NUMERIC) and isinstance(b, NUMERIC)):
            return a if condition else b
    elif not isinstance(condition, (Value, np.ndarray)):
        return condition.__where__(a, b)
    for x in (condition, a, b):
        if isinstance(x, Value):
            return x.builder.select(condition, a, b)
    a, b = _numpy((a, b), False)
    chosen = np.where(condition, a, b)
    return chosen[()] if chosen.ndim == 0 else chosen


def rare(condition: Any, usual: Sequence[Any], compute: Callable[[], Sequence[Any]]) -> tuple[Any, ...]:
    """`usual`, and in lanes where the condition holds what `compute()` gives; that is skipped while no lane needs it.
    """
    if not isinstance(condition, Value):
        return tuple(where(condition, a, b) for a, b in zip(compute(), usual)) if np.any(condition) else tuple(usual)
    with condition.builder.when(condition.builder.any(condition), *usual) as branch:
        branch.next(*(where(condition, a, b) for a, b in zip(compute(), usual)))
    return branch.results


def repeat(count: int, step: Callable[..., Sequence[Any]], *state: Any) -> tuple[Any, ...]:
    """state = step(*state), `count` times: a loop in the kernel."""
    value = next((s for s in state if isinstance(s, Value)), None)
    if value is None:
        for _ in range(count):
            state = tuple(step(*state))
        return tuple(state)
    with value.builder.loop(0, count, carried=state) as loop:
        loop.next(*step(*loop.carried))
    return loop.results


# ---- arithmetic ------------------------------------------------------------------------------------------------------

@any_type
def fma(a, b, c):
    """a * b + c with one rounding."""
    if isinstance(a, Value):
        return a.builder.fma(a, b, c)
    return _fma32(a, b, c) if type_of(a) == "f32" else _fma64(a, b, c)


def _two_sum(a, b):
    """(s, e): s = a + b rounded, and s + e = a + b exactly."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _to_odd(s, e):
    """s + e, of which s is the rounded sum, with the last bit as if rounded to odd: a later rounding to fewer bits is
    then right.
    """
    bits = s.view(np.int64)
    away = (e > 0) == (s > 0)
    return (bits + ((e != 0) & (bits & 1 == 0)) * (away * 2 - 1)).view(np.float64)


def _fma32(a, b, c):
    """The product of two f32 is exact in f64; the sum is wrong after the second rounding only where the first one made
    a tie.
    """
    product = np.multiply(a, b, dtype=np.float64)
    total = np.add(product, c, dtype=np.float64)
    tie = (total.view(np.int64) & 0x1FFFFFFF == 0x10000000) | (np.abs(total) < 2.0**-126)
    if tie.any():
        c = c.astype(np.float64)
        total = np.where(tie, _to_odd(*_two_sum(product, c)), total)
    return total.astype(np.float32)


def _fma64(a, b, c):
    """Boldo and Melquiond: the exact product in two parts, added to c with one part rounded to odd. By fractions where
    parts would over- or underflow."""
    high = a * b
    size = np.abs(high)
    plain = (np.abs(a) < 2.0**500) & (np.abs(b) < 2.0**500) & ((size > 2.0**-500) | (a == 0)
                                                               | (b == 0)) & (np.abs(c) < 2.0**1000)
    split = 134217729.0                                            # 2**27 + 1
    ah = a * split - (a * split - a)
    bh = b * split - (b * split - b)
    al, bl = a - ah, b - bh
    th, tl = _two_sum(c, ((ah * bh - high) + ah * bl + al * bh) + al * bl)
    vh, vl = _two_sum(high, th)
    result = np.where(plain & (size > 0), vh + _to_odd(*_two_sum(tl, vl)), high + c)
    if not plain.all():
        result = np.array(result)
        hard = np.flatnonzero(np.broadcast_to(~plain & np.isfinite(a) & np.isfinite(b) & np.isfinite(c), result.shape))
        parts = [np.broadcast_to(v, result.shape).ravel()[hard].tolist() for v in (a, b, c)]
        result.reshape(-1)[hard] = [_exact(*lane) for lane in zip(*parts)]
    return result[()]


def _exact(a: float, b: float, c: float) -> float:
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact == 0:
        return a * b + c
    try:
        return float(exact)
    except OverflowError:
        return float("inf") if exact > 0 else float("-inf")


def _rounding(name: str, numpy: Callable, doc: str) -> Function:
    def body(x):
        if type_of(x) not in FLOAT:
            return x
        return x.builder.unary(name, x) if isinstance(x, Value) else numpy(x)

    body.__name__ = body.__qualname__ = name
    body.__doc__ = doc
    return any_type(body)


floor = _rounding("floor", np.floor, "The largest whole number not above x.")
ceil = _rounding("ceil", np.ceil, "The smallest whole number not below x.")
rint = _rounding("rint", np.rint, "The nearest whole number; the even one of two.")
trunc = _rounding("trunc", np.trunc, "The whole part of x.")


@floats
def sqrt(x):
    """Square root, correctly rounded; NaN below zero."""
    return x.builder.unary("sqrt", x) if isinstance(x, Value) else np.sqrt(x)


@any_type
def abs(x):
    """Absolute value; of the lowest integer, itself."""
    return x if type_of(x) == "i1" else x.builder.unary("abs", x) if isinstance(x, Value) else np.abs(x)


def convert(x: Any, type: str) -> Any:
    """A C cast. Floats to integers truncate, and wrap into types narrower than 32 bits; anything to i1 is `!= 0`. Of a
    complex number to another type the real part is converted."""
    if isinstance(x, (Pair, complex)):
        x = true(x) if type == "i1" else x.re if isinstance(x, Pair) else x.real
    if isinstance(x, Value):
        return x.builder.convert(x, type)
    if x is UNKNOWN:
        return x
    if not isinstance(x, NUMERIC):
        return x.__math__("convert", x, type)
    (x,) = _numpy((x,), False)
    source = type_of(x)
    if type == source:
        return x
    if type == "i1":
        return x != 0
    with np.errstate(all="ignore"):
        if source in FLOAT and type == "u64":
            high = x >= 2.0**63
            return np.where(high, x - x.dtype.type(2.0**63), x).astype(np.int64).astype(np.uint64)[()] ^ np.where(high,
                np.uint64(1 << 63), np.uint64(0))
        if source in FLOAT and type not in FLOAT and type != "f16":
            x = np.asarray(x).astype(np.int32 if BITS[type] < 32 else np.int64 if type == "u32" else NUMPY[type])
        return np.asarray(x).astype(NUMPY[type])[()]


def rounded(x: Any, memory: str) -> Any:
    """An f32 as memory of type f16 or bf16 would hold it."""
    if memory == "f16":
        return convert(convert(x, "f16"), "f32")
    bits = bitcast(x, "u32")
    return where(isnan(x), x, bitcast((bits + (((bits >> 16) & 1) + 0x7FFF)) & 0xFFFF0000, "f32"))


def bitcast(x: Any, type: str) -> Any:
    """The same bits as another type of the same width."""
    if isinstance(x, Value):
        return x.builder.bitcast(x, type)
    return x if x is UNKNOWN else x.view(NUMPY[type])


@any_type
def is_float(x):
    """Whether x is of a floating type (a fact about the body, not about the data)."""
    return type_of(x) in FLOAT


@any_type
def is_complex(x):
    """Whether x is complex (a fact about the body, not about the data)."""
    return False


@any_type
def is_bool(x):
    """Whether x is a truth value (a fact about the body, not about the data)."""
    return type_of(x) == "i1"


is_bool.complex(lambda z: False)
is_float.complex(lambda z: True)
is_complex.complex(lambda z: True)


@any_type
def true(x):
    """Whether x is not 0."""
    return x if type_of(x) == "i1" else x != 0


@any_type
def largest(x):
    """The largest finite number of x's type."""
    type = type_of(x)
    if type in FLOAT:
        return (2.0 - 2.0**-FLOAT[type].mantissa) * 2.0**FLOAT[type].bias
    return (1 << BITS[type] - is_signed(type)) - 1


# ---- signs and classes -----------------------------------------------------------------------------------------------

@any_type
def signbit(x):
    """Whether x is negative, -0.0 and NaN with the sign included."""
    if type_of(x) in FLOAT:
        f = FLOAT[type_of(x)]
        return bitcast(x, f.uint) >= f.sign
    return x < 0 if is_signed(type_of(x)) else x != x


@floats
def copysign(x, y):
    """|x| with the sign of y."""
    f = FLOAT[type_of(x)]
    return bitcast((bitcast(x, f.uint) & (f.sign - 1)) | (bitcast(y, f.uint) & f.sign), type_of(x))


@any_type
def isnan(x):
    """Whether x is not a number."""
    return x != x


@any_type
def isinf(x):
    """Whether x is an infinity."""
    return abs(x) == float("inf") if type_of(x) in FLOAT else x != x


@any_type
def isfinite(x):
    """Whether x is neither infinite nor NaN."""
    return abs(x) < float("inf") if type_of(x) in FLOAT else x == x


@any_type
def sign(x):
    """-1, 0 or 1; 0 for NaN, as PyTorch has it."""
    if type_of(x) == "i1":
        return x
    zero, one = constant(x, 0), constant(x, 1)
    positive = where(x > 0, one, zero)
    return positive if type_of(x)[0] == "u" else where(x < 0, -one, positive)


# ---- order -----------------------------------------------------------------------------------------------------------

@any_type
def minimum(a, b):
    """The smaller; NaN if either is. Of equal numbers, zeros of both signs among them, the first, as in all of these.
    """
    smaller = where(b < a, b, a)
    return where(b != b, b, smaller) if type_of(a) in FLOAT else smaller


@any_type
def maximum(a, b):
    """The larger; NaN if either is."""
    larger = where(b > a, b, a)
    return where(b != b, b, larger) if type_of(a) in FLOAT else larger


@any_type
def fmin(a, b):
    """The smaller; of a number and NaN, the number."""
    smaller = where(b < a, b, a)
    return where(a != a, b, smaller) if type_of(a) in FLOAT else smaller


@any_type
def fmax(a, b):
    """The larger; of a number and NaN, the number."""
    larger = where(b > a, b, a)
    return where(a != a, b, larger) if type_of(a) in FLOAT else larger


@any_type
def clamp(x, low, high):
    """x within two bounds that are not NaN; NaN stays. Where low > high, high."""
    x = where(low > x, low, x)                   # in this order: one instruction each, and a NaN of x passes
    return where(high < x, high, x)


# ---- integers --------------------------------------------------------------------------------------------------------

@any_type
def trunc_div(a, b):
    """The quotient without its fraction. Integers: by 0 gives a, and the lowest by -1 wraps (the processor would trap).
    """
    type = type_of(a)
    if type in FLOAT:
        return trunc(a / b)
    unsafe = b == 0
    if is_signed(type):
        unsafe = unsafe | ((b == -1) & (a == -(1 << (BITS[type] - 1))))
    b = where(unsafe, constant(b, 1), b)
    if isinstance(a, Value):
        return a.builder.binary("div", a, b)
    quotient = a // b
    return quotient if type[0] == "u" else quotient + ((quotient < 0) & (quotient * b != a))


@any_type
def shift_left(a, n):
    """a << n; 0 where n is outside the width."""
    return _shift(a, n, lambda a, n: a << n, lambda a: constant(a, 0))


@any_type
def shift_right(a, n):
    """a >> n, with the sign; where n is outside the width, all sign."""
    type = type_of(a)
    return _shift(a, n, lambda a, n: a >> n, lambda a: a >> (BITS[type] - 1) if is_signed(type) else constant(a, 0))


def _shift(a, n, inside: Callable, outside: Callable):
    fits = (n >= 0) & (n < BITS[type_of(a)])
    return where(fits, inside(a, where(fits, n, constant(n, 0))), outside(a))
