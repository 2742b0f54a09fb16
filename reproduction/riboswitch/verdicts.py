"""What a record of trainings on the riboswitch says: densities, counts, verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.populations import populations
from lstm_md.analysis.spectra import autocorrelation
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings, segments
from lstm_md.judging import criteria
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.potentials import controls
from reproduction.potentials.verdicts import (
    MODEL,
    estimate_to_json,
    round_for_json,
    verdict_to_json,
)
from reproduction.riboswitch.states import (
    CENTRES,
    EDGES,
    LABELS,
    MEAN_FRAMES,
    PARTS,
    STATES,
    states_of,
    states_of_mean,
)
from reproduction.runs.files import load_file
from reproduction.runs.records import Record, training_files

RECORD = "record"
LAGS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)  # frames
Labels = NDArray[np.unsignedinteger]


class RiboswitchEstimates:
    """The estimates of a record of trainings on the riboswitch.

    Everything is counted in tenths of the record: an error of the record is one over its ten
    parts, and so contains its drift; that of the LSTM is one over the trainings.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.riboswitch.run.RiboswitchStudy`.

    Attributes
    ----------
    texts : dict of str to list of ndarray
        Labels by what made them: the record, the LSTM, and the controls.
    """

    def __init__(self, record: Record) -> None:
        self.record, self.settings = record, record.settings
        self.commit_times = list(record.settings["commit_times"])
        self.frames = len(record.data) // PARTS  # of a part
        written = [load_file(record.folder / file) for file in training_files(record.settings)]
        self.histories = [
            {name: part[name] for name in ("loss", "validation_loss", "seconds")}
            for part in written
        ]
        must_fail = controls.standard_controls(record)
        self.controls = tuple(must_fail)
        self.texts: dict[str, Sequence[Labels]] = {
            RECORD: [record.data],
            MODEL: [part["generated"] for part in written],
            **must_fail,
        }

    def _mean(self, statistic: Callable[[Labels], Any], texts: Sequence[Labels]) -> Estimate:
        of_each = [by_segments(statistic, text, self._parts(text)) for text in texts]
        if len(of_each) == 1:
            return of_each[0]
        return over_trainings([estimate.value for estimate in of_each])

    def _parts(self, text: Labels) -> int:
        return max(2, text.size // self.frames)

    def density(self, texts: Sequence[Labels]) -> Estimate:
        """Probability a nm over the labels (Fig 6a), shape (34,)."""
        width = EDGES[1] - EDGES[0]
        return self._mean(lambda part: populations(part, n_labels=LABELS) / width, texts)

    def populations(self, texts: Sequence[Labels]) -> Estimate:
        """Of U, P3 and P2P3, shape (3,)."""
        return self._mean(lambda part: populations(states_of(part), n_labels=len(STATES)), texts)

    def counts(self, texts: Sequence[Labels], window: int = 1) -> Estimate:
        """Transitions in a tenth of the record (Fig 6b, c), shape (commit times, 3, 3).

        Of the states of single frames, as in the paper, or of a mean over ``window`` of them.
        """

        def counted(part: Labels) -> NDArray:
            return transition_counts(
                states_of_mean(part, window), self.commit_times, n_labels=len(STATES)
            )

        return self._mean(counted, texts)

    def autocorrelation(self, texts: Sequence[Labels]) -> Estimate:
        """Of the extension at ``LAGS``, shape (lags,), about the mean of a tenth of the record."""
        return self._mean(lambda part: autocorrelation(CENTRES[part], LAGS), texts)

    def _scatter(self, texts: Sequence[Labels]) -> float:
        shares = [
            np.array([populations(states_of(part), n_labels=len(STATES)) for part in parts])
            for parts in (segments(text, self._parts(text)) for text in texts)
        ]
        return float(np.sqrt(np.mean([share.var(axis=0, ddof=1) for share in shares])))

    def populations_agree(self, texts: Sequence[Labels], actual: Sequence[Labels]) -> Outcome:
        """The criterion of R1."""
        ratio = self._scatter(texts) / self._scatter(actual)
        return criteria.populations_agree(self.populations(texts), self.populations(actual), ratio)

    def curves_agree(
        self, texts: Sequence[Labels], actual: Sequence[Labels], window: int = 1
    ) -> Outcome:
        """The criterion of R2, and of R3 over a mean."""
        return criteria.curves_agree(self.counts(texts, window), self.counts(actual, window))

    def means_agree(self, texts: Sequence[Labels], actual: Sequence[Labels]) -> Outcome:
        """The criterion of R3."""
        return self.curves_agree(texts, actual, MEAN_FRAMES)

    def verdict(self, claim: str) -> Verdict:
        """The verdict on R1, R2 or R3, with its controls, and one half of the record for the best.

        Raises
        ------
        KeyError
            If it is another claim.
        """
        test = {
            "R1": self.populations_agree, "R2": self.curves_agree, "R3": self.means_agree,
        }[claim]  # fmt: skip
        data = self.texts[RECORD]
        half = len(self.record.data) // 2
        return judge(
            claim,
            test(self.texts[MODEL], data),
            {name: test(self.texts[name], data) for name in self.controls},
            best=test([self.record.data[half:]], [self.record.data[:half]]),
            source=self.record.recorded(),
            best_is="half of the record",
        )


def numbers(measured: RiboswitchEstimates) -> dict[str, Any]:
    """Every number that a chapter takes from a record, as JSON holds it."""
    shown = {name: measured.texts[name] for name in (RECORD, MODEL)}
    return {
        "density": {name: estimate_to_json(measured.density(of)) for name, of in shown.items()},
        "populations": {
            name: estimate_to_json(measured.populations(of)) for name, of in shown.items()
        },
        "each_training": [
            round_for_json(populations(states_of(text), n_labels=len(STATES)))
            for text in measured.texts[MODEL]
        ],
        "commit_times": measured.commit_times,
        "counts": {name: estimate_to_json(measured.counts(of)) for name, of in shown.items()},
        "mean_counts": {
            name: estimate_to_json(measured.counts(of, MEAN_FRAMES)) for name, of in shown.items()
        },
        "autocorrelation": {
            name: estimate_to_json(measured.autocorrelation(of)) for name, of in shown.items()
        },
        "loss": [round_for_json(one["loss"]) for one in measured.histories],
        "validation_loss": [round_for_json(one["validation_loss"]) for one in measured.histories],
    }


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a record and its verdicts, as JSON holds them."""
    measured = RiboswitchEstimates(Record(folder.name, folder, dict(settings), {}))
    return {
        "numbers": numbers(measured),
        "verdicts": {
            claim: verdict_to_json(measured.verdict(claim)) for claim in settings["claims"]
        },
    }
