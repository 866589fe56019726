"""Object code laid out and placed: what relocations make of instructions, what is refused, and how much memory it
takes.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from pellucid.codegen import math
from pellucid.codegen.ir import Builder, Kernel
from pellucid.codegen.targets import cpu, loader
from tests.codegen.helpers import call, elementwise

ROOT = Path(__file__).resolve().parents[3]
X86, ARM = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"


def constants() -> Kernel:
    """Loads vectors of constants, and single ones."""
    return elementwise("constants", lambda x: math.exp(x) + 1.2345, ["f32"], ["f32"], 16)


def caller(function: str = "log1p") -> Kernel:
    b = Builder("caller")
    x = b.load(b.word(1, "ptr"), "f64")
    b.store(b.word(0, "ptr"), b.call(function, "f64", x) + b.call("cos", "f64", x), "f64")
    return b.kernel()


def parts(image: bytes) -> tuple[str, int, dict[str, int], bytes]:
    head, _, block = image.partition(b"\n")
    processor, entry, *stubs = head.decode().split(" ")
    return processor, int(entry), {name: int(slot) for slot, name in (stub.split(":") for stub in stubs)}, block


# ---- what runs here --------------------------------------------------------------------------------------------------

def test_kernels_reach_functions_and_constants():
    out = np.zeros(1)
    call(caller(), [out, np.array([0.5])])
    assert out[0] == np.log1p(0.5) + np.cos(0.5)
    x, found = np.linspace(-3, 3, 37, dtype=np.float32), np.zeros(37, np.float32)
    call(constants(), [found, x, 37])
    np.testing.assert_allclose(found, np.exp(x.astype(float)) + 1.2345, rtol=1e-6)


def test_every_function_that_kernels_may_call_is_there():
    for functions in loader.FUNCTIONS.values():
        for function in functions:
            assert loader._address_of(function) > 0
    sine = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(loader._address_of("sin"))
    assert sine(1.0) == np.sin(1.0)


def test_other_functions_are_refused(tmp_path, monkeypatch):
    """By their names, when the kernel is made; nothing is stored."""
    monkeypatch.setenv("PELLUCID_CACHE", str(tmp_path))
    with pytest.raises(RuntimeError, match="a kernel calls system, which is not among the functions"):
        cpu.compile(caller("system"))
    assert list(tmp_path.iterdir()) == []


def test_code_can_be_read_and_run_and_not_written():
    address = cpu.compile(constants())
    mappings = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    (rights,) = [rights for (where, rights, *_) in mappings
                 for low, high in [where.split("-")] if int(low, 16) <= address < int(high, 16)]
    assert rights == "r-xp"


def test_an_image_is_the_same_wherever_it_is_placed():
    image = loader.layout(cpu.emit(constants()), "constants")
    places = {loader.place(image) for _ in range(3)}
    _, entry, _, block = parts(image)
    assert len(places) == 3
    for place in places:
        assert ctypes.string_at(place - entry, len(block)) == block


# ---- relocations -----------------------------------------------------------------------------------------------------

def word(block: bytes, at: int) -> int:
    return struct.unpack_from("<I", block, at)[0]


def relocations(object_code: bytes) -> list[tuple[int, int, str, int]]:
    """(offset in the code, type, symbol or the section it stands for, addend), as `readelf -r` lists them."""
    file = loader._Object(object_code)
    names = file.content(file.sections[struct.unpack_from("<H", object_code, 62)[0]])
    found = []
    for section in file.sections:
        if section.type == 4:
            symbols = file.symbols(file.section(section.link))
            for offset, info, addend in file.table(section, loader._RELOCATION):
                symbol = symbols[info >> 32]
                home = file.sections[symbol.section].name
                found.append((offset, info & 0xFFFFFFFF, symbol.name or names[home:names.index(b"\0", home)].decode(),
                              symbol.value + addend))
    return found


def content(object_code: bytes, name: str) -> bytes:
    file = loader._Object(object_code)
    names = file.content(file.sections[struct.unpack_from("<H", object_code, 62)[0]])
    (found,) = [s for s in file.sections if names[s.name:names.index(b"\0", s.name)] == name.encode()]
    return file.content(found)


def test_arm_loads_what_it_is_meant_to_load():
    """Each pair of adrp and ldr, worked out as the processor does, leads to the constant that the object file names."""
    object_code = cpu.emit(constants(), ARM)
    processor, entry, stubs, block = parts(loader.layout(object_code, "constants"))
    assert (processor, entry, stubs) == ("aarch64", 0, {})
    pages: dict[int, int] = {}
    loads = 0
    for offset, type, name, value in sorted(relocations(object_code)):
        before, after = word(content(object_code, ".text"), offset), word(block, offset)
        if type == 275:
            assert after & 0x9F000000 == 0x90000000 and after & 0x1F == before & 0x1F, "an adrp to the same register"
            distance = (after >> 29 & 3) | (after >> 5 & 0x7FFFF) << 2
            pages[after & 0x1F] = (offset >> 12) + (distance - (1 << 21) * (distance >> 20))
            continue
        size = {286: 8, 299: 16}[type]
        assert after & ~0x3FFC00 == before & ~0x3FFC00 and (after >> 5 & 0x1F) in pages
        at = (pages[after >> 5 & 0x1F] << 12) + (after >> 10 & 0xFFF) * size
        assert block[at:at + size] == content(object_code, name)[value:value + size]
        loads += 1
    assert loads > 4


def test_arm_calls_through_a_stub():
    object_code = cpu.emit(caller(), ARM)
    _, _, stubs, block = parts(loader.layout(object_code, "caller"))
    calls = [(offset, name) for offset, type, name, _ in relocations(object_code) if type == 283]
    assert {name for _, name in calls} == set(stubs) == {"log1p", "cos"}
    for offset, name in calls:
        instruction = word(block, offset)
        assert instruction >> 26 == 0b100101, "bl"
        stub = offset + (instruction & 0x3FFFFFF) * 4
        assert (word(block, stub), word(block, stub + 4)) == (0x58000050, 0xD61F0200), "ldr x16, 8; br x16"
        assert stubs[name] == stub + 8 and stub % 8 == 0 and block[stub + 8:stub + 16] == bytes(8)


def test_x86_reaches_constants_and_stubs():
    object_code = cpu.emit(constants(), X86, "x86-64-v3")
    _, _, _, block = parts(loader.layout(object_code, "constants"))
    found = [(offset, name, value) for offset, type, name, value in relocations(object_code) if type == 2]
    assert len(found) > 4
    for offset, name, value in found:
        if name.startswith(".rodata"):
            at = offset + 4 + word(block, offset)
            assert block[at:at + 4] == content(object_code, name)[value + 4:value + 8]
    object_code = cpu.emit(caller(), X86, "x86-64-v3")
    _, _, stubs, block = parts(loader.layout(object_code, "caller"))
    calls = [(offset, name) for offset, type, name, _ in relocations(object_code) if type == 4]
    assert {name for _, name in calls} == set(stubs) == {"log1p", "cos"}
    for offset, name in calls:
        stub = offset + 4 + word(block, offset)
        assert block[stub:stub + 6] == b"\xff\x25\x02\0\0\0" and stubs[name] == stub + 8


@pytest.mark.parametrize(("type", "there", "here", "before", "after"), [
    (275, 0x1000, 0x0FFC, 0x90000008, 0xB0000008),                    # adrp x8: one page on
    (275, 0x5678, 0x1000, 0x90000008, 0x90000028),                    # four
    (275, 0x0000, 0x1000, 0x90000008, 0xF0FFFFE8),                    # one page back
    (277, 0x1234, 0, 0x91000108, 0x9108D108),                         # add x8, x8, 0x234
    (278, 0x1235, 0, 0x39400108, 0x3948D508),                         # ldrb w8, [x8, 0x235]
    (284, 0x1236, 0, 0x79400108, 0x79446D08),                         # ldrh w8, [x8, 0x236]
    (285, 0x1234, 0, 0xB9400108, 0xB9423508),                         # ldr w8, [x8, 0x234]
    (286, 0x1238, 0, 0xF9400108, 0xF9411D08),                         # ldr x8, [x8, 0x238]
    (299, 0x1230, 0, 0x3DC00100, 0x3DC08D00),                         # ldr q0, [x8, 0x230]
    (283, 0x0100, 0x0200, 0x94000000, 0x97FFFFC0),                    # bl back by 64 instructions
    (282, 0x0300, 0x0200, 0x14000000, 0x14000040),                    # b
    (261, 0x0100, 0x0200, 0x00000000, 0xFFFFFF00),                    # a distance as data
])
def test_instructions_of_arm(type, there, here, before, after):
    assert loader._relocate_aarch64(type, there, here, before) == after


@pytest.mark.parametrize(("relocate", "type", "there"), [
    (loader._relocate_aarch64, 257, 0), (loader._relocate_x86_64, 1, 0),               # absolute addresses
    (loader._relocate_x86_64, 2, 1 << 31), (loader._relocate_x86_64, 4, -(1 << 31) - 1),
    (loader._relocate_aarch64, 283, 1 << 27), (loader._relocate_aarch64, 275, 1 << 33),
    (loader._relocate_aarch64, 286, 0x1004),
])
def test_what_cannot_be_reached_is_refused(relocate, type, there):
    with pytest.raises(loader.Unusable):
        relocate(type, there, 0, 0)


# ---- what is no object file, and no image ----------------------------------------------------------------------------

def test_an_object_file_cut_short_anywhere_is_refused():
    object_code = cpu.emit(caller())
    whole = loader.layout(object_code, "caller")
    for size in range(len(object_code)):
        with pytest.raises(loader.Unusable):
            loader.layout(object_code[:size], "caller")
    assert loader.layout(object_code + b"more", "caller") == whole


@pytest.mark.parametrize("triple", [X86, ARM])
def test_damaged_object_files_are_refused_or_laid_out_within_bounds(triple):
    """No number in them leads out of them: nothing but Unusable is raised."""
    object_code = cpu.emit(caller(), triple, "x86-64-v3" if triple == X86 else None)
    rng, refused = np.random.default_rng(0), 0
    for _ in range(3000):
        damaged = bytearray(object_code)
        for at in rng.integers(0, len(damaged), rng.integers(1, 4)):
            damaged[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, int(rng.integers(256))])
        try:
            assert len(loader.layout(bytes(damaged), "caller")) < 4 * len(object_code) + 4096
        except loader.Unusable:
            refused += 1
    assert refused > 300


def test_a_wrong_name_is_refused():
    with pytest.raises(loader.Unusable, match="0 functions other"):
        loader.layout(cpu.emit(caller()), "other")


@pytest.mark.parametrize(("triple", "why"),
                         [("x86_64-apple-macosx", "kernels run on Linux"),
                          ("riscv64-unknown-linux-gnu", "x86-64 and aarch64"),
                                             ("i686-unknown-linux-gnu", "64 bits")])
def test_object_files_for_other_systems_are_refused(triple, why):
    with pytest.raises(loader.Unusable, match=why):
        loader.layout(cpu.emit(constants(), triple), "constants")


HERE = platform.machine().encode()


@pytest.mark.parametrize("image",
                         [b"", b"\n", b"\xff\n", HERE, HERE + b"\n", HERE + b" 0", HERE + b" 0\n", HERE + b" 4\n1234",
                          HERE + b" -1\n1234",
                                   HERE + b" x\n1234", b"pdp11 0\n1234", HERE + b" 0 1:cos\n12345678",
                          HERE + b" 0 -8:cos\n12345678",
                                   HERE + b" 0 cos\n12345678", HERE + b" 0 0:system\n12345678",
                          HERE + b" 0 0:\n12345678"])
def test_what_is_no_image_is_refused(image):
    with pytest.raises(loader.Unusable):
        loader.place(image)


def test_where_memory_may_not_become_executable(monkeypatch):
    """As under SELinux: a clear error, and the memory is given back."""
    image = loader.layout(cpu.emit(caller()), "caller")
    real, given_back = loader._libc(), []

    class Strict:
        mmap = real.mmap

        @staticmethod
        def mprotect(*_):
            ctypes.set_errno(13)
            return -1

        @staticmethod
        def munmap(address, size):
            given_back.append(size)
            return real.munmap(address, size)

    monkeypatch.setattr(loader, "_libc", lambda: Strict)
    with pytest.raises(RuntimeError, match="does not let memory become executable .error 13.*SELinux: execmem"):
        loader.place(image)
    assert len(given_back) == 1


# ---- how much memory -------------------------------------------------------------------------------------------------

def child(program: str, **environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], cwd=ROOT, text=True, capture_output=True,
                          timeout=300, env={**os.environ, "PYTHONPATH": str(ROOT), **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_thousand_kernels_beside_three_gigabytes():
    """Code and constants lie together, so that they reach each other whatever else is mapped; pages that touch become
    one mapping.
    """
    child("""
        import ctypes, numpy as np
        import pellucid as torch
        from pellucid.codegen.targets import cpu, loader
        from tests.codegen.helpers import run_at, elementwise

        kernels = [elementwise("scaled", lambda x, k=k: x * float(k + 2), ["f32"], ["f32"], 8) for k in range(20)]
        images = [loader.layout(cpu.emit(kernel), kernel.name) for kernel in kernels]
        held, out, x = [], np.zeros(9, np.float32), np.arange(9, dtype=np.float32)

        def status(name):
            return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(name))

        def mappings():
            return sum(" r-xp 00000000 00:00 0" in line for line in open("/proc/self/maps"))

        before, there = status("VmRSS"), mappings()
        for k in range(2000):
            if k % 100 == 0:
                held.append(torch.empty(40 << 20))             # 160 MiB, never written
            out[:] = 0
            run_at(loader.place(images[k % 20]), [out, x, 9])
            assert out.tolist() == (x * (k % 20 + 2)).tolist()
        assert sum(tensor.nbytes for tensor in held) > 3 << 30
        assert status("VmRSS") - before < 2000 * 6, "a page each, and some Python"
        assert mappings() - there < 100
    """)


LAYER_NORMS = """
    import gc, sys
    from pellucid import dtypes
    from pellucid.codegen import math as m
    from pellucid.codegen.schedules import rows
    from pellucid.codegen.schedules.loop import Arg
    from pellucid.codegen.targets import cpu

    def layer_norm(eps):
        def body(row, x, weight, bias):
            d = x - row.mean(x)
            scale = m.rsqrt(row.mean(d * d) + eps)
            return d * scale * weight + bias, scale
        return body

    def compiled(k):
        x, one, weight = (Arg(dtypes.float32, strides) for strides in ((32, 1), (1, 0), (0, 1)))
        (launch,) = rows.row_plan("layer_norm", layer_norm(1e-5 * (k + 1)), (8, 32), (1,), [x, one], ["row", "one"],
                                  [x, weight, weight])
        return launch, cpu.compile(launch.kernel)

    def resident():
        gc.collect()
        return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))

    compiled(0)
    before = resident()
    kept = [compiled(k) for k in range(1, 101)]
    assert len({address for _, address in kept}) == 100
    print((resident() - before) / 100, "llvmlite" in sys.modules)
"""


def test_memory_of_a_kernel(tmp_path):
    """A family of kernels as large as layer norm's, with the launches that use them. A second process finds them on the
    disk, and does without LLVM.
    """
    first, second = (child(LAYER_NORMS, PELLUCID_CACHE=str(tmp_path)).split() for _ in range(2))
    assert first[1] == "True" and second[1] == "False"
    assert float(second[0]) < 40, "KB a kernel"
    assert float(first[0]) < 70, "with what LLVM keeps of having compiled them"
