"""Chains with a memory: the rivals of a language model that a first-order chain is not.

A higher-order chain looks at the last K labels, a semi-Markov chain at how long a state has
already lasted. Both see every frame; Markov models at a lag are in
:mod:`lstm_md.analysis.markov_models`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, label_dtype, whole_number
from lstm_md._support.compiled import compiled
from lstm_md.analysis.kinetics import stays_of
from reproduction.rivals.contexts import (
    ContextTree,
    follow,
    smoothed_contexts,
    total_loss,
    with_prompt,
    write,
)


@dataclass(frozen=True)
class HigherOrderChain:
    """A chain of variable order: the longest context that the record knows, smoothed.

    Attributes
    ----------
    n_labels, order : int
        N and K.
    concentrations : ndarray of float64, shape (K + 1,)
        For each length of the context, the number of frames that the next shorter one counts
        for. It tells how far back the memory goes: where it is far above the frames that a
        context has, so long a context says nothing new.
    contexts : ContextTree
    """

    n_labels: int
    order: int
    concentrations: NDArray[np.float64]
    contexts: ContextTree


@dataclass(frozen=True)
class SemiMarkovChain:
    """A semi-Markov chain: the complete stays of a record, to draw from.

    Attributes
    ----------
    n_states : int
    length, next_state : ndarray of int64, shape (stays,)
        Frames of each complete stay and where it led, those in state 0 first. One row is drawn at
        a time, so that both the probabilities of the next state and the lengths before it are
        those of the record.
    first_stay : ndarray of int64, shape (n_states + 1,)
        Those in state s are first_stay[s] … first_stay[s + 1] − 1.
    """

    n_states: int
    length: NDArray[np.int64]
    next_state: NDArray[np.int64]
    first_stay: NDArray[np.int64]


def fit_higher_order_chain(labels: ArrayLike, order: int, n_labels: int) -> HigherOrderChain:
    r"""Count what follows each context of up to K labels, and smooth it.

    The hierarchical Dirichlet language model (MacKay & Peto, Nat. Lang. Eng. 1, 289, 1995): with
    n(c j) the number of times that label j followed the context c, k the length of c, and c′ the
    context c without its oldest label,

    .. math:: p(j \mid c) = \frac{n(c\,j) + \alpha_k\, p(j \mid c')}{n(c) + \alpha_k},

    which begins from 1/N below the empty context, and is p(j | c′) where c never occurred. Each
    α_k maximises the probability of every frame under the counts of all the others, for k = 0, 1,
    … one after the other, so that a chain of order 2 is that of order 3 without its last step.
    The schemes of Witten and Bell and of Kneser and Ney take the weights from how many different
    labels have followed. Made for text, where what followed once will follow again, they take
    noise for a rule, and lose from order 3 on; here an order too many costs nothing.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        At least K + 1 frames a chain; no context goes from one chain to another.
    order : int
        K, the number of labels that the next one may depend on.
    n_labels : int
        The number of labels, N.

    Returns
    -------
    HigherOrderChain

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels or too few, or a number is not whole or too small.

    Examples
    --------
    >>> model = fit_higher_order_chain([0, 0, 1, 1] * 100, order=2, n_labels=2)
    >>> next_label_probabilities(model, [0, 1]).round(3)
    array([0., 1.])
    """
    order = whole_number(order, "order")
    n_labels = whole_number(n_labels, "n_labels")
    array = np.atleast_2d(label_array(labels, n_labels=n_labels, min_frames=order + 1))
    tree, concentrations = smoothed_contexts(array, order, n_labels)
    return HigherOrderChain(n_labels, order, concentrations, tree)


def next_label_probabilities(model: HigherOrderChain, context: ArrayLike) -> NDArray[np.float64]:
    """The distribution of the label that follows a context.

    Parameters
    ----------
    model : HigherOrderChain
    context : array_like of int, shape (frames,)
        Of any length, the latest label last; those before the last K change nothing.

    Returns
    -------
    ndarray of float64, shape (N,)

    Raises
    ------
    TypeError, ValueError
        If ``context`` is not a row of labels below N.
    """
    tree = model.contexts
    row = np.asarray(context)
    if row.size or row.ndim != 1:
        row = label_array(context, "context", n_labels=model.n_labels)
    if row.ndim != 1:
        raise ValueError(f"context: expected shape (frames,), found {row.shape}; give one row")
    path = np.empty(model.order + 1, np.int64)
    known = follow(row.astype(tree.oldest.dtype), row.size, tree, path)
    result = np.full(model.n_labels, 1 / model.n_labels)
    for at, alpha in zip(path[:known], model.concentrations):
        pairs = slice(tree.first_pair[at], tree.first_pair[at + 1])
        result *= alpha
        result[tree.followed_by[pairs]] += np.diff(tree.cumulative[pairs], prepend=0)
        result /= tree.cumulative[pairs][-1] + alpha
    return result


def mean_loss(model: HigherOrderChain, labels: ArrayLike) -> float:
    """Cross-entropy of the chain on labels, in nats a label: what the loss of Eq 9 is compared to.

    Parameters
    ----------
    model : HigherOrderChain
    labels : array_like of int, shape (frames,) or (chains, frames)
        All but the first of each chain are predicted, the next few from what there is before them.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels below N, or there is one frame only.
    """
    array = np.atleast_2d(label_array(labels, n_labels=model.n_labels, min_frames=2))
    total = total_loss(
        np.ascontiguousarray(array), model.n_labels, model.concentrations, model.contexts
    )
    return float(total / (array.size - array.shape[0]))


def simulate_higher_order_chain(
    model: HigherOrderChain,
    steps: int,
    *,
    seed: int,
    prompt: ArrayLike | None = None,
    chains: int = 1,
) -> NDArray[np.unsignedinteger]:
    """Labels drawn from a higher-order chain.

    Parameters
    ----------
    model : HigherOrderChain
    steps : int
        Labels a chain.
    seed : int
        The same seed gives the same labels.
    prompt : array_like of int, shape (frames,) or (chains, frames), optional
        What comes before, not part of the result; one row for every chain, or one for all.
        Without it the first label is drawn from the populations of the record.
    chains : int
        Number of independent chains.

    Returns
    -------
    ndarray of uint8 or uint16, shape (steps,), or (chains, steps) for more than one chain

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or too small, or the prompt does not fit.
    """
    steps, chains = whole_number(steps, "steps"), whole_number(chains, "chains")
    generator = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    labels, seen = with_prompt(prompt, steps, chains, model.n_labels, model.order)
    write(labels, seen, model.n_labels, model.concentrations, model.contexts, generator)
    return labels[0, seen:] if len(labels) == 1 else labels[:, seen:]


def fit_semi_markov(states: ArrayLike, n_states: int) -> SemiMarkovChain:
    """Take from a record how long each state lasts, and where it leads.

    Lengths are counted for each pair of a state and the next one, not fitted by a formula. The
    first and the last stay of a chain are cut by its ends and left out. A long stay is cut more
    often than a short one (in a chain of T frames, one of l frames is whole with a probability
    that goes as T − l), so that the stays come out too short: little where a chain holds many.

    Parameters
    ----------
    states : array_like of int, shape (frames,) or (chains, frames)
        Few states, such as U, P3 and P2P3.
    n_states : int

    Returns
    -------
    SemiMarkovChain

    Raises
    ------
    TypeError, ValueError
        If ``states`` are no labels, no stay is complete, or a state is entered of which no stay
        is.

    Examples
    --------
    >>> model = fit_semi_markov([0, 1, 1, 0, 1, 1, 0, 1], n_states=2)
    >>> model.length, model.next_state
    (array([1, 1, 2, 2]), array([1, 1, 0, 0]))
    """
    n_states = whole_number(n_states, "n_states")
    runs = stays_of(label_array(states, "states", n_labels=n_states))
    inner = (runs.chain[1:-1] == runs.chain[:-2]) & (runs.chain[1:-1] == runs.chain[2:])
    complete = np.flatnonzero(inner) + 1
    if not complete.size:
        raise ValueError(
            f"states: found no stay that begins and ends within a chain, in {runs.label.size} "
            f"stay(s); give a longer record"
        )
    complete = complete[np.argsort(runs.label[complete], kind="stable")]
    state, next_state = runs.label[complete], runs.label[complete + 1].astype(np.int64)
    dead_ends = np.setdiff1d(next_state, state)
    if dead_ends.size:
        raise ValueError(
            f"states: state {dead_ends[0]} is entered, but no stay in it is complete, so that "
            f"nothing says how long it lasts; give a longer record or fewer states"
        )
    first_stay = np.searchsorted(state, np.arange(n_states + 1))
    return SemiMarkovChain(n_states, runs.length[complete], next_state, first_stay)


def simulate_semi_markov(
    model: SemiMarkovChain, frames: int, *, seed: int, chains: int = 1
) -> NDArray[np.unsignedinteger]:
    """States drawn from a semi-Markov chain, with_prompt within a stay as a record is.

    The first stay is that of a random frame of the complete stays, from that frame on: long ones
    come first more often, as they do where a recording begins at any time.

    Parameters
    ----------
    model : SemiMarkovChain
    frames : int
        Frames a chain.
    seed : int
        The same seed gives the same states.
    chains : int
        Number of independent chains.

    Returns
    -------
    ndarray of uint8 or uint16, shape (frames,), or (chains, frames) for more than one chain

    Raises
    ------
    TypeError, ValueError
        If a number is not whole or too small.
    """
    frames, chains = whole_number(frames, "frames"), whole_number(chains, "chains")
    generator = np.random.default_rng(whole_number(seed, "seed", minimum=0))
    state_of_stay = np.repeat(np.arange(model.n_states), np.diff(model.first_stay))
    states = np.empty((chains, frames), label_dtype(model.n_states))
    ends = np.cumsum(model.length)
    _stay(states, state_of_stay, ends, model.next_state, model.first_stay, generator)
    return states[0] if chains == 1 else states


@compiled()
def _stay(states, state_of_stay, ends, next_state, first_stay, generator):
    for chain in range(states.shape[0]):
        with_prompt = int(generator.random() * ends[-1])
        stay = np.searchsorted(ends, with_prompt, side="right")
        left = ends[stay] - with_prompt
        for frame in range(states.shape[1]):
            if left == 0:
                state = next_state[stay]
                first, last = first_stay[state], first_stay[state + 1]
                stay = first + int(generator.random() * (last - first))
                left = ends[stay] - (ends[stay - 1] if stay > 0 else 0)
            states[chain, frame] = state_of_stay[stay]
            left -= 1
