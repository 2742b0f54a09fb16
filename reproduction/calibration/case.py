"""A case of the calibration: a process, what is counted in it, and what a model may get wrong.

Every case is made of independent blocks of one process. Data and models are sums over blocks that
are drawn at random, so thousands of repetitions cost one long simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.analysis.kinetics import transition_counts
from lstm_md.analysis.markov import fit_markov_chain
from lstm_md.analysis.populations import populations
from lstm_md.judging.null_sample import NullSample, reference_null

FIRST_SEED = 7000  # far from the seeds of all records
N_DRAWS = 2000  # of data and of models, in a null sample
_NULL_SEED = 1

Labels = NDArray[Any]  # or whatever else a block holds
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Case:
    """A process, cut into independent blocks, and what is counted in each block.

    Attributes
    ----------
    name, words : str
        ``words`` says what is compared, and what is assumed about the process.
    simulate : callable
        Takes a number, and returns some blocks of labels, shape (blocks, frames). Simulations of
        different numbers are independent.
    n_simulations : int
    count : callable
        Takes the labels of a block, and returns the counts, shape (points,).
    stricter : callable, optional
        As ``count``, with the stricter definition of the commit time; None where it has no part.
    names : tuple of str
        Of the points.
    groups : tuple of int
        The points that share a pair of labels have the same number.
    rates : tuple of bool
        The points that the margin is about.
    data_blocks, model_blocks : int
        Blocks in the data, and in what one training generates.
    spread : float
        Standard deviation of ln(rate) between trainings that is tried, about as large as in the
        records of the first edition.
    n_labels : int
        For the lag-1 Markov chain; 0 for none.
    simulate_model : callable, optional
        Simulates the blocks of a model, where they are not as long as those of the data.
    scale : float
        Length of the data over the length that a training generates.
    shares : bool
        Whether the points share all frames: where a training has more, it has less elsewhere.
    reference : bool
        Whether the data are a long simulation of the process, and not what a model learns.
    """

    name: str
    words: str
    simulate: Callable[[int], Labels]
    n_simulations: int
    count: Callable[[Labels], Floats]
    names: tuple[str, ...]
    groups: tuple[int, ...]
    rates: tuple[bool, ...]
    data_blocks: int
    model_blocks: int
    spread: float
    n_labels: int = 0
    simulate_model: Callable[[int], Labels] | None = None
    scale: float = 1.0
    shares: bool = False
    reference: bool = False
    stricter: Callable[[Labels], Floats] | None = None

    def blocks(self, of_model: bool = False) -> Floats:
        """Count in all blocks, shape (blocks, points)."""
        simulate = self.simulate_model if of_model and self.simulate_model else self.simulate
        return np.array(
            [self.count(block) for k in range(self.n_simulations) for block in simulate(k)], float
        )

    def markov_blocks(self) -> Floats:
        """Count in blocks of the lag-1 Markov chain that is fitted to a simulation."""
        blocks = self.simulate(0)
        chain = fit_markov_chain(blocks, n_labels=self.n_labels)
        n = max(len(blocks), 40)
        drawn = chain.simulate(n * blocks.shape[1], seed=FIRST_SEED).reshape(n, -1)
        return np.array([self.count(block) for block in drawn], float)


def drawn_sums(
    random: np.random.Generator, blocks: NDArray[Any], n_draws: int, n_blocks: int
) -> Floats:
    """Add the counts of some blocks that are drawn at random, shape (n_draws, points)."""
    total = np.zeros((n_draws, blocks.shape[1]))
    for _ in range(n_blocks):
        total += blocks[random.integers(len(blocks), size=n_draws)]
    return total


def null_of_blocks(
    data: NDArray[Any],
    model: NDArray[Any],
    data_blocks: int,
    model_blocks: int,
    reference_blocks: int = 0,
) -> NullSample:
    """Draw data and models of given lengths from the blocks of a process.

    Parameters
    ----------
    data, model : ndarray, shape (blocks, points)
        Counts in blocks of the data, and of what a model generates.
    data_blocks, model_blocks : int
        How many blocks make the data, and what a training generates.
    reference_blocks : int
        Of a long simulation, whose draws then take the place of the data, with the error that the
        models inherit from their data. The data are compared with if it is 0.
    """
    random = np.random.default_rng(_NULL_SEED)
    observed = drawn_sums(random, data, N_DRAWS, data_blocks)
    models = drawn_sums(random, model, N_DRAWS, model_blocks)
    if reference_blocks:
        long = drawn_sums(random, data, N_DRAWS, reference_blocks)
        scaled = long * (data_blocks / reference_blocks)
        observed = reference_null(scaled, observed, seed=_NULL_SEED)
    return NullSample(observed, models, data_blocks / model_blocks)


def curve_points(
    times: tuple[int, ...], committed: tuple[int, ...], states: str | tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[bool, ...]]:
    """Name the points of count curves, group them by pair, and mark the rates.

    The rates are the counts at the commit times that are nearest to those in ``committed``.
    """
    n = len(states)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    nearest = {min(times, key=lambda time: abs(time - wanted)) for wanted in committed}
    both = sorted({tuple(sorted(pair)) for pair in pairs})
    names = tuple(f"{states[i]}→{states[j]}, {time}" for time in times for i, j in pairs)
    groups = tuple(both.index(tuple(sorted(pair))) for _ in times for pair in pairs)
    return names, groups, tuple(time in nearest for time in times for _ in pairs)


def off_diagonal(counts: NDArray) -> Floats:
    """Flatten counts, shape (times, N, N), without the diagonals."""
    n = counts.shape[-1]
    return counts[:, ~np.eye(n, dtype=bool)].ravel().astype(np.float64)


def transitions(
    times: Sequence[int], n_labels: int, adjacent: bool = False
) -> Callable[[Labels], Floats]:
    """Return what counts the transitions between labels at some commit times."""
    return lambda labels: off_diagonal(
        transition_counts(labels, times, n_labels=n_labels, adjacent=adjacent)
    )


def frames_with(n_labels: int) -> Callable[[Labels], Floats]:
    """Return what counts the frames with each label."""
    return lambda labels: labels.size * populations(labels, n_labels=n_labels)


def of_labels(
    case: Case, name: str, count: Callable[[Labels], Floats], labels: Sequence[str]
) -> Case:
    """Return the same process, of which the frames with each label are counted."""
    return replace(
        case,
        name=name,
        count=count,
        stricter=None,
        names=tuple(labels),
        groups=tuple(range(len(labels))),
        rates=(True,) * len(labels),
    )
