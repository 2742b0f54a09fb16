"""The states of a model potential along any direction of the plane, and labels of a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.filters import divide_short_stays, remove_short_excursions, running_mean
from lstm_md.labels import nearest_state
from lstm_md.systems import langevin, potentials
from lstm_md.systems.potentials import ModelPotential

# Minima that are nearer than this along a direction share a label. A well is about 0.27 wide along
# any direction (0.8/√β, one standard deviation). At 0.75 a boundary halfway leaves 8 % of a well's
# frames on the wrong side. The nearest states that the paper separates are 1.0 apart.
MERGE_DISTANCE = 0.75

ShortStays = Literal["removed", "divided"]
SHORT_STAYS = {"removed": remove_short_excursions, "divided": divide_short_stays}  #: The filters
FOUR_STATES = (2.0, 0.5, -0.5, -2.0)  #: Centres of A, B, C and D along x


class Projection(NamedTuple):
    """The labels that a potential has along one direction, in the order of their first states.

    Attributes
    ----------
    centres : ndarray, shape (labels,)
        The position of each label: the mean of the minima that share it.
    names : tuple of str
        Such as ("A + C", "B").
    label_of : ndarray of int, shape (states,)
        The label of each state of the potential.
    """

    centres: NDArray[np.float64]
    names: tuple[str, ...]
    label_of: NDArray[np.intp]


def coordinate_along(x: ArrayLike, y: ArrayLike, direction: float) -> NDArray[np.floating]:
    """Compute x cos θ + y sin θ. The direction θ is in degrees: 0 is x, 90 is y."""
    angle = np.radians(direction)
    return np.asarray(x) * np.cos(angle) + np.asarray(y) * np.sin(angle)


def project_states(potential: ModelPotential, direction: float) -> Projection:
    """Project the states of a potential on a direction; nearby states share a label.

    Parameters
    ----------
    potential : ModelPotential
    direction : float
        Degrees from the x axis.
    """
    x, y = potential.minima.T
    positions = coordinate_along(x, y, direction)
    order = np.argsort(positions)
    group = np.empty(len(positions), dtype=np.intp)
    gaps = np.diff(positions[order], prepend=positions[order[0]])
    group[order] = np.cumsum(gaps >= MERGE_DISTANCE)
    firsts = list(dict.fromkeys(group.tolist()))
    label_of = np.array([firsts.index(g) for g in group.tolist()])
    members = [np.flatnonzero(label_of == label) for label in range(len(firsts))]
    return Projection(
        np.array([positions[states].mean() for states in members]),
        tuple(" + ".join(potential.states[i] for i in states) for states in members),
        label_of,
    )


def probability_along(
    potential: ModelPotential, direction: float, edges: ArrayLike, reach: float = 6.0
) -> NDArray[np.float64]:
    """Compute the exact probabilities of intervals along a direction, over all of the plane.

    Parameters
    ----------
    potential : ModelPotential
    direction : float
        Degrees from the x axis.
    edges : array_like, shape (intervals + 1,)
        Increasing and finite.
    reach : float
        How far the integral goes to either side of the direction.

    Returns
    -------
    ndarray, shape (intervals,)
        Accurate to about 1e-5 for intervals of up to half a well's width. Along x,
        :meth:`ModelPotential.probability` is more accurate.
    """
    edge = np.asarray(edges, np.float64)
    nodes, weights = np.polynomial.legendre.leggauss(4)
    half = np.diff(edge)[:, None] / 2
    along = edge[:-1, None] + half * (1 + nodes)
    across = np.linspace(-reach, reach, 241)
    x, y = (
        coordinate_along(along[..., None], across, turned)
        for turned in (-direction, 90.0 - direction)
    )
    density = potential.density(x, y).sum(axis=-1) * (across[1] - across[0])
    return (half * weights * density).sum(axis=-1)


def labels_along(
    potential: str,
    n_frames: int,
    seed: int,
    centres: Sequence[float] = (),
    running_mean_frames: int = 1,
    shortest_stay: int = 1,
    direction: float = 0.0,
    short_stays: ShortStays = "removed",
) -> NDArray[np.unsignedinteger]:
    """Simulate a model potential and label its frames along one direction.

    Parameters
    ----------
    potential : str
        A name in :mod:`lstm_md.systems.potentials`.
    n_frames, seed : int
    centres : sequence of float
        Of the labels; those of :func:`project_states` if empty.
    running_mean_frames, shortest_stay : int
        In frames: smoothing before the labels are made, and the limit of the filter after it.
    direction : float
        Degrees: 0 is x, 90 is y.
    short_stays : {"removed", "divided"}
        The filter: :func:`~lstm_md.filters.remove_short_excursions` removes stays below the limit.
        :func:`~lstm_md.filters.divide_short_stays` divides stays up to the limit, as the code of
        the paper's authors does: with a running mean of 50 and a limit of 100 for four states, with
        20 and 20 for three.

    Returns
    -------
    ndarray of uint8, shape (n_frames,)
    """
    system: ModelPotential = getattr(potentials, potential)
    # The running mean takes window − 1 frames away.
    trajectory = langevin.simulate(system, n_frames + running_mean_frames - 1, seed=seed)
    coordinate = coordinate_along(trajectory.x, trajectory.y, direction)
    smooth = running_mean(coordinate, running_mean_frames)
    if not len(centres):
        centres = project_states(system, direction).centres.tolist()
    return SHORT_STAYS[short_stays](nearest_state(smooth, centres), shortest_stay)


def authors_four_states(n_frames: int, seed: int) -> NDArray[np.unsignedinteger]:
    """Simulate the four-state potential, and prepare the labels as the authors' code does."""
    return labels_along("four_state", n_frames, seed, FOUR_STATES, 50, 100, short_stays="divided")
