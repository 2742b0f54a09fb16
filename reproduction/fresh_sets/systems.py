"""The systems of the paired design: how each is simulated, and what is counted in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from reproduction.calibration.case import Case, frames_of, off_diagonal
from reproduction.calibration.cases import CASES, RECORD_FRAMES
from reproduction.calibration.potentials import BLOCK_FRAMES
from reproduction.common.commit_times import logarithmic_commit_times
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.potentials.states import labels_along
from reproduction.riboswitch.states import N_LABELS, N_TENTHS, STATES, labels_of, states_of

COUNTS, STRICTER, FRAMES = "counts", "stricter counts", "populations"  #: What is compared

Labels = NDArray[np.unsignedinteger]


@dataclass(frozen=True, eq=False)
class System:
    """A process that can be simulated again and again, and what is counted in it.

    Attributes
    ----------
    name : str
    simulate : callable
        Takes a number of frames and a seed, and returns labels, shape (frames,).
    data_frames : int
        Frames of a data set.
    simulated_frames : int
        Frames of one simulation of the reference.
    piece_frames : int
        The counts of the reference are kept in pieces of this length.
    learned_frames, generated_frames : int
        Frames of a data set from which a network learns, and frames that it generates: whole
        numbers of pieces.
    block_frames : int
        Transitions are counted in blocks of this length, as in the calibration.
    n_labels : int
    states_of : callable
        Returns the states, between which transitions are counted, of labels.
    n_states : int
    cases : dict of str to Case
        The case of the calibration for each thing that is compared.
    commit_times : tuple of int
        In frames.
    """

    name: str
    simulate: Callable[[int, int], Labels]
    data_frames: int
    simulated_frames: int
    piece_frames: int
    learned_frames: int
    generated_frames: int
    block_frames: int
    n_labels: int
    states_of: Callable[[Labels], Labels]
    n_states: int
    cases: dict[str, Case]
    commit_times: tuple[int, ...]

    def count(self, labels: Labels) -> dict[str, NDArray[np.int64]]:
        """Count what is compared in labels, shape (…, frames): integers of shape (points,).

        The blocks are counted one by one, and their counts are added.
        """
        blocks = np.asarray(labels).reshape(-1, self.block_frames)
        states = self.states_of(blocks)
        of_definition = {
            name: off_diagonal(
                transition_counts(
                    states, self.commit_times, n_labels=self.n_states, adjacent=adjacent
                )
            )
            for name, adjacent in ((COUNTS, False), (STRICTER, True))
        }
        found = {**of_definition, FRAMES: frames_of(self.n_labels)(blocks)}
        return {name: np.rint(points).astype(np.int64) for name, points in found.items()}


def _three_states(name: str) -> System:
    data, long = 200_000, 2_000_000
    counts = CASES[f"{name}, counts"]
    return System(
        name,
        lambda n_frames, seed: labels_along(f"{name}_three_state", n_frames, seed),
        data_frames=data,
        simulated_frames=long,
        piece_frames=data,
        learned_frames=data,
        generated_frames=long,
        block_frames=BLOCK_FRAMES,
        n_labels=3,
        states_of=lambda labels: labels,
        n_states=3,
        cases={COUNTS: counts, STRICTER: counts, FRAMES: CASES[f"{name}, populations"]},
        commit_times=logarithmic_commit_times(200)[::3],
    )


def _trap() -> System:
    tenth = RECORD_FRAMES // N_TENTHS
    return System(
        "trap",
        lambda n_frames, seed: labels_of(
            simulate(ADD_RIBOSWITCH, n_frames, seed=seed).extension_nm
        ),
        data_frames=RECORD_FRAMES,
        simulated_frames=RECORD_FRAMES,
        piece_frames=2 * tenth,
        learned_frames=8 * tenth,  # The other two tenths of a record are validation data.
        generated_frames=RECORD_FRAMES,
        block_frames=tenth,
        n_labels=N_LABELS,
        states_of=states_of,
        n_states=len(STATES),
        cases={
            COUNTS: CASES["optical trap, counts"],
            FRAMES: CASES["optical trap, populations"],
        },
        commit_times=logarithmic_commit_times(1000)[::3],
    )


SYSTEMS = {system.name: system for system in map(_three_states, ("linear", "triangular"))} | {
    "trap": _trap()
}
