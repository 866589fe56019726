"""float16 and bfloat16: every operator, and its gradients, beside float64 rounded once.

An element is right if it is as near to what float64 gives as rounding once brings it (0.5 of a unit in the last place,
and a little for what float32 in between costs). Where PyTorch's own result in the half type is further away, rounding
several times on the way, ours may be so too.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.ops.calls import Findings
from tests.parity import opdb, sweep

pytestmark = pytest.mark.filterwarnings("ignore")

HALVES = (torch.float16, torch.bfloat16)
ROUNDED_ONCE = 0.51                             # units in the last place
# times PyTorch's own distance, which is chance where rounding is done several times
ROUNDED_OFTEN = 4
SAMPLES = 3
# name -> why it may be further away
REASONED: dict[str, str] = {
    "nextafter": "takes a step of the type itself: float64 has other steps",
    "as_strided_scatter": "PyTorch's gradient is zero where nothing was overwritten, and one where it was",
    "special.ndtr": "PyTorch's float64 is 0 where the result is 9e-18: it is no reference there",
}


def widened(value, dtype):
    return sweep.mapped(value, lambda t: t.detach().to(torch.float64).requires_grad_(t.requires_grad)
                        if t.dtype == dtype else t)


def results(translator, function, args, kwargs):
    """(results, gradients of the operands for ones)."""
    args, kwargs = sweep.carried(translator, (args, kwargs))
    leaves = [t for t in sweep.tensors((args, kwargs)) if t.requires_grad]
    value, error = sweep.attempt(function, args, kwargs)
    if error is not None:
        raise error
    outputs = [t for t in sweep.tensors(value) if t.requires_grad]
    grads = ()
    if outputs and leaves:
        try:
            grads = translator.framework.autograd.grad(outputs, leaves,
                                                       [translator.framework.ones_like(t) for t in outputs],
                                                       allow_unused=True)
        except (RuntimeError, NotImplementedError):
            grads = None
    return sweep.tensors(value), grads


def units(found, exact, dtype):
    """How far each element is from the exact one, in units in the last place; inf beyond the largest number counts as
    that number's neighbour.
    """
    info = torch.finfo(dtype)
    size = np.maximum(np.abs(exact), info.smallest_normal)
    with np.errstate(all="ignore"):
        step = 2.0 ** np.floor(np.log2(size)) * info.eps
        far = np.abs(found - exact) / step
    rounded = torch.from_numpy(np.array(exact)).to(dtype).to(torch.float64).numpy()
    alike = (found == rounded) | (np.isnan(found) & np.isnan(rounded))
    return np.where(alike, 0, np.where(np.isfinite(far), far, 1e9))


def compare(ours, theirs, exact, dtype):
    for k, (a, b, c) in enumerate(zip(ours, theirs, exact, strict=True)):
        if a is None or b is None or c is None or opdb.dtype_name(b) != str(dtype)[6:]:
            continue
        assert opdb.dtype_name(a) == opdb.dtype_name(b), f"number {k} has type {opdb.dtype_name(a)}"
        assert tuple(a.shape) == tuple(b.shape), f"number {k} has shape {tuple(a.shape)}"
        if c.shape != b.shape or c.dtype != torch.float64:
            continue
        a, b, c = (opdb.array(t).astype(np.float64) for t in (a, b, c))
        mine, other = units(a, c, dtype), units(b, c, dtype)
        best = other.max(initial=0)
        wrong = mine > max(ROUNDED_ONCE, ROUNDED_OFTEN * best if best > ROUNDED_ONCE else 0)
        if wrong.any():
            where = np.flatnonzero(wrong)
            shown = ", ".join(f"[{i}] {a.flat[i]:.8g} for {c.flat[i]:.8g} ({mine.flat[i]:.2f} units)"
                              for i in where[:4])
            raise AssertionError(
                f"number {k}, {len(where)} of {c.size} (PyTorch at most {other.max(initial=0):.2f} units off): {shown}")


@pytest.mark.parametrize("name", sweep.each(lambda entry: bool(set(HALVES) & entry.supported_dtypes("cpu"))))
def test_half_types(name):
    if name in REASONED:
        return
    entry = sweep.entries()[name]
    theirs, ours = sweep.both(entry)
    findings = Findings()
    for dtype in HALVES:
        gradients = entry.supports_autograd and dtype in entry.supported_backward_dtypes("cpu")
        for number, item in enumerate(sweep.samples(entry, dtype, SAMPLES, gradients, most=500)):
            args, kwargs = sweep.arguments(item)
            if any(isinstance(value, torch.dtype) for value in (*args, *kwargs.values())):
                continue
            try:
                wanted = results(sweep.THEIRS, theirs, args, kwargs)
                exact = results(sweep.THEIRS, theirs, *widened((args, kwargs), dtype))
            except Exception:
                continue                        # PyTorch does not take this sample in both types
            where = f"{str(dtype)[6:]} sample {number}"
            with findings(where):
                try:
                    found = results(sweep.OURS, ours, args, kwargs)
                except Exception as error:
                    if sweep.lacking(error):
                        continue
                    raise
                compare(found[0], wanted[0], exact[0], dtype)
                with findings(f"{where}, gradients"):
                    if wanted[1] and exact[1]:
                        assert found[1] is not None, "the derivative raises"
                        compare(found[1], wanted[1], exact[1], dtype)
    findings.settle()
