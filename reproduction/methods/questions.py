"""The questions that every method is asked, each with the process that shows what chance does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reproduction.calibration.case import Case, off_diagonal
from reproduction.calibration.cases import CASES, RIBOSWITCH_TIMES
from reproduction.calibration.potentials import FOUR_STATE_BLOCK
from reproduction.riboswitch.states import MEAN_FRAMES
from reproduction.riboswitch.statistics import count_transitions

SIMULATIONS_OF_FOUR_STATES = 20

Labels = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Question:
    """One claim, asked of a record by the calibrated test.

    Attributes
    ----------
    claim : str
        Of the paper.
    case : Case
        What is counted, and the process of the null hypothesis.
    frames : int
        Of a block of the process. Data and generated trajectories are cut into such blocks.
    """

    claim: str
    case: Case
    frames: int

    def counts(self, labels: Labels) -> NDArray[np.float64]:
        """Count in all blocks of one or more chains, and add the counts, shape (points,)."""
        chains = np.atleast_2d(labels)
        blocks = chains[:, : chains.shape[1] // self.frames * self.frames]
        return np.sum([self.case.count(block) for block in blocks.reshape(-1, self.frames)], axis=0)

    @property
    def curve(self) -> NDArray[np.bool_]:
        """The points at which a deviation counts: the rates, and longer commit times."""
        # The points of a curve stand in the order of their commit times.
        return np.logical_or.accumulate(self.case.rates)

    def n_blocks(self, labels: Labels) -> int:
        """Return the number of blocks in one or more chains."""
        chains = np.atleast_2d(labels)
        return len(chains) * (chains.shape[1] // self.frames)


def _divided() -> Case:
    """The counts with the authors' filter, from as many simulations as their record holds."""
    case = CASES["four states, counts, authors' filter"]
    return replace(case, n_simulations=SIMULATIONS_OF_FOUR_STATES)


def _means() -> Case:
    case = CASES["riboswitch, counts"]
    return replace(
        case,
        name="riboswitch, counts of the 2 ms mean",
        words=case.words.replace("in single frames", "in a mean over 2 ms"),
        count=lambda labels: off_diagonal(count_transitions(labels, RIBOSWITCH_TIMES, MEAN_FRAMES)),
    )


def _made() -> dict[str, Question]:
    tenth = 40_000  # frames of the riboswitch's record
    asked = (
        Question("B1", CASES["linear, populations"], 20_000),
        Question("B2", CASES["triangular, populations"], 20_000),
        Question("K1", CASES["linear, counts"], 20_000),
        Question("K2", CASES["triangular, counts"], 20_000),
        Question("K5", _divided(), FOUR_STATE_BLOCK),
        Question("R1", CASES["riboswitch, populations"], tenth),
        Question("R2", CASES["riboswitch, counts"], tenth),
        Question("R3", _means(), tenth),
    )
    return {question.claim: question for question in asked}


QUESTIONS = _made()
