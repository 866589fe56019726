"""The functions of kernels: accurate to 2 units in the last place, right at the edges, the same on every kind of value.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest

from pellucid.codegen import math as m
from pellucid.codegen.ir import UNKNOWN, Builder, Value
from pellucid.codegen.math.complex import Complex
from pellucid.codegen.math.primitives import NUMPY
from tests.codegen.helpers import apply, call, elementwise

RNG = np.random.default_rng(0)
INF, NAN, PI = math.inf, math.nan, math.pi
TYPES = {"f32": np.float32, "f64": np.float64}
TINY = {"f32": 1e-45, "f64": 5e-324}


def _accuracy():
    """docs/accuracy.py, which writes the published table: the tests measure as it does."""
    path = Path(__file__).resolve().parents[3] / "docs" / "accuracy.py"
    spec = importlib.util.spec_from_file_location("accuracy", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["accuracy"] = module
    spec.loader.exec_module(module)
    return module


accuracy = _accuracy()


@pytest.mark.parametrize("name", accuracy.CASES)
@pytest.mark.parametrize(("type", "count"), [("f32", 30_000), ("f64", 450)])
def test_accuracy(name, type, count):
    result = accuracy.measure(name, type, count, seed=1)
    assert result.largest <= accuracy.LIMITS.get(name, 2.0), f"{name}{result.at} is {result.largest:.2f} ulp off"


def test_the_published_table_is_of_these_functions():
    table = (Path(__file__).resolve().parents[3] / "docs" / "accuracy.md").read_text()
    for name in accuracy.CASES:
        for label in ("float32", "float64"):
            line = next(text for text in table.splitlines() if text.startswith(f"| {name} | {label} |"))
            assert float(line.split("|")[3]) <= accuracy.LIMITS.get(name, 2.0)


# ---- the edges -------------------------------------------------------------------------------------------------------

SPECIAL = {
    "exp": [(0, 1), (-0.0, 1), (INF, INF), (-INF, 0), (1e4, INF), (-1e4, 0)],
    "expm1": [(0, 0), (-0.0, -0.0), (INF, INF), (-INF, -1), (-1e4, -1)],
    "exp2": [(0, 1), (10, 1024), (-3, 0.125), (INF, INF), (-INF, 0), (1e5, INF), (-1e5, 0)],
    "log": [(1, 0), (0, -INF), (-0.0, -INF), (-1, NAN), (INF, INF), (-INF, NAN)],
    "log2": [(1, 0), (8, 3), (0, -INF), (-1, NAN), (INF, INF), (2.0**-140, -140)],
    "log10": [(1, 0), (1000, 3), (0, -INF), (-1, NAN), (INF, INF)],
    "log1p": [(0, 0), (-0.0, -0.0), (-1, -INF), (-2, NAN), (INF, INF)],
    "sin": [(0, 0), (-0.0, -0.0), (INF, NAN), (-INF, NAN)],
    "cos": [(0, 1), (-0.0, 1), (INF, NAN)],
    "tan": [(0, 0), (-0.0, -0.0), (-INF, NAN)],
    "asin": [(0, 0), (-0.0, -0.0), (1.5, NAN), (-1.5, NAN), (INF, NAN)],
    "acos": [(1, 0), (1.5, NAN), (-INF, NAN)],
    "atan": [(0, 0), (-0.0, -0.0)],
    "sinh": [(0, 0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (1e4, INF)],
    "cosh": [(0, 1), (INF, INF), (-INF, INF), (-1e4, INF)],
    "tanh": [(0, 0), (-0.0, -0.0), (INF, 1), (-INF, -1), (50, 1)],
    "asinh": [(0, 0), (-0.0, -0.0), (INF, INF), (-INF, -INF)],
    "acosh": [(1, 0), (0.5, NAN), (-2, NAN), (INF, INF), (-INF, NAN)],
    "atanh": [(0, 0), (-0.0, -0.0), (1, INF), (-1, -INF), (1.5, NAN), (INF, NAN)],
    "erf": [(0, 0), (-0.0, -0.0), (INF, 1), (-INF, -1), (1e4, 1)],
    "erfc": [(0, 1), (INF, 0), (-INF, 2), (1e4, 0)],
    "ndtr": [(0, 0.5), (INF, 1), (-INF, 0)],
    "sigmoid": [(0, 0.5), (INF, 1), (-INF, 0), (1e4, 1)],
    "sqrt": [(0, 0), (-0.0, -0.0), (-1, NAN), (INF, INF)],
    "rsqrt": [(0, INF), (4, 0.5), (-1, NAN), (INF, 0)],
    "reciprocal": [(0, INF), (-0.0, -INF), (INF, 0), (-INF, -0.0)],
    "floor": [(-0.0, -0.0), (-0.5, -1), (2.5, 2), (INF, INF)],
    "ceil": [(-0.5, -0.0), (2.5, 3)],
    "trunc": [(-2.5, -2), (-0.5, -0.0)],
    "rint": [(0.5, 0), (1.5, 2), (-2.5, -2), (-0.5, -0.0)],
    "sign": [(-3, -1), (0, 0), (-0.0, 0), (NAN, 0), (INF, 1)],
    "abs": [(-0.0, 0), (-INF, INF)],
    "angle": [(-1, PI), (1, 0), (0, 0)],
}
TWO = {
    "pow": [(0, 0, 1), (NAN, 0, 1), (1, NAN, 1), (1, INF, 1), (-1, INF, 1), (-1, -INF, 1), (0, 3, 0), (-0.0, 3, -0.0),
            (-0.0, 2, 0),
            (0, -1, INF), (-0.0, -3, -INF), (-0.0, -2, INF), (-8, 1 / 3, NAN), (-2, 3, -8), (-2, 2, 4), (INF, 2, INF),
            (INF, -2, 0),
            (-INF, 3, -INF), (-INF, 2, INF), (-INF, -3, -0.0), (0.5, INF, 0), (0.5, -INF, INF), (2, INF, INF),
            (2, -INF, 0), (2, NAN, NAN), (NAN, 1, NAN), (-INF, 0.5, INF), (2, 0.5, 2**0.5)],
    "atan2": [(0, 1, 0), (-0.0, 1, -0.0), (0, -1, PI), (-0.0, -1, -PI), (0, 0, 0), (0, -0.0, PI), (-0.0, -0.0, -PI),
              (1, 0, PI / 2),
              (-1, -0.0, -PI / 2), (INF, INF, PI / 4), (INF, -INF, 3 * PI / 4), (-INF, -INF, -3 * PI / 4), (1, INF, 0),
              (1, -INF, PI), (INF, 1, PI / 2), (NAN, 1, NAN), (1, NAN, NAN)],
    "hypot": [(3, -4, 5), (INF, NAN, INF), (NAN, -INF, INF), (NAN, 1, NAN), (0, -0.0, 0), (1e38, 0, 1e38)],
    "fmod": [(5, 3, 2), (-5, 3, -2), (5, -3, 2), (-0.0, 3, -0.0), (5, 0, NAN), (INF, 2, NAN), (5, INF, 5),
             (-5, -INF, -5), (NAN, 1, NAN), (6, 3, 0)],
    "remainder": [(5, 3, 2), (-5, 3, 1), (5, -3, -1), (-5, -3, -2), (5, 0, NAN), (5, INF, 5), (-6, 3, -0.0)],
    "floor_div": [(5, 3, 1), (-5, 3, -2), (5, -3, -2), (5, 0, INF), (-5, 0, -INF), (0, 0, NAN), (6, 3, 2),
                  (-0.5, 2, -1)],
    "trunc_div": [(5, 3, 1), (-5, 3, -1), (1, 0, INF)],
    "minimum": [(1, 2, 1), (NAN, 1, NAN), (1, NAN, NAN), (-INF, INF, -INF)],
    "maximum": [(1, 2, 2), (NAN, 1, NAN), (1, NAN, NAN)],
    "fmin": [(1, 2, 1), (NAN, 1, 1), (1, NAN, 1), (NAN, NAN, NAN)],
    "fmax": [(1, 2, 2), (NAN, 1, 1), (1, NAN, 1)],
    "copysign": [(3, -0.0, -3), (-3, 1, 3), (0, -1, -0.0), (INF, -2, -INF)],
}


def same(found: np.ndarray, expected: np.ndarray) -> None:
    """Equal, the sign of zero included, but for a unit in the last place of what is no special value."""
    close = np.abs(found - expected) <= 2 * np.spacing(np.abs(expected))
    assert np.all((found == expected) | close | (np.isnan(found) & np.isnan(expected)))
    assert np.array_equal(np.signbit(found) | np.isnan(expected), np.signbit(expected) | np.isnan(expected))


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("name", [*SPECIAL, *TWO])
def test_special_values(name, type):
    rows = SPECIAL.get(name) or TWO[name]
    if name in SPECIAL and name != "sign":
        rows = [*rows, (NAN, NAN)]
    *arguments, expected = (np.array(column, TYPES[type]) for column in zip(*rows))
    (found,) = apply(getattr(m, name), arguments, [type], 8, name)
    same(found, expected)


@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("name", ["sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "expm1", "log1p"])
def test_numbers_next_to_zero_are_their_own_image(name, type):
    x = np.array([TINY[type], -TINY[type], 3 * TINY[type], TINY[type] * 2.0**20], TYPES[type])
    np.testing.assert_array_equal(getattr(m, name)(x), x)


@pytest.mark.parametrize("type", TYPES)
def test_results_may_be_subnormal(type):
    lowest = {"f32": -103.0, "f64": -744.0}[type]
    x = np.linspace(lowest, lowest + 10, 50).astype(TYPES[type])
    for name in ("exp", "sigmoid"):
        found = getattr(m, name)(x)
        assert (found > 0).all() and (found < np.finfo(TYPES[type]).tiny).any() and (np.diff(found) >= 0).all()


def test_huge_angles():
    closest = 6381956970095103 * 2.0**797        # of all doubles, to a multiple of pi/2
    x = [1e22, 2.0**1000, closest, 1.7976931348623157e308, -1e22]
    with mpmath.workprec(1300):
        sines, cosines = ([float(f(mpmath.mpf(v))) for v in x] for f in (mpmath.sin, mpmath.cos))
    np.testing.assert_allclose(m.sin(np.array(x)), sines, rtol=3e-16)
    np.testing.assert_allclose(m.cos(np.array(x)), cosines, rtol=3e-16)


@pytest.mark.parametrize("type", TYPES)
def test_remainders_from_the_largest_by_the_smallest_numbers(type):
    info = np.finfo(TYPES[type])
    x = np.array([info.max] * 4 + [-info.max], TYPES[type])
    y = np.array([1, 3, 7, 2.0**24 + 3, 5], TYPES[type]) * info.smallest_subnormal
    np.testing.assert_array_equal(m.fmod(x, y), np.fmod(x, y))
    (found,) = apply(m.fmod, [x, y], [type], 4)
    np.testing.assert_array_equal(found, np.fmod(x, y))


# ---- kinds of values -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("type", TYPES)
@pytest.mark.parametrize("name", accuracy.CASES)
def test_machine_code_interpreter_and_numpy_agree_to_the_bit(name, type):
    case = accuracy.CASES[name]
    arrays = accuracy.samples(case, type, 150, RNG)
    (found,) = apply(getattr(m, name), arrays, [type], 64 // np.dtype(TYPES[type]).itemsize, name)
    np.testing.assert_array_equal(getattr(m, name)(*arrays), found)


class Recorder:
    """An object that is no value: what a Tensor is to these functions."""

    def __math__(self, name, *args):
        return name, *args

    def __where__(self, a, b):
        return "where", self, a, b


def test_other_objects_are_asked():
    x = Recorder()
    assert m.tanh(x) == ("tanh", x)
    assert m.pow(2.0, x) == ("pow", 2.0, x)
    assert m.maximum(x, 0) == ("maximum", x, 0)
    assert m.where(x, 1.0, 2.0) == ("where", x, 1.0, 2.0)
    assert m.convert(x, "f32") == ("convert", x, "f32")
    assert m.where(True, x, 2.0) is x and m.where(False, x, 2.0) == 2.0


def test_unknown_stays_unknown():
    assert m.exp(UNKNOWN) is UNKNOWN and m.pow(2.0, UNKNOWN) is UNKNOWN and m.where(UNKNOWN, 1.0, 2.0) is UNKNOWN
    assert m.convert(UNKNOWN, "f64") is UNKNOWN and m.where(True, UNKNOWN, 1.0) is UNKNOWN


def test_python_numbers():
    assert m.exp(0) == 1.0 and m.maximum(2, 3) == 3 and m.floor_div(-7, 2) == -4 and m.where(True, 1.0, 2.0) == 1.0
    assert m.sqrt(-1.0) != m.sqrt(-1.0) and m.reciprocal(0.0) == INF
    assert isinstance(m.tanh(0.5), float)


def test_numbers_adopt_the_type_of_the_others():
    assert m.pow(np.ones(2, np.float32), 2).dtype == np.float32
    assert m.where(np.array([True, False]), 1, np.zeros(2, np.float32)).dtype == np.float32
    b = Builder("k")
    x = b.load(b.word(0, "ptr"), "f32", 8)
    for value in (m.pow(x, 2), m.atan2(1, x), m.where(x > 0, 0, x), m.maximum(x, 0), m.fma(x, 2, 1)):
        assert isinstance(value, Value) and (value.type, value.lanes) == ("f32", 8)


def test_a_scalar_beside_a_vector():
    b = Builder("k")
    v, s = b.load(b.word(0, "ptr"), "f32", 8), b.word(1, "f64")
    assert m.pow(v, b.convert(s, "f32")).lanes == 8 and m.exp(s).lanes == 1


def test_functions_of_integers_ask_for_a_conversion():
    b = Builder("k")
    with pytest.raises(TypeError, match="exp of i32"):
        m.exp(b.load(b.word(0, "ptr"), "i32", 8))
    with pytest.raises(TypeError, match="exp of i64"):
        m.exp(np.arange(3))
    with pytest.raises(TypeError, match="pow of f32, f64"):
        m.pow(np.ones(1, np.float32), np.ones(1))


def test_facts_about_types():
    b = Builder("k")
    for x, is_float in ((b.load(b.word(0, "ptr"), "f32", 8), True), (np.arange(3), False), (2.0, True), (3, False)):
        assert m.is_float(x) is is_float and m.is_complex(x) is False
    assert m.is_complex(Complex(1.0)) and m.is_float(1j)
    assert m.largest(np.float32(1)) == np.finfo(np.float32).max and m.largest(1.0) == np.finfo(np.float64).max
    assert m.largest(np.int8(1)) == 127 and m.largest(np.uint16(1)) == 65535


# ---- primitives ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("type", TYPES)
def test_fused_multiply_add_rounds_once(type):
    real, n = TYPES[type], 1500
    a, b, c = (RNG.integers(0, 256, (n, np.dtype(real).itemsize), np.uint8).view(real)[:, 0] for _ in range(3))
    with np.errstate(all="ignore"):
        a[:500], b[:500], c[:250] = RNG.standard_normal(500), RNG.standard_normal(500), -(a[:250] * b[:250])
        found = m.fma(a, b, c)
        for x, y, z, got in zip(a.tolist(), b.tolist(), c.tolist(), found):
            if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
                assert np.isnan(got) or not np.isfinite(got)
                continue
            exact = Fraction(x) * Fraction(y) + Fraction(z)
            below, above = np.nextafter(got, real(-INF)), np.nextafter(got, real(INF))
            if math.isfinite(got) and math.isfinite(below) and math.isfinite(above):
                error = abs(Fraction(float(got)) - exact)
                assert error <= abs(Fraction(float(below)) - exact) and error <= abs(Fraction(float(above)) - exact)
    if type == "f32":
        call(kernel := elementwise("fma", m.fma, ["f32"] * 3, ["f32"], 8), [out := np.zeros_like(a), a, b, c, n])
        np.testing.assert_array_equal(out, found)
        assert "fma" in kernel.text()


INTS = ["i8", "i16", "i32", "i64", "u8"]


@pytest.mark.parametrize("type", INTS)
def test_integer_division_never_traps(type):
    info = np.iinfo(NUMPY[type])
    edge = np.array([info.min, info.max, 0, 1, 2, 3, 7, -1 & info.max if type[0] == "u" else -1, info.max - 1],
                    NUMPY[type])
    x, y = (v.ravel() for v in np.meshgrid(edge, edge))
    found = apply(lambda x, y: (m.floor_div(x, y), m.remainder(x, y), m.trunc_div(x, y), m.fmod(x, y)), [x, y],
                  [type] * 4, 8)
    bits = 8 * x.itemsize
    for a, c, *results in zip(x.tolist(), y.tolist(), *(f.tolist() for f in found)):
        if c == 0:
            continue
        quotient = abs(a) // abs(c) * (1 if (a < 0) == (c < 0) else -1)
        expected = [a // c, a % c, quotient, a - quotient * c]
        assert [(r - e) % (1 << bits) for r, e in zip(results, expected)] == [0] * 4


@pytest.mark.parametrize("type", [*INTS, "i1"])
def test_integer_powers_wrap(type):
    dtype = NUMPY[type]
    low, high = (0, 1) if type == "i1" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    x = RNG.integers(low, high, 300, dtype, endpoint=True)
    y = RNG.integers(0, 2 if type == "i1" else 120, 300).astype(dtype)
    (found,) = apply(m.pow, [x, y], ["b8" if type == "i1" else type], 8)
    bits = 8 * x.itemsize
    for a, e, got in zip(x.tolist(), y.tolist(), found.tolist()):
        assert got == (a or not e) if type == "i1" else (got - pow(a, e, 1 << bits)) % (1 << bits) == 0


def test_integer_powers_with_negative_exponents():
    x, y = (np.array(v) for v in zip(*[(1, -5), (-1, -5), (-1, -4), (2, -1), (0, -1), (-3, -3)]))
    assert apply(m.pow, [x, y], ["i64"], 4)[0].tolist() == [1, -1, 1, 0, 0, 0]


@pytest.mark.parametrize("type", INTS)
def test_shifts_outside_the_width(type):
    info, bits = np.iinfo(NUMPY[type]), np.iinfo(NUMPY[type]).bits
    x = RNG.integers(info.min, info.max, 200, NUMPY[type], endpoint=True)
    n = RNG.integers(0 if type[0] == "u" else -3, bits + 9, 200).astype(NUMPY[type])
    left, right = apply(lambda x, n: (m.shift_left(x, n), m.shift_right(x, n)), [x, n], [type] * 2, 8)
    for a, s, up, down in zip(x.tolist(), n.tolist(), left.tolist(), right.tolist()):
        assert (up - (a << s if 0 <= s < bits else 0)) % (1 << bits) == 0
        assert down == (a >> s if 0 <= s < bits else -1 if a < 0 else 0)


def test_clamp_keeps_nan():
    (found,) = apply(lambda x: m.clamp(x, -1.0, 1.0), [np.array([-5, 0.5, 7, NAN])], ["f64"], 4)
    np.testing.assert_array_equal(found, [-1, 0.5, 1, NAN])


def test_classes():
    x = np.array([0.0, -0.0, 1.0, -INF, NAN, -2.0, 1e-45], np.float32)
    names = ("isnan", "isinf", "isfinite", "signbit", "true")
    found = apply(lambda x: tuple(getattr(m, n)(x) for n in names), [x], ["b8"] * 5, 8)
    for name, result in zip(names, found):
        np.testing.assert_array_equal(result, (x != 0) if name == "true" else getattr(np, name)(x))


def test_a_rare_block_runs_where_it_must():
    def body(x):
        return m.rare(x > 10.0, (x * 2.0,), lambda: (m.repeat(3, lambda y: (y - 1.0,), x)[0],))[0]

    x = np.arange(24, dtype=np.float32)
    (found,) = apply(body, [x], ["f32"], 8)
    np.testing.assert_array_equal(found, np.where(x > 10, x - 3, x * 2))
    np.testing.assert_array_equal(body(x), found)


# ---- complex numbers -------------------------------------------------------------------------------------------------

COMPLEX = {
    **{name: getattr(mpmath, name)
       for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan")},
    **{name: getattr(mpmath, name) for name in ("asinh", "acosh", "atanh", "expm1", "log1p", "conj")},
    "exp2": lambda z: mpmath.mpf(2) ** z, "log2": lambda z: mpmath.log(z) / mpmath.ln2,
    "log10": lambda z: mpmath.log(z) / mpmath.ln10,
    "reciprocal": lambda z: 1 / z, "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)), "rsqrt": lambda z: 1 / mpmath.sqrt(z),
    "abs": abs, "angle": mpmath.arg, "real": mpmath.re, "imag": mpmath.im, "sgn": mpmath.sign,
    "square_abs": lambda z: abs(z) ** 2,
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_functions(name):
    z = (RNG.standard_normal(60) + 1j * RNG.standard_normal(60)) * 10 ** RNG.uniform(-3, 1, 60)
    z = np.concatenate([z, [0.5 + 0j, 3 - 4j, 1.5 + 0.001j, -2.5 - 1e-5j, 1e-5 + 2j, -0.5j]])
    with mpmath.workprec(200):
        expected = np.array([complex(COMPLEX[name](mpmath.mpc(v))) for v in z.tolist()])

    def body(re, im):
        found = getattr(m, name)(Complex(re, im))
        return (found.re, found.im) if isinstance(found, Complex) else (found, 0.0 * found)

    re, im = apply(body, [z.real.copy(), z.imag.copy()], ["f64", "f64"], 8, name)
    assert np.all(np.abs(re + 1j * im - expected) <= 8 * 2.0**-53 * np.abs(expected))


def test_complex_arithmetic():
    x, y = (RNG.standard_normal(20) + 1j * RNG.standard_normal(20) for _ in range(2))
    a, b = Complex(x.real, x.imag), Complex(y.real, y.imag)
    right = x.real > 0
    for found, expected in ((a + b, x + y), (a - b, x - y), (a * b, x * y), (a / b, x / y), (-a, -x), (2.0 - a, 2 - x),
                            (1j * a, 1j * x),
                            (3.0 / a, 3 / x), (x.real / b, x.real / y), (a / 2.0, x / 2), (m.pow(a, b), x**y),
                            (m.where(right, a, 0.0), np.where(right, x, 0))):
        np.testing.assert_allclose(found.re + 1j * found.im, expected, rtol=1e-13)
    assert (a == a).all() and not (a != a).any() and not (a == b).any()
    np.testing.assert_allclose(abs(a), np.abs(x))


def test_complex_quotients_do_not_overflow_early():
    q = Complex(np.float32(1e30), np.float32(2e30)) / Complex(np.float32(3e30), np.float32(-1e30))
    assert abs(q.re - 0.1) < 1e-7 and abs(q.im - 0.7) < 1e-7
    with np.errstate(all="ignore"):
        zero = Complex(np.float64(1), np.float64(2)) / Complex(np.float64(0), np.float64(0))
        back = 1.0 / Complex(np.float64(INF), np.float64(3))
    assert zero.re == INF and zero.im == INF and back.re == 0 and back.im == 0


def test_the_signs_of_zeros_in_complex_quotients():
    parts = [0.0, -0.0, 1.0, -1.0, 2.0]
    numbers = np.array([complex(re, im) for re in parts for im in parts])
    x, y = (side.ravel() for side in np.meshgrid(numbers, numbers[numbers != 0]))
    found, expected = Complex(x.real, x.imag) / Complex(y.real, y.imag), x / y
    for part, wanted in ((found.re, expected.real), (found.im, expected.imag)):
        np.testing.assert_allclose(part, wanted, rtol=1e-15)
        assert np.array_equal(np.signbit(part), np.signbit(wanted))


def test_complex_powers_of_zero():
    for exponent, expected in ((0j, 1), (2 + 0j, 0), (2 - 1j, 0)):
        found = m.pow(Complex(0.0, 0.0), exponent)
        assert found.re == expected and found.im == 0


def test_functions_without_a_complex_form_say_so():
    with pytest.raises(TypeError, match="erf is not defined for complex"):
        m.erf(1j)
