"""Samplers. Orders are PyTorch's for the same seed."""

from __future__ import annotations

import itertools

import pytest

import pellucid
from pellucid.utils.data import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

CASES = [
    (lambda: RandomSampler(range(6)), [0, 1, 2, 3, 5, 4]),
    (lambda: RandomSampler(range(6), num_samples=8), [0, 1, 2, 3, 5, 4, 5, 3]),
    (lambda: RandomSampler(range(6), True, 5), [0, 2, 2, 3, 3]),
    (lambda: RandomSampler(range(6), generator=pellucid.Generator().manual_seed(1)), [1, 5, 2, 0, 3, 4]),
    (lambda: SubsetRandomSampler([3, 5, 7, 9]), [3, 5, 9, 7]),
    (lambda: WeightedRandomSampler([0.1, 0.2, 0.7], 6), [2, 2, 2, 2, 2, 2]),
    (lambda: WeightedRandomSampler([0.1, 0.2, 0.7], 3, replacement=False), [2, 1, 0]),
]


@pytest.mark.parametrize("make, expected", CASES)
def test_the_seed_gives_pytorchs_order(make, expected):
    pellucid.manual_seed(0)
    assert list(make()) == expected


def test_orders():
    assert list(SequentialSampler(range(4))) == [0, 1, 2, 3] and len(SequentialSampler(range(4))) == 4
    sampler = RandomSampler(range(100))
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(100)) and first != second and len(sampler) == 100
    assert len(list(RandomSampler(range(7), num_samples=17))) == 17
    drawn = list(RandomSampler(range(5), replacement=True, num_samples=70))
    assert len(drawn) == 70 and set(drawn) == set(range(5))
    assert sorted(SubsetRandomSampler([3, 5, 7])) == [3, 5, 7] and len(SubsetRandomSampler([3, 5, 7])) == 3
    assert set(WeightedRandomSampler([0.0, 1.0, 0.0], 5)) == {1} and len(WeightedRandomSampler([1.0], 5)) == 5


def test_a_pass_without_generator_takes_one_number():
    pellucid.manual_seed(0)
    list(RandomSampler(range(100)))
    after = pellucid.rand(1).item()
    pellucid.manual_seed(0)
    pellucid.empty((), dtype=pellucid.int64).random_()
    assert pellucid.rand(1).item() == after


def test_batches():
    assert (list(BatchSampler(range(5), 2, False)) == [[0, 1], [2, 3], [4]] and len(BatchSampler(range(5), 2, False))
            == 3)
    assert list(BatchSampler(range(5), 2, True)) == [[0, 1], [2, 3]] and len(BatchSampler(range(5), 2, True)) == 2
    assert len(BatchSampler(range(4), 2, False)) == 2


def test_wrong_weights():
    for weights, options, message in (([1.0], {"num_samples": 2, "replacement": False},
                                       "cannot sample n_sample > prob_dist"),
                                      ([1.0, -1.0], {"num_samples": 2}, "encountering probability entry < 0"),
                                      ([1.0, -1.0], {"num_samples": 1},
                                       "probability tensor contains either `inf`, `nan` or element < 0"),
                                      ([0.0, 0.0], {"num_samples": 2},
                                       r"invalid multinomial distribution \(sum of probabilities <= 0\)")):
        with pytest.raises(RuntimeError, match=message):
            list(WeightedRandomSampler(weights, **options))


def test_arguments():
    with pytest.raises(TypeError, match="replacement should be a boolean value, but got replacement=1"):
        RandomSampler(range(3), replacement=1)
    for make, message in ((lambda: RandomSampler([]),
                           "num_samples should be a positive integer value, but got num_samples=0"),
                          (lambda: WeightedRandomSampler([1.0], 0), "num_samples should be a positive integer value"),
                          (lambda: WeightedRandomSampler([[1.0]], 1),
                           r"weights should be a 1d sequence but .* have shape \(1, 1\)"),
                          (lambda: BatchSampler(range(3), 0, False),
                           "batch_size should be a positive integer value, but got batch_size=0"),
                          (lambda: BatchSampler(range(3), 1, 0),
                           "drop_last should be a boolean value, but got drop_last=0")):
        with pytest.raises(ValueError, match=message):
            make()


def test_draws_with_replacement_are_made_when_they_are_asked_for():
    sampler = RandomSampler(range(6), True, 10**12)
    assert len(sampler) == 10**12
    assert set(itertools.islice(sampler, 100)) == set(range(6))
    assert [len(list(RandomSampler(range(6), True, n))) for n in (1, 31, 32, 33, 64)] == [1, 31, 32, 33, 64]
