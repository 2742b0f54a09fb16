"""The criterion of E1–E3: do the times of an embedding follow the true ones?"""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from lstm_md.analysis.embedding import scaled
from lstm_md.judging.criteria import MAX_SIMILAR_RATIO, MIN_AGREEING_SHARE, Outcome

TOLERANCE = 0.2  # between two scaled times that a reader of Fig 7 would call the same

Times = NDArray[np.float64]


def pairs(n_states: int) -> list[tuple[int, int]]:
    """All pairs of states l < m, in the order of every array here."""
    return [(i, j) for i in range(n_states) for j in range(i + 1, n_states)]


def follows(times: ArrayLike, true_times: ArrayLike) -> bool:
    """Whether one embedding follows the truth, for every two pairs of states.

    Pairs whose true times differ by more than a factor of ``MAX_SIMILAR_RATIO`` are in that order; the
    others have times within that factor of each other.

    Parameters
    ----------
    times : array_like, shape (N, N)
        t_lm of Eq 21. Two infinite ones are alike.
    true_times : array_like, shape (N, N)
        τ_lm of Eq 22, all finite.

    Raises
    ------
    ValueError
        If a true time is not finite: nothing says how far such a pair is.
    """
    relation, found = _relations(true_times), _log_ratios(times)
    alike = np.abs(found) <= np.log(MAX_SIMILAR_RATIO) * (1 + 1e-12)
    return bool(np.where(relation == 0, alike, np.sign(found) == relation).all())


def embeddings_follow(each: ArrayLike, true_times: ArrayLike, states: str = "") -> Outcome:
    """The criterion of E1–E3: most embeddings follow the true times.

    Parameters
    ----------
    each : array_like, shape (trainings, N, N)
        t_lm of every training.
    true_times : array_like, shape (N, N)
    states : str
        A letter a state; with them the outcome names t/τ of every pair, its geometric mean and
        standard deviation over the trainings.
    """
    every = np.asarray(each, dtype=np.float64)
    n = len(every)
    passed = sum(follows(times, true_times) for times in every)
    measured = f"{passed} of {n} follow"
    if states:
        measured += "; t/τ " + ", ".join(_ratios(every, np.asarray(true_times), states))
    return Outcome(passed >= needed(n), measured, f"a true share of {detectable_share(n):.0%}")


def exchanged_follow(each: ArrayLike, true_times: ArrayLike) -> Outcome | None:
    """The right times at the wrong places: the same test, for every exchange of the states' names.

    Exchanges that leave all true relations as they are would be right, and are left out; the best
    of the others is given.

    Returns
    -------
    Outcome, or None if there is no such exchange, because all pairs are alike
    """
    true = np.asarray(true_times, dtype=np.float64)
    relation = _relations(true)
    passed = []
    for order in permutations(range(len(true))):
        if (_relations(true[np.ix_(order, order)]) == relation).all():
            continue
        passed.append(sum(follows(t[np.ix_(order, order)], true) for t in np.asarray(each)))
    if not passed:
        return None
    n = len(np.asarray(each))
    return Outcome(
        max(passed) >= needed(n), f"{max(passed)} of {n} follow in the best of {len(passed)} ways"
    )


def needed(n: int) -> int:
    """How many of ``n`` trainings are at least ``MIN_AGREEING_SHARE`` of them."""
    return int(np.ceil(MIN_AGREEING_SHARE * n - 1e-9))


def detectable_share(n: int) -> float:
    """The true share of trainings that would have failed the test nine times out of ten."""
    return float(
        optimize.brentq(lambda share: stats.binom.sf(needed(n) - 1, n, share) - 0.1, 1e-9, 1)
    )


def near_when_scaled(each: ArrayLike, true_times: ArrayLike) -> int:
    """The paper's own reading: trainings whose scaled times all lie within ``TOLERANCE``."""
    true = upper(scaled(true_times))
    return sum(
        bool((np.abs(upper(scaled(times)) - true) <= TOLERANCE).all()) for times in np.asarray(each)
    )


def upper(times: ArrayLike) -> NDArray[np.float64]:
    """The values of all pairs l < m, shape (…, pairs)."""
    array = np.asarray(times, dtype=np.float64)
    rows, columns = np.triu_indices(array.shape[-1], 1)
    return array[..., rows, columns]


def _log_ratios(times: ArrayLike) -> NDArray[np.float64]:
    """ln(t_a / t_b) for every two pairs a, b of states, shape (pairs, pairs)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(upper(times))
        return np.where(logs[:, None] == logs, 0.0, logs[:, None] - logs)


def _relations(true_times: ArrayLike) -> NDArray[np.int64]:
    """For every two pairs: 1 where the first is farther, −1 where it is nearer, 0 where alike."""
    if not np.isfinite(upper(true_times)).all():
        raise ValueError(
            "true_times: a pair has no finite time; give a reference in which every pair of "
            "states exchanges"
        )
    ratios = _log_ratios(true_times)
    return np.where(
        np.abs(ratios) > np.log(MAX_SIMILAR_RATIO) * (1 + 1e-12), np.sign(ratios), 0
    ).astype(int)


def _ratios(each: Times, true: Times, states: str) -> list[str]:
    """t/τ of every pair, such as "A–B 0.52 (×/÷ 1.3)"."""
    logs = np.log(upper(each) / upper(true))
    means = np.exp(logs.mean(axis=0))
    spreads = np.exp(logs.std(axis=0, ddof=1)) if len(each) > 1 else np.ones_like(means)
    return [
        f"{states[i]}–{states[j]} {mean:.2g} (×/÷ {spread:.1f})"
        for (i, j), mean, spread in zip(pairs(len(true)), means, spreads, strict=True)
    ]
