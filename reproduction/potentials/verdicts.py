"""The verdicts on a record of a model potential: populations, counts, and which states exchange."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging import criteria
from lstm_md.judging.compare import scatter_over
from lstm_md.judging.controls import CONTROLS
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict
from lstm_md.systems import potentials
from reproduction.common.commit_times import place_of_commit_time
from reproduction.common.estimates import (
    DATA,
    MODEL,
    SAME,
    TRUTH,
    ByName,
    Labels,
    RecordEstimates,
    summarise_with,
    with_controls,
)
from reproduction.common.numbers import estimate_to_json, round_for_json
from reproduction.embedding import verdicts as embedding
from reproduction.potentials import criteria as geometry
from reproduction.potentials.claims import CLAIMS
from reproduction.potentials.controls import diffusion_along_x, driven_cycle
from reproduction.runs.records import Record

# Frames, by the number of labels: by then recrossings have died out (K3, K4; K6, K7).
COMMIT_TIME = {3: 10, 4: 100}
DISTAL = ((1, 2), (0, 3))  # B–C and A–D of the four-state potential (K6)
CYCLE = (0, 2, 3, 1)  # the four minima in the order in which they lie round the middle (K7)

Test = Callable[[str], Outcome]


class PotentialEstimates(RecordEstimates):
    """The estimates of a record of a model potential, in segments of the training data's length.

    Parameters
    ----------
    record : Record

    Attributes
    ----------
    populations, counts : dict of str to Estimate
        Shapes (N,) and (commit times, N, N), by the name of what made them. Counts are
        transitions per segment. ``training data``, ``independent simulation`` (as long as the
        data) and ``reference`` (ten times as long) are means over segments; ``LSTM`` and the
        controls are means over trainings or copies.
    scatters : dict of str to float
        The standard deviation of a population from segment to segment.
    """

    def __init__(self, record: Record) -> None:
        self.n_labels = int(record.settings["labels"])
        self.commit_times = list(record.settings["commit_times"])
        known: dict[str, Sequence[Labels]] = {
            DATA: [record.data],
            MODEL: record.generated,
            SAME: [record.reference[: len(record.data)]],
            TRUTH: [record.reference],
        }
        trajectories = with_controls(record, known)
        segment_frames = len(record.data) // int(record.settings["segments"])
        super().__init__(record, segment_frames, trajectories, CONTROLS)
        shares = partial(populations, n_labels=self.n_labels)
        self._counts = partial(
            transition_counts, commit_times=self.commit_times, n_labels=self.n_labels
        )
        self.populations = self.estimates(shares)
        self.counts = self.estimates(self._counts)
        self.scatters = ByName(
            lambda name: scatter_over(shares, trajectories[name], segment_frames)
        )

    def populations_agree(self, name: str, actual: str = DATA) -> Outcome:
        """Apply the criterion of B1–B3."""
        ratio = self.scatters[name] / self.scatters[actual]
        model = self._with_error_of_data(self.populations, name, actual)
        return criteria.populations_agree(model, self.populations[actual], ratio)

    def curves_agree(self, name: str, actual: str = DATA) -> Outcome:
        """Apply the criterion of K1, K2 and K5."""
        model = self._with_error_of_data(self.counts, name, actual)
        return criteria.curves_agree(model, self.counts[actual])

    def _with_error_of_data(
        self, estimates: Mapping[str, Estimate], name: str, actual: str
    ) -> Estimate:
        """A model cannot be nearer to the reference than its data: their error counts as well."""
        model = estimates[name]
        if actual != TRUTH or name in (DATA, SAME):
            return model
        return Estimate(model.value, np.hypot(model.error, estimates[DATA].error), model.n)

    def committed(self, counts: str | Estimate | Sequence[Labels]) -> Estimate:
        """Return counts at the commit time nearest to ``COMMIT_TIME``, shape (N, N).

        Parameters
        ----------
        counts : str, Estimate of shape (commit times, N, N), or sequence of ndarray
            The name of what made them; counts; or trajectories prepared as the record's.
        """
        if isinstance(counts, str):
            counts = self.counts[counts]
        elif not isinstance(counts, Estimate):
            counts = self.estimate(self._counts, counts)
        wanted = COMMIT_TIME[self._n_states]
        at = place_of_commit_time(self.commit_times, wanted)
        return Estimate(counts.value[at], counts.error[at], counts.n)

    @property
    def _n_states(self) -> int:
        return len(getattr(potentials, self.settings["potential"]).states)

    def verdict(self, claim: str) -> Verdict:
        """Judge one claim, with its controls.

        Raises
        ------
        KeyError
            If no record of a potential can decide the claim.
        """
        if claim in embedding.CLAIMS:
            return embedding.verdict(self.record)
        test, shown = self._test(claim.rstrip("*"))
        return self.judged(CLAIMS[claim], test, best=test(SAME), **shown)

    def _test(self, claim: str) -> tuple[Test, dict[str, Any]]:
        """The test of a claim, and what else :meth:`judged` takes."""
        if claim in ("B1", "B2", "B3"):
            return self.populations_agree, {"truth": self.populations_agree(MODEL, TRUTH)}
        if claim in ("K1", "K2", "K5"):
            return self.curves_agree, {"truth": self.curves_agree(MODEL, TRUTH)}
        tests = {"K3": self._rare, "K4": self._alike, "K6": self._distal, "K7": self._asymmetric}
        test, more_controls = tests[claim]()
        return test, {"more_controls": more_controls}

    def _rare(self) -> tuple[Test, dict[str, Outcome]]:
        """K3: A–C is rare. The other three-state potential must fail."""
        return self._of_three_states(lambda counts: geometry.pair_is_rare(counts, (0, 2)))

    def _alike(self) -> tuple[Test, dict[str, Outcome]]:
        """K4: all pairs are alike. The other three-state potential must fail."""
        return self._of_three_states(geometry.pairs_alike)

    def _of_three_states(
        self, criterion: Callable[[Estimate], Outcome]
    ) -> tuple[Test, dict[str, Outcome]]:
        other = getattr(potentials, self.settings["other"]).name
        simulated = self.committed([self.record.controls["other"]])
        return (
            lambda name: criterion(self.committed(name)),
            {f"simulation of the {other} potential": criterion(simulated)},
        )

    def _distal(self) -> tuple[Test, dict[str, Outcome]]:
        """K6: B–C is as distal as A–D. A diffusion along x must fail."""

        def criterion(counts: Estimate) -> Outcome:
            return geometry.equally_distal(counts, *DISTAL, data=self.committed(DATA))

        along_x = self.committed(diffusion_along_x(self.settings))
        return (
            lambda name: criterion(self.committed(name)),
            {"diffusion along x on the same free energy": criterion(along_x)},
        )

    def _asymmetric(self) -> tuple[Test, dict[str, Outcome]]:
        """K7: asymmetry is counting noise. A driven cycle must fail."""
        data, reference = self.committed(DATA), self.committed(TRUTH)
        record, seed = self.record, int(self.settings["seed"])
        long = driven_cycle(
            record.data, self.n_labels, len(record.reference), cycle=CYCLE, seed=seed
        )
        short = self.committed([long[: len(record.data)]])
        driven = geometry.asymmetry_is_noise(short, short, self.committed([long]))
        return (
            lambda name: geometry.asymmetry_is_noise(self.committed(name), data, reference),
            {"cycle that is driven": driven},
        )


def verdicts(record: Record) -> list[Verdict]:
    """Judge the claims that a record was made for, from its labels."""
    estimates = PotentialEstimates(record)
    return [estimates.verdict(claim) for claim in record.settings["claims"]]


def numbers(estimates: PotentialEstimates) -> dict[str, Any]:
    """Every number that a chapter takes from a record, as JSON holds it."""
    record = estimates.record
    shown = (DATA, MODEL, SAME, TRUTH)
    has_embeddings = any(claim in embedding.CLAIMS for claim in record.settings["claims"])
    trainings = record.trainings
    return {
        **({"embeddings": embedding.numbers(record)} if has_embeddings else {}),
        "populations": {name: estimate_to_json(estimates.populations[name]) for name in shown},
        "commit_times": estimates.commit_times,
        "counts": {name: estimate_to_json(estimates.counts[name]) for name in shown},
        "loss": [round_for_json(training.loss) for training in trainings],
        "validation_loss": [round_for_json(training.validation_loss) for training in trainings],
    }


summarise = summarise_with(PotentialEstimates, numbers)
