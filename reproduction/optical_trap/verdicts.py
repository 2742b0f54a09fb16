"""Estimates and verdicts from ten simulated records, where the exact answer is known: S1, S2."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.uncertainty import Estimate, over_trainings
from lstm_md.judging import criteria
from lstm_md.judging.criteria import Outcome, combine
from lstm_md.judging.verdict import Verdict, judge
from reproduction.common.estimates import MODEL, summarise_with
from reproduction.common.numbers import estimate_to_json, round_for_json
from reproduction.optical_trap.claims import CLAIMS
from reproduction.riboswitch.states import MS, N_LABELS, STATES, states_of
from reproduction.rivals.criteria import Curves, agrees_only_beyond
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

TRUTH, SIMULATED_RECORD = "truth", "simulated record"
MSM, HMM = "Markov state model", "hidden Markov model"
CHAIN, SHUFFLED = "first-order Markov chain", "shuffled labels"
# What the names of an array in the file of a realisation begin with.
METHODS = {
    "record": SIMULATED_RECORD,
    "lstm": MODEL,
    "msm": MSM,
    "hmm": HMM,
    "chain": CHAIN,
    "shuffled": SHUFFLED,
}
# The same for hidden Markov models: of the simulated record and of two generated trajectories.
HIDDEN = {
    "hmm": HMM,
    "lstm_hmm": "hidden Markov model of the LSTM's text",
    "msm_hmm": "hidden Markov model of the Markov state model's text",
}
_KEYS = {name: key for key, name in METHODS.items()}
_STATE_OF_LABEL = np.eye(len(STATES))[states_of(np.arange(N_LABELS))]


class TrapEstimates:
    """The estimates of a record of simulated optical traps, from stored statistics.

    The estimates of the truth are means over its segments. All others are means over the
    realisations. Their errors therefore contain what a single simulated record happens to hold,
    and a deviation from the truth is one of the method.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.optical_trap.run.TrapStudy`.

    Attributes
    ----------
    truth : dict of str to ndarray
        Statistics of the long simulation.
    realisations : list of dict of str to ndarray
        Statistics of each simulated record, and of what models of it generated.
    commit_times : list of int
        In frames.
    """

    def __init__(self, record: Record) -> None:
        self.record, self.settings = record, record.settings
        self.commit_times = list(record.settings["commit_times"])
        self.truth = load_file(record.folder / "truth.npz")
        self.realisations = [
            load_file(record.folder / name) for name in realisation_files(record.settings)
        ]

    def estimate(self, statistic: str, of: str) -> Estimate:
        """Estimate a stored statistic.

        Parameters
        ----------
        statistic : {"counts", "mean_counts", "populations", "autocorrelation"}
        of : str
            ``TRUTH`` or one of ``METHODS``.

        Raises
        ------
        KeyError
            If there is no such statistic or no such method.
        """
        return over_trainings(self._values(statistic, of))

    def _values(self, statistic: str, of: str) -> NDArray[np.float64]:
        if of == TRUTH:
            return self.truth[statistic].astype(np.float64)
        key = f"{_KEYS[of]}_{statistic}"
        return np.array([arrays[key].mean(axis=0) for arrays in self.realisations])

    def curves(self, of: str) -> Curves:
        """Estimate the transition counts in a tenth of a realisation, each (commit times, 3, 3).

        The first are of the states of single frames, the second of those of a mean over 2 ms.
        """
        return self.estimate("counts", of), self.estimate("mean_counts", of)

    def label_populations(self, of: str) -> Estimate:
        """Estimate the populations of the labels, shape (34,)."""
        return self.estimate("populations", of)

    def populations(self, of: str) -> Estimate:
        """Estimate the populations of U, P3 and P2P3 in single frames, shape (3,)."""
        return over_trainings(self._values("populations", of) @ _STATE_OF_LABEL)

    def autocorrelation(self, of: str) -> Estimate:
        """Estimate the autocorrelation of the extension, shape (lags,).

        The lags are :data:`reproduction.riboswitch.statistics.LAGS`.
        """
        return self.estimate("autocorrelation", of)

    def over_realisations(self, array: str) -> Estimate:
        """Estimate the mean of an array that each realisation stores once."""
        return over_trainings([arrays[array] for arrays in self.realisations])

    def curves_agree(self, of: str) -> Outcome:
        """Test S1: R2's criterion for single frames and for the mean, against the truth."""
        pairs = zip(("single frames", "2 ms mean"), self.curves(of), self.curves(TRUTH))
        return combine({name: criteria.curves_agree(one, true) for name, one, true in pairs})

    def agrees_only_beyond(self, of: str) -> Outcome:
        """Test S2 for one method: agreement with the truth beyond 10 ms only."""
        commit_ms = MS * np.array(self.commit_times)
        return agrees_only_beyond(self.curves(of), self.curves(TRUTH), commit_ms)

    def verdict(self, claim_id: str) -> Verdict:
        """Judge S1 or S2.

        Raises
        ------
        KeyError
            If it is another claim.
        """
        source = self.record.recorded()
        if claim_id == "S1":
            return judge(
                CLAIMS[claim_id],
                self.curves_agree(MODEL),
                {name: self.curves_agree(name) for name in (CHAIN, SHUFFLED, MSM, HMM)},
                best=self.curves_agree(SIMULATED_RECORD),
                source=source,
                best_is=SIMULATED_RECORD,
            )
        if claim_id == "S2":
            both = {"MSM": self.agrees_only_beyond(MSM), "HMM": self.agrees_only_beyond(HMM)}
            return judge(
                CLAIMS[claim_id],
                combine(both),
                {
                    name: self.agrees_only_beyond(name)
                    for name in (MODEL, SIMULATED_RECORD, SHUFFLED)
                },
                source=source,
                tested=" and ".join(both),
            )
        raise KeyError(
            f"claim_id: expected one of {', '.join(CLAIMS)}, found {claim_id!r}; give one of these"
        )


def realisation_files(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of the files of the realisations."""
    return [f"realisation-{k:02d}.npz" for k in range(settings["trainings"])]


def numbers(estimates: TrapEstimates) -> dict[str, Any]:
    """Return every number that a chapter takes from a record, as JSON holds it."""
    shown = (TRUTH, *METHODS.values())
    curves = {name: estimates.curves(name) for name in shown}
    truth, realisations = estimates.truth, estimates.realisations
    hidden = {
        what: {
            name: estimate_to_json(estimates.over_realisations(f"{key}_{what}"))
            for key, name in HIDDEN.items()
        }
        for what in ("timescales", "stationary", "outputs")
    }
    msm_timescales = estimate_to_json(estimates.over_realisations("msm_timescales"))
    populations = estimates.over_realisations("conformation_populations")
    return {
        "commit_times": estimates.commit_times,
        "counts": {name: estimate_to_json(single) for name, (single, _) in curves.items()},
        "mean_counts": {name: estimate_to_json(mean) for name, (_, mean) in curves.items()},
        "label_populations": {n: estimate_to_json(estimates.label_populations(n)) for n in shown},
        "populations": {name: estimate_to_json(estimates.populations(name)) for name in shown},
        "autocorrelation": {n: estimate_to_json(estimates.autocorrelation(n)) for n in shown},
        "conformations": {
            "exact_populations": round_for_json(truth["conformation_populations"]),
            "exact_relaxation_frames": round_for_json(truth["relaxation_frames"]),
            "counts": estimate_to_json(over_trainings(truth["conformation_counts"])),
            "populations": estimate_to_json(populations),
        },
        "relaxation_frames": {MSM: msm_timescales, **hidden["timescales"]},
        "hidden_populations": hidden["stationary"],
        "hidden_outputs": hidden["outputs"],
        **{
            name: [round_for_json(arrays[name]) for arrays in realisations]
            for name in ("loss", "validation_loss")
        },
    }


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Compute the numbers and verdicts of a record, as JSON holds them."""
    # A study of the trap names no claims in its settings: it always judges both.
    judging_both = {**settings, "claims": list(CLAIMS)}
    return summarise_with(TrapEstimates, numbers)(folder, judging_both)
