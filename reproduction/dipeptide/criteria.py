"""The criteria of A1–A5 and O1*: free energies and waiting times of alanine dipeptide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstm_md.analysis.uncertainty import Estimate
from lstm_md.judging.criteria import (
    MAX_POINT_Z,
    MAX_POPULATION_Z,
    MAX_SCATTER_RATIO,
    Z_FOR_90_PERCENT_POWER,
    Outcome,
    combine,
    deviation,
)
from reproduction.dipeptide.states import STATES

TOLERANCE = 0.1  #: kT, the width of a line in Fig 5
JUDGED_EPOCHS = (10, 20, 40)  #: Of A5; the result after 5 epochs is shown and not judged

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


def free_energies_agree(model: Estimate, reference: Estimate, scatter_ratio: float) -> Outcome:
    """Test whether free energies agree, label by label (Fig 5b, c; claims A1 and A2).

    Parameters
    ----------
    model, reference : Estimate of shape (N,)
        Populations with their standard errors. Labels that do not occur in the reference are
        left out.
    scatter_ratio : float
        Standard deviation of the population of C7ax from segment to segment, model over
        reference.

    Returns
    -------
    Outcome
        Its numbers are ``n_beyond`` (labels), ``median_kT`` and ``largest_kT`` (differences),
        ``scatter_ratio``, and ``detectable_in_half_kT`` and ``detectable_in_all_kT``: the error
        in half of the labels, or in all of them, that is found nine times out of ten.
    """
    occurs = reference.value > 0
    p, q = model.value[occurs], reference.value[occurs]
    with np.errstate(divide="ignore", invalid="ignore"):
        difference = np.abs(np.log(p / q))
        error = np.hypot(model.error[occurs] / p, reference.error[occurs] / q)
    # A label that the model never generates has no error of its own; its difference is infinite.
    error = np.where(p > 0, error, reference.error[occurs] / q)
    allowed = np.maximum(TOLERANCE, MAX_POPULATION_Z * error)
    detectable = allowed + Z_FOR_90_PERCENT_POWER * error
    n_beyond = int(np.sum(difference > allowed))
    scatters_alike = bool(1 / MAX_SCATTER_RATIO <= scatter_ratio <= MAX_SCATTER_RATIO)
    numbers = {
        "n_beyond": n_beyond,
        "median_kT": float(np.median(difference)),
        "largest_kT": float(difference.max()),
        "scatter_ratio": float(scatter_ratio),
        "detectable_in_half_kT": float(np.median(detectable)),
        "detectable_in_all_kT": float(detectable.max()),
    }
    return Outcome(
        n_beyond == 0 and scatters_alike,
        f"{n_beyond} of {q.size} labels beyond; median {numbers['median_kT']:.2f} kT, largest "
        f"{numbers['largest_kT']:.2f} kT; scatter ratio {scatter_ratio:.2f}",
        f"a free energy off by {numbers['detectable_in_half_kT']:.2g} kT in half of the "
        f"labels, by {numbers['detectable_in_all_kT']:.2g} kT in every one",
        numbers,
    )


def waits_agree(
    model: tuple[Estimate, Estimate],
    reference: tuple[Estimate, Estimate],
    max_z: float = MAX_POINT_Z,
) -> Outcome:
    """Test whether mean waiting times agree (Table 1; claims A3, A4 and A5).

    The means are compared as logarithms, because the test detects a factor.

    Parameters
    ----------
    model, reference : two Estimates
        Mean waiting times in C7eq and in C7ax, in ps; ``n`` is the number of waits.
    max_z : float
        Combined standard errors that are allowed.

    Returns
    -------
    Outcome
        Its numbers, for C7eq and C7ax, are the mean ``C7eq_ps``, the deviation ``C7eq_z``, and
        ``C7eq_detectable``, the factor that is found nine times out of ten. There are none if a
        mean is not known.
    """
    pairs = list(zip(model, reference))
    if not all(each.n and np.isfinite(each.error) for pair in pairs for each in pair):
        return Outcome(False, "fewer than two waits")
    logs = np.array([np.log(ours.value / theirs.value) for ours, theirs in pairs])
    errors = np.array(
        [np.hypot(ours.error / ours.value, theirs.error / theirs.value) for ours, theirs in pairs]
    )
    z, factors = logs / errors, np.exp((max_z + Z_FOR_90_PERCENT_POWER) * errors)
    numbers = {}
    for state, mean, one, factor in zip(STATES, model, z, factors):
        numbers[f"{state}_ps"] = float(mean.value)
        numbers[f"{state}_z"] = float(one)
        numbers[f"{state}_detectable"] = float(factor)
    deviations = " and ".join(deviation(one, max_z) for one in z)
    return Outcome(
        bool(np.abs(z).max() <= max_z),
        f"{model[0].value:,.0f} ± {model[0].error:,.0f} and {model[1].value:.1f} ± "
        f"{model[1].error:.1f} ps ({deviations} SE)",
        f"a wait off by a factor of {factors[0]:.2f} (C7eq) or {factors[1]:.2f} (C7ax)",
        numbers,
    )


def all_agree(outcomes: Mapping[Any, Outcome]) -> Outcome:
    """Combine comparisons after several epochs (A5) or along several angles (O1*) into one test.

    All of them must pass. Equal outcomes are written once, with all their names: an untrained
    network is the same after any number of epochs.
    """
    names: dict[tuple[str, str], list[str]] = {}
    equal: dict[tuple[str, str], Outcome] = {}
    for name, outcome in outcomes.items():
        words = outcome.measured, outcome.power
        names.setdefault(words, []).append(str(name))
        equal[words] = outcome
    passed = all(outcome.passed for outcome in outcomes.values())
    return combine({", ".join(names[words]): equal[words] for words in names}, passed)
