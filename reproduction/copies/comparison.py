"""The matches of generated trajectories with their training data and with other simulations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.judging.controls import N_COPIES
from lstm_md.judging.criteria import Outcome
from reproduction.common.estimates import MODEL
from reproduction.copies.criteria import Matches, longest_allowed, match_excess, no_copies
from reproduction.copies.matches import SuffixAutomaton

N_PIECES = 100  # into which the training data are cut
COPIED_SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
REORDERED, SHIFTED = f"{N_PIECES} pieces of the training data", "training data, shifted"

Labels = NDArray[np.unsignedinteger]


class CopyComparison:
    """The matches of trajectories with the training data and with other simulations.

    Parameters
    ----------
    data : ndarray of int, shape (frames,)
        The training data, the first source.
    others : ndarray of int, shape (sources, frames)
        Simulations that were not learned from: the other sources.
    simulations : ndarray of int, shape (simulations, frames)
        Further simulations, which are compared with all sources.
    generated : sequence of ndarray of int, shape (frames,)
        What one or more networks generated.
    seed : int
        Of the controls.

    Attributes
    ----------
    data, simulations, seed
    automata : list of SuffixAutomaton
        Of the sources, the training data first.
    independent, model : Matches
        Of the simulations, and of what the networks generated.
    excess : Excess
        How far the match lengths of the model with its training data exceed the others.

    Raises
    ------
    ValueError
        If not all of them have the same length, or if there are fewer than two other sources.
    """

    def __init__(
        self,
        data: Labels,
        others: Labels,
        simulations: Labels,
        generated: Sequence[Labels],
        *,
        seed: int = 0,
    ) -> None:
        lengths = {len(one) for one in (data, *others, *simulations, *generated)}
        if len(lengths) != 1:
            raise ValueError(
                f"data, others, simulations, generated: expected trajectories of one length, found "
                f"{', '.join(f'{length:,}' for length in sorted(lengths))} frames; cut them to the "
                f"length of the data, because longer trajectories have longer matches"
            )
        self.data, self.simulations, self.seed = data, simulations, seed
        self.automata = [SuffixAutomaton(source) for source in (data, *others)]
        self.independent = self.matches(simulations)
        self.model = self.matches(generated)
        self.excess = match_excess(self.model, self.independent)

    def matches(self, trajectories: Iterable[Labels]) -> Matches:
        """Compute the matches of trajectories as long as the training data with all sources."""
        each = list(trajectories)
        return Matches.of(
            [[automaton.match_lengths(one) for one in each] for automaton in self.automata]
        )

    @cached_property
    def allowed(self) -> int:
        """The longest common substring that is no copy by the criterion, in frames."""
        return int(longest_allowed(self.model, self.independent))

    def in_another_order(self) -> list[Labels]:
        """Put all pieces of the training data together in random orders."""
        random = np.random.default_rng(self.seed)
        pieces = np.array_split(self.data, N_PIECES)
        return [
            np.concatenate([pieces[k] for k in random.permutation(N_PIECES)])
            for _ in range(N_COPIES)
        ]

    def shifted(self) -> list[Labels]:
        """Shift the start of the training data, periodically."""
        return [np.roll(self.data, k * self.data.size // N_COPIES + 1) for k in range(N_COPIES)]

    def is_detectable(self, piece_frames: int, share: float) -> bool:
        """Whether copies in pieces of this length are refused nine times out of ten.

        The copies take the given share of the independent simulations.
        """
        copied = paste_copies(self.simulations, self.data, piece_frames, share, seed=self.seed)
        found = match_excess(self.matches(copied), self.independent)
        return found.log_ratio >= self.excess.detectable

    @cached_property
    def shortest_piece(self) -> int | None:
        """Frames of the shortest pieces, in steps of √2, of which no trajectory is made unnoticed.

        None if no length is detectable.
        """
        longest = min(self.allowed, self.data.size // 2)
        lengths = longest * 2 ** (-np.arange(0, 2 * np.log2(longest) + 0.5) / 2)
        pieces = (max(int(length), 1) for length in lengths)
        return _last_before_failure(pieces, lambda frames: self.is_detectable(frames, 1.0))

    @cached_property
    def smallest_share(self) -> float | None:
        """The smallest share of ``COPIED_SHARES`` that cannot be copied unnoticed.

        The pieces are so short that none is refused for its length. None if no share is
        detectable.
        """
        piece = min(self.allowed, self.data.size // 2)
        return _last_before_failure(COPIED_SHARES, lambda share: self.is_detectable(piece, share))

    def power(self) -> str:
        """Say what the test refuses nine times out of ten."""
        share, piece = self.smallest_share, self.shortest_piece
        refused = [f"one copied piece of {self.allowed + 1:,} frames"]
        refused += [] if share is None else [f"{share:.2g} of the text copied in shorter pieces"]
        refused += [] if piece is None else [f"all of it in pieces of {piece:,} frames"]
        return ", or ".join(refused)

    def outcome(self) -> Outcome:
        """Test the model for copies of the training data, without computing the power."""
        return no_copies(self.model, self.independent)

    def no_copies(self, name: str) -> Outcome:
        """Test the model, or a control, for copies of the training data."""
        if name == MODEL:
            return replace(self.outcome(), power=self.power())
        control = {REORDERED: self.in_another_order, SHIFTED: self.shifted}[name]
        return no_copies(self.matches(control()), self.independent)

    def best(self) -> Outcome:
        """Test the first half of the simulations against the second half: this must pass."""
        one, other = np.array_split(self.simulations, 2)
        return no_copies(self.matches(one), self.matches(other))


def paste_copies(
    trajectories: Labels, source: Labels, piece_frames: int, share: float, *, seed: int = 0
) -> Labels:
    """Replace a share of each trajectory by pieces that are copied from a source.

    Parameters
    ----------
    trajectories : ndarray of int, shape (trajectories, frames)
        They are not changed.
    source : ndarray of int, shape (frames,)
    piece_frames : int
        Length of a piece.
    share : float
        Of all pieces of a trajectory, from 0 to 1.
    seed : int
        The same seed copies the same pieces to the same places.

    Returns
    -------
    ndarray of int, shape (trajectories, frames)
    """
    random = np.random.default_rng(seed)
    copied = trajectories.copy()
    for trajectory in copied:
        starts = np.arange(0, trajectory.size - piece_frames + 1, piece_frames)
        for start in random.permutation(starts)[: round(share * starts.size)]:
            origin = random.integers(source.size - piece_frames + 1)
            trajectory[start : start + piece_frames] = source[origin : origin + piece_frames]
    return copied


def _last_before_failure(steps: Iterable[Any], holds: Callable[[Any], bool]) -> Any:
    """Return the last step before the first one for which it does not hold, or None."""
    last = None
    for step in steps:
        if not holds(step):
            break
        last = step
    return last
