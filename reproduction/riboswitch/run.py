"""The recorded run: networks trained on the record of the riboswitch (Fig 6)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_md.model import language_model
from lstm_md.settings import Settings
from reproduction.common.method import of_network, of_training, settings_of, those_of
from reproduction.common.train_and_generate import generate_untrained, train_and_generate
from reproduction.riboswitch.states import N_LABELS, extension, labels_of, training_set
from reproduction.riboswitch.verdicts import summarise
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe


@dataclass(frozen=True)
class RiboswitchStudy:
    """Five trainings, each on its own training set that spans the record.

    Parameters
    ----------
    claims : tuple of str
        Ids of the claims that are judged.
    commit_times : tuple of int
        In frames of 0.1 ms.
    frames : int
        Frames of the record, from its start; all of them if 0.
    embedding, units, epochs, learning_rate, decay, prompt_frames, seed : int, float, bool
        As for the potentials, and ``method`` too. The number of epochs is the paper's for all
        systems but alanine dipeptide. Training k has the seed 100 × ``seed`` + k and
        training set k. It generates as many labels as the record has.
    trainings : int
        The number of trainings and of training sets; a divisor of ten.
    """

    claims: tuple[str, ...]
    commit_times: tuple[int, ...]
    frames: int = 0
    embedding: int = 128
    units: int = 1024
    epochs: int = 20
    learning_rate: float = 0.002
    decay: bool = True
    trainings: int = 5
    prompt_frames: int = 1000
    seed: int = 1
    method: Settings | None = None

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: one job for the labels, one for the control, one for each training."""
        settings = {**settings_of(self), "labels": N_LABELS}
        network = {k: settings[k] for k in ("embedding", "units", "prompt_frames")}
        training = those_of(settings, "epochs", "learning_rate", "decay", "method")
        training["sets"] = self.trainings
        jobs = (
            Job("data.npz", read_labels, {"frames": self.frames}),
            *(
                Job(
                    f"training-{k:02d}.npz",
                    train_network,
                    {**network, **training, "number": k, "seed": 100 * self.seed + k},
                    stage=1,
                )
                for k in range(self.trainings)
            ),
            Job("controls.npz", run_untrained, {**network, "seed": self.seed}, stage=1),
        )
        return Recipe(name, description, settings, jobs, summarise, hidden)


def read_labels(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Read the ``labels`` of the record, shape (frames,)."""
    return {"labels": labels_of(extension())[: settings.frames or None]}


def train_network(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Train a network on one training set and let it generate as many labels as the record has."""
    labels = load_file(folder / "data.npz")["labels"]
    learned = training_set(labels, settings.number, settings.sets)
    network = language_model(
        N_LABELS,
        settings.embedding,
        settings.units,
        seed=settings.seed,
        **of_network(settings),
    )
    # All methods learn the same labels, also one that holds nothing back.
    training = {**of_training(settings), "validation_fraction": 1 / settings.sets}
    generated, history = train_and_generate(
        network,
        learned,
        learned[0, : settings.prompt_frames],
        labels.size,
        work,
        seed=settings.seed,
        **training,
    )
    return {"generated": generated, **vars(history)}


def run_untrained(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let an untrained network generate labels, the control of every claim."""
    labels = load_file(folder / "data.npz")["labels"]
    generated = generate_untrained(
        N_LABELS,
        settings.embedding,
        settings.units,
        prompt=labels[: settings.prompt_frames],
        n_frames=labels.size // 10,
        seed=settings.seed,
    )
    return {"untrained": generated}
