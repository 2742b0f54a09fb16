"""Controls of the model potentials: a diffusion along x, and a chain that is driven in a cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain
from lstm_md.judging.controls import N_COPIES
from lstm_md.labels import nearest_state, running_mean
from lstm_md.systems import potentials
from lstm_md.systems.potentials import ModelPotential
from reproduction.potentials.states import SHORT_STAYS

BIN_WIDTH = 0.1  # along x; the diffusion hops between neighbouring bins
MARGIN = 1.5  # how far beyond the outer minima the diffusion may go
# 20 hops per frame make a mean squared displacement of 0.2, as free particles of kT = 0.1 have.
HOPS_PER_FRAME = 20
DRIVE = 2.0  # ratio of the probabilities to go one way round the cycle and the other

Labels = NDArray[np.unsignedinteger]


def diffusion_along_x(settings: Mapping[str, Any]) -> list[Labels]:
    """Simulate hops between neighbours on the free energy along x, prepared as the data were.

    The populations are those of the potential. There is no dimension but x, so states that are
    neighbours along x exchange (K6).

    Parameters
    ----------
    settings : mapping
        Of a record of a model potential.

    Returns
    -------
    list of ndarray, each of shape (frames,)
    """
    potential: ModelPotential = getattr(potentials, settings["potential"])
    reach = float(np.abs(potential.minima[:, 0]).max()) + MARGIN
    edges = np.arange(-reach, reach + BIN_WIDTH / 2, BIN_WIDTH)
    hops = np.linalg.matrix_power(_metropolis(potential.probability(edges)), HOPS_PER_FRAME)
    window, seed = int(settings["running_mean"]), int(settings["seed"])
    n_frames = int(settings["frames"]) + window - 1
    bins = simulate_markov_chain(hops, n_frames, seed=seed, n_chains=N_COPIES)
    x = (edges[:-1] + edges[1:])[bins] / 2
    centres = settings["centres"] or potential.minima[:, 0]
    filtered = SHORT_STAYS[settings.get("short_stays", "removed")]
    return [
        filtered(
            nearest_state(running_mean(chain, window), centres), int(settings["shortest_stay"])
        )
        for chain in x
    ]


def _metropolis(populations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of hops to either neighbour that keep the populations, shape (bins, bins)."""
    p = populations / populations.sum()
    matrix = np.zeros((p.size, p.size))
    right = np.minimum(p[1:] / p[:-1], 1.0) / 2
    left = np.minimum(p[:-1] / p[1:], 1.0) / 2
    matrix[np.arange(p.size - 1), np.arange(1, p.size)] = right
    matrix[np.arange(1, p.size), np.arange(p.size - 1)] = left
    return matrix + np.diag(1 - matrix.sum(axis=1))


def driven_cycle(
    data: Labels, n_labels: int, n_frames: int, *, cycle: Sequence[int], seed: int = 0
) -> Labels:
    """Simulate a Markov chain of the data that is driven round a cycle of states (K7).

    It is never in equilibrium: each step along the cycle is √``DRIVE`` times as likely as in the
    data, and each step back is less likely by the same factor.

    Parameters
    ----------
    data : ndarray, shape (frames,)
    n_labels, n_frames : int
    cycle : sequence of label
    seed : int

    Returns
    -------
    ndarray, shape (n_frames,)
    """
    chain = fit_markov_chain(data, n_labels=n_labels)
    # In equilibrium at first: the asymmetry of the data themselves is what K7 is about.
    flow = chain.stationary[:, None] * chain.transition_matrix
    matrix = (flow + flow.T) / 2 / chain.stationary[:, None]
    for one, following in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        matrix[one, following] *= np.sqrt(DRIVE)
        matrix[following, one] /= np.sqrt(DRIVE)
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, 1 - matrix.sum(axis=1))
    return simulate_markov_chain(matrix, n_frames, seed=seed)
