"""The estimates of a record of alanine dipeptide, and the verdicts on A1–A5 and O1*."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import MAX_POPULATION_Z, Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.common.estimates import (
    DATA,
    MODEL,
    SAME,
    TRUTH,
    RecordEstimates,
    record_controls,
)
from reproduction.dipeptide import criteria
from reproduction.dipeptide.claims import CLAIMS
from reproduction.dipeptide.states import AX, N_LABELS, states
from reproduction.dipeptide.waiting_times import (
    MeanWaits,
    Waits,
    estimate_means,
    mean_waits,
    waits,
)
from reproduction.runs.files import load_file
from reproduction.runs.records import Record, epochs_file, training_files

SEGMENT_FRAMES = 50_000  # 5 ns, long compared with a wait in C7ax; 20 in the training data
COMMIT_TIMES = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300)  #: Frames

Labels = NDArray[np.unsignedinteger]


class DipeptideEstimates(RecordEstimates):
    """The estimates of a record of alanine dipeptide along one angle.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.dipeptide.run.DipeptideStudy`.

    Attributes
    ----------
    angle : {"phi", "psi"}
    histories : list of dict
        ``loss`` and ``validation_loss`` of each training, shape (epochs,).
    populations : dict of str to Estimate
        Of the labels, shape (20,), by the name of what generated them.
    waits : dict of str to pair of Estimate
        Mean waiting times in C7eq and in C7ax, in ps.
    """

    larger_error = True

    def __init__(self, record: Record) -> None:
        trainings = [load_file(record.folder / file) for file in training_files(record.settings)]
        controls = record_controls(record, N_LABELS)
        trajectories: dict[str, Sequence[Labels]] = {
            DATA: [record.data],
            MODEL: [training["generated"] for training in trainings],
            SAME: [record.reference[: len(record.data)]],
            TRUTH: [record.reference],
            **controls,
        }
        super().__init__(record, SEGMENT_FRAMES, trajectories, tuple(controls))
        self.angle = str(record.settings["angle"])
        self.histories = [
            {name: training[name] for name in ("loss", "validation_loss")} for training in trainings
        ]
        self.populations = {
            name: self.estimate(partial(populations, n_labels=N_LABELS), name)
            for name in trajectories
        }
        self._states = {
            name: [states(labels, self.angle) for labels in each]
            for name, each in trajectories.items()
        }
        self._waits = {
            name: [waits(labels, self.angle) for labels in each]
            for name, each in trajectories.items()
        }
        self.waits = {name: estimate_means(each) for name, each in self._waits.items()}

    def distribution(self, name: str) -> Waits:
        """Return all waiting times in C7eq and in C7ax, in ps, each of shape (waits,)."""
        from_eq, from_ax = (np.concatenate(one) for one in zip(*self._waits[name]))
        return from_eq, from_ax

    def waits_at(self, name: str, commit_frames: int) -> MeanWaits:
        """Estimate the mean waiting times with another commit time."""
        return mean_waits(self.trajectories[name], self.angle, commit_frames)

    def counts(self, name: str) -> Estimate:
        """Estimate the transitions between C7eq and C7ax per segment, against ``COMMIT_TIMES``."""
        count = partial(transition_counts, commit_times=COMMIT_TIMES, n_labels=2)
        return self.estimate(count, self._states[name])

    @property
    def _epochs(self) -> list[int]:
        """The numbers of epochs of the trainings with the first seed."""
        return sorted({*self.settings["other_epochs"], self.settings["epochs"]})

    def generated_after(self, epochs: int) -> Labels:
        """Load what the first network generated after a number of epochs, shape (frames,).

        Raises
        ------
        ValueError
            If the record has no training with so many epochs.
        """
        if epochs == self.settings["epochs"]:
            return self.trajectories[MODEL][0]
        if epochs not in self._epochs:
            raise ValueError(
                f"epochs: no training ended after {epochs}; give one of {self._epochs}"
            )
        return load_file(self.record.folder / epochs_file(epochs))["generated"]

    @cached_property
    def by_epochs(self) -> dict[int, MeanWaits]:
        """Mean waiting times of the first network after each number of epochs (A5)."""
        return {
            epochs: mean_waits([self.generated_after(epochs)], self.angle)
            for epochs in self._epochs
        }

    def free_energies_agree(self, name: str, reference: str = DATA) -> Outcome:
        """Test A1 and A2."""
        scatter, other_scatter = (self._scatter_of_ax(each) for each in (name, reference))
        ratio = scatter / other_scatter if other_scatter else float("inf")
        found, expected = self.populations[name], self.populations[reference]
        if _needs_error_of_data(name, reference):
            error = np.hypot(found.error, self.populations[DATA].error)
            found = Estimate(found.value, error, found.n)
        return criteria.free_energies_agree(found, expected, ratio)

    def _scatter_of_ax(self, name: str) -> float:
        """Standard deviation of the population of C7ax from segment to segment."""
        return self.scatter(lambda segment: np.mean(segment == AX), self._states[name])

    def waits_agree(self, name: str, reference: str = DATA) -> Outcome:
        """Test A3 and A4."""
        found, data = self.waits[name], self.waits[DATA]
        if _needs_error_of_data(name, reference):
            found = (_with_error_of(found[0], data[0]), _with_error_of(found[1], data[1]))
        return criteria.waits_agree(found, self.waits[reference])

    def epochs_agree(self, name: str) -> Outcome:
        """Test A5; a control is the same after any number of epochs.

        Raises
        ------
        ValueError
            If the record lacks a number of epochs that is judged: no test at all would pass.
        """
        found = self.by_epochs
        missing = [epochs for epochs in criteria.JUDGED_EPOCHS if epochs not in found]
        if missing:
            raise ValueError(
                f"other_epochs: A5 is judged after {missing} epochs too, and the run has only "
                f"{sorted(found)}; add them, or leave A5 out of its claims"
            )
        if name != MODEL:
            found = dict.fromkeys(found, self.waits[name])
        return criteria.all_agree(
            {
                epochs: criteria.waits_agree(found[epochs], self.waits[DATA], MAX_POPULATION_Z)
                for epochs in criteria.JUDGED_EPOCHS
            }
        )

    def verdict(self, claim_id: str) -> Verdict:
        """Judge one of A1–A5 or A1*–A4*.

        Raises
        ------
        KeyError
            If it is none of them.
        """
        if claim_id == "A5":
            return self.judged(CLAIMS["A5"], self.epochs_agree, best=self.epochs_agree(SAME))
        test = {
            "A1": self.free_energies_agree,
            "A2": self.free_energies_agree,
            "A3": self.waits_agree,
            "A4": self.waits_agree,
        }[claim_id.rstrip("*")]
        return self.judged(CLAIMS[claim_id], test, best=test(SAME), truth=test(MODEL, TRUTH))


def same_along_both(phi: DipeptideEstimates, psi: DipeptideEstimates) -> Verdict:
    """Judge O1*: the same two waiting times along both angles.

    Parameters
    ----------
    phi, psi : DipeptideEstimates
        Of the records along sin φ and along sin ψ.

    Raises
    ------
    ValueError
        If the records are those of other angles.
    """
    if (phi.angle, psi.angle) != ("phi", "psi"):
        raise ValueError(
            f"phi, psi: found records along {phi.angle} and {psi.angle}; give one along each, "
            f"that of phi first"
        )

    def test(name: str, reference: str = DATA) -> Outcome:
        return criteria.all_agree(
            {
                "sin φ": phi.waits_agree(name, reference),
                "sin ψ": psi.waits_agree(name, reference),
                "sin ψ against sin φ": criteria.waits_agree(psi.waits[name], phi.waits[name]),
            }
        )

    return judge(
        CLAIMS["O1*"],
        test(MODEL),
        {name: test(name) for name in phi.controls},
        best=test(SAME),
        truth=test(MODEL, TRUTH),
        source=f"sin φ: {phi.record.recorded()}; sin ψ: {psi.record.recorded()}",
    )


def _needs_error_of_data(name: str, reference: str) -> bool:
    """Whether a model is compared with the reference: it cannot be nearer than its own data."""
    return reference == TRUTH and name not in (DATA, SAME)


def _with_error_of(model: Estimate, data: Estimate) -> Estimate:
    """Add the relative error of the training data to that of a model."""
    if not model.n:
        return model
    error = np.hypot(model.error, model.value * data.error / data.value)
    return Estimate(model.value, error, model.n)
