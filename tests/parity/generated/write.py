"""Writes a random program: Python lines that run in PyTorch and in what is compared with it.

The writer looks at PyTorch's own variables (each line has been run there before the next is written), so it knows
shapes and types without a model of any operator. Most holes are filled with what fits; one in twenty with what does
not, and then both frameworks must raise the same. Left out is what PyTorch does not define: floats that an integer type
cannot hold, two writes to one place, writes to tensors that overlap themselves, memory that nothing was written to.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.parity.generated.grammar import Table
from tests.parity.generated.holes import FLOATS, INTS, Holes, Unfit, broadcast_to, broadcasts
from tests.parity.generated.observe import HIDDEN

TWICE = r"torch.autograd.grad(torch.autograd.grad(\1, \2, create_graph=True)[0].sum(), \2, allow_unused=True)"
HOLE = re.compile(r"\{(\w+)\}")


class Writer(Holes):
    """One program. `variables` are PyTorch's; `pending` collects the lines that make what a line needs."""

    def __init__(self, seed: str, tables: dict[str, Table], variables: dict[str, Any], torch: Any):
        super().__init__(seed, torch)
        self.tables, self.variables = tables, variables
        self.length = self.draw.choice((4, 6, 8, 8, 10, 12, 14))
        self.named = 0

    def lines(self) -> Iterator[str]:
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
        self.begin()
        self.changes = name == "changes" or bool(re.match(r"with.*\{x\w*\}(\.\w+_\(|\[| \+=)", template))
        try:
            line = HOLE.sub(lambda match: self.hole(match[1]), template.removeprefix("= "))
        except Unfit:
            return None
        line = re.sub(r"^twice\((.*), (.*)\)$", TWICE, line)
        return f"{self.new()} = {line}" if wanted else line

    def new(self) -> str:
        self.named += 1
        letters = "abcdefghijklmopqrtuvwxyz"
        return letters[self.named - 1] if self.named <= len(letters) else f"v{self.named}"

    # ------------------------------------------------------------------------------------------------------ operands

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
                try:
                    leaf = value.is_leaf
                except RuntimeError:  # a view whose base was written to in a way that PyTorch does not follow
                    continue
                found.append((name, value))
                if leaf and value.grad is not None and self.draw.random() < 0.3:
                    found.append((f"{name}.grad", value.grad))
            elif isinstance(value, (list, tuple)):
                found += [
                    (f"{name}[{k}]", item) for k, item in enumerate(value[:3]) if isinstance(item, self.torch.Tensor)
                ]
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
        suffix = self.draw.choice(
            (
                ".t()",
                "[1:]",
                "[::2]",
                ".mT",
                "[..., 0]",
                ".detach()",
                ".unsqueeze(0)",
                ".data",
                "[0]",
                ".flatten()",
                ".transpose(0, -1)",
                "[None]",
            )
        )
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
        dtype = dtype or self.pick(
            FLOATS
            if kind in ("float", "leaf", "4d", "3d")
            else INTS
            if kind == "int"
            else ("bool",)
            if kind == "bool"
            else ("complex64", "complex128")
            if kind == "complex"
            else None
        )
        grad = kind == "leaf" or None
        text = self.literal(shape, dtype, grad)
        name = self.new()
        self.pending.append(f"{name} = {text}")
        scope = dict(self.variables)
        exec(f"value = {text}", scope)
        return name, scope["value"]

    def s_tensor(self) -> str:
        draw = self.draw
        if draw.random() < 0.3:
            return self.y()
        kind = (
            repr(self.x.dtype).removeprefix("torch.")
            if self.subject is not None and draw.random() < 0.7
            else self.pick()
        )
        return f"torch.tensor({self.number(kind)}, dtype=torch.{kind})"

    def lastsize(self) -> str:
        if self.subject is None:
            pool = self.pool()
            return str(self.draw.choice([t.shape[-1] for _, t in pool if t.dim()] or self.sizes))
        return str(self.x.shape[-1] if self.x.dim() else 1)

    # ---------------------------------------------------------------------------------------------- further operands

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
        return self.other(
            lambda t: t.dim() == len(mine) and sum(a != b for a, b in zip(mine, t.shape)) <= 1, lambda: mine
        )

    def y_mm(self) -> str:
        last = self.x.shape[-1] if self.x.dim() else 1
        return self.other(
            lambda t: t.dim() and t.shape[max(0, t.dim() - 2)] == last, lambda: (last, self.draw.choice(self.sizes))
        )

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
            turned = ", ".join(map(str, reversed(range(len(shape)))))
            return f"torch.arange({math.prod(shape)}).to({kind}).reshape({shape[::-1]}).permute({turned})"
        if r < 0.5:
            return f"torch.ones({self.narrowed((1,) * len(shape)) or ()}, dtype={self.x.dtype}).expand({shape})"
        if r < 0.6 and shape:
            wide = (*shape[:-1], shape[-1] * 2)
            return f"torch.arange({math.prod(wide)}).to({self.x.dtype}).reshape({wide})[..., ::2]"
        if r < 0.65:
            return f"torch.ones({shape}, dtype={self.dtype()})"
        return f"torch.ones({shape}, dtype={self.x.dtype})"

    # --------------------------------------------------------------------------------------- masks, sources, targets

    def mask(self) -> str:
        draw, x = self.draw, self.x
        shape = tuple(x.shape) if x is not None else self.some_shape()
        bools = [name for name, t in self.pool() if self.KINDS["bool"](t) and broadcast_to(tuple(t.shape), shape)]
        if bools and draw.random() < 0.4:
            return draw.choice(bools)
        if draw.random() < 0.2:
            return self.made("bool", self.narrowed(shape), "bool")[0]
        return (
            self.made("bool", shape, "bool")[0]
            if not self.wrong()
            else self.made("int", shape, draw.choice(("uint8", "int64")))[0]
        )

    def source(self) -> str:
        shape = list(self.x.shape) or [self.rows_chosen]
        shape[(self.size_dim or 0)] = self.rows_chosen
        kind = repr(self.x.dtype).removeprefix("torch.") if self.draw.random() < 0.9 else self.pick()
        return self.made("", tuple(shape), kind)[0]

    def value(self) -> str:
        """What is written to x[index]."""
        if self.draw.random() < 0.4:
            return self.s()
        if self.draw.random() < 0.3:
            return self.s_tensor() if self.x.dtype.is_floating_point else self.s()
        return self.y_in()

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
            kind = (
                repr(self.x.dtype).removeprefix("torch.")
                if self.subject is not None and draw.random() < 0.6
                else self.pick()
            )
            return f", out={self.made('', shape, kind)[0]}"
        same = [entry for entry in pool if self.subject is not None and entry[1].shape == self.x.shape]
        name, tensor = draw.choice(same if same and draw.random() < 0.6 else pool)
        if draw.random() < 0.3:
            name, tensor = self.viewed(name, tensor)
        return f", out={name}"
