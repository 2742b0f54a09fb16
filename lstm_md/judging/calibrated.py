"""A test of count curves, populations and waiting times whose false-alarm rate is 5 %.

The test compares two arrays of counts, point by point: those of independent trainings and those of
the data. Its null hypothesis is that both come from one process, and that each training multiplies
the rates of the process by random factors of its own. Draws from the process show how large the
largest deviation is by chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import count_array, instance, number_array, whole_number
from lstm_md._support.processes import check_memory
from lstm_md.judging.null_sample import HALF, NullSample

LEVEL = 0.05  #: The false-alarm rate of every test
#: Number of repetitions of the null hypothesis; p can be as small as 1/2000
N_REPETITIONS = 1999
#: Least number of trainings: the spread between fewer is not known well enough
MIN_TRAININGS = 3
TAIL = 0.01  #: The 1 % tail of no point stays longer than that of a normal variable

Floats = NDArray[np.float64]


class _Deviations(NamedTuple):
    """Log ratios and their errors, each of shape (…, points)."""

    log_ratio: Floats
    error: Floats  # between trainings and of the data
    freedom: Floats  # Welch's degrees of freedom


@dataclass(frozen=True, eq=False)
class RatioTest:
    """The comparison of a model with data, at every point.

    Attributes
    ----------
    log_ratio : ndarray, shape (points,)
        ln[(n_model + ½)/(n_data + ½)], with n_model the mean over trainings, scaled to the length
        of the data.
    training_error : ndarray, shape (points,)
        Standard error of ``log_ratio`` between trainings.
    data_variance : ndarray, shape (points,)
        Variance of ln(n_data + ½) under the null hypothesis.
    score : ndarray, shape (points,)
        The standardised log ratio. Its 1 % tails are not longer than those of a normal variable.
    critical : float
        The largest score of a curve, without its sign, exceeds this in 5 % of the repetitions of
        the null hypothesis.
    p_value : float
        The share of the repetitions whose largest score is at least as large as the one found.
        Scores are taken without their signs, and the comparison itself counts as one repetition.
    n_trainings : int
        Number of trainings.
    model, data : ndarray, shape (points,), optional
        The mean count of the trainings, scaled to the length of the data, and the count of the
        data.
    scores_by_chance : ndarray, shape (repetitions, points), optional
        The scores of each repetition, without their signs.
    """

    log_ratio: Floats
    training_error: Floats
    data_variance: Floats
    score: Floats
    critical: float
    p_value: float
    n_trainings: int
    model: Floats | None = None
    data: Floats | None = None
    scores_by_chance: Floats | None = None

    def p_value_of(self, points: ArrayLike) -> float | None:
        """Compute the p-value of some points.

        It is the share of the repetitions with a largest score among these points at least as
        large as found.

        Parameters
        ----------
        points : array_like of bool, shape (points,)
            True for the points that take part.

        Returns
        -------
        float or None
            None if the repetitions were not kept.
        """
        if self.scores_by_chance is None:
            return None
        chosen = np.asarray(points, bool)
        return _share(self.scores_by_chance[:, chosen], self.score[chosen])

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
    also have long tails. So each score is divided by a factor: the length of its 1 % tail over
    that of a normal variable, but at least 1. The statistic is the largest score, without its
    sign. No count is too rare to take part.

    Each repetition of the null hypothesis draws data and trainings from ``null``. Each training
    multiplies its counts by log-normal factors. The spread of the factors is the spread of the
    trainings, minus the noise of their finite length. The correlations of the factors are those
    of the trainings. The repetition estimates S from its own trainings. So the uncertainty of S
    is part of the null hypothesis.

    Parameters
    ----------
    model : array_like, shape (trainings, points)
        Counts of each training, in a trajectory of the length of ``null.model``.
    data : array_like, shape (points,)
        Counts of the data.
    null : NullSample
        Counts in independent trajectories of the process.
    n_repetitions : int
        Number of repetitions of the null hypothesis, at least 99.
    seed : int
        Seed of the repetitions.

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
    counts = null.scale * count_array(model, "model", least=MIN_TRAININGS)
    observed = count_array(np.atleast_2d(number_array(data, "data")), "data", least=1)
    points = null.variance.size
    if not counts.shape[1] == observed.shape[1] == points or len(observed) != 1:
        raise ValueError(
            f"model, data: expected {points} points as in the null sample, found "
            f"{counts.shape[1]} and {observed.shape[1]}; count the same labels at the same times"
        )
    n_repetitions = whole_number(n_repetitions, "n_repetitions", minimum=99)
    random = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    n_trainings = len(counts)
    check_memory(16 * n_repetitions * counts.size, "n_repetitions", "give fewer")

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

    by_chance, score = np.abs(scaled(second)), scaled(found)
    return RatioTest(
        log_ratio=found.log_ratio,
        training_error=np.sqrt(np.maximum(found.error**2 - null.variance, 0.0)),
        data_variance=null.variance,
        score=score,
        critical=float(np.quantile(by_chance.max(axis=1), 1 - LEVEL)),
        p_value=_share(by_chance, score),
        n_trainings=n_trainings,
        model=counts.mean(axis=0),
        data=observed[0],
        scores_by_chance=by_chance,
    )


def _share(by_chance: Floats, score: Floats) -> float:
    """The share of repetitions with a largest score at least that found, which counts as one."""
    as_large = np.sum(by_chance.max(axis=1) >= np.abs(score).max())
    return float((1 + as_large) / (1 + len(by_chance)))


def _deviations(counts: NDArray[np.floating], log_data: Floats, null: NullSample) -> _Deviations:
    """Log ratios of trainings, shape (…, trainings, points), and data, shape (…, points)."""
    n_trainings = counts.shape[-2]
    mean = counts.mean(axis=-2, keepdims=True)
    squares = np.square(counts - mean).sum(axis=-2).astype(np.float64)
    above = mean.squeeze(-2).astype(np.float64) + HALF
    between = squares / (n_trainings - 1) / above**2 / n_trainings
    variance = null.variance + between
    freedom = variance**2 * (n_trainings - 1) / np.maximum(between, 1e-12) ** 2
    return _Deviations(np.log(above) - log_data, np.sqrt(variance), freedom)


def _factors(
    counts: Floats, null: NullSample, random: np.random.Generator, n_draws: int
) -> NDArray[np.float32]:
    """Draw the factors of each training.

    The spread of the factors is the spread of the trainings, minus the noise of their finite
    length. The correlations of the factors are those of the trainings.

    A few trainings show their spread only roughly. So each draw has its own variance, from the
    distribution that the variance of a normal sample implies. Single precision is enough for
    random numbers, and takes half the time.
    """
    n_trainings, mean = len(counts), counts.mean(axis=0)
    variance = counts.var(axis=0, ddof=1)
    known = random.chisquare(n_trainings - 1, (n_draws, 1, 1)) / (n_trainings - 1)
    excess = np.maximum(variance / known - null.dispersion * mean, 0.0)
    spread = np.sqrt(np.log1p(excess / np.maximum(mean, 1e-12) ** 2)).astype(np.float32)
    unit = (counts - mean) / np.sqrt(np.maximum(variance, 1e-12) * (n_trainings - 1))
    normal = random.standard_normal((n_draws * n_trainings, n_trainings), np.float32)
    drawn = (normal @ unit.astype(np.float32)).reshape(n_draws, n_trainings, -1)
    return np.exp(spread * drawn - spread**2 / 2)


def _scores(of: _Deviations, centre: Floats) -> Floats:
    """Turn the standardised deviations, which have Student's t, into normal scores."""
    z = (of.log_ratio - centre) / of.error
    shrunk = np.sqrt(of.freedom * np.log1p(z**2 / of.freedom))
    return np.sign(z) * shrunk * (8 * of.freedom + 1) / (8 * of.freedom + 3)


def _tail(scores: Floats) -> Floats:
    """How much longer the upper 1 % tail of each point is than that of a normal variable."""
    return np.quantile(scores, 1 - TAIL, axis=0) / NormalDist().inv_cdf(1 - TAIL)
