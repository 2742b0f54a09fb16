"""The sequences that a network reads in training: where they are cut, and what comes before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lstm_md._support.checks import Chains


class Batch(NamedTuple):
    """Sequences that a network reads side by side, one per row.

    A row that is ``fresh`` starts with h = c = 0. Every other row starts with the state that the
    same row had at the end of the batch before.
    """

    labels: NDArray[np.unsignedinteger]  # (rows, frames + 1)
    fresh: NDArray[np.bool_]  # (rows,)
    before: NDArray[np.unsignedinteger]  # (rows, warm-up frames): read first and not learned
    first: NDArray[np.int64]  # (rows,): the first frame of ``before`` that its chain has

    def part(self, rows: slice) -> Batch:
        """Return some of the rows."""
        return Batch(self.labels[rows], self.fresh[rows], self.before[rows], self.first[rows])

    def stages(self) -> Iterator[tuple[NDArray[np.unsignedinteger], NDArray[np.bool_]]]:
        """Yield the parts of the warm-up, each with the rows that start with zeros there.

        Rows whose chain begins later read something meaningless until then. The last part is
        empty: it belongs to rows with nothing before them.
        """
        end = self.before.shape[1]
        cuts = sorted({0, end, *self.first.tolist()})
        for begin, until in zip(cuts, [*cuts[1:], end]):
            yield self.before[:, begin:until], self.first >= begin if end else self.fresh


class Windows:
    """The sequences of a training, numbered through all chains, without a copy of the labels.

    Parameters
    ----------
    chains : Chains
    length : int
        Frames per sequence. A sequence has one label more, and never crosses into another chain.
    shared_label : bool
        The last label of a sequence is the first one of the next; False shares none.
    warm_up : int
        Frames before each sequence that are read and not learned.

    Raises
    ------
    ValueError
        If a chain is too short for a sequence.
    """

    def __init__(
        self, chains: Chains, length: int, shared_label: bool = True, warm_up: int = 0
    ) -> None:
        self.length, self.warm_up = length, warm_up
        self.stride = length if shared_label else length + 1
        counts = (chains.lengths - 1 - length) // self.stride + 1
        if (counts < 1).any():
            short = int(np.argmin(counts))
            raise ValueError(
                f"labels: expected at least {length + 1} frames per chain for a sequence of "
                f"{length}, found {chains.lengths[short]} in chain {short}; give a longer "
                f"trajectory or a smaller sequence_length"
            )
        self._flat, self._starts = chains.flat, chains.starts[:-1]
        self._first = np.concatenate([[0], np.cumsum(counts)])  # sequence of each chain
        self._all = np.lib.stride_tricks.sliding_window_view(chains.flat, length + 1)

    def __len__(self) -> int:
        return int(self._first[-1])

    def __getitem__(self, which: NDArray[np.int64]) -> NDArray[np.unsignedinteger]:
        """Copy some sequences, shape (sequences, length + 1)."""
        return self._all[self._position(which)[1]]

    def all(self) -> NDArray[np.unsignedinteger]:
        """Return all sequences; those of a single chain are a read-only view."""
        if len(self._starts) == 1:
            return self._all[:: self.stride]
        return self[np.arange(len(self))]

    def batch(self, which: NDArray[np.int64], fresh: NDArray[np.bool_]) -> Batch:
        """Copy some sequences and the frames before them."""
        chain, start = self._position(which)
        frames = start[:, None] + np.arange(-self.warm_up, 0)
        begin = self._starts[chain]
        before = self._flat[np.maximum(frames, begin[:, None])]
        first = np.maximum(0, self.warm_up - (start - begin))
        return Batch(self._all[start], fresh, before, first)

    def begin_a_chain(self, which: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which sequences are the first ones of a chain."""
        return np.isin(which, self._first[:-1])

    def _position(self, which: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the chain of each sequence, and its first frame among all frames."""
        chain = np.searchsorted(self._first, which, side="right") - 1
        return chain, self._starts[chain] + (which - self._first[chain]) * self.stride
