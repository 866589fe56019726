"""Parametrizations: what is read, what is stored and trained, and the way back."""

from __future__ import annotations

import copy
import pickle

import pytest

import pellucid
from pellucid import nn
from pellucid.nn.utils import parametrize


class Symmetric(nn.Module):
    def forward(self, x):
        return x.triu() + x.triu(1).transpose(-1, -2)

    def right_inverse(self, value):
        return value.triu()


class Product(nn.Module):
    def forward(self, a, b):
        return a * b

    def right_inverse(self, value):
        return value / 2, pellucid.full_like(value, 2.0)


class First(nn.Module):
    def forward(self, x):
        return x[:1]


@pytest.fixture
def linear():
    made = nn.Linear(2, 2, bias=False)
    with pellucid.no_grad():
        made.weight.copy_(pellucid.arange(4.0).view(2, 2))
    return made


def test_a_computed_weight_is_trained_by_what_it_is_computed_from(linear):
    weight = linear.weight
    optimiser = pellucid.optim.SGD(linear.parameters(), lr=0.5)
    assert (parametrize.register_parametrization(linear, "weight", Symmetric()) is linear
            and parametrize.is_parametrized(linear, "weight"))
    assert linear.weight.tolist() == [[0, 1], [1, 3]] and linear.parametrizations.weight.original is weight
    names = [name for name, _ in linear.named_parameters()]
    assert list(linear.state_dict()) == names == ["parametrizations.weight.original"]
    linear(pellucid.ones(1, 2)).sum().backward()
    assert weight.grad.tolist() == [[1, 2], [0, 1]]
    optimiser.step()
    assert linear.weight.tolist() == [[-0.5, 0], [0, 2.5]]
    linear.weight = pellucid.tensor([[1.0, 2.0], [2.0, 5.0]])
    assert weight.tolist() == [[1, 2], [0, 5]] and linear.weight.tolist() == [[1, 2], [2, 5]]


def test_the_module_gets_a_class_of_its_own_and_loses_it_again(linear):
    weight = linear.weight
    parametrize.register_parametrization(linear, "weight", Symmetric())
    assert (type(linear).__name__ == "ParametrizedLinear"
            and parametrize.type_before_parametrizations(linear) is nn.Linear)
    assert copy.deepcopy(linear).weight.tolist() == linear.weight.tolist()
    with pytest.raises(RuntimeError, match="only supported through state_dict"):
        pickle.dumps(linear)
    assert parametrize.remove_parametrizations(linear, "weight") is linear and type(linear) is nn.Linear
    assert linear.weight is weight and weight.tolist() == [[0, 1], [1, 3]] and list(linear.state_dict()) == ["weight"]


def test_one_tensor_from_several(linear):
    parametrize.register_parametrization(linear, "weight", Product())
    assert list(linear.state_dict()) == ["parametrizations.weight.original0", "parametrizations.weight.original1"]
    assert (linear.weight.tolist() == [[0, 1], [2, 3]] and linear.parametrizations.weight.original1.tolist()
            == [[2, 2], [2, 2]])
    with pytest.raises(ValueError, match="sequence of tensors"):
        parametrize.remove_parametrizations(linear, "weight", leave_parametrized=False)
    assert (isinstance(parametrize.remove_parametrizations(linear, "weight").weight, nn.Parameter)
            and linear.weight.tolist() == [[0, 1], [2, 3]])


def test_several_in_a_row(linear):
    parametrize.register_parametrization(linear, "weight", Symmetric())
    parametrize.register_parametrization(linear, "weight", nn.Softplus())
    assert len(linear.parametrizations.weight) == 2 and linear.weight[0, 0].item() == pytest.approx(0.693147)
    with pytest.raises(RuntimeError, match="Softplus does not implement right_inverse"):
        linear.weight = pellucid.ones(2, 2)


def test_a_block_in_which_each_is_computed_once(linear):
    parametrize.register_parametrization(linear, "weight", Symmetric())
    with parametrize.cached():
        assert linear.weight is linear.weight
    assert linear.weight is not linear.weight


def test_what_is_refused(linear):
    with pytest.raises(ValueError, match="unless `unsafe` is True"):
        parametrize.register_parametrization(linear, "weight", First())
    with pytest.raises(ValueError, match="does not have a parameter, a buffer"):
        parametrize.register_parametrization(linear, "foo", Symmetric())
    with pytest.raises(ValueError, match="does not have a parametrization"):
        parametrize.remove_parametrizations(linear, "weight")
    with pytest.raises(ValueError, match="one or more modules"):
        parametrize.ParametrizationList([], linear.weight)
    assert parametrize.register_parametrization(nn.Linear(2, 2), "weight", First(), unsafe=True).weight.shape == (1, 2)


def test_buffers_and_transfer(linear):
    norm = parametrize.register_parametrization(nn.BatchNorm1d(2), "running_mean", nn.Identity())
    assert norm.running_mean.tolist() == [0, 0] and "parametrizations.running_mean.original" in norm.state_dict()
    parametrize.register_parametrization(linear, "weight", Symmetric())
    other = parametrize.transfer_parametrizations_and_params(linear, nn.Linear(2, 2, bias=False))
    assert (other.weight.tolist() == linear.weight.tolist()
            and other.parametrizations.weight.original is not linear.parametrizations.weight.original)
