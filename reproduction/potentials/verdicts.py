"""What a record of a model potential says: populations, counts, verdicts, from its labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings, segments
from lstm_md.judging import criteria
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from lstm_md.systems import potentials
from reproduction.embedding import verdicts as embedding_verdicts
from reproduction.potentials import controls
from reproduction.potentials import criteria as geometry_criteria
from reproduction.runs.records import Record

COMMITTED = {3: 10, 4: 100}  # frames by labels: recrossings have died out (K3, K4; K6, K7)
DATA, MODEL, SAME, TRUTH = "training data", "LSTM", "independent simulation", "reference"
DISTAL = ((1, 2), (0, 3))  # B–C and A–D of the four-state potential (K6)
CYCLE = (0, 2, 3, 1)  # the four minima in the order in which they lie round the middle (K7)

Labels = NDArray[np.unsignedinteger]


class PotentialEstimates:
    """The estimates of a record, all in segments of one length, those of the training data.

    Parameters
    ----------
    record : Record
        Of a model potential.

    Attributes
    ----------
    populations, counts : dict of str to Estimate
        Shapes (N,) and (commit times, N, N). ``training data``, ``independent simulation`` (as
        long as the data) and ``reference`` (ten times as long) are means over segments; ``LSTM``
        and the controls are means over trainings or copies. Counts are transitions a segment.
    scatter : dict of str to float
        Standard deviation of a population from segment to segment.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.settings = record.settings
        self.n_labels = int(record.settings["labels"])
        self.frames = len(record.data) // int(record.settings["segments"])
        self.commit_times = list(record.settings["commit_times"])
        self.populations: dict[str, Estimate] = {}
        self.counts: dict[str, Estimate] = {}
        self.scatter: dict[str, float] = {}
        must_fail = controls.standard_controls(record)
        self.controls = tuple(must_fail)
        everything: dict[str, Sequence[Labels]] = {
            DATA: [record.data],
            MODEL: record.generated,
            SAME: [record.reference[: len(record.data)]],
            TRUTH: [record.reference],
            **must_fail,
        }
        for name, trajectories in everything.items():
            self.populations[name] = self._mean(self._populations, trajectories)
            self.counts[name] = self._mean(self._counts, trajectories)
            self.scatter[name] = self._scatter(trajectories)

    def _populations(self, part: Labels) -> NDArray:
        return populations(part, n_labels=self.n_labels)

    def _counts(self, part: Labels) -> NDArray:
        return transition_counts(part, self.commit_times, n_labels=self.n_labels)

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

    def populations_agree(self, name: str, actual: str = DATA) -> Outcome:
        """The criterion of B1–B3."""
        ratio = self.scatter[name] / self.scatter[actual]
        learned = self._learned(self.populations, name, actual)
        return criteria.populations_agree(learned, self.populations[actual], ratio)

    def curves_agree(self, name: str, actual: str = DATA) -> Outcome:
        """The criterion of K1, K2 and K5."""
        return criteria.curves_agree(self._learned(self.counts, name, actual), self.counts[actual])

    def _learned(self, of: Mapping[str, Estimate], name: str, actual: str) -> Estimate:
        """What learned from data that miss the truth can't be nearer to it: their error counts."""
        if actual != TRUTH or name in (DATA, SAME):
            return of[name]
        return Estimate(of[name].value, np.hypot(of[name].error, of[DATA].error), of[name].n)

    def committed(self, counts: Estimate) -> Estimate:
        """The counts at the commit time nearest to ``COMMITTED``, shape (N, N)."""
        wanted = COMMITTED[self.n_labels]
        at = int(np.argmin(np.abs(np.subtract(self.commit_times, wanted))))
        return Estimate(counts.value[at], counts.error[at], counts.n)

    def at_once(self, name: str) -> Estimate:
        """Committed counts by the name of what made them."""
        return self.committed(self.counts[name])

    def verdict(self, claim: str) -> Verdict:
        """The verdict on one claim, with its controls.

        Raises
        ------
        KeyError
            If no record can speak on the claim.
        """
        base = claim.rstrip("*")
        if base.startswith("E"):
            return embedding_verdicts.verdict(self.record)
        of_agreement = dict.fromkeys(("B1", "B2", "B3"), self.populations_agree)
        of_agreement |= dict.fromkeys(("K1", "K2", "K5"), self.curves_agree)
        if base in of_agreement:
            agree = of_agreement[base]
            return self._judged(claim, agree, truth=agree(MODEL, TRUTH))
        of_geometry: dict[str, Callable[[PotentialEstimates], tuple[Test, dict[str, Outcome]]]] = {
            "K3": _rare, "K4": _alike, "K6": _distal, "K7": _asymmetric,
        }  # fmt: skip
        test, others = of_geometry[base](self)
        return self._judged(claim, test, others)

    def _judged(
        self,
        claim: str,
        test: Test,
        others: Mapping[str, Outcome] | None = None,
        truth: Outcome | None = None,
    ) -> Verdict:
        must_fail = {name: test(name) for name in self.controls} | dict(others or {})
        source = self.record.recorded()
        return judge(claim, test(MODEL), must_fail, best=test(SAME), truth=truth, source=source)

    def text(self, labels: Sequence[Labels]) -> Estimate:
        """Committed counts of other texts, prepared as those of the record."""
        return self.committed(self._mean(self._counts, labels))


Test = Callable[[str], Outcome]


def _rare(measured: PotentialEstimates) -> tuple[Test, dict[str, Outcome]]:
    """K3: A–C is rare; the other three-state potential has to fail."""
    return _of_three(measured, lambda counts: geometry_criteria.pair_is_rare(counts, (0, 2)))


def _alike(measured: PotentialEstimates) -> tuple[Test, dict[str, Outcome]]:
    """K4: all pairs alike; the other three-state potential has to fail."""
    return _of_three(measured, geometry_criteria.pairs_alike)


def _of_three(
    measured: PotentialEstimates, criterion: Callable[[Estimate], Outcome]
) -> tuple[Test, dict[str, Outcome]]:
    other = getattr(potentials, measured.settings["other"]).name
    simulated = measured.text([measured.record.controls["other"]])
    return (
        lambda name: criterion(measured.at_once(name)),
        {f"simulation of the {other} potential": criterion(simulated)},
    )


def _distal(measured: PotentialEstimates) -> tuple[Test, dict[str, Outcome]]:
    """K6: B–C as distal as A–D; neighbours along x have to fail."""

    def judged(counts: Estimate) -> Outcome:
        return geometry_criteria.as_distal(counts, *DISTAL, data=measured.at_once(DATA))

    along_x = measured.text(controls.diffusion_along_x(measured.settings))
    return (
        lambda name: judged(measured.at_once(name)),
        {"diffusion along x on the same free energy": judged(along_x)},
    )


def _asymmetric(measured: PotentialEstimates) -> tuple[Test, dict[str, Outcome]]:
    """K7: asymmetry is counting noise; a cycle that is driven has to fail."""
    data, truth = measured.at_once(DATA), measured.at_once(TRUTH)
    record, seed = measured.record, int(measured.settings["seed"])
    long = controls.driven_cycle(
        record.data, measured.n_labels, len(record.reference), cycle=CYCLE, seed=seed
    )
    short = measured.text([long[: len(record.data)]])
    driven = geometry_criteria.asymmetry_is_noise(short, short, measured.text([long]))
    return (
        lambda name: geometry_criteria.asymmetry_is_noise(measured.at_once(name), data, truth),
        {"cycle that is driven": driven},
    )


def verdicts(record: Record) -> list[Verdict]:
    """The verdicts on the claims that a record was made for, computed from its labels."""
    measured = PotentialEstimates(record)
    return [measured.verdict(claim) for claim in record.settings["claims"]]


def numbers(measured: PotentialEstimates) -> dict[str, Any]:
    """Every number that a chapter takes from a record, as JSON holds it."""
    record = measured.record
    shown = (DATA, MODEL, SAME, TRUTH)
    of_embeddings = any(claim.startswith("E") for claim in record.settings["claims"])
    return {
        **({"embeddings": embedding_verdicts.numbers(record)} if of_embeddings else {}),
        "populations": {name: estimate_to_json(measured.populations[name]) for name in shown},
        "commit_times": measured.commit_times,
        "counts": {name: estimate_to_json(measured.counts[name]) for name in shown},
        "loss": [round_for_json(training.loss) for training in record.trainings],
        "validation_loss": [
            round_for_json(training.validation_loss) for training in record.trainings
        ],
    }


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a record and its verdicts, as JSON holds them."""
    measured = PotentialEstimates(Record(folder.name, folder, dict(settings), {}))
    return {
        "numbers": numbers(measured),
        "verdicts": {
            claim: verdict_to_json(measured.verdict(claim)) for claim in settings["claims"]
        },
    }


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict with all its tests, as JSON holds it."""
    shown = {n: {"passed": t.passed, "measured": t.measured} for n, t in verdict.tests.items()}
    return {"outcome": verdict.outcome, "power": verdict.model.power, "tests": shown}


def estimate_to_json(estimate: Estimate) -> dict[str, Any]:
    """An estimate with its error, as JSON holds it."""
    value, error = round_for_json(estimate.value), round_for_json(estimate.error)
    return {"value": value, "error": error, "n": estimate.n}


def round_for_json(array: ArrayLike) -> Any:
    """Ten digits are more than the last ones that differ between machines; JSON has no nan."""
    whole = np.asarray(array, np.float64)
    if whole.ndim == 0:
        return float(f"{float(whole):.10g}") if np.isfinite(whole) else None
    return [round_for_json(part) for part in whole]
