"""Runs launches on NumPy arrays without the core: what the tests of schedules share."""

from __future__ import annotations

import ctypes
import inspect
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from pellucid import dtypes
from pellucid.codegen.schedules.loop import Arg
from pellucid.codegen.targets import cpu

_KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def for_host(*modules: ModuleType) -> SimpleNamespace:
    """The planners of modules, told what the host's target tells them unless a test says something else."""
    facts = {"vector_bytes": lambda: cpu.vector_bytes(), "halves": lambda: cpu.halves_vectors()}

    def told(planner: Any) -> Any:
        wanted = [name for name in facts if name in inspect.signature(planner).parameters]
        return lambda *args, **given: planner(*args, **({name: facts[name]() for name in wanted} | given))

    return SimpleNamespace(**{name: told(planner) for module in modules
                              for name, planner in inspect.getmembers(module, inspect.isfunction)
                              if planner.__module__ == module.__name__})


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def bits(value: float) -> int:
    """A scalar as its word."""
    return int(np.float64(value).view(np.int64)) if isinstance(value, float) else int(value)


def launch(launches, arrays, scalars=(), scratch: int = 0, order=None) -> None:
    """Run every launch over all its chunks, one after the other or in a given order."""
    memory = np.full(scratch + 64, 0xFF, np.uint8)
    pointers = [address(a) for a in arrays] + ([address(memory)] if scratch else [])
    for one in launches:
        words = np.array([*pointers, *map(bits, scalars), *one.words], np.int64)
        kernel = _KERNEL(cpu.compile(one.kernel))
        for chunk in order(one.chunks) if order else [None]:
            kernel(address(words), *((0, one.chunks) if chunk is None else (chunk, chunk + 1)))


def dtype_of(array: np.ndarray) -> dtypes.dtype:
    return getattr(dtypes, str(array.dtype))


def arg(array: np.ndarray, shape=None) -> Arg:
    """An array as a schedule's operand, broadcast to `shape`."""
    seen = array if shape is None else np.broadcast_to(array, shape)
    return Arg(dtype_of(array), tuple(s // array.itemsize for s in seen.strides))
