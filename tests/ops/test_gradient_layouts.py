"""Every operator with operands, and with gradients, in every layout: transposed, of stride 0, in steps, overlapping, in
channels_last.

What comes out must be what comes out for the same values in plain order, for small tensors and for ones wider than
every tile.
"""

from __future__ import annotations

import numpy as np
import pytest

import pellucid as torch
from tests.ops.calls import (
    CASES,
    LAYOUT_MATTERS,
    LAYOUTS,
    Findings,
    differentiable,
    fits,
    laid_out,
    mapped,
    operator,
    plain,
    sample,
    tensors_of,
)


def agree(found, expected) -> None:
    """The same values, or the same values added up in another order."""
    assert len(found) == len(expected)
    for k, (a, b) in enumerate(zip(found, expected, strict=True)):
        assert (a is None) == (b is None)
        if a is None:
            continue
        assert a.shape == b.shape and a.dtype == b.dtype
        a, b = a.detach().numpy(), b.detach().numpy()
        if b.dtype.kind not in "fc":
            np.testing.assert_array_equal(a, b, err_msg=f"number {k}")
        else:
            scale = np.abs(b[np.isfinite(b)]).max(initial=0.05)
            np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5 * scale, err_msg=f"number {k}")


@pytest.mark.parametrize("name, k, large", CASES)
def test_gradients(name, k, large):
    """A gradient that arrives in any layout gives what the same gradient in plain order gives."""
    args, kwargs = sample(name, k, grad=True, dtype=torch.float32, large=large)
    inputs = differentiable((args, kwargs))
    outputs = [t for t in tensors_of(operator(name)(*args, **kwargs)) if t.requires_grad]
    if not inputs or not outputs:
        return
    torch.manual_seed(k)
    coming = [torch.randn(t.shape, dtype=t.dtype) for t in outputs]

    def gradients(values):
        return torch.autograd.grad(outputs, inputs, values, retain_graph=True, allow_unused=True)

    findings = Findings()
    for layout in LAYOUTS:
        if any(fits(layout, g) for g in coming):
            with findings(layout):
                turned = [laid_out(layout, g) for g in coming]
                agree(gradients(turned), gradients([plain(g) for g in turned]))
    findings.settle()


@pytest.mark.parametrize("name, k, large", [c for c in CASES if c.values[0] not in LAYOUT_MATTERS])
def test_operands(name, k, large):
    """Operands in any layout give what operands in plain order give: all of them laid out so, and the first one alone.
    """
    args, kwargs = sample(name, k, dtype=torch.float32, large=large)
    op = operator(name)
    given = tensors_of(args)
    findings = Findings()
    for layout in LAYOUTS:
        if not any(fits(layout, t) for t in given):
            continue
        for mixed in (False, True) if len(given) > 1 and fits(layout, given[0]) else (False,):
            turned = mapped(args, lambda t, layout=layout, mixed=mixed: t if mixed and t is not given[0]
                            else laid_out(layout, t))
            with findings(f"{'first ' if mixed else ''}{layout}"):
                found, expected = op(*turned, **kwargs), op(*mapped(turned, plain), **kwargs)
                assert tensors_of(expected) or found == expected
                agree(tensors_of(found), tensors_of(expected))
    findings.settle()
