"""The counts of Markov models, of the records that they learned, and of the controls, tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reproduction.common.estimates import record_controls
from reproduction.methods.judge import null_sample
from reproduction.methods.markov_questions import Side
from reproduction.methods.questions import QUESTIONS
from reproduction.methods.several import Part, compare
from reproduction.optical_trap.verdicts import realisation_files
from reproduction.riboswitch.states import N_TENTHS
from reproduction.rivals.counts import steps_at_lag
from reproduction.rivals.models import Rival
from reproduction.rivals.verdicts import PAPER_MODELS
from reproduction.runs import records
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

Labels = NDArray[Any]
Floats = NDArray[np.float64]


class Rivals:
    """The Markov models of the riboswitch, read in one of two ways.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.rivals.run.RivalStudy`.
    held : bool
        Whether each label of a model stands for a whole lag. If not, the record is read once per
        lag, too.

    Attributes
    ----------
    models : dict of str to Rival
        By name.
    learned : Record
        Of the LSTM that learned the same training sets.
    """

    def __init__(self, record: Record, held: bool) -> None:
        self.record, self.held = record, held
        self.times: list[int] = list(record.settings["commit_times"])
        rivals = [Rival(**settings) for settings in record.settings["rivals"]]
        self.models = {rival.name: rival for rival in rivals}
        self.actual = load_file(record.folder / "actual.npz")
        self.learned = records.load(record.settings["lstm"], record.folder.parent)

    def side(self, rival: Rival, beyond: bool) -> Side:
        """The reading in which a model is compared, on one side of 10 ms."""
        return Side(1 if self.held else rival.lag_frames, beyond)

    def data(self, side: Side) -> Floats:
        """Count in each tenth of the record, shape (tenths, points)."""
        counts = self.actual[f"{side.kind}-{side.lag_frames:03d}"] / side.lag_frames
        return side.points(counts, steps_at_lag(self.times, side.lag_frames))

    def tested(self, rival: Rival, beyond: bool) -> Part:
        """Test the counts of a model on one side of 10 ms."""
        side = self.side(rival, beyond)
        prefix = "" if side.lag_frames == 1 else "own_"
        counts = load_file(self.record.folder / f"{rival.name}.npz")[prefix + side.kind]
        model = side.points(counts.sum(axis=1), steps_at_lag(self.times, side.lag_frames))
        return side.tested(model, self.data(side).sum(axis=0))

    def halves(self, side: Side) -> Part:
        """Test the tenths of the second half of the record against the first half."""
        counts, half = self.data(side), N_TENTHS // 2
        null = side.null(model_blocks=1, data_blocks=half)
        return compare(
            counts[half:], counts[:half].sum(axis=0), null, side.names, [True] * len(side.names)
        )

    def controls(self, side: Side) -> dict[str, Part]:
        """Test what must not agree with the record."""
        n_frames, data = int(self.actual["frames"]), self.data(side).sum(axis=0)
        return {
            name: side.tested(side.count(each, n_frames, self.times), data)
            for name, each in self._made_controls.items()
        }

    @cached_property
    def _made_controls(self) -> dict[str, Sequence[Labels]]:
        return record_controls(self.learned)

    def others(self, beyond: bool) -> dict[str, Rival]:
        """The models of M3 by title: those that have a commit time on this side of 10 ms."""
        paper = {rival.name for rival in PAPER_MODELS.values()}
        return {
            rival.title: rival
            for name, rival in self.models.items()
            if name not in paper and _in_scan(rival) and self.side(rival, beyond).steps
        }


def _in_scan(rival: Rival) -> bool:
    """Whether a model differs from the paper's by its lag and its number of states alone."""
    hidden = rival.kind == "hmm" and rival.lag_frames > 1 and rival.stride != 1
    return rival.kind == "msm" or hidden


class Trap:
    """The counts of ten simulated records, and of the models that learned them.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.optical_trap.run.TrapStudy`.
    """

    def __init__(self, record: Record) -> None:
        self.times = list(record.settings["commit_times"])
        self.truth = load_file(record.folder / "truth.npz")
        self.each = [load_file(record.folder / name) for name in realisation_files(record.settings)]

    def tested(self, side: Side, key: str) -> Part:
        """Test the models of the ten records against the process, a longer simulation.

        ``key`` is what the names of a model's arrays begin with: "lstm", "msm" and so on.
        """
        kind = "mean_counts" if side.beyond else "counts"
        truth = side.points(self.truth[kind].sum(axis=0), self.times)
        models = [side.points(one[f"{key}_{kind}"].sum(axis=0), self.times) for one in self.each]
        return side.tested(np.array(models), truth, of_process=True)


class Network:
    """The counts of an LSTM of the riboswitch.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.riboswitch.run.RiboswitchStudy`.
    """

    def __init__(self, record: Record) -> None:
        self.record, self.times = record, list(record.settings["commit_times"])
        self.n_frames = record.data.size // N_TENTHS

    def tested(self, trajectories: Sequence[Labels]) -> list[Part]:
        """Test counts of single frames, as for R2, and of the 2 ms mean from 10 ms on."""
        return [self._single(trajectories), self._mean(trajectories)]

    def controls(self) -> Mapping[str, list[Part]]:
        """Test what must not agree with the record."""
        made = record_controls(self.record)
        return {name: self.tested(trajectories) for name, trajectories in made.items()}

    def _single(self, trajectories: Sequence[Labels]) -> Part:
        question = QUESTIONS["R2"]
        n_blocks = question.n_blocks(self.record.data)
        model = [
            question.counts(labels) * n_blocks / question.n_blocks(labels)
            for labels in trajectories
        ]
        return compare(
            np.array(model),
            question.counts(self.record.data),
            null_sample(question, n_blocks, n_blocks),
            _in_ms(question.case.names),
            question.case.rates,
            curve=question.curve,
        )

    def _mean(self, trajectories: Sequence[Labels]) -> Part:
        side = Side(beyond=True)
        data = side.count([self.record.data], self.n_frames, self.times)[0]
        return side.tested(side.count(trajectories, self.n_frames, self.times), data)


def _in_ms(names: Sequence[str]) -> list[str]:
    """Write commit times in ms, which a curve has in frames.

    >>> _in_ms(["U→P3, 11"])
    ['U→P3 at 1.1 ms']
    """
    pairs = (name.split(", ") for name in names)
    return [f"{pair} at {int(frames) / 10:g} ms" for pair, frames in pairs]
