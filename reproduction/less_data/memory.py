"""Two forms of the generalised master equation, and the T(t) of a hidden Markov model.

T(t) is the matrix of the probabilities to be in label j after t steps, given label i now. Its
equation of motion has a memory kernel K, because the label alone does not fix the future. Time is
counted in steps here, so the step Δt of the papers is 1.

*qMSM* (Cao, Montoya-Castillo, Wang, Markland and Huang, J. Chem. Phys. 153, 014105, 2020) computes
K from T(t) at short times, and assumes that K vanishes beyond the memory time.

*IGME* (Cao, Qiu, Kalin and Huang, J. Chem. Phys. 159, 134106, 2023) solves the equation beyond the
memory time, where T(t) = A T̂^t, and fits A and T̂ to a range of times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import expm, logm
from scipy.optimize import least_squares

from lstm_md.analysis.markov_models import HiddenMarkovModel

Array = NDArray[np.float64]
LEAST_RATE = 1e-6  # of the first guess, inside the limits
MOST_EVALUATIONS = 50  # of the fit of the IGME, which noise can keep from converging


def memory_kernels(matrices: ArrayLike) -> Array:
    """Compute K(1) … K(M − 1) from T(1) … T(M).

    The generalised master equation dT/dt = T(t) Ṫ(0) − ∫ T(t − τ) K(τ) dτ, with steps of Δt = 1
    and Ṫ(0) = T(1) − 1, is T(n + 1) = T(n) T(1) − Σ T(n − m) K(m), where m goes from 1 to n. It is
    solved for K(n), one step after the other. The kernels of a Markov chain vanish.

    Parameters
    ----------
    matrices : array_like, shape (M, N, N)
        T(1) … T(M); each row sums to 1. M is at least 2.

    Returns
    -------
    ndarray, shape (M − 1, N, N)
    """
    given = np.asarray(matrices, np.float64)
    if given.ndim != 3 or len(given) < 2 or given.shape[1] != given.shape[2]:
        raise ValueError(
            f"matrices: expected T(1) … T(M) of shape (M, N, N) with M ≥ 2, found shape "
            f"{given.shape}; give one square matrix for each step"
        )
    t = np.concatenate([np.eye(given.shape[1])[None], given])
    kernels = np.zeros((len(given) - 1, *given.shape[1:]))
    for n in range(1, len(given)):
        earlier = sum(t[n - m] @ kernels[m - 1] for m in range(1, n))
        kernels[n - 1] = t[n] @ t[1] - t[n + 1] - earlier
    return kernels


def qmsm(matrices: ArrayLike, n_steps: int) -> Array:
    """Predict T(1) … T(n_steps) by a qMSM whose memory is that of the given T(1) … T(M).

    Returns
    -------
    ndarray, shape (n_steps, N, N)
        The first M matrices are the given ones. No entry is forced to lie between 0 and 1.
    """
    given = np.asarray(matrices, np.float64)
    kernels = memory_kernels(given)
    t = np.empty((n_steps + 1, *given.shape[1:]))
    t[0] = np.eye(given.shape[1])
    for n in range(n_steps):
        memory = sum(t[n - m] @ kernels[m - 1] for m in range(1, min(n, len(kernels)) + 1))
        t[n + 1] = t[n] @ given[0] - memory
    return t[1:]


def igme(
    matrices: ArrayLike, times: ArrayLike, populations: ArrayLike | None = None
) -> tuple[Array, Array]:
    """Fit T(t) = A T̂^t to a range of times beyond the memory.

    The first guess is the straight line ln T(t) = ln A + t ln T̂ (least squares). From there, the
    sum of the squares of T(t) − A T̂^t is made as small as possible. The rows of A and T̂ sum to 1.
    The rates in ln T̂ are kept at 0 or above, so that T̂ is a transition matrix. Without this, the
    noise of short data makes some predictions grow without limit.

    Parameters
    ----------
    matrices : array_like, shape (times, N, N)
        T(t); each row sums to 1.
    times : array_like of int, shape (times,)
        In steps, at least two.
    populations : array_like, shape (N,), optional
        The weights of the rows in the sum; equal if left out.

    Returns
    -------
    A, T̂ : ndarray, shape (N, N)
    """
    given, steps = np.asarray(matrices, np.float64), np.asarray(times, int)
    if len(given) != len(steps) or len(steps) < 2:
        raise ValueError(
            f"times: expected at least two times and a matrix for each, found {len(steps)} and "
            f"{len(given)}; give both with the same length"
        )
    n = given.shape[1]
    weights = np.ones(n) if populations is None else np.asarray(populations, np.float64)
    logs = np.array([logm(matrix).real for matrix in given]).reshape(len(steps), -1)
    logs = np.nan_to_num(logs, nan=0.0, posinf=0.0, neginf=0.0)  # of a singular matrix
    slope, start = np.polyfit(steps, logs, 1).reshape(2, n, n)
    away = ~np.eye(n, dtype=bool)

    def both(values: Array) -> tuple[Array, Array]:
        generator, first = np.zeros((n, n)), np.zeros((n, n))
        generator[away], first[away] = values.reshape(2, -1)
        generator -= np.diag(generator.sum(axis=1))
        return first + np.eye(n) - np.diag(first.sum(axis=1)), expm(generator)

    def deviations(values: Array) -> Array:
        first, step = both(values)
        return np.ravel(np.sqrt(weights)[:, None] * (predict_igme(first, step, steps) - given))

    rates, first = np.clip(slope[away], LEAST_RATE, 10.0), np.clip(expm(start)[away], -2.0, 2.0)
    low = np.concatenate([np.zeros_like(rates), np.full_like(first, -np.inf)])
    guess = np.concatenate([rates, first])
    found = least_squares(deviations, guess, bounds=(low, np.inf), max_nfev=MOST_EVALUATIONS)
    return both(found.x)


def predict_igme(first: Array, step: Array, times: ArrayLike) -> Array:
    """Compute A T̂^t at some times, shape (times, N, N)."""
    powers = (np.linalg.matrix_power(step, t) for t in np.asarray(times, int).tolist())
    return np.array([first @ power for power in powers])


def of_hidden_markov_model(model: HiddenMarkovModel, times: ArrayLike) -> Array:
    """Compute T(t) of the labels of a hidden Markov model, shape (times, N, N).

    With the stationary populations π and the output probabilities B, the probability of the pair
    (i, j) is Bᵀ diag(π) Pᵗ B. If there are as many hidden states as labels, and B can be inverted,
    this is A T̂^t: the model of the IGME, fitted to paths and not to T(t).

    Parameters
    ----------
    times : array_like of int
        In steps of the model.
    """
    outputs, start = model.output_probabilities, np.diag(model.stationary)
    matrix = model.transition_matrix
    powers = (np.linalg.matrix_power(matrix, t) for t in np.asarray(times).tolist())
    pairs = np.array([outputs.T @ start @ power @ outputs for power in powers])
    return pairs / pairs.sum(axis=2, keepdims=True)
