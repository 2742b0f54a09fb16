"""Recorded runs: how they are opened, read and verified.

A record is a folder. Each file holds the result of one job (the data, one training, …) with its
settings and its provenance. ``summary.json`` holds what is computed from all files, and their
checksums. :func:`load` needs no network library.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.archives import DamagedError
from reproduction.runs.files import (
    SUMMARY,
    WEIGHTS,
    check_files,
    checksum,
    load_file,
    load_summary,
    own_checksum,
)

if TYPE_CHECKING:
    import keras


_CLOSE = {"rel_tol": 1e-6, "abs_tol": 1e-9}  # Another machine may add numbers in another order.

Summarise = Callable[[Path, Mapping[str, Any]], dict[str, Any]]


def default_folder() -> Path:
    """Return the folder of the records: ``recorded``, or ``book/recorded`` seen from the root."""
    above = Path("book")
    return (above if above.is_dir() else Path()) / "recorded"


@dataclass(frozen=True)
class Training:
    """One training of a record.

    Attributes
    ----------
    generated : ndarray of uint8 or uint16, shape (chains, frames)
        The generated trajectories.
    loss, validation_loss, seconds : ndarray, shape (epochs,)
        As in :class:`lstm_md.training.History`.
    weights : list of ndarray
        The weights in the order of ``model.get_weights()``: those that the record keeps.
    settings, provenance : dict
    """

    generated: NDArray[np.unsignedinteger]
    loss: NDArray[np.float64]
    validation_loss: NDArray[np.float64]
    seconds: NDArray[np.float64]
    weights: list[NDArray[np.float32]]
    settings: dict[str, Any]
    provenance: dict[str, Any]

    @property
    def embedding(self) -> NDArray[np.float32]:
        """The embedding vector of each label (Eq 1), shape (labels, dimensions)."""
        return self.weights[0]

    def model(self) -> keras.Model:
        """Build the trained network, which can generate more labels. This loads Keras."""
        from lstm_md.model import language_model

        (n_labels, embedding_dim), units = self.embedding.shape, len(self.weights[2])
        network = language_model(n_labels, embedding_dim, units)
        network.set_weights(self.weights)
        return network


@dataclass(frozen=True)
class Record:
    """A recorded run. Each file is read when it is first needed.

    Attributes
    ----------
    name : str
    folder : Path
    settings : dict
        The settings of the whole run: the system, sizes, seeds.
    provenance : dict
        ``date``, ``revision``, ``versions``, ``backend``, ``device``, and ``seconds`` of all jobs
        together.
    """

    name: str
    folder: Path
    settings: dict[str, Any]
    provenance: dict[str, Any]

    @cached_property
    def data(self) -> NDArray[np.unsignedinteger]:
        """The training data, shape (frames,)."""
        return load_file(self.folder / "data.npz")["labels"]

    @cached_property
    def reference(self) -> NDArray[np.unsignedinteger]:
        """The labels of an independent simulation, ten times as long, shape (10 × frames,)."""
        return load_file(self.folder / "reference.npz")["labels"]

    @cached_property
    def controls(self) -> dict[str, NDArray[np.unsignedinteger]]:
        """The labels of the controls: ``untrained`` (chains, frames) and ``other`` (frames,)."""
        content = load_file(self.folder / "controls.npz")
        return {name: content[name] for name in ("untrained", "other") if name in content}

    @cached_property
    def embeddings(self) -> dict[str, NDArray[np.float32]]:
        """The embeddings of the controls ``untrained`` and ``shuffled``.

        Each has shape (networks, labels, dimensions).
        """
        content = load_file(self.folder / "embeddings.npz")
        return {name: content[name] for name in ("untrained", "shuffled")}

    @cached_property
    def trainings(self) -> list[Training]:
        """All trainings, in the order of their seeds."""
        return [_training(self.folder / name) for name in training_files(self.settings)]

    @property
    def generated(self) -> list[NDArray[np.unsignedinteger]]:
        """The trajectories that each network generated, arrays of shape (chains, frames)."""
        return [training.generated for training in self.trainings]

    def recorded(self) -> str:
        """Say when the run was recorded, with how many trainings and which revision.

        The text is half a sentence for a caption. It is empty while the record is being made.
        """
        if not self.provenance:
            return ""
        date = datetime.fromisoformat(self.provenance["date"])
        trainings = self.settings["trainings"]
        return (
            f"recorded on {date.day} {date:%B %Y}, "
            f"{trainings} training{'s' if trainings > 1 else ''}, "
            f"revision {self.provenance['revision']}"
        )


def training_files(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of the files that hold the trainings of a run."""
    return [f"training-{k:02d}.npz" for k in range(settings["trainings"])]


def epochs_file(epochs: int) -> str:
    """Return the name of the file of a training that took another number of epochs."""
    return f"epochs-{epochs:02d}.npz"


def _training(path: Path) -> Training:
    content = load_file(path)
    return Training(
        weights=[content[name] for name in WEIGHTS if name in content],
        **{name: content[name] for name in Training.__annotations__ if name != "weights"},
    )


def load(name: str, folder: Path | str | None = None, *, check: bool = False) -> Record:
    """Open a record.

    Parameters
    ----------
    name : str
        A name that ``python -m reproduction list`` prints.
    folder : path, optional
        The folder that holds the records. By default it is ``recorded``, or ``book/recorded`` seen
        from the root.
    check : bool
        Whether to compare every file with the checksum in the summary now. Otherwise a file is
        only checked against the checksum inside it, when it is read.

    Raises
    ------
    FileNotFoundError
        If there is no finished record with that name.
    DamagedError
        If the summary cannot be read, or, with ``check``, if a file is missing or was changed.
    """
    path = Path(folder or default_folder()) / name
    if not (path / SUMMARY).is_file():
        raise FileNotFoundError(
            f"name: there is no finished record {path}. Give the folder that holds it, or make it "
            f"with `python -m reproduction record {name}`"
        )
    summary = load_summary(path)
    if check:
        check_files(path, summary)
    return Record(name, path, summary["settings"], summary["provenance"])


def those_finished(names: Mapping[str, str], folder: Path | str | None = None) -> dict[str, str]:
    """Keep those records that are finished, in their order.

    Parameters
    ----------
    names : mapping of str to str
        What a figure or a table calls each record, and the record's name.
    folder : path, optional
        As in :func:`load`.
    """
    path = Path(folder or default_folder())
    return {title: name for title, name in names.items() if (path / name / SUMMARY).is_file()}


def verify(path: Path, summarise: Summarise) -> list[str]:
    """Check the checksums of a record, then compute every number and verdict again.

    Parameters
    ----------
    path : Path
        The record's folder.
    summarise : callable
        The function of the recipe. It takes the folder and the settings, and returns numbers and
        verdicts.

    Returns
    -------
    list of str
        One line for each thing that is wrong. It is empty if the record holds.
    """
    try:
        summary = load_summary(path)
    except (FileNotFoundError, DamagedError) as error:
        return [str(error)]
    wrong = []
    for name, expected in summary["files"].items():
        if not (path / name).is_file():
            wrong.append(f"{name}: the file is missing")
        elif checksum(path / name) != expected:
            wrong.append(f"{name}: its checksum is not the one recorded; the file was changed")
    if summary.get("sha256") != own_checksum(summary):
        wrong.append(f"{SUMMARY}: its checksum is not the one recorded; the file was changed")
    try:
        now = summarise(path, summary["settings"])
    except (OSError, ValueError, KeyError) as error:
        return [*wrong, f"the numbers could not be computed: {error}"]
    return wrong + [
        line for name in now for line in differences(name, summary.get(name), now[name])
    ]


def differences(where: str, recorded: Any, computed: Any) -> list[str]:
    """List where two trees of JSON differ, with numbers compared up to rounding."""
    if isinstance(recorded, Mapping) and isinstance(computed, Mapping):
        names = sorted(set(recorded) | set(computed))
        pairs = [(f"{where}.{n}", recorded.get(n), computed.get(n)) for n in names]
    elif (
        isinstance(recorded, list) and isinstance(computed, list) and len(recorded) == len(computed)
    ):
        pairs = [(f"{where}[{i}]", a, b) for i, (a, b) in enumerate(zip(recorded, computed))]
    else:
        numbers = all(isinstance(v, (int, float)) for v in (recorded, computed))
        same = math.isclose(recorded, computed, **_CLOSE) if numbers else recorded == computed
        return [] if same else [f"{where}: recorded {recorded}, computed {computed}"]
    return [line for pair in pairs for line in differences(*pair)]
