"""Kernels that draw random numbers: the Mersenne Twister, and what is made of its words.

Called by ops/random. The state is 626 words of 32 bits: the 624 of the twister, how many are left before the next turn
(plus one), and which is next, as PyTorch counts them. Drawing is serial; making numbers of the words is not.

    mt19937    M. Matsumoto, T. Nishimura: Mersenne Twister, ACM TOMACS 8 (1998)
    normal     Box and Muller (1958), with the single-precision logarithm, sine and cosine of Moshier's Cephes library,
               every fused
               multiply-add where PyTorch's vector code has it: the bits are the same
"""

from __future__ import annotations

from . import math as m
from .ir import Builder, Kernel, Launch, Value, writer

__all__ = ["STATE_WORDS", "draw", "normal_blocks", "permutation"]

N, M = 624, 397
STATE_WORDS = N + 2


def draw(count: int) -> list[Launch]:
    """Write `count` words (u32) of the generator: output, then the state, which moves on."""
    return [Launch(_draw_kernel(), (count,), 1, count * 1.0)] if count else []


@writer
def _draw_kernel() -> Kernel:
    b = Builder("mt19937")
    out, state, count = b.word(0, "ptr"), b.word(1, "ptr"), b.word(2)
    lanes = 16

    def word(i: Value | int) -> Value:
        return b.offset(state, i * 4)

    def twist(i: Value, width: int, far: int) -> None:
        """s[i] = s[i + far] ^ (the top bit of s[i] with the rest of s[i + 1], shifted, and 0x9908b0df where that is
        odd).
        """
        here, after = b.load(word(i), "u32", width), b.load(word(i + 1), "u32", width)
        mixed(i, here, after, b.load(word(i + far), "u32", width))

    def mixed(i: Value, here: Value, after: Value, other: Value) -> None:
        y = (here & 0x80000000) | (after & 0x7FFFFFFF)
        odd = b.select((y & 1) == 1, b.const("u32", 0x9908B0DF, y.lanes), b.const("u32", 0, y.lanes))
        b.store(word(i), other ^ (y >> 1) ^ odd, "u32")

    def turn() -> None:
        whole = (N - M) // lanes * lanes
        with b.loop(0, whole, lanes) as i:
            twist(i.index, lanes, M)
        with b.loop(whole, N - M) as i:
            twist(i.index, 1, M)
        stop = N - M + (M - 1) // lanes * lanes
        with b.loop(N - M, stop, lanes) as i:
            twist(i.index, lanes, M - N)
        with b.loop(stop, N - 1) as i:
            twist(i.index, 1, M - N)
        last = b.const("i64", N - 1)
        mixed(last, b.load(word(last), "u32"), b.load(state, "u32"), b.load(word(M - 1), "u32"))

    def temper(y: Value) -> Value:
        y = y ^ (y >> 11)
        y = y ^ ((y << 7) & 0x9D2C5680)
        y = y ^ ((y << 15) & 0xEFC60000)
        return y ^ (y >> 18)

    def give(first: Value, start: Value, amount: Value) -> None:
        """Tempered words start .. start + amount to out[first ..]."""
        source, target = word(start), b.offset(out, first * 4)
        whole = amount >> 4 << 4
        with b.loop(0, whole, lanes) as i:
            b.store(b.offset(target, i.index * 4), temper(b.load(b.offset(source, i.index * 4), "u32", lanes)), "u32")
        with b.loop(whole, amount) as i:
            b.store(b.offset(target, i.index * 4), temper(b.load(b.offset(source, i.index * 4), "u32")), "u32")

    with b.loop(b.begin, b.end):
        # two threads that draw at once may see a state half written: it is held inside the words
        after = b.min(b.convert(b.load(word(N + 1), "u32"), "i64"), N)
        left = b.min(b.convert(b.load(word(N), "u32"), "i64") - 1, b.const("i64", N) - after)
        left = b.select(left < 0, b.const("i64", 0), left)
        now = b.min(left, count)
        give(b.const("i64", 0), after, now)
        with b.loop(now, count, N, (left - now, after + now)) as block:
            turn()
            amount = b.min(count - block.index, b.const("i64", N))
            give(block.index, b.const("i64", 0), amount)
            block.next(b.const("i64", N) - amount, amount)
        left, after = block.results
        b.store(word(N), b.convert(left + 1, "u32"), "u32")
        b.store(word(N + 1), b.convert(after, "u32"), "u32")
    return b.kernel()


# ---- normal numbers --------------------------------------------------------------------------------------------------

_LOG = (7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
        2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1)


def _log(x: Value) -> Value:
    b = x.builder
    x = m.maximum(x, 2.0**-126)
    bits = b.bitcast(x, "i32")
    e = b.convert((bits >> 23) - 127, "f32") + 1.0
    f = b.bitcast((bits & 0x007FFFFF) | 0x3F000000, "f32")                 # in [0.5, 1)
    small = f < 0.70710678
    e = b.select(small, e - 1.0, e)
    f = b.select(small, (f - 1.0) + f, f - 1.0)
    z = f * f
    y = b.const("f32", _LOG[0], x.lanes)
    for p in _LOG[1:]:
        y = b.fma(y, f, p)
    y = y * f
    y = b.fma(y, z, e * -2.12194440e-4)
    y = y - z * 0.5
    return b.fma(e, 0.693359375, f + y)                                    # e * 0.693359375 is exact


def _sincos(t: Value) -> tuple[Value, Value]:
    b = t.builder
    j = b.convert(t * 1.27323954473516, "i32")
    j = (j + 1) & ~1
    y = b.convert(j, "f32")
    r = b.fma(y, -0.78515625, t)
    r = b.fma(y, -2.4187564849853515625e-4, r)
    r = b.fma(y, -3.77489497744594108e-8, r)
    z = r * r
    c = b.const("f32", 2.443315711809948e-5, t.lanes)
    c = b.fma(c, z, -1.388731625493765e-3)
    c = b.fma(c, z, 4.166664568298827e-2)
    c = c * z
    c = b.fma(c, z, -(z * 0.5)) + 1.0
    s = b.const("f32", -1.9515295891e-4, t.lanes)
    s = b.fma(s, z, 8.3321608736e-3)
    s = b.fma(s, z, -1.6666654611e-1)
    s = s * z
    s = b.fma(s, r, r)
    swap = (j & 2) != 0
    sine, cosine = b.select(swap, c, s), b.select(swap, s, c)
    sine = b.select((j & 4) != 0, -sine, sine)
    cosine = b.select(((j - 2) & 4) == 0, -cosine, cosine)
    return sine, cosine


def normal_blocks(count: int, type: str) -> list[Launch]:
    """Blocks of 16 normal numbers (`count` in all, a multiple of 16) from 16 uniform ones each: output, uniforms (f32
    or f64), then mean and standard deviation as scalars. The first eight of a block give radii, the last eight
    angles."""
    return [Launch(_normal_kernel(type), (count // 16,), max(1, -(-count // 16384)),
                   count * (2.0 if type == "f32" else 30.0))] if count else []


@writer
def _normal_kernel(type: str) -> Kernel:
    b = Builder("normal_" + type)
    size = 4 if type == "f32" else 8
    out, uniforms = b.word(0, "ptr"), b.word(1, "ptr")
    mean, deviation = (b.splat(b.convert(b.word(k, "f64"), type), 8) for k in (2, 3))
    blocks = b.word(4)
    with b.loop(b.begin, b.end) as chunk:
        first = chunk.index * 1024
        with b.loop(first, b.min(first + 1024, blocks)) as block:
            low = block.index * (16 * size)
            high = low + 8 * size
            u1 = 1.0 - b.load(b.offset(uniforms, low), type, 8)
            u2 = b.load(b.offset(uniforms, high), type, 8)
            if type == "f32":
                radius = b.unary("sqrt", _log(u1) * -2.0)
                sine, cosine = _sincos(u2 * 6.2831855)
            else:
                radius = b.unary("sqrt", b.call("log", "f64", u1) * -2.0)
                angle = u2 * 6.283185307179586
                sine, cosine = b.call("sin", "f64", angle), b.call("cos", "f64", angle)
            b.store(b.offset(out, low), b.fma(radius * cosine, deviation, mean), type)
            b.store(b.offset(out, high), b.fma(radius * sine, deviation, mean), type)
    return b.kernel()


def permutation(n: int, wide: bool) -> list[Launch]:
    """A random order of 0 .. n-1 (i64) from n-1 words u32, or, `wide`, from n words u64: output, words."""
    return [Launch(_permutation_kernel(wide), (n,), 1, n * 5.0)]


@writer
def _permutation_kernel(wide: bool) -> Kernel:
    b = Builder("permutation" + "_wide" * wide)
    out, words, n = b.word(0, "ptr"), b.word(1, "ptr"), b.word(2)

    def place(i: Value) -> Value:
        return b.offset(out, i * 8)

    with b.loop(b.begin, b.end):
        if not wide:
            with b.loop(0, n) as i:
                b.store(place(i.index), i.index, "i64")
            with b.loop(0, n - 1) as i:
                j = i.index + b.binary("rem", b.convert(b.load(b.offset(words, i.index * 4), "u32"), "i64"),
                                       n - i.index)
                mine, other = b.load(place(i.index), "i64"), b.load(place(j), "i64")
                b.store(place(i.index), other, "i64")
                b.store(place(j), mine, "i64")
        else:
            with b.loop(0, n) as i:
                word = b.load(b.offset(words, i.index * 8), "u64")
                word = (word >> 32) | (word << 32)
                j = b.convert(b.binary("rem", word, b.convert(i.index + 1, "u64")), "i64")
                b.store(place(i.index), b.load(place(j), "i64"), "i64")
                b.store(place(j), i.index, "i64")
    return b.kernel()
