"""Copies, conversions, fills."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid


def test_conversions():
    x = pellucid.ones(2, 3)
    assert (x.to(pellucid.float32) is x and x.to("cpu") is x and x.float() is x
            and x.to(x.double()).dtype is pellucid.float64)
    assert x.to(torch_dtype := pellucid.int8).dtype is torch_dtype and x.to("meta").is_meta
    assert x.to("cpu", pellucid.half).dtype is pellucid.float16
    assert x.to(pellucid.float32, copy=True) is not x and x.to(device="cpu", dtype=bool).dtype is pellucid.bool
    assert x.contiguous(memory_format=pellucid.preserve_format) is x
    with pytest.raises(RuntimeError, match="preserve memory format is unsupported"):
        x.t().contiguous(memory_format=pellucid.preserve_format)
    assert x.contiguous() is x and x.t().contiguous().stride() == (2, 1) and x.t().clone().stride() == (1, 3)
    image = pellucid.ones(2, 3, 4, 5)
    last = image.to(memory_format=pellucid.channels_last)
    assert last.stride() == (60, 1, 15, 3) == last.clone().stride() == last.double().stride()
    assert last.is_contiguous(memory_format=pellucid.channels_last)
    assert last.contiguous().stride() == (60, 20, 5, 1)
    assert image.contiguous(memory_format=pellucid.channels_last).stride() == (60, 1, 15, 3)
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):
        pellucid.ones(2, device="meta").cpu()
    with pytest.raises(AssertionError, match="CUDA"):
        x.cuda()


DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64",
          "complex128"]


@pytest.mark.parametrize("source", DTYPES)
@pytest.mark.parametrize("target", DTYPES)
def test_every_conversion(source, target):
    x = pellucid.tensor([[0, 1, 2, 3, 100], [7, 8, 9, 10, 11]]).to(getattr(pellucid, source))
    y = x.to(getattr(pellucid, target))
    exact = [[value.real if isinstance(value, complex) else value for value in row] for row in x.tolist()]
    made = [[value.real if isinstance(value, complex) else value for value in row] for row in y.tolist()]
    assert made == ([[bool(value) for value in row] for row in exact] if target == "bool" else exact)
    back = pellucid.empty(5, 2, dtype=y.dtype).t().copy_(x)
    assert back.tolist() == y.tolist()


@pytest.mark.parametrize("source", ["complex64", "complex128"])
def test_an_imaginary_number_is_true(source):
    z = pellucid.tensor([1j, -2j, 0j, 1 + 0j, complex("nanj")] * 5, dtype=getattr(pellucid, source))
    right, mask = [True, True, False, True, True] * 5, pellucid.tensor([True, False])

    def falses(n=25):
        return pellucid.zeros(n, dtype=pellucid.bool)

    for found in (z.bool(), z.type(pellucid.bool), falses().copy_(z)):
        assert found.tolist() == right
    assert (z[::5].bool().tolist() == [True] * 5 and falses(2).fill_(1j).tolist() == falses(2).fill_(z[1]).tolist()
            == [True, True])
    assert falses(2).masked_fill(mask, 1j).tolist() == falses(2).masked_fill(mask, z[0]).tolist() == [True, False]
    assert pellucid.full((1,), 1j, dtype=pellucid.bool).tolist() == [True]
    x = falses(3)
    x[0] = 1j
    x[2:] = z[1]
    assert x.tolist() == [True, False, True]
    with pytest.raises(RuntimeError, match="without overflow"):
        pellucid.zeros(2, dtype=pellucid.int32).fill_(1j)


@pytest.mark.parametrize("source", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
def test_negative_floats_wrap_into_unsigned_integers(source):
    x = pellucid.tensor([-2.0, -256.0, 2.5, -0.5, 3.0] * 5, dtype=getattr(pellucid, source))
    for bits in (8, 16, 32, 64):
        for found in (x.to(getattr(pellucid, f"uint{bits}")),
                      pellucid.zeros(25, dtype=getattr(pellucid, f"uint{bits}")).copy_(x)):
            assert found.tolist() == [-2 % 2**bits, -256 % 2**bits, 2, 0, 3] * 5
    if source in ("float32", "float64"):
        assert pellucid.tensor([2.0**63, 2.0**64 - 2.0**41, -(2.0**40)],
                               dtype=x.dtype).to(pellucid.uint64).tolist() == [2**63, 2**64 - 2**41, 2**64 - 2**40]


def test_copy_broadcasts_and_checks():
    x = pellucid.zeros(2, 3)
    assert x.copy_(pellucid.arange(3)) is x and x.tolist() == [[0, 1, 2]] * 2 and x._version == 1
    x.t().copy_(pellucid.ones(3, 1))
    assert x.tolist() == [[1] * 3] * 2
    with pytest.raises(RuntimeError, match="The expanded size of the tensor"):
        x.copy_(pellucid.ones(2))
    with pytest.raises(RuntimeError,
                       match="some elements of the input tensor and the written-to tensor refer to a single memory "
                             "location"):
        y = pellucid.arange(4.0)
        y[1:].copy_(y[:-1])
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        pellucid.ones(1).expand(3).copy_(pellucid.ones(3))


@pytest.mark.parametrize("n", [0, 1, 15, 1000, 20000])
def test_fill(n):
    x = pellucid.empty(n, 2)
    assert np.array_equal(x.fill_(2.5).numpy(), np.full((n, 2), 2.5)) and not x.zero_().numpy().any()
    assert np.array_equal(x[:, 1].fill_(pellucid.tensor(3)).numpy(), np.full(n, 3))


def test_derivatives():
    w, v = pellucid.ones(2, 3, requires_grad=True), pellucid.tensor(3.0, requires_grad=True)
    y = (w * 2).copy_(v)
    (y * y).sum().backward()
    assert w.grad.tolist() == [[0] * 3] * 2 and v.grad.item() == 36
    v.grad = None
    (w * 1).fill_(v).sum().backward()
    assert v.grad.item() == 6
    z = pellucid.ones(2, requires_grad=True)
    z.double().sum().backward()
    assert z.grad.dtype is pellucid.float32 and z.grad.tolist() == [1, 1]
