"""The verdict on O1: is what the model learns the same along several directions of the plane?

Along each direction the model must pass the test of K1 and K2 between the labels that the direction
separates. Its committed counts must be those of the same simulation in the plane, where no two
states share a label. Two directions that pass therefore give the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.uncertainty import by_segments
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict, judge
from lstm_md.systems import potentials
from reproduction.common.estimates import DATA, MODEL, SAME
from reproduction.common.numbers import round_for_json, verdict_to_json
from reproduction.potentials.states import project_states
from reproduction.potentials.verdicts import PotentialEstimates, numbers
from reproduction.projections.claims import CLAIMS
from reproduction.projections.criteria import agrees_along, agrees_along_all
from reproduction.projections.states import RECORDS
from reproduction.runs.files import load_file
from reproduction.runs.records import Record

PLANE = "plane.npz"


class ProjectionEstimates(PotentialEstimates):
    """The estimates of a record along one direction, beside the same simulation in the plane.

    Parameters
    ----------
    record : Record
        Of a model potential along any direction.
    plane : ndarray of int, shape (frames,)
        The state of each frame of the same simulation in the plane.

    Attributes
    ----------
    direction : float
        Degrees from the x axis.
    projection : reproduction.potentials.states.Projection
    plane : Estimate, shape (commit times, labels, labels)
        Counts per segment in the plane. States that share a label along the direction share one
        here as well.
    """

    def __init__(self, record: Record, plane: NDArray) -> None:
        super().__init__(record)
        self.potential = getattr(potentials, record.settings["potential"])
        self.direction = float(record.settings.get("direction", 0.0))
        self.projection = project_states(self.potential, self.direction)
        self.plane = by_segments(
            lambda labels: transition_counts(labels, self.commit_times, n_labels=self.n_labels),
            self.projection.label_of[plane].astype(np.uint8),
            int(record.settings["segments"]),
        )

    def outcome(self, name: str) -> Outcome:
        """Apply both criteria of O1 along this direction to the LSTM, a control, a simulation."""
        return agrees_along(
            self.curves_agree(name), self.committed(name), self.committed(self.plane)
        )

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """The outcomes of all but the training data, by name."""
        return {name: self.outcome(name) for name in (MODEL, *self.controls, SAME)}


def estimates_of(records: Mapping[str, Record]) -> dict[str, ProjectionEstimates]:
    """Make the estimates of all records of ``RECORDS`` that are given, beside their plane.

    Parameters
    ----------
    records : mapping of str to Record
        By name. The plane of a record along x is taken from the one along y.

    Raises
    ------
    ValueError
        If records of one potential are of different simulations.
    """
    simulation = ("potential", "frames", "seed", "running_mean", "shortest_stay")
    found = {}
    for names in RECORDS.values():
        for name in (name for name in names if name in records):
            other = name if _has_plane(records[name]) else names[1]
            theirs, own = records[other].settings, records[name].settings
            if any(theirs[key] != own[key] for key in simulation):
                raise ValueError(
                    f"records: {name} and {other} are of different simulations; record both "
                    f"with one seed"
                )
            found[name] = ProjectionEstimates(records[name], plane_of(records[other]))
    return found


def verdict(estimates: Mapping[str, ProjectionEstimates]) -> Verdict:
    """Judge O1 from all directions of all potentials.

    Parameters
    ----------
    estimates : mapping of str to ProjectionEstimates
        From :func:`estimates_of`.
    """
    outcomes = {name: each.outcomes for name, each in estimates.items()}
    tested = list(next(iter(outcomes.values())))
    whole = {
        one: agrees_along_all({name: each[one] for name, each in outcomes.items()})
        for one in tested
    }
    first = next(iter(estimates.values())).record
    source = f"{len(estimates)} records, the first {first.recorded()}" if first.provenance else ""
    return judge(
        CLAIMS["O1"],
        whole[MODEL],
        {name: outcome for name, outcome in whole.items() if name not in (MODEL, SAME)},
        best=whole[SAME],
        source=source,
    )


def plane_of(record: Record) -> NDArray[np.unsignedinteger]:
    """Read the states of the simulation in the plane, shape (frames,)."""
    return load_file(record.folder / PLANE)["labels"]


def _has_plane(record: Record) -> bool:
    return (record.folder / PLANE).is_file()


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a record as a potential's, and O1 as far as this direction goes."""
    record = Record(folder.name, folder, dict(settings), {})
    estimates = ProjectionEstimates(record, plane_of(record))
    counts = {"plane": estimates.plane, DATA: estimates.counts[DATA]}
    committed = {
        name: round_for_json(estimates.committed(each).value) for name, each in counts.items()
    }
    return {
        "numbers": {**numbers(estimates), "committed": committed},
        "verdicts": {"O1": verdict_to_json(verdict({folder.name: estimates}))},
    }
