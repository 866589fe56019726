"""Calls made of the tables in samples.py: tensors from their texts, and the same values in other layouts.

Used by test_every_op.py and by the sweeps, which know no operator by name but for their tables of reasoned exceptions.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import pellucid as torch
from pellucid.core.op import Op
from pellucid.nn import functional
from pellucid.ops import REGISTRY
from tests.ops.samples import CREATED, DOMAINS, LARGE, SAMPLES, Sample


def operator(name: str) -> Any:
    """The operator that a sample is of."""
    return getattr(functional, name[2:]) if name.startswith("F.") else REGISTRY[name]


# aliases are tested once
NAMES = sorted([n for n, op in REGISTRY.items() if not n.startswith("_") and not n.endswith("_") and op.name == n]
               + ["F." + n for n, op in vars(functional).items() if isinstance(op, Op) and not n.startswith("_")
                  and not n.endswith("_")
                  and op is not REGISTRY.get(n) and n != "prelu_kernel"])

CASES = [pytest.param(name, k, large, id=f"{name}-{'large-' * large}{k}") for name in NAMES
         for large, table in ((False, SAMPLES), (True, LARGE))
         for k in range(len(table.get(name, ())))]

# what a result is depends on how its operands lie in memory, by definition
LAYOUT_MATTERS = set(
    "view view_as as_strided as_strided_scatter view_as_complex view_copy as_strided_copy view_as_complex_copy".split())
SMALL = [c for c in CASES if not c.values[2]]
MADE = [pytest.param(name, k, id=f"{name}-{k}") for name, calls in CREATED.items() for k in range(len(calls))]


def build(spec: Any, rng: np.random.Generator, domain: tuple[float, float], grad: bool = False,
          dtype: Any = torch.float64) -> Any:
    """A tensor from its text (see above); sequences of texts likewise; anything else as it is."""
    if isinstance(spec, tuple) and any(isinstance(s, str) for s in spec):
        return tuple(build(s, rng, domain, grad, dtype) for s in spec)
    if not isinstance(spec, str) or not re.fullmatch(r"(\(\)|\d+(x\d+)*)(:.*)?", spec):
        return spec
    size, _, kind = spec.partition(":")
    shape = () if size == "()" else tuple(map(int, size.split("x")))
    if kind.startswith("index"):
        return torch.tensor(rng.integers(0, int(kind[5:]), shape))
    if kind == "bool":
        return torch.tensor(rng.random(shape) > 0.5)
    if kind == "int64":
        return torch.tensor(rng.integers(-5, 5, shape))
    if kind == "sign":
        return torch.tensor(rng.integers(0, 2, shape) * 2.0 - 1).to(dtype)
    if kind == "complex128":
        found = torch.tensor(rng.standard_normal(shape) + 1j * rng.standard_normal(shape))
        return found.requires_grad_() if grad else found
    low, high = map(float, kind.split("..")) if kind else domain
    found = torch.tensor(rng.uniform(low, high, shape)).to(dtype)
    return found.requires_grad_() if grad and dtype.is_floating_point else found


def sample(name: str, k: int, grad: bool = False, dtype: Any = torch.float64, large: bool | None = False) -> Sample:
    """The arguments of sample k, the same ones each time. `large=None` means those of the table CREATED."""
    rng = np.random.default_rng(zlib.crc32(f"{name}{k}".encode()))
    args, kwargs = (CREATED if large is None else LARGE if large else SAMPLES)[name][k]
    domain = DOMAINS.get(name, (-1.5, 1.5))
    return tuple(build(a, rng, domain, grad, dtype) for a in args), {key: build(v, rng, domain, grad, dtype)
                                                                     for key, v in kwargs.items()}


def tensors_of(value: Any) -> list[Any]:
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    return [t for v in value for t in tensors_of(v)] if isinstance(value, (tuple, list)) else []


def differentiable(args: Any) -> list[Any]:
    return [t for t in tensors_of(args) if t.requires_grad]


def mapped(value: Any, function: Any) -> Any:
    """The same arguments with each tensor replaced by function(tensor)."""
    if isinstance(value, torch.Tensor):
        return function(value)
    if isinstance(value, dict):
        return {key: mapped(item, function) for key, item in value.items()}
    if isinstance(value, (tuple, list)) and tensors_of(value):
        items = [mapped(item, function) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


# ---- layouts ---------------------------------------------------------------------------------------------------------

def _turned(x: Any) -> Any:
    order = tuple(reversed(range(x.ndim)))
    return x.permute(order).contiguous().permute(order)


def _stepped(x: Any) -> Any:
    wide = torch.zeros([2 * n + 1 for n in x.shape], dtype=x.dtype)
    return wide[tuple(slice(1, None, 2) for _ in x.shape)].copy_(x)


def _first_of(x: Any, dim: int) -> Any:
    return x.narrow(dim, 0, 1).expand(x.shape)


def _channels_last(x: Any) -> Any:
    return x.contiguous(memory_format=torch.channels_last if x.ndim == 4 else torch.channels_last_3d)


def _shifted(x: Any) -> Any:
    return torch.zeros(x.numel() + 1, dtype=x.dtype)[1:].view(x.shape).copy_(x)


# name -> (least number of dimensions, the same values - or, where steps are 0, some of them - in another layout)
LAYOUTS: dict[str, tuple[int, Any]] = {
    "transposed": (2, _turned),
    "last two transposed": (3, lambda x: x.transpose(-1, -2).contiguous().transpose(-1, -2)),
    "step 2": (1, _stepped),
    "rows at stride 0": (2, lambda x: _first_of(x, 0)),
    "columns at stride 0": (1, lambda x: _first_of(x, -1)),
    "all at stride 0": (1, lambda x: x[(slice(0, 1),) * x.ndim].expand(x.shape)),
    "transposed, stride 0": (3, lambda x: _first_of(_turned(x), 1)),
    "windows that overlap": (2, lambda x: x.contiguous().view(-1).as_strided(x.shape, (1,) * x.ndim)),
    "channels last": (4, _channels_last),
    "not aligned": (1, _shifted),
}


def fits(layout: str, x: Any) -> bool:
    """Whether a tensor can be laid out so, and is not already."""
    least = LAYOUTS[layout][0]
    return x.ndim >= least and x.numel() > 0 and (layout != "channels last" or x.ndim in (4, 5))


def laid_out(layout: str, x: Any) -> Any:
    with torch.no_grad():
        return LAYOUTS[layout][1](x.detach()) if fits(layout, x) else x.detach()


def plain(x: Any) -> Any:
    """A contiguous copy."""
    return x.detach().clone(memory_format=torch.contiguous_format)


class Findings:
    """What a sweep found on one call. One failure does not hide the next: `with findings(what)` notes it, `settle`
    raises them together.
    """

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            text = " ".join(line for line in str(error).split("\n")[:12] if line.strip())
            self.found.setdefault(f"{type(error).__name__}: {text[:400]}", []).append(what)

    def settle(self) -> None:
        if self.found:
            pytest.fail("\n".join(f"{'; '.join(where)}: {text}" for text, where in self.found.items()), pytrace=False)
