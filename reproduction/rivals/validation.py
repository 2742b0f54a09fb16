"""Whether a Markov model of labels holds.

Implied timescales do not depend on the lag, and the Chapman–Kolmogorov test passes, where the
labels at that lag are a Markov chain, or what a hidden one puts out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import describe_type, label_array, whole_number
from lstm_md.analysis.markov_models import (
    HiddenMarkovModel,
    MarkovModel,
    fit_hmm,
    fit_msm,
)
from lstm_md.analysis.uncertainty import Estimate, block_bootstrap


@dataclass(frozen=True)
class ChapmanKolmogorov:
    """Probabilities to be in state b a time after being in state a: what a model says, what is.

    Attributes
    ----------
    lags : ndarray of int, shape (M,)
        The times, in frames.
    predicted, estimated : Estimate, shape (M, S, S)
        By the model, fitted at its own lag alone, and counted in the labels.
    difference : Estimate, shape (M, S, S)
        Predicted less estimated. Its error is smaller than that of the two if they were
        independent, since both come from the same labels.
    """

    lags: NDArray[np.int64]
    predicted: Estimate
    estimated: Estimate
    difference: Estimate


def implied_timescales(
    labels: ArrayLike,
    lags: ArrayLike,
    n_labels: int,
    *,
    hidden_states: int | None = None,
    **settings: Any,
) -> NDArray[np.float64]:
    """Relaxation times of models fitted at one lag after the other (SI Figs 1–13).

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    lags : array_like of int, shape (lags,)
        In frames.
    n_labels : int
        The number of labels, N.
    hidden_states : int, optional
        K, for hidden Markov models; Markov state models if left out.
    **settings
        Of :func:`~lstm_md.analysis.markov_models.fit_msm` or
        :func:`~lstm_md.analysis.markov_models.fit_hmm`.

    Returns
    -------
    ndarray, shape (lags, N − 1) or (lags, K − 1)
        In frames, the slowest first; nan where a model has fewer. Times below the lag are noise.

    Raises
    ------
    TypeError, ValueError
        As the fit, or if ``lags`` are not whole numbers from 1.
    ModuleNotFoundError
        If the library is not installed.
    """
    lags = _whole_numbers(lags, "lags")
    size = whole_number(n_labels, "n_labels", minimum=2) if hidden_states is None else hidden_states
    found = np.full((lags.size, size - 1), np.nan)
    for row, lag in zip(found, lags.tolist()):
        times = _fit(labels, lag, n_labels, hidden_states, settings).timescales
        row[: times.size] = times
    return found


def chapman_kolmogorov(
    labels: ArrayLike,
    lag_frames: int,
    n_labels: int,
    multiples: ArrayLike,
    state_of_label: ArrayLike,
    *,
    block_frames: int,
    seed: int,
    hidden_states: int | None = None,
    replicas: int = 50,
    **settings: Any,
) -> ChapmanKolmogorov:
    r"""Chapman–Kolmogorov test of a Markov model: does its nth power say what happens in n lags?

    With the stationary probabilities π and the powers of the transition matrix T, a Markov state
    model predicts, over the labels i of state a and j of b,

    .. math:: P(b \text{ after } n \text{ lags} \mid a)
              = \frac{\sum_{ij} \pi_i\, (T^n)_{ij}}{\sum_i \pi_i}.

    A hidden Markov model with outputs B has :math:`\sum_{kl} \pi_k B_{ki} (T^n)_{kl} B_{lj}` for
    :math:`\pi_i (T^n)_{ij}`. The estimate is the share of the frames in a that are followed by one
    in b that many frames later. PyEMMA's and deeptime's test estimates by another model, fitted at
    the longer lag, and looks at hidden states; the states here are seen in the labels, so that all
    models face one estimate.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    lag_frames : int
        The model's.
    n_labels : int
        The number of labels, N.
    multiples : array_like of int, shape (M,)
        The times n, in lags, from 1.
    state_of_label : array_like of int, shape (N,)
        The state, 0 to S − 1, that each label belongs to; −1 for one that belongs to none.
    block_frames : int
        Of the block bootstrap: longer than the longest time, and better than the slowest one of
        the labels; see :func:`lstm_md.analysis.uncertainty.block_bootstrap`.
    seed : int
        Of the block bootstrap: the same seed gives the same errors.
    hidden_states : int, optional
        K, for a hidden Markov model; a Markov state model if left out.
    replicas : int
        Of the block bootstrap, each with a fit: 50 give the errors to 10 %.
    **settings
        Of :func:`~lstm_md.analysis.markov_models.fit_msm` or
        :func:`~lstm_md.analysis.markov_models.fit_hmm`.

    Returns
    -------
    ChapmanKolmogorov

    Raises
    ------
    TypeError, ValueError
        As the fit and the bootstrap, or if ``multiples`` or ``state_of_label`` are not as above.
    ModuleNotFoundError
        If the library is not installed.
    """
    n_labels = whole_number(n_labels, "n_labels", minimum=2)
    array = label_array(labels, n_labels=n_labels)
    multiples = _whole_numbers(multiples, "multiples")
    lags = multiples * whole_number(lag_frames, "lag_frames")
    members = _memberships(state_of_label, n_labels)
    block_frames = whole_number(block_frames, "block_frames")
    if block_frames <= lags.max():
        raise ValueError(
            f"block_frames: found {block_frames}, not above the longest time of {lags.max()} "
            f"frames; give longer blocks or smaller multiples"
        )

    def both(chains: NDArray[np.unsignedinteger]) -> NDArray[np.float64]:
        model = _fit(chains, lag_frames, n_labels, hidden_states, settings)
        predicted = np.array([_predicted(model, members, n) for n in multiples.tolist()])
        estimated = np.array([_counted(chains, members, lag) for lag in lags.tolist()])
        return np.array([predicted, estimated, predicted - estimated])

    found = block_bootstrap(both, array, block_frames, n_replicas=replicas, seed=seed)
    parts = (Estimate(v, e, found.n) for v, e in zip(found.value, found.error))
    return ChapmanKolmogorov(lags, *parts)


def _fit(
    labels: ArrayLike, lag: int, n_labels: int, hidden_states: int | None, settings: dict[str, Any]
) -> MarkovModel | HiddenMarkovModel:
    if hidden_states is None:
        return fit_msm(labels, lag, n_labels=n_labels, **settings)
    return fit_hmm(labels, hidden_states, lag, n_labels=n_labels, **settings)


def _predicted(
    model: MarkovModel | HiddenMarkovModel, members: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    seen = members if isinstance(model, MarkovModel) else model.output_probabilities @ members
    power = np.linalg.matrix_power(model.transition_matrix, n)
    return _conditional(
        seen.T @ (model.stationary[:, None] * power) @ seen, model.stationary @ seen
    )


def _counted(
    chains: NDArray[np.unsignedinteger], members: NDArray[np.float64], lag: int
) -> NDArray[np.float64]:
    size = len(members)
    chains = np.atleast_2d(chains)
    pairs = chains[:, :-lag].astype(np.int64) * size + chains[:, lag:]
    counts = np.bincount(pairs.ravel(), minlength=size * size).reshape(size, size)
    return _conditional(members.T @ counts @ members, members.T @ counts.sum(axis=1))


def _conditional(joint: NDArray[np.float64], start: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):  # nan where a state does not occur
        return joint / start[:, None]


def _memberships(state_of_label: ArrayLike, n_labels: int) -> NDArray[np.float64]:
    states = np.asarray(state_of_label)
    if states.dtype.kind not in "iu":
        raise TypeError(
            f"state_of_label: expected whole numbers, found {describe_type(state_of_label, states)}"
            f"; give the number of a state for each label"
        )
    if states.shape != (n_labels,):
        raise ValueError(
            f"state_of_label: expected shape ({n_labels},), found {states.shape}; give a state "
            f"for each label, −1 for one that belongs to none"
        )
    members = states[:, None] == np.arange(states.max() + 1)
    if states.min() < -1 or not members.size or not members.any(axis=0).all():
        raise ValueError(
            f"state_of_label: expected the states 0, 1, 2 … without a gap, found "
            f"{np.unique(states).tolist()}; number them so, −1 for labels that belong to none"
        )
    return members.astype(np.float64)


def _whole_numbers(values: ArrayLike, name: str) -> NDArray[np.int64]:
    array = np.atleast_1d(np.asarray(values))
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: expected whole numbers, found {describe_type(values, array)}; give ints"
        )
    if array.ndim != 1 or not array.size or array.min() < 1:
        raise ValueError(f"{name}: expected a list of whole numbers from 1, found {values!r}")
    return array.astype(np.int64)
