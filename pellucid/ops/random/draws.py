"""Numbers made of the generator's words: n numbers of a distribution in the order of memory."""

from __future__ import annotations

import math
import struct
from typing import Any

from ... import dtypes
from ...codegen import math as m
from ...codegen import random as kernels
from ...dtypes import dtype
from ..arrange.join import cat
from ..families.declare import plan_of
from ..families.maps import pointwise
from ..families.planned import structured
from ..made.data import tensor
from ..made.size import empty
from .generator import Generator


def _r64(word):
    """A word of 64 bits in the order in which PyTorch draws its halves."""
    return (word >> 32) | (word << 32)


def _u24(word):
    return m.convert(word & 0xFFFFFF, "f32") * 2.0**-24


def _u53(word):
    return m.convert(m.convert(_r64(word) & ((1 << 53) - 1), "i64"), "f64") * 2.0**-53


# Numbers of words, each element by itself: the bodies see the generator's words and the numbers as they are.

@pointwise(operands=("word",), scalars=("low", "width"), words=dtypes.float32, public=False)
def uniform32(word, low, width):
    return m.fma(_u24(word), m.convert(width, "f32"), m.convert(low, "f32"))


@pointwise(operands=("word",), scalars=("low", "width"), words=dtypes.float64, public=False)
def uniform64(word, low, width):
    return m.fma(_u53(word), width, low)


@pointwise(operands=("word",), scalars=("p",), words=dtypes.bool, public=False)
def below(word, p):
    """Whether the word, as a number in 0 .. 1, is below p."""
    return _u53(word) < p


@pointwise(operands=("word",), scalars=("factor",), words=dtypes.float64, public=False)
def exponential(word, factor):
    return m.libm_log1p(-_u53(word)) * factor


@pointwise(operands=("word",), scalars=("divisor",), words=dtypes.float64, public=False)
def geometric(word, divisor):
    return m.ceil(m.libm_log(_u53(word)) / divisor)


@pointwise(operands=("word",), scalars=("median", "sigma"), words=dtypes.float64, public=False)
def cauchy(word, median, sigma):
    return m.fma(sigma, m.libm_tan((_u53(word) - 0.5) * math.pi), median)


@pointwise(operands=("word",), scalars=("keep",), words=dtypes.float32, public=False)
def dropout_noise32(word, keep, dtype):
    return m.convert(m.convert(_u53(word) < keep, "u8"), "f32") / m.convert(keep, "f32")


@pointwise(operands=("word",), scalars=("keep",), words=dtypes.float64, public=False)
def dropout_noise64(word, keep, dtype):
    return m.convert(m.convert(_u53(word) < keep, "u8"), "f64") / keep


@pointwise(operands=("word",), scalars=("range", "low"), words=dtypes.int64, public=False)
def integers32(word, range, low):
    return m.fmod(m.convert(word, "i64"), range) + low


@pointwise(operands=("word",), scalars=("range", "low"), words=dtypes.int64, public=False)
def integers64(word, range, low):
    return m.convert(m.fmod(_r64(word), m.convert(range, "u64")), "i64") + low


@pointwise(operands=("word",), words=dtypes.int64, public=False)
def raw64(word):
    return m.bitcast(_r64(word), "i64")


@pointwise(operands=("first", "second"), words=dtypes.float64, cost=60.0, public=False)
def normal_pair(first, second, sine):
    """Box and Muller in double precision with the C library's functions: the cosine's half, or the sine's."""
    radius = m.sqrt(m.libm_log1p(-_u53(second)) * -2.0)
    angle = _u53(first) * (2 * math.pi)
    return radius * (m.libm_sin if sine else m.libm_cos)(angle)


@pointwise(operands=("x",), scalars=("scale", "shift"), words=dtypes.float64, cost=0.1, public=False)
def scaled(x, scale, shift):
    return m.fma(x, scale, shift)


@pointwise(operands=("x",), words=dtypes.float64, cost=10.0, public=False)
def libm_exp(x):
    return m.libm_exp(x)


@structured(operands="uniforms", scalars="mean std", public=False)
def normal_blocks(uniforms, mean, std):
    """Normal numbers of uniform ones, in blocks of 16: the first half of a block gives radii, the second angles."""
    return plan_of((uniforms,), lambda target: kernels.normal_blocks(uniforms.numel, uniforms.dtype.ir))


def _uniform(g: Generator, n: int, d: dtype, low: float, high: float) -> Any:
    if d is dtypes.float64:
        found = uniform64(g.words64(n), low, high - low)
        return found.masked_fill(found == high, low)
    low, high = _f32(low), _f32(high)
    found = uniform32(g.words32(n), low, _f32(high - low))
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
    return (found if mean == 0 and std == 1 else scaled(found, std, mean)).to(d)


def _normal_scalar(g: Generator, n: int) -> Any:
    """Standard normal float64 one after the other; each pair of draws gives two, the second may wait for the next call.
    """
    parts = []
    if g._normal is not None and n:
        parts.append(tensor([g._normal], dtype=dtypes.float64))
        g._normal = None
        n -= 1
    if n:
        pairs = (n + 1) // 2
        words = g.words64(2 * pairs).reshape(pairs, 2)
        both = empty((pairs, 2), dtype=dtypes.float64)
        both.select(1, 0).copy_(normal_pair(words.select(1, 0), words.select(1, 1), False))
        both.select(1, 1).copy_(normal_pair(words.select(1, 0), words.select(1, 1), True))
        flat = both.reshape(-1)
        if n % 2:
            g._normal = float(flat[n].item())
        parts.append(flat.narrow(0, 0, n))
    if not parts:
        return empty((0,), dtype=dtypes.float64)
    return parts[0] if len(parts) == 1 else cat(parts)


def _normal_blocks(g: Generator, n: int, d: dtype, mean: float, std: float) -> Any:
    work = dtypes.float64 if d is dtypes.float64 else dtypes.float32
    words, maker = (g.words64, uniform64) if d is dtypes.float64 else (g.words32, uniform32)
    half = d is not work
    whole = n // 16 * 16
    # half types draw the full blocks only; the others draw for all, and discard the rest
    first = whole if half else n
    uniforms = maker(words(first), 0.0, 1.0)
    if whole != n:
        tail = normal_blocks(maker(words(16), 0.0, 1.0), float(mean), float(std))
    found = normal_blocks(uniforms if first == whole else uniforms.narrow(0, 0, whole), float(mean), float(std))
    if whole != n:
        found = cat([found.narrow(0, 0, n - 16), tail])
    return found.to(d)
