"""The rules of this study. They were written down before the run that they judge.

A pilot with other seeds (one network of 200,000 frames, one of 50,000, and one that learned
selected trajectories) chose the lengths, the learning rate and the sizes of the targets. It judged
no claim.

**X2a, exact.** Of a three-state Markov chain, the ensemble of all paths with a known mean is exact.
20,000 simulated paths of 200 frames are weighted, once with a known population of the first label
and once with a known number of label changes. *Holds*: all populations and all pair probabilities
lie within three standard errors of the exact values. The same paths without weights, and with the
weights of −λ, must fail.

**X2b, retraining.** A network learns 200,000 frames of the triangular potential and generates 300
trajectories of 10,000 frames. Ten times, 60 of them are selected with the weights, and a new
network learns them. This is done for two observables: the population of A, whose target is 1.25
times the mean of the first network, and the label changes per frame, whose target is 1.1 times that
mean. *Holds*: for both, the target lies in the 90 % interval of the mean of the ten networks
(Student's t), and the mean of the first network lies outside. *Does not hold*: for at least one,
the target lies outside. *Undecided*: otherwise. A perfect method fails one of two such intervals in
19 % of all runs; the size of the deviation is therefore given with the verdict.

**X2c, it helps.** Of simulations of 50,000 frames with increasing seeds, the first ten are taken in
which the population of A is at least 20 % away from its exact value. A network learns each one. It
generates trajectories, those are selected so that A has its exact population, and a new network
learns them. The deviation of a network is the root mean square of ln(rate / reference) over the six
committed rates, none of which was imposed. *Holds*: the second network is nearer to the reference
than the first in at least eight of ten simulations. *Does not hold*: in at most five. *Undecided*:
in six or seven. A method without effect reaches eight in 5.5 % of all runs.

**X2d, no harm.** The mean of the first network itself is imposed, so that all weights are equal.
Six networks learn such selections. *Holds*: the 90 % intervals of all six rates and three
populations, over those of the first network, lie between 1/1.25 and 1.25. *Does not hold*: one of
them lies outside as a whole. *Undecided*: otherwise. Calibration: normal deviations with the
measured scatter are drawn; the share of them that the rule rejects without any effect, and with one
rate that is off by 1.5, is given with the verdict.

**X2e, limits.** With the paths of the chain of X2a, 300 at a time, populations that are 0 to 3
standard deviations of a path away are imposed, each 200 times (where weights exist). *Holds*:
wherever the mean effective sample size is 20 or more, the root mean square error of the other
populations and of the pair probabilities is between 1/1.25 and 1.25 times the standard error that
is computed from one set of paths; and for the strongest constraint it is more than 1.25 times as
large. So 20 is a limit that one can see.

**X2f, rivals.** With the ten data sets of X2c and the same known population: a Markov state model
in detailed balance, a tilted Markov state model, and ten weighted segments of the data (without
weights, where none exist). For each rival, the second network *is better* if it is nearer to the
reference in at least eight of ten data sets, *is worse* in at most two, and *no difference is
shown* otherwise.

**X2g, wrong physics.** The first network of X2b is forced to 1.6 times the exact population of A,
and four networks learn the selections. *Damage*: their deviation from the reference rates is larger
than that of the networks of X2d (Welch's test, one-sided, 5 %). *The effective sample size warns*:
in the ten data sets of X2c, it is lower for a false target than for the exact one in at least
eight. The false target is as far from the mean of the network as the exact one, on the other side;
if no weights give it, the size counts as 1. *Holds*: damage, and the warning shows it. *Does not
hold*: damage without a warning. *Undecided*: no damage is shown. As a second warning, the distance
of each target from the data is given, in standard errors of the data (ten segments).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lstm_md.judging.decision import DOES_NOT_HOLD, HOLDS, MARGIN, UNDECIDED
from reproduction.common.sets import half_width

MOST_ERRORS = 3.0  #: X2a, in standard errors
MANY, FEW = 8, 5  #: X2c, of ten simulations
LEAST_DEVIATION = 0.2  #: X2c, of the population of the data from the exact one
LEAST_SIZE = 20.0  #: X2e, of the effective sample size
LEVEL = 0.05  #: X2g
BETTER, WORSE, NO_DIFFERENCE = "better", "worse", "no difference is shown"

Array = NDArray[np.float64]


class Interval(NamedTuple):
    """The mean of some networks and its 90 % interval, by Student's t."""

    mean: Array
    low: Array
    high: Array


def interval(values: ArrayLike) -> Interval:
    """Return the interval of the mean over the first axis."""
    mean, half = np.asarray(values, np.float64).mean(axis=0), half_width(values)
    return Interval(mean, mean - half, mean + half)


def reaches_target(values: ArrayLike, target: float, unconstrained: float) -> str:
    """X2b: does the interval contain the target, and not the mean without a constraint?"""
    found = interval(values)
    if not found.low <= target <= found.high:
        return DOES_NOT_HOLD
    return UNDECIDED if found.low <= unconstrained <= found.high else HOLDS


def helps(before: ArrayLike, after: ArrayLike) -> tuple[str, int]:
    """X2c: the outcome, and in how many simulations the deviation became smaller."""
    n = int((np.asarray(after) < np.asarray(before)).sum())
    return (HOLDS if n >= MANY else DOES_NOT_HOLD if n <= FEW else UNDECIDED), n


def stays_the_same(log_ratios: ArrayLike) -> str:
    """X2d: do the intervals of all ratios lie inside the margin? Shape (networks, ratios)."""
    found, margin = interval(log_ratios), np.log(MARGIN)
    if ((found.low > margin) | (found.high < -margin)).any():
        return DOES_NOT_HOLD
    inside = (found.low > -margin) & (found.high < margin)
    return HOLDS if inside.all() else UNDECIDED


def calibration(
    scatter: ArrayLike, n_networks: int, factor: float, n: int = 2000, seed: int = 1
) -> dict[str, float]:
    """X2d: how often the rule gives each outcome if one ratio is off by a factor.

    Parameters
    ----------
    scatter : array_like, shape (ratios,)
        Standard deviations of ln(ratio) between networks.
    """
    random, spread = np.random.default_rng(seed), np.asarray(scatter, np.float64)
    found = []
    for _ in range(n):
        logs = spread * random.standard_normal((n_networks, len(spread)))
        logs[:, random.integers(len(spread))] += np.log(factor)
        found.append(stays_the_same(logs))
    return {one: found.count(one) / n for one in (HOLDS, DOES_NOT_HOLD, UNDECIDED)}


def errors_are_known(sizes: ArrayLike, ratios: ArrayLike) -> str:
    """X2e: is the error right where the effective size is large, and wrong at the strongest?

    Parameters
    ----------
    sizes : array_like, shape (strengths,)
        Mean effective sample sizes.
    ratios : array_like, shape (strengths, quantities)
        The error of repetitions over the computed error.
    """
    every = np.asarray(ratios)
    safe = every[np.asarray(sizes) >= LEAST_SIZE]
    right = ((safe > 1 / MARGIN) & (safe < MARGIN)).all()
    return HOLDS if right and every[-1].max() > MARGIN else DOES_NOT_HOLD


def compare_rival(network: ArrayLike, rival: ArrayLike) -> tuple[str, int]:
    """X2f: the outcome for the network, and in how many data sets it is nearer."""
    n = int((np.asarray(network) < np.asarray(rival)).sum())
    return (BETTER if n >= MANY else WORSE if n <= 10 - MANY else NO_DIFFERENCE), n


def wrong_physics(
    false: ArrayLike, own: ArrayLike, sizes_false: ArrayLike, sizes_true: ArrayLike
) -> tuple[str, float, int]:
    """X2g: the outcome, the p-value of the damage, and how often the effective size is lower.

    Parameters
    ----------
    false, own : array_like, shape (networks,)
        Deviations from the reference rates, with the false target and with the own mean.
    sizes_false, sizes_true : array_like, shape (data sets,)
        Effective sample sizes.
    """
    test = stats.ttest_ind(false, own, equal_var=False, alternative="greater")
    lower = int((np.asarray(sizes_false) < np.asarray(sizes_true)).sum())
    if test.pvalue >= LEVEL:
        return UNDECIDED, float(test.pvalue), lower
    return (HOLDS if lower >= MANY else DOES_NOT_HOLD), float(test.pvalue), lower
