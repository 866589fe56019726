"""Bilinear products and one-hot vectors."""

from __future__ import annotations

from pellucid import ops
from pellucid.check import check
from pellucid.dtypes import int64
from pellucid.ops.families.composites import composite
from pellucid.tensor import Tensor

__all__ = ["bilinear", "one_hot"]


@composite(public=False)
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`y[k] = x1 @ weight[k] @ x2 + bias[k]`."""
    outputs, size1, size2 = weight.shape
    for dim, (a, b) in enumerate(zip(input1.shape[:-1], input2.shape[:-1], strict=False)):
        check(a == b, "bilinear(): input batch dimensions do not match at dim {}: got {} and {}", dim, a, b)
    check(input1.dim() == input2.dim(), "bilinear(): input dimensions do not match: got {} and {}", input1.dim(),
          input2.dim())
    for name, found, size in (("input1", input1.shape[-1], size1), ("input2", input2.shape[-1], size2)):
        check(found == size, "bilinear(): {} size does not match weight size: got {} but expected {}", name, found,
              size)
    check(bias is None or bias.shape[0] == outputs,
          "bilinear(): bias size does not match weight size: got {} but expected {}",
          None if bias is None else bias.shape[0], outputs)
    half = (input1 @ weight.permute(1, 0, 2).reshape(size1, outputs * size2)).unflatten(-1, (outputs, size2))
    result = (half @ input2.unsqueeze(-1)).squeeze(-1)
    return result if bias is None else result + bias


@composite(public=False)
def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Zeros of shape (*, num_classes) with a 1 at each index."""
    check(tensor.dtype is int64, "one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.numel() == 0:
        check(num_classes > 0, "Can not infer total number of classes from empty tensor.")
        return tensor.new_zeros((*tensor.shape, num_classes))
    if tensor.is_meta and num_classes > 0:
        return tensor.new_empty((*tensor.shape, num_classes))
    check(tensor.min().item() >= 0, "Class values must be non-negative.")
    largest = tensor.max().item()
    num_classes = largest + 1 if num_classes == -1 else num_classes
    check(largest < num_classes, "Class values must be smaller than num_classes.")
    return (tensor.contiguous().unsqueeze(-1) == ops.arange(num_classes, device=tensor.device)).to(int64)
