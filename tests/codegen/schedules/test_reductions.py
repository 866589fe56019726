"""Reductions and row programs against NumPy, and that their bits depend on nothing but the shape."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pellucid import dtypes
from pellucid.codegen import math as m
from pellucid.codegen.schedules import loop, reductions, rows
from pellucid.codegen.schedules.loop import Arg
from pellucid.codegen.schedules.reductions import Reduction
from pellucid.codegen.targets import cpu
from tests.codegen.running import arg, dtype_of, launch

RNG = np.random.default_rng(0)
SUM = Reduction(((dtypes.float32, 0.0),), lambda s, x: (s[0] + x,), lambda a, b: (a[0] + b[0],), lambda s, n: s[0])


def _later(a, b):
    win = (b[0] > a[0]) | ((b[0] == a[0]) & (b[1] < a[1]))
    return m.where(win, b[0], a[0]), m.where(win, b[1], a[1])


ARGMAX = Reduction(((dtypes.float32, -np.inf), (dtypes.int64, 2**62)), lambda s, j, x: _later(s, (x, j)), _later,
                   lambda s, n: s[1], indexed=True)


def run(red, x, dims, out_type="float32", order=None):
    shape = tuple(n for d, n in enumerate(x.shape) if d not in dims)
    out = np.zeros(shape, out_type)
    strides = iter(s // out.itemsize for s in out.strides)
    full = tuple(0 if d in dims else next(strides) for d in range(x.ndim))
    plan, scratch = reductions.reduce_plan("test", red, x.shape, dims, [Arg(dtype_of(out), full)], [arg(x)])
    launch(plan, [out, x], scratch=scratch, order=order)
    return out


SHAPES = [((10,), (0,)), ((1000003,), (0,)), ((5, 7), (1,)), ((5, 7), (0,)), ((500, 700), (0,)), ((5000, 70), (0,)),
          ((5, 7, 9), (0, 2)), ((8, 64, 50), (0, 2)), ((4, 6, 5, 8), (1, 3)), ((3, 50000), (1,)), ((200000, 3), (0,)),
          ((3, 4, 100, 7), (0, 2)), ((30, 40, 20), (0, 1, 2)),
          ((40, 2, 300), (1,)), ((1000, 1), (0,)), ((2, 100000, 40), (1,)), ((0, 4), (0,)), ((4, 0), (0,))]


@pytest.mark.parametrize("shape, dims", SHAPES)
def test_sums(shape, dims):
    x = RNG.standard_normal(shape).astype("f4")
    np.testing.assert_allclose(run(SUM, x, dims), x.sum(dims, dtype="f8"), rtol=2e-6, atol=1e-6 * max(1, x.size) ** 0.5)


def test_sums_of_turned_and_strided_operands():
    x = RNG.standard_normal((30, 40)).astype("f4")
    np.testing.assert_allclose(run(SUM, x.T, (0,)), x.T.sum(0), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(run(SUM, x[:, ::3], (1,)), x[:, ::3].sum(1), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(run(SUM, x[::-1], (0,)), x.sum(0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape, dim",
                         [((10,), 0), ((100003,), 0), ((50, 70), 1), ((50, 70), 0), ((3, 40, 50), 1), ((100000, 5), 0)])
def test_positions(shape, dim):
    x = RNG.integers(0, 50, shape).astype("f4")          # many ties: the first must win
    np.testing.assert_array_equal(run(ARGMAX, x, (dim,), "int64"), x.argmax(dim))


def test_the_order_of_chunks_does_not_change_a_bit():
    x = (RNG.standard_normal((3, 100000)) * 1000).astype("f4")
    first = run(SUM, x, (1,))
    for seed in range(3):
        shuffled = lambda n: random.Random(seed).sample(range(n), n)          # noqa: B023, E731
        assert run(SUM, x, (1,), order=shuffled).tobytes() == first.tobytes()


def test_pairwise_error():
    x = np.full(1 << 24, 0.1, np.float32)
    assert abs(float(run(SUM, x, (0,))) / (0.1 * (1 << 24)) - 1) < 3e-7


def softmax(row, x):
    e = row.keep(lambda: m.exp(x - row.max(x)))
    return e / row.sum(e)


def layer_norm(row, x, w, b):
    center = row.mean(x)
    d = x - center
    variance = row.mean(d * d)
    return d * m.rsqrt(variance + 1e-5) * w + b, center, variance


@pytest.mark.parametrize("shape", [(3, 5), (5, 16), (7, 100), (2, 40000), (100, 10), (1, 1)])
def test_row_programs(shape):
    x = RNG.standard_normal(shape).astype("f4")
    out = np.zeros(shape, "f4")
    launch(rows.row_plan("softmax", softmax, shape, [1], [arg(out)], ["row"], [arg(x)]), [out, x])
    e = np.exp(x - x.max(1, keepdims=True), dtype="f8")
    np.testing.assert_allclose(out, e / e.sum(1, keepdims=True), rtol=3e-6)
    w, b = RNG.standard_normal((2, shape[1])).astype("f4")
    mean, variance = np.zeros((2, shape[0]), "f4")
    ones = [Arg(dtypes.float32, (1, 0))] * 2
    launch(rows.row_plan("layer_norm", layer_norm, shape, [1], [arg(out), *ones], ["row", "one", "one"],
                         [arg(x), arg(w, shape), arg(b, shape)]),
           [out, mean, variance, x, w, b])
    wide = x.astype("f8")
    np.testing.assert_allclose(mean, wide.mean(1), atol=1e-6)
    np.testing.assert_allclose(variance, wide.var(1), rtol=1e-5, atol=1e-7)
    expected = (wide - wide.mean(1, keepdims=True)) / np.sqrt(wide.var(1, keepdims=True) + 1e-5) * w + b
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4)


def test_rows_over_several_dimensions():
    x = RNG.standard_normal((4, 3, 5, 6)).astype("f4")
    out, mean, variance = np.zeros_like(x), np.zeros(3, "f4"), np.zeros(3, "f4")
    w, b = RNG.standard_normal((2, 3)).astype("f4")
    channel = Arg(dtypes.float32, (0, 1, 0, 0))
    launch(rows.row_plan("batch", layer_norm, x.shape, [0, 2, 3], [arg(out), channel, channel], ["row", "one", "one"],
                         [arg(x), channel, channel]),
           [out, mean, variance, x, w, b])
    np.testing.assert_allclose(mean, x.mean((0, 2, 3)), atol=1e-6)
    expected = (x - x.mean((0, 2, 3), keepdims=True)) / np.sqrt(x.var((0, 2, 3), keepdims=True) + 1e-5) * w[:, None,
        None] + b[:, None, None]
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)


def test_reductions_compile_for_another_processor():
    a = Arg(dtypes.float32, (7, 1))
    for dims, out in (((1,), (1, 0)), ((0,), (0, 1))):
        plan, _ = reductions.reduce_plan("sum", SUM, (5, 7), dims, [Arg(dtypes.float32, out)], [a])
        assert cpu.emit(plan[0].kernel, "aarch64-unknown-linux-gnu")[:4] == b"\x7fELF"
    plan = rows.row_plan("softmax", softmax, (5, 7), (1,), [a], ["row"], [a])
    assert cpu.emit(plan[0].kernel, "aarch64-unknown-linux-gnu")[:4] == b"\x7fELF"
    assert loop.CHUNK == 16384
