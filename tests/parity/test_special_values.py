"""Infinities, NaN, -0.0, the largest and the smallest finite values through every operator, beside PyTorch: forward,
and in the first and second derivatives.

A derivative of PyTorch that is NaN although no operand is (inf - inf, 0 * inf on the way of its formula) is no oracle:
there ours may be a number. The other way round it may not. And where sums overflow depends on their order: there, but
for elementwise operators, only an overflow of ours that is far from one of theirs counts. PyTorch's elementwise loops
over vectors and over single elements (which tensors with gaps take) do not always agree: then either answer is right.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.ops.calls import Findings
from tests.parity import opdb, sweep

pytestmark = pytest.mark.filterwarnings("ignore")

# name -> {aspect: why pellucid may differ}. Aspects: "forward", "first", "second". A line of docs/differences.md says
# more
REASONED: dict[str, dict[str, str]] = {
    "as_strided_scatter": dict.fromkeys(("first", "second"),
                                        "PyTorch's gradient is zero where nothing was overwritten, and one where "
                                        "it was"),
    "ldexp": dict.fromkeys(("first", "second"),
                           "PyTorch multiplies by 2**other, which overflows before the result does"),
    # "Squares that leave the range of float32"
    **{name: dict.fromkeys(("forward", "first", "second"), "squares that leave the range of float32") for name in (
        "norm", "norm.fro", "dist", "nn.functional.pairwise_distance", "nn.functional.cosine_similarity",
        "nn.functional.group_norm", "nn.functional.triplet_margin_loss", "hypot",
        "nn.functional.triplet_margin_with_distance_loss", "renorm")},
    # "The last bits": sums of numbers of which one is so large that the others are lost beside it
    **{name: {"second": "what is lost beside a number near the largest depends on the order of sums"} for name in (
        "cov", "cross", "linalg.cross", "var", "var_mean", "nn.functional.multilabel_soft_margin_loss")},
    # "Derivatives at NaN"
    **{name: dict.fromkeys(("first", "second"), "a slope at NaN, at 0 or at infinity that PyTorch's formula loses")
       for name in ("amax", "amin", "aminmax", "cumprod", "prod", "copysign", "polar", "linalg.vander",
                    "nn.functional.binary_cross_entropy", "nn.functional.hardswish")},
    # "Padding is zeros that are multiplied"
    **{f"nn.functional.{name}": dict.fromkeys(("forward", "first", "second"), "padding times an infinite weight")
       for name in ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")},
    "cumsum": {"forward": "a sum of nothing but -0.0 is 0.0, of one element too"},
    "native_layer_norm": dict.fromkeys(("forward", "first"), "of rows of one element the result is 0, and slopes are"),
}
FAR = 1e30                                      # from an overflow of float32
CLOSE = {torch.float32: (3e-5, 1e-37), torch.float64: (1e-9, 1e-300)}


def specials(dtype):
    info = torch.finfo(dtype)
    return [float("inf"), float("-inf"), float("nan"), -0.0, 0.0, info.max, info.min, info.tiny, -info.tiny,
            info.smallest_normal * info.eps, 1.0, -1.0]


def elementwise(entry):
    return type(entry).__name__ in ("UnaryUfuncInfo", "BinaryUfuncInfo")


def calls(entry, dtype):
    """(what, arguments): grids of all special values for elementwise operators; for the others, samples in which one
    element or all are special.
    """
    values = torch.tensor([*specials(dtype), 0.5, 2.0, -3.0], dtype=dtype)
    if type(entry).__name__ == "UnaryUfuncInfo":
        for k, item in enumerate(sweep.samples(entry, dtype, 3)):
            yield f"all {k}", ((values.repeat(3), *item.args), item.kwargs)
    elif type(entry).__name__ == "BinaryUfuncInfo":
        grid = torch.cartesian_prod(values, values)
        for k, item in enumerate(sweep.samples(entry, dtype, 2)):
            yield f"all pairs {k}", ((grid[:, 0].clone(), grid[:, 1].clone(), *item.args[1:]), item.kwargs)
    else:
        for k, item in enumerate(sweep.samples(entry, dtype, 2, most=300)):
            args, kwargs = sweep.arguments(item)
            places = [t for t in sweep.tensors((args, kwargs)) if t.dtype == dtype and t.numel()]
            for number in range(min(len(places), 2)):
                for special in specials(dtype)[:-2]:
                    yield f"sample {k}, operand {number} has {special:.3g}", replaced(args, kwargs, places[number],
                                                                                      [special])
            if places:
                yield f"sample {k}, operand 0 is constant", filled(args, kwargs, places[0], 0.5)
                yield f"sample {k}, operand 0 is 0", filled(args, kwargs, places[0], 0.0)
                yield f"sample {k}, operand 0 is -inf", filled(args, kwargs, places[0], float("-inf"))
                yield f"sample {k}, operand 0 is large", filled(args, kwargs, places[0],
                                                                4 * torch.finfo(dtype).max ** 0.5)


def replaced(args, kwargs, place, values):
    def one(t):
        if t is not place:
            return t
        changed = t.detach().clone()
        changed.view(-1)[:len(values)] = torch.tensor(values, dtype=t.dtype)
        return changed

    return sweep.mapped(args, one), sweep.mapped(kwargs, one)


def filled(args, kwargs, place, value):
    def one(t):
        return torch.full_like(t, value) if t is place else t

    return sweep.mapped(args, one), sweep.mapped(kwargs, one)


def everything(translator, function, args, kwargs, dtype, derivatives):
    """{aspect: arrays}, or the exception. Cotangents are ones, and those of the second derivative as well."""
    framework = translator.framework
    args, kwargs = sweep.carried(translator, (args, kwargs))
    own = getattr(framework, str(dtype)[6:])
    leaves = []
    if derivatives:
        leaves = [t.requires_grad_() for t in sweep.tensors((args, kwargs)) if t.dtype == own and t.is_leaf]
    result, error = sweep.attempt(function, args, kwargs)
    if error is not None:
        return error
    found = {"forward": [opdb.array(t) for t in sweep.tensors(result)]}
    outputs = [t for t in sweep.tensors(result) if t.requires_grad]
    if not outputs or not leaves:
        return found
    for aspect in ("first", "second"):
        coming = [framework.ones_like(t).requires_grad_() for t in outputs]
        try:
            grads = framework.autograd.grad(outputs, leaves, coming, create_graph=aspect == "first", allow_unused=True)
        except Exception as problem:
            found[aspect] = problem
            break
        found[aspect] = [np.zeros(()) if g is None else opdb.array(g) for g in grads]
        leaves = leaves + coming if aspect == "first" else leaves
        outputs = [g for g in grads if g is not None and g.requires_grad]
        if not outputs:
            break
    return found


def wrong_places(a, b, dtype, aspect, strict, spoilt, overflows):
    """Where an array of ours is not what PyTorch has. `spoilt` marks where operands are NaN: an array for elementwise
    operators, else a bool.
    """
    if b.dtype.kind not in "fc":
        return a != b
    relative, absolute = CLOSE[dtype]
    with np.errstate(all="ignore"):
        scale = min(np.abs(b[np.isfinite(b)]).max(initial=1.0), 1e3)
        wrong = ~np.isclose(a, b, rtol=relative, atol=absolute if strict else 1e-5 * scale, equal_nan=True)
        if overflows:
            wrong &= np.isfinite(b) & ((np.abs(b) < FAR) | np.isfinite(a) & (np.abs(a) < FAR))
    if aspect == "forward":
        return wrong | (a == 0) & (b == 0) & (np.signbit(a.real) != np.signbit(b.real))
    return wrong & (spoilt | ~np.isnan(b)) if np.ndim(spoilt) == 0 or spoilt.shape == b.shape else wrong


def differs(ours, answers, *how):
    """How our arrays differ from each of PyTorch's answers, or None."""
    for k, (a, b, *others) in enumerate(zip(ours, *answers, strict=True)):
        if a.shape != b.shape:
            if a.size and b.size and (a != 0).any() | (b != 0).any():
                return f"number {k}: shape {a.shape}, not {b.shape}"
            continue
        wrong = wrong_places(a, b, *how)
        for other in others:
            wrong &= wrong_places(a, other, *how)
        if wrong.any():
            where = np.flatnonzero(wrong)
            pairs = ", ".join(f"[{i}] {a.flat[i]} not {b.flat[i]}" for i in where[:6])
            return f"number {k}, {len(where)} of {b.size}: {pairs}"
    return None


def gapped(t):
    """The same values, every other element in memory."""
    return torch.stack([t, t], -1)[..., 0] if t.ndim else t


@pytest.mark.parametrize("name", sweep.each(lambda entry: torch.float32 in entry.supported_dtypes("cpu")))
def test_special_values(name):
    entry = sweep.entries()[name]
    theirs, ours = sweep.both(entry)
    findings = Findings()
    for dtype in (torch.float32, torch.float64) if elementwise(entry) else (torch.float32,):
        for what, (args, kwargs) in calls(entry, dtype):
            if not check(findings, entry, name, theirs, ours, what, args, kwargs, dtype):
                return
    findings.settle()


def check(findings, entry, name, theirs, ours, what, args, kwargs, dtype):
    """One call in all aspects. False if pellucid lacks something that the entry needs."""
    wanted = everything(sweep.THEIRS, theirs, args, kwargs, dtype, entry.supports_autograd)
    if isinstance(wanted, Exception):
        return True
    answers = [wanted]
    if elementwise(entry):
        again = everything(sweep.THEIRS, theirs, *sweep.mapped((args, kwargs), gapped), dtype, entry.supports_autograd)
        answers += [again] if not isinstance(again, Exception) else []
    found = everything(sweep.OURS, ours, args, kwargs, dtype, entry.supports_autograd)
    if isinstance(found, Exception):
        with findings(f"{dtype} {what}"):
            if not sweep.lacking(found):
                raise found
        return not sweep.lacking(found)
    spoilt = [torch.isnan(t).numpy() for t in sweep.tensors((args, kwargs)) if t.dtype == dtype]
    spoilt = np.logical_or.reduce(spoilt) if elementwise(entry) and len({x.shape for x in spoilt}) == 1 else any(x.any()
        for x in spoilt)
    overflows = not elementwise(entry) and any(bool((t.abs() > FAR ** 0.5).any()) for t in sweep.tensors((args, kwargs))
                                               if t.dtype == dtype)
    for aspect in ("forward", "first", "second"):
        if aspect in REASONED.get(name, ()) or isinstance(wanted.get(aspect), Exception) or aspect not in wanted:
            continue
        with findings(f"{aspect} {str(dtype)[6:]} {what}"):
            if isinstance(found.get(aspect), Exception):
                raise found[aspect]
            if aspect not in found:
                assert not any(np.any(a != 0) for a in wanted[aspect]), "no derivative"
                continue
            strict = elementwise(entry) and aspect == "forward"
            good = [answer[aspect] for answer in answers if not isinstance(answer.get(aspect, ValueError()), Exception)]
            length = min(len(found[aspect]), *(len(x) for x in good))
            difference = differs(found[aspect][:length], [x[:length] for x in good], dtype, aspect, strict, spoilt,
                                 overflows)
            if difference:
                raise AssertionError(difference)
    return True
