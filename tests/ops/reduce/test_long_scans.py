"""Scans along few long rows, which are cut into blocks: the values, the same bits for any number of threads, and every
length about which blocks and groups of them end.
"""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as torch
from pellucid.codegen.schedules.scans import BLOCK, FEW, LONG

RNG = np.random.default_rng(0)
GROUP = 16 * BLOCK
LENGTHS = [LONG - 1, LONG, LONG + 1, GROUP - 1, GROUP, GROUP + 1, GROUP + BLOCK - 1, GROUP + BLOCK, GROUP + BLOCK + 1,
           2 * GROUP, 3 * GROUP + 17, 100_003]


@pytest.fixture(autouse=True)
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def found(scan):
    """The result of `scan()`, whose bits are those of any number of threads."""
    results = []
    for threads in (1, 2, 3, 8):
        torch.set_num_threads(threads)
        result = scan()
        results.append([one.numpy() for one in (result if isinstance(result, tuple) else (result,))])
    for other in results[1:]:
        for a, b in zip(results[0], other):
            assert a.tobytes() == b.tobytes()
    return results[0] if len(results[0]) > 1 else results[0][0]


def last_places(x, largest):
    """Where the largest (or smallest) so far was last, or the last NaN."""
    best, place, places = x[0], 0, []
    for k, value in enumerate(x.tolist()):
        if value != value or best == best and (value >= best if largest else value <= best):
            best, place = value, k
        places.append(place)
    return np.array(places)


@pytest.mark.parametrize("length", LENGTHS)
def test_every_length(length):
    x = RNG.standard_normal(length)
    single = x.astype("f4")
    np.testing.assert_allclose(found(lambda: torch.tensor(x).cumsum(0)), np.cumsum(x), rtol=0,
                               atol=2e-16 * np.abs(x).sum())
    exact = np.cumsum(single.astype("f8")).astype("f4")
    np.testing.assert_allclose(found(lambda: torch.tensor(single).cumsum(0)), exact, rtol=1.2e-7, atol=1e-10)
    whole = RNG.integers(-1000, 1000, length)
    assert (found(lambda: torch.tensor(whole).cumsum(0)) == np.cumsum(whole)).all()
    with np.errstate(over="ignore"):
        assert (found(lambda: torch.tensor(whole | 1).cumprod(0)) == np.cumprod(whole | 1)).all()
    np.testing.assert_allclose(found(lambda: torch.tensor(x).logcumsumexp(0)), np.logaddexp.accumulate(x), rtol=1e-13)
    for data in (single, whole // 100):
        values, places = found(lambda data=data: torch.tensor(data).cummax(0))
        assert (values == np.maximum.accumulate(data)).all() and (places == last_places(data, True)).all()
        values, places = found(lambda data=data: torch.tensor(data).cummin(0))
        assert (values == np.minimum.accumulate(data)).all() and (places == last_places(data, False)).all()


DTYPES = ["f2", "f4", "f8", "c8", "c16", "?", "u1", "i1", "i2", "i4", "i8"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_type(dtype):
    x = RNG.integers(0, 2 if dtype == "?" else 3, 20_011).astype(dtype)
    if dtype[0] == "c":
        x = x + (1j * x[::-1]).astype(dtype)
    sums = found(lambda: torch.tensor(x).cumsum(0))
    wanted = np.cumsum(x.astype("c16" if dtype[0] == "c" else "f8"))
    assert (sums == wanted.astype(sums.dtype)).all()
    if dtype[0] != "c":
        values, places = found(lambda: torch.tensor(x).cummax(0))
        assert (values == np.maximum.accumulate(x)).all() and (places == last_places(x, True)).all()
        assert values.dtype == x.dtype


@pytest.mark.parametrize("name", ["cumsum", "logcumsumexp", "cummax", "cummin"])
def test_layouts(name):
    x = torch.tensor(RNG.standard_normal((3, 2, 20_011)))

    def scan(layout, dim):
        result = getattr(torch, name)(layout, dim)
        return tuple(result) if isinstance(result, tuple) else (result,)

    wanted = scan(x, 2)
    for layout, dim, back in [(x.transpose(0, 1), 2, lambda r: r.transpose(0, 1)),
                              (x.permute(2, 0, 1).contiguous(), 0, lambda r: r.permute(1, 2, 0)),
                              (x.permute(2, 0, 1), 0, lambda r: r.permute(1, 2, 0)),
                              (torch.stack([x, x], 3)[..., 1], 2, lambda r: r),
                              (x.flip(2).contiguous().flip(2), 2, lambda r: r)]:
        for a, b in zip(wanted, scan(layout, dim)):
            np.testing.assert_allclose(back(b).numpy(), a.numpy(), rtol=1e-12, atol=1e-12)
    for k in range(3):
        for a, b in zip(wanted, scan(x[k, 1], 0)):
            assert (a[k, 1] == b).all()


@pytest.mark.parametrize("rows", [1, 2, 5, FEW - 1, FEW])
def test_number_of_rows(rows):
    x = RNG.integers(-9, 9, (rows, LONG + 5))
    assert (found(lambda: torch.tensor(x).cumsum(1)) == np.cumsum(x, 1)).all()
    assert (found(lambda: torch.tensor(x.T.copy()).cumsum(0)) == np.cumsum(x.T, 0)).all()


def test_from_the_end():
    x = torch.zeros(3, 30_001, requires_grad=True)
    gradient = RNG.integers(-9, 9, (3, 30_001)).astype("f4")
    assert (found(lambda: torch.autograd.grad(x.cumsum(1), x, torch.tensor(gradient))[0])
            == np.cumsum(gradient[:, ::-1], 1)[:, ::-1]).all()


@pytest.mark.parametrize("place", [0, BLOCK - 1, BLOCK, GROUP + 3, 19_999])
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_special_values(special, place):
    x = RNG.standard_normal(20_000).astype("f4")
    x[place] = special
    t = torch.tensor(x)
    sums, before = found(lambda: t.cumsum(0)), np.cumsum(x.astype("f8")).astype("f4")
    np.testing.assert_allclose(sums, before, rtol=1.2e-7, atol=1e-10)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(found(lambda: t.logcumsumexp(0)), np.logaddexp.accumulate(x.astype("f8")), rtol=2e-7)
    for name, largest in (("cummax", True), ("cummin", False)):
        values, places = found(lambda name=name: getattr(t, name)(0))
        assert (places == last_places(x, largest)).all()
        np.testing.assert_array_equal(values, x[places])


def test_nothing_and_negative_zeros():
    empty = torch.full((20_000,), -torch.inf)
    assert (empty.logcumsumexp(0) == empty).all()
    assert not torch.signbit(torch.full((20_000,), -0.0).cumsum(0)).any()
    assert torch.zeros(0, 20_000).cumsum(1).shape == (0, 20_000)


def test_a_product_that_is_nothing_stays_nothing():
    x = torch.full((20_000,), 1e300, dtype=torch.float64)
    x[0] = 0
    assert (x.cumprod(0) == 0).all()


def test_sums_are_nearer_than_one_after_the_other():
    x = RNG.random(1_000_000)
    exact = np.cumsum(x.astype(np.longdouble))
    assert np.abs(torch.tensor(x).cumsum(0).numpy() - exact).max() < np.abs(np.cumsum(x) - exact).max() / 2
