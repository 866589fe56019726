"""Every entry of PyTorch's operator table once at about a million elements, in both frameworks.

    make bench ARGS=--table                the worst fifty ratios; writes bench/table-avx512.md (or -avx2)
    python -m bench --table --only cumsum  entries whose names contain the word; writes nothing

An entry's own samples (float32, or the first type of TYPES that it takes) are made large by repeating them along each
dimension that is longer than 1, all by the same factor, so that sizes which must agree still do; the first sample that
both frameworks take is timed. Entries that are told sizes by number, or whose sizes grow apart, have a call in GIVEN.
Each entry runs in a process of its own. The two take turns, and the ratio is that of the medians. An entry above LIMIT
fails unless reasons.txt gives its reason; a reason that is not needed any more is named.
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
TYPES = torch.float32, torch.int64, torch.complex64
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


def _rows(*others: Any) -> tuple:
    return torch.rand(1000, 1000), *others


# arguments for entries whose samples cannot be repeated
GIVEN: dict[str, Callable[[], tuple]] = {
    "arange": lambda: (1_000_000,), "linspace": lambda: (0, 1, 1_000_000), "logspace": lambda: (0, 1, 1_000_000),
    "linspace.tensor_overload": lambda: (torch.tensor(0.0), torch.tensor(1.0), 1_000_000),
    "logspace.tensor_overload": lambda: (torch.tensor(0.0), torch.tensor(1.0), 1_000_000),
    "ones": lambda: ((1000, 1000),), "zeros": lambda: ((1000, 1000),), "full": lambda: ((1000, 1000), 2.5),
    "eye": lambda: (1000,), "triu_indices": lambda: (1000, 1000), "tril_indices": lambda: (1000, 1000),
    "scalar_tensor": lambda: (1.5,), "broadcast_shapes": lambda: ((1000, 1), (1, 1000)),
    "broadcast_to": lambda: (torch.rand(1000), (1000, 1000)), "outer": lambda: (torch.rand(1000), torch.rand(1000)),
    "kron": lambda: (torch.rand(30, 30), torch.rand(33, 33)), "diagflat": lambda: (torch.rand(1000),),
    "cross": lambda: (torch.rand(333_333, 3), torch.rand(333_333, 3)),
    "linalg.cross": lambda: (torch.rand(333_333, 3), torch.rand(333_333, 3)),
    "view_as_complex": lambda: (torch.rand(500_000, 2),),
    "view_as_real": lambda: (torch.rand(500_000, dtype=torch.complex64),),
    "imag": lambda: (torch.rand(500_000, dtype=torch.complex64),),
    "as_strided_scatter": lambda: _rows(torch.rand(500, 500), (500, 500), (2000, 2), 1),
    "slice_scatter": lambda: _rows(torch.rand(1000, 500), 1, 0, 1000, 2),
    "split.list_args": lambda: _rows([200, 300, 500], 1), "split_with_sizes": lambda: _rows([200, 300, 500], 1),
    "split_with_sizes_copy": lambda: _rows([200, 300, 500], 1),
    "native_layer_norm": lambda: _rows((1000,), torch.rand(1000), torch.rand(1000), 1e-5),
    "nn.functional.layer_norm": lambda: _rows((1000,), torch.rand(1000), torch.rand(1000)),
    "nn.functional.rms_norm": lambda: _rows((1000,), torch.rand(1000)),
    "bincount": lambda: (torch.randint(1000, (1_000_000,)),),
    "nn.functional.one_hot": lambda: (torch.randint(100, (10_000,)), 100),
}


def large(name: str) -> Iterator[tuple[tuple, dict]]:
    """Arguments of a large call, more where the first cannot be used."""
    if name in GIVEN:
        yield GIVEN[name](), {}
        return
    entry = sweep.entries()[name]
    dtype = next((one for one in TYPES if entry.supports_dtype(one, "cpu")), torch.float32)
    for item in itertools.islice(entry.sample_inputs("cpu", dtype), opdb.READ):
        try:
            yield enlarged(item)
        except Exception:                       # no tensor, or none that can be repeated
            continue


def calls(name: str) -> tuple[Callable[[], Any], Callable[[], Any], int]:
    """(theirs, ours, elements): a call of the entry in both frameworks that both can do."""
    torch.manual_seed(sweep.SEED)
    for args, kwargs in large(name):
        both = []
        for translator, function in zip((sweep.THEIRS, sweep.OURS), sweep.both(sweep.entries()[name])):
            a, k = sweep.carried(translator, (args, kwargs))
            if sweep.attempt(function, a, k)[1] is not None:
                break
            both.append(lambda function=function, a=a, k=k: function(*a, **k))
        else:
            return *both, max(t.numel() for t in sweep.tensors((args, kwargs, both[0]())))
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
    yield (f"Written by `make bench ARGS=--table`: {len(rows)} entries were timed in both frameworks; no sample could "
           f"be made large of {', '.join(row['name'] for row in failed) or 'none'}. The worst {WORST} ratios "
           "time(pellucid) / time(PyTorch).\n")
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
