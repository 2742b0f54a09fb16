"""A Markov chain that sees the last label and a mean of the labels before it.

Where noise hides a state, a single label says little, and a chain of higher order has too few
frames per context. A mean over the past still says something. Its weights fade, so that one
number is all that has to be remembered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, real_number, whole_number
from lstm_md._support.compiled import compiled
from reproduction.common.contexts import concentration, with_prompt

N_BINS = 64  # more bins lower the loss on held-back riboswitch labels by less than 1e-4 nats
LARGEST_TABLE = 2**26  # probabilities

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeanChain:
    """The distribution of the next label, given the last label and a mean of those before it.

    Attributes
    ----------
    window : float
        In frames: the label k places before the last one has the weight exp(−k / window).
    edges : ndarray of float64, shape (bins − 1,)
        Of the bins of the mean, ascending. A mean on an edge belongs to the upper bin.
    concentrations : ndarray of float64, shape (2 + log2 bins,)
        One number for each of: no context; the last label; the last label with 2, 4, … bins. It
        is the weight, in frames, of the next coarser context.
    first : ndarray of float64, shape (N,)
        Probabilities of a chain's first label.
    second : ndarray of float64, shape (N, N)
        Row i: the distribution after label i, where i is the first label of a chain.
    later : ndarray of float64, shape (bins, N, N)
        [b, i]: the distribution after label i and a mean in bin b.
    """

    window: float
    edges: Array
    concentrations: Array
    first: Array
    second: Array
    later: Array

    @property
    def n_labels(self) -> int:
        """The number of labels, N."""
        return self.first.size

    def loss(self, labels: ArrayLike) -> float:
        """Cross-entropy on labels, in nats per label, to compare with the loss of Eq 9.

        Parameters
        ----------
        labels : array_like of int, shape (frames,) or (chains, frames)
            All labels but the first of each chain are predicted, from the labels before them.
            The chains must have one length.

        Raises
        ------
        TypeError, ValueError
            If ``labels`` are not labels below N, or a chain has one frame only.
        """
        array = np.atleast_2d(label_array(labels, n_labels=self.n_labels, min_frames=2))
        bin_ = np.searchsorted(self.edges, _means(array, self.window), side="right")
        total = np.log(self.second[array[:, 0], array[:, 1]]).sum()
        total += np.log(self.later[bin_, array[:, 1:-1], array[:, 2:]]).sum()
        return float(-total / (array.size - array.shape[0]))

    def simulate(
        self,
        n_frames: int,
        *,
        seed: int = 0,
        n_chains: int = 1,
        prompt: ArrayLike | None = None,
    ) -> NDArray[np.unsignedinteger]:
        """Generate labels.

        Parameters, result and errors are those of the class ``HigherOrderChain``; see
        :meth:`reproduction.common.higher_order.HigherOrderChain.simulate`.
        """
        generator = np.random.default_rng(whole_number(seed, "seed", minimum=0))
        labels, kept = with_prompt(prompt, n_frames, n_chains, self.n_labels)
        tables = [_cumulative(table) for table in (self.first, self.second, self.later)]
        _fill_labels(labels, kept, np.exp(-1 / self.window), self.edges, *tables, generator)
        return labels[0, kept:] if len(labels) == 1 else labels[:, kept:]


def fit_mean_chain(
    labels: ArrayLike, window: float, *, n_labels: int | None = None, n_bins: int = N_BINS
) -> MeanChain:
    r"""Fit the chain: count what follows each label and mean, and smooth the counts.

    The label at t is predicted from x_{t−1} and from the mean of the labels before that one,

    .. math:: m_t = \frac{\sum_k x_{t-1-k}\, e^{-k / w}}{\sum_k e^{-k / w}}, \quad k = 1, 2, \dots

    with the window w, over all labels since the chain began. For the third label of a chain, the
    mean has one label only. The second label has no mean before it and is predicted from the first
    alone.

    On the riboswitch, a window that fades has a loss 0.005 nats lower than one that ends, and a
    second, longer window does not lower it further.

    The mean is cut at quantiles of the training data into 2, 4, 8, … bins. Each cut is smoothed
    with the one before it, starting from the last label alone, as
    :func:`reproduction.common.higher_order.fit_higher_order_chain` smooths a context with the
    next shorter one (MacKay & Peto, Nat. Lang. Eng. 1, 289, 1995),

    .. math:: p(j \mid b, i) = \frac{n(b\,i\,j) + \alpha\, p(j \mid b', i)}{n(b\,i) + \alpha},

    where bin b′ was cut into two bins, and b is one of them. The α of each cut maximises the
    product of the probabilities of all frames, each predicted from the other frames. So too many
    bins cost nothing.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        At least 3 frames per chain, and chains of one length. No mean crosses from one chain to
        another. Neighbouring labels must be neighbouring values, as those of
        :func:`lstm_md.labels.equal_width` and :func:`lstm_md.labels.with_edges` are. For
        :func:`lstm_md.labels.nearest_state`, give the centres in order.
    window : float
        w, in frames, above 0.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.
    n_bins : int
        A power of 2, with bins · N² at most 67 million. With 1 this is a first-order chain.

    Returns
    -------
    MeanChain

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, too few, or chains of unequal length, or a number is out of
        its range.

    Examples
    --------
    >>> model = fit_mean_chain([0, 0, 1, 1] * 100, window=0.1, n_bins=2)
    >>> model.later[0, 1].round(2)  # after 1, with 0 before it
    array([0., 1.])
    """
    window = real_number(window, "window", above=0)
    if n_labels is not None:
        n_labels = whole_number(n_labels, "n_labels")
    array = np.atleast_2d(label_array(labels, n_labels=n_labels, min_frames=3))
    size = int(array.max()) + 1 if n_labels is None else n_labels
    n_cuts = _n_cuts(n_bins, size)
    means = _means(array, window)
    edges = np.quantile(means, np.arange(1, n_bins) / n_bins)
    bin_ = np.searchsorted(edges, means, side="right")
    tables, concentrations = [np.full((1, size), 1 / size)], []
    probability = np.full(array.shape, 1 / size)  # of each frame, given all other frames
    for context, coarser in _contexts(array, bin_, n_cuts, size):
        known = context.shape[1]  # frames that have this context
        table, probability, alpha = _smoothed(
            context, array[:, -known:], tables[-1][coarser], probability[:, -known:]
        )
        tables.append(table)
        concentrations.append(alpha)
    later = tables[-1].reshape(n_bins, size, size)
    return MeanChain(window, edges, np.array(concentrations), tables[1][0], tables[2], later)


def _n_cuts(n_bins: int, n_labels: int) -> int:
    """Return how often the mean is cut in two."""
    if whole_number(n_bins, "n_bins") & (n_bins - 1):
        power = 1 << n_bins.bit_length()
        raise ValueError(
            f"n_bins: expected a power of 2, found {n_bins}; give {power // 2} or {power}"
        )
    if n_bins * n_labels**2 > LARGEST_TABLE:
        raise ValueError(
            f"n_bins: {n_bins} bins of {n_labels} labels need {n_bins * n_labels**2} "
            f"probabilities, more than {LARGEST_TABLE}; give fewer bins or labels"
        )
    return n_bins.bit_length() - 1


def _contexts(
    array: NDArray[np.unsignedinteger], bin_: NDArray[np.intp], n_cuts: int, n_labels: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the context of each frame and the coarser one of each context, coarse to fine."""
    yield np.zeros(array.shape, np.int64), np.zeros(1, np.int64)
    last = array[:, :-1].astype(np.int64)
    yield last, np.zeros(n_labels, np.int64)
    for cut in range(1, n_cuts + 1):
        coarser = np.arange(2**cut)[:, None] // 2 * n_labels + np.arange(n_labels)
        yield (bin_ >> (n_cuts - cut)) * n_labels + last[:, 1:], coarser.reshape(-1)


def _smoothed(
    context: NDArray[np.int64], label: NDArray[np.unsignedinteger], coarser: Array, given: Array
) -> tuple[Array, Array, float]:
    """Smooth the counts of each context.

    Parameters
    ----------
    context, label : ndarray of int, shape (chains, frames)
    coarser : ndarray of float64, shape (contexts, N)
        The distributions after the coarser contexts.
    given : ndarray of float64, shape (chains, frames)
        The probability of each frame after its coarser context, predicted from the other frames.

    Returns
    -------
    ndarray, ndarray, float
        The same two for these contexts, and α.
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
    """Average the labels before the last one, for each label from a chain's third on."""
    means = np.empty((array.shape[0], array.shape[1] - 2))
    _average(np.ascontiguousarray(array), np.exp(-1 / window), means)
    return means


@compiled()
def _add_label(mean, weight, label, decay):
    """Add a label to the mean and its weight. The mean of equal labels is exactly that label."""
    weight = weight * decay + 1.0
    return mean + (label - mean) / weight, weight


@compiled()
def _average(labels, decay, means):
    for chain in range(means.shape[0]):
        mean, weight = 0.0, 0.0
        for frame in range(means.shape[1]):
            mean, weight = _add_label(mean, weight, labels[chain, frame], decay)
            means[chain, frame] = mean


@compiled()
def _fill_labels(labels, begin, decay, edges, first, second, later, generator):
    for chain in range(labels.shape[0]):
        mean, weight = 0.0, 0.0
        for frame in range(labels.shape[1]):
            if frame > 1:
                mean, weight = _add_label(mean, weight, labels[chain, frame - 2], decay)
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
