"""`DataLoader`: batches of a data set, in the caller's process.

    sampler ── indices ──> batch_sampler ── lists of them ──> data set ── samples ──> collate_fn ──> batch

Each pass draws a base seed (for workers, which this version does not have) before the sampler draws anything, as
PyTorch does: the same seed gives the same batches.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from pellucid import ops
from pellucid.dtypes import int64
from pellucid.ops.random.generator import Generator
from pellucid.utils.data.collate import default_collate, default_convert
from pellucid.utils.data.dataset import Dataset, IterableDataset
from pellucid.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = ["DataLoader", "get_worker_info"]

T_co = TypeVar("T_co", covariant=True)
_FIXED = frozenset(("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"))


def get_worker_info() -> None:
    """None: this is not a worker process."""
    return None


class _Endless(Sampler):
    """The sampler of a stream, which has no indices."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class DataLoader(Generic[T_co]):
    """Iterates over batches of a data set.

    Args:
        dataset: by index, or a stream (IterableDataset).
        batch_size: samples a batch; None for samples one by one, without collating.
        shuffle: a new random order each pass.
        sampler, batch_sampler: the order, instead of `shuffle`; the latter gives whole batches of indices.
        collate_fn: makes a batch of a list of samples; `default_collate` stacks them.
        drop_last: leave out a last batch that is not full.
        generator: for shuffling; the default generator unless given.
        num_workers: 0. Worker processes are not in this version, nor what belongs to them.
    """

    dataset: Dataset[T_co]
    batch_size: int | None
    sampler: Sampler[Any] | Iterable[Any]
    batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None
    num_workers: int
    collate_fn: Callable[[list[Any]], Any]
    pin_memory: bool
    drop_last: bool
    timeout: float
    worker_init_fn: Callable[[int], None] | None
    multiprocessing_context: Any
    generator: Generator | None
    prefetch_factor: int | None
    persistent_workers: bool
    pin_memory_device: str
    in_order: bool

    def __init__(self, dataset: Dataset[T_co], batch_size: int | None = 1, shuffle: bool | None = None,
                 sampler: Sampler[Any] | Iterable[Any] | None = None,
                 batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None = None,
                 num_workers: int = 0, collate_fn: Callable[[list[Any]], Any] | None = None, pin_memory: bool = False,
                 drop_last: bool = False, timeout: float = 0, worker_init_fn: Callable[[int], None] | None = None,
                 multiprocessing_context: Any = None,
                 generator: Generator | None = None, *, prefetch_factor: int | None = None,
                 persistent_workers: bool = False, pin_memory_device: str = "", in_order: bool = True) -> None:
        if num_workers < 0:
            raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
        if num_workers > 0:
            raise ValueError(f"worker processes are not in this version: use num_workers=0 instead of {num_workers}")
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if prefetch_factor is not None:
            raise ValueError("prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to "
                             "enable multiprocessing, otherwise set prefetch_factor to None.")
        if persistent_workers:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if multiprocessing_context is not None:
            raise ValueError(
                "multiprocessing_context can only be used with multi-process loading (num_workers > 0), but got "
                "num_workers=0")
        stream = isinstance(dataset, IterableDataset)
        for name, value, unset in (("shuffle", shuffle, (False, None)), ("sampler", sampler, (None,)),
                                   ("batch_sampler", batch_sampler, (None,))) if stream else ():
            if not any(value is option for option in unset):
                raise ValueError(
                    f"DataLoader with IterableDataset: expected unspecified {name} option, but got {name}={value}")
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")
        if sampler is None:
            sampler = _Endless() if stream else RandomSampler(dataset,
                                                              generator=generator) if shuffle else SequentialSampler(
                dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset, self.batch_size, self.drop_last, self.generator = dataset, batch_size, drop_last, generator
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.num_workers, self.prefetch_factor, self.persistent_workers, self.timeout = 0, None, False, timeout
        self.pin_memory, self.pin_memory_device, self.in_order = pin_memory, pin_memory_device, in_order
        self.worker_init_fn, self.multiprocessing_context = worker_init_fn, None
        self._told_length: int | None = None              # of a stream, by len(loader)
        self._initialized = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _FIXED and "_initialized" in self.__dict__:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> Iterator[Any]:
        if self.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be "
                "used.",
                          stacklevel=2)
        return (_StreamIter if isinstance(self.dataset, IterableDataset) else _MapIter)(self)

    def __len__(self) -> int:
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        length = self._told_length = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)


class _MapIter(Iterator):
    """One pass over a data set with indices."""

    def __init__(self, loader: DataLoader) -> None:
        self.dataset, self.collate_fn, self.batched = (loader.dataset, loader.collate_fn,
                                                       loader.batch_sampler is not None)
        self.indices, self.length = iter(loader._index_sampler), loader._index_sampler
        self.base_seed = ops.empty((), dtype=int64).random_(generator=loader.generator).item()

    def __len__(self) -> int:
        return len(self.length)

    def __next__(self) -> Any:
        index = next(self.indices)
        if not self.batched:
            return self.collate_fn(self.dataset[index])
        many = getattr(self.dataset, "__getitems__", None)
        return self.collate_fn(many(index) if many else [self.dataset[i] for i in index])


class _StreamIter(_MapIter):
    """One pass over a stream."""

    def __init__(self, loader: DataLoader) -> None:
        super().__init__(loader)
        self.stream, self.told, self.drop_last, self.fetched = iter(
            loader.dataset), loader._told_length, loader.drop_last, 0

    def __next__(self) -> Any:
        index = next(self.indices)
        if self.batched:
            data = list(itertools.islice(self.stream, len(index)))
            if not data or (self.drop_last and len(data) < len(index)):
                raise StopIteration
        else:
            data = next(self.stream)
        self.fetched += 1
        if self.told is not None and self.fetched > self.told:
            warnings.warn(f"Length of IterableDataset {self.dataset} was reported to be {self.told}(when accessing "
                          f"len(dataloader)), but {self.fetched} samples have been fetched. ", stacklevel=2)
        return self.collate_fn(data)
