"""Measures every function of pellucid/codegen/math.py against mpmath and writes docs/accuracy.md (about two minutes).

    python docs/accuracy.py

The compiled kernels are measured, not the formulas. float64 results are compared with mpmath. float32 results are
compared with the float64 kernels, whose own error is then far below what is measured. `measure` is used by
tests/codegen/math/test_math.py with fewer samples.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import mpmath
import numpy as np

from pellucid.codegen import math
from pellucid.codegen.ir import BITS, Builder
from pellucid.codegen.targets import cpu

mp = mpmath.mp
SIZES = {"f32": (23, 127, np.float32, np.uint32), "f64": (52, 1023, np.float64, np.uint64)}


class Case(NamedTuple):
    """How to measure one function: mpmath's form of it, the interval where it is interesting, points worth a closer
    look, the bits that mpmath needs, and for a function of two numbers what the second is for a first one."""

    exact: Callable
    low: float
    high: float
    near: tuple[float, ...] = ()
    bits: int = 200
    second: Callable | None = None


def _powers(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exponents that put x**y all over the range."""
    largest = {4: 88.0, 8: 709.0}[x.dtype.itemsize]
    with np.errstate(all="ignore"):
        return np.nan_to_num(rng.uniform(-1, 1, len(x)) * largest / np.abs(np.log(np.abs(x).astype(np.float64))),
                             posinf=3, neginf=3)


def _any(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Numbers about as large as x, and some much larger or smaller."""
    return rng.permutation(x) * (rng.random(len(x)) < 0.5) + x * rng.standard_normal(len(x))


PI = 3.141592653589793
CASES = {
    "exp": Case(mp.exp, -110, 100), "expm1": Case(mp.expm1, -5, 5, (0.0,)),
    "exp2": Case(lambda x: mp.mpf(2) ** x, -150, 130),
    "log": Case(mp.log, 0, 10, (1.0,)), "log1p": Case(mp.log1p, -1, 10, (0.0, -1.0)),
    "log2": Case(lambda x: mp.log(x) / mp.ln2, 0, 10, (1.0,)),
    "log10": Case(lambda x: mp.log(x) / mp.ln10, 0, 10, (1.0,)),
    "sin": Case(mp.sin, -1e5, 1e5, tuple(k * PI / 2 for k in range(-9, 9)), 1300),
    "cos": Case(mp.cos, -1e5, 1e5, tuple(k * PI / 2 for k in range(-9, 9)), 1300),
    "tan": Case(mp.tan, -1e5, 1e5, tuple(k * PI / 4 for k in range(-9, 9)), 1300),
    "asin": Case(mp.asin, -1, 1, (0.5, 1.0)), "acos": Case(mp.acos, -1, 1, (0.0, 1.0)),
    "atan": Case(mp.atan, -10, 10, (1.0,)),
    "sinh": Case(mp.sinh, -90, 90, (0.0, 1.0)), "cosh": Case(mp.cosh, -90, 90),
    "tanh": Case(mp.tanh, -10, 10, (0.0, 0.6)),
    "asinh": Case(mp.asinh, -10, 10, (0.0,)), "acosh": Case(mp.acosh, 1, 10, (1.0,)),
    "atanh": Case(mp.atanh, -1, 1, (0.0, 1.0)),
    "erf": Case(mp.erf, -4, 4, (0.0, 0.85)), "erfc": Case(mp.erfc, -5, 28, (0.0,)),
    "ndtr": Case(lambda x: mp.erfc(-x / mp.sqrt(2)) / 2, -39, 9),
    "sigmoid": Case(lambda x: 1 / (1 + mp.exp(-x)), -110, 40),
    "sqrt": Case(mp.sqrt, 0, 10), "rsqrt": Case(lambda x: 1 / mp.sqrt(x), 0, 10),
    "pow": Case(lambda x, y: x ** y, 0, 10, (1.0,), 200, _powers), "atan2": Case(mp.atan2, -10, 10, (), 200, _any),
    "hypot": Case(mp.hypot, -10, 10, (), 200, _any),
    "fmod": Case(lambda x, y: mp.sign(x) * mp.fmod(abs(x), abs(y)), -1e9, 1e9, (), 4300, _any),
}
LIMITS = {"ndtr": 6.0}                           # units in the last place; 2 for the others


class Result(NamedTuple):
    largest: float
    mean: float
    at: tuple[float, ...]
    count: int


def evaluate(name: str, *arrays: np.ndarray) -> np.ndarray:
    """A function by its compiled kernel, a vector at a time."""
    type = {4: "f32", 8: "f64"}[arrays[0].itemsize]
    size, lanes = BITS[type] // 8, cpu.vector_bytes() * 8 // BITS[type]
    b = Builder(f"accuracy_{name}_{type}")
    pointers = [b.word(k, "ptr") for k in range(len(arrays) + 1)]
    with b.loop(b.begin, b.end) as vector:
        at = vector.index * (size * lanes)
        values = [b.load(b.offset(p, at), type, lanes) for p in pointers[1:]]
        b.store(b.offset(pointers[0], at), getattr(math, name)(*values), type)
    padded = [np.concatenate([a, np.zeros(-len(a) % lanes, a.dtype)]) for a in arrays]
    out = np.empty_like(padded[0])
    words = np.array([a.__array_interface__["data"][0] for a in (out, *padded)], np.int64)
    kernel = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(cpu.compile(b.kernel()))
    kernel(words.ctypes.data, 0, len(out) // lanes)
    return out[: len(arrays[0])]


def samples(case: Case, type: str, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """A third evenly over all bit patterns (all exponents, subnormals included), a third over the interval, a third
    near the points.
    """
    _, _, real, unsigned = SIZES[type]
    third, bits = count // 3, BITS[type]
    patterns = (np.arange(third, dtype=np.uint64) * ((1 << bits) // third)
                + rng.integers(0, (1 << bits) // third, dtype=np.uint64))
    everywhere = patterns.astype(unsigned).view(real)
    inside = rng.uniform(case.low, case.high, third).astype(real)
    near = np.array(case.near or (case.low, case.high))[rng.integers(0, len(case.near or (0, 0)), third)]
    distance = rng.standard_normal(third) * np.exp(rng.uniform(-np.log(2.0) * SIZES[type][0], 0, third))
    near = (near * (1 + distance * (near != 0)) + distance * (near == 0)).astype(real)
    x = np.concatenate([everywhere, inside, near, np.array(case.near, real)])
    x = x[np.isfinite(x)]
    if case.second is None:
        return [x]
    with np.errstate(all="ignore"):
        y = case.second(x, rng).astype(real)
    keep = np.isfinite(y)
    return [x[keep], y[keep]]


def _ulps(got: np.ndarray, high: np.ndarray, rest: np.ndarray, type: str) -> np.ndarray:
    """The distance of results from the truth, high + rest (f64), in units in the last place of the truth."""
    mantissa, bias, real, _ = SIZES[type]
    _, exponent = np.frexp(high)
    unit = np.maximum(exponent - 1, 1 - bias) - mantissa
    with np.errstate(all="ignore"):
        errors = np.abs(np.ldexp(got.astype(np.float64) - high, -unit) - np.ldexp(rest, -unit))
        rounded = high.astype(real)
    same = (got == rounded) | (np.isnan(got) & np.isnan(rounded))
    return np.where(same & ~(np.isfinite(high) & np.isfinite(rounded)), 0.0,
                    np.where(np.isfinite(errors), errors, np.inf))


def _truth(case: Case, arrays: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """mpmath's results as sums of two f64; NaN where they are not real numbers."""
    high, rest = np.empty(len(arrays[0])), np.zeros(len(arrays[0]))
    with mp.workprec(case.bits):
        for k, numbers in enumerate(zip(*(a.tolist() for a in arrays))):
            try:
                exact = case.exact(*map(mp.mpf, numbers))
            except (ValueError, ZeroDivisionError, OverflowError):
                exact = mp.nan
            if isinstance(exact, mpmath.mpc) or not mp.isfinite(exact):
                high[k] = np.nan
                continue
            high[k] = float(exact)
            if np.isfinite(high[k]):
                rest[k] = float(exact - mp.mpf(high[k]))
    return high, rest


def measure(name: str, type: str, count: int, seed: int = 0) -> Result:
    """The largest and the mean error of a function in units in the last place."""
    case, rng = CASES[name], np.random.default_rng(seed)
    arrays = samples(case, type, count, rng)
    got = evaluate(name, *arrays)
    if type == "f32":
        high = evaluate(name, *(a.astype(np.float64) for a in arrays))
        rest = np.zeros_like(high)
        errors = _ulps(got, high, rest, type)
    else:
        high, rest = _truth(case, arrays)
        errors = np.where(np.isnan(high), 0.0, _ulps(got, high, rest, type))
    worst = int(np.argmax(errors))
    return Result(float(errors[worst]), float(np.mean(errors)), tuple(float(a[worst]) for a in arrays), len(errors))


HEAD = """# Accuracy of the functions

Written by `docs/accuracy.py`; errors are in units in the last place (ulp) of the exact result. Half a unit is what
correct rounding gives; at most 2 units are promised where nothing else is said in `pellucid/codegen/math.py`. Samples
lie over all floating-point numbers, subnormal and huge ones included, over the interval where the function is
interesting, and close to zeros and seams.
float16 and bfloat16 are computed in float32 and rounded once: their error is half a unit and a trifle.

| function | type | largest error | mean error | largest at | samples |
|---|---|---|---|---|---|
"""


def main() -> None:
    lines = []
    for name in CASES:
        for type, label, count in (("f32", "float32", 900_000), ("f64", "float64", 6_000)):
            r = measure(name, type, count)
            where = ", ".join(f"{v:.9g}" for v in r.at)
            lines.append(f"| {name} | {label} | {r.largest:.3f} | {r.mean:.3f} | {where} | {r.count} |")
            print(lines[-1], flush=True)
    Path(__file__).with_suffix(".md").write_text(HEAD + "\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
