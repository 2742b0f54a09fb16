"""Whether a Markov model describes labels: implied timescales and the Chapman–Kolmogorov test.

If the labels at a lag are a Markov chain, or the outputs of a hidden one, then the implied
timescales do not depend on the lag, and the Chapman–Kolmogorov test passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import describe_type, label_array, whole_number
from lstm_md.analysis.markov_models import HiddenMarkovModel, MarkovModel, fit_hmm, fit_msm
from lstm_md.analysis.uncertainty import Estimate, block_bootstrap


@dataclass(frozen=True, eq=False)
class ChapmanKolmogorov:
    """The probability to be in state b, a given time after the system was in state a.

    Attributes
    ----------
    lags : ndarray of int, shape (M,)
        The times, in frames.
    predicted, estimated : Estimate, shape (M, S, S)
        ``predicted`` comes from the model, fitted at its own lag. ``estimated`` is counted in the
        labels. Element [m, a, b] belongs to ``lags[m]``.
    difference : Estimate, shape (M, S, S)
        Predicted minus estimated. Both come from the same labels, so the error is smaller than
        that of two independent estimates.
    """

    lags: NDArray[np.int64]
    predicted: Estimate
    estimated: Estimate
    difference: Estimate


def implied_timescales(
    labels: ArrayLike,
    lags: ArrayLike,
    *,
    n_labels: int | None = None,
    n_hidden_states: int | None = None,
    **fit_options: Any,
) -> NDArray[np.float64]:
    """Compute the relaxation times of models fitted at several lags (SI Figs 1–13).

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        The chains must have one length.
    lags : array_like of int, shape (lags,)
        In frames.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.
    n_hidden_states : int, optional
        K, for hidden Markov models; Markov state models if left out.
    **fit_options
        Further arguments of :func:`~lstm_md.analysis.markov_models.fit_msm` or
        :func:`~lstm_md.analysis.markov_models.fit_hmm`.

    Returns
    -------
    ndarray of float64, shape (lags, N − 1) or (lags, K − 1)
        In frames, the slowest first; nan where a model has fewer. Times below the lag are noise.

    Raises
    ------
    TypeError, ValueError
        As for the fit, or if ``lags`` are not whole numbers from 1.
    ModuleNotFoundError
        If the library is not installed.
    """
    lags = _whole_numbers(lags, "lags")
    array = label_array(labels, n_labels=n_labels)
    size = int(array.max()) + 1 if n_labels is None else n_labels
    timescales = np.full((lags.size, (n_hidden_states or size) - 1), np.nan)
    for row, lag in zip(timescales, lags.tolist()):
        times = _fit(array, lag, size, n_hidden_states, fit_options).timescales
        row[: times.size] = times
    return timescales


def chapman_kolmogorov(
    labels: ArrayLike,
    lag_frames: int,
    multiples: ArrayLike,
    state_of_label: ArrayLike,
    *,
    block_frames: int,
    n_labels: int | None = None,
    n_hidden_states: int | None = None,
    n_replicas: int = 50,
    seed: int = 0,
    **fit_options: Any,
) -> ChapmanKolmogorov:
    r"""Test a Markov model by Chapman–Kolmogorov: the nth power must describe n lags.

    With the stationary populations π and the transition matrix T, a Markov state model predicts

    .. math:: P(b \text{ after } n \text{ lags} \mid a)
              = \frac{\sum_{ij} \pi_i\, (T^n)_{ij}}{\sum_i \pi_i},

    where i runs over the labels of state a, and j over those of b. For a hidden Markov model with
    outputs B, :math:`\pi_i (T^n)_{ij}` is :math:`\sum_{kl} \pi_k B_{ki} (T^n)_{kl} B_{lj}`. The
    estimate is the share of the frames in a that are followed by a frame in b, n lags later
    (n · lag_frames frames).

    The tests of PyEMMA and deeptime compare with another model, fitted at the longer lag, and
    use hidden states. Here the states are sets of labels, so that all models are compared with
    the same estimate.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        The chains must have one length.
    lag_frames : int
        The lag time of the model, in frames.
    multiples : array_like of int, shape (M,)
        The times n, in lags, from 1.
    state_of_label : array_like of int, shape (N,)
        The state, 0 to S − 1, to which each label belongs; −1 for a label that belongs to none.
    block_frames : int
        Length of a block, in frames. It must be longer than the longest time tested, and much
        longer than the slowest relaxation time; see
        :func:`lstm_md.analysis.uncertainty.block_bootstrap`.
    n_labels : int, optional
        The number of labels N; the length of ``state_of_label`` if left out.
    n_hidden_states : int, optional
        K, for a hidden Markov model; a Markov state model if left out.
    n_replicas : int
        Number of replicas in the block bootstrap, each with a fit; 50 give the errors to 10 %.
    seed : int
        The same seed gives the same errors.
    **fit_options
        Further arguments of :func:`~lstm_md.analysis.markov_models.fit_msm` or
        :func:`~lstm_md.analysis.markov_models.fit_hmm`.

    Returns
    -------
    ChapmanKolmogorov

    Raises
    ------
    TypeError, ValueError
        As for the fit and the bootstrap, or if ``multiples`` or ``state_of_label`` are not as
        above.
    ModuleNotFoundError
        If the library is not installed.
    """
    size = np.size(state_of_label) if n_labels is None else n_labels
    array = label_array(labels, n_labels=size)
    multiples = _whole_numbers(multiples, "multiples")
    lags = multiples * whole_number(lag_frames, "lag_frames")
    members = _memberships(state_of_label, size)
    block_frames = whole_number(block_frames, "block_frames")
    if block_frames <= lags.max():
        raise ValueError(
            f"block_frames: found {block_frames}, not above the longest time of {lags.max()} "
            f"frames; give longer blocks or smaller multiples"
        )

    def probabilities(chains: NDArray[np.unsignedinteger]) -> NDArray[np.float64]:
        model = _fit(chains, lag_frames, size, n_hidden_states, fit_options)
        predicted = np.array([_predicted(model, members, n) for n in multiples.tolist()])
        estimated = np.array([_counted(chains, members, lag) for lag in lags.tolist()])
        return np.array([predicted, estimated, predicted - estimated])

    found = block_bootstrap(probabilities, array, block_frames, n_replicas=n_replicas, seed=seed)
    estimates = (Estimate(v, e, found.n) for v, e in zip(found.value, found.error))
    return ChapmanKolmogorov(lags, *estimates)


def _fit(
    labels: ArrayLike,
    lag_frames: int,
    n_labels: int,
    n_hidden_states: int | None,
    fit_options: dict[str, Any],
) -> MarkovModel | HiddenMarkovModel:
    if n_hidden_states is None:
        return fit_msm(labels, lag_frames, n_labels=n_labels, **fit_options)
    return fit_hmm(labels, n_hidden_states, lag_frames, n_labels=n_labels, **fit_options)


def _predicted(
    model: MarkovModel | HiddenMarkovModel, members: NDArray[np.float64], n: int
) -> NDArray[np.float64]:
    """Predict P(b after n lags | a) by the model."""
    # Probabilities of the states, given each state of the model
    shown = members if isinstance(model, MarkovModel) else model.output_probabilities @ members
    power = np.linalg.matrix_power(model.transition_matrix, n)
    joint = shown.T @ (model.stationary[:, None] * power) @ shown
    return _conditional(joint, model.stationary @ shown)


def _counted(
    chains: NDArray[np.unsignedinteger], members: NDArray[np.float64], lag: int
) -> NDArray[np.float64]:
    """Count the share of the frames in a that are followed by b after the lag."""
    size = len(members)
    chains = np.atleast_2d(chains)
    pairs = chains[:, :-lag].astype(np.int64) * size + chains[:, lag:]
    counts = np.bincount(pairs.ravel(), minlength=size * size).reshape(size, size)
    return _conditional(members.T @ counts @ members, members.T @ counts.sum(axis=1))


def _conditional(joint: NDArray[np.float64], start: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide the joint probabilities of two states by those of the first."""
    with np.errstate(invalid="ignore"):  # nan where a state does not occur
        return joint / start[:, None]


def _memberships(state_of_label: ArrayLike, n_labels: int) -> NDArray[np.float64]:
    """Make a matrix (N, S) that is 1 where a label belongs to a state."""
    states = np.asarray(state_of_label)
    if states.dtype.kind not in "iu":
        raise TypeError(
            f"state_of_label: expected whole numbers, found {describe_type(state_of_label, states)}"
            f"; give the number of a state for each label"
        )
    if states.shape != (n_labels,):
        raise ValueError(
            f"state_of_label: expected shape ({n_labels},), found {states.shape}; give the "
            f"state of each label, −1 for a label that belongs to none"
        )
    members = states[:, None] == np.arange(states.max() + 1)
    if states.min() < -1 or not members.size or not members.any(axis=0).all():
        raise ValueError(
            f"state_of_label: expected the states 0, 1, 2 … without a gap, found "
            f"{np.unique(states).tolist()}; renumber them, with −1 for labels that belong to none"
        )
    return members.astype(np.float64)


def _whole_numbers(values: ArrayLike, name: str) -> NDArray[np.int64]:
    array = np.atleast_1d(np.asarray(values))
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: expected whole numbers, found {describe_type(values, array)}; give ints"
        )
    if array.ndim != 1 or not array.size or array.min() < 1:
        raise ValueError(
            f"{name}: expected whole numbers from 1, found {values!r}; give one or more of these"
        )
    return array.astype(np.int64)
