"""DataLoader. Batches are PyTorch's for the same seed."""

from __future__ import annotations

import pytest

import pellucid
from pellucid.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    SequentialSampler,
    TensorDataset,
    get_worker_info,
)

DATA = list(range(10))


class Stream(IterableDataset):
    def __iter__(self):
        return iter(range(5))

    def __len__(self):
        return 3


def lists(loader):
    return [batch.tolist() for batch in loader]


def test_batches():
    assert lists(DataLoader(DATA, 4)) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]] and len(DataLoader(DATA, 4)) == 3
    assert (lists(DataLoader(DATA, 4, drop_last=True)) == [[0, 1, 2, 3], [4, 5, 6, 7]]
            and len(DataLoader(DATA, 4, drop_last=True)) == 2)
    assert list(DataLoader(DATA, batch_size=None)) == DATA and len(DataLoader(DATA, batch_size=None)) == 10
    assert lists(DataLoader(DATA, batch_sampler=[[1, 2], [5]])) == [[1, 2], [5]]
    assert lists(DataLoader(DATA, 2, sampler=[3, 1, 4])) == [[3, 1], [4]]
    assert list(DataLoader(DATA, 5, collate_fn=sum)) == [10, 35]
    x, y = next(iter(DataLoader(TensorDataset(pellucid.zeros(4, 2), pellucid.arange(4)), 3)))
    assert x.shape == (3, 2) and y.tolist() == [0, 1, 2]


def test_many_at_once():
    class Many(Dataset):
        def __getitems__(self, indices):
            return [i * 10 for i in indices]

        def __len__(self):
            return 3

    assert lists(DataLoader(Many(), 2)) == [[0, 10], [20]]


SHUFFLED = [[6, 7, 1, 4, 2], [0, 9, 8, 3, 5], [2, 4, 7, 0, 8], [9, 5, 3, 6, 1], 497]
GENERATED = [[3, 7, 5, 2, 0], [8, 1, 6, 9, 4], [1, 3, 2, 7, 5], [9, 0, 6, 4, 8]]


def test_the_seed_gives_pytorchs_batches():
    pellucid.manual_seed(0)
    loader = DataLoader(DATA, 5, shuffle=True)
    assert lists(loader) + lists(loader) + [pellucid.randint(1000, (1,)).item()] == SHUFFLED
    loader = DataLoader(DATA, 5, shuffle=True, generator=pellucid.Generator().manual_seed(0))
    assert lists(loader) + lists(loader) == GENERATED


def test_every_pass_takes_a_base_seed():
    pellucid.manual_seed(0)
    list(DataLoader(DATA, 5))
    after = pellucid.rand(1).item()
    pellucid.manual_seed(0)
    pellucid.empty((), dtype=pellucid.int64).random_()
    assert pellucid.rand(1).item() == after


def test_streams():
    assert (lists(DataLoader(Stream(), 2)) == [[0, 1], [2, 3], [4]] and lists(DataLoader(Stream(), 2, drop_last=True))
            == [[0, 1], [2, 3]])
    assert list(DataLoader(Stream(), batch_size=None)) == [0, 1, 2, 3, 4] and len(DataLoader(Stream(), 2)) == 2
    loader = DataLoader(Stream(), batch_size=None)
    assert len(loader) == 3
    with pytest.warns(UserWarning, match="was reported to be 3"):
        list(loader)
    for options, name in (({"shuffle": True}, "shuffle"), ({"sampler": [1]}, "sampler"),
                          ({"batch_sampler": [[1]]}, "batch_sampler")):
        with pytest.raises(ValueError, match=f"DataLoader with IterableDataset: expected unspecified {name} option"):
            DataLoader(Stream(), **options)


def test_arguments():
    for options, message in (({"num_workers": -1}, "num_workers option should be non-negative"),
                             ({"timeout": -1}, "timeout option should be non-negative"),
                             ({"prefetch_factor": 2},
                              "prefetch_factor option could only be specified in multiprocessing"),
                             ({"persistent_workers": True}, "persistent_workers option needs num_workers > 0"),
                             ({"multiprocessing_context": "fork"},
                              "multiprocessing_context can only be used with multi-process loading"),
                             ({"sampler": [1], "shuffle": True}, "sampler option is mutually exclusive with shuffle"),
                             ({"batch_sampler": [[1]], "batch_size": 2},
                              "batch_sampler option is mutually exclusive with batch_size"),
                             ({"batch_size": None, "drop_last": True}, "batch_size=None option disables auto-batching"),
                             ({"batch_size": 0},
                              "batch_size should be a positive integer value, but got batch_size=0")):
        with pytest.raises(ValueError, match=message):
            DataLoader(DATA, **options)


def test_attributes():
    loader = DataLoader(DATA, 4)
    assert isinstance(loader.sampler, SequentialSampler) and isinstance(loader.batch_sampler, BatchSampler)
    for name in ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"):
        with pytest.raises(ValueError, match=f"{name} attribute should not be set after DataLoader is initialized"):
            setattr(loader, name, None)
    loader.collate_fn = len
    assert list(loader) == [4, 4, 2]
    iterator = iter(loader)
    assert iter(iterator) is iterator and len(iterator) == 3
    with pytest.warns(UserWarning, match="'pin_memory' argument is set as true but no accelerator is found"):
        list(DataLoader(DATA, 5, pin_memory=True))


def test_workers_are_refused():
    with pytest.raises(ValueError, match="worker processes are not in this version"):
        DataLoader(DATA, num_workers=2)
    assert get_worker_info() is None
