"""The same seed, the same numbers: bit for bit, for every operator that draws, and the generator's state after it.

Sizes stand around 16 and its multiples (where normal numbers change their way of drawing) and around 624 words (where
the generator turns over).
"""

from __future__ import annotations

import numpy as np
import pytest

SIZES = [(0,), (), (1,), (2,), (15,), (16,), (17,), (31,), (100,), (623,), (625,), (33, 7), (2, 3, 5, 7), (40_000,)]
SEEDS = [0, 1, 42, 2**31, -1, 2**63, 67280421310721]
FLOATS = ["float32", "float64", "float16", "bfloat16"]
INTEGERS = ["int64", "int32", "int16", "int8", "uint8"]


def bits(tensor) -> bytes:
    """The tensor's elements as bytes, in logical order."""
    tensor = tensor.detach().contiguous()
    if str(tensor.dtype) == "torch.bfloat16":
        return tensor.float().numpy().tobytes()  # exact
    return tensor.numpy().tobytes()


def check(ours, theirs, draw, seed=0):
    """`draw(torch)` gives a tensor or several; then the generators must stand at the same place."""
    results = []
    for torch in ours, theirs:
        torch.manual_seed(seed)
        drawn = draw(torch)
        drawn = drawn if isinstance(drawn, (tuple, list)) else (drawn,)
        results.append(
            [(str(t.dtype), tuple(t.shape), tuple(t.stride()), bits(t)) for t in drawn]
            + [torch.get_rng_state().numpy().tobytes()]
        )
    for our, their in zip(*results, strict=True):
        assert our == their


@pytest.mark.parametrize("seed", SEEDS)
def test_seeds(ours, theirs, seed):
    check(ours, theirs, lambda torch: (torch.rand(5), torch.randn(40), torch.randint(10, (7,)), torch.randperm(9),
                                       torch.randn(3)), seed)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", ["rand", "randn"])
def test_rand_and_randn(ours, theirs, name, size, dtype):
    check(ours, theirs, lambda torch: getattr(torch, name)(size, dtype=getattr(torch, dtype)))


@pytest.mark.parametrize("name", ["rand", "randn"])
def test_complex(ours, theirs, name):
    check(
        ours,
        theirs,
        lambda torch: [getattr(torch, name)(n, dtype=dtype) for n in (3, 8, 50)
                       for dtype in (torch.complex64, torch.complex128)],
    )


@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_randint(ours, theirs, dtype):
    check(
        ours,
        theirs,
        lambda torch: [
            torch.randint(low, high, (n,), dtype=getattr(torch, dtype))
            for low, high in ((0, 2), (0, 10), (-7, 100), (3, 4))
            if low >= 0 or dtype != "uint8"
            for n in (1, 10, 700)
        ],
    )


def test_wide_randint(ours, theirs):
    bounds = [(0, 2**28 - 1), (0, 2**28), (0, 2**28 + 1), (0, 2**32), (-(2**40), 2**62), (-(2**63), 2**63 - 1)]
    check(ours, theirs, lambda torch: [torch.randint(low, high, (50,)) for low, high in bounds])


@pytest.mark.parametrize("n", [0, 1, 2, 10, 623, 624, 10_000])
def test_randperm(ours, theirs, n):
    check(ours, theirs, lambda torch: (torch.randperm(n), torch.randperm(n, dtype=torch.int32), torch.rand(3)))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_in_place(ours, theirs, dtype, size):
    def draw(torch):
        t = lambda: torch.zeros(size, dtype=getattr(torch, dtype))
        return (
            t().uniform_(-1, 3),
            t().normal_(2, 0.5),
            t().bernoulli_(0.3),
            t().random_(),
            t().random_(-5, 10),
            t().normal_(),
            t().exponential_(1.5),
        )

    check(ours, theirs, draw)


@pytest.mark.parametrize("dtype", INTEGERS + ["bool"])
def test_integers_in_place(ours, theirs, dtype):
    def draw(torch):
        t = lambda: torch.zeros(100, dtype=getattr(torch, dtype))
        return [t().random_(), t().bernoulli_(0.3), t().random_(0, 2)]

    check(ours, theirs, draw)


@pytest.mark.parametrize("dtype", FLOATS)
def test_bernoulli_of_probabilities(ours, theirs, dtype):
    def draw(torch):
        p = (torch.arange(300) / 299).to(getattr(torch, dtype))
        return torch.bernoulli(p), torch.zeros(300).bernoulli_(p), torch.bernoulli(p.reshape(30,
            10).t()), torch.bernoulli(p, 0.25)

    check(ours, theirs, draw)


def test_normal_of_tensors(ours, theirs):
    def draw(torch):
        mean, std = torch.arange(40.0), torch.arange(1.0, 41.0) / 16
        return (
            torch.normal(mean, std),
            torch.normal(mean, 2.0),
            torch.normal(0.5, std),
            torch.normal(1.0, 3.0, (20,)),
            torch.normal(mean[:, None], std),
        )

    check(ours, theirs, draw)


def test_order_follows_memory(ours, theirs):
    """A dense tensor is filled in the order of its memory, a slice in its own."""

    def draw(torch):
        base = torch.zeros(40, 12)
        base[:, ::2].normal_()
        base[3:7].uniform_()
        images = torch.zeros(2, 3, 5, 7).to(memory_format=torch.channels_last)
        return (
            torch.zeros(12, 30).t().uniform_(),
            torch.zeros(12, 30).t().normal_(),
            torch.rand_like(images),
            torch.randn_like(images),
            base,
            torch.randn_like(base.t()),
        )

    check(ours, theirs, draw)


def test_like(ours, theirs):
    check(
        ours,
        theirs,
        lambda torch: (
            [f(torch.zeros(9, 5, dtype=torch.float64)) for f in (torch.rand_like, torch.randn_like)]
            + [torch.randint_like(torch.zeros(9, 5), 3, 8)]
        ),
    )


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_dropout(ours, theirs, p, dtype):
    def draw(torch):
        x = (torch.arange(600) / 128 - 2).to(getattr(torch, dtype)).reshape(20, 30)
        functional = torch.nn.functional
        return functional.dropout(x, p), functional.dropout(x.t(), p), functional.dropout(x, p,
            training=False), torch.nn.Dropout(p)(x)

    check(ours, theirs, draw)


def test_dropout_gradient(ours, theirs):
    def draw(torch):
        x = torch.ones(50, 3, requires_grad=True)
        torch.nn.functional.dropout(x, 0.4).sum().backward()
        return x.grad

    check(ours, theirs, draw)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_initialisation(ours, theirs, dtype):
    def draw(torch):
        init, w = torch.nn.init, lambda: torch.empty(20, 30, dtype=getattr(torch, dtype))
        return (
            init.uniform_(w(), -2, 3), init.normal_(w(), 1, 2), init.xavier_uniform_(w()),
            init.xavier_normal_(w(), gain=2.0),
            init.kaiming_uniform_(w(), a=5**0.5), init.kaiming_normal_(w(), mode="fan_out", nonlinearity="relu"),
            init.trunc_normal_(w(), std=0.02),
        )  # fmt: skip

    check(ours, theirs, draw)


def test_modules(ours, theirs):
    """Fresh modules draw their weights in PyTorch's order."""

    def draw(torch):
        nn = torch.nn
        modules = [nn.Linear(7, 5), nn.Linear(3, 2, bias=False), nn.Conv1d(3, 8, 3), nn.Conv2d(4, 6, (3, 5), groups=2),
                   nn.Conv3d(2, 3, 2), nn.ConvTranspose2d(4, 6, 3),
                   nn.Embedding(10, 4), nn.Embedding(10, 4, padding_idx=2), nn.BatchNorm2d(5), nn.LayerNorm(6)]
        return [p for module in modules for p in module.parameters()]

    check(ours, theirs, draw)


def test_generators(ours, theirs):
    """A generator of one's own, apart from the global one; states go back and forth, also between the frameworks."""
    for seed in 0, 5, 2**40 + 3:
        results = []
        for torch in ours, theirs:
            torch.manual_seed(1)
            generator = torch.Generator()
            assert generator.manual_seed(seed) is generator
            first = torch.randn(7, generator=generator)
            state = generator.get_state()
            second = (
                torch.rand(1000, generator=generator),
                torch.randint(5, (3,), generator=generator),
                torch.zeros(3).normal_(generator=generator),
                torch.randperm(5, generator=generator),
            )
            generator.set_state(state)
            again = torch.rand(1000, generator=generator)
            assert bits(again) == bits(second[0])
            results.append((generator.initial_seed(), state.numpy().tobytes(), bits(first), *map(bits, second),
                            bits(torch.rand(4))))
        assert results[0] == results[1]
    theirs.manual_seed(9)
    theirs.randn(3, dtype=theirs.float64)  # leaves a cached normal number
    state = theirs.get_rng_state()
    expected = bits(theirs.randn(5))
    ours.set_rng_state(ours.from_numpy(state.numpy().copy()))
    assert bits(ours.randn(5)) == expected


def test_a_fresh_generator_starts_at_the_same_seed(ours, theirs):
    assert ours.Generator().initial_seed() == theirs.Generator().initial_seed()
    assert bits(ours.rand(3, generator=ours.Generator())) == bits(theirs.rand(3, generator=theirs.Generator()))


def test_fork_rng(ours, theirs):
    def draw(torch):
        with torch.random.fork_rng():
            inside = torch.rand(3)
        return inside, torch.rand(3)

    check(ours, theirs, draw)


def test_shuffling_loader(ours, theirs):
    """DataLoader's order: its base seed and its sampler's seed come from the global generator as PyTorch's do."""

    def draw(torch):
        data = torch.utils.data.TensorDataset(torch.arange(50))
        loader = torch.utils.data.DataLoader(data, batch_size=8, shuffle=True)
        weighted = torch.utils.data.WeightedRandomSampler([0.1, 0.5, 0.4], 20) if hasattr(torch.utils.data,
            "WeightedRandomSampler") else []
        parts = torch.utils.data.random_split(data, [30, 20]) if hasattr(torch.utils.data, "random_split") else []
        return (
            [batch[0] for _ in range(2) for batch in loader]
            + [torch.tensor(list(weighted), dtype=torch.int64)]
            + [torch.tensor(list(part.indices)) for part in parts]
        )

    check(ours, theirs, draw)


@pytest.mark.parametrize("seed", range(20))
def test_long_chains_of_draws(ours, theirs, seed):
    """Many operators in one random order: what one leaves behind (words used, a cached number) is what the next one
    finds.
    """
    order = np.random.RandomState(seed)
    plan = [(order.randint(8), int(order.choice([0, 1, 3, 15, 16, 17, 40, 700]))) for _ in range(25)]
    ways = [
        lambda torch, n: torch.rand(n), lambda torch, n: torch.randn(n),
        lambda torch, n: torch.randn(n, dtype=torch.float64), lambda torch, n: torch.randint(100, (n,)),
        lambda torch, n: torch.randperm(n), lambda torch, n: torch.zeros(n).bernoulli_(0.5),
        lambda torch, n: torch.rand(n, dtype=torch.float64), lambda torch, n: torch.zeros(n, 2)[:, 0].normal_(1, 2),
    ]  # fmt: skip
    check(ours, theirs, lambda torch: [ways[way](torch, n) for way, n in plan], seed)
