"""Trainings on alanine dipeptide along sin φ or sin ψ (Fig 5, Table 1)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_md.model import language_model
from lstm_md.settings import Settings
from reproduction.common.method import of_network, of_training, settings_of, those_of
from reproduction.common.train_and_generate import generate_untrained, train_and_generate
from reproduction.dipeptide.criteria import JUDGED_EPOCHS
from reproduction.dipeptide.numbers import summarise
from reproduction.dipeptide.recorded_simulations import (
    DATA_FILE,
    LONG,
    REFERENCE_FILE,
    unpack_angles,
)
from reproduction.dipeptide.states import N_LABELS, labels_of
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, JobSettings, Recipe
from reproduction.runs.records import epochs_file


@dataclass(frozen=True)
class DipeptideStudy:
    """Trainings on one angle of alanine dipeptide.

    Parameters
    ----------
    angle : {"phi", "psi"}
        The network learns its sine.
    claims : tuple of str
        The ids of the claims that the record judges.
    frames : int
        Labels of the training data, from the start of the simulation: 1,000,000 are 100 ns.
    length : int
        Labels that each network generates, in one chain.
    other_epochs : tuple of int
        Numbers of epochs of further trainings, with the seed of the first (A5). At a constant
        learning rate they are the first epochs of the first training, which is made once.
    embedding, units, epochs, learning_rate, decay, trainings, prompt_frames, seed, method
        As for the potentials. Training k has the seed 100 × ``seed`` + k.
    """

    angle: str
    claims: tuple[str, ...]
    frames: int = 1_000_000
    length: int = 2_000_000
    other_epochs: tuple[int, ...] = ()
    embedding: int = 128
    units: int = 1024
    epochs: int = 40
    learning_rate: float = 0.002
    decay: bool = True
    trainings: int = 1
    prompt_frames: int = 1000
    seed: int = 1
    method: Settings | None = None

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """Make the recipe: jobs for the data, the reference, the controls and each training.

        Raises
        ------
        ValueError
            If A5 is among the claims and not all epochs that it judges are trained.
        """
        missing = {*JUDGED_EPOCHS} - {*self.other_epochs, self.epochs}
        if "A5" in self.claims and missing:
            raise ValueError(
                f"other_epochs: A5 judges {', '.join(map(str, sorted(missing)))} epochs too; give "
                f"these, or leave A5 out of the claims"
            )
        settings = settings_of(self)
        network = {k: settings[k] for k in ("embedding", "units", "prompt_frames", "length")}
        training = those_of(settings, "learning_rate", "decay", "method")
        first_seed = 100 * self.seed
        # At a constant rate a longer training goes on where a shorter one of its seed ended.
        stages = {epochs: 1 for epochs in (*self.other_epochs, self.epochs)}
        if not self.decay:
            stages = {epochs: k + 1 for k, epochs in enumerate(sorted(stages))}
        trainings = {
            f"training-{k:02d}.npz": (self.epochs, first_seed + k) for k in range(self.trainings)
        }
        trainings |= {epochs_file(epochs): (epochs, first_seed) for epochs in self.other_epochs}
        data = {"angle": self.angle, "file": DATA_FILE, "frames": self.frames}
        reference = {"angle": self.angle, "file": REFERENCE_FILE, "frames": self.length}
        jobs = (
            Job("data.npz", label_simulation, data),
            Job("reference.npz", label_simulation, reference),
            *(
                Job(
                    file,
                    train_network,
                    {**network, **training, "epochs": epochs, "seed": seed},
                    stages[epochs],
                )
                for file, (epochs, seed) in trainings.items()
            ),
            Job("controls.npz", generate_controls, {**network, "seed": self.seed}, 1),
        )
        return Recipe(name, description, settings, jobs, summarise, hidden, (LONG,))


def label_simulation(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Label a recorded simulation: ``labels``, shape (frames,)."""
    content = load_file(folder.parent / LONG / settings.file)
    angle = content[settings.angle][: settings.frames]
    return {"labels": labels_of(unpack_angles(angle))}


def train_network(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Train a network on the data and let it generate.

    Of the weights only the embedding is stored, because all weights take 20 MB at the paper's
    size.
    """
    labels = load_file(folder / "data.npz")["labels"]
    network = language_model(
        N_LABELS,
        settings.embedding,
        settings.units,
        seed=settings.seed,
        **of_network(settings),
    )
    generated, history = train_and_generate(
        network,
        labels,
        labels[: settings.prompt_frames],
        settings.length,
        work,
        learned=None if settings.decay else work.parent / f"learned-{settings.seed}.npz",
        seed=settings.seed,
        **of_training(settings),
    )
    return {"generated": generated, **vars(history), "table": network.get_weights()[0]}


def generate_controls(folder: Path, work: Path, settings: JobSettings) -> dict[str, Any]:
    """Let untrained networks generate; a twentieth of the length is enough to recognise them."""
    prompt = load_file(folder / "data.npz")["labels"][: settings.prompt_frames]
    generated = generate_untrained(
        N_LABELS,
        settings.embedding,
        settings.units,
        prompt,
        settings.length // 20,
        settings.seed,
    )
    return {"untrained": generated}
