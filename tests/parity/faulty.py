"""torch with known faults: what test_harness.py holds the harness against."""

import os
import signal
import time

import torch

ABSENT = {"sinh"}


class _Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        return input.exp()

    @staticmethod
    def backward(ctx, grad):
        return grad * 2


def tanh(input, **kwargs):
    return torch.tanh(input, **kwargs) * 1.001


def cosh(input, **kwargs):
    return torch.cosh(input, **kwargs).to(torch.float64)


def square(input, **kwargs):
    return torch.square(input, **kwargs)[None]


def exp(input, *, out=None):
    return torch.exp(input, out=out) if out is not None or not input.requires_grad else _Doubled.apply(input)


def gather(input, *args, **kwargs):
    try:
        return torch.gather(input, *args, **kwargs)
    except (RuntimeError, IndexError) as error:
        raise KeyError(str(error)) from None


def abs(input, **kwargs):  # torch's name
    os.kill(os.getpid(), signal.SIGSEGV)


def neg(input, **kwargs):
    time.sleep(60)


def __getattr__(name):
    if name in ABSENT:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(torch, name)
