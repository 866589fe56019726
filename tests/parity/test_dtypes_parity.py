"""Element types against PyTorch's own: the tables, and 8-bit floats bit for bit."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest

from pellucid import dtypes

pytestmark = pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental:UserWarning")

NAMES = [d.name for d in dtypes.DTYPES]
SMALL = [d.name for d in dtypes.DTYPES if d.kind == "s"]


def outcome(function, *arguments):
    """What a call gives, or the kind and text of what it raises."""
    try:
        return str(function(*arguments))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.parametrize("name", NAMES)
def test_properties(theirs, ours, name):
    a, b = getattr(ours, name), getattr(theirs, name)
    for ask in (repr, lambda d: d.itemsize, lambda d: d.is_floating_point, lambda d: d.is_complex,
                lambda d: d.is_signed, lambda d: d.to_real()):
        assert outcome(ask, a) == outcome(ask, b)
    assert outcome(lambda d: d.to_complex(), a) == outcome(lambda d: d.to_complex(), b)
    assert pickle.loads(pickle.dumps(a)) is a


@pytest.mark.parametrize("name", NAMES)
def test_promotion(theirs, ours, name):
    for function, other in itertools.product(("promote_types", "can_cast"), NAMES):
        a, b = (outcome(getattr(f, function), getattr(f, name), getattr(f, other)) for f in (ours, theirs))
        assert a == b, (function, name, other)


@pytest.mark.parametrize("name", NAMES)
def test_result_types(theirs, ours, name):
    """Of a tensor with numbers, and with tensors of every type with and without dimensions."""
    numbers = [True, 2, 2.5, 1j]
    for shape in ((2,), ()):
        for number in numbers:
            a, b = (outcome(f.result_type, f.ones(shape, dtype=getattr(f, name)), number) for f in (ours, theirs))
            assert a == b, (shape, number)
        for other, size in itertools.product(NAMES, ((2,), ())):
            a, b = (outcome(f.result_type, f.ones(shape, dtype=getattr(f, name)), f.ones(size, dtype=getattr(f, other)))
                    for f in (ours, theirs))
            assert a == b, (shape, other, size)


@pytest.mark.parametrize("name", NAMES)
def test_limits(theirs, ours, name):
    for limits in ("finfo", "iinfo"):
        a, b = (outcome(getattr(f, limits), getattr(f, name)) for f in (ours, theirs))
        # PyTorch's message names itself where it means the type
        assert a.partition("handle")[0] == b.partition("handle")[0]
        if "Error" not in b:
            for field in ("bits", "min", "max", "dtype") + ("eps", "tiny", "smallest_normal",
                                                            "resolution") * (limits == "finfo"):
                x, y = (getattr(getattr(f, limits)(getattr(f, name)), field) for f in (ours, theirs))
                assert x == y, field


# ---- 8-bit floats ----------------------------------------------------------------------------------------------------

def floats() -> np.ndarray:
    """Random bits, numbers about the size of the types', and around all values and middles between values of both."""
    rng = np.random.default_rng(0)
    around = []
    for mantissa, bias in ((3, 7), (2, 15)):
        steps = np.array([np.ldexp(f, e) for e in range(1 - bias - mantissa - 1, bias + 3)
                          for f in np.arange(1 << mantissa, 2 << mantissa) / (1 << mantissa)])
        around += [steps, (steps[1:] + steps[:-1]) / 2]
    exact = np.concatenate(around).astype(np.float32)
    special = np.array([0, np.inf, 448, 464, 480, 57344, 61440, 65536, 1e-45, 2.0**-10, 2.0**-17, 3e38], np.float32)
    found = np.concatenate([exact, np.nextafter(exact, np.float32(np.inf)), np.nextafter(exact, np.float32(0)), special,
                            (rng.standard_normal(20_000) * np.exp2(rng.integers(-20, 20, 20_000))).astype(np.float32)])
    return np.concatenate([found, -found,
                           rng.integers(0, 2**32, 50_000, dtype=np.uint64).astype(np.uint32).view(np.float32)])


def bits(framework, tensor) -> list[int]:
    return tensor.view(framework.uint8).tolist()


@pytest.mark.parametrize("name", SMALL)
def test_narrowing(theirs, ours, name):
    x = floats()
    a, b = (np.array(bits(f, f.from_numpy(x).to(getattr(f, name)))) for f in (ours, theirs))
    np.testing.assert_array_equal(a, b)
    with np.errstate(all="ignore"):
        doubles = np.concatenate([x.astype(np.float64), x.astype(np.float64) * (1 + 2.0**-40)])
    for other in ("float64", "float16", "int64", "int8", "uint8", "bool"):
        with np.errstate(all="ignore"):
            values = doubles if other == "float64" else x[np.abs(x) < 100].astype(other)
        a, b = (np.array(bits(f, f.from_numpy(values).to(getattr(f, name)))) for f in (ours, theirs))
        np.testing.assert_array_equal(a, b, err_msg=other)


@pytest.mark.parametrize("name", SMALL)
def test_widening(theirs, ours, name):
    codes = np.arange(256, dtype=np.uint8)
    for other in ("float32", "float64", "float16", "complex64", "bool"):
        a, b = (f.from_numpy(codes).view(getattr(f, name)).to(getattr(f, other)).numpy() for f in (ours, theirs))
        np.testing.assert_array_equal(a, b)
        if other == "float32":
            np.testing.assert_array_equal(a.view(np.uint32), b.view(np.uint32))


@pytest.mark.parametrize("name", SMALL)
def test_storing(theirs, ours, name):
    values = [1.0, 2.5, -3.3, 500.0, 0.001, float("nan"), float("inf"), 1e9, 0.0]

    def made(f):
        return f.tensor(values).to(getattr(f, name))

    asks = {
        "printed": lambda f: repr(made(f)), "printed flat": lambda f: repr(made(f)[:3]),
        "printed number": lambda f: repr(made(f)[0]),
        "printed empty": lambda f: repr(f.empty(0, dtype=getattr(f, name))), "list": lambda f: repr(made(f).tolist()),
        "number": lambda f: made(f)[2].item(), "made": lambda f: bits(f, f.tensor(values, dtype=getattr(f, name))),
        "full": lambda f: bits(f, f.full((2,), 1.1, dtype=getattr(f, name))),
        "copied": lambda f: bits(f, made(f).clone()),
        "turned": lambda f: bits(f, made(f).view(3, 3).t().contiguous().view(-1)),
        "picked": lambda f: bits(f, made(f)[[2, 0]]),
        "masked": lambda f: bits(f, made(f)[f.tensor([True, False, True] * 3)]),
        "joined": lambda f: bits(f, f.cat([made(f), made(f)])), "stacked": lambda f: f.stack([made(f), made(f)]).shape,
        "compared": lambda f: [(made(f) == made(f)).tolist(), (made(f) != made(f)).tolist(), made(f).isnan().tolist()],
        "chosen": lambda f: bits(f, f.where(f.tensor([True, False, True] * 3), made(f), made(f).clone().zero_())),
        "padded": lambda f: bits(f, f.nn.functional.pad(made(f), (1, 1))), "rolled": lambda f: bits(f, made(f).roll(1)),
        "any": lambda f: made(f).any().item(),
        "type": lambda f: made(f).type(), "read back": lambda f: f.zeros(9).copy_(made(f)).tolist().__repr__(),
        "number's truth": lambda f: bool(made(f)[0]),
        "added": lambda f: made(f) + f.ones(9), "to NumPy": lambda f: made(f).numpy(),
        "filled beyond": lambda f: made(f).fill_(1e6), "identity": lambda f: f.eye(2, dtype=getattr(f, name)).tolist(),
        "repeated": lambda f: bits(f, made(f).repeat(2)), "real": lambda f: made(f).is_floating_point(),
    }
    # PyTorch prints no number of this type by its exponent: 2**-127 as 0.0000
    if name == "float8_e8m0fnu":
        del asks["printed"]
    for what, ask in asks.items():
        assert outcome(ask, ours) == outcome(ask, theirs), what


@pytest.mark.parametrize("name", SMALL)
def test_what_is_not_computed(theirs, ours, name):
    """What PyTorch refuses to compute is refused; the rest of arithmetic, of which PyTorch has a few pieces, is too."""
    for what in """neg exp tanh sqrt sum mean prod amax argmax lt var norm cumsum softmax relu sigmoid sin round add sub
            div pow maximum clamp sign logical_not signbit""".split():
        for f in (ours, theirs):
            x = f.ones(2, 2).to(getattr(f, name))
            two = dict.fromkeys(("lt", "add", "sub", "div", "maximum"), (x,))
            arguments = {"cumsum": (0,), "softmax": (0,), "pow": (2,), "clamp": (0, 1), **two}.get(what, ())
            with pytest.raises(RuntimeError,
                               match="could not infer|not implemented for|Expected a floating|only support "
                                     "floating|Unsupported dtype"):
                getattr(x, what)(*arguments)
