"""Takes turns between the two frameworks and prints time(ours) / time(PyTorch), case by case.

    make bench                                  all cases; writes results-avx512.md and .json, or -avx2, as the
                                                processor is
    python -m bench --only exp,conv             cases whose names contain one of the words; writes nothing
    python -m bench --rounds 5 --threads 1
    make bench ARGS=--table                     PyTorch's whole operator table instead: table.py

Each framework lives in a process of its own for the whole run. In each round both are timed once, one after the other,
the order changing from round to round; the ratio is that of the medians. Machines drift, so ratios count and times are
only for orientation.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench import roof
from bench.cases import CASES, Case
from pellucid.codegen.targets import cpu

HERE = Path(__file__).parent
VECTORS = {64: "avx512", 32: "avx2", 16: "16-bytes"}
# an install has its bytecode; without, importing compiles every file again
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class Failed(Exception):
    """One framework cannot run a case."""


class Worker:
    """One framework's process."""

    def __init__(self, framework: str, threads: int):
        self.framework = framework
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        command = [sys.executable, "-m", "bench.worker", framework, "--threads", str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)

    def ask(self, **request: Any) -> dict[str, Any]:
        # threads of the other process that still spin go to sleep: libgomp's take 300 000 pauses, some 7 ms
        time.sleep(0.02)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        answer = json.loads(line) if line else {"error": f"the process ended with status {self.process.wait()}"}
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def in_turns(workers: list[Worker], case: Case, rounds: int) -> list[list[float]]:
    """Samples of both frameworks, seconds per call."""
    samples: list[list[float]] = [[], []]
    for worker in workers:
        worker.ask(prepare=case.name)
    for turn in range(rounds):
        for which in (0, 1) if turn % 2 == 0 else (1, 0):
            samples[which].append(workers[which].ask(sample=case.name)["seconds"])
    return samples


def in_fresh_processes(frameworks: list[str], flag: str, rounds: int, threads: int) -> list[list[float]]:
    """The same for what can be done once in a process: importing, and the first step on an empty kernel cache."""
    samples: list[list[float]] = [[], []]
    for turn in range(-1, rounds):  # the first brings the files into memory
        for which in (0, 1) if turn % 2 == 0 else (1, 0):
            with tempfile.TemporaryDirectory() as empty:
                environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PELLUCID_CACHE": empty}
                command = [sys.executable, "-m", "bench.worker", frameworks[which], "--threads", str(threads), flag]
                done = subprocess.run(command, capture_output=True, text=True, env=environment)
            if done.returncode:
                raise Failed((done.stderr.strip().splitlines() or ["?"])[-1])
            if turn >= 0:
                samples[which].append(float(done.stdout.split()[-1]))
    return samples


def measure(case: Case, workers: list[Worker], options: argparse.Namespace, ceiling: roof.Roof) -> dict[str, Any]:
    """One row of the table."""
    row: dict[str, Any] = {"case": case.name, "target": case.target, "limit": case.limit}
    try:
        if case.prepare is not None:
            ours, theirs = in_turns(workers, case, options.rounds)
        else:
            flag = "--import" if case.limit is None else "--first-step"
            ours, theirs = in_fresh_processes([worker.framework for worker in workers], flag, min(options.rounds, 7),
                                              options.threads)
    except Failed as error:
        return {**row, "error": str(error)}
    row |= {"ours": statistics.median(ours), "theirs": statistics.median(theirs),
            "samples": {"ours": ours, "theirs": theirs}}
    row["ratio"] = row["ours"] / row["theirs"]
    row["reached"] = row["ratio"] <= case.target if case.target is not None else row["ours"] <= case.limit
    if case.bytes or case.flops:
        row["bytes"], row["flops"] = case.bytes, case.flops
        row["roof_share"] = ceiling.seconds(case.bytes, case.flops) / row["ours"]
        row["roof_share_theirs"] = ceiling.seconds(case.bytes, case.flops) / row["theirs"]
    return row


# ----------------------------------------------------------------------------------------------------------------------
# table


def duration(seconds: float) -> str:
    return (
        f"{seconds * 1e6:.2f} us"
        if seconds < 1e-4
        else f"{seconds * 1e6:.0f} us"
        if seconds < 1e-2
        else f"{seconds * 1e3:.1f} ms"
        if seconds < 1
        else f"{seconds:.2f} s"
    )


def rate(row: dict[str, Any]) -> str:
    if row.get("flops"):
        return f"{row['flops'] / row['ours'] / 1e9:.0f} GFLOP/s"
    return f"{row['bytes'] / row['ours'] / 1e9:.0f} GB/s" if row.get("bytes") else ""


HEADER = ("case", "ours", "PyTorch", "ratio", "target", "", "rate", "of the roof", "PyTorch's")


def cells(row: dict[str, Any]) -> tuple[str, ...]:
    target = f"{row['target']:.2f}" if row["target"] is not None else f"< {row['limit']:g} s"
    if "error" in row:
        return (row["case"], "-", "-", "-", target, "", row["error"][:60], "", "")
    share = [f"{row[key]:.0%}" if key in row else "" for key in ("roof_share", "roof_share_theirs")]
    return (
        row["case"],
        duration(row["ours"]),
        duration(row["theirs"]),
        f"{row['ratio']:.2f}",
        target,
        "" if row["reached"] else "over",
        rate(row),
        *share,
    )


WIDTHS = (36, 10, 10, 6, 7, 5, 13, 11, 9)


def line(values: tuple[str, ...]) -> str:
    return values[0].ljust(WIDTHS[0]) + "  ".join(value.rjust(width)
                                                  for value, width in zip(values[1:], WIDTHS[1:], strict=True))


def machine(options: argparse.Namespace, ceiling: roof.Roof) -> dict[str, Any]:
    model = platform.processor() or platform.machine()
    try:
        for text in Path("/proc/cpuinfo").read_text().splitlines():
            if text.startswith("model name"):
                model = text.partition(":")[2].strip()
                break
    except OSError:
        pass
    versions = {}
    for package in ("pellucid", "torch", "numpy", "llvmlite"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "cpu": model, "vectors": VECTORS[cpu.vector_bytes()], "cores": os.cpu_count(), "threads": options.threads,
        "python": platform.python_version(), **versions,
        "roof": {"bytes": ceiling.sizes, "bytes_per_second": ceiling.bandwidth, "flops_per_second": ceiling.flops},
    }  # fmt: skip


def describe(facts: dict[str, Any]) -> str:
    top = facts["roof"]
    in_cache, from_memory = max(top["bytes_per_second"]) / 1e9, top["bytes_per_second"][-1] / 1e9
    return (f"{facts['cpu']} with {facts['vectors'].upper()}, {facts['threads']} threads of {facts['cores']} cores; "
            f"Python {facts['python']}, pellucid {facts['pellucid']}, PyTorch {facts['torch']}. Roof: {in_cache:.0f} "
            f"GB/s in cache, {from_memory:.0f} GB/s from memory, {top['flops_per_second'] / 1e9:.0f} GFLOP/s."
    )


def write(rows: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    table = ["| " + " | ".join(HEADER) + " |", "|---|" + "---:|" * (len(HEADER) - 1)]
    table += ["| " + " | ".join(cells(row)) + " |" for row in rows]
    reached = sum(row.get("reached", False) for row in rows)
    text = f"""# Speed beside PyTorch

Written by `make bench`. The same code in both frameworks, in turns, each in its own process; medians. The ratio is
time(pellucid) / time(PyTorch), the target the one that was set beforehand. The rate counts what an ideal program must
move; the roof is measured on the same machine by [roof.py](roof.py).

{describe(facts)}

{chr(10).join(table)}

{reached} of {len(rows)} targets reached.
"""
    name = f"results-{facts['vectors']}"
    (HERE / f"{name}.md").write_text(text)
    (HERE / f"{name}.json").write_text(json.dumps({"machine": facts, "rows": rows}, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("--only", help="words, separated by commas: cases whose names contain one")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ours", default="pellucid", help="the framework measured")
    parser.add_argument("--table", action="store_true", help="PyTorch's operator table: see table.py")
    parser.add_argument("--check", action="store_true", help="fail when a target is missed")
    options = parser.parse_args()
    if options.table:                            # needs the parity harness, which nothing else here does
        from bench import table

        return table.main(options.only or "", options.threads)

    chosen = [case for case in CASES if not options.only or any(word in case.name for word in options.only.split(","))]
    if not chosen:
        parser.error(f"no case of that name; there are: {'; '.join(case.name for case in CASES)}")
    if (busy := os.getloadavg()[0]) > 0.5 * (os.cpu_count() or 1):
        print(f"The load is {busy:.1f}: other programs are running, and even the ratios will suffer.")
    ceiling = roof.measure(options.threads)
    facts = machine(options, ceiling)
    print(describe(facts), "\n", line(HEADER), sep="\n", flush=True)
    workers, rows = [Worker(framework, options.threads) for framework in (options.ours, "torch")], []
    for case in chosen:
        workers = [worker if worker.process.poll() is None else Worker(worker.framework, options.threads)
                   for worker in workers]
        rows.append(measure(case, workers, options, ceiling))
        print(line(cells(rows[-1])), flush=True)
    for worker in workers:
        worker.stop()
    if not options.only and options.ours == "pellucid":
        write(rows, facts)
    reached = sum(row.get("reached", False) for row in rows)
    print(f"\n{reached} of {len(rows)} targets reached")
    return 1 if options.check and reached < len(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
