"""Writes a random program: Python lines that run in PyTorch and in what is compared with it.

The writer looks at PyTorch's own variables (each line has been run there before the next is written), so it knows shapes and types without a model
of any operator. Most holes are filled with what fits; one in twenty with what does not, and then both frameworks must raise the same. Left out is what
PyTorch does not define: floats that an integer type cannot hold, two writes to one place, writes to tensors that overlap themselves, negative steps.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.parity.generated.observe import HIDDEN

GRAMMAR = Path(__file__).with_name("grammar.txt")
HOLE = re.compile(r"\{(\w+)\}")
WRONG = 0.05
DTYPES = {"float32": 22, "float64": 10, "int64": 12, "bool": 8, "complex64": 6, "float16": 4, "bfloat16": 5, "int32": 4, "uint8": 4, "int8": 2, "int16": 2, "complex128": 2}
FLOATS = ("float32", "float64", "float16", "bfloat16")
INTS = ("int64", "int32", "uint8", "int8", "int16")


@dataclass
class Table:
    """Rows of templates of one sort, and how likely it is and each of them."""

    weight: float
    statements: bool
    rows: list[tuple[float, list[str]]] = field(default_factory=list)


def tables(frameworks: tuple[Any, ...]) -> dict[str, Table]:
    """grammar.txt, without the templates that use a name which one of the frameworks lacks."""
    text = re.sub(r"\n    +", " ", GRAMMAR.read_text())
    words: dict[str, list[str]] = {}
    found: dict[str, Table] = {}
    for line in text.splitlines():
        if line.startswith("#") or not line:
            continue
        if match := re.fullmatch(r"\[(\w+) (\d+)( statements)?\]", line):
            table = found[match[1]] = Table(float(match[2]), bool(match[3]))
        elif match := re.fullmatch(r"@(\d+)", line):
            table.rows.append((float(match[1]), []))
        elif not found:
            name, _, rest = line.partition(" = ")
            words[name] = rest.split()
        else:
            times, _, template = line.partition(" x ") if re.match(r"\d+ x ", line) else ("1", "", line)
            table.rows[-1][1].extend([t for t in expanded(template, words) if all(known(t, framework) for framework in frameworks)] * int(times))
    for table in found.values():
        table.rows = [row for row in table.rows if row[1]]
    return found


def expanded(template: str, words: dict[str, list[str]]) -> list[str]:
    match = re.search(r"<([A-Z_]+)>", template)
    return [template[:match.start()] + word + template[match.end():] for word in words[match[1]]] if match else [template]


def known(template: str, framework: Any) -> bool:
    """Whether a framework has all that a template names."""
    spaces = {"torch": framework, "F": framework.nn.functional, "nn": framework.nn}
    for space, path in re.findall(r"\b(torch|F|nn)((?:\.\w+)+)", template):
        owner = spaces[space]
        for part in path[1:].split("."):
            if not hasattr(owner, part):
                return False
            owner = getattr(owner, part)
            if isinstance(owner, type):
                break
    return all(hasattr(framework.Tensor, name) for name in re.findall(r"\}\.(\w+)\(", template))


class Writer:
    """One program. `variables` are PyTorch's; `pending` collects the lines that make what a line needs."""

    def __init__(self, seed: str, tables: dict[str, Table], variables: dict[str, Any], torch: Any):
        self.draw, self.tables, self.variables, self.torch = random.Random(seed), tables, variables, torch
        draw = self.draw
        self.sizes = [draw.choice((1, 2, 2, 3, 3, 4, 5) if draw.random() < 0.93 else (0,)) for _ in range(3)]
        if draw.random() < 0.08:
            self.sizes[:2] = draw.choice(((8, 9), (9, 16), (17, 8)))  # where kernels work in tiles and vectors
        self.focus = draw.choice(list(DTYPES)) if draw.random() < 0.3 else None
        self.grads = draw.random() < 0.7
        self.length = draw.choice((4, 6, 8, 8, 10, 12, 14))
        self.named, self.shape_made, self.rows_chosen = 0, (), 0
        self.subject: Any = None

    @property
    def x(self) -> Any:
        """The tensor that the line is about."""
        if self.subject is None:
            raise Unfit
        return self.subject

    # -------------------------------------------------------------------------------------------------------------------- lines

    def lines(self) -> Any:
        """A generator of lines; the caller runs each in PyTorch before it asks for the next."""
        draw = self.draw
        yield "seen = []"
        for _ in range(draw.choice((1, 2, 2, 3))):
            yield f"{self.new()} = {self.literal()}"
        for _ in range(self.length):
            for _ in range(20):
                line = self.line()
                if line is not None:
                    yield from self.pending
                    yield line
                    break

    def line(self) -> str | None:
        """A template chosen and filled; nothing if there is nothing to fill it with."""
        draw, names = self.draw, list(self.tables)
        name = draw.choices(names, [table.weight for table in self.tables.values()])[0]
        if name == "autograd" and not self.grads and draw.random() < 0.6:
            name = "maps"
        table = self.tables[name]
        row = draw.choices(table.rows, [weight for weight, _ in table.rows])[0]
        template = draw.choice(row[1])
        wanted = not table.statements or template.startswith("= ")
        self.pending: list[str] = []
        self.subject = self.size_dim = self.planned = None
        self.changes = name == "changes" or bool(re.match(r"with.*\{x\w*\}(\.\w+_\(|\[| \+=)", template))
        try:
            line = HOLE.sub(lambda match: self.hole(match[1]), template.removeprefix("= "))
        except Unfit:
            return None
        return f"{self.new()} = {line}" if wanted else line

    def new(self) -> str:
        self.named += 1
        letters = "abcdefghijklmopqrtuvwxyz"
        return letters[self.named - 1] if self.named <= len(letters) else f"v{self.named}"

    # --------------------------------------------------------------------------------------------------------------------- holes

    def wrong(self) -> bool:
        return self.draw.random() < WRONG

    def hole(self, name: str) -> str:
        word, _, kind = name.partition("_")
        if word == "x":
            return self.operand(kind)
        method: Callable[[], str] = getattr(self, f"hole_{name}", None) or getattr(self, name)
        return method()

    def pool(self) -> list[tuple[str, Any]]:
        found = []
        for name, value in self.variables.items():
            if name in HIDDEN:
                continue
            if isinstance(value, self.torch.Tensor):
                found.append((name, value))
                if value.is_leaf and value.grad is not None and self.draw.random() < 0.3:
                    found.append((f"{name}.grad", value.grad))
            elif isinstance(value, (list, tuple)):
                found += [(f"{name}[{k}]", item) for k, item in enumerate(value[:3]) if isinstance(item, self.torch.Tensor)]
            elif isinstance(value, self.torch.nn.Module):
                found += [(f"{name}.{key}", parameter) for key, parameter in value.named_parameters()]
        return [(name, t) for name, t in found if t.numel() <= 600]

    KINDS: dict[str, Callable[[Any], bool]] = {
        "": lambda t: True,
        "float": lambda t: t.is_floating_point(),
        "int": lambda t: not t.is_floating_point() and not t.is_complex() and "bool" not in repr(t.dtype),
        "bool": lambda t: "bool" in repr(t.dtype),
        "complex": lambda t: t.is_complex(),
        "grad": lambda t: t.requires_grad,
        "leaf": lambda t: t.requires_grad and t.is_leaf,
        "vec": lambda t: t.dim() == 1,
        "mat": lambda t: t.dim() == 2,
        "3d": lambda t: t.dim() == 3,
        "4d": lambda t: t.dim() == 4,
    }

    def operand(self, kind: str) -> str:
        """The tensor a line is about. The latest are likelier."""
        pool = self.pool()
        fits = [entry for entry in pool if self.KINDS[kind](entry[1])]
        if not fits and kind == "grad":
            raise Unfit
        if not fits or (not kind and self.draw.random() < 0.05):
            fits = [self.made(kind)]
        elif pool and self.wrong():
            fits = pool
        weights = [1 + 2 * (k / len(fits)) for k in range(len(fits))]
        name, tensor = self.draw.choices(fits, weights)[0]
        if self.changes and self.overlaps(tensor):
            raise Unfit
        if self.draw.random() < 0.15 and kind != "leaf":
            name, tensor = self.viewed(name, tensor)
        if self.subject is None:
            self.subject, self.subject_name = tensor, name
        return name

    def v(self) -> str:
        """A plain variable, which an augmented assignment may name."""
        fits = [(name, t) for name, t in self.pool() if name.isidentifier() and not self.overlaps(t)]
        if not fits:
            raise Unfit
        name, self.subject = self.draw.choice(fits)
        self.changes = True
        return name

    def viewed(self, name: str, tensor: Any) -> tuple[str, Any]:
        suffix = self.draw.choice((".t()", "[1:]", "[::2]", ".mT", "[..., 0]", ".detach()", ".unsqueeze(0)", ".data", "[0]", ".flatten()", ".transpose(0, -1)", "[None]"))
        try:
            return name + suffix, eval("t" + suffix, {"t": tensor})
        except Exception:
            return (name + suffix, tensor) if self.wrong() else (name, tensor)

    @staticmethod
    def overlaps(t: Any) -> bool:
        """Whether two elements may be one place."""
        order = sorted((stride, size) for stride, size in zip(t.stride(), t.shape) if size > 1)
        reach = 0
        for stride, size in order:
            if stride <= reach:
                return True
            reach += stride * (size - 1)
        return False

    def made(self, kind: str, shape: tuple[int, ...] | None = None, dtype: str | None = None) -> tuple[str, Any]:
        """A line of its own that makes a tensor of a kind."""
        dims = {"vec": 1, "mat": 2, "3d": 3, "4d": 4}.get(kind)
        if shape is None:
            shape = tuple(self.draw.choice(self.sizes) for _ in range(dims)) if dims is not None else self.some_shape()
        dtype = dtype or self.pick(FLOATS if kind in ("float", "leaf", "4d", "3d") else INTS if kind == "int" else ("bool",) if kind == "bool"
                                   else ("complex64", "complex128") if kind == "complex" else None)
        grad = kind == "leaf" or None
        text = self.literal(shape, dtype, grad)
        name = self.new()
        self.pending.append(f"{name} = {text}")
        scope = dict(self.variables)
        exec(f"value = {text}", scope)
        return name, scope["value"]

    def pick(self, among: tuple[str, ...] | None = None) -> str:
        if self.focus and self.draw.random() < 0.6 and (among is None or self.focus in among):
            return self.focus
        kinds = among or tuple(DTYPES)
        return self.draw.choices(kinds, [DTYPES[kind] for kind in kinds])[0]

    def dtype(self) -> str:
        kind = self.pick()
        if self.subject is not None and not self.tame(self.x, kind):
            kind = self.draw.choice(FLOATS)
        return f"torch.{kind}"

    def tame(self, t: Any, kind: str) -> bool:
        """Whether an integer type holds the tensor's numbers; conversions of others are not defined."""
        if kind in FLOATS or kind.startswith("complex") or kind == "bool":
            return True
        if t.is_complex() and t.device.type != "meta":
            t = self.torch.view_as_real(t.detach().resolve_conj())
        if not t.is_floating_point():
            return True
        return t.device.type == "meta" or all((kind != "uint8" or x >= 0) and abs(x) < 100 for x in flat(t.detach().tolist()))

    # ------------------------------------------------------------------------------------------------------------------- numbers

    def number(self, dtype: str) -> str:
        draw = self.draw
        if dtype == "bool":
            return draw.choice(("True", "False"))
        if dtype in INTS:
            return str(draw.choice((0, 1, 2, 3, 4, 5, 7, 100) if dtype == "uint8" else (0, 1, 2, 3, -1, -2, 5, -7, 100)))
        if dtype.startswith("complex"):
            return draw.choice(("0", "1", "2", "-1", "1j", "1+2j", "0.5-1j", "-2j", "3+0.5j", "-1.5"))
        if draw.random() < 0.06:
            return draw.choice(("nan", "inf", "-inf", "-0.0", "-0.0", "1e-3", "1e4", "1e7", "1e30", "1e-30"))
        return draw.choice(("0.", "1.", "2.", "-1.", "0.5", "-2.5", "3.", "0.3", "-0.7", "1.5", "4.", "-3."))

    def literal(self, shape: tuple[int, ...] | None = None, dtype: str | None = None, grad: bool | None = None) -> str:
        draw = self.draw
        shape = self.some_shape() if shape is None else shape
        dtype = dtype or self.pick()
        plain = dtype in FLOATS or dtype.startswith("complex")
        grad = grad if grad is not None else plain and self.grads and draw.random() < 0.45
        options = "" if dtype in ("float32",) and shape and math.prod(shape) else f", dtype=torch.{dtype}"
        options += ", requires_grad=True" if grad else ""
        if math.prod(shape) > 24 or 0 in shape[:-1]:
            numbers = f"torch.arange({math.prod(shape)})" if dtype == "uint8" or draw.random() < 0.3 else f"(torch.arange({math.prod(shape)}) % 7 - 3)"
            return f"{numbers}.reshape({shape}).to(torch.{dtype})" + (".requires_grad_()" if grad else "")

        def nested(sizes: tuple[int, ...]) -> str:
            return self.number(dtype) if not sizes else "[" + ", ".join(nested(sizes[1:]) for _ in range(sizes[0])) + "]"
        return f"torch.tensor({nested(shape)}{options})"

    def literal_float(self) -> str:
        return self.literal(None, self.pick(FLOATS), False)

    def some_shape(self) -> tuple[int, ...]:
        draw = self.draw
        ndim = draw.choice((0, 1, 1, 2, 2, 2, 2, 3, 3, 4))
        return tuple(draw.choice(self.sizes) if draw.random() < 0.85 else 1 for _ in range(ndim))

    def s(self) -> str:
        draw = self.draw
        r = draw.random()
        if r < 0.45:
            return str(draw.choice((0, 1, 2, 3, -1, -2)))
        if r < 0.8:
            return draw.choice(("0.5", "1.5", "2.0", "-1.0", "-0.5", "0.25", "1.0", "0.0", "0.3"))
        if r < 0.88:
            return draw.choice(("True", "False"))
        if r < 0.92:
            return draw.choice(("nan", "inf", "-inf", "-0.0"))
        if r < 0.96:
            return draw.choice(("1j", "1+1j", "-0.5j"))
        return draw.choice(("300", "-300", "2**40", "1e10", "100", "-200"))

    def s_tensor(self) -> str:
        draw = self.draw
        if draw.random() < 0.3:
            return self.y()
        kind = repr(self.x.dtype).removeprefix("torch.") if self.subject is not None and draw.random() < 0.7 else self.pick()
        return f"torch.tensor({self.number(kind)}, dtype=torch.{kind})"

    def small(self) -> str:
        return str(self.draw.choice((0, 1, 1, 2, 2, 3, -1))) if not self.wrong() else self.draw.choice(("7", "-5", "2.5", "True", "None"))

    def same(self) -> str:
        return self.subject_name

    def goodshape(self) -> str:
        return str(self.newest_shape())

    def smaller(self) -> str:
        """A shape for which x has memory: more would not be filled with anything."""
        count = max((1 + sum(stride * (size - 1) for stride, size in zip(self.x.stride(), self.x.shape))) if self.x.numel() else 0, 0)
        shapes = [shape for shape in (self.some_shape() for _ in range(8)) if math.prod(shape) <= count]
        return str(shapes[0] if shapes else (0,))

    def size(self) -> str:
        return str(self.draw.choice(self.sizes))

    def bool(self) -> str:
        return self.draw.choice(("True", "False"))

    def reduction(self) -> str:
        return self.draw.choice(("'none'", "'sum'", "'mean'"))

    def lastsize(self) -> str:
        if self.subject is None:
            pool = self.pool()
            return str(self.draw.choice([t.shape[-1] for _, t in pool if t.dim()] or self.sizes))
        return str(self.x.shape[-1] if self.x.dim() else 1)

    # -------------------------------------------------------------------------------------------------------------- dimensions

    def dim(self) -> str:
        ndim = self.x.dim() if self.subject is not None else 2
        if self.wrong():
            self.size_dim = None
            return str(self.draw.choice((ndim, -ndim - 1, ndim + 2)))
        dim = self.draw.randrange(max(ndim, 1))
        self.size_dim = dim if ndim else None
        return str(dim - max(ndim, 1) if self.draw.random() < 0.35 else dim)

    def newdim(self) -> str:
        ndim = self.x.dim() + 1
        return str(self.draw.randrange(-ndim, ndim) if not self.wrong() else ndim)

    def dims(self) -> str:
        ndim = self.x.dim()
        chosen = self.draw.sample(range(ndim), self.draw.randrange(ndim + 1))
        if self.wrong():
            chosen += self.draw.choice(([ndim], chosen[:1], [-1]))
        chosen = [d - ndim if self.draw.random() < 0.3 else d for d in chosen]
        return self.draw.choice((str(tuple(chosen)), str(chosen)))

    def order(self) -> str:
        order = self.draw.sample(range(self.x.dim()), self.x.dim())
        if self.wrong() and order:
            order[0] = order[-1] if len(order) > 1 else 3
        order = [d - len(order) if self.draw.random() < 0.2 else d for d in order]
        return ", ".join(map(str, order)) or "()"

    def along(self) -> int:
        if self.size_dim is None or not self.x.dim():
            return self.x.shape[0] if self.x.dim() else 1
        return self.x.shape[self.size_dim]

    def i(self) -> str:
        size = self.along()
        if not size or self.wrong():
            return str(self.draw.choice((size, -size - 1, size + 3)))
        return str(self.draw.randrange(-size, size))

    def n(self) -> str:
        size = self.along()
        return str(self.draw.randrange(size + 1) if not self.wrong() else size + 1)

    def newshape(self) -> str:
        return str(self.newest_shape()) if not self.wrong() else self.draw.choice(("(2, -1)", "(0, 2)", "2", "[3]", "()"))

    def newest_shape(self) -> tuple[int, ...]:
        self.shape_made = self.some_shape() if self.planned is None else self.planned
        self.planned = None
        return self.shape_made

    def hole_count(self) -> str:
        self.planned = self.some_shape()
        return str(math.prod(self.planned))

    def shape(self) -> str:
        """A shape of as many elements as x."""
        count, draw = self.x.numel(), self.draw
        if self.wrong():
            return str(draw.choice(((count + 1,), (-1, 0), (-1, -1), (2, -1), (count, -2))))
        shape: list[int] = []
        left = count
        while left > 1 and draw.random() < 0.8:
            factor = draw.choice([f for f in range(1, left + 1) if left % f == 0])
            shape.append(factor)
            left //= factor
        if left != 1 or not shape and draw.random() < 0.7:
            shape.append(left)
        if draw.random() < 0.4 and shape and count:
            shape[draw.randrange(len(shape))] = -1
        text = ", ".join(map(str, shape))
        return draw.choice((f"({text},)" if len(shape) == 1 else f"({text})", f"[{text}]"))

    def hole_sizes(self) -> str:
        shape = [self.draw.choice((2, 3)) if n == 1 and self.draw.random() < 0.7 else n if self.draw.random() < 0.6 else -1 for n in self.x.shape]
        if self.draw.random() < 0.4:
            shape = [self.draw.choice((1, 2, 3))] + shape
        if self.wrong():
            shape = shape[:-1] + [7]
        return str(tuple(shape))

    def strides(self) -> str:
        shape = self.shape_made
        return str(tuple(self.draw.choice((0, 1, 1, 2, 3)) for _ in shape))

    def repeats(self) -> str:
        return str(tuple(self.draw.choice((1, 2, 1, 0, 3)) for _ in range(self.x.dim() + (self.draw.random() < 0.3))))

    # ---------------------------------------------------------------------------------------------------------- further operands

    def other(self, fits: Callable[[Any], bool], shapes: Callable[[], tuple[int, ...]]) -> str:
        """A tensor in the pool that fits x, or one made for it."""
        draw = self.draw
        pool = self.pool()
        if self.wrong() and pool:
            good = pool
        else:
            good = [entry for entry in pool if fits(entry[1]) and self.into(entry[1])]
        if good and draw.random() < 0.7:
            return draw.choice(good)[0]
        shape = shapes()
        kind = repr(self.x.dtype).removeprefix("torch.") if draw.random() < 0.7 else self.pick()
        if self.changes and not self.KINDS["float"](self.x) and not self.x.is_complex() and kind in FLOATS:
            kind = repr(self.x.dtype).removeprefix("torch.")
        turned = len(shape) >= 2 and draw.random() < 0.25
        name, made = self.made("", shape[::-1] if turned else shape, kind)
        return name + (f".permute({', '.join(map(str, range(len(shape) - 1, -1, -1)))})" if turned else "")

    def into(self, t: Any) -> bool:
        """Whether a write of t to x is defined."""
        return not self.changes or self.tame(t, repr(self.x.dtype).removeprefix("torch."))

    def y(self) -> str:
        mine = tuple(self.x.shape)
        return self.other(lambda t: broadcasts(mine, tuple(t.shape)), lambda: self.narrowed(mine))

    def z(self) -> str:
        return self.y()

    def narrowed(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts into another."""
        shape = tuple(1 if self.draw.random() < 0.2 else n for n in shape)
        return shape[self.draw.choice((0, 0, 0, 1, 2)):]

    def y_in(self) -> str:
        mine = tuple(self.x.shape)
        return self.other(lambda t: broadcast_to(tuple(t.shape), mine), lambda: self.narrowed(mine))

    def y_same(self) -> str:
        mine = tuple(self.x.shape)
        return self.other(lambda t: tuple(t.shape) == mine, lambda: mine)

    def y_any(self) -> str:
        return self.other(lambda t: True, lambda: tuple(self.x.shape))

    def y_cat(self) -> str:
        mine = tuple(self.x.shape)
        return self.other(lambda t: t.dim() == len(mine) and sum(a != b for a, b in zip(mine, t.shape)) <= 1, lambda: mine)

    def y_mm(self) -> str:
        last = self.x.shape[-1] if self.x.dim() else 1
        return self.other(lambda t: t.dim() and t.shape[max(0, t.dim() - 2)] == last, lambda: (last, self.draw.choice(self.sizes)))

    def y_mv(self) -> str:
        last = self.x.shape[-1] if self.x.dim() else 1
        return self.other(lambda t: tuple(t.shape) == (last,), lambda: (last,))

    def ys(self) -> str:
        return self.s() if self.draw.random() < 0.4 else self.y()

    def ys_in(self) -> str:
        return self.s() if self.draw.random() < 0.4 else self.y_in()

    def cotangent(self) -> str:
        draw, shape = self.draw, tuple(self.x.shape)
        r = draw.random()
        if r < 0.08:
            return "None"
        if r < 0.3 and len(shape) >= 2:
            kind = repr(self.x.dtype)
            return f"torch.arange({math.prod(shape)}).to({kind}).reshape({shape[::-1]}).permute({', '.join(map(str, range(len(shape) - 1, -1, -1)))})"
        if r < 0.5:
            return f"torch.ones({self.narrowed((1,) * len(shape)) or ()}, dtype={self.x.dtype}).expand({shape})"
        if r < 0.6 and shape:
            wide = (*shape[:-1], shape[-1] * 2)
            return f"torch.arange({math.prod(wide)}).to({self.x.dtype}).reshape({wide})[..., ::2]"
        if r < 0.65:
            return f"torch.ones({shape}, dtype={self.dtype()})"
        return f"torch.ones({shape}, dtype={self.x.dtype})"

    # ----------------------------------------------------------------------------------------------------------------- indices

    def mask(self) -> str:
        draw, x = self.draw, self.x
        shape = tuple(x.shape) if x is not None else self.some_shape()
        bools = [name for name, t in self.pool() if self.KINDS["bool"](t) and broadcast_to(tuple(t.shape), shape)]
        if bools and draw.random() < 0.4:
            return draw.choice(bools)
        if draw.random() < 0.2:
            return self.made("bool", self.narrowed(shape), "bool")[0]
        return self.made("bool", shape, "bool")[0] if not self.wrong() else self.made("int", shape, draw.choice(("uint8", "int64")))[0]

    def longs(self, shape: tuple[int, ...], size: int, once: bool = False) -> str:
        draw = self.draw
        count = math.prod(shape)
        if not size:
            numbers = [0] * count
        elif once and count <= size:
            numbers = draw.sample(range(size), count)
        else:
            numbers = [draw.randrange(size) for _ in range(count)]
        if self.wrong() and numbers:
            numbers[draw.randrange(count)] = draw.choice((size, -1, -size - 1))

        def nested(sizes: tuple[int, ...], numbers: list[int]) -> str:
            if not sizes:
                return str(numbers[0])
            step = len(numbers) // sizes[0] if sizes[0] else 0
            return "[" + ", ".join(nested(sizes[1:], numbers[k * step: (k + 1) * step]) for k in range(sizes[0])) + "]"
        kind = "" if count else ", dtype=torch.int64"
        if draw.random() < 0.08:
            kind = f", dtype=torch.{draw.choice(('int32', 'uint8', 'float32', 'int16'))}"
        if 0 in shape[:-1]:
            return f"torch.zeros({shape}, dtype=torch.int64)"
        if count > 24:
            return f"torch.arange({count}).reshape({shape}) % {size}"
        return f"torch.tensor({nested(shape, numbers)}{kind})"

    def long(self) -> str:
        return self.longs((self.draw.choice((0, 1, 2, 2, 3)),), self.along())

    def long_once(self) -> str:
        self.rows_chosen = min(self.draw.choice((0, 1, 2, 2, 3)), self.along())
        return self.longs((self.rows_chosen,), self.along(), True)

    def source(self) -> str:
        shape = list(self.x.shape) or [self.rows_chosen]
        shape[(self.size_dim or 0)] = self.rows_chosen
        kind = repr(self.x.dtype).removeprefix("torch.") if self.draw.random() < 0.9 else self.pick()
        return self.made("", tuple(shape), kind)[0]

    def long0(self) -> str:
        size = self.x.shape[0] if self.x.dim() else 1
        return self.longs((min(self.draw.choice((1, 2)), size),), size, True)

    def long_same(self, once: bool = False) -> str:
        shape = [n if self.draw.random() < 0.8 or not n else self.draw.randrange(1, n + 1) for n in self.x.shape]
        if once and shape:
            d = (self.size_dim or 0)
            size, lines = shape[d], math.prod(shape) // shape[d] if shape[d] else 0
            if lines:
                base = self.longs((size,), self.x.shape[d], True)
                view = ["1"] * len(shape)
                view[d] = "-1"
                return f"{base}.view({', '.join(view)}).expand({tuple(shape)})"
        return self.longs(tuple(shape), self.along())

    def long_same_once(self) -> str:
        return self.long_same(True)

    def long_any(self) -> str:
        return self.longs(self.draw.choice(((), (2,), (3,), (1, 2), (0,))), self.x.numel(), True)

    def long_any0(self) -> str:
        return self.longs(self.draw.choice(((), (2,), (3,), (2, 2), (0,))), self.draw.choice(self.sizes))

    def long_rows(self) -> str:
        rows, classes = (*self.x.shape, 1, 1)[:2]
        return self.longs((rows,), classes)

    def index(self) -> str:
        """A subscript of x: every form."""
        draw, shape = self.draw, tuple(self.x.shape)
        items: list[str] = []
        dim = 0
        rows = draw.choice(((), (2,), (3,), (1,), (0,), (1, 2)))
        fancy = draw.random() < 0.4
        while dim < len(shape) and draw.randrange(5):
            size, kind = shape[dim], draw.randrange(10)
            if kind < 3 and (size or self.wrong()):
                items.append(str(draw.randrange(-size, size) if size and not self.wrong() else size))
            elif kind < 6 or (kind > 6 and not fancy):
                bounds = [draw.choice(("", str(draw.randrange(-size - 1, size + 2)))) for _ in range(2)]
                step = draw.choice(("", "", ":1", ":2", ":3"))
                items.append(":".join(bounds) + step)
            elif kind == 6:
                items.append("None")
                continue
            elif kind < 9:
                once = math.prod(rows) <= size
                if self.changes and not once:
                    items.append(":")
                else:
                    items.append(self.longs(rows, size, once) if draw.random() < 0.8 or not rows else str(draw.sample(range(size), min(2, size))))
            elif draw.random() < 0.8:
                width = draw.randrange(1, 1 + min(2, len(shape) - dim))
                items.append(self.literal(shape[dim: dim + width], "bool", False))
                dim += width - 1
            else:
                items.append(draw.choice(("True", "False")))
                continue
            dim += 1
        if draw.random() < 0.2:
            items.insert(draw.randrange(len(items) + 1), "...")
        if not items:
            items = [draw.choice(("...", "None", ":", "()"))]
        if self.wrong():
            items.append("0")
        text = ", ".join(items)
        return text
    
    def value(self) -> str:
        """What is written to x[index]."""
        if self.draw.random() < 0.4:
            return self.s()
        if self.draw.random() < 0.3:
            return self.s_tensor() if self.x.dtype.is_floating_point else self.s()
        return self.y_in()

    # ------------------------------------------------------------------------------------------------------------------- others

    def out(self) -> str:
        """`, out=`: an empty tensor, x itself, a variable or a view of one."""
        draw = self.draw
        r = draw.random()
        if r < 0.35:
            kind = repr(self.x.dtype) if self.subject is not None and draw.random() < 0.6 else self.dtype()
            return f", out=torch.empty(0, dtype={kind})"
        pool = [(name, t) for name, t in self.pool() if not self.overlaps(t)]
        if not pool or r < 0.55:
            shape = tuple(self.x.shape) if self.subject is not None else self.some_shape()
            kind = repr(self.x.dtype).removeprefix("torch.") if self.subject is not None and draw.random() < 0.6 else self.pick()
            return f", out={self.made('', shape, kind)[0]}"
        same = [entry for entry in pool if self.subject is not None and entry[1].shape == self.x.shape]
        name, tensor = draw.choice(same if same and draw.random() < 0.6 else pool)
        if draw.random() < 0.3:
            name, tensor = self.viewed(name, tensor)
        return f", out={name}"


class Unfit(Exception):
    """A template for which there is nothing to fill in."""


def flat(value: Any) -> list[Any]:
    return [number for item in value for number in flat(item)] if isinstance(value, list) else [value]


def broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(m == n or 1 in (m, n) for m, n in zip(reversed(a), reversed(b)))


def broadcast_to(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return len(a) <= len(b) and all(m in (n, 1) for m, n in zip(reversed(a), reversed(b)))
