"""``python -m benchmarks``: measure, print, and write results.json and RESULTS.md."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
import time
from pathlib import Path

from benchmarks import machine
from benchmarks.harness import ROOT
from benchmarks.results import Part, merge, number, table_lines

PARTS = ("startup", "simulation", "counts", "generation", "training", "scaling", "page")
NEED_TORCH = {"training", "generation"}
BUSY = 0.5  # processes that compute, on average over the last minute


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 if all that was asked for was measured, whatever it showed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="one part; may be repeated")
    parser.add_argument(
        "--quick", action="store_true",
        help="small sizes, to see that all of it works; written below _build",
    )  # fmt: skip
    parser.add_argument("--output", type=Path, help="folder of results.json and RESULTS.md")
    options = parser.parse_args(arguments)
    chosen = [name for name in PARTS if name in (options.only or PARTS)]
    if NEED_TORCH & set(chosen) and importlib.util.find_spec("torch") is None:
        print(
            "PyTorch is not installed; `make bench` installs it, or choose other parts with --only"
        )
        return 2
    folder = options.output or (
        ROOT / "_build/benchmarks" if options.quick else ROOT / "benchmarks"
    )
    folder.mkdir(parents=True, exist_ok=True)
    about = machine.about(options.quick)
    if about["load"] > BUSY:
        print(f"The machine is busy (load {about['load']}): what follows is no measurement.")
    for name in chosen:
        begin = time.perf_counter()
        print(f"{name} …", flush=True)
        part = importlib.import_module(f"benchmarks.bench_{name}").run(options.quick)
        # Each part is kept as soon as there is one: a later failure loses nothing.
        merge(folder / "results.json", [part], about)
        show(part)
        print(f"{name}: {time.perf_counter() - begin:.0f} s\n", flush=True)
    print(f"written to {folder / 'RESULTS.md'}")
    return 0


def show(part: Part) -> None:
    """Print the tables of a part, and its goals."""
    for table in part.tables:
        print(f"\n{table.title}\n" + "\n".join(table_lines(table.columns, table.rows)))
        if table.note:
            print(table.note)
    for goal in part.goals:
        verdict = "met   " if goal.met else "MISSED"
        wanted = f"{goal.sense} {number(goal.bound)} {goal.unit}"
        print(f"{verdict} {goal.what}: {number(goal.measured)} ({wanted})")


if __name__ == "__main__":
    sys.exit(main())
