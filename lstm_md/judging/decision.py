"""Decide a claim: holds, does not hold, or undecided, with a margin that was fixed before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lstm_md._support.checks import as_array, instance, listed, number_array, real_number
from lstm_md.judging.calibrated import LEVEL, RatioTest

MARGIN = 1.25  #: Rates that differ by less than this factor, up or down, count as equal
#: Confidence level of the interval that must lie inside the margin: two one-sided tests at 5 %
CONFIDENCE = 0.90
#: A rate can be tested if an independent simulation lies inside the margin at least this often
EVEN_CHANCE = 0.5
HOLDS, DOES_NOT_HOLD, UNDECIDED = "holds", "does not hold", "undecided"
NOT_DIAGNOSTIC = "not diagnostic"  #: The claim also holds for a control
CANNOT_BE_TESTED = "cannot be tested here"  #: With this amount of data, no rate can be tested
#: If more than this many times the data is needed, no realistic amount of data decides the claim
MOST_DATA = 1000.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """The verdict on one claim.

    Attributes
    ----------
    outcome : {"holds", "does not hold", "undecided"}
    p_value : float
        p-value of the test of the whole curve, after Holm's correction if one was made.
    worst : str
        The name of the rate that decided.
    ratio : (float, float, float)
        Model over data for that rate: the estimate and the ends of its 90 % interval.
    more_data : float
        For an undecided claim: about how many times as much data, and as many trainings, would
        decide it. It is infinite if no amount would, and 1 for other claims.
    untestable : tuple of str
        Rates for which even an independent simulation would fail more often than not. They take
        part in the test of the curve, but they need not be inside the margin.
    marks : tuple of str
        ``NOT_DIAGNOSTIC``, ``CANNOT_BE_TESTED``, or nothing.
    p_deciding : float, optional
        p-value of the points at which a deviation counts, without Holm's correction. ``p_value``
        may be small because of other points. None if all points count, or if the test did not
        keep its repetitions.
    counts : (float, float), optional
        Two counts of the rate that decided: the mean count of the model, scaled to the length of
        the data, and the count of the data.
    """

    outcome: str
    p_value: float
    worst: str
    ratio: tuple[float, float, float]
    more_data: float = 1.0
    untestable: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    p_deciding: float | None = None
    counts: tuple[float, float] | None = None

    def measured(self, against: str = "the data") -> str:
        """Return the rate that decided and its ratio, in words.

        If one count is zero, the text gives the two counts and not the ratio.

        Parameters
        ----------
        against : str
            What the model is compared with.
        """
        estimate, low, high = self.ratio
        if self.counts is not None and self.counts[1] == 0:
            return f"{self.worst}: {self.counts[0]:.1f} counts, none in {against}"
        if self.counts is not None and self.counts[0] == 0:
            return f"{self.worst}: no counts, {self.counts[1]:.1f} in {against}"
        return f"{self.worst}: {estimate:.2f} times {against} ({low:.2f} to {high:.2f})"

    def __str__(self) -> str:
        words = [f"{self.outcome}: {self.measured()}", f"p {self.p_value:.2g}"]
        if self.outcome == UNDECIDED and 1 < self.more_data < np.inf:
            words.append(more_data_in_words(self.more_data))
        if self.untestable:
            words.append(f"too rare to test: {', '.join(self.untestable)}")
        return "; ".join([*words, *self.marks])


def more_data_in_words(times: float) -> str:
    """Say how much data would decide an undecided claim; empty if it needs no more data.

    Parameters
    ----------
    times : float
        As :attr:`Decision.more_data`; infinity if more data alone would not decide.

    Raises
    ------
    TypeError, ValueError
        If it is no number, or below 1.

    Examples
    --------
    >>> more_data_in_words(12.3)
    'about 12 times as much data would decide'
    >>> more_data_in_words(83_000)
    'no realistic amount of data would decide (more than 1,000 times as much)'
    """
    if isinstance(times, float) and times == np.inf:
        return "more data alone would not decide"
    times = real_number(times, "times", minimum=1)
    if times == 1:
        return ""
    if times > MOST_DATA:
        return (
            f"no realistic amount of data would decide (more than {MOST_DATA:,.0f} times as much)"
        )
    rounded = f"{float(f'{times:.2g}'):,.0f}" if times >= 10 else f"{times:.2g}"
    return f"about {rounded} times as much data would decide"


def decide(
    test: RatioTest,
    names: Sequence[str],
    rates: ArrayLike,
    *,
    curve: ArrayLike | None = None,
    of_process: bool = False,
    p_value: float | None = None,
    controls: Mapping[str, Decision] | None = None,
) -> Decision:
    """Decide a claim from the test of its curve and the margin of its rates.

    *Does not hold*: the test of the curve rejects, and at least one point of the curve deviates
    significantly and lies outside the margin. *Holds*: otherwise, if the interval of every
    testable rate is inside the margin. This is an intersection of equivalence tests, each at 5 %,
    and needs no correction for their number. *Undecided*: neither. If no rate can be tested, the
    claim is undecided, unless it does not hold. Either way, it gets the mark "cannot be tested
    here".

    Parameters
    ----------
    test : RatioTest
        The test of the curve.
    names : sequence of str
        The name of each point.
    rates : array_like of bool, shape (points,)
        The points that are rates: each pair at the commit time that was fixed before.
    curve : array_like of bool, shape (points,), optional
        The points at which a deviation counts: those at the commit time that was fixed before,
        and at longer ones. All points if left out.
    of_process : bool
        True: compare with the process; the error of the data is included. False: compare with
        the data themselves; they have no error.
    p_value : float, optional
        p-value of the curve, after :func:`holm`; that of the test if left out.
    controls : mapping of str to Decision, optional
        Decisions on the controls, by the same rule. If one of them holds, the decision gets the
        mark "not diagnostic".

    Returns
    -------
    Decision

    Raises
    ------
    TypeError, ValueError
        If the shapes do not fit, or no point is a rate.
    """
    instance(test, RatioTest, "test", "make one with ratio_test()")
    instance(of_process, bool, "of_process", "give True or False")
    names = listed(names, "names", "give the name of each point")
    controls = {} if controls is None else instance(controls, Mapping, "controls", "give a dict")
    for name, control in controls.items():
        instance(control, Decision, f"controls[{name!r}]", "make one with decide()")
    size = test.log_ratio.size
    is_rate = _mask(rates, "rates", size)
    counts_here = np.ones(size, bool) if curve is None else _mask(curve, "curve", size)
    if len(names) != size or not is_rate.any():
        raise ValueError(
            f"names, rates: expected {size} names and at least one rate, found {len(names)} and "
            f"{is_rate.sum()}; name each point, and mark each pair at its commit time"
        )
    p = test.p_value if p_value is None else real_number(p_value, "p_value", minimum=0.0)
    margin, estimate = np.log(MARGIN), test.log_ratio
    half = _half_width(test, of_process)
    outside = np.abs(estimate) > margin
    significant = (np.abs(test.score) > test.critical) & outside & counts_here
    testable = is_rate & is_testable(test.data_variance)
    inside = np.abs(estimate) + half < margin
    more = 1.0
    if p <= LEVEL and significant.any():
        outcome, asked = DOES_NOT_HOLD, significant
    elif testable.any() and inside[testable].all():
        outcome, asked = HOLDS, testable
    else:
        outcome, asked = UNDECIDED, testable if testable.any() else is_rate
        more = _times_more(test, half, asked & ~inside, is_rate)
    at = int(np.argmax(np.where(asked, np.abs(estimate) + half, -1.0)))
    low, middle, high = np.exp(estimate[at] + half[at] * np.array([-1, 0, 1]))
    marks: tuple[str, ...] = () if testable.any() else (CANNOT_BE_TESTED,)
    if any(control.outcome == HOLDS for control in controls.values()):
        marks += (NOT_DIAGNOSTIC,)
    rare = tuple(name for name, yes in zip(names, is_rate & ~testable) if yes)
    ratio = float(middle), float(low), float(high)
    counts = None
    if test.model is not None and test.data is not None:
        counts = float(test.model[at]), float(test.data[at])
    some = counts_here.any() and not counts_here.all()
    deciding = test.p_value_of(counts_here) if some else None
    return Decision(outcome, p, names[at], ratio, more, rare, marks, deciding, counts)


def is_testable(data_variance: ArrayLike) -> NDArray[np.bool_]:
    """Mark the rates that can be tested, from the variance of the log counts of the data.

    A rate can be tested if an independent simulation as long as the data lies inside the margin
    at least half of the time. A rate needs about ten independent events for this.

    Examples
    --------
    >>> is_testable([0.3**2, 0.4**2]).tolist()
    [True, False]
    """
    error = np.sqrt(number_array(data_variance, "data_variance"))
    with np.errstate(divide="ignore"):
        return 2 * stats.norm.cdf(np.log(MARGIN) / error) - 1 >= EVEN_CHANCE


def growth_until_testable(data_variance: ArrayLike) -> float:
    """Compute about how many times as long data must be until the first rate can be tested.

    Parameters
    ----------
    data_variance : array_like, shape (rates,)
        As for :func:`is_testable`.

    Raises
    ------
    TypeError, ValueError
        If they are no numbers, or there is no rate.

    Examples
    --------
    >>> round(growth_until_testable([0.4**2, 0.6**2]), 1)
    1.5
    """
    variances = number_array(data_variance, "data_variance")
    if not variances.size:
        raise ValueError("data_variance: expected at least one rate, found none; give its variance")
    needed = -stats.norm.ppf((1 - EVEN_CHANCE) / 2) / np.log(MARGIN)
    return float(variances.min() * needed**2)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Correct the p-values of a family of claims by the method of Holm.

    (Scand. J. Stat. 6, 65, 1979.) Reject each claim whose corrected p is at most 5 %. Then a true
    claim is rejected in at most 5 of 100 families.

    Examples
    --------
    >>> holm({"K1": 0.01, "K2": 0.04, "K3": 0.03})
    {'K1': 0.03, 'K2': 0.06, 'K3': 0.06}
    """
    instance(p_values, Mapping, "p_values", "give a dict of p-values by claim")
    corrected, largest = {}, 0.0
    for rank, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        p = real_number(p_values[name], f"p_values[{name!r}]", minimum=0.0)
        largest = max(largest, min(1.0, (len(p_values) - rank) * p))
        corrected[name] = largest
    return {name: corrected[name] for name in p_values}


def _mask(given: ArrayLike, name: str, size: int) -> NDArray[np.bool_]:
    mask = as_array(given, name)
    if mask.shape != (size,) or mask.dtype != bool:
        raise ValueError(
            f"{name}: expected {size} values True or False, found shape {mask.shape} of "
            f"{mask.dtype}; give one for each point"
        )
    return mask


def _half_width(test: RatioTest, of_process: bool) -> Floats:
    """Half the width of the 90 % interval of each log ratio, by Student's t (Welch's freedom)."""
    between = np.maximum(test.training_error**2, 1e-12)
    variance = between + (test.data_variance if of_process else 0.0)
    freedom = variance**2 * (test.n_trainings - 1) / between**2
    return stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * np.sqrt(variance)


def _times_more(
    test: RatioTest, half: Floats, open_rates: NDArray[np.bool_], is_rate: NDArray[np.bool_]
) -> float:
    """How many times the data must grow until each open rate is inside the margin or significant.

    If no rate can be tested, it is the growth until the first one can be.
    """
    margin = np.log(MARGIN)
    if not (is_rate & is_testable(test.data_variance)).any():
        return growth_until_testable(test.data_variance[is_rate])
    distance = np.abs(test.log_ratio)[open_rates]
    with np.errstate(divide="ignore", invalid="ignore"):
        until_inside = half[open_rates] / (margin - distance)
        until_significant = test.critical / np.abs(test.score[open_rates])
    return float(np.max(np.where(distance < margin, until_inside, until_significant) ** 2))
