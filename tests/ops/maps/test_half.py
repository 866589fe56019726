"""Half-precision maps: computed in float32, rounded once, but of operands that have their type."""

from __future__ import annotations

import math

import pytest

import pellucid

HALVES = [pellucid.float16, pellucid.bfloat16]


@pytest.mark.parametrize("d", HALVES)
def test_numbers_and_operands_of_other_types_become_half_precision_first(d):
    x = pellucid.tensor([0.3, -0.3, 1 / 3], dtype=d)
    same = [True, False, False]
    for number in (0.3, pellucid.tensor(0.3), pellucid.tensor(0.3, dtype=pellucid.float64)):
        assert (x == number).tolist() == same and (x != number).tolist() == [not one for one in same]
        assert (x <= number).tolist() == [True, True, False] and (x < number).tolist() == [False, True, False]
        assert ((x - number)[0] == 0 and (x + number)[1] == 0 and (number - x)[0] == 0
                and pellucid.fmod(x, number)[0] == 0)
    whole = pellucid.tensor([2049, 2049, 3])
    assert (pellucid.ones(3, dtype=d) + whole).tolist() == (pellucid.ones(3, dtype=d) + whole.to(d)).tolist()
    assert (pellucid.full((3,), 2048, dtype=d) == whole).tolist() == [True, True, False]


@pytest.mark.parametrize("d", HALVES)
def test_factors_and_divisors_that_are_numbers_stay_what_they_are(d):
    x = pellucid.tensor([0.3, 100.3, 7.0], dtype=d)
    for factor in (1 / 3, pellucid.tensor(1 / 3, dtype=pellucid.float64)):
        assert ((x * factor).tolist() == (x.double() * (1 / 3)).to(d).tolist()
                and (x / factor).tolist() == (x.double() / (1 / 3)).to(d).tolist())
    assert pellucid.lerp(x, x.flip(0), 0.3).tolist() == pellucid.lerp(x.double(), x.double().flip(0),
                                                                      0.3).to(d).tolist()


@pytest.mark.parametrize("d", HALVES)
@pytest.mark.parametrize("out", [pellucid.float32, pellucid.float64, pellucid.bfloat16])
def test_a_result_for_another_type_is_rounded_to_half_precision_first(d, out):
    x, y = pellucid.tensor([0.1, 1 / 3, -7.7, 2049.0], dtype=d), pellucid.tensor([3.0, 0.7, 0.001, 5.0], dtype=d)
    for op in (pellucid.add, pellucid.mul, pellucid.div, pellucid.atan2):
        assert op(x, y, out=pellucid.empty(4, dtype=out)).tolist() == op(x, y).to(out).tolist()


STEPS = {pellucid.float16: (2.0**-24, 65504.0, 2.0**-14, 11),
         pellucid.bfloat16: (2.0**-133, 255 * 2.0**120, 2.0**-126, 8)}


@pytest.mark.parametrize("d", HALVES)
def test_nextafter_steps_to_the_next_number_of_the_type(d):
    smallest, largest, normal, digits = STEPS[d]
    values = pellucid.tensor([0.0, 1.0, 1.0, normal, normal, smallest, largest, math.inf, -normal, -smallest], dtype=d)
    toward = pellucid.tensor([1.0, 2.0, 0.0, 0.0, 1.0, -1.0, math.inf, 0.0, 0.0, 1.0], dtype=d)
    right = [smallest, 1 + 2.0**(1 - digits), 1 - 2.0**-digits, normal - smallest, normal + smallest, 0.0, math.inf,
             largest, smallest - normal, -0.0]
    assert (pellucid.nextafter(values, toward).tolist() == right and pellucid.nextafter(-values, -toward).tolist()
            == [-one for one in right])
    assert (values.clone().nextafter_(toward).tolist() == right
            and math.copysign(1, pellucid.nextafter(values, toward)[-1]) == -1)
    if d is pellucid.float16:                                # every step up, and back
        every = pellucid.arange(0x7C00, dtype=pellucid.int16).view(d)
        up = pellucid.nextafter(every, pellucid.full_like(every, math.inf))
        assert up.view(pellucid.int16).tolist() == list(range(1, 0x7C01))
        assert pellucid.nextafter(up, pellucid.zeros_like(up)).view(pellucid.int16).tolist() == list(range(0x7C00))


@pytest.mark.parametrize("d", HALVES)
def test_hardshrink_compares_with_the_types_own_lambda(d):
    x = pellucid.tensor([0.3, -0.3, 0.4], dtype=d)
    assert pellucid.nn.functional.hardshrink(x, 0.3).tolist() == [0, 0, x[2].item()]


@pytest.mark.parametrize("d", HALVES)
def test_what_has_several_steps_is_rounded_once(d):
    F = pellucid.nn.functional
    a, b = (pellucid.arange(48).remainder(k).sub(k // 2).mul(0.37).reshape(2, 4, 6).to(d) for k in (11, 7))
    square = pellucid.arange(16).remainder(5).mul(0.3).reshape(4, 4).to(d)
    for call in (lambda a, b, s: pellucid.addmm(s, a[0], b[0].t(), beta=0.3, alpha=0.7),
                 lambda a, b, s: pellucid.addbmm(s, a, b.mT, beta=0.3),
                 lambda a, b, s: pellucid.baddbmm(s[None], a, b.mT, alpha=0.7),
                 lambda a, b, s: pellucid.addr(s, a[0, :, 0], b[0, :, 0], beta=0.3),
                 lambda a, b, s: pellucid.dist(a * 100, b, 3), lambda a, b, s: a.norm(6) * 1,
                 lambda a, b, s: a.renorm(2, 1, 0.5),
                 lambda a, b, s: F.normalize(a, dim=2), lambda a, b, s: F.cosine_similarity(a, b, 2),
                 lambda a, b, s: F.pairwise_distance(a, b), lambda a, b, s: F.huber_loss(a, b, delta=0.3),
                 lambda a, b, s: F.hinge_embedding_loss(a, b.sign(), margin=1.3)):
        found, right = call(a, b, square), call(a.double(), b.double(), square.double()).to(d)
        assert found.dtype is d
        steps = (found.view(pellucid.int16).long() - right.view(pellucid.int16).long()).abs()
        assert steps.max() <= 1, (found, right)
