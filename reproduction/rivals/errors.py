"""How well a Markov model of labels is known: models drawn from what the labels allow.

The Bayesian errors of a Markov state model take it for granted that the model is right. The block
bootstrap asks the labels, and holds as well where they remember more than the model does.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import whole_number
from lstm_md.analysis import _markov_libraries as libraries
from lstm_md.analysis.markov_models import (
    HiddenMarkovModel,
    MarkovModel,
    fit_hmm,
    of_all_labels,
    packed_labels,
)
from lstm_md.analysis.uncertainty import block_bootstrap

SWEEPS = 10  # of the Gibbs sampler, from one sample to the next


def sample_msm(
    labels: ArrayLike,
    lag_frames: int,
    n_labels: int,
    samples: int,
    seed: int,
    *,
    counts: Literal["effective", "per_lag"] = "effective",
) -> list[MarkovModel]:
    """Markov state models drawn from the posterior, in detailed balance: Bayesian error bars.

    As PyEMMA's and deeptime's BayesianMSM, by the same Gibbs sampler, but with a seed. They say how
    far the counts determine the matrix if the labels are a Markov chain at this lag; where they
    are not, the truth is elsewhere, and a bootstrap is the better judge.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    lag_frames : int
    n_labels : int
        The number of labels, N.
    samples : int
        How many models.
    seed : int
        The same seed gives the same models.
    counts : {"effective", "per_lag"}
        What counts as independent. "effective" is both libraries' choice: each kind of transition
        is counted at every frame, and divided by a correlation time of its own. At lag 1 that is
        right. At longer lags it divides by too little: on exact chains, intervals of 90 % cover
        the truth in 65 to 80 % of the cases. "per_lag" divides all counts by the lag, which
        leaves the likeliest model where
        :func:`~lstm_md.analysis.markov_models.fit_msm` finds it, and such intervals cover the
        truth in 86 to 96 %.

    Returns
    -------
    list of MarkovModel

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, the chains are shorter than the lag, or fewer than two labels
        lead to each other.
    ModuleNotFoundError
        If deeptime is not installed.
    """
    packed, seen, lag_frames = packed_labels(labels, lag_frames, n_labels)
    samples = whole_number(samples, "samples")
    seed = whole_number(seed, "seed", minimum=0)
    if counts not in ("effective", "per_lag"):
        raise ValueError(
            f"counts: expected 'effective' or 'per_lag', found {counts!r}; choose one of them"
        )
    found = libraries.posterior_msms(
        packed, lag_frames, samples, SWEEPS, seed, counts == "effective"
    )
    if not found:
        raise ValueError(
            "labels: expected two labels or more that lead to each other, found one; one label "
            "has no transitions to be unsure of"
        )
    return [of_all_labels(model, seen, lag_frames, n_labels) for model in found]


def sample_hmm(
    labels: ArrayLike,
    hidden_states: int,
    lag_frames: int,
    n_labels: int,
    samples: int,
    seed: int,
    *,
    block_frames: int,
    **settings: Any,
) -> list[HiddenMarkovModel]:
    """Hidden Markov models fitted to block-bootstrap replicas of the labels: error bars.

    In place of a Bayesian sampler: deeptime's draws from a generator that takes no seed, and its
    models say nothing of labels that are not what an HMM puts out.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    hidden_states : int
        Their number, K.
    lag_frames : int
    n_labels : int
        The number of labels, N.
    samples : int
        How many models, at least 2.
    seed : int
        The same seed gives the same models.
    block_frames : int
        Long beside the slowest time and the lag; see
        :func:`lstm_md.analysis.uncertainty.block_bootstrap`.
    **settings
        Of :func:`~lstm_md.analysis.markov_models.fit_hmm`.

    Returns
    -------
    list of HiddenMarkovModel
        Each with its hidden states in the order of their mean label, so that they compare.

    Raises
    ------
    TypeError, ValueError
        As the fit and the bootstrap.
    ModuleNotFoundError
        If the library is not installed.
    """
    drawn: list[HiddenMarkovModel] = []

    def fit(chains: NDArray[np.unsignedinteger]) -> float:
        drawn.append(fit_hmm(chains, hidden_states, lag_frames, n_labels=n_labels, **settings))
        return 0.0

    block_bootstrap(fit, labels, block_frames, n_replicas=samples, seed=seed)
    return drawn[:samples]  # one more is of the labels as they are
