"""The public operators that draw."""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import dtypes
from ...check import check
from ...codegen import math as m
from ...codegen import random as kernels
from ...core import meta as metas
from ...core.devices import has_data, is_host
from ...core.meta import Meta
from ...core.tensor import wrap
from ...dtypes import dtype
from ..arrange.pieces import view_as_real
from ..families.composites import composite
from ..families.declare import plan_of
from ..families.maps import pointwise
from ..families.planned import structured
from ..made.arguments import _check_out, _device, filled_out, unseen
from ..made.data import tensor
from ..made.rule import arange
from ..made.size import empty, empty_like
from .draws import (
    _normal,
    _normal_scalar,
    _uniform,
    below,
    cauchy,
    dropout_noise32,
    dropout_noise64,
    exponential,
    geometric,
    integers32,
    integers64,
    libm_exp,
    raw64,
    scaled,
    uniform32,
    uniform64,
)
from .generator import Generator, _given, default_generator


def _order(meta: Meta) -> list[int]:
    return sorted(range(meta.ndim), key=lambda d: -abs(meta.strides[d]))


def _fill(tensor: Any, draw: Callable[[], Any]) -> Any:
    """Put the numbers that `draw` gives into a tensor in the order of its memory. On the meta device none are drawn."""
    if has_data(tensor.meta.device):
        order = _order(tensor.meta)
        target = tensor.permute(order) if order != list(range(len(order))) else tensor
        target.copy_(draw().reshape(target.meta.shape))
    else:
        tensor.zero_()                           # a write all the same
    return tensor


def _wanted(name: str, args: tuple[Any, ...], size: Any, dtype: dtype | None, device: Any,
            out: Any) -> tuple[tuple[Any, ...], dtype | None]:
    """The size and the type that a call asks for."""
    check((size is None) != (not args), "{}() takes a size: numbers, a sequence or size=", name, error=TypeError)
    return args or (size,), _type_of(out, dtype, device)


def _type_of(out: Any, dtype: dtype | None, device: Any) -> dtype | None:
    """The type asked for: that of `out`, if there is one."""
    if dtype is not None:
        dtype = dtypes.element_type("random", dtype)
    if out is None:
        return dtype
    _check_out(out, dtype, device)
    return out.meta.dtype


def _on_meta(device_: Any) -> bool:
    return not has_data(_device(device_))


def _placed(found: Any, device_: Any) -> Any:
    """What was drawn in the host's memory, where it is wanted."""
    return found if is_host(_device(device_)) else found.to(_device(device_))


def _float_only(name: str, d: dtype) -> None:
    check(d.kind == "f", '"{}" not implemented for \'{}\'', name, d.title, error=NotImplementedError)


def _new(name: str, size: tuple[Any, ...], d: dtype | None, device_: Any, requires_grad: bool, make: Any) -> Any:
    """A new contiguous tensor of `make(n, dtype)`."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    d = d or dtypes.get_default_dtype()
    shape = metas.integers(size)
    if _on_meta(device_):
        return empty(shape, dtype=d, device=device_, requires_grad=requires_grad)
    n = metas.count(shape)
    if d.is_complex:
        found = make(2 * n, d.to_real())
    else:
        _float_only(name, d)
        found = make(n, d)
    found = _placed(_shaped(found, shape, d), device_)
    return found.requires_grad_() if requires_grad else found


def _shaped(drawn: Any, shape: tuple[int, ...], d: dtype) -> Any:
    """The numbers drawn as a tensor of this shape and type: not a view, for who asks for a new tensor gets a base."""
    return wrap(drawn.memory, metas.contiguous(shape, d))


@composite
def rand(*args, size=None, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
         pin_memory=False, names=None):
    """Uniform numbers in [0, 1) of the given size."""
    g = _given(generator)
    size, dtype = _wanted("rand", args, size, dtype, device, out)
    found = _new("rand", size, dtype, device, requires_grad, lambda n, d: _uniform(g, n, d, 0.0, 1.0))
    return filled_out(found, out)


@composite
def randn(*args, size=None, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
          pin_memory=False, names=None):
    """Standard normal numbers of the given size; complex ones of variance 1."""
    g = _given(generator)
    size, dtype = _wanted("randn", args, size, dtype, device, out)
    std = 1 / math.sqrt(2) if dtype is not None and dtype.is_complex else 1.0
    found = _new("randn", size, dtype, device, requires_grad, lambda n, d: _normal(g, n, d, 0.0, std, True))
    return filled_out(found, out)


# of the integers that floating types hold exactly
_DIGITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}


def _inward(d: dtype, low: int, high: int) -> tuple[int, int]:
    """Bounds of whole numbers that a floating type cannot hold exactly are moved inward, as PyTorch does."""
    digits = _DIGITS.get(d.name)
    if digits is None:
        return low, high

    def cast(value: int) -> int:
        return int(tensor(float(value), dtype=d).item())

    if low and cast(low + 1) < low:
        low = cast(low + 1) + 2 ** (int(math.floor(math.log2(abs(low + 1)))) - digits + 1)
    if cast(high - 1) >= high:
        high = cast(high - 1) - 2 ** (int(math.floor(math.log2(abs(high - 1)))) - digits + 1)
    return low, high


_C_NAMES = {"bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short", "int32": "int",
            "int64": "long long", "float16": "c10::Half",
            "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double"}


def _checked(name: str, d: dtype, low: Any, high: Any) -> tuple[int, int]:
    """The bounds that a user gave of whole numbers low <= x < high, themselves whole and of numbers that the type can
    hold, as they are drawn.
    """
    for value in (low, high):
        check(hasattr(value, "__index__") and not isinstance(value, bool),
              "{}() received an invalid combination of arguments: the bounds must be int, "
              "but got {}", name, type(value).__name__, error=TypeError)
    low, high = operator.index(low), operator.index(high)
    check(d.kind != "c", '"check_random_bounds" not implemented for \'{}\'', d.title, error=NotImplementedError)
    check(-(1 << 63) <= low and high < 1 << 63, "Overflow when unpacking long long", error=ValueError)
    check(low < high, "random_ expects 'from' to be less than 'to', but got from={} >= to={}", low, high)
    least, most = _range(d)
    digits = _DIGITS.get(d.name)
    for name, value in (("from", low), ("to - 1", high - 1)):
        check(least <= value <= most, "{} is out of bounds for {}", name, _C_NAMES.get(d.name, d.name))
        if digits and abs(value) > 1 << digits:
            warnings.warn(f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
                          f"{_C_NAMES[d.name]} can support discrete uniform distribution only within this range. This "
                          "warning will become an error in version 1.7 release, please fix the code in "
                          "advance", UserWarning, stacklevel=3)
    return _inward(d, low, high)


def _range(d: dtype) -> tuple[float, float]:
    """The smallest and the largest number of a type."""
    if d is dtypes.bool:
        return 0, 1
    info = dtypes.finfo(d) if d.kind == "f" else dtypes.iinfo(d)
    return info.min, info.max


def _integers(g: Generator, n: int, d: dtype, low: int, range: int) -> Any:
    if range >= 1 << 28:
        words, maker = g.words64(n), integers64
    else:
        words, maker = g.words32(n), integers32
    if range == 1 << 64:
        return raw64(words).to(d)
    return maker(words, range if range < 1 << 63 else range - (1 << 64), low).to(d)


@composite
def randint(*args, low=None, high=None, size=None, generator=None, out=None, dtype=None, layout=None, device=None,
            requires_grad=False, pin_memory=False):
    """Whole numbers low <= x < high (low is 0 if only one is given) of the given size, int64 by default."""
    given = list(args)
    if size is None:
        check(given, "randint() missing 1 required positional argument: 'size'", error=TypeError)
        size = given.pop()
    if high is None:
        check(given, "randint() missing 1 required positional argument: 'high'", error=TypeError)
        high = given.pop()
    low = given.pop() if given else low or 0
    g, d = _given(generator), _type_of(out, dtype, device) or dtypes.int64
    check(not d.is_complex, "randint handles only integral, floating-point and boolean types, got {}", d.title)
    shape = metas.integers((size,) if isinstance(size, int) else size)
    low, high = _checked("randint", d, low, high)
    if _on_meta(device):
        return empty(shape, dtype=d, device=device, requires_grad=requires_grad)
    found = _placed(_shaped(_integers(g, metas.count(shape), d, low, high - low), shape, d), device)
    found = filled_out(found, out)
    return found.requires_grad_() if requires_grad else found


@composite
def randperm(n, *, generator=None, out=None, dtype=None, layout=None, device=None, requires_grad=False,
             pin_memory=False):
    """A random order of 0 .. n-1, int64 by default."""
    check(n >= 0, "n must be non-negative, got {}", n)
    g, d = _given(generator), _type_of(out, dtype, device) or dtypes.int64
    check(d.kind in "fui", '"randperm" not implemented for \'{}\'', d.title, error=NotImplementedError)
    exact = {"float16": 2049, "float32": (1 << 24) + 1, "float64": (1 << 53) + 1}.get(d.name)
    check(exact is None or n <= exact, "n cannot be greater than {} for {} type.", exact, d.title)
    check(d.kind == "f" or n <= dtypes.iinfo(d).max + 1, "value cannot be converted to type {}_t without overflow",
          d.name)
    if _on_meta(device):
        return empty((n,), dtype=d, device=device, requires_grad=requires_grad)
    wide = n >= 214748364
    if n <= 1:
        found = arange(n, dtype=dtypes.int64)
    else:
        found = _permute(g.words64(n) if wide else g.words32(n - 1), n, wide)
    found = filled_out(_placed(found.to(d), device), out)
    return found.requires_grad_() if requires_grad else found


@structured(operands="words", name="permutation", public=False)
def _permute(words, n, wide):
    """0 .. n-1 in an order that words decide."""
    return plan_of((metas.contiguous((n,), dtypes.int64),), lambda target: kernels.permutation(n, wide))


def _like(name: str, function: Any) -> Any:
    def like(input, *, dtype=None, layout=None, device=None, requires_grad=False, pin_memory=False,
             memory_format=metas.preserve_format):
        found = empty_like(input, dtype=dtype, device=device, memory_format=memory_format)
        unseen(function(found))
        return found.requires_grad_() if requires_grad else found

    like.__name__ = like.__qualname__ = name
    like.__doc__ = f"A tensor of the input's shape, type and layout, filled as `{name[:-5]}` does."
    return composite(like)


@composite
def uniform_(input, from_=0.0, to=1.0, *, generator=None, **bounds):
    """Fill with uniform numbers in [from, to)."""
    low = bounds.get("from", from_)
    d = input.meta.dtype
    if d.kind == "f":
        most = dtypes.finfo(d).max
        for name, value in (("from", low), ("to", to)):
            check(-most <= value <= most, "{} is out of bounds for {}", name, _C_NAMES[d.name])
    check(low <= to, "uniform_ expects to return a [from, to) range, but found from={} > to={}", low, to)
    check(d.kind != "f" or to - low <= most,
          "uniform_ expects to-from <= std::numeric_limits<{}>::max(), but found to={} and from={} which result in "
          "to-from to exceed the limit", d.title, to, low)
    g = _given(generator)
    if d.is_complex:
        uniform_(view_as_real(input), low, to, generator=g)
        return input
    _float_only("check_uniform_bounds", d)
    return _fill(input, lambda: _uniform(g, input.meta.numel, d, float(low), float(to)))


@composite
def normal_(input, mean=0.0, std=1.0, *, generator=None):
    """Fill with normal numbers of the given mean and standard deviation."""
    check(std >= 0, "normal expects std >= 0.0, but found std {}", std)
    d, g = input.meta.dtype, _given(generator)
    if d.is_complex:
        normal_(view_as_real(input), mean, std / math.sqrt(2), generator=g)
        return input
    _float_only("normal_kernel_cpu", d)
    return _fill(input, lambda: _normal(g, input.meta.numel, d, float(mean), float(std), input.meta.contiguous))


@composite
def normal(mean, std=1.0, size=None, *, generator=None, out=None, dtype=None, layout=None, device=None,
           requires_grad=False, pin_memory=False):
    """Normal numbers: `normal(mean, std)` with tensors for one or both, or numbers and a `size`."""
    tensors = [x for x in (mean, std) if hasattr(x, "meta")]
    if not tensors:
        check(size is not None, "normal() missing 1 required positional argument: 'size'", error=TypeError)
        found = unseen(normal_(empty(tuple(size), dtype=dtype, device=device), mean, std, generator=generator))
    else:
        for name, given in (("size", size), ("dtype", dtype), ("device", device)):
            check(given is None, "normal() got an unexpected keyword argument '{}' beside tensors", name,
                  error=TypeError)
        shape = metas.broadcast_shapes(*(t.meta.shape for t in tensors))
        found = empty(shape, dtype=tensors[0].meta.dtype, device=tensors[0].meta.device)
        spread, center = (x.detach() if hasattr(x, "meta") else x for x in (std, mean))
        if hasattr(std, "meta"):
            check(std.meta.dtype.kind != "c", "normal expects standard deviation to be non-complex")
            check(not has_data(std.meta.device) or bool((spread >= 0).all()),
                  "normal expects all elements of std >= 0.0")
            found = (normal_(found, generator=generator) * spread + center).to(found.meta.dtype)
        else:
            found = normal_(found, 0.0, std, generator=generator) + center
        for x in tensors:
            found = _drawn(found, x.to(found.meta.dtype))
    return filled_out(found, out)


def _simple(name: str, doc: str, maker: Any, numbers: Any, kinds: str = "f") -> Any:
    def fill(input, *args, generator=None, **named):
        g, d = _given(generator), input.meta.dtype
        check(d.kind in kinds,
              "{} distribution is a continuous probability distribution. dtype must be a floating point but you "
              "specified {}"
              if kinds == "f" else '"{}cpu" not implemented for \'{}\'',
              name[:-1].capitalize() if kinds == "f" else name, d.title,
              error=RuntimeError if kinds == "f" else NotImplementedError)
        return _fill(input, lambda: maker(g.words64(input.meta.numel), *numbers(*args, **named)).to(input.meta.dtype))

    fill.__name__ = fill.__qualname__ = name
    fill.__doc__ = doc
    return composite(fill)


def _rate(lambd=1.0):
    check(lambd > 0.0, "exponential_ expects lambda > 0.0, but found lambda={}", lambd)
    return (-1.0 / lambd,)


def _probability(p):
    check(0 < p < 1, "geometric_ expects p to be in (0, 1), but got p={}", p)
    return (math.log1p(-p),)


def _location(median=0.0, sigma=1.0):
    check(sigma > 0.0, "cauchy_ expects sigma > 0.0, but found sigma={}", sigma)
    return float(median), float(sigma)


exponential_ = _simple("exponential_", "Fill with exponential numbers of rate `lambd`.", exponential, _rate)
geometric_ = _simple("geometric_", "Fill with geometric numbers of probability `p`.", geometric, _probability, "fui")
cauchy_ = _simple("cauchy_", "Fill with Cauchy numbers.", cauchy, _location)


@composite
def log_normal_(input, mean=1.0, std=2.0, *, generator=None):
    """Fill with numbers whose logarithm is normal."""
    check(std > 0.0, "log_normal_ expects std > 0.0, but found std={}", std)
    _float_only("log_normal_cpu", input.meta.dtype)
    g = _given(generator)
    return _fill(input, lambda: libm_exp(scaled(_normal_scalar(g, input.meta.numel), float(std),
                                                float(mean))).to(input.meta.dtype))


@composite
def bernoulli_(input, p=0.5, *, generator=None):
    """Fill with 1 (probability `p`, a number or a tensor) and 0."""
    g = _given(generator)
    check(input.meta.dtype.kind != "c", '"bernoulli_scalar_cpu_" not implemented for \'{}\'', input.meta.dtype.title,
          error=NotImplementedError)
    if hasattr(p, "meta"):
        order = _order(input.meta)
        return _fill(input, lambda: _chosen(g, p.expand(input.meta.shape).permute(order).contiguous()).reshape(-1))
    check(0 <= p <= 1, "bernoulli_ expects p to be in [0, 1], but got p={}", p)
    return _fill(input, lambda: below(g.words64(input.meta.numel), float(p)).to(input.meta.dtype))


def _chosen(g: Generator, p: Any) -> Any:
    """Whether a uniform number of p's precision is below each p."""
    n = p.meta.numel
    if not has_data(p.meta.device):
        return empty_like(p)
    check(bool(((p >= 0) & (p <= 1)).all()), "Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    if p.meta.dtype is dtypes.float64:
        return _placed(uniform64(g.words64(n), 0.0, 1.0).reshape(p.meta.shape), p.device) < p
    return _placed(uniform32(g.words32(n), 0.0, 1.0).reshape(p.meta.shape), p.device) < p.to(dtypes.float32)


@pointwise(public=False, inplace=False, cost=0.05)
def _drawn(value, of):
    """A random number, recorded as drawn by way of `of`, with the derivative 0."""
    return value


@_drawn.derivative
def _(grad):
    return m.zero(grad), m.zero(grad)


@composite
def bernoulli(input, p=None, *, generator=None, out=None):
    """1 with the probability that each element gives (or `p`), else 0."""
    if p is not None:
        found = unseen(bernoulli_(empty_like(input), p, generator=generator))
    else:
        _float_only("bernoulli_tensor_cpu_p_", input.meta.dtype)
        found = _drawn(_chosen(_given(generator), input.detach().contiguous()).to(input.meta.dtype), input)
    return filled_out(found, out)


@composite
def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """`num_samples` indices for each row of weights, which need not sum to 1: drawn by a search in the row's running
    sum, or, without replacement (and for one sample), as the largest of weight / exponential noise."""
    g, meta = _given(generator), input.meta
    (count,) = metas.integers((num_samples,))
    check(meta.dtype.kind == "f", "multinomial only supports floating-point dtypes for input, got: {}",
          meta.dtype.title)
    check(meta.ndim in (1, 2), "prob_dist must be 1 or 2 dim")
    check(count > 0, "cannot sample n_sample <= 0 samples")
    check(replacement or count <= meta.shape[-1],
          "cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    check(meta.shape[-1] > 0, "multinomial: expected weights, got an input of shape {}", list(meta.shape))
    shape = (*meta.shape[:-1], count)
    if not has_data(meta.device):
        return empty(shape, dtype=dtypes.int64, device=meta.device)
    weights = input.detach().cpu()               # where the numbers are drawn
    if not bool(((weights >= 0) & (weights < math.inf)).all()):
        check(not replacement or count == 1,
              "invalid multinomial distribution (encountering probability entry < 0, inf or nan)")
        check(False, "probability tensor contains either `inf`, `nan` or element < 0")
    check(bool((weights.sum(-1) > 0).all()), "invalid multinomial distribution (sum of probabilities <= 0)")
    if replacement and count > 1:
        wide = weights if meta.dtype is dtypes.float64 else weights.to(dtypes.float32)
        sums = np.cumsum(wide.reshape(-1, meta.shape[-1]).numpy(), -1)
        reached = sums / sums[:, -1:]
        reached[:, -1] = 1.0
        draws = _uniform(g, len(reached) * count, dtypes.float64, 0.0, 1.0).reshape(len(reached), count).numpy()
        places = np.stack([np.searchsorted(row, draw)
                           for row, draw in zip(reached.astype(np.float64), draws)]) if len(reached) else draws
        found = tensor(places.astype(np.int64)).reshape(shape)
    else:
        scores = weights / exponential_(empty_like(weights), generator=g)
        if count == 1:
            found = scores.argmax(-1, keepdim=True)
        else:
            order = np.argsort(-scores.to(dtypes.float64).numpy(), axis=-1, kind="stable")
            found = tensor(np.ascontiguousarray(order[..., :count]))
    check(out is None or out.meta.dtype is dtypes.int64, "multinomial expects Long tensor out, got: {}",
          getattr(out, "dtype", None))
    return filled_out(_placed(found, meta.device), out)


_UNSET: Any = object()


@composite
def random_(input, from_=None, to=_UNSET, *, generator=None, **bounds):
    """Fill with whole numbers: of the type's whole range, below `to`, from `from` to below `to`, or (`to` None) from
    `from` to the largest.
    """
    low = bounds.get("from", from_)
    d, g, n = input.meta.dtype, _given(generator), input.meta.numel
    check(d.kind != "c", '"random_" not implemented for \'{}\'', d.title, error=NotImplementedError)
    digits = _DIGITS.get(d.name)
    if low is not None and to is _UNSET:
        low, to = 0, low
    elif low is not None and to is None:
        to = 1 + (1 << digits if digits else _range(d)[1])
        low = _checked("random_", d, low, min(to, (1 << 63) - 1))[0]
        return _fill(input, lambda: _integers(g, n, d, low, to - low))
    elif low is None and to not in (None, _UNSET):
        low = 0
    if low is None:
        if d is dtypes.int64 or d is dtypes.float64:
            range = 1 << 63 if digits is None else (1 << 53) + 1
            return _fill(input, lambda: integers64(g.words64(n), range if range < 1 << 63 else -(1 << 63), 0).to(d))
        top = 1 << digits if digits else _range(d)[1]
        return _fill(input, lambda: integers32(g.words32(n), top + 1, 0).to(d))
    low, to = _checked("random_", d, low, to)
    return _fill(input, lambda: _integers(g, n, d, low, to - low))


rand_like = _like("rand_like", uniform_)
randn_like = _like("randn_like", normal_)


@composite
def randint_like(input, low=0, high=None, *, dtype=None, layout=None, device=None, requires_grad=False,
                 memory_format=metas.preserve_format):
    """Whole numbers low <= x < high in the input's shape, type and layout."""
    if high is None:
        low, high = 0, low
    return unseen(random_(empty_like(input, dtype=dtype, device=device, memory_format=memory_format), low, high))


@composite
def dropout(input, p=0.5, train=True, training=None, inplace=False):
    """Elements set to 0 with probability `p`, the others divided by 1 - p; unchanged unless training."""
    train = train if training is None else training
    check(0 <= p <= 1, "dropout probability has to be between 0 and 1, but got {}", p)
    if not train or p == 0 or input.meta.numel == 0:
        return input
    if p == 1:
        return input.mul_(0) if inplace else input * 0
    d = input.meta.dtype
    check(d.kind in "fc", "result type Float can't be cast to the desired output type {}", d.title)
    check(d.kind == "f", '"bernoulli_scalar_cpu_" not implemented for \'{}\'', d.title, error=NotImplementedError)
    maker = dropout_noise64 if d is dtypes.float64 else dropout_noise32

    def draw() -> Any:
        return maker(default_generator.words64(input.meta.numel), 1.0 - p, d)

    order = _order(input.meta)
    if order == list(range(len(order))) and is_host(input.meta.device):
        noise = draw().reshape(input.meta.shape)
    else:
        noise = _fill(empty_like(input.detach()), draw)
    return input.mul_(noise) if inplace else input * noise
