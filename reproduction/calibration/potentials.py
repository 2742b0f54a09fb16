"""The model potentials as cases of the calibration, prepared in each way that a record uses."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from lstm_md.analysis.kinetics import transition_counts
from reproduction.calibration.case import (
    FIRST_SEED,
    Case,
    Labels,
    curve_points,
    frames_of,
    of_labels,
    off_diagonal,
)
from reproduction.common.commit_times import logarithmic_commit_times
from reproduction.common.families import COMMIT_FRAMES
from reproduction.potentials.states import authors_four_states, labels_along
from reproduction.rivals.semi_markov import SemiMarkovChain, fit_semi_markov_chain
from reproduction.runs import records

BLOCK_FRAMES = 20_000  # of the three-state potentials: far longer than their slowest relaxation
PREPARED_FRAMES = 500_000  # of the three-state potentials in the authors' later example
FOUR_STATE_FRAMES = 1_600_000  # about as many training labels as the authors used
FIRST_EDITION_FRAMES = 1_000_000  # of the four-state potential
FOUR_STATE_BLOCK = 80_000  # far longer than the slowest relaxation, as for three states
GENERATED_FRAMES = 120_000  # labels that the authors' four-state network generated
SEED_OF_AUTHORS_FILTER = 3 * FIRST_SEED


def three_states(potential: str, spread: float) -> tuple[Case, ...]:
    """Counts and populations of a three-state potential, and counts as in the later example."""
    times = logarithmic_commit_times(200)[::3]
    names, groups, rates = curve_points(times, COMMIT_FRAMES["three states"], "ABC")
    n_frames = 100 * BLOCK_FRAMES

    def simulated(k: int) -> Labels:
        return labels_along(potential, n_frames, FIRST_SEED + k).reshape(-1, BLOCK_FRAMES)

    def prepared(k: int) -> Labels:
        labels = labels_along(
            potential, n_frames, FIRST_SEED + k, (), 20, 20, short_stays="divided"
        )
        return labels.reshape(-1, BLOCK_FRAMES)

    name = potential.split("_")[0]
    counts = Case(
        f"{name}, counts",
        f"{name} potential, 200,000 frames; ten times as many from each training; blocks of a "
        f"long simulation",
        simulated,
        20,
        lambda labels: off_diagonal(transition_counts(labels, times, n_labels=3)),
        names,
        groups,
        rates,
        data_blocks=200_000 // BLOCK_FRAMES,
        model_blocks=2_000_000 // BLOCK_FRAMES,
        scale=0.1,
        spread=spread,
        n_labels=3,
    )
    later = replace(
        counts,
        name=f"{name}, counts, later example",
        words=f"{name} potential, 500,000 frames, with a running mean and a filter of 20 frames "
        f"as in the authors' later example; four times as many from each training; blocks of a "
        f"long simulation",
        simulate=prepared,
        data_blocks=PREPARED_FRAMES // BLOCK_FRAMES,
        model_blocks=4 * PREPARED_FRAMES // BLOCK_FRAMES,
        scale=0.25,
    )
    return counts, of_labels(counts, f"{name}, populations", frames_of(3), "ABC"), later


def four_state_process() -> SemiMarkovChain:
    """The semi-Markov chain of the four-state potential: the stays of ten million frames."""
    return fit_semi_markov_chain(records.load("four_state").reference, n_labels=4)


def four_states() -> tuple[Case, ...]:
    """Counts and populations of the four-state potential, with our filter and the authors'."""
    times = logarithmic_commit_times(1000)[::3]
    names, groups, rates = curve_points(times, COMMIT_FRAMES["four states"], "ABCD")

    process = cache(four_state_process)

    def simulated(k: int) -> Labels:
        return process().simulate(FOUR_STATE_FRAMES, seed=FIRST_SEED + k, n_chains=20)

    def of_first_edition(k: int) -> Labels:
        return process().simulate(FIRST_EDITION_FRAMES, seed=FIRST_SEED + k, n_chains=20)

    def short(k: int) -> Labels:
        return process().simulate(GENERATED_FRAMES, seed=2 * FIRST_SEED + k, n_chains=20)

    def divided(k: int) -> Labels:
        labels = authors_four_states(FOUR_STATE_FRAMES, SEED_OF_AUTHORS_FILTER + k)
        return labels.reshape(-1, FOUR_STATE_BLOCK)

    counts = Case(
        "four states, counts",
        "four-state potential, 1,600,000 frames without stays below 100 frames; as many from each "
        "training; a semi-Markov chain of the stays of a simulation of 10,000,000 frames",
        simulated,
        100,
        lambda labels: off_diagonal(transition_counts(labels, times, n_labels=4)),
        names,
        groups,
        rates,
        data_blocks=1,
        model_blocks=1,
        spread=0.15,
        n_labels=4,
    )
    few = replace(
        counts,
        name="four states, counts, short model",
        words=counts.words.replace("as many from", "120,000 from"),
        simulate_model=short,
        scale=FOUR_STATE_FRAMES / GENERATED_FRAMES,
    )
    million = replace(
        counts,
        name="four states, counts, a million frames",
        words=counts.words.replace("1,600,000", "1,000,000"),
        simulate=of_first_edition,
    )
    authors = replace(
        counts,
        name="four states, counts, authors' filter",
        words="four-state potential, 1,600,000 frames with the authors' filter; simulations",
        simulate=divided,
        n_simulations=40,
        data_blocks=FOUR_STATE_FRAMES // FOUR_STATE_BLOCK,
        model_blocks=FOUR_STATE_FRAMES // FOUR_STATE_BLOCK,
    )

    def populations(case: Case) -> Case:
        return of_labels(case, case.name.replace("counts", "populations"), frames_of(4), "ABCD")

    return (
        counts,
        few,
        populations(counts),
        million,
        populations(million),
        authors,
        populations(authors),
    )
