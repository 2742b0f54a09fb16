"""The questions about alanine dipeptide: what is measured, and the process of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.judging.null_sample import NullSample
from reproduction.calibration.case import Case, null_of_blocks, off_diagonal
from reproduction.calibration.dipeptide import SINES, free_energies_case, waits_case
from reproduction.common.families import WAIT_FRAMES
from reproduction.dipeptide.states import N_LABELS, PS_PER_FRAME, STATES, states
from reproduction.dipeptide.waiting_times import waits

Labels = NDArray[Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Question:
    """What is measured in a trajectory along an angle, and the process that shows what chance does.

    Attributes
    ----------
    case : Case
    names : tuple of str
        Of the points, in words.
    measure : callable
        Takes labels, and returns what the case counts, shape (points,).
    by_length : bool
        Whether what is measured grows with the length of the trajectory.
    """

    case: Case
    names: tuple[str, ...]
    measure: Callable[[Labels], Floats]
    by_length: bool


def free_energies(angle: str) -> Question:
    """Ask for the populations of the labels."""
    centres = np.linspace(-0.95, 0.95, N_LABELS)
    at = (f"{SINES[angle]} = {centre:+.2f}".replace("-", "−") for centre in centres)
    names = tuple(f"population at {one}" for one in at)
    case = free_energies_case(angle)
    return Question(
        case, names, lambda labels: labels.size * populations(labels, n_labels=N_LABELS), True
    )


def mean_waits(angle: str, commit_frames: int) -> Question:
    """Ask for the mean waits in C7eq and in C7ax."""

    def measure(labels: Labels) -> Floats:
        found = waits(labels, angle, commit_frames)
        return np.array([w.mean() / PS_PER_FRAME if w.size else labels.size for w in found], float)

    at = f"{commit_frames * PS_PER_FRAME:g} ps"
    names = tuple(f"wait in {state} at {at}" for state in STATES)
    return Question(waits_case(commit_frames, angle), names, measure, False)


def strict_transitions(angle: str, commit_frames: int) -> Question:
    """Ask for the transitions by the stricter definition of the commit time."""

    def measure(labels: Labels) -> Floats:
        of_states = states(labels, angle)
        return off_diagonal(
            transition_counts(of_states, [commit_frames], n_labels=2, adjacent=True)
        )

    at = f"{commit_frames * PS_PER_FRAME:g} ps"
    names = tuple(f"{one}→{other} at {at}" for one, other in (STATES, STATES[::-1]))
    blocks = free_energies_case(angle)
    case = replace(blocks, count=measure, names=names, groups=(0, 0), rates=(True, True))
    return Question(case, names, measure, True)


FREE_ENERGIES = {angle: (free_energies(angle),) for angle in ("phi", "psi")}
WAITS = {a: tuple(mean_waits(a, frames) for frames in WAIT_FRAMES) for a in ("phi", "psi")}
STRICTER = {a: tuple(strict_transitions(a, frames) for frames in WAIT_FRAMES) for a in WAITS}

Questions = Sequence[Question]


@cache
def null_sample(question: Question) -> NullSample:
    """Draw data and models from the process of a question."""
    case = question.case
    blocks = case.blocks()
    of_model = case.blocks(of_model=True) if case.simulate_model else blocks
    return null_of_blocks(blocks, of_model, case.data_blocks, case.model_blocks)
