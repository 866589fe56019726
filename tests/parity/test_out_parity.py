"""`out=` in every form beside PyTorch: what raises, and with which type; what is written, of which shape, strides and
type; what is warned of.
"""

from __future__ import annotations

import warnings

import pytest
import torch

import pellucid
from tests.ops.calls import Findings
from tests.parity import opdb, sweep

# name -> {form: why it may differ}; "*" stands for all names
REASONED: dict[str, dict[str, str]] = {
    **dict.fromkeys(("all", "any", "full", "ones", "zeros", "histc"),
                    {"stride 0": "a tensor that is written to must not overlap itself; some do not look"}),
    **dict.fromkeys(("cumsum", "cumprod", "nansum", "nanmean"),
                    {"bool": "PyTorch computes in the type of out=, and has no kernel of bools"}),
    **dict.fromkeys(("cumsum", "cumprod", "logsumexp"),
                    {"float16": "of complex numbers PyTorch drops the imaginary part, with a warning"}),
}
TYPES = (torch.float64, torch.float16, torch.int64, torch.uint8, torch.bool, torch.complex64)


def stepped(x):
    wide = torch.zeros([2 * n + 1 for n in x.shape], dtype=x.dtype)
    return wide[tuple(slice(1, None, 2) for _ in x.shape)]


def turned(x):
    return torch.empty(tuple(reversed(x.shape)), dtype=x.dtype).permute(tuple(reversed(range(x.ndim))))


def inside(x):
    """A view of another shape, which would have to be resized."""
    return torch.zeros(7, 4, dtype=x.dtype)[1:3, ::2]


# form -> room for a plain result
ROOMS = {
    "right": torch.empty_like, "stepped view": stepped, "turned view": turned, "view of another shape": inside,
    "empty": lambda x: torch.empty(0, dtype=x.dtype), "another shape": lambda x: torch.zeros(5, 2, dtype=x.dtype),
    "one element too many": lambda x: torch.zeros(x.numel() + 1, dtype=x.dtype),
    "flat": lambda x: torch.zeros(x.numel(), dtype=x.dtype),
    # in memory that is large enough: some operators of PyTorch write as if it were contiguous
    "stride 0": lambda x: torch.zeros(x.numel(), dtype=x.dtype).as_strided(x.shape, (0,) * x.ndim),
    "wants a gradient": lambda x: torch.empty(x.shape, dtype=x.dtype).requires_grad_(x.is_floating_point()),
    **{str(t)[6:]: lambda x, t=t: torch.zeros(x.shape, dtype=t) for t in TYPES},
}

WRITTEN_IN = {str(t)[6:] for t in TYPES}        # forms whose values another type rounds


def room(expected, make):
    made = tuple(make(t) for t in sweep.tensors(expected))
    return made[0] if isinstance(expected, torch.Tensor) else made


def outcome(translator, function, args, kwargs, out):
    """What happens, in words that both frameworks share. `out` may be a number: the operand of that number is written
    to.
    """
    args, kwargs, out = sweep.carried(translator, (args, kwargs, out))
    if isinstance(out, int):
        out = sweep.tensors((args, kwargs))[out]
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        value, error = sweep.attempt(function, args, {**kwargs, "out": out})
    if error is not None:
        return error, None
    resized = any("resized" in str(w.message) for w in seen)
    rooms = sweep.tensors(out)
    facts = [(tuple(t.shape), opdb.significant_strides(t), opdb.dtype_name(t), resized) for t in rooms]
    returned = all(a is b for a, b in zip(sweep.tensors(value), rooms, strict=False))
    return None, (facts, returned, rooms)


def right(found, plain):
    """Whether what was written is the plain result."""
    return all(tuple(a.shape) == tuple(b.shape)
               and not opdb.unequal(a, b.to(getattr(torch, opdb.dtype_name(a)))) for a, b in zip(found, plain))


def compare(translators, functions, args, kwargs, out, plain=None, precise=None):
    """`plain`: the result without `out=`. `precise`: the type in which both compute, where `out=` has a wider one."""
    wrong, wanted = outcome(translators[0], functions[0], args, kwargs, out)
    mine, found = outcome(translators[1], functions[1], args, kwargs, out)
    if sweep.lacking(mine):
        return
    if plain is not None and wanted is not None and any(tuple(a.shape) != tuple(b.shape)
                                                        or opdb.unequal(a, b.to(a.dtype))
                                                        for a, b in zip(wanted[2], plain)):
        # PyTorch reads what it has written, or does not see the strides: no oracle. The result, or an exception
        assert found is None or right(found[2], plain), "neither raises nor gives the result"
        return
    if isinstance(out, int) and wanted is None and found is not None:
        # an operand that is read before it is resized and written to (docs/differences.md, "Operands that overlap")
        assert right(found[2], plain), f"not the result, where PyTorch raises {opdb.short(wrong)}"
        return
    assert opdb.kind(mine) == opdb.kind(
        wrong), f"{opdb.kind(mine)} ({opdb.short(mine)}), expected {opdb.kind(wrong)} ({opdb.short(wrong)})"
    if wanted is None:
        return
    assert found[0] == wanted[0], f"(shape, strides, type, warned) {found[0]}, expected {wanted[0]}"
    assert found[1] == wanted[1], "another tensor comes back"
    for a, b in zip(found[2], wanted[2], strict=True):
        if precise is not None:
            a, b = a.to(getattr(pellucid, str(precise)[6:])), b.to(precise)
        difference = opdb.unequal(a, b)
        assert not difference, difference


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sweep.each(lambda entry: entry.supports_out))
def test_out(name):
    entry = sweep.entries()[name]
    functions = sweep.both(entry)
    findings = Findings()
    excused = REASONED.get("*", {}) | REASONED.get(name, {})
    for dtype, count in ((torch.float32, 2), (torch.int64, 1), (torch.complex64, 1)):
        for number, item in enumerate(sweep.samples(entry, dtype, count)):
            args, kwargs = sweep.arguments(item)
            expected, error = sweep.attempt(functions[0], *sweep.carried(sweep.THEIRS, (args, kwargs)))
            plain = sweep.tensors(expected)
            if error is not None or not plain:
                continue
            where = f"{str(dtype)[6:]} sample {number}"
            for form, make in ROOMS.items():
                if form not in excused:
                    with findings(f"{where} {form}"):
                        compare((sweep.THEIRS, sweep.OURS), functions, args, kwargs, room(expected, make),
                                None if form in WRITTEN_IN else plain, dtype if form == "float64" and
                                dtype.is_floating_point and plain[0].dtype is dtype else None)
            if isinstance(expected, torch.Tensor) and "operand" not in excused:
                for k in range(len(sweep.tensors((args, kwargs)))):
                    with findings(f"{where} operand {k}"):
                        compare((sweep.THEIRS, sweep.OURS), functions, args, kwargs, k, plain)
    findings.settle()
