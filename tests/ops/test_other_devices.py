"""Every operator on a type of device that is added from outside: machine code of the host on memory that only the
device type knows the addresses of. What it gives there is what it gives on the host, gradients too.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

import pellucid as torch
from pellucid.codegen.targets import TARGETS, cpu
from pellucid.core import devices
from pellucid.core.planning import forget_plans
from tests.ops.calls import MADE, SMALL, Findings, mapped, operator, sample, tensors_of


class Apart(devices.DeviceType):
    name = "apart"

    def allocate(self, nbytes, index, zero):
        memory = np.full(nbytes + 64, 0 if zero else 0xab, np.uint8)
        return memory.ctypes.data, memory

    def bytes(self, address, nbytes):
        return np.ctypeslib.as_array((ctypes.c_uint8 * nbytes).from_address(address))

    def read(self, address, index, into):
        into[:] = self.bytes(address, into.size)

    def write(self, address, index, source):
        self.bytes(address, source.size)[:] = source

    def copy(self, address, index, source, source_index, nbytes):
        self.write(address, index, self.bytes(source, nbytes).copy())

    def launch(self, code, words, chunks, work, index):
        frame = (ctypes.c_int64 * len(words))(*words)
        code(ctypes.addressof(frame), 0, chunks)

    def synchronize(self, index):
        pass


class Compiled:
    vector_bytes = property(lambda self: cpu.vector_bytes())
    halves, whole = False, False

    def plan(self, build):
        return build(self)

    def code(self, launch):
        return ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(cpu.compile(launch.kernel))


@pytest.fixture(scope="module", autouse=True)
def apart():
    devices.add_device(Apart())
    TARGETS["apart"] = Compiled()
    yield
    devices.remove_device("apart")
    del TARGETS["apart"]
    forget_plans()


def check(found: Any, expected: Any) -> None:
    """That both are the same, and lie where they should."""
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            check(one, other)
    elif isinstance(expected, torch.Tensor):
        assert found.device == torch.device("apart:0") and expected.is_cpu
        assert (found.shape, found.dtype, found.stride()) == (expected.shape, expected.dtype, expected.stride())
        assert np.allclose(np.array(found.tolist()), np.array(expected.tolist()), 1e-4, 1e-5, equal_nan=True)
    else:
        assert found == expected or found != found


def gradients(results: Any, given: Any) -> list[Any]:
    """Those of the sum of squares of the results."""
    results = [t for t in tensors_of(results) if t.requires_grad]
    if results:
        sum((torch.view_as_real(t.resolve_conj()) if t.is_complex() else t).square().sum() for t in results).backward()
    return [t.grad for t in tensors_of(given)]


@pytest.mark.parametrize("name, k, large", SMALL)
def test_every_operator(name, k, large):
    findings = Findings()
    for grad in (False, True):
        given = sample(name, k, grad, torch.float32)
        with findings(f"grad={grad}"):
            there = mapped(given, lambda x: x.detach().to("apart").requires_grad_(x.requires_grad))
            found, expected = [(torch.manual_seed(0), operator(name)(*args, **kwargs))[1]
                               for args, kwargs in (there, given)]
            check(found, expected)
            if grad:
                check(gradients(found, there), gradients(expected, given))
    findings.settle()


@pytest.mark.parametrize("name, k", [c for c in MADE if not c.values[0].startswith(("empty", "new_empty", "cpu"))])
def test_what_is_created(name, k):
    findings = Findings()
    given = args, kwargs = sample(name, k, dtype=torch.float32, large=None)
    there = mapped(given, lambda x: x.to("apart")) if tensors_of(given) else (args, {**kwargs, "device": "apart"})
    with findings(""):
        found, expected = [(torch.manual_seed(0), operator(name)(*args, **kwargs))[1]
                           for args, kwargs in (there, given)]
        check(found, expected)
    findings.settle()
