"""The processes that networks learn, each with its states and the lag of its slowest rate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.filters import divide_short_stays, remove_short_excursions, running_mean
from lstm_md.judging.null_sample import HALF
from lstm_md.labels import bin_centres, equal_width, nearest_state
from lstm_md.systems import langevin, potentials
from reproduction.dipeptide import recorded_simulations
from reproduction.dipeptide import states as dipeptide
from reproduction.optical_trap.simulation import ADD_RIBOSWITCH, simulate
from reproduction.potentials.states import labels_along, project_states
from reproduction.riboswitch import states as riboswitch

SYSTEMS = ("triangular", "linear", "dipeptide", "trap", "semi_markov")  #: Of X1e
VIEWS = (
    "raw",
    "every_3",
    "every_10",
    "every_30",
    "smoothed",
    "divided",
    "bins",
    "grid",
    "removed",
    "fast",
)  #: How the frames of the triangular potential become labels
MEAN_FRAMES = SHORT_STAY = 20  # of the authors' filter for three states
COMMIT_TIME = 30  # frames; recrossings are shorter stays
REACH = 3.0  # of the bins, to both sides
N_FAST = 8  # values of the fast label
LAG = {"triangular": 180, "linear": 30, "dipeptide": 200, "trap": 100, "semi_markov": 1}
PIECES = 4  # of each of the two recorded simulations of the dipeptide
EQUILIBRATION = 1000  # frames until a semi-Markov chain has forgotten that it began with a stay
SHORTEST, LONGEST = np.array([110, 30]), np.array([150, 70])  #: Of a stay in A and in B
BEST_LOSS = float(np.log(LONGEST - SHORTEST + 1).sum() / ((SHORTEST + LONGEST) / 2).sum())
LEAVING = 2 / (SHORTEST[0] + LONGEST[0])  #: The exact rate of leaving A, per frame

Labels = NDArray[np.unsignedinteger]


class Process(NamedTuple):
    """Labels of a process, and how its slowest rate is estimated.

    Attributes
    ----------
    labels : ndarray, shape (frames,)
    n_labels : int
    states_of : callable
        Maps labels, shape (frames,), to states.
    lag : int
        In saved frames.
    every : int
        Frames of the simulation between two saved ones.
    """

    labels: Labels
    n_labels: int
    states_of: Callable[[Labels], NDArray]
    lag: int
    every: int = 1

    def rate(self, labels: ArrayLike) -> float:
        """Estimate the slowest rate of labels, shape (chains, frames), per simulated frame."""
        rows = [self.states_of(row) for row in np.atleast_2d(np.asarray(labels))]
        found = leaving_rate(rows) if self.lag == 1 else relaxation_rate(rows, self.lag)
        return found / self.every


def relaxation_rate(rows: list[NDArray], lag: int) -> float:
    """Estimate −ln λ₂ / lag, with the second eigenvalue of the transition matrix at a lag.

    The counts are made symmetric. A rate below half a transition in all frames counts as that, and
    one so large that λ₂ is below 0.001 counts as that.
    """
    n = 1 + max(int(row.max()) for row in rows)
    counts = np.zeros((n, n))
    for row in rows:
        np.add.at(counts, (row[:-lag], row[lag:]), 1.0)
    counts += counts.T
    visited = counts.sum(axis=1) > 0
    counts = counts[np.ix_(visited, visited)]
    root = np.sqrt(counts.sum(axis=1))
    eigenvalues = np.linalg.eigvalsh(counts / np.outer(root, root))
    second = eigenvalues[-2] if len(eigenvalues) > 1 else 1.0
    least = HALF / sum(len(row) for row in rows)
    return float(max(-np.log(np.clip(second, 1e-3, 1.0)) / lag, least))


def leaving_rate(rows: list[NDArray]) -> float:
    """Count how often label 0 is left, per frame in it; at least half a time."""
    left = sum(int(((row[:-1] == 0) & (row[1:] != 0)).sum()) for row in rows)
    return max(left, HALF) / max(sum(int((row[:-1] == 0).sum()) for row in rows), 1)


def process(system: str, n_frames: int, seed: int, records: Path | None = None) -> Process:
    """Simulate one of :data:`SYSTEMS`; for the dipeptide, the seed is the number of a piece.

    No new simulation of the dipeptide is made. The pieces are eighths of two recorded ones, and
    piece −1 is a shorter simulation with the same settings. The riboswitch is a simulated trap.
    ``records`` is the folder of all records, that of the book if left out.
    """
    lag = LAG[system]
    if system in ("triangular", "linear"):
        labels = labels_along(f"{system}_three_state", n_frames, seed)
        return Process(labels, 3, np.asarray, lag)
    if system == "dipeptide":
        labels = _dipeptide_piece(seed, records)[:n_frames]
        return Process(labels, dipeptide.N_LABELS, _dipeptide_states, lag)
    if system == "trap":
        labels = riboswitch.labels_of(simulate(ADD_RIBOSWITCH, n_frames, seed=seed).extension_nm)
        return Process(labels, riboswitch.N_LABELS, riboswitch.states_of_mean, lag)
    return Process(semi_markov(n_frames, seed), 2, np.asarray, lag)


def semi_markov(n_frames: int, seed: int) -> Labels:
    """Simulate two labels whose stays last 110 to 150 and 30 to 70 frames, all equally likely."""
    n = (n_frames + EQUILIBRATION) // int(SHORTEST.sum()) + 1
    lengths = np.random.default_rng(seed).integers(SHORTEST, LONGEST, (n, 2), endpoint=True)
    turns = np.tile(np.array([0, 1], np.uint8), n)
    return np.repeat(turns, lengths.ravel())[EQUILIBRATION:][:n_frames]


def _dipeptide_piece(number: int, records: Path | None) -> Labels:
    if number < 0:
        return dipeptide.labels_of(recorded_simulations.load("amber03", records)[0])
    simulation, piece = divmod(number % (2 * PIECES), PIECES)
    phi = recorded_simulations.load(simulation, records)[0]
    return dipeptide.labels_of(phi.reshape(PIECES, -1)[piece])


def _dipeptide_states(labels: Labels) -> NDArray:
    return dipeptide.states(labels, "phi")


def views(n_frames: int, seed: int, names: tuple[str, ...]) -> dict[str, Process]:
    """Label one simulation of the triangular potential in several ways.

    Parameters
    ----------
    n_frames, seed : int
        The simulation is that of ``process("triangular", n_frames, seed)``.
    names : tuple of str
        Of :data:`VIEWS`.

    Returns
    -------
    dict of str to Process
        raw: the nearest of three centres along x. every_n: every n-th frame of raw. smoothed: raw,
        but of a running mean over 20 frames. divided: smoothed, with the authors' filter. bins: 20
        bins of x. grid: 6 × 6 bins of x and y. removed: raw without stays below 30 frames. fast:
        raw, with an independent label of eight values that is drawn anew in each frame.
    """
    system = potentials.triangular_three_state
    # As reproduction.potentials.states does: the same random numbers, whatever the length.
    trajectory = langevin.simulate(system, n_frames, seed=seed)
    centres = project_states(system, 0.0).centres
    lag = LAG["triangular"]

    def state(values: ArrayLike) -> NDArray:
        return nearest_state(values, centres)

    raw = state(trajectory.x)

    def view(name: str) -> Process:
        if name.startswith("every_"):
            every = int(name.removeprefix("every_"))
            return Process(raw[::every], 3, np.asarray, lag // every, every)
        if name in ("smoothed", "divided"):
            smooth = state(running_mean(trajectory.x, MEAN_FRAMES))
            labels = divide_short_stays(smooth, SHORT_STAY) if name == "divided" else smooth
            return Process(labels, 3, np.asarray, lag)
        if name in ("bins", "grid"):
            n = 20 if name == "bins" else 6
            x, y = (
                equal_width(values, -REACH, REACH, n_labels=n, outside="clip")
                for values in (trajectory.x, trajectory.y)
            )
            of_bin = state(bin_centres(np.linspace(-REACH, REACH, n + 1)))
            if name == "bins":
                return Process(x, n, lambda labels: of_bin[labels], lag)
            return Process(n * x + y, n * n, lambda labels: of_bin[labels // n], lag)
        if name == "removed":
            return Process(remove_short_excursions(raw, COMMIT_TIME), 3, np.asarray, lag)
        if name == "fast":
            fast = np.random.default_rng(seed).integers(N_FAST, size=len(raw), dtype=np.uint8)
            return Process(N_FAST * raw + fast, 3 * N_FAST, lambda labels: labels // N_FAST, lag)
        return Process(raw, 3, np.asarray, lag)

    return {name: view(name) for name in names}
