"""Rate constants from commit-time counts: their plateau and their decay (Figs 3, 4).

A rate is a number of transitions per time spent in the state that they leave. Against the commit
time it falls while recrossings are left out, is flat where only real transitions remain, and falls
again where stays end before they are committed. The rate is taken at the committed commit time of
the claims. The decay is the share of the counts that is left at four times that commit time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.uncertainty import Estimate, over_trainings, segments
from lstm_md.judging.decision import CONFIDENCE
from lstm_md.tables import Table
from reproduction.common.commit_times import place_of_commit_time
from reproduction.potentials.verdicts import COMMIT_TIME
from reproduction.runs import records
from reproduction.runs.records import Record

FLAT = 0.10  #: A rate is flat where it differs from the committed one by at most this share
LONGER = 4  #: The decay is measured at so many times the committed commit time

Floats = NDArray[np.float64]
Statistic = Callable[[Floats, Floats], Floats]  # of counts and frames, summed over segments


class RateEstimates:
    """The rates of a record: of its simulation, its training data, and its networks.

    Parameters
    ----------
    record : Record
        Of a model potential.

    Attributes
    ----------
    commit_times : list of int
    committed, longer : int
        The places in ``commit_times`` of the committed commit time and of the end of the decay.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.n_labels = int(record.settings["labels"])
        self.commit_times = list(record.settings["commit_times"])
        wanted = COMMIT_TIME[self.n_labels]
        self.committed, self.longer = (
            place_of_commit_time(self.commit_times, time) for time in (wanted, LONGER * wanted)
        )
        frames = len(record.data) // int(record.settings["segments"])
        simulated = {"simulation": [record.reference], "training data": [record.data]}
        self._sums = {
            name: [self._of_segments(labels, frames) for labels in trajectories]
            for name, trajectories in {**simulated, "LSTM": record.generated}.items()
        }

    def _of_segments(self, labels: NDArray[Any], frames: int) -> tuple[Floats, Floats]:
        pieces = segments(labels, np.atleast_2d(labels).shape[1] // frames)
        counts = [transition_counts(p, self.commit_times, n_labels=self.n_labels) for p in pieces]
        time = [np.bincount(piece, minlength=self.n_labels) for piece in pieces]
        return np.array(counts, np.float64), np.array(time, np.float64)

    def curves(self, name: str) -> Estimate:
        """Estimate the rates of all pairs against commit time, shape (commit times, N, N)."""
        return self._estimate(_rates, name)

    def plateau(self, name: str) -> Estimate:
        """Estimate the rates at the committed commit time, shape (N, N)."""
        found = self.curves(name)
        return Estimate(found.value[self.committed], found.error[self.committed], found.n)

    def left(self, name: str) -> Estimate:
        """Estimate the share of the counts that is left at ``LONGER`` times the commit time.

        Below 1, stays end before they are committed. Above 1, short stays in a third state are
        skipped, so that two transitions become one between other states. The shape is (N, N).
        """

        def share(counts: Floats, frames: Floats) -> Floats:
            with np.errstate(divide="ignore", invalid="ignore"):
                return counts[self.longer] / counts[self.committed]

        return self._estimate(share, name)

    def flat(self, i: int, j: int) -> tuple[int, int]:
        """Return the commit times between which the rate of the simulation from i to j is flat."""
        rates = self.curves("simulation").value[:, i, j]
        near = np.abs(rates / rates[self.committed] - 1) <= FLAT
        first = last = self.committed
        while first > 0 and near[first - 1]:
            first -= 1
        while last + 1 < len(near) and near[last + 1]:
            last += 1
        return self.commit_times[first], self.commit_times[last]

    def _estimate(self, statistic: Statistic, name: str) -> Estimate:
        """One value for each training, or the jackknife over the segments of one simulation."""
        sums = self._sums[name]
        if name == "LSTM":
            return over_trainings([statistic(c.sum(axis=0), f.sum(axis=0)) for c, f in sums])
        ((counts, frames),) = sums
        return jackknife(statistic, counts, frames)


def jackknife(statistic: Statistic, counts: Floats, frames: Floats) -> Estimate:
    """Estimate a statistic of sums over segments, by leaving out one segment at a time.

    Parameters
    ----------
    statistic : callable
        Takes counts (commit times, N, N) and frames (N,), both summed over segments.
    counts : ndarray, shape (segments, commit times, N, N)
    frames : ndarray, shape (segments, N)
        Time spent in each state.
    """
    n, all_counts, all_frames = len(counts), counts.sum(axis=0), frames.sum(axis=0)
    without = [statistic(all_counts - c, all_frames - f) for c, f in zip(counts, frames)]
    with np.errstate(invalid="ignore"):
        error = np.sqrt((n - 1) * np.var(without, axis=0))
    return Estimate(statistic(all_counts, all_frames), error, n)


def interval(estimate: Estimate) -> tuple[Floats, Floats]:
    """Return the ends of the 90 % interval of each value, by Student's t."""
    assert estimate.n is not None
    half = stats.t.ppf((1 + CONFIDENCE) / 2, estimate.n - 1) * np.asarray(estimate.error)
    return estimate.value - half, estimate.value + half


def rates_table(methods: Mapping[str, str], states: Sequence[str], *, decay: bool = False) -> Table:
    """Show the plateau, or the decay, of all pairs: simulation, data, and each method.

    Parameters
    ----------
    methods : mapping of str to str
        What the table calls the networks of each record, and the record's name. All records have
        the same training data.
    states : sequence of str
    decay : bool
        The share of the counts that is left, in place of rates per 10,000 frames.
    """
    found = {title: RateEstimates(records.load(name)) for title, name in methods.items()}
    first = next(iter(found.values()))
    shown = {
        "simulation": (first, "simulation"),
        "training data": (first, "training data"),
        **{title: (each, "LSTM") for title, each in found.items()},
    }
    values = {
        title: each.left(name) if decay else each.plateau(name)
        for title, (each, name) in shown.items()
    }
    pairs = [(i, j) for i in range(len(states)) for j in range(len(states)) if i != j]
    rows = []
    for i, j in pairs:
        begin, end = first.flat(i, j)
        row = [f"{states[i]}→{states[j]}", f"{begin} to {end}"]
        rows.append(row + [_cell(each, (i, j), 1 if decay else 1e4) for each in values.values()])
    return Table(["", "flat (frames)", *values], rows)


def _rates(counts: Floats, frames: Floats) -> Floats:
    return counts / frames[:, None]


def _cell(estimate: Estimate, pair: tuple[int, int], factor: float) -> str:
    low, high = interval(estimate)
    middle, ends = factor * estimate.value[pair], (factor * low[pair], factor * high[pair])
    if not np.isfinite([middle, *ends]).all():
        return "–"
    digits = max(0, 2 - int(np.floor(np.log10(abs(middle) or 1))) - 1)
    return f"{middle:,.{digits}f} ({max(ends[0], 0):,.{digits}f} to {ends[1]:,.{digits}f})"
