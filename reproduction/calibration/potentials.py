"""The cases of the potentials: three and four states."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from reproduction.calibration.case import (
    FIRST_SEED,
    Case,
    Labels,
    curve_points,
    frames_with,
    of_labels,
    transitions,
)
from reproduction.common.commit_times import logarithmic_commit_times
from reproduction.common.families import COMMIT_FRAMES
from reproduction.potentials.states import labels_along
from reproduction.rivals.semi_markov import SemiMarkovChain, fit_semi_markov_chain
from reproduction.runs import records

BLOCK_FRAMES = 20_000  # of the three-state potentials: far longer than their slowest relaxation
FOUR_STATE_FRAMES = 1_600_000  # about as many training labels as the authors used
GENERATED_FRAMES = 120_000  # labels that the authors' four-state network generated


def three_states(potential: str, spread: float) -> tuple[Case, Case]:
    """Make the cases of a potential: its counts and its populations."""
    times = logarithmic_commit_times(200)[::3]
    names, groups, rates = curve_points(times, COMMIT_FRAMES["three states"], "ABC")

    def simulated(k: int) -> Labels:
        labels = labels_along(potential, 100 * BLOCK_FRAMES, FIRST_SEED + k)
        return labels.reshape(-1, BLOCK_FRAMES)

    name = potential.split("_")[0]
    counts = Case(
        f"{name}, counts",
        f"{name} potential, 200,000 frames; ten times as many from each training; blocks of a "
        f"long simulation",
        simulated,
        20,
        transitions(times, 3),
        names,
        groups,
        rates,
        data_blocks=200_000 // BLOCK_FRAMES,
        model_blocks=2_000_000 // BLOCK_FRAMES,
        scale=0.1,
        spread=spread,
        n_labels=3,
        stricter=transitions(times, 3, adjacent=True),
    )
    occupied = of_labels(counts, f"{name}, populations", frames_with(3), "ABC")
    return counts, occupied


def four_state_process() -> SemiMarkovChain:
    """The semi-Markov chain of the four-state potential: the stays of ten million frames."""
    return fit_semi_markov_chain(records.load("four_state").reference, n_labels=4)


def four_states() -> tuple[Case, ...]:
    """Make the cases of the four-state potential: counts, counts of a short model, populations."""
    times = logarithmic_commit_times(1000)[::3]
    names, groups, rates = curve_points(times, COMMIT_FRAMES["four states"], "ABCD")

    process = cache(four_state_process)

    def simulated(k: int) -> Labels:
        return process().simulate(FOUR_STATE_FRAMES, seed=FIRST_SEED + k, n_chains=20)

    def short(k: int) -> Labels:
        return process().simulate(GENERATED_FRAMES, seed=2 * FIRST_SEED + k, n_chains=20)

    counts = Case(
        "four states, counts",
        "four-state potential, 1,600,000 frames without stays below 100 frames; as many from each "
        "training; a semi-Markov chain of the stays of a simulation of 10,000,000 frames",
        simulated,
        100,
        transitions(times, 4),
        names,
        groups,
        rates,
        data_blocks=1,
        model_blocks=1,
        spread=0.15,
        n_labels=4,
        stricter=transitions(times, 4, adjacent=True),
    )
    occupied = of_labels(counts, "four states, populations", frames_with(4), "ABCD")
    few = replace(
        counts,
        name="four states, counts, short model",
        words=counts.words.replace("as many from", "120,000 from"),
        simulate_model=short,
        scale=FOUR_STATE_FRAMES / GENERATED_FRAMES,
    )
    return counts, few, occupied
