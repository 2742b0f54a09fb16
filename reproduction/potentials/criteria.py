"""The criteria of K3, K4, K6 and K7: which states exchange often, and as often both ways."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import (
    MAX_POINT_Z,
    MAX_RARE_RATIO,
    MAX_SIMILAR_RATIO,
    Z_FOR_90_PERCENT_POWER,
    Outcome,
)

CHANCE = 0.01  # of refusing asymmetries that are nothing but counting noise

Pair = tuple[int, int]


def pair_is_rare(counts: Estimate, pair: Pair) -> Outcome:
    """Test K3: the committed counts of a pair are far below those of every other pair.

    Parameters
    ----------
    counts : Estimate of shape (N, N)
        Committed counts; both directions are added.
    pair : two labels
    """
    rare, ratio = _rare(counts, [pair])
    both, error = both_ways(counts)
    pair = _sorted(pair)
    following = min((p for p in both if p != pair), key=lambda p: both[p])
    uncertain = np.hypot(error[pair], MAX_RARE_RATIO * error[following])
    margin = (MAX_POINT_Z - Z_FOR_90_PERCENT_POWER) * uncertain
    detectable = MAX_RARE_RATIO - margin / both[following] if both[following] else np.nan
    return Outcome(
        rare,
        f"rarest pair / next = {ratio:.2f}",
        f"a true ratio of {detectable:.2f}",
        {"ratio": ratio},
    )


def pairs_alike(counts: Estimate) -> Outcome:
    """Test K4: the committed counts of all pairs are within a factor of each other."""
    both, error = both_ways(counts)
    rarest, commonest = min(both, key=both.__getitem__), max(both, key=both.__getitem__)
    if not both[rarest]:
        return Outcome(False, "commonest / rarest pair = inf", numbers={"ratio": np.inf})
    ratio = both[commonest] / both[rarest]
    uncertain = np.hypot(error[rarest] / both[rarest], error[commonest] / both[commonest])
    detectable = MAX_SIMILAR_RATIO * np.exp(Z_FOR_90_PERCENT_POWER * uncertain)
    return Outcome(
        bool(ratio <= MAX_SIMILAR_RATIO),
        f"commonest / rarest pair = {ratio:.2f}",
        f"a true ratio of {detectable:.1f}",
        {"ratio": ratio},
    )


def equally_distal(counts: Estimate, pair: Pair, other: Pair, data: Estimate) -> Outcome:
    """Test K6: two pairs are far rarer than all others, and as rare as each other.

    Parameters
    ----------
    counts : Estimate of shape (N, N)
        Committed counts of a model.
    pair, other : two labels each
    data : Estimate of shape (N, N)
        Those of the training data. The ratio of a few transitions is uncertain in the training
        data already, so their errors count as well.
    """
    rare, ratio_to_next = _rare(counts, [pair, other])
    (both, error), (data_both, data_error) = both_ways(counts), both_ways(data)
    one, two = _sorted(pair), _sorted(other)
    if not (both[one] and both[two] and data_both[one] and data_both[two]):
        return Outcome(
            False,
            f"{both[one]:.2g} and {both[two]:.2g} transitions: nothing to compare",
            numbers={"one": both[one], "other": both[two]},
        )
    ratio = both[one] / both[two]
    relative = [error[p] / both[p] for p in (one, two)]
    relative += [data_error[p] / data_both[p] for p in (one, two)]
    uncertain = float(np.linalg.norm(relative))
    alike = abs(np.log(ratio)) - MAX_POINT_Z * uncertain <= np.log(MAX_SIMILAR_RATIO)
    detectable = MAX_SIMILAR_RATIO * np.exp((MAX_POINT_Z + Z_FOR_90_PERCENT_POWER) * uncertain)
    return Outcome(
        bool(rare and alike),
        f"ratio {ratio:.2f}, known to a factor of {np.exp(uncertain):.1f}; "
        f"commoner of the two / next = {ratio_to_next:.2f}",
        f"a ratio of {detectable:.0f}",
        {
            "ratio": ratio,
            "factor_of_error": float(np.exp(uncertain)),
            "ratio_to_next": ratio_to_next,
        },
    )


def asymmetry_is_noise(model: Estimate, data: Estimate, reference: Estimate) -> Outcome:
    """Test K7: forward and backward counts differ by no more than counting noise.

    In equilibrium the relative asymmetry r = (N_ij − N_ji) / (N_ij + N_ji) of n transitions has a
    standard deviation of at most 1/√n, so Σ n r² over the pairs is at most a χ². What a model
    generates may be long, but its training data were not: n is that of the training data.

    Parameters
    ----------
    model, data, reference : Estimate of shape (N, N)
        Mean committed counts in segments, ``n`` of them in the data and in the reference.
    """
    limits, sums = [], []
    for counts, transitions in ((model, data), (reference, reference)):
        terms = _asymmetry_terms(counts, transitions)
        limits.append(float(stats.chi2.ppf(1 - CHANCE, max(len(terms), 1))))
        sums.append(float(np.sum(terms)) if len(terms) else np.inf)
    total = sum(both_ways(reference)[0].values()) * (reference.n or 1)
    # The noncentral χ² that exceeds its limit nine times out of ten.
    needed = next(
        k for k in np.arange(0.0, 1000.0, 0.1) if stats.ncx2.sf(limits[1], len(terms) or 1, k) > 0.9
    )
    return Outcome(
        all(found <= limit for found, limit in zip(sums, limits, strict=True)),
        f"χ² {sums[0]:.1f} of at most {limits[0]:.1f}; reference {sums[1]:.1f} of {limits[1]:.1f}",
        f"a true asymmetry of {np.sqrt(needed / total):.0%} in every pair" if total else "",
        {"chi2": sums[0], "limit": limits[0], "reference_chi2": sums[1]},
    )


def asymmetries(counts: Estimate) -> dict[Pair, float]:
    """Compute (N_ij − N_ji) / (N_ij + N_ji) of each pair i < j; nan without a transition."""
    value = np.asarray(counts.value)
    return {
        (i, j): (value[i, j] - value[j, i]) / both if both else np.nan
        for (i, j), both in both_ways(counts)[0].items()
    }


def both_ways(counts: Estimate) -> tuple[dict[Pair, float], dict[Pair, float]]:
    """Add both directions of each pair i < j: the counts, and their errors."""
    value, error = np.asarray(counts.value), np.asarray(counts.error)
    pairs = [(i, j) for i in range(len(value)) for j in range(i + 1, len(value))]
    both = {(i, j): float(value[i, j] + value[j, i]) for i, j in pairs}
    # The two directions of a pair follow each other, so their errors add linearly.
    return both, {(i, j): float(error[i, j] + error[j, i]) for i, j in pairs}


def _rare(counts: Estimate, pairs: Iterable[Pair]) -> tuple[bool, float]:
    """Whether all ``pairs`` are far below all others, and the commonest of them over the next."""
    both, error = both_ways(counts)
    these = [_sorted(pair) for pair in pairs]
    rarest = min((p for p in both if p not in these), key=lambda p: both[p])
    rare = all(
        MAX_RARE_RATIO * both[rarest] - both[p]
        > MAX_POINT_Z * np.hypot(error[p], MAX_RARE_RATIO * error[rarest])
        for p in these
    )
    top = max(both[p] for p in these)
    return bool(rare), top / both[rarest] if both[rarest] else np.nan


def _asymmetry_terms(counts: Estimate, transitions: Estimate) -> NDArray[np.float64]:
    """n r² of each pair that has a transition in both."""
    n = both_ways(transitions)[0]
    found = asymmetries(counts)
    segments = transitions.n or 1
    return np.array([n[p] * segments * r**2 for p, r in found.items() if n[p] and np.isfinite(r)])


def _sorted(pair: Pair) -> Pair:
    low, high = sorted(pair)
    return low, high
