"""Runs a statement in two frameworks and says what of their variables differs.

A program is a list of lines of Python. `Pair` holds the variables of both frameworks; `Pair.step` runs one more line in
each and compares all variables: so the first line after which the two differ is known. Nothing here knows how programs
are written.

Values: two numbers agree if they are equal (NaN with NaN, zeros of one sign) or a few units of their type apart. Where
they are farther apart, `excused` runs the program again in PyTorch alone, with noise of that size on every result, and
takes the difference for rounding if the noise moves the value as far. So the tolerance grows with the program, and only
where the program is ill-conditioned. What differs between two runs of PyTorch, memory that nothing was written to, is
no finding either.
"""

from __future__ import annotations

import copy
import math
import random
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

UNITS = {
    "torch.float64": 2.0**-52,
    "torch.float32": 2.0**-23,
    "torch.float16": 2.0**-10,
    "torch.bfloat16": 2.0**-7,
    "torch.complex128": 2.0**-52,
    "torch.complex64": 2.0**-23,
    "torch.complex32": 2.0**-10,
}
CLOSE, CLOSE_HALF = 32, 3  # units in the last place that two results may be apart without asking further
SMALL = 1 / 16  # below it the distance counts as it does there: 1 + erf(x) and its like lose digits in both
NOISE = 4  # units of noise on each result
RUNS = 4
HIDDEN = {"torch", "F", "nn", "np", "copy", "nan", "inf", "__builtins__", "__warningregistry__"}
# a difference in one of these does not change what comes after it
SOFT = {"version", "is_view", "grad_fn", "stride of nothing", "offset of nothing"}


class Gone(Exception):
    """The framework's process died or hung."""


class Unseen(str):
    """What a tensor raises when its facts are asked for."""


@dataclass
class Difference:
    """Where two runs of a program part."""

    step: int
    variable: str
    kind: str
    theirs: Any
    ours: Any

    def __str__(self) -> str:
        return f"{self.variable or 'the statement'}: {self.kind}\n    theirs {self.theirs}\n    ours   {self.ours}"


# -------------------------------------------------------------------------------------------------------- one framework


def names(framework: Any) -> dict[str, Any]:
    return {
        "torch": framework,
        "F": framework.nn.functional,
        "nn": framework.nn,
        "np": np,
        "copy": copy,
        "nan": math.nan,
        "inf": math.inf,
    }


def execute(code: Any, variables: dict[str, Any]) -> str:
    """Runs a statement; the name of the exception's type, or nothing. Writes to zeros that PyTorch keeps without memory
    have a name of their own."""
    try:
        exec(code, variables)
    except Exception as error:
        return "ZeroTensorError" if str(error).startswith("ZeroTensors") else type(error).__name__
    return ""


def plain(t: Any) -> Any:
    """A tensor whose numbers can be read: PyTorch keeps some zeros, of gradients, without memory."""
    return t.detach().clone() if getattr(t, "_is_zerotensor", bool)() else t.detach()


def tensor_facts(t: Any, depth: int = 1) -> dict[str, Any]:
    node = t.grad_fn
    facts = {
        "type": type(t).__name__,
        "dtype": repr(t.dtype),
        "shape": tuple(t.shape),
        "stride": tuple(t.stride()),
        "offset": t.storage_offset(),
        "requires_grad": t.requires_grad,
        "is_leaf": t.is_leaf,
        "version": -1 if t.is_inference() else t._version,
        "is_view": t._is_view(),
        "grad_fn": node and node.name(),
        "conj": t.is_conj(),
        "value": None if t.is_meta else plain(t).tolist(),
    }
    if t.is_meta:
        facts["device"] = str(t.device)
    if depth and t.requires_grad:
        facts["retains_grad"] = t.retains_grad
        grad = t.grad
        if grad is not None:
            facts |= {f"grad.{name}": value for name, value in tensor_facts(grad, 0).items()}
        else:
            facts["grad"] = None
    return facts


def described(value: Any, framework: Any, depth: int = 1) -> Any:
    """A variable as plain data: a dict of facts for a tensor."""
    if isinstance(value, framework.Tensor):
        try:
            return tensor_facts(value, depth)
        except Exception as error:
            return Unseen(type(error).__name__)
    if isinstance(value, framework.nn.Module):
        return {name: described(parameter, framework) for name, parameter in value.named_parameters()}
    if isinstance(value, framework.Size):
        return f"torch.Size({list(value)})"
    if isinstance(value, (list, tuple)):
        return [type(value).__name__] + [described(item, framework) for item in value]
    if isinstance(value, np.ndarray):
        return {"dtype": f"torch.{value.dtype}", "shape": value.shape, "stride": value.strides, "value": value.tolist()}
    if isinstance(value, str):  # what the node is called is known from the tensor
        return {"python": "str", "value": re.sub(r"grad_fn=<\w+>", "grad_fn", value)}
    if value is None or isinstance(value, (bool, int, float, complex)):
        return {"python": type(value).__name__, "value": value}
    if isinstance(value, framework.dtype):
        return repr(value)
    return type(value).__name__


def tensors_of(variables: dict[str, Any], framework: Any) -> Iterator[tuple[str, Any]]:
    """(expression, tensor) of each tensor that the program can name."""
    for name, value in variables.items():
        if name in HIDDEN:
            continue
        if isinstance(value, framework.Tensor):
            yield name, value
        elif isinstance(value, (list, tuple)):
            for k, item in enumerate(value):
                if isinstance(item, framework.Tensor):
                    yield f"{name}[{k}]", item
        elif isinstance(value, framework.nn.Module):
            for key, parameter in value.named_parameters():
                yield f"{name}.{key}", parameter


def shared(variables: dict[str, Any], framework: Any) -> dict[str, str]:
    """For each tensor that has memory the first one in the same memory."""
    first: dict[int, str] = {}
    found = {}
    for name, tensor in tensors_of(variables, framework):
        if not tensor.is_meta and not getattr(tensor, "_is_zerotensor", bool)():
            storage = tensor.untyped_storage()
            if storage.nbytes():
                found[name] = first.setdefault(storage.data_ptr(), name)
    return found


# ---------------------------------------------------------------------------------------------------------- two of them


def near(distance: float, size: float, unit: float) -> bool:
    """Whether numbers of a size, whose type has this unit, are a few units apart."""
    return distance <= (CLOSE_HALF if unit > 2.0**-12 else CLOSE) * unit * max(size, SMALL)


def apart(a: Any, b: Any, unit: float) -> str:
    """'' if two numbers agree; else how they do not."""
    if isinstance(a, complex) or isinstance(b, complex):
        a, b = complex(a), complex(b)
        finite = all(map(math.isfinite, (a.real, a.imag, b.real, b.imag)))
        if any(y != y and x == x for x, y in ((a.real, b.real), (a.imag, b.imag))):
            return "nan"                           # of ours alone
        scale = max(abs(a), abs(b)) if finite else 0.0
        ways = {
            apart(x, y, unit) if not finite or not near(abs(x - y), scale, unit) else ""
            for x, y in ((a.real, b.real), (a.imag, b.imag))
        } - {""}
        return (
            "" if not ways else ("sign of zero" if ways == {"sign of zero"} else "value" if finite else "complex nan")
        )
    if isinstance(a, float) and isinstance(b, float):
        if a == b:
            return "" if a or math.copysign(1, a) == math.copysign(1, b) else "sign of zero"
        if a != a and b != b:
            return ""
        if not (math.isfinite(a) and math.isfinite(b)):
            return "nan" if a != a or b != b else "inf"
        return "" if near(abs(a - b), max(abs(a), abs(b)), unit) else "value"
    return "" if a == b else "value"


def flat(value: Any) -> list[Any]:
    return [number for item in value for number in flat(item)] if isinstance(value, list) else [value]


def values_apart(a: Any, b: Any, unit: float) -> str:
    if a == b and not isinstance(a, float) and "0.0" not in str(a):
        return ""
    first, second = flat(a), flat(b)
    if len(first) != len(second):
        return "value"
    ways = {apart(x, y, unit) for x, y in zip(first, second)} - {""}
    return "" if not ways else min(ways, key=("value", "nan", "inf", "complex nan", "sign of zero").index)


def difference(theirs: Any, ours: Any, path: str = "") -> Iterator[tuple[str, str, Any, Any]]:
    """(where, kind, theirs, ours) for each fact in which two descriptions differ."""
    if isinstance(theirs, Unseen) or isinstance(ours, Unseen):
        if theirs != ours:
            yield path, "raises when looked at", theirs, ours
    elif type(theirs) is not type(ours):
        yield path, "what it is", theirs, ours
    elif isinstance(theirs, dict):
        for fact in theirs.keys() | ours.keys():
            a, b = theirs.get(fact, "nothing"), ours.get(fact, "nothing")
            if fact.endswith("value"):
                dtype = theirs.get(fact.removesuffix("value") + "dtype", "torch.float64")
                if way := values_apart(a, b, UNITS.get(dtype, 2.0**-52)):
                    yield path, fact.removesuffix("value") + way, a, b
            elif isinstance(a, dict) or isinstance(b, dict):
                yield from difference(a, b, f"{path}.{fact}")
            elif a != b:
                kind = fact
                both = a != "nothing" and b != "nothing"
                if both and fact.endswith("stride"):
                    shape = theirs[fact.removesuffix("stride") + "shape"]
                    if 0 in shape or all(x == y for n, x, y in zip(shape, a, b) if n > 1):
                        kind += " of nothing"      # of a dimension with one element, or where there are none
                if both and fact.endswith("offset") and 0 in theirs[fact.removesuffix("offset") + "shape"]:
                    kind += " of nothing"
                yield path, kind, a, b
    elif isinstance(theirs, list):
        if len(theirs) != len(ours):
            yield path, "length", len(theirs), len(ours)
        else:
            for k, (a, b) in enumerate(zip(theirs, ours)):
                yield from difference(a, b, f"{path}[{k - 1}]")
    elif theirs != ours:
        yield path, "what it is", theirs, ours


ORDER = (
    "exception",
    "what it is",
    "length",
    "type",
    "python",
    "dtype",
    "shape",
    "stride",
    "requires_grad",
    "is_leaf",
    "grad_fn",
    "value",
    "nan",
    "inf",
    "complex nan",
    "sign of zero",
    "is_view",
    "offset",
    "stride of nothing",
    "offset of nothing",
    "version",
    "sharing",
)


def rank(kind: str) -> tuple[bool, int]:
    plain = kind.removeprefix("grad.")
    return kind.startswith("grad.") and plain != "fn", ORDER.index(plain) if plain in ORDER else len(ORDER)


class Pair:
    """The variables of one program in two frameworks."""

    def __init__(self, theirs: Any, ours: Any, announce: Any = None):
        self.frameworks = theirs, ours
        self.same = (
            theirs.get_rng_state is ours.get_rng_state
        )  # torch against torch, a test of this file: one source of random numbers
        self.variables = names(theirs), names(ours)
        self.announce = announce or (lambda name: None)
        self.lines: list[str] = []
        self.seen: set[str] = (
            set()
        )  # the soft kinds in which they differ already: what follows from that is not told again
        for framework in self.frameworks:
            framework.manual_seed(0)

    def step(self, line: str) -> list[Difference]:
        """Runs a line in both and compares everything."""
        code = compile(line, "<program>", "exec")
        self.lines.append(line)
        ways, number = [], len(self.lines) - 1
        state = self.frameworks[0].get_rng_state() if self.same else None
        for framework, variables in zip(self.frameworks, self.variables):
            self.announce(framework.__name__)
            if state is not None:
                framework.set_rng_state(state)
            ways.append(execute(code, variables))
        self.raised = ways[0]
        if ways[0] != ways[1]:
            return [Difference(number, "", "exception", *(way or "nothing" for way in ways))]
        found = []
        for name in list(self.variables[0]):
            if name in HIDDEN:
                continue
            theirs, ours = (
                described(variables.get(name), framework)
                for framework, variables in zip(self.frameworks, self.variables)
            )
            found += [
                Difference(number, name + path, kind, a, b)
                for path, kind, a, b in difference(theirs, ours)
                if kind.removeprefix("grad.") not in self.seen
            ]
        if not found:
            theirs, ours = map(shared, self.variables, self.frameworks)
            found += [
                Difference(number, name, "sharing", theirs.get(name), ours.get(name))
                for name in theirs.keys() & ours.keys()
                if theirs[name] != ours[name]
            ]
        if ways[0]:  # a call that raised: PyTorch may have written a part
            for d in found:
                if d.kind in ("value", "nan", "inf", "sign of zero", "shape", "stride", "version"):
                    d.kind += " after an exception"
        self.seen |= {kind for d in found if (kind := d.kind.removeprefix("grad.")) in SOFT}
        return sorted(found, key=lambda d: rank(d.kind))

    def close(self) -> None:
        """What a program may leave behind is set back."""
        for framework in self.frameworks:
            framework.set_default_dtype(framework.float32)
            framework.set_grad_enabled(True)


def is_soft(difference: Difference) -> bool:
    return difference.kind.removeprefix("grad.") in SOFT


def follow(pair: Pair, lines: Iterable[str]) -> list[Difference]:
    """Runs lines up to a difference that matters to what follows; it and the soft ones on the way, one of a kind."""
    found: list[Difference] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for line in lines:
                differences = pair.step(line)
                kinds: set[str] = set()
                for d in unexcused(
                    [d for d in differences if not is_soft(d)][:1], pair.lines, pair.frameworks[0]
                ) + list(filter(is_soft, differences)):
                    if d.kind not in kinds:
                        found.append(d)
                        kinds.add(d.kind)
                if not all(map(is_soft, differences)):
                    break
    finally:
        pair.close()
    return found


# ------------------------------------------------------------------------------------------------------------- rounding


def unexcused(found: list[Difference], lines: list[str], framework: Any) -> list[Difference]:
    """The differences that rounding does not explain."""
    return [
        d
        for d in found
        if d.kind.removeprefix("grad.") not in ("value", "nan", "inf", "exception") or not excused(d, lines, framework)
    ]


def is_short(number: float) -> bool:
    """A number that is likely exact, whatever was computed: it gets no noise."""
    return not math.isfinite(number) or (abs(number) <= 64 and number * 8 == round(number * 8))


def disturb(tensor: Any, framework: Any, draw: random.Random) -> None:
    unit = UNITS.get(repr(tensor.dtype))
    if unit is None or tensor.is_meta or not tensor.numel() or getattr(tensor, "_is_zerotensor", bool)():
        return
    data = tensor.data
    if data.is_complex():
        data = framework.view_as_real(data.resolve_conj() if data.is_conj() else data)
    numbers = flat(data.tolist())
    if all(map(is_short, numbers)):
        return
    factors = [1.0 if is_short(x) else 1 + draw.choice((-1, 1)) * NOISE * unit for x in numbers]
    data.mul_(framework.tensor(factors, dtype=framework.float64).reshape(data.shape).to(data.dtype))


def noisy(lines: list[str], framework: Any, seed: int) -> tuple[list[str], dict[str, Any]]:
    """A run in one framework with noise on all that is new or changed; what it raised and its variables."""
    draw, variables, before, raised = random.Random(seed), names(framework), {}, []
    framework.manual_seed(0)
    try:
        for k, line in enumerate(lines):
            raised.append(execute(compile(line, "<program>", "exec"), variables))
            if k == len(lines) - 1:
                break
            for name, tensor in list(tensors_of(variables, framework)):
                if tensor.is_meta or not all(tensor.stride()) or str(plain(tensor).tolist()) == before.get(name):
                    continue
                disturb(tensor, framework, draw)
                if tensor.is_leaf and tensor.grad is not None:
                    disturb(tensor.grad, framework, draw)
                before[name] = str(plain(tensor).tolist())
    finally:
        framework.set_default_dtype(framework.float32)
        framework.set_grad_enabled(True)
    return raised, {name: described(value, framework) for name, value in variables.items() if name not in HIDDEN}


def numbers_at(variables: dict[str, Any], wanted: Difference) -> list[Any] | None:
    """The numbers of the variable a difference names."""
    name, _, rest = wanted.variable.partition("[")
    value = variables.get(name.partition(".")[0])
    if "." in name:
        value = value.get(name.partition(".")[2]) if isinstance(value, dict) else None
    if rest and isinstance(value, list):
        try:
            for index in rest.rstrip("]").split("]["):
                value = value[int(index) + 1]
        except (IndexError, TypeError):
            return None
    fact = "grad.value" if wanted.kind.startswith("grad.") else "value"
    return flat(value[fact]) if isinstance(value, dict) and fact in value else None


def excused(wanted: Difference, lines: list[str], framework: Any) -> bool:
    """Whether noise of a few units in PyTorch's own results moves its answer as far as the difference goes."""
    raised, clean = quiet(lines, framework)
    runs = [noisy(lines, framework, seed) for seed in range(RUNS)]
    if any(run[0] != raised for run in runs):
        return True
    if wanted.kind == "exception":
        return False
    base, others = numbers_at(clean, wanted), [numbers_at(run[1], wanted) for run in runs]
    ours = flat(wanted.ours)
    if str(base) != str(flat(wanted.theirs)):  # PyTorch does not agree with itself: memory that nothing was written to
        return True
    if base is None or any(other is None or len(other) != len(base) for other in others) or len(ours) != len(base):
        return base is not None
    for k, (a, b) in enumerate(zip(base, ours)):
        if not isinstance(a, (float, complex)) or isinstance(a, bool):
            if a != b and all(other[k] == a for other in others):
                return False
            continue
        spread = [abs(other[k] - a) for other in others]
        if a == b or (a != a and b != b) or any(s != s for s in spread):
            continue
        if not abs(a - b) <= 12 * max(spread) + 1e-300:
            if apart(a, b, 2.0**-52 if unit_of(wanted, clean) is None else unit_of(wanted, clean)):
                return False
    return True


def unit_of(wanted: Difference, variables: dict[str, Any]) -> float | None:
    name = wanted.variable.partition("[")[0].partition(".")[0]
    value = variables.get(name)
    return UNITS.get(value.get("dtype")) if isinstance(value, dict) else 2.0**-23


def quiet(lines: list[str], framework: Any) -> tuple[list[str], dict[str, Any]]:
    variables = names(framework)
    framework.manual_seed(0)
    try:
        raised = [execute(compile(line, "<program>", "exec"), variables) for line in lines]
    finally:
        framework.set_default_dtype(framework.float32)
        framework.set_grad_enabled(True)
    return raised, {name: described(value, framework) for name, value in variables.items() if name not in HIDDEN}
