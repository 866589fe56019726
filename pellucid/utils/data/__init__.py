"""Data sets, samplers and loaders, laid out as PyTorch's `torch.utils.data`."""
# ruff: noqa: I001  (several names a line)

from __future__ import annotations

from typing import TYPE_CHECKING

from pellucid.absent import absent as _absent
from pellucid.utils.data.collate import default_collate, default_convert
from pellucid.utils.data.dataloader import DataLoader, get_worker_info
from pellucid.utils.data.dataset import (
    ChainDataset, ConcatDataset, Dataset, IterableDataset, StackDataset, Subset, TensorDataset, random_split,
)
from pellucid.utils.data.sampler import (
    BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler,
)

__all__ = [
    "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "IterableDataset", "RandomSampler",
    "Sampler",
    "SequentialSampler", "StackDataset", "Subset", "SubsetRandomSampler", "TensorDataset", "WeightedRandomSampler",
    "default_collate",
    "default_convert", "get_worker_info", "random_split",
]

if not TYPE_CHECKING:                            # to checkers an absent name is an error
    __getattr__ = _absent(__name__)
