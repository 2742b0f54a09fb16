"""Trainings on the riboswitch's record (Fig 6)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lstm_md.model import language_model
from reproduction.common.train_and_generate import generate_untrained, train_and_generate
from reproduction.riboswitch import verdicts as riboswitch_verdicts
from reproduction.riboswitch.states import LABELS, extension, labels_of, training_set
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, Recipe


@dataclass(frozen=True)
class RiboswitchStudy:
    """Five trainings, each on a training set of its own that spans the record.

    Parameters
    ----------
    claims : tuple of str
        Of the ledger.
    commit_times : tuple of int
        In frames of 0.1 ms.
    frames : int
        Of the record, from its start; all of it if 0.
    embedding, units, epochs, learning_rate, decay, prompt_frames, seed : int, float, bool
        As for the potentials; the epochs are the paper's for all but alanine dipeptide. Training
        k has the seed 100 × ``seed`` + k and training set k, and writes as much as the record.
    trainings : int
        As many training sets; a divisor of ten.
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

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """The recipe with one part for the labels, the controls, each training."""
        every = {**asdict(self), "labels": LABELS}
        network = {k: every[k] for k in ("embedding", "units", "prompt_frames")}
        learning = {k: every[k] for k in ("epochs", "learning_rate", "decay")}
        learning["sets"] = self.trainings
        parts = (
            Job("data.npz", labelled, {"frames": self.frames}),
            *(
                Job(
                    f"training-{k:02d}.npz",
                    trained,
                    {**network, **learning, "number": k, "seed": 100 * self.seed + k},
                    1,
                )
                for k in range(self.trainings)
            ),
            Job("controls.npz", controls, {**network, "seed": self.seed}, 1),
        )
        return Recipe(name, description, every, parts, riboswitch_verdicts.summarise, hidden)


def labelled(folder: Path, work: Path, *, frames: int) -> dict[str, Any]:
    """The part with the record's ``labels``, shape (frames,)."""
    return {"labels": labels_of(extension())[: frames or None]}


def trained(
    folder: Path,
    work: Path,
    *,
    embedding: int,
    units: int,
    epochs: int,
    learning_rate: float,
    decay: bool,
    number: int,
    sets: int,
    prompt_frames: int,
    seed: int,
) -> dict[str, Any]:
    """The part that trains a network on one training set and lets it write."""
    labels = load_file(folder / "data.npz")["labels"]
    text = training_set(labels, number, sets)
    written, history = train_and_generate(
        language_model(LABELS, embedding, units, seed=seed),
        text,
        text[0, :prompt_frames],
        labels.size,
        work,
        epochs=epochs,
        learning_rate=learning_rate,
        decay=decay,
        validation_fraction=1 / sets,
        seed=seed,
    )
    return {"generated": written, **vars(history)}


def controls(
    folder: Path, work: Path, *, embedding: int, units: int, prompt_frames: int, seed: int
) -> dict[str, Any]:
    """The part with what an untrained network writes."""
    labels = load_file(folder / "data.npz")["labels"]
    prompt, length = labels[:prompt_frames], labels.size // 10
    return {"untrained": generate_untrained(LABELS, embedding, units, prompt, length, seed)}
