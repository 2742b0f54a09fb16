"""The paired comparison: networks of fresh data sets, and independent simulations.

The rules are those of the page *How a claim is judged*, and were fixed before the records were
made. Each network has an independent simulation of its own. The difference of a pair is the log
ratio of their counts, for every rate that can be tested. The logarithm of a count is on average
below the logarithm of its mean, more so for a network, which also inherits the error of its data.
This known difference is subtracted.

*Does not hold*: the sign-flip test rejects, and a rate that deviates significantly by itself, after
the correction for the number of rates, is outside the margin on average. *Holds*: otherwise, if the
90 % interval of every rate that can be tested is inside the margin. *Undecided*: neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lstm_md.judging.calibrated import LEVEL
from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    CONFIDENCE,
    DOES_NOT_HOLD,
    HOLDS,
    MARGIN,
    UNDECIDED,
    Decision,
    is_testable,
)
from lstm_md.judging.null_sample import HALF
from lstm_md.judging.paired import sign_flip_p_values
from reproduction.calibration.cases import drawn_sums

N_DRAWS = 2000  # of data, networks and simulations, for the mean logarithms
_SEED = 1

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Paired:
    """Networks of fresh data sets, compared with the process.

    Attributes
    ----------
    names : tuple of str
        Of the rates that can be tested.
    ratio, low, high : ndarray, shape (rates,)
        Network over process: the geometric mean over the data sets, and the ends of its 90 %
        interval, by Student's t.
    p_values : ndarray, shape (rates,)
        Of each rate by sign flips, corrected for the number of rates.
    decision : Decision
    """

    names: tuple[str, ...]
    ratio: Floats
    low: Floats
    high: Floats
    p_values: Floats
    decision: Decision


def compare(
    network: NDArray,
    blocks: NDArray,
    names: tuple[str, ...],
    rates: NDArray[np.bool_],
    *,
    learned_blocks: int,
    generated_blocks: int,
) -> Paired:
    """Compare networks of fresh data sets with independent simulations of the process.

    Parameters
    ----------
    network : ndarray, shape (data sets, points)
        Counts in what each network generated.
    blocks : ndarray, shape (blocks, points)
        Counts in blocks of the process. Every data set has the same number of them for itself.
    names : tuple of str
        Of the points.
    rates : ndarray of bool, shape (points,)
        The points that the margin is about.
    learned_blocks, generated_blocks : int
        The length of a data set, and of what its network generated, in blocks.
    """
    n_own = len(blocks) // len(network)
    own = blocks[: n_own * len(network)].reshape(len(network), n_own, -1).sum(axis=1)
    pairs, variance = _differences(network, own, blocks, learned_blocks, generated_blocks)
    testable = rates & is_testable(variance)
    rare = tuple(name for name, yes in zip(names, rates & ~testable) if yes)
    asked = testable if testable.any() else rates
    chosen = tuple(name for name, yes in zip(names, asked) if yes)
    differences = pairs[:, asked]
    p_values = sign_flip_p_values(differences)
    middle, half = differences.mean(axis=0), half_width(differences)
    decision = _decide(chosen, middle, half, p_values, rare, bool(testable.any()))
    low, ratio, high = np.exp(middle + half * np.array([[-1], [0], [1]]))
    return Paired(chosen, ratio, low, high, p_values, decision)


def _differences(
    network: NDArray, own: NDArray, blocks: NDArray, learned_blocks: int, generated_blocks: int
) -> tuple[Floats, Floats]:
    """Log ratios, shape (data sets, points), and the variance of the log counts of the data."""
    n_own = len(blocks) // len(network)
    of_network, of_own = learned_blocks / generated_blocks, learned_blocks / n_own
    random = np.random.default_rng(_SEED)
    data, models, others = (
        np.log(scale * drawn_sums(random, blocks, N_DRAWS, n) + HALF)
        for n, scale in ((learned_blocks, 1.0), (generated_blocks, of_network), (n_own, of_own))
    )
    # A network has the error of its data and that of its own finite length.
    process = np.log(learned_blocks * blocks.mean(axis=0) + HALF)
    known = data.mean(axis=0) + models.mean(axis=0) - process - others.mean(axis=0)
    pairs = np.log(of_network * network + HALF) - np.log(of_own * own + HALF)
    return pairs - known, data.var(axis=0, ddof=1)


def half_width(differences: Floats) -> Floats:
    """Half the width of the 90 % interval of each mean, by Student's t."""
    n = len(differences)
    error = differences.std(axis=0, ddof=1) / np.sqrt(n)
    return stats.t.ppf((1 + CONFIDENCE) / 2, n - 1) * error


def _decide(
    names: tuple[str, ...],
    middle: Floats,
    half: Floats,
    p_values: Floats,
    rare: tuple[str, ...],
    testable: bool,
) -> Decision:
    margin, size = np.log(MARGIN), np.abs(middle)
    refuted = (p_values <= LEVEL) & (size > margin)
    inside = size + half < margin
    more = 1.0
    if refuted.any():
        outcome, asked = DOES_NOT_HOLD, refuted
    elif testable and inside.all():
        outcome, asked = HOLDS, inside
    else:
        outcome, asked = UNDECIDED, ~inside if testable else np.ones_like(inside)
        # Until the interval is inside the margin, or excludes an equal rate.
        until = np.where(size < margin, half / np.abs(margin - size), half / size)
        more = float(np.max(until[asked] ** 2))
    at = int(np.argmax(np.where(asked, size + half, -1.0)))
    low, ratio, high = np.exp(middle[at] + half[at] * np.array([-1, 0, 1]))
    marks = () if testable else (CANNOT_BE_TESTED,)
    shown = (float(ratio), float(low), float(high))
    return Decision(outcome, float(p_values.min()), names[at], shown, more, rare, marks)
