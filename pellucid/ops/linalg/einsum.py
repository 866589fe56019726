"""Einstein's summation."""

from __future__ import annotations

import math
from typing import Any

from ...check import check
from ..families.composites import composite
from .product import bmm


@composite
def einsum(*args):
    """Products of tensors whose dimensions are named by letters, summed over the letters that the result lacks:
    `einsum("ij,jk->ik", a, b)`, or `einsum(a, [0, 1], b, [1, 2], [0, 2])`. "..." stands for dimensions without
    names."""
    check(len(args) >= 2,
          "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
          "subscripts list", error=ValueError)
    if isinstance(args[0], str):
        equation, operands = args[0], args[1] if len(args) == 2 and isinstance(args[1], (tuple, list)) else args[1:]
        left, arrow, right = equation.replace(" ", "").partition("->")
        terms, result = [_letters(term) for term in left.split(",")], _letters(right) if arrow else None
    else:
        operands = args[:len(args) // 2 * 2:2]
        terms, result = [list(term) for term in args[1::2]], list(args[-1]) if len(args) % 2 else None
    check(len(operands) > 0, "einsum(): must provide at least one operand")
    check(len(terms) == len(operands), "einsum(): {} operands were provided than specified in the equation",
          "fewer" if len(terms) > len(operands) else "more")
    wide = 0
    for k, (term, x) in enumerate(zip(terms, operands)):
        free = x.meta.ndim - len(term) + (... in term)
        check(free == 0 or (free > 0 and ... in term),
              "einsum(): the number of subscripts in the equation ({}) {} the number of dimensions ({}) for operand {}"
              "{}", len(term) - (... in term), "is more than" if free < 0 else "does not match", x.meta.ndim, k,
              "" if free < 0 else " and no ellipsis was given")
        wide = max(wide, free)
    spread = [("...", k) for k in range(wide)]

    def named(term: list[Any], free: int) -> list[Any]:
        at = term.index(...) if ... in term else len(term)
        return term[:at] + (spread[wide - free:] if ... in term else []) + term[at + 1:]

    names = [named(term, x.meta.ndim - len(term) + 1) for term, x in zip(terms, operands)]
    if result is None:
        every = [n for own in names for n in own]
        result = spread + sorted(n for n in set(every) if n not in spread and every.count(n) == 1)
    else:
        result = named(result, wide)
        for n in result:
            check(result.count(n) == 1, "einsum(): output subscript {} appears more than once in the output", n)
            check(n in spread or any(n in own for own in names),
                  "einsum(): output subscript {} does not appear in the equation for any input operand", n)
    parts = [_distinct(x, own) for x, own in zip(operands, names)]
    sizes: dict[Any, int] = {}
    for x, own in parts:
        for n, size in zip(own, x.meta.shape):
            seen = sizes.get(n, 1)
            check(seen in (1, size) or size == 1,
                  "einsum(): subscript {} has size {} for operand which does not broadcast with previously seen "
                  "size {}", n, size, seen)
            sizes[n] = size if seen == 1 else seen
    found, own = parts[0]
    for k, (x, other) in enumerate(parts[1:], 2):
        later = {n for _, names_later in parts[k:] for n in names_later} | set(result)
        found, own = _contracted(found, own, x, other, later)
    gone = [d for d, n in enumerate(own) if n not in result]
    found = found.sum(gone) if gone else found
    own = [n for n in own if n in result]
    missing = [n for n in result if n not in own]
    for _ in missing:
        found = found.unsqueeze(-1)
    return found.permute([(own + missing).index(n) for n in result])


def _letters(term: str) -> list[Any]:
    """The names in a term: letters, and ... for an ellipsis."""
    head, dots, tail = term.partition("...")
    check(all(c.isalpha() for c in head + tail),
          "einsum(): invalid subscript given in the equation string, subscripts must be in [a-zA-Z]: {}", term)
    return [*head, *([...] if dots else []), *tail]


def _distinct(x: Any, names: list[Any]) -> tuple[Any, list[Any]]:
    """The tensor with dimensions of the same name made one: their diagonal."""
    names = list(names)
    for n in list(dict.fromkeys(names)):
        while names.count(n) > 1:
            one = names.index(n)
            two = names.index(n, one + 1)
            check(x.meta.shape[one] == x.meta.shape[two],
                  "einsum(): subscript {} is repeated for operand but the sizes don't match, {} != {}", n,
                  x.meta.shape[one],
                  x.meta.shape[two])
            x = x.diagonal(0, one, two)
            names = [m for d, m in enumerate(names) if d not in (one, two)] + [n]
    return x, names


def _contracted(a: Any, mine: list[Any], b: Any, other: list[Any], later: set[Any]) -> tuple[Any, list[Any]]:
    """The product of two tensors, summed over the names that nobody asks for later: one batched matrix product, or,
    where no name of both is summed, a product of elements. A sum of integers is int64, but one of a single element is
    none."""
    def only(x: Any, own: list[Any], others: list[Any]) -> tuple[Any, list[Any]]:
        gone = [d for d, n in enumerate(own) if n not in later and (n not in others or x.meta.shape[d] == 1)]
        many = [d for d in gone if x.meta.shape[d] != 1]
        x = x.sum(many, True) if many else x
        return (x.squeeze(gone), [n for d, n in enumerate(own) if d not in gone]) if gone else (x, own)

    a, mine = only(a, mine, other)
    b, other = only(b, other, mine)
    a, mine = only(a, mine, other)
    both = [n for n in mine if n in other]
    batch, summed = [n for n in both if n in later], [n for n in both if n not in later]
    rows, columns = [n for n in mine if n not in both], [n for n in other if n not in both]
    size = dict(zip(other, b.meta.shape)) | {n: s for n, s in zip(mine, a.meta.shape) if n not in both or s != 1}

    names = batch + rows + columns
    if not summed:
        a = a.permute([mine.index(n) for n in batch + rows])
        b = b.permute([other.index(n) for n in batch + columns])
        left, right = tuple(a.meta.shape), tuple(b.meta.shape)
        return a.reshape(left + (1,) * len(columns)) * b.reshape(right[:len(batch)] + (1,
                                                                 ) * len(rows) + right[len(batch):]), names

    def laid_out(x: Any, own: list[Any], groups: list[list[Any]]) -> Any:
        order = [n for group in groups for n in group]
        return x.permute([own.index(n) for n in order]).expand([size[n]
                                                                for n in order]).reshape([math.prod(size[n]
            for n in group) for group in groups])

    found = bmm(laid_out(a, mine, [batch, rows, summed]), laid_out(b, other, [batch, summed, columns]))
    return found.reshape([size[n] for n in names]), names
