"""The criterion of E1–E3: do the times of an embedding follow those of the reference?"""

from __future__ import annotations

from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.judging.criteria import MAX_SIMILAR_RATIO, Outcome
from lstm_md.judging.decision import MARGIN
from reproduction.common.trainings import detectable_share, min_passing
from reproduction.embedding.times import scaled

RARE = 1e-4  # Steps that a network makes less often are too rare to be seen in its data.
TOLERANCE = 0.2  # between two scaled times that a reader of Fig 7 would call the same

Times = NDArray[np.float64]


def pairs(n_states: int) -> list[tuple[int, int]]:
    """List all pairs of states l < m, in the order of every array here."""
    return [(i, j) for i in range(n_states) for j in range(i + 1, n_states)]


def follows(times: ArrayLike, reference_times: ArrayLike) -> bool:
    """Test whether one embedding follows the reference, for every two pairs of states.

    Pairs whose reference times differ by more than a factor of ``MAX_SIMILAR_RATIO`` must be in
    that order. All others must have times within that factor of each other.

    Parameters
    ----------
    times : array_like, shape (N, N)
        t_lm of Eq 21. Two infinite ones are alike.
    reference_times : array_like, shape (N, N)
        τ_lm of Eq 22, all finite.

    Raises
    ------
    ValueError
        If a reference time is not finite, so that nothing shows how far apart the pair is.
    """
    relation, ratios = _relations(reference_times), _log_ratios(times)
    alike = np.abs(ratios) <= np.log(MAX_SIMILAR_RATIO) * (1 + 1e-12)
    return bool(np.where(relation == 0, alike, np.sign(ratios) == relation).all())


def embeddings_follow(each: ArrayLike, reference_times: ArrayLike, states: str = "") -> Outcome:
    """Test E1–E3: most embeddings follow the reference times.

    Parameters
    ----------
    each : array_like, shape (trainings, N, N)
        t_lm of every training.
    reference_times : array_like, shape (N, N)
    states : str
        One letter per state. With them the outcome names t/τ of every pair: its geometric mean
        and its standard deviation over the trainings.
    """
    every = np.asarray(each, dtype=np.float64)
    n = len(every)
    passed = sum(follows(times, reference_times) for times in every)
    measured = f"{passed} of {n} follow"
    if states:
        measured += "; t/τ " + ", ".join(_ratios(every, np.asarray(reference_times), states))
    return Outcome(
        passed >= min_passing(n),
        measured,
        f"a true share of {detectable_share(n):.0%}",
        {"following": passed, "trainings": n},
    )


def exchanged_follow(each: ArrayLike, reference_times: ArrayLike) -> Outcome | None:
    """Test the right times at the wrong states: every exchange of the states' names.

    Exchanges that leave all relations of the reference as they are would be right and are left
    out. The best of the others is returned.

    Returns
    -------
    Outcome, or None if there is no such exchange, because all pairs are alike
    """
    reference = np.asarray(reference_times, dtype=np.float64)
    relation, every = _relations(reference), np.asarray(each)
    passed = []
    for order in permutations(range(len(reference))):
        if (_relations(reference[np.ix_(order, order)]) == relation).all():
            continue
        passed.append(sum(follows(t[np.ix_(order, order)], reference) for t in every))
    if not passed:
        return None
    n = len(every)
    return Outcome(
        max(passed) >= min_passing(n),
        f"{max(passed)} of {n} follow in the best of {len(passed)} ways",
        numbers={"following": max(passed), "trainings": n},
    )


def near_when_scaled(each: ArrayLike, reference_times: ArrayLike) -> int:
    """Count the trainings whose scaled times all lie within ``TOLERANCE``: the paper's reading."""
    reference = upper(scaled(reference_times))
    return sum(
        bool((np.abs(upper(scaled(times)) - reference) <= TOLERANCE).all())
        for times in np.asarray(each)
    )


def steps_agree(own: ArrayLike, predicted: ArrayLike) -> bool:
    """Test whether a prediction has the steps that one network takes to other labels.

    Every step to another label that the network takes with a probability above ``RARE`` must be
    predicted within the factor ``MARGIN``.

    Parameters
    ----------
    own, predicted : array_like, shape (N, N)
        Next-label probabilities: what the network gives on average, and what is predicted.
    """
    p, q = np.asarray(own, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    asked = (p > RARE) & ~np.eye(len(p), dtype=bool)
    return bool((np.abs(np.log(q[asked] / p[asked])) < np.log(MARGIN)).all())


def steps_of_all_agree(own: ArrayLike, predicted: ArrayLike) -> Outcome:
    """Test one of the steps from Eq 17 to Eq 20: it must agree in nine of ten trainings.

    Parameters
    ----------
    own, predicted : array_like, shape (trainings, N, N)
        As in :func:`steps_agree`.
    """
    pairs = list(zip(np.asarray(own), np.asarray(predicted), strict=True))
    passed = sum(steps_agree(*pair) for pair in pairs)
    return Outcome(
        passed >= min_passing(len(pairs)),
        f"{passed} of {len(pairs)} within a factor of {MARGIN}",
        numbers={"agreeing": passed, "trainings": len(pairs)},
    )


def upper(times: ArrayLike) -> NDArray[np.float64]:
    """Take the values of all pairs l < m, shape (…, pairs)."""
    array = np.asarray(times, dtype=np.float64)
    rows, columns = np.triu_indices(array.shape[-1], 1)
    return array[..., rows, columns]


def _log_ratios(times: ArrayLike) -> NDArray[np.float64]:
    """ln(t_a / t_b) for every two pairs a, b of states, shape (pairs, pairs)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(upper(times))
        return np.where(logs[:, None] == logs, 0.0, logs[:, None] - logs)


def _relations(reference_times: ArrayLike) -> NDArray[np.int64]:
    """For every two pairs: 1 if the first is farther apart, −1 if it is nearer, 0 if alike."""
    if not np.isfinite(upper(reference_times)).all():
        raise ValueError(
            "reference_times: a pair has no finite time; give a reference in which every pair of "
            "states exchanges"
        )
    ratios = _log_ratios(reference_times)
    differs = np.abs(ratios) > np.log(MAX_SIMILAR_RATIO) * (1 + 1e-12)
    return np.where(differs, np.sign(ratios), 0).astype(int)


def _ratios(each: Times, reference: Times, states: str) -> list[str]:
    """t/τ of every pair, such as "A–B 0.52 (×/÷ 1.3)"."""
    logs = np.log(upper(each) / upper(reference))
    means = np.exp(logs.mean(axis=0))
    spreads = np.exp(logs.std(axis=0, ddof=1)) if len(each) > 1 else np.ones_like(means)
    return [
        f"{states[i]}–{states[j]} {mean:.2g} (×/÷ {spread:.1f})"
        for (i, j), mean, spread in zip(pairs(len(reference)), means, spreads, strict=True)
    ]
