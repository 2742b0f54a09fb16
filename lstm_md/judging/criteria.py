"""Criteria for populations and count curves: fixed before a run, and such that something fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.uncertainty import Estimate

MAX_POINT_Z = 2.0  #: Combined standard errors within which two points of a curve agree
MAX_POPULATION_Z = 3.0  #: The same for a population: there are few, so 1 in 100 for all together
MIN_AGREEING_SHARE = 0.9  #: Share of the points of a curve that must agree
MAX_MEAN_Z = 1.0  #: Combined standard errors that the mean signed deviation may reach
MAX_SCATTER_RATIO = 2.0  #: Factor within which the segments must scatter alike
MIN_EVENTS = 10  #: Transitions that the reference needs at a point for its error to mean anything
MAX_RARE_RATIO = 1 / 3  #: "Much rarer" means below this share of the next rarer pair
MAX_SIMILAR_RATIO = 3.0  #: Factor within which pairs are "similar": neither is much rarer
Z_FOR_90_PERCENT_POWER = 1.2816  #: Normal quantile: what lies so far out is found 9 times in 10
DETECTABLE_MEAN_Z = 1.3  #: Mean deviation of count curves that is refused 9 times in 10
# The last number was found by repetition (tests/judging/test_power.py). The points of a curve
# move together, so the mean over all points still spreads by 0.2 to 0.4 standard errors.


@dataclass(frozen=True)
class Outcome:
    """The result of one test: whether the criterion held, and the numbers that decided.

    Attributes
    ----------
    passed : bool
    measured : str
        The numbers in words, for a table.
    power : str
        What the test would have found nine times in ten, in words.
    numbers : mapping of str to float
        The same numbers, for code.
    """

    passed: bool
    measured: str
    power: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


def populations_agree(model: Estimate, reference: Estimate, scatter_ratio: float) -> Outcome:
    """Test whether populations agree, in value and in scatter (Fig 2; claims B1–B3 and R1).

    Parameters
    ----------
    model, reference : Estimate of shape (N,)
        Populations with their standard errors.
    scatter_ratio : float
        Standard deviation of a population from segment to segment, model over reference, for
        segments of equal length.

    Returns
    -------
    Outcome
        Its numbers are ``largest_z`` and ``scatter_ratio``.
    """
    z = np.abs(model.deviation_from(reference))
    combined = np.hypot(model.error, reference.error)
    scatters_alike = bool(1 / MAX_SCATTER_RATIO <= scatter_ratio <= MAX_SCATTER_RATIO)
    largest = deviation(z.max(), MAX_POPULATION_Z).lstrip("+")
    detectable = (MAX_POPULATION_Z + Z_FOR_90_PERCENT_POWER) * np.max(combined)
    return Outcome(
        bool(z.max() <= MAX_POPULATION_Z) and scatters_alike,
        f"largest deviation {largest} SE; scatter ratio {scatter_ratio:.2f}",
        f"a population off by {detectable:.2g}",
        {"largest_z": float(z.max()), "scatter_ratio": float(scatter_ratio)},
    )


class CurveComparison(NamedTuple):
    """How two sets of count curves compare: the numbers of :func:`curves_agree`."""

    share: float  #: Share of the judged points that agree
    drift: float  #: Their mean signed deviation, in combined standard errors
    points: int  #: How many points are judged
    detectable: float  #: An error of all counts by this share is found nine times in ten

    @property
    def agree(self) -> bool:
        """Whether the criterion holds."""
        return self.share >= MIN_AGREEING_SHARE and abs(self.drift) <= MAX_MEAN_Z


def has_enough_events(reference: Estimate) -> NDArray[np.bool_]:
    """Mark the transition counts of a reference that are judged: ``MIN_EVENTS`` or more."""
    return np.asarray(reference.value) * (reference.n or 1) >= MIN_EVENTS


def compare_curves(model: Estimate, reference: Estimate) -> CurveComparison:
    """Compare transition counts against commit time, point by point (Figs 3, 4, 6).

    Parameters
    ----------
    model, reference : Estimate of shape (commit times, N, N)
        Mean transition counts in segments of equal length; ``reference.n`` is their number.

    Raises
    ------
    ValueError
        If no point of the reference has enough transitions to be judged.
    """
    judged = has_enough_events(reference)
    if not judged.any():
        raise ValueError(
            f"reference: no commit time with {MIN_EVENTS} transitions; give a longer trajectory"
        )
    z = np.asarray(model.deviation_from(reference))[judged]
    combined = np.hypot(model.error, reference.error)[judged]
    counts = np.asarray(reference.value)[judged]
    signal = float(np.mean(counts[combined > 0] / combined[combined > 0]))
    share = float(np.mean(np.abs(z) <= MAX_POINT_Z))
    return CurveComparison(share, float(np.mean(z)), z.size, DETECTABLE_MEAN_Z / signal)


def curves_agree(model: Estimate, reference: Estimate) -> Outcome:
    """Test whether count curves agree (claims K1, K2, K5 and R2).

    Parameters, errors and the numbers of the outcome are those of :func:`compare_curves`.
    """
    found = compare_curves(model, reference)
    return Outcome(
        found.agree,
        f"{percent(found.share)} of {found.points} points within {MAX_POINT_Z:g} SE; "
        f"mean {found.drift:+.2f} SE",
        f"all counts off by {found.detectable:.1%}",
        found._asdict(),
    )


def combine(
    outcomes: Mapping[str, Outcome], passed: bool | None = None, separator: str = "; "
) -> Outcome:
    """Put several tests into one, which passes if all of them do.

    Parameters
    ----------
    outcomes : mapping of str to Outcome
        By name. The name comes before its words and before the names of its numbers.
    passed : bool, optional
        Whether the whole passes, if not by all of them.
    separator : str
        Between two tests, in words.
    """

    def words(which: str) -> str:
        return separator.join(
            f"{name}: {text}"
            for name, outcome in outcomes.items()
            if (text := getattr(outcome, which))
        )

    numbers = {
        f"{name}, {number}": value
        for name, outcome in outcomes.items()
        for number, value in outcome.numbers.items()
    }
    whole = all(outcome.passed for outcome in outcomes.values()) if passed is None else passed
    return Outcome(whole, words("measured"), words("power"), numbers)


def percent(share: float) -> str:
    """Write a share in whole percents, or with a decimal if it would look sufficient and is not."""
    missed_narrowly = share < MIN_AGREEING_SHARE <= round(share, 2)
    return f"{share:.1%}" if missed_narrowly else f"{share:.0%}"


def deviation(z: float, limit: float) -> str:
    """Write standard errors with one decimal, or with two if it would look allowed and is not."""
    missed_narrowly = round(abs(z), 1) <= limit < abs(z)
    return f"{z:+.2f}" if missed_narrowly else f"{z:+.1f}"
