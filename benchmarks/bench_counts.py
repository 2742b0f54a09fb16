"""Analysis: transition counts at 50 commit times, and the time per label of other analyses."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Contender, Timing, race, ratio
from benchmarks.results import Benchmark, Cell, Table
from lstm_md.analysis import kinetics, markov, populations
from lstm_md.labels import remove_short_excursions, running_mean

MEAN_STAYS = (1.5, 10.0, 1000.0)  # frames
FIFTY_TIMES = np.unique(np.geomspace(1, 2000, 62).astype(int))[:50]
TEN_TIMES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
N_LABELS = 3
WAYS = {"ours": "ours", "numba, one loop per commit time": "plain_numba", "NumPy": "plain_numpy"}
Work = Callable[[int], list[int]]


def run(quick: bool) -> Benchmark:
    """Compare transition counts with simple alternatives, then time all analyses."""
    frames = 1_000_000 if quick else 10_000_000
    benchmark = Benchmark("analysis", [])
    for stay in MEAN_STAYS:
        benchmark.tables.append(_counts(stay, frames, rounds=2 if quick else 5))
    benchmark.tables.append(_everything(3 * frames, rounds=1 if quick else 5))
    return benchmark


def _counts(stay: float, frames: int, rounds: int) -> Table:
    settings = dict(stay=stay, frames=frames)
    contenders = [
        Contender(name, f"benchmarks.bench_counts:{factory}", settings, threads=1)
        for name, factory in WAYS.items()
    ]
    timings = race(contenders, rounds)
    if any(timing.values != timings["ours"].values for timing in timings.values()):
        raise AssertionError("the contenders count different transitions")
    rows = [_row(name, timing, timings["ours"], frames) for name, timing in timings.items()]
    columns = ["contender", "million labels/s", "ns per label", "over ours", "first round, s"]
    title = f"{len(FIFTY_TIMES)} commit times, {frames:g} labels, mean stay {stay:g} frames"
    return Table(title, columns, rows)


def _row(name: str, timing: Timing, ours: Timing, frames: int) -> list[Cell]:
    over = str(ratio(timing.seconds, ours.seconds))
    per_label = 1e9 * timing.median / frames
    return [name, frames / timing.median / 1e6, per_label, over, timing.first]


def sticky(stay: float, frames: int) -> NDArray[np.unsignedinteger]:
    """Simulate a Markov chain with a given mean stay, in frames."""
    matrix = np.full((N_LABELS, N_LABELS), 1 / stay / (N_LABELS - 1))
    np.fill_diagonal(matrix, 1 - 1 / stay)
    return markov.simulate_markov_chain(matrix, frames, seed=1)


def ours(stay: float, frames: int) -> Work:
    """Call ``lstm_md.analysis.kinetics.transition_counts``."""
    labels = sticky(stay, frames)
    return lambda _: (
        kinetics.transition_counts(labels, FIFTY_TIMES, n_labels=N_LABELS).ravel().tolist()
    )


def plain_numba(stay: float, frames: int) -> Work:
    """Count in one compiled pass over all labels for each commit time."""
    labels = sticky(stay, frames)
    return lambda _: np.array([_pass(labels, c, N_LABELS) for c in FIFTY_TIMES]).ravel().tolist()


@numba.njit
def _pass(labels, commit_time, n):  # type: ignore[no-untyped-def]
    counts = np.zeros((n, n), np.int64)
    committed, current, length = -1, labels[0], 0
    for frame in range(labels.size + 1):
        if frame < labels.size and labels[frame] == current:
            length += 1
            continue
        if length >= commit_time:
            if committed >= 0 and committed != current:
                counts[committed, current] += 1
            committed = current
        if frame < labels.size:
            current, length = labels[frame], 1
    return counts


def plain_numpy(stay: float, frames: int) -> Work:
    """Compute the lengths of all stays, and keep those that are long enough."""
    labels = sticky(stay, frames)

    def work(_: int) -> list[int]:
        edges = np.concatenate([[0], np.flatnonzero(np.diff(labels)) + 1, [labels.size]])
        label, length = labels[edges[:-1]].astype(np.int64), np.diff(edges)
        counts = []
        for commit_time in FIFTY_TIMES:
            kept = label[length >= commit_time]
            pairs = np.bincount(N_LABELS * kept[:-1] + kept[1:], minlength=N_LABELS**2)
            matrix = pairs.reshape(N_LABELS, N_LABELS)
            np.fill_diagonal(matrix, 0)
            counts.append(matrix)
        return np.array(counts).ravel().tolist()

    return work


def _everything(frames: int, rounds: int) -> Table:
    contenders = [
        Contender(f"{stay:g}", "benchmarks.bench_counts:everything",
                  dict(stay=stay, frames=frames), threads=1)
        for stay in MEAN_STAYS
    ]  # fmt: skip
    timings = race(contenders, rounds)
    names = list(timings[f"{MEAN_STAYS[0]:g}"].values[0])
    rows: list[list[Cell]] = [
        [name, *(float(np.median([v[name] for v in t.values])) for t in timings.values())]
        for name in names
    ]
    columns = ["analysis", *(f"mean stay {stay:g}" for stay in MEAN_STAYS)]
    return Table(f"ns per label, {frames:g} labels", columns, rows)


def everything(stay: float, frames: int) -> Callable[[int], dict[str, float]]:
    """Make a task that times every analysis of labels, in ns per label."""
    labels = sticky(stay, frames)
    chains = labels[: frames // 100 * 100].reshape(100, -1)
    values = np.random.default_rng(2).normal(size=frames // 10)
    tasks: dict[str, Callable[[], object]] = {
        "simulate_markov_chain": partial(sticky, stay, frames),
        "transition_counts, 1 commit time": partial(kinetics.transition_counts, labels, [1]),
        "transition_counts, 1 commit time, 100 chains": partial(
            kinetics.transition_counts, chains, [1]
        ),
        "transition_counts, 10 commit times": partial(
            kinetics.transition_counts, labels, TEN_TIMES
        ),
        "populations": partial(populations.populations, labels),
        "fit_markov_chain": partial(markov.fit_markov_chain, labels),
        "stays_of": partial(kinetics.stays_of, labels),
        "mean_first_passage_time": partial(kinetics.mean_first_passage_time, labels, 0, 2),
        "remove_short_excursions, 2 frames": partial(remove_short_excursions, labels, 2),
        "running_mean, 50 frames, per value": partial(running_mean, values, 50),
    }

    def work(_: int) -> dict[str, float]:
        spent = {}
        for name, task in tasks.items():
            begin = time.perf_counter()
            task()
            size = values.size if "per value" in name else frames
            spent[name] = 1e9 * (time.perf_counter() - begin) / size
        return spent

    return work
