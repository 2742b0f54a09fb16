"""The recorded null samples: counts in many blocks of each process, so that a chapter can test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reproduction.methods.questions import QUESTIONS
from reproduction.runs.recipe import Job, JobSettings, Recipe


@dataclass(frozen=True)
class NullStudy:
    """The null samples of some questions.

    Parameters
    ----------
    claims : tuple of str
        Keys of :data:`reproduction.methods.questions.QUESTIONS`.
    """

    claims: tuple[str, ...] = tuple(QUESTIONS)

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: one job for each question."""
        jobs = tuple(Job(f"{claim}.npz", null_blocks, {"claim": claim}) for claim in self.claims)
        return Recipe(name, description, asdict(self), jobs, summarise, hidden)


def null_blocks(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Count in independent blocks of the process: ``blocks``, shape (blocks, points)."""
    return {"blocks": QUESTIONS[settings.claim].case.blocks().astype(np.int32)}


def summarise(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the process of each question."""
    return {"numbers": {claim: QUESTIONS[claim].case.words for claim in settings["claims"]}}
