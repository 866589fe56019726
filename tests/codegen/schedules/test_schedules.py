"""Maps, gathers, scatters, scans and compaction against NumPy: layouts, odd sizes, every class of stride."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import dtypes
from pellucid.codegen import ir
from pellucid.codegen.schedules import compact, loop, many, maps, scans
from pellucid.codegen.schedules.loop import CHUNK, Arg, collapse
from pellucid.codegen.schedules.scans import Scan
from pellucid.codegen.targets import cpu
from tests.codegen.running import arg, for_host, launch

RNG = np.random.default_rng(0)

host_maps = for_host(maps)

host_scans = for_host(scans)


def add(x, y):
    return x + y


def same(x, *rest):
    return x


def turned(a):
    return a.swapaxes(-1, -2)


MAPS = {                                   # name: (shape of x, shape of y, view of y)
    "one": ((), (), None), "short": ((5,), (5,), None), "long": ((100003,), (100003,), None),
        "row": ((3, 4, 5), (4, 1), None),
    "outer": ((7, 1, 9), (8, 1), None), "bias": ((64, 100), (100,), None), "turned": ((33, 40), (40, 33), turned),
    "turned large": ((100, 140), (140, 100), turned), "turned batch": ((4, 30, 33), (4, 33, 30), turned),
    "every second": ((20, 30), (20, 60), lambda a: a[:, ::2]), "backwards": ((20, 30), (20, 30), lambda a: a[:, ::-1]),
    "two long rows": ((2, 40000), (40000,), None), "channels": ((2, 3, 5, 7), (3, 1, 1), None),
        "empty": ((0, 3), (3,), None),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int8", "int64", "complex64", "complex128", "float16"])
@pytest.mark.parametrize("name", MAPS)
def test_maps(name, dtype):
    x_shape, y_shape, view = MAPS[name]
    x, y = (np.array(RNG.standard_normal(s) * 50, dtype) for s in (x_shape, y_shape))
    y = view(y) if view else y
    expected = np.asarray(x + y)
    out = np.full(expected.shape, 77, dtype)
    launch(host_maps.map_plan("add", add, expected.shape, [arg(out)], [arg(x, expected.shape), arg(y, expected.shape)]),
           [out, x, y])
    np.testing.assert_array_equal(out, expected)


def one(x, y):
    return (x + y,)


def two(x, y):
    return x + y, x - y


@pytest.mark.parametrize("body", [one, two], ids=["one", "two"])
@pytest.mark.parametrize("name", [name for name in MAPS if name.startswith("turned")])
def test_maps_of_several_results(name, body):
    """As fused derivatives are: a tuple, also of one."""
    x_shape, y_shape, view = MAPS[name]
    x, y = (np.array(RNG.standard_normal(s), "f4") for s in (x_shape, y_shape))
    y = view(y)
    outs = [np.full(x.shape, 77, "f4") for _ in body(x, y)]
    plan = host_maps.map_plan(body.__name__, body, x.shape, [arg(out) for out in outs], [arg(x), arg(y, x.shape)])
    assert plan[0].kernel.name.startswith("tile_")
    launch(plan, [*outs, x, y])
    for out, expected in zip(outs, body(x, y)):
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("start", [0, 1])
def test_streaming_stores_do_not_need_alignment(start):
    n = (loop.STREAM_BYTES >> 2) + 1003
    x, room = np.arange(n, dtype=np.float32), np.zeros(n + 64, np.float32)
    out = room[start:start + n]
    plan = host_maps.map_plan("add", add, (n,), [arg(out)], [arg(x), arg(x)])
    assert "stream" in plan[0].kernel.text()
    launch(plan, [out, x, x])
    np.testing.assert_array_equal(out, x + x)


def test_a_new_shape_is_no_new_kernel():
    first, second = (host_maps.map_plan("add", add, s, [Arg(dtypes.float32, t)] * 1,
                                        [Arg(dtypes.float32, t)] * 2)[0].kernel
                     for s, t in (((5, 7), (7, 1)), ((1000, 3), (3, 1))))
    assert first is second


def test_collapse_merges_what_is_one_walk():
    assert collapse((2, 3, 4), [(12, 4, 1), (12, 4, 1)]) == ((24,), [(1,), (1,)])
    assert collapse((2, 3, 4), [(12, 4, 1), (0, 4, 1)]) == ((2, 12), [(12, 1), (0, 1)])
    assert collapse((3, 1, 4), [(1, 9, 3)]) == ((12,), [(1,)])


def test_gather_rows_and_elements_wrap_and_stay_inside():
    table, index = RNG.standard_normal((10, 33)).astype("f4"), np.array([3, -1, 0, 9, 3, 99, -99])
    out = np.zeros((7, 33), "f4")
    launch(host_maps.map_plan("rows", same, out.shape, [arg(out)],
                              [Arg(dtypes.float32, (0, 1), (1,), (33,), (10,)), Arg(dtypes.int64, (1, 0))]),
           [out, table,
          index])
    np.testing.assert_array_equal(out, table[np.where((-10 <= index) & (index < 10), index, 9)])
    source, places = RNG.standard_normal((6, 20)).astype("f4"), RNG.integers(0, 20, (6, 50))
    out = np.zeros((6, 50), "f4")
    launch(host_maps.map_plan("elements", same, out.shape, [arg(out)],
                              [Arg(dtypes.float32, (20, 0), (1,), (1,), (20,)), arg(places)]), [out, source, places])
    np.testing.assert_array_equal(out, np.take_along_axis(source, places, 1))


def test_scatter_adds_in_order_and_the_last_write_wins():
    gradient, index = RNG.standard_normal((50, 33)).astype("f4"), RNG.integers(-10, 10, 50)
    table, expected = np.zeros((10, 33), "f4"), np.zeros((10, 33), "f4")
    target = [Arg(dtypes.float32, (0, 1), (1,), (33,), (10,))]
    launch(host_maps.map_plan("add_rows", same, gradient.shape, target, [arg(gradient), Arg(dtypes.int64, (1, 0))],
                              combine=add), [table, gradient, index])
    np.add.at(expected, index, gradient)
    np.testing.assert_allclose(table, expected, rtol=1e-6)
    places, values = RNG.integers(0, 20, (6, 50)), RNG.standard_normal((6, 50)).astype("f4")
    out, expected = np.zeros((6, 20), "f4"), np.zeros((6, 20), "f4")
    for r in range(6):
        for c in range(50):
            expected[r, places[r, c]] = values[r, c]
    launch(host_maps.map_plan("put", same, values.shape, [Arg(dtypes.float32, (20, 0), (1,), (1,), (20,))],
                              [arg(values), arg(places)]), [out, values, places])
    np.testing.assert_array_equal(out, expected)


CUMSUM = Scan(lambda i, x: (x,), lambda s, i, x: (s[0] + x,), lambda s: s)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("shape, dim",
                         [((5, 7), 0), ((5, 7), 1), ((100, 40), 0), ((3, 20, 50), 1), ((1000,), 0), ((1, 3), 0)])
def test_scans(shape, dim, reverse):
    x = RNG.standard_normal(shape)
    out = np.zeros(shape)
    launch(host_scans.scan_plan("cumsum", CUMSUM, shape, dim, [arg(out)], [arg(x)], reverse)[0], [out, x])
    expected = np.flip(np.cumsum(np.flip(x, dim), dim), dim) if reverse else np.cumsum(x, dim)
    np.testing.assert_allclose(out, expected, atol=1e-12)


def test_compaction_writes_the_places_of_true_elements_and_nothing_else():
    mask = RNG.random(1000) > 0.6
    out = np.full(mask.sum() + 1, -7)
    plan, scratch = compact.compact_plan(1000, mask.sum())
    launch(plan, [out, mask], scratch=scratch)
    np.testing.assert_array_equal(out, [*np.nonzero(mask)[0], -7])


@pytest.mark.parametrize("density", [0.0, 0.01, 0.5, 1.0])
@pytest.mark.parametrize("count", [1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 7])
def test_compaction_in_chunks(count, density):
    mask = RNG.random(count) < density
    out = np.full(mask.sum() + 1, -7)
    plan, scratch = compact.compact_plan(count, mask.sum())
    launch(plan, [out, mask], scratch=scratch, order=lambda chunks: reversed(range(chunks)))
    np.testing.assert_array_equal(out, [*np.nonzero(mask)[0], -7])


@pytest.mark.parametrize("size", [0, 3, CHUNK, CHUNK + 1, 2 * CHUNK + 5, 3 * CHUNK])
def test_chunks_stay_within_the_output_whatever_is_counted(size):
    mask, out = np.ones(3 * CHUNK, bool), np.full(size + 2, -7)
    plan, scratch = compact.compact_plan(mask.size, size)
    launch(plan, [out, mask], scratch=scratch)
    np.testing.assert_array_equal(out, [*range(size), -7, -7])


@pytest.mark.parametrize("size", [0, 3, 7, 10])
def test_compaction_holds_its_writes_against_the_size_of_its_output(size):
    """Between count and write another thread may have set elements, or cleared some."""
    mask, out = np.array([0, 1, 1, 0, 1, 1, 1, 1, 1, 0], bool), np.full(size + 2, -7)
    plan, scratch = compact.compact_plan(10, size)
    launch(plan, [out, mask], scratch=scratch)
    np.testing.assert_array_equal(out, [*[1, 2, 4, 5, 6, 7, 8, 0, 0, 0][:size], -7, -7])


def test_many_tensors_at_once():
    sizes, room = [3, 20000, 1, 17], 4
    p = [RNG.standard_normal(n).astype("f4") for n in sizes]
    g = [RNG.standard_normal(n).astype("f4") for n in sizes]
    expected = [a - np.float32(0.5) * b for a, b in zip(p, g)]
    kernel = many.multi_kernel("sgd", _sgd, (dtypes.float32,) * 2, (0,), 2 * room, 1, cpu.vector_bytes())
    words, chunks = many.multi_words(sizes, range(4), room)
    launch([ir.Launch(kernel, tuple(words), chunks, 0)], [*p, *g], [0.5])
    for a, b in zip(p, expected):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def _sgd(p, g, lr):
    return p - g * lr.builder.convert(lr, "f32")


def test_every_family_compiles_for_another_processor():
    t, f = Arg(dtypes.float32, (7, 1)), Arg(dtypes.float32, (1, 5))
    plans = [host_maps.map_plan("add", add, (5, 7), [t], [t, t]),
             host_maps.map_plan("add", add, (50, 70), [Arg(dtypes.float32, (70, 1))],
                                                                            [Arg(dtypes.float32, (70, 1)),
                                                                             Arg(dtypes.float32, (1, 50))]),
             host_scans.scan_plan("cumsum", CUMSUM, (5, 7), 0, [t], [f])[0], compact.compact_plan(9, 9)[0]]
    for plan in plans:
        assert b"\x7fELF" == cpu.emit(plan[0].kernel, "aarch64-unknown-linux-gnu")[:4]


def test_a_long_dimension_is_walked_inside_a_short_one_where_the_input_lies_along_it():
    x = RNG.standard_normal((3, 5, 300)).astype("f4")
    for look in (lambda a: a.transpose(2, 1, 0), lambda a: a.transpose(1, 2, 0),
                 lambda a: np.lib.stride_tricks.sliding_window_view(a, 3, 2)):
        source = look(x)
        out = np.zeros(source.shape, "f4")
        plan = host_maps.map_plan("same", same, out.shape, [arg(out)], [arg(source)])
        launch(plan, [out, source])
        np.testing.assert_array_equal(out, source)
        assert plan[0].words[0] >= 298, "the inner dimension is the long one"
