"""What ten simulated records say of the LSTM and the Markov models, where the truth is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.uncertainty import Estimate, over_trainings
from lstm_md.judging import criteria
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.potentials.verdicts import (
    MODEL,
    estimate_to_json,
    round_for_json,
    verdict_to_json,
)
from reproduction.riboswitch.states import LABELS, MS, STATES, states_of
from reproduction.rivals.criteria import Curves, agrees_only_beyond
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

TRUTH, RECORD = "truth", "simulated record"
MSM, HMM = "Markov state model", "hidden Markov model"
CHAIN, SHUFFLED = "first-order Markov chain", "shuffled labels"
# By what their arrays in a realisation's file begin with.
METHODS = {
    "record": RECORD, "lstm": MODEL, "msm": MSM, "hmm": HMM, "chain": CHAIN, "shuffled": SHUFFLED,
}  # fmt: skip
# The same for the hidden Markov models: of the record, and of two texts that others wrote.
HIDDEN = {
    "hmm": HMM,
    "lstm_hmm": "hidden Markov model of the LSTM's text",
    "msm_hmm": "hidden Markov model of the Markov state model's text",
}
CLAIMS = ("S1", "S2")
_KEYS = {name: key for key, name in METHODS.items()}
_STATE_OF_LABEL = np.eye(len(STATES))[states_of(np.arange(LABELS))]


class TrapEstimates:
    """The estimates of a record of simulated optical traps.

    Of the truth they are means over its segments, with the error of that mean; of the simulated
    records, and of what learned from each, means over the realisations. So an error contains what
    a single record happens to hold, and a deviation from the truth is one of the method.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.optical_trap.run.TrapStudy`.

    Attributes
    ----------
    truth : dict of str to ndarray
    realisations : list of dict of str to ndarray
    commit_times : list of int
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.commit_times = list(record.settings["commit_times"])
        self.truth = load_file(record.folder / "truth.npz")
        self.realisations = [
            load_file(record.folder / file) for file in realisation_files(record.settings)
        ]

    def _values(self, name: str, statistic: str) -> NDArray[np.float64]:
        if name == TRUTH:
            return self.truth[statistic].astype(np.float64)
        key = f"{_KEYS[name]}_{statistic}"
        return np.array([each[key].mean(axis=0) for each in self.realisations])

    def curves(self, name: str) -> Curves:
        """Transitions in a tenth of a realisation, each (commit times, 3, 3).

        Of the states of single frames, and of a mean over 2 ms.

        Raises
        ------
        KeyError
            If no method has the name.
        """
        single, mean = (self._values(name, which) for which in ("counts", "mean_counts"))
        return over_trainings(single), over_trainings(mean)

    def label_populations(self, name: str) -> Estimate:
        """Of the 34 labels, shape (34,)."""
        return over_trainings(self._values(name, "populations"))

    def populations(self, name: str) -> Estimate:
        """Of U, P3 and P2P3 as single frames show them, shape (3,)."""
        return over_trainings(self._values(name, "populations") @ _STATE_OF_LABEL)

    def autocorrelation(self, name: str) -> Estimate:
        """Of the extension at :data:`reproduction.riboswitch.verdicts.LAGS`, shape (lags,)."""
        return over_trainings(self._values(name, "autocorrelation"))

    def over_realisations(self, array: str) -> Estimate:
        """Mean of an array that each realisation has one of."""
        return over_trainings([each[array] for each in self.realisations])

    def curves_agree(self, name: str) -> Outcome:
        """The criterion of S1: R2's, of single frames and of the 2 ms mean, against the truth."""
        two = zip(("single frames", "2 ms mean"), self.curves(name), self.curves(TRUTH))
        return _all({what: criteria.curves_agree(one, true) for what, one, true in two})

    def only_beyond(self, name: str) -> Outcome:
        """The criterion of S2, of one method."""
        commit_ms = MS * np.array(self.commit_times)
        return agrees_only_beyond(self.curves(name), self.curves(TRUTH), commit_ms)

    def verdict(self, claim: str) -> Verdict:
        """The verdict on S1 or S2, with its controls.

        Raises
        ------
        KeyError
            If it is another claim.
        """
        source = self.record.recorded()
        if claim == "S1":
            must_fail = {name: self.curves_agree(name) for name in (CHAIN, SHUFFLED, MSM, HMM)}
            best = self.curves_agree(RECORD)
            return judge(
                claim, self.curves_agree(MODEL), must_fail, best, source=source, best_is=RECORD
            )
        if claim == "S2":
            both = {"MSM": self.only_beyond(MSM), "HMM": self.only_beyond(HMM)}
            must_fail = {name: self.only_beyond(name) for name in (MODEL, RECORD, SHUFFLED)}
            return judge(claim, _all(both), must_fail, source=source, tested=" and ".join(both))
        raise KeyError(f"claim: expected one of {', '.join(CLAIMS)}, found {claim!r}; give one")


def _all(outcomes: Mapping[str, Outcome]) -> Outcome:
    return Outcome(
        all(outcome.passed for outcome in outcomes.values()),
        "; ".join(f"{name}: {outcome.measured}" for name, outcome in outcomes.items()),
        "; ".join(f"{name}: {outcome.power}" for name, outcome in outcomes.items()),
    )


def realisation_files(settings: Mapping[str, Any]) -> Sequence[str]:
    """The names of the files of a run's realisations."""
    return [f"realisation-{k:02d}.npz" for k in range(settings["trainings"])]


def numbers(measured: TrapEstimates) -> dict[str, Any]:
    """Every number that a chapter takes from a record, as JSON holds it."""
    shown = (TRUTH, *METHODS.values())
    curves = {name: measured.curves(name) for name in shown}
    of_hidden = {
        what: {
            name: estimate_to_json(measured.over_realisations(f"{key}_{what}"))
            for key, name in HIDDEN.items()
        }
        for what in ("timescales", "stationary", "outputs")
    }
    of_msm = estimate_to_json(measured.over_realisations("msm_timescales"))
    return {
        "commit_times": measured.commit_times,
        "counts": {name: estimate_to_json(single) for name, (single, _) in curves.items()},
        "mean_counts": {name: estimate_to_json(mean) for name, (_, mean) in curves.items()},
        "label_populations": {n: estimate_to_json(measured.label_populations(n)) for n in shown},
        "populations": {name: estimate_to_json(measured.populations(name)) for name in shown},
        "autocorrelation": {n: estimate_to_json(measured.autocorrelation(n)) for n in shown},
        "conformations": {
            "exact_populations": round_for_json(measured.truth["conformation_populations"]),
            "exact_relaxation_frames": round_for_json(measured.truth["relaxation_frames"]),
            "counts": estimate_to_json(over_trainings(measured.truth["conformation_counts"])),
            "populations": estimate_to_json(measured.over_realisations("conformation_populations")),
        },
        "relaxation_frames": {MSM: of_msm, **of_hidden["timescales"]},
        "hidden_populations": of_hidden["stationary"],
        "hidden_outputs": of_hidden["outputs"],
        "loss": [round_for_json(each["loss"]) for each in measured.realisations],
        "validation_loss": [
            round_for_json(each["validation_loss"]) for each in measured.realisations
        ],
    }


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a record and its verdicts, as JSON holds them."""
    measured = TrapEstimates(Record(folder.name, folder, dict(settings), {}))
    return {
        "numbers": numbers(measured),
        "verdicts": {claim: verdict_to_json(measured.verdict(claim)) for claim in CLAIMS},
    }
