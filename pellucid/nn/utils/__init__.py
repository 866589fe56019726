"""Helpers on parameters: clipping of gradients, all parameters as one vector, parameters that are computed from others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid.absent import absent as _absent
from pellucid.nn.utils import parametrize as parametrize
from pellucid.nn.utils.clip_grad import (clip_grad_norm, clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_,
                                         get_total_norm)
from pellucid.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm",
    "parameters_to_vector", "parametrize",
    "vector_to_parameters",
]

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
