"""What this machine can do at most with a given number of threads, measured: bytes a second through memory of each
size, and multiply-adds a second from registers.

The two loops are written here as LLVM text, so that the roof owes nothing to either framework: a triad a = b + s*c,
with ordinary and with streaming stores (the better counts), and independent chains of fused multiply-adds. Each thread
runs its own part through ctypes, which leaves Python's lock meanwhile.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import llvmlite.binding as llvm
import numpy as np

WIDE = bool(llvm.get_host_cpu_features().get("avx512f"))
LANES, CHAINS = (16, 24) if WIDE else (8, 12)  # accumulators that fit the vector registers

TRIAD = """
define void @triad{suffix}(ptr %a, ptr %b, ptr %c, i64 %n, i64 %times) {{
entry:
  br label %again
again:
  %t = phi i64 [0, %entry], [%t1, %done]
  br label %loop
loop:
  %i = phi i64 [0, %again], [%i1, %loop]
  %pb = getelementptr float, ptr %b, i64 %i
  %pc = getelementptr float, ptr %c, i64 %i
  %pa = getelementptr float, ptr %a, i64 %i
  %vb = load <{lanes} x float>, ptr %pb, align 64
  %vc = load <{lanes} x float>, ptr %pc, align 64
  %r = call <{lanes} x float> @llvm.fma.v{lanes}f32(
    <{lanes} x float> %vc, <{lanes} x float> splat (float 3.0), <{lanes} x float> %vb)
  store <{lanes} x float> %r, ptr %pa, align 64{store}
  %i1 = add i64 %i, {lanes}
  %more = icmp ult i64 %i1, %n
  br i1 %more, label %loop, label %done
done:
  %t1 = add i64 %t, 1
  %rest = icmp ult i64 %t1, %times
  br i1 %rest, label %again, label %end
end:
  ret void
}}
"""


def multiply_adds() -> str:
    """CHAINS accumulators, each one fused multiply-add a turn."""
    vector = f"<{LANES} x float>"
    lines = [
        f"define void @chains(ptr %out, i64 %times) {{\nentry:\n  %m = load {vector}, ptr %out, align 64\n  br label "
        "%loop\nloop:", "  %t = phi i64 [0, %entry], [%t1, %loop]",
    ]
    lines += [f"  %x{i} = phi {vector} [%m, %entry], [%y{i}, %loop]" for i in range(CHAINS)]
    lines += [
        f"  %y{i} = call {vector} @llvm.fma.v{LANES}f32({vector} %x{i}, {vector} %m, {vector} splat (float 0.5))"
        for i in range(CHAINS)
    ]
    lines += ["  %t1 = add i64 %t, 1", "  %more = icmp ult i64 %t1, %times", "  br i1 %more, label %loop, label %end",
              "end:"]
    total = "%y0"
    for i in range(1, CHAINS):
        lines.append(f"  %s{i} = fadd {vector} {total}, %y{i}")
        total = f"%s{i}"
    return "\n".join([*lines, f"  store {vector} {total}, ptr %out, align 64", "  ret void", "}"])


@dataclass(frozen=True)
class Roof:
    sizes: list[float]  # bytes that a pass touches
    bandwidth: list[float]  # bytes a second, for each size
    flops: float  # a second

    def seconds(self, bytes: float, flops: float) -> float:
        """The time that no program can beat."""
        through_memory = bytes / float(np.interp(np.log(max(bytes, 1)), np.log(self.sizes), self.bandwidth))
        return max(through_memory, flops / self.flops)


def compiled() -> tuple[object, dict[str, int]]:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    text = f"declare <{LANES} x float> @llvm.fma.v{LANES}f32(<{LANES} x float>, <{LANES} x float>, <{LANES} x float>)\n"
    text += (
        TRIAD.format(suffix="", lanes=LANES, store="")
        + TRIAD.format(suffix="_stream", lanes=LANES, store=", !nontemporal !0")
        + multiply_adds()
        + "\n!0 = !{i32 1}\n"
    )
    target = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
    )
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(text), target)
    engine.finalize_object()
    return engine, {name: engine.get_function_address(name) for name in ("triad", "triad_stream", "chains")}


def aligned(n: int) -> np.ndarray:
    raw = np.ones(n + 16, np.float32)
    start = (-raw.ctypes.data % 64) // 4
    return raw[start : start + n]


def together(calls: list[Callable[[], None]]) -> float:
    """Seconds for all calls at once, a thread each: the best of five."""
    best = float("inf")
    for _ in range(5):
        threads = [threading.Thread(target=call) for call in calls[1:]]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        calls[0]()
        for thread in threads:
            thread.join()
        best = min(best, time.perf_counter() - started)
    return best


def measure(threads: int) -> Roof:
    engine, address = compiled()
    pointer, integer = ctypes.c_void_p, ctypes.c_int64
    triads = [ctypes.CFUNCTYPE(None, pointer, pointer, pointer, integer, integer)(address[name])
              for name in ("triad", "triad_stream")]
    chains = ctypes.CFUNCTYPE(None, pointer, integer)(address["chains"])

    sizes, bandwidth = [], []
    for total in (3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 2e8):
        n = int(total / 12 / threads) // LANES * LANES
        parts = [[aligned(n) for _ in range(3)] for _ in range(threads)]
        times = max(1, int(4e9 / (12 * n * threads)))
        best = 0.0
        for triad in triads:
            calls = [
                lambda p=p, triad=triad, n=n, times=times: triad(p[0].ctypes.data, p[1].ctypes.data, p[2].ctypes.data,
                                                                 n, times)
                for p in parts
            ]
            best = max(best, 12 * n * threads * times / together(calls))
        sizes.append(12.0 * n * threads)
        bandwidth.append(best)

    # some 40 ms: starting a thread takes a good part of 1
    outputs, times = [aligned(LANES) for _ in range(threads)], 20_000_000
    seconds = together([lambda o=o: chains(o.ctypes.data, times) for o in outputs])
    del engine
    return Roof(sizes, bandwidth, 2.0 * LANES * CHAINS * times * threads / seconds)


if __name__ == "__main__":
    roof = measure(2)
    for size, rate in zip(roof.sizes, roof.bandwidth, strict=True):
        print(f"{size:12.3g} bytes {rate / 1e9:8.1f} GB/s")
    print(f"{roof.flops / 1e9:.0f} GFLOP/s")
