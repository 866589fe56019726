"""Views as copies."""

from __future__ import annotations

import inspect
from typing import Any

from ...check import check
from ...core import meta as metas
from ...dtypes import dtype
from ..families.composites import composite, delivered
from ..families.declare import REGISTRY
from . import pieces  # noqa: F401, some of whose views are copied below
from .view import narrow


@composite(out=True, exact="result")
def alias_copy(input):
    """A copy."""
    return input.clone(memory_format=metas.contiguous_format)


def write_results(name: str, found: Any, out: Any) -> Any:
    """Copy views into the tensors of `out=`. PyTorch returns nothing where there are several."""
    several = isinstance(found, (tuple, list))
    check(isinstance(out, (tuple, list)) is several, "{}(): argument 'out' must be {}, not {}", name,
          "tuple of Tensors" if several else "Tensor", type(out).__name__, error=TypeError)
    views, targets = (found, out) if several else ((found,), (out,))
    check(len(views) == len(targets), "{}_out() expected an out= argument of size {}, got size {}", name, len(views),
          len(targets))
    for view, target in zip(views, targets, strict=True):
        check(hasattr(target, "meta"), "{}(): argument 'out' must be Tensor, not {}", name, type(target).__name__,
              error=TypeError)
        check(target.meta.dtype is view.meta.dtype, "Expected out tensor to have dtype {}, but got {} instead",
              view.meta.dtype, target.meta.dtype)
        # not written over while it is read
        delivered(view.clone() if view.memory is target.memory else view, out=target)
    return None if several else out


def _copied(name: str) -> Any:
    def copied(*args, out=None, **kwargs):
        # a copy need not be a view: of any strides, view_copy has what reshape has
        view = REGISTRY["reshape" if name == "view" and not kwargs and not isinstance(args[1], dtype) else name]
        found = view(*args, **kwargs)
        if out is not None:
            return write_results(name + "_copy", found, out)
        return (tuple(t.clone(memory_format=metas.contiguous_format) for t in found) if isinstance(found, (tuple, list))
                else found.clone(memory_format=metas.contiguous_format))

    copied.__name__ = copied.__qualname__ = name + "_copy"
    copied.__doc__ = f"`{name}`, copied."
    shown = inspect.signature(REGISTRY[name])
    copied.__signature__ = shown.replace(parameters=[*shown.parameters.values(),
                                                     inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY,
                                                                       default=None)])
    return composite(copied)


@composite(exact="result")
def narrow_copy(input, dim, start, length):
    """`narrow`, copied."""
    check(dim < max(input.meta.ndim, 1), "narrow_copy(): dimension {} is not one of the {} that the tensor has", dim,
          input.meta.ndim)
    return narrow(input, dim, start, length).clone(memory_format=metas.contiguous_format)


VIEWS_WITH_COPIES = """as_strided diagonal expand permute select split split_with_sizes squeeze t transpose unbind
unfold unsqueeze view view_as_complex view_as_real""".split()
for _name in VIEWS_WITH_COPIES:
    _copied(_name)
