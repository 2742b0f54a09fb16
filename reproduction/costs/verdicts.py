"""The estimates and verdicts of C1–C4, from their record. No network library is needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from reproduction.common.estimates import MODEL
from reproduction.common.numbers import round_for_json, verdict_to_json
from reproduction.costs.claims import CLAIMS
from reproduction.costs.criteria import efforts_are_similar, grows_linearly, grows_weakly
from reproduction.costs.states import GRIDS
from reproduction.costs.two_dimensions import DimensionEstimates
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

MEASUREMENTS = ("frames", "labels", "units", "models", "memory", "projections")  # file names

Tests = tuple[Outcome, dict[str, Outcome]]  # of the model, and of the controls by name


class CostEstimates:
    """The times and the memory of a record, and the verdicts on C1–C4.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.costs.run.CostStudy`.

    Attributes
    ----------
    record
    """

    def __init__(self, record: Record) -> None:
        self.record = record

    @cached_property
    def measured(self) -> dict[str, dict[str, Any]]:
        """What each job measured, by the name of its file; see :mod:`reproduction.costs.timing`."""
        folder = self.record.folder
        return {name: load_file(folder / f"{name}.json")["content"] for name in MEASUREMENTS}

    @cached_property
    def dimensions(self) -> DimensionEstimates:
        """The estimates of C4: the triangular potential in one and in two dimensions."""
        return DimensionEstimates(self.measured["projections"])

    @property
    def n_labels(self) -> list[int]:
        """The numbers of labels that were measured."""
        return next(iter(self.measured["labels"].values()))["labels"]

    def seconds_of_labels(self) -> dict[str, list[list[float]]]:
        """Return the seconds per step of each network, shape (rounds, numbers of labels)."""
        return {name: content["seconds"] for name, content in self.measured["labels"].items()}

    def seconds_of_models(self) -> dict[str, NDArray[np.float64]]:
        """Return the median seconds of each training and each fit, shape (frames,)."""
        seconds = self.measured["models"]["seconds"]
        return {name: np.median(spent, axis=0) for name, spent in seconds.items()}

    def verdict(self, claim: str) -> Verdict:
        """Judge C1, C2, C3 or C4, with the controls that its criterion has to refuse."""
        tests = {
            "C1": self._linear_in_frames,
            "C2": self._weak_in_labels,
            "C3": self._like_a_hidden_markov_model,
            "C4": self._two_dimensions_as_easy,
        }
        model, controls = tests[claim]()
        return judge(CLAIMS[claim], model, controls, source=self._source())

    def _linear_in_frames(self) -> Tests:
        frames, units = self.measured["frames"], self.measured["units"]
        return grows_linearly(frames["frames"], frames["seconds"]), {
            "labels, not frames": grows_linearly(self.n_labels, self.seconds_of_labels()["L 64"]),
            "units, not frames": grows_linearly(units["units"], units["seconds"]),
        }

    def _weak_in_labels(self) -> Tests:
        frames, units = self.measured["frames"], self.measured["units"]
        return grows_weakly(self.n_labels, self.seconds_of_labels()), {
            "frames, not labels": grows_weakly(frames["frames"], {"L 64": frames["seconds"]}),
            "units, not labels": grows_weakly(units["units"], {"M 8": units["seconds"]}),
        }

    def _like_a_hidden_markov_model(self) -> Tests:
        seconds = self.seconds_of_models()
        return efforts_are_similar(seconds["LSTM, L 1024"], seconds["HMM"]), {
            "Markov state model": efforts_are_similar(seconds["MSM"], seconds["HMM"])
        }

    def _two_dimensions_as_easy(self) -> Tests:
        outcomes = self.dimensions.outcomes()
        return outcomes.pop(MODEL), outcomes

    def _source(self) -> str:
        origin = self.record.provenance
        return f"recorded {origin['date'][:10]}, revision {origin['revision']}" if origin else ""


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Compute the numbers that the chapter shows, and the verdicts, as JSON holds them."""
    estimates = CostEstimates(Record(folder.name, folder, dict(settings), {}))
    return {
        "numbers": _numbers(estimates),
        "verdicts": {claim: verdict_to_json(estimates.verdict(claim)) for claim in CLAIMS},
    }


def _numbers(estimates: CostEstimates) -> dict[str, Any]:
    measured, dimensions = estimates.measured, estimates.dimensions
    return {
        "frames": _median(measured["frames"]["seconds"]),
        "labels": {name: _median(spent) for name, spent in estimates.seconds_of_labels().items()},
        "units": _median(measured["units"]["seconds"]),
        "models": {
            name: round_for_json(spent) for name, spent in estimates.seconds_of_models().items()
        },
        "memory": {name: round_for_json(grown) for name, grown in measured["memory"].items()},
        "time_ratios": {grid: round_for_json(dimensions.time_ratio(grid)) for grid in GRIDS},
        "validation_loss": {
            series: round_for_json(losses.mean(axis=0))
            for series, losses in dimensions.validation_loss.items()
        },
    }


def _median(seconds: list[list[float]]) -> Any:
    return round_for_json(np.median(seconds, axis=0))
