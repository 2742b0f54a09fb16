"""Whether the networks of alanine dipeptide copy their training data: the rule of N1–N3 there.

The criterion is that of N1–N3 (:func:`reproduction.copies.criteria.no_copies`). Only the pieces had
to be chosen. There are two simulations of 2,000,000 frames, and the training data are the first
half of the first one. (All networks but those by the authors' method hold back the last tenth of
their sequences. So every network learned the first 500,000 frames.)

* A piece has 500,000 frames. The first source is the first half of the training data. Their second
  half is not used.
* The other six pieces were not learned from. The second half of simulation 0 and the first half of
  simulation 1 are the four other sources. The second half of simulation 1 gives the two independent
  simulations.
* What each network generated is cut into pieces of 500,000 frames, and all of them count: four for
  each network. Networks with the same settings and the same number of epochs are judged together.
* The controls and the power are those of N1–N3.

What had been seen when this was written: along sin φ, for the authors' method after 40 epochs and
for *continued*, the share of the passages of 20, 50 and 100 frames that also occur in the training
data. That is another statistic of the same trajectories. Nothing had been computed along sin ψ, for
the tenth epoch, or for any other record.

The prediction: along sin ψ, the networks of 1,024 units copy after 40 epochs. After 10 epochs, they
do not. The networks of 256 units, whose epochs were chosen by the held-back loss, do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md.judging.criteria import Outcome
from reproduction.copies.comparison import REORDERED, SHIFTED, CopyComparison
from reproduction.copies.criteria import no_copies
from reproduction.dipeptide import recorded_simulations
from reproduction.dipeptide.states import labels_of
from reproduction.runs.files import load_file
from reproduction.runs.records import Record, epochs_file, load, those_finished, training_files

PIECE_FRAMES = 500_000
N_SIMULATED = 4  # pieces in each simulation
ANGLES = ("phi", "psi")

Labels = NDArray[np.unsignedinteger]


class Networks(NamedTuple):
    """Networks that are judged together.

    Attributes
    ----------
    method : str
        The end of a record's name: ``dipeptide_phi_authors`` is "authors", ``dipeptide_phi`` is "".
    epochs : int
    units : int
    words : str
        For a table.
    """

    method: str
    epochs: int
    units: int
    words: str


NETWORKS = (
    Networks("authors", 40, 1024, "authors, 40 epochs"),
    Networks("authors", 10, 1024, "authors, 10 epochs"),
    Networks("", 40, 1024, "first edition, 40 epochs"),
    Networks("", 10, 1024, "first edition, 10 epochs"),
    Networks("256", 40, 256, "first edition, 40 epochs"),
    Networks("256", 10, 256, "first edition, 10 epochs"),
    Networks("continued", 20, 256, "continued, 20 epochs"),
    Networks("ours", 20, 256, "warmed, 20 epochs"),
)


def pieces(labels: Labels) -> Labels:
    """Cut labels into pieces of ``PIECE_FRAMES`` frames, shape (pieces, frames).

    What is left at the end is not used.

    Raises
    ------
    ValueError
        If there is not even one piece, or more than one axis.
    """
    if labels.ndim != 1 or len(labels) < PIECE_FRAMES:
        raise ValueError(
            f"labels: expected one chain of {PIECE_FRAMES:,} frames or more, found the shape "
            f"{labels.shape}; shorter trajectories cannot be compared with the pieces of the data"
        )
    n_pieces = len(labels) // PIECE_FRAMES
    return labels[: n_pieces * PIECE_FRAMES].reshape(n_pieces, PIECE_FRAMES)


def trainings_after(record: Record, epochs: int) -> list[dict[str, Any]]:
    """Return the recorded trainings that took a number of epochs, one for each network.

    Each has ``generated`` (frames,), ``loss`` (epochs,) and ``validation_loss`` (epochs,).

    Raises
    ------
    ValueError
        If no network of the record was trained for so many epochs.
    """
    settings = record.settings
    if epochs == settings["epochs"]:
        return [load_file(record.folder / file) for file in training_files(settings)]
    other = sorted(settings["other_epochs"])
    if epochs not in other:
        found = ", ".join(map(str, [*other, settings["epochs"]]))
        raise ValueError(f"epochs: found {epochs}; the networks of {record.name} have {found}")
    return [load_file(record.folder / epochs_file(epochs))]


class DipeptideCopyTest(CopyComparison):
    """The matches along one angle, for any number of networks.

    Parameters
    ----------
    first, second : ndarray of int, shape (2000000,)
        The labels of both simulations. The networks learned the first half of ``first``.
    generated : mapping of str to sequence of ndarray of int, shape (frames,)
        What the networks of each name generated.
    seed : int
        Of the controls.

    Attributes
    ----------
    generated : dict of str to ndarray of int, shape (pieces, frames)
        The pieces of what the networks of each name generated.
    of : dict of str to Matches
        Of these pieces.

    Raises
    ------
    ValueError
        If a simulation has not four pieces, if there is no name, or if what a network generated is
        shorter than a piece.
    """

    def __init__(
        self, first: Labels, second: Labels, generated: Mapping[str, list[Labels]], *, seed: int = 1
    ) -> None:
        simulated = [pieces(one) for one in (first, second)]
        if any(len(one) != N_SIMULATED for one in simulated) or not generated:
            raise ValueError(
                f"first, second, generated: expected two simulations of {N_SIMULATED} pieces and "
                f"one or more networks, found {[len(one) for one in simulated]} pieces and "
                f"{len(generated)} networks"
            )
        half = N_SIMULATED // 2
        cut = {name: np.concatenate([pieces(one) for one in g]) for name, g in generated.items()}
        main, *more = cut
        others = np.concatenate([simulated[0][half:], simulated[1][:half]])
        super().__init__(simulated[0][0], others, simulated[1][half:], list(cut[main]), seed=seed)
        self.generated = cut
        self.of = {main: self.model} | {name: self.matches(cut[name]) for name in more}

    def judged(self, name: str) -> Outcome:
        """Judge the networks of one name: whether they contain no copies."""
        return no_copies(self.of[name], self.independent)

    def controls(self) -> dict[str, Outcome]:
        """Judge the controls, which must not pass."""
        return {name: self.no_copies(name) for name in (REORDERED, SHIFTED)}


def recorded_test(angle: str, networks: tuple[Networks, ...] = NETWORKS) -> DipeptideCopyTest:
    """Compare the recorded networks of one angle, those that there are; this takes a minute.

    The names are pairs of the units and the words of each of the networks.

    Raises
    ------
    ValueError
        If ``angle`` is neither "phi" nor "psi".
    FileNotFoundError
        If there is no record of the first networks.
    """
    if angle not in ANGLES:
        raise ValueError(f"angle: found {angle!r}; give {' or '.join(map(repr, ANGLES))}")
    generated: dict[str, list[Labels]] = {}
    base = load(record_of(angle, networks[0]))
    there = those_finished({name_of(one): record_of(angle, one) for one in networks})
    for one in networks:
        name = name_of(one)
        if name in there:  # *warmed* was recorded along sin ψ only
            trainings = trainings_after(load(there[name]), one.epochs)
            generated[name] = [training["generated"] for training in trainings]
    first = _first_simulation(angle)
    if not np.array_equal(first[: len(base.data)], base.data):
        raise ValueError(f"angle: simulation 0 along {angle} does not begin with the training data")
    return DipeptideCopyTest(first, base.reference, generated, seed=int(base.settings["seed"]))


def name_of(networks: Networks) -> str:
    """Return the name of networks, such as "1,024 units, authors, 40 epochs"."""
    return f"{networks.units:,} units, {networks.words}"


def record_of(angle: str, networks: Networks) -> str:
    """Return the name of the record of networks along one angle."""
    return f"dipeptide_{angle}" + (f"_{networks.method}" if networks.method else "")


def _first_simulation(angle: str) -> Labels:
    return labels_of(recorded_simulations.load(0)[ANGLES.index(angle)])
