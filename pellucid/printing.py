"""How a tensor prints: exactly as PyTorch prints it.

Called by `Tensor.__repr__` alone. Reads elements through NumPy (`ops.made.interchange.exact_array`), so that printing
starts no operation, needs no kernel and works the same inside any mode.

One pass looks at the elements that will be shown and fixes their common width and notation (`_notation`); a second lays
them out in nested brackets (`_nested`); then come the suffixes that say what the elements do not: device, size, dtype,
grad_fn (`_suffixes`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes
from .core import meta as metas
from .core.devices import has_data
from .core.tensor import wrap
from .ops.made.interchange import exact_array

if TYPE_CHECKING:
    from .core.tensor import TensorBase

__all__ = ["set_printoptions", "get_printoptions", "printoptions", "to_str"]


@dataclass
class _Options:
    """What the user may change; the module's one mutable thing. `sci_mode` None means: as the values ask for."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {"default": _Options(), "short": _Options(precision=2, edgeitems=2), "full": _Options(threshold=math.inf)}
OPTIONS = _Options()


def set_printoptions(precision: int | None = None, threshold: float | None = None, edgeitems: int | None = None,
                     linewidth: int | None = None, profile: str | None = None, sci_mode: bool | None = None) -> None:
    """Set how tensors print: digits after the point, the number of elements above which a tensor is summarised, how
    many are then shown at each end of a dimension, characters a line, and whether numbers are in scientific notation
    (None: when they ask for it).

    `profile` ('default', 'short' or 'full') sets the first four at once; the others override it. `sci_mode` is set by
    every call.
    """
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    if profile in _PROFILES:
        vars(OPTIONS).update(asdict(_PROFILES[profile]))
    vars(OPTIONS).update({name: value for name, value in given.items() if value is not None}, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """The current options, as keyword arguments of `set_printoptions`."""
    return asdict(OPTIONS)


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Change the options within a `with` block."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


def _notation(values: np.ndarray[Any, Any]) -> tuple[int, Callable[[Any], str]]:
    """The width shared by all elements, and the function that writes one of them, chosen by the values that will be
    shown.
    """
    if values.dtype.kind != "f":
        width = max((len(str(value)) for value in values.ravel().tolist()), default=1)
        return width, lambda value: str(value).rjust(width)
    finite = values[np.isfinite(values) & (values != 0)]
    whole = bool((finite == np.ceil(finite)).all())
    scientific = False
    if finite.size:
        low, high = float(np.abs(finite).min()), float(np.abs(finite).max())
        scientific = (high / low > 1000.0 or high > 1e8 or low < 1e-4) if OPTIONS.sci_mode is None else OPTIONS.sci_mode
    spec = f".{OPTIONS.precision}e" if scientific else ".0f" if whole else f".{OPTIONS.precision}f"
    point = "." if whole and not scientific else ""      # whole numbers show by a bare point that they are floating
    width = max((len(format(value, spec) + point) for value in finite.tolist()), default=1)
    return width, lambda value: (format(value, spec) + (point if math.isfinite(value) else "")).rjust(width)


def _complex_notation(values: np.ndarray[Any, Any]) -> tuple[int, Callable[[complex], str]]:
    real_width, real = _notation(values.real)
    imag_width, imag = _notation(values.imag)

    def text(value: complex) -> str:
        tail = imag(value.imag).lstrip() + "j"
        return real(value.real) + (tail if tail[0] in "+-" else "+" + tail)

    return real_width + imag_width + 1, text


def _shown(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The elements that a summary of the array shows."""
    ends = OPTIONS.edgeitems
    picks = [[*range(ends), *range(size - ends, size)] if size > 2 * ends else range(size) for size in array.shape]
    return array[np.ix_(*picks)]


def _nested(array: np.ndarray[Any, Any], sizes: tuple[int, ...], indent: int, summarise: bool, width: int,
            text: Callable[[Any], str]) -> str:
    """The elements in nested brackets, broken into lines of at most `linewidth` characters after `indent` of them.

    The array has all dimensions of `sizes` but those of size 1: so there are never more than NumPy has."""
    if not sizes:
        return text(array.item())
    if sizes[0] == 1:
        array = array[None]
    ends = OPTIONS.edgeitems
    cut = summarise and len(array) > 2 * ends
    if len(sizes) == 1:
        parts = [text(value) for value in (array[:ends] if cut else array).tolist()]
        if cut:
            parts += [" ..." if ends else "...", *(text(value) for value in array[len(array) - ends:].tolist())]
        per_line = max(1, (OPTIONS.linewidth - indent) // (width + 2))
        lines = [", ".join(parts[start:start + per_line]) for start in range(0, len(parts), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"
    parts = [_nested(row, sizes[1:], indent + 1, summarise, width, text) for row in (array[:ends] if cut else array)]
    if cut:
        parts += ["...", *(_nested(row, sizes[1:], indent + 1, summarise, width, text)
                           for row in array[len(array) - ends:])]
    return "[" + ("," + "\n" * (len(sizes) - 1) + " " * (indent + 1)).join(parts) + "]"


def _contents(tensor: TensorBase, indent: int) -> str:
    if not has_data(tensor.device):
        return "..."
    if tensor.numel() == 0:
        return "[]"
    array = exact_array(wrap(tensor.memory, metas.squeeze(tensor.meta)[0], tensor.storage_offset()))
    summarise = array.size > OPTIONS.threshold
    shown = _shown(array) if summarise else array
    width, text = (_complex_notation if shown.dtype.kind == "c" else _notation)(shown)
    return _nested(array, tensor.shape, indent, summarise, width, text)


def _suffixes(tensor: TensorBase) -> Iterator[str]:
    meta, empty = not has_data(tensor.device), tensor.numel() == 0
    floating = dtypes.get_default_dtype()
    if tensor.device.type != "cpu":
        yield f"device='{tensor.device}'"
    if meta or (empty and tensor.dim() != 1) or (not empty and not OPTIONS.edgeitems):
        yield f"size={tuple(tensor.shape)}"
    wide = dtypes.complex128 if floating is dtypes.float64 else dtypes.complex64
    plain = (floating,) if meta or empty else (floating, wide, dtypes.int64, dtypes.bool)
    if tensor.dtype not in plain:
        yield f"dtype={tensor.dtype}"
    try:
        node = tensor.grad_fn
    # a view of a tensor that was modified in place where that is not allowed
    except RuntimeError:
        yield "grad_fn=<Invalid>"
    else:
        if node is not None:
            yield f"grad_fn=<{type(node).__name__}>"
        elif tensor.requires_grad:
            yield "requires_grad=True"


def to_str(tensor: TensorBase, contents: str | None = None) -> str:
    """The text of a tensor; `contents` stands for its elements where given."""
    # Parameter prints as a plain tensor does: a class says so by `_printed_as` in its own body, which its subclasses do
    # not inherit
    prefix = vars(type(tensor)).get("_printed_as", type(tensor).__name__) + "("
    indent = len(prefix)
    text = prefix + (_contents(tensor, indent) if contents is None else contents)
    column = len(text) - text.rfind("\n") + 1
    for suffix in _suffixes(tensor):
        if column + len(suffix) + 2 > OPTIONS.linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + len(suffix)
        else:
            text += ", " + suffix
            column += len(suffix) + 2
    return text + ")"
