"""Pooling kernels against windows walked in Python: maximum, average, adaptive, and gradients."""

from __future__ import annotations

import ctypes
import itertools

import numpy as np
import pytest

from pellucid.codegen import interpret
from pellucid.codegen.targets import cpu
from pellucid.codegen.windows import pool, pool_gradient
from pellucid.codegen.windows.frame import Layout
from pellucid.codegen.windows.pool import Pooling
from tests.codegen.running import for_host

CALL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
NUMPY = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "u8": np.uint8, "i32": np.int32, "i64": np.int64}

host_pool = for_host(pool, pool_gradient)


def run(plan, *arrays, backwards=False):
    """Run a plan on copies of arrays that lie in seas of NaN, which must stay as they are."""
    islands = []
    for a in arrays:
        room = np.full(a.nbytes + 640, 0xFF, np.uint8)
        room[256:256 + a.nbytes] = np.frombuffer(a.tobytes(), np.uint8)
        islands.append(room)
    launches, scratch = plan
    assert scratch == 0
    for step in launches:
        words = np.array([room.ctypes.data + 256 for room in islands] + list(step.words), np.int64)
        call = CALL(cpu.compile(step.kernel))
        for chunk in reversed(range(step.chunks)) if backwards else range(step.chunks):
            call(words.ctypes.data, chunk, chunk + 1)
    for room, a in zip(islands, arrays):
        assert (room[:256] == 0xFF).all() and (room[256 + a.nbytes:] == 0xFF).all(), "wrote outside"
        a[...] = np.frombuffer(room[256:256 + a.nbytes].tobytes(), a.dtype).reshape(a.shape)


def windows(p):
    """For each output: its index, the input indices of its window in each dimension, and the window's size with
    padding.
    """
    for out in itertools.product(*map(range, p.out)):
        lines, extent = [], 1
        for i, axis in zip(out, range(3)):
            size = p.spatial[axis]
            if not p.kernel:
                first, stop = i * size // p.out[axis], -(-(i + 1) * size // p.out[axis])
                lines.append(range(first, stop))
                extent *= stop - first
            else:
                k, s, pad, d = p.kernel[axis], p.stride[axis], p.padding[axis], p.dilation[axis]
                lines.append([x for x in range(i * s - pad, i * s - pad + k * d, d) if 0 <= x < size])
                extent *= min(i * s - pad + k, size + pad) - (i * s - pad)
        yield out, list(itertools.product(*lines)), extent


def oracle_max(p, x):
    values, indices = np.zeros((*x.shape[:2], *p.out), x.dtype), np.zeros((*x.shape[:2], *p.out), np.int64)
    for out, places, _ in windows(p):
        best = np.full(x.shape[:2], -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min, x.dtype)
        index = np.full(x.shape[:2], np.ravel_multi_index(places[0], p.spatial))
        for place in places:
            v = x[(..., *place)]
            wins = (v > best) | (v != v)
            best, index = np.where(wins, v, best), np.where(wins, np.ravel_multi_index(place, p.spatial), index)
        values[(..., *out)], indices[(..., *out)] = best, index
    return values, indices


def divisors(p, padded, given):
    for out, places, extent in windows(p):
        yield out, places, given or (extent if padded else len(places))


#        spatial      kernel     stride     padding    dilation   ceil
CASES = [
    ((26, 26), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((11, 13), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((9, 70), (3, 3), (2, 2), (1, 1), (1, 1), True),
    ((9, 40), (3, 3), (1, 1), (1, 1), (1, 1), False),
    ((7, 40), (2, 3), (3, 4), (1, 0), (1, 1), True),
    ((12, 9), (3, 2), (2, 1), (1, 1), (2, 3), True),
    ((31,), (4,), (2,), (2,), (1,), True),
    ((60,), (20,), (20,), (0,), (1,), False),
    ((5, 6, 7), (2, 3, 2), (2, 1, 2), (1, 1, 0), (1, 1, 1), False),
    ((4, 6, 8), (2, 2, 2), (2, 2, 2), (0, 0, 0), (1, 1, 1), False),
    ((7, 7), (7, 7), (1, 1), (0, 0), (1, 1), False),
    ((8, 9), (1, 1), (2, 2), (0, 0), (1, 1), False),
    ((5, 90), (2, 10), (2, 3), (0, 4), (1, 1), False),
]
ADAPTIVE = [((7, 9), (3, 4)), ((14, 14), (7, 7)), ((8, 5), (1, 1)), ((5, 6, 50), (2, 3, 4)), ((3,), (5,)),
            ((40, 50), (3, 20)), ((4, 33), (4, 33))]


def make(case, dtype="f32"):
    spatial, kernel, stride, padding, dilation, ceil = case
    return Pooling.of(2, 3, spatial, kernel, stride, padding, dilation, ceil, dtype)


def draw(rng, shape, dtype):
    kind = NUMPY[dtype]
    return rng.integers(0, 9, shape).astype(kind)                 # many equal elements


def both(p, rng, dtype):
    return draw(rng, (p.n, p.c, *p.spatial), dtype), draw(rng, (p.n, p.c, *p.out), dtype)


ALL = [make(case) for case in CASES] + [Pooling.adaptive(2, 3, *sizes) for sizes in ADAPTIVE]


@pytest.mark.parametrize("vector_bytes", [16, 64])
@pytest.mark.parametrize("dtype", ["f32", "f64", "f16", "u8", "i64"])
@pytest.mark.parametrize("p", ALL, ids=str)
def test_max(p, dtype, vector_bytes):
    p = p._replace(dtype=dtype)
    rng = np.random.default_rng(0)
    x, y = both(p, rng, dtype)
    if np.dtype(NUMPY[dtype]).kind == "f":
        x[rng.random(x.shape) < 0.05] = np.nan
        x[rng.random(x.shape) < 0.3] = -np.inf
    values, indices = np.empty_like(y), np.empty(y.shape, np.int64)
    run(host_pool.max_pool(p, vector_bytes=vector_bytes), values, indices, x)
    wanted, places = oracle_max(p, x)
    assert np.array_equal(values, wanted, equal_nan=values.dtype.kind == "f")
    assert np.array_equal(indices, places)
    gradient, total = np.empty_like(x), np.zeros_like(x)
    run(host_pool.max_gradient(p, vector_bytes=vector_bytes), gradient, y, indices, backwards=True)
    for n, c in itertools.product(range(p.n), range(p.c)):
        np.add.at(total[n, c].reshape(-1), indices[n, c].ravel(), y[n, c].ravel())
    assert np.array_equal(gradient, total)


@pytest.mark.parametrize("padded, given", [(True, None), (False, None), (True, 5)])
@pytest.mark.parametrize("dtype", ["f32", "f64", "f16"])
@pytest.mark.parametrize("p", [p for p in ALL if set(p.dilation) <= {1}], ids=str)
def test_average(p, dtype, padded, given):
    p = p._replace(dtype=dtype)
    x, g = both(p, np.random.default_rng(1), dtype)
    y, wanted = np.empty_like(g), np.zeros(g.shape)
    gradient, total = np.empty_like(x), np.zeros(x.shape)
    padded = padded and bool(p.kernel)
    for out, places, divisor in divisors(p, padded, given):
        for place in places:
            wanted[(..., *out)] += x[(..., *place)].astype(float)
            total[(..., *place)] += g[(..., *out)].astype(float) / divisor
        wanted[(..., *out)] /= divisor
    options = dict(count_include_pad=padded, divisor_override=given)
    run(host_pool.average_pool(p, **options), y, x)
    run(host_pool.average_gradient(p, **options), gradient, g, backwards=True)
    tolerance = {"f32": 1e-6, "f64": 1e-14, "f16": 2e-3}[dtype]
    np.testing.assert_allclose(y, wanted, tolerance, tolerance)
    np.testing.assert_allclose(gradient, total, tolerance * 4, tolerance * 4)


@pytest.mark.parametrize("p", ALL, ids=str)
def test_channels_last(p):
    def last(a):
        return np.ascontiguousarray(np.moveaxis(a, 1, -1))

    def layout(a):
        return Layout.of([s // a.itemsize for s in np.moveaxis(a, -1, 1).strides])

    x, g = both(p, np.random.default_rng(2), "f32")
    xs, gs = last(x), last(g)
    y, indices, gradient = np.empty_like(gs), np.empty(gs.shape, np.int64), np.empty_like(xs)
    values, places = oracle_max(p, x)
    run(host_pool.max_pool(p, layout(xs), layout(y)), y, indices, xs)
    assert np.array_equal(np.moveaxis(y, -1, 1), values) and np.array_equal(np.moveaxis(indices, -1, 1), places)
    plain = np.empty_like(x)
    run(host_pool.max_gradient(p), plain, g, places)
    run(host_pool.max_gradient(p, layout(gs), layout(xs)), gradient, gs, indices)
    assert np.array_equal(np.moveaxis(gradient, -1, 1), plain)
    if set(p.dilation) <= {1}:
        straight = np.empty_like(g)
        run(host_pool.average_pool(p), straight, x)
        run(host_pool.average_pool(p, layout(xs), layout(y)), y, xs)
        np.testing.assert_allclose(np.moveaxis(y, -1, 1), straight, 1e-6)
        run(host_pool.average_gradient(p), plain, g)
        run(host_pool.average_gradient(p, layout(gs), layout(xs)), gradient, gs)
        np.testing.assert_allclose(np.moveaxis(gradient, -1, 1), plain, 1e-6)


def test_an_index_outside_the_plane_is_passed_over():
    p = make(CASES[3])
    g, indices = np.ones((2, 3, *p.out), np.float32), np.full((2, 3, *p.out), 5, np.int64)
    indices[..., ::2], indices[..., 1::4] = 10 ** 12, -1
    gradient = np.empty((2, 3, *p.spatial), np.float32)
    run(host_pool.max_gradient(p), gradient, g, indices)
    assert gradient.sum() == (indices == 5).sum()


def test_integer_average():
    p = make(CASES[2], "i64")
    x = np.random.default_rng(3).integers(-9, 9, (2, 3, *p.spatial))
    y, wanted = np.empty((2, 3, *p.out), np.int64), np.zeros((2, 3, *p.out), np.int64)
    for out, places, divisor in divisors(p, True, None):
        total = sum(x[(..., *place)] for place in places)
        wanted[(..., *out)] = np.sign(total) * (abs(total) // divisor)
    run(host_pool.average_pool(p), y, x)
    assert np.array_equal(y, wanted)


@pytest.mark.parametrize("p", [p for p in ALL if np.prod(p.out) < 200], ids=str)
def test_interpreted(p):
    """The interpreter finds the same bits, and no access outside an operand."""
    p = p._replace(n=1, c=2)
    x, g = (a[:1, :2].copy() for a in both(p, np.random.default_rng(4), "f32"))
    _, indices = oracle_max(p, x)
    plans = [(host_pool.max_pool(p), (g, indices), (x,)), (host_pool.max_gradient(p), (x,), (g, indices))]
    if set(p.dilation) <= {1}:
        plans += [(host_pool.average_pool(p), (g,), (x,)), (host_pool.average_gradient(p), (x,), (g,))]
    for plan, results, operands in plans:
        compiled, found = [np.zeros_like(r) for r in results], [np.zeros_like(r) for r in results]
        run(plan, *compiled, *operands)
        for step in plan[0]:
            interpret.run(step.kernel, [*(a.reshape(-1).view(np.uint8) for a in (*found, *operands)), *step.words], 0,
                          step.chunks)
        assert all(np.array_equal(a, b) for a, b in zip(compiled, found))


def test_other_targets():
    for p in ALL:
        plans = [host_pool.max_pool(p, vector_bytes=16), host_pool.max_gradient(p, vector_bytes=16)]
        if set(p.dilation) <= {1}:
            plans += [host_pool.average_pool(p, vector_bytes=16), host_pool.average_gradient(p, vector_bytes=16)]
        for launches, _ in plans:
            for step in launches:
                assert cpu.emit(step.kernel, "aarch64-unknown-linux-gnu")
