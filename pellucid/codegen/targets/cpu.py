"""Kernels for the processor that runs us: from a kernel to an address that can be called.

`compile(kernel)` returns the address of the machine code: from the table in memory, from the disk cache, or freshly
made by LLVM and laid out by the loader. `emit(kernel, triple, cpu)` gives the object code or assembly for any other
LLVM target (a test compiles every kernel family for aarch64). llvmlite is imported here, when the first kernel must be
compiled, and nowhere else on this path: importing it costs 60 ms.
"""

from __future__ import annotations

import os
import platform
import sys
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..ir import Kernel, Launch
from . import cache, llvm, loader
from .target import Code, Launches, Target

__all__ = ["Host", "compile", "emit", "vector_bytes", "host"]

_ADDRESSES: dict[bytes, int] = {}       # digest of a kernel's text -> address
# held while LLVM works, by the thread that works for whoever waits (`_undisturbed`)
_LLVM = threading.RLock()
# a child gets no LLVM that is half done
os.register_at_fork(before=_LLVM.acquire, after_in_parent=_LLVM.release, after_in_child=_LLVM.release)
# bytes of memory that LLVM may need for a kernel (kernels here took up to 22 MB), and to be loaded
_ROOM, _LIBRARY = 64 << 20, 160 << 20


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
    """Whether a vector of 64 bytes takes two turns of the units that compute, as in AMD's family 25 (Zen 4): loads have
    twice the time.
    """
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
        # 512-bit vectors are written explicitly; without this LLVM splits them in two on processors that it thinks
        # prefer 256
        flat = features.flatten() + (",-prefer-256-bit" if vector_bytes() == 64 else "")
        return target.create_target_machine(cpu=binding.get_host_cpu_name(), features=flat, opt=2, reloc="pic",
                                            codemodel="small", jit=True)
    return binding.Target.from_triple(triple).create_target_machine(cpu=cpu or "", features="", opt=2, reloc="pic",
                                                                    codemodel="small")


def _attributes() -> str:
    return 'nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512"' if vector_bytes() == 64 else "nounwind"


def emit(kernel: Kernel, triple: str | None = None, cpu: str | None = None, assembly: bool = False) -> bytes | str:
    """Object code, or assembly text, of a kernel for the host or for another target."""
    text = llvm.module(kernel, _attributes() if triple is None else "nounwind")
    return _undisturbed(lambda: _translate(text, triple, cpu, assembly))


def _translate(text: str, triple: str | None, cpu: str | None, assembly: bool) -> bytes | str:
    if sys.platform != "linux":
        raise RuntimeError(f"kernels are compiled for Linux; this is {sys.platform}")
    _expect_room()
    binding = _binding()
    module = binding.parse_assembly(text)
    module.triple = triple or binding.get_default_triple()
    if os.environ.get("PELLUCID_CHECK"):
        module.verify()
    machine = _machine(triple, cpu)
    # Without LLVM's own idea of what a loop's addresses should be (loop strength reduction): it takes two fifths of the
    # time to compile, and the code is no faster. No attribute of a function and no setting of a machine turns it off,
    # only an option of the process. Other users of LLVM, such as Numba, want it as it was, and wait meanwhile for
    # llvmlite's own lock.
    with binding.ffi.lib._lock:
        binding.set_option("pellucid", "-disable-lsr=true")
        try:
            return machine.emit_assembly(module) if assembly else machine.emit_object(module)
        finally:
            binding.set_option("pellucid", "-disable-lsr=false")


def _expect_room() -> None:
    """MemoryError where a limit of the process leaves LLVM too little memory: it ends the process when it gets none."""
    import resource  # not everywhere: see the check before this
    with open("/proc/self/statm") as file:
        pages = [int(word) for word in file.read().split()]
    library = 0 if "llvmlite.binding" in sys.modules else _LIBRARY
    for what, limit, used, room in (("address space", resource.RLIMIT_AS, pages[0], _ROOM + library),
                                    ("data", resource.RLIMIT_DATA, pages[5], _ROOM)):
        most, used = resource.getrlimit(limit)[0], used * resource.getpagesize()
        if most != resource.RLIM_INFINITY and most - used < room:
            raise MemoryError(
                f"compiling a kernel may take {room >> 20} MiB; of {most >> 20} MiB that this process may have for "
                f"{what} it uses {used >> 20}")


def _undisturbed(work: Callable[[], Any]) -> Any:
    """What `work` returns, done by a thread of its own while LLVM's lock is held. Handlers of signals run in the main
    thread alone, so that no exception (Ctrl-C, a timeout) strikes between LLVM's locks and options, and a handler that
    needs a kernel itself does not find this thread in the middle of one. Work asked for in the course of such work (by
    `__del__`) is done at once."""
    if _LLVM._is_owned():
        return work()
    found: list[Any] = []

    def run() -> None:
        with _LLVM:
            try:
                found.append((work(), None))
            except BaseException as failure:
                found.append((None, failure))

    thread = threading.Thread(target=run, name="pellucid compiles a kernel")
    try:
        thread.start()
    except RuntimeError:                        # no more threads, or the interpreter is ending
        run()
    while not found and thread.is_alive():      # in a child that was forked by a handler during this wait it is not
        thread.join(0.1)
    if not found:
        run()
    result, failure = found.pop()
    if failure is None:
        return result
    try:
        raise failure
    finally:
        del failure                             # which knows this frame, which would know it


def compile(kernel: Kernel) -> int:
    """The address of a kernel's machine code. Made once a process and text; compiled once a machine (see `cache`)."""
    digest = kernel.digest()
    address = _ADDRESSES.get(digest)
    if address is None:
        show = os.environ.get("PELLUCID_SHOW")
        if show:
            _show(kernel, show)
        key = cache.key(digest.hex(), host()[0], sorted(host()[1]), vector_bytes())
        # two threads may both place one kernel: the second's pages are not used, which costs less than a lock
        address = _ADDRESSES.setdefault(digest, _stored(key) or _made(kernel, key))
    kernel.forget()
    return address


def _stored(key: str) -> int:
    """The address of a kernel whose image is on the disk; 0 where there is none."""
    image = cache.get(key)
    try:
        return 0 if image is None else loader.place(image)
    except loader.Unusable:
        cache.remove(key)
        return 0


def _made(kernel: Kernel, key: str) -> int:
    text = llvm.module(kernel, _attributes())

    def make() -> int:
        address = _ADDRESSES.get(kernel.digest(), 0)         # another thread wanted it too, and was first
        if not address:
            image = loader.layout(_translate(text, None, None, False), kernel.name)
            address = _ADDRESSES.setdefault(kernel.digest(), loader.place(image))
            cache.put(key, image)
        return address

    return _undisturbed(make)


class Host:
    """The target of the processor that runs us."""

    vector_bytes = property(lambda self: vector_bytes())
    halves = property(lambda self: halves_vectors())
    whole = False

    def plan(self, build: Callable[[Target], Launches]) -> Launches:
        return build(self)

    def code(self, launch: Launch) -> Code:
        return compile(launch.kernel)


def _show(kernel: Kernel, what: str) -> None:
    text = {"ir": lambda: kernel.text(), "llvm": lambda: llvm.module(kernel, _attributes()),
            "asm": lambda: emit(kernel, assembly=True)}
    if what not in text:
        raise RuntimeError(f"PELLUCID_SHOW={what}: expected ir, llvm or asm")
    print(f"; ---- {kernel.name} ----\n{text[what]()}", file=sys.stderr)
