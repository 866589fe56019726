"""Pooling layers: what they pass on; the kernels are tested with the operators."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn


@pytest.mark.parametrize("n", [1, 2, 3])
def test_windows(n):
    x = pellucid.arange(6 ** n).reshape(1, 1, *(6,) * n).to(pellucid.float32)
    largest, mean = getattr(nn, f"MaxPool{n}d")(2)(x), getattr(nn, f"AvgPool{n}d")(2)(x)
    assert largest.shape == mean.shape == (1, 1, *(3,) * n)
    step = sum(6 ** i for i in range(n))
    assert largest.flatten()[0].item() == step and mean.flatten()[0].item() == step / 2
    values, places = getattr(nn, f"MaxPool{n}d")(2, return_indices=True)(x)
    assert values.tolist() == largest.tolist() and places.dtype is pellucid.int64 and places.flatten()[0].item() == step
    assert getattr(nn, f"MaxPool{n}d")(3, 2, 1, ceil_mode=True)(x).shape == (1, 1, *(4,) * n)
    assert getattr(nn, f"AvgPool{n}d")(3, 2, 1, count_include_pad=False)(pellucid.ones_like(x)).eq(1).all()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_adaptive(n):
    x = pellucid.randn(2, 3, *range(5, 5 + n))
    assert getattr(nn, f"AdaptiveAvgPool{n}d")(3)(x).shape == (2, 3, *(3,) * n)
    assert getattr(nn,
                   f"AdaptiveAvgPool{n}d")(1)(x).flatten().tolist() == pytest.approx(
        x.flatten(2).mean(-1).flatten().tolist(), rel=1e-4)
    values, places = getattr(nn, f"AdaptiveMaxPool{n}d")(3, return_indices=True)(x)
    assert values.shape == places.shape == (2, 3, *(3,) * n)
    assert x.flatten(2).gather(2, places.flatten(2)).tolist() == values.flatten(2).tolist()


def test_adaptive_sizes():
    x = pellucid.randn(2, 3, 5, 7)
    assert (nn.AdaptiveAvgPool2d((None, 2))(x).shape == (2, 3, 5, 2) and nn.AdaptiveMaxPool2d((2, None))(x).shape
            == (2, 3, 2, 7))


def test_repr():
    assert repr(nn.MaxPool2d((2, 3))) == (
        "MaxPool2d(kernel_size=(2, 3), stride=(2, 3), padding=0, dilation=1, ceil_mode=False)")
    assert repr(nn.AvgPool1d(2, 1)) == "AvgPool1d(kernel_size=(2,), stride=(1,), padding=(0,))"
    assert repr(nn.AvgPool2d(2)) == "AvgPool2d(kernel_size=2, stride=2, padding=0)"
    assert repr(nn.AdaptiveAvgPool2d((1, None))) == "AdaptiveAvgPool2d(output_size=(1, None))"
    assert repr(nn.AdaptiveMaxPool3d(2)) == "AdaptiveMaxPool3d(output_size=2)"


@pytest.mark.parametrize("n", [1, 2, 3])
def test_types_without_a_kernel(n):
    x = pellucid.ones(2, 3, *(4,) * n, dtype=pellucid.int64)
    F = nn.functional
    for name in ("adaptive_max_pool", "adaptive_avg_pool"):
        with pytest.raises(NotImplementedError, match="not implemented for 'Long'"):
            getattr(F, f"{name}{n}d")(x, 2)
    with pytest.raises(RuntimeError, match="mean"):
        getattr(F, f"adaptive_avg_pool{n}d")(x, 1)
    if n == 1:
        with pytest.raises(NotImplementedError, match="max_pool1d_impl"):
            F.max_pool1d(x, 2)
        assert F.max_pool1d(x, 2, return_indices=True)[0].dtype is pellucid.int64
    else:
        assert getattr(F, f"max_pool{n}d")(x, 2).dtype is pellucid.int64
    assert getattr(F, f"avg_pool{n}d")(x, 2).dtype is pellucid.int64


def test_one_window_over_all_takes_any_number_of_dimensions():
    x = pellucid.arange(4.0).view(2, 2)
    assert nn.AdaptiveAvgPool2d(1)(x).tolist() == [[1.5]] and nn.AdaptiveAvgPool3d(1)(x[None]).tolist() == [[[1.5]]]
    assert nn.AdaptiveAvgPool2d(1)(pellucid.ones(2, 2, 2, 2, 2)).shape == (2, 2, 2, 1, 1)
    with pytest.raises(RuntimeError, match="Expected 3D or 4D"):
        nn.AdaptiveAvgPool2d(2)(x)


def test_gradients_find_the_layout_of_one_channel():
    # channels last by its strides
    x = pellucid.arange(16.0).view(1, 4, 4, 1).permute(0, 3, 1, 2).requires_grad_()
    found = nn.functional.max_pool2d(x, 2)
    slope = pellucid.ones(1, 1, 2, 2).requires_grad_()
    grad, = pellucid.autograd.grad(found, x, slope, create_graph=True)
    assert (found.stride() == (4, 1, 2, 1) and grad.sum().item() == 4
            and pellucid.autograd.grad(grad.sum(), slope)[0].tolist() == [[[[1, 1], [1, 1]]]])
