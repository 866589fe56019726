"""Linear algebra, under the names of torch.linalg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .absent import absent as _absent
from .ops import linalg_cross as cross
from .ops import linalg_diagonal as diagonal
from .ops import linalg_multi_dot as multi_dot
from .ops import linalg_vander as vander
from .ops import linalg_vecdot as vecdot
from .ops import linalg_vector_norm as vector_norm
from .ops import matmul

__all__ = ["cross", "diagonal", "matmul", "multi_dot", "vander", "vecdot", "vector_norm"]

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
