"""Records of long runs: their files, how they are written, read and checked.

A record is a folder. One file holds one part of the run (the data, one training, …), with its
settings and where it comes from; ``summary.json`` holds what is computed from all of them, and
their checksums. :func:`load` needs no network library.
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
    checksum,
    load_file,
    load_summary,
    own_checksum,
)

if TYPE_CHECKING:
    import keras


_CLOSE = {"rel_tol": 1e-6, "abs_tol": 1e-9}  # sums may be taken in another order elsewhere

Summarise = Callable[[Path, Mapping[str, Any]], dict[str, Any]]


def default_folder() -> Path:
    """Where records lie: ``recorded`` beside the chapters, seen from them or from above."""
    above = Path("book")
    return (above if above.is_dir() else Path()) / "recorded"


@dataclass(frozen=True)
class Training:
    """One training of a record.

    Attributes
    ----------
    generated : ndarray of uint8 or uint16, shape (chains, frames)
        What the network wrote.
    loss, validation_loss, seconds : ndarray, shape (epochs,)
        As in :class:`lstm_md.training.History`.
    weights : list of ndarray
        As ``model.get_weights()`` gives them.
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
        """The rows of the embedding (Eq 1), shape (N, M), one a label."""
        return self.weights[0]

    def model(self) -> keras.Model:
        """The trained network, ready to write more. This loads Keras."""
        from lstm_md.model import language_model

        (n_labels, size), units = self.embedding.shape, len(self.weights[2])
        network = language_model(n_labels, size, units)
        network.set_weights(self.weights)
        return network


@dataclass(frozen=True)
class Record:
    """A recorded run; its files are read when they are first asked for.

    Attributes
    ----------
    name : str
    folder : Path
    settings : dict
        Of the whole run: the system, sizes, seeds.
    provenance : dict
        ``date``, ``revision``, ``versions``, ``backend``, ``device``, ``seconds`` (of all
        parts together).
    """

    name: str
    folder: Path
    settings: dict[str, Any]
    provenance: dict[str, Any]

    @cached_property
    def data(self) -> NDArray[np.unsignedinteger]:
        """The labels that were learned, shape (frames,)."""
        return load_file(self.folder / "data.npz")["labels"]

    @cached_property
    def reference(self) -> NDArray[np.unsignedinteger]:
        """An independent simulation, ten times as long, shape (10 × frames,)."""
        return load_file(self.folder / "reference.npz")["labels"]

    @cached_property
    def controls(self) -> dict[str, NDArray[np.unsignedinteger]]:
        """Labels of what has to fail: ``untrained`` (chains, frames), ``other`` (frames,)."""
        part = load_file(self.folder / "controls.npz")
        return {name: part[name] for name in ("untrained", "other") if name in part}

    @cached_property
    def embeddings(self) -> dict[str, NDArray[np.float32]]:
        """Embeddings of what has to fail: ``untrained`` and ``shuffled``, (networks, N, M) each."""
        part = load_file(self.folder / "embeddings.npz")
        return {name: part[name] for name in ("untrained", "shuffled")}

    @cached_property
    def trainings(self) -> list[Training]:
        """All trainings, in the order of their seeds."""
        return [_training(self.folder / name) for name in training_files(self.settings)]

    @property
    def generated(self) -> list[NDArray[np.unsignedinteger]]:
        """What each network wrote, arrays of shape (chains, frames)."""
        return [training.generated for training in self.trainings]

    def recorded(self) -> str:
        """Half a sentence for a caption: when it was recorded, how many trainings, which code."""
        if not self.provenance:  # while it is being made
            return ""
        date = datetime.fromisoformat(self.provenance["date"])
        trainings = self.settings["trainings"]
        return (
            f"recorded on {date.day} {date:%B %Y}, "
            f"{trainings} training{'s' if trainings > 1 else ''}, "
            f"revision {self.provenance['revision']}"
        )


def training_files(settings: Mapping[str, Any]) -> list[str]:
    """The names of the files of a run's trainings."""
    return [f"training-{k:02d}.npz" for k in range(settings["trainings"])]


def _training(path: Path) -> Training:
    part = load_file(path)
    return Training(
        weights=[part[name] for name in WEIGHTS],
        **{name: part[name] for name in Training.__annotations__ if name != "weights"},
    )


def load(name: str, folder: Path | str | None = None) -> Record:
    """Open a record.

    Parameters
    ----------
    name : str
        As ``python -m reproduction list`` prints it.
    folder : path, optional
        What holds the records; ``recorded``, or ``book/recorded`` seen from above, if left out.

    Raises
    ------
    FileNotFoundError
        If nothing was recorded under that name.
    DamagedError
        If its summary cannot be read; the files are checked when they are read.
    """
    path = Path(folder or default_folder()) / name
    if not (path / SUMMARY).is_file():
        raise FileNotFoundError(
            f"name: there is no finished record {path}; give its folder, or make it with "
            f"`python -m reproduction record {name}`"
        )
    summary = load_summary(path)
    return Record(name, path, summary["settings"], summary["provenance"])


def verify(path: Path, summarise: Summarise) -> list[str]:
    """Check a record against itself: checksums, then every number and verdict anew.

    Parameters
    ----------
    path : Path
        The record's folder.
    summarise : callable
        Of the recipe: takes the folder and the settings, gives numbers and verdicts.

    Returns
    -------
    list of str
        What is wrong, a line each; empty for a whole record.
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
        anew = summarise(path, summary["settings"])
    except (OSError, ValueError, KeyError) as error:
        return [*wrong, f"the numbers could not be computed: {error}"]
    return wrong + [
        line for name in anew for line in differences(name, summary.get(name), anew[name])
    ]


def differences(where: str, recorded: Any, computed: Any) -> list[str]:
    """Where two trees of JSON differ, numbers beyond rounding, a line each."""
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
