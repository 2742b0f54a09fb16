"""A chain that sees the last label and a mean of those before it: the strongest simple rival.

Where noise hides a state, no single label says much and a chain of higher order runs out of
frames, but a mean over the past does say something. It forgets as it goes, so that one number is
all that has to be remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, real_number, whole_number
from lstm_md._support.compiled import compiled
from reproduction.rivals.contexts import concentration, with_prompt

BINS = 64  # with more, the riboswitch's held-back labels cost less than 1e-4 nats less
LARGEST_TABLE = 2**26  # probabilities

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MeanChain:
    """What follows the last label and the mean of those before it.

    Attributes
    ----------
    window : float
        In frames: the label k places before the last one has a weight of exp(−k / window).
    edges : ndarray of float64, shape (bins − 1,)
        Of the bins of the mean, ascending; a mean on an edge belongs to the upper bin.
    concentrations : ndarray of float64, shape (2 + log2 bins,)
        For no context, the last label, and the last label with 2, 4, … bins: the number of frames
        that the next coarser context counts for.
    first : ndarray of float64, shape (N,)
        Probabilities of a chain's first label.
    second : ndarray of float64, shape (N, N)
        Row i: of the label that follows i, where nothing is known of what came before.
    later : ndarray of float64, shape (bins, N, N)
        [b, i]: of the label that follows i after a mean in bin b.
    """

    window: float
    edges: Array
    concentrations: Array
    first: Array
    second: Array
    later: Array

    @property
    def n_labels(self) -> int:
        """Their number, N."""
        return self.first.size


def fit_mean_chain(
    labels: ArrayLike, window: float, n_labels: int, *, bins: int = BINS
) -> MeanChain:
    r"""Count what follows a label after each mean of those before it, and smooth it.

    The label at t is predicted from x_{t−1} and from the mean of the labels before that one,

    .. math:: m_t = \frac{\sum_k x_{t-1-k}\, e^{-k / w}}{\sum_k e^{-k / w}}, \quad k = 1, 2, \dots

    with w the window, over as many as there are since the chain began: one for its third label.
    The second label has no mean before it, and is predicted from the first alone. (A window that
    fades predicts the riboswitch's labels better than one that ends, by 0.005 nats, and a second,
    longer one adds nothing to it.)

    The mean is cut at quantiles of the record into 2, 4, 8, … bins, and each cut is smoothed with
    the one before, from the last label alone on, as
    :func:`reproduction.rivals.higher_order.fit_higher_order_chain` smooths a context with the next
    shorter one (MacKay & Peto, Nat. Lang. Eng. 1, 289, 1995),

    .. math:: p(j \mid b, i) = \frac{n(b\,i\,j) + \alpha\, p(j \mid b', i)}{n(b\,i) + \alpha},

    b half of b′, with an α for each cut that makes every frame likeliest given all the others. So
    bins that are too many cost nothing.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        At least 3 frames a chain; no mean goes from one chain to another. Neighbouring labels
        must be neighbouring values, as those of :mod:`lstm_md.labels` are along one coordinate.
    window : float
        In frames, above 0.
    n_labels : int
        The number of labels, N.
    bins : int
        A power of 2, at most what keeps bins · N² below 67 million. With 1 this is a first-order
        chain.

    Returns
    -------
    MeanChain

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels or too few, or a number is out of its range.

    Examples
    --------
    >>> model = fit_mean_chain([0, 0, 1, 1] * 100, window=0.1, n_labels=2, bins=2)
    >>> model.later[0, 1].round(2)  # what follows 1 after 0
    array([0., 1.])
    """
    window = real_number(window, "window", above=0)
    n_labels, cuts = whole_number(n_labels, "n_labels"), _cuts(bins, n_labels)
    array = np.atleast_2d(label_array(labels, n_labels=n_labels, min_frames=3))
    means = _means(array, window)
    edges = np.quantile(means, np.arange(1, bins) / bins)
    bin_ = np.searchsorted(edges, means, side="right")
    tables, concentrations = [np.full((1, n_labels), 1 / n_labels)], []
    probability = np.full(array.shape, 1 / n_labels)  # of each frame, given all others
    for context, coarser in _contexts(array, bin_, cuts, n_labels):
        known = context.shape[1]  # frames that have this context
        table, probability, alpha = _smoothed(
            context, array[:, -known:], tables[-1][coarser], probability[:, -known:]
        )
        tables.append(table)
        concentrations.append(alpha)
    later = tables[-1].reshape(bins, n_labels, n_labels)
    return MeanChain(window, edges, np.array(concentrations), tables[1][0], tables[2], later)


def mean_chain_loss(model: MeanChain, labels: ArrayLike) -> float:
    """Cross-entropy of the chain on labels, in nats a label: what the loss of Eq 9 is compared to.

    Parameters
    ----------
    model : MeanChain
    labels : array_like of int, shape (frames,) or (chains, frames)
        All but the first of each chain are predicted, from what there is before them.

    Returns
    -------
    float

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are no labels below N, or there is one frame only.
    """
    array = np.atleast_2d(label_array(labels, n_labels=model.n_labels, min_frames=2))
    bin_ = np.searchsorted(model.edges, _means(array, model.window), side="right")
    total = np.log(model.second[array[:, 0], array[:, 1]]).sum()
    total += np.log(model.later[bin_, array[:, 1:-1], array[:, 2:]]).sum()
    return float(-total / (array.size - array.shape[0]))


def simulate_mean_chain(
    model: MeanChain,
    steps: int,
    *,
    seed: int,
    prompt: ArrayLike | None = None,
    chains: int = 1,
) -> NDArray[np.unsignedinteger]:
    """Labels drawn from the chain.

    Parameters
    ----------
    model : MeanChain
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
    labels, seen = with_prompt(prompt, steps, chains, model.n_labels)
    tables = [_cumulative(table) for table in (model.first, model.second, model.later)]
    _write(labels, seen, np.exp(-1 / model.window), model.edges, *tables, generator)
    return labels[0, seen:] if len(labels) == 1 else labels[:, seen:]


def _cuts(bins: int, n_labels: int) -> int:
    """How often the mean is cut in two."""
    if whole_number(bins, "bins") & (bins - 1):
        power = 1 << bins.bit_length()
        raise ValueError(f"bins: expected a power of 2, found {bins}; give {power // 2} or {power}")
    if bins * n_labels**2 > LARGEST_TABLE:
        raise ValueError(
            f"bins: {bins} for {n_labels} labels take {bins * n_labels**2} probabilities, more "
            f"than {LARGEST_TABLE}; give fewer bins or labels"
        )
    return bins.bit_length() - 1


def _contexts(
    array: NDArray[np.unsignedinteger], bin_: NDArray[np.intp], cuts: int, n_labels: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """From none to the finest: which one each frame has, and the coarser one of each."""
    yield np.zeros(array.shape, np.int64), np.zeros(1, np.int64)
    last = array[:, :-1].astype(np.int64)
    yield last, np.zeros(n_labels, np.int64)
    for cut in range(1, cuts + 1):
        coarser = np.arange(2**cut)[:, None] // 2 * n_labels + np.arange(n_labels)
        yield (bin_ >> (cuts - cut)) * n_labels + last[:, 1:], coarser.reshape(-1)


def _smoothed(
    context: NDArray[np.int64], label: NDArray[np.unsignedinteger], coarser: Array, given: Array
) -> tuple[Array, Array, float]:
    """What follows each context, the same for each frame given all others, and α.

    ``coarser`` and ``given`` are the first two for the coarser contexts.
    """
    pair = context * coarser.shape[1] + label
    count = np.bincount(pair.reshape(-1), minlength=coarser.size).reshape(coarser.shape)
    total = count.sum(axis=1, keepdims=True)
    of_pair = np.empty(coarser.size)
    of_pair[pair] = given  # the same for all frames of a pair
    occurs = np.nonzero(count)
    alpha = concentration(count[occurs], total[occurs[0], 0], of_pair.reshape(count.shape)[occurs])
    others = np.take(count, pair) - 1
    given = (others + alpha * given) / (total[context, 0] - 1 + alpha)
    return (count + alpha * coarser) / (total + alpha), given, alpha


def _cumulative(probabilities: Array) -> Array:
    sums = np.cumsum(probabilities, axis=-1)
    return sums / sums[..., -1:]


def _means(array: NDArray[np.unsignedinteger], window: float) -> Array:
    """Of the labels before the last one, for each label from a chain's third on."""
    means = np.empty((array.shape[0], array.shape[1] - 2))
    _average(np.ascontiguousarray(array), np.exp(-1 / window), means)
    return means


@compiled()
def _moved(mean, weight, label, decay):
    """The mean and its weight with one label more; of equal labels it is that label, exactly."""
    weight = weight * decay + 1.0
    return mean + (label - mean) / weight, weight


@compiled()
def _average(labels, decay, means):
    for chain in range(means.shape[0]):
        mean, weight = 0.0, 0.0
        for frame in range(means.shape[1]):
            mean, weight = _moved(mean, weight, labels[chain, frame], decay)
            means[chain, frame] = mean


@compiled()
def _write(labels, begin, decay, edges, first, second, later, generator):
    for chain in range(labels.shape[0]):
        mean, weight = 0.0, 0.0
        for frame in range(labels.shape[1]):
            if frame > 1:
                mean, weight = _moved(mean, weight, labels[chain, frame - 2], decay)
            if frame < begin:
                continue
            if frame == 0:
                row = first
            elif frame == 1:
                row = second[labels[chain, 0]]
            else:
                at = np.searchsorted(edges, mean, side="right")
                row = later[at, labels[chain, frame - 1]]
            labels[chain, frame] = np.searchsorted(row, generator.random(), side="right")
