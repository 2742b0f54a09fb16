"""Trainings on alanine dipeptide seen along sin φ or sin ψ (Fig 5, Table 1)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.model import language_model
from reproduction.common.train_and_generate import generate_untrained, train_and_generate
from reproduction.dipeptide import verdicts as dipeptide_verdicts
from reproduction.dipeptide.criteria import JUDGED_EPOCHS
from reproduction.dipeptide.simulations import DATA, NAME, REFERENCE, unpacked
from reproduction.dipeptide.states import LABELS, labels_of
from reproduction.runs.files import load_file
from reproduction.runs.recipe import Job, Recipe


@dataclass(frozen=True)
class DipeptideStudy:
    """Trainings on one angle of alanine dipeptide.

    Parameters
    ----------
    angle : {"phi", "psi"}
        Whose sine is learned.
    claims : tuple of str
        Of the ledger.
    frames : int
        Labels of the training data, the first of the simulation: 1,000,000 are 100 ns.
    length : int
        Labels that each network writes, in one chain.
    other_epochs : tuple of int
        A training each that ends earlier, with the seed of the first (A5).
    embedding, units, epochs, learning_rate, decay, trainings, prompt_frames, seed
        As for the potentials; training k has the seed 100 × ``seed`` + k.
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

    def recipe(self, name: str, description: str, *, hidden: bool = False) -> Recipe:
        """The recipe with one part for the data, the reference, the controls, each training.

        Raises
        ------
        ValueError
            If A5 is asked and the epochs that it judges are not trained.
        """
        missing = {*JUDGED_EPOCHS} - {*self.other_epochs, self.epochs}
        if "A5" in self.claims and missing:
            raise ValueError(
                f"other_epochs: A5 judges {', '.join(map(str, sorted(missing)))} epochs too; give "
                f"these, or leave A5 out of the claims"
            )
        every = asdict(self)
        network = {k: every[k] for k in ("embedding", "units", "prompt_frames", "length")}
        learning = {k: every[k] for k in ("learning_rate", "decay")}
        first = 100 * self.seed
        of = {f"training-{k:02d}.npz": (self.epochs, first + k) for k in range(self.trainings)}
        of |= {f"epochs-{epochs:02d}.npz": (epochs, first) for epochs in self.other_epochs}
        read = {"angle": self.angle}
        parts = (
            Job("data.npz", labelled, {**read, "file": DATA, "frames": self.frames}),
            Job("reference.npz", labelled, {**read, "file": REFERENCE, "frames": self.length}),
            *(
                Job(file, trained, {**network, **learning, "epochs": epochs, "seed": seed}, 1)
                for file, (epochs, seed) in of.items()
            ),
            Job("controls.npz", controls, {**network, "seed": self.seed}, 1),
        )
        return Recipe(
            name, description, every, parts, dipeptide_verdicts.summarise, hidden, (NAME,)
        )


def labelled(
    folder: Path, work: Path, *, angle: str, file: str, frames: int
) -> dict[str, NDArray[np.unsignedinteger]]:
    """The part with the labels of a recorded simulation: ``labels``, shape (frames,)."""
    part = load_file(folder.parent / NAME / file)
    return {"labels": labels_of(unpacked(part[angle][:frames]))}


def trained(
    folder: Path,
    work: Path,
    *,
    embedding: int,
    units: int,
    epochs: int,
    learning_rate: float,
    decay: bool,
    length: int,
    prompt_frames: int,
    seed: int,
) -> dict[str, Any]:
    """The part that trains a network on the data and lets it write.

    Of the weights only the embedding is kept: all are 20 MB at the paper's size.
    """
    text = load_file(folder / "data.npz")["labels"]
    network = language_model(LABELS, embedding, units, seed=seed)
    written, history = train_and_generate(
        network,
        text,
        text[:prompt_frames],
        length,
        work,
        epochs=epochs,
        learning_rate=learning_rate,
        decay=decay,
        seed=seed,
    )
    return {"generated": written, **vars(history), "table": network.get_weights()[0]}


def controls(
    folder: Path,
    work: Path,
    *,
    embedding: int,
    units: int,
    length: int,
    prompt_frames: int,
    seed: int,
) -> dict[str, Any]:
    """The part with what an untrained network writes, which needs no long text to be told."""
    prompt = load_file(folder / "data.npz")["labels"][:prompt_frames]
    written = generate_untrained(LABELS, embedding, units, prompt, length // 20, seed)
    return {"untrained": written}
