"""From a trajectory to labels, the characters that the network reads, and back."""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from lstm_md._support.angles import likely_period, nearest_image, period_array
from lstm_md._support.checks import (
    chains_of,
    finite_array,
    label_dtype,
    real_number,
    whole_number,
)
from lstm_md._support.trajectories import each_trajectory

# Filters work before and after the labelling, so readers look for them here, too.
from lstm_md.filters import cut_at_gaps as cut_at_gaps
from lstm_md.filters import divide_short_stays as divide_short_stays
from lstm_md.filters import remove_short_excursions as remove_short_excursions
from lstm_md.filters import running_mean as running_mean

Outside = Literal["error", "clip"]
BLOCK_FRAMES = 1 << 18  # limits the memory of the distances to the centres


def equal_width(
    values: ArrayLike, start: float, stop: float, *, n_labels: int, outside: Outside = "error"
) -> NDArray[np.unsignedinteger]:
    """Label values by bins of equal width, as the paper does for its molecules.

    Parameters
    ----------
    values : array_like, shape (frames,) or (walkers, frames), or list of arrays (frames,)
    start, stop : float
        Lower edge of the first bin and upper edge of the last, in the units of ``values``.
    n_labels : int
        Number of bins. The edges are ``numpy.linspace(start, stop, n_labels + 1)``.
    outside : {"error", "clip"}
        As in :func:`with_edges`.

    Returns
    -------
    ndarray of uint8 (uint16 above 256 labels), shape of ``values``; a list of them for a list

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite real numbers, are a table of more walkers than frames, or lie
        outside the bins and ``outside`` is "error", or if ``start`` is not below ``stop``.

    Examples
    --------
    >>> equal_width([-1.0, -0.95, 0.0, 1.0], start=-1, stop=1, n_labels=20)
    array([ 0,  0, 10, 19], dtype=uint8)
    """
    start, stop = real_number(start, "start"), real_number(stop, "stop")
    n_labels = whole_number(n_labels, "n_labels")
    label_dtype(n_labels)
    if not start < stop:
        raise ValueError(f"stop: expected more than start = {start}, found {stop}; swap the two")
    return with_edges(values, np.linspace(start, stop, n_labels + 1), outside=outside)


def with_edges(
    values: ArrayLike, edges: ArrayLike, *, outside: Outside = "error"
) -> NDArray[np.unsignedinteger]:
    """Label values by bins with given edges.

    Parameters
    ----------
    values : array_like, shape (frames,) or (walkers, frames), or list of arrays (frames,)
        Trajectories of unequal length form a list.
    edges : array_like, shape (N + 1,)
        Strictly increasing, in the units of ``values``. Label i stands for
        edges[i] ≤ value < edges[i+1]; the last bin includes its upper edge.
    outside : {"error", "clip"}
        What to do with a value below the first edge or above the last one: raise an error, or
        give it the label of the first or last bin.

    Returns
    -------
    ndarray of uint8 (uint16 above 256 labels), shape of ``values``; a list of them for a list

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite real numbers, are a table of more walkers than frames, or lie
        outside the bins and ``outside`` is "error", or if ``edges`` do not increase.

    Examples
    --------
    >>> with_edges([0.0, 0.5, 2.0, 3.0], edges=[0, 1, 3])
    array([0, 0, 1, 1], dtype=uint8)
    """
    places = _increasing(edges)
    if not (isinstance(outside, str) and outside in ("error", "clip")):
        raise ValueError(
            f"outside: expected 'error' or 'clip', found {outside!r}; give one of them"
        )
    kind = label_dtype(places.size - 1)

    def label(array: NDArray, name: str) -> NDArray[np.unsignedinteger]:
        if outside == "error":
            _refuse_outside(array, places[0], places[-1], name)
        # Only the inner edges are searched: values outside then fall into the first or last bin.
        return np.searchsorted(places[1:-1], array, side="right").astype(kind)

    return each_trajectory(label, values)


def nearest_state(
    values: ArrayLike, centres: ArrayLike, *, period: ArrayLike | None = None
) -> NDArray[np.unsignedinteger]:
    """Label each frame by the nearest of several centres.

    Parameters
    ----------
    values : array_like, or list of arrays
        With centres (N,): shape (frames,) or (walkers, frames), or a list of arrays (frames,). With
        centres (N, d): shape (frames, d), or a list of such arrays.
    centres : array_like, shape (N,) or (N, d)
        In any order, in the units of ``values``; label i stands for centre i. A frame that is
        equally far from two centres takes the first of them.
    period : float or array_like of shape (d,), optional
        The period of values on a circle: 2π for angles in radians. If left out, the values are not
        periodic. ``inf`` marks a dimension that is not periodic. A COLVAR file of PLUMED says which
        columns are periodic (:func:`lstm_md.systems.recordings.period_of`).

    Returns
    -------
    ndarray of uint8 (uint16 above 256 labels), one label per frame; a list of them for a list

    Raises
    ------
    TypeError, ValueError
        If values or centres are not finite real numbers, a centre is given twice, the dimensions
        differ, or values with centres (N,) are a table of more walkers than frames.

    Warns
    -----
    UserWarning
        If no period is given, the values seem to be angles, and a period would change a label.

    Examples
    --------
    >>> nearest_state([-1.4, 0.2, 1.7], centres=[1.5, 0.0, -1.5])
    array([2, 1, 0], dtype=uint8)
    >>> nearest_state([3.1], centres=[-3.0, 0.0], period=2 * np.pi)
    array([0], dtype=uint8)
    """
    places = finite_array(centres, "centres", dimensions=(1, 2)).astype(np.float64)
    on_line = places.ndim == 1
    places = places[:, None] if on_line else places
    if np.unique(places, axis=0).shape[0] < places.shape[0]:
        raise ValueError(
            f"centres: found a centre twice in {np.asarray(centres).tolist()}; give each one once"
        )
    kind = label_dtype(places.shape[0])
    periods = period_array(period, places.shape[1])

    def label(array: NDArray, name: str) -> NDArray[np.unsignedinteger]:
        if on_line:
            points, shape = array.reshape(-1, 1), array.shape
        elif array.ndim == 2 and array.shape[1] == places.shape[1]:
            points, shape = array, array.shape[:1]
        else:
            raise ValueError(
                f"centres: found shape {places.shape} for {name} of shape {array.shape}; give "
                f"centres (N,) for one dimension, or (N, d) for {name} of shape (frames, d)"
            )
        labels = _nearest(points, places, periods).astype(kind)
        if periods is None and _would_differ(labels, points, places):
            warnings.warn(
                f"{name}: these look like angles, and with a period some frames would get "
                f"another label; give period=2*numpy.pi for radians or period=360 for degrees, or "
                f"period=numpy.inf if they are not angles",
                stacklevel=4,
            )
        return labels.reshape(shape)

    return each_trajectory(label, values, table=not on_line)


def _nearest(
    points: NDArray, places: NDArray, periods: NDArray[np.float64] | None
) -> NDArray[np.intp]:
    """Return the index of the nearest of some places for each point, shape (points,)."""
    nearest = np.empty(points.shape[0], dtype=np.intp)
    for first in range(0, nearest.size, BLOCK_FRAMES):
        block = slice(first, first + BLOCK_FRAMES)
        if periods is None:
            distances = cdist(points[block], places)
        else:
            images = (nearest_image(points[block] - place, periods) for place in places)
            distances = np.stack([np.square(image).sum(axis=1) for image in images], axis=1)
        nearest[block] = distances.argmin(axis=1)
    return nearest


def _would_differ(labels: NDArray, points: NDArray, places: NDArray) -> bool:
    """Test whether the columns seem to be angles, and a period would change a label."""
    found = [likely_period(points[:, d], places[:, d]) for d in range(places.shape[1])]
    if not any(found):
        return False
    periods = np.array([np.inf if each is None else each[1] for each in found])
    return bool((_nearest(points, places, periods) != labels).any())


def to_values(labels: ArrayLike, centres: ArrayLike) -> NDArray[np.floating]:
    """Replace each label by its centre.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    centres : array_like, shape (N,) or (N, d)
        One value, or one point of d numbers, per label, such as :func:`bin_centres` of the edges.

    Returns
    -------
    ndarray of float, of the shape of ``labels``; a list of them for a list
        With centres (N, d), the last axis is d.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not whole numbers from 0, or one has no centre.

    Examples
    --------
    >>> to_values([0, 1, 1], centres=[-1.5, 0.0])
    array([-1.5,  0. ,  0. ])
    """
    places = finite_array(centres, "centres", dimensions=(1, 2))
    chains = chains_of(labels, n_labels=places.shape[0])
    return chains.like_given(places[chains.flat])


def bin_centres(edges: ArrayLike) -> NDArray[np.float64]:
    """Compute the middle of each bin.

    Parameters
    ----------
    edges : array_like, shape (N + 1,)
        Strictly increasing.

    Returns
    -------
    ndarray of float64, shape (N,)

    Examples
    --------
    >>> bin_centres([0, 1, 3])
    array([0.5, 2. ])
    """
    edges = _increasing(edges)
    return edges[:-1] + np.diff(edges) / 2


def _increasing(edges: ArrayLike) -> NDArray[np.float64]:
    array = finite_array(edges, "edges").astype(np.float64)
    if array.size < 2:
        raise ValueError(
            f"edges: expected at least 2, the edges of one bin, found {array.size}; give more"
        )
    wrong = np.flatnonzero(np.diff(array) <= 0)
    if wrong.size:
        at = int(wrong[0]) + 1
        raise ValueError(
            f"edges: expected strictly increasing numbers, found {array[at]} after "
            f"{array[at - 1]} at index {at}; sort them and give each one once"
        )
    return array


def _refuse_outside(array: NDArray[np.floating], low: float, high: float, name: str) -> None:
    # In the precision of the values, so that π of a file in single precision is π.
    low, high = (float(array.dtype.type(end)) for end in (low, high))
    if low <= array.min() and array.max() <= high:
        return
    beyond = np.argwhere((array < low) | (array > high))
    first = tuple(int(i) for i in beyond[0])
    raise ValueError(
        f"{name}: {len(beyond)} of {array.size} lie outside {low} … {high}, the first at index "
        f"{first[0] if len(first) == 1 else first} with {array[first]}; widen the range, or pass "
        f'outside="clip" to put them into the first and last bin'
    )
