"""Where tensors come from and go: made, copied, exchanged."""

from __future__ import annotations

from . import arguments, copy, data, interchange, rule, size
