"""Handles of hooks. (BackwardHook is tested with nn.Module.)"""

from __future__ import annotations

import pickle
from collections import OrderedDict

from pellucid.utils.hooks import RemovableHandle, add


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
