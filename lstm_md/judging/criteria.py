"""Criteria for populations and count curves. They are fixed before a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import instance, real_number
from lstm_md.analysis.uncertainty import Estimate

MAX_POINT_Z = 2.0  #: A point agrees if it deviates by at most this many standard errors
#: A population agrees if it deviates by at most this many standard errors, so that a correct model
#: passes about 99 times in 100
MAX_POPULATION_Z = 3.0
MIN_AGREEING_SHARE = 0.9  #: At least this share of the points of a curve must agree
MAX_MEAN_Z = 1.0  #: The mean signed deviation of a curve may be at most this, in standard errors
#: The scatter of the segments of model and reference may differ by at most this factor
MAX_SCATTER_RATIO = 2.0
MIN_EVENTS = 10  #: Smallest number of transitions in the reference that gives a reliable error
#: A pair is "much rarer" if it is below this share of the next pair in the order of rarity
MAX_RARE_RATIO = 1 / 3
MAX_SIMILAR_RATIO = 3.0  #: Two pairs are "similar" if their ratio is at most this
Z_FOR_90_PERCENT_POWER = 1.2816  #: A standard normal number is below this 9 times in 10
#: Mean deviation of count curves that is detected 9 times in 10, in standard errors
DETECTABLE_MEAN_Z = 1.3
# Repetitions gave the last number (tests/judging/test_power.py). The points of a curve are
# correlated, so the mean over all points has a standard deviation of 0.2 to 0.4.


@dataclass(frozen=True)
class Outcome:
    """The result of one test: whether the criterion held, and the numbers that decided.

    Attributes
    ----------
    passed : bool
    measured : str
        The numbers in words, for a table.
    power : str
        The deviation that the test detects nine times in ten, in words.
    numbers : mapping of str to float
        The same numbers, for code.
    """

    passed: bool
    measured: str
    power: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)


def populations_agree(model: Estimate, reference: Estimate, scatter_ratio: float) -> Outcome:
    """Test whether populations agree, in value and in scatter (Fig 2).

    The test passes if every population deviates by at most ``MAX_POPULATION_Z`` combined standard
    errors, and the scatter ratio is between 1/2 and 2 (``MAX_SCATTER_RATIO``).

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
        Its numbers are ``largest_z``, ``scatter_ratio`` and ``detectable``. The last is the error
        of a population that is detected nine times in ten. It is absolute, and populations are
        between 0 and 1.
    """
    z = np.abs(_estimate(model, "model").deviation_from(_estimate(reference, "reference")))
    scatter_ratio = real_number(scatter_ratio, "scatter_ratio", minimum=0.0)
    combined = np.hypot(model.error, reference.error)
    scatters_alike = bool(1 / MAX_SCATTER_RATIO <= scatter_ratio <= MAX_SCATTER_RATIO)
    largest = deviation(z.max(), MAX_POPULATION_Z).lstrip("+")
    detectable = (MAX_POPULATION_Z + Z_FOR_90_PERCENT_POWER) * np.max(combined)
    return Outcome(
        bool(z.max() <= MAX_POPULATION_Z) and scatters_alike,
        f"largest deviation {largest} SE; scatter ratio {scatter_ratio:.2f}",
        f"a population off by {detectable:.2g}",
        {
            "largest_z": float(z.max()),
            "scatter_ratio": float(scatter_ratio),
            "detectable": float(detectable),
        },
    )


class CurveComparison(NamedTuple):
    """The numbers by which :func:`curves_agree` compares two sets of count curves."""

    share: float  #: Share of the judged points that agree
    drift: float  #: Mean signed deviation of the judged points, in combined standard errors
    points: int  #: Number of judged points
    detectable: float  #: Relative error of all counts that is detected nine times in ten

    @property
    def agree(self) -> bool:
        """Whether the curves meet the criterion."""
        return self.share >= MIN_AGREEING_SHARE and abs(self.drift) <= MAX_MEAN_Z


def has_enough_events(reference: Estimate) -> NDArray[np.bool_]:
    """Mark the counts that are judged: those with ``MIN_EVENTS`` or more over all segments."""
    reference = _estimate(reference, "reference")
    return np.asarray(reference.value) * (reference.n or 1) >= MIN_EVENTS


def compare_curves(model: Estimate, reference: Estimate) -> CurveComparison:
    """Compare transition counts against commit time, point by point (Figs 3, 4, 6).

    Parameters
    ----------
    model, reference : Estimate of shape (commit times, N, N)
        Mean transition counts in segments of equal length. ``reference.n`` is the number of
        segments.

    Returns
    -------
    CurveComparison
        Points at which the reference has fewer than ``MIN_EVENTS`` transitions are not judged.

    Raises
    ------
    ValueError
        If no point of the reference has enough transitions.
    """
    model, judged = _estimate(model, "model"), has_enough_events(reference)
    if np.shape(model.value) != np.shape(reference.value):
        raise ValueError(
            f"model: expected shape {np.shape(reference.value)} as the reference, found "
            f"{np.shape(model.value)}; count the same labels at the same commit times"
        )
    if not judged.any():
        raise ValueError(
            f"reference: found no commit time with {MIN_EVENTS} transitions; give a longer "
            f"trajectory"
        )
    z = np.asarray(model.deviation_from(reference))[judged]
    combined = np.hypot(model.error, reference.error)[judged]
    uncertain = combined > 0
    # Without any error, every difference is detected.
    detectable = 0.0
    if uncertain.any():
        counts = np.asarray(reference.value)[judged]
        detectable = DETECTABLE_MEAN_Z / float(np.mean(counts[uncertain] / combined[uncertain]))
    share = float(np.mean(np.abs(z) <= MAX_POINT_Z))
    return CurveComparison(share, float(np.mean(z)), z.size, detectable)


def curves_agree(model: Estimate, reference: Estimate) -> Outcome:
    """Test whether count curves agree (Figs 3, 4, 6).

    A share of ``MIN_AGREEING_SHARE`` of the judged points must lie within ``MAX_POINT_Z`` standard
    errors, and their mean signed deviation within ``MAX_MEAN_Z``. Parameters and errors are those
    of :func:`compare_curves`. The numbers of the outcome are those of :class:`CurveComparison`.
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
    """Combine several tests into one, which passes if all of them pass.

    Parameters
    ----------
    outcomes : mapping of str to Outcome
        The tests by name. The name precedes the words of each test, and the names of its numbers.
    passed : bool, optional
        If another rule decides, give its result. If left out, all tests must pass.
    separator : str
        Stands between the words of two tests.

    Raises
    ------
    ValueError
        If there is no test.

    Examples
    --------
    >>> along_x = Outcome(True, "0.1 SE", numbers={"z": 0.1})
    >>> both = combine({"x": along_x, "y": Outcome(False, "9 SE", numbers={"z": 9.0})})
    >>> both.passed, both.measured, both.numbers
    (False, 'x: 0.1 SE; y: 9 SE', {'x, z': 0.1, 'y, z': 9.0})
    """
    instance(outcomes, Mapping, "outcomes", "give a dict of tests by name")
    if not outcomes:
        raise ValueError("outcomes: found none; give at least one test")
    for name, test in outcomes.items():
        instance(test, Outcome, f"outcomes[{name!r}]", "make one with Outcome(passed, measured)")

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
    if passed is None:
        passed = all(outcome.passed for outcome in outcomes.values())
    return Outcome(passed, words("measured"), words("power"), numbers)


def _estimate(given: Any, name: str) -> Estimate:
    return instance(given, Estimate, name, "make one with Estimate(value, error)")


def percent(share: float) -> str:
    """Write a share in whole percents.

    Write one more digit if rounding would turn a failed share into a passed one.
    """
    missed_narrowly = share < MIN_AGREEING_SHARE <= round(share, 2)
    return f"{share:.1%}" if missed_narrowly else f"{share:.0%}"


def deviation(z: float, limit: float) -> str:
    """Write a deviation in standard errors, with its sign and one decimal.

    Write one more digit if rounding would turn a failed deviation into a passed one.
    """
    missed_narrowly = round(abs(z), 1) <= limit < abs(z)
    return f"{z:+.2f}" if missed_narrowly else f"{z:+.1f}"
