"""Long runs on a model potential seen along an axis of the plane (O1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lstm_md.labels import nearest_state, remove_short_excursions, running_mean
from lstm_md.systems import langevin, potentials
from reproduction.potentials import states as axes
from reproduction.potentials.run import PotentialStudy
from reproduction.projections import verdicts as views
from reproduction.runs.recipe import Job, Recipe


@dataclass(frozen=True)
class ProjectionStudy(PotentialStudy):
    """As a :class:`PotentialStudy`, with the same simulation read in the plane as one more part."""

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """The parts of a run on a potential, and the plane."""
        base = super().recipe(name, description, hidden=hidden)
        every = asdict(self)
        keys = ("potential", "frames", "seed", "running_mean", "shortest_stay")
        plane = Job(views.PLANE, in_the_plane, {key: every[key] for key in keys})
        return replace(base, jobs=(*base.jobs, plane), summarise=views.summarise)


def along_direction(run: PotentialStudy, direction: float, **changes: Any) -> ProjectionStudy:
    """The same run along another axis; ``changes`` to its settings.

    Parameters
    ----------
    run : PotentialRun
    direction : float
        Degrees from the x axis. States that fall together there are one label.
    """
    centres = axes.view(getattr(potentials, run.potential), direction).centres
    ours: dict[str, Any] = {
        "claims": ("O1",),
        "other": "",
        "direction": direction,
        "labels": len(centres),
        "centres": (),
        "trainings": 10,
        "chains": 4,
        # Text at random does not compress, and a few segments of it show that it is random.
        "blank_frames": 4 * run.frames // run.segments,
    }
    return ProjectionStudy(**{**asdict(run), **ours, **changes})


def in_the_plane(
    folder: Path,
    work: Path,
    *,
    potential: str,
    frames: int,
    seed: int,
    running_mean: int,
    shortest_stay: int,
) -> dict[str, Any]:
    """The part with the states that the plane shows: ``labels``, shape (frames,)."""
    return {"labels": states_in_the_plane(potential, frames, seed, running_mean, shortest_stay)}


def states_in_the_plane(
    potential: str, frames: int, seed: int, running_mean_frames: int = 1, shortest_stay: int = 1
) -> np.ndarray:
    """Simulate, and give each frame the state whose minimum is nearest in the plane.

    The simulation and its preparation are those of
    :func:`reproduction.potentials.run.labels_along`.
    """
    system = getattr(potentials, potential)
    walked = langevin.simulate(system, frames + running_mean_frames - 1, seed=seed)
    place = running_mean(np.column_stack([walked.x, walked.y]), running_mean_frames, axis=0)
    return remove_short_excursions(nearest_state(place, system.minima), shortest_stay)
