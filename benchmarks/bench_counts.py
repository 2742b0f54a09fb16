"""Seconds for the analysis of 1e8 labels: ``python benchmarks/bench_counts.py [frames]``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from lstm_md.analysis import kinetics, markov, populations
from lstm_md.labels import remove_short_excursions, running_mean

# Three labels that stay for 1.5, 10 and 1,000 frames on average.
MEAN_STAYS = (1.5, 10.0, 1000.0)
COMMIT_TIMES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def seconds(task: Callable[[], object]) -> float:
    begin = time.perf_counter()
    task()
    return time.perf_counter() - begin


def report(what: str, spent: float, frames: int) -> None:
    print(f"  {what:46s} {spent:7.2f} s {1e9 * spent / frames:7.2f} ns a label", flush=True)


def main(frames: int) -> None:
    warm = markov.simulate_markov_chain(np.full((3, 3), 1 / 3), 100, seed=0)
    markov.markov_chain(warm)
    kinetics.transition_counts(warm, [1])
    for stay in MEAN_STAYS:
        print(f"{frames:.0e} labels, mean stay {stay} frames")
        matrix = np.full((3, 3), 0.5 / stay)
        np.fill_diagonal(matrix, 1 - 1 / stay)
        report(
            "simulate_markov_chain",
            seconds(partial(markov.simulate_markov_chain, matrix, frames, seed=1)),
            frames,
        )
        labels = markov.simulate_markov_chain(matrix, frames, seed=1)
        chains = labels[: frames // 100 * 100].reshape(100, -1)
        tasks: dict[str, Callable[[], object]] = {
            "transition_counts, 1 commit time": partial(kinetics.transition_counts, labels, [1]),
            "transition_counts, 1 commit time, 100 chains": partial(
                kinetics.transition_counts, chains, [1]
            ),
            f"transition_counts, {len(COMMIT_TIMES)} commit times": partial(
                kinetics.transition_counts, labels, COMMIT_TIMES
            ),
            "populations": partial(populations.populations, labels),
            "markov_chain": partial(markov.markov_chain, labels),
            "run_lengths": partial(kinetics.run_lengths, labels),
            "mean_first_passage_time": partial(kinetics.mean_first_passage_time, labels, 0, 2),
            "remove_short_excursions, 2 frames": partial(remove_short_excursions, labels, 2),
        }
        for what, task in tasks.items():
            report(what, seconds(task), frames)
    values = np.random.default_rng(2).normal(size=frames // 10)
    print(f"{values.size:.0e} values")
    report("running_mean, 50 frames", seconds(partial(running_mean, values, 50)), values.size)


if __name__ == "__main__":
    main(int(float(sys.argv[1])) if len(sys.argv) > 1 else 100_000_000)
