"""Runs PyTorch's operator table through both frameworks and says how much of it agrees.

    make parity                                      everything; fails if an entry named in agreed.txt does not agree
                                                     any more
    python -m tests.parity.run --update              the same, and adds what agrees now to agreed.txt (nothing is ever
                                                     taken out)
    python -m tests.parity.run --only tanh,add -v    the entries to work on, with every disagreement
    python -m tests.parity.run --match 'linalg.*'    by pattern

The parent holds the list of entries and hands them out one at a time to worker processes, which import both frameworks
and call opdb.check. So an entry that crashes, or runs past its time, costs its worker and is named; the rest goes on.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import fnmatch
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

AGREED = Path(__file__).with_name("agreed.txt")
COUNTED = ("values", "shapes", "dtypes", "gradients", "exceptions")
REPORTED = ("strides", "out", "messages")
SAME = (  # what is left out or made equal in a reason before reasons are counted
    (r"at most by \S+", ""),
    (r"\b[\w.]+\(\)", "f()"),
    (r"(invalid combination of arguments).*", r"\1"),
    (r"\(?-?\b\d[\d.e+-]*\b,?\)?", "#"),
)


# ----------------------------------------------------------------------------------------------------------------------
# workers


def serve(framework: str) -> None:
    """The worker: one name a line in, one JSON object a line out. What operators print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    from tests.parity import opdb  # needs PyTorch, which the parent does without

    module, table = opdb.load(framework), opdb.entries()
    answers.write(json.dumps(list(table)) + "\n")
    for line in sys.stdin:
        name, started = line.strip(), time.perf_counter()
        try:
            result = opdb.check(table[name], name, module).as_dict()
        # a sample that PyTorch itself cannot make: the run goes on, the entry does not agree
        except Exception as error:
            result = {**failed(name, f"the harness fails: {type(error).__name__}: {error}"), "broken": True}
        answers.write(json.dumps({**result, "seconds": time.perf_counter() - started}) + "\n")


def failed(name: str, reason: str) -> dict[str, Any]:
    states = {aspect: "differ" for aspect in COUNTED} | {aspect: "untested" for aspect in REPORTED}
    return {"name": name, "states": states, "findings": [["values", "", reason, False]]}


class Worker:
    """One worker process and the thread that feeds it."""

    def __init__(self, framework: str, budget: float):
        self.framework, self.budget, self.process = framework, budget, None

    def start(self) -> list[str]:
        """A fresh process; returns the names it knows."""
        command = [sys.executable, "-m", "tests.parity.run", "--worker", "--framework", self.framework]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
        errors = None if os.environ.get("PARITY_STDERR") else subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                        text=True, env=environment)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a worker did not start: run `{' '.join(command[1:])}` to see why")
        return json.loads(line)

    def check(self, name: str) -> dict[str, Any]:
        if self.process is None:
            self.start()
        late = threading.Event()
        timer = threading.Timer(self.budget, lambda: (late.set(), self.process.kill()))
        timer.start()
        try:
            self.process.stdin.write(name + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if line:
            return json.loads(line)
        code = self.close()
        self.process = None
        reason = (
            f"runs longer than {self.budget:g} s"
            if late.is_set()
            else f"crash: {signal.Signals(-code).name}"
            if code < 0
            else f"the process ends with status {code}"
        )
        return {**failed(name, reason), "seconds": self.budget if late.is_set() else 0.0, "crashed": True}

    def close(self) -> int:
        """Wait for the process to end; its exit status."""
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        return self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            self.close()
            self.process = None


def run(names: list[str], workers: list[Worker], progress: bool) -> list[dict[str, Any]]:
    """Checks the names on the workers; results in the order of the names."""
    queue, results, lock = collections.deque(names), {}, threading.Lock()
    bar = progress_bar(len(names)) if progress else None

    def feed(worker: Worker) -> None:
        while True:
            with lock:
                if not queue:
                    return
                name = queue.popleft()
            result = worker.check(name)
            with lock:
                results[name] = result
                if bar is not None:
                    bar.set_postfix_str(name[:32], refresh=False)
                    bar.update()

    threads = [threading.Thread(target=feed, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if bar is not None:
        bar.close()
    for worker in workers:
        worker.stop()
    return [results[name] for name in names]


def progress_bar(total: int) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, unit="entry", mininterval=1.0 if sys.stderr.isatty() else 20.0)


# ----------------------------------------------------------------------------------------------------------------------
# report


def agrees(result: dict[str, Any]) -> bool:
    states = [result["states"][aspect] for aspect in COUNTED]
    return all(state in ("agree", "untested") for state in states) and "agree" in states


def absent(result: dict[str, Any]) -> bool:
    return all(result["states"][aspect] == "absent" for aspect in COUNTED)


def pattern(reason: str) -> str:
    """A reason without the numbers and operators' names that would keep equal reasons apart."""
    for what, instead in SAME:
        reason = re.sub(what, instead, reason)
    return reason[:110]


def table(results: list[dict[str, Any]]) -> str:
    lines = [f"{'':12}{'agree':>8}{'differ':>8}{'absent':>8}{'untested':>10}"]
    for aspect in COUNTED + REPORTED:
        count = collections.Counter(result["states"][aspect] for result in results)
        lines.append(
            f"{aspect:12}{count['agree']:8}{count['differ']:8}{count['absent']:8}{count['untested']:10}"
            + ("" if aspect in COUNTED else "   (not counted)")
        )
    return "\n".join(lines)


def reasons(results: list[dict[str, Any]], limit: int) -> str:
    """What keeps most of the entries that are there from agreeing, counted by entries."""
    groups: dict[str, set[str]] = collections.defaultdict(set)
    aspects: dict[str, set[str]] = collections.defaultdict(set)
    for result in results:
        for aspect, _where, reason, _absent in result["findings"]:
            if aspect in COUNTED and not absent(result):
                groups[pattern(reason)].add(result["name"])
                aspects[pattern(reason)].add(aspect)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    lines = []
    for reason, names in ranked[:limit]:
        examples = ", ".join(sorted(names)[:4]) + (", ..." if len(names) > 4 else "")
        lines.append(f"{len(names):5}  {'/'.join(sorted(aspects[reason]))}: {reason}   [{examples}]")
    if len(ranked) > limit:
        lines.append(f"       and {len(ranked) - limit} other reasons (--reasons)")
    return "\n".join(lines)


def details(result: dict[str, Any]) -> str:
    word = "agrees" if agrees(result) else "is absent" if absent(result) else "differs"
    lines = [f"{result['name']} {word}  ({result['seconds']:.1f} s)"]
    seen = collections.Counter()
    for aspect, where, reason, _absent in result["findings"]:
        seen[aspect] += 1
        if seen[aspect] <= 12:
            lines.append(f"    {aspect}: {where}: {reason}")
    lines += [f"    {aspect}: {count - 12} more" for aspect, count in seen.items() if count > 12]
    return "\n".join(lines)


def read_agreed() -> list[str]:
    return AGREED.read_text().split() if AGREED.exists() else []


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--framework", default="pellucid",
                        help="what is compared with PyTorch (torch compares it with itself)")
    parser.add_argument("--only",
                        help="names, separated by commas; an entry's name without its variant names all variants")
    parser.add_argument("--match", help="a shell pattern for names")
    parser.add_argument("--agreed", action="store_true",
                        help="only the entries of agreed.txt: enough to see that none was lost")
    parser.add_argument("--update", action="store_true", help="add to agreed.txt what agrees now")
    parser.add_argument("--workers", type=int, default=max(1, min(4, os.cpu_count() or 1)))
    parser.add_argument("--budget", type=float, default=90.0, help="seconds for one entry")
    parser.add_argument("--reasons", type=int, default=25, help="how many reasons to list")
    parser.add_argument("--json", help="write every result to this file")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every disagreement")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.worker:
        serve(options.framework)
        return 0

    started = time.perf_counter()
    workers = [Worker(options.framework, options.budget) for _ in range(options.workers)]
    names = known = workers[0].start()
    if options.only:
        wanted = set(options.only.split(","))
        names = [name for name in known if name in wanted or any(name.startswith(word + ".") for word in wanted)]
    if options.match:
        names = [name for name in names if fnmatch.fnmatch(name, options.match)]
    if options.agreed:
        names = [name for name in names if name in set(read_agreed())]
    results = run(names, workers[: max(1, min(len(workers), (len(names) + 3) // 4))], progress=len(names) > 8)
    workers[0].stop()

    if options.verbose:
        print("\n".join(details(result) for result in results), end="\n\n")
    agreed = sorted(result["name"] for result in results if agrees(result))
    crashed = [result["name"] for result in results if result.get("crashed")]
    broken = [result["name"] for result in results if result.get("broken")]
    print(table(results), end="\n\n")
    if text := reasons(results, options.reasons):
        print(f"what stands between, by entries:\n{text}\n")
    if crashed:
        print(f"crashed or too slow: {', '.join(crashed)}\n")
    if broken:
        print(f"not checked, the harness itself failed: {', '.join(broken)}\n")
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1))
    missing = sum(absent(result) for result in results)
    if missing and options.verbose:
        print(f"absent: {', '.join(result['name'] for result in results if absent(result))}\n")
    print(f"{len(agreed)} of {len(results)} entries agree, {len(results) - len(agreed) - missing} differ, {missing} "
          f"are absent ({time.perf_counter() - started:.0f} s)"
    )
    return floor(agreed, {result["name"] for result in results}, options)


def floor(agreed: list[str], checked: set[str], options: argparse.Namespace) -> int:
    """Holds the result against agreed.txt; the file only grows."""
    if options.framework != "pellucid":
        return 0
    before = read_agreed()
    lost = sorted((set(before) & checked) - set(agreed))
    gained = sorted(set(agreed) - set(before))
    if options.update and gained:
        AGREED.write_text("".join(f"{name}\n" for name in sorted({*before, *agreed})))
        print(f"agreed.txt: {len(before)} -> {len({*before, *agreed})} names")
    elif gained:
        print(f"{len(gained)} entries agree that agreed.txt does not name: --update adds them")
    if lost:
        print(f"LOST: {len(lost)} entries of agreed.txt do not agree any more: {', '.join(lost)}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
