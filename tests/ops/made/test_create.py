"""New tensors: inference of shape and type, factories, interchange. Against PyTorch: tests/parity/test_surface.py."""

from __future__ import annotations

import array
import math
import threading
from functools import partial

import numpy as np
import pytest

import pellucid
from pellucid import tensor as t


@pytest.mark.parametrize("data, dtype, shape", [
    (1, "int64", ()), (1.5, "float32", ()), (True, "bool", ()), (1j, "complex64", ()), ([], "float32", (0,)),
    ([[], []], "float32", (2, 0)),
    ([True, 2], "int64", (2,)), ([True, 2.0], "float32", (2,)), ([1, 2.5, 1j], "complex64", (3,)),
    (range(3), "int64", (3,)),
    (((1, 2), (3, 4)), "int64", (2, 2)), (np.float64(1.5), "float64", ()), ([np.float64(1.5), 2], "float64", (2,)),
    ([np.int16(1), np.int8(2)], "int16", (2,)), (np.ones((2, 1), np.float16), "float16", (2, 1)),
    ([np.array([1, 2]), [3, 4.5]], "float32", (2, 2)), (array.array("d", [1, 2]), "float32", (2,)),
    (bytearray(b"ab"), "int64", (2,)),
])
def test_inference(data, dtype, shape):
    made = t(data)
    assert made.dtype is getattr(pellucid, dtype) and tuple(made.shape) == shape


def test_lists_of_tensors():
    assert (t([t(1.0, dtype=pellucid.float64), 2]).dtype is pellucid.float64
            and t([[t(1)], [t([2])]]).tolist() == [[1], [2]])


@pytest.mark.parametrize("data, options, error, message", [
    ([[1, 2], [3]], {}, ValueError, "expected sequence of length 2 at dim 1 (got 1)"),
    ([[[1, 2]], [[3]]], {}, ValueError, "expected sequence of length 2 at dim 2 (got 1)"),
    ([1, [2]], {}, TypeError, "'list' object cannot be interpreted as an integer"),
    ([[2], 1], {}, TypeError, "not a sequence"),
    ("a", {}, TypeError, "new(): invalid data type 'str'"),
    (None, {}, RuntimeError, "Could not infer dtype of NoneType"),
    ([1, None], {}, RuntimeError, "Could not infer dtype of NoneType"),
    ({}, {}, RuntimeError, "Could not infer dtype of dict"),
    ([math.nan], {"dtype": pellucid.int64}, RuntimeError, "value cannot be converted to type int64 without overflow"),
    ([300], {"dtype": pellucid.uint8}, RuntimeError, "value cannot be converted to type uint8 without overflow"),
    ([2**63], {}, ValueError, "Overflow when unpacking long long"),
    (-2**63 - 1, {"dtype": pellucid.int8}, ValueError, "Overflow when unpacking long long"),
    (-0.5, {"dtype": pellucid.uint8}, RuntimeError, "value cannot be converted to type uint8 without overflow"),
    ([[-1.0, 2]], {"dtype": pellucid.uint16}, RuntimeError,
     "value cannot be converted to type uint16 without overflow"),
    (np.int64(300), {"dtype": pellucid.uint8}, RuntimeError,
     "value cannot be converted to type uint8 without overflow"),
    ([1j], {"dtype": pellucid.float32}, TypeError, "must be real number, not complex"),
    ([1], {"dtype": "float32"}, TypeError, "tensor(): argument 'dtype' must be torch.dtype, not str"),
    ([1], {"requires_grad": True}, RuntimeError,
     "Only Tensors of floating point and complex dtype can require gradients"),
    ([1.0], {"device": "cuda"}, AssertionError, "Torch not compiled with CUDA enabled"),
    (np.array(["a"]), {}, TypeError, "can't convert np.ndarray of type numpy.str_."),
    (np.array([1], ">i4"), {}, ValueError, "given numpy array has byte order different from the native byte order."),
])
def test_errors_of_data(data, options, error, message):
    with pytest.raises(error) as caught:
        t(data, **options)
    assert message in str(caught.value)


def test_rounding_and_wrapping():
    assert t([-1], dtype=pellucid.uint8).item() == 255 and t([1.9, -1.9], dtype=pellucid.int8).tolist() == [1, -1]
    assert t([1e300], dtype=pellucid.float16).item() == math.inf and t([2**63], dtype=pellucid.uint64).item() == 2**63
    # two ties to even, the largest, beyond it, signed zero
    exact = [1.00390625, 1.01171875, 3.3895313892515355e38, 3.4e38, -0.0, 1e-40]
    rounded = [1.0, 1.015625, 3.3895313892515355e38, math.inf, -0.0, 9.183549615799121e-41]
    made = t(exact, dtype=pellucid.bfloat16).tolist()
    assert made[:2] == rounded[:2] and made[2:4] == rounded[2:4] and math.copysign(1, made[4]) == -1
    assert math.isclose(made[5], 1e-40, rel_tol=0.1) and math.isnan(t([math.nan], dtype=pellucid.bfloat16).item())


def test_sizes_and_options():
    assert tuple(pellucid.zeros(2,
                                3).shape) == tuple(pellucid.zeros((2, 3)).shape) == tuple(pellucid.zeros(size=[2,
        3]).shape) == (2, 3)
    assert pellucid.zeros(()).item() == 0 and tuple(pellucid.zeros(t(3)).shape) == (3,)
    assert pellucid.full((2,), True).dtype is pellucid.bool and pellucid.full((2,), 3).dtype is pellucid.int64
    assert (pellucid.ones(2, dtype=float).dtype is pellucid.float64
            and pellucid.ones(2, requires_grad=True).requires_grad)
    out = pellucid.empty(5)
    assert pellucid.zeros(2, 3, out=out) is out and out.tolist() == [[0, 0, 0], [0, 0, 0]]
    assert pellucid.empty(2, 3, 4, 5, memory_format=pellucid.channels_last).stride() == (60, 1, 15, 3)
    assert (pellucid.empty_strided((2, 3), (1, 2)).stride() == (1, 2)
            and pellucid.empty_permuted((2, 3, 4), (2, 0, 1)).stride() == (3, 1, 6))
    assert pellucid.zeros(3, device="meta").device == pellucid.device("meta")


@pytest.mark.parametrize("make, error, message", [
    (lambda: pellucid.zeros(2.5), TypeError, "zeros(): argument 'size' (position 1) must be tuple of ints, not float"),
    (lambda: pellucid.zeros((2, "a")), TypeError, "zeros(): argument 'size' failed to unpack the object at pos 2"),
    (lambda: pellucid.zeros(-1), RuntimeError, "zeros: Dimension size must be non-negative."),
    (lambda: pellucid.zeros(2**40, 2**40), RuntimeError, "Storage size calculation overflowed"),
    (lambda: pellucid.empty(2**45), RuntimeError, "you tried to allocate 140737488355328 bytes"),
    (lambda: pellucid.full((2,), -1.0, dtype=pellucid.uint8), RuntimeError,
     "value cannot be converted to type uint8_t without overflow"),
    (lambda: pellucid.full((2,), 2**64, dtype=pellucid.float32), OverflowError, "int too big to convert"),
    (lambda: pellucid.ones(2).fill_(-2**64), OverflowError, "can't convert negative int to unsigned"),
    (lambda: pellucid.full((2,), 300, dtype=pellucid.uint8), RuntimeError,
     "value cannot be converted to type uint8_t without overflow"),
    (lambda: pellucid.full(2, 3), TypeError, "full(): argument 'size' (position 1) must be tuple of ints, not int"),
    (lambda: pellucid.arange(5, 1), RuntimeError, "upper bound and lower bound inconsistent with step sign"),
    (lambda: pellucid.arange(0, 5, 0), RuntimeError, "step must be nonzero"),
    (lambda: pellucid.linspace(0, 1, -1), RuntimeError, "number of steps must be non-negative"),
    (lambda: pellucid.eye(-1), RuntimeError, "n must be greater or equal to 0, got -1"),
    (lambda: pellucid.ones(2).fill_(1j), RuntimeError, "value cannot be converted to type float without overflow"),
    (lambda: pellucid.zeros(2, pin_memory=True), RuntimeError, "pin_memory=True requires"),
    (lambda: pellucid.full((2,), pellucid.tensor([3])), TypeError,
     "full(): argument 'fill_value' (position 2) must be Number, not Tensor"),
    *[(lambda make=make: make(out=pellucid.empty(2, dtype=pellucid.int32), dtype=float), RuntimeError,
       "dtype Double does not match dtype of out parameter (Int)")
      for make in (partial(pellucid.zeros, 2), partial(pellucid.ones, 2), partial(pellucid.empty, 2),
                   partial(pellucid.full, (2,), 1), partial(pellucid.arange, 2), partial(pellucid.linspace, 0, 1, 2),
                   partial(pellucid.logspace, 0, 1, 2), partial(pellucid.eye, 2))],
    (lambda: pellucid.zeros(2, out=pellucid.empty(2), device="meta"), RuntimeError,
     "device type meta does not match device type of out parameter (cpu)"),
])
def test_errors_of_factories(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


def test_likes_keep_the_order_of_dense_tensors():
    x = pellucid.ones(2, 3, 4).permute(2, 0, 1)
    assert pellucid.zeros_like(x).stride() == (1, 12, 4)
    assert pellucid.empty_like(x, memory_format=pellucid.contiguous_format).stride() == (6, 3, 1)
    assert pellucid.ones_like(pellucid.ones(3).expand(2, 3)).stride() == (3, 1)
    assert (pellucid.full_like(x, 3.5, dtype=pellucid.int8)[0, 0, 0].item() == 3
            and pellucid.zeros_like(x, device="meta").is_meta)
    y = x.to(pellucid.int16)
    assert (y.new_tensor(2.7).item() == 2 and y.new_zeros(2, 3).dtype is pellucid.int16
            and y.new_full((2,), 5.7).tolist() == [5, 5])
    assert y.new_ones((2,), dtype=pellucid.float64).dtype is pellucid.float64 and tuple(y.new_empty(4).shape) == (4,)


def test_ranges():
    assert pellucid.arange(5).tolist() == [0, 1, 2, 3, 4] and pellucid.arange(5).dtype is pellucid.int64
    assert (pellucid.arange(1, 2, 0.25).tolist() == [1, 1.25, 1.5, 1.75] and pellucid.arange(end=3, start=1).tolist()
            == [1, 2])
    assert pellucid.arange(2**53, 2**53 + 3).tolist() == [2**53, 2**53 + 1, 2**53 + 2]
    assert (pellucid.arange(5, 1, -1.5).tolist() == [5, 3.5, 2] and pellucid.arange(2.9, dtype=pellucid.int64).tolist()
            == [0, 1])
    for n in (0, 1, 7, 1000, 16384, 40000):
        assert np.array_equal(pellucid.arange(n).numpy(), np.arange(n)), n
    assert np.allclose(pellucid.linspace(-1, 1, 101).numpy(), np.linspace(-1, 1, 101), atol=1e-7)
    assert (pellucid.linspace(0, 10, 5, dtype=pellucid.int64).tolist() == [0, 2, 5, 7, 10]
            and pellucid.linspace(0, 1, 1).tolist() == [0])
    assert pellucid.linspace(0, 1j, 3).tolist() == [0, 0.5j, 1j] and pellucid.linspace(3, 7, 4)[-1].item() == 7
    assert (np.allclose(pellucid.logspace(0, 2, 3).numpy(), [1, 10, 100])
            and pellucid.logspace(0, 3, 4, base=2).tolist() == [1, 2, 4, 8])
    assert pellucid.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert pellucid.eye(2, dtype=pellucid.bool).tolist() == [[True, False], [False, True]]
    assert pellucid.tril_indices(3, 3).tolist() == [[0, 1, 1, 2, 2, 2], [0, 0, 1, 0, 1, 2]]
    assert pellucid.triu_indices(3, 2, -1).tolist() == [[0, 0, 1, 1, 2], [0, 1, 0, 1, 1]]
    assert pellucid.triu_indices(3, 4, 1).tolist() == [[0, 0, 0, 1, 1, 2], [1, 2, 3, 2, 3, 3]]
    x, y = pellucid.meshgrid(t([1, 2]), t([3, 4, 5]), indexing="xy")
    assert x.tolist() == [[1, 2]] * 3 and y.tolist() == [[3, 3], [4, 4], [5, 5]]


def test_the_meta_device_draws_no_random_numbers():
    """A model described on the meta device leaves the generator where it was, and takes no memory for numbers that
    nobody will see.
    """
    before = pellucid.get_rng_state().tolist()
    x = pellucid.empty(10**6, 10**6, device="meta")
    x.uniform_(), x.normal_(), x.bernoulli_(0.5), x.exponential_(), x.log_normal_(), x.random_(), x.random_(
        5), pellucid.rand_like(x)
    assert pellucid.nn.Linear(10**6, 10**6, device="meta").weight.is_meta and pellucid.dropout(x, 0.5, True).is_meta
    assert pellucid.get_rng_state().tolist() == before


@pytest.mark.parametrize("bounds, wanted", [
    ((4.3, 0, 6), [4, 3, 2, 1, 0, 0]),                                     # from whole numbers: 4, 3.2, 2.4 ...
    ((-2.0, 0, 5), [-2, -1, -1, 0, 0]),
    ((3, -3, 16), [3, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0, -1, -1, -2, -2, -3]),   # 3 - 0.4 * 5, rounded once, is just below 1
    ((0, 10, 5), [0, 2, 5, 7, 10]),
])
def test_linspace_of_integers(bounds, wanted):
    assert pellucid.linspace(*bounds, dtype=pellucid.int64).tolist() == wanted


def test_arange_takes_its_type_from_out():
    out = pellucid.empty(0, dtype=pellucid.int64)
    assert pellucid.arange(0, 6, 2.5, out=out) is out and out.tolist() == [0, 2, 4]
    with pytest.raises(ValueError, match="step must be nonzero"):
        pellucid.arange(0, 64, 0.5, out=out)
    with pytest.raises(RuntimeError, match="step must be nonzero"):
        pellucid.arange(0, 64, 0)


def test_large_and_negative_integers_as_other_types():
    assert pellucid.full((2,), 2**63,
                         dtype=pellucid.float32).tolist() == pellucid.zeros(2).fill_(2**64
        - 1).div(2).tolist() == [2.0**63] * 2
    assert pellucid.full((2,), 2**64 - 1, dtype=pellucid.uint64).tolist() == [2**64 - 1] * 2
    assert pellucid.full((2,), -1, dtype=pellucid.uint8).tolist() == pellucid.tensor([-1, -1],
        dtype=pellucid.uint8).tolist() == [255, 255]
    assert pellucid.tensor([-0.0, 255.9], dtype=pellucid.uint8).tolist() == [0, 255]


def test_contexts_of_a_device():
    places = {
        "empty": lambda: pellucid.empty(2), "zeros": lambda: pellucid.zeros(2), "ones": lambda: pellucid.ones((2, 3)),
        "full": lambda: pellucid.full((2,), 1),
        "tensor": lambda: pellucid.tensor([1]), "as_tensor": lambda: pellucid.as_tensor([1]),
        "arange": lambda: pellucid.arange(3),
        "eye": lambda: pellucid.eye(2), "linspace": lambda: pellucid.linspace(0, 1, 3),
        "rand": lambda: pellucid.rand(2), "randn": lambda: pellucid.randn(2),
        "randint": lambda: pellucid.randint(3, (2,)), "randperm": lambda: pellucid.randperm(3),
        "weight": lambda: pellucid.nn.Linear(2, 3).weight,
    }
    elsewhere = []
    with pellucid.device("meta") as entered:
        assert entered == pellucid.device("meta") == pellucid.get_default_device()
        assert {name: make().device.type for name, make in places.items()} == dict.fromkeys(places, "meta")
        assert (pellucid.zeros(1, device="cpu").is_cpu and pellucid.from_numpy(np.ones(2)).is_cpu
                and pellucid.as_tensor(np.ones(2)).is_cpu)
        assert pellucid.zeros_like(pellucid.ones(1, device="cpu")).is_cpu
        with pellucid.device("cpu"):
            assert pellucid.ones(1).is_cpu
        other = threading.Thread(target=lambda: elsewhere.append(pellucid.ones(1).device.type))
        other.start()
        other.join()
        with pytest.raises(AssertionError, match="Torch not compiled with CUDA enabled"), pellucid.device("cuda"):
            pellucid.ones(1)
        assert pellucid.ones(1).is_meta
    assert elsewhere == ["cpu"] and all(make().is_cpu for make in places.values())
    assert pellucid.device("meta")(pellucid.ones)(2).is_meta and pellucid.ones(2).is_cpu


def test_the_default_device():
    assert pellucid.get_default_device() == pellucid.device("cpu")
    pellucid.set_default_device("meta")
    try:
        assert (pellucid.get_default_device() == pellucid.device("meta") and pellucid.ones(2).is_meta
                and pellucid.tensor(1.0).is_meta)
        with pellucid.device("cpu"):
            assert pellucid.ones(2).is_cpu
        assert pellucid.ones(2).is_meta
    finally:
        pellucid.set_default_device(None)
    assert pellucid.ones(2).is_cpu and pellucid.get_default_device() == pellucid.device("cpu")


@pytest.mark.parametrize("make",
                         [lambda n, out: pellucid.arange(n, out=out),
                          lambda n, out: pellucid.linspace(0, n - 1, n, out=out),
                                  lambda n, out: pellucid.logspace(0, n - 1, n, 1.0,
                                                                   out=out).copy_(pellucid.arange(n).view(out.shape))])
def test_a_range_keeps_the_shape_of_an_out_of_as_many_elements(make):
    base = pellucid.zeros(3, 5)
    view = base[:2, :3]
    assert make(6, view) is view and view.shape == (2, 3) and view.stride() == (5, 1)
    assert base.tolist() == [[0, 1, 2, 0, 0], [3, 4, 5, 0, 0], [0] * 5]


@pytest.mark.parametrize("make",
                         [lambda out: pellucid.linspace(1, 4, 4, out=out),
                          lambda out: pellucid.full((4,), 1.0, out=out).cumsum(0, out=out)])
def test_an_out_of_another_size_is_resized_where_it_is(make):
    base = pellucid.zeros(3, 5)
    view = base[1:, :3]
    assert make(view) is view and view.tolist() == [1, 2, 3, 4] and base.tolist() == [[0] * 5, [1, 2, 3, 4, 0], [0] * 5]


def test_arange_warns_where_it_resizes_its_out():
    with pytest.warns(UserWarning, match="The number of elements in the out tensor of shape"):
        assert pellucid.arange(3, out=pellucid.zeros(2, dtype=pellucid.int64)).tolist() == [0, 1, 2]
    assert pellucid.arange(3, out=pellucid.zeros(0, dtype=pellucid.int64)).tolist() == [0, 1, 2]


def test_linspace_computes_in_the_type_of_its_out():
    right = pellucid.linspace(0.5, 9.5, 7, dtype=pellucid.int64)
    assert pellucid.linspace(0.5, 9.5, 7, out=pellucid.empty(0, dtype=pellucid.int64)).tolist() == right.tolist() == [0,
        1, 3, 4, 6, 7, 9]
    assert pellucid.linspace(0, 9000, 9000, out=pellucid.empty(9000, dtype=pellucid.int64)).sum().item() == 40495501
    assert pellucid.linspace(1 / 3, 9.5, 3, out=pellucid.empty(0, dtype=pellucid.float64))[0].item() == 1 / 3
    assert pellucid.logspace(0.5, 3.5, 7,
                             out=pellucid.empty(0, dtype=pellucid.int64)).tolist() == [1, 3, 10, 31, 100, 316, 1000]


def test_indices_of_a_triangle_take_the_memory_of_the_result():
    for row in range(5):
        for col in range(5):
            for offset in range(-6, 7):
                below = [[r, c] for r in range(row) for c in range(col) if c - r <= offset]
                above = [[r, c] for r in range(row) for c in range(col) if c - r >= offset]
                assert pellucid.tril_indices(row, col, offset).t().tolist() == below
                assert pellucid.triu_indices(row, col, offset).t().tolist() == above
    far = 2**36
    assert pellucid.tril_indices(far, far, 2 - far).tolist() == [[far - 2, far - 1, far - 1], [0, 0, 1]]
    assert pellucid.triu_indices(far, far, far - 2).tolist() == [[0, 0, 1], [far - 2, far - 1, far - 1]]
    for make in (pellucid.tril_indices, pellucid.triu_indices):
        with pytest.raises(RuntimeError, match="overflow"):
            make(2**31, 2**31)
        assert make(2**40, 0).shape == (2, 0) and make(0, 2**40).shape == (2, 0)


@pytest.mark.parametrize("make", [
    lambda x, i: pellucid.ones(2000), lambda x, i: pellucid.full_like(x, 3), lambda x, i: pellucid.eye(3),
    lambda x, i: pellucid.rand_like(x),
    lambda x, i: x.scatter(0, i, 1.0), lambda x, i: x.scatter_add(0, i, x), lambda x, i: x.index_add(0, i[:, 0], x[:2]),
    lambda x, i: x.index_copy(0, i[:, 0], x[:2]), lambda x, i: x.index_fill(0, i[:, 0], 2.0),
    lambda x, i: x.index_put((i,), x[0]),
    lambda x, i: x.masked_scatter(x > 0, x), lambda x, i: x.put(i, x[:, :1].clone()), lambda x, i: x.nonzero(),
    lambda x, i: x.roll((1, 2), (0, 1)),
    lambda x, i: pellucid.diag(x[0]), lambda x, i: pellucid.diag_embed(x),
    lambda x, i: pellucid.cat([x, x.t().contiguous().t()]),
    lambda x, i: x.select_scatter(x[0], 0, 1), lambda x, i: pellucid.nn.functional.pad(x, (1, 1))])
def test_a_new_tensor_has_not_been_written_to(make):
    assert make(pellucid.arange(6.0).view(2, 3), pellucid.tensor([[0], [1]]))._version == 0


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_padding_by_nothing_is_a_copy(mode):
    x = pellucid.arange(24.0).view(1, 2, 3, 4).requires_grad_()
    for pad in ((0, 0, 0, 0), (0, 0, -1, 0)):
        y = pellucid.nn.functional.pad(x, pad, mode)
        assert y.untyped_storage().data_ptr() != x.untyped_storage().data_ptr() and y._base is None
        assert y.tolist() == x[:, :, -y.shape[2]:].tolist()
    y.sum().backward()
    assert x.grad.sum() == 16
