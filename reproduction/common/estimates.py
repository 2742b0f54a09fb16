"""The estimates of a record: any statistic, for everything that the record holds or implies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.compare import mean_over, scatter_over
from lstm_md.judging.controls import standard_controls
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Claim, Verdict, judge
from reproduction.common.numbers import verdict_to_json
from reproduction.runs.records import Record

# The names of trajectories in tables, figures and summaries.
DATA, MODEL = "training data", "LSTM"
SAME, TRUTH = "independent simulation", "reference"  # as long as the data, and ten times as long
RECORD = "record"  # training data that were measured, not simulated

Labels = NDArray[np.unsignedinteger]
T = TypeVar("T")


class ByName(dict[str, T]):
    """Values by the name of what made them, each computed when it is first asked for.

    Most records are not judged, so that nobody asks for their controls.

    Parameters
    ----------
    compute : callable
        Takes a name and returns its value. It should not refer to the object that holds this
        dictionary, whose arrays could then not be freed at once.
    known : mapping, optional
        Values that need not be computed.
    """

    def __init__(self, compute: Callable[[str], T], known: Mapping[str, T] | None = None) -> None:
        super().__init__(known or {})
        self._compute = compute

    def __missing__(self, name: str) -> T:
        self[name] = self._compute(name)
        return self[name]


class RecordEstimates:
    """The estimates of a record, in segments of one length.

    Parameters
    ----------
    record : Record
    segment_frames : int
        Frames in a segment.
    trajectories : dict of str to sequence of ndarray
        Labels by the name of what made them, such as ``DATA`` and ``MODEL``.
    controls : sequence of str
        Which of them must fail every test.

    Attributes
    ----------
    record, settings, trajectories, controls, segment_frames
    """

    larger_error = False  # whether the error within trajectories counts, if it is larger

    def __init__(
        self,
        record: Record,
        segment_frames: int,
        trajectories: dict[str, Sequence[Labels]],
        controls: Sequence[str],
    ) -> None:
        self.record, self.settings = record, record.settings
        self.segment_frames = segment_frames
        self.trajectories = trajectories
        self.controls = tuple(controls)

    def estimate(self, statistic: Callable[[Labels], Any], of: str | Sequence[Labels]) -> Estimate:
        """Estimate a statistic in segments.

        Parameters
        ----------
        statistic : callable
            Takes labels (frames,) and returns a number or an array.
        of : str or sequence of ndarray
            A name, or other trajectories prepared as those of the record.
        """
        return mean_over(
            statistic, self._of(of), self.segment_frames, larger_error=self.larger_error
        )

    def estimates(self, statistic: Callable[[Labels], Any]) -> ByName[Estimate]:
        """Return the estimates of a statistic by name. It must not be a method of this object."""
        trajectories, frames, larger = self.trajectories, self.segment_frames, self.larger_error
        return ByName(
            lambda name: mean_over(statistic, trajectories[name], frames, larger_error=larger)
        )

    def scatter(self, statistic: Callable[[Labels], Any], of: str | Sequence[Labels]) -> float:
        """Return the standard deviation of a statistic from segment to segment."""
        return scatter_over(statistic, self._of(of), self.segment_frames)

    def _of(self, of: str | Sequence[Labels]) -> Sequence[Labels]:
        return self.trajectories[of] if isinstance(of, str) else of

    def judged(
        self,
        claim: Claim,
        test: Callable[[str], Outcome],
        more_controls: Mapping[str, Outcome] | None = None,
        **shown: Any,
    ) -> Verdict:
        """Judge a claim by a test of the model and of every control.

        Parameters
        ----------
        claim : Claim
        test : callable
            Takes a name and returns an outcome.
        more_controls : mapping of str to Outcome, optional
        **shown
            Of :func:`lstm_md.judging.verdict.judge`: best, truth, tested, best_is.
        """
        controls = {name: test(name) for name in self.controls} | dict(more_controls or {})
        return judge(claim, test(MODEL), controls, source=self.record.recorded(), **shown)


def record_controls(record: Record, n_labels: int | None = None) -> dict[str, Sequence[Labels]]:
    """Make the standard controls of a record: its untrained networks, and two of its data.

    ``n_labels`` is the number of labels, if it is not among the settings of the record.
    """
    return standard_controls(
        record.data,
        n_labels=int(record.settings["labels"]) if n_labels is None else n_labels,
        seed=int(record.settings["seed"]),
        untrained=list(record.controls["untrained"]),
    )


def with_controls(
    record: Record, trajectories: Mapping[str, Sequence[Labels]], n_labels: int | None = None
) -> ByName[Sequence[Labels]]:
    """Add the standard controls to a record's trajectories. They are made when first asked for."""
    made = cache(lambda: record_controls(record, n_labels))
    return ByName(lambda name: made()[name], trajectories)


def summarise_with(
    estimates: Callable[[Record], Any], numbers: Callable[[Any], dict[str, Any]]
) -> Callable[[Path, Mapping[str, Any]], dict[str, Any]]:
    """Make the function that computes a record's summary.

    Parameters
    ----------
    estimates : callable
        Makes the estimates of a record; has ``verdict(claim_id)``.
    numbers : callable
        Takes the estimates and returns what a chapter shows, as JSON holds it.
    """

    def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The numbers of a record and its verdicts, as JSON holds them."""
        found = estimates(Record(folder.name, folder, dict(settings), {}))
        return {
            "numbers": numbers(found),
            "verdicts": {
                claim: verdict_to_json(found.verdict(claim)) for claim in settings["claims"]
            },
        }

    return summarise
