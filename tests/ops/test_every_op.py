"""Every public operator, from its samples: derivatives, layouts, in-place and `out=` forms, empty and 0-d tensors,
fuzzed bad input.

Values against PyTorch are the parity tests' business; here an operator is held against itself and against numerical
derivatives.
"""

from __future__ import annotations

import math
import random
import warnings
import zlib
from typing import Any

import numpy as np
import pytest

import pellucid as torch
from pellucid.core import op as op_kinds
from pellucid.ops import REGISTRY
from tests.ops.calls import NAMES, differentiable, operator, sample, tensors_of
from tests.ops.samples import SAMPLES

# operators that have no sample, and why
NO_SAMPLE = {
    "makes a tensor of a size or of data": """empty zeros ones full empty_strided empty_permuted empty_like zeros_like
        ones_like full_like tensor as_tensor asarray scalar_tensor arange linspace logspace eye tril_indices
        triu_indices from_numpy frombuffer from_dlpack new_empty new_empty_strided new_full new_ones new_tensor
        new_zeros""",
    "random: tests/parity/test_random.py, tests/ops/random/test_random.py": """rand randn randint randperm rand_like
        randn_like randint_like normal bernoulli multinomial""",
    "converts: tests/test_tensor.py":
    "bool byte char short int long half float double bfloat16 chalf cfloat cdouble cpu cuda to to_copy type_as "
    "numpy_transpose",
    "needs the results of another: tested with it": "max_pool_gradient",
    "random: tests/nn/test_functional.py": "F.gumbel_softmax",
}
EXCUSED = {name for names in NO_SAMPLE.values() for name in names.split()}
CASES = [pytest.param(name, k, id=f"{name}-{k}") for name in NAMES for k in range(len(SAMPLES.get(name, ())))]


def test_every_operator_has_a_sample_or_an_excuse():
    assert not [n for n in NAMES if n not in SAMPLES and n not in EXCUSED]
    assert not [n for n in SAMPLES if n not in NAMES]


def test_every_operator_has_a_derivative_or_says_that_it_has_none():
    def settled(op):
        return op.rule is not None or op.rules or op.is_nondifferentiable

    assert not [n for n in NAMES if operator(n).kind in (op_kinds.KERNEL, op_kinds.HOST, op_kinds.VIEW)
                and not settled(operator(n))]


def test_every_operator_is_documented():
    assert not [n for n in NAMES if not (operator(n).__doc__ or "").strip()]


def rebuilt(args: Any, values: list[Any]) -> Any:
    """The arguments with their differentiable tensors replaced, in order."""
    def swap(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return values.pop(0) if value.requires_grad else value
        return tuple(swap(v) for v in value) if isinstance(value, tuple) and tensors_of(value) else value

    return tuple(swap(a) for a in args)


@pytest.mark.parametrize("name, k", CASES)
def test_derivatives(name, k):
    """First and second derivatives agree with differences, for operators that have any."""
    args, kwargs = sample(name, k, grad=True)
    inputs = differentiable(args)
    op = operator(name)

    def results(values):
        return tensors_of(op(*rebuilt(args, list(values)), **kwargs))

    wanted = [i for i, t in enumerate(results(inputs)) if t.requires_grad]
    if not inputs or not wanted:
        return

    def function(*values):
        found = results(values)
        return tuple(found[i] for i in wanted)

    assert torch.autograd.gradcheck(function, inputs)
    if max(t.numel() for t in inputs) <= 160:
        assert torch.autograd.gradgradcheck(function, inputs)


def same(a: Any, b: Any) -> None:
    found, expected = tensors_of(a), tensors_of(b)
    assert len(found) == len(expected)
    for x, y in zip(found, expected):
        assert x.shape == y.shape and x.dtype == y.dtype
        np.testing.assert_array_equal(x.detach().resolve_conj().numpy() if hasattr(x, "resolve_conj")
                                      else x.detach().numpy(), y.detach().numpy())


def spread(tensor: Any) -> Any:
    """The same elements with gaps between them and the order of dimensions turned."""
    if tensor.ndim == 0:
        return tensor
    wide = torch.zeros([2 * n + 1 for n in reversed(tensor.shape)], dtype=tensor.dtype)
    view = wide[tuple(slice(1, None, 2) for _ in tensor.shape)].permute(tuple(reversed(range(tensor.ndim))))
    view.copy_(tensor)
    return view


EXACT = set("view view_as as_strided as_strided_scatter view_as_complex view_copy as_strided_copy "
            "view_as_complex_copy".split())   # depend on the layout by definition


@pytest.mark.parametrize("name, k", [c for c in CASES if c.values[0] not in EXACT])
def test_layouts_do_not_change_values(name, k):
    args, kwargs = sample(name, k)
    turned = tuple(spread(a) if isinstance(a, torch.Tensor) else a for a in args)
    a, b = operator(name)(*args, **kwargs), operator(name)(*turned, **kwargs)
    if not tensors_of(a):
        assert a == b
        return
    for x, y in zip(tensors_of(a), tensors_of(b)):
        assert x.shape == y.shape and x.dtype == y.dtype
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name, k",
                         [c for c in CASES if c.values[0] + "_" in REGISTRY and not c.id.endswith("threshold")])
def test_in_place(name, k):
    args, kwargs = sample(name, k)
    expected = REGISTRY[name](*args, **kwargs)
    target = args[0]
    if not isinstance(target, torch.Tensor) or tuple(expected.shape) != tuple(target.shape):
        return
    if expected.dtype != target.dtype and not torch.can_cast(expected.dtype, target.dtype):
        with pytest.raises(RuntimeError):
            REGISTRY[name + "_"](*args, **kwargs)
        return
    before = target._version
    found = REGISTRY[name + "_"](*args, **kwargs)
    assert found is target and target._version > before
    np.testing.assert_array_equal(target.numpy(), expected.to(target.dtype).numpy())


OUT = "tanh add mul sum mean amax matmul mm cumsum exp clamp where cat argmax eq sqrt pow".split()


@pytest.mark.parametrize("name, k", [c for c in CASES if c.values[0] in OUT])
def test_out(name, k):
    args, kwargs = sample(name, k)
    expected = REGISTRY[name](*args, **kwargs)
    out = torch.empty_like(expected)
    assert REGISTRY[name](*args, **kwargs, out=out) is out
    same(out, expected)
    if expected.ndim == 2:
        strided = spread(expected * 0 if expected.dtype != torch.bool else expected)
        REGISTRY[name](*args, **kwargs, out=strided)
        same(strided, expected)


BAD = [None, -1, 99, 2**62, -(2**63), 2.5, math.nan, "text", (), (1, 2), [0, 0, 0], (2**40, 2**40), object(), True,
       slice(None), 1j]


def bad_value(rng: random.Random) -> Any:
    kind = rng.random()
    if kind < 0.45:
        shape = [rng.choice((0, 1, 2, 3, 5)) for _ in range(rng.randrange(4))]
        dtype = rng.choice((torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64, torch.uint8,
                            torch.float16, torch.int32))
        found = torch.ones(shape, dtype=dtype)
        if dtype == torch.int64 and rng.random() < 0.5:
            found = found * rng.choice((-(2**62), -7, 9, 2**62))
        if found.ndim and rng.random() < 0.3:
            found = found.expand((2, *shape)) if rng.random() < 0.5 else found[..., ::-1]
        return found
    return rng.choice(BAD)


@pytest.mark.parametrize("name", [n for n in sorted(REGISTRY) if not n.startswith("_")])
def test_malformed_calls_raise_and_never_crash(name):
    """Wrong shapes, strides, types, numbers and indices: an ordinary exception or an answer, each time."""
    rng = random.Random(zlib.crc32(name.encode()))
    base = name.rstrip("_")
    kinds = SAMPLES.get(base, [])
    allowed = (RuntimeError, TypeError, ValueError, IndexError, AttributeError, NotImplementedError, OverflowError,
               AssertionError, BufferError, ZeroDivisionError,
               MemoryError, KeyError)
    for attempt in range(12):
        if kinds and attempt % 3:
            args = list(sample(base, rng.randrange(len(kinds)))[0])
            if args:
                args[rng.randrange(len(args))] = bad_value(rng)
        else:
            args = [bad_value(rng) for _ in range(rng.randrange(4))]
        if base in ("zeros", "ones", "full", "empty", "rand", "randn", "eye", "randperm", "arange", "linspace",
                    "logspace", "repeat", "tile", "empty_strided", "randint",
                    "empty_permuted", "expand", "tril_indices", "triu_indices", "repeat_interleave"):
            args = [a for a in args if not (isinstance(a, int) and a > 10**6)]      # a large tensor is no malformed one
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                REGISTRY[name](*args)
            except allowed as error:
                assert not isinstance(error, AssertionError) or str(error)
