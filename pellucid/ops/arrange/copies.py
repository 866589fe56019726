"""Views as copies."""

from __future__ import annotations

from typing import Any

from ...check import check
from ...core import meta as metas
from ..families.composites import composite
from ..families.declare import REGISTRY
from . import pieces  # noqa: F401, some of whose views are copied below
from .view import narrow


@composite
def alias_copy(input):
    """A copy."""
    return input.clone(memory_format=metas.contiguous_format)


def _copied(name: str) -> Any:
    def copied(*args, **kwargs):
        found = REGISTRY[name](*args, **kwargs)
        return tuple(t.clone(memory_format=metas.contiguous_format) for t in found) if isinstance(found, (tuple, list)) else \
            found.clone(memory_format=metas.contiguous_format)

    copied.__name__ = copied.__qualname__ = name + "_copy"
    copied.__doc__ = f"`{name}`, copied."
    return composite(copied)


@composite
def narrow_copy(input, dim, start, length):
    """`narrow`, copied."""
    check(dim < max(input.meta.ndim, 1), "narrow_copy(): dimension {} is not one of the {} that the tensor has", dim, input.meta.ndim)
    return narrow(input, dim, start, length).clone(memory_format=metas.contiguous_format)


VIEWS_WITH_COPIES = """as_strided diagonal expand permute select split split_with_sizes squeeze t transpose unbind unfold unsqueeze view
view_as_complex view_as_real""".split()
for _name in VIEWS_WITH_COPIES:
    _copied(_name)
