"""The answer to O1: is what the model learns the same along several directions of the plane?

Along each direction, the committed rates of the model are compared with those of the same
simulation in the plane, where no two states share a label. Each ratio must lie within the margin
of 1.25. If the rates along every direction are those of the plane, the answer does not depend on
the projection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.uncertainty import segments
from lstm_md.judging.decision import MARGIN, is_testable
from lstm_md.systems import potentials
from reproduction.common.answers import Answer, Asked
from reproduction.common.estimates import Labels, record_controls
from reproduction.common.intervals import (
    NO_STRICTER,
    Limited,
    Number,
    Ruling,
    answered,
    can_be_tested,
    log_count,
    log_ratio,
    rule,
)
from reproduction.potentials.pairs import commit_frames, committed_counts, pieces
from reproduction.potentials.states import project_states
from reproduction.projections.verdicts import plane_of
from reproduction.runs import records
from reproduction.runs.records import Record

CLAIM = "O1"
AXES = {0.0: "x", 90.0: "y"}
NO_RATE = "no rate can be tested along any direction"

Counts = NDArray[np.int64]
Way = tuple[int, int]  # from one label to another


@dataclass(frozen=True)
class Axis:
    """What one direction says: the rates of the model and of all else, over those of the plane.

    Attributes
    ----------
    name : str
        The potential and the direction.
    model : list of Limited
        The ratios of the rates that can be tested.
    controls : mapping of str to list of Limited
    simulations : list of list of Limited
        Of independent simulations along the same direction, as long as the data.
    rare : tuple of str
        The rates that cannot be tested.
    """

    name: str
    model: list[Limited]
    controls: Mapping[str, list[Limited]]
    simulations: list[list[Limited]]
    rare: tuple[str, ...]

    @property
    def testable(self) -> bool:
        """Whether a rate can be tested, and independent simulations hold along this direction."""
        return bool(self.model) and can_be_tested([rule(each) for each in self.simulations])


class _Counted(NamedTuple):
    """Counts in units of equal length, shape (units, N, N), and the frames of a unit."""

    counts: Counts
    frames: int

    def way(self, way: Way) -> Counts:
        """Return the counts from one label to another, shape (units,)."""
        return self.counts[:, way[0], way[1]]


def axis_of(record: Record, plane: Labels, *, adjacent: bool = False) -> Axis:
    """Compare the rates along the direction of a record with those of the plane.

    Parameters
    ----------
    record : Record
        Of a model potential along any direction.
    plane : ndarray of int, shape (frames,)
        The state of each frame of the same simulation in the plane.
    adjacent : bool
        The stricter definition of the commit time.
    """
    system = getattr(potentials, record.settings["potential"])
    direction = float(record.settings.get("direction", 0.0))
    title = f"{system.name} potential along {AXES.get(direction, f'{direction:g}°')}"
    projection = project_states(system, direction)
    n_labels, time = len(projection.names), commit_frames(record)
    n_segments = int(record.settings["segments"])

    def count(trajectories: Sequence[Labels]) -> _Counted:
        every = committed_counts(trajectories, time, n_labels, adjacent=adjacent)
        return _Counted(every, int(np.size(trajectories[0])))

    in_plane = count(list(segments(projection.label_of[plane].astype(np.uint8), n_segments)))
    along = count(list(segments(record.data, n_segments)))
    ways = [(i, j) for i in range(n_labels) for j in range(n_labels) if i != j]
    variances = [_log_rate(in_plane, way).variance for way in ways]
    testable = [way for way, yes in zip(ways, is_testable(variances), strict=True) if yes]

    def ratios(of: _Counted) -> list[Limited]:
        margin = float(np.log(MARGIN))
        found = []
        for way in testable:
            rate = _log_rate(of, way)
            ratio = rate._replace(value=rate.value - _log_rate(in_plane, way).value)
            # Data and plane are one simulation: only their difference scatters.
            paired = log_ratio(along.way(way), in_plane.way(way))
            found.append(
                Limited(f"{title}, {_name(projection.names, way)}:",
                        ratio.with_errors(paired), -margin, margin)
            )  # fmt: skip
        return found

    made = {} if adjacent else record_controls(record, n_labels)  # only the answer needs them
    return Axis(
        title,
        ratios(count(record.generated)),
        {name: ratios(count(copies)) for name, copies in made.items()},
        [ratios(count([each])) for each in pieces(record.reference, record.data)],
        tuple(_name(projection.names, way) for way in ways if way not in testable),
    )


def conclusion(axes: Sequence[Axis]) -> tuple[Ruling, dict[str, Ruling], bool]:
    """Combine the directions: the ruling, those of the controls, and whether it can be tested.

    The rates along every direction that can be tested must hold. A direction cannot be tested if
    independent simulations along it do not hold by the same rule. It is named, and does not
    decide. The claim cannot be tested if this is so of all directions.
    """
    testable = [axis for axis in axes if axis.testable]
    chosen = testable or list(axes)
    ruling = rule([part for axis in chosen for part in axis.model], NO_RATE)
    words = [ruling.number]
    outcomes = {axis.name: rule(axis.model, NO_RATE).outcome for axis in chosen}
    words += [
        f"{outcome}: {', '.join(name for name in outcomes if outcomes[name] == outcome)}"
        for outcome in dict.fromkeys(outcomes.values())
    ]
    if cannot := [axis.name for axis in axes if axis not in testable]:
        words.append(f"cannot be tested: {', '.join(cannot)}")
    rare = [f"{axis.name} {name}" for axis in testable for name in axis.rare]
    if rare:
        words.append(f"too rare to test: {', '.join(rare)}")
    controls = {
        name: rule([part for axis in chosen for part in axis.controls[name]], NO_RATE)
        for name in axes[0].controls
    }
    return replace(ruling, number="; ".join(words)), controls, bool(testable)


def answer(method: str, names: Mapping[str, str]) -> Answer:
    """Answer O1 from the records of several directions.

    Parameters
    ----------
    method : str
    names : mapping of str to str
        The names of the records, and of the record that holds the plane of each.
    """
    loaded = {name: records.load(name) for name in names}
    planes = {name: plane_of(records.load(plane)) for name, plane in names.items()}
    for name, plane in names.items():
        _check_same_simulation(loaded[name], records.load(plane))
    axes = [axis_of(record, planes[name]) for name, record in loaded.items()]
    ruling, controls, testable = conclusion(axes)
    strict = [axis_of(record, planes[name], adjacent=True) for name, record in loaded.items()]
    stricter, _, is_testable_by_it = conclusion(strict)
    if not is_testable_by_it:
        ruling = replace(ruling, number=f"{ruling.number}; {NO_STRICTER}")
    return answered(
        CLAIM,
        method,
        ruling,
        controls=controls,
        testable=testable,
        stricter=stricter if is_testable_by_it else None,
        records=tuple(names),
    )


def _log_rate(of: _Counted, way: Way) -> Number:
    """The logarithm of a rate per frame, and its variance over the units."""
    found = log_count(of.way(way))
    return found._replace(value=found.value - float(np.log(len(of.counts) * of.frames)))


def _name(names: Sequence[str], way: Way) -> str:
    return f"{names[way[0]]} → {names[way[1]]}"


def _check_same_simulation(record: Record, other: Record) -> None:
    for key in ("potential", "frames", "seed", "running_mean", "shortest_stay"):
        if record.settings[key] != other.settings[key]:
            raise ValueError(
                f"records: {record.name} and {other.name} are of different simulations; record "
                f"both with one seed"
            )


#: The records of each direction, and those that hold the plane. The three-state record along x
#: is of the same simulation. Under our method, the four-state record along x is of another one.
RECORDS = {
    "ours": {
        "triangular_ours": "triangular_y_ours",
        **{name: name for name in ("triangular_y_ours", "triangular_30_ours")},
        **{name: name for name in ("four_state_y_ours", "four_state_30_ours")},
    },
    "first edition": {
        "triangular": "triangular_y",
        **{name: name for name in ("triangular_y", "triangular_30")},
        "four_state": "four_state_y",
        **{name: name for name in ("four_state_y", "four_state_30")},
    },
}

ANSWERS: dict[tuple[str, str], Asked] = {
    (CLAIM, method): Asked(tuple(names), partial(answer, method, names))
    for method, names in RECORDS.items()
}
