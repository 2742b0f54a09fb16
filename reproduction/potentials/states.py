"""Looking at the plane along one direction: the coordinate, the states that it tells apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.systems.potentials import ModelPotential

# Minima nearer than this along an axis are one label. A well is about 0.27 wide along any axis
# (0.8/√β, one standard deviation): at 0.75 a boundary halfway leaves each well 8 % of its frames
# on the wrong side, and the nearest states that the paper tells apart lie 1.0 from each other.
MERGED = 0.75


class View(NamedTuple):
    """What an axis shows of a potential; labels in the order of their first states.

    Attributes
    ----------
    centres : ndarray, shape (labels,)
        Of the labels along the axis: the mean of the minima that one stands for.
    names : tuple of str
        Such as ("A + C", "B").
    label_of : ndarray of int, shape (states,)
        Which label each state of the potential goes into.
    """

    centres: NDArray[np.float64]
    names: tuple[str, ...]
    label_of: NDArray[np.intp]


def along(x: ArrayLike, y: ArrayLike, direction: float) -> NDArray[np.floating]:
    """The coordinate x cos θ + y sin θ; θ in degrees: 0 is x, 90 is y."""
    angle = np.radians(direction)
    return np.asarray(x) * np.cos(angle) + np.asarray(y) * np.sin(angle)


def view(potential: ModelPotential, direction: float) -> View:
    """The states of a potential along an axis; those less than ``MERGED`` apart are one label.

    Parameters
    ----------
    potential : ModelPotential
    direction : float
        Degrees from the x axis.
    """
    x, y = potential.minima.T
    places = along(x, y, direction)
    order = np.argsort(places)
    group = np.empty(len(places), dtype=np.intp)
    group[order] = np.cumsum(np.diff(places[order], prepend=places[order[0]]) >= MERGED)
    firsts = list(dict.fromkeys(group.tolist()))
    label_of = np.array([firsts.index(g) for g in group.tolist()])
    members = [np.flatnonzero(label_of == label) for label in range(len(firsts))]
    return View(
        np.array([places[states].mean() for states in members]),
        tuple(" + ".join(potential.states[i] for i in states) for states in members),
        label_of,
    )


def probability(
    potential: ModelPotential, direction: float, edges: ArrayLike, reach: float = 6.0
) -> NDArray[np.float64]:
    """Exact probabilities of the intervals between edges along an axis, over all of the plane.

    Parameters
    ----------
    potential : ModelPotential
    direction : float
        Degrees from the x axis.
    edges : array_like, shape (intervals + 1,)
        Rising and finite.
    reach : float
        How far the integral goes to either side of the axis.

    Returns
    -------
    ndarray, shape (intervals,)
        Good to about 1e-5 for intervals of up to half a well's width; along x,
        :meth:`ModelPotential.probability` is better.
    """
    edge = np.asarray(edges, np.float64)
    nodes, weights = np.polynomial.legendre.leggauss(4)
    half = np.diff(edge)[:, None] / 2
    places = edge[:-1, None] + half * (1 + nodes)
    across = np.linspace(-reach, reach, 241)
    x, y = (along(places[..., None], across, turned) for turned in (-direction, 90.0 - direction))
    density = potential.density(x, y).sum(axis=-1) * (across[1] - across[0])
    return (half * weights * density).sum(axis=-1)
