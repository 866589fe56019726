"""Writes random programs, runs each in PyTorch and in pellucid, and shows what differs.

    python -m tests.parity.generate --seed 0 --count 1000    programs 0:0 to 0:999, the findings by kind
    python -m tests.parity.generate --program 0:17           one program, whole
    python -m tests.parity.generate --count 3 --show         programs as they run

Workers are forked from a process that has imported both frameworks and used neither. A program that crashes its worker,
or hangs, is a finding; a new worker goes on behind it.
"""

from __future__ import annotations

import argparse
import ast
import collections
import faulthandler
import importlib
import itertools
import json
import mmap
import os
import re
import selectors
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.parity.generated import grammar, known, observe, shrink, write

HANG = 120.0  # seconds without a step


# ---------------------------------------------------------------------------------------------------------- one program


class Lab:
    """The two frameworks and the tables of what both have."""

    def __init__(self, framework: str):
        self.theirs, self.ours = importlib.import_module("torch"), importlib.import_module(framework)
        self.tables = grammar.tables((self.theirs, self.ours))
        self.known = known.read()
        self.announce: Any = None

    def explore(self, seed: str) -> tuple[list[str], list[observe.Difference], int]:
        """A program written and run up to a difference that matters to what follows; how many of its lines raised."""
        pair = observe.Pair(self.theirs, self.ours, self.announce)
        raised = 0

        def lines() -> Iterator[str]:
            nonlocal raised
            for line in write.Writer(seed, self.tables, pair.variables[0], self.theirs).lines():
                yield line
                raised += bool(pair.raised)

        found = observe.follow(pair, lines())
        return pair.lines, found, raised

    def signatures(self, lines: list[str]) -> dict[str, observe.Difference]:
        """What differs in a program that is there, by signature."""
        try:
            pair = observe.Pair(self.theirs, self.ours, self.announce)
            return {signature(lines, d): d for d in reversed(observe.follow(pair, lines))}
        except SyntaxError:
            return {}


def signature(lines: list[str], difference: observe.Difference) -> str:
    """The operator of the line that shows a difference, and the kind of difference."""
    kind = difference.kind
    if kind in ("exception", "dtype", "grad_fn"):
        kind = f"{kind} {difference.theirs} | {difference.ours}"
    return f"{operator(lines[difference.step])}: {kind}"


def operator(line: str) -> str:
    """What a line is about: the outermost name that is called."""
    node: Any = ast.parse(line).body[0]
    while isinstance(node, ast.With):
        node = node.body[0]
    if isinstance(node, ast.AugAssign):
        return type(node.op).__name__.lower() + "="
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        return "[]="
    node = node.value
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).rpartition(".")[2]
    if isinstance(node, ast.Subscript):
        return "[]"
    if isinstance(node, ast.Attribute):
        return "." + node.attr
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return type(node.op).__name__.lower()
    if isinstance(node, ast.Compare):
        return type(node.ops[0]).__name__.lower()
    return type(node).__name__.lower()


# -------------------------------------------------------------------------------------------------------------- workers


def work(lab: Lab, seeds: list[str], pipe: int, board: mmap.mmap, options: argparse.Namespace) -> None:
    """In a forked process: all the seeds, a line of JSON for each."""
    out = os.fdopen(pipe, "w", buffering=1)
    shown = collections.Counter()
    warnings.simplefilter("ignore")
    for seed in seeds:

        def announce(name: str, seed: str = seed) -> None:
            board[:64] = f"{seed} {name}".encode().ljust(64)

        lab.announce = announce
        announce("writer")
        try:
            answer = examine(lab, seed, shown, options)
        except Exception:
            answer = {
                "seed": seed,
                "lines": 0,
                "raised": 0,
                "known": 0,
                "found": [],
                "broken": traceback.format_exc(limit=-6),
            }
        out.write(json.dumps(answer, default=str) + "\n")
    out.write("done\n")


def examine(lab: Lab, seed: str, shown: collections.Counter[str], options: argparse.Namespace) -> dict[str, Any]:
    lines, differences, raised = lab.explore(seed)
    answer: dict[str, Any] = {"seed": seed, "lines": len(lines), "raised": raised, "known": 0, "found": []}
    for difference in differences:
        sign = signature(lines, difference)
        if any(entry.explains(sign, lines[: difference.step + 1]) for entry in lab.known):
            answer["known"] += 1
            continue
        finding = {"seed": seed, "sign": sign, "program": lines[: difference.step + 1], "what": str(difference)}
        shown[sign] += 1
        if shown[sign] <= options.examples:
            if sign not in lab.signatures(finding["program"]):
                finding["unstable"] = True
            else:
                short = shrink.shrink(
                    finding["program"], lambda lines, sign=sign: sign in lab.signatures(lines), options.shrink
                )
                finding |= {"short": short, "what": str(lab.signatures(short)[sign])}
        answer["found"].append(finding)
    return answer


class Worker:
    def __init__(self, lab: Lab, seeds: list[str], options: argparse.Namespace):
        self.lab, self.seeds, self.options = lab, seeds, options
        self.board = mmap.mmap(-1, 64)
        self.start()

    def start(self) -> None:
        reader, writer = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            os.close(reader)
            faulthandler.disable()
            if not os.environ.get("PARITY_STDERR"):
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            try:
                work(self.lab, self.seeds, writer, self.board, self.options)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        os.close(writer)
        self.pipe, self.buffer, self.over, self.moved = reader, b"", False, (b"", time.monotonic())

    def read(self) -> list[dict[str, Any]]:
        """What has come in; at a crash, a finding, and a new process behind it."""
        data = os.read(self.pipe, 1 << 16)
        self.buffer += data
        *whole, self.buffer = self.buffer.split(b"\n")
        answers = []
        for text in whole:
            if text == b"done":
                self.over = True
            else:
                answers.append(json.loads(text))
                self.seeds = self.seeds[self.seeds.index(answers[-1]["seed"]) + 1 :]
        if not data:
            os.close(self.pipe)
            _, status = os.waitpid(self.pid, 0)
            if self.over or not self.seeds:
                self.over, self.pipe = True, -1
            else:
                name = (
                    signal.Signals(os.WTERMSIG(status)).name
                    if os.WIFSIGNALED(status)
                    else f"status {os.WEXITSTATUS(status)}"
                )
                seed, where = self.seeds.pop(0), self.board[:64].decode().split()[-1]
                sign = f"crash: {name} in {where}"
                answers.append(
                    {
                        "seed": seed,
                        "lines": 0,
                        "raised": 0,
                        "known": 0,
                        "found": [{"seed": seed, "sign": sign, "program": [], "what": sign}],
                    }
                )
                self.start()
        return answers

    def stop(self) -> None:
        if self.pipe >= 0:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self.pipe)
            self.over, self.pipe = True, -1

    def watch(self) -> None:
        now = bytes(self.board[:64])
        if now != self.moved[0]:
            self.moved = now, time.monotonic()
        elif time.monotonic() - self.moved[1] > HANG:
            os.kill(self.pid, signal.SIGKILL)


def run(lab: Lab, seeds: list[str], options: argparse.Namespace) -> list[dict[str, Any]]:
    count = max(1, min(options.workers, len(seeds)))
    workers = [Worker(lab, seeds[k::count], options) for k in range(count)]
    answers: list[dict[str, Any]] = []
    started = shown = time.monotonic()
    while any(not worker.over or worker.pipe >= 0 for worker in workers):
        with selectors.DefaultSelector() as selector:
            for worker in workers:
                if worker.pipe >= 0:
                    selector.register(worker.pipe, selectors.EVENT_READ, worker)
            for key, _ in selector.select(1.0):
                answers += key.data.read()
        late = time.monotonic() - started > options.seconds
        for worker in workers:
            worker.stop() if late else worker.watch()
        if options.progress and time.monotonic() - shown > (0.5 if sys.stderr.isatty() else 20):
            shown = time.monotonic()
            found = sum(bool(answer["found"]) for answer in answers)
            print(
                f"{len(answers)}/{len(seeds)} programs, {found} differ, {len(answers) / (shown - started):.0f}/s",
                end="\r" if sys.stderr.isatty() else "\n",
                file=sys.stderr,
                flush=True,
            )
    return answers


# --------------------------------------------------------------------------------------------------------------- report


def script(lines: list[str], framework: str) -> str:
    """A program that runs as it stands."""
    used = " ".join(lines)
    imports = {
        r"\btorch\b": f"import {framework} as torch".removesuffix(" as torch")
        if framework == "torch"
        else f"import {framework} as torch",
        r"\bF\.": "F = torch.nn.functional",
        r"\bnn\.": "nn = torch.nn",
        r"\bnp\.": "import numpy as np",
        r"\bcopy\.": "import copy",
        r"\b(nan|inf)\b": "from math import inf, nan",
    }
    return "\n".join([line for pattern, line in imports.items() if re.search(pattern, used)] + lines)


def report(answers: list[dict[str, Any]]) -> None:
    groups: dict[str, list[dict[str, Any]]] = collections.defaultdict(list)
    for answer in answers:
        for finding in answer["found"]:
            groups[finding["sign"]].append(finding)
    for sign, members in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0])):
        best = min(members, key=lambda f: ("short" not in f, len("".join(f.get("short", f["program"])))))
        print(
            f"---- {len(members)} x {sign}   [{best['seed']}]"
            + ("  (not repeatable alone)" if best.get("unstable") else "")
        )
        print(
            *map(
                " ".join, zip(itertools.repeat("   "), script(best.get("short", best["program"]), "torch").splitlines())
            ),
            sep="\n",
        )
        print("  " + best["what"].replace("\n", "\n  ")[:600])
    for answer in answers:
        if "broken" in answer:
            print(f"---- broken {answer['seed']}\n{answer['broken']}")
    total = {key: sum(answer[key] for answer in answers) for key in ("lines", "raised", "known")}
    print(
        f"{len(answers)} programs, {total['lines']} lines of which {total['raised']} raise; "
        f"{sum(bool(a['found']) for a in answers)} programs differ, "
        f"in {len(groups)} ways; {total['known']} differences are listed in known.txt"
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--framework", default="pellucid")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--program", help="SEED:NUMBER of one program")
    parser.add_argument("--show", action="store_true", help="print the programs")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument(
        "--examples", type=int, default=1, help="programs made short for each kind of finding, in each worker"
    )
    parser.add_argument("--shrink", type=float, default=4.0, help="seconds for making one short")
    parser.add_argument("--open", type=int, default=0, help="so many programs may differ")
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="stop after so long and report what was run"
    )
    parser.add_argument("--json", help="write every finding to this file")
    options = parser.parse_args(arguments)
    options.progress = True
    lab = Lab(options.framework)
    lab.theirs.set_num_threads(1)
    if options.program or options.show:
        warnings.simplefilter("ignore")
        for seed in (
            [options.program]
            if options.program
            else [f"{options.seed}:{k}" for k in range(options.first, options.first + options.count)]
        ):
            lines, found, _ = lab.explore(seed)
            print("\n".join(lines), *map(str, found), "", sep="\n")
        return 0
    started = time.monotonic()
    answers = run(lab, [f"{options.seed}:{k}" for k in range(options.first, options.first + options.count)], options)
    if options.json:
        Path(options.json).write_text(json.dumps([f for a in answers for f in a["found"]], indent=1))
    report(answers)
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if sum(bool(answer["found"] or "broken" in answer) for answer in answers) > options.open else 0


if __name__ == "__main__":
    sys.exit(main())
