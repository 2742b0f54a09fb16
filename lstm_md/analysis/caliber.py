"""Maximum caliber: weights for trajectories, so that the mean of an observable has a known value.

An observable gives one number s for each trajectory, such as the population of a state. Among all
ensembles whose mean of s is the target, the one that differs least from the given trajectories has
the weights exp(−λ s), up to their sum. Trajectories that are selected with these weights can train
a network again. Source: Tsai, Fields, Xu, Kuo and Tiwary, Nat. Commun. 13, 7231 (2022); for the
principle, Pressé, Ghosh, Lee and Dill, Rev. Mod. Phys. 85, 1115 (2013).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from lstm_md._support.checks import finite_array, real_number, whole_number
from lstm_md._support.processes import check_memory
from lstm_md.analysis.uncertainty import Estimate

Array = NDArray[np.float64]

STRONGEST = 2.0**1000  # where the search for λ ends; no finite numbers need as much


def lagrange_multiplier(values: ArrayLike, target: float) -> float:
    """Find λ, for which trajectories with weights exp(−λ s) have the target as the mean of s.

    Parameters
    ----------
    values : array_like, shape (trajectories,)
        The observable s of each trajectory, in any unit.
    target : float
        The known mean, in the same unit. It must lie between the smallest and the largest value.

    Returns
    -------
    float
        λ, in 1/unit. It is positive if the target is below the mean of the values, and 0 if it is
        the mean.

    Raises
    ------
    TypeError, ValueError
        If a value is not a finite number, there is none, or the target is not between the smallest
        and the largest value, because no weights give such a mean.

    Examples
    --------
    >>> round(lagrange_multiplier([0, 1], 0.25), 5)  # exp(−λ) = 1/3
    1.09861
    """
    array, scaled, unit = _deviations(values, target)
    strength = _strength(scaled)
    with np.errstate(over="ignore"):
        found = float(np.float64(strength) / unit)
    if not np.isfinite(found):
        raise ValueError(
            f"values: all of them lie within {np.ptp(array):.3g}, so that λ is too large for a "
            f"number; give them in a smaller unit"
        )
    return found


def caliber_weights(values: ArrayLike, target: float) -> Array:
    """Weight trajectories so that the mean of an observable is the target: w ∝ exp(−λ s).

    This is equation (6) of Tsai et al. (2022). λ is that of :func:`lagrange_multiplier`.

    Parameters
    ----------
    values : array_like, shape (trajectories,)
        The observable s of each trajectory, in any unit.
    target : float
        The known mean, in the same unit.

    Returns
    -------
    ndarray of float64, shape (trajectories,)
        Positive weights with the sum 1; a weight below 1e-308 is 0.

    Raises
    ------
    TypeError, ValueError
        As :func:`lagrange_multiplier`.

    Examples
    --------
    >>> caliber_weights([0, 1, 1], 0.5).round(3)
    array([0.5 , 0.25, 0.25])
    """
    _, scaled, _ = _deviations(values, target)
    return _weights(_strength(scaled), scaled)


def effective_sample_size(weights: ArrayLike) -> float:
    """Compute how many trajectories of equal weight would be as good: (Σ w)² / Σ w².

    This is Kish's effective sample size (Survey Sampling, 1965).

    Parameters
    ----------
    weights : array_like, shape (trajectories,)
        None of them negative. Their sum need not be 1.

    Returns
    -------
    float
        From 1, if one trajectory has all the weight, to the number of trajectories.

    Raises
    ------
    TypeError, ValueError
        If a weight is negative or not finite, or all are zero.

    Examples
    --------
    >>> effective_sample_size([1, 1, 0, 0])
    2.0
    """
    return float(1 / np.square(_normalised(weights)).sum())


def reweighted_mean(
    quantities: ArrayLike, weights: ArrayLike, values: ArrayLike | None = None
) -> Estimate:
    """Compute the weighted mean of any quantity of the trajectories, with its standard error.

    The trajectories must be independent. Their chance also changes λ. If the values of the
    observable are given, the error takes this into account to first order: what a quantity shares
    with the observable is known, and only the rest has an error. With few effective
    trajectories the error is too small: for paths of a Markov chain, the true one was up to 1.25
    times as large at an effective sample size of 50, and 1.4 times at 20.

    Parameters
    ----------
    quantities : array_like, shape (trajectories,) or (trajectories, quantities)
    weights : array_like, shape (trajectories,)
        Such as those of :func:`caliber_weights`.
    values : array_like, shape (trajectories,), optional
        The observable whose mean was imposed.

    Returns
    -------
    Estimate
        A number, or an array of shape (quantities,).

    Raises
    ------
    TypeError, ValueError
        If a number is not finite, or the arguments have not one row for each trajectory.

    Examples
    --------
    >>> values = [0, 1, 1, 2]
    >>> print(reweighted_mean([0, 2, 3, 4], caliber_weights(values, 0.5), values))
    1.19 ± 0.15
    """
    array = finite_array(quantities, "quantities", dimensions=(1, 2)).astype(np.float64)
    shares = _normalised(weights)
    _check_rows(len(array), len(shares), "weights")
    with np.errstate(over="ignore", invalid="ignore"):
        mean = shares @ array
        rest = array - mean
        if values is not None:
            observable = finite_array(values, "values").astype(np.float64)
            _check_rows(len(array), len(observable), "values")
            rest = rest - _shared(rest, observable, shares)
        error = np.sqrt(np.square(shares) @ np.square(rest))
    if not (np.isfinite(mean).all() and np.isfinite(error).all()):
        raise ValueError(
            "quantities: their mean or its error is too large for a number; give them in a "
            "larger unit"
        )
    return Estimate(mean, error, len(array))


def select_trajectories(weights: ArrayLike, n_selected: int, *, seed: int = 0) -> NDArray[np.int64]:
    """Select trajectories in proportion to their weights; a heavy one is selected several times.

    Systematic resampling (Kitagawa, J. Comput. Graph. Stat. 5, 1, 1996): trajectory k is selected
    n w_k times on average, and never differs from this number by one or more. The mean of the
    selected trajectories therefore scatters less than that of independent draws.

    Parameters
    ----------
    weights : array_like, shape (trajectories,)
        None of them negative. Their sum need not be 1.
    n_selected : int
        How many trajectories to select.
    seed : int
        The same seed gives the same selection.

    Returns
    -------
    ndarray of int64, shape (n_selected,)
        The numbers of the selected trajectories, in random order.

    Raises
    ------
    TypeError, ValueError
        If a weight is negative or not finite, all are zero, or a number is not whole.

    Examples
    --------
    >>> sorted(select_trajectories([2, 1, 0, 1], 4).tolist())
    [0, 0, 1, 3]
    """
    shares = _normalised(weights)
    n_selected = whole_number(n_selected, "n_selected")
    check_memory(4 * 8 * n_selected, "n_selected", "select fewer trajectories")
    random = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    # In random order, so that neighbours in the list do not exclude each other.
    order = random.permutation(len(shares))
    ends = np.cumsum(shares[order])
    teeth = (np.arange(n_selected) + random.random()) / n_selected * ends[-1]
    found = order[np.minimum(np.searchsorted(ends, teeth, side="right"), len(ends) - 1)]
    return random.permutation(found)


def _deviations(values: ArrayLike, target: float) -> tuple[Array, Array, float]:
    """Check the values; return them, their deviations from the target, and the unit of these."""
    array = finite_array(values, "values", min_frames=1).astype(np.float64)
    target = real_number(target, "target")
    low, high = float(array.min()), float(array.max())
    if not (low < target < high or low == target == high):
        raise ValueError(
            f"target: expected a mean between {low:.6g} and {high:.6g}, the smallest and the "
            f"largest value, found {target:.6g}; no weights give that mean, so generate other "
            f"trajectories, or check the target and its unit"
        )
    # Halves, because the difference of two very large numbers is no number.
    halves = array / 2 - target / 2
    largest = float(np.abs(halves).max())
    if largest == 0.0:
        return array, np.zeros(len(array)), 1.0
    return array, halves / largest, 2 * largest


def _strength(deviations: Array) -> float:
    """Solve Σ d exp(−η d) = 0 for deviations d from −1 to 1."""

    def mean(strength: float) -> float:
        return float(_weights(strength, deviations) @ deviations)

    start = mean(0.0)
    if abs(start) < 4 * np.finfo(np.float64).eps:
        return 0.0
    end = np.copysign(1.0, start)
    while mean(end) * start > 0 and abs(end) < STRONGEST:
        end *= 2
    found = brentq(mean, 0.0, end, xtol=1e-14, rtol=1e-14, maxiter=2000)
    return float(found)


def _weights(strength: float, deviations: Array) -> Array:
    exponents = -strength * deviations
    weights = np.exp(exponents - exponents.max())
    return weights / weights.sum()


def _normalised(weights: ArrayLike) -> Array:
    array = finite_array(weights, "weights", min_frames=1).astype(np.float64)
    if array.min() < 0:
        raise ValueError(
            f"weights: found {array.min():.6g} at index {array.argmin()}; give weights from 0"
        )
    if array.max() == 0:
        raise ValueError("weights: found only zeros; at least one trajectory needs a weight")
    scaled = array / array.max()
    return scaled / scaled.sum()


def _check_rows(expected: int, found: int, name: str) -> None:
    if found != expected:
        raise ValueError(
            f"{name}: expected one number for each of the {expected} trajectories of quantities, "
            f"found {found}; give as many"
        )


def _shared(rest: Array, observable: Array, shares: Array) -> Array:
    """Return the part of the deviations that follows the observable linearly."""
    deviation = observable - shares @ observable
    spread = float(shares @ np.square(deviation))
    if spread == 0.0:
        return np.zeros_like(rest)
    slope = (shares * deviation) @ rest / spread
    return np.multiply.outer(deviation, slope)
