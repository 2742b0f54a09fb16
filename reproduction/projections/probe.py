"""What a network knows beyond the label: a linear probe of its hidden state.

Along some directions two states share a label. The hidden state h(t) of the network (Eq 7) may
still show which of the two it reads about. A linear probe is fitted to separate them on one part
of a simulation whose states are known, and tested on another part.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md.analysis.uncertainty import Estimate, over_trainings

SPANS = (1, 3, 10, 30, 100, 300)  # frames of the running averages that stand for the labels alone
RIDGE = 1e-5  # penalty on the slopes of standardised features: keeps them finite


def averages(values: ArrayLike, *, every: int = 10) -> NDArray[np.float64]:
    """Average over the past with several spans: what the labels show without a network.

    Parameters
    ----------
    values : array_like, shape (chains, frames)
        One number per frame, such as the label.
    every : int
        As in :func:`lstm_md.reading.hidden_states`.

    Returns
    -------
    ndarray of float64, shape (chains, frames // every, len(SPANS))
        The average over each of ``SPANS``; at a chain's beginning, over the frames there are.
    """
    chains = np.atleast_2d(np.asarray(values, np.float64))
    sums = np.concatenate([np.zeros((len(chains), 1)), np.cumsum(chains, axis=1)], axis=1)
    ends = np.arange(every, chains.shape[1] + 1, every)
    starts = [np.maximum(ends - span, 0) for span in SPANS]
    return np.stack([(sums[:, ends] - sums[:, s]) / (ends - s) for s in starts], axis=-1)


def probe(features: ArrayLike, states: ArrayLike) -> Estimate:
    """Measure how often a linear probe recognises which of two states it is.

    The probe is a logistic regression in which both states weigh alike, fitted on the first half
    of the chains.

    Parameters
    ----------
    features : array_like, shape (chains, frames, features)
    states : array_like of int, shape (chains, frames)
        0 or 1; −1 where it is neither and the frame does not count.

    Returns
    -------
    Estimate
        Balanced accuracy on the second half of the chains: the mean over both states of the
        share that is recognised. Random guessing gives 0.5. The error is over these chains.

    Raises
    ------
    ValueError
        If a state is missing in either half, or there are fewer than two chains to test on.
    """
    x, known = np.asarray(features, np.float64), np.asarray(states)
    half = len(x) // 2
    fitted = known[:half] >= 0
    _check_both_occur(known[:half][fitted], "first", len(x))
    model = _fitted(x[:half][fitted], known[:half][fitted])
    tested = known[half:]
    _check_both_occur(tested[tested >= 0], "second", len(x))
    if len(tested) < 2:
        raise ValueError(f"features: expected at least 4 chains, found {len(x)}; give more")
    predicted = model.predict(x[half:].reshape(-1, x.shape[2])).reshape(tested.shape)
    n = [(tested == state).sum() for state in (0, 1)]
    right = [((predicted == s) & (tested == s)).sum(axis=1) / n[s] for s in (0, 1)]
    shares = np.sum(right, axis=0) / 2 * len(tested)
    # The error of a ratio: what a chain adds beyond its share of the frames.
    weight = np.sum([(tested == s).sum(axis=1) / n[s] for s in (0, 1)], axis=0) / 2 * len(tested)
    value = float(shares.mean())
    return Estimate(value, float(over_trainings(shares - value * weight).error), len(tested))


def _fitted(x: NDArray[np.float64], state: NDArray):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    regression = LogisticRegression(
        C=1 / (RIDGE * len(x)), class_weight="balanced", solver="newton-cholesky"
    )
    return make_pipeline(StandardScaler(), regression).fit(x, state)


def _check_both_occur(states: NDArray, which: str, n_chains: int) -> None:
    n = [int((states == state).sum()) for state in (0, 1)]
    if min(n) == 0:
        raise ValueError(
            f"states: found {n[0]} frame(s) of one state and {n[1]} of the other in the {which} "
            f"half of {n_chains} chain(s); give more"
        )
