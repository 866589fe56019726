"""Machine code does what the interpreter does, for every instruction and type; and all of it compiles for another
processor.
"""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.codegen import math
from pellucid.codegen.ir import BITS, Builder
from pellucid.codegen.math.primitives import NUMPY
from pellucid.codegen.targets import cpu, llvm
from tests.codegen.helpers import MEMORY, apply, both, call, elementwise

RNG = np.random.default_rng(0)
INTS = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64"]
FLOATS = ["f32", "f64"]
N = 37


def numbers(type: str, n: int = N) -> np.ndarray:
    if type == "i1":
        return RNG.random(n) < 0.5
    if type in INTS:
        info = np.iinfo(NUMPY[type])
        values = RNG.integers(info.min, info.max, n, NUMPY[type], endpoint=True)
        values[:5] = [info.min, info.max, 0, 1, 2]
        return values
    values = (RNG.standard_normal(n) * 10.0 ** RNG.integers(-3, 4, n)).astype(NUMPY[type])
    values[:7] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.5, -2.5]
    return values


@pytest.mark.parametrize("lanes", [1, 8])
@pytest.mark.parametrize("type", INTS + FLOATS)
def test_arithmetic(type, lanes):
    x, y = numbers(type), RNG.permutation(numbers(type))

    def body(x, y):
        found = [x + y, x - y, x * y, -x, abs(x)]
        if type in FLOATS:
            found += [x / y, x.builder.fma(x, y, x),
                      *(x.builder.unary(op, x) for op in ("sqrt", "floor", "ceil", "rint", "trunc"))]
        else:
            found += [x & y, x | y, x ^ y, ~x, x << 3, x >> 3,
                      *(x.builder.unary(op, x) for op in ("ctlz", "cttz", "ctpop"))]
            found += [math.trunc_div(x, y), math.remainder(x, y)]
        return tuple(found)

    count = 12 if type in FLOATS else 15
    apply(body, [x, y], [type] * count, lanes, "arithmetic")


@pytest.mark.parametrize("type", INTS + FLOATS + ["i1"])
def test_comparison_and_choice(type):
    x, y = numbers(type), RNG.permutation(numbers(type))
    y[10:20] = x[10:20]
    order = [] if type == "i1" else [lambda x, y: x < y, lambda x, y: x <= y, lambda x, y: x > y, lambda x, y: x >= y]
    tests = [lambda x, y: x == y, lambda x, y: x != y, *order]
    found = apply(lambda x, y: tuple(t(x, y) for t in tests), [x, y], ["b8"] * len(tests), 8)
    for test, result in zip(tests, found):
        np.testing.assert_array_equal(result, test(x, y))
    memory = "b8" if type == "i1" else type
    (chosen,) = apply(lambda x, y: x.builder.select(x == y, x, y), [x, y], [memory], 8)
    np.testing.assert_array_equal(chosen, y)


@pytest.mark.parametrize("source", INTS + FLOATS + ["i1"])
def test_conversions(source):
    x = numbers(source)
    if source in FLOATS:                         # outside the target's range C leaves the result open
        x = np.concatenate([[0.0, -0.0, 1.5, 100.9, 127.0], RNG.uniform(0, 127, N)]).astype(x.dtype)
    targets = INTS + FLOATS + ["b8", "f16"]
    found = apply(lambda x: tuple(x.builder.convert(x, "i1" if t == "b8" else t) for t in targets), [x], targets, 4)
    for target, result in zip(targets, found):
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(result, x.astype(MEMORY[target]), err_msg=target)


def test_half_precision_memory():
    bits = np.arange(1 << 16, dtype=np.uint16)
    halves = bits.view(np.float16)
    kernel = elementwise("halves", lambda h: (h, h * 1.0), ["f16"], ["f32", "f16"], 16)
    single, again = both(kernel, [np.zeros(1 << 16, np.float32), np.zeros(1 << 16, np.float16)], [halves, 1 << 16])
    np.testing.assert_array_equal(single, halves.astype(np.float32))
    np.testing.assert_array_equal(again, halves)


def test_bfloat16_memory_rounds_to_even():
    x = np.concatenate([numbers("f32", 1000), (RNG.integers(0, 1 << 32, 5000, np.uint32) | 0x8000).view(np.float32)])
    (out,) = both(elementwise("bf16", lambda x: x, ["f32"], ["bf16"], 16), [np.zeros(len(x), np.uint16)], [x, len(x)])
    back = np.zeros_like(x)
    call(elementwise("bf16_back", lambda x: x, ["bf16"], ["f32"], 16), [back, out, len(x)])
    bits = x.view(np.uint32).astype(np.uint64)
    rounded = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    np.testing.assert_array_equal(out, np.where(np.isnan(x), np.uint16(0x7FC0), rounded))
    np.testing.assert_array_equal(back, (out.astype(np.uint32) << 16).view(np.float32))


@pytest.mark.parametrize("type", ["u8", "i16", "f32", "f64", "b8", "bf16", "f16"])
@pytest.mark.parametrize("lanes", [1, 4, 16])
def test_a_masked_tail_touches_nothing_beyond(type, lanes):
    for n in range(0, 2 * lanes + 2):
        x = np.ones(n, MEMORY[type])
        out = both(elementwise("copy", lambda x: x, [type], [type], lanes), [np.zeros(n + 3, MEMORY[type])], [x, n])[0]
        np.testing.assert_array_equal(out, np.concatenate([x, np.zeros(3, x.dtype)]))


def test_gather_and_scatter():
    b = Builder("places")
    out, data, places = (b.word(k, "ptr") for k in range(3))
    offsets = b.load(places, "i64", 8) * 4
    mask = b.first(b.const("i64", 6), 8)
    b.store(out, b.gather(data, offsets, "f32"), "f32")
    b.store(b.offset(out, 32), b.gather(data, offsets, "f32", mask), "f32")
    b.scatter(b.offset(out, 64), b.load(places, "i64", 8) * 4, b.convert(b.iota("i32", 8), "f32"), "f32")
    b.scatter(b.offset(out, 128), offsets, b.gather(data, offsets, "f32"), "f32", mask)
    x, at = np.arange(10, 26, dtype=np.float32), np.array([3, 0, 3, 15, 7, 7, 1, 2])
    found = both(b.kernel(), [np.zeros(48, np.float32)], [x, at])[0]
    np.testing.assert_array_equal(found[:8], x[at])
    np.testing.assert_array_equal(found[8:16], np.where(np.arange(8) < 6, x[at], 0))
    expected = np.zeros(16, np.float32)
    expected[at] = np.arange(8)                  # of equal places the last lane stays
    np.testing.assert_array_equal(found[16:32], expected)


def test_lanes():
    b = Builder("lanes")
    out, x = b.word(0, "ptr"), b.load(b.word(1, "ptr"), "f32", 8)
    b.store(out, b.shuffle(x, None, [7, 6, 5, 4, 3, 2, 1, 0]), "f32")
    b.store(b.offset(out, 32), b.shuffle(x, x + 100.0, [0, 8, 1, 9]), "f32")
    b.store(b.offset(out, 48), b.splat(b.extract(x, 5), 4), "f32")
    b.store(b.offset(out, 64), b.fold(x, lambda a, c: a + c), "f32")
    b.store(b.offset(out, 68), b.convert(b.any(x > 6.5), "f32"), "f32")
    b.store(b.offset(out, 72), b.convert(b.any(x > 7.5), "f32"), "f32")
    b.store(b.offset(out, 76), b.fold((x, x), lambda a, c: (a[0] + c[0], a[1] * c[1]))[1], "f32")
    b.store(b.offset(out, 80), b.convert(b.iota("f64", 4), "f32"), "f32")
    values = np.arange(8, dtype=np.float32)
    found = both(b.kernel(), [np.zeros(24, np.float32)], [values])[0]
    assert found.tolist() == [7, 6, 5, 4, 3, 2, 1, 0, 0, 100, 1, 101, 5, 5, 5, 5, 28, 1, 0, 0, 0, 1, 2, 3]


def test_loops_and_branches():
    b = Builder("control")
    out, n = b.word(0, "ptr"), b.word(1)
    zero, one = b.const("i64", 0), b.const("i64", 1)
    with b.loop(0, n, carried=[zero, one]) as outer:
        with b.loop(outer.index, n, 2, carried=[outer.carried[0]]) as inner:
            inner.next(inner.carried[0] + inner.index)
        with b.when((outer.index & 1) == 0, inner.results[0], outer.carried[1]) as branch:
            with b.when(outer.index > 2, inner.results[0]) as nested:
                nested.next(inner.results[0] * 2)
            branch.next(nested.results[0], outer.carried[1] * 3)
        outer.next(*branch.results)
    b.store(out, outer.results[0], "i64")
    b.store(b.offset(out, 8), outer.results[1], "i64")
    kernel = b.kernel()
    for n in range(7):
        total, product = 0, 1
        for i in range(n):
            total += sum(range(i, n, 2))
            if i % 2 == 0:
                total, product = total * (2 if i > 2 else 1), product * 3
        assert both(kernel, [np.zeros(2, np.int64)], [n])[0].tolist() == [total, product]


def test_scratch_on_the_stack_and_addresses():
    b = Builder("stack")
    out, room = b.word(0, "ptr"), b.alloca(256)
    with b.loop(0, 4) as loop:
        b.store(b.offset(room, loop.index * 64), b.splat(loop.index, 8), "i64")
    b.store(out, b.load(b.offset(room, 96), "i64", 8), "i64")
    b.store(b.offset(out, 64), b.address(room) & 63, "i64")
    b.prefetch(out)
    assert both(b.kernel(), [np.full(9, -1)], [])[0].tolist() == [1] * 4 + [2] * 4 + [0]


def test_scalars_come_as_words():
    b = Builder("scalars")
    out = b.word(0, "ptr")
    b.store(out, b.word(1, "f64") * 2.0, "f64")
    b.store(b.offset(out, 8), b.convert(b.word(2) + 1, "f64"), "f64")
    with b.loop(0, 2) as loop:
        b.store(b.offset(out, loop.index * 8 + 16), b.convert(b.word(loop.index + 3), "f64"), "f64")
    assert both(b.kernel(), [np.zeros(4)], [1.25, 41, 7, 9])[0].tolist() == [2.5, 42.0, 7.0, 9.0]


def test_streaming_stores():
    b = Builder("stream")
    b.store(b.word(0, "ptr"), b.splat(b.word(1, "f64"), 8), "f64", stream=True)
    room = np.zeros(24)
    start = -(room.__array_interface__["data"][0] // 8) % 8
    kernel = b.kernel()
    call(kernel, [room[start:], 3.0])
    assert room[start:start + 8].tolist() == [3.0] * 8
    assert "nontemporal" in llvm.module(kernel)


TARGETS = [("aarch64-unknown-linux-gnu", "generic", 4), ("aarch64-unknown-linux-gnu", "generic", 16),
           ("x86_64-unknown-linux-gnu", "x86-64", 4), ("x86_64-unknown-linux-gnu", "x86-64-v3", 8)]


@pytest.mark.parametrize(("triple", "processor", "lanes"), TARGETS)
def test_every_function_compiles_for_other_processors(triple, processor, lanes):
    def body(x, y):
        names = ("exp", "log", "sin", "tan", "atan2", "erf", "pow", "tanh", "sigmoid", "fmod", "expm1", "log1p",
                 "asinh")
        return tuple(getattr(math, name)(*((x, y) if name in ("atan2", "pow", "fmod") else (x,))) for name in names)

    assert len(cpu.emit(elementwise("functions", body, ["f32", "f32"], ["f32"] * 13, lanes), triple, processor)) > 1000


@pytest.mark.parametrize(("triple", "processor", "lanes"), TARGETS)
def test_every_instruction_compiles_for_other_processors(triple, processor, lanes):
    def body(i, x, half):
        b = i.builder
        with b.when(b.any(x > 0.0), x) as branch:
            branch.next(b.shuffle(x, half, [0] * lanes))
        return i + b.convert(branch.results[0], "i32"), b.unary("ctlz",
                                                                i), b.fma(x, half, x), b.unary("rint", half), x > half

    kernel = elementwise("instructions", body, ["i32", "f32", "bf16"], ["i32", "i32", "bf16", "f16", "b8"], lanes)
    assert "instructions" in cpu.emit(kernel, triple, processor, assembly=True)


def test_bits_per_lane_do_not_depend_on_the_width():
    x = np.concatenate([numbers("f32", 333), 10.0 ** RNG.integers(-40, 38, 300)]).astype(np.float32)
    names = ("exp", "log", "sin", "tanh", "erf", "cosh")

    def body(x):
        return tuple(getattr(math, n)(x) for n in names)

    first, *others = [apply(body, [x], ["f32"] * len(names), lanes, f"wide{lanes}") for lanes in (1, 4, 8, 16)]
    for other in others:
        for a, b in zip(first, other):
            np.testing.assert_array_equal(a.view(np.uint32)[~np.isnan(a)], b.view(np.uint32)[~np.isnan(b)])


def test_the_verifier_accepts_what_is_written(monkeypatch):
    monkeypatch.setenv("PELLUCID_CHECK", "1")
    for type in ("f32", "f64"):
        cpu.emit(elementwise("checked", lambda x: (math.sin(x), math.pow(x, 2.5), math.fmod(x, 3.0)), [type],
                             [type] * 3, 512 // BITS[type]))
