"""A test of count curves, populations and waiting times whose false-alarm rate is 5 %.

The test compares two arrays of counts, point by point: those of independent trainings and those of
the data. Its null hypothesis is that both come from one process, and that each training multiplies
the rates of the process by random factors of its own. Draws from the process show how large the
largest deviation is by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import instance, number_array, whole_number

LEVEL = 0.05  #: The false-alarm rate of every test
N_REPETITIONS = 1999  #: Repetitions of the null hypothesis, so that p can be as small as 1/2000
MIN_TRAININGS = 3  #: One training has no spread between trainings, and two have hardly any
HALF = 0.5  #: Is added to each count, so that a count of 0 has a logarithm
TAIL = 0.01  #: The tail of each point that is made equally long for all points
RARE = 1.0  #: A point is rare if the process gives fewer counts than this in the data
# A single event where none is expected counts as at most three standard errors. Otherwise, rare
# points alone would decide how large the largest deviation is by chance.
RARE_VARIANCE = (np.log(3.0) / 3.0) ** 2

Floats = NDArray[np.float64]


class _Deviations(NamedTuple):
    """Log ratios and their errors, each of shape (…, points)."""

    log_ratio: Floats
    error: Floats  # between trainings and of the data
    freedom: Floats  # Welch's degrees of freedom


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

    data: ArrayLike
    model: ArrayLike
    scale: float = 1.0

    def __post_init__(self) -> None:
        for name in ("data", "model"):
            object.__setattr__(self, name, _counts(getattr(self, name), name, least=100))
        if np.shape(self.data)[1] != np.shape(self.model)[1]:
            raise ValueError(
                f"model: expected {np.shape(self.data)[1]} points as in the data, found "
                f"{np.shape(self.model)[1]}; count the same labels at the same commit times"
            )
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale: expected a number above 0, found {self.scale}; give T/T_k")

    @cached_property
    def log_data(self) -> Floats:
        """ln(n + ½) of the data, shape (draws, points)."""
        return np.log(np.asarray(self.data) + HALF)

    @cached_property
    def scaled(self) -> Floats:
        """The counts of the model, scaled to the length of the data, shape (draws, points)."""
        return np.asarray(self.model) * self.scale

    @cached_property
    def variance(self) -> Floats:
        """The variance of ln(n + ½) of the data, shape (points,); not too small where n is rare."""
        found = self.log_data.var(axis=0, ddof=1)
        rare = np.mean(self.data, axis=0) < RARE
        return np.where(rare, np.maximum(found, RARE_VARIANCE), found)

    @cached_property
    def dispersion(self) -> Floats:
        """Variance over mean of the scaled counts of the model, shape (points,)."""
        mean = self.scaled.mean(axis=0)
        variance = self.scaled.var(axis=0, ddof=1)
        return np.divide(variance, mean, out=np.zeros_like(mean), where=mean > 0)

    def draw(
        self, random: np.random.Generator, n_draws: int, n_trainings: int
    ) -> tuple[Floats, Floats]:
        """Draw models, shape (n_draws, n_trainings, points), and ln(n + ½) of as many data."""
        models = random.integers(len(self.scaled), size=(n_draws, n_trainings))
        return self.scaled[models], self.log_data[random.integers(len(self.log_data), size=n_draws)]


@dataclass(frozen=True, eq=False)
class RatioTest:
    """The comparison of a model with data, at every point.

    Attributes
    ----------
    log_ratio : ndarray, shape (points,)
        ln[(n_model + ½)/(n_data + ½)], with n_model the mean over trainings, scaled to the length
        of the data.
    training_error : ndarray, shape (points,)
        Its standard error between trainings.
    data_variance : ndarray, shape (points,)
        The variance of its data part under the null hypothesis.
    score : ndarray, shape (points,)
        The standardised log ratio. Its tails are as long as those of a normal variable.
    critical : float
        The largest |score| of a curve exceeds this in 5 % of the repetitions of the null
        hypothesis.
    p_value : float
        The share of the repetitions in which it is as large as found.
    n_trainings : int
    """

    log_ratio: Floats
    training_error: Floats
    data_variance: Floats
    score: Floats
    critical: float
    p_value: float
    n_trainings: int

    @property
    def rejects(self) -> bool:
        """Whether the test rejects the null hypothesis at ``LEVEL``."""
        return self.p_value <= LEVEL


def ratio_test(
    model: ArrayLike,
    data: ArrayLike,
    null: NullSample,
    *,
    n_repetitions: int = N_REPETITIONS,
    seed: int = 0,
) -> RatioTest:
    r"""Test whether the counts of a model and of its data can come from one process.

    With :math:`\bar n` the mean count of the trainings, scaled to the length of the data, the log
    ratio of a point is

    .. math:: L = \ln\frac{\bar n + 1/2}{n_\text{data} + 1/2}, \qquad
       z = \frac{L - \langle L \rangle_0}{\sqrt{v_0 + S^2/M}},

    with the mean :math:`\langle L \rangle_0` and the variance :math:`v_0` of the data under the
    null hypothesis, and with the variance :math:`S^2` of :math:`\ln n` between the M trainings.
    Because S is itself uncertain, z has the tails of Student's t, with the degrees of freedom of
    Welch, Biometrika 34, 28 (1947). It is replaced by the normal score of the same tail
    probability, in the approximation of Wallace, Ann. Math. Stat. 30, 1124 (1959). Rare counts
    have long tails as well, so a score is divided by how much its 1 % tail is longer than that of
    a normal variable. The statistic is the largest \|score\|. No count is too rare to take part.

    Each repetition of the null hypothesis draws data and trainings from ``null``. Each training
    multiplies its counts by log-normal factors, whose spread is what the trainings show beyond
    the noise of their length, and whose correlations are those of the trainings. The repetition
    estimates S from its own trainings. So the uncertainty of S is part of the null hypothesis.

    Parameters
    ----------
    model : array_like, shape (trainings, points)
        Counts of each training, in a trajectory of the length of ``null.model``.
    data : array_like, shape (points,)
    null : NullSample
    n_repetitions : int
    seed : int

    Returns
    -------
    RatioTest

    Raises
    ------
    TypeError, ValueError
        If there are fewer than three trainings, or the points do not fit.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> null = NullSample(random.poisson(50, (500, 6)), random.poisson(50, (500, 6)))
    >>> found = ratio_test(random.poisson(100, (5, 6)), random.poisson(50, 6), null)
    >>> found.rejects, found.n_trainings
    (True, 5)
    """
    instance(null, NullSample, "null", "make one with NullSample(data, model)")
    counts = null.scale * _counts(model, "model", least=MIN_TRAININGS)
    observed = _counts(np.atleast_2d(number_array(data, "data")), "data", least=1)
    points = null.variance.size
    if not counts.shape[1] == observed.shape[1] == points or len(observed) != 1:
        raise ValueError(
            f"model, data: expected {points} points as in the null sample, found "
            f"{counts.shape[1]} and {observed.shape[1]}; count the same labels at the same times"
        )
    n_repetitions = whole_number(n_repetitions, "n_repetitions", minimum=99)
    random = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    n_trainings = len(counts)

    def repeat() -> _Deviations:
        drawn, log_data = null.draw(random, n_repetitions, n_trainings)
        return _deviations(drawn * _factors(counts, null, random, n_repetitions), log_data, null)

    # The tails are measured in other repetitions than those that they are applied to.
    first, second = repeat(), repeat()
    centre = first.log_ratio.mean(axis=0)
    found = _deviations(counts, np.log(observed[0] + HALF), null)
    scores = _scores(first, centre)
    longest = [np.maximum(_tail(sign * scores), 1.0) for sign in (1, -1)]

    def scaled(of: _Deviations) -> Floats:
        score = _scores(of, centre)
        return score / np.where(score > 0, *longest)

    largest, score = np.abs(scaled(second)).max(axis=1), scaled(found)
    as_large = np.sum(largest >= np.abs(score).max())
    return RatioTest(
        log_ratio=found.log_ratio,
        training_error=np.sqrt(np.maximum(found.error**2 - null.variance, 0.0)),
        data_variance=null.variance,
        score=score,
        critical=float(np.quantile(largest, 1 - LEVEL)),
        p_value=float((1 + as_large) / (1 + n_repetitions)),
        n_trainings=n_trainings,
    )


def reference_null(reference: ArrayLike, data: ArrayLike, seed: int = 0) -> Floats:
    """Draw what a long reference simulation gives, with the error that a model has from its data.

    Pass the result as ``data`` of :class:`NullSample` to compare a model with the process, not
    with its training data. All trainings learned the same data. It is assumed that they inherit
    the whole error of the data: a rate that is 10 % too high in the data is so in each training.

    Parameters
    ----------
    reference : array_like, shape (draws, points)
        Counts in a simulation of the length of the reference, scaled to the length of the data.
    data : array_like, shape (draws, points)
        Counts in trajectories as long as the data.
    seed : int

    Returns
    -------
    ndarray, shape (draws of the data, points)
    """
    long, short = _counts(reference, "reference", least=1), _counts(data, "data", least=100)
    random = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    error = (short + HALF) / np.exp(np.log(short + HALF).mean(axis=0))
    chosen = long[random.integers(len(long), size=len(short))]
    return np.maximum((chosen + HALF) / error - HALF, 0.0)


def sign_flip_p_value(differences: ArrayLike) -> float:
    """Test whether paired differences are zero on average: ten data sets, one network for each.

    Under the null hypothesis, the differences of a data set may as well have the opposite sign.
    The statistic is the largest |t| over the points. All 2^n flips of whole data sets are tried.

    Parameters
    ----------
    differences : array_like, shape (data sets, points)
        Log ratio of model and process for each data set; from 6 to 16 data sets.

    Returns
    -------
    float
        The share of the flips whose largest |t| is as large as found.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than 6 data sets, because then no p can be below 5 %, or more than 16.

    Examples
    --------
    >>> sign_flip_p_value([[1.0], [1.1], [0.9], [1.2], [1.0], [0.8], [1.1]])
    0.015625
    """
    array = number_array(differences, "differences").astype(np.float64)
    if array.ndim != 2 or not 6 <= len(array) <= 16 or not np.isfinite(array).all():
        raise ValueError(
            f"differences: expected finite numbers of 6 to 16 data sets, shape (sets, points), "
            f"found shape {array.shape}; give one row per data set"
        )
    n = len(array)
    # A flip of all signs changes no |t|, so the last sign may stay.
    flips = 1 - 2 * (np.arange(2 ** (n - 1))[:, None] >> np.arange(n) & 1)
    mean = flips @ array / n
    spread = np.sqrt(np.maximum((array**2).mean(axis=0) - mean**2, 1e-300))
    largest = (np.abs(mean) / spread).max(axis=1)
    return float(np.mean(largest >= largest[0] * (1 - 1e-9)))


def _counts(given: ArrayLike, name: str, least: int) -> Floats:
    array = number_array(given, name).astype(np.float64)
    if array.ndim != 2 or len(array) < least or not array.size:
        raise ValueError(
            f"{name}: expected shape (rows, points) with at least {least} rows, found shape "
            f"{array.shape}; give more"
        )
    if not (np.isfinite(array).all() and array.min() >= 0):
        raise ValueError(f"{name}: expected counts from 0, found {array.min()}; give counts")
    return array


def _deviations(counts: Floats, log_data: Floats, null: NullSample) -> _Deviations:
    """Log ratios of trainings, shape (…, trainings, points), and data, shape (…, points)."""
    n_trainings = counts.shape[-2]
    mean = counts.mean(axis=-2)
    between = counts.var(axis=-2, ddof=1) / (mean + HALF) ** 2 / n_trainings
    variance = null.variance + between
    freedom = variance**2 * (n_trainings - 1) / np.maximum(between, 1e-12) ** 2
    return _Deviations(np.log(mean + HALF) - log_data, np.sqrt(variance), freedom)


def _factors(counts: Floats, null: NullSample, random: np.random.Generator, n_draws: int) -> Floats:
    """Draw the factors of each training, with the excess spread and the correlations of ours.

    A few trainings show their spread only roughly. So each draw has its own variance, from the
    distribution that the variance of a normal sample implies.
    """
    n_trainings, mean = len(counts), counts.mean(axis=0)
    variance = counts.var(axis=0, ddof=1)
    known = random.chisquare(n_trainings - 1, (n_draws, 1, 1)) / (n_trainings - 1)
    excess = np.maximum(variance / known - null.dispersion * mean, 0.0)
    spread = np.sqrt(np.log1p(excess / np.maximum(mean, 1e-12) ** 2))
    unit = (counts - mean) / np.sqrt(np.maximum(variance, 1e-12) * (n_trainings - 1))
    drawn = random.standard_normal((n_draws * n_trainings, n_trainings)) @ unit
    return np.exp(spread * drawn.reshape(n_draws, n_trainings, -1) - spread**2 / 2)


def _scores(of: _Deviations, centre: Floats) -> Floats:
    """Normal scores of the standardised deviations, of Student's t with their freedom."""
    z = (of.log_ratio - centre) / of.error
    shrunk = np.sqrt(of.freedom * np.log1p(z**2 / of.freedom))
    return np.sign(z) * shrunk * (8 * of.freedom + 1) / (8 * of.freedom + 3)


def _tail(scores: Floats) -> Floats:
    """How much longer the upper 1 % tail of each point is than that of a normal variable."""
    return np.quantile(scores, 1 - TAIL, axis=0) / NormalDist().inv_cdf(1 - TAIL)
