"""The rule that says whether networks of another size generate the same rates.

The rule was written down before the run. A size is compared with a base, the paper's M = 8 and
L = 64, by the counts of all pairs of states at the committed commit time. Networks of both sizes
learned the same data and generated as many labels, so the counts stand for the rates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lstm_md.judging.calibrated import MIN_TRAININGS
from lstm_md.judging.decision import CONFIDENCE, MARGIN, UNDECIDED
from lstm_md.judging.null_sample import HALF

SAME, DIFFERENT = "the same", "different"


@dataclass(frozen=True, eq=False)
class SizeComparison:
    """What the rule says of one size.

    Attributes
    ----------
    outcome : {"the same", "different", "undecided"}
    ratio, low, high : ndarray, shape (pairs,)
        The rates over those of the base, and the ends of their 90 % intervals.
    worst : int
        The pair that decides: the one whose interval reaches farthest from 1.
    """

    outcome: str
    ratio: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    worst: int


def compare_sizes(counts: ArrayLike, base: ArrayLike) -> SizeComparison:
    """Compare the counts of some networks with those of the base.

    *The same*: the 90 % intervals of all ratios lie inside the margin, from 1/1.25 to 1.25.
    *Different*: the interval of at least one ratio lies outside the margin as a whole.
    *Undecided*: neither. The intervals hold the spread between the trainings of both sizes
    (Student's t with Welch's degrees of freedom).

    Parameters
    ----------
    counts, base : array_like, shape (trainings, pairs)
        Transitions at the committed commit time, in trajectories of one length.

    Raises
    ------
    ValueError
        If there are fewer than three trainings of a size, or the pairs differ.
    """
    logs = [np.log(np.asarray(each, np.float64) + HALF) for each in (counts, base)]
    if min(len(each) for each in logs) < MIN_TRAININGS or logs[0].shape[1:] != logs[1].shape[1:]:
        raise ValueError(
            f"counts, base: expected at least {MIN_TRAININGS} trainings of the same pairs, found "
            f"shapes {logs[0].shape} and {logs[1].shape}; give counts of more trainings"
        )
    difference = logs[0].mean(axis=0) - logs[1].mean(axis=0)
    parts = [np.maximum(each.var(axis=0, ddof=1) / len(each), 1e-12) for each in logs]
    variance = parts[0] + parts[1]
    freedom = variance**2 / sum(p**2 / (len(e) - 1) for p, e in zip(parts, logs, strict=True))
    half = stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * np.sqrt(variance)
    margin = np.log(MARGIN)
    if (np.abs(difference) + half < margin).all():
        outcome = SAME
    elif (np.abs(difference) - half > margin).any():
        outcome = DIFFERENT
    else:
        outcome = UNDECIDED
    # Of a difference, the pair whose nearer end is farthest away; otherwise the farther end.
    reach = np.abs(difference) + (-half if outcome == DIFFERENT else half)
    ratio, low, high = (np.exp(difference + sign * half) for sign in (0, -1, 1))
    return SizeComparison(outcome, ratio, low, high, int(np.argmax(reach)))
