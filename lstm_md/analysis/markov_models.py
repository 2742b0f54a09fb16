"""Markov state models and hidden Markov models: the methods that the paper compares with.

Both see the labels at a lag time. One step of a model is ``lag_frames`` frames, and the model does
not describe what happens in between.

Two libraries fit them behind one interface: deeptime, and PyEMMA, which the paper used. The paper's
PyEMMA, 2.5.6, has estimators of its own. Its results on the same labels are stored beside the tests
(``tests/analysis/frozen``), and the tests compare deeptime with them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import Chains, chains_of, label_dtype, real_number, whole_number
from lstm_md._support.compiled import compiled
from lstm_md._support.processes import check_memory
from lstm_md.analysis import _markov_libraries as libraries
from lstm_md.analysis._probabilities import (
    check_lag_of_loss,
    distributions,
    relaxation_times,
    with_chance,
)
from lstm_md.analysis.markov import (
    MarkovModel,
    simulate_markov_chain,
    stationary,
)

#: A fit of a hidden Markov model ends when a step changes its log likelihood by less than this.
#: The value is PyEMMA's.
ACCURACY = 1e-3

Library = Literal["deeptime", "pyemma"]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HiddenMarkovModel:
    """A Markov chain of K hidden states, each with probabilities for the N labels.

    A fit numbers the hidden states by their mean label, from the lowest.

    Parameters
    ----------
    transition_matrix : array_like, shape (K, K)
        Between the hidden states, within ``lag_frames``; each row sums to 1.
    output_probabilities : array_like, shape (K, N)
        Row k: the probabilities of the labels in hidden state k.
    lag_frames : int
        Frames in one step of the model.
    log_likelihood : float
        Log likelihood of the labels that were fitted; nan if unknown.
    iterations : int
        Steps of the Baum–Welch algorithm, at most 1000; 0 if the model was not fitted.

    Raises
    ------
    TypeError, ValueError
        If a row is not a distribution, or the shapes do not fit.

    Examples
    --------
    The two hidden states alternate, and each label shows its state. The second trajectory is
    impossible.

    >>> model = HiddenMarkovModel([[0.0, 1.0], [1.0, 0.0]], np.eye(2))
    >>> round(model.loss([0, 1, 0, 1]), 5), round(model.loss([0, 0]), 5)
    (0.0, 13.81551)
    """

    transition_matrix: Array
    output_probabilities: Array
    lag_frames: int = 1
    log_likelihood: float = np.nan
    iterations: int = 0

    def __post_init__(self) -> None:
        for name in ("transition_matrix", "output_probabilities"):
            object.__setattr__(self, name, distributions(getattr(self, name), name))
        states = len(self.output_probabilities)
        if self.transition_matrix.shape != (states, states):
            raise ValueError(
                f"transition_matrix: expected shape {(states, states)} for {states} rows of "
                f"output_probabilities, found {self.transition_matrix.shape}; give one row and "
                f"one column for each hidden state"
            )

    @property
    def n_labels(self) -> int:
        """The number of labels, N."""
        return self.output_probabilities.shape[1]

    @cached_property
    def stationary(self) -> Array:
        """The stationary populations of the hidden states, shape (K,)."""
        return stationary(self.transition_matrix)

    @cached_property
    def timescales(self) -> Array:
        """Relaxation times in frames, the slowest first, shape (K − 1,)."""
        return relaxation_times(self.transition_matrix, self.lag_frames)

    @property
    def populations(self) -> Array:
        """The stationary populations of the labels, shape (N,)."""
        return self.stationary @ self.output_probabilities

    def losses(self, labels: ArrayLike) -> Array:
        """Compute −ln P(x_t | x_0 … x_{t−1}) of each label exactly, by the forward recursion.

        The sum along a chain is −ln P of the whole path (Rabiner, Proc. IEEE 77, 257, 1989).

        Parameters
        ----------
        labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
            Each chain begins from the stationary populations.

        Returns
        -------
        ndarray of float64, of the shape of ``labels``
            In nats.

        Raises
        ------
        TypeError, ValueError
            If ``labels`` are not labels below N, or the model cannot generate them.
        """
        chains = chains_of(labels, n_labels=self.n_labels)
        return chains.like_given(self._losses(chains, self.output_probabilities))

    def loss(self, labels: ArrayLike) -> float:
        """Cross-entropy on labels, in nats per label, to compare with the loss of Eq 9.

        The mean over all labels but the first of each chain. Each output probability p is
        replaced by (1 − ε) p + ε / N, with ε = 10⁻⁶. So an impossible label has a finite loss, at
        most ln(N / ε). :meth:`losses` keeps p as it is, so ``loss`` is not exactly its mean.

        Parameters
        ----------
        labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
            At least two frames per chain.

        Raises
        ------
        TypeError, ValueError
            If ``labels`` are not labels below N, a chain has one frame only, or the model has a
            lag above 1. A loss of every lag-th label cannot be compared with a loss of all labels.
        """
        check_lag_of_loss(self.lag_frames)
        chains = chains_of(labels, n_labels=self.n_labels, min_frames=2)
        outputs = distributions(with_chance(self.output_probabilities), "output_probabilities")
        return float(np.delete(self._losses(chains, outputs), chains.starts[:-1]).mean())

    def simulate(
        self, n_frames: int, *, seed: int = 0, n_chains: int = 1
    ) -> NDArray[np.unsignedinteger]:
        """Generate labels, starting from the stationary populations.

        Parameters
        ----------
        n_frames : int
            Labels per chain; each is ``lag_frames`` frames after the one before.
        seed : int
            The same seed gives the same labels.
        n_chains : int
            Number of independent chains.

        Returns
        -------
        ndarray of uint8 or uint16, shape (n_frames,), or (n_chains, n_frames) for several chains
        """
        hidden = simulate_markov_chain(
            self.transition_matrix, n_frames, seed=seed, n_chains=n_chains
        )
        kind, outputs = label_dtype(self.n_labels), self.output_probabilities
        if (outputs.max(axis=1) == 1).all():
            return outputs.argmax(axis=1).astype(kind)[hidden]
        # Another stream than that of the hidden chain, whose seed is the same.
        draws = np.random.default_rng([seed, 1]).random(hidden.shape)
        cumulative = outputs.cumsum(axis=1)
        labels = np.zeros(hidden.shape, kind)
        for label in range(self.n_labels - 1):
            labels += draws >= cumulative[hidden, label]
        return labels

    def _losses(self, chains: Chains, outputs: Array) -> Array:
        losses = np.empty(chains.flat.size)
        start, matrix = self.stationary, self.transition_matrix
        impossible = _forward(matrix, outputs, start, chains.flat, chains.starts, losses)
        if impossible >= 0:
            chain = int(np.searchsorted(chains.starts, impossible, side="right")) - 1
            raise ValueError(
                f"labels: chain {chain} has label {chains.flat[impossible]} at frame "
                f"{impossible - chains.starts[chain]}, where the model gives it no probability; "
                f"give labels that the model can generate"
            )
        return losses


def fit_msm(
    labels: ArrayLike,
    lag_frames: int,
    *,
    n_labels: int | None = None,
    reversible: bool = True,
    library: Library = "deeptime",
) -> MarkovModel:
    """Fit a Markov state model by maximum likelihood (the paper's Fig 8: lag 5 frames, or 0.5 ms).

    Transitions are counted from every frame to the one ``lag_frames`` later, within a chain. The
    libraries call this count mode "sliding". On the same labels deeptime and PyEMMA 2.5.6 agree
    to 1e-12.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    lag_frames : int
        The lag time, in frames.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.
    reversible : bool
        True: the fit obeys detailed balance, as PyEMMA's does. False: it need not.
    library : {"deeptime", "pyemma"}
        The library that does the fit.

    Returns
    -------
    MarkovModel
        The model of the largest set of labels that lead to each other.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, or the chains are shorter than the lag.
    MemoryError
        If a matrix of N × N probabilities does not fit.
    ModuleNotFoundError
        If the library is not installed.
    """
    packed = libraries.pack(labels, lag_frames, n_labels)
    check_memory(2 * 8 * packed.n_labels**2, "n_labels", "give fewer labels")
    by = {"deeptime": libraries.deeptime_msm, "pyemma": libraries.pyemma_msm}
    return libraries.unpack(_choice(library, by)(packed, reversible), packed)


def fit_hmm(
    labels: ArrayLike,
    n_hidden_states: int,
    lag_frames: int,
    *,
    n_labels: int | None = None,
    stride: int | Literal["effective"] = "effective",
    accuracy: float = ACCURACY,
    library: Library = "deeptime",
) -> HiddenMarkovModel:
    """Fit a hidden Markov model by maximum likelihood (Fig 8: 3 states, lag 30 frames, or 3 ms).

    The Baum–Welch algorithm starts from the metastable sets of a Markov state model. At a lag
    above 1 it sees every lag-th label, in several shifted copies of the labels.

    deeptime and PyEMMA 2.5.6 maximise the same likelihood, from nearly the same start. At the
    default accuracy, their probabilities differ by about 1e-5; the relative difference of the
    timescales is about 1e-4. With ``accuracy=1e-9`` they agree to 1e-7. Each library finds a local
    maximum. Another stride gives another start, and this can lead to another maximum, above all if
    there are many hidden states.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
    n_hidden_states : int
        The number of hidden states K, from 2 to the number of labels that occur.
    lag_frames : int
        The lag time, in frames.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.
    stride : int or "effective"
        Frames from one shifted copy to the next. 1 uses all labels, as PyEMMA does by default.
        This takes ``lag_frames`` times as long as one copy, and the likelihood treats
        neighbouring frames as independent. "effective" uses fewer copies, so few that they are
        about independent. Their number depends on K, so do not compare likelihoods for different
        K.
    accuracy : float
        The fit ends when a step changes the log likelihood by less than this.
    library : {"deeptime", "pyemma"}
        The library that does the fit.

    Returns
    -------
    HiddenMarkovModel
        Its hidden states are numbered by their mean label, from the lowest.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, the chains are shorter than the lag, fewer labels lead to
        each other than there are hidden states, or the labels fall into sets without a transition
        between them.
    ModuleNotFoundError
        If the library is not installed.
    """
    packed = libraries.pack(labels, lag_frames, n_labels)
    n_hidden_states = whole_number(n_hidden_states, "n_hidden_states", minimum=2)
    accuracy = real_number(accuracy, "accuracy", above=0.0)
    if not (isinstance(stride, str) and stride == "effective"):
        stride = whole_number(stride, "stride")
    elif packed.lag_frames == 1:
        stride = 1
    if packed.labels.size < n_hidden_states:
        raise ValueError(
            f"n_hidden_states: found {n_hidden_states}, but only {packed.labels.size} label(s) "
            f"occur; ask for fewer"
        )
    libraries.check_connected(packed, n_hidden_states)
    by = {"deeptime": libraries.deeptime_hmm, "pyemma": libraries.pyemma_hmm}
    model = _choice(library, by)(packed, n_hidden_states, stride, accuracy)
    outputs = np.zeros((n_hidden_states, packed.n_labels))
    outputs[:, packed.labels] = model.output_probabilities
    order = np.argsort(outputs @ np.arange(packed.n_labels), kind="stable")
    return HiddenMarkovModel(
        model.transition_matrix[np.ix_(order, order)],
        outputs[order],
        packed.lag_frames,
        model.log_likelihood,
        model.iterations,
    )


@compiled()
def _forward(transitions, outputs, start, labels, starts, losses):
    """Fill ``losses``; return the place, in the flattened labels, of an impossible one, or −1."""
    states = len(start)
    now, later = np.empty(states), np.empty(states)
    for chain in range(starts.size - 1):
        now[:] = start
        for frame in range(starts[chain], starts[chain + 1]):
            label = labels[frame]
            probability = 0.0
            for i in range(states):
                now[i] *= outputs[i, label]
                probability += now[i]
            if probability <= 0.0:
                return frame
            losses[frame] = -np.log(probability)
            later[:] = 0.0
            for i in range(states):
                # The labels rule out most hidden states of a model that hides little.
                if now[i] > 0.0:
                    share = now[i] / probability
                    for j in range(states):
                        later[j] += share * transitions[i, j]
            now, later = later, now
    return -1


def _choice(library: str, by: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]:
    if not isinstance(library, str) or library not in by:
        raise ValueError(
            f"library: expected one of {', '.join(map(repr, by))}, found {library!r}; choose one"
        )
    return by[library]
