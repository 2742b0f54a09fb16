"""The rule for claims that are no count curves: numbers with intervals, between fixed limits.

Each claim comes down to numbers that must lie between limits, such as a ratio of two counts. A
number has a 90 % interval. The claim holds if the whole interval of every number lies between its
limits. It does not hold if the interval of a number lies outside. Otherwise it is undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from lstm_md.judging.calibrated import LEVEL
from lstm_md.judging.criteria import MIN_EVENTS, Z_FOR_90_PERCENT_POWER
from lstm_md.judging.decision import (
    CANNOT_BE_TESTED,
    CONFIDENCE,
    DOES_NOT_HOLD,
    EVEN_CHANCE,
    HOLDS,
    NOT_DIAGNOSTIC,
    UNDECIDED,
)
from lstm_md.judging.null_sample import HALF
from reproduction.common.answers import Answer

Floats = NDArray[np.float64]
Words = Callable[[float], str]

#: Said where independent simulations fail, so that no stricter answer is given.
NO_STRICTER = "cannot be tested with the stricter commit time"


class Number(NamedTuple):
    """A number with the variance of its error, and the degrees of freedom of that variance."""

    value: float
    variance: float
    freedom: float

    def with_errors(self, *errors: Number) -> Number:
        """Add independent errors to the one of this number; the freedom is Welch's."""
        parts = [(self.variance, self.freedom), *((e.variance, e.freedom) for e in errors)]
        total = sum(variance for variance, _ in parts)
        needed = sum(variance**2 / freedom for variance, freedom in parts)
        return Number(self.value, total, total**2 / needed if needed else np.inf)


def log_ratio(above: ArrayLike, below: ArrayLike, share: float = 1.0) -> Number:
    """Compute the logarithm of a ratio of two counts, with its error over segments or trainings.

    Both counts are sums over the same units, so their common scatter drops out of the ratio. A
    half is added to each sum, so that a count of 0 has a logarithm. A sum of fewer than
    ``MIN_EVENTS`` events hardly shows its scatter. Its variance is then at least that of
    independent events.

    Parameters
    ----------
    above, below : array_like, shape (units,)
        The counts in each unit: a segment, or what one training generated. All are equally long.
    share : float
        Of the length of all units together. The counts and the error are those of data of this
        length, such as a tenth of a long simulation.

    Returns
    -------
    Number
        One unit alone shows no error. Its variance is 0.
    """
    one, other = (np.asarray(counts, np.float64) for counts in (above, below))
    sums = share * one.sum() + HALF, share * other.sum() + HALF
    value = float(np.log(sums[0] / sums[1]))
    if one.size < 2:
        return Number(value, 0.0, np.inf)
    parts = one / sums[0] - other / sums[1]
    variance = float(share * one.size * parts.var(ddof=1))
    if min(sums) < MIN_EVENTS + HALF:
        variance = max(variance, 1 / sums[0] + 1 / sums[1])
    return Number(value, variance, one.size - 1)


def log_count(counts: ArrayLike) -> Number:
    """Compute the logarithm of a count, with its error over segments or trainings.

    The half and the variance of rare events are those of :func:`log_ratio`.

    Parameters
    ----------
    counts : array_like, shape (units,)
    """
    array = np.asarray(counts, np.float64)
    total = array.sum() + HALF
    if array.size < 2:
        return Number(float(np.log(total)), 0.0, np.inf)
    variance = float(array.size * array.var(ddof=1) / total**2)
    if total < MIN_EVENTS + HALF:
        variance = max(variance, 1 / total)
    return Number(float(np.log(total)), variance, array.size - 1)


def mean_of(values: ArrayLike) -> Number:
    """Compute a mean over independent values, at least two of them."""
    array = np.asarray(values, np.float64)
    return Number(float(array.mean()), float(array.var(ddof=1) / array.size), array.size - 1)


def ratio_words(logarithm: float) -> str:
    """Write a ratio, given its logarithm, as a person would.

    >>> [ratio_words(np.log(x)) for x in (123.4, 1.234, 0.0123, 1e-9)]
    ['123', '1.23', '0.012', 'less than 0.001']
    """
    if logarithm > np.log(1e6):
        return "more than 1,000,000"
    ratio = float(np.exp(logarithm))
    if ratio < 0.001:
        return "less than 0.001"
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.3f}"


@dataclass(frozen=True)
class Limited:
    """A number that must lie between two limits.

    Attributes
    ----------
    name : str
        What the number is, as it is shown.
    number : Number
    low, high : float
        The limits; infinite if there is none.
    words : callable
        Writes a value; the exponential of it if left out, because most numbers are logarithms.
    """

    name: str
    number: Number
    low: float = -np.inf
    high: float = np.inf
    words: Words = ratio_words

    @property
    def half(self) -> float:
        """Half the width of the 90 % interval."""
        quantile = float(stats.t.ppf((1 + CONFIDENCE) / 2, self.number.freedom))
        return quantile * float(np.sqrt(self.number.variance))

    @property
    def room(self) -> float:
        """How far the value is from the nearer limit; negative if it is outside."""
        return min(self.number.value - self.low, self.high - self.number.value)

    @property
    def inside(self) -> bool:
        """Whether the whole interval lies between the limits."""
        return self.half < self.room

    @property
    def p_value(self) -> float:
        """The chance of a value so far outside, or farther, if the true one is at the limit."""
        if not self.number.variance:
            return float(self.room >= 0)
        return float(stats.t.sf(-self.room / np.sqrt(self.number.variance), self.number.freedom))

    @property
    def tightness(self) -> float:
        """How near the end of the interval comes to the limit; above 0 if it is not inside."""
        return self.half - self.room

    def until_decided(self, level: float) -> float:
        """Return about how many times as much data would show on which side of a limit it is.

        ``level`` is that of the one-sided test which refuses a value outside.
        """
        if self.room > 0:
            return (self.half / self.room) ** 2
        error = float(np.sqrt(self.number.variance))
        needed = float(stats.t.isf(level, self.number.freedom)) * error
        return (needed / self.room) ** 2 if self.room else np.inf

    def __str__(self) -> str:
        value, half = self.number.value, self.half
        ends = f"{self.words(value - half)} to {self.words(value + half)}"
        return f"{self.name} {self.words(value)} ({ends})"


@dataclass(frozen=True)
class Ruling:
    """What the rule says of a claim.

    Attributes
    ----------
    outcome : {"holds", "does not hold", "undecided"}
    number : str
        The number that decided, with its interval, in words.
    p_value : float
        Of the test that the claim is true.
    more_data : float
        Of an undecided claim: about so many times as much data would decide.
    power : str
        What would be refused nine times in ten, in words.
    """

    outcome: str
    number: str
    p_value: float = 1.0
    more_data: float = 1.0
    power: str = ""

    @property
    def holds(self) -> bool:
        """Whether the claim holds."""
        return self.outcome == HOLDS


def rule(parts: Sequence[Limited], nothing: str = "no case") -> Ruling:
    """Decide a claim that consists of numbers between limits.

    The claim holds if every interval is inside. It does not hold if one is outside: with n
    numbers, its one-sided test must reject at 5 % / n, so that a true claim is refused in at most
    5 of 100 cases. For one number this is the same as a 90 % interval outside the limits.

    Parameters
    ----------
    parts : sequence of Limited
        Nothing is decided if it is empty.
    nothing : str
        What the answer says then.
    """
    if not parts:
        return Ruling(UNDECIDED, nothing, more_data=np.inf)
    level = LEVEL / len(parts)
    outside = min(parts, key=lambda part: (part.p_value, part.room))
    p_value = min(1.0, outside.p_value * len(parts))
    tightest = max(parts, key=lambda part: part.tightness)
    if p_value <= LEVEL:
        return Ruling(DOES_NOT_HOLD, str(outside), p_value, power=_refused(outside, level))
    if tightest.inside:
        return Ruling(HOLDS, str(tightest), p_value, power=_refused(tightest, level))
    beyond = [part.until_decided(level) for part in parts if part.room <= 0]
    open_ones = [part.until_decided(level) for part in parts if not part.inside]
    more = min(beyond) if beyond else max(open_ones)
    return Ruling(UNDECIDED, str(tightest), p_value, more, _refused(tightest, level))


def rule_of_share(successes: int, n: int, name: str, of: str, limit: float = 0.5) -> Ruling:
    """Decide whether more than a share of all trainings succeed, by the exact binomial interval.

    Parameters
    ----------
    successes, n : int
        How many of the ``n`` trainings succeed.
    name, of : str
        What is counted, and of what, such as "follow" and "trainings".
    limit : float
        The share.

    Returns
    -------
    Ruling
        It holds if the 90 % interval of Clopper and Pearson (Biometrika 26, 404, 1934) lies above
        the limit, and does not hold if it lies below. ``more_data`` is about more trainings.
    """
    tail = (1 - CONFIDENCE) / 2
    low = float(stats.beta.ppf(tail, successes, n - successes + 1)) if successes else 0.0
    high = float(stats.beta.isf(tail, successes + 1, n - successes)) if successes < n else 1.0
    share = successes / n
    number = f"{name} {successes} of {n} {of} ({100 * low:.0f} to {100 * high:.0f} %)"
    p_value = float(stats.binom.cdf(successes, n, limit))
    power = _refused_share(n, limit)
    if low > limit:
        return Ruling(HOLDS, number, p_value, power=power)
    if high < limit:
        return Ruling(DOES_NOT_HOLD, number, p_value, power=power)
    half = share - low if share > limit else high - share
    more = (half / (share - limit)) ** 2 if share != limit else np.inf
    return Ruling(UNDECIDED, number, p_value, more, power)


def best(rulings: Iterable[Ruling]) -> Ruling:
    """Return the ruling that is best for a claim: of a control that must not hold anywhere."""
    order = (HOLDS, UNDECIDED, DOES_NOT_HOLD)
    return min(rulings, key=lambda ruling: order.index(ruling.outcome))


def can_be_tested(simulations: Sequence[Ruling]) -> bool:
    """Tell whether at least half of the independent simulations, as long as the data, hold."""
    return bool(np.mean([each.holds for each in simulations]) >= EVEN_CHANCE)


def answered(
    claim: str,
    method: str,
    ruling: Ruling,
    *,
    controls: Mapping[str, Ruling],
    testable: bool,
    stricter: Ruling | None = None,
    **more: Any,
) -> Answer:
    """Make an answer of a ruling.

    Parameters
    ----------
    claim, method : str
    ruling : Ruling
    controls : mapping of str to Ruling
        By the same rule. If one holds, the answer is not diagnostic.
    testable : bool
        Whether independent simulations as long as the data hold by the same rule.
    stricter : Ruling, optional
        With the stricter definition of the commit time, if it can be tested by it.
    more
        Other attributes of :class:`Answer`, ``records`` among them.
    """
    marks: tuple[str, ...] = () if testable else (CANNOT_BE_TESTED,)
    if any(control.holds for control in controls.values()):
        marks += (NOT_DIAGNOSTIC,)
    return Answer(
        claim,
        method,
        ruling.outcome,
        ruling.number,
        p_value=ruling.p_value,
        if_not_rejected=UNDECIDED if ruling.outcome == DOES_NOT_HOLD else ruling.outcome,
        more_data=ruling.more_data,
        marks=marks,
        controls={name: control.outcome for name, control in controls.items()},
        stricter=stricter.outcome if stricter else "",
        power=ruling.power,
        **more,
    )


def _refused(part: Limited, level: float) -> str:
    """The true value that the rule refuses nine times in ten."""
    freedom, error = part.number.freedom, float(np.sqrt(part.number.variance))
    beyond = (float(stats.t.isf(level, freedom)) + Z_FOR_90_PERCENT_POWER) * error
    value = part.high + beyond if np.isfinite(part.high) else part.low - beyond
    return f"{part.name} {part.words(value)}"


def _refused_share(n: int, limit: float) -> str:
    """The true share that the rule refuses nine times in ten."""
    refused = [k for k in range(n + 1) if stats.binom.cdf(k, n, limit) < (1 - CONFIDENCE) / 2]
    if not refused:
        return ""
    # The largest share whose count is so small nine times in ten.
    share = stats.beta.isf(0.9, max(refused) + 1, n - max(refused))
    return f"a true share of {100 * share:.0f} %"
