"""What an operator is: the spec that its family leaves on it, `op.spec`.

Whoever does more with an operator than call it (derivatives, the stepping mode; vmap, forward mode, tracing, other
targets) matches on the spec. Nobody asks for an operator's name. In-place forms share the spec of their operator.

    Map        one body for each element                Scan       a running value along one dimension
    Reduce     many elements become a few               Place      elements read from, or written to, indexed places
    Rows       reductions and maps over whole rows      Many       one body over many tensors, in place
    View       the same memory looked at otherwise      Planned    shapes and kernels its own: products, random words
    Host       work outside of kernels                  Composite  plain Python over other operators
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Spec", "Map", "Reduce", "Rows", "Scan", "View", "Place", "Many", "Planned", "Host", "Composite"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Spec:
    """What all families say.

    dims     the parameters that are dimensions of the first operand
    linear   sets of operands in each of which the operator is linear while the others are held fixed: ("input other",)
             for a sum, ("input", "other") for a product, () where it is not linear
    """

    dims: tuple[str, ...] = ()
    linear: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Map(Spec):
    """`body(*parameters)` gives one element of each result. `types(key)` is (the type to compute in, the results'
    types); operands in `keep` reach the body as they are."""

    body: Callable[..., Any]
    types: Callable[[tuple[Any, ...]], tuple[Any, tuple[Any, ...]]]
    keep: frozenset[str] = frozenset()


@dataclass(frozen=True, eq=False, kw_only=True)
class Reduce(Spec):
    """`rule(type to compute in)` is the Reduction, over the dimensions that `dims` names (all, where it names none)."""

    rule: Callable[[Any], Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class Rows(Spec):
    """`body(row, *parameters)` gives one element of each result of kind "row", one value of each of kind "one".

    along(given)   the dimensions that make up a row, by the named parts of a key
    one, shared    operands with one value a row, operands that all rows share; the others have the first operand's
                   shape
    results        "row" or "one" for each result
    """

    body: Callable[..., Any]
    along: Callable[[dict[str, Any]], tuple[int, ...]]
    one: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    results: tuple[str, ...] = ("row",)


@dataclass(frozen=True, eq=False, kw_only=True)
class Scan(Spec):
    """`rule(type to compute in)` is the Scan; `reverse`: it starts at the end."""

    rule: Callable[[Any], Any]
    reverse: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class View(Spec):
    """`look(meta, *statics)` is (Meta, distance in elements), or a list of such pairs."""

    look: Callable[..., Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class Place(Spec):
    """The operand `at` holds the indices of elements of the operand that is read (`reads`) or written to (`writes`).
    `combine(old, value,
    *indices)` is what is written, None where the value is."""

    at: str
    reads: str | None = None
    writes: str | None = None
    combine: Callable[..., Any] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Many(Spec):
    """`body` over the elements of groups of tensors, whose columns `outputs` it writes."""

    body: Callable[..., Any]
    outputs: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Planned(Spec):
    """`plan(*key)` is the Plan."""

    plan: Callable[..., Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class Host(Spec):
    """`compute(*values)` makes its results by itself, outside of kernels or out of other operators, recorded as one."""

    compute: Callable[..., Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class Composite(Spec):
    """`parts(*args, **kwargs)` calls other operators, from which all follows."""

    parts: Callable[..., Any] = field(repr=False)
