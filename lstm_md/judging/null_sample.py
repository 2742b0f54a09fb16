"""What chance alone does: counts in many independent trajectories of one process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import count_array, real_number, whole_number

HALF = 0.5  #: Is added to each count, so that a count of 0 has a logarithm
RARE = 1.0  #: A point is rare if its mean count in trajectories as long as the data is below this
# A single event where none is expected counts as at most three standard errors. Otherwise, rare
# points alone would decide how large the largest deviation is by chance.
RARE_VARIANCE = (np.log(3.0) / 3.0) ** 2

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NullSample:
    """Counts in independent trajectories of one process: what a perfect model and its data give.

    Parameters
    ----------
    data : array_like, shape (draws, points)
        Counts in trajectories as long as the data. A point is a pair of labels at a commit time,
        or a label, or a state.
    model : array_like, shape (draws, points)
        Counts in trajectories as long as what one training generates.
    scale : float
        Length of the data over the length that a training generates.

    Raises
    ------
    TypeError, ValueError
        If the arrays differ in their points, hold fewer than 100 draws, or hold a negative count.
    """

    # Any, because they are given as whatever becomes an array, and kept as arrays.
    data: Any
    model: Any
    scale: float = 1.0

    def __post_init__(self) -> None:
        for name in ("data", "model"):
            object.__setattr__(self, name, count_array(getattr(self, name), name, least=100))
        if self.data.shape[1] != self.model.shape[1]:
            raise ValueError(
                f"model: expected {self.data.shape[1]} points as in the data, found "
                f"{self.model.shape[1]}; count the same labels at the same commit times"
            )
        object.__setattr__(self, "scale", real_number(self.scale, "scale", above=0.0))

    @cached_property
    def log_data(self) -> Floats:
        """ln(n + ½) of the data, shape (draws, points)."""
        return np.log(self.data + HALF)

    @cached_property
    def scaled(self) -> NDArray[np.float32]:
        """The counts of the model, scaled to the length of the data, shape (draws, points)."""
        return (self.model * self.scale).astype(np.float32)

    @cached_property
    def variance(self) -> Floats:
        """The variance of ln(n + ½) of the data, shape (points,).

        For rare n (mean below 1), a lower limit is used: (ln 3 / 3)² = 0.13.
        """
        found = self.log_data.var(axis=0, ddof=1)
        rare = self.data.mean(axis=0) < RARE
        return np.where(rare, np.maximum(found, RARE_VARIANCE), found)

    @cached_property
    def dispersion(self) -> Floats:
        """Variance over mean of the scaled counts of the model, shape (points,)."""
        mean = self.scaled.mean(axis=0, dtype=np.float64)
        variance = self.scaled.var(axis=0, ddof=1, dtype=np.float64)
        return np.divide(variance, mean, out=np.zeros_like(mean), where=mean > 0)

    def draw(
        self, random: np.random.Generator, n_draws: int, n_trainings: int
    ) -> tuple[NDArray[np.float32], Floats]:
        """Draw models, shape (n_draws, n_trainings, points), and ln(n + ½) of as many data."""
        models = random.integers(len(self.scaled), size=(n_draws, n_trainings))
        return self.scaled[models], self.log_data[random.integers(len(self.log_data), size=n_draws)]


def reference_null(reference: ArrayLike, data: ArrayLike, seed: int = 0) -> Floats:
    """Draw counts of the long reference simulation, and add the error of the training data.

    A model inherits this error from its training data. Pass the result as ``data`` of
    :class:`NullSample` to compare a model with the process, not with its training data. All
    trainings learned the same data. It is assumed that they inherit the whole error of the data:
    if a rate is 10 % too high in the data, it is 10 % too high in each training.

    Parameters
    ----------
    reference : array_like, shape (draws, points)
        Counts in a simulation of the length of the reference, scaled to the length of the data.
    data : array_like, shape (draws, points)
        Counts in trajectories as long as the data.
    seed : int
        Seed of the draws.

    Returns
    -------
    ndarray, shape (draws of the data, points)

    Raises
    ------
    TypeError, ValueError
        If the arrays differ in their points, hold a negative count, or ``data`` holds fewer than
        100 draws.
    """
    long, short = count_array(reference, "reference", least=1), count_array(data, "data", least=100)
    if long.shape[1] != short.shape[1]:
        raise ValueError(
            f"reference, data: expected the same points, found {long.shape[1]} and "
            f"{short.shape[1]}; count the same labels at the same commit times"
        )
    random = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    error = (short + HALF) / np.exp(np.log(short + HALF).mean(axis=0))
    chosen = long[random.integers(len(long), size=len(short))]
    return np.maximum((chosen + HALF) / error - HALF, 0.0)
