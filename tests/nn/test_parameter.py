"""Parameter and Buffer."""

from __future__ import annotations

import copy
import pickle

import pytest

import pellucid
from pellucid import nn


def test_parameter_is_a_tensor_that_computes_as_one():
    data = pellucid.ones(2)
    p = nn.Parameter(data)
    assert isinstance(p, pellucid.Tensor) and p.requires_grad and p.is_leaf and p.data_ptr() == data.data_ptr()
    assert type(p + 1) is type(p.data) is type(p.detach()) is pellucid.Tensor and not isinstance(p * 2, nn.Parameter)
    assert not nn.Parameter(data, requires_grad=False).requires_grad and nn.Parameter().shape == (0,)
    assert repr(nn.Parameter(pellucid.ones(2))) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert not isinstance(data, nn.Parameter) and not isinstance(1, nn.Parameter)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies(duplicate):
    p = nn.Parameter(pellucid.ones(2), requires_grad=False)
    p.note = "kept"
    other = duplicate(p)
    assert type(other) is nn.Parameter and other.tolist() == [1, 1] and not other.requires_grad
    assert other.data_ptr() != p.data_ptr()
    pair = duplicate([p, p])
    assert pair[0] is pair[1]
    assert pickle.loads(pickle.dumps(p)).note == "kept"


def test_parameters_of_other_classes_keep_them():
    class Mine(pellucid.Tensor):
        pass

    data = pellucid.ones(2).as_subclass(Mine)
    p = nn.Parameter(data)
    assert type(p) is Mine and isinstance(p, nn.Parameter) and p.requires_grad and not isinstance(data, nn.Parameter)
    net = nn.Module()
    net.p = p
    assert list(net._parameters) == ["p"]


def test_buffer():
    data = pellucid.ones(2)
    b = nn.Buffer(data, persistent=False)
    assert (type(b) is pellucid.Tensor and isinstance(b, nn.Buffer) and not b.persistent
            and not isinstance(data, nn.Buffer))
    assert b.data_ptr() == data.data_ptr() and nn.Buffer().persistent
