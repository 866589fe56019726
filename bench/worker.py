"""One framework's process: prepares cases and times them when __main__ says so. JSON lines in, JSON lines out.

    {"prepare": name}   builds the case, warms it up, finds how many calls make a sample -> {"calls": n}
    {"sample": name}    times one sample -> {"seconds": per call}

`--import` and `--first-step` time one thing in this fresh process and end.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import sys
import time
from collections.abc import Callable

SAMPLE = 0.02  # seconds a sample takes at least


def timed(call: Callable, count: int) -> float:
    """Seconds for `count` calls; the cyclic collector waits, as timeit does it."""
    gc.disable()
    started = time.perf_counter()
    for _ in range(count):
        call()
    seconds = time.perf_counter() - started
    gc.enable()
    return seconds


def calibrated(call: Callable) -> int:
    """Calls for one sample, after warming up: kernels compiled, pools filled, threads awake."""
    started = time.perf_counter()
    for _ in range(3):
        call()
    while time.perf_counter() - started < 0.1:
        call()
    count = 1
    while (seconds := timed(call, count)) < SAMPLE:
        count = max(count * 2, min(count * 100, int(count * SAMPLE * 1.1 / max(seconds, 1e-9)) + 1))
    return count


def serve(torch) -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    from bench.cases import CASES

    cases = {case.name: case for case in CASES}
    call, count = None, 1
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if "prepare" in request:
                call = None
                gc.collect()
                call = cases[request["prepare"]].prepare(torch)
                count = calibrated(call)
                answer = {"calls": count}
            else:
                answer = {"seconds": timed(call, count) / count}
        except Exception as error:  # one case that fails must not end the others
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("framework")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--import", action="store_true", dest="only_import")
    parser.add_argument("--first-step", action="store_true")
    options = parser.parse_args()
    started = time.perf_counter()
    torch = importlib.import_module(options.framework)
    imported = time.perf_counter()
    if options.only_import:
        print(imported - started)
        return
    torch.set_num_threads(options.threads)
    if options.first_step:
        from bench.cases import small_cnn_step

        started = time.perf_counter()
        small_cnn_step(torch)()
        print(time.perf_counter() - started)
        return
    serve(torch)


if __name__ == "__main__":
    main()
