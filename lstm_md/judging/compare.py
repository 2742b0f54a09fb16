"""Compare a model with its data: the same statistic of both, in segments of equal length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import as_array, chains_of, listed, whole_number
from lstm_md._support.processes import check_memory
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings

Labels = NDArray[np.unsignedinteger]
Statistic = Callable[[Labels], Any]


class Simulator(Protocol):
    """A model that generates labels, such as a Markov model."""

    def simulate(self, n_frames: int, *, seed: int = 0) -> Labels:
        """Generate labels of shape (n_frames,)."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """A statistic of a model and of its data.

    Attributes
    ----------
    model, data : Estimate
        Means over segments of equal length. The standard error of the data comes from the scatter
        between its segments. That of the model comes from the scatter between its trajectories,
        or between the segments if there is only one trajectory.
    """

    model: Estimate
    data: Estimate

    @property
    def deviation(self) -> Any:
        """Model minus data, in combined standard errors."""
        return self.model.deviation_from(self.data)

    def __str__(self) -> str:
        z = np.abs(np.ravel(self.deviation))
        z = z[np.isfinite(z)]
        largest = f"{z.max():.1f} SE" if z.size else "unknown"
        return f"model {self.model}, data {self.data}; largest deviation {largest}"


def compare(
    model: Simulator | ArrayLike | Sequence[ArrayLike],
    data: ArrayLike,
    statistic: Statistic,
    *,
    n_segments: int = 20,
    n_trajectories: int = 5,
    seed: int = 0,
) -> Comparison:
    """Compare a statistic of a model with that of its data.

    Parameters
    ----------
    model : model, or labels
        A model with ``simulate(n_frames, seed=)``, such as
        :func:`lstm_md.analysis.markov.fit_markov_chain` returns. Or generated labels: an array
        (frames,) or (trajectories, frames), or a sequence of such trajectories, which may differ
        in length.
    data : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    statistic : callable
        Takes labels (frames,) and returns a number or an array. A segment may lack the last label,
        so pass ``n_labels`` if labels are counted.
    n_segments : int
        Number of segments into which the shortest chain of the data is cut (at least 2). Longer
        chains, and generated labels, are cut into segments of the same length.
    n_trajectories : int
        The number of trajectories that a model simulates, each as long as the longest chain of
        the data. Not used if you give labels.
    seed : int
        The seed of the first simulated trajectory. Each further one has the next seed. Not used
        if you give labels.

    Returns
    -------
    Comparison

    Raises
    ------
    TypeError, ValueError
        If the labels are not labels, a generated trajectory is shorter than two segments, the
        statistic has another shape for the model than for the data, or one step of the model is
        not one frame.

    Examples
    --------
    >>> from lstm_md.analysis.markov import fit_markov_chain
    >>> data = fit_markov_chain([0, 0, 1, 1] * 9).simulate(10_000, seed=1)
    >>> found = compare(fit_markov_chain(data), data, lambda labels: labels.mean())
    >>> abs(found.deviation) < 3
    True
    """
    chains = chains_of(data, "data")
    n_segments = whole_number(n_segments, "n_segments", minimum=2)
    n_frames = int(chains.lengths.max())
    reference = by_segments(statistic, list(chains), n_segments)
    segment_frames = int(chains.lengths.min()) // n_segments
    seed = whole_number(seed, "seed", minimum=0)
    n_trajectories = whole_number(n_trajectories, "n_trajectories")
    check_memory(2 * n_trajectories * n_frames, "n_trajectories", "give fewer")
    simulate = getattr(model, "simulate", None)
    if simulate is None:
        trajectories = _trajectories(model, 2 * segment_frames)
    elif (lag := getattr(model, "lag_frames", 1)) != 1:
        raise ValueError(
            f"model: expected one frame per step, found {lag} frames; pass what the model "
            f"simulates, and every {lag}th frame of the data"
        )
    else:
        trajectories = [simulate(n_frames, seed=seed + k) for k in range(n_trajectories)]
    found = mean_over(statistic, trajectories, segment_frames)
    if np.shape(found.value) != np.shape(reference.value):
        raise ValueError(
            f"statistic: expected one shape, found {np.shape(found.value)} for the model and "
            f"{np.shape(reference.value)} for the data; if labels are counted, give n_labels"
        )
    return Comparison(found, reference)


def mean_over(
    statistic: Statistic,
    trajectories: Sequence[ArrayLike],
    segment_frames: int,
    *,
    larger_error: bool = False,
) -> Estimate:
    """Estimate the mean of a statistic over segments of one length.

    Parameters
    ----------
    statistic : callable
    trajectories : sequence of array_like of int, each (frames,) or (chains, frames)
        Each element belongs to one training. An element may also be a list of chains. Frames
        that remain after the last segment of a chain are not used.
    segment_frames : int
        Frames per segment, at least 2. If a chain is shorter than two segments, it is cut in two
        halves, which are then shorter than ``segment_frames``. The other chains of its training
        are cut into segments of the same length.
    larger_error : bool
        True: if the error within the trajectories is larger, use it. False: always use the error
        between the trajectories. A single trajectory has only the error within it.

    Returns
    -------
    Estimate
        For one trajectory, the standard error comes from the scatter between its segments. For
        several, it comes from the scatter between the means of the trajectories.

    Raises
    ------
    TypeError, ValueError
        If there is no trajectory, the labels are not labels, a chain has fewer than 4 frames, or
        ``segment_frames`` is below 2.
    """
    trajectories = listed(trajectories, "trajectories", "give one trajectory for each training")
    if not trajectories:
        raise ValueError("trajectories: found none; give at least one")
    each = [by_segments(statistic, _pieces(one, segment_frames), 1) for one in trajectories]
    if len(each) == 1:
        return each[0]
    between = over_trainings([estimate.value for estimate in each])
    if not larger_error:
        return between
    within = np.sqrt(np.mean([np.square(one.error) for one in each], axis=0) / len(each))
    return Estimate(between.value, np.maximum(between.error, within), len(each))


def scatter_over(
    statistic: Statistic, trajectories: Sequence[ArrayLike], segment_frames: int
) -> float:
    """Return the standard deviation of a statistic from segment to segment, as one number.

    It is the root mean square of the standard deviations of all values and trajectories. The
    parameters are those of :func:`mean_over`.
    """
    variances = []
    for one in listed(trajectories, "trajectories", "give one trajectory for each training"):
        pieces = _pieces(one, segment_frames)
        values = np.array([statistic(piece) for piece in pieces], dtype=np.float64)
        variances.append(values.var(axis=0, ddof=1))
    return float(np.sqrt(np.mean(variances)))


def _pieces(trajectory: ArrayLike | Sequence[ArrayLike], segment_frames: int) -> list[Labels]:
    """Cut chains into segments of one length, without what remains after the last of each."""
    chains = chains_of(trajectory, "trajectories")
    segment_frames = whole_number(segment_frames, "segment_frames")
    frames = min(segment_frames, int(chains.lengths.min()) // 2)
    if frames < 2:
        raise ValueError(
            f"trajectories: expected chains of at least 4 frames, cut into segments of at least 2, "
            f"found {chains.lengths.min()} frames and segment_frames={segment_frames}; give more"
        )
    cut = [chain[: chain.size // frames * frames].reshape(-1, frames) for chain in chains]
    return [piece for pieces in cut for piece in pieces]


def _trajectories(given: Any, min_frames: int) -> list[list[Labels]]:
    """Return generated labels as a list of trajectories, each a list of chains."""
    if hasattr(given, "__array__"):
        array = as_array(given, "model")
        found = [array] if array.ndim < 2 else list(array)
    elif isinstance(given, Sequence) and not isinstance(given, str | bytes):
        found = [given] if all(np.ndim(one) == 0 for one in given) else list(given)
    else:
        raise TypeError(
            f"model: expected labels, or a model with simulate(n_frames, seed=), found "
            f"{type(given).__name__}; pass what lstm_md.generate returns for a network"
        )
    if not found:
        raise ValueError("model: found no trajectory; give at least one")
    return [list(chains_of(one, "model", min_frames=min_frames)) for one in found]
