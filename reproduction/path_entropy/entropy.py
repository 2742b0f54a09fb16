"""Path entropy: the least that any model can lose a label, and what chains of finite order lose.

Everything is in nats. A loss a label is −ln Q(x_t | x_0 … x_{t−1}), of Eq 9; its mean under the
true process P is the entropy rate of P plus the Kullback–Leibler rate D(P‖Q) (Eq 10).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import entr

from lstm_md._support.checks import label_array, whole_number
from lstm_md._support.compiled import compiled
from lstm_md.analysis.markov import stationary
from lstm_md.analysis.uncertainty import Estimate, over_trainings
from reproduction.path_entropy.processes import HiddenProcess, semi_markov_process

LARGEST_TABLE = 2**26  # probabilities of an order

Array = NDArray[np.float64]


def path_losses(process: HiddenProcess, labels: ArrayLike) -> Array:
    """−ln P(x_t | x_0 … x_{t−1}) of each label, by the forward recursion; exact.

    Their sum along a chain is −ln P(x_0 … x_T) of the whole path.

    Parameters
    ----------
    process : HiddenProcess
        That wrote the labels, or one that is tried on them.
    labels : array_like of int, shape (frames,) or (chains, frames)
        Each chain begins from the stationary populations.

    Returns
    -------
    ndarray of float64, of the labels' shape

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels of the process, or it cannot have written them.
    """
    array = label_array(labels, n_labels=process.n_labels)
    chains = np.ascontiguousarray(np.atleast_2d(array))
    losses = np.empty(chains.shape)
    impossible = _forward(
        process.transitions, process.emissions, process.stationary, chains, losses
    )
    if impossible >= 0:
        chain, frame = divmod(impossible, chains.shape[1])
        raise ValueError(
            f"labels: chain {chain} has label {chains[chain, frame]} at frame {frame}, where the "
            f"process gives it no probability; give labels of this process"
        )
    return losses.reshape(array.shape)


def entropy_rate(process: HiddenProcess, labels: ArrayLike, n_blocks: int = 20) -> Estimate:
    """Entropy rate of a process from one of its texts, nats a label, with its error over blocks.

    Parameters
    ----------
    process : HiddenProcess
    labels : array_like of int, shape (frames,)
        That the process wrote, such as by :func:`reproduction.path_entropy.processes.simulate_process`.
    n_blocks : int
        2 or more, each long beside the slowest time of the process.
    """
    return over_trainings(block_means(path_losses(process, labels), n_blocks))


def block_means(losses: ArrayLike, n_blocks: int) -> Array:
    """Means over blocks of neighbouring losses, shape (blocks,); what is left over is dropped."""
    flat = np.asarray(losses, dtype=np.float64).reshape(-1)
    n_blocks = whole_number(n_blocks, "n_blocks")
    length = flat.size // n_blocks
    if length == 0:
        raise ValueError(f"n_blocks: found {n_blocks} for {flat.size} losses; give fewer blocks")
    return flat[: n_blocks * length].reshape(n_blocks, length).mean(axis=1)


def markov_entropy_rate(matrix: ArrayLike) -> float:
    """−Σ_i π_i Σ_j T_ij ln T_ij of a Markov chain of shape (N, N).

    >>> round(markov_entropy_rate([[0.5, 0.5], [0.5, 0.5]]), 6)  # a fair coin: ln 2
    0.693147
    """
    square = np.asarray(matrix, dtype=np.float64)
    return float(stationary(square) @ entr(square).sum(axis=1))


def semi_markov_entropy_rate(jumps: ArrayLike, stays: ArrayLike) -> float:
    """Entropy of a stay's length and of the jump after it, over the mean length of a stay.

    Parameters as those of :func:`reproduction.path_entropy.processes.semi_markov_process`.
    """
    stay = np.asarray(stays, dtype=np.float64)
    semi_markov_process(jumps, stays)  # refuses what is no such process
    visits = stationary(jumps)
    lengths = stay @ np.arange(1, stay.shape[1] + 1)
    each = entr(stay).sum(axis=1) + entr(np.asarray(jumps, dtype=np.float64)).sum(axis=1)
    return float(visits @ each / (visits @ lengths))


def conditional_entropies(process: HiddenProcess, order: int) -> Array:
    """H(x_k | x_0 … x_{k−1}) for k = 0 … ``order``: the least that a chain of order k can lose.

    The sum runs over all words that the process can write, so it is exact; it falls with k to
    the entropy rate. Shape (order + 1,).
    """
    order = whole_number(order, "order", minimum=0)
    before, entropies = process.stationary[None], [0.0]
    for _ in range(order + 1):
        # [word, label, hidden state]: the word goes on with the label, shown by that state.
        longer = before[:, None, :] * process.emissions.T[None]
        longer = longer.reshape(-1, longer.shape[2])
        longer = longer[longer.sum(axis=1) > 0]
        entropies.append(float(entr(longer.sum(axis=1)).sum()))
        before = longer @ process.transitions
    return np.diff(entropies)


@dataclass(frozen=True, eq=False)
class ContextChain:
    """Markov chains of order 0 … k, fitted to one text.

    Attributes
    ----------
    tables : tuple of ndarray
        ``tables[m]``, of shape (N^m, N): probabilities of the next label, a row a context of m
        labels, whose number is Σ_l x_{t−l} N^(l−1).
    """

    tables: tuple[Array, ...]

    def losses(self, labels: ArrayLike, order: int) -> Array:
        """−ln Q(x_t | the ``order`` labels before it), of the labels' shape.

        The first labels of a chain have fewer before them, and the chain of that order is asked.
        """
        n_labels = self.tables[0].shape[1]
        order = whole_number(order, "order", minimum=0)
        if order >= len(self.tables):
            raise ValueError(
                f"order: found {order}, and the chain was fitted up to {len(self.tables) - 1}; "
                f"fit it with a larger order"
            )
        array = label_array(labels, n_labels=n_labels)
        chains = np.atleast_2d(array)
        probabilities = np.empty(chains.shape)
        for m in range(order + 1):
            codes = _contexts(chains, m, n_labels)
            probabilities[:, m:] = self.tables[m][codes, chains[:, m:]]
        return -np.log(probabilities).reshape(array.shape)


def context_chain(labels: ArrayLike, order: int, n_labels: int) -> ContextChain:
    """Fit chains of order 0 … ``order``: the next label from the labels just before it.

    A context counts as if it had been seen once more, followed by what the next shorter context
    predicts. So a context that was never seen predicts what the shorter one does, and no label
    is impossible; order 0 begins from equal probabilities.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
    order : int
        At most what keeps N^(order + 1) below 67 million.
    n_labels : int
        The number of labels, N.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels, a chain is not longer than the order, or there would be too
        many contexts.
    """
    order = whole_number(order, "order", minimum=0)
    n_labels = whole_number(n_labels, "n_labels")
    if n_labels ** (order + 1) > LARGEST_TABLE:
        raise ValueError(
            f"order: {n_labels} labels have {n_labels}^{order} contexts; give a smaller order"
        )
    chains = np.atleast_2d(label_array(labels, n_labels=n_labels, min_frames=order + 1))
    tables: list[Array] = []
    shorter = np.full((1, n_labels), 1 / n_labels)
    for m in range(order + 1):
        size = n_labels**m
        if m:
            shorter = tables[-1][np.arange(size) % len(tables[-1])]
        words = _contexts(chains, m, n_labels) * n_labels + chains[:, m:]
        counts = np.bincount(words.reshape(-1), minlength=size * n_labels).reshape(size, n_labels)
        tables.append((counts + shorter) / (counts.sum(axis=1, keepdims=True) + 1))
    return ContextChain(tuple(tables))


def _contexts(chains: NDArray, order: int, n_labels: int) -> NDArray[np.int64]:
    """The number of the context of each label from frame ``order`` on."""
    frames = chains.shape[1] - order
    codes = np.zeros((len(chains), frames), dtype=np.int64)
    for back in range(1, order + 1):
        codes += chains[:, order - back : order - back + frames].astype(np.int64) * n_labels ** (
            back - 1
        )
    return codes


@compiled()
def _forward(transitions, emissions, start, labels, losses):
    """Fills ``losses``; gives the place, in the flattened labels, of one that cannot be, or −1."""
    states = len(start)
    now, later = np.empty(states), np.empty(states)
    for chain in range(labels.shape[0]):
        now[:] = start
        for frame in range(labels.shape[1]):
            label = labels[chain, frame]
            probability = 0.0
            for i in range(states):
                now[i] *= emissions[i, label]
                probability += now[i]
            if probability <= 0.0:
                return chain * labels.shape[1] + frame
            losses[chain, frame] = -np.log(probability)
            later[:] = 0.0
            for i in range(states):
                # Most hidden states of a process that hides little are ruled out by the labels.
                if now[i] > 0.0:
                    share = now[i] / probability
                    for j in range(states):
                        later[j] += share * transitions[i, j]
            now, later = later, now
    return -1
