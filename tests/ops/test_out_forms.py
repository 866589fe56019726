"""`out=` in every form, for every operator that takes it: an operand, overlapping one, a view, empty, of another type,
of another shape.

Either the call raises an ordinary exception, or `out` holds what the plain call gives and nothing beside it was
written. Which of the two it has to be is PyTorch's to say: tests/parity/test_out_parity.py.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import pellucid as torch
from tests.ops.calls import SMALL, Findings, fits, laid_out, mapped, operator, plain, sample, tensors_of

MARK = -77                                      # what stands where nothing may be written
REFUSED = (RuntimeError, TypeError, ValueError, NotImplementedError, IndexError)
WIDER = {torch.float32: torch.float64, torch.int64: torch.float32, torch.bool: torch.int64,
         torch.complex64: torch.complex128}
NARROWER = {torch.float32: torch.int64, torch.int64: torch.int8, torch.complex64: torch.float32,
            torch.bool: torch.uint8}


def fresh(name, k):
    return sample(name, k, dtype=torch.float32)


def same(found, expected):
    for a, b in zip(tensors_of(found), tensors_of(expected), strict=True):
        assert a.shape == b.shape, f"shape {tuple(a.shape)}, not {tuple(b.shape)}"
        a, b = (x.detach().resolve_conj().to(torch.complex128 if x.is_complex() else torch.float64).numpy()
                for x in (a, b.to(a.dtype)))
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def rooms(expected, make):
    """Tensors to write to, as the operator wants them: one, or a tuple."""
    made = tuple(make(t) for t in tensors_of(expected))
    return made[0] if isinstance(expected, torch.Tensor) else made


def attempt(name, args, kwargs, out, expected):
    """Call with out=; True if it was not refused. Then `out` is what comes back, and holds the result."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = operator(name)(*args, **kwargs, out=out)
    except REFUSED:
        return False
    assert all(a is b for a, b in zip(tensors_of(found), tensors_of(out), strict=True)), "another tensor comes back"
    same(out, expected)
    return True


def surrounded(x, layout):
    """Room for x inside a wider tensor that is marked all over, and that wider tensor."""
    wide = torch.full([2 * n + 1 for n in (reversed(x.shape) if layout == "turned" else x.shape)],
                      1).to(x.dtype).fill_(_mark(x))
    view = wide[tuple(slice(1, None, 2) for _ in x.shape)]
    return (view.permute(tuple(reversed(range(x.ndim)))) if layout == "turned" else view), wide


def _mark(x):
    return True if x.dtype is torch.bool else MARK


def taking_out():
    """The calls that take out=, for plain results that lie in memory of their own."""
    for case in SMALL:
        name, k, _ = case.values
        try:
            args, kwargs = fresh(name, k)
            expected = operator(name)(*args, **kwargs)
            given = {t.untyped_storage().data_ptr() for t in tensors_of((args, kwargs))}
            if not tensors_of(expected) or any(t.untyped_storage().data_ptr() in given for t in tensors_of(expected)):
                continue
            operator(name)(*args, **kwargs, out=rooms(expected, torch.empty_like))
        except TypeError:
            continue
        except Exception:
            pass                                # the tests say more
        yield case


CASES = list(taking_out())


def test_most_operators_take_out():
    assert len({c.values[0] for c in CASES}) > 200


@pytest.mark.parametrize("name, k, large", CASES)
def test_rooms(name, k, large):
    """Room that has nothing to do with the operands: of the right form, a view, empty, of another shape or type, not to
    be written to.
    """
    findings = Findings()
    args, kwargs = fresh(name, k)
    op = operator(name)
    expected = mapped(op(*args, **kwargs), plain)
    parts = tensors_of(expected)
    with findings("right"):
        out = rooms(expected, torch.empty_like)
        assert attempt(name, args, kwargs, out, expected), "refused"
        assert all(t._version > 0 for t in tensors_of(out)), "the version does not move"
    for layout in ("turned", "stepped"):
        with findings(f"view, {layout}"):
            pairs = [surrounded(t, layout) for t in parts]
            views = iter([view for view, _ in pairs])
            if attempt(name, args, kwargs, rooms(expected, lambda t, views=views: next(views)), expected):
                for view, wide in pairs:
                    view.fill_(_mark(view))
                    assert bool((wide == _mark(view)).all()), "written beside the view"
    with findings("empty"):
        assert attempt(name, args, kwargs, rooms(expected, lambda t: torch.empty(0, dtype=t.dtype)),
                       expected), "refused"
    with findings("another shape"), warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        out = rooms(expected, lambda t: torch.zeros(5, 2, dtype=t.dtype))
        op(*args, **kwargs, out=out)
        same(out, expected)
        assert any("resized" in str(w.message) for w in seen), "no warning that out was resized"
    for what, types in (("wider", WIDER), ("narrower", NARROWER)):
        with findings(f"a {what} type"):
            out = rooms(expected, lambda t, types=types: torch.empty_like(t, dtype=types.get(t.dtype, t.dtype)))
            typed = getattr(op, "typed_by", -1) >= 0 and "dtype" not in kwargs     # it computes in the type of `out`
            if typed and (name != "mean" or out.is_floating_point()):
                attempt(name, args, kwargs, out, op(*args, **kwargs, dtype=out.dtype))
            else:
                attempt(name, args, kwargs, out, expected)
    with findings("stride 0"):
        if all(fits("all at stride 0", t) and t.numel() > 1 for t in parts):
            with pytest.raises(RuntimeError):
                op(*args, **kwargs, out=rooms(expected, lambda t: laid_out("all at stride 0", torch.empty_like(t))))
    with findings("on another device"), pytest.raises((RuntimeError, NotImplementedError)):
        op(*args, **kwargs, out=rooms(expected, lambda t: torch.empty_like(t, device="meta")))
    with findings("not a tensor"), pytest.raises(TypeError):
        op(*args, **kwargs, out="out")
    with findings("wants a gradient"):
        if all(t.is_floating_point() for t in parts):
            with pytest.raises(RuntimeError):
                op(*args, **kwargs, out=rooms(expected, lambda t: torch.empty_like(t).requires_grad_()))
    findings.settle()


@pytest.mark.parametrize("name, k, large", CASES)
def test_operands(name, k, large):
    """`out` is an operand, whatever its shape and type, or shares some of its memory."""
    findings = Findings()
    expected = mapped(operator(name)(*fresh(name, k)[0], **fresh(name, k)[1]), plain)
    if not isinstance(expected, torch.Tensor):
        return
    for number in range(len(tensors_of(fresh(name, k)))):
        args, kwargs = fresh(name, k)
        given = tensors_of((args, kwargs))[number]
        fitting = given.shape == expected.shape and given.dtype is expected.dtype
        with findings(f"operand {number}{'' if fitting else ' that does not fit'}"):
            attempt(name, args, kwargs, given, expected)
        with findings(f"operand {number}, turned"):
            if fits("transposed", given):
                args, kwargs = fresh(name, k)
                twisted = laid_out("transposed", tensors_of((args, kwargs))[number])
                args, kwargs = replaced(args, kwargs, number, twisted)
                attempt(name, args, kwargs, twisted, expected)
        for shift in (1, expected.shape[-1] if expected.ndim else 1):
            with findings(f"overlaps operand {number}, shifted by {shift}"):
                args, kwargs = fresh(name, k)
                given = tensors_of((args, kwargs))[number]
                if given.dtype is expected.dtype and given.numel():
                    memory = torch.zeros(shift + max(given.numel(), expected.numel()), dtype=given.dtype)
                    moved = memory[shift:shift + given.numel()].view(given.shape).copy_(given)
                    args, kwargs = replaced(args, kwargs, number, moved)
                    attempt(name, args, kwargs, memory[:expected.numel()].view(expected.shape), expected)
    findings.settle()


def replaced(args, kwargs, number, tensor):
    """The call with its tensor of this number replaced."""
    count = iter(range(99))

    def one(t):
        return tensor if next(count) == number else t

    return mapped(args, one), mapped(kwargs, one)
