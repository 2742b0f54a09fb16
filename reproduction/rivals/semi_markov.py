"""Semi-Markov chains: the next label depends on how long the current stay has lasted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lstm_md._support.checks import label_array, label_dtype, whole_number
from lstm_md._support.compiled import compiled
from lstm_md.analysis._probabilities import CHANCE
from lstm_md.analysis.kinetics import stays_of


@dataclass(frozen=True, eq=False)
class SemiMarkovChain:
    """The complete stays of a trajectory, from which new stays are drawn.

    Attributes
    ----------
    n_labels : int
        The number of labels, N.
    length, next_label : ndarray of int64, shape (stays,)
        The frames of each complete stay and the label after it, sorted by the label of the stay.
        A stay is drawn together with the label after it, so that a simulation has both the
        transition probabilities and the lengths before each transition.
    first_stay : ndarray of int64, shape (N + 1,)
        The stays of label s have the indices first_stay[s] … first_stay[s + 1] − 1.
    """

    n_labels: int
    length: NDArray[np.int64]
    next_label: NDArray[np.int64]
    first_stay: NDArray[np.int64]

    def loss(self, labels: ArrayLike) -> float:
        """Cross-entropy on labels, in nats per label, to compare with the loss of Eq 9.

        Let d be the length of a stay so far. The probability that it ends now and leads to label
        j is the share of such stays among the complete stays of at least d frames in the same
        label. If no complete stay is that long, all labels are equally likely. A chain begins
        within a stay. So for its first stay, d and the lengths of the complete stays are counted
        from a random frame of the stay, not from its beginning.

        Each probability p is replaced by (1 − ε) p + ε / N, with ε = 10⁻⁶. So a length that did
        not occur has a finite loss. This loss depends on ε, above all for long stays with many
        different lengths.

        Parameters
        ----------
        labels : array_like of int, shape (frames,) or (chains, frames)
            All labels but the first of each chain are predicted. The chains must have one length.

        Raises
        ------
        TypeError, ValueError
            If ``labels`` are not labels below N, or a chain has one frame only.
        """
        array = np.atleast_2d(label_array(labels, n_labels=self.n_labels, min_frames=2))
        stays = stays_of(array)
        is_first = np.diff(stays.chain, prepend=-1) > 0
        is_last = np.append(is_first[1:], True)
        after = np.where(is_last, -1, np.append(stays.label[1:].astype(np.int64), -1))
        total = 0.0
        for label in np.unique(stays.label):
            ends = self._ends(label, int(stays.length.max()))
            # A stay of l frames has one frame with k frames to come, for each k < l.
            for counts, first in ((ends, False), (ends[::-1].cumsum(axis=0)[::-1], True)):
                here = (stays.label == label) & (is_first == first)
                total += _loss_of_stays(counts, label, stays.length[here], after[here])
        return float(total / (array.size - len(array)))

    def simulate(
        self, n_frames: int, *, seed: int = 0, n_chains: int = 1
    ) -> NDArray[np.unsignedinteger]:
        """Generate labels, starting within a stay as a recording does.

        A random frame of all complete stays is drawn. The chain starts at this frame, inside its
        stay. So a long stay is more often the first one. Parameters, result and errors are those
        of :func:`lstm_md.analysis.markov.simulate_markov_chain`, except that there is no matrix.
        """
        n_frames = whole_number(n_frames, "n_frames")
        n_chains = whole_number(n_chains, "n_chains")
        generator = np.random.default_rng(whole_number(seed, "seed", minimum=0))
        label_of_stay = np.repeat(np.arange(self.n_labels), np.diff(self.first_stay))
        labels = np.empty((n_chains, n_frames), label_dtype(self.n_labels))
        ends = np.cumsum(self.length)
        _fill_labels(labels, label_of_stay, ends, self.next_label, self.first_stay, generator)
        return labels[0] if n_chains == 1 else labels

    def _ends(self, label: int, longest: int) -> NDArray[np.float64]:
        """Count the stays in a label by length and next label, shape (lengths + 1, N)."""
        here = slice(self.first_stay[label], self.first_stay[label + 1])
        length, next_label = self.length[here], self.next_label[here]
        size = 1 + max(longest, int(length.max(initial=0)))
        pair = length * self.n_labels + next_label
        counts = np.bincount(pair, minlength=size * self.n_labels)
        return counts.reshape(size, self.n_labels).astype(np.float64)


def fit_semi_markov_chain(labels: ArrayLike, *, n_labels: int | None = None) -> SemiMarkovChain:
    """Collect how long each stay lasts and where it leads.

    The lengths are counted for each pair of a label and the next one; no formula is fitted. The
    first and the last stay of a chain are cut by its ends and are left out. Long stays are cut
    more often than short ones: in a chain of T frames, a stay of l frames is complete with a
    probability proportional to T − l. So the collected stays are on average too short. The
    difference is small if a chain holds many stays.

    Parameters
    ----------
    labels : array_like of int, shape (frames,) or (chains, frames)
        The chains must have one length.
    n_labels : int, optional
        The number of labels N; the largest label + 1 if left out.

    Returns
    -------
    SemiMarkovChain

    Raises
    ------
    TypeError, ValueError
        If ``labels`` are not labels, the chains differ in length, no stay is complete, or a label
        is entered of which no stay is complete.

    Examples
    --------
    >>> model = fit_semi_markov_chain([0, 1, 1, 0, 1, 1, 0, 1])
    >>> model.length, model.next_label
    (array([1, 1, 2, 2]), array([1, 1, 0, 0]))
    """
    if n_labels is not None:
        n_labels = whole_number(n_labels, "n_labels")
    array = label_array(labels, n_labels=n_labels)
    size = int(array.max()) + 1 if n_labels is None else n_labels
    stays = stays_of(array)
    inner = (stays.chain[1:-1] == stays.chain[:-2]) & (stays.chain[1:-1] == stays.chain[2:])
    complete = np.flatnonzero(inner) + 1
    if not complete.size:
        raise ValueError(
            f"labels: found no stay that begins and ends within a chain, in {stays.label.size} "
            f"stay(s); give a longer trajectory"
        )
    complete = complete[np.argsort(stays.label[complete], kind="stable")]
    label, next_label = stays.label[complete], stays.label[complete + 1].astype(np.int64)
    dead_ends = np.setdiff1d(next_label, label)
    if dead_ends.size:
        raise ValueError(
            f"labels: label {dead_ends[0]} is entered, but no stay in it is complete, so that "
            f"its length is not known; give a longer trajectory or fewer labels"
        )
    first_stay = np.searchsorted(label, np.arange(size + 1))
    return SemiMarkovChain(size, stays.length[complete], next_label, first_stay)


def _loss_of_stays(
    ends: NDArray[np.float64], label: int, length: NDArray[np.int64], after: NDArray[np.int64]
) -> float:
    """Sum −ln p over stays in a label.

    Parameters
    ----------
    ends : ndarray of float64, shape (lengths + 1, N)
        How many stays end after each number of frames, by the next label.
    label : int
    length, after : ndarray of int, shape (stays,)
        The frames of each stay, and the label after it, −1 at the end of a chain.
    """
    n_labels = ends.shape[1]
    probabilities = ends.copy()
    at_least = ends.sum(axis=1)[::-1].cumsum()[::-1]
    probabilities[:, label] = at_least - ends.sum(axis=1)  # the stay goes on
    known = at_least > 0
    probabilities[known] /= at_least[known, None]
    probabilities[~known] = 1 / n_labels
    losses = -np.log((1 - CHANCE) * probabilities + CHANCE / n_labels)
    staying = np.append(0.0, losses[1:, label].cumsum())
    left = after >= 0
    return float(staying[length - 1].sum() + losses[length[left], after[left]].sum())


@compiled()
def _fill_labels(labels, label_of_stay, ends, next_label, first_stay, generator):
    for chain in range(labels.shape[0]):
        frame_of_record = int(generator.random() * ends[-1])
        stay = np.searchsorted(ends, frame_of_record, side="right")
        left = ends[stay] - frame_of_record
        for frame in range(labels.shape[1]):
            if left == 0:
                label = next_label[stay]
                first, last = first_stay[label], first_stay[label + 1]
                stay = first + int(generator.random() * (last - first))
                left = ends[stay] - (ends[stay - 1] if stay > 0 else 0)
            labels[chain, frame] = label_of_stay[stay]
            left -= 1
