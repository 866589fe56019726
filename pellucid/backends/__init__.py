"""What PyTorch calls backends: libraries that it may be built with. None of them is used here, so none is available.

Settings that programs make (`cudnn.benchmark = True`) are accepted and kept, and change nothing: results are
deterministic with any of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..absent import absent as _absent
from . import cpu as cpu
from . import cuda as cuda
from . import cudnn as cudnn
from . import mkl as mkl
from . import mkldnn as mkldnn
from . import mps as mps
from . import openmp as openmp
from . import opt_einsum as opt_einsum
from . import quantized as quantized

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum", "quantized"]

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
