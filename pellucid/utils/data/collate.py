"""Making a batch of samples: tensors are stacked, numbers become a tensor, and containers are taken apart and put
together again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from pellucid import ops
from pellucid.dtypes import float64
from pellucid.tensor import Tensor

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

_NOT_NUMBERS = "SaUO"                    # NumPy's kinds of strings and objects


def _rebuilt(example: Any, values: Any) -> Any:
    """`values` (a dict or a list) as a container of the class of `example`, or as they are where that class cannot be
    made so.
    """
    try:
        if isinstance(example, MutableMapping):
            clone = copy.copy(example)
            clone.update(values)
            return clone
        if isinstance(example, MutableSequence):
            clone = copy.copy(example)
            for i, value in enumerate(values):
                clone[i] = value
            return clone
        return type(example)(values)
    except TypeError:                                     # for instance a range, or a class with other arguments
        return values


def default_convert(data: Any) -> Any:
    """NumPy arrays and numbers in `data`, and in containers in it, as tensors; everything else as it is."""
    if isinstance(data, Tensor):
        return data
    if isinstance(data, np.ndarray):
        return data if data.dtype.kind in _NOT_NUMBERS else ops.as_tensor(data)
    if isinstance(data, np.generic) and not isinstance(data, (np.str_, np.bytes_)):
        return ops.as_tensor(data)
    if isinstance(data, Mapping):
        return _rebuilt(data, {key: default_convert(data[key]) for key in data})
    if isinstance(data, tuple):
        values = [default_convert(value) for value in data]
        return type(data)(*values) if hasattr(data, "_fields") else values
    if isinstance(data, Sequence) and not isinstance(data, (str, bytes)):
        return _rebuilt(data, [default_convert(value) for value in data])
    return data


def _unsupported(kind: object) -> TypeError:
    return TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {kind}")


def collate(batch: Sequence[Any], *, collate_fn_map: Mapping[Any, Callable[..., Any]] | None = None) -> Any:
    """A batch of `batch`, by the function that `collate_fn_map` has for the class of its samples."""
    sample, table = batch[0], collate_fn_map or {}
    function = table.get(type(sample)) or next((fn for kind, fn in table.items() if isinstance(sample, kind)), None)
    if function is not None:
        return function(batch, collate_fn_map=collate_fn_map)

    def again(values: Sequence[Any]) -> Any:
        return collate(values, collate_fn_map=collate_fn_map)

    if isinstance(sample, Mapping):
        return _rebuilt(sample, {key: again([other[key] for other in batch]) for key in sample})
    if isinstance(sample, Sequence):
        if any(len(other) != len(sample) for other in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        values = [again(column) for column in zip(*batch, strict=True)]
        if isinstance(sample, tuple):
            return type(sample)(*values) if hasattr(sample, "_fields") else values
        return _rebuilt(sample, values)
    raise _unsupported(type(sample))


def _arrays(batch: Sequence[Any], *, collate_fn_map: Mapping[Any, Callable[..., Any]] | None = None) -> Any:
    if batch[0].dtype.kind in _NOT_NUMBERS:
        raise _unsupported(batch[0].dtype)
    return collate([ops.as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


default_collate_fn_map: dict[Any, Callable[..., Any]] = {
    Tensor: lambda batch, **_: ops.stack(batch, 0),
    np.ndarray: _arrays,
    (np.bool_, np.number, np.object_): lambda batch, **_: ops.as_tensor(np.array(batch)),
    float: lambda batch, **_: ops.tensor(batch, dtype=float64),
    int: lambda batch, **_: ops.tensor(batch),
    str: lambda batch, **_: batch,
    bytes: lambda batch, **_: batch,
}


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack the samples of a batch along a new first dimension, inside dicts, tuples and lists too."""
    return collate(batch, collate_fn_map=default_collate_fn_map)
