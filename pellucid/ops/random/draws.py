"""Numbers made of the generator's words: n numbers of a distribution in the order of memory."""

from __future__ import annotations

import math
import struct
from typing import Any

from ... import dtypes
from ...codegen import random as kernels
from ...core import op as core_op
from ...core.meta import Meta
from ...core.op import Parameter, Plan
from ...dtypes import dtype
from ..arrange.join import cat
from ..families.declare import Parameters, steps
from ..families.maps import map_op
from ..made.data import tensor
from ..made.size import empty
from .generator import Generator


def _r64(word):
    return (word >> 32) | (word << 32)


def _u24(word):
    b = word.builder
    return b.convert(word & 0xFFFFFF, "f32") * 2.0**-24


def _u53(word):
    b = word.builder
    return b.convert(b.convert(_r64(word) & ((1 << 53) - 1), "i64"), "f64") * 2.0**-53


def _maker(body: Any, cost: float = 0.5) -> Any:
    """An operator (words, numbers..., dtype) -> numbers of that type: `body(word, numbers...)` sees the numbers as they are given."""
    def function(*args):
        return body(*args[:-1])

    code = body.__code__
    names = code.co_varnames[:code.co_argcount]
    declared = [Parameter(names[0], core_op.OPERAND)] + [Parameter(n, core_op.SCALAR, None) for n in names[1:]] + [Parameter("dtype", core_op.STATIC)]
    parameters = Parameters.__new__(Parameters)
    parameters.declared, parameters.names = declared, [p.name for p in declared]

    def planner(op: Any, key: tuple[Any, ...]) -> Plan:
        return map_op(body.__name__.lstrip("_"), function, parameters, key, key[0].dtype, (key[-1],), (True,) * len(declared), cost)

    return core_op.Op(body.__name__.lstrip("_"), body, tuple(declared), planner)


def _uniform32(word, low, width):
    b = word.builder
    return b.fma(_u24(word), b.convert(width, "f32"), b.convert(low, "f32"))


def _uniform64(word, low, width):
    return word.builder.fma(_u53(word), width, low)


def _below(word, p):
    return _u53(word) < p


def _exponential(word, factor):
    return word.builder.call("log1p", "f64", -_u53(word)) * factor


def _geometric(word, divisor):
    b = word.builder
    return b.unary("ceil", b.call("log", "f64", _u53(word)) / divisor)


def _cauchy(word, median, sigma):
    b = word.builder
    return b.fma(sigma, b.call("tan", "f64", (_u53(word) - 0.5) * math.pi), median)


def _dropout_noise32(word, keep):
    b = word.builder
    kept = b.convert(b.convert(_u53(word) < keep, "u8"), "f32")
    return kept / b.convert(keep, "f32")


def _dropout_noise64(word, keep):
    b = word.builder
    return b.convert(b.convert(_u53(word) < keep, "u8"), "f64") / keep


def _integers32(word, range, low):
    b = word.builder
    return b.convert(b.binary("rem", b.convert(word, "i64"), range), "i64") + low


def _integers64(word, range, low):
    b = word.builder
    return b.convert(b.binary("rem", _r64(word), b.convert(range, "u64")), "i64") + low


def _raw64(word):
    return word.builder.bitcast(_r64(word), "i64")


def _normal_pair(first, second, sine):
    """Box and Muller in double precision with the C library's functions: the cosine's half, or the sine's."""
    b = first.builder
    radius = b.unary("sqrt", b.call("log1p", "f64", -_u53(second)) * -2.0)
    angle = _u53(first) * (2 * math.pi)
    return radius * b.call("sin" if sine else "cos", "f64", angle)


_MAKERS = {f.__name__: _maker(f) for f in (_uniform32, _uniform64, _below, _exponential, _geometric, _cauchy, _dropout_noise32, _dropout_noise64,
                                           _integers32, _integers64, _raw64)}


def _pair_plan(op: Any, key: tuple[Any, ...]) -> Plan:
    parameters = Parameters.__new__(Parameters)
    parameters.declared, parameters.names = _PAIR, [p.name for p in _PAIR]
    return map_op("normal_pair", _normal_pair, parameters, key, dtypes.uint64, (dtypes.float64,), (True,) * 3, 60.0)


_PAIR = [Parameter("first", core_op.OPERAND), Parameter("second", core_op.OPERAND), Parameter("sine", core_op.STATIC)]
_pair = core_op.Op("normal_pair", _normal_pair, tuple(_PAIR), _pair_plan)


def _blocks_plan(op: Any, key: tuple[Any, ...]) -> Plan:
    uniforms: Meta = key[0]
    return Plan((uniforms,), lambda: steps(kernels.normal_blocks(uniforms.numel, uniforms.dtype.ir)))


_blocks = core_op.Op("normal_blocks", kernels.normal_blocks, (Parameter("uniforms", core_op.OPERAND), Parameter("mean", core_op.SCALAR),
                                                              Parameter("std", core_op.SCALAR)), _blocks_plan)


def _make(name: str, words: Any, *numbers: Any) -> Any:
    return _MAKERS[name](words, *numbers)


def _uniform(g: Generator, n: int, d: dtype, low: float, high: float) -> Any:
    if d is dtypes.float64:
        found = _make("_uniform64", g.words64(n), low, high - low, d)
        return found.masked_fill(found == high, low)
    low, high = _f32(low), _f32(high)
    found = _make("_uniform32", g.words32(n), low, _f32(high - low), dtypes.float32)
    if d is not dtypes.float32:
        found = found.to(d)
        high = float(tensor(high, dtype=d).item())
    return found.masked_fill(found == high, low)


def _f32(value: float) -> float:
    return struct.unpack("f", struct.pack("f", value))[0]


def _normal(g: Generator, n: int, d: dtype, mean: float, std: float, contiguous: bool) -> Any:
    if n >= 16 and contiguous:
        return _normal_blocks(g, n, d, mean, std)
    found = _normal_scalar(g, n)
    return (found if mean == 0 and std == 1 else _fused(found, std, mean)).to(d)


def _fused(x: Any, scale: float, shift: float) -> Any:
    return _scaled_op(x, scale, shift)


def _scaled(x, scale, shift):
    b = x.builder
    return b.fma(x, scale, shift)


_SCALED = [Parameter("x", core_op.OPERAND), Parameter("scale", core_op.SCALAR), Parameter("shift", core_op.SCALAR)]


def _scaled_plan(op: Any, key: tuple[Any, ...]) -> Plan:
    parameters = Parameters.__new__(Parameters)
    parameters.declared, parameters.names = _SCALED, [p.name for p in _SCALED]
    return map_op("scaled", _scaled, parameters, key, dtypes.float64, (dtypes.float64,), (True,) * 3, 0.1)


_scaled_op = core_op.Op("scaled", _scaled, tuple(_SCALED), _scaled_plan)


def _normal_scalar(g: Generator, n: int) -> Any:
    """Standard normal float64 one after the other; each pair of draws gives two, the second may wait for the next call."""
    parts = []
    if g._normal is not None and n:
        parts.append(tensor([g._normal], dtype=dtypes.float64))
        g._normal = None
        n -= 1
    if n:
        pairs = (n + 1) // 2
        words = g.words64(2 * pairs).reshape(pairs, 2)
        both = empty((pairs, 2), dtype=dtypes.float64)
        both.select(1, 0).copy_(_pair(words.select(1, 0), words.select(1, 1), False))
        both.select(1, 1).copy_(_pair(words.select(1, 0), words.select(1, 1), True))
        flat = both.reshape(-1)
        if n % 2:
            g._normal = float(flat[n].item())
        parts.append(flat.narrow(0, 0, n))
    if not parts:
        return empty((0,), dtype=dtypes.float64)
    return parts[0] if len(parts) == 1 else cat(parts)


def _normal_blocks(g: Generator, n: int, d: dtype, mean: float, std: float) -> Any:
    work = dtypes.float64 if d is dtypes.float64 else dtypes.float32
    words, maker = (g.words64, "_uniform64") if d is dtypes.float64 else (g.words32, "_uniform32")
    half = d is not work
    whole = n // 16 * 16
    first = whole if half else n                  # half types draw the full blocks only; the others everything, the rest for nothing
    uniforms = _make(maker, words(first), 0.0, 1.0, work)
    if whole != n:
        tail = _make(maker, words(16), 0.0, 1.0, work)
        tail = _blocks(tail, float(mean), float(std))
    found = _blocks(uniforms if first == whole else uniforms.narrow(0, 0, whole), float(mean), float(std))
    if whole != n:
        found = cat([found.narrow(0, 0, n - 16), tail])
    return found.to(d)
