"""The criteria of A1–A5 and O1*: free energies and waiting times of alanine dipeptide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import (
    MAX_POINT_Z,
    MAX_POPULATION_Z,
    MAX_SCATTER_RATIO,
    Z_FOR_90_PERCENT_POWER,
    Outcome,
    deviation,
)

TOLERANCE = 0.1  # kT: the width of a line in Fig 5
JUDGED_EPOCHS = (10, 20, 40)  # A5; 5 are shown

FREE_ENERGY_WORDS = (
    f"the free energy of every label within {TOLERANCE:g} kT of the training data, or within "
    f"{MAX_POPULATION_Z:g} combined standard errors where these are more, and the population of "
    f"C7ax scatters alike from segment to segment (within a factor of {MAX_SCATTER_RATIO:g})"
)
WAITS_WORDS = (
    f"the mean waiting times, both ways, within {MAX_POINT_Z:g} combined standard errors of the "
    f"training data"
)
EPOCHS_WORDS = (
    f"the mean waiting times along sin φ, both ways, within {MAX_POPULATION_Z:g} combined "
    f"standard errors of the training data after "
    f"{', '.join(map(str, JUDGED_EPOCHS[:-1]))} and {JUDGED_EPOCHS[-1]} epochs"
)
PROJECTIONS_WORDS = (
    f"the mean waiting times, both ways, within {MAX_POINT_Z:g} combined standard errors of the "
    f"training data along sin φ and along sin ψ, and of each other"
)


def free_energies_agree(model: Estimate, reference: Estimate, spread_ratio: float) -> Outcome:
    """The criterion of A1 and A2.

    Parameters
    ----------
    model, reference : Estimate of shape (N,)
        Populations with their standard errors; a label that the reference has not seen is left
        out.
    spread_ratio : float
        Standard deviation of the population of C7ax from segment to segment, model over
        reference.
    """
    seen = reference.value > 0
    p, q = model.value[seen], reference.value[seen]
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.abs(np.log(p / q))
        error = np.hypot(model.error[seen] / p, reference.error[seen] / q)
    # A label that the model never writes is off without limit.
    error = np.where(p > 0, error, reference.error[seen] / q)
    allowed = np.maximum(TOLERANCE, MAX_POPULATION_Z * error)
    beyond = int(np.sum(difference > allowed))
    alike = bool(1 / MAX_SCATTER_RATIO <= spread_ratio <= MAX_SCATTER_RATIO)
    return Outcome(
        beyond == 0 and alike,
        f"{beyond} of {q.size} labels beyond; median {np.median(difference):.2f} kT, largest "
        f"{difference.max():.2f} kT; scatter ratio {spread_ratio:.2f}",
        f"a free energy off by {np.median(allowed + Z_FOR_90_PERCENT_POWER * error):.2g} kT in half of the "
        f"labels, by {np.max(allowed + Z_FOR_90_PERCENT_POWER * error):.2g} kT in every one",
    )


def waits_agree(
    model: tuple[Estimate, Estimate],
    reference: tuple[Estimate, Estimate],
    within: float = MAX_POINT_Z,
) -> Outcome:
    """The criterion of A3 and A4, and with 3 for ``within`` that of A5.

    Parameters
    ----------
    model, reference : two Estimates
        Mean waits in C7eq and in C7ax, in ps; their ``n`` the waits that were seen. Means are
        compared as logarithms, since a factor is what is told.
    """
    ratios, errors = [], []
    for one, other in zip(model, reference):
        if not (one.n and other.n and np.isfinite(one.error) and np.isfinite(other.error)):
            return Outcome(False, "fewer than two waits")
        ratios.append(np.log(one.value / other.value))
        errors.append(np.hypot(one.error / one.value, other.error / other.value))
    z = np.array(ratios) / errors
    caught = np.exp((within + Z_FOR_90_PERCENT_POWER) * np.array(errors))
    apart = " and ".join(deviation(one, within) for one in z)
    return Outcome(
        bool(np.abs(z).max() <= within),
        f"{model[0].value:,.0f} ± {model[0].error:,.0f} and {model[1].value:.1f} ± "
        f"{model[1].error:.1f} ps ({apart} SE)",
        f"a wait off by a factor of {caught[0]:.2f} (C7eq) or {caught[1]:.2f} (C7ax)",
    )


def all_agree(outcomes: Mapping[Any, Outcome]) -> Outcome:
    """Whether each of several comparisons passes: A5 after so many epochs, O1* along two axes."""

    def told(word: str) -> str:
        alike: dict[str, list[str]] = {}  # what was never trained is alike after all epochs
        for of, outcome in outcomes.items():
            alike.setdefault(getattr(outcome, word), []).append(str(of))
        return "; ".join(f"{', '.join(of)}: {text}" for text, of in alike.items() if text)

    passed = all(outcome.passed for outcome in outcomes.values())
    return Outcome(passed, told("measured"), told("power"))


def same_distribution(one: np.ndarray, other: np.ndarray) -> float:
    """p of the Kolmogorov–Smirnov test of two samples of waits; nan if one is empty."""
    return float(stats.ks_2samp(one, other).pvalue) if one.size and other.size else float("nan")


def exponential(sample: np.ndarray, *, seed: int = 0, replicas: int = 999) -> float:
    """p of the Kolmogorov–Smirnov test against an exponential of the sample's own mean.

    The mean is fitted, so that the distribution of the statistic is made by simulation
    (Lilliefors); nan for fewer than 3 waits.
    """
    if sample.size < 3:
        return float("nan")

    def distance(waits: np.ndarray) -> np.ndarray:
        ordered = np.sort(waits / waits.mean(axis=-1, keepdims=True), axis=-1)
        n = ordered.shape[-1]
        expected = 1 - np.exp(-ordered)
        steps = np.arange(n + 1) / n
        return np.maximum(steps[1:] - expected, expected - steps[:-1]).max(axis=-1)

    drawn = distance(np.random.default_rng(seed).exponential(size=(replicas, sample.size)))
    return float((1 + np.sum(drawn >= distance(sample))) / (replicas + 1))
