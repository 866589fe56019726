"""Names for what parameters take, as torch.types has them: for annotations in users' programs, and in the stubs that
tools/stubs.py makes.

Names with an underscore are Python's own and this package's, for places where a function or method of the same name
hides them (`Tensor.int`).
"""

from __future__ import annotations

import os
from builtins import bool as _bool
from builtins import bytes as _bytes
from builtins import complex as _complex
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from builtins import type as _type
from collections.abc import Sequence
from typing import IO, TypeAlias, Union

from .core.meta import memory_format as _memory_format
from .device import device as _device
from .dtypes import dtype as _dtype
from .layouts import layout as _layout
from .storage import UntypedStorage
from .tensor import Tensor

__all__ = ["Number", "Device", "FileLike", "Storage", "_bool", "_bytes", "_complex", "_device", "_dims", "_dtype",
           "_float", "_int", "_layout",
           "_memory_format", "_size", "_str", "_type", "_TensorOrTensors", "_TensorOrOptionalTensors"]

# Union, since isinstance of PyTorch's programs looks at __args__.
Number: TypeAlias = Union[int, float, bool]                              # noqa: UP007
Device: TypeAlias = Union[_device, str, int, None]                       # noqa: UP007
FileLike: TypeAlias = Union[str, os.PathLike[str], IO[bytes]]            # noqa: UP007
Storage: TypeAlias = UntypedStorage
_TensorOrTensors: TypeAlias = Union[Tensor, Sequence[Tensor]]            # noqa: UP007
_TensorOrOptionalTensors: TypeAlias = Union[Tensor, Sequence[Union[Tensor, None]]]                  # noqa: UP007
_size: TypeAlias = Sequence[int]
_dims: TypeAlias = Union[int, Sequence[int], None]                       # noqa: UP007
