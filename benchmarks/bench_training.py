"""Training: one network on all threads and on one, and an ensemble of 20 networks."""

from __future__ import annotations

import math
from dataclasses import replace

from benchmarks import machine
from benchmarks.harness import Contender, Timing, race, ratio
from benchmarks.results import Benchmark, Cell, Goal, Table
from benchmarks.train_with import BATCH, FRAMES
from lstm_md._support.processes import usable_cores

SIZES = ((8, 64), (128, 1024))  # M and L of the paper
ENGINE_SIZES = ((8, 64), (128, 256), (128, 1024))
N_LABELS = (3, 34)
ENSEMBLE = 20
WAYS = {
    "ours": "ours",
    "PyTorch nn.LSTM": "pytorch",
    "Keras fit": "keras_fit",
    "eager loop": "eager",
}
COLUMNS = ["contender", "ms per step", "least–most", "over ours", "first round, s", "of sgemm peak"]


def run(quick: bool) -> Benchmark:
    """Measure all sizes and our two engines; the goals compare with PyTorch."""
    benchmark = Benchmark("training", [])
    for embedding_dim, units in SIZES:
        for n_labels in N_LABELS[: 1 if quick else None]:
            _measure(benchmark, n_labels, embedding_dim, units, quick)
    for embedding_dim, units in ENGINE_SIZES:
        _compare_engines(benchmark, embedding_dim, units, quick)
    return benchmark


def _compare_engines(benchmark: Benchmark, embedding_dim: int, units: int, quick: bool) -> None:
    """Race our two engines, between which ``engine="auto"`` chooses."""
    n_labels, steps = N_LABELS[0], 2 if quick or units > 256 else 20
    size = dict(n_labels=n_labels, embedding_dim=embedding_dim, units=units, most=steps)
    contenders = [
        Contender(
            f'engine="{name}"', "benchmarks.train_with:engine", {**size, "name": name},
            count=steps, warm=1,
        )
        for name in ("compiled", "keras")
    ]  # fmt: skip
    timings = race(contenders, rounds=2 if quick else 5)
    title = f"M {embedding_dim} L {units} N {n_labels}: our two engines"
    benchmark.tables.append(Table(title, COLUMNS, _rows(timings, None)))


def _measure(
    benchmark: Benchmark, n_labels: int, embedding_dim: int, units: int, quick: bool
) -> None:
    small = units < 256
    steps = 5 if quick and small else 50 if small else 1 if quick else 2
    timings = race(contenders(n_labels, embedding_dim, units, steps), rounds=2 if quick else 5)
    peak = machine.SGEMM_FLOPS / timings.pop("sgemm").median
    # If each training uses all threads, the trainings of an ensemble run one after the other.
    for name in ("ours", "PyTorch nn.LSTM"):
        timings[f"{name}, one after the other"] = timings[name]
    size = f"M {embedding_dim} L {units} N {n_labels}"
    work = flops(n_labels, units) / peak
    for title, suffix, note in (
        (
            f"one training, {usable_cores()} threads",
            "",
            "A turn begins with an untimed step. The peak is NumPy's product of large matrices.",
        ),
        ("one training, 1 thread", ", 1 thread", ""),
        (f"an ensemble of {ENSEMBLE}", "ensemble", "ms per step of one of the trainings."),
    ):
        chosen = group(timings, suffix)
        if len(chosen) < 4 and suffix == "ensemble" or not chosen:
            continue  # on a GPU there is one training at a time
        rows = _rows(chosen, work if not suffix else None)
        benchmark.tables.append(Table(f"{size}: {title}", COLUMNS, rows, note))
        if suffix != ", 1 thread":
            benchmark.goals.append(_goal(f"training, {size}, {title}", chosen))


def contenders(n_labels: int, embedding_dim: int, units: int, steps: int) -> list[Contender]:
    """List all contenders of a race, and sgemm."""
    all_threads = [
        Contender(
            name,
            f"benchmarks.train_with:{factory}",
            dict(n_labels=n_labels, embedding_dim=embedding_dim, units=units, most=steps),
            # The time per step of the slowest contender does not depend on the number of steps.
            count=min(steps, 10) if factory == "eager" else steps,
            warm=1,
        )
        for name, factory in WAYS.items()
    ]
    threaded = [
        replace(one, name=f"{one.name}, 1 thread", threads=1, count=max(steps // 2, 1))
        for one in all_threads[:2]
    ]
    processes = min(usable_cores(), ENSEMBLE)
    at_once = [
        replace(one, name=f"{one.name}, one process per core", threads=1, processes=processes)
        for one in all_threads[:2]
    ]
    gpu = machine.gpu_model()  # on a GPU, threads and processes make no difference
    return [
        *all_threads,
        *([] if gpu else threaded + at_once),
        Contender("sgemm", "benchmarks.machine:sgemm"),
    ]


def group(timings: dict[str, Timing], suffix: str) -> dict[str, Timing]:
    """Select the timings of one table, ours first."""
    if suffix == "ensemble":
        processes = min(usable_cores(), ENSEMBLE)
        # In the last wave some processes may have nothing to do.
        share = math.ceil(ENSEMBLE / processes) / ENSEMBLE
        chosen = {}
        for name, timing in timings.items():
            if name.endswith("one process per core"):
                chosen[name] = replace(timing, seconds=[s * share for s in timing.seconds])
            elif name.endswith("one after the other"):
                chosen[name] = timing
        return chosen
    if suffix:
        return {name: timing for name, timing in timings.items() if name.endswith(suffix)}
    return {name: timing for name, timing in timings.items() if name in WAYS}


def _rows(timings: dict[str, Timing], work: float | None) -> list[list[Cell]]:
    ours = next(iter(timings.values()), Timing())
    rows: list[list[Cell]] = []
    for name, timing in timings.items():
        spread = f"{1e3 * min(timing.seconds):.3g}–{1e3 * max(timing.seconds):.3g}"
        used = None if work is None else f"{work / timing.median:.0%}"
        over = str(ratio(timing.seconds, ours.seconds))
        rows.append([name, 1e3 * timing.median, spread, over, timing.first, used])
    return rows


def _goal(what: str, timings: dict[str, Timing]) -> Goal:
    """Compare PyTorch, in its faster arrangement if it has two, with ours, the first entry."""
    ours = next(iter(timings.values()))
    theirs = [timing for name, timing in timings.items() if name.startswith("PyTorch")]
    best = min(theirs, key=lambda timing: timing.median)
    return Goal(what, ">=", 1.0, ratio(best.seconds, ours.seconds).median, "× PyTorch")


def flops(n_labels: int, units: int) -> int:
    """Count the least floating-point operations of a step: forward, and twice that backward.

    The input weights are left out, because their product with a label is a row of a table.
    """
    per_frame = 2 * (units * 4 * units + units * n_labels)
    return 3 * BATCH * FRAMES * per_frame
