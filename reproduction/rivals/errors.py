"""How well a Markov model is known: samples of the models that are compatible with the labels.

The Bayesian errors of a Markov state model assume that the model is right. The block bootstrap
needs no such assumption. It also holds where the labels have a longer memory than the model.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import whole_number
from lstm_md.analysis import _markov_libraries as libraries
from lstm_md.analysis.markov_models import HiddenMarkovModel, MarkovModel, fit_hmm
from lstm_md.analysis.uncertainty import block_bootstrap

N_SWEEPS = 10  # of the Gibbs sampler, from one sample to the next


def sample_msm(
    labels: ArrayLike,
    lag_frames: int,
    n_samples: int,
    *,
    n_labels: int | None = None,
    seed: int = 0,
    counts: Literal["effective", "per_lag"] = "effective",
) -> list[MarkovModel]:
    """Sample Markov state models in detailed balance from the posterior, for Bayesian errors.

    The Gibbs sampler is that of the BayesianMSM of PyEMMA and deeptime, but takes a seed. The
    samples show how far the counts determine the matrix, if the labels are a Markov chain at this
    lag. If they are not, the samples miss the exact values, and a bootstrap is better.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    lag_frames : int
        The lag time, in frames.
    n_samples : int
        The number of models.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.
    seed : int
        The same seed gives the same models.
    counts : {"effective", "per_lag"}
        How counts at overlapping times are made independent. "effective" is the choice of both
        libraries: each kind of transition is counted at every frame and divided by its own
        correlation time. At lag 1 that is right. At longer lags it divides by too small a
        number, so the errors are too small: on exact chains, 90 % intervals contain the exact
        value in 65 to 80 % of the cases. "per_lag" divides all counts by the lag. The likeliest
        model is then that of :func:`~lstm_md.analysis.markov_models.fit_msm`, and 90 % intervals
        contain the exact value in 86 to 96 % of the cases.

    Returns
    -------
    list of MarkovModel

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, the chains are shorter than the lag, or fewer than two
        labels lead to each other.
    ModuleNotFoundError
        If deeptime is not installed.
    """
    packed = libraries.pack(labels, lag_frames, n_labels)
    n_samples = whole_number(n_samples, "n_samples")
    seed = whole_number(seed, "seed", minimum=0)
    if counts not in ("effective", "per_lag"):
        raise ValueError(
            f"counts: expected 'effective' or 'per_lag', found {counts!r}; choose one of them"
        )
    samples = libraries.posterior_msms(
        packed, n_samples, N_SWEEPS, seed, effective=counts == "effective"
    )
    if not samples:
        raise ValueError(
            "labels: expected two or more labels that lead to each other, found one, which has "
            "no transitions; give a longer trajectory or a shorter lag"
        )
    return [libraries.unpack(model, packed) for model in samples]


def sample_hmm(
    labels: ArrayLike,
    n_hidden_states: int,
    lag_frames: int,
    n_samples: int,
    *,
    block_frames: int,
    n_labels: int | None = None,
    seed: int = 0,
    **fit_options: Any,
) -> list[HiddenMarkovModel]:
    """Fit hidden Markov models to block-bootstrap replicas of the labels, for errors.

    deeptime's Bayesian sampler takes no seed, and its errors assume that a hidden Markov model
    generated the labels.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
        A list of chains of unequal length needs ``n_labels``.
    n_hidden_states : int
        The number of hidden states, K.
    lag_frames : int
        The lag time, in frames.
    n_samples : int
        The number of models, at least 2.
    block_frames : int
        Length of a block, in frames. It must be much longer than the slowest relaxation time and
        the lag; see :func:`lstm_md.analysis.uncertainty.block_bootstrap`.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.
    seed : int
        The same seed gives the same models.
    **fit_options
        Further arguments of :func:`~lstm_md.analysis.markov_models.fit_hmm`.

    Returns
    -------
    list of HiddenMarkovModel
        The hidden states of each are in the order of their mean label, so that models compare.

    Raises
    ------
    TypeError, ValueError
        As for the fit and the bootstrap.
    ModuleNotFoundError
        If the library is not installed.
    """
    size = (
        int(np.asarray(labels).max()) + 1 if n_labels is None else n_labels
    )  # the same in each replica
    models: list[HiddenMarkovModel] = []

    def fit(chains: NDArray[np.unsignedinteger]) -> float:
        models.append(fit_hmm(chains, n_hidden_states, lag_frames, n_labels=size, **fit_options))
        return 0.0

    block_bootstrap(fit, labels, block_frames, n_replicas=n_samples, seed=seed)
    return models[:n_samples]  # the last one is fitted to the labels themselves
