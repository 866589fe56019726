"""The surface of Tensor against PyTorch: a thousand expressions (surface.txt), index expressions at random, printing at
random.
"""

from __future__ import annotations

import array
import copy
import pickle
import random
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

EXPRESSIONS = [line for line in Path(__file__).with_name("surface.txt").read_text().split("\n") if line
               and not line.startswith("#")]
SETUP = """
x = torch.arange(24.0).reshape(2, 3, 4)
m = x > 5
g = torch.arange(24.0).reshape(2, 3, 4).requires_grad_()
z = torch.ones(2, 1)
b = torch.ones(2, dtype=torch.bfloat16)
mt = torch.ones(2, device="meta")
ro = np.arange(3.0)
ro.flags.writeable = False
"""


def described(value: Any, framework: Any) -> Any:
    """What of a result is compared."""
    if isinstance(value, (list, tuple)) and not isinstance(value, framework.Size):
        return [described(item, framework) for item in value]
    if isinstance(value, framework.Tensor):
        node = value.grad_fn
        contents = None if value.device.type == "meta" else value.detach().tolist()
        stride = value.stride() if value.numel() else None
        return (tuple(value.shape), stride, value.storage_offset(), repr(value.dtype), str(value.device),
                value.requires_grad, node and node.name(), contents)
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tolist()
    return repr(value)


def outcome(expression: str, framework: Any) -> Any:
    names = {"torch": framework, "np": np, "array": array, "copy": copy, "pickle": pickle, "L": framework.tensor}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(SETUP, names)
            if expression.startswith("exec:"):
                exec(expression[5:], names)
                found = names.get("r", names["x"])
            else:
                found = eval(expression, names)
            return described(found, framework)
        except Exception as error:
            return type(error).__name__


def alike(a: Any, b: Any) -> bool:
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, (float, complex)) and isinstance(b, (float, complex)):
        return a == b or (a != a and b != b) or abs(a - b) <= 2e-6 * abs(b)
    return a == b


@pytest.mark.parametrize("first", range(0, len(EXPRESSIONS), 100))
def test_expressions(ours, theirs, first):
    different = []
    for expression in EXPRESSIONS[first:first + 100]:
        mine, reference = outcome(expression, ours), outcome(expression, theirs)
        if not alike(mine, reference):
            different.append(f"{expression}\n    ours   {mine}\n    theirs {reference}")
    assert not different, "\n".join(different)


# ---- at random -------------------------------------------------------------------------------------------------------

DTYPES = ("float32", "int64", "float64", "bool", "uint8", "complex64", "bfloat16", "int16")


class Pair:
    """The same tensor in both frameworks, taken through the same random views."""

    def __init__(self, draw: random.Random, ours: Any, theirs: Any):
        shape = [draw.choice((1, 2, 3, 4, 5) if draw.random() < 0.9 else (0, 1, 2)) for _ in range(draw.randrange(5))]
        self.dtype = draw.choice(DTYPES)
        data = np.arange(np.prod(shape, dtype=int)).reshape(shape)
        self.tensors = [framework.from_numpy(data.copy()).to(getattr(framework, self.dtype))
                        for framework in (theirs, ours)]
        for _ in range(draw.randrange(4)):
            step = self.step(draw, list(self.tensors[0].shape))
            self.tensors = [step(tensor) for tensor in self.tensors]

    @staticmethod
    def step(draw: random.Random, shape: list[int]) -> Any:
        ndim, kind = len(shape), draw.randrange(7)
        if kind == 0 and ndim > 1:
            order = draw.sample(range(ndim), ndim)
            return lambda t: t.permute(order)
        if kind == 1 and ndim:
            dim = draw.randrange(ndim)
            start = draw.randrange(shape[dim] + 1)
            cut = (slice(None),) * dim + (slice(start, draw.randrange(start, shape[dim] + 1), draw.randrange(1, 4)),)
            return lambda t: t[cut]
        if kind == 2:
            dim = draw.randrange(ndim + 1)
            return lambda t: t.unsqueeze(dim)
        if kind == 3 and ndim and shape[0]:
            return lambda t: t[0]
        if kind == 4 and ndim < 4:
            return lambda t: t.expand(2, *shape)
        if kind == 5 and ndim > 1:
            return lambda t: t.diagonal()
        return lambda t: t.squeeze()


def random_index(draw: random.Random, shape: list[int]) -> list[Any]:
    """Items of an index expression, arrays for tensors; now and then a wrong one. No index occurs twice: which write
    wins is not fixed.
    """
    items: list[Any] = []
    dim = 0
    rows = draw.choice(((), (2,), (3,), (1,), (0,)))
    while dim < len(shape) and draw.randrange(8):
        size, kind = shape[dim], draw.randrange(10)
        if kind < 2 and size:
            items.append(draw.randrange(-size, size + (draw.random() < 0.05)))
        elif kind < 5:
            bounds = [draw.choice((None, draw.randrange(-size - 2, size + 3))) for _ in range(2)]
            items.append(slice(*bounds, draw.choice((None, 1, 2, 3))))
        elif kind == 5:
            items.append(None)
            continue
        elif kind < 9 and np.prod(rows, dtype=int) <= size:
            items.append(np.array(draw.sample(range(size), int(np.prod(rows, dtype=int))),
                                  np.int64).reshape(rows) - draw.randrange(2) * size)
        elif kind == 9:
            width = draw.randrange(1, 1 + min(2, len(shape) - dim))
            items.append(np.array([draw.random() > 0.5
                                   for _ in range(int(np.prod(shape[dim:dim + width])))]).reshape(
                                       shape[dim:dim + width]))
            dim += width - 1
        else:
            items.append(draw.choice((True, False)))
            continue
        dim += 1
    if draw.random() < 0.2:
        items.insert(draw.randrange(len(items) + 1), Ellipsis)
    return items


@pytest.mark.parametrize("seed", range(8))
def test_indexing_at_random(ours, theirs, seed):
    draw = random.Random(seed)
    for _ in range(200):
        pair = Pair(draw, ours, theirs)
        items = random_index(draw, list(pair.tensors[0].shape))
        found = []
        for framework, tensor in zip((theirs, ours), pair.tensors):
            index = tuple(framework.from_numpy(item.copy()) if isinstance(item, np.ndarray) else item for item in items)
            try:
                part = described(tensor[index], framework)
                written = tensor.clone()
                written[index] = 1
                again = tensor.clone()
                again[index] = written[index]
                found.append((part[:1] + part[2:], described(written, framework), described(again, framework)))
            except Exception as error:
                found.append(type(error).__name__)
        assert alike(*found), (items, pair.tensors[0].shape, pair.tensors[0].stride(), pair.dtype, found)


def random_numbers(draw: random.Random, count: int) -> list[float]:
    scale = 10.0 ** draw.randrange(-8, 12)
    kinds = (lambda: draw.gauss(0, 1), lambda: float(round(draw.gauss(0, 10))), lambda: draw.gauss(0, 1) * scale,
             lambda: round(draw.gauss(0, scale)) * 1.0,
             lambda: 0.0, lambda: draw.choice((float("nan"), draw.gauss(0, 1))),
             lambda: draw.choice((float("-inf"), 1.0, -0.0)), lambda: 10 ** draw.gauss(0, 5))
    kind = draw.choice(kinds)
    return [kind() for _ in range(count)]


@pytest.mark.parametrize("seed", range(8))
def test_printing_at_random(ours, theirs, seed):
    draw = random.Random(seed)
    for _ in range(150):
        shape = [draw.choice((0, 1, 2, 3, 4, 5, 7, 12) if draw.random() < 0.9 else (30,))
                 for _ in range(draw.randrange(5))]
        count = int(np.prod(shape, dtype=int))
        dtype = draw.choice(("float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "bool",
                             "complex64", "complex128"))
        if dtype in ("int64", "int32", "uint8", "bool"):
            numbers: list[Any] = [draw.randrange(2 if dtype == "bool" else 256) for _ in range(count)]
        else:
            numbers = random_numbers(draw, count)
            if dtype.startswith("complex"):
                numbers = list(map(complex, numbers, random_numbers(draw, count)))
        options = {"precision": draw.choice((4, 4, 2, 8, 0)), "threshold": draw.choice((1000, 10, 0, 50)),
                   "edgeitems": draw.choice((3, 3, 1, 5, 0)),
                   "linewidth": draw.choice((80, 80, 40, 20, 120)), "sci_mode": draw.choice((None, None, True, False))}
        grad, meta = draw.random() < 0.3 and dtype not in ("int64", "int32", "uint8", "bool"), draw.random() < 0.1
        printed = []
        for framework in (theirs, ours):
            framework.set_printoptions(**options)
            tensor = framework.tensor(numbers, dtype=getattr(framework, dtype)).reshape(shape)
            tensor = tensor.to("meta") if meta else tensor
            printed.append(repr(tensor.requires_grad_() * 1 if grad and count % 2 else tensor.requires_grad_(grad)))
            framework.set_printoptions(profile="default")
        assert printed[0] == printed[1], (shape, dtype, options)
