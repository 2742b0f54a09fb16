"""What has to fail the tests of a record of a model potential, made anew from its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.markov import fit_markov_chain, simulate_markov_chain, stationary
from lstm_md.labels import nearest_state, remove_short_excursions, running_mean
from lstm_md.systems import potentials
from lstm_md.systems.potentials import ModelPotential
from reproduction.runs.records import Record

CONTROLS = 5  # trajectories of each control
BIN = 0.1  # along x, in which the diffusion hops
BEYOND = 1.5  # how far beyond the outer minima the diffusion may go
STEPS = 20  # hops a frame: 0.2 of mean squared displacement, as free particles of kT = 0.1 have
DRIVE = 2.0  # how much likelier a driven cycle goes one way round than the other

Labels = NDArray[np.unsignedinteger]


def standard_controls(record: Record) -> dict[str, Sequence[Labels]]:
    """Untrained networks, shuffled labels and first-order Markov chains, of a record.

    Returns
    -------
    dict of str to sequence of ndarray, each of shape (frames,)
    """
    data, seed = record.data, int(record.settings["seed"])
    matrix = fit_markov_chain(data, n_labels=int(record.settings["labels"]))
    random = np.random.default_rng(seed)
    return {
        "untrained network": list(record.controls["untrained"]),
        "shuffled labels": [random.permutation(data) for _ in range(CONTROLS)],
        "first-order Markov chain": [
            simulate_markov_chain(matrix, len(data), seed=100 * seed + k) for k in range(CONTROLS)
        ],
    }


def diffusion_along_x(settings: Mapping[str, Any]) -> list[Labels]:
    """What the free energy along x suggests: hops to neighbours on it, prepared as the data were.

    It has the populations of the potential, and no dimension but x, so that states which are
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
    reach = float(np.abs(potential.minima[:, 0]).max()) + BEYOND
    edges = np.arange(-reach, reach + BIN / 2, BIN)
    hops = np.linalg.matrix_power(_metropolis(potential.probability(edges)), STEPS)
    window, seed = int(settings["running_mean"]), int(settings["seed"])
    bins = simulate_markov_chain(
        hops, int(settings["frames"]) + window - 1, seed=seed, n_chains=CONTROLS
    )
    x = (edges[:-1] + edges[1:])[bins] / 2
    centres = settings["centres"] or potential.minima[:, 0]
    return [
        remove_short_excursions(
            nearest_state(running_mean(one, window), centres), int(settings["shortest_stay"])
        )
        for one in x
    ]


def _metropolis(populations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hops to either neighbour that keep the populations, shape (bins, bins)."""
    p = populations / populations.sum()
    matrix = np.zeros((p.size, p.size))
    right = np.minimum(p[1:] / p[:-1], 1.0) / 2
    left = np.minimum(p[:-1] / p[1:], 1.0) / 2
    matrix[np.arange(p.size - 1), np.arange(1, p.size)] = right
    matrix[np.arange(1, p.size), np.arange(p.size - 1)] = left
    return matrix + np.diag(1 - matrix.sum(axis=1))


def driven_cycle(data: Labels, n_labels: int, frames: int, *, cycle: Sequence[int], seed: int):
    """A Markov chain of the data that is driven round a cycle of states: never in equilibrium (K7).

    Each of its steps along the cycle is √``DRIVE`` times as likely as in the data, each step back
    as much less.

    Parameters
    ----------
    data : ndarray, shape (frames,)
    n_labels, frames : int
    cycle : sequence of label
    seed : int

    Returns
    -------
    ndarray, shape (frames,)
    """
    matrix = fit_markov_chain(data, n_labels=n_labels)
    pi = stationary(matrix)
    # In equilibrium to begin with: the data's own asymmetry is what K7 is about.
    flow = pi[:, None] * matrix
    matrix = (flow + flow.T) / 2 / pi[:, None]
    for one, next_ in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
        matrix[one, next_] *= np.sqrt(DRIVE)
        matrix[next_, one] /= np.sqrt(DRIVE)
    np.fill_diagonal(matrix, 0.0)
    np.fill_diagonal(matrix, 1 - matrix.sum(axis=1))
    return simulate_markov_chain(matrix, frames, seed=seed)
