"""The derivatives of differentiable operators at special values beside PyTorch's: first, by the fused kernel and by
rules on tensors, and second, with respect to the operands and to the gradient that arrives, which is 1, 0 and infinite.

What differs stands in the tables below with its reason: where PyTorch's answer is NaN and ours a number, and where both
are numbers.
"""

from __future__ import annotations

import itertools
import math
import re
import warnings

import numpy as np
import pytest

inf, nan = math.inf, math.nan


def each(form, words):
    """An expression for each word, where the form has a star."""
    return [form.replace("*", word) for word in words.split()]


def lines(text):
    return [line.strip() for line in text.strip().splitlines()]


# ---- expressions of t, its nn.functional F, and operands ------------------------------------------------------------

ELEMENTS = [
    *each("t.*(x)", """abs neg sign sgn square reciprocal sqrt rsqrt exp expm1 exp2 log log1p log2 log10 sin cos tan
        asin acos atan sinh cosh tanh asinh acosh atanh erf erfc sigmoid sinc deg2rad rad2deg logit floor ceil trunc
        round frac nan_to_num relu angle special.entr special.ndtr"""),
    *each("F.*(x)", """relu6 gelu silu leaky_relu elu celu selu softplus hardtanh hardsigmoid hardswish mish logsigmoid
        hardshrink softshrink softsign tanhshrink rrelu"""),
    *each("t.pow(x, *)", "0 0.5 1 2 3 -1 -2 1.5 inf nan"), *each("t.pow(*, x)", "0.0 1.0 2.0 inf"),
    *each("* / x", "0.0 2.0"), *each("x % *", "0.0 2.0"), *each("t.xlogy(x, *)", "0.0 2.0"),
    *lines("""
        F.gelu(x, approximate="tanh")
        F.leaky_relu(x, -0.5)
        F.elu(x, 2.0)
        F.celu(x, 0.5)
        F.softplus(x, 2.0, 1.0)
        F.threshold(x, 1.0, 5.0)
        F.hardshrink(x, 0.0)
        F.softshrink(x, 1.0)
        t.logit(x, 0.2)
        t.round(x, decimals=1)
        x.clamp(0.0, 1.0)
        x.clamp(min=0.0)
        x.clamp(max=1.0)
        x.clamp(1.0, 0.0)
        x.clamp(nan, 1.0)
        t.copysign(x, -2.0)
        t.div(x, 2.0, rounding_mode="floor")
        t.div(x, 2.0, rounding_mode="trunc")
        x.masked_fill(x > 0, inf)
        t.where(x > 0, x, inf)"""),
]
PAIRS = [
    *each("t.*(x, y)", """add sub mul div remainder fmod pow atan2 logaddexp logaddexp2 hypot maximum minimum fmax fmin
        copysign nextafter xlogy special.xlog1py ldexp"""),
    *each("F.*(x, y, reduction='none')", """mse_loss l1_loss smooth_l1_loss huber_loss poisson_nll_loss
        hinge_embedding_loss binary_cross_entropy_with_logits"""),
    *lines("""
        t.lerp(x, y, 0.25)
        t.div(x, y, rounding_mode="floor")
        t.div(x, y, rounding_mode="trunc")
        x.clamp(y)
        x.clamp(max=y)
        x.clamp(y, y + 1)
        t.where(x > y, x, y)
        t.addcmul(x, x, y, value=0.5)
        t.addcdiv(x, x, y, value=0.5)
        F.smooth_l1_loss(x, y, beta=2.0, reduction="none")
        F.smooth_l1_loss(x, y, beta=0.0, reduction="none")
        F.huber_loss(x, y, delta=2.0, reduction="none")
        F.kl_div(x, y, reduction="none", log_target=True)
        F.margin_ranking_loss(x, y, t.ones_like(x), reduction="none")"""),
]
ROWS = [
    *each("t.*(x)", "sum mean prod var std amax amin max min nansum nanmean aminmax var_mean std_mean trapezoid diff"),
    *each("t.*(x[None].repeat(2, 1), -1, keepdim=True)", "sum mean prod var std amax amin max min nansum logsumexp"),
    *each("t.*(x, 0)", "cumsum cumprod logcumsumexp cummax cummin logsumexp"),
    *each("t.linalg.vector_norm(x, *)", "0 0.5 1 1.5 2 3 4 inf -inf -1 -2"),
    *each("t.norm(x[None], *, 1)", "1 2 3 inf"),
    "t.cumprod(t.stack((x, x, x, x), 1), 0)", "t.std(x, correction=0)", "F.normalize(x, dim=0)",
]
ROW_PAIRS = [
    "t.dot(x, y)", *each("t.dist(x, y, *)", "0.5 1 1.5 2 3 inf"), "F.cosine_similarity(x, y, dim=0)",
    "F.pairwise_distance(x[None], y[None], eps=0.0)", "F.prelu(x[None].t(), y[:1])",
    *each("F.*_loss(x, y)", "mse l1 smooth_l1 huber"),
    *each("F.*_loss(x, y, reduction='sum')", "mse l1 smooth_l1 huber"),
    "F.binary_cross_entropy(x.clamp(0, 1).nan_to_num(0.5), y.clamp(0, 1))",
]


# ---- operands -------------------------------------------------------------------------------------------------------

def elements(dtype):
    info = np.finfo(dtype)
    return [0, -0.0, 1, -1, inf, -inf, nan, info.max, -info.max, info.tiny, -info.tiny, info.smallest_subnormal, 0.5,
            -0.5, 2, -2, 3, -3, 6, 20, 21, -20, 100, -100, 0.3, -0.3, 1e4, -1e4, 1e-3, 0.2, 0.8, 2.5, 1e20, -1e20,
            1e-20]


def pairs(dtype):
    info = np.finfo(dtype)
    some = [0, -0.0, 1, -1, inf, -inf, nan, info.max, info.tiny, info.smallest_subnormal, 0.3, 2, -2.5, 0.5, 3, 100,
            1e20, -1e20]
    return [list(side) for side in zip(*itertools.product(some, some))]


SOME_ROWS = [
    [1, 1, 1], [0, 0, 0], [-0.0, 0], [2, 0, 3], [0, 0, 3, 2], [0, 2, 0, 0], [inf, 1, 2], [1, inf, inf], [inf, inf],
    [-inf, 1, 2], [-inf] * 3, [-inf, -inf, 2, -inf], [-inf, inf, 1], [nan, 1, 2], [1, nan, nan], [nan, nan],
    [3, 1, 3, 2], [-1, -1, 2], [1e-15, -1e-15, 1e-15], [5], [0], [inf], [-inf], [nan], [inf, 0, 2], [0, nan, 2],
    [1, 2, 3, 4], [-2, 3, -0.5], [1, -inf, inf, nan],
]
SOME_ROW_PAIRS = [
    ([1, 2, 3], [1, 2, 3]), ([1, 2], [2, 4]), ([0, 0], [0, 0]), ([inf, 1], [1, inf]), ([inf, 1], [inf, 1]),
    ([inf, 1], [-inf, 1]), ([nan, 1], [0, 1]), ([0, 1], [1, 0]), ([0, 0.5, 1], [1, 0.5, 0]), ([3], [3]),
    ([2, 0], [1, 1]), ([-1, 2], [1, -1]), ([1, 1], [0.5, 0.3]),
]


# ---- what differs, and why ------------------------------------------------------------------------------------------

# expressions in whose derivatives PyTorch has NaN and we have numbers
NUMBERS = {
    "pow|trapezoid|atan2|xlog|hypot|gelu|softplus|sinc|nan_to_num|silu|mish|sigmoid|sgn|logits":
        "a branch that is not taken or a slope of 0 meets an infinity",
    "logaddexp|logsumexp|logcumsumexp":
        "where all are -infinity nothing changes the sum; of equal infinities each has its share",
    "asinh|acosh|atanh|erf|ndtr|0.0 / x|addcdiv|huber": "the square of a large number overflows",
    "copysign": "the sign of an infinity is as good as any",
    "prod|std|var": "nothing is divided by factors, nor by the deviation of what does not deviate",
    "amax|amin|aminmax": "NaN is the largest and the smallest: they send the gradient to it, as max does",
    "norm|dist|binary_cross_entropy": "second derivatives where there is no length or no doubt; infinite gradients",
}
# both have numbers, or only PyTorch has: in which answers, for which operands (ODD: infinite, NaN, at the edge of the
# range), and why
ANY, ODD = "any", "odd"
OTHERWISE = {
    "hardsigmoid": (".*", ANY, "PyTorch has no second derivative; its 1/6 is that of float32"),
    "relu6|hardtanh|shrink|hardswish|[^r]elu|celu": (".*", ODD, "at NaN PyTorch's two loops differ"),
    "smooth_l1|huber": ("h", ODD, "at NaN the second derivative is that of the parabola, not 0"),
    "sinc": (".*", ANY, "PyTorch's slope cancels near 0, and its second derivative is 0 at 0 in place of -pi**2 / 3"),
    "acosh": (".*", ODD, "PyTorch's square overflows"),
    "mish": (".*", ANY, "an infinite gradient times a slope that PyTorch rounds to 0"),
    "pow.x, (0.5|1.5)": (".*", ANY, "at -0. and -infinity PyTorch takes square roots, C's pow does not"),
    "hypot|addcdiv|ldexp|remainder|fmod|floor": (".*", ODD, "PyTorch's way overflows"),
    "xlogy|xlog1py": ("[cg]0|h0w", ANY, "a gradient of 0 times an infinite logarithm"),
    "prod": (".*", ODD, "products of the other factors, where PyTorch divides by each"),
    "var": ("h|[cg]", ANY, "of one element"),
    "norm.x.*[34]": ("[cg]", ODD, "PyTorch's powers underflow"),
    "norm|dist|cosine|std": ("h", ANY, "rounding, where terms cancel"),
    "binary_cross_entropy.x.clamp": (".*", ANY, "logarithms and their slope end at -100; 1e-12 is that of float32"),
    "prelu": ("h", ANY, "at 0 PyTorch's first derivative is that of the left side, its second that of the right"),
}


# ---- the comparison -------------------------------------------------------------------------------------------------

def plain(tensor):
    if tensor is None:
        return None
    return np.array((tensor + 0).detach().numpy() if tensor.numel() else [])


def answers(t, expression, operands, dtype, arriving):
    """Derivatives by name: g0, g1 by kernels; c0, c1 by rules on tensors; h01 of c0 with respect to operand 1, h0w to
    the gradient."""
    inputs = [t.tensor(np.array(x, dtype)).requires_grad_() for x in operands]
    found = {}
    result = eval(expression, {"t": t, "F": t.nn.functional, "inf": inf, "nan": nan}, dict(zip("xy", inputs)))
    result = sum(result) if isinstance(result, tuple) and not expression.startswith("t.cum") else result
    result = result[0] if isinstance(result, tuple) else result
    if not result.requires_grad:
        return found
    weight = t.full_like(result.detach(), arriving).requires_grad_()
    try:
        first = t.autograd.grad(result, inputs, weight.detach(), retain_graph=True, allow_unused=True)
    except RuntimeError as error:
        return {"error": str(error)}
    found |= {f"g{i}": plain(x) for i, x in enumerate(first)}
    first = t.autograd.grad(result, inputs, weight, create_graph=True, allow_unused=True)
    found |= {f"c{i}": plain(x) for i, x in enumerate(first)}
    for i, x in enumerate(first):
        if x is None or not x.requires_grad or math.isinf(arriving):
            continue
        try:
            second = t.autograd.grad(x.sum(), (*inputs, weight), retain_graph=True, allow_unused=True)
        except RuntimeError:
            found[f"h{i}error"] = None
        else:
            found |= {f"h{i}{'w' if j == len(inputs) else j}": plain(y) for j, y in enumerate(second)}
    return found


def differences(ours, theirs, kind, name, operands, dtype):
    excused = [(kinds, where) for names, (kinds, where, _) in OTHERWISE.items() if re.search(names, name)]
    odd = [~(np.abs(o) < 1e15) | (np.abs(o) < 1e-14) & (np.array(o) != 0) for o in operands]
    for arriving in (1.0, 0.0, inf):
        mine, right = (answers(t, name, operands, dtype, arriving) for t in (ours, theirs))
        for key in sorted(set(mine) | set(right)):
            x, y = mine.get(key), right.get(key)
            excuses = {where for kinds, where in excused if re.match(kinds, key)}
            if ANY in excuses:
                continue
            if key.endswith("error"):
                if key not in mine or key not in right:
                    yield f"{key}: {x} | {y}"
                continue
            if x is None and y is None:
                continue
            x = np.zeros_like(y) if x is None else x                 # no gradient is one of 0
            y = np.zeros_like(x) if y is None else y
            with np.errstate(all="ignore"):
                precise = (2e-5, 1e-6) if dtype is np.float32 else (1e-10, 1e-13)
                same = np.isclose(x, y, *precise, equal_nan=True)
            if any(re.search(names, name) for names in NUMBERS):
                same |= np.isnan(y)
            if ODD in excuses:
                of_each = kind is ELEMENTS or kind is PAIRS
                same |= np.logical_or.reduce(odd) if of_each else any(o.any() for o in odd) or math.isinf(arriving)
            if not same.all():
                where = np.argwhere(~same)[0] if same.ndim else ()
                at = [np.asarray(o)[tuple(where)] if np.shape(o) == same.shape else o for o in operands]
                one, other = x[tuple(where)], y[tuple(where)]
                yield f"{key} at {at} in {dtype.__name__} for {arriving}: {one} | {other}"


CASES = [
    *((ELEMENTS, name, lambda dtype: [[elements(dtype)]]) for name in ELEMENTS),
    *((PAIRS, name, lambda dtype: [pairs(dtype)]) for name in PAIRS),
    *((ROWS, name, lambda dtype: [[row] for row in SOME_ROWS]) for name in ROWS),
    *((ROW_PAIRS, name, lambda dtype: SOME_ROW_PAIRS) for name in ROW_PAIRS),
]


@pytest.mark.parametrize("kind, name, operands", CASES, ids=[name for _, name, _ in CASES])
def test_derivatives(ours, theirs, kind, name, operands):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = [text for dtype in (np.float32, np.float64) for given in operands(dtype)
                 for text in differences(ours, theirs, kind, name, given, dtype)]
    assert not found, "\n".join([f"{len(found)} differences, ours | PyTorch's", *found[:12]])
