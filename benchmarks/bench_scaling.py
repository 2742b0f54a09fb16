"""Scaling: how the cost grows with N, M, L and the length of the trajectory, with exponents."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.harness import Contender, fit_exponent, race
from benchmarks.results import Benchmark, Cell, Goal, Table

SWEEPS: dict[str, tuple[str, Sequence[int], Callable[[int], list[int]]]] = {
    # What grows: (title, sizes, size -> (N, M, L, steps per round)).
    "N": (
        "number of labels, M 8 L 64",
        (3, 10, 30, 100, 300, 1000),
        lambda n: [n, 8, 64, 20],
    ),
    "N ": (
        "number of labels, M 128 L 1024",
        (3, 10, 30, 100, 300, 1000),
        lambda n: [n, 128, 1024, 1],
    ),
    "L": (
        "units, N 3 M 8",
        (32, 64, 128, 256, 512, 1024),
        lambda units: [3, 8, units, max(1, min(50, 100_000 // units**2))],
    ),
    "M": (
        "dimension of the embedding, N 34 L 64",
        (8, 16, 32, 64, 128, 256, 512),
        lambda m: [34, m, 64, 20],
    ),
}
TASKS = "benchmarks.scaling_tasks"
LENGTHS = tuple(10**k for k in range(4, 9))
LONGEST = 180.0  # seconds; a longer epoch is measured on fewer labels and scaled up
MAPPED = 1_000_000_000
WAIT = 10  # seconds of the training on the sparse file after its first checkpoint


def run(quick: bool) -> Benchmark:
    """Measure all sweeps; an exponent is the slope of a line on logarithmic axes."""
    benchmark = Benchmark("scaling", [])
    for what, (title, sizes, settings) in SWEEPS.items():
        benchmark.tables.append(_sweep(what.strip(), title, sizes, settings, quick))
    benchmark.tables.append(_lengths(quick))
    _mapped(benchmark, quick)
    return benchmark


def _sweep(
    what: str, title: str, sizes: Sequence[int], settings: Callable[[int], list[int]], quick: bool
) -> Table:
    if quick:
        sizes = sizes[:4]
    contender = Contender("ours", f"{TASKS}:steps", {"sizes": [settings(size) for size in sizes]})
    rounds = np.array(race([contender], rounds=2 if quick else 5)["ours"].values)
    middle = np.median(rounds, axis=0)
    rows: list[list[Cell]] = [
        [size, 1e3 * seconds, f"{1e3 * low:.3g}–{1e3 * high:.3g}"]
        for size, seconds, low, high in zip(
            sizes, middle.tolist(), rounds.min(axis=0), rounds.max(axis=0)
        )
    ]
    note = f"ms per step ∝ {what}^a with a = {fit_exponent(sizes, middle)}"
    # A constant added to a power law bends the line, so the last two points are shown as well.
    last = float(np.log(middle[-1] / middle[-2]) / np.log(sizes[-1] / sizes[-2]))
    note = f"{note}; from the last two points, {last:.2f}."
    return Table(title, [what, "ms per step", "least–most"], rows, note)


def _lengths(quick: bool) -> Table:
    rows: list[list[Cell]] = []
    times: list[float] = []
    for frames in LENGTHS:
        measured = frames
        # If this takes too long, measure a tenth of the labels and multiply the time by ten.
        while times and times[-1] * measured / rows[-1][0] > (5.0 if quick else LONGEST):  # type: ignore[operator]
            measured //= 10
        times.append(_epoch(measured) * frames / measured)
        how = "measured" if measured == frames else f"scaled up from {measured:g} labels"
        rows.append([frames, times[-1], 1e9 * times[-1] / frames, how])
    exponent = fit_exponent(LENGTHS, times)
    return Table(
        "one epoch, memory-mapped labels, M 8 L 64 N 3",
        ["labels", "s", "ns per label", ""],
        rows,
        f"seconds ∝ labels^a with a = {exponent}; up to 6,400 labels make one step.",
    )


def _epoch(frames: int) -> float:
    contenders = [
        Contender(name, f"{TASKS}:epoch", {"units": 64}, count)
        for name, count in (("the first call compiles", 10_000), ("ours", frames))
    ]
    timings = race(contenders, rounds=1 if frames > 3_000_000 else 3, warm_up=False)
    return float(np.median([value["seconds"] for value in timings["ours"].values]))


def _mapped(benchmark: Benchmark, quick: bool) -> None:
    contender = Contender(
        "ours", f"{TASKS}:interrupted", {"frames": MAPPED, "units": 64}, count=2 if quick else WAIT
    )
    timing = race([contender], rounds=1, warm_up=False)["ours"]
    value = timing.values[0]
    row: list[Cell] = [
        f"{MAPPED:g}", value["steps"], timing.peak_memory / 1e9, value["anonymous"] / 1e9
    ]  # fmt: skip
    columns = ["labels", "steps", "peak memory, GB", "of this not pages of the file, GB"]
    note = (
        "A sparse file with one byte per label; the training is interrupted after some seconds. "
        "Pages of the file count as memory of the process, but are released when others need them."
    )
    benchmark.tables.append(Table("memory, memory-mapped labels, L 64", columns, [row], note))
    what = f"training on {MAPPED:g} labels, peak memory"
    benchmark.goals.append(Goal(what, "<=", 2.0, timing.peak_memory / 1e9, "GB"))
