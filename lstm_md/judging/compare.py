"""A model beside its data: the same statistic of both, in segments of equal length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, whole_number
from lstm_md.analysis.uncertainty import Estimate, by_segments, over_trainings, segments

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
        Means over segments of equal length. The error of the model is over its trajectories,
        that of the data over segments.
    """

    model: Estimate
    data: Estimate

    @property
    def deviation(self) -> Any:
        """Model minus data, in combined standard errors."""
        return self.model.deviation_from(self.data)

    def __str__(self) -> str:
        largest = float(np.max(np.abs(self.deviation)))
        return f"model {self.model}, data {self.data}; largest deviation {largest:.1f} SE"


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
        An object with ``simulate(n_frames, seed=)``, such as :func:`fit_markov_chain` returns,
        or what a model generated: a sequence of trajectories, or an array (trajectories, frames).
    data : array_like of int, shape (frames,)
    statistic : callable
        Takes labels (frames,) and returns a number or an array.
    n_segments : int
        Segments of the data. The trajectories are cut into segments of the same length.
    n_trajectories : int
        How many trajectories a model simulates, each as long as the data.
    seed : int
        Of the first trajectory; the others have the seeds that follow.

    Returns
    -------
    Comparison

    Raises
    ------
    TypeError, ValueError
        If the labels are not labels, or hold fewer than two segments.

    Examples
    --------
    >>> from lstm_md.analysis.markov import fit_markov_chain
    >>> data = fit_markov_chain([0, 0, 1, 1] * 9).simulate(10_000, seed=1)
    >>> found = compare(fit_markov_chain(data), data, lambda labels: labels.mean())
    >>> abs(found.deviation) < 3
    True
    """
    labels = label_array(data, "data")
    n_segments = whole_number(n_segments, "n_segments", minimum=2)
    segment_frames = labels.shape[-1] // n_segments
    if hasattr(model, "simulate"):
        n_trajectories = whole_number(n_trajectories, "n_trajectories")
        generated: Sequence[Any] = [
            model.simulate(labels.shape[-1], seed=seed + k) for k in range(n_trajectories)
        ]
    else:
        array = label_array(model, "model") if isinstance(model, np.ndarray) else model
        generated = [array] if getattr(array, "ndim", 2) == 1 else list(array)  # type: ignore[arg-type]
    return Comparison(
        mean_over(statistic, generated, segment_frames),
        by_segments(statistic, labels, n_segments),
    )


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
        One for each training.
    segment_frames : int
        Frames in a segment. A short trajectory is cut in two.
    larger_error : bool
        Take the error within the trajectories where it is larger than the one between them.

    Returns
    -------
    Estimate
        For one trajectory the error is over its segments; for several it is over the means of
        the trajectories.
    """
    each = [by_segments(statistic, one, _n_segments(one, segment_frames)) for one in trajectories]
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
    """Return the standard deviation of a statistic from segment to segment, over all its values.

    Parameters are those of :func:`mean_over`.
    """
    variances = []
    for one in trajectories:
        pieces = segments(one, _n_segments(one, segment_frames))
        values = np.array([statistic(piece) for piece in pieces], dtype=np.float64)
        variances.append(values.var(axis=0, ddof=1))
    return float(np.sqrt(np.mean(variances)))


def _n_segments(trajectory: ArrayLike, segment_frames: int) -> int:
    return max(2, np.shape(trajectory)[-1] // segment_frames)
