"""Whether any, whether all, how many."""

from __future__ import annotations

from ... import dtypes
from ...codegen import math as m
from ...codegen.schedules.reductions import Reduction
from ...dtypes import dtype
from ..families.reductions import reduction
from ..families.types import BOOL
from .extremes import _int64


def _any(d: dtype) -> Reduction:
    return Reduction(((dtypes.bool, False),), lambda s, x: (s[0] | (x != 0),), lambda a, b: (a[0] | b[0],),
                     lambda s, n: s[0])


def _all(d: dtype) -> Reduction:
    return Reduction(((dtypes.bool, True),), lambda s, x: (s[0] & (x != 0),), lambda a, b: (a[0] & b[0],),
                     lambda s, n: s[0])


def _truth(common: dtype, given: dtype) -> tuple[dtype, ...]:
    return (dtypes.uint8 if given is dtypes.uint8 else dtypes.bool,)


@reduction(_any, promotes=BOOL, supports="buifcs", outs=_truth)
def any(input, dim=None, keepdim=False):
    """Whether one element or more is true (not 0)."""


@reduction(_all, promotes=BOOL, supports="buifcs", outs=_truth)
def all(input, dim=None, keepdim=False):
    """Whether every element is true (not 0)."""


def _count(d: dtype) -> Reduction:
    def step(s, x):
        hit = x != 0
        return (s[0] + m.convert(hit, "i64"),)

    return Reduction(((dtypes.int64, 0),), step, lambda a, b: (a[0] + b[0],), lambda s, n: s[0])


@reduction(_count, outs=_int64)
def count_nonzero(input, dim=None):
    """How many elements are not 0."""


for _op in (any, all, count_nonzero):
    _op.nondifferentiable()
