"""The holes of a template that need no second tensor: numbers, literals, dimensions, shapes, indices."""

from __future__ import annotations

import math
import random
from typing import Any

from tests.parity.generated.observe import plain

WRONG = 0.05  # how often a hole is filled with what does not fit
DTYPES = {
    "float32": 22,
    "float64": 10,
    "int64": 12,
    "bool": 8,
    "complex64": 6,
    "float16": 4,
    "bfloat16": 5,
    "int32": 4,
    "uint8": 4,
    "int8": 2,
    "int16": 2,
    "complex128": 2,
}
FLOATS = ("float32", "float64", "float16", "bfloat16")
INTS = ("int64", "int32", "uint8", "int8", "int16")


class Unfit(Exception):
    """There is nothing to fill a template with."""


class Holes:
    """Fills holes from one source of random numbers. `subject` is the tensor that the line is about."""

    def __init__(self, seed: str, torch: Any):
        draw = self.draw = random.Random(seed)
        self.torch = torch
        self.sizes = [draw.choice((1, 2, 2, 3, 3, 4, 5) if draw.random() < 0.93 else (0,)) for _ in range(3)]
        if draw.random() < 0.12:
            self.sizes = draw.choice(([8, 9, 1], [9, 16, 8], [17, 8, 8]))  # where kernels work in tiles and vectors
        self.focus = draw.choice(list(DTYPES)) if draw.random() < 0.3 else None
        self.grads = draw.random() < 0.7
        self.changes = False
        self.shape_made: tuple[int, ...] = ()
        self.begin()

    def begin(self) -> None:
        """A new line: nothing is chosen yet."""
        self.subject: Any = None
        self.subject_name = ""
        self.size_dim: int | None = None
        self.planned: tuple[int, ...] | None = None
        self.rows_chosen = 0

    @property
    def x(self) -> Any:
        """The tensor that the line is about."""
        if self.subject is None:
            raise Unfit
        return self.subject

    def wrong(self) -> bool:
        return self.draw.random() < WRONG

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
        return t.device.type == "meta" or all(
            (kind != "uint8" or x >= 0) and abs(x) < 100 for x in flat(plain(t).tolist())
        )

    # ------------------------------------------------------------------------------------------------------- numbers

    def number(self, dtype: str) -> str:
        draw = self.draw
        if dtype == "bool":
            return draw.choice(("True", "False"))
        if dtype in INTS:
            return str(
                draw.choice((0, 1, 2, 3, 4, 5, 7, 100) if dtype == "uint8" else (0, 1, 2, 3, -1, -2, 5, -7, 100))
            )
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
            numbers = (
                f"torch.arange({math.prod(shape)})"
                if dtype == "uint8" or draw.random() < 0.3
                else f"(torch.arange({math.prod(shape)}) % 7 - 3)"
            )
            return f"{numbers}.reshape({shape}).to(torch.{dtype})" + (".requires_grad_()" if grad else "")

        def nested(sizes: tuple[int, ...]) -> str:
            return (
                self.number(dtype) if not sizes else "[" + ", ".join(nested(sizes[1:]) for _ in range(sizes[0])) + "]"
            )

        return f"torch.tensor({nested(shape)}{options})"

    def literal_float(self) -> str:
        return self.literal(None, self.pick(FLOATS), False)

    def some_shape(self) -> tuple[int, ...]:
        draw = self.draw
        ndim = draw.choice((0, 1, 1, 2, 2, 2, 2, 3, 3, 4))
        shape = tuple(draw.choice(self.sizes) if draw.random() < 0.85 else 1 for _ in range(ndim))
        while math.prod(shape) > 400:
            shape = shape[1:]
        return shape

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

    def near(self) -> str:
        """A number that is no count of more elements than memory holds."""
        number = self.s()
        return "9" if number in ("2**40", "1e10") else number

    def small(self) -> str:
        return (
            str(self.draw.choice((0, 1, 1, 2, 2, 3, -1)))
            if not self.wrong()
            else self.draw.choice(("7", "-5", "2.5", "True", "None"))
        )

    def same(self) -> str:
        return self.subject_name

    def goodshape(self) -> str:
        return str(self.newest_shape())

    def smaller(self) -> str:
        """A shape for which x has memory: more would not be filled with anything."""
        count = max(
            (1 + sum(stride * (size - 1) for stride, size in zip(self.x.stride(), self.x.shape)))
            if self.x.numel()
            else 0,
            0,
        )
        shapes = [shape for shape in (self.some_shape() for _ in range(8)) if math.prod(shape) <= count]
        return str(shapes[0] if shapes else (0,))

    def size(self) -> str:
        return str(self.draw.choice(self.sizes))

    def bool(self) -> str:
        return self.draw.choice(("True", "False"))

    def reduction(self) -> str:
        return self.draw.choice(("'none'", "'sum'", "'mean'"))

    # ----------------------------------------------------------------------------------------- dimensions and shapes

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
        return (
            str(self.newest_shape()) if not self.wrong() else self.draw.choice(("(2, -1)", "(0, 2)", "2", "[3]", "()"))
        )

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
        shape = [
            self.draw.choice((2, 3)) if n == 1 and self.draw.random() < 0.7 else n if self.draw.random() < 0.6 else -1
            for n in self.x.shape
        ]
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

    def narrowed(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts into another."""
        shape = tuple(1 if self.draw.random() < 0.2 else n for n in shape)
        return shape[self.draw.choice((0, 0, 0, 1, 2)) :]

    # ------------------------------------------------------------------------------------------------------- indices

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
            return "[" + ", ".join(nested(sizes[1:], numbers[k * step : (k + 1) * step]) for k in range(sizes[0])) + "]"

        kind = "" if count else ", dtype=torch.int64"
        if draw.random() < 0.08:
            kind = f", dtype=torch.{draw.choice(('int32', 'uint8', 'float32', 'int16'))}"
        if 0 in shape[:-1]:
            return f"torch.zeros({shape}, dtype=torch.int64)"
        if count > 24:
            return f"(torch.arange({count}).reshape({shape}) % {size})"
        return f"torch.tensor({nested(shape, numbers)}{kind})"

    def long(self) -> str:
        return self.longs((self.draw.choice((0, 1, 2, 2, 3)),), self.along())

    def long_once(self) -> str:
        self.rows_chosen = min(self.draw.choice((0, 1, 2, 2, 3)), self.along())
        return self.longs((self.rows_chosen,), self.along(), True)

    def long0(self) -> str:
        size = self.x.shape[0] if self.x.dim() else 1
        return self.longs((min(self.draw.choice((1, 2)), size),), size, True)

    def long_same(self, once: bool = False) -> str:
        shape = [n if self.draw.random() < 0.8 or not n else self.draw.randrange(1, n + 1) for n in self.x.shape]
        if once and shape:
            d = self.size_dim or 0
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
                    items.append(
                        self.longs(rows, size, once)
                        if draw.random() < 0.8 or not rows
                        else str(draw.sample(range(size), min(2, size)))
                    )
            elif draw.random() < 0.8:
                width = draw.randrange(1, 1 + min(2, len(shape) - dim))
                items.append(self.literal(shape[dim : dim + width], "bool", False))
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


def flat(value: Any) -> list[Any]:
    return [number for item in value for number in flat(item)] if isinstance(value, list) else [value]


def broadcasts(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return all(m == n or 1 in (m, n) for m, n in zip(reversed(a), reversed(b)))


def broadcast_to(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return len(a) <= len(b) and all(m in (n, 1) for m, n in zip(reversed(a), reversed(b)))
