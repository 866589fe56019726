"""Convolution layers: arguments, shapes and values; the kernels are tested with the operators."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn


def by_hand(x, weight, bias, stride, padding):
    """A 2-dimensional convolution as a sum."""
    x = np.pad(x, [(0, 0), (0, 0), (padding,) * 2, (padding,) * 2])
    height, width = weight.shape[2:]
    rows, cols = (x.shape[2] - height) // stride + 1, (x.shape[3] - width) // stride + 1
    out = np.zeros((x.shape[0], weight.shape[0], rows, cols))
    for i in range(rows):
        for j in range(cols):
            window = x[:, :, i * stride:i * stride + height, j * stride:j * stride + width]
            out[:, :, i, j] = np.einsum("nchw,ochw->no", window, weight) + bias
    return out


def test_conv2d():
    net = nn.Conv2d(2, 3, (3, 2), stride=2, padding=1, dtype=pellucid.float64)
    x = pellucid.randn(2, 2, 7, 6, dtype=pellucid.float64)
    np.testing.assert_allclose(net(x).detach().numpy(),
                               by_hand(x.numpy(), net.weight.detach().numpy(), net.bias.detach().numpy(), 2, 1))
    assert net(x[0]).shape == net(x).shape[1:]


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_modes(mode):
    net = nn.Conv2d(2, 3, 3, padding=(1, 2), padding_mode=mode, dtype=pellucid.float64)
    x = pellucid.randn(1, 2, 5, 6, dtype=pellucid.float64)
    padded = np.pad(x.numpy(), [(0, 0), (0, 0), (1, 1), (2, 2)],
                    mode={"replicate": "edge", "circular": "wrap"}.get(mode, mode))
    expected = by_hand(padded, net.weight.detach().numpy(), net.bias.detach().numpy(), 1, 0)
    np.testing.assert_allclose(net(x).detach().numpy(), expected)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_same_padding_keeps_the_size(n):
    kind = getattr(nn, f"Conv{n}d")
    x = pellucid.randn(1, 2, *range(6, 6 + n))
    for options in ({}, {"padding_mode": "replicate"}, {"dilation": 2}):
        assert kind(2, 4, 3, padding="same", **options)(x).shape == (1, 4, *x.shape[2:])
    assert kind(2, 4, 3, padding="valid")(x).shape == (1, 4, *(s - 2 for s in x.shape[2:]))
    with pytest.raises(ValueError, match="padding='same' is not supported for strided convolutions"):
        kind(2, 4, 3, padding="same", stride=2)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_transposed(n):
    net = getattr(nn, f"ConvTranspose{n}d")(2, 4, 3, stride=2, padding=1, dtype=pellucid.float64)
    forward = getattr(nn, f"Conv{n}d")(4, 2, 3, stride=2, padding=1, bias=False, dtype=pellucid.float64)
    forward.weight = net.weight
    small = pellucid.randn(1, 2, *(4,) * n, dtype=pellucid.float64)
    for size in (7, 8):
        large = pellucid.randn(1, 4, *(size,) * n, dtype=pellucid.float64)
        up = net(small, output_size=large.shape) - net.bias.view(-1, *(1,) * n)
        assert up.shape == large.shape                   # <forward(large), small> = <large, transposed(small)>
        np.testing.assert_allclose((forward(large) * small).sum().item(), (large * up).sum().item(), rtol=1e-9)
    assert net(small).shape == (1, 4, *(7,) * n)
    with pytest.raises(ValueError, match=r"requested an output size of .*, but valid sizes range from \[7"):
        net(small, output_size=(9,) * n)
    with pytest.raises(ValueError,
                       match=f"ConvTranspose{n}D: for {n + 2}D input, output_size must have {n} or {n + 2} elements"):
        net(small, output_size=(7,) * (n + 5))


def test_arguments():
    for arguments, message in (((3, 4, 3, 1, 0, 1, 0), "groups must be a positive integer"),
                               ((3, 4, 3, 1, 0, 1, 2), "in_channels must be divisible by groups"),
                               ((4, 3, 3, 1, 0, 1, 2), "out_channels must be divisible by groups"),
                               ((3, 4, 3, 1, "all"), "Invalid padding string 'all'")):
        with pytest.raises(ValueError, match=message):
            nn.Conv2d(*arguments)
    with pytest.raises(ValueError, match="padding_mode must be one of"):
        nn.Conv1d(1, 1, 1, padding_mode="none")
    with pytest.raises(ValueError, match='Only "zeros" padding mode is supported for ConvTranspose2d'):
        nn.ConvTranspose2d(1, 1, 1, padding_mode="reflect")


def test_repr():
    assert repr(nn.Conv2d(3, 4, 3)) == "Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))"
    assert repr(nn.Conv1d(4, 4, 3, 2, 1, 2, 4, False, "circular")) == (
        "Conv1d(4, 4, kernel_size=(3,), stride=(2,), padding=(1,), dilation=(2,), groups=4, bias=False, "
        "padding_mode=circular)")
    assert repr(nn.Conv2d(3, 4, 3, padding="same")) == "Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), padding=same)"
    assert repr(nn.ConvTranspose3d(2, 4, 3, 2, 1, 1)) == (
        "ConvTranspose3d(2, 4, kernel_size=(3, 3, 3), stride=(2, 2, 2), padding=(1, 1, 1), output_padding=(1, 1, 1))")


def test_the_seed_gives_pytorchs_weights():
    pellucid.manual_seed(0)
    net = nn.Conv2d(1, 1, 2)
    assert net.weight.flatten().tolist() == [-0.003743410110473633, 0.26822179555892944, -0.4115225672721863,
                                             -0.3679695129394531]
    pellucid.manual_seed(0)                              # channels_last weights get the same numbers
    last = nn.Conv2d(3, 2, 2).to(memory_format=pellucid.channels_last)
    pellucid.manual_seed(0)
    plain = nn.Conv2d(3, 2, 2)
    pellucid.manual_seed(0)
    last.reset_parameters()
    assert last.weight.tolist() == plain.weight.tolist() and last.bias.tolist() == plain.bias.tolist()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_empty_windows_are_refused(n):
    x = pellucid.ones(1, 2, *(5,) * n)
    for name in (f"conv{n}d", f"conv_transpose{n}d"):
        with pytest.raises(RuntimeError, match="kernel size should be greater than zero"):
            getattr(nn.functional, name)(x, pellucid.ones(2, 2, *(0,) * n))
    with pytest.raises(RuntimeError, match="expected weight to be at least 1 at dimension 0"):
        getattr(nn.functional, f"conv{n}d")(x, pellucid.ones(0, 2, *(1,) * n))


@pytest.mark.parametrize("n, layout", [(2, pellucid.channels_last), (3, pellucid.channels_last_3d)])
@pytest.mark.parametrize("transposed", [False, True])
def test_one_operand_in_channels_last_is_enough(n, layout, transposed):
    conv = getattr(nn.functional, f"conv_transpose{n}d" if transposed else f"conv{n}d")
    x, w = pellucid.randn(2, 3, *(6,) * n), pellucid.randn(*((3, 4) if transposed else (4, 3)), *(3,) * n)
    wanted = conv(x, w)
    for a, b in ((x, w.contiguous(memory_format=layout)), (x.contiguous(memory_format=layout), w)):
        found = conv(a, b)
        assert (found.is_contiguous(memory_format=layout) and not found.is_contiguous()
                and (found - wanted).abs().max().item() < 1e-4)
    assert wanted.is_contiguous()
