"""The criteria of C1–C4: how the cost of a training grows, and how it compares."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.judging.criteria import Z_FOR_90_PERCENT_POWER, Outcome

MAX_EXPONENT_DEVIATION = 0.15  #: How far from 1 the exponent of "proportional to" may be
FEWEST_LABELS, MOST_LABELS = 3, 100  #: 33 times as many: the paper's fewest, and a 10 by 10 grid
MAX_COST_RATIO = 2.0  #: Factor of the cost that these 33 times may bring: their fifth root
MAX_EFFORT_RATIO = 10.0  #: Factor between two "similar amounts of effort": an order of magnitude
CONVERGENCE_MARGIN = 0.05  #: Share of its last value within which the validation loss must stay


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
        bool(abs(exponent - 1) <= MAX_EXPONENT_DEVIATION),
        f"exponent {exponent:.2f} ± {error:.2f} from {size[0]:,.0f} to {size[-1]:,.0f}",
        f"an exponent of {1 - MAX_EXPONENT_DEVIATION - Z_FOR_90_PERCENT_POWER * error:.2f} "
        f"or {1 + MAX_EXPONENT_DEVIATION + Z_FOR_90_PERCENT_POWER * error:.2f}",
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
        if abs(size[high] / size[low] * FEWEST_LABELS / MOST_LABELS - 1) <= 0.1
    ]
    if not pairs:
        raise ValueError(
            f"sizes: no pair is {MOST_LABELS / FEWEST_LABELS:.0f}-fold apart; measure such a pair"
        )
    low, high = pairs[0]
    factors = {}
    for name, each in seconds.items():
        _, spent = _rounds(size, each)
        factors[name] = float(np.median(spent[:, high] / spent[:, low]))
    return Outcome(
        max(factors.values()) <= MAX_COST_RATIO,
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
        1 / MAX_EFFORT_RATIO <= low and high <= MAX_EFFORT_RATIO,
        f"{_plain(low)} to {_plain(high)} times the time",
    )


def learned_as_easily(time_ratios: Mapping[str, float], curves: Mapping[str, Outcome]) -> Outcome:
    """The criterion of C4: little more time until most is learned, and the same kinetics.

    Parameters
    ----------
    time_ratios : mapping of str to float
        For each two-dimensional series: seconds until the held-back loss stays near its last
        value, over those of the one-dimensional series; :func:`epochs_to_converge` counts the epochs.
    curves : mapping of str to Outcome
        For each, that of :func:`curves_agree` along the coordinate that both have.
    """
    return Outcome(
        max(time_ratios.values()) <= MAX_COST_RATIO
        and all(outcome.passed for outcome in curves.values()),
        "; ".join(
            f"{name}: {ratio:.2f} times the time, {curves[name].measured}"
            for name, ratio in time_ratios.items()
        ),
        "; ".join(f"{name}: {outcome.power}" for name, outcome in curves.items()),
    )


def epochs_to_converge(validation_loss: ArrayLike) -> int:
    """Epochs after which the held-back loss stays within 5 % of its last value."""
    loss = np.asarray(validation_loss, dtype=np.float64)
    late = np.flatnonzero(np.abs(loss - loss[-1]) > CONVERGENCE_MARGIN * abs(loss[-1]))
    return int(late[-1]) + 2 if late.size else 1


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
