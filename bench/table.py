"""Every entry of PyTorch's operator table once at about a million elements, in both frameworks.

    make bench ARGS=--table                the worst fifty ratios; writes bench/table-avx512.md (or -avx2)
    python -m bench --table --only cumsum  entries whose names contain the word; writes nothing

An entry's own float32 samples are made large by repeating them along each dimension that is longer than 1, all by the
same factor, so that sizes which must agree still do; the first sample that both frameworks take is timed. Each entry
runs in a process of its own. The two take turns, and the ratio is that of the medians. An entry above LIMIT fails
unless reasons.txt gives its reason; a reason that is not needed any more is named.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

import pellucid
from pellucid.codegen.targets import cpu
from tests.parity import opdb, sweep

HERE = Path(__file__).parent
ELEMENTS, LIMIT, WORST = 1e6, 3.0, 50
ROUNDS, SECONDS, SLOW = 7, 30, 0.5             # timings each; for one entry; a call that is too long to be repeated
SPIN = 0.012                                   # libgomp's threads spin so long after a call
VECTORS = {64: "avx512", 32: "avx2", 16: "16-bytes"}


def enlarged(item: Any) -> tuple[tuple, dict]:
    """A sample's arguments with about ELEMENTS elements in the largest tensor."""
    args, kwargs = sweep.arguments(item)
    largest = max(sweep.tensors((args, kwargs)), key=lambda t: t.numel())
    dims = sum(size > 1 for size in largest.shape)
    if not dims:
        raise ValueError("no dimension to repeat")
    factor = max(1, round((ELEMENTS / largest.numel()) ** (1 / dims)))
    return sweep.mapped((args, kwargs), lambda t: t.detach().repeat([factor if size > 1 else 1 for size in t.shape])
                        if t.ndim else t.detach())


def calls(name: str) -> tuple[Callable[[], Any], Callable[[], Any], int]:
    """(theirs, ours, elements): a call of the entry in both frameworks that both can do."""
    entry = sweep.entries()[name]
    torch.manual_seed(sweep.SEED)
    for item in itertools.islice(entry.sample_inputs("cpu", torch.float32), opdb.READ):
        try:
            args, kwargs = enlarged(item)
        except Exception:                       # no tensor, or none that can be repeated
            continue
        both = []
        for translator, function in zip((sweep.THEIRS, sweep.OURS), sweep.both(entry)):
            a, k = sweep.carried(translator, (args, kwargs))
            if sweep.attempt(function, a, k)[1] is not None:
                break
            both.append(lambda function=function, a=a, k=k: function(*a, **k))
        else:
            return *both, max(t.numel() for t in sweep.tensors((args, kwargs)))
    raise ValueError("no sample can be made large")


def seconds(call: Callable[[], Any]) -> float:
    time.sleep(SPIN)
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(name: str, threads: int) -> dict[str, Any]:
    torch.set_num_threads(threads), pellucid.set_num_threads(threads)
    theirs, ours, elements = calls(name)
    first = [seconds(theirs), seconds(ours), seconds(theirs), seconds(ours)]
    rounds = ROUNDS if max(first) < SLOW else 1
    samples = [(seconds(theirs), seconds(ours)) for _ in range(rounds)]
    a, b = (statistics.median(column) for column in zip(*samples))
    return {"name": name, "elements": elements, "theirs": a, "ours": b, "ratio": b / a}


def apart(name: str, threads: int) -> dict[str, Any]:
    """`measure` in a process of its own, which may neither hang nor take this one along."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)             # warnings of either framework
        try:
            answer = measure(name, threads)
        except Exception as error:
            answer = {"name": name, "error": f"{type(error).__name__}: {error}"[:120]}
        os.write(write, json.dumps(answer).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    status = os.waitpid(child, 0)[1]
    return json.loads(text) if text else {"name": name, "error": f"ended with status {status} within {SECONDS} s"}


def reasons() -> dict[str, str]:
    lines = (HERE / "reasons.txt").read_text().splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


def page(rows: list[dict[str, Any]], failed: list[dict[str, Any]], known: dict[str, str]) -> Iterator[str]:
    yield f"# PyTorch's operator table at about {ELEMENTS:,.0f} elements\n"
    yield (f"Written by `make bench ARGS=--table`: {len(rows)} entries were timed in both frameworks, {len(failed)} "
           f"have no float32 sample that can be made large. The worst {WORST} ratios time(pellucid) / time(PyTorch).\n")
    yield "| entry | elements | PyTorch | pellucid | ratio | why |\n| --- | --- | --- | --- | --- | --- |"
    for row in rows[:WORST]:
        yield (f"| {row['name']} | {row['elements']:,} | {row['theirs'] * 1e3:.3f} ms | {row['ours'] * 1e3:.3f} ms | "
               f"{row['ratio']:.2f} | {known.get(row['name'], '')} |")
    half = statistics.median(row["ratio"] for row in rows)
    yield f"\nThe median of all ratios is {half:.2f}; {sum(row['ratio'] > 1 for row in rows)} entries are above 1."


def main(only: str, threads: int) -> int:
    names = [name for name in sweep.entries() if any(word in name for word in only.split(","))]
    found = [apart(name, threads) for name in tqdm(names, unit="entry", desc="operators")]
    rows = sorted((row for row in found if "error" not in row), key=lambda row: -row["ratio"])
    failed, known = [row for row in found if "error" in row], reasons()
    text = "\n".join(page(rows, failed, known))
    print(text)
    if only:
        for row in failed:
            print(f"{row['name']}: {row['error']}")
    else:
        (HERE / f"table-{VECTORS[cpu.vector_bytes()]}.md").write_text(text + "\n")
    slow = [row["name"] for row in rows if row["ratio"] > LIMIT and row["name"] not in known]
    if slow:
        print(f"\nabove {LIMIT} and without a reason in bench/reasons.txt: {', '.join(slow)}", file=sys.stderr)
    quick = [row["name"] for row in rows if row["ratio"] < LIMIT / 2 and row["name"] in known]
    if quick and not only:
        print(f"reasons that are not needed any more: {', '.join(quick)}", file=sys.stderr)
    return len(slow) > 0
