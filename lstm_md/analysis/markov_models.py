"""Markov state models and hidden Markov models of labels: the paper's rivals.

Both see the labels at a lag: one step of a model is ``lag_frames`` frames, and what happens in
between is not described. The plain chain at lag 1 that serves as a control is in
:mod:`lstm_md.analysis.markov`; whether a model holds is asked in
:mod:`reproduction.rivals.validation`, and how well it is known in
:mod:`reproduction.rivals.errors`.

One interface to two libraries: deeptime, and PyEMMA, which the paper used. The PyEMMA that runs on
today's Python, 2.5.12, leaves the numerics to deeptime, so the two cannot disagree by much. The
paper's version, 2.5.6, has estimators of its own; its results on the same labels are frozen beside
the tests (``tests/analysis/frozen``), and deeptime's are held against them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import (
    finite_array,
    label_array,
    label_dtype,
    real_number,
    whole_number,
)
from lstm_md._support.compiled import compiled
from lstm_md.analysis import _markov_libraries as libraries
from lstm_md.analysis.markov import simulate_markov_chain

ACCURACY = 1e-3  # of the log likelihood, where the fit of a hidden Markov model ends: PyEMMA's

Library = Literal["deeptime", "pyemma"]


@dataclass(frozen=True)
class MarkovModel:
    """A Markov state model: the labels are the states.

    Attributes
    ----------
    transition_matrix : ndarray, shape (N, N)
        From row to column within ``lag_frames``. A label outside the largest set of labels that
        lead to each other has a uniform row and is entered from nowhere, as in
        :func:`lstm_md.analysis.markov.markov_chain`.
    stationary : ndarray, shape (N,)
        0 for a label outside that set.
    timescales : ndarray
        Relaxation times −lag/ln|λ|, in frames, the slowest first.
    lag_frames : int
    """

    transition_matrix: NDArray[np.float64]
    stationary: NDArray[np.float64]
    timescales: NDArray[np.float64]
    lag_frames: int


@dataclass(frozen=True)
class HiddenMarkovModel:
    """A hidden Markov model: a chain of hidden states, each with a distribution over the labels.

    A fit numbers the hidden states by their mean label, from the lowest.

    Attributes
    ----------
    transition_matrix : ndarray, shape (K, K)
        Between the K hidden states, within ``lag_frames``.
    stationary : ndarray, shape (K,)
    output_probabilities : ndarray, shape (K, N)
        Row k: the probabilities of the labels in hidden state k.
    timescales : ndarray, shape (K − 1,)
        Relaxation times, in frames, the slowest first.
    lag_frames : int
    log_likelihood : float
        Of the labels that the fit saw; nan if unknown.
    iterations : int
        Of Baum and Welch's algorithm; 1000 if it had to end there, and 0 if the model was not
        fitted.
    """

    transition_matrix: NDArray[np.float64]
    stationary: NDArray[np.float64]
    output_probabilities: NDArray[np.float64]
    timescales: NDArray[np.float64]
    lag_frames: int
    log_likelihood: float = np.nan
    iterations: int = 0

    @property
    def populations(self) -> NDArray[np.float64]:
        """What the labels' populations settle to, shape (N,)."""
        return self.stationary @ self.output_probabilities


def fit_msm(
    labels: ArrayLike,
    lag_frames: int,
    n_labels: int,
    *,
    reversible: bool = True,
    library: Library = "deeptime",
) -> MarkovModel:
    """Maximum-likelihood Markov state model (the paper's Fig 8, lag 0.5 ms).

    Transitions are counted from every frame to the one ``lag_frames`` later, within a chain: the
    count mode "sliding". On the same labels deeptime and PyEMMA 2.5.6 agree to 1e-12. (Error bars
    need fewer counts, those about independent: the mode "effective" of
    :func:`reproduction.rivals.errors.sample_msm`.)

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    lag_frames : int
    n_labels : int
        The number of labels, N.
    reversible : bool
        Detailed balance, as PyEMMA assumes.
    library : {"deeptime", "pyemma"}

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, or the chains are shorter than the lag.
    ModuleNotFoundError
        If the library is not installed.
    """
    packed, seen, lag_frames = packed_labels(labels, lag_frames, n_labels)
    by = {"deeptime": libraries.deeptime_msm, "pyemma": libraries.pyemma_msm}
    model = _choice(library, by)(packed, lag_frames, reversible)
    return of_all_labels(model, seen, lag_frames, n_labels)


def fit_hmm(
    labels: ArrayLike,
    hidden_states: int,
    lag_frames: int,
    n_labels: int,
    *,
    stride: int | Literal["effective"] = "effective",
    accuracy: float = ACCURACY,
    library: Library = "deeptime",
) -> HiddenMarkovModel:
    """Maximum-likelihood hidden Markov model (the paper's Fig 8: 3 hidden states, lag 3 ms).

    Baum and Welch's algorithm from the metastable sets of a Markov state model. At a lag above 1
    every lag-th label is seen, in several shifted copies of the labels.

    deeptime and PyEMMA 2.5.6 climb the same likelihood from nearly the same start. Where both
    stop at the default accuracy they differ by 1e-5 in a probability and 1e-4 of a timescale; with
    ``accuracy=1e-9`` they agree to 1e-7. Each finds a local maximum: other data for the start, as
    another stride brings, can lead to another one, the more so the more hidden states there are.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    hidden_states : int
        K, at most as many as there are labels that occur.
    lag_frames : int
    n_labels : int
        The number of labels, N.
    stride : int or "effective"
        Frames from one shifted copy to the next. 1 takes all labels, as PyEMMA does unless told
        otherwise: the most data, ``lag_frames`` times the work, and a likelihood that counts a
        frame's neighbours as if they were independent. "effective" takes as many copies as are
        about independent; that depends on K, so likelihoods of different K do not compare.
    accuracy : float
        The fit ends where the log likelihood moves by less.
    library : {"deeptime", "pyemma"}

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, the chains are shorter than the lag, or fewer labels occur
        than there are to be hidden states.
    ModuleNotFoundError
        If the library is not installed.
    """
    packed, seen, lag_frames = packed_labels(labels, lag_frames, n_labels)
    hidden_states = whole_number(hidden_states, "hidden_states", minimum=2)
    accuracy = real_number(accuracy, "accuracy", above=0.0)
    if stride != "effective":
        stride = whole_number(stride, "stride")
    elif lag_frames == 1:
        stride = 1
    if seen.size < hidden_states:
        raise ValueError(
            f"hidden_states: {hidden_states}, but only {seen.size} label(s) occur; ask for fewer"
        )
    by = {"deeptime": libraries.deeptime_hmm, "pyemma": libraries.pyemma_hmm}
    model = _choice(library, by)(packed, hidden_states, lag_frames, stride, accuracy)
    output = np.zeros((hidden_states, n_labels))
    output[:, seen] = model.output_probabilities
    order = np.argsort(output @ np.arange(n_labels), kind="stable")
    return HiddenMarkovModel(
        model.transition_matrix[np.ix_(order, order)],
        model.stationary[order],
        output[order],
        model.timescales,
        lag_frames,
        model.log_likelihood,
        model.iterations,
    )


def simulate_hmm(
    model: HiddenMarkovModel, steps: int, *, seed: int, chains: int = 1
) -> NDArray[np.unsignedinteger]:
    """Labels drawn from a hidden Markov model, begun from its stationary distribution.

    Parameters
    ----------
    model : HiddenMarkovModel
    steps : int
        Labels a chain, each ``model.lag_frames`` frames after the one before.
    seed : int
        The same seed gives the same labels.
    chains : int
        Number of independent chains.

    Returns
    -------
    ndarray of uint8 or uint16, shape (steps,), or (chains, steps) for more than one chain

    Raises
    ------
    TypeError, ValueError
        If a row of one of the matrices is no distribution, or a number is not whole or too small.
    """
    outputs = finite_array(model.output_probabilities, "output_probabilities", dimensions=(2,))
    if (outputs < 0).any() or (np.abs(outputs.sum(axis=1) - 1) > 1e-6).any():
        raise ValueError(
            "output_probabilities: each row must be a distribution over the labels: none "
            "negative, with the sum 1"
        )
    # Two streams, so that the hidden path does not depend on what the states put out.
    path, drawn = np.random.SeedSequence(whole_number(seed, "seed", minimum=0)).generate_state(2)
    hidden = np.atleast_2d(
        simulate_markov_chain(model.transition_matrix, steps, seed=int(path), chains=chains)
    )
    if len(outputs) != len(np.atleast_2d(model.transition_matrix)):
        raise ValueError(
            f"output_probabilities: expected a row for each of the "
            f"{len(model.transition_matrix)} hidden states, found {len(outputs)}"
        )
    cumulative = np.cumsum(outputs, axis=1)
    cumulative /= cumulative[:, -1:]
    labels = np.empty(hidden.shape, dtype=label_dtype(outputs.shape[1]))
    _put_out(cumulative, hidden, labels, np.random.default_rng(int(drawn)))
    return labels[0] if chains == 1 else labels


@compiled()
def _put_out(cumulative, hidden, labels, generator):
    for chain in range(hidden.shape[0]):
        for step in range(hidden.shape[1]):
            row = cumulative[hidden[chain, step]]
            labels[chain, step] = np.searchsorted(row, generator.random(), side="right")


def packed_labels(
    labels: ArrayLike, lag_frames: int, n_labels: int
) -> tuple[list[NDArray[np.int32]], NDArray[np.intp], int]:
    """The chains with the labels that occur renumbered without gaps, which those are, the lag."""
    lag_frames = whole_number(lag_frames, "lag_frames")
    n_labels = whole_number(n_labels, "n_labels", minimum=2)
    array = np.atleast_2d(label_array(labels, n_labels=n_labels, min_frames=lag_frames + 1))
    seen = np.flatnonzero(np.bincount(array.ravel(), minlength=n_labels))
    number = np.zeros(n_labels, dtype=np.int32)
    number[seen] = np.arange(seen.size)
    return list(number[array]), seen, lag_frames


def of_all_labels(
    model: libraries.Msm, seen: NDArray[np.intp], lag_frames: int, n_labels: int
) -> MarkovModel:
    """The model of all N labels from that of the connected ones."""
    states = seen[model.states]
    matrix = np.full((n_labels, n_labels), 1 / n_labels)
    matrix[states] = 0.0
    matrix[np.ix_(states, states)] = model.transition_matrix
    stationary = np.zeros(n_labels)
    stationary[states] = model.stationary
    return MarkovModel(matrix, stationary, model.timescales, lag_frames)


def _choice(library: str, by: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    if library not in by:
        raise ValueError(
            f"library: expected one of {', '.join(map(repr, by))}, found {library!r}; choose one"
        )
    return by[library]
