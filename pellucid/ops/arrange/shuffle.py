"""Pixels and channels shuffled."""

from __future__ import annotations

import operator
from typing import Any

from ...check import check
from ...core import meta as metas
from ..families.composites import composite


@composite
def pixel_shuffle(input, upscale_factor):
    """(..., C * r * r, H, W) as (..., C, H * r, W * r): channels become r x r blocks of pixels."""
    r = _whole("pixel_shuffle", "upscale_factor", upscale_factor)
    check(input.meta.ndim >= 3,
          "pixel_shuffle expects input to have at least 3 dimensions, but got input with {} dimension(s)",
          input.meta.ndim)
    check(r > 0, "pixel_shuffle expects a positive upscale_factor, but got {}", r)
    *batch, c, h, w = input.meta.shape
    check(c % (r * r) == 0,
          "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, but "
          "input.size(-3)={} is not divisible by {}", c, r * r)
    n = len(batch)
    split = input.reshape(*batch, c // (r * r), r, r, h, w).permute(*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return _laid_out(split.reshape(*batch, c // (r * r), h * r, w * r), input)


def _whole(name: str, parameter: str, value: Any) -> int:
    """An argument that has to be a whole number."""
    check(hasattr(type(value), "__index__") and not isinstance(value, bool),
          "{}(): argument '{}' (position 2) must be int, not {}", name, parameter,
          type(value).__name__, error=TypeError)
    return operator.index(value)


def _laid_out(found: Any, like: Any) -> Any:
    """A result of its own in the memory format that the input's strides speak for."""
    format = metas.suggested_format(like.meta)
    if found.meta.strides == metas.format_strides(found.meta.shape, format) and found.memory is not like.memory:
        return found
    return found.clone(memory_format=format)


@composite
def pixel_unshuffle(input, downscale_factor):
    """The inverse of `pixel_shuffle`."""
    r = _whole("pixel_unshuffle", "downscale_factor", downscale_factor)
    check(input.meta.ndim >= 3,
          "pixel_unshuffle expects input to have at least 3 dimensions, but got input with {} dimension(s)",
          input.meta.ndim)
    check(r > 0, "pixel_unshuffle expects a positive downscale_factor, but got {}", r)
    *batch, c, h, w = input.meta.shape
    check(h % r == 0 and w % r == 0,
          "pixel_unshuffle expects height and width to be divisible by downscale_factor, but input of size {} is not "
          "divisible by {}",
          [h, w], r)
    n = len(batch)
    split = input.reshape(*batch, c, h // r, r, w // r, r).permute(*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return _laid_out(split.reshape(*batch, c * r * r, h // r, w // r), input)


@composite
def channel_shuffle(input, groups):
    """Channels (dimension 1) dealt out anew: the first of every group, then the second of every group ..."""
    check(input.meta.ndim > 2, "channel_shuffle expects input with > 2 dims, but got input with sizes {}",
          list(input.meta.shape))
    groups = _whole("channel_shuffle", "groups", groups)
    check(groups > 0, "Number of groups to divide channels in must be positive. Value of groups:{}", groups)
    n, c, *rest = input.meta.shape
    check(c % groups == 0, "Number of channels must be divisible by groups. Got {} channels and {} groups.", c, groups)
    return _laid_out(input.reshape(n, groups, c // groups, *rest).transpose(1, 2).reshape(n, c, *rest), input)
