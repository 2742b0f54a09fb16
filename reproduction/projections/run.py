"""The long run on a model potential along one direction of the plane (O1)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from lstm_md.systems import potentials
from reproduction.potentials.run import PotentialStudy
from reproduction.potentials.states import project_states
from reproduction.projections import verdicts
from reproduction.projections.states import states_in_the_plane
from reproduction.runs.recipe import Job, JobSettings, Recipe


@dataclass(frozen=True)
class ProjectionStudy(PotentialStudy):
    """A :class:`PotentialStudy` with one more job: the states of its simulation in the plane."""

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: the jobs of a study of a potential, and the plane."""
        base = super().recipe(name, description, hidden=hidden)
        names = ("potential", "frames", "seed", "running_mean", "shortest_stay")
        arguments = {name: getattr(self, name) for name in names}
        plane = Job(verdicts.PLANE, in_the_plane, arguments)
        return replace(base, jobs=(*base.jobs, plane), summarise=verdicts.summarise)


def along_direction(study: PotentialStudy, direction: float, **changes: Any) -> ProjectionStudy:
    """Make the same study along another direction; ``changes`` are to its settings.

    Parameters
    ----------
    study : PotentialStudy
    direction : float
        Degrees from the x axis. States that are close together along it share a label.
    """
    centres = project_states(getattr(potentials, study.potential), direction).centres
    settings: dict[str, Any] = {
        "claims": ("O1",),
        "other": "",
        "direction": direction,
        "labels": len(centres),
        "centres": (),
        "trainings": 10,
        "chains": 4,
        # Random labels do not compress, and a few segments of them show that they are random.
        "blank_frames": 4 * study.frames // study.segments,
    }
    same = {field.name: getattr(study, field.name) for field in fields(study)}
    return ProjectionStudy(**{**same, **settings, **changes})


def in_the_plane(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Return the states of the simulation in the plane as ``labels``, shape (frames,)."""
    labels = states_in_the_plane(
        settings.potential,
        settings.frames,
        settings.seed,
        settings.running_mean,
        settings.shortest_stay,
    )
    return {"labels": labels}
