"""Kernels as machine code, from whole programs: the same values for every vector width, shown on demand, from many
processes and threads at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import pellucid as torch
from pellucid.codegen.ir import Kernel
from pellucid.codegen.targets import cache, cpu
from tests.codegen.helpers import call, elementwise

ROOT = Path(__file__).resolve().parents[3]


def start(program: str, *arguments: object, **environment: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-W", "ignore", "-c", textwrap.dedent(program), *map(str, arguments)],
                            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "PYTHONPATH": str(ROOT), **environment})


def finish(*others: subprocess.Popen) -> list[str]:
    """What the processes wrote to the error stream, after a check that all ended well."""
    errors = [other.communicate(timeout=300)[1] for other in others]
    assert [other.returncode for other in others] == [0] * len(others), "\n".join(errors)
    return errors


# ---- vector widths ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("vendor", "family", "bytes", "halves"),
                         [("AuthenticAMD", "25", 64, True), ("AuthenticAMD", "25", 32, False),
                                                                    ("AuthenticAMD", "26", 64, False),
                          ("GenuineIntel", "6", 64, False)])
def test_who_takes_two_turns_for_a_vector(monkeypatch, vendor, family, bytes, halves):
    monkeypatch.setattr(cpu, "_facts", lambda: {"vendor_id": vendor, "cpu family": family})
    monkeypatch.setattr(cpu, "vector_bytes", lambda: bytes)
    assert cpu.halves_vectors.__wrapped__() is halves


# every family of kernels once, on sizes that fill no vector and need more than one chunk. What a name begins with:
# `same`, where lanes are fixed and bits may not depend on the width; `near`, where the width decides which products are
# added first
FAMILIES = """
    import sys
    import numpy as np
    import pellucid as torch

    F = torch.nn.functional
    rng = np.random.default_rng(0)

    def make(*shape, dtype=np.float32):
        return torch.from_numpy((rng.standard_normal(shape) * 3).astype(dtype))

    x, y, bias, long = make(37, 53), make(37, 53), make(53), make(70_001)
    image, filters, half = make(2, 5, 19, 17), make(6, 5, 3, 3), make(37, 53).to(torch.bfloat16)
    index = torch.from_numpy(rng.integers(0, 37, 41))
    whole = torch.from_numpy(rng.integers(-100, 100, (37, 53)))
    found = {
        "same map": torch.erf(x) * y + bias, "same map of complex": torch.exp(make(37, 53, dtype=np.complex64)),
        "same map of halves": torch.tanh(half).float(),
        "same map of integers": whole // 7 + (whole << 2), "same map of rows turned": x.t() + make(53, 37),
        "same map of conversions": x.to(torch.int8),
        "same narrow floats": x.to(torch.float8_e4m3fn).float() + x.to(torch.float8_e5m2).float(),
        "same copy": x.t().contiguous(),
        "same fill": torch.full((999,), 2.5),
        "same sum": long.sum(), "same sum of rows": x.sum(1), "same sum of columns": x.sum(0),
        "same sum of many columns": make(5000, 70).sum(0),
        "same sum of doubles": make(70_001, dtype=np.float64).sum(), "same sum of halves": half.sum(1).float(),
        "same sum of integers": whole.sum(0),
        "same mean": image.mean((0, 2, 3)), "same variance": x.var(1), "same norm": long.norm(),
        "same product": (long / 3).abs().clamp(0.9, 1.1)[:900].prod(),
        "same maximum": x.amax(0), "same position": x.argmax(1), "same position of all": long.argmax(),
        "same any": (x > 9).any(1),
        "same softmax": torch.softmax(x, 1), "same softmax of columns": torch.softmax(x, 0),
        "same layer norm": F.layer_norm(x, (53,), bias, bias),
        "same cross entropy": F.cross_entropy(x, index[:37]),
        "same batch norm": F.batch_norm(image, None, None, training=True),
        "same running sum": x.cumsum(1), "same running maximum": x.cummax(0)[0],
        "same gather": x.index_select(0, index), "same scatter": torch.zeros(37, 53).index_add(0, index, make(41, 53)),
        "same mask": x[x > 0],
        "same positions": (x > 0).nonzero(), "same embedding": F.embedding(index, x), "same join": torch.cat([x, y], 1),
        "same uniform": (torch.manual_seed(1), torch.rand(1003))[1], "same normal": torch.randn(1003),
        "same count": torch.arange(0, 1003, 0.5),
        "same maximum pooling": F.max_pool2d(image, 3, 2, 1),
        "near average pooling": F.avg_pool2d(image, 3, 2, 1), "near product of matrices": x @ y.t(),
        "near product with a vector": x @ bias, "near dot": x[0].dot(y[0]),
        "near linear": F.linear(x, y, make(37)), "near batches": torch.bmm(make(3, 7, 11), make(3, 11, 13)),
        "near product of doubles": x.double() @ y.double().t(),
        "near convolution": F.conv2d(image, filters, padding=1),
        "near convolution of groups": F.conv2d(image, make(5, 1, 3, 3), groups=5),
        "near convolution with a stride": F.conv2d(image, filters, stride=2),
        "near convolution turned": F.conv_transpose2d(image, make(5, 6, 3, 3), stride=2),
    }
    leaf = x.clone().requires_grad_()
    (torch.tanh(leaf) * y).sum().backward()
    found["same gradient"] = leaf.grad
    weights = filters.clone().requires_grad_()
    F.conv2d(image, weights, padding=1).square().sum().backward()
    found["near gradient of weights"] = weights.grad
    step = [make(31).requires_grad_(), make(7, 9).requires_grad_()]
    optimiser = torch.optim.AdamW(step, lr=0.1)
    sum((p * p).sum() for p in step).backward()
    optimiser.step()
    found |= {f"same optimiser {k}": p.detach() for k, p in enumerate(step)}
    np.savez(sys.argv[1], **{name: value.numpy() for name, value in found.items()})
"""
WIDTHS = (16, 32, 64)


@pytest.fixture(scope="module")
def by_width(tmp_path_factory) -> dict[int, dict[str, np.ndarray]]:
    place = tmp_path_factory.mktemp("widths")
    finish(*(start(FAMILIES, place / f"{width}.npz", PELLUCID_VECTOR_BYTES=str(width)) for width in WIDTHS))
    return {width: dict(np.load(place / f"{width}.npz")) for width in WIDTHS}


@pytest.mark.parametrize("width", WIDTHS[1:])
def test_families_compute_the_same_with_every_vector_width(by_width, width):
    reference, found = by_width[WIDTHS[0]], by_width[width]
    assert reference.keys() == found.keys() and len(found) > 50
    other = [name for name in found if name.startswith("same") and found[name].tobytes() != reference[name].tobytes()]
    assert not other, "bits that depend on the width of vectors"
    for name in found:
        if name.startswith("near"):
            scale = np.abs(reference[name]).max()
            np.testing.assert_allclose(found[name], reference[name], rtol=0, atol=2e-6 * scale, err_msg=name)


FOREIGN = """
    from pellucid.codegen.targets import cpu
    kernels, compile = {}, cpu.compile
    cpu.compile = lambda kernel: kernels.setdefault(kernel.text(), kernel) and compile(kernel)
""" + FAMILIES + """
    for kernel in kernels.values():
        assert cpu.emit(kernel, "aarch64-unknown-linux-gnu")[:4] == b"\\x7fELF", kernel.name
    print(*sorted({kernel.name for kernel in kernels.values()}))
"""


def test_every_family_compiles_for_aarch64(tmp_path):
    """Each kernel of the program above, as written for vectors of 16 bytes."""
    other = start(FOREIGN, tmp_path / "found.npz", PELLUCID_VECTOR_BYTES="16")
    names, errors = other.communicate(timeout=300)
    assert other.returncode == 0, errors
    # Winograd's, for larger images, in test_conv.py
    kinds = {name.partition("_")[0] for name in names.split()}
    assert kinds >= set(
        "map tile rows columns row scan compact arange gemm conv max average mt19937 normal multi".split()), names


def test_the_width_can_be_forced(monkeypatch):
    monkeypatch.setattr(cpu, "vector_bytes", cpu.vector_bytes.__wrapped__)
    monkeypatch.setenv("PELLUCID_VECTOR_BYTES", "16")
    assert cpu.vector_bytes() == 16
    monkeypatch.delenv("PELLUCID_VECTOR_BYTES")
    assert cpu.vector_bytes() in WIDTHS


# ---- showing kernels -------------------------------------------------------------------------------------------------

DOUBLE = "import pellucid as torch; torch.tanh(torch.ones(5))"


def test_every_kernel_of_a_program_is_shown_fresh_or_from_the_disk(tmp_path):
    for _ in range(2):
        (shown,) = finish(start(DOUBLE, PELLUCID_SHOW="ir", PELLUCID_CACHE=str(tmp_path)))
        heads = [line for line in shown.splitlines() if line.startswith("; ----")]
        assert "kernel map_tanh(" in shown and len(heads) == len(set(heads)) == shown.count("\nkernel ")
    (quiet,) = finish(start(DOUBLE, PELLUCID_CACHE=str(tmp_path)))
    assert quiet == ""


def test_a_wrong_way_to_show_is_a_clear_error(tmp_path):
    other = start(DOUBLE, PELLUCID_SHOW="pictures", PELLUCID_CACHE=str(tmp_path))
    assert "RuntimeError: PELLUCID_SHOW=pictures: expected ir, llvm or asm" in other.communicate(timeout=300)[1]
    assert other.returncode == 1


# ---- many at once ----------------------------------------------------------------------------------------------------

MANY = """
    import pellucid as torch
    x = torch.ones(9)
    for f in (torch.exp, torch.tanh, torch.neg, torch.sqrt):
        f(x).sum().item()
"""


def entries(place: Path) -> list[Path]:
    return sorted(place.glob("*.kernel"))


def test_many_processes_fill_one_cache_at_once(tmp_path):
    """All succeed, and what they leave is whole: a process that finds it compiles nothing."""
    finish(*(start(MANY, PELLUCID_CACHE=str(tmp_path)) for _ in range(4)))
    left = {path: path.read_bytes() for path in entries(tmp_path)}
    assert len(left) >= 5 and not list(tmp_path.glob(".new-*"))
    forbid = "from pellucid.codegen.targets import cpu\n    cpu._translate = None"
    finish(start(MANY.replace("import pellucid as torch", "import pellucid as torch\n    " + forbid),
                 PELLUCID_CACHE=str(tmp_path)))
    for k, (path, whole) in enumerate(left.items()):             # cut short, empty, one bit wrong
        path.write_bytes((whole[:-9], b"", whole[:200] + bytes([whole[200] ^ 4]) + whole[201:])[k % 3])
    finish(*(start(MANY, PELLUCID_CACHE=str(tmp_path)) for _ in range(2)))
    assert {path: path.read_bytes()
            for path in entries(tmp_path)} == left, "damaged entries are made again, bit for bit"


def test_without_a_place_to_write_programs_run(tmp_path):
    occupied = tmp_path / "file"
    occupied.write_text("no directory")
    assert finish(start(MANY, PELLUCID_CACHE=str(occupied / "kernels"))) == [""]


def test_entries_go_while_others_are_used(tmp_path, monkeypatch):
    """What is trimmed or cleared under a running program stays in its memory, and is stored again by the next that
    needs it.
    """
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path))
    monkeypatch.setattr(cpu, "_ADDRESSES", {})
    monkeypatch.setattr(cache, "_limit", cache.limit())
    kernel, out = elementwise("triple", lambda x: x * 3.0, ["f32"], ["f32"], 8), np.zeros(3, np.float32)
    call(kernel, [out, np.ones(3, np.float32), 3])
    assert len(entries(tmp_path)) == 1
    cache.set_limit(10)
    assert entries(tmp_path) == [] and cache.size() == 0
    call(kernel, [out, np.full(3, 2, np.float32), 3])
    assert out.tolist() == [6.0] * 3 and entries(tmp_path) == []
    cache.set_limit(1 << 20)
    cpu._ADDRESSES.clear()
    call(kernel, [out, np.ones(3, np.float32), 3])
    assert out.tolist() == [3.0] * 3 and len(entries(tmp_path)) == 1
    cache.clear()
    assert entries(tmp_path) == []


def scaled(factor: int) -> Kernel:
    return elementwise("scaled", lambda x: x * float(factor), ["f32"], ["f32"], 8)


def together(*work: Sequence) -> None:
    """Run functions in threads of their own, started as one; the first exception is raised here."""
    barrier, failures = threading.Barrier(len(work)), []

    def run(function, *arguments):
        try:
            barrier.wait()
            function(*arguments)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=run, args=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def test_two_threads_compile_and_run_at_once(tmp_path, monkeypatch):
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path))
    monkeypatch.setattr(cpu, "_ADDRESSES", {})

    def one(factors):
        x, out = np.arange(1003, dtype=np.float32), np.zeros(1003, np.float32)
        for factor in factors:
            call(scaled(factor), [out, x, x.size])
            np.testing.assert_array_equal(out, x * np.float32(factor))

    together((one, range(12)), (one, [*range(20, 26), *range(6)]))
    assert len(cpu._ADDRESSES) == 18


def test_two_threads_meet_new_operators_at_once():
    def one(power):
        x = torch.linspace(0.5, 2.0, 1000, dtype=torch.float64).requires_grad_()
        for k in range(4):
            y = (x ** power).sin() * k
            (gradient,) = torch.autograd.grad(y.sum(), x)
            at = x.detach()
            assert torch.allclose(gradient, (at ** power).cos() * power * at ** (power - 1) * k)

    together((one, 2), (one, 3))


class Machine:
    """Stands for LLVM's, and tells when it is at work."""

    def __init__(self, work):
        self.emit_object = lambda module: work()


def test_an_option_of_llvm_that_others_share_is_put_back(monkeypatch):
    """Loops are compiled as they are written; who else uses LLVM in this process finds its option as it was, also after
    an error.
    """
    binding, seen = cpu._binding(), []
    set_option = binding.set_option
    monkeypatch.setattr(binding, "set_option", lambda name, option: (seen.append(option), set_option(name, option)))
    cpu.emit(scaled(2))
    assert seen == ["-disable-lsr=true", "-disable-lsr=false"]

    def fail():
        raise RuntimeError("compiler")

    monkeypatch.setattr(cpu, "_machine", lambda *_: Machine(fail))
    with pytest.raises(RuntimeError, match="compiler"):
        cpu.emit(scaled(2))
    assert seen[2:] == seen[:2]


def test_who_else_uses_llvm_waits_while_its_option_is_another(monkeypatch):
    binding, finished = cpu._binding(), []

    def work():
        other = threading.Thread(target=lambda: finished.append(binding.get_default_triple()))
        other.start()
        other.join(0.2)
        assert finished == []
        return other

    monkeypatch.setattr(cpu, "_machine", lambda *_: Machine(work))
    cpu.emit(scaled(2)).join(60)
    assert len(finished) == 1
