"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from __future__ import annotations

from collections import OrderedDict

import pytest

import pellucid
from pellucid import nn


def names(container):
    return [type(module).__name__ for module in container]


def test_sequential():
    net = nn.Sequential(OrderedDict(first=nn.Linear(2, 3), second=nn.ReLU()))
    assert net[0] is net.first and net[-1] is net.second and len(net) == 2 and list(net._modules) == ["first", "second"]
    assert list(net[:1]._modules) == ["first"] and net(pellucid.ones(1, 2)).shape == (1, 3)
    net[1] = nn.Tanh()
    assert isinstance(net.second, nn.Tanh)
    for index in (2, -3):
        with pytest.raises(IndexError, match=f"index {index} is out of range"):
            net[index]
    del net[0]
    assert names(net) == ["Tanh"] and list(net._modules) == ["0"]


def test_sequential_as_a_list():
    net = nn.Sequential(nn.ReLU())
    assert (net.append(nn.Tanh()) is net and names(net.extend([nn.Sigmoid(), nn.GELU()]))
            == ["ReLU", "Tanh", "Sigmoid", "GELU"])
    assert (names(net.insert(1, nn.ELU())) == ["ReLU", "ELU", "Tanh", "Sigmoid", "GELU"]
            and list(net._modules) == list("01234"))
    assert names(net.insert(-1, nn.SELU())) == ["ReLU", "ELU", "Tanh", "Sigmoid", "SELU", "GELU"]
    assert isinstance(net.pop(1), nn.ELU) and list(net._modules) == list("01234")
    del net[1:3]
    assert names(net) == ["ReLU", "SELU", "GELU"]
    with pytest.raises(IndexError, match="Index out of range: 9"):
        net.insert(9, nn.ReLU())
    with pytest.raises(AssertionError, match="module should be of type"):
        net.insert(0, 1)
    other = nn.Sequential(nn.Tanh())
    assert names(other + net) == ["Tanh", "ReLU", "SELU", "GELU"] and names(2 * other) == ["Tanh", "Tanh"]
    twice = other * 2
    assert twice[0] is twice[1] is other[0]
    other += nn.Sequential(nn.ReLU())
    other *= 2
    assert names(other) == ["Tanh", "ReLU", "Tanh", "ReLU"]
    with pytest.raises(ValueError, match="add operator supports only objects of Sequential class"):
        other + [1]
    with pytest.raises(ValueError, match="Non-positive multiplication factor 0"):
        other * 0
    with pytest.raises(TypeError, match="unsupported operand type"):
        other * "2"


def test_module_list():
    net = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    net += [nn.GELU()]
    assert (names(net) == ["ReLU", "Tanh", "GELU"] and net[-1] is net._modules["2"]
            and names(net[1:]) == ["Tanh", "GELU"])
    assert isinstance(net[:2], nn.ModuleList)
    net.insert(1, nn.ELU())
    assert names(net) == ["ReLU", "ELU", "Tanh", "GELU"]
    net[1] = nn.SELU()
    assert isinstance(net.pop(1), nn.SELU) and names(net) == ["ReLU", "Tanh", "GELU"]
    del net[::2]
    assert names(net) == ["Tanh"] and list(net._modules) == ["0"]
    assert names(net + [nn.ReLU()]) == ["Tanh", "ReLU"]
    with pytest.raises(TypeError, match="ModuleList.extend should be called with an iterable, but got int"):
        net.extend(3)
    with pytest.raises(IndexError, match="index 5 is out of range"):
        net[5]
    with pytest.raises(NotImplementedError):
        net(1)


def test_module_list_repr():
    assert repr(nn.ModuleList()) == "ModuleList()"
    net = nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Sequential(nn.Tanh())])
    assert repr(net) == "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Sequential(\n    (0): Tanh()\n  )\n)"


def test_module_dict():
    net = nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()})
    assert list(net) == list(net.keys()) == ["a", "b"] and "a" in net and len(net) == 2 and net["a"] is net.a
    net.update([("c", nn.GELU()), ("a", nn.ELU())])
    assert ([type(m).__name__ for m in net.values()] == ["ELU", "Tanh", "GELU"]
            and [k for k, _ in net.items()] == ["a", "b", "c"])
    assert isinstance(net.pop("b"), nn.Tanh) and "b" not in net and not hasattr(net, "b")
    del net["a"]
    net.update(nn.ModuleDict({"d": nn.ReLU()}))
    net.clear()
    assert len(net) == 0
    with pytest.raises(TypeError,
                       match="ModuleDict.update should be called with an iterable of key/value pairs, but got int"):
        net.update(1)
    with pytest.raises(TypeError, match="ModuleDict update sequence element #0 should be Iterable; isint"):
        net.update([1])
    with pytest.raises(ValueError, match="ModuleDict update sequence element #0 has length 3; 2 is required"):
        net.update([(1, 2, 3)])


def test_parameter_list():
    net = nn.ParameterList([pellucid.ones(2), "text"])
    net.append(nn.Parameter(pellucid.zeros(1, 3)))
    assert isinstance(net[0], nn.Parameter) and net[1] == "text" and len(net) == 3 and len(list(net.parameters())) == 2
    assert list(net.state_dict()) == ["0", "2"] and isinstance(net[1:], nn.ParameterList) and net[-1].shape == (1, 3)
    assert repr(net) == (
        "ParameterList(\n    (0): Parameter containing: [torch.float32 of size 2]\n    (1): Object of type: str\n"
                         "    (2): Parameter containing: [torch.float32 of size 1x3]\n)")
    net[1] = pellucid.ones(1)
    net += [3]
    assert isinstance(net[1], nn.Parameter) and list(net)[-1] == 3
    with pytest.raises(IndexError, match="index 7 is out of range"):
        net[7]
    with pytest.raises(RuntimeError, match="ParameterList should not be called"):
        net()
    with pytest.raises(TypeError, match="ParameterList.extend should be called with an iterable, but got Tensor"):
        net.extend(pellucid.ones(2))


def test_parameter_dict():
    net = nn.ParameterDict({"b": pellucid.ones(2), "a": pellucid.zeros(1)})
    assert (list(net) == ["a", "b"] and isinstance(net["a"], nn.Parameter) and "a" in net
            and list(reversed(net)) == ["b", "a"])
    net["c"] = "text"
    assert ([k for k, _ in net.items()] == ["a", "b", "c"] and net.get("x", 1) == 1
            and net.setdefault("y", pellucid.ones(1)) is net["y"])
    assert repr(net) == ("ParameterDict(\n    (a): Parameter containing: [torch.FloatTensor of size 1]\n"
                         "    (b): Parameter containing: [torch.FloatTensor of size 2]\n    (c): Object of type: str\n"
                         "    (y): Parameter containing: [torch.FloatTensor of size 1]\n)")
    assert net.popitem()[0] == "y" and net.pop("c") == "text" and list(net.state_dict()) == ["a", "b"]
    other = net | nn.ParameterDict({"z": pellucid.ones(1)})
    assert list(other) == ["a", "b", "z"] and other["a"] is net["a"] and list(net) == ["a", "b"]
    net |= other
    assert (list(net) == ["a", "b", "z"] and list(net.copy()) == ["a", "b", "z"]
            and list(net.fromkeys(["q"], 1).values()) == [1])
    del net["a"]
    net.clear()
    assert len(net) == 0 and not list(net.parameters())
    with pytest.raises(TypeError, match="Index given to ParameterDict cannot be used as a key as it is not a string"):
        net[1]
    with pytest.raises(RuntimeError, match="ParameterDict should not be called"):
        net(1)
