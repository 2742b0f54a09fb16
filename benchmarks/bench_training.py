"""Training: one network, the same with one thread, and an ensemble of 20."""

from __future__ import annotations

import math
from dataclasses import replace

from benchmarks import machine
from benchmarks.harness import Contender, Timing, race, ratio
from benchmarks.results import Cell, Goal, Part, Table
from benchmarks.train_with import BATCH, FRAMES
from lstm_md._support.processes import usable_cores

SIZES = ((8, 64), (128, 1024))  # M and L of the paper
LABELS = (3, 34)
ENSEMBLE = 20
WAYS = {
    "ours": "ours",
    "PyTorch nn.LSTM": "pytorch",
    "Keras fit": "keras_fit",
    "eager loop": "eager",
}
COLUMNS = ["contender", "ms a step", "least–most", "over ours", "first round, s", "of sgemm peak"]


def run(quick: bool) -> Part:
    """All sizes; the goals compare with PyTorch."""
    part = Part("training", [])
    for embedding, units in SIZES:
        for labels in LABELS[: 1 if quick else None]:
            _measure(part, labels, embedding, units, quick)
    return part


def _measure(part: Part, labels: int, embedding: int, units: int, quick: bool) -> None:
    small = units < 256
    steps = 5 if quick and small else 50 if small else 1 if quick else 2
    timings = race(contenders(labels, embedding, units, steps), rounds=2 if quick else 5)
    peak = machine.SGEMM_FLOPS / timings.pop("sgemm").median
    # An ensemble on all threads is one training after the other.
    for name in ("ours", "PyTorch nn.LSTM"):
        timings[f"{name}, one after the other"] = timings[name]
    size = f"M {embedding} L {units} N {labels}"
    work = flops(labels, units) / peak
    for title, suffix, note in (
        (
            f"one training, {usable_cores()} threads",
            "",
            "A turn begins with an untimed step. The peak is NumPy's, of large square matrices.",
        ),
        ("one training, 1 thread", ", 1 thread", ""),
        (f"an ensemble of {ENSEMBLE}", "ensemble", "ms a step of one of the trainings."),
    ):
        chosen = group(timings, suffix)
        if len(chosen) < 4 and suffix == "ensemble" or not chosen:
            continue  # on a GPU there is one training at a time
        rows = _rows(chosen, work if not suffix else None)
        part.tables.append(Table(f"{size}: {title}", COLUMNS, rows, note))
        if suffix != ", 1 thread":
            part.goals.append(_goal(f"training, {size}, {title}", chosen))


def contenders(labels: int, embedding: int, units: int, steps: int) -> list[Contender]:
    """All of a race, and sgemm on the side."""
    all_threads = [
        Contender(
            name,
            f"benchmarks.train_with:{factory}",
            dict(labels=labels, embedding=embedding, units=units, most=steps),
            # Nothing of the slowest one depends on the number of its steps.
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
        replace(one, name=f"{one.name}, a process a core", threads=1, processes=processes)
        for one in all_threads[:2]
    ]
    gpu = machine.gpu_model()  # where there is one, threads and processes are beside the point
    return [
        *all_threads,
        *([] if gpu else threaded + at_once),
        Contender("sgemm", "benchmarks.machine:sgemm"),
    ]


def group(timings: dict[str, Timing], suffix: str) -> dict[str, Timing]:
    """The timings of one table, ours first."""
    if suffix == "ensemble":
        processes = min(usable_cores(), ENSEMBLE)
        # Of the last wave some processes may have nothing to do.
        share = math.ceil(ENSEMBLE / processes) / ENSEMBLE
        chosen = {}
        for name, timing in timings.items():
            if name.endswith("a process a core"):
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
    """PyTorch over ours: its better arrangement, if it has two; ours is the first."""
    ours = next(iter(timings.values()))
    theirs = [timing for name, timing in timings.items() if name.startswith("PyTorch")]
    best = min(theirs, key=lambda timing: timing.median)
    return Goal(what, ">=", 1.0, ratio(best.seconds, ours.seconds).median, "x PyTorch")


def flops(labels: int, units: int) -> int:
    """The least work of a step: products forward, and twice that for the gradients.

    The input weights are left out, for a product with a label is a row of a table of N rows.
    """
    a_frame = 2 * (units * 4 * units + units * labels)
    return 3 * BATCH * FRAMES * a_frame
