"""Random numbers without PyTorch at hand: digests of what it draws from seed 7, and what a Generator promises.

tests/parity/test_random.py compares with PyTorch itself, over many more cases.
"""

from __future__ import annotations

import zlib

import pytest

import pellucid as torch

DRAWS = {
    "rand": lambda: (torch.rand(1000), torch.rand(5, dtype=torch.float64), torch.rand(40, dtype=torch.float16)),
    "randn": lambda: (torch.randn(7), torch.randn(16), torch.randn(1001), torch.randn(9, dtype=torch.float64), torch.randn(20, dtype=torch.float16)),
    "whole": lambda: (torch.randint(10, (700,)), torch.randint(-5, 2**40, (9,)), torch.randperm(1000), torch.zeros(9).random_(3, 8)),
    "fills": lambda: (torch.zeros(20).uniform_(-1, 3), torch.zeros(20).normal_(2, 0.5), torch.zeros(20).bernoulli_(0.3), torch.zeros(20).exponential_(2),
                      torch.zeros(20).geometric_(0.3), torch.zeros(20).cauchy_()),
    "layouts": lambda: (torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last).normal_(), torch.zeros(6, 8)[::2, ::3].uniform_()),
    "dropout": lambda: (torch.nn.functional.dropout(torch.ones(300), 0.4),),
}


def digest(tensors) -> int:
    found = 0
    for t in tensors:
        found = zlib.crc32(t.contiguous().numpy().tobytes(), found)
    return found


# ---- golden: what PyTorch 2.13 draws --------------------------------------------------------------------------------------------------

DIGESTS = {
    "rand": 2559486679,
    "randn": 1261215303,
    "whole": 3963927174,
    "fills": 3957822620,
    "layouts": 4169063995,
    "dropout": 517812627,
}


def test_draws_are_pytorchs():
    for name, draw in DRAWS.items():
        torch.manual_seed(7)
        assert (name, digest(draw())) == (name, DIGESTS[name])


def test_a_state_is_taken_up_again_in_the_middle_of_a_pair():
    g = torch.Generator().manual_seed(3)
    torch.randn(3, generator=g)                            # a second normal number waits
    state = g.get_state()
    assert state.dtype == torch.uint8 and state.numel() == 5056
    first = torch.randn(5, generator=g)
    g.set_state(state)
    assert torch.equal(torch.randn(5, generator=g), first)
    assert torch.equal(torch.randn(5, generator=g.clone_state()), torch.randn(5, generator=g))


def test_generators_are_apart():
    torch.manual_seed(0)
    expected = torch.rand(4)
    torch.manual_seed(0)
    torch.rand(9, generator=torch.Generator().manual_seed(1))
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("draw", [
    lambda: torch.rand(2, 3), lambda: torch.randn(2, 3), lambda: torch.rand(4, requires_grad=True), lambda: torch.randn(2, dtype=torch.complex64),
    lambda: torch.randint(5, (2, 2)), lambda: torch.randperm(5), lambda: torch.rand_like(torch.zeros(2, 2)), lambda: torch.bernoulli(torch.rand(3, 3)),
])
def test_what_is_drawn_is_no_view(draw):
    x = draw()
    assert not x._is_view() and x._base is None and x.is_leaf


@pytest.mark.parametrize("draw, error, message", [
    (lambda: torch.randint(-0.5, 0.5, (2,)), TypeError, "must be int, but got float"),       # cut to 0 and 0 it would divide by their difference
    (lambda: torch.randint(True, 5, (2,)), TypeError, "must be int, but got bool"),
    (lambda: torch.zeros(3).random_(0.2, 0.9), TypeError, "must be int, but got float"),
    (lambda: torch.randint(-2**63, 2**63, (2,)), ValueError, "Overflow when unpacking long long"),
    (lambda: torch.randint(0, 2**64, (2,)), ValueError, "Overflow when unpacking long long"),
    (lambda: torch.randint_like(torch.ones(2), 2**63), ValueError, "Overflow when unpacking long long"),
    (lambda: torch.randint(3, 3, (2,)), RuntimeError, "expects 'from' to be less than 'to', but got from=3 >= to=3"),
    (lambda: torch.randint(0, 300, (2,), dtype=torch.int8), RuntimeError, "to - 1 is out of bounds for Char"),
    (lambda: torch.zeros(3, dtype=torch.uint8).random_(-1, None), RuntimeError, "from is out of bounds for Byte"),
])
def test_bounds_of_whole_numbers(draw, error, message):
    with pytest.raises(error, match=message):
        draw()


def test_the_whole_range_of_int64():
    torch.manual_seed(0)
    assert torch.zeros(2, dtype=torch.int64).random_(-2**63, None).tolist() == [-8322921849960486353, -5253828890213626688]
    torch.manual_seed(0)
    assert torch.zeros(2, dtype=torch.int64).random_(-2**63, 2**63 - 1).tolist() == [900450186894289455, 3969543146641149120]
