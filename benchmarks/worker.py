"""One contender in a process of its own: ``python -m benchmarks.worker MODULE:FACTORY SETTINGS``.

It makes the contender once and then, for every two numbers it reads from standard input, does work
that is not timed and work that is, and answers with a line of JSON. So contenders never share
threads, memory or a library that is set up for another one, and can still take turns.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time


def peak_memory() -> int:
    """Bytes of this process at its largest so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def main(task: str, settings: str) -> None:
    """Serve until standard input ends."""
    # What libraries print must not come between the answers.
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
