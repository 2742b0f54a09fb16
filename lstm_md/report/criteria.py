"""The criteria of the ledger: fixed before a run, and such that something fails them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lstm_md.analysis.uncertainty import Estimate

WITHIN = 2.0  # combined standard errors in which two points of a curve agree
POPULATION_WITHIN = 3.0  # the same for a population: few numbers, so a family-wise 1 in 100
SHARE = 0.9  # of the points of a curve that must agree
DRIFT = 1.0  # combined standard errors that the mean signed deviation may reach
SPREAD = 2.0  # factor within which the segments must scatter alike
EVENTS = 10  # transitions that a point needs in the reference for its error to mean anything
RARE = 1 / 3  # of the next rarer pair: what "much rarer" means
ALIKE = 1 / RARE  # factor within which all pairs are "similar": neither is much rarer
NINE_IN_TEN = 1.2816  # quantile of the normal distribution: caught 9 times out of 10


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
    return Outcome(
        bool(z.max() <= POPULATION_WITHIN) and alike,
        f"largest deviation {z.max():.1f} SE; scatter ratio {spread_ratio:.2f}",
        f"a population off by {(POPULATION_WITHIN + NINE_IN_TEN) * np.max(combined):.2f}",
    )


def curves_agree(model: Estimate, reference: Estimate) -> Outcome:
    """The criterion of K1, K2, K5 and R2.

    Parameters
    ----------
    model, reference : Estimate of shape (commit times, N, N)
        Mean transition counts in segments of equal length; ``reference.n`` says of how many.

    Raises
    ------
    ValueError
        If no point of the reference has enough transitions to be judged.
    """
    counts = np.asarray(reference.value)
    judged = counts * (reference.n or 1) >= EVENTS
    if not judged.any():
        raise ValueError(
            f"reference: no commit time with {EVENTS} transitions; give a longer trajectory"
        )
    z = np.asarray(model.deviation_from(reference))[judged]
    share = float(np.mean(np.abs(z) <= WITHIN))
    drift = float(np.mean(z))
    combined = np.hypot(model.error, reference.error)[judged]
    signal = float(np.mean(counts[judged][combined > 0] / combined[combined > 0]))
    return Outcome(
        share >= SHARE and abs(drift) <= DRIFT,
        f"{share:.0%} of {judged.sum()} points within {WITHIN:g} SE; mean {drift:+.2f} SE",
        f"all counts off by {(DRIFT + NINE_IN_TEN) / signal:.0%}",
    )


def pair_is_rare(counts: Estimate, pair: tuple[int, int]) -> Outcome:
    """The criterion of K3: committed counts of ``pair`` far below those of every other pair.

    Parameters
    ----------
    counts : Estimate of shape (N, N)
        Committed counts; both directions are added.
    pair : two labels
    """
    both, error = _both_ways(counts)
    others = [p for p in both if p != tuple(sorted(pair))]
    rarest = min(others, key=lambda p: both[p])
    this = tuple(sorted(pair))
    margin = RARE * both[rarest] - both[this]
    two_errors = 2 * np.hypot(error[this], RARE * error[rarest])
    ratio = both[this] / both[rarest] if both[rarest] else np.nan
    return Outcome(bool(margin > two_errors), f"rarest pair / next = {ratio:.2f}")


def pairs_alike(counts: Estimate) -> Outcome:
    """The criterion of K4: committed counts of all pairs within a factor of each other."""
    both, _ = _both_ways(counts)
    low, high = min(both.values()), max(both.values())
    ratio = high / low if low else np.inf
    return Outcome(bool(ratio <= ALIKE), f"commonest / rarest pair = {ratio:.2f}")


def _both_ways(counts: Estimate) -> tuple[dict, dict]:
    value, error = np.asarray(counts.value), np.asarray(counts.error)
    pairs = [(i, j) for i in range(len(value)) for j in range(i + 1, len(value))]
    both = {(i, j): value[i, j] + value[j, i] for i, j in pairs}
    # Both directions of a pair follow each other, so their errors add without the square.
    return both, {(i, j): error[i, j] + error[j, i] for i, j in pairs}
