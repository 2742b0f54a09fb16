"""Start-up: the time to import the package in a new process, and the libraries that it loads."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from benchmarks.harness import ROOT
from benchmarks.results import Benchmark, Cell, Goal, Table

WATCHED = ("numpy", "scipy", "numba", "matplotlib", "keras", "tensorflow", "jax", "torch")
IMPORTS = {
    "lstm_md": "import lstm_md",
    "a simulation": "from lstm_md.systems import langevin, potentials",
    "labels and kinetics": "from lstm_md import labels; from lstm_md.analysis import kinetics",
    "training and generation": "from lstm_md import model, training, generation",
    "Keras, for comparison": "import keras",
}
SCRIPT = """
import json, sys, time
begin = time.perf_counter()
{statement}
print(json.dumps([time.perf_counter() - begin, [n for n in {watched} if n in sys.modules]]))
"""


def run(quick: bool) -> Benchmark:
    """Time each import; there is a goal for `import lstm_md`."""
    spent: dict[str, list[float]] = {name: [] for name in IMPORTS}
    loaded: dict[str, list[str]] = {}
    for _ in range(3 if quick else 9):
        for name, statement in IMPORTS.items():
            seconds, loaded[name] = fresh(statement)
            spent[name].append(seconds)
    rows: list[list[Cell]] = [
        [name, statistics.median(times), f"{min(times):.3g}–{max(times):.3g}",
         ", ".join(loaded[name]) or "none of them"]
        for name, times in spent.items()
    ]  # fmt: skip
    columns = ["import", "s", "least–most", f"loads which of {', '.join(WATCHED)}"]
    middle = statistics.median(spent["lstm_md"])
    return Benchmark(
        "start-up",
        [Table("import in a fresh process", columns, rows)],
        [Goal("import lstm_md", "<=", 0.3, middle, "s")],
    )


def fresh(statement: str) -> tuple[float, list[str]]:
    """Time a statement in a new process, and list the watched modules that it loads."""
    script = SCRIPT.format(statement=statement, watched=WATCHED)
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    seconds, modules = json.loads(run.stdout.splitlines()[-1])
    return seconds, modules
