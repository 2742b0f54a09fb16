"""From a trajectory to labels, the characters that the network reads, and back."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.distance import cdist

from lstm_md._support.angles import (
    likely_period,
    nearest_image,
    period_array,
    warn_of_wrapping,
)
from lstm_md._support.checks import (
    as_array,
    chains_of,
    finite_array,
    is_list_of_chains,
    label_dtype,
    more_chains_than_frames,
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
    values : array_like, shape (frames,) or (walkers, frames), or list of arrays (frames,)
    start, stop : float
        Lower edge of the first bin and upper edge of the last, in the units of ``values``.
    n_labels : int
        Number of bins. The edges are ``numpy.linspace(start, stop, n_labels + 1)``.
    outside : {"error", "clip"}
        As in :func:`with_edges`.

    Returns
    -------
    ndarray of uint8 or uint16, of the shape of ``values``; a list of them for a list

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite real numbers or lie outside, are a table of more walkers than
        frames, or ``start`` is not below
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
    ndarray of uint8 or uint16, of the shape of ``values``; a list of them for a list

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite real numbers or lie outside, are a table of more walkers than
        frames, or ``edges`` do not increase.

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

    return _each_trajectory(label, values)


def nearest_state(
    values: ArrayLike, centres: ArrayLike, *, period: ArrayLike | None = None
) -> NDArray[np.unsignedinteger]:
    """Label each frame by the nearest of several centres.

    Parameters
    ----------
    values : array_like, shape (frames,) or (walkers, frames); (frames, d) with centres (N, d)
        Or a list of such arrays, one for each trajectory.
    centres : array_like, shape (N,) or (N, d)
        In any order, in the units of ``values``; label i stands for centre i. A frame that is
        equally far from two centres takes the first of them.
    period : float or array_like of shape (d,), optional
        The period of values on a circle: 2π for angles in radians. ``inf`` marks a dimension that
        is not periodic. A COLVAR file of PLUMED says which columns are periodic
        (:func:`lstm_md.systems.recordings.period_of`).

    Returns
    -------
    ndarray of uint8 or uint16, one label per frame; a list of them for a list

    Raises
    ------
    TypeError, ValueError
        If values or centres are not finite real numbers, a centre is given twice, or the
        dimensions differ.

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

    return _each_trajectory(label, values, table=not on_line)


def running_mean(
    values: ArrayLike, window: int, *, axis: int | None = None, period: float | None = None
) -> NDArray[np.float64]:
    """Average over a window that slides along the frames.

    Frame i of the result is the mean of frames i to i + window − 1. It stands for the time
    i + (window − 1)/2, and the result has window − 1 frames fewer than the values.

    Parameters
    ----------
    values : array_like, shape (frames,), (frames, dimensions) or (walkers, frames)
        Or a list of arrays of shape (frames,), one for each trajectory.
    window : int
        Number of frames per window.
    axis : int, optional
        The axis of time, needed if there are two: 0 for (frames, dimensions), 1 for
        (walkers, frames).
    period : float, optional
        The period of values on a circle: 2π for angles in radians. The mean is then the direction
        of the mean of unit vectors. It lies between −period/2 and period/2, or between 0 and the
        period if no value is negative.

    Returns
    -------
    ndarray of float64; a list of them for a list

    Raises
    ------
    TypeError, ValueError
        If ``values`` are not finite real numbers, ``window`` is not from 1 to the number of
        frames, or the periodic values of a window cancel, so that they have no mean.

    Warns
    -----
    UserWarning
        If no period is given, and the values seem to be angles that wrap.

    Examples
    --------
    >>> running_mean([1.0, 2.0, 6.0, 7.0], window=2)
    array([1.5, 4. , 6.5])
    >>> running_mean([175.0, -165.0], window=2, period=360).round(6)
    array([-175.])
    """
    window = whole_number(window, "window")
    periods = period_array(period)

    def mean(array: NDArray, name: str) -> NDArray[np.float64]:
        time_last = np.moveaxis(array, time := _time_axis(array, axis), -1)
        if window > time_last.shape[-1]:
            raise ValueError(
                f"window: expected at most the {time_last.shape[-1]} frame(s) of {name}, found "
                f"{window}; give a shorter window or a longer trajectory"
            )
        if periods is None:
            warn_of_wrapping(
                time_last, "give period={period}, or period=numpy.inf if they are not angles"
            )
        if periods is None or np.isinf(periods[0]):
            means = _window_sums(time_last, window) / window
        else:
            means = _mean_directions(time_last, window, periods[0], name)
        return np.moveaxis(means, -1, time)

    return _each_trajectory(mean, values, table=True)


def _time_axis(array: NDArray, axis: int | None) -> int:
    if array.ndim == 2 and axis is None:
        raise ValueError(
            f"axis: expected the axis of time for values of shape {array.shape}, found None; give "
            f"axis=0 for (frames, dimensions) or axis=1 for (walkers, frames)"
        )
    if axis is None:
        return -1
    if (
        isinstance(axis, bool)
        or not isinstance(axis, Integral)
        or not -array.ndim <= axis < array.ndim
    ):
        raise ValueError(f"axis: found {axis!r} for values of shape {array.shape}; give 0 or 1")
    return int(axis)


def _window_sums(array: NDArray, window: int) -> NDArray[np.float64]:
    """Sum over every window of successive frames along the last axis."""
    # The frames are cut into blocks as long as the window, so that every window is the end of one
    # block and the beginning of the next. The time does not grow with the window, and no rounding
    # error is carried from one block to another.
    n_frames = array.shape[-1]
    n_blocks = -(-n_frames // window) + 1
    blocks = np.zeros((*array.shape[:-1], n_blocks, window))
    blocks.reshape(*array.shape[:-1], -1)[..., :n_frames] = array
    ends = np.cumsum(blocks[..., ::-1], axis=-1)[..., ::-1]
    beginnings = np.zeros_like(blocks)
    np.cumsum(blocks[..., :-1], axis=-1, out=beginnings[..., 1:])
    sums = ends[..., :-1, :] + beginnings[..., 1:, :]
    return sums.reshape(*array.shape[:-1], -1)[..., : n_frames - window + 1]


def _mean_directions(array: NDArray, window: int, period: float, name: str) -> NDArray[np.float64]:
    angles = array.astype(np.float64) * (2 * np.pi / period)
    x, y = _window_sums(np.cos(angles), window), _window_sums(np.sin(angles), window)
    cancelled = np.argwhere(np.hypot(x, y) < 1e-9 * window)
    if len(cancelled):
        raise ValueError(
            f"{name}: the {window} values from frame {cancelled[0][-1]} on point in "
            f"opposite directions, so they have no mean; give another window"
        )
    means = np.arctan2(y, x) * (period / (2 * np.pi))
    return np.where(means < 0, means + period, means) if array.min() >= 0 else means


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


def remove_short_excursions(labels: ArrayLike, min_frames: int) -> NDArray[np.unsignedinteger]:
    """Give every short stay the label of the last long stay before it.

    A stay is a run of equal labels. Several short stays in a row all take the label of the last
    long stay before them; short stays at the beginning take the label of the first long one. The
    lengths are those before any removal: stays that become neighbours are not added. The last stay
    counts with the frames that were observed. Chains are treated separately.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
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
    chains = chains_of(labels)
    min_frames = whole_number(min_frames, "min_frames")
    starts = stay_starts(chains)
    lengths = np.diff(starts, append=chains.flat.size)
    chain = np.searchsorted(chains.starts, starts, side="right") - 1
    long = np.flatnonzero(lengths >= min_frames)
    first_long = np.searchsorted(chain[long], np.arange(len(chains) + 1))
    without = np.flatnonzero(np.diff(first_long) == 0)
    if without.size:
        which = f"chain {without[0]}" if len(chains) > 1 else "the trajectory"
        raise ValueError(
            f"min_frames: {which} has no stay of {min_frames} frame(s), the longest lasts "
            f"{lengths[chain == without[0]].max()}; give a lower threshold or a longer trajectory"
        )
    last_long = np.zeros(starts.size, dtype=np.int64)
    last_long[long] = long
    np.maximum.accumulate(last_long, out=last_long)
    kept = np.maximum(last_long, long[first_long[:-1]][chain])
    return chains.like_given(np.repeat(chains.flat[starts[kept]], lengths))


def cut_at_gaps(
    trajectory: ArrayLike | Sequence[ArrayLike], *, unassigned: int = -1, min_frames: int = 1
) -> list[NDArray]:
    """Cut a trajectory where frames are missing or belong to no state.

    A gap is a frame that is NaN or masked, or, in labels, a frame whose label is ``unassigned``.
    The frames of a gap are left out. The pieces are chains: pass the list on as it is, and nothing
    will be counted or learned across a gap.

    Parameters
    ----------
    trajectory : array_like, shape (frames,), or list of such arrays
        Integers are labels. Floats are values, of which -1.0 is an ordinary one.
    unassigned : int
        The label of frames that belong to no state; -1 in most programs.
    min_frames : int
        Shorter pieces are left out. A training needs pieces of ``sequence_length`` + 1 frames.

    Returns
    -------
    list of ndarray, each of shape (frames,)
        In the order of the frames.

    Raises
    ------
    TypeError, ValueError
        If these are not numbers, there is more than one axis, or no piece is long enough.

    Examples
    --------
    >>> cut_at_gaps([0, 0, -1, 1, 1, 1])
    [array([0, 0]), array([1, 1, 1])]
    """
    min_frames = whole_number(min_frames, "min_frames")
    unassigned = whole_number(unassigned, "unassigned", minimum=np.iinfo(np.int64).min)
    several = is_list_of_chains(trajectory)
    pieces: list[NDArray] = []
    for k, one in enumerate(trajectory if several else [trajectory]):  # type: ignore[arg-type]
        name = f"trajectory[{k}]" if several else "trajectory"
        mask = np.ma.getmaskarray(one) if isinstance(one, np.ma.MaskedArray) else False
        array = as_array(one.data if isinstance(one, np.ma.MaskedArray) else one, name)
        if array.dtype.kind not in "fiu" or array.ndim != 1:
            raise ValueError(
                f"{name}: expected numbers of shape (frames,), found dtype {array.dtype} and "
                f"shape {array.shape}; give one trajectory, or a list of them"
            )
        gap = mask | (np.isnan(array) if array.dtype.kind == "f" else array == unassigned)
        ends = np.flatnonzero(np.diff(np.concatenate([[True], gap, [True]]).astype(np.int8)))
        pieces += [array[first:last] for first, last in ends.reshape(-1, 2)]
    kept = [piece for piece in pieces if len(piece) >= min_frames]
    if not kept:
        longest = max(map(len, pieces), default=0)
        raise ValueError(
            f"min_frames: found {min_frames}, but the longest piece between two gaps has {longest} "
            f"frame(s); give a smaller number or another trajectory"
        )
    return kept


def to_values(labels: ArrayLike, centres: ArrayLike) -> NDArray[np.floating]:
    """Replace each label by its centre.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
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


def _each_trajectory(
    function: Callable[[NDArray, str], Any], values: ArrayLike, *, table: bool = False
) -> Any:
    """Apply a function to an array of values, or to each array of a list.

    Two axes are (walkers, frames), or (frames, dimensions) if ``table`` allows it.
    """
    if is_list_of_chains(values):
        named = {f"values[{k}]": one for k, one in enumerate(values)}  # type: ignore[arg-type]
        axes = (1, 2) if table else (1,)
        return [function(_frames(one, name, table, axes), name) for name, one in named.items()]
    return function(_frames(values, "values", table, (1, 2)), "values")


def _frames(
    values: ArrayLike, name: str, table: bool, dimensions: tuple[int, ...]
) -> NDArray[np.floating]:
    array = finite_array(values, name, dimensions=dimensions)
    if array.size == 0:
        raise ValueError(f"{name}: expected at least one frame, found shape {array.shape}")
    if array.ndim == 2 and not table and array.shape[0] > array.shape[1]:
        raise ValueError(more_chains_than_frames(array.shape, name))
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
