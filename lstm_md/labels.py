"""From a trajectory to the characters of its text, and back."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import (
    finite_array,
    label_array,
    label_dtype,
    real_number,
    whole_number,
)
from lstm_md._support.stays import stay_starts

Outside = Literal["error", "clip"]
BLOCK_FRAMES = 1 << 18  # distances to the centres stay in the processor's cache


def equal_width(
    values: ArrayLike, start: float, stop: float, *, n_labels: int, outside: Outside = "error"
) -> NDArray[np.unsignedinteger]:
    """Label values by bins of equal width.

    Parameters
    ----------
    values : array_like, shape (frames,) or (walkers, frames)
    start, stop : float
        Lower end of the first bin and upper end of the last, in the units of ``values``.
    n_labels : int
        Number of bins; label i covers [start + i w, start + (i+1) w), w = (stop − start)/n_labels,
        and the last one its upper end as well.
    outside : {"error", "clip"}
        What to do with a value beyond the ends: refuse it, or give it the nearest end's label.

    Returns
    -------
    ndarray of uint8 or uint16, of the shape of ``values``

    Raises
    ------
    TypeError, ValueError
        If ``values`` is not finite and real, lies outside, or ``start`` is not below ``stop``.

    Examples
    --------
    >>> equal_width([-1.0, -0.95, 0.0, 1.0], start=-1, stop=1, n_labels=20)
    array([ 0,  0, 10, 19], dtype=uint8)
    """
    start, stop = real_number(start, "start"), real_number(stop, "stop")
    n_labels = whole_number(n_labels, "n_labels")
    label_dtype(n_labels)
    if not start < stop:
        raise ValueError(f"stop: expected more than start = {start}, found {stop}; exchange them")
    return with_edges(values, np.linspace(start, stop, n_labels + 1), outside=outside)


def with_edges(
    values: ArrayLike, edges: ArrayLike, *, outside: Outside = "error"
) -> NDArray[np.unsignedinteger]:
    """Label values by bins with the edges given.

    Parameters
    ----------
    values : array_like, shape (frames,) or (walkers, frames)
    edges : array_like, shape (N + 1,)
        Strictly increasing, in the units of ``values``. Label i covers [edges[i], edges[i+1]),
        and the last one its upper edge as well (as in ``numpy.histogram``).
    outside : {"error", "clip"}
        What to do with a value beyond the edges: refuse it, or give it the nearest end's label.

    Returns
    -------
    ndarray of uint8 or uint16, of the shape of ``values``

    Raises
    ------
    TypeError, ValueError
        If ``values`` is not finite and real or lies outside, or ``edges`` does not increase.

    Examples
    --------
    >>> with_edges([0.0, 0.5, 2.0, 3.0], edges=[0, 1, 3])
    array([0, 0, 1, 1], dtype=uint8)
    """
    array = _frames_of_numbers(values)
    edges = _increasing(edges)
    if outside not in ("error", "clip"):
        raise ValueError(f"outside: expected 'error' or 'clip', found {outside!r}; give either")
    n_labels = edges.size - 1
    if outside == "error":
        _refuse_outside(array, edges[0], edges[-1])
    # The inner edges alone: what lies beyond an end falls into that end's bin.
    found = np.searchsorted(edges[1:-1], array, side="right")
    return found.astype(label_dtype(n_labels))


def nearest_state(values: ArrayLike, centres: ArrayLike) -> NDArray[np.unsignedinteger]:
    """Label each frame by the centre it is nearest to.

    Parameters
    ----------
    values : array_like, shape (frames,) or (walkers, frames); (frames, d) with centres (N, d)
    centres : array_like, shape (N,) or (N, d)
        In any order and in the units of ``values``; label i is centre i. A frame that is equally
        far from two centres takes the one given first.

    Returns
    -------
    ndarray of uint8 or uint16, one label a frame

    Raises
    ------
    TypeError, ValueError
        If either is not finite and real, a centre is given twice, or the dimensions differ.

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
            f"centres (N,) for numbers, or (N, d) for values of shape (frames, d)"
        )
    if np.unique(places, axis=0).shape[0] < places.shape[0]:
        raise ValueError(
            f"centres: found a centre twice in {np.asarray(centres).tolist()}; "
            f"give each one once, or two labels would mean the same"
        )
    labels = np.empty(points.shape[0], dtype=label_dtype(places.shape[0]))
    for first in range(0, labels.size, BLOCK_FRAMES):
        block = slice(first, first + BLOCK_FRAMES)
        labels[block] = _nearest(points[block].astype(np.float64), places)
    return labels.reshape(shape)


def running_mean(values: ArrayLike, window: int, *, axis: int | None = None) -> NDArray[np.float64]:
    """Mean over a window that slides along the frames, only where the window is full.

    Frame i of the result is the mean of frames i … i + window − 1, so that the result has
    window − 1 frames less ('valid') and frame i stands for the time i + (window − 1)/2.

    Parameters
    ----------
    values : array_like, shape (frames,), (frames, dimensions) or (walkers, frames)
    window : int
        In frames; at most the number of frames.
    axis : int, optional
        Which axis is time; needed with two axes only: 0 for (frames, dimensions), 1 for
        (walkers, frames).

    Returns
    -------
    ndarray of float64

    Raises
    ------
    TypeError, ValueError
        If ``values`` is not finite and real, or ``window`` is not from 1 to the number of frames.

    Notes
    -----
    A window is the end of one block of ``window`` frames and the beginning of the next. Sums from
    either side of every block give all windows in O(frames), with no rounding error carried on
    from block to block as one cumulative sum over the trajectory would.

    Examples
    --------
    >>> running_mean([1.0, 2.0, 6.0, 7.0], window=2)
    array([1.5, 4. , 6.5])
    """
    array = _frames_of_numbers(values)
    if array.ndim == 2 and axis is None:
        raise ValueError(
            f"axis: which axis of values of shape {array.shape} is time? give axis=0 for "
            f"(frames, dimensions) or axis=1 for (walkers, frames)"
        )
    if axis is not None and axis not in range(-array.ndim, array.ndim):
        raise ValueError(f"axis: found {axis!r} for values of shape {array.shape}; give 0 or 1")
    array = np.moveaxis(array, -1 if axis is None else axis, -1)
    frames = array.shape[-1]
    window = whole_number(window, "window")
    if window > frames:
        raise ValueError(
            f"window: expected at most the {frames} frame(s) given, found {window}; "
            f"give a shorter window or a longer trajectory"
        )
    n_blocks = -(-frames // window) + 1
    padded = np.zeros((*array.shape[:-1], n_blocks * window))
    padded[..., :frames] = array
    blocks = padded.reshape(*array.shape[:-1], n_blocks, window)
    from_here_on = np.cumsum(blocks[..., ::-1], axis=-1)[..., ::-1]
    before_here = np.zeros_like(blocks)
    np.cumsum(blocks[..., :-1], axis=-1, out=before_here[..., 1:])
    sums = from_here_on[..., :-1, :] + before_here[..., 1:, :]
    means = sums.reshape(*array.shape[:-1], -1)[..., : frames - window + 1] / window
    return np.moveaxis(means, -1, -1 if axis is None else axis)


def remove_short_excursions(labels: ArrayLike, min_frames: int) -> NDArray[np.unsignedinteger]:
    """Give every stay shorter than a threshold the label of the last long stay before it.

    Stays are the runs of equal labels as they stand in ``labels``: what one removal brings
    together is not counted anew. A row of short stays all takes the label of the last long one
    before the row; short stays before the first long one take that first long one's label; the
    last stay is judged by the frames that are there. Chains are treated one by one.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    min_frames : int
        A stay of at least so many frames is kept.

    Returns
    -------
    ndarray of uint8 or uint16, of the shape of ``labels``

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, or a chain has no stay that is long enough.

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
        where = f"chain {without[0]} has" if array.ndim == 2 else "there is"
        raise ValueError(
            f"min_frames: {where} no stay of {min_frames} frame(s), the longest lasts "
            f"{lengths[chain == without[0]].max()}; give a lower threshold or a longer trajectory"
        )
    last_long = np.zeros(starts.size, dtype=np.int64)
    last_long[long] = long
    np.maximum.accumulate(last_long, out=last_long)
    kept = np.maximum(last_long, long[first_long[:-1]][chain])
    return np.repeat(array.reshape(-1)[starts[kept]], lengths).reshape(array.shape)


def to_values(labels: ArrayLike, centres: ArrayLike) -> NDArray[np.floating]:
    """The centre of each frame's label: from characters back to a trajectory.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    centres : array_like, shape (N,) or (N, d)
        The value that stands for each label, such as :func:`bin_centres` of the edges.

    Returns
    -------
    ndarray of float, of the shape of ``labels``, and d at the end if the centres have it

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, or one has no centre.

    Examples
    --------
    >>> to_values([0, 1, 1], centres=[-1.5, 0.0])
    array([-1.5,  0. ,  0. ])
    """
    places = finite_array(centres, "centres", dimensions=(1, 2))
    return places[label_array(labels, n_labels=places.shape[0])]


def bin_centres(edges: ArrayLike) -> NDArray[np.float64]:
    """The middle of each bin.

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
            f"edges: expected at least 2, the ends of one bin, found {array.size}; give more"
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
        f'outside="clip" to count them to the end bins'
    )


def _nearest(points: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.intp]:
    # Column by column: with a handful of centres this beats one (frames, N, d) array.
    labels = np.zeros(points.shape[0], dtype=np.intp)
    least = np.full(points.shape[0], np.inf)
    for label, place in enumerate(places):
        distance = np.abs(points[:, 0] - place[0])
        for column in range(1, place.size):
            distance = np.hypot(distance, points[:, column] - place[column])
        closer = distance < least
        labels[closer] = label
        least[closer] = distance[closer]
    return labels
