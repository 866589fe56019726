"""The kernel language itself: what a Builder accepts, shares and prints."""

from __future__ import annotations

import pytest

from pellucid.codegen.ir import UNKNOWN, Builder, Value


@pytest.fixture
def b() -> Builder:
    return Builder("k")


def load(b: Builder, type: str, lanes: int = 1) -> Value:
    return b.load(b.word(0, "ptr"), type, lanes)


def ops(b: Builder) -> list[str]:
    return [i.op for i in b.blocks[0].instrs]


def test_a_pure_instruction_is_written_once(b):
    x = load(b, "f32")
    assert (x + 1.0) is (x + 1.0)
    assert (x + 1.0) is not (x + 2.0)
    assert ops(b).count("add") == 2


def test_loads_are_never_shared(b):
    assert load(b, "f32") is not load(b, "f32")


def test_words_are_shared(b):
    assert b.word(3) is b.word(3)


def test_what_a_loop_computed_is_not_used_after_it(b):
    x = load(b, "i64")
    outer = x * 3
    with b.loop(0, 10):
        assert x * 3 is outer
        inner = x * 5
    assert x * 5 is not inner


def test_neighbours_share_a_product_and_differ_by_a_constant(b):
    """What unrolled loops read: (i + 1) * 24 is i * 24 + 24, and a pointer moves by the one and then by the other."""
    pointer, i = b.word(0, "ptr"), b.word(1)
    places = [b.offset(pointer, (i + step) * 24) for step in range(3)]
    assert ops(b).count("mul") == 1
    last = [x for x in b.blocks[0].instrs if x.op == "offset"][-1]
    assert last.result is places[2] and last.args[0] is places[0] and last.args[1].const == 48
    assert b.offset(pointer, (i + 1 + 1) * 24) is places[2]
    x = b.load(pointer, "i32")
    assert ((x + 1) * 3) is not (x * 3 + 3), "of other types nobody makes addresses"


def test_zeros_of_both_signs_are_two_constants(b):
    assert b.const("f32", 0.0) is not b.const("f32", -0.0)
    assert b.const("f32", 0.0) is b.const("f32", 0)


WRAPPED = [("u8", 300, 44), ("i8", 200, -56), ("u64", -1, 2**64 - 1), ("i32", 2**31, -(2**31)), ("i1", 3, 1)]


@pytest.mark.parametrize(("type", "value", "kept"), WRAPPED)
def test_integer_constants_wrap(b, type, value, kept):
    assert b.const(type, value).const == kept


def test_integer_constants_are_folded(b):
    assert (b.const("i64", 6) * b.const("i64", 7)).const == 42
    x = load(b, "i64")
    assert x * 1 is x and x + 0 is x and 1 * x is x


def test_a_float_plus_zero_is_kept_for_its_sign(b):
    x = load(b, "f32")
    assert x + 0.0 is not x


@pytest.mark.parametrize("wrong", [
    lambda b: load(b, "i32") + 1.5,
    lambda b: load(b, "i32") + load(b, "i64"),
    lambda b: load(b, "f32") + load(b, "f64"),
    lambda b: load(b, "f32") & load(b, "f32"),
    lambda b: load(b, "f32", 4) + load(b, "f32", 8),
    lambda b: b.select(load(b, "b8"), 1.0, 2.0),
    lambda b: bool(load(b, "f32") > 0.0),
])
def test_a_wrong_mix_raises_where_it_is_written(b, wrong):
    with pytest.raises(TypeError):
        wrong(b)


def test_a_scalar_beside_a_vector_is_spread(b):
    v, s = load(b, "f32", 8), load(b, "f32")
    assert (v + s).lanes == (s + v).lanes == 8
    assert b.fma(s, v, 1.0).lanes == 8
    assert b.select(v > 0.0, s, 1.0).lanes == 8


def test_unknown_swallows_everything(b):
    x = load(b, "f32")
    for result in (UNKNOWN + x, x + UNKNOWN, 2 * UNKNOWN, -UNKNOWN, UNKNOWN < 1, b.fma(x, UNKNOWN, x),
                   b.select(UNKNOWN, x, x)):
        assert result is UNKNOWN
    assert b.convert(UNKNOWN, "f64") is UNKNOWN
    with pytest.raises(TypeError):
        bool(UNKNOWN)


def test_narrow_memory_types_widen_when_loaded(b):
    assert [load(b, t, 4).type for t in ("b8", "f16", "bf16", "u8")] == ["i1", "f32", "f32", "u8"]


def test_a_carried_value_keeps_its_shape(b):
    x = load(b, "f32", 4)
    with pytest.raises(TypeError, match="f32x4"):
        with b.loop(0, 3, carried=[x]) as loop:
            loop.next(b.extract(loop.carried[0], 0))


def test_a_loop_that_carries_must_say_what_is_next(b):
    with pytest.raises(AssertionError):
        with b.loop(0, 3, carried=[load(b, "f32")]):
            pass


def test_values_come_out_of_loops_and_ifs(b):
    x = load(b, "f32")
    with b.loop(0, 3, carried=[x]) as loop:
        loop.next(loop.carried[0] * x)
    with b.when(loop.results[0] > 1.0, x) as branch:
        branch.next(x + 1.0)
    b.store(b.word(0, "ptr"), branch.results[0], "f32")
    text = b.kernel().text()
    assert "carry" in text and "else" in text and "yield" in text


def test_the_text_says_everything(b):
    x = load(b, "f32", 16)
    mask = b.first(b.word(1), 16)
    b.store(b.word(0, "ptr"), b.fma(x, x, 0.1), "bf16", mask, stream=False)
    text = b.kernel().text()
    for part in ("kernel k(", "f32x16", "fma", "load", "store", "u16x16", "f3fb999999999999a"):
        assert part in text


def test_the_same_program_has_the_same_text():
    def write() -> str:
        b = Builder("same")
        x = load(b, "f64", 8)
        b.store(b.word(1, "ptr"), b.select(x > 0.0, x, -x), "f64")
        return b.kernel().text()

    assert write() == write()


def test_folding_combines_halves(b):
    x = load(b, "f32", 8)
    total = b.fold(x, lambda low, high: low + high)
    assert total.lanes == 1 and ops(b).count("add") == 3


def test_an_open_loop_is_noticed(b):
    loop = b.loop(0, 3)
    loop.__enter__()
    with pytest.raises(AssertionError):
        b.kernel()
