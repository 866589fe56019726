"""Kernels for the processor that runs us: LLVM text to an address that can be called.

`compile(kernel)` returns the address of the machine code, from the table in memory, from the disk cache, or freshly made.
`emit(kernel, triple, cpu)` gives the object code or assembly for any other LLVM target (a test compiles every kernel family for
aarch64). llvmlite is imported here, when the first kernel is needed, and nowhere else on this path: importing it costs 60 ms.
"""

from __future__ import annotations

import os
import platform
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from ..ir import Kernel
from . import cache, llvm

__all__ = ["compile", "emit", "vector_bytes", "host"]

_ADDRESSES: dict[str, int] = {}         # kernel text -> address
_KEEP: list[Any] = []                   # engines own the machine code
_LOCK = threading.Lock()
_OBJECT_FORMATS = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\x64\x86", b"\x64\xaa")         # Linux, macOS, Windows on x86 and on ARM


@lru_cache(None)
def _facts() -> dict[str, str]:
    """What the system says of the first processor."""
    facts: dict[str, str] = {}
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if not line.strip():
                    break
                name, _, value = line.partition(":")
                facts[name.strip()] = value.strip()
    except OSError:
        pass
    return facts


@lru_cache(None)
def host() -> tuple[str, frozenset[str]]:
    """The processor's name and the features that decide how kernels are written, read without LLVM."""
    facts = _facts()
    return facts.get("model name", platform.machine()), frozenset(facts.get("flags", facts.get("Features", "")).split())


@lru_cache(None)
def vector_bytes() -> int:
    """The width of a vector register: 64 with AVX-512, 32 with AVX2, else 16. PELLUCID_VECTOR_BYTES overrides it."""
    forced = os.environ.get("PELLUCID_VECTOR_BYTES")
    if forced:
        return int(forced)
    features = host()[1]
    return 64 if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= features else 32 if "avx2" in features else 16


@lru_cache(None)
def halves_vectors() -> bool:
    """Whether a vector of 64 bytes takes two turns of the units that compute, as in AMD's family 25 (Zen 4): loads have twice the time."""
    facts = _facts()
    return vector_bytes() == 64 and (facts.get("vendor_id"), facts.get("cpu family")) == ("AuthenticAMD", "25")


@lru_cache(None)
def _binding() -> Any:
    import llvmlite.binding as binding
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    return binding


@lru_cache(None)
def _machine(triple: str | None = None, cpu: str | None = None) -> Any:
    """A target machine: the host's own, or any other. Code generation level 2 and no passes before it."""
    binding = _binding()
    if triple is None:
        target = binding.Target.from_default_triple()
        features = binding.get_host_cpu_features()
        # 512-bit vectors are written explicitly; without this LLVM splits them in two on processors that it thinks prefer 256
        flat = features.flatten() + (",-prefer-256-bit" if vector_bytes() == 64 else "")
        return target.create_target_machine(cpu=binding.get_host_cpu_name(), features=flat, opt=2, reloc="pic", codemodel="small", jit=True)
    return binding.Target.from_triple(triple).create_target_machine(cpu=cpu or "", features="", opt=2, reloc="pic")


def _attributes() -> str:
    return 'nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512"' if vector_bytes() == 64 else "nounwind"


def _parse(kernel: Kernel, triple: str | None = None) -> Any:
    binding = _binding()
    module = binding.parse_assembly(llvm.module(kernel, _attributes() if triple is None else "nounwind"))
    module.triple = triple or binding.get_default_triple()
    if os.environ.get("PELLUCID_CHECK"):
        module.verify()
    return module


def emit(kernel: Kernel, triple: str | None = None, cpu: str | None = None, assembly: bool = False) -> bytes | str:
    """Object code, or assembly text, of a kernel for the host or for another target."""
    machine, module = _machine(triple, cpu), _parse(kernel, triple)
    with _loops_as_written():
        return machine.emit_assembly(module) if assembly else machine.emit_object(module)


@contextmanager
def _loops_as_written() -> Iterator[None]:
    """Without LLVM's own idea of what a loop's addresses should be (loop strength reduction): it takes two fifths of the time to compile,
    and the code is no faster. The option is one of the process, whose other users of LLVM, such as Numba, want it as it was."""
    _binding().set_option("pellucid", "-disable-lsr=true")
    try:
        yield
    finally:
        _binding().set_option("pellucid", "-disable-lsr=false")


def compile(kernel: Kernel) -> int:
    """The address of a kernel's machine code. Made once a process and text; compiled once a machine (see `cache`)."""
    text = kernel.text()
    found = _ADDRESSES.get(text)
    if found is not None:
        return found
    with _LOCK:
        found = _ADDRESSES.get(text)
        if found is None:
            show = os.environ.get("PELLUCID_SHOW")
            if show:
                _show(kernel, show)
            key = cache.key(text, host()[0], sorted(host()[1]), vector_bytes())
            stored = cache.get(key)
            address = 0 if stored is None else _link(stored, kernel.name)
            if not address:
                if stored is not None:
                    cache.remove(key)
                object_code = emit(kernel)
                cache.put(key, object_code)
                address = _link(object_code, kernel.name)
                if not address:
                    raise RuntimeError(f"kernel {kernel.name} was compiled and could not be linked")
            found = _ADDRESSES[text] = address
    return found


def _link(object_code: bytes, name: str) -> int:
    """Put object code into memory; 0 where it is none."""
    binding = _binding()
    if not object_code.startswith(_OBJECT_FORMATS):          # LLVM would crash
        return 0
    try:
        file = binding.ObjectFileRef.from_data(object_code)
    except RuntimeError:
        return 0
    # One engine a kernel: kernels of one family share their name, and an object's code and constants must lie within 2 GB of each other.
    # Without the empty module that an engine is made with, which would be compiled too and take three quarters of the time.
    module = binding.parse_assembly("")
    engine = binding.create_mcjit_compiler(module, binding.Target.from_default_triple().create_target_machine())
    engine.remove_module(module)
    engine.add_object_file(file)
    engine.finalize_object()
    _KEEP.append(engine)
    return engine.get_function_address(name)


def _show(kernel: Kernel, what: str) -> None:
    text = {"ir": lambda: kernel.text(), "llvm": lambda: llvm.module(kernel, _attributes()), "asm": lambda: emit(kernel, assembly=True)}
    if what not in text:
        raise RuntimeError(f"PELLUCID_SHOW={what}: expected ir, llvm or asm")
    print(f"; ---- {kernel.name} ----\n{text[what]()}", file=sys.stderr)
