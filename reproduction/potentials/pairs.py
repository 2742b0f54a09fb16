"""Which states exchange often, and as often both ways: the rules of the second edition.

K3, K4, K6 and K7 compare committed transition counts of pairs. Each comparison is the ratio of two
counts, and a limit. The interval of the ratio has two errors: the scatter between the trainings,
and the scatter that the training data have because they are finite. The networks inherit the
second one. It is known from the segments of the reference simulation, which is ten times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.uncertainty import segments
from lstm_md.judging.criteria import MAX_RARE_RATIO, MAX_SIMILAR_RATIO
from lstm_md.judging.decision import MARGIN, growth_until_testable, is_testable
from reproduction.common.estimates import Labels, record_controls
from reproduction.common.families import COMMIT_FRAMES
from reproduction.common.intervals import Limited, Number, log_ratio
from reproduction.runs.records import Record

STATES = "ABCD"
RARE_PAIR = (0, 2)  #: A–C of the linear potential (K3)
DISTAL_PAIRS = ((1, 2), (0, 3))  #: B–C and A–D of the four-state potential (K6)
#: The limit of K4 in its first form. The simulation alone then showed 32 transitions of one pair
#: and 64 of another, and the limit became 3. No network had been judged by it, but pilot trainings
#: at other learning rates had been seen.
FORMER_SIMILAR_RATIO = 2.0

Pair = tuple[int, int]
Cells = tuple[Pair, ...]  # of a matrix of counts; their counts are added
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Compared:
    """The ratio of two transition counts, and the limits of its logarithm.

    Attributes
    ----------
    name : str
    above, below : tuple of (from, to)
        The directed pairs whose counts are added.
    low, high : float
    """

    name: str
    above: Cells
    below: Cells
    low: float = -np.inf
    high: float = np.inf

    def number(self, counts: Counts, share: float = 1.0) -> Number:
        """Compute the log ratio of counts, shape (units, N, N), in a share of their length."""
        above, below = (
            sum(counts[:, i, j] for i, j in cells) for cells in (self.above, self.below)
        )
        return log_ratio(above, below, share)


def pair_is_rare() -> list[Compared]:
    """List the ratios of K3: A–C has less than a third of the transitions of either other pair."""
    others = [pair for pair in _pairs(3) if pair != RARE_PAIR]
    return [_rare(RARE_PAIR, other) for other in others]


def pairs_are_alike(factor: float = MAX_SIMILAR_RATIO) -> list[Compared]:
    """List the ratios of K4: every two pairs are within a factor of 3 of each other.

    The limit is the complement of K3: pairs are alike if neither is much rarer than the other. It
    was 2 at first (``FORMER_SIMILAR_RATIO``). It was widened after the counts of the simulation,
    and of pilot trainings, had been seen, and before a network was judged by it. So the answer
    also says what the former limit gives.
    """
    pairs = _pairs(3)
    return [
        _alike(one, other, factor) for k, one in enumerate(pairs) for other in pairs[k + 1 :]
    ]  # fmt: skip


def pairs_are_as_distal() -> list[Compared]:
    """List the ratios of K6: B–C and A–D are both rare, and as rare as each other.

    Each has less than a third of the transitions of every other pair, and they are within a
    factor of 3 of each other.
    """
    others = [pair for pair in _pairs(4) if pair not in DISTAL_PAIRS]
    rare = [_rare(pair, other) for pair in DISTAL_PAIRS for other in others]
    return [*rare, _alike(*DISTAL_PAIRS, MAX_SIMILAR_RATIO)]


def both_ways_are_equal() -> list[Compared]:
    """List the ratios of K7: as many transitions forward as back, within the margin of 1.25."""
    margin = float(np.log(MARGIN))
    return [
        Compared(f"{STATES[i]}→{STATES[j]} / {STATES[j]}→{STATES[i]}",
                 ((i, j),), ((j, i),), -margin, margin)
        for i, j in _pairs(4)
    ]  # fmt: skip


class PairCounts:
    """The committed transition counts of a record of a model potential.

    Parameters
    ----------
    record : Record
        Of a :class:`reproduction.potentials.run.PotentialStudy`.
    adjacent : bool
        The stricter definition of the commit time, of
        :func:`~lstm_md.analysis.kinetics.transition_counts`.
    """

    def __init__(self, record: Record, *, adjacent: bool = False) -> None:
        self.record, self.adjacent = record, adjacent
        self.n_labels = int(record.settings["labels"])
        self.commit_frames = commit_frames(record)

    def count(self, trajectories: Sequence[Labels]) -> Counts:
        """Count the transitions in each trajectory, shape (trajectories, N, N)."""
        return committed_counts(
            trajectories, self.commit_frames, self.n_labels, adjacent=self.adjacent
        )

    @cached_property
    def model(self) -> Counts:
        """The counts of each training, shape (trainings, N, N)."""
        return self.count(self.record.generated)

    @cached_property
    def controls(self) -> dict[str, Counts]:
        """The counts of each copy of the standard controls."""
        made = record_controls(self.record)
        return {name: self.count(copies) for name, copies in made.items()}

    @cached_property
    def simulations(self) -> list[Counts]:
        """The counts of independent simulations as long as the data, each of shape (1, N, N)."""
        return [self.count([piece]) for piece in pieces(self.record.reference, self.record.data)]

    @cached_property
    def reference(self) -> Counts:
        """The counts in the segments of the reference simulation, shape (segments, N, N)."""
        n_segments = int(self.record.settings["segments"])
        return self.segments(self.record.reference, n_segments * self.times_as_long)

    @property
    def times_as_long(self) -> int:
        """How many times as long as the data the reference simulation is."""
        return self.record.reference.size // self.record.data.size

    def segments(self, labels: Labels, n_segments: int) -> Counts:
        """Count the transitions in each segment of a trajectory."""
        return self.count(list(segments(labels, n_segments)))

    def data_error(self, compared: Compared) -> Number:
        """Return the error that a ratio has in data of the length of the training data."""
        return compared.number(self.reference, 1 / self.times_as_long)

    def limited(self, ratios: Sequence[Compared], counts: Counts) -> list[Limited]:
        """Compute ratios of a model, a control or a simulation, with both errors."""
        return [
            Limited(
                each.name,
                each.number(counts).with_errors(self.data_error(each)),
                each.low,
                each.high,
            )
            for each in ratios
        ]

    def of_other(self, ratios: Sequence[Compared], labels: Labels) -> list[Limited]:
        """Compute ratios of another simulation, with the scatter of its own segments."""
        counts = self.segments(labels, int(self.record.settings["segments"]))
        return [Limited(each.name, each.number(counts), each.low, each.high) for each in ratios]

    def testable(self, ratios: Sequence[Compared]) -> list[Compared]:
        """Keep the ratios that an independent simulation has an even chance to have within 1.25."""
        variances = [self.data_error(each).variance for each in ratios]
        return [each for each, yes in zip(ratios, is_testable(variances), strict=True) if yes]

    def until_testable(self, ratios: Sequence[Compared]) -> float:
        """Return about how many times as much data would make the first ratio testable."""
        return growth_until_testable([self.data_error(each).variance for each in ratios])


def committed_counts(
    trajectories: Sequence[Labels], commit_frames: int, n_labels: int, *, adjacent: bool = False
) -> Counts:
    """Count the transitions in each trajectory at one commit time, shape (trajectories, N, N)."""
    counts = [
        transition_counts(labels, commit_frames, n_labels=n_labels, adjacent=adjacent)[0]
        for labels in trajectories
    ]
    return np.array(counts)


def commit_frames(record: Record) -> int:
    """Return the committed commit time of a record of a potential, by its number of states."""
    potential = str(record.settings["potential"])
    return COMMIT_FRAMES["four states" if potential == "four_state" else "three states"][0]


def pieces(reference: Labels, data: Labels) -> list[Labels]:
    """Cut a long simulation into independent ones that are as long as the data."""
    n_frames = data.size
    return list(reference[: reference.size // n_frames * n_frames].reshape(-1, n_frames))


def _pairs(n_states: int) -> list[Pair]:
    return [(i, j) for i in range(n_states) for j in range(i + 1, n_states)]


def _name(pair: Pair) -> str:
    return f"{STATES[pair[0]]}–{STATES[pair[1]]}"


def _both_ways(pair: Pair) -> Cells:
    return pair, pair[::-1]


def _rare(pair: Pair, other: Pair) -> Compared:
    return Compared(
        f"{_name(pair)} / {_name(other)}",
        _both_ways(pair),
        _both_ways(other),
        high=float(np.log(MAX_RARE_RATIO)),
    )


def _alike(pair: Pair, other: Pair, factor: float) -> Compared:
    limit = float(np.log(factor))
    name = f"{_name(pair)} / {_name(other)}"
    return Compared(name, _both_ways(pair), _both_ways(other), -limit, limit)
