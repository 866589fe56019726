"""Random numbers without PyTorch at hand: digests of what it draws from seed 7, and what a Generator promises.

tests/parity/test_random.py compares with PyTorch itself, over many more cases.
"""

from __future__ import annotations

import zlib

import pytest

import pellucid as torch

DRAWS = {
    "rand": lambda: (torch.rand(1000), torch.rand(5, dtype=torch.float64), torch.rand(40, dtype=torch.float16)),
    "randn": lambda: (torch.randn(7), torch.randn(16), torch.randn(1001), torch.randn(9, dtype=torch.float64),
                      torch.randn(20, dtype=torch.float16)),
    "whole": lambda: (torch.randint(10, (700,)), torch.randint(-5, 2**40, (9,)), torch.randperm(1000),
                      torch.zeros(9).random_(3, 8)),
    "fills": lambda: (torch.zeros(20).uniform_(-1, 3), torch.zeros(20).normal_(2, 0.5), torch.zeros(20).bernoulli_(0.3),
                      torch.zeros(20).exponential_(2), torch.zeros(20).geometric_(0.3), torch.zeros(20).cauchy_()),
    "layouts": lambda: (torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last).normal_(),
                        torch.zeros(6, 8)[::2, ::3].uniform_()),
    "dropout": lambda: (torch.nn.functional.dropout(torch.ones(300), 0.4),),
    "multinomial": lambda: _by_weight(torch.rand(4, 50)),
}


def _by_weight(w):
    return (torch.multinomial(w, 20), torch.multinomial(w, 1), w.multinomial(60, replacement=True),
            torch.multinomial(w[0].double(), 9), torch.multinomial(w.half(), 30, True))


def digest(tensors) -> int:
    found = 0
    for t in tensors:
        found = zlib.crc32(t.contiguous().numpy().tobytes(), found)
    return found


# ---- golden: what PyTorch 2.13 draws ---------------------------------------------------------------------------------

DIGESTS = {
    "rand": 2559486679,
    "randn": 1261215303,
    "whole": 3963927174,
    "fills": 3957822620,
    "layouts": 4169063995,
    "dropout": 517812627,
    "multinomial": 96813315,
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
    lambda: torch.rand(2, 3), lambda: torch.randn(2, 3), lambda: torch.rand(4, requires_grad=True),
    lambda: torch.randn(2, dtype=torch.complex64),
    lambda: torch.randint(5, (2, 2)), lambda: torch.randperm(5), lambda: torch.rand_like(torch.zeros(2, 2)),
    lambda: torch.bernoulli(torch.rand(3, 3)),
])
def test_what_is_drawn_is_no_view(draw):
    x = draw()
    assert not x._is_view() and x._base is None and x.is_leaf


@pytest.mark.parametrize("draw, error, message", [
    # cut to 0 and 0 it would divide by their difference
    (lambda: torch.randint(-0.5, 0.5, (2,)), TypeError, "must be int, but got float"),
    (lambda: torch.randint(True, 5, (2,)), TypeError, "must be int, but got bool"),
    (lambda: torch.zeros(3).random_(0.2, 0.9), TypeError, "must be int, but got float"),
    (lambda: torch.randint(-2**63, 2**63, (2,)), ValueError, "Overflow when unpacking long long"),
    (lambda: torch.randint(0, 2**64, (2,)), ValueError, "Overflow when unpacking long long"),
    (lambda: torch.randint_like(torch.ones(2), 2**63), ValueError, "Overflow when unpacking long long"),
    (lambda: torch.randint(3, 3, (2,)), RuntimeError, "expects 'from' to be less than 'to', but got from=3 >= to=3"),
    (lambda: torch.randint(0, 300, (2,), dtype=torch.int8), RuntimeError, "to - 1 is out of bounds for signed char"),
    (lambda: torch.zeros(3, dtype=torch.uint8).random_(-1, None), RuntimeError,
     "from is out of bounds for unsigned char"),
])
def test_bounds_of_whole_numbers(draw, error, message):
    with pytest.raises(error, match=message):
        draw()


def test_the_whole_range_of_int64():
    torch.manual_seed(0)
    assert torch.zeros(2, dtype=torch.int64).random_(-2**63,
                                                     None).tolist() == [-8322921849960486353, -5253828890213626688]
    torch.manual_seed(0)
    assert torch.zeros(2, dtype=torch.int64).random_(-2**63,
                                                     2**63 - 1).tolist() == [900450186894289455, 3969543146641149120]


def test_the_default_generator_is_an_object():
    assert torch.manual_seed(3) is torch.default_generator is torch.random.default_generator
    assert torch.default_generator.initial_seed() == 3
    first = torch.rand(3, generator=torch.default_generator)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(3), first)
    late = type(torch.default_generator)()                 # seeded by the system when first asked
    assert late.initial_seed() != torch.Generator().initial_seed() and late.get_state().numel() == 5056
    assert not hasattr(late, "foo")


def test_sizes():
    for size in ((2, 3), ([2, 3],), (torch.Size((2, 3)),)):
        assert torch.rand(*size).shape == torch.randn(*size).shape == (2, 3)
    assert torch.rand(size=(2, 3)).shape == torch.randn(size=[2, 3]).shape == (2, 3)
    assert torch.rand(()).shape == ()
    out = torch.empty(0)
    assert torch.randn(2, 3, out=out) is out and out.shape == (2, 3)
    for draw in (torch.rand, torch.randn):
        for args, named in (((), {}), ((2,), {"size": (2,)}), ((2.0,), {}), ((2,), {"generator": 3})):
            with pytest.raises(TypeError):
                draw(*args, **named)
        with pytest.raises(RuntimeError, match="dtype Float does not match dtype of out parameter"):
            draw(2, dtype=torch.float32, out=torch.empty(2, dtype=torch.float64))


WRONG = [
    (lambda: torch.randint(300, (3,), dtype=torch.uint8), RuntimeError, "to - 1 is out of bounds for unsigned char"),
    (lambda: torch.randint(-1, 3, (3,), dtype=torch.uint8), RuntimeError, "from is out of bounds for unsigned char"),
    (lambda: torch.zeros(3, dtype=torch.int8).random_(-129, 3), RuntimeError, "from is out of bounds for signed char"),
    (lambda: torch.zeros(3, dtype=torch.bool).random_(0, 3), RuntimeError, "to - 1 is out of bounds for bool"),
    (lambda: torch.zeros(3, dtype=torch.float16).random_(0, 2**17), RuntimeError, "to - 1 is out of bounds"),
    (lambda: torch.zeros(3, dtype=torch.int64).random_(0, 2**63), ValueError, "Overflow when unpacking long long"),
    (lambda: torch.zeros(3, dtype=torch.complex64).random_(), NotImplementedError,
     "not implemented for 'ComplexFloat'"),
    (lambda: torch.zeros(3, dtype=torch.bool).geometric_(0.3), NotImplementedError,
     "\"geometric_cpu\" not implemented for 'Bool'"),
    (lambda: torch.zeros(3, dtype=torch.int64).exponential_(), RuntimeError,
     "Exponential distribution is a continuous probability distribution"),
    (lambda: torch.zeros(3, dtype=torch.int64).cauchy_(), RuntimeError,
     "Cauchy distribution is a continuous probability distribution"),
    (lambda: torch.zeros(3, dtype=torch.int64).log_normal_(), NotImplementedError,
     "\"log_normal_cpu\" not implemented for 'Long'"),
    (lambda: torch.zeros(3, dtype=torch.complex64).bernoulli_(), NotImplementedError,
     "not implemented for 'ComplexFloat'"),
    (lambda: torch.rand(3, dtype=torch.int64), NotImplementedError, "not implemented for 'Long'"),
    (lambda: torch.zeros(3, dtype=torch.int64).normal_(), NotImplementedError, "not implemented for 'Long'"),
    (lambda: torch.randperm(257, dtype=torch.uint8), RuntimeError,
     "value cannot be converted to type uint8_t without overflow"),
    (lambda: torch.randperm(2050, dtype=torch.float16), RuntimeError, "n cannot be greater than 2049 for Half type"),
    (lambda: torch.randperm(2, dtype=torch.bool), NotImplementedError, "\"randperm\" not implemented for 'Bool'"),
    (lambda: torch.normal(torch.zeros(3), -torch.ones(3)), RuntimeError, "normal expects all elements of std >= 0.0"),
    (lambda: torch.dropout(torch.arange(4), 0.5, True), RuntimeError,
     "result type Float can't be cast to the desired output type Long"),
    (lambda: torch.multinomial(torch.rand(3), 4), RuntimeError, "cannot sample n_sample > prob_dist.size"),
    (lambda: torch.multinomial(torch.rand(3), 0), RuntimeError, "cannot sample n_sample <= 0 samples"),
    (lambda: torch.multinomial(torch.rand(2, 2, 2), 1), RuntimeError, "prob_dist must be 1 or 2 dim"),
    (lambda: torch.multinomial(torch.ones(3, dtype=torch.int64), 1), RuntimeError,
     "only supports floating-point dtypes for input, got: Long"),
    (lambda: torch.multinomial(torch.tensor([torch.nan, 1.0]), 1), RuntimeError,
     "probability tensor contains either `inf`, `nan`"),
    (lambda: torch.multinomial(torch.rand(3), 2, out=torch.zeros(2)), RuntimeError, "expects Long tensor out"),
]


@pytest.mark.parametrize("call, error, message", WRONG, ids=[message for _, _, message in WRONG])
def test_what_cannot_be_drawn(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_types_at_their_limits():
    torch.manual_seed(0)
    assert sorted(torch.randperm(256, dtype=torch.uint8).tolist()) == list(range(256))
    assert torch.randint(0, 256, (2000,), dtype=torch.uint8).max().item() == 255
    assert torch.randint(0, 2, (50,), dtype=torch.bool).any()
    assert torch.zeros(9, dtype=torch.int32).random_(2**31 - 1, 2**31).tolist() == [2**31 - 1] * 9
    assert torch.zeros(9, dtype=torch.uint8).random_(255, None).tolist() == [255] * 9
    assert torch.normal(torch.zeros(3), torch.ones(3, dtype=torch.float64)).dtype is torch.float32


def test_nothing_is_drawn_on_meta():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    meta = torch.rand(3, 4, device="meta")
    for x in (torch.randperm(3, device="meta"), torch.randint(3, (2,), device="meta"), torch.normal(meta, 1.0),
              torch.normal(0.0, 1.0, (2,), device="meta"),
              torch.bernoulli(meta), torch.multinomial(meta, 2), torch.nn.functional.dropout(meta)):
        assert x.device.type == "meta"
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("draw", [lambda **named: torch.rand(2, **named), lambda **named: torch.randn(2, **named),
                                  lambda **named: torch.randint(3, (2,), **named),
                                  lambda **named: torch.randperm(2, **named)])
def test_what_is_drawn_into_decides_the_type(draw):
    out = torch.empty(2, dtype=torch.float64)
    assert draw(out=out) is out and out.dtype is torch.float64 and draw(out=out, dtype=torch.float64) is out
    with pytest.raises(RuntimeError, match=r"dtype Float does not match dtype of out parameter \(Double\)"):
        draw(out=out, dtype=torch.float32)
    with pytest.raises(RuntimeError, match="device type meta does not match device type of out parameter"):
        draw(out=out, device="meta")


def test_bounds_are_those_of_the_out_type():
    with pytest.raises(RuntimeError, match="out of bounds for bool"):
        torch.randint(3, (2,), out=torch.empty(2, dtype=torch.bool))
    with pytest.raises(RuntimeError, match="only integral, floating-point and boolean"):
        torch.randint(3, (2,), out=torch.empty(2, dtype=torch.complex64))


@pytest.mark.parametrize("dtype, digits", [("float32", 24), ("float16", 11), ("bfloat16", 8), ("float64", 53)])
def test_bounds_beyond_what_a_type_holds_exactly_are_warned_of(dtype, digits):
    made = torch.empty(3, dtype=getattr(torch, dtype))
    made.random_(2 ** digits)
    for bounds in ((0, 2 ** digits + 2), (-2 ** digits - 2, 0)):
        with pytest.warns(UserWarning, match=rf"is out of bounds \[-\(2\^{digits}\), 2\^{digits}\]"):
            made.random_(*bounds)


@pytest.mark.parametrize("dtype, bounds, said",
                         [("float32", (-3e38, 3e38), "to-from <= .*Float"),
                          ("float32", (0, 1e40), "to is out of bounds for float"),
                                                 ("float16", (-6e4, 6e4), "to-from <= .*Half"),
                          ("float64", (1, 0), "from=1 > to=0")])
def test_bounds_of_uniform_numbers(dtype, bounds, said):
    with pytest.raises(RuntimeError, match=said):
        torch.empty(3, dtype=getattr(torch, dtype)).uniform_(*bounds)
