"""The process of one contender: ``python -m benchmarks.worker MODULE:FACTORY SETTINGS``.

It makes the contender once. For every two numbers on standard input it does the first number of
untimed units of work and the second number of timed ones, and answers with a line of JSON. The
contenders can therefore take turns without sharing threads, memory or the setup of a library.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time


def peak_memory() -> int:
    """Return the peak memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def main(task: str, settings: str) -> None:
    """Answer requests until standard input ends."""
    # Output of libraries must not mix with the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, factory = task.split(":")
    work = getattr(importlib.import_module(module), factory)(**json.loads(settings))
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        warm, count = (int(number) for number in line.split())
        if warm:
            work(warm)
        begin = time.perf_counter()
        value = work(count)
        answer = {
            "seconds": time.perf_counter() - begin,
            "peak_memory": peak_memory(),
            "value": value,
        }
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
