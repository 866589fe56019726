"""The interpreter catches what machine code would get away with; and bodies run on whole arrays as kernels would."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import dtypes
from pellucid.codegen import interpret, math
from pellucid.codegen.interpret import Pointer, narrow, run, run_body, widen
from pellucid.codegen.ir import Builder
from pellucid.codegen.math.complex import Complex
from tests.codegen.helpers import elementwise

COPY = elementwise("copy", lambda x: x, ["f32"], ["f32"], 8)


@pytest.mark.parametrize("n", [8, 9, 16])
def test_a_store_past_the_end_raises_and_names_the_instruction(n):
    with pytest.raises(IndexError,
                       match=rf"kernel copy: store .*bytes {n * 4 - 4 if n % 8 else n * 4 - 32}\.\.{n * 4} of "
                             rf"{n * 4 - 4}"):
        run(COPY, [np.zeros(n - 1, np.float32), np.zeros(n, np.float32), n])


@pytest.mark.parametrize("n", [8, 9])
def test_a_load_past_the_end_raises(n):
    with pytest.raises(IndexError, match="kernel copy: .* = load"):
        run(COPY, [np.zeros(n, np.float32), np.zeros(n - 1, np.float32), n])


def test_a_load_before_the_start_raises():
    room = np.zeros(64, np.uint8)
    with pytest.raises(IndexError, match="bytes -4"):
        run(COPY, [np.zeros(8, np.float32), Pointer(room, -4), 8])
    run(COPY, [np.zeros(8, np.float32), Pointer(room, 4), 8])


def test_masked_off_lanes_may_lie_outside():
    out = np.zeros(3, np.float32)
    run(COPY, [out, np.arange(3, dtype=np.float32), 3])
    assert out.tolist() == [0, 1, 2]


@pytest.mark.parametrize("place", [-1, 16])
@pytest.mark.parametrize("kind", ["gather", "scatter"])
def test_a_wrong_index_raises(kind, place):
    b = Builder("places")
    data, places = b.word(0, "ptr"), b.load(b.word(1, "ptr"), "i64", 4) * 8
    if kind == "gather":
        b.gather(data, places, "f64")
    else:
        b.scatter(data, places, b.const("f64", 1.0, 4), "f64")
    kernel = b.kernel()
    run(kernel, [np.zeros(16), np.array([0, 15, 3, 15])])
    with pytest.raises(IndexError, match=kind):
        run(kernel, [np.zeros(16), np.array([0, 15, place, 15])])


def test_words_are_checked():
    b = Builder("words")
    b.load(b.word(0, "ptr"), "f32")
    kernel = b.kernel()
    with pytest.raises(IndexError, match="word 0 of 0"):
        run(kernel, [])
    with pytest.raises(IndexError, match="not a pointer"):
        run(kernel, [12])
    b = Builder("words")
    b.word(0)
    with pytest.raises(IndexError, match="is a pointer"):
        run(b.kernel(), [np.zeros(1)])


def test_addresses_are_looked_up():
    room, out = np.arange(4, dtype=np.float32), np.zeros(4, np.float32)
    memory = {1000: room.view(np.uint8), 2000: out.view(np.uint8)}
    run(COPY, [2000, 1004, 3], find=lambda address: (memory[address // 1000 * 1000], address % 1000))
    assert out.tolist() == [1, 2, 3, 0]


def test_a_division_that_would_trap_raises():
    for a, c in ((1, 0), (-(2**63), -1)):
        b = Builder("trap")
        b.store(b.word(0, "ptr"), b.binary("div", b.word(1), b.word(2)), "i64")
        with pytest.raises(ZeroDivisionError):
            run(b.kernel(), [np.zeros(1, np.int64), a, c])


def test_an_unaligned_streaming_store_raises():
    b = Builder("stream")
    b.store(b.word(0, "ptr"), b.const("f32", 1.0, 4), "f32", stream=True)
    room = np.zeros(64, np.uint8)
    start = -room.__array_interface__["data"][0] % 16
    kernel = b.kernel()
    run(kernel, [Pointer(room, start)])
    with pytest.raises(IndexError, match="streaming"):
        run(kernel, [Pointer(room, start + 4)])


def test_memory_that_nobody_wrote_is_nan():
    b = Builder("stack")
    b.store(b.word(0, "ptr"), b.load(b.alloca(64), "f32", 16), "f32")
    out = np.zeros(16, np.float32)
    run(b.kernel(), [out])
    assert np.isnan(out).all() and np.isnan(interpret.poisoned(16).view(np.float64)).all()


def test_a_strided_array_is_no_buffer():
    with pytest.raises(ValueError, match="Pointer"):
        run(COPY, [np.zeros(8, np.float32)[::2], np.zeros(8, np.float32), 4])


def test_chunks():
    b = Builder("chunks")
    with b.loop(b.begin, b.end) as chunk:
        b.store(b.offset(b.word(0, "ptr"), chunk.index * 8), chunk.index, "i64")
    out = np.zeros(6, np.int64)
    run(b.kernel(), [out], 2, 5)
    assert out.tolist() == [0, 0, 2, 3, 4, 0]


def test_a_pointer_in_a_nested_list_of_words():
    b = Builder("nested")
    b.store(b.load(b.offset(b.word(0, "ptr"), 8), "ptr"), b.const("f64", 2.0), "f64")
    out = np.zeros(1)
    run(b.kernel(), [[0, out]])
    assert out[0] == 2.0


@pytest.mark.parametrize("name",
                         ["float16", "float32", "float64", "int8", "uint8", "int64", "bool", "complex64", "complex128"])
def test_widening_and_narrowing(name):
    d = getattr(dtypes, name)
    x = np.array([0, 1, 2.5, -3, 100]).astype(name)
    value = widen(x, d)
    assert isinstance(value, Complex) == d.is_complex
    np.testing.assert_array_equal(narrow(value, d), x)


def test_bfloat16_goes_as_bits():
    bits = np.array([0x3F80, 0xC040, 0x7F80, 0x7FC0], np.uint16)
    value = widen(bits, dtypes.bfloat16)
    np.testing.assert_array_equal(value, np.array([1.0, -3.0, np.inf, np.nan], np.float32))
    np.testing.assert_array_equal(narrow(value, dtypes.bfloat16), bits)
    assert narrow(np.float32(1.00390625), dtypes.bfloat16) == 0x3F80            # a tie goes to even


def test_bodies_compute_in_the_types_of_kernels():
    half = np.array([65504.0, 1.0], np.float16)
    (found,) = run_body(lambda x, y: x * y / y, [half, half], [dtypes.float16] * 2, dtypes.float16, [dtypes.float16])
    # in float16, 65504 squared would be infinite
    np.testing.assert_array_equal(found, half)
    seen = []

    def body(x, y):
        seen.append((x.dtype, y.dtype))
        return x

    run_body(body, [np.arange(3, dtype=np.int32), 2.5], [dtypes.int32, None], dtypes.float32, [dtypes.float32])
    assert seen == [(np.float32, np.float32)]


def test_bodies_broadcast_and_may_give_several_results():
    found = run_body(lambda x, y: (x + y, x > y, 1.0), [np.ones((2, 1)), np.arange(3.0)], [dtypes.float64] * 2,
                     dtypes.float64, [dtypes.float64, dtypes.bool, dtypes.float64])
    assert [f.shape for f in found] == [(2, 3)] * 3 and found[1].dtype == np.bool_


def test_bodies_on_complex_numbers():
    z = np.array([1 + 2j, -3.5j])
    (found,) = run_body(lambda z: math.exp(z) * math.conj(z), [z], [dtypes.complex128], dtypes.complex128,
                        [dtypes.complex128])
    np.testing.assert_allclose(found, np.exp(z) * z.conj(), rtol=1e-14)


def test_warnings_of_numpy_stay_inside():
    run_body(lambda x: x / 0.0 + math.log(x), [np.array([-1.0, 0.0])], [dtypes.float64], dtypes.float64,
             [dtypes.float64])


def test_numbers_wrap_as_constants_of_kernels_do():
    x = np.array([0, 7, 255], np.uint8)
    assert math.maximum(x, -1).tolist() == [255] * 3 and math.minimum(x, 258).tolist() == [0, 2, 2]
