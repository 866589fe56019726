"""Operators that put whole tensors together: strides of results and forms of arguments."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from pellucid.ops.arrange import join


@given(st.data())
def test_cat_as_numpy(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    dtype = data.draw(st.sampled_from(["float32", "float64", "int64", "int16", "uint8", "bool", "float16", "complex64",
                                       "complex128"]))
    parts = []
    for k, size in enumerate(data.draw(st.lists(st.integers(0, 20), min_size=1, max_size=9))):
        shape[dim] = size
        parts.append((np.arange(np.prod(shape, dtype=int)).reshape(shape) + 7 * k).astype(dtype))
    tensors = [pellucid.from_numpy(part) for part in parts]
    found, wanted = pellucid.cat(tensors, dim), np.concatenate(parts, dim)
    assert found.tolist() == wanted.tolist() and tuple(found.shape) == wanted.shape and found.is_contiguous()
    mixed = [*tensors, tensors[-1].to(pellucid.complex128).transpose(0, -1).contiguous().transpose(0, -1)]
    assert pellucid.cat(mixed, dim).tolist() == np.concatenate([*parts, parts[-1].astype(complex)], dim).tolist()


@pytest.mark.parametrize("shape, count, dim",
                         [((3, 70000), 3, 1), ((200000,), 4, 0), ((70, 3000), 3, 0), ((5, 40001), 2, 1)])
def test_cat_of_many_pieces(shape, count, dim):
    parts = [np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + k for k in range(count)]
    assert np.prod(shape) * 4 > join.PIECE
    assert (pellucid.cat([pellucid.from_numpy(part) for part in parts], dim).numpy()
            == np.concatenate(parts, dim)).all()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "int64", "complex64", "complex128"])
@pytest.mark.parametrize("rows", [1, 15, 17, join.BLOCK - 1, join.BLOCK, 3 * join.BLOCK + 5])
def test_columns(rows, dtype):
    """Parts of one element a row, which become columns, as many as the kernel has room for and fewer."""
    for count in (2, 3, 5):
        parts = [(np.arange(rows) + k).astype(dtype) for k in range(count)]
        want = np.stack(parts, -1)
        for got in (pellucid.stack([pellucid.from_numpy(part) for part in parts], -1),
                    pellucid.cat([pellucid.from_numpy(part[:, None]) for part in parts], 1)):
            assert got.dtype is pellucid.from_numpy(want).dtype
            np.testing.assert_array_equal(got.numpy(), want)


def test_cat_looks_at_places_and_types():
    x = pellucid.arange(6.0).view(2, 3)
    assert (pellucid.cat([pellucid.empty(0), x, x[:1]]).shape == (3, 3)
            and pellucid.cat([pellucid.empty(0), pellucid.empty(0)]).shape == (0,))
    assert (pellucid.cat([x, x.long()]).dtype is pellucid.float32 and pellucid.cat([x[:, 1:], x[:, :2]], 1).tolist()
            == [[1, 2, 0, 1], [4, 5, 3, 4]])
    assert pellucid.cat([pellucid.empty(2, 3, device="meta")] * 3, 1).shape == (2, 9)
    for parts, dim, error in (([x, pellucid.ones(3)], 0, RuntimeError), ([x, x], 2, IndexError),
                              ([x, pellucid.ones(2, 4)], 0, RuntimeError),
                              ([pellucid.tensor(1.0)], 0, RuntimeError), ([], 0, ValueError),
                              ([x, pellucid.ones(2, 3, device="meta")], 0, RuntimeError)):
        with pytest.raises(error):
            pellucid.cat(parts, dim)


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -3])
def test_joins_are_the_same_whether_they_are_recorded_or_not(dim):
    parts = [pellucid.arange(6.0).view(2, 3) + k for k in range(3)]
    recorded = [part.clone().requires_grad_() for part in parts]
    found = pellucid.stack(recorded, dim)
    assert found.grad_fn.name() == "CatBackward0" and pellucid.stack(parts, dim).tolist() == found.tolist()
    assert np.array_equal(pellucid.stack(parts, dim).numpy(), np.stack([part.numpy() for part in parts], dim))
    assert not pellucid.stack(parts, dim).requires_grad and len(found.grad_fn.next_functions) == 3
    if -2 <= dim < 2:
        assert pellucid.cat(parts, axis=dim).tolist() == pellucid.cat(recorded, dim).tolist()
    for bad, error in ((3, IndexError), (True, TypeError), (1.0, TypeError)):
        with pytest.raises(error):
            pellucid.cat(parts, bad)


def test_joins_written_to_tensors():
    x, out = pellucid.zeros(4, 6), pellucid.empty(0)
    assert pellucid.cat([x[:1], x[1:]], out=out) is out and out.shape == (4, 6)
    with pytest.raises(RuntimeError, match="refer to a single memory"):
        pellucid.cat([x[:2], x[2:]], out=x)


def test_stacks_are_contiguous():
    # unsqueezed, it would pass for channels last
    x = pellucid.arange(24.0).view(2, 3, 4).permute(2, 0, 1)
    found = pellucid.stack([x, x + 1])
    assert found.is_contiguous() and found[1].tolist() == (x + 1).tolist() and found[0].tolist() == x.tolist()
    with pytest.raises(TypeError, match="stack\\(\\): argument 'tensors'"):
        pellucid.stack(x)


def test_flips_keep_the_order_of_dimensions_in_memory():
    x = pellucid.arange(24.0).view(2, 3, 4).permute(2, 0, 1)
    for dims in ((0,), (1, 2), (-1,)):
        found = x.flip(dims)
        assert (found.stride() == x.stride()
                and found.tolist() == x.numpy()[tuple(slice(None, None, -1) if d in [k % 3 for k in dims]
                                                      else slice(None) for d in range(3))].tolist())
    x.requires_grad_()
    (x.flip(0) * pellucid.arange(4.0).view(4, 1, 1)).sum().backward()
    assert x.grad[:, 0, 0].tolist() == [3, 2, 1, 0]


def test_narrow_copy():
    x = pellucid.arange(6).view(2, 3)
    assert x.narrow_copy(1, 1, 2).tolist() == [[1, 2], [4, 5]]
    for dim, error in ((2, RuntimeError), (-3, IndexError)):
        with pytest.raises(error):
            x.narrow_copy(dim, 0, 1)


def test_dimensions_one_by_one():
    x = pellucid.arange(6).view(2, 3)
    assert (x.flip(0, 1).tolist() == [[5, 4, 3], [2, 1, 0]] and x.tile(2, 1).shape == (4, 3)
            and x.tile((2,)).shape == (2, 6))


@pytest.mark.parametrize("shuffle", [pellucid.pixel_shuffle, pellucid.pixel_unshuffle, pellucid.channel_shuffle])
def test_factors_are_whole_numbers(shuffle):
    x = pellucid.arange(32.0).view(2, 4, 2, 2)
    for factor in (2.0, 1e-320, True, None, "2"):
        with pytest.raises(TypeError, match="must be int, not"):
            shuffle(x, factor)
    assert shuffle(x, np.int64(2)).tolist() == shuffle(x, 2).tolist()


@pytest.mark.parametrize("shuffle", [pellucid.pixel_shuffle, pellucid.pixel_unshuffle, pellucid.channel_shuffle])
@pytest.mark.parametrize("factor", [1, 2])
def test_shuffles_keep_the_memory_format_and_share_nothing(shuffle, factor):
    x = pellucid.arange(128.0).view(2, 4, 4, 4)
    last = x.contiguous(memory_format=pellucid.channels_last)
    for y in (x, last, x.transpose(2, 3)):
        found = shuffle(y, factor)
        c = found.shape[1]
        wanted = (64, 1, found.shape[3] * c, c) if y is last else pellucid.empty(found.shape).stride()
        assert found.stride() == wanted and found.tolist() == shuffle(y.contiguous(), factor).tolist()
        assert found.untyped_storage().data_ptr() != y.untyped_storage().data_ptr()


@pytest.mark.parametrize("dim", range(4))
@pytest.mark.parametrize("shape", [(2, 1, 3, 4), (2, 3, 1, 1), (1, 1, 1, 1), (2, 1, 1, 3)])
def test_tensors_that_are_contiguous_in_two_formats(shape, dim):
    """With one channel the strides of channels_last are row-major too; the result's are not."""
    count = math.prod(shape)
    plain = [pellucid.arange(k * count, (k + 1) * count).reshape(shape) for k in range(3)]
    turned = [x.to(memory_format=pellucid.channels_last) for x in plain]
    assert pellucid.equal(pellucid.cat(turned, dim), pellucid.cat(plain, dim))
    assert pellucid.equal(pellucid.stack(turned, dim), pellucid.stack(plain, dim))
