"""Batches of samples."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

import pellucid
from pellucid.utils.data import default_collate, default_convert

Point = namedtuple("Point", ["x", "y"])


def test_leaves():
    assert default_collate([pellucid.ones(2), pellucid.zeros(2)]).tolist() == [[1, 1], [0, 0]]
    numbers = default_collate([1, 2])
    assert numbers.dtype is pellucid.int64 and numbers.tolist() == [1, 2]
    assert (default_collate([0.5, 1.0]).dtype is pellucid.float64
            and default_collate([True, False]).dtype is pellucid.bool)
    assert default_collate([np.ones(2, np.float32), np.zeros(2, np.float32)]).dtype is pellucid.float32
    assert default_collate([np.int64(3), np.int64(4)]).tolist() == [3, 4]
    assert default_collate(["a", "b"]) == ["a", "b"] and default_collate([b"a"]) == [b"a"]


def test_containers():
    batch = default_collate([{"a": 1, "b": (2, [3.0])}, {"a": 4, "b": (5, [6.0])}])
    assert (batch["a"].tolist() == [1, 4] and batch["b"][0].tolist() == [2, 5]
            and batch["b"][1][0].tolist() == [3.0, 6.0])
    assert isinstance(batch["b"], list) and isinstance(batch["b"][1], list)
    point = default_collate([Point(1, 2), Point(3, 4)])
    assert isinstance(point, Point) and point.y.tolist() == [2, 4]
    assert isinstance(default_collate([OrderedDict(a=1)]), OrderedDict)
    assert default_collate([defaultdict(list, a=1)])["missing"] == []
    assert [column.tolist() for column in default_collate([range(2), range(2)])] == [[0, 0], [1, 1]]


def test_errors():
    with pytest.raises(RuntimeError, match="each element in list of batch should be of equal size"):
        default_collate([[1, 2], [1]])
    with pytest.raises(TypeError, match="default_collate: batch must contain tensors, .* found <class 'object'>"):
        default_collate([object()])
    with pytest.raises(TypeError, match="default_collate: batch must contain tensors"):
        default_collate([np.array(["text"])])


def test_convert():
    data = default_convert({"a": np.ones(2), "b": [np.int64(3), "text", (1, 2)], "c": Point(np.zeros(1), None)})
    assert isinstance(data["a"], pellucid.Tensor) and data["b"][0].item() == 3 and data["b"][1:] == ["text", [1, 2]]
    assert isinstance(data["c"], Point) and data["c"].x.tolist() == [0.0] and data["c"].y is None
    words = np.array(["text"])
    assert default_convert(words) is words and default_convert(b"text") == b"text"
