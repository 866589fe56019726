"""Handles of hooks. (BackwardHook is tested with nn.Module.)"""

from __future__ import annotations

import pickle
from collections import OrderedDict

import pytest

import pellucid
from pellucid.utils.hooks import RemovableHandle, add, unserializable_hook


def test_handles():
    table, flag = OrderedDict(), OrderedDict()
    first, second = add(table, len), add(table, repr, prepend=True, flags=[flag])
    assert list(table.values()) == [repr, len] and flag == {second.id: True} and first.id != second.id
    second.remove()
    second.remove()
    assert list(table.values()) == [len] and not flag
    with first:
        pass
    assert not table


def test_handles_pickle_with_their_table():
    table = OrderedDict()
    handle = add(table, len)
    other_table, other = pickle.loads(pickle.dumps((table, handle)))
    assert list(other_table) == [other.id]
    other.remove()
    assert not other_table and table
    assert RemovableHandle(OrderedDict()).id > other.id


def test_pickling_warns_of_the_hooks_that_it_leaves_behind():
    x = pellucid.ones(2, requires_grad=True)
    for tensor in (x, x * 2):
        tensor.register_hook(unserializable_hook(lambda grad: grad))
        pickle.dumps(tensor)
        tensor.register_hook(len)
        with pytest.warns(UserWarning, match="backward hook <built-in function len> on tensor will not be serialized"):
            pickle.dumps(tensor)
    parameter = pellucid.nn.Parameter(x.detach())
    parameter.register_hook(len)
    pickle.dumps(parameter)                                     # says nothing
