"""Standard errors: over segments, over independent trainings, by the block bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import Chains, chains_of, number_array, rows_are_chains, whole_number
from lstm_md._support.processes import check_memory

Statistic = Callable[[Any], ArrayLike]


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value with its standard error: two numbers, or two arrays of one shape.

    Parameters
    ----------
    value, error : float or array_like
        ``error`` is one standard error, not negative, and NaN if it is not known.
    n : int, optional
        The number of independent values whose mean this is.

    Examples
    --------
    >>> print(Estimate(0.3333, 0.0211))
    0.333 ± 0.021
    >>> f"{Estimate(0.3333, 0.0211):.1f}"
    '0.3 ± 0.0'
    """

    # Any, because with a union of float and array every caller would have to check the type.
    value: Any
    error: Any
    n: int | None = None

    def __post_init__(self) -> None:
        value, error = (
            number_array(getattr(self, name), name).astype(np.float64)
            for name in ("value", "error")
        )
        if value.shape != error.shape:
            found = f"found shape {error.shape} for values of shape {value.shape}"
            raise ValueError(f"error: {found}; give one error for each value")
        if (error < 0).any():
            raise ValueError(f"error: found {np.nanmin(error)}, below 0; give its magnitude")
        object.__setattr__(self, "value", value if value.ndim else float(value))
        object.__setattr__(self, "error", error if error.ndim else float(error))

    def __str__(self) -> str:
        return format(self, "")

    def __format__(self, spec: str) -> str:
        """Write value and error in the format ``spec``; if it is empty, with 2 digits of error."""
        if np.ndim(self.value) == 0:
            return _with_error(float(self.value), float(self.error), spec)
        each = (Estimate(v, e) for v, e in zip(self.value, self.error, strict=True))
        return "[" + ", ".join(format(one, spec) for one in each) + "]"

    def deviation_from(self, other: Estimate | ArrayLike) -> Any:
        """Return the difference from an estimate or a number, in combined standard errors.

        It is positive if this value is larger, and 0 if both values are the same.
        """
        if not isinstance(other, Estimate):
            number = number_array(other, "other")
            other = Estimate(number, np.zeros(number.shape))
        try:
            np.broadcast_shapes(np.shape(self.value), np.shape(other.value))
        except ValueError:
            raise ValueError(
                f"other: expected shape {np.shape(self.value)}, found {np.shape(other.value)}; "
                f"compare values of one shape"
            ) from None
        error = np.hypot(self.error, other.error)
        with np.errstate(divide="ignore", invalid="ignore"):
            difference = np.subtract(self.value, other.value)
            z = np.where(difference == 0, 0.0, difference / error)
        return z if z.ndim else float(z)


def segments(
    labels: ArrayLike | Sequence[ArrayLike], n_segments: int
) -> NDArray[np.unsignedinteger]:
    """Cut each chain into segments of equal length, in order.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    n_segments : int
        Segments of the shortest chain; longer chains give more, of the same length. The frames
        that remain at the end of a chain are dropped.

    Returns
    -------
    ndarray of uint8 or uint16, shape (segments of all chains, frames of a segment)
        A segment has as many frames as the shortest chain has, divided by ``n_segments``.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, or a chain has fewer frames than segments.

    Examples
    --------
    >>> segments([0, 1, 2, 3, 4], n_segments=2)
    array([[0, 1],
           [2, 3]], dtype=uint8)
    """
    return _cut(chains_of(labels), whole_number(n_segments, "n_segments"))


def by_segments(
    statistic: Statistic, labels: ArrayLike | Sequence[ArrayLike], n_segments: int
) -> Estimate:
    """Estimate a statistic by its mean over segments of the chains (Figs 3 and 4).

    Parameters
    ----------
    statistic : callable
        Takes labels (frames,) and returns a number or an array, of one shape for all segments. A
        segment may lack the last label, so pass ``n_labels`` if labels are counted.
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    n_segments : int
        Segments of the shortest chain, as in :func:`segments`. Each must be much longer than the
        slowest time of interest; 2 or more in all.

    Returns
    -------
    Estimate
        The mean over all n segments, and sd/√n, which is NaN if a segment has an infinite value.

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
    if len(pieces) < 2:
        raise ValueError(
            "n_segments: expected at least 2 segments in all, found 1; one has no spread, give more"
        )
    return _mean_and_error([statistic(piece) for piece in pieces], "statistic")


def _cut(chains: Chains, n_segments: int) -> NDArray[np.unsignedinteger]:
    shortest = int(chains.lengths.min())
    frames = shortest // n_segments
    if frames == 0:
        raise ValueError(
            f"n_segments: found {n_segments} for {shortest} frame(s) per chain; "
            f"give fewer segments or longer chains"
        )
    if chains.rows is not None:
        return chains.rows[:, : n_segments * frames].reshape(-1, frames)
    return np.concatenate([c[: c.size // frames * frames].reshape(-1, frames) for c in chains])


def over_trainings(values: ArrayLike) -> Estimate:
    """Estimate a value by its mean over trainings, or over any other independent repetitions.

    Parameters
    ----------
    values : array_like, shape (trainings, ...)
        One value, or one array of values, per training; at least 2 trainings.

    Returns
    -------
    Estimate
        The mean over n trainings and sd/√n; NaN if a value is NaN.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than 2 trainings, or the arrays differ in shape.

    Examples
    --------
    >>> print(over_trainings([0.31, 0.33, 0.35]))
    0.330 ± 0.012
    """
    return _mean_and_error(values, "values")


def block_bootstrap(
    statistic: Statistic,
    labels: ArrayLike,
    block_frames: int,
    *,
    n_replicas: int = 200,
    seed: int = 0,
) -> Estimate:
    """Estimate the standard error of a statistic by the circular block bootstrap.

    A replica has as many blocks of successive frames as the labels have room for, drawn with
    replacement from all positions in all chains. A block continues from the end of a chain to its
    beginning. The statistic gets the blocks as chains, so it counts no transition between blocks.

    Parameters
    ----------
    statistic : callable
        Takes labels (blocks, block_frames) and returns a number or an array of one shape. It is
        also called with the labels as they were given.
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    block_frames : int
        Length of a block, in frames. It must be much longer than the slowest time of interest, or
        the error is too small. The labels must have room for 2 blocks, better for 20 or more.
    n_replicas : int
        At least 2; 200 give the error to 5 %.
    seed : int
        The same seed gives the same error.

    Returns
    -------
    Estimate
        The statistic of the labels themselves. Its error is the standard deviation over the
        replicas times √(k/(k − 1)), which corrects for the small number k of blocks.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, or have room for fewer than 2 blocks.
    """
    chains = chains_of(labels)
    shortest, total = int(chains.lengths.min()), chains.flat.size
    block_frames = whole_number(block_frames, "block_frames")
    n_replicas = whole_number(n_replicas, "n_replicas", minimum=2)
    generator = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    n_blocks = total // block_frames
    check_memory(8 * n_replicas, "n_replicas", "give fewer")
    if block_frames > shortest or n_blocks < 2:
        raise ValueError(
            f"block_frames: found {block_frames} for {len(chains)} chain(s) of {shortest} or more "
            f"frames, which must hold 2 blocks or more, none longer than a chain; give shorter "
            f"blocks"
        )
    # Each chain is followed by its own beginning, so that a block never reaches the next chain.
    circles = [np.concatenate([chain, chain[: block_frames - 1]]) for chain in chains]
    blocks = sliding_window_view(np.concatenate(circles), block_frames)
    circle_starts = chains.starts[:-1] + np.arange(len(chains)) * (block_frames - 1)
    replicas = []
    with rows_are_chains():
        for _ in range(n_replicas):
            if chains.rows is not None:
                chain, first = generator.integers([len(chains), shortest], size=(n_blocks, 2)).T
            else:
                place = generator.integers(total, size=n_blocks)
                chain = np.searchsorted(chains.starts, place, side="right") - 1
                first = place - chains.starts[chain]
            replicas.append(statistic(blocks[circle_starts[chain] + first]))
    spread = np.std(np.asarray(replicas, dtype=np.float64), axis=0, ddof=1)
    value = statistic(chains.flat.reshape(chains.shape) if chains.shape else list(chains))
    return Estimate(value, spread * np.sqrt(n_blocks / (n_blocks - 1)), n_blocks)


def _mean_and_error(values: object, name: str) -> Estimate:
    try:
        array = np.atleast_1d(number_array(values, name)).astype(np.float64)
    except ValueError as error:
        raise ValueError(
            f"{name}: expected values of one shape; if labels are counted, give n_labels"
        ) from error
    n = len(array)
    if n < 2:
        raise ValueError(f"{name}: expected at least 2, found {n}; give more")
    with np.errstate(invalid="ignore"):  # free energies may be infinite
        return Estimate(array.mean(axis=0), array.std(axis=0, ddof=1) / np.sqrt(n), n)


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
