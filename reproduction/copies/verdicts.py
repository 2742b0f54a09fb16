"""N1–N3: whether what the networks of a record generated is a copy of their training data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_md.judging.controls import N_COPIES
from lstm_md.judging.criteria import Outcome
from lstm_md.judging.verdict import Verdict
from reproduction.common.estimates import MODEL, SAME, RecordEstimates
from reproduction.copies.claims import CLAIMS
from reproduction.copies.criteria import Matches, longest_allowed, match_excess, no_copies
from reproduction.copies.matches import SuffixAutomaton
from reproduction.runs.records import Record

CLAIM_OF = {"linear_three_state": "N1", "triangular_three_state": "N2", "four_state": "N3"}
# A reference holds ten independent simulations: six are sources, and four are compared with them.
N_OTHER_SOURCES, N_INDEPENDENT = 6, 4
N_PIECES = 100  # into which the training data are cut
COPIED_SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
REORDERED, SHIFTED = f"{N_PIECES} pieces of the training data", "training data, shifted"

Labels = NDArray[np.unsignedinteger]


class CopyTest(RecordEstimates):
    """The matches of a record's trajectories with its training data and with other simulations.

    Parameters
    ----------
    record : Record
        Of a model potential, with a reference ten times as long as the training data.

    Attributes
    ----------
    simulations : ndarray, shape (simulations, frames)
        Independent simulations as long as the training data.
    independent, model : Matches
        Of these simulations, and of the first chain that each network generated.
    excess : Excess
        How far the match lengths of the model with its training data exceed the others.
    """

    def __init__(self, record: Record) -> None:
        n_frames, n_simulations = record.data.size, N_OTHER_SOURCES + N_INDEPENDENT
        simulations = record.reference[: n_simulations * n_frames].reshape(n_simulations, n_frames)
        self.simulations = simulations[N_OTHER_SOURCES:]
        trajectories: dict[str, Sequence[Labels]] = {
            MODEL: [chains[0, :n_frames] for chains in record.generated],
            SAME: list(self.simulations),
        }
        super().__init__(record, n_frames, trajectories, (REORDERED, SHIFTED))
        self.data = record.data
        sources = (self.data, *simulations[:N_OTHER_SOURCES])
        self._automata = [SuffixAutomaton(source) for source in sources]
        self.independent = self.matches(self.trajectories[SAME])
        self.model = self.matches(self.trajectories[MODEL])
        self.excess = match_excess(self.model, self.independent)

    def matches(self, trajectories: Iterable[Labels]) -> Matches:
        """Compute the matches of trajectories as long as the training data with all sources."""
        each = list(trajectories)
        return Matches.of(
            [[automaton.match_lengths(one) for one in each] for automaton in self._automata]
        )

    @cached_property
    def allowed(self) -> int:
        """The longest common substring that is no copy by the criterion, in frames."""
        return int(longest_allowed(self.model, self.independent))

    def in_another_order(self) -> list[Labels]:
        """Put all pieces of the training data together in random orders."""
        random = np.random.default_rng(int(self.settings["seed"]))
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
        seed = int(self.settings["seed"])
        copied = paste_copies(self.simulations, self.data, piece_frames, share, seed=seed)
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

    def no_copies(self, name: str) -> Outcome:
        """Test the model, or a control, for copies of the training data."""
        if name == MODEL:
            return replace(no_copies(self.model, self.independent), power=self.power())
        control = {REORDERED: self.in_another_order, SHIFTED: self.shifted}[name]
        return no_copies(self.matches(control()), self.independent)

    def verdict(self) -> Verdict:
        """Judge N1, N2 or N3; this takes some seconds."""
        one, other = np.split(self.simulations, 2)
        best = no_copies(self.matches(one), self.matches(other))
        claim = CLAIMS[CLAIM_OF[self.settings["potential"]]]
        return self.judged(claim, self.no_copies, best=best)


def verdict(record: Record) -> Verdict:
    """Judge N1, N2 or N3 by a record."""
    return CopyTest(record).verdict()


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
