"""Look-up tables: Embedding."""

from __future__ import annotations

from typing import Any

from pellucid import ops
from pellucid.autograd import no_grad
from pellucid.nn import functional as F
from pellucid.nn import init
from pellucid.nn.modules.module import Module
from pellucid.nn.parameter import Parameter
from pellucid.tensor import Tensor

__all__ = ["Embedding"]


class Embedding(Module):
    """Rows of a learned table, by index.

    Args:
        num_embeddings, embedding_dim: shape of the table.
        padding_idx: this row starts as zeros and gets no gradient.
        max_norm: rows that are looked up are first scaled, in place, to at most this `norm_type`-norm.
        scale_grad_by_freq: divide the gradient of a row by how often it is in the batch.
        sparse: not in this version (there are no sparse gradients); kept False.

    Shape: input (*) of integers, output (*, embedding_dim).
    """

    weight: Tensor
    num_embeddings: int
    embedding_dim: int
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    sparse: bool

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
                 max_norm: float | None = None,
                 norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
                 _weight: Tensor | None = None, _freeze: bool = False, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError("Padding_idx must be within num_embeddings")
            padding_idx %= num_embeddings
        self.padding_idx = padding_idx
        self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse = (max_norm, norm_type, scale_grad_by_freq,
                                                                               sparse)
        if _weight is None:
            self.weight = Parameter(ops.empty((num_embeddings, embedding_dim), device=device, dtype=dtype),
                                    requires_grad=not _freeze)
            self.reset_parameters()
        else:
            if tuple(_weight.shape) != (num_embeddings, embedding_dim):
                raise AssertionError("Shape of weight does not match num_embeddings and embedding_dim")
            self.weight = Parameter(_weight, requires_grad=not _freeze)

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None,
                        max_norm: float | None = None,
                        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False) -> Embedding:
        """An Embedding of a given table, not trained if `freeze`."""
        if embeddings.dim() != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        return cls(*embeddings.shape, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight=embeddings,
                   _freeze=freeze)

    def reset_parameters(self) -> None:
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq,
                           self.sparse)

    def extra_repr(self) -> str:
        defaults = {"padding_idx": None, "max_norm": None, "norm_type": 2, "scale_grad_by_freq": False, "sparse": False}
        shown = (f", {name}={getattr(self, name)}" for name, usual in defaults.items() if getattr(self, name) != usual)
        return f"{self.num_embeddings}, {self.embedding_dim}" + "".join(shown)
