"""Convolution kernels against sums written out in NumPy: forward and both gradients, odd windows, strides, dilations,
groups, layouts.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from pellucid.codegen import interpret
from pellucid.codegen.dense.tile import Activation
from pellucid.codegen.targets import cpu
from pellucid.codegen.windows import conv, convolution, weight_gradient
from pellucid.codegen.windows.convolution import Convolution
from pellucid.codegen.windows.frame import Layout
from tests.codegen.running import for_host

CALL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
NUMPY = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "bf16": np.uint16, "i8": np.int8, "u8": np.uint8,
         "i16": np.int16, "i32": np.int32, "i64": np.int64}
TOLERANCE = {"f32": 2e-5, "f64": 1e-12, "f16": 5e-3, "bf16": 1.6e-2}

host_conv = for_host(conv, weight_gradient)


def island(bytes):
    """Memory in a sea of NaN (of most types); it starts at a multiple of 64."""
    room = np.full(bytes + 640, 0xFF, np.uint8)
    start = 256 - room.ctypes.data % 64
    return room, room[start:start + bytes], (room[:start], room[start + bytes:])


def run(plan, *arrays, threads=1):
    """Run the launches of a plan on copies of arrays, chunk by chunk, from one or several threads. What is around
    operands and scratch is NaN and must stay so; a result must not be NaN."""
    launches, scratch = plan
    islands = [island(a.nbytes) for a in arrays] + [island(scratch)] * bool(scratch)
    for (_, inner, _), a in zip(islands, arrays):
        inner[...] = np.frombuffer(a.tobytes(), np.uint8)
    for step in launches:
        words = np.array([inner.ctypes.data for _, inner, _ in islands] + list(step.words), np.int64)
        call = CALL(cpu.compile(step.kernel))
        if threads == 1:
            call(words.ctypes.data, 0, step.chunks)
        else:
            tickets = iter(range(step.chunks))

            def work(call=call, words=words, tickets=tickets):
                for chunk in tickets:
                    call(words.ctypes.data, chunk, chunk + 1)
            workers = [threading.Thread(target=work) for _ in range(threads)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        for _, _, around in islands:
            assert all((side == 0xFF).all() for side in around), f"{step.kernel.name} wrote outside its operands"
    for (_, inner, _), a in zip(islands, arrays):
        a[...] = np.frombuffer(inner.tobytes(), a.dtype).reshape(a.shape)


def run_interpreted(plan, *arrays):
    """The same by the interpreter, which holds every load and store against the ends of its operand."""
    launches, scratch = plan
    buffers = [np.ascontiguousarray(a).reshape(-1).view(np.uint8)
               for a in (*arrays, *[interpret.poisoned(scratch)] * bool(scratch))]
    for step in launches:
        interpret.run(step.kernel, [*buffers, *step.words], 0, step.chunks)


def widen(a, dtype):
    """The values of an array as float64 (or int64)."""
    if dtype == "bf16":
        return (a.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return a.astype(np.float64 if a.dtype.kind == "f" else np.int64)


def draw(rng, shape, dtype):
    if dtype == "bf16":
        return (rng.standard_normal(shape).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    kind = NUMPY[dtype]
    return (rng.integers(-6 if kind != np.uint8 else 0, 7, shape).astype(kind) if np.dtype(kind).kind in "iu"
            else rng.standard_normal(shape).astype(kind))


def taps(c):
    """For each tap: its index in the window, where it reads in the input and which outputs it goes to (slices of the
    three dimensions).
    """
    for index in itertools.product(*map(range, c.kernel)):
        ins, outs = [], []
        for k, s, p, d, size, out in zip(index, c.stride, c.padding, c.dilation, c.spatial, c.out):
            first = max(0, -((k * d - p) // s))
            last = min(out, (size - 1 - k * d + p) // s + 1)
            if last <= first:
                break
            outs.append(slice(first, last))
            ins.append(slice(first * s + k * d - p, (last - 1) * s + k * d - p + 1, s))
        else:
            yield index, tuple(ins), tuple(outs)


def grouped(c, x, w):
    return x.reshape(x.shape[0], c.groups, -1, *x.shape[2:]), w.reshape(c.groups, -1, *w.shape[1:])


def oracle_forward(c, x, w):
    x, w = grouped(c, x, w)
    y = np.zeros((c.n, c.groups, c.o // c.groups, *c.out), x.dtype)
    for k, i, o in taps(c):
        y[(..., *o)] += np.einsum("ngcdhw,goc->ngodhw", x[(..., *i)], w[(..., *k)])
    return y.reshape(c.n, c.o, *c.out)


def oracle_input(c, g, w):
    g, w = grouped(c, g, w)
    x = np.zeros((c.n, c.groups, c.c // c.groups, *c.spatial), g.dtype)
    for k, i, o in taps(c):
        x[(..., *i)] += np.einsum("ngodhw,goc->ngcdhw", g[(..., *o)], w[(..., *k)])
    return x.reshape(c.n, c.c, *c.spatial)


def oracle_weight(c, g, x):
    g = g.reshape(c.n, c.groups, -1, *c.out)
    x = x.reshape(c.n, c.groups, -1, *c.spatial)
    w = np.zeros((c.groups, c.o // c.groups, c.c // c.groups, *c.kernel), g.dtype)
    for k, i, o in taps(c):
        w[(..., *k)] = np.einsum("ngodhw,ngcdhw->goc", g[(..., *o)], x[(..., *i)])
    return w.reshape(c.o, c.c // c.groups, *c.kernel)


def close(found, wanted, dtype, depth):
    if dtype not in TOLERANCE:
        assert np.array_equal(found, wanted.astype(found.dtype))
        return
    found = widen(found, dtype)
    scale = np.sqrt(depth)
    assert np.isfinite(found).all()
    assert np.abs(found - wanted).max(initial=0) <= TOLERANCE[dtype] * scale, np.abs(found - wanted).max() / scale


#        n  c   o   spatial       kernel     stride  padding dilation groups
CASES = [
    (2, 3, 5, (7,), (3,), (1,), (1,), (1,), 1),
    (1, 4, 18, (100,), (5,), (2,), (2,), (3,), 2),
    (3, 1, 33, (9, 11), (3, 3), (1, 1), (0, 0), (1, 1), 1),
    (2, 5, 40, (13, 13), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (2, 6, 9, (12, 17), (3, 2), (2, 3), (2, 0), (1, 2), 3),
    (1, 16, 16, (10, 10), (3, 3), (1, 1), (1, 1), (1, 1), 16),
    (1, 8, 16, (19, 23), (3, 5), (2, 2), (1, 2), (1, 1), 8),
    (2, 7, 50, (6, 5), (1, 1), (1, 1), (0, 0), (1, 1), 1),
    (2, 7, 20, (9, 9), (1, 1), (2, 2), (0, 0), (1, 1), 1),
    (1, 3, 64, (30, 33), (7, 7), (2, 2), (3, 3), (1, 1), 1),
    (2, 3, 4, (5, 6, 7), (3, 3, 3), (1, 1, 1), (1, 1, 1), (1, 1, 1), 1),
    (1, 4, 6, (6, 7, 9), (2, 3, 1), (2, 1, 3), (0, 2, 0), (2, 1, 1), 2),
    (2, 3, 20, (8, 8), (4, 4), (4, 4), (0, 0), (1, 1), 1),
    (2, 3, 20, (9, 10), (4, 4), (5, 4), (1, 0), (1, 1), 1),
    (1, 2, 17, (1, 1), (1, 1), (1, 1), (0, 0), (1, 1), 1),
    (4, 20, 35, (4, 4), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (1, 2, 3, (40, 1), (3, 1), (1, 1), (1, 0), (1, 1), 1),
    (1, 2, 40, (3, 3), (3, 3), (1, 1), (0, 0), (1, 1), 1),
    (2, 2, 3, (5, 70), (2, 20), (1, 1), (1, 3), (1, 1), 1),
    (1, 65, 2, (12, 30), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (2, 40, 70, (14, 9), (3, 3), (1, 1), (2, 0), (1, 1), 2),
    (3, 17, 33, (9, 8, 1), (3, 3, 1), (1, 1, 3), (1, 1, 0), (1, 1, 1), 1),
    (2, 10, 4, (14, 1), (1, 5), (1, 3), (0, 4), (1, 2), 2),
    (9, 24, 30, (6, 7), (3, 3), (1, 1), (1, 1), (1, 1), 1),
]


def make(case, dtype):
    n, c, o, spatial, kernel, stride, padding, dilation, groups = case
    return Convolution.of(n, c, o, spatial, kernel, stride, padding, dilation, groups, dtype)


def depth(c):
    return c.c // c.groups * int(np.prod(c.kernel))


@pytest.fixture(params=[False, "always"], ids=["direct", "winograd"])
def winograd(request, monkeypatch):
    monkeypatch.setattr(convolution.settings, "winograd", request.param)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_forward(case, dtype, winograd):
    rng, c = np.random.default_rng(0), make(case, dtype)
    x, w = draw(rng, (c.n, c.c, *c.spatial), dtype), draw(rng, (c.o, c.c // c.groups, *c.kernel), dtype)
    y = np.full((c.n, c.o, *c.out), 77, NUMPY[dtype])
    run(host_conv.forward(c), y, x, w)
    close(y, oracle_forward(c, widen(x, dtype), widen(w, dtype)), dtype, depth(c))


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_input_gradient(case, dtype, winograd):
    rng, c = np.random.default_rng(1), make(case, dtype)
    g, w = draw(rng, (c.n, c.o, *c.out), dtype), draw(rng, (c.o, c.c // c.groups, *c.kernel), dtype)
    x = np.full((c.n, c.c, *c.spatial), 77, NUMPY[dtype])
    run(host_conv.input_gradient(c), x, g, w)
    close(x, oracle_input(c, widen(g, dtype), widen(w, dtype)), dtype, c.o // c.groups * np.prod(c.kernel))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_weight_gradient(case, dtype, bias, winograd):
    rng, c = np.random.default_rng(2), make(case, dtype)
    g, x = draw(rng, (c.n, c.o, *c.out), dtype), draw(rng, (c.n, c.c, *c.spatial), dtype)
    w, total = np.full((c.o, c.c // c.groups, *c.kernel), 77, NUMPY[dtype]), np.full(c.o, 77, NUMPY[dtype])
    run(host_conv.weight_gradient(c, bias=bias), w, *[total] * bias, g, x)
    close(w, oracle_weight(c, widen(g, dtype), widen(x, dtype)), dtype, c.n * np.prod(c.out))
    if bias:
        close(total, widen(g, dtype).sum((0, 2, 3, 4)), dtype, c.n * np.prod(c.out))


def last(array):
    """The same array, channels last in memory."""
    return np.ascontiguousarray(np.moveaxis(array, 1, -1))


def layouts(*arrays):
    return [Layout.of([s // a.itemsize for s in np.moveaxis(a, -1, 1).strides]) for a in arrays]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_channels_last(case, winograd):
    """Strides of every operand may be any; a result too where it is not the weight's gradient."""
    rng, c = np.random.default_rng(3), make(case, "f32")
    x, w = draw(rng, (c.n, c.c, *c.spatial), "f32"), draw(rng, (c.o, c.c // c.groups, *c.kernel), "f32")
    g = draw(rng, (c.n, c.o, *c.out), "f32")
    xs, ws, gs, y, gx = last(x), last(w), last(g), last(np.full_like(g, 77)), last(np.full_like(x, 77))
    run(host_conv.forward(c, *layouts(xs, ws, y)), y, xs, ws)
    close(np.moveaxis(y, -1, 1), oracle_forward(c, widen(x, "f32"), widen(w, "f32")), "f32", depth(c))
    run(host_conv.input_gradient(c, *layouts(gs, ws, gx)), gx, gs, ws)
    close(np.moveaxis(gx, -1, 1), oracle_input(c, widen(g, "f32"), widen(w, "f32")), "f32",
          c.o // c.groups * np.prod(c.kernel))
    gw = np.full_like(w, 77)
    run(host_conv.weight_gradient(c, *layouts(gs, xs)), gw, gs, xs)
    close(gw, oracle_weight(c, widen(g, "f32"), widen(x, "f32")), "f32", c.n * np.prod(c.out))


@pytest.mark.parametrize("case", CASES[2::3], ids=str)
@pytest.mark.parametrize("dtype", ["f16", "bf16", "i8", "u8", "i16", "i32", "i64"])
def test_dtypes(case, dtype):
    rng, c = np.random.default_rng(4), make(case, dtype)
    x, w = draw(rng, (c.n, c.c, *c.spatial), dtype), draw(rng, (c.o, c.c // c.groups, *c.kernel), dtype)
    g, kind = draw(rng, (c.n, c.o, *c.out), dtype), NUMPY[dtype]
    y, gx, gw, total = np.zeros_like(g), np.zeros_like(x), np.zeros_like(w), np.zeros(c.o, kind)
    wide = [widen(a, dtype) for a in (x, w, g)]
    run(host_conv.forward(c), y, x, w)
    close(y, oracle_forward(c, wide[0], wide[1]), dtype, depth(c))
    run(host_conv.input_gradient(c), gx, g, w)
    close(gx, oracle_input(c, wide[2], wide[1]), dtype, c.o // c.groups * np.prod(c.kernel))
    run(host_conv.weight_gradient(c, bias=True), gw, total, g, x)
    close(gw, oracle_weight(c, wide[2], wide[0]), dtype, c.n * np.prod(c.out) * 4)
    close(total, wide[2].sum((0, 2, 3, 4)), dtype, c.n * np.prod(c.out) * 4)


RELU = Activation("relu", lambda x: x.builder.select(x < 0, x.builder.const(x.type, 0, x.lanes), x))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_bias_and_activation(case, winograd):
    rng, c = np.random.default_rng(5), make(case, "f32")
    x, w = draw(rng, (c.n, c.c, *c.spatial), "f32"), draw(rng, (c.o, c.c // c.groups, *c.kernel), "f32")
    g, y, gx = draw(rng, (c.n, c.o, *c.out), "f32"), np.zeros((c.n, c.o, *c.out), np.float32), np.zeros_like(x)
    shift, back = draw(rng, (c.o,), "f32"), draw(rng, (c.c,), "f32")
    run(host_conv.forward(c, bias=True, activation=RELU), y, x, w, shift)
    column = (slice(None), None, None, None)
    close(y, np.maximum(oracle_forward(c, widen(x, "f32"), widen(w, "f32")) + shift[column], 0), "f32", depth(c))
    run(host_conv.input_gradient(c, bias=True), gx, g, w, back)
    close(gx, oracle_input(c, widen(g, "f32"), widen(w, "f32")) + back[column], "f32",
          c.o // c.groups * np.prod(c.kernel))


@pytest.mark.parametrize("vector_bytes", [16, 32])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_vector_widths(case, vector_bytes, winograd):
    rng, c = np.random.default_rng(6), make(case, "f32")
    x, w = draw(rng, (c.n, c.c, *c.spatial), "f32"), draw(rng, (c.o, c.c // c.groups, *c.kernel), "f32")
    g = draw(rng, (c.n, c.o, *c.out), "f32")
    y, gx, gw = np.full_like(g, 77), np.full_like(x, 77), np.full_like(w, 77)
    run(host_conv.forward(c, vector_bytes=vector_bytes), y, x, w)
    close(y, oracle_forward(c, widen(x, "f32"), widen(w, "f32")), "f32", depth(c))
    run(host_conv.input_gradient(c, vector_bytes=vector_bytes), gx, g, w)
    close(gx, oracle_input(c, widen(g, "f32"), widen(w, "f32")), "f32", c.o // c.groups * np.prod(c.kernel))
    run(host_conv.weight_gradient(c, vector_bytes=vector_bytes), gw, g, x)
    close(gw, oracle_weight(c, widen(g, "f32"), widen(x, "f32")), "f32", c.n * np.prod(c.out))


def test_threads_and_runs_give_the_same_bits(winograd):
    rng = np.random.default_rng(7)
    for case in [(8, 32, 40, (21, 21), (3, 3), (1, 1), (1, 1), (1, 1), 1),
                 (8, 16, 16, (40, 40), (3, 3), (2, 2), (1, 1), (1, 1), 16)]:
        c = make(case, "f32")
        x, w = draw(rng, (c.n, c.c, *c.spatial), "f32"), draw(rng, (c.o, c.c // c.groups, *c.kernel), "f32")
        g, results = draw(rng, (c.n, c.o, *c.out), "f32"), []
        for threads in (1, 2, 3):
            y, gx, gw = np.zeros_like(g), np.zeros_like(x), np.zeros_like(w)
            run(host_conv.forward(c), y, x, w, threads=threads)
            run(host_conv.input_gradient(c), gx, g, w, threads=threads)
            run(host_conv.weight_gradient(c), gw, g, x, threads=threads)
            results.append((y, gx, gw))
        for other in results[1:]:
            assert all(np.array_equal(a, b) for a, b in zip(results[0], other))


def test_transposed_with_output_padding():
    """A transposed convolution whose result is larger than the sizes of the convolution alone would say."""
    rng = np.random.default_rng(8)
    # stride 3, padding 1, window 3, output padding 2
    spatial = tuple((i - 1) * 3 - 2 + 2 + 1 + 2 for i in (5, 6))
    c = Convolution.of(2, 4, 7, spatial, (3, 3), (3, 3), (1, 1), out=(5, 6))
    g, w, x = draw(rng, (2, 7, 1, 5, 6), "f32"), draw(rng, (7, 4, 1, 3, 3),
                                                      "f32"), np.full((2, 4, 1, *spatial), 77, np.float32)
    run(host_conv.input_gradient(c), x, g, w)
    close(x, oracle_input(c, widen(g, "f32"), widen(w, "f32")), "f32", 63)


@pytest.mark.parametrize("case", [
    (1, 3, 18, (5, 7), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (2, 4, 6, (6, 5), (3, 2), (2, 2), (1, 0), (1, 1), 2),
    (1, 17, 16, (6, 5), (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (1, 6, 6, (9, 18), (3, 3), (2, 2), (1, 1), (1, 1), 6),
], ids=str)
def test_interpreted(case, winograd):
    """The interpreter finds the same bits, and no access outside an operand."""
    rng, c = np.random.default_rng(10), make(case, "f32")
    x, w = draw(rng, (c.n, c.c, *c.spatial), "f32"), draw(rng, (c.o, c.c // c.groups, *c.kernel), "f32")
    g, total = draw(rng, (c.n, c.o, *c.out), "f32"), np.zeros(c.o, np.float32)
    for plan, results, operands in ((host_conv.forward(c), (g,), (x, w)), (host_conv.input_gradient(c), (x,), (g, w)),
                                    (host_conv.weight_gradient(c, bias=True), (w, total), (g, x))):
        compiled, found = [np.zeros_like(r) for r in results], [np.zeros_like(r) for r in results]
        run(plan, *compiled, *operands)
        run_interpreted(plan, *found, *operands)
        assert all(np.array_equal(a, b) for a, b in zip(compiled, found))


@pytest.mark.parametrize("n, c, o, size, window, out", [
    (0, 3, 4, (5, 5), (3, 3), None), (2, 3, 0, (5, 5), (3, 3), None), (2, 0, 4, (5, 5), (3, 3), None),
    (2, 3, 4, (2, 5), (3, 3), (0, 3)),
    (2, 0, 4, (5, 5), (1, 1), None)])
@pytest.mark.parametrize("dtype", ["f32", "f16"])
def test_empty(n, c, o, size, window, out, dtype):
    x = Convolution.of(n, c, o, size, window, out=out, dtype=dtype)
    a, w, g = (np.full(s, 77, NUMPY[dtype]) for s in ((n, c, *x.spatial), (o, c, *x.kernel), (n, o, *x.out)))
    shift, back, total = np.arange(o, dtype=w.dtype), np.arange(c, dtype=w.dtype), np.full(o, 77, w.dtype)
    y, gx, gw = np.full_like(g, 77), np.full_like(a, 77), np.full_like(w, 77)
    run(host_conv.forward(x, bias=True), y, a, w, shift)
    run(host_conv.input_gradient(x, bias=True), gx, g, w, back)
    run(host_conv.weight_gradient(x, bias=True), gw, total, g, a)
    if not n * c * o * np.prod(x.out):
        assert (y == shift[:, None, None, None]).all() and (gx == back[:, None, None, None]).all() and (gw == 0).all()
        assert (total == g.astype(float).sum((0, 2, 3, 4))).all()


def test_a_stride_does_not_grow_the_kernel_or_the_frame():
    """One loop over the phases of a stride; and where a window is put only once, the stride is nowhere taken."""
    for dtype in ("f32", "f16"):
        text = [sum(len(launch.kernel.text())
                    for launch in host_conv.forward(Convolution.of(2, 4, 6, (4000,), (3,), (stride,), dtype=dtype))[0])
                for stride in (3, 256)]
        assert text[1] < 1.1 * text[0]
        once = Convolution.of(1, 1, 1, (9,), (3,), (2**31,), dtype=dtype)
        for plan in (host_conv.forward, host_conv.input_gradient, host_conv.weight_gradient):
            assert plan(once)[1] < 1 << 20


def test_other_targets(monkeypatch):
    kernels = {}
    for case, winograd in itertools.product(CASES, (False, "always")):
        c = make(case, "f32")
        monkeypatch.setattr(convolution.settings, "winograd", winograd)
        for plan in (host_conv.forward(c, vector_bytes=16), host_conv.input_gradient(c, vector_bytes=16),
                     host_conv.weight_gradient(c, vector_bytes=16)):
            kernels |= {step.kernel.text(): step.kernel for step in plan[0]}
    families = {kernel.name.split("_f32")[0] for kernel in kernels.values()}
    assert families >= {"conv_pack", "conv_frame", "conv_channels", "conv_pixels", "conv_depthwise", "conv_weight",
                        "conv_weight_pixels", "conv_finish",
                        "conv_add", "winograd", "winograd_weights", "winograd_gradient"}
    for kernel in kernels.values():
        assert cpu.emit(kernel, "aarch64-unknown-linux-gnu")


SETTING = """
import pellucid as torch
from pellucid.codegen.targets import cpu

names, compile = set(), cpu.compile
cpu.compile = lambda kernel: (names.add(kernel.name), compile(kernel))[1]
x, w = torch.ones(8, 64, 56, 56, requires_grad=True), torch.ones(64, 64, 3, 3, requires_grad=True)
torch.nn.functional.conv2d(x, w, padding=1).sum().backward()
print(sorted(name for name in names if name.startswith("winograd")))
"""


@pytest.mark.parametrize("setting, used", [(None, True), ("1", True), ("0", False)])
def test_winograd_can_be_turned_off(setting, used):
    """Forward and both gradients of a convolution that it would serve."""
    root = Path(__file__).resolve().parents[3]
    environment = {name: value
                   for name, value in os.environ.items() if name != "PELLUCID_WINOGRAD"} | {"PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", SETTING], cwd=root, capture_output=True, text=True, timeout=120,
                          env=environment | ({} if setting is None else {"PELLUCID_WINOGRAD": setting}))
    assert done.returncode == 0, done.stderr
    assert ("winograd" in done.stdout) is used, done.stdout


def test_sizes_are_words():
    """Other images, batches and channel counts use the same kernels."""
    def kernels(n, c, o, size):
        x = Convolution.of(n, c, o, size, (3, 3), (1, 1), (1, 1))
        return {step.kernel for plan in (host_conv.forward(x), host_conv.input_gradient(x),
                                         host_conv.weight_gradient(x)) for step in plan[0]}

    assert kernels(4, 32, 64, (56, 56)) == kernels(8, 64, 128, (56, 56))
