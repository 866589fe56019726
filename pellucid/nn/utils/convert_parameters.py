"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from pellucid import ops
from pellucid.tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def _check_one_device(parameters: list[Tensor]) -> None:
    if len({parameter.device for parameter in parameters}) > 1:
        raise TypeError("Found two parameters on different devices, this is currently not supported.")


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The parameters one after the other, differentiable."""
    _check_one_device(parameters := list(parameters))
    return ops.cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Make the parameters slices of the vector, whose memory they share from now on."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    _check_one_device(parameters := list(parameters))
    start = 0
    for parameter in parameters:
        stop = start + parameter.numel()
        parameter.data = vec[start:stop].view(parameter.shape).data
        start = stop
