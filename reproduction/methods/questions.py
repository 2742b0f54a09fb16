"""The questions that every method is asked, each with the process that shows what chance does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reproduction.calibration.case import FIRST_SEED, Case
from reproduction.calibration.cases import CASES
from reproduction.calibration.potentials import FOUR_STATE_FRAMES
from reproduction.potentials.states import FOUR_STATES, SHORT_STAYS, labels_along
from reproduction.riboswitch.states import N_LABELS

SIMULATIONS_OF_FOUR_STATES = 20
SEED_OF_FOUR_STATES = 3 * FIRST_SEED
# Frames of a block of four states, by the filter for short stays: far longer than the slowest
# relaxation, and a divisor of the 1,600,000 frames of the authors' method, or of the 1,000,000 of
# the first edition.
FOUR_STATE_BLOCKS = {"divided": 80_000, "removed": 50_000}
MEAN_OF_FOUR_STATES, LIMIT_OF_FOUR_STATES = 50, 100  # frames: of the running mean, of the filter

# What a record that is older than a setting has done.
_OLDER = {"short_stays": "removed"}

Labels = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """One claim, asked of a record by the calibrated test.

    Attributes
    ----------
    name : str
        The claim, then the filter and the definition of the commit time where there are two.
    claim : str
        Of the paper.
    case : Case
        What is counted, and the process of the null hypothesis.
    frames : int
        Of a block of the process. Data and generated trajectories are cut into such blocks.
    process : str
        Questions of one process are counted in the same simulations.
    prepared : mapping
        The settings of a record whose data come from this process.
    adjacent : bool
        Whether the stricter definition of the commit time is asked about.
    """

    name: str
    claim: str
    case: Case
    frames: int
    process: str
    prepared: Mapping[str, Any]
    adjacent: bool = False

    def blocks(self, labels: Labels) -> Floats:
        """Count in every block of one or more chains, shape (blocks, points)."""
        chains = np.atleast_2d(labels)
        whole = chains[:, : chains.shape[1] // self.frames * self.frames]
        counts = [self.case.count(block) for block in whole.reshape(-1, self.frames)]
        return np.array(counts, np.float64).reshape(-1, len(self.case.names))

    def counts(self, labels: Labels) -> Floats:
        """Count in all blocks of one or more chains, and add the counts, shape (points,)."""
        return self.blocks(labels).sum(axis=0)

    @property
    def curve(self) -> NDArray[np.bool_]:
        """The points at which a deviation counts: the rates, and longer commit times."""
        # The points of a curve stand in the order of their commit times.
        return np.logical_or.accumulate(self.case.rates)

    def n_blocks(self, labels: Labels) -> int:
        """Return the number of blocks in one or more chains."""
        chains = np.atleast_2d(labels)
        return len(chains) * (chains.shape[1] // self.frames)

    def fits(self, settings: Mapping[str, Any]) -> bool:
        """Tell whether the data of a record come from the process of this question."""
        found = {**_OLDER, **settings}
        return all(found.get(name) == value for name, value in self.prepared.items())


@lru_cache(maxsize=1)
def _unfiltered_four_states(k: int) -> Labels:
    """Simulate the four-state potential itself, and label it before the filter."""
    seed = SEED_OF_FOUR_STATES + k
    return labels_along("four_state", FOUR_STATE_FRAMES, seed, FOUR_STATES, MEAN_OF_FOUR_STATES)


def _simulate_four_states(short_stays: str, k: int) -> Labels:
    """The blocks of one simulation, with one of the filters for short stays."""
    labels = SHORT_STAYS[short_stays](_unfiltered_four_states(k), LIMIT_OF_FOUR_STATES)
    return labels.reshape(-1, FOUR_STATE_BLOCKS[short_stays])


def _four_states(case: str, short_stays: str, words: str) -> Case:
    """A case of the calibration, in simulations of the potential with the filter of a record."""
    n_blocks = FOUR_STATE_FRAMES // FOUR_STATE_BLOCKS[short_stays]
    return replace(
        CASES[case],
        name=f"{case}, {words}",
        words=f"four-state potential, 1,600,000 frames with {words}; simulations",
        simulate=partial(_simulate_four_states, short_stays),
        data_blocks=n_blocks,
        model_blocks=n_blocks,
        n_simulations=SIMULATIONS_OF_FOUR_STATES,
    )


def _of_four_states() -> Iterable[Question]:
    smoothed = {"running_mean": MEAN_OF_FOUR_STATES, "shortest_stay": LIMIT_OF_FOUR_STATES}
    for short_stays, words in (("divided", "the authors' filter"), ("removed", "our filter")):
        prepared = {"potential": "four_state", "direction": 0.0, **smoothed}
        frames = FOUR_STATE_BLOCKS[short_stays]
        for claim, case in (("B3", "four states, populations"), ("K5", "four states, counts")):
            yield Question(
                claim if short_stays == "divided" else f"{claim}-{short_stays}",
                claim,
                _four_states(case, short_stays, words),
                frames,
                "four states",
                {**prepared, "short_stays": short_stays},
            )


def _stricter(question: Question) -> Iterable[Question]:
    """The same question with the stricter definition of the commit time, if that has a part."""
    case = question.case
    if case.stricter is not None:
        strict = replace(
            case,
            count=case.stricter,
            words=f"{case.words}; both adjacent stays are committed",
        )
        yield replace(question, name=f"{question.name}-adjacent", case=strict, adjacent=True)


def _made() -> dict[str, Question]:
    as_simulated = {"running_mean": 1, "shortest_stay": 1, "direction": 0.0}
    systems: dict[str, tuple[int, Mapping[str, Any]]] = {
        "linear": (20_000, {"potential": "linear_three_state", **as_simulated}),
        "triangular": (20_000, {"potential": "triangular_three_state", **as_simulated}),
        "riboswitch": (40_000, {"labels": N_LABELS}),  # a tenth of the record
    }
    cases = {
        "B1": "linear, populations",
        "B2": "triangular, populations",
        "K1": "linear, counts",
        "K2": "triangular, counts",
        "R1": "riboswitch, populations",
        "R2": "riboswitch, counts",
        "R3": "riboswitch, counts of the 2 ms mean",
    }
    asked: list[Question] = []
    for claim, case in cases.items():
        process = case.split(",")[0]
        frames, prepared = systems[process]
        asked.append(Question(claim, claim, CASES[case], frames, process, prepared))
    asked += _of_four_states()
    every = [*asked, *(strict for question in asked for strict in _stricter(question))]
    return {question.name: question for question in every}


QUESTIONS = _made()


def question_of(claim: str, settings: Mapping[str, Any], adjacent: bool = False) -> Question:
    """Find the question that asks about a claim in a record with these settings.

    Raises
    ------
    KeyError
        If no question is asked about this claim, or none with the stricter definition.
    ValueError
        If the data of the record come from another process.
    """
    asked = [q for q in QUESTIONS.values() if (q.claim, q.adjacent) == (claim, adjacent)]
    if not asked:
        raise KeyError(claim)
    for question in asked:
        if question.fits(settings):
            return question
    raise ValueError(
        f"record: its data were not prepared as {claim} asks, expected "
        f"{' or '.join(str(dict(question.prepared)) for question in asked)}; give another record"
    )
