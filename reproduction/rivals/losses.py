"""What a Markov state model or a hidden Markov model loses a label, to set beside Eq 9.

Rivals of a language model are compared on the same labels, each with the same amount of past:
:func:`lstm_md.training.sequences` cuts labels into the rows in which a network predicts them.

A fit by maximum likelihood gives what its labels never showed the probability 0, and one such
label held back would cost infinitely much. So the distribution p of the next label, in each state
or hidden state, is mixed with chance, one part in a million: (1 − ε) p + ε / N. No label then
costs more than ln(N / ε), 17.3 for 34 labels, and a text that is possible at most ε a label more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import finite_array, label_array
from lstm_md.analysis.markov_models import HiddenMarkovModel, MarkovModel
from reproduction.path_entropy.entropy import path_losses
from reproduction.path_entropy.processes import HiddenProcess, markov_process

CHANCE = 1e-6  # ε


def hmm_loss(model: HiddenMarkovModel, labels: ArrayLike) -> float:
    """Cross-entropy of a hidden Markov model on labels, in nats a label.

    The mean of −ln p(x_t | x_1 … x_{t−1}) over t = 2 … T of each chain, by the forward recursion
    (Rabiner, Proc. IEEE 77, 257, 1989) from the stationary distribution of the hidden states at
    the first label. A label that no hidden state puts out tells nothing of where the chain is.

    Parameters
    ----------
    model : HiddenMarkovModel
        With ``lag_frames`` 1.
    labels : array_like of int, shape (frames,) or (chains, frames)
        At least two frames a chain.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels below N or too few, the model has another lag, one of its rows
        is no distribution, or its stationary distribution depends on the start.

    Examples
    --------
    Two hidden states that take turns and show what they are; the second text is impossible.

    >>> swap = np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> model = HiddenMarkovModel(swap, np.full(2, 0.5), np.eye(2), np.empty(0), lag_frames=1)
    >>> round(hmm_loss(model, [0, 1, 0, 1]), 5), round(hmm_loss(model, [0, 0]), 5)
    (0.0, 13.81551)
    """
    _check_lag(model.lag_frames)
    outputs = _with_chance(model.output_probabilities, "output_probabilities")
    process = HiddenProcess(model.transition_matrix, outputs)
    array = np.atleast_2d(label_array(labels, n_labels=process.n_labels, min_frames=2))
    return float(path_losses(process, array)[:, 1:].mean())


def msm_loss(model: MarkovModel, labels: ArrayLike) -> float:
    """Cross-entropy of a Markov state model on labels, in nats a label.

    The mean of −ln p(x_t | x_{t−1}) over t = 2 … T of each chain. From a label that the model
    does not connect to the others, every label is as likely.

    Parameters
    ----------
    model : MarkovModel
        With ``lag_frames`` 1.
    labels : array_like of int, shape (frames,) or (chains, frames)
        At least two frames a chain.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels below N or too few, the model has another lag, or a row of its
        matrix is no distribution.

    Examples
    --------
    >>> matrix = np.array([[0.5, 0.5], [0.25, 0.75]])
    >>> model = MarkovModel(matrix, np.array([1, 2]) / 3, np.empty(0), lag_frames=1)
    >>> round(msm_loss(model, [0, 1, 0]), 5)  # ln 8 / 2
    1.03972
    """
    _check_lag(model.lag_frames)
    matrix = _with_chance(model.transition_matrix, "transition_matrix")
    matrix = markov_process(matrix).transitions  # which refuses what is no such matrix
    array = np.atleast_2d(label_array(labels, n_labels=len(matrix), min_frames=2))
    return float(-np.log(matrix[array[:, :-1], array[:, 1:]]).mean())


def _with_chance(probabilities: ArrayLike, name: str) -> NDArray[np.float64]:
    array = finite_array(probabilities, name, dimensions=(2,))
    return (1 - CHANCE) * array + CHANCE / array.shape[1]


def _check_lag(lag_frames: int) -> None:
    if lag_frames != 1:
        raise ValueError(
            f"model: its lag_frames is {lag_frames}, and every {lag_frames}-th label is another "
            f"text, whose losses do not compare; fit the model with lag_frames=1"
        )
