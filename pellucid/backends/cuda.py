"""CUDA's libraries, which are not used. The settings are kept and change nothing."""

from __future__ import annotations

from types import SimpleNamespace

__all__ = ["cudnn_sdp_enabled", "enable_cudnn_sdp", "enable_flash_sdp", "enable_math_sdp", "enable_mem_efficient_sdp",
           "flash_sdp_enabled", "is_built", "math_sdp_enabled", "matmul", "mem_efficient_sdp_enabled"]

matmul = SimpleNamespace(allow_tf32=False, allow_fp16_reduced_precision_reduction=True,
                         allow_bf16_reduced_precision_reduction=True,
                         allow_fp16_accumulation=False, fp32_precision="none")
_attention = dict.fromkeys(("flash", "math", "mem_efficient", "cudnn"), True)


def is_built() -> bool:
    """Whether this version was built for CUDA: it was not."""
    return False


def flash_sdp_enabled() -> bool:
    """Whether flash attention may be used on CUDA."""
    return _attention["flash"]


def enable_flash_sdp(enabled: bool) -> None:
    """Say whether flash attention may be used on CUDA."""
    _attention["flash"] = bool(enabled)


def math_sdp_enabled() -> bool:
    """Whether attention may be computed step by step on CUDA."""
    return _attention["math"]


def enable_math_sdp(enabled: bool) -> None:
    """Say whether attention may be computed step by step on CUDA."""
    _attention["math"] = bool(enabled)


def mem_efficient_sdp_enabled() -> bool:
    """Whether memory-efficient attention may be used on CUDA."""
    return _attention["mem_efficient"]


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Say whether memory-efficient attention may be used on CUDA."""
    _attention["mem_efficient"] = bool(enabled)


def cudnn_sdp_enabled() -> bool:
    """Whether cuDNN's attention may be used on CUDA."""
    return _attention["cudnn"]


def enable_cudnn_sdp(enabled: bool) -> None:
    """Say whether cuDNN's attention may be used on CUDA."""
    _attention["cudnn"] = bool(enabled)
