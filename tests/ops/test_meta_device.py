"""Every operator on the meta device: the shape, the type, the strides and the gradients' shapes of what the CPU gives,
without data.
"""

from __future__ import annotations

import inspect

import pytest

import pellucid as torch
from pellucid.ops import REGISTRY
from tests.ops.calls import MADE, SMALL, Findings, differentiable, fits, laid_out, mapped, operator, sample, tensors_of

# what it gives depends on the data: it has to raise, for the meta device has none
NEEDS_DATA = set("nonzero argwhere masked_select bincount equal allclose is_nonzero".split())
NEEDS_DATA_CALLS = {("repeat_interleave", 2), ("repeat_interleave", 3)}      # the repeats are a tensor
LIE = ("", "transposed", "step 2", "columns at stride 0", "channels last")


def on_meta(x):
    """A tensor like this one, without data."""
    storage = torch.empty(x.untyped_storage().nbytes() // x.element_size(), dtype=x.dtype, device="meta")
    return storage.as_strided(x.shape, x.stride(), x.storage_offset()).requires_grad_(x.requires_grad)


def described(found):
    """What can be known of results without their data."""
    return [(tuple(t.shape), t.stride(), t.dtype, t.requires_grad) for t in tensors_of(found)]


def agree(found, expected):
    assert all(t.device.type == "meta" for t in tensors_of(found))
    assert described(found) == described(expected)
    assert tensors_of(expected) or found == expected


@pytest.mark.parametrize("name, k, large", SMALL)
def test_results(name, k, large):
    findings = Findings()
    args, kwargs = sample(name, k, grad=True, dtype=torch.float32)
    given = tensors_of(args)
    for layout in LIE:
        if layout and not any(fits(layout, t) for t in given):
            continue

        def lay(t, layout=layout):
            return laid_out(layout, t).requires_grad_(t.requires_grad) if layout else t

        with findings(f"forward {layout}"):
            near, named = mapped(args, lay), mapped(kwargs, lay)
            try:
                expected = operator(name)(*near, **named)
            except RuntimeError:
                continue                        # a layout that the operator does not take
            far, far_named = mapped(near, on_meta), mapped(named, on_meta)
            if name in NEEDS_DATA or (name, k) in NEEDS_DATA_CALLS:
                with pytest.raises((NotImplementedError, RuntimeError)):
                    operator(name)(*far, **far_named)
                continue
            found = operator(name)(*far, **far_named)
            agree(found, expected)
            with findings(f"backward {layout}"):
                wanted = [t for t in tensors_of(expected) if t.requires_grad]
                if wanted and differentiable((near, named)):
                    agree(gradients(found, (far, far_named)), gradients(expected, (near, named)))
    findings.settle()


def gradients(results, args):
    outputs = [t for t in tensors_of(results) if t.requires_grad]
    found = torch.autograd.grad(outputs, differentiable(args), [torch.ones_like(t) for t in outputs], allow_unused=True)
    return tuple(torch.zeros((), device=outputs[0].device) if g is None else g for g in found)


@pytest.mark.parametrize("name, k, large", [c for c in SMALL if c.values[0] + "_" in REGISTRY])
def test_in_place(name, k, large):
    args, kwargs = sample(name, k, dtype=torch.float32)
    far, far_named = mapped(args, on_meta), mapped(kwargs, on_meta)
    try:
        REGISTRY[name + "_"](*args, **kwargs)
    except Exception as error:
        with pytest.raises(type(error)):
            REGISTRY[name + "_"](*far, **far_named)
        return
    assert REGISTRY[name + "_"](*far, **far_named) is far[0]
    assert described(far[:1]) == described(args[:1]) and far[0]._version > 0


@pytest.mark.parametrize("name, k", MADE)
def test_what_is_created(name, k):
    """Given as a device, or had from a tensor that lies there."""
    args, kwargs = sample(name, k, dtype=torch.float32, large=None)
    expected = operator(name)(*args, **kwargs)
    if tensors_of(args) and name != "cpu":
        agree(operator(name)(*mapped(args, on_meta), **mapped(kwargs, on_meta)), expected)
    if name == "normal" and tensors_of(args):
        with pytest.raises(TypeError, match="unexpected keyword argument 'device' beside tensors"):
            operator(name)(*args, **kwargs, device="meta")
    elif "device" in inspect.signature(operator(name)).parameters and "to" not in name.split("_"):
        agree(operator(name)(*args, **{**kwargs, "device": "meta"}), expected)
