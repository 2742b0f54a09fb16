"""Controls: trajectories that must fail a test, or the test proves nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import chains_of, listed, whole_number
from lstm_md._support.processes import check_memory
from lstm_md.analysis.markov import fit_markov_chain

#: The names of the standard controls
CONTROLS = ("untrained network", "shuffled labels", "first-order Markov chain")
N_COPIES = 5  #: The number of trajectories of each control

Labels = NDArray[np.unsignedinteger]


def standard_controls(
    labels: ArrayLike,
    *,
    n_labels: int | None = None,
    n_copies: int = N_COPIES,
    seed: int = 0,
    untrained: Sequence[ArrayLike] | None = None,
) -> dict[str, Sequence[Labels]]:
    """Make the three controls of a model that learned these labels.

    Shuffled labels have the populations of the data and no memory. A first-order Markov chain has
    the one-step transition probabilities of the data, and remembers one step only. An untrained
    network has neither the populations nor the transition probabilities.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames), or list of (frames,)
        The training data. The controls of several chains are as long as all of them together.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.
    n_copies : int
        The number of trajectories of each control, each as long as the data. It has no effect on
        trajectories that you give as ``untrained``.
    seed : int
        The same seed gives the same controls.
    untrained : sequence of array_like of int, each (frames,), optional
        Trajectories that untrained networks of the model's size generated. If left out, one
        untrained network with embedding dimension 8 and 64 units generates ``n_copies``
        trajectories.

    Returns
    -------
    dict of str to sequence of ndarray, each of shape (frames,)
        ``untrained network``, ``shuffled labels`` and ``first-order Markov chain``.

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, N is below 2, or ``untrained`` is empty.

    Examples
    --------
    >>> controls = standard_controls([0, 0, 1] * 50, untrained=[[0, 1] * 75], n_copies=2)
    >>> {name: len(each) for name, each in controls.items()}
    {'untrained network': 1, 'shuffled labels': 2, 'first-order Markov chain': 2}
    """
    chains = chains_of(labels, n_labels=n_labels)
    data, size = chains.flat, chains.n_labels
    if size < 2:
        raise ValueError("labels: expected at least two different ones, found only 0; give more")
    n_copies = whole_number(n_copies, "n_copies")
    check_memory(2 * 3 * n_copies * data.size, "n_copies", "give fewer")
    seed = whole_number(seed, "seed", minimum=0)
    if untrained is None:
        untrained = _untrained(chains[0], data.size, size, n_copies, seed)
    blank = listed(untrained, "untrained", "give a list of trajectories")
    blank = [chains_of(one, f"untrained[{k}]", n_labels=size).flat for k, one in enumerate(blank)]
    if not blank:
        raise ValueError("untrained: found no trajectory; give at least one, or leave it out")
    chain = fit_markov_chain(list(chains), n_labels=size)
    random = np.random.default_rng(seed)
    shuffled = [random.permutation(data) for _ in range(n_copies)]
    simulated = [chain.simulate(data.size, seed=100 * seed + k) for k in range(n_copies)]
    return dict(zip(CONTROLS, (blank, shuffled, simulated)))


def _untrained(
    chain: Labels, n_frames: int, n_labels: int, n_copies: int, seed: int
) -> Sequence[Labels]:
    from lstm_md.generation import generate
    from lstm_md.model import language_model

    network = language_model(n_labels, seed=seed)
    generated = generate(
        network, chain[:1000], n_frames, n_chains=n_copies, seed=seed, progress=False
    )
    return list(np.atleast_2d(generated))
