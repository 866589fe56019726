"""Reductions: the forms of their arguments, and where they write results."""

from __future__ import annotations

import math
import pickle

import pytest

import pellucid
from pellucid import tensor as t

X = (lambda: pellucid.arange(24.0).reshape(2, 3, 4))


def test_extremes_write_to_tensors():
    x = t([[1.5, -2, 0], [3, 7, -4]])
    values, indices = pellucid.empty(0), pellucid.empty(0, dtype=pellucid.int64)
    found = pellucid.max(x, 1, out=(values, indices))
    assert found.values is values and found[1] is indices and values.tolist() == [1.5, 7] and indices.tolist() == [0, 1]
    assert pellucid.min(x, 0, True, out=(values.resize_(0), indices.resize_(0))).indices.tolist() == [[0, 0, 1]]
    assert pellucid.max(x, -x, out=pellucid.empty(0, dtype=pellucid.float64)).tolist() == [[1.5, 2, 0], [3, 7, 4]]
    low, high = pellucid.empty(0), pellucid.empty(0)
    found = pellucid.aminmax(x, dim=1, out=(low, high))
    assert found.min is low and found.max is high and low.tolist() == [-2, -4] and high.tolist() == [1.5, 7]


@pytest.mark.parametrize("act, error, message", [
    (lambda: pellucid.max(X(), 1,
                          out=(pellucid.empty(0, dtype=pellucid.float64), pellucid.empty(0, dtype=pellucid.int64))),
     RuntimeError, "Expected out tensor to have dtype torch.float32, but got torch.float64 instead"),
    (lambda: pellucid.max(X(), 1, out=(pellucid.empty(0), pellucid.empty(0, dtype=pellucid.int32))), RuntimeError,
     "Expected out tensor"),
    (lambda: pellucid.aminmax(X(), dim=1, out=(pellucid.empty(0), pellucid.empty(0, dtype=pellucid.float64))),
     RuntimeError, "Expected out tensor"),
    (lambda: pellucid.aminmax(X(), dim=1, out=pellucid.empty(0)), TypeError, "must be tuple of 2 Tensors"),
    (lambda: pellucid.amax(X(), 1, out=pellucid.empty(0, dtype=pellucid.float64)), RuntimeError, "Expected out tensor"),
    (lambda: pellucid.argmax(X(), 1, out=pellucid.empty(0, dtype=pellucid.int32)), RuntimeError, "Expected out tensor"),
    (lambda: pellucid.sum(X(), 1, dtype=pellucid.float64, out=pellucid.empty(0)), RuntimeError, "Expected out tensor"),
    (lambda: pellucid.all(X(), 1, out=pellucid.empty(0)), RuntimeError,
     "all only supports bool tensor for result, got: Float"),
    (lambda: pellucid.any(X(), 1, out=pellucid.empty(0, dtype=pellucid.int64)), RuntimeError,
     "any only supports bool tensor for result"),
    (lambda: pellucid.argmax(X() > 1), RuntimeError, "not implemented for 'Bool'"),
    (lambda: pellucid.prod(X(), (0, 1)), TypeError, "prod(): argument 'dim' must be int, not tuple"),
    (lambda: pellucid.max(X(), (0, 1)), TypeError, "max(): argument 'dim' must be int, not tuple"),
    (lambda: pellucid.argmin(X(), [0, 1]), TypeError, "argmin(): argument 'dim' must be int"),
    (lambda: pellucid.aminmax(X(), dim=(0, 1)), TypeError, "aminmax(): argument 'dim' must be int, not tuple"),
    (lambda: pellucid.logsumexp(X(), None), TypeError,
     "logsumexp(): argument 'dim' must be tuple of ints, not NoneType"),
    (lambda: pellucid.std(X(), 0, False, correction=1), TypeError, "takes either unbiased or correction"),
    (lambda: pellucid.argmax(pellucid.zeros(0, 3)), IndexError, "Expected reduction dim to be specified"),
    (lambda: pellucid.mean(X().long()), RuntimeError, "mean"),
    (lambda: pellucid.amax(X() * 1j), NotImplementedError, '"amax" not implemented for \'ComplexFloat\''),
    (lambda: pellucid.mm(X()[0], X()[0].t(), out=pellucid.empty(0, dtype=pellucid.float64)), RuntimeError,
     "Expected out tensor"),
])
def test_refused(act, error, message):
    with pytest.raises(error) as caught:
        act()
    assert type(caught.value) is error and message in str(caught.value)


def test_all_and_any_over_no_dimensions_look_at_each_element():
    x = t([[1, 0], [2, 3]])
    assert pellucid.all(x, dim=()).tolist() == [[True, False], [True, True]] == pellucid.any(x, dim=[]).tolist()
    assert pellucid.sum(x, dim=()).item() == 6


def test_other_types_to_write_to_are_converted_where_pytorch_converts():
    assert pellucid.sum(X(), 1, out=pellucid.empty(0, dtype=pellucid.float64)).dtype is pellucid.float64
    assert pellucid.all(X(), 1, out=pellucid.empty(0, dtype=pellucid.uint8)).tolist() == [[0, 1, 1, 1], [1, 1, 1, 1]]


@pytest.mark.parametrize("call", [
    *(lambda x, name=name: getattr(x, name)(0, 1)
      for name in ("sum", "mean", "amax", "argmax", "prod", "max", "logsumexp", "all", "any")),
    lambda x: x.sum(dim=0, keepdim=1), lambda x: x.sum(0, 0), lambda x: x.sum(0, 1.0),
    lambda x: x.sum(0, pellucid.tensor(True)), lambda x: x.mean(0, None),
    lambda x: x.std(dim=0, keepdim=1), *(lambda x, name=name: getattr(x, name)(True) for name in (
        "sum", "mean", "amax", "argmax", "prod", "max", "logsumexp", "cumsum", "softmax", "unsqueeze", "all")),
    lambda x: x.select(False, 0), lambda x: x.transpose(True, 0), lambda x: pellucid.cat([x, x], True),
    lambda x: x.sum(False),
])
def test_true_is_not_one(call):
    """Neither for a flag nor for a dimension, though the plan of a call with the one is found by the other."""
    x = pellucid.ones(2, 3)
    for name in ("sum", "mean", "amax", "argmax", "prod", "max", "logsumexp", "all", "any"):
        for dim in (0, 1):
            for keepdim in (False, True):
                getattr(x, name)(dim, keepdim)
    x.cumsum(1), x.softmax(1), x.unsqueeze(1), x.squeeze(1), x.select(0, 0), x.transpose(1, 0), pellucid.cat([x, x],
        1), x.flatten(1), x.sum(pellucid.tensor(1))
    with pytest.raises(TypeError):
        call(x)


def test_moments_and_norms_of_very_large_and_very_small_numbers():
    def close(found, *right):
        assert found.reshape(-1).tolist() == pytest.approx(right, rel=1e-6)

    for size in (1e30, 1e-30, 1e20):
        x = pellucid.tensor([[3.0, 4.0], [-3.0, -4.0]]) * size
        close(x.norm(), 50**0.5 * size)
        close(x.norm(dim=1), 5 * size, 5 * size)
        close(pellucid.dist(x[0], x[1]), 10 * size)
        close(x.norm(3), 182 ** (1 / 3) * size)
        close(x.std(0), 18**0.5 * size, 32**0.5 * size)
        close(x.std(1, correction=0), size / 2, size / 2)
        close(pellucid.std_mean(x[0])[1], 3.5 * size)
    assert pellucid.tensor([3e20, -3e20]).var() == math.inf and pellucid.tensor([1e6, 1e6 + 1, 1e6 + 2]).var() == 1
    assert (pellucid.full((1000,), 1.2345e9).var() == 0 and pellucid.full((1000,), 0.1, dtype=pellucid.float64).var()
            < 1e-30)


@pytest.mark.parametrize("dtype", [pellucid.float16, pellucid.bfloat16, pellucid.float32, pellucid.float64])
@pytest.mark.filterwarnings("ignore:.*degrees of freedom is <= 0")
def test_moments_of_few_elements_and_in_every_form(dtype):
    x = pellucid.tensor([[1.0, 2.5, -3.0], [4.0, 7.0, 0.5]], dtype=dtype)
    assert x.var(1).tolist() == pellucid.var_mean(x,
                                                  1)[0].tolist() == pellucid.tensor([97 / 12, 127 / 12],
                                                                                    dtype=dtype).tolist()
    assert x.var().dtype is x.std(0).dtype is dtype and pellucid.var_mean(x, (0, 1), keepdim=True)[0].shape == (1, 1)
    assert (x.var(1, correction=3).tolist() == [math.inf, math.inf] and x[:, :1].var(1).isnan().all()
            and x[0, 0].var().isnan())
    assert (x[:0].var().isnan() and x[:0].var(0).isnan().tolist() == [True] * 3 and x[:0].var(1).shape == (0,
            ) and x[0, 0].var(correction=0) == 0)
    assert pellucid.var_mean(x, 0)[1].tolist() == x.mean(0).tolist()


@pytest.mark.parametrize("name", ["var", "std", "var_mean", "std_mean"])
def test_too_few_elements_for_the_correction_are_warned_of(name):
    one, column, none = pellucid.ones(1), pellucid.ones(2, 1), pellucid.ones(3, 0)
    for call in (lambda f: f(one), lambda f: f(column, 1), lambda f: f(column, correction=2), lambda f: f(none, 1)):
        with pytest.warns(UserWarning, match=rf"{name}\(\): degrees of freedom is <= 0") as caught:
            call(getattr(pellucid, name))
        assert caught[0].filename == __file__
    getattr(pellucid, name)(one, unbiased=False)


def test_results_with_names_print_as_pytorchs():
    found = pellucid.max(t([1.0, 2.0]), 0)
    assert (repr(found) == "torch.return_types.max(\nvalues=tensor(2.),\nindices=tensor(1))"
            and type(found) is pellucid.return_types.max)
    assert found == (found[0], found[1]) and found.values is found[0] and found._fields == ("values", "indices")
    assert repr(pellucid.aminmax(pellucid.ones(2))).startswith("torch.return_types.aminmax(\nmin=")
    assert repr(pellucid.cummax(pellucid.ones(2), 0)).startswith("torch.return_types.cummax(\nvalues=")
    assert pickle.loads(pickle.dumps(found)).values.item() == 2


def test_the_mean_of_integers_says_what_it_wants():
    with pytest.raises(RuntimeError,
                       match=r"mean\(\): could not infer output dtype.*floating point or complex dtype. Got: Long"):
        t([1, 2]).mean()


def test_out_says_the_type_that_sums_are_taken_in():
    x = pellucid.tensor([[1.6, 2.7], [0.3, -1.2]])
    for name, right in (("sum", [3, -1]), ("prod", [2, 0]), ("cumsum", [[1, 3], [0, -1]]),
                        ("cumprod", [[1, 2], [0, 0]])):
        out = pellucid.empty(0, dtype=pellucid.int64)
        assert getattr(pellucid, name)(x, 1, out=out).tolist() == right
    assert pellucid.sum(x, 1, out=pellucid.empty(0, dtype=pellucid.bool)).tolist() == [True, True]
    assert x.cumsum_(1).dtype is pellucid.float32
