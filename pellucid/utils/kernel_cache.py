"""The disk cache of compiled kernels: where it is, how large, how large it may be, and how to empty it.

    >>> from pellucid.utils import kernel_cache
    >>> kernel_cache.directory()                     # doctest: +SKIP
    PosixPath('/home/me/.cache/pellucid/kernels')
"""

from __future__ import annotations

from pellucid.codegen.targets.cache import clear, directory, limit, set_limit, size

__all__ = ["clear", "directory", "limit", "set_limit", "size"]
