"""Value ± error: over segments, over independent trainings, by block bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, whole_number

Statistic = Callable[[NDArray[np.unsignedinteger]], ArrayLike]


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value with its standard error: two numbers, or two arrays of one shape.

    Parameters
    ----------
    value, error : float or array_like
        The error is one standard error, not negative; nan where it is not known.
    n : int, optional
        How many independent values it is the mean of; with few, intervals must be wider.

    Examples
    --------
    >>> print(Estimate(0.3333, 0.0211))
    0.333 ± 0.021
    >>> f"{Estimate(0.3333, 0.0211):.1f}"
    '0.3 ± 0.0'
    """

    # Any: a union of float and array would ask each user to check which of them it is.
    value: Any
    error: Any
    n: int | None = None

    def __post_init__(self) -> None:
        value, error = (np.asarray(given, dtype=np.float64) for given in (self.value, self.error))
        if value.shape != error.shape:
            raise ValueError(
                f"error: expected the shape of value, {value.shape}, found {error.shape}; "
                f"give one error for each value"
            )
        if (error < 0).any():
            raise ValueError(
                f"error: expected none below 0, found {np.nanmin(error)}; give its magnitude"
            )
        for name, array in (("value", value), ("error", error)):
            object.__setattr__(self, name, array if array.ndim else float(array))

    def __str__(self) -> str:
        return format(self, "")

    def __format__(self, spec: str) -> str:
        """Value and error with the digits of ``spec``; if empty, two digits of the error."""
        if np.ndim(self.value) == 0:
            return _with_error(float(self.value), float(self.error), spec)
        parts = (Estimate(v, e) for v, e in zip(self.value, self.error, strict=True))
        return "[" + ", ".join(format(part, spec) for part in parts) + "]"

    def deviation_from(self, other: Estimate | ArrayLike) -> Any:
        """The difference from another estimate, or a number, in combined standard errors.

        Positive where this value is the larger; 0 where the values are the same.
        """
        if isinstance(other, Estimate):
            theirs = other
        else:
            theirs = Estimate(other, np.zeros(np.shape(other)))
        difference = np.subtract(self.value, theirs.value)
        error = np.hypot(self.error, theirs.error)
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(difference == 0, 0.0, difference / error)
        return z if z.ndim else float(z)


def segments(labels: ArrayLike, n_segments: int) -> NDArray[np.unsignedinteger]:
    """Cut each chain into segments of equal length, in order.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    n_segments : int
        Segments a chain; frames that are left over at a chain's end are dropped.

    Returns
    -------
    ndarray of uint8 or uint16, shape (chains × n_segments, frames // n_segments)
        A view where the memory's layout allows one.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, or a chain has fewer frames than segments.

    Examples
    --------
    >>> segments([0, 1, 2, 3, 4], n_segments=2)
    array([[0, 1],
           [2, 3]], dtype=uint8)
    """
    chains = np.atleast_2d(label_array(labels))
    n_segments = whole_number(n_segments, "n_segments")
    frames = chains.shape[1] // n_segments
    if frames == 0:
        raise ValueError(
            f"n_segments: found {n_segments} for {chains.shape[1]} frame(s) a chain; "
            f"give fewer segments or longer chains"
        )
    return chains[:, : n_segments * frames].reshape(-1, frames)


def by_segments(statistic: Statistic, labels: ArrayLike, n_segments: int) -> Estimate:
    """Mean and standard error of a statistic over segments of the chains (Figs 3 and 4).

    Parameters
    ----------
    statistic : callable
        Takes labels (frames,) and returns a number or an array, of one shape for all segments
        (name ``n_labels`` where it has such an argument: a segment may lack the last label).
    labels : array_like of int, shape (frames,) or (chains, frames)
    n_segments : int
        Segments a chain, each long beside the slowest time of interest; 2 or more in all.

    Returns
    -------
    Estimate
        The mean over the n = chains × n_segments segments and sd/√n; nan where the statistic is
        not finite in each segment.

    Raises
    ------
    TypeError, ValueError
        As :func:`segments`, or if there is only one segment.

    Examples
    --------
    >>> print(by_segments(lambda labels: labels.mean(), [0, 1, 1, 1], n_segments=2))
    0.75 ± 0.25
    """
    pieces = segments(labels, n_segments)
    if pieces.shape[0] < 2:
        raise ValueError(
            "n_segments: expected at least 2 segments in all, found 1; one has no spread"
        )
    return _mean_and_error([statistic(piece) for piece in pieces], "statistic")


def over_trainings(values: ArrayLike, axis: int = 0) -> Estimate:
    """Mean and standard error over independent trainings, or any other independent values.

    Parameters
    ----------
    values : array_like
        One value, or one array of values, a training; at least 2 trainings.
    axis : int
        The axis of the trainings.

    Returns
    -------
    Estimate
        The mean and sd/√n, without the axis; nan where a value is nan.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than 2 trainings, the arrays differ in shape, or there is no such axis.

    Examples
    --------
    >>> print(over_trainings([0.31, 0.33, 0.35]))
    0.330 ± 0.012
    """
    return _mean_and_error(values, "values", axis)


def block_bootstrap(
    statistic: Statistic,
    labels: ArrayLike,
    block_frames: int,
    *,
    n_replicas: int = 200,
    seed: int = 0,
) -> Estimate:
    """Standard error of a statistic by the circular block bootstrap.

    Each replica is made of as many blocks of neighbouring frames as the labels hold, drawn with
    replacement from all places in all chains; a block that reaches a chain's end goes on at the
    same chain's beginning. The statistic gets the blocks as chains (blocks, block_frames), so
    that it sees no transition where two blocks would meet.

    Parameters
    ----------
    statistic : callable
        Takes labels (chains, frames) and returns a number or an array of one shape.
    labels : array_like of int, shape (frames,) or (chains, frames)
    block_frames : int
        Long beside the slowest time of interest (the error is too small by about that time over
        the length of a block), with at least 2 blocks, better 20 or more.
    n_replicas : int
        At least 2; 200 give the error to 5 %.
    seed : int

    Returns
    -------
    Estimate
        The statistic of the labels as they are, and the standard deviation over the replicas,
        times √(k/(k − 1)) for k blocks, which is what the variance of a few blocks lacks.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, or they hold fewer than 2 blocks.
    """
    array = label_array(labels)
    chains = np.atleast_2d(array)
    n_chains, frames = chains.shape
    block_frames = whole_number(block_frames, "block_frames")
    n_replicas = whole_number(n_replicas, "n_replicas", minimum=2)
    generator = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    n_blocks = n_chains * frames // block_frames
    if block_frames > frames or n_blocks < 2:
        raise ValueError(
            f"block_frames: found {block_frames} for labels of shape {array.shape}, which must "
            f"hold 2 blocks or more, none longer than a chain; give shorter blocks"
        )
    circle = np.concatenate([chains, chains[:, : block_frames - 1]], axis=1)
    blocks = sliding_window_view(circle, block_frames, axis=1)
    drawn = []
    for _ in range(n_replicas):
        chain, first = generator.integers([n_chains, frames], size=(n_blocks, 2)).T
        drawn.append(statistic(blocks[chain, first]))
    spread = np.std(np.asarray(drawn, dtype=np.float64), axis=0, ddof=1)
    error = spread * np.sqrt(n_blocks / (n_blocks - 1))
    return Estimate(statistic(array), error, n_blocks)


def _mean_and_error(values: object, name: str, axis: int = 0) -> Estimate:
    try:
        array = np.asarray(values, dtype=np.float64)
    except ValueError as error:
        raise ValueError(
            f"{name}: expected values of one shape; where labels are counted, give n_labels"
        ) from error
    if array.ndim == 0 or not -array.ndim <= axis < array.ndim:
        raise ValueError(f"axis: found {axis} for {name} of shape {array.shape}; give one it has")
    n = array.shape[axis]
    if n < 2:
        raise ValueError(f"{name}: expected at least 2 along axis {axis}, found {n}; give more")
    with np.errstate(invalid="ignore"):  # free energies may be infinite
        return Estimate(array.mean(axis), array.std(axis, ddof=1) / np.sqrt(n), n)


def _with_error(value: float, error: float, spec: str) -> str:
    if spec:
        return f"{value:{spec}} ± {error:{spec}}"
    if not (np.isfinite(value) and np.isfinite(error)) or error == 0:
        return f"{value:.6g} ± {error:.2g}"
    decimals = 1 - int(f"{error:.1e}".split("e")[1])
    if decimals > 8:
        return f"{value:.6g} ± {error:.1e}"
    digits = f".{max(decimals, 0)}f"
    return f"{round(value, decimals):{digits}} ± {round(error, decimals):{digits}}"
