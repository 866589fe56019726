"""Writes at indices that are shared among threads: the bits are those of one addition after the other, in the order of
the indices, for any number of threads.
"""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as torch

RNG = np.random.default_rng(0)
THREADS = (1, 2, 3, 8)


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def values(*shape, dtype="f4"):
    """Numbers of very different sizes, whose sum shows its order."""
    found = RNG.standard_normal(shape) * np.exp(RNG.uniform(-6, 3, shape))
    if dtype == "?":
        return found > 0.5
    if dtype[0] in "iu":
        return RNG.integers(0, 100, shape).astype(dtype)
    return (found + 1j * found[::-1] if dtype[0] == "c" else found).astype(dtype)


def assert_each(write, wanted):
    """`write()` gives the bits of `wanted` on any number of threads."""
    for threads in THREADS:
        torch.set_num_threads(threads)
        found = write().contiguous().numpy()
        assert found.dtype == wanted.dtype and found.tobytes() == wanted.tobytes(), threads


def added(base, index, source):
    """One addition after the other."""
    wanted = base.copy()
    np.add.at(wanted, index, source)
    return wanted


# (rows of the destination, indices, columns): few wide rows, many narrow ones, and sizes about which work is cut
SIZES = [(300, 400, 512), (300, 400, 513), (7, 64, 255), (7, 64, 256), (7, 64, 257), (7, 65, 256), (50, 20_000, 16),
         (50, 3_000, 64), (10_000, 100_003, 1), (3, 50_000, 1), (1, 200, 1000), (5, 0, 300), (5, 1, 20_000)]


@pytest.mark.parametrize("rows,count,columns", SIZES)
def test_rows_are_added_in_order(rows, count, columns):
    base, source, index = values(rows, columns), values(count, columns), RNG.integers(0, rows, count)
    wanted = added(base, index, source)
    at, x = torch.tensor(index), torch.tensor(source)
    assert_each(lambda: torch.tensor(base).index_add_(0, at, x), wanted)
    assert_each(lambda: torch.tensor(base).index_put_((at,), x, accumulate=True), wanted)
    assert_each(lambda: torch.tensor(base).scatter_add_(0, at[:, None].expand(count, columns), x), wanted)
    assert_each(lambda: torch.tensor(base).t().contiguous().index_add_(1, at, x.t()).t(), wanted)
    assert_each(lambda: torch.tensor(base).t().contiguous().t().index_add_(0, at, x), wanted)
    weight = torch.zeros(rows, columns, requires_grad=True)
    picked = torch.nn.functional.embedding(at, weight)
    assert_each(lambda: torch.autograd.grad(picked, weight, x, retain_graph=True)[0],
                added(np.zeros_like(base), index, source))


@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("shape", [(300, 400), (1, 40_000), (40_000, 1), (3, 17_000), (17_000, 3), (129, 300)])
def test_elements_are_added_in_order_along_a_dimension(shape, dim):
    base, source, index = values(*shape), values(*shape), RNG.integers(0, shape[dim], shape)
    where = [np.arange(shape[0])[:, None], np.arange(shape[1])[None]]
    where[dim] = index
    wanted, x, at = added(base, tuple(where), source), torch.tensor(source), torch.tensor(index)
    assert_each(lambda: torch.tensor(base).scatter_add_(dim, at, x), wanted)
    assert_each(lambda: torch.tensor(base.T.copy()).t().scatter_add_(dim, at, x), wanted)
    assert_each(lambda: torch.tensor(base).scatter_add_(dim, torch.tensor(index.T.copy()).t(), x), wanted)
    zero = torch.zeros(shape, requires_grad=True)
    picked = zero.gather(dim, at)
    assert_each(lambda: torch.autograd.grad(picked, zero, x, retain_graph=True)[0],
                added(np.zeros_like(base), tuple(where), source))
    last = base.copy()                           # of several written to one place the last stays
    for k in range(shape[dim]):
        line = [np.arange(shape[0]), k] if dim else [k, np.arange(shape[1])]
        to = list(line)
        to[dim] = index[tuple(line)]
        last[tuple(to)] = source[tuple(line)]
    assert_each(lambda: torch.tensor(base).scatter_(dim, at, x), last)


@pytest.mark.parametrize("rows,count,columns", [(9, 300, 300), (40, 30_000, 1), (40, 2_000, 24)])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "c8", "c16", "?", "u1", "i1", "i2", "i4", "i8"])
def test_every_type_is_added_in_order(dtype, rows, count, columns):
    base, source = values(rows, columns, dtype=dtype), values(count, columns, dtype=dtype)
    index = RNG.integers(0, rows, count).astype(RNG.choice(["i4", "i8"]))
    at, x = torch.tensor(index), torch.tensor(source)
    wanted = added(base, index, source)
    assert_each(lambda: torch.tensor(base).index_put_((at,), x, accumulate=True), wanted)
    assert_each(lambda: torch.tensor(base)[:, 0].index_put_((at,), x[:, 0], accumulate=True), wanted[:, 0])


def test_bfloat16_is_the_same_for_any_number_of_threads():
    index = torch.tensor(RNG.integers(0, 9, 300))
    x, found = torch.tensor(values(300, 700)).bfloat16(), []
    for threads in THREADS:
        torch.set_num_threads(threads)
        found.append(torch.zeros(9, 700, dtype=torch.bfloat16).index_add_(0, index, x).float().numpy().tobytes())
    one = torch.zeros(9, 700, dtype=torch.bfloat16)
    for k, row in enumerate(index.tolist()):
        one[row] += x[k]
    assert set(found) == {one.float().numpy().tobytes()}


def test_dimensions_before_between_and_behind_the_indices():
    first, last, source = RNG.integers(0, 5, (50, 1)), RNG.integers(0, 4, (1, 6)), values(50, 6, 6, 40, 30)
    whole = torch.zeros(6, 5, 40, 4, 30, requires_grad=True)
    picked = whole[:, torch.tensor(first), :, torch.tensor(last)]
    assert_each(lambda: torch.autograd.grad(picked, whole, torch.tensor(source), retain_graph=True)[0],
                added(np.zeros((6, 5, 40, 4, 30), "f4"), (slice(None), first, slice(None), last), source))
    base, source = values(6, 40, 7), values(6, 900, 7)
    where = RNG.integers(0, 40, 900)
    wanted = added(base, (slice(None), where), source)
    assert_each(lambda: torch.tensor(base).index_add_(1, torch.tensor(where), torch.tensor(source)), wanted)
    assert_each(lambda: torch.tensor(base[::-1, :, ::-1].copy()).flip(0, 2).index_add_(
        1, torch.tensor(where), torch.tensor(source)), wanted)


def test_a_destination_that_overlaps_itself_is_written_in_order():
    source, where = values(40, 2000), RNG.integers(0, 100, 40)
    wide = values(2099)
    wanted = wide.copy()
    for k in range(40):                          # row by row: windows of 2000 that start at neighbouring elements
        for j in range(2000):
            wanted[where[k] + j] += source[k, j]

    def write():
        x = torch.tensor(wide)
        x.as_strided((100, 2000), (1, 1)).index_put_((torch.tensor(where),), torch.tensor(source), accumulate=True)
        return x

    assert_each(write, wanted)


WRITES = {"index_add_": lambda x, at, wide, source: x.index_add_(0, at, source),
          "index_put_": lambda x, at, wide, source: x.index_put_((at,), source, accumulate=True),
          "index_copy_": lambda x, at, wide, source: x.index_copy_(0, at, source),
          "scatter_": lambda x, at, wide, source: x.scatter_(0, wide, source),
          "scatter_add_": lambda x, at, wide, source: x.scatter_add_(0, wide, source)}


@pytest.mark.parametrize("rows,count,columns", [(30, 200, 600), (40_000, 50_000, 1)])
@pytest.mark.parametrize("write", WRITES)
def test_an_index_out_of_range_leaves_the_destination_untouched(write, rows, count, columns):
    base, source = values(rows, columns), torch.tensor(values(count, columns))
    for bad in (rows, -rows - 1, 1 << 40):
        index = RNG.integers(0, rows, count)
        index[-3] = bad
        x, at = torch.tensor(base), torch.tensor(index)
        for threads in THREADS:
            torch.set_num_threads(threads)
            with pytest.raises((IndexError, RuntimeError)):
                WRITES[write](x, at, at[:, None].expand(count, columns), source)
            assert x.numpy().tobytes() == base.tobytes()
