"""What a record of a model potential says: populations, counts, verdicts, from its labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import markov_chain, simulate_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings, segments
from lstm_md.report import criteria
from lstm_md.report.claims import Verdict, judge
from lstm_md.report.criteria import Outcome
from lstm_md.report.records import Record
from lstm_md.systems import potentials

CONTROLS = 5  # trajectories of each control
COMMITTED = 10  # frames: recrossings have died out, so the pairs can be compared (K3, K4)

Labels = NDArray[np.unsignedinteger]


class Measured:
    """The estimates of a record, all in segments of one length, those of the training data.

    Parameters
    ----------
    record : Record
        Of a model potential.

    Attributes
    ----------
    populations, counts : dict of str to Estimate
        Shapes (N,) and (commit times, N, N). ``training data`` and ``independent simulation``
        are means over segments; ``LSTM`` and the controls are means over trainings or copies.
        Counts are transitions a segment.
    scatter : dict of str to float
        Standard deviation of a population from segment to segment.
    """

    def __init__(self, record: Record) -> None:
        self.settings = record.settings
        self.n_labels = int(record.settings["labels"])
        self.frames = len(record.data) // int(record.settings["segments"])
        self.commit_times = list(record.settings["commit_times"])
        self.populations: dict[str, Estimate] = {}
        self.counts: dict[str, Estimate] = {}
        self.scatter: dict[str, float] = {}
        everything: dict[str, Sequence[Labels]] = {
            "training data": [record.data],
            "LSTM": record.generated,
            "independent simulation": [record.reference],
            **_controls(record),
        }
        for name, trajectories in everything.items():
            self.populations[name] = self._mean(self._populations, trajectories)
            self.counts[name] = self._mean(self._counts, trajectories)
            self.scatter[name] = self._scatter(trajectories)
        other = record.controls.get("other")
        self.other = None if other is None else self._mean(self._counts, [other])

    def _populations(self, part: Labels) -> NDArray:
        return populations(part, self.n_labels)

    def _counts(self, part: Labels) -> NDArray:
        return transition_counts(part, self.commit_times, self.n_labels)

    def _mean(self, statistic: Callable, trajectories: Sequence[Labels]) -> Estimate:
        of_each = [by_segments(statistic, t, t.shape[-1] // self.frames) for t in trajectories]
        if len(of_each) == 1:
            return of_each[0]
        return over_trainings([estimate.value for estimate in of_each])

    def _scatter(self, trajectories: Sequence[Labels]) -> float:
        parts = [segments(t, t.shape[-1] // self.frames) for t in trajectories]
        shares = [np.array([self._populations(p) for p in each]) for each in parts]
        variances = [each.var(axis=0, ddof=1) for each in shares]
        return float(np.sqrt(np.mean(variances)))

    def populations_agree(self, name: str) -> Outcome:
        """The criterion of B1–B3."""
        ratio = self.scatter[name] / self.scatter["training data"]
        actual = self.populations["training data"]
        return criteria.populations_agree(self.populations[name], actual, ratio)

    def curves_agree(self, name: str) -> Outcome:
        """The criterion of K1, K2 and K5."""
        return criteria.curves_agree(self.counts[name], self.counts["training data"])

    def committed(self, counts: Estimate) -> Estimate:
        """The counts at the commit time nearest to ten frames, shape (N, N)."""
        at = int(np.argmin(np.abs(np.subtract(self.commit_times, COMMITTED))))
        return Estimate(counts.value[at], counts.error[at], counts.n)

    def verdict(self, claim: str) -> Verdict:
        """The verdict on one claim, with its controls.

        Raises
        ------
        KeyError
            If no record can speak on the claim.
        """
        if claim in ("K3", "K4"):
            return self._geometry(claim)
        tests = dict.fromkeys(("B1", "B2", "B3"), self.populations_agree)
        tests |= dict.fromkeys(("K1", "K2", "K5"), self.curves_agree)
        test = tests[claim]
        known = ("training data", "LSTM", "independent simulation")
        controls = {name: test(name) for name in self.counts if name not in known}
        return judge(claim, test("LSTM"), controls, best=test("independent simulation"))

    def _geometry(self, claim: str) -> Verdict:
        """K3 and K4: each three-state potential is the control of the other."""

        def test(counts: Estimate) -> Outcome:
            at_ten = self.committed(counts)
            return (
                criteria.pair_is_rare(at_ten, (0, 2))
                if claim == "K3"
                else criteria.pairs_alike(at_ten)
            )

        assert self.other is not None, "a recipe with K3 or K4 names the other potential"
        other = getattr(potentials, self.settings["other"]).name
        control = {f"simulation of the {other} potential": test(self.other)}
        best = test(self.counts["independent simulation"])
        return judge(claim, test(self.counts["LSTM"]), control, best=best)


def _controls(record: Record) -> dict[str, Sequence[Labels]]:
    """What has to fail; as in the chapters, made anew from the data where that is cheap."""
    data, seed = record.data, int(record.settings["seed"])
    matrix = markov_chain(data, int(record.settings["labels"]))
    random = np.random.default_rng(seed)
    return {
        "untrained network": list(record.controls["untrained"]),
        "shuffled labels": [random.permutation(data) for _ in range(CONTROLS)],
        "first-order Markov chain": [
            simulate_markov_chain(matrix, len(data), seed=100 * seed + k) for k in range(CONTROLS)
        ],
    }


def verdicts(record: Record) -> list[Verdict]:
    """The verdicts on the claims that a record was made for, computed from its labels."""
    measured = Measured(record)
    return [measured.verdict(claim) for claim in record.settings["claims"]]


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Every number that a chapter takes from a record, and the verdicts, as JSON holds them."""
    record = Record(folder.name, folder, dict(settings), {})
    measured = Measured(record)
    shown = ("training data", "LSTM", "independent simulation")
    return {
        "numbers": {
            "populations": {name: _plain(measured.populations[name]) for name in shown},
            "commit_times": measured.commit_times,
            "counts": {name: _plain(measured.counts[name]) for name in shown},
            "loss": [digits(training.loss) for training in record.trainings],
            "validation_loss": [digits(training.validation_loss) for training in record.trainings],
        },
        "verdicts": {claim: plain_verdict(measured.verdict(claim)) for claim in settings["claims"]},
    }


def plain_verdict(verdict: Verdict) -> dict[str, Any]:
    """A verdict with all its tests, as JSON holds it."""
    tests = {"LSTM": verdict.model, **verdict.controls}
    if verdict.best is not None:
        tests["independent simulation"] = verdict.best
    shown = {n: {"passed": t.passed, "measured": t.measured} for n, t in tests.items()}
    return {"outcome": verdict.outcome, "power": verdict.model.power, "tests": shown}


def _plain(estimate: Estimate) -> dict[str, Any]:
    value, error = digits(estimate.value), digits(estimate.error)
    return {"value": value, "error": error, "n": estimate.n}


def digits(array: ArrayLike) -> Any:
    """Ten digits are more than the last ones that differ between machines; JSON has no nan."""
    whole = np.asarray(array, np.float64)
    if whole.ndim == 0:
        return float(f"{float(whole):.10g}") if np.isfinite(whole) else None
    return [digits(part) for part in whole]
