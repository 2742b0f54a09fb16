"""The data sets: pieces of simulations, their T(t), and that of the reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.markov import MarkovModel
from reproduction.dipeptide.recorded_simulations import load
from reproduction.potentials.states import authors_four_states

Array = NDArray[np.float64]
Labels = NDArray[np.unsignedinteger]

N_LABELS = 4  #: Of both systems
FRAMES_PER_PS, STRIDE = 10, 10  # of the recorded angles; one label per ps
#: Limits of the four states of the dipeptide, in degrees: φ of C7ax, ψ of the helix, and the φ that
#: divides the extended states
AXIAL, HELIX, EXTENDED = (0.0, 120.0), (-120.0, 50.0), -105.0


def pair_counts(labels: Any, times: Sequence[int]) -> NDArray[np.int64]:
    """Count all pairs of labels that are some frames apart, within each trajectory.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    times : sequence of int
        In frames.

    Returns
    -------
    ndarray, shape (times, N, N)
        Row: the label now. Column: the label that many frames later.
    """
    chains = [labels] if np.ndim(labels[0]) == 0 else list(labels)
    counts = np.zeros((len(times), N_LABELS**2), np.int64)
    for chain in chains:
        scaled = np.asarray(chain, np.uint8) * np.uint8(N_LABELS)
        for row, time in zip(counts, times):
            if time < len(scaled):
                row += np.bincount(scaled[:-time] + chain[time:], minlength=N_LABELS**2)
    return counts.reshape(-1, N_LABELS, N_LABELS)


def probabilities(counts: ArrayLike) -> Array:
    """Make T(t) of counts, shape (…, N, N). An unseen label leads to the populations."""
    array = np.asarray(counts, np.float64)
    rows = array.sum(axis=-1, keepdims=True)
    populations = array.sum(axis=-2, keepdims=True) / array.sum(axis=(-1, -2), keepdims=True)
    return np.where(rows > 0, array / np.maximum(rows, 1.0), populations)


def of_markov_model(model: MarkovModel, times: ArrayLike) -> Array:
    """Compute T(t) of a Markov chain at some times in its own steps, shape (times, N, N)."""
    matrix = np.asarray(model.transition_matrix)
    return np.array([np.linalg.matrix_power(matrix, t) for t in np.asarray(times).tolist()])


def four_states(n_frames: int, seed: int) -> Labels:
    """Simulate the four-state potential, with labels as in the paper."""
    return authors_four_states(n_frames, seed)


def dipeptide_states(phi: ArrayLike, psi: ArrayLike) -> Labels:
    """Label alanine dipeptide by φ and ψ in radians, with four states in the plane.

    0: C7ax, with φ from 0° to 120°. 1: the helix, with ψ from −120° to 50° and any other φ. 2 and
    3: the extended states, with φ from −105° to 0°, and any other φ.
    """
    across = np.degrees(np.asarray(phi, np.float64))
    along = np.degrees(np.asarray(psi, np.float64))
    axial = (across >= AXIAL[0]) & (across < AXIAL[1])
    helix = (along >= HELIX[0]) & (along < HELIX[1])
    inner = (across >= EXTENDED) & (across < AXIAL[0])
    return np.where(axial, 0, np.where(helix, 1, np.where(inner, 2, 3))).astype(np.uint8)


def dipeptide(which: int, records: Path) -> Labels:
    """Label a simulation of the dipeptide from the folder of all records, one label per ps."""
    phi, psi = load(which, records)
    return dipeptide_states(phi[::STRIDE], psi[::STRIDE])
