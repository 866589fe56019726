"""What the sweeps beside PyTorch share: the entries of its operator table that pellucid has, and one call of either
framework.

Used by test_special_values.py, test_half_types.py, test_out_parity.py, test_results_parity.py. They know no operator by
name but for their tables of reasoned exceptions; opdb.py carries callables and arguments over.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch

import pellucid
from tests.parity import opdb

SEED = 11
THEIRS, OURS = opdb.Translator(torch), opdb.Translator(pellucid)
# draws, asks for a type or a layout that no test of values can hold, or changes the tensor's memory itself
OUT_OF_PLACE = ("rand", "bernoulli", "multinomial", "normal", "dropout", "uniform", "exponential", "geometric",
                "cauchy", "empty", "resize",
                "sparse", "to_sparse", "item", "rrelu", "gumbel", "jiterator", "ops.aten", "log_normal", "_scaled")


@functools.cache
def entries() -> dict[str, Any]:
    """The entries of PyTorch's table that pellucid has, by name."""
    found = {}
    for name, entry in opdb.entries().items():
        try:
            OURS.callable(entry.op)
        except opdb.Absent:
            continue
        if not any(part in name for part in OUT_OF_PLACE):
            found[name] = entry
    return found


def each(condition=lambda entry: True) -> list[Any]:
    """Parameters for pytest: one an entry."""
    return [pytest.param(name, id=name) for name, entry in entries().items() if condition(entry)]


def samples(entry: Any, dtype: torch.dtype, limit: int, gradients: bool = False, most: int = 2000) -> list[Any]:
    """A few of the entry's own samples, whose tensors have at most `most` elements."""
    if dtype not in entry.supported_dtypes("cpu"):
        return []
    torch.manual_seed(SEED)
    try:
        return opdb.spread(small(entry.sample_inputs("cpu", dtype, requires_grad=gradients), most), limit)
    except Exception:                           # a generator that PyTorch itself cannot run here
        return []


def small(found: Iterator, most: int) -> Iterator:
    for item in itertools.islice(found, opdb.READ):
        if all(t.numel() <= most and t.layout == torch.strided
               for t in opdb.tensors_in((item.input, item.args, item.kwargs), torch)):
            yield item


def both(entry: Any) -> tuple[Any, Any]:
    """The entry's function, theirs and ours."""
    return THEIRS.callable(entry.op), OURS.callable(entry.op)


def mapped(value: Any, function: Any) -> Any:
    """The same arguments with each of PyTorch's tensors replaced by function(tensor)."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, dict):
        return {key: mapped(item, function) for key, item in value.items()}
    if isinstance(value, (tuple, list)) and type(value) in (tuple, list):
        return type(value)(mapped(item, function) for item in value)
    return value


def arguments(item: Any) -> tuple[tuple, dict]:
    return (item.input, *item.args), dict(item.kwargs)


def carried(translator: opdb.Translator, value: Any) -> Any:
    """Arguments of PyTorch as the framework's own copy."""
    return translator.value(value, {})


def tensors(value: Any) -> list[Any]:
    """All tensors of a value, of either framework."""
    if isinstance(value, (torch.Tensor, pellucid.Tensor)):
        return [value]
    value = tuple(value.values()) if isinstance(value, dict) else value
    return [t for item in value for t in tensors(item)] if isinstance(value, (tuple, list)) else []


def attempt(function: Any, args: tuple, kwargs: dict) -> tuple[Any, Exception | None]:
    """(result, None) or (None, what was raised)."""
    torch.manual_seed(SEED)
    pellucid.manual_seed(SEED)
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error


def lacking(error: Exception | None) -> bool:
    """Whether pellucid just lacks a name that the entry's code mentions: tests/parity/run.py counts these."""
    return error is not None and opdb.missing(error) is not None
