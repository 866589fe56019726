"""Shapes, strides, views and layouts. The same against PyTorch, at random, is in tests/parity/test_meta_parity.py."""

import copy
import itertools
import pickle
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import dtypes
from pellucid.core import meta as metas
from pellucid.core.meta import (
    Meta,
    Size,
    as_strided,
    broadcast_pair,
    broadcast_shapes,
    broadcast_strides,
    channels_last,
    channels_last_3d,
    check_bounds,
    contiguous,
    contiguous_format,
    diagonal,
    elementwise,
    elementwise_strides,
    expand,
    extent,
    flattened_shape,
    format_strides,
    inferred_shape,
    is_contiguous,
    is_dense,
    like,
    make,
    movedim,
    narrow,
    overlap,
    overlaps_itself,
    permute,
    preserve_format,
    reshaped,
    select,
    slice_dim,
    squeeze,
    suggested_format,
    transpose,
    unflattened_shape,
    unfold,
    unsqueeze,
    view,
    view_as_complex,
    view_as_real,
    view_dtype,
    view_strides,
    with_device,
    with_dtype,
    wrap_dim,
    wrap_dims,
)
from pellucid.device import CPU, META, device

F, D, U8, C = dtypes.float32, dtypes.float64, dtypes.uint8, dtypes.complex64
X = contiguous((2, 3, 4), F)


def shown(base, meta, offset):
    """The numbers that a view shows of a storage holding 0, 1, 2, ..., after a check that it stays inside."""
    check_bounds(meta, offset, base.numel * base.itemsize)
    memory = np.arange(base.numel, dtype=np.int64)
    if meta.numel == 0:
        return np.empty(meta.sizes, np.int64)
    return np.lib.stride_tricks.as_strided(memory[offset:], meta.sizes, [8 * stride for stride in meta.strides],
                                           writeable=False)


# Size

def test_size():
    size = Size([2, np.int64(3)])
    assert size == (2, 3) and hash(size) == hash((2, 3)) and repr(size) == "torch.Size([2, 3])" and size.numel() == 6
    assert all(type(n) is int for n in size) and Size([True]) == (1,) and repr(Size([True])) == "torch.Size([1])"
    for made in (size[1:], size + (4,), (4,) + size, size * 2, 2 * size, Size(), pickle.loads(pickle.dumps(size)),
                 copy.deepcopy(size)):
        assert type(made) is Size
    assert size[0] == 2 and size[-1] == 3 and size[1:] == (3,) and (4,) + size == (4, 2, 3) and size * 2 == (2, 3, 2, 3)
    for wrong in ([1.5], "ab", [None]):
        with pytest.raises(TypeError, match="takes an iterable of 'int'"):
            Size(wrong)
    with pytest.raises(TypeError):
        size + [3]


# Metas

def test_meta():
    assert X.shape == X.sizes == (2, 3, 4) and type(X.shape) is Size and type(X.sizes) is tuple
    assert (X.strides == (12, 4, 1) and (X.numel, X.ndim, X.itemsize) == (24, 3, 4) and X.contiguous and X.dtype is F
            and X.device is CPU)
    assert contiguous([2, 3, 4], F) is X and contiguous(Size((2, 3, 4)), F) is X
    other = make((2, 3, 4), (12, 4, 1), F)
    assert other is not X and other == X and hash(other) == hash(X) and {X: 1}[other] == 1
    for different in (contiguous((2, 3, 4), D), contiguous((2, 4, 3), F), contiguous((2, 3, 4), F, META),
                      transpose(X, 0, 0)[0] is None):
        assert different != X
    assert (contiguous((2,), F, device("meta")) is contiguous((2,), F, META)
            and contiguous((2,), F, device("meta")).device is META)
    assert pickle.loads(pickle.dumps(X)) == X and repr(X) == "Meta([2, 3, 4], float32)"
    with pytest.raises(TypeError):
        Meta()
    with pytest.raises((AttributeError, TypeError)):
        repr(Meta.__new__(Meta))


def test_sizes_become_plain_integers():
    for sizes in ((True, 97), (np.int64(1), np.uint8(98))):
        assert [type(size) for size in contiguous(sizes, F).sizes] == [int, int]
    assert [type(size) for size in expand(X, (np.int64(2), 3, True + 3))[0].sizes] == [int] * 3
    with pytest.raises(TypeError):
        contiguous((2.0,), F)


def test_0d_and_empty():
    assert contiguous((), F).numel == 1 and contiguous((), F).strides == () and contiguous((), F).contiguous
    empty = contiguous((2, 0, 3), F)
    assert empty.strides == (3, 3, 1) and empty.numel == 0 and empty.contiguous and make((0, 3), (7, 9), F).contiguous


@pytest.mark.parametrize("shape", [(1 << 40, 1 << 40), (1 << 62, 2), (1 << 61,), (1 << 63,), (1 << 70, 3)])
def test_too_large(shape):
    with pytest.raises(RuntimeError, match="Storage size calculation overflowed with sizes="):
        contiguous(shape, F)
    with pytest.raises(RuntimeError):
        make(shape, (1,) * len(shape), F)


@pytest.mark.parametrize("shape, strides", [
    ((2,), ((1 << 61),)), ((3,), (1 << 62,)), ((2, 2), (1 << 60, 1 << 60)), ((3,), (-(1 << 62),)),
    ((2,), (-(1 << 63),)),
    ((2,), (1 << 63,)),
    ((1 << 40, 1 << 40), (0, 0)), ((0,), (1 << 70,)), ((0, 2), (-(1 << 63), 1)),
    ((-3, 1 << 62, 1 << 62, 0), (1, 1, 1, 1)),
    ((1 << 70, 0), (1, 1)),
])
def test_spans_too_large(shape, strides):
    with pytest.raises(RuntimeError, match="overflowed|negative"):
        make(shape, strides, F)


def test_large_and_possible():
    assert contiguous(((1 << 61) - 1,), F).numel == (1 << 61) - 1
    assert contiguous((1 << 62, 0, 4), F).numel == 0
    assert make((1 << 30, 1 << 30), (0, 0), F).numel == 1 << 60
    assert make((0, 1 << 62, 1 << 62), (1, 1 << 62, 1 << 62), F).numel == 0


def test_negative_sizes():
    for make_it in (lambda: contiguous((2, -3), F), lambda: make((2, -3), (1, 1), F), lambda: make((0, -3), (1, 1), F)):
        with pytest.raises(RuntimeError, match=r"Trying to create tensor with negative dimension -3: \[[02], -3\]"):
            make_it()
    with pytest.raises(RuntimeError, match="dimensionality of sizes"):
        make((2, 3), (1,), F)


def test_variants():
    assert with_dtype(X, F) is X and with_dtype(X, D) is contiguous((2, 3, 4), D)
    turned = transpose(X, 0, 2)[0]
    assert (with_dtype(turned, D).strides == turned.strides and with_device(turned, META).device is META
            and with_device(X, CPU) is X)


# Layout

def test_formats():
    assert format_strides((2, 3, 4, 5), channels_last) == (60, 1, 15, 3)
    assert format_strides((2, 3, 4, 5, 6), channels_last_3d) == (360, 1, 90, 18, 3)
    assert format_strides((2, 0, 2, 2), channels_last) == (0, 1, 0, 0)
    image = make((2, 3, 4, 5), (60, 1, 15, 3), F)
    assert is_contiguous(image, channels_last) and not is_contiguous(image) and suggested_format(image) is channels_last
    assert suggested_format(contiguous((2, 3, 4, 5),
                                       F)) is suggested_format(make((4, 1, 1, 1), (1, 1, 1, 1), F)) is contiguous_format
    with pytest.raises(RuntimeError, match="required rank 4 tensor to use channels_last format"):
        format_strides((2, 3), channels_last)
    with pytest.raises(RuntimeError):
        format_strides((2, 3), preserve_format)
    assert repr(type(channels_last)) == "<class 'pellucid.memory_format'>" and repr(Size) == "<class 'pellucid.Size'>"
    assert repr(channels_last) == "torch.channels_last" and pickle.loads(pickle.dumps(channels_last)) is channels_last


def test_like():
    assert like(X) is X and like(X, D).dtype is D and like(X, device=META).device is META
    turned = transpose(X, 0, 2)[0]
    assert like(turned).strides == turned.strides and like(turned, memory_format=contiguous_format).strides == (6, 2, 1)
    gaps = slice_dim(turned, 1, None, None, 2)[0]
    assert like(gaps).strides == (1, 4, 8) and is_dense(like(gaps))
    backwards = slice_dim(X, 1, None, None, -1)[0]
    assert like(backwards).strides == (12, 4, 1)         # never a result that begins at its end
    assert like(make((2, 3), (3, 0), F)).strides == (3, 1)


def test_dense():
    assert (is_dense(X) and is_dense(transpose(X, 0, 2)[0]) and is_dense(contiguous((), F))
            and is_dense(make((3,), (1,), F)))
    for meta in (make((3,), (2,), F), make((2, 3), (3, 0), F), make((3,), (-1,), F), make((2, 2), (2, 2), F)):
        assert not is_dense(meta) and not is_dense(meta)


def test_extent_and_bounds():
    assert (extent(X) == (0, 23) and extent(contiguous((0,), F)) == (0, -1)
            and extent(make((3, 2), (-2, 5), F)) == (-4, 5))
    assert (check_bounds(X, 0, 96) == 0 and check_bounds(make((3,), (-1,), F), 2, 12) == 0
            and check_bounds(contiguous((0,), F), 99, 0) == 0)
    with pytest.raises(RuntimeError,
                       match=r"setStorage: sizes \[30\], strides \[1\], storage offset 0, and itemsize 4 requiring a "
                             r"storage "
                                           r"size of 120 are out of bounds for storage of size 96"):
        check_bounds(contiguous((30,), F), 0, 96)
    for meta, offset, nbytes in ((X, 1, 96), (X, 0, 95), (X, -1, 200), (X, (1 << 63) - 1, 96),
                                 (make((3,), (-1,), F), 1, 12), (X, 0, 0)):
        with pytest.raises(RuntimeError):
            check_bounds(meta, offset, nbytes)


def test_overlap():
    row = contiguous((4,), F)
    assert overlap(row, 0, row, 0) == 1 and overlap(row, 0, contiguous((4,), F), 0) == 1
    assert overlap(row, 0, row, 4) == overlap(row, 4, row, 0) == 0 and overlap(row, 0, row, 3) == 2
    assert overlap(row, 0, contiguous((4,), D), 2) == 0 and overlap(row, 0, contiguous((4,), D), 1) == 2
    assert overlap(make((4,), (-1,), F), 3, row, 0) == 2 and overlap(contiguous((0,), F), 0, row, 0) == 0
    assert overlap(make((2,), (2,), F), 0, make((2,), (2,), F), 1) == 2
    assert overlaps_itself(expand(contiguous((1, 3), F), (2, 3))[0]) and not overlaps_itself(X)
    assert not overlaps_itself(make((1, 3), (0, 1), F))


def test_elementwise_layout():
    turned, image = transpose(X, 0, 2)[0], make((2, 3, 4, 5), (60, 1, 15, 3), F)
    assert elementwise((2, 3, 4), [X, X], F) is X
    assert elementwise_strides(turned.sizes, [turned, None]) == turned.strides
    assert elementwise_strides(image.sizes, [image, contiguous((3, 1, 1), F)]) == image.strides
    # the first who can tell decides
    assert elementwise_strides(turned.sizes, [contiguous((4, 3, 2), F), turned]) == (6, 2, 1)
    assert elementwise_strides(turned.sizes, [turned, contiguous((4, 3, 2), F)]) == (1, 4, 12)
    assert elementwise_strides((2, 3), [expand(contiguous((1, 3), F), (2, 3))[0]]) == (3, 1)
    assert elementwise_strides((4,), [make((4,), (-1,), F)]) == (1,)
    assert elementwise_strides((), []) == () and elementwise_strides((2, 3), [None]) == (3, 1)


def walk(shape, strides):
    return [sum(i * s for i, s in zip(place, strides)) for place in itertools.product(*map(range, shape))]


# Dimensions and broadcasting

def test_wrap_dim():
    assert (wrap_dim(-1, 3) == 2 and wrap_dim(2, 3) == 2 and wrap_dim(0, 0) == 0 and wrap_dim(-1, 0) == 0
            and wrap_dim(np.int64(1), 2) == 1)
    with pytest.raises(IndexError, match=r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)"):
        wrap_dim(2, 2)
    with pytest.raises(IndexError, match=r"\[-1, 0\], but got 1"):
        wrap_dim(1, 0)
    with pytest.raises(IndexError, match="Dimension specified as 0 but tensor has no dimensions"):
        wrap_dim(0, 0, False)
    for wrong in (1.0, "0", None):
        with pytest.raises(TypeError):
            wrap_dim(wrong, 2)
    with pytest.raises(IndexError):
        wrap_dim(1 << 70, 2)
    assert wrap_dims((0, -1), 3) == (0, 2)
    with pytest.raises(RuntimeError, match="dim 2 appears multiple times in the list of dims"):
        wrap_dims((2, -1), 3)


def test_broadcast():
    assert (broadcast_pair((2, 1, 4), (3, 1)) == (2, 3, 4) and broadcast_pair((), (2,)) == (2,
            ) and broadcast_pair((0,), (1,)) == (0,))
    assert broadcast_shapes() == () and broadcast_shapes((1, 3), [2, 1], Size((1,))) == (2, 3)
    with pytest.raises(RuntimeError,
                       match=r"The size of tensor a \(3\) must match the size of tensor b \(4\) at .* dimension 1"):
        broadcast_pair((2, 3), (2, 4))
    with pytest.raises(RuntimeError,
                       match=r"tensor a \(3\) must match the size of tensor b \(4\) at non-singleton dimension 1"):
        broadcast_pair((3,), (2, 4))
    assert broadcast_strides(contiguous((3, 1), F), (2, 3, 4)) == (0, 1, 0)
    with pytest.raises(RuntimeError):
        broadcast_strides(X, (2, 3, 5))


@given(st.lists(st.integers(0, 3), max_size=4), st.lists(st.integers(0, 3), max_size=4))
def test_broadcast_as_numpy(a, b):
    try:
        wanted = np.broadcast_shapes(tuple(a), tuple(b))
    except ValueError:
        with pytest.raises(RuntimeError):
            broadcast_pair(a, b)
    else:
        assert broadcast_pair(a, b) == wanted


# Views

ARRAY = np.arange(24).reshape(2, 3, 4)


@pytest.mark.parametrize("made, wanted", [
    (transpose(X, 0, -1), ARRAY.transpose(2, 1, 0)), (permute(X, (1, -1, 0)), ARRAY.transpose(1, 2, 0)),
    (movedim(X, 0, -1), np.moveaxis(ARRAY, 0, -1)), (movedim(X, (0, 1), (2, 0)), np.moveaxis(ARRAY, (0, 1), (2, 0))),
    (unsqueeze(X, 1), ARRAY[:, None]), (unsqueeze(X, -1), ARRAY[..., None]), (squeeze(unsqueeze(X, 1)[0]), ARRAY),
    (narrow(X, 1, 1, 2), ARRAY[:, 1:3]), (narrow(X, -1, -2, 1), ARRAY[..., 2:3]), (select(X, 1, -1), ARRAY[:, -1]),
    (slice_dim(X, 2, 1, 4, 2), ARRAY[..., 1:4:2]), (slice_dim(X, 2, None, None, -1), ARRAY[..., ::-1]),
    (slice_dim(X, 2, 3, 0, -2), ARRAY[..., 3:0:-2]), (slice_dim(X, 1, 5, 1), ARRAY[:, 5:1]),
    (slice_dim(X, 1, -5, 1, -1), ARRAY[:, -5:1:-1]),
    (diagonal(X), ARRAY.diagonal()), (diagonal(X, 1, 1, 2), ARRAY.diagonal(1, 1, 2)),
    (diagonal(X, -1, 2, 1), ARRAY.diagonal(-1, 2, 1)),
    (diagonal(X, 9), ARRAY.diagonal(9)), (unfold(X, 2, 3, 1), np.lib.stride_tricks.sliding_window_view(ARRAY, 3, 2)),
    (unfold(X, 1, 2, 2), np.lib.stride_tricks.sliding_window_view(ARRAY, 2, 1)[:, ::2]),
    (view(X, (4, -1)), ARRAY.reshape(4, 6)),
    (expand(X, (5, -1, 3, 4)), np.broadcast_to(ARRAY, (5, 2, 3, 4))),
    (as_strided(X, 0, (2, 3), (1, 5), 4), np.add.outer([4, 5], [0, 5, 10])),
])
def test_views(made, wanted):
    meta, offset = made
    assert meta.sizes == wanted.shape and (shown(X, meta, offset) == wanted).all()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.data())
@settings(max_examples=150, deadline=None)
def test_chains_of_views_stay_inside_and_agree_with_numpy(shape, data):
    base = contiguous(shape, F)
    meta, offset, array = base, 0, np.arange(base.numel).reshape(shape)
    for _ in range(4):
        if meta.ndim == 0:
            break
        kind = data.draw(st.sampled_from(["slice", "select", "permute", "expand", "unsqueeze", "diagonal", "unfold",
                                          "reshape"]))
        dim = data.draw(st.integers(0, meta.ndim - 1))
        before = (slice(None),) * dim
        if kind == "slice":
            start, stop = data.draw(st.tuples(*[st.none() | st.integers(-6, 6)] * 2))
            step = data.draw(st.none() | st.integers(-3, 3).filter(bool))
            (meta, delta), array = slice_dim(meta, dim, start, stop, step), array[(*before, slice(start, stop, step))]
        elif kind == "select" and meta.sizes[dim]:
            place = data.draw(st.integers(-meta.sizes[dim], meta.sizes[dim] - 1))
            (meta, delta), array = select(meta, dim, place), array[(*before, place)]
        elif kind == "permute":
            order = data.draw(st.permutations(range(meta.ndim)))
            (meta, delta), array = permute(meta, order), array.transpose(order)
        elif kind == "expand":
            wanted = (2, *[3 if size == 1 else size for size in meta.sizes])
            (meta, delta), array = expand(meta, wanted), np.broadcast_to(array, wanted)
        elif kind == "diagonal" and meta.ndim > 1:
            (meta, delta), array = diagonal(meta, 1, 0, 1), array.diagonal(1, 0, 1)
        elif kind == "unfold" and meta.sizes[dim] > 1:
            (meta, delta), array = unfold(meta, dim, 2, 1), np.lib.stride_tricks.sliding_window_view(array, 2, dim)
        elif kind == "reshape" and reshaped(meta, (-1,) if meta.numel else (0,)) is not None:
            meta, delta, array = reshaped(meta, (-1,) if meta.numel else (0,)), 0, array.reshape(-1)
        else:
            (meta, delta), array = unsqueeze(meta, dim), np.expand_dims(array, dim)
        offset += delta
        assert meta.sizes == array.shape and (shown(base, meta, offset) == array).all()


def test_reshape_without_a_copy_wherever_numpy_can():
    generator = random.Random(0)
    for _ in range(2000):
        shape = [generator.choice([1, 2, 2, 3, 4]) for _ in range(generator.randrange(1, 5))]
        order = generator.sample(range(len(shape)), len(shape))
        array = np.arange(np.prod(shape)).reshape(shape).transpose(order)
        if generator.random() < 0.4:
            array = array[::-1] if generator.random() < 0.5 else array[..., :1]
        new, left = [], array.size
        while left > 1:
            new.append(generator.choice([d for d in range(2, left + 1) if left % d == 0]))
            left //= new[-1]
        new.insert(generator.randrange(len(new) + 1), 1)
        found = view_strides(array.shape, [s // 8 for s in array.strides], new)
        other = array.reshape(new)
        if np.shares_memory(array, other):
            assert found is not None and walk(new, found) == walk(new, [s // 8 for s in other.strides])
        else:
            assert found is None


def test_shapes_inferred():
    assert inferred_shape((4, -1), 24) == (4, 6) and inferred_shape((-1,), 0) == (0,) and inferred_shape((), 1) == ()
    assert inferred_shape((np.int64(-1), 3), 24) == (8, 3) and inferred_shape((5, -1), 0) == (5, 0)
    assert (flattened_shape((2, 3, 4)) == (24,) and flattened_shape((2, 3, 4), 1) == (2, 12)
            and flattened_shape(()) == (1,))
    assert unflattened_shape((2, 6), 1, (2, -1)) == (2, 2, 3) and unflattened_shape((), 0, (1, 1)) == (1, 1)


def test_views_of_other_types():
    assert view_dtype(X, 2, U8)[0].sizes == (2, 3, 16) and view_dtype(X, 2, U8)[1] == 8 - 2
    assert view_dtype(X, 2, D)[0].strides == (6, 2, 1) and view_dtype(X, 2, D)[1] == 1 - 2
    assert view_dtype(X, 2, dtypes.int32)[0].dtype is dtypes.int32
    numbers = contiguous((3,), C)
    assert view_as_real(numbers, 1)[0].sizes == (3, 2) and view_as_real(numbers, 1)[1] == 1
    assert view_as_complex(contiguous((3, 2), F), 4) == (numbers, -2)
    assert metas.real(numbers, 1) == (make((3,), (2,), F), 1) and metas.imag(numbers, 1) == (make((3,), (2,), F), 2)
    assert metas.real(X, 5) == (X, 0)


@pytest.mark.parametrize("call, error, text", [
    (lambda: transpose(X, 0, 3), IndexError, "Dimension out of range (expected to be in range of [-3, 2], but got 3)"),
    (lambda: permute(X, (0, 1)), RuntimeError, "input.dim() = 3 is not equal to len(dims) = 2"),
    (lambda: permute(X, (0, 1, 1)), RuntimeError, "permute(): duplicate dims are not allowed."),
    (lambda: movedim(X, (0, 0), (0, 1)), RuntimeError, "movedim: repeated dim in `source` ([0, 0])"),
    (lambda: movedim(X, (0, 1), (0,)), RuntimeError, "should contain the same number of dims as destination"),
    (lambda: expand(X, (3, 4)), RuntimeError,
     "the number of sizes provided (2) must be greater or equal to the number of dimensions in the tensor (3)"),
    (lambda: expand(X, (3, 3, 4)), RuntimeError,
     "The expanded size of the tensor (3) must match the existing size (2) at non-singleton dimension 0."
     "  Target sizes: [3, 3, 4].  Tensor sizes: [2, 3, 4]"),
    (lambda: expand(X, (-1, 2, 3, 4)), RuntimeError, "isn't allowed in a leading, non-existing dimension 0"),
    (lambda: expand(contiguous((1,), F), (-2,)), RuntimeError, "negative dimension"),
    (lambda: unsqueeze(X, 5), IndexError, "[-4, 3], but got 5"),
    (lambda: narrow(X, 0, 1, 2), RuntimeError, "start (1) + length (2) exceeds dimension size (2)."),
    (lambda: narrow(X, 0, 3, 0), IndexError, "start out of range (expected to be in range of [-2, 2], but got 3)"),
    (lambda: narrow(X, 0, 0, -1), RuntimeError, "narrow(): length must be non-negative."),
    (lambda: narrow(contiguous((), F), 0, 0, 1), RuntimeError, "narrow() cannot be applied to a 0-dim tensor."),
    (lambda: select(X, 0, 2), IndexError, "select(): index 2 out of range for tensor of size [2, 3, 4] at dimension 0"),
    (lambda: select(contiguous((), F), 0, 0), IndexError, "select() cannot be applied to a 0-dim tensor."),
    (lambda: slice_dim(X, 0, 0, 1, 0), ValueError, "slice step cannot be zero"),
    (lambda: diagonal(X, 0, 0, 0), RuntimeError, "diagonal dimensions cannot be identical 0, 0"),
    (lambda: unfold(X, 0, 3, 1), RuntimeError, "maximum size for tensor at dimension 0 is 2 but size is 3"),
    (lambda: unfold(X, 0, 1, 0), RuntimeError, "step is 0 but must be > 0"),
    (lambda: unfold(X, 0, -1, 1), RuntimeError, "size is -1 but must be >= 0"),
    (lambda: inferred_shape((3, 4), 10), RuntimeError, "shape '[3, 4]' is invalid for input of size 10"),
    (lambda: inferred_shape((-1, -1), 10), RuntimeError, "only one dimension can be inferred"),
    (lambda: inferred_shape((-2, 3), 10), RuntimeError, "invalid shape dimension -2 at index 0 of shape [-2, 3]"),
    (lambda: inferred_shape((0, -1), 0), RuntimeError,
     "cannot reshape tensor of 0 elements into shape [0, -1] because"),
    (lambda: inferred_shape((0, -1), 24), RuntimeError, "shape '[0, -1]' is invalid for input of size 24"),
    (lambda: view(transpose(X, 0, 1)[0], (24,)), RuntimeError,
     "view size is not compatible with input tensor's size and stride"),
    (lambda: flattened_shape((2, 3), 1, 0), RuntimeError, "start_dim cannot come after end_dim"),
    (lambda: unflattened_shape((2, 4), 1, (3, -1)), RuntimeError,
     "unflatten: Provided sizes [3, -1] don't multiply up to the size of dim 1 (4)"),
    (lambda: as_strided(X, 0, (2, 2), (1,)), RuntimeError, "mismatch in length of strides and shape"),
    (lambda: as_strided(X, 0, (2, 2), (-1, 1)), RuntimeError,
     "as_strided: Negative strides are not supported at the moment"),
    (lambda: as_strided(X, 0, (1 << 62, 1 << 62), (1, 1)), RuntimeError, "overflowed"),
    (lambda: view_dtype(contiguous((), F), 0, U8), RuntimeError,
     "self.dim() cannot be 0 to view Float as Byte (different element sizes)"),
    (lambda: view_dtype(contiguous((3,), F), 0, D), RuntimeError,
     "self.size(-1) must be divisible by 2 to view Float as Double"),
    (lambda: view_dtype(contiguous((4,), F), 1, D), RuntimeError, "self.storage_offset() must be divisible by 2"),
    (lambda: view_dtype(make((4,), (2,), F), 0, U8), RuntimeError, "self.stride(-1) must be 1 to view Float as Byte"),
    (lambda: view_dtype(make((2, 2), (3, 1), F), 0, D), RuntimeError, "self.stride(0) must be divisible by 2"),
    (lambda: view_as_complex(X, 0), RuntimeError, "Tensor must have a last dimension of size 2"),
    (lambda: view_as_real(X, 0), RuntimeError, "view_as_real is only supported for complex tensors"),
    (lambda: metas.imag(X, 0), RuntimeError, "imag is not implemented for tensors with non-complex dtypes."),
])
def test_errors(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


LARGE = st.lists(st.integers(-(1 << 70), 1 << 70) | st.integers(-2, 3), max_size=4)


@given(LARGE, LARGE, st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(0, 100), st.integers(0, 1 << 50))
@settings(max_examples=300, deadline=None)
def test_no_numbers_however_large_get_outside(shape, strides, offset, nbytes):
    """Whatever passes `make` and `check_bounds` lies inside, by Python's own integers."""
    try:
        meta = make(shape, strides, F)
        check_bounds(meta, offset, nbytes)
    except (RuntimeError, OverflowError):
        return
    if meta.numel:
        steps = [(size - 1) * stride for size, stride in zip(shape, strides)]
        assert 0 <= offset + sum(step for step in steps if step < 0)
        assert (offset + sum(step for step in steps if step > 0) + 1) * 4 <= nbytes
        assert meta.numel == int(np.prod(np.array(shape, dtype=object)))


def test_a_broadcast_that_fails_names_the_last_dimension_that_does_not_fit():
    with pytest.raises(RuntimeError,
                       match=r"tensor a \(4\) must match the size of tensor b \(6\) at non-singleton dimension 2"):
        metas.broadcast_shapes((2, 3, 4), (5, 3, 6))
