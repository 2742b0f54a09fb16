"""Weighted paths of a Markov chain beside the exact ensemble of all paths (X2a and X2e)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.caliber import caliber_weights, effective_sample_size, reweighted_mean
from lstm_md.analysis.markov import simulate_markov_chain, stationary
from reproduction.known_mean.paths import (
    Observable,
    constrained_paths,
    label_changes,
    population_of,
)

MATRIX = ((0.90, 0.08, 0.02), (0.05, 0.90, 0.05), (0.03, 0.07, 0.90))
N = len(MATRIX)
OBSERVABLES = {"population": population_of(0, N), "changes": label_changes(N)}
FACTORS = {"population": 1.3, "changes": 1.2}  # the targets over the means of the chain

Array = NDArray[np.float64]


def quantities_of(paths: NDArray) -> Array:
    """Populations and pair probabilities of each path, shape (paths, N + N²)."""
    pair = N * paths[:, :-1].astype(np.intp) + paths[:, 1:]
    shares = [(paths == k).mean(axis=1) for k in range(N)]
    return np.stack([*shares, *((pair == k).mean(axis=1) for k in range(N * N))], axis=1)


def exact_quantities(observable: Observable, n_frames: int, target: float) -> Array:
    """The same quantities of the ensemble of all paths with the target, shape (N + N²,)."""
    found = constrained_paths(MATRIX, observable, n_frames, target)
    return np.concatenate([found.populations, found.pairs.ravel()])


def deviations(n_paths: int, n_frames: int, seed: int) -> dict[str, Any]:
    """X2a: deviations from the exact ensemble, in standard errors.

    Returns
    -------
    dict
        For each observable, an array of shape (3, N + N²): with the weights, without, and with
        those of −λ. A quantity that is imposed deviates by 0.
    """
    paths = simulate_markov_chain(MATRIX, n_frames, seed=seed, n_chains=n_paths)
    quantities, found = quantities_of(paths), {}
    for name, observable in OBSERVABLES.items():
        values = observable.of(paths)
        target = FACTORS[name] * _mean(observable)
        exact = exact_quantities(observable, n_frames, target)
        right = caliber_weights(values, target)
        rows = []
        for weights, known in ((right, values), (np.ones(n_paths), None), (1 / right, None)):
            estimate = reweighted_mean(quantities, weights, known)
            imposed = estimate.error < 1e-12
            rows.append(
                np.where(
                    imposed, 0.0, (estimate.value - exact) / np.where(imposed, 1, estimate.error)
                )
            )
        found[name] = np.array(rows)
    return found


def limits(
    shifts: tuple[float, ...], n_paths: int, n_frames: int, n_repetitions: int, seed: int
) -> dict[str, Any]:
    """X2e: effective sample sizes and errors against the strength of the constraint.

    Returns
    -------
    dict
        ``size``, the mean effective sample size, and ``found``, the share of the repetitions in
        which weights exist, each of shape (shifts,). ``ratio``, shape (shifts, quantities): the
        root mean square error over the computed standard error, of all quantities but the imposed
        population. ``spread``: the standard deviation of the observable between paths.
    """
    observable, mean = OBSERVABLES["population"], _mean(OBSERVABLES["population"])
    shape = {"seed": seed, "n_chains": n_paths * n_repetitions}
    paths = simulate_markov_chain(MATRIX, n_frames, **shape)
    values = observable.of(paths).reshape(n_repetitions, n_paths)
    quantities = quantities_of(paths)[:, 1:].reshape(n_repetitions, n_paths, -1)
    spread, rows = float(values.std()), []
    for shift in shifts:
        target = mean + shift * spread
        exact = exact_quantities(observable, n_frames, target)[1:]
        sizes, errors, computed = [], [], []
        for own, every in zip(values, quantities, strict=True):
            if not own.min() < target < own.max():
                continue
            weights = caliber_weights(own, target)
            estimate = reweighted_mean(every, weights, own)
            sizes.append(effective_sample_size(weights))
            errors.append(estimate.value - exact)
            computed.append(estimate.error)
        ratio = np.sqrt(np.square(errors).mean(axis=0) / np.square(computed).mean(axis=0))
        rows.append((np.mean(sizes), len(sizes) / n_repetitions, ratio))
    size, found, ratio = (np.array(column) for column in zip(*rows, strict=True))
    return {"size": size, "found": found, "ratio": ratio, "spread": spread}


def _mean(observable: Observable) -> float:
    """The mean of an observable of the stationary chain; it does not depend on the length."""
    populations = stationary(MATRIX)
    pairs = populations[:, None] * np.array(MATRIX)
    return float(populations @ observable.frames + (pairs * observable.steps).sum())
