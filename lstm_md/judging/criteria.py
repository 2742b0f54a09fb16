"""The criteria of the ledger: fixed before a run, and such that something fails them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.uncertainty import Estimate

WITHIN = 2.0  #: Combined standard errors in which two points of a curve agree
POPULATION_WITHIN = 3.0  #: The same for a population: few numbers, so a family-wise 1 in 100
SHARE = 0.9  #: Of the points of a curve that must agree
DRIFT = 1.0  #: Combined standard errors that the mean signed deviation may reach
SPREAD = 2.0  #: Factor within which the segments must scatter alike
EVENTS = 10  #: Transitions that a point needs in the reference for its error to mean anything
RARE = 1 / 3  #: Of the next rarer pair: what "much rarer" means
ALIKE = 1 / RARE  #: Factor within which all pairs are "similar": neither is much rarer
LINEAR = 0.15  #: How far from 1 the exponent of "proportional to" may be
WEAK = 2.0  #: Factor of the cost that 33 times as many of something may bring: a fifth root
FEW, MANY = 3, 100  #: Those 33 times: the fewest labels of the paper, and a grid of 10 by 10
SAME_EFFORT = 10.0  #: Factor between two "similar amounts of effort": one order of magnitude
SOON = 0.05  #: Of its last value: how near the held-back loss has come when most is learned
NINE_IN_TEN = 1.2816  #: Quantile of the normal distribution: caught 9 times out of 10
#: Mean deviation of count curves that is refused 9 times out of 10. The points of a curve move
#: together, so that the mean of all spreads by 0.2 to 0.4 standard errors, and the share of points
#: that agree refuses too: by repetition, in ``tests/judging/test_power.py``.
CURVES_TOLD = 1.3


@dataclass(frozen=True)
class Outcome:
    """Whether a criterion held, and the numbers that decided it."""

    passed: bool
    measured: str
    power: str = ""


def populations_agree(model: Estimate, reference: Estimate, spread_ratio: float) -> Outcome:
    """The criterion of B1–B3 and R1.

    Parameters
    ----------
    model, reference : Estimate of shape (N,)
        Populations with their standard errors.
    spread_ratio : float
        Standard deviation of a population from segment to segment, model over reference,
        for segments of equal length.
    """
    z = np.abs(model.deviation_from(reference))
    combined = np.hypot(model.error, reference.error)
    alike = bool(1 / SPREAD <= spread_ratio <= SPREAD)
    largest = deviation(z.max(), POPULATION_WITHIN).lstrip("+")
    return Outcome(
        bool(z.max() <= POPULATION_WITHIN) and alike,
        f"largest deviation {largest} SE; scatter ratio {spread_ratio:.2f}",
        f"a population off by {(POPULATION_WITHIN + NINE_IN_TEN) * np.max(combined):.2g}",
    )


class CurvesBeside(NamedTuple):
    """Two sets of count curves beside each other: what :func:`curves_agree` decides by."""

    share: float  #: Of the judged points that agree
    drift: float  #: Their mean signed deviation, in combined standard errors
    points: int  #: How many are judged
    told: float  #: The share by which all counts could be off unseen, one time in ten

    @property
    def agree(self) -> bool:
        """Whether the criterion holds."""
        return self.share >= SHARE and abs(self.drift) <= DRIFT


def enough(reference: Estimate) -> NDArray[np.bool_]:
    """Which transition counts of a reference are of ``EVENTS`` or more, so that they are judged."""
    return np.asarray(reference.value) * (reference.n or 1) >= EVENTS


def beside(model: Estimate, reference: Estimate) -> CurvesBeside:
    """The numbers of K1, K2, K5 and R2.

    Parameters
    ----------
    model, reference : Estimate of shape (commit times, N, N)
        Mean transition counts in segments of equal length; ``reference.n`` says of how many.

    Raises
    ------
    ValueError
        If no point of the reference has enough transitions to be judged.
    """
    judged = enough(reference)
    if not judged.any():
        raise ValueError(
            f"reference: no commit time with {EVENTS} transitions; give a longer trajectory"
        )
    z = np.asarray(model.deviation_from(reference))[judged]
    combined = np.hypot(model.error, reference.error)[judged]
    counts = np.asarray(reference.value)[judged]
    signal = float(np.mean(counts[combined > 0] / combined[combined > 0]))
    return CurvesBeside(
        float(np.mean(np.abs(z) <= WITHIN)), float(np.mean(z)), z.size, CURVES_TOLD / signal
    )


def curves_agree(model: Estimate, reference: Estimate) -> Outcome:
    """The criterion of K1, K2, K5 and R2; takes and raises what :func:`beside` does."""
    found = beside(model, reference)
    return Outcome(
        found.agree,
        f"{percent(found.share)} of {found.points} points within {WITHIN:g} SE; "
        f"mean {found.drift:+.2f} SE",
        f"all counts off by {found.told:.1%}",
    )


def grows_linearly(sizes: ArrayLike, seconds: ArrayLike) -> Outcome:
    """The criterion of C1: seconds ∝ size^e with e near 1.

    Parameters
    ----------
    sizes : array_like, shape (sizes,)
    seconds : array_like, shape (rounds, sizes)
        Every round measured all sizes.
    """
    size, spent = _rounds(sizes, seconds)
    slopes = np.polyfit(np.log(size), np.log(spent).T, 1)[0]
    exponent, error = np.median(slopes), np.std(slopes, ddof=1) / np.sqrt(slopes.size)
    return Outcome(
        bool(abs(exponent - 1) <= LINEAR),
        f"exponent {exponent:.2f} ± {error:.2f} from {size[0]:,.0f} to {size[-1]:,.0f}",
        f"an exponent of {1 - LINEAR - NINE_IN_TEN * error:.2f} "
        f"or {1 + LINEAR + NINE_IN_TEN * error:.2f}",
    )


def grows_weakly(sizes: ArrayLike, seconds: Mapping[str, ArrayLike]) -> Outcome:
    """The criterion of C2: the cost hardly grows while the size grows 33-fold, in every case.

    Parameters
    ----------
    sizes : array_like, shape (sizes,)
        Has a size, and one that is 33 times as large, within a tenth; the first pair is taken.
    seconds : mapping of str to array_like, shape (rounds, sizes)
        A name and the seconds for each case, such as each network; the worst decides.

    Raises
    ------
    ValueError
        If there is no such pair of sizes: a smaller step would prove less.
    """
    size = np.asarray(sizes, dtype=np.float64)
    pairs = [
        (low, high)
        for low in range(size.size)
        for high in range(low + 1, size.size)
        if abs(size[high] / size[low] * FEW / MANY - 1) <= 0.1
    ]
    if not pairs:
        raise ValueError(f"sizes: no pair is {MANY / FEW:.0f}-fold apart; measure such a pair")
    low, high = pairs[0]
    factors = {}
    for name, each in seconds.items():
        _, spent = _rounds(size, each)
        factors[name] = float(np.median(spent[:, high] / spent[:, low]))
    return Outcome(
        max(factors.values()) <= WEAK,
        f"from {size[low]:,.0f} to {size[high]:,.0f}: "
        + ", ".join(f"{factor:.2f}-fold ({name})" for name, factor in factors.items()),
    )


def efforts_alike(seconds: ArrayLike, others: ArrayLike) -> Outcome:
    """The criterion of C3: two total times within an order of magnitude, at every size.

    Parameters
    ----------
    seconds, others : array_like, shape (sizes,)
        Medians of the model's times and of those that it is compared with.
    """
    ratio = np.asarray(seconds, dtype=np.float64) / np.asarray(others, dtype=np.float64)
    low, high = float(ratio.min()), float(ratio.max())
    return Outcome(
        1 / SAME_EFFORT <= low and high <= SAME_EFFORT,
        f"{_plain(low)} to {_plain(high)} times the time",
    )


def learned_as_easily(time_ratios: Mapping[str, float], curves: Mapping[str, Outcome]) -> Outcome:
    """The criterion of C4: little more time until most is learned, and the same kinetics.

    Parameters
    ----------
    time_ratios : mapping of str to float
        For each two-dimensional series: seconds until the held-back loss stays near its last
        value, over those of the one-dimensional series; :func:`soon` counts the epochs.
    curves : mapping of str to Outcome
        For each, that of :func:`curves_agree` along the coordinate that both have.
    """
    return Outcome(
        max(time_ratios.values()) <= WEAK and all(outcome.passed for outcome in curves.values()),
        "; ".join(
            f"{name}: {ratio:.2f} times the time, {curves[name].measured}"
            for name, ratio in time_ratios.items()
        ),
        "; ".join(f"{name}: {outcome.power}" for name, outcome in curves.items()),
    )


def soon(validation_loss: ArrayLike) -> int:
    """Epochs after which the held-back loss stays within 5 % of its last value."""
    loss = np.asarray(validation_loss, dtype=np.float64)
    late = np.flatnonzero(np.abs(loss - loss[-1]) > SOON * abs(loss[-1]))
    return int(late[-1]) + 2 if late.size else 1


def percent(share: float) -> str:
    """Whole percents, unless these would show a share as enough that is not."""
    missed_narrowly = share < SHARE <= round(share, 2)
    return f"{share:.1%}" if missed_narrowly else f"{share:.0%}"


def deviation(z: float, within: float) -> str:
    """Standard errors with one decimal, unless it would show as allowed what is not."""
    missed_narrowly = round(abs(z), 1) <= within < abs(z)
    return f"{z:+.2f}" if missed_narrowly else f"{z:+.1f}"


def _plain(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2g}"


def _rounds(sizes: ArrayLike, seconds: ArrayLike) -> tuple[NDArray, NDArray]:
    size, spent = np.asarray(sizes, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    if spent.ndim != 2 or spent.shape[1] != size.size or len(spent) < 2 or size.size < 2:
        raise ValueError(
            f"seconds: expected shape (rounds, sizes) = (2 or more, {size.size}), two sizes or "
            f"more, found {spent.shape}; measure every size in every round"
        )
    return size, spent
