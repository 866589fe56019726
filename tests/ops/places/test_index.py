"""Indexing and assignment against NumPy, and the operators on indices. Against PyTorch, at random:
tests/parity/test_surface.py.
"""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pellucid
from pellucid import tensor as t
from pellucid.ops.places import kernels


def as_index(item):
    """NumPy's index as one for a tensor."""
    return pellucid.from_numpy(item.copy()) if isinstance(item, np.ndarray) else item


@given(st.data())
def test_basic_indexing_as_numpy(data):
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True))
    found = pellucid.from_numpy(array)[index]
    assert found.tolist() == array[index].tolist() and tuple(found.shape) == array[index].shape
    written = array.copy()
    written[index] = -1
    x = pellucid.from_numpy(array.copy())
    x[index] = -1
    assert x.tolist() == written.tolist()


@given(st.data())
def test_advanced_indexing_as_numpy(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    index = data.draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)))
    extra = data.draw(st.sampled_from([(), (slice(None),), (Ellipsis,)])) if len(index) < array.ndim else ()
    x = pellucid.from_numpy(array.copy())
    found = x[tuple(map(as_index, index)) + extra]
    assert found.tolist() == array[index + extra].tolist() and tuple(found.shape) == array[index + extra].shape
    x[tuple(map(as_index, index)) + extra] = 100
    array[index + extra] = 100
    assert x.tolist() == array.tolist()


@given(st.data())
def test_masks_as_numpy(data):
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    depth = data.draw(st.integers(1, len(shape)))
    mask = data.draw(hnp.arrays(bool, shape[:depth]))
    x, m = pellucid.from_numpy(array.copy()), pellucid.from_numpy(mask)
    assert x[m].tolist() == array[mask].tolist()
    x[m] += 7
    array[mask] += 7
    assert x.tolist() == array.tolist()
    assert [part.tolist() for part in pellucid.where(m)] == [part.tolist() for part in np.nonzero(mask)]
    assert pellucid.nonzero(x).tolist() == np.argwhere(array).tolist()


def test_separated_indices_go_first():
    x, a = pellucid.arange(24).view(2, 3, 4), np.arange(24).reshape(2, 3, 4)
    i, j = np.array([0, 1]), np.array([[1], [2]])
    for index in [(i, slice(None), j), (slice(None), i, j), (i, None, j), (slice(None), i, None, j), (None, i),
                  ([0, 1], [0, 2])]:
        assert x[tuple(map(as_index, index))].tolist() == a[index].tolist(), index
    # PyTorch: a number is no tensor; NumPy counts it as one
    assert x[0, :, t([0, 1])].tolist() == a[0][:, [0, 1]].tolist()


def test_kinds_of_indices():
    x = pellucid.arange(6).view(2, 3)
    assert (x[t(1)].tolist() == [3, 4, 5] == x[np.int64(1)].tolist() == x[np.array(1)].tolist()
            and x[True].shape == (1, 2, 3))
    assert (x[False].shape == (0, 2, 3) and x[t([True, False])].tolist() == [[0, 1, 2]] and x[[]].shape == (0, 3)
            and x[()].shape == (2, 3))
    assert (x[t([0, 1], dtype=pellucid.int32)].tolist() == x.tolist() and x[range(2)].tolist() == x.tolist()
            and x[..., 1].tolist() == [1, 4])
    assert (x[t(0):t(1)].tolist() == [[0, 1, 2]] and x[np.array([True, False])].tolist() == [[0, 1, 2]]
            and x[:2**70].tolist() == x.tolist())
    with pytest.warns(UserWarning, match="uint8 is now deprecated"):
        assert x[t([0, 1], dtype=pellucid.uint8)].tolist() == [[3, 4, 5]]
    with pytest.warns(UserWarning, match="non-tuple sequence"):
        assert x[[[0, 1], [1, 0]]].tolist() == [1, 3]


@pytest.mark.parametrize("index, error, message", [
    (5, IndexError, "index 5 is out of bounds for dimension 0 with size 2"),
    ((0, -4), IndexError, "index -4 is out of bounds for dimension 1 with size 3"),
    ((0, 0, 0), IndexError, "too many indices for tensor of dimension 2"),
    (1.5, IndexError,
     "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got float)"),
    (np.bool_(True), IndexError, "only integers, slices"),
    ("a", TypeError, "new(): invalid data type 'str'"),
    (t([5]), IndexError, "index 5 is out of bounds for dimension 0 with size 2"),
    ((slice(None), t([0, -4])), IndexError, "index -4 is out of bounds for dimension 1 with size 3"),
    (t([0.0]), IndexError, "tensors used as indices must be long, int, byte or bool tensors"),
    (t([True]), IndexError,
     "The shape of the mask [1] at index 0 does not match the shape of the indexed tensor [2, 3] at index 0"),
    ((t([0, 1]), t([0, 1, 2])), IndexError,
     "shape mismatch: indexing tensors could not be broadcast together with shapes [2], [3]"),
    (slice(0, 1, 0), ValueError, "slice step cannot be zero"),
])
def test_errors(index, error, message):
    for act in (lambda x: x[index], lambda x: x.__setitem__(index, 1)):
        with pytest.raises(error) as caught:
            act(pellucid.arange(6).view(2, 3))
        assert str(caught.value).startswith(message)


@pytest.mark.parametrize("index, value, error, message", [
    (0, [1, 2, 3], TypeError, "can't assign a list to a torch.FloatTensor"),
    (0, pellucid.ones(2), RuntimeError,
     "The expanded size of the tensor (3) must match the existing size (2) at non-singleton dimension "
     "0."),
    (t([0, 1]), pellucid.ones(2, 2), RuntimeError,
     "shape mismatch: value tensor of shape [2, 2] cannot be broadcast to indexing result "
     "of"),
    (t([0, 1]), t([1]), RuntimeError,
     "Index put requires the source and destination dtypes match, got Float for the destination and Long"),
    (0, 1j, RuntimeError, "value cannot be converted to type float without overflow"),
    (t([True, False]), 1j, RuntimeError, "value cannot be converted to type float without overflow"),
])
def test_errors_of_assignment(index, value, error, message):
    x = pellucid.zeros(2, 3)
    with pytest.raises(error) as caught:
        x[index] = value
    assert str(caught.value).startswith(message) and x.tolist() == pellucid.zeros(2, 3).tolist()


def test_nothing_is_written_before_indices_are_checked():
    x = pellucid.zeros(4)
    for write in (lambda: x.__setitem__(t([0, 1, 9]), 5), lambda: x.scatter_(0, t([0, 9]), 5.0),
                  lambda: x.index_add_(0, t([0, 9]), pellucid.ones(2)),
                  lambda: x.index_fill_(0, t([1, 9]), 5), lambda: x.put_(t([1, 9]), pellucid.ones(2))):
        with pytest.raises((IndexError, RuntimeError)):
            write()
    assert x.tolist() == [0, 0, 0, 0]


def put(index, value):
    return lambda x: x.__setitem__(index, value) or x


SOME = pellucid.tensor([[False, True, False, False]] + [[False] * 4] * 2)
# of an expanded tensor: what is written, the rows with the number 2 afterwards, the operation that PyTorch warns of
FILLS = {
    "zero_": (lambda x: x.fill_(2).zero_(), [], None), "fill_": (lambda x: x.fill_(2), [0, 1, 2], None),
    "element": (put((1, 2), 2), [1], None),
    "none": (lambda x: x[:, :0].fill_(2), [], None),
    "index_fill_": (lambda x: x.index_fill_(0, t([1, 1]), 2), [1], "index_fill_"),
    "expanded": (lambda x: x.index_fill_(1, t([3]), 2), [0, 1, 2], "index_fill_"),
    "by a tensor": (lambda x: x.index_fill_(0, t([2]), pellucid.tensor(2.0)), [2], "index_fill_"),
    "masked_fill_": (lambda x: x.masked_fill_(SOME, 2), [0], "masked_fill_"),
    "column": (lambda x: x.masked_fill_(SOME[:, 1:2], 2), [0], "masked_fill_"),
    "row": (lambda x: x.masked_fill_(SOME[0], pellucid.tensor(2.0)), [0, 1, 2], "masked_fill_"),
    "mask": (put(SOME, 2), [0], "masked_fill_"),
    "index": (put(t([1]), 2), [1], "index_put_"), "indices": (put((t([0, 2]), t([3, 1])), 2), [0, 2], "index_put_"),
    "index_put_": (lambda x: x.index_put_((t([1]),), pellucid.tensor(2.0)), [1], "index_put_"),
}
REFUSED = {"copy_": lambda x: x.copy_(pellucid.ones(3, 4)),
           "fill_ by a tensor": lambda x: x.fill_(pellucid.tensor(2.0)), "row": put(0, 2.0),
           "all": put(slice(None), 2.0), "add_": lambda x: x.add_(1),
           "scatter_": lambda x: x.scatter_(0, t([[0]]), 1.0),
           "index_copy_": lambda x: x.index_copy_(0, t([0]), pellucid.ones(1, 4)),
           "index_add_": lambda x: x.index_add_(0, t([0]), pellucid.ones(1, 4)), "uniform_": lambda x: x.uniform_(),
           "masked_scatter_": lambda x: x.masked_scatter_(SOME, pellucid.ones(12))}


@pytest.mark.parametrize("name", FILLS)
def test_fills_of_expanded_tensors(name):
    act, rows, warned = FILLS[name]
    x, base = pellucid.zeros(3, 1).expand(3, 4), pellucid.ones(3, 1, requires_grad=True)
    with pytest.warns(UserWarning, match=f"{warned} on expanded") if warned else contextlib.nullcontext():
        act(x)
        y = (base * 1).expand(3, 4)
        act(y)
    assert x.tolist() == [[2 * (row in rows)] * 4 for row in range(3)]
    y.sum().backward()                                      # which PyTorch refuses
    assert base.grad.flatten().tolist() == [0 if row in rows or name == "zero_" else 4 for row in range(3)]


@pytest.mark.parametrize("name", REFUSED)
def test_other_writes_to_expanded_tensors_raise(name):
    x = pellucid.zeros(3, 1).expand(3, 4)
    with pytest.raises(RuntimeError,
                       match="unsupported operation: more than one element of the written-to tensor refers to a single "
                             "memory location"):
        REFUSED[name](x)
    assert not x.any()


def test_operands_that_share_memory():
    x, i = pellucid.arange(4.0), t([0, 1])
    for act in (lambda: x.__setitem__(i, x[1:3]), lambda: x.__setitem__(x > 1, x[:2]),
                lambda: x.index_add_(0, t([0, 0, 0, 0]), x),
                lambda: x.index_copy_(0, i, x[1:3]), lambda: x.scatter_(0, i, x[2:]), lambda: x.put_(i, x[:2]),
                lambda: i.index_fill_(0, i, 7), lambda: i.__setitem__(i, 7)):
        with pytest.raises(RuntimeError, match="refer to a single memory location"):
            act()
    assert x.tolist() == [0, 1, 2, 3] and i.tolist() == [0, 1]
    x[:2][i] = x[2:]                                        # the same memory, other elements
    assert x.tolist() == [2, 3, 2, 3]
    x[x > 2] = x[0]
    assert x.tolist() == [2, 2, 2, 2]
    y = pellucid.arange(6.0)
    assert y.masked_scatter_(y > 2, y[1:4]).tolist() == [0, 1, 2, 1, 2, 3]
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        pellucid.ones(1).expand(3)[t([0, 1, 2])] = pellucid.ones(3)


def test_gather_and_scatter():
    x, index = pellucid.arange(6.0).view(2, 3), t([[0, 2], [1, 1]])
    assert (x.gather(1, index).tolist() == [[0, 2], [4, 4]] and pellucid.take_along_dim(x, t([[1]]), dim=1).tolist()
            == [[1], [4]])
    assert pellucid.zeros(2, 3).scatter(1, index, t([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[1, 0, 2], [0, 4, 0]]
    assert pellucid.zeros(2, 3).scatter_(1, index, 7.0).tolist() == [[7, 0, 7], [0, 7, 0]]
    assert pellucid.zeros(2, 3).scatter_add(1, index, t([[1.0, 2.0], [3.0, 4.0]])).tolist() == [[1, 0, 2], [0, 7, 0]]
    assert pellucid.full((2, 3), 2.0).scatter(1, index, t([[1.0, 2.0], [3.0, 4.0]]),
                                              reduce="multiply").tolist() == [[2, 2, 4], [2, 24, 2]]
    with pytest.raises(RuntimeError, match="index 3 is out of bounds for dimension 1 with size 3"):
        x.gather(1, t([[3]]))
    with pytest.raises(RuntimeError, match="Index tensor must have the same number of dimensions as input tensor"):
        x.gather(1, t([0]))


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "int64", "float16", "bfloat16", "float64", "complex64"])
def test_every_type(dtype):
    x = t([[0, 1, 2], [3, 4, 5]], dtype=getattr(pellucid, dtype))
    assert x[t([1, 0])].tolist() == [x[1].tolist(), x[0].tolist()]
    x[t([0]), t([2])] = 1
    x.index_add_(0, t([1, 1]), pellucid.ones(2, 3, dtype=x.dtype))
    assert x.tolist() == ([[False, True, True], [True] * 3] if dtype == "bool" else [[0, 1, 1], [5, 6, 7]])


def test_index_operators():
    x = pellucid.arange(12.0).view(3, 4)
    i = t([2, 0])
    assert (x.index_select(0, i).tolist() == [x[2].tolist(), x[0].tolist()]
            and x.t().index_select(1, i).stride() == (2, 1))
    assert x.index_add(0, i, pellucid.ones(2, 4), alpha=2).tolist() == [[2, 3, 4, 5], [4, 5, 6, 7], [10, 11, 12, 13]]
    assert (x.index_copy(1, t([1]), pellucid.zeros(3, 1))[:, 1].tolist() == [0, 0, 0]
            and x.index_fill(0, t([-1]), 5)[2].tolist() == [5] * 4)
    assert (x.take(t([[0, -1]])).tolist() == [[0, 11]] and x.put(t([0, -1]), t([7.0, 8.0]))[::2, ::3].tolist()
            == [[7, 3], [8, 8]])
    assert x.index_put((t([0, 0]), t([1, 1])), t([5.0, 6.0]), accumulate=True)[0, 1].item() == 12
    assert (x.masked_select(x > 9).tolist() == [10, 11] and x.masked_scatter(x > 9, t([1.0, 2.0]))[2].tolist()
            == [8, 9, 1, 2])
    assert pellucid.where(x > 5, x, 0.0)[1].tolist() == [0, 0, 6, 7] and x.where(x < 11, -1.0)[2, 3].item() == -1


INDEXINGS = {
    "rows": lambda w: w[t([0, 1, 1])], "elements": lambda w: w[t([0, 1, 1]), t([2, 2, 0])],
    "mask": lambda w: w[t([[True, False, True]] * 2)],
    "mixed": lambda w: w[None, :, t([0, 1, 1])], "gather": lambda w: w.gather(1, t([[0, 0], [2, 1]])),
    "take": lambda w: w.take(t([0, 5, 5])),
    "index_select": lambda w: w.index_select(1, t([0, 0, 2])),
    "scatter": lambda w: w.scatter(1, t([[0], [2]]), pellucid.ones(2, 1)),
    "index_add": lambda w: w.index_add(0, t([0, 0]), w), "index_put": lambda w: w.index_put((t([1]),), w[0]),
    "masked_fill": lambda w: w.masked_fill(t([True, False, True]), 0.0),
    "scatter_src": lambda w: w.scatter_add(1, t([[0, 0], [2, 1]]), w[:, :2]),
}


@pytest.mark.parametrize("name", INDEXINGS)
def test_derivatives(name):
    look = INDEXINGS[name]
    w = pellucid.arange(1.0, 7.0).reshape(2, 3).requires_grad_()
    weights = (pellucid.arange(look(w).numel()) + 1.0).view(look(w).shape)
    grad, = pellucid.autograd.grad((look(w) ** 2 * weights).sum(), w, create_graph=True)
    second, = pellucid.autograd.grad((grad * grad).sum(), w)
    step = 0.5
    numeric = np.zeros((2, 3))
    for k in range(6):
        bump = pellucid.zeros(6)
        bump[k] = step
        up, down = ((look(w.detach() + sign * bump.view(2, 3)) ** 2 * weights).sum().item() for sign in (1, -1))
        numeric[divmod(k, 3)] = (up - down) / (2 * step)                     # exact: the function is quadratic
    assert np.allclose(grad.detach().numpy(), numeric, rtol=1e-4) and np.isfinite(second.numpy()).all()


def test_gradients_reach_through_assignment():
    w, v = pellucid.ones(2, 3, requires_grad=True), t([1.0, 2.0], requires_grad=True)
    y = w * 2
    y[t([0, 1]), t([1, 2])] = v
    y[0, 0] = 9
    (y * pellucid.arange(6.0).view(2, 3)).sum().backward()
    assert w.grad.tolist() == [[0, 0, 4], [6, 8, 0]] and v.grad.tolist() == [1, 5]
    with pytest.raises(RuntimeError, match="leaf"):
        w[0] = 1


def test_meta():
    x = pellucid.empty(2, 3, 4, device="meta")
    assert tuple(x[:, t([0, 1, 1])].shape) == (2, 3, 4) and tuple(x.index_select(2, t([0])).shape) == (2, 3, 1)


@pytest.mark.parametrize("act, message", [
    (lambda x, i: pellucid.gather(x, 0, i, out=pellucid.empty(0, dtype=pellucid.float64)),
     "Expected out tensor to have dtype torch.float32, but got"),
    (lambda x, i: pellucid.index_select(x, 0, i, out=pellucid.empty(0, dtype=pellucid.float64)),
     "Expected out tensor to have dtype"),
    (lambda x, i: pellucid.masked_select(x, x > 1, out=pellucid.empty(0, dtype=pellucid.float64)),
     "Expected out tensor to have dtype"),
    (lambda x, i: pellucid.gather(x, 0, i, out=x), "unsupported operation: some elements of the input tensor"),
    (lambda x, i: pellucid.gather(x, 0, i, out=x[1:4]), "unsupported operation: some elements of the input tensor"),
    (lambda x, i: pellucid.gather(x, 0, i, out=x[:3]), "unsupported operation: some elements of the input tensor"),
    (lambda x, i: pellucid.take(i, i[1:].clamp_(max=2), out=i[:1]), "unsupported operation"),
    (lambda x, i: pellucid.take(x, i, out=x), "unsupported operation: some elements of the input tensor"),
    (lambda x, i: pellucid.masked_select(x, x > 1, out=x), "unsupported operation: some elements of the input tensor"),
    (lambda x, i: pellucid.index_select(x, 0, i, out=x), "unsupported operation: some elements of the input tensor"),
    (lambda x, i: pellucid.take(x, i, out=pellucid.zeros(1).expand(3)),
     "unsupported operation: more than one element of the written-to tensor"),
    (lambda x, i: pellucid.gather(x.requires_grad_(), 0, i, out=pellucid.empty(0)),
     "don't support automatic differentiation"),
    (lambda x, i: x.index_fill(0, i, 1j), "Converting complex Scalar to non-complex type"),
    (lambda x, i: x.byte().index_fill(0, i, 300), "value cannot be converted to type uint8_t without overflow"),
    (lambda x, i: x.byte().scatter(0, i, 300), "value cannot be converted to type uint8_t without overflow"),
    (lambda x, i: pellucid.take_along_dim(x, i.int(), 0), "dtype of indices should be Long but got Int"),
])
def test_refused(act, message):
    with pytest.raises(RuntimeError) as caught:
        act(pellucid.arange(6.0), t([0, 2, 5]))
    assert message in str(caught.value)


def test_results_written_to_tensors():
    x, i, out = pellucid.arange(6.0), t([0, 2, 5]), pellucid.zeros(2, 3)
    assert pellucid.gather(x, 0, i, out=out[1]).tolist() == [0, 2, 5] == out[1].tolist() == pellucid.take(x, i,
        out=pellucid.empty(0)).tolist()
    assert pellucid.masked_select(x, x > 3, out=pellucid.empty(0)).tolist() == [4, 5]
    assert pellucid.index_select(x, 0, i, out=pellucid.empty(0)).tolist() == [0, 2, 5]
    assert pellucid.where(x > 3, x, 0, out=pellucid.empty(0)).tolist() == [0, 0, 0, 0, 4, 5]


def test_no_indices_of_any_type_gather_nothing():
    x = pellucid.ones(3, requires_grad=True)
    found = pellucid.gather(x, 0, pellucid.empty(2, 0, dtype=pellucid.uint8))
    found.sum().backward()
    assert found.shape == (2, 0) and x.grad.tolist() == [0, 0, 0]


def test_negative_indices_along_a_dimension():
    x = pellucid.arange(6.0).view(2, 3).requires_grad_()
    found = pellucid.take_along_dim(x, t([[-1], [-3]]), 1)
    found.sum().backward()
    assert found.tolist() == [[2], [3]] and x.grad.tolist() == [[0, 0, 1], [1, 0, 0]]
    for index in (-4, 3):
        with pytest.raises(RuntimeError, match="is out of bounds for dimension 1 with size 3"):
            pellucid.take_along_dim(x, t([[index]]), 1)


def test_gradient_of_a_filled_in_value_counts_an_element_once():
    x, value = pellucid.ones(2, 3, requires_grad=True), t(5.0, requires_grad=True)
    found = x.index_fill(1, t([0, 2, 2]), value)
    found.backward(pellucid.arange(6.0).view(2, 3))
    assert (found.tolist() == [[5, 1, 5]] * 2 and value.grad.item() == 0 + 2 + 3 + 5
            and x.grad.tolist() == [[0, 1, 0], [0, 4, 0]])
    assert t(1.0).index_fill(0, t([0]), t(3)).item() == 3


def test_index_add_of_integers_cuts_alpha():
    assert t([1, 2]).index_add(0, t([0, 1]), t([2, 3]), alpha=2.5).tolist() == [5, 8]


@pytest.mark.parametrize("count", [1, 2, 5, 40])
@pytest.mark.parametrize("expanded", [False, True])
def test_one_place_written_to_again_and_again(count, expanded):
    """Also where index and source are one element expanded: what is there is read again for each."""
    place = t([1]).expand(count) if expanded else pellucid.ones(count, dtype=pellucid.int64)
    source = t([3.0]).expand(count)
    for found in (pellucid.zeros(3).index_add(0, place, source), pellucid.zeros(3).scatter_add(0, place, source),
                  pellucid.zeros(3).index_put((place,), source, accumulate=True),
                  pellucid.zeros(3).put(place, source, accumulate=True)):
        assert found.tolist() == [0, 3 * count, 0]
    assert pellucid.zeros(3).index_copy(0, place, source).tolist() == pellucid.zeros(3).scatter(0, place,
        source).tolist() == [0, 3, 0]


def test_an_index_into_a_dimension_of_size_0_is_out_of_bounds_even_where_nothing_is_looked_up():
    x = pellucid.zeros(3, 0)
    for index in ((slice(3, None), [0, 0]), (slice(0, 0), [1]), (slice(None), [0]), ([0], [0])):
        with pytest.raises(IndexError, match="index is out of bounds for dimension with size 0"):
            x[index]
        with pytest.raises(IndexError, match="index is out of bounds for dimension with size 0"):
            x[index] = 1.0
    assert x[:, []].shape == (3, 0) and x[[0, 2]].shape == (2, 0) and pellucid.zeros(3, 4)[3:, [9]].shape == (0, 1)


def test_a_tensor_is_assigned_to_its_own_elements():
    x = pellucid.arange(6.0).view(2, 3)
    x[None] = x
    x[None, :] = x
    x[...] = x
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_copy_takes_a_number():
    x = pellucid.zeros(2, requires_grad=True)
    y = (x * 2).copy_(5)
    y.sum().backward()
    assert y.tolist() == [5, 5] and x.grad.tolist() == [0, 0]
    assert (pellucid.zeros(2, dtype=pellucid.int8).copy_(300).tolist() == [44, 44]
            and pellucid.zeros(()).copy_(True).item() == 1)
    assert pellucid.zeros(1, dtype=pellucid.complex64).copy_(2j).tolist() == [2j]
    with pytest.raises(TypeError):
        x.detach().copy_([1, 2])


def test_an_index_that_is_put_right_while_it_is_refused(monkeypatch):
    """As another thread may do, between the check and the search for what it found: the error is of the value seen."""
    def meanwhile(index):
        index.fill_(0)
        return exact_array(index)

    exact_array = kernels.exact_array
    monkeypatch.setattr(kernels, "exact_array", meanwhile)
    x = pellucid.arange(3)
    for wrong in ([0, 7, 1], [-9, 0, 0]):
        with pytest.raises(IndexError, match=f"index {min(wrong, key=lambda k: -abs(k))} is out of bounds"):
            x[t(wrong)]
