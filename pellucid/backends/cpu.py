"""The processor."""

from __future__ import annotations

from ..codegen.targets import cpu as target

__all__ = ["get_cpu_capability"]


def get_cpu_capability() -> str:
    """The widest vectors that kernels use: 'AVX512', 'AVX2' or 'DEFAULT'."""
    return {64: "AVX512", 32: "AVX2"}.get(target.vector_bytes(), "DEFAULT")
