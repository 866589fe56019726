"""The smallest and the largest in one pass: what checks of indices ask."""

from __future__ import annotations

from ... import dtypes
from ...codegen import math as m
from ...codegen.schedules.reductions import Reduction
from ...dtypes import dtype
from ..families.reductions import reduction


def _range_of(d: dtype) -> Reduction:
    info = dtypes.iinfo(d)
    return Reduction(((d, info.max), (d, info.min)), lambda s, x: (m.minimum(s[0], x), m.maximum(s[1], x)),
                     lambda a, b: (m.minimum(a[0], b[0]), m.maximum(a[1], b[1])), lambda s, n: s, lanes=16)


@reduction(_range_of, supports="ui", outs=lambda common, given: (given, given), public=False)
def index_range(input):
    """(smallest, largest) of integers; of none, the type's largest and smallest."""
