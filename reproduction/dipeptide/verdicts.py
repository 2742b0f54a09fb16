"""What a record of alanine dipeptide says: free energies, waits, verdicts, from its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings, segments
from lstm_md.judging.criteria import MAX_POPULATION_Z, Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.dipeptide import criteria
from reproduction.dipeptide.states import AX, COMMIT, LABELS, states, waits
from reproduction.potentials.controls import CONTROLS
from reproduction.potentials.verdicts import (
    DATA,
    MODEL,
    SAME,
    TRUTH,
    estimate_to_json,
    round_for_json,
    verdict_to_json,
)
from reproduction.runs.files import load_file
from reproduction.runs.records import Record, training_files

SEGMENT = 50_000  # frames: 5 ns, long beside a wait in C7ax; 20 in the training data
COMMIT_TIMES = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300)  # frames
Labels = NDArray[np.unsignedinteger]
Waits = tuple[NDArray, NDArray]  # in C7eq and in C7ax, in ps


class DipeptideEstimates:
    """The estimates of a record of alanine dipeptide along one angle.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.dipeptide.run.DipeptideStudy`.

    Attributes
    ----------
    texts : dict of str to list of ndarray
        Labels by what made them: the training data, what each network wrote, an independent
        simulation as long as the data and the whole of it, and the controls.
    """

    def __init__(self, record: Record) -> None:
        self.record, self.settings = record, record.settings
        self.angle = str(record.settings["angle"])
        written = [load_file(record.folder / file) for file in training_files(record.settings)]
        self.histories = [
            {name: part[name] for name in ("loss", "validation_loss")} for part in written
        ]
        must_fail = self._controls()
        self.controls = tuple(must_fail)
        self.texts: dict[str, Sequence[Labels]] = {
            DATA: [record.data],
            MODEL: [part["generated"] for part in written],
            SAME: [record.reference[: len(record.data)]],
            TRUTH: [record.reference],
            **must_fail,
        }
        self.populations = {
            name: _estimate(lambda part: populations(part, n_labels=LABELS), texts)
            for name, texts in self.texts.items()
        }
        self.scatter = {name: self._scatter(texts) for name, texts in self.texts.items()}
        self._every_wait = {
            name: [waits(text, self.angle) for text in texts] for name, texts in self.texts.items()
        }
        self.waits = {name: _mean_waits(each) for name, each in self._every_wait.items()}

    def _controls(self) -> dict[str, Sequence[Labels]]:
        data, seed = self.record.data, int(self.settings["seed"])
        random = np.random.default_rng(seed)
        chain = simulate_markov_chain(
            fit_markov_chain(data, n_labels=LABELS), len(data), seed=100 * seed, n_chains=CONTROLS
        )
        return {
            "untrained network": list(self.record.controls["untrained"]),
            "shuffled labels": [random.permutation(data) for _ in range(CONTROLS)],
            "first-order Markov chain": list(chain),
        }

    def distribution(self, name: str) -> Waits:
        """All waits in C7eq and in C7ax, in ps, each of shape (waits,)."""
        there, back = (np.concatenate(way) for way in zip(*self._every_wait[name]))
        return there, back

    def _scatter(self, texts: Sequence[Labels]) -> float:
        """Standard deviation of the population of C7ax from segment to segment."""
        shares = [
            (segments(states(text, self.angle), _pieces(text)) == AX).mean(axis=1) for text in texts
        ]
        return float(np.sqrt(np.mean([share.var(ddof=1) for share in shares])))

    def waits_at(self, name: str, commit_time: int) -> tuple[Estimate, Estimate]:
        """:func:`mean_waits` of what ``name`` wrote."""
        return mean_waits(self.texts[name], self.angle, commit_time)

    def counts(self, name: str) -> Estimate:
        """Transitions between C7eq and C7ax a segment against ``COMMIT_TIMES``."""
        seen = [states(text, self.angle) for text in self.texts[name]]
        return _estimate(lambda part: transition_counts(part, COMMIT_TIMES, n_labels=2), seen)

    @property
    def _ends(self) -> list[int]:
        """After how many epochs the trainings of the first seed end."""
        return sorted({*self.settings["other_epochs"], self.settings["epochs"]})

    def written_after(self, epochs: int) -> Labels:
        """What the first training wrote that ended after so many epochs, shape (frames,).

        Raises
        ------
        ValueError
            If none of the record did.
        """
        if epochs == self.settings["epochs"]:
            return self.texts[MODEL][0]
        if epochs not in self._ends:
            raise ValueError(
                f"epochs: no training ended after {epochs}; the record has {self._ends}"
            )
        return load_file(self.record.folder / f"epochs-{epochs:02d}.npz")["generated"]

    @cached_property
    def by_epochs(self) -> dict[int, tuple[Estimate, Estimate]]:
        """Mean waits of the first training after fewer epochs, and after all (A5)."""
        return {
            epochs: mean_waits([self.written_after(epochs)], self.angle) for epochs in self._ends
        }

    def free_energies_agree(self, name: str, actual: str = DATA) -> Outcome:
        """The criterion of A1 and A2."""
        found, wanted = self.scatter[name], self.scatter[actual]
        ratio = found / wanted if wanted else float("inf")
        learned = self.populations[name]
        if actual == TRUTH and name not in (DATA, SAME):
            error = np.hypot(learned.error, self.populations[DATA].error)
            learned = Estimate(learned.value, error, learned.n)
        return criteria.free_energies_agree(learned, self.populations[actual], ratio)

    def waits_agree(self, name: str, actual: str = DATA) -> Outcome:
        """The criterion of A3 and A4."""
        ours, data = self.waits[name], self.waits[DATA]
        if actual == TRUTH and name not in (DATA, SAME):
            ours = (_blurred(ours[0], data[0]), _blurred(ours[1], data[1]))
        return criteria.waits_agree(ours, self.waits[actual])

    def _epochs_agree(self, name: str) -> Outcome:
        """The criterion of A5; what was never trained is the same after any number of epochs."""
        found = self.by_epochs
        missing = [epochs for epochs in criteria.JUDGED_EPOCHS if epochs not in found]
        if missing:  # nothing to judge would pass
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

    def verdict(self, claim: str) -> Verdict:
        """The verdict on one of A1–A5 or A1*–A4*, with its controls.

        Raises
        ------
        KeyError
            If it is none of them.
        """
        test = {
            "A1": self.free_energies_agree, "A2": self.free_energies_agree,
            "A3": self.waits_agree, "A4": self.waits_agree, "A5": self._epochs_agree,
        }[claim.rstrip("*")]  # fmt: skip
        truth = None if claim == "A5" else test(MODEL, TRUTH)  # type: ignore[call-arg]
        return judge(
            claim,
            test(MODEL),
            {name: test(name) for name in self.controls},
            best=test(SAME),
            truth=truth,
            source=self.record.recorded(),
        )


def same_along_both(phi: DipeptideEstimates, psi: DipeptideEstimates) -> Verdict:
    """O1*, from the records along both angles: the same two waiting times along either.

    Raises
    ------
    ValueError
        If the records are not those of sin φ and of sin ψ.
    """
    if (phi.angle, psi.angle) != ("phi", "psi"):
        raise ValueError(
            f"phi, psi: found records along {phi.angle} and {psi.angle}; give one along each, "
            f"that of phi first"
        )

    def test(name: str, actual: str = DATA) -> Outcome:
        return criteria.all_agree(
            {
                "sin φ": phi.waits_agree(name, actual),
                "sin ψ": psi.waits_agree(name, actual),
                "sin ψ against sin φ": criteria.waits_agree(psi.waits[name], phi.waits[name]),
            }
        )

    return judge(
        "O1*",
        test(MODEL),
        {name: test(name) for name in phi.controls},
        best=test(SAME),
        truth=test(MODEL, TRUTH),
        source=f"sin φ: {phi.record.recorded()}; sin ψ: {psi.record.recorded()}",
    )


def _pieces(text: Labels) -> int:
    """Segments of a text; two at least, where it is a short one of the tests."""
    return max(2, text.shape[-1] // SEGMENT)


def _estimate(statistic: Any, texts: Sequence[Labels]) -> Estimate:
    """Mean of a statistic; its error from segments or from the trainings, whichever is larger."""
    pieces = [by_segments(statistic, text, _pieces(text)) for text in texts]
    if len(pieces) == 1:
        return pieces[0]
    between = over_trainings([piece.value for piece in pieces])
    within = np.sqrt(np.mean([np.square(piece.error) for piece in pieces], axis=0) / len(pieces))
    return Estimate(between.value, np.maximum(between.error, within), len(pieces))


def mean_waits(
    texts: Sequence[ArrayLike], angle: str, commit_time: int = COMMIT
) -> tuple[Estimate, Estimate]:
    """Mean waits in C7eq for C7ax and back (Table 1), in ps, with their errors and numbers.

    Parameters
    ----------
    texts : sequence of array_like of int, shape (frames,) or (chains, frames) each
        One a training, or a single one.
    angle : {"phi", "psi"}
    commit_time : int
        Frames that a stay must last to count.
    """
    return _mean_waits([waits(text, angle, commit_time) for text in texts])


def _mean_waits(of_each: Sequence[Waits]) -> tuple[Estimate, Estimate]:
    there, back = (_mean_wait(way) for way in zip(*of_each))
    return there, back


def _mean_wait(of_each: Sequence[NDArray]) -> Estimate:
    """Mean over all waits; its error from the waits or from the trainings, the larger one."""
    every = np.concatenate(of_each)
    if every.size < 2:
        return Estimate(float("nan"), float("nan"), 0)
    error = every.std(ddof=1) / np.sqrt(every.size)
    means = [waited.mean() for waited in of_each if waited.size]
    if len(means) > 1:
        error = max(error, over_trainings(means).error)
    return Estimate(every.mean(), error, every.size)


def _blurred(model: Estimate, data: Estimate) -> Estimate:
    """What learned from data that miss the truth can't be nearer to it: their error counts."""
    if not model.n:
        return model
    return Estimate(
        model.value, np.hypot(model.error, model.value * data.error / data.value), model.n
    )


def numbers(measured: DipeptideEstimates) -> dict[str, Any]:
    """Every number that a chapter takes from a record, as JSON holds it."""
    shown = (DATA, MODEL, SAME, TRUTH)
    data = measured.distribution(DATA)
    return {
        "populations": {name: estimate_to_json(measured.populations[name]) for name in shown},
        "waits_ps": {
            name: [estimate_to_json(one) for one in measured.waits[name]] for name in measured.texts
        },
        "exponential_p": {
            name: round_for_json([criteria.exponential(one) for one in measured.distribution(name)])
            for name in shown
        },
        "same_distribution_p": {
            name: round_for_json(
                [
                    criteria.same_distribution(one, other)
                    for one, other in zip(measured.distribution(name), data)
                ]
            )
            for name in (MODEL, SAME, TRUTH)
        },
        "commit_times": list(COMMIT_TIMES),
        "counts": {name: estimate_to_json(measured.counts(name)) for name in shown},
        "by_epochs": {
            str(epochs): [estimate_to_json(one) for one in pair]
            for epochs, pair in sorted(measured.by_epochs.items())
        },
        "loss": [round_for_json(one["loss"]) for one in measured.histories],
        "validation_loss": [round_for_json(one["validation_loss"]) for one in measured.histories],
    }


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a record and its verdicts, as JSON holds them."""
    measured = DipeptideEstimates(Record(folder.name, folder, dict(settings), {}))
    return {
        "numbers": numbers(measured),
        "verdicts": {
            claim: verdict_to_json(measured.verdict(claim)) for claim in settings["claims"]
        },
    }
