"""``python -m benchmarks`` measures, prints, and writes results.json and RESULTS.md."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
from pathlib import Path

from benchmarks import machine
from benchmarks.harness import ROOT
from benchmarks.results import Benchmark, merge, number, table_lines

BENCHMARKS = ("startup", "simulation", "counts", "generation", "training", "scaling", "page")
ON_REQUEST = ("gpu",)  # most machines have none
NEED_TORCH = {"training", "generation"}
BUSY = 0.5  # load average over the last minute, in processes


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return 0 if everything was measured, whether goals were met or not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        choices=BENCHMARKS + ON_REQUEST,
        help="one benchmark; can be repeated (gpu runs only if it is named)",
    )
    parser.add_argument(
        "--quick", action="store_true",
        help="small sizes, to check that everything runs; results go to _build",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, help="the folder of results.json and RESULTS.md")
    options = parser.parse_args(arguments)
    chosen = [name for name in BENCHMARKS + ON_REQUEST if name in (options.only or BENCHMARKS)]
    if NEED_TORCH & set(chosen) and importlib.util.find_spec("torch") is None:
        print(
            "PyTorch is not installed; run `make bench`, which installs it, or choose other "
            "benchmarks with --only"
        )
        return 2
    folder = options.output or (
        ROOT / "_build/benchmarks" if options.quick else ROOT / "benchmarks"
    )
    folder.mkdir(parents=True, exist_ok=True)
    about = machine.about(options.quick)
    if about["load"] > BUSY:
        print(f"The machine is busy (load {about['load']}): do not use these results.")
    for name in chosen:
        begin = time.perf_counter()
        print(f"{name} …", flush=True)
        try:
            benchmark = importlib.import_module(f"benchmarks.bench_{name}").run(options.quick)
        except RuntimeError as error:
            if name not in ON_REQUEST:
                raise
            print(error)
            return 2
        # Each benchmark is saved at once, so that a later failure loses nothing.
        merge(folder / "results.json", [benchmark], about)
        show(benchmark)
        print(f"{name}: {time.perf_counter() - begin:.0f} s\n", flush=True)
    print(f"written to {folder / 'RESULTS.md'}")
    return 0


def show(benchmark: Benchmark) -> None:
    """Print the tables and goals of a benchmark."""
    for table in benchmark.tables:
        print(f"\n{table.title}\n" + "\n".join(table_lines(table.columns, table.rows)))
        if table.note:
            print(table.note)
    for goal in benchmark.goals:
        verdict = "met   " if goal.met else "MISSED"
        wanted = f"{goal.sense} {number(goal.bound)} {goal.unit}"
        print(f"{verdict} {goal.what}: {number(goal.measured)} ({wanted})")


if __name__ == "__main__":
    sys.exit(main())
