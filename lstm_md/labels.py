"""From a trajectory to labels, the characters that the network reads, and back."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from lstm_md._support.checks import (
    finite_array,
    label_array,
    label_dtype,
    real_number,
    whole_number,
)
from lstm_md._support.stays import stay_starts

Outside = Literal["error", "clip"]
BLOCK_FRAMES = 1 << 18  # limits the memory of the distances to the centres


def equal_width(
    values: ArrayLike, start: float, stop: float, *, n_labels: int, outside: Outside = "error"
) -> NDArray[np.unsignedinteger]:
    """Label values by bins of equal width, as the paper does for its molecules.

    Parameters
    ----------
    values : array_like, shape (frames,) or (walkers, frames)
    start, stop : float
        Lower edge of the first bin and upper edge of the last, in the units of ``values``.
    n_labels : int
        Number of bins. The edges are ``numpy.linspace(start, stop, n_labels + 1)``.
    outside : {"error", "clip"}
        As in :func:`with_edges`.

    Returns
    -------
    ndarray of uint8 or uint16, of the shape of ``values``

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite real numbers or lie outside, or ``start`` is not below
        ``stop``.

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
    values : array_like, shape (frames,) or (walkers, frames)
    edges : array_like, shape (N + 1,)
        Strictly increasing, in the units of ``values``. Label i stands for
        edges[i] ≤ value < edges[i+1]; the last bin includes its upper edge.
    outside : {"error", "clip"}
        What to do with a value below the first edge or above the last one: raise an error, or
        give it the label of the first or last bin.

    Returns
    -------
    ndarray of uint8 or uint16, of the shape of ``values``

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite real numbers or lie outside, or ``edges`` do not increase.

    Examples
    --------
    >>> with_edges([0.0, 0.5, 2.0, 3.0], edges=[0, 1, 3])
    array([0, 0, 1, 1], dtype=uint8)
    """
    array = _frames_of_numbers(values)
    edges = _increasing(edges)
    if outside not in ("error", "clip"):
        raise ValueError(
            f"outside: expected 'error' or 'clip', found {outside!r}; give one of them"
        )
    n_labels = edges.size - 1
    if outside == "error":
        _refuse_outside(array, edges[0], edges[-1])
    # Only the inner edges are searched: values outside then fall into the first or last bin.
    found = np.searchsorted(edges[1:-1], array, side="right")
    return found.astype(label_dtype(n_labels))


def nearest_state(values: ArrayLike, centres: ArrayLike) -> NDArray[np.unsignedinteger]:
    """Label each frame by the nearest of several centres.

    Parameters
    ----------
    values : array_like, shape (frames,) or (walkers, frames); (frames, d) with centres (N, d)
    centres : array_like, shape (N,) or (N, d)
        In any order, in the units of ``values``; label i stands for centre i. A frame that is
        equally far from two centres takes the first of them.

    Returns
    -------
    ndarray of uint8 or uint16, one label per frame

    Raises
    ------
    TypeError, ValueError
        If values or centres are not finite real numbers, a centre is given twice, or the
        dimensions differ.

    Examples
    --------
    >>> nearest_state([-1.4, 0.2, 1.7], centres=[1.5, 0.0, -1.5])
    array([2, 1, 0], dtype=uint8)
    """
    places = finite_array(centres, "centres", dimensions=(1, 2)).astype(np.float64)
    points = _frames_of_numbers(values)
    if places.ndim == 1:
        points, shape, places = points.reshape(-1, 1), points.shape, places[:, None]
    elif points.ndim == 2 and points.shape[1] == places.shape[1]:
        shape = points.shape[:1]
    else:
        raise ValueError(
            f"centres: found shape {places.shape} for values of shape {points.shape}; give "
            f"centres (N,) for one dimension, or (N, d) for values of shape (frames, d)"
        )
    if np.unique(places, axis=0).shape[0] < places.shape[0]:
        raise ValueError(
            f"centres: found a centre twice in {np.asarray(centres).tolist()}; give each one once"
        )
    labels = np.empty(points.shape[0], dtype=label_dtype(places.shape[0]))
    for first in range(0, labels.size, BLOCK_FRAMES):
        block = slice(first, first + BLOCK_FRAMES)
        labels[block] = cdist(points[block], places).argmin(axis=1)
    return labels.reshape(shape)


def running_mean(values: ArrayLike, window: int, *, axis: int | None = None) -> NDArray[np.float64]:
    """Average over a window that slides along the frames.

    Frame i of the result is the mean of frames i to i + window − 1. It stands for the time
    i + (window − 1)/2, and the result has window − 1 frames fewer than the values.

    Parameters
    ----------
    values : array_like, shape (frames,), (frames, dimensions) or (walkers, frames)
    window : int
        Number of frames per window.
    axis : int, optional
        The axis of time, needed if there are two: 0 for (frames, dimensions), 1 for
        (walkers, frames).

    Returns
    -------
    ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite real numbers, or ``window`` is not from 1 to the number of
        frames.

    Examples
    --------
    >>> running_mean([1.0, 2.0, 6.0, 7.0], window=2)
    array([1.5, 4. , 6.5])
    """
    array = _frames_of_numbers(values)
    if array.ndim == 2 and axis is None:
        raise ValueError(
            f"axis: expected the axis of time for values of shape {array.shape}, found None; give "
            f"axis=0 for (frames, dimensions) or axis=1 for (walkers, frames)"
        )
    if axis is not None and axis not in range(-array.ndim, array.ndim):
        raise ValueError(f"axis: found {axis!r} for values of shape {array.shape}; give 0 or 1")
    window = whole_number(window, "window")
    n_frames = array.shape[-1 if axis is None else axis]
    if window > n_frames:
        raise ValueError(
            f"window: expected at most the {n_frames} frame(s) of values, found {window}; "
            f"give a shorter window or a longer trajectory"
        )
    # The frames are cut into blocks as long as the window, so that every window is the end of one
    # block and the beginning of the next. The time does not grow with the window, and no rounding
    # error is carried from one block to another.
    array = np.moveaxis(array, -1 if axis is None else axis, -1)
    n_blocks = -(-n_frames // window) + 1
    blocks = np.zeros((*array.shape[:-1], n_blocks, window))
    blocks.reshape(*array.shape[:-1], -1)[..., :n_frames] = array
    ends = np.cumsum(blocks[..., ::-1], axis=-1)[..., ::-1]
    beginnings = np.zeros_like(blocks)
    np.cumsum(blocks[..., :-1], axis=-1, out=beginnings[..., 1:])
    sums = ends[..., :-1, :] + beginnings[..., 1:, :]
    means = sums.reshape(*array.shape[:-1], -1)[..., : n_frames - window + 1] / window
    return np.moveaxis(means, -1, -1 if axis is None else axis)


def remove_short_excursions(labels: ArrayLike, min_frames: int) -> NDArray[np.unsignedinteger]:
    """Give every short stay the label of the last long stay before it.

    A stay is a run of equal labels. Several short stays in a row all take the label of the last
    long stay before them; short stays at the beginning take the label of the first long one. The
    lengths are those before any removal: stays that become neighbours are not added. The last stay
    counts with the frames that were observed. Chains are treated separately.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    min_frames : int
        Shortest stay that is kept: the commit time, if the result is to be counted.

    Returns
    -------
    ndarray of uint8 or uint16, of the shape of ``labels``

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, or a chain has no stay that is long enough.

    Examples
    --------
    >>> remove_short_excursions([2, 0, 0, 0, 1, 2, 0, 1, 1, 1, 0], min_frames=3)
    array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1], dtype=uint8)
    """
    array = label_array(labels)
    min_frames = whole_number(min_frames, "min_frames")
    starts = stay_starts(array)
    lengths = np.diff(starts, append=array.size)
    chain = starts // array.shape[-1]
    n_chains = array.size // array.shape[-1]
    long = np.flatnonzero(lengths >= min_frames)
    first_long = np.searchsorted(chain[long], np.arange(n_chains + 1))
    without = np.flatnonzero(np.diff(first_long) == 0)
    if without.size:
        which = f"chain {without[0]}" if array.ndim == 2 else "the trajectory"
        raise ValueError(
            f"min_frames: {which} has no stay of {min_frames} frame(s), the longest lasts "
            f"{lengths[chain == without[0]].max()}; give a lower threshold or a longer trajectory"
        )
    last_long = np.zeros(starts.size, dtype=np.int64)
    last_long[long] = long
    np.maximum.accumulate(last_long, out=last_long)
    kept = np.maximum(last_long, long[first_long[:-1]][chain])
    return np.repeat(array.reshape(-1)[starts[kept]], lengths).reshape(array.shape)


def to_values(labels: ArrayLike, centres: ArrayLike) -> NDArray[np.floating]:
    """Replace each label by its centre.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    centres : array_like, shape (N,) or (N, d)
        One value per label, such as :func:`bin_centres` of the edges.

    Returns
    -------
    ndarray of float, of the shape of ``labels``, with d as the last axis if centres has it

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, or one has no centre.

    Examples
    --------
    >>> to_values([0, 1, 1], centres=[-1.5, 0.0])
    array([-1.5,  0. ,  0. ])
    """
    places = finite_array(centres, "centres", dimensions=(1, 2))
    return places[label_array(labels, n_labels=places.shape[0])]


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


def _frames_of_numbers(values: ArrayLike) -> NDArray[np.floating]:
    array = finite_array(values, "values", dimensions=(1, 2))
    if array.size == 0:
        raise ValueError(f"values: expected at least one frame, found shape {array.shape}")
    return array


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


def _refuse_outside(array: NDArray[np.floating], low: float, high: float) -> None:
    if low <= array.min() and array.max() <= high:
        return
    beyond = np.argwhere((array < low) | (array > high))
    first = tuple(int(i) for i in beyond[0])
    raise ValueError(
        f"values: {len(beyond)} of {array.size} lie outside {low} … {high}, the first at index "
        f"{first[0] if len(first) == 1 else first} with {array[first]}; widen the range, or pass "
        f'outside="clip" to put them into the first and last bin'
    )
