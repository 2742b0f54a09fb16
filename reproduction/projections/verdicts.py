"""The same potential seen along several axes: is what the model learns the same (O1)?

Along each axis the model must pass the test of K1 and K2 between the labels that the axis tells
apart, and its committed counts must be those of the same simulation seen in the plane, where
nothing falls together: two axes that pass give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.uncertainty import Estimate, by_segments
from lstm_md.judging import criteria
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from lstm_md.systems import potentials
from reproduction.potentials import states as axes
from reproduction.potentials import verdicts
from reproduction.potentials.verdicts import COMMITTED, DATA, MODEL, SAME, PotentialEstimates
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

ROTATED = 30.0
"""Degrees, chosen from the minima before any training. B and C of the triangular potential, which
x tells apart, lie at −0.50 and −0.55 there; A and B of the four-state potential fall together as
well, and C and D; and the linear potential is seen better than along x."""
PLANE = "plane.npz"
RECORDS = {
    "linear": ("linear", "linear_y", "linear_30"),
    "triangular": ("triangular", "triangular_y", "triangular_30"),
    "four_state": ("four_state", "four_state_y", "four_state_30"),
}
"""The records along x, along y and along the rotated axis, by potential."""


class Seen:
    """What a record along one axis says, beside the same simulation seen in the plane.

    Parameters
    ----------
    record : Record
        Of a model potential along any axis.
    plane : ndarray of int, shape (frames,)
        The state of each frame of the same simulation, read in the plane.

    Attributes
    ----------
    measured : Measured
    view : axes.View
    plane : Estimate, shape (commit times, labels, labels)
        Counts a segment in the plane; states that the axis merges are one there as well.
    """

    def __init__(self, record: Record, plane: NDArray) -> None:
        self.record, self.measured = record, PotentialEstimates(record)
        self.potential = getattr(potentials, record.settings["potential"])
        self.direction = float(record.settings.get("direction", 0.0))
        self.view = axes.view(self.potential, self.direction)
        times, n_labels = self.measured.commit_times, self.measured.n_labels
        self.plane = by_segments(
            lambda part: transition_counts(part, times, n_labels=n_labels),
            self.view.label_of[plane].astype(np.uint8),
            int(record.settings["segments"]),
        )

    def committed(self, counts: Estimate) -> Estimate:
        """Counts at the commit time by which recrossings have died out, shape (N, N)."""
        wanted = COMMITTED[len(self.potential.states)]
        at = int(np.argmin(np.abs(np.subtract(self.measured.commit_times, wanted))))
        return Estimate(np.asarray(counts.value)[at], np.asarray(counts.error)[at], counts.n)

    def outcome(self, name: str) -> Outcome:
        """Both criteria of O1 along this axis, for the LSTM, a control, or a simulation."""
        return along_one_axis(
            self.measured.curves_agree(name), self.committed(self.measured.counts[name]),
            self.committed(self.plane),
        )  # fmt: skip

    def numbers(self, name: str) -> tuple[float, float, float]:
        """What :meth:`outcome` decides by: share within 2 SE, mean and furthest deviation in SE.

        The first two are of the count curves, the last of the committed counts from the plane.
        """
        curves = criteria.compare_curves(self.measured.counts[name], self.measured.counts[DATA])
        z, _ = _judged_deviations(
            self.committed(self.measured.counts[name]), self.committed(self.plane)
        )
        return curves.share, curves.drift, _furthest(z)

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """The same for all but the training data."""
        names = (MODEL, *self.measured.controls, SAME)
        return {name: self.outcome(name) for name in names}


def same_answer(model: Estimate, plane: Estimate) -> Outcome:
    """Whether committed counts are those of the plane.

    Parameters
    ----------
    model, plane : Estimate of shape (N, N)
        Committed counts in segments of equal length, of what is seen along an axis and of the
        simulation in the plane; ``plane.n`` says of how many segments.

    Raises
    ------
    ValueError
        If no pair has enough transitions in the plane.
    """
    z, judged = _judged_deviations(model, plane)
    if not z.size:
        raise ValueError(
            f"plane: no pair with {criteria.MIN_EVENTS} transitions; give a longer trajectory"
        )
    furthest = _furthest(z)
    combined = np.hypot(model.error, plane.error)[judged]
    within = criteria.MAX_POPULATION_Z
    missed = float(
        np.max(
            (within + criteria.Z_FOR_90_PERCENT_POWER) * combined / np.asarray(plane.value)[judged]
        )
    )
    return Outcome(
        abs(furthest) <= within,
        f"committed {criteria.deviation(furthest, within)} SE from the plane",
        f"committed counts off by {missed:.0%}",
    )


def _judged_deviations(model: Estimate, reference: Estimate) -> tuple[NDArray, NDArray[np.bool_]]:
    """How many combined errors apart where the reference has transitions enough, and where."""
    judged = criteria.has_enough_events(reference)
    return np.asarray(model.deviation_from(reference))[judged], judged


def _furthest(z: NDArray) -> float:
    return float(z[np.argmax(np.abs(z))])


def along_one_axis(curves: Outcome, model: Estimate, plane: Estimate) -> Outcome:
    """The criterion of O1 for one axis: count curves of the data, committed counts of the plane."""
    same = same_answer(model, plane)
    return Outcome(
        curves.passed and same.passed,
        f"{curves.measured}; {same.measured}",
        f"{curves.power}; {same.power}",
    )


def along_all_axes(outcomes: Mapping[str, Outcome]) -> Outcome:
    """The criterion of O1: along each axis.

    Parameters
    ----------
    outcomes : mapping of str to Outcome
        From :func:`along_one_axis`, by the name of the record.
    """
    if len(outcomes) == 1:
        return next(iter(outcomes.values()))
    failed = [name for name, outcome in outcomes.items() if not outcome.passed]
    found = f"{len(outcomes) - len(failed)} of {len(outcomes)} axes pass"
    if failed and len(failed) <= len(outcomes) / 2:
        found += "; not " + ", ".join(f"{name} ({outcomes[name].measured})" for name in failed)
    power = "; ".join(f"{name}: {out.power}" for name, out in outcomes.items())
    power = power.replace("all counts off by", "curves").replace("; committed counts off by", ",")
    return Outcome(not failed, found, power)


def seen(records: Mapping[str, Record]) -> dict[str, Seen]:
    """All records of ``RECORDS`` that are given, with the plane of their potential.

    Parameters
    ----------
    records : mapping of str to Record
        By name; the plane of the record along x is taken from the one along y.

    Raises
    ------
    ValueError
        If records of one potential are of different simulations.
    """
    found = {}
    for names in RECORDS.values():
        for name in (name for name in names if name in records):
            other = name if _has_plane(records[name]) else names[1]
            source, ours = records[other].settings, records[name].settings
            simulation = ("potential", "frames", "seed", "running_mean", "shortest_stay")
            if any(source[key] != ours[key] for key in simulation):
                raise ValueError(
                    f"records: {name} and {other} are of different simulations; record both "
                    f"with one seed"
                )
            found[name] = Seen(records[name], plane_of(records[other]))
    return found


def verdict(views: Mapping[str, Seen]) -> Verdict:
    """O1, from all axes of all potentials.

    Parameters
    ----------
    views : mapping of str to Seen
        From :func:`seen`.
    """
    of_axis = {name: view.outcomes for name, view in views.items()}
    who = list(next(iter(of_axis.values())))
    whole = {
        one: along_all_axes({name: outcomes[one] for name, outcomes in of_axis.items()})
        for one in who
    }
    source = next(iter(views.values())).record
    return judge(
        "O1",
        whole[MODEL],
        {name: outcome for name, outcome in whole.items() if name not in (MODEL, SAME)},
        best=whole[SAME],
        source=f"{len(views)} records, the first {source.recorded()}" if source.provenance else "",
    )


def plane_of(record: Record) -> NDArray[np.unsignedinteger]:
    """The states of the simulation, read in the plane, shape (frames,)."""
    return load_file(record.folder / PLANE)["labels"]


def _has_plane(record: Record) -> bool:
    return (record.folder / PLANE).is_file()


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`reproduction.potentials.verdicts.numbers` says, and O1 as far as this axis goes."""
    record = Record(folder.name, folder, dict(settings), {})
    view = Seen(record, plane_of(record))
    shown = {"plane": view.plane, DATA: view.measured.counts[DATA]}
    committed = {
        name: verdicts.round_for_json(view.committed(counts).value)
        for name, counts in shown.items()
    }
    return {
        "numbers": {**verdicts.numbers(view.measured), "committed": committed},
        "verdicts": {"O1": verdicts.verdict_to_json(verdict({folder.name: view}))},
    }
