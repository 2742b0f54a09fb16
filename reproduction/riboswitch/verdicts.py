"""Estimates and verdicts from a record of networks trained on the riboswitch: R1, R2 and R3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging import criteria
from lstm_md.judging.controls import CONTROLS
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict
from reproduction.common.estimates import (
    MODEL,
    RECORD,
    RecordEstimates,
    summarise_with,
    with_controls,
)
from reproduction.common.numbers import estimate_to_json, round_for_json
from reproduction.riboswitch.claims import CLAIMS
from reproduction.riboswitch.states import (
    EDGES,
    MEAN_FRAMES,
    N_LABELS,
    N_TENTHS,
    STATES,
    states_of,
)
from reproduction.riboswitch.statistics import LAGS, autocorrelation_of_parts, count_transitions
from reproduction.runs.files import load_file
from reproduction.runs.records import Record, training_files

Labels = NDArray[np.unsignedinteger]
Trajectories = str | Sequence[Labels]  # a name, or labels treated like those of the record


class RiboswitchEstimates(RecordEstimates):
    """The estimates of a record of networks trained on the riboswitch.

    All statistics are taken in tenths of the measured record. The error of the measured record is
    over its ten tenths and so contains its drift. The error of the LSTM is over the trainings.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.riboswitch.run.RiboswitchStudy`.

    Attributes
    ----------
    commit_times : list of int
        In frames.
    histories : list of dict
        ``loss``, ``validation_loss`` and ``seconds`` of each training, per epoch.
    """

    def __init__(self, record: Record) -> None:
        files = [load_file(record.folder / name) for name in training_files(record.settings)]
        known: dict[str, Sequence[Labels]] = {
            RECORD: [record.data],
            MODEL: [file["generated"] for file in files],
        }
        trajectories = with_controls(record, known)
        super().__init__(record, len(record.data) // N_TENTHS, trajectories, CONTROLS)
        self.commit_times = list(record.settings["commit_times"])
        self.histories = [
            {name: file[name] for name in ("loss", "validation_loss", "seconds")} for file in files
        ]

    def density(self, of: Trajectories) -> Estimate:
        """Estimate the probability density over the labels per nm (Fig 6a), shape (34,)."""
        width = EDGES[1] - EDGES[0]
        return self.estimate(lambda labels: populations(labels, n_labels=N_LABELS) / width, of)

    def populations(self, of: Trajectories) -> Estimate:
        """Estimate the populations of U, P3 and P2P3, shape (3,)."""
        return self.estimate(_state_populations, of)

    def counts(self, of: Trajectories, window: int = 1) -> Estimate:
        """Estimate the transition counts in a tenth of the record (Fig 6b, c).

        Parameters
        ----------
        of : str or sequence of ndarray
        window : int
            Frames in a running mean; 1 for the states of single frames, as in the paper.

        Returns
        -------
        Estimate of shape (commit times, 3, 3)
        """
        return self.estimate(
            lambda labels: count_transitions(labels, self.commit_times, window), of
        )

    def autocorrelation(self, of: Trajectories) -> Estimate:
        """Estimate the autocorrelation of the extension at ``LAGS``, shape (lags,)."""
        return self.estimate(lambda labels: autocorrelation_of_parts(labels[None], LAGS)[0], of)

    def populations_agree(self, of: Trajectories, reference: Trajectories = RECORD) -> Outcome:
        """Test R1: whether populations agree with those of the record."""
        ratio = self.scatter(_state_populations, of) / self.scatter(_state_populations, reference)
        return criteria.populations_agree(self.populations(of), self.populations(reference), ratio)

    def curves_agree(
        self, of: Trajectories, reference: Trajectories = RECORD, window: int = 1
    ) -> Outcome:
        """Test R2: whether transition counts agree with those of the record."""
        return criteria.curves_agree(self.counts(of, window), self.counts(reference, window))

    def means_agree(self, of: Trajectories, reference: Trajectories = RECORD) -> Outcome:
        """Test R3: the same as R2 for the states of a mean over 2 ms."""
        return self.curves_agree(of, reference, MEAN_FRAMES)

    def verdict(self, claim_id: str) -> Verdict:
        """Judge R1, R2 or R3; the best possible result is one half of the record.

        Raises
        ------
        KeyError
            If it is another claim.
        """
        tests = {"R1": self.populations_agree, "R2": self.curves_agree, "R3": self.means_agree}
        if claim_id not in tests:
            raise KeyError(
                f"claim_id: expected one of {', '.join(tests)}, found {claim_id!r}; "
                f"give one of these"
            )
        test, half = tests[claim_id], len(self.record.data) // 2
        return self.judged(
            CLAIMS[claim_id],
            test,
            best=test([self.record.data[half:]], [self.record.data[:half]]),
            best_is="half of the record",
        )


def _state_populations(labels: Labels) -> NDArray[np.float64]:
    return populations(states_of(labels), n_labels=len(STATES))


def numbers(estimates: RiboswitchEstimates) -> dict[str, Any]:
    """Return every number that a chapter takes from a record, as JSON holds it."""
    shown = (RECORD, MODEL)
    losses = {
        name: [round_for_json(history[name]) for history in estimates.histories]
        for name in ("loss", "validation_loss")
    }
    return {
        "density": {name: estimate_to_json(estimates.density(name)) for name in shown},
        "populations": {name: estimate_to_json(estimates.populations(name)) for name in shown},
        "each_training": [
            round_for_json(_state_populations(labels)) for labels in estimates.trajectories[MODEL]
        ],
        "commit_times": estimates.commit_times,
        "counts": {name: estimate_to_json(estimates.counts(name)) for name in shown},
        "mean_counts": {
            name: estimate_to_json(estimates.counts(name, MEAN_FRAMES)) for name in shown
        },
        "autocorrelation": {
            name: estimate_to_json(estimates.autocorrelation(name)) for name in shown
        },
        **losses,
    }


summarise = summarise_with(RiboswitchEstimates, numbers)
