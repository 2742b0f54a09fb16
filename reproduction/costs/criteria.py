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
    """Test whether a time is proportional to a size (C1): seconds ∝ size^e with e near 1.

    Parameters
    ----------
    sizes : array_like, shape (sizes,)
    seconds : array_like, shape (rounds, sizes)
        Every round measured all sizes.

    Returns
    -------
    Outcome
        Its numbers are ``exponent`` and its ``error``.

    Raises
    ------
    ValueError
        If there are fewer than two rounds or sizes, or the shapes do not fit.
    """
    size, spent = _checked(sizes, seconds)
    slopes = np.polyfit(np.log(size), np.log(spent).T, 1)[0]
    exponent, error = np.median(slopes), np.std(slopes, ddof=1) / np.sqrt(slopes.size)
    return Outcome(
        bool(abs(exponent - 1) <= MAX_EXPONENT_DEVIATION),
        f"exponent {exponent:.2f} ± {error:.2f} from {size[0]:,.0f} to {size[-1]:,.0f}",
        f"an exponent of {1 - MAX_EXPONENT_DEVIATION - Z_FOR_90_PERCENT_POWER * error:.2f} "
        f"or {1 + MAX_EXPONENT_DEVIATION + Z_FOR_90_PERCENT_POWER * error:.2f}",
        {"exponent": float(exponent), "error": float(error)},
    )


def grows_weakly(sizes: ArrayLike, seconds: Mapping[str, ArrayLike]) -> Outcome:
    """Test whether a time hardly grows while a size grows 33-fold (C2).

    Parameters
    ----------
    sizes : array_like, shape (sizes,)
        Must hold a size and one that is 33 times as large, within a tenth. The first such pair
        is taken.
    seconds : mapping of str to array_like, shape (rounds, sizes)
        The times of each case by its name, such as those of each network. The worst case decides.

    Returns
    -------
    Outcome
        Its numbers are the growth factors by the name of the case.

    Raises
    ------
    ValueError
        If there is no such pair of sizes, or the shapes do not fit.
    """
    size = np.asarray(sizes, dtype=np.float64)
    low, high = far_pair(size)
    factors = {}
    for name, of_case in seconds.items():
        _, spent = _checked(size, of_case)
        factors[name] = float(np.median(spent[:, high] / spent[:, low]))
    return Outcome(
        max(factors.values()) <= MAX_COST_RATIO,
        f"from {size[low]:,.0f} to {size[high]:,.0f}: "
        + ", ".join(f"{factor:.2f}-fold ({name})" for name, factor in factors.items()),
        numbers=factors,
    )


def far_pair(sizes: ArrayLike) -> tuple[int, int]:
    """Find the first two sizes that are 33-fold apart, within a tenth, and return their places.

    Raises
    ------
    ValueError
        If there is no such pair.
    """
    size = np.asarray(sizes, dtype=np.float64)
    for low in range(size.size):
        for high in range(low + 1, size.size):
            if abs(size[high] / size[low] * FEWEST_LABELS / MOST_LABELS - 1) <= 0.1:
                return low, high
    raise ValueError(
        f"sizes: no pair is {MOST_LABELS / FEWEST_LABELS:.0f}-fold apart; measure such a pair"
    )


def efforts_are_similar(seconds: ArrayLike, others: ArrayLike) -> Outcome:
    """Test whether two times are within an order of magnitude at every size (C3).

    Parameters
    ----------
    seconds, others : array_like, shape (sizes,)
        Median times of the model and of the model that it is compared with.

    Returns
    -------
    Outcome
        Its numbers are ``smallest_ratio`` and ``largest_ratio``.
    """
    ratio = np.asarray(seconds, dtype=np.float64) / np.asarray(others, dtype=np.float64)
    low, high = float(ratio.min()), float(ratio.max())
    return Outcome(
        1 / MAX_EFFORT_RATIO <= low and high <= MAX_EFFORT_RATIO,
        f"{_ratio(low)} to {_ratio(high)} times the time",
        numbers={"smallest_ratio": low, "largest_ratio": high},
    )


def is_learned_as_easily(time_ratio: float, counts: Outcome) -> Outcome:
    """Test whether a two-dimensional series takes little more time, and is learned right (C4).

    Parameters
    ----------
    time_ratio : float
        Seconds until its validation loss has converged, over those of the one-dimensional series.
    counts : Outcome
        Of :func:`lstm_md.judging.criteria.curves_agree`, along the coordinate that both have.

    Returns
    -------
    Outcome
        Its numbers are ``time_ratio`` and those of ``counts``.
    """
    return Outcome(
        time_ratio <= MAX_COST_RATIO and counts.passed,
        f"{time_ratio:.2f} times the time, {counts.measured}",
        counts.power,
        {"time_ratio": time_ratio, **counts.numbers},
    )


def epochs_to_converge(validation_loss: ArrayLike) -> int:
    """Count the epochs after which the validation loss stays within 5 % of its last value."""
    loss = np.asarray(validation_loss, dtype=np.float64)
    outside = np.flatnonzero(np.abs(loss - loss[-1]) > CONVERGENCE_MARGIN * abs(loss[-1]))
    return int(outside[-1]) + 2 if outside.size else 1


def _ratio(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2g}"


def _checked(sizes: ArrayLike, seconds: ArrayLike) -> tuple[NDArray, NDArray]:
    size, spent = np.asarray(sizes, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    if spent.ndim != 2 or spent.shape[1] != size.size or len(spent) < 2 or size.size < 2:
        raise ValueError(
            f"seconds: expected shape (rounds, sizes) with at least 2 rounds and {size.size} "
            f"sizes, at least 2, found {spent.shape}; measure every size in every round"
        )
    return size, spent
