"""Throws malformed calls at operators and looks for what must never happen: a crash, a hang, a touch of memory that was
not handed in.

    python -m tests.fuzz --seed 0 --attempts 40 --share 1/4        a quarter of the operators
    python -m tests.fuzz --only index_put gather                  some of them

Run by test_fuzz.py, in processes of its own. Every tensor that is handed in lies against a page that nobody may touch,
so that reading or writing past its storage ends the process, and a pattern on its other side shows what was written
there. A call is made twice, cold and warm, and ends both times alike: the same values, or an exception of a type that
PyTorch raises. Results lie inside their storages, arguments are changed by operators in place only, and what can be
differentiated is. On standard output a line for each finding; before each call a word on standard error says which, so
that the last one names the call that crashed.
"""

from __future__ import annotations

import argparse
import ctypes
import faulthandler
import inspect
import math
import mmap
import random
import resource
import sys
import traceback
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import pellucid as torch
from pellucid import dtypes
from pellucid.ops import REGISTRY
from tests.ops.calls import build
from tests.ops.samples import DOMAINS, SAMPLES

PAGE = mmap.PAGESIZE
PATTERN = 0xA5
LIMIT = 3 << 30                    # bytes of address space
# the last at our limit
ALLOWED = (RuntimeError, TypeError, ValueError, IndexError, OverflowError, BufferError, MemoryError)
SIZES = (0, 1, 1, 2, 2, 3, 4, 5, 7, 17)
EXTREMES = (0, 1, -1, 2, 3, -2, -3, 7, 63, 64, 99, -100, 2**31 - 1, 2**31, -(2**31) - 1, 2**40, 2**62, 2**63 - 1,
            -(2**63), 2**63, 2**64, -(10**30))
NUMBERS = (0.0, -0.0, 0.5, -1.5, 1e300, -1e300, 1e-320, math.inf, -math.inf, math.nan, True, False, 1j,
           complex(math.nan, math.inf))
ODD = (None, "text", "", b"bytes", object(), slice(None), Ellipsis, (), [], {}, [[]], [None], (1, None), {"a": 1},
       print, int, torch.float32, torch.int8, torch.bool, np.float64(2), np.int64(3), np.arange(3))
DTYPES = [d for d in dtypes.DTYPES]
COMMON = [torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64, torch.float16, torch.bfloat16,
          torch.int32, torch.uint8]
INDEXES = [torch.int64, torch.int64, torch.int64, torch.int32, torch.uint8, torch.int8, torch.bool]

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


class Ground:
    """Memory for one tensor: its bytes end at a forbidden page, or begin at one."""

    def __init__(self, nbytes: int, at_end: bool):
        pages = -(-max(nbytes, 1) // PAGE)
        self.map = mmap.mmap(-1, (pages + 1) * PAGE)
        self.bytes = np.frombuffer(self.map, np.uint8)
        self.bytes[:] = PATTERN
        self.start = pages * PAGE - nbytes if at_end else PAGE
        self.nbytes = nbytes
        address = self.bytes.ctypes.data + (pages * PAGE if at_end else 0)
        if _libc.mprotect(address, PAGE, 0):
            raise OSError(ctypes.get_errno(), "mprotect")
        self.around = [slice(0, self.start)] if at_end else [slice(PAGE + nbytes, None)]

    def array(self) -> np.ndarray:
        return self.bytes[self.start : self.start + self.nbytes]

    def is_whole(self) -> bool:
        return all((self.bytes[part] == PATTERN).all() for part in self.around)


def bytes_of(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor's elements in order, in memory of their own."""
    if not tensor.numel():
        return torch.empty(0, dtype=torch.uint8)
    return torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor.detach()).view(-1).view(torch.uint8)


class Maker:
    """Draws arguments. `grounds` are the memories of the tensors of this call."""

    def __init__(self, rng: random.Random):
        self.rng, self.grounds = rng, []
        self.numpy = np.random.default_rng(rng.randrange(2**32))

    def shape(self, most: int = 4) -> tuple[int, ...]:
        return tuple(self.rng.choice(SIZES) for _ in range(self.rng.randrange(most + 1)))

    def guarded(self, value: torch.Tensor) -> torch.Tensor:
        """A contiguous copy on ground of its own."""
        raw = bytes_of(value)
        ground = Ground(raw.numel(), self.rng.random() < 0.6)
        self.grounds.append(ground)
        there = ground.array()
        there[:] = raw.numpy()
        if not raw.numel():
            return torch.empty(value.shape, dtype=value.dtype)
        return torch.from_numpy(there).view(value.dtype).view(value.shape)

    def data(self, shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
        kind = self.rng.random()
        if dtype is torch.bool:
            return torch.tensor(self.numpy.random(shape) > 0.5)
        if dtype.is_floating_point or dtype.is_complex:
            numbers = self.numpy.standard_normal(shape)
            if kind < 0.2 and numbers.size:
                numbers.reshape(-1)[self.rng.randrange(numbers.size)] = self.rng.choice((math.nan, math.inf, -math.inf,
                                                                                         1e300, 0.0, -0.0, 1e-310))
            return torch.tensor(numbers).to(dtype)
        low, high = (-3, 4) if kind < 0.4 else (0, 3) if kind < 0.7 else (0, 100)
        numbers = self.numpy.integers(low, high, shape)
        if kind > 0.85 and numbers.size:
            numbers = np.array(numbers)
            numbers.reshape(-1)[self.rng.randrange(numbers.size)] = self.rng.choice((2**62, -(2**62), 2**63 - 1,
                                                                                     -(2**63), 2**31, -1))
        return torch.tensor(numbers).to(dtype)

    def layout(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor, or a view of it, or another that overlaps itself."""
        kind = self.rng.random()
        if not tensor.ndim or kind < 0.45:
            return tensor
        if kind < 0.6:
            return tensor.permute(self.rng.sample(range(tensor.ndim), tensor.ndim))
        if kind < 0.7:
            return tensor[..., :: self.rng.choice((-1, -2, 2, 3))]
        if kind < 0.8:
            return tensor.expand(self.rng.choice((0, 1, 2, 5)), *tensor.shape)
        if kind < 0.9 and tensor.shape[0] > 1:
            return tensor[self.rng.randrange(tensor.shape[0]) :]
        if tensor.numel():
            sizes, strides, room = [], [], tensor.numel() - 1
            for _ in range(self.rng.randrange(1, 4)):
                size, stride = self.rng.randrange(1, 4), self.rng.randrange(0, 4)
                if (size - 1) * stride <= room:
                    room -= (size - 1) * stride
                    sizes.append(size), strides.append(stride)
            return tensor.as_strided(sizes, strides, self.rng.randrange(room + 1))
        return tensor

    def tensor(self, like: torch.Tensor | None = None) -> torch.Tensor:
        """Anything; given another, mostly one that nearly fits where that was."""
        rng = self.rng
        shape = self.shape()
        if like is not None and rng.random() < 0.6:
            shape = list(like.shape)
            change = rng.random()
            if shape and change < 0.4:
                shape[rng.randrange(len(shape))] = rng.choice(SIZES)
            elif shape and change < 0.5:
                del shape[rng.randrange(len(shape))]
            elif change < 0.6:
                shape.insert(rng.randrange(len(shape) + 1), rng.choice(SIZES))
        dtype = rng.choice(COMMON if rng.random() < 0.8 else DTYPES)
        if like is not None and rng.random() < 0.6:
            dtype = like.dtype if like.dtype.is_floating_point or rng.random() < 0.5 else rng.choice(INDEXES)
        if rng.random() < 0.04:
            return torch.empty(tuple(shape), dtype=dtype, device="meta")
        made = self.layout(self.guarded(self.data(tuple(shape), dtype)))
        if (dtype.is_floating_point or dtype.is_complex) and dtype.itemsize > 1 and rng.random() < 0.3:
            made.requires_grad_()
        return made

    def number(self) -> Any:
        return self.rng.choice(EXTREMES if self.rng.random() < 0.7 else NUMBERS)

    def value(self, like: Any = None) -> Any:
        """Something in the place of `like`: often of its kind and wrong, else of another kind."""
        rng = self.rng
        if rng.random() < 0.75:
            if isinstance(like, torch.Tensor):
                return self.tensor(like)
            if isinstance(like, bool):
                return not like
            if isinstance(like, (int, float)):
                return self.number()
            if isinstance(like, (tuple, list)) and like:
                changed = list(like)
                where, what = rng.randrange(len(changed)), rng.random()
                if what < 0.6:
                    changed[where] = self.value(changed[where])
                elif what < 0.8:
                    del changed[where]
                else:
                    changed.insert(where, changed[where])
                return type(like)(changed) if rng.random() < 0.8 else changed
            if isinstance(like, str):
                return rng.choice(("none", "sum", "mean", "constant", "ij,jk", "ii", "...", "a->b", "->", "i" * 70,
                                   ",,", "floor"))
        kind = rng.random()
        if kind < 0.35:
            return self.tensor()
        if kind < 0.6:
            return self.number()
        if kind < 0.8:
            return tuple(self.number() for _ in range(rng.randrange(5)))
        if kind < 0.9:
            return [self.tensor() for _ in range(rng.randrange(3))]
        return rng.choice(ODD)

    def index(self, ndim: int) -> Any:
        """What may stand between brackets."""
        rng = self.rng

        def one() -> Any:
            kind = rng.random()
            if kind < 0.2:
                return rng.choice(EXTREMES)
            if kind < 0.45:
                return slice(*(rng.choice((None, *EXTREMES)) for _ in range(3)))
            if kind < 0.55:
                return rng.choice((None, Ellipsis, True, False))
            if kind < 0.85:
                shape = self.shape(2)
                dtype = rng.choice(INDEXES)
                near = torch.tensor(self.numpy.integers(-2, 3,
                                                        shape)).to(dtype) if rng.random() < 0.6 else self.data(shape,
                                                                                                               dtype)
                return self.layout(self.guarded(near))
            if kind < 0.95:
                return rng.choice(([0, 1], [0, -1], [[0], [1]], [True, False], [], [2**62], [0, 99], range(2),
                                   np.array([0, 1]), np.array(True)))
            return rng.choice(ODD)

        return one() if rng.random() < 0.3 else tuple(one() for _ in range(rng.randrange(1, ndim + 3)))


# operators of the house alone, in no public namespace: the public ones that call them have checked what they hand on
INSIDE = {"conv_input_gradient": "convolution",
          "conv_weight_gradient": "convolution"}

# operators that make as many tensors as they are told: a list of 10**18 is no malformed one, it is only long
MANY = ("tensor_split", "hsplit", "vsplit", "dsplit")

# calls that are right, for what has no sample, to be made wrong
RIGHT: dict[str, list[tuple]] = {
    "empty zeros ones rand randn": [(2, 3), ((2, 3),)], "full": [((2, 3), 1.5)], "empty_strided": [((2, 3), (3, 1))],
    "empty_permuted": [((2, 3), (1, 0))],
    "empty_like zeros_like ones_like rand_like randn_like": [("2x3",)], "full_like": [("2x3", 2)],
    "randint_like": [("2x3", 0, 5)],
    "tensor as_tensor asarray": [([1, 2],), ([[1.0], [2.0]],)], "scalar_tensor": [(1.5,)],
    "arange": [(5,), (1, 7, 2), (0.0, 1.0, 0.25)],
    "linspace": [(0, 1, 5)], "logspace": [(0, 1, 5)], "eye": [(3,), (3, 4)], "tril_indices triu_indices": [(3, 4, 0)],
    "from_numpy": [(np.ones(3),)],
    "frombuffer": [(bytearray(16),)], "from_dlpack": [("2x3",)], "new_empty new_ones new_zeros": [("2x3", (2, 2))],
    "new_full": [("2x3", (2, 2), 1)],
    "new_empty_strided": [("2x3", (2, 2), (2, 1))], "new_tensor": [("2x3", [1, 2])], "randint": [(0, 5, (2, 3))],
    "randperm": [(5,)],
    "normal": [("2x3", "2x3"), (0.0, 1.0, (2, 3))], "bernoulli": [("2x3:0..1",)],
    "to to_copy": [("2x3", torch.float64)], "type_as": [("2x3", "3:int64")],
    "max_pool_gradient": [("1x1x2x2", "1x1x2x2:index4", (4, 4))], "copy_": [("2x3", "3")],
    "as_strided_": [("12", (2, 3), (4, 1), 1)],
    "multinomial": [("2x3:0..1", 2), ("3:0..1", 5, True)],
    "uniform_ normal_ log_normal_ cauchy_": [("2x3", 0.1, 1.0)], "exponential_ geometric_": [("2x3", 0.5)],
    "random_": [("2x3", 0, 5)],
    "bernoulli_": [("2x3", 0.5), ("2x3", "2x3:0..1")], "numpy_transpose zero_ cpu cuda": [("2x3",)],
    "bool byte char short int long half float double bfloat16 chalf cfloat cdouble": [("2x3",)],
}
KEYWORDS = {"dtype": lambda m: m.rng.choice((*DTYPES, None, "float32", 3)),
            "device": lambda m: m.rng.choice(("cpu", "meta", "cuda", "x", 0, None, -1)),
            "out": lambda m: m.tensor(), "requires_grad": lambda m: m.rng.choice((True, 1, None)),
            "memory_format": lambda m: m.rng.choice((torch.channels_last, torch.contiguous_format,
                                                     torch.channels_last_3d, torch.preserve_format, 1))}


def right_calls(name: str) -> list[tuple[tuple, dict]]:
    """Calls of an operator that are well formed, as texts (see samples.py)."""
    base = name if name in SAMPLES else name.removesuffix("_")
    if base in SAMPLES:
        return SAMPLES[base]
    found = [(args, {}) for names, calls in RIGHT.items() if name in names.split() or base in names.split()
             for args in calls]
    operator = REGISTRY.get(name)
    if not found and operator is not None and operator.name != name and operator.name.removesuffix("_") in SAMPLES:
        found = SAMPLES[operator.name.removesuffix("_")]                # an alias
    return found


def swapped(value: Any, maker: Maker, grad: bool) -> Any:
    """The argument with its tensors laid on ground, sometimes in another layout."""
    if isinstance(value, torch.Tensor):
        there = maker.guarded(value if not value.is_floating_point() or maker.rng.random() < 0.5
                              else value.to(maker.rng.choice(COMMON[:2])))
        if maker.rng.random() < 0.3 and there.ndim > 1:
            there = maker.guarded(there.transpose(0, 1)).transpose(0, 1)
        return there.requires_grad_() if grad and there.is_floating_point() else there
    return type(value)(swapped(v, maker, grad) for v in value) if type(value) in (tuple, list) else value


def calls_of(name: str, maker: Maker) -> tuple[list, dict]:
    rng = maker.rng
    known = right_calls(name)
    parameters = parameters_of(REGISTRY[name])
    if known and rng.random() < 0.85:
        texts, kwtexts = rng.choice(known)
        domain, grad = DOMAINS.get(name.removesuffix("_"), (-1.5, 1.5)), rng.random() < 0.3 and not name.endswith("_")
        args = [swapped(build(a, maker.numpy, domain), maker, grad) for a in texts]
        kwargs = {k: swapped(build(v, maker.numpy, domain), maker, grad) for k, v in kwtexts.items()}
        for _ in range(rng.choice((1, 1, 2, 3))):
            if args and rng.random() < 0.85:
                where = rng.randrange(len(args))
                args[where] = maker.value(args[where])
        if rng.random() < 0.1:
            args.append(maker.value(1)) if rng.random() < 0.6 or not args else args.pop()
    else:
        args, kwargs = [maker.value(None) for _ in range(rng.randrange(len(parameters) + 2))], {}
    if name in MANY:
        args = [a % 1000 if isinstance(a, int) and a > 1000 else a for a in args]
    for keyword in parameters:
        if rng.random() < 0.12 and parameters.index(keyword) >= len(args):
            kwargs[keyword] = KEYWORDS[keyword](maker) if keyword in KEYWORDS else maker.value(1)
    if rng.random() < 0.06:
        kwargs[rng.choice((*KEYWORDS, "dim", "axis", "keepdim", "nonsense"))] = maker.value(1)
    return args, kwargs


def parameters_of(function: Callable) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def tensors_of(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from tensors_of(part)


def outside(tensor: torch.Tensor) -> bool:
    """Whether a tensor reaches outside its storage."""
    if not tensor.numel():
        return False
    steps = [(size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride())]
    low = tensor.storage_offset() + sum(min(step, 0) for step in steps)
    high = tensor.storage_offset() + sum(max(step, 0) for step in steps)
    return low < 0 or (high + 1) * tensor.element_size() > tensor.untyped_storage().nbytes()


def picture(value: Any) -> Any:
    """What can be compared of a result."""
    if isinstance(value, torch.Tensor):
        small = not value.is_meta and value.numel() < 100_000
        return str(value.dtype), tuple(value.shape), value.stride(), bytes_of(
            value).numpy().tobytes() if small else None
    if isinstance(value, (tuple, list)):
        return tuple(map(picture, value))
    return repr(value)


def describe(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        grad = ", requires_grad" if value.requires_grad else ""
        few = (f", {value.detach().tolist()}" if not value.is_meta and value.numel() <= 8 and value.element_size() <= 8
               else "")
        place = "meta" if value.is_meta else f"offset {value.storage_offset()}"
        return f"<{value.dtype} {list(value.shape)} strides {list(value.stride())} {place}{grad}{few}>"
    if isinstance(value, (tuple, list)):
        return "(" + ", ".join(map(describe, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)[:200]


def attempt(name: str, function: Callable, args: list, kwargs: dict, maker: Maker, in_place: bool,
            unset: bool) -> Iterator[str]:
    """Makes the call twice; yields what is wrong."""
    handed = list(tensors_of([args, list(kwargs.values())]))
    before = [picture(t) for t in handed]
    ends: list[Any] = []
    may_write = in_place or "out" in kwargs
    for _ in range(1 if may_write else 2):
        torch.manual_seed(0)
        try:
            result = function(*args, **kwargs)
        except ALLOWED as error:
            if not str(error) and not isinstance(error, MemoryError):
                yield f"{type(error).__name__} without a word"
            ends.append(type(error))
            continue
        except BaseException as error:
            if not excused(error):
                yield f"{type(error).__name__}: {error} at {places(error)}"
            ends.append(type(error))
            continue
        for tensor in tensors_of(result):
            if outside(tensor):
                yield f"a result outside its storage: {describe(tensor)}"
                return
        ends.append(picture(result) if not unset else None)
        wanted = [t for t in tensors_of(result) if t.requires_grad and not t.is_meta]
        leaves = [t for t in handed if t.requires_grad and t.is_leaf]
        if wanted and leaves and sum(t.numel() for t in wanted) < 10**6:
            try:
                total = sum(t.abs().sum() if t.is_complex() else t.sum() for t in wanted)
                for gradient, leaf in zip(torch.autograd.grad(total, leaves, create_graph=maker.rng.random() < 0.3,
                                                              allow_unused=True), leaves):
                    if gradient is not None and (gradient.shape != leaf.shape or outside(gradient)):
                        yield f"a gradient of shape {list(gradient.shape)} for {describe(leaf)}"
            except ALLOWED:
                pass
            except BaseException as error:
                yield f"in backward: {type(error).__name__}: {error} at {places(error)}"
    if len(ends) == 2 and ends[0] != ends[1]:
        short = [end if isinstance(end, type) else "an answer" for end in ends]
        yield f"the second call ends otherwise: {short}"
    if not may_write and [picture(t) for t in handed] != before:
        yield "an argument was changed"
    if not all(ground.is_whole() for ground in maker.grounds):
        yield "memory beside an argument was written"


def excused(error: BaseException) -> bool:
    """What a check raises on purpose (PyTorch raises AssertionError here and there), and Python's word that what was
    handed in is no tensor.
    """
    if isinstance(error, AttributeError):
        return " has no attribute " in str(error)
    return isinstance(error, AssertionError) and bool(str(error))


def places(error: BaseException) -> str:
    """The last lines of the traceback that are the package's."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "pellucid" in f.filename]
    return " < ".join(f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in frames[::-1][:3])


def get(x: torch.Tensor, index: Any) -> Any:
    return x[index]


def set(x: torch.Tensor, index: Any, value: Any) -> None:
    x[index] = value


def subjects() -> dict[str, Callable]:
    """Everything that is called: each operator that users can reach, brackets, the functions of nn.functional, methods
    that change what a tensor is.
    """
    from pellucid.nn import functional

    found: dict[str, Callable] = {name: op for name, op in REGISTRY.items() if not name.startswith("_")
                                  and name not in INSIDE}
    found |= {f"functional.{name}": f for name, f in vars(functional).items() if inspect.isfunction(f)
              and not name.startswith("_")
              and f.__module__ == functional.__name__}
    return found | {"[]": get, "[]=": set, "set_": torch.Tensor.set_, "resize_": torch.Tensor.resize_}


def fuzz(name: str, function: Callable, seed: int, attempts: int) -> Iterator[str]:
    for number in range(attempts):
        maker = Maker(random.Random(zlib.crc32(f"{name} {seed} {number}".encode())))
        if name in ("[]", "[]="):
            x = maker.tensor()
            args, kwargs = [x, maker.index(x.ndim)], {}
            if name == "[]=":
                args.append(maker.value(x))
        elif name == "set_":
            source = maker.tensor()
            args, kwargs = [torch.empty(0, dtype=source.dtype), source.untyped_storage(), maker.number(),
                            maker.value((2, 3)), maker.value((3, 1))], {}
        elif name == "resize_":
            args, kwargs = [torch.ones(2, 3), maker.value((2, 3))], {}
        elif name in REGISTRY:
            args, kwargs = calls_of(name, maker)
        else:
            parameters = parameters_of(function)
            args, kwargs = [maker.tensor() if k < 2 and maker.rng.random() < 0.8 else maker.value(1)
                            for k in range(maker.rng.randrange(1, 6))], {}
            if maker.rng.random() < 0.5 and parameters:
                kwargs[maker.rng.choice(parameters)] = maker.value(1)
        call = f"{name}({', '.join([describe(a) for a in args] + [f'{k}={describe(v)}' for k, v in kwargs.items()])})"
        print(f"{name} {number} {call}", file=sys.stderr)
        operator = REGISTRY.get(name)
        changes = name.endswith("_") or name.startswith("functional.") or name in ("[]=", "frombuffer",
                                                                                   "batch_norm") or (
            operator is not None and operator.name.endswith("_")) or "inplace" in parameters_of(function)
        draws = any(word in name for word in ("empty", "resize"))
        for finding in attempt(name, function, args, kwargs, maker, changes, draws):
            yield f"{call} [{seed}:{number}]\n    {finding}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--attempts", type=int, default=40)
    parser.add_argument("--share", default="1/1", metavar="K/N")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    faulthandler.enable()
    share, of = map(int, options.share.split("/"))
    chosen = [(n, f) for k, (n, f) in enumerate(sorted(subjects().items())) if k % of == share - 1
              and (not options.only or n in options.only)]
    # what asks for more is refused, not swapped
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, resource.RLIM_INFINITY))
    findings = 0
    for name, function in chosen:
        faulthandler.dump_traceback_later(120, exit=True)
        for finding in fuzz(name, function, options.seed, options.attempts):
            print(finding, flush=True)
            findings += 1
    print(f"{len(chosen)} subjects, {findings} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
