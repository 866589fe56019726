"""Data sets and what is made of them."""

from __future__ import annotations

import pytest

import pellucid
from pellucid.utils.data import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)


class Squares(Dataset):
    def __init__(self, n):
        self.n = n

    def __getitem__(self, index):
        return index * index

    def __len__(self):
        return self.n


class Stream(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))

    def __len__(self):
        return self.n


def test_tensor_dataset():
    data = TensorDataset(pellucid.arange(6).view(3, 2), pellucid.arange(3))
    x, y = data[1]
    assert x.tolist() == [2, 3] and y.item() == 1 and len(data) == 3
    with pytest.raises(AssertionError, match="Size mismatch between tensors"):
        TensorDataset(pellucid.zeros(2), pellucid.zeros(3))


def test_concat():
    data = Squares(2) + Squares(3)
    assert isinstance(data, ConcatDataset) and len(data) == 5 and data.cumulative_sizes == [2, 5]
    assert [data[i] for i in range(5)] == [0, 1, 0, 1, 4] and data[-1] == 4 and data[-5] == 0
    with pytest.raises(ValueError, match="absolute value of index should not exceed dataset length"):
        data[-6]
    with pytest.raises(AssertionError, match="datasets should not be an empty iterable"):
        ConcatDataset([])
    with pytest.raises(AssertionError, match="ConcatDataset does not support IterableDataset"):
        ConcatDataset([Stream(1)])


def test_chain():
    data = Stream(2) + Stream(3)
    assert isinstance(data, ChainDataset) and list(data) == [0, 1, 0, 1, 2] and len(data) == 5
    with pytest.raises(AssertionError, match="ChainDataset only supports IterableDataset"):
        list(ChainDataset([Squares(1)]))


def test_stack():
    pair, named = StackDataset(Squares(3), [7, 8, 9]), StackDataset(a=Squares(3), b=[7, 8, 9])
    assert pair[2] == (4, 9) and named[1] == {"a": 1, "b": 8} and len(pair) == 3
    assert pair.__getitems__([0, 2]) == [(0, 7), (4, 9)] and named.__getitems__([1]) == [{"a": 1, "b": 8}]
    with pytest.raises(ValueError, match="Size mismatch between datasets"):
        StackDataset(Squares(3), Squares(2))
    with pytest.raises(ValueError, match="both types are given"):
        StackDataset(Squares(1), a=Squares(1))
    with pytest.raises(ValueError, match="At least one dataset should be passed"):
        StackDataset()


def test_subset():
    data = Subset(Squares(5), [4, 2])
    assert [data[i] for i in range(2)] == [16, 4] and len(data) == 2 and data.__getitems__([1, 0]) == [4, 16]

    class Many(Squares):
        def __getitems__(self, indices):
            return [f"many {i}" for i in indices]

    assert Subset(Many(5), [4, 2]).__getitems__([1]) == ["many 2"]


def test_random_split():
    parts = random_split(Squares(10), [7, 3], pellucid.Generator().manual_seed(0))
    assert [len(part) for part in parts] == [7, 3] and sorted(parts[0].indices + parts[1].indices) == list(range(10))
    assert [len(part) for part in random_split(Squares(10), [0.5, 0.25, 0.25])] == [6, 2, 2]
    pellucid.manual_seed(0)
    assert random_split(Squares(5), [5])[0].indices == ORDER
    with pytest.raises(ValueError, match="Sum of input lengths does not equal the length of the input dataset!"):
        random_split(Squares(3), [1, 1])
    with pytest.raises(ValueError, match="Fraction at index 0 is not between 0 and 1"):
        random_split(Squares(3), [-0.5, 1.5])
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        random_split(Squares(1), [0.9, 0.1])


ORDER = [4, 0, 1, 3, 2]                              # PyTorch's for this seed
