"""Matrix products against NumPy: every path, layout and type; the same bits for any order of chunks and any width of
vectors.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import re
import threading

import numpy as np
import pytest

from pellucid.codegen import interpret
from pellucid.codegen.dense import gemm, tile
from pellucid.codegen.dense.tile import Activation, Operand
from pellucid.codegen.ir import BITS, Builder
from pellucid.codegen.targets import cpu
from tests.codegen.running import for_host

CALL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
NUMPY = {"f32": np.float32, "f64": np.float64, "f16": np.float16, "bf16": np.uint16, "i8": np.int8, "u8": np.uint8,
         "i16": np.int16, "i32": np.int32, "i64": np.int64, "c64": np.complex64, "c128": np.complex128}
UNIT = {"f32": 2.0**-24, "f64": 2.0**-53, "f16": 2.0**-11, "bf16": 2.0**-8, "c64": 2.0**-23, "c128": 2.0**-52}
WIDTHS = [bytes for bytes in (16, 32, 64) if bytes <= cpu.vector_bytes()]
RELU = Activation("relu", lambda x: x.builder.select(x < 0, 0.0, x))
SQUARE = Activation("square", lambda x: x * x)

host_gemm = for_host(gemm)


class Matrix:
    """Matrices in a buffer that is exactly as long as they need: n row by row, t column by column, s with gaps both
    ways, r rows apart.
    """

    def __init__(self, rng, type, shape, layout="n", broadcast=()):
        *batch, rows, cols = shape
        held = [1 if d in broadcast else size for d, size in enumerate(batch)]
        strides = {"n": (cols, 1), "t": (1, rows), "s": (3 * max(cols, 1) + 1, 2), "r": (cols + 5, 1)}[layout]
        size = max((rows - 1) * strides[0] + (cols - 1) * strides[1] + 1, 0)
        outer = [int(np.prod(held[d + 1:], dtype=int)) * size for d in range(len(batch))]
        self.type, self.shape = type, tuple(shape)
        self.strides = (*[0 if held[d] == 1 else outer[d] for d in range(len(batch))], *strides)
        count = size * int(np.prod(held, dtype=int))
        if type[0] in "iu":
            low, high = max(np.iinfo(NUMPY[type]).min, -1000), min(np.iinfo(NUMPY[type]).max, 1000)
            self.buffer = rng.integers(low, high, count, endpoint=True).astype(NUMPY[type])
        else:
            values = rng.standard_normal(count) + (1j * rng.standard_normal(count) if type[0] == "c" else 0)
            if type == "bf16":
                values = values.astype(np.float32).view(np.uint32) >> 16
            self.buffer = values.astype(NUMPY[type])

    def operand(self):
        return Operand(self.type, *self.strides[-2:], self.strides[:-2])

    def values(self):
        """The elements, widened so that the oracle is exact enough."""
        step = self.buffer.itemsize
        view = np.lib.stride_tricks.as_strided(self.buffer, self.shape, [s * step for s in self.strides])
        if self.type == "bf16":
            return (view.astype(np.uint32) << 16).view(np.float32).astype(np.float64)
        return view.astype({"i": np.int64, "u": np.int64, "f": np.float64, "c": np.complex128}[self.type[0]])


def execute(launches, scratch, pointers, scalars=(), backwards=False, threads=1):
    room = np.full(scratch + 64, 0xFF, np.uint8)
    words = [*pointers, *([(room.ctypes.data + 63) & -64] if scratch else []), *scalars]
    for launch in launches:
        args = np.array([*words, *launch.words], np.int64)
        call = CALL(cpu.compile(launch.kernel))
        order = iter(range(launch.chunks)[::-1] if backwards else range(launch.chunks))

        def work(call=call, args=args, order=order):
            for chunk in order:
                call(args.ctypes.data, chunk, chunk + 1)
        workers = [threading.Thread(target=work) for _ in range(threads - 1)]
        for worker in workers:
            worker.start()
        work()
        for worker in workers:
            worker.join()


def product(a, b, out, bias=None, scalars=(), how=None, **options):
    """Run a plan; gives the launches."""
    *batch, m, n = out.shape
    launches, scratch = host_gemm.plan(a.operand(), b.operand(), out.operand(), m, n, a.shape[-1], batch,
                                  bias=None if bias is None else bias.operand(), scalars=len(scalars), **options)
    pointers = [x.buffer.ctypes.data for x in (out, a, b) + (() if bias is None else (bias,))]
    execute(launches, scratch, pointers, scalars, **(how or {}))
    return launches


def agrees(out, a, b, want=None, depth=None):
    """Whether the result is the product within the error of a sum of its length; integers exactly, modulo their range.
    """
    x, y = a.values(), b.values()
    if want is None:
        want = np.matmul(x, y)
    got = out.values()
    if out.type[0] in "iu":
        return np.array_equal(got, want.astype(NUMPY[out.type]))
    size = np.matmul(abs(x), abs(y)) + abs(want)
    inner = UNIT["f32" if BITS.get(out.type) == 16 else out.type] * (x.shape[-1] ** 0.5 + 4)
    return bool((abs(got - want) <= size * inner + abs(want) * UNIT[out.type]).all())


def check(rng, m, n, k, layouts="nnn", type="f32", batch=(), **options):
    a, b, out = (Matrix(rng, type, (*batch, *shape), layout)
                 for shape, layout in zip(((m, k), (k, n), (m, n)), layouts))
    launches = product(a, b, out, **options)
    assert agrees(out, a, b), (type, m, n, k, layouts, [launch.kernel.name for launch in launches])
    return launches


@pytest.fixture
def rng():
    return np.random.default_rng(7)


SHAPES = [(1, 1, 1), (3, 5, 7), (8, 16, 4), (8, 2, 16), (17, 33, 9), (1, 100, 70), (100, 1, 70), (5, 40, 100),
          (33, 6, 1), (70, 130, 65)]


@pytest.mark.parametrize("layouts",
                         ["".join(x) for x in itertools.product("nt", "nt", "nt")]
                         + ["rrr", "snn", "nsn", "nns", "sss", "tst"])
def test_layouts(rng, layouts):
    for shape in SHAPES:
        check(rng, *shape, layouts)


@pytest.mark.parametrize("bytes", WIDTHS[:-1])
@pytest.mark.parametrize("layouts", ["nnn", "ntn", "nnt", "tsn"])
def test_narrower_vectors(rng, layouts, bytes):
    for shape in SHAPES:
        check(rng, *shape, layouts, vector_bytes=bytes)


@pytest.mark.parametrize("type", [type for type in NUMPY if type != "f32"])
def test_types(rng, type):
    for shape, layouts in itertools.product([(3, 5, 7), (33, 70, 65), (2, 40, 100)], ["nnn", "ntn", "tnt", "ssn"]):
        check(rng, *shape, layouts, type)


@pytest.mark.parametrize("shape", [(64, 64, 3000), (3, 200, 9000), (100, 130, 1600), (1, 1, 40000), (300, 40, 5000)])
def test_deep(rng, shape):
    """The depth in blocks, or split into parts: panels packed and not, sums waiting in scratch and in the result."""
    for layouts, type in [("nnn", "f32"), ("ntn", "f32"), ("nnt", "f32"), ("ntn", "f16"), ("nnn", "c64"),
                          ("nnn", "i16")]:
        check(rng, *shape, layouts, type)


def test_large(rng):
    """More than one block each way; a right operand that is copied because its rows lie far apart."""
    for layouts in ("nnn", "ntn", "tnn", "ttn"):
        assert check(rng, 300, 330, 310, layouts)[-1].chunks >= 8
    wide = Matrix(rng, "f32", (1100, 2000), "r")
    a, out = Matrix(rng, "f32", (40, 1100)), Matrix(rng, "f32", (40, 2000))
    assert "packed" in product(a, wide, out)[-1].kernel.name
    assert agrees(out, a, wide)


def copy_from(monkeypatch, reuse):
    """Where the right operand is packed, the left one is copied to panels from so many rows and columns on."""
    monkeypatch.setattr(gemm, "_READING",
                        {bytes: reading._replace(reuse=reuse) for bytes, reading in gemm._READING.items()})
    monkeypatch.setattr(cpu, "halves_vectors", lambda: False)


@pytest.fixture
def panels(monkeypatch):
    copy_from(monkeypatch, 1)


PANELS = ["ntn", "ttn", "stn", "ntt"]


@pytest.mark.parametrize("bytes", WIDTHS)
@pytest.mark.parametrize("type", NUMPY)
def test_panels(rng, panels, type, bytes):
    used = set()
    for (m, n, k), layouts in itertools.product([(3, 5, 7), (33, 70, 65), (13, 40, 16), (8, 9, 1)], PANELS):
        *copy, last = check(rng, m, n, k, layouts, type, vector_bytes=bytes)
        assert len(copy) == last.kernel.name.endswith("panels_packed"), "the right operand is packed alone"
        used |= {layouts} if copy else set()
    assert used >= {"ntn", "stn"}
    assert len(check(rng, 20, 30, 40, "ntn", type, batch=(3, 2), vector_bytes=bytes)) == 2


def test_deep_panels(rng, panels):
    """Sums wait between blocks of the depth, which start in the middle of a panel."""
    for layouts, type in [("ntn", "f32"), ("ttt", "f32"), ("ntn", "f64"), ("ntn", "f16")]:
        launches = check(rng, 600, 60, 7000, layouts, type)
        assert "panels" in launches[-1].kernel.name and launches[-1].kernel is not launches[0].kernel


def test_panels_change_no_bit(rng, monkeypatch):
    for type, layouts in itertools.product(["f32", "f64", "c64"], ["ntn", "stn"]):
        a, b = Matrix(rng, type, (40, 70), layouts[0]), Matrix(rng, type, (70, 50), layouts[1])
        results = []
        for reuse in (1, math.inf):
            copy_from(monkeypatch, reuse)
            out = Matrix(np.random.default_rng(1), type, (40, 50), layouts[2])
            launches = product(a, b, out)
            assert len(launches) == (2 if reuse == 1 else 1)
            results.append(out.buffer.tobytes())
        assert results[0] == results[1]


def test_paths(monkeypatch):
    """Which kernel serves what: the choice is part of the speed."""
    monkeypatch.setattr(cpu, "vector_bytes", lambda: 64)
    monkeypatch.setattr(cpu, "halves_vectors", lambda: False)

    def names(m, n, k, a, b, bytes=64):
        launches, scratch = host_gemm.plan(Operand("f32", *a), Operand("f32", *b), Operand("f32", n, 1), m, n, k,
                                           vector_bytes=bytes)
        return [launch.kernel.name.split("_")[1] + "_packed" * launch.kernel.name.endswith("packed")
                for launch in launches], scratch

    assert names(512, 1, 512, (512, 1), (1, 1)) == (["dots"], 0)                        # matrix times vector
    # few rows times a weight [out, in]
    assert names(4, 512, 512, (512, 1), (1, 512)) == (["dots"], 0)
    assert names(1, 512, 512, (512, 1), (512, 1)) == (["product"], 0)                   # vector times matrix
    assert names(64, 512, 784, (784, 1), (1, 784)) == (["product_packed"], 0)           # a linear layer
    assert names(512, 784, 64, (1, 512), (784, 1)) == (["product"], 0)                  # the gradient of its weight
    assert names(256, 256, 256, (256, 1), (256, 1)) == (["product"], 0)
    # narrow vectors read it more often
    assert names(240, 240, 240, (240, 1), (240, 1), 32) == (["product_packed"], 0)
    # and the left one too, if it is read often
    both, scratch = names(256, 256, 256, (256, 1), (256, 1), 32)
    assert both == ["panels", "product_packed"] and scratch == 258 * (256 + 2) * 4 + 48
    # but not a copy of 128 MB
    assert names(256, 1 << 17, 1 << 17, (1 << 17, 1), (1 << 17, 1), 32)[0] == ["product_packed"]
    assert names(128, 128, 128, (128, 1), (128, 1), 32) == (["product"], 0)
    assert names(512, 512, 512, (512, 1), (512, 1))[0] == ["panels", "product_packed"]
    monkeypatch.setattr(cpu, "halves_vectors", lambda: True)
    # there is time to read both where they are
    assert names(512, 512, 512, (512, 1), (512, 1)) == (["product"], 0)
    deep, scratch = names(64, 64, 20000, (20000, 1), (64, 1))
    assert deep == ["product", "finish"] and scratch == 8 * 64 * 64 * 4


def test_empty(rng):
    assert host_gemm.plan(Operand("f32", 4, 1), Operand("f32", 0, 1), Operand("f32", 0, 1), 3, 0, 4) == ([], 0)
    for layouts in ("nnn", "ntt", "tsn"):
        for m, n in ((5, 7), (1, 40), (40, 40)):
            out, bias = Matrix(rng, "f32", (m, n)), Matrix(rng, "f32", (m, n))
            a, b = Matrix(rng, "f32", (m, 0), layouts[0]), Matrix(rng, "f32", (0, n), layouts[1])
            product(a, b, out)
            assert not out.values().any()
            product(a, b, out, bias)
            assert np.array_equal(out.values(), bias.values())


@pytest.mark.parametrize("layouts", ["nnn", "ntn", "tnn", "nnt"])
def test_batches(rng, layouts):
    for batch, m, n, k in [((7,), 4, 4, 4), ((3, 5), 8, 20, 6), ((2, 1, 3), 1, 30, 40), ((200,), 3, 2, 5),
                           ((3,), 130, 100, 70)]:
        check(rng, m, n, k, layouts, batch=batch)


def test_broadcast_batches(rng):
    for left, right in [((0,), ()), ((), (0, 1)), ((0,), (1,)), ((0, 1), (0, 1)), ((), ())]:
        for m in (1, 5, 40):
            a, b = Matrix(rng, "f32", (3, 4, m, 20), "n", left), Matrix(rng, "f32", (3, 4, 20, 9), "n", right)
            out = Matrix(rng, "f32", (3, 4, m, 9))
            product(a, b, out)
            assert agrees(out, a, b)


def test_shared_right_operand_becomes_one_product(rng):
    """[b, m, k] @ [k, n] is [b * m, k] @ [k, n]: the words of the kernel say 6 rows, and no batch."""
    launches, _ = host_gemm.plan(Operand("f32", 8, 1, (24,)), Operand("f32", 4, 1, (0,)), Operand("f32", 4, 1, (12,)),
                                 3, 4, 8, (2,))
    assert launches[0].words[:3] == (6, 4, 8)


@pytest.mark.parametrize("layouts", ["nnn", "ntn", "nnt", "nts"])
def test_epilogues(rng, layouts):
    """Bias along either side or whole, an activation, and factors; small, with few rows, large, and split in depth."""
    for m, n, k in [(6, 10, 20), (2, 50, 64), (90, 80, 70), (20, 30, 5000)]:
        a, b = Matrix(rng, "f32", (m, k), layouts[0]), Matrix(rng, "f32", (k, n), layouts[1])
        row, column, whole = Matrix(rng, "f32", (1, n)), Matrix(rng, "f32", (m, 1)), Matrix(rng, "f32", (m, n), "t")
        row.strides, row.shape, column.strides, column.shape = (0, 1), (m, n), (1, 0), (m, n)
        plain = a.values() @ b.values()
        for bias, activation in itertools.product((row, column, whole), (None, RELU)):
            out = Matrix(rng, "f32", (m, n), layouts[2])
            product(a, b, out, bias, activation=activation)
            want = plain + bias.values()
            assert agrees(out, a, b,
                          want if activation is None else np.maximum(want, 0)), (m, n, k, bias.strides, activation)
        scalars = [int(np.float64(0.5).view(np.int64)), 3]
        out = Matrix(rng, "f32", (m, n), layouts[2])
        product(a, b, out, whole, scalars, alpha=(0, "f64"), beta=(1, "i64"))
        assert agrees(out, a, b, plain * 0.5 + whole.values() * 3)


def test_zero_beta_hides_nan(rng):
    a, b, out, bias = (Matrix(rng, "f32", shape) for shape in ((5, 6), (6, 7), (5, 7), (5, 7)))
    bias.buffer[:] = np.nan
    product(a, b, out, bias, [0], beta=(0, "f64"))
    assert agrees(out, a, b)


def test_complex_factors(rng):
    a, b, out, bias = (Matrix(rng, "c64", shape) for shape in ((5, 6), (6, 7), (5, 7), (5, 7)))
    scalars = np.array([0.5, 2.0, -1.0, 0.25]).view(np.int64)
    product(a, b, out, bias, list(scalars), alpha=(0, "c"), beta=(2, "c"))
    assert np.allclose(out.values(), (0.5 + 2j) * (a.values() @ b.values()) + (-1 + 0.25j) * bias.values(), atol=1e-4)


@pytest.mark.parametrize("shape", [(6, 10, 20), (2, 50, 64), (90, 80, 70), (90, 80, 1700), (64, 64, 5000)])
def test_accumulate(rng, shape):
    """The result is added to what is there: each element once, also where rows of a tile are computed twice."""
    m, n, k = shape
    for layouts, activation in itertools.product(("nnn", "ntn", "nnt"), (None, SQUARE)):
        a, b, out = (Matrix(rng, "f64", s, x) for s, x in zip(((m, k), (k, n), (m, n)), layouts))
        want = out.values() + a.values() @ b.values()
        product(a, b, out, accumulate=True, activation=activation)
        assert np.allclose(out.values(), want if activation is None else want * want, rtol=1e-9, atol=1e-9)


def test_words(rng):
    """Pointers in any order, further pointers and scalars between: as the parameters of an operator come."""
    a, b, out, bias = (Matrix(rng, "f32", shape) for shape in ((64, 5000), (5000, 64), (64, 64), (64, 64)))
    launches, scratch = host_gemm.plan(a.operand(), b.operand(), out.operand(), 64, 64, 5000, bias=bias.operand(),
                                       beta=(1, "i64"),
                                  words=(0, 3, 2, 1), pointers=5, scalars=2)
    assert scratch > 0
    pointers = [out.buffer.ctypes.data, bias.buffer.ctypes.data, b.buffer.ctypes.data, a.buffer.ctypes.data, 0]
    execute(launches, scratch, pointers, [99, 2])
    assert agrees(out, a, b, a.values() @ b.values() + 2 * bias.values())


@pytest.mark.parametrize("type", ["f32", "bf16", "c64"])
def test_same_bits(type):
    """For any order of the chunks, any number of threads, any width of vectors."""
    for (m, n, k), layouts in itertools.product([(5, 7, 40), (3, 300, 500), (130, 150, 200), (40, 30, 6000)],
                                                ["nnn", "ntn", "tnt"]):
        found = set()
        for bytes, how in [(WIDTHS[-1], {"backwards": True}), (WIDTHS[-1], {"threads": 3}),
                           *[(bytes, {}) for bytes in WIDTHS]]:
            rng = np.random.default_rng(3)
            a, b, out = (Matrix(rng, type, s, x) for s, x in zip(((m, k), (k, n), (m, n)), layouts))
            product(a, b, out, vector_bytes=bytes, how=how)
            found.add(out.buffer.tobytes())
        assert len(found) == 1, (m, n, k, layouts)


@pytest.mark.parametrize("layouts", ["nnn", "ntn", "tnt", "sst"])
def test_interpreted(rng, layouts, panels):
    """The interpreter checks every access against the exact ends of the operands, and gives the same bits."""
    for m, n, k, type in [(3, 5, 7, "f32"), (9, 18, 5, "f32"), (2, 3, 40, "f32"), (5, 6, 3, "c64"), (4, 20, 3, "bf16"),
                          (2, 1, 110, "f32")]:
        a, b, out = (Matrix(rng, type, s, x) for s, x in zip(((m, k), (k, n), (m, n)), layouts))
        product(a, b, out)
        other = Matrix(rng, type, (m, n), layouts[2])
        launches, scratch = host_gemm.plan(a.operand(), b.operand(), other.operand(), m, n, k)
        words = [x.buffer.view(np.uint8) for x in (other, a, b)] + ([interpret.poisoned(scratch)] if scratch else [])
        for launch in launches:
            interpret.run(launch.kernel, [*words, *launch.words], 0, launch.chunks)
        assert np.array_equal(out.values(), other.values())


@pytest.mark.parametrize("unroll", [1, 2, 4])
def test_micro_tile(rng, unroll):
    """The loop that convolution shares: any number of steps in a turn gives the same sums."""
    a, x = rng.standard_normal((7, 2)).astype(np.float32), rng.standard_normal((7, 3, 4)).astype(np.float32)
    b = Builder("micro")
    left, right, out = (b.word(i, "ptr") for i in (1, 2, 0))
    sums = tile.micro_tile(b, b.word(3), 2, 3, lambda i, kk: b.load(b.offset(left, kk * 8 + i * 4), "f32"),
                           lambda j, kk: b.load(b.offset(right, kk * 48 + j * 16), "f32", 4),
                           [b.const("f32", 0, 4)] * 6, unroll,
                           prefetch=lambda kk: b.prefetch(b.offset(right, kk * 48 + 64)))
    for at, value in enumerate(sums):
        b.store(b.offset(out, at * 16), value, "f32")
    got = np.zeros((2, 3, 4), np.float32)
    words = np.array([got.ctypes.data, a.ctypes.data, x.ctypes.data, 7], np.int64)
    CALL(cpu.compile(b.kernel()))(words.ctypes.data, 0, 1)
    assert np.allclose(got, np.einsum("ki,kjl->ijl", a, x), atol=1e-5)


@pytest.mark.parametrize(("rows", "lanes"), list(itertools.product((1, 2, 4, 8, 16), (1, 2, 4, 8, 16))))
def test_transpose(rows, lanes):
    x = np.arange(rows * lanes, dtype=np.int32)
    b = Builder("turn")
    vectors = [b.load(b.offset(b.word(1, "ptr"), i * lanes * 4), "i32", lanes) for i in range(rows)]
    for i, value in enumerate(tile.transpose(b, vectors)):
        b.store(b.offset(b.word(0, "ptr"), i * lanes * 4), value, "i32")
    got = np.zeros_like(x)
    words = np.array([got.ctypes.data, x.ctypes.data], np.int64)
    CALL(cpu.compile(b.kernel()))(words.ctypes.data, 0, 1)
    assert np.array_equal(got, x.reshape(rows, lanes).T.reshape(-1))


@pytest.mark.parametrize(("type", "rows", "steps"), [("f32", 8, 3), ("f64", 4, 2)])
def test_a_step_of_a_transpose_is_one_instruction_a_vector(type, rows, steps):
    b, size = Builder("turn"), BITS[type] // 8
    vectors = [b.load(b.offset(b.word(1, "ptr"), i * rows * size), type, rows) for i in range(rows)]
    for i, value in enumerate(tile.transpose(b, vectors)):
        b.store(b.offset(b.word(0, "ptr"), i * rows * size), value, type)
    code = cpu.emit(b.kernel(), "x86_64-unknown-linux-gnu", "x86-64-v3", assembly=True)
    assert len(re.findall(r"^\s+v(?:unpck|perm|shuf|insert|blend|movl|movh)", code, re.MULTILINE)) <= steps * rows


def test_other_targets():
    """Every kernel family compiles for aarch64, with 128-bit vectors."""
    bias, row = Operand("f32", 0, 1), (640, 1)
    cases = [("f32", row, row, 64, 64, 64), ("f32", row, (1, 640), 64, 64, 640), ("f32", row, (1, 640), 2, 64, 640),
             ("bf16", row, row, 64, 64, 64), ("c64", row, (1, 640), 64, 64, 64), ("i8", (1, 640), row, 64, 64, 64),
             ("f32", row, row, 64, 64, 6000), ("f32", row, row, 300, 300, 300)]
    families = set()
    for type, a, b, m, n, k in cases:
        launches, _ = host_gemm.plan(Operand(type, *a), Operand(type, *b), Operand(type, 1, 640), m, n, k,
                                     vector_bytes=16,
                                bias=bias if type == "f32" else None, activation=RELU if type == "f32" else None)
        for launch in launches:
            families.add(launch.kernel.name.split("_")[1])
            assert cpu.emit(launch.kernel, "aarch64-unknown-linux-gnu")[:4] == b"\x7fELF"
    assert families == {"product", "dots", "finish", "panels"}
