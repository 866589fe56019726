"""The table of element types, held against PyTorch's own tables written out here; and 8-bit floats, which are stored
and not computed with.
"""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest

import pellucid as torch
from pellucid import dtypes
from pellucid.codegen import interpret
from pellucid.codegen.ir import BITS, COMPUTE

#   name           bytes, f(loating), c(omplex), s(igned), the complex type of its precision
TABLE = """
    bool           1  -  -  -  -
    uint8          1  -  -  -  -
    int8           1  -  -  s  -
    int16          2  -  -  s  -
    int32          4  -  -  s  -
    int64          8  -  -  s  -
    float16        2  f  -  s  complex32
    bfloat16       2  f  -  s  complex64
    float32        4  f  -  s  complex64
    float64        8  f  -  s  complex128
    complex64      8  -  c  s  complex64
    complex128    16  -  c  s  complex128
    uint16         2  -  -  -  -
    uint32         4  -  -  -  -
    uint64         8  -  -  -  -
    float8_e4m3fn  1  f  -  s  -
    float8_e5m2    1  f  -  s  -
    float8_e4m3fnuz  1  f  -  s  -
    float8_e5m2fnuz  1  f  -  s  -
    float8_e8m0fnu   1  f  -  -  -
    complex32      4  -  c  s  complex32
"""
ROWS = [line.split() for line in TABLE.split("\n") if line.strip()]
NAMES = [row[0] for row in ROWS]
# and float8_e8m0fnu, which is an exponent
SMALL = [torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz]
STORED = [*SMALL, torch.float8_e8m0fnu]
REAL = [d for d in dtypes.DTYPES if not d.is_complex]

# torch.promote_types, a row for each type in the order of the table; a letter for each other: b u1 i1 i2 i4 i8 h(alf)
# B(float16) f d c C, and U V W the wide unsigned, e E m M x the 8-bit floats, H the complex halves; . where it raises
LETTERS = dict(zip("buaijlhBfdcCUVWeEmMxH", NAMES))
PROMOTED = """
    buaijlhBfdcC........H
    uuiijlhBfdcC........H
    aiaijlhBfdcC........H
    iiiijlhBfdcC........H
    jjjjjlhBfdcC........H
    llllllhBfdcC........H
    hhhhhhhffdcChhh.....H
    BBBBBBfBfdcCBBB.....c
    fffffffffdcCfff.....c
    ddddddddddCCddd.....C
    cccccccccCcC........c
    CCCCCCCCCCCC........C
    ......hBfd..U........
    ......hBfd...V.......
    ......hBfd....W......
    ...............e.....
    ................E....
    .................m...
    ..................M..
    ...................x.
    HHHHHHHccCcC........H
""".split()


def test_the_table():
    assert [d.name for d in dtypes.DTYPES] == NAMES
    for name, size, floating, complex_, signed, counterpart in ROWS:
        d = getattr(torch, name)
        assert d is getattr(dtypes, name) and isinstance(d, torch.dtype) and repr(d) == f"torch.{name}"
        assert (d.itemsize, d.is_floating_point, d.is_complex,
                d.is_signed) == (int(size), floating == "f", complex_ == "c", signed == "s")
        assert d.is_integral == (d.kind in "bui") and d.bits == 8 * d.itemsize
        if counterpart == "-":
            with pytest.raises(RuntimeError, match=f"Unknown Complex ScalarType for {d.title}"):
                d.to_complex()
        else:
            assert d.to_complex() is getattr(torch, counterpart) and d.to_complex().to_real().is_floating_point
        assert d.to_real() is {"complex32": torch.float16, "complex64": torch.float32,
                               "complex128": torch.float64}.get(name, d)


def test_rows_agree_with_the_kernel_language_and_with_numpy():
    for d in dtypes.DTYPES:
        assert BITS[d.ir] * (1 + d.is_complex) == 8 * d.itemsize
        assert d.compute == COMPUTE.get(d.ir, d.ir)
        if d.typestr is not None:
            assert np.dtype(d.typestr) == np.dtype(d.numpy_name) and np.dtype(d.typestr).itemsize == d.itemsize


def test_other_names():
    for name, other in {"half": "float16", "short": "int16", "int": "int32", "long": "int64", "float": "float32",
                        "double": "float64", "chalf": "complex32", "cfloat": "complex64",
                        "cdouble": "complex128"}.items():
        assert getattr(torch, name) is getattr(torch, other)


@pytest.mark.parametrize("d", dtypes.DTYPES, ids=str)
def test_there_is_one_object_a_type(d):
    assert pickle.loads(pickle.dumps(d)) is d and copy.copy(d) is d and copy.deepcopy([d])[0] is d and {d: 1}[d] == 1


@pytest.mark.parametrize("name", NAMES)
def test_promotion(name):
    a = getattr(torch, name)
    for letter, other in zip(PROMOTED[NAMES.index(name)], NAMES):
        b = getattr(torch, other)
        if letter != ".":
            assert torch.promote_types(a, b) is getattr(torch, LETTERS[letter])
            continue
        which = "Float8 Types" if a in STORED or b in STORED else "uint16, uint32, uint64 types"
        with pytest.raises(RuntimeError,
                           match=f"^Promotion for {which} is not supported, attempted to promote {a.title} and "
                                 f"{b.title}$"):
            torch.promote_types(a, b)


# What x + y is of: x has dimensions, and y is a 0-d tensor of each type, or one of Python's numbers True, 1, 1.0, 1j.
# What comes later in the order dimensions, 0-d, numbers counts where its category is higher. (PyTorch's table.)
LOWER = "b u a l h B f d c C".split()
WITH_ZERO_D = (
    "bualhBfdcC uuuuhBfdcC aaaahBfdcC llllhBfdcC hhhhhhhhHH BBBBBBBBcc ffffffffcc ddddddddCC cccccccccc "
    "CCCCCCCCCC").split()
WITH_NUMBER = "blfc uufc aafc llfc hhhH BBBc fffc dddC cccc CCCC".split()


@pytest.mark.parametrize("letter", LOWER)
def test_promotion_of_operands(letter):
    x = torch.ones(2, dtype=getattr(torch, LETTERS[letter]))
    zero_d = [torch.ones((), dtype=getattr(torch, LETTERS[other])) for other in LOWER]
    for wanted, others in ((WITH_ZERO_D, zero_d), (WITH_NUMBER, (True, 1, 1.0, 1j))):
        for expected, y in zip(wanted[LOWER.index(letter)], others, strict=True):
            d = getattr(torch, LETTERS[expected])
            assert torch.result_type(x, y) is d and (x + y).dtype is d and (y * x).dtype is d, y
            assert torch.where(x == 1, x, y).dtype is d and torch.eq(x, y).dtype is torch.bool
    for expected, number in zip(WITH_NUMBER[LOWER.index(letter)], (True, 1, 1.0, 1j), strict=True):
        assert (x[0] + number).dtype is getattr(torch, LETTERS[expected])


def test_what_may_be_written_to_what():
    for a in dtypes.DTYPES:
        for b in dtypes.DTYPES:
            lost = (a.is_complex and not b.is_complex or a.is_floating_point and b.is_integral or a.is_integral
                    and a is not torch.bool and b is torch.bool)
            assert torch.can_cast(a, b) is not lost


def test_types_of_numbers():
    assert [dtypes.scalar_dtype(kind)
            for kind in (bool, int, float, complex)] == [torch.bool, torch.int64, torch.float32, torch.complex64]
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.get_default_dtype() is torch.float64
        assert [dtypes.scalar_dtype(kind) for kind in (float, complex)] == [torch.float64, torch.complex128]
    finally:
        torch.set_default_dtype(torch.float32)
    for wrong in (torch.int32, torch.complex64, *STORED, "float32", None):
        with pytest.raises(TypeError):
            torch.set_default_dtype(wrong)


#                  bits eps      max                     tiny        resolution
FINFO = {
    "float16": (16, 2.0**-10, 65504.0, 2.0**-14, 0.001),
    "bfloat16": (16, 2.0**-7, 3.3895313892515355e38, 2.0**-126, 0.01),
    "float32": (32, 2.0**-23, 3.4028234663852886e38, 2.0**-126, 1e-6),
    "float64": (64, 2.0**-52, 1.7976931348623157e308, 2.0**-1022, 1e-15),
    "float8_e4m3fn": (8, 0.125, 448.0, 0.015625, 1.0), "float8_e5m2": (8, 0.25, 57344.0, 6.103515625e-05, 1.0),
    "float8_e4m3fnuz": (8, 0.125, 240.0, 2.0**-7, 1.0),
}


@pytest.mark.parametrize("name", FINFO)
def test_limits_of_floats(name):
    bits, eps, largest, tiny, resolution = FINFO[name]
    found = torch.finfo(getattr(torch, name))
    assert (found.bits, found.eps, found.max, found.min, found.tiny, found.smallest_normal, found.resolution,
            found.dtype) == (
        bits, eps, largest, -largest, tiny, tiny, resolution, name)
    assert repr(found) == (f"finfo(resolution={resolution:g}, min={-largest:g}, max={largest:g}, eps={eps:g}, "
                           f"smallest_normal={tiny:g}, tiny={tiny:g}, dtype={name})")
    # the limits are values of the type, and the next steps beyond them are not
    d = getattr(torch, name)
    exact = torch.tensor([largest, 1 + eps, tiny, found.smallest_subnormal], dtype=torch.float64)
    assert exact.to(d).double().tolist() == exact.tolist()
    assert torch.tensor(found.smallest_subnormal / 2, dtype=torch.float64).to(d).item() == 0


def test_finfo_takes_types_alone():
    assert torch.finfo().dtype == "float32" and torch.finfo(torch.complex128).dtype == "float64"
    for wrong in (torch.int8, torch.bool):
        with pytest.raises(TypeError, match="requires a floating point input type"):
            torch.finfo(wrong)
    for limits, wrong in ((torch.finfo, "float32"), (torch.finfo, 3), (torch.iinfo, "int8"), (torch.iinfo, None)):
        with pytest.raises(TypeError, match="must be torch.dtype, not"):
            limits(wrong)


@pytest.mark.parametrize("name, low, high", [
    ("uint8", 0, 255), ("int8", -128, 127), ("int16", -32768, 32767), ("uint16", 0, 65535),
    ("int32", -2**31, 2**31 - 1), ("uint32", 0, 2**32 - 1),
    ("int64", -2**63, 2**63 - 1), ("uint64", 0, 2**64 - 1),
])
def test_limits_of_integers(name, low, high):
    found = torch.iinfo(getattr(torch, name))
    assert (found.min, found.max, found.bits, found.dtype) == (low, high, getattr(torch, name).bits, name)
    assert repr(found) == f"iinfo(min={low:g}, max={high:g}, dtype={name})"


def test_iinfo_refuses_other_types():
    for wrong in (torch.float32, torch.complex64, *STORED):
        with pytest.raises(TypeError, match="requires an integer input type"):
            torch.iinfo(wrong)
    with pytest.raises(TypeError, match="torch.bool is not supported"):
        torch.iinfo(torch.bool)


# ---- 8-bit floats ----------------------------------------------------------------------------------------------------

CODES = np.arange(256, dtype=np.uint8)


def value(code: int, d: torch.dtype) -> float:
    """What a code means, by the definition of the format (OCP 8-bit floating point, 2023; fnuz: no infinities, and NaN
    where -0 would be).
    """
    mantissa, bias = {"e4m3fn": (3, 7), "e5m2": (2, 15), "e4m3fnuz": (3, 8), "e5m2fnuz": (2, 16)}[d.ir]
    if d.ir.endswith("fnuz") and code == 0x80:
        return math.nan
    sign, exponent, fraction = -1.0 if code & 0x80 else 1.0, (code & 0x7F) >> mantissa, code & ((1 << mantissa) - 1)
    if d is torch.float8_e5m2 and exponent == 31:
        return sign * math.inf if fraction == 0 else math.nan
    if d is torch.float8_e4m3fn and code & 0x7F == 0x7F:
        return math.nan
    scaled = fraction if exponent == 0 else fraction + (1 << mantissa)
    return sign * math.ldexp(scaled, max(exponent, 1) - bias - mantissa)


def nearest(x: np.ndarray, d: torch.dtype) -> np.ndarray:
    """The codes of the nearest values, ties to even codes, by search; too large is 448 without, infinity with
    infinities.
    """
    nan = 0x80 if d.ir.endswith("fnuz") else 0x7F
    values = np.array([value(k, d) for k in range({"e4m3fn": 0x7F, "e5m2": 0x7C}.get(d.ir, 0x80))])
    between = (values[1:] + values[:-1]) / 2
    with np.errstate(invalid="ignore"):                      # of signalling NaNs
        size = np.abs(x.astype(np.float64))
    below = np.searchsorted(between, size, "left")
    code = below + ((below < len(between)) & (below % 2 == 1) & (size == between[np.minimum(below, len(between) - 1)]))
    if d is torch.float8_e5m2:
        code = np.where(size >= 61440, 0x7C, code)
    if nan == 0x80:                                          # too large is NaN, and there is no -0
        code = np.where(size >= values[-1] + (values[-1] - values[-2]) / 2, nan, code)
        return np.where(np.isnan(x), nan, np.where(code == 0, 0, code | np.signbit(x) * 0x80)).astype(np.uint8)
    return (np.where(np.isnan(x), nan, code) | np.signbit(x) * 0x80).astype(np.uint8)


def numbers(d: torch.dtype) -> np.ndarray:
    rng = np.random.default_rng(0)
    exact = np.array([value(k, d) for k in range(128)])
    exact = exact[np.isfinite(exact)]
    middles = ((exact[1:] + exact[:-1]) / 2).astype(np.float32)
    found = np.concatenate([exact, middles, np.nextafter(middles, np.float32(0)),
                            np.nextafter(middles, np.float32(np.inf)),
                            [0, 464, 465, 480, 500, 61439, 61440, 61441, 65536, 3e38, 1e-45, np.inf, np.nan],
                            np.exp2(rng.uniform(-24, 18, 3000)) * rng.uniform(1, 2, 3000)]).astype(np.float32)
    return np.concatenate([found, -found,
                           rng.integers(0, 2**32, 3000, dtype=np.uint64).astype(np.uint32).view(np.float32)])


@pytest.mark.parametrize("d", SMALL, ids=str)
def test_all_codes_widen_and_stay(d):
    stored = torch.from_numpy(CODES.copy()).view(d)
    expected = np.array([value(int(k), d) for k in CODES], np.float32)
    wide = stored.to(torch.float32).numpy()
    np.testing.assert_array_equal(wide, expected)
    np.testing.assert_array_equal(np.signbit(wide),
                                  (CODES >= 128) & ~(np.isnan(expected) if d.ir.endswith("fnuz") else False))
    for same in (stored.clone(), stored.to("cpu", copy=True), torch.empty(256, dtype=d).copy_(stored),
                 stored.reshape(16, 16).t().contiguous().t().reshape(-1)):
        np.testing.assert_array_equal(same.view(torch.uint8).numpy(), CODES)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(stored.to(torch.float32).to(d).view(torch.uint8).numpy()[numbers], CODES[numbers])
    for other in (torch.float16, torch.bfloat16, torch.float64):
        np.testing.assert_array_equal(stored.to(other).to(d).view(torch.uint8).numpy()[numbers], CODES[numbers])
    assert [stored[k].item() for k in np.flatnonzero(numbers)] == expected[numbers].tolist()
    assert all(math.isnan(stored[k].item()) for k in np.flatnonzero(~numbers))
    np.testing.assert_array_equal(np.array(stored.tolist(), np.float32), expected)


@pytest.mark.parametrize("d", SMALL, ids=str)
def test_numbers_round_to_the_nearest(d):
    x = numbers(d)
    expected = nearest(x, d)
    np.testing.assert_array_equal(torch.from_numpy(x).to(d).view(torch.uint8).numpy(), expected)
    np.testing.assert_array_equal(interpret.narrow(x, d), expected)
    np.testing.assert_array_equal(torch.tensor(x, dtype=d).view(torch.uint8).numpy(), expected)
    strided = torch.from_numpy(np.stack([x, x]).T.copy())[:, 1]
    np.testing.assert_array_equal(strided.to(d).view(torch.uint8).numpy(), expected)


@pytest.mark.parametrize("d", SMALL, ids=str)
def test_conversions(d):
    assert torch.tensor([1, 17, -3, 1000]).to(d).tolist()[:3] == [1, 16, -3]
    assert (torch.tensor([True, False]).to(d).tolist() == [1, 0] and torch.tensor([2 + 1j, 0j]).real.to(d).tolist()
            == [2, 0])
    stored = torch.tensor([0.0, 1.5, -2.5, 3.9], dtype=d)
    assert (stored.to(torch.int32).tolist() == [0, 1, -2, 4]
            and stored.to(torch.bool).tolist() == [False, True, True, True])
    assert stored.to(torch.complex64).tolist() == [0, 1.5, -2.5, 4]
    assert torch.tensor(1.0625 + 2.0**-40, dtype=torch.float64).to(d).item() == 1.0, "through float32, as PyTorch's"
    leaf = torch.tensor([1.0, 2.0], requires_grad=True)
    leaf.to(d).to(torch.float32).sum().backward()
    assert leaf.grad.tolist() == [1, 1]


@pytest.mark.parametrize("d", SMALL, ids=str)
def test_storing_and_moving(d):
    x = torch.tensor([[1.0, 2.5, -3.0], [0.5, 224.0, 0.0]]).to(d)
    assert x.dtype is d and x.element_size() == 1 and x.is_floating_point() and x.type() == f"torch.{d.title}Tensor"
    assert (repr(x[0]) == f"tensor([ 1.0000,  2.5000, -3.0000], dtype=torch.{d.name})"
            and repr(torch.empty(0, dtype=d)) == f"tensor([], dtype=torch.{d.name})")
    assert (x[1, 1].item() == 224 and float(x[0, 1]) == 2.5 and int(x[0, 1]) == 2 and bool(x[0, 0])
            and x.t()[2].tolist() == [-3, 0])
    assert (x[:, [2, 0]].tolist() == [[-3, 1], [0, 0.5]] and torch.cat([x, x]).shape == (4, 3)
            and torch.stack([x[0], x[1]]).tolist() == x.tolist())
    assert x.view(torch.uint8).view(d).tolist() == x.tolist() and x.view(torch.uint8).dtype is torch.uint8
    x[0, 0] = 3.3
    x[1] = x[0]
    assert x.tolist() == [[3.25, 2.5, -3]] * 2 if "e4m3" in d.name else [[3.5, 2.5, -3]] * 2
    assert (torch.zeros(2, dtype=d).tolist() == [0, 0] and torch.full((2,), 1.5, dtype=d).tolist() == [1.5] * 2
            and x.fill_(2).tolist() == [[2.0] * 3] * 2)
    assert (x == x).all() and not (x != x).any() and torch.equal(x, x.clone()) and torch.where(x == 2, x, x).dtype is d
    assert pickle.loads(pickle.dumps(x)).tolist() == x.tolist() and copy.deepcopy(x).dtype is d
    back = torch.from_dlpack(x)
    assert back.dtype is d and back.data_ptr() == x.data_ptr()
    assert torch.empty(2, dtype=d, device="meta").to(torch.float32).dtype is torch.float32


@pytest.mark.parametrize("d", SMALL, ids=str)
def test_no_arithmetic(d):
    x = torch.ones(2, 2).to(d)
    for name in ("neg exp tanh sqrt sum mean prod amax cumsum softmax relu sin round abs add mul sub matmul pow "
                 "maximum lt var norm argmax").split():
        arguments = {"cumsum": (0,), "softmax": (0,), **dict.fromkeys("add mul sub matmul maximum lt".split(), (x,)),
                     "pow": (2,)}.get(name, ())
        with pytest.raises(RuntimeError):
            getattr(x, name)(*arguments)
    for make in (torch.rand, torch.randn):
        with pytest.raises(RuntimeError, match=f"not implemented for '{d.title}'"):
            make(2, dtype=d)
    with pytest.raises(RuntimeError, match=f"\"add\" not implemented for '{d.title}'"):
        x + 1
    with pytest.raises(RuntimeError,
                       match=f"Promotion for Float8 Types is not supported, attempted to promote {d.title} and Float"):
        x + torch.ones(2, 2)
    with pytest.raises(TypeError, match=f"Got unsupported ScalarType {d.title}"):
        x.numpy()
    with pytest.raises(RuntimeError, match=f"value cannot be converted to type c10::{d.title} without overflow"):
        x.fill_(1e6)


@pytest.mark.parametrize("d", [d for d in REAL if d is not torch.float8_e8m0fnu], ids=str)       # which has no 0
def test_every_type_is_stored_and_read_back(d):
    """Small whole numbers survive every type, every way in and every way out."""
    x = torch.tensor([0, 1, 3, 5], dtype=torch.int64).to(d)
    expected = [False, True, True, True] if d is torch.bool else [0, 1, 3, 5]
    assert (x.dtype is d and x.tolist() == expected and x.clone().tolist() == expected
            and [x[k].item() for k in range(4)] == expected)
    assert x.to(torch.float64).tolist() == expected and torch.tensor([0, 1, 3, 5], dtype=d).tolist() == expected
    assert x.flip(0).tolist() == expected[::-1] and x[[3, 1]].tolist() == [expected[3], expected[1]]


def test_an_exponent_alone():
    d = torch.float8_e8m0fnu
    stored = torch.from_numpy(CODES.copy()).view(d)
    expected = np.array([2.0 ** (code - 127) if code < 255 else math.nan for code in range(256)], np.float32)
    np.testing.assert_array_equal(stored.to(torch.float32).numpy(), expected)
    np.testing.assert_array_equal(stored.to(torch.float32).to(d).view(torch.uint8).numpy(), CODES)
    x = torch.tensor([1.0, 1.49, 1.5, -3.0, 0.0, -0.0, 5.0e-39, 2.0**-127, 1.1 * 2.0**-127, 1.5 * 2.0**-127, 3e38,
                      math.inf, math.nan])
    codes = [127, 127, 128, 129, 0, 0, 0, 0, 1, 1, 255, 255, 255]
    assert x.to(d).view(torch.uint8).tolist() == codes and interpret.narrow(x.numpy(), d).tolist() == codes
    assert torch.finfo(d).min == torch.finfo(d).tiny == 2.0**-127 and torch.finfo(d).max == 2.0**127 and not d.is_signed


def test_the_types_without_numbers():
    assert len(dtypes.OPAQUE) == 25 and torch.bit is torch.uint1
    assert repr(torch.tensor([1, 18], dtype=torch.uint8).view(torch.float4_e2m1fn_x2)) == (
        "tensor([ 1., 18.], dtype=torch.float4_e2m1fn_x2)")


@pytest.mark.parametrize("name", dtypes.OPAQUE)
def test_types_without_numbers(name):
    """Bytes under a name: made, viewed, moved and shown; whatever needs numbers raises."""
    d = getattr(torch, name)
    assert d is dtypes.OPAQUE[name] and pickle.loads(pickle.dumps(d)) is d and repr(d) == f"torch.{name}"
    assert not d.is_complex and not d.is_integral and d.is_floating_point == name.startswith("float")
    whole, size = bytes(range(8)), d.itemsize
    x = torch.tensor(list(whole), dtype=torch.uint8).view(d)
    moved = torch.cat([x.clone(), x[::2].contiguous(), torch.zeros(1, dtype=d), x[[0]]])
    steps = b"".join(whole[k:k + size] for k in range(0, 8, 2 * size))
    assert bytes(moved.view(torch.uint8).tolist()) == whole + steps + bytes(size) + whole[:size]
    assert f"dtype=torch.{name}" in repr(x) and x.type() == f"torch.{d.title}Tensor"
    assert torch.promote_types(d, d) is d
    for call in (lambda: x + 1, lambda: x.sum(), lambda: x.float(), lambda: torch.ones(8).to(d), lambda: x.fill_(1),
                 lambda: x @ x, lambda: x == x, lambda: x[0].item(), lambda: torch.ones(2, dtype=d)):
        with pytest.raises(NotImplementedError, match=d.title):
            call()
    for call in (x.tolist, lambda: torch.tensor([1], dtype=d), lambda: torch.promote_types(d, torch.float32)):
        with pytest.raises(RuntimeError):
            call()
    for call in (x.numpy, lambda: torch.finfo(d), lambda: torch.iinfo(d)):
        with pytest.raises(TypeError):
            call()
